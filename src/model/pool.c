/* SPDX-License-Identifier: Apache-2.0 */
#include "model/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char zeroes[POOL_PAGE_SIZE];

/* Of pages below `fresh`; every one belongs to a block. */
enum pool_state {
	PAGE_INSIDE, /* of a block, behind its first page */
	PAGE_FREE,
	PAGE_HELD,
	PAGE_LISTED,
};

int pool_init(struct pool *pool, struct ioasim_memory *memory, ioasim_pa_t base, uint64_t size)
{
	uint64_t pages = size / POOL_PAGE_SIZE, probe;
	int error;

	memset(pool, 0, sizeof(*pool));
	for (unsigned i = 0; i < POOL_ORDERS; i++)
		pool->free_head[i] = POOL_NONE;
	if (base % POOL_PAGE_SIZE || !pages || pages > POOL_NONE - 1)
		return -EINVAL;
	if (base >> IOASIM_PA_BITS || (base + size - 1) >> IOASIM_PA_BITS)
		return -EINVAL;
	error = ioasim_memory_read64(memory, base, &probe);
	if (!error)
		error = ioasim_memory_read64(memory, base + pages * POOL_PAGE_SIZE - 8, &probe);
	if (error)
		return error;

	pool->page = calloc((size_t)pages, sizeof(*pool->page));
	if (!pool->page)
		return -ENOMEM;
	pool->memory = memory;
	pool->base = base;
	pool->pages = (uint32_t)pages;
	return 0;
}

void pool_fini(struct pool *pool)
{
	free(pool->page);
	pool->page = NULL;
	pool->pages = 0;
}

static ioasim_pa_t page_address(const struct pool *pool, uint32_t number)
{
	return pool->base + ((uint64_t)number << POOL_PAGE_LG2);
}

bool pool_owned(const struct pool *pool, ioasim_pa_t page, uint32_t owner)
{
	uint64_t number = (page - pool->base) >> POOL_PAGE_LG2;

	return page >= pool->base && page % POOL_PAGE_SIZE == 0 && number < pool->fresh &&
	       pool->page[number].state == PAGE_HELD && pool->page[number].next == owner;
}

/* The block that begins at an address; it is handed out. */
static uint32_t block_number(const struct pool *pool, ioasim_pa_t page)
{
	uint64_t number = (page - pool->base) >> POOL_PAGE_LG2;

	assert(page >= pool->base && number < pool->fresh);
	assert(pool->page[number].state == PAGE_HELD || pool->page[number].state == PAGE_LISTED);
	return (uint32_t)number;
}

void pool_own(struct pool *pool, ioasim_pa_t page, uint32_t owner)
{
	uint32_t number = block_number(pool, page);

	assert(pool->page[number].state == PAGE_HELD);
	pool->page[number].next = owner;
}

/* ---- Free blocks ---------------------------------------------------------------- */

static void free_remove(struct pool *pool, uint32_t number)
{
	struct pool_page *page = &pool->page[number];

	if (page->prev == POOL_NONE)
		pool->free_head[page->order] = page->next;
	else
		pool->page[page->prev].next = page->next;
	if (page->next != POOL_NONE)
		pool->page[page->next].prev = page->prev;
}

static void free_add(struct pool *pool, uint32_t number, unsigned order)
{
	struct pool_page *page = &pool->page[number];
	uint32_t *head = &pool->free_head[order];

	page->state = PAGE_FREE;
	page->order = (uint8_t)order;
	page->prev = POOL_NONE;
	page->next = *head;
	if (*head != POOL_NONE)
		pool->page[*head].prev = number;
	*head = number;
}

/* Makes free pages of all that were never handed out below `end`. */
static void fresh_free(struct pool *pool, uint32_t end)
{
	while (pool->fresh < end)
		free_add(pool, pool->fresh++, 0);
}

/* A free block becomes free pages. */
static void block_break(struct pool *pool, uint32_t number)
{
	uint32_t count = UINT32_C(1) << pool->page[number].order;

	free_remove(pool, number);
	while (count-- > 0) /* the lowest is handed out first */
		free_add(pool, number + count, 0);
}

