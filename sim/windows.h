/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stale windows: how long, and for how many accesses, what an unmap took away can still
 * be reached. A window opens when an unmap has taken something away and closes when the
 * invalidation of it is complete, whoever waits for it: the driver says how many of a
 * domain's unmaps still wait, and these are the last ones. Under the strict policy every
 * window closes as it opens.
 *
 * An access is of a window if it goes through the domain while the window is open,
 * whether it reaches what was taken away or not.
 */
#ifndef SIM_WINDOWS_H
#define SIM_WINDOWS_H

#include "model/driver.h"
#include "result.h"

struct window {
	uint64_t opened_ns, accesses; /* of the domain until then */
	uint64_t record; /* number of the unmap's */
};

/* The windows of one domain. Zeroed there are none. */
struct window_list {
	struct domain *domain;
	struct window *window; /* the oldest first */
	unsigned open, room;
	uint64_t accesses; /* through the domain, as far as windows are concerned */
	struct window_list *next; /* with open windows */
	bool listed;
};

struct windows {
	struct result_windows *result;
	const struct driver_ops *ops;
	uint64_t deadline_ns;
	uint64_t now_ns;
	uint64_t settled; /* of struct driver_stats */
	struct window_list *first;
	uint64_t record; /* of the present record; the user's */
	/* Who wants to know of windows that open and close later; NULL: nobody. */
	void (*tell)(void *opaque, uint64_t record, bool opened);
	void *opaque;
};

void windows_init(struct windows *windows, const struct driver_ops *ops,
		  const struct driver_config *config, struct result_windows *result);

/* Time goes on, never back. */
void windows_at(struct windows *windows, uint64_t time_ns);

/* An unmap of list->domain has taken something away. 0 or -ENOMEM. */
int windows_unmapped(struct windows *windows, struct window_list *list);

/* The driver has been called; `ticked`: told of the time, so that it did what was due
 * when it was due. */
void windows_called(struct windows *windows, const struct driver_stats *stats, bool ticked);

/* When the next deadline is over: `now_ns` or before. */
uint64_t windows_due(const struct windows *windows, uint64_t now_ns);

/* The domain is gone: nothing of it can be reached. */
void windows_gone(struct windows *windows, struct window_list *list);

/* The end of the trace: counts what is open, and forgets it. The lists are freed by
 * window_list_fini(). */
void windows_end(struct windows *windows);
void window_list_fini(struct window_list *list);

#endif
