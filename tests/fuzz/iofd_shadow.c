/* SPDX-License-Identifier: Apache-2.0 */
/* The second book: looking up. */
#include "iofd_shadow.h"

#include "model/uapi/objects.h"

#define PAGE UINT64_C(4096)

/* ---- Objects ---------------------------------------------------------------------------- */

struct shadow_object *shadow_find(struct shadow_file *file, uint32_t id, unsigned kinds)
{
	struct shadow_object *object = id && id < SHADOW_IDS ? &file->object[id] : NULL;

	if (!object || object->kind == SHADOW_NOTHING || object->kind == SHADOW_TOMB)
		return NULL;
	return kinds >> object->kind & 1 ? object : NULL;
}

/* Something of the file refers to it. */
static bool referred(const struct shadow_file *file, uint32_t id, enum shadow_kind kind)
{
	for (uint32_t n = 1; n < SHADOW_IDS; n++) {
		const struct shadow_object *object = &file->object[n];

		switch (object->kind) {
		case SHADOW_HWPT:
			if (object->ioas == id || object->faults == id)
				return true;
			break;
		case SHADOW_NESTED:
			if (object->below == id || object->viommu == id || object->faults == id)
				return true;
			break;
		case SHADOW_VIOMMU:
		case SHADOW_VDEVICE:
		case SHADOW_VEVENTQ:
			if (object->below == id && kind != SHADOW_IOAS)
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

bool shadow_busy(const struct shadow *s, const struct shadow_file *file, uint32_t id)
{
	const struct shadow_object *object = &file->object[id];

	if (object->kind == SHADOW_DEVICE || object->kind == SHADOW_ACCESS ||
	    (object->kind == SHADOW_IOAS &&
	     shadow_has_accesses(s, shadow_file_number(s, file), id)))
		return true;
	if (object->open || referred(file, id, object->kind))
		return true;
	for (unsigned n = 0; n < SHADOW_ROUTES; n++)
		if (s->route[n].used && s->route[n].file == shadow_file_number(s, file) &&
		    s->route[n].hwpt == id)
			return true;
	return false;
}

bool shadow_has_tables(const struct shadow *s, int file, uint32_t ioas)
{
	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (s->file[file].object[n].kind == SHADOW_HWPT &&
		    s->file[file].object[n].ioas == ioas)
			return true;
	return false;
}

bool shadow_has_accesses(const struct shadow *s, int file, uint32_t ioas)
{
	for (unsigned n = 0; n < SHADOW_DEVICES; n++)
		if (s->device[n].file == file && s->device[n].ioas == ioas)
			return true;
	return false;
}

/* U3: a page as soon as there are tables, or accesses that pin; U15: and for small pages. */
uint64_t shadow_alignment(const struct shadow *s, int file, uint32_t ioas)
{
	return s->file[file].object[ioas].small_pages || shadow_has_tables(s, file, ioas) ||
			       shadow_has_accesses(s, file, ioas)
		       ? PAGE
		       : 1;
}

/* ---- Mappings ---------------------------------------------------------------------------- */

struct shadow_area *shadow_area_next(struct shadow *s, int file, uint32_t ioas, uint64_t from)
{
	struct shadow_area *lowest = NULL;

	for (unsigned n = 0; n < SHADOW_AREAS; n++) {
		struct shadow_area *area = &s->area[n];

		if (area->pages && area->file == file && area->ioas == ioas && area->last >= from &&
		    (!lowest || area->first < lowest->first))
			lowest = area;
	}
	return lowest;
}

struct shadow_area *shadow_area_at(struct shadow *s, int file, uint32_t ioas, uint64_t iova)
{
	struct shadow_area *area = shadow_area_next(s, file, ioas, iova);

	return area && area->first <= iova ? area : NULL;
}

bool shadow_overlaps(struct shadow *s, int file, uint32_t ioas, uint64_t first, uint64_t last)
{
	const struct shadow_area *area = shadow_area_next(s, file, ioas, first);

	return area && area->first <= last;
}

/* ---- Reserved ranges ------------------------------------------------------------------------ */

static void range_add(struct shadow_range *ranges, unsigned room, unsigned *count, uint64_t first,
		      uint64_t last)
{
	if (*count < room)
		ranges[*count] = (struct shadow_range){first, last};
	++*count;
}

static uint64_t aperture_last(const struct shadow *s, const struct shadow_object *hwpt)
{
	const struct offer *offer = &s->system[0]->offer;

	return (UINT64_C(1) << (hwpt->flags & IOASIM_IOMMUFD_HWPT_NEST_PARENT
					? offer->parent_bits
					: offer->kernel_bits)) -
	       1;
}

unsigned shadow_reserved(const struct shadow *s, int file, uint32_t ioas,
			 struct shadow_range *ranges, unsigned room)
{
	const struct shadow_object *object = s->file[file].object;
	unsigned count = 0;

	for (uint32_t n = 1; n < SHADOW_IDS; n++)
		if (object[n].kind == SHADOW_HWPT && object[n].ioas == ioas)
			range_add(ranges, room, &count, aperture_last(s, &object[n]) + 1,
				  UINT64_MAX);
	for (unsigned n = 0; n < SHADOW_ROUTES; n++) {
		const struct shadow_route *route = &s->route[n];
		const struct shadow_device *device = &s->device[route->device];

		if (!route->used || route->file != file || route->pasid != SHADOW_NO_PASID ||
		    object[route->hwpt].ioas != ioas)
			continue;
		for (unsigned i = 0; i < device->reserved; i++)
			range_add(ranges, room, &count, device->range[i].first,
				  device->range[i].last);
	}
	return count;
}

bool shadow_is_reserved(const struct shadow *s, int file, uint32_t ioas, uint64_t first,
			uint64_t last)
{
	struct shadow_range range[SHADOW_IDS + 4 * SHADOW_ROUTES];
	unsigned count = shadow_reserved(s, file, ioas, range, sizeof(range) / sizeof(range[0]));

	for (unsigned n = 0; n < count; n++)
		if (range[n].first <= last && range[n].last >= first)
			return true;
	return false;
}

/* ---- Routes ------------------------------------------------------------------------------------ */

struct shadow_route *shadow_route(struct shadow *s, int device, uint32_t pasid, bool group)
{
	for (unsigned n = 0; n < SHADOW_ROUTES; n++) {
		struct shadow_route *route = &s->route[n];

		if (route->used && route->pasid == pasid &&
		    (route->device == device ||
		     (group && s->device[route->device].group == s->device[device].group)))
			return route;
	}
	return NULL;
}

/* ---- Memory -------------------------------------------------------------------------------------- */

bool shadow_memory(const struct shadow *s, uint64_t address, uint64_t bytes, unsigned access)
{
	const struct process *process = s->system[0]->process[s->process];
	uint64_t last = address + (bytes - 1);

	if (!bytes || last < address)
		return false;
	/* The process's own pages, one by one: there are few. */
	for (uint64_t page = address / PAGE; page <= last / PAGE; page++) {
		struct interval_place place;
		const struct interval *at = interval_find(&process->areas, 0, page * PAGE, &place);

		if (!at || at->first > page * PAGE || (at->access & access) != access)
			return false;
	}
	return true;
}

bool shadow_can_pin(const struct shadow *s, const struct shadow_pages *pages, uint64_t start,
		    uint64_t bytes)
{
	const unsigned access = IOASIM_READ | (pages->writable ? IOASIM_WRITE : 0u);

	for (uint64_t n = start / PAGE; n <= (start + (bytes - 1)) / PAGE; n++)
		if (n >= SHADOW_RUN || (!pages->page[n].pins && !pages->page[n].held &&
					!shadow_memory(s, pages->address + n * PAGE, PAGE, access)))
			return false;
	return true;
}
