/* SPDX-License-Identifier: Apache-2.0 */
#include "page_formats.h"

#define BIT(n) (UINT64_C(1) << (n))

/* 4 KiB pages and every size up to 2^last, with the levels' own. */
#define ALL_SIZES(last) ((BIT((last) + 1) - 1) & ~UINT64_C(0xfff))

#define K12 BIT(12)
#define M2  BIT(21)
#define G1  BIT(30)

const struct page_row page_rows[PAGE_ROWS] = {
	{"plain, 4 levels",
	 PAGE_KIND_PLAIN,
	 12,
	 4,
	 9,
	 48,
	 K12 | M2 | G1,
	 {{(UINT64_C(5) << 30) - (8 << 20), 12}, {(UINT64_C(1) << 48) - (UINT64_C(8) << 30), 21}}},
	{"plain, small pages",
	 PAGE_KIND_PLAIN,
	 12,
	 3,
	 9,
	 39,
	 K12,
	 {{(UINT64_C(1) << 30) - (8 << 20), 12}, {(UINT64_C(1) << 39) - (16 << 20), 12}}},
	{"plain, the smallest tree",
	 PAGE_KIND_PLAIN,
	 12,
	 2,
	 6,
	 27,
	 K12 | M2,
	 {{0, 12}, {(UINT64_C(1) << 27) - (16 << 20), 12}}},
	/* 16 x 4 KiB, 16 x 2 MiB; four tables concatenated at the top. */
	{"hinted, 4 KiB",
	 PAGE_KIND_HINTED,
	 12,
	 3,
	 11,
	 41,
	 K12 | BIT(16) | M2 | BIT(25) | G1,
	 {{(UINT64_C(3) << 30) - (4 << 20), 12}, {(UINT64_C(1) << 41) - (UINT64_C(8) << 30), 21}}},
	/* 128 x 16 KiB, 32 x 32 MiB; a root of 8 items. */
	{"hinted, 16 KiB",
	 PAGE_KIND_HINTED,
	 14,
	 3,
	 3,
	 39,
	 BIT(14) | BIT(21) | BIT(25) | BIT(30),
	 {{(UINT64_C(1) << 36) - (32 << 20), 14},
	  {(UINT64_C(1) << 39) - (UINT64_C(128) << 30), 25}}},
	/* 32 x 64 KiB, 32 x 512 MiB; four tables of 64 KiB concatenated. */
	{"hinted, 64 KiB",
	 PAGE_KIND_HINTED,
	 16,
	 2,
	 15,
	 44,
	 BIT(16) | BIT(21) | BIT(29) | BIT(34),
	 {{(UINT64_C(1) << 43) - (128 << 20), 16},
	  {(UINT64_C(1) << 44) - (UINT64_C(2) << 40), 29}}},
	/* Without hints, 16 tables concatenated. */
	{"hinted, 16 KiB, no runs",
	 PAGE_KIND_HINTED,
	 14,
	 2,
	 15,
	 40,
	 BIT(14) | BIT(25),
	 {{(UINT64_C(1) << 36) - (32 << 20), 14}, {(UINT64_C(1) << 40) - (64 << 20), 14}}},
	{"replicas, 3 levels",
	 PAGE_KIND_REPLICAS,
	 12,
	 3,
	 9,
	 39,
	 ALL_SIZES(38),
	 {{(UINT64_C(7) << 30) - (8 << 20), 12},
	  {(UINT64_C(1) << 39) - (UINT64_C(256) << 30), 26}}},
	/* The level of 512 GiB has no leaves of just that size. */
	{"replicas, 6 levels",
	 PAGE_KIND_REPLICAS,
	 12,
	 6,
	 7,
	 64,
	 ALL_SIZES(52) & ~BIT(39),
	 {{UINT64_C(0xffffffffff000000), 12}, {UINT64_C(0x8000000000000000), 37}}},
};

/* ---- Plain ------------------------------------------------------------------------ */

#define PLAIN_R    BIT(0)
#define PLAIN_W    BIT(1)
#define PLAIN_LEAF BIT(7)
#define ADDRESS    (BIT(52) - BIT(12))

