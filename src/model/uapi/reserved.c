/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of a space that its attached devices cannot use (M8): few, counted. */
#include "model/uapi/aspace.h"
#include "model/uapi/device.h"

#include <errno.h>
#include <stdlib.h>

static struct reserved_range *range_find(const struct aspace *aspace,
					 const struct ioasim_iova_range *range)
{
	for (unsigned i = 0; i < aspace->reserved_count; i++)
		if (aspace->reserved[i].first == range->first &&
		    aspace->reserved[i].last == range->last)
			return &aspace->reserved[i];
	return NULL;
}

static int range_add(struct aspace *aspace, const struct ioasim_iova_range *range)
{
	struct reserved_range *known = range_find(aspace, range), *grown;

	if (known) {
		known->devices++;
		return 0;
	}
	grown = realloc(aspace->reserved, (aspace->reserved_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	aspace->reserved = grown;
	grown[aspace->reserved_count++] = (struct reserved_range){range->first, range->last, 1};
	return 0;
}

static void range_drop(struct aspace *aspace, const struct ioasim_iova_range *range)
{
	struct reserved_range *known = range_find(aspace, range);

	if (known && --known->devices == 0)
		*known = aspace->reserved[--aspace->reserved_count];
}

int aspace_reserve(struct aspace *aspace, const struct device *device)
{
	struct ioasim_iova_range range;

	for (unsigned n = 0; device_reserved(device, n, &range); n++) {
		int error = range_add(aspace, &range);

		if (error) {
			while (n-- && device_reserved(device, n, &range))
				range_drop(aspace, &range);
			return error;
		}
	}
	return 0;
}

void aspace_unreserve(struct aspace *aspace, const struct device *device)
{
	struct ioasim_iova_range range;

	for (unsigned n = 0; device_reserved(device, n, &range); n++)
		range_drop(aspace, &range);
}

bool aspace_reserves(const struct aspace *aspace, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < aspace->reserved_count; i++)
		if (aspace->reserved[i].first <= last && aspace->reserved[i].last >= first)
			return true;
	return false;
}

bool aspace_collides(const struct aspace *aspace, const struct device *device)
{
	struct ioasim_iova_range range;

	for (unsigned n = 0; device_reserved(device, n, &range); n++)
		if (!aspace_is_free(aspace, range.first, range.last))
			return true;
	return false;
}
