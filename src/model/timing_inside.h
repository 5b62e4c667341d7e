/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the timing model share; see model/timing.h. */
#ifndef MODEL_TIMING_INSIDE_H
#define MODEL_TIMING_INSIDE_H

#include "model/cache.h"
#include "model/timing.h"

/*
 * Servers, places or requests on their way, by when they are free again: a binary heap,
 * so that the first that is free is the first member. Equal times go by number.
 */
struct timing_until {
	uint64_t time;
	uint32_t id;
};

struct timing_pool {
	struct timing_until *until;
	uint32_t count; /* 0: no limit */
};

/* A walk under way or waiting, found by its page. */
struct timing_place {
	uint64_t page;
	uint64_t ready; /* when its answer is there */
	uint32_t next; /* of the same bucket, + 1; 0: the last */
	uint32_t bucket; /* + 1; 0: none yet */
};

struct timing_source {
	struct timing_pool outstanding;
	uint64_t translated; /* of its last request, for in_order */
};

struct timing {
	struct timing_config config;
	struct timing_stats stats;
	/* Requests. */
	struct timing_source *source;
	uint32_t sources;
	uint64_t last_entry;
	bool entered; /* there is a last entry */
	uint64_t front; /* look-ups are in order: the last one's end */
	uint64_t translated; /* the latest of all requests so far */
	/* Walks. */
	struct timing_pool walkers, pending;
	struct timing_place *place; /* pending.count of them */
	uint32_t *bucket; /* first place + 1 */
	uint32_t bucket_mask;
	uint64_t latest_ready; /* of all walks so far: none is under way after it */
	uint64_t blocked; /* walks do not begin before, for an invalidation */
	struct cache lines;
	struct ioasim_cache_counters line_counters;
	/* Calls. */
	uint64_t now; /* of TIMING_CLOSED: what comes next begins here at the earliest */
	struct timing_pool processors;
	uint8_t call; /* enum timing_call */
	uint64_t call_start, cpu; /* where the processor is */
	uint64_t batch_start;
	bool batch; /* commands since the last wait */
	uint32_t call_commands, call_waits;
	uint64_t unit_free; /* the command processor */
	uint64_t devices_done; /* all invalidations of devices so far */
};

/* A time later by this much. Neither is above TIMING_END_PS, so the sum cannot wrap. */
static inline uint64_t timing_after(uint64_t time, uint64_t duration)
{
	uint64_t sum = time + duration;

	return sum < TIMING_END_PS ? sum : TIMING_END_PS;
}

static inline uint64_t timing_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline void timing_part(struct timing *timing, enum timing_part part, uint64_t duration)
{
	timing->stats.part[part] += duration;
}

static inline void timing_ends(struct timing *timing, uint64_t time)
{
	timing->stats.end_ps = timing_later(timing->stats.end_ps, time);
}

int timing_pool_init(struct timing_pool *pool, uint32_t count);
void timing_pool_fini(struct timing_pool *pool);

/* The first that is free is taken until `time`, which is no earlier than when it got
 * free. */
static inline void timing_pool_take(struct timing_pool *pool, uint64_t time)
{
	const struct timing_until taken = {time, pool->until[0].id};
	struct timing_until *until = pool->until;
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < pool->count) {
		if (child + 1 < pool->count && (until[child + 1].time < until[child].time ||
						(until[child + 1].time == until[child].time &&
						 until[child + 1].id < until[child].id)))
			child++;
		if (until[child].time > taken.time ||
		    (until[child].time == taken.time && until[child].id > taken.id))
			break;
		until[at] = until[child];
		at = child;
	}
	until[at] = taken;
}

/* Of the walks, in timing_walk.c. The walk of the request's page that is under way at
 * `time`: when its answer is there; else 0. */
uint64_t timing_walk_under_way(const struct timing *timing, uint64_t page, uint64_t time);
/* A walk of its own: from span->looked_up to span->ready. */
void timing_walk(struct timing *timing, const struct timing_request *request,
		 struct timing_span *span);

#endif
