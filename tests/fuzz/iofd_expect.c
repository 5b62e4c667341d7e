/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second book: what calls on an iommufd return, by U1 to U15. Structures and descriptors
 * are judged in iofd_expect_calls.c.
 */
#include "iofd_expect.h"

#include <errno.h>

#define PAGE UINT64_C(4096)
#define END  UINT64_MAX

static unsigned access_of(uint32_t flags)
{
	return (flags & IOASIM_IOMMUFD_MAP_READABLE ? IOASIM_READ : 0u) |
	       (flags & IOASIM_IOMMUFD_MAP_WRITEABLE ? IOASIM_WRITE : 0u);
}

/* ---- Mapping: U3 ------------------------------------------------------------------------ */

/* What is mapped: memory, of which `start` is a byte of the first page. */
struct piece {
	const struct shadow_pages *pages;
	uint64_t start, bytes;
};

struct place {
	uint32_t ioas;
	bool fixed;
	uint64_t iova, length;
	unsigned access;
};

/* Chosen ones: the alignment is that of the address, as far as the length needs it. */
static struct shadow_answer choose(const struct on *on, const struct place *place, uint64_t address)
{
	uint64_t alignment = shadow_alignment(on->s, on->number, place->ioas);

	if (place->length >= END / 2)
		return sure(EOVERFLOW);
	if (address & (alignment - 1))
		return sure(EINVAL);
	/* Without a list of allowed ranges there is room, but perhaps not for very much. */
	if (!on->file->object[place->ioas].allowed && place->length < UINT64_C(1) << 32)
		return sure(0);
	return either(0, ENOSPC);
}

static struct shadow_answer fixed(const struct on *on, const struct place *place)
{
	uint64_t alignment = shadow_alignment(on->s, on->number, place->ioas);
	uint64_t last = place->iova + (place->length - 1);

	if (place->iova & (alignment - 1))
		return sure(EINVAL);
	if (last < place->iova)
		return sure(EOVERFLOW);
	if (shadow_is_reserved(on->s, on->number, place->ioas, place->iova, last))
		return sure(EINVAL);
	return sure(shadow_overlaps(on->s, on->number, place->ioas, place->iova, last) ? EEXIST
										       : 0);
}

/* `at`: bytes of the pieces before it. */
static int piece_answer(const struct on *on, const struct place *place, const struct piece *piece,
			uint64_t at)
{
	uint64_t alignment = shadow_alignment(on->s, on->number, place->ioas);

	if (place->access & IOASIM_WRITE && !piece->pages->writable)
		return EPERM;
	return (piece->start | at | piece->bytes) & (alignment - 1) ? EINVAL : 0;
}

static struct shadow_answer map(const struct on *on, const struct place *place,
				const struct piece *pieces, unsigned count)
{
	uint64_t alignment = shadow_alignment(on->s, on->number, place->ioas);
	struct shadow_answer answer;
	uint64_t at = 0;
	int error = 0;

	if (place->length & (alignment - 1))
		return sure(EINVAL);
	answer = place->fixed ? fixed(on, place)
			      : choose(on, place, pieces[0].pages->address + pieces[0].start);
	if (answer.error)
		return answer;
	for (unsigned n = 0; !error && n < count; at += pieces[n++].bytes)
		error = piece_answer(on, place, &pieces[n], at);
	if (!error && shadow_has_tables(on->s, on->number, place->ioas))
		for (unsigned n = 0; !error && n < count; n++)
			if (!shadow_can_pin(on->s, pieces[n].pages, pieces[n].start,
					    pieces[n].bytes))
				error = EFAULT;
	answer.error = error;
	/* On amdvi tables that stand beside PASIDs end below the others. */
	if (!error && on->s->arch == 1 && place->fixed && (place->iova + (place->length - 1)) >> 47)
		answer.other = EINVAL;
	return answer;
}

/* From the user's memory; the book's own pages are made for a moment. */
static struct shadow_answer map_memory(const struct on *on, const struct place *place,
				       uint64_t address)
{
	struct shadow_pages *pages;
	struct piece piece = {.start = address % PAGE, .bytes = place->length};

	if (!place->length)
		return sure(EINVAL);
	if (place->length > END - PAGE)
		return any();
	if (address + place->length < address)
		return sure(EOVERFLOW);
	pages = shadow_pages_make(on->s, address, place->length, place->access & IOASIM_WRITE);
	if (!pages)
		return any();
	piece.pages = pages;
	return map(on, place, &piece, 1);
}

