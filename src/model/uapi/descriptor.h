/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of processes and what they open (O). */
#ifndef MODEL_UAPI_DESCRIPTOR_H
#define MODEL_UAPI_DESCRIPTOR_H

#include "model/numbers.h"
#include "model/uapi/objects.h"

/* NULL: not open in the process. */
struct fd *fd_find(const struct process *process, int number);

/* A number for a descriptor, which is copied. -EMFILE, -ENOMEM. */
int fd_open(struct process *process, const struct fd *file);
/* Gives an open number back; with the last one what is behind it is closed. */
void fd_drop(struct process *process, uint32_t number);

/* An empty one; NULL: no memory. */
struct container *container_create(struct ioasim_system *system, struct process *process);

/* O6: in ascending order. */
void process_close_all(struct process *process);

/* A container that was closed goes when no IOASID and no bound device of it is left. To
 * be called when one of them has gone; the container may be gone afterwards. */
void container_settle(struct container *container);

#endif
