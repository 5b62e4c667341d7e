/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream table entries (5.2) and context descriptors (5.4): what a device's routes make
 * of them, and how they are changed while the unit may fetch them.
 *
 * The unit may read an entry in parts of 64 bits and keep each of them (3.21), so that
 * a change of what it looks at in more than one word would show it a mixture. Bits that
 * it does not look at can be changed beforehand and afterwards.
 */
#include "smmuv3/driver.h"

#include "model/broken.h"

#include <errno.h>

/* STE and CD are changed by one algorithm. */
#define ENTRY_WORDS SMMU_STE_WORDS
_Static_assert(SMMU_STE_WORDS == SMMU_CD_WORDS, "entries");

/*
 * Attributes by AttrIndx: Normal non-cacheable, Normal write-back, Device-nGnRE, and
 * Normal with an outer cache. Leaves use the second.
 */
#define MAIR UINT64_C(0xf404ff44)

/* ---- What the unit looks at --------------------------------------------------------- */

static void stage1_used(uint64_t *used)
{
	used[0] |= FIELD_MASK(SMMU_STE_0_S1FMT) | FIELD_MASK(SMMU_STE_0_S1CONTEXTPTR) |
		   FIELD_MASK(SMMU_STE_0_S1CDMAX);
	used[1] |= FIELD_MASK(SMMU_STE_1_S1DSS) | FIELD_MASK(SMMU_STE_1_S1CIR) |
		   FIELD_MASK(SMMU_STE_1_S1COR) | FIELD_MASK(SMMU_STE_1_S1CSH) |
		   FIELD_MASK(SMMU_STE_1_S1STALLD) | FIELD_MASK(SMMU_STE_1_STRW);
}

void smmu_ste_used(const uint64_t ste[SMMU_STE_WORDS], uint64_t used[SMMU_STE_WORDS])
{
	for (unsigned i = 0; i < SMMU_STE_WORDS; i++)
		used[i] = 0;
	used[0] = FIELD_MASK(SMMU_STE_0_V);
	if (!field_get(SMMU_STE_0_V, ste[0]))
		return;
	used[0] |= FIELD_MASK(SMMU_STE_0_CONFIG);
	used[1] |= FIELD_MASK(SMMU_STE_1_PPAR); /* 8.1: whatever Config is */
	if (!field_get(SMMU_STE_0_CONFIG_ON, ste[0]))
		return;
	used[1] |= FIELD_MASK(SMMU_STE_1_SHCFG) | FIELD_MASK(SMMU_STE_1_MEV);
	if (field_get(SMMU_STE_0_CONFIG, ste[0]) == SMMU_CONFIG_BYPASS)
		return;
	used[1] |= FIELD_MASK(SMMU_STE_1_EATS);
	/* 3.17: the VMID tags stage 1 too. */
	used[2] |= FIELD_MASK(SMMU_STE_2_S2VMID);
	if (field_get(SMMU_STE_0_CONFIG_S1, ste[0]))
		stage1_used(used);
	if (field_get(SMMU_STE_0_CONFIG_S2, ste[0])) {
		used[2] = UINT64_MAX;
		used[3] = UINT64_MAX;
	}
}

void smmu_cd_used(const uint64_t cd[SMMU_CD_WORDS], uint64_t used[SMMU_CD_WORDS])
{
	for (unsigned i = 0; i < SMMU_CD_WORDS; i++)
		used[i] = field_get(SMMU_CD_0_V, cd[0]) ? UINT64_MAX : 0;
	used[0] |= FIELD_MASK(SMMU_CD_0_V);
	if (!field_get(SMMU_CD_0_V, cd[0]) || !field_get(SMMU_CD_0_EPD0, cd[0]))
		return;
	/* 5.4: what belongs to a table that is not walked. */
	used[0] &= ~(FIELD_MASK(SMMU_CD_0_T0SZ) | FIELD_MASK(SMMU_CD_0_TG0) |
		     FIELD_MASK(SMMU_CD_0_IR0) | FIELD_MASK(SMMU_CD_0_OR0) |
		     FIELD_MASK(SMMU_CD_0_SH0));
	used[1] = 0;
	used[3] = 0;
}

/* ---- Contents ------------------------------------------------------------------------- */

/* S1STALLD: to be 1 where streams do not stall (those of PCIe must not, 3.12), and
 * illegal where none can (5.2). */
static bool stalls_possible(const struct smmu_driver *driver)
{
	return field_get(SMMU_IDR0_STALL_MODEL, driver->idr0) == SMMU_STALL_MODEL_BOTH;
}

