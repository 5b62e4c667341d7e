/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and their memory: areas over runs of frames. */
#include "model/uapi/process.h"

#include "model/uapi/aspace.h"
#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/frames.h"
#include "model/uapi/locked.h"
#include "model/uapi/memory_file.h"
#include "model/uapi/sva.h"

#include <errno.h>
#include <stdlib.h>

#define RIGHTS (IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC)

/* Descriptors that a process has at once at first; there can be more (number_take). */
#define FD_NUMBERS 64

struct process *process_find(const struct ioasim_system *system, int number)
{
	if (number < 0 || (unsigned)number >= system->processes)
		return NULL;
	return system->process[number];
}

static struct process *process_living(const struct ioasim_system *system, int number)
{
	struct process *process = process_find(system, number);

	return process && !process->dead ? process : NULL;
}

/* ---- Life ------------------------------------------------------------------------------- */

int ioasim_process_create(struct ioasim_system *system)
{
	struct process *process = calloc(1, sizeof(*process));
	struct process **grown;

	if (!process)
		return -ENOMEM;
	process->system = system;
	process->number = (int)system->processes;
	locked_init(process);
	LIST_INIT(&process->sva);
	grown = realloc(system->process, (system->processes + 1) * sizeof(struct process *));
	if (!grown || ids_init(&process->fd_numbers, 0, FD_NUMBERS)) {
		system->process = grown ? grown : system->process;
		free(process);
		return -ENOMEM;
	}
	system->process = grown;
	system->process[system->processes++] = process;
	if (system->config.cgroup_limit) {
		process->cgroup = ioasim_cgroup_create(NULL);
		if (!process->cgroup) {
			system->processes--;
			process_destroy(process);
			return -ENOMEM;
		}
		ioasim_cgroup_limit(process->cgroup, system->config.cgroup_limit);
	}
	return process->number;
}

void process_destroy(struct process *process)
{
	if (process->cgroup)
		(void)ioasim_cgroup_destroy(process->cgroup);
	interval_fini(&process->areas);
	ids_fini(&process->fd_numbers);
	free(process->fd);
	free(process);
}

static void areas_release(struct process *process)
{
	struct interval_place place;
	const struct interval *area;

	while ((area = interval_find(&process->areas, 0, 0, &place))) {
		frames_unmap(process->system, area->value,
			     (area->last - area->first + 1) >> PAGE_LG2);
		interval_remove(&process->areas, &place);
	}
}

int ioasim_process_exit(struct ioasim_system *system, int number)
{
	struct process *process = process_living(system, number);

	if (!process)
		return -ESRCH;
	system->calls++;
	process_close_all(process);
	process->dead = true;
	sva_release(process);
	checker_memory_changes(process, 0, UINT64_MAX);
	areas_release(process);
	return 0;
}

/* ---- Areas -------------------------------------------------------------------------------- */

const struct interval *process_area(const struct process *process, uint64_t address)
{
	struct interval_place place;
	const struct interval *area = interval_find(&process->areas, 0, address, &place);

	return area && area->first <= address ? area : NULL;
}

bool process_allows(const struct process *process, uint64_t first, uint64_t last, unsigned access)
{
	struct interval_place place;
	const struct interval *area = interval_find(&process->areas, 0, first, &place);

	for (; area && area->first <= first; area = interval_next(&process->areas, &place)) {
		if ((area->access & access) != access)
			return false;
		if (area->last >= last)
			return true;
		first = area->last + 1;
	}
	return false;
}

/* Whole pages that do not wrap. */
static bool range_good(uint64_t address, uint64_t length)
{
	return length && !(address % PAGE_SIZE) && !(length % PAGE_SIZE) &&
	       address <= UINT64_MAX - (length - 1);
}

/* An area ends in front of `address`, and one begins there. */
static int area_split(struct process *process, uint64_t address)
{
	struct interval_place place;
	struct interval *area = interval_find(&process->areas, 0, address, &place);
	struct interval rest;
	int error;

	if (!area || area->first >= address)
		return 0;
	rest = *area;
	rest.first = address;
	rest.value += address - area->first;
	area->last = address - 1;
	error = interval_insert(&process->areas, &rest);
	if (error) {
		area = interval_find(&process->areas, 0, address - 1, &place);
		area->last = rest.last;
	}
	return error;
}

