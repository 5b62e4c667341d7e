/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tagged caches: any number of sets and ways, replacement by LRU, tree-PLRU,
 * FIFO or a seeded random choice, or off.
 *
 * The cache knows tags only. An entry has a slot number below `entries`; what it
 * holds lies in an array of the owner's, indexed by slot. A tag is two 64-bit
 * keys; an entry is filed under `index`, a 64-bit number that the owner derives
 * from the part of the tag that an invalidation by address knows too, in one
 * function used for fill, look-up and invalidation alike.
 *
 * Each entry belongs to a group (the domain tag), so that an invalidation by
 * domain visits the entries of that domain and no others.
 *
 * Look-ups by one request may probe several indices (one per page size), so
 * counting look-ups, hits and misses is the owner's; fills, evictions and
 * removals are counted here: fills - evictions - invalidated = live.
 */
#ifndef MODEL_CACHE_H
#define MODEL_CACHE_H

#include <ioasim/unit.h>

#define CACHE_NONE UINT32_MAX

struct cache_slot {
	uint64_t key0, key1;
	uint64_t index;
	uint32_t group;
	uint32_t group_next, group_prev; /* slots, CACHE_NONE at the ends */
	bool live;
};

struct cache; /* complete below; members are cache.c's and the inline functions' */

/*
 * Makes a cache. `geometry` as in <ioasim/unit.h> (entries 0: off), `groups` is
 * the number of possible groups. Counts into `counters`, which outlives it.
 * -EINVAL: entries not a multiple of ways, unknown policy; -ENOMEM.
 */
int cache_init(struct cache *cache, const struct ioasim_cache_geometry *geometry, uint32_t groups,
	       struct ioasim_cache_counters *counters);
void cache_fini(struct cache *cache);

/* Back to empty without counting; restarts the random sequence. */
void cache_reset(struct cache *cache);

/* The slot filed under `index` with these keys, or CACHE_NONE. Counts nothing and
 * does not change the order of replacement. */
static inline uint32_t cache_find(const struct cache *cache, uint64_t index, uint64_t key0,
				  uint64_t key1);

/* Tells the replacement policy that the slot was used. */
static inline void cache_touch(struct cache *cache, uint32_t slot);

/*
 * Files a new entry and returns its slot, evicting one of its set if that is
 * full; an entry with the same index and keys is replaced in place (that counts
 * as an eviction and a fill). CACHE_NONE if the cache is off.
 */
uint32_t cache_fill(struct cache *cache, uint64_t index, uint64_t key0, uint64_t key1,
		    uint32_t group);

/* Removes one live entry, all of them, all of a group; counted as invalidated.
 * The latter two return how many. */
void cache_drop(struct cache *cache, uint32_t slot);
uint32_t cache_drop_all(struct cache *cache);
uint32_t cache_drop_group(struct cache *cache, uint32_t group);

/*
 * Live slots of a group, of those filed under one index, and all, for removals by
 * more than that. The `next` functions may be called after the current slot was
 * dropped only if the caller asked for the next one before.
 */
uint32_t cache_group_first(const struct cache *cache, uint32_t group);
uint32_t cache_group_next(const struct cache *cache, uint32_t slot);
uint32_t cache_index_first(const struct cache *cache, uint64_t index);
uint32_t cache_index_next(const struct cache *cache, uint64_t index, uint32_t slot);
uint32_t cache_first(const struct cache *cache);
uint32_t cache_next(const struct cache *cache, uint32_t slot);

#endif

