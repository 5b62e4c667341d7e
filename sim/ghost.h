/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries that a cache has lost for want of room and no invalidation has reached since:
 * what larger caches may still have. Invalidations reach them by their tags and by what
 * they held, as they do in the cache itself.
 */
#ifndef SIM_GHOST_H
#define SIM_GHOST_H

#include "model/filed.h"

struct ghost {
	struct filed filed; /* or what it has of a cache that is none */
	struct cache_watch watch;
	struct ioasim_cache_counters counters;
	unsigned char *held;
	size_t held_size;
	bool back; /* an entry goes since the cache has it again */
	/* An invalidation has reached an entry. */
	void (*removed)(void *opaque, const struct cache_slot *tag);
	void *opaque;
};

/* The ghost of an empty cache. 0 or -ENOMEM, after which it may be finished. */
int ghost_init(struct ghost *ghost, const struct cache *cache,
	       void (*removed)(void *opaque, const struct cache_slot *tag), void *opaque);
void ghost_fini(struct ghost *ghost);

/* The cache loses the entry of a slot; has one with this tag again; removes by invalidation
 * (struct cache_watch); is as new. 0 or -ENOMEM. */
int ghost_evicted(struct ghost *ghost, const struct cache *cache, uint32_t slot);
void ghost_filled(struct ghost *ghost, const struct cache_slot *tag);
void ghost_removing(struct ghost *ghost, const struct cache_removal *removal, bool ranges);
void ghost_reset(struct ghost *ghost);

#endif
