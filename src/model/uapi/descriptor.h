/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of processes and what they open (O). */
#ifndef MODEL_UAPI_DESCRIPTOR_H
#define MODEL_UAPI_DESCRIPTOR_H

#include "model/uapi/objects.h"

/* NULL: not open in the process. */
struct fd *fd_find(const struct process *process, int number);

/* O6: in ascending order. */
void process_close_all(struct process *process);

/* A container that was closed goes when no IOASID and no bound device of it is left. To
 * be called when one of them has gone; the container may be gone afterwards. */
void container_settle(struct container *container);

/* A growing set of numbers: the lowest free one. -ENOSPC, -ENOMEM. */
int number_take(struct ids *ids, uint32_t *number);
/* The array of *room pointers, grown if need be so that it has a place for a number of
 * the set; new places are NULL. NULL: no memory, and nothing has changed. */
void *numbers_reach(const struct ids *ids, uint32_t number, void *slots, uint32_t *room);

#endif
