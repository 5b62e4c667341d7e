/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_cache.h"

#include <stdlib.h>
#include <string.h>

const uint64_t profile_window_requests[PROFILE_WINDOWS] = {1000, 10000, 100000};

void profile_cache_init(struct profile_cache *c, uint32_t entries, bool levels,
			const struct ioasim_cache_counters *counters)
{
	*c = (struct profile_cache){
		.entries = entries,
		.levels = levels,
		.counters = counters,
		.hits = counters->hits,
		.misses = counters->misses,
		.last = TAGS_NONE,
	};
}

void profile_cache_fini(struct profile_cache *c)
{
	tags_fini(&c->tags);
	stack_fini(&c->stack);
	free(c->window_of);
	c->window_of = NULL;
}

/* ---- Working sets ------------------------------------------------------------------- */

static bool windows_grow(struct profile_cache *c, uint32_t tag)
{
	uint32_t room = c->window_room ? c->window_room : 64;
	uint32_t *bigger;

	while (room <= tag)
		room *= 2;
	bigger = reallocarray(c->window_of, room, PROFILE_WINDOWS * sizeof(*bigger));
	if (!bigger)
		return false;
	memset(bigger + (size_t)c->window_room * PROFILE_WINDOWS, 0,
	       (size_t)(room - c->window_room) * PROFILE_WINDOWS * sizeof(*bigger));
	c->window_of = bigger;
	c->window_room = room;
	return true;
}

/* The tag is in use now. */
static void windows_use(struct profile_cache *c, uint32_t tag)
{
	uint32_t *last;

	if (tag >= c->window_room && !windows_grow(c, tag)) {
		c->no_memory = true;
		return;
	}
	last = &c->window_of[(size_t)tag * PROFILE_WINDOWS];
	for (unsigned i = 0; i < PROFILE_WINDOWS; i++) {
		uint32_t now = (uint32_t)(c->requests / profile_window_requests[i]) + 1;

		c->in_window[i] += last[i] != now;
		last[i] = now;
	}
}

static void window_close(struct profile_cache *c, unsigned i)
{
	struct profile_window *window = &c->result.window[i];

	window->windows++;
	window->tags += c->in_window[i];
	if (c->in_window[i] > window->max)
		window->max = c->in_window[i];
	c->in_window[i] = 0;
}

static void windows_request(struct profile_cache *c)
{
	c->requests++;
	for (unsigned i = 0; i < PROFILE_WINDOWS; i++)
		if (c->requests % profile_window_requests[i] == 0)
			window_close(c, i);
}

/* ---- Look-ups ----------------------------------------------------------------------- */

static void use(struct profile_cache *c, uint32_t tag)
{
	if (stack_use(&c->stack, tag))
		c->no_memory = true;
	c->last = tag;
}

static void hit(struct profile_cache *c, uint32_t tag)
{
	uint32_t depth = stack_depth(&c->stack, tag);

	histogram_add(&c->result.depth, depth == STACK_ABSENT ? 0 : depth);
	if (tag == TAGS_NONE)
		return;
	use(c, tag);
	windows_use(c, tag);
}

/* What of the entries that were filed for a miss is nearest to the top. */
static uint32_t least_depth(const struct profile_cache *c)
{
	uint32_t least = STACK_ABSENT;

	for (unsigned i = 0; i < c->fills; i++) {
		uint32_t depth =
			c->fill[i].first ? STACK_ABSENT : stack_depth(&c->stack, c->fill[i].tag);

		if (depth < least)
			least = depth;
	}
	return least;
}

static enum profile_class classify(const struct profile_cache *c, uint32_t depth)
{
	bool again = false, first = true;

	for (unsigned i = 0; i < c->fills; i++) {
		again |= c->fill[i].again;
		first &= c->fill[i].first;
	}
	if (again)
		return PROFILE_INSUFFICIENT;
	if (first)
		return PROFILE_COLD;
	if (depth == STACK_ABSENT)
		return PROFILE_INVALIDATION;
	return depth < c->entries ? PROFILE_CONFLICT : PROFILE_CAPACITY;
}

