/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a StreamID to its STE: linear and two-level stream tables (3.3.2, 5.1), each rule
 * of SteIllegal() (5.2.2) in both directions, Config (5.2), SMMUEN and GBPA (3.11).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define C_BAD_STREAMID 0x02
#define F_STE_FETCH    0x03
#define C_BAD_STE      0x04
#define F_ADDR_SIZE    0x11

/* ---- Where the STE is found ------------------------------------------------------------------ */

#define FMT_2LVL (1u << 16)
#define SPLIT(n) ((n) << 6)

static struct ioasim_response ask_sid(struct stab *t, uint32_t sid)
{
	struct ioasim_request request = stab_request(0x1000, IOASIM_READ);

	request.requester_id = sid;
	return stab_ask(t, &request);
}

static void put_bypass(struct stab *t, uint64_t ste)
{
	srig_poke(&t->rig, ste, STE_BYPASS);
}

static void expect_event(struct stab *t, uint32_t sid, uint32_t event)
{
	struct ioasim_response r = ask_sid(t, sid);

	if (r.fault.code != event || r.outcome != (event ? IOASIM_FAULT : IOASIM_OK))
		fail_msg("StreamID %#x: outcome %u, event %#x instead of %#x", sid, r.outcome,
			 r.fault.code, event);
}

static void finds_the_ste_of_a_linear_table(void **state)
{
	uint64_t table;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	table = stab_take(&t, 64 * 16);
	put_bypass(&t, table + 64 * 0);
	put_bypass(&t, table + 64 * 9);
	put_bypass(&t, table + 64 * 15);
	/* 6.3.24: bits below the size of the table do not count. */
	srig_start(&t.rig, table | 0x3c0, 4, CR2_RECINVSID);
	expect_event(&t, 0, 0);
	expect_event(&t, 9, 0);
	expect_event(&t, 15, 0);
	expect_event(&t, 8, C_BAD_STE);
	expect_event(&t, 16, C_BAD_STREAMID);
	expect_event(&t, UINT32_MAX, C_BAD_STREAMID);
	stab_close(&t);
}

/* 6.3.25: LOG2SIZE counts up to SIDSIZE. */
static void cuts_the_size_of_the_table_to_sidsize(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, false);
	put_bypass(&t, 64 * 0xffff);
	srig_start(&t.rig, 0, 40, CR2_RECINVSID);
	expect_event(&t, 0xffff, 0);
	expect_event(&t, 0x10000, C_BAD_STREAMID);
	stab_close(&t);
}

/* 5.1: Span says how many STEs there are, from 0 up; L2Ptr is aligned to that. */
static void follows_level_1_descriptors(void **state)
{
	static const struct {
		unsigned split, span, stes; /* stes 0: none at all */
	} cases[] = {
		{6, 1, 1},
		{6, 2, 2},
		{6, 7, 64},
		{6, 8, 0},
		{8, 9, 256},
		{8, 10, 0},
		{8, 0, 0},
		{8, 12, 0},
		{10, 11, 1024},
		{10, 31, 0},
		{10, 5, 16},
		/* Reserved splits are 6. */
		{7, 7, 64},
		{7, 8, 0},
		{0, 7, 64},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned split = cases[i].split == 8 || cases[i].split == 10 ? cases[i].split : 6;
		uint64_t level1, level2;
		uint32_t sid = 3u << split;
		struct stab t;

		stab_open(&t, false);
		level1 = stab_take(&t, 8u << (16 - split));
		level2 = stab_take(&t, 64 * 1024);
		for (unsigned n = 0; n < 1024; n++)
			put_bypass(&t, level2 + n * 64u);
		srig_poke(&t.rig, level1 + 3 * 8,
			  level2 | cases[i].span | (cases[i].stes > 1 ? 64 : 0));
		srig_start(&t.rig, level1, FMT_2LVL | SPLIT(cases[i].split) | 16, CR2_RECINVSID);
		expect_event(&t, sid, cases[i].stes ? 0 : C_BAD_STREAMID);
		if (cases[i].stes)
			expect_event(&t, sid + cases[i].stes - 1, 0);
		if (cases[i].stes < 1u << split)
			expect_event(&t, sid + cases[i].stes, C_BAD_STREAMID);
		expect_event(&t, sid - 1, C_BAD_STREAMID);
		stab_close(&t);
	}
}

