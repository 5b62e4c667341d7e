/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and invalidation by an SMMUv3, through the public interface. */
#include "bench.h"

#include "smmuv3/registers.h"
#include "smmuv3/structures.h"

#include <stdlib.h>
#include <string.h>

#define PAGE        0x1000u
#define STREAM_ID   0x18u
#define VMID        5u
#define ASID        7u
#define COMMANDS    0x1000u /* a ring of 256 */
#define COMMANDS_LG 8u
#define STREAMS_LG  6u /* a linear stream table of one page */
#define PAGES       256u
#define LEVELS      4u
#define ADDRESS_48  5u /* IPS and S2PS */
#define BITS        48u

/* Four levels of stage 1 for one CD; nested: four levels of stage 2 below them. */
struct smmu_bench {
	unsigned char *ram; /* [0, BENCH_RAM_SIZE) */
	uint64_t used; /* bytes given out from the bottom */
	uint64_t streams;
	uint32_t produced;
	struct ioasim_memory *memory;
	struct bench_translate translate;
};

static uint64_t *word(const struct smmu_bench *bench, uint64_t address)
{
	return (uint64_t *)(void *)(bench->ram + address);
}

static uint64_t page_new(struct smmu_bench *bench)
{
	uint64_t page = bench->used;

	bench->used += PAGE;
	return page;
}

/* ---- Tables ----------------------------------------------------------------------- */

#define S1_LEAF                                                                  \
	(FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE) | FIELD_MASK(SMMU_S1_AP1) | \
	 FIELD_MASK(SMMU_PTE_AF) | FIELD_MASK(SMMU_S1_NG))
#define S2_LEAF                                                                      \
	(FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE) | FIELD_MASK(SMMU_S2_MEMATTR) | \
	 FIELD_MASK(SMMU_S2_S2AP) | FIELD_MASK(SMMU_PTE_AF))

static uint64_t *entry(const struct smmu_bench *bench, uint64_t table, uint64_t input,
		       unsigned level)
{
	unsigned bits = SMMU_4K_LG2 - SMMU_PTE_LG2;
	uint64_t index = input >> (SMMU_4K_LG2 + level * bits) & ((1u << bits) - 1);

	return word(bench, table + (index << SMMU_PTE_LG2));
}

static void map(struct smmu_bench *bench, uint64_t table, uint64_t input, uint64_t leaf)
{
	for (unsigned level = LEVELS - 1; level > 0; level--) {
		uint64_t *pointer = entry(bench, table, input, level);

		if (!*pointer)
			*pointer = page_new(bench) | FIELD_VALUE(SMMU_PTE_TYPE, SMMU_TYPE_TABLE);
		table = field_bits(SMMU_PTE_ADDRESS, *pointer);
	}
	*entry(bench, table, input, 0) = leaf;
}

static void build_stage1(struct smmu_bench *bench, uint64_t *ste, unsigned pages)
{
	uint64_t cd_at = page_new(bench), table = page_new(bench);
	uint64_t *cd = word(bench, cd_at);

	cd[0] = FIELD_VALUE(SMMU_CD_0_T0SZ, 64 - BITS) | FIELD_MASK(SMMU_CD_0_EPD1) |
		FIELD_MASK(SMMU_CD_0_V) | FIELD_VALUE(SMMU_CD_0_IPS, ADDRESS_48) |
		FIELD_MASK(SMMU_CD_0_AA64) | FIELD_MASK(SMMU_CD_0_A) | FIELD_MASK(SMMU_CD_0_R) |
		FIELD_VALUE(SMMU_CD_0_ASID, ASID);
	cd[1] = table;
	ste[0] |= cd_at;
	for (uint64_t i = 0; i < pages; i++)
		map(bench, table, BENCH_IOVA + i * PAGE, (BENCH_DATA + i * PAGE) | S1_LEAF);
}

