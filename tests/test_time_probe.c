/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays with times: time changes no outcome, every count of the replay has its time, and
 * the machine's keys are the model's parameters.
 */
#include "replay_rig.h"

#include "series.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NS 1000u

/* Maps of two devices, accesses, translation and page requests, unmaps and faults. */
static const char trace_text[] =
	"ioasim-trace 1\n"
	"arch vtd\n"
	"levels driver\n"
	"domain domain=1 kind=kernel\n"
	"device rid=00:05.0 ats\n"
	"device rid=00:06.0\n"
	"attach rid=00:05.0 domain=1\n"
	"attach rid=00:06.0 domain=1\n"
	"@1us map domain=1 iova=0x40000000 length=0x10000 pa=0x5000000 access=rw\n"
	"@2us dma rid=00:05.0 iova=0x40000010 length=16 access=r\n"
	"dma rid=00:06.0 iova=0x40000020 length=16 access=r\n"
	"dma rid=00:05.0 iova=0x40001000 length=16 access=w\n"
	"@9us ats rid=00:05.0 iova=0x40002000 length=1 access=r\n"
	"@10us unmap domain=1 iova=0x40000000 length=0x2000\n"
	"@11us dma rid=00:05.0 iova=0x40000010 length=16 access=r\n"
	"dma rid=00:06.0 iova=0x40008000 length=16 access=r\n"
	"@50us detach rid=00:05.0\n";

static json_t *without_time(const struct trial *t)
{
	json_t *json = result_json(&t->result);

	assert_non_null(json);
	json_object_del(json, "time");
	json_object_del(json_object_get(json_object_get(json, "machine"), "timing"), "model");
	return json;
}

static void assert_same_outcomes(const char *text, bool driver, const char *policy)
{
	const char *serial_sets[] = {policy, NULL};
	const char *event_sets[] = {policy, "timing.model=events", "timing.memory_cache.entries=64",
				    NULL};
	struct trial serial, events;
	json_t *a, *b;

	trial_run(&serial, text, serial_sets, driver);
	trial_run(&events, text, event_sets, driver);
	assert_int_equal(serial.status, events.status);
	assert_null(serial.result.time);
	assert_non_null(events.result.time);
	events.machine.timing.events.lines.entries = 0;
	a = without_time(&serial);
	b = without_time(&events);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	trial_done(&serial);
	trial_done(&events);
}

static void time_changes_no_outcome(void **state)
{
	static const char unit_text[] = "ioasim-trace 1\n"
					"arch vtd\n"
					"levels unit\n"
					"key cap.cap 0x80d2008c222f0606\n"
					"key cap.ecap 0xf00f4a\n"
					"reg offset=0x90 size=8 value=0x20000\n"
					"reg offset=0x18 size=4 value=0x4000000\n"
					"mem address=0x20000 value=0x12\n"
					"reg offset=0x88 size=4 value=0x10\n"
					"cmd words=0x12,0x0\n"
					"dma rid=00:05.0 iova=0x40000010 length=16 access=r\n";

	(void)state;
	assert_same_outcomes(trace_text, true, "driver.policy=strict");
	assert_same_outcomes(trace_text, true, "driver.policy=lazy");
	assert_same_outcomes(unit_text, false, "driver.policy=strict");
}

static void every_count_has_its_time(void **state)
{
	static const char *const sets[] = {"timing.model=events", NULL};
	uint64_t sums[SERIES_COUNTS] = {0}, references = 0, removed = 0;
	const struct timing_stats *stats;
	const struct series *series;
	struct trial t;

	(void)state;
	trial_run(&t, trace_text, sets, true);
	assert_int_equal(t.status, 0);
	stats = timing_stats(t.result.time->timing);
	series = &t.result.time->series;
	for (unsigned i = 0; i < SERIES_SLICES; i++)
		for (unsigned n = 0; n < SERIES_COUNTS; n++)
			sums[n] += series->slice[i][n];
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
		references += result_references(&t.result, kind);
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		removed += t.result.counters.cache[i].invalidated;
	assert_int_equal(stats->requests, 6);
	assert_int_equal(stats->latency[TIMING_OF_ATS].total, 1);
	assert_int_equal(stats->latency[TIMING_OF_MAP].total, 1);
	assert_int_equal(stats->latency[TIMING_OF_UNMAP].total, 1);
	assert_int_equal(stats->commands, result_commands(&t.result));
	assert_int_equal(stats->references + stats->references_saved, references);
	assert_int_equal(sums[SERIES_REQUESTS], 6);
	assert_int_equal(sums[SERIES_REFERENCES], references);
	assert_int_equal(sums[SERIES_COMMANDS], result_commands(&t.result));
	assert_int_equal(sums[SERIES_REMOVED], removed);
	assert_int_equal(sums[SERIES_IOTLB_MISSES],
			 t.result.counters.cache[IOASIM_CACHE_IOTLB].misses);
	trial_done(&t);
}

