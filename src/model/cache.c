/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tagged caches: filing, removal and replacement.
 *
 * Slots of a set are neighbours: set * ways + way. Links are kept as slot + 1,
 * so that zeroed memory is an empty cache and making one costs no writes.
 *
 * State of a set (free slots, order, tree) belongs to a generation: cache_reset()
 * begins a new one, and a set of an older generation is as new.
 */
#include "model/cache.h"
#include "model/cache_policy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Making and ending ----------------------------------------------------- */

static bool has_list(const struct cache *c)
{
	return c->chained && (c->policy == IOASIM_POLICY_LRU || c->policy == IOASIM_POLICY_FIFO);
}

static bool has_tree(const struct cache *c)
{
	return c->policy == IOASIM_POLICY_PLRU && c->ways > 1;
}

static uint8_t touch_kind(const struct cache *c)
{
	if (c->ways <= 1)
		return CACHE_TOUCH_NONE;
	if (c->policy == IOASIM_POLICY_LRU)
		return c->chained ? CACHE_TOUCH_OTHER : CACHE_TOUCH_STAMP;
	return c->policy == IOASIM_POLICY_PLRU ? CACHE_TOUCH_OTHER : CACHE_TOUCH_NONE;
}

static bool allocate(void *array, size_t count, size_t size)
{
	void *p = calloc(count, size);

	memcpy(array, &p, sizeof(p));
	return p != NULL;
}

static bool allocate_all(struct cache *c)
{
	size_t entries = c->entries;

	if (!allocate(&c->slot, entries, sizeof(*c->slot)) ||
	    !allocate(&c->link, entries, sizeof(*c->link)) ||
	    !allocate(&c->live_slot, entries, sizeof(*c->live_slot)))
		return false;
	if (c->groups && !allocate(&c->group_head, c->groups, sizeof(*c->group_head)))
		return false;
	if (c->chained && !allocate(&c->bucket, 2 * entries, sizeof(*c->bucket)))
		return false;
	if (!c->chained && !allocate(&c->mark, entries + CACHE_SCAN_WAYS, sizeof(*c->mark)))
		return false;
	if ((c->chained || has_tree(c)) && !allocate(&c->set, c->sets, sizeof(*c->set)))
		return false;
	if (has_list(c) && !allocate(&c->age, entries, sizeof(*c->age)))
		return false;
	if (has_tree(c) && !allocate(&c->tree, (size_t)c->sets * c->tree_words, sizeof(*c->tree)))
		return false;
	return true;
}

int cache_init(struct cache *c, const struct ioasim_cache_geometry *geometry, uint32_t groups,
	       struct ioasim_cache_counters *counters)
{
	uint32_t ways = geometry->ways ? geometry->ways : geometry->entries;

	memset(c, 0, sizeof(*c));
	c->counters = counters;
	if (geometry->policy > IOASIM_POLICY_RANDOM)
		return -EINVAL;
	if (geometry->entries == 0)
		return 0;
	if (geometry->entries % ways || geometry->entries > CACHE_ENTRIES_MAX)
		return -EINVAL;

	c->entries = geometry->entries;
	c->ways = ways;
	c->sets = c->entries / ways;
	c->ways_inverse = ways > 1 ? UINT64_MAX / ways + 1 : 0;
	c->chained = ways > CACHE_SCAN_WAYS;
	c->policy = geometry->policy;
	c->touch = c->touch_unwatched = touch_kind(c);
	c->groups = groups;
	c->seed = c->random = geometry->seed;
	c->generation = 1;
	if (has_tree(c)) {
		c->tree_leaves = 2;
		while (c->tree_leaves < ways)
			c->tree_leaves *= 2;
		c->tree_words = (c->tree_leaves + 63) / 64;
	}
	if (!allocate_all(c)) {
		cache_fini(c);
		return -ENOMEM;
	}
	return 0;
}

