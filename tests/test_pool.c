/* SPDX-License-Identifier: Apache-2.0 */
/* Pages and numbers that drivers allocate, against books of their own. */
#include "model/pool.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BASE  UINT64_C(0x40000000)
#define PAGES 64u

static uint64_t seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t value = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", value);
	return value * 2 + 1;
}

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
	return *state;
}

static struct ioasim_memory *memory_make(void)
{
	struct ioasim_memory *memory = ioasim_memory_create();

	assert_non_null(memory);
	assert_int_equal(ioasim_memory_add_ram(memory, BASE, PAGES * POOL_PAGE_SIZE), 0);
	return memory;
}

static void page_dirty(struct ioasim_memory *memory, ioasim_pa_t page)
{
	unsigned char bytes[POOL_PAGE_SIZE];

	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(ioasim_memory_write(memory, page, bytes, sizeof(bytes)), 0);
}

static void assert_zero(struct ioasim_memory *memory, ioasim_pa_t page)
{
	unsigned char bytes[POOL_PAGE_SIZE];
	static const unsigned char zeroes[POOL_PAGE_SIZE];

	assert_int_equal(ioasim_memory_read(memory, page, bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, zeroes, sizeof(bytes));
}

static void every_page_is_handed_out_once_and_zeroed(void **state)
{
	struct ioasim_memory *memory = memory_make();
	bool held[PAGES] = {false};
	struct pool pool;
	ioasim_pa_t page;

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		page_dirty(memory, BASE + i * POOL_PAGE_SIZE);
	assert_int_equal(pool_init(&pool, memory, BASE, PAGES * POOL_PAGE_SIZE), 0);
	for (unsigned i = 0; i < PAGES; i++) {
		assert_int_equal(pool_available(&pool), PAGES - i);
		assert_int_equal(pool_alloc(&pool, &page), 0);
		assert_in_range(page, BASE, BASE + (PAGES - 1) * POOL_PAGE_SIZE);
		assert_false(held[(page - BASE) / POOL_PAGE_SIZE]);
		held[(page - BASE) / POOL_PAGE_SIZE] = true;
		assert_zero(memory, page);
	}
	assert_int_equal(pool_alloc(&pool, &page), -ENOMEM);
	pool_fini(&pool);
	ioasim_memory_destroy(memory);
}

static void random_use_agrees_with_a_map_of_held_pages(void **state)
{
	struct ioasim_memory *memory = memory_make();
	uint64_t random = seed();
	bool held[PAGES] = {false};
	unsigned count = 0;
	struct pool pool;

	(void)state;
	assert_int_equal(pool_init(&pool, memory, BASE, PAGES * POOL_PAGE_SIZE), 0);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned run = draw(&random) % 8 ? 1 : 1 + (unsigned)(draw(&random) % 6);
		unsigned at = (unsigned)(draw(&random) % PAGES), length = 0, longest = 0;
		ioasim_pa_t page;
		int error;

		if (held[at]) {
			assert_true(pool_owned(&pool, BASE + at * POOL_PAGE_SIZE, at));
			assert_false(pool_owned(&pool, BASE + at * POOL_PAGE_SIZE, at + 1));
			pool_free(&pool, BASE + at * POOL_PAGE_SIZE);
			held[at] = false;
			count--;
			continue;
		}
		assert_false(pool_owned(&pool, BASE + at * POOL_PAGE_SIZE, at));
		for (unsigned i = 0; i < PAGES; i++) {
			length = held[i] ? 0 : length + 1;
			longest = length > longest ? length : longest;
		}
		error = run == 1 ? pool_alloc(&pool, &page) : pool_alloc_run(&pool, run, &page);
		assert_int_equal(error, longest >= run ? 0 : -ENOMEM);
		for (unsigned i = 0; !error && i < run; i++) {
			assert_false(held[(page - BASE) / POOL_PAGE_SIZE + i]);
			held[(page - BASE) / POOL_PAGE_SIZE + i] = true;
			assert_zero(memory, page + i * POOL_PAGE_SIZE);
			page_dirty(memory, page + i * POOL_PAGE_SIZE);
			pool_own(&pool, page + i * POOL_PAGE_SIZE,
				 (uint32_t)((page - BASE) / POOL_PAGE_SIZE) + i);
			count++;
		}
		assert_int_equal(pool_available(&pool), PAGES - count);
	}
	pool_fini(&pool);
	ioasim_memory_destroy(memory);
}

