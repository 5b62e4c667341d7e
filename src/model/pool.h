/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What drivers of all architectures allocate from.
 *
 * struct pool hands out 4 KiB pages of simulated memory for tables and rings;
 * its books are kept beside that memory, so that hostile contents cannot harm
 * them. A page that an owner holds can be a member of one struct pool_list: the
 * pages that wait for the invalidation after which they may be freed.
 *
 * struct ids hands out small numbers (domain tags), the lowest free one first.
 */
#ifndef MODEL_POOL_H
#define MODEL_POOL_H

#include <ioasim/memory.h>

#define POOL_PAGE_LG2  12
#define POOL_PAGE_SIZE (UINT64_C(1) << POOL_PAGE_LG2)
#define POOL_NONE      UINT32_MAX

struct pool_page {
	/* Page numbers, of the free list, or of a pool_list (next only). Of a page that
	 * is handed out, `next` is its owner. */
	uint32_t next, prev;
};

struct pool {
	struct ioasim_memory *memory;
	ioasim_pa_t base;
	uint32_t pages;
	uint32_t fresh; /* pages from here on were never handed out */
	uint32_t free_head; /* pages that came back */
	uint32_t used;
	struct pool_page *page;
};

/* Pages in the order in which they were added. All zero bytes but `head` is not
 * an empty list: use pool_list_init. */
struct pool_list {
	uint32_t head, tail;
	uint32_t count;
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

/*
 * Marks a page that is handed out as a certain owner's, a number below POOL_NONE.
 * pool_owned tells whether `page` is the address of such a page, in no list: for
 * addresses that were read back from memory and may be anything.
 */
void pool_own(struct pool *pool, ioasim_pa_t page, uint32_t owner);
bool pool_owned(const struct pool *pool, ioasim_pa_t page, uint32_t owner);

/* Gives a page back in constant time. It must be one that the pool handed out. */
void pool_free(struct pool *pool, ioasim_pa_t page);
void pool_free_run(struct pool *pool, ioasim_pa_t first, uint32_t count);

/* Pages that can still be had, one at a time. */
static inline uint32_t pool_available(const struct pool *pool)
{
	return pool->pages - pool->used;
}

void pool_list_init(struct pool_list *list);
/* Adds a page that is handed out and in no other list. */
void pool_list_add(struct pool *pool, struct pool_list *list, ioasim_pa_t page);
/* Moves all pages of `from` behind those of `to`, in constant time. */
void pool_list_splice(struct pool *pool, struct pool_list *to, struct pool_list *from);
/* Frees all pages and leaves the list empty. */
void pool_list_free(struct pool *pool, struct pool_list *list);

/* Levels of 64-way summary words over the numbers: enough for 2^24 of them. */
#define IDS_LEVELS 4

struct ids {
	uint32_t count;
	unsigned levels;
	/* A set bit of word[0] is a free number; of word[n], a word of level n - 1
	 * that is not zero. */
	uint64_t *word[IDS_LEVELS];
};

/* The numbers [first, count), all free. -EINVAL: count 0 or above 2^24; -ENOMEM. */
int ids_init(struct ids *ids, uint32_t first, uint32_t count);
void ids_fini(struct ids *ids);
/* The lowest free number. -ENOSPC. */
int ids_alloc(struct ids *ids, uint32_t *id);
/* The lowest free number in [min, max]. -ENOSPC. */
int ids_alloc_range(struct ids *ids, uint32_t min, uint32_t max, uint32_t *id);
void ids_free(struct ids *ids, uint32_t id);

#endif
