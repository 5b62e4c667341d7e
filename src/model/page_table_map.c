/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps: what a range needs, and the items of it. A range is covered from its start
 * with the largest leaf that is aligned there and does not reach beyond the end.
 */
#include "model/page_table.h"
#include "model/page_table_inside.h"

#include <errno.h>

/* ---- Covers ----------------------------------------------------------------------- */

static unsigned lg2_floor(uint64_t value)
{
	return 63 - (unsigned)__builtin_clzll(value);
}

unsigned cover_size(const struct cover *cover, uint64_t at, uint64_t last)
{
	unsigned lg2;

	if (at < cover->cut && last >= cover->cut)
		last = cover->cut - 1;
	lg2 = last - at == UINT64_MAX ? 63 : lg2_floor(last - at + 1);
	if (at && (unsigned)__builtin_ctzll(at) < lg2)
		lg2 = (unsigned)__builtin_ctzll(at);
	return lg2_floor(cover->sizes & field_mask(lg2, 0));
}

uint64_t cover_tables(const struct cover *cover, unsigned level, uint64_t first, uint64_t last)
{
	const struct page_table *table = cover->table;
	uint64_t count = 1, end;

	if (level == 1)
		return 1;
	for (uint64_t at = first;; at = end + 1) {
		unsigned size = cover_size(cover, at, last);

		if (size >= page_level_lg2(table, level - 1)) {
			end = at | field_mask(size - 1, 0);
		} else {
			end = page_minimum(part_item_last(table, level - 1, at), last);
			count += cover_tables(cover, level - 1, at, end);
		}
		if (end == last || count > table->pool->pages)
			return count;
	}
}

static struct cover map_cover(const struct page_table *table, const struct page_map *map)
{
	uint64_t delta = map->pa - map->first;
	struct cover cover = {
		.table = table,
		.sizes = table->sizes,
		.delta = delta,
		.access = map->access,
	};

	if (delta)
		cover.sizes &= field_mask((unsigned)__builtin_ctzll(delta), 0);
	return cover;
}

/* ---- Checking ----------------------------------------------------------------------- */

struct check {
	struct cover cover;
	struct page_map *map;
};

static int part_check(const struct check *check, struct part *part, uint64_t first, uint64_t last);

/* An item that is there: only tables without leaves may be below. Where a leaf takes
 * their place it covers all of them too, so that none counts as needed. */
static int present_check(const struct check *check, const struct part *part, uint64_t item,
			 const uint64_t range[2])
{
	struct page_leaf leaf;
	struct part child;

	switch (page_item_decode(check->cover.table, part->level, item, &leaf)) {
	case PAGE_POINTER:
		child.table = leaf.pa;
		child.level = part->level - 1;
		return part_check(check, &child, range[0], range[1]);
	case PAGE_LEAF:
		return -EEXIST;
	case PAGE_DAMAGED:
		break;
	}
	return -EIO;
}

static int item_check(const struct check *check, const struct part *part, unsigned i, bool covered)
{
	const struct page_table *table = check->cover.table;
	struct page_map *map = check->map;
	uint64_t at = part_item_start(table, part, i);
	uint64_t range[2] = {at, part_item_end(table, part, at)};
	uint64_t item = part->item[i];

	if (!page_item_empty(table, item))
		return present_check(check, part, item, range);
	if (map->cleared && item == map->cleared)
		map->queued = true;
	if (!covered)
		map->tables += cover_tables(&check->cover, part->level, range[0], range[1]);
	return 0;
}

static int part_check(const struct check *check, struct part *part, uint64_t first, uint64_t last)
{
	const struct page_table *table = check->cover.table;
	unsigned lg2 = page_level_lg2(table, part->level);

	for (uint64_t at = first;; at = part->last + 1) {
		unsigned covered = 0; /* items before this one become leaves */
		int error = part_load(table, part, at, last);

		if (part->level == 0)
			covered = part->count;
		for (unsigned i = 0; i < part->count && !error; i++) {
			unsigned size;

			if (i >= covered) {
				size = cover_size(&check->cover, part_item_start(table, part, i),
						  last);
				if (size >= lg2)
					covered = i + (1u << (size - lg2));
			}
			error = item_check(check, part, i, i < covered);
		}
		if (error || part->last == last)
			return error;
	}
}

int page_table_check(const struct page_table *table, struct page_map *map)
{
	struct check check = {map_cover(table, map), map};
	struct part part;
	int error = part_find(table, &part, map->first, map->last);

	map->tables = 0;
	map->queued = false;
	map->table = part.table;
	map->level = part.level;
	return error ? error : part_check(&check, &part, map->first, map->last);
}

/* ---- Mapping ------------------------------------------------------------------------ */