static void listed_pages_come_back_together(void **state)
{
	struct ioasim_memory *memory = memory_make();
	struct pool_list a, b;
	struct pool pool;
	ioasim_pa_t page;

	(void)state;
	assert_int_equal(pool_init(&pool, memory, BASE, PAGES * POOL_PAGE_SIZE), 0);
	pool_list_init(&a);
	pool_list_init(&b);
	pool_list_splice(&pool, &a, &b);
	assert_int_equal(a.count, 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(pool_alloc(&pool, &page), 0);
		pool_own(&pool, page, i);
		assert_true(pool_owned(&pool, page, i));
		pool_list_add(&pool, i % 3 ? &a : &b, page);
		assert_false(pool_owned(&pool, page, i));
	}
	assert_int_equal(a.count, 6);
	pool_list_splice(&pool, &b, &a);
	assert_int_equal(a.count, 0);
	assert_int_equal(b.count, 10);
	assert_int_equal(pool_available(&pool), PAGES - 10);
	pool_list_free(&pool, &a);
	pool_list_free(&pool, &b);
	assert_int_equal(pool_available(&pool), PAGES);
	assert_int_equal(b.count, 0);
	pool_fini(&pool);
	ioasim_memory_destroy(memory);
}

/* What a test believes of a page: 0 free, else 1 + the order of its block. */
struct block_book {
	uint8_t order[PAGES];
	bool first[PAGES];
	uint64_t base;
};

static bool book_has_room(const struct block_book *book, unsigned order)
{
	unsigned size = 1u << order;
	uint64_t base = book->base / POOL_PAGE_SIZE;

	for (unsigned at = 0; at + size <= PAGES; at++) {
		unsigned i = 0;

		if ((base + at) % size)
			continue;
		while (i < size && !book->order[at + i])
			i++;
		if (i == size)
			return true;
	}
	return false;
}

static void book_hold(struct block_book *book, unsigned at, unsigned order)
{
	book->first[at] = true;
	for (unsigned i = 0; i < 1u << order; i++) {
		assert_int_equal(book->order[at + i], 0);
		book->order[at + i] = (uint8_t)(order + 1);
	}
}

static void book_free(struct block_book *book, unsigned at)
{
	unsigned size = 1u << (book->order[at] - 1);

	book->first[at] = false;
	memset(&book->order[at], 0, size);
}

static uint32_t book_free_pages(const struct block_book *book)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < PAGES; i++)
		count += !book->order[i];
	return count;
}

static void block_step(struct pool *pool, struct block_book *book, uint64_t *random)
{
	unsigned at = (unsigned)(draw(random) % PAGES), order = (unsigned)(draw(random) % 6);
	ioasim_pa_t address = book->base + at * POOL_PAGE_SIZE, block;
	int error;

	assert_int_equal(pool_owned(pool, address, at), book->first[at]);
	if (book->order[at]) {
		if (!book->first[at])
			return;
		pool_free(pool, address);
		book_free(book, at);
		return;
	}
	error = pool_alloc_block(pool, order, &block);
	assert_int_equal(error, book_has_room(book, order) ? 0 : -ENOMEM);
	if (error)
		return;
	assert_int_equal(block % (POOL_PAGE_SIZE << order), 0);
	at = (unsigned)((block - book->base) / POOL_PAGE_SIZE);
	book_hold(book, at, order);
	pool_own(pool, block, at);
	for (unsigned i = 0; i < 1u << order; i++) {
		assert_zero(pool->memory, block + i * POOL_PAGE_SIZE);
		page_dirty(pool->memory, block + i * POOL_PAGE_SIZE);
	}
}

