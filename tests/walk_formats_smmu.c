/* SPDX-License-Identifier: Apache-2.0 */
/* The page-table formats of SMMUv3: VMSAv8-64, both stages, every granule (Arm ARM D8). */
#include "smmu_tables.h"
#include "walk_formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OAS 44u

struct smmu_unit_of_format {
	struct stab t;
	struct stab_tree tree;
};

/* Which half of stage 1, or stage 2 from which level: the last ones have several first
 * tables side by side. */
static const struct kind {
	unsigned stage, granule, input, first;
	bool high;
} kinds[] = {
	{1, 12, 48, 3, false}, {1, 12, 48, 3, true},  {1, 12, 39, 2, false}, {1, 12, 40, 3, true},
	{1, 12, 30, 1, false}, {1, 12, 25, 1, false}, {1, 14, 48, 3, false}, {1, 14, 47, 2, true},
	{1, 14, 36, 1, false}, {1, 16, 48, 2, false}, {1, 16, 42, 1, true},  {1, 16, 29, 0, false},
	{2, 12, 44, 3, false}, {2, 12, 39, 2, false}, {2, 12, 33, 1, false}, {2, 14, 44, 2, false},
	{2, 14, 36, 1, false}, {2, 16, 44, 2, false}, {2, 16, 42, 1, false}, {2, 12, 43, 2, false},
	{2, 12, 34, 1, false}, {2, 14, 40, 1, false}, {2, 16, 44, 1, false}, {2, 16, 33, 0, false},
};

/* CD.TG0, CD.TG1, STE.S2TG; STE.S2SL0 of a first level. */
static uint64_t tg(unsigned granule, bool high)
{
	if (granule == 12)
		return high ? 2 : 0;
	return granule == 14 ? (high ? 1 : 2) : (high ? 3 : 1);
}

static void build_stage1(struct smmu_unit_of_format *u, const struct kind *k)
{
	uint64_t ste[4] = {STE_S1, 0, STAB_VMID, 0};
	uint64_t cd[4] = {CD_V | CD_IPS(4) | CD_AA64 | CD_R | CD_A | CD_ASID(STAB_ASID)};

	if (k->high)
		cd[0] |= CD_EPD0 | CD_T1SZ(64 - k->input) | CD_TG1(tg(k->granule, true));
	else
		cd[0] |= CD_EPD1 | CD_T0SZ(64 - k->input) | CD_TG0(tg(k->granule, false));
	cd[k->high ? 2 : 1] = u->tree.root;
	u->t.cd = stab_take(&u->t, 64);
	stab_cd(&u->t, u->t.cd, cd);
	ste[0] |= u->t.cd;
	stab_ste(&u->t, STAB_SID, ste);
}

static void build_stage2(struct smmu_unit_of_format *u, const struct kind *k)
{
	uint64_t ste[4] = {STE_S2, 0,
			   STAB_VMID | STE_S2T0SZ(64 - k->input) |
				   STE_S2SL0(k->granule == 12 ? k->first - 1 : k->first) |
				   STE_S2TG(tg(k->granule, false)) | STE_S2PS(4) | STE_S2AA64 |
				   STE_S2R,
			   u->tree.root};

	stab_ste(&u->t, STAB_SID, ste);
}

static void *smmu_open(const struct format *format)
{
	struct smmu_unit_of_format *u = calloc(1, sizeof(*u));
	const struct kind *k = &kinds[format->variant];
	struct ioasim_unit_config config;

	assert_non_null(u);
	srig_config(&config);
	assert_int_equal(ioasim_unit_config_set(&config, "idr5", 0x74), 0);
	ioasim_unit_config_no_caches(&config);
	stab_open_with(&u->t, &config);
	stab_tree_at(&u->t, &u->tree, k->granule, k->input, k->first);
	if (k->stage == 1)
		build_stage1(u, k);
	else
		build_stage2(u, k);
	stab_start(&u->t);
	return u;
}

static void smmu_close(void *unit)
{
	struct smmu_unit_of_format *u = unit;

	stab_close(&u->t);
	free(u);
}

static uint64_t smmu_entry(void *unit, uint64_t address, unsigned level)
{
	struct smmu_unit_of_format *u = unit;

	return stab_entry(&u->t, &u->tree, address, level);
}

static uint64_t smmu_peek(void *unit, uint64_t address)
{
	return srig_peek(&((struct smmu_unit_of_format *)unit)->t.rig, address);
}

static void smmu_poke(void *unit, uint64_t address, uint64_t word)
{
	srig_poke(&((struct smmu_unit_of_format *)unit)->t.rig, address, word);
}

static struct ioasim_response smmu_read(void *unit, uint64_t address)
{
	return stab_read(&((struct smmu_unit_of_format *)unit)->t, address);
}

static const struct format_kit kit = {smmu_open, smmu_close, smmu_entry,
				      smmu_peek, smmu_poke,  smmu_read};

unsigned formats_smmu(void)
{
	return COUNT(kinds);
}

/* D8.3: an address above IPS or S2PS is refused, every bit without a meaning ignored.
 * Meanings for an unprivileged read: type, AF, AP[1] or S2AP[0], APTable[0]. */
void format_smmu(unsigned n, struct format *format)
{
	const struct kind *k = &kinds[n];
	bool first = k->stage == 1;

	*format = (struct format){
		.levels = k->first + 1,
		.leaves = k->granule == 12 ? 7 : 3,
		.input_bits = k->input,
		.above = k->high ? ABOVE_ONES : ABOVE_ZERO,
		.output_bits = OAS,
		.pointer = PTE_TABLE,
		.page = (first ? S1_ALL : S2_ALL) | PTE_PAGE,
		.block = (first ? S1_ALL : S2_ALL) | PTE_BLOCK,
		.present = BIT(0),
		.refused_code = 0x11,
		.empty_code = 0x10,
		.kind = first ? IOASIM_REF_STAGE1 : IOASIM_REF_STAGE2,
		.kit = &kit,
		.variant = n,
	};
	format->leaves &= (1u << format->levels) - 1;
	snprintf(format->name, sizeof(format->name), "SMMUv3 stage %u, %uKB, %u bits, level %u%s",
		 k->stage, 1u << (k->granule - 10), k->input, 3 - k->first,
		 k->high ? ", TTB1" : "");
	for (unsigned level = 0; level < format->levels; level++) {
		format->shift[level] = (uint8_t)(k->granule + level * (k->granule - 3));
		format->refused[0][level] = format->refused[1][level] = BITS(47, OAS);
		format->effective[0][level] =
			BITS(1, 0) | BITS(OAS - 1, k->granule) | (first ? S1_APT0 : 0);
		format->effective[1][level] =
			BITS(1, 0) | PTE_AF | S1_AP1 | BITS(OAS - 1, format->shift[level]);
	}
}
