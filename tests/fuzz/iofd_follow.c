/* SPDX-License-Identifier: Apache-2.0 */
/* The second book: what calls that succeeded, and closing, do. */
#include "iofd_caller.h"

#include <string.h>

#define PAGE UINT64_C(4096)

/* ---- Pages --------------------------------------------------------------------------------- */

struct shadow_pages *shadow_pages_make(struct shadow *s, uint64_t address, uint64_t length,
				       bool writable)
{
	for (unsigned n = 0; n < SHADOW_PAGES; n++) {
		struct shadow_pages *pages = &s->pages[n];

		if (pages->refs)
			continue;
		memset(pages, 0, sizeof(*pages));
		pages->address = address - address % PAGE;
		pages->count = (address % PAGE + length - 1) / PAGE + 1;
		pages->writable = writable;
		return pages;
	}
	s->lost = "the book has no room for pages";
	return NULL;
}

/* Where a page comes to lie when it is used first is where it stays (M7). */
static void page_use(struct shadow *s, struct shadow_pages *pages, uint64_t n)
{
	for (unsigned i = 0; !pages->page[n].pins && !pages->page[n].held && i < s->sides; i++)
		(void)ioasim_process_page(s->system[i], s->process, pages->address + n * PAGE,
					  &pages->page[n].pa[i]);
}

/* Pages are used by one mapping more, or less. */
static void pin(struct shadow *s, const struct shadow_area *area, bool more)
{
	struct shadow_pages *pages = area->pages;
	const uint64_t end = (area->start + (area->last - area->first)) / PAGE;

	for (uint64_t n = area->start / PAGE; n <= end && n < SHADOW_RUN; n++) {
		page_use(s, pages, n);
		pages->page[n].pins += more ? 1u : -1u;
	}
}

void shadow_hold(struct shadow *s, const struct shadow_area *area, uint64_t first, uint64_t last,
		 bool more)
{
	const uint64_t end = (area->start + (last - area->first)) / PAGE;

	for (uint64_t n = (area->start + (first - area->first)) / PAGE; n <= end; n++) {
		page_use(s, area->pages, n);
		area->pages->page[n].held += more ? 1u : -1u;
	}
}

/* ---- Mappings ------------------------------------------------------------------------------- */

static struct shadow_area *area_add(struct shadow *s, const struct shadow_area *area)
{
	for (unsigned n = 0; n < SHADOW_AREAS; n++) {
		if (s->area[n].pages)
			continue;
		s->area[n] = *area;
		area->pages->refs++;
		return &s->area[n];
	}
	s->lost = "the book has no room for a mapping";
	return NULL;
}

void shadow_map(struct shadow *s, const struct shadow_area *area)
{
	if (shadow_overlaps(s, area->file, area->ioas, area->first, area->last))
		s->lost = "a mapping lies over another one";
	if (shadow_is_reserved(s, area->file, area->ioas, area->first, area->last))
		s->lost = "a mapping lies in a reserved range";
	if (area_add(s, area) && shadow_has_tables(s, area->file, area->ioas))
		pin(s, area, true);
}

static void remember(struct shadow *s, const struct shadow_area *area)
{
	for (unsigned n = 0; n < SHADOW_ROUTES; n++) {
		const struct shadow_route *route = &s->route[n];

		if (route->used && route->file == area->file &&
		    s->file[route->file].object[route->hwpt].ioas == area->ioas)
			s->gone[s->gones++ % SHADOW_GONE] =
				(struct shadow_gone){route->device, route->pasid, area->first};
	}
}

void shadow_unmap(struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last)
{
	bool pinned = shadow_has_tables(s, file, ioas);

	for (unsigned n = 0; n < SHADOW_AREAS; n++) {
		struct shadow_area *area = &s->area[n];

		if (!area->pages || area->file != file || area->ioas != ioas ||
		    area->first < first || area->last > last)
			continue;
		remember(s, area);
		shadow_pins_end(s, file, ioas, area->first, area->last);
		shadow_forget(s, file, ioas, 0, area->first, area->last);
		if (pinned)
			pin(s, area, false);
		area->pages->refs--;
		area->pages = NULL;
	}
}

