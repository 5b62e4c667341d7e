/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of users. What is pinned is known by index: `where` it lies on the bus, in runs,
 * and how many use it, in runs of equal `pins`. Both cover the same indices.
 */
#include "model/iommufd/cut.h"
#include "model/iommufd/objects.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Life ------------------------------------------------------------------------------- */

static enum iommufd_account account_of(const struct iommufd *fd, void *user)
{
	const struct iommufd_memory_ops *memory = fd->env->memory;

	if (!memory->charge || (memory->unlimited && memory->unlimited(fd->env->opaque, user)))
		return IOMMUFD_ACCOUNT_NONE;
	return fd->account_mm ? IOMMUFD_ACCOUNT_PROCESS : IOMMUFD_ACCOUNT_USER;
}

struct iofd_pages *iofd_pages_create(const struct iommufd *fd, const struct iommufd_source *source,
				     uint64_t address, uint64_t length, bool writable)
{
	struct iofd_pages *pages = calloc(1, sizeof(*pages));
	uint64_t offset = address % IOMMUFD_PAGE;

	if (!pages)
		return NULL;
	pages->env = fd->env;
	pages->source = *source;
	pages->address = address - offset;
	pages->count = (offset + length - 1) / IOMMUFD_PAGE + 1;
	pages->writable = writable;
	pages->account = (uint8_t)account_of(fd, source->user);
	pages->refs = 1;
	return pages;
}

void iofd_pages_put(struct iofd_pages *pages)
{
	if (!pages || --pages->refs)
		return;
	if (pages->source.file)
		pages->env->file->file_put(pages->env->opaque, pages->source.file);
	interval_fini(&pages->where);
	interval_fini(&pages->pins);
	free(pages);
}

/* ---- Runs ---------------------------------------------------------------------------------- */

static int cut_both(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	int error = interval_cut(&pages->where, first, IOMMUFD_PAGE);

	if (!error)
		error = interval_cut(&pages->where, last + 1, IOMMUFD_PAGE);
	if (!error)
		error = interval_cut(&pages->pins, first, 0);
	return error ? error : interval_cut(&pages->pins, last + 1, 0);
}

/* ---- Pins ---------------------------------------------------------------------------------- */

struct fill {
	struct iofd_pages *pages;
	uint64_t next; /* index */
};

static int run_note(void *to, uint64_t address, uint64_t pa, uint64_t bytes)
{
	struct fill *fill = to;
	struct interval run = {
		.first = fill->next, .last = fill->next + bytes / IOMMUFD_PAGE - 1, .value = pa};
	int error = interval_insert(&fill->pages->where, &run);

	(void)address;
	if (!error)
		fill->next = run.last + 1;
	return error;
}

static void where_forget(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *run;

	while ((run = interval_find(&pages->where, 0, first, &place)) && run->first <= last)
		interval_remove(&pages->where, &place);
}

/* Pins what nobody uses yet of [first, last]. */
static int hole_pin(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	const struct iommufd_env *env = pages->env;
	struct interval count = {.first = first, .last = last, .value = 1};
	struct fill fill = {pages, first};
	int error = interval_insert(&pages->pins, &count);
	struct interval_place place;

	if (error)
		return error;
	error = env->memory->pin(env->opaque, &pages->source, pages->address + first * IOMMUFD_PAGE,
				 (last - first + 1) * IOMMUFD_PAGE, pages->writable, run_note,
				 &fill);
	if (!error) {
		pages->pinned += last - first + 1;
		return 0;
	}
	where_forget(pages, first, last);
	(void)interval_find(&pages->pins, 0, first, &place);
	interval_remove(&pages->pins, &place);
	return error;
}

/* The use of [first, last], in whose borders intervals end, is counted down. */
static void pins_drop(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	const struct iommufd_env *env = pages->env;
	struct interval_place place;
	struct interval *pin = interval_find(&pages->pins, 0, first, &place);

	while (pin && pin->first <= last) {
		uint64_t from = pin->first, to = pin->last;

		if (--pin->value) {
			pin = interval_next(&pages->pins, &place);
			continue;
		}
		interval_remove(&pages->pins, &place);
		pages->pinned -= to - from + 1;
		for (const struct interval *run;
		     (run = interval_find(&pages->where, 0, from, &place)) && run->first <= to;) {
			struct interval gone = *run;

			interval_remove(&pages->where, &place);
			env->memory->unpin(env->opaque, gone.value,
					   (gone.last - gone.first + 1) * IOMMUFD_PAGE);
		}
		pin = interval_find(&pages->pins, 0, to, &place);
	}
}

