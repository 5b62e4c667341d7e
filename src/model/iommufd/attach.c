/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: what devices have attached. Members of a group have the same for a PASID, and
 * the first that attaches and the last that detaches do the work. Attaching where
 * something is attached replaces it, for all members at once (U9).
 */
#include "model/iommufd/fault_queue.h"
#include "model/iommufd/hwpt.h"
#include "model/iommufd/viommu.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Finding ---------------------------------------------------------------------------- */

struct iofd_route *iofd_route_find(const struct iofd_group *group, uint32_t pasid)
{
	struct iofd_route *route;

	LIST_FOREACH (route, &group->routes, link)
		if (route->pasid == pasid)
			return route;
	return NULL;
}

static struct iofd_attached *attached_find(const struct iofd_route *route,
					   const struct iommufd_device *device)
{
	struct iofd_attached *attached;

	if (!route)
		return NULL;
	LIST_FOREACH (attached, &route->devices, link)
		if (attached->device == device)
			return attached;
	return NULL;
}

bool iofd_is_attached(const struct iommufd_device *device, uint32_t pasid)
{
	return attached_find(iofd_route_find(device->group, pasid), device) != NULL;
}

/* ---- Checks ------------------------------------------------------------------------------- */

/* A page table that routes with PASIDs can stand beside, or on. */
static int pasid_check(const struct iommufd_device *device, uint32_t pasid,
		       const struct iommufd_hwpt *hwpt)
{
	const struct iofd_route *route, *whole = iofd_route_find(device->group, IOMMUFD_NO_PASID);

	if (pasid != IOMMUFD_NO_PASID)
		return !hwpt->pasid || (whole && !whole->hwpt->pasid) ? -EINVAL : 0;
	LIST_FOREACH (route, &device->group->routes, link)
		if (route->pasid != IOMMUFD_NO_PASID && !hwpt->pasid)
			return -EINVAL;
	return 0;
}

static int fits(const struct iommufd_device *device, const struct iommufd_hwpt *hwpt)
{
	const struct iommufd_backend_ops *ops = device->config.backend->ops;
	uint64_t number;

	if (hwpt->domain->backend != device->config.backend)
		return -EINVAL;
	if (hwpt->faults && device->config.pri_vf)
		return -EINVAL;
	if (hwpt->viommu && !iommufd_vdevice_number(hwpt->viommu, device, &number))
		return -ENOENT;
	return ops->fits ? ops->fits(device, hwpt->domain) : 0;
}

/* ---- Reserved ranges ------------------------------------------------------------------------ */

/* Requests with a PASID do not reach them. */
static bool reserves(uint32_t pasid)
{
	return pasid == IOMMUFD_NO_PASID;
}

/* Those of all devices of a route in another IOAS. */
static void ranges_drop(const struct iofd_route *route, struct iofd_ioas *ioas)
{
	const struct iofd_attached *attached;

	LIST_FOREACH (attached, &route->devices, link)
		iofd_unreserve(ioas, attached->device);
}

static int ranges_take(const struct iofd_route *route, struct iofd_ioas *ioas)
{
	const struct iofd_attached *attached;
	int error = 0;

	LIST_FOREACH (attached, &route->devices, link) {
		error = iofd_reserve_device(ioas, attached->device);
		if (error)
			break;
	}
	if (error)
		ranges_drop(route, ioas);
	return error;
}

/* ---- Attaching ------------------------------------------------------------------------------ */

/* The device's place on the route, which is made if it is the first. */
static int route_join(struct iommufd_device *device, uint32_t pasid, struct iommufd_hwpt *hwpt)
{
	struct iofd_route *route = iofd_route_find(device->group, pasid);
	struct iofd_attached *attached = calloc(1, sizeof(*attached));

	if (!attached)
		return -ENOMEM;
	if (!route) {
		route = calloc(1, sizeof(*route));
		if (!route) {
			free(attached);
			return -ENOMEM;
		}
		route->pasid = pasid;
		route->hwpt = hwpt;
		LIST_INIT(&route->devices);
		LIST_INSERT_HEAD(&device->group->routes, route, link);
	}
	attached->device = device;
	LIST_INSERT_HEAD(&route->devices, attached, link);
	iofd_hwpt_get(hwpt);
	return 0;
}

/* The reference on the page table is the caller's to drop. */
static struct iommufd_hwpt *route_quit(struct iommufd_device *device, uint32_t pasid)
{
	struct iofd_route *route = iofd_route_find(device->group, pasid);
	struct iofd_attached *attached = attached_find(route, device);
	struct iommufd_hwpt *hwpt = route->hwpt;

	LIST_REMOVE(attached, link);
	free(attached);
	if (LIST_EMPTY(&route->devices)) {
		LIST_REMOVE(route, link);
		free(route);
	}
	return hwpt;
}

