/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a SubstreamID to its CD: linear and two-level CD tables (5.3), the rules of SSV
 * and S1DSS (5.2), CDs at IPAs, each rule of CdIllegal() (5.4.2) in both directions,
 * StreamWorlds.
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define F_STREAM_DISABLED 0x06
#define C_BAD_SUBSTREAMID 0x08
#define F_CD_FETCH        0x09
#define C_BAD_CD          0x0a
#define F_TRANSLATION     0x10
#define F_ADDR_SIZE       0x11

#define NO_SSID UINT32_MAX

static struct ioasim_response ask_ssid(struct stab *t, uint32_t ssid, uint64_t address)
{
	struct ioasim_request request = ssid == NO_SSID
						? stab_request(address, IOASIM_READ)
						: stab_request_pasid(address, IOASIM_READ, ssid);

	return stab_ask(t, &request);
}

/* A CD whose tables map STAB_IOVA to a frame that tells which CD it was. */
static uint64_t frame_of(uint32_t ssid)
{
	return UINT64_C(0x700000000000) + ssid * UINT64_C(0x1000);
}

static void put_cd(struct stab *t, uint64_t at, uint32_t ssid)
{
	struct stab_tree tree;
	uint64_t cd[4] = {CD_PLAIN | CD_ASID(ssid + 1)};

	stab_tree(t, &tree, 12, 48);
	cd[1] = tree.root;
	stab_cd(t, at, cd);
	stab_map(t, &tree, STAB_IOVA, 0, frame_of(ssid) | S1_ALL);
}

static void expect_cd(struct stab *t, uint32_t ssid, uint32_t cd)
{
	struct ioasim_response r = ask_ssid(t, ssid, STAB_IOVA);

	if (r.outcome != IOASIM_OK || r.pa != frame_of(cd))
		fail_msg("SubstreamID %#x: outcome %u, event %#x, pa %#" PRIx64, ssid, r.outcome,
			 r.fault.code, r.pa);
}

static void expect_event(struct stab *t, uint32_t ssid, uint32_t event)
{
	struct ioasim_response r = ask_ssid(t, ssid, STAB_IOVA);

	if (r.outcome != IOASIM_FAULT || r.fault.code != event)
		fail_msg("SubstreamID %#x: outcome %u, event %#x instead of %#x", ssid, r.outcome,
			 r.fault.code, event);
}

static void put_ste(struct stab *t, uint64_t word0, uint64_t word1)
{
	const uint64_t words[4] = {STE_S1 | word0, word1, STAB_VMID, 0};

	stab_ste(t, STAB_SID, words);
}

/* ---- Where the CD is found --------------------------------------------------------------------- */

static void finds_cds_of_a_linear_table(void **state)
{
	uint64_t table;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	table = stab_take(&t, 64 * 32);
	put_cd(&t, table + 64 * 1, 1);
	put_cd(&t, table + 64 * 31, 31);
	put_ste(&t, table | STE_S1CDMAX(5), STE_S1DSS(1));
	stab_start(&t);
	expect_cd(&t, 1, 1);
	expect_cd(&t, 31, 31);
	expect_event(&t, 2, C_BAD_CD);
	expect_event(&t, 32, C_BAD_SUBSTREAMID);
	stab_close(&t);
}

