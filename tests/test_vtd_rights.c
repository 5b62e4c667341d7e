/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What VT-d walks yield: rights of 3.6.1, 3.7.1 and 3.8.1, flags of 3.6.2 and 3.7.2,
 * page sizes of nested walks, memory references. Caches are off.
 */
#include "vtd_kinds.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- Rights ---------------------------------------------------------------------------- */

/* 3.6.1, all of it: what each privilege may do with U/S and R/W of the walk. */
static void first_stage_rights_follow_privilege_and_wpe(void **state)
{
	static const struct {
		bool user, writable, wpe, privileged;
		unsigned allowed;
		uint8_t read_reason, write_reason;
	} cases[] = {
		{0, 0, 0, 0, 0, 0x81, 0x81}, {0, 1, 0, 0, 0, 0x81, 0x81}, {1, 0, 0, 0, R, 0, 0x85},
		{1, 1, 0, 0, R | W, 0, 0},   {1, 0, 1, 0, R, 0, 0x85},    {1, 1, 1, 0, R | W, 0, 0},
		{0, 0, 0, 1, R | W, 0, 0},   {0, 1, 0, 1, R | W, 0, 0},   {1, 0, 0, 1, R | W, 0, 0},
		{1, 1, 0, 1, R | W, 0, 0},   {0, 0, 1, 1, R, 0, 0x85},    {0, 1, 1, 1, R | W, 0, 0},
		{1, 0, 1, 1, R, 0, 0x85},    {1, 1, 1, 1, R | W, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* Each right is taken away at each level in turn. */
		for (unsigned level = 0; level < 4; level++) {
			struct ioasim_request request = tables_request_pasid(IOVA, R, TABLES_PASID);
			struct ioasim_response r;
			struct fixture f;

			kind_open(&f, FIRST);
			kind_change(&f, FS_LEVEL_0 + level,
				    (cases[i].user ? 0 : FS_U) | (cases[i].writable ? 0 : FS_W), 0);
			if (cases[i].wpe)
				rig_poke(&f.t.rig, tables_pasid_entry(&f.t, TABLES_PASID) + 16,
					 f.fs | PASID_SRE | PASID_WPE);
			request.privileged = cases[i].privileged;
			r = tables_ask(&f.t, &request);
			assert_int_equal(r.fault.code, cases[i].read_reason);
			if (!cases[i].read_reason)
				assert_int_equal(r.access, cases[i].allowed);
			request.access = W;
			r = tables_ask(&f.t, &request);
			assert_int_equal(r.fault.code, cases[i].write_reason);
			kind_close(&f);
		}
	}
}

/* 3.7.1 and SSS.2: rights are ANDed; nothing left is a reason of its own. */
static void second_stage_rights_are_what_all_levels_leave(void **state)
{
	static const struct {
		uint64_t upper, lower; /* rights of two levels */
		uint8_t read, write; /* reasons */
	} cases[] = {
		{SS_RW, SS_RW, 0, 0},     {SS_RW, SS_R, 0, 0x85}, {SS_R, SS_RW, 0, 0x85},
		{SS_RW, SS_W, 0x86, 0},   {SS_W, SS_RW, 0x86, 0}, {SS_R, SS_W, 0x79, 0x79},
		{SS_W, SS_R, 0x79, 0x79}, {SS_RW, 0, 0x79, 0x79}, {0, SS_RW, 0x79, 0x79},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request read = tables_request(IOVA, R);
		struct ioasim_request write = tables_request(IOVA, W);
		struct fixture f;

		kind_open(&f, SECOND);
		kind_change(&f, SS_LEVEL_2, SS_RW, cases[i].upper);
		kind_change(&f, SS_LEVEL_0, SS_RW, cases[i].lower);
		assert_int_equal(tables_ask(&f.t, &read).fault.code, cases[i].read);
		assert_int_equal(tables_ask(&f.t, &write).fault.code, cases[i].write);
		kind_close(&f);
	}
}

/* ---- Accessed and dirty ------------------------------------------------------------------ */

static uint64_t flags_of(struct fixture *f, enum where where, uint64_t mask)
{
	return rig_peek(&f->t.rig, kind_place(f, where)) & mask;
}

static void first_stage_sets_accessed_everywhere_and_dirty_in_leaves(void **state)
{
	const uint64_t both = FS_A | FS_D | FS_EA;

	(void)state;
	for (unsigned nested = 0; nested < 2; nested++) {
		for (unsigned ea = 0; ea < 2; ea++) {
			uint64_t accessed = FS_A | (ea ? FS_EA : 0);
			struct ioasim_request request = tables_request(IOVA, R);
			struct ioasim_response r;
			struct fixture f;

			kind_open(&f, nested ? NESTED : FIRST);
			kind_change(&f, PASID_2, 0, ea ? PASID_EAFE : 0);
			for (unsigned level = 0; level < 4; level++)
				kind_change(&f, FS_LEVEL_0 + level, both, 0);
			r = tables_ask(&f.t, &request);
			assert_int_equal(r.outcome, IOASIM_OK);
			assert_int_equal(r.cost.flag_updates, 4);
			for (unsigned level = 0; level < 4; level++)
				assert_int_equal(flags_of(&f, FS_LEVEL_0 + level, both), accessed);

			/* D although A stands already. */
			request.access = W;
			r = tables_ask(&f.t, &request);
			assert_int_equal(r.cost.flag_updates, 1);
			assert_int_equal(flags_of(&f, FS_LEVEL_0, both), accessed | FS_D);
			assert_int_equal(flags_of(&f, FS_LEVEL_1, both), accessed);
			kind_close(&f);
		}
	}
}

static void second_stage_sets_flags_with_ssade_only(void **state)
{
	(void)state;
	for (unsigned ssade = 0; ssade < 2; ssade++) {
		struct ioasim_request request = tables_request(IOVA, R);
		struct fixture f;

		kind_open(&f, SECOND);
		kind_change(&f, PASID_0, 0, ssade ? PASID_SSADE : 0);
		assert_int_equal(tables_ask(&f.t, &request).cost.flag_updates, ssade ? 4 : 0);
		assert_int_equal(flags_of(&f, SS_LEVEL_0, SS_A | SS_D), ssade ? SS_A : 0);
		request.access = W;
		assert_int_equal(tables_ask(&f.t, &request).cost.flag_updates, ssade);
		assert_int_equal(flags_of(&f, SS_LEVEL_0, SS_A | SS_D), ssade ? SS_A | SS_D : 0);
		assert_int_equal(flags_of(&f, SS_LEVEL_1, SS_A | SS_D), ssade ? SS_A : 0);
		kind_close(&f);
	}
}

/* 3.10, SFS.9 and SSS.5: flags that have to be set need a snooped walk. */
static void flags_cannot_be_set_without_snooping(void **state)
{
	struct ioasim_request read = tables_request(IOVA, R), write = tables_request(IOVA, W);
	struct fixture f;

	(void)state;
	kind_open(&f, FIRST);
	kind_change(&f, PASID_1, PASID_PWSNP, 0);
	assert_int_equal(tables_ask(&f.t, &write).outcome, IOASIM_OK);
	kind_change(&f, FS_LEVEL_0, FS_D, 0);
	assert_int_equal(tables_ask(&f.t, &read).outcome, IOASIM_OK);
	assert_int_equal(tables_ask(&f.t, &write).fault.code, 0x90);
	kind_change(&f, FS_LEVEL_2, FS_A, 0);
	assert_int_equal(tables_ask(&f.t, &read).fault.code, 0x90);
	kind_close(&f);

	kind_open(&f, SECOND);
	kind_change(&f, PASID_1, PASID_PWSNP, 0);
	assert_int_equal(tables_ask(&f.t, &read).outcome, IOASIM_OK);
	kind_change(&f, PASID_0, 0, PASID_SSADE);
	assert_int_equal(tables_ask(&f.t, &read).fault.code, 0x7c);
	kind_close(&f);
}

/* 3.8.1, SFS.8: flags of a first-stage entry are written through the second stage. */
static void flags_of_nested_tables_need_the_second_stages_write_right(void **state)
{
	struct ioasim_request read = tables_request(IOVA, R);
	struct fixture f;

	(void)state;
	kind_open(&f, NESTED);
	kind_change(&f, SS_PAGE_OF_FS_1, SS_W, 0);
	assert_int_equal(tables_ask(&f.t, &read).outcome, IOASIM_OK);
	kind_change(&f, FS_LEVEL_1, FS_A, 0);
	assert_int_equal(tables_ask(&f.t, &read).fault.code, 0x77);
	kind_close(&f);

	/* With SSADE also where nothing has to be set. */
	kind_open(&f, NESTED);
	kind_change(&f, PASID_0, 0, PASID_SSADE);
	kind_change(&f, SS_PAGE_OF_FS_1, SS_W, 0);
	assert_int_equal(tables_ask(&f.t, &read).fault.code, 0x77);
	kind_change(&f, SS_PAGE_OF_FS_1, 0, SS_W);
	kind_change(&f, FS_LEVEL_1, FS_A, 0);
	assert_int_equal(tables_ask(&f.t, &read).outcome, IOASIM_OK);
	assert_int_equal(flags_of(&f, SS_PAGE_OF_FS_1, SS_A | SS_D), SS_A | SS_D);
	assert_int_equal(flags_of(&f, FS_LEVEL_1, FS_A), FS_A);
	kind_close(&f);
}

/* 4.2.3.1: dirty is due where the completion lets the device write. */
static void translation_requests_set_dirty_only_where_both_stages_grant_writing(void **state)
{
	struct ioasim_request request = tables_request(IOVA, R | W);
	struct fixture f;

	(void)state;
	request.kind = IOASIM_TRANSLATION_REQUEST;
	kind_open(&f, NESTED);
	kind_change(&f, FS_LEVEL_0, FS_D, 0);
	kind_change(&f, SS_LEVEL_0, SS_W, 0);
	assert_int_equal(tables_ask(&f.t, &request).access, R);
	assert_int_equal(flags_of(&f, FS_LEVEL_0, FS_D), 0);
	kind_change(&f, SS_LEVEL_0, 0, SS_W);
	request.access = R;
	assert_int_equal(tables_ask(&f.t, &request).access, R);
	assert_int_equal(flags_of(&f, FS_LEVEL_0, FS_D), 0);
	request.access = R | W;
	assert_int_equal(tables_ask(&f.t, &request).access, R | W);
	assert_int_equal(flags_of(&f, FS_LEVEL_0, FS_D), FS_D);
	kind_close(&f);
}

/* ---- References --------------------------------------------------------------------------- */

static void references_are_those_of_the_structures_read(void **state)
{
	static const struct {
		enum kind kind;
		unsigned fs, ss; /* levels */
		unsigned device, pasid, stage1, stage2, for_stage1, total;
	} cases[] = {
		{LEGACY, 4, 3, 2, 0, 0, 3, 0, 5},   {LEGACY, 4, 4, 2, 0, 0, 4, 0, 6},
		{LEGACY, 4, 5, 2, 0, 0, 5, 0, 7},   {SECOND, 4, 3, 2, 2, 0, 3, 0, 7},
		{SECOND, 4, 4, 2, 2, 0, 4, 0, 8},   {SECOND, 4, 5, 2, 2, 0, 5, 0, 9},
		{FIRST, 4, 4, 2, 2, 4, 0, 0, 8},    {FIRST, 5, 4, 2, 2, 5, 0, 0, 9},
		{PASS, 4, 4, 2, 2, 0, 0, 0, 4},     {NESTED, 4, 3, 2, 2, 4, 3, 12, 23},
		{NESTED, 4, 4, 2, 2, 4, 4, 16, 28}, {NESTED, 5, 4, 2, 2, 5, 4, 20, 33},
		{NESTED, 5, 5, 2, 2, 5, 5, 25, 39},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* Within 39 bits for the three levels. */
		uint64_t iova = cases[i].kind == NESTED || cases[i].kind == FIRST ? IOVA : 0x123000;
		struct ioasim_request request = tables_request(iova, R);
		const struct ioasim_counters *counters;
		struct ioasim_response r;
		struct fixture f;

		kind_open_levels(&f, cases[i].kind, cases[i].fs, cases[i].ss);
		if (cases[i].kind == LEGACY || cases[i].kind == SECOND)
			tables_map(&f.t, f.ss, cases[i].ss, iova, 0, FRAME | SS_RW);
		r = tables_ask(&f.t, &request);
		assert_int_equal(r.outcome, IOASIM_OK);
		assert_int_equal(tables_refs(&r.cost, IOASIM_REF_DEVICE_TABLE), cases[i].device);
		assert_int_equal(tables_refs(&r.cost, IOASIM_REF_PASID_TABLE), cases[i].pasid);
		assert_int_equal(tables_refs(&r.cost, IOASIM_REF_STAGE1), cases[i].stage1);
		assert_int_equal(tables_refs(&r.cost, IOASIM_REF_STAGE2), cases[i].stage2);
		assert_int_equal(tables_refs(&r.cost, IOASIM_REF_STAGE2_FOR_STAGE1),
				 cases[i].for_stage1);
		assert_int_equal(tables_refs_all(&r.cost), cases[i].total);
		counters = ioasim_unit_counters(f.t.rig.unit);
		for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
			for (unsigned level = 0; level < IOASIM_LEVELS; level++)
				assert_int_equal(counters->refs[kind][level],
						 r.cost.refs[kind][level]);
		kind_close(&f);
	}
}

/* The result is the smaller page, the saved references those below both leaves. */
static void nested_pages_are_the_smaller_of_both_stages(void **state)
{
	/* The part of an offset in a gigabyte that a page's base holds. */
	static const uint64_t inside[] = {0x3ffff000, 0x3fe00000, 0};

	(void)state;
	for (unsigned fs = 0; fs <= 2; fs++) {
		for (unsigned ss = 0; ss <= 2; ss++) {
			const uint64_t iova = UINT64_C(0x40000000) + 0x654321;
			const uint64_t gpa = UINT64_C(0xc0000000), pa = UINT64_C(0x8040000000);
			struct ioasim_request request = tables_request(iova, R);
			struct ioasim_response r;
			struct fixture f;
			uint64_t small = (fs < ss ? fs : ss) * 9 + 12;

			kind_open(&f, NESTED);
			f.t.guest = GUEST;
			tables_map(&f.t, f.fs, 4, iova, fs,
				   (gpa + (iova & inside[fs])) | FS_ALL | FS_D);
			f.t.guest = 0;
			for (uint64_t table = f.fs; table < f.t.next; table += 4096)
				tables_map(&f.t, f.ss, 4, table + GUEST, 0, table | SS_RW);
			tables_map(&f.t, f.ss, 4, gpa + (iova & 0x3fffffff), ss,
				   (pa + (iova & inside[ss])) | SS_RW);
			r = tables_ask(&f.t, &request);
			assert_int_equal(r.outcome, IOASIM_OK);
			assert_int_equal(r.pa, pa + (iova & 0x3fffffff));
			assert_int_equal(r.size_lg2, small);
			assert_int_equal(tables_refs(&r.cost, IOASIM_REF_STAGE1), 4 - fs);
			assert_int_equal(tables_refs(&r.cost, IOASIM_REF_STAGE2), 4 - ss);
			kind_close(&f);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_stage_rights_follow_privilege_and_wpe),
		cmocka_unit_test(second_stage_rights_are_what_all_levels_leave),
		cmocka_unit_test(first_stage_sets_accessed_everywhere_and_dirty_in_leaves),
		cmocka_unit_test(second_stage_sets_flags_with_ssade_only),
		cmocka_unit_test(flags_cannot_be_set_without_snooping),
		cmocka_unit_test(flags_of_nested_tables_need_the_second_stages_write_right),
		cmocka_unit_test(
			translation_requests_set_dirty_only_where_both_stages_grant_writing),
		cmocka_unit_test(references_are_those_of_the_structures_read),
		cmocka_unit_test(nested_pages_are_the_smaller_of_both_stages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
