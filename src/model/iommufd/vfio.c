/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of a VFIO container, on the IOAS that VFIO_IOAS names or that the first device
 * of an old program made (U15). Their structures have sizes of VFIO's kind: unknown flags
 * are EINVAL, and what is behind the known members is not looked at.
 */
#include "model/iommufd/calls.h"

#include <errno.h>
#include <string.h>

static bool no_compat(struct iofd_call *call)
{
	call->ioas = call->fd->compat;
	return !call->ioas;
}

/* ---- VFIO_IOAS ---------------------------------------------------------------------------- */

static bool op_unknown(struct iofd_call *call)
{
	return call->arg.vfio_ioas.op > IOASIM_IOMMUFD_VFIO_IOAS_CLEAR;
}

static bool get_without(struct iofd_call *call)
{
	return call->arg.vfio_ioas.op == IOASIM_IOMMUFD_VFIO_IOAS_GET && no_compat(call);
}

static bool set_unknown(struct iofd_call *call)
{
	const struct ioasim_iommufd_vfio_ioas *arg = &call->arg.vfio_ioas;

	if (arg->op != IOASIM_IOMMUFD_VFIO_IOAS_SET)
		return false;
	call->ioas = iofd_find_ioas(call->fd, arg->ioas_id);
	return !call->ioas;
}

const struct iofd_check iofd_vfio_ioas_checks[] = {
	{"U15", EOPNOTSUPP, "op is neither GET, SET nor CLEAR", op_unknown},
	{"U15", ENODEV, "GET, and there is none", get_without},
	{"U15", ENOENT, "SET, and the IOAS is unknown", set_unknown},
	IOFD_CHECKS_END,
};

int iofd_vfio_ioas_work(struct iofd_call *call)
{
	struct ioasim_iommufd_vfio_ioas *arg = &call->arg.vfio_ioas;

	if (arg->op == IOASIM_IOMMUFD_VFIO_IOAS_GET)
		arg->ioas_id = call->ioas->object.number;
	else
		call->fd->compat = arg->op == IOASIM_IOMMUFD_VFIO_IOAS_SET ? call->ioas : NULL;
	return 0;
}

/* ---- Numbers -------------------------------------------------------------------------------- */

const struct iofd_check iofd_extension_checks[] = {
	{"U15", ENODEV, "DMA_CC, and there is no IOAS for VFIO", NULL},
	IOFD_CHECKS_END,
};

int iofd_extension(struct iommufd *fd, uint64_t what)
{
	const struct iommufd_hwpt *hwpt;

	switch (what) {
	case IOASIM_VFIO_TYPE1:
	case IOASIM_VFIO_TYPE1V2:
	case IOASIM_VFIO_UNMAP_ALL:
		return 1;
	case IOASIM_VFIO_DMA_CC:
		if (!fd->compat)
			return -ENODEV;
		LIST_FOREACH (hwpt, &fd->compat->hwpts, link)
			if (!hwpt->domain->enforces)
				return 0;
		return 1;
	default:
		return 0;
	}
}

const struct iofd_check iofd_set_iommu_checks[] = {
	{"U15", EINVAL, "neither type1 nor type1v2", NULL},
	{"U15", ENODEV, "there is no IOAS for VFIO", NULL},
	{"U15", EINVAL, "type1, and page tables show something", NULL},
	{"U15", EADDRINUSE, "type1, and what is mapped is not aligned to pages", NULL},
	IOFD_CHECKS_END,
};

int iofd_set_iommu(struct iommufd *fd, uint64_t what)
{
	if (what != IOASIM_VFIO_TYPE1 && what != IOASIM_VFIO_TYPE1V2)
		return -EINVAL;
	if (!fd->compat)
		return -ENODEV;
	/* type1 can unmap a part of a mapping, so that no table may have large pages. */
	return what == IOASIM_VFIO_TYPE1 ? iofd_small_pages(fd->compat, true) : 0;
}

/* ---- IOMMU_GET_INFO ---------------------------------------------------------------------------- */

const struct iofd_check iofd_info_checks[] = {
	{"U15", ENODEV, "there is no IOAS for VFIO", no_compat},
	IOFD_CHECKS_END,
};

static uint64_t page_sizes(const struct iofd_ioas *ioas)
{
	const struct iommufd_hwpt *hwpt;
	uint64_t sizes = UINT64_MAX;

	LIST_FOREACH (hwpt, &ioas->hwpts, link)
		sizes &= hwpt->domain->page_sizes;
	if (sizes & (IOMMUFD_PAGE - 1))
		sizes = (sizes & ~(IOMMUFD_PAGE - 1)) | IOMMUFD_PAGE;
	return sizes > ioas->alignment ? sizes : ioas->alignment;
}

/* Room behind the caller's structure, as far as its argsz tells. */
struct room {
	unsigned char *data;
	uint32_t size, used; /* used: also what did not fit */
};