/* The first page at or behind `number` where a block can begin; above the pool if
 * there is none. */
static uint64_t block_align(const struct pool *pool, uint32_t number, unsigned order)
{
	uint64_t base = pool->base >> POOL_PAGE_LG2, size = UINT64_C(1) << order;

	return ((base + number + size - 1) & ~(size - 1)) - base;
}

/*
 * The lowest run of `count` free pages that begins where a block of the order can, or
 * POOL_NONE. What was never handed out counts as one free run at the end.
 */
static uint32_t run_find(const struct pool *pool, uint32_t count, unsigned order)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i < pool->fresh; i += UINT32_C(1) << pool->page[i].order) {
		uint32_t end = i + (UINT32_C(1) << pool->page[i].order);

		if (pool->page[i].state != PAGE_FREE)
			start = end;
		else if (block_align(pool, start, order) + count <= end)
			return (uint32_t)block_align(pool, start, order);
	}
	if (block_align(pool, start, order) + count <= pool->pages)
		return (uint32_t)block_align(pool, start, order);
	return POOL_NONE;
}

/* Takes the free pages [start, start + count), whatever blocks they belong to, out of
 * the free lists. */
static void run_take(struct pool *pool, uint32_t start, uint32_t count)
{
	uint32_t end = start + count, size;

	for (uint32_t i = 0; start < pool->fresh && i < pool->fresh && i < end; i += size) {
		size = UINT32_C(1) << pool->page[i].order;
		if (i + size > start && size > 1) {
			block_break(pool, i);
			size = 1;
		}
	}
	fresh_free(pool, end);
	for (uint32_t i = start; i < end; i++)
		free_remove(pool, i);
}

/* ---- Handing out ------------------------------------------------------------------ */

static void block_hold(struct pool *pool, uint32_t number, unsigned order)
{
	pool->page[number].state = PAGE_HELD;
	pool->page[number].order = (uint8_t)order;
	pool->page[number].next = POOL_NONE;
	for (uint32_t i = 1; i < UINT32_C(1) << order; i++)
		pool->page[number + i].state = PAGE_INSIDE;
	pool->used += UINT32_C(1) << order;
}

static int pages_zero(struct pool *pool, uint32_t number, uint32_t count)
{
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++)
		error = ioasim_memory_write(pool->memory, page_address(pool, number + i), zeroes,
					    sizeof(zeroes));
	return error;
}

/* A block that is free as such, or a fresh one. */
static uint32_t block_ready(struct pool *pool, unsigned order)
{
	uint64_t fresh = block_align(pool, pool->fresh, order);

	if (pool->free_head[order] != POOL_NONE)
		return pool->free_head[order];
	if (fresh + (UINT64_C(1) << order) > pool->pages)
		return POOL_NONE;
	return (uint32_t)fresh;
}

/* A block that has to be made of others: for a page, any will do. */
static uint32_t block_search(struct pool *pool, unsigned order)
{
	for (unsigned i = 1; order == 0 && i < POOL_ORDERS; i++) {
		uint32_t number = pool->free_head[i];

		if (number == POOL_NONE)
			continue;
		block_break(pool, number);
		return number;
	}
	return order ? run_find(pool, UINT32_C(1) << order, order) : POOL_NONE;
}

int pool_alloc_block(struct pool *pool, unsigned order, ioasim_pa_t *first)
{
	uint32_t number, count = UINT32_C(1) << order;
	int error;

	assert(order < POOL_ORDERS);
	number = block_ready(pool, order);
	if (number == POOL_NONE)
		number = block_search(pool, order);
	if (number == POOL_NONE)
		return -ENOMEM;
	error = pages_zero(pool, number, count);
	if (error)
		return error;
	if (number == pool->free_head[order]) {
		free_remove(pool, number);
	} else if (number >= pool->fresh) {
		fresh_free(pool, number);
		pool->fresh += count;
	} else {
		run_take(pool, number, count);
	}
	block_hold(pool, number, order);
	*first = page_address(pool, number);
	return 0;
}

