/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables of several formats in memory, against a plain book: what is mapped, with
 * which leaves, what an unmap says must be invalidated, and that no page is lost, also
 * where the pool runs out.
 */
#include "page_rig.h"

static int map_do(struct rig *rig, const struct book_range *range, uint64_t pa, unsigned access)
{
	struct page_map map = {
		.first = book_address(&rig->book, range->window, range->first),
		.pa = pa,
		.access = access,
	};
	int error;

	map.last = map.first + book_size(&rig->book, range) - 1;
	error = page_table_check(&rig->table, &map);
	if (!error) {
		uint64_t made = rig->stats.tables_made;

		error = page_table_map(&rig->table, &map);
		if (!error)
			assert_int_equal(rig->stats.tables_made - made, map.tables);
		else
			assert_int_equal(error, -ENOMEM);
		pool_list_free(&rig->pool, &map.replaced);
	}
	return error;
}

static void random_map(struct rig *rig)
{
	static const unsigned rights[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE};
	unsigned access = rights[page_draw(&rig->random) % 3];
	struct book_range range;
	uint64_t pa;
	int error;

	book_draw(&rig->random, &range);
	pa = book_draw_pa(&rig->book, &range, &rig->random);
	error = map_do(rig, &range, pa, access);
	rig->refused += error == -ENOMEM;
	if (error == -ENOMEM)
		return;
	assert_int_equal(error, book_taken(&rig->book, &range) ? -EEXIST : 0);
	rig->mapped += !error;
	if (!error)
		book_map(&rig->book, &range, pa, access);
}

/* What an unmap told, against the book. */
static void unmap_compare(const struct page_unmap *unmap, const struct book_unmapped *what)
{
	bool one = what->sizes && !(what->sizes & (what->sizes - 1));

	assert_int_equal(unmap->bytes, what->bytes);
	if (what->first > what->last)
		assert_false(unmap->changed && unmap->range.leaves_only);
	else
		assert_true(unmap->changed);
	if (!unmap->changed || what->first > what->last)
		return;
	assert_int_equal(unmap->range.leaves_only, unmap->pages.blocks == 0);
	assert_true(unmap->range.first <= what->first && unmap->range.last >= what->last);
	if (unmap->range.leaves_only) {
		assert_int_equal(unmap->range.first, what->first);
		assert_int_equal(unmap->range.last, what->last);
	}
	assert_int_equal(unmap->range.size_lg2, one ? __builtin_ctzll(what->sizes) : 0);
}

static void random_unmap(struct rig *rig)
{
	struct book_unmapped what = {.first = 1};
	struct page_unmap unmap;
	struct book_range range;
	uint64_t first;
	int error;

	book_draw(&rig->random, &range);
	first = book_address(&rig->book, range.window, range.first);
	page_unmap_init(&unmap, first, first + book_size(&rig->book, &range) - 1);
	if (page_draw(&rig->random) % 2)
		unmap.cleared = page_cleared(&rig->table, 77);
	error = page_table_unmap(&rig->table, &unmap);
	if (error == -ENOMEM) {
		rig->refused++;
		/* The first of two leaves may have been split. */
		if (unmap.changed)
			book_split(&rig->book, range.window, range.first, &what);
		assert_int_equal(unmap.bytes, 0);
		assert_int_equal(unmap.pages.blocks, 0);
		return;
	}
	assert_int_equal(error, 0);
	book_unmap(&rig->book, &range, &what);
	unmap_compare(&unmap, &what);
	pool_list_free(&rig->pool, &unmap.pages);
}

static uint64_t book_bytes(const struct book *book)
{
	uint64_t bytes = 0;

	for (unsigned w = 0; w < PAGE_WINDOWS; w++)
		for (unsigned i = 0; i < BOOK_UNITS; i++)
			if (book->unit[w][i].access)
				bytes += UINT64_C(1) << book->row->window[w].unit_lg2;
	return bytes;
}

/* Leaf by leaf, from any address in front of one or inside it: as the test walks them,
 * and all that the book has. */
