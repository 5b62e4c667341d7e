/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights of both stages by privilege (Arm ARM D8.4, IHI 0070 13.4), what an STE
 * replaces of a request's attributes (5.2), protected table walks.
 */
#include "smmu_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define R IOASIM_READ
#define W IOASIM_WRITE
#define X IOASIM_EXEC

#define F_PERMISSION 0x13

/* What a request of either privilege may do (D8.4.1): AP, XN, WXN, PAN. */
static const struct rights_case {
	const char *rule;
	enum stab_where where;
	uint64_t clear, set;
	uint64_t cd;
	unsigned user, privileged;
} rights[] = {
	{"AP 01", NOTHING, 0, 0, 0, R | W | X, R | W},
	{"AP 00", S1_LEVEL_0, S1_AP1, 0, 0, X, R | W | X},
	{"AP 11", S1_LEVEL_0, 0, S1_AP2, 0, R | X, R | X},
	{"AP 10", S1_LEVEL_0, S1_AP1, S1_AP2, 0, X, R | X},
	{"UXN", S1_LEVEL_0, 0, S1_UXN, 0, R | W, R | W},
	{"PXN", S1_LEVEL_0, 0, S1_PXN | S1_AP2, 0, R | X, R},
	{"UXN, PXN", S1_LEVEL_0, S1_AP1, S1_UXN | S1_PXN, 0, 0, R | W},
	{"WXN", NOTHING, 0, 0, CD_WXN, R | W, R | W},
	{"WXN, AP 11", S1_LEVEL_0, 0, S1_AP2, CD_WXN, R | X, R | X},
	{"WXN, AP 00", S1_LEVEL_0, S1_AP1, 0, CD_WXN, X, R | W},
	{"PAN", NOTHING, 0, 0, CD_PAN, R | W | X, 0},
	{"PAN, AP 11", S1_LEVEL_0, 0, S1_AP2, CD_PAN, R | X, X},
	{"PAN, AP 00", S1_LEVEL_0, S1_AP1, 0, CD_PAN, X, R | W | X},
	{"APTable 01", S1_LEVEL_2, 0, S1_APT0, 0, X, R | W | X},
	{"APTable 10", S1_LEVEL_2, 0, S1_APT1, 0, R | X, R | X},
	{"UXNTable", S1_LEVEL_3, 0, S1_UXNT, 0, R | W, R | W},
	{"PXNTable, AP 11", S1_LEVEL_0, 0, S1_AP2, 0, R | X, R | X},
};

static void expect_rights(struct stab *t, const char *rule, bool privileged, unsigned expected)
{
	static const unsigned accesses[] = {R, W, X};
	uint32_t code = 0;

	for (size_t i = 0; i < COUNT(accesses); i++) {
		struct ioasim_request request = stab_request(STAB_IOVA, accesses[i]);
		struct ioasim_response r;

		if (accesses[i] == X)
			request.access |= R;
		request.privileged = privileged;
		r = stab_ask(t, &request);
		code = expected & accesses[i] ? 0 : F_PERMISSION;
		if (r.outcome != (code ? IOASIM_FAULT : IOASIM_OK) || r.fault.code != code ||
		    (!code && r.access != expected))
			fail_msg("%s, privileged %u, access %u: outcome %u, event %#x, rights %u",
				 rule, privileged, accesses[i], r.outcome, r.fault.code, r.access);
	}
}

static void grants_by_privilege_what_stage_1_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rights); i++) {
		const struct rights_case *c = &rights[i];
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_S1);
		stab_change(&t, c->where, c->clear, c->set);
		stab_change(&t, CD_0, 0, c->cd);
		stab_start(&t);
		expect_rights(&t, c->rule, false, c->user);
		expect_rights(&t, c->rule, true, c->privileged);
		stab_close(&t);
	}
}

/* 5.4 HAD: bits 62:59 of table descriptors say nothing. */
static void ignores_restrictions_of_tables_with_had(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, S1_LEVEL_2, 0, S1_APT0 | S1_APT1 | S1_UXNT | S1_PXNT);
	stab_change(&t, CD_1, 0, CD_HAD);
	stab_start(&t);
	expect_rights(&t, "HAD", false, R | W | X);
	stab_close(&t);
}

