/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of the driver's page tables and their geometry: host tables of up to six
 * levels with pages of every power of two (2.2.3), guest tables of four or five levels
 * (2.2.6.5).
 */
#include "amdvi/driver.h"

#include <errno.h>

/* Input width of a domain for which none is asked. */
#define DEFAULT_BITS 48

/* Entries that are not present: the rest of the bits is ignored. */
#define CLEARED FIELD(63, 12)

#define ONE_SIZE(lg2)  (UINT64_C(1) << (lg2))
#define PAGE_4K        ONE_SIZE(12)
#define GUEST_SIZES    (PAGE_4K | ONE_SIZE(21) | ONE_SIZE(30))
#define HOST_SIZE_MAX  51
#define HOST_SIZE_NONE 39 /* 512 GiB: parts of AMD's do not honour it, Linux avoids it */

static unsigned level_bits(unsigned levels)
{
	return AMDVI_TABLE_LG2 + AMDVI_LEVEL_BITS * levels;
}

static uint8_t smaller(unsigned a, unsigned b)
{
	return (uint8_t)(a < b ? a : b);
}

static void table_choose(const struct amdvi_driver *driver, const struct page_table_format *format,
			 uint64_t sizes, struct page_table *table)
{
	table->format = format;
	table->page_lg2 = POOL_PAGE_LG2;
	table->sizes = driver->config.no_large_pages ? PAGE_4K : sizes;
}

/* ---- Host tables ------------------------------------------------------------------- */

/* The table of level 6 has the index bits 63:57. */
static unsigned host_bits(unsigned levels)
{
	return levels == AMDVI_HOST_LEVELS ? 64 : level_bits(levels);
}

/*
 * The fewest levels that reach the width. A table does not grow, as Linux's does: the
 * mode stays what the domain's width asks for, so that no map rewrites device table
 * entries.
 */
int amdvi_host_table(const struct amdvi_driver *driver, unsigned wanted, struct page_table *table)
{
	unsigned levels = 1, bits = wanted ? wanted : DEFAULT_BITS;

	if (!driver->host_levels || bits > host_bits(driver->host_levels))
		return -ENOTSUP;
	if (bits <= POOL_PAGE_LG2)
		return -EINVAL;
	while (host_bits(levels) < bits)
		levels++;
	table_choose(driver, &amdvi_driver_host,
		     field_mask(HOST_SIZE_MAX, POOL_PAGE_LG2) & ~ONE_SIZE(HOST_SIZE_NONE), table);
	table->levels = (uint8_t)levels;
	table->root_lg2 = smaller(AMDVI_LEVEL_BITS, 64 - level_bits(levels - 1));
	table->input_bits = (uint8_t)bits;
	return 0;
}

/* Next Level n names a table of our level n - 1. */
static uint64_t host_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	return below | FIELD_MASK(AMDVI_HOST_PR) | field_prep(AMDVI_HOST_NEXTLEVEL, level) |
	       FIELD_MASK(AMDVI_HOST_IR) | FIELD_MASK(AMDVI_HOST_IW);
}

/* FC: accesses snoop. A page that is not of its level's default size is coded in its
 * address, and all entries of a page hold the same (2.2.3). */
static void host_leaves(const struct page_table *table, const struct page_leaf *first,
			uint64_t *item, unsigned count)
{
	unsigned items = page_leaf_items(table, first->size_lg2), lg2 = first->size_lg2;
	uint64_t bits = FIELD_MASK(AMDVI_HOST_PR) | FIELD_MASK(AMDVI_HOST_FC) |
			field_prep(AMDVI_HOST_IR, (first->access & IOASIM_READ) != 0) |
			field_prep(AMDVI_HOST_IW, (first->access & IOASIM_WRITE) != 0) |
			field_prep(AMDVI_HOST_D, first->written);

	if (items > 1)
		bits |= field_prep(AMDVI_HOST_NEXTLEVEL, AMDVI_NEXTLEVEL_SIZE);
	for (unsigned i = 0; i < count; i++) {
		uint64_t pa = first->pa + ((uint64_t)(i / items) << lg2);

		item[i] = bits | (items > 1 ? amdvi_host_code(pa, lg2) : pa);
	}
}

static enum page_item host_decode(const struct page_table *table, unsigned level, uint64_t item,
				  struct page_leaf *leaf)
{
	uint64_t next = field_get(AMDVI_HOST_NEXTLEVEL, item);