static void ste_stage1(const struct smmu_driver *driver, const struct smmu_index *cds,
		       unsigned s1dss, uint64_t *ste)
{
	unsigned format = smmu_index_linear(cds) ? SMMU_S1FMT_LINEAR : SMMU_S1FMT_64K;

	field_set(&ste[0], SMMU_STE_0_CONFIG_S1, 1);
	field_set(&ste[0], SMMU_STE_0_S1FMT, format);
	ste[0] |= field_bits(SMMU_STE_0_S1CONTEXTPTR, cds->base);
	field_set(&ste[0], SMMU_STE_0_S1CDMAX, cds->bits);
	field_set(&ste[1], SMMU_STE_1_S1DSS, s1dss);
	field_set(&ste[1], SMMU_STE_1_S1CIR, SMMU_DRIVER_WRITE_BACK);
	field_set(&ste[1], SMMU_STE_1_S1COR, SMMU_DRIVER_WRITE_BACK);
	field_set(&ste[1], SMMU_STE_1_S1CSH, SMMU_DRIVER_INNER_SHAREABLE);
	field_set(&ste[1], SMMU_STE_1_S1STALLD, stalls_possible(driver));
	field_set(&ste[2], SMMU_STE_2_S2VMID, SMMU_DRIVER_VMID_STAGE1);
}

static unsigned s2tg(unsigned granule_lg2)
{
	return granule_lg2 == SMMU_4K_LG2    ? SMMU_S2TG_4K
	       : granule_lg2 == SMMU_16K_LG2 ? SMMU_S2TG_16K
					     : SMMU_S2TG_64K;
}

/* HA is set for HD's sake, which is nothing without it (5.2, 5.4). */
static void ste_stage2(const struct smmu_driver *driver, const struct smmu_domain *domain,
		       uint64_t *ste)
{
	const struct page_table *table = &domain->space.table;

	field_set(&ste[0], SMMU_STE_0_CONFIG_S2, 1);
	/* A guest's faults may be merged; the same with and without a user's stage 1, so
	 * that one word switches it. */
	field_set(&ste[1], SMMU_STE_1_MEV, domain->kind == DOMAIN_NEST_PARENT);
	field_set(&ste[2], SMMU_STE_2_S2VMID, domain->vmid);
	field_set(&ste[2], SMMU_STE_2_S2T0SZ, smmu_table_tsz(table));
	field_set(&ste[2], SMMU_STE_2_S2SL0, smmu_table_sl0(table));
	field_set(&ste[2], SMMU_STE_2_S2IR0, SMMU_DRIVER_WRITE_BACK);
	field_set(&ste[2], SMMU_STE_2_S2OR0, SMMU_DRIVER_WRITE_BACK);
	field_set(&ste[2], SMMU_STE_2_S2SH0, SMMU_DRIVER_INNER_SHAREABLE);
	field_set(&ste[2], SMMU_STE_2_S2TG, s2tg(table->page_lg2));
	field_set(&ste[2], SMMU_STE_2_S2PS, driver->pa_code);
	field_set(&ste[2], SMMU_STE_2_S2AA64, 1);
	field_set(&ste[2], SMMU_STE_2_S2PTW, 1);
	field_set(&ste[2], SMMU_STE_2_S2HA, domain->space.dirty);
	field_set(&ste[2], SMMU_STE_2_S2HD, domain->space.dirty);
	field_set(&ste[2], SMMU_STE_2_S2R, 1);
	ste[3] = field_bits(SMMU_STE_3_S2TTB, table->root);
}

/* The user's choice of stage 1 over the parent's stage 2: his bypass leaves stage 2. */
static void ste_nested(const struct smmu_driver *driver, const struct smmu_domain *domain,
		       uint64_t *ste)
{
	uint64_t config = field_get(SMMU_STE_0_CONFIG, domain->user[0]);

	if (!field_get(SMMU_STE_0_V, domain->user[0]) || config == SMMU_CONFIG_ABORT)
		return;
	field_set(&ste[0], SMMU_STE_0_CONFIG_ON, 1);
	if (config == SMMU_CONFIG_S1) {
		ste[0] |= domain->user[0];
		ste[1] |= domain->user[1];
		field_set(&ste[1], SMMU_STE_1_S1STALLD, stalls_possible(driver));
		field_set(&ste[1], SMMU_STE_1_EATS, SMMU_EATS_NONE);
	}
	ste_stage2(driver, domain->parent, ste);
}

/* Whether a guest's stream may use ATS: the user's choice. */
static bool wants_ats(const struct smmu_domain *domain)
{
	return !domain || domain->stages != SMMU_STAGES_NESTED ||
	       field_get(SMMU_STE_1_EATS, domain->user[1]) == SMMU_EATS_FULL;
}

