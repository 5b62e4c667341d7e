/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which commands a change needs (6.5.3.3, Table 28; 6.1 for caching mode): the
 * outer caches first, device TLBs last, one wait behind all.
 *
 * A tag is in use while the domain is attached: the last detach leaves nothing
 * under it, so that a domain without routes needs no command.
 */
#include "vtd/driver.h"
#include "vtd/unit.h"

#include "model/broken.h"

#include <errno.h>

/* The IOTLB and paging-structure caches under the domain's own tags. */
static void add_own_tags(struct vtd_batch *batch, const struct vtd_domain *domain,
			 const struct page_range *range)
{
	const struct vtd_attachment *attachment;
	uint32_t previous = UINT32_MAX;

	if (!vtd_domain_live(domain))
		return;
	if (domain->pgtt == VTD_PGTT_SECOND) {
		vtd_add_iotlb_range(batch, domain->did, range);
		return;
	}
	/* First stage: a tag per PASID; devices with the same one stand together where
	 * they were attached one after the other. */
	LIST_FOREACH (attachment, &domain->attachments, link) {
		if (attachment->pasid != previous)
			vtd_add_piotlb_range(batch, domain->did, attachment->pasid, range);
		previous = attachment->pasid;
	}
}

static void add_device_tlbs(struct vtd_batch *batch, const struct vtd_domain *domain,
			    const struct page_range *range)
{
	const struct vtd_attachment *attachment;

	LIST_FOREACH (attachment, &domain->attachments, link)
		vtd_add_device_tlb(batch, attachment->device, attachment->pasid, range);
}

static struct vtd_driver *driver_of(const struct space *space)
{
	return (struct vtd_driver *)(void *)space->spaces;
}

static const struct vtd_domain *domain_of(const struct space *space)
{
	return (const struct vtd_domain *)(const void *)space;
}

/* Every cache that may hold something of the table. */
static void add_domain(struct vtd_batch *batch, const struct vtd_domain *domain,
		       const struct page_range *range)
{
	const struct vtd_domain *nested;

	add_own_tags(batch, domain, range);
	/* H5: nested routes walk the table under ids of their own. */
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (vtd_domain_live(nested))
			vtd_add_iotlb_range(batch, nested->did, range);
	add_device_tlbs(batch, domain, range);
	/* The range is one of guest addresses; devices cache by what they send. */
	LIST_FOREACH (nested, &domain->nested, nested_link)
		add_device_tlbs(batch, nested, &PAGE_RANGE_ALL);
}

static int domain_invalidate(struct space *space, const struct page_range *range)
{
	struct vtd_batch batch;

	if (BROKEN(SKIP_INVALIDATION))
		return 0;
	vtd_batch_init(&batch, driver_of(space));
	add_domain(&batch, domain_of(space), range);
	return vtd_batch_finish(&batch);
}

/* What caching mode and the write buffer need. */
static int domain_mapped(struct space *space, const struct page_range *range)
{
	const struct vtd_domain *domain = domain_of(space), *nested;
	struct vtd_driver *driver = driver_of(space);
	struct vtd_batch batch;
	int error = vtd_driver_write_buffer(driver);

	/* First-stage entries that are not present are never cached. */
	if (error || !field_get(VTD_CAP_CM, driver->cap) || domain->pgtt != VTD_PGTT_SECOND)
		return error;
	vtd_batch_init(&batch, driver);
	add_own_tags(&batch, domain, range);
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (vtd_domain_live(nested))
			vtd_add_iotlb_range(&batch, nested->did, range);
	return vtd_batch_finish(&batch);
}

static bool domain_live(const struct space *space)
{
	const struct vtd_domain *domain = domain_of(space), *nested;

	if (vtd_domain_live(domain))
		return true;
	LIST_FOREACH (nested, &domain->nested, nested_link)
		if (vtd_domain_live(nested))
			return true;
	return false;
}

const struct space_ops vtd_space_ops = {
	.invalidate = domain_invalidate,
	.mapped = domain_mapped,
	.live = domain_live,
};

/* The PASID cache knows no device: one command for all that share a PASID. */
static void add_entries(struct vtd_batch *batch, const struct vtd_domain *domain)
{
	const struct vtd_attachment *attachment;
	uint32_t previous = UINT32_MAX;

	LIST_FOREACH (attachment, &domain->attachments, link) {
		if (attachment->pasid != previous)
			vtd_add_pasid(batch, domain->did, attachment->pasid);
		previous = attachment->pasid;
	}
}

int vtd_tracking_changed(struct vtd_driver *driver, const struct vtd_domain *domain)
{
	const struct vtd_domain *nested;
	struct vtd_batch batch;

	vtd_batch_init(&batch, driver);
	add_entries(&batch, domain);
	LIST_FOREACH (nested, &domain->nested, nested_link)
		add_entries(&batch, nested);
	add_domain(&batch, domain, &PAGE_RANGE_ALL);
	return vtd_batch_finish(&batch);
}

