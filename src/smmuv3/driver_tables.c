/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of the driver's page tables, VMSAv8-64 with 48-bit addresses (Arm ARM
 * D8.3; IHI 0070 3.4): descriptors of stage 1 and stage 2, and the geometry that CD and
 * STE announce. Granules of 4, 16 and 64 KiB; concatenated first tables of stage 2.
 *
 * AF is set beforehand, since nobody asks for it and the unit need not write it; leaves are
 * Normal write-back, inner shareable, and those of stage 1 not global, so that an ASID
 * tells them apart.
 *
 * Tables with marks (page_table.bits is DBM): what can be written has DBM and is not
 * writable until the unit makes it so (3.13.3). Any item of a contiguous run may be the
 * one that it changes, and with one changed it need not change another (D8.5.5).
 */
#include "smmuv3/driver.h"

#include <errno.h>

/* Descriptors with bit 0 clear: the rest of the bits is ignored (D8.3.1). */
#define CLEARED FIELD(63, 12)

/* MAIR as smmu_cd_make() fills it. */
#define ATTRINDX_WRITE_BACK 1

/* Stage 2: Normal, outer and inner write-back. */
#define MEMATTR_WRITE_BACK 0xf

#define INNER_SHAREABLE 3

/* D8.2.9: up to 16 first tables of stage 2 lie one behind the other. */
#define CONCATENATED_LG2 4

/* 3.4.1, 5.4: TxSZ 16 to 39 without STT and VAX. */
#define INPUT_BITS_MIN 25
#define INPUT_BITS_MAX 48

/* ---- Levels and sizes ------------------------------------------------------------ */

/* D8.3.1.2: blocks of 2 MiB and 1 GiB, 32 MiB, 512 MiB; level 0 has pages. */
static unsigned leaf_levels(unsigned page_lg2)
{
	return page_lg2 == SMMU_4K_LG2 ? 3 : 2;
}

/* D8.6.1: entries of a contiguous run, as a logarithm. */
static unsigned run_lg2(unsigned page_lg2, unsigned level)
{
	if (page_lg2 == SMMU_16K_LG2)
		return level == 0 ? 7 : 5;
	return page_lg2 == SMMU_4K_LG2 ? 4 : 5;
}

/* Bits of page_table.sizes for what the first tables can hold. */
static uint64_t leaf_sizes(const struct page_table *table, bool large)
{
	uint64_t sizes = UINT64_C(1) << table->page_lg2;

	for (unsigned level = 0; large && level < leaf_levels(table->page_lg2); level++) {
		unsigned lg2 = page_level_lg2(table, level);

		sizes |= UINT64_C(1) << lg2;
		sizes |= UINT64_C(1) << (lg2 + run_lg2(table->page_lg2, level));
	}
	/* A run does not reach beyond what the table maps. */
	return sizes & field_mask(table->input_bits, 0);
}

/* ---- Descriptors ------------------------------------------------------------------- */

static uint64_t pointer_make(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	(void)level;
	return below | field_prep(SMMU_PTE_TYPE, SMMU_TYPE_TABLE);
}

static void leaves_fill(const struct page_table *table, const struct page_leaf *first,
			uint64_t rights, uint64_t *item, unsigned count)
{
	unsigned level = page_leaf_level(table, first->size_lg2);
	unsigned lg2 = page_level_lg2(table, level);
	uint64_t leaf = first->pa | rights |
			field_prep(SMMU_PTE_TYPE, level ? SMMU_TYPE_BLOCK : SMMU_TYPE_TABLE) |
			field_prep(SMMU_PTE_SH, INNER_SHAREABLE) | FIELD_MASK(SMMU_PTE_AF) |
			field_prep(SMMU_PTE_CONTIGUOUS, first->size_lg2 > lg2);

	for (unsigned i = 0; i < count; i++)
		item[i] = leaf + ((uint64_t)i << lg2);
}

