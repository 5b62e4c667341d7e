/* SPDX-License-Identifier: Apache-2.0 */
#include "model/latency.h"

#include <stdbool.h>

#define HALF_LG2 (LATENCY_SUB_LG2 - 1)
#define HALF     (1u << HALF_LG2)

uint64_t latency_value(unsigned bucket)
{
	unsigned shift = bucket >> HALF_LG2;

	if (bucket >= LATENCY_BUCKETS)
		return UINT64_MAX;
	if (shift < 2)
		return bucket;
	return (uint64_t)(HALF + bucket % HALF) << (shift - 1);
}

uint64_t latency_percentile(const struct latency *latency, uint64_t millionths)
{
	const uint64_t million = 1000000;
	uint64_t wanted, seen = 0, value;

	if (!latency->total)
		return 0;
	if (millionths > million)
		millionths = million;
	wanted = (uint64_t)(((unsigned __int128)latency->total * millionths + million - 1) /
			    million);
	if (!wanted)
		wanted = 1;
	for (unsigned bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
		seen += latency->count[bucket];
		if (seen < wanted)
			continue;
		value = bucket + 1 < LATENCY_BUCKETS ? latency_value(bucket + 1) - 1 : UINT64_MAX;
		return value < latency->greatest ? value : latency->greatest;
	}
	return latency->greatest;
}

uint64_t latency_mean(const struct latency *latency)
{
	return latency->total ? (uint64_t)(latency->sum / latency->total) : 0;
}

/* True where a step begins: a value of at most three significant bits. */
static bool step_begins(unsigned bucket)
{
	uint64_t value = latency_value(bucket);
	unsigned low;

	if (bucket >= LATENCY_BUCKETS || value < 8)
		return true;
	low = 61u - (unsigned)__builtin_clzll(value);
	return value >> low << low == value;
}

uint64_t latency_step(const struct latency *latency, unsigned *bucket, uint64_t *below)
{
	uint64_t count = 0;

	while (!count && *bucket < LATENCY_BUCKETS) {
		do {
			count += latency->count[(*bucket)++];
		} while (!step_begins(*bucket));
	}
	*below = latency_value(*bucket);
	return count;
}