/* U15: an area ends at `last`. */
static void cut(struct shadow *s, int file, uint32_t ioas, uint64_t last)
{
	struct shadow_area *area = shadow_area_at(s, file, ioas, last), behind;

	if (!area || area->last == last)
		return;
	behind = *area;
	behind.first = last + 1;
	behind.start += behind.first - area->first;
	area->last = last;
	/* Areas are cut at whole pages where tables show them: no page has two halves. */
	(void)area_add(s, &behind);
}

/* ---- Objects ---------------------------------------------------------------------------------- */

static struct shadow_object *make(struct shadow *s, struct shadow_file *file, uint32_t id,
				  enum shadow_kind kind)
{
	static struct shadow_object nowhere;

	if (!id || id >= SHADOW_IDS || file->object[id].kind != SHADOW_NOTHING) {
		s->lost = "a new object has the number of another";
		return &nowhere;
	}
	for (uint32_t n = 1; n < id; n++)
		if (file->object[n].kind == SHADOW_NOTHING)
			s->lost = "a new object has not the lowest number (16.2)";
	file->object[id] = (struct shadow_object){.kind = kind, .order = ++s->made};
	return &file->object[id];
}

/* All that an IOAS has is pinned, as its first table comes; or not any more. */
static void pin_all(struct shadow *s, int file, uint32_t ioas, bool more)
{
	for (unsigned n = 0; n < SHADOW_AREAS; n++)
		if (s->area[n].pages && s->area[n].file == file && s->area[n].ioas == ioas)
			pin(s, &s->area[n], more);
}

static struct shadow_object *hwpt_make(struct shadow *s, struct shadow_file *file, uint32_t id,
				       uint32_t ioas, int device)
{
	int number = shadow_file_number(s, file);
	bool first = !shadow_has_tables(s, number, ioas);
	struct shadow_object *hwpt = make(s, file, id, SHADOW_HWPT);

	hwpt->ioas = ioas;
	hwpt->enforces = !s->device[device].no_enforce;
	if (first)
		pin_all(s, number, ioas, true);
	return hwpt;
}

static void object_end(struct shadow *s, struct shadow_file *file, uint32_t id)
{
	struct shadow_object *object = &file->object[id];
	int number = shadow_file_number(s, file);
	uint32_t ioas = object->ioas;
	bool table = object->kind == SHADOW_HWPT;

	if (object->kind == SHADOW_IOAS) {
		shadow_unmap(s, number, id, 0, UINT64_MAX);
		if (file->compat == id)
			file->compat = 0;
	}
	if (table)
		shadow_forget(s, number, ioas, id, 0, UINT64_MAX);
	*object = (struct shadow_object){0};
	if (table && !shadow_has_tables(s, number, ioas))
		pin_all(s, number, ioas, false);
}

/* ---- Routes -------------------------------------------------------------------------------------- */

static void automatic_end(struct shadow *s, struct shadow_file *file, uint32_t hwpt)
{
	if (file->object[hwpt].automatic && !shadow_busy(s, file, hwpt))
		object_end(s, file, hwpt);
}

static void detach(struct shadow *s, int device, uint32_t pasid)
{
	struct shadow_route *route = shadow_route(s, device, pasid, false);

	if (!route)
		return;
	for (unsigned n = 0; n < SHADOW_AREAS; n++)
		if (s->area[n].pages && s->area[n].file == route->file &&
		    s->area[n].ioas == s->file[route->file].object[route->hwpt].ioas)
			s->gone[s->gones++ % SHADOW_GONE] =
				(struct shadow_gone){device, pasid, s->area[n].first};
	route->used = false;
	automatic_end(s, &s->file[route->file], route->hwpt);
}

static void route_add(struct shadow *s, int device, uint32_t pasid, int file, uint32_t hwpt)
{
	for (unsigned n = 0; n < SHADOW_ROUTES; n++) {
		if (s->route[n].used)
			continue;
		s->route[n] = (struct shadow_route){true, device, file, pasid, hwpt};
		return;
	}
	s->lost = "the book has no room for a route";
}