static void leaves_compare(struct rig *rig)
{
	uint64_t from = 0, bytes = 0, first;
	struct page_found found;
	struct page_leaf leaf;
	int error;

	while (!(error = page_table_next(&rig->table, from, &first, &leaf))) {
		uint64_t size = UINT64_C(1) << leaf.size_lg2;

		page_walk_test(rig->memory, rig->row, rig->table.root, first, &found);
		assert_int_equal(leaf.size_lg2, found.size_lg2);
		assert_int_equal(leaf.pa, found.pa);
		assert_int_equal(leaf.access, found.access);
		assert_int_equal(first % size, 0);
		bytes += size;
		from = first + (size - 1);
		assert_int_equal(page_table_next(&rig->table, from, &first, &leaf), 0);
		assert_int_equal(first, from + 1 - size);
		if (from++ == page_table_last(&rig->table))
			break;
	}
	if (error)
		assert_int_equal(error, -ENOENT);
	assert_int_equal(bytes, book_bytes(&rig->book));
}

static void random_run(struct rig *rig, unsigned steps)
{
	for (unsigned step = 0; step < steps; step++) {
		if (page_draw(&rig->random) % 2)
			random_map(rig);
		else
			random_unmap(rig);
		for (unsigned i = 0; i < 50; i++)
			book_compare(&rig->book, rig->memory, rig->table.root, i % PAGE_WINDOWS,
				     (unsigned)(page_draw(&rig->random) % BOOK_UNITS));
		if (step % 50)
			continue;
		book_compare_all(&rig->book, rig->memory, rig->table.root);
		leaves_compare(rig);
		assert_int_equal(page_count_test(rig->memory, rig->row, rig->table.root),
				 rig->pool.used);
	}
}

static void random_maps_agree_with_a_book(void **state)
{
	uint64_t seed = page_seed();

	(void)state;
	for (unsigned i = 0; i < PAGE_ROWS; i++) {
		struct rig *rig = rig_begin(&page_rows[i], seed + 2 * i, POOL_SIZE);

		assert_int_equal(page_table_init(&rig->table), 0);
		assert_int_equal(rig->table.root % (UINT64_C(8) << rig->row->root_lg2 < 4096
							    ? 4096
							    : UINT64_C(8) << rig->row->root_lg2),
				 0);
		random_run(rig, 500);
		assert_in_range(rig->mapped, 50, 500);
		assert_int_equal(rig->refused, 0);
		rig_end(rig);
	}
}

/* A pool that holds some of the tables: what fails changes nothing. */
static void a_pool_that_runs_out_changes_nothing(void **state)
{
	uint64_t seed = page_seed();
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < PAGE_ROWS; i++) {
		const struct page_row *row = &page_rows[i];
		unsigned pages = (row->root_lg2 > 9 ? 1u << (row->root_lg2 - 9) : 1) +
				 ((row->levels + 1u) << (row->page_lg2 - 12));
		struct rig *rig = rig_begin(row, seed + 2 * i, pages * POOL_PAGE_SIZE);

		/* A root may need a better place than a pool this small has. */
		if (page_table_init(&rig->table) == 0)
			random_run(rig, 300);
		refused += rig->refused;
		rig_end(rig);
	}
	assert_in_range(refused, 100, PAGE_ROWS * 300);
}

/* ---- Single cases --------------------------------------------------------------------- */

