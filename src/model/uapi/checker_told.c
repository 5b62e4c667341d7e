/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What results and events tell (S9, S12): nothing but what the table of calls names, and
 * of that only what is the caller's own: no PASID that the kernel chose, no address of
 * the host.
 */
#include "model/uapi/aspace.h"
#include "model/uapi/calls.h"
#include "model/uapi/checker_inside.h"
#include "model/uapi/device.h"
#include "model/uapi/process.h"

#include <string.h>

/* ---- Results ------------------------------------------------------------------------- */

static uint64_t value_of(const struct call *call, const struct call_member *member)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)&call->arg + member->offset, member->bytes);
	return value;
}

static uint32_t attachments_of(const struct ioasid *ioasid)
{
	const struct attachment *attachment;
	uint32_t count = 0;

	LIST_FOREACH (attachment, &ioasid->attachments, ioasid_link)
		count += attachment->claim != NULL;
	return count;
}

static bool may_tell(const struct call *call, const struct call_member *member)
{
	uint64_t value = value_of(call, member);

	if (call->entry->number == IOASIM_UNMAP_DMA)
		return value <= call->arg.unmap.length;
	if (call->entry->number == IOASIM_IOASID_GET_INFO) {
		const struct ioasid *ioasid = call->ioasid;

		if (!strcmp(member->name, "parent"))
			return value == (ioasid->parent ? ioasid->parent->number : 0);
		if (!strcmp(member->name, "attachments"))
			return value == attachments_of(ioasid);
	}
	return value <= member->known;
}

/* A bound of what is permitted is an end of the space, or next to a reserved range. */
static bool is_bound(const struct device *device, uint64_t address)
{
	struct ioasim_iova_range range;

	if (address == 0 || address == (UINT64_C(1) << IOVA_BITS) - 1)
		return true;
	for (unsigned n = 0; device_reserved(device, n, &range); n++)
		if (address == range.first - 1 || address == range.last + 1)
			return true;
	return false;
}

static void judge_ranges(struct checker_case *c, const struct call *call,
			 const struct ioasim_device_info *given)
{
	const struct ioasim_device_info *info = &call->arg.device_info;

	if (!info->ranges)
		return;
	for (uint32_t i = 0; i < info->range_count && i < given->range_count; i++)
		if (!is_bound(call->device, info->ranges[i].first) ||
		    !is_bound(call->device, info->ranges[i].last))
			checker_report(c, 12, c->system->calls, "%s tells a range that is none",
				       call->entry->name);
}

static void judge_member(struct checker_case *c, const struct call *call,
			 const struct call_member *member, const char *given)
{
	bool changes = memcmp(given, (const char *)&call->arg + member->offset, member->bytes);
	const char *name = call->entry->name;

	if (member->kind == MEMBER_FILLED) {
		if (!may_tell(call, member))
			checker_report(c, 12, c->system->calls, "%s tells %#llx as %s", name,
				       (unsigned long long)value_of(call, member), member->name);
	} else if (changes && strcmp(member->name, "range_count") != 0) {
		checker_report(c, 12, c->system->calls, "%s changes %s of its argument", name,
			       member->name);
	}
}

void checker_judge_told(struct checker_case *c, const struct call *call, const void *argument,
			int status)
{
	uint32_t size;

	checker_count(c->checker, 12);
	if (status > 0 && !call->entry->returns)
		checker_report(c, 12, c->system->calls, "%s returns a number", call->entry->name);
	memcpy(&size, argument, sizeof(size));
	for (const struct call_member *m = call->entry->members; m->name; m++)
		if (m->offset + m->bytes <= size)
			judge_member(c, call, m, (const char *)argument + m->offset);
	if (call->entry->number == IOASIM_DEVICE_GET_INFO)
		judge_ranges(c, call, argument);
}

/* ---- Events -------------------------------------------------------------------------- */

void checker_event_made(struct ioasim_system *system, const struct fault *fault, uint64_t address)
{
	struct checker_case c = checker_call_case(system);

	if (!c.checker)
		return;
	checker_count(c.checker, 12);
	if (fault->event.address != (address & ~(PAGE_SIZE - 1)))
		checker_report(&c, 12, system->calls,
			       "an event tells %#llx, which is not asked for",
			       (unsigned long long)fault->event.address);
}

void checker_event(const struct container *container, const struct ioasim_event *event)
{
	struct checker_case c = checker_call_case(container->system);
	const struct ioasid *ioasid =
		event->ioasid < container->room ? container->ioasid[event->ioasid] : NULL;

	if (!c.checker)
		return;
	checker_count(c.checker, 9);
	checker_count(c.checker, 12);
	if (!ioasid || ioasid->container != container)
		checker_report(&c, 9, c.system->calls, "an event names IOASID %u of another FD",
			       event->ioasid);
	else if (event->vpasid != IOASIM_NO_VPASID && ioasid->kind != IOASIM_IOASID_PASID_TABLE)
		checker_report(&c, 12, c.system->calls, "an event tells a PASID of the kernel's");
}
