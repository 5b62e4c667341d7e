/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timelines as a viewer reads them: JSON, slices that nest, sums that are those of the
 * result, and a cut that leaves nothing half drawn.
 */
#include "replay_rig.h"

#include "timeline.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TRACE_ROOM 65536u

struct drawn {
	struct trial trial;
	json_t *root, *events;
	struct timeline_end end;
};

/* Two devices, one of them with a cache of its own; maps that are unmapped again after
 * some accesses, translation requests, and an access that faults. */
static void write_trace(char *text, unsigned rounds)
{
	int used = snprintf(text, TRACE_ROOM,
			    "ioasim-trace 1\narch vtd\nlevels driver\n"
			    "domain domain=1 kind=kernel\n"
			    "domain domain=2 kind=kernel\n"
			    "device rid=00:05.0 ats\n"
			    "device rid=00:06.0\n"
			    "attach rid=00:05.0 domain=1\n"
			    "attach rid=00:06.0 domain=2\n");

	for (unsigned i = 0; i < rounds; i++) {
		unsigned iova = 0x40000000 + i * 0x10000;

		used += snprintf(
			text + used, TRACE_ROOM - (size_t)used,
			"@%uus map domain=1 iova=0x%x length=0x3000 pa=0x5000000 access=rw\n"
			"map domain=2 iova=0x%x length=0x3000 pa=0x6000000 access=rw\n"
			"@%uus ats rid=00:05.0 iova=0x%x length=1 access=r\n"
			"dma rid=00:05.0 iova=0x%x length=16 access=r\n"
			"dma rid=00:05.0 iova=0x%x length=16 access=w\n"
			"dma rid=00:06.0 iova=0x%x length=16 access=r\n"
			"dma rid=00:06.0 iova=0x%x length=16 access=r\n"
			"@%uus unmap domain=1 iova=0x%x length=0x3000\n"
			"unmap domain=2 iova=0x%x length=0x3000\n"
			"dma rid=00:06.0 iova=0x%x length=16 access=r\n",
			10 + i * 10, iova, iova, 14 + i * 10, iova, iova + 0x1000, iova + 0x1010,
			iova, iova + 0x2000, 15 + i * 10, iova, iova, iova);
	}
	assert_true((size_t)used < TRACE_ROOM);
}

static void draw(struct drawn *drawn, const char *text, const char *const *sets, uint64_t limit)
{
	FILE *stream = tmpfile();
	struct timeline *timeline;
	struct machine machine;
	struct message message;
	struct trace_reader *reader = trial_open(text);
	size_t count = 0;
	json_error_t error;

	assert_non_null(stream);
	while (sets[count])
		count++;
	message_init(&message, stderr);
	/* The drawing needs the machine before the replay has it. */
	assert_int_equal(machine_load(&machine,
				      &(struct machine_source){.set = sets,
							       .sets = count,
							       .meta = trace_reader_meta(reader)},
				      &message),
			 0);
	trace_close(reader);
	timeline = timeline_create(&machine, stream, limit);
	assert_non_null(timeline);
	trial_replay(&drawn->trial, text,
		     &(struct trial_options){.sets = sets, .driver = true, .timeline = timeline});
	drawn->end = timeline_finish(timeline);
	timeline_destroy(timeline);
	assert_false(drawn->end.no_memory);
	rewind(stream);
	drawn->root = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
	if (!drawn->root)
		fail_msg("line %d: %s", error.line, error.text);
	fclose(stream);
	drawn->events = json_object_get(drawn->root, "traceEvents");
	assert_int_equal(json_array_size(drawn->events), drawn->end.events);
}

static void drawn_done(struct drawn *drawn)
{
	json_decref(drawn->root);
	trial_done(&drawn->trial);
}

static const char *text_of(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

static uint64_t number_of(const json_t *event, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(event, key));
}

static uint64_t ns_of(const json_t *event, const char *key)
{
	return (uint64_t)llround(json_number_value(json_object_get(event, key)) * 1000);
}

/* Slices of these groups, with this name; durations summed, in ns. */
static uint64_t sum_of(const struct drawn *drawn, unsigned first, unsigned last, const char *name,
		       uint64_t *count)
{
	uint64_t sum = 0;
	json_t *event;
	size_t i;

	*count = 0;
	json_array_foreach (drawn->events, i, event) {
		uint64_t group = number_of(event, "pid");

		if (strcmp(text_of(event, "ph"), "X") != 0 || group < first || group > last ||
		    strcmp(text_of(event, "name"), name) != 0)
			continue;
		sum += ns_of(event, "dur");
		++*count;
	}
	return sum;
}

