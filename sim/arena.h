/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given out piece by piece and freed together. Zeroed: empty. */
#ifndef SIM_ARENA_H
#define SIM_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* Room for `count` things of `size` bytes, aligned to 16, not zeroed. NULL: no memory. */
void *arena_get(struct arena *arena, size_t count, size_t size);

/* Frees all pieces; a block is kept for what comes next. */
void arena_clear(struct arena *arena);

void arena_free(struct arena *arena);

#endif
