/* SPDX-License-Identifier: Apache-2.0 */
/* Devices: what they are, who has them, what they and the calls tell of them (B). */
#include "model/uapi/device.h"

#include "model/uapi/descriptor.h"
#include "model/uapi/dma.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct device *device_find(const struct ioasim_system *system, int number)
{
	if (number < 0 || (unsigned)number >= system->devices)
		return NULL;
	return system->device[number];
}

struct device *device_by_cookie(const struct container *container, uint64_t cookie)
{
	struct device *device;

	LIST_FOREACH (device, &container->bound, bound_link)
		if (device->cookie == cookie)
			return device;
	return NULL;
}

bool device_reserved(const struct device *device, unsigned n, struct ioasim_iova_range *range)
{
	const struct ioasim_arch *arch = device->system->arch;

	if (n < device->config.reserved_count) {
		*range = device->config.reserved[n];
		return true;
	}
	n -= device->config.reserved_count;
	if (n >= ARCH_RESERVED || !arch->reserved[n].about)
		return false;
	*range = (struct ioasim_iova_range){arch->reserved[n].first, arch->reserved[n].last};
	return true;
}

/* ---- Adding ---------------------------------------------------------------------------- */

static bool ranges_good(const struct ioasim_device_config *config)
{
	for (unsigned i = 0; i < config->reserved_count; i++)
		if (config->reserved[i].first > config->reserved[i].last)
			return false;
	return config->reserved || !config->reserved_count;
}

static int config_check(const struct ioasim_system *system,
			const struct ioasim_device_config *config)
{
	const struct device *parent = device_find(system, config->parent);

	if (config->pasid_bits > 20 || !ranges_good(config))
		return -EINVAL;
	if (config->parent != IOASIM_NO_DEVICE)
		return parent && !parent->parent ? 0 : -EINVAL;
	if (config->software ||
	    (config->pf != IOASIM_NO_DEVICE && !device_find(system, config->pf)))
		return -EINVAL;
	for (unsigned i = 0; i < system->devices; i++) {
		const struct device *other = system->device[i];

		/* One RID belongs to one group (S16). */
		if (!other->parent && other->config.requester_id == config->requester_id &&
		    (config->group == IOASIM_GROUP_OWN || other->config.group != config->group))
			return -EEXIST;
	}
	return 0;
}

static int ranges_copy(struct ioasim_device_config *config)
{
	size_t bytes = config->reserved_count * sizeof(*config->reserved);
	struct ioasim_iova_range *copy = bytes ? malloc(bytes) : NULL;

	if (bytes && !copy)
		return -ENOMEM;
	if (bytes)
		memcpy(copy, config->reserved, bytes);
	config->reserved = copy;
	return 0;
}

/* The driver knows a RID once, by the device that had it first. */
static int requester_add(struct device *device)
{
	struct ioasim_system *system = device->system;
	struct driver_device requester = {
		.requester_id = device->config.requester_id,
		.pasid_bits = device->config.pasid_bits,
		.ats = device_has(device, IOASIM_DEVICE_ATS),
		.pri = device_has(device, IOASIM_DEVICE_PRI),
	};
	int error = system->ops->device_add(system->driver, &requester);

	if (error && error != -EEXIST)
		return error;
	error = device_has(device, IOASIM_DEVICE_ATS) ? atc_create(device) : 0;
	if (error)
		return error;
	error = group_join(device);
	if (error && device->atc)
		atc_destroy(device);
	return error;
}

static int device_enter(struct device *device)
{
	struct device *parent = device_find(device->system, device->config.parent);

	if (!parent)
		return requester_add(device);
	/* B4: the parent stays in host hands, its driver makes the mdevs. */
	if (parent->group->state != GROUP_HOST)
		return -EBUSY;
	if (parent->config.driver == IOASIM_DRIVER_NONE)
		parent->config.driver = IOASIM_DRIVER_KERNEL;
	device->parent = parent;
	device->config.requester_id = parent->config.requester_id;
	device->group = parent->group;
	LIST_INSERT_HEAD(&parent->mdevs, device, sibling_link);
	return 0;
}

int ioasim_device_add(struct ioasim_system *system, const struct ioasim_device_config *config)
{
	struct device *device, **grown;
	int error = config_check(system, config);

	if (error)
		return error;
	grown = realloc(system->device, (system->devices + 1) * sizeof(struct device *));
	if (!grown)
		return -ENOMEM;
	system->device = grown;
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->system = system;
	device->number = (int)system->devices;
	device->config = *config;
	LIST_INIT(&device->mdevs);
	LIST_INIT(&device->attachments);
	error = ranges_copy(&device->config);
	if (!error)
		error = device_enter(device);
	if (error) {
		free((void *)(uintptr_t)device->config.reserved);
		free(device);
		return error;
	}
	system->device[system->devices++] = device;
	return device->number;
}

void device_destroy(struct device *device)
{
	if (device->pool)
		ids_fini(device->pool);
	free(device->pool);
	if (device->atc)
		atc_destroy(device);
	if (!device->parent)
		group_leave(device);
	free((void *)(uintptr_t)device->config.reserved);
	free(device);
}

bool device_mdevs_bound(const struct device *device, const struct container *but)
{
	const struct device *mdev;

	LIST_FOREACH (mdev, &device->mdevs, sibling_link)
		if (mdev->bound && mdev->bound != but)
			return true;
	return false;
}

int ioasim_device_driver(struct ioasim_system *system, int number, enum ioasim_device_driver driver)
{
	struct device *device = device_find(system, number);

	if (!device)
		return -ENODEV;
	if (driver != IOASIM_DRIVER_NONE && !device->parent && device->group->state != GROUP_HOST)
		return -EBUSY;
	/* It isolates them. */
	if (driver == IOASIM_DRIVER_NONE && device_mdevs_bound(device, NULL))
		return -EBUSY;
	device->config.driver = driver;
	return 0;
}

int ioasim_device_mmio(struct ioasim_system *system, int process, int number)
{
	const struct process *owner = process_find(system, process);
	const struct fd *fd = owner ? fd_find(owner, number) : NULL;

	if (!fd)
		return -EBADF;
	if (fd->kind != IOASIM_FD_DEVICE)
		return -EBADFD;
	return fd->device->bound ? 0 : -EINVAL;
}