/* U9: in place of what all members of the group have for the PASID. */
static void replace(struct shadow *s, int device, uint32_t pasid, uint32_t hwpt)
{
	const struct shadow_route *own = shadow_route(s, device, pasid, false);
	struct shadow_file *file = &s->file[own->file];
	uint32_t before = own->hwpt;

	if (before == hwpt)
		return;
	for (unsigned n = 0; n < SHADOW_ROUTES; n++)
		if (s->route[n].used && s->route[n].pasid == pasid &&
		    s->device[s->route[n].device].group == s->device[device].group)
			s->route[n].hwpt = hwpt;
	automatic_end(s, file, before);
}

static void follow_attach(struct shadow *s, int device, const struct ioasim_vfio_attach *before,
			  const struct ioasim_vfio_attach *after)
{
	int number = s->device[device].file;
	struct shadow_file *file = &s->file[number];
	uint32_t pasid = before->flags & IOASIM_VFIO_ATTACH_PASID ? before->pasid : SHADOW_NO_PASID;
	uint32_t expected;

	(void)shadow_expect_attach(s, device, pasid, before->pt_id, &expected);
	if (expected && expected != after->pt_id)
		s->lost = "attached to another page table than U9 tells";
	if (!shadow_find(file, after->pt_id, SHADOW_ANY))
		hwpt_make(s, file, after->pt_id, before->pt_id, device)->automatic = true;
	if (shadow_route(s, device, pasid, false))
		replace(s, device, pasid, after->pt_id);
	else
		route_add(s, device, pasid, number, after->pt_id);
}

/* ---- Descriptors ------------------------------------------------------------------------------------ */

/* Without anybody outside who needs it, a closed file goes with all that it has. */
static void file_settle(struct shadow *s, struct shadow_file *file)
{
	int number = shadow_file_number(s, file);

	if (file->open)
		return;
	for (unsigned n = 0; n < SHADOW_DEVICES; n++)
		if (s->device[n].file == number)
			return;
	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (file->object[n].open)
			return;
	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (file->object[n].kind == SHADOW_IOAS)
			shadow_unmap(s, number, n, 0, UINT64_MAX);
	for (unsigned n = 0; n < SHADOW_WRITTEN; n++)
		if (s->written[n].file == number)
			s->written[n].used = false;
	memset(file, 0, sizeof(*file));
}

static void unbind(struct shadow *s, int number)
{
	struct shadow_device *device = &s->device[number];
	struct shadow_file *file = &s->file[device->file];

	if (device->ioas)
		shadow_pins_end(s, device->file, device->ioas, 0, UINT64_MAX);
	device->ioas = 0;
	for (unsigned n = 0; n < SHADOW_ROUTES; n++)
		if (s->route[n].used && s->route[n].device == number &&
		    s->route[n].pasid != SHADOW_NO_PASID)
			detach(s, number, s->route[n].pasid);
	detach(s, number, SHADOW_NO_PASID);
	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (file->object[n].kind == SHADOW_VDEVICE && file->object[n].device == number)
			file->object[n] = (struct shadow_object){.kind = SHADOW_TOMB};
	file->object[device->id] = (struct shadow_object){0};
	device->file = -1;
	file_settle(s, file);
}

void shadow_close(struct shadow *s, int number)
{
	struct shadow_fd fd = s->fd[number];

	s->fd[number].kind = SHADOW_FD_NONE;
	switch (fd.kind) {
	case SHADOW_FD_IOMMUFD:
		s->file[fd.file].open = false;
		file_settle(s, &s->file[fd.file]);
		break;
	case SHADOW_FD_DEVICE:
		s->device[fd.device].open = false;
		if (s->device[fd.device].file >= 0)
			unbind(s, fd.device);
		break;
	case SHADOW_FD_QUEUE:
		s->file[fd.file].object[fd.queue].open = false;
		file_settle(s, &s->file[fd.file]);
		break;
	case SHADOW_FD_FILE:
	case SHADOW_FD_NONE:
		break;
	}
}

static void queue_opened(struct shadow *s, int file, uint32_t id, uint32_t fd)
{
	if (fd >= SHADOW_FDS || s->fd[fd].kind != SHADOW_FD_NONE) {
		s->lost = "a new descriptor has the number of another";
		return;
	}
	s->fd[fd] = (struct shadow_fd){.kind = SHADOW_FD_QUEUE, .file = file, .queue = id};
}