/* ---- Structure --------------------------------------------------------------------- */

struct open_slice {
	uint64_t group, thread, end;
};

/* A slice either lies in the one before it of its track or begins behind it; a parent comes
 * before its parts. */
static void assert_nests(const struct drawn *drawn)
{
	static struct open_slice open[4096][4];
	static unsigned depth[4096];
	unsigned tracks = 0;
	json_t *event;
	size_t i;

	memset(depth, 0, sizeof(depth));
	json_array_foreach (drawn->events, i, event) {
		uint64_t group = number_of(event, "pid"), thread = number_of(event, "tid"), start,
			 end;
		unsigned t = 0;

		if (strcmp(text_of(event, "ph"), "X") != 0)
			continue;
		start = ns_of(event, "ts");
		end = start + ns_of(event, "dur");
		while (t < tracks && (open[t][0].group != group || open[t][0].thread != thread))
			t++;
		if (t == tracks)
			tracks++;
		assert_in_range(t, 0, 4095);
		while (depth[t] && (open[t][depth[t] - 1].end <= start))
			depth[t]--;
		if (depth[t])
			assert_in_range(end, start, open[t][depth[t] - 1].end);
		assert_in_range(depth[t], 0, 3);
		open[t][depth[t]++] = (struct open_slice){group, thread, end};
		open[t][0].group = group;
		open[t][0].thread = thread;
	}
}

/* Every track and group that is used has a name; counters do not fall below 0, and what is
 * on its way comes to an end. */
static void assert_named(const struct drawn *drawn)
{
	uint64_t last_on_way = 1, when = 0;
	json_t *event, *other;
	size_t i, j;

	json_array_foreach (drawn->events, i, event) {
		bool named = false;

		if (strcmp(text_of(event, "ph"), "C") == 0) {
			if (strcmp(text_of(event, "name"), "requests on their way") == 0) {
				assert_true(ns_of(event, "ts") >= when);
				when = ns_of(event, "ts");
				last_on_way = number_of(json_object_get(event, "args"), "value");
			}
			continue;
		}
		if (strcmp(text_of(event, "ph"), "X") != 0)
			continue;
		json_array_foreach (drawn->events, j, other)
			named |= strcmp(text_of(other, "name"), "thread_name") == 0 &&
				 number_of(other, "pid") == number_of(event, "pid") &&
				 number_of(other, "tid") == number_of(event, "tid");
		assert_true(named);
	}
	if (!drawn->end.cut)
		assert_int_equal(last_on_way, 0);
}

/* ---- Sums -------------------------------------------------------------------------- */

#define REQUESTERS 5, 99

static void assert_sum(const struct drawn *drawn, const char *name, enum timing_part part)
{
	const struct timing_stats *stats = timing_stats(drawn->trial.result.time->timing);
	uint64_t count;

	assert_int_equal(sum_of(drawn, REQUESTERS, name, &count), stats->part[part] / 1000);
}

static void assert_sums(const struct drawn *drawn)
{
	const struct timing_stats *stats = timing_stats(drawn->trial.result.time->timing);
	uint64_t count, sum, reads, writes;

	assert_sum(drawn, "entry", TIMING_ENTRY);
	assert_sum(drawn, "cache", TIMING_CACHE);
	assert_sum(drawn, "walker_wait", TIMING_WALKER);
	assert_sum(drawn, "blocked", TIMING_BLOCKED);
	assert_sum(drawn, "memory", TIMING_MEMORY);
	assert_sum(drawn, "merge", TIMING_MERGE);
	assert_sum(drawn, "order", TIMING_ORDER);
	assert_sum(drawn, "base", TIMING_BASE);
	assert_sum(drawn, "ats", TIMING_ATS);
	sum = sum_of(drawn, REQUESTERS, "read", &reads) +
	      sum_of(drawn, REQUESTERS, "write", &writes);
	assert_int_equal(sum, stats->latency[TIMING_OF_TRANSLATION].sum / 1000);
	assert_int_equal(reads + writes, stats->latency[TIMING_OF_TRANSLATION].total);
	sum = sum_of(drawn, REQUESTERS, "translation request", &count);
	assert_int_equal(sum, stats->latency[TIMING_OF_ATS].sum / 1000);
	assert_int_equal(sum_of(drawn, 1, 1, "walk", &count), stats->walker_ps / 1000);
	assert_int_equal(count, stats->walks);
	assert_int_equal(sum_of(drawn, 2, 2, "unmap", &count),
			 stats->latency[TIMING_OF_UNMAP].sum / 1000);
	assert_int_equal(count, stats->latency[TIMING_OF_UNMAP].total);
	assert_int_equal(sum_of(drawn, 2, 2, "invalidation", &count),
			 stats->latency[TIMING_OF_INVALIDATION].sum / 1000);
	assert_int_equal(count, stats->latency[TIMING_OF_INVALIDATION].total);
	assert_int_equal(sum_of(drawn, 2, 2, "software", &count),
			 stats->part[TIMING_SOFTWARE] / 1000);
	assert_int_equal(sum_of(drawn, 1, 1, "drain", &count), stats->part[TIMING_DRAIN] / 1000);
	assert_int_equal(sum_of(drawn, 1, 1, "atc", &count), stats->part[TIMING_ATC] / 1000);
}

