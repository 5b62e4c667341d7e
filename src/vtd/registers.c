/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MMIO: one table says how every register behaves, and names what a write sets
 * off. The table is by 32-bit word, since software may access a 64-bit register
 * by halves (11.1); a command of a 64-bit register starts with the half that
 * holds its trigger.
 *
 * Nothing is locked by hardware: where software must not write a register
 * (IQA under way, RTADDR.TTM without ESRTPS), a write is taken like any other.
 */
#include "vtd/registers.h"
#include "vtd/unit.h"

#include "model/counters.h"

#include <errno.h>
#include <string.h>

/* A register of a feature that the unit lacks is reserved: reads zero. */
enum needs { NEEDS_NOTHING, NEEDS_QI, NEEDS_IR, NEEDS_PRS };

struct register_rule {
	uint32_t reset;
	uint32_t writable;
	uint32_t clears; /* write 1 to clear */
	enum needs needs;
	void (*written)(struct vtd_unit *u, uint32_t value);
};

static bool unit_has(const struct vtd_unit *u, enum needs needs)
{
	switch (needs) {
	case NEEDS_QI:
		return u->features.qi;
	case NEEDS_IR:
		return u->features.ir;
	case NEEDS_PRS:
		return u->features.prs;
	case NEEDS_NOTHING:
		break;
	}
	return true;
}

/* ---- What writes set off ---------------------------------------------------- */

/* Bits in the upper half of a 64-bit register, as a 32-bit write carries them. */
static uint64_t upper(uint32_t value)
{
	return (uint64_t)value << 32;
}

static void status_set(struct vtd_unit *u, unsigned high, unsigned low, bool on)
{
	uint64_t status = vtd_reg32(u, VTD_GSTS);

	field_set(&status, high, low, on);
	vtd_reg32_set(u, VTD_GSTS, (uint32_t)status);
}

/* 7.2.1: the next record is the first again when nothing is remapped any more. */
static void fault_index_update(struct vtd_unit *u)
{
	uint32_t status = vtd_reg32(u, VTD_GSTS);

	if (!field_get(VTD_GSTS_TES, status) && !field_get(VTD_GSTS_IRES, status))
		u->fault_index = 0;
}

/* 11.4.5, 6.6: the root pointer and the mode take effect together. */
static void root_pointer_set(struct vtd_unit *u)
{
	uint64_t rtaddr = vtd_reg64(u, VTD_RTADDR);

	u->root = field_bits(VTD_RTADDR_RTA, rtaddr) & field_mask(u->features.haw - 1, 0);
	u->ttm = (uint8_t)field_get(VTD_RTADDR_TTM, rtaddr);
	if (u->features.esrtps)
		vtd_invalidate_all(u);
	counters_removed_otherwise(&u->unit);
	status_set(u, VTD_GSTS_RTPS, true);
}

static void translation_enable(struct vtd_unit *u, bool on)
{
	if (u->enabled == on)
		return;
	u->enabled = on;
	status_set(u, VTD_GSTS_TES, on);
	/* 11.4.4.1, TE: disabling empties the caches of units with scalable mode. */
	if (!on && u->features.smts)
		vtd_invalidate_all(u);
	counters_removed_otherwise(&u->unit);
}

static void queue_enable(struct vtd_unit *u, bool on)
{
	if (field_get(VTD_GSTS_QIES, vtd_reg32(u, VTD_GSTS)) == on)
		return;
	vtd_reg64_set(u, VTD_IQH, 0);
	status_set(u, VTD_GSTS_QIES, on);
	vtd_queue_run(u);
}

/*
 * 11.4.4.1: SRTP, SIRTP and WBF act when written as 1, the others are levels.
 * Write buffers do not exist here, so WBF is done before WBFS could be read.
 */
static void global_command(struct vtd_unit *u, uint32_t value)
{
	if (field_get(VTD_GCMD_SRTP, value))
		root_pointer_set(u);
	if (u->features.ir) {
		if (field_get(VTD_GCMD_SIRTP, value))
			status_set(u, VTD_GSTS_IRTPS, true);
		status_set(u, VTD_GSTS_IRES, field_get(VTD_GCMD_IRE, value));
		status_set(u, VTD_GSTS_CFIS, field_get(VTD_GCMD_CFI, value));
	}
	if (u->features.qi)
		queue_enable(u, field_get(VTD_GCMD_QIE, value));
	translation_enable(u, field_get(VTD_GCMD_TE, value));
	fault_index_update(u);
}

