/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that may well do what the call is for, of what there is; they are changed later. */
#include "iofd_caller.h"

#include <string.h>

#define KIND(name) (1u << SHADOW_##name)

/* ---- Places ------------------------------------------------------------------------------ */

static int number_of(const struct iofd_program *p, const struct shadow_file *file)
{
	return shadow_file_number(&p->shadow, file);
}

/* Rather where nothing is mapped. */
static uint64_t free_iova(struct iofd_program *p, const struct shadow_file *file, uint32_t ioas,
			  uint64_t length)
{
	uint64_t iova = iofd_iova(p);

	if (iofd_chance(p, 0x30))
		return iova;
	for (unsigned n = 0; n < 24 && length; n++) {
		uint64_t at = (iova / IOFD_PAGE + n) % 24 * IOFD_PAGE;

		if (!shadow_overlaps(&p->shadow, number_of(p, file), ioas, at, at + (length - 1)))
			return at;
	}
	return iova;
}

/* Something that is mapped, or a part of it, or a row of mappings. */
static struct shadow_range mapped(struct iofd_program *p, const struct shadow_file *file,
				  uint32_t ioas, bool parts)
{
	uint64_t from = iofd_byte(p) % 24 * IOFD_PAGE;
	struct shadow *s = &p->shadow;
	const struct shadow_area *area = shadow_area_next(s, number_of(p, file), ioas, from), *next;
	struct shadow_range range;
	uint8_t byte = iofd_byte(p);

	if (!area)
		area = shadow_area_next(s, number_of(p, file), ioas, 0);
	if (!area)
		return (struct shadow_range){from, from + (IOFD_PAGE - 1)};
	range = (struct shadow_range){area->first, area->last};
	next = area->last == UINT64_MAX
		       ? NULL
		       : shadow_area_next(s, number_of(p, file), ioas, area->last + 1);
	if (byte >= 0xc0 && next)
		range.last = next->last;
	else if (byte < (parts ? 0x80 : 0x20) && area->last - area->first >= 2 * IOFD_PAGE - 1)
		*(byte & 1 ? &range.first : &range.last) =
			area->first + (byte & 1) * IOFD_PAGE + (byte & 1 ? 0 : IOFD_PAGE - 1);
	return range;
}

static uint32_t map_flags(struct iofd_program *p)
{
	static const uint32_t flags[] = {7, 7, 7, 7, 5, 6, 3, 7};
	uint8_t byte = iofd_byte(p);

	return byte < 0xc0 ? flags[byte % 8] : byte % 8;
}

static uint64_t map_length(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p);

	return byte < 0xd8 ? (1 + byte % 4) * IOFD_PAGE : iofd_length(p);
}

/* An IOAS; rather one that page tables show. */
static uint32_t ioas_of(struct iofd_program *p, const struct shadow_file *file)
{
	bool rather;
	uint32_t id = iofd_id(p, file, KIND(IOAS));

	rather = iofd_chance(p, 0x80);
	for (uint32_t n = 0; rather && n < SHADOW_IDS; n++) {
		uint32_t at = (id + n) % SHADOW_IDS;

		if (file->object[at].kind == SHADOW_IOAS &&
		    shadow_has_tables(&p->shadow, number_of(p, file), at))
			return at;
	}
	return id;
}

/* Rather one that has something. */
static uint32_t full_ioas(struct iofd_program *p, const struct shadow_file *file)
{
	uint32_t id = ioas_of(p, file);

	for (uint32_t n = 0; n < SHADOW_IDS; n++) {
		uint32_t at = (id + n) % SHADOW_IDS;

		if (shadow_area_next(&p->shadow, number_of(p, file), at, 0))
			return at;
	}
	return id;
}

/* ---- Address spaces -------------------------------------------------------------------------- */

static void destroy(struct iofd_program *p, struct ioasim_iommufd_destroy *arg,
		    const struct shadow_file *file)
{
	bool rather;
	arg->id = iofd_id(p, file, SHADOW_ANY);
	rather = iofd_chance(p, 0x80);
	for (uint32_t n = 0; rather && n < SHADOW_IDS; n++) {
		uint32_t at = (arg->id + n) % SHADOW_IDS;

		if (file->object[at].kind != SHADOW_NOTHING && !shadow_busy(&p->shadow, file, at)) {
			arg->id = at;
			return;
		}
	}
}