	leaf->pa = field_bits(AMDVI_HOST_ADDR, item);
	if (next != AMDVI_NEXTLEVEL_PAGE && next != AMDVI_NEXTLEVEL_SIZE)
		return next == level ? PAGE_POINTER : PAGE_DAMAGED;
	leaf->size_lg2 = page_level_lg2(table, level);
	if (next == AMDVI_NEXTLEVEL_SIZE) {
		leaf->size_lg2 = amdvi_host_coded_lg2(item);
		if (leaf->size_lg2 == AMDVI_HOST_SIZE_NONE)
			return PAGE_DAMAGED;
		leaf->pa &= ~field_mask(leaf->size_lg2 - 1, 0);
	}
	leaf->access = (field_get(AMDVI_HOST_IR, item) ? IOASIM_READ : 0u) |
		       (field_get(AMDVI_HOST_IW, item) ? IOASIM_WRITE : 0u);
	leaf->written = field_get(AMDVI_HOST_D, item);
	return PAGE_LEAF;
}

/* A is left: nobody asks for it, and the unit need not set it again. */
static uint64_t host_clean(const struct page_table *table, uint64_t item)
{
	(void)table;
	return item & ~FIELD_MASK(AMDVI_HOST_D);
}

const struct page_table_format amdvi_driver_host = {
	.present = FIELD_MASK(AMDVI_HOST_PR),
	.cleared = {CLEARED},
	.pointer = host_pointer,
	.leaves = host_leaves,
	.decode = host_decode,
	.clean = host_clean,
};

/* ---- Guest tables -------------------------------------------------------------------- */

/* page_table.bits: NX exists. */
#define HAS_NX 1

/*
 * Addresses under a PASID are canonical and only the lower half is given out, so that
 * a table is one bit narrower than its levels, as Linux has it; one that is called 48
 * bits wide has four levels.
 */
int amdvi_guest_table(const struct amdvi_driver *driver, unsigned wanted, struct page_table *table)
{
	unsigned bits = wanted ? wanted : DEFAULT_BITS;
	unsigned levels = bits > DEFAULT_BITS ? 5 : 4;

	if (levels > driver->guest_levels || bits > level_bits(levels))
		return -ENOTSUP;
	if (bits <= POOL_PAGE_LG2)
		return -EINVAL;
	table_choose(driver, &amdvi_driver_guest, GUEST_SIZES, table);
	table->levels = (uint8_t)levels;
	table->root_lg2 = AMDVI_LEVEL_BITS;
	table->input_bits = smaller(bits, level_bits(levels) - 1);
	table->bits = field_get(AMDVI_EFR_NX_SUP, driver->efr) ? HAS_NX : 0;
	return 0;
}

static uint64_t guest_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	(void)level;
	return below | FIELD_MASK(AMDVI_GUEST_P) | FIELD_MASK(AMDVI_GUEST_RW) |
	       FIELD_MASK(AMDVI_GUEST_US) | FIELD_MASK(AMDVI_GUEST_A);
}

/* A and D are set beforehand, as Linux does, so that the unit need not; a page that can
 * be written can be read. */
static void guest_leaves(const struct page_table *table, const struct page_leaf *first,
			 uint64_t *item, unsigned count)
{
	bool write = first->access & IOASIM_WRITE, execute = first->access & IOASIM_EXEC;
	uint64_t bits = FIELD_MASK(AMDVI_GUEST_P) | FIELD_MASK(AMDVI_GUEST_US) |
			FIELD_MASK(AMDVI_GUEST_A) | field_prep(AMDVI_GUEST_RW, write) |
			field_prep(AMDVI_GUEST_D, write);

	if (first->size_lg2 > POOL_PAGE_LG2)
		bits |= FIELD_MASK(AMDVI_GUEST_PS);
	if (table->bits & HAS_NX)
		bits |= field_prep(AMDVI_GUEST_NX, !execute);
	for (unsigned i = 0; i < count; i++)
		item[i] = bits | (first->pa + ((uint64_t)i << first->size_lg2));
}

static enum page_item guest_decode(const struct page_table *table, unsigned level, uint64_t item,
				   struct page_leaf *leaf)
{
	bool executes = table->bits & HAS_NX && !field_get(AMDVI_GUEST_NX, item);

	leaf->pa = field_bits(AMDVI_GUEST_ADDR, item);
	if (level > 0 && !field_get(AMDVI_GUEST_PS, item))
		return PAGE_POINTER;
	leaf->size_lg2 = page_level_lg2(table, level);
	leaf->access = IOASIM_READ | (field_get(AMDVI_GUEST_RW, item) ? IOASIM_WRITE : 0u) |
		       (executes ? IOASIM_EXEC : 0u);
	leaf->written = false;
	return PAGE_LEAF;
}

const struct page_table_format amdvi_driver_guest = {
	.present = FIELD_MASK(AMDVI_GUEST_P),
	.cleared = {CLEARED},
	.pointer = guest_pointer,
	.leaves = guest_leaves,
	.decode = guest_decode,
};
