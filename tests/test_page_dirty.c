/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of written leaves in tables of several formats (U13), against the plain book: a
 * write marks any one item of a leaf, as a unit may; a split keeps marks; what lies whole
 * in a range is forgotten with it, and only that.
 */
#include "page_rig.h"

/* Units that a read told. */
struct told {
	const struct rig *rig;
	const struct book_range *range;
	bool unit[BOOK_UNITS];
	uint64_t behind; /* what was told before ends in front of it */
};

static void unit_told(void *to, uint64_t first, uint64_t last)
{
	struct told *told = to;
	const struct book *book = &told->rig->book;
	unsigned window = told->range->window, lg2 = book->row->window[window].unit_lg2;
	uint64_t from = book_address(book, window, 0);

	assert_true(first >= told->behind && first <= last);
	assert_true(first >= book_address(book, window, told->range->first));
	assert_int_equal(first & ((UINT64_C(1) << lg2) - 1), 0);
	assert_int_equal((last + 1) & ((UINT64_C(1) << lg2) - 1), 0);
	told->behind = last + 1;
	for (uint64_t i = (first - from) >> lg2; i <= (last - from) >> lg2; i++)
		told->unit[i] = true;
}

/* Units [*first, *first + *count) of the leaf that unit i lies in. */
static void leaf_units(const struct book *book, unsigned window, unsigned i, unsigned *first,
		       unsigned *count)
{
	unsigned lg2 = book->row->window[window].unit_lg2;

	*count = 1u << (book->unit[window][i].size_lg2 - lg2);
	*first = i - (unsigned)(book_address(book, window, i) >> lg2 & (*count - 1));
}

static void written_set(struct book *book, unsigned window, unsigned i, bool written)
{
	unsigned first, count;

	leaf_units(book, window, i, &first, &count);
	for (unsigned k = first; k < first + count; k++)
		book->unit[window][k].written = written;
}

/* A write to a unit, if it is mapped: the item that maps just this address is marked. */
static void write_unit(struct rig *rig, unsigned window, unsigned i)
{
	uint64_t address = book_address(&rig->book, window, i);
	struct page_found found;

	if (!rig->book.unit[window][i].access)
		return;
	page_path_test(rig->memory, rig->row, rig->table.root, address, &found);
	assert_int_equal(ioasim_memory_write64(rig->memory, found.at[found.low],
					       found.item[found.low] | PAGE_MARK),
			 0);
	written_set(&rig->book, window, i, true);
}

static void told_compare(const struct rig *rig, const struct told *told)
{
	const struct book_range *range = told->range;

	for (unsigned i = 0; i < BOOK_UNITS; i++) {
		bool inside = i >= range->first && i < range->first + range->count;

		assert_int_equal(told->unit[i], inside && rig->book.unit[range->window][i].written);
	}
}

/* The book forgets leaves that lie inside; *low, *high: what of them was written. */
static void book_clear(struct book *book, const struct book_range *range, uint64_t *low,
		       uint64_t *high)
{
	unsigned window = range->window, lg2 = book->row->window[window].unit_lg2, first, count;

	for (unsigned i = range->first; i < range->first + range->count; i++) {
		const struct book_unit *unit = &book->unit[window][i];

		if (!unit->written)
			continue;
		leaf_units(book, window, i, &first, &count);
		if (first < range->first || first + count > range->first + range->count)
			continue;
		if (*low > *high)
			*low = book_address(book, window, first);
		*high = book_address(book, window, first) + (((uint64_t)count << lg2) - 1);
		written_set(book, window, i, false);
	}
}