static int areas_split(struct process *process, uint64_t first, uint64_t last)
{
	int error = area_split(process, first);

	return error || last == UINT64_MAX ? error : area_split(process, last + 1);
}

/* Removes [first, last], at whose ends areas end. */
static void areas_drop(struct process *process, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *area;

	while ((area = interval_find(&process->areas, 0, first, &place)) && area->first <= last) {
		frames_unmap(process->system, area->value,
			     (area->last - area->first + 1) >> PAGE_LG2);
		interval_remove(&process->areas, &place);
	}
}

static int area_add(struct process *process, struct interval *area)
{
	uint64_t got;
	int error = frames_take(process, area->first, (area->last - area->first + 1) >> PAGE_LG2,
				&area->value, &got);

	if (error)
		return error;
	area->last = area->first + (got << PAGE_LG2) - 1;
	error = interval_insert(&process->areas, area);
	if (error)
		frames_unmap(process->system, area->value, got);
	return error;
}

int ioasim_process_mmap(struct ioasim_system *system, int number, uint64_t address, uint64_t length,
			unsigned access)
{
	struct process *process = process_living(system, number);
	struct interval area = {.last = address - 1}; /* what is done so far */
	uint64_t last = address + length - 1;
	int error = 0;

	if (!process)
		return -ESRCH;
	if (system->real)
		return -EOPNOTSUPP;
	if (!range_good(address, length) || access & ~(unsigned)RIGHTS)
		return -EINVAL;
	if (!interval_is_free(&process->areas, 0, address, last))
		return -EEXIST;
	system->calls++;
	while (!error && area.last != last) {
		area = (struct interval){
			.first = area.last + 1, .last = last, .access = (uint8_t)access};
		error = area_add(process, &area);
	}
	if (error)
		areas_drop(process, address, last);
	return error;
}

/* An area for as much of [address, last] as a run of the file has on from `offset`; *last
 * becomes its last byte. */
static int file_area_add(struct process *process, const struct memory_file *file, uint64_t offset,
			 struct interval *area)
{
	struct interval_place place;
	const struct interval *run = interval_find(&file->runs, 0, offset, &place);
	int error;

	area->value = run->value + (offset - run->first);
	if (area->last - area->first > run->last - offset)
		area->last = area->first + (run->last - offset);
	error = interval_insert(&process->areas, area);
	if (!error)
		frames_map(process->system, area->value,
			   (area->last - area->first + 1) >> PAGE_LG2);
	return error;
}

/* Pages of the file, the last one whole. */
static bool file_has(const struct memory_file *file, uint64_t offset, uint64_t length)
{
	uint64_t pages = (file->size - 1) / PAGE_SIZE + 1;

	return !(offset % PAGE_SIZE) && offset >> PAGE_LG2 < pages &&
	       length >> PAGE_LG2 <= pages - (offset >> PAGE_LG2);
}

int ioasim_process_mmap_file(struct ioasim_system *system, int number, uint64_t address,
			     uint64_t length, unsigned access, int fd, uint64_t offset)
{
	struct process *process = process_living(system, number);
	struct interval area = {.last = address - 1}; /* what is done so far */
	uint64_t last = address + length - 1;
	const struct memory_file *file;
	int error;

	if (!process)
		return -ESRCH;
	file = memory_file_find(process, fd, &error);
	if (!file)
		return error;
	if (!range_good(address, length) || access & ~(unsigned)RIGHTS ||
	    !file_has(file, offset, length))
		return -EINVAL;
	if (!interval_is_free(&process->areas, 0, address, last))
		return -EEXIST;
	system->calls++;
	while (!error && area.last != last) {
		area = (struct interval){
			.first = area.last + 1, .last = last, .access = (uint8_t)access};
		error = file_area_add(process, file, offset + (area.first - address), &area);
	}
	if (error)
		areas_drop(process, address, last);
	return error;
}