/* ---- Calls ------------------------------------------------------------------------------------------- */

static unsigned access_of(uint32_t flags)
{
	return (flags & IOASIM_IOMMUFD_MAP_READABLE ? IOASIM_READ : 0u) |
	       (flags & IOASIM_IOMMUFD_MAP_WRITEABLE ? IOASIM_WRITE : 0u);
}

static struct shadow_pages *map(struct shadow *s, int file, uint32_t ioas, uint64_t address,
				uint64_t length, uint64_t iova, unsigned access)
{
	struct shadow_area area = {
		.pages = shadow_pages_make(s, address, length, access & IOASIM_WRITE),
		.file = file,
		.ioas = ioas,
		.first = iova,
		.last = iova + (length - 1),
		.start = address % PAGE,
		.access = access,
	};

	if (area.pages)
		shadow_map(s, &area);
	return area.pages;
}

static void follow_map_file(struct shadow *s, int file, const struct ioasim_iommufd_map_file *arg)
{
	struct shadow_pages *pages = map(s, file, arg->ioas_id, IOFD_FILE + arg->start, arg->length,
					 arg->iova, access_of(arg->flags));

	if (pages)
		pages->of_file = true;
}

static void follow_copy(struct shadow *s, int file, const struct ioasim_iommufd_copy *copy)
{
	uint64_t at = copy->src_iova, last = at + (copy->length - 1);
	uint64_t iova = copy->dst_iova;

	for (;;) {
		const struct shadow_area *source = shadow_area_at(s, file, copy->src_ioas_id, at);
		struct shadow_area area;
		uint64_t end;

		if (!source) {
			s->lost = "what is not mapped was copied";
			return;
		}
		end = source->last < last ? source->last : last;
		area = (struct shadow_area){
			.pages = source->pages,
			.file = file,
			.ioas = copy->dst_ioas_id,
			.first = iova,
			.last = iova + (end - at),
			.start = source->start + (at - source->first),
			.access = access_of(copy->flags),
		};
		shadow_map(s, &area);
		if (end == last)
			return;
		iova += end - at + 1;
		at = end + 1;
	}
}

static void follow_vfio_unmap(struct shadow *s, int file, const struct ioasim_vfio_unmap *unmap)
{
	uint32_t ioas = s->file[file].compat;
	uint64_t last = unmap->iova + (unmap->size - 1);

	if (unmap->flags & IOASIM_VFIO_UNMAP_FLAG_ALL) {
		shadow_unmap(s, file, ioas, 0, UINT64_MAX);
		return;
	}
	if (s->file[file].object[ioas].small_pages) {
		cut(s, file, ioas, last);
		if (unmap->iova)
			cut(s, file, ioas, unmap->iova - 1);
	}
	shadow_unmap(s, file, ioas, unmap->iova, last);
}

static void follow_allow(struct shadow *s, struct shadow_object *ioas,
			 const struct ioasim_iommufd_allow_iovas *allow)
{
	ioas->allowed = allow->num_iovas;
	if (allow->num_iovas > SHADOW_ALLOWED)
		s->lost = "the book has no room for ranges";
	else if (allow->num_iovas)
		(void)ioasim_process_read(s->system[0], s->process, allow->ranges, ioas->range,
					  allow->num_iovas * sizeof(ioas->range[0]));
}

static void follow_option(struct shadow_file *file, const struct ioasim_iommufd_option *option)
{
	if (option->op == IOASIM_IOMMUFD_OPTION_SET &&
	    option->option_id == IOASIM_IOMMUFD_OPTION_HUGE_PAGES)
		file->object[option->object_id].small_pages = !option->val64;
}

static void follow_vfio_ioas(struct shadow_file *file, const struct ioasim_iommufd_vfio_ioas *vfio)
{
	if (vfio->op == IOASIM_IOMMUFD_VFIO_IOAS_SET)
		file->compat = vfio->ioas_id;
	else if (vfio->op == IOASIM_IOMMUFD_VFIO_IOAS_CLEAR)
		file->compat = 0;
}

