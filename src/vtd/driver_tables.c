/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of the driver's page tables: second stage with 3 to 5 levels (9.8), first
 * stage with 4 or 5 (9.7). The address and PS stand in the same bits in both.
 *
 * Second-stage tables of domains whose writes are told have A in every item, from the
 * table's `bits`: the unit then stores D alone. Nobody asks for A, so it stays set where
 * D is cleared.
 */
#include "vtd/driver.h"

/* Not-present entries: the rest of the bits is ignored (9.7, 9.8). */
#define CLEARED FIELD(63, 12)

/* Adds what PS and the address are to the rights: PS means something else at level 0. */
static void leaves_fill(const struct page_leaf *first, uint64_t rights, uint64_t *item,
			unsigned count)
{
	uint64_t leaf = first->pa | rights | field_prep(VTD_SS_PS, first->size_lg2 > POOL_PAGE_LG2);

	for (unsigned i = 0; i < count; i++)
		item[i] = leaf + ((uint64_t)i << first->size_lg2);
}

static enum page_item item_decode(const struct page_table *table, unsigned level, uint64_t item,
				  unsigned access, struct page_leaf *leaf)
{
	leaf->pa = field_bits(VTD_SS_ADDR, item);
	if (level > 0 && !field_get(VTD_SS_PS, item))
		return PAGE_POINTER;
	leaf->size_lg2 = page_level_lg2(table, level);
	leaf->access = access;
	return PAGE_LEAF;
}

/* ---- Second stage --------------------------------------------------------------------- */

static uint64_t second_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)level;
	return below | FIELD_MASK(VTD_SS_RW) | table->bits;
}

static void second_leaves(const struct page_table *table, const struct page_leaf *first,
			  uint64_t *item, unsigned count)
{
	leaves_fill(first,
		    field_prep(VTD_SS_R, (first->access & IOASIM_READ) != 0) |
			    field_prep(VTD_SS_W, (first->access & IOASIM_WRITE) != 0) |
			    field_prep(VTD_SS_D, first->written) | table->bits,
		    item, count);
}

static enum page_item second_decode(const struct page_table *table, unsigned level, uint64_t item,
				    struct page_leaf *leaf)
{
	leaf->written = field_get(VTD_SS_D, item);
	return item_decode(table, level, item,
			   (field_get(VTD_SS_R, item) ? IOASIM_READ : 0u) |
				   (field_get(VTD_SS_W, item) ? IOASIM_WRITE : 0u),
			   leaf);
}

static uint64_t second_clean(const struct page_table *table, uint64_t item)
{
	(void)table;
	return item & ~FIELD_MASK(VTD_SS_D);
}

const struct page_table_format vtd_driver_second = {
	.present = FIELD_MASK(VTD_SS_RW),
	.cleared = {CLEARED},
	.pointer = second_pointer,
	.leaves = second_leaves,
	.decode = second_decode,
	.clean = second_clean,
};

/* ---- First stage ---------------------------------------------------------------------- */

static uint64_t first_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	(void)level;
	return below | FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_RW) | FIELD_MASK(VTD_FS_US) |
	       FIELD_MASK(VTD_FS_A);
}

/* A and D are set beforehand, since a walk that is not snooped cannot set them (3.10);
 * a page that can be written can be read. */
static void first_leaves(const struct page_table *table, const struct page_leaf *first,
			 uint64_t *item, unsigned count)
{
	bool write = first->access & IOASIM_WRITE;

	(void)table;
	leaves_fill(first,
		    FIELD_MASK(VTD_FS_P) | FIELD_MASK(VTD_FS_US) | FIELD_MASK(VTD_FS_A) |
			    field_prep(VTD_FS_RW, write) | field_prep(VTD_FS_D, write),
		    item, count);
}

static enum page_item first_decode(const struct page_table *table, unsigned level, uint64_t item,
				   struct page_leaf *leaf)
{
	return item_decode(table, level, item,
			   IOASIM_READ | (field_get(VTD_FS_RW, item) ? IOASIM_WRITE : 0u), leaf);
}

const struct page_table_format vtd_driver_first = {
	.present = FIELD_MASK(VTD_FS_P),
	.cleared = {CLEARED},
	.pointer = first_pointer,
	.leaves = first_leaves,
	.decode = first_decode,
};
