/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page frames of the generators: blocks of a power of two pages, aligned to their size.
 * What is given back comes last again, so that an address that is mapped anew leads
 * elsewhere than before, and a stale translation shows.
 */
#ifndef SIM_GEN_FRAMES_H
#define SIM_GEN_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define GEN_FRAME_ORDERS 20 /* of pages: blocks up to 2 GiB */

struct gen_frame_queue {
	uint32_t *page; /* a ring */
	size_t head, count, room; /* room: a power of two, or 0 */
};

/* Zeroed it is empty. */
struct gen_frames {
	uint64_t next; /* page; 0: at the beginning */
	struct gen_frame_queue free[GEN_FRAME_ORDERS];
};

/* Order of the smallest block that holds so many bytes. */
unsigned gen_frame_order(uint64_t bytes);

/* A block of 2^order pages. -ENOSPC: no addresses are left; -ENOMEM. */
int gen_frames_get(struct gen_frames *frames, unsigned order, uint64_t *pa);
/* -ENOMEM. */
int gen_frames_put(struct gen_frames *frames, unsigned order, uint64_t pa);
void gen_frames_fini(struct gen_frames *frames);

#endif
