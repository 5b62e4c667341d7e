/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's parameters of time: their defaults, and what contradicts what. Where each
 * default comes from, measured, derived or assumed, stands in docs/cost-model.md.
 */
#include "machine.h"

#include <errno.h>
#include <inttypes.h>

#define NS    1000u
#define LINES (1u << 24) /* 1 GiB */

const struct machine_timing machine_timing_default = {
	.model = MACHINE_SERIAL,
	.command_ps = 340 * NS,
	.events =
		{
			.arrival = TIMING_TRACE,
			.in_order = true,
			.issue_ps = 1 * NS,
			.lookup_ps =
				{
					[IOASIM_CACHE_DEVICE] = 1 * NS,
					[IOASIM_CACHE_PASID] = 1 * NS,
					[IOASIM_CACHE_STAGE1_WALK] = 1 * NS,
					[IOASIM_CACHE_STAGE2_WALK] = 1 * NS,
					[IOASIM_CACHE_STAGE2_TLB] = 1 * NS,
					[IOASIM_CACHE_IOTLB] = 1 * NS,
				},
			.walkers = 5,
			.pending = 64,
			.merge = true,
			.reference_ps = 85 * NS,
			.lines = {.ways = 8},
			.line_hit_ps = 20 * NS,
			.doorbell_ps = 100 * NS,
			.fetch_ps = 85 * NS,
			.execute_ps = 200 * NS,
			.drain = true,
			.wait = TIMING_POLL,
			.poll_ps = 40 * NS,
			.interrupt_ps = 2000 * NS,
			.ats_ps = 400 * NS,
			.atc_ps = 1000 * NS,
			.page_request_ps = 20000 * NS,
			.map_ps = 190 * NS,
			.unmap_ps = 140 * NS,
			.processors = 1,
		},
};

int machine_timing_check(const struct machine_timing *timing, char why[MACHINE_WHY_SIZE])
{
	const struct timing_config *events = &timing->events;
	const struct ioasim_cache_geometry *lines = &events->lines;
	const struct {
		const char *name;
		uint32_t value, least, most;
	} limits[] = {
		{"request.outstanding", events->outstanding, 0, TIMING_OUTSTANDING},
		{"walk.walkers", events->walkers, 1, TIMING_WALKERS},
		{"walk.pending", events->pending, 1, TIMING_PENDING},
		{"software.processors", events->processors, 1, TIMING_PROCESSORS},
		{"memory_cache.entries", lines->entries, 0, LINES},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (limits[i].value >= limits[i].least && limits[i].value <= limits[i].most)
			continue;
		snprintf(why, MACHINE_WHY_SIZE,
			 "timing.%s: %" PRIu32 " is not what was expected: %" PRIu32 " to %" PRIu32,
			 limits[i].name, limits[i].value, limits[i].least, limits[i].most);
		return -EINVAL;
	}
	if (events->arrival == TIMING_CLOSED && !events->outstanding) {
		snprintf(why, MACHINE_WHY_SIZE,
			 "timing.request.arrival: closed needs timing.request.outstanding, of at "
			 "least 1");
		return -EINVAL;
	}
	if (lines->ways && lines->entries % lines->ways) {
		snprintf(why, MACHINE_WHY_SIZE,
			 "timing.memory_cache: %" PRIu32 " entries are not a multiple of %" PRIu32
			 " ways",
			 lines->entries, lines->ways);
		return -EINVAL;
	}
	return 0;
}
