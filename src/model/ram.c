/* SPDX-License-Identifier: Apache-2.0 */
/* Sparse RAM: a reserved mapping and a radix tree. See ram.h. */
#include "model/ram.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_LG2  12
#define PAGE_SIZE ((size_t)1 << PAGE_LG2)
#define FLAT_MAX  (UINT64_C(1) << 40)

/* Four levels of 10 bits above a chunk's 12: the 52 bits of an address. */
#define TREE_LEVELS 4
#define TREE_LG2    10
#define TREE_ITEMS  (1u << TREE_LG2)

/*
 * Pages of the mapping written since the last clear, as long as they are few:
 * zeroing these is much cheaper than a system call and the page faults after it.
 * `seen` remembers pages that are in the list; a page may be listed twice.
 */
#define TOUCHED_MAX 64u
#define SEEN_SIZE   256u

/* Reads too make the host build page tables, which only a new mapping gives back. */
#define CLEARS_PER_REMAP 4096u

struct ram {
	unsigned char *flat;
	uint64_t flat_size;
	void *root[TREE_ITEMS];
	bool tree_used;
	unsigned clears;
	uint32_t touched; /* above TOUCHED_MAX: too many to list */
	uint64_t touched_page[TOUCHED_MAX];
	uint64_t seen[SEEN_SIZE]; /* page + 1 */
};

static void *flat_map(void *at, uint64_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0);
	void *p = mmap(at, size, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Both are advice: a touched page is to cost a page, a core dump no TiB. */
	(void)madvise(p, size, MADV_NOHUGEPAGE);
	(void)madvise(p, size, MADV_DONTDUMP);
	return p;
}

struct ram *ram_create_tree(uint64_t size)
{
	(void)size; /* the tree reaches over every offset */
	return calloc(1, sizeof(struct ram));
}

struct ram *ram_create(uint64_t size)
{
	struct ram *ram = ram_create_tree(size);

	if (!ram)
		return NULL;
	ram->flat_size = size < FLAT_MAX ? size : FLAT_MAX;
	ram->flat = flat_map(NULL, ram->flat_size);
	if (!ram->flat)
		ram->flat_size = 0;
	return ram;
}

/* `levels` of items above the chunks; 0: the chunk itself. */
static void tree_free(void **table, unsigned levels)
{
	for (unsigned i = 0; i < TREE_ITEMS; i++) {
		if (!table[i])
			continue;
		if (levels > 1)
			tree_free(table[i], levels - 1);
		free(table[i]);
		table[i] = NULL;
	}
}

void ram_destroy(struct ram *ram)
{
	if (!ram)
		return;
	tree_free(ram->root, TREE_LEVELS);
	if (ram->flat)
		munmap(ram->flat, ram->flat_size);
	free(ram);
}

static void flat_clear(struct ram *ram)
{
	uint32_t touched = ram->touched;

	ram->touched = 0;
	if (touched > TOUCHED_MAX || ++ram->clears >= CLEARS_PER_REMAP) {
		ram->clears = 0;
		memset(ram->seen, 0, sizeof(ram->seen));
		/* Where the host no longer grants the mapping the tree takes over. */
		if (!flat_map(ram->flat, ram->flat_size)) {
			munmap(ram->flat, ram->flat_size);
			ram->flat = NULL;
			ram->flat_size = 0;
		}
		return;
	}
	for (uint32_t i = 0; i < touched; i++) {
		uint64_t page = ram->touched_page[i];

		memset(ram->flat + (page << PAGE_LG2), 0, PAGE_SIZE);
		ram->seen[page % SEEN_SIZE] = 0;
	}
}

void ram_clear(struct ram *ram)
{
	if (ram->tree_used)
		tree_free(ram->root, TREE_LEVELS);
	ram->tree_used = false;
	if (ram->flat)
		flat_clear(ram);
}

unsigned char *ram_flat(const struct ram *ram, uint64_t *size)
{
	*size = ram->flat_size;
	return ram->flat;
}

static void flat_touch_page(struct ram *ram, uint64_t page)
{
	uint64_t *seen = &ram->seen[page % SEEN_SIZE];
	uint32_t i;

	if (__atomic_load_n(seen, __ATOMIC_RELAXED) == page + 1)
		return;
	__atomic_store_n(seen, page + 1, __ATOMIC_RELAXED);
	/* Several threads can pass the limit together, but not 2^32 of them. */
	if (__atomic_load_n(&ram->touched, __ATOMIC_RELAXED) > TOUCHED_MAX)
		return;
	i = __atomic_fetch_add(&ram->touched, 1, __ATOMIC_RELAXED);
	if (i < TOUCHED_MAX)
		ram->touched_page[i] = page;
}

static void flat_touch(struct ram *ram, uint64_t offset, size_t length)
{
	uint64_t page = offset >> PAGE_LG2, last = (offset + length - 1) >> PAGE_LG2;

	if (last - page >= TOUCHED_MAX) {
		__atomic_store_n(&ram->touched, TOUCHED_MAX + 1, __ATOMIC_RELAXED);
		return;
	}
	for (; page <= last; page++)
		flat_touch_page(ram, page);
}

static unsigned tree_index(uint64_t offset, unsigned level)
{
	return (unsigned)(offset >> (PAGE_LG2 + level * TREE_LG2)) % TREE_ITEMS;
}

static size_t chunk_rest(uint64_t offset, size_t length)
{
	size_t rest = PAGE_SIZE - (size_t)(offset % PAGE_SIZE);

	return length < rest ? length : rest;
}

static size_t flat_rest(const struct ram *ram, uint64_t offset, size_t length)
{
	return length < ram->flat_size - offset ? length : (size_t)(ram->flat_size - offset);
}

const unsigned char *ram_peek(const struct ram *ram, uint64_t offset, size_t *length)
{
	if (offset < ram->flat_size) {
		*length = flat_rest(ram, offset, *length);
		return ram->flat + offset;
	}
	*length = chunk_rest(offset, *length);

	void *const *table = ram->root;
	void *item = NULL;

	for (unsigned level = TREE_LEVELS; level-- > 0; table = item) {
		item = __atomic_load_n(&table[tree_index(offset, level)], __ATOMIC_ACQUIRE);
		if (!item)
			return NULL;
	}
	return (const unsigned char *)item + offset % PAGE_SIZE;
}

/* The item, made if it is not there. Of two threads that make it one loses. */
static void *tree_item(void **slot, size_t size)
{
	void *item = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *made;

	if (item)
		return item;
	made = calloc(1, size);
	if (!made)
		return NULL;
	if (__atomic_compare_exchange_n(slot, &item, made, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return made;
	free(made);
	return item;
}

unsigned char *ram_poke(struct ram *ram, uint64_t offset, size_t *length)
{
	if (offset < ram->flat_size) {
		*length = flat_rest(ram, offset, *length);
		flat_touch(ram, offset, *length);
		return ram->flat + offset;
	}
	*length = chunk_rest(offset, *length);

	void **table = ram->root;
	void *item = NULL;

	__atomic_store_n(&ram->tree_used, true, __ATOMIC_RELAXED);
	for (unsigned level = TREE_LEVELS; level-- > 0; table = item) {
		size_t size = level ? TREE_ITEMS * sizeof(void *) : PAGE_SIZE;

		item = tree_item(&table[tree_index(offset, level)], size);
		if (!item)
			return NULL;
	}
	return (unsigned char *)item + offset % PAGE_SIZE;
}
