/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DMA API of a kernel, as the drivers in the generators use it: addresses out of an
 * allocator, maps and unmaps into the trace. One for each device and its domain.
 */
#ifndef SIM_GEN_DMA_H
#define SIM_GEN_DMA_H

#include "gen.h"
#include "gen_flush.h"

struct gen_dma_config {
	uint32_t rid;
	unsigned cpus;
	unsigned address_bits; /* of addresses given out */
	bool lazy; /* addresses are free behind a flush only */
	bool no_caches; /* of addresses */
};

struct gen_dma_api {
	struct gen *gen;
	struct gen_iova *iova;
	struct gen_flush *flush; /* NULL: strict */
	uint32_t rid, domain;
};

/* Makes device and domain known and attaches it. Failures stand in gen->failed. */
void gen_dma_start(struct gen_dma_api *api, struct gen *gen, const struct gen_dma_config *config);

/* Memory that a device may reach. */
struct gen_buffer {
	uint64_t iova, pa;
	uint64_t bytes; /* of the mapping: whole pages */
};

/* Memory for both sides, mapped for good: rings. */
struct gen_buffer gen_dma_coherent(struct gen_dma_api *api, uint64_t bytes);

/* Frames for `bytes` (in one piece) mapped with rights, and given back. */
struct gen_buffer gen_dma_map(struct gen_dma_api *api, unsigned cpu, uint64_t bytes,
			      unsigned access);
void gen_dma_unmap(struct gen_dma_api *api, unsigned cpu, const struct gen_buffer *buffer);

/* An address range alone, whose parts the caller maps; unmapped as a whole. */
uint64_t gen_dma_range(struct gen_dma_api *api, unsigned cpu, uint64_t bytes);
void gen_dma_range_put(struct gen_dma_api *api, unsigned cpu, uint64_t iova, uint64_t bytes);

/* The device's access to a part of a buffer. */
void gen_dma_access(struct gen_dma_api *api, const struct gen_buffer *buffer, uint64_t offset,
		    uint64_t length, unsigned access);

/* Entries of a ring: [first, first + count) of `entry` bytes each; it may wrap. */
struct gen_ring_part {
	uint64_t entries; /* of the ring */
	uint64_t entry; /* bytes */
	uint64_t first, count;
};
void gen_dma_ring(struct gen_dma_api *api, const struct gen_buffer *ring,
		  const struct gen_ring_part *part, unsigned access);

#endif
