/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATS: how translation requests are answered (3.9.1.2, 13.7.1), what pages they mark
 * (3.13.7), split-stage ATS (13.6.3), translated transactions (3.9.1.3).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define R IOASIM_READ
#define W IOASIM_WRITE
#define X IOASIM_EXEC

#define UR    IOASIM_ATS_UR
#define CA    IOASIM_ATS_CA
#define EMPTY IOASIM_ATS_EMPTY
#define OK    IOASIM_OK

#define C_BAD_STREAMID     0x02
#define F_STE_FETCH        0x03
#define C_BAD_STE          0x04
#define F_BAD_ATS_TREQ     0x05
#define F_STREAM_DISABLED  0x06
#define F_TRANSL_FORBIDDEN 0x07
#define C_BAD_SUBSTREAMID  0x08
#define F_CD_FETCH         0x09
#define F_WALK_EABT        0x0b
#define F_TRANSLATION      0x10
#define F_ADDR_SIZE        0x11
#define F_PERMISSION       0x13

/* `clear` when the word's bus access is to fail. */
#define ABORT UINT64_MAX

static void start(struct stab *t, uint32_t cr2, bool atschk)
{
	if (atschk)
		srig_cr0(&t->rig, CR0_ATSCHK, 0);
	srig_start(&t->rig, t->strtab, 8, cr2);
}

static struct ioasim_response ask(struct stab *t, unsigned access, uint64_t address,
				  enum ioasim_request_kind kind)
{
	struct ioasim_request request = stab_request(address, access);

	request.kind = (uint8_t)kind;
	return stab_ask(t, &request);
}

/* ---- Refusals --------------------------------------------------------------------------------- */

static const struct refusal {
	const char *rule;
	enum stab_config config;
	enum stab_where where;
	uint64_t clear, set;
	uint8_t reply;
	uint32_t event; /* that is found */
	bool always; /* recorded without REC_CFG_ATS too */
	bool never;
} refusals[] = {
	{"EATS 0", STAB_S1, STE_1, STE_EATS(3), 0, UR, F_BAD_ATS_TREQ, true, false},
	{"EATS 3", STAB_S1, STE_1, 0, STE_EATS(3), UR, F_BAD_ATS_TREQ, true, false},
	{"Config 100", STAB_S1, STE_0, STE_CONFIG(3), STE_BYPASS, UR, F_BAD_ATS_TREQ, true, false},
	{"Config 000", STAB_S1, STE_0, STE_CONFIG(7), STE_ABORT, UR, 0, false, true},
	{"EATS 2 without ATSCHK", STAB_NESTED, STE_1, STE_EATS(3), STE_EATS(2), UR, F_BAD_ATS_TREQ,
	 true, false},
	{"STE fetch", STAB_S1, STE_0, ABORT, 0, CA, F_STE_FETCH, false, false},
	{"STE illegal", STAB_S1, STE_0, 0, STE_S1CDMAX(17), CA, C_BAD_STE, false, false},
	{"S1DSS 0", STAB_S1, STE_0, 0, STE_S1CDMAX(2), CA, F_STREAM_DISABLED, false, false},
	{"CD fetch", STAB_S1, CD_0, ABORT, 0, CA, F_CD_FETCH, false, false},
	{"walk", STAB_S1, S1_LEVEL_2, ABORT, 0, CA, F_WALK_EABT, false, false},
	{"walk of stage 2", STAB_NESTED, S2_LEVEL_1, ABORT, 0, CA, F_WALK_EABT, false, false},
	{"walk of a table's page", STAB_NESTED, S2_PAGE_OF_S1_1, ABORT, 0, CA, F_WALK_EABT, false,
	 false},
	{"invalid", STAB_S1, S1_LEVEL_0, BIT(0), 0, EMPTY, F_TRANSLATION, false, true},
	{"AF", STAB_S1, S1_LEVEL_0, PTE_AF, 0, EMPTY, 0x12, false, true},
	{"AP[1]", STAB_S1, S1_LEVEL_0, S1_AP1, 0, EMPTY, 0, false, true},
	{"stage 2 of the CD", STAB_NESTED, S2_PAGE_OF_CD, S2_READ, 0, EMPTY, F_PERMISSION, false,
	 true},
	{"stage 2 of a table", STAB_NESTED, S2_PAGE_OF_S1_2, BIT(0), 0, EMPTY, F_TRANSLATION, false,
	 true},
	{"stage 2 rights", STAB_NESTED, S2_LEVEL_0, S2_READ | S2_WRITE, 0, EMPTY, 0, false, true},
	{"CD.A, R and S have no say", STAB_S1, CD_0, CD_A | CD_R, 0, OK, 0, false, true},
};