/* 3.3.2: with LOG2SIZE up to the split one descriptor serves all. */
static void has_one_descriptor_for_a_small_table(void **state)
{
	uint64_t level1, level2;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	level1 = stab_take(&t, 64);
	level2 = stab_take(&t, 64 * 64);
	put_bypass(&t, level2 + 31 * 64);
	put_bypass(&t, level2 + 32 * 64);
	srig_poke(&t.rig, level1, level2 | 7);
	srig_start(&t.rig, level1, FMT_2LVL | SPLIT(6u) | 5, CR2_RECINVSID);
	expect_event(&t, 31, 0);
	expect_event(&t, 32, C_BAD_STREAMID);
	stab_close(&t);
}

/* 7.3.4: StreamID, and the address in the fourth word. */
static void records_the_address_of_a_failed_fetch(void **state)
{
	uint64_t level1, level2, record[4];
	struct stab t;

	(void)state;
	stab_open(&t, false);
	level1 = stab_take(&t, 4096);
	level2 = stab_take(&t, 64 * 64);
	srig_poke(&t.rig, level1, level2 | 7);
	srig_start(&t.rig, level1, FMT_2LVL | SPLIT(6u) | 12, CR2_RECINVSID);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, level1 + 8, level1 + 15), 0);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, level2 + 5 * 64, level2 + 5 * 64 + 63),
			 0);
	expect_event(&t, 0x45, F_STE_FETCH);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], F_STE_FETCH | UINT64_C(0x45) << 32);
	assert_int_equal(record[3], level1 + 8);
	expect_event(&t, 5, F_STE_FETCH);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[3], level2 + 5 * 64);
	/* 3.4.3: nothing is fetched above the output size. */
	srig_poke(&t.rig, level1 + 16, BIT(49) | 7);
	expect_event(&t, 0x80, F_STE_FETCH);
	stab_close(&t);
}

/* 6.3.12 RECINVSID: the abort is the same, the record is not there. */
static void records_bad_streamids_only_if_told(void **state)
{
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, false);
	srig_start(&t.rig, t.strtab, 4, 0);
	assert_int_equal(ask_sid(&t, 16).outcome, IOASIM_FAULT);
	assert_false(srig_event(&t.rig, record));
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	srig_start(&t.rig, t.strtab, 4, CR2_RECINVSID);
	assert_int_equal(ask_sid(&t, 16).outcome, IOASIM_FAULT);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], C_BAD_STREAMID | UINT64_C(16) << 32);
	assert_int_equal(record[1] | record[2] | record[3], 0);
	stab_close(&t);
}

/* ---- SteIllegal() ---------------------------------------------------------------------------- */

/* Changes of a legal STE and of the unit's registers; the second row of a pair is the
 * nearest legal one. */
