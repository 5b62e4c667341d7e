/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and invalidation by an SMMUv3, through the public interface. */
#include "bench.h"

#include "smmuv3/registers.h"
#include "smmuv3/structures.h"

#include <stdlib.h>

#define VMID        5u
#define ASID        7u
#define COMMANDS_LG 8u /* a ring of 256 */
#define STREAMS_LG  6u /* a linear stream table of one page */
#define LEVELS      4u
#define ADDRESS_48  5u /* IPS and S2PS */
#define BITS        48u

/* ---- Tables ----------------------------------------------------------------------- */

#define S1_LEAF                                                                  \
	(FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE) | FIELD_MASK(SMMU_S1_AP1) | \
	 FIELD_MASK(SMMU_PTE_AF) | FIELD_MASK(SMMU_S1_NG))
#define S2_LEAF                                                                      \
	(FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE) | FIELD_MASK(SMMU_S2_MEMATTR) | \
	 FIELD_MASK(SMMU_S2_S2AP) | FIELD_MASK(SMMU_PTE_AF))

static uint64_t *entry(const struct bench_tables *bench, uint64_t table, uint64_t input,
		       unsigned level)
{
	unsigned bits = SMMU_4K_LG2 - SMMU_PTE_LG2;
	uint64_t index = input >> (SMMU_4K_LG2 + level * bits) & ((1u << bits) - 1);

	return bench_word(bench, table + (index << SMMU_PTE_LG2));
}

static void map(struct bench_tables *bench, uint64_t table, uint64_t input, uint64_t leaf)
{
	for (unsigned level = LEVELS - 1; level > 0; level--) {
		uint64_t *pointer = entry(bench, table, input, level);

		if (!*pointer)
			*pointer =
				bench_page_new(bench) | FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE);
		table = field_bits(SMMU_PTE_ADDRESS, *pointer);
	}
	*entry(bench, table, input, 0) = leaf;
}

static void build_stage1(struct bench_tables *bench, uint64_t *ste, unsigned pages)
{
	uint64_t cd_at = bench_page_new(bench), table = bench_page_new(bench);
	uint64_t *cd = bench_word(bench, cd_at);

	cd[0] = FIELD_VALUE(SMMU_CD_0_T0SZ, 64 - BITS) | FIELD_MASK(SMMU_CD_0_EPD1) |
		FIELD_MASK(SMMU_CD_0_V) | FIELD_VALUE(SMMU_CD_0_IPS, ADDRESS_48) |
		FIELD_MASK(SMMU_CD_0_AA64) | FIELD_MASK(SMMU_CD_0_A) | FIELD_MASK(SMMU_CD_0_R) |
		FIELD_VALUE(SMMU_CD_0_ASID, ASID);
	cd[1] = table;
	ste[0] |= cd_at;
	for (uint64_t i = 0; i < pages; i++)
		map(bench, table, BENCH_IOVA + i * BENCH_PAGE,
		    (BENCH_DATA + i * BENCH_PAGE) | S1_LEAF);
}

static void build_stage2(struct bench_tables *bench, uint64_t *ste, unsigned pages)
{
	uint64_t table = bench_page_new(bench);

	ste[2] |= FIELD_VALUE(SMMU_STE_2_S2T0SZ, 64 - BITS) |
		  FIELD_VALUE(SMMU_STE_2_S2SL0, LEVELS - 2) |
		  FIELD_VALUE(SMMU_STE_2_S2PS, ADDRESS_48) | FIELD_MASK(SMMU_STE_2_S2AA64) |
		  FIELD_MASK(SMMU_STE_2_S2R);
	ste[3] = table;
	/* Stage 2's own tables come last: they need no mapping. */
	for (uint64_t pa = 0, end = bench->used; pa < end; pa += BENCH_PAGE)
		map(bench, table, pa, pa | S2_LEAF);
	for (uint64_t i = 0; i < pages; i++)
		map(bench, table, BENCH_DATA + i * BENCH_PAGE,
		    (BENCH_DATA + i * BENCH_PAGE) | S2_LEAF);
}