int iofd_pages_hold(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	uint64_t at = first;
	int error = cut_both(pages, first, last);

	while (!error && at <= last) {
		struct interval_place place;
		struct interval *pin = interval_find(&pages->pins, 0, at, &place);

		if (pin && pin->first <= at) {
			pin->value++;
			at = pin->last + 1;
		} else {
			uint64_t end = pin && pin->first <= last ? pin->first - 1 : last;

			error = hole_pin(pages, at, end);
			if (!error)
				at = end + 1;
		}
	}
	if (error && at > first)
		pins_drop(pages, first, at - 1);
	return error;
}

void iofd_pages_release(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	/* Borders were made when the range was pinned, and none has been joined since;
	 * where a part of an area goes (iofd_cut), they are made now. Without memory for
	 * them, pages stay pinned until all go. */
	if (!cut_both(pages, first, last))
		pins_drop(pages, first, last);
}

/* ---- Locked memory -------------------------------------------------------------------------- */

/* U3: pages are charged once, however many areas, copies and accesses pin them. */
static int charge(struct iofd_pages *pages)
{
	const struct iommufd_env *env = pages->env;
	int error = 0;

	if (pages->account == IOMMUFD_ACCOUNT_NONE || pages->pinned <= pages->charged)
		return 0;
	error = env->memory->charge(env->opaque, pages->source.user,
				    (enum iommufd_account)pages->account,
				    pages->pinned - pages->charged);
	if (!error)
		pages->charged = pages->pinned;
	return error;
}

static void uncharge(struct iofd_pages *pages)
{
	const struct iommufd_env *env = pages->env;

	if (pages->charged <= pages->pinned)
		return;
	env->memory->uncharge(env->opaque, pages->source.user, (enum iommufd_account)pages->account,
			      pages->charged - pages->pinned);
	pages->charged = pages->pinned;
}

int iofd_pages_pin(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	int error = iofd_pages_hold(pages, first, last);

	if (error)
		return error;
	error = charge(pages);
	if (error)
		pins_drop(pages, first, last);
	return error;
}

void iofd_pages_unpin(struct iofd_pages *pages, uint64_t first, uint64_t last)
{
	iofd_pages_release(pages, first, last);
	uncharge(pages);
}

/* ---- Reading ------------------------------------------------------------------------------------ */

int iofd_pages_walk(const struct iofd_pages *pages, uint64_t start, uint64_t bytes,
		    iommufd_run_fn *run, void *to)
{
	struct interval_place place;
	const struct interval *at = interval_find(&pages->where, 0, start / IOMMUFD_PAGE, &place);
	uint64_t done = 0, offset = 0;
	struct iommufd_run joined = {0};
	int status = 0;

	for (; !status && at && done < bytes; at = interval_next(&pages->where, &place)) {
		uint64_t inside = start + done - at->first * IOMMUFD_PAGE;
		uint64_t part = (at->last - at->first + 1) * IOMMUFD_PAGE - inside;

		if (part > bytes - done)
			part = bytes - done;
		if (joined.bytes && joined.pa + joined.bytes == at->value + inside) {
			joined.bytes += part;
		} else {
			if (joined.bytes)
				status = run(to, offset, joined.pa, joined.bytes);
			offset = done;
			joined = (struct iommufd_run){at->value + inside, part};
		}
		done += part;
	}
	if (!status && joined.bytes)
		status = run(to, offset, joined.pa, joined.bytes);
	return status;
}

struct list {
	struct iommufd_run *run;
	unsigned count, room;
};

static int run_list(void *to, uint64_t offset, uint64_t pa, uint64_t bytes)
{
	struct list *list = to;

	(void)offset;
	if (list->count == list->room) {
		unsigned room = list->room ? 2 * list->room : 8;
		struct iommufd_run *grown = realloc(list->run, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->run = grown;
		list->room = room;
	}
	list->run[list->count++] = (struct iommufd_run){pa, bytes};
	return 0;
}

int iofd_pages_runs(const struct iofd_pages *pages, uint64_t start, uint64_t bytes,
		    struct iommufd_run **runs, unsigned *count)
{
	struct list list = {0};
	int error = iofd_pages_walk(pages, start, bytes, run_list, &list);

	if (error) {
		free(list.run);
		return error;
	}
	*runs = list.run;
	*count = list.count;
	return 0;
}
