/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include "bounce.h"
#include "files.h"
#include "memory.h"
#include "topology.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <ioasim/iommufd.h>
#include <ioasim/preload.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VARIABLE "IOASIM_MACHINE"
#define NODES    "/dev/vfio/devices/vfio"

/* Of the whole process; made with the first open, gone with the process. */
struct running {
	struct topology topology;
	struct ioasim_system *system;
	int process; /* the program, in the model */
	int *device; /* numbers, by index in the file */
};

/* A descriptor of the program's, and the model's own number of it. */
struct opened {
	int fd;
	int device; /* index; -1: none */
};

static struct running *running;

/* ---- The machine ------------------------------------------------------------------------ */

static int hold(void *opaque, uint64_t address, uint64_t length, bool write)
{
	(void)opaque;
	return memory_hold(address, length, write);
}

static int read_memory(void *opaque, uint64_t address, void *data, size_t length)
{
	(void)opaque;
	return memory_read(data, address, length);
}

static int write_memory(void *opaque, uint64_t address, const void *data, size_t length)
{
	(void)opaque;
	return memory_write(address, data, length);
}

static const struct ioasim_host_memory program_memory = {
	.hold = hold, .read = read_memory, .write = write_memory};

static int add_devices(struct running *r, struct message *message)
{
	const struct topology *topology = &r->topology;

	r->device = calloc(topology->devices + 1, sizeof(*r->device));
	for (uint32_t i = 0; r->device && i < topology->devices; i++) {
		struct ioasim_device_config config = topology->device[i].config;

		if (config.parent != IOASIM_NO_DEVICE)
			config.parent = r->device[config.parent];
		if (config.pf != IOASIM_NO_DEVICE)
			config.pf = r->device[config.pf];
		r->device[i] = ioasim_device_add(r->system, &config);
		if (r->device[i] >= 0)
			continue;
		message_error(message, NULL, "device %s: %s", topology->device[i].name,
			      strerror(-r->device[i]));
		return -ENODEV;
	}
	return r->device ? 0 : -ENOMEM;
}

static int build(struct running *r, const char *path, struct message *message)
{
	struct ioasim_system_config config;
	const char *why = NULL;
	int error;

	if (topology_load(&r->topology, path, message))
		return -ENODEV;
	(void)ioasim_system_config_init(&config, r->topology.machine.arch->name);
	config.unit = r->topology.machine.unit;
	config.lazy = r->topology.machine.driver.policy == DRIVER_LAZY;
	config.lazy_deadline_ns = r->topology.machine.driver.lazy_deadline_ns;
	config.lazy_threshold = r->topology.machine.driver.lazy_threshold;
	config.host = &program_memory;
	error = ioasim_system_create(&config, &r->system, &why);
	if (error) {
		message_error(message, &(struct position){.file = path}, "%s",
			      why ? why : strerror(-error));
		return -ENODEV;
	}
	r->process = ioasim_process_create(r->system);
	return r->process < 0 ? r->process : add_devices(r, message);
}

static int start(void)
{
	struct message message;
	struct running *r;
	int error;

	if (running)
		return 0;
	message_init(&message, stderr);
	r = calloc(1, sizeof(*r));
	error = r ? build(r, getenv(VARIABLE), &message) : -ENOMEM;
	if (!error) {
		running = r;
		return 0;
	}
	if (r) {
		ioasim_system_destroy(r->system);
		topology_free(&r->topology);
		free(r->device);
	}
	free(r);
	return error;
}

/* What the program did wrong, or the model: nobody else would tell. */
__attribute__((destructor)) static void report(void)
{
	const struct ioasim_violation *broken;

	for (unsigned n = 0; running && (broken = ioasim_system_violation(running->system, n)); n++)
		fprintf(stderr,
			"ioasim: S%u is broken: requester 0x%x, address 0x%" PRIx64 ": %s\n",
			broken->rule, broken->requester_id, broken->address, broken->text);
}

/* ---- Numbers of descriptors ---------------------------------------------------------------- */

static void release(void *state)
{
	struct opened *opened = state;

	(void)ioasim_close(running->system, running->process, opened->fd);
	free(opened);
}

static ssize_t on_read(void *state, void *buffer, size_t size);
static ssize_t on_write(void *state, const void *buffer, size_t size);
static bool on_readable(void *state);
static long on_ioctl(void *state, unsigned long request, void *argument);

/* Nothing is announced by the machine's IOMMUs: what it says is why not. */
static int on_map(void *state, const struct file_mapping *mapping, void **address)
{
	const struct opened *opened = state;
	unsigned access = mapping->protection & PROT_EXEC ? IOASIM_EXEC : 0u;
	int status =
		ioasim_iommufd_mmap(running->system, running->process, opened->fd, mapping->offset,
				    mapping->length, access, mapping->flags & MAP_SHARED);

	(void)address;
	return status ? status : -ENXIO;
}

static const struct file_ops node_file = {
	.ioctl = on_ioctl,
	.map = on_map,
	.release = release,
};
static const struct file_ops queue_file = {
	.read = on_read, .write = on_write, .readable = on_readable, .release = release};

/* Gives the model's descriptor a number of the program's; it is closed if there is none. */
static int give(const struct file_ops *ops, int fd, int device, int flags)
{
	struct opened *opened = malloc(sizeof(*opened));
	int number = -ENOMEM;

	if (opened) {
		*opened = (struct opened){fd, device};
		number = files_open(ops, opened, flags);
	}
	if (number < 0) {
		(void)ioasim_close(running->system, running->process, fd);
		free(opened);
	}
	return number;
}