static void follow_hwpt(struct shadow *s, struct shadow_file *file,
			const struct ioasim_iommufd_hwpt_alloc *alloc)
{
	const struct shadow_object *on = &file->object[alloc->pt_id];
	int device = file->object[alloc->dev_id].device;
	struct shadow_object *hwpt;

	if (on->kind == SHADOW_IOAS) {
		hwpt = hwpt_make(s, file, alloc->out_hwpt_id, alloc->pt_id, device);
	} else {
		hwpt = make(s, file, alloc->out_hwpt_id, SHADOW_NESTED);
		hwpt->viommu = on->kind == SHADOW_VIOMMU ? alloc->pt_id : 0;
		hwpt->below = on->kind == SHADOW_VIOMMU ? on->below : alloc->pt_id;
		hwpt->ioas = file->object[hwpt->below].ioas;
		hwpt->plain = alloc->data == IOFD_DATA + IOFD_USER;
	}
	hwpt->flags = alloc->flags;
	if (alloc->flags & IOASIM_IOMMUFD_HWPT_FAULT_ID)
		hwpt->faults = alloc->fault_id;
}

static void follow_queue(struct shadow *s, struct shadow_file *file, uint32_t id, uint32_t fd,
			 enum shadow_kind kind)
{
	make(s, file, id, kind)->open = true;
	queue_opened(s, shadow_file_number(s, file), id, fd);
}

static void follow_viommu(struct shadow *s, struct shadow_file *file, const void *argument,
			  uint32_t request)
{
	const struct ioasim_iommufd_viommu_alloc *viommu = argument;
	const struct ioasim_iommufd_vdevice_alloc *vdevice = argument;
	const struct ioasim_iommufd_veventq_alloc *queue = argument;
	struct shadow_object *object;

	if (request == IOASIM_IOMMUFD_VIOMMU_ALLOC) {
		make(s, file, viommu->out_viommu_id, SHADOW_VIOMMU)->below = viommu->hwpt_id;
	} else if (request == IOASIM_IOMMUFD_VDEVICE_ALLOC) {
		object = make(s, file, vdevice->out_vdevice_id, SHADOW_VDEVICE);
		object->below = vdevice->viommu_id;
		object->device = file->object[vdevice->dev_id].device;
		object->number = vdevice->virt_id;
	} else {
		follow_queue(s, file, queue->out_veventq_id, queue->out_veventq_fd, SHADOW_VEVENTQ);
		object = &file->object[queue->out_veventq_id];
		object->below = queue->viommu_id;
		object->number = queue->type;
	}
}

/* Calls of address spaces and of a container; false: another call. */
static bool follow_space(struct shadow *s, struct shadow_file *file, const struct iofd_made *made)
{
	const void *before = made->before, *after = made->argument;
	const struct ioasim_iommufd_allow_iovas *allow = before;
	const struct ioasim_iommufd_map *mapped = after;
	const struct ioasim_iommufd_unmap *unmap = before;
	const struct ioasim_vfio_map *vfio = before;
	int number = shadow_file_number(s, file);
	bool all = !unmap->iova && unmap->length == UINT64_MAX;

	switch (made->entry->request) {
	case IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS:
		follow_allow(s, &file->object[allow->ioas_id], allow);
		return true;
	case IOASIM_IOMMUFD_IOAS_MAP:
		(void)map(s, number, mapped->ioas_id, mapped->user_va, mapped->length, mapped->iova,
			  access_of(mapped->flags));
		return true;
	case IOASIM_IOMMUFD_IOAS_MAP_FILE:
		follow_map_file(s, number, after);
		return true;
	case IOASIM_IOMMUFD_IOAS_UNMAP:
		shadow_unmap(s, number, unmap->ioas_id, unmap->iova,
			     all ? UINT64_MAX : unmap->iova + (unmap->length - 1));
		return true;
	case IOASIM_IOMMUFD_IOAS_COPY:
		follow_copy(s, number, after);
		return true;
	case IOASIM_VFIO_SET_IOMMU:
		if (*(const uint64_t *)before == IOASIM_VFIO_TYPE1)
			file->object[file->compat].small_pages = true;
		return true;
	case IOASIM_VFIO_IOMMU_MAP_DMA:
		(void)map(s, number, file->compat, vfio->vaddr, vfio->size, vfio->iova,
			  (vfio->flags & IOASIM_VFIO_MAP_READ ? IOASIM_READ : 0u) |
				  (vfio->flags & IOASIM_VFIO_MAP_WRITE ? IOASIM_WRITE : 0u));
		return true;
	case IOASIM_VFIO_IOMMU_UNMAP_DMA:
		follow_vfio_unmap(s, number, before);
		return true;
	default:
		return false;
	}
}

