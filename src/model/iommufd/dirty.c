/* SPDX-License-Identifier: Apache-2.0 */
/* HWPT_SET_DIRTY_TRACKING and HWPT_GET_DIRTY_BITMAP (U13). */
#include "model/iommufd/calls.h"

#include <errno.h>

static struct iommufd_hwpt *kernels(const struct iofd_call *call, uint32_t number)
{
	return (struct iommufd_hwpt *)iofd_find(call->fd, number, IOFD_HWPT_PAGING);
}

static bool cannot(struct iofd_call *call)
{
	return !call->hwpt->domain->dirty;
}

/* ---- SET ---------------------------------------------------------------------------------- */

static bool set_unknown(struct iofd_call *call)
{
	call->hwpt = kernels(call, call->arg.set_dirty.hwpt_id);
	return !call->hwpt;
}

const struct iofd_check iofd_set_dirty_checks[] = {
	{"U13", ENOENT, "the page table is unknown, or not the kernel's", set_unknown},
	{"U13", EOPNOTSUPP, "the page table was not allocated for it", cannot},
	IOFD_CHECKS_END,
};

static void forget(void *to, uint64_t first, uint64_t last)
{
	(void)to;
	(void)first;
	(void)last;
}

int iofd_set_dirty_work(struct iofd_call *call)
{
	struct iommufd_domain *domain = call->hwpt->domain;
	const struct iommufd_backend_ops *ops = domain->backend->ops;
	const struct interval_map *areas = &call->hwpt->ioas->areas;
	bool enable = call->arg.set_dirty.flags & IOASIM_IOMMUFD_DIRTY_ENABLE;
	struct interval_place place;
	const struct interval *at = interval_find(areas, 0, 0, &place);
	int error = ops->dirty_enable(domain, enable);

	/* What was written before does not count. */
	for (; !error && enable && at; at = interval_next(areas, &place))
		error = ops->dirty_read(domain, at->first, at->last, true, forget, NULL);
	return error;
}

/* ---- GET ---------------------------------------------------------------------------------- */

static bool get_unknown(struct iofd_call *call)
{
	call->hwpt = kernels(call, call->arg.get_dirty.hwpt_id);
	return !call->hwpt;
}

static bool nothing(struct iofd_call *call)
{
	return !call->arg.get_dirty.length;
}

static uint64_t last_of(const struct iofd_call *call)
{
	return call->arg.get_dirty.iova + (call->arg.get_dirty.length - 1);
}

static bool wraps(struct iofd_call *call)
{
	return last_of(call) < call->arg.get_dirty.iova;
}

static bool unaligned(struct iofd_call *call)
{
	const struct ioasim_iommufd_get_dirty *arg = &call->arg.get_dirty;
	uint64_t ends = arg->iova | (last_of(call) + 1);

	return ends & (call->hwpt->ioas->alignment - 1) || !arg->page_size ||
	       ends & (arg->page_size - 1);
}

static bool page_size_odd(struct iofd_call *call)
{
	return call->arg.get_dirty.page_size & (call->arg.get_dirty.page_size - 1);
}

static bool has_hole(struct iofd_call *call)
{
	uint64_t at = call->arg.get_dirty.iova, last = last_of(call);

	for (;;) {
		const struct iofd_area *area = iofd_area_at(call->hwpt->ioas, at);

		if (!area || area->first > at)
			return true;
		if (area->last >= last)
			return false;
		at = area->last + 1;
	}
}

const struct iofd_check iofd_get_dirty_checks[] = {
	{"U13", ENOENT, "the page table is unknown, or not the kernel's", get_unknown},
	{"U13", EINVAL, "length is 0", nothing},
	{"U13", EOVERFLOW, "iova and length wrap", wraps},
	{"U13", EINVAL,
	 "iova or the end is not aligned to the IOAS or to page_size, which is not 0", unaligned},
	{"U13", EINVAL, "page_size is not a power of two", page_size_odd},
	{"U13", EOPNOTSUPP, "the page table was not allocated for it", cannot},
	{"U13", EINVAL, "a part of the range is not mapped", has_hole},
	{"U13", EINVAL, "tracking is not enabled", NULL},
	{"U13", EFAULT, "the bitmap is not there", NULL},
	IOFD_CHECKS_END,
};

struct bitmap {
	const struct iofd_call *call;
	int error;
};

/* Sets the bits of pages, byte by byte, and leaves the others. */
static void mark(void *to, uint64_t first, uint64_t last)
{
	struct bitmap *bitmap = to;
	const struct iofd_call *call = bitmap->call;
	const struct ioasim_iommufd_get_dirty *arg = &call->arg.get_dirty;
	uint64_t bit = (first - arg->iova) / arg->page_size;
	uint64_t end = (last - arg->iova) / arg->page_size;

	for (; !bitmap->error && bit <= end; bit++) {
		uint64_t address = arg->data + bit / 8;
		unsigned char byte;

		bitmap->error = iofd_read(call->fd, call->user, address, &byte, 1);
		if (bitmap->error)
			return;
		byte = (unsigned char)(byte | 1u << bit % 8);
		bitmap->error = iofd_write(call->fd, call->user, address, &byte, 1);
	}
}

static int range_read(const struct iofd_call *call, bool clear)
{
	struct iommufd_domain *domain = call->hwpt->domain;
	struct bitmap bitmap = {call, 0};
	uint64_t at = call->arg.get_dirty.iova, last = last_of(call);
	int error = 0;

	while (!error) {
		const struct iofd_area *area = iofd_area_at(call->hwpt->ioas, at);
		uint64_t end = area->last < last ? area->last : last;

		error = domain->backend->ops->dirty_read(domain, at, end, clear, mark, &bitmap);
		if (end == last)
			break;
		at = end + 1;
	}
	return error ? error : bitmap.error;
}

/* Nothing is forgotten that could not be told (S17). */
int iofd_get_dirty_work(struct iofd_call *call)
{
	int error = range_read(call, false);

	if (error || call->arg.get_dirty.flags & IOASIM_IOMMUFD_BITMAP_NO_CLEAR)
		return error;
	return range_read(call, true);
}