void cache_fini(struct cache *c)
{
	free(c->slot);
	free(c->link);
	free(c->live_slot);
	free(c->group_head);
	free(c->bucket);
	free(c->mark);
	free(c->set);
	free(c->age);
	free(c->tree);
	memset(c, 0, sizeof(*c));
}

void cache_watch(struct cache *c, struct cache_watch *watch)
{
	c->watch = watch;
	c->touch = watch ? CACHE_TOUCH_OTHER : c->touch_unwatched;
}

/* ---- Finding --------------------------------------------------------------- */

/* Two buckets per entry, so that a chain is mostly one long. */
static uint32_t *bucket_of(const struct cache *c, uint64_t hash)
{
	return &c->bucket[(hash & UINT32_MAX) * c->entries >> 31];
}

uint32_t cache_find_chained(const struct cache *c, uint64_t index, uint64_t key0, uint64_t key1)
{
	uint32_t next = *bucket_of(c, cache_hash(index));

	while (next) {
		const struct cache_slot *tag = &c->slot[next - 1];

		if (cache_matches(tag, index, key0, key1))
			return next - 1;
		next = tag->chain.next;
	}
	return CACHE_NONE;
}

static uint32_t chained_from(const struct cache *c, uint32_t next, uint64_t index)
{
	while (next && c->slot[next - 1].index != index)
		next = c->slot[next - 1].chain.next;
	return next - 1; /* 0 becomes CACHE_NONE */
}

static uint32_t scanned_from(const struct cache *c, uint32_t way, uint64_t index)
{
	uint64_t hash = cache_hash(index);
	uint32_t first = cache_hash_set(c, hash) * c->ways;

	for (; way < c->ways; way++)
		if (c->mark[first + way] == cache_hash_mark(hash) &&
		    c->slot[first + way].index == index)
			return first + way;
	return CACHE_NONE;
}

uint32_t cache_index_first(const struct cache *c, uint64_t index)
{
	if (c->chained)
		return chained_from(c, *bucket_of(c, cache_hash(index)), index);
	return scanned_from(c, 0, index);
}

uint32_t cache_index_next(const struct cache *c, uint64_t index, uint32_t slot)
{
	if (c->chained)
		return chained_from(c, c->slot[slot].chain.next, index);
	return scanned_from(c, slot - cache_hash_set(c, cache_hash(index)) * c->ways + 1, index);
}

uint32_t cache_group_first(const struct cache *c, uint32_t group)
{
	return group < c->groups && c->group_head ? c->group_head[group] - 1 : CACHE_NONE;
}

uint32_t cache_group_next(const struct cache *c, uint32_t slot)
{
	return c->link[slot].next - 1;
}

/* Downwards: dropping the current slot moves only the last one into its place,
 * which has been visited. */
uint32_t cache_first(const struct cache *c)
{
	return c->live ? c->live_slot[c->live - 1] : CACHE_NONE;
}

uint32_t cache_next(const struct cache *c, uint32_t slot)
{
	uint32_t position = c->link[slot].position;

	return position ? c->live_slot[position - 1] : CACHE_NONE;
}

/* ---- Filing ------------------------------------------------------------------- */

/* An empty slot of the set: the lowest one where ways are scanned, the one freed
 * last where they are chained. CACHE_NONE if the set is full. */
static uint32_t take_empty(struct cache *c, uint32_t number)
{
	uint32_t first = number * c->ways;

	if (!c->chained) {
		for (uint32_t slot = first; slot < first + c->ways; slot++)
			if (!c->mark[slot])
				return slot;
		return CACHE_NONE;
	}

	struct cache_set *set = &c->set[number];
	uint32_t slot = set->free - 1;

	if (slot != CACHE_NONE)
		set->free = c->link[slot].next;
	else if (set->used < c->ways)
		slot = first + set->used++;
	return slot;
}

static void chain_add(struct cache *c, uint32_t slot, uint64_t hash)
{
	uint32_t *head = bucket_of(c, hash);

	c->slot[slot].chain.prev = 0;
	c->slot[slot].chain.next = *head;
	if (*head)
		c->slot[*head - 1].chain.prev = slot + 1;
	*head = slot + 1;
}

