/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: root and context entries, PASID directories and tables, and the routes
 * (device, PASID) that domains are attached to.
 *
 * Legacy mode: the context entry is the route. Scalable mode: the context entry
 * stands from device_add to device_remove and points to the device's own PASID
 * directory, sized by its PASIDs; PASID tables are made as they are needed and stay
 * with the device. Requests without PASID use entry 0.
 */
#include "vtd/driver.h"
#include "vtd/unit.h"

#include "model/broken.h"

#include <errno.h>
#include <stdlib.h>

#define REQUESTERS (UINT32_C(1) << 16)

/* A directory of 2^(PDTS + 7) entries of 64 PASIDs each. */
#define PDTS_BITS 13

struct vtd_device *vtd_device_find(const struct vtd_driver *driver, uint32_t requester_id)
{
	struct vtd_device **bus;

	if (requester_id >= REQUESTERS)
		return NULL;
	bus = driver->bus[field_get(VTD_SID_BUS, requester_id)];
	return bus ? bus[field_get(VTD_SID_DEVFN, requester_id)] : NULL;
}

/* Where the books keep a device; NULL if there is no host memory. */
static struct vtd_device **device_slot(struct vtd_driver *driver, uint32_t requester_id)
{
	struct vtd_device ***bus = &driver->bus[field_get(VTD_SID_BUS, requester_id)];

	if (!*bus)
		*bus = calloc(VTD_DEVFNS, sizeof(**bus));
	return *bus ? &(*bus)[field_get(VTD_SID_DEVFN, requester_id)] : NULL;
}

/* ---- Root and context entries ------------------------------------------------------ */

/* The root entry was not present: with caching mode that may be cached (Table 28). */
static int root_entry_made(struct vtd_driver *driver)
{
	struct vtd_batch batch;
	int error = vtd_driver_write_buffer(driver);

	if (error || !field_get(VTD_CAP_CM, driver->cap))
		return error;
	vtd_batch_init(&batch, driver);
	vtd_add_context_global(&batch);
	if (driver->scalable)
		vtd_add_pasid_global(&batch);
	vtd_add_iotlb_global(&batch);
	return vtd_batch_finish(&batch);
}

/* Address of a device's context entry; makes the context table if there is none.
 * Tables stay until the driver goes. */
static int context_find(struct vtd_driver *driver, uint16_t source_id, ioasim_pa_t *address)
{
	ioasim_pa_t root = driver->root + field_get(VTD_SID_BUS, source_id) * VTD_ROOT_SIZE;
	uint64_t entry, offset, table;
	int error;

	if (driver->scalable) {
		root += field_get(VTD_SID_ROOT_HALF, source_id) * sizeof(uint64_t);
		offset = field_get(VTD_SID_SCALABLE_DEVFN, source_id) * VTD_SCALABLE_CONTEXT_SIZE;
	} else {
		offset = field_get(VTD_SID_DEVFN, source_id) * VTD_CONTEXT_SIZE;
	}
	error = ioasim_memory_read64(driver->memory, root, &entry);
	if (error)
		return error;
	table = field_bits(VTD_ROOT_CTP, entry);
	if (!field_get(VTD_ROOT_P, entry)) {
		error = pool_alloc(&driver->pool, &table);
		if (error)
			return error;
		pool_own(&driver->pool, table, VTD_OWNER_CONTEXT);
		entry = table;
		field_set(&entry, VTD_ROOT_P, 1);
		error = ioasim_memory_write64(driver->memory, root, entry);
		if (!error)
			error = root_entry_made(driver);
	} else if (!pool_owned(&driver->pool, table, VTD_OWNER_CONTEXT)) {
		error = -EIO;
	}
	*address = table + offset;
	return error;
}

