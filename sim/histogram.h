/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A distribution of counts or times, by powers of two: bucket 0 is for 0, bucket n for
 * what is below 2^n and not in the one before. Zeroed it is empty. Percentiles of times
 * need finer ones: model/latency.h.
 */
#ifndef SIM_HISTOGRAM_H
#define SIM_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 65

struct histogram {
	uint64_t count, total, max; /* `total` is of the values; it stays at the top */
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_bucket(uint64_t value)
{
	return value ? 64u - (unsigned)__builtin_clzll(value) : 0;
}

static inline void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t count)
{
	uint64_t product;

	histogram->count += count;
	if (__builtin_mul_overflow(value, count, &product) ||
	    __builtin_add_overflow(histogram->total, product, &histogram->total))
		histogram->total = UINT64_MAX;
	if (count && value > histogram->max)
		histogram->max = value;
	histogram->bucket[histogram_bucket(value)] += count;
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram_add_many(histogram, value, 1);
}

#endif