/* Requests without PASID while stage 1 is on for those with one. */
static unsigned s1dss(const struct smmu_domain *rid)
{
	if (rid && rid->stages == SMMU_STAGES_BYPASS)
		return SMMU_S1DSS_BYPASS;
	if (rid && (rid->stages == SMMU_STAGES_S1 || rid->silent))
		return SMMU_S1DSS_SSID0;
	return SMMU_S1DSS_TERMINATE;
}

void smmu_ste_make(const struct smmu_driver *driver, const struct smmu_device *device,
		   uint64_t ste[SMMU_STE_WORDS])
{
	const struct smmu_domain *rid = device->rid ? device->rid->domain : NULL;
	enum smmu_stages stages = rid ? rid->stages : SMMU_STAGES_BLOCKED;

	for (unsigned i = 0; i < SMMU_STE_WORDS; i++)
		ste[i] = 0;
	field_set(&ste[0], SMMU_STE_0_V, 1);
	field_set(&ste[1], SMMU_STE_1_PPAR, device->pri);
	if (device->pasids || stages == SMMU_STAGES_S1) {
		field_set(&ste[0], SMMU_STE_0_CONFIG_ON, 1);
		ste_stage1(driver, &device->cds, s1dss(rid), ste);
	} else if (stages == SMMU_STAGES_BYPASS) {
		field_set(&ste[0], SMMU_STE_0_CONFIG, SMMU_CONFIG_BYPASS);
	} else if (stages == SMMU_STAGES_S2) {
		field_set(&ste[0], SMMU_STE_0_CONFIG_ON, 1);
		ste_stage2(driver, rid, ste);
	} else if (stages == SMMU_STAGES_NESTED) {
		ste_nested(driver, rid, ste);
	} else if (rid && !rid->silent) {
		/* Aborting streams have no events (5.2): an invalid entry has. */
		ste[0] = ste[1] = 0;
		return;
	}
	if (!field_get(SMMU_STE_0_CONFIG_ON, ste[0]))
		return;
	if (field_get(SMMU_IDR1_ATTR_TYPES_OVR, driver->idr1))
		field_set(&ste[1], SMMU_STE_1_SHCFG, SMMU_SHCFG_INCOMING);
	if (field_get(SMMU_STE_0_CONFIG, ste[0]) != SMMU_CONFIG_BYPASS && device->ats &&
	    wants_ats(rid))
		field_set(&ste[1], SMMU_STE_1_EATS, SMMU_EATS_FULL);
}

static unsigned tg0(unsigned granule_lg2)
{
	return granule_lg2 == SMMU_4K_LG2    ? SMMU_TG0_4K
	       : granule_lg2 == SMMU_16K_LG2 ? SMMU_TG0_16K
					     : SMMU_TG0_64K;
}

/* Faults end with an abort and, unless silent, an event. Only the lower half of the
 * address space is used. */
static void cd_common(uint64_t *cd, uint16_t asid)
{
	field_set(&cd[0], SMMU_CD_0_V, 1);
	field_set(&cd[0], SMMU_CD_0_EPD1, 1);
	field_set(&cd[0], SMMU_CD_0_AA64, 1);
	field_set(&cd[0], SMMU_CD_0_A, 1);
	field_set(&cd[0], SMMU_CD_0_ASET, 1);
	field_set(&cd[0], SMMU_CD_0_ASID, asid);
}

void smmu_cd_make(const struct smmu_driver *driver, const struct smmu_domain *domain,
		  uint64_t cd[SMMU_CD_WORDS])
{
	for (unsigned i = 0; i < SMMU_CD_WORDS; i++)
		cd[i] = 0;
	if (!domain)
		return;
	if (domain->stages == SMMU_STAGES_BLOCKED && domain->silent) {
		cd_common(cd, SMMU_DRIVER_ASID_NONE);
		field_set(&cd[0], SMMU_CD_0_EPD0, 1);
		return;
	}
	if (domain->stages != SMMU_STAGES_S1)
		return;
	cd_common(cd, domain->asid);
	field_set(&cd[0], SMMU_CD_0_T0SZ, smmu_table_tsz(&domain->space.table));
	field_set(&cd[0], SMMU_CD_0_TG0, tg0(domain->space.table.page_lg2));
	field_set(&cd[0], SMMU_CD_0_IR0, SMMU_DRIVER_WRITE_BACK);
	field_set(&cd[0], SMMU_CD_0_OR0, SMMU_DRIVER_WRITE_BACK);
	field_set(&cd[0], SMMU_CD_0_SH0, SMMU_DRIVER_INNER_SHAREABLE);
	field_set(&cd[0], SMMU_CD_0_IPS, driver->pa_code);
	field_set(&cd[0], SMMU_CD_0_HA, domain->space.dirty);
	field_set(&cd[0], SMMU_CD_0_HD, domain->space.dirty);
	field_set(&cd[0], SMMU_CD_0_R, 1);
	cd[1] = field_bits(SMMU_CD_TTB_TTB, domain->space.table.root);
	cd[3] = MAIR;
}

