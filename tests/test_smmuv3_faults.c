/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of SMMUv3: every bit of each record (7.3), when records are written (7.2.1), an
 * abort on the write (7.2.2), overflow (7.4), how transactions end (5.5).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GERROR      0x60u
#define GERRORN     0x64u
#define EVENTQ_BASE 0xa0u
#define EVENTQ_PROD 0x100a8u
#define EVENTQ_CONS 0x100acu
#define OVERFLOW    0x80000000u

/* Bits of records, as 7.3 draws them: word 0, word 1. */
#define NUMBER(n) ((uint64_t)(n) | (uint64_t)STAB_SID << 32)
#define SSV       BIT(11)
#define SSID(n)   ((uint64_t)(n) << 12)
#define PNU       BIT(33)
#define IND       BIT(34)
#define RNW       BIT(35)
#define S2        BIT(39)
#define CLASS_CD  UINT64_C(0)
#define CLASS_TT  BIT(40)
#define CLASS_IN  BIT(41)
#define TTRNW     BIT(44)

#define WIDE_SSID UINT32_C(0xabcde)
#define SUBSTREAM UINT32_C(5)

/* ---- Records --------------------------------------------------------------------------------- */

/* What word 3 holds. */
enum third {
	NO_ADDRESS,
	FETCH, /* the address of `aborts` */
	INPUT_PAGE, /* of an IPA that is the input */
	IPA_OF_PAGE, /* what stage 1 makes of it */
	IPA_OF_TABLE, /* of the last stage 1 descriptor */
	IPA_OF_CD,
};

struct record_case {
	const char *rule;
	enum stab_config config;
	enum stab_where change;
	uint64_t clear, set;
	enum stab_where aborts; /* its word cannot be read */
	uint8_t access, kind;
	bool privileged;
	uint32_t ssid; /* 0: none */
	uint64_t word0, word1, word2;
	enum third third;
};

#define R  IOASIM_READ
#define W  IOASIM_WRITE
#define RX (IOASIM_READ | IOASIM_EXEC)

