/* SPDX-License-Identifier: Apache-2.0 */
#include "model/space.h"

#include <errno.h>

#define DEFAULT_DEADLINE_NS UINT64_C(10000000)
#define DEFAULT_THRESHOLD   256

void spaces_init(struct spaces *spaces, const struct driver_config *config,
		 const struct space_ops *ops, struct pool *pool, struct driver_stats *stats)
{
	spaces->ops = ops;
	spaces->pool = pool;
	spaces->stats = stats;
	spaces->policy = config->policy;
	spaces->threshold = config->lazy_threshold ? config->lazy_threshold : DEFAULT_THRESHOLD;
	spaces->deadline_ns =
		config->lazy_deadline_ns ? config->lazy_deadline_ns : DEFAULT_DEADLINE_NS;
	spaces->drop_pointers = config->drop_pointers;
	spaces->now_ns = 0;
	spaces->broken = false;
	pool_list_init(&spaces->parked);
	TAILQ_INIT(&spaces->queued);
}

void spaces_fini(struct spaces *spaces)
{
	pool_list_free(spaces->pool, &spaces->parked);
}

void spaces_free(struct spaces *spaces, struct pool_list *pages, int error)
{
	spaces->stats->tables_freed += pages->blocks;
	if (error || spaces->broken)
		pool_list_splice(spaces->pool, &spaces->parked, pages);
	else
		pool_list_free(spaces->pool, pages);
}

int space_init(struct space *space, struct spaces *spaces)
{
	int error;

	space->spaces = spaces;
	space->queued = 0;
	space->epoch = 1;
	pool_list_init(&space->queued_pages);
	space->table.pool = spaces->pool;
	space->table.stats = spaces->stats;
	error = page_table_init(&space->table);
	if (error)
		space->table.levels = 0;
	return error;
}

void space_fini(struct space *space)
{
	struct pool_list pages;

	if (!space->table.owner)
		return;
	space_forget(space);
	pool_list_init(&pages);
	page_table_take(&space->table, &pages);
	spaces_free(space->spaces, &pages, 0);
	space->table.levels = 0;
}

/* ---- The lazy policy --------------------------------------------------------------- */

void space_forget(struct space *space)
{
	if (!space->queued)
		return;
	TAILQ_REMOVE(&space->spaces->queued, space, queued_link);
	space->queued = 0;
	space->epoch++;
	space->spaces->stats->settled++;
	spaces_free(space->spaces, &space->queued_pages, 0);
}

int space_flush(struct space *space)
{
	int error;

	if (!space->queued)
		return 0;
	error = space->spaces->ops->invalidate(space, &PAGE_RANGE_ALL);
	space->spaces->stats->flushes++;
	space_forget(space);
	return error;
}

unsigned space_waiting(const struct domain *domain)
{
	return ((const struct space *)domain)->queued;
}

/* Queues an unmap, and takes its pages; flushes at the threshold. */
static int unmap_queue(struct space *space, struct pool_list *pages)
{
	struct spaces *spaces = space->spaces;

	pool_list_splice(spaces->pool, &space->queued_pages, pages);
	if (!space->queued) {
		space->deadline_ns = spaces->now_ns + spaces->deadline_ns;
		TAILQ_INSERT_TAIL(&spaces->queued, space, queued_link);
	}
	if (++space->queued < spaces->threshold)
		return 0;
	return space_flush(space);
}

int spaces_sync(struct spaces *spaces)
{
	struct space *space;
	int first_error = 0;

	while ((space = TAILQ_FIRST(&spaces->queued))) {
		int error = space_flush(space);

		if (!first_error)
			first_error = error;
	}
	return first_error;
}

/* All spaces wait equally long, so the list is in the order of their deadlines. */
int spaces_tick(struct spaces *spaces, uint64_t now_ns)
{
	struct space *space;
	int first_error = 0;

	if (now_ns > spaces->now_ns)
		spaces->now_ns = now_ns;
	while ((space = TAILQ_FIRST(&spaces->queued)) && space->deadline_ns <= spaces->now_ns) {
		int error = space_flush(space);

		if (!first_error)
			first_error = error;
	}
	return first_error;
}

/* ---- Maps --------------------------------------------------------------------------- */

static int map_arguments(const struct space *space, const struct page_map *map, uint64_t size)
{
	const struct page_table *table = &space->table;

	if (!table->levels || !size ||
	    (map->first | map->pa | size) & ((UINT64_C(1) << table->page_lg2) - 1))
		return -EINVAL;
	if (!(map->access & (IOASIM_READ | IOASIM_WRITE)))
		return -EINVAL;
	if (map->last < map->first || map->last > page_table_last(table))
		return -ERANGE;
	if (map->pa + size - 1 < map->pa || (map->pa + size - 1) >> space->spaces->pa_bits)
		return -EINVAL;
	return 0;
}

/* Maps where nothing waits for a flush. Pages that do may be what the tables lack. */
static int map_checked(struct space *space, struct page_map *map)
{
	int error = page_table_map(&space->table, map);

	if (error == -ENOMEM && !TAILQ_EMPTY(&space->spaces->queued)) {
		error = spaces_sync(space->spaces);
		if (!error)
			error = page_table_map(&space->table, map);
	}
	return error;
}