int vtd_caches_empty(struct vtd_driver *driver)
{
	const struct vtd_device *device;
	struct vtd_batch batch;

	vtd_batch_init(&batch, driver);
	vtd_add_context_global(&batch);
	if (driver->scalable)
		vtd_add_pasid_global(&batch);
	vtd_add_iotlb_global(&batch);
	LIST_FOREACH (device, &driver->devices, link)
		vtd_add_device_tlb_all(&batch, device);
	return vtd_batch_finish(&batch);
}

/* ---- Users' tables (H6) ------------------------------------------------------------ */

static bool named(const struct driver_invalidation *what, const struct vtd_attachment *attachment)
{
	return (what->requester_id == DRIVER_ALL_DEVICES ||
		what->requester_id == attachment->device->source_id) &&
	       (what->pasid == DRIVER_NO_PASID || what->pasid == attachment->pasid);
}

static bool has_device(const struct vtd_domain *domain, uint32_t requester_id)
{
	const struct vtd_attachment *attachment;

	LIST_FOREACH (attachment, &domain->attachments, link)
		if (attachment->device->source_id == requester_id)
			return true;
	return requester_id == DRIVER_ALL_DEVICES;
}

/* The PASID cache has no tag of a device, and neither have translations. */
int vtd_nested_invalidate(struct vtd_driver *driver, struct vtd_domain *domain,
			  const struct driver_invalidation *what)
{
	const struct page_range range = {
		.first = what->first, .last = what->last, .leaves_only = what->leaf};
	const struct vtd_attachment *attachment;
	struct vtd_batch batch;

	if (!has_device(domain, what->requester_id))
		return -ENOENT;
	vtd_batch_init(&batch, driver);
	if (what->cache == DRIVER_INV_PASID)
		LIST_FOREACH (attachment, &domain->attachments, link)
			if (named(what, attachment))
				vtd_add_pasid(&batch, domain->did, attachment->pasid);
	if (what->cache != DRIVER_INV_DEVTLB)
		LIST_FOREACH (attachment, &domain->attachments, link)
			if (named(what, attachment))
				vtd_add_piotlb_range(&batch, domain->did, attachment->pasid,
						     &range);
	LIST_FOREACH (attachment, &domain->attachments, link)
		if (named(what, attachment))
			vtd_add_device_tlb(&batch, attachment->device, attachment->pasid, &range);
	return vtd_batch_finish(&batch);
}

/* ---- Routes ------------------------------------------------------------------------ */

void vtd_add_route_tlb(struct vtd_batch *batch, const struct vtd_attachment *attachment)
{
	const struct vtd_domain *domain = attachment->domain;
	bool first = domain->pgtt == VTD_PGTT_FIRST || domain->pgtt == VTD_PGTT_PASS;

	if (first && batch->driver->scalable)
		vtd_add_piotlb_pasid(batch, domain->did, attachment->pasid);
	else
		vtd_add_iotlb_domain(batch, domain->did);
}

int vtd_route_ended(struct vtd_driver *driver, const struct vtd_attachment *attachment)
{
	const struct vtd_device *device = attachment->device;
	uint32_t did = attachment->domain->did;
	struct vtd_batch batch;
	int error;

	if (attachment->domain->pgtt == VTD_PGTT_NONE)
		return 0;
	vtd_batch_init(&batch, driver);
	if (driver->scalable)
		vtd_add_pasid(&batch, did, attachment->pasid);
	else
		vtd_add_context_device(&batch, did, device->source_id);
	if (!BROKEN(REUSE_TAG))
		vtd_add_route_tlb(&batch, attachment);
	vtd_add_device_tlb(&batch, device, attachment->pasid, &PAGE_RANGE_ALL);
	error = vtd_batch_finish(&batch);
	if (!error && device->pri)
		error = vtd_pages_drain(driver, attachment);
	return error;
}

int vtd_route_made(struct vtd_driver *driver, const struct vtd_attachment *attachment)
{
	uint32_t did = attachment->domain->did;
	struct vtd_batch batch;
	int error = vtd_driver_write_buffer(driver);

	if (error || !field_get(VTD_CAP_CM, driver->cap) ||
	    attachment->domain->pgtt == VTD_PGTT_NONE)
		return error;
	/* The entry that was not present is cached under id 0 (6.1). */
	vtd_batch_init(&batch, driver);
	if (driver->scalable) {
		vtd_add_pasid(&batch, 0, attachment->pasid);
		vtd_add_pasid(&batch, did, attachment->pasid);
	} else {
		vtd_add_context_device(&batch, 0, attachment->device->source_id);
	}
	vtd_add_route_tlb(&batch, attachment);
	return vtd_batch_finish(&batch);
}
