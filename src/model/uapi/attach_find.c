/* SPDX-License-Identifier: Apache-2.0 */
/* How attachments are found: by device and vPASID, by the route of a request. */
#include "model/uapi/attach_inside.h"

/* ---- Finding ---------------------------------------------------------------------------- */

struct attachment *attachment_default(const struct device *device)
{
	struct attachment *attachment;

	LIST_FOREACH (attachment, &device->attachments, device_link) {
		if (attachment->vpasid != IOASIM_NO_VPASID)
			break;
		if (!attachment->over)
			return attachment;
	}
	return NULL;
}

static struct attachment *find_in(const struct interval_map *map, uint64_t space, uint32_t number)
{
	struct interval_place place;
	const struct interval *found = interval_find(map, space, number, &place);

	return found && found->first == number ? (void *)(uintptr_t)found->value : NULL;
}

struct attachment *attachment_vpasid(const struct device *device, uint32_t vpasid)
{
	if (vpasid == IOASIM_NO_VPASID)
		return attachment_default(device);
	return find_in(&device->system->vpasids, (uint64_t)device->number, vpasid);
}

struct attachment *attachment_of(const struct device *device, const struct ioasid *ioasid,
				 uint32_t vpasid)
{
	struct attachment *attachment;

	if (vpasid != IOASIM_NO_VPASID) {
		attachment = attachment_vpasid(device, vpasid);
		return attachment && attachment->ioasid == ioasid ? attachment : NULL;
	}
	LIST_FOREACH (attachment, &device->attachments, device_link) {
		if (attachment->vpasid != IOASIM_NO_VPASID)
			break;
		if (attachment->ioasid == ioasid)
			return attachment;
	}
	return NULL;
}

/* Of a group the attachment of the requester itself, if it has one, or any member's. */
static struct attachment *default_route(const struct group *group, uint32_t rid)
{
	struct attachment *attachment, *any = NULL;
	const struct device *member;

	LIST_FOREACH (member, &group->members, group_link) {
		attachment = attachment_default(member);
		if (attachment && member->config.requester_id == rid)
			return attachment;
		if (!any)
			any = attachment;
	}
	return any;
}

struct attachment *attachment_by_route(const struct ioasim_system *system, uint32_t rid,
				       uint32_t pasid)
{
	struct attachment *attachment;

	if (pasid != DRIVER_NO_PASID) {
		attachment = find_in(&system->pasids, rid, pasid);
		while (attachment && attachment->over)
			attachment = attachment->over;
		return attachment;
	}
	for (unsigned i = 0; i < system->devices; i++) {
		const struct device *device = system->device[i];

		if (device && device_pdev(device)->config.requester_id == rid)
			return default_route(device->group, rid);
	}
	return NULL;
}

bool attachment_has_pasids(const struct ioasim_system *system, uint32_t rid)
{
	struct interval_place place;

	return interval_find(&system->pasids, rid, 0, &place) != NULL;
}

struct attachment *attachment_serving(const struct ioasim_system *system, uint32_t rid,
				      uint32_t pasid)
{
	struct attachment *attachment = attachment_by_route(system, rid, pasid);

	if (attachment || pasid == DRIVER_NO_PASID)
		return attachment;
	attachment = attachment_by_route(system, rid, DRIVER_NO_PASID);
	if (!attachment || attachment->ioasid->kind != IOASIM_IOASID_PASID_TABLE)
		return NULL;
	return attachment;
}

/* ---- Filing ---------------------------------------------------------------------------- */

static bool has_pasid_of_own(const struct attachment *attachment)
{
	return attachment->pasid != DRIVER_NO_PASID && !attachment->under &&
	       !attachment->device->config.software;
}

static int number_add(struct interval_map *map, uint64_t space, uint32_t number,
		      const struct attachment *attachment)
{
	const struct interval entry = {.space = space,
				       .first = number,
				       .last = number,
				       .value = (uint64_t)(uintptr_t)attachment};

	return interval_insert(map, &entry);
}

static void number_remove(struct interval_map *map, uint64_t space, uint32_t number)
{
	struct interval_place place;

	if (interval_find(map, space, number, &place))
		interval_remove(map, &place);
}

int attachment_file(const struct attachment *attachment)
{
	struct ioasim_system *system = attachment->device->system;
	uint64_t device = (uint64_t)attachment->device->number;
	int error = 0;

	if (attachment->vpasid != IOASIM_NO_VPASID)
		error = number_add(&system->vpasids, device, attachment->vpasid, attachment);
	if (error || !has_pasid_of_own(attachment))
		return error;
	error = number_add(&system->pasids, attachment->rid, attachment->pasid, attachment);
	if (error && attachment->vpasid != IOASIM_NO_VPASID)
		number_remove(&system->vpasids, device, attachment->vpasid);
	return error;
}

void attachment_unfile(const struct attachment *attachment)
{
	struct ioasim_system *system = attachment->device->system;

	if (attachment->vpasid != IOASIM_NO_VPASID)
		number_remove(&system->vpasids, (uint64_t)attachment->device->number,
			      attachment->vpasid);
	if (has_pasid_of_own(attachment))
		number_remove(&system->pasids, attachment->rid, attachment->pasid);
}