/* What IOAS_MAP and IOAS_MAP_FILE judge first, and alike. */
static struct shadow_answer place_judge(const struct on *on, const struct place *place)
{
	if (place->iova == END || place->length == END)
		return sure(EOVERFLOW);
	if (!place->access)
		return sure(EINVAL);
	return sure(shadow_find(on->file, place->ioas, 1u << SHADOW_IOAS) ? 0 : ENOENT);
}

struct shadow_answer expect_map(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_map *arg = argument;
	const struct place place = {
		.ioas = arg->ioas_id,
		.fixed = arg->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.iova = arg->iova,
		.length = arg->length,
		.access = access_of(arg->flags),
	};
	struct shadow_answer first = place_judge(on, &place);

	return first.error ? first : map_memory(on, &place, arg->user_va);
}

struct shadow_answer expect_vfio_map(const struct on *on, const void *argument)
{
	const struct ioasim_vfio_map *arg = argument;
	const struct place place = {
		.ioas = on->file->compat,
		.fixed = true,
		.iova = arg->iova,
		.length = arg->size,
		.access = (arg->flags & IOASIM_VFIO_MAP_READ ? IOASIM_READ : 0u) |
			  (arg->flags & IOASIM_VFIO_MAP_WRITE ? IOASIM_WRITE : 0u),
	};

	return place.ioas ? map_memory(on, &place, arg->vaddr) : sure(ENODEV);
}

/* ---- Copying: U5 -------------------------------------------------------------------------- */

#define PIECES 64

static int pieces_of(const struct on *on, const struct ioasim_iommufd_copy *arg,
		     struct piece *pieces, unsigned *count)
{
	uint64_t at = arg->src_iova, last = at + (arg->length - 1);

	for (*count = 0; *count < PIECES;) {
		const struct shadow_area *area =
			shadow_area_at(on->s, on->number, arg->src_ioas_id, at);
		uint64_t end;

		if (!area)
			return ENOENT;
		end = area->last < last ? area->last : last;
		pieces[(*count)++] =
			(struct piece){area->pages, area->start + (at - area->first), end - at + 1};
		if (end == last)
			return 0;
		at = end + 1;
	}
	return ENOMEM;
}

struct shadow_answer expect_copy(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_copy *arg = argument;
	const struct place place = {
		.ioas = arg->dst_ioas_id,
		.fixed = arg->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.iova = arg->dst_iova,
		.length = arg->length,
		.access = access_of(arg->flags),
	};
	struct piece pieces[PIECES];
	unsigned count;
	int error;

	if (arg->length == END || arg->src_iova == END || arg->dst_iova == END)
		return sure(EOVERFLOW);
	if (!place.access)
		return sure(EINVAL);
	if (!shadow_find(on->file, arg->src_ioas_id, 1u << SHADOW_IOAS))
		return sure(ENOENT);
	if (!arg->length)
		return sure(EINVAL);
	if (arg->src_iova + (arg->length - 1) < arg->src_iova)
		return sure(EOVERFLOW);
	error = pieces_of(on, arg, pieces, &count);
	if (error)
		return sure(error);
	if (!shadow_find(on->file, arg->dst_ioas_id, 1u << SHADOW_IOAS))
		return sure(ENOENT);
	return map(on, &place, pieces, count);
}

/* ---- Unmapping: U4, U15 ------------------------------------------------------------------- */

/* Whole mappings only: ENOENT; how many there are. */
static int whole(const struct on *on, uint32_t ioas, uint64_t first, uint64_t last, bool *any_there)
{
	uint64_t at = first;

	*any_there = false;
	for (;;) {
		const struct shadow_area *area = shadow_area_next(on->s, on->number, ioas, at);

		if (!area || area->first > last)
			return 0;
		if (area->first < first || area->last > last)
			return ENOENT;
		*any_there = true;
		if (area->last == END)
			return 0;
		at = area->last + 1;
	}
}

/* U14: an access that does not let go of a mapping. */
static int stays(const struct on *on, uint32_t ioas, uint64_t first, uint64_t last)
{
	return on->s->stubborn && shadow_is_held(on->s, on->number, ioas, first, last) ? EDEADLK
										       : 0;
}

