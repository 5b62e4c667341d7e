/* SPDX-License-Identifier: Apache-2.0 */
/* Units whose tables a benchmark writes itself: memory, set-up, and the cases that are the
 * same on every architecture. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 256u

uint64_t bench_page_new(struct bench_tables *bench)
{
	uint64_t page = bench->used;

	bench->used += BENCH_PAGE;
	return page;
}

void bench_tables_finish(void *state)
{
	struct bench_tables *bench = state;

	ioasim_unit_destroy(bench->translate.unit);
	ioasim_memory_destroy(bench->memory);
	free(bench->ram);
	free(bench);
}

static bool start(struct bench_tables *bench, const struct ioasim_unit_config *config,
		  const char **why)
{
	bench->memory = ioasim_memory_create();
	if (!bench->memory ||
	    ioasim_memory_add_buffer(bench->memory, 0, BENCH_RAM_SIZE, bench->ram) ||
	    ioasim_unit_create(config, bench->memory, &bench->translate.unit, why))
		return false;
	*why = "the unit did not do as told";
	return bench->kind->start(bench);
}

static struct bench_tables *setup(const struct bench_kind *kind, bool nested, unsigned pages,
				  const struct ioasim_unit_config *config, const char **why)
{
	struct bench_tables *bench = calloc(1, sizeof(*bench));

	*why = "no memory";
	if (!bench)
		return NULL;
	bench->kind = kind;
	bench->ram = aligned_alloc(BENCH_PAGE, BENCH_RAM_SIZE);
	if (!bench->ram) {
		free(bench);
		return NULL;
	}
	memset(bench->ram, 0, BENCH_RAM_SIZE);
	bench->used = BENCH_COMMANDS + BENCH_PAGE;
	bench->devices = bench_page_new(bench);
	kind->build(bench, nested, pages);
	bench_translate_init(&bench->translate, BENCH_RID, pages);
	if (start(bench, config, why))
		return bench;
	bench_tables_finish(bench);
	return NULL;
}

static bool configure(const struct bench_kind *kind, struct ioasim_unit_config *config,
		      const char **why)
{
	*why = "this build has no such architecture";
	return ioasim_unit_config_init(config, kind->arch) == 0;
}

void *bench_hit_setup(const struct bench_kind *kind, const char **why)
{
	struct ioasim_unit_config config;
	struct bench_tables *bench;

	if (!configure(kind, &config, why))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] =
		(struct ioasim_cache_geometry){.entries = 1024, .ways = 8};
	bench = setup(kind, false, PAGES, &config, why);
	if (bench)
		bench->translate.rounds = 8000;
	return bench;
}

void *bench_one_stage_setup(const struct bench_kind *kind, const char **why)
{
	struct ioasim_unit_config config;
	struct bench_tables *bench;

	if (!configure(kind, &config, why))
		return NULL;
	ioasim_unit_config_no_caches(&config);
	bench = setup(kind, false, PAGES, &config, why);
	if (bench) {
		bench->translate.rounds = 3000;
		bench->translate.references = kind->one_stage;
	}
	return bench;
}

void *bench_nested_setup(const struct bench_kind *kind, bool structures_cached, const char **why)
{
	struct ioasim_unit_config config, defaults;
	struct bench_tables *bench;

	if (!configure(kind, &config, why))
		return NULL;
	defaults = config;
	ioasim_unit_config_no_caches(&config);
	if (structures_cached) {
		config.cache[IOASIM_CACHE_DEVICE] = defaults.cache[IOASIM_CACHE_DEVICE];
		config.cache[IOASIM_CACHE_PASID] = defaults.cache[IOASIM_CACHE_PASID];
	}
	bench = setup(kind, true, PAGES, &config, why);
	if (bench) {
		bench->translate.rounds = 800;
		bench->translate.references = 24 + (structures_cached ? 0 : kind->structures);
	}
	return bench;
}

void *bench_invalidate_setup(const struct bench_kind *kind, const char **why)
{
	struct ioasim_unit_config config;

	if (!configure(kind, &config, why))
		return NULL;
	config.cache[IOASIM_CACHE_IOTLB] = BENCH_LIVE_CACHE;
	return setup(kind, false, BENCH_LIVE, &config, why);
}

bool bench_tables_translate(void *state, struct bench_sample *sample, const char **why)
{
	const struct bench_tables *bench = state;

	return bench_translate_run(&bench->translate, sample, why);
}

bool bench_tables_invalidate(void *state, struct bench_sample *sample, const char **why)
{
	struct bench_tables *bench = state;
	const struct bench_invalidate run = {&bench->translate, 400, bench->kind->invalidate,
					     bench};

	return bench_invalidate_run(&run, sample, why);
}