static void an_unmap_takes_what_the_keys_say(void **state)
{
	static const char text[] =
		"ioasim-trace 1\n"
		"arch vtd\n"
		"levels driver\n"
		"domain domain=1 kind=kernel\n"
		"device rid=00:05.0\n"
		"attach rid=00:05.0 domain=1\n"
		"@1us map domain=1 iova=0x40000000 length=0x10000 pa=0x5000000 access=rw\n"
		"@2us dma rid=00:05.0 iova=0x40000010 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40001000 length=16 access=w\n"
		"@10us unmap domain=1 iova=0x40000000 length=0x2000\n";
	static const char *const sets[] = {"timing.model=events",
					   "timing.command.doorbell_ns=100",
					   "timing.command.fetch_ns=30",
					   "timing.command.execute_ns=7.5",
					   "timing.command.removed_ns=3",
					   "timing.command.poll_ns=0",
					   "timing.software.unmap_ns=11",
					   "driver.large_pages=false",
					   NULL};
	const struct timing_stats *stats;
	uint64_t removed = 0;
	struct trial t;

	(void)state;
	trial_run(&t, text, sets, true);
	stats = timing_stats(t.result.time->timing);
	/* The two pages are in the IOTLB; the unmap removes them by one command and waits. */
	for (unsigned i = 0; i < IOASIM_COMMAND_TYPES; i++) {
		const char *name = ioasim_command_name("vtd", i);

		if (name && strcmp(name, "iotlb-page") == 0)
			removed = t.result.counters.removed[i].entries;
	}
	assert_int_equal(removed, 2);
	assert_int_equal(stats->latency[TIMING_OF_UNMAP].sum,
			 11 * NS + 100 * NS + 2 * 37500 + 2 * 3 * NS);
	trial_done(&t);
}

/* The deadline's flush is of the time when it was due, not of the next record's. */
static void a_deadline_flushes_when_time_goes_on(void **state)
{
	static const char text[] =
		"ioasim-trace 1\n"
		"arch vtd\n"
		"levels driver\n"
		"domain domain=1 kind=kernel\n"
		"device rid=00:05.0\n"
		"attach rid=00:05.0 domain=1\n"
		"map domain=1 iova=0x40000000 length=0x2000 pa=0x5000000 access=rw\n"
		"unmap domain=1 iova=0x40000000 length=0x1000\n"
		"@60ms dma rid=00:05.0 iova=0x40001010 length=16 access=r\n";
	static const char *const sets[] = {"timing.model=events", "driver.policy=lazy", NULL};
	const struct series *series;
	struct trial t;

	(void)state;
	trial_run(&t, text, sets, true);
	series = &t.result.time->series;
	/* A flush and a wait, 10 ms behind the unmap. */
	assert_int_equal(series->slice[10000000 >> series->width_lg2][SERIES_COMMANDS], 2);
	assert_int_equal(timing_stats(t.result.time->timing)->latency[TIMING_OF_UNMAP].sum,
			 t.machine.timing.events.unmap_ps);
	trial_done(&t);
}

/* Entries of neighbouring pages share a line of 64 bytes: eight pages, one line. */
static void references_go_through_the_memory_cache(void **state)
{
	static const char head[] = "ioasim-trace 1\n"
				   "arch vtd\n"
				   "levels driver\n"
				   "domain domain=1 kind=kernel\n"
				   "device rid=00:05.0\n"
				   "attach rid=00:05.0 domain=1\n"
				   "map domain=1 iova=0x40000000 length=0x8000 pa=0x5000000 "
				   "access=rw\n";
	static const char *const sets[] = {"timing.model=events", "caches=off",
					   "timing.memory_cache.entries=64",
					   "driver.large_pages=false", NULL};
	char text[2048];
	size_t used = sizeof(head) - 1;
	const struct timing_stats *stats;
	struct trial t;

	(void)state;
	memcpy(text, head, sizeof(head));
	for (unsigned page = 0; page < 8; page++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "dma rid=00:05.0 iova=0x%x length=16 access=r\n",
					 0x40000000 + page * 0x1000);
	trial_run(&t, text, sets, true);
	stats = timing_stats(t.result.time->timing);
	/* Every walk reads the same tables; each table's entries lie in one line. */
	assert_int_equal(stats->references % 8, 0);
	assert_int_equal(stats->line_misses, stats->references / 8);
	assert_int_equal(stats->line_hits, stats->references - stats->references / 8);
	trial_done(&t);
}

static void slices_are_put_together_in_pairs(void **state)
{
	static struct series series;
	uint64_t seed = 3, sum = 0;

	(void)state;
	memset(&series, 0, sizeof(series));
	for (unsigned i = 0; i < 10000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		/* Times need not rise; the end grows by and by. */
		series_at(&series, (seed >> 44) * (i + 1) / 16)[SERIES_REQUESTS]++;
	}
	for (unsigned i = 0; i < SERIES_SLICES; i++)
		sum += series.slice[i][SERIES_REQUESTS];
	assert_int_equal(sum, 10000);
	assert_in_range(series.used, SERIES_SLICES / 2, SERIES_SLICES);
	memset(&series, 0, sizeof(series));
	for (unsigned i = 0; i < 512; i++)
		series_at(&series, i * NS)[SERIES_COMMANDS]++;
	assert_int_equal(series.width_lg2, 1);
	for (unsigned i = 0; i < SERIES_SLICES; i++)
		assert_int_equal(series.slice[i][SERIES_COMMANDS], 2);
	(void)series_at(&series, UINT64_MAX);
	assert_int_equal(series.slice[0][SERIES_COMMANDS], 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_changes_no_outcome),
		cmocka_unit_test(every_count_has_its_time),
		cmocka_unit_test(an_unmap_takes_what_the_keys_say),
		cmocka_unit_test(a_deadline_flushes_when_time_goes_on),
		cmocka_unit_test(references_go_through_the_memory_cache),
		cmocka_unit_test(slices_are_put_together_in_pairs),
	};

	return cmocka_run_group_tests_name("times of a replay", tests, NULL, NULL);
}
