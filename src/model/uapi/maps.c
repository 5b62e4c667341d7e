/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps of kernel-managed spaces. Areas are the books of MAP_DMA: those of a root pin
 * frames, those of a software child name addresses of its parent. What areas lead to on
 * the bus is found by going down through the parents (aspace_walk); the page tables of
 * a space, and of the children above it, are kept in step with that (N6).
 */
#include "model/uapi/aspace.h"
#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/frames.h"
#include "model/uapi/process.h"
#include "model/uapi/tables.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* ---- Life ---------------------------------------------------------------------------- */

int aspace_create(struct ioasim_system *system, struct aspace *parent, struct aspace **out)
{
	struct aspace *aspace = calloc(1, sizeof(*aspace));

	if (!aspace)
		return -ENOMEM;
	aspace->system = system;
	LIST_INIT(&aspace->children);
	LIST_INIT(&aspace->tables);
	if (parent) {
		aspace->behind = behind_create();
		if (!aspace->behind) {
			free(aspace);
			return -ENOMEM;
		}
		aspace->parent = parent;
		aspace->depth = parent->depth + 1;
		LIST_INSERT_HEAD(&parent->children, aspace, sibling);
	}
	*out = aspace;
	return 0;
}

void aspace_destroy(struct aspace *aspace)
{
	struct pgtable *table;
	uint64_t unmapped;

	if (!aspace)
		return;
	(void)aspace_unmap(aspace, 0, UINT64_MAX, &unmapped);
	while ((table = LIST_FIRST(&aspace->tables))) {
		LIST_REMOVE(table, link);
		table->aspace = NULL;
		pgtable_put(table);
	}
	if (aspace->parent)
		LIST_REMOVE(aspace, sibling);
	behind_destroy(aspace->behind);
	interval_fini(&aspace->areas);
	free(aspace->reserved);
	free(aspace);
}

/* ---- What areas lead to ------------------------------------------------------------------ */

bool aspace_is_free(const struct aspace *aspace, uint64_t first, uint64_t last)
{
	return interval_is_free(&aspace->areas, 0, first, last);
}

bool aspace_allows(const struct aspace *aspace, uint64_t first, uint64_t last, unsigned access)
{
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, first, &place);

	for (; area && area->first <= first; area = interval_next(&aspace->areas, &place)) {
		if ((area->access & access) != access)
			return false;
		if (area->last >= last)
			return true;
		first = area->last + 1;
	}
	return false;
}

bool aspace_is_mapped(const struct aspace *aspace, uint64_t first, uint64_t last)
{
	return aspace_allows(aspace, first, last, 0);
}

/* A walk that has come down to some space, whose addresses plus `up` are those of the
 * space where it began. */
struct descent {
	uint64_t up;
	unsigned access;
	int (*piece)(void *opaque, const struct aspace_piece *piece);
	void *opaque;
};

static int descend(const struct aspace *aspace, uint64_t first, uint64_t last,
		   const struct descent *above)
{
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, first, &place);
	int status = 0;

	for (; !status && area && area->first <= last;
	     area = interval_next(&aspace->areas, &place)) {
		uint64_t from = larger(first, area->first), to = smaller(last, area->last);
		uint64_t below = area->value + (from - area->first);
		struct descent here = *above;

		here.access &= area->access;
		here.up += from - below;
		if (aspace->parent)
			status = descend(aspace->parent, below, below + (to - from), &here);
		else if (here.access)
			status = here.piece(here.opaque,
					    &(struct aspace_piece){from + above->up, to + above->up,
								   below, here.access});
	}
	return status;
}

int aspace_walk(const struct aspace *aspace, uint64_t first, uint64_t last,
		int (*piece)(void *opaque, const struct aspace_piece *piece), void *opaque)
{
	struct descent descent = {0, AREA_RIGHTS, piece, opaque};

	return descend(aspace, first, last, &descent);
}

int aspace_find(const struct aspace *aspace, uint64_t iova, ioasim_pa_t *pa, unsigned *access,
		const struct aspace **hole)
{
	struct interval_place place;

	*access = AREA_RIGHTS;
	*pa = iova;
	for (; aspace; aspace = aspace->parent) {
		const struct interval *area = interval_find(&aspace->areas, 0, *pa, &place);

		if (!area || area->first > *pa) {
			if (hole)
				*hole = aspace;
			return -ENOENT;
		}
		*access &= area->access;
		*pa = area->value + (*pa - area->first);
	}
	return 0;
}

/* ---- Tables in step ------------------------------------------------------------------------ */

static int show(struct aspace *aspace, uint64_t first, uint64_t last);
static int hide(struct aspace *aspace, uint64_t first, uint64_t last);