/* 6.5: when registers may invalidate at all. */
static bool register_invalidation(const struct vtd_unit *u)
{
	return u->ttm == VTD_TTM_LEGACY && u->features.major < 6 &&
	       !field_get(VTD_GSTS_QIES, vtd_reg32(u, VTD_GSTS));
}

static uint16_t did_cut(const struct vtd_unit *u, uint64_t did)
{
	return (uint16_t)(did & field_mask(u->features.did_bits - 1, 0));
}

/* 11.4.6.1 */
static void context_command(struct vtd_unit *u, uint32_t value)
{
	uint64_t command = vtd_reg64(u, VTD_CCMD);
	uint16_t did = did_cut(u, field_get(VTD_CCMD_DID, command));
	uint64_t done = field_get(VTD_CCMD_CIRG, command);

	if (!field_get(VTD_CCMD_ICC, upper(value)))
		return;
	if (!register_invalidation(u))
		done = VTD_CAIG_ERROR;
	if (done == VTD_GRANULARITY_GLOBAL)
		vtd_invalidate_context_global(u);
	else if (done == VTD_GRANULARITY_DOMAIN)
		vtd_invalidate_context_domain(u, did);
	else if (done == VTD_GRANULARITY_ENTITY)
		vtd_invalidate_context_device(u, did, (uint16_t)field_get(VTD_CCMD_SID, command),
					      (unsigned)field_get(VTD_CCMD_FM, command));
	counters_removed_otherwise(&u->unit);
	field_set(&command, VTD_CCMD_CAIG, done);
	field_set(&command, VTD_CCMD_ICC, 0);
	vtd_reg64_set(u, VTD_CCMD, command);
}

/* 11.4.6.3; without PSI a page is done as its domain. */
static void iotlb_command(struct vtd_unit *u, uint32_t value)
{
	uint32_t base = u->features.iro;
	uint64_t command = vtd_reg64(u, base + VTD_IOTLB);
	uint64_t iva = vtd_reg64(u, base + VTD_IVA);
	unsigned am = (unsigned)field_get(VTD_IVA_AM, iva);
	uint16_t did = did_cut(u, field_get(VTD_IOTLB_DID, command));
	uint64_t done = field_get(VTD_IOTLB_IIRG, command);

	if (!field_get(VTD_IOTLB_IVT, upper(value)))
		return;
	if (done == VTD_GRANULARITY_ENTITY && !u->features.psi)
		done = VTD_GRANULARITY_DOMAIN;
	if (!register_invalidation(u) || (done == VTD_GRANULARITY_ENTITY && am > u->features.mamv))
		done = VTD_IAIG_ERROR;
	if (done == VTD_GRANULARITY_GLOBAL)
		vtd_invalidate_iotlb_global(u);
	else if (done == VTD_GRANULARITY_DOMAIN)
		vtd_invalidate_iotlb_domain(u, did);
	else if (done == VTD_GRANULARITY_ENTITY)
		vtd_invalidate_iotlb_page(
			u, did, field_bits(VTD_IVA_ADDR, iva) & field_mask(u->features.mgaw - 1, 0),
			am, field_get(VTD_IVA_IH, iva));
	counters_removed_otherwise(&u->unit);
	field_set(&command, VTD_IOTLB_IAIG, done);
	field_set(&command, VTD_IOTLB_IVT, 0);
	vtd_reg64_set(u, base + VTD_IOTLB, command);
}

/* 6.5.2.11: clearing IQE lets fetching go on at IQH. */
static void fault_status(struct vtd_unit *u, uint32_t value)
{
	vtd_event_update(u, VTD_EVENT_FAULT);
	if (!field_get(VTD_FSTS_IQE, value))
		return;
	vtd_reg64_set(u, VTD_IQERCD, VTD_IQEI_NONE);
	vtd_queue_run(u);
}

static void fault_record(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_fault_pending_update(u);
}

