/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attachments (T): what they change in the books and in the hardware, and how they end.
 *
 * A default route of a pdev is its group's (R3) and goes through group_walk(); a route
 * with a PASID is one entry of the driver. Where a child lies on its parent (T7) both
 * attachments have the same route, and only the upper one's table is walked. A purely
 * software mdev has attachments and no route.
 */
#include "model/uapi/attach_inside.h"

#include "model/uapi/aspace.h"
#include "model/uapi/calls.h"
#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/faults.h"
#include "model/uapi/ioasid.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Routes ------------------------------------------------------------------------------- */

/* The route is that of the group, which all members' attachments share. */
static bool of_group(const struct attachment *attachment)
{
	return !attachment->device->parent && attachment->pasid == DRIVER_NO_PASID;
}

/* The route walks `table`; NULL: it translates nothing. Complete on return (H2 to H4). */
static int route_walk(const struct attachment *attachment, struct pgtable *table)
{
	struct ioasim_system *system = attachment->device->system;
	int error;

	if (attachment->device->config.software)
		return 0;
	if (of_group(attachment)) {
		struct group *group = attachment->device->group;

		return group->walks == table ? 0 : group_walk(group, table);
	}
	if (table)
		return system->ops->attach(system->driver, attachment->rid, attachment->pasid,
					   table->domain);
	error = system->ops->detach(system->driver, attachment->rid, attachment->pasid);
	return error == -ENOENT ? 0 : error; /* nothing was there */
}

/* The table of the IOASID, if it has one, and the route to it. */
static int route_open(struct attachment *attachment)
{
	struct pgtable *table = NULL;
	int error;

	if (attachment->device->config.software) {
		attachment->blocked = false;
		return 0;
	}
	error = ioasid_table(attachment->ioasid, &table);
	if (error)
		return error;
	/* Without a table (A7) an entry of the parent below goes, and nothing comes. */
	error = table || attachment->under || of_group(attachment) ? route_walk(attachment, table)
								   : 0;
	if (error) {
		pgtable_put(table);
		return error;
	}
	attachment->table = table;
	attachment->blocked = !table;
	return 0;
}

/* What the route goes back to when the attachment ends (T16, R3). */
static void route_close(struct attachment *attachment)
{
	struct attachment *under = attachment->under;
	struct group *group = attachment->device->group;

	if (of_group(attachment) && !under) {
		if (--group->attached == 0)
			group->on = NULL;
	} else if (of_group(attachment)) {
		group->on = under->ioasid;
	}
	/* Other members keep the group's route; nothing else can be left on a PASID's. */
	if (!of_group(attachment) || under || !group->attached)
		(void)route_walk(attachment, under ? under->table : NULL);
	if (under)
		under->over = NULL;
	if (of_group(attachment))
		group_state_update(group);
	pgtable_put(attachment->table);
	attachment->table = NULL;
}

/* ---- Books -------------------------------------------------------------------------------- */

/* Behind those of the default route. */
static void device_list_add(struct attachment *attachment)
{
	struct attachment *before = attachment_default(attachment->device);

	if (before)
		LIST_INSERT_AFTER(before, attachment, device_link);
	else
		LIST_INSERT_HEAD(&attachment->device->attachments, attachment, device_link);
}

/* P6: types 7 and 8 of the list in P are pdevs and mdevs with ENQCMD. */
static unsigned *enqcmd_count(const struct attachment *attachment)
{
	struct container *container = attachment->ioasid->container;

	if (attachment->vpasid == IOASIM_NO_VPASID ||
	    !device_has(attachment->device, IOASIM_DEVICE_ENQCMD))
		return NULL;
	return attachment->device->parent ? &container->type8 : &container->type7;
}

static void books_add(struct attachment *attachment)
{
	struct ioasid *ioasid = attachment->ioasid;
	struct group *group = attachment->device->group;
	unsigned *enqcmd = enqcmd_count(attachment);

	/* C1: the first attached device decides. */
	if (ioasid->snoop == IOASIM_SNOOP_AUTO && ioasid->attachment_count == 0)
		ioasid->enforce =
			!device_has(device_pdev(attachment->device), IOASIM_DEVICE_NO_ENFORCE);
	device_list_add(attachment);
	LIST_INSERT_HEAD(&ioasid->attachments, attachment, ioasid_link);
	ioasid->attachment_count++;
	if (enqcmd)
		++*enqcmd;
	if (attachment->under)
		attachment->under->over = attachment;
	if (!of_group(attachment))
		return;
	if (!attachment->under)
		group->attached++;
	group->on = ioasid;
	group_state_update(group);
}

static void books_remove(struct attachment *attachment)
{
	unsigned *enqcmd = enqcmd_count(attachment);

	if (enqcmd)
		--*enqcmd;
	attachment_unfile(attachment);
	LIST_REMOVE(attachment, device_link);
	LIST_REMOVE(attachment, ioasid_link);
	attachment->ioasid->attachment_count--;
}

/* ---- Attaching ------------------------------------------------------------------------------ */

/* M8: of the device, or of all that the route is for (R3). No member comes to a group
 * while one is attached. */
static struct device *reserving_first(const struct attachment *attachment)
{
	return of_group(attachment) ? LIST_FIRST(&attachment->device->group->members)
				    : attachment->device;
}

static struct device *reserving_next(const struct attachment *attachment, struct device *device)
{
	return of_group(attachment) ? LIST_NEXT(device, group_link) : NULL;
}

