/* SPDX-License-Identifier: Apache-2.0 */
/* BIND, UNBIND, DEVICE_GET_INFO and DEVICE_PASID_INFO (B). */
#include "model/uapi/aspace.h"
#include "model/uapi/calls.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/device.h"
#include "model/uapi/ioasid.h"

#include <errno.h>
#include <string.h>

/* ---- Bind ----------------------------------------------------------------------------- */

static bool bound_already(struct call *call)
{
	return call->on.device->bound != NULL;
}

static bool cookie_taken(struct call *call)
{
	return device_by_cookie(call->container, call->arg.bind.cookie) != NULL;
}

/* B4: an mdev's parent stays in host hands, so that it has to be there. */
static bool not_viable(struct call *call)
{
	const struct device *device = call->on.device;

	if (device->parent)
		return device->group->state != GROUP_HOST;
	return !group_viable(device->group, call->container);
}

static bool not_coherent(struct call *call)
{
	const struct device *device = call->on.device;

	return !device->config.software &&
	       (device_has(device, IOASIM_DEVICE_NOT_COHERENT) ||
		device_has(device_pdev(device), IOASIM_DEVICE_NOT_COHERENT));
}

const struct call_check device_bind_checks[] = {
	{"B1", EBADF, "the descriptor is not open", call_ioasid_fd_closed},
	{"B1", EBADFD, "the descriptor is not of /dev/ioasid", call_ioasid_fd_other},
	{"B1 B5", EINVAL, "the device is bound", bound_already},
	{"B1", EEXIST, "the cookie is taken in this FD", cookie_taken},
	{"B1 R1 B4", EPERM,
	 "the group is not viable: a member, or an mdev of one, is bound elsewhere, or a member is "
	 "driven by a kernel driver that does DMA; or the parent of the mdev is not in host hands",
	 not_viable},
	{"B1", EINVAL, "the IOMMU in front of the device cannot be cache coherent", not_coherent},
	{"B3", ENOMEM, "there is no memory", NULL},
	CALL_CHECKS_END,
};

int device_bind_work(struct call *call)
{
	struct device *device = call->on.device;
	int error = device->parent ? 0 : group_bind(device->group);

	if (error)
		return error;
	device->bound = call->container;
	device->cookie = call->arg.bind.cookie;
	LIST_INSERT_HEAD(&call->container->bound, device, bound_link);
	return 0;
}

/* ---- Unbind --------------------------------------------------------------------------- */

static bool not_bound(struct call *call)
{
	return !call->on.device->bound;
}

static bool bound_by_vfio(struct call *call)
{
	return call->on.device->file != NULL;
}

static bool attached(struct call *call)
{
	return !LIST_EMPTY(&call->on.device->attachments);
}

const struct call_check device_unbind_checks[] = {
	{"B6", EINVAL, "the device is not bound", not_bound},
	{"B6 U10", EINVAL, "the device is bound to an iommufd, and so until it is closed",
	 bound_by_vfio},
	{"B6", EBUSY, "the device has attachments", attached},
	CALL_CHECKS_END,
};

void device_unbind(struct device *device)
{
	struct container *container = device->bound;

	if (!container)
		return;
	LIST_REMOVE(device, bound_link);
	device->bound = NULL;
	/* The next user finds queues that were never programmed (D3). */
	memset(device->queue, 0, sizeof(device->queue));
	if (!device->parent)
		group_unbind(device->group);
	container_settle(container);
}

int device_unbind_work(struct call *call)
{
	device_unbind(call->on.device);
	return 0;
}

/* ---- Information ------------------------------------------------------------------------ */

static bool cookie_unknown(struct call *call)
{
	call->device = device_by_cookie(call->on.container, call->arg.device_info.cookie);
	return !call->device;
}

const struct call_check device_info_checks[] = {
	{"B7", ENOENT, "no device of this FD has the cookie", cookie_unknown},
	CALL_CHECKS_END,
};

/* The reserved range that reaches furthest among those that hold `iova`, or the nearest
 * behind it; false: there is none. */
static bool reserved_next(const struct device *device, uint64_t iova,
			  struct ioasim_iova_range *found)
{
	struct ioasim_iova_range range;
	bool any = false;

	for (unsigned n = 0; device_reserved(device, n, &range); n++) {
		if (range.last < iova)
			continue;
		if (range.first < iova)
			range.first = iova;
		if (!any || range.first < found->first ||
		    (range.first == found->first && range.last > found->last))
			*found = range;
		any = true;
	}
	return any;
}

/* What is not reserved of the IOVA space, in order; the first `room` are stored. */
static uint32_t permitted(const struct device *device, struct ioasim_iova_range *ranges,
			  uint32_t room)
{
	const uint64_t end = (UINT64_C(1) << IOVA_BITS) - 1;
	struct ioasim_iova_range hole;
	uint32_t count = 0;
	uint64_t iova = 0;

	while (iova <= end) {
		bool any = reserved_next(device, iova, &hole);
		uint64_t last = any && hole.first <= end ? hole.first - 1 : end;

		if (!any || hole.first > iova) {
			if (ranges && count < room)
				ranges[count] = (struct ioasim_iova_range){iova, last};
			count++;
		}
		if (!any || hole.last >= end)
			break;
		iova = hole.last + 1;
	}
	return count;
}

int device_info_work(struct call *call)
{
	const struct ioasim_system *system = call->system;
	struct ioasim_device_info *info = &call->arg.device_info;
	const struct device *pdev = device_pdev(call->device);

	info->arch = system->arch->uapi.number;
	info->nesting_hardware = system->offer.user || system->offer.pasid_table;
	info->page_sizes = system->offer.page_sizes;
	info->formats = system->offer.formats;
	info->snoop_enforced = !device_has(pdev, IOASIM_DEVICE_NO_ENFORCE);
	info->pasid_width = call->device->config.pasid_bits;
	if (info->pasid_width > system->offer.pasid_bits)
		info->pasid_width = system->offer.pasid_bits;
	info->range_count = permitted(call->device, info->ranges, info->range_count);
	return 0;
}

const struct call_check pasid_info_checks[] = {
	{"B2", EINVAL, "the device is not bound", not_bound},
	CALL_CHECKS_END,
};

/* B8, and the table of section 9: a software mdev offers none, an mdev shares its
 * parent's PASID table. */
int pasid_info_work(struct call *call)
{
	const struct device *device = call->on.device;
	const struct ioasim_system *system = call->system;
	uint32_t flags = 0;

	if (device->config.pasid_bits && system->offer.pasid_bits && !device->config.software) {
		flags |= IOASIM_PASID_PRESENT;
		if (!device->parent && system->offer.pasid_table)
			flags |= IOASIM_PASID_DELEGATED;
		if (system->arch->uapi.enqcmd && device_has(device, IOASIM_DEVICE_ENQCMD))
			flags |= IOASIM_PASID_CPU | (device->parent ? IOASIM_PASID_CPU_VIRT : 0);
	}
	call->arg.pasid_info.pasid_flags = flags;
	return 0;
}
