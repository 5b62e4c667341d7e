/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What drivers of all architectures allocate from.
 *
 * struct pool hands out 4 KiB pages of simulated memory for tables and rings, and
 * blocks of 2^n pages that are aligned to their size; its books are kept beside that
 * memory, so that hostile contents cannot harm them. A block that an owner holds (a
 * page is one of order 0) can be a member of one struct pool_list: the pages that
 * wait for the invalidation after which they may be freed.
 *
 * struct ids hands out small numbers (domain tags), the lowest free one first.
 */
#ifndef MODEL_POOL_H
#define MODEL_POOL_H

#include <ioasim/memory.h>

#define POOL_PAGE_LG2  12
#define POOL_PAGE_SIZE (UINT64_C(1) << POOL_PAGE_LG2)
#define POOL_NONE      UINT32_MAX

/* Orders of blocks: up to 2^15 pages, which are 128 MiB. */
#define POOL_ORDERS 16

struct pool_page {
	/* Page numbers, in the free list of the block's order, or in a pool_list (next
	 * only). Of a block that is handed out, `next` is its owner. */
	uint32_t next, prev;
	uint8_t state; /* enum pool_state */
	uint8_t order; /* of the block that begins here */
};

struct pool {
	struct ioasim_memory *memory;
	ioasim_pa_t base;
	uint32_t pages;
	uint32_t fresh; /* pages from here on were never handed out */
	uint32_t free_head[POOL_ORDERS]; /* blocks that came back */
	uint32_t used;
	struct pool_page *page;
};

/* Blocks in the order in which they were added. All zero bytes is not an empty
 * list: use pool_list_init. */
struct pool_list {
	uint32_t head, tail;
	uint32_t count; /* of pages */
	uint32_t blocks;
};

/*
 * A pool of the whole pages in [base, base + size). -EINVAL: base not a multiple of
 * 4 KiB, nothing in it, more than 2^32 - 2 pages or beyond 2^52; -EFAULT: not
 * memory; -ENOMEM.
 */
int pool_init(struct pool *pool, struct ioasim_memory *memory, ioasim_pa_t base, uint64_t size);
void pool_fini(struct pool *pool);

/* One zeroed page in constant time. -ENOMEM, or what the memory's window returned. */
int pool_alloc(struct pool *pool, ioasim_pa_t *page);

/* `count` zeroed pages in a row, base aligned to 4 KiB; takes time linear in the
 * pool where no fresh pages are left. Each is freed on its own. */
int pool_alloc_run(struct pool *pool, uint32_t count, ioasim_pa_t *first);

/* A block of 2^order zeroed pages whose address is a multiple of its size, order
 * below POOL_ORDERS; freed as one. Constant time where a block of the order came
 * back, linear in the pool where one has to be put together. */
int pool_alloc_block(struct pool *pool, unsigned order, ioasim_pa_t *first);

/*
 * Marks a block that is handed out as a certain owner's, a number below POOL_NONE.
 * pool_owned tells whether `page` is the address of the first page of such a block,
 * in no list: for addresses that were read back from memory and may be anything.
 */
void pool_own(struct pool *pool, ioasim_pa_t page, uint32_t owner);
bool pool_owned(const struct pool *pool, ioasim_pa_t page, uint32_t owner);

/* Gives a block back. It must begin at `page` and be one that the pool handed out. */
void pool_free(struct pool *pool, ioasim_pa_t page);
/* Gives back what pool_alloc_run returned. */
void pool_free_run(struct pool *pool, ioasim_pa_t first, uint32_t count);

/* Pages that can still be had, one at a time. */
static inline uint32_t pool_available(const struct pool *pool)
{
	return pool->pages - pool->used;
}

void pool_list_init(struct pool_list *list);
/* Adds a block that is handed out and in no other list. */
void pool_list_add(struct pool *pool, struct pool_list *list, ioasim_pa_t page);
/* Takes the block that was added first out of a list that is not empty: it is handed
 * out as before, without an owner. */
ioasim_pa_t pool_list_pop(struct pool *pool, struct pool_list *list);
/* Adds all blocks of the owners [first, last] that are in no list; linear in the pool. */
void pool_list_owned(struct pool *pool, struct pool_list *list, uint32_t first, uint32_t last);
/* Moves all pages of `from` behind those of `to`, in constant time. */
void pool_list_splice(struct pool *pool, struct pool_list *to, struct pool_list *from);
/* Frees all pages and leaves the list empty. */
void pool_list_free(struct pool *pool, struct pool_list *list);

/* Levels of 64-way summary words over the numbers: enough for IDS_MAX of them. */
#define IDS_LEVELS 6
#define IDS_MAX    (UINT32_C(1) << 31)

struct ids {
	uint32_t count;
	unsigned levels;
	/* A set bit of word[0] is a free number; of word[n], a word of level n - 1
	 * that is not zero. */
	uint64_t *word[IDS_LEVELS];
};

/* The numbers [first, count), all free. -EINVAL: count 0 or above IDS_MAX; -ENOMEM. */
int ids_init(struct ids *ids, uint32_t first, uint32_t count);
void ids_fini(struct ids *ids);
/* The lowest free number. -ENOSPC. */
int ids_alloc(struct ids *ids, uint32_t *id);
/* The lowest free number in [min, max]. -ENOSPC. */
int ids_alloc_range(struct ids *ids, uint32_t min, uint32_t max, uint32_t *id);
void ids_free(struct ids *ids, uint32_t id);

#endif