static const struct record_case records[] = {
	{"7.3.5 C_BAD_STE", STAB_S1, STE_0, 1, 0, NOTHING, R, 0, false, WIDE_SSID,
	 NUMBER(0x04) | SSV | SSID(WIDE_SSID), 0, 0, NO_ADDRESS},
	{"7.3.5 C_BAD_STE without SSID", STAB_S1, STE_0, 1, 0, NOTHING, W, 0, false, 0,
	 NUMBER(0x04), 0, 0, NO_ADDRESS},
	{"7.3.4 F_STE_FETCH", STAB_S1, NOTHING, 0, 0, STE_0, R, 0, false, WIDE_SSID,
	 NUMBER(0x03) | SSV | SSID(WIDE_SSID), 0, 0, FETCH},
	{"7.3.6 F_BAD_ATS_TREQ", STAB_S1, NOTHING, 0, 0, NOTHING, R, IOASIM_TRANSLATION_REQUEST,
	 false, 0, NUMBER(0x05), 0, STAB_IOVA, NO_ADDRESS},
	{"7.3.7 F_STREAM_DISABLED", STAB_S1, STE_0, 0, STE_S1CDMAX(1), NOTHING, R, 0, false, 0,
	 NUMBER(0x06), 0, 0, NO_ADDRESS},
	{"7.3.8 F_TRANSL_FORBIDDEN, read", STAB_S1, NOTHING, 0, 0, NOTHING, R, IOASIM_TRANSLATED,
	 false, 0, NUMBER(0x07), RNW, STAB_IOVA, NO_ADDRESS},
	{"7.3.8 F_TRANSL_FORBIDDEN, write", STAB_S1, NOTHING, 0, 0, NOTHING, W, IOASIM_TRANSLATED,
	 false, 0, NUMBER(0x07), 0, STAB_IOVA, NO_ADDRESS},
	{"7.3.9 C_BAD_SUBSTREAMID has no SSV", STAB_S1, NOTHING, 0, 0, NOTHING, R, 0, false, 0x3f5,
	 NUMBER(0x08) | SSID(0x3f5), 0, 0, NO_ADDRESS},
	{"7.3.10 F_CD_FETCH", STAB_S1, NOTHING, 0, 0, CD_0, R, 0, false, 0, NUMBER(0x09), 0, 0,
	 FETCH},
	{"7.3.10 F_CD_FETCH over stage 2: a PA", STAB_NESTED, NOTHING, 0, 0, CD_0, R, 0, false, 0,
	 NUMBER(0x09), 0, 0, FETCH},
	{"7.3.11 C_BAD_CD", STAB_S1, CD_0, CD_V, 0, NOTHING, R, 0, false, 0, NUMBER(0x0a), 0, 0,
	 NO_ADDRESS},
	{"7.3.12 F_WALK_EABT, stage 1, read", STAB_S1, NOTHING, 0, 0, S1_LEVEL_0, R, 0, false, 0,
	 NUMBER(0x0b), RNW | CLASS_TT, STAB_IOVA, FETCH},
	{"7.3.12 F_WALK_EABT, stage 1, write", STAB_S1, NOTHING, 0, 0, S1_LEVEL_3, W, 0, false, 0,
	 NUMBER(0x0b), CLASS_TT, STAB_IOVA, FETCH},
	{"7.3.12 F_WALK_EABT, stage 2", STAB_S2, NOTHING, 0, 0, S2_LEVEL_1, R, 0, false, 0,
	 NUMBER(0x0b), RNW | S2 | CLASS_IN, STAB_IOVA, FETCH},
	{"7.3.12 F_WALK_EABT, stage 2 of a table", STAB_NESTED, NOTHING, 0, 0, S2_PAGE_OF_S1_2, R,
	 0, false, 0, NUMBER(0x0b), RNW | S2 | CLASS_TT, STAB_IOVA, FETCH},
	{"7.3.12 F_WALK_EABT, stage 2 of the CD", STAB_NESTED, NOTHING, 0, 0, S2_PAGE_OF_CD, W, 0,
	 false, 0, NUMBER(0x0b), S2 | CLASS_CD, STAB_IOVA, FETCH},
	{"7.3.13 F_TRANSLATION, stage 1, read", STAB_S1, S1_LEVEL_0, 1, 0, NOTHING, R, 0, false, 0,
	 NUMBER(0x10), RNW | CLASS_IN, STAB_IOVA, NO_ADDRESS},
	{"7.3.13 F_TRANSLATION, stage 1, write", STAB_S1, S1_LEVEL_1, 1, 0, NOTHING, W, 0, false, 0,
	 NUMBER(0x10), CLASS_IN, STAB_IOVA, NO_ADDRESS},
	{"7.3.13 F_TRANSLATION, stage 2 alone", STAB_S2, S2_LEVEL_0, 1, 0, NOTHING, R, 0, false, 0,
	 NUMBER(0x10), RNW | S2 | CLASS_IN, STAB_IOVA, INPUT_PAGE},
	{"7.3.13 F_TRANSLATION, stage 2 of the output", STAB_NESTED, S2_LEVEL_0, 1, 0, NOTHING, W,
	 0, false, 0, NUMBER(0x10), S2 | CLASS_IN, STAB_IOVA, IPA_OF_PAGE},
	{"7.3.13 F_TRANSLATION, stage 2 of a table", STAB_NESTED, S2_PAGE_OF_S1_0, 1, 0, NOTHING, W,
	 0, false, 0, NUMBER(0x10), S2 | CLASS_TT, STAB_IOVA, IPA_OF_TABLE},
	{"7.3.13 F_TRANSLATION, stage 2 of the CD", STAB_NESTED, S2_PAGE_OF_CD, 1, 0, NOTHING, W, 0,
	 false, 0, NUMBER(0x10), S2 | CLASS_CD, STAB_IOVA, IPA_OF_CD},
	{"7.3.14 F_ADDR_SIZE, stage 1", STAB_S1, CD_0, CD_IPS(7), 0, NOTHING, R, 0, false, 0,
	 NUMBER(0x11), RNW | CLASS_IN, STAB_IOVA, NO_ADDRESS},
	{"7.3.14 F_ADDR_SIZE, stage 2", STAB_S2, STE_2, STE_S2PS(7), 0, NOTHING, R, 0, false, 0,
	 NUMBER(0x11), RNW | S2 | CLASS_IN, STAB_IOVA, INPUT_PAGE},
	{"7.3.15 F_ACCESS, stage 1", STAB_S1, S1_LEVEL_0, PTE_AF, 0, NOTHING, R, 0, false, 0,
	 NUMBER(0x12), RNW | CLASS_IN, STAB_IOVA, NO_ADDRESS},
	{"7.3.15 F_ACCESS, stage 2 of a table", STAB_NESTED, S2_PAGE_OF_S1_0, PTE_AF, 0, NOTHING, R,
	 0, false, 0, NUMBER(0x12), RNW | S2 | CLASS_TT, STAB_IOVA, IPA_OF_TABLE},
	{"7.3.16 F_PERMISSION, stage 1", STAB_S1, S1_LEVEL_0, 0, S1_AP2, NOTHING, W, 0, false, 0,
	 NUMBER(0x13), CLASS_IN, STAB_IOVA, NO_ADDRESS},
	{"7.3.16 F_PERMISSION, stage 2", STAB_NESTED, S2_LEVEL_0, S2_READ, 0, NOTHING, R, 0, false,
	 0, NUMBER(0x13), RNW | S2 | CLASS_IN, STAB_IOVA, IPA_OF_PAGE},
	{"7.3.16 F_PERMISSION, a table cannot be read", STAB_NESTED, S2_PAGE_OF_S1_0, S2_READ, 0,
	 NOTHING, W, 0, false, 0, NUMBER(0x13), S2 | CLASS_TT | TTRNW, STAB_IOVA, IPA_OF_TABLE},
	{"7.3.16 F_PERMISSION, the CD cannot be read: no TTRnW", STAB_NESTED, S2_PAGE_OF_CD,
	 S2_READ, 0, NOTHING, R, 0, false, 0, NUMBER(0x13), RNW | S2 | CLASS_CD, STAB_IOVA,
	 IPA_OF_CD},
};

