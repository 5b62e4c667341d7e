/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables of the kernel: HWPT_ALLOC on an IOAS, and those that attaching makes (U7). */
#include "model/iommufd/hwpt.h"

#include "model/iommufd/calls.h"
#include "model/iommufd/fault_queue.h"
#include "model/iommufd/nested.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Life ------------------------------------------------------------------------------- */

static void list_append(struct iofd_ioas *ioas, struct iommufd_hwpt *hwpt)
{
	struct iommufd_hwpt *last = NULL, *at;

	LIST_FOREACH (at, &ioas->hwpts, link)
		last = at;
	if (last)
		LIST_INSERT_AFTER(last, hwpt, link);
	else
		LIST_INSERT_HEAD(&ioas->hwpts, hwpt, link);
}

int iofd_hwpt_create(struct iofd_ioas *ioas, struct iommufd_device *device, uint32_t flags,
		     struct iommufd_hwpt **out)
{
	const struct iommufd_backend_ops *ops = device->config.backend->ops;
	struct iommufd_hwpt *hwpt = calloc(1, sizeof(*hwpt));
	int error;

	if (!hwpt)
		return -ENOMEM;
	hwpt->ioas = ioas;
	hwpt->nest_parent = flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT;
	hwpt->pasid = flags & IOASIM_IOMMUFD_HWPT_PASID;
	error = iofd_object_enter(ioas->object.fd, &hwpt->object, IOFD_HWPT_PAGING);
	if (error)
		goto out_free;
	error = ops->domain_create(device, flags & ~(uint32_t)IOASIM_IOMMUFD_HWPT_FAULT_ID,
				   &hwpt->domain);
	if (error)
		goto out_leave;
	hwpt->domain->hwpt = hwpt;
	error = iofd_domain_enter(ioas, hwpt);
	if (error)
		goto out_domain;
	list_append(ioas, hwpt);
	ioas->object.users++;
	*out = hwpt;
	return 0;
out_domain:
	ops->domain_destroy(hwpt->domain);
out_leave:
	iofd_object_leave(&hwpt->object);
out_free:
	free(hwpt);
	return error;
}

void iofd_hwpt_destroy(struct iommufd_hwpt *hwpt)
{
	const struct iommufd_backend_ops *ops = hwpt->domain->backend->ops;

	if (hwpt->object.type == IOFD_HWPT_PAGING) {
		LIST_REMOVE(hwpt, link);
		iofd_domain_leave(hwpt);
		hwpt->ioas->object.users--;
	} else {
		iofd_nested_end(hwpt);
	}
	ops->domain_destroy(hwpt->domain);
	if (hwpt->faults)
		hwpt->faults->object.users--;
	iofd_object_leave(&hwpt->object);
	free(hwpt);
}

void iofd_hwpt_put(struct iommufd_hwpt *hwpt)
{
	if (--hwpt->object.users == 0 && hwpt->automatic)
		iofd_hwpt_destroy(hwpt);
}

struct iommufd_domain *iommufd_domain(struct iommufd *fd, uint32_t number)
{
	const struct iommufd_hwpt *hwpt = iofd_find_hwpt(fd, number);

	return hwpt ? hwpt->domain : NULL;
}

bool iommufd_is_mapped(struct iommufd *fd, uint32_t number, uint64_t first, uint64_t last)
{
	const struct iommufd_hwpt *hwpt = iofd_find_hwpt(fd, number);

	while (hwpt) {
		const struct iofd_area *area = iofd_area_at(hwpt->ioas, first);

		if (!area || area->first > first)
			return false;
		if (area->last >= last)
			return true;
		first = area->last + 1;
	}
	return false;
}

/* ---- HWPT_ALLOC -------------------------------------------------------------------------- */

static bool data_without_type(struct iofd_call *call)
{
	const struct ioasim_iommufd_hwpt_alloc *arg = &call->arg.hwpt_alloc;

	return (arg->data_type == IOASIM_IOMMUFD_DATA_NONE) != (arg->data_len == 0);
}

static bool device_unknown(struct iofd_call *call)
{
	call->device = iommufd_device(call->fd, call->arg.hwpt_alloc.dev_id);
	return !call->device;
}

static bool table_useless(struct iofd_call *call)
{
	uint32_t number = call->arg.hwpt_alloc.pt_id;

	call->ioas = iofd_find_ioas(call->fd, number);
	call->hwpt = (struct iommufd_hwpt *)iofd_find(call->fd, number, IOFD_HWPT_PAGING);
	call->viommu = (struct iommufd_viommu *)iofd_find(call->fd, number, IOFD_VIOMMU);
	return !call->ioas && !call->hwpt && !call->viommu;
}