static const struct ste_case {
	const char *rule;
	enum stab_config config;
	unsigned word;
	uint64_t clear, set;
	uint32_t idr0_clear, idr0_set, idr1_clear, idr3_set, idr5;
	bool illegal;
} stes[] = {
	{"V", STAB_S1, 0, BIT(0), 0, 0, 0, 0, 0, 0, true},
	{"Config 0xx is never illegal", STAB_S1, 0, BIT(3), 0, 0, 0, 0, 0, 0, false},
	{"stage 1 without S1P", STAB_S1, 0, 0, 0, 0x202, 0, 0, 0, 0, true},
	{"stage 2 without S2P", STAB_S2, 0, 0, 0, 0x201, 0, 0, 0, 0, true},
	{"EATS 2 without stage 2", STAB_S1, 1, 0, STE_EATS(2), 0, 0, 0, 0, 0, true},
	{"EATS 2", STAB_NESTED, 1, 0, STE_EATS(2), 0, 0, 0, 0, 0, false},
	{"EATS 2 with NS1ATS", STAB_NESTED, 1, 0, STE_EATS(2), 0, 0x800, 0, 0, 0, true},
	{"EATS 2 without ATS", STAB_S1, 1, 0, STE_EATS(2), 0x810400, 0, 0, 0, 0, false},
	{"EATS 1", STAB_NESTED, 1, 0, STE_EATS(1), 0, 0, 0, 0, 0, false},
	{"EATS 3", STAB_S1, 1, 0, STE_EATS(3), 0, 0, 0, 0, 0, false},
	{"STRW 1", STAB_S1, 1, 0, STE_STRW(1), 0, 0, 0, 0, 0, true},
	{"STRW 3", STAB_S1, 1, 0, STE_STRW(3), 0, 0, 0, 0, 0, true},
	{"STRW 1 without HYP", STAB_S1, 1, 0, STE_STRW(1), 0x200, 0, 0, 0, 0, false},
	{"STRW 1 with stage 2", STAB_NESTED, 1, 0, STE_STRW(1), 0, 0, 0, 0, 0, false},
	{"S1STALLD", STAB_S1, 1, 0, STE_S1STALLD, 0, 0, 0, 0, 0, false},
	{"S1STALLD, terminate only", STAB_S1, 1, 0, STE_S1STALLD, 0, 0x1000000, 0, 0, 0, true},
	{"S1STALLD without stage 1", STAB_S2, 1, 0, STE_S1STALLD, 0, 0x1000000, 0, 0, 0, false},
	{"S1CDMax of SSIDSIZE", STAB_S1, 0, 0, STE_S1CDMAX(16), 0, 0, 0, 0, 0, false},
	{"S1CDMax above SSIDSIZE", STAB_S1, 0, 0, STE_S1CDMAX(17), 0, 0, 0, 0, 0, true},
	{"S1CDMax without SSIDs", STAB_S1, 0, 0, STE_S1CDMAX(17), 0, 0, 0x7c0, 0, 0, false},
	{"S1Fmt 1 without CD2L", STAB_S1, 0, 0, STE_S1CDMAX(1) | STE_S1FMT(1), 0x80000, 0, 0, 0, 0,
	 true},
	{"S1Fmt 2 without CD2L", STAB_S1, 0, 0, STE_S1CDMAX(1) | STE_S1FMT(2), 0x80000, 0, 0, 0, 0,
	 true},
	{"S1Fmt 3 without CD2L", STAB_S1, 0, 0, STE_S1CDMAX(1) | STE_S1FMT(3), 0x80000, 0, 0, 0, 0,
	 false},
	{"S1Fmt of one CD", STAB_S1, 0, 0, STE_S1FMT(1), 0x80000, 0, 0, 0, 0, false},
	{"S1ContextPtr above OAS", STAB_S1, 0, 0, BIT(48), 0, 0, 0, 0, 0, true},
	{"S1ContextPtr above IAS", STAB_NESTED, 0, 0, BIT(51), 0, 0, 0, 0, 0, true},
	{"S2S", STAB_S2, 2, 0, STE_S2S, 0, 0, 0, 0, 0, false},
	{"S2S, terminate only", STAB_S2, 2, 0, STE_S2S, 0, 0x1000000, 0, 0, 0, true},
	{"no S2S, stall only", STAB_S2, 2, 0, 0, 0, 0x2000000, 0, 0, 0, true},
	{"S2S, stall only", STAB_S2, 2, 0, STE_S2S, 0, 0x2000000, 0, 0, 0, false},
	{"S2S without stage 2", STAB_S1, 2, 0, STE_S2S, 0, 0x1000000, 0, 0, 0, false},
	{"S2AA64", STAB_S2, 2, STE_S2AA64, 0, 0, 0, 0, 0, 0, true},
	{"S2HA without HTTU", STAB_S2, 2, 0, STE_S2HA, 0xc0, 0, 0, 0, 0, true},
	{"S2HD with HTTU 1", STAB_S2, 2, 0, STE_S2HA | STE_S2HD, 0xc0, 0x40, 0, 0, 0, true},
	{"S2HA with HTTU 1", STAB_S2, 2, 0, STE_S2HA, 0xc0, 0x40, 0, 0, 0, false},
	{"S2HAFT without S2HA", STAB_S2, 2, 0, BIT(59), 0, 0xc0, 0, 0, 0, true},
	{"S2HAFT with HTTU 2", STAB_S2, 2, 0, BIT(59), 0, 0, 0, 0, 0, false},
	{"S2TG 3", STAB_S2, 2, 0, STE_S2TG(3), 0, 0, 0, 0, 0, true},
	{"S2TG that IDR5 lacks", STAB_S2, 2, 0, 0, 0, 0, 0, 0, 0x65, true},
	{"S2TTB above S2PS", STAB_S2, 3, 0, BIT(40), 0, 0, 0, 0, 0, false},
	{"S2TTB above the output", STAB_S2, 3, 0, BIT(48), 0, 0, 0, 0, 0, true},
	{"S2TTB, S2PS above OAS", STAB_S2, 3, 0, BIT(45), 0, 0, 0, 0, 0x74, true},
	{"S2T0SZ 15", STAB_S2, 2, STE_S2T0SZ(63), STE_S2T0SZ(15), 0, 0, 0, 0, 0, true},
	{"S2T0SZ below 64 - IAS", STAB_S2, 2, 0, 0, 0, 0, 0, 0, 0x74, true},
	{"S2T0SZ of 64 - IAS", STAB_S2, 2, STE_S2T0SZ(63), STE_S2T0SZ(20), 0, 0, 0, 0, 0x74, false},
	{"S2T0SZ 39, level 2", STAB_S2, 2, STE_S2T0SZ(63) | STE_S2SL0(3), STE_S2T0SZ(39), 0, 0, 0,
	 0, 0, false},
	{"S2T0SZ 40", STAB_S2, 2, STE_S2T0SZ(63) | STE_S2SL0(3), STE_S2T0SZ(40), 0, 0, 0, 0, 0,
	 true},
	{"S2T0SZ 40 with STT", STAB_S2, 2, STE_S2T0SZ(63) | STE_S2SL0(3), STE_S2T0SZ(40), 0, 0, 0,
	 0x200, 0, false},
	{"S2SL0 3", STAB_S2, 2, STE_S2T0SZ(63), STE_S2T0SZ(45) | STE_S2SL0(3), 0, 0, 0, 0, 0, true},
	{"S2SL0 3 with STT", STAB_S2, 2, STE_S2T0SZ(63), STE_S2T0SZ(45) | STE_S2SL0(3), 0, 0, 0,
	 0x200, 0, false},
	{"level 0 for 39 bits", STAB_S2, 2, STE_S2T0SZ(63), STE_S2T0SZ(25), 0, 0, 0, 0, 0, true},
	{"level 0 for 40 bits", STAB_S2, 2, STE_S2T0SZ(63), STE_S2T0SZ(24), 0, 0, 0, 0, 0, false},
	{"level 1 for 43 bits", STAB_S2, 2, STE_S2T0SZ(63) | STE_S2SL0(3),
	 STE_S2T0SZ(21) | STE_S2SL0(1), 0, 0, 0, 0, 0, false},
	{"level 1 for 44 bits", STAB_S2, 2, STE_S2T0SZ(63) | STE_S2SL0(3),
	 STE_S2T0SZ(20) | STE_S2SL0(1), 0, 0, 0, 0, 0, true},
	{"S2ENDI", STAB_S2, 2, 0, STE_S2ENDI, 0, 0, 0, 0, 0, true},
	{"S2VMID above 8 bits", STAB_S2, 2, 0, 0x100, 0x40000, 0, 0, 0, 0, true},
	{"S2VMID of stage 1 alone", STAB_S1, 2, 0, 0x100, 0x40000, 0, 0, 0, 0, true},
	{"S2VMID without stage 2 in the unit", STAB_S1, 2, 0, 0x100, 0x40201, 0, 0, 0, 0, false},
};

