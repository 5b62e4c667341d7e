/* SPDX-License-Identifier: Apache-2.0 */
#include "timing_slow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Where a request is. A step that takes time has a timer. */
enum request_state {
	R_AWAY, /* until it arrives */
	R_ARRIVED, /* until it may enter */
	R_LOOKING, /* timer: look-ups */
	R_LOOKED, /* until all before it have got past the look-ups */
	R_PLACELESS, /* until there is a place */
	R_QUEUED, /* until it gets a walker */
	R_BLOCKED, /* with a walker, until invalidations are done */
	R_WALKING, /* timer: references */
	R_FILLING, /* timer: behind the walk */
	R_MERGED, /* until another's walk has its answer */
	R_READY, /* until all before it of its source have left */
	R_LEAVING, /* timer: beside the unit */
	R_DONE
};

enum call_state {
	C_AWAY,
	C_SOFTWARE, /* timer */
	C_RINGING, /* timer: doorbell */
	C_WAITING, /* until the command processor has done all before */
	C_FETCHING, /* timer */
	C_HELD, /* until requests are translated, or devices have answered */
	C_EXECUTING, /* timer */
	C_WATCHING, /* timer: until the processor sees it */
	C_DONE
};

struct state {
	int at; /* of the enums above */
	uint64_t timer;
	unsigned other; /* whose walk is waited for */
	unsigned command; /* which one of the call */
	uint64_t batch_start;
	bool batch;
	uint64_t atc_done[SLOW_COMMANDS];
};

struct slow {
	const struct timing_config *config;
	struct slow_item *item;
	unsigned items;
	uint64_t now;
	struct state state[SLOW_ITEMS];
};

/* ---- What others do ------------------------------------------------------------- */

static bool passed_look_ups(const struct slow *slow, unsigned i)
{
	return slow->item[i].is_call ||
	       (slow->state[i].at >= R_QUEUED && slow->state[i].at != R_PLACELESS);
}

static unsigned in_state(const struct slow *slow, int first, int last)
{
	unsigned count = 0;

	for (unsigned i = 0; i < slow->items; i++)
		count += !slow->item[i].is_call && slow->state[i].at >= first &&
			 slow->state[i].at <= last;
	return count;
}

static bool drains(const struct slow *slow, enum ioasim_command_class class)
{
	return slow->config->drain &&
	       (class == IOASIM_COMMAND_CFG || class == IOASIM_COMMAND_PASID ||
		class == IOASIM_COMMAND_TLB);
}

static bool command_ended(const struct slow *slow, unsigned i, unsigned command)
{
	const struct state *s = &slow->state[i];

	return s->at == C_DONE || s->command > command ||
	       (s->command == command && s->at >= C_WATCHING);
}

static bool commands_ended_before(const struct slow *slow, unsigned before, bool draining)
{
	for (unsigned i = 0; i < before; i++)
		for (unsigned c = 0; slow->item[i].is_call && c < slow->item[i].commands; c++)
			if ((!draining || drains(slow, slow->item[i].class[c])) &&
			    !command_ended(slow, i, c))
				return false;
	return true;
}

static bool translated_before(const struct slow *slow, unsigned before)
{
	for (unsigned i = 0; i < before; i++)
		if (!slow->item[i].is_call && slow->state[i].at < R_LEAVING)
			return false;
	return true;
}

static bool devices_answered(const struct slow *slow, unsigned last)
{
	for (unsigned i = 0; i <= last; i++)
		for (unsigned c = 0; slow->item[i].is_call && c < slow->item[i].commands; c++)
			if (slow->item[i].class[c] == IOASIM_COMMAND_ATC &&
			    (i < last || c < slow->state[i].command) &&
			    slow->state[i].atc_done[c] > slow->now)
				return false;
	return true;
}

/* The item before has begun, so that this one may: with TIMING_CLOSED. */
static bool turn(const struct slow *slow, unsigned i)
{
	if (i == 0)
		return true;
	return slow->item[i - 1].is_call ? slow->state[i - 1].at == C_DONE
					 : slow->state[i - 1].at > R_ARRIVED;
}

