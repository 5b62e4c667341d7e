/* SPDX-License-Identifier: Apache-2.0 */
/* Address spaces of processes as devices use them (V). */
#ifndef MODEL_UAPI_SVA_H
#define MODEL_UAPI_SVA_H

#include "model/uapi/objects.h"

/*
 * A device's page request for an address of a process (F9): the page is mapped for
 * devices with the rights that the process has there. -EFAULT: the process has nothing
 * there, or not these rights (V5), or it is gone; -ENOMEM, -EIO.
 */
int sva_fault(struct process *process, uint64_t address, unsigned access);

/* The process's areas in [first, last] are about to go or to lose rights (V4): complete on
 * return. -ENOMEM, -EIO. */
int sva_invalidate(struct process *process, uint64_t first, uint64_t last);

/* The process dies (V6): all routes to it are blocked and its table is empty. */
void sva_release(struct process *process);

#endif
