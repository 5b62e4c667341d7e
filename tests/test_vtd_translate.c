/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation by VT-d: fault conditions and replies of 7.1.3 (Table 30), latched modes,
 * the interrupt range of 3.15, translated requests of 4.2.5. Caches are off:
 * tests/test_vtd_caches.c has them on.
 */
#include "vtd_kinds.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- Fault conditions and replies ---------------------------------------------------- */

#define UR    IOASIM_ATS_UR
#define CA    IOASIM_ATS_CA
#define EMPTY IOASIM_ATS_EMPTY
#define OK    IOASIM_OK /* a completion with the rights that are left */

/* What Table 30 says of one condition; ~0 for `clear`: the word's bus access fails. */
#define BUS_ERROR UINT64_MAX

static const struct condition {
	const char *rule;
	enum kind kind;
	enum where where;
	uint64_t clear, set;
	unsigned access;
	uint8_t reason;
	bool qualified;
	uint8_t reply; /* to a translation request that wants the same */
} conditions[] = {
	{"LRT.1", LEGACY, ROOT_0, BUS_ERROR, 0, R, 0x08, false, CA},
	{"LRT.2", LEGACY, ROOT_0, 0x1, 0, R, 0x01, false, UR},
	{"LRT.3, bit 1", LEGACY, ROOT_0, 0, 0x2, R, 0x0a, false, CA},
	{"LRT.3, bit 52", LEGACY, ROOT_0, 0, UINT64_C(1) << 52, R, 0x0a, false, CA},
	{"LRT.3, second word", LEGACY, ROOT_1, 0, 0x1, R, 0x0a, false, CA},
	{"LCT.1", LEGACY, CONTEXT_0, BUS_ERROR, 0, R, 0x09, false, CA},
	{"LCT.2", LEGACY, CONTEXT_0, 0x1, 0, R, 0x02, true, UR},
	{"LCT.3, bit 4", LEGACY, CONTEXT_0, 0, 0x10, R, 0x0b, true, CA},
	{"LCT.3, bit 71", LEGACY, CONTEXT_1, 0, 0x80, R, 0x0b, true, CA},
	{"LCT.3, bit 88", LEGACY, CONTEXT_1, 0, 0x1000000, R, 0x0b, true, CA},
	{"LCT.4.1, AW 0", LEGACY, CONTEXT_1, 0x7, 0, R, 0x03, true, CA},
	{"LCT.4.1, AW 4", LEGACY, CONTEXT_1, 0x7, 0x4, R, 0x03, true, CA},
	{"LCT.4.2, TT 3", LEGACY, CONTEXT_0, 0, 0xc, R, 0x03, true, CA},
	{"LCT.4.3", LEGACY, SS_LEVEL_3, BUS_ERROR, 0, R, 0x03, true, CA},
	{"LSS.1, middle", LEGACY, SS_LEVEL_2, BUS_ERROR, 0, R, 0x07, true, CA},
	{"LSS.1, last", LEGACY, SS_LEVEL_0, BUS_ERROR, 0, R, 0x07, true, CA},
	{"LSS.2", LEGACY, SS_LEVEL_1, 0, 0x800, R, 0x0c, true, CA},
	{"LGN.1.1", LEGACY, CONTEXT_1, 0x7, 0x1, R, 0x04, true, EMPTY},
	{"LGN.2", LEGACY, SS_LEVEL_0, SS_W, 0, W, 0x05, true, OK},
	{"LGN.2, above", LEGACY, SS_LEVEL_2, SS_W, 0, W, 0x05, true, OK},
	{"LGN.2, atomic", LEGACY, SS_LEVEL_0, SS_W, 0, R | W, 0x05, true, OK},
	{"LGN.3", LEGACY, SS_LEVEL_0, SS_R, 0, R, 0x06, true, EMPTY},
	{"LGN.3, atomic", LEGACY, SS_LEVEL_0, SS_R, 0, R | W, 0x06, true, OK},
	{"LGN.3, nothing", LEGACY, SS_LEVEL_1, SS_RW, 0, R, 0x06, true, EMPTY},
	{"LGN.4", LEGACY, SS_LEVEL_0, ~SS_RW, 0xfee12000, R, 0x0e, true, CA},

	{"SRT.1", SECOND, ROOT_0, BUS_ERROR, 0, R, 0x38, false, CA},
	{"SRT.2", SECOND, ROOT_0, 0x1, 0, R, 0x39, false, UR},
	{"SRT.3", SECOND, ROOT_0, 0, 0x800, R, 0x3a, false, CA},
	{"SCT.1", SECOND, CONTEXT_0, BUS_ERROR, 0, R, 0x40, false, CA},
	{"SCT.2", SECOND, CONTEXT_0, 0x1, 0, R, 0x41, true, UR},
	{"SCT.3, bit 5", SECOND, CONTEXT_0, 0, 0x20, R, 0x42, true, CA},
	{"SCT.3, bit 85", SECOND, CONTEXT_1, 0, 0x200000, R, 0x42, true, CA},
	{"SCT.4.1, PRE without DTE", SECOND, CONTEXT_0, 0x4, 0, R, 0x43, true, CA},
	{"SPD.1", SECOND, DIRECTORY, BUS_ERROR, 0, R, 0x50, false, CA},
	{"SPD.2", SECOND, DIRECTORY, 0x1, 0, R, 0x51, true, EMPTY},
	{"SPD.3", SECOND, DIRECTORY, 0, 0x4, R, 0x52, true, CA},
	{"SPT.1", SECOND, PASID_0, BUS_ERROR, 0, R, 0x58, false, CA},
	{"SPT.2", SECOND, PASID_0, 0x1, 0, R, 0x59, true, EMPTY},
	{"SPT.2 before SPT.4", SECOND, PASID_0, ~UINT64_C(2), 0, R, 0x59, true, EMPTY},
	{"SPT.3, bit 5", SECOND, PASID_0, 0, 0x20, R, 0x5a, true, CA},
	{"SPT.3, bit 80", SECOND, PASID_1, 0, 0x10000, R, 0x5a, true, CA},
	{"SPT.3, bit 136", SECOND, PASID_2, 0, 0x100, R, 0x5a, true, CA},
	{"SPT.3, bit 192", SECOND, PASID_3, 0, 0x1, R, 0x5a, true, CA},
	{"SPT.4.1, AW 0", SECOND, PASID_0, 0x1c, 0, R, 0x5b, true, CA},
	{"SPT.4.1, AW is of the second stage", FIRST, PASID_0, 0x1c, 0, R, 0, true, OK},
	{"SPT.4.2, PGTT 0", SECOND, PASID_0, 0x1c0, 0, R, 0x5b, true, CA},
	{"SPT.4.2, PGTT 5", SECOND, PASID_0, 0x1c0, 0x140, R, 0x5b, true, CA},
	{"SPT.4.3, FSPM 2", FIRST, PASID_2, 0, 0x8, R, 0x5b, true, CA},
	{"SPT.4.3, FSPM is of the first stage", SECOND, PASID_2, 0, 0x8, R, 0, true, OK},
	{"SPT.4.4", NESTED, PASID_2, 0, UINT64_C(1) << 48, R, 0x5b, true, CA},
	{"SPT.4.4 is of nesting", FIRST, PASID_0, 0, UINT64_C(1) << 48, R, 0, true, OK},

	{"SFS.1", FIRST, FS_LEVEL_2, BUS_ERROR, 0, R, 0x70, true, EMPTY},
	{"SFS.2", FIRST, FS_LEVEL_0, FS_P, 0, R, 0x71, true, EMPTY},
	{"SFS.3", FIRST, FS_LEVEL_3, 0, PS, R, 0x72, true, EMPTY},
	{"SFS.4", FIRST, FS_LEVEL_3, BUS_ERROR, 0, R, 0x73, true, EMPTY},
	{"SFS.5, table", NESTED, FS_LEVEL_2, 0, UINT64_C(1) << 50, R, 0x74, true, EMPTY},
	{"SFS.5, page", NESTED, FS_LEVEL_0, 0, UINT64_C(1) << 50, R, 0x74, true, EMPTY},
	{"SFS.6", NESTED, SS_PAGE_OF_FS_3, SS_R, 0, R, 0x75, true, EMPTY},
	{"SFS.7", NESTED, SS_PAGE_OF_FS_1, SS_R, 0, R, 0x76, true, EMPTY},
	{"SSS.2, table page", NESTED, SS_PAGE_OF_FS_1, SS_RW, 0, R, 0x79, true, EMPTY},
	{"SSS.3, table page", NESTED, SS_PAGE_OF_FS_1, 0, UINT64_C(1) << 62, R, 0x7a, true, CA},
	{"SFS.4, nested", NESTED, FS_LEVEL_3, BUS_ERROR, 0, R, 0x73, true, EMPTY},
	{"SSS.1, table page", NESTED, SS_PAGE_OF_FS_3, BUS_ERROR, 0, R, 0x78, true, CA},

	{"SSS.1", SECOND, SS_LEVEL_1, BUS_ERROR, 0, R, 0x78, true, CA},
	{"SSS.2", SECOND, SS_LEVEL_1, SS_RW, 0, W, 0x79, true, EMPTY},
	{"SSS.3", SECOND, SS_LEVEL_0, 0, UINT64_C(1) << 62, R, 0x7a, true, CA},
	{"SSS.4", SECOND, SS_LEVEL_3, BUS_ERROR, 0, R, 0x7b, true, CA},
	{"SGN.2", FIRST, FS_LEVEL_2, FS_U, 0, R, 0x81, true, EMPTY},
	{"SGN.5", SECOND, PASID_0, 0x1c, 0x4, R, 0x84, true, EMPTY},
	{"SGN.6, first stage", FIRST, FS_LEVEL_1, FS_W, 0, W, 0x85, true, OK},
	{"SGN.6, second stage", SECOND, SS_LEVEL_3, SS_W, 0, W, 0x85, true, OK},
	{"SGN.6, nested first", NESTED, FS_LEVEL_1, FS_W, 0, W, 0x85, true, OK},
	{"SGN.6, nested second", NESTED, SS_LEVEL_0, SS_W, 0, W, 0x85, true, OK},
	{"SGN.7", SECOND, SS_LEVEL_3, SS_R, 0, R, 0x86, true, EMPTY},
	{"SGN.7, nested", NESTED, SS_LEVEL_0, SS_R, 0, R, 0x86, true, EMPTY},
	{"SGN.8, first stage", FIRST, FS_LEVEL_0, UINT64_C(0xffffffff000), 0xfee00000, R, 0x87,
	 true, CA},
	{"SGN.8, second stage", SECOND, SS_LEVEL_0, UINT64_C(0xffffffff000), 0xfeeff000, R, 0x87,
	 true, CA},
	{"SGN.8, nested", NESTED, SS_LEVEL_0, UINT64_C(0xffffffff000), 0xfeeff000, R, 0x87, true,
	 CA},
};

