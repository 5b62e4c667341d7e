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
 *
 * Sets of up to CACHE_SCAN_WAYS ways are searched way by way, by a mark of 32
 * bits per slot first; larger ones by hash chains, so that a fully associative
 * cache of any size costs the same.
 */
#ifndef MODEL_CACHE_H
#define MODEL_CACHE_H

#include <ioasim/unit.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define CACHE_NONE        UINT32_MAX
#define CACHE_SCAN_WAYS   16u
#define CACHE_ENTRIES_MAX (1u << 31)

/* The tag of a slot, and what is written when the slot is used. */
struct cache_slot {
	uint64_t key0, key1;
	uint64_t index;
	union {
		uint64_t stamp; /* scanned sets: when used (LRU) or filled (FIFO) */
		struct {
			uint32_t next, prev; /* chained sets: slot + 1, 0 at the ends */
		} chain;
	};
};

/* What only fills and removals need of a slot. */
struct cache_link {
	uint32_t group;
	uint32_t next, prev; /* of the group: slot + 1, 0 at the ends; free slots: next */
	uint32_t position; /* in the list of live slots */
};

/*
 * A removal: of the entries that belong to the group if `by_group`, are filed under the
 * index if `by_index`, and pass the predicate if there is one. Caches of model/filed.h
 * know ranges besides: entries that meet the closed range first..last, where [0, ~0] is
 * everything. Without a predicate, the group alone decides; an owner whose groups hold
 * more than one tag (a hash of it, say) gives one. The predicate is given an entry's tag
 * and what it holds, wherever they lie; it drops nothing.
 */
struct cache_removal {
	bool by_group, by_index;
	uint32_t group;
	uint64_t index;
	uint64_t first, last; /* filed_drop() */
	bool (*matches)(const void *owner, const struct cache_slot *tag, const void *held);
	const void *owner;
};

struct cache;

/*
 * Who watches a cache is told of what happens to its entries, in order, and changes
 * nothing. Every function is there.
 */
struct cache_watch {
	/* The slot is used: what cache_touch() was told. */
	void (*used)(struct cache_watch *watch, uint32_t slot);
	/* The entry of a slot makes room for another one: the slot is still as it was. */
	void (*evicted)(struct cache_watch *watch, uint32_t slot);
	/* A slot has been filled; `again`: with the tag that it had. What it holds is still to
	 * come. */
	void (*filled)(struct cache_watch *watch, uint32_t slot, bool again);
	/* The entry of a slot is being removed: the slot is still as it was. */
	void (*dropped)(struct cache_watch *watch, uint32_t slot);
	/* A removal is about to be done, `ranges`: by filed_drop(). NULL: of everything. */
	void (*removing)(struct cache_watch *watch, const struct cache_removal *removal,
			 bool ranges);
	/* The cache is as new. */
	void (*reset)(struct cache_watch *watch);
};

struct cache_set;
struct cache_age;

/* What a use of a slot changes. */
enum cache_touch_kind {
	CACHE_TOUCH_NONE, /* FIFO, random, one way, off */
	CACHE_TOUCH_STAMP,
	CACHE_TOUCH_OTHER, /* list or tree; every use of a cache that is watched */
};

struct cache {
	uint32_t entries, ways, sets;
	bool chained;
	uint8_t touch; /* enum cache_touch_kind */
	uint8_t policy; /* enum ioasim_cache_policy */
	uint8_t touch_unwatched;
	uint64_t ways_inverse; /* 2^64 / ways, rounded up; 0 for one way */
	uint32_t *mark; /* scanned sets: of the index, 0 for an empty slot */
	uint32_t *bucket; /* chained sets: first slot + 1 */
	struct cache_slot *slot;
	uint64_t clock;

	uint32_t live;
	uint32_t generation;
	struct cache_watch *watch; /* NULL: nobody watches */
	uint32_t *live_slot; /* the first `live` members, in no order */
	struct cache_link *link;
	uint32_t *group_head; /* slot + 1 */
	uint32_t groups;
	struct cache_set *set; /* chained sets or PLRU */
	struct cache_age *age; /* chained sets with LRU or FIFO */
	uint64_t *tree; /* PLRU: tree_words per set */
	uint32_t tree_leaves, tree_words;
	uint64_t seed, random;
	struct ioasim_cache_counters *counters;
	const unsigned char *held; /* what slots hold, an array of the owner's */
	size_t held_size; /* of one slot's */
};

/*
 * Makes a cache. `geometry` as in <ioasim/unit.h> (entries 0: off), `groups` is
 * the number of possible groups. Counts into `counters`, which outlives it.
 * -EINVAL: entries not a multiple of ways, too many, unknown policy; -ENOMEM. After an
 * error, as after cache_fini(), the cache is off and may be finished again.
 */
int cache_init(struct cache *cache, const struct ioasim_cache_geometry *geometry, uint32_t groups,
	       struct ioasim_cache_counters *counters);
void cache_fini(struct cache *cache);

/* Tells where the owner keeps what the slots hold: `size` bytes a slot, from slot 0 on.
 * For predicates of removals and for who watches. */
static inline void cache_holds(struct cache *cache, const void *held, size_t size)
{
	cache->held = held;
	cache->held_size = size;
}