/* D8.4.3: XN[1:0] of stage 2 by privilege with XNX; bit 1 alone without. */
static void grants_execution_by_privilege_in_stage_2(void **state)
{
	static const struct {
		unsigned xn;
		unsigned user, privileged, without_xnx;
	} cases[] = {
		{0, X, X, X},
		{1, X, 0, X},
		{2, 0, 0, 0},
		{3, 0, X, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (unsigned xnx = 0; xnx < 2; xnx++) {
			struct ioasim_unit_config config;
			struct stab t;

			srig_config(&config);
			ioasim_unit_config_no_caches(&config);
			assert_int_equal(ioasim_unit_config_set(&config, "idr3",
								SRIG_IDR3 & ~(xnx ? 0u : 0x10u)),
					 0);
			stab_open_with(&t, &config);
			stab_build(&t, STAB_S2);
			stab_change(&t, S2_LEVEL_0, 0, S2_XN(cases[i].xn));
			stab_start(&t);
			expect_rights(&t, "XN", false,
				      R | W | (xnx ? cases[i].user : cases[i].without_xnx));
			expect_rights(&t, "XN", true,
				      R | W | (xnx ? cases[i].privileged : cases[i].without_xnx));
			stab_close(&t);
		}
	}
}

/* 13.4.1: nobody is unprivileged in EL2; XN is bit 54; PAN does not exist. */
static void gives_el2_one_privilege(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, STE_1, 0, STE_STRW(2));
	stab_change(&t, CD_0, 0, CD_PAN);
	stab_change(&t, S1_LEVEL_0, S1_AP1, S1_PXN);
	stab_change(&t, S1_LEVEL_2, 0, S1_APT0 | S1_PXNT);
	stab_start(&t);
	expect_rights(&t, "EL2", false, R | W | X);
	expect_rights(&t, "EL2", true, R | W | X);
	stab_change(&t, S1_LEVEL_0, 0, S1_UXN | S1_AP2);
	expect_rights(&t, "EL2, XN, read-only", false, R);
	stab_close(&t);
}

/* 5.2 PRIVCFG, INSTCFG: attributes are replaced before they are checked and recorded. */
static void overrides_attributes_of_requests(void **state)
{
	static const struct {
		uint64_t ste;
		unsigned access;
		bool privileged;
		uint64_t attributes; /* PnU, InD as recorded; 0 and an answer: translated */
		bool translated;
	} cases[] = {
		/* The page is AP 00, UXN: the unprivileged may do nothing with it. */
		{0, R, false, 0, false},
		{STE_PRIVCFG(3), R, false, 0, true},
		{STE_PRIVCFG(2), R, true, 0, false},
		{STE_PRIVCFG(1), R, true, 0, true},
		{STE_INSTCFG(3), R, false, BIT(34), false},
		{STE_INSTCFG(3), W, false, 0, false},
		{STE_INSTCFG(3) | STE_PRIVCFG(3), R, false, 0, true},
		{STE_INSTCFG(2) | STE_PRIVCFG(2), R | X, true, 0, false},
		{STE_INSTCFG(1), R | X, false, BIT(34), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request request = stab_request(STAB_IOVA, cases[i].access);
		struct ioasim_response r;
		uint64_t record[4];
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_S1);
		stab_change(&t, S1_LEVEL_0, S1_AP1, S1_UXN);
		stab_change(&t, STE_1, 0, cases[i].ste);
		stab_start(&t);
		request.privileged = cases[i].privileged;
		r = stab_ask(&t, &request);
		if ((r.outcome == IOASIM_OK) != cases[i].translated)
			fail_msg("row %zu: outcome %u, event %#x", i, r.outcome, r.fault.code);
		if (!cases[i].translated) {
			assert_true(srig_event(&t.rig, record));
			assert_int_equal(record[1] & (BIT(33) | BIT(34)), cases[i].attributes);
		}
		stab_close(&t);
	}
}

/* 5.2 S2PTW: tables and CDs in Device memory, with and without S2FWB's encoding. */
static void refuses_protected_table_walks(void **state)
{
	static const struct {
		enum stab_where where;
		uint64_t memory; /* MemAttr */
		bool ptw;
		uint32_t event;
	} cases[] = {
		{S2_PAGE_OF_S1_1, 0x0, true, F_PERMISSION},
		{S2_PAGE_OF_S1_1, 0x3, true, F_PERMISSION},
		{S2_PAGE_OF_S1_1, 0x5, true, 0},
		{S2_PAGE_OF_S1_1, 0x0, false, 0},
		{S2_PAGE_OF_CD, 0x1, true, F_PERMISSION},
		{S2_LEVEL_0, 0x0, true, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_NESTED);
		stab_change(&t, STE_2, 0, cases[i].ptw ? STE_S2PTW : 0);
		stab_change(&t, cases[i].where, S2_MEM, cases[i].memory << 2);
		stab_start(&t);
		r = stab_read(&t, STAB_IOVA);
		if (r.fault.code != cases[i].event)
			fail_msg("row %zu: event %#x", i, r.fault.code);
		stab_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grants_by_privilege_what_stage_1_says),
		cmocka_unit_test(ignores_restrictions_of_tables_with_had),
		cmocka_unit_test(grants_execution_by_privilege_in_stage_2),
		cmocka_unit_test(gives_el2_one_privilege),
		cmocka_unit_test(overrides_attributes_of_requests),
		cmocka_unit_test(refuses_protected_table_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
