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

static uint64_t sum(const uint64_t *value, size_t count)
{
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += value[i];
	return total;
}

static const char *caches_check(const struct ioasim_unit *unit)
{
	for (unsigned i = 0; i < IOASIM_CACHES; i++) {
		const struct ioasim_cache_counters *cache = &unit->counters.cache[i];
		uint64_t live = ioasim_unit_cache_live(unit, (enum ioasim_cache)i);

		if (cache->lookups != cache->hits + cache->misses)
			return "look-ups of a cache differ from hits + misses";
		if (cache->fills - cache->evictions - cache->invalidated !=
		    live - unit->live_before[i])
			return "fills - evictions - invalidated differ from live entries";
	}
	return NULL;
}

static const char *removals_check(const struct ioasim_counters *c)
{
	uint64_t invalidated = 0, removed = c->removed_otherwise;

	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		invalidated += c->cache[i].invalidated;
	for (unsigned type = 0; type < IOASIM_COMMAND_TYPES; type++) {
		const struct ioasim_command_removal *r = &c->removed[type];
		uint64_t commands = c->commands[type];

		removed += r->entries;
		if (r->none > commands || r->max > r->entries || r->entries < commands - r->none ||
		    (unsigned __int128)r->max * (commands - r->none) < r->entries)
			return "commands of a type and what they removed contradict each other";
	}
	return removed == invalidated ? NULL : "what was removed differs from what was invalidated";
}

const char *counters_check(const struct ioasim_unit *unit)
{
	const struct ioasim_counters *c = &unit->counters;
	const char *wrong;

	if (sum(c->requests, sizeof(c->requests) / sizeof(c->requests[0])) != c->ok + c->faulted)
		return "requests differ from ok + faulted";
	if (sum(c->iotlb_hits, IOASIM_PAGE_SIZES) != c->cache[IOASIM_CACHE_IOTLB].hits)
		return "hits of the IOTLB differ from those by page";
	if (sum(c->walk_hits[0], IOASIM_LEVELS) != c->cache[IOASIM_CACHE_STAGE1_WALK].hits ||
	    sum(c->walk_hits[1], IOASIM_LEVELS) != c->cache[IOASIM_CACHE_STAGE2_WALK].hits)
		return "hits of a cache of pointers differ from those by level";
	if (c->page_requests_queued > c->page_requests)
		return "more page requests were stored than came";
	wrong = caches_check(unit);
	return wrong ? wrong : removals_check(c);
}