static void ranges_unreserve(const struct attachment *attachment, const struct ioasid *ioasid,
			     const struct device *end)
{
	struct device *device = reserving_first(attachment);

	for (; ioasid->aspace && device != end; device = reserving_next(attachment, device))
		aspace_unreserve(ioasid->aspace, device);
}

/* In a space that the attachment is to lead to. */
static int ranges_reserve(const struct attachment *attachment, const struct ioasid *ioasid)
{
	struct device *device = reserving_first(attachment);
	int error = 0;

	for (; ioasid->aspace && device; device = reserving_next(attachment, device)) {
		error = aspace_reserve(ioasid->aspace, device);
		if (error) {
			ranges_unreserve(attachment, ioasid, device);
			break;
		}
	}
	return error;
}

/* T13, in its order; the checks have passed. */
int attachment_begin(struct attachment *attachment)
{
	int error = pasid_take(attachment);

	if (error)
		return error;
	error = ranges_reserve(attachment, attachment->ioasid);
	if (error)
		goto release;
	error = attachment_file(attachment);
	if (error)
		goto unreserve;
	error = route_open(attachment);
	if (error)
		goto forget;
	books_add(attachment);
	checker_attached(attachment);
	return 0;
forget:
	attachment_unfile(attachment);
unreserve:
	ranges_unreserve(attachment, attachment->ioasid, NULL);
release:
	pasid_release(attachment);
	return error;
}

/* ---- Replacing (T18) ------------------------------------------------------------------------ */

/* The books of one attachment say `ioasid` instead; its route walks that already. */
static void books_switch(struct attachment *attachment, struct ioasid *ioasid,
			 struct pgtable *table)
{
	faults_answer_all(attachment);
	ranges_unreserve(attachment, attachment->ioasid, NULL);
	checker_detached(attachment);
	LIST_REMOVE(attachment, ioasid_link);
	attachment->ioasid->attachment_count--;
	pgtable_put(attachment->table);
	attachment->ioasid = ioasid;
	attachment->table = pgtable_get(table);
	LIST_INSERT_HEAD(&ioasid->attachments, attachment, ioasid_link);
	ioasid->attachment_count++;
}

int attachments_replace(struct attachment *const *list, unsigned count, struct ioasid *ioasid)
{
	struct group *group = list[0]->device->group;
	struct pgtable *table;
	unsigned reserved = 0;
	int error = ioasid_table(ioasid, &table);

	if (error)
		return error;
	for (; !error && reserved < count; reserved += !error)
		error = ranges_reserve(list[reserved], ioasid);
	if (!error)
		error = route_walk(list[0], table);
	if (error) {
		while (reserved--)
			ranges_unreserve(list[reserved], ioasid, NULL);
		pgtable_put(table);
		return error;
	}
	for (unsigned i = 0; i < count; i++)
		books_switch(list[i], ioasid, table);
	if (of_group(list[0]))
		group->on = ioasid;
	for (unsigned i = 0; i < count; i++)
		checker_attached(list[i]);
	pgtable_put(table);
	return 0;
}

int device_attach_work(struct call *call)
{
	struct device *device = call->on.device;
	struct attachment *attachment = calloc(1, sizeof(*attachment));
	int error;

	if (!attachment)
		return -ENOMEM;
	attachment->device = device;
	attachment->ioasid = call->ioasid;
	attachment->rid = device_pdev(device)->config.requester_id;
	attachment->pasid = DRIVER_NO_PASID;
	attachment->vpasid = call->arg.attach.vpasid;
	if (attachment->vpasid == IOASIM_NO_VPASID)
		attachment->under = attachment_default(device);
	error = attachment_begin(attachment);
	if (error)
		free(attachment);
	return error;
}

/* ---- Ending ------------------------------------------------------------------------------ */

void attachment_end(struct attachment *attachment)
{
	struct ioasid *ioasid = attachment->ioasid;

	queues_stop(attachment);
	route_close(attachment);
	faults_answer_all(attachment);
	ranges_unreserve(attachment, attachment->ioasid, NULL);
	checker_detached(attachment);
	books_remove(attachment);
	pasid_release(attachment);
	free(attachment);
	ioasid_settle(ioasid);
}

int device_detach_work(struct call *call)
{
	attachment_end(call->attachment);
	return 0;
}

void device_detach_all(struct device *device)
{
	const struct interval_map *vpasids = &device->system->vpasids;
	struct attachment *attachment;
	const struct interval *first;
	struct interval_place place;

	while ((first = interval_find(vpasids, (uint64_t)device->number, 0, &place)))
		attachment_end((void *)(uintptr_t)first->value);
	while ((attachment = attachment_default(device)) != NULL)
		attachment_end(attachment);
}

/* ---- Blocking ------------------------------------------------------------------------------ */

static void attachment_block(struct attachment *attachment)
{
	if (!attachment->over)
		(void)route_walk(attachment, NULL);
	attachment->blocked = true;
	faults_answer_all(attachment);
	pgtable_put(attachment->table);
	attachment->table = NULL;
	checker_blocked(attachment);
}

void ioasid_block(struct ioasid *ioasid)
{
	struct attachment *attachment;

	LIST_FOREACH (attachment, &ioasid->attachments, ioasid_link) {
		if (!attachment->blocked)
			attachment_block(attachment);
	}
}

int ioasid_unblock(struct ioasid *ioasid)
{
	struct attachment *attachment;
	int error;

	LIST_FOREACH (attachment, &ioasid->attachments, ioasid_link) {
		if (!attachment->blocked || attachment->over)
			continue;
		error = route_open(attachment);
		if (error) {
			ioasid_block(ioasid);
			return error;
		}
		checker_unblocked(attachment);
	}
	return 0;
}