/* The pool begins at a page that is aligned to nothing more. */
static void random_blocks_are_aligned_and_agree_with_a_map(void **state)
{
	uint64_t random = seed();

	(void)state;
	for (unsigned offset = 0; offset < 4; offset++) {
		struct ioasim_memory *memory = ioasim_memory_create();
		struct block_book book = {.base = BASE + offset * POOL_PAGE_SIZE};
		struct pool pool;

		assert_non_null(memory);
		assert_int_equal(ioasim_memory_add_ram(memory, BASE, 2 * PAGES * POOL_PAGE_SIZE),
				 0);
		assert_int_equal(pool_init(&pool, memory, book.base, PAGES * POOL_PAGE_SIZE), 0);
		for (unsigned step = 0; step < 10000; step++) {
			block_step(&pool, &book, &random);
			assert_int_equal(pool_available(&pool), book_free_pages(&book));
		}
		for (unsigned i = 0; i < PAGES; i++)
			if (book.first[i])
				pool_free(&pool, book.base + i * POOL_PAGE_SIZE);
		assert_int_equal(pool_available(&pool), PAGES);
		pool_fini(&pool);
		ioasim_memory_destroy(memory);
	}
}

/* Blocks that came back serve pages when nothing else is left, and pages that came
 * back serve blocks. */
static void blocks_and_pages_are_made_of_each_other(void **state)
{
	struct ioasim_memory *memory = memory_make();
	ioasim_pa_t block, page[PAGES];
	struct pool pool;

	(void)state;
	assert_int_equal(pool_init(&pool, memory, BASE, PAGES * POOL_PAGE_SIZE), 0);
	assert_int_equal(pool_alloc_block(&pool, 6, &block), 0);
	assert_int_equal(block, BASE);
	pool_free(&pool, block);
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(pool_alloc(&pool, &page[i]), 0);
	assert_int_equal(pool_alloc_block(&pool, 1, &block), -ENOMEM);
	for (unsigned i = 0; i < PAGES; i++)
		pool_free(&pool, page[i]);
	assert_int_equal(pool_alloc_block(&pool, 6, &block), 0);
	assert_int_equal(pool_alloc_block(&pool, 0, &page[0]), -ENOMEM);
	pool_fini(&pool);
	ioasim_memory_destroy(memory);
}

static void lists_hold_blocks_and_find_those_of_an_owner(void **state)
{
	struct ioasim_memory *memory = memory_make();
	ioasim_pa_t block[4];
	struct pool_list list;
	struct pool pool;

	(void)state;
	assert_int_equal(pool_init(&pool, memory, BASE, PAGES * POOL_PAGE_SIZE), 0);
	pool_list_init(&list);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(pool_alloc_block(&pool, i, &block[i]), 0);
		pool_own(&pool, block[i], 10 + i);
	}
	pool_list_add(&pool, &list, block[3]);
	pool_list_add(&pool, &list, block[0]);
	assert_int_equal(list.count, 9);
	assert_int_equal(list.blocks, 2);
	assert_int_equal(pool_list_pop(&pool, &list), block[3]);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.blocks, 1);
	/* It is held again, and belongs to nobody. */
	assert_false(pool_owned(&pool, block[3], 13));
	pool_own(&pool, block[3], 13);
	assert_true(pool_owned(&pool, block[3], 13));
	/* Number 10 is in the list already. */
	pool_list_owned(&pool, &list, 10, 12);
	assert_int_equal(list.count, 1 + 2 + 4);
	assert_int_equal(list.blocks, 3);
	pool_list_free(&pool, &list);
	assert_int_equal(pool_available(&pool), PAGES - 8);
	assert_true(pool_owned(&pool, block[3], 13));
	assert_int_equal(pool_list_pop(&pool, (pool_list_add(&pool, &list, block[3]), &list)),
			 block[3]);
	assert_int_equal(list.blocks, 0);
	pool_list_add(&pool, &list, block[3]);
	pool_list_free(&pool, &list);
	assert_int_equal(pool_available(&pool), PAGES);
	pool_fini(&pool);
	ioasim_memory_destroy(memory);
}

