/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of an iommufd: the calls of VFIO on their descriptors (U9, U10), and the routes
 * that the core asks for, which are attachments like all others. A PASID is the one on the
 * wire; nothing is asked of a parent.
 */
#include "model/iommufd/calls.h"
#include "model/uapi/attach_inside.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/device.h"
#include "model/uapi/iommufd_mdev.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Routes ----------------------------------------------------------------------------- */

static uint32_t vpasid_of(uint32_t pasid)
{
	return pasid == IOMMUFD_NO_PASID ? IOASIM_NO_VPASID : pasid;
}

static int attach_new(struct device *device, uint32_t pasid, struct ioasid *ioasid)
{
	struct attachment *attachment = calloc(1, sizeof(*attachment));
	int error;

	if (!attachment)
		return -ENOMEM;
	attachment->device = device;
	attachment->ioasid = ioasid;
	attachment->rid = device->config.requester_id;
	attachment->pasid = DRIVER_NO_PASID;
	attachment->vpasid = vpasid_of(pasid);
	error = attachment_begin(attachment);
	if (error)
		free(attachment);
	return error;
}

/* All attachments of the group's route, or of the device's own. */
static int attach_replace(struct device *device, uint32_t pasid, struct ioasid *ioasid)
{
	const struct group *group = device->group;
	struct attachment **list = calloc(group->count, sizeof(struct attachment *));
	const struct device *member;
	unsigned count = 0;
	int error;

	if (!list)
		return -ENOMEM;
	LIST_FOREACH (member, &group->members, group_link) {
		struct attachment *attachment = attachment_vpasid(member, vpasid_of(pasid));

		if (attachment)
			list[count++] = attachment;
	}
	error = attachments_replace(list, count, ioasid);
	free(list);
	return error;
}

/* R4, T4, T6: a user's PASID table has all PASIDs of a RID, and of one device. */
static bool route_refused(const struct device *device, uint32_t pasid, const struct ioasid *ioasid)
{
	bool delegates = ioasid->kind == IOASIM_IOASID_PASID_TABLE;
	const struct attachment *whole = attachment_vpasid(device, IOASIM_NO_VPASID), *other;

	if (pasid == IOMMUFD_NO_PASID && !delegates)
		return false;
	if (delegates && pasid != IOMMUFD_NO_PASID)
		return true;
	if (device->group->count > 1)
		return true;
	if (!delegates)
		return whole && whole->ioasid->kind == IOASIM_IOASID_PASID_TABLE;
	LIST_FOREACH (other, &device->attachments, device_link)
		if (other->vpasid != IOASIM_NO_VPASID)
			return true;
	return false;
}

int iommufd_route_attach(struct iommufd_device *opaque, uint32_t pasid,
			 struct iommufd_domain *domain, bool replace)
{
	struct device *device = iommufd_device_of(opaque);
	struct ioasid *ioasid = iommufd_table(domain)->ioasid;

	if (route_refused(device, pasid, ioasid))
		return -EINVAL;
	return replace ? attach_replace(device, pasid, ioasid) : attach_new(device, pasid, ioasid);
}

void iommufd_route_detach(struct iommufd_device *opaque, uint32_t pasid)
{
	attachment_end(attachment_vpasid(iommufd_device_of(opaque), vpasid_of(pasid)));
}

/* C2. */
int iommufd_route_fits(const struct iommufd_device *opaque, const struct iommufd_domain *domain)
{
	const struct device *device = iommufd_device_of(opaque);

	return domain->enforces && device_has(device, IOASIM_DEVICE_NO_ENFORCE) ? -EINVAL : 0;
}

bool iommufd_route_reserved(const struct iommufd_device *opaque, unsigned n,
			    struct ioasim_iommufd_range *range)
{
	struct ioasim_iova_range found;

	if (!device_reserved(iommufd_device_of(opaque), n, &found))
		return false;
	*range = (struct ioasim_iommufd_range){found.first, found.last};
	return true;
}

void iommufd_device_end(struct device *device)
{
	struct iommufd_file *file = device->file;

	if (!file)
		return;
	if (device->mdev)
		iommufd_mdev_end(device->mdev);
	else
		iommufd_unbind(device->iommufd);
	device->mdev = NULL;
	device->iommufd = NULL;
	device->file = NULL;
	device_unbind(device);
	iommufd_file_put(file);
}

/* ---- BIND_IOMMUFD ------------------------------------------------------------------------- */

static struct device *on(const struct iofd_call *call)
{
	return call->on;
}

static bool fd_negative(struct iofd_call *call)
{
	return call->arg.bind.iommufd < 0;
}

static bool bound_already(struct iofd_call *call)
{
	return on(call)->bound != NULL;
}

static const struct fd *named_fd(const struct iofd_call *call)
{
	return fd_find(call->user, call->arg.bind.iommufd);
}

static bool fd_closed(struct iofd_call *call)
{
	return !named_fd(call);
}

