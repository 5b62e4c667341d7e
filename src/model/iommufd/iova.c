/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which IOVAs can be used: ranges that devices and tables reserve, ranges that the user
 * allows for automatic choice, and that choice (U2, U3).
 */
#include "model/iommufd/objects.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Reserved ranges ------------------------------------------------------------------- */

bool iofd_is_reserved(const struct iofd_ioas *ioas, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < ioas->reserved_count; i++)
		if (ioas->reserved[i].first <= last && ioas->reserved[i].last >= first)
			return true;
	return false;
}

int iofd_reserve(struct iofd_ioas *ioas, uint64_t first, uint64_t last, const void *owner)
{
	struct iofd_reserved *grown;

	if (!interval_is_free(&ioas->areas, 0, first, last) ||
	    !interval_is_free(&ioas->allowed, 0, first, last))
		return -EADDRINUSE;
	grown = realloc(ioas->reserved, (ioas->reserved_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ioas->reserved = grown;
	grown[ioas->reserved_count++] = (struct iofd_reserved){first, last, owner};
	return 0;
}

void iofd_unreserve(struct iofd_ioas *ioas, const void *owner)
{
	unsigned left = 0;

	for (unsigned i = 0; i < ioas->reserved_count; i++)
		if (ioas->reserved[i].owner != owner)
			ioas->reserved[left++] = ioas->reserved[i];
	ioas->reserved_count = left;
}

int iofd_reserve_device(struct iofd_ioas *ioas, const struct iommufd_device *device)
{
	const struct iommufd_backend_ops *ops = device->config.backend->ops;
	struct ioasim_iommufd_range range;
	int error = 0;

	for (unsigned n = 0; !error && ops->reserved && ops->reserved(device, n, &range); n++)
		error = iofd_reserve(ioas, range.start, range.last, device);
	if (error)
		iofd_unreserve(ioas, device);
	return error;
}

int iommufd_reserve(struct iommufd *fd, uint32_t number, uint64_t first, uint64_t last)
{
	struct iofd_ioas *ioas = iofd_find_ioas(fd, number);

	return ioas ? iofd_reserve(ioas, first, last, NULL) : -ENOENT;
}

/* The end of the reserved ranges that hold `at`, joined; false: none does. */
static bool reserved_end(const struct iofd_ioas *ioas, uint64_t at, uint64_t *end)
{
	bool found = false, more = true;

	*end = at;
	while (more) {
		more = false;
		for (unsigned i = 0; i < ioas->reserved_count; i++) {
			const struct iofd_reserved *range = &ioas->reserved[i];
			uint64_t edge = found && *end != UINT64_MAX ? *end + 1 : *end;

			if (range->first > edge || range->last < at)
				continue;
			if (!found || range->last > *end) {
				*end = range->last;
				found = more = true;
			}
		}
	}
	return found;
}

/* The lowest reserved address at or behind `at`. */
static bool reserved_next(const struct iofd_ioas *ioas, uint64_t at, uint64_t *first)
{
	bool found = false;

	for (unsigned i = 0; i < ioas->reserved_count; i++) {
		const struct iofd_reserved *range = &ioas->reserved[i];

		if (range->last < at || (found && range->first >= *first))
			continue;
		*first = range->first > at ? range->first : at;
		found = true;
	}
	return found;
}

bool iofd_iova_usable(const struct iofd_ioas *ioas, uint64_t from,
		      struct ioasim_iommufd_range *range)
{
	uint64_t end;

	if (reserved_end(ioas, from, &end)) {
		if (end == UINT64_MAX)
			return false;
		from = end + 1;
	}
	range->start = from;
	range->last = reserved_next(ioas, from, &end) ? end - 1 : UINT64_MAX;
	return true;
}

/* ---- A fixed IOVA -------------------------------------------------------------------------- */

int iofd_iova_check(const struct iofd_ioas *ioas, uint64_t iova, uint64_t length)
{
	uint64_t last = iova + (length - 1);

	if (iova & (ioas->alignment - 1))
		return -EINVAL;
	if (last < iova)
		return -EOVERFLOW;
	if (iofd_is_reserved(ioas, iova, last))
		return -EINVAL;
	return interval_is_free(&ioas->areas, 0, iova, last) ? 0 : -EEXIST;
}

/* ---- Choosing one ------------------------------------------------------------------------------ */

/* What an automatic IOVA has to be. */
struct wish {
	uint64_t length, alignment, offset;
};

/* No more is asked for the sake of large pages: 2 MiB, as Linux has it with huge pages and
 * pages of 4 KiB (iopt_alloc_iova). */
#define ALIGNMENT_MOST (UINT64_C(1) << 21)

/* The first good address in [first, last] without looking at what is in it. The last one
 * of all is not given for a byte alone, as in Linux. */
static bool fits(const struct wish *wish, uint64_t first, uint64_t last, uint64_t *iova)
{
	uint64_t up = (first + (wish->alignment - 1)) & ~(wish->alignment - 1);

	if (last - first < wish->length - 1 || up < first)
		return false;
	*iova = up | wish->offset;
	return *iova < last && last - *iova >= wish->length - 1;
}

/* In a hole that is allowed, without what is reserved of it. */
static bool choose_hole(const struct iofd_ioas *ioas, const struct wish *wish, uint64_t first,
			uint64_t last, uint64_t *iova)
{
	struct ioasim_iommufd_range usable;

	while (iofd_iova_usable(ioas, first, &usable) && usable.start <= last) {
		uint64_t end = usable.last < last ? usable.last : last;

		if (fits(wish, usable.start, end, iova))
			return true;
		if (end == last)
			return false;
		first = end + 1;
	}
	return false;
}

/* Through the holes of [first, last], which is allowed. */
static bool choose_within(const struct iofd_ioas *ioas, const struct wish *wish, uint64_t first,
			  uint64_t last, uint64_t *iova)
{
	for (;;) {
		const struct iofd_hole *hole =
			iofd_holes_next(&ioas->holes, wish->length, wish->alignment, first);
		uint64_t end;

		if (!hole || hole->first > last)
			return false;
		if (hole->first > first)
			first = hole->first;
		end = hole->last < last ? hole->last : last;
		if (choose_hole(ioas, wish, first, end, iova))
			return true;
		if (end == last)
			return false;
		first = end + 1;
	}
}

/* The allowed ranges that touch each other are one. */
static struct ioasim_iommufd_range allowed_join(const struct iofd_ioas *ioas,
						const struct interval **at,
						struct interval_place *place)
{
	struct ioasim_iommufd_range range = {(*at)->first, (*at)->last};

	while ((*at = interval_next(&ioas->allowed, place)) && (*at)->first == range.last + 1)
		range.last = (*at)->last;
	return range;
}

static bool choose(const struct iofd_ioas *ioas, const struct wish *wish, uint64_t *iova)
{
	const uint64_t lowest = IOMMUFD_PAGE;
	const uint64_t highest = UINT64_MAX - IOMMUFD_PAGE;
	struct interval_place place;
	const struct interval *allowed = interval_find(&ioas->allowed, 0, lowest, &place);
	uint64_t unused;

	if (!ioas->allowed.count)
		return choose_within(ioas, wish, lowest, highest, iova);
	while (allowed && allowed->first <= highest) {
		struct ioasim_iommufd_range range = allowed_join(ioas, &allowed, &place);
		uint64_t first = range.start > lowest ? range.start : lowest;
		uint64_t last = range.last < highest ? range.last : highest;

		if (fits(wish, first, last, &unused) &&
		    choose_within(ioas, wish, first, last, iova))
			return true;
	}
	return false;
}

static uint64_t power_of_two(uint64_t length)
{
	return length <= 1 ? 1 : UINT64_C(1) << (64 - __builtin_clzll(length - 1));
}

/* The alignment that the address itself has, as far as it is of use: so that large pages
 * of memory can be large pages of the table. */
int iofd_iova_choose(const struct iofd_ioas *ioas, uint64_t address, uint64_t length,
		     uint64_t *iova)
{
	struct wish wish = {.length = length, .offset = address % IOMMUFD_PAGE};

	if (!length || length >= UINT64_MAX / 2)
		return -EOVERFLOW;
	wish.alignment = power_of_two(length);
	if (address && (address & -address) < wish.alignment)
		wish.alignment = address & -address;
	if (wish.alignment > ALIGNMENT_MOST)
		wish.alignment = ALIGNMENT_MOST;
	if (wish.alignment < ioas->alignment)
		return -EINVAL;
	return choose(ioas, &wish, iova) ? 0 : -ENOSPC;
}
