/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables that a driver keeps in simulated memory: one set of algorithms for
 * the formats of all architectures.
 *
 * The tables are the truth; nothing of them is kept elsewhere. What is read back is
 * checked before it is followed, since devices may write where they should not: a
 * pointer must lead to a table that was made for this tree and for that level.
 *
 * Words: a table is an array of items of 8 bytes. Level 0 is the table whose items
 * map the smallest page. A leaf occupies one item, or an aligned run of 2^n items of
 * one table, where its size lies between those of two levels: contiguous entries of
 * AArch64, replicated entries of AMD's v1 tables.
 *
 *	page_table.c		tables: making, taking, look-up
 *	page_table_map.c	what a map needs, and maps
 *	page_table_unmap.c	unmaps and splits of leaves
 *	page_table_dirty.c	which leaves were written
 */
#ifndef MODEL_PAGE_TABLE_H
#define MODEL_PAGE_TABLE_H

#include "model/driver.h"
#include "model/field.h"
#include "model/pool.h"

#define PAGE_ITEM_LG2 3 /* 8 bytes */

/* Levels of a tree, and so the depth of every recursion. */
#define PAGE_TABLE_LEVELS 6

/* Owners in the pool: lower numbers are for the architecture's other structures. */
#define PAGE_TABLE_OWNER_FIRST 16u

struct page_table;

/* A leaf, whatever number of items it has. */
struct page_leaf {
	ioasim_pa_t pa; /* of its first byte; a multiple of the size */
	unsigned size_lg2;
	unsigned access; /* IOASIM_READ, WRITE, EXEC as far as the format can tell them */
	bool written; /* of formats that have `clean`: the unit has marked it so */
};

enum page_item {
	PAGE_POINTER,
	PAGE_LEAF,
	PAGE_DAMAGED, /* nothing that the format writes at this level */
};

/*
 * A format: how items are made and read. Called per table or per run of items. The
 * functions get the tree for its geometry and its `bits`.
 */
struct page_table_format {
	/* An item with none of these bits set is empty; the unit ignores all others then. */
	uint64_t present;
	/* Field of an empty item, at least 32 bits, that tells when it was cleared:
	 * {FIELD(high, low)}. */
	struct {
		uint8_t high, low;
	} cleared;

	/* The item of a table of `level`, which is at least 1, that points to `below`. */
	uint64_t (*pointer)(const struct page_table *table, unsigned level, ioasim_pa_t below);
	/*
	 * The items [0, count) of leaves that lie one behind the other in IOVA and PA,
	 * all with the size and rights of `first`. `count` is a multiple of the items
	 * that one leaf occupies, page_leaf_items(). Rights that the format cannot tell
	 * apart are widened; flags that the unit would set (accessed, dirty) are set
	 * beforehand where the unit's own update cannot be relied on.
	 */
	void (*leaves)(const struct page_table *table, const struct page_leaf *first,
		       uint64_t *item, unsigned count);
	/*
	 * Takes apart an item that is not empty. PAGE_LEAF: *leaf is the whole leaf,
	 * whichever of its items this is. PAGE_POINTER: leaf->pa is the table below,
	 * the rest is left alone. Items may hold anything: a size or an address that
	 * cannot be is found by the caller.
	 */
	enum page_item (*decode)(const struct page_table *table, unsigned level, uint64_t item,
				 struct page_leaf *leaf);
	/* An item of a leaf without the mark that it was written. NULL: there are no marks. */
	uint64_t (*clean)(const struct page_table *table, uint64_t item);
};

/*
 * A tree. The owner sets the members up to `bits` before page_table_init and leaves
 * them alone afterwards; levels 0 stands for "there is none".
 */
struct page_table {
	const struct page_table_format *format;
	struct pool *pool;
	struct driver_stats *stats; /* tables_made is counted here */
	/* Sizes of leaves that may be made: bit n stands for 2^n bytes. Holds page_lg2,
	 * which is the size of level 0; those above the root are dropped. A size stands
	 * at the highest level whose items map no more, so that a leaf has fewer items
	 * than a table. */
	uint64_t sizes;
	uint8_t page_lg2; /* of a page, and of a table other than the root: 12, 14 or 16 */
	uint8_t levels; /* 1 to PAGE_TABLE_LEVELS */
	/* Items of the root, as a logarithm: fewer than those of other tables, or more
	 * (concatenated tables). The root is aligned to its size, at least 4 KiB. */
	uint8_t root_lg2;
	uint8_t input_bits; /* addresses below 2^input_bits can be mapped; up to 64 */
	uint64_t bits; /* the format's own */

	ioasim_pa_t root;
	/* In the pool, of tables of level 0; those above follow. 0: there is no tree. */
	uint32_t owner;
	bool damaged; /* -EIO was met: tables may hang in no item */
};

static inline unsigned page_index_lg2(const struct page_table *table)
{
	return table->page_lg2 - PAGE_ITEM_LG2;
}

/* What an item of a level maps, as a logarithm. */
static inline unsigned page_level_lg2(const struct page_table *table, unsigned level)
{
	return table->page_lg2 + page_index_lg2(table) * level;
}

/* The level at which leaves of a size stand. */
static inline unsigned page_leaf_level(const struct page_table *table, unsigned size_lg2)
{
	return (size_lg2 - table->page_lg2) / page_index_lg2(table);
}

