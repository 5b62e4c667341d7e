/* SPDX-License-Identifier: Apache-2.0 */
/* One tree in a pool of its own, for the tests of page tables. */
#ifndef TESTS_PAGE_RIG_H
#define TESTS_PAGE_RIG_H

#include "page_book.h"

#include <errno.h>

#define POOL      UINT64_C(0x100003000) /* aligned to nothing large */
#define POOL_SIZE (UINT64_C(96) << 20)

struct rig {
	const struct page_row *row;
	struct ioasim_memory *memory;
	struct pool pool;
	struct driver_stats stats;
	struct page_table table;
	struct pool_list parked;
	struct book book;
	uint64_t random;
	unsigned mapped, refused; /* maps that were done, and calls without memory */
};

static inline struct rig *rig_begin(const struct page_row *row, uint64_t seed, uint64_t pool_size)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	print_message("%s\n", row->name);
	rig->row = rig->book.row = row;
	rig->random = seed;
	rig->memory = ioasim_memory_create();
	assert_non_null(rig->memory);
	assert_int_equal(ioasim_memory_add_ram(rig->memory, POOL, POOL_SIZE), 0);
	assert_int_equal(pool_init(&rig->pool, rig->memory, POOL, pool_size), 0);
	pool_list_init(&rig->parked);
	page_row_setup(row, &rig->table);
	rig->table.pool = &rig->pool;
	rig->table.stats = &rig->stats;
	return rig;
}

/* Nothing is lost: all pages but those that an error parked come back. */
static inline void rig_end(struct rig *rig)
{
	struct pool_list pages;

	pool_list_init(&pages);
	page_table_take(&rig->table, &pages);
	assert_int_equal(pages.count + rig->parked.count, rig->pool.used);
	pool_list_free(&rig->pool, &pages);
	pool_list_free(&rig->pool, &rig->parked);
	assert_int_equal(rig->pool.used, 0);
	pool_fini(&rig->pool);
	ioasim_memory_destroy(rig->memory);
	free(rig);
}

#define M (UINT64_C(1) << 20)
#define G (UINT64_C(1) << 30)

static inline void map_ok(struct rig *rig, uint64_t iova, uint64_t pa, uint64_t size)
{
	struct page_map map = {
		.first = iova, .last = iova + size - 1, .pa = pa, .access = IOASIM_READ};

	assert_int_equal(page_table_check(&rig->table, &map), 0);
	assert_int_equal(page_table_map(&rig->table, &map), 0);
	pool_list_free(&rig->pool, &map.replaced);
}

static inline void unmap_ok(struct rig *rig, struct page_unmap *unmap, uint64_t iova, uint64_t size)
{
	page_unmap_init(unmap, iova, iova + size - 1);
	assert_int_equal(page_table_unmap(&rig->table, unmap), 0);
	pool_list_free(&rig->pool, &unmap->pages);
}

static inline unsigned size_at(struct rig *rig, uint64_t iova)
{
	struct page_found found;

	page_walk_test(rig->memory, rig->row, rig->table.root, iova, &found);
	return found.size_lg2;
}

static inline struct rig *rig_named(const char *name)
{
	for (unsigned i = 0; i < PAGE_ROWS; i++) {
		struct rig *rig;

		if (strcmp(page_rows[i].name, name) != 0)
			continue;
		rig = rig_begin(&page_rows[i], 1, POOL_SIZE);
		assert_int_equal(page_table_init(&rig->table), 0);
		return rig;
	}
	fail_msg("no row %s", name);
	return NULL;
}

#endif
