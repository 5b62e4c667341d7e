/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints and their routes. What an endpoint's device table entry says follows from
 * its routes; every change of one goes the same way: GCR3 entry, device table entry,
 * then the commands for both.
 */
#include "amdvi/driver.h"

#include "model/broken.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTERS (UINT32_C(1) << AMDVI_DEVICE_ID_BITS)

#define BUS(requester_id)   ((requester_id) / AMDVI_DEVFNS)
#define DEVFN(requester_id) ((requester_id) % AMDVI_DEVFNS)

struct amdvi_endpoint *amdvi_endpoint_find(const struct amdvi_driver *driver, uint32_t requester_id)
{
	struct amdvi_endpoint **bus;

	if (requester_id >= REQUESTERS)
		return NULL;
	bus = driver->bus[BUS(requester_id)];
	return bus ? bus[DEVFN(requester_id)] : NULL;
}

/* Where the books keep an endpoint; NULL if there is no host memory. */
static struct amdvi_endpoint **endpoint_slot(struct amdvi_driver *driver, uint32_t requester_id)
{
	struct amdvi_endpoint ***bus = &driver->bus[BUS(requester_id)];

	if (!*bus)
		*bus = calloc(AMDVI_DEVFNS, sizeof(**bus));
	return *bus ? &(*bus)[DEVFN(requester_id)] : NULL;
}

/* ---- Changes of an endpoint's entries ------------------------------------------------ */

/* A change of an endpoint's entries. */
struct change {
	uint64_t old[AMDVI_DTE_WORDS], dte[AMDVI_DTE_WORDS];
	uint32_t pasid;
	bool entry; /* GCR3 entry of the PASID has changed */
};

/* Where there is no order of stores from one entry to the other: nothing gets through
 * meanwhile. */
static int entry_block(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint)
{
	uint64_t blocked[AMDVI_DTE_WORDS];
	struct amdvi_batch batch;

	amdvi_dte_blocked(blocked);
	if (amdvi_dte_store(driver, endpoint, blocked))
		return -EIO;
	amdvi_batch_init(&batch, driver);
	amdvi_add_device(&batch, endpoint->id);
	return amdvi_batch_finish(&batch);
}

/*
 * What a change left in caches goes (H4): the entry, then translations, then what the
 * device holds, each complete before the next.
 */
static int change_flush(struct amdvi_driver *driver, const struct amdvi_endpoint *endpoint,
			const struct change *change)
{
	bool dte = memcmp(change->old, change->dte, sizeof(change->dte)) != 0;
	bool rid = change->pasid == AMDVI_DRIVER_RID_PASID;
	struct amdvi_batch batch;

	amdvi_batch_init(&batch, driver);
	if (dte) {
		amdvi_add_device(&batch, endpoint->id);
		amdvi_batch_wait(&batch);
		amdvi_add_entry_tags(&batch, change->old);
		if (field_get(AMDVI_DTE_1_DOMAINID, change->old[1]) !=
		    field_get(AMDVI_DTE_1_DOMAINID, change->dte[1]))
			amdvi_add_entry_tags(&batch, change->dte);
	}
	/* Those of entry 0 are among the tags of the device table entry. */
	if (change->entry && !(dte && rid))
		amdvi_add_guest_pages(&batch, endpoint->gcr3_id, change->pasid, &PAGE_RANGE_ALL);
	amdvi_batch_wait(&batch);
	if (dte || (change->entry && rid))
		amdvi_add_iotlb(&batch, endpoint, DRIVER_NO_PASID, &PAGE_RANGE_ALL);
	else if (change->entry)
		amdvi_add_iotlb(&batch, endpoint, change->pasid, &PAGE_RANGE_ALL);
	return amdvi_batch_finish(&batch);
}

/*
 * Stores what the routes ask for: the GCR3 entry of a PASID, 0 an invalid one, and the
 * device table entry. H7: a GCR3 entry is complete before the device table entry leads
 * to it, and cleared behind the latter if that goes with it.
 */
static int route_apply(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint, uint32_t pasid,
		       ioasim_pa_t root)
{
	struct change change = {.pasid = pasid};
	bool late = pasid == AMDVI_DRIVER_RID_PASID && !root && !endpoint->pasids, cleared;
	int error = 0;

	memcpy(change.old, endpoint->dte, sizeof(change.old));
	amdvi_dte_make(driver, endpoint, change.dte);
	change.entry = BROKEN(INVALIDATE_FIRST);
	if (BROKEN(INVALIDATE_FIRST))
		error = change_flush(driver, endpoint, &change);
	if (!error && amdvi_dte_torn(change.old, change.dte))
		error = entry_block(driver, endpoint);
	if (!error && !late)
		error = amdvi_gcr3_store(driver, &endpoint->gcr3, pasid, root, &change.entry);
	if (!error)
		error = amdvi_dte_store(driver, endpoint, change.dte);
	if (!error && !BROKEN(INVALIDATE_FIRST))
		error = change_flush(driver, endpoint, &change);
	if (!error && late)
		error = amdvi_gcr3_store(driver, &endpoint->gcr3, pasid, 0, &cleared);
	return error;
}

