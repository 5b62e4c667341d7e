/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timing model agrees with a slow and obvious second one, on random machines and
 * random requests, calls and commands: every time of every one of them. TIMING_SEED and
 * TIMING_ROUNDS change what is tried.
 */
#include "timing_slow.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SOURCES 3u

static uint64_t state_of_random;

static uint64_t below(uint64_t bound)
{
	state_of_random ^= state_of_random >> 12;
	state_of_random ^= state_of_random << 25;
	state_of_random ^= state_of_random >> 27;
	return (state_of_random * UINT64_C(0x2545f4914f6cdd1d) >> 20) % bound;
}

/* 0 in one of four cases: many steps take no time on some machines. */
static uint64_t duration(uint64_t bound)
{
	return below(4) ? below(bound) : 0;
}

static struct timing_config random_config(void)
{
	struct timing_config config = {
		.arrival = (uint8_t)below(2),
		.in_order = below(2),
		.outstanding = (uint32_t)below(6),
		.issue_ps = duration(50),
		.base_ps = duration(400),
		.walkers = 1 + (uint32_t)below(4),
		.pending = 1 + (uint32_t)below(8),
		.merge = below(2),
		.walk_ps = 1 + duration(60),
		.miss_ps = duration(60),
		.reference_ps = duration(90),
		.doorbell_ps = duration(90),
		.fetch_ps = duration(90),
		.execute_ps = duration(90),
		.removed_ps = duration(10),
		.drain = below(2),
		.drain_blocks = below(2),
		.wait = (uint8_t)below(2),
		.poll_ps = duration(40),
		.interrupt_ps = duration(900),
		.ats_ps = duration(300),
		.atc_ps = duration(500),
		.map_ps = duration(100),
		.unmap_ps = duration(100),
		.processors = 1 + (uint32_t)below(3),
	};

	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		config.lookup_ps[i] = duration(9);
	if (config.arrival == TIMING_CLOSED && !config.outstanding)
		config.outstanding = 1;
	return config;
}

static struct slow_item random_request(uint64_t now)
{
	return (struct slow_item){
		.request =
			{
				.arrival_ps = now,
				.source = (uint32_t)below(SOURCES),
				.kind = (uint8_t)below(3),
				.lookups = (uint8_t)below(64),
				.references = below(2) ? (uint32_t)below(6) : 0,
				.page = below(5),
			},
	};
}

static struct slow_item random_call(uint64_t now)
{
	struct slow_item item = {
		.is_call = true,
		.call = (enum timing_call)below(TIMING_CALLS),
		.at_ps = now,
		.commands = (unsigned)below(SLOW_COMMANDS + 1),
	};

	for (unsigned i = 0; i < item.commands; i++) {
		item.class[i] = (enum ioasim_command_class)below(IOASIM_COMMAND_OTHER + 1);
		item.removed[i] = below(9);
	}
	return item;
}

static void fast_run(struct timing *timing, struct slow_item *item)
{
	if (!item->is_call) {
		timing_request(timing, &item->request, &item->span);
		return;
	}
	timing_call_begin(timing, item->call, item->at_ps);
	for (unsigned i = 0; i < item->commands; i++)
		timing_command(timing, item->class[i], item -> removed[i], &item -> command[i]);
	timing_call_end(timing, &item->call_span);
}

static bool same_span(const struct timing_span *a, const struct timing_span *b)
{
	return a->arrival == b->arrival && a->entry == b->entry && a->answered == b->answered &&
	       a->walker_free == b->walker_free && a->looked_up == b->looked_up &&
	       a->walk_start == b->walk_start && a->walk_end == b->walk_end &&
	       a->ready == b->ready && a->translated == b->translated && a->done == b->done &&
	       a->walked == b->walked && a->merged == b->merged;
}

static void print_span(const char *name, const struct timing_span *s)
{
	fprintf(stderr,
		"%s: arrival %" PRIu64 " entry %" PRIu64 " looked up %" PRIu64 " walk %" PRIu64
		" to %" PRIu64 " ready %" PRIu64 " translated %" PRIu64 " done %" PRIu64
		" walked %d merged %d\n",
		name, s->arrival, s->entry, s->looked_up, s->walk_start, s->walk_end, s->ready,
		s->translated, s->done, s->walked, s->merged);
}