int pool_alloc(struct pool *pool, ioasim_pa_t *page)
{
	return pool_alloc_block(pool, 0, page);
}

int pool_alloc_run(struct pool *pool, uint32_t count, ioasim_pa_t *first)
{
	uint32_t start = POOL_NONE;
	int error;

	if (count && count <= pool->pages - pool->fresh)
		start = pool->fresh;
	else if (count)
		start = run_find(pool, count, 0);
	if (start == POOL_NONE)
		return -ENOMEM;
	error = pages_zero(pool, start, count);
	if (error)
		return error;
	run_take(pool, start, count);
	for (uint32_t i = 0; i < count; i++)
		block_hold(pool, start + i, 0);
	*first = page_address(pool, start);
	return 0;
}

static void block_free(struct pool *pool, uint32_t number)
{
	pool->used -= UINT32_C(1) << pool->page[number].order;
	free_add(pool, number, pool->page[number].order);
}

void pool_free(struct pool *pool, ioasim_pa_t page)
{
	block_free(pool, block_number(pool, page));
}

void pool_free_run(struct pool *pool, ioasim_pa_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		pool_free(pool, first + i * POOL_PAGE_SIZE);
}

/* ---- Lists ------------------------------------------------------------------ */

void pool_list_init(struct pool_list *list)
{
	list->head = list->tail = POOL_NONE;
	list->count = list->blocks = 0;
}

static void list_add(struct pool *pool, struct pool_list *list, uint32_t number)
{
	struct pool_page *page = &pool->page[number];

	assert(page->state == PAGE_HELD);
	page->state = PAGE_LISTED;
	page->next = POOL_NONE;
	if (list->tail == POOL_NONE)
		list->head = number;
	else
		pool->page[list->tail].next = number;
	list->tail = number;
	list->count += UINT32_C(1) << page->order;
	list->blocks++;
}

void pool_list_add(struct pool *pool, struct pool_list *list, ioasim_pa_t page)
{
	list_add(pool, list, block_number(pool, page));
}

ioasim_pa_t pool_list_pop(struct pool *pool, struct pool_list *list)
{
	uint32_t number = list->head;
	struct pool_page *page = &pool->page[number];

	list->head = page->next;
	if (list->head == POOL_NONE)
		list->tail = POOL_NONE;
	list->count -= UINT32_C(1) << page->order;
	list->blocks--;
	page->state = PAGE_HELD;
	page->next = POOL_NONE;
	return page_address(pool, number);
}

void pool_list_owned(struct pool *pool, struct pool_list *list, uint32_t first, uint32_t last)
{
	for (uint32_t i = 0; i < pool->fresh; i += UINT32_C(1) << pool->page[i].order) {
		const struct pool_page *page = &pool->page[i];

		if (page->state == PAGE_HELD && page->next >= first && page->next <= last)
			list_add(pool, list, i);
	}
}

void pool_list_splice(struct pool *pool, struct pool_list *to, struct pool_list *from)
{
	if (from->head == POOL_NONE)
		return;
	if (to->tail == POOL_NONE)
		to->head = from->head;
	else
		pool->page[to->tail].next = from->head;
	to->tail = from->tail;
	to->count += from->count;
	to->blocks += from->blocks;
	pool_list_init(from);
}

void pool_list_free(struct pool *pool, struct pool_list *list)
{
	for (uint32_t number = list->head; number != POOL_NONE;) {
		uint32_t next = pool->page[number].next;

		block_free(pool, number);
		number = next;
	}
	pool_list_init(list);
}

/* ---- Numbers ------------------------------------------------------------------ */

#define IDS_LG2  6
#define IDS_BITS (1u << IDS_LG2)

static size_t ids_words(uint32_t count)
{
	return (count + IDS_BITS - 1) / IDS_BITS;
}