/* The items of a part of level 0, which are all leaves: those of one size at a time. */
static void pages_make(const struct cover *cover, struct part *part)
{
	const struct page_table *table = cover->table;
	uint64_t at = part->first;

	for (;;) {
		unsigned size = cover_size(cover, at, part->last);
		uint64_t larger = cover->sizes & ~field_mask(size, 0), end = part->last;
		struct page_leaf leaf = {at + cover->delta, size, cover->access, cover->written};
		uint64_t leaves;

		if (at < cover->cut && end >= cover->cut)
			end = cover->cut - 1;
		/* As far as no larger one can begin. */
		if (larger)
			end = page_minimum(
				end, at | field_mask((unsigned)__builtin_ctzll(larger) - 1, 0));
		leaves = (end - at + 1) >> size;
		table->format->leaves(table, &leaf,
				      &part->item[(at - part->base) >> table->page_lg2],
				      (unsigned)(leaves << (size - table->page_lg2)));
		at += leaves << size;
		if (at - 1 == part->last)
			break;
	}
	part_changed(part, 0, part->count);
}

static int part_map(const struct cover *cover, struct part *part, uint64_t first, uint64_t last)
{
	for (uint64_t at = first;; at = part->last + 1) {
		int error = part_load(cover->table, part, at, last);

		if (error)
			return error;
		if (part->level == 0)
			pages_make(cover, part);
		else
			error = cover_items(cover, part);
		if (part_store(cover->table, part))
			error = -EIO;
		if (error || part->last == last)
			return error;
	}
}

/* The items [i, i + count) become a leaf: the tables below them go. */
static int leaf_make(const struct cover *cover, struct part *part, unsigned i, unsigned size)
{
	const struct page_table *table = cover->table;
	unsigned count = page_leaf_items(table, size);
	struct page_leaf leaf = {
		.pa = part_item_start(table, part, i) + cover->delta,
		.size_lg2 = size,
		.access = cover->access,
		.written = cover->written,
	};
	struct page_leaf old;
	int error = 0;

	for (unsigned k = i; k < i + count && cover->replaced && !error; k++) {
		if (page_item_empty(table, part->item[k]))
			continue;
		if (page_item_decode(table, part->level, part->item[k], &old) != PAGE_POINTER)
			return -EIO;
		error = page_subtree_take(table, old.pa, part->level - 1, cover->replaced, NULL);
	}
	table->format->leaves(table, &leaf, &part->item[i], count);
	part_changed(part, i, count);
	return error;
}

/* Item i becomes a pointer to a new table that maps [at, end], complete before the
 * pointer can be stored. */
static int table_make(const struct cover *cover, struct part *part, unsigned i, uint64_t at,
		      uint64_t end)
{
	const struct page_table *table = cover->table;
	struct part child;
	int error;

	if (!cover->reserve->blocks)
		return -EIO; /* memory changed since the check */
	child.table = pool_list_pop(table->pool, cover->reserve);
	child.level = part->level - 1;
	pool_own(table->pool, child.table, table->owner + child.level);
	table->stats->tables_made++;
	error = part_map(cover, &child, at, end);
	if (error)
		return error;
	part->item[i] = table->format->pointer(table, part->level, child.table);
	part_changed(part, i, 1);
	return 0;
}

/* Item i, which does not become a leaf. */
static int item_make(const struct cover *cover, struct part *part, unsigned i, uint64_t at)
{
	const struct page_table *table = cover->table;
	uint64_t end = part_item_end(table, part, at), item = part->item[i];
	struct page_leaf leaf;
	struct part child;

	if (page_item_empty(table, item) || !cover->replaced)
		return table_make(cover, part, i, at, end);
	if (page_item_decode(table, part->level, item, &leaf) != PAGE_POINTER)
		return -EIO;
	child.table = leaf.pa;
	child.level = part->level - 1;
	return part_map(cover, &child, at, end);
}

int cover_items(const struct cover *cover, struct part *part)
{
	const struct page_table *table = cover->table;
	unsigned lg2 = page_level_lg2(table, part->level), count;
	int error = 0;

	for (unsigned i = 0; i < part->count && !error; i += count) {
		uint64_t at = part_item_start(table, part, i);
		unsigned size = cover_size(cover, at, part->last);

		count = 1;
		if (size >= lg2) {
			count = page_leaf_items(table, size);
			error = leaf_make(cover, part, i, size);
		} else {
			error = item_make(cover, part, i, at);
		}
	}
	return error;
}

int page_table_map(struct page_table *table, struct page_map *map)
{
	struct cover cover = map_cover(table, map);
	struct pool_list reserve;
	struct part part;
	int error;

	pool_list_init(&map->replaced);
	pool_list_init(&reserve);
	error = page_tables_reserve(table, map->tables, &reserve);
	if (error)
		return error;
	cover.reserve = &reserve;
	cover.replaced = &map->replaced;
	part.table = map->table;
	part.level = map->level;
	error = part_map(&cover, &part, map->first, map->last);
	pool_list_free(table->pool, &reserve);
	if (error)
		table->damaged = true;
	return error;
}
