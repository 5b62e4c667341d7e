/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables whose memory a device has overwritten, or cannot be read or written:
 * errors come of it and nothing else, and no page is lost.
 */
#include "page_rig.h"

/* A word that an enemy may write into a table: junk, or an item with the address of
 * some page of the pool. */
static uint64_t hostile_word(struct rig *rig)
{
	struct page_found found;
	uint64_t word = page_draw(&rig->random);

	switch (page_draw(&rig->random) % 4) {
	case 0:
		return word;
	case 1:
		return POOL + word % rig->pool.fresh * POOL_PAGE_SIZE + (word >> 40 & 0xfff);
	case 2: /* an item of another place */
		page_path_test(rig->memory, rig->row, rig->table.root, rig->row->window[0].base,
			       &found);
		return found.item[rig->row->levels - 1 - word % (rig->row->levels - found.low)];
	default:
		return rig->table.root | (word & 0xfff);
	}
}

static void damage(struct rig *rig)
{
	uint32_t page = (uint32_t)(page_draw(&rig->random) % rig->pool.fresh);
	ioasim_pa_t address = POOL + page * POOL_PAGE_SIZE;

	address += page_draw(&rig->random) % 2 ? 0 : page_draw(&rig->random) % 512 * 8;
	assert_int_equal(ioasim_memory_write64(rig->memory, address, page_draw(&rig->random)), 0);
}

static void hostile_step(struct rig *rig)
{
	struct book_range range;
	struct page_unmap unmap;
	struct page_map map = {.access = IOASIM_READ};
	unsigned access;
	uint64_t pa;
	int error;

	book_draw(&rig->random, &range);
	map.first = book_address(&rig->book, range.window, range.first);
	map.last = map.first + book_size(&rig->book, &range) - 1;
	map.pa = book_draw_pa(&rig->book, &range, &rig->random);
	switch (page_draw(&rig->random) % 3) {
	case 0:
		error = page_table_check(&rig->table, &map);
		assert_true(error == 0 || error == -EEXIST || error == -EIO);
		if (error)
			return;
		error = page_table_map(&rig->table, &map);
		assert_true(error == 0 || error == -EIO || error == -ENOMEM);
		pool_list_splice(&rig->pool, &rig->parked, &map.replaced);
		break;
	case 1:
		page_unmap_init(&unmap, map.first, map.last);
		error = page_table_unmap(&rig->table, &unmap);
		assert_true(error == 0 || error == -EIO || error == -ENOMEM);
		pool_list_splice(&rig->pool, &rig->parked, &unmap.pages);
		break;
	default:
		error = page_table_lookup(&rig->table, map.first, &pa, &access);
		assert_true(error == 0 || error == -ENOENT || error == -EIO);
		break;
	}
}

/* Whatever memory holds, nothing but errors comes of it, a tree keeps to its own
 * tables, and no page is lost. */
static void damaged_tables_do_no_harm(void **state)
{
	uint64_t seed = page_seed();

	(void)state;
	for (unsigned i = 0; i < PAGE_ROWS; i++) {
		struct rig *rig = rig_begin(&page_rows[i], seed + 2 * i, POOL_SIZE);
		struct page_table other = rig->table;
		struct pool_list pages;

		assert_int_equal(page_table_init(&rig->table), 0);
		page_row_setup(rig->row, &other);
		other.pool = &rig->pool;
		other.stats = &rig->stats;
		assert_int_equal(page_table_init(&other), 0);
		for (unsigned step = 0; step < 1500; step++) {
			struct page_found found;

			hostile_step(rig);
			if (step % 3)
				continue;
			page_path_test(
				rig->memory, rig->row, rig->table.root,
				book_address(&rig->book, step % PAGE_WINDOWS,
					     (unsigned)(page_draw(&rig->random) % BOOK_UNITS)),
				&found);
			if (page_draw(&rig->random) % 8 == 0)
				damage(rig);
			else
				assert_int_equal(ioasim_memory_write64(rig->memory,
								       found.at[found.low],
								       hostile_word(rig)),
						 0);
		}
		/* The other tree was never touched. */
		pool_list_init(&pages);
		page_table_take(&other, &pages);
		pool_list_free(&rig->pool, &pages);
		rig_end(rig);
	}
}

/* 8 items make no run of 32. */
static void a_run_longer_than_its_table_is_damage(void **state)
{
	struct rig *rig = rig_named("hinted, 16 KiB");
	uint64_t run = UINT64_C(1) | UINT64_C(1) << 52, pa;
	struct page_unmap unmap;
	unsigned access;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(ioasim_memory_write64(rig->memory, rig->table.root + i * 8, run),
				 0);
	assert_int_equal(page_table_lookup(&rig->table, 64 * G, &pa, &access), -EIO);
	page_unmap_init(&unmap, 65 * G, 66 * G - 1);
	assert_int_equal(page_table_unmap(&rig->table, &unmap), -EIO);
	assert_false(unmap.changed);
	rig_end(rig);
}

/* Memory that fails from some access on. */
struct failing {
	unsigned char *bytes;
	uint64_t left; /* accesses before the one that fails */
	bool once, failed;
};

