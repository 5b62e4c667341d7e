/* SPDX-License-Identifier: Apache-2.0 */
/* The second book: what calls on page tables, devices and virtual IOMMUs return, and what
 * stands before all calls: descriptors, sizes, flags and reserved members (16.2). */
#include "iofd_expect.h"

#include <errno.h>
#include <string.h>

#define PAGE UINT64_C(4096)

/* By `arch` of the book. */
enum { VTD, AMDVI, SMMUV3 };

static const struct offer *offer_of(const struct shadow *s)
{
	return &s->system[0]->offer;
}

static struct shadow_object *find(const struct on *on, uint32_t id, unsigned kinds)
{
	return shadow_find(on->file, id, kinds);
}

/* ---- Objects: U1, U15 -------------------------------------------------------------------- */

struct shadow_answer expect_destroy(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_destroy *arg = argument;

	if (!find(on, arg->id, SHADOW_ANY))
		return sure(ENOENT);
	return sure(shadow_busy(on->s, on->file, arg->id) ? EBUSY : 0);
}

struct shadow_answer expect_vfio_ioas(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_vfio_ioas *arg = argument;

	if (arg->op > IOASIM_IOMMUFD_VFIO_IOAS_CLEAR)
		return sure(EOPNOTSUPP);
	if (arg->op == IOASIM_IOMMUFD_VFIO_IOAS_GET)
		return sure(on->file->compat ? 0 : ENODEV);
	return sure(arg->op == IOASIM_IOMMUFD_VFIO_IOAS_SET &&
				    !find(on, arg->ioas_id, 1u << SHADOW_IOAS)
			    ? ENOENT
			    : 0);
}

/* What it returns is 1 as often as 0: only the error is foretold. */
struct shadow_answer expect_extension(const struct on *on, const void *argument)
{
	return sure(*(const uint64_t *)argument == IOASIM_VFIO_DMA_CC && !on->file->compat ? ENODEV
											   : 0);
}

struct shadow_answer expect_vfio_info(const struct on *on, const void *argument)
{
	(void)argument;
	return sure(on->file->compat ? 0 : ENODEV);
}

/* ---- Page tables: U7, U13, U8 -------------------------------------------------------------- */

bool expect_unaligned(const struct on *on, uint32_t ioas)
{
	for (unsigned n = 0; n < SHADOW_AREAS; n++) {
		const struct shadow_area *area = &on->s->area[n];

		if (area->pages && area->file == on->number && area->ioas == ioas &&
		    (area->first | (area->last + 1) | area->start) % PAGE)
			return true;
	}
	return false;
}

/* A table of the kernel comes into an IOAS, and shows what is there. */
static int enters(const struct on *on, uint32_t ioas)
{
	const struct shadow_object *object = &on->file->object[ioas];
	const unsigned bits = offer_of(on->s)->kernel_bits;

	if (expect_unaligned(on, ioas))
		return EADDRINUSE;
	if (shadow_overlaps(on->s, on->number, ioas, UINT64_C(1) << bits, UINT64_MAX))
		return EADDRINUSE;
	for (unsigned n = 0; n < object->allowed; n++)
		if (object->range[n].last >> bits)
			return EADDRINUSE;
	for (unsigned n = 0; n < SHADOW_AREAS; n++) {
		const struct shadow_area *area = &on->s->area[n];

		if (area->pages && area->file == on->number && area->ioas == ioas &&
		    !shadow_can_pin(on->s, area->pages, area->start, area->last - area->first + 1))
			return EFAULT;
	}
	return 0;
}

static bool flags_offered(const struct shadow *s, uint32_t flags)
{
	const struct offer *offer = offer_of(s);
	bool parent = flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT;
	bool pasid = flags & IOASIM_IOMMUFD_HWPT_PASID;
	bool dirty = flags & IOASIM_IOMMUFD_HWPT_DIRTY;

	if ((parent && !offer->nest_parent) || (pasid && !offer->pasid_bits))
		return false;
	if (parent && pasid && !offer->parent_beside_pasid)
		return false;
	if (parent && flags & IOASIM_IOMMUFD_HWPT_FAULT_ID)
		return false;
	return !dirty ||
	       ((parent ? offer->dirty_parent : offer->dirty) && (!pasid || offer->dirty_pasid));
}

