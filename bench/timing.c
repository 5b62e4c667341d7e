/* SPDX-License-Identifier: Apache-2.0 */
/* The timing model alone: what a request costs beside its translation. */
#include "bench.h"

#include "model/timing.h"

#include <stdlib.h>

#define REQUESTS 4000000u

struct timing_bench {
	struct timing *timing;
	unsigned references;
	uint64_t random;
};

static void bench_finish(void *state)
{
	struct timing_bench *bench = state;

	timing_destroy(bench->timing);
	free(bench);
}

static void *bench_setup(unsigned references, const char **why)
{
	/* The machine of tests/test_timing.c that pcie-bench was measured on. */
	const struct timing_config config = {
		.arrival = TIMING_CLOSED,
		.outstanding = 25,
		.in_order = true,
		.lookup_ps = {[IOASIM_CACHE_IOTLB] = 2500},
		.base_ps = 487500,
		.walkers = 5,
		.pending = 64,
		.merge = true,
		.reference_ps = 85000,
		.processors = 1,
	};
	struct timing_bench *bench = calloc(1, sizeof(*bench));

	*why = "no memory";
	if (bench && timing_create(&config, &bench->timing, why) == 0 &&
	    timing_source(bench->timing) == 0) {
		bench->references = references;
		bench->random = 7;
		return bench;
	}
	if (bench)
		bench_finish(bench);
	return NULL;
}

static void *hits_setup(const char **why)
{
	return bench_setup(0, why);
}

static void *walks_setup(const char **why)
{
	return bench_setup(4, why);
}

static bool bench_run(void *state, struct bench_sample *sample, const char **why)
{
	struct timing_bench *bench = state;
	const uint64_t before = timing_stats(bench->timing)->requests;
	uint64_t start = bench_now_ns();

	for (unsigned i = 0; i < REQUESTS; i++) {
		const struct timing_request request = {
			.lookups = 1u << IOASIM_CACHE_IOTLB,
			.references = bench->references,
			.page = bench_random(&bench->random) >> 50,
		};

		timing_request(bench->timing, &request, NULL);
	}
	*sample = (struct bench_sample){REQUESTS, bench_now_ns() - start};
	*why = "not every request was counted";
	return timing_stats(bench->timing)->requests == before + REQUESTS;
}

const struct bench_case bench_timing[] = {
	{"timing, a hit", 0, hits_setup, bench_run, bench_finish},
	{"timing, a walk of 4 references", 0, walks_setup, bench_run, bench_finish},
	{0},
};
