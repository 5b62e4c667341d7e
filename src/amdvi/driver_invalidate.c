/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which commands a change needs (2.4): the unit's own caches first, then, behind a wait,
 * the device TLBs, since a device may refill from what is removed too late. Directory
 * entries always go too (PDE).
 *
 * A tag is in use while there are routes: the end of the last one leaves nothing under
 * it, so that a domain without routes needs no command.
 */
#include "amdvi/driver.h"

#include "model/broken.h"

#include <errno.h>

static struct amdvi_driver *driver_of(const struct space *space)
{
	return (struct amdvi_driver *)(void *)space->spaces;
}

static const struct amdvi_domain *domain_of(const struct space *space)
{
	return (const struct amdvi_domain *)(const void *)space;
}

/* The PASID under which a guest table is walked for a route. */
static uint32_t guest_pasid(const struct amdvi_route *route)
{
	return route->pasid == DRIVER_NO_PASID ? AMDVI_DRIVER_RID_PASID : route->pasid;
}

/* ---- Changes of a domain's table ---------------------------------------------------- */

static void add_tags(struct amdvi_batch *batch, const struct amdvi_domain *domain,
		     const struct page_range *range)
{
	const struct amdvi_domain *nested;
	const struct amdvi_route *route;

	if (domain->walk == AMDVI_WALKS_HOST && amdvi_domain_live(domain))
		amdvi_add_pages(batch, domain->id, range);
	if (domain->walk == AMDVI_WALKS_GUEST)
		LIST_FOREACH (route, &domain->routes, link)
			amdvi_add_guest_pages(batch, route->endpoint->gcr3_id, guest_pasid(route),
					      range);
	/* H5: nested routes walk the table under DomainIDs of their own; what they hold
	 * goes by the guest's physical address, whatever its PASID. */
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (amdvi_domain_live(nested))
			amdvi_add_pages(batch, nested->id, range);
}

static void add_device_tlbs(struct amdvi_batch *batch, const struct amdvi_domain *domain,
			    const struct page_range *range)
{
	const struct amdvi_route *route;

	LIST_FOREACH (route, &domain->routes, link)
		amdvi_add_iotlb(batch, route->endpoint, route->pasid, range);
}

typedef void add_range(struct amdvi_batch *batch, const struct amdvi_domain *domain,
		       const struct page_range *range);

/* With NpCache the unit is emulated, and a block beyond the range costs: naturally
 * aligned pieces of the range itself, as Linux sends them. */
static void add_pieces(struct amdvi_batch *batch, const struct amdvi_domain *domain,
		       const struct page_range *range, add_range *add)
{
	struct page_range piece = *range;

	if (!batch->driver->np_cache || page_range_all(range)) {
		add(batch, domain, range);
		return;
	}
	for (;;) {
		uint64_t left = range->last - piece.first;
		unsigned lg2 = left == UINT64_MAX ? 63 : 63 - (unsigned)__builtin_clzll(left + 1);

		if (piece.first && (unsigned)__builtin_ctzll(piece.first) < lg2)
			lg2 = (unsigned)__builtin_ctzll(piece.first);
		piece.last = piece.first + field_mask(lg2 - 1, 0);
		add(batch, domain, &piece);
		if (piece.last == range->last)
			return;
		piece.first = piece.last + 1;
	}
}

static int domain_invalidate(struct space *space, const struct page_range *range)
{
	const struct amdvi_domain *domain = domain_of(space), *nested;
	struct amdvi_batch batch;

	if (BROKEN(SKIP_INVALIDATION))
		return 0;
	amdvi_batch_init(&batch, driver_of(space));
	add_pieces(&batch, domain, range, add_tags);
	amdvi_batch_wait(&batch);
	add_pieces(&batch, domain, range, add_device_tlbs);
	/* The range is one of guest addresses; devices cache by what they send. */
	LIST_FOREACH (nested, &domain->nested, nested_link)
		add_device_tlbs(&batch, nested, &PAGE_RANGE_ALL);
	return amdvi_batch_finish(&batch);
}

/* 3.2, NpCache: what was not present may be cached. */
static int domain_mapped(struct space *space, const struct page_range *range)
{
	return driver_of(space)->np_cache ? domain_invalidate(space, range) : 0;
}

static bool domain_live(const struct space *space)
{
	const struct amdvi_domain *domain = domain_of(space), *nested;

	if (amdvi_domain_live(domain))
		return true;
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (amdvi_domain_live(nested))
			return true;
	return false;
}

const struct space_ops amdvi_space_ops = {
	.invalidate = domain_invalidate,
	.mapped = domain_mapped,
	.live = domain_live,
};

static void add_unit_all(struct amdvi_batch *batch)
{
	if (field_get(AMDVI_EFR_IA_SUP, batch->driver->efr)) {
		amdvi_add_all(batch);
		return;
	}
	for (uint32_t id = 0; id < UINT32_C(1) << AMDVI_DEVICE_ID_BITS; id++)
		amdvi_add_device(batch, (uint16_t)id);
	for (uint32_t id = 0; id < UINT32_C(1) << AMDVI_DEVICE_ID_BITS; id++)
		amdvi_add_interrupts(batch, (uint16_t)id);
	for (uint32_t id = 0; id < AMDVI_DRIVER_IDS; id++)
		amdvi_add_pages(batch, id, &PAGE_RANGE_ALL);
}