struct shadow_answer expect_unmap(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_unmap *arg = argument;
	bool all = !arg->iova && arg->length == END, there;
	uint64_t last = all ? END : arg->iova + (arg->length - 1);
	int error;

	if (!shadow_find(on->file, arg->ioas_id, 1u << SHADOW_IOAS))
		return sure(ENOENT);
	if (!all && (arg->iova == END || arg->length == END))
		return sure(EOVERFLOW);
	if (!arg->length)
		return sure(EINVAL);
	if (last < arg->iova)
		return sure(EOVERFLOW);
	error = whole(on, arg->ioas_id, arg->iova, last, &there);
	if (!error)
		error = stays(on, arg->ioas_id, arg->iova, last);
	return sure(error ? error : there || all ? 0 : ENOENT);
}

/* Whether type1 could end a mapping at `last`. */
static int cut_answer(const struct on *on, uint64_t last)
{
	const struct shadow_area *area = shadow_area_at(on->s, on->number, on->file->compat, last);
	uint64_t alignment = shadow_alignment(on->s, on->number, on->file->compat);

	if (!area || area->last == last)
		return 0;
	/* Pins are not told apart. */
	if (shadow_is_held(on->s, on->number, on->file->compat, area->first, area->last))
		return EINVAL;
	return ((last + 1) | (area->start + (last + 1 - area->first))) & (alignment - 1) ? EINVAL
											 : 0;
}

struct shadow_answer expect_vfio_unmap(const struct on *on, const void *argument)
{
	const struct ioasim_vfio_unmap *arg = argument;
	uint64_t last = arg->iova + (arg->size - 1);
	uint32_t ioas = on->file->compat;
	bool there;
	int error = 0;

	if (!ioas)
		return sure(ENODEV);
	if (arg->flags & IOASIM_VFIO_UNMAP_FLAG_ALL)
		return sure(arg->iova || arg->size ? EINVAL : stays(on, ioas, 0, END));
	if (!arg->size)
		return sure(EINVAL);
	if (last < arg->iova)
		return sure(EOVERFLOW);
	if (!on->file->object[ioas].small_pages)
		error = whole(on, ioas, arg->iova, last, &there);
	if (!on->file->object[ioas].small_pages)
		return sure(error ? error : stays(on, ioas, arg->iova, last));
	error = cut_answer(on, last);
	if (!error && arg->iova)
		error = cut_answer(on, arg->iova - 1);
	return sure(error ? error : stays(on, ioas, arg->iova, last));
}

/* ---- Ranges and options: U2, U6 ------------------------------------------------------------ */

static int range_answer(const struct shadow_range *ranges, unsigned n)
{
	if (ranges[n].first >= ranges[n].last)
		return EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (ranges[i].first <= ranges[n].last && ranges[i].last >= ranges[n].first)
			return EINVAL;
	return 0;
}

struct shadow_answer expect_allow(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_allow_iovas *arg = argument;
	struct shadow_range ranges[SHADOW_ALLOWED];

	if (!shadow_find(on->file, arg->ioas_id, 1u << SHADOW_IOAS))
		return sure(ENOENT);
	for (unsigned n = 0; n < arg->num_iovas; n++) {
		uint64_t address = arg->ranges + n * sizeof(ranges[0]);

		if (n == SHADOW_ALLOWED)
			return any();
		if (ioasim_process_read(on->s->system[0], on->s->process, address, &ranges[n],
					sizeof(ranges[n])))
			return sure(EFAULT);
		if (range_answer(ranges, n))
			return sure(EINVAL);
	}
	for (unsigned n = 0; n < arg->num_iovas; n++)
		if (shadow_is_reserved(on->s, on->number, arg->ioas_id, ranges[n].first,
				       ranges[n].last))
			return sure(EADDRINUSE);
	return sure(0);
}

