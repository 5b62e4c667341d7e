/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cache.c and cache_policy.c share: the state of a set and the order in
 * which its slots are replaced.
 */
#ifndef MODEL_CACHE_POLICY_H
#define MODEL_CACHE_POLICY_H

#include "model/cache.h"

struct cache_set {
	uint32_t generation;
	uint32_t used; /* ways handed out at least once */
	uint32_t free; /* slot + 1 of the slot freed last */
	uint32_t oldest, newest; /* slot + 1 */
};

struct cache_age {
	uint32_t older, newer; /* slot + 1 */
};

/* The set that a slot belongs to: slot / ways, which is exact for 32 bits by the
 * inverse rounded up. One way: no state of sets is kept, nobody asks. */
static inline uint32_t cache_slot_set(const struct cache *cache, uint32_t slot)
{
	return (uint32_t)(((unsigned __int128)cache->ways_inverse * slot) >> 64);
}

/* The state of a set of an older generation becomes that of a new one. */
void cache_set_renew(struct cache *cache, uint32_t set);

/* The slot of a full set that goes. */
uint32_t cache_victim(struct cache *cache, uint32_t set);

void cache_list_append(struct cache *cache, struct cache_set *set, uint32_t slot);
void cache_list_remove(struct cache *cache, struct cache_set *set, uint32_t slot);
void cache_tree_touch(struct cache *cache, uint32_t set, uint32_t way);

#endif
