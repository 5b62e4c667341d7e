/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command buffer (2.4): when commands are fetched, and what stops them. What a
 * command says is commands.c's.
 *
 * Execution is in order and at once, so COMPLETION_WAIT never waits and an
 * INVALIDATE_IOTLB_PAGES never times out: IOTLB_INV_TIMEOUT is not raised.
 */
#include "amdvi/commands.h"
#include "amdvi/registers.h"
#include "amdvi/rings.h"
#include "model/ring.h"

static void command_fault(struct amdvi_unit *u, enum amdvi_event event, uint64_t address)
{
	const struct amdvi_fault_info info = {.event = (uint8_t)event, .address = address};
	struct ioasim_fault fault;

	amdvi_fault(u, &info, &fault);
}

/*
 * Fetches and executes the command at the head. The head passes a command as soon as
 * it is fetched, so that of an illegal one too. False: the buffer stops.
 */
static bool ring_step(struct amdvi_unit *u, struct amdvi_ring *ring)
{
	uint64_t address = ring->base + ring->head;
	uint64_t words[AMDVI_ENTRY_WORDS];
	uint64_t store;

	if (!mem_load_words(u->unit.memory, address, words, AMDVI_ENTRY_WORDS)) {
		command_fault(u, AMDVI_COMMAND_HARDWARE_ERROR, address);
		return false;
	}
	u->unit.counters.command_fetches++;
	ring->head = (uint32_t)ring_next(ring->head, AMDVI_ENTRY_SIZE, ring->size);
	switch (amdvi_command_execute(u, words, &store)) {
	case AMDVI_COMMAND_DONE:
		return true;
	case AMDVI_COMMAND_ILLEGAL:
		command_fault(u, AMDVI_ILLEGAL_COMMAND_ERROR, address);
		break;
	case AMDVI_COMMAND_STORE_FAILED:
		command_fault(u, AMDVI_COMMAND_HARDWARE_ERROR, store);
		break;
	}
	return false;
}

void amdvi_queue_run(struct amdvi_unit *u)
{
	struct amdvi_ring ring;
	bool good = true;

	if (u->queue_running || !amdvi_ring_running(u, AMDVI_COMMAND_BUFFER))
		return;
	ring = amdvi_ring_get(u, AMDVI_COMMAND_BUFFER);
	if (ring.head == ring.tail)
		return;
	u->queue_running = true;
	/* Ends: the head goes round a ring of at most 2^15 and meets a tail inside. */
	while (good && ring.head != ring.tail)
		good = ring_step(u, &ring);
	amdvi_reg64_set(u, AMDVI_CMD_HEAD, ring.head);
	if (!good)
		amdvi_ring_stop(u, AMDVI_COMMAND_BUFFER);
	u->queue_running = false;
}
