/* SPDX-License-Identifier: Apache-2.0 */
/* Locked memory of processes and users: pages that are pinned for an iommufd (U3, U6). */
#ifndef MODEL_UAPI_LOCKED_H
#define MODEL_UAPI_LOCKED_H

#include "model/iommufd/iommufd.h"
#include "model/uapi/objects.h"

/* A process begins without a limit. */
void locked_init(struct process *process);
/* -ENOMEM: beyond the limit of the process. */
int locked_add(struct process *process, enum iommufd_account account, uint64_t pages);
void locked_remove(struct process *process, enum iommufd_account account, uint64_t pages);

#endif
