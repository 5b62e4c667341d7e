/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes, from the attachments that the checker was told of: which of them a request may
 * use, and why it may use none.
 */
#include "model/uapi/checker_inside.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"

#include <stdlib.h>

/* Groups stand beside RIDs, which have 32 bits. */
#define OF_GROUP (UINT64_C(1) << 63)

/* ---- Books --------------------------------------------------------------------------- */

static uint64_t group_space(const struct group *group)
{
	return (uint64_t)(uintptr_t)group | OF_GROUP;
}

static struct checker_route *route_at(const struct checker *checker, uint64_t space, uint32_t pasid)
{
	struct interval_place place;
	const struct interval *found = interval_find(&checker->routes, space, pasid, &place);

	return found && found->first == pasid ? (void *)(uintptr_t)found->value : NULL;
}

static void route_forget(struct checker *checker, struct checker_route *route)
{
	struct interval_place place;

	TAILQ_REMOVE(&checker->dead, route, dead_link);
	checker->dead_count--;
	(void)interval_find(&checker->routes, route->space, route->pasid, &place);
	interval_remove(&checker->routes, &place);
	free(route);
}

static void route_dies(struct checker *checker, struct checker_route *route)
{
	TAILQ_INSERT_TAIL(&checker->dead, route, dead_link);
	if (++checker->dead_count > CHECKER_DEAD)
		route_forget(checker, TAILQ_FIRST(&checker->dead));
}

/* Without claims, and dead, if it is new. NULL: no host memory. */
static struct checker_route *route_make(struct checker *checker, uint64_t space, uint32_t pasid)
{
	struct checker_route *route = route_at(checker, space, pasid);
	struct interval key = {.space = space, .first = pasid, .last = pasid};

	if (route)
		return route;
	route = calloc(1, sizeof(*route));
	if (!route)
		return NULL;
	route->space = space;
	route->pasid = pasid;
	LIST_INIT(&route->claims);
	key.value = (uint64_t)(uintptr_t)route;
	if (interval_insert(&checker->routes, &key)) {
		free(route);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&checker->dead, route, dead_link);
	checker->dead_count++;
	return route;
}

void checker_routes_fini(struct checker *checker)
{
	struct checker_route *route;
	const struct interval *first;

	while ((first = interval_first(&checker->routes))) {
		struct interval_place place;
		struct checker_claim *claim;

		route = (void *)(uintptr_t)first->value;
		while ((claim = LIST_FIRST(&route->claims))) {
			LIST_REMOVE(claim, link);
			free(claim);
		}
		(void)interval_find(&checker->routes, route->space, route->pasid, &place);
		interval_remove(&checker->routes, &place);
		free(route);
	}
	interval_fini(&checker->routes);
}

static bool of_user(const struct checker_claim *claim)
{
	return claim->ioasid->kind == IOASIM_IOASID_USER ||
	       claim->ioasid->kind == IOASIM_IOASID_PASID_TABLE;
}

/* What a claim that is not blocked adds to what can be reached. */
static void claim_toggle(struct checker *checker, const struct checker_claim *claim)
{
	const uint64_t words[] = {
		(uint64_t)(uintptr_t)claim->attachment,
		(uint64_t)(uintptr_t)claim->ioasid,
		claim->attachment->rid,
		claim->attachment->pasid,
		claim->ioasid->root,
	};

	checker_toggle(checker, words, sizeof(words) / sizeof(words[0]));
}

/* ---- Attaching ------------------------------------------------------------------------- */

static bool related(const struct ioasid *a, const struct ioasid *b)
{
	return a == b || a->parent == b || b->parent == a;
}

/* S16: a slot of a RID has one device; members of a group share one address space. */
static void judge_sharing(struct checker_case *c, const struct checker_claim *claim)
{
	const struct checker_claim *other;

	checker_count(c->checker, 16);
	LIST_FOREACH (other, &claim->route->claims, link) {
		if (other == claim || (other->device == claim->device && claim->under))
			continue;
		if (claim->route->space & OF_GROUP && related(other->ioasid, claim->ioasid))
			continue;
		checker_report(c, 16, c->system->calls,
			       "devices %d and %d are attached on one route", other->device->number,
			       claim->device->number);
		return;
	}
}

