/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: their stream table entries and CD tables, and the routes (device, PASID)
 * that domains are attached to.
 *
 * The STE follows from the routes (smmu_ste_make). CDs are those of the driver's own
 * stage 1 domains: CD 0 for requests without PASID, the others for PASIDs. The CD table
 * has room for all of the device's PASIDs from the beginning; parts of it are made as
 * they are needed. While there are routes with PASID, requests without one can go
 * through stage 1, past it, or nowhere, but not through stage 2 (H1, T10).
 */
#include "smmuv3/driver.h"

#include "model/broken.h"

#include <errno.h>
#include <stdlib.h>

/* CDs of a part: leaves of 64 KiB. */
#define CD_PART_LG2 SMMU_L1CD_64K_LG2

/* A linear table of as many CDs has 4 MiB. */
#define CD_LINEAR_LG2 16

struct smmu_device *smmu_device_find(const struct smmu_driver *driver, uint32_t requester_id)
{
	ioasim_pa_t ste;
	void **slot = smmu_index_slot(&driver->streams, requester_id, &ste);

	return slot ? *slot : NULL;
}

/* ---- The stream table -------------------------------------------------------------- */

/* Makes the STE that the device's routes ask for the present one. */
static int ste_update(struct smmu_driver *driver, const struct smmu_device *device)
{
	uint64_t ste[SMMU_STE_WORDS];
	ioasim_pa_t address;

	if (!smmu_index_slot(&driver->streams, device->sid, &address))
		return -EIO;
	smmu_ste_make(driver, device, ste);
	return smmu_ste_store(driver, device->sid, address, ste);
}

static int ste_clear(struct smmu_driver *driver, const struct smmu_device *device)
{
	static const uint64_t invalid[SMMU_STE_WORDS];
	ioasim_pa_t address;

	if (!smmu_index_slot(&driver->streams, device->sid, &address))
		return -EIO;
	return smmu_ste_store(driver, device->sid, address, invalid);
}

/* A part of the stream table for a StreamID; its STEs are invalid. The level 1
 * descriptor with Span 0 may be cached. */
static int stream_part_find(struct smmu_driver *driver, uint32_t sid)
{
	struct smmu_index *streams = &driver->streams;
	struct smmu_part_made made;
	struct smmu_batch batch;
	uint64_t descriptor;
	int error = smmu_index_make(driver, streams, sid, &made);

	if (error || !made.table)
		return error;
	descriptor = field_bits(SMMU_L1STD_L2PTR, made.table);
	/* 2^(Span - 1) entries. */
	field_set(&descriptor, SMMU_L1STD_SPAN, streams->part_lg2 + 1u);
	if (ioasim_memory_write64(driver->memory, made.descriptor, descriptor))
		return -EIO;
	smmu_batch_init(&batch, driver);
	smmu_add_config_ste(&batch, sid, false);
	return smmu_batch_finish(&batch);
}

/* ---- CD tables ------------------------------------------------------------------------ */

/* The table of a device's CDs and the part that holds one of them. */
static int cd_part_find(struct smmu_driver *driver, struct smmu_device *device, uint32_t ssid)
{
	bool two_level = field_get(SMMU_IDR0_CD2L, driver->idr0);
	struct smmu_index *cds = &device->cds;
	struct smmu_part_made made;
	struct smmu_batch batch;
	uint64_t descriptor;
	int error = 0;

	if (!cds->part)
		error = smmu_index_init(driver, cds, device->pasid_bits,
					two_level ? CD_PART_LG2 : device->pasid_bits);
	if (error || smmu_index_linear(cds))
		return error;
	error = smmu_index_make(driver, cds, ssid, &made);
	if (error || !made.table)
		return error;
	descriptor = field_bits(SMMU_L1CD_L2PTR, made.table);
	field_set(&descriptor, SMMU_L1CD_V, 1);
	if (ioasim_memory_write64(driver->memory, made.descriptor, descriptor))
		return -EIO;
	smmu_batch_init(&batch, driver);
	smmu_add_config_cd(&batch, device->sid, ssid, false);
	return smmu_batch_finish(&batch);
}

/* Makes a domain's CD the present one; NULL: an invalid one, where there is a table. */
static int cd_update(struct smmu_driver *driver, const struct smmu_device *device, uint32_t ssid,
		     const struct smmu_domain *domain)
{
	uint64_t cd[SMMU_CD_WORDS];
	ioasim_pa_t address;

	if (!smmu_index_slot(&device->cds, ssid, &address))
		return 0;
	smmu_cd_make(driver, domain, cd);
	return smmu_cd_store(driver, device->sid, ssid, address, cd);
}

/* The unit does not reach the table any more; parks its pages if `error`. */
static void cds_free(struct smmu_driver *driver, struct smmu_device *device, int error)
{
	struct pool_list pages;

	pool_list_init(&pages);
	smmu_index_take(driver, &device->cds, &pages);
	if (error || driver->spaces.broken)
		pool_list_splice(&driver->pool, &driver->spaces.parked, &pages);
	else
		pool_list_free(&driver->pool, &pages);
}

