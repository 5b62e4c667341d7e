/* SPDX-License-Identifier: Apache-2.0 */
#include "windows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The driver's default (model/driver.h). */
#define DEADLINE_NS UINT64_C(10000000)

void windows_init(struct windows *windows, const struct driver_ops *ops,
		  const struct driver_config *config, struct result_windows *result)
{
	*windows = (struct windows){
		.result = result,
		.ops = ops,
		.deadline_ns = config->lazy_deadline_ns ? config->lazy_deadline_ns : DEADLINE_NS,
	};
}

void windows_at(struct windows *windows, uint64_t time_ns)
{
	if (time_ns > windows->now_ns)
		windows->now_ns = time_ns;
}

/* The oldest ones close until so many are left. */
static void close_until(struct windows *windows, struct window_list *list, unsigned left,
			uint64_t end_ns)
{
	unsigned closed = list->open > left ? list->open - left : 0;

	for (unsigned i = 0; i < closed; i++) {
		const struct window *window = &list->window[i];

		histogram_add(&windows->result->length,
			      end_ns > window->opened_ns ? end_ns - window->opened_ns : 0);
		histogram_add(&windows->result->accesses, list->accesses - window->accesses);
		if (windows->tell)
			windows->tell(windows->opaque, window->record, false);
	}
	list->open -= closed;
	if (closed && list->open)
		memmove(list->window, list->window + closed, list->open * sizeof(*list->window));
}

static int open_one(struct windows *windows, struct window_list *list)
{
	struct window *bigger;
	unsigned room;

	if (list->open == list->room) {
		room = list->room ? list->room * 2 : 8;
		bigger = reallocarray(list->window, room, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		list->window = bigger;
		list->room = room;
	}
	list->window[list->open++] = (struct window){
		.opened_ns = windows->now_ns,
		.accesses = list->accesses,
		.record = windows->record,
	};
	if (windows->tell)
		windows->tell(windows->opaque, windows->record, true);
	if (!list->listed) {
		list->listed = true;
		list->next = windows->first;
		windows->first = list;
	}
	return 0;
}

int windows_unmapped(struct windows *windows, struct window_list *list)
{
	unsigned waiting = windows->ops->unmaps_waiting(list->domain);

	if (waiting)
		return open_one(windows, list);
	histogram_add(&windows->result->length, 0);
	histogram_add(&windows->result->accesses, 0);
	return 0;
}

/* A queue that was due before now was flushed when it was due. */
static uint64_t end_of(const struct windows *windows, const struct window_list *list, bool ticked)
{
	uint64_t due;

	if (!ticked || !list->open ||
	    __builtin_add_overflow(list->window[0].opened_ns, windows->deadline_ns, &due) ||
	    due > windows->now_ns)
		return windows->now_ns;
	return due;
}

void windows_called(struct windows *windows, const struct driver_stats *stats, bool ticked)
{
	struct window_list **at = &windows->first, *list;

	if (stats->settled == windows->settled)
		return;
	windows->settled = stats->settled;
	while ((list = *at)) {
		close_until(windows, list, windows->ops->unmaps_waiting(list->domain),
			    end_of(windows, list, ticked));
		if (list->open) {
			at = &list->next;
		} else {
			list->listed = false;
			*at = list->next;
		}
	}
}

uint64_t windows_due(const struct windows *windows, uint64_t now_ns)
{
	uint64_t due;

	for (const struct window_list *list = windows->first; list; list = list->next)
		if (list->open &&
		    !__builtin_add_overflow(list->window[0].opened_ns, windows->deadline_ns,
					    &due) &&
		    due < now_ns)
			now_ns = due;
	return now_ns;
}

void windows_gone(struct windows *windows, struct window_list *list)
{
	struct window_list **at = &windows->first;

	close_until(windows, list, 0, windows->now_ns);
	while (list->listed && *at != list)
		at = &(*at)->next;
	if (list->listed)
		*at = list->next;
	list->listed = false;
}

void windows_end(struct windows *windows)
{
	for (const struct window_list *list = windows->first; list; list = list->next)
		windows->result->open += list->open;
	windows->first = NULL;
}

void window_list_fini(struct window_list *list)
{
	free(list->window);
	*list = (struct window_list){0};
}
