/* SPDX-License-Identifier: Apache-2.0 */
/* Bound devices and their groups; GET_HW_INFO. */
#include "model/iommufd/calls.h"
#include "model/iommufd/hwpt.h"
#include "model/iommufd/viommu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Groups ------------------------------------------------------------------------------- */

int iofd_group_join(struct iommufd_device *device)
{
	struct iommufd *fd = device->object.fd;
	struct iofd_group *group;

	LIST_FOREACH (group, &fd->groups, link)
		if (group->key == device->config.group)
			break;
	if (!group) {
		group = calloc(1, sizeof(*group));
		if (!group)
			return -ENOMEM;
		group->key = device->config.group;
		LIST_INIT(&group->routes);
		LIST_INSERT_HEAD(&fd->groups, group, link);
	}
	group->devices++;
	device->group = group;
	return 0;
}

void iofd_group_leave(struct iommufd_device *device)
{
	struct iofd_group *group = device->group;

	if (--group->devices)
		return;
	LIST_REMOVE(group, link);
	free(group);
}

/* ---- Binding ------------------------------------------------------------------------------ */

int iommufd_bind(struct iommufd *fd, const struct iommufd_device_config *config,
		 struct iommufd_device **out, uint32_t *number)
{
	struct iommufd_device *device = calloc(1, sizeof(*device));
	int error;

	if (!device)
		return -ENOMEM;
	device->config = *config;
	error = iofd_object_enter(fd, &device->object, IOFD_DEVICE);
	if (!error) {
		error = iofd_group_join(device);
		if (error)
			iofd_object_leave(&device->object);
	}
	if (error) {
		free(device);
		return error;
	}
	/* Its driver holds it, and so the iommufd. */
	device->object.users = 1;
	fd->outside += !config->weak;
	*out = device;
	*number = device->object.number;
	return 0;
}

static void detach_all(struct iommufd_device *device)
{
	struct iofd_route *route, *next;

	for (route = LIST_FIRST(&device->group->routes); route; route = next) {
		next = LIST_NEXT(route, link);
		if (route->pasid != IOMMUFD_NO_PASID)
			iommufd_detach(device, route->pasid);
	}
	iommufd_detach(device, IOMMUFD_NO_PASID);
}

void iommufd_unbind(struct iommufd_device *device)
{
	struct iommufd *fd = device->object.fd;
	bool weak = device->config.weak;

	detach_all(device);
	iofd_vdevice_bury(device);
	iofd_group_leave(device);
	iofd_object_leave(&device->object);
	free(device);
	if (!weak)
		iofd_outside_done(fd);
}

const struct iommufd_device_config *iommufd_device_config(const struct iommufd_device *device)
{
	return &device->config;
}

uint32_t iommufd_device_number(const struct iommufd_device *device)
{
	return device->object.number;
}

struct iommufd_device *iommufd_device(struct iommufd *fd, uint32_t number)
{
	return (struct iommufd_device *)iofd_find(fd, number, IOFD_DEVICE);
}

/* ---- GET_HW_INFO ---------------------------------------------------------------------------- */

/* Nothing that is told has more bytes. */
#define INFO_BYTES 64

static bool device_unknown(struct iofd_call *call)
{
	call->device = iommufd_device(call->fd, call->arg.hw_info.dev_id);
	return !call->device;
}

const struct iofd_check iofd_hw_info_checks[] = {
	{"U7", ENOENT, "the device is unknown", device_unknown},
	{"U7", EOPNOTSUPP, "the IOMMU in front of it has no information of the type", NULL},
	{"U7", EFAULT, "the buffer cannot be written", NULL},
	IOFD_CHECKS_END,
};

/* The caller's buffer: what there is, and zeroes behind it. */
static int info_store(const struct iofd_call *call, const void *data, uint32_t length)
{
	const struct ioasim_iommufd_hw_info *arg = &call->arg.hw_info;
	static const unsigned char zeroes[INFO_BYTES];
	uint32_t at = arg->data_len < length ? arg->data_len : length;
	int error = iofd_write(call->fd, call->user, arg->data, data, at);

	while (!error && at < arg->data_len) {
		uint32_t part = arg->data_len - at;

		part = part < sizeof(zeroes) ? part : (uint32_t)sizeof(zeroes);
		error = iofd_write(call->fd, call->user, arg->data + at, zeroes, part);
		at += part;
	}
	return error;
}

int iofd_hw_info_work(struct iofd_call *call)
{
	struct ioasim_iommufd_hw_info *arg = &call->arg.hw_info;
	const struct iommufd_backend_ops *ops = call->device->config.backend->ops;
	uint32_t type = arg->flags & IOASIM_IOMMUFD_HW_INFO_INPUT_TYPE ? arg->data_type : 0;
	unsigned char data[INFO_BYTES] = {0};
	uint32_t length = 0;
	int error = 0;

	if (ops->hw_info)
		error = ops->hw_info(call->device, data, sizeof(data), &type, &length);
	else if (type)
		error = -EOPNOTSUPP;
	if (!error)
		error = info_store(call, data, length);
	if (error)
		return error;
	arg->data_len = length;
	arg->data_type = type;
	arg->out_capabilities = call->device->config.capabilities;
	arg->out_max_pasid_log2 = (uint8_t)call->device->config.pasid_bits;
	return 0;
}
