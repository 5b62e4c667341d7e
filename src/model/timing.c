/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests. They enter, are looked up and get walkers in the order in which they are
 * told, so that every time follows from those of earlier requests: nothing has to be
 * queued here, and a request costs a few comparisons and the depth of a heap.
 */
#include "model/timing.h"

#include "model/timing_inside.h"

#include <errno.h>
#include <stdlib.h>

int timing_pool_init(struct timing_pool *pool, uint32_t count)
{
	*pool = (struct timing_pool){.count = count};
	if (!count)
		return 0;
	pool->until = calloc(count, sizeof(*pool->until));
	if (!pool->until)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		pool->until[i].id = i;
	return 0;
}

void timing_pool_fini(struct timing_pool *pool)
{
	free(pool->until);
	*pool = (struct timing_pool){.count = 0};
}

/* ---- Making --------------------------------------------------------------------- */

static const char *wrong_duration(const struct timing_config *c)
{
	const struct {
		uint64_t value;
		const char *why;
	} durations[] = {
		{c->issue_ps, "issue_ps"},
		{c->base_ps, "base_ps"},
		{c->walk_ps, "walk_ps"},
		{c->miss_ps, "miss_ps"},
		{c->reference_ps, "reference_ps"},
		{c->line_hit_ps, "line_hit_ps"},
		{c->doorbell_ps, "doorbell_ps"},
		{c->fetch_ps, "fetch_ps"},
		{c->execute_ps, "execute_ps"},
		{c->removed_ps, "removed_ps"},
		{c->poll_ps, "poll_ps"},
		{c->interrupt_ps, "interrupt_ps"},
		{c->ats_ps, "ats_ps"},
		{c->atc_ps, "atc_ps"},
		{c->page_request_ps, "page_request_ps"},
		{c->map_ps, "map_ps"},
		{c->unmap_ps, "unmap_ps"},
	};

	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		if (durations[i].value > TIMING_PARAMETER_PS)
			return durations[i].why;
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (c->lookup_ps[i] > TIMING_PARAMETER_PS)
			return "lookup_ps";
	return NULL;
}

static const char *wrong(const struct timing_config *c)
{
	if (c->arrival > TIMING_CLOSED)
		return "arrival";
	if (c->outstanding > TIMING_OUTSTANDING || (c->arrival == TIMING_CLOSED && !c->outstanding))
		return "outstanding";
	if (!c->walkers || c->walkers > TIMING_WALKERS)
		return "walkers";
	if (!c->pending || c->pending > TIMING_PENDING)
		return "pending";
	if (c->wait > TIMING_INTERRUPT)
		return "wait";
	if (!c->processors || c->processors > TIMING_PROCESSORS)
		return "processors";
	return wrong_duration(c);
}

static int init(struct timing *timing, const char **why)
{
	const struct timing_config *config = &timing->config;
	uint32_t buckets = 1;
	int status;

	while (buckets < 2 * config->pending)
		buckets *= 2;
	timing->bucket_mask = buckets - 1;
	timing->bucket = calloc(buckets, sizeof(*timing->bucket));
	timing->place = calloc(config->pending, sizeof(*timing->place));
	if (!timing->bucket || !timing->place)
		return -ENOMEM;
	status = timing_pool_init(&timing->walkers, config->walkers);
	if (status == 0)
		status = timing_pool_init(&timing->pending, config->pending);
	if (status == 0)
		status = timing_pool_init(&timing->processors, config->processors);
	if (status)
		return status;
	status = cache_init(&timing->lines, &config->lines, 1, &timing->line_counters);
	if (status == -EINVAL)
		*why = "lines";
	return status;
}

int timing_create(const struct timing_config *config, struct timing **timing, const char **why)
{
	int status;

	*timing = NULL;
	*why = wrong(config);
	if (*why)
		return -EINVAL;
	*timing = calloc(1, sizeof(**timing));
	if (!*timing)
		return -ENOMEM;
	(*timing)->config = *config;
	status = init(*timing, why);
	if (status) {
		timing_destroy(*timing);
		*timing = NULL;
	}
	return status;
}

void timing_destroy(struct timing *timing)
{
	if (!timing)
		return;
	for (uint32_t i = 0; i < timing->sources; i++)
		timing_pool_fini(&timing->source[i].outstanding);
	free(timing->source);
	timing_pool_fini(&timing->walkers);
	timing_pool_fini(&timing->pending);
	timing_pool_fini(&timing->processors);
	cache_fini(&timing->lines);
	free(timing->place);
	free(timing->bucket);
	free(timing);
}