/* The scalable-mode context entry of a new device, valid word last. */
static int context_make(struct vtd_driver *driver, struct vtd_device *device)
{
	uint64_t entry[4] = {0};
	struct vtd_batch batch;
	int error;

	field_set(&entry[0], VTD_SCALABLE_CONTEXT_0_P, 1);
	field_set(&entry[0], VTD_SCALABLE_CONTEXT_0_DTE, device->ats);
	field_set(&entry[0], VTD_SCALABLE_CONTEXT_0_PASIDE, device->pasid_limit > 0);
	field_set(&entry[0], VTD_SCALABLE_CONTEXT_0_PRE, device->pri);
	field_set(&entry[0], VTD_SCALABLE_CONTEXT_0_PDTS, device->pdts);
	entry[0] |= field_bits(VTD_SCALABLE_CONTEXT_0_PASIDDIRPTR, device->directory);
	error = vtd_entry_store(driver, device->context, entry, 4);
	if (!error)
		error = vtd_driver_write_buffer(driver);
	if (error || !field_get(VTD_CAP_CM, driver->cap))
		return error;
	vtd_batch_init(&batch, driver);
	vtd_add_context_device(&batch, 0, device->source_id);
	vtd_add_pasid_global(&batch);
	vtd_add_iotlb_domain(&batch, 0);
	return vtd_batch_finish(&batch);
}

/* Every route has ended before. */
static int context_clear(struct vtd_driver *driver, const struct vtd_device *device)
{
	struct vtd_batch batch;
	int error = vtd_entry_clear(driver, device->context);

	if (error)
		return error;
	vtd_batch_init(&batch, driver);
	vtd_add_context_device(&batch, 0, device->source_id);
	vtd_add_device_tlb(&batch, device, VTD_DRIVER_RID_PASID, &PAGE_RANGE_ALL);
	return vtd_batch_finish(&batch);
}

/* ---- PASID directory and tables -------------------------------------------------------- */

static int directory_make(struct vtd_driver *driver, struct vtd_device *device)
{
	unsigned bits = device->pasid_limit ? 31 - (unsigned)__builtin_clz(device->pasid_limit) : 0;
	uint64_t bytes;

	device->pdts = bits > PDTS_BITS ? bits - PDTS_BITS : 0;
	device->directory_entries = 1u << (device->pdts + 7);
	bytes = device->directory_entries * VTD_PASID_DIRECTORY_SIZE;
	device->directory_pages = (uint32_t)((bytes + POOL_PAGE_SIZE - 1) / POOL_PAGE_SIZE);
	device->leaf = calloc(device->directory_entries, sizeof(*device->leaf));
	if (!device->leaf)
		return -ENOMEM;
	return pool_alloc_run(&driver->pool, device->directory_pages, &device->directory);
}

/* The PASID table that holds a PASID's entry; made and linked if there is none. */
static int leaf_find(struct vtd_driver *driver, struct vtd_device *device, uint32_t pasid,
		     struct vtd_pasid_leaf **out)
{
	unsigned index = (unsigned)field_get(VTD_PASID_DIRECTORY_INDEX, pasid);
	struct vtd_pasid_leaf *leaf = device->leaf[index];
	uint64_t entry;
	int error;

	*out = leaf;
	if (leaf)
		return 0;
	leaf = calloc(1, sizeof(*leaf));
	if (!leaf)
		return -ENOMEM;
	error = pool_alloc(&driver->pool, &leaf->table);
	if (error) {
		free(leaf);
		return error;
	}
	device->leaf[index] = *out = leaf;
	entry = leaf->table;
	field_set(&entry, VTD_PASID_DIRECTORY_P, 1);
	return ioasim_memory_write64(driver->memory,
				     device->directory + index * VTD_PASID_DIRECTORY_SIZE, entry);
}

static void directory_free(struct vtd_driver *driver, struct vtd_device *device, int error)
{
	struct pool_list pages;

	pool_list_init(&pages);
	for (unsigned i = 0; device->leaf && i < device->directory_entries; i++) {
		if (device->leaf[i])
			pool_list_add(&driver->pool, &pages, device->leaf[i]->table);
		free(device->leaf[i]);
	}
	for (unsigned i = 0; device->directory && i < device->directory_pages; i++)
		pool_list_add(&driver->pool, &pages, device->directory + i * POOL_PAGE_SIZE);
	if (error)
		pool_list_splice(&driver->pool, &driver->spaces.parked, &pages);
	else
		pool_list_free(&driver->pool, &pages);
	free(device->leaf);
}

/* ---- Devices ---------------------------------------------------------------------------- */

