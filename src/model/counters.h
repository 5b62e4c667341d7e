/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting. Look-ups, hits and misses of a cache are counted where the look-up
 * happens; references and flag updates once per request, from its cost.
 */
#ifndef MODEL_COUNTERS_H
#define MODEL_COUNTERS_H

#include "model/arch.h"

/* The slow part of counters_add_cost(): some references were made. */
void counters_add_references(struct ioasim_counters *counters, const struct ioasim_cost *cost);

/* Adds the references and flag updates of one request. */
static inline void counters_add_cost(struct ioasim_counters *counters,
				     const struct ioasim_cost *cost)
{
	const uint8_t *refs = &cost->refs[0][0];
	uint64_t word, any = 0;

	_Static_assert(sizeof(cost->refs) % 4 == 0 && sizeof(cost->refs) >= 8, "read by words");
	for (size_t i = 0; i + 8 <= sizeof(cost->refs); i += 8) {
		__builtin_memcpy(&word, refs + i, 8);
		any |= word;
	}
	__builtin_memcpy(&word, refs + sizeof(cost->refs) - 8, 8);
	if (__builtin_expect((any | word) != 0, 0))
		counters_add_references(counters, cost);
	counters->flag_updates += cost->flag_updates;
}

/* One look-up in a cache and how it ended, in counters and cost. */
static inline void counters_lookup(struct ioasim_counters *counters, struct ioasim_cost *cost,
				   enum ioasim_cache cache, bool hit)
{
	struct ioasim_cache_counters *c = &counters->cache[cache];

	c->lookups++;
	c->hits += hit;
	c->misses += !hit;
	cost->hits |= (uint8_t)((unsigned)hit << cache);
	cost->misses |= (uint8_t)((unsigned)!hit << cache);
}

/* A hit of the IOTLB on a page of 2^lg2 bytes. */
static inline void counters_iotlb_hit(struct ioasim_counters *counters, struct ioasim_cost *cost,
				      unsigned lg2)
{
	counters_lookup(counters, cost, IOASIM_CACHE_IOTLB, true);
	counters->iotlb_hits[lg2]++;
}

/* Entries that were removed from the caches since this was last asked. */
static inline uint64_t counters_removals(struct ioasim_unit *unit)
{
	uint64_t before = unit->removals_told, now = 0;

	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		now += unit->counters.cache[i].invalidated;
	unit->removals_told = now;
	return now - before;
}

/* A command has been executed: what was removed since the last one is its doing. */
static inline void counters_command_done(struct ioasim_unit *unit, unsigned type)
{
	struct ioasim_command_removal *removed = &unit->counters.removed[type];
	uint64_t entries = counters_removals(unit);

	removed->entries += entries;
	removed->none += entries == 0;
	if (entries > removed->max)
		removed->max = entries;
}

/* The same for what removes entries and is no command. */
static inline void counters_removed_otherwise(struct ioasim_unit *unit)
{
	unit->counters.removed_otherwise += counters_removals(unit);
}

/*
 * The identities that hold between any two public calls: requests = ok + faulted;
 * for each cache look-ups = hits + misses, fills - evictions - invalidated = what
 * lives less what lived when the counters were last zeroed; what commands and all else
 * removed = what the caches count as invalidated; hits by page and by level = hits. NULL
 * if they hold, else which one does not.
 */
const char *counters_check(const struct ioasim_unit *unit);

#endif