/* Bits of a level: numbers, or words of the level below. */
static uint32_t ids_level_bits(const struct ids *ids, unsigned level)
{
	uint32_t bits = ids->count;

	while (level-- > 0)
		bits = (uint32_t)ids_words(bits);
	return bits;
}

/* All numbers from `first` on become free, a word at a time. */
static void ids_fill(struct ids *ids, uint32_t first)
{
	uint32_t end = ids->count;

	for (unsigned level = 0; level < ids->levels && first < end; level++) {
		for (uint32_t at = first; at < end; at = (at / IDS_BITS + 1) * IDS_BITS) {
			uint32_t left = end - at / IDS_BITS * IDS_BITS;
			uint64_t bits = UINT64_MAX << at % IDS_BITS;

			if (left < IDS_BITS)
				bits &= ~(UINT64_MAX << left);
			ids->word[level][at / IDS_BITS] |= bits;
		}
		first /= IDS_BITS;
		end = (end - 1) / IDS_BITS + 1;
	}
}

int ids_init(struct ids *ids, uint32_t first, uint32_t count)
{
	uint32_t bits = count;

	memset(ids, 0, sizeof(*ids));
	if (!count || count > IDS_MAX)
		return -EINVAL;
	ids->count = count;
	do {
		size_t words = ids_words(bits);

		ids->word[ids->levels] = calloc(words, sizeof(uint64_t));
		if (!ids->word[ids->levels]) {
			ids_fini(ids);
			return -ENOMEM;
		}
		ids->levels++;
		bits = (uint32_t)words;
	} while (bits > 1);
	ids_fill(ids, first);
	return 0;
}

void ids_fini(struct ids *ids)
{
	for (unsigned i = 0; i < IDS_LEVELS; i++)
		free(ids->word[i]);
	memset(ids, 0, sizeof(*ids));
}

/* The number is not free any more; words that become empty are noted above. */
static void ids_take(struct ids *ids, uint32_t id)
{
	for (unsigned level = 0; level < ids->levels; level++) {
		uint64_t *word = &ids->word[level][id / IDS_BITS];

		*word &= ~(UINT64_C(1) << id % IDS_BITS);
		if (*word)
			break;
		id /= IDS_BITS;
	}
}

/* The lowest set bit of `level` at or above `bit`, found by going up to a word that has
 * one and down again. */
static bool ids_next(const struct ids *ids, uint32_t *bit)
{
	unsigned level = 0;

	for (;; level++) {
		uint32_t word = *bit / IDS_BITS;
		uint64_t rest;

		if (level == ids->levels)
			return false;
		rest = level + 1 == ids->levels && word ? 0
							: ids->word[level][word] >> *bit % IDS_BITS;
		if (rest) {
			*bit += (uint32_t)__builtin_ctzll(rest);
			break;
		}
		*bit = word + 1;
		/* Behind the last word of this level there is nothing above either. */
		if (level + 1 < ids->levels && *bit >= ids_words(ids_level_bits(ids, level)))
			return false;
	}
	while (level-- > 0)
		*bit = *bit * IDS_BITS + (uint32_t)__builtin_ctzll(ids->word[level][*bit]);
	return true;
}

int ids_alloc_range(struct ids *ids, uint32_t min, uint32_t max, uint32_t *id)
{
	uint32_t bit = min;

	if (!ids->levels || min >= ids->count || !ids_next(ids, &bit) || bit > max)
		return -ENOSPC;
	*id = bit;
	ids_take(ids, bit);
	return 0;
}

int ids_alloc(struct ids *ids, uint32_t *id)
{
	return ids_alloc_range(ids, 0, UINT32_MAX, id);
}

void ids_free(struct ids *ids, uint32_t id)
{
	assert(id < ids->count);
	assert(!(ids->word[0][id / IDS_BITS] >> id % IDS_BITS & 1));
	for (unsigned level = 0; level < ids->levels; level++) {
		ids->word[level][id / IDS_BITS] |= UINT64_C(1) << id % IDS_BITS;
		id /= IDS_BITS;
	}
}
