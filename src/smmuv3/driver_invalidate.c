/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which commands a change needs (3.17, 4.4, 16.2): TLBs first, then device TLBs, each
 * complete before the next begins, since commands have no order among each other but
 * by CMD_SYNC.
 *
 * A tag is in use while the domain is attached: the last route leaves nothing under it,
 * so that a domain without routes needs no command.
 */
#include "smmuv3/driver.h"

#include "model/broken.h"

#include <errno.h>

/* TLBIs by address before all of the tag goes instead: a table's worth of pages. */
#define TLBI_MAX 512

/* 4.4.1: NUM + 1 pages of 2^SCALE granules. */
#define RANGE_NUM_LG2 5

/* How entries of one tag are removed. */
struct reach {
	enum smmu_opcode by_address, all;
	uint16_t vmid, asid;
	uint8_t page_lg2; /* of the tables; 0: not known */
};

static struct smmu_driver *driver_of(const struct space *space)
{
	return (struct smmu_driver *)(void *)space->spaces;
}

static const struct smmu_domain *domain_of(const struct space *space)
{
	return (const struct smmu_domain *)(const void *)space;
}

static struct reach domain_reach(const struct smmu_domain *domain)
{
	bool stage1 = domain->stages == SMMU_STAGES_S1;

	return (struct reach){
		.by_address = stage1 ? SMMU_CMD_TLBI_NH_VA : SMMU_CMD_TLBI_S2_IPA,
		.all = stage1 ? SMMU_CMD_TLBI_NH_ASID : SMMU_CMD_TLBI_S12_VMALL,
		.vmid = stage1 ? SMMU_DRIVER_VMID_STAGE1 : domain->vmid,
		.asid = domain->asid,
		.page_lg2 = domain->space.table.page_lg2,
	};
}

/* ---- By address ------------------------------------------------------------------- */

static unsigned tg(unsigned page_lg2)
{
	return page_lg2 == SMMU_4K_LG2    ? SMMU_TG_4K
	       : page_lg2 == SMMU_16K_LG2 ? SMMU_TG_16K
					  : SMMU_TG_64K;
}

/* What one item maps at the level of the leaves that changed, as a logarithm; that of a
 * page where tables changed or leaves of several sizes did. */
static unsigned step_lg2(const struct page_table *table, const struct page_range *range)
{
	if (!range->leaves_only || !range->size_lg2)
		return table->page_lg2;
	return page_level_lg2(table, page_leaf_level(table, range->size_lg2));
}

/* 4.4.1: only leaves of this level; the address is aligned to what they map. */
static unsigned ttl(const struct page_table *table, const struct page_range *range)
{
	if (!range->leaves_only || !range->size_lg2)
		return 0;
	return (unsigned)SMMU_SPEC_LEVEL(page_leaf_level(table, range->size_lg2));
}

/* The fewest commands that cover the pages and no others: each takes the lowest bits
 * that are set, as many as NUM holds. */
static void add_ranges(struct smmu_batch *batch, const struct reach *reach,
		       const struct page_table *table, const struct page_range *range)
{
	uint64_t pages = ((range->last - range->first) >> table->page_lg2) + 1;
	struct smmu_tlbi_address at = {
		.address = range->first,
		.leaf = range->leaves_only,
		.tg = tg(table->page_lg2),
		.ttl = ttl(table, range),
	};

	while (pages) {
		struct smmu_tlbi_address command = at;
		uint64_t count;

		command.scale = (unsigned)__builtin_ctzll(pages);
		count = (pages >> command.scale) & field_mask(RANGE_NUM_LG2 - 1, 0);
		command.num = (unsigned)count - 1;
		/* One page at any level cannot be said as a range: that is illegal. */
		if (!command.scale && !command.num && !command.ttl)
			command.tg = SMMU_TG_NONE;
		smmu_add_tlbi_address(batch, reach->by_address, reach->vmid, reach->asid, &command);
		at.address += count << command.scale << table->page_lg2;
		pages -= count << command.scale;
	}
}