static void apply(struct fixture *f, const struct condition *c)
{
	uint64_t at;

	if (c->clear != BUS_ERROR) {
		kind_change(f, c->where, c->clear, c->set);
		return;
	}
	at = kind_place(f, c->where);
	assert_int_equal(ioasim_memory_abort(f->t.rig.memory, at, at + 7), 0);
}

static void expect_condition(const struct condition *c, const struct ioasim_response *r,
			     uint8_t outcome, bool recorded)
{
	if (r->outcome != outcome)
		fail_msg("%s: outcome %u instead of %u (reason %#x)", c->rule, r->outcome, outcome,
			 r->fault.code);
	if (outcome == IOASIM_OK)
		return;
	if (r->fault.code != c->reason || r->fault.recorded != recorded)
		fail_msg("%s: reason %#x instead of %#x, recorded %d instead of %d", c->rule,
			 r->fault.code, c->reason, r->fault.recorded, recorded);
}

static void every_condition_of_table_30_has_its_reason_and_reply(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		const struct condition *c = &conditions[i];
		struct ioasim_request request = tables_request(IOVA + 0x123, c->access);
		struct ioasim_response r;
		struct fixture f;

		kind_open(&f, c->kind);
		r = tables_ask(&f.t, &request);
		assert_int_equal(r.outcome, IOASIM_OK);
		assert_int_equal(r.pa, FRAME + 0x123);
		assert_int_equal(r.domain, TABLES_DID);
		apply(&f, c);
		r = tables_ask(&f.t, &request);
		expect_condition(c, &r, c->reason ? IOASIM_FAULT : IOASIM_OK, true);

		/* 4.2.3: refusals are recorded, completions without rights are not. */
		request.kind = IOASIM_TRANSLATION_REQUEST;
		rig_write32(&f.t.rig, 0x34, 1);
		for (unsigned n = 0; n < 8; n++)
			rig_write64(&f.t.rig, 0x408 + 16 * n, UINT64_C(1) << 63);
		r = tables_ask(&f.t, &request);
		expect_condition(c, &r, c->reply, c->reply != EMPTY);
		kind_close(&f);
	}
}

