/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts (3.18) and global errors (7.5). All sources are edges: nothing is kept
 * pending, and what happened while a source was disabled is never told. Every edge sends
 * its own message. There are no wired interrupts: nobody could see them.
 *
 * A message is a write to memory. One whose address no window of memory has is for the
 * interrupt callback alone, as a doorbell is; one that memory refuses is an error.
 */
#include "smmuv3/registers.h"
#include "smmuv3/rings.h"
#include "smmuv3/unit.h"

#include <errno.h>

#define MASK32(...) ((uint32_t)FIELD_MASK(__VA_ARGS__))

struct source {
	uint32_t enable; /* in IRQ_CTRLACK */
	uint32_t address, data;
	uint32_t abort_error;
};

static const struct source sources[] = {
	[SMMU_IRQ_EVENTQ] = {MASK32(SMMU_IRQ_CTRL_EVENTQ_IRQEN), SMMU_EVENTQ_IRQ_CFG0,
			     SMMU_EVENTQ_IRQ_CFG1, MASK32(SMMU_GERROR_MSI_EVENTQ_ABT_ERR)},
	[SMMU_IRQ_PRIQ] = {MASK32(SMMU_IRQ_CTRL_PRIQ_IRQEN), SMMU_PRIQ_IRQ_CFG0, SMMU_PRIQ_IRQ_CFG1,
			   MASK32(SMMU_GERROR_MSI_PRIQ_ABT_ERR)},
	[SMMU_IRQ_GERROR] = {MASK32(SMMU_IRQ_CTRL_GERROR_IRQEN), SMMU_GERROR_IRQ_CFG0,
			     SMMU_GERROR_IRQ_CFG1, MASK32(SMMU_GERROR_MSI_GERROR_ABT_ERR)},
};

/* No window of memory is there. Asked only after a store has failed. */
static bool doorbell(const struct smmu_unit *u, uint64_t address)
{
	uint32_t unused;

	return ioasim_memory_read(u->unit.memory, address, &unused, sizeof(unused)) == -EFAULT;
}

void smmu_message(struct smmu_unit *u, uint64_t address, uint32_t data, uint32_t abort_error)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	if (mem_store(u->unit.memory, address, &data, sizeof(data))) {
		if (config->callbacks.stored)
			config->callbacks.stored(config->opaque, address, &data, sizeof(data));
	} else if (!doorbell(u, address)) {
		smmu_gerror(u, abort_error);
		return;
	}
	u->unit.counters.interrupts++;
	if (config->callbacks.interrupt)
		config->callbacks.interrupt(config->opaque, address, data);
}

void smmu_interrupt(struct smmu_unit *u, enum smmu_interrupt source)
{
	const struct source *s = &sources[source];
	uint64_t address =
		smmu_address_cut(u, field_bits(SMMU_IRQ_CFG0_ADDR, smmu_reg64(u, s->address)), 0);

	/* Without MSI the address is reserved and 0. */
	if (address && (smmu_reg32(u, SMMU_IRQ_CTRLACK) & s->enable))
		smmu_message(u, address, smmu_reg32(u, s->data), s->abort_error);
}

bool smmu_gerror_active(const struct smmu_unit *u, uint32_t bit)
{
	return (smmu_reg32(u, SMMU_GERROR) ^ smmu_reg32(u, SMMU_GERRORN)) & bit;
}

/* 7.5.1: the error of a GERROR message sends none, so that this ends. */
void smmu_gerror(struct smmu_unit *u, uint32_t bit)
{
	if (smmu_gerror_active(u, bit))
		return;
	smmu_reg32_set(u, SMMU_GERROR, smmu_reg32(u, SMMU_GERROR) ^ bit);
	if (bit != MASK32(SMMU_GERROR_MSI_GERROR_ABT_ERR))
		smmu_interrupt(u, SMMU_IRQ_GERROR);
}
