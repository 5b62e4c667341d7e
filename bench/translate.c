/* SPDX-License-Identifier: Apache-2.0 */
/* Translations, measured alike for every architecture. */
#include "bench.h"

#define PAGE 0x1000u

void bench_translate_init(struct bench_translate *bench, uint32_t requester_id, unsigned pages)
{
	uint64_t seed = 42;

	for (unsigned i = 0; i < BENCH_REQUESTS; i++) {
		uint64_t r = bench_random(&seed);

		bench->request[i] = (struct ioasim_request){
			.requester_id = requester_id,
			.address = BENCH_IOVA + (r >> 32) % pages * PAGE + (r & 0xff0),
			.length = 16,
			.access = r & 1 ? IOASIM_WRITE : IOASIM_READ,
		};
	}
}

static unsigned references(const struct ioasim_response *response)
{
	unsigned sum = 0;

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			sum += response->cost.refs[kind][level];
	return sum;
}

/* Every answer is looked at before anything is timed, and fills the caches. */
static bool check_answers(const struct bench_translate *bench, const char **why)
{
	struct ioasim_response response;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < BENCH_REQUESTS; i++) {
			const struct ioasim_request *request = &bench->request[i];
			uint64_t offset = request->address - BENCH_IOVA;

			ioasim_translate(bench->unit, request, &response);
			*why = "a translation has the wrong answer";
			if (response.outcome != IOASIM_OK || response.pa != BENCH_DATA + offset)
				return false;
			*why = "a translation has another cost than is to be measured";
			if (pass == 1 && references(&response) != bench->references)
				return false;
		}
	}
	return true;
}

bool bench_translate_run(const struct bench_translate *bench, struct bench_sample *sample,
			 const char **why)
{
	struct ioasim_response response;
	uint64_t start, sum = 0;

	if (!check_answers(bench, why))
		return false;
	start = bench_now_ns();
	for (uint64_t round = 0; round < bench->rounds; round++) {
		for (unsigned i = 0; i < BENCH_REQUESTS; i++) {
			ioasim_translate(bench->unit, &bench->request[i], &response);
			sum += response.pa;
		}
	}
	bench_use(sum);
	*sample = (struct bench_sample){bench->rounds * BENCH_REQUESTS, bench_now_ns() - start};
	return true;
}