static uint64_t third_word(struct stab *t, const struct record_case *c)
{
	const uint64_t page = ~UINT64_C(0xfff);

	switch (c->third) {
	case FETCH:
		return stab_place(t, c->aborts);
	case INPUT_PAGE:
		return STAB_IOVA;
	case IPA_OF_PAGE:
		return STAB_IPA;
	case IPA_OF_TABLE:
		return (stab_place(t, S1_LEVEL_0) + STAB_GUEST) & page;
	case IPA_OF_CD:
		return (t->cd + STAB_GUEST) & page;
	case NO_ADDRESS:
		break;
	}
	return 0;
}

static struct ioasim_request request_of(const struct record_case *c)
{
	struct ioasim_request request = stab_request(STAB_IOVA, c->access);

	request.kind = c->kind;
	request.privileged = c->privileged;
	request.has_pasid = c->ssid;
	request.pasid = c->ssid;
	return request;
}

static void check_record(const struct record_case *c, const uint64_t want[4],
			 const uint64_t have[4])
{
	if (memcmp(want, have, 32) != 0)
		fail_msg("%s: %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64
			 "\n instead of %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64,
			 c->rule, have[0], have[1], have[2], have[3], want[0], want[1], want[2],
			 want[3]);
}

static void each_record_has_the_bits_of_its_section(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(records) * 2; i++) {
		const struct record_case *c = &records[i / 2];
		struct ioasim_request request = request_of(c);
		uint64_t want[4] = {c->word0, c->word1, c->word2, 0}, have[4];
		struct ioasim_response r;
		struct stab t;

		/* With caches and without. */
		stab_open(&t, i % 2);
		stab_build(&t, c->config);
		srig_cr0(&t.rig, CR0_ATSCHK, 0);
		want[3] = third_word(&t, c);
		if (c->aborts != NOTHING) {
			uint64_t at = stab_place(&t, c->aborts);

			assert_int_equal(ioasim_memory_abort(t.rig.memory, at, at + 7), 0);
		}
		stab_change(&t, c->change, c->clear, c->set);
		stab_start(&t);
		r = stab_ask(&t, &request);
		assert_int_equal(r.fault.code, c->word0 & 0xff);
		assert_true(r.fault.recorded);
		assert_int_equal(r.fault.words, 4);
		check_record(c, want, r.fault.record);
		if (!srig_event(&t.rig, have))
			fail_msg("%s: no record", c->rule);
		check_record(c, want, have);
		assert_false(srig_event(&t.rig, have));
		assert_int_equal(t.rig.faults, 1);
		assert_int_equal(ioasim_unit_counters(t.rig.unit)->faults[c->word0 & 0xff], 1);
		assert_int_equal(ioasim_unit_counters(t.rig.unit)->faults_recorded, 1);
		stab_close(&t);
	}
}

