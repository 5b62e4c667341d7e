/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault queues (U12). A group of records waits to be read, then to be answered by its
 * cookie; whoever ends its route answers it INVALID.
 */
#include "model/iommufd/fault_queue.h"

#include "model/iommufd/calls.h"
#include "model/iommufd/hwpt.h"
#include "model/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Cookies that a queue has room for at first. */
#define COOKIES 16

static struct iofd_fault_queue *queue_of(const struct iommufd_stream *stream)
{
	return (struct iofd_fault_queue *)stream->object;
}

/* ---- Groups ------------------------------------------------------------------------------ */

static void group_drop(struct iofd_fault_queue *queue, struct iofd_fault_group *group)
{
	TAILQ_REMOVE(group->cookie ? &queue->unanswered : &queue->unread, group, link);
	if (group->cookie)
		ids_free(&queue->cookies, group->cookie);
	free(group);
}

static void group_answer(struct iofd_fault_queue *queue, struct iofd_fault_group *group,
			 uint32_t code)
{
	struct iommufd_backend *backend = group->device->config.backend;
	void *mark = group->mark;

	group_drop(queue, group);
	backend->ops->respond(backend, mark, code);
}

static void groups_end(struct iofd_fault_queue *queue, struct iofd_fault_groups *groups,
		       const struct iommufd_device *device, uint32_t route)
{
	struct iofd_fault_group *group, *next;

	for (group = TAILQ_FIRST(groups); group; group = next) {
		next = TAILQ_NEXT(group, link);
		if (!device || (group->device == device && group->route == route))
			group_answer(queue, group, IOASIM_IOMMUFD_RESPONSE_INVALID);
	}
}

void iofd_faults_end(struct iofd_fault_queue *queue, const struct iommufd_device *device,
		     uint32_t route)
{
	groups_end(queue, &queue->unread, device, route);
	groups_end(queue, &queue->unanswered, device, route);
}

/* ---- Raising -------------------------------------------------------------------------------- */

/* The route that a request goes by: its PASID's, or a user's table of all PASIDs. */
static const struct iofd_route *route_of(const struct iommufd_device *device, uint32_t pasid)
{
	const struct iofd_route *route = NULL;

	if (iofd_is_attached(device, pasid))
		return iofd_route_find(device->group, pasid);
	if (pasid != IOMMUFD_NO_PASID)
		route = iofd_route_find(device->group, IOMMUFD_NO_PASID);
	return route && route->hwpt->parent ? route : NULL;
}

bool iommufd_fault_wanted(const struct iommufd_device *device, uint32_t pasid)
{
	const struct iofd_route *route = route_of(device, pasid);

	return route && route->hwpt->faults;
}

int iommufd_fault_raise(struct iommufd_device *device, uint32_t pasid,
			const struct ioasim_iommufd_pgfault *records, unsigned count, void *mark)
{
	const struct iofd_route *route = route_of(device, pasid);
	struct iofd_fault_group *group;

	if (!route || !route->hwpt->faults)
		return -ENOENT;
	group = calloc(1, sizeof(*group) + count * sizeof(*records));
	if (!group)
		return -ENOMEM;
	group->device = device;
	group->route = route->pasid;
	group->mark = mark;
	group->count = count;
	memcpy(group->record, records, count * sizeof(*records));
	for (unsigned i = 0; i < count; i++)
		group->record[i].dev_id = device->object.number;
	TAILQ_INSERT_TAIL(&route->hwpt->faults->unread, group, link);
	return 0;
}

static struct iofd_fault_group *marked(struct iofd_fault_groups *groups, const void *mark)
{
	struct iofd_fault_group *group;

	TAILQ_FOREACH (group, groups, link)
		if (group->mark == mark)
			return group;
	return NULL;
}

void iommufd_fault_forget(struct iommufd_device *device, const void *mark)
{
	const struct iofd_route *route;

	LIST_FOREACH (route, &device->group->routes, link) {
		struct iofd_fault_queue *queue = route->hwpt->faults;
		struct iofd_fault_group *group = queue ? marked(&queue->unread, mark) : NULL;

		if (queue && !group)
			group = marked(&queue->unanswered, mark);
		if (group)
			group_drop(queue, group);
	}
}

