/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays and lifting of small SMMUv3 traces written by hand: records are compared
 * word by word, rights as they are, and commands that name a VMID unmap what carries
 * any of its ASIDs.
 */
#include "replay_rig.h"

#include "lift_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* As the recording emulator has them: stage 1 and 2, no stalls, 44 bits. */
#define HEADER                                               \
	"ioasim-trace 1\narch smmuv3\nlevels unit\n"         \
	"key cap.idr0 0x0d44101b\nkey cap.idr1 0x02730010\n" \
	"key cap.idr3 0x1414\nkey cap.idr5 0x74\n"

/*
 * Linear stream table of 256 entries at 0x10000. Devices 00:05.0 (28h) and 00:06.0
 * (30h) use stage 1 with a context descriptor each, of ASIDs 1 and 2 and one table:
 * T0SZ 16, 4 KiB, EPD1, V, IPS 44 bits, AA64, R, A, ASET. 0x40000000 lies at
 * 0x5000000 (rw), the page after it at 0x6000000 (r). Commands at 0x20000, 256 of
 * them; events at 0x22000, 128.
 */
#define SETUP                                         \
	"mem address=0x10a00 value=0x1100b\n"         \
	"mem address=0x10a08 value=0x100000000000\n"  \
	"mem address=0x10c00 value=0x1104b\n"         \
	"mem address=0x10c08 value=0x100000000000\n"  \
	"mem address=0x11000 value=0x1e204c0000010\n" \
	"mem address=0x11008 value=0x12000\n"         \
	"mem address=0x11040 value=0x2e204c0000010\n" \
	"mem address=0x11048 value=0x12000\n"         \
	"mem address=0x12000 value=0x13003\n"         \
	"mem address=0x13008 value=0x14003\n"         \
	"mem address=0x14000 value=0x15003\n"         \
	"mem address=0x15000 value=0x5000c43\n"       \
	"mem address=0x15008 value=0x6000cc3\n"       \
	"reg offset=0x80 size=8 value=0x10000\n"      \
	"reg offset=0x88 size=4 value=0x8\n"          \
	"reg offset=0x90 size=8 value=0x20008\n"      \
	"reg offset=0xa0 size=8 value=0x22007\n"      \
	"reg offset=0x20 size=4 value=0xd\n"

/* Accesses with what was recorded of them. */
#define ANSWERED(access, answer) "dma rid=" access " length=4 access=r page_lg2=12 " answer "\n"
#define FIRST(rights)            ANSWERED("00:05.0 iova=0x40000010", "pa=0x5000010 granted=" rights)
#define SECOND                   ANSWERED("00:05.0 iova=0x40001010", "pa=0x6000010 granted=r")
#define OTHER_DEVICE             ANSWERED("00:06.0 iova=0x40000010", "pa=0x5000010 granted=rw")
#define REFUSED_READ             "dma rid=00:05.0 iova=0x40002000 length=4 access=r refused\n"
#define REFUSED_WRITE            "dma rid=00:05.0 iova=0x40001000 length=4 access=w refused\n"

static void commands_of_two_words_match(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t,
		  HEADER SETUP "mem address=0x20000 value=0x1000000000012\n"
			       "mem address=0x20008 value=0x40000001\n"
			       "mem address=0x20010 value=0x46\n"
			       "reg offset=0x98 size=4 value=0x2\n"
			       "cmd words=0x1000000000012,0x40000001\ncmd words=0x46,0\n",
		  NULL, false);
	assert_int_equal(t.status, 0);
	assert_match(&t.result.commands, 2, 0);
	assert_match(&t.result.stores, 0, 0);
	assert_true(result_good(&t.result));
	trial_done(&t);
}

static void rights_are_compared_exactly(void **state)
{
	static const char *const wrong[] = {HEADER SETUP FIRST("r"), HEADER SETUP FIRST("w")};
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP FIRST("rw") SECOND, NULL, false);
	assert_match(&t.result.recorded, 2, 0);
	trial_done(&t);
	for (size_t i = 0; i < 2; i++) {
		trial_run(&t, wrong[i], NULL, false);
		assert_match(&t.result.recorded, 0, 1);
		assert_int_equal(t.result.difference[RESULT_ACCESS], 1);
		trial_done(&t);
	}
}

