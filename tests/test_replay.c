/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays of small traces written by hand, whose outcomes follow from the VT-d
 * layouts (legacy mode, three-level tables): what matches, what does not, and how it
 * is counted.
 */
#include "replay_rig.h"

#include "cmd.h"
#include "lift_unit.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- A trace from text ------------------------------------------------------------ */

#define HEADER                             \
	"ioasim-trace 1\n"                 \
	"arch vtd\n"                       \
	"levels unit\n"                    \
	"key cap.cap 0x80d2008c222f0606\n" \
	"key cap.ecap 0xf00f4a\n"

/*
 * Root table at 0x10000, context table of bus 0 at 0x11000, device 00:05.0 (0x28) in
 * domain 3 with a three-level table at 0x12000 (AW 1): 0x40000000 and the page after
 * it lie at 0x5000000 (rw) and 0x6000000 (r). Queue of 128-bit descriptors at 0x20000.
 */
#define SETUP                                       \
	"reg offset=0x88 size=4 value=0\n"          \
	"reg offset=0x90 size=8 value=0x20000\n"    \
	"reg offset=0x18 size=4 value=0x4000000\n"  \
	"mem address=0x10000 value=0x11001\n"       \
	"mem address=0x11280 value=0x12001\n"       \
	"mem address=0x11288 value=0x301\n"         \
	"mem address=0x12008 value=0x13003\n"       \
	"mem address=0x13000 value=0x14003\n"       \
	"mem address=0x14000 value=0x5000003\n"     \
	"mem address=0x14008 value=0x6000001\n"     \
	"reg offset=0x20 size=8 value=0x10000\n"    \
	"reg offset=0x18 size=4 value=0x44000000\n" \
	"reg offset=0x18 size=4 value=0x84000000\n"

/* The n-th pair of descriptors: IOTLB page-selective in domain 3, wait with a store. */
#define FLUSH_PAGE                                \
	"mem address=0x20000 value=0x300f2\n"     \
	"mem address=0x20008 value=0x40000000\n"  \
	"mem address=0x20010 value=0x700000025\n" \
	"mem address=0x20018 value=0x30000\n"     \
	"reg offset=0x88 size=4 value=0x20\n"

#define READ_FIRST "dma rid=00:05.0 iova=0x40000010 length=16 access=r "

static const char *const caches_off[] = {"caches=off", NULL};

/* ---- Unit level: answers -------------------------------------------------------------- */

static void an_answer_as_recorded_matches(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  HEADER SETUP READ_FIRST
		  "pa=0x5000010 page_lg2=12 granted=r\n"
		  "dma rid=00:05.0 iova=0x40000020 length=16 access=w pa=0x5000020 page_lg2=12"
		  " granted=rw\n",
		  NULL, false);
	assert_int_equal(t.status, 0);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(result_total(&t.result).ok, 2);
	assert_int_equal(result_total(&t.result).bytes, 32);
	assert_int_equal(t.result.sizes[12], 2);
	assert_true(result_good(&t.result));
	trial_done(&t);
}

struct wrong {
	const char *answer;
	enum result_difference difference;
};

static void every_part_of_an_answer_is_compared(void **state)
{
	static const struct wrong wrong[] = {
		{"refused\n", RESULT_OUTCOME},
		{"pa=0x5001010 page_lg2=12 granted=r\n", RESULT_PA},
		{"pa=0x5000010 page_lg2=21 granted=r\n", RESULT_SIZE},
		{"pa=0x5000010 page_lg2=12 granted=rx\n", RESULT_DIFFERENCES},
	};
	char text[4096];
	struct trial t;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bool differs = wrong[i].difference != RESULT_DIFFERENCES;

		snprintf(text, sizeof(text), "%s%s", HEADER SETUP READ_FIRST, wrong[i].answer);
		trial_run(&t, text, NULL, false);
		assert_match(&t.result.recorded, !differs, differs);
		assert_int_equal(t.result.mismatches, differs);
		if (differs) {
			assert_int_equal(t.result.difference[wrong[i].difference], 1);
			assert_int_equal(t.result.mismatch[0].rid, 0x28);
			assert_int_equal(t.result.mismatch[0].address, 0x40000010);
		}
		assert_true(result_good(&t.result) == !differs);
		trial_done(&t);
	}
}

