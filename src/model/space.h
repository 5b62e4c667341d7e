/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address space that a driver manages: a page table, its invalidation policy and
 * what the driver contract (model/driver.h) says about map, unmap and look-up. The
 * architecture brings a format, and callbacks that submit its commands.
 *
 * Strict: an unmap returns when its invalidation is complete. Lazy: unmaps of a space
 * are queued and flushed together, by one invalidation of everything, when there are
 * enough of them, when the oldest has waited long enough, or when somebody asks.
 * Tables that lost their place wait with them. The items that a queued unmap cleared
 * carry the space's epoch in bits that the unit ignores; a map that meets the present
 * epoch flushes first, since the unit may still translate the old way there.
 *
 * Pages whose invalidation failed are parked: the unit may walk them for ever, so
 * they are not used again until the driver goes.
 *
 * No function here allocates host memory.
 */
#ifndef MODEL_SPACE_H
#define MODEL_SPACE_H

#include "model/page_table.h"

#include <sys/queue.h>

struct domain;
struct space;

struct space_ops {
	/* Removes the range, which is of this space, from all caches that may hold it,
	 * devices' ones too; complete on return. Called for spaces without routes too.
	 * 0 or -EIO. */
	int (*invalidate)(struct space *space, const struct page_range *range);
	/* Items became present: what a unit that caches empty ones needs. With
	 * `leaves_only` no pointer did; size_lg2 is 0. 0 or -EIO. */
	int (*mapped)(struct space *space, const struct page_range *range);
	/* Whether anything of the space can be cached: if not, an unmap does not wait. */
	bool (*live)(const struct space *space);
};

/* What the spaces of a driver share. First member of an architecture's driver, so that
 * a callback finds it. */
struct spaces {
	const struct space_ops *ops;
	struct pool *pool;
	struct driver_stats *stats;
	enum driver_policy policy;
	unsigned threshold;
	uint64_t deadline_ns;
	uint64_t now_ns;
	bool drop_pointers; /* whatever an unmap changed */
	unsigned pa_bits; /* of what can be mapped to */
	/* The queue stopped: nothing is known of the caches, so pages are only parked. */
	bool broken;
	struct pool_list parked;
	TAILQ_HEAD(, space) queued; /* by deadline */
};

/*
 * First member of an architecture's domain. All zero is a space that is never mapped
 * to (identity, blocked, nested domains): space_map and space_unmap return -EINVAL,
 * space_lookup -ENOENT.
 */
struct space {
	struct spaces *spaces;
	struct page_table table;
	/* Unmaps that wait for their flush: while there are any, the space is in the
	 * list of `spaces`. */
	TAILQ_ENTRY(space) queued_link;
	struct pool_list queued_pages;
	unsigned queued;
	uint64_t deadline_ns;
	uint64_t epoch;
	bool strict; /* whatever the policy; set before the first unmap */
	/* The format has marks of what was written, and the domain was made for that; the
	 * driver sets it. They count while `tracking`. */
	bool dirty, tracking;
};

/* Policy, threshold and deadline come from the configuration, with the contract's
 * defaults. The pool and the counters outlive the spaces. */
void spaces_init(struct spaces *spaces, const struct driver_config *config,
		 const struct space_ops *ops, struct pool *pool, struct driver_stats *stats);
/* Frees what is parked: the unit is off. */
void spaces_fini(struct spaces *spaces);

/* Frees pages behind a completed invalidation; parks them if `error`. */
void spaces_free(struct spaces *spaces, struct pool_list *pages, int error);

/*
 * Prepares a space for map and unmap. The caller has set the members of space->table
 * from `format` to `bits` except `pool` and `stats`. -ENOMEM.
 */
int space_init(struct space *space, struct spaces *spaces);
/* Nothing of the space is cached any more. Takes one that was never prepared. */
void space_fini(struct space *space);

/* What the functions of the contract do. */
int space_map(struct space *space, ioasim_iova_t iova, ioasim_pa_t pa, uint64_t size,
	      unsigned access);
int space_unmap(struct space *space, ioasim_iova_t iova, uint64_t size, uint64_t *unmapped);
int space_lookup(const struct space *space, ioasim_iova_t iova, ioasim_pa_t *pa, unsigned *access);
int space_dirty_read(struct space *space, ioasim_iova_t first, ioasim_iova_t last, bool clear,
		     driver_dirty_fn *dirty, void *to);

/* Does what is queued of one space, or of all. 0, or the first error. */
int space_flush(struct space *space);
int spaces_sync(struct spaces *spaces);
/* Time goes on, never back: flushes whose deadline has passed are done. */
int spaces_tick(struct spaces *spaces, uint64_t now_ns);

/*
 * Rows of every driver's table: a space is the first member of its domain, spaces are that
 * of the driver.
 */
unsigned space_waiting(const struct domain *domain);
int space_driver_map(struct driver *driver, struct domain *to, ioasim_iova_t iova, ioasim_pa_t pa,
		     uint64_t size, unsigned access);
int space_driver_unmap(struct driver *driver, struct domain *from, ioasim_iova_t iova,
		       uint64_t size, uint64_t *unmapped);
int space_driver_lookup(struct driver *driver, struct domain *in, ioasim_iova_t iova,
			ioasim_pa_t *pa, unsigned *access);
int space_driver_dirty_read(struct driver *driver, struct domain *of, ioasim_iova_t first,
			    ioasim_iova_t last, bool clear, driver_dirty_fn *dirty, void *to);
int space_driver_tick(struct driver *driver, uint64_t now_ns);
int space_driver_sync(struct driver *driver);
const struct driver_stats *space_driver_stats(const struct driver *driver);

/* The last route has ended and nothing is left under the space's tags: what is
 * queued is done already. */
void space_forget(struct space *space);

#endif
