/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I/O virtual addresses as Linux gives them out (drivers/iommu/iova.c and dma-iommu.c,
 * as of 6.6): downwards from 4 GiB and only when that is full from the top of the
 * device's reach, aligned to their size, through caches of each CPU.
 *
 * Freed ranges of 1 to 32 pages go to magazines of 127, two for each CPU and power of
 * two; full ones to a depot, from which a worker takes one back each 100 ms while it
 * has more than there are CPUs. Larger ranges, and what no magazine has, are searched in
 * the order of addresses from where the last search ended.
 */
#ifndef SIM_GEN_IOVA_H
#define SIM_GEN_IOVA_H

#include <stdbool.h>
#include <stdint.h>

#define GEN_IOVA_PAGE_LG2 12

/* Pages of the largest range that magazines keep. */
#define GEN_IOVA_CACHED_MAX 32

struct gen_iova;

struct gen_iova_config {
	unsigned cpus; /* from 1 */
	unsigned address_bits; /* the device's reach: 32 to 57 */
	bool no_caches; /* every range is searched and given back at once */
};

/* What happened. */
struct gen_iova_stats {
	uint64_t allocations;
	uint64_t cached; /* of these out of a magazine */
	uint64_t depot_gets, depot_puts; /* magazines */
	uint64_t searched; /* ranges passed over by searches */
	uint64_t above_4g; /* ranges given out there */
};

/* NULL: no memory. */
struct gen_iova *gen_iova_create(const struct gen_iova_config *config);
void gen_iova_destroy(struct gen_iova *iova); /* takes NULL */

/* Takes [first, last] out for good; nothing must have been given out of it. -ENOMEM. */
int gen_iova_reserve(struct gen_iova *iova, uint64_t first, uint64_t last);

/* A range of `pages` pages (from 1) for a CPU. -ENOSPC: there is none. -ENOMEM. */
int gen_iova_get(struct gen_iova *iova, unsigned cpu, uint64_t pages, uint64_t *address);
/* Gives a range back, with the size that it was asked for. */
void gen_iova_put(struct gen_iova *iova, unsigned cpu, uint64_t address, uint64_t pages);

/* Time goes on: the worker of the depots. */
void gen_iova_tick(struct gen_iova *iova, uint64_t now_ns);

const struct gen_iova_stats *gen_iova_stats(const struct gen_iova *iova);

#endif