static struct shadow_answer expect_nested(const struct on *on,
					  const struct ioasim_iommufd_hwpt_alloc *arg)
{
	const struct shadow_object *parent = find(on, arg->pt_id, 1u << SHADOW_HWPT);

	if (arg->flags & ~(uint32_t)(IOASIM_IOMMUFD_HWPT_FAULT_ID | IOASIM_IOMMUFD_HWPT_PASID) ||
	    !arg->data_len)
		return sure(EOPNOTSUPP);
	/* Those but VT-d's stand on a vIOMMU. */
	if (on->s->arch != VTD && !find(on, arg->pt_id, 1u << SHADOW_VIOMMU))
		return sure(EOPNOTSUPP);
	if (parent && (parent->automatic || !(parent->flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT)))
		return sure(EINVAL);
	return any();
}

struct shadow_answer expect_hwpt(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_hwpt_alloc *arg = argument;
	int error;

	if (!arg->data_type != !arg->data_len)
		return sure(EINVAL);
	if (!find(on, arg->dev_id, 1u << SHADOW_DEVICE))
		return sure(ENOENT);
	if (!find(on, arg->pt_id, 1u << SHADOW_IOAS | 1u << SHADOW_HWPT | 1u << SHADOW_VIOMMU))
		return sure(EINVAL);
	if (!find(on, arg->pt_id, 1u << SHADOW_IOAS))
		return expect_nested(on, arg);
	if (arg->flags & ~15u || arg->data_len || !flags_offered(on->s, arg->flags))
		return sure(EOPNOTSUPP);
	error = enters(on, arg->pt_id);
	if (!error && arg->flags & IOASIM_IOMMUFD_HWPT_FAULT_ID &&
	    !find(on, arg->fault_id, 1u << SHADOW_FAULT))
		error = ENOENT;
	return sure(error);
}

struct shadow_answer expect_info(const struct on *on, const void *argument)
{
	static const uint32_t own[] = {IOASIM_IOMMUFD_HW_INFO_VTD, IOASIM_IOMMUFD_HW_INFO_AMD,
				       IOASIM_IOMMUFD_HW_INFO_SMMUV3};
	const struct ioasim_iommufd_hw_info *arg = argument;

	if (!find(on, arg->dev_id, 1u << SHADOW_DEVICE))
		return sure(ENOENT);
	if (arg->flags & IOASIM_IOMMUFD_HW_INFO_INPUT_TYPE && arg->data_type &&
	    arg->data_type != own[on->s->arch])
		return sure(EOPNOTSUPP);
	return sure(arg->data_len && !shadow_memory(on->s, arg->data, arg->data_len, IOASIM_WRITE)
			    ? EFAULT
			    : 0);
}

struct shadow_answer expect_set_dirty(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_set_dirty *arg = argument;
	const struct shadow_object *hwpt = find(on, arg->hwpt_id, 1u << SHADOW_HWPT);

	if (!hwpt)
		return sure(ENOENT);
	return sure(hwpt->flags & IOASIM_IOMMUFD_HWPT_DIRTY ? 0 : EOPNOTSUPP);
}

static bool has_hole(const struct on *on, uint32_t ioas, uint64_t first, uint64_t last)
{
	for (;;) {
		const struct shadow_area *area = shadow_area_at(on->s, on->number, ioas, first);

		if (!area)
			return true;
		if (area->last >= last)
			return false;
		first = area->last + 1;
	}
}