static void fault_control(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_event_unmask(u, VTD_EVENT_FAULT);
}

static void queue_tail(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_queue_run(u);
}

static void invalidation_status(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_event_update(u, VTD_EVENT_INVALIDATION);
}

static void invalidation_control(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_event_unmask(u, VTD_EVENT_INVALIDATION);
}

static void page_status(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_event_update(u, VTD_EVENT_PAGE_REQUEST);
}

static void page_control(struct vtd_unit *u, uint32_t value)
{
	(void)value;
	vtd_event_unmask(u, VTD_EVENT_PAGE_REQUEST);
}

/* ---- The table ----------------------------------------------------------------- */

#define MASK32(...)  ((uint32_t)FIELD_MASK(__VA_ARGS__))
#define UPPER32(...) ((uint32_t)(FIELD_MASK(__VA_ARGS__) >> 32))

/* A 64-bit register without side effects. */
#define PLAIN64(offset, mask, what)                                       \
	[(offset) / 4] = {.writable = (uint32_t)(mask), .needs = (what)}, \
		    [(offset) / 4 + 1] = {.writable = (uint32_t)((mask) >> 32), .needs = (what)}

/* Control, data, address and upper address of an event. */
#define EVENT(control, what, hook)                                                           \
	[(control) / 4] = {.reset = MASK32(VTD_CTL_IM),                                      \
			   .writable = MASK32(VTD_CTL_IM),                                   \
			   .needs = (what),                                                  \
			   .written = (hook)},                                               \
		     [((control) + VTD_EVENT_DATA) / 4] = {.writable = MASK32(VTD_DATA_IMD), \
							   .needs = (what)},                 \
		     [((control) + VTD_EVENT_ADDR) / 4] = {.writable = MASK32(VTD_ADDR_MA),  \
							   .needs = (what)},                 \
		     [((control) + VTD_EVENT_UADDR) / 4] = {.writable = UINT32_MAX,          \
							    .needs = (what)}

/* VER, CAP, ECAP, GSTS, IQH and IQERCD are read-only: no row but their values. */
static const struct register_rule fixed_rules[VTD_FIXED_END / 4] = {
	[VTD_GCMD / 4] = {.written = global_command},
	PLAIN64(VTD_RTADDR, FIELD_MASK(VTD_RTADDR_RTA) | FIELD_MASK(VTD_RTADDR_TTM), NEEDS_NOTHING),
	[VTD_CCMD / 4] = {.writable = MASK32(VTD_CCMD_SID) | MASK32(VTD_CCMD_DID)},
	[VTD_CCMD / 4 + 1] = {.writable = UPPER32(VTD_CCMD_ICC) | UPPER32(VTD_CCMD_CIRG) |
					  UPPER32(VTD_CCMD_FM),
			      .written = context_command},
	[VTD_FSTS / 4] = {.clears = MASK32(VTD_FSTS_ITE) | MASK32(VTD_FSTS_ICE) |
				    MASK32(VTD_FSTS_IQE) | MASK32(VTD_FSTS_PFO),
			  .written = fault_status},
	EVENT(VTD_FECTL, NEEDS_NOTHING, fault_control),
	[VTD_IQT / 4] = {.writable = MASK32(VTD_IQT_QT), .needs = NEEDS_QI, .written = queue_tail},
	PLAIN64(VTD_IQA, FIELD_MASK(VTD_IQA_IQA) | FIELD_MASK(VTD_IQA_DW) | FIELD_MASK(VTD_IQA_QS),
		NEEDS_QI),
	[VTD_ICS / 4] = {.clears = MASK32(VTD_ICS_IWC),
			 .needs = NEEDS_QI,
			 .written = invalidation_status},
	EVENT(VTD_IECTL, NEEDS_QI, invalidation_control),
	PLAIN64(VTD_IRTA,
		FIELD_MASK(VTD_IRTA_IRTA) | FIELD_MASK(VTD_IRTA_EIME) | FIELD_MASK(VTD_IRTA_S),
		NEEDS_IR),
	PLAIN64(VTD_PQH, FIELD_MASK(VTD_PQH_PQH), NEEDS_PRS),
	PLAIN64(VTD_PQT, FIELD_MASK(VTD_PQT_PQT), NEEDS_PRS),
	PLAIN64(VTD_PQA, FIELD_MASK(VTD_PQA_PQA) | FIELD_MASK(VTD_PQA_PQS), NEEDS_PRS),
	[VTD_PRS / 4] = {.clears = MASK32(VTD_PRS_PRO) | MASK32(VTD_PRS_PPR),
			 .needs = NEEDS_PRS,
			 .written = page_status},
	EVENT(VTD_PECTL, NEEDS_PRS, page_control),
};

