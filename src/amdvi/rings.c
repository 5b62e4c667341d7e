/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings (3.3): one table names the registers and bits of each, the rest is the same
 * for all. A ring whose length is reserved (below 256 entries) never runs. Pointers
 * beyond a ring's size are cut to it.
 */
#include "amdvi/rings.h"
#include "amdvi/registers.h"
#include "model/ring.h"

/* Fields of one bit, as masks of Control and Status. */
struct ring_registers {
	uint32_t base, head, tail;
	uint64_t enable; /* Control */
	uint32_t run; /* Status */
	uint32_t overflow, interrupt; /* Status; logs only */
};

#define STATUS(...) ((uint32_t)FIELD_MASK(__VA_ARGS__))

static const struct ring_registers rings[AMDVI_RINGS] = {
	[AMDVI_COMMAND_BUFFER] =
		{
			.base = AMDVI_CMD_BASE,
			.head = AMDVI_CMD_HEAD,
			.tail = AMDVI_CMD_TAIL,
			.enable = FIELD_MASK(AMDVI_CONTROL_CMD_BUF_EN),
			.run = STATUS(AMDVI_STATUS_CMD_BUF_RUN),
		},
	[AMDVI_EVENT_LOG] =
		{
			.base = AMDVI_EVENT_BASE,
			.head = AMDVI_EVENT_HEAD,
			.tail = AMDVI_EVENT_TAIL,
			.enable = FIELD_MASK(AMDVI_CONTROL_EVENT_LOG_EN),
			.run = STATUS(AMDVI_STATUS_EVENT_LOG_RUN),
			.overflow = STATUS(AMDVI_STATUS_EVENT_OVERFLOW),
			.interrupt = STATUS(AMDVI_STATUS_EVENT_LOG_INT),
		},
	[AMDVI_PPR_LOG] =
		{
			.base = AMDVI_PPR_BASE,
			.head = AMDVI_PPR_HEAD,
			.tail = AMDVI_PPR_TAIL,
			.enable = FIELD_MASK(AMDVI_CONTROL_PPR_LOG_EN),
			.run = STATUS(AMDVI_STATUS_PPR_LOG_RUN),
			.overflow = STATUS(AMDVI_STATUS_PPR_OVERFLOW),
			.interrupt = STATUS(AMDVI_STATUS_PPR_INT),
		},
};

struct amdvi_ring amdvi_ring_get(const struct amdvi_unit *u, enum amdvi_ring_kind kind)
{
	const struct ring_registers *r = &rings[kind];
	uint64_t base = amdvi_reg64(u, r->base);
	struct amdvi_ring ring;

	ring.base = field_bits(AMDVI_RING_BASE, base);
	ring.size = (uint32_t)AMDVI_ENTRY_SIZE << field_get(AMDVI_RING_LEN, base);
	ring.head = amdvi_reg32(u, r->head) & (ring.size - AMDVI_ENTRY_SIZE);
	ring.tail = amdvi_reg32(u, r->tail) & (ring.size - AMDVI_ENTRY_SIZE);
	return ring;
}

bool amdvi_ring_running(const struct amdvi_unit *u, enum amdvi_ring_kind kind)
{
	return amdvi_reg32(u, AMDVI_STATUS) & rings[kind].run;
}

void amdvi_ring_restart(struct amdvi_unit *u, enum amdvi_ring_kind kind)
{
	amdvi_reg64_set(u, rings[kind].head, 0);
	amdvi_reg64_set(u, rings[kind].tail, 0);
}

void amdvi_ring_stop(struct amdvi_unit *u, enum amdvi_ring_kind kind)
{
	u->stopped[kind] = true;
	amdvi_reg32_set(u, AMDVI_STATUS, amdvi_reg32(u, AMDVI_STATUS) & ~rings[kind].run);
}

void amdvi_rings_update(struct amdvi_unit *u)
{
	uint64_t control = amdvi_reg64(u, AMDVI_CONTROL);
	uint32_t status = amdvi_reg32(u, AMDVI_STATUS);

	for (unsigned kind = 0; kind < AMDVI_RINGS; kind++) {
		const struct ring_registers *r = &rings[kind];
		uint64_t length = field_get(AMDVI_RING_LEN, amdvi_reg64(u, r->base));

		if (!(control & r->enable))
			u->stopped[kind] = false;
		if ((control & r->enable) && u->enabled && !u->stopped[kind] &&
		    length >= AMDVI_RING_LEN_MIN)
			status |= r->run;
		else
			status &= ~r->run;
	}
	amdvi_reg32_set(u, AMDVI_STATUS, status);
}

enum amdvi_append amdvi_log_append(struct amdvi_unit *u, enum amdvi_ring_kind kind,
				   const uint64_t entry[AMDVI_ENTRY_WORDS])
{
	const struct ioasim_unit_config *config = &u->unit.config;
	const struct ring_registers *r = &rings[kind];
	struct amdvi_ring ring;
	uint64_t pa;

	/* 2.5: nothing is written while the overflow bit stands. */
	if (!amdvi_ring_running(u, kind) || (amdvi_reg32(u, AMDVI_STATUS) & r->overflow))
		return AMDVI_APPEND_OFF;
	ring = amdvi_ring_get(u, kind);
	if (ring_full(ring.head, ring.tail, AMDVI_ENTRY_SIZE, ring.size))
		return AMDVI_APPEND_FULL;
	pa = ring.base + ring.tail;
	if (!mem_store(u->unit.memory, pa, entry, AMDVI_ENTRY_SIZE))
		return AMDVI_APPEND_LOST;
	if (config->callbacks.stored)
		config->callbacks.stored(config->opaque, pa, entry, AMDVI_ENTRY_SIZE);
	amdvi_reg64_set(u, r->tail, ring_next(ring.tail, AMDVI_ENTRY_SIZE, ring.size));
	amdvi_status_set(u, r->interrupt);
	return AMDVI_APPEND_STORED;
}

void amdvi_log_overflow(struct amdvi_unit *u, enum amdvi_ring_kind kind)
{
	amdvi_ring_stop(u, kind);
	amdvi_status_set(u, rings[kind].overflow);
}
