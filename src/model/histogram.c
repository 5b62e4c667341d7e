/* SPDX-License-Identifier: Apache-2.0 */
#include "model/histogram.h"

#include <stdbool.h>

#define HALF_LG2 (HISTOGRAM_SUB_LG2 - 1)
#define HALF     (1u << HALF_LG2)

uint64_t histogram_value(unsigned bucket)
{
	unsigned shift = bucket >> HALF_LG2;

	if (bucket >= HISTOGRAM_BUCKETS)
		return UINT64_MAX;
	if (shift < 2)
		return bucket;
	return (uint64_t)(HALF + bucket % HALF) << (shift - 1);
}

uint64_t histogram_percentile(const struct histogram *histogram, uint64_t millionths)
{
	const uint64_t million = 1000000;
	uint64_t wanted, seen = 0, value;

	if (!histogram->total)
		return 0;
	if (millionths > million)
		millionths = million;
	wanted = (uint64_t)(((unsigned __int128)histogram->total * millionths + million - 1) /
			    million);
	if (!wanted)
		wanted = 1;
	for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		seen += histogram->count[bucket];
		if (seen < wanted)
			continue;
		value = bucket + 1 < HISTOGRAM_BUCKETS ? histogram_value(bucket + 1) - 1
						       : UINT64_MAX;
		return value < histogram->greatest ? value : histogram->greatest;
	}
	return histogram->greatest;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
	return histogram->total ? (uint64_t)(histogram->sum / histogram->total) : 0;
}

/* True where a step begins: a value of at most three significant bits. */
static bool step_begins(unsigned bucket)
{
	uint64_t value = histogram_value(bucket);
	unsigned low;

	if (bucket >= HISTOGRAM_BUCKETS || value < 8)
		return true;
	low = 61u - (unsigned)__builtin_clzll(value);
	return value >> low << low == value;
}

uint64_t histogram_step(const struct histogram *histogram, unsigned *bucket, uint64_t *below)
{
	uint64_t count = 0;

	while (!count && *bucket < HISTOGRAM_BUCKETS) {
		do {
			count += histogram->count[(*bucket)++];
		} while (!step_begins(*bucket));
	}
	*below = histogram_value(*bucket);
	return count;
}
