/* SPDX-License-Identifier: Apache-2.0 */
#include "ghost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MIN 64u

/* ---- Its own cache, of which only removals matter ---------------------------------- */

static struct ghost *ghost_of(struct cache_watch *watch)
{
	return (struct ghost *)((char *)watch - offsetof(struct ghost, watch));
}

static void on_slot(struct cache_watch *watch, uint32_t slot)
{
	(void)watch;
	(void)slot;
}

static void on_filled(struct cache_watch *watch, uint32_t slot, bool again)
{
	(void)watch;
	(void)slot;
	(void)again;
}

static void on_dropped(struct cache_watch *watch, uint32_t slot)
{
	struct ghost *ghost = ghost_of(watch);

	if (!ghost->back)
		ghost->removed(ghost->opaque, cache_tag(&ghost->filed.cache, slot));
}

static void on_removing(struct cache_watch *watch, const struct cache_removal *removal, bool ranges)
{
	(void)watch;
	(void)removal;
	(void)ranges;
}

static void on_reset(struct cache_watch *watch)
{
	(void)watch;
}

/* ---- Life ----------------------------------------------------------------------------- */

static int hold(struct ghost *ghost, uint32_t entries)
{
	unsigned char *bigger = reallocarray(ghost->held, entries, ghost->held_size);

	if (!bigger)
		return -ENOMEM;
	ghost->held = bigger;
	cache_holds(&ghost->filed.cache, bigger, ghost->held_size);
	return 0;
}

int ghost_init(struct ghost *ghost, const struct cache *cache,
	       void (*removed)(void *opaque, const struct cache_slot *tag), void *opaque)
{
	const struct ioasim_cache_geometry geometry = {.entries = ENTRIES_MIN,
						       .policy = IOASIM_POLICY_FIFO};
	int error;

	*ghost = (struct ghost){
		.watch = {on_slot, on_slot, on_filled, on_dropped, on_removing, on_reset},
		.held_size = cache->held_size,
		.removed = removed,
		.opaque = opaque,
	};
	error = filed_init(&ghost->filed, &geometry, cache->groups, &ghost->counters);
	if (!error)
		error = hold(ghost, ENTRIES_MIN);
	if (!error)
		cache_watch(&ghost->filed.cache, &ghost->watch);
	return error;
}

void ghost_fini(struct ghost *ghost)
{
	filed_fini(&ghost->filed);
	free(ghost->held);
	ghost->held = NULL;
}

/* ---- Events --------------------------------------------------------------------------- */

static int make_room(struct ghost *ghost)
{
	struct cache *cache = &ghost->filed.cache;
	int error;

	if (cache->live < cache->entries)
		return 0;
	error = hold(ghost, cache->entries * 2);
	return error ? error : cache_grow(cache, cache->entries * 2);
}

int ghost_evicted(struct ghost *ghost, const struct cache *cache, uint32_t slot)
{
	int error = make_room(ghost);
	uint32_t copy;

	if (error)
		return error;
	copy = filed_copy(&ghost->filed, cache_tag(cache, slot), cache_group(cache, slot));
	memcpy(ghost->held + copy * ghost->held_size, cache_held(cache, slot), ghost->held_size);
	return 0;
}

void ghost_filled(struct ghost *ghost, const struct cache_slot *tag)
{
	uint32_t slot = cache_find(&ghost->filed.cache, tag->index, tag->key0, tag->key1);

	if (slot == CACHE_NONE)
		return;
	ghost->back = true;
	cache_drop(&ghost->filed.cache, slot);
	ghost->back = false;
}

void ghost_removing(struct ghost *ghost, const struct cache_removal *removal, bool ranges)
{
	if (!removal)
		filed_drop_all(&ghost->filed);
	else if (ranges)
		filed_drop(&ghost->filed, removal);
	else
		cache_remove(&ghost->filed.cache, removal);
}

void ghost_reset(struct ghost *ghost)
{
	filed_reset(&ghost->filed);
}