int timing_source(struct timing *timing)
{
	struct timing_source *bigger;
	int status;

	if (timing->sources == INT32_MAX)
		return -ENOMEM;
	bigger = realloc(timing->source, (timing->sources + (size_t)1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	timing->source = bigger;
	bigger[timing->sources] = (struct timing_source){.translated = 0};
	status = timing_pool_init(&bigger[timing->sources].outstanding, timing->config.outstanding);
	return status ? status : (int)timing->sources++;
}

const struct timing_stats *timing_stats(const struct timing *timing)
{
	return &timing->stats;
}

const struct timing_config *timing_config(const struct timing *timing)
{
	return &timing->config;
}

/* ---- One request ----------------------------------------------------------------- */

/* When it enters. With TIMING_CLOSED a source sends as soon as it may. */
static void enter(struct timing *timing, const struct timing_source *source, uint64_t arrival,
		  struct timing_span *span)
{
	uint64_t free =
		timing->entered ? timing_after(timing->last_entry, timing->config.issue_ps) : 0;

	if (source->outstanding.count)
		free = timing_later(free, source->outstanding.until[0].time);
	if (timing->config.arrival == TIMING_CLOSED) {
		span->arrival = timing_later(free, timing->now);
		timing->now = span->arrival;
	} else {
		span->arrival = arrival < TIMING_END_PS ? arrival : TIMING_END_PS;
	}
	span->entry = timing_later(free, span->arrival);
	timing->last_entry = span->entry;
	timing->entered = true;
}

/* Look-ups follow each other in every request and overlap between requests, as in a
 * pipeline that no request leaves before an earlier one. */
static void look_up(struct timing *timing, unsigned lookups, struct timing_span *span)
{
	uint64_t duration = 0, end;

	for (; lookups; lookups &= lookups - 1)
		duration += timing->config.lookup_ps[__builtin_ctz(lookups)];
	end = timing_after(span->entry, duration);
	span->answered = end;
	span->looked_up = timing_later(end, timing->front);
	timing->front = span->looked_up;
	timing_part(timing, TIMING_ENTRY, span->entry - span->arrival);
	timing_part(timing, TIMING_CACHE, end - span->entry);
	timing_part(timing, TIMING_ORDER, span->looked_up - end);
}

/*
 * An entry is filed when its walk has ended. The model's caches have it at once, since
 * the trace's order decides what is answered; who was answered by such an entry waits.
 */
static void wait_for_other(struct timing *timing, const struct timing_request *request,
			   uint64_t ready, struct timing_span *span)
{
	if (request->references) {
		span->merged = true;
		timing->stats.merged++;
		timing->stats.references_saved += request->references;
	} else {
		timing->stats.hits_held++;
	}
	span->ready = ready;
	timing_part(timing, TIMING_MERGE, ready - span->looked_up);
}

static void translate(struct timing *timing, const struct timing_request *request,
		      struct timing_span *span)
{
	uint64_t ready = 0;

	span->walker_free = span->walk_start = span->walk_end = span->ready = span->looked_up;
	if (timing->latest_ready > span->looked_up &&
	    (timing->config.merge || !request->references))
		ready = timing_walk_under_way(timing, request->page, span->looked_up);
	if (ready)
		wait_for_other(timing, request, ready, span);
	else if (request->references)
		timing_walk(timing, request, span);
}

static void leave(struct timing *timing, struct timing_source *source, bool ats,
		  struct timing_span *span)
{
	const struct timing_config *config = &timing->config;
	uint64_t based;

	span->translated = span->ready;
	if (config->in_order) {
		span->translated = timing_later(span->ready, source->translated);
		source->translated = span->translated;
	}
	timing->translated = timing_later(timing->translated, span->translated);
	based = timing_after(span->translated, config->base_ps);
	span->done = ats ? timing_after(based, config->ats_ps) : based;
	timing_part(timing, TIMING_ORDER, span->translated - span->ready);
	timing_part(timing, TIMING_BASE, based - span->translated);
	timing_part(timing, TIMING_ATS, span->done - based);
	if (source->outstanding.count)
		timing_pool_take(&source->outstanding, span->done);
	timing_ends(timing, span->done);
}

void timing_request(struct timing *timing, const struct timing_request *request,
		    struct timing_span *result)
{
	struct timing_source *source = &timing->source[request->source];
	bool ats = request->kind == IOASIM_TRANSLATION_REQUEST;
	struct timing_span span = {.walked = false};

	enter(timing, source, request->arrival_ps, &span);
	look_up(timing, request->lookups, &span);
	translate(timing, request, &span);
	leave(timing, source, ats, &span);
	timing->stats.requests++;
	latency_add(&timing->stats.latency[ats ? TIMING_OF_ATS : TIMING_OF_TRANSLATION],
		    span.done - span.arrival);
	if (result)
		*result = span;
}

void timing_page_request(struct timing *timing, uint64_t at_ps, struct timing_span *result)
{
	struct timing_span span = {.walked = false};

	span.arrival = timing->config.arrival == TIMING_CLOSED ? timing->now
		       : at_ps < TIMING_END_PS                 ? at_ps
							       : TIMING_END_PS;
	span.done = timing_after(span.arrival, timing->config.page_request_ps);
	span.entry = span.answered = span.looked_up = span.arrival;
	span.walker_free = span.walk_start = span.walk_end = span.arrival;
	span.ready = span.translated = span.arrival;
	timing_part(timing, TIMING_PAGE_REQUEST, span.done - span.arrival);
	latency_add(&timing->stats.latency[TIMING_OF_PAGE_REQUEST], span.done - span.arrival);
	timing_ends(timing, span.done);
	if (result)
		*result = span;
}