/* S7: a VM's ENQCMD would still reach the old owner's number. */
static void judge_number(struct checker_case *c, const struct attachment *attachment)
{
	const struct kvm_pasid *entry;
	const struct kvm *kvm;

	checker_count(c->checker, 7);
	LIST_FOREACH (kvm, &c->system->kvms, link)
		LIST_FOREACH (entry, &kvm->pasids, link)
			if (entry->pasid == attachment->pasid &&
			    entry->ioasid != attachment->ioasid)
				checker_report(c, 7, c->system->calls,
					       "hardware ID %u is given out while a VM has it",
					       attachment->pasid);
}

/* S9: the call under way is of another descriptor. */
static void judge_owner(struct checker_case *c, const struct ioasid *ioasid)
{
	checker_count(c->checker, 9);
	if (c->checker->calling && ioasid->container != c->checker->calling)
		checker_report(c, 9, c->system->calls,
			       "a call changed a route of IOASID %u of another FD", ioasid->number);
}

static struct checker_case attachment_case(const struct attachment *attachment)
{
	struct checker_case c = checker_call_case(attachment->device->system);

	c.rid = attachment->rid;
	c.pasid = attachment->pasid;
	return c;
}

static struct checker_route *route_of(struct checker *checker, const struct attachment *attachment)
{
	const struct device *device = attachment->device;

	if (attachment->pasid == DRIVER_NO_PASID && !device->parent)
		return route_make(checker, group_space(device->group), DRIVER_NO_PASID);
	return route_make(checker, attachment->rid, attachment->pasid);
}

/* Routes of one address space may share what is cached of it (H8), so that nothing need
 * be forgotten while there is one of them. */
static uint64_t since_when(struct checker *checker, const struct checker_claim *claim)
{
	const struct attachment *other;

	LIST_FOREACH (other, &claim->ioasid->attachments, ioasid_link) {
		if (other->claim && other->claim != claim && !other->claim->blocked)
			return other->claim->since;
	}
	return ++checker->clock;
}

static void space_note(const struct ioasid *ioasid)
{
	if (ioasid->aspace)
		ioasid->aspace->judged.beside_pasids = true;
}

/* A RID that has PASIDs may take other formats of tables than one without (T10), for all
 * that is attached to the spaces that it has. */
static void formats_note(struct checker *checker, const struct checker_claim *claim)
{
	const uint32_t rid = claim->attachment->rid;
	const struct checker_route *whole =
		route_at(checker, group_space(claim->device->group), DRIVER_NO_PASID);
	const struct checker_claim *other;
	struct interval_place place;

	if (!interval_find(&checker->routes, rid, 0, &place))
		return;
	space_note(claim->ioasid);
	if (whole)
		LIST_FOREACH (other, &whole->claims, link)
			space_note(other->ioasid);
}

static void claim_enter(struct checker *checker, struct checker_claim *claim)
{
	struct checker_route *route = claim->route;

	if (route && LIST_EMPTY(&route->claims)) {
		TAILQ_REMOVE(&checker->dead, route, dead_link);
		checker->dead_count--;
	}
	if (route)
		LIST_INSERT_HEAD(&route->claims, claim, link);
	if (claim->under)
		claim->under->covers++;
	checker->guests += of_user(claim);
	if (!claim->blocked)
		claim_toggle(checker, claim);
}

