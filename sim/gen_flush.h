/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving addresses back, strictly (free at once) or lazily as Linux does
 * (drivers/iommu/dma-iommu.c): each CPU queues what it gives back, and addresses are free
 * again behind a flush, which happens when a queue of 256 is full, or 10 ms after the
 * first was queued.
 */
#ifndef SIM_GEN_FLUSH_H
#define SIM_GEN_FLUSH_H

#include "gen_iova.h"

struct gen_flush;

/* NULL: no memory. The allocator outlives it. */
struct gen_flush *gen_flush_create(struct gen_iova *iova, unsigned cpus);
void gen_flush_destroy(struct gen_flush *flush); /* takes NULL */

void gen_flush_put(struct gen_flush *flush, unsigned cpu, uint64_t address, uint64_t pages);
/* Time goes on. */
void gen_flush_tick(struct gen_flush *flush, uint64_t now_ns);

#endif
