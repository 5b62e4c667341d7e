/* SPDX-License-Identifier: Apache-2.0 */
/* Fault queues: FAULT_QUEUE_ALLOC, and what page tables put into them. */
#ifndef MODEL_IOMMUFD_FAULT_QUEUE_H
#define MODEL_IOMMUFD_FAULT_QUEUE_H

#include "model/iommufd/objects.h"
#include "model/iommufd/stream.h"

/* Records of one request. */
struct iofd_fault_group {
	TAILQ_ENTRY(iofd_fault_group) link;
	struct iommufd_device *device;
	uint32_t route; /* PASID of the route that it came by */
	void *mark;
	uint32_t cookie; /* 0: not read yet */
	unsigned count;
	struct ioasim_iommufd_pgfault record[];
};

TAILQ_HEAD(iofd_fault_groups, iofd_fault_group);

struct iofd_fault_queue {
	struct iofd_object object; /* first */
	struct iommufd_stream stream;
	struct iofd_fault_groups unread, unanswered;
	struct ids cookies;
};

/* Nobody holds it. */
void iofd_fault_queue_destroy(struct iofd_fault_queue *queue);
/* A route of the device ends: what came by it is answered INVALID. */
void iofd_faults_end(struct iofd_fault_queue *queue, const struct iommufd_device *device,
		     uint32_t route);

#endif
