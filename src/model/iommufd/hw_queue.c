/* SPDX-License-Identifier: Apache-2.0 */
/* HW_QUEUE_ALLOC (U11): a guest's queue that hardware reads without the kernel between. Its
 * memory is pinned, and its mappings stay, as long as it lives. */
#include "model/iommufd/calls.h"
#include "model/iommufd/viommu.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Memory ------------------------------------------------------------------------------- */

/* Calls `step` with each part of an area in [first, last]; -ENOENT: a hole. */
static int each_part(struct iofd_ioas *ioas, uint64_t first, uint64_t last,
		     int (*step)(struct iofd_area *area, uint64_t from, uint64_t to, void *opaque),
		     void *opaque)
{
	for (;;) {
		struct iofd_area *area = iofd_area_at(ioas, first);
		uint64_t end;
		int error;

		if (!area || area->first > first)
			return -ENOENT;
		end = area->last < last ? area->last : last;
		error = step(area, first, end, opaque);
		if (error || end == last)
			return error;
		first = end + 1;
	}
}

/* What was taken so far, and the next byte on the bus, if it is in a row. */
struct taken {
	uint64_t pa, next, end; /* end: IOVA behind what is locked */
	bool any, scattered;
};

static int run_follow(void *to, uint64_t offset, uint64_t pa, uint64_t bytes)
{
	struct taken *taken = to;

	(void)offset;
	taken->scattered |= taken->any && taken->next != pa;
	if (!taken->any)
		taken->pa = pa;
	taken->any = true;
	taken->next = pa + bytes;
	return 0;
}

static int part_lock(struct iofd_area *area, uint64_t from, uint64_t to, void *opaque)
{
	struct taken *taken = opaque;
	uint64_t first = iofd_area_page(area, from), last = iofd_area_page(area, to);
	int error;

	if (area->leaving)
		return -EINVAL;
	if (!(area->access & IOASIM_READ))
		return -EPERM;
	error = iofd_pages_pin(area->pages, first, last);
	if (error)
		return error;
	error = iofd_pages_walk(area->pages, area->start + (from - area->first), to - from + 1,
				run_follow, taken);
	if (error) {
		iofd_pages_unpin(area->pages, first, last);
		return error;
	}
	area->locks++;
	taken->end = to + 1;
	return 0;
}

static int part_unlock(struct iofd_area *area, uint64_t from, uint64_t to, void *opaque)
{
	(void)opaque;
	area->locks--;
	iofd_pages_unpin(area->pages, iofd_area_page(area, from), iofd_area_page(area, to));
	return 0;
}

/* [first, end) was locked. */
static void memory_unlock(struct iofd_ioas *ioas, uint64_t first, uint64_t end)
{
	if (end != first)
		(void)each_part(ioas, first, end - 1, part_unlock, NULL);
	ioas->queues--;
	(void)iofd_align(ioas);
}

static int memory_lock(struct iofd_ioas *ioas, uint64_t first, uint64_t last, uint64_t *pa)
{
	struct taken taken = {.end = first};
	int error;

	/* As for an access: pages are given as they are. */
	ioas->queues++;
	error = iofd_align(ioas);
	if (!error)
		error = each_part(ioas, first, last, part_lock, &taken);
	if (!error && taken.scattered)
		error = -EFAULT;
	if (error)
		memory_unlock(ioas, first, taken.end);
	*pa = taken.pa;
	return error;
}

/* ---- HW_QUEUE_ALLOC -------------------------------------------------------------------------- */

static bool type_default(struct iofd_call *call)
{
	return !call->arg.hw_queue_alloc.type;
}

static bool nothing(struct iofd_call *call)
{
	return !call->arg.hw_queue_alloc.length;
}

static uint64_t last_byte(const struct iofd_call *call)
{
	const struct ioasim_iommufd_hw_queue_alloc *arg = &call->arg.hw_queue_alloc;

	return arg->nesting_parent_iova + (arg->length - 1);
}

static bool wraps(struct iofd_call *call)
{
	return last_byte(call) < call->arg.hw_queue_alloc.nesting_parent_iova;
}

static bool viommu_unknown(struct iofd_call *call)
{
	call->viommu = (struct iommufd_viommu *)iofd_find(
		call->fd, call->arg.hw_queue_alloc.viommu_id, IOFD_VIOMMU);
	return !call->viommu;
}