static uint64_t plain_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	(void)level;
	return below | PLAIN_R | PLAIN_W;
}

static void plain_leaves(const struct page_table *table, const struct page_leaf *first,
			 uint64_t *item, unsigned count)
{
	(void)table;
	for (unsigned i = 0; i < count; i++)
		item[i] = (first->pa + ((uint64_t)i << first->size_lg2)) |
			  (first->access & IOASIM_READ ? PLAIN_R : 0) |
			  (first->access & IOASIM_WRITE ? PLAIN_W : 0) |
			  (first->size_lg2 > 12 ? PLAIN_LEAF : 0) |
			  (first->written ? PAGE_MARK : 0);
}

static enum page_item plain_decode(const struct page_table *table, unsigned level, uint64_t item,
				   struct page_leaf *leaf)
{
	leaf->pa = item & ADDRESS;
	if (level && !(item & PLAIN_LEAF))
		return PAGE_POINTER;
	leaf->size_lg2 = page_level_lg2(table, level);
	leaf->access = (item & PLAIN_R ? IOASIM_READ : 0u) | (item & PLAIN_W ? IOASIM_WRITE : 0u);
	leaf->written = item & PAGE_MARK;
	return PAGE_LEAF;
}

/* ---- Hinted ----------------------------------------------------------------------- */

#define HINTED_VALID BIT(0)
#define HINTED_TABLE BIT(1) /* of a page too */
#define HINTED_RO    BIT(7)
#define HINTED_RUN   BIT(52)

static uint64_t hinted_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	(void)level;
	return below | HINTED_VALID | HINTED_TABLE;
}

static void hinted_leaves(const struct page_table *table, const struct page_leaf *first,
			  uint64_t *item, unsigned count)
{
	unsigned level = page_leaf_level(table, first->size_lg2);

	for (unsigned i = 0; i < count; i++)
		item[i] = (first->pa + ((uint64_t)i << page_level_lg2(table, level))) |
			  HINTED_VALID | (level ? 0 : HINTED_TABLE) |
			  (first->access & IOASIM_WRITE ? 0 : HINTED_RO) |
			  (page_leaf_items(table, first->size_lg2) > 1 ? HINTED_RUN : 0) |
			  (first->written ? PAGE_MARK : 0);
}

/* Items of a run at a level, as a logarithm: one length for each granule and level. */
static unsigned hinted_run_lg2(unsigned page_lg2, unsigned level)
{
	if (page_lg2 == 14)
		return level ? 5 : 7;
	return page_lg2 == 12 ? 4 : 5;
}

static enum page_item hinted_decode(const struct page_table *table, unsigned level, uint64_t item,
				    struct page_leaf *leaf)
{
	leaf->pa = item & (BIT(48) - BIT(table->page_lg2));
	if (level && item & HINTED_TABLE)
		return PAGE_POINTER;
	if (!level && !(item & HINTED_TABLE))
		return PAGE_DAMAGED;
	leaf->size_lg2 = page_level_lg2(table, level) +
			 (item & HINTED_RUN ? hinted_run_lg2(table->page_lg2, level) : 0);
	leaf->pa &= ~(BIT(leaf->size_lg2) - 1);
	leaf->access = IOASIM_READ | (item & HINTED_RO ? 0u : IOASIM_WRITE);
	leaf->written = item & PAGE_MARK;
	return PAGE_LEAF;
}

/* ---- Replicas ----------------------------------------------------------------------- */

#define REPLICA_PR   BIT(0)
#define REPLICA_NEXT FIELD(11, 9)
#define REPLICA_R    BIT(61)
#define REPLICA_W    BIT(62)

static uint64_t replica_pointer(const struct page_table *table, unsigned level, ioasim_pa_t below)
{
	(void)table;
	return below | REPLICA_PR | REPLICA_R | REPLICA_W | field_prep(REPLICA_NEXT, level);
}

