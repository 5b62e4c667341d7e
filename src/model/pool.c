/* SPDX-License-Identifier: Apache-2.0 */
#include "model/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char zeroes[POOL_PAGE_SIZE];

/* Marks in `prev` of pages that are not free; free pages have a page number or
 * POOL_NONE there. */
#define POOL_HELD   (POOL_NONE - 1)
#define POOL_LISTED (POOL_NONE - 2)

int pool_init(struct pool *pool, struct ioasim_memory *memory, ioasim_pa_t base, uint64_t size)
{
	uint64_t pages = size / POOL_PAGE_SIZE, probe;
	int error;

	memset(pool, 0, sizeof(*pool));
	pool->free_head = POOL_NONE;
	if (base % POOL_PAGE_SIZE || !pages || pages >= POOL_LISTED)
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

static bool page_is_free(const struct pool *pool, uint32_t number)
{
	return number >= pool->fresh ||
	       (pool->page[number].prev != POOL_HELD && pool->page[number].prev != POOL_LISTED);
}

bool pool_owned(const struct pool *pool, ioasim_pa_t page, uint32_t owner)
{
	uint64_t number = (page - pool->base) >> POOL_PAGE_LG2;

	return page >= pool->base && page % POOL_PAGE_SIZE == 0 && number < pool->fresh &&
	       pool->page[number].prev == POOL_HELD && pool->page[number].next == owner;
}

static uint32_t page_number(const struct pool *pool, ioasim_pa_t page)
{
	uint64_t number = (page - pool->base) >> POOL_PAGE_LG2;

	assert(page >= pool->base && number < pool->pages);
	assert(!page_is_free(pool, (uint32_t)number));
	return (uint32_t)number;
}

void pool_own(struct pool *pool, ioasim_pa_t page, uint32_t owner)
{
	uint32_t number = page_number(pool, page);

	assert(pool->page[number].prev == POOL_HELD);
	pool->page[number].next = owner;
}

static void free_list_remove(struct pool *pool, uint32_t number)
{
	struct pool_page *page = &pool->page[number];

	if (page->prev == POOL_NONE)
		pool->free_head = page->next;
	else
		pool->page[page->prev].next = page->next;
	if (page->next != POOL_NONE)
		pool->page[page->next].prev = page->prev;
}

static void free_list_add(struct pool *pool, uint32_t number)
{
	struct pool_page *page = &pool->page[number];

	page->prev = POOL_NONE;
	page->next = pool->free_head;
	if (pool->free_head != POOL_NONE)
		pool->page[pool->free_head].prev = number;
	pool->free_head = number;
}

static void page_hold(struct pool *pool, uint32_t number)
{
	pool->page[number].prev = POOL_HELD;
	pool->page[number].next = POOL_NONE;
	pool->used++;
}

int pool_alloc(struct pool *pool, ioasim_pa_t *page)
{
	uint32_t number = pool->free_head;
	int error;

	if (number == POOL_NONE)
		number = pool->fresh;
	if (number == pool->pages)
		return -ENOMEM;
	error = ioasim_memory_write(pool->memory, page_address(pool, number), zeroes,
				    sizeof(zeroes));
	if (error)
		return error;
	if (number == pool->fresh)
		pool->fresh++;
	else
		free_list_remove(pool, number);
	page_hold(pool, number);
	*page = page_address(pool, number);
	return 0;
}

/* First page of the lowest run of free pages, or POOL_NONE. */
static uint32_t run_find(const struct pool *pool, uint32_t count)
{
	uint32_t length = 0;

	if (count && count <= pool->pages - pool->fresh)
		return pool->fresh;
	for (uint32_t i = 0; i < pool->pages; i++) {
		length = page_is_free(pool, i) ? length + 1 : 0;
		if (count && length == count)
			return i - count + 1;
	}
	return POOL_NONE;
}

int pool_alloc_run(struct pool *pool, uint32_t count, ioasim_pa_t *first)
{
	uint32_t start = run_find(pool, count);
	int error;

	if (start == POOL_NONE)
		return -ENOMEM;
	for (uint32_t i = start; i < start + count; i++) {
		error = ioasim_memory_write(pool->memory, page_address(pool, i), zeroes,
					    sizeof(zeroes));
		if (error)
			return error;
	}
	for (uint32_t i = start; i < start + count; i++) {
		if (i < pool->fresh)
			free_list_remove(pool, i);
		else
			pool->fresh++;
		page_hold(pool, i);
	}
	*first = page_address(pool, start);
	return 0;
}

void pool_free(struct pool *pool, ioasim_pa_t page)
{
	free_list_add(pool, page_number(pool, page));
	pool->used--;
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
	list->count = 0;
}

void pool_list_add(struct pool *pool, struct pool_list *list, ioasim_pa_t page)
{
	uint32_t number = page_number(pool, page);

	assert(pool->page[number].prev == POOL_HELD);
	pool->page[number].prev = POOL_LISTED;
	pool->page[number].next = POOL_NONE;
	if (list->tail == POOL_NONE)
		list->head = number;
	else
		pool->page[list->tail].next = number;
	list->tail = number;
	list->count++;
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
	pool_list_init(from);
}

void pool_list_free(struct pool *pool, struct pool_list *list)
{
	for (uint32_t number = list->head; number != POOL_NONE;) {
		uint32_t next = pool->page[number].next;

		pool_free(pool, page_address(pool, number));
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

int ids_init(struct ids *ids, uint32_t first, uint32_t count)
{
	uint32_t bits = count;

	memset(ids, 0, sizeof(*ids));
	if (!count || count > UINT32_C(1) << (IDS_LG2 * IDS_LEVELS))
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
	for (uint32_t id = first; id < count; id++)
		ids_free(ids, id);
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
