/* SPDX-License-Identifier: Apache-2.0 */
/* Counting: the part that is not on the path of a hit. */
#include "model/counters.h"
#include "model/arch.h"

#include <string.h>

void counters_add_references(struct ioasim_counters *counters, const struct ioasim_cost *cost)
{
	static const uint8_t none[IOASIM_LEVELS];

	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++) {
		if (memcmp(cost->refs[kind], none, sizeof(none)) == 0)
			continue;
		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			counters->refs[kind][level] += cost->refs[kind][level];
	}
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