static bool parent_flags_bad(struct iofd_call *call)
{
	uint32_t flags = call->arg.hwpt_alloc.flags;

	return call->ioas && flags & IOASIM_IOMMUFD_HWPT_FAULT_ID &&
	       flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT;
}

static bool kernel_flags_unknown(struct iofd_call *call)
{
	return call->ioas &&
	       call->arg.hwpt_alloc.flags &
		       ~(uint32_t)(IOASIM_IOMMUFD_HWPT_NEST_PARENT | IOASIM_IOMMUFD_HWPT_DIRTY |
				   IOASIM_IOMMUFD_HWPT_FAULT_ID | IOASIM_IOMMUFD_HWPT_PASID);
}

static bool kernel_with_data(struct iofd_call *call)
{
	return call->ioas && call->arg.hwpt_alloc.data_len;
}

static bool dirty_without(struct iofd_call *call)
{
	return call->ioas && call->arg.hwpt_alloc.flags & IOASIM_IOMMUFD_HWPT_DIRTY &&
	       !(call->device->config.capabilities & IOASIM_IOMMUFD_CAP_DIRTY);
}

const struct iofd_check iofd_hwpt_alloc_checks[] = {
	{"U7", EINVAL, "data_type without data_len, or the reverse", data_without_type},
	{"U7", ENOENT, "the device is unknown", device_unknown},
	{"U7", EINVAL, "pt_id is unknown, or neither IOAS, page table of the kernel nor vIOMMU",
	 table_useless},
	{"U7", EOPNOTSUPP, "not an IOAS, and no data, or flags but fault_id and pasid",
	 iofd_nested_flags_bad},
	{"U7", EOPNOTSUPP, "not an IOAS, and the IOMMU does not nest, or only on a vIOMMU",
	 iofd_nested_not_offered},
	{"U7", EINVAL, "the page table is automatic, no nest parent or of another IOMMU",
	 iofd_nested_parent_bad},
	{"U7", EOPNOTSUPP, "an IOAS, and unknown flags", kernel_flags_unknown},
	{"U7", EOPNOTSUPP, "an IOAS, and data: no driver wants any", kernel_with_data},
	{"U7", EOPNOTSUPP, "an IOAS, dirty, and the device's IOMMU cannot", dirty_without},
	{"U7", EOPNOTSUPP, "an IOAS, nest parent and fault_id", parent_flags_bad},
	{"U7", EOPNOTSUPP, "flags that the driver has not, or not together", NULL},
	{"U7", EADDRINUSE, "what is mapped does not fit into the table", NULL},
	{"U3", EFAULT, "a page that is mapped is not there", NULL},
	{"U7", EOPNOTSUPP, "the data is of another type (EINVAL on smmuv3); pasid on smmuv3", NULL},
	{"U7", EINVAL, "the data has another length", NULL},
	{"U7", EFAULT, "the data cannot be read", NULL},
	{"U7", EINVAL, "the data says what a user may not", NULL},
	{"U7", EIO, "smmuv3: the data says what a user may not", NULL},
	{"U7", ENOENT, "fault_id, and there is no such queue", NULL},
	{"U7", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

/* The queue is looked up when the table has been made. */
static int faults_set(const struct iofd_call *call, struct iommufd_hwpt *hwpt)
{
	const struct ioasim_iommufd_hwpt_alloc *arg = &call->arg.hwpt_alloc;
	struct iofd_object *queue = iofd_find(call->fd, arg->fault_id, IOFD_FAULT);

	if (!(arg->flags & IOASIM_IOMMUFD_HWPT_FAULT_ID))
		return 0;
	if (!queue)
		return -ENOENT;
	queue->users++;
	hwpt->faults = (struct iofd_fault_queue *)queue;
	return 0;
}

int iofd_hwpt_alloc_work(struct iofd_call *call)
{
	struct ioasim_iommufd_hwpt_alloc *arg = &call->arg.hwpt_alloc;
	struct iommufd_hwpt *hwpt;
	int error;

	if (call->ioas)
		error = iofd_hwpt_create(call->ioas, call->device, arg->flags, &hwpt);
	else
		error = iofd_nested_create(call, &hwpt);
	if (error)
		return error;
	error = faults_set(call, hwpt);
	if (error) {
		iofd_hwpt_destroy(hwpt);
		return error;
	}
	arg->out_hwpt_id = hwpt->object.number;
	return 0;
}