/* F_TRANSLATION (7.3.12): SID and number; CLASS IN, RnW; the address; no IPA. */
#define RECORD(last)                                         \
	"fault rid=00:05.0 code=0x10\n"                      \
	"store address=0x22000 size=8 value=0x2800000010\n"  \
	"store address=0x22008 size=8 value=0x20800000000\n" \
	"store address=0x22010 size=8 value=0x40002000\n"    \
	"store address=0x22018 size=8 value=" last "\n"

static void event_records_are_compared_word_by_word(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP RECORD("0") REFUSED_READ, NULL, false);
	assert_match(&t.result.recorded, 1, 0);
	assert_match(&t.result.faults, 1, 0);
	assert_match(&t.result.stores, 4, 0);
	assert_true(result_good(&t.result));
	trial_done(&t);
	trial_run(&t, HEADER SETUP RECORD("0x1000") REFUSED_READ, NULL, false);
	assert_match(&t.result.stores, 3, 1);
	trial_done(&t);
}

/* This recorder refuses nothing silently. */
static void a_refused_write_has_a_recorded_fault(void **state)
{
	struct trial t;

	(void)state;
	trial_run(&t, HEADER SETUP REFUSED_WRITE, NULL, false);
	assert_match(&t.result.faults, 0, 1);
	assert_int_equal(t.result.faults_unrecorded, 0);
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

/* The command named by its words, behind two pages of ASID 1 and one of ASID 2. */
#define COMMAND(first, second)                                                                \
	HEADER SETUP FIRST("rw") SECOND OTHER_DEVICE "mem address=0x20000 value=" first "\n"  \
						     "mem address=0x20008 value=" second "\n" \
						     "reg offset=0x98 size=4 value=0x1\n"

struct reach {
	const char *text;
	unsigned unmaps;
};

static void a_command_unmaps_what_it_reaches(void **state)
{
	static const struct reach reaches[] = {
		/* NH_VA of ASID 1: a page, two pages by range, none; of ASID 2 */
		{COMMAND("0x1000000000012", "0x40000001"), 1},
		{COMMAND("0x1000000001012", "0x40000401"), 2},
		{COMMAND("0x1000000000012", "0x50000001"), 0},
		{COMMAND("0x2000000000012", "0x40000001"), 1},
		{COMMAND("0x3000000000012", "0x40000001"), 0},
		/* NH_VAA: all ASIDs of VMID 0; of VMID 1 */
		{COMMAND("0x13", "0x40000001"), 2},
		{COMMAND("0x100000013", "0x40000001"), 0},
		/* NH_ASID, NH_ALL, S12_VMALL, NSNH_ALL */
		{COMMAND("0x1000000000011", "0"), 2},
		{COMMAND("0x10", "0"), 3},
		{COMMAND("0x100000010", "0"), 0},
		{COMMAND("0x28", "0"), 3},
		{COMMAND("0x30", "0"), 3},
		/* CFGI_STE removes no translation */
		{COMMAND("0x2800000003", "0x1"), 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
		unsigned unmaps = lifted(reaches[i].text, TRACE_UNMAP);

		assert_int_equal(lifted(reaches[i].text, TRACE_MAP), 3);
		assert_int_equal(lifted(reaches[i].text, TRACE_DOMAIN), 2);
		assert_int_equal(lifted(reaches[i].text, TRACE_ATTACH), 2);
		if (unmaps != reaches[i].unmaps)
			fail_msg("command %zu: %u unmaps, expected %u", i, unmaps,
				 reaches[i].unmaps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_two_words_match),
		cmocka_unit_test(rights_are_compared_exactly),
		cmocka_unit_test(event_records_are_compared_word_by_word),
		cmocka_unit_test(a_refused_write_has_a_recorded_fault),
		cmocka_unit_test(a_command_unmaps_what_it_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
