/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MMIO: one table says how every register behaves, and names what a write sets off.
 * The table is by 32-bit word, since software may write a 64-bit register by halves in
 * any order (6.2).
 *
 * Updates are complete when the write returns, so that CR0ACK and IRQ_CTRLACK follow at
 * once. A register that an enable bit guards ignores writes while that bit is set, as
 * SMMUv3.2 demands and earlier ones may (6.3.24 and others).
 */
#include "smmuv3/registers.h"
#include "smmuv3/rings.h"
#include "smmuv3/unit.h"

#include <errno.h>
#include <string.h>

#define MASK32(...)  ((uint32_t)FIELD_MASK(__VA_ARGS__))
#define UPPER32(...) ((uint32_t)(FIELD_MASK(__VA_ARGS__) >> 32))

/* A register of a feature that the unit lacks is reserved: reads zero. */
enum needs { NEEDS_NOTHING, NEEDS_PRI, NEEDS_MSI, NEEDS_PRI_MSI };

/* The enable bit, in CR0ACK or IRQ_CTRLACK, while which writes are ignored. */
enum guard {
	GUARD_NONE,
	GUARD_SMMUEN,
	GUARD_CMDQEN,
	GUARD_EVENTQEN,
	GUARD_PRIQEN,
	GUARD_GERROR_IRQEN,
	GUARD_EVENTQ_IRQEN,
	GUARD_PRIQ_IRQEN,
};

static const struct {
	uint32_t offset, bit;
} guards[] = {
	[GUARD_SMMUEN] = {SMMU_CR0ACK, MASK32(SMMU_CR0_SMMUEN)},
	[GUARD_CMDQEN] = {SMMU_CR0ACK, MASK32(SMMU_CR0_CMDQEN)},
	[GUARD_EVENTQEN] = {SMMU_CR0ACK, MASK32(SMMU_CR0_EVENTQEN)},
	[GUARD_PRIQEN] = {SMMU_CR0ACK, MASK32(SMMU_CR0_PRIQEN)},
	[GUARD_GERROR_IRQEN] = {SMMU_IRQ_CTRLACK, MASK32(SMMU_IRQ_CTRL_GERROR_IRQEN)},
	[GUARD_EVENTQ_IRQEN] = {SMMU_IRQ_CTRLACK, MASK32(SMMU_IRQ_CTRL_EVENTQ_IRQEN)},
	[GUARD_PRIQ_IRQEN] = {SMMU_IRQ_CTRLACK, MASK32(SMMU_IRQ_CTRL_PRIQ_IRQEN)},
};

struct register_rule {
	uint32_t reset;
	uint32_t writable;
	enum needs needs;
	enum guard guard;
	void (*written)(struct smmu_unit *u, uint32_t value);
};

static bool unit_has(const struct smmu_unit *u, enum needs needs)
{
	const struct smmu_features *f = &u->features;

	switch (needs) {
	case NEEDS_PRI:
		return f->pri;
	case NEEDS_MSI:
		return f->msi;
	case NEEDS_PRI_MSI:
		return f->pri && f->msi;
	case NEEDS_NOTHING:
		break;
	}
	return true;
}

static bool guarded(const struct smmu_unit *u, enum guard guard)
{
	return guard != GUARD_NONE && (smmu_reg32(u, guards[guard].offset) & guards[guard].bit);
}

/* ---- CR0 to CR2 --------------------------------------------------------------------- */

/* Fields of features that the unit has: what CR0ACK and IRQ_CTRLACK reflect. */
static uint32_t cr0_fields(const struct smmu_features *f)
{
	uint32_t fields =
		MASK32(SMMU_CR0_SMMUEN) | MASK32(SMMU_CR0_EVENTQEN) | MASK32(SMMU_CR0_CMDQEN);

	if (f->pri)
		fields |= MASK32(SMMU_CR0_PRIQEN);
	if (f->ats)
		fields |= MASK32(SMMU_CR0_ATSCHK);
	if (f->vmw)
		fields |= MASK32(SMMU_CR0_VMW);
	return fields;
}

static uint32_t irq_fields(const struct smmu_features *f)
{
	return MASK32(SMMU_IRQ_CTRL_GERROR_IRQEN) | MASK32(SMMU_IRQ_CTRL_EVENTQ_IRQEN) |
	       (f->pri ? MASK32(SMMU_IRQ_CTRL_PRIQ_IRQEN) : 0);
}