struct shadow_answer expect_get_dirty(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_get_dirty *arg = argument;
	const struct shadow_object *hwpt = find(on, arg->hwpt_id, 1u << SHADOW_HWPT);
	uint64_t end = arg->iova + arg->length;

	if (!hwpt)
		return sure(ENOENT);
	if (!arg->length)
		return sure(EINVAL);
	if (end - 1 < arg->iova)
		return sure(EOVERFLOW);
	if ((arg->iova | end) % PAGE || !arg->page_size ||
	    (arg->iova | end) & (arg->page_size - 1) || arg->page_size & (arg->page_size - 1))
		return sure(EINVAL);
	if (!(hwpt->flags & IOASIM_IOMMUFD_HWPT_DIRTY))
		return sure(EOPNOTSUPP);
	if (has_hole(on, hwpt->ioas, arg->iova, end - 1) || !hwpt->tracking)
		return sure(EINVAL);
	return either(0, EFAULT);
}

struct shadow_answer expect_invalidate(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_invalidate *arg = argument;

	if (arg->entry_num &&
	    (!arg->data || !arg->entry_len || arg->entry_len > PAGE || arg->entry_num > 1u << 19))
		return sure(EINVAL);
	if (!find(on, arg->hwpt_id, SHADOW_ANY))
		return sure(ENOENT);
	if (!find(on, arg->hwpt_id, 1u << SHADOW_NESTED | 1u << SHADOW_VIOMMU))
		return sure(EINVAL);
	return any();
}

/* ---- Virtual IOMMUs: U11 ---------------------------------------------------------------------- */

static bool viommu_offered(const struct shadow *s, uint32_t type)
{
	return s->arch == AMDVI || (s->arch == SMMUV3 && type == IOASIM_IOMMUFD_VIOMMU_SMMUV3);
}

struct shadow_answer expect_viommu(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_viommu_alloc *arg = argument;
	const struct shadow_object *hwpt = find(on, arg->hwpt_id, 1u << SHADOW_HWPT);

	if (!arg->type)
		return sure(EOPNOTSUPP);
	if (!find(on, arg->dev_id, 1u << SHADOW_DEVICE))
		return sure(ENOENT);
	if (!viommu_offered(on->s, arg->type))
		return sure(EOPNOTSUPP);
	if (!hwpt)
		return sure(ENOENT);
	if (!(hwpt->flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT) || arg->data_len > 64)
		return sure(EINVAL);
	if (!arg->data_len)
		return sure(0);
	return sure(shadow_memory(on->s, arg->data, arg->data_len, IOASIM_READ) ? EOPNOTSUPP
										: EFAULT);
}

struct shadow_answer expect_vdevice(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_vdevice_alloc *arg = argument;
	const struct shadow_object *device = find(on, arg->dev_id, 1u << SHADOW_DEVICE);

	if (!find(on, arg->viommu_id, 1u << SHADOW_VIOMMU) || !device)
		return sure(ENOENT);
	for (uint32_t n = 1; n < SHADOW_IDS; n++) {
		const struct shadow_object *other = &on->file->object[n];

		if (other->kind == SHADOW_VDEVICE &&
		    (other->device == device->device ||
		     (other->below == arg->viommu_id && other->number == arg->virt_id)))
			return sure(EEXIST);
	}
	return sure(0);
}

struct shadow_answer expect_veventq(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_veventq_alloc *arg = argument;

	if (!arg->type)
		return sure(EOPNOTSUPP);
	if (!arg->depth || arg->depth > 1u << 19)
		return sure(EINVAL);
	if (!find(on, arg->viommu_id, 1u << SHADOW_VIOMMU))
		return sure(ENOENT);
	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (on->file->object[n].kind == SHADOW_VEVENTQ &&
		    on->file->object[n].below == arg->viommu_id &&
		    on->file->object[n].number == arg->type)
			return sure(EEXIST);
	return sure(0);
}

/* No unit here has such queues. */
struct shadow_answer expect_hw_queue(const struct on *on, const void *argument)
{
	const struct ioasim_iommufd_hw_queue_alloc *arg = argument;