/* The recorder tells the rights of writes only; of a read that it was allowed. */
static void rights_are_compared_for_writes(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  HEADER SETUP "dma rid=00:05.0 iova=0x40000020 length=16 access=w pa=0x5000020"
			       " page_lg2=12 granted=w\n",
		  NULL, false);
	assert_match(&t.result.recorded, 0, 1);
	assert_int_equal(t.result.difference[RESULT_ACCESS], 1);
	trial_done(&t);
	trial_run(&t,
		  HEADER SETUP "dma rid=00:05.0 iova=0x40000020 length=16 access=w pa=0x5000020"
			       " page_lg2=12 granted=w no_perm\n",
		  NULL, false);
	assert_match(&t.result.recorded, 1, 0);
	trial_done(&t);
}

static void a_dma_without_recorded_answer_is_counted_and_not_compared(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP "dma rid=00:05.0 iova=0x40000010 length=16 access=r\n", NULL,
		  false);
	assert_int_equal(t.result.recorded.compared, 0);
	assert_int_equal(result_total(&t.result).count, 1);
	trial_done(&t);
}

/* ---- Unit level: faults -------------------------------------------------------------------- */

/* LGN.3 (6h): nothing is mapped at the third page; the fault stands before its DMA. */
#define REFUSED_READ "dma rid=00:05.0 iova=0x40002000 length=4 access=r refused\n"
/* LGN.2 (5h): the second page is read-only. */
#define REFUSED_WRITE "dma rid=00:05.0 iova=0x40001000 length=4 access=w refused\n"

static void a_fault_is_compared_with_its_record(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  HEADER SETUP "fault rid=00:05.0 code=0x6\n" REFUSED_READ
			       "fault rid=00:05.0 code=0x5\n" REFUSED_WRITE,
		  NULL, false);
	assert_match(&t.result.faults, 2, 0);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(t.result.counters.faults[0x5], 1);
	assert_int_equal(t.result.counters.faults[0x6], 1);
	trial_done(&t);
}

static void another_code_another_device_or_no_fault_at_all_is_a_mismatch(void **state)
{
	static const char *const texts[] = {
		HEADER SETUP "fault rid=00:05.0 code=0x5\n" REFUSED_READ,
		HEADER SETUP "fault rid=00:06.0 code=0x6\n" REFUSED_READ,
		HEADER SETUP REFUSED_READ,
		HEADER SETUP "fault rid=00:05.0 code=0x6\n" READ_FIRST
			     "pa=0x5000010 page_lg2=12 granted=r\n",
	};
	struct trial t;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		trial_run(&t, texts[i], NULL, false);
		assert_match(&t.result.faults, 0, 1);
		assert_match(&t.result.recorded, 1, 0);
		assert_false(result_good(&t.result));
		trial_done(&t);
	}
}

/* The recorder refuses writes to a cached read-only entry without a fault. */
static void a_refused_write_may_have_no_recorded_fault(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP REFUSED_WRITE, NULL, false);
	assert_int_equal(t.result.faults.compared, 0);
	assert_int_equal(t.result.faults_unrecorded, 1);
	assert_true(result_good(&t.result));
	trial_done(&t);
}

/* ---- Unit level: commands and stores --------------------------------------------------------- */

static void commands_and_stores_behind_their_register_write_match(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  HEADER SETUP FLUSH_PAGE
		  "cmd words=0x300f2,0x40000000\n"
		  "cmd words=0x700000025,0x30000\nstore address=0x30000 size=4 value=0x7\n",
		  NULL, false);
	assert_match(&t.result.commands, 2, 0);
	assert_match(&t.result.stores, 1, 0);
	assert_int_equal(result_commands(&t.result), 2);
	assert_int_equal(t.result.counters.waits, 1);
	trial_done(&t);
}

struct streams_case {
	const char *text;
	uint64_t commands[2], stores[2]; /* matched, mismatched */
};

static void what_differs_is_missing_or_too_much_is_a_mismatch(void **state)
{
	static const struct streams_case cases[] = {
		/* a word differs; the stored value differs */
		{HEADER SETUP FLUSH_PAGE
		 "cmd words=0x300f2,0x40001000\n"
		 "cmd words=0x700000025,0x30000\nstore address=0x30000 size=4 value=0x8\n",
		 {1, 1},
		 {0, 1}},
		/* one word too many; the size differs */
		{HEADER SETUP FLUSH_PAGE
		 "cmd words=0x300f2,0x40000000,0\n"
		 "cmd words=0x700000025,0x30000\nstore address=0x30000 size=8 value=0x7\n",
		 {1, 1},
		 {0, 1}},
		/* not recorded: found out at the next register write, DMA or the end */
		{HEADER SETUP FLUSH_PAGE "cmd words=0x300f2,0x40000000\n", {1, 1}, {0, 1}},
		{HEADER SETUP FLUSH_PAGE "reg offset=0x38 size=4 value=0\n", {0, 2}, {0, 1}},
		/* not executed */
		{HEADER SETUP
		 "cmd words=0x300f2,0x40000000\n" READ_FIRST
		 "pa=0x5000010 page_lg2=12 granted=r\nstore address=0x30000 size=4 value=0x7\n",
		 {0, 1},
		 {0, 1}},
	};
	struct trial t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("case %zu\n", i);
		trial_run(&t, cases[i].text, NULL, false);
		assert_match(&t.result.commands, cases[i].commands[0], cases[i].commands[1]);
		assert_match(&t.result.stores, cases[i].stores[0], cases[i].stores[1]);
		assert_false(result_good(&t.result));
		trial_done(&t);
	}
}