static void finds_cds_of_both_two_level_formats(void **state)
{
	(void)state;
	for (unsigned format = 1; format <= 2; format++) {
		unsigned lg2 = format == 1 ? 6 : 10;
		uint32_t last = (5u << lg2) + (1u << lg2) - 1;
		uint64_t level1, leaf;
		struct stab t;

		stab_open(&t, false);
		level1 = stab_take(&t, 8u << (13 - lg2));
		leaf = stab_take(&t, 64u << lg2);
		put_cd(&t, leaf, 5u << lg2);
		put_cd(&t, leaf + 64 * ((1u << lg2) - 1u), last);
		srig_poke(&t.rig, level1 + 8 * 5, leaf | 1);
		srig_poke(&t.rig, level1 + 8 * 6, leaf);
		srig_poke(&t.rig, level1 + 8 * 7, BIT(48) | 1);
		put_ste(&t, level1 | STE_S1CDMAX(13) | STE_S1FMT(format), STE_S1DSS(1));
		stab_start(&t);
		expect_cd(&t, 5u << lg2, 5u << lg2);
		expect_cd(&t, last, last);
		/* 5.3: V = 0, and a pointer above the output size. */
		expect_event(&t, 6u << lg2, C_BAD_SUBSTREAMID);
		expect_event(&t, 7u << lg2, C_BAD_SUBSTREAMID);
		stab_close(&t);
	}
}

/* 7.3.9: SubstreamID without SSV; 7.3.10: the address of what could not be read. */
static void records_what_is_wrong_on_the_way(void **state)
{
	uint64_t level1, leaf, record[4];
	struct stab t;

	(void)state;
	stab_open(&t, false);
	level1 = stab_take(&t, 4096);
	leaf = stab_take(&t, 4096);
	srig_poke(&t.rig, level1, leaf | 1);
	put_ste(&t, level1 | STE_S1CDMAX(8) | STE_S1FMT(1), 0);
	stab_start(&t);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, level1 + 8, level1 + 15), 0);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, leaf + 64 * 3, leaf + 64 * 3 + 63), 0);
	expect_event(&t, 0x80, C_BAD_SUBSTREAMID);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0],
			 C_BAD_SUBSTREAMID | UINT64_C(0x80) << 12 | (uint64_t)STAB_SID << 32);
	expect_event(&t, 0x47, F_CD_FETCH);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0],
			 F_CD_FETCH | BIT(11) | UINT64_C(0x47) << 12 | (uint64_t)STAB_SID << 32);
	assert_int_equal(record[3], level1 + 8);
	expect_event(&t, 3, F_CD_FETCH);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[3], leaf + 64 * 3);
	stab_close(&t);
}

/* ---- Which CD (3.3.3, 5.2) ------------------------------------------------------------------------ */

#define IDENTITY UINT32_MAX

static const struct choice {
	unsigned config, s1cdmax, s1dss;
	uint32_t ssid;
	uint32_t event; /* 0: the CD, or none */
	uint32_t cd;
} choices[] = {
	{5, 0, 0, NO_SSID, 0, 0},
	{5, 0, 0, 0, C_BAD_SUBSTREAMID, 0},
	{5, 0, 2, 1, C_BAD_SUBSTREAMID, 0},
	{5, 2, 0, NO_SSID, F_STREAM_DISABLED, 0},
	{5, 2, 1, NO_SSID, 0, IDENTITY},
	{5, 2, 2, NO_SSID, 0, 0},
	{5, 2, 3, NO_SSID, F_STREAM_DISABLED, 0},
	{5, 2, 0, 0, 0, 0},
	{5, 2, 1, 0, 0, 0},
	{5, 2, 2, 0, F_STREAM_DISABLED, 0},
	{5, 2, 3, 0, 0, 0},
	{5, 2, 2, 3, 0, 3},
	{5, 2, 2, 4, C_BAD_SUBSTREAMID, 0},
	{4, 0, 0, 1, C_BAD_SUBSTREAMID, 0},
	{6, 0, 0, 0, C_BAD_SUBSTREAMID, 0},
};