int amdvi_caches_empty(struct amdvi_driver *driver)
{
	const struct amdvi_endpoint *endpoint;
	struct amdvi_batch batch;

	amdvi_batch_init(&batch, driver);
	add_unit_all(&batch);
	amdvi_batch_wait(&batch);
	LIST_FOREACH (endpoint, &driver->endpoints, link)
		amdvi_add_iotlb(&batch, endpoint, DRIVER_NO_PASID, &PAGE_RANGE_ALL);
	return amdvi_batch_finish(&batch);
}

/* ---- Users' tables ------------------------------------------------------------------- */

/* The PASIDs that a user's GCR3 table can hold. */
static uint32_t user_pasids(const struct amdvi_driver *driver, const struct amdvi_domain *domain)
{
	unsigned reach =
		AMDVI_LEVEL_BITS * ((unsigned)field_get(AMDVI_DTE_0_GLX, domain->user[0]) + 1);
	unsigned bits = (unsigned)field_get(AMDVI_EFR_PAS_MAX, driver->efr) + 1;

	return UINT32_C(1) << (reach < bits ? reach : bits);
}

/*
 * GN=0 leaves GCR3 entries alone, and what stands between GVA and GPA may stay, so the
 * DomainID is not clean by that (H8): one command removes everything, or one for each
 * PASID that there can be.
 */
void amdvi_add_user_tags(struct amdvi_batch *batch, const struct amdvi_domain *domain)
{
	const struct amdvi_driver *driver = batch->driver;

	if (field_get(AMDVI_EFR_IA_SUP, driver->efr)) {
		amdvi_add_all(batch);
		return;
	}
	amdvi_add_pages(batch, domain->id, &PAGE_RANGE_ALL);
	for (uint32_t pasid = 0; pasid < user_pasids(driver, domain); pasid++)
		amdvi_add_guest_pages(batch, domain->id, pasid, &PAGE_RANGE_ALL);
}

static bool has_device(const struct amdvi_domain *domain, uint32_t requester_id)
{
	const struct amdvi_route *route;

	LIST_FOREACH (route, &domain->routes, link)
		if (route->endpoint->id == requester_id)
			return true;
	return requester_id == DRIVER_ALL_DEVICES;
}

/*
 * H6: the driver knows none of the guest's PASIDs, so without one the whole DomainID
 * goes, which devices share. GCR3 entries go with a range of everything, PASID by PASID.
 */
static void add_user_change(struct amdvi_batch *batch, const struct amdvi_domain *domain,
			    const struct driver_invalidation *what, const struct page_range *range)
{
	bool entry = what->cache == DRIVER_INV_PASID;

	if (what->pasid != DRIVER_NO_PASID)
		amdvi_add_guest_pages(batch, domain->id, what->pasid,
				      entry ? &PAGE_RANGE_ALL : range);
	else if (entry)
		amdvi_add_user_tags(batch, domain);
	else
		amdvi_add_pages(batch, domain->id, &PAGE_RANGE_ALL);
}

/* Requests without PASID use entry 0, and their devices cache without one. */
int amdvi_nested_invalidate(struct amdvi_driver *driver, struct amdvi_domain *domain,
			    const struct driver_invalidation *what)
{
	const struct page_range range = {
		.first = what->first, .last = what->last, .leaves_only = what->leaf};
	uint32_t pasid = what->pasid == AMDVI_DRIVER_RID_PASID ? DRIVER_NO_PASID : what->pasid;
	const struct amdvi_route *route;
	struct amdvi_batch batch;

	if (!has_device(domain, what->requester_id))
		return -ENOENT;
	if (!amdvi_domain_live(domain))
		return 0;
	amdvi_batch_init(&batch, driver);
	if (what->cache != DRIVER_INV_DEVTLB)
		add_user_change(&batch, domain, what, &range);
	amdvi_batch_wait(&batch);
	LIST_FOREACH (route, &domain->routes, link)
		if (what->requester_id == DRIVER_ALL_DEVICES ||
		    what->requester_id == route->endpoint->id)
			amdvi_add_iotlb(&batch, route->endpoint, pasid, &range);
	return amdvi_batch_finish(&batch);
}

/* ---- Routes ---------------------------------------------------------------------------- */

void amdvi_add_entry_tags(struct amdvi_batch *batch, const uint64_t *dte)
{
	uint32_t id = (uint32_t)field_get(AMDVI_DTE_1_DOMAINID, dte[1]);

	if (id == AMDVI_DRIVER_ID_BLOCKED || BROKEN(REUSE_TAG))
		return;
	amdvi_add_pages(batch, id, &PAGE_RANGE_ALL);
	if (field_get(AMDVI_DTE_0_GV, dte[0]))
		amdvi_add_guest_pages(batch, id, AMDVI_DRIVER_RID_PASID, &PAGE_RANGE_ALL);
}
