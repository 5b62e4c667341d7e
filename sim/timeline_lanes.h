/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a timeline's items lie. Items that overlap lie beside each other in lanes, each in
 * the first one that is free; and how many are on their way is counted by their ends.
 */
#ifndef SIM_TIMELINE_LANES_H
#define SIM_TIMELINE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LANES_MOST 1024u /* items beside each other */

/* Zeroed there are none. */
struct lanes {
	uint64_t *until; /* end of a lane's last item */
	uint32_t used, room;
};

/* The lane of an item, from 0 on. -ENOSPC: LANES_MOST are taken; -ENOMEM. */
int lanes_place(struct lanes *lanes, uint64_t start, uint64_t end);
void lanes_fini(struct lanes *lanes);

/* Ends of what is on its way, the first one first. Zeroed there are none. */
struct ends {
	uint64_t *time;
	size_t count, room;
};

int ends_add(struct ends *ends, uint64_t time); /* 0 or -ENOMEM */
uint64_t ends_take(struct ends *ends); /* the first one; there is one */
void ends_fini(struct ends *ends);

#endif