static void chooses_the_cd_by_ssv_and_s1dss(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		const struct choice *c = &choices[i];
		uint64_t words[4] = {STE_CONFIG(c->config) | STE_S1CDMAX(c->s1cdmax),
				     STE_S1DSS(c->s1dss), 0, 0};
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		t.cd = stab_take(&t, 64 * 4);
		put_cd(&t, t.cd, 0);
		put_cd(&t, t.cd + 64 * 3, 3);
		stab_tree(&t, &t.s2, 12, 48);
		words[0] |= t.cd;
		words[2] = stab_s2_word();
		words[3] = t.s2.root;
		stab_ste(&t, STAB_SID, words);
		stab_start(&t);
		r = ask_ssid(&t, c->ssid, STAB_IOVA);
		if (r.fault.code != c->event ||
		    (!c->event && r.pa != (c->cd == IDENTITY ? STAB_IOVA : frame_of(c->cd))))
			fail_msg("row %zu: outcome %u, event %#x, pa %#" PRIx64, i, r.outcome,
				 r.fault.code, r.pa);
		stab_close(&t);
	}
}

/* 5.2 S1DSS: no CD is read, and stage 2 translates what comes. */
static void bypasses_stage_1_alone(void **state)
{
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_NESTED);
	stab_change(&t, STE_0, 0, STE_S1CDMAX(2));
	stab_change(&t, STE_1, 0, STE_S1DSS(1));
	stab_change(&t, S2_PAGE_OF_CD, BIT(0), 0);
	stab_start(&t);
	r = ask_ssid(&t, NO_SSID, STAB_IPA + 5);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, STAB_FRAME + 5);
	assert_int_equal(stab_refs(&r.cost, IOASIM_REF_PASID_TABLE), 0);
	/* 3.4: above the IAS an Address Size fault of stage 1, below it the range of stage 2. */
	r = ask_ssid(&t, NO_SSID, BIT(48));
	assert_int_equal(r.fault.code, F_ADDR_SIZE);
	assert_int_equal(r.fault.record[1] & BIT(39), 0);
	stab_close(&t);
}

/* ---- CdIllegal() ------------------------------------------------------------------------------------ */