/* 7.3.3: the StreamID is outside the table. */
static void c_bad_streamid_has_all_bits_of_both_ids(void **state)
{
	struct ioasim_request request = stab_request_pasid(0x1000, R, WIDE_SSID);
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_start(&t);
	request.requester_id = 0xfedcba98;
	stab_ask(&t, &request);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], UINT64_C(0xfedcba98abcde802));
	assert_int_equal(record[1] | record[2] | record[3], 0);
	stab_close(&t);
}

/* A stream with substreams: CD 5 is that of stab_build, no other is valid. */
static void build_substreams(struct stab *t, uint64_t cd_set)
{
	uint64_t table, words[4];

	stab_build(t, STAB_S1);
	table = stab_take(t, 64 * 8);
	for (unsigned i = 0; i < 4; i++)
		words[i] = srig_peek(&t->rig, t->cd + i * 8u);
	words[0] |= cd_set;
	stab_cd(t, table + SUBSTREAM * 64, words);
	stab_change(t, STE_0, BITS(51, 6), table | STE_S1CDMAX(3));
}

/* 7.3: PnU and InD of a transaction with PASID; InD is 0 for writes. */
static void records_tell_privilege_and_instruction(void **state)
{
	static const struct {
		uint8_t access;
		bool privileged;
		uint64_t word1;
	} cases[] = {
		{R, false, RNW},
		{W, false, 0},
		{RX, false, RNW | IND},
		{R, true, RNW | PNU},
		{W, true, PNU},
		{RX, true, RNW | IND | PNU},
		{R | W, true, PNU}, /* an atomic is a write */
		{W | IOASIM_EXEC, false, 0},
	};
	struct stab t;

	(void)state;
	stab_open(&t, true);
	build_substreams(&t, 0);
	stab_change(&t, S1_LEVEL_0, 1, 0);
	stab_start(&t);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request request =
			stab_request_pasid(STAB_IOVA, cases[i].access, SUBSTREAM);
		uint64_t record[4];

		request.privileged = cases[i].privileged;
		stab_ask(&t, &request);
		assert_true(srig_event(&t.rig, record));
		assert_int_equal(record[0], NUMBER(0x10) | SSV | SSID(SUBSTREAM));
		if (record[1] != (cases[i].word1 | CLASS_IN))
			fail_msg("case %zu: %#" PRIx64, i, record[1]);
	}
	stab_close(&t);
}

/* 7.3: all 64 bits of the input, as received. */
static void records_hold_the_whole_input_address(void **state)
{
	static const uint64_t inputs[] = {0xfff, UINT64_C(0xfedcba9876543210), UINT64_MAX, BIT(55)};
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_S1);
	stab_change(&t, CD_0, 0, CD_TBI0);
	stab_start(&t);
	for (size_t i = 0; i < COUNT(inputs); i++) {
		uint64_t record[4];

		stab_read(&t, inputs[i]);
		assert_true(srig_event(&t.rig, record));
		assert_int_equal(record[0], NUMBER(0x10));
		assert_int_equal(record[2], inputs[i]);
	}
	stab_close(&t);
}

/* 7.3.7, 7.3.8: no SubstreamID, no privilege, whatever the transaction has. */
static void some_records_do_not_tell_of_the_pasid(void **state)
{
	struct ioasim_request request = stab_request_pasid(STAB_IOVA, RX, 0);
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, true);
	build_substreams(&t, 0);
	stab_change(&t, STE_1, 0, STE_S1DSS(2));
	srig_cr0(&t.rig, CR0_ATSCHK, 0);
	stab_start(&t);
	/* 5.2: SubstreamID 0 belongs to those without. */
	request.privileged = true;
	stab_ask(&t, &request);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], NUMBER(0x06));
	assert_int_equal(record[1] | record[2] | record[3], 0);
	request.pasid = SUBSTREAM;
	request.kind = IOASIM_TRANSLATED;
	stab_ask(&t, &request);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], NUMBER(0x07));
	assert_int_equal(record[1], RNW);
	assert_int_equal(record[2], STAB_IOVA);
	stab_close(&t);
}

