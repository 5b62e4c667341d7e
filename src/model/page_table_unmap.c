/* SPDX-License-Identifier: Apache-2.0 */
/* Unmaps: leaves partly inside are split first, then the range is cleared. */
#include "model/page_table.h"
#include "model/page_table_inside.h"

#include <errno.h>

void page_unmap_extend(struct page_unmap *unmap, uint64_t first, uint64_t last)
{
	if (!unmap->changed || first < unmap->range.first)
		unmap->range.first = first;
	if (!unmap->changed || last > unmap->range.last)
		unmap->range.last = last;
	unmap->changed = true;
}

void page_unmap_leaf(struct page_unmap *unmap, unsigned size_lg2, uint64_t bytes)
{
	if (!unmap->leaves_seen)
		unmap->range.size_lg2 = (uint8_t)size_lg2;
	else if (unmap->range.size_lg2 != size_lg2)
		unmap->range.size_lg2 = 0;
	unmap->leaves_seen = true;
	unmap->bytes += bytes;
}

/* ---- Splits --------------------------------------------------------------------------- */

/* Tables that the items of a part need. */
static uint64_t split_tables(const struct cover *cover, const struct part *part)
{
	unsigned lg2 = page_level_lg2(cover->table, part->level);
	uint64_t count = 0, end;

	for (uint64_t at = part->first;; at = end + 1) {
		unsigned size = cover_size(cover, at, part->last);

		if (size >= lg2) {
			end = at | field_mask(size - 1, 0);
		} else {
			end = part_item_last(cover->table, part->level, at);
			count += cover_tables(cover, part->level, at, end);
		}
		if (end == part->last)
			return count;
	}
}

/*
 * Splits a leaf of a table so that one ends and one begins at `address`: the same
 * translations. What is new is complete before the leaf's items change.
 */
static int leaf_split(const struct page_table *table, struct part *part,
		      const struct page_leaf *leaf, uint64_t address, struct page_unmap *unmap)
{
	uint64_t offsets = field_mask(leaf->size_lg2 - 1, 0), base = address & ~offsets;
	struct pool_list reserve;
	struct cover cover = {
		.table = table,
		.sizes = table->sizes & offsets, /* those below its own */
		.delta = (leaf->pa & ~offsets) - base,
		.access = leaf->access,
		.cut = address,
		.reserve = &reserve,
	};
	int error = part_load(table, part, base, base | offsets);

	pool_list_init(&reserve);
	if (!error && table->format->clean)
		cover.written = part_written(table, part);
	if (!error)
		error = page_tables_reserve(table, split_tables(&cover, part), &reserve);
	if (!error)
		error = cover_items(&cover, part);
	if (!error)
		error = part_store(table, part);
	pool_list_free(table->pool, &reserve);
	if (error)
		return error;
	/* The leaf may be cached as a whole. */
	page_unmap_extend(unmap, base, base | offsets);
	page_unmap_leaf(unmap, leaf->size_lg2, 0);
	return 0;
}

/* What all items of a table that is not the root map together. */
static unsigned table_span_lg2(const struct page_table *table, unsigned level)
{
	return page_level_lg2(table, level) + page_index_lg2(table);
}

/* The size of the largest leaf that a level or one below it can have. */
static unsigned largest_size(const struct page_table *table, unsigned level)
{
	unsigned span = table_span_lg2(table, level);
	uint64_t sizes = table->sizes & field_mask(span > 64 ? 63 : span - 1, 0);

	return 63 - (unsigned)__builtin_clzll(sizes);
}

/* Splits the leaf of the table at `from` or below that holds `address`, unless it
 * begins there. */
static int boundary_make(const struct page_table *table, const struct part *from, uint64_t address,
			 struct page_unmap *unmap)
{
	struct page_leaf leaf;
	struct part part;

	part.table = from->table;
	for (part.level = from->level;; part.level--) {
		uint64_t item;

		if (!(address & field_mask(largest_size(table, part.level) - 1, 0)))
			return 0;
		if (part_item_load(table, &part, address, &item))
			return -EIO;
		if (page_item_empty(table, item))
			return 0;
		switch (page_item_decode(table, part.level, item, &leaf)) {
		case PAGE_POINTER:
			part.table = leaf.pa;
			break;
		case PAGE_LEAF:
			if (!(address & field_mask(leaf.size_lg2 - 1, 0)))
				return 0;
			return leaf_split(table, &part, &leaf, address, unmap);
		case PAGE_DAMAGED:
			return -EIO;
		}
	}
}

/* Both ends of the range; behind the last address of the table nothing is split. */
static int boundaries_make(const struct page_table *table, const struct part *from,
			   struct page_unmap *unmap)
{
	uint64_t end = unmap->last + 1;
	int error = boundary_make(table, from, unmap->first, unmap);

	if (error || unmap->last == page_table_last(table))
		return error;
	if (from->level + 1u < table->levels &&
	    !(end & field_mask(table_span_lg2(table, from->level) - 1, 0)))
		return 0;
	return boundary_make(table, from, end, unmap);
}

/* ---- Clearing ------------------------------------------------------------------------- */

static int part_unmap(const struct page_table *table, struct part *part, struct page_unmap *unmap,
		      uint64_t first, uint64_t last);

/* An item that is there. *gone: nothing of it is left. */
static int item_unmap(const struct page_table *table, const struct part *part, unsigned i,
		      struct page_unmap *unmap, bool *gone)
{
	uint64_t size = part_item_size(table, part->level);
	uint64_t at = part_item_start(table, part, i);
	uint64_t end = part_item_end(table, part, at);
	struct page_leaf leaf;
	struct part child;
	int error = 0;

	switch (page_item_decode(table, part->level, part->item[i], &leaf)) {
	case PAGE_LEAF:
		page_unmap_leaf(unmap, leaf.size_lg2, size);
		break;
	case PAGE_POINTER:
		if (end - at != size - 1) {
			child.table = leaf.pa;
			child.level = part->level - 1;
			return part_unmap(table, &child, unmap, at, end);
		}
		unmap->range.leaves_only = false;
		error = page_subtree_take(table, leaf.pa, part->level - 1, &unmap->pages, unmap);
		break;
	case PAGE_DAMAGED:
		return -EIO;
	}
	page_unmap_extend(unmap, at, end);
	*gone = true;
	return error;
}

/* Clears the items of a part; tables below a cleared pointer are whole until the
 * invalidation is done. */
static int items_unmap(const struct page_table *table, struct part *part, struct page_unmap *unmap)
{
	int error = 0;

	for (unsigned i = 0; i < part->count && !error; i++) {
		bool gone = false;

		if (page_item_empty(table, part->item[i]))
			continue;
		error = item_unmap(table, part, i, unmap, &gone);
		if (!gone)
			continue;
		part->item[i] = unmap->cleared;
		part_changed(part, i, 1);
	}
	return part_store(table, part) ? -EIO : error;
}

static int part_unmap(const struct page_table *table, struct part *part, struct page_unmap *unmap,
		      uint64_t first, uint64_t last)
{
	for (uint64_t at = first;; at = part->last + 1) {
		int error = part_load(table, part, at, last);

		if (!error)
			error = items_unmap(table, part, unmap);
		if (error || part->last == last)
			return error;
	}
}

int page_table_unmap(struct page_table *table, struct page_unmap *unmap)
{
	struct part part;
	int error = part_find(table, &part, unmap->first, unmap->last);

	if (!error)
		error = boundaries_make(table, &part, unmap);
	if (!error)
		error = part_unmap(table, &part, unmap, unmap->first, unmap->last);
	if (error == -EIO)
		table->damaged = true;
	return error;
}
