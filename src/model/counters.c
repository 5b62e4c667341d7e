/* SPDX-License-Identifier: Apache-2.0 */
/* Counting: the part that is not on the path of a hit. */
#include "model/counters.h"
#include "model/arch.h"

#include <string.h>

/* Adds each byte of `word` that is not 0 to the sum of its place. */
static inline void add_bytes(uint64_t *sums, uint64_t word)
{
	while (word) {
		unsigned shift = (unsigned)__builtin_ctzll(word) & ~7u;

		sums[shift / 8] += (uint8_t)(word >> shift);
		word &= ~(UINT64_C(0xff) << shift);
	}
}

/* Few of a request's counts are not 0: they are found by words of eight. */
void counters_add_references(struct ioasim_counters *counters, const struct ioasim_cost *cost)
{
	const uint8_t *refs = &cost->refs[0][0];
	uint64_t *sums = &counters->refs[0][0];
	size_t start = 0;
	uint64_t word;
	uint32_t half;

	_Static_assert(sizeof(cost->refs) % sizeof(word) == sizeof(half), "words and a half");
	for (; start + sizeof(word) <= sizeof(cost->refs); start += sizeof(word)) {
		memcpy(&word, refs + start, sizeof(word));
		add_bytes(sums + start, word);
	}
	memcpy(&half, refs + start, sizeof(half));
	add_bytes(sums + start, half);
}

const char *counters_check(const struct ioasim_unit *unit)
{
	const struct ioasim_counters *c = &unit->counters;
	uint64_t requests = 0;

	for (unsigned i = 0; i < sizeof(c->requests) / sizeof(c->requests[0]); i++)
		requests += c->requests[i];
	if (requests != c->ok + c->faulted)
		return "requests differ from ok + faulted";

	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *cache = &c->cache[i];
		uint64_t live = ioasim_unit_cache_live(unit, (enum ioasim_cache)i);

		if (cache->lookups != cache->hits + cache->misses)
			return "look-ups of a cache differ from hits + misses";
		if (cache->fills - cache->evictions - cache->invalidated !=
		    live - unit->live_before[i])
			return "fills - evictions - invalidated differ from live entries";
	}
	return NULL;
}