/* ---- Changes ---------------------------------------------------------------------------- */

struct change {
	struct smmu_driver *driver;
	ioasim_pa_t address;
	uint32_t sid, ssid;
	bool cd;
	uint64_t now[ENTRY_WORDS]; /* what memory holds */
};

static int change_sync(const struct change *change)
{
	struct smmu_batch batch;

	smmu_batch_init(&batch, change->driver);
	if (change->cd)
		smmu_add_config_cd(&batch, change->sid, change->ssid, true);
	else
		smmu_add_config_ste(&batch, change->sid, true);
	return smmu_batch_finish(&batch);
}

/* Stores the words that differ, and if there were any has the unit forget the entry. */
static int phase(struct change *change, const uint64_t *next)
{
	bool stored = false;

	for (unsigned i = 0; i < ENTRY_WORDS; i++) {
		if (change->now[i] == next[i])
			continue;
		if (ioasim_memory_write64(change->driver->memory,
					  change->address + i * sizeof(*next), next[i]))
			return -EIO;
		change->now[i] = next[i];
		stored = true;
	}
	return stored && !BROKEN(INVALIDATE_FIRST) ? change_sync(change) : 0;
}

static void used_bits(const struct change *change, const uint64_t *entry, uint64_t *used)
{
	if (change->cd)
		smmu_cd_used(entry, used);
	else
		smmu_ste_used(entry, used);
}

/*
 * What can be stored without a change of what the present entry says. Returns the words,
 * as a mask, in which that is not yet what the new one says.
 */
static unsigned prepare(const struct change *change, const uint64_t *target, uint64_t *prepared)
{
	uint64_t used[ENTRY_WORDS], used_then[ENTRY_WORDS];
	unsigned critical = 0;

	used_bits(change, change->now, used);
	used_bits(change, target, used_then);
	for (unsigned i = 0; i < ENTRY_WORDS; i++) {
		prepared[i] = (change->now[i] & used[i]) | (target[i] & ~used[i]);
		if ((prepared[i] ^ target[i]) & used_then[i])
			critical |= 1u << i;
	}
	return critical;
}

/* One word makes the difference: bits that are not used yet, that word, and bits that
 * are not used any more. */
static int change_hitless(struct change *change, const uint64_t *target, uint64_t *prepared,
			  unsigned word)
{
	int error;

	prepared[word] = change->now[word];
	error = phase(change, prepared);
	prepared[word] = target[word];
	if (!error)
		error = phase(change, prepared);
	if (!error)
		error = phase(change, target);
	return error;
}

/* The entry is invalid in between. V stands in word 0 of both. */
static int change_broken(struct change *change, const uint64_t *target)
{
	uint64_t next[ENTRY_WORDS];
	int error;

	for (unsigned i = 0; i < ENTRY_WORDS; i++)
		next[i] = change->now[i];
	if (change->cd)
		field_set(&next[0], SMMU_CD_0_V, 0);
	else
		field_set(&next[0], SMMU_STE_0_V, 0);
	error = phase(change, next);
	for (unsigned i = 1; i < ENTRY_WORDS; i++)
		next[i] = target[i];
	if (!error)
		error = phase(change, next);
	if (!error)
		error = phase(change, target);
	return error;
}

static int entry_store(struct change *change, const uint64_t *target)
{
	uint64_t prepared[ENTRY_WORDS];
	unsigned critical;

	if (ioasim_memory_read(change->driver->memory, change->address, change->now,
			       sizeof(change->now)))
		return -EIO;
	if (BROKEN(INVALIDATE_FIRST) && change_sync(change))
		return -EIO;
	critical = prepare(change, target, prepared);
	if (!critical || BROKEN(VALID_FIRST))
		return phase(change, target);
	if (!(critical & (critical - 1)))
		return change_hitless(change, target, prepared, (unsigned)__builtin_ctz(critical));
	return change_broken(change, target);
}

int smmu_ste_store(struct smmu_driver *driver, uint32_t sid, ioasim_pa_t address,
		   const uint64_t ste[SMMU_STE_WORDS])
{
	struct change change = {.driver = driver, .address = address, .sid = sid};

	return entry_store(&change, ste);
}

int smmu_cd_store(struct smmu_driver *driver, uint32_t sid, uint32_t ssid, ioasim_pa_t address,
		  const uint64_t cd[SMMU_CD_WORDS])
{
	struct change change = {
		.driver = driver, .address = address, .sid = sid, .ssid = ssid, .cd = true};

	return entry_store(&change, cd);
}
