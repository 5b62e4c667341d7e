/* SPDX-License-Identifier: Apache-2.0 */
#include "model/uapi/frames.h"

#include "model/uapi/process.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Runs are aligned like their addresses for pages of up to 1 GiB. */
#define LARGEST_LG2 30

int frames_init(struct frames *frames, ioasim_pa_t base, uint64_t size)
{
	*frames = (struct frames){.base = base, .count = size >> PAGE_LG2};
	frames->frame = calloc(frames->count, sizeof(*frames->frame));
	return frames->frame ? 0 : -ENOMEM;
}

void frames_fini(struct frames *frames)
{
	free(frames->frame);
	interval_fini(&frames->free);
}

static uint64_t number_of(const struct frames *frames, ioasim_pa_t pa)
{
	return (pa - frames->base) >> PAGE_LG2;
}

struct frame *frame_at(const struct frames *frames, ioasim_pa_t pa)
{
	uint64_t number = number_of(frames, pa);

	return pa >= frames->base && number < frames->count ? &frames->frame[number] : NULL;
}

/* ---- Free extents --------------------------------------------------------------------- */

/* Frees [first, last], joined with its free neighbours. */
static int extent_add(struct frames *frames, uint64_t first, uint64_t last)
{
	struct interval extent = {.first = first, .last = last};
	struct interval_place place;
	const struct interval *near = interval_find(&frames->free, 0, last + 1, &place);

	if (near && near->first == last + 1) {
		extent.last = near->last;
		interval_remove(&frames->free, &place);
	}
	near = first ? interval_find(&frames->free, 0, first - 1, &place) : NULL;
	if (near && near->last == first - 1) {
		extent.first = near->first;
		interval_remove(&frames->free, &place);
	}
	return interval_insert(&frames->free, &extent);
}

/* Takes [first, last] out of the free extent that holds it. */
static int extent_cut(struct frames *frames, uint64_t first, uint64_t last)
{
	struct interval_place place;
	struct interval *extent = interval_find(&frames->free, 0, first, &place);
	struct interval rest = *extent;

	rest.first = last + 1;
	if (extent->first < first) {
		extent->last = first - 1;
		return rest.first <= rest.last ? interval_insert(&frames->free, &rest) : 0;
	}
	if (rest.first <= rest.last)
		extent->first = rest.first;
	else
		interval_remove(&frames->free, &place);
	return 0;
}

/* The first number from `from` on whose bus address has the low bits of `address`. */
static uint64_t aligned(const struct frames *frames, uint64_t from, uint64_t address, unsigned lg2)
{
	uint64_t mask = (UINT64_C(1) << (lg2 - PAGE_LG2)) - 1;
	uint64_t base = frames->base >> PAGE_LG2;

	return from + (((address >> PAGE_LG2) - base - from) & mask);
}

/* A free run of `count` frames, aligned so; the lowest. */
static bool run_find(const struct frames *frames, uint64_t address, uint64_t count, unsigned lg2,
		     uint64_t *start)
{
	struct interval_place place;
	const struct interval *extent = interval_find(&frames->free, 0, 0, &place);

	for (; extent; extent = interval_next(&frames->free, &place)) {
		*start = aligned(frames, extent->first, address, lg2);
		if (*start <= extent->last && extent->last - *start >= count - 1)
			return true;
	}
	*start = aligned(frames, frames->fresh, address, lg2);
	return *start < frames->count && frames->count - *start >= count;
}

/* Marks a run as taken; what was skipped of the fresh frames is free. */
static int run_take(struct frames *frames, uint64_t start, uint64_t count)
{
	uint64_t before = frames->fresh;
	int error = 0;

	if (start < before)
		return extent_cut(frames, start, start + count - 1);
	if (start > before)
		error = extent_add(frames, before, start - 1);
	if (!error)
		frames->fresh = start + count;
	return error;
}

/* ---- Giving out and taking back ---------------------------------------------------------- */