/* Items of a leaf. */
static inline unsigned page_leaf_items(const struct page_table *table, unsigned size_lg2)
{
	return 1u << (size_lg2 - table->page_lg2) % page_index_lg2(table);
}

/* The highest address that can be mapped. */
static inline uint64_t page_table_last(const struct page_table *table)
{
	return field_mask(table->input_bits - 1u, 0);
}

/* The value of an item that is cleared under a number above 0. */
static inline uint64_t page_cleared(const struct page_table *table, uint64_t number)
{
	return field_prep(table->format->cleared.high, table->format->cleared.low, number);
}

/* Makes the root. -ENOMEM, or what the memory's window returned; there is no tree
 * then. */
int page_table_init(struct page_table *table);

/*
 * Takes the tree apart: all of its tables are added to the list, and there is none
 * any more. Damage in memory loses no page. Nothing of the tree may be in use by the
 * unit. Takes a tree that was never made.
 */
void page_table_take(struct page_table *table, struct pool_list *pages);

/* -ENOENT: not mapped; -EIO: the tables are damaged. `address` is one that can be
 * mapped. */
int page_table_lookup(const struct page_table *table, uint64_t address, ioasim_pa_t *pa,
		      unsigned *access);

/* The first leaf that ends at or behind `from`, which can be mapped; *first is where it
 * begins. -ENOENT: there is none; -EIO. */
int page_table_next(const struct page_table *table, uint64_t from, uint64_t *first,
		    struct page_leaf *leaf);

/* ---- Maps ----------------------------------------------------------------------- */

/* The caller sets the first five members; the range can be mapped, and it and `pa`
 * are multiples of the page. */
struct page_map {
	uint64_t first, last; /* closed */
	ioasim_pa_t pa;
	unsigned access;
	uint64_t cleared; /* items with this value wait for a flush; 0: none do */

	/* What page_table_check found. */
	uint64_t tables; /* new ones needed, at most more than the pool can ever give */
	bool queued; /* a part waits for a flush */
	/* The lowest table that maps all of the range and more. */
	ioasim_pa_t table;
	unsigned level;
	/* Tables that larger leaves have replaced; see page_table_map. */
	struct pool_list replaced;
};

/* Whether the range is empty, and what it takes to map it. -EEXIST, -EIO. */
int page_table_check(const struct page_table *table, struct page_map *map);

/*
 * Maps what was checked, each part with the largest leaf that fits; an empty table
 * gives way to a leaf that fills it. New tables are all had before the first item is
 * stored: -ENOMEM changes nothing. -EIO: damaged tables, or memory that cannot be
 * written; a part may be mapped. Whatever is returned, `replaced` holds tables that
 * are not to be freed before an invalidation.
 */
int page_table_map(struct page_table *table, struct page_map *map);

/* ---- Unmaps --------------------------------------------------------------------- */

/* What changed, and so must be invalidated. Closed: all is {0, UINT64_MAX}. */
struct page_range {
	uint64_t first, last;
	bool leaves_only; /* no pointer to a table did */
	/* All leaves that went, and those that were split, had this size; 0: they had
	 * several. Of use only with leaves_only. */
	uint8_t size_lg2;
};

#define PAGE_RANGE_ALL                         \
	(struct page_range)                    \
	{                                      \
		.first = 0, .last = UINT64_MAX \
	}

static inline bool page_range_all(const struct page_range *range)
{
	return range->first == 0 && range->last == UINT64_MAX;
}

/* Set up by page_unmap_init; what was found is added, so that a call can be
 * repeated. */
struct page_unmap {
	uint64_t first, last; /* closed, multiples of the page, and can be mapped */
	uint64_t cleared; /* value of a cleared item: page_cleared(), or 0 */
	uint64_t bytes; /* that were mapped */
	bool changed; /* there is something to invalidate: */
	struct page_range range;
	bool leaves_seen; /* range.size_lg2 is that of a leaf */
	/* Tables that hang in no item any more; not to be freed before the invalidation. */
	struct pool_list pages;
};

static inline void page_unmap_init(struct page_unmap *unmap, uint64_t first, uint64_t last)
{
	*unmap = (struct page_unmap){.first = first, .last = last};
	unmap->range.leaves_only = true;
	pool_list_init(&unmap->pages);
}

/*
 * Clears the range. Leaves partly inside are split first, into the largest that fit
 * on either side; a run is then written anew with smaller leaves, which needs no
 * table. A table goes when the range covers all that it can map; one that lost its
 * last item otherwise stays, so that small maps and unmaps in turn do not make it
 * anew each time. -ENOMEM: nothing is unmapped, though a leaf may have been split
 * (`changed`). -EIO: damaged tables; a part may be unmapped, and `pages` may still
 * hang in them.
 */
int page_table_unmap(struct page_table *table, struct page_unmap *unmap);

/* ---- Marks ---------------------------------------------------------------------- */

/* The caller sets the first members; the range can be mapped. */
struct page_dirty {
	uint64_t first, last; /* closed */
	bool clear; /* marks of leaves that lie inside go */
	driver_dirty_fn *tell; /* of each written leaf, cut to the range */
	void *to;
	struct page_unmap changed; /* set up by page_unmap_init: leaves whose mark went */
};

/* Of a tree whose format has marks. Whichever item of a run has one, the leaf was
 * written. -EIO: damaged tables; what was told was written all the same. */
int page_table_dirty(struct page_table *table, struct page_dirty *dirty);

#endif