static void add_pages(struct smmu_batch *batch, const struct reach *reach, unsigned lg2,
		      const struct page_range *range)
{
	uint64_t pages = ((range->last >> lg2) - (range->first >> lg2)) + 1;
	struct smmu_tlbi_address at = {.address = range->first, .leaf = range->leaves_only};

	if (pages == 0 || pages > TLBI_MAX) {
		smmu_add_tlbi(batch, reach->all, reach->vmid, reach->asid);
		return;
	}
	for (uint64_t i = 0; i < pages; i++) {
		smmu_add_tlbi_address(batch, reach->by_address, reach->vmid, reach->asid, &at);
		at.address += UINT64_C(1) << lg2;
	}
}

/* Whether all of the tag went instead of the range. */
static bool add_own_tag(struct smmu_batch *batch, const struct smmu_domain *domain,
			const struct page_range *range)
{
	const struct page_table *table = &domain->space.table;
	struct reach reach = domain_reach(domain);

	if (page_range_all(range)) {
		smmu_add_tlbi(batch, reach.all, reach.vmid, reach.asid);
		return true;
	}
	if (field_get(SMMU_IDR3_RIL, batch->driver->idr3))
		add_ranges(batch, &reach, table, range);
	else
		add_pages(batch, &reach, step_lg2(table, range), range);
	return false;
}

/* ---- Changes of a map (H5) -------------------------------------------------------------- */

static bool nested_live(const struct smmu_domain *domain)
{
	const struct smmu_domain *nested;

	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (!LIST_EMPTY(&nested->routes))
			return true;
	return false;
}

static void add_device_tlbs(struct smmu_batch *batch, const struct smmu_domain *domain,
			    const struct page_range *range)
{
	const struct smmu_route *route;

	LIST_FOREACH (route, &domain->routes, link)
		smmu_add_atc(batch, route->device, route->pasid, range->first, range->last);
}

static int domain_invalidate(struct space *space, const struct page_range *range)
{
	const struct smmu_domain *domain = domain_of(space), *nested;
	struct smmu_batch batch;

	if (!smmu_domain_live(domain) || BROKEN(SKIP_INVALIDATION))
		return 0;
	smmu_batch_init(&batch, driver_of(space));
	/* S2_IPA leaves what was combined with a guest's stage 1, and could be brought
	 * back by what it removes: so it is complete first. */
	if (!add_own_tag(&batch, domain, range) && nested_live(domain)) {
		smmu_batch_sync(&batch);
		smmu_add_tlbi(&batch, SMMU_CMD_TLBI_NH_ALL, domain->vmid, 0);
	}
	smmu_batch_sync(&batch);
	add_device_tlbs(&batch, domain, range);
	/* The range is one of guest addresses; devices cache by what they send. */
	LIST_FOREACH (nested, &domain->nested, nested_link)
		add_device_tlbs(&batch, nested, &PAGE_RANGE_ALL);
	return smmu_batch_finish(&batch);
}

/* Descriptors that are not valid are not cached (3.17). */
static int domain_mapped(struct space *space, const struct page_range *range)
{
	(void)space;
	(void)range;
	return 0;
}

static bool domain_live(const struct space *space)
{
	return smmu_domain_live(domain_of(space));
}

const struct space_ops smmu_space_ops = {
	.invalidate = domain_invalidate,
	.mapped = domain_mapped,
	.live = domain_live,
};

int smmu_caches_empty(struct smmu_driver *driver)
{
	const struct smmu_device *device;
	struct smmu_batch batch;

	smmu_batch_init(&batch, driver);
	smmu_add_config_all(&batch);
	smmu_batch_sync(&batch);
	if (field_get(SMMU_IDR0_HYP, driver->idr0)) {
		smmu_add_tlbi(&batch, SMMU_CMD_TLBI_EL2_ALL, 0, 0);
		smmu_batch_sync(&batch);
	}
	smmu_add_tlbi(&batch, SMMU_CMD_TLBI_NSNH_ALL, 0, 0);
	smmu_batch_sync(&batch);
	LIST_FOREACH (device, &driver->devices, link)
		smmu_add_atc(&batch, device, DRIVER_NO_PASID, 0, UINT64_MAX);
	return smmu_batch_finish(&batch);
}

/* ---- A user's changes (H6) ---------------------------------------------------------------- */

static bool has_device(const struct smmu_domain *domain, uint32_t requester_id)
{
	const struct smmu_route *route;

	LIST_FOREACH (route, &domain->routes, link)
		if (route->device->sid == requester_id)
			return true;
	return requester_id == DRIVER_ALL_DEVICES;
}

