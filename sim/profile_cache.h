/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The analysis of one cache: why its look-ups miss, how long it takes until an entry is
 * used again, and how many entries are in use.
 *
 * It is told of uses, fills and removals of entries by tag, in order. Look-ups have no
 * tag until they end: how many there were, and how they ended, is read from the cache's
 * counters. A look-up is counted once for each request, whatever it probes.
 *
 * Every look-up ends as one of these, the first that is true:
 *
 *	hit
 *	unfilled	nothing was filed for it: it ended in a fault
 *	insufficient	the entry was there and could not serve (rights, dirty flags)
 *	cold		no entry with this tag has been filed before
 *	invalidation	the last one was removed by an invalidation, of the cache or, if it
 *			had lost it by then, in place of it
 *	conflict	a fully associative LRU cache of as many entries would have hit
 *	capacity	not even that
 *
 * Depths are those of such caches (stack.h): how many other tags were used since, less
 * what was invalidated meanwhile. They follow the look-ups as this cache has seen them.
 */
#ifndef SIM_PROFILE_CACHE_H
#define SIM_PROFILE_CACHE_H

#include "profile_result.h"
#include "stack.h"
#include "tags.h"

#define PROFILE_PENDING 16

struct profile_fill {
	uint32_t tag;
	bool again, first; /* it was there; it has come for the first time */
};

struct profile_cache {
	uint32_t entries;
	bool levels; /* one look-up may file entries of several levels */
	const struct ioasim_cache_counters *counters;
	uint64_t hits, misses; /* of the counters, as far as they have been looked at */
	uint64_t outstanding; /* misses whose fill has not come */

	uint32_t used[PROFILE_PENDING]; /* told since, without repetitions */
	unsigned uses;
	struct profile_fill fill[PROFILE_PENDING]; /* of one look-up */
	unsigned fills;
	bool missed; /* that look-up */

	struct tags tags;
	uint32_t *window_of; /* by tag and window: number of the last one, from 1 */
	uint32_t window_room; /* tags */
	uint32_t last; /* tag */
	struct stack stack;
	uint64_t requests;
	uint64_t in_window[PROFILE_WINDOWS];
	bool no_memory;
	struct profile_result result;
};

/* `counters` counts for the cache from now on, and outlives it. */
void profile_cache_init(struct profile_cache *cache, uint32_t entries, bool levels,
			const struct ioasim_cache_counters *counters);
void profile_cache_fini(struct profile_cache *cache);

/* The events. After one that found no host memory, `no_memory` is set and no more is
 * counted. */
void profile_used(struct profile_cache *cache, const struct cache_slot *slot);
void profile_filled(struct profile_cache *cache, const struct cache_slot *slot, bool again);
void profile_removed(struct profile_cache *cache, const struct cache_slot *slot);
void profile_reset(struct profile_cache *cache);

/* Nothing of what began before is still under way: the end of a request, or of something
 * else. */
void profile_step(struct profile_cache *cache, bool request);

/* The last step has been. */
void profile_end(struct profile_cache *cache);

#endif
