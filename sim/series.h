/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened when, in at most SERIES_SLICES equal slices of simulated time. A slice is
 * a power of two nanoseconds wide; when time goes on beyond the last one, slices are put
 * together in pairs. The memory is that of one series, however long it gets.
 */
#ifndef SIM_SERIES_H
#define SIM_SERIES_H

#include <stdint.h>

#define SERIES_SLICES 256u

enum series_count {
	SERIES_REQUESTS,
	SERIES_IOTLB_MISSES,
	SERIES_REFERENCES,
	SERIES_COMMANDS,
	SERIES_REMOVED,
	SERIES_STALE_ACCESSES,
	SERIES_COUNTS
};

struct series {
	unsigned width_lg2; /* of a slice, ns */
	unsigned used; /* slices up to the last one with anything in it */
	uint64_t slice[SERIES_SLICES][SERIES_COUNTS];
};

/* The slice of a time, in which something is going to be counted. */
uint64_t *series_at(struct series *series, uint64_t time_ps);

#endif
