/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: the devices that a machine cannot tell apart or keep apart. They change hands
 * together, and their default routes walk one table (R).
 */
#include "model/uapi/aspace.h"
#include "model/uapi/attach.h"
#include "model/uapi/device.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Hardware -------------------------------------------------------------------------- */

/* The RID's default route walks `domain`; NULL: nothing. */
static int route_set(const struct device *member, struct domain *domain)
{
	struct ioasim_system *system = member->system;

	if (!domain)
		return system->ops->detach(system->driver, member->config.requester_id,
					   DRIVER_NO_PASID);
	return system->ops->attach(system->driver, member->config.requester_id, DRIVER_NO_PASID,
				   domain);
}

/* All members' routes, or all as they were. Members with the RID of another one have its
 * route. */
static int routes_set(const struct group *group, struct domain *domain, struct domain *before)
{
	struct device *member, *undo;
	int error = 0;

	LIST_FOREACH (member, &group->members, group_link) {
		if (!member->alias)
			error = route_set(member, domain);
		if (error)
			break;
	}
	for (undo = LIST_FIRST(&group->members); error && undo != member;
	     undo = LIST_NEXT(undo, group_link))
		if (!undo->alias)
			(void)route_set(undo, before);
	return error;
}

static struct domain *group_domain(const struct group *group)
{
	const struct device *member = LIST_FIRST(&group->members);

	if (group->state == GROUP_HOST)
		return member->system->host;
	return group->walks ? group->walks->domain : NULL;
}

/* ---- Members ------------------------------------------------------------------------------ */

static struct group *group_find(const struct ioasim_system *system, uint32_t number)
{
	struct group *group;

	if (number == IOASIM_GROUP_OWN)
		return NULL;
	LIST_FOREACH (group, &system->groups, link)
		if (group->number == number)
			return group;
	return NULL;
}

static struct group *group_create(struct ioasim_system *system, uint32_t number)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->number = number;
	group->state = GROUP_HOST;
	LIST_INIT(&group->members);
	LIST_INSERT_HEAD(&system->groups, group, link);
	return group;
}

/* In order of RID, behind those with the same one. */
static void member_insert(struct group *group, struct device *device)
{
	struct device *member, *before = NULL;

	LIST_FOREACH (member, &group->members, group_link)
		if (member->config.requester_id <= device->config.requester_id)
			before = member;
	device->alias = before && before->config.requester_id == device->config.requester_id;
	if (before)
		LIST_INSERT_AFTER(before, device, group_link);
	else
		LIST_INSERT_HEAD(&group->members, device, group_link);
	group->count++;
}

static bool has_pasids(const struct group *group)
{
	const struct device *member;

	LIST_FOREACH (member, &group->members, group_link)
		if (attachment_has_pasids(member->system, member->config.requester_id))
			return true;
	return false;
}

/* A user's group takes no member that a driver has (R1), and none that a route would be
 * for that was not made for it (R4, M8). */
static bool admits(const struct group *group, const struct device *device)
{
	if (group->state == GROUP_HOST)
		return true;
	return group->state == GROUP_BLOCKED && device->config.driver == IOASIM_DRIVER_NONE &&
	       !has_pasids(group);
}

int group_join(struct device *device)
{
	struct ioasim_system *system = device->system;
	struct group *group = group_find(system, device->config.group);
	int error = 0;

	if (!group)
		group = group_create(system, device->config.group);
	if (!group)
		return -ENOMEM;
	if (group->count && !admits(group, device))
		return -EBUSY;
	member_insert(group, device);
	device->group = group;
	if (!device->alias && group_domain(group))
		error = route_set(device, group_domain(group));
	if (error)
		group_leave(device);
	return error;
}

void group_leave(struct device *device)
{
	struct group *group = device->group;

	LIST_REMOVE(device, group_link);
	group->count--;
	device->group = NULL;
	if (group->count)
		return;
	LIST_REMOVE(group, link);
	pgtable_put(group->walks);
	free(group);
}

/* ---- Ownership ------------------------------------------------------------------------------ */

bool group_viable(const struct group *group, const struct container *container)
{
	const struct device *member;

	LIST_FOREACH (member, &group->members, group_link) {
		if (member->bound && member->bound != container)
			return false;
		if (!member->bound && member->config.driver == IOASIM_DRIVER_KERNEL)
			return false;
		/* They share its RID: who has the one can program PASIDs of the others. */
		if (device_mdevs_bound(member, container))
			return false;
	}
	return true;
}

int group_bind(struct group *group)
{
	int error = 0;

	/* H1: from the host's space to nothing. */
	if (!group->bound)
		error = routes_set(group, NULL, group_domain(group));
	if (error)
		return error;
	group->bound++;
	group_state_update(group);
	return 0;
}

void group_unbind(struct group *group)
{
	group->bound--;
	group_state_update(group);
	/* A route that cannot be given back stays blocked. */
	if (!group->bound)
		(void)routes_set(group, group_domain(group), NULL);
}

void group_state_update(struct group *group)
{
	if (!group->bound)
		group->state = GROUP_HOST;
	else
		group->state = group->attached ? GROUP_ATTACHED : GROUP_BLOCKED;
}

int group_walk(struct group *group, struct pgtable *table)
{
	int error = 0;

	if (group->walks == table)
		return 0;
	error = routes_set(group, table ? table->domain : NULL, group_domain(group));
	if (error)
		return error;
	pgtable_put(group->walks);
	group->walks = table ? pgtable_get(table) : NULL;
	return 0;
}