static void check_refusal(const struct refusal *c, bool rec_cfg_ats)
{
	bool recorded = !c->never && (c->always || rec_cfg_ats);
	uint64_t word, record[4];
	struct ioasim_response r;
	struct stab t;

	stab_open(&t, false);
	stab_build(&t, c->config);
	stab_change(&t, STE_1, 0, STE_EATS(1));
	word = stab_place(&t, c->where);
	if (c->clear == ABORT)
		assert_int_equal(ioasim_memory_abort(t.rig.memory, word, word + 7), 0);
	else
		stab_change(&t, c->where, c->clear, c->set);
	start(&t, CR2_RECINVSID | (rec_cfg_ats ? CR2_REC_CFG_ATS : 0), false);
	r = ask(&t, R, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
	if (r.outcome != c->reply || r.fault.recorded != recorded ||
	    srig_event(&t.rig, record) != recorded || (recorded && (record[0] & 0xff) != c->event))
		fail_msg("%s, REC_CFG_ATS %u: outcome %u, event %#x, recorded %u", c->rule,
			 rec_cfg_ats, r.outcome, r.fault.code, r.fault.recorded);
	stab_close(&t);
}

static void refuses_translation_requests_as_3_9_1_2_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		check_refusal(&refusals[i], false);
		check_refusal(&refusals[i], true);
	}
}

/* 3.9.1.2: C_BAD_STREAMID needs RECINVSID too; for translated transactions it does not
 * matter (3.9.1.3). */
static void records_bad_streamids_by_two_bits(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 4; bits++) {
		uint32_t cr2 = (bits & 1 ? CR2_RECINVSID : 0) | (bits & 2 ? CR2_REC_CFG_ATS : 0);
		struct ioasim_request request = stab_request(STAB_IOVA, R);
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		start(&t, cr2, true);
		request.requester_id = 0x100;
		request.kind = IOASIM_TRANSLATION_REQUEST;
		r = stab_ask(&t, &request);
		assert_int_equal(r.outcome, CA);
		assert_int_equal(r.fault.recorded, bits == 3);
		request.kind = IOASIM_TRANSLATED;
		r = stab_ask(&t, &request);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		assert_int_equal(r.fault.recorded, bits >= 2);
		stab_close(&t);
	}
}

static void refuses_everything_of_ats_while_disabled(void **state)
{
	struct ioasim_response r;
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, false);
	r = ask(&t, R, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
	assert_int_equal(r.outcome, UR);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0] & 0xff, F_BAD_ATS_TREQ);
	r = ask(&t, R, STAB_IOVA, IOASIM_TRANSLATED);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[0], F_TRANSL_FORBIDDEN | (uint64_t)STAB_SID << 32);
	assert_int_equal(record[1], BIT(35));
	assert_int_equal(record[2], STAB_IOVA);
	stab_close(&t);
}

/* ---- Completions (13.7, 13.7.1) ------------------------------------------------------------------ */

/* The table of 13.7, and what overrides make of it. Rights are of pages of stage 1. */
static const struct completion {
	const char *rule;
	uint64_t clear, set; /* of the leaf */
	uint64_t ste;
	unsigned access; /* W: the no-write flag is clear; X: Exe */
	bool privileged;
	unsigned granted;
} completions[] = {
	{"user-RO, NW 1", S1_AP2, S1_AP2, 0, R, false, R},
	{"user-RW, NW 0", 0, 0, 0, R | W, false, R | W},
	{"user-RO, NW 0", 0, S1_AP2, 0, R | W, false, R},
	{"priv-RW, NW 0, Priv", S1_AP1, 0, 0, R | W, true, R | W},
	{"priv-RW, NW 0", S1_AP1, S1_UXN, 0, R | W, false, 0},
	{"XN", 0, S1_UXN, 0, R | W | X, false, R | W},
	{"Exe", 0, 0, 0, R | W | X, false, R | W | X},
	{"Exe not asked for", 0, 0, 0, R | W, false, R | W},
	{"execute-only", S1_AP1, 0, 0, R | W | X, false, 0},
	{"execute-only, INSTCFG 3", S1_AP1, 0, STE_INSTCFG(3), R | X, false, R | X},
	{"execute-only, INSTCFG 3, no Exe", S1_AP1, 0, STE_INSTCFG(3), R, false, R},
	{"XN, INSTCFG 3", 0, S1_UXN | S1_AP2, STE_INSTCFG(3), R | X, false, 0},
	{"XN, INSTCFG 2", 0, S1_UXN, STE_INSTCFG(2), R | W | X, false, R | W | X},
	{"PRIVCFG 3", S1_AP1, 0, STE_PRIVCFG(3), R | W, false, R | W},
	{"PRIVCFG 2", S1_AP1, S1_UXN, STE_PRIVCFG(2), R | W, true, 0},
};