/* Part of a parent, and what is done with the parts of a child that it backs. */
struct backing {
	struct aspace *child;
	uint64_t first, last;
	int (*step)(struct aspace *aspace, uint64_t first, uint64_t last);
	size_t done, limit; /* areas that were gone through; that may be */
};

static int backed_step(void *opaque, const struct behind_area *area)
{
	struct backing *backing = opaque;
	uint64_t from = larger(backing->first, area->first);
	uint64_t to = smaller(backing->last, area->last);
	int error;

	if (backing->done == backing->limit)
		return 1;
	error = backing->step(backing->child, area->iova + (from - area->first),
			      area->iova + (to - area->first));
	if (!error)
		backing->done++;
	return error;
}

/* Undoes what succeeded, or what succeeded and is within `limit`. */
static void backed_undo(const struct backing *what)
{
	struct backing undo = *what;

	undo.step = what->step == hide ? show : hide;
	undo.limit = what->done;
	undo.done = 0;
	(void)behind_walk(undo.child->behind, undo.first, undo.last, backed_step, &undo);
}

/* Does the step for all children, or for none. */
static int children_step(struct aspace *aspace, uint64_t first, uint64_t last,
			 int (*step)(struct aspace *aspace, uint64_t first, uint64_t last))
{
	struct backing backing = {NULL, first, last, step, 0, SIZE_MAX};
	struct aspace *child;
	int error = 0;

	LIST_FOREACH (child, &aspace->children, sibling) {
		backing.child = child;
		backing.done = 0;
		error = behind_walk(child->behind, first, last, backed_step, &backing);
		if (error) {
			backed_undo(&backing);
			break;
		}
	}
	if (!error)
		return 0;
	for (struct aspace *other = LIST_FIRST(&aspace->children); other != child;
	     other = LIST_NEXT(other, sibling)) {
		backing.child = other;
		backing.done = SIZE_MAX;
		backed_undo(&backing);
	}
	return error;
}

/* [first, last] is shown by all tables of the space and of its children, which show
 * nothing of it yet; or by none. */
static int show(struct aspace *aspace, uint64_t first, uint64_t last)
{
	struct pgtable *table, *undo;
	int error = 0;

	LIST_FOREACH (table, &aspace->tables, link) {
		error = table_fill(table, first, last);
		if (error)
			break;
	}
	if (!error)
		error = children_step(aspace, first, last, show);
	if (!error)
		return 0;
	for (undo = LIST_FIRST(&aspace->tables); undo != table; undo = LIST_NEXT(undo, link))
		(void)table_clear(undo, first, last);
	return error;
}

/* M5, M4: no table shows [first, last] any more, children's first; or all as before. */
static int hide(struct aspace *aspace, uint64_t first, uint64_t last)
{
	struct pgtable *table, *undo;
	int error = children_step(aspace, first, last, hide);

	if (error)
		return error;
	LIST_FOREACH (table, &aspace->tables, link) {
		error = table_clear(table, first, last);
		if (error)
			break;
	}
	if (!error)
		return 0;
	for (undo = LIST_FIRST(&aspace->tables); undo != table; undo = LIST_NEXT(undo, link))
		(void)table_fill(undo, first, last);
	(void)children_step(aspace, first, last, show);
	return error;
}

/* ---- Mapping --------------------------------------------------------------------------------- */

static uint64_t area_frames(const struct interval *area)
{
	return (area->last - area->first + 1) >> PAGE_LG2;
}

/* M7. */
static void area_pin(const struct aspace *aspace, const struct interval *area)
{
	if (!aspace->parent)
		frames_pin(aspace->system, area->value, area_frames(area));
}

/* The books forget the areas in [first, last], and the pages go. */
static void areas_forget(struct aspace *aspace, uint64_t first, uint64_t last)
{
	struct interval_place place;
	struct interval *area;

	while ((area = interval_find(&aspace->areas, 0, first, &place)) && area->first <= last) {
		struct interval gone = *area;

		interval_remove(&aspace->areas, &place);
		if (aspace->parent)
			behind_remove(aspace->behind, gone.value, gone.first);
		else
			frames_unpin(aspace->system, gone.value, area_frames(&gone));
	}
}

static int area_add(struct aspace *aspace, const struct interval *area)
{
	int error = interval_insert(&aspace->areas, area);
	struct interval_place place;

	if (error)
		return error;
	if (aspace->parent)
		error = behind_add(aspace->behind, area->value,
				   area->value + (area->last - area->first), area->first);
	if (error) {
		(void)interval_find(&aspace->areas, 0, area->first, &place);
		interval_remove(&aspace->areas, &place);
		return error;
	}
	area_pin(aspace, area);
	return 0;
}