static void follow_file(struct shadow *s, struct shadow_file *file, const struct iofd_made *made)
{
	const void *before = made->before, *after = made->argument;
	const struct ioasim_iommufd_destroy *destroyed = before;
	const struct ioasim_iommufd_ioas_alloc *ioas = after;
	const struct ioasim_iommufd_fault_alloc *faults = after;

	if (follow_space(s, file, made))
		return;
	switch (made->entry->request) {
	case IOASIM_IOMMUFD_DESTROY:
		object_end(s, file, destroyed->id);
		break;
	case IOASIM_IOMMUFD_IOAS_ALLOC:
		(void)make(s, file, ioas->out_ioas_id, SHADOW_IOAS);
		break;
	case IOASIM_IOMMUFD_OPTION:
		follow_option(file, before);
		break;
	case IOASIM_IOMMUFD_VFIO_IOAS:
		follow_vfio_ioas(file, before);
		break;
	case IOASIM_IOMMUFD_HWPT_ALLOC:
		follow_hwpt(s, file, after);
		break;
	case IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING:
	case IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP:
		shadow_follow_dirty(s, shadow_file_number(s, file), made);
		break;
	case IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC:
		follow_queue(s, file, faults->out_fault_id, faults->out_fault_fd, SHADOW_FAULT);
		break;
	case IOASIM_IOMMUFD_VIOMMU_ALLOC:
	case IOASIM_IOMMUFD_VDEVICE_ALLOC:
	case IOASIM_IOMMUFD_VEVENTQ_ALLOC:
		follow_viommu(s, file, after, made->entry->request);
		break;
	default:
		break;
	}
}

/* What it had pinned in another IOAS goes. */
static void attach_software(struct shadow *s, int number, uint32_t ioas)
{
	struct shadow_device *device = &s->device[number];

	if (device->ioas && device->ioas != ioas)
		shadow_pins_end(s, device->file, device->ioas, 0, UINT64_MAX);
	device->ioas = ioas;
}

static void follow_device(struct shadow *s, int number, const struct iofd_made *made)
{
	const struct ioasim_vfio_bind *bind = (const void *)made->argument;
	const struct ioasim_vfio_detach *detached = (const void *)made->before;
	const struct ioasim_vfio_attach *attached = (const void *)made->before;

	if (made->entry->request == IOASIM_VFIO_BIND_IOMMUFD) {
		int file = s->fd[bind->iommufd].file;

		make(s, &s->file[file], bind->out_devid,
		     s->device[number].software ? SHADOW_ACCESS : SHADOW_DEVICE)
			->device = number;
		s->device[number].file = file;
		s->device[number].id = bind->out_devid;
	} else if (s->device[number].software) {
		attach_software(s, number,
				made->entry->request == IOASIM_VFIO_ATTACH_IOMMUFD_PT
					? attached->pt_id
					: 0);
	} else if (made->entry->request == IOASIM_VFIO_ATTACH_IOMMUFD_PT) {
		follow_attach(s, number, (const void *)made->before, (const void *)made->argument);
	} else if (detached->flags & IOASIM_VFIO_ATTACH_PASID) {
		if (detached->pasid != SHADOW_NO_PASID)
			detach(s, number, detached->pasid);
	} else {
		detach(s, number, SHADOW_NO_PASID);
	}
}

void shadow_follow(struct shadow *s, const struct iofd_made *made)
{
	const struct shadow_fd *fd = &s->fd[made->fd];

	if (made->entry->where == IOFD_ON_DEVICE)
		follow_device(s, fd->device, made);
	else
		follow_file(s, &s->file[fd->file], made);
}
