/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of processes for an iommufd: frames, which stay what they are while they are
 * pinned (M7). */
#include "model/uapi/checker.h"
#include "model/uapi/frames.h"
#include "model/uapi/host_pages.h"
#include "model/uapi/iommufd_file.h"
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
static void pins_undo(struct ioasim_system *system, const struct process *process, uint64_t first,
		      uint64_t end)
{
	struct interval_place place;
	const struct interval *area = interval_find(&process->areas, 0, first, &place);

	for (; area && first < end; area = interval_next(&process->areas, &place)) {
		uint64_t part = area->last - first + 1;

		if (part > end - first)
			part = end - first;
		frames_unpin(system, area->value + (first - area->first), part >> PAGE_LG2);
		first += part;
	}
}

static int pin(void *opaque, const struct iommufd_source *source, uint64_t address, uint64_t bytes,
	       bool write, iommufd_run_fn *run, void *to)
{
	struct ioasim_system *system = system_of(opaque);
	const struct process *process = source->user;
	unsigned access = IOASIM_READ | (write ? IOASIM_WRITE : 0u);
	uint64_t at = address, last = address + (bytes - 1);
	struct interval_place place;
	const struct interval *area;
	int error = 0;

	if (system->real)
		return iommufd_host_memory.pin(system->real, source, address, bytes, write, run,
					       to);
	if (process->dead || !process_allows(process, address, last, access))
		return -EFAULT;
	area = interval_find(&process->areas, 0, address, &place);
	for (; !error && area; area = interval_next(&process->areas, &place)) {
		uint64_t end = area->last < last ? area->last : last;
		ioasim_pa_t pa = area->value + (at - area->first);

		frames_pin(system, pa, (end - at + 1) >> PAGE_LG2);
		error = run(to, at, pa, end - at + 1);
		at = end + 1;
		if (end == last)
			break;
	}
	if (error)
		pins_undo(system, process, address, at);
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

const struct iommufd_memory_ops iommufd_process_memory = {
	.pin = pin,
	.unpin = unpin,
	.load = load,
	.store = store,
	.read = argument_read,
	.write = argument_write,
};