static ioasim_pa_t guest_root(const struct amdvi_route *route)
{
	return amdvi_route_walks(route, AMDVI_WALKS_GUEST) ? route->domain->space.table.root : 0;
}

int amdvi_endpoint_rid_apply(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint)
{
	return route_apply(driver, endpoint, AMDVI_DRIVER_RID_PASID, guest_root(endpoint->rid));
}

static int pasid_apply(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint, uint32_t pasid)
{
	return route_apply(driver, endpoint, pasid,
			   guest_root(*amdvi_gcr3_slot(&endpoint->gcr3, pasid)));
}

int amdvi_endpoint_guest_prepare(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
				 uint32_t pasid, const struct page_table *table)
{
	struct amdvi_route **slot = amdvi_gcr3_slot(&endpoint->gcr3, pasid);
	const struct amdvi_route *replaced = slot ? *slot : NULL;
	unsigned others = endpoint->guests;
	int error = 0;

	if (pasid == AMDVI_DRIVER_RID_PASID)
		replaced = endpoint->rid;
	others -= amdvi_route_walks(replaced, AMDVI_WALKS_GUEST);
	if (!driver->guest_levels || (table && others && endpoint->guest_levels != table->levels))
		return -EINVAL;
	if (!endpoint->gcr3_id)
		error = ids_alloc(&driver->ids, &endpoint->gcr3_id);
	return error ? error : amdvi_gcr3_make(driver, &endpoint->gcr3, pasid);
}

/* ---- Routes ----------------------------------------------------------------------------- */

/* The books of an endpoint: `route` comes, or goes. */
static void guest_comes(struct amdvi_endpoint *endpoint, const struct amdvi_route *route)
{
	if (!amdvi_route_walks(route, AMDVI_WALKS_GUEST))
		return;
	endpoint->guests++;
	endpoint->guest_levels = route->domain->space.table.levels;
}

static void guest_goes(struct amdvi_endpoint *endpoint, const struct amdvi_route *route)
{
	endpoint->guests -= amdvi_route_walks(route, AMDVI_WALKS_GUEST);
}

static struct amdvi_route *route_make(struct amdvi_endpoint *endpoint, uint32_t pasid,
				      struct amdvi_domain *domain)
{
	struct amdvi_route *route = calloc(1, sizeof(*route));

	if (!route)
		return NULL;
	route->domain = domain;
	route->endpoint = endpoint;
	route->pasid = pasid;
	LIST_INSERT_HEAD(&domain->routes, route, link);
	return route;
}

/* Nothing leads along the route any more. */
static int route_free(struct amdvi_driver *driver, struct amdvi_route *route)
{
	struct amdvi_domain *domain = route->domain;
	struct amdvi_batch batch;
	int error;

	LIST_REMOVE(route, link);
	amdvi_batch_init(&batch, driver);
	if (domain->walk == AMDVI_WALKS_NESTED && !amdvi_domain_live(domain))
		amdvi_add_user_tags(&batch, domain);
	error = amdvi_batch_finish(&batch);
	if (!error && route->endpoint->pri)
		error = amdvi_pages_drain(driver, route);
	free(route);
	return error;
}

/* The books follow whatever the unit does. */
static int rid_end(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint)
{
	struct amdvi_route *route = endpoint->rid;
	int error, drained;

	guest_goes(endpoint, route);
	endpoint->rid = NULL;
	error = amdvi_endpoint_rid_apply(driver, endpoint);
	drained = route_free(driver, route);
	return error ? error : drained;
}

static int pasid_end(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint, uint32_t pasid)
{
	struct amdvi_route **slot = amdvi_gcr3_slot(&endpoint->gcr3, pasid), *route = *slot;
	int error, drained;

	guest_goes(endpoint, route);
	endpoint->pasids--;
	*slot = NULL;
	error = pasid_apply(driver, endpoint, pasid);
	drained = route_free(driver, route);
	return error ? error : drained;
}

/*
 * Requests without PASID beside those with one: a kernel domain's host table has to
 * become a guest table; what lies under users' tables cannot (T10), and their tables
 * have all PASIDs (T6).
 */
static int rid_prepare(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
		       struct amdvi_domain *domain)
{
	int error = 0;

