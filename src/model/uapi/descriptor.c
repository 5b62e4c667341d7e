/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: opening, passing on, and what the last close does (O). */
#include "model/uapi/descriptor.h"

#include "model/uapi/attach.h"
#include "model/uapi/device.h"
#include "model/uapi/faults.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/iommufd_file.h"
#include "model/uapi/kvm.h"
#include "model/uapi/memory_file.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Numbers that a process can have at once. */
#define FD_LIMIT (1u << 20)

/* IOASIDs that a descriptor has room for at first. */
#define IOASID_NUMBERS 16

/* ---- Numbers --------------------------------------------------------------------------- */

struct fd *fd_find(const struct process *process, int number)
{
	return number >= 0 && (uint32_t)number < process->fd_room ? process->fd[number] : NULL;
}

/* A number of the process for the descriptor. */
static int fd_install(struct process *process, struct fd *fd)
{
	uint32_t number;
	struct fd **slots;
	int error = number_take(&process->fd_numbers, &number);

	if (error)
		return error == -ENOSPC ? -EMFILE : error;
	slots = number < FD_LIMIT ? numbers_reach(&process->fd_numbers, number, process->fd,
						  &process->fd_room)
				  : NULL;
	if (!slots) {
		ids_free(&process->fd_numbers, number);
		return number < FD_LIMIT ? -ENOMEM : -EMFILE;
	}
	process->fd = slots;
	process->fd[number] = fd;
	fd->refs++;
	return (int)number;
}

/* ---- Opening ----------------------------------------------------------------------------- */

static struct process *opener(const struct ioasim_system *system, int number)
{
	struct process *process = process_find(system, number);

	return process && !process->dead ? process : NULL;
}

struct container *container_create(struct ioasim_system *system, struct process *process)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container)
		return NULL;
	container->system = system;
	container->opener = process;
	LIST_INIT(&container->bound);
	TAILQ_INIT(&container->events);
	if (ids_init(&container->numbers, 1, IOASID_NUMBERS)) {
		free(container);
		return NULL;
	}
	LIST_INSERT_HEAD(&system->containers, container, link);
	return container;
}

static void container_destroy(struct container *container)
{
	LIST_REMOVE(container, link);
	ids_fini(&container->numbers);
	free(container->ioasid);
	free(container);
}

static struct kvm *kvm_create(struct ioasim_system *system, struct process *process)
{
	struct kvm *kvm = calloc(1, sizeof(*kvm));

	if (!kvm)
		return NULL;
	kvm->system = system;
	kvm->owner = process;
	LIST_INIT(&kvm->pasids);
	LIST_INSERT_HEAD(&system->kvms, kvm, link);
	return kvm;
}

static void kvm_destroy(struct kvm *kvm)
{
	LIST_REMOVE(kvm, link);
	free(kvm);
}

int fd_open(struct process *process, const struct fd *file)
{
	struct fd *fd = malloc(sizeof(*fd));
	int number;

	if (!fd)
		return -ENOMEM;
	*fd = *file;
	number = fd_install(process, fd);
	if (number < 0)
		free(fd);
	return number;
}

int ioasim_open(struct ioasim_system *system, int number, enum ioasim_fd_kind kind)
{
	struct process *process = opener(system, number);
	struct fd file = {.kind = kind};
	int fd;

	if (!process)
		return -ESRCH;
	if (kind != IOASIM_FD_IOASID && kind != IOASIM_FD_KVM)
		return -ENODEV;
	if (kind == IOASIM_FD_IOASID)
		file.container = container_create(system, process);
	else
		file.kvm = kvm_create(system, process);
	if (kind == IOASIM_FD_IOASID ? !file.container : !file.kvm)
		return -ENOMEM;
	fd = fd_open(process, &file);
	if (fd >= 0)
		return fd;
	if (kind == IOASIM_FD_IOASID)
		container_destroy(file.container);
	else
		kvm_destroy(file.kvm);
	return fd;
}

int ioasim_open_device(struct ioasim_system *system, int number, int which)
{
	struct process *process = opener(system, number);
	struct device *device = device_find(system, which);
	struct fd file = {.kind = IOASIM_FD_DEVICE, .device = device};
	int fd;

	if (!process)
		return -ESRCH;
	if (!device)
		return -ENODEV;
	if (device->open)
		return -EBUSY;
	fd = fd_open(process, &file);
	device->open = fd >= 0;
	return fd;
}

int ioasim_dup(struct ioasim_system *system, int from, int number, int to)
{
	const struct process *process = opener(system, from);
	struct process *receiver = opener(system, to);
	struct fd *fd = process ? fd_find(process, number) : NULL;

	if (!process || !receiver)
		return -ESRCH;
	return fd ? fd_install(receiver, fd) : -EBADF;
}

/* ---- Closing ----------------------------------------------------------------------------- */

void container_settle(struct container *container)
{
	struct ioasim_system *system = container->system;

	if (!container->dead || container->ioasids || !LIST_EMPTY(&container->bound))
		return;
	if (container->set && !ioasim_hwid_set_free(system->hwids, container->set))
		container->set = 0;
	container_destroy(container);
}

/* O3. Numbers in ascending order; a parent's children go before it. */
static void container_close(struct container *container)
{
	for (uint32_t i = 0; i < container->room; i++)
		if (container->ioasid[i])
			ioasid_kill(container->ioasid[i]);
	faults_close(container);
	container->dead = true;
	container_settle(container);
}

/* The last number has gone. */
static void file_close(struct fd *fd)
{
	switch (fd->kind) {
	case IOASIM_FD_IOASID:
		container_close(fd->container);
		break;
	case IOASIM_FD_DEVICE: /* O4 */
		iommufd_device_end(fd->device);
		device_detach_all(fd->device);
		device_unbind(fd->device);
		fd->device->open = false;
		break;
	case IOASIM_FD_KVM: /* O5 */
		kvm_close(fd->kvm);
		kvm_destroy(fd->kvm);
		break;
	case IOASIM_FD_IOMMUFD:
		iommufd_file_close(fd->iommufd);
		break;
	case IOASIM_FD_QUEUE:
		iommufd_queue_close(fd->queue);
		break;
	case IOASIM_FD_FILE:
		memory_file_put(fd->file);
		break;
	case IOASIM_FD_KINDS:
		break;
	}
	free(fd);
}

void fd_drop(struct process *process, uint32_t number)
{
	struct fd *fd = process->fd[number];

	process->fd[number] = NULL;
	ids_free(&process->fd_numbers, number);
	if (--fd->refs == 0)
		file_close(fd);
}

int ioasim_close(struct ioasim_system *system, int number, int fd)
{
	struct process *process = opener(system, number);

	if (!process)
		return -ESRCH;
	if (!fd_find(process, fd))
		return -EBADF;
	system->calls++;
	fd_drop(process, (uint32_t)fd);
	return 0;
}

void process_close_all(struct process *process)
{
	for (uint32_t i = 0; i < process->fd_room; i++)
		if (process->fd[i])
			fd_drop(process, i);
}