static void build(struct bench_tables *bench, bool nested, unsigned pages)
{
	uint64_t *ste = bench_word(bench, bench->devices + BENCH_RID * SMMU_STE_SIZE);

	ste[0] = FIELD_MASK(SMMU_STE_0_V) |
		 FIELD_VALUE(SMMU_STE_0_CONFIG, nested ? SMMU_CONFIG_NESTED : SMMU_CONFIG_S1);
	ste[2] = FIELD_VALUE(SMMU_STE_2_S2VMID, VMID);
	build_stage1(bench, ste, pages);
	if (nested)
		build_stage2(bench, ste, pages);
}

/* ---- The unit ------------------------------------------------------------------------ */

static bool start(struct bench_tables *bench)
{
	const uint64_t on = FIELD_MASK(SMMU_CR0_CMDQEN) | FIELD_MASK(SMMU_CR0_SMMUEN);
	struct ioasim_unit *unit = bench->translate.unit;

	return ioasim_mmio_write(unit, SMMU_STRTAB_BASE, 8, bench->devices) == 0 &&
	       ioasim_mmio_write(unit, SMMU_STRTAB_BASE_CFG, 4, STREAMS_LG) == 0 &&
	       ioasim_mmio_write(unit, SMMU_CMDQ_BASE, 8, BENCH_COMMANDS | COMMANDS_LG) == 0 &&
	       ioasim_mmio_write(unit, SMMU_CR0, 4, on) == 0;
}

static void invalidate(void *state, uint64_t address)
{
	struct bench_tables *bench = state;
	uint32_t index = bench->tail % (1u << COMMANDS_LG);
	uint64_t *slot = bench_word(bench, BENCH_COMMANDS + index * SMMU_CMD_SIZE);

	slot[0] = FIELD_VALUE(SMMU_CMD_0_OPCODE, SMMU_CMD_TLBI_NH_VA) |
		  FIELD_VALUE(SMMU_TLBI_0_VMID, VMID) | FIELD_VALUE(SMMU_TLBI_0_ASID, ASID);
	slot[1] = address | FIELD_MASK(SMMU_CMD_1_LEAF);
	bench->tail = (bench->tail + 1) % (2u << COMMANDS_LG);
	if (ioasim_mmio_write(bench->translate.unit, SMMU_CMDQ_PROD, 4, bench->tail))
		abort();
}

static const struct bench_kind kind = {
	.arch = "smmuv3",
	.one_stage = 2 + LEVELS,
	.structures = 6,
	.build = build,
	.start = start,
	.invalidate = invalidate,
};

static void *hit_setup(const char **why)
{
	return bench_hit_setup(&kind, why);
}

static void *one_stage_setup(const char **why)
{
	return bench_one_stage_setup(&kind, why);
}

static void *nested_warm_setup(const char **why)
{
	return bench_nested_setup(&kind, true, why);
}

static void *nested_cold_setup(const char **why)
{
	return bench_nested_setup(&kind, false, why);
}

static void *invalidate_setup(const char **why)
{
	return bench_invalidate_setup(&kind, why);
}

const struct bench_case bench_smmuv3[] = {
	{"SMMUv3: TLB hit", 40, hit_setup, bench_tables_translate, bench_tables_finish},
	{"SMMUv3: stage 1 walk, 4 levels, 6 references", 15, one_stage_setup,
	 bench_tables_translate, bench_tables_finish},
	{"SMMUv3: nested walk, 24 references", 4, nested_warm_setup, bench_tables_translate,
	 bench_tables_finish},
	{"SMMUv3: nested and structures, 30 references", 0, nested_cold_setup,
	 bench_tables_translate, bench_tables_finish},
	{"SMMUv3: page invalidation through the ring", 5, invalidate_setup, bench_tables_invalidate,
	 bench_tables_finish},
	{0},
};