static bool named(const struct driver_invalidation *what, const struct smmu_route *route)
{
	return what->requester_id == DRIVER_ALL_DEVICES || what->requester_id == route->device->sid;
}

/* The guest's CDs. Requests without PASID use CD 0. */
static void add_config(struct smmu_batch *batch, const struct smmu_domain *domain,
		       const struct driver_invalidation *what)
{
	const struct smmu_route *route;

	LIST_FOREACH (route, &domain->routes, link) {
		if (!named(what, route))
			continue;
		if (what->pasid == DRIVER_NO_PASID)
			smmu_add_config_cds(batch, route->device->sid);
		else
			smmu_add_config_cd(batch, route->device->sid, what->pasid, false);
	}
}

/* The host knows neither the guest's ASIDs nor its granule; devices share the VMID. */
static void add_user_tlb(struct smmu_batch *batch, const struct smmu_domain *domain,
			 const struct page_range *range)
{
	const struct reach reach = {
		.by_address = SMMU_CMD_TLBI_NH_VAA,
		.all = SMMU_CMD_TLBI_NH_ALL,
		.vmid = domain->vmid,
	};

	add_pages(batch, &reach, SMMU_4K_LG2, range);
}

int smmu_nested_invalidate(struct smmu_driver *driver, struct smmu_domain *domain,
			   const struct driver_invalidation *what)
{
	const struct page_range range = {
		.first = what->first, .last = what->last, .leaves_only = what->leaf};
	/* Requests that CD 0 serves have no SubstreamID, and devices cache without one. */
	uint32_t ssid = what->pasid ? what->pasid : DRIVER_NO_PASID;
	const struct smmu_route *route;
	struct smmu_batch batch;

	if (!has_device(domain, what->requester_id))
		return -ENOENT;
	smmu_batch_init(&batch, driver);
	if (what->cache == DRIVER_INV_PASID)
		add_config(&batch, domain, what);
	smmu_batch_sync(&batch);
	if (what->cache != DRIVER_INV_DEVTLB && !LIST_EMPTY(&domain->routes))
		add_user_tlb(&batch, domain, &range);
	smmu_batch_sync(&batch);
	LIST_FOREACH (route, &domain->routes, link)
		if (named(what, route))
			smmu_add_atc(&batch, route->device, ssid, what->first, what->last);
	return smmu_batch_finish(&batch);
}

/* ---- The end of a route (H4) ------------------------------------------------------------------ */

/* The domain whose tables are walked, and whose VMID or ASID is the tag. */
static struct smmu_domain *tag_owner(struct smmu_domain *domain)
{
	return domain->parent ? domain->parent : domain;
}

/* Nothing is left under the tag once its last route has gone. A guest's ASIDs go with
 * the last route of its CD table, since another table may use them next. */
static void add_route_tlb(struct smmu_batch *batch, struct smmu_domain *domain)
{
	const struct smmu_domain *owner = tag_owner(domain);
	struct reach reach;

	if (domain->stages == SMMU_STAGES_BYPASS || domain->stages == SMMU_STAGES_BLOCKED)
		return;
	if (smmu_domain_live(owner)) {
		if (domain->parent && LIST_EMPTY(&domain->routes))
			smmu_add_tlbi(batch, SMMU_CMD_TLBI_NH_ALL, domain->vmid, 0);
		return;
	}
	reach = domain_reach(owner);
	smmu_add_tlbi(batch, reach.all, reach.vmid, reach.asid);
}

int smmu_route_ended(struct smmu_driver *driver, const struct smmu_route *route)
{
	struct smmu_domain *domain = route->domain, *owner = tag_owner(domain);
	struct smmu_batch batch;
	int error;

	if (domain->stages == SMMU_STAGES_BLOCKED)
		return 0;
	smmu_batch_init(&batch, driver);
	if (!BROKEN(REUSE_TAG))
		add_route_tlb(&batch, domain);
	smmu_batch_sync(&batch);
	smmu_add_atc(&batch, route->device, route->pasid, 0, UINT64_MAX);
	error = smmu_batch_finish(&batch);
	if (error)
		return error;
	if (owner->space.spaces && !smmu_domain_live(owner))
		space_forget(&owner->space);
	return route->device->pri ? smmu_pages_drain(driver, route) : 0;
}
