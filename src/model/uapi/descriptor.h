/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of processes and what they open (O). */
#ifndef MODEL_UAPI_DESCRIPTOR_H
#define MODEL_UAPI_DESCRIPTOR_H

#include "model/numbers.h"
#include "model/uapi/objects.h"

/* NULL: not open in the process. */
struct fd *fd_find(const struct process *process, int number);

/* O6: in ascending order. */
void process_close_all(struct process *process);

/* A container that was closed goes when no IOASID and no bound device of it is left. To
 * be called when one of them has gone; the container may be gone afterwards. */
void container_settle(struct container *container);

#endif