static bool may_enter(const struct slow *slow, unsigned i)
{
	const struct slow_item *item = slow->item;
	uint32_t source = item[i].request.source, outstanding = 0;

	for (unsigned j = i; j-- > 0;) {
		if (item[j].is_call)
			continue;
		if (slow->state[j].at <= R_ARRIVED ||
		    slow->now < item[j].span.entry + slow->config->issue_ps)
			return false;
		break;
	}
	for (unsigned j = 0; j < i; j++)
		outstanding += !item[j].is_call && item[j].request.source == source &&
			       slow->state[j].at != R_DONE;
	return !slow->config->outstanding || outstanding < slow->config->outstanding;
}

/* ---- Timers --------------------------------------------------------------------- */

static uint64_t request_duration(const struct slow *slow, const struct slow_item *item, int state)
{
	const struct timing_config *c = slow->config;
	uint64_t sum = 0;

	switch (state) {
	case R_LOOKING:
		for (unsigned i = 0; i < IOASIM_CACHES; i++)
			if (item->request.lookups & 1u << i)
				sum += c->lookup_ps[i];
		return sum;
	case R_WALKING:
		return c->walk_ps + c->reference_ps * item->request.references;
	case R_FILLING:
		return c->miss_ps;
	default:
		return c->base_ps +
		       (item->request.kind == IOASIM_TRANSLATION_REQUEST ? c->ats_ps : 0);
	}
}

static void start_timer(struct slow *slow, unsigned i, int state)
{
	slow->state[i].at = state;
	slow->state[i].timer = slow->now + request_duration(slow, &slow->item[i], state);
}

static bool request_timer(struct slow *slow, unsigned i)
{
	struct state *s = &slow->state[i];
	struct timing_span *span = &slow->item[i].span;

	if (s->timer > slow->now)
		return false;
	switch (s->at) {
	case R_LOOKING:
		span->answered = slow->now;
		s->at = R_LOOKED;
		return true;
	case R_WALKING:
		span->walk_end = slow->now;
		start_timer(slow, i, R_FILLING);
		return true;
	case R_FILLING:
		span->ready = slow->now;
		s->at = R_READY;
		return true;
	case R_LEAVING:
		span->done = slow->now;
		s->at = R_DONE;
		return true;
	default:
		return false;
	}
}

static void next_command(struct slow *slow, unsigned i)
{
	struct state *s = &slow->state[i];
	const struct slow_item *item = &slow->item[i];

	if (s->command >= item->commands) {
		s->at = C_DONE;
		slow->item[i].call_span.end = slow->now;
	} else if (s->batch) {
		s->at = C_WAITING;
	} else {
		s->batch = true;
		s->batch_start = slow->now;
		s->at = C_RINGING;
		s->timer = slow->now + slow->config->doorbell_ps;
	}
}

/* The first look at or behind now: at the ring of the doorbell, and so on. */
static uint64_t next_look(const struct slow *slow, const struct state *s)
{
	uint64_t look = s->batch_start;

	if (slow->config->wait == TIMING_INTERRUPT)
		return slow->now + slow->config->interrupt_ps;
	if (!slow->config->poll_ps)
		return slow->now;
	while (look < slow->now)
		look += slow->config->poll_ps;
	return look;
}

static void executed(struct slow *slow, unsigned i)
{
	struct state *s = &slow->state[i];
	struct slow_item *item = &slow->item[i];
	struct timing_command_span *span = &item->command[s->command];

	span->end = slow->now;
	s->atc_done[s->command] = slow->now + slow->config->atc_ps;
	s->at = C_WATCHING;
	s->timer = slow->now;
	if (item->class[s->command] == IOASIM_COMMAND_SYNC) {
		s->timer = next_look(slow, s);
		s->batch = false;
		item->call_span.waits++;
	}
	span->seen = s->timer;
	item->call_span.commands++;
}