/* 0: legal; nothing is said of what comes after. */
static uint32_t judge(const struct ste_case *c)
{
	struct ioasim_unit_config config;
	struct ioasim_response r;
	struct stab t;

	srig_config(&config);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_config_set(&config, "idr0",
						(SRIG_IDR0 & ~c->idr0_clear) | c->idr0_set),
			 0);
	assert_int_equal(ioasim_unit_config_set(&config, "idr1", SRIG_IDR1 & ~c->idr1_clear), 0);
	assert_int_equal(ioasim_unit_config_set(&config, "idr3", SRIG_IDR3 | c->idr3_set), 0);
	if (c->idr5)
		assert_int_equal(ioasim_unit_config_set(&config, "idr5", c->idr5), 0);
	stab_open_with(&t, &config);
	stab_build(&t, c->config);
	stab_change(&t, STE_0 + c->word, c->clear, c->set);
	stab_start(&t);
	r = stab_read(&t, STAB_IOVA);
	stab_close(&t);
	return r.fault.code == C_BAD_STE ? C_BAD_STE : 0;
}

static void refuses_each_illegal_ste_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stes); i++)
		if (judge(&stes[i]) != (stes[i].illegal ? C_BAD_STE : 0))
			fail_msg("%s: %slegal", stes[i].rule, stes[i].illegal ? "" : "il");
}