static void allow(struct iofd_program *p, struct ioasim_iommufd_allow_iovas *arg,
		  const struct shadow_file *file)
{
	static const uint64_t lists[] = {IOFD_RANGES,  IOFD_RANGES, IOFD_RANGES, IOFD_RANGES,
					 IOFD_OVERLAP, IOFD_BACK,   IOFD_TAKEN,  IOFD_TAKEN};

	arg->ioas_id = iofd_id(p, file, KIND(IOAS));
	arg->num_iovas = iofd_byte(p) % 4 ? iofd_byte(p) % 3 : 0;
	arg->ranges = IOFD_DATA + lists[iofd_byte(p) % 8];
}

static void ranges(struct iofd_program *p, struct ioasim_iommufd_iova_ranges *arg,
		   const struct shadow_file *file)
{
	arg->ioas_id = iofd_id(p, file, KIND(IOAS));
	arg->num_iovas = iofd_byte(p) % 4 ? 8 : iofd_byte(p) % 3;
	arg->ranges = IOFD_SCRATCH;
}

static void map(struct iofd_program *p, struct ioasim_iommufd_map *arg,
		const struct shadow_file *file)
{
	arg->flags = map_flags(p);
	arg->ioas_id = ioas_of(p, file);
	arg->user_va = iofd_address(p);
	arg->length = map_length(p);
	arg->iova = free_iova(p, file, arg->ioas_id, arg->length);
	/* Some bytes, which no page table can show. */
	if (!iofd_chance(p, 0xf4)) {
		arg->iova += 8;
		arg->user_va += 8;
		arg->length = 24;
	}
}

static void map_file(struct iofd_program *p, struct ioasim_iommufd_map_file *arg,
		     const struct shadow_file *file)
{
	arg->flags = map_flags(p);
	arg->ioas_id = ioas_of(p, file);
	arg->fd = iofd_fd(p, iofd_chance(p, 0xf0) ? SHADOW_FD_FILE : SHADOW_FD_DEVICE);
	arg->start = iofd_byte(p) % 8 * IOFD_PAGE;
	arg->length = map_length(p);
	arg->iova = free_iova(p, file, arg->ioas_id, arg->length);
}

static void copy(struct iofd_program *p, struct ioasim_iommufd_copy *arg,
		 const struct shadow_file *file)
{
	struct shadow_range range;

	arg->flags = map_flags(p);
	arg->src_ioas_id = full_ioas(p, file);
	arg->dst_ioas_id = ioas_of(p, file);
	range = mapped(p, file, arg->src_ioas_id, true);
	arg->src_iova = range.first;
	arg->length = range.last - range.first + 1;
	arg->dst_iova = free_iova(p, file, arg->dst_ioas_id, arg->length);
}

static void unmap(struct iofd_program *p, struct ioasim_iommufd_unmap *arg,
		  const struct shadow_file *file)
{
	struct shadow_range range;

	arg->ioas_id = full_ioas(p, file);
	range = mapped(p, file, arg->ioas_id, false);
	arg->iova = range.first;
	arg->length = range.last - range.first + 1;
	if (iofd_chance(p, 0x18)) {
		arg->iova = 0;
		arg->length = UINT64_MAX;
	}
}

static void option(struct iofd_program *p, struct ioasim_iommufd_option *arg,
		   const struct shadow_file *file)
{
	uint8_t byte = iofd_byte(p);

	arg->option_id = byte < 0x40 ? 0 : 1;
	arg->op = byte & 1;
	arg->object_id = byte < 0x40 ? 0 : iofd_id(p, file, KIND(IOAS));
	arg->val64 = byte >> 1 & 1;
}

/* ---- Containers -------------------------------------------------------------------------------- */

static void vfio_ioas(struct iofd_program *p, struct ioasim_iommufd_vfio_ioas *arg,
		      const struct shadow_file *file)
{
	uint8_t byte = iofd_byte(p);

	arg->op = byte < 0xb0 ? IOASIM_IOMMUFD_VFIO_IOAS_SET : byte % 3;
	arg->ioas_id = ioas_of(p, file);
}

static void vfio_map(struct iofd_program *p, struct ioasim_vfio_map *arg,
		     const struct shadow_file *file)
{
	arg->flags = iofd_byte(p) % 8 ? 3 : iofd_byte(p) % 4;
	arg->vaddr = iofd_address(p);
	arg->size = map_length(p);
	arg->iova = free_iova(p, file, file->compat, arg->size);
}