	if (!arg->type)
		return sure(EOPNOTSUPP);
	if (!arg->length)
		return sure(EINVAL);
	if (arg->nesting_parent_iova + (arg->length - 1) < arg->nesting_parent_iova)
		return sure(EOVERFLOW);
	return sure(find(on, arg->viommu_id, 1u << SHADOW_VIOMMU) ? EOPNOTSUPP : ENOENT);
}

/* ---- Devices: U10, U9 --------------------------------------------------------------------------- */

struct shadow_answer expect_bind(const struct on *on, const void *argument)
{
	const struct ioasim_vfio_bind *arg = argument;
	const struct shadow_device *device = &on->s->device[on->device];
	const struct shadow_fd *fd;

	if (arg->iommufd < 0 || device->file >= 0)
		return sure(EINVAL);
	fd = arg->iommufd < SHADOW_FDS ? &on->s->fd[arg->iommufd] : NULL;
	if (!fd || fd->kind == SHADOW_FD_NONE)
		return sure(EBADF);
	if (fd->kind != SHADOW_FD_IOMMUFD)
		return sure(EBADFD);
	if (device->mediated)
		return sure(EOPNOTSUPP);
	/* No IOMMU and no group is asked about a software mdev. */
	if (device->software)
		return sure(0);
	if (device->not_coherent)
		return sure(EINVAL);
	for (int n = 0; n < SHADOW_DEVICES; n++)
		if (on->s->device[n].group == device->group && on->s->device[n].file >= 0 &&
		    on->s->device[n].file != fd->file)
			return sure(EPERM);
	return sure(0);
}

/* The reserved ranges of a device are free in an IOAS. */
static bool ranges_free(const struct on *on, const struct shadow_device *device, uint32_t ioas)
{
	const struct shadow_object *object = &on->file->object[ioas];

	for (unsigned n = 0; n < device->reserved; n++) {
		const struct shadow_range *range = &device->range[n];

		if (shadow_overlaps(on->s, on->number, ioas, range->first, range->last))
			return false;
		for (unsigned i = 0; i < object->allowed; i++)
			if (object->range[i].first <= range->last &&
			    object->range[i].last >= range->first)
				return false;
	}
	return true;
}

/* Whether routes with PASIDs can stand on it, or beside it. */
static bool pasid_fits(const struct on *on, uint32_t pasid, const struct shadow_object *hwpt)
{
	bool flag = hwpt->flags & IOASIM_IOMMUFD_HWPT_PASID;
	const struct shadow_route *whole = shadow_route(on->s, on->device, SHADOW_NO_PASID, true);

	if (pasid != SHADOW_NO_PASID)
		return flag &&
		       (!whole || on->file->object[whole->hwpt].flags & IOASIM_IOMMUFD_HWPT_PASID);
	for (unsigned n = 0; n < SHADOW_ROUTES && !flag; n++)
		if (on->s->route[n].used && on->s->route[n].pasid != SHADOW_NO_PASID &&
		    on->s->device[on->s->route[n].device].group == on->s->device[on->device].group)
			return false;
	return true;
}

static bool has_vdevice(const struct on *on, uint32_t viommu)
{
	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (on->file->object[n].kind == SHADOW_VDEVICE &&
		    on->file->object[n].below == viommu && on->file->object[n].device == on->device)
			return true;
	return false;
}

static bool group_has_more(const struct on *on)
{
	for (int n = 0; n < SHADOW_DEVICES; n++)
		if (n != on->device && on->s->device[n].group == on->s->device[on->device].group)
			return true;
	return false;
}

/* R4, T6: user's tables of all PASIDs. */
static bool refused(const struct on *on, uint32_t pasid, const struct shadow_object *hwpt)
{
	bool delegates = hwpt->kind == SHADOW_NESTED && on->s->arch != VTD;
	const struct shadow_route *whole = shadow_route(on->s, on->device, SHADOW_NO_PASID, false);

	if (pasid == SHADOW_NO_PASID && !delegates)
		return false;
	if ((delegates && pasid != SHADOW_NO_PASID) || group_has_more(on))
		return true;
	if (!delegates)
		return whole && on->s->arch != VTD &&
		       on->file->object[whole->hwpt].kind == SHADOW_NESTED;
	for (unsigned n = 0; n < SHADOW_ROUTES; n++)
		if (on->s->route[n].used && on->s->route[n].device == on->device &&
		    on->s->route[n].pasid != SHADOW_NO_PASID)
			return true;
	return false;
}