/* 6.3.9: values above 4 behave as 0. */
static uint8_t wildcard_bits(uint64_t cr0)
{
	uint64_t vmw = field_get(SMMU_CR0_VMW, cr0);

	return (uint8_t)(vmw > 4 ? 0 : vmw);
}

/*
 * 6.3.9. Fields are independent, but one write may change several: what ends goes
 * before what begins, so that stalls of a unit that is switched off are not recorded.
 */
static void control_0(struct smmu_unit *u, uint32_t value)
{
	uint32_t now = value & cr0_fields(&u->features);
	uint32_t before = smmu_reg32(u, SMMU_CR0ACK);

	smmu_reg32_set(u, SMMU_CR0, now);
	smmu_reg32_set(u, SMMU_CR0ACK, now);
	u->atschk = field_get(SMMU_CR0_ATSCHK, now);
	u->vmw_bits = wildcard_bits(now);
	u->enabled = field_get(SMMU_CR0_SMMUEN, now);
	if (field_get(SMMU_CR0_SMMUEN, before) && !u->enabled)
		smmu_stall_terminate_all(u);
	smmu_stall_records(u);
	smmu_queue_run(u);
}

/* 6.3.11: the two halves have guards of their own. */
static void control_1(struct smmu_unit *u, uint32_t value)
{
	uint32_t enabled = smmu_reg32(u, SMMU_CR0ACK);
	uint32_t word = smmu_reg32(u, SMMU_CR1);
	uint32_t writable = 0;

	if (!u->enabled)
		writable |= MASK32(SMMU_CR1_TABLE);
	if (!field_get(SMMU_CR0_CMDQEN, enabled) && !field_get(SMMU_CR0_EVENTQEN, enabled) &&
	    !field_get(SMMU_CR0_PRIQEN, enabled))
		writable |= MASK32(SMMU_CR1_QUEUE);
	smmu_reg32_set(u, SMMU_CR1, (word & ~writable) | (value & writable));
}

/* 6.3.12; PTM belongs to BTM, which no unit has. */
static void control_2(struct smmu_unit *u, uint32_t value)
{
	uint32_t fields = MASK32(SMMU_CR2_RECINVSID);

	if (u->features.hyp)
		fields |= MASK32(SMMU_CR2_E2H);
	if (u->features.atsrecerr)
		fields |= MASK32(SMMU_CR2_REC_CFG_ATS);
	value &= fields;
	smmu_reg32_set(u, SMMU_CR2, value);
	u->e2h = field_get(SMMU_CR2_E2H, value);
	u->recinvsid = field_get(SMMU_CR2_RECINVSID, value);
	u->rec_cfg_ats = field_get(SMMU_CR2_REC_CFG_ATS, value);
}

/* 6.3.14.1: without Update the write is ignored. */
static void bypass_attributes(struct smmu_unit *u, uint32_t value)
{
	const uint32_t fields = MASK32(SMMU_GBPA_MEMATTR) | MASK32(SMMU_GBPA_MTCFG) |
				MASK32(SMMU_GBPA_ALLOCCFG) | MASK32(SMMU_GBPA_SHCFG) |
				MASK32(SMMU_GBPA_PRIVCFG) | MASK32(SMMU_GBPA_INSTCFG) |
				MASK32(SMMU_GBPA_ABORT);

	if (!field_get(SMMU_GBPA_UPDATE, value))
		return;
	smmu_reg32_set(u, SMMU_GBPA, value & fields);
	u->gbpa_abort = field_get(SMMU_GBPA_ABORT, value);
}

/* ---- Interrupts and errors ------------------------------------------------------------ */

static void interrupt_control(struct smmu_unit *u, uint32_t value)
{
	value &= irq_fields(&u->features);
	smmu_reg32_set(u, SMMU_IRQ_CTRL, value);
	smmu_reg32_set(u, SMMU_IRQ_CTRLACK, value);
}

/* Errors that the unit can have: the others are reserved in both registers. */
static uint32_t error_fields(const struct smmu_features *f)
{
	uint32_t fields = MASK32(SMMU_GERROR_CMDQ_ERR) | MASK32(SMMU_GERROR_EVENTQ_ABT_ERR);

	if (f->pri)
		fields |= MASK32(SMMU_GERROR_PRIQ_ABT_ERR);
	if (f->msi)
		fields |= MASK32(SMMU_GERROR_MSI_CMDQ_ABT_ERR) |
			  MASK32(SMMU_GERROR_MSI_EVENTQ_ABT_ERR) |
			  MASK32(SMMU_GERROR_MSI_GERROR_ABT_ERR);
	if (f->pri && f->msi)
		fields |= MASK32(SMMU_GERROR_MSI_PRIQ_ABT_ERR);
	return fields;
}