void checker_attached(struct attachment *attachment)
{
	struct checker_case c = attachment_case(attachment);
	struct checker_claim *claim;

	if (!c.checker)
		return;
	claim = calloc(1, sizeof(*claim));
	if (claim && !attachment->device->config.software)
		claim->route = route_of(c.checker, attachment);
	if (!claim || (!claim->route && !attachment->device->config.software)) {
		free(claim);
		c.checker->deaf = true;
		return;
	}
	claim->attachment = attachment;
	claim->device = attachment->device;
	claim->ioasid = attachment->ioasid;
	claim->under = attachment->under ? attachment->under->claim : NULL;
	claim->blocked = attachment->blocked;
	claim->blocked_at = c.system->calls;
	claim->since = since_when(c.checker, claim);
	attachment->claim = claim;
	claim_enter(c.checker, claim);
	if (claim->route)
		formats_note(c.checker, claim);
	judge_owner(&c, attachment->ioasid);
	if (claim->route)
		judge_sharing(&c, claim);
	if (attachment->global && !attachment->under)
		judge_number(&c, attachment);
}

void checker_blocked(const struct attachment *attachment)
{
	struct checker_case c = attachment_case(attachment);
	struct checker_claim *claim = attachment->claim;

	if (!c.checker || !claim || claim->blocked)
		return;
	judge_owner(&c, attachment->ioasid);
	claim_toggle(c.checker, claim);
	claim->blocked = true;
	claim->blocked_at = c.system->calls;
}

void checker_unblocked(const struct attachment *attachment)
{
	struct checker_case c = attachment_case(attachment);
	struct checker_claim *claim = attachment->claim;

	if (!c.checker || !claim || !claim->blocked || attachment->blocked)
		return;
	judge_owner(&c, attachment->ioasid);
	claim->since = since_when(c.checker, claim);
	claim->blocked = false;
	claim_toggle(c.checker, claim);
}

/* S11: nothing waits for an answer that cannot come any more. */
static void judge_unanswered(struct checker_case *c, const struct attachment *attachment)
{
	const struct checker_fault *fault;

	LIST_FOREACH (fault, &c->checker->faults, link) {
		if (fault->attachment == attachment && !fault->answers)
			checker_report(c, 11, c->system->calls,
				       "the route ends, and a recoverable fault is not answered");
	}
}

void checker_detached(struct attachment *attachment)
{
	struct checker_case c = attachment_case(attachment);
	struct checker_claim *claim = attachment->claim;
	struct checker_route *route;

	attachment->claim = NULL;
	if (!claim)
		return;
	route = claim->route;
	if (route)
		LIST_REMOVE(claim, link);
	if (claim->under)
		claim->under->covers--;
	if (c.checker) {
		judge_owner(&c, attachment->ioasid);
		judge_unanswered(&c, attachment);
		if (!claim->blocked)
			claim_toggle(c.checker, claim);
		c.checker->guests -= of_user(claim);
	}
	if (route && LIST_EMPTY(&route->claims)) {
		route->ended = c.system->calls;
		route_dies(c.system->checker, route);
	}
	if (!route)
		attachment->device->detached = c.system->calls;
	free(claim);
}

/* ---- The judgement ------------------------------------------------------------------------ */

static const struct group *group_search(const struct ioasim_system *system, uint32_t rid)
{
	for (unsigned i = 0; i < system->devices; i++) {
		const struct device *device = system->device[i];

		if (device && !device->parent && device->config.requester_id == rid)
			return device->group;
	}
	return NULL;
}

/* A RID stays in its group. NULL: nobody has it. */
static const struct group *group_of(struct checker_case *c)
{
	struct checker *checker = c->checker;
	struct interval key = {.first = c->rid, .last = c->rid};
	struct interval_place place;
	const struct interval *found = interval_find(&checker->requesters, 0, c->rid, &place);
	const struct group *group;

	if (found && found->first == c->rid)
		return (const struct group *)(uintptr_t)found->value;
	group = group_search(c->system, c->rid);
	key.value = (uint64_t)(uintptr_t)group;
	if (group && interval_insert(&checker->requesters, &key))
		checker->deaf = true;
	return group;
}

/*
 * The uppermost claim. Members of a group each have claims on its route; a child's lies
 * on the parent's of all of them (R3, T7).
 */
static const struct checker_claim *uppermost(const struct checker_route *route)
{
	const struct checker_claim *best = NULL, *claim;

	if (!route)
		return NULL;
	LIST_FOREACH (claim, &route->claims, link) {
		if (claim->covers)
			continue;
		if (!best || claim->ioasid->parent == best->ioasid)
			best = claim;
	}
	return best;
}

