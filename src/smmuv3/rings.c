/* SPDX-License-Identifier: Apache-2.0 */
/* Queue registers taken apart, and entries stored. */
#include "smmuv3/rings.h"

#include "smmuv3/registers.h"

/* 6.3.26: bases are aligned to 32 bytes and to the size of the ring. */
#define RING_ALIGN_LG2 5

struct ring_registers {
	uint32_t base, producer, consumer;
	uint8_t entry_lg2;
};

static const struct ring_registers rings[] = {
	[SMMU_CMDQ] = {SMMU_CMDQ_BASE, SMMU_CMDQ_PROD, SMMU_CMDQ_CONS, 4},
	[SMMU_EVENTQ] = {SMMU_EVENTQ_BASE, SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS, 5},
	[SMMU_PRIQ] = {SMMU_PRIQ_BASE, SMMU_PRIQ_PROD, SMMU_PRIQ_CONS, 4},
};

static unsigned largest_lg2(const struct smmu_unit *u, enum smmu_queue queue)
{
	switch (queue) {
	case SMMU_CMDQ:
		return u->features.cmdq_lg2;
	case SMMU_EVENTQ:
		return u->features.eventq_lg2;
	case SMMU_PRIQ:
		break;
	}
	return u->features.priq_lg2;
}

struct smmu_ring smmu_ring_get(const struct smmu_unit *u, enum smmu_queue queue)
{
	const struct ring_registers *r = &rings[queue];
	uint64_t base = smmu_reg64(u, r->base);
	unsigned lg2 = (unsigned)field_get(SMMU_QUEUE_BASE_LOG2SIZE, base);
	unsigned most = largest_lg2(u, queue);
	struct smmu_ring ring = {.entry_lg2 = r->entry_lg2};
	unsigned size_lg2;

	/* 6.3.26: a size above the unit's largest is used as if it were that. */
	ring.lg2 = (uint8_t)(lg2 < most ? lg2 : most);
	size_lg2 = ring.lg2 + (unsigned)ring.entry_lg2;
	ring.base = smmu_address_cut(u, field_bits(SMMU_QUEUE_BASE_ADDR, base),
				     size_lg2 < RING_ALIGN_LG2 ? RING_ALIGN_LG2 : size_lg2);
	ring.producer = ring_wrap_bits(smmu_reg32(u, r->producer), ring.lg2);
	ring.consumer = ring_wrap_bits(smmu_reg32(u, r->consumer), ring.lg2);
	return ring;
}

bool smmu_ring_append(struct smmu_unit *u, enum smmu_queue queue, const uint64_t *entry)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	struct smmu_ring ring = smmu_ring_get(u, queue);
	uint64_t address = smmu_ring_entry(&ring, ring.producer);
	unsigned size = 1u << ring.entry_lg2;
	uint64_t word;

	if (!mem_store(u->unit.memory, address, entry, size))
		return false;
	if (config->callbacks.stored)
		config->callbacks.stored(config->opaque, address, entry, size);
	/* WR has the same place in the producers of both queues. */
	word = smmu_reg32(u, rings[queue].producer);
	field_set(&word, SMMU_EVENTQ_PROD_WR, ring_wrap_next(ring.producer, ring.lg2));
	smmu_reg32_set(u, rings[queue].producer, (uint32_t)word);
	return true;
}