static bool not_offered(struct iofd_call *call)
{
	const struct iommufd_viommu_ops *ops = call->viommu->backend->ops->viommu;

	return !ops->queue_offered ||
	       !ops->queue_offered(call->viommu, call->arg.hw_queue_alloc.type);
}

static bool rounding_wraps(struct iofd_call *call)
{
	const struct ioasim_iommufd_hw_queue_alloc *arg = &call->arg.hw_queue_alloc;
	uint64_t before = arg->nesting_parent_iova % IOMMUFD_PAGE + (IOMMUFD_PAGE - 1);

	return arg->length > UINT64_MAX - before;
}

const struct iofd_check iofd_hw_queue_alloc_checks[] = {
	{"U11", EOPNOTSUPP, "the type is 0", type_default},
	{"U11", EINVAL, "length is 0", nothing},
	{"U11", EOVERFLOW, "nesting_parent_iova and length wrap", wraps},
	{"U11", ENOENT, "the vIOMMU is unknown", viommu_unknown},
	{"U11", EOPNOTSUPP, "the vIOMMU has no queues of the type", not_offered},
	{"U11", ERANGE, "rounded up to pages the length wraps", rounding_wraps},
	{"U11", EADDRINUSE, "something is mapped that is not whole pages", NULL},
	{"U11", ENOENT, "a part of the range is not mapped", NULL},
	{"U11", EPERM, "a part is not readable", NULL},
	{"U11", EFAULT, "the memory is not in a row", NULL},
	{"U11", EINVAL, "what the vIOMMU says of index and length", NULL},
	{"U11", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

static int queue_start(struct iofd_hw_queue *queue, const struct iofd_call *call)
{
	const struct ioasim_iommufd_hw_queue_alloc *arg = &call->arg.hw_queue_alloc;
	struct iofd_ioas *ioas = queue->viommu->parent->ioas;
	uint64_t pa;
	int error = memory_lock(ioas, queue->first, queue->last, &pa);

	if (error)
		return error;
	error = queue->viommu->backend->ops->viommu->queue_create(
		queue->viommu, arg->index, pa + arg->nesting_parent_iova % IOMMUFD_PAGE,
		arg->length, &queue->queue);
	if (error)
		memory_unlock(ioas, queue->first, queue->last + 1);
	return error;
}

int iofd_hw_queue_alloc_work(struct iofd_call *call)
{
	struct ioasim_iommufd_hw_queue_alloc *arg = &call->arg.hw_queue_alloc;
	struct iofd_hw_queue *queue = calloc(1, sizeof(*queue));
	int error;

	if (!queue)
		return -ENOMEM;
	queue->viommu = call->viommu;
	/* Whole pages. */
	queue->first = arg->nesting_parent_iova & ~(IOMMUFD_PAGE - 1);
	queue->last = last_byte(call) | (IOMMUFD_PAGE - 1);
	error = iofd_object_enter(call->fd, &queue->object, IOFD_HW_QUEUE);
	if (!error) {
		error = queue_start(queue, call);
		if (error)
			iofd_object_leave(&queue->object);
	}
	if (error) {
		free(queue);
		return error;
	}
	LIST_INSERT_HEAD(&call->viommu->hw_queues, queue, link);
	call->viommu->object.users++;
	arg->out_hw_queue_id = queue->object.number;
	return 0;
}

void iofd_hw_queue_destroy(struct iofd_hw_queue *queue)
{
	struct iommufd_viommu *viommu = queue->viommu;

	LIST_REMOVE(queue, link);
	viommu->backend->ops->viommu->queue_destroy(viommu, queue->queue);
	memory_unlock(viommu->parent->ioas, queue->first, queue->last + 1);
	viommu->object.users--;
	iofd_object_leave(&queue->object);
	free(queue);
}

static struct iofd_hw_queue *queue_find(const struct iommufd_viommu *viommu, const void *opaque)
{
	struct iofd_hw_queue *queue;

	LIST_FOREACH (queue, &viommu->hw_queues, link)
		if (queue->queue == opaque)
			return queue;
	return NULL;
}

int iommufd_hw_queue_hold(struct iommufd_viommu *viommu, const void *opaque)
{
	struct iofd_hw_queue *queue = queue_find(viommu, opaque);

	if (!queue)
		return -ENOENT;
	queue->object.users++;
	return 0;
}

void iommufd_hw_queue_release(struct iommufd_viommu *viommu, const void *opaque)
{
	struct iofd_hw_queue *queue = queue_find(viommu, opaque);

	if (queue)
		queue->object.users--;
}