static void fpd_silences_what_is_qualified_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		const struct condition *c = &conditions[i];
		struct ioasim_request request = tables_request(IOVA, c->access);
		struct ioasim_response r;
		struct fixture f;

		if (!c->reason)
			continue;
		kind_open(&f, c->kind);
		kind_change(&f, CONTEXT_0, 0, 0x2);
		apply(&f, c);
		r = tables_ask(&f.t, &request);
		expect_condition(c, &r, IOASIM_FAULT, !c->qualified);
		kind_close(&f);
	}
}

static void fpd_of_any_entry_met_counts_even_of_one_not_present(void **state)
{
	static const struct {
		const char *rule;
		enum where fpd;
		enum where broken;
		bool silent;
	} cases[] = {
		{"directory entry, present", DIRECTORY, PASID_0, true},
		{"directory entry, not present", DIRECTORY, DIRECTORY, true},
		{"PASID entry, not present", PASID_0, PASID_0, true},
		{"PASID entry behind the fault", PASID_0, DIRECTORY, false},
		{"context entry, not present", CONTEXT_0, CONTEXT_0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request request = tables_request(IOVA, R);
		struct ioasim_response r;
		struct fixture f;

		kind_open(&f, SECOND);
		kind_change(&f, cases[i].fpd, 0, 0x2);
		kind_change(&f, cases[i].broken, 0x1, 0);
		r = tables_ask(&f.t, &request);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		if (r.fault.recorded == cases[i].silent)
			fail_msg("%s", cases[i].rule);
		kind_close(&f);
	}
}

/* ---- Checks of the request itself ------------------------------------------------------ */

static void requests_are_checked_against_context_and_pasid_entries(void **state)
{
	static const struct {
		const char *rule;
		enum kind kind;
		enum where where;
		uint64_t clear, set;
		uint32_t pasid; /* ~0: without */
		bool privileged, execute;
		uint8_t kind_of_request, outcome, reason;
	} cases[] = {
		{"plain", SECOND, NOTHING, 0, 0, TABLES_PASID, 0, 0, IOASIM_UNTRANSLATED, OK, 0},
		{"SCT.5", SECOND, CONTEXT_0, 0x14, 0, ~0u, 0, 0, IOASIM_TRANSLATION_REQUEST, UR,
		 0x44},
		{"SCT.5, translated", SECOND, CONTEXT_0, 0x14, 0, ~0u, 0, 0, IOASIM_TRANSLATED,
		 IOASIM_FAULT, 0x44},
		{"DTE does not concern others", SECOND, CONTEXT_0, 0x14, 0, ~0u, 0, 0,
		 IOASIM_UNTRANSLATED, OK, 0},
		{"SCT.6", SECOND, CONTEXT_0, 0x8, 0, TABLES_PASID, 0, 0, IOASIM_UNTRANSLATED,
		 IOASIM_FAULT, 0x45},
		{"SCT.6, ATS", SECOND, CONTEXT_0, 0x8, 0, TABLES_PASID, 0, 0,
		 IOASIM_TRANSLATION_REQUEST, UR, 0x45},
		{"SCT.7", SECOND, CONTEXT_0, 0xe00, 0, 0x2000, 0, 0, IOASIM_UNTRANSLATED,
		 IOASIM_FAULT, 0x46},
		{"SCT.7 is above the last PASID", SECOND, CONTEXT_0, 0xe00, 0, TABLES_PASID, 0, 0,
		 IOASIM_UNTRANSLATED, OK, 0},
		{"SCT.9", SECOND, NOTHING, 0, 0, 0, 0, 0, IOASIM_UNTRANSLATED, IOASIM_FAULT, 0x48},
		{"SCT.10", SECOND, NOTHING, 0, 0, TABLES_PASID, 0, 0, IOASIM_TRANSLATED,
		 IOASIM_FAULT, 0x49},
		{"RTA.2", LEGACY, NOTHING, 0, 0, TABLES_PASID, 0, 0, IOASIM_UNTRANSLATED,
		 IOASIM_FAULT, 0x31},
		{"RTA.2, ATS", LEGACY, NOTHING, 0, 0, TABLES_PASID, 0, 0,
		 IOASIM_TRANSLATION_REQUEST, UR, 0x31},
		{"LCT.5", LEGACY, CONTEXT_0, 0x4, 0, ~0u, 0, 0, IOASIM_TRANSLATION_REQUEST, UR,
		 0x0d},
		{"LCT.5, translated", LEGACY, CONTEXT_0, 0x4, 0, ~0u, 0, 0, IOASIM_TRANSLATED,
		 IOASIM_FAULT, 0x0d},
		{"older: ERE clear, first stage", FIRST, NOTHING, 0, 0, TABLES_PASID, 0, 1,
		 IOASIM_UNTRANSLATED, IOASIM_FAULT, 0x5c},
		{"older: ERE is of the first stage", SECOND, NOTHING, 0, 0, TABLES_PASID, 0, 1,
		 IOASIM_UNTRANSLATED, OK, 0},
		{"supervisor with SRE", FIRST, NOTHING, 0, 0, TABLES_PASID, 1, 0,
		 IOASIM_UNTRANSLATED, OK, 0},
		{"RID_PRIV with SRE", FIRST, CONTEXT_1, 0, 0x100000, ~0u, 0, 0, IOASIM_UNTRANSLATED,
		 OK, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool pasid = cases[i].pasid != ~0u;
		unsigned access = R | (cases[i].execute ? X : 0);
		struct ioasim_request request =
			pasid ? tables_request_pasid(IOVA, access, cases[i].pasid)
			      : tables_request(IOVA, access);
		struct ioasim_response r;
		struct fixture f;

		kind_open(&f, cases[i].kind);
		kind_change(&f, cases[i].where, cases[i].clear, cases[i].set);
		request.kind = cases[i].kind_of_request;
		request.privileged = cases[i].privileged;
		r = tables_ask(&f.t, &request);
		if (r.outcome != cases[i].outcome || r.fault.code != cases[i].reason)
			fail_msg("%s: outcome %u, reason %#x", cases[i].rule, r.outcome,
				 r.fault.code);
		kind_close(&f);
	}
}

/* SCT.4.2: whichever request of the device, RID_PASID has to be within PDTS. */
static void rid_pasid_must_fit_the_pasid_directory(void **state)
{
	struct ioasim_request request = tables_request_pasid(IOVA, R, TABLES_PASID);
	struct fixture f;

	(void)state;
	kind_open(&f, SECOND);
	kind_change(&f, CONTEXT_0, 0xe00, 0);
	kind_change(&f, CONTEXT_1, 0, 0x1fff);
	assert_int_equal(tables_ask(&f.t, &request).outcome, IOASIM_OK);
	kind_change(&f, CONTEXT_1, 0x1fff, 0x2000);
	assert_int_equal(tables_ask(&f.t, &request).fault.code, 0x43);
	kind_close(&f);
}

/* SPT.6, Table 30: whatever the translation type. */
static void supervisor_requests_need_sre_for_every_type(void **state)
{
	static const enum kind kinds[] = {SECOND, FIRST, NESTED, PASS};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct ioasim_request request = tables_request(IOVA, R);
		struct ioasim_response r;
		struct fixture f;

		kind_open(&f, kinds[i]);
		kind_change(&f, CONTEXT_1, 0, 0x100000);
		kind_change(&f, PASID_2, PASID_SRE, 0);
		r = tables_ask(&f.t, &request);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		assert_int_equal(r.fault.code, 0x5d);
		request.kind = IOASIM_TRANSLATION_REQUEST;
		r = tables_ask(&f.t, &request);
		assert_int_equal(r.outcome, EMPTY);
		assert_false(r.fault.recorded);
		kind_close(&f);
	}
}

static void addresses_outside_the_input_are_refused(void **state)
{
	static const struct {
		const char *rule;
		enum kind kind;
		uint64_t address;
		uint8_t reason;
	} cases[] = {
		{"LGN.1, AW", LEGACY, UINT64_C(1) << 48, 0x04},
		{"SGN.5, AW", SECOND, UINT64_C(1) << 48, 0x84},
		{"SGN.1, lowest not canonical", FIRST, UINT64_C(1) << 47, 0x80},
		{"SGN.1, highest not canonical", FIRST, ~(UINT64_C(1) << 47), 0x80},
		{"SGN.1, nested", NESTED, UINT64_C(1) << 60, 0x80},
		{"canonical, lowest of the upper half", FIRST, ~((UINT64_C(1) << 47) - 1), 0x71},
		{"SGN.4", PASS, UINT64_C(1) << 52, 0x83},
		{"highest of the host", PASS, (UINT64_C(1) << 52) - 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request request = tables_request(cases[i].address, R);
		struct ioasim_response r;
		struct fixture f;

		kind_open(&f, cases[i].kind);
		r = tables_ask(&f.t, &request);
		if (r.fault.code != cases[i].reason ||
		    r.outcome != (cases[i].reason ? IOASIM_FAULT : IOASIM_OK))
			fail_msg("%s: outcome %u, reason %#x", cases[i].rule, r.outcome,
				 r.fault.code);
		kind_close(&f);
	}
}

/* ---- Modes and the interrupt range ----------------------------------------------------------- */

static void without_translation_everything_passes_and_ats_is_refused(void **state)
{
	struct ioasim_request request = tables_request(IOVA, W);
	struct ioasim_response r;
	struct tables t;

	(void)state;
	tables_open(&t, RIG_FULL_CAP, RIG_FULL_ECAP, false);
	r = tables_ask(&t, &request);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, IOVA);
	assert_int_equal(tables_refs_all(&r.cost), 0);
	request.kind = IOASIM_TRANSLATION_REQUEST;
	r = tables_ask(&t, &request);
	assert_int_equal(r.outcome, IOASIM_ATS_UR);
	assert_int_equal(r.fault.code, 0);
	request.kind = IOASIM_TRANSLATED;
	r = tables_ask(&t, &request);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_int_equal(r.fault.code, 0);
	assert_int_equal(t.rig.faults, 0);
	tables_close(&t);
}

static void the_latched_mode_is_checked_first(void **state)
{
	static const struct {
		uint64_t mode;
		uint64_t ecap;
		uint8_t reason;
	} cases[] = {
		{0x800, RIG_FULL_ECAP, 0x30},
		{0xc00, RIG_FULL_ECAP, 0x33},
		{0xc00, RIG_PLAIN_ECAP, 0x30},
		{0x400, RIG_PLAIN_ECAP, 0x30},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool full = cases[i].ecap == RIG_FULL_ECAP;
		struct ioasim_request request = tables_request(IOVA, R);
		struct ioasim_response r;
		struct tables t;

		tables_open(&t, full ? RIG_FULL_CAP : RIG_PLAIN_CAP, cases[i].ecap, false);
		tables_start(&t, cases[i].mode);
		r = tables_ask(&t, &request);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		assert_int_equal(r.fault.code, cases[i].reason);
		assert_int_equal(tables_refs_all(&r.cost), 0);
		tables_close(&t);
	}
}

/* 3.15. */
static void writes_to_the_interrupt_range_are_interrupts_unless_they_carry_a_pasid(void **state)
{
	struct ioasim_request write = tables_request(0xfee01004, W);
	struct ioasim_request read = tables_request(0xfee01004, R);
	struct ioasim_request pasid = tables_request_pasid(0xfee01004, W, TABLES_PASID);
	struct ioasim_response r;
	struct fixture f;

	(void)state;
	kind_open(&f, SECOND);
	r = tables_ask(&f.t, &write);
	assert_int_equal(r.outcome, IOASIM_INTERRUPT);
	assert_int_equal(r.pa, 0xfee01004);
	assert_int_equal(tables_refs_all(&r.cost), 0);
	assert_int_equal(tables_ask(&f.t, &read).outcome, IOASIM_FAULT);
	write.address = 0xfedffffc;
	assert_int_equal(tables_ask(&f.t, &write).outcome, IOASIM_FAULT);
	write.address = 0xfef00000;
	assert_int_equal(tables_ask(&f.t, &write).outcome, IOASIM_FAULT);

	/* With PASID the address is translated like any other. */
	tables_map(&f.t, f.ss, 4, pasid.address, 0, FRAME | SS_RW);
	r = tables_ask(&f.t, &pasid);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, FRAME + 4);
	kind_close(&f);

	kind_open(&f, PASS);
	assert_int_equal(tables_ask(&f.t, &pasid).fault.code, 0x87);
	kind_close(&f);
}