static void replica_leaves(const struct page_table *table, const struct page_leaf *first,
			   uint64_t *item, unsigned count)
{
	unsigned run = page_leaf_items(table, first->size_lg2);

	for (unsigned i = 0; i < count; i++) {
		item[i] = (first->pa + ((uint64_t)(i / run) << first->size_lg2)) | REPLICA_PR |
			  (first->access & IOASIM_READ ? REPLICA_R : 0) |
			  (first->access & IOASIM_WRITE ? REPLICA_W : 0) |
			  (first->written ? PAGE_MARK : 0);
		/* The lowest clear bit gives the size. */
		if (run > 1)
			item[i] |=
				field_prep(REPLICA_NEXT, 7) | field_mask(first->size_lg2 - 2, 12);
	}
}

static unsigned replica_size(unsigned level_lg2, uint64_t item)
{
	uint64_t ones = ~(item | 0xfff);

	if (field_get(REPLICA_NEXT, item) == 0)
		return level_lg2;
	return ones ? (unsigned)__builtin_ctzll(ones) + 1 : 64;
}

static enum page_item replica_decode(const struct page_table *table, unsigned level, uint64_t item,
				     struct page_leaf *leaf)
{
	unsigned next = (unsigned)field_get(REPLICA_NEXT, item);

	leaf->pa = item & ADDRESS;
	if (next && next < 7)
		return next == level ? PAGE_POINTER : PAGE_DAMAGED;
	leaf->size_lg2 = replica_size(page_level_lg2(table, level), item);
	if (leaf->size_lg2 >= 52)
		return PAGE_DAMAGED;
	leaf->pa &= ~(BIT(leaf->size_lg2) - 1);
	leaf->access =
		(item & REPLICA_R ? IOASIM_READ : 0u) | (item & REPLICA_W ? IOASIM_WRITE : 0u);
	leaf->written = item & PAGE_MARK;
	return PAGE_LEAF;
}

static uint64_t item_clean(const struct page_table *table, uint64_t item)
{
	(void)table;
	return item & ~PAGE_MARK;
}

static const struct page_table_format formats[] = {
	[PAGE_KIND_PLAIN] = {PLAIN_R | PLAIN_W,
			     {63, 12},
			     plain_pointer,
			     plain_leaves,
			     plain_decode,
			     item_clean},
	[PAGE_KIND_HINTED] =
		{HINTED_VALID, {63, 2}, hinted_pointer, hinted_leaves, hinted_decode, item_clean},
	[PAGE_KIND_REPLICAS] =
		{REPLICA_PR, {63, 12}, replica_pointer, replica_leaves, replica_decode, item_clean},
};

void page_row_setup(const struct page_row *row, struct page_table *table)
{
	memset(table, 0, sizeof(*table));
	table->format = &formats[row->kind];
	table->sizes = row->sizes;
	table->page_lg2 = row->page_lg2;
	table->levels = row->levels;
	table->root_lg2 = row->root_lg2;
	table->input_bits = row->input_bits;
}

/* ---- The test's own walk ---------------------------------------------------------------- */

static unsigned level_lg2(const struct page_row *row, unsigned level)
{
	return row->page_lg2 + (row->page_lg2 - 3u) * level;
}

static uint64_t items_of(const struct page_row *row, unsigned level)
{
	return BIT(level + 1u == row->levels ? row->root_lg2 : row->page_lg2 - 3u);
}

static bool is_empty(const struct page_row *row, uint64_t item)
{
	return !(item & (row->kind == PAGE_KIND_PLAIN ? PLAIN_R | PLAIN_W : BIT(0)));
}

/* Whether it is a pointer; then its address. */
static bool is_pointer(const struct page_row *row, unsigned level, uint64_t item, uint64_t *below)
{
	if (is_empty(row, item))
		return false;
	switch (row->kind) {
	case PAGE_KIND_PLAIN:
		*below = item & ADDRESS;
		return level && !(item & PLAIN_LEAF);
	case PAGE_KIND_HINTED:
		*below = item & (BIT(48) - BIT(row->page_lg2));
		return level && item & HINTED_TABLE;
	case PAGE_KIND_REPLICAS:
		*below = item & ADDRESS;
		return level && (item >> 9 & 7) == level;
	}
	return false;
}