static void vfio_unmap(struct iofd_program *p, struct ioasim_vfio_unmap *arg,
		       const struct shadow_file *file)
{
	struct shadow_range range = mapped(p, file, file->compat, true);

	arg->iova = range.first;
	arg->size = range.last - range.first + 1;
	if (!iofd_chance(p, 0x20))
		return;
	arg->flags = IOASIM_VFIO_UNMAP_FLAG_ALL;
	arg->iova = arg->size = 0;
}

/* ---- Page tables --------------------------------------------------------------------------------- */

static uint32_t data_type(const struct iofd_program *p)
{
	return p->shadow.arch == 0   ? IOASIM_IOMMUFD_DATA_VTD_S1
	       : p->shadow.arch == 1 ? IOASIM_IOMMUFD_DATA_AMD_GUEST
				     : IOASIM_IOMMUFD_DATA_SMMUV3;
}

static uint32_t data_bytes(const struct iofd_program *p)
{
	return p->shadow.arch == 0 ? 24 : p->shadow.arch == 1 ? 32 : 16;
}

static void nested(struct iofd_program *p, struct ioasim_iommufd_hwpt_alloc *arg,
		   const struct shadow_file *file)
{
	uint8_t byte = iofd_byte(p);

	/* Where it can be, it is over a vIOMMU. */
	arg->pt_id = iofd_id(p, file, p->shadow.arch && byte < 0xe0 ? KIND(VIOMMU) : KIND(HWPT));
	for (uint32_t n = 1; p->shadow.arch == 0 && byte < 0xe0 && n < SHADOW_IDS; n++)
		if (file->object[n].kind == SHADOW_HWPT &&
		    file->object[n].flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT)
			arg->pt_id = n;
	arg->flags &= IOASIM_IOMMUFD_HWPT_FAULT_ID | (byte & 1 ? IOASIM_IOMMUFD_HWPT_PASID : 0u);
	arg->data_type = data_type(p);
	arg->data_len = data_bytes(p);
	arg->data = IOFD_DATA + (byte % 16 == 7 ? IOFD_TAKEN : IOFD_USER);
}

static void hwpt(struct iofd_program *p, struct ioasim_iommufd_hwpt_alloc *arg,
		 const struct shadow_file *file)
{
	static const uint32_t flags[] = {0,
					 IOASIM_IOMMUFD_HWPT_NEST_PARENT,
					 IOASIM_IOMMUFD_HWPT_PASID,
					 IOASIM_IOMMUFD_HWPT_FAULT_ID,
					 0,
					 IOASIM_IOMMUFD_HWPT_NEST_PARENT,
					 IOASIM_IOMMUFD_HWPT_PASID,
					 IOASIM_IOMMUFD_HWPT_DIRTY};
	uint8_t byte = iofd_byte(p);

	arg->flags = byte < 0xe0 ? flags[byte % 8] : byte % 16;
	arg->dev_id = iofd_id(p, file, KIND(DEVICE));
	arg->pt_id = iofd_id(p, file, KIND(IOAS));
	if (arg->flags & IOASIM_IOMMUFD_HWPT_FAULT_ID)
		arg->fault_id = iofd_id(p, file, KIND(FAULT));
	if (!iofd_alike(p) && iofd_chance(p, 0x60))
		nested(p, arg, file);
	else if (iofd_chance(p, 0x20))
		arg->flags |= IOASIM_IOMMUFD_HWPT_DIRTY;
}

static void info(struct iofd_program *p, struct ioasim_iommufd_hw_info *arg,
		 const struct shadow_file *file)
{
	static const uint32_t own[] = {1, 4, 2};
	uint8_t byte = iofd_byte(p);

	arg->dev_id = iofd_id(p, file, KIND(DEVICE));
	arg->data_len = byte % 80;
	arg->data = byte < 0xf0 ? IOFD_SCRATCH : IOFD_READ_ONLY;
	arg->flags = byte & 1;
	arg->data_type = byte & 2 ? own[p->shadow.arch] : byte >> 2 & 7;
}

