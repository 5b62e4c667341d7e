/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: how a fault is told to the owner of its IOASID, and how long it holds it. An
 * event and the DMA that waits for its answer are one object, which goes when both are
 * through with it.
 */
#include "model/uapi/fault_events.h"

#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/device.h"
#include "model/uapi/faults.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

bool fault_waits(const struct fault *fault)
{
	return fault->all.le_prev != NULL;
}

void fault_free(struct ioasim_system *system, struct fault *fault)
{
	if (fault->event.event)
		ids_free(&system->events, fault->event.event);
	free(fault);
}

/* Undelivered and unanswered faults hold their IOASID. */
static bool holds(const struct fault *fault)
{
	return !fault->read || (fault->event.recoverable && !fault->answered);
}

void fault_reference_drop(struct container *container, const struct fault *fault)
{
	struct ioasid *ioasid = ioasid_find(container, fault->event.ioasid);

	if (!ioasid || holds(fault))
		return;
	ioasid->fault_count--;
	ioasid_settle(ioasid);
}

void fault_event_queue(struct container *container, struct ioasid *ioasid, struct fault *fault)
{
	TAILQ_INSERT_TAIL(&container->events, fault, link);
	container->event_count++;
	ioasid->fault_count++;
}

void fault_event_unqueue(struct container *container, struct fault *fault)
{
	TAILQ_REMOVE(&container->events, fault, link);
	container->event_count--;
	fault->read = true;
}

/* R5: of a group that has several members, the one whose request it was, or the lowest. */
static const struct device *fault_device(const struct attachment *attachment, uint32_t rid)
{
	const struct device *member, *lowest = NULL;

	if (attachment->device->parent || attachment->pasid != DRIVER_NO_PASID)
		return attachment->device;
	LIST_FOREACH (member, &attachment->device->group->members, group_link) {
		if (!member->bound)
			continue;
		if (member->config.requester_id == rid)
			return member;
		if (!lowest)
			lowest = member;
	}
	return lowest ? lowest : attachment->device;
}

void fault_event_describe(struct fault *fault, const struct attachment *attachment,
			  const struct ioasim_page_request *what)
{
	const struct ioasid *ioasid = attachment->ioasid;
	bool all_pasids = ioasid->kind == IOASIM_IOASID_PASID_TABLE;

	fault->event.ioasid = ioasid->number;
	fault->event.cookie = fault_device(attachment, what->requester_id)->cookie;
	fault->event.address = what->address & ~(PAGE_SIZE - 1);
	fault->event.access = what->access;
	fault->event.last = what->last;
	/* P7: any other PASID is the host's. */
	fault->event.vpasid = all_pasids && what->has_pasid ? what->pasid : IOASIM_NO_VPASID;
}

int faults_read(struct container *container, struct ioasim_event *events, unsigned count)
{
	struct ioasim_system *system = container->system;
	unsigned done = 0;

	while (done < count && !TAILQ_EMPTY(&container->events)) {
		struct fault *fault = TAILQ_FIRST(&container->events);

		fault_event_unqueue(container, fault);
		events[done++] = fault->event;
		checker_event(container, &fault->event);
		fault_reference_drop(container, fault);
		if (!fault_waits(fault))
			fault_free(system, fault);
	}
	return (int)done;
}

int ioasim_event_read(struct ioasim_system *system, int process, int number,
		      struct ioasim_event *events, unsigned count)
{
	const struct process *caller = process_find(system, process);
	const struct fd *fd = caller ? fd_find(caller, number) : NULL;

	if (!fd)
		return -EBADF;
	if (fd->kind != IOASIM_FD_IOASID)
		return -EBADFD;
	return faults_read(fd->container, events, count);
}