static bool call_timer(struct slow *slow, unsigned i)
{
	struct state *s = &slow->state[i];

	if (s->timer > slow->now)
		return false;
	switch (s->at) {
	case C_SOFTWARE:
		next_command(slow, i);
		return true;
	case C_RINGING:
		slow->item[i].command[s->command].submitted = slow->now;
		s->at = C_WAITING;
		return true;
	case C_FETCHING:
		slow->item[i].command[s->command].fetched = slow->now;
		s->at = C_HELD;
		return true;
	case C_EXECUTING:
		executed(slow, i);
		return true;
	case C_WATCHING:
		s->command++;
		next_command(slow, i);
		return true;
	default:
		return false;
	}
}

/* ---- Decisions -------------------------------------------------------------------- */

/* Past all look-ups before it: is the page being walked for another? */
static void decide(struct slow *slow, unsigned i)
{
	const struct timing_request *r = &slow->item[i].request;
	struct timing_span *span = &slow->item[i].span;

	span->looked_up = slow->now;
	span->walker_free = span->walk_start = span->walk_end = slow->now;
	for (unsigned j = i; j-- > 0 && (slow->config->merge || !r->references);) {
		const struct slow_item *other = &slow->item[j];

		if (other->is_call || !other->request.references || other->span.merged ||
		    other->request.page != r->page)
			continue;
		if (slow->state[j].at > R_FILLING)
			break;
		slow->state[i].at = R_MERGED;
		slow->state[i].other = j;
		span->merged = r->references != 0;
		return;
	}
	span->ready = slow->now;
	slow->state[i].at = r->references ? R_PLACELESS : R_READY;
}

static bool all_before(const struct slow *slow, unsigned i,
		       bool (*fine)(const struct slow *, unsigned))
{
	for (unsigned j = 0; j < i; j++)
		if (!fine(slow, j))
			return false;
	return true;
}

static bool has_walker(const struct slow *slow, unsigned i)
{
	return slow->item[i].is_call || slow->state[i].at != R_QUEUED;
}

static bool in_turn(const struct slow *slow, unsigned i)
{
	for (unsigned j = 0; slow->config->in_order && j < i; j++)
		if (!slow->item[j].is_call &&
		    slow->item[j].request.source == slow->item[i].request.source &&
		    slow->state[j].at < R_LEAVING)
			return false;
	return true;
}

static bool request_goes_on(struct slow *slow, unsigned i)
{
	struct state *s = &slow->state[i];
	struct timing_span *span = &slow->item[i].span;
	bool closed = slow->config->arrival == TIMING_CLOSED;

	switch (s->at) {
	case R_AWAY:
		if (closed ? !turn(slow, i) || !may_enter(slow, i)
			   : slow->item[i].request.arrival_ps > slow->now)
			return false;
		span->arrival = slow->now;
		s->at = R_ARRIVED;
		return true;
	case R_ARRIVED:
		if (!may_enter(slow, i))
			return false;
		span->entry = slow->now;
		start_timer(slow, i, R_LOOKING);
		return true;
	case R_LOOKED:
		if (!all_before(slow, i, passed_look_ups))
			return false;
		decide(slow, i);
		return true;
	case R_PLACELESS:
		if (in_state(slow, R_QUEUED, R_FILLING) >= slow->config->pending)
			return false;
		s->at = R_QUEUED;
		return true;
	case R_QUEUED:
		if (in_state(slow, R_BLOCKED, R_WALKING) >= slow->config->walkers ||
		    !all_before(slow, i, has_walker))
			return false;
		span->walker_free = slow->now;
		s->at = R_BLOCKED;
		return true;
	case R_BLOCKED:
		if (slow->config->drain_blocks && !commands_ended_before(slow, i, true))
			return false;
		span->walk_start = slow->now;
		span->walked = true;
		start_timer(slow, i, R_WALKING);
		return true;
	case R_MERGED:
		if (slow->state[s->other].at < R_READY)
			return false;
		span->ready = slow->now;
		s->at = R_READY;
		return true;
	case R_READY:
		if (!in_turn(slow, i))
			return false;
		span->translated = slow->now;
		start_timer(slow, i, R_LEAVING);
		return true;
	default:
		return false;
	}
}

