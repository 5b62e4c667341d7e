/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of all fully associative LRU caches of any number of entries at once: the
 * entry at depth d is in those of more than d entries and in no others (Mattson et al.,
 * "Evaluation techniques for storage hierarchies", 1970). Entries can be removed, too, as
 * an invalidation does: what is removed leaves a hole, which is a free entry of those
 * caches that had it, and which the next entry that comes in from below fills.
 *
 * Entries are told by numbers from 0 on, which should be dense. Each step costs the
 * logarithm of the depth that the stack has had; memory grows with that and with the
 * largest number, not with the steps.
 */
#ifndef SIM_STACK_H
#define SIM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACK_ABSENT UINT32_MAX

struct stack {
	/* Places, the top one last: what stands there, and a Fenwick tree of how many are
	 * taken. Places that were left stay empty until the stack is packed. */
	uint32_t *at; /* place: number, STACK_HOLE or STACK_EMPTY */
	uint32_t *sum; /* from 1 */
	uint32_t places, top; /* room, and the next place */
	uint32_t taken; /* entries and holes */

	uint32_t *place_of; /* number: place, or STACK_ABSENT */
	uint32_t numbers; /* room */

	uint32_t *hole; /* a heap of places, the top one first */
	uint32_t holes, holes_room;
};

/* Zeroed it is empty. */
void stack_fini(struct stack *stack);

/* How many entries and holes lie above; STACK_ABSENT: it is in no cache. */
uint32_t stack_depth(const struct stack *stack, uint32_t number);

/* Uses the entry, which comes to the top. 0 or -ENOMEM. */
int stack_use(struct stack *stack, uint32_t number);

/* Removes the entry from all caches; one that is in none is no matter. 0 or -ENOMEM. */
int stack_remove(struct stack *stack, uint32_t number);

/* All caches are empty. */
void stack_clear(struct stack *stack);

#endif