static bool same_call(const struct slow_item *a, const struct slow_item *b)
{
	for (unsigned i = 0; i < a->commands; i++) {
		const struct timing_command_span *x = &a->command[i], *y = &b->command[i];

		if (x->fetched != y->fetched || x->start != y->start || x->end != y->end ||
		    x->seen != y->seen || x->submitted != y->submitted)
			return false;
	}
	return a->call_span.start == b->call_span.start && a->call_span.end == b->call_span.end &&
	       a->call_span.commands == b->call_span.commands &&
	       a->call_span.waits == b->call_span.waits;
}

/* What must hold of the sums, whatever the machine. */
static void assert_identities(const struct timing *timing, const struct slow_item *item,
			      unsigned items)
{
	const struct timing_config *config = timing_config(timing);
	const struct timing_stats *s = timing_stats(timing);
	unsigned __int128 request = 0, invalidation = 0;
	uint64_t requests = 0, walking = 0, references = 0;

	for (unsigned i = 0; i < items; i++) {
		requests += !item[i].is_call;
		walking += !item[i].is_call && item[i].request.references;
		references += item[i].is_call ? 0 : item[i].request.references;
	}
	for (unsigned i = 0; i <= TIMING_ATS; i++)
		request += s->part[i];
	for (unsigned i = TIMING_COMMAND; i <= TIMING_WAIT; i++)
		invalidation += s->part[i];
	assert_true(request ==
		    s->latency[TIMING_OF_TRANSLATION].sum + s->latency[TIMING_OF_ATS].sum);
	assert_true(invalidation == s->latency[TIMING_OF_INVALIDATION].sum);
	assert_true(s->latency[TIMING_OF_MAP].sum + s->latency[TIMING_OF_UNMAP].sum <=
		    s->part[TIMING_SOFTWARE] + invalidation);
	assert_int_equal(s->requests, requests);
	assert_int_equal(s->walks + s->merged, walking);
	assert_int_equal(s->references + s->references_saved, references);
	assert_true(s->walker_ps <= (unsigned __int128)s->end_ps * config->walkers);
	for (unsigned i = 0; i < items; i++)
		assert_in_range(item[i].is_call ? item[i].call_span.end : item[i].span.done, 0,
				s->end_ps);
}

static void one_round(uint64_t seed, unsigned items)
{
	static struct slow_item fast[SLOW_ITEMS], slow[SLOW_ITEMS];
	struct timing_config config;
	struct timing *timing;
	const char *why;
	uint64_t now = 0, gap;

	state_of_random = seed * 2 + 1;
	config = random_config();
	gap = 1 + below(200);
	assert_int_equal(timing_create(&config, &timing, &why), 0);
	for (unsigned i = 0; i < SOURCES; i++)
		assert_int_equal(timing_source(timing), i);
	for (unsigned i = 0; i < items; i++) {
		now += below(gap);
		slow[i] = fast[i] = below(8) ? random_request(now) : random_call(now);
		fast_run(timing, &fast[i]);
	}
	slow_run(&config, slow, items);
	for (unsigned i = 0; i < items; i++) {
		if (fast[i].is_call ? same_call(&fast[i], &slow[i])
				    : same_span(&fast[i].span, &slow[i].span))
			continue;
		print_span("model", &fast[i].span);
		print_span("slow ", &slow[i].span);
		fail_msg("TIMING_SEED=%" PRIu64 " TIMING_ROUNDS=1: item %u of %u, a %s", seed, i,
			 items, fast[i].is_call ? "call" : "request");
	}
	assert_identities(timing, fast, items);
	timing_destroy(timing);
}

static uint64_t from_environment(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : fallback;
}

static void agrees_with_the_slow_model(void **state)
{
	uint64_t seed = from_environment("TIMING_SEED", 1);
	uint64_t rounds = from_environment("TIMING_ROUNDS", 1500);

	(void)state;
	print_message("TIMING_SEED=%" PRIu64 " TIMING_ROUNDS=%" PRIu64 "\n", seed, rounds);
	for (uint64_t i = 0; i < rounds; i++)
		one_round(seed + i, 2 + (unsigned)(i % 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_slow_model),
	};

	return cmocka_run_group_tests_name("timing: two models", tests, NULL, NULL);
}
