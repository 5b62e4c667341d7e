/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and invalidation through the public interface. */
#include "bench.h"

#include "vtd/registers.h"

#include <stdlib.h>

#define PAGE 0x1000u

struct unit_bench {
	struct bench_machine *machine;
	uint32_t tail;
	struct bench_translate translate;
};

static void unit_finish(void *state)
{
	struct unit_bench *bench = state;

	bench_machine_destroy(bench->machine);
	free(bench);
}

static struct unit_bench *unit_setup(enum bench_mode mode, unsigned pages,
				     const struct ioasim_unit_config *config, const char **why)
{
	struct unit_bench *bench = calloc(1, sizeof(*bench));

	*why = "no memory";
	if (!bench)
		return NULL;
	bench_translate_init(&bench->translate, BENCH_RID, pages);
	bench->machine = bench_machine_create(mode, pages);
	if (bench->machine && bench_machine_start(bench->machine, config, why)) {
		bench->translate.unit = bench->machine->unit;
		return bench;
	}
	unit_finish(bench);
	return NULL;
}

static bool translate_run(void *state, struct bench_sample *sample, const char **why)
{
	const struct unit_bench *bench = state;

	return bench_translate_run(&bench->translate, sample, why);
}

static void *hit_setup(const char **why)
{
	struct ioasim_unit_config config;
	struct unit_bench *bench;

	*why = "no VT-d";
	if (!bench_config(&config))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] =
		(struct ioasim_cache_geometry){.entries = 1024, .ways = 8};
	bench = unit_setup(BENCH_LEGACY, 256, &config, why);
	if (bench)
		bench->translate.rounds = 8000;
	return bench;
}

static void *one_stage_setup(const char **why)
{
	struct ioasim_unit_config config;
	struct unit_bench *bench;

	*why = "no VT-d";
	if (!bench_config(&config))
		return NULL;
	ioasim_unit_config_no_caches(&config);
	bench = unit_setup(BENCH_LEGACY, 256, &config, why);
	if (bench) {
		bench->translate.rounds = 3000;
		bench->translate.references = 2 + 4;
	}
	return bench;
}

static void *nested_setup(bool structures_cached, const char **why)
{
	struct ioasim_unit_config config, defaults;
	struct unit_bench *bench;

	*why = "no VT-d";
	if (!bench_config(&config))
		return NULL;
	defaults = config;
	ioasim_unit_config_no_caches(&config);
	if (structures_cached) {
		config.cache[IOASIM_CACHE_DEVICE] = defaults.cache[IOASIM_CACHE_DEVICE];
		config.cache[IOASIM_CACHE_PASID] = defaults.cache[IOASIM_CACHE_PASID];
	}
	bench = unit_setup(BENCH_NESTED, 256, &config, why);
	if (bench) {
		bench->translate.rounds = 800;
		bench->translate.references = 24 + (structures_cached ? 0 : 4);
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

/* ---- Invalidation --------------------------------------------------------- */

static void *invalidate_setup(const char **why)
{
	struct ioasim_unit_config config;

	*why = "no VT-d";
	if (!bench_config(&config))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] = BENCH_LIVE_CACHE;
	return unit_setup(BENCH_LEGACY, BENCH_LIVE, &config, why);
}

static void invalidate(void *state, uint64_t address)
{
	struct unit_bench *bench = state;
	uint64_t *slot = (uint64_t *)(void *)(bench->machine->ram + BENCH_QUEUE + bench->tail);

	slot[0] = FIELD_VALUE(VTD_DESC_0_TYPE_LOW, VTD_DESC_IOTLB) |
		  FIELD_VALUE(VTD_DESC_0_G, VTD_GRANULARITY_ENTITY) |
		  FIELD_VALUE(VTD_DESC_0_DID, BENCH_DID);
	slot[1] = address | FIELD_MASK(VTD_DESC_1_IH);
	bench->tail = (bench->tail + 16) % PAGE;
	if (ioasim_mmio_write(bench->machine->unit, VTD_IQT, 8, bench->tail))
		abort();
}

static bool invalidate_run(void *state, struct bench_sample *sample, const char **why)
{
	struct unit_bench *bench = state;
	const struct bench_invalidate run = {&bench->translate, 400, invalidate, bench};

	return bench_invalidate_run(&run, sample, why);
}

const struct bench_case bench_unit[] = {
	{"IOTLB hit", 40, hit_setup, translate_run, unit_finish},
	{"one-stage walk, 4 levels, 6 references", 15, one_stage_setup, translate_run, unit_finish},
	{"nested walk, 24 references", 4, nested_warm_setup, translate_run, unit_finish},
	{"nested walk and structures, 28 references", 0, nested_cold_setup, translate_run,
	 unit_finish},
	{"page invalidation through the ring", 5, invalidate_setup, invalidate_run, unit_finish},
	{0},
};