static int attach_new(struct iommufd_device *device, uint32_t pasid, struct iommufd_hwpt *hwpt)
{
	const struct iofd_route *route = iofd_route_find(device->group, pasid);
	int error = route && route->hwpt != hwpt ? -EINVAL : 0;

	if (!error && reserves(pasid))
		error = iofd_reserve_device(hwpt->ioas, device);
	if (error)
		return error;
	error = route_join(device, pasid, hwpt);
	if (!error) {
		error = hwpt->domain->backend->ops->attach(device, pasid, hwpt->domain, false);
		if (!error)
			return 0;
		hwpt = route_quit(device, pasid);
		hwpt->object.users--;
	}
	if (reserves(pasid))
		iofd_unreserve(hwpt->ioas, device);
	return error;
}

/* Those who were attached to the old one hold the new one. */
static void route_switch(struct iofd_route *route, struct iommufd_hwpt *hwpt)
{
	struct iommufd_hwpt *before = route->hwpt;
	const struct iofd_attached *attached;
	unsigned count = 0;

	LIST_FOREACH (attached, &route->devices, link) {
		if (before->faults)
			iofd_faults_end(before->faults, attached->device, route->pasid);
		count++;
	}
	hwpt->object.users += count;
	route->hwpt = hwpt;
	while (count--)
		iofd_hwpt_put(before);
}

static int attach_replace(struct iommufd_device *device, uint32_t pasid, struct iommufd_hwpt *hwpt)
{
	struct iofd_route *route = iofd_route_find(device->group, pasid);
	struct iofd_ioas *before = route->hwpt->ioas;
	bool moves = reserves(pasid) && before != hwpt->ioas;
	int error;

	error = moves ? ranges_take(route, hwpt->ioas) : 0;
	if (error)
		return error;
	error = hwpt->domain->backend->ops->attach(device, pasid, hwpt->domain, true);
	if (error) {
		if (moves)
			ranges_drop(route, hwpt->ioas);
		return error;
	}
	if (moves)
		ranges_drop(route, before);
	route_switch(route, hwpt);
	return 0;
}

static int attach_hwpt(struct iommufd_device *device, uint32_t pasid, struct iommufd_hwpt *hwpt)
{
	const struct iofd_route *route = iofd_route_find(device->group, pasid);
	int error;

	/* What walks it goes on, whatever has become of its vDEVICE since. */
	if (route && route->hwpt == hwpt && iofd_is_attached(device, pasid))
		return 0;
	error = pasid_check(device, pasid, hwpt);
	if (!error)
		error = fits(device, hwpt);
	if (error)
		return error;
	return iofd_is_attached(device, pasid) ? attach_replace(device, pasid, hwpt)
					       : attach_new(device, pasid, hwpt);
}

/* An IOAS: the first automatic page table that the device can have, or a new one. */
static int attach_ioas(struct iommufd_device *device, uint32_t pasid, struct iofd_ioas *ioas,
		       uint32_t *number)
{
	struct iommufd_hwpt *hwpt, *next;
	int error;

	for (hwpt = LIST_FIRST(&ioas->hwpts); hwpt; hwpt = next) {
		next = LIST_NEXT(hwpt, link);
		if (!hwpt->automatic)
			continue;
		*number = hwpt->object.number;
		error = attach_hwpt(device, pasid, hwpt);
		if (error != -EINVAL)
			return error;
	}
	error = iofd_hwpt_create(ioas, device, 0, &hwpt);
	if (error)
		return error;
	*number = hwpt->object.number;
	error = attach_hwpt(device, pasid, hwpt);
	if (error)
		iofd_hwpt_destroy(hwpt);
	else
		hwpt->automatic = true;
	return error;
}

int iommufd_attach(struct iommufd_device *device, uint32_t pasid, uint32_t *number)
{
	struct iommufd *fd = device->object.fd;
	struct iofd_ioas *ioas = iofd_find_ioas(fd, *number);
	struct iommufd_hwpt *hwpt = iofd_find_hwpt(fd, *number);
	uint32_t found = *number;
	int error;

	if (!iofd_find(fd, *number, IOFD_ANY))
		return -ENOENT;
	if (!ioas && !hwpt)
		return -EINVAL;
	if (pasid != IOMMUFD_NO_PASID && !device->config.pasid_bits)
		return -EOPNOTSUPP;
	if (pasid != IOMMUFD_NO_PASID && pasid >> device->config.pasid_bits)
		return -EINVAL;
	if (ioas)
		error = attach_ioas(device, pasid, ioas, &found);
	else
		error = attach_hwpt(device, pasid, hwpt);
	if (!error)
		*number = found;
	return error;
}

/* ---- Detaching ------------------------------------------------------------------------------- */

void iommufd_detach(struct iommufd_device *device, uint32_t pasid)
{
	struct iommufd_hwpt *hwpt;

	if (!iofd_is_attached(device, pasid))
		return;
	hwpt = iofd_route_find(device->group, pasid)->hwpt;
	hwpt->domain->backend->ops->detach(device, pasid);
	if (hwpt->faults)
		iofd_faults_end(hwpt->faults, device, pasid);
	if (reserves(pasid))
		iofd_unreserve(hwpt->ioas, device);
	(void)route_quit(device, pasid);
	iofd_hwpt_put(hwpt);
}