/* 7.3.16, 3.13: a stage 1 descriptor that HTTU may not write. */
static void ttrnw_is_0_for_the_write_of_a_descriptor(void **state)
{
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	stab_change(&t, CD_0, 0, CD_HA);
	stab_change(&t, S1_LEVEL_0, PTE_AF, 0);
	stab_change(&t, S2_PAGE_OF_S1_0, S2_WRITE, 0);
	stab_start(&t);
	stab_read(&t, STAB_IOVA);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], NUMBER(0x13));
	assert_int_equal(record[1], RNW | S2 | CLASS_TT);
	stab_close(&t);
}

/* ---- How transactions end (5.5) ------------------------------------------------------------------- */

static void r_and_a_decide_about_record_and_end(void **state)
{
	static const struct {
		uint64_t cd;
		bool recorded;
		uint8_t outcome;
	} cases[] = {
		{0, false, IOASIM_RAZ_WI},
		{CD_A, false, IOASIM_FAULT},
		{CD_R, true, IOASIM_RAZ_WI},
		{CD_R | CD_A, true, IOASIM_FAULT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ioasim_counters *c;
		struct ioasim_response r;
		uint64_t record[4];
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_S1);
		stab_change(&t, CD_0, CD_R | CD_A, cases[i].cd);
		stab_change(&t, S1_LEVEL_0, 1, 0);
		stab_start(&t);
		r = stab_read(&t, STAB_IOVA);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_int_equal(r.fault.code, 0x10);
		assert_int_equal(r.fault.recorded, cases[i].recorded);
		assert_int_equal(srig_event(&t.rig, record), cases[i].recorded);
		/* Found in any case, and told. */
		assert_int_equal(t.rig.faults, 1);
		c = ioasim_unit_counters(t.rig.unit);
		assert_int_equal(c->faults[0x10], 1);
		assert_int_equal(c->faults_recorded, cases[i].recorded);
		assert_int_equal(c->ok + c->faulted, c->requests[0]);
		stab_close(&t);
	}
}

/* 5.5: stage 2 always aborts, S2R decides about the record, of tables and CDs too. */
static void s2r_decides_about_stage_2(void **state)
{
	static const enum stab_where places[] = {S2_LEVEL_0, S2_PAGE_OF_S1_1, S2_PAGE_OF_CD};

	(void)state;
	for (size_t i = 0; i < COUNT(places) * 2; i++) {
		bool recorded = i % 2;
		struct ioasim_response r;
		uint64_t record[4];
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_NESTED);
		if (!recorded)
			stab_change(&t, STE_2, STE_S2R, 0);
		stab_change(&t, CD_0, recorded ? CD_R | CD_A : 0, 0);
		stab_change(&t, places[i / 2], 1, 0);
		stab_start(&t);
		r = stab_read(&t, STAB_IOVA);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		assert_int_equal(srig_event(&t.rig, record), recorded);
		stab_close(&t);
	}
}

/* Config 0xx: no event, and nothing is told of one. */
static void what_ends_silently_has_no_code(void **state)
{
	static const uint64_t words[4] = {STE_ABORT, 0, 0, 0};
	struct ioasim_response r;
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_ste(&t, STAB_SID, words);
	stab_start(&t);
	r = stab_read(&t, STAB_IOVA);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_int_equal(r.fault.code, 0);
	assert_int_equal(r.fault.words, 0);
	assert_false(r.fault.recorded);
	assert_false(srig_event(&t.rig, record));
	assert_int_equal(t.rig.faults, 0);
	assert_int_equal(ioasim_unit_counters(t.rig.unit)->faulted, 1);
	stab_close(&t);
}

/* ---- The event queue ---------------------------------------------------------------------------------- */

/* A unit whose every request is a C_BAD_STREAMID of its own number, with a queue of
 * 2^lg2 events. */
static void open_queue(struct srig *rig, unsigned lg2)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	srig_open(rig, &config);
	srig_write64(rig, EVENTQ_BASE, SRIG_EVENTQ | lg2);
	srig_cr0(rig, CR0_EVENTQEN, 0);
	srig_start(rig, 0x200000, 0, CR2_RECINVSID);
}

