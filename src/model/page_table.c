/* SPDX-License-Identifier: Apache-2.0 */
#include "model/page_table.h"
#include "model/page_table_inside.h"

#include <assert.h>
#include <errno.h>

/* Owners in the pool: a tree has the number of its root's page, which no other can
 * have at the same time, and each of its levels an owner. */
#define OWNERS_LG2  3
#define OWNER_TREES ((POOL_NONE - PAGE_TABLE_OWNER_FIRST) >> OWNERS_LG2)

/* ---- Parts of tables ------------------------------------------------------------ */

static unsigned level_items_lg2(const struct page_table *table, unsigned level)
{
	return level + 1u == table->levels ? table->root_lg2 : page_index_lg2(table);
}

static unsigned item_index(const struct page_table *table, unsigned level, uint64_t address)
{
	return (unsigned)(address >> page_level_lg2(table, level)) &
	       ((1u << level_items_lg2(table, level)) - 1);
}

int part_item_load(const struct page_table *table, const struct part *part, uint64_t address,
		   uint64_t *item)
{
	unsigned index = item_index(table, part->level, address);

	return ioasim_memory_read64(table->pool->memory, part->table + index * sizeof(*item), item)
		       ? -EIO
		       : 0;
}

/* Loads from `index` on what lies in the same PART_ITEMS and not behind `last`. */
static int items_load(const struct page_table *table, struct part *part, unsigned index,
		      unsigned last)
{
	unsigned end = index | (PART_ITEMS - 1);

	part->index = index;
	part->count = (end < last ? end : last) - index + 1;
	part->low = part->count;
	part->high = 0;
	if (ioasim_memory_read(table->pool->memory, part->table + index * sizeof(uint64_t),
			       part->item, part->count * sizeof(uint64_t)))
		return -EIO;
	return 0;
}

int part_load(const struct page_table *table, struct part *part, uint64_t first, uint64_t last)
{
	unsigned lg2 = page_level_lg2(table, part->level);
	int error = items_load(table, part, item_index(table, part->level, first),
			       item_index(table, part->level, last));

	part->first = first;
	part->base = first & ~(part_item_size(table, part->level) - 1);
	part->last = page_minimum(part_item_last(table, part->level,
						 part->base + ((part->count - UINT64_C(1)) << lg2)),
				  last);
	return error;
}

int part_store(const struct page_table *table, struct part *part)
{
	unsigned low = part->low, high = part->high;

	part->low = part->count;
	part->high = 0;
	if (low < high && ioasim_memory_write(table->pool->memory,
					      part->table + (part->index + low) * sizeof(uint64_t),
					      &part->item[low], (high - low) * sizeof(uint64_t)))
		return -EIO;
	return 0;
}

void part_root(const struct page_table *table, struct part *part)
{
	part->table = table->root;
	part->level = table->levels - 1u;
}

enum page_item page_item_decode(const struct page_table *table, unsigned level, uint64_t item,
				struct page_leaf *leaf)
{
	enum page_item kind = table->format->decode(table, level, item, leaf);

	if (kind == PAGE_LEAF && leaf->size_lg2 < 64 && table->sizes >> leaf->size_lg2 & 1 &&
	    page_leaf_level(table, leaf->size_lg2) == level)
		return PAGE_LEAF;
	if (kind == PAGE_POINTER && level > 0 &&
	    pool_owned(table->pool, leaf->pa, table->owner + level - 1))
		return PAGE_POINTER;
	return PAGE_DAMAGED;
}

int part_find(const struct page_table *table, struct part *part, uint64_t first, uint64_t last)
{
	struct page_leaf leaf;

	for (part_root(table, part); part->level > 0; part->level--) {
		uint64_t offsets = part_item_size(table, part->level) - 1;
		uint64_t item;

		if ((first | offsets) != (last | offsets) || last - first == offsets)
			return 0;
		if (part_item_load(table, part, first, &item))
			return -EIO;
		if (page_item_empty(table, item))
			return 0;
		switch (page_item_decode(table, part->level, item, &leaf)) {
		case PAGE_POINTER:
			part->table = leaf.pa;
			break;
		case PAGE_LEAF:
			return 0;
		case PAGE_DAMAGED:
			return -EIO;
		}
	}
	return 0;
}

/* ---- Tables ----------------------------------------------------------------------- */

static unsigned table_order(const struct page_table *table)
{
	return table->page_lg2 - POOL_PAGE_LG2;
}

int page_tables_reserve(const struct page_table *table, uint64_t count, struct pool_list *list)
{
	ioasim_pa_t page;
	int error;

	if (count > pool_available(table->pool) >> table_order(table))
		return -ENOMEM;
	while (count-- > 0) {
		error = pool_alloc_block(table->pool, table_order(table), &page);
		if (error) {
			pool_list_free(table->pool, list);
			return error;
		}
		pool_list_add(table->pool, list, page);
	}
	return 0;
}

/* The sizes that a tree of this height can hold. */
static uint64_t sizes_possible(const struct page_table *table)
{
	unsigned top = page_level_lg2(table, table->levels - 1u);
	unsigned lg2 = table->root_lg2 < page_index_lg2(table) ? table->root_lg2
							       : page_index_lg2(table) - 1;

	return field_mask(top + lg2 < 63 ? top + lg2 : 63, table->page_lg2);
}