static const struct cd_case {
	const char *rule;
	unsigned word; /* of the CD; 8 and more: STE word 1 */
	uint64_t clear, set;
	uint32_t idr0_clear, idr0_set, idr3_set, idr5;
	bool illegal;
} cds[] = {
	{"V", 0, CD_V, 0, 0, 0, 0, 0, true},
	{"S with S1STALLD", 8, 0, STE_S1STALLD, 0, 0, 0, 0, false},
	{"S", 0, 0, CD_S, 0, 0, 0, 0, false},
	{"S, terminate only", 0, 0, CD_S, 0, 0x1000000, 0, 0, true},
	{"no S, stall only", 0, 0, 0, 0, 0x2000000, 0, 0, true},
	{"S, stall only", 0, 0, CD_S, 0, 0x2000000, 0, 0, false},
	{"no A", 0, CD_A, 0, 0, 0, 0, 0, false},
	{"no A with TERM_MODEL", 0, CD_A, 0, 0, 0x4000000, 0, 0, true},
	{"ENDI", 0, 0, CD_ENDI, 0, 0, 0, 0, true},
	{"ENDI without tables", 0, 0, CD_ENDI | CD_EPD0, 0, 0, 0, 0, false},
	{"AA64", 0, CD_AA64, 0, 0, 0, 0, 0, true},
	{"HA without HTTU", 0, 0, CD_HA, 0xc0, 0, 0, 0, true},
	{"HD without HTTU", 0, 0, CD_HD, 0xc0, 0, 0, 0, true},
	{"HD with HTTU 1", 0, 0, CD_HA | CD_HD, 0xc0, 0x40, 0, 0, true},
	{"HA with HTTU 1", 0, 0, CD_HA, 0xc0, 0x40, 0, 0, false},
	{"HD with HTTU 2", 0, 0, CD_HD, 0, 0, 0, 0, false},
	{"HAFT without HA", 1, 0, BIT(3), 0, 0xc0, 0, 0, true},
	{"HAFT with HTTU 2", 1, 0, BIT(3), 0, 0, 0, 0, false},
	{"ASID above 8 bits", 0, 0, 0, 0x1000, 0, 0, 0, true},
	{"ASID of EL2", 8, 0, STE_STRW(2), 0x1000, 0, 0, 0, false},
	{"T0SZ 15", 0, CD_T0SZ(63), CD_T0SZ(15), 0, 0, 0, 0, true},
	{"T0SZ 39", 0, CD_T0SZ(63), CD_T0SZ(39), 0, 0, 0, 0, false},
	{"T0SZ 40", 0, CD_T0SZ(63), CD_T0SZ(40), 0, 0, 0, 0, true},
	{"T0SZ 48 with STT", 0, CD_T0SZ(63), CD_T0SZ(48), 0, 0, 0x200, 0, false},
	{"T0SZ 49 with STT", 0, CD_T0SZ(63), CD_T0SZ(49), 0, 0, 0x200, 0, true},
	{"T0SZ 48, 64KB, STT", 0, CD_T0SZ(63), CD_T0SZ(48) | CD_TG0(1), 0, 0, 0x200, 0, true},
	{"T0SZ 12, 64KB", 0, CD_T0SZ(63), CD_T0SZ(12) | CD_TG0(1), 0, 0, 0, 0, true},
	{"T0SZ 12, 64KB, VAX", 0, CD_T0SZ(63), CD_T0SZ(12) | CD_TG0(1), 0, 0, 0, 0x475, false},
	{"T0SZ 11, 64KB, VAX", 0, CD_T0SZ(63), CD_T0SZ(11) | CD_TG0(1), 0, 0, 0, 0x475, true},
	{"T0SZ 15, 4KB, VAX", 0, CD_T0SZ(63), CD_T0SZ(15), 0, 0, 0, 0x475, true},
	{"T0SZ 0, EPD0", 0, CD_T0SZ(63), CD_EPD0, 0, 0, 0, 0, false},
	{"T1SZ 0, EPD1", 0, 0, 0, 0, 0, 0, 0, false},
	{"T1SZ 0", 0, CD_EPD1, CD_TG1(2), 0, 0, 0, 0, true},
	{"TTB1", 0, CD_EPD1, CD_TG1(2) | CD_T1SZ(16), 0, 0, 0, 0, false},
	{"TG0 3", 0, 0, CD_TG0(3), 0, 0, 0, 0, true},
	{"TG1 0", 0, CD_EPD1, CD_T1SZ(16), 0, 0, 0, 0, true},
	{"TG0 that IDR5 lacks", 0, 0, CD_TG0(2), 0, 0, 0, 0x55, true},
	{"TG1 that IDR5 lacks", 0, CD_EPD1, CD_TG1(3) | CD_T1SZ(16), 0, 0, 0, 0x35, true},
	{"TTB0 above IPS", 1, 0, BIT(40), 0, 0, 0, 0, false},
	{"TTB0 above the output", 1, 0, BIT(48), 0, 0, 0, 0, true},
	{"TTB0, IPS above OAS", 1, 0, BIT(45), 0, 0, 0, 0x74, true},
	{"TTB1 above IPS, EPD1", 2, 0, BIT(50), 0, 0, 0, 0, false},
	{"TTB1 of EL2", 8, 0, STE_STRW(2), 0, 0, 0, 0, false},
};

static uint32_t judge(const struct cd_case *c)
{
	struct ioasim_unit_config config;
	struct ioasim_response r;
	struct stab t;

	srig_config(&config);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_config_set(&config, "idr0",
						(SRIG_IDR0 & ~c->idr0_clear) | c->idr0_set),
			 0);
	assert_int_equal(ioasim_unit_config_set(&config, "idr3", SRIG_IDR3 | c->idr3_set), 0);
	if (c->idr5)
		assert_int_equal(ioasim_unit_config_set(&config, "idr5", c->idr5), 0);
	stab_open_with(&t, &config);
	stab_build(&t, STAB_S1);
	if (c->word < 8)
		stab_change(&t, CD_0 + c->word, c->clear, c->set);
	else
		stab_change(&t, STE_1, c->clear, c->set);
	stab_start(&t);
	r = stab_read(&t, STAB_IOVA);
	stab_close(&t);
	return r.fault.code == C_BAD_CD ? C_BAD_CD : 0;
}