/* ---- Config, SMMUEN ---------------------------------------------------------------------------- */

static void aborts_without_event_or_passes_as_config_says(void **state)
{
	uint64_t record[4];
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_start(&t);
	for (unsigned config = 0; config < 4; config++) {
		srig_poke(&t.rig, t.strtab + STAB_SID * 64, STE_CONFIG(config));
		r = stab_read(&t, 0x1000);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		assert_int_equal(r.fault.code, 0);
		assert_false(srig_event(&t.rig, record));
	}
	srig_poke(&t.rig, t.strtab + STAB_SID * 64, STE_BYPASS);
	r = stab_read(&t, BITS(47, 0));
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, BITS(47, 0));
	assert_int_equal(r.size_lg2, 64);
	/* 3.4: an input above the output size is an Address Size fault of stage 1. */
	r = stab_read(&t, BIT(48));
	assert_int_equal(r.fault.code, F_ADDR_SIZE);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[1], BIT(35) | UINT64_C(2) << 40);
	stab_close(&t);
}

static void passes_or_aborts_by_gbpa_while_disabled(void **state)
{
	struct ioasim_response r;
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, false);
	srig_write32(&t.rig, 0x44, 0x80001000);
	r = stab_read(&t, 0x123456);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, 0x123456);
	assert_int_equal(stab_read(&t, BIT(48)).outcome, IOASIM_FAULT);
	srig_write32(&t.rig, 0x44, 0x80101000);
	assert_int_equal(stab_read(&t, 0x123456).outcome, IOASIM_FAULT);
	assert_false(srig_event(&t.rig, record));
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_ste_of_a_linear_table),
		cmocka_unit_test(cuts_the_size_of_the_table_to_sidsize),
		cmocka_unit_test(follows_level_1_descriptors),
		cmocka_unit_test(has_one_descriptor_for_a_small_table),
		cmocka_unit_test(records_the_address_of_a_failed_fetch),
		cmocka_unit_test(records_bad_streamids_only_if_told),
		cmocka_unit_test(refuses_each_illegal_ste_and_no_other),
		cmocka_unit_test(aborts_without_event_or_passes_as_config_says),
		cmocka_unit_test(passes_or_aborts_by_gbpa_while_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