	if (domain->kind == DOMAIN_KERNEL && domain->walk == AMDVI_WALKS_HOST && endpoint->pasids)
		error = amdvi_domain_convert(driver, domain);
	else if (domain->walk != AMDVI_WALKS_GUEST && domain->walk != AMDVI_WALKS_NOTHING &&
		 endpoint->pasids)
		error = -EINVAL;
	if (!error && domain->walk == AMDVI_WALKS_GUEST)
		error = amdvi_endpoint_guest_prepare(driver, endpoint, AMDVI_DRIVER_RID_PASID,
						     &domain->space.table);
	return error;
}

/* One entry takes the place of the other: requests meet the old or the new one. */
static int rid_attach(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
		      struct amdvi_domain *domain)
{
	struct amdvi_route *old = endpoint->rid, *route;
	int error, drained;

	if (old && old->domain == domain)
		return 0;
	error = rid_prepare(driver, endpoint, domain);
	if (error)
		return error;
	route = route_make(endpoint, DRIVER_NO_PASID, domain);
	if (!route)
		return -ENOMEM;
	guest_goes(endpoint, old);
	guest_comes(endpoint, route);
	endpoint->rid = route;
	error = amdvi_endpoint_rid_apply(driver, endpoint);
	if (old) {
		drained = route_free(driver, old);
		error = error ? error : drained;
	}
	if (error)
		(void)rid_end(driver, endpoint);
	return error;
}

/* A PASID needs a guest table, and none but such may serve requests without one. */
static int pasid_prepare(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
			 uint32_t pasid, struct amdvi_domain *domain)
{
	struct amdvi_domain *beside = endpoint->rid ? endpoint->rid->domain : NULL;
	int error = 0;

	if (domain->kind != DOMAIN_KERNEL && domain->kind != DOMAIN_BLOCKED &&
	    domain->kind != DOMAIN_SVA)
		return -EINVAL;
	if (beside && (beside->kind == DOMAIN_NEST_PARENT || beside->walk == AMDVI_WALKS_NESTED))
		return -EINVAL;
	if (domain->walk == AMDVI_WALKS_HOST)
		error = amdvi_domain_convert(driver, domain);
	if (!error && beside && beside->walk == AMDVI_WALKS_HOST)
		error = amdvi_domain_convert(driver, beside);
	if (error)
		return error;
	return amdvi_endpoint_guest_prepare(driver, endpoint, pasid,
					    domain->walk == AMDVI_WALKS_GUEST ? &domain->space.table
									      : NULL);
}

static int pasid_attach(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint,
			uint32_t pasid, struct amdvi_domain *domain)
{
	struct amdvi_route **slot = amdvi_gcr3_slot(&endpoint->gcr3, pasid), *old, *route;
	int error, drained;

	if (slot && *slot && (*slot)->domain == domain)
		return 0;
	error = pasid_prepare(driver, endpoint, pasid, domain);
	if (error)
		return error;
	route = route_make(endpoint, pasid, domain);
	if (!route)
		return -ENOMEM;
	slot = amdvi_gcr3_slot(&endpoint->gcr3, pasid);
	old = *slot;
	guest_goes(endpoint, old);
	guest_comes(endpoint, route);
	endpoint->pasids += !old;
	*slot = route;
	error = pasid_apply(driver, endpoint, pasid);
	if (old) {
		drained = route_free(driver, old);
		error = error ? error : drained;
	}
	if (error)
		(void)pasid_end(driver, endpoint, pasid);
	return error;
}

int amdvi_attach(struct driver *opaque, uint32_t requester_id, uint32_t pasid, struct domain *to)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_endpoint *endpoint = amdvi_endpoint_find(driver, requester_id);

	if (!endpoint)
		return -ENOENT;
	if (pasid == DRIVER_NO_PASID && amdvi_domain(to)->kind == DOMAIN_SVA)
		return -EINVAL;
	if (pasid == DRIVER_NO_PASID)
		return rid_attach(driver, endpoint, amdvi_domain(to));
	if (pasid == AMDVI_DRIVER_RID_PASID || pasid >= endpoint->pasid_limit)
		return -EINVAL;
	if (BROKEN(WRONG_PASID))
		pasid = broken_pasid(pasid);
	return pasid_attach(driver, endpoint, pasid, amdvi_domain(to));
}

