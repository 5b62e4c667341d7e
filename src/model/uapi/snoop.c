/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM is told of DMA that does not snoop (C3): while there is any, its guest's
 * flushes of caches must not be ignored.
 */
#include "model/uapi/descriptor.h"
#include "model/uapi/objects.h"
#include "model/uapi/process.h"

#include <errno.h>

/* Through this attachment, as it stands. */
static bool lets_pass(const struct attachment *attachment)
{
	return !attachment->over && !attachment->blocked && !attachment->ioasid->enforce;
}

static bool can_pass(const struct device *device)
{
	const struct attachment *attachment;

	if (device->config.software || !(device_has(device, IOASIM_DEVICE_NO_SNOOP) ||
					 device_has(device_pdev(device), IOASIM_DEVICE_NO_SNOOP)))
		return false;
	LIST_FOREACH (attachment, &device->attachments, device_link)
		if (lets_pass(attachment))
			return true;
	return false;
}

int ioasim_kvm_no_snoop(const struct ioasim_system *system, int number, int kvm_fd)
{
	const struct process *process = process_find(system, number);
	const struct container *container;
	const struct device *device;
	const struct fd *fd;

	if (!process || process->dead)
		return -ESRCH;
	fd = fd_find(process, kvm_fd);
	if (!fd)
		return -EBADF;
	if (fd->kind != IOASIM_FD_KVM)
		return -EBADFD;
	LIST_FOREACH (container, &system->containers, link)
		if (container->opener == fd->kvm->owner)
			LIST_FOREACH (device, &container->bound, bound_link)
				if (can_pass(device))
					return 1;
	return 0;
}
