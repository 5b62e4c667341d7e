/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses: how drivers of devices without DMA of their own use an IOAS (U14). */
#include "model/iommufd/objects.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Life ------------------------------------------------------------------------------- */

int iommufd_access_create(struct iommufd *fd, const struct iommufd_access_ops *ops, void *opaque,
			  struct iommufd_access **out, uint32_t *number)
{
	struct iommufd_access *access = calloc(1, sizeof(*access));
	int error;

	if (!access)
		return -ENOMEM;
	access->ops = ops;
	access->opaque = opaque;
	error = iofd_object_enter(fd, &access->object, IOFD_ACCESS);
	if (error) {
		free(access);
		return error;
	}
	/* Its driver holds it, and so the iommufd. */
	access->object.users = 1;
	fd->outside++;
	*out = access;
	*number = access->object.number;
	return 0;
}

void iommufd_access_destroy(struct iommufd_access *access)
{
	struct iommufd *fd = access->object.fd;

	iommufd_access_detach(access);
	iofd_object_leave(&access->object);
	free(access);
	iofd_outside_done(fd);
}

/* ---- Its IOAS ------------------------------------------------------------------------------ */

static int ioas_enter(struct iommufd_access *access, struct iofd_ioas *ioas)
{
	int error;

	LIST_INSERT_HEAD(&ioas->accesses, access, link);
	error = iofd_align(ioas);
	if (error) {
		LIST_REMOVE(access, link);
		return error;
	}
	ioas->object.users++;
	return 0;
}

/* The list has the access once: of another one it stands in for the change. */
static void ioas_leave(struct iommufd_access *access, struct iofd_ioas *ioas)
{
	if (access->ops->unmap)
		access->ops->unmap(access->opaque, 0, UINT64_MAX);
	LIST_REMOVE(access, link);
	(void)iofd_align(ioas);
	ioas->object.users--;
}

int iommufd_access_attach(struct iommufd_access *access, uint32_t number)
{
	struct iofd_ioas *ioas = iofd_find_ioas(access->object.fd, number);
	int error;

	if (access->ioas)
		return -EINVAL;
	if (!ioas)
		return -ENOENT;
	error = ioas_enter(access, ioas);
	if (!error)
		access->ioas = ioas;
	return error;
}

int iommufd_access_replace(struct iommufd_access *access, uint32_t number)
{
	struct iofd_ioas *ioas = iofd_find_ioas(access->object.fd, number), *before = access->ioas;
	struct iommufd_access trial = *access;
	int error;

	if (!before || !ioas)
		return -ENOENT;
	if (ioas == before)
		return 0;
	/* Whether it can be had is known before the old one's pages are asked back. */
	error = ioas_enter(&trial, ioas);
	if (error)
		return error;
	ioas_leave(access, before);
	LIST_REMOVE(&trial, link);
	LIST_INSERT_HEAD(&ioas->accesses, access, link);
	access->ioas = ioas;
	return 0;
}

void iommufd_access_detach(struct iommufd_access *access)
{
	if (!access->ioas)
		return;
	ioas_leave(access, access->ioas);
	access->ioas = NULL;
}

void iofd_accesses_notify(struct iofd_ioas *ioas, uint64_t iova, uint64_t bytes)
{
	struct iommufd_access *access, *next;

	for (access = LIST_FIRST(&ioas->accesses); access; access = next) {
		next = LIST_NEXT(access, link);
		if (access->ops->unmap)
			access->ops->unmap(access->opaque, iova, bytes);
	}
}

void iofd_accesses_changed(struct iofd_ioas *ioas, uint64_t iova, uint64_t bytes, bool mapped)
{
	struct iommufd_access *access;

	LIST_FOREACH (access, &ioas->accesses, link)
		if (access->ops->changed)
			access->ops->changed(access->opaque, iova, bytes, mapped);
}

/* ---- Walking ---------------------------------------------------------------------------------- */