static void completes_with_the_rights_that_tables_grant(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(completions); i++) {
		const struct completion *c = &completions[i];
		struct ioasim_request request = stab_request_pasid(STAB_IOVA + 8, c->access, 1);
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_S1);
		/* Four CDs of which the second is the one that was built. */
		srig_poke(&t.rig, t.strtab + STAB_SID * 64, STE_S1 | STE_S1CDMAX(1) | (t.cd - 64));
		stab_change(&t, STE_1, 0, STE_EATS(1) | c->ste);
		stab_change(&t, S1_LEVEL_0, c->clear, c->set);
		start(&t, CR2_RECINVSID, false);
		request.kind = IOASIM_TRANSLATION_REQUEST;
		request.privileged = c->privileged;
		r = stab_ask(&t, &request);
		if (r.outcome != (c->granted ? OK : EMPTY) || r.access != c->granted ||
		    (c->granted && (r.pa & ~UINT64_C(0xfff)) != STAB_FRAME) || r.fault.recorded ||
		    (c->granted && r.privileged != c->privileged))
			fail_msg("%s: outcome %u, rights %u instead of %u, pa %#" PRIx64, c->rule,
				 r.outcome, r.access, c->granted, r.pa);
		stab_close(&t);
	}
}

/* 13.7: without PASID a request is unprivileged data. */
static void takes_no_attributes_without_a_pasid(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, R | W | X);
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, STE_1, 0, STE_EATS(1));
	start(&t, CR2_RECINVSID, false);
	request.kind = IOASIM_TRANSLATION_REQUEST;
	request.privileged = true;
	r = stab_ask(&t, &request);
	assert_int_equal(r.outcome, OK);
	assert_int_equal(r.access, R | W);
	assert_false(r.privileged);
	stab_close(&t);
}

/* 13.6.4, 13.6.5: stage 1 bypassed by S1DSS. */
static void completes_without_stage_1(void **state)
{
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, STE_0, 0, STE_S1CDMAX(2));
	stab_change(&t, STE_1, 0, STE_EATS(1) | STE_S1DSS(1));
	start(&t, CR2_RECINVSID, false);
	r = ask(&t, R, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
	assert_int_equal(r.outcome, OK);
	assert_int_equal(r.pa, STAB_IOVA);
	assert_int_equal(r.access, R | W);
	assert_int_equal(r.size_lg2, 64);
	/* 3.4: an address that stage 2 could not take is an Address Size fault. */
	assert_int_equal(ask(&t, R, BIT(48), IOASIM_TRANSLATION_REQUEST).outcome, EMPTY);
	stab_close(&t);

	for (unsigned eats = 1; eats <= 2; eats++) {
		stab_open(&t, false);
		stab_build(&t, STAB_NESTED);
		stab_change(&t, STE_0, 0, STE_S1CDMAX(2));
		stab_change(&t, STE_1, 0, STE_EATS(eats) | STE_S1DSS(1));
		start(&t, CR2_RECINVSID, true);
		r = ask(&t, R, STAB_IPA, IOASIM_TRANSLATION_REQUEST);
		assert_int_equal(r.outcome, OK);
		assert_int_equal(r.pa, eats == 1 ? STAB_FRAME : STAB_IPA);
		assert_int_equal(r.size_lg2, 12);
		stab_close(&t);
	}
}

/* 3.9.1.2: where stage 1 grants nothing, stage 2 is not walked, nor its faults seen. */
static void leaves_stage_2_alone_without_rights_of_stage_1(void **state)
{
	struct ioasim_response r;
	uint64_t word;
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_NESTED);
	stab_change(&t, STE_1, 0, STE_EATS(1));
	stab_change(&t, S1_LEVEL_0, S1_AP1, 0); /* execute-only for the unprivileged */
	word = stab_place(&t, S2_LEVEL_0);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, word, word + 7), 0);
	start(&t, CR2_RECINVSID | CR2_REC_CFG_ATS, false);
	r = ask(&t, R | W, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
	assert_int_equal(r.outcome, EMPTY);
	assert_int_equal(stab_refs(&r.cost, IOASIM_REF_STAGE2), 0);
	stab_close(&t);
}

