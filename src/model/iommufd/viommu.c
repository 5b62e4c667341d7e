/* SPDX-License-Identifier: Apache-2.0 */
/* VIOMMU_ALLOC and VDEVICE_ALLOC, and pages that vIOMMUs announce (U11). */
#include "model/iommufd/viommu.h"

#include "model/iommufd/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a user tells of a vIOMMU, at most. */
#define DATA_BYTES 64

static const struct iommufd_viommu_ops *ops_of(const struct iommufd_viommu *viommu)
{
	return viommu->backend->ops->viommu;
}

/* ---- VIOMMU_ALLOC ------------------------------------------------------------------------ */

static bool type_default(struct iofd_call *call)
{
	return call->arg.viommu_alloc.type == IOASIM_IOMMUFD_VIOMMU_DEFAULT;
}

static bool device_unknown(struct iofd_call *call)
{
	call->device = iommufd_device(call->fd, call->arg.viommu_alloc.dev_id);
	return !call->device;
}

static bool type_not_offered(struct iofd_call *call)
{
	const struct iommufd_viommu_ops *ops = call->device->config.backend->ops->viommu;

	return !ops || !ops->offers(call->device, call->arg.viommu_alloc.type);
}

static bool parent_unknown(struct iofd_call *call)
{
	call->hwpt = (struct iommufd_hwpt *)iofd_find(call->fd, call->arg.viommu_alloc.hwpt_id,
						      IOFD_HWPT_PAGING);
	return !call->hwpt;
}

static bool not_parent(struct iofd_call *call)
{
	return !call->hwpt->nest_parent ||
	       call->hwpt->domain->backend != call->device->config.backend;
}

static bool data_too_long(struct iofd_call *call)
{
	return call->arg.viommu_alloc.data_len > DATA_BYTES;
}

