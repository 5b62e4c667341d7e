/* SPDX-License-Identifier: Apache-2.0 */
#include "watched.h"

#include <errno.h>

static struct watched *watched_of(struct cache_watch *watch)
{
	return (struct watched *)((char *)watch - offsetof(struct watched, watch));
}

static void on_used(struct cache_watch *watch, uint32_t slot)
{
	struct watched *w = watched_of(watch);

	profile_used(&w->analysis, cache_tag(w->cache, slot));
}

static void on_evicted(struct cache_watch *watch, uint32_t slot)
{
	struct watched *w = watched_of(watch);

	if (!w->analysis.no_memory && ghost_evicted(&w->ghost, w->cache, slot))
		w->analysis.no_memory = true;
}

static void on_filled(struct cache_watch *watch, uint32_t slot, bool again)
{
	struct watched *w = watched_of(watch);

	if (!again)
		ghost_filled(&w->ghost, cache_tag(w->cache, slot));
	profile_filled(&w->analysis, cache_tag(w->cache, slot), again);
}

static void on_dropped(struct cache_watch *watch, uint32_t slot)
{
	struct watched *w = watched_of(watch);

	profile_removed(&w->analysis, cache_tag(w->cache, slot));
}

static void on_ghost_removed(void *opaque, const struct cache_slot *tag)
{
	struct watched *w = opaque;

	profile_removed(&w->analysis, tag);
}

static void on_removing(struct cache_watch *watch, const struct cache_removal *removal, bool ranges)
{
	ghost_removing(&watched_of(watch)->ghost, removal, ranges);
}

static void on_reset(struct cache_watch *watch)
{
	struct watched *w = watched_of(watch);

	ghost_reset(&w->ghost);
	profile_reset(&w->analysis);
}

int watched_init(struct watched *w, struct cache *cache, bool levels)
{
	int error = ghost_init(&w->ghost, cache, on_ghost_removed, w);

	profile_cache_init(&w->analysis, cache->entries, levels, cache->counters);
	w->watch = (struct cache_watch){on_used,    on_evicted,  on_filled,
					on_dropped, on_removing, on_reset};
	w->cache = NULL;
	if (error)
		return error;
	w->cache = cache;
	cache_watch(cache, &w->watch);
	return 0;
}

void watched_end(struct watched *w)
{
	if (w->cache)
		cache_watch(w->cache, NULL);
	w->cache = NULL;
	profile_end(&w->analysis);
}

void watched_fini(struct watched *w)
{
	ghost_fini(&w->ghost);
	profile_cache_fini(&w->analysis);
}