static bool lose(struct srig *rig, uint32_t sid)
{
	struct ioasim_request request = {.requester_id = sid, .length = 1, .access = R};
	struct ioasim_response r;

	ioasim_translate(rig->unit, &request, &r);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_int_equal(r.fault.code, 0x02);
	assert_int_equal(r.fault.record[0], (uint64_t)sid << 32 | 2);
	return r.fault.recorded;
}

static uint32_t event_at(struct srig *rig, unsigned slot)
{
	return (uint32_t)(srig_peek(rig, SRIG_EVENTQ + slot * 32) >> 32);
}

static void the_queue_wraps(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 2);
	for (uint32_t i = 1; i <= 24; i++) {
		assert_true(lose(&rig, i));
		assert_int_equal(srig_read32(&rig, EVENTQ_PROD), i % 8);
		assert_int_equal(event_at(&rig, (i - 1) % 4), i);
		srig_write32(&rig, EVENTQ_CONS, i % 8);
	}
	assert_int_equal(rig.stores, 24);
	assert_int_equal(rig.store[23].address, SRIG_EVENTQ + 3 * 32);
	assert_int_equal(rig.store[23].length, 32);
	assert_int_equal(rig.store[23].word[0], UINT64_C(24) << 32 | 2);
	srig_close(&rig);
}

/* 6.3.26: one entry; 32 bytes apart from its neighbour. */
static void the_queue_may_have_one_entry(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 0);
	assert_true(lose(&rig, 1));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1);
	assert_false(lose(&rig, 2));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1 | OVERFLOW);
	srig_write32(&rig, EVENTQ_CONS, 1 | OVERFLOW);
	assert_true(lose(&rig, 3));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 0 | OVERFLOW);
	assert_int_equal(event_at(&rig, 0), 3);
	assert_int_equal(event_at(&rig, 1), 0);
	srig_close(&rig);
}

/* 7.4: OVFLG turns once until it is acknowledged; later records go on before that. */
static void overflow_is_told_once_and_does_not_stop_the_queue(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 1);
	assert_true(lose(&rig, 1));
	assert_true(lose(&rig, 2));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 2);
	assert_false(lose(&rig, 3));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 2 | OVERFLOW);
	assert_false(lose(&rig, 4));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 2 | OVERFLOW);
	/* Room, but no acknowledgement. */
	srig_write32(&rig, EVENTQ_CONS, 1);
	assert_true(lose(&rig, 5));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 3 | OVERFLOW);
	assert_int_equal(event_at(&rig, 0), 5);
	assert_false(lose(&rig, 6));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 3 | OVERFLOW);
	/* Acknowledged: the next one turns it back. */
	srig_write32(&rig, EVENTQ_CONS, 1 | OVERFLOW);
	assert_false(lose(&rig, 7));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 3);
	assert_int_equal(ioasim_unit_counters(rig.unit)->faults[2], 7);
	assert_int_equal(ioasim_unit_counters(rig.unit)->faults_recorded, 3);
	srig_close(&rig);
}

/* 7.4: EVENTQEN = 0 loses events without an overflow. */
static void a_disabled_queue_loses_events_silently(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 0);
	assert_true(lose(&rig, 1));
	srig_cr0(&rig, 0, CR0_EVENTQEN);
	assert_false(lose(&rig, 2));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1);
	assert_int_equal(rig.faults, 2);
	srig_cr0(&rig, CR0_EVENTQEN, 0);
	assert_int_equal(event_at(&rig, 0), 1);
	srig_close(&rig);
}

/* 7.2.2: synchronous: PROD stays. Nothing is written until GERRORN says so. */
static void an_abort_on_the_write_stops_the_queue(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 4);
	assert_true(lose(&rig, 1));
	assert_int_equal(
		ioasim_memory_abort(rig.memory, SRIG_EVENTQ + 32 + 31, SRIG_EVENTQ + 32 + 31), 0);
	assert_false(lose(&rig, 2));
	assert_int_equal(srig_read32(&rig, GERROR), 4);
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1);
	assert_int_equal(event_at(&rig, 1), 0);
	ioasim_memory_clear_aborts(rig.memory);
	assert_false(lose(&rig, 3));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1);
	srig_write32(&rig, GERRORN, 4);
	assert_true(lose(&rig, 4));
	assert_int_equal(event_at(&rig, 1), 4);
	assert_int_equal(srig_read32(&rig, GERROR), 4);
	srig_close(&rig);
}