/* A page that reads as zero is left alone: writing it would cost host memory. */
static int frame_zero(struct ioasim_memory *memory, ioasim_pa_t pa)
{
	static const uint64_t zeroes[PAGE_SIZE / sizeof(uint64_t)];
	uint64_t page[PAGE_SIZE / sizeof(uint64_t)];
	int error = ioasim_memory_read(memory, pa, page, sizeof(page));

	if (error || memcmp(page, zeroes, sizeof(page)) == 0)
		return error;
	return ioasim_memory_write(memory, pa, zeroes, sizeof(zeroes));
}

static int frames_zero(struct ioasim_system *system, uint64_t start, uint64_t count)
{
	const struct frames *frames = &system->frames;
	int error = 0;

	/* Frames that nobody had yet read as zero. */
	for (uint64_t i = start; i < start + count && !error; i++)
		if (frames->frame[i].owner)
			error = frame_zero(system->memory, frames->base + (i << PAGE_LG2));
	return error;
}

/* The largest page that fits into the run. */
static unsigned alignment_lg2(uint64_t count)
{
	unsigned lg2 = PAGE_LG2 + 63 - (unsigned)__builtin_clzll(count);

	return lg2 < LARGEST_LG2 ? lg2 : LARGEST_LG2;
}

int frames_take(struct process *process, uint64_t address, uint64_t count, ioasim_pa_t *first,
		uint64_t *got)
{
	struct ioasim_system *system = process->system;
	struct frames *frames = &system->frames;
	uint64_t start;
	int error;

	while (!run_find(frames, address, count, alignment_lg2(count), &start) &&
	       !run_find(frames, address, count, PAGE_LG2, &start)) {
		if (count == 1)
			return -ENOMEM;
		count /= 2;
	}
	error = frames_zero(system, start, count);
	if (!error)
		error = run_take(frames, start, count);
	if (error)
		return error;
	for (uint64_t i = start; i < start + count; i++)
		frames->frame[i] = (struct frame){.mapped = 1,
						  .owner = (uint32_t)process->number + 1,
						  .given_at = system->calls};
	*first = frames->base + (start << PAGE_LG2);
	*got = count;
	return 0;
}

/* Gives back those of the run that nobody uses. A frame whose extent cannot be noted, as
 * there is no host memory, stays unused. */
static void release(struct ioasim_system *system, uint64_t start, uint64_t count)
{
	struct frames *frames = &system->frames;
	uint64_t end = start + count, run;

	for (uint64_t i = start; i < end; i++) {
		for (run = i; run < end; run++) {
			struct frame *frame = &frames->frame[run];

			if (frame->mapped || frame->pins)
				break;
			frame->released_at = system->calls;
		}
		if (run > i)
			(void)extent_add(frames, i, run - 1);
		i = run;
	}
}

void frames_map(struct ioasim_system *system, ioasim_pa_t first, uint64_t count)
{
	uint64_t start = number_of(&system->frames, first);

	for (uint64_t i = start; i < start + count; i++)
		system->frames.frame[i].mapped++;
}

void frames_unmap(struct ioasim_system *system, ioasim_pa_t first, uint64_t count)
{
	uint64_t start = number_of(&system->frames, first);

	for (uint64_t i = start; i < start + count; i++) {
		assert(system->frames.frame[i].mapped);
		system->frames.frame[i].mapped--;
	}
	release(system, start, count);
}

void frames_pin(struct ioasim_system *system, ioasim_pa_t first, uint64_t count)
{
	uint64_t start = number_of(&system->frames, first);

	if (system->real) /* who pinned them counts them */
		return;
	for (uint64_t i = start; i < start + count; i++)
		system->frames.frame[i].pins++;
}

void frames_unpin(struct ioasim_system *system, ioasim_pa_t first, uint64_t count)
{
	uint64_t start = number_of(&system->frames, first);

	if (system->real)
		return;
	for (uint64_t i = start; i < start + count; i++) {
		assert(system->frames.frame[i].pins);
		system->frames.frame[i].pins--;
	}
	release(system, start, count);
}
