/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The invalidation queue (6.5.2): when descriptors are fetched, what is wrong
 * with the ring as such, errors. What a descriptor says is descriptors.c's.
 *
 * Execution is in order and at once, so a wait descriptor never waits and a
 * device-TLB invalidation never times out: ICE and ITE are not raised.
 */
#include "vtd/descriptors.h"
#include "vtd/registers.h"
#include "vtd/unit.h"

/* Of a ring of 4 KiB pages. */
#define PAGE_LG2 12

struct ring {
	uint64_t base;
	uint32_t size; /* bytes, a power of two */
	uint32_t step; /* bytes of a descriptor */
	uint32_t head, tail;
};

/* 6.5.2: conditions under which descriptors are fetched. */
static bool queue_ready(const struct vtd_unit *u)
{
	uint32_t status = vtd_reg32(u, VTD_FSTS);

	return field_get(VTD_GSTS_QIES, vtd_reg32(u, VTD_GSTS)) &&
	       !field_get(VTD_FSTS_IQE, status) && !field_get(VTD_FSTS_ITE, status);
}

static struct ring ring_get(const struct vtd_unit *u)
{
	uint64_t iqa = vtd_reg64(u, VTD_IQA);
	struct ring ring;

	ring.base = field_bits(VTD_IQA_IQA, iqa) & field_mask(u->features.haw - 1, 0);
	ring.size = UINT32_C(1) << (field_get(VTD_IQA_QS, iqa) + PAGE_LG2);
	ring.step = field_get(VTD_IQA_DW, iqa) ? 32 : 16;
	/* A ring that was made smaller or wider meanwhile: the head stays inside. */
	ring.head = vtd_reg32(u, VTD_IQH) & (ring.size - ring.step);
	ring.tail = (uint32_t)field_bits(VTD_IQT_QT, vtd_reg32(u, VTD_IQT));
	return ring;
}

/* 11.4.9.9, Table 26: what IQEI says about the ring, in the order of its causes. */
static unsigned ring_check(const struct vtd_unit *u, const struct ring *ring)
{
	const struct vtd_features *f = &u->features;
	bool wide = ring->step == 32;

	if (u->ttm == VTD_TTM_RESERVED)
		return VTD_IQEI_TTM;
	if (wide ? !f->smts && !f->adms : u->ttm != VTD_TTM_LEGACY)
		return VTD_IQEI_WIDTH;
	if (ring->tail % ring->step != 0)
		return VTD_IQEI_ALIGN;
	if (ring->tail >= ring->size)
		return VTD_IQEI_TAIL;
	return VTD_IQEI_NONE;
}

static void queue_error(struct vtd_unit *u, unsigned info)
{
	uint64_t record = vtd_reg64(u, VTD_IQERCD);

	field_set(&record, VTD_IQERCD_IQEI, info);
	vtd_reg64_set(u, VTD_IQERCD, record);
	vtd_event_status_set(u, VTD_EVENT_FAULT, (uint32_t)FIELD_MASK(VTD_FSTS_IQE));
}

/* Fetches and executes the descriptor at the head. */
static unsigned ring_step(struct vtd_unit *u, const struct ring *ring)
{
	uint64_t words[VTD_DESC_WORDS] = {0};
	unsigned count = ring->step / (unsigned)sizeof(words[0]);

	if (!mem_load_words(u->unit.memory, ring->base + ring->head, words, count))
		return VTD_IQEI_FETCH;
	u->unit.counters.command_fetches++;
	return vtd_descriptor_execute(u, words, count);
}

void vtd_queue_run(struct vtd_unit *u)
{
	struct ring ring;
	unsigned error;

	if (u->queue_running || !queue_ready(u))
		return;
	ring = ring_get(u);
	if (ring.head == ring.tail)
		return;
	u->queue_running = true;
	error = ring_check(u, &ring);
	/* Ends: the head goes round a ring of at most 2^15 and meets a tail inside. */
	while (!error && ring.head != ring.tail) {
		error = ring_step(u, &ring);
		if (!error)
			ring.head = (ring.head + ring.step) & (ring.size - 1);
	}
	vtd_reg64_set(u, VTD_IQH, ring.head);
	if (error)
		queue_error(u, error);
	u->queue_running = false;
}