unsigned expect_usable(const struct on *on, uint32_t ioas, struct shadow_range *usable,
		       unsigned room)
{
	struct shadow_range reserved[SHADOW_IDS + 4 * SHADOW_ROUTES];
	unsigned count = shadow_reserved(on->s, on->number, ioas, reserved,
					 sizeof(reserved) / sizeof(reserved[0]));
	uint64_t at = 0;
	unsigned found = 0;

	for (;;) {
		uint64_t end = END;
		bool inside = false;

		for (unsigned n = 0; n < count; n++) {
			if (reserved[n].first <= at && reserved[n].last >= at) {
				inside = true;
				end = reserved[n].last;
				break;
			}
			if (reserved[n].first > at && reserved[n].first - 1 < end)
				end = reserved[n].first - 1;
		}
		if (!inside && found < room)
			usable[found] = (struct shadow_range){at, end};
		found += !inside;
		if (end == END)
			return found;
		at = end + 1;
	}
}

struct shadow_answer expect_ranges(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_iova_ranges *arg = argument;
	struct shadow_range usable[EXPECT_USABLE];
	unsigned count;

	if (!shadow_find(on->file, arg->ioas_id, 1u << SHADOW_IOAS))
		return sure(ENOENT);
	count = expect_usable(on, arg->ioas_id, usable, EXPECT_USABLE);
	for (unsigned n = 0; n < count && n < arg->num_iovas; n++)
		if (!shadow_memory(on->s, arg->ranges + n * sizeof(usable[0]), sizeof(usable[0]),
				   IOASIM_WRITE))
			return sure(EFAULT);
	return sure(count > arg->num_iovas ? EMSGSIZE : 0);
}

/* Small pages (U6, U15): what is mapped has to fit. */
static int small_answer(const struct on *on, uint32_t ioas, bool small)
{
	if (on->file->object[ioas].small_pages == small || !small)
		return 0;
	if (shadow_has_tables(on->s, on->number, ioas))
		return shadow_area_next(on->s, on->number, ioas, 0) ? EINVAL : 0;
	return expect_unaligned(on, ioas) ? EADDRINUSE : 0;
}

struct shadow_answer expect_option(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_option *arg = argument;
	bool sets = arg->op == IOASIM_IOMMUFD_OPTION_SET;
	bool rlimit = arg->option_id == IOASIM_IOMMUFD_OPTION_RLIMIT_MODE;

	if (arg->option_id > IOASIM_IOMMUFD_OPTION_HUGE_PAGES || (rlimit && arg->object_id))
		return sure(EOPNOTSUPP);
	if (!rlimit && !shadow_find(on->file, arg->object_id, 1u << SHADOW_IOAS))
		return sure(ENOENT);
	if (arg->op > IOASIM_IOMMUFD_OPTION_GET)
		return sure(EOPNOTSUPP);
	if (rlimit)
		return sure(sets ? EPERM : 0); /* processes here have no privilege */
	if (sets && arg->val64 > 1)
		return sure(EINVAL);
	return sure(sets ? small_answer(on, arg->object_id, !arg->val64) : 0);
}

struct shadow_answer expect_set_iommu(const struct on *on, const void *argument)
{
	const uint64_t what = *(const uint64_t *)argument;

	if (what != IOASIM_VFIO_TYPE1 && what != IOASIM_VFIO_TYPE1V2)
		return sure(EINVAL);
	if (!on->file->compat)
		return sure(ENODEV);
	return sure(what == IOASIM_VFIO_TYPE1 ? small_answer(on, on->file->compat, true) : 0);
}

struct shadow_answer expect_change_process(const struct on *on, const void *argument)
{
	(void)argument;
	for (unsigned n = 0; n < SHADOW_AREAS; n++)
		if (on->s->area[n].pages && on->s->area[n].file == on->number &&
		    !on->s->area[n].pages->of_file)
			return sure(EINVAL);
	return sure(0);
}

struct shadow_answer expect_map_file(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_map_file *arg = argument;
	const struct place place = {
		.ioas = arg->ioas_id,
		.fixed = arg->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.iova = arg->iova,
		.length = arg->length,
		.access = access_of(arg->flags),
	};
	struct shadow_answer first = place_judge(on, &place);

	if (first.error)
		return first;
	if (arg->fd < 0 || arg->fd >= SHADOW_FDS || on->s->fd[arg->fd].kind == SHADOW_FD_NONE)
		return sure(EBADF);
	if (on->s->fd[arg->fd].kind != SHADOW_FD_FILE || !arg->length ||
	    arg->start > IOFD_FILE_SIZE || arg->length > IOFD_FILE_SIZE - arg->start)
		return sure(EINVAL);
	return map_memory(on, &place, IOFD_FILE + arg->start);
}