const struct iofd_check iofd_viommu_alloc_checks[] = {
	{"U11", EOPNOTSUPP, "the type is 0", type_default},
	{"U11", ENOENT, "the device is unknown", device_unknown},
	{"U11", EOPNOTSUPP, "the IOMMU in front of the device has none of the type",
	 type_not_offered},
	{"U11", ENOENT, "the page table is unknown, or not the kernel's", parent_unknown},
	{"U11", EINVAL, "the page table is not a nest parent, or of another IOMMU", not_parent},
	{"U11", EINVAL, "more data than any type has", data_too_long},
	{"U11", EFAULT, "the data cannot be read or written", NULL},
	{"U11", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

static int backend_create(struct iommufd_viommu *viommu, const struct iofd_call *call)
{
	const struct ioasim_iommufd_viommu_alloc *arg = &call->arg.viommu_alloc;
	unsigned char data[DATA_BYTES] = {0};
	int error = iofd_read(call->fd, call->user, arg->data, data, arg->data_len);

	if (error)
		return error;
	error = ops_of(viommu)->create(viommu, call->device, data, arg->data_len);
	if (error)
		return error;
	error = iofd_write(call->fd, call->user, arg->data, data, arg->data_len);
	if (error)
		ops_of(viommu)->destroy(viommu);
	return error;
}

static void mmaps_end(struct iommufd_viommu *viommu)
{
	struct iofd_mmap *at, *next;

	for (at = LIST_FIRST(&viommu->object.fd->mmaps); at; at = next) {
		next = LIST_NEXT(at, link);
		if (at->viommu != viommu)
			continue;
		LIST_REMOVE(at, link);
		free(at);
	}
}

int iofd_viommu_alloc_work(struct iofd_call *call)
{
	struct iommufd_viommu *viommu = calloc(1, sizeof(*viommu));
	int error;

	if (!viommu)
		return -ENOMEM;
	viommu->type = call->arg.viommu_alloc.type;
	viommu->backend = call->device->config.backend;
	viommu->parent = call->hwpt;
	LIST_INIT(&viommu->vdevices);
	LIST_INIT(&viommu->queues);
	LIST_INIT(&viommu->hw_queues);
	error = iofd_object_enter(call->fd, &viommu->object, IOFD_VIOMMU);
	if (!error) {
		error = backend_create(viommu, call);
		if (error) {
			mmaps_end(viommu);
			iofd_object_leave(&viommu->object);
		}
	}
	if (error) {
		free(viommu);
		return error;
	}
	viommu->parent->object.users++;
	call->arg.viommu_alloc.out_viommu_id = viommu->object.number;
	return 0;
}

void iofd_viommu_destroy(struct iommufd_viommu *viommu)
{
	ops_of(viommu)->destroy(viommu);
	mmaps_end(viommu);
	viommu->parent->object.users--;
	iofd_object_leave(&viommu->object);
	free(viommu);
}

/* ---- VDEVICE_ALLOC ------------------------------------------------------------------------ */

static bool vdevice_viommu_unknown(struct iofd_call *call)
{
	call->viommu = (struct iommufd_viommu *)iofd_find(
		call->fd, call->arg.vdevice_alloc.viommu_id, IOFD_VIOMMU);
	return !call->viommu;
}

static bool vdevice_device_unknown(struct iofd_call *call)
{
	call->device = iommufd_device(call->fd, call->arg.vdevice_alloc.dev_id);
	return !call->device;
}

static bool other_iommu(struct iofd_call *call)
{
	return call->device->config.backend != call->viommu->backend;
}

static bool has_vdevice(struct iofd_call *call)
{
	return call->device->vdevice != NULL;
}

static bool number_taken(struct iofd_call *call)
{
	return iommufd_vdevice(call->viommu, call->arg.vdevice_alloc.virt_id) != NULL;
}

const struct iofd_check iofd_vdevice_alloc_checks[] = {
	{"U11", ENOENT, "the vIOMMU is unknown", vdevice_viommu_unknown},
	{"U11", ENOENT, "the device is unknown", vdevice_device_unknown},
	{"U11", EINVAL, "the device is behind another IOMMU", other_iommu},
	{"U11", EEXIST, "the device has a vDEVICE", has_vdevice},
	{"U11", EEXIST, "the number is taken in the vIOMMU", number_taken},
	{"U11", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

static int vdevice_enter(struct iofd_vdevice *vdevice, struct iommufd *fd)
{
	const struct iommufd_viommu_ops *ops = ops_of(vdevice->viommu);
	int error = iofd_object_enter(fd, &vdevice->object, IOFD_VDEVICE);

	if (error)
		return error;
	if (ops->vdevice)
		error = ops->vdevice(vdevice->viommu, vdevice->device, vdevice->number);
	if (error)
		iofd_object_leave(&vdevice->object);
	return error;
}

int iofd_vdevice_alloc_work(struct iofd_call *call)
{
	struct ioasim_iommufd_vdevice_alloc *arg = &call->arg.vdevice_alloc;
	struct iofd_vdevice *vdevice = calloc(1, sizeof(*vdevice));
	int error;

	if (!vdevice)
		return -ENOMEM;
	vdevice->viommu = call->viommu;
	vdevice->device = call->device;
	vdevice->number = arg->virt_id;
	error = vdevice_enter(vdevice, call->fd);
	if (error) {
		free(vdevice);
		return error;
	}
	LIST_INSERT_HEAD(&call->viommu->vdevices, vdevice, link);
	call->viommu->object.users++;
	call->device->vdevice = vdevice;
	arg->out_vdevice_id = vdevice->object.number;
	return 0;
}

/* All but its number and its memory. */
static void vdevice_end(struct iofd_vdevice *vdevice)
{
	struct iommufd_viommu *viommu = vdevice->viommu;

	if (ops_of(viommu)->vdevice_gone)
		ops_of(viommu)->vdevice_gone(viommu, vdevice->device, vdevice->number);
	LIST_REMOVE(vdevice, link);
	vdevice->device->vdevice = NULL;
	viommu->object.users--;
}

void iofd_vdevice_destroy(struct iofd_vdevice *vdevice)
{
	vdevice_end(vdevice);
	iofd_object_leave(&vdevice->object);
	free(vdevice);
}

void iofd_vdevice_bury(struct iommufd_device *device)
{
	struct iofd_vdevice *vdevice = device->vdevice;

	if (!vdevice)
		return;
	vdevice_end(vdevice);
	vdevice->object.type = IOFD_TOMB;
}

struct iommufd_device *iommufd_vdevice(const struct iommufd_viommu *viommu, uint64_t number)
{
	const struct iofd_vdevice *vdevice;

	LIST_FOREACH (vdevice, &viommu->vdevices, link)
		if (vdevice->number == number)
			return vdevice->device;
	return NULL;
}

bool iommufd_vdevice_number(const struct iommufd_viommu *viommu,
			    const struct iommufd_device *device, uint64_t *number)
{
	if (!device->vdevice || device->vdevice->viommu != viommu)
		return false;
	*number = device->vdevice->number;
	return true;
}

/* ---- Pages ---------------------------------------------------------------------------------- */

int iommufd_mmap_announce(struct iommufd_viommu *viommu, void *page, uint64_t length,
			  uint64_t *offset)
{
	struct iommufd *fd = viommu->object.fd;
	struct iofd_mmap *made = calloc(1, sizeof(*made)), *at;

	if (!made)
		return -ENOMEM;
	made->viommu = viommu;
	made->page = page;
	made->length = length;
	made->offset = IOMMUFD_PAGE; /* no page has 0, which means none */
	LIST_FOREACH (at, &fd->mmaps, link)
		if (at->offset + at->length > made->offset)
			made->offset = at->offset + at->length;
	LIST_INSERT_HEAD(&fd->mmaps, made, link);
	*offset = made->offset;
	return 0;
}

int iommufd_mmap(struct iommufd *fd, uint64_t offset, uint64_t length, bool shared, bool exec,
		 void **page)
{
	struct iofd_mmap *at;

	if (length % IOMMUFD_PAGE || !shared)
		return -EINVAL;
	if (exec)
		return -EPERM;
	LIST_FOREACH (at, &fd->mmaps, link)
		if (at->offset == offset && at->length == length)
			break;
	if (!at)
		return -ENXIO;
	at->mapped++;
	at->viommu->object.users++;
	*page = at->page;
	return 0;
}

void iommufd_munmap(struct iommufd *fd, uint64_t offset)
{
	struct iofd_mmap *at;

	LIST_FOREACH (at, &fd->mmaps, link) {
		if (at->offset != offset || !at->mapped)
			continue;
		at->mapped--;
		at->viommu->object.users--;
		return;
	}
}
