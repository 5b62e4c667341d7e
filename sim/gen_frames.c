/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define PAGE_LG2 12

/*
 * In pages. From 4 GiB, so that no address of a device is one of a frame; without what
 * machines' drivers take for themselves by default (docs/machine.md, driver.pool_base)
 * and what lies behind up to the end of their default memory; below what AMD-Vi reserves.
 */
#define BEGIN    (UINT64_C(4) << (30 - PAGE_LG2))
#define HOLE     (UINT64_C(32) << (30 - PAGE_LG2))
#define HOLE_END (UINT64_C(64) << (30 - PAGE_LG2))
#define END      (UINT64_C(960) << (30 - PAGE_LG2))

/* Blocks that wait before one is used again. */
#define WAITING 64

unsigned gen_frame_order(uint64_t bytes)
{
	unsigned order = 0;

	while (UINT64_C(1) << (PAGE_LG2 + order) < bytes)
		order++;
	return order;
}

static int take_new(struct gen_frames *frames, unsigned order, uint64_t *pa)
{
	uint64_t pages = UINT64_C(1) << order, page = frames->next ? frames->next : BEGIN;

	page = (page + pages - 1) & ~(pages - 1);
	if (page < HOLE && page + pages > HOLE)
		page = HOLE_END;
	if (page >= HOLE && page < HOLE_END)
		page = HOLE_END;
	if (page + pages > END)
		return -ENOSPC;
	frames->next = page + pages;
	*pa = page << PAGE_LG2;
	return 0;
}

static void pop(struct gen_frame_queue *queue, uint64_t *pa)
{
	*pa = (uint64_t)queue->page[queue->head] << PAGE_LG2;
	queue->head = (queue->head + 1) & (queue->room - 1);
	queue->count--;
}

int gen_frames_get(struct gen_frames *frames, unsigned order, uint64_t *pa)
{
	struct gen_frame_queue *queue = &frames->free[order];
	int status;

	if (queue->count <= WAITING) {
		status = take_new(frames, order, pa);
		if (status == 0 || !queue->count)
			return status;
	}
	pop(queue, pa);
	return 0;
}

static int grow(struct gen_frame_queue *queue)
{
	size_t room = queue->room ? queue->room * 2 : 64;
	uint32_t *page = malloc(room * sizeof(*page));

	if (!page)
		return -ENOMEM;
	for (size_t i = 0; i < queue->count; i++)
		page[i] = queue->page[(queue->head + i) & (queue->room - 1)];
	free(queue->page);
	queue->page = page;
	queue->room = room;
	queue->head = 0;
	return 0;
}

int gen_frames_put(struct gen_frames *frames, unsigned order, uint64_t pa)
{
	struct gen_frame_queue *queue = &frames->free[order];

	if (queue->count == queue->room && grow(queue))
		return -ENOMEM;
	queue->page[(queue->head + queue->count++) & (queue->room - 1)] =
		(uint32_t)(pa >> PAGE_LG2);
	return 0;
}

void gen_frames_fini(struct gen_frames *frames)
{
	for (unsigned i = 0; i < GEN_FRAME_ORDERS; i++)
		free(frames->free[i].page);
	*frames = (struct gen_frames){0};
}