static void device_describe(const struct vtd_driver *driver, const struct driver_device *from,
			    struct vtd_device *device)
{
	unsigned pss = (unsigned)field_get(VTD_ECAP_PSS, driver->ecap) + 1;
	unsigned bits = from->pasid_bits < pss ? from->pasid_bits : pss;

	device->source_id = (uint16_t)from->requester_id;
	device->ats = from->ats && field_get(VTD_ECAP_DT, driver->ecap);
	if (!driver->scalable)
		return;
	device->pri = from->pri && device->ats && driver->prq;
	if (bits > 20)
		bits = 20;
	if (bits && field_get(VTD_ECAP_PASID, driver->ecap))
		device->pasid_limit = UINT32_C(1) << bits;
}

static int device_structures(struct vtd_driver *driver, struct vtd_device *device)
{
	struct vtd_pasid_leaf *leaf;
	int error = context_find(driver, device->source_id, &device->context);

	if (error || !driver->scalable)
		return error;
	error = directory_make(driver, device);
	if (!error)
		error = leaf_find(driver, device, VTD_DRIVER_RID_PASID, &leaf);
	return error;
}

int vtd_device_add(struct driver *opaque, const struct driver_device *from)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_device *device, **slot;
	int error;

	if (from->requester_id >= REQUESTERS)
		return -EINVAL;
	slot = device_slot(driver, from->requester_id);
	device = calloc(1, sizeof(*device));
	if (!slot || !device) {
		free(device);
		return -ENOMEM;
	}
	if (*slot) {
		free(device);
		return -EEXIST;
	}
	device_describe(driver, from, device);
	error = device_structures(driver, device);
	if (error) {
		directory_free(driver, device, 0);
		free(device);
		return error;
	}
	if (driver->scalable)
		error = context_make(driver, device);
	LIST_INSERT_HEAD(&driver->devices, device, link);
	*slot = device;
	if (error)
		vtd_device_destroy(driver, device);
	return error;
}

/* No route is left. */
static int device_forget(struct vtd_driver *driver, struct vtd_device *device)
{
	int error = context_clear(driver, device);

	directory_free(driver, device, error);
	LIST_REMOVE(device, link);
	*device_slot(driver, device->source_id) = NULL;
	free(device);
	return error;
}

int vtd_device_remove(struct driver *opaque, uint32_t requester_id)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_device *device = vtd_device_find(driver, requester_id);

	if (!device)
		return -ENOENT;
	return device->attachments ? -EBUSY : device_forget(driver, device);
}

/* ---- Routes --------------------------------------------------------------------------------- */

/* Where the books and the unit keep a route. NULL: no table for that PASID yet. */
static struct vtd_attachment **route_slot(struct vtd_device *device, uint32_t pasid,
					  ioasim_pa_t *entry)
{
	struct vtd_pasid_leaf *leaf;
	unsigned index = (unsigned)field_get(VTD_PASID_TABLE_INDEX, pasid);

	*entry = device->context;
	if (!device->leaf)
		return &device->legacy;
	leaf = device->leaf[field_get(VTD_PASID_DIRECTORY_INDEX, pasid)];
	if (!leaf)
		return NULL;
	*entry = leaf->table + index * VTD_PASID_SIZE;
	return &leaf->slot[index];
}

/* H7: the entry is made not present, then what is cached of it goes, then the rest
 * of the entry. The books follow whatever the unit does. */
static int route_end(struct vtd_driver *driver, struct vtd_attachment **slot, ioasim_pa_t entry)
{
	static const uint64_t empty[VTD_PASID_WORDS];
	struct vtd_attachment *attachment = *slot;
	unsigned words = driver->scalable ? VTD_PASID_WORDS : 2;
	int error = BROKEN(INVALIDATE_FIRST) ? vtd_route_ended(driver, attachment) : 0;

	if (!error)
		error = vtd_entry_clear(driver, entry);
	if (!error && !BROKEN(INVALIDATE_FIRST))
		error = vtd_route_ended(driver, attachment);
	if (!error)
		error = ioasim_memory_write(driver->memory, entry, empty, words * sizeof(uint64_t));
	LIST_REMOVE(attachment, link);
	attachment->device->attachments--;
	*slot = NULL;
	free(attachment);
	return error;
}

