/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE (64u << 10)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

void *arena_get(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + 15) & ~(size_t)15;
	if (!block || block->size - block->used < bytes) {
		size_t room = bytes > BLOCK_SIZE ? bytes : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct arena_block){.next = arena->blocks, .size = room};
		arena->blocks = block;
	}
	block->used += bytes;
	return block->data + block->used - bytes;
}

static void free_down_to(struct arena *arena, const struct arena_block *last)
{
	while (arena->blocks && arena->blocks != last) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}

void arena_clear(struct arena *arena)
{
	struct arena_block *first = arena->blocks;

	while (first && first->next)
		first = first->next;
	free_down_to(arena, first);
	if (first)
		first->used = 0;
}

void arena_free(struct arena *arena)
{
	free_down_to(arena, NULL);
}
