/* SPDX-License-Identifier: Apache-2.0 */
/* Areas of an IOAS: mapping, copying, unmapping, cutting (U3, U4, U5). */
#include "model/iommufd/objects.h"

#include <errno.h>
#include <stdlib.h>

/* Times that accesses are asked to let go of an area (U4). */
#define ASKED 100

/* ---- Finding ---------------------------------------------------------------------------- */

static struct iofd_area *area_of(const struct interval *interval)
{
	return interval ? (struct iofd_area *)(uintptr_t)interval->value : NULL;
}

struct iofd_area *iofd_area_at(const struct iofd_ioas *ioas, uint64_t iova)
{
	struct interval_place place;

	return area_of(interval_find(&ioas->areas, 0, iova, &place));
}

/* ---- Books ---------------------------------------------------------------------------------- */

/* What it takes is still a hole. */
static int area_insert(struct iofd_ioas *ioas, const struct iofd_area *config)
{
	struct iofd_area *area = malloc(sizeof(*area));
	struct interval key = {.first = config->first, .last = config->last};
	int error;

	if (!area)
		return -ENOMEM;
	*area = *config;
	key.value = (uint64_t)(uintptr_t)area;
	error = iofd_holes_reserve(&ioas->holes);
	if (!error) {
		error = interval_insert(&ioas->areas, &key);
		if (error)
			iofd_holes_release(&ioas->holes);
	}
	if (error) {
		free(area);
		return error;
	}
	iofd_pages_get(area->pages);
	return 0;
}

static void area_remove(struct iofd_ioas *ioas, struct iofd_area *area)
{
	struct interval_place place;

	(void)interval_find(&ioas->areas, 0, area->first, &place);
	interval_remove(&ioas->areas, &place);
	iofd_holes_give(&ioas->holes, area->first, area->last);
	iofd_holes_release(&ioas->holes);
	iofd_pages_put(area->pages);
	free(area);
}

/* The areas in [first, last] are not shown any more, or never were, and go. */
static void areas_remove(struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
	struct iofd_area *area;

	while ((area = iofd_area_at(ioas, first)) && area->first <= last)
		area_remove(ioas, area);
}

/* ---- Mapping ------------------------------------------------------------------------------- */

static int place_choose(struct iofd_ioas *ioas, const struct iofd_mapping *mapping, uint64_t *iova)
{
	const struct iofd_piece *piece = mapping->pieces;

	if (!mapping->length || mapping->length & (ioas->alignment - 1))
		return -EINVAL;
	if (mapping->fixed)
		return iofd_iova_check(ioas, *iova, mapping->length);
	return iofd_iova_choose(ioas, piece->pages->address + piece->start, mapping->length, iova);
}

/* Pieces of a copy have the alignment of the IOAS that they are from. */
static int piece_check(const struct iofd_ioas *ioas, const struct iofd_piece *piece, uint64_t iova,
		       unsigned access)
{
	if (access & IOASIM_WRITE && !piece->pages->writable)
		return -EPERM;
	return (piece->start % IOMMUFD_PAGE | iova | piece->length) & (ioas->alignment - 1)
		       ? -EINVAL
		       : 0;
}

static int pieces_insert(struct iofd_ioas *ioas, const struct iofd_mapping *mapping, uint64_t iova)
{
	struct iofd_area area = {.first = iova, .access = mapping->access};
	int error = 0;

	for (unsigned i = 0; !error && i < mapping->count; i++) {
		const struct iofd_piece *piece = &mapping->pieces[i];

		area.last = area.first + (piece->length - 1);
		area.pages = piece->pages;
		area.start = piece->start;
		error = piece_check(ioas, piece, area.first, mapping->access);
		if (!error)
			error = area_insert(ioas, &area);
		if (error)
			break;
		iofd_holes_take(&ioas->holes, area.first, area.last);
		area.first = area.last + 1;
	}
	if (error && area.first > iova)
		areas_remove(ioas, iova, area.first - 1);
	return error;
}

int iofd_map(struct iofd_ioas *ioas, const struct iofd_mapping *mapping, uint64_t *iova)
{
	uint64_t at = *iova, first, last;
	int error = place_choose(ioas, mapping, &at);

	if (!error)
		error = pieces_insert(ioas, mapping, at);
	if (error)
		return error;
	first = at;
	last = at + (mapping->length - 1);
	for (unsigned i = 0; !error && i < mapping->count; i++) {
		error = iofd_area_show(ioas, iofd_area_at(ioas, first));
		if (!error)
			first += mapping->pieces[i].length;
	}
	if (!error) {
		iofd_accesses_changed(ioas, at, mapping->length, true);
		*iova = at;
		return 0;
	}
	for (uint64_t undo = at; undo < first;) {
		struct iofd_area *area = iofd_area_at(ioas, undo);

		undo = area->last + 1;
		(void)iofd_area_hide(ioas, area);
	}
	areas_remove(ioas, at, last);
	return error;
}

int iofd_map_source(struct iofd_ioas *ioas, const struct iommufd_source *source, uint64_t address,
		    struct iofd_mapping *mapping, uint64_t *iova)
{
	const struct iommufd *fd = ioas->object.fd;
	struct iofd_piece piece = {.length = mapping->length};
	int error = 0;

	if (!mapping->length || mapping->length > UINT64_MAX - IOMMUFD_PAGE)
		error = -EINVAL;
	else if (address + mapping->length < address)
		error = -EOVERFLOW;
	if (!error) {
		piece.pages = iofd_pages_create(fd, source, address, mapping->length,
						mapping->access & IOASIM_WRITE);
		error = piece.pages ? 0 : -ENOMEM;
	}
	if (error) {
		if (source->file)
			fd->env->file->file_put(fd->env->opaque, source->file);
		return error;
	}
	piece.start = address - piece.pages->address;
	mapping->pieces = &piece;
	mapping->count = 1;
	error = iofd_map(ioas, mapping, iova);
	mapping->pieces = NULL;
	iofd_pages_put(piece.pages);
	return error;
}