static void refuses_each_illegal_cd_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cds); i++)
		if (judge(&cds[i]) != (cds[i].illegal ? C_BAD_CD : 0))
			fail_msg("%s: %slegal", cds[i].rule, cds[i].illegal ? "" : "il");
}

/* 5.4.2: S = 1 where the STE forbids stalls. */
static void refuses_to_stall_with_s1stalld(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, STE_1, 0, STE_S1STALLD);
	stab_change(&t, CD_0, 0, CD_S);
	stab_start(&t);
	expect_event(&t, NO_SSID, C_BAD_CD);
	stab_close(&t);
}

/* ---- StreamWorlds (5.2 STRW, 5.4.1) ------------------------------------------------------------------ */

/* EL2 has TTB0 alone, whatever EPD says; EL2-E2H both. */
static void has_one_table_in_el2_and_two_with_e2h(void **state)
{
	(void)state;
	for (unsigned e2h = 0; e2h < 2; e2h++) {
		uint64_t high = ~UINT64_C(0xfff);
		struct ioasim_response r;
		struct stab_tree tree;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_S1);
		stab_tree(&t, &tree, 12, 48);
		stab_map(&t, &tree, high, 0, STAB_FRAME | S1_ALL);
		stab_change(&t, STE_1, 0, STE_STRW(2));
		stab_change(&t, CD_0, CD_EPD1, CD_TG1(2) | CD_T1SZ(16) | (e2h ? 0 : CD_EPD0));
		stab_change(&t, CD_2, 0, tree.root);
		srig_start(&t.rig, t.strtab, 8, e2h ? CR2_E2H : 0);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
		r = stab_read(&t, high);
		assert_int_equal(r.fault.code, e2h ? 0 : F_TRANSLATION);
		/* Tags: the ASID of E2H, no VMID in either. */
		assert_int_equal(stab_read(&t, STAB_IOVA).domain, e2h ? STAB_ASID : 0);
		stab_close(&t);
	}
}

/* 5.4.1: what a CD means depends on the STE that leads to it, one request after another. */
static void takes_a_shared_cd_as_each_stream_has_it(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, IOASIM_READ);
	uint64_t words[4] = {0, 0, STAB_VMID, 0};
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, S1_LEVEL_0, S1_AP1, 0);
	stab_change(&t, CD_0, 0, CD_S);
	words[0] = STE_S1 | t.cd;
	words[1] = STE_STRW(2);
	stab_ste(&t, STAB_SID + 1, words);
	words[1] = STE_S1STALLD;
	stab_ste(&t, STAB_SID + 2, words);
	stab_start(&t);
	for (unsigned i = 0; i < 2; i++) {
		request.requester_id = STAB_SID;
		assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_STALLED);
		request.requester_id = STAB_SID + 1;
		assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
		request.requester_id = STAB_SID + 2;
		assert_int_equal(stab_ask(&t, &request).fault.code, C_BAD_CD);
	}
	/* 6.3.12: the regime of STRW 2 follows CR2.E2H. */
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	srig_start(&t.rig, t.strtab, 8, CR2_E2H);
	request.requester_id = STAB_SID + 1;
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_STALLED);
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_cds_of_a_linear_table),
		cmocka_unit_test(finds_cds_of_both_two_level_formats),
		cmocka_unit_test(records_what_is_wrong_on_the_way),
		cmocka_unit_test(chooses_the_cd_by_ssv_and_s1dss),
		cmocka_unit_test(bypasses_stage_1_alone),
		cmocka_unit_test(refuses_each_illegal_cd_and_no_other),
		cmocka_unit_test(refuses_to_stall_with_s1stalld),
		cmocka_unit_test(has_one_table_in_el2_and_two_with_e2h),
		cmocka_unit_test(takes_a_shared_cd_as_each_stream_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