/* All that was filed for one look-up has come. */
static void close_fills(struct profile_cache *c)
{
	uint32_t depth;
	enum profile_class class;

	if (c->fills && c->missed) {
		depth = least_depth(c);
		class = classify(c, depth);
		c->result.classes[class]++;
		if (depth != STACK_ABSENT)
			histogram_add(&c->result.depth, depth);
		if (class == PROFILE_INSUFFICIENT)
			histogram_add(&c->result.insufficient, depth);
	}
	for (unsigned i = 0; i < c->fills; i++) {
		use(c, c->fill[i].tag);
		windows_use(c, c->fill[i].tag);
	}
	c->fills = 0;
	c->missed = false;
}

/*
 * Look-ups that have been counted since. Entries that were touched for a look-up that did
 * not hit in the end are told too: where fewer hits were counted, it was the last ones
 * that hit. Where more were, the same entry hit again.
 */
static void settle(struct profile_cache *c)
{
	uint64_t hits = c->counters->hits - c->hits, misses = c->counters->misses - c->misses;
	unsigned first = c->uses > hits ? c->uses - (unsigned)hits : 0;

	if (!hits && !misses)
		return;
	close_fills(c);
	for (unsigned i = first; i < c->uses; i++)
		hit(c, c->used[i]);
	for (uint64_t i = c->uses - first; i < hits; i++)
		hit(c, c->last);
	c->uses = 0;
	c->result.hits += hits;
	c->hits += hits;
	c->misses += misses;
	c->outstanding += misses;
}

/* ---- Events -------------------------------------------------------------------------- */

void profile_used(struct profile_cache *c, const struct cache_slot *slot)
{
	uint32_t tag = tags_find(&c->tags, slot);

	if (c->no_memory || tag == TAGS_NONE)
		return;
	if (c->uses == PROFILE_PENDING)
		settle(c);
	if (c->uses == PROFILE_PENDING)
		c->uses = 0;
	if (!c->uses || c->used[c->uses - 1] != tag)
		c->used[c->uses++] = tag;
}

void profile_filled(struct profile_cache *c, const struct cache_slot *slot, bool again)
{
	uint32_t before = c->tags.count, tag;

	if (c->no_memory)
		return;
	settle(c);
	c->uses = 0;
	tag = tags_number(&c->tags, slot);
	if (tag == TAGS_NONE) {
		c->no_memory = true;
		return;
	}
	if (c->fills && (!c->levels || c->outstanding || c->fills == PROFILE_PENDING))
		close_fills(c);
	if (!c->fills && c->outstanding) {
		c->outstanding--;
		c->missed = true;
	}
	c->fill[c->fills++] = (struct profile_fill){tag, again, tag == before};
}

void profile_removed(struct profile_cache *c, const struct cache_slot *slot)
{
	uint32_t tag;

	if (c->no_memory)
		return;
	settle(c);
	close_fills(c);
	tag = tags_find(&c->tags, slot);
	if (tag != TAGS_NONE && stack_remove(&c->stack, tag))
		c->no_memory = true;
}

void profile_reset(struct profile_cache *c)
{
	if (c->no_memory)
		return;
	settle(c);
	close_fills(c);
	stack_clear(&c->stack);
}

void profile_step(struct profile_cache *c, bool request)
{
	if (c->no_memory)
		return;
	settle(c);
	close_fills(c);
	c->uses = 0;
	c->result.classes[PROFILE_UNFILLED] += c->outstanding;
	c->outstanding = 0;
	if (request)
		windows_request(c);
}

void profile_end(struct profile_cache *c)
{
	struct profile_result *r = &c->result;

	for (unsigned i = 0; i < PROFILE_WINDOWS; i++)
		if (!r->window[i].windows && c->requests)
			window_close(c, i);
	r->tags = c->tags.count;
	for (unsigned i = 0; i < PROFILE_CLASSES; i++)
		r->misses += r->classes[i];
	r->lookups = r->hits + r->misses;
}

uint64_t profile_misses(const struct profile_result *result, unsigned lg2)
{
	uint64_t misses = result->classes[PROFILE_COLD] + result->classes[PROFILE_INVALIDATION] +
			  result->classes[PROFILE_UNFILLED];

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		misses += i > lg2 ? result->depth.bucket[i] : result->insufficient.bucket[i];
	return misses;
}