static void build_stage2(struct smmu_bench *bench, uint64_t *ste, unsigned pages)
{
	uint64_t table = page_new(bench);

	ste[2] |= FIELD_VALUE(SMMU_STE_2_S2T0SZ, 64 - BITS) |
		  FIELD_VALUE(SMMU_STE_2_S2SL0, LEVELS - 2) |
		  FIELD_VALUE(SMMU_STE_2_S2PS, ADDRESS_48) | FIELD_MASK(SMMU_STE_2_S2AA64) |
		  FIELD_MASK(SMMU_STE_2_S2R);
	ste[3] = table;
	/* Stage 2's own tables come last: they need no mapping. */
	for (uint64_t pa = 0, end = bench->used; pa < end; pa += PAGE)
		map(bench, table, pa, pa | S2_LEAF);
	for (uint64_t i = 0; i < pages; i++)
		map(bench, table, BENCH_DATA + i * PAGE, (BENCH_DATA + i * PAGE) | S2_LEAF);
}

static void build(struct smmu_bench *bench, bool nested, unsigned pages)
{
	uint64_t *ste = word(bench, bench->streams + STREAM_ID * SMMU_STE_SIZE);

	ste[0] = FIELD_MASK(SMMU_STE_0_V) |
		 FIELD_VALUE(SMMU_STE_0_CONFIG, nested ? SMMU_CONFIG_NESTED : SMMU_CONFIG_S1);
	ste[2] = FIELD_VALUE(SMMU_STE_2_S2VMID, VMID);
	build_stage1(bench, ste, pages);
	if (nested)
		build_stage2(bench, ste, pages);
}

/* ---- The unit ------------------------------------------------------------------------ */

static void finish(void *state)
{
	struct smmu_bench *bench = state;

	ioasim_unit_destroy(bench->translate.unit);
	ioasim_memory_destroy(bench->memory);
	free(bench->ram);
	free(bench);
}

static bool start(struct smmu_bench *bench, const struct ioasim_unit_config *config,
		  const char **why)
{
	const uint64_t on = FIELD_MASK(SMMU_CR0_CMDQEN) | FIELD_MASK(SMMU_CR0_SMMUEN);
	struct ioasim_unit *unit;

	bench->memory = ioasim_memory_create();
	if (!bench->memory ||
	    ioasim_memory_add_buffer(bench->memory, 0, BENCH_RAM_SIZE, bench->ram) ||
	    ioasim_unit_create(config, bench->memory, &bench->translate.unit, why))
		return false;
	*why = "the unit did not do as told";
	unit = bench->translate.unit;
	return ioasim_mmio_write(unit, SMMU_STRTAB_BASE, 8, bench->streams) == 0 &&
	       ioasim_mmio_write(unit, SMMU_STRTAB_BASE_CFG, 4, STREAMS_LG) == 0 &&
	       ioasim_mmio_write(unit, SMMU_CMDQ_BASE, 8, COMMANDS | COMMANDS_LG) == 0 &&
	       ioasim_mmio_write(unit, SMMU_CR0, 4, on) == 0;
}

static struct smmu_bench *setup(bool nested, unsigned pages,
				const struct ioasim_unit_config *config, const char **why)
{
	struct smmu_bench *bench = calloc(1, sizeof(*bench));

	*why = "no memory";
	if (!bench)
		return NULL;
	bench->ram = aligned_alloc(PAGE, BENCH_RAM_SIZE);
	if (!bench->ram) {
		free(bench);
		return NULL;
	}
	memset(bench->ram, 0, BENCH_RAM_SIZE);
	bench->used = COMMANDS + PAGE;
	bench->streams = page_new(bench);
	build(bench, nested, pages);
	bench_translate_init(&bench->translate, STREAM_ID, pages);
	if (start(bench, config, why))
		return bench;
	finish(bench);
	return NULL;
}

/* ---- Translations ---------------------------------------------------------------------- */

static bool configure(struct ioasim_unit_config *config, const char **why)
{
	*why = "no SMMUv3";
	return ioasim_unit_config_init(config, "smmuv3") == 0;
}

