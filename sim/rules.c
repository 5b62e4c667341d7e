/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include "idmap.h"
#include "model/interval.h"
#include "model/past.h"
#include "model/uapi/aspace.h"

#include <errno.h>
#include <stdlib.h>

/* The driver's defaults (model/driver.h). */
#define DEADLINE_NS UINT64_C(10000000)
#define THRESHOLD   256

/* Of a requester: how many routes it has. No PASID of a trace. */
#define ANY_PASID (DRIVER_NO_PASID - 1)

#define PAGE_LG2  12
#define PAGE_MASK (~UINT64_C(0xfff))

/* Areas that are known without a search; a power of two. */
#define AREAS 256

struct domain_book {
	uint64_t space; /* of the maps */
	enum domain_kind kind;
	struct domain_book *parent; /* nested kinds */
	uint64_t unmaps;
	/* NEST_PARENT: what it maps by bus address. */
	struct behind *backed;
};

struct route_book {
	struct domain_book *domain; /* NULL: the route has ended */
	uint64_t ended; /* the last time: record; 0: never */
	unsigned count; /* of ANY_PASID: routes */
};

struct rules {
	struct rules_result *result;
	bool lazy;
	uint64_t deadline_ns, threshold;
	uint64_t record, now_ns;
	uint64_t synced; /* record of the last flush of everything */

	struct idmap domains, routes;
	uint64_t spaces; /* given out */
	struct interval_map maps;
	struct past past;

	/* The last look-up of a route, which holds until a call; and of areas, by page:
	 * each is one of `maps`. */
	uint64_t key;
	const struct route_book *route;
	struct interval area[AREAS];
};

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

static struct interval *area_slot(struct rules *rules, uint64_t space, uint64_t address)
{
	return &rules->area[((address >> PAGE_LG2) + space) % AREAS];
}