static uint64_t word(struct ioasim_memory *memory, uint64_t address)
{
	uint64_t value;

	assert_int_equal(ioasim_memory_read64(memory, address, &value), 0);
	return value;
}

static void leaf_read(struct ioasim_memory *memory, const struct page_row *row, uint64_t address,
		      struct page_found *found)
{
	unsigned level = found->low, lg2 = level_lg2(row, level), size = lg2;
	uint64_t item = found->item[level] & ~PAGE_MARK, base, count;

	if (row->kind == PAGE_KIND_HINTED && item & HINTED_RUN)
		size += hinted_run_lg2(row->page_lg2, level);
	if (row->kind == PAGE_KIND_REPLICAS && (item >> 9 & 7) == 7) {
		size = replica_size(lg2, item);
		assert_true(size > lg2 && size < lg2 + 9);
	}
	count = BIT(size - lg2);
	/* All items of a run agree, but for the address of hinted ones. */
	base = found->at[level] - (address >> lg2 & (count - 1)) * 8;
	for (uint64_t i = 0; i < count; i++)
		assert_int_equal(word(memory, base + i * 8) & ~PAGE_MARK,
				 row->kind == PAGE_KIND_HINTED
					 ? (word(memory, base) & ~PAGE_MARK) + (i << lg2)
					 : item);
	found->written = false;
	for (uint64_t i = 0; i < count; i++)
		found->written |= (word(memory, base + i * 8) & PAGE_MARK) != 0;
	found->size_lg2 = size;
	found->pa = row->kind == PAGE_KIND_HINTED ? word(memory, base) & ~PAGE_MARK : item;
	found->pa = (found->pa & ADDRESS & ~(BIT(size) - 1)) | (address & (BIT(size) - 1));
	found->access = IOASIM_READ | IOASIM_WRITE;
	if (row->kind == PAGE_KIND_PLAIN)
		found->access = (unsigned)(item & 3); /* R and W are IOASIM_READ and WRITE */
	else if (row->kind == PAGE_KIND_REPLICAS)
		found->access = (unsigned)(item >> 61 & 3);
	else if (item & HINTED_RO)
		found->access = IOASIM_READ;
}

void page_path_test(struct ioasim_memory *memory, const struct page_row *row, ioasim_pa_t root,
		    uint64_t address, struct page_found *found)
{
	uint64_t table = root;

	memset(found, 0, sizeof(*found));
	for (unsigned level = row->levels; level-- > 0;) {
		uint64_t index = address >> level_lg2(row, level) & (items_of(row, level) - 1);
		uint64_t at = table + index * 8, item;

		if (at % 8 || ioasim_memory_read64(memory, at, &item))
			return;
		found->low = level;
		found->at[level] = at;
		found->item[level] = item;
		if (!is_pointer(row, level, item, &table))
			return;
	}
}

void page_walk_test(struct ioasim_memory *memory, const struct page_row *row, ioasim_pa_t root,
		    uint64_t address, struct page_found *found)
{
	uint64_t below;

	page_path_test(memory, row, root, address, found);
	assert_false(is_pointer(row, found->low, found->item[found->low], &below));
	if (!is_empty(row, found->item[found->low]))
		leaf_read(memory, row, address, found);
}

static uint32_t tables_below(struct ioasim_memory *memory, const struct page_row *row,
			     uint64_t table, unsigned level)
{
	uint32_t tables = 0;
	uint64_t below;

	for (uint64_t i = 0; level && i < items_of(row, level); i++) {
		uint64_t item = word(memory, table + i * 8);

		if (is_pointer(row, level, item, &below))
			tables += 1 + tables_below(memory, row, below, level - 1);
	}
	return tables;
}

uint32_t page_count_test(struct ioasim_memory *memory, const struct page_row *row, ioasim_pa_t root)
{
	uint64_t bytes = items_of(row, row->levels - 1u) * 8;

	return (tables_below(memory, row, root, row->levels - 1u) << (row->page_lg2 - 12)) +
	       (uint32_t)(bytes < 4096 ? 1 : bytes >> 12);
}