/* An area for each run of frames that [first, last] has in the process at `address`. */
static int areas_of_process(struct aspace *aspace, const struct process *process,
			    const struct interval *whole)
{
	struct interval_place place;
	uint64_t address = whole->value;
	const struct interval *from = interval_find(&process->areas, 0, address, &place);
	struct interval area = *whole;
	int error = 0;

	area.last = area.first - 1;
	for (; from && !error; from = interval_next(&process->areas, &place)) {
		uint64_t pa = from->value + (address - from->first);
		uint64_t run = smaller(from->last - address, whole->last - (area.last + 1));

		if (area.last != whole->first - 1 &&
		    area.value + (area.last - area.first) + 1 == pa) {
			area.last += run + 1; /* goes on where the last one ended */
		} else {
			if (area.last != whole->first - 1)
				error = area_add(aspace, &area);
			area.access |= area.last != whole->first - 1 ? AREA_CONTINUES : 0;
			area.first = area.last + 1;
			area.last = area.first + run;
			area.value = pa;
		}
		address += run + 1;
		if (area.last == whole->last)
			break;
	}
	return error ? error : area_add(aspace, &area);
}

int aspace_map(struct aspace *aspace, struct process *process, uint64_t first, uint64_t last,
	       uint64_t address, unsigned access)
{
	struct interval whole = {0, first, last, address, (uint8_t)access};
	int error = aspace->parent ? area_add(aspace, &whole)
				   : areas_of_process(aspace, process, &whole);

	if (!error)
		error = show(aspace, first, last);
	if (error)
		areas_forget(aspace, first, last);
	else
		checker_mapped(aspace, first, last);
	return error;
}

/* What an iommufd has pinned: AREA_CONTINUES marks runs behind the first. */
int aspace_map_runs(struct aspace *aspace, uint64_t first, const struct iommufd_run *runs,
		    unsigned count, unsigned access)
{
	struct interval area = {.last = first - 1, .access = (uint8_t)access};
	int error = 0;

	for (unsigned i = 0; !error && i < count; i++) {
		area.first = area.last + 1;
		area.last = area.first + (runs[i].bytes - 1);
		area.value = runs[i].pa;
		error = area_add(aspace, &area);
		area.access |= AREA_CONTINUES;
	}
	if (!error)
		error = show(aspace, first, area.last);
	if (error)
		areas_forget(aspace, first, area.last);
	else
		checker_mapped(aspace, first, area.last);
	return error;
}

int aspace_split(struct aspace *aspace, uint64_t at)
{
	struct interval_place place;
	struct interval *area = interval_find(&aspace->areas, 0, at, &place);
	struct interval whole, rest;
	int error;

	if (!area || area->first >= at)
		return 0;
	whole = rest = *area;
	rest.first = at;
	rest.value += at - area->first;
	rest.access |= AREA_CONTINUES;
	area->last = at - 1;
	error = interval_insert(&aspace->areas, &rest);
	area = interval_find(&aspace->areas, 0, at - 1, &place);
	if (error)
		area->last = whole.last;
	else
		checker_split(aspace, &whole, at);
	return error;
}

/* ---- Unmapping ------------------------------------------------------------------------------- */

bool aspace_is_whole(const struct aspace *aspace, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, first, &place);

	if (area && area->first <= last && (area->first < first || area->access & AREA_CONTINUES))
		return false;
	area = interval_find(&aspace->areas, 0, last, &place);
	if (!area || last == UINT64_MAX)
		return true;
	if (area->first <= last && area->last > last)
		return false;
	area = interval_find(&aspace->areas, 0, last + 1, &place);
	return !area || area->first != last + 1 || !(area->access & AREA_CONTINUES);
}

/* The bytes of the areas in [first, last], and their ends. */
static uint64_t areas_measure(const struct aspace *aspace, uint64_t *first, uint64_t *last)
{
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, *first, &place);
	uint64_t bytes = 0, end = *last;

	if (area && area->first <= end)
		*first = area->first;
	for (; area && area->first <= end; area = interval_next(&aspace->areas, &place)) {
		bytes += area->last - area->first + 1;
		*last = area->last;
	}
	return bytes;
}

int aspace_unmap(struct aspace *aspace, uint64_t first, uint64_t last, uint64_t *unmapped)
{
	uint64_t bytes = areas_measure(aspace, &first, &last);
	int error;

	*unmapped = 0;
	if (!bytes)
		return 0;
	error = hide(aspace, first, last);
	if (error)
		return error;
	checker_unmapped(aspace, first, last);
	areas_forget(aspace, first, last);
	*unmapped = bytes;
	return 0;
}