/* What munmap and mprotect do first. */
static int range_prepare(struct process *process, uint64_t address, uint64_t length)
{
	int error;

	if (!process)
		return -ESRCH;
	if (!range_good(address, length))
		return -EINVAL;
	if (!process_allows(process, address, address + length - 1, 0))
		return -ENOENT;
	process->system->calls++;
	error = areas_split(process, address, address + length - 1);
	return error ? error : sva_invalidate(process, address, address + length - 1);
}

int ioasim_process_munmap(struct ioasim_system *system, int number, uint64_t address,
			  uint64_t length)
{
	struct process *process = process_living(system, number);
	int error = range_prepare(process, address, length);

	if (!error) {
		checker_memory_changes(process, address, address + length - 1);
		areas_drop(process, address, address + length - 1);
	}
	return error;
}

int ioasim_process_mprotect(struct ioasim_system *system, int number, uint64_t address,
			    uint64_t length, unsigned access)
{
	struct process *process = process_living(system, number);
	struct interval_place place;
	struct interval *area;
	int error = access & ~(unsigned)RIGHTS ? -EINVAL : range_prepare(process, address, length);

	if (error)
		return error;
	checker_memory_changes(process, address, address + length - 1);
	area = interval_find(&process->areas, 0, address, &place);
	for (; area && area->first <= address + length - 1;
	     area = interval_next(&process->areas, &place))
		area->access = (uint8_t)access;
	return 0;
}

/* ---- Loads and stores ---------------------------------------------------------------------- */

/* Where `address` lies, and how much of `length` goes on from there. */
static int place_of(const struct process *process, uint64_t address, size_t *length,
		    unsigned access, ioasim_pa_t *pa)
{
	const struct interval *area = process_area(process, address);

	if (!area || (area->access & access) != access)
		return -EFAULT;
	*pa = area->value + (address - area->first);
	if (*length && *length - 1 > area->last - address)
		*length = area->last - address + 1;
	return 0;
}

/* Nothing is done if a part is not there. */
static int range_check(const struct ioasim_system *system, int number, uint64_t address,
		       size_t length, unsigned access)
{
	const struct process *process = process_living(system, number);

	if (!process)
		return -ESRCH;
	if (length &&
	    (address > UINT64_MAX - (length - 1) ||
	     (!system->real && !process_allows(process, address, address + length - 1, access))))
		return -EFAULT;
	return 0;
}

int ioasim_process_read(struct ioasim_system *system, int number, uint64_t address, void *data,
			size_t length)
{
	int error = range_check(system, number, address, length, IOASIM_READ);
	unsigned char *to = data;

	if (!error && system->real)
		return ioasim_memory_read(system->memory, address, data, length);
	while (!error && length) {
		size_t part = length;
		ioasim_pa_t pa;

		error = place_of(system->process[number], address, &part, IOASIM_READ, &pa);
		if (!error)
			error = ioasim_memory_read(system->memory, pa, to, part);
		address += part;
		to += part;
		length -= part;
	}
	return error;
}

int ioasim_process_write(struct ioasim_system *system, int number, uint64_t address,
			 const void *data, size_t length)
{
	int error = range_check(system, number, address, length, IOASIM_WRITE);
	const unsigned char *from = data;

	if (!error && system->real) {
		checker_store(system, address, length);
		return ioasim_memory_write(system->memory, address, data, length);
	}
	while (!error && length) {
		size_t part = length;
		ioasim_pa_t pa;

		error = place_of(system->process[number], address, &part, IOASIM_WRITE, &pa);
		if (!error) {
			checker_store(system, pa, part);
			error = ioasim_memory_write(system->memory, pa, from, part);
		}
		address += part;
		from += part;
		length -= part;
	}
	return error;
}

int ioasim_process_page(const struct ioasim_system *system, int number, uint64_t address,
			ioasim_pa_t *pa)
{
	const struct process *process = process_living(system, number);
	size_t length = 0;

	return process ? place_of(process, address, &length, 0, pa) : -ESRCH;
}