static void *hit_setup(const char **why)
{
	struct ioasim_unit_config config;
	struct smmu_bench *bench;

	if (!configure(&config, why))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] =
		(struct ioasim_cache_geometry){.entries = 1024, .ways = 8};
	bench = setup(false, PAGES, &config, why);
	if (bench)
		bench->translate.rounds = 8000;
	return bench;
}

static void *one_stage_setup(const char **why)
{
	struct ioasim_unit_config config;
	struct smmu_bench *bench;

	if (!configure(&config, why))
		return NULL;
	ioasim_unit_config_no_caches(&config);
	bench = setup(false, PAGES, &config, why);
	if (bench) {
		bench->translate.rounds = 3000;
		bench->translate.references = 2 + LEVELS;
	}
	return bench;
}

static void *nested_setup(bool structures_cached, const char **why)
{
	struct ioasim_unit_config config, defaults;
	struct smmu_bench *bench;

	if (!configure(&config, why))
		return NULL;
	defaults = config;
	ioasim_unit_config_no_caches(&config);
	if (structures_cached) {
		config.cache[IOASIM_CACHE_DEVICE] = defaults.cache[IOASIM_CACHE_DEVICE];
		config.cache[IOASIM_CACHE_PASID] = defaults.cache[IOASIM_CACHE_PASID];
	}
	bench = setup(true, PAGES, &config, why);
	if (bench) {
		bench->translate.rounds = 800;
		bench->translate.references = 24 + (structures_cached ? 0 : 6);
	}
	return bench;
}

static void *nested_warm_setup(const char **why)
{
	return nested_setup(true, why);
}

static void *nested_cold_setup(const char **why)
{
	return nested_setup(false, why);
}

static bool translate_run(void *state, struct bench_sample *sample, const char **why)
{
	const struct smmu_bench *bench = state;

	return bench_translate_run(&bench->translate, sample, why);
}

/* ---- Invalidation --------------------------------------------------------- */

static void *invalidate_setup(const char **why)
{
	struct ioasim_unit_config config;

	if (!configure(&config, why))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] = BENCH_LIVE_CACHE;
	return setup(false, BENCH_LIVE, &config, why);
}

static void invalidate(void *state, uint64_t address)
{
	struct smmu_bench *bench = state;
	uint32_t index = bench->produced % (1u << COMMANDS_LG);
	uint64_t *slot = word(bench, COMMANDS + index * SMMU_CMD_SIZE);

	slot[0] = FIELD_VALUE(SMMU_CMD_0_OPCODE, SMMU_CMD_TLBI_NH_VA) |
		  FIELD_VALUE(SMMU_TLBI_0_VMID, VMID) | FIELD_VALUE(SMMU_TLBI_0_ASID, ASID);
	slot[1] = address | FIELD_MASK(SMMU_CMD_1_LEAF);
	bench->produced = (bench->produced + 1) % (2u << COMMANDS_LG);
	if (ioasim_mmio_write(bench->translate.unit, SMMU_CMDQ_PROD, 4, bench->produced))
		abort();
}

static bool invalidate_run(void *state, struct bench_sample *sample, const char **why)
{
	struct smmu_bench *bench = state;
	const struct bench_invalidate run = {&bench->translate, 400, invalidate, bench};

	return bench_invalidate_run(&run, sample, why);
}

const struct bench_case bench_smmuv3[] = {
	{"SMMUv3: TLB hit", 40, hit_setup, translate_run, finish},
	{"SMMUv3: stage 1 walk, 4 levels, 6 references", 15, one_stage_setup, translate_run,
	 finish},
	{"SMMUv3: nested walk, 24 references", 4, nested_warm_setup, translate_run, finish},
	{"SMMUv3: nested and structures, 30 references", 0, nested_cold_setup, translate_run,
	 finish},
	{"SMMUv3: page invalidation through the ring", 5, invalidate_setup, invalidate_run, finish},
	{0},
};
