/* SPDX-License-Identifier: Apache-2.0 */
/* MAP_DMA and UNMAP_DMA: their checks (M1, M3). */
#include "model/uapi/aspace.h"
#include "model/uapi/calls.h"
#include "model/uapi/process.h"

#include <errno.h>

/* All of a space that ends at 2^64 - 1. */
#define EVERYTHING UINT64_MAX

static bool unaligned(uint64_t value)
{
	return value % PAGE_SIZE != 0;
}

static bool wraps(uint64_t first, uint64_t length)
{
	return first > UINT64_MAX - (length - 1);
}

/* ---- MAP_DMA --------------------------------------------------------------------------- */

static bool map_no_rights(struct call *call)
{
	return !call->arg.map.prot;
}

static bool map_misshapen(struct call *call)
{
	const struct ioasim_map_dma *map = &call->arg.map;

	return !map->length || unaligned(map->iova) || unaligned(map->vaddr) ||
	       unaligned(map->length);
}

static bool map_wraps(struct call *call)
{
	const struct ioasim_map_dma *map = &call->arg.map;

	return wraps(map->iova, map->length) || wraps(map->vaddr, map->length);
}

static bool not_kernel_kind(struct call *call)
{
	return call->ioasid->kind != IOASIM_IOASID_KERNEL;
}

static uint64_t iova_last(const struct call *call)
{
	return call->arg.map.iova + (call->arg.map.length - 1);
}

static uint64_t vaddr_last(const struct call *call)
{
	return call->arg.map.vaddr + (call->arg.map.length - 1);
}

static bool iova_not_permitted(struct call *call)
{
	return iova_last(call) >> IOVA_BITS ||
	       aspace_reserves(call->ioasid->aspace, call->arg.map.iova, iova_last(call));
}

static bool iova_taken(struct call *call)
{
	return !aspace_is_free(call->ioasid->aspace, call->arg.map.iova, iova_last(call));
}

static bool vaddr_not_there(struct call *call)
{
	return !call->ioasid->parent &&
	       !process_allows(call->process, call->arg.map.vaddr, vaddr_last(call),
			       call->arg.map.prot & IOASIM_WRITE);
}

static bool parent_not_mapped(struct call *call)
{
	const struct ioasid *parent = call->ioasid->parent;

	return parent && !aspace_is_mapped(parent->aspace, call->arg.map.vaddr, vaddr_last(call));
}

static bool parent_read_only(struct call *call)
{
	const struct ioasid *parent = call->ioasid->parent;

	return parent && !aspace_allows(parent->aspace, call->arg.map.vaddr, vaddr_last(call),
					call->arg.map.prot & IOASIM_WRITE);
}

const struct call_check map_dma_checks[] = {
	{"M1", EINVAL, "prot has neither read nor write", map_no_rights},
	{"M1", EINVAL, "length is 0, or iova, vaddr or length not a multiple of 4 KiB",
	 map_misshapen},
	{"M1", EOVERFLOW, "iova or vaddr plus length wraps", map_wraps},
	{"M1", ENOENT, "the IOASID is unknown in this FD", call_ioasid_unknown},
	{"M1 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"M1 V2", EINVAL, "the kind is not kernel", not_kernel_kind},
	{"M1 M8", EINVAL,
	 "the range lies outside the 48 bits of the IOVA space, or in a range that is reserved for "
	 "an attached device",
	 iova_not_permitted},
	{"M1", EEXIST, "the range overlaps a mapping", iova_taken},
	{"M1", EFAULT,
	 "a page at vaddr is not mapped in the caller's memory, or read-only where write is asked",
	 vaddr_not_there},
	{"M1", ENOENT, "a page at vaddr is not mapped in the parent", parent_not_mapped},
	{"M1", EPERM, "write is asked where the parent gives none", parent_read_only},
	{"M1", EINVAL, "an attached page table does not reach the range", NULL},
	{"M1", ENOMEM, "there is no memory", NULL},
	CALL_CHECKS_END,
};

int map_dma_work(struct call *call)
{
	const struct ioasim_map_dma *map = &call->arg.map;

	return aspace_map(call->ioasid->aspace, call->process, map->iova, iova_last(call),
			  map->vaddr, map->prot);
}

/* ---- UNMAP_DMA ------------------------------------------------------------------------- */

static bool unmap_everything(const struct call *call)
{
	return call->arg.unmap.iova == 0 && call->arg.unmap.length == EVERYTHING;
}

static bool unmap_misshapen(struct call *call)
{
	const struct ioasim_unmap_dma *unmap = &call->arg.unmap;

	return !unmap_everything(call) &&
	       (!unmap->length || unaligned(unmap->iova) || unaligned(unmap->length));
}

static bool unmap_wraps(struct call *call)
{
	return wraps(call->arg.unmap.iova, call->arg.unmap.length);
}

static uint64_t unmap_last(const struct call *call)
{
	return call->arg.unmap.iova + (call->arg.unmap.length - 1);
}

static bool unmap_splits(struct call *call)
{
	return !aspace_is_whole(call->ioasid->aspace, call->arg.unmap.iova, unmap_last(call));
}

static bool unmap_nothing(struct call *call)
{
	return !unmap_everything(call) &&
	       aspace_is_free(call->ioasid->aspace, call->arg.unmap.iova, unmap_last(call));
}

const struct call_check unmap_dma_checks[] = {
	{"M3", EINVAL, "length is 0, or iova or length not a multiple of 4 KiB", unmap_misshapen},
	{"M3", EOVERFLOW, "iova plus length wraps", unmap_wraps},
	{"M3", ENOENT, "the IOASID is unknown in this FD", call_ioasid_unknown},
	{"M3 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"M3 V2", EINVAL, "the kind is not kernel", not_kernel_kind},
	{"M3", ENOENT, "a mapping is only partly covered", unmap_splits},
	{"M3", ENOENT, "nothing is mapped in the range", unmap_nothing},
	{"M5", ENOMEM, "there is no memory for what is left of a child's large page", NULL},
	CALL_CHECKS_END,
};

int unmap_dma_work(struct call *call)
{
	struct ioasim_unmap_dma *unmap = &call->arg.unmap;

	return aspace_unmap(call->ioasid->aspace, unmap->iova, unmap_last(call), &unmap->unmapped);
}