/* ---- Copying ------------------------------------------------------------------------------- */

static int piece_add(struct iofd_mapping *mapping, const struct iofd_piece *piece)
{
	struct iofd_piece *grown = realloc(mapping->pieces, (mapping->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	mapping->pieces = grown;
	grown[mapping->count++] = *piece;
	iofd_pages_get(piece->pages);
	return 0;
}

void iofd_pieces_put(struct iofd_mapping *mapping)
{
	for (unsigned i = 0; i < mapping->count; i++)
		iofd_pages_put(mapping->pieces[i].pages);
	free(mapping->pieces);
	mapping->pieces = NULL;
	mapping->count = 0;
}

int iofd_pieces_get(struct iofd_ioas *ioas, uint64_t iova, uint64_t length,
		    struct iofd_mapping *mapping)
{
	uint64_t last = iova + (length - 1), at = iova;
	int error = 0;

	mapping->pieces = NULL;
	mapping->count = 0;
	if (!length)
		return -EINVAL;
	if (last < iova)
		return -EOVERFLOW;
	for (;;) {
		const struct iofd_area *area = iofd_area_at(ioas, at);
		uint64_t end;

		if (!area || area->first > at) {
			error = -ENOENT;
			break;
		}
		end = area->last < last ? area->last : last;
		error = piece_add(mapping, &(struct iofd_piece){area->pages,
								area->start + (at - area->first),
								end - at + 1});
		if (error || end == last)
			break;
		at = end + 1;
	}
	if (error)
		iofd_pieces_put(mapping);
	return error;
}

/* ---- Unmapping ----------------------------------------------------------------------------- */

/* U4: none that is locked, and whole mappings only. */
static int unmap_check(const struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, first, &place);

	for (; at && at->first <= last; at = interval_next(&ioas->areas, &place)) {
		if (area_of(at)->locks)
			return -EBUSY;
		if (at->first < first || at->last > last)
			return -ENOENT;
	}
	return 0;
}

static int area_end_accesses(struct iofd_ioas *ioas, struct iofd_area *area)
{
	for (unsigned i = 0; area->accesses && i < ASKED; i++) {
		area->leaving = true;
		iofd_accesses_notify(ioas, area->first, iofd_area_bytes(area));
	}
	return area->accesses ? -EDEADLK : 0;
}

/* Those of areas in [first, last]: all let go, or everything stays mapped (S17). */
static int accesses_end(struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, first, &place);
	int error = 0;

	for (; !error && at && at->first <= last; at = interval_next(&ioas->areas, &place))
		error = area_end_accesses(ioas, area_of(at));
	return error;
}

/* What is still there stays, and can be accessed again. */
static void areas_stay(struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, first, &place);

	for (; at && at->first <= last; at = interval_next(&ioas->areas, &place))
		area_of(at)->leaving = false;
}

static int area_unmap(struct iofd_ioas *ioas, struct iofd_area *area)
{
	int error;

	iofd_accesses_changed(ioas, area->first, iofd_area_bytes(area), false);
	error = iofd_area_hide(ioas, area);
	if (error) {
		iofd_accesses_changed(ioas, area->first, iofd_area_bytes(area), true);
		return error;
	}
	area_remove(ioas, area);
	return 0;
}

int iofd_unmap(struct iofd_ioas *ioas, uint64_t first, uint64_t last, bool everything,
	       uint64_t *unmapped)
{
	struct iofd_area *area;
	int error = unmap_check(ioas, first, last);

	*unmapped = 0;
	if (!error && !LIST_EMPTY(&ioas->accesses))
		error = accesses_end(ioas, first, last);
	while (!error && (area = iofd_area_at(ioas, first)) && area->first <= last) {
		uint64_t bytes = iofd_area_bytes(area);

		error = area_unmap(ioas, area);
		if (!error)
			*unmapped += bytes;
	}
	if (error)
		areas_stay(ioas, first, last);
	else if (!*unmapped && !everything)
		error = -ENOENT;
	return error;
}

/* ---- Cutting ---------------------------------------------------------------------------------- */

/* What the books of a cut need to be good (U15). */
static int cut_check(const struct iofd_ioas *ioas, const struct iofd_area *area, uint64_t last)
{
	uint64_t start = last + 1;

	if (area->leaving || area->locks)
		return -EBUSY;
	if (start & (ioas->alignment - 1) ||
	    (area->start + (start - area->first)) & (ioas->alignment - 1))
		return -EINVAL;
	/* Pins of accesses are not told apart; a table may have large pages. */
	if (area->accesses || (!LIST_EMPTY(&ioas->views) && !ioas->small_pages))
		return -EINVAL;
	return 0;
}

int iofd_cut(struct iofd_ioas *ioas, uint64_t last)
{
	struct interval_place place;
	struct interval *at = interval_find(&ioas->areas, 0, last, &place);
	struct iofd_area *area = area_of(at), behind;
	int error;

	if (!area || area->first > last || area->last == last)
		return 0;
	error = cut_check(ioas, area, last);
	if (error)
		return error;
	behind = *area;
	behind.first = last + 1;
	behind.start += behind.first - area->first;
	at->last = last;
	area->last = last;
	error = area_insert(ioas, &behind);
	if (error) {
		at = interval_find(&ioas->areas, 0, last, &place);
		at->last = behind.last;
		area->last = behind.last;
	}
	return error;
}
