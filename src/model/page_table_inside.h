/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the page table share; see page_table.h. */
#ifndef MODEL_PAGE_TABLE_INSIDE_H
#define MODEL_PAGE_TABLE_INSIDE_H

#include "model/page_table.h"

/* Items that are held in host memory at a time, on the stack of each level. No run is
 * longer, and none crosses a multiple of it. */
#define PART_ITEMS 512u

/* Consecutive items of one table. */
struct part {
	ioasim_pa_t table;
	unsigned level;
	unsigned index, count;
	unsigned low, high; /* items [low, high) differ from memory; none if low >= high */
	uint64_t first, last; /* addresses that the items map, cut to what was asked for */
	uint64_t base; /* address that the first item maps, not cut */
	uint64_t item[PART_ITEMS];
};

/* How addresses are covered with leaves: what a map's recursion carries. */
struct cover {
	const struct page_table *table;
	uint64_t sizes; /* that PA and IOVA are aligned alike for */
	uint64_t delta; /* PA - IOVA */
	unsigned access;
	bool written; /* leaves that a written one is split into */
	uint64_t cut; /* no leaf reaches across this address; 0: none is cut */
	struct pool_list *reserve; /* tables that can be used */
	struct pool_list *replaced; /* tables that leaves took the place of */
};

static inline uint64_t part_item_size(const struct page_table *table, unsigned level)
{
	return UINT64_C(1) << page_level_lg2(table, level);
}

/* The last address in the item that maps `address`. */
static inline uint64_t part_item_last(const struct page_table *table, unsigned level,
				      uint64_t address)
{
	return address | (part_item_size(table, level) - 1);
}

static inline uint64_t page_minimum(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The part of item i that lies inside the part's range. */
static inline uint64_t part_item_start(const struct page_table *table, const struct part *part,
				       unsigned i)
{
	return i ? part->base + ((uint64_t)i << page_level_lg2(table, part->level)) : part->first;
}

static inline uint64_t part_item_end(const struct page_table *table, const struct part *part,
				     uint64_t start)
{
	return page_minimum(part_item_last(table, part->level, start), part->last);
}

static inline void part_changed(struct part *part, unsigned i, unsigned count)
{
	if (i < part->low)
		part->low = i;
	if (i + count > part->high)
		part->high = i + count;
}

static inline bool page_item_empty(const struct page_table *table, uint64_t item)
{
	return !(item & table->format->present);
}

/* ---- page_table.c ----------------------------------------------------------------- */

void part_root(const struct page_table *table, struct part *part);
/* Sets a part's table and level to the lowest table that maps [first, last] and more,
 * or to the root. -EIO. */
int part_find(const struct page_table *table, struct part *part, uint64_t first, uint64_t last);
/* Loads the items that map [first, last], which lies inside the table's span, or the
 * first of them: part->last tells. -EIO. */
int part_load(const struct page_table *table, struct part *part, uint64_t first, uint64_t last);
/* The one item of a part's table that maps an address. -EIO. */
int part_item_load(const struct page_table *table, const struct part *part, uint64_t address,
		   uint64_t *item);
/* Stores the items that were changed. -EIO. */
int part_store(const struct page_table *table, struct part *part);

/* As the format's decode, of an item that is not empty, but what is returned can be
 * used: a pointer leads to a table of this tree and of the level below, a leaf has a
 * size that stands at this level. */
enum page_item page_item_decode(const struct page_table *table, unsigned level, uint64_t item,
				struct page_leaf *leaf);

/*
 * Adds a table and all below it to the list. `unmap`, which may be NULL, gets the
 * leaves in them. -EIO: tables below a damaged item may be missing.
 */
int page_subtree_take(const struct page_table *table, ioasim_pa_t page, unsigned level,
		      struct pool_list *pages, struct page_unmap *unmap);

/* Adds `count` tables to an empty list. -ENOMEM: it stays empty. */
int page_tables_reserve(const struct page_table *table, uint64_t count, struct pool_list *list);

/* ---- page_table_map.c ------------------------------------------------------------- */

/* The largest leaf that can begin at `at` and ends by `last`, as a logarithm. */
unsigned cover_size(const struct cover *cover, uint64_t at, uint64_t last);
/* Tables that are needed below one empty item of `level`, no leaf itself, for
 * [first, last] inside it; counts no further than the pool reaches. */
uint64_t cover_tables(const struct cover *cover, unsigned level, uint64_t first, uint64_t last);
/* Makes the items of a part whose level is above 0, and stores what hangs below them;
 * the caller stores the part, also with an error. Without cover->replaced the items
 * count as empty whatever they hold. */
int cover_items(const struct cover *cover, struct part *part);

/* ---- page_table_unmap.c ----------------------------------------------------------- */

/* [first, last] changed. */
void page_unmap_extend(struct page_unmap *unmap, uint64_t first, uint64_t last);
/* A leaf of this size, or `bytes` of it, is gone. */
void page_unmap_leaf(struct page_unmap *unmap, unsigned size_lg2, uint64_t bytes);

/* ---- page_table_dirty.c ----------------------------------------------------------- */

/* Whether an item of a part that holds the whole leaf, and no more, has a mark. */
bool part_written(const struct page_table *table, const struct part *part);

#endif