int page_table_init(struct page_table *table)
{
	unsigned lg2 = table->root_lg2 + PAGE_ITEM_LG2;
	uint64_t number;
	int error;

	assert(table->levels && table->levels <= PAGE_TABLE_LEVELS);
	table->sizes &= sizes_possible(table);
	assert(table->sizes >> table->page_lg2 & 1);
	table->damaged = false;
	table->owner = 0;
	error = pool_alloc_block(table->pool, lg2 > POOL_PAGE_LG2 ? lg2 - POOL_PAGE_LG2 : 0,
				 &table->root);
	if (error)
		return error;
	number = (table->root - table->pool->base) >> POOL_PAGE_LG2;
	if (number >= OWNER_TREES) {
		pool_free(table->pool, table->root);
		return -ENOMEM;
	}
	table->owner = PAGE_TABLE_OWNER_FIRST + ((uint32_t)number << OWNERS_LG2);
	pool_own(table->pool, table->root, table->owner + table->levels - 1);
	table->stats->tables_made++;
	return 0;
}

/* One item of a table that is taken. */
static int item_take(const struct page_table *table, const struct part *part, uint64_t item,
		     struct pool_list *pages, struct page_unmap *unmap)
{
	struct page_leaf leaf;

	switch (page_item_decode(table, part->level, item, &leaf)) {
	case PAGE_LEAF:
		if (unmap)
			page_unmap_leaf(unmap, leaf.size_lg2, part_item_size(table, part->level));
		return 0;
	case PAGE_POINTER:
		return page_subtree_take(table, leaf.pa, part->level - 1, pages, unmap);
	case PAGE_DAMAGED:
		break;
	}
	return -EIO;
}

/* The depth is that of the levels: a pointer leads one level down or nowhere. */
int page_subtree_take(const struct page_table *table, ioasim_pa_t page, unsigned level,
		      struct pool_list *pages, struct page_unmap *unmap)
{
	unsigned last = (1u << level_items_lg2(table, level)) - 1;
	struct part part;
	int error = 0;

	pool_list_add(table->pool, pages, page);
	if (level == 0 && !unmap)
		return 0;
	part.table = page;
	part.level = level;
	for (unsigned index = 0; index <= last && !error; index += PART_ITEMS) {
		error = items_load(table, &part, index, last);
		for (unsigned i = 0; i < part.count && !error; i++)
			if (!page_item_empty(table, part.item[i]))
				error = item_take(table, &part, part.item[i], pages, unmap);
	}
	return error;
}

void page_table_take(struct page_table *table, struct pool_list *pages)
{
	int error;

	if (!table->owner)
		return;
	error = page_subtree_take(table, table->root, table->levels - 1u, pages, NULL);
	if (error || table->damaged)
		pool_list_owned(table->pool, pages, table->owner, table->owner + table->levels - 1);
	table->owner = 0;
}

int page_table_lookup(const struct page_table *table, uint64_t address, ioasim_pa_t *pa,
		      unsigned *access)
{
	struct page_leaf leaf;
	struct part part;
	uint64_t offsets, item;

	for (part_root(table, &part);; part.level--) {
		if (part_item_load(table, &part, address, &item))
			return -EIO;
		if (page_item_empty(table, item))
			return -ENOENT;
		switch (page_item_decode(table, part.level, item, &leaf)) {
		case PAGE_POINTER:
			part.table = leaf.pa;
			break;
		case PAGE_LEAF:
			offsets = field_mask(leaf.size_lg2 - 1, 0);
			*pa = (leaf.pa & ~offsets) | (address & offsets);
			*access = leaf.access;
			return 0;
		case PAGE_DAMAGED:
			return -EIO;
		}
	}
}

struct search {
	const struct page_table *table;
	uint64_t first;
	struct page_leaf leaf;
};

static int part_next(struct search *search, struct part *part, uint64_t from, uint64_t last);

static int item_next(struct search *search, const struct part *part, unsigned i)
{
	uint64_t at = part_item_start(search->table, part, i), offsets;
	struct part child;

	if (page_item_empty(search->table, part->item[i]))
		return -ENOENT;
	switch (page_item_decode(search->table, part->level, part->item[i], &search->leaf)) {
	case PAGE_LEAF:
		offsets = field_mask(search->leaf.size_lg2 - 1, 0);
		search->leaf.pa &= ~offsets;
		search->first = at & ~offsets;
		return 0;
	case PAGE_POINTER:
		child.table = search->leaf.pa;
		child.level = part->level - 1;
		return part_next(search, &child, at, part_item_end(search->table, part, at));
	case PAGE_DAMAGED:
		break;
	}
	return -EIO;
}

/* The depth is that of the levels. */
static int part_next(struct search *search, struct part *part, uint64_t from, uint64_t last)
{
	for (uint64_t at = from;; at = part->last + 1) {
		int error = part_load(search->table, part, at, last);

		if (error)
			return error;
		for (unsigned i = 0; i < part->count; i++) {
			error = item_next(search, part, i);
			if (error != -ENOENT)
				return error;
		}
		if (part->last == last)
			return -ENOENT;
	}
}

int page_table_next(const struct page_table *table, uint64_t from, uint64_t *first,
		    struct page_leaf *leaf)
{
	struct search search = {.table = table};
	struct part part;
	int error;

	part_root(table, &part);
	error = part_next(&search, &part, from, page_table_last(table));
	if (error)
		return error;
	*first = search.first;
	*leaf = search.leaf;
	return 0;
}
