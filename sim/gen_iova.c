/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_iova.h"

#include "idmap.h"

#include <errno.h>
#include <stdlib.h>

#define CLASSES       6
#define MAGAZINE_SIZE 127
#define WORKER_NS     UINT64_C(100000000)

#define PFN_4G (UINT64_C(1) << (32 - GEN_IOVA_PAGE_LG2))

/* A range that is taken, pages first to last, in a list in order of addresses. */
struct range {
	uint64_t first, last;
	struct range *below, *above;
};

struct magazine {
	struct magazine *next; /* in a depot */
	unsigned count;
	uint64_t pfn[MAGAZINE_SIZE];
};

struct cpu_cache {
	struct magazine *loaded, *previous;
};

struct depot {
	struct magazine *first;
	unsigned count;
	uint64_t worker_ns; /* when the worker comes; 0: it sleeps */
};

struct gen_iova {
	struct gen_iova_config config;
	struct gen_iova_stats stats;
	uint64_t now_ns;
	struct range top; /* above all addresses */
	struct range *recent, *recent_32; /* searches begin below these */
	uint64_t too_large_32; /* as many pages have not been found below 4 GiB */
	bool tried_32; /* below 4 GiB is full: not tried again */
	struct idmap ranges; /* by first page; page 0 is never given out */
	struct depot depots[CLASSES];
	struct cpu_cache caches[]; /* by CPU and class */
};

/* ---- Ranges ---------------------------------------------------------------------------- */

static struct range *range_insert(struct gen_iova *iova, struct range *above, uint64_t first,
				  uint64_t last)
{
	struct range *range = malloc(sizeof(*range));

	if (!range)
		return NULL;
	if (idmap_put(&iova->ranges, first, range)) {
		free(range);
		return NULL;
	}
	*range = (struct range){first, last, above->below, above};
	if (range->below)
		range->below->above = range;
	above->below = range;
	return range;
}

static void range_remove(struct gen_iova *iova, struct range *range)
{
	struct range *above = range->above;

	if (range == iova->recent_32 ||
	    (range->last < PFN_4G && range->first >= iova->recent_32->first))
		iova->recent_32 = above;
	if (range->first < PFN_4G)
		iova->too_large_32 = PFN_4G;
	if (range->first >= iova->recent->first)
		iova->recent = above;
	above->below = range->below;
	if (range->below)
		range->below->above = above;
	(void)idmap_put(&iova->ranges, range->first, NULL);
	free(range);
}

/* A gap below `limit`, searched downwards below *above and above page `floor`. */
struct search {
	struct range *above; /* where the search begins; then the range above the gap */
	uint64_t pages, limit, floor;
};

static bool search_gap(struct gen_iova *iova, struct search *search, uint64_t *found)
{
	uint64_t align = 1, end = search->limit;

	while (align < search->pages)
		align *= 2;
	for (struct range *above = search->above; above; above = above->below) {
		uint64_t floor = above->below ? above->below->last + 1 : 0;
		uint64_t first;

		if (above->first < end)
			end = above->first;
		if (end < search->pages)
			return false;
		first = (end - search->pages) & ~(align - 1);
		if (first < search->floor)
			return false;
		if (first >= floor) {
			search->above = above;
			*found = first;
			return true;
		}
		iova->stats.searched++;
	}
	return false;
}

/* From where the last search ended down to page 1, then from the limit to there. */
static int search_range(struct gen_iova *iova, uint64_t pages, uint64_t limit, uint64_t *pfn)
{
	bool below_4g = limit <= PFN_4G;
	struct range *start = below_4g ? iova->recent_32 : iova->recent, *range;
	struct search search = {.above = start, .pages = pages, .limit = limit, .floor = 1};

	if (below_4g && pages >= iova->too_large_32)
		return -ENOSPC;
	if (!search_gap(iova, &search, pfn)) {
		search = (struct search){.above = &iova->top,
					 .pages = pages,
					 .limit = limit,
					 .floor = start->last + 1};
		if (start == &iova->top || search.floor >= limit ||
		    !search_gap(iova, &search, pfn)) {
			iova->too_large_32 = pages;
			return -ENOSPC;
		}
	}
	range = range_insert(iova, search.above, *pfn, *pfn + (pages - 1));
	if (!range)
		return -ENOMEM;
	if (range->last < PFN_4G)
		iova->recent_32 = range;
	else
		iova->recent = range;
	return 0;
}