static void room_put(struct room *room, const void *data, size_t bytes)
{
	if (room->used + bytes <= room->size)
		memcpy(room->data + room->used, data, bytes);
	room->used += (uint32_t)bytes;
}

static void avail_put(struct room *room)
{
	const struct ioasim_vfio_cap_avail avail = {
		.header = {.id = IOASIM_VFIO_CAP_DMA_AVAIL,
			   .version = 1,
			   .next = room->used + (uint32_t)sizeof(avail)},
		.avail = UINT32_MAX,
	};

	room_put(room, &avail, sizeof(avail));
}

static void ranges_put(struct room *room, const struct iofd_ioas *ioas)
{
	struct ioasim_vfio_cap_iovas cap = {
		.header = {.id = IOASIM_VFIO_CAP_IOVA_RANGE, .version = 1}};
	struct ioasim_iommufd_range range;
	struct room again = *room;
	uint64_t from = 0;

	room->used += (uint32_t)sizeof(cap);
	while (iofd_iova_usable(ioas, from, &range)) {
		room_put(room, &range, sizeof(range));
		cap.nr_iovas++;
		if (range.last == UINT64_MAX)
			break;
		from = range.last + 1;
	}
	if (room->used <= room->size)
		room_put(&again, &cap, sizeof(cap));
}

int iofd_info_work(struct iofd_call *call)
{
	struct ioasim_vfio_info *arg = &call->arg.info;
	struct room room = {call->argument, arg->argsz, sizeof(*arg)};

	avail_put(&room);
	ranges_put(&room, call->ioas);
	arg->flags = IOASIM_VFIO_INFO_PGSIZES | IOASIM_VFIO_INFO_CAPS;
	arg->iova_pgsizes = page_sizes(call->ioas);
	arg->cap_offset = arg->argsz >= room.used ? sizeof(*arg) : 0;
	arg->argsz = room.used;
	return 0;
}

/* ---- MAP_DMA ------------------------------------------------------------------------------------- */

const struct iofd_check iofd_vfio_map_checks[] = {
	{"U15", ENODEV, "there is no IOAS for VFIO", no_compat},
	{"U15", EINVAL, "as of IOAS_MAP with a fixed iova from here on", NULL},
	IOFD_CHECKS_END,
};

int iofd_vfio_map_work(struct iofd_call *call)
{
	struct ioasim_vfio_map *arg = &call->arg.vfio_map;
	const struct iommufd_source source = {.user = call->user};
	struct iofd_mapping mapping = {
		.length = arg->size,
		.access = (arg->flags & IOASIM_VFIO_MAP_READ ? IOASIM_READ : 0u) |
			  (arg->flags & IOASIM_VFIO_MAP_WRITE ? IOASIM_WRITE : 0u),
		.fixed = true,
	};

	return iofd_map_source(call->ioas, &source, arg->vaddr, &mapping, &arg->iova);
}

/* ---- UNMAP_DMA ------------------------------------------------------------------------------------ */

static bool unmaps_all(const struct iofd_call *call)
{
	return call->arg.vfio_unmap.flags & IOASIM_VFIO_UNMAP_FLAG_ALL;
}

static bool all_and_a_range(struct iofd_call *call)
{
	return unmaps_all(call) && (call->arg.vfio_unmap.iova || call->arg.vfio_unmap.size);
}

static bool unmap_nothing(struct iofd_call *call)
{
	return !unmaps_all(call) && !call->arg.vfio_unmap.size;
}

const struct iofd_check iofd_vfio_unmap_checks[] = {
	{"U15", ENODEV, "there is no IOAS for VFIO", no_compat},
	{"U15", EINVAL, "everything, and iova or size is not 0", all_and_a_range},
	{"U15", EINVAL, "size is 0", unmap_nothing},
	{"U15", EOVERFLOW, "iova and size wrap", NULL},
	{"U15", EINVAL, "type1: a mapping cannot be cut there", NULL},
	{"U15", ENOENT, "type1v2: a mapping is covered in part", NULL},
	{"U4", EBUSY, "a HW queue needs a mapping", NULL},
	{"U4", EDEADLK, "an access does not let go of pages", NULL},
	IOFD_CHECKS_END,
};

int iofd_vfio_unmap_work(struct iofd_call *call)
{
	struct ioasim_vfio_unmap *arg = &call->arg.vfio_unmap;
	uint64_t last = arg->iova + (arg->size - 1);
	int error = 0;

	if (unmaps_all(call))
		return iofd_unmap(call->ioas, 0, UINT64_MAX, true, &arg->size);
	if (last < arg->iova) {
		arg->size = 0;
		return -EOVERFLOW;
	}
	if (call->ioas->small_pages) {
		error = iofd_cut(call->ioas, last);
		if (!error && arg->iova)
			error = iofd_cut(call->ioas, arg->iova - 1);
	}
	return error ? error : iofd_unmap(call->ioas, arg->iova, last, true, &arg->size);
}