/* All calls before it have begun, and there is a processor left. */
static bool has_processor(const struct slow *slow, unsigned i)
{
	unsigned running = 0;

	for (unsigned j = 0; j < i; j++) {
		if (slow->item[j].is_call && slow->state[j].at == C_AWAY)
			return false;
		running += slow->item[j].is_call && slow->state[j].at != C_DONE;
	}
	return running < slow->config->processors;
}

static bool call_goes_on(struct slow *slow, unsigned i)
{
	struct state *s = &slow->state[i];
	struct slow_item *item = &slow->item[i];
	const struct timing_config *c = slow->config;
	enum ioasim_command_class class = item->class[s->command % SLOW_COMMANDS];

	switch (s->at) {
	case C_AWAY:
		if ((c->arrival == TIMING_CLOSED ? !turn(slow, i) : item->at_ps > slow->now) ||
		    !has_processor(slow, i))
			return false;
		item->call_span.start = slow->now;
		s->at = C_SOFTWARE;
		s->timer = slow->now + (item->call == TIMING_CALL_MAP     ? c->map_ps
					: item->call == TIMING_CALL_UNMAP ? c->unmap_ps
									  : 0);
		return true;
	case C_WAITING:
		if (!commands_ended_before(slow, i, false))
			return false;
		s->at = C_FETCHING;
		s->timer = slow->now + c->fetch_ps;
		return true;
	case C_HELD:
		if ((drains(slow, class) && !translated_before(slow, i)) ||
		    (class == IOASIM_COMMAND_SYNC && !devices_answered(slow, i)))
			return false;
		item->command[s->command].start = slow->now;
		s->at = C_EXECUTING;
		s->timer = slow->now + c->execute_ps + c->removed_ps * item->removed[s->command];
		return true;
	default:
		return false;
	}
}

/* ---- Steps ------------------------------------------------------------------------ */

static bool any_timer(struct slow *slow)
{
	bool any = false;

	for (unsigned i = 0; i < slow->items; i++)
		any |= slow->item[i].is_call ? call_timer(slow, i) : request_timer(slow, i);
	return any;
}

/* The first that may go on does, and ends are looked at again before the next. */
static bool one_goes_on(struct slow *slow)
{
	for (unsigned i = 0; i < slow->items; i++)
		if (slow->item[i].is_call ? call_goes_on(slow, i) : request_goes_on(slow, i))
			return true;
	return false;
}

static void offer(const struct slow *slow, uint64_t time, uint64_t *next)
{
	if (time > slow->now && time < *next)
		*next = time;
}

/* The next time at which anything can change. */
static uint64_t next_time(const struct slow *slow)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < slow->items; i++) {
		const struct slow_item *item = &slow->item[i];
		const struct state *s = &slow->state[i];

		offer(slow, s->timer, &next);
		if (!item->is_call && s->at > R_ARRIVED)
			offer(slow, item->span.entry + slow->config->issue_ps, &next);
		if (slow->config->arrival == TIMING_TRACE)
			offer(slow, item->is_call ? item->at_ps : item->request.arrival_ps, &next);
		for (unsigned c = 0; item->is_call && c < item->commands; c++)
			offer(slow, s->atc_done[c], &next);
	}
	return next;
}

void slow_run(const struct timing_config *config, struct slow_item *item, unsigned items)
{
	struct slow *slow = calloc(1, sizeof(*slow));

	assert_non_null(slow);
	assert_in_range(items, 1, SLOW_ITEMS);
	slow->config = config;
	slow->item = item;
	slow->items = items;
	for (; slow->now != UINT64_MAX; slow->now = next_time(slow))
		do {
			while (any_timer(slow))
				continue;
		} while (one_goes_on(slow));
	for (unsigned i = 0; i < items; i++)
		assert_int_equal(slow->state[i].at, item[i].is_call ? C_DONE : R_DONE);
	free(slow);
}
