/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues of devices, and mediated devices as their drivers see them (D). The list of
 * vPASIDs that an mdev may use is the list of its own attachments, and no other (D6).
 */
#include "model/uapi/dma_inside.h"

#include "model/uapi/aspace.h"
#include "model/uapi/device.h"
#include "model/uapi/iommufd_mdev.h"

#include <errno.h>

void queues_stop(struct attachment *attachment)
{
	struct device *device = attachment->device;

	for (unsigned i = 0; i < IOASIM_QUEUES; i++) {
		struct queue *queue = &device->queue[i];

		if (queue->state != QUEUE_VPASID || queue->attachment != attachment)
			continue;
		queue->state = QUEUE_DISABLED;
		queue->attachment = NULL;
	}
}

/* D1: the write traps to the mdev's driver. */
static int mdev_queue_write(struct device *device, struct queue *queue, uint32_t vpasid)
{
	struct attachment *attachment = attachment_vpasid(device, vpasid);

	queue->vpasid = vpasid;
	queue->attachment = attachment;
	queue->state = attachment ? QUEUE_VPASID : QUEUE_DISABLED;
	return attachment ? 0 : -EPERM;
}

int ioasim_queue_write(struct ioasim_system *system, int number, unsigned index, uint32_t vpasid)
{
	struct device *device = device_find(system, number);
	struct queue *queue;

	if (!device)
		return -ENODEV;
	/* B2: nobody's registers are touched by a user who has not bound it. */
	if (index >= IOASIM_QUEUES || !device->bound)
		return -EINVAL;
	queue = &device->queue[index];
	if (vpasid == IOASIM_NO_VPASID) {
		*queue = (struct queue){.state = QUEUE_DEFAULT};
		return 0;
	}
	if (vpasid > IOASIM_PASID_MAX)
		return -EINVAL;
	if (device->parent)
		return mdev_queue_write(device, queue, vpasid);
	/* D2: the IOMMU alone decides. */
	*queue = (struct queue){.state = QUEUE_VPASID, .vpasid = vpasid};
	return 0;
}

/* ---- Software mdevs ------------------------------------------------------------------------ */

/* D5: what hardware would say of an access through this map. */
int mdev_access(const struct dma_wire *wire, const struct ioasim_dma *dma,
		struct ioasim_dma_result *result)
{
	const struct attachment *attachment = wire->attachment;
	unsigned access;

	if (attachment && attachment->ioasid->mdev)
		return iommufd_mdev_dma(attachment->ioasid->mdev, dma, result);
	result->outcome = IOASIM_DMA_FAULTS;
	if (!attachment || attachment->blocked || !attachment->ioasid->aspace) {
		result->class = IOASIM_CLASS_BLOCKED;
		return 0;
	}
	if (aspace_find(attachment->ioasid->aspace, dma->address, &result->pa, &access, NULL)) {
		result->class = IOASIM_CLASS_STAGE1;
		return 0;
	}
	if (dma->access & ~access) {
		result->class = IOASIM_CLASS_PERMISSION;
		return 0;
	}
	result->outcome = IOASIM_DMA_REACHES;
	return 0;
}