/* 6.3.20, 7.1: what an error held up goes on. */
static void errors_acknowledge(struct smmu_unit *u, uint32_t value)
{
	smmu_reg32_set(u, SMMU_GERRORN, value & error_fields(&u->features));
	smmu_stall_records(u);
	smmu_queue_run(u);
}

/* ---- Stream table ------------------------------------------------------------------------ */

/* 6.3.25: SPLIT values that do not exist behave as 6. */
static uint8_t split_get(uint32_t config)
{
	uint64_t split = field_get(SMMU_STRTAB_BASE_CFG_SPLIT, config);

	return split == 8 || split == 10 ? (uint8_t)split : 6;
}

/* 6.3.24: bits that count as 0, by the size as written, whatever SIDSIZE is. */
static unsigned table_lg2(const struct smmu_unit *u, unsigned size_lg2)
{
	const unsigned ste_lg2 = 6, l1std_lg2 = 3;

	if (!u->two_level)
		return size_lg2 + ste_lg2;
	return size_lg2 > u->split + ste_lg2 - l1std_lg2 ? size_lg2 - u->split + l1std_lg2
							 : ste_lg2;
}

static void stream_table(struct smmu_unit *u, uint32_t value)
{
	uint32_t config = smmu_reg32(u, SMMU_STRTAB_BASE_CFG);
	unsigned size_lg2 = (unsigned)field_get(SMMU_STRTAB_BASE_CFG_LOG2SIZE, config);
	uint64_t base = field_bits(SMMU_STRTAB_BASE_ADDR, smmu_reg64(u, SMMU_STRTAB_BASE));

	(void)value;
	u->two_level = u->features.st2l &&
		       field_get(SMMU_STRTAB_BASE_CFG_FMT, config) == SMMU_FMT_TWO_LEVEL;
	u->split = split_get(config);
	u->sid_lg2 = (uint8_t)(size_lg2 < u->features.sid_bits ? size_lg2 : u->features.sid_bits);
	u->strtab = smmu_address_cut(u, base, table_lg2(u, size_lg2));
}

/* ---- Queues --------------------------------------------------------------------------------- */

/* Cuts what the register holds above the wrap bit: those bits read as zero (6.3.28). */
static void index_cut(struct smmu_unit *u, uint32_t offset, uint32_t index_fields, uint32_t index)
{
	smmu_reg32_set(u, offset, (smmu_reg32(u, offset) & ~index_fields) | index);
}

static void command_queue(struct smmu_unit *u, uint32_t value)
{
	(void)value;
	index_cut(u, SMMU_CMDQ_CONS, MASK32(SMMU_CMDQ_CONS_RD),
		  smmu_ring_get(u, SMMU_CMDQ).consumer);
}

static void command_producer(struct smmu_unit *u, uint32_t value)
{
	(void)value;
	smmu_queue_run(u);
}

static void event_queue(struct smmu_unit *u, uint32_t value)
{
	(void)value;
	index_cut(u, SMMU_EVENTQ_PROD, MASK32(SMMU_EVENTQ_PROD_WR),
		  smmu_ring_get(u, SMMU_EVENTQ).producer);
}

/* There may be room for records of stalls. */
static void event_consumer(struct smmu_unit *u, uint32_t value)
{
	(void)value;
	smmu_stall_records(u);
}

static void page_queue(struct smmu_unit *u, uint32_t value)
{
	(void)value;
	index_cut(u, SMMU_PRIQ_PROD, MASK32(SMMU_PRIQ_PROD_WR),
		  smmu_ring_get(u, SMMU_PRIQ).producer);
}

/* ---- The table ----------------------------------------------------------------------------- */

#define QUEUE_BASE                                                                 \
	(FIELD_MASK(SMMU_QUEUE_BASE_LOG2SIZE) | FIELD_MASK(SMMU_QUEUE_BASE_ADDR) | \
	 FIELD_MASK(SMMU_QUEUE_BASE_HINT))