/* ---- Devices ---------------------------------------------------------------------------- */

static uint8_t pasid_bits(const struct smmu_driver *driver, const struct driver_device *from)
{
	unsigned most = (unsigned)field_get(SMMU_IDR1_SSIDSIZE, driver->idr1);

	if (!field_get(SMMU_IDR0_S1P, driver->idr0))
		most = 0;
	if (!field_get(SMMU_IDR0_CD2L, driver->idr0) && most > CD_LINEAR_LG2)
		most = CD_LINEAR_LG2;
	return (uint8_t)(from->pasid_bits < most ? from->pasid_bits : most);
}

static void add_atc_all(struct smmu_batch *batch, const struct smmu_device *device)
{
	smmu_add_atc(batch, device, DRIVER_NO_PASID, 0, UINT64_MAX);
}

/* From invalid to aborting; the device may hold translations of earlier days. */
static int device_block(struct smmu_driver *driver, const struct smmu_device *device)
{
	struct smmu_batch batch;
	int error = ste_update(driver, device);

	if (error)
		return error;
	smmu_batch_init(&batch, driver);
	add_atc_all(&batch, device);
	return smmu_batch_finish(&batch);
}

int smmu_device_add(struct driver *opaque, const struct driver_device *from)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_device *device;
	ioasim_pa_t ste;
	void **slot;
	int error;

	if ((uint64_t)from->requester_id >> driver->streams.bits)
		return -EINVAL;
	if (smmu_device_find(driver, from->requester_id))
		return -EEXIST;
	error = stream_part_find(driver, from->requester_id);
	if (error)
		return error;
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->sid = from->requester_id;
	device->ats = from->ats && driver->ats;
	device->pri = from->pri && device->ats && driver->prq;
	device->pasid_bits = pasid_bits(driver, from);
	slot = smmu_index_slot(&driver->streams, device->sid, &ste);
	*slot = device;
	LIST_INSERT_HEAD(&driver->devices, device, link);
	error = device_block(driver, device);
	if (error)
		smmu_device_destroy(driver, device);
	return error;
}

/* No route is left. */
static int device_forget(struct smmu_driver *driver, struct smmu_device *device)
{
	struct smmu_batch batch;
	ioasim_pa_t ste;
	int error = ste_clear(driver, device);

	if (!error) {
		smmu_batch_init(&batch, driver);
		add_atc_all(&batch, device);
		error = smmu_batch_finish(&batch);
	}
	cds_free(driver, device, error);
	LIST_REMOVE(device, link);
	*smmu_index_slot(&driver->streams, device->sid, &ste) = NULL;
	free(device);
	return error;
}

int smmu_device_remove(struct driver *opaque, uint32_t requester_id)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_device *device = smmu_device_find(driver, requester_id);

	if (!device)
		return -ENOENT;
	return device->rid || device->pasids ? -EBUSY : device_forget(driver, device);
}

/* ---- Routes --------------------------------------------------------------------------------- */

/* Where the books keep a route; NULL: the part of the CD table was never made. */
static struct smmu_route **route_slot(struct smmu_device *device, uint32_t pasid)
{
	ioasim_pa_t cd;

	if (pasid == DRIVER_NO_PASID)
		return &device->rid;
	return (struct smmu_route **)(void *)smmu_index_slot(&device->cds, pasid, &cd);
}

static void route_enter(struct smmu_route *route, struct smmu_route **slot)
{
	*slot = route;
	route->device->pasids += route->pasid != DRIVER_NO_PASID;
	LIST_INSERT_HEAD(&route->domain->routes, route, link);
}

static void route_leave(struct smmu_route *route, struct smmu_route **slot)
{
	if (*slot == route)
		*slot = NULL;
	route->device->pasids -= route->pasid != DRIVER_NO_PASID;
	LIST_REMOVE(route, link);
}

/* CD 0 stands for requests without PASID where the STE sends them to it. */
static bool uses_cd0(const struct smmu_domain *domain, const struct smmu_device *device)
{
	return domain->stages == SMMU_STAGES_S1 ||
	       (domain->stages == SMMU_STAGES_BLOCKED && domain->silent && device->pasids);
}

/*
 * Entries of a route whose books have just changed, valid CD before the STE that leads
 * to it; an STE that leads to it no more before a CD that is cleared (H7).
 */
static int rid_update(struct smmu_driver *driver, const struct smmu_device *device)
{
	const struct smmu_domain *domain = device->rid ? device->rid->domain : NULL;
	bool cd0 = domain && uses_cd0(domain, device);
	int error = 0;

	if (cd0)
		error = cd_update(driver, device, 0, domain);
	if (!error)
		error = ste_update(driver, device);
	if (!error && !cd0)
		error = cd_update(driver, device, 0, NULL);
	return error;
}