/* A range of IOVAs, and the part of it that one area has. */
struct span {
	uint64_t first, last, at;
};

/* The part of the span that begins at `at`; NULL: there is a hole. */
static struct iofd_area *span_area(const struct iofd_ioas *ioas, const struct span *span,
				   uint64_t *end)
{
	struct iofd_area *area = iofd_area_at(ioas, span->at);

	if (!area || area->first > span->at)
		return NULL;
	*end = area->last < span->last ? area->last : span->last;
	return area;
}

static int span_init(const struct iommufd_access *access, uint64_t iova, uint64_t bytes,
		     struct span *span)
{
	if (!bytes)
		return -EINVAL;
	*span = (struct span){iova, iova + (bytes - 1), iova};
	if (span->last < iova)
		return -EOVERFLOW;
	return access->ioas ? 0 : -ENOENT;
}

static unsigned right_to(bool write)
{
	return write ? IOASIM_WRITE : IOASIM_READ;
}

/* ---- Pins ------------------------------------------------------------------------------------- */

/* Pages are given as they are, so that a span has to have whole ones, but at its ends. */
static bool whole_pages(const struct iofd_area *area, const struct span *span, uint64_t end)
{
	uint64_t start = area->start + (span->at - area->first);

	if (start % IOMMUFD_PAGE)
		return false;
	return end == span->last || !((area->start + (end - area->first) + 1) % IOMMUFD_PAGE);
}

static int area_pin(struct iofd_area *area, const struct span *span, uint64_t end, bool write)
{
	int error;

	if (area->leaving || !whole_pages(area, span, end))
		return -EINVAL;
	if (!(area->access & right_to(write)))
		return -EPERM;
	error = iofd_pages_pin(area->pages, iofd_area_page(area, span->at),
			       iofd_area_page(area, end));
	if (!error)
		area->accesses++;
	return error;
}

static void span_unpin(struct iofd_ioas *ioas, struct span span)
{
	struct iofd_area *area;
	uint64_t end;

	for (span.at = span.first; (area = span_area(ioas, &span, &end)); span.at = end + 1) {
		area->accesses--;
		iofd_pages_unpin(area->pages, iofd_area_page(area, span.at),
				 iofd_area_page(area, end));
		if (end == span.last)
			return;
	}
}

/* Tells of the whole pages of a span that is pinned, by IOVA. */
struct told {
	iommufd_run_fn *run;
	void *to;
	uint64_t iova;
};

static int run_tell(void *to, uint64_t offset, uint64_t pa, uint64_t bytes)
{
	const struct told *told = to;

	return told->run(told->to, told->iova + offset, pa, bytes);
}

static int span_tell(struct iofd_ioas *ioas, struct span span, iommufd_run_fn *run, void *to)
{
	struct told told = {run, to, 0};
	const struct iofd_area *area;
	uint64_t end;
	int status = 0;

	for (span.at = span.first; !status && (area = span_area(ioas, &span, &end));
	     span.at = end + 1) {
		told.iova = span.at;
		status = iofd_pages_walk(area->pages, area->start + (span.at - area->first),
					 end - span.at + 1, run_tell, &told);
		if (end == span.last)
			break;
	}
	return status;
}

static int span_pin(struct iofd_ioas *ioas, struct span span, bool write)
{
	int error;

	for (;;) {
		uint64_t end;
		struct iofd_area *area = span_area(ioas, &span, &end);

		error = area ? area_pin(area, &span, end, write) : -ENOENT;
		if (error || end == span.last)
			break;
		span.at = end + 1;
	}
	if (error && span.at > span.first) {
		span.last = span.at - 1;
		span_unpin(ioas, span);
	}
	return error;
}