/* ---- Unit level: stale answers --------------------------------------------------------------- */

/* The page is mapped elsewhere without an invalidation, and read again. */
#define REMAPPED                                          \
	READ_FIRST "pa=0x5000010 page_lg2=12 granted=r\n" \
		   "mem address=0x14000 value=0x7000003\n"

static void a_recorded_stale_answer_needs_a_cache(void **state)
{
	const char *text =
		HEADER SETUP REMAPPED READ_FIRST "pa=0x5000010 page_lg2=12 granted=r stale\n";
	struct trial t;

	(void)state;
	trial_run(&t, text, NULL, false);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(t.result.staleness[RESULT_REPRODUCED], 1);
	assert_true(result_good(&t.result));
	trial_done(&t);
	trial_run(&t, text, caches_off, false);
	assert_int_equal(t.result.recorded.compared, 2);
	assert_match(&t.result.recorded, 1, 0);
	assert_int_equal(t.result.staleness[RESULT_NOT_REPRODUCED], 1);
	assert_true(result_good(&t.result));
	trial_done(&t);
}

static void an_entry_that_the_recorder_had_lost_is_excused_by_the_walk(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP REMAPPED READ_FIRST "pa=0x7000010 page_lg2=12 granted=r\n", NULL,
		  false);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(t.result.staleness[RESULT_BEYOND_RECORD], 1);
	trial_done(&t);
}

/* Neither memory nor a forgotten invalidation explains this answer. */
static void a_stale_answer_is_not_excused_where_the_walk_differs_too(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP REMAPPED READ_FIRST "pa=0x9000010 page_lg2=12 granted=r\n", NULL,
		  false);
	assert_match(&t.result.recorded, 1, 1);
	assert_int_equal(t.result.staleness[RESULT_BEYOND_RECORD], 0);
	trial_done(&t);
}

static void an_invalidation_ends_staleness(void **state)
{
	struct trial t;

	(void)state;
	trial_run(
		&t,
		HEADER SETUP REMAPPED FLUSH_PAGE
		"cmd words=0x300f2,0x40000000\n"
		"cmd words=0x700000025,0x30000\nstore address=0x30000 size=4 value=0x7\n" READ_FIRST
		"pa=0x7000010 page_lg2=12 granted=r\n",
		NULL, false);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(t.result.staleness[RESULT_BEYOND_RECORD], 0);
	trial_done(&t);
}

/* ---- What stops a replay ------------------------------------------------------------------------ */

static void a_memory_word_that_is_not_aligned_is_malformed_input(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER "reg offset=0x38 size=4 value=0\nmem address=0x10001 value=1\n", NULL,
		  false);
	assert_int_equal(t.status, CMD_INPUT);
	assert_non_null(strstr(t.said, "text: record 2: memory word at 0x10001"));
	trial_done(&t);
}

static void a_register_write_of_a_wrong_size_is_counted(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER "reg offset=0x38 size=2 value=0\n", NULL, false);
	assert_int_equal(t.status, 0);
	assert_int_equal(t.result.register_refused, 1);
	assert_false(result_good(&t.result));
	trial_done(&t);
}

/* ---- Driver level --------------------------------------------------------------------------------- */

#define DRIVER_HEADER "ioasim-trace 1\nlevels driver\n"
#define DRIVER_SETUP                    \
	"domain domain=1 kind=kernel\n" \
	"device rid=00:05.0\n"          \
	"attach rid=00:05.0 domain=1\n" \
	"map domain=1 iova=0x10000 length=8k pa=0x7000000 access=rw\n"

