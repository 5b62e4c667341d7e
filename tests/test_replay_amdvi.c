/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays and lifting of small AMD-Vi traces written by hand, with what their recorder
 * is known to tell otherwise than hardware (docs/results.md): rights of the leaf alone,
 * event records without address and domain, silent refusals.
 */
#include "replay_rig.h"

#include "lift_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define HEADER "ioasim-trace 1\narch amdvi\nlevels unit\nkey cap.efr 0x29d3\n"

/*
 * Device table at 0x10000, device 00:05.0 (28h) with V, TV, Mode 3, IR, IW and its
 * tables at 0x12000, DomainID 3. 0x40000000 lies at 0x5000000 (rw), the page after it
 * at 0x6000000 (r), 0x40200000 at 0x7000000: the leaf lets write, the directory above
 * does not. Command buffer at 0x20000, event log at 0x21000, 256 entries each.
 */
#define SETUP                                              \
	"mem address=0x10500 value=0x6000000000012603\n"   \
	"mem address=0x10508 value=0x3\n"                  \
	"mem address=0x12008 value=0x6000000000013401\n"   \
	"mem address=0x13000 value=0x6000000000014201\n"   \
	"mem address=0x13008 value=0x2000000000015201\n"   \
	"mem address=0x14000 value=0x6000000005000001\n"   \
	"mem address=0x14008 value=0x2000000006000001\n"   \
	"mem address=0x15000 value=0x6000000007000001\n"   \
	"reg offset=0 size=8 value=0x10000\n"              \
	"reg offset=8 size=8 value=0x800000000020000\n"    \
	"reg offset=0x10 size=8 value=0x800000000021000\n" \
	"reg offset=0x18 size=8 value=0x1005\n"

/* INVALIDATE_IOMMU_PAGES of DomainID 3, one page; COMPLETION_WAIT with a store of 7. */
#define FLUSH_PAGE                                       \
	"mem address=0x20000 value=0x3000000300000000\n" \
	"mem address=0x20008 value=0x40000000\n"         \
	"mem address=0x20010 value=0x1000000000030001\n" \
	"mem address=0x20018 value=0x7\n"                \
	"reg offset=0x2008 size=4 value=0x20\n"          \
	"cmd words=0x3000000300000000,0x40000000\n"      \
	"cmd words=0x1000000000030001,0x7\n"             \
	"store address=0x30000 size=8 value=0x7\n"

/* Accesses with what was recorded of them. */
#define ANSWERED(address, answer) "dma rid=00:05.0 iova=" address " length=4 access=r " answer "\n"
#define REFUSED(access)           "dma rid=00:05.0 iova=" access " length=4 refused\n"
#define FIRST(rights)             ANSWERED("0x40000010", "pa=0x5000010 page_lg2=12 no_perm granted=" rights)
#define SECOND                    ANSWERED("0x40001010", "pa=0x6000010 page_lg2=12 no_perm granted=r")
#define BELOW                     ANSWERED("0x40200010", "pa=0x7000010 page_lg2=12 no_perm granted=rw")
#define REFUSED_READ              REFUSED("0x40002000 access=r")
#define REFUSED_WRITE             REFUSED("0x40001000 access=w")

static void commands_of_two_words_and_stores_match(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP FLUSH_PAGE, NULL, false);
	assert_int_equal(t.status, 0);
	assert_match(&t.result.commands, 2, 0);
	assert_match(&t.result.stores, 1, 0);
	assert_true(result_good(&t.result));
	trial_done(&t);
}

static void rights_are_compared_with_those_of_the_leaf(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP FIRST("rw") SECOND BELOW, NULL, false);
	assert_match(&t.result.recorded, 3, 0);
	trial_done(&t);
	/* The walk grants what the leaf does not have. */
	trial_run(&t, HEADER SETUP FIRST("r"), NULL, false);
	assert_match(&t.result.recorded, 0, 1);
	assert_int_equal(t.result.difference[RESULT_ACCESS], 1);
	trial_done(&t);
}