/* SGN.8 and LGN.4: the address counts, and for a translation request the whole page. */
static void a_large_page_over_the_interrupt_range_is_blocked_where_it_matters(void **state)
{
	struct ioasim_request outside = tables_request(0x40000000, R);
	struct ioasim_request inside = tables_request(0x40e00000, R);
	struct fixture f;

	(void)state;
	kind_open(&f, SECOND);
	tables_map(&f.t, f.ss, 4, 0x40000000, 1, 0xfe000000 | SS_RW);
	tables_map(&f.t, f.ss, 4, 0x40e00000, 1, 0xfee00000 | SS_RW);
	assert_int_equal(tables_ask(&f.t, &outside).pa, 0xfe000000);
	assert_int_equal(tables_ask(&f.t, &inside).fault.code, 0x87);
	inside.address += 0x100000; /* FEFx_xxxx of the same page */
	assert_int_equal(tables_ask(&f.t, &inside).pa, 0xfef00000);
	inside.kind = IOASIM_TRANSLATION_REQUEST;
	assert_int_equal(tables_ask(&f.t, &inside).fault.code, 0x87);
	kind_close(&f);
}

/* 4.2.5. */
static void translated_requests_are_checked_and_not_translated(void **state)
{
	struct ioasim_request request = tables_request(FRAME + 8, W);
	struct ioasim_response r;
	struct fixture f;

	(void)state;
	request.kind = IOASIM_TRANSLATED;
	for (unsigned legacy = 0; legacy < 2; legacy++) {
		kind_open(&f, legacy ? LEGACY : SECOND);
		request.address = FRAME + 8;
		r = tables_ask(&f.t, &request);
		assert_int_equal(r.outcome, IOASIM_OK);
		assert_int_equal(r.pa, FRAME + 8);
		assert_int_equal(tables_refs_all(&r.cost), 2);
		request.address = UINT64_C(1) << 52;
		assert_int_equal(tables_ask(&f.t, &request).fault.code, legacy ? 0x04 : 0x83);
		request.address = 0xfee00000;
		assert_int_equal(tables_ask(&f.t, &request).fault.code, legacy ? 0x0e : 0x87);
		kind_change(&f, CONTEXT_0, 0x1, 0);
		assert_int_equal(tables_ask(&f.t, &request).fault.code, legacy ? 0x02 : 0x41);
		kind_close(&f);
	}
}

