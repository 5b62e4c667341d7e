/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues of a vIOMMU's events (VEVENTQ_ALLOC, U11, U12). Events are numbered, lost ones
 * too. That the last ones were lost is told by a header alone, of the last of them; once an
 * event follows, the gap in the numbers tells it, and the header goes.
 */
#include "model/iommufd/calls.h"
#include "model/iommufd/viommu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST (1u << 19)

/* Sequence numbers are not negative in 32 bits. */
#define SEQUENCE_LAST 0x7fffffffu

static struct iofd_veventq *queue_of(const struct iommufd_stream *stream)
{
	return (struct iofd_veventq *)stream->object;
}

/* ---- Raising -------------------------------------------------------------------------------- */

static void append(struct iofd_veventq *queue, struct iofd_vevent *event)
{
	if (queue->losing)
		TAILQ_REMOVE(&queue->events, &queue->lost, link);
	queue->losing = event == &queue->lost;
	event->header.sequence = queue->sequence;
	queue->sequence = (queue->sequence + 1) & SEQUENCE_LAST;
	TAILQ_INSERT_TAIL(&queue->events, event, link);
}

int iommufd_vevent(struct iommufd_viommu *viommu, uint32_t type, const void *data, uint32_t length)
{
	struct iofd_veventq *queue;
	struct iofd_vevent *event;

	LIST_FOREACH (queue, &viommu->queues, link)
		if (queue->type == type)
			break;
	if (!queue)
		return -ENOENT;
	if (queue->count == queue->depth) {
		append(queue, &queue->lost);
		return 0;
	}
	event = calloc(1, sizeof(*event) + length);
	if (!event) {
		append(queue, &queue->lost);
		return -ENOMEM;
	}
	event->length = length;
	event->data = (unsigned char *)(event + 1);
	memcpy(event->data, data, length);
	queue->count++;
	append(queue, event);
	return 0;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static void event_take(struct iofd_veventq *queue, struct iofd_vevent *event)
{
	TAILQ_REMOVE(&queue->events, event, link);
	if (event == &queue->lost) {
		queue->losing = false;
		return;
	}
	queue->count--;
	free(event);
}

static int64_t queue_read(struct iommufd_stream *stream, void *data, size_t bytes)
{
	struct iofd_veventq *queue = queue_of(stream);
	struct iofd_vevent *event;
	unsigned char *to = data;
	size_t done = 0;

	if (bytes < sizeof(event->header))
		return -EINVAL;
	while ((event = TAILQ_FIRST(&queue->events))) {
		if (bytes - done < sizeof(event->header) + event->length)
			return done ? (int64_t)done : -EINVAL;
		memcpy(to + done, &event->header, sizeof(event->header));
		if (event->length)
			memcpy(to + done + sizeof(event->header), event->data, event->length);
		done += sizeof(event->header) + event->length;
		event_take(queue, event);
	}
	return (int64_t)done;
}

static bool queue_waiting(const struct iommufd_stream *stream)
{
	return !TAILQ_EMPTY(&queue_of(stream)->events);
}

static const struct iofd_stream_ops queue_ops = {queue_read, NULL, queue_waiting};

/* ---- VEVENTQ_ALLOC ---------------------------------------------------------------------------- */

static bool type_default(struct iofd_call *call)
{
	return !call->arg.veventq_alloc.type;
}

static bool depth_bad(struct iofd_call *call)
{
	return !call->arg.veventq_alloc.depth || call->arg.veventq_alloc.depth > DEPTH_MOST;
}

static bool viommu_unknown(struct iofd_call *call)
{
	call->viommu = (struct iommufd_viommu *)iofd_find(
		call->fd, call->arg.veventq_alloc.viommu_id, IOFD_VIOMMU);
	return !call->viommu;
}

static bool type_taken(struct iofd_call *call)
{
	const struct iofd_veventq *queue;

	LIST_FOREACH (queue, &call->viommu->queues, link)
		if (queue->type == call->arg.veventq_alloc.type)
			return true;
	return false;
}

const struct iofd_check iofd_veventq_alloc_checks[] = {
	{"U11", EOPNOTSUPP, "the type is 0", type_default},
	{"U11", EINVAL, "depth is 0, or more than 2^19", depth_bad},
	{"U11", ENOENT, "the vIOMMU is unknown", viommu_unknown},
	{"U11", EEXIST, "the vIOMMU has a queue of the type", type_taken},
	{"U11", EMFILE, "the process has no number for a descriptor", NULL},
	{"U11", ENOMEM, "there is no memory", NULL},
	IOFD_CHECKS_END,
};

int iofd_veventq_alloc_work(struct iofd_call *call)
{
	struct ioasim_iommufd_veventq_alloc *arg = &call->arg.veventq_alloc;
	struct iofd_veventq *queue = calloc(1, sizeof(*queue));
	int error;

	if (!queue)
		return -ENOMEM;
	TAILQ_INIT(&queue->events);
	queue->stream = (struct iommufd_stream){&queue_ops, &queue->object};
	queue->lost.header.flags = IOASIM_IOMMUFD_VEVENT_LOST;
	queue->viommu = call->viommu;
	queue->type = arg->type;
	queue->depth = arg->depth;
	error = iofd_object_enter(call->fd, &queue->object, IOFD_VEVENTQ);
	if (error) {
		free(queue);
		return error;
	}
	LIST_INSERT_HEAD(&call->viommu->queues, queue, link);
	call->viommu->object.users++;
	error = iofd_stream_install(&queue->stream, call->user, &arg->out_veventq_fd);
	if (error) {
		iofd_veventq_destroy(queue);
		return error;
	}
	arg->out_veventq_id = queue->object.number;
	return 0;
}

void iofd_veventq_destroy(struct iofd_veventq *queue)
{
	while (!TAILQ_EMPTY(&queue->events))
		event_take(queue, TAILQ_FIRST(&queue->events));
	LIST_REMOVE(queue, link);
	queue->viommu->object.users--;
	iofd_object_leave(&queue->object);
	free(queue);
}
