/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue (3.5, 4.1, 7.1): when commands are fetched, and what stops them. What
 * a command says is commands.c's.
 *
 * Execution is in order and at once, so a CMD_SYNC never waits and a CMD_ATC_INV never
 * times out: CERROR_ATC_INV_SYNC is not raised.
 */
#include "smmuv3/commands.h"
#include "smmuv3/registers.h"
#include "smmuv3/rings.h"

#define CMDQ_ERR ((uint32_t)FIELD_MASK(SMMU_GERROR_CMDQ_ERR))

/* 4.1.2 */
static bool queue_ready(const struct smmu_unit *u)
{
	return field_get(SMMU_CR0_CMDQEN, smmu_reg32(u, SMMU_CR0ACK)) &&
	       !smmu_gerror_active(u, CMDQ_ERR);
}

/* Fetches and executes the command at the consumer's index, which passes it if it is
 * done (7.1: it stays at one that is in error). */
static unsigned ring_step(struct smmu_unit *u, struct smmu_ring *ring)
{
	uint64_t words[SMMU_CMD_WORDS];
	unsigned error;

	if (!mem_load_words(u->unit.memory, smmu_ring_entry(ring, ring->consumer), words,
			    SMMU_CMD_WORDS))
		return SMMU_CERROR_ABT;
	u->unit.counters.command_fetches++;
	error = smmu_command_execute(u, words);
	if (!error)
		ring->consumer = ring_wrap_next(ring->consumer, ring->lg2);
	return error;
}

static void consumer_set(struct smmu_unit *u, uint32_t consumer, unsigned error)
{
	uint64_t word = smmu_reg32(u, SMMU_CMDQ_CONS);

	field_set(&word, SMMU_CMDQ_CONS_RD, consumer);
	/* ERR means nothing without an error: it keeps its last value. */
	if (error)
		field_set(&word, SMMU_CMDQ_CONS_ERR, error);
	smmu_reg32_set(u, SMMU_CMDQ_CONS, (uint32_t)word);
}

void smmu_queue_run(struct smmu_unit *u)
{
	unsigned error = SMMU_CERROR_NONE;
	struct smmu_ring ring;

	if (u->queue_running || !queue_ready(u))
		return;
	ring = smmu_ring_get(u, SMMU_CMDQ);
	if (ring.consumer == ring.producer)
		return;
	u->queue_running = true;
	/* Ends: the consumer goes through all indices and wrap bits of a ring of at most
	 * 2^19 and meets the producer, which is one of them. */
	while (!error && ring.consumer != ring.producer)
		error = ring_step(u, &ring);
	consumer_set(u, ring.consumer, error);
	if (error)
		smmu_gerror(u, CMDQ_ERR);
	u->queue_running = false;
}