static bool fd_other(struct iofd_call *call)
{
	return named_fd(call)->kind != IOASIM_FD_IOMMUFD;
}

static bool is_mediated(struct iofd_call *call)
{
	return device_mediated(on(call));
}

/* No IOMMU is in front of a software mdev. */
static bool not_coherent(struct iofd_call *call)
{
	return !on(call)->config.software && device_has(on(call), IOASIM_DEVICE_NOT_COHERENT);
}

/* B4: an mdev's parent stays in host hands, and no group is owned. */
static bool not_viable(struct iofd_call *call)
{
	const struct device *device = on(call);

	if (device->parent)
		return device->group->state != GROUP_HOST;
	return !group_viable(device->group, named_fd(call)->iommufd->container);
}

static const struct iofd_check bind_checks[] = {
	{"U10", EINVAL, "iommufd is negative", fd_negative},
	{"U10", EINVAL, "the device is bound", bound_already},
	{"U10", EBADF, "iommufd is not open", fd_closed},
	{"U10", EBADFD, "iommufd is not of /dev/iommu", fd_other},
	{"U14", EOPNOTSUPP, "the device is a mediated one that is not software alone", is_mediated},
	{"U10 B1", EINVAL, "the IOMMU in front of the device cannot be cache coherent",
	 not_coherent},
	{"U10 R1 B4", EPERM,
	 "a member of the group is bound elsewhere, or driven by a kernel driver that does DMA; or "
	 "the parent of the mdev is not in host hands",
	 not_viable},
	{"U10", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

static uint32_t capabilities_of(const struct device *device)
{
	const struct offer *offer = &device->system->offer;

	return (offer->dirty || offer->dirty_parent ? IOASIM_IOMMUFD_CAP_DIRTY : 0u) |
	       (device_has(device, IOASIM_DEVICE_ATS) ? 0u : IOASIM_IOMMUFD_CAP_ATS_NOT_SUPPORTED);
}

static struct iommufd_device_config config_of(struct device *device)
{
	return (struct iommufd_device_config){
		.backend = &device->system->iommus,
		.opaque = device,
		.group = device->group,
		.pasid_bits = pasid_wire_bits(device),
		.capabilities = capabilities_of(device),
		.pri_vf = device->config.pf != IOASIM_NO_DEVICE &&
			  device_has(device, IOASIM_DEVICE_PRI),
	};
}

static int pdev_bind(struct device *device, struct iommufd_file *file, uint32_t *number)
{
	const struct iommufd_device_config config = config_of(device);
	int error = group_bind(device->group);

	if (error)
		return error;
	device->bound = file->container;
	LIST_INSERT_HEAD(&file->container->bound, device, bound_link);
	error = iommufd_bind(file->core, &config, &device->iommufd, number);
	if (error)
		device_unbind(device);
	return error;
}

static int bind_work(struct iofd_call *call)
{
	struct device *device = on(call);
	struct iommufd_file *file = named_fd(call)->iommufd;
	uint32_t *number = &call->arg.bind.out_devid;
	int error = device->config.software ? iommufd_mdev_bind(device, file, number)
					    : pdev_bind(device, file, number);

	if (error)
		return error;
	device->file = file;
	file->holds++;
	return 0;
}

/* ---- ATTACH and DETACH ---------------------------------------------------------------------- */

static bool not_bound(struct iofd_call *call)
{
	return !on(call)->file;
}

/* An access has no PASIDs. */
static bool attach_of_mdev_pasid(struct iofd_call *call)
{
	return on(call)->mdev && call->arg.attach.flags & IOASIM_VFIO_ATTACH_PASID;
}

static bool detach_of_mdev_pasid(struct iofd_call *call)
{
	return on(call)->mdev && call->arg.detach.flags & IOASIM_VFIO_ATTACH_PASID;
}

/* The minimum ends in front of it. */
static bool attach_without_pasid(struct iofd_call *call)
{
	return call->arg.attach.flags & IOASIM_VFIO_ATTACH_PASID &&
	       call->arg.attach.argsz < sizeof(call->arg.attach);
}

/* Entry 0 is that of the requests without one. */
static bool attach_of_zero(struct iofd_call *call)
{
	return call->arg.attach.flags & IOASIM_VFIO_ATTACH_PASID && !call->arg.attach.pasid;
}

static bool detach_without_pasid(struct iofd_call *call)
{
	return call->arg.detach.flags & IOASIM_VFIO_ATTACH_PASID &&
	       call->arg.detach.argsz < sizeof(call->arg.detach);
}

static const struct iofd_check attach_checks[] = {
	{"U9 B2", EINVAL, "the device is not bound to an iommufd", not_bound},
	{"U9 U14", EOPNOTSUPP, "pasid, and the device is a software mdev", attach_of_mdev_pasid},
	{"U9", EINVAL, "pasid, and argsz does not hold it", attach_without_pasid},
	{"U9 T1", EINVAL, "pasid is 0", attach_of_zero},
	{"U9", ENOENT, "pt_id is unknown; of a software mdev also if it is not an IOAS", NULL},
	{"U9", EINVAL, "pt_id is neither an IOAS nor a page table", NULL},
	{"U9", EOPNOTSUPP, "pasid, and the device or its IOMMU has none", NULL},
	{"U9", EINVAL, "pasid is wider than the device's", NULL},
	{"U9", EINVAL,
	 "pasid, and the page table, or the one without pasid, was not allocated for that", NULL},
	{"U9", EINVAL, "without pasid, beside some, and the page table was not allocated for that",
	 NULL},
	{"U9", EINVAL, "the page table does not fit the device, or has faults that a VF cannot",
	 NULL},
	{"U9", EINVAL, "another member of the group is attached to another page table", NULL},
	{"U9 R4", EINVAL, "pasid, or a user's PASID table, and the group has more members", NULL},
	{"U9 T6", EINVAL, "a user's PASID table with pasid, or beside routes with one", NULL},
	{"U9 M8", EADDRINUSE,
	 "something is mapped, or allowed, where the device has a reserved range; a software mdev, "
	 "and something is mapped that is not whole pages",
	 NULL},
	{"U9", ENOENT, "a page table of a vIOMMU, and the device has no vDEVICE there", NULL},
	{"U9", ENOMEM, "memory for tables or books", NULL},
	IOFD_CHECKS_END,
};

static int attach_work(struct iofd_call *call)
{
	struct ioasim_vfio_attach *arg = &call->arg.attach;
	bool pasid = arg->flags & IOASIM_VFIO_ATTACH_PASID;

	if (on(call)->mdev)
		return iommufd_mdev_attach(on(call)->mdev, arg->pt_id);
	/* The number of all requests without one is no PASID. */
	if (pasid && arg->pasid == IOMMUFD_NO_PASID)
		return -EINVAL;
	return iommufd_attach(on(call)->iommufd, pasid ? arg->pasid : IOMMUFD_NO_PASID,
			      &arg->pt_id);
}

static const struct iofd_check detach_checks[] = {
	{"U9 B2", EINVAL, "the device is not bound to an iommufd", not_bound},
	{"U9 U14", EOPNOTSUPP, "pasid, and the device is a software mdev", detach_of_mdev_pasid},
	{"U9", EINVAL, "pasid, and argsz does not hold it", detach_without_pasid},
	IOFD_CHECKS_END,
};

static int detach_work(struct iofd_call *call)
{
	const struct ioasim_vfio_detach *arg = &call->arg.detach;
	bool pasid = arg->flags & IOASIM_VFIO_ATTACH_PASID;

	if (on(call)->mdev)
		iommufd_mdev_detach(on(call)->mdev);
	else if (!pasid || arg->pasid != IOMMUFD_NO_PASID)
		iommufd_detach(on(call)->iommufd, pasid ? arg->pasid : IOMMUFD_NO_PASID);
	return 0;
}

/* ---- The table ------------------------------------------------------------------------------- */

const struct iofd_call_entry iofd_device_calls[] = {
	{.request = IOASIM_VFIO_BIND_IOMMUFD,
	 .where = IOFD_ON_DEVICE,
	 .name = "VFIO_BIND_IOMMUFD",
	 .structure = "ioasim_vfio_bind",
	 .text = "Binds the device to an iommufd: its DMA is blocked until it is attached.",
	 .size = sizeof(struct ioasim_vfio_bind),
	 .minimum = offsetof(struct ioasim_vfio_bind, token),
	 .zeroes_behind = true, /* since it has the token, Linux 6.17 */
	 .unknown_error = EINVAL,
	 .members = iofd_bind_members,
	 .checks = bind_checks,
	 .work = bind_work},
	{.request = IOASIM_VFIO_ATTACH_IOMMUFD_PT,
	 .where = IOFD_ON_DEVICE,
	 .name = "VFIO_ATTACH_IOMMUFD_PT",
	 .structure = "ioasim_vfio_attach",
	 .text = "Lets the device's requests, or those with a PASID, through an address space or "
		 "page table; in place of what is attached there, if something is.",
	 .size = sizeof(struct ioasim_vfio_attach),
	 .minimum = offsetof(struct ioasim_vfio_attach, pasid),
	 .unknown_error = EINVAL,
	 .members = iofd_attach_members,
	 .checks = attach_checks,
	 .work = attach_work},
	{.request = IOASIM_VFIO_DETACH_IOMMUFD_PT,
	 .where = IOFD_ON_DEVICE,
	 .name = "VFIO_DETACH_IOMMUFD_PT",
	 .structure = "ioasim_vfio_detach",
	 .text = "Ends that; nothing of the route gets through from the return on.",
	 .size = sizeof(struct ioasim_vfio_detach),
	 .minimum = offsetof(struct ioasim_vfio_detach, pasid),
	 .unknown_error = EINVAL,
	 .members = iofd_detach_members,
	 .checks = detach_checks,
	 .work = detach_work},
	{0},
};