/* An error of the queue does not turn OVFLG: nothing was lost to a lack of room. */
static void an_aborted_queue_does_not_overflow(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 0);
	assert_int_equal(ioasim_memory_abort(rig.memory, SRIG_EVENTQ, SRIG_EVENTQ), 0);
	assert_false(lose(&rig, 1));
	assert_false(lose(&rig, 2));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 0);
	srig_close(&rig);
}

/* Indices that contradict each other leave no room, and are not repaired. */
static void contradicting_indices_count_as_full(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 2);
	assert_true(lose(&rig, 1));
	srig_write32(&rig, EVENTQ_CONS, 3);
	assert_false(lose(&rig, 2));
	assert_int_equal(srig_read32(&rig, EVENTQ_PROD), 1 | OVERFLOW);
	srig_write32(&rig, EVENTQ_CONS, 1 | OVERFLOW);
	assert_true(lose(&rig, 3));
	srig_close(&rig);
}

/* 6.3.29: the base is aligned to the size of the queue. */
static void the_base_is_aligned_to_the_size(void **state)
{
	struct srig rig;

	(void)state;
	open_queue(&rig, 7);
	srig_cr0(&rig, 0, CR0_EVENTQEN);
	srig_write64(&rig, EVENTQ_BASE, (SRIG_EVENTQ + 0xfe0) | 7);
	srig_cr0(&rig, CR0_EVENTQEN, 0);
	assert_true(lose(&rig, 9));
	assert_int_equal(event_at(&rig, 0), 9);
	srig_close(&rig);
}

/* Names of events, as the specification has them. */
static void events_have_their_names(void **state)
{
	static const struct {
		uint32_t code;
		const char *name;
	} names[] = {
		{0x01, "F_UUT"},
		{0x02, "C_BAD_STREAMID"},
		{0x03, "F_STE_FETCH"},
		{0x04, "C_BAD_STE"},
		{0x05, "F_BAD_ATS_TREQ"},
		{0x06, "F_STREAM_DISABLED"},
		{0x07, "F_TRANSL_FORBIDDEN"},
		{0x08, "C_BAD_SUBSTREAMID"},
		{0x09, "F_CD_FETCH"},
		{0x0a, "C_BAD_CD"},
		{0x0b, "F_WALK_EABT"},
		{0x10, "F_TRANSLATION"},
		{0x11, "F_ADDR_SIZE"},
		{0x12, "F_ACCESS"},
		{0x13, "F_PERMISSION"},
		{0x20, "F_TLB_CONFLICT"},
		{0x21, "F_CFG_CONFLICT"},
		{0x24, "E_PAGE_REQUEST"},
		{0x25, "F_VMS_FETCH"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(ioasim_fault_name("smmuv3", names[i].code), names[i].name);
	assert_null(ioasim_fault_name("smmuv3", 0));
	assert_null(ioasim_fault_name("smmuv3", 0x14));
	assert_null(ioasim_fault_name("smmuv3", 0x26));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_has_the_bits_of_its_section),
		cmocka_unit_test(c_bad_streamid_has_all_bits_of_both_ids),
		cmocka_unit_test(records_tell_privilege_and_instruction),
		cmocka_unit_test(records_hold_the_whole_input_address),
		cmocka_unit_test(some_records_do_not_tell_of_the_pasid),
		cmocka_unit_test(ttrnw_is_0_for_the_write_of_a_descriptor),
		cmocka_unit_test(r_and_a_decide_about_record_and_end),
		cmocka_unit_test(s2r_decides_about_stage_2),
		cmocka_unit_test(what_ends_silently_has_no_code),
		cmocka_unit_test(the_queue_wraps),
		cmocka_unit_test(the_queue_may_have_one_entry),
		cmocka_unit_test(overflow_is_told_once_and_does_not_stop_the_queue),
		cmocka_unit_test(a_disabled_queue_loses_events_silently),
		cmocka_unit_test(an_abort_on_the_write_stops_the_queue),
		cmocka_unit_test(an_aborted_queue_does_not_overflow),
		cmocka_unit_test(contradicting_indices_count_as_full),
		cmocka_unit_test(the_base_is_aligned_to_the_size),
		cmocka_unit_test(events_have_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
