/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit let through, against the books. */
#include "rules_inside.h"

#define PAGE_MASK (~UINT64_C(0xfff))

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
	struct interval *known = rules_area_slot(rules, domain->space, what->address);
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
	uint64_t key = rules_route_key(rid, pasid);
	const struct route_book *own, *whole;

	if (rules->route && rules->key == key)
		return rules->route;
	own = idmap_get(&rules->routes, key);
	if (pasid != DRIVER_NO_PASID && (!own || !own->domain)) {
		/* A user's PASID table has every PASID of the requester. */
		whole = idmap_get(&rules->routes, rules_route_key(rid, DRIVER_NO_PASID));
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
	any = idmap_get(&rules->routes, rules_route_key(what.rid, ANY_PASID));
	if (!any || !any->count)
		judge_no_route(rules, &what, any);
}
