/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables that show an IOAS. Tables of one backend share a view, so that a mapping is
 * made once for all of them. Pages are pinned while any table shows them; an IOAS without
 * tables holds none.
 */
#include "model/iommufd/objects.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Areas ------------------------------------------------------------------------------- */

static int view_map(const struct iofd_ioas *ioas, const struct iofd_view *view,
		    const struct iofd_area *area)
{
	struct iommufd_run *runs = NULL;
	unsigned count = 0;
	int error = iofd_pages_runs(area->pages, area->start, iofd_area_bytes(area), &runs, &count);

	if (!error)
		error = view->space->backend->ops->space_map(view->space, area->first, runs, count,
							     area->access, !ioas->small_pages);
	free(runs);
	return error;
}

static int view_unmap(const struct iofd_view *view, const struct iofd_area *area)
{
	return view->space->backend->ops->space_unmap(view->space, area->first, area->last);
}

static uint64_t last_page(const struct iofd_area *area)
{
	return iofd_area_page(area, area->last);
}

int iofd_area_show(struct iofd_ioas *ioas, const struct iofd_area *area)
{
	uint64_t first = iofd_area_page(area, area->first);
	const struct iofd_view *view, *undo;
	int error;

	if (LIST_EMPTY(&ioas->views))
		return 0;
	error = iofd_pages_pin(area->pages, first, last_page(area));
	if (error)
		return error;
	LIST_FOREACH (view, &ioas->views, link) {
		error = view_map(ioas, view, area);
		if (error)
			break;
	}
	if (!error)
		return 0;
	for (undo = LIST_FIRST(&ioas->views); undo != view; undo = LIST_NEXT(undo, link))
		(void)view_unmap(undo, area);
	iofd_pages_unpin(area->pages, first, last_page(area));
	return error;
}

int iofd_area_hide(struct iofd_ioas *ioas, const struct iofd_area *area)
{
	const struct iofd_view *view, *undo;
	int error = 0;

	if (LIST_EMPTY(&ioas->views))
		return 0;
	LIST_FOREACH (view, &ioas->views, link) {
		error = view_unmap(view, area);
		if (error)
			break;
	}
	if (error) {
		for (undo = LIST_FIRST(&ioas->views); undo != view; undo = LIST_NEXT(undo, link))
			(void)view_map(ioas, undo, area);
		return error;
	}
	iofd_pages_unpin(area->pages, iofd_area_page(area, area->first), last_page(area));
	return 0;
}

/* ---- Alignment ------------------------------------------------------------------------------- */

static uint64_t smallest(const struct iommufd_domain *domain)
{
	return domain->page_sizes & -domain->page_sizes;
}

/* Everything mapped is aligned so. */
static int aligned(const struct iofd_ioas *ioas, uint64_t alignment)
{
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, 0, &place);

	for (; at; at = interval_next(&ioas->areas, &place)) {
		const struct iofd_area *area = (const struct iofd_area *)(uintptr_t)at->value;

		if ((area->first | iofd_area_bytes(area) | area->start % IOMMUFD_PAGE) &
		    (alignment - 1))
			return -EADDRINUSE;
	}
	return 0;
}

int iofd_align(struct iofd_ioas *ioas)
{
	uint64_t alignment = ioas->small_pages || ioas->queues ? IOMMUFD_PAGE : 1;
	const struct iommufd_hwpt *hwpt;
	const struct iommufd_access *access;

	LIST_FOREACH (hwpt, &ioas->hwpts, link)
		if (hwpt->view && smallest(hwpt->domain) > alignment)
			alignment = smallest(hwpt->domain);
	LIST_FOREACH (access, &ioas->accesses, link)
		if (access->ops->pins)
			alignment = IOMMUFD_PAGE;
	if (alignment > ioas->alignment && aligned(ioas, alignment))
		return -EADDRINUSE;
	ioas->alignment = alignment;
	return 0;
}

int iofd_small_pages(struct iofd_ioas *ioas, bool small)
{
	int error;

	if (ioas->small_pages == small)
		return 0;
	/* Tables may have large pages already. */
	if (small && !LIST_EMPTY(&ioas->views) && ioas->areas.count)
		return -EINVAL;
	ioas->small_pages = small;
	error = iofd_align(ioas);
	if (error)
		ioas->small_pages = !small;
	return error;
}

/* ---- Views ----------------------------------------------------------------------------------- */

static struct iofd_view *view_find(const struct iofd_ioas *ioas,
				   const struct iommufd_backend *backend)
{
	struct iofd_view *view;

	LIST_FOREACH (view, &ioas->views, link)
		if (view->space->backend == backend)
			return view;
	return NULL;
}