int amdvi_detach(struct driver *opaque, uint32_t requester_id, uint32_t pasid)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_endpoint *endpoint = amdvi_endpoint_find(driver, requester_id);
	struct amdvi_route **slot;

	if (!endpoint)
		return -ENOENT;
	if (pasid == DRIVER_NO_PASID)
		return endpoint->rid ? rid_end(driver, endpoint) : -ENOENT;
	if (pasid >= endpoint->pasid_limit)
		return -ENOENT;
	if (BROKEN(WRONG_PASID))
		pasid = broken_pasid(pasid);
	slot = amdvi_gcr3_slot(&endpoint->gcr3, pasid);
	return slot && *slot ? pasid_end(driver, endpoint, pasid) : -ENOENT;
}

/* ---- Endpoints ------------------------------------------------------------------------- */

/* Bits of a PASID that the unit takes: PASmax, and nine for each GCR3 level. */
static unsigned pasid_bits(const struct amdvi_driver *driver)
{
	unsigned bits = (unsigned)field_get(AMDVI_EFR_PAS_MAX, driver->efr) + 1;
	unsigned reach =
		AMDVI_LEVEL_BITS * ((unsigned)field_get(AMDVI_EFR_GLX_SUP, driver->efr) + 1);

	if (!driver->guest_levels)
		return 0;
	if (bits > AMDVI_PASID_BITS)
		bits = AMDVI_PASID_BITS;
	return bits < reach ? bits : reach;
}

static void endpoint_describe(const struct amdvi_driver *driver, const struct driver_device *from,
			      struct amdvi_endpoint *endpoint)
{
	unsigned bits = pasid_bits(driver);

	endpoint->id = (uint16_t)from->requester_id;
	endpoint->ats = from->ats && driver->iotlb;
	endpoint->pri = from->pri && endpoint->ats && driver->ppr;
	if (from->pasid_bits < bits)
		bits = from->pasid_bits;
	if (bits)
		endpoint->pasid_limit = UINT32_C(1) << bits;
	/* As the entries of all unknown devices are. */
	amdvi_dte_blocked(endpoint->dte);
}

int amdvi_endpoint_add(struct driver *opaque, const struct driver_device *from)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_endpoint *endpoint, **slot;
	int error;

	if (from->requester_id >= REQUESTERS)
		return -EINVAL;
	slot = endpoint_slot(driver, from->requester_id);
	if (!slot)
		return -ENOMEM;
	if (*slot)
		return -EEXIST;
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return -ENOMEM;
	endpoint_describe(driver, from, endpoint);
	error = amdvi_gcr3_init(&endpoint->gcr3, endpoint->pasid_limit);
	if (error) {
		free(endpoint);
		return error;
	}
	LIST_INSERT_HEAD(&driver->endpoints, endpoint, link);
	*slot = endpoint;
	return 0;
}

/*
 * No route is left, so that the entry is blocked and what each route left is gone. Of
 * its GCR3 tables, pointers between them may still be cached: only the command for
 * everything is certain to reach those.
 */
static int endpoint_forget(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint)
{
	struct amdvi_batch batch;
	int error;

	amdvi_batch_init(&batch, driver);
	if (endpoint->gcr3_id) {
		amdvi_add_device(&batch, endpoint->id);
		amdvi_add_pages(&batch, endpoint->gcr3_id, &PAGE_RANGE_ALL);
		if (endpoint->gcr3.levels > 1 && field_get(AMDVI_EFR_IA_SUP, driver->efr))
			amdvi_add_all(&batch);
	}
	error = amdvi_batch_finish(&batch);
	if (endpoint->gcr3_id && !error)
		ids_free(&driver->ids, endpoint->gcr3_id);
	amdvi_gcr3_fini(driver, &endpoint->gcr3, error);
	LIST_REMOVE(endpoint, link);
	*endpoint_slot(driver, endpoint->id) = NULL;
	free(endpoint);
	return error;
}

int amdvi_endpoint_remove(struct driver *opaque, uint32_t requester_id)
{
	struct amdvi_driver *driver = amdvi_driver(opaque);
	struct amdvi_endpoint *endpoint = amdvi_endpoint_find(driver, requester_id);

	if (!endpoint)
		return -ENOENT;
	return endpoint->rid || endpoint->pasids ? -EBUSY : endpoint_forget(driver, endpoint);
}

void amdvi_endpoint_destroy(struct amdvi_driver *driver, struct amdvi_endpoint *endpoint)
{
	const struct amdvi_gcr3 *gcr3 = &endpoint->gcr3;

	if (endpoint->rid)
		(void)rid_end(driver, endpoint);
	for (uint32_t i = 0; i < gcr3->leaves; i++)
		for (uint32_t j = 0; gcr3->leaf[i] && j < AMDVI_GCR3_ENTRIES; j++)
			if (gcr3->leaf[i]->slot[j])
				(void)pasid_end(driver, endpoint, i * AMDVI_GCR3_ENTRIES + j);
	(void)endpoint_forget(driver, endpoint);
}
