/* SPDX-License-Identifier: Apache-2.0 */
/* Translation caches: filing by block, removal by range. */
#include "model/filed.h"

#include <assert.h>

#include "model/range.h"

int filed_init(struct filed *filed, const struct ioasim_cache_geometry *geometry, uint32_t groups,
	       struct ioasim_cache_counters *counters)
{
	filed->sizes = 0;
	return cache_init(&filed->cache, geometry, groups, counters);
}

void filed_fini(struct filed *filed)
{
	cache_fini(&filed->cache);
	filed->sizes = 0;
}

void filed_reset(struct filed *filed)
{
	cache_reset(&filed->cache);
	filed->sizes = 0;
}

uint32_t filed_fill(struct filed *filed, uint64_t address, unsigned size_lg2,
		    const struct filed_tag *tag)
{
	bool whole = size_lg2 == FILED_WHOLE_LG2;

	assert(whole || (size_lg2 > 5 && size_lg2 < 64));
	if (cache_off(&filed->cache))
		return CACHE_NONE;
	filed->sizes |= UINT64_C(1) << (whole ? 0 : size_lg2);
	return cache_fill(&filed->cache, whole ? FILED_WHOLE : filed_index(address, size_lg2),
			  tag->key0, tag->key1, tag->group);
}

uint32_t filed_copy(struct filed *filed, const struct cache_slot *tag, uint32_t group)
{
	filed->sizes |= UINT64_C(1) << field_get(FILED_SIZE, tag->index);
	return cache_fill(&filed->cache, tag->index, tag->key0, tag->key1, group);
}

/* ---- Removal --------------------------------------------------------------------- */

/* The addresses of an entry, from what it is filed under. */
static struct range block(const struct cache *cache, uint32_t slot)
{
	uint64_t index = cache_tag(cache, slot)->index;
	unsigned lg2 = (unsigned)field_get(FILED_SIZE, index);

	if (lg2 == 0)
		return (struct range){0, UINT64_MAX};
	return range_block(index << lg2, lg2);
}

static bool meets(const struct cache *cache, const struct cache_removal *r, uint32_t slot)
{
	return range_overlaps(block(cache, slot), (struct range){r->first, r->last});
}

/* An entry that meets the range goes if its tags are meant. */
static uint32_t drop_tagged(struct cache *cache, const struct cache_removal *r, uint32_t slot)
{
	if (r->by_group && cache_group(cache, slot) != r->group)
		return 0;
	if (!cache_removal_matches(cache, r, slot))
		return 0;
	cache_drop(cache, slot);
	return 1;
}

static uint32_t drop_scan(struct cache *cache, const struct cache_removal *r)
{
	uint32_t slot = r->by_group ? cache_group_first(cache, r->group) : cache_first(cache);
	uint32_t next, count = 0;

	for (; slot != CACHE_NONE; slot = next) {
		next = r->by_group ? cache_group_next(cache, slot) : cache_next(cache, slot);
		if (meets(cache, r, slot))
			count += drop_tagged(cache, r, slot);
	}
	return count;
}

/* What is filed under a number of the range meets it. */
static uint32_t drop_index(struct cache *cache, const struct cache_removal *r, uint64_t index)
{
	uint32_t next, count = 0;

	for (uint32_t slot = cache_index_first(cache, index); slot != CACHE_NONE; slot = next) {
		next = cache_index_next(cache, index, slot);
		count += drop_tagged(cache, r, slot);
	}
	return count;
}

/* Blocks of one size that meet the range: at most 2^58. */
static uint64_t numbers(const struct cache_removal *r, unsigned lg2)
{
	return lg2 ? (r->last >> lg2) - (r->first >> lg2) + 1 : 1;
}

static uint32_t drop_numbers(struct cache *cache, const struct cache_removal *r, unsigned lg2)
{
	uint64_t count = numbers(r, lg2);
	uint64_t index = lg2 ? filed_index(r->first, lg2) : FILED_WHOLE;
	uint32_t dropped = 0;

	for (uint64_t i = 0; i < count; i++)
		dropped += drop_index(cache, r, index + i);
	return dropped;
}

static bool numbers_are_fewer(const struct filed *filed, const struct cache_removal *r)
{
	uint64_t count = 0;

	for (uint64_t sizes = filed->sizes; sizes; sizes &= sizes - 1) {
		count += numbers(r, filed_size(sizes));
		if (count >= filed->cache.live)
			return false;
	}
	return true;
}

static uint32_t drop(struct filed *filed, const struct cache_removal *r)
{
	bool whole = r->first == 0 && r->last == UINT64_MAX && !r->matches;
	uint32_t count = 0;

	if (r->by_group && cache_group_first(&filed->cache, r->group) == CACHE_NONE)
		return 0;
	if (whole)
		return r->by_group ? cache_drop_group(&filed->cache, r->group)
				   : cache_drop_all(&filed->cache);
	if (!numbers_are_fewer(filed, r))
		return drop_scan(&filed->cache, r);
	for (uint64_t sizes = filed->sizes; sizes; sizes &= sizes - 1)
		count += drop_numbers(&filed->cache, r, filed_size(sizes));
	return count;
}

uint32_t filed_drop_live(struct filed *filed, const struct cache_removal *removal)
{
	uint32_t count;

	assert(removal->first <= removal->last);
	if (filed->cache.watch)
		filed->cache.watch->removing(filed->cache.watch, removal, true);
	count = drop(filed, removal);
	if (!filed->cache.live)
		filed->sizes = 0;
	return count;
}

uint32_t filed_drop_all(struct filed *filed)
{
	filed->sizes = 0;
	return cache_drop_all(&filed->cache);
}
