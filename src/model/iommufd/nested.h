/* SPDX-License-Identifier: Apache-2.0 */
/* Page tables of users, for HWPT_ALLOC. */
#ifndef MODEL_IOMMUFD_NESTED_H
#define MODEL_IOMMUFD_NESTED_H

#include "model/iommufd/objects.h"

struct iofd_call;

/* Checks of HWPT_ALLOC that do not hold of an IOAS. */
bool iofd_nested_flags_bad(struct iofd_call *call); /* EOPNOTSUPP */
bool iofd_nested_not_offered(struct iofd_call *call); /* EOPNOTSUPP */
bool iofd_nested_parent_bad(struct iofd_call *call); /* EINVAL */

/* Over call->hwpt or on call->viommu. */
int iofd_nested_create(const struct iofd_call *call, struct iommufd_hwpt **hwpt);
/* Gives up what it holds. */
void iofd_nested_end(struct iommufd_hwpt *hwpt);

#endif