int iommufd_access_pin(struct iommufd_access *access, uint64_t iova, uint64_t bytes, bool write,
		       iommufd_run_fn *run, void *to)
{
	struct span span;
	int error = span_init(access, iova, bytes, &span);

	if (!error)
		error = span_pin(access->ioas, span, write);
	if (error || !run)
		return error;
	error = span_tell(access->ioas, span, run, to);
	if (error)
		span_unpin(access->ioas, span);
	return error;
}

void iommufd_access_unpin(struct iommufd_access *access, uint64_t iova, uint64_t bytes)
{
	struct span span;

	if (!span_init(access, iova, bytes, &span))
		span_unpin(access->ioas, span);
}

/* ---- Copying ----------------------------------------------------------------------------------- */

/* Pages are pinned for as long as they are told of. */
static int area_reach(struct iofd_area *area, const struct span *span, uint64_t end,
		      unsigned rights, struct told *told)
{
	uint64_t first = iofd_area_page(area, span->at), last = iofd_area_page(area, end);
	int error;

	if (area->leaving)
		return -EINVAL;
	if (rights & ~area->access)
		return -EPERM;
	error = iofd_pages_hold(area->pages, first, last);
	if (error)
		return error;
	told->iova = span->at;
	error = iofd_pages_walk(area->pages, area->start + (span->at - area->first),
				end - span->at + 1, run_tell, told);
	iofd_pages_release(area->pages, first, last);
	return error;
}

int iommufd_access_walk(struct iommufd_access *access, uint64_t iova, uint64_t bytes,
			unsigned rights, iommufd_run_fn *run, void *to)
{
	struct told told = {run, to, 0};
	struct span span;
	int error = span_init(access, iova, bytes, &span);

	while (!error) {
		uint64_t end;
		struct iofd_area *area = span_area(access->ioas, &span, &end);

		error = area ? area_reach(area, &span, end, rights, &told) : -ENOENT;
		if (error || end == span.last)
			break;
		span.at = end + 1;
	}
	return error;
}

struct transfer {
	const struct iommufd_env *env;
	unsigned char *data;
	uint64_t iova; /* of the first byte */
	bool write;
};

static int run_copy(void *to, uint64_t iova, uint64_t pa, uint64_t bytes)
{
	const struct transfer *transfer = to;
	const struct iommufd_memory_ops *memory = transfer->env->memory;
	unsigned char *data = transfer->data + (iova - transfer->iova);

	return transfer->write ? memory->store(transfer->env->opaque, pa, data, bytes)
			       : memory->load(transfer->env->opaque, pa, data, bytes);
}

int iommufd_access_rw(struct iommufd_access *access, uint64_t iova, void *data, uint64_t bytes,
		      bool write)
{
	struct transfer transfer = {access->object.fd->env, data, iova, write};

	return iommufd_access_walk(access, iova, bytes, right_to(write), run_copy, &transfer);
}

/* ---- Books ------------------------------------------------------------------------------------- */

int iommufd_access_shown(const struct iommufd_access *access, uint64_t iova,
			 struct iommufd_shown *shown)
{
	const struct iofd_area *area = access->ioas ? iofd_area_at(access->ioas, iova) : NULL;
	struct interval_place place;
	const struct interval *run;
	uint64_t start, left;

	if (!area || area->first > iova)
		return -ENOENT;
	start = area->start + (iova - area->first);
	run = interval_find(&area->pages->where, 0, start / IOMMUFD_PAGE, &place);
	*shown = (struct iommufd_shown){
		.last = area->last,
		.bytes = area->last - iova + 1,
		.access = area->access,
		.source = &area->pages->source,
		.address = area->pages->address + start,
		.pinned = run && run->first * IOMMUFD_PAGE <= start,
	};
	if (!run)
		return 0;
	if (shown->pinned)
		shown->pa = run->value + (start - run->first * IOMMUFD_PAGE);
	left = (shown->pinned ? run->last + 1 : run->first) * IOMMUFD_PAGE - start;
	if (left < shown->bytes)
		shown->bytes = left;
	return 0;
}