/* The model's number of what the program calls `number`: INT_MAX is never open, and a
 * descriptor that is not the model's is like the device's own, of another kind. */
static int32_t model_fd(int32_t number, int own)
{
	const struct opened *opened = files_state(number, &node_file);

	if (number < 0)
		return number;
	if (opened)
		return opened->fd;
	return fcntl(number, F_GETFD) < 0 ? INT_MAX : own;
}

/* ---- Calls --------------------------------------------------------------------------------- */

static long dma(const struct opened *opened, struct ioasim_preload_dma *arg)
{
	const bool write = arg->flags & IOASIM_PRELOAD_WRITE;
	const struct ioasim_dma request = {
		.device = running->device[opened->device],
		.has_pasid = arg->flags & IOASIM_PRELOAD_PASID,
		.pasid = arg->pasid,
		.address = arg->address,
		.length = arg->length,
		.access = write ? IOASIM_WRITE : IOASIM_READ,
	};
	struct ioasim_dma_result result;
	unsigned char data[4096];
	int error;

	if (arg->flags & ~3u || !arg->length ||
	    arg->length > sizeof(data) - arg->address % sizeof(data))
		return -EINVAL;
	if (write && memory_read(data, arg->buffer, arg->length))
		return -EFAULT;
	error = ioasim_dma(running->system, &request, &result);
	if (error)
		return error;
	arg->out_outcome = result.outcome;
	arg->out_class = result.class;
	arg->out_broken = result.broken;
	if (result.outcome != IOASIM_DMA_REACHES)
		return 0;
	arg->out_page = result.pa;
	if (write)
		return memory_write(result.pa, data, arg->length);
	error = memory_read(data, result.pa, arg->length);
	return error ? error : memory_write(arg->buffer, data, arg->length);
}

/* Descriptors that a call has made in the model get numbers of the program's. */
static long give_queue(uint32_t *fd)
{
	int number = give(&queue_file, (int)*fd, -1, O_CLOEXEC);

	if (number < 0)
		return number;
	*fd = (uint32_t)number;
	return 0;
}

static long do_call(void *state, uint32_t request, void *argument)
{
	struct opened *opened = state;
	struct ioasim_vfio_bind *bind = argument;
	int32_t iommufd = 0;
	long result;

	if (request == IOASIM_PRELOAD_DMA && opened->device >= 0)
		return argument ? dma(opened, argument) : -EFAULT;
	if (request == IOASIM_VFIO_BIND_IOMMUFD && argument) {
		iommufd = bind->iommufd;
		bind->iommufd = model_fd(iommufd, opened->fd);
	}
	result = ioasim_iommufd_ioctl(running->system, running->process, opened->fd, request,
				      argument);
	if (request == IOASIM_VFIO_BIND_IOMMUFD && argument)
		bind->iommufd = iommufd;
	else if (result == 0 && request == IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC)
		return give_queue(&((struct ioasim_iommufd_fault_alloc *)argument)->out_fault_fd);
	else if (result == 0 && request == IOASIM_IOMMUFD_VEVENTQ_ALLOC)
		return give_queue(
			&((struct ioasim_iommufd_veventq_alloc *)argument)->out_veventq_fd);
	return result;
}

static long on_ioctl(void *state, unsigned long request, void *argument)
{
	return bounce_call(do_call, state, request, argument);
}

static int64_t do_read(void *state, void *data, size_t size)
{
	const struct opened *opened = state;

	return ioasim_iommufd_read(running->system, running->process, opened->fd, data, size);
}

static int64_t do_write(void *state, const void *data, size_t size)
{
	const struct opened *opened = state;

	return ioasim_iommufd_write(running->system, running->process, opened->fd, data, size);
}

static bool on_readable(void *state)
{
	const struct opened *opened = state;
	int ready = ioasim_iommufd_poll(running->system, running->process, opened->fd);

	return ready > 0 && ready & IOASIM_IOMMUFD_POLL_IN;
}

static ssize_t on_read(void *state, void *buffer, size_t size)
{
	return bounce_read(do_read, state, on_readable(state), buffer, size);
}

static ssize_t on_write(void *state, const void *buffer, size_t size)
{
	return bounce_write(do_write, state, buffer, size);
}

/* ---- Nodes --------------------------------------------------------------------------------- */

bool machine_named(void)
{
	const char *path = getenv(VARIABLE);

	return path && *path;
}

int machine_device(const char *path)
{
	const size_t prefix = sizeof(NODES) - 1;
	unsigned long index;
	char *end;

	if (!machine_named() || strncmp(path, NODES, prefix) != 0 || path[prefix] < '0' ||
	    path[prefix] > '9')
		return -1;
	index = strtoul(path + prefix, &end, 10);
	return *end || index >= INT_MAX ? -1 : (int)index;
}

int machine_open(int device, int flags)
{
	int error, fd;

	files_lock();
	error = start();
	if (!error && device >= 0 && (uint32_t)device >= running->topology.devices)
		error = -ENOENT;
	if (!error) {
		fd = device < 0 ? ioasim_iommufd_open(running->system, running->process)
				: ioasim_open_device(running->system, running->process,
						     running->device[device]);
		error = fd < 0 ? fd : give(&node_file, fd, device, flags);
	}
	files_unlock();
	return error;
}
