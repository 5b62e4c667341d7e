/* SPDX-License-Identifier: Apache-2.0 */
#include "model/uapi/memory_file.h"

#include "model/uapi/descriptor.h"
#include "model/uapi/frames.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Life ------------------------------------------------------------------------------- */

void memory_file_put(struct memory_file *file)
{
	struct interval_place place;
	const struct interval *run;

	if (--file->refs)
		return;
	while ((run = interval_find(&file->runs, 0, 0, &place))) {
		frames_unmap(file->system, run->value, (run->last - run->first + 1) >> PAGE_LG2);
		interval_remove(&file->runs, &place);
	}
	interval_fini(&file->runs);
	free(file);
}

/* Frames for the offsets from `first` on; *first becomes the one behind them. */
static int run_add(struct memory_file *file, struct process *process, uint64_t *first,
		   uint64_t count)
{
	struct interval run = {.first = *first};
	uint64_t got;
	int error = frames_take(process, *first, count, &run.value, &got);

	if (error)
		return error;
	run.last = run.first + (got << PAGE_LG2) - 1;
	error = interval_insert(&file->runs, &run);
	if (error)
		frames_unmap(process->system, run.value, got);
	*first = run.last + 1;
	return error;
}

static int file_fill(struct memory_file *file, struct process *process, uint64_t count)
{
	uint64_t at = 0;
	int error = 0;

	while (!error && at >> PAGE_LG2 < count)
		error = run_add(file, process, &at, count - (at >> PAGE_LG2));
	return error;
}

static int file_create(struct process *process, uint64_t size, struct memory_file **out)
{
	uint64_t count = (size - 1) / PAGE_SIZE + 1;
	struct memory_file *file;
	int error;

	if (count > process->system->frames.count)
		return -ENOMEM;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	*file = (struct memory_file){.system = process->system, .refs = 1, .size = size};
	error = file_fill(file, process, count);
	if (error)
		memory_file_put(file);
	else
		*out = file;
	return error;
}

int ioasim_open_file(struct ioasim_system *system, int number, uint64_t size)
{
	struct process *process = process_find(system, number);
	struct fd opened = {.kind = IOASIM_FD_FILE};
	int error;

	if (!process || process->dead)
		return -ESRCH;
	if (system->real)
		return -EOPNOTSUPP;
	if (!size)
		return -EINVAL;
	system->calls++;
	error = file_create(process, size, &opened.file);
	if (error)
		return error;
	error = fd_open(process, &opened);
	if (error < 0)
		memory_file_put(opened.file);
	return error;
}

struct memory_file *memory_file_find(const struct process *process, int number, int *error)
{
	const struct fd *fd = fd_find(process, number);

	*error = !fd ? -EBADF : fd->kind != IOASIM_FD_FILE ? -EINVAL : 0;
	return *error ? NULL : fd->file;
}
