/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables (hwpt.c) and routes to them (attach.c). */
#ifndef MODEL_IOMMUFD_HWPT_H
#define MODEL_IOMMUFD_HWPT_H

#include "model/iommufd/objects.h"

/* A page table of the kernel for a device, which shows the IOAS. -EOPNOTSUPP (flags), and
 * as iofd_domain_enter(). */
int iofd_hwpt_create(struct iofd_ioas *ioas, struct iommufd_device *device, uint32_t flags,
		     struct iommufd_hwpt **hwpt);
/* Nobody holds it. */
void iofd_hwpt_destroy(struct iommufd_hwpt *hwpt);
/* Attached devices hold it; an automatic one goes with the last. */
static inline void iofd_hwpt_get(struct iommufd_hwpt *hwpt)
{
	hwpt->object.users++;
}

void iofd_hwpt_put(struct iommufd_hwpt *hwpt);

/* What a device has attached there; NULL: nothing. */
struct iofd_route *iofd_route_find(const struct iofd_group *group, uint32_t pasid);
bool iofd_is_attached(const struct iommufd_device *device, uint32_t pasid);

/* Groups of a device that is being bound, and unbound. -ENOMEM. */
int iofd_group_join(struct iommufd_device *device);
void iofd_group_leave(struct iommufd_device *device);

#endif
