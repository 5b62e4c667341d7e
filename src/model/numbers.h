/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of things that come and go: sets that grow, and arrays by number. */
#ifndef MODEL_NUMBERS_H
#define MODEL_NUMBERS_H

#include "model/pool.h"

/* The lowest free number of a growing set. -ENOSPC, -ENOMEM. */
int number_take(struct ids *ids, uint32_t *number);
/* The array of *room pointers, grown if need be so that it has a place for a number of
 * the set; new places are NULL. NULL: no memory, and nothing has changed. */
void *numbers_reach(const struct ids *ids, uint32_t number, void *slots, uint32_t *room);

#endif