/* All members on the route move, or the device alone comes. */
static bool moves(const struct on *on, uint32_t pasid, const struct shadow_object *hwpt)
{
	for (unsigned n = 0; n < SHADOW_ROUTES; n++) {
		const struct shadow_route *route = &on->s->route[n];

		if (route->used && route->pasid == pasid &&
		    on->s->device[route->device].group == on->s->device[on->device].group &&
		    !ranges_free(on, &on->s->device[route->device], hwpt->ioas))
			return false;
	}
	return true;
}

static struct shadow_answer attach_table(const struct on *on, uint32_t pasid, uint32_t id)
{
	const struct shadow_object *hwpt = &on->file->object[id];
	const struct shadow_device *device = &on->s->device[on->device];
	const struct shadow_route *own = shadow_route(on->s, on->device, pasid, false);
	const struct shadow_route *route = shadow_route(on->s, on->device, pasid, true);

	/* Nothing is asked again. */
	if (own && own->hwpt == id)
		return sure(0);
	if (!pasid_fits(on, pasid, hwpt) || (hwpt->faults && device->pri_vf))
		return sure(EINVAL);
	if (hwpt->viommu && !has_vdevice(on, hwpt->viommu))
		return sure(ENOENT);
	if (shadow_enforced(hwpt, device))
		return sure(EINVAL);
	if (!own && route && route->hwpt != id)
		return sure(EINVAL);
	if (pasid == SHADOW_NO_PASID && own && on->file->object[own->hwpt].ioas != hwpt->ioas &&
	    !moves(on, pasid, hwpt))
		return sure(EADDRINUSE);
	if (pasid == SHADOW_NO_PASID && !own && !ranges_free(on, device, hwpt->ioas))
		return sure(EADDRINUSE);
	if (refused(on, pasid, hwpt))
		return sure(EINVAL);
	return hwpt->kind == SHADOW_NESTED || pasid != SHADOW_NO_PASID ? any() : sure(0);
}

/* U9: the first automatic one that fits, or a new one. */
static struct shadow_answer attach_ioas(const struct on *on, uint32_t pasid, uint32_t ioas,
					uint32_t *found)
{
	const struct shadow_device *device = &on->s->device[on->device];
	const struct shadow_route *own = shadow_route(on->s, on->device, pasid, false);
	const struct shadow_object new = {.kind = SHADOW_HWPT, .ioas = ioas};
	uint32_t order = 0;
	int error;

	for (;;) {
		struct shadow_answer answer;
		uint32_t next = 0;

		for (uint32_t n = 1; n < SHADOW_IDS; n++) {
			const struct shadow_object *hwpt = &on->file->object[n];

			if (hwpt->kind == SHADOW_HWPT && hwpt->automatic && hwpt->ioas == ioas &&
			    hwpt->order > order &&
			    (!next || hwpt->order < on->file->object[next].order))
				next = n;
		}
		if (!next)
			break;
		answer = attach_table(on, pasid, next);
		*found = next;
		if (answer.other < 0 || answer.error != EINVAL)
			return answer;
		order = on->file->object[next].order;
	}
	*found = 0;
	error = enters(on, ioas);
	if (error)
		return sure(error);
	if (!pasid_fits(on, pasid, &new))
		return sure(EINVAL);
	if (!own && shadow_route(on->s, on->device, pasid, true))
		return sure(EINVAL);
	if (own ? on->file->object[own->hwpt].ioas != ioas && !moves(on, pasid, &new)
		: !ranges_free(on, device, ioas))
		return sure(EADDRINUSE);
	return sure(0);
}