#define EVENT                                                     \
	"store address=0x21000 size=8 value=0x2000000000000028\n" \
	"store address=0x21008 size=8 value=0\n"

/* The unit's own record has address and domain, the recorded one neither. */
static void event_records_are_passed_over_and_their_fault_is_not(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP "fault rid=00:05.0 code=0x2\n" EVENT REFUSED_READ, NULL, false);
	assert_match(&t.result.recorded, 1, 0);
	assert_match(&t.result.faults, 1, 0);
	assert_match(&t.result.stores, 0, 0);
	assert_int_equal(t.result.stores_skipped, 2);
	assert_true(result_good(&t.result));
	trial_done(&t);
	trial_run(&t, HEADER SETUP "fault rid=00:05.0 code=0x1\n" REFUSED_READ, NULL, false);
	assert_match(&t.result.faults, 0, 1);
	trial_done(&t);
}

static void a_write_may_be_refused_silently_a_read_may_not(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP REFUSED_WRITE, NULL, false);
	assert_int_equal(t.result.faults_unrecorded, 1);
	assert_true(result_good(&t.result));
	trial_done(&t);
	trial_run(&t, HEADER SETUP REFUSED_READ, NULL, false);
	assert_match(&t.result.faults, 0, 1);
	trial_done(&t);
}

/* ---- Lifting ---------------------------------------------------------------------- */

static unsigned lifted(const char *text, enum trace_kind kind)
{
	struct trace_reader *reader;
	const struct trace_record *records;
	struct trace_error error = {""};
	unsigned found = 0;
	size_t count;

	assert_int_equal(lift_open(trial_open(text), &reader, &error), 0);
	while (trace_next(reader, &records, &count, &error) == 0 && count)
		for (size_t i = 0; i < count; i++)
			found += records[i].kind == kind;
	assert_string_equal(error.text, "");
	trace_close(reader);
	return found;
}

/* The command named by its words, alone behind two pages that were used. */
#define COMMAND(first, second)                                                   \
	HEADER SETUP FIRST("rw") SECOND "mem address=0x20000 value=" first "\n"  \
					"mem address=0x20008 value=" second "\n" \
					"reg offset=0x2008 size=4 value=0x10\n"

struct reach {
	const char *text;
	unsigned unmaps;
};

static void an_invalidation_unmaps_what_it_reaches(void **state)
{
	static const struct reach reaches[] = {
		/* a page; S: the two pages; S: everything (48882, 2.4.3) */
		{COMMAND("0x3000000300000000", "0x40000000"), 1},
		{COMMAND("0x3000000300000000", "0x40000001"), 2},
		{COMMAND("0x3000000300000000", "0x7ffffffffffff003"), 2},
		{COMMAND("0x3000000300000000", "0x50000000"), 0},
		/* another DomainID; the device's entry; all */
		{COMMAND("0x3000000400000000", "0x7ffffffffffff003"), 0},
		{COMMAND("0x2000000000000028", "0"), 0},
		{COMMAND("0x8000000000000000", "0"), 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
		assert_int_equal(lifted(reaches[i].text, TRACE_MAP), 2);
		assert_int_equal(lifted(reaches[i].text, TRACE_ATTACH), 1);
		if (lifted(reaches[i].text, TRACE_UNMAP) != reaches[i].unmaps)
			fail_msg("command %zu: %u unmaps, expected %u", i,
				 lifted(reaches[i].text, TRACE_UNMAP), reaches[i].unmaps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_two_words_and_stores_match),
		cmocka_unit_test(rights_are_compared_with_those_of_the_leaf),
		cmocka_unit_test(event_records_are_passed_over_and_their_fault_is_not),
		cmocka_unit_test(a_write_may_be_refused_silently_a_read_may_not),
		cmocka_unit_test(an_invalidation_unmaps_what_it_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
