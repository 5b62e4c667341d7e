/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MMIO (3.3, 3.4): one table says how every register behaves, and names what a write
 * sets off. The table is by 32-bit word, since software may access a 64-bit register
 * by halves; a 64-bit write takes effect as a whole.
 *
 * Nothing is locked by hardware: where software must not write a register (the base
 * or the unit's pointer of a ring that runs), a write is taken like any other.
 */
#include "amdvi/registers.h"
#include "amdvi/rings.h"
#include "amdvi/unit.h"

#include <errno.h>
#include <string.h>

/* A register, or a bit of Control, of a feature that the unit lacks is reserved:
 * reads zero. */
enum needs {
	NEEDS_NOTHING,
	NEEDS_PPR,
	NEEDS_AUTO_RESPONSE,
	NEEDS_STOP_MARKS,
	NEEDS_EPH,
	NEEDS_GT,
	NEEDS_GA,
	NEEDS_HA,
	NEEDS_GA_UPDATE_DISABLE,
	NEEDS_GCR3_TRP_MODE,
	NEEDS_HE,
	NEEDS_MSI,
	NEEDS_XT,
	NEEDS_2_SEGMENTS,
	NEEDS_4_SEGMENTS,
	NEEDS_8_SEGMENTS,
};

struct register_rule {
	uint32_t writable;
	uint32_t clears; /* write 1 to clear */
	enum needs needs;
	void (*written)(struct amdvi_unit *u);
};

static bool unit_has(const struct amdvi_features *f, enum needs needs)
{
	switch (needs) {
	case NEEDS_PPR:
		return f->ppr;
	case NEEDS_AUTO_RESPONSE:
		return f->ppr_auto_response;
	case NEEDS_STOP_MARKS:
		return f->block_stop_marks;
	case NEEDS_EPH:
		return f->eph;
	case NEEDS_GT:
		return f->gt;
	case NEEDS_GA:
		return f->ga;
	case NEEDS_HA:
		return f->ha;
	case NEEDS_GA_UPDATE_DISABLE:
		return f->ga_update_disable;
	case NEEDS_GCR3_TRP_MODE:
		return f->gcr3_trp_mode;
	case NEEDS_HE:
		return f->he;
	case NEEDS_MSI:
		return f->msi_mmio;
	case NEEDS_XT:
		return f->xt;
	case NEEDS_2_SEGMENTS:
		return f->segments_lg2 >= 1;
	case NEEDS_4_SEGMENTS:
		return f->segments_lg2 >= 2;
	case NEEDS_8_SEGMENTS:
		return f->segments_lg2 >= 3;
	case NEEDS_NOTHING:
		break;
	}
	return true;
}

/* ---- Control ------------------------------------------------------------------ */

static const struct {
	uint64_t bits;
	enum needs needs;
} control_bits[] = {
	{FIELD_MASK(AMDVI_CONTROL_IOMMU_EN) | FIELD_MASK(AMDVI_CONTROL_HT_TUN_EN) |
		 FIELD_MASK(AMDVI_CONTROL_EVENT_LOG_EN) | FIELD_MASK(AMDVI_CONTROL_EVENT_INT_EN) |
		 FIELD_MASK(AMDVI_CONTROL_COM_WAIT_INT_EN) |
		 FIELD_MASK(AMDVI_CONTROL_INV_TIME_OUT) | FIELD_MASK(AMDVI_CONTROL_PASS_PW) |
		 FIELD_MASK(AMDVI_CONTROL_RES_PASS_PW) | FIELD_MASK(AMDVI_CONTROL_COHERENT) |
		 FIELD_MASK(AMDVI_CONTROL_ISOC) | FIELD_MASK(AMDVI_CONTROL_CMD_BUF_EN) |
		 FIELD_MASK(AMDVI_CONTROL_CRW) | FIELD_MASK(AMDVI_CONTROL_SLF_WB_DIS) |
		 FIELD_MASK(AMDVI_CONTROL_PRIV_ABRT_EN) | FIELD_MASK(AMDVI_CONTROL_DOMAIN_ID_PNE) |
		 FIELD_MASK(AMDVI_CONTROL_IRT_CACHE_DIS),
	 NEEDS_NOTHING},
	{FIELD_MASK(AMDVI_CONTROL_PPR_LOG_EN) | FIELD_MASK(AMDVI_CONTROL_PPR_INT_EN) |
		 FIELD_MASK(AMDVI_CONTROL_PPR_EN),
	 NEEDS_PPR},
	{FIELD_MASK(AMDVI_CONTROL_PPR_AUTO_RSP_EN) | FIELD_MASK(AMDVI_CONTROL_PPR_AUTO_RSP_AON),
	 NEEDS_AUTO_RESPONSE},
	{FIELD_MASK(AMDVI_CONTROL_BLK_STOP_MRK_EN), NEEDS_STOP_MARKS},
	{FIELD_MASK(AMDVI_CONTROL_EPH_EN), NEEDS_EPH},
	{FIELD_MASK(AMDVI_CONTROL_GT_EN), NEEDS_GT},
	{FIELD_MASK(AMDVI_CONTROL_GA_EN) | FIELD_MASK(AMDVI_CONTROL_GAM_EN) |
		 FIELD_MASK(AMDVI_CONTROL_GA_LOG_EN) | FIELD_MASK(AMDVI_CONTROL_GA_INT_EN) |
		 FIELD_MASK(AMDVI_CONTROL_GAPPI_EN),
	 NEEDS_GA},
	{FIELD_MASK(AMDVI_CONTROL_DEV_TBL_SEG_EN), NEEDS_2_SEGMENTS},
	{FIELD_MASK(AMDVI_CONTROL_HAD_UPDATE), NEEDS_HA},
	{FIELD_MASK(AMDVI_CONTROL_GD_UPDATE_DIS) | FIELD_MASK(AMDVI_CONTROL_GA_UPDATE_DIS),
	 NEEDS_GA_UPDATE_DISABLE},
	{FIELD_MASK(AMDVI_CONTROL_XT_EN) | FIELD_MASK(AMDVI_CONTROL_INT_CAP_XT_EN), NEEDS_XT},
	{FIELD_MASK(AMDVI_CONTROL_GCR3_TRP_MODE), NEEDS_GCR3_TRP_MODE},
};

static uint64_t control_cut(const struct amdvi_unit *u, uint64_t control)
{
	uint64_t known = 0;

	for (size_t i = 0; i < sizeof(control_bits) / sizeof(control_bits[0]); i++)
		if (unit_has(&u->features, control_bits[i].needs))
			known |= control_bits[i].bits;
	return control & known;
}

/* DevTblSegEn beyond DevTblSegSup is reserved: as many segments as there are. */
static unsigned segments_enabled(const struct amdvi_unit *u, uint64_t control)
{
	unsigned lg2 = (unsigned)field_get(AMDVI_CONTROL_DEV_TBL_SEG_EN, control);

	return lg2 < u->features.segments_lg2 ? lg2 : u->features.segments_lg2;
}

static void control_written(struct amdvi_unit *u)
{
	uint64_t control = control_cut(u, amdvi_reg64(u, AMDVI_CONTROL));

	amdvi_reg64_set(u, AMDVI_CONTROL, control);
	u->enabled = field_get(AMDVI_CONTROL_IOMMU_EN, control);
	u->guest_enabled = field_get(AMDVI_CONTROL_GT_EN, control);
	u->gcr3_gpa = field_get(AMDVI_CONTROL_GCR3_TRP_MODE, control);
	u->eph_enabled = field_get(AMDVI_CONTROL_EPH_EN, control);
	u->ga_update_off = field_get(AMDVI_CONTROL_GA_UPDATE_DIS, control);
	u->gd_update_off = field_get(AMDVI_CONTROL_GD_UPDATE_DIS, control);
	u->segment_lg2 = segments_enabled(u, control);
	amdvi_rings_update(u);
	amdvi_queue_run(u);
}

/* ---- What other writes set off ---------------------------------------------------- */

#define DTE_SIZE        32
#define DTES_IN_4K      (4096 / DTE_SIZE)
#define SEGMENT_BASE(i) (AMDVI_DEV_TAB_SEG_BASE + 8 * ((i)-1))

static void device_tables_written(struct amdvi_unit *u)
{
	uint64_t base = amdvi_reg64(u, AMDVI_DEV_TAB_BASE);

	u->segment[0].base = field_bits(AMDVI_DEV_TAB_BASE_ADDR, base);
	u->segment[0].entries = ((uint32_t)field_get(AMDVI_DEV_TAB_SIZE, base) + 1) * DTES_IN_4K;
	for (uint32_t i = 1; i < AMDVI_SEGMENTS; i++) {
		base = amdvi_reg64(u, SEGMENT_BASE(i));
		u->segment[i].base = field_bits(AMDVI_DEV_TAB_BASE_ADDR, base);
		u->segment[i].entries =
			((uint32_t)field_get(AMDVI_DEV_TAB_SEG_SIZE, base) + 1) * DTES_IN_4K;
	}
}

static void exclusion_written(struct amdvi_unit *u)
{
	uint64_t base = amdvi_reg64(u, AMDVI_EXCL_BASE);

	u->exclusion = field_get(AMDVI_EXCL_BASE_EX_EN, base);
	u->exclusion_all = field_get(AMDVI_EXCL_BASE_ALLOW, base);
	u->exclusion_first = field_bits(AMDVI_EXCL_BASE_ADDR, base);
	u->exclusion_last = field_bits(AMDVI_EXCL_LIMIT_ADDR, amdvi_reg64(u, AMDVI_EXCL_LIMIT)) |
			    field_mask(11, 0);
}

static void base_written(struct amdvi_unit *u, enum amdvi_ring_kind kind)
{
	amdvi_ring_restart(u, kind);
	amdvi_rings_update(u);
}

static void command_base_written(struct amdvi_unit *u)
{
	base_written(u, AMDVI_COMMAND_BUFFER);
}

static void event_base_written(struct amdvi_unit *u)
{
	base_written(u, AMDVI_EVENT_LOG);
}

static void ppr_base_written(struct amdvi_unit *u)
{
	base_written(u, AMDVI_PPR_LOG);
}

/* ---- The table ------------------------------------------------------------------------ */

#define MASK32(...) ((uint32_t)FIELD_MASK(__VA_ARGS__))

/* Both halves of a 64-bit register. */
#define BOTH(offset, mask, what, hook)                                                       \
	[(offset) / 4] = {.writable = (uint32_t)(mask), .needs = (what), .written = (hook)}, \
		    [(offset) / 4 + 1] = {.writable = (uint32_t)((mask) >> 32),              \
					  .needs = (what),                                   \
					  .written = (hook)}

#define RING_MASK    (FIELD_MASK(AMDVI_RING_BASE) | FIELD_MASK(AMDVI_RING_LEN))
#define SEGMENT_MASK (FIELD_MASK(AMDVI_DEV_TAB_BASE_ADDR) | FIELD_MASK(AMDVI_DEV_TAB_SEG_SIZE))
#define XT_MASK                                                             \
	(FIELD_MASK(AMDVI_XT_DEST_MODE) | FIELD_MASK(AMDVI_XT_DEST_LOW) |   \
	 FIELD_MASK(AMDVI_XT_VECTOR) | FIELD_MASK(AMDVI_XT_DELIVERY_MODE) | \
	 FIELD_MASK(AMDVI_XT_DEST_HIGH))
#define SEGMENT(i, what) BOTH(SEGMENT_BASE(i), SEGMENT_MASK, what, device_tables_written)

/* EFR, EFR2, the hardware event and what the MSI capability says of itself are
 * read-only: no row but their values. */
#define LOW_END (AMDVI_EFR2 + 8)

static const struct register_rule low_rules[LOW_END / 4] = {
	BOTH(AMDVI_DEV_TAB_BASE,
	     FIELD_MASK(AMDVI_DEV_TAB_BASE_ADDR) | FIELD_MASK(AMDVI_DEV_TAB_SIZE), NEEDS_NOTHING,
	     device_tables_written),
	BOTH(AMDVI_CMD_BASE, RING_MASK, NEEDS_NOTHING, command_base_written),
	BOTH(AMDVI_EVENT_BASE, RING_MASK, NEEDS_NOTHING, event_base_written),
	BOTH(AMDVI_CONTROL, UINT64_MAX, NEEDS_NOTHING, control_written),
	BOTH(AMDVI_EXCL_BASE,
	     FIELD_MASK(AMDVI_EXCL_BASE_EX_EN) | FIELD_MASK(AMDVI_EXCL_BASE_ALLOW) |
		     FIELD_MASK(AMDVI_EXCL_BASE_ADDR),
	     NEEDS_NOTHING, exclusion_written),
	BOTH(AMDVI_EXCL_LIMIT, FIELD_MASK(AMDVI_EXCL_LIMIT_ADDR), NEEDS_NOTHING, exclusion_written),
	BOTH(AMDVI_PPR_BASE, RING_MASK, NEEDS_PPR, ppr_base_written),
	[AMDVI_HW_EVENT_STATUS / 4] = {.clears = MASK32(AMDVI_HW_EVENT_STATUS_HEV) |
						 MASK32(AMDVI_HW_EVENT_STATUS_HEO),
				       .needs = NEEDS_HE},
	BOTH(AMDVI_GA_LOG_BASE, RING_MASK, NEEDS_GA, NULL),
	BOTH(AMDVI_GA_LOG_TAIL_ADDR, FIELD_MASK(AMDVI_GA_TAIL_ADDR), NEEDS_GA, NULL),
	SEGMENT(1, NEEDS_2_SEGMENTS),
	SEGMENT(2, NEEDS_4_SEGMENTS),
	SEGMENT(3, NEEDS_4_SEGMENTS),
	SEGMENT(4, NEEDS_8_SEGMENTS),
	SEGMENT(5, NEEDS_8_SEGMENTS),
	SEGMENT(6, NEEDS_8_SEGMENTS),
	SEGMENT(7, NEEDS_8_SEGMENTS),
	[AMDVI_MSI_CAP / 4] = {.writable = MASK32(AMDVI_MSI_CAP_MSI_EN), .needs = NEEDS_MSI},
	[AMDVI_MSI_ADDR_LO / 4] = {.writable = MASK32(AMDVI_MSI_ADDR_LO_ADDR), .needs = NEEDS_MSI},
	[AMDVI_MSI_ADDR_HI / 4] = {.writable = UINT32_MAX, .needs = NEEDS_MSI},
	[AMDVI_MSI_DATA / 4] = {.writable = MASK32(AMDVI_MSI_DATA_DATA), .needs = NEEDS_MSI},
	BOTH(AMDVI_XT_GEN_INTR, XT_MASK, NEEDS_XT, NULL),
	BOTH(AMDVI_XT_PPR_INTR, XT_MASK, NEEDS_XT, NULL),
	BOTH(AMDVI_XT_GA_INTR, XT_MASK, NEEDS_XT, NULL),
};

#define HIGH_START AMDVI_CMD_HEAD
#define HIGH_END   (AMDVI_PPR_AUTO_RSP + 8)

/* A pointer: bits 18:4 of the lower half. */
#define POINTER(offset, what, hook) \
	[((offset)-HIGH_START) /    \
		4] = {.writable = MASK32(AMDVI_RING_POINTER), .needs = (what), .written = (hook)}

static const struct register_rule high_rules[(HIGH_END - HIGH_START) / 4] = {
	POINTER(AMDVI_CMD_HEAD, NEEDS_NOTHING, amdvi_queue_run),
	POINTER(AMDVI_CMD_TAIL, NEEDS_NOTHING, amdvi_queue_run),
	POINTER(AMDVI_EVENT_HEAD, NEEDS_NOTHING, NULL),
	POINTER(AMDVI_EVENT_TAIL, NEEDS_NOTHING, NULL),
	[(AMDVI_STATUS - HIGH_START) / 4] = {.clears = MASK32(AMDVI_STATUS_EVENT_OVERFLOW) |
						       MASK32(AMDVI_STATUS_EVENT_LOG_INT) |
						       MASK32(AMDVI_STATUS_COM_WAIT_INT) |
						       MASK32(AMDVI_STATUS_PPR_OVERFLOW) |
						       MASK32(AMDVI_STATUS_PPR_INT)},
	POINTER(AMDVI_PPR_HEAD, NEEDS_PPR, NULL),
	POINTER(AMDVI_PPR_TAIL, NEEDS_PPR, NULL),
	POINTER(AMDVI_GA_LOG_HEAD, NEEDS_GA, NULL),
	POINTER(AMDVI_GA_LOG_TAIL, NEEDS_GA, NULL),
	[(AMDVI_PPR_AUTO_RSP - HIGH_START) / 4] = {.writable = MASK32(AMDVI_PPR_AUTO_RSP_CODE) |
							       MASK32(AMDVI_PPR_AUTO_RSP_MASK_GN),
						   .needs = NEEDS_AUTO_RESPONSE},
};

static const struct register_rule reserved_rule;

static const struct register_rule *rule_find(uint32_t offset)
{
	if (offset < LOW_END)
		return &low_rules[offset / 4];
	if (offset >= HIGH_START && offset < HIGH_END)
		return &high_rules[(offset - HIGH_START) / 4];
	return &reserved_rule;
}

/* The word takes its new value; the rule says what is then to be done. */
static const struct register_rule *word_write(struct amdvi_unit *u, uint32_t offset, uint32_t value)
{
	const struct register_rule *rule = rule_find(offset);
	uint32_t word = amdvi_reg32(u, offset);

	if (!unit_has(&u->features, rule->needs))
		return &reserved_rule;
	word = (word & ~rule->writable) | (value & rule->writable);
	amdvi_reg32_set(u, offset, word & ~(value & rule->clears));
	return rule;
}

/* ---- The room's functions ---------------------------------------------------------------- */

static int access_check(uint32_t offset, unsigned size)
{
	if ((size != 4 && size != 8) || offset % size != 0)
		return -EINVAL;
	return 0;
}

int amdvi_mmio_read(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value)
{
	const struct amdvi_unit *u = amdvi_unit(unit);
	int error = access_check(offset, size);

	if (error)
		return error;
	if (offset >= AMDVI_REGISTER_SPACE)
		*value = 0;
	else if (size == 4)
		*value = amdvi_reg32(u, offset);
	else
		*value = amdvi_reg64(u, offset);
	return 0;
}

int amdvi_mmio_write(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value)
{
	struct amdvi_unit *u = amdvi_unit(unit);
	const struct register_rule *lower, *upper = &reserved_rule;
	int error = access_check(offset, size);

	if (error)
		return error;
	if (offset >= AMDVI_REGISTER_SPACE)
		return 0;
	lower = word_write(u, offset, (uint32_t)value);
	if (size == 8)
		upper = word_write(u, offset + 4, (uint32_t)(value >> 32));
	if (lower->written)
		lower->written(u);
	if (upper->written && upper->written != lower->written)
		upper->written(u);
	return 0;
}

/* 3.2: MsiNum and MsiNumPPR are 0, there is one message for everything. */
static uint32_t misc_information(const struct amdvi_features *f)
{
	unsigned gva = f->guest_levels > 4 ? AMDVI_GVA_SIZE_57 : AMDVI_GVA_SIZE_48;

	return (uint32_t)(field_prep(AMDVI_MISC0_GVA_SIZE, gva) |
			  field_prep(AMDVI_MISC0_PA_SIZE, f->pa_bits) |
			  field_prep(AMDVI_MISC0_VA_SIZE, 64));
}

static void msi_capability_reset(struct amdvi_unit *u)
{
	amdvi_reg32_set(u, AMDVI_MSI_VECTOR0, misc_information(&u->features));
	amdvi_reg32_set(u, AMDVI_MSI_CAP,
			(uint32_t)(field_prep(AMDVI_MSI_CAP_ID, AMDVI_MSI_CAP_ID_VALUE) |
				   field_prep(AMDVI_MSI_CAP_64_EN, 1)));
	amdvi_reg32_set(
		u, AMDVI_MSI_MAP_CAP,
		(uint32_t)(field_prep(AMDVI_MSI_MAP_CAP_ID, AMDVI_MSI_MAP_CAP_ID_VALUE) |
			   field_prep(AMDVI_MSI_MAP_CAP_EN, 1) |
			   field_prep(AMDVI_MSI_MAP_CAP_FIXD, 1) |
			   field_prep(AMDVI_MSI_MAP_CAP_TYPE, AMDVI_MSI_MAP_CAP_TYPE_VALUE)));
}

void amdvi_registers_reset(struct amdvi_unit *u)
{
	memset(u->reg, 0, sizeof(u->reg));
	amdvi_reg64_set(u, AMDVI_EFR, u->features.efr);
	amdvi_reg64_set(u, AMDVI_EFR2, u->features.efr2);
	if (u->features.msi_mmio)
		msi_capability_reset(u);
	control_written(u);
	device_tables_written(u);
	exclusion_written(u);
}
