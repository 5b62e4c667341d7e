/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and invalidation by an AMD-Vi unit, through the public interface. */
#include "bench.h"

#include "amdvi/registers.h"
#include "amdvi/structures.h"

#include <stdlib.h>
#include <string.h>

#define PAGE        0x1000u
#define DEVICE_ID   0x18u
#define DOMAIN_ID   7u
#define COMMANDS    0x1000u /* a ring of 256 */
#define COMMANDS_LG 8
#define PAGES       256u

/* Host tables of four levels; nested: guest tables of four levels for PASID 0 above. */
struct amdvi_bench {
	unsigned char *ram; /* [0, BENCH_RAM_SIZE) */
	uint64_t used; /* bytes given out from the bottom */
	uint64_t devices; /* device table of one page */
	uint32_t tail;
	struct ioasim_memory *memory;
	struct bench_translate translate;
};

static uint64_t *word(const struct amdvi_bench *bench, uint64_t address)
{
	return (uint64_t *)(void *)(bench->ram + address);
}

static uint64_t page_new(struct amdvi_bench *bench)
{
	uint64_t page = bench->used;

	bench->used += PAGE;
	return page;
}

/* ---- Tables ----------------------------------------------------------------------- */

/* Accessed and dirty are set beforehand, as Linux does. */
#define GUEST_BITS                                                                             \
	(FIELD_MASK(AMDVI_GUEST_P) | FIELD_MASK(AMDVI_GUEST_RW) | FIELD_MASK(AMDVI_GUEST_US) | \
	 FIELD_MASK(AMDVI_GUEST_A))
#define HOST_BITS \
	(FIELD_MASK(AMDVI_HOST_PR) | FIELD_MASK(AMDVI_HOST_IR) | FIELD_MASK(AMDVI_HOST_IW))

static void map(struct amdvi_bench *bench, uint64_t table, uint64_t input, uint64_t output,
		bool guest)
{
	for (unsigned level = 3; level > 0; level--) {
		uint64_t *entry = word(bench, table + amdvi_table_offset(input, level));

		if (!*entry)
			*entry = page_new(bench) |
				 (guest ? GUEST_BITS
					: HOST_BITS | FIELD_VALUE(AMDVI_HOST_NEXTLEVEL, level));
		table = field_bits(AMDVI_HOST_ADDR, *entry);
	}
	*word(bench, table + amdvi_table_offset(input, 0)) =
		output | (guest ? GUEST_BITS | FIELD_MASK(AMDVI_GUEST_D) : HOST_BITS);
}

static void map_pages(struct amdvi_bench *bench, uint64_t table, unsigned pages, bool guest)
{
	for (unsigned i = 0; i < pages; i++)
		map(bench, table, BENCH_IOVA + (uint64_t)i * PAGE, BENCH_DATA + (uint64_t)i * PAGE,
		    guest);
}

static void build(struct amdvi_bench *bench, bool nested, unsigned pages)
{
	uint64_t host = page_new(bench), gcr3 = page_new(bench), guest = page_new(bench);
	uint64_t *dte = word(bench, bench->devices + DEVICE_ID * AMDVI_DTE_SIZE);

	dte[0] = host | FIELD_MASK(AMDVI_DTE_0_V) | FIELD_MASK(AMDVI_DTE_0_TV) |
		 FIELD_VALUE(AMDVI_DTE_0_MODE, 4) | FIELD_MASK(AMDVI_DTE_0_IR) |
		 FIELD_MASK(AMDVI_DTE_0_IW);
	dte[1] = FIELD_VALUE(AMDVI_DTE_1_DOMAINID, DOMAIN_ID);
	if (!nested) {
		map_pages(bench, host, pages, false);
		return;
	}
	dte[0] |= FIELD_MASK(AMDVI_DTE_0_GV) | FIELD_MASK(AMDVI_DTE_0_GIOV);
	amdvi_dte_gcr3_root_set(dte, gcr3);
	*word(bench, gcr3) = guest | FIELD_MASK(AMDVI_GCR3_V);
	map_pages(bench, guest, pages, true);
	/* The host's own tables come last: they need no mapping. */
	for (uint64_t pa = 0, end = bench->used; pa < end; pa += PAGE)
		map(bench, host, pa, pa, false);
	for (uint64_t i = 0; i < pages; i++)
		map(bench, host, BENCH_DATA + i * PAGE, BENCH_DATA + i * PAGE, false);
}

/* ---- The unit ------------------------------------------------------------------------ */

static void finish(void *state)
{
	struct amdvi_bench *bench = state;

	ioasim_unit_destroy(bench->translate.unit);
	ioasim_memory_destroy(bench->memory);
	free(bench->ram);
	free(bench);
}