static void a_map_reaches_dma_and_an_unmap_ends_it(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  DRIVER_HEADER DRIVER_SETUP
		  "dma rid=00:05.0 iova=0x11010 length=4 access=w pa=0x7001010\n"
		  "unmap domain=1 iova=0x10000 length=8k\n"
		  "dma rid=00:05.0 iova=0x11010 length=4 access=w refused\n"
		  "detach rid=00:05.0\n"
		  "domain_free domain=1\n",
		  NULL, true);
	assert_int_equal(t.status, 0);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(t.result.driver_calls, 7);
	assert_int_equal(t.result.driver_refused, 0);
	assert_int_equal(t.result.driver.maps, 1);
	assert_int_equal(t.result.driver.unmaps, 1);
	trial_done(&t);
}

static void a_wrong_answer_at_driver_level_is_a_mismatch(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  DRIVER_HEADER DRIVER_SETUP
		  "dma rid=00:05.0 iova=0x11010 length=4 access=w pa=0x7002010\n"
		  "dma rid=00:05.0 iova=0x11010 length=4 access=w refused\n",
		  NULL, true);
	assert_match(&t.result.recorded, 0, 2);
	assert_int_equal(t.result.difference[RESULT_PA], 1);
	assert_int_equal(t.result.difference[RESULT_OUTCOME], 1);
	trial_done(&t);
}

/* With the lazy policy the address is reachable until the deadline has passed. */
static void a_lazy_unmap_leaves_a_window(void **state)
{
	static const char *const lazy[] = {"driver.policy=lazy", "driver.deadline_ns=1ms", NULL};
	struct trial t;

	(void)state;
	trial_run(&t,
		  DRIVER_HEADER DRIVER_SETUP
		  "dma rid=00:05.0 iova=0x10000 length=4 access=w pa=0x7000000\n"
		  "unmap domain=1 iova=0x10000 length=8k\n"
		  "dma rid=00:05.0 iova=0x10000 length=4 access=w refused\n"
		  "@2ms dma rid=00:05.0 iova=0x10000 length=4 access=w refused\n",
		  lazy, true);
	assert_int_equal(t.result.recorded.compared, 3);
	assert_match(&t.result.recorded, 2, 0);
	assert_int_equal(t.result.stale_window, 1);
	assert_true(result_good(&t.result));
	trial_done(&t);
}

/* Answers that no record has are judged too. */
static void every_access_of_the_driver_level_is_judged(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  DRIVER_HEADER DRIVER_SETUP "dma rid=00:05.0 iova=0x10000 length=4 access=w\n"
					     "ats rid=00:05.0 iova=0x11000 length=4 access=r\n"
					     "dma rid=00:05.0 iova=0x20000 length=4 access=w\n"
					     "unmap domain=1 iova=0x10000 length=8k\n"
					     "dma rid=00:05.0 iova=0x10000 length=4 access=w\n",
		  NULL, true);
	assert_int_equal(t.status, 0);
	assert_int_equal(t.result.rules.checked, 1); /* no ATS here, and two that fault */
	assert_int_equal(rules_broken(&t.result.rules), 0);
	trial_done(&t);
}

static void a_used_lazy_window_is_measured(void **state)
{
	static const char *const lazy[] = {"driver.policy=lazy", "driver.deadline_ns=1ms", NULL};
	struct trial t;

	(void)state;
	trial_run(&t,
		  DRIVER_HEADER DRIVER_SETUP
		  "dma rid=00:05.0 iova=0x10000 length=4 access=w\n"
		  "@100us unmap domain=1 iova=0x10000 length=8k\n"
		  "@150us dma rid=00:05.0 iova=0x10000 length=4 access=w\n"
		  "@2ms dma rid=00:05.0 iova=0x10000 length=4 access=w\n",
		  lazy, true);
	assert_int_equal(t.result.rules.checked, 2);
	assert_int_equal(t.result.rules.windows.count, 1);
	assert_int_equal(t.result.rules.windows.accesses, 1);
	assert_int_equal(t.result.rules.windows.longest_ns, 50000);
	assert_int_equal(rules_broken(&t.result.rules), 0);
	trial_done(&t);
}

static void a_broken_rule_is_not_good(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, DRIVER_HEADER DRIVER_SETUP, NULL, true);
	assert_true(result_good(&t.result));
	t.result.rules.broken[4] = 1;
	assert_false(result_good(&t.result));
	trial_done(&t);
}

static void what_the_driver_refuses_is_counted_and_listed(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  DRIVER_HEADER DRIVER_SETUP
		  "map domain=1 iova=0x10000 length=4k pa=0x9000000 access=r\n"
		  "attach rid=00:06.0 domain=1\n"
		  "attach rid=00:05.0 domain=9\n"
		  "domain domain=1 kind=kernel\n"
		  "bind domain=1 root=0x1000\n",
		  NULL, true);
	assert_int_equal(t.status, 0);
	assert_int_equal(t.result.driver_refused, 5);
	assert_int_equal((int64_t)t.result.mismatch[0].found, -EEXIST);
	assert_int_equal((int64_t)t.result.mismatch[1].found, -ENOENT);
	assert_false(result_good(&t.result));
	trial_done(&t);
}

