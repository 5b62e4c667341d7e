/* SPDX-License-Identifier: Apache-2.0 */
/* The books of iommufds as a number. How an interval is cut does not count, nor do hints. */
#include "iofd_caller.h"
#include "uapi_program.h"

#include "model/iommufd/fault_queue.h"
#include "model/iommufd/viommu.h"
#include "model/uapi/iommufd_file.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t interval_books(uint64_t hash, const struct interval_map *map, uint64_t step)
{
	struct interval_place place;
	const struct interval *at = interval_find(map, 0, 0, &place);

	/* Pages that are pinned are few. */
	for (; at; at = interval_next(map, &place))
		for (uint64_t n = at->first; n <= at->last; n++)
			hash = mix(mix(hash, n), at->value + (n - at->first) * step);
	return hash;
}

static uint64_t ioas_books(uint64_t hash, const struct iofd_ioas *ioas)
{
	struct interval_place place;
	const struct interval *at = interval_find(&ioas->areas, 0, 0, &place);
	uint64_t reserved = 0;

	for (; at; at = interval_next(&ioas->areas, &place)) {
		const struct iofd_area *area = (const struct iofd_area *)(uintptr_t)at->value;

		hash = mix(mix(hash, area->first), area->last);
		hash = mix(mix(hash, area->start), (uint64_t)area->access << 32 | area->locks);
		hash = mix(mix(hash, area->pages->address), area->pages->count);
		hash = mix(hash, (uint64_t)area->pages->refs << 1 | area->pages->writable);
		hash = interval_books(hash, &area->pages->where, IOMMUFD_PAGE);
		hash = interval_books(hash, &area->pages->pins, 0);
	}
	for (at = interval_find(&ioas->allowed, 0, 0, &place); at;
	     at = interval_next(&ioas->allowed, &place))
		hash = mix(mix(hash, at->first), at->last);
	for (unsigned n = 0; n < ioas->reserved_count; n++)
		reserved += mix(ioas->reserved[n].first, ioas->reserved[n].last);
	hash = mix(mix(hash, reserved), ioas->alignment);
	return mix(hash, ioas->small_pages);
}

static uint64_t hwpt_books(uint64_t hash, const struct iommufd_hwpt *hwpt)
{
	hash = mix(hash, hwpt->ioas->object.number);
	hash = mix(hash, hwpt->parent ? hwpt->parent->object.number : 0);
	hash = mix(hash, hwpt->viommu ? hwpt->viommu->object.number : 0);
	hash = mix(hash, hwpt->faults ? hwpt->faults->object.number : 0);
	return mix(hash,
		   (uint64_t)hwpt->automatic << 2 | (uint64_t)hwpt->nest_parent << 1 | hwpt->pasid);
}

static uint64_t faults_books(uint64_t hash, const struct iofd_fault_queue *queue)
{
	const struct iofd_fault_group *group;

	TAILQ_FOREACH (group, &queue->unread, link)
		hash = mix(hash, group->count);
	TAILQ_FOREACH (group, &queue->unanswered, link)
		hash = mix(hash, group->cookie);
	return hash;
}

static uint64_t object_books(uint64_t hash, const struct iofd_object *object)
{
	const void *of = object;

	hash = mix(hash,
		   (uint64_t)object->number << 40 | (uint64_t)object->type << 32 | object->users);
	switch ((enum iofd_type)object->type) {
	case IOFD_IOAS:
		return ioas_books(hash, of);
	case IOFD_HWPT_PAGING:
	case IOFD_HWPT_NESTED:
		return hwpt_books(hash, of);
	case IOFD_FAULT:
		return faults_books(hash, of);
	case IOFD_VDEVICE:
		return mix(hash, ((const struct iofd_vdevice *)of)->number);
	default:
		return hash;
	}
}

static uint64_t core_books(uint64_t hash, const struct iommufd *core)
{
	const struct iofd_group *group;
	const struct iofd_route *route;
	const struct iofd_attached *attached;

	hash = mix(hash, (uint64_t)core->count << 32 | core->outside);
	hash = mix(hash, (uint64_t)core->closed << 1 | core->account_mm);
	hash = mix(hash, core->compat ? core->compat->object.number : 0);
	for (uint32_t n = 0; n < core->room; n++)
		if (core->object[n])
			hash = object_books(hash, core->object[n]);
	LIST_FOREACH (group, &core->groups, link) {
		uint64_t routes = group->devices;

		LIST_FOREACH (route, &group->routes, link)
			LIST_FOREACH (attached, &route->devices, link)
				routes += mix(mix(route->pasid, route->hwpt->object.number),
					      attached->device->object.number);
		hash = mix(hash, routes);
	}
	return hash;
}

uint64_t iofd_books(const struct ioasim_system *system)
{
	uint64_t hash = uapi_books(system);

	for (unsigned n = 0; n < system->processes; n++) {
		const struct process *process = system->process[n];

		for (uint32_t i = 0; i < process->fd_room; i++)
			if (process->fd[i] && process->fd[i]->kind == IOASIM_FD_IOMMUFD)
				hash = core_books(hash, process->fd[i]->iommufd->core);
	}
	/* Those of closed descriptors live by their devices. */
	for (unsigned n = 0; n < system->devices; n++)
		if (system->device[n]->file)
			hash = core_books(hash, system->device[n]->file->core);
	return hash;
}