static void get_dirty(struct iofd_program *p, struct ioasim_iommufd_get_dirty *arg,
		      const struct shadow_file *file)
{
	bool rather;
	const struct shadow_object *hwpt;
	struct shadow_range range;

	arg->hwpt_id = iofd_id(p, file, KIND(HWPT));
	rather = iofd_chance(p, 0xc0);
	for (uint32_t n = 1; rather && n < SHADOW_IDS; n++)
		if (file->object[n].tracking)
			arg->hwpt_id = n;
	hwpt = &file->object[arg->hwpt_id];
	range = mapped(p, file, hwpt->ioas, true);
	arg->flags = iofd_byte(p) & 1;
	arg->iova = range.first;
	arg->length = range.last - range.first + 1;
	arg->page_size = IOFD_PAGE;
	arg->data = iofd_chance(p, 0xd8) ? IOFD_BITMAP : IOFD_READ_ONLY;
}

static void set_dirty(struct iofd_program *p, struct ioasim_iommufd_set_dirty *arg,
		      const struct shadow_file *file)
{
	bool rather;
	arg->hwpt_id = iofd_id(p, file, KIND(HWPT));
	rather = iofd_chance(p, 0xc0);
	for (uint32_t n = 1; rather && n < SHADOW_IDS; n++)
		if (file->object[n].flags & IOASIM_IOMMUFD_HWPT_DIRTY)
			arg->hwpt_id = n;
	arg->flags = iofd_byte(p) % 4 != 0;
}

/* Good entries, then wrong ones. */
static void invalidate(struct iofd_program *p, struct ioasim_iommufd_invalidate *arg,
		       const struct shadow_file *file)
{
	uint8_t byte = iofd_byte(p);
	bool smmu = p->shadow.arch == 2;

	arg->hwpt_id = iofd_id(p, file, smmu || byte >= 0xe0 ? KIND(VIOMMU) : KIND(NESTED));
	arg->data = IOFD_DATA + IOFD_ENTRIES;
	arg->data_type = smmu ? IOASIM_IOMMUFD_INVALIDATE_SMMUV3 : IOASIM_IOMMUFD_INVALIDATE_VTD_S1;
	arg->entry_len = smmu ? 16 : 24;
	arg->entry_num = byte < 0xa0 ? byte % 3 : byte % 8;
	if (byte >= 0xc0 && byte < 0xd8) { /* longer, with something in it; not there */
		arg->entry_len += 8;
		arg->data = byte & 1 ? arg->data : IOFD_DATA + IOFD_PAGE - 8;
	}
}

/* ---- Virtual IOMMUs -------------------------------------------------------------------------------- */

static void viommu(struct iofd_program *p, struct ioasim_iommufd_viommu_alloc *arg,
		   const struct shadow_file *file)
{
	bool rather;
	arg->type = 1;
	arg->dev_id = iofd_id(p, file, KIND(DEVICE));
	arg->hwpt_id = iofd_id(p, file, KIND(HWPT));
	rather = iofd_chance(p, 0xd0);
	for (uint32_t n = 1; rather && n < SHADOW_IDS; n++)
		if (file->object[n].kind == SHADOW_HWPT &&
		    file->object[n].flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT)
			arg->hwpt_id = n;
	if (iofd_chance(p, 0x20)) {
		arg->data_len = 16;
		arg->data = iofd_address(p);
	}
}

static void vdevice(struct iofd_program *p, struct ioasim_iommufd_vdevice_alloc *arg,
		    const struct shadow_file *file)
{
	arg->viommu_id = iofd_id(p, file, KIND(VIOMMU));
	arg->dev_id = iofd_id(p, file, KIND(DEVICE));
	arg->virt_id = iofd_byte(p) % 8;
}

static void veventq(struct iofd_program *p, struct ioasim_iommufd_veventq_alloc *arg,
		    const struct shadow_file *file)
{
	arg->viommu_id = iofd_id(p, file, KIND(VIOMMU));
	arg->type = 1 + (iofd_byte(p) & 1);
	arg->depth = 1 + iofd_byte(p) % 4;
}

static void hw_queue(struct iofd_program *p, struct ioasim_iommufd_hw_queue_alloc *arg,
		     const struct shadow_file *file)
{
	arg->viommu_id = iofd_id(p, file, KIND(VIOMMU));
	arg->type = iofd_byte(p) % 4;
	arg->nesting_parent_iova = iofd_iova(p);
	arg->length = iofd_length(p);
}

/* ---- Devices ------------------------------------------------------------------------------------------ */

static void bind(struct iofd_program *p, struct ioasim_vfio_bind *arg,
		 const struct shadow_file *file)
{
	(void)file;
	arg->iommufd = iofd_fd(p, iofd_chance(p, 0xf0) ? SHADOW_FD_IOMMUFD : SHADOW_FD_DEVICE);
}