static const struct register_rule iotlb_rules[VTD_IOTLB_SIZE / 4] = {
	PLAIN64(VTD_IVA, FIELD_MASK(VTD_IVA_ADDR) | FIELD_MASK(VTD_IVA_IH) | FIELD_MASK(VTD_IVA_AM),
		NEEDS_NOTHING),
	[VTD_IOTLB / 4 + 1] = {.writable = UPPER32(VTD_IOTLB_IVT) | UPPER32(VTD_IOTLB_IIRG) |
					   UPPER32(VTD_IOTLB_DR) | UPPER32(VTD_IOTLB_DW) |
					   UPPER32(VTD_IOTLB_DID),
			       .written = iotlb_command},
};

static const struct register_rule frcd_rules[VTD_FRCD_SIZE / 4] = {
	[VTD_FRCD_SIZE / 4 - 1] = {.clears = UPPER32(VTD_FRCD_1_F), .written = fault_record},
};

static const struct register_rule reserved_rule;

static const struct register_rule *rule_find(const struct vtd_unit *u, uint32_t offset)
{
	const struct vtd_features *f = &u->features;

	if (offset < VTD_FIXED_END)
		return &fixed_rules[offset / 4];
	if (offset - f->iro < VTD_IOTLB_SIZE)
		return &iotlb_rules[(offset - f->iro) / 4];
	if (offset - f->fro < f->fault_registers * VTD_FRCD_SIZE)
		return &frcd_rules[(offset - f->fro) % VTD_FRCD_SIZE / 4];
	return &reserved_rule;
}

static void word_write(struct vtd_unit *u, uint32_t offset, uint32_t value)
{
	const struct register_rule *rule = rule_find(u, offset);
	uint32_t word = vtd_reg32(u, offset);

	if (!unit_has(u, rule->needs))
		return;
	word = (word & ~rule->writable) | (value & rule->writable);
	vtd_reg32_set(u, offset, word & ~(value & rule->clears));
	if (rule->written)
		rule->written(u, value);
}

/* ---- The room's functions -------------------------------------------------------- */

static int access_check(uint32_t offset, unsigned size)
{
	if ((size != 4 && size != 8) || offset % size != 0)
		return -EINVAL;
	return 0;
}

int vtd_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value)
{
	const struct vtd_unit *u = vtd_unit(unit);
	int error = access_check(offset, size);

	if (error)
		return error;
	if (offset >= VTD_REGISTER_SPACE)
		*value = 0;
	else if (size == 4)
		*value = vtd_reg32(u, offset);
	else
		*value = vtd_reg64(u, offset);
	return 0;
}

int vtd_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value)
{
	struct vtd_unit *u = vtd_unit(unit);
	int error = access_check(offset, size);

	if (error)
		return error;
	if (offset >= VTD_REGISTER_SPACE)
		return 0;
	word_write(u, offset, (uint32_t)value);
	if (size == 8)
		word_write(u, offset + 4, (uint32_t)(value >> 32));
	return 0;
}

void vtd_registers_reset(struct vtd_unit *u)
{
	memset(u->reg, 0, sizeof(u->reg));
	for (uint32_t i = 0; i < VTD_FIXED_END / 4; i++)
		if (unit_has(u, fixed_rules[i].needs))
			u->reg[i] = fixed_rules[i].reset;
	vtd_reg32_set(u, VTD_VER, u->features.version);
	vtd_reg64_set(u, VTD_CAP, u->features.cap);
	vtd_reg64_set(u, VTD_ECAP, u->features.ecap);
	u->enabled = false;
	u->ttm = VTD_TTM_LEGACY;
	u->root = 0;
	u->fault_index = 0;
}
