/* SPDX-License-Identifier: Apache-2.0 */
/* Which leaves the unit has marked as written. */
#include "model/page_table.h"
#include "model/page_table_inside.h"

#include <errno.h>

bool part_written(const struct page_table *table, const struct part *part)
{
	struct page_leaf leaf;

	for (unsigned i = 0; i < part->count; i++)
		if (page_item_decode(table, part->level, part->item[i], &leaf) == PAGE_LEAF &&
		    leaf.written)
			return true;
	return false;
}

/* The items [i, i + count) of a part are a leaf from `base` on that was written. */
static void leaf_tell(const struct page_table *table, struct part *part, const unsigned items[2],
		      uint64_t base, const struct page_leaf *leaf, struct page_dirty *dirty)
{
	uint64_t last = base | field_mask(leaf->size_lg2 - 1, 0);

	dirty->tell(dirty->to, base < dirty->first ? dirty->first : base,
		    page_minimum(last, dirty->last));
	if (!dirty->clear || base < dirty->first || last > dirty->last)
		return;
	for (unsigned i = items[0]; i < items[0] + items[1]; i++)
		part->item[i] = table->format->clean(table, part->item[i]);
	part_changed(part, items[0], items[1]);
	page_unmap_extend(&dirty->changed, base, last);
	page_unmap_leaf(&dirty->changed, leaf->size_lg2, 0);
}

/* A leaf of several items, of which one maps `address`. They are stored apart from the
 * part, whose own changes must not span them. */
static int run_dirty(const struct page_table *table, struct part *part, uint64_t address,
		     const struct page_leaf *leaf, struct page_dirty *dirty)
{
	uint64_t offsets = field_mask(leaf->size_lg2 - 1, 0), base = address & ~offsets;
	struct part run;
	int error = part_store(table, part);

	run.table = part->table;
	run.level = part->level;
	if (!error)
		error = part_load(table, &run, base, base | offsets);
	if (error || !part_written(table, &run))
		return error;
	leaf_tell(table, &run, (const unsigned[]){0, run.count}, base, leaf, dirty);
	return part_store(table, &run);
}

static int part_dirty(const struct page_table *table, struct part *part, struct page_dirty *dirty,
		      uint64_t first, uint64_t last);

/* Item i, which is not empty. *next: the first item behind what it belongs to. */
static int item_dirty(const struct page_table *table, struct part *part, unsigned i,
		      struct page_dirty *dirty, unsigned *next)
{
	uint64_t at = part_item_start(table, part, i), end;
	struct page_leaf leaf;
	struct part child;

	switch (page_item_decode(table, part->level, part->item[i], &leaf)) {
	case PAGE_POINTER:
		child.table = leaf.pa;
		child.level = part->level - 1;
		return part_dirty(table, &child, dirty, at, part_item_end(table, part, at));
	case PAGE_LEAF:
		end = at | field_mask(leaf.size_lg2 - 1, 0);
		*next = i + 1 +
			(unsigned)((end >> page_level_lg2(table, part->level)) -
				   (at >> page_level_lg2(table, part->level)));
		if (page_leaf_items(table, leaf.size_lg2) > 1)
			return run_dirty(table, part, at, &leaf, dirty);
		if (leaf.written)
			leaf_tell(table, part, (const unsigned[]){i, 1},
				  at & ~field_mask(leaf.size_lg2 - 1, 0), &leaf, dirty);
		return 0;
	case PAGE_DAMAGED:
		break;
	}
	return -EIO;
}

/* The depth is that of the levels. */
static int part_dirty(const struct page_table *table, struct part *part, struct page_dirty *dirty,
		      uint64_t first, uint64_t last)
{
	for (uint64_t at = first;; at = part->last + 1) {
		int error = part_load(table, part, at, last);
		unsigned next;

		for (unsigned i = 0; i < part->count && !error; i = next) {
			next = i + 1;
			if (!page_item_empty(table, part->item[i]))
				error = item_dirty(table, part, i, dirty, &next);
		}
		if (part_store(table, part))
			error = -EIO;
		if (error || part->last == last)
			return error;
	}
}

int page_table_dirty(struct page_table *table, struct page_dirty *dirty)
{
	struct part part;
	int error = part_find(table, &part, dirty->first, dirty->last);

	if (!error)
		error = part_dirty(table, &part, dirty, dirty->first, dirty->last);
	if (error)
		table->damaged = true;
	return error;
}