static void chain_remove(struct cache *c, uint32_t slot)
{
	const struct cache_slot *tag = &c->slot[slot];

	if (tag->chain.next)
		c->slot[tag->chain.next - 1].chain.prev = tag->chain.prev;
	if (tag->chain.prev)
		c->slot[tag->chain.prev - 1].chain.next = tag->chain.next;
	else
		*bucket_of(c, cache_hash(tag->index)) = tag->chain.next;
}

static void group_add(struct cache *c, uint32_t slot, uint32_t group)
{
	struct cache_link *link = &c->link[slot];
	uint32_t *head = &c->group_head[group];

	link->group = group;
	link->prev = 0;
	link->next = *head;
	if (*head)
		c->link[*head - 1].prev = slot + 1;
	*head = slot + 1;
}

static void group_remove(struct cache *c, uint32_t slot)
{
	const struct cache_link *link = &c->link[slot];

	if (link->next)
		c->link[link->next - 1].prev = link->prev;
	if (link->prev)
		c->link[link->prev - 1].next = link->next;
	else
		c->group_head[link->group] = link->next;
}

/* Out of index, group and order; still in the list of live slots. */
static void unfile(struct cache *c, uint32_t slot)
{
	if (c->chained)
		chain_remove(c, slot);
	else
		c->mark[slot] = 0;
	if (c->age)
		cache_list_remove(c, &c->set[cache_slot_set(c, slot)], slot);
	group_remove(c, slot);
}

static void file(struct cache *c, uint32_t slot, uint32_t number, uint64_t hash)
{
	if (c->chained) {
		chain_add(c, slot, hash);
	} else {
		c->mark[slot] = cache_hash_mark(hash);
		c->slot[slot].stamp = ++c->clock;
	}
	if (c->age)
		cache_list_append(c, &c->set[number], slot);
	else if (c->tree)
		cache_tree_touch(c, number, slot - number * c->ways);
}

uint32_t cache_fill(struct cache *c, uint64_t index, uint64_t key0, uint64_t key1, uint32_t group)
{
	if (cache_off(c))
		return CACHE_NONE;
	assert(group < c->groups);

	uint64_t hash = cache_hash(index);
	uint32_t number = cache_hash_set(c, hash);
	uint32_t slot = cache_find(c, index, key0, key1);
	bool empty = false, again = false;

	if (c->set)
		cache_set_renew(c, number);
	if (slot == CACHE_NONE) {
		slot = take_empty(c, number);
		empty = slot != CACHE_NONE;
	}
	if (slot == CACHE_NONE)
		slot = cache_victim(c, number);

	if (empty) {
		c->link[slot].position = c->live;
		c->live_slot[c->live++] = slot;
	} else {
		again = cache_matches(&c->slot[slot], index, key0, key1);
		if (c->watch && !again)
			c->watch->evicted(c->watch, slot);
		unfile(c, slot);
		c->counters->evictions++;
	}
	c->counters->fills++;
	c->slot[slot].index = index;
	c->slot[slot].key0 = key0;
	c->slot[slot].key1 = key1;
	file(c, slot, number, hash);
	group_add(c, slot, group);
	if (c->watch)
		c->watch->filled(c->watch, slot, again);
	return slot;
}

/* ---- Growing ------------------------------------------------------------------- */

/* What an array of so many slots becomes; the rest is zeroed. */
static bool resize(void *array, size_t before, size_t count, size_t size)
{
	unsigned char *old, *bigger;

	memcpy(&old, array, sizeof(old));
	bigger = reallocarray(old, count, size);
	if (!bigger)
		return false;
	memset(bigger + before * size, 0, (count - before) * size);
	memcpy(array, &bigger, sizeof(bigger));
	return true;
}