static int route_make(struct vtd_driver *driver, struct vtd_attachment *attachment,
		      struct vtd_attachment **slot, ioasim_pa_t address)
{
	uint64_t entry[VTD_PASID_WORDS];
	unsigned words = driver->scalable ? VTD_PASID_WORDS : 2;
	int error;

	if (driver->scalable)
		vtd_entry_pasid(driver, attachment->domain, entry);
	else
		vtd_entry_legacy(driver, attachment->device, attachment->domain, entry);
	*slot = attachment;
	attachment->device->attachments++;
	LIST_INSERT_HEAD(&attachment->domain->attachments, attachment, link);
	error = vtd_entry_store(driver, address, entry, words);
	if (!error)
		error = vtd_route_made(driver, attachment);
	if (error)
		(void)route_end(driver, slot, address);
	return error;
}

int vtd_route_update(struct vtd_driver *driver, const struct vtd_attachment *attachment)
{
	uint64_t entry[VTD_PASID_WORDS];
	ioasim_pa_t address;

	(void)route_slot(attachment->device, attachment->pasid, &address);
	vtd_entry_pasid(driver, attachment->domain, entry);
	return ioasim_memory_write64(driver->memory, address, entry[0]);
}

/* Turns the contract's PASID into the table's index. */
static int pasid_index(const struct vtd_device *device, uint32_t *pasid)
{
	if (*pasid == DRIVER_NO_PASID)
		*pasid = VTD_DRIVER_RID_PASID;
	else if (*pasid == VTD_DRIVER_RID_PASID || *pasid >= device->pasid_limit)
		return -EINVAL;
	else if (BROKEN(WRONG_PASID))
		*pasid = broken_pasid(*pasid);
	return 0;
}

int vtd_attach(struct driver *opaque, uint32_t requester_id, uint32_t pasid, struct domain *to)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_device *device = vtd_device_find(driver, requester_id);
	struct vtd_attachment *attachment, **slot;
	struct vtd_pasid_leaf *leaf;
	ioasim_pa_t entry;
	int error;

	if (!device)
		return -ENOENT;
	if (pasid == DRIVER_NO_PASID && vtd_domain(to)->kind == DOMAIN_SVA)
		return -EINVAL;
	error = pasid_index(device, &pasid);
	if (!error && device->leaf)
		error = leaf_find(driver, device, pasid, &leaf);
	if (error)
		return error;
	slot = route_slot(device, pasid, &entry);
	if (*slot && (*slot)->domain == vtd_domain(to))
		return 0;
	attachment = calloc(1, sizeof(*attachment));
	if (!attachment)
		return -ENOMEM;
	attachment->device = device;
	attachment->domain = vtd_domain(to);
	attachment->pasid = pasid;
	/* H1: an entry of several words does not change from one translation to
	 * another without being not present in between. */
	if (*slot)
		error = route_end(driver, slot, entry);
	if (error) {
		free(attachment);
		return error;
	}
	return route_make(driver, attachment, slot, entry);
}

int vtd_detach(struct driver *opaque, uint32_t requester_id, uint32_t pasid)
{
	struct vtd_driver *driver = vtd_driver(opaque);
	struct vtd_device *device = vtd_device_find(driver, requester_id);
	struct vtd_attachment **slot;
	ioasim_pa_t entry;

	if (!device || pasid_index(device, &pasid))
		return -ENOENT;
	slot = route_slot(device, pasid, &entry);
	if (!slot || !*slot)
		return -ENOENT;
	return route_end(driver, slot, entry);
}

void vtd_device_destroy(struct vtd_driver *driver, struct vtd_device *device)
{
	struct vtd_attachment **slot;
	ioasim_pa_t entry;

	if (device->legacy)
		(void)route_end(driver, &device->legacy, device->context);
	for (uint32_t i = 0; device->leaf && i < device->directory_entries; i++) {
		for (uint32_t j = 0; device->leaf[i] && j < VTD_PASID_LEAF; j++) {
			slot = route_slot(device, i * VTD_PASID_LEAF + j, &entry);
			if (*slot)
				(void)route_end(driver, slot, entry);
		}
	}
	(void)device_forget(driver, device);
}