int space_map(struct space *space, ioasim_iova_t iova, ioasim_pa_t pa, uint64_t size,
	      unsigned access)
{
	struct page_map map = {.first = iova, .last = iova + size - 1, .pa = pa, .access = access};
	struct page_range range = {.first = map.first, .last = map.last};
	int error = map_arguments(space, &map, size);

	if (error)
		return error;
	if (space->queued)
		map.cleared = page_cleared(&space->table, space->epoch);
	error = page_table_check(&space->table, &map);
	if (!error && map.queued)
		error = space_flush(space);
	if (error)
		return error;
	error = map_checked(space, &map);
	if (!error)
		space->spaces->stats->maps++;
	/* A cached pointer to a table that a leaf replaced would hide that leaf. */
	if (!error && map.replaced.blocks)
		error = space->spaces->ops->invalidate(space, &range);
	spaces_free(space->spaces, &map.replaced, error);
	if (error)
		return error;
	range.leaves_only = !map.tables;
	return space->spaces->ops->mapped(space, &range);
}

/*
 * The invalidation of an unmap, now or later, and the pages that wait for it. Where
 * the tables were found damaged the pages may still hang in them: they are parked.
 */
static int unmap_finish(struct space *space, struct page_unmap *unmap, int error)
{
	int result;

	if (unmap->cleared && error != -EIO)
		return unmap_queue(space, &unmap->pages);
	if (space->spaces->drop_pointers)
		unmap->range.leaves_only = false;
	result = space->spaces->ops->invalidate(space, &unmap->range);
	spaces_free(space->spaces, &unmap->pages, error ? error : result);
	return result;
}

/* Under the lazy policy an unmap waits for a flush if anything can be cached. */
static uint64_t unmap_cleared(const struct space *space)
{
	if (space->spaces->policy != DRIVER_LAZY || space->strict ||
	    !space->spaces->ops->live(space))
		return 0;
	return page_cleared(&space->table, space->epoch);
}

/* Pages that wait for a flush may be what a split lacks; the flush ends the epoch. */
static int unmap_do(struct space *space, struct page_unmap *unmap)
{
	int error;

	unmap->cleared = unmap_cleared(space);
	error = page_table_unmap(&space->table, unmap);
	if (error != -ENOMEM || TAILQ_EMPTY(&space->spaces->queued))
		return error;
	error = spaces_sync(space->spaces);
	if (error)
		return error;
	unmap->cleared = unmap_cleared(space);
	return page_table_unmap(&space->table, unmap);
}

int space_unmap(struct space *space, ioasim_iova_t iova, uint64_t size, uint64_t *unmapped)
{
	struct page_table *table = &space->table;
	struct page_unmap unmap;
	uint64_t last = iova + size - 1, top;
	int error, finish;

	*unmapped = 0;
	if (!table->levels || !size || last < iova ||
	    (iova | size) & ((UINT64_C(1) << table->page_lg2) - 1))
		return -EINVAL;
	top = page_table_last(table);
	if (iova > top)
		return 0;
	page_unmap_init(&unmap, iova, last < top ? last : top);
	error = unmap_do(space, &unmap);
	*unmapped = unmap.bytes;
	if (!unmap.changed)
		return error;
	space->spaces->stats->unmaps += !error;
	finish = unmap_finish(space, &unmap, error);
	return error ? error : finish;
}

int space_lookup(const struct space *space, ioasim_iova_t iova, ioasim_pa_t *pa, unsigned *access)
{
	if (!space->table.levels || iova > page_table_last(&space->table))
		return -ENOENT;
	return page_table_lookup(&space->table, iova, pa, access);
}

int space_dirty_read(struct space *space, ioasim_iova_t first, ioasim_iova_t last, bool clear,
		     driver_dirty_fn *dirty, void *to)
{
	struct page_dirty read = {
		.first = first, .last = last, .clear = clear, .tell = dirty, .to = to};
	int error, result;

	if (!space->tracking || first > last)
		return -EINVAL;
	if (first > page_table_last(&space->table))
		return 0;
	if (last > page_table_last(&space->table))
		read.last = page_table_last(&space->table);
	page_unmap_init(&read.changed, first, last);
	error = page_table_dirty(&space->table, &read);
	if (!read.changed.changed)
		return error;
	/*
	 * What is cached as marked would be written without a further mark. While unmaps are
	 * queued that may be a whole leaf that one of them has split: invalidating a piece,
	 * by its own size, need not reach it.
	 */
	if (space->queued)
		result = space_flush(space);
	else
		result = space->spaces->ops->invalidate(space, &read.changed.range);
	return error ? error : result;
}

/* ---- Rows of the contract -------------------------------------------------------------- */

int space_driver_map(struct driver *driver, struct domain *to, ioasim_iova_t iova, ioasim_pa_t pa,
		     uint64_t size, unsigned access)
{
	(void)driver;
	return space_map((struct space *)to, iova, pa, size, access);
}

int space_driver_unmap(struct driver *driver, struct domain *from, ioasim_iova_t iova,
		       uint64_t size, uint64_t *unmapped)
{
	(void)driver;
	return space_unmap((struct space *)from, iova, size, unmapped);
}

int space_driver_lookup(struct driver *driver, struct domain *in, ioasim_iova_t iova,
			ioasim_pa_t *pa, unsigned *access)
{
	(void)driver;
	return space_lookup((const struct space *)in, iova, pa, access);
}

int space_driver_dirty_read(struct driver *driver, struct domain *of, ioasim_iova_t first,
			    ioasim_iova_t last, bool clear, driver_dirty_fn *dirty, void *to)
{
	(void)driver;
	return space_dirty_read((struct space *)of, first, last, clear, dirty, to);
}

int space_driver_tick(struct driver *driver, uint64_t now_ns)
{
	return spaces_tick((struct spaces *)driver, now_ns);
}

int space_driver_sync(struct driver *driver)
{
	return spaces_sync((struct spaces *)driver);
}

const struct driver_stats *space_driver_stats(const struct driver *driver)
{
	return ((const struct spaces *)driver)->stats;
}