/* Areas in [first, last] of the space have changed. Space 0 is nobody's. */
static void areas_forget(struct rules *rules, uint64_t space, uint64_t first, uint64_t last)
{
	uint64_t pages = ((last - first) >> PAGE_LG2) + 1;

	if (pages > AREAS)
		pages = AREAS;
	for (uint64_t i = 0; i < pages; i++)
		area_slot(rules, space, first + (i << PAGE_LG2))->space = 0;
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

static uint64_t route_key(uint32_t rid, uint32_t pasid)
{
	return (uint64_t)rid << 32 | pasid;
}

static struct route_book *route_make(struct rules *rules, uint32_t rid, uint32_t pasid)
{
	uint64_t key = route_key(rid, pasid);
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
	struct route_book *route = idmap_get(&rules->routes, route_key(rid, pasid));
	struct route_book *any = idmap_get(&rules->routes, route_key(rid, ANY_PASID));

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

/* ---- The judgement ------------------------------------------------------------------------ */

/* What is judged. */
struct judged {
	uint32_t rid, pasid;
	uint64_t address;
	ioasim_pa_t pa;
	unsigned access;
};

static void report(struct rules *rules, const struct judged *what, unsigned rule, uint64_t since)
{
	struct rules_result *result = rules->result;

	result->broken[rule]++;
	if (result->violations == RULES_LISTED)
		return;
	result->violation[result->violations++] = (struct rules_violation){
		.rule = (uint8_t)rule,
		.record = rules->record,
		.rid = what->rid,
		.pasid = what->pasid,
		.address = what->address,
		.page = what->pa & PAGE_MASK,
		.since = since,
	};
}

/* The latest moment of its flush has not come. */
static bool may_wait(const struct rules *rules, const struct domain_book *domain,
		     const struct past_entry *ended)
{
	return rules->lazy && domain->kind != DOMAIN_SVA && ended->at > rules->synced &&
	       rules->now_ns - ended->time_ns < rules->deadline_ns &&
	       domain->unmaps - ended->order < rules->threshold;
}

static void window_use(struct rules *rules, struct past_entry *ended)
{
	struct rules_windows *windows = &rules->result->windows;
	uint64_t length = rules->now_ns - ended->time_ns;

	windows->count += !ended->used;
	windows->accesses++;
	windows->total_ns += length - (ended->used ? ended->used_ns - ended->time_ns : 0);
	if (length > windows->longest_ns)
		windows->longest_ns = length;
	ended->used = true;
	ended->used_ns = rules->now_ns;
}

/* What was forgotten may have been in a window. */
static bool lost(const struct rules *rules)
{
	return rules->lazy && past_lost(&rules->past) &&
	       rules->now_ns - rules->past.lost_ns < rules->deadline_ns;
}

/* First-stage formats have no pages that can be written and not read. */
static bool allows(unsigned access, unsigned wanted)
{
	return !(wanted & ~(access & IOASIM_WRITE ? access | IOASIM_READ : access));
}

/* The map does not give the page now. S4: it did. S2: it never did. */
static void judge_stale(struct rules *rules, const struct domain_book *domain,
			const struct judged *what)
{
	struct past_entry *ended = past_find(&rules->past, domain->space, what->address);
	bool led = ended && ended->value + (what->address - ended->first) == what->pa &&
		   allows(ended->access, what->access);

	if (led && may_wait(rules, domain, ended))
		window_use(rules, ended);
	else if (led)
		report(rules, what, 4, ended->at);
	else if (lost(rules))
		rules->result->unjudged++;
	else
		report(rules, what, 2, 0);
}

static void judge_map(struct rules *rules, const struct domain_book *domain,
		      const struct judged *what)
{
	struct interval *known = area_slot(rules, domain->space, what->address);
	const struct interval *area = known;
	struct interval_place place;

	if (known->space != domain->space || what->address < known->first ||
	    what->address > known->last) {
		area = interval_find(&rules->maps, domain->space, what->address, &place);
		if (area && area->first <= what->address)
			*known = *area;
	}
	if (area && area->first <= what->address &&
	    area->value + (what->address - area->first) == what->pa &&
	    allows(area->access, what->access))
		return;
	judge_stale(rules, domain, what);
}

struct backing {
	const struct rules *rules;
	const struct domain_book *parent;
	const struct judged *what;
};

/* 1: this area of the parent gives the page with these rights. */
static int backs(void *opaque, const struct behind_area *area)
{
	const struct backing *backing = opaque;
	struct interval_place place;
	const struct interval *map =
		interval_find(&backing->rules->maps, backing->parent->space, area->iova, &place);

	return map && map->first == area->iova && allows(map->access, backing->what->access);
}

/* S5: whatever the user's tables say, only what the parent maps. */
static void judge_nested(struct rules *rules, const struct domain_book *domain,
			 const struct judged *what)
{
	struct backing backing = {rules, domain->parent, what};

	if (!domain->parent || !domain->parent->backed ||
	    behind_walk(domain->parent->backed, what->pa, what->pa, backs, &backing))
		return;
	/* Lazily unmapped pages of the parent are not known by their own address. */
	if (rules->lazy)
		rules->result->unjudged++;
	else
		report(rules, what, 5, 0);
}

static const struct route_book *route_find(struct rules *rules, uint32_t rid, uint32_t pasid)
{
	uint64_t key = route_key(rid, pasid);
	const struct route_book *own, *whole;

	if (rules->route && rules->key == key)
		return rules->route;
	own = idmap_get(&rules->routes, key);
	if (pasid != DRIVER_NO_PASID && (!own || !own->domain)) {
		/* A user's PASID table has every PASID of the requester. */
		whole = idmap_get(&rules->routes, route_key(rid, DRIVER_NO_PASID));
		if (whole && whole->domain && whole->domain->kind == DOMAIN_NESTED_PASID)
			own = whole;
	}
	rules->key = key;
	rules->route = own;
	return own;
}

/* S1: nothing was ever attached. S8: it was. */
static void judge_no_route(struct rules *rules, const struct judged *what,
			   const struct route_book *route)
{
	if (route && route->ended)
		report(rules, what, 8, route->ended);
	else
		report(rules, what, 1, 0);
}

static void judge_route(struct rules *rules, const struct judged *what)
{
	const struct route_book *route = route_find(rules, what->rid, what->pasid);

	if (!route || !route->domain) {
		judge_no_route(rules, what, route);
		return;
	}
	switch (route->domain->kind) {
	case DOMAIN_BLOCKED:
		report(rules, what, 1, 0);
		break;
	case DOMAIN_IDENTITY:
		if (what->pa != what->address)
			report(rules, what, 2, 0);
		break;
	case DOMAIN_NESTED:
	case DOMAIN_NESTED_PASID:
		judge_nested(rules, route->domain, what);
		break;
	default:
		judge_map(rules, route->domain, what);
	}
}

void rules_judge(struct rules *rules, const struct ioasim_request *request,
		 const struct ioasim_response *response)
{
	struct judged what = {
		.rid = request->requester_id,
		.pasid = request->has_pasid ? request->pasid : DRIVER_NO_PASID,
		.address = request->address,
		.pa = response->pa,
		.access = request->access & (IOASIM_READ | IOASIM_WRITE),
	};
	const struct route_book *any;

	if (response->outcome != IOASIM_OK)
		return;
	rules->result->checked++;
	if (request->kind == IOASIM_TRANSLATION_REQUEST)
		what.access &= response->access;
	if (request->kind != IOASIM_TRANSLATED) {
		judge_route(rules, &what);
		return;
	}
	/* The address is all that a translated request has. */
	any = idmap_get(&rules->routes, route_key(what.rid, ANY_PASID));
	if (!any || !any->count)
		judge_no_route(rules, &what, any);
}