static int pasid_update(struct smmu_driver *driver, struct smmu_device *device, uint32_t pasid)
{
	struct smmu_route **slot = route_slot(device, pasid);
	const struct smmu_domain *domain = slot && *slot ? (*slot)->domain : NULL;
	int error = cd_update(driver, device, pasid, domain);

	/* The first and the last PASID change what the STE is. */
	return error ? error : rid_update(driver, device);
}

static int route_update(struct smmu_driver *driver, struct smmu_device *device, uint32_t pasid)
{
	return pasid == DRIVER_NO_PASID ? rid_update(driver, device)
					: pasid_update(driver, device, pasid);
}

/* The books follow whatever the unit does. */
static int route_end(struct smmu_driver *driver, struct smmu_route *route, struct smmu_route **slot)
{
	int error;

	route_leave(route, slot);
	error = route_update(driver, route->device, route->pasid);
	if (!error)
		error = smmu_route_ended(driver, route);
	free(route);
	return error;
}

static bool pasid_valid(const struct smmu_device *device, uint32_t pasid)
{
	/* SubstreamID 0 is taken by requests without PASID (5.2, S1DSS 2). */
	return pasid == DRIVER_NO_PASID || (pasid && !(pasid >> device->pasid_bits));
}

/* Whether the domain can serve the route beside the device's other ones. */
static bool route_possible(const struct smmu_device *device, uint32_t pasid,
			   const struct smmu_domain *domain)
{
	bool stage2 = domain->stages == SMMU_STAGES_S2 || domain->stages == SMMU_STAGES_NESTED;
	const struct smmu_domain *rid = device->rid ? device->rid->domain : NULL;

	if (pasid == DRIVER_NO_PASID)
		return domain->kind != DOMAIN_SVA && (!stage2 || !device->pasids);
	if (stage2 || domain->stages == SMMU_STAGES_BYPASS)
		return false;
	return !rid || (rid->stages != SMMU_STAGES_S2 && rid->stages != SMMU_STAGES_NESTED);
}

/* What the route needs of the CD table, before anything changes. */
static int route_prepare(struct smmu_driver *driver, struct smmu_device *device, uint32_t pasid,
			 const struct smmu_domain *domain)
{
	int error = 0;

	if (pasid != DRIVER_NO_PASID)
		error = cd_part_find(driver, device, pasid);
	if (!error && (pasid != DRIVER_NO_PASID || uses_cd0(domain, device)))
		error = cd_part_find(driver, device, 0);
	return error;
}

/* One step from the old domain to the new one: the entries first, then what is left
 * of the old one. */
static int route_replace(struct smmu_driver *driver, struct smmu_route *route,
			 struct smmu_route **slot)
{
	struct smmu_route *old = *slot;
	int error;

	if (old)
		route_leave(old, slot);
	route_enter(route, slot);
	error = route_update(driver, route->device, route->pasid);
	if (!error && old)
		error = smmu_route_ended(driver, old);
	free(old);
	if (error)
		(void)route_end(driver, route, slot);
	return error;
}

int smmu_attach(struct driver *opaque, uint32_t requester_id, uint32_t pasid, struct domain *to)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_device *device = smmu_device_find(driver, requester_id);
	struct smmu_route *route, **slot;
	int error;

	if (!device)
		return -ENOENT;
	if (!pasid_valid(device, pasid) || !route_possible(device, pasid, smmu_domain(to)))
		return -EINVAL;
	if (BROKEN(WRONG_PASID) && pasid != DRIVER_NO_PASID)
		pasid = broken_pasid(pasid);
	error = route_prepare(driver, device, pasid, smmu_domain(to));
	if (error)
		return error;
	slot = route_slot(device, pasid);
	if (*slot && (*slot)->domain == smmu_domain(to))
		return 0;
	route = calloc(1, sizeof(*route));
	if (!route)
		return -ENOMEM;
	route->device = device;
	route->domain = smmu_domain(to);
	route->pasid = pasid;
	return route_replace(driver, route, slot);
}

int smmu_detach(struct driver *opaque, uint32_t requester_id, uint32_t pasid)
{
	struct smmu_driver *driver = smmu_driver(opaque);
	struct smmu_device *device = smmu_device_find(driver, requester_id);
	struct smmu_route **slot;

	if (!device || !pasid_valid(device, pasid))
		return -ENOENT;
	if (BROKEN(WRONG_PASID) && pasid != DRIVER_NO_PASID)
		pasid = broken_pasid(pasid);
	slot = route_slot(device, pasid);
	return slot && *slot ? route_end(driver, *slot, slot) : -ENOENT;
}

void smmu_device_destroy(struct smmu_driver *driver, struct smmu_device *device)
{
	for (uint32_t pasid = 1; device->pasids && !(pasid >> device->pasid_bits); pasid++) {
		struct smmu_route **slot = route_slot(device, pasid);

		if (slot && *slot)
			(void)route_end(driver, *slot, slot);
	}
	if (device->rid)
		(void)route_end(driver, device->rid, &device->rid);
	(void)device_forget(driver, device);
}