/* A 64-bit register. */
#define WIDE(offset, mask, what, by, hook)                                      \
	[(offset) / 4] = {.writable = (uint32_t)(mask),                         \
			  .needs = (what),                                      \
			  .guard = (by),                                        \
			  .written = (hook)},                                   \
		    [(offset) / 4 + 1] = {.writable = (uint32_t)((mask) >> 32), \
					  .needs = (what),                      \
					  .guard = (by),                        \
					  .written = (hook)}

/* Address, data and attributes of a message. */
#define MESSAGE(cfg0, cfg1, cfg2, more, what, by)                                             \
	WIDE(cfg0, FIELD_MASK(SMMU_IRQ_CFG0_ADDR), what, by, NULL),                           \
		[(cfg1) / 4] = {.writable = UINT32_MAX, .needs = (what), .guard = (by)},      \
			  [(cfg2) / 4] = {.writable = MASK32(SMMU_IRQ_CFG2_SH) |              \
						      MASK32(SMMU_IRQ_CFG2_MEMATTR) | (more), \
					  .needs = (what),                                    \
					  .guard = (by)}

/* IDR, AIDR, the ACK registers and GERROR are read-only: no row but their values. What
 * reset leaves UNKNOWN is 0. */
static const struct register_rule page0_rules[SMMU_PAGE0_END / 4] = {
	[SMMU_CR0 / 4] = {.written = control_0},
	[SMMU_CR1 / 4] = {.written = control_1},
	[SMMU_CR2 / 4] = {.guard = GUARD_SMMUEN, .written = control_2},
	[SMMU_GBPA / 4] = {.reset =
				   (uint32_t)FIELD_VALUE(SMMU_GBPA_SHCFG, SMMU_GBPA_SHCFG_INCOMING),
			   .written = bypass_attributes},
	[SMMU_IRQ_CTRL / 4] = {.written = interrupt_control},
	[SMMU_GERRORN / 4] = {.written = errors_acknowledge},
	MESSAGE(SMMU_GERROR_IRQ_CFG0, SMMU_GERROR_IRQ_CFG1, SMMU_GERROR_IRQ_CFG2, 0, NEEDS_MSI,
		GUARD_GERROR_IRQEN),
	WIDE(SMMU_STRTAB_BASE, FIELD_MASK(SMMU_STRTAB_BASE_ADDR) | FIELD_MASK(SMMU_STRTAB_BASE_RA),
	     NEEDS_NOTHING, GUARD_SMMUEN, stream_table),
	[SMMU_STRTAB_BASE_CFG / 4] = {.writable = MASK32(SMMU_STRTAB_BASE_CFG_LOG2SIZE) |
						  MASK32(SMMU_STRTAB_BASE_CFG_SPLIT) |
						  MASK32(SMMU_STRTAB_BASE_CFG_FMT),
				      .guard = GUARD_SMMUEN,
				      .written = stream_table},
	WIDE(SMMU_CMDQ_BASE, QUEUE_BASE, NEEDS_NOTHING, GUARD_CMDQEN, command_queue),
	[SMMU_CMDQ_PROD / 4] = {.writable = MASK32(SMMU_CMDQ_PROD_WR), .written = command_producer},
	[SMMU_CMDQ_CONS / 4] = {.writable = MASK32(SMMU_CMDQ_CONS_RD) | MASK32(SMMU_CMDQ_CONS_ERR),
				.guard = GUARD_CMDQEN,
				.written = command_queue},
	WIDE(SMMU_EVENTQ_BASE, QUEUE_BASE, NEEDS_NOTHING, GUARD_EVENTQEN, event_queue),
	MESSAGE(SMMU_EVENTQ_IRQ_CFG0, SMMU_EVENTQ_IRQ_CFG1, SMMU_EVENTQ_IRQ_CFG2, 0, NEEDS_MSI,
		GUARD_EVENTQ_IRQEN),
	WIDE(SMMU_PRIQ_BASE, QUEUE_BASE, NEEDS_PRI, GUARD_PRIQEN, page_queue),
	MESSAGE(SMMU_PRIQ_IRQ_CFG0, SMMU_PRIQ_IRQ_CFG1, SMMU_PRIQ_IRQ_CFG2,
		MASK32(SMMU_PRIQ_IRQ_CFG2_LO), NEEDS_PRI_MSI, GUARD_PRIQ_IRQEN),
};

