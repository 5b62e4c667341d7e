/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three queues as rings of index and wrap bit (3.5.1): what their registers say,
 * and how the unit adds an entry to one of those that it writes.
 */
#ifndef SMMUV3_RINGS_H
#define SMMUV3_RINGS_H

#include "model/field.h"
#include "model/ring.h"
#include "smmuv3/unit.h"

enum smmu_queue { SMMU_CMDQ, SMMU_EVENTQ, SMMU_PRIQ };

struct smmu_ring {
	uint64_t base; /* aligned to the ring's size */
	uint32_t producer, consumer; /* index and wrap bit */
	uint8_t lg2; /* entries, as used */
	uint8_t entry_lg2; /* bytes */
};

struct smmu_ring smmu_ring_get(const struct smmu_unit *u, enum smmu_queue queue);

/* Stores `entry` behind the last and moves the producer, whose other fields stay; the
 * ring has room. False: the write aborts, and nothing has changed (7.2.2, synchronous). */
bool smmu_ring_append(struct smmu_unit *u, enum smmu_queue queue, const uint64_t *entry);

/* Addresses of registers reach up to the output size; bits below `low` are 0. */
static inline uint64_t smmu_address_cut(const struct smmu_unit *u, uint64_t address, unsigned low)
{
	return address & field_mask(u->features.oas - 1, low);
}

static inline uint64_t smmu_ring_entry(const struct smmu_ring *ring, uint32_t index)
{
	return ring->base + ((uint64_t)ring_wrap_index(index, ring->lg2) << ring->entry_lg2);
}

/* No room. Indices that contradict each other leave none either. */
static inline bool smmu_ring_full(const struct smmu_ring *ring)
{
	return ring_wrap_count(ring->consumer, ring->producer, ring->lg2) >= UINT32_C(1)
										     << ring->lg2;
}

#endif