static enum page_item item_decode(const struct page_table *table, unsigned level, uint64_t item,
				  struct page_leaf *leaf)
{
	bool table_type = field_get(SMMU_PTE_TABLE, item);

	leaf->pa = field_bits(SMMU_PTE_ADDRESS, item);
	if (level > 0 && table_type)
		return PAGE_POINTER;
	/* 01b is reserved at the last level, and a block at those that have them. */
	if (level == 0 ? !table_type : level >= leaf_levels(table->page_lg2))
		return PAGE_DAMAGED;
	leaf->size_lg2 = page_level_lg2(table, level);
	if (field_get(SMMU_PTE_CONTIGUOUS, item))
		leaf->size_lg2 += run_lg2(table->page_lg2, level);
	leaf->pa &= ~field_mask(leaf->size_lg2 - 1, 0);
	return PAGE_LEAF;
}

/* DBM of a leaf that can be written. */
static uint64_t modifier(const struct page_table *table, const struct page_leaf *leaf)
{
	return leaf->access & IOASIM_WRITE ? table->bits : 0;
}

/* Whether it can be written as it stands, without a mark first. */
static bool stands_writable(const struct page_table *table, const struct page_leaf *leaf)
{
	return leaf->access & IOASIM_WRITE && (leaf->written || !table->bits);
}

/* D8.4.1.2: AP[1] is set, since requests without PASID are unprivileged; what can be
 * written can be read. */
static void stage1_leaves(const struct page_table *table, const struct page_leaf *first,
			  uint64_t *item, unsigned count)
{
	uint64_t rights = FIELD_MASK(SMMU_S1_AP1) | FIELD_MASK(SMMU_S1_NG) |
			  field_prep(SMMU_S1_ATTRINDX, ATTRINDX_WRITE_BACK) |
			  modifier(table, first);

	if (!stands_writable(table, first))
		rights |= FIELD_MASK(SMMU_S1_AP2);
	if (!(first->access & IOASIM_EXEC))
		rights |= FIELD_MASK(SMMU_S1_UXN) | FIELD_MASK(SMMU_S1_PXN);
	leaves_fill(table, first, rights, item, count);
}

static enum page_item stage1_decode(const struct page_table *table, unsigned level, uint64_t item,
				    struct page_leaf *leaf)
{
	bool writable = !field_get(SMMU_S1_AP2, item), marks = item & table->bits;
	enum page_item kind = item_decode(table, level, item, leaf);

	if (kind != PAGE_LEAF)
		return kind;
	leaf->access = IOASIM_READ | (writable || marks ? IOASIM_WRITE : 0u) |
		       (field_get(SMMU_S1_UXN, item) ? 0u : IOASIM_EXEC);
	leaf->written = writable && marks;
	return kind;
}

static uint64_t stage1_clean(const struct page_table *table, uint64_t item)
{
	(void)table;
	return item | FIELD_MASK(SMMU_S1_AP2);
}

static const struct page_table_format stage1_format = {
	.present = FIELD_MASK(SMMU_PTE_VALID),
	.cleared = {CLEARED},
	.pointer = pointer_make,
	.leaves = stage1_leaves,
	.decode = stage1_decode,
	.clean = stage1_clean,
};

/* D8.4.2: XN[1] alone forbids to execute with XNX and without. */
static void stage2_leaves(const struct page_table *table, const struct page_leaf *first,
			  uint64_t *item, unsigned count)
{
	uint64_t rights = field_prep(SMMU_S2_MEMATTR, MEMATTR_WRITE_BACK) |
			  field_prep(SMMU_S2_S2AP0, (first->access & IOASIM_READ) != 0) |
			  field_prep(SMMU_S2_S2AP1, stands_writable(table, first)) |
			  field_prep(SMMU_S2_XN1, !(first->access & IOASIM_EXEC)) |
			  modifier(table, first);

	leaves_fill(table, first, rights, item, count);
}