static const struct register_rule event_producer_rule = {
	.writable = MASK32(SMMU_EVENTQ_PROD_WR) | MASK32(SMMU_EVENTQ_PROD_OVFLG),
	.guard = GUARD_EVENTQEN,
	.written = event_queue,
};

static const struct register_rule event_consumer_rule = {
	.writable = MASK32(SMMU_EVENTQ_CONS_RD) | MASK32(SMMU_EVENTQ_CONS_OVACKFLG),
	.written = event_consumer,
};

static const struct register_rule page_producer_rule = {
	.writable = MASK32(SMMU_PRIQ_PROD_WR) | MASK32(SMMU_PRIQ_PROD_OVFLG),
	.needs = NEEDS_PRI,
	.guard = GUARD_PRIQEN,
	.written = page_queue,
};

static const struct register_rule page_consumer_rule = {
	.writable = MASK32(SMMU_PRIQ_CONS_RD) | MASK32(SMMU_PRIQ_CONS_OVACKFLG),
	.needs = NEEDS_PRI,
};

static const struct register_rule reserved_rule;

static const struct register_rule *rule_find(uint32_t offset)
{
	if (offset < SMMU_PAGE0_END)
		return &page0_rules[offset / 4];
	switch (offset) {
	case SMMU_EVENTQ_PROD:
		return &event_producer_rule;
	case SMMU_EVENTQ_CONS:
		return &event_consumer_rule;
	case SMMU_PRIQ_PROD:
		return &page_producer_rule;
	case SMMU_PRIQ_CONS:
		return &page_consumer_rule;
	default:
		return &reserved_rule;
	}
}

static void word_write(struct smmu_unit *u, uint32_t offset, uint32_t value)
{
	const struct register_rule *rule = rule_find(offset);
	uint32_t word = smmu_reg32(u, offset);

	if (!unit_has(u, rule->needs) || guarded(u, rule->guard))
		return;
	smmu_reg32_set(u, offset, (word & ~rule->writable) | (value & rule->writable));
	if (rule->written)
		rule->written(u, value);
}

/* ---- The room's functions -------------------------------------------------------------------- */

static int access_check(uint32_t offset, unsigned size)
{
	if ((size != 4 && size != 8) || offset % size != 0)
		return -EINVAL;
	return 0;
}

int smmu_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value)
{
	const struct smmu_unit *u = smmu_unit(unit);
	int error = access_check(offset, size);

	if (error)
		return error;
	if (offset >= SMMU_REGISTER_SPACE)
		*value = 0;
	else if (size == 4)
		*value = smmu_reg32(u, offset);
	else
		*value = smmu_reg64(u, offset);
	return 0;
}

int smmu_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value)
{
	struct smmu_unit *u = smmu_unit(unit);
	int error = access_check(offset, size);

	if (error)
		return error;
	if (offset >= SMMU_REGISTER_SPACE)
		return 0;
	word_write(u, offset, (uint32_t)value);
	if (size == 8)
		word_write(u, offset + 4, (uint32_t)(value >> 32));
	return 0;
}

void smmu_registers_reset(struct smmu_unit *u)
{
	const struct smmu_features *f = &u->features;

	/* The rest is never written. */
	memset(u->reg, 0, SMMU_PAGE0_END);
	smmu_reg32_set(u, SMMU_EVENTQ_PROD, 0);
	smmu_reg32_set(u, SMMU_EVENTQ_CONS, 0);
	smmu_reg32_set(u, SMMU_PRIQ_PROD, 0);
	smmu_reg32_set(u, SMMU_PRIQ_CONS, 0);
	for (uint32_t i = 0; i < SMMU_PAGE0_END / 4; i++)
		if (unit_has(u, page0_rules[i].needs))
			u->reg[i] = page0_rules[i].reset;
	smmu_reg32_set(u, SMMU_IDR0, f->idr0);
	smmu_reg32_set(u, SMMU_IDR1, f->idr1);
	smmu_reg32_set(u, SMMU_IDR3, f->idr3);
	smmu_reg32_set(u, SMMU_IDR5, f->idr5);
	smmu_reg32_set(u, SMMU_AIDR, f->aidr);
	u->enabled = u->atschk = false;
	u->recinvsid = u->rec_cfg_ats = u->e2h = false;
	u->gbpa_abort = false;
	u->vmw_bits = 0;
	u->queue_running = false;
	stream_table(u, 0);
}