/* Arrays that have grown already do no harm if a later one cannot. */
int cache_grow(struct cache *c, uint32_t entries)
{
	size_t before = c->entries, after = entries;
	uint32_t *bucket;

	if (!c->chained || !has_list(c) || c->sets != 1 || entries <= c->entries ||
	    entries > CACHE_ENTRIES_MAX)
		return -EINVAL;
	if (!resize(&c->slot, before, after, sizeof(*c->slot)) ||
	    !resize(&c->link, before, after, sizeof(*c->link)) ||
	    !resize(&c->live_slot, before, after, sizeof(*c->live_slot)) ||
	    !resize(&c->age, before, after, sizeof(*c->age)))
		return -ENOMEM;
	bucket = calloc(2 * after, sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	free(c->bucket);
	c->bucket = bucket;
	c->entries = c->ways = entries;
	c->ways_inverse = UINT64_MAX / entries + 1;
	for (uint32_t i = 0; i < c->live; i++)
		chain_add(c, c->live_slot[i], cache_hash(c->slot[c->live_slot[i]].index));
	return 0;
}

/* ---- Removing ------------------------------------------------------------------ */

void cache_drop(struct cache *c, uint32_t slot)
{
	assert(cache_is_live(c, slot));
	if (c->watch)
		c->watch->dropped(c->watch, slot);
	unfile(c, slot);

	uint32_t position = c->link[slot].position;
	uint32_t last = c->live_slot[--c->live];

	c->live_slot[position] = last;
	c->link[last].position = position;
	if (c->chained) {
		struct cache_set *set = &c->set[cache_slot_set(c, slot)];

		c->link[slot].next = set->free;
		set->free = slot + 1;
	}
	c->counters->invalidated++;
}

static void tell_removing(struct cache *c, const struct cache_removal *removal)
{
	if (c->watch)
		c->watch->removing(c->watch, removal, false);
}

uint32_t cache_drop_all(struct cache *c)
{
	uint32_t count = c->live;

	tell_removing(c, NULL);
	while (c->live)
		cache_drop(c, c->live_slot[c->live - 1]);
	return count;
}

uint32_t cache_drop_group(struct cache *c, uint32_t group)
{
	uint32_t count = 0;

	tell_removing(c, &(struct cache_removal){.by_group = true, .group = group});
	for (uint32_t slot = cache_group_first(c, group), next; slot != CACHE_NONE; slot = next) {
		next = cache_group_next(c, slot);
		cache_drop(c, slot);
		count++;
	}
	return count;
}

static uint32_t removal_first(const struct cache *c, const struct cache_removal *r)
{
	return r->by_index   ? cache_index_first(c, r->index)
	       : r->by_group ? cache_group_first(c, r->group)
			     : cache_first(c);
}

static uint32_t removal_next(const struct cache *c, const struct cache_removal *r, uint32_t slot)
{
	return r->by_index   ? cache_index_next(c, r->index, slot)
	       : r->by_group ? cache_group_next(c, slot)
			     : cache_next(c, slot);
}

uint32_t cache_remove(struct cache *c, const struct cache_removal *r)
{
	uint32_t next, count = 0;

	if (cache_off(c))
		return 0;
	tell_removing(c, r);
	for (uint32_t slot = removal_first(c, r); slot != CACHE_NONE; slot = next) {
		next = removal_next(c, r, slot);
		if ((r->by_group && cache_group(c, slot) != r->group) ||
		    !cache_removal_matches(c, r, slot))
			continue;
		cache_drop(c, slot);
		count++;
	}
	return count;
}

void cache_reset(struct cache *c)
{
	if (c->watch)
		c->watch->reset(c->watch);
	for (uint32_t i = 0; i < c->live; i++) {
		uint32_t slot = c->live_slot[i];

		c->group_head[c->link[slot].group] = 0;
		if (c->chained)
			*bucket_of(c, cache_hash(c->slot[slot].index)) = 0;
		else
			c->mark[slot] = 0;
	}
	c->live = 0;
	c->clock = 0;
	c->random = c->seed;
	if (++c->generation == 0 && c->set) {
		memset(c->set, 0, c->sets * sizeof(*c->set));
		c->generation = 1;
	}
}