static void what_is_no_memory_is_no_pool(void **state)
{
	struct ioasim_memory *memory = memory_make();
	struct pool pool;

	(void)state;
	assert_int_equal(pool_init(&pool, memory, BASE + 8, 4096), -EINVAL);
	assert_int_equal(pool_init(&pool, memory, BASE, 4095), -EINVAL);
	assert_int_equal(pool_init(&pool, memory, BASE, UINT64_MAX), -EINVAL);
	assert_int_equal(pool_init(&pool, memory, UINT64_C(1) << 52, 4096), -EINVAL);
	assert_int_equal(pool_init(&pool, memory, BASE, (PAGES + 1) * POOL_PAGE_SIZE), -EFAULT);
	assert_int_equal(pool_init(&pool, memory, 0, 4096), -EFAULT);
	pool_fini(&pool);
	ioasim_memory_destroy(memory);
}

static void the_lowest_free_number_comes_first(void **state)
{
	static const uint32_t counts[] = {1, 2, 16, 64, 65, 4096, 4097, 65536};
	uint64_t random = seed();

	(void)state;
	for (size_t row = 0; row < sizeof(counts) / sizeof(counts[0]); row++) {
		uint32_t count = counts[row], first = count > 2 ? 2 : 0, id;
		bool *taken = calloc(count, sizeof(*taken));
		struct ids ids;

		assert_non_null(taken);
		assert_int_equal(ids_init(&ids, first, count), 0);
		for (uint32_t i = first; i < count; i++) {
			assert_int_equal(ids_alloc(&ids, &id), 0);
			assert_int_equal(id, i);
			taken[id] = true;
		}
		assert_int_equal(ids_alloc(&ids, &id), -ENOSPC);
		for (unsigned step = 0; step < 300; step++) {
			uint32_t at = first + (uint32_t)(draw(&random) % (count - first));
			uint32_t lowest = first;

			if (taken[at]) {
				ids_free(&ids, at);
				taken[at] = false;
				continue;
			}
			while (taken[lowest])
				lowest++;
			assert_int_equal(ids_alloc(&ids, &id), 0);
			assert_int_equal(id, lowest);
			taken[id] = true;
		}
		ids_fini(&ids);
		free(taken);
	}
}

static void the_highest_numbers_are_given_out_and_taken_back(void **state)
{
	uint32_t id;
	struct ids ids;

	(void)state;
	assert_int_equal(ids_init(&ids, IDS_MAX - 2, IDS_MAX), 0);
	for (uint32_t i = IDS_MAX - 2; i < IDS_MAX; i++) {
		assert_int_equal(ids_alloc(&ids, &id), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(ids_alloc(&ids, &id), -ENOSPC);
	ids_free(&ids, IDS_MAX - 1);
	ids_free(&ids, 7);
	assert_int_equal(ids_alloc_range(&ids, 8, UINT32_MAX, &id), 0);
	assert_int_equal(id, IDS_MAX - 1);
	assert_int_equal(ids_alloc(&ids, &id), 0);
	assert_int_equal(id, 7);
	ids_fini(&ids);
}

static void there_are_no_numbers_beyond_the_levels(void **state)
{
	struct ids ids;

	(void)state;
	assert_int_equal(ids_init(&ids, 0, 0), -EINVAL);
	assert_int_equal(ids_init(&ids, 0, IDS_MAX + 1), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_is_handed_out_once_and_zeroed),
		cmocka_unit_test(random_use_agrees_with_a_map_of_held_pages),
		cmocka_unit_test(listed_pages_come_back_together),
		cmocka_unit_test(random_blocks_are_aligned_and_agree_with_a_map),
		cmocka_unit_test(blocks_and_pages_are_made_of_each_other),
		cmocka_unit_test(lists_hold_blocks_and_find_those_of_an_owner),
		cmocka_unit_test(what_is_no_memory_is_no_pool),
		cmocka_unit_test(the_lowest_free_number_comes_first),
		cmocka_unit_test(the_highest_numbers_are_given_out_and_taken_back),
		cmocka_unit_test(there_are_no_numbers_beyond_the_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
