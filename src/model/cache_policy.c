/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacement: LRU and FIFO by stamps (scanned sets) or lists (chained sets),
 * tree-PLRU, random. See cache.h.
 */
#include "model/cache_policy.h"

#include <string.h>

/* ---- Tree-PLRU --------------------------------------------------------------- */

/* Nodes are numbered as in a heap from 1; a set bit sends the victim right. With
 * ways that are no power of two the leaves behind the last way do not exist, and
 * a node whose right half does not exist sends left. */

static uint64_t *tree_of(const struct cache *c, uint32_t set)
{
	return &c->tree[(size_t)set * c->tree_words];
}

void cache_tree_touch(struct cache *c, uint32_t set, uint32_t way)
{
	uint64_t *tree = tree_of(c, set);

	for (uint64_t node = (uint64_t)c->tree_leaves + way; node > 1; node /= 2) {
		uint64_t parent = node / 2, bit = UINT64_C(1) << (parent % 64);

		tree[parent / 64] = (tree[parent / 64] & ~bit) | (node % 2 ? 0 : bit);
	}
}

static uint32_t tree_victim(const struct cache *c, uint32_t set)
{
	const uint64_t *tree = tree_of(c, set);
	uint32_t way = 0;
	uint64_t node = 1;

	for (uint32_t half = c->tree_leaves / 2; half; half /= 2) {
		bool right = tree[node / 64] >> (node % 64) & 1 && half < c->ways - way;

		node = node * 2 + right;
		way += right ? half : 0;
	}
	return way;
}

/* ---- Order of use ------------------------------------------------------ */

void cache_list_append(struct cache *c, struct cache_set *set, uint32_t slot)
{
	c->age[slot].older = set->newest;
	c->age[slot].newer = 0;
	if (set->newest)
		c->age[set->newest - 1].newer = slot + 1;
	else
		set->oldest = slot + 1;
	set->newest = slot + 1;
}

void cache_list_remove(struct cache *c, struct cache_set *set, uint32_t slot)
{
	const struct cache_age *age = &c->age[slot];

	if (age->older)
		c->age[age->older - 1].newer = age->newer;
	else
		set->oldest = age->newer;
	if (age->newer)
		c->age[age->newer - 1].older = age->older;
	else
		set->newest = age->older;
}

static void touch_order(struct cache *c, uint32_t slot)
{
	uint32_t number = cache_slot_set(c, slot);
	struct cache_set *set = &c->set[number];

	if (c->policy == IOASIM_POLICY_PLRU) {
		cache_tree_touch(c, number, slot - number * c->ways);
	} else if (set->newest != slot + 1) {
		cache_list_remove(c, set, slot);
		cache_list_append(c, set, slot);
	}
}

void cache_touch_other(struct cache *c, uint32_t slot)
{
	if (c->watch)
		c->watch->used(c->watch, slot);
	if (c->touch_unwatched == CACHE_TOUCH_OTHER)
		touch_order(c, slot);
	else if (c->touch_unwatched == CACHE_TOUCH_STAMP)
		c->slot[slot].stamp = ++c->clock;
}

/* splitmix64 */
static uint64_t random_next(struct cache *c)
{
	uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t stamp_victim(const struct cache *c, uint32_t first)
{
	uint32_t victim = first;

	for (uint32_t slot = first + 1; slot < first + c->ways; slot++)
		if (c->slot[slot].stamp < c->slot[victim].stamp)
			victim = slot;
	return victim;
}

uint32_t cache_victim(struct cache *c, uint32_t number)
{
	uint32_t first = number * c->ways;

	if (c->ways == 1)
		return first;
	if (c->policy == IOASIM_POLICY_RANDOM)
		return first + (uint32_t)(((unsigned __int128)random_next(c) * c->ways) >> 64);
	if (c->policy == IOASIM_POLICY_PLRU)
		return first + tree_victim(c, number);
	return c->chained ? c->set[number].oldest - 1 : stamp_victim(c, first);
}

void cache_set_renew(struct cache *c, uint32_t number)
{
	struct cache_set *set = &c->set[number];

	if (set->generation == c->generation)
		return;
	memset(set, 0, sizeof(*set));
	set->generation = c->generation;
	if (c->tree)
		memset(tree_of(c, number), 0, c->tree_words * sizeof(*c->tree));
}