/* The hint goes from the whole run, and no table is made. */
static void a_run_loses_its_hint_where_a_part_goes(void **state)
{
	struct rig *rig = rig_named("hinted, 4 KiB");
	struct page_unmap unmap;
	uint32_t used;

	(void)state;
	map_ok(rig, 16 * M, 32 * M, 128 << 10);
	assert_int_equal(size_at(rig, 16 * M), 16);
	used = rig->pool.used;
	unmap_ok(rig, &unmap, 16 * M + 0x3000, 0x1000);
	assert_int_equal(rig->pool.used, used);
	assert_int_equal(unmap.bytes, 0x1000);
	assert_true(unmap.range.leaves_only);
	assert_int_equal(unmap.range.first, 16 * M);
	assert_int_equal(unmap.range.last, 16 * M + 0xffff);
	assert_int_equal(unmap.range.size_lg2, 0); /* 64 KiB were split, 4 KiB went */
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(size_at(rig, 16 * M + i * 0x1000), i == 3 ? 0 : 12);
	assert_int_equal(size_at(rig, 16 * M + 0x10000), 16);
	/* The same one level up: 16 x 2 MiB. */
	map_ok(rig, 64 * M, 96 * M, 32 * M);
	assert_int_equal(size_at(rig, 64 * M), 25);
	unmap_ok(rig, &unmap, 64 * M, 2 * M);
	assert_int_equal(size_at(rig, 66 * M), 21);
	assert_int_equal(size_at(rig, 94 * M), 21);
	/* A whole run is one leaf that went. */
	unmap_ok(rig, &unmap, 16 * M + 0x10000, 0x10000);
	assert_int_equal(unmap.range.size_lg2, 16);
	rig_end(rig);
}

static void replicas_shrink_to_powers_of_two(void **state)
{
	struct rig *rig = rig_named("replicas, 3 levels");
	struct page_unmap unmap;

	(void)state;
	map_ok(rig, 16 * M, 32 * M, M);
	assert_int_equal(size_at(rig, 16 * M), 20);
	unmap_ok(rig, &unmap, 16 * M + 0x3000, 0x1000);
	assert_int_equal(size_at(rig, 16 * M), 13);
	assert_int_equal(size_at(rig, 16 * M + 0x2000), 12);
	assert_int_equal(size_at(rig, 16 * M + 0x3000), 0);
	for (unsigned lg2 = 14; lg2 < 20; lg2++)
		assert_int_equal(size_at(rig, 16 * M + (UINT64_C(1) << lg2)), lg2);
	assert_int_equal(unmap.range.last, 17 * M - 1);
	rig_end(rig);
}

/* 1 TiB that becomes two halves of a level whose own size cannot be made. */
static void a_size_that_cannot_be_made_becomes_a_table(void **state)
{
	struct rig *rig = rig_named("replicas, 6 levels");
	struct page_unmap unmap;
	uint32_t used;

	(void)state;
	map_ok(rig, UINT64_C(1) << 40, 0, UINT64_C(1) << 40);
	assert_int_equal(size_at(rig, UINT64_C(1) << 40), 40);
	used = rig->pool.used;
	/* Two leaves of 256 GiB stay in the half that is not touched. */
	unmap_ok(rig, &unmap, UINT64_C(1) << 40, UINT64_C(1) << 38);
	assert_int_equal(rig->pool.used, used + 2);
	assert_int_equal(size_at(rig, UINT64_C(1) << 40), 0);
	assert_int_equal(size_at(rig, UINT64_C(5) << 38), 38);
	assert_int_equal(size_at(rig, UINT64_C(6) << 38), 38);
	assert_int_equal(size_at(rig, UINT64_C(7) << 38), 38);
	rig_end(rig);
}

static void a_large_leaf_is_split_over_two_levels(void **state)
{
	struct rig *rig = rig_named("plain, 4 levels");
	struct page_unmap unmap;
	uint64_t pa;
	unsigned access;
	uint32_t used;

	(void)state;
	map_ok(rig, G, 3 * G, G);
	used = rig->pool.used;
	unmap_ok(rig, &unmap, G + 5 * M, 0x1000);
	assert_int_equal(rig->pool.used, used + 2);
	assert_int_equal(unmap.range.first, G);
	assert_int_equal(unmap.range.last, 2 * G - 1);
	assert_int_equal(size_at(rig, G + 4 * M), 12);
	assert_int_equal(size_at(rig, G + 5 * M), 0);
	assert_int_equal(size_at(rig, G + 6 * M), 21);
	assert_int_equal(page_table_lookup(&rig->table, G + 6 * M + 5, &pa, &access), 0);
	assert_int_equal(pa, 3 * G + 6 * M + 5);
	assert_int_equal(access, IOASIM_READ);
	assert_int_equal(page_table_lookup(&rig->table, G + 5 * M, &pa, &access), -ENOENT);
	/* All of it: one table goes, and what hangs below. */
	unmap_ok(rig, &unmap, G, G);
	assert_false(unmap.range.leaves_only);
	assert_int_equal(unmap.bytes, G - 0x1000);
	rig_end(rig);
}