/* ---- Lifting ---------------------------------------------------------------------------------------- */

static void an_answer_lifts_to_a_map_and_an_invalidation_to_an_unmap(void **state)
{
	struct trace_reader *source = trial_open(HEADER SETUP READ_FIRST
						 "pa=0x5000010 page_lg2=12 granted=r\n" READ_FIRST
						 "pa=0x5000010 page_lg2=12 granted=r\n" FLUSH_PAGE);
	struct trace_reader *reader;
	const struct trace_record *records;
	struct trace_error error = {""};
	unsigned kinds[TRACE_KINDS] = {0};
	size_t count;

	(void)state;
	assert_int_equal(lift_open(source, &reader, &error), 0);
	assert_int_equal(trace_reader_meta(reader)->levels, TRACE_LEVEL_UNIT | TRACE_LEVEL_DRIVER);
	while (trace_next(reader, &records, &count, &error) == 0 && count)
		for (size_t i = 0; i < count; i++) {
			kinds[records[i].kind]++;
			if (records[i].kind != TRACE_MAP)
				continue;
			assert_int_equal(records[i].address, 0x40000000);
			assert_int_equal(records[i].value, 0x5000000);
			assert_int_equal(records[i].length, 0x1000);
			/* The rights of the entry, not those that the recorder told. */
			assert_int_equal(records[i].access, IOASIM_READ | IOASIM_WRITE);
		}
	assert_string_equal(error.text, "");
	assert_int_equal(kinds[TRACE_DMA], 2);
	assert_int_equal(kinds[TRACE_DOMAIN], 1);
	assert_int_equal(kinds[TRACE_DEVICE], 1);
	assert_int_equal(kinds[TRACE_ATTACH], 1);
	assert_int_equal(kinds[TRACE_MAP], 1);
	assert_int_equal(kinds[TRACE_UNMAP], 1);
	assert_int_equal(kinds[TRACE_REGISTER], 7);
	trace_close(reader);
}

static void only_a_unit_level_can_be_lifted(void **state)
{
	struct trace_reader *source = trial_open(DRIVER_HEADER DRIVER_SETUP), *reader;
	struct trace_error error = {""};

	(void)state;
	assert_int_equal(lift_open(source, &reader, &error), -EINVAL);
	assert_non_null(strstr(error.text, "no unit level"));
	trace_close(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_as_recorded_matches),
		cmocka_unit_test(every_part_of_an_answer_is_compared),
		cmocka_unit_test(rights_are_compared_for_writes),
		cmocka_unit_test(a_dma_without_recorded_answer_is_counted_and_not_compared),
		cmocka_unit_test(a_fault_is_compared_with_its_record),
		cmocka_unit_test(another_code_another_device_or_no_fault_at_all_is_a_mismatch),
		cmocka_unit_test(a_refused_write_may_have_no_recorded_fault),
		cmocka_unit_test(commands_and_stores_behind_their_register_write_match),
		cmocka_unit_test(what_differs_is_missing_or_too_much_is_a_mismatch),
		cmocka_unit_test(a_recorded_stale_answer_needs_a_cache),
		cmocka_unit_test(an_entry_that_the_recorder_had_lost_is_excused_by_the_walk),
		cmocka_unit_test(a_stale_answer_is_not_excused_where_the_walk_differs_too),
		cmocka_unit_test(an_invalidation_ends_staleness),
		cmocka_unit_test(a_memory_word_that_is_not_aligned_is_malformed_input),
		cmocka_unit_test(a_register_write_of_a_wrong_size_is_counted),
		cmocka_unit_test(a_map_reaches_dma_and_an_unmap_ends_it),
		cmocka_unit_test(a_wrong_answer_at_driver_level_is_a_mismatch),
		cmocka_unit_test(a_lazy_unmap_leaves_a_window),
		cmocka_unit_test(every_access_of_the_driver_level_is_judged),
		cmocka_unit_test(a_used_lazy_window_is_measured),
		cmocka_unit_test(a_broken_rule_is_not_good),
		cmocka_unit_test(what_the_driver_refuses_is_counted_and_listed),
		cmocka_unit_test(an_answer_lifts_to_a_map_and_an_invalidation_to_an_unmap),
		cmocka_unit_test(only_a_unit_level_can_be_lifted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