static struct shadow_answer attach(const struct on *on, uint32_t pasid, uint32_t id,
				   uint32_t *found)
{
	const unsigned bits = on->s->device[on->device].pasid_bits;
	const struct shadow_object *object = find(on, id, SHADOW_ANY);

	*found = 0;
	if (!object)
		return sure(ENOENT);
	if (!find(on, id, 1u << SHADOW_IOAS | 1u << SHADOW_HWPT | 1u << SHADOW_NESTED))
		return sure(EINVAL);
	if (pasid != SHADOW_NO_PASID && !bits)
		return sure(EOPNOTSUPP);
	if (pasid != SHADOW_NO_PASID && pasid >> bits)
		return sure(EINVAL);
	if (object->kind == SHADOW_IOAS)
		return attach_ioas(on, pasid, id, found);
	*found = id;
	return attach_table(on, pasid, id);
}

/* U14: an IOAS, whose mappings are whole pages. */
static int attach_software(const struct on *on, const struct ioasim_vfio_attach *arg)
{
	if (arg->flags & IOASIM_VFIO_ATTACH_PASID)
		return EOPNOTSUPP;
	if (!find(on, arg->pt_id, 1u << SHADOW_IOAS))
		return ENOENT;
	if (on->s->device[on->device].ioas == arg->pt_id)
		return 0;
	return expect_unaligned(on, arg->pt_id) ? EADDRINUSE : 0;
}

struct shadow_answer expect_attach(const struct on *on, const void *argument)
{
	const struct ioasim_vfio_attach *arg = argument;
	bool pasid = arg->flags & IOASIM_VFIO_ATTACH_PASID;
	uint32_t found;

	if (on->file && on->s->device[on->device].software)
		return sure(attach_software(on, arg));
	if (!on->file || (pasid && (arg->argsz < sizeof(*arg) || !arg->pasid || !arg->pasid ||
				    arg->pasid == SHADOW_NO_PASID)))
		return sure(EINVAL);
	return attach(on, pasid ? arg->pasid : SHADOW_NO_PASID, arg->pt_id, &found);
}

struct shadow_answer shadow_expect_attach(struct shadow *s, int device, uint32_t pasid, uint32_t id,
					  uint32_t *hwpt)
{
	const struct on on = {s, &s->file[s->device[device].file], s->device[device].file, device};

	return attach(&on, pasid, id, hwpt);
}

struct shadow_answer expect_detach(const struct on *on, const void *argument)
{
	const struct ioasim_vfio_detach *arg = argument;

	if (!on->file)
		return sure(EINVAL);
	if (on->s->device[on->device].software && arg->flags & IOASIM_VFIO_ATTACH_PASID)
		return sure(EOPNOTSUPP);
	return sure(arg->flags & IOASIM_VFIO_ATTACH_PASID && arg->argsz < sizeof(*arg) ? EINVAL
										       : 0);
}

/* ---- All calls ------------------------------------------------------------------------------------ */