static void give_back(struct gen_iova *iova, uint64_t pfn)
{
	struct range *range = idmap_get(&iova->ranges, pfn);

	if (range)
		range_remove(iova, range);
}

/* ---- Magazines -------------------------------------------------------------------------- */

static unsigned class_of(uint64_t pages)
{
	return pages > 1 ? 64 - (unsigned)__builtin_clzll(pages - 1) : 0;
}

static struct cpu_cache *cache_of(struct gen_iova *iova, unsigned cpu, unsigned class)
{
	return &iova->caches[cpu * CLASSES + class];
}

static void swap(struct cpu_cache *cache)
{
	struct magazine *loaded = cache->loaded;

	cache->loaded = cache->previous;
	cache->previous = loaded;
}

static void magazine_empty(struct gen_iova *iova, struct magazine *magazine)
{
	for (unsigned i = 0; magazine && i < magazine->count; i++)
		give_back(iova, magazine->pfn[i]);
	if (magazine)
		magazine->count = 0;
}

static struct magazine *depot_get(struct gen_iova *iova, struct depot *depot)
{
	struct magazine *magazine = depot->first;

	if (magazine) {
		depot->first = magazine->next;
		depot->count--;
		iova->stats.depot_gets++;
	}
	return magazine;
}

static void depot_put(struct gen_iova *iova, struct depot *depot, struct magazine *magazine)
{
	magazine->next = depot->first;
	depot->first = magazine;
	depot->count++;
	iova->stats.depot_puts++;
	if (!depot->worker_ns)
		depot->worker_ns = iova->now_ns + WORKER_NS;
}

/* The last that lies wholly below the limit. */
static bool magazine_take(struct magazine *magazine, uint64_t highest, uint64_t *pfn)
{
	for (unsigned i = magazine->count; i > 0; i--) {
		if (magazine->pfn[i - 1] > highest)
			continue;
		*pfn = magazine->pfn[i - 1];
		magazine->pfn[i - 1] = magazine->pfn[--magazine->count];
		return true;
	}
	return false;
}

static bool cache_get(struct gen_iova *iova, unsigned cpu, uint64_t pages, uint64_t limit,
		      uint64_t *pfn)
{
	struct cpu_cache *cache;

	if (pages > GEN_IOVA_CACHED_MAX || iova->config.no_caches)
		return false;
	cache = cache_of(iova, cpu, class_of(pages));
	if (!cache->loaded->count) {
		struct magazine *full;

		if (cache->previous->count) {
			swap(cache);
		} else {
			full = depot_get(iova, &iova->depots[class_of(pages)]);
			if (!full)
				return false;
			free(cache->loaded);
			cache->loaded = full;
		}
	}
	return magazine_take(cache->loaded, limit - pages, pfn);
}

/* False: no magazine takes it. */
static bool cache_put(struct gen_iova *iova, unsigned cpu, uint64_t pages, uint64_t pfn)
{
	struct cpu_cache *cache;

	if (pages > GEN_IOVA_CACHED_MAX || iova->config.no_caches)
		return false;
	cache = cache_of(iova, cpu, class_of(pages));
	if (cache->loaded->count == MAGAZINE_SIZE) {
		if (cache->previous->count < MAGAZINE_SIZE) {
			swap(cache);
		} else {
			struct magazine *empty = malloc(sizeof(*empty));

			if (!empty)
				return false;
			empty->count = 0;
			depot_put(iova, &iova->depots[class_of(pages)], cache->loaded);
			cache->loaded = empty;
		}
	}
	cache->loaded->pfn[cache->loaded->count++] = pfn;
	return true;
}

static void caches_empty(struct gen_iova *iova)
{
	for (unsigned i = 0; i < iova->config.cpus * CLASSES; i++) {
		magazine_empty(iova, iova->caches[i].loaded);
		magazine_empty(iova, iova->caches[i].previous);
	}
	for (unsigned i = 0; i < CLASSES; i++) {
		struct magazine *magazine;

		while ((magazine = depot_get(iova, &iova->depots[i]))) {
			magazine_empty(iova, magazine);
			free(magazine);
		}
	}
}