/* From now on `watch` is told; NULL: nobody is. One at a time. A watched cache does the
 * same and is slower. */
void cache_watch(struct cache *cache, struct cache_watch *watch);

/* More entries for a cache that is fully associative, by LRU or FIFO, and of more than
 * CACHE_SCAN_WAYS entries. Slots keep their numbers. -EINVAL: not more, too many, another
 * cache; -ENOMEM: it is as it was. */
int cache_grow(struct cache *cache, uint32_t entries);

/* Back to empty without counting; restarts the random sequence. Costs what the
 * live entries cost. */
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
 * `group` is below `groups`. A new entry counts as used.
 */
uint32_t cache_fill(struct cache *cache, uint64_t index, uint64_t key0, uint64_t key1,
		    uint32_t group);

/* Removes one live entry, all of them, all of a group, those that a removal names;
 * counted as invalidated. The latter three return how many. Entries that the owner looks
 * for by himself and drops one by one are not what he names: cache_remove() is. */
void cache_drop(struct cache *cache, uint32_t slot);
uint32_t cache_drop_all(struct cache *cache);
uint32_t cache_drop_group(struct cache *cache, uint32_t group);
uint32_t cache_remove(struct cache *cache, const struct cache_removal *removal);

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

/* For the inline functions below. */
uint32_t cache_find_chained(const struct cache *cache, uint64_t index, uint64_t key0,
			    uint64_t key1);
void cache_touch_other(struct cache *cache, uint32_t slot);

/* ---- Inline bodies -------------------------------------------------------- */

static inline bool cache_off(const struct cache *cache)
{
	return cache->entries == 0;
}

/* The tag of a live slot. */
static inline const struct cache_slot *cache_tag(const struct cache *cache, uint32_t slot)
{
	return &cache->slot[slot];
}

/* What a slot holds, of an owner who said where. */
static inline const void *cache_held(const struct cache *cache, uint32_t slot)
{
	return cache->held + slot * cache->held_size;
}

static inline bool cache_removal_matches(const struct cache *cache, const struct cache_removal *r,
					 uint32_t slot)
{
	return !r->matches || r->matches(r->owner, cache_tag(cache, slot), cache_held(cache, slot));
}

static inline uint32_t cache_group(const struct cache *cache, uint32_t slot)
{
	return cache->link[slot].group;
}

static inline bool cache_is_live(const struct cache *cache, uint32_t slot)
{
	return slot < cache->entries && cache->link[slot].position < cache->live &&
	       cache->live_slot[cache->link[slot].position] == slot;
}

/* The one function that decides where an index is filed. */
static inline uint64_t cache_hash(uint64_t index)
{
	unsigned __int128 product = (unsigned __int128)(index ^ UINT64_C(0x2d358dccaa6c78a5)) *
				    UINT64_C(0x8bb84b93962eacc9);

	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static inline uint32_t cache_hash_set(const struct cache *cache, uint64_t hash)
{
	return (uint32_t)(((unsigned __int128)hash * cache->sets) >> 64);
}

static inline uint32_t cache_hash_mark(uint64_t hash)
{
	return (uint32_t)hash | 1;
}

static inline bool cache_matches(const struct cache_slot *tag, uint64_t index, uint64_t key0,
				 uint64_t key1)
{
	return tag->index == index && tag->key0 == key0 && tag->key1 == key1;
}

/* Which ways of a set carry the mark: bit n for way n. Marks can be read up to
 * CACHE_SCAN_WAYS behind the last. No branch depends on the way that matches,
 * which no predictor can know. */
static inline uint32_t cache_scan(const uint32_t *marks, uint32_t mark, uint32_t ways)
{
	uint32_t found = 0;

#ifdef __SSE2__
	__m128i wanted = _mm_set1_epi32((int)mark);

	for (uint32_t way = 0; way < ways; way += 4) {
		__m128i four = _mm_loadu_si128((const __m128i *)(const void *)(marks + way));
		__m128i same = _mm_cmpeq_epi32(four, wanted);

		found |= (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(same)) << way;
	}
	found &= (UINT32_C(1) << ways) - 1;
#else
	for (uint32_t way = 0; way < ways; way++)
		found |= (uint32_t)(marks[way] == mark) << way;
#endif
	return found;
}

/* A cache that is off has no ways, so that nothing is found and nothing read. */
static inline uint32_t cache_find(const struct cache *cache, uint64_t index, uint64_t key0,
				  uint64_t key1)
{
	if (cache->chained)
		return cache_find_chained(cache, index, key0, key1);

	uint64_t hash = cache_hash(index);
	uint32_t first = cache_hash_set(cache, hash) * cache->ways;
	uint32_t found = cache_scan(cache->mark + first, cache_hash_mark(hash), cache->ways);

	for (; found; found &= found - 1) {
		uint32_t slot = first + (uint32_t)__builtin_ctz(found);

		if (cache_matches(&cache->slot[slot], index, key0, key1))
			return slot;
	}
	return CACHE_NONE;
}

static inline void cache_touch(struct cache *cache, uint32_t slot)
{
	if (cache->touch == CACHE_TOUCH_STAMP)
		cache->slot[slot].stamp = ++cache->clock;
	else if (cache->touch == CACHE_TOUCH_OTHER)
		cache_touch_other(cache, slot);
}

#endif
