/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms of durations in HdrHistogram's layout with two significant figures: 256
 * buckets of one unit, then 128 for every further power of two, so that a bucket is
 * never wider than 1/128 of the values in it. All 64-bit values have a place; adding one
 * is a few instructions and no allocation. Sum, least and greatest value are exact.
 */
#ifndef MODEL_LATENCY_H
#define MODEL_LATENCY_H

#include <stdint.h>

#define LATENCY_SUB_LG2 8u
#define LATENCY_BUCKETS ((64u - LATENCY_SUB_LG2 + 2u) << (LATENCY_SUB_LG2 - 1))

struct latency {
	uint64_t total; /* values */
	uint64_t least, greatest; /* meaningful if total is not 0 */
	unsigned __int128 sum;
	uint64_t count[LATENCY_BUCKETS];
};

/* The bucket of a value. */
static inline unsigned latency_bucket(uint64_t value)
{
	const uint64_t units = (UINT64_C(1) << LATENCY_SUB_LG2) - 1;
	unsigned shift = 63u - LATENCY_SUB_LG2 + 1u - (unsigned)__builtin_clzll(value | units);

	/* The upper half of the sub-buckets: the lower one is that of the power below. */
	return (shift << (LATENCY_SUB_LG2 - 1)) + (unsigned)(value >> shift);
}

static inline void latency_add(struct latency *latency, uint64_t value)
{
	if (!latency->total || value < latency->least)
		latency->least = value;
	if (value > latency->greatest)
		latency->greatest = value;
	latency->total++;
	latency->sum += value;
	latency->count[latency_bucket(value)]++;
}

/* The least value of a bucket; LATENCY_BUCKETS: the greatest of all. */
uint64_t latency_value(unsigned bucket);

/*
 * The value that `millionths` of all values do not exceed, as HdrHistogram has it: the
 * greatest value of the bucket in which that part ends, but no more than the greatest
 * value added. 0 if there is none. millionths: 0 to 1,000,000.
 */
uint64_t latency_percentile(const struct latency *latency, uint64_t millionths);

/* Sum / total, rounded down; 0 if there is none. */
uint64_t latency_mean(const struct latency *latency);

/*
 * Coarser steps for people and pictures, four for each power of two. Starts with *bucket
 * 0; each call gives the next step that is not empty: how many values lie in it, and
 * `*below`, the first value behind it. 0: there are no more.
 */
uint64_t latency_step(const struct latency *latency, unsigned *bucket, uint64_t *below);

#endif