void gen_iova_tick(struct gen_iova *iova, uint64_t now_ns)
{
	iova->now_ns = now_ns;
	for (unsigned i = 0; i < CLASSES; i++) {
		struct depot *depot = &iova->depots[i];

		while (depot->worker_ns && now_ns >= depot->worker_ns) {
			if (depot->count > iova->config.cpus) {
				struct magazine *magazine = depot_get(iova, depot);

				magazine_empty(iova, magazine);
				free(magazine);
			}
			depot->worker_ns =
				depot->count > iova->config.cpus ? depot->worker_ns + WORKER_NS : 0;
		}
	}
}

/* ---- The allocator ------------------------------------------------------------------------ */

struct gen_iova *gen_iova_create(const struct gen_iova_config *config)
{
	size_t caches = (size_t)config->cpus * CLASSES;
	struct gen_iova *iova = calloc(1, sizeof(*iova) + caches * sizeof(iova->caches[0]));

	if (!iova)
		return NULL;
	iova->config = *config;
	iova->top = (struct range){UINT64_MAX, UINT64_MAX, NULL, NULL};
	iova->recent = iova->recent_32 = &iova->top;
	iova->too_large_32 = PFN_4G;
	for (size_t i = 0; i < caches; i++) {
		iova->caches[i].loaded = calloc(1, sizeof(struct magazine));
		iova->caches[i].previous = calloc(1, sizeof(struct magazine));
		if (!iova->caches[i].loaded || !iova->caches[i].previous) {
			gen_iova_destroy(iova);
			return NULL;
		}
	}
	return iova;
}

void gen_iova_destroy(struct gen_iova *iova)
{
	if (!iova)
		return;
	for (unsigned i = 0; i < CLASSES; i++) {
		for (struct magazine *next, *m = iova->depots[i].first; m; m = next) {
			next = m->next;
			free(m);
		}
	}
	for (unsigned i = 0; i < iova->config.cpus * CLASSES; i++) {
		free(iova->caches[i].loaded);
		free(iova->caches[i].previous);
	}
	for (struct range *next, *range = iova->top.below; range; range = next) {
		next = range->below;
		free(range);
	}
	idmap_fini(&iova->ranges);
	free(iova);
}

int gen_iova_reserve(struct gen_iova *iova, uint64_t first, uint64_t last)
{
	struct range *above = &iova->top;

	first >>= GEN_IOVA_PAGE_LG2;
	last >>= GEN_IOVA_PAGE_LG2;
	while (above->below && above->below->first > first)
		above = above->below;
	return range_insert(iova, above, first, last) ? 0 : -ENOMEM;
}

/* One attempt below a limit. */
static int get_below(struct gen_iova *iova, unsigned cpu, uint64_t pages, uint64_t limit,
		     uint64_t *pfn)
{
	if (pages < GEN_IOVA_CACHED_MAX)
		pages = UINT64_C(1) << class_of(pages);
	if (cache_get(iova, cpu, pages, limit, pfn)) {
		iova->stats.cached++;
		return 0;
	}
	return search_range(iova, pages, limit, pfn);
}

int gen_iova_get(struct gen_iova *iova, unsigned cpu, uint64_t pages, uint64_t *address)
{
	uint64_t limit = UINT64_C(1) << (iova->config.address_bits - GEN_IOVA_PAGE_LG2), pfn = 0;
	int status = -ENOSPC;

	/* Some devices fail above 4 GiB; Linux finds out only when it must. */
	if (limit > PFN_4G && !iova->tried_32) {
		status = get_below(iova, cpu, pages, PFN_4G, &pfn);
		iova->tried_32 = status == -ENOSPC;
	}
	if (status == -ENOSPC)
		status = get_below(iova, cpu, pages, limit, &pfn);
	if (status == -ENOSPC) {
		caches_empty(iova);
		status = search_range(
			iova, pages < GEN_IOVA_CACHED_MAX ? UINT64_C(1) << class_of(pages) : pages,
			limit, &pfn);
	}
	if (status)
		return status;
	iova->stats.allocations++;
	iova->stats.above_4g += pfn >= PFN_4G;
	*address = pfn << GEN_IOVA_PAGE_LG2;
	return 0;
}

void gen_iova_put(struct gen_iova *iova, unsigned cpu, uint64_t address, uint64_t pages)
{
	uint64_t pfn = address >> GEN_IOVA_PAGE_LG2;

	if (!cache_put(iova, cpu, pages, pfn))
		give_back(iova, pfn);
}

const struct gen_iova_stats *gen_iova_stats(const struct gen_iova *iova)
{
	return &iova->stats;
}