/* 13.7: an answer without rights marks nothing. */
static void marks_nothing_that_it_does_not_grant(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_NESTED);
	stab_change(&t, STE_1, 0, STE_EATS(1));
	stab_change(&t, STE_2, 0, STE_S2HA | STE_S2HD);
	stab_change(&t, CD_0, 0, CD_HA | CD_HD);
	stab_change(&t, S1_LEVEL_0, PTE_AF | S1_AP1, S1_UXN);
	stab_change(&t, S2_LEVEL_0, PTE_AF, 0);
	start(&t, CR2_RECINVSID, false);
	assert_int_equal(ask(&t, R | W, STAB_IOVA, IOASIM_TRANSLATION_REQUEST).outcome, EMPTY);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S1_LEVEL_0)) & PTE_AF, 0);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S2_LEVEL_0)) & PTE_AF, 0);
	stab_change(&t, S1_LEVEL_0, 0, S1_AP1);
	stab_change(&t, S2_LEVEL_0, S2_READ | S2_WRITE, S2_XN(2));
	assert_int_equal(ask(&t, R | W, STAB_IOVA, IOASIM_TRANSLATION_REQUEST).outcome, EMPTY);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S2_LEVEL_0)) & PTE_AF, 0);
	stab_close(&t);
}

/* ---- Updates (3.13.7) ------------------------------------------------------------------------------- */

