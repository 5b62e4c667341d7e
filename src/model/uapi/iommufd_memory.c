/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of processes and files for an iommufd: frames, which stay what they are while they are
 * pinned (M7). */
#include "model/uapi/checker.h"
#include "model/uapi/frames.h"
#include "model/uapi/host_pages.h"
#include "model/uapi/iommufd_file.h"
#include "model/uapi/locked.h"
#include "model/uapi/memory_file.h"
#include "model/uapi/process.h"

#include <errno.h>

static struct ioasim_system *system_of(void *opaque)
{
	return ((struct iommufd_file *)opaque)->system;
}

static void unpin(void *opaque, uint64_t pa, uint64_t bytes)
{
	if (system_of(opaque)->real)
		iommufd_host_memory.unpin(system_of(opaque)->real, pa, bytes);
	frames_unpin(system_of(opaque), pa, bytes >> PAGE_LG2);
}

/* What was pinned of [first, last] up to `end`. */
static void pins_undo(struct ioasim_system *system, const struct interval_map *areas,
		      uint64_t first, uint64_t end)
{
	struct interval_place place;
	const struct interval *area = interval_find(areas, 0, first, &place);

	for (; area && first < end; area = interval_next(areas, &place)) {
		uint64_t part = area->last - first + 1;

		if (part > end - first)
			part = end - first;
		frames_unpin(system, area->value + (first - area->first), part >> PAGE_LG2);
		first += part;
	}
}

/* U5: a file's pages are there as long as it is, whatever its owner does; a process's are
 * those that it has now. NULL: not all are there. */
static const struct interval_map *areas_of(const struct iommufd_source *source, uint64_t first,
					   uint64_t last, bool write)
{
	const struct memory_file *file = source->file;
	const struct process *process = source->user;
	unsigned access = IOASIM_READ | (write ? IOASIM_WRITE : 0u);

	if (file)
		return &file->runs;
	return !process->dead && process_allows(process, first, last, access) ? &process->areas
									      : NULL;
}

static int pin(void *opaque, const struct iommufd_source *source, uint64_t address, uint64_t bytes,
	       bool write, iommufd_run_fn *run, void *to)
{
	struct ioasim_system *system = system_of(opaque);
	uint64_t at = address, last = address + (bytes - 1);
	const struct interval_map *areas;
	struct interval_place place;
	const struct interval *area;
	int error = 0;

	if (system->real)
		return iommufd_host_memory.pin(system->real, source, address, bytes, write, run,
					       to);
	areas = areas_of(source, address, last, write);
	if (!areas)
		return -EFAULT;
	area = interval_find(areas, 0, address, &place);
	for (; !error && area; area = interval_next(areas, &place)) {
		uint64_t end = area->last < last ? area->last : last;
		ioasim_pa_t pa = area->value + (at - area->first);

		frames_pin(system, pa, (end - at + 1) >> PAGE_LG2);
		error = run(to, at, pa, end - at + 1);
		at = end + 1;
		if (end == last)
			break;
	}
	if (error)
		pins_undo(system, areas, address, at);
	return error;
}

static int load(void *opaque, uint64_t pa, void *data, uint64_t bytes)
{
	return ioasim_memory_read(system_of(opaque)->memory, pa, data, bytes);
}

static int store(void *opaque, uint64_t pa, const void *data, uint64_t bytes)
{
	struct ioasim_system *system = system_of(opaque);

	checker_store(system, pa, bytes);
	return ioasim_memory_write(system->memory, pa, data, bytes);
}

static int argument_read(void *opaque, void *user, uint64_t address, void *data, uint64_t bytes)
{
	const struct process *process = user;

	return ioasim_process_read(system_of(opaque), process->number, address, data, bytes);
}

static int argument_write(void *opaque, void *user, uint64_t address, const void *data,
			  uint64_t bytes)
{
	const struct process *process = user;

	return ioasim_process_write(system_of(opaque), process->number, address, data, bytes);
}

static int charge(void *opaque, void *user, enum iommufd_account account, uint64_t pages)
{
	(void)opaque;
	return locked_add(user, account, pages);
}

static void uncharge(void *opaque, void *user, enum iommufd_account account, uint64_t pages)
{
	(void)opaque;
	locked_remove(user, account, pages);
}

static bool unlimited(void *opaque, void *user)
{
	const struct process *process = user;

	(void)opaque;
	return process->limit.capabilities & IOASIM_PROCESS_IPC_LOCK;
}

const struct iommufd_memory_ops iommufd_process_memory = {
	.pin = pin,
	.unpin = unpin,
	.load = load,
	.store = store,
	.read = argument_read,
	.write = argument_write,
	.charge = charge,
	.uncharge = uncharge,
	.unlimited = unlimited,
};