static void an_empty_table_gives_way_to_a_leaf_and_a_run(void **state)
{
	struct rig *rig = rig_named("hinted, 4 KiB");
	struct page_unmap unmap;
	struct page_map map = {.first = 64 * M,
			       .last = 96 * M - 1,
			       .pa = 128 * M,
			       .access = IOASIM_READ | IOASIM_WRITE};

	(void)state;
	/* Tables below items 0, 3 and 15 of what becomes a run of 16. */
	map_ok(rig, 64 * M, 0, 0x1000);
	map_ok(rig, 70 * M, 0, 0x1000);
	map_ok(rig, 94 * M, 0, 0x1000);
	unmap_ok(rig, &unmap, 64 * M, 0x1000);
	unmap_ok(rig, &unmap, 94 * M, 0x1000);
	assert_int_equal(page_table_check(&rig->table, &map), -EEXIST);
	unmap_ok(rig, &unmap, 70 * M, 0x1000);
	assert_int_equal(page_table_check(&rig->table, &map), 0);
	assert_int_equal(map.tables, 0);
	assert_int_equal(page_table_map(&rig->table, &map), 0);
	assert_int_equal(map.replaced.blocks, 3);
	pool_list_free(&rig->pool, &map.replaced);
	assert_int_equal(size_at(rig, 64 * M), 25);
	assert_int_equal(size_at(rig, 95 * M), 25);
	rig_end(rig);
}

static void cleared_items_are_found_by_their_number(void **state)
{
	uint64_t seed = page_seed();

	(void)state;
	(void)seed;
	for (unsigned i = 0; i < PAGE_ROWS; i++) {
		struct rig *rig = rig_begin(&page_rows[i], 1, POOL_SIZE);
		uint64_t base = rig->row->window[0].base;
		uint64_t page = UINT64_C(1) << rig->row->page_lg2;
		struct page_map map = {
			.first = base, .last = base + 4 * page - 1, .access = IOASIM_READ};
		struct page_unmap unmap;

		assert_int_equal(page_table_init(&rig->table), 0);
		map_ok(rig, base, 0, 4 * page);
		page_unmap_init(&unmap, base + page, base + 2 * page - 1);
		unmap.cleared = page_cleared(&rig->table, UINT32_MAX);
		assert_int_equal(page_table_unmap(&rig->table, &unmap), 0);
		page_unmap_init(&unmap, base, base + 4 * page - 1);
		assert_int_equal(page_table_unmap(&rig->table, &unmap), 0);
		assert_int_equal(unmap.bytes, 3 * page);
		map.cleared = page_cleared(&rig->table, UINT32_MAX);
		assert_int_equal(page_table_check(&rig->table, &map), 0);
		assert_true(map.queued);
		map.cleared = page_cleared(&rig->table, UINT32_MAX - 1);
		assert_int_equal(page_table_check(&rig->table, &map), 0);
		assert_false(map.queued);
		map.cleared = 0;
		assert_int_equal(page_table_check(&rig->table, &map), 0);
		assert_false(map.queued);
		pool_list_free(&rig->pool, &unmap.pages);
		rig_end(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps_agree_with_a_book),
		cmocka_unit_test(a_pool_that_runs_out_changes_nothing),
		cmocka_unit_test(a_run_loses_its_hint_where_a_part_goes),
		cmocka_unit_test(replicas_shrink_to_powers_of_two),
		cmocka_unit_test(a_size_that_cannot_be_made_becomes_a_table),
		cmocka_unit_test(a_large_leaf_is_split_over_two_levels),
		cmocka_unit_test(an_empty_table_gives_way_to_a_leaf_and_a_run),
		cmocka_unit_test(cleared_items_are_found_by_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