/* ---- The descriptor ------------------------------------------------------------------------- */

static int64_t queue_read(struct iommufd_stream *stream, void *data, size_t bytes)
{
	struct iofd_fault_queue *queue = queue_of(stream);
	struct iofd_fault_group *group;
	size_t done = 0;

	if (bytes % sizeof(struct ioasim_iommufd_pgfault))
		return -ESPIPE;
	while ((group = TAILQ_FIRST(&queue->unread))) {
		size_t size = group->count * sizeof(group->record[0]);
		uint32_t cookie;
		int error = size > bytes - done ? -EINVAL : number_take(&queue->cookies, &cookie);

		if (error)
			return done ? (int64_t)done : error;
		TAILQ_REMOVE(&queue->unread, group, link);
		TAILQ_INSERT_TAIL(&queue->unanswered, group, link);
		group->cookie = cookie;
		for (unsigned i = 0; i < group->count; i++)
			group->record[i].cookie = cookie;
		memcpy((unsigned char *)data + done, group->record, size);
		done += size;
	}
	return (int64_t)done;
}

static int answer(struct iofd_fault_queue *queue, const struct ioasim_iommufd_page_response *what)
{
	struct iofd_fault_group *group;

	if (what->code > IOASIM_IOMMUFD_RESPONSE_INVALID)
		return -EINVAL;
	TAILQ_FOREACH (group, &queue->unanswered, link)
		if (group->cookie == what->cookie)
			break;
	if (!group)
		return -EINVAL;
	group_answer(queue, group, what->code);
	return 0;
}

static int64_t queue_write(struct iommufd_stream *stream, const void *data, size_t bytes)
{
	struct ioasim_iommufd_page_response response;
	size_t done = 0;

	if (bytes % sizeof(response))
		return -ESPIPE;
	for (; done < bytes; done += sizeof(response)) {
		int error;

		memcpy(&response, (const unsigned char *)data + done, sizeof(response));
		error = answer(queue_of(stream), &response);
		if (error)
			return done ? (int64_t)done : error;
	}
	return (int64_t)done;
}

static bool queue_waiting(const struct iommufd_stream *stream)
{
	return !TAILQ_EMPTY(&queue_of(stream)->unread);
}

static const struct iofd_stream_ops queue_ops = {queue_read, queue_write, queue_waiting};

/* ---- FAULT_QUEUE_ALLOC ------------------------------------------------------------------------ */

void iofd_fault_queue_destroy(struct iofd_fault_queue *queue)
{
	groups_end(queue, &queue->unread, NULL, 0);
	groups_end(queue, &queue->unanswered, NULL, 0);
	iofd_object_leave(&queue->object);
	ids_fini(&queue->cookies);
	free(queue);
}

static int queue_create(struct iommufd *fd, struct iofd_fault_queue **out)
{
	struct iofd_fault_queue *queue = calloc(1, sizeof(*queue));
	int error;

	if (!queue)
		return -ENOMEM;
	TAILQ_INIT(&queue->unread);
	TAILQ_INIT(&queue->unanswered);
	queue->stream = (struct iommufd_stream){&queue_ops, &queue->object};
	error = ids_init(&queue->cookies, 1, COOKIES);
	if (!error)
		error = iofd_object_enter(fd, &queue->object, IOFD_FAULT);
	if (error) {
		ids_fini(&queue->cookies);
		free(queue);
		return error;
	}
	*out = queue;
	return 0;
}

const struct iofd_check iofd_fault_alloc_checks[] = {
	{"U12", EMFILE, "the process has no number for a descriptor", NULL},
	{"U12", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

int iofd_fault_alloc_work(struct iofd_call *call)
{
	struct ioasim_iommufd_fault_alloc *arg = &call->arg.fault_alloc;
	struct iofd_fault_queue *queue;
	int error = queue_create(call->fd, &queue);

	if (error)
		return error;
	error = iofd_stream_install(&queue->stream, call->user, &arg->out_fault_fd);
	if (error) {
		iofd_fault_queue_destroy(queue);
		return error;
	}
	arg->out_fault_id = queue->object.number;
	return 0;
}
