/* SPDX-License-Identifier: Apache-2.0 */
/* The books of what the driver has done: domains, routes, maps, and the past of these. */
#include "rules_inside.h"

#include <errno.h>
#include <stdlib.h>

/* The driver's defaults (model/driver.h). */
#define DEADLINE_NS UINT64_C(10000000)
#define THRESHOLD   256

/* ---- Life ------------------------------------------------------------------------------ */

bool rules_has(unsigned rule)
{
	return rule == 1 || rule == 2 || rule == 4 || rule == 5 || rule == 8;
}

uint64_t rules_broken(const struct rules_result *result)
{
	uint64_t sum = 0;

	for (unsigned rule = 0; rule < RULES; rule++)
		sum += result->broken[rule];
	return sum;
}

struct rules *rules_create(const struct driver_config *config, struct rules_result *result)
{
	struct rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return NULL;
	rules->result = result;
	rules->lazy = config->policy == DRIVER_LAZY;
	rules->deadline_ns = config->lazy_deadline_ns ? config->lazy_deadline_ns : DEADLINE_NS;
	rules->threshold = config->lazy_threshold ? config->lazy_threshold : THRESHOLD;
	return rules;
}

static void domain_free(struct domain_book *domain)
{
	behind_destroy(domain->backed);
	free(domain);
}

void rules_destroy(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->domains.slots; i++)
		if (rules->domains.slot[i].value)
			domain_free(rules->domains.slot[i].value);
	for (size_t i = 0; i < rules->routes.slots; i++)
		free(rules->routes.slot[i].value);
	idmap_fini(&rules->domains);
	idmap_fini(&rules->routes);
	interval_fini(&rules->maps);
	past_fini(&rules->past);
	free(rules);
}

void rules_at(struct rules *rules, uint64_t record, uint64_t time_ns)
{
	rules->record = record;
	if (time_ns > rules->now_ns)
		rules->now_ns = time_ns;
}

/* Areas in [first, last] of the space have changed. Space 0 is nobody's. */
static void areas_forget(struct rules *rules, uint64_t space, uint64_t first, uint64_t last)
{
	uint64_t pages = ((last - first) >> RULES_PAGE_LG2) + 1;

	if (pages > AREAS)
		pages = AREAS;
	for (uint64_t i = 0; i < pages; i++)
		rules_area_slot(rules, space, first + (i << RULES_PAGE_LG2))->space = 0;
}

/* ---- Domains --------------------------------------------------------------------------- */

int rules_domain(struct rules *rules, uint32_t number, enum domain_kind kind, uint32_t parent)
{
	struct domain_book *domain = calloc(1, sizeof(*domain));

	if (!domain)
		return -ENOMEM;
	domain->kind = kind;
	domain->space = ++rules->spaces;
	if (kind == DOMAIN_NESTED || kind == DOMAIN_NESTED_PASID)
		domain->parent = idmap_get(&rules->domains, parent);
	if (kind == DOMAIN_NEST_PARENT)
		domain->backed = behind_create();
	if ((kind == DOMAIN_NEST_PARENT && !domain->backed) ||
	    idmap_put(&rules->domains, number, domain)) {
		domain_free(domain);
		return -ENOMEM;
	}
	return 0;
}

static void children_orphan(struct rules *rules, const struct domain_book *parent)
{
	for (size_t i = 0; i < rules->domains.slots; i++) {
		struct domain_book *domain = rules->domains.slot[i].value;

		if (domain && domain->parent == parent)
			domain->parent = NULL;
	}
}

void rules_domain_gone(struct rules *rules, uint32_t number)
{
	struct domain_book *domain = idmap_get(&rules->domains, number);
	struct interval_place place;

	if (!domain)
		return;
	areas_forget(rules, domain->space, 0, UINT64_MAX);
	while (interval_find(&rules->maps, domain->space, 0, &place))
		interval_remove(&rules->maps, &place);
	(void)idmap_put(&rules->domains, number, NULL);
	if (domain->kind == DOMAIN_NEST_PARENT)
		children_orphan(rules, domain);
	for (size_t i = 0; i < rules->routes.slots; i++) {
		struct route_book *route = rules->routes.slot[i].value;

		if (route && route->domain == domain)
			route->domain = NULL;
	}
	domain_free(domain);
	rules->route = NULL;
}

/* ---- Routes ---------------------------------------------------------------------------- */

static struct route_book *route_make(struct rules *rules, uint32_t rid, uint32_t pasid)
{
	uint64_t key = rules_route_key(rid, pasid);
	struct route_book *route = idmap_get(&rules->routes, key);