static void random_read(struct rig *rig)
{
	struct book_range range;
	struct told *told = calloc(1, sizeof(*told));
	uint64_t low = 1, high = 0;
	struct page_dirty dirty = {.tell = unit_told, .to = told};

	assert_non_null(told);
	book_draw(&rig->random, &range);
	told->rig = rig;
	told->range = &range;
	dirty.first = book_address(&rig->book, range.window, range.first);
	dirty.last = dirty.first + book_size(&rig->book, &range) - 1;
	dirty.clear = page_draw(&rig->random) % 2;
	page_unmap_init(&dirty.changed, dirty.first, dirty.last);
	assert_int_equal(page_table_dirty(&rig->table, &dirty), 0);
	told_compare(rig, told);
	if (dirty.clear)
		book_clear(&rig->book, &range, &low, &high);
	/* What has to be invalidated is what was forgotten. */
	assert_int_equal(dirty.changed.changed, low <= high);
	if (low <= high) {
		assert_int_equal(dirty.changed.range.first, low);
		assert_int_equal(dirty.changed.range.last, high);
		assert_true(dirty.changed.range.leaves_only);
	}
	free(told);
}

static void random_map(struct rig *rig)
{
	struct book_range range;
	struct page_map map = {.access = IOASIM_READ | IOASIM_WRITE};

	book_draw(&rig->random, &range);
	if (book_taken(&rig->book, &range))
		return;
	map.first = book_address(&rig->book, range.window, range.first);
	map.last = map.first + book_size(&rig->book, &range) - 1;
	map.pa = book_draw_pa(&rig->book, &range, &rig->random);
	assert_int_equal(page_table_check(&rig->table, &map), 0);
	assert_int_equal(page_table_map(&rig->table, &map), 0);
	pool_list_free(&rig->pool, &map.replaced);
	book_map(&rig->book, &range, map.pa, map.access);
}

static void random_unmap(struct rig *rig)
{
	struct book_unmapped what = {.first = 1};
	struct book_range range;
	struct page_unmap unmap;

	book_draw(&rig->random, &range);
	unmap_ok(rig, &unmap, book_address(&rig->book, range.window, range.first),
		 book_size(&rig->book, &range));
	book_unmap(&rig->book, &range, &what);
}

static void u13_marks_agree_with_a_book(void **state)
{
	uint64_t seed = page_seed();

	(void)state;
	for (unsigned i = 0; i < PAGE_ROWS; i++) {
		struct rig *rig = rig_begin(&page_rows[i], seed + 2 * i, POOL_SIZE);

		assert_int_equal(page_table_init(&rig->table), 0);
		for (unsigned step = 0; step < 400; step++) {
			if (page_draw(&rig->random) % 3)
				random_map(rig);
			else
				random_unmap(rig);
			for (uint64_t k = page_draw(&rig->random) % 40; k > 0; k--)
				write_unit(rig, (unsigned)(page_draw(&rig->random) % PAGE_WINDOWS),
					   (unsigned)(page_draw(&rig->random) % BOOK_UNITS));
			random_read(rig);
			if (step % 100 == 0)
				book_compare_all(&rig->book, rig->memory, rig->table.root);
		}
		book_compare_all(&rig->book, rig->memory, rig->table.root);
		rig_end(rig);
	}
}

static void damaged_tables_are_no_marks(void **state)
{
	struct rig *rig = rig_named("plain, 4 levels");
	struct page_found found;
	struct told *told = calloc(1, sizeof(*told));
	struct page_dirty dirty = {
		.first = 0, .last = G - 1, .clear = true, .tell = unit_told, .to = told};

	(void)state;
	map_ok(rig, M, 3 * M, 0x1000);
	page_path_test(rig->memory, rig->row, rig->table.root, M, &found);
	/* A pointer to a table that is none. */
	assert_int_equal(ioasim_memory_write64(rig->memory, found.at[1], found.item[1] + 0x5000),
			 0);
	page_unmap_init(&dirty.changed, dirty.first, dirty.last);
	assert_int_equal(page_table_dirty(&rig->table, &dirty), -EIO);
	assert_false(dirty.changed.changed);
	/* As it was, so that all tables are found. */
	assert_int_equal(ioasim_memory_write64(rig->memory, found.at[1], found.item[1]), 0);
	free(told);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_marks_agree_with_a_book),
		cmocka_unit_test(damaged_tables_are_no_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