/* Undoes what was filled, up to an area; NULL: all. `pins`: no other view needs them. */
static void view_empty(struct iofd_ioas *ioas, struct iofd_view *view, const struct iofd_area *end,
		       bool pins)
{
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, 0, &place);

	for (; at; at = interval_next(&ioas->areas, &place)) {
		const struct iofd_area *area = (const struct iofd_area *)(uintptr_t)at->value;

		if (area == end)
			return;
		(void)view_unmap(view, area);
		if (pins)
			iofd_pages_unpin(area->pages, iofd_area_page(area, area->first),
					 last_page(area));
	}
}

static int area_fill(struct iofd_ioas *ioas, struct iofd_view *view, const struct iofd_area *area,
		     bool pin)
{
	uint64_t first = iofd_area_page(area, area->first);
	int error = pin ? iofd_pages_pin(area->pages, first, last_page(area)) : 0;

	if (error)
		return error;
	error = view_map(ioas, view, area);
	if (error && pin)
		iofd_pages_unpin(area->pages, first, last_page(area));
	return error;
}

static int view_fill(struct iofd_ioas *ioas, struct iofd_view *view)
{
	bool pin = LIST_EMPTY(&ioas->views);
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, 0, &place);

	for (; at; at = interval_next(&ioas->areas, &place)) {
		const struct iofd_area *area = (const struct iofd_area *)(uintptr_t)at->value;
		int error = area_fill(ioas, view, area, pin);

		if (error) {
			view_empty(ioas, view, area, pin);
			return error;
		}
	}
	return 0;
}

static int view_create(struct iofd_ioas *ioas, struct iommufd_backend *backend,
		       struct iofd_view **out)
{
	struct iofd_view *view = calloc(1, sizeof(*view));
	int error;

	if (!view)
		return -ENOMEM;
	error = backend->ops->space_create(backend, &view->space);
	if (!error) {
		error = view_fill(ioas, view);
		if (error)
			backend->ops->space_destroy(view->space);
	}
	if (error) {
		free(view);
		return error;
	}
	LIST_INSERT_HEAD(&ioas->views, view, link);
	*out = view;
	return 0;
}

/* Without domains. */
static void view_destroy(struct iofd_ioas *ioas, struct iofd_view *view)
{
	LIST_REMOVE(view, link);
	view_empty(ioas, view, NULL, LIST_EMPTY(&ioas->views));
	view->space->backend->ops->space_destroy(view->space);
	free(view);
}

/* ---- Domains --------------------------------------------------------------------------------- */

static int aperture_reserve(struct iofd_ioas *ioas, const struct iommufd_domain *domain)
{
	int error = 0;

	if (domain->aperture_first)
		error = iofd_reserve(ioas, 0, domain->aperture_first - 1, domain);
	if (!error && domain->aperture_last != UINT64_MAX)
		error = iofd_reserve(ioas, domain->aperture_last + 1, UINT64_MAX, domain);
	if (error)
		iofd_unreserve(ioas, domain);
	return error;
}

static int view_enter(struct iofd_ioas *ioas, struct iommufd_hwpt *hwpt)
{
	struct iommufd_domain *domain = hwpt->domain;
	struct iofd_view *view = view_find(ioas, domain->backend);
	int error = view ? 0 : view_create(ioas, domain->backend, &view);

	if (error)
		return error;
	error = domain->backend->ops->domain_enter(domain, view->space);
	if (error) {
		if (!view->domains)
			view_destroy(ioas, view);
		return error;
	}
	view->domains++;
	hwpt->view = view;
	return 0;
}

int iofd_domain_enter(struct iofd_ioas *ioas, struct iommufd_hwpt *hwpt)
{
	uint64_t alignment = smallest(hwpt->domain);
	int error;

	if (alignment > IOMMUFD_PAGE)
		return -EINVAL;
	error = alignment > ioas->alignment ? aligned(ioas, alignment) : 0;
	if (!error)
		error = aperture_reserve(ioas, hwpt->domain);
	if (error)
		return error;
	error = view_enter(ioas, hwpt);
	if (error) {
		iofd_unreserve(ioas, hwpt->domain);
		return error;
	}
	if (alignment > ioas->alignment)
		ioas->alignment = alignment;
	return 0;
}

void iofd_domain_leave(struct iommufd_hwpt *hwpt)
{
	struct iofd_ioas *ioas = hwpt->ioas;
	struct iofd_view *view = hwpt->view;

	if (!view)
		return;
	hwpt->view = NULL;
	hwpt->domain->backend->ops->domain_leave(hwpt->domain);
	if (!--view->domains)
		view_destroy(ioas, view);
	iofd_unreserve(ioas, hwpt->domain);
	/* Fewer tables can only need less. */
	(void)iofd_align(ioas);
}
