/* SPDX-License-Identifier: Apache-2.0 */
/* Invalidations of single pages, measured alike for every architecture. */
#include "bench.h"

#define PAGE  0x1000u
#define BATCH 256u /* invalidated between two refills, so that BENCH_LIVE hardly falls */

static void fill(const struct bench_translate *translate)
{
	struct ioasim_request request = translate->request[0];
	struct ioasim_response response;

	for (unsigned i = 0; i < BENCH_LIVE; i++) {
		request.address = BENCH_IOVA + (uint64_t)i * PAGE;
		request.access = IOASIM_READ;
		ioasim_translate(translate->unit, &request, &response);
	}
}

bool bench_invalidate_run(const struct bench_invalidate *bench, struct bench_sample *sample,
			  const char **why)
{
	const struct ioasim_unit *unit = bench->translate->unit;
	unsigned page = 0;

	*sample = (struct bench_sample){0};
	for (uint64_t round = 0; round < bench->rounds; round++) {
		uint64_t start;

		fill(bench->translate);
		*why = "not 4,096 live entries";
		if (ioasim_unit_cache_live(unit, IOASIM_CACHE_IOTLB) != BENCH_LIVE)
			return false;
		start = bench_now_ns();
		for (unsigned i = 0; i < BATCH; i++, page = (page + 1669) % BENCH_LIVE)
			bench->invalidate(bench->state, BENCH_IOVA + (uint64_t)page * PAGE);
		sample->ns += bench_now_ns() - start;
		sample->operations += BATCH;
		*why = "an invalidation removed another number of entries than one";
		if (ioasim_unit_cache_live(unit, IOASIM_CACHE_IOTLB) != BENCH_LIVE - BATCH)
			return false;
	}
	return true;
}