static enum page_item stage2_decode(const struct page_table *table, unsigned level, uint64_t item,
				    struct page_leaf *leaf)
{
	bool writable = field_get(SMMU_S2_S2AP1, item), marks = item & table->bits;
	enum page_item kind = item_decode(table, level, item, leaf);

	if (kind != PAGE_LEAF)
		return kind;
	leaf->access = (field_get(SMMU_S2_S2AP0, item) ? IOASIM_READ : 0u) |
		       (writable || marks ? IOASIM_WRITE : 0u) |
		       (field_get(SMMU_S2_XN1, item) ? 0u : IOASIM_EXEC);
	leaf->written = writable && marks;
	return kind;
}

static uint64_t stage2_clean(const struct page_table *table, uint64_t item)
{
	(void)table;
	return item & ~FIELD_MASK(SMMU_S2_S2AP1);
}

static const struct page_table_format stage2_format = {
	.present = FIELD_MASK(SMMU_PTE_VALID),
	.cleared = {CLEARED},
	.pointer = pointer_make,
	.leaves = stage2_leaves,
	.decode = stage2_decode,
	.clean = stage2_clean,
};

/* ---- Geometry ------------------------------------------------------------------------ */

static int input_choose(unsigned wanted, unsigned reach, struct page_table *table)
{
	if (wanted && wanted <= table->page_lg2)
		return -EINVAL;
	if (wanted > reach)
		return -ENOTSUP;
	table->input_bits = (uint8_t)(wanted ? wanted : reach);
	return 0;
}

/* What TxSZ says: a domain narrower than the least that can be said is only used in
 * part. */
static unsigned announced_bits(const struct page_table *table)
{
	return table->input_bits < INPUT_BITS_MIN ? INPUT_BITS_MIN : table->input_bits;
}

/* The fewest levels whose first table has at most `extra` bits more than others. */
static void levels_choose(unsigned extra, struct page_table *table)
{
	unsigned bits = announced_bits(table), levels = 1;

	while (page_level_lg2(table, levels) + extra < bits)
		levels++;
	table->levels = (uint8_t)levels;
	table->root_lg2 = (uint8_t)(bits - page_level_lg2(table, levels - 1));
}

static int table_choose(const struct smmu_driver *driver, unsigned wanted, unsigned reach,
			unsigned extra, struct page_table *table)
{
	int error;

	table->page_lg2 = driver->granule_lg2;
	error = input_choose(wanted, reach, table);
	if (error)
		return error;
	levels_choose(extra, table);
	table->sizes = leaf_sizes(table, !driver->config.no_large_pages);
	return 0;
}

int smmu_table_stage1(const struct smmu_driver *driver, unsigned wanted, struct page_table *table)
{
	table->format = &stage1_format;
	return table_choose(driver, wanted, INPUT_BITS_MAX, 0, table);
}

int smmu_table_stage2(const struct smmu_driver *driver, unsigned wanted, struct page_table *table)
{
	int error;

	table->format = &stage2_format;
	error = table_choose(driver, wanted, driver->ipa_bits, CONCATENATED_LG2, table);
	/* 5.2: S2SL0 cannot say the last level with the 4 KiB granule (without STT). */
	if (!error && table->page_lg2 == SMMU_4K_LG2 && table->levels == 1) {
		table->levels = 2;
		table->root_lg2 = (uint8_t)(announced_bits(table) - page_level_lg2(table, 1));
	}
	return error;
}

unsigned smmu_table_tsz(const struct page_table *table)
{
	return 64 - announced_bits(table);
}

/* 5.2: 4 KiB: 2 stands for the specification's level 0; others: 3 does. */
unsigned smmu_table_sl0(const struct page_table *table)
{
	unsigned start = SMMU_SPEC_LEVEL(table->levels - 1u);

	return (table->page_lg2 == SMMU_4K_LG2 ? 2 : 3) - start;
}