static bool failing_now(struct failing *failing)
{
	if (failing->failed)
		return !failing->once;
	failing->failed = failing->left-- == 0;
	return failing->failed;
}

static int failing_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	struct failing *failing = opaque;

	if (failing_now(failing))
		return -EIO;
	memcpy(data, failing->bytes + offset, length);
	return 0;
}

static int failing_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct failing *failing = opaque;

	if (failing_now(failing))
		return -EIO;
	memcpy(failing->bytes + offset, data, length);
	return 0;
}

#define FAILING_SIZE (UINT64_C(4) << 20)

static int failing_map(struct rig *rig, uint64_t first, uint64_t pa, uint64_t size)
{
	struct page_map map = {
		.first = first, .last = first + size - 1, .pa = pa, .access = IOASIM_READ};
	int error = page_table_check(&rig->table, &map);

	if (error)
		return error;
	error = page_table_map(&rig->table, &map);
	pool_list_splice(&rig->pool, &rig->parked, &map.replaced);
	return error;
}

static int failing_unmap(struct rig *rig, uint64_t first, uint64_t size)
{
	struct page_unmap unmap;
	int error;

	page_unmap_init(&unmap, first, first + size - 1);
	error = page_table_unmap(&rig->table, &unmap);
	pool_list_splice(&rig->pool, &rig->parked, &unmap.pages);
	return error;
}

/* A map over two levels, splits of leaves, an unmap of a table; where the tree is high
 * enough a split over two levels, which needs several tables. */
static int failing_run(struct rig *rig)
{
	bool high = rig->row->input_bits > 32;
	uint64_t border = (high ? G : 64 * M) - 8 * M;
	uint64_t page = UINT64_C(1) << rig->row->page_lg2;
	int error = failing_map(rig, border - page, 2 * G - page, 64 * M + page);

	for (unsigned i = 0; i < 2 && !error; i++)
		error = failing_unmap(rig, border + i * 3 * page, page);
	if (!error)
		error = failing_unmap(rig, border + 6 * page, 48 * M);
	if (!error && high)
		error = failing_map(rig, 2 * G, 4 * G, G);
	if (!error && high)
		error = failing_unmap(rig, 2 * G + 4 * M + page, page);
	return error;
}

static void memory_that_fails_loses_no_page(void **state)
{
	static const struct ioasim_memory_ops ops = {failing_read, failing_write, NULL};
	struct failing failing = {.bytes = calloc(1, FAILING_SIZE)};

	(void)state;
	assert_non_null(failing.bytes);
	for (unsigned i = 0; i < 2 * PAGE_ROWS; i++) {
		for (uint64_t n = 0;; n++) {
			struct rig *rig = calloc(1, sizeof(*rig));
			int error;

			assert_non_null(rig);
			rig->row = rig->book.row = &page_rows[i / 2];
			rig->memory = ioasim_memory_create();
			failing.failed = false;
			failing.left = UINT64_MAX;
			assert_int_equal(ioasim_memory_add_callback(rig->memory, 0, FAILING_SIZE,
								    &ops, &failing),
					 0);
			assert_int_equal(pool_init(&rig->pool, rig->memory, 0, FAILING_SIZE), 0);
			pool_list_init(&rig->parked);
			page_row_setup(rig->row, &rig->table);
			rig->table.pool = &rig->pool;
			rig->table.stats = &rig->stats;
			assert_int_equal(page_table_init(&rig->table), 0);
			failing.left = n;
			failing.once = i % 2;
			error = failing_run(rig);
			failing.once = true;
			assert_int_equal(error, failing.failed ? -EIO : 0);
			rig_end(rig);
			if (!failing.failed)
				break;
		}
	}
	free(failing.bytes);
}

/* A pointer to a table of the tree that belongs elsewhere is not followed. */
static void a_pointer_to_another_level_is_damage(void **state)
{
	struct rig *rig = rig_named("plain, 4 levels");
	struct page_found found;
	struct page_unmap unmap;
	uint64_t pa, old;
	unsigned access;

	(void)state;
	map_ok(rig, G, 3 * G, 0x1000);
	page_walk_test(rig->memory, rig->row, rig->table.root, G, &found);
	old = found.item[1];
	for (unsigned level = 1; level < 4; level++) {
		/* The table at the level itself, and those above it. */
		uint64_t wrong = (found.at[level] & ~UINT64_C(0xfff)) | 3;

		assert_int_equal(ioasim_memory_write64(rig->memory, found.at[1], wrong), 0);
		assert_int_equal(page_table_lookup(&rig->table, G, &pa, &access), -EIO);
		page_unmap_init(&unmap, 0, page_table_last(&rig->table));
		if (level < 3)
			continue;
		assert_int_equal(page_table_unmap(&rig->table, &unmap), -EIO);
		pool_list_splice(&rig->pool, &rig->parked, &unmap.pages);
	}
	assert_int_equal(old & 3, 3);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_tables_do_no_harm),
		cmocka_unit_test(a_run_longer_than_its_table_is_damage),
		cmocka_unit_test(a_pointer_to_another_level_is_damage),
		cmocka_unit_test(memory_that_fails_loses_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