static expect_fn *function_of(uint32_t request)
{
	static const struct {
		uint32_t request;
		expect_fn *expect;
	} all[] = {
		{IOASIM_IOMMUFD_DESTROY, expect_destroy},
		{IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, expect_allow},
		{IOASIM_IOMMUFD_IOAS_COPY, expect_copy},
		{IOASIM_IOMMUFD_IOAS_IOVA_RANGES, expect_ranges},
		{IOASIM_IOMMUFD_IOAS_MAP, expect_map},
		{IOASIM_IOMMUFD_IOAS_UNMAP, expect_unmap},
		{IOASIM_IOMMUFD_OPTION, expect_option},
		{IOASIM_IOMMUFD_VFIO_IOAS, expect_vfio_ioas},
		{IOASIM_IOMMUFD_HWPT_ALLOC, expect_hwpt},
		{IOASIM_IOMMUFD_GET_HW_INFO, expect_info},
		{IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING, expect_set_dirty},
		{IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP, expect_get_dirty},
		{IOASIM_IOMMUFD_HWPT_INVALIDATE, expect_invalidate},
		{IOASIM_IOMMUFD_IOAS_MAP_FILE, expect_map_file},
		{IOASIM_IOMMUFD_VIOMMU_ALLOC, expect_viommu},
		{IOASIM_IOMMUFD_VDEVICE_ALLOC, expect_vdevice},
		{IOASIM_IOMMUFD_VEVENTQ_ALLOC, expect_veventq},
		{IOASIM_IOMMUFD_HW_QUEUE_ALLOC, expect_hw_queue},
		{IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS, expect_change_process},
		{IOASIM_VFIO_CHECK_EXTENSION, expect_extension},
		{IOASIM_VFIO_SET_IOMMU, expect_set_iommu},
		{IOASIM_VFIO_IOMMU_GET_INFO, expect_vfio_info},
		{IOASIM_VFIO_IOMMU_MAP_DMA, expect_vfio_map},
		{IOASIM_VFIO_IOMMU_UNMAP_DMA, expect_vfio_unmap},
		{IOASIM_VFIO_BIND_IOMMUFD, expect_bind},
		{IOASIM_VFIO_ATTACH_IOMMUFD_PT, expect_attach},
		{IOASIM_VFIO_DETACH_IOMMUFD_PT, expect_detach},
	};

	for (unsigned n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		if (all[n].request == request)
			return all[n].expect;
	return NULL; /* nothing can be wrong */
}

/* 16.2: size, flags and reserved members, as far as the caller gave them. */
static int structure(const struct iofd_made *made)
{
	const struct iofd_call_entry *entry = made->entry;

	if (made->size < entry->minimum)
		return EINVAL;
	/* Of VFIO's structures BIND's alone. */
	for (uint32_t n = entry->size; n < made->size; n++)
		if (made->argument[n] &&
		    (entry->where == IOFD_ON_IOMMUFD || entry->request == IOASIM_VFIO_BIND_IOMMUFD))
			return E2BIG;
	for (const struct iofd_member *m = entry->members; m->name; m++) {
		uint64_t value = 0;

		memcpy(&value, made->argument + m->offset, m->bytes);
		if (m->offset + m->bytes <= made->size &&
		    (m->kind == IOFD_RESERVED || m->kind == IOFD_FLAGS) && value & ~m->known)
			return entry->unknown_error;
	}
	return 0;
}

/* Where the call is made: false with *error. */
static bool place(struct shadow *s, const struct iofd_made *made, struct on *on, int *error)
{
	const struct shadow_fd *fd =
		made->fd >= 0 && made->fd < SHADOW_FDS ? &s->fd[made->fd] : NULL;

	*error = EBADF;
	if (!fd || fd->kind == SHADOW_FD_NONE)
		return false;
	*error = ENOTTY;
	if (fd->kind == SHADOW_FD_QUEUE || fd->kind == SHADOW_FD_FILE ||
	    (fd->kind == SHADOW_FD_DEVICE) != (made->entry->where == IOFD_ON_DEVICE))
		return false;
	*on = (struct on){.s = s, .number = fd->file, .device = fd->device};
	if (fd->kind == SHADOW_FD_DEVICE)
		on->number = s->device[fd->device].file;
	on->file = on->number < 0 ? NULL : &s->file[on->number];
	return true;
}

struct shadow_answer shadow_expect(struct shadow *s, const struct iofd_made *made)
{
	_Alignas(8) unsigned char argument[IOFD_ARGUMENT] = {0};
	expect_fn *expect = function_of(made->entry->request);
	struct on on;
	int error;

	if (!place(s, made, &on, &error))
		return outside(error);
	if (!made->entry->structure) {
		return expect ? expect(&on, made->argument) : sure(0);
	}
	if (made->null)
		return outside(EFAULT);
	error = structure(made);
	if (error)
		return outside(error);
	memcpy(argument, made->argument,
	       made->size < made->entry->size ? made->size : made->entry->size);
	return expect ? expect(&on, argument) : sure(0);
}