	if (route)
		return route;
	route = calloc(1, sizeof(*route));
	if (!route || idmap_put(&rules->routes, key, route)) {
		free(route);
		return NULL;
	}
	return route;
}

int rules_attached(struct rules *rules, uint32_t rid, uint32_t pasid, uint32_t number)
{
	struct route_book *route = route_make(rules, rid, pasid);
	struct route_book *any = route_make(rules, rid, ANY_PASID);

	if (!route || !any)
		return -ENOMEM;
	any->count += !route->domain;
	route->domain = idmap_get(&rules->domains, number);
	rules->route = NULL;
	return 0;
}

void rules_detached(struct rules *rules, uint32_t rid, uint32_t pasid)
{
	struct route_book *route = idmap_get(&rules->routes, rules_route_key(rid, pasid));
	struct route_book *any = idmap_get(&rules->routes, rules_route_key(rid, ANY_PASID));

	if (!route || !route->domain)
		return;
	route->domain = NULL;
	route->ended = any->ended = rules->record;
	any->count--;
	rules->route = NULL;
}

/* ---- Maps ------------------------------------------------------------------------------- */

int rules_mapped(struct rules *rules, uint32_t number, const struct rules_map *map)
{
	const struct domain_book *domain = idmap_get(&rules->domains, number);
	struct interval area = {.first = map->first,
				.last = map->last,
				.value = map->pa,
				.access = (uint8_t)map->access};
	int error;

	if (!domain)
		return 0;
	area.space = domain->space;
	error = interval_insert(&rules->maps, &area);
	if (!error && domain->backed)
		error = behind_add(domain->backed, map->pa, map->pa + (map->last - map->first),
				   map->first);
	return error;
}

/* A part of an area ends: it is of the past from now on. */
static int part_end(struct rules *rules, const struct domain_book *domain,
		    const struct interval *part)
{
	const struct past_entry ended = {
		.space = part->space,
		.first = part->first,
		.last = part->last,
		.value = part->value,
		.access = part->access,
		.at = rules->record,
		.time_ns = rules->now_ns,
		.order = domain->unmaps,
	};

	return past_add(&rules->past, &ended);
}

static struct interval piece_of(const struct interval *area, uint64_t first, uint64_t last)
{
	struct interval piece = *area;

	piece.first = first;
	piece.last = last;
	piece.value += first - area->first;
	return piece;
}

/* What is left of an area beside what is cut out of it. */
static int area_keep(struct rules *rules, const struct domain_book *domain,
		     const struct interval *rest)
{
	int error = interval_insert(&rules->maps, rest);

	if (!error && domain->backed)
		error = behind_add(domain->backed, rest->value,
				   rest->value + (rest->last - rest->first), rest->first);
	return error;
}

/* [first, last] goes of the area at `place`. */
static int area_cut(struct rules *rules, const struct domain_book *domain,
		    const struct interval *area, const struct interval_place *place,
		    const struct interval *cut)
{
	const struct interval whole = *area;
	struct interval rest;
	int error = part_end(rules, domain, cut);

	if (error)
		return error;
	areas_forget(rules, whole.space, whole.first, whole.last);
	interval_remove(&rules->maps, place);
	if (domain->backed)
		behind_remove(domain->backed, whole.value, whole.first);
	if (whole.first < cut->first) {
		rest = piece_of(&whole, whole.first, cut->first - 1);
		error = area_keep(rules, domain, &rest);
	}
	if (!error && whole.last > cut->last) {
		rest = piece_of(&whole, cut->last + 1, whole.last);
		error = area_keep(rules, domain, &rest);
	}
	return error;
}

int rules_unmapped(struct rules *rules, uint32_t number, uint64_t first, uint64_t last)
{
	struct domain_book *domain = idmap_get(&rules->domains, number);
	struct interval_place place;
	const struct interval *area;
	bool any = false;
	int error = 0;

	if (!domain)
		return 0;
	while (!error && (area = interval_find(&rules->maps, domain->space, first, &place)) &&
	       area->first <= last) {
		struct interval cut = piece_of(area, first > area->first ? first : area->first,
					       last < area->last ? last : area->last);

		any = true;
		error = area_cut(rules, domain, area, &place, &cut);
	}
	/* An unmap of nothing queues nothing. */
	domain->unmaps += any;
	return error;
}

void rules_synced(struct rules *rules)
{
	rules->synced = rules->record;
}
