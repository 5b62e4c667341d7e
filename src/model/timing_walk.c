/* SPDX-License-Identifier: Apache-2.0 */
/* Walks: places to wait in, walkers, references, and who waits for whose walk. */
#include "model/timing_inside.h"

static uint32_t *bucket_of(const struct timing *timing, uint64_t page)
{
	return &timing->bucket[(uint32_t)(cache_hash(page) >> 32) & timing->bucket_mask];
}

/* The place + 1 of the last walk of a page; 0: forgotten. */
static uint32_t place_of(const struct timing *timing, uint64_t page)
{
	uint32_t n = *bucket_of(timing, page);

	while (n && timing->place[n - 1].page != page)
		n = timing->place[n - 1].next;
	return n;
}

uint64_t timing_walk_under_way(const struct timing *timing, uint64_t page, uint64_t time)
{
	uint32_t n = place_of(timing, page);

	return n && timing->place[n - 1].ready > time ? timing->place[n - 1].ready : 0;
}

static void forget(struct timing *timing, uint32_t number)
{
	struct timing_place *place = &timing->place[number];
	uint32_t *link;

	if (!place->bucket)
		return;
	link = &timing->bucket[place->bucket - 1];
	while (*link != number + 1)
		link = &timing->place[*link - 1].next;
	*link = place->next;
	place->bucket = 0;
}

/* Of several walks of a page the last one counts. */
static void remember(struct timing *timing, uint32_t number, uint64_t page, uint64_t ready)
{
	uint32_t *bucket = bucket_of(timing, page);
	uint32_t before = place_of(timing, page);

	if (before)
		forget(timing, before - 1);
	forget(timing, number);
	timing->place[number] = (struct timing_place){
		.page = page,
		.ready = ready,
		.next = *bucket,
		.bucket = (uint32_t)(bucket - timing->bucket) + 1,
	};
	*bucket = number + 1;
	timing->latest_ready = timing_later(timing->latest_ready, ready);
}

/* A reference that the cache in front of memory answers is as fast as that cache. */
static uint64_t references_duration(struct timing *timing, const struct timing_request *request)
{
	const struct timing_config *config = &timing->config;
	uint64_t hits = 0;

	timing->stats.references += request->references;
	for (uint32_t i = 0; request->address && i < request->references; i++) {
		uint64_t line = request->address[i] >> 6;
		uint32_t slot = cache_find(&timing->lines, line, 0, 0);

		if (slot == CACHE_NONE)
			(void)cache_fill(&timing->lines, line, 0, 0, 0);
		else
			cache_touch(&timing->lines, slot);
		hits += slot != CACHE_NONE;
	}
	if (request->address) {
		timing->stats.line_hits += hits;
		timing->stats.line_misses += request->references - hits;
	}
	return timing_after(0, hits * config->line_hit_ps +
				       (request->references - hits) * config->reference_ps);
}

void timing_walk(struct timing *timing, const struct timing_request *request,
		 struct timing_span *span)
{
	const struct timing_config *config = &timing->config;
	uint64_t duration = timing_after(references_duration(timing, request), config->walk_ps);
	uint64_t place, walker;

	/* Without a place to wait in, look-ups stand still. */
	place = timing_later(span->looked_up, timing->pending.until[0].time);
	timing->front = place;
	walker = timing_later(place, timing->walkers.until[0].time);
	span->walker_free = walker;
	span->walk_start = timing_later(walker, timing->blocked);
	span->walk_end = timing_after(span->walk_start, duration);
	span->ready = timing_after(span->walk_end, config->miss_ps);
	span->walker = timing->walkers.until[0].id;
	span->walked = true;
	remember(timing, timing->pending.until[0].id, request->page, span->ready);
	timing_pool_take(&timing->walkers, span->walk_end);
	timing_pool_take(&timing->pending, span->ready);
	timing->stats.walks++;
	timing->stats.walks_held += span->walk_start > span->looked_up;
	timing->stats.walker_ps += span->walk_end - span->walk_start;
	timing_part(timing, TIMING_WALKER, walker - span->looked_up);
	timing_part(timing, TIMING_BLOCKED, span->walk_start - walker);
	timing_part(timing, TIMING_MEMORY, span->ready - span->walk_start);
}