static bool start(struct amdvi_bench *bench, const struct ioasim_unit_config *config,
		  const char **why)
{
	const uint64_t commands = COMMANDS | FIELD_VALUE(AMDVI_RING_LEN, COMMANDS_LG);
	const uint64_t control =
		FIELD_MASK(AMDVI_CONTROL_IOMMU_EN) | FIELD_MASK(AMDVI_CONTROL_CMD_BUF_EN) |
		FIELD_MASK(AMDVI_CONTROL_GT_EN) | FIELD_MASK(AMDVI_CONTROL_GCR3_TRP_MODE);
	struct ioasim_unit *unit;

	bench->memory = ioasim_memory_create();
	if (!bench->memory ||
	    ioasim_memory_add_buffer(bench->memory, 0, BENCH_RAM_SIZE, bench->ram) ||
	    ioasim_unit_create(config, bench->memory, &bench->translate.unit, why))
		return false;
	*why = "the unit did not do as told";
	unit = bench->translate.unit;
	return ioasim_mmio_write(unit, AMDVI_DEV_TAB_BASE, 8, bench->devices) == 0 &&
	       ioasim_mmio_write(unit, AMDVI_CMD_BASE, 8, commands) == 0 &&
	       ioasim_mmio_write(unit, AMDVI_CONTROL, 8, control) == 0;
}

static struct amdvi_bench *setup(bool nested, unsigned pages,
				 const struct ioasim_unit_config *config, const char **why)
{
	struct amdvi_bench *bench = calloc(1, sizeof(*bench));

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
	bench->devices = page_new(bench);
	build(bench, nested, pages);
	bench_translate_init(&bench->translate, DEVICE_ID, pages);
	if (start(bench, config, why))
		return bench;
	finish(bench);
	return NULL;
}

/* ---- Translations ---------------------------------------------------------------------- */

static bool configure(struct ioasim_unit_config *config, const char **why)
{
	*why = "no AMD-Vi";
	return ioasim_unit_config_init(config, "amdvi") == 0;
}

static void *hit_setup(const char **why)
{
	struct ioasim_unit_config config;
	struct amdvi_bench *bench;

	if (!configure(&config, why))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] =
		(struct ioasim_cache_geometry){.entries = 1024, .ways = 8};
	bench = setup(false, PAGES, &config, why);
	if (bench)
		bench->translate.rounds = 8000;
	return bench;
}

static void *host_setup(const char **why)
{
	struct ioasim_unit_config config;
	struct amdvi_bench *bench;

	if (!configure(&config, why))
		return NULL;
	ioasim_unit_config_no_caches(&config);
	bench = setup(false, PAGES, &config, why);
	if (bench) {
		bench->translate.rounds = 3000;
		bench->translate.references = 1 + 4;
	}
	return bench;
}

static void *nested_setup(bool structures_cached, const char **why)
{
	struct ioasim_unit_config config, defaults;
	struct amdvi_bench *bench;

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
	const struct amdvi_bench *bench = state;

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
	struct amdvi_bench *bench = state;
	uint64_t *slot = word(bench, COMMANDS + bench->tail);

	slot[0] = FIELD_VALUE(AMDVI_CMD_0_OPCODE, AMDVI_CMD_INVALIDATE_IOMMU_PAGES) |
		  FIELD_VALUE(AMDVI_PAGES_0_DOMAIN_ID, DOMAIN_ID);
	slot[1] = address;
	bench->tail = (bench->tail + AMDVI_ENTRY_SIZE) % PAGE;
	if (ioasim_mmio_write(bench->translate.unit, AMDVI_CMD_TAIL, 8, bench->tail))
		abort();
}

static bool invalidate_run(void *state, struct bench_sample *sample, const char **why)
{
	struct amdvi_bench *bench = state;
	const struct bench_invalidate run = {&bench->translate, 400, invalidate, bench};

	return bench_invalidate_run(&run, sample, why);
}

const struct bench_case bench_amdvi[] = {
	{"AMD-Vi: IOTLB hit", 40, hit_setup, translate_run, finish},
	{"AMD-Vi: host walk, 4 levels, 5 references", 15, host_setup, translate_run, finish},
	{"AMD-Vi: nested walk, 24 references", 4, nested_warm_setup, translate_run, finish},
	{"AMD-Vi: nested and tables, 30 references", 0, nested_cold_setup, translate_run, finish},
	{"AMD-Vi: page invalidation through the ring", 5, invalidate_setup, invalidate_run, finish},
	{0},
};
