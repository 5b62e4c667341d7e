/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware IDs of routes (P). A pdev's PASID is the user's own number. The PASIDs of
 * mdevs come from the pool of their parent's RID, or, where an mdev of the parent can be
 * reached by ENQCMD, from the hardware-ID core: then the number of a vPASID belongs to
 * the IOASID, and all its attachments and KVM's translation share it, one reference
 * each. A number returns to its pool with its last reference, which is dropped when the
 * invalidations of the route are complete (P8).
 */
#include "model/uapi/attach_inside.h"

#include <errno.h>
#include <stdlib.h>

static const struct device *rid_device(const struct device *device)
{
	return device_pdev(device);
}

unsigned pasid_wire_bits(const struct device *device)
{
	unsigned bits = rid_device(device)->config.pasid_bits;
	unsigned offered = device->system->offer.pasid_bits;

	return bits < offered ? bits : offered;
}

bool pasid_is_global(const struct device *device)
{
	const struct device *mdev;

	LIST_FOREACH (mdev, &rid_device(device)->mdevs, sibling_link) {
		if (device_has(mdev, IOASIM_DEVICE_ENQCMD))
			return true;
	}
	return false;
}

static uint32_t largest(const struct attachment *attachment)
{
	return (UINT32_C(1) << pasid_wire_bits(attachment->device)) - 1;
}

static bool on_the_wire(const struct attachment *attachment, uint32_t pasid)
{
	return attachment_by_route(attachment->device->system, attachment->rid, pasid) != NULL;
}

/* ---- Pools of RIDs --------------------------------------------------------------------------- */

static int pool_make(struct device *parent)
{
	uint32_t numbers = parent->system->config.rid_pool;
	int error;

	if (!numbers || numbers > IOASIM_PASID_MAX)
		numbers = IOASIM_PASID_MAX;
	parent->pool = calloc(1, sizeof(*parent->pool));
	if (!parent->pool)
		return -ENOMEM;
	error = ids_init(parent->pool, 1, numbers + 1);
	if (error) {
		free(parent->pool);
		parent->pool = NULL;
	}
	return error;
}

/* A number that the parent's own user has on the wire (P1) is passed over. */
static int take_of_rid(struct attachment *attachment)
{
	struct device *parent = attachment->device->parent;
	uint32_t pasid = 0, max = largest(attachment);
	int error = parent->pool ? 0 : pool_make(parent);

	while (!error) {
		error = ids_alloc_range(parent->pool, pasid + 1, max, &pasid);
		if (error || !on_the_wire(attachment, pasid))
			break;
		ids_free(parent->pool, pasid);
		if (pasid == max)
			error = -ENOSPC;
	}
	if (!error)
		attachment->pasid = pasid;
	return error;
}

/* ---- The global pool ------------------------------------------------------------------------------ */

/* An FD's set is made with its first number. Sets are told apart by the call that
 * makes them. */
static int set_make(struct container *container)
{
	struct ioasim_system *system = container->system;

	if (container->set)
		return 0;
	return ioasim_hwid_set_alloc(system->hwids, system->calls + 1, system->config.fd_quota,
				     IOASIM_HWID_SET_FD, &container->set);
}

static int alloc_global(const struct attachment *attachment, uint32_t *pasid)
{
	struct container *container = attachment->ioasid->container;
	struct ioasim_hwid_core *hwids = container->system->hwids;
	uint32_t max = largest(attachment);
	int error = set_make(container);

	*pasid = 0;
	while (!error) {
		error = ioasim_hwid_alloc(hwids, container->set, *pasid + 1, max,
					  container->opener->cgroup, pasid);
		if (error || !on_the_wire(attachment, *pasid))
			break;
		ioasim_hwid_put(hwids, container->set, *pasid);
		if (*pasid == max)
			error = -ENOSPC;
	}
	/* K18: a control group's limit is a resource like others. */
	return error == -EAGAIN ? -ENOSPC : error;
}

int pasid_hold(struct ioasid *ioasid)
{
	struct container *container = ioasid->container;

	return ioasim_hwid_get(container->system->hwids, container->set, ioasid->global_pasid);
}

void pasid_drop(struct container *container, struct ioasid *ioasid, uint32_t pasid)
{
	struct ioasim_hwid_core *hwids = container->system->hwids;

	if (!ioasim_hwid_put(hwids, container->set, pasid))
		return;
	if (ioasid->global_pasid == pasid)
		ioasid->global_pasid = IOASIM_HWID_INVALID;
	/* K3: a closed FD's set goes with its last number. */
	if (container->dead && ioasim_hwid_set_count(hwids, container->set) == 0) {
		(void)ioasim_hwid_set_free(hwids, container->set);
		container->set = IOASIM_HWID_ALL_SETS;
	}
}

/* P4: of a vPASID it is the IOASID's; of a default route, the attachment's own. */
static int take_global(struct attachment *attachment)
{
	struct ioasid *ioasid = attachment->ioasid;
	bool shared = attachment->vpasid != IOASIM_NO_VPASID;
	uint32_t pasid = ioasid->global_pasid;
	int error;

	if (shared && pasid != IOASIM_HWID_INVALID)
		error = pasid > largest(attachment) ? -ENOSPC : pasid_hold(ioasid);
	else
		error = alloc_global(attachment, &pasid);
	if (error)
		return error;
	if (shared)
		ioasid->global_pasid = pasid;
	attachment->pasid = pasid;
	attachment->global = true;
	return 0;
}

/* ---- Attachments ---------------------------------------------------------------------------------- */

int pasid_take(struct attachment *attachment)
{
	if (!device_mediated(attachment->device)) {
		attachment->pasid = attachment->vpasid == IOASIM_NO_VPASID ? DRIVER_NO_PASID
									   : attachment->vpasid;
		return 0;
	}
	if (attachment->under) {
		attachment->pasid = attachment->under->pasid;
		return 0;
	}
	return pasid_is_global(attachment->device) ? take_global(attachment)
						   : take_of_rid(attachment);
}

void pasid_release(struct attachment *attachment)
{
	/* A parent's attachment below keeps the route's number. */
	if (!device_mediated(attachment->device) || attachment->under)
		return;
	if (attachment->global)
		pasid_drop(attachment->ioasid->container, attachment->ioasid, attachment->pasid);
	else
		ids_free(attachment->device->parent->pool, attachment->pasid);
}