static void a_reserved_address_type_is_refused_without_a_record(void **state)
{
	struct ioasim_request request = tables_request(IOVA, R);
	struct ioasim_response r;
	struct fixture f;

	(void)state;
	request.kind = 3;
	kind_open(&f, SECOND);
	r = tables_ask(&f.t, &request);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_int_equal(r.fault.code, 0);
	assert_int_equal(f.t.rig.faults, 0);
	kind_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_condition_of_table_30_has_its_reason_and_reply),
		cmocka_unit_test(fpd_silences_what_is_qualified_and_nothing_else),
		cmocka_unit_test(fpd_of_any_entry_met_counts_even_of_one_not_present),
		cmocka_unit_test(requests_are_checked_against_context_and_pasid_entries),
		cmocka_unit_test(rid_pasid_must_fit_the_pasid_directory),
		cmocka_unit_test(supervisor_requests_need_sre_for_every_type),
		cmocka_unit_test(addresses_outside_the_input_are_refused),
		cmocka_unit_test(without_translation_everything_passes_and_ats_is_refused),
		cmocka_unit_test(the_latched_mode_is_checked_first),
		cmocka_unit_test(
			writes_to_the_interrupt_range_are_interrupts_unless_they_carry_a_pasid),
		cmocka_unit_test(a_large_page_over_the_interrupt_range_is_blocked_where_it_matters),
		cmocka_unit_test(translated_requests_are_checked_and_not_translated),
		cmocka_unit_test(a_reserved_address_type_is_refused_without_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