static void marks_pages_that_it_grants(void **state)
{
	static const struct {
		const char *rule;
		unsigned access;
		uint64_t s1, s2; /* set in S1's leaf, cleared in S2's */
		unsigned granted;
		bool dirty1, dirty2;
	} cases[] = {
		{"NW 1", R, S1_AP2 | PTE_DBM, S2_WRITE, R, false, false},
		{"NW 0", R | W, S1_AP2 | PTE_DBM, S2_WRITE, R | W, true, true},
		{"stage 1 read-only", R | W, S1_AP2, S2_WRITE, R, false, false},
		{"stage 1 dirty", R | W, 0, S2_WRITE, R | W, true, true},
		{"stage 2 dirty", R | W, S1_AP2 | PTE_DBM, 0, R | W, true, true},
		{"both dirty, NW 1", R, 0, 0, R | W, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_response r;
		uint64_t s1, s2;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_NESTED);
		stab_change(&t, STE_1, 0, STE_EATS(1));
		stab_change(&t, STE_2, 0, STE_S2HA | STE_S2HD);
		stab_change(&t, CD_0, 0, CD_HA | CD_HD);
		stab_change(&t, S1_LEVEL_0, PTE_AF, cases[i].s1);
		stab_change(&t, S2_LEVEL_0, PTE_AF | cases[i].s2, PTE_DBM);
		start(&t, CR2_RECINVSID, false);
		r = ask(&t, cases[i].access, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
		s1 = srig_peek(&t.rig, stab_place(&t, S1_LEVEL_0));
		s2 = srig_peek(&t.rig, stab_place(&t, S2_LEVEL_0));
		if (r.outcome != OK || r.access != cases[i].granted || !(s1 & s2 & PTE_AF) ||
		    !(s1 & S1_AP2) != cases[i].dirty1 || !!(s2 & S2_WRITE) != cases[i].dirty2)
			fail_msg("%s: outcome %u, rights %u, leaves %#" PRIx64 " %#" PRIx64,
				 cases[i].rule, r.outcome, r.access, s1, s2);
		stab_close(&t);
	}
}

/* ---- Split-stage ATS (13.6.3) and translated transactions (3.9.1.3) ------------------------------------ */

static void answers_with_ipas_and_takes_them_back(void **state)
{
	struct ioasim_response r;
	uint64_t record[4];
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	stab_change(&t, STE_1, 0, STE_EATS(2));
	start(&t, CR2_RECINVSID, true);
	for (unsigned i = 0; i < 2; i++) {
		r = ask(&t, R | W, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
		assert_int_equal(r.outcome, OK);
		assert_int_equal(r.pa, STAB_IPA);
		assert_int_equal(r.access, R | W);
		r = ask(&t, W, STAB_IPA + 0x123, IOASIM_TRANSLATED);
		assert_int_equal(r.outcome, OK);
		assert_int_equal(r.pa, STAB_FRAME + 0x123);
		assert_int_equal(stab_refs(&r.cost, IOASIM_REF_STAGE1), 0);
	}
	/* Events as for ordinary requests: stage 2 of an unmapped IPA, the input above IAS. */
	r = ask(&t, R, STAB_IPA + BIT(30), IOASIM_TRANSLATED);
	assert_int_equal(r.fault.code, F_TRANSLATION);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[1], BIT(35) | BIT(39) | UINT64_C(2) << 40);
	assert_int_equal(record[3], STAB_IPA + BIT(30));
	r = ask(&t, R, BIT(48), IOASIM_TRANSLATED);
	assert_int_equal(r.fault.code, F_ADDR_SIZE);
	assert_int_equal(r.fault.record[1] & BIT(39), 0);
	stab_close(&t);
}

static void passes_translated_transactions_by_eats(void **state)
{
	static const struct {
		const char *rule;
		bool atschk;
		uint64_t clear, set; /* of STE word 0 */
		unsigned eats;
		uint8_t outcome;
		uint32_t event;
		bool read; /* the STE */
	} cases[] = {
		{"ATSCHK 0", false, 0, 0, 0, OK, 0, false},
		{"EATS 1", true, 0, 0, 1, OK, 0, true},
		{"EATS 0", true, 0, 0, 0, IOASIM_FAULT, F_TRANSL_FORBIDDEN, true},
		{"EATS 3", true, 0, 0, 3, IOASIM_FAULT, F_TRANSL_FORBIDDEN, true},
		{"Config 100", true, STE_CONFIG(3), STE_BYPASS, 1, IOASIM_FAULT, F_TRANSL_FORBIDDEN,
		 true},
		{"Config 000", true, STE_CONFIG(7), STE_ABORT, 1, IOASIM_FAULT, 0, true},
		{"illegal", true, 0, STE_S1CDMAX(17), 1, IOASIM_FAULT, C_BAD_STE, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_S1);
		stab_change(&t, STE_0, cases[i].clear, cases[i].set);
		stab_change(&t, STE_1, 0, STE_EATS(cases[i].eats));
		start(&t, CR2_RECINVSID | CR2_REC_CFG_ATS, cases[i].atschk);
		r = ask(&t, R, UINT64_C(0x12345678), IOASIM_TRANSLATED);
		if (r.outcome != cases[i].outcome || r.fault.code != cases[i].event ||
		    r.fault.recorded != (cases[i].event != 0) ||
		    stab_refs_all(&r.cost) != cases[i].read ||
		    (r.outcome == OK && r.pa != UINT64_C(0x12345678)))
			fail_msg("%s: outcome %u, event %#x, pa %#" PRIx64, cases[i].rule,
				 r.outcome, r.fault.code, r.pa);
		stab_close(&t);
	}
}

/* 3.9.1.2: where stage 1 leaves nothing to a translation request stage 2 is not walked.
 * What stage 1 gave, an IPA, serves nobody else: the page is a privileged one, which an
 * unprivileged device may execute at most. */
static void half_a_translation_is_not_cached(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, R);
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	stab_change(&t, STE_1, 0, STE_EATS(1));
	stab_change(&t, S1_LEVEL_0, S1_AP1 | S1_UXN, 0);
	start(&t, 0, false);
	r = ask(&t, R, STAB_IOVA, IOASIM_TRANSLATION_REQUEST);
	assert_int_equal(r.outcome, EMPTY);
	assert_int_equal(ioasim_unit_cache_live(t.rig.unit, IOASIM_CACHE_IOTLB), 0);
	request.privileged = true;
	r = stab_ask(&t, &request);
	assert_int_equal(r.outcome, OK);
	assert_int_equal(r.pa, STAB_FRAME);
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_translation_requests_as_3_9_1_2_says),
		cmocka_unit_test(records_bad_streamids_by_two_bits),
		cmocka_unit_test(refuses_everything_of_ats_while_disabled),
		cmocka_unit_test(completes_with_the_rights_that_tables_grant),
		cmocka_unit_test(takes_no_attributes_without_a_pasid),
		cmocka_unit_test(completes_without_stage_1),
		cmocka_unit_test(leaves_stage_2_alone_without_rights_of_stage_1),
		cmocka_unit_test(marks_pages_that_it_grants),
		cmocka_unit_test(marks_nothing_that_it_does_not_grant),
		cmocka_unit_test(answers_with_ipas_and_takes_them_back),
		cmocka_unit_test(passes_translated_transactions_by_eats),
		cmocka_unit_test(half_a_translation_is_not_cached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
