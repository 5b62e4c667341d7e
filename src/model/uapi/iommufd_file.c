/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of /dev/iommu and of its queues, and calls on them. */
#include "model/uapi/iommufd_file.h"

#include "model/iommufd/calls.h"
#include "model/iommufd/stream.h"
#include "model/iommufd/viommu.h"
#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/memory_file.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Descriptors of queues ---------------------------------------------------------------- */

static int queue_install(void *opaque, void *user, struct iommufd_stream *stream, uint32_t *fd)
{
	struct iommufd_file *file = opaque;
	const struct fd queue = {.kind = IOASIM_FD_QUEUE, .queue = stream};
	int number = fd_open(user, &queue);

	if (number < 0)
		return number;
	file->holds++;
	*fd = (uint32_t)number;
	return 0;
}

/* U5. */
static int file_get(void *opaque, void *user, int32_t fd, uint64_t start, uint64_t length,
		    void **out)
{
	int error;
	struct memory_file *file = memory_file_find(user, fd, &error);

	(void)opaque;
	if (!file)
		return error;
	if (!length || start > file->size || length > file->size - start)
		return -EINVAL;
	file->refs++;
	*out = file;
	return 0;
}

static void file_put(void *opaque, void *file)
{
	(void)opaque;
	memory_file_put(file);
}

/* U6. */
static bool privileged(void *opaque, void *user)
{
	const struct process *process = user;

	(void)opaque;
	return process->limit.capabilities & IOASIM_PROCESS_SYS_RESOURCE;
}

static const struct iommufd_file_ops file_ops = {
	.file_get = file_get,
	.file_put = file_put,
	.install = queue_install,
	.privileged = privileged,
};

void iommufd_queue_close(struct iommufd_stream *stream)
{
	struct iommufd_file *file = iommufd_stream_env(stream)->opaque;

	iommufd_stream_close(stream);
	iommufd_file_put(file);
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* Without holders the core has gone, and with it all page tables. */
void iommufd_file_put(struct iommufd_file *file)
{
	if (--file->holds)
		return;
	file->container->dead = true;
	container_settle(file->container);
	free(file);
}

void iommufd_file_close(struct iommufd_file *file)
{
	iommufd_close(file->core);
	iommufd_file_put(file);
}

static struct iommufd_file *file_create(struct ioasim_system *system, struct process *process)
{
	struct iommufd_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->system = system;
	file->env = (struct iommufd_env){
		.memory = &iommufd_process_memory, .file = &file_ops, .opaque = file};
	file->holds = 1;
	file->container = container_create(system, process);
	file->core = file->container ? iommufd_open(&file->env) : NULL;
	if (file->core)
		return file;
	if (file->container) {
		file->container->dead = true;
		container_settle(file->container);
	}
	free(file);
	return NULL;
}

static struct process *caller(const struct ioasim_system *system, int number)
{
	struct process *process = process_find(system, number);

	return process && !process->dead ? process : NULL;
}

int ioasim_iommufd_open(struct ioasim_system *system, int number)
{
	struct process *process = caller(system, number);
	struct fd opened = {.kind = IOASIM_FD_IOMMUFD};
	int fd;

	if (!process)
		return -ESRCH;
	opened.iommufd = file_create(system, process);
	if (!opened.iommufd)
		return -ENOMEM;
	fd = fd_open(process, &opened);
	if (fd < 0)
		iommufd_file_close(opened.iommufd);
	return fd;
}

/* ---- Calls ------------------------------------------------------------------------------------- */

static int device_call(struct process *process, const struct fd *fd, uint32_t request,
		       void *argument)
{
	struct iofd_call call = {.user = process, .on = fd->device};

	call.entry = iofd_call_find(request, IOFD_ON_DEVICE);
	if (!call.entry)
		return -ENOTTY;
	return argument ? iofd_call_do(&call, argument) : -EFAULT;
}

static const char *call_name(uint32_t request)
{
	const struct iofd_call_entry *entry;

	for (unsigned n = 0; (entry = iofd_call_table(n)); n++)
		if (entry->request == request)
			return entry->name;
	return "a call";
}

int ioasim_iommufd_ioctl(struct ioasim_system *system, int number, int fd_number, uint32_t request,
			 void *argument)
{
	struct process *process = caller(system, number);
	const struct fd *fd = process ? fd_find(process, fd_number) : NULL;
	const struct container *container;
	int status;

	system->calls++;
	if (!process)
		return -ESRCH;
	if (!fd)
		return -EBADF;
	if (fd->kind != IOASIM_FD_IOMMUFD && fd->kind != IOASIM_FD_DEVICE)
		return -ENOTTY;
	container = fd->kind == IOASIM_FD_IOMMUFD ? fd->iommufd->container : fd->device->bound;
	checker_work_begin(system, container);
	if (fd->kind == IOASIM_FD_IOMMUFD)
		status = iommufd_call(fd->iommufd->core, process, request, argument);
	else
		status = device_call(process, fd, request, argument);
	checker_work_end(system, call_name(request), status);
	return status;
}

/* ---- Queues ------------------------------------------------------------------------------------- */

/* The queue of a descriptor; NULL with *error. */
static struct iommufd_stream *queue_find(const struct ioasim_system *system, int number,
					 int fd_number, int *error)
{
	const struct process *process = caller(system, number);
	const struct fd *fd = process ? fd_find(process, fd_number) : NULL;

	*error = !process ? -ESRCH : !fd ? -EBADF : fd->kind != IOASIM_FD_QUEUE ? -EINVAL : 0;
	return *error ? NULL : fd->queue;
}

int64_t ioasim_iommufd_read(struct ioasim_system *system, int process, int fd, void *data,
			    size_t bytes)
{
	int error;
	struct iommufd_stream *stream = queue_find(system, process, fd, &error);

	return stream ? iommufd_stream_read(stream, data, bytes) : error;
}

int64_t ioasim_iommufd_write(struct ioasim_system *system, int process, int fd, const void *data,
			     size_t bytes)
{
	int error;
	struct iommufd_stream *stream = queue_find(system, process, fd, &error);

	if (!stream)
		return error;
	system->calls++;
	return iommufd_stream_write(stream, data, bytes);
}

int ioasim_iommufd_poll(const struct ioasim_system *system, int process, int fd)
{
	int error;
	const struct iommufd_stream *stream = queue_find(system, process, fd, &error);

	return stream ? (int)iommufd_stream_poll(stream) : error;
}

/* ---- Pages of an IOMMU -------------------------------------------------------------------------- */

int ioasim_iommufd_mmap(struct ioasim_system *system, int number, int fd_number, uint64_t offset,
			uint64_t length, unsigned access, bool shared)
{
	const struct process *process = caller(system, number);
	const struct fd *fd = process ? fd_find(process, fd_number) : NULL;
	void *page; /* that no IOMMU here announces */

	if (!process)
		return -ESRCH;
	if (!fd)
		return -EBADF;
	if (fd->kind != IOASIM_FD_IOMMUFD)
		return -ENODEV;
	system->calls++;
	return iommufd_mmap(fd->iommufd->core, offset, length, shared, access & IOASIM_EXEC, &page);
}