static void a_timeline_shows_what_the_result_sums_up(void **state)
{
	/* All of whole nanoseconds, so that nothing is rounded. */
	static const char *const machines[][9] = {
		{"timing.model=events", NULL},
		{"timing.model=events", "driver.policy=lazy", "driver.threshold=3", NULL},
		{"timing.model=events", "timing.request.arrival=closed",
		 "timing.request.outstanding=4", "timing.request.base_ns=400",
		 "timing.walk.walkers=2", "timing.command.drain_blocks=true", NULL},
		{"timing.model=events", "caches=off", "timing.walk.merge=false",
		 "timing.walk.walkers=1", "timing.walk.pending=2", "timing.software.processors=4",
		 "timing.request.in_order=false", NULL},
	};
	static char text[TRACE_ROOM];
	struct drawn drawn;
	uint64_t stale;

	(void)state;
	write_trace(text, 20);
	for (unsigned i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		draw(&drawn, text, machines[i], 1000000);
		assert_false(drawn.end.cut);
		assert_nests(&drawn);
		assert_named(&drawn);
		assert_sums(&drawn);
		(void)sum_of(&drawn, 3, 3, "stale", &stale);
		assert_int_equal(stale, drawn.trial.result.windows.length.count);
		drawn_done(&drawn);
	}
}

static void fractions_of_nanoseconds_nest_too(void **state)
{
	static const char *const sets[] = {"timing.model=events",
					   "timing.memory_ns=72.377",
					   "timing.request.base_ns=487.5",
					   "timing.request.issue_ns=0.3",
					   "caches.iotlb.latency_ns=0.777",
					   "timing.command.execute_ns=33.333",
					   "timing.software.unmap_ns=1.999",
					   NULL};
	static char text[TRACE_ROOM];
	struct drawn drawn;

	(void)state;
	write_trace(text, 40);
	draw(&drawn, text, sets, 1000000);
	assert_nests(&drawn);
	drawn_done(&drawn);
}

static void a_timeline_that_is_cut_is_whole_up_to_there(void **state)
{
	static const char *const sets[] = {"timing.model=events", NULL};
	static char text[TRACE_ROOM];
	struct drawn drawn, whole;

	(void)state;
	write_trace(text, 20);
	draw(&whole, text, sets, 1000000);
	for (uint64_t limit = 1; limit < whole.end.events; limit += 97) {
		draw(&drawn, text, sets, limit);
		assert_true(drawn.end.cut);
		assert_in_range(drawn.end.events, 0, limit);
		assert_true(drawn.end.events + 100 > limit);
		assert_true(json_is_true(
			json_object_get(json_object_get(drawn.root, "otherData"), "cut")));
		/* It is the beginning of the whole one. */
		for (size_t i = 0; i < drawn.end.events; i++)
			assert_true(json_equal(json_array_get(drawn.events, i),
					       json_array_get(whole.events, i)));
		assert_nests(&drawn);
		drawn_done(&drawn);
	}
	drawn_done(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timeline_shows_what_the_result_sums_up),
		cmocka_unit_test(fractions_of_nanoseconds_nest_too),
		cmocka_unit_test(a_timeline_that_is_cut_is_whole_up_to_there),
	};

	return cmocka_run_group_tests_name("timelines", tests, NULL, NULL);
}
