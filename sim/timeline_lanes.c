/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline_lanes.h"

#include <errno.h>
#include <stdlib.h>

int lanes_place(struct lanes *lanes, uint64_t start, uint64_t end)
{
	uint32_t lane = 0, room;
	uint64_t *bigger;

	while (lane < lanes->used && lanes->until[lane] > start)
		lane++;
	if (lane == LANES_MOST)
		return -ENOSPC;
	if (lane == lanes->room) {
		room = lanes->room ? lanes->room * 2 : 16;
		bigger = reallocarray(lanes->until, room, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		lanes->until = bigger;
		lanes->room = room;
	}
	if (lane == lanes->used)
		lanes->used++;
	lanes->until[lane] = end;
	return (int)lane;
}

void lanes_fini(struct lanes *lanes)
{
	free(lanes->until);
	*lanes = (struct lanes){.used = 0};
}

int ends_add(struct ends *ends, uint64_t time)
{
	size_t at, room;
	uint64_t *bigger;

	if (ends->count == ends->room) {
		room = ends->room ? ends->room * 2 : 64;
		bigger = reallocarray(ends->time, room, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		ends->time = bigger;
		ends->room = room;
	}
	for (at = ends->count++; at && ends->time[(at - 1) / 2] > time; at = (at - 1) / 2)
		ends->time[at] = ends->time[(at - 1) / 2];
	ends->time[at] = time;
	return 0;
}

uint64_t ends_take(struct ends *ends)
{
	uint64_t first = ends->time[0], last = ends->time[--ends->count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < ends->count) {
		if (child + 1 < ends->count && ends->time[child + 1] < ends->time[child])
			child++;
		if (ends->time[child] >= last)
			break;
		ends->time[at] = ends->time[child];
		at = child;
	}
	ends->time[at] = last;
	return first;
}

void ends_fini(struct ends *ends)
{
	free(ends->time);
	*ends = (struct ends){.count = 0};
}