static uint32_t pasid_of(struct iofd_program *p)
{
	uint8_t byte = iofd_byte(p);

	return byte < 0xf0 ? 1u + byte % 3u : byte < 0xf8 ? 300u : UINT32_MAX;
}

static void attach(struct iofd_program *p, struct ioasim_vfio_attach *arg,
		   const struct shadow_file *file)
{
	uint8_t byte = iofd_byte(p);

	arg->flags = byte >= 0xc0 ? IOASIM_VFIO_ATTACH_PASID : 0;
	arg->pasid = arg->flags ? pasid_of(p) : 0;
	arg->pt_id = iofd_id(p, file,
			     byte % 4 == 0   ? KIND(IOAS)
			     : byte % 4 == 1 ? KIND(NESTED)
			     : byte % 4 == 2 ? KIND(HWPT)
					     : KIND(HWPT) | KIND(IOAS) | KIND(NESTED));
	/* PASIDs are for tables that say so. */
	for (uint32_t n = 1; file && arg->flags && byte < 0xe8 && n < SHADOW_IDS; n++)
		if (file->object[n].kind == SHADOW_HWPT &&
		    file->object[n].flags & IOASIM_IOMMUFD_HWPT_PASID)
			arg->pt_id = n;
}

static void detach(struct iofd_program *p, struct ioasim_vfio_detach *arg,
		   const struct shadow_file *file)
{
	(void)file;
	arg->flags = iofd_byte(p) % 4 ? 0 : IOASIM_VFIO_ATTACH_PASID;
	arg->pasid = arg->flags ? pasid_of(p) : 0;
}

/* ---- All ------------------------------------------------------------------------------------------------- */

void iofd_recipe(struct iofd_program *p, struct iofd_made *made, struct shadow_file *file)
{
	static const uint64_t numbers[] = {IOASIM_VFIO_TYPE1, IOASIM_VFIO_TYPE1V2,
					   IOASIM_VFIO_DMA_CC, IOASIM_VFIO_UNMAP_ALL};
	void *arg = made->argument;
	uint64_t number;

	if (!made->entry->structure) {
		number = iofd_byte(p) % 12;
		if (iofd_chance(p, 0xd8))
			number = numbers[number %
					 (made->entry->request == IOASIM_VFIO_SET_IOMMU ? 2 : 4)];
		memcpy(arg, &number, sizeof(number));
		return;
	}
	switch (made->entry->request) {
#define RECIPE(call, name)          \
	case IOASIM_##call:         \
		name(p, arg, file); \
		break
		RECIPE(IOMMUFD_DESTROY, destroy);
		RECIPE(IOMMUFD_IOAS_ALLOW_IOVAS, allow);
		RECIPE(IOMMUFD_IOAS_IOVA_RANGES, ranges);
		RECIPE(IOMMUFD_IOAS_MAP, map);
		RECIPE(IOMMUFD_IOAS_MAP_FILE, map_file);
		RECIPE(IOMMUFD_IOAS_COPY, copy);
		RECIPE(IOMMUFD_IOAS_UNMAP, unmap);
		RECIPE(IOMMUFD_OPTION, option);
		RECIPE(IOMMUFD_VFIO_IOAS, vfio_ioas);
		RECIPE(VFIO_IOMMU_MAP_DMA, vfio_map);
		RECIPE(VFIO_IOMMU_UNMAP_DMA, vfio_unmap);
		RECIPE(IOMMUFD_HWPT_ALLOC, hwpt);
		RECIPE(IOMMUFD_GET_HW_INFO, info);
		RECIPE(IOMMUFD_HWPT_SET_DIRTY_TRACKING, set_dirty);
		RECIPE(IOMMUFD_HWPT_GET_DIRTY_BITMAP, get_dirty);
		RECIPE(IOMMUFD_HWPT_INVALIDATE, invalidate);
		RECIPE(IOMMUFD_VIOMMU_ALLOC, viommu);
		RECIPE(IOMMUFD_VDEVICE_ALLOC, vdevice);
		RECIPE(IOMMUFD_VEVENTQ_ALLOC, veventq);
		RECIPE(IOMMUFD_HW_QUEUE_ALLOC, hw_queue);
		RECIPE(VFIO_BIND_IOMMUFD, bind);
		RECIPE(VFIO_ATTACH_IOMMUFD_PT, attach);
		RECIPE(VFIO_DETACH_IOMMUFD_PT, detach);
#undef RECIPE
	default:
		break;
	}
}