/* The route of a request, if one was ever made. */
static const struct checker_route *route_asked(struct checker_case *c)
{
	const struct group *group = group_of(c);
	const struct checker_route *route = NULL, *whole;

	if (c->pasid != DRIVER_NO_PASID) {
		route = route_at(c->checker, c->rid, c->pasid);
		c->claim = uppermost(route);
	}
	if (c->claim || !group)
		return route;
	whole = route_at(c->checker, group_space(group), DRIVER_NO_PASID);
	c->claim = uppermost(whole);
	if (c->pasid == DRIVER_NO_PASID)
		return whole;
	/* T6: a user's PASID table has every PASID of the RID. */
	if (c->claim && c->claim->ioasid->kind != IOASIM_IOASID_PASID_TABLE)
		c->claim = NULL;
	return route;
}

static void report_no_claim(struct checker_case *c, const struct checker_route *route)
{
	const struct group *group = group_of(c);

	if (route && route->ended)
		checker_report(c, 8, route->ended, "the route ended with call %llu",
			       (unsigned long long)route->ended);
	else if (c->pasid != DRIVER_NO_PASID)
		checker_report(c, 1, 0, "PASID %u was never attached on this RID", c->pasid);
	else if (group)
		checker_report(c, 15, 0,
			       group->bound ? "the group is bound and nothing is attached"
					    : "the group is the host's, where nothing is mapped");
	else
		checker_report(c, 1, 0, "nobody has this RID");
}

/* A software mdev is on no route of its parent's. */
static void report_software(struct checker_case *c, const struct device *mdev)
{
	if (mdev->detached)
		checker_report(c, 8, mdev->detached, "the mdev was detached with call %llu",
			       (unsigned long long)mdev->detached);
	else
		checker_report(c, 1, 0, "the mdev was never attached");
}

static void report_blocked(struct checker_case *c)
{
	const struct checker_claim *claim = c->claim;

	checker_report(c, claim->ioasid->freed ? 13 : 8, claim->blocked_at,
		       "the route is blocked since call %llu%s",
		       (unsigned long long)claim->blocked_at,
		       claim->ioasid->freed ? ": its address space was freed" : "");
}

static const struct device *mdev_of(const struct checker_case *c)
{
	const struct device *device =
		c->dma->device == IOASIM_NO_DEVICE ? NULL : device_find(c->system, c->dma->device);

	return device && device->parent ? device : NULL;
}

bool checker_judge_route(struct checker_case *c, const struct dma_wire *wire,
			 const struct attachment *software)
{
	static const uint8_t rules[] = {1, 3, 8, 13, 15};
	const struct checker_route *route = NULL;
	const struct device *mdev = mdev_of(c);

	for (unsigned i = 0; i < sizeof(rules); i++)
		checker_count(c->checker, rules[i]);
	if (software)
		c->claim = software->claim;
	else if (!mdev || !mdev->config.software)
		route = route_asked(c);
	if (!c->claim) {
		if (mdev && mdev->config.software)
			report_software(c, mdev);
		else
			report_no_claim(c, route);
		return false;
	}
	if (c->claim->blocked) {
		report_blocked(c);
		return false;
	}
	/* Q2, S7: of a number that has changed hands, what the VM was shown counts. */
	if (mdev && wire->shown && c->claim->ioasid != wire->shown) {
		checker_report(c, 3, 0, "ENQCMD uses IOASID %u, which the VM was not shown",
			       c->claim->ioasid->number);
		return false;
	}
	/* D1, D6: what another mdev was given does not help. A queue for ENQCMD is shared
	 * by all mdevs of its parent (Q7), and who may use it is what the VM was shown. */
	if (mdev && !wire->enqcmd && c->claim->device != mdev) {
		checker_report(c, 3, 0, "the mdev uses the PASID of device %d",
			       c->claim->device->number);
		return false;
	}
	return true;
}
