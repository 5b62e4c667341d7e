/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SMMUv3 caches under which tags (3.17, 3.21.1, 16.2), what of it commands for
 * configurations remove (4.3), and what a hit says. test_smmuv3_tlbi.c has the commands
 * for translations.
 */
#include "smmu_streams.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define C_BAD_STE     0x04
#define C_BAD_CD      0x0a
#define F_TRANSLATION 0x10
#define F_PERMISSION  0x13

/* ---- Configuration caches (4.3, 3.21.1) -------------------------------------------------------- */

/* A stream with two-level CD table behind a two-level stream table, at StreamID 0x45. */
#define TWO_SID  0x45u
#define TWO_SSID 0x47u

struct two_level {
	struct stab t;
	uint64_t l1std, ste, l1cd, cd;
};

static void two_level_open(struct two_level *w)
{
	struct stab *t = &w->t;
	uint64_t cd[4] = {CD_PLAIN | CD_ASID(STAB_ASID)}, stes, cds;

	stab_open(t, true);
	w->l1std = stab_take(t, 64) + 8;
	stes = stab_take(t, 64 * 64);
	w->ste = stes + (TWO_SID & 63) * 64;
	w->l1cd = stab_take(t, 64) + 8;
	cds = stab_take(t, 4096);
	w->cd = cds + (TWO_SSID & 63) * 64;
	stab_tree(t, &t->s1, 12, 48);
	stab_map(t, &t->s1, STAB_IOVA, 0, STAB_FRAME | S1_ALL);
	cd[1] = t->s1.root;
	stab_cd(t, w->cd, cd);
	srig_poke(&t->rig, w->l1cd, cds | 1);
	srig_poke(&t->rig, w->ste, (w->l1cd - 8) | STE_S1 | STE_S1CDMAX(7) | STE_S1FMT(1));
	srig_poke(&t->rig, w->ste + 16, STAB_VMID);
	srig_poke(&t->rig, w->l1std, stes | 7);
	srig_start(&t->rig, w->l1std - 8, 8 | 6u << 6 | 1u << 16, CR2_RECINVSID);
}

static struct ioasim_response two_level_read(struct two_level *w)
{
	struct ioasim_request request = stab_request_pasid(STAB_IOVA, IOASIM_READ, TWO_SSID);

	request.requester_id = TWO_SID;
	return stab_ask(&w->t, &request);
}

/* What is read again after each command, which tells what it removed. */
static void removes_the_configuration_that_a_command_names(void **state)
{
	static const struct {
		const char *rule;
		uint64_t w0, w1;
		unsigned l1std, ste, l1cd, cd; /* reads */
	} cases[] = {
		{"CFGI_STE, leaf", CFGI_STE(TWO_SID), LEAF, 0, 1, 1, 1},
		{"CFGI_STE", CFGI_STE(TWO_SID), 0, 1, 1, 1, 1},
		{"CFGI_STE of another", CFGI_STE(TWO_SID + 1), LEAF, 0, 0, 0, 0},
		{"CFGI_STE of another, same L1STD", CFGI_STE(TWO_SID + 1), 0, 0, 0, 0, 0},
		{"CFGI_STE_RANGE of 2", CFGI_STE_RANGE(TWO_SID), 0, 1, 1, 1, 1},
		{"CFGI_STE_RANGE of 4", CFGI_STE_RANGE(0x46), 1, 1, 1, 1, 1},
		{"CFGI_STE_RANGE of 64 others", CFGI_STE_RANGE(0x80), 5, 0, 0, 0, 0},
		{"CFGI_ALL", CFGI_STE_RANGE(0), 31, 1, 1, 1, 1},
		{"CFGI_CD, leaf", CFGI_CD(TWO_SID, TWO_SSID), LEAF, 0, 0, 0, 1},
		{"CFGI_CD", CFGI_CD(TWO_SID, TWO_SSID), 0, 0, 0, 1, 1},
		{"CFGI_CD of another, same L1CD", CFGI_CD(TWO_SID, TWO_SSID + 1), 0, 0, 0, 0, 0},
		{"CFGI_CD of another stream", CFGI_CD(TWO_SID + 1, TWO_SSID), 0, 0, 0, 0, 0},
		{"CFGI_CD_ALL", CFGI_CD_ALL(TWO_SID), 0, 0, 0, 1, 1},
		{"CFGI_CD_ALL of another", CFGI_CD_ALL(TWO_SID + 1), 0, 0, 0, 0, 0},
		{"TLBI_NSNH_ALL", NSNH_ALL, 0, 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_response r;
		struct two_level w;

		two_level_open(&w);
		assert_int_equal(two_level_read(&w).outcome, IOASIM_OK);
		srig_command(&w.t.rig, cases[i].w0, cases[i].w1);
		r = two_level_read(&w);
		assert_int_equal(r.outcome, IOASIM_OK);
		/* An L1STD is needed only where the STE is gone: for a pair to tell more,
		 * rows that remove both are those that say so. */
		if (r.cost.refs[IOASIM_REF_DEVICE_TABLE][1] !=
			    (cases[i].ste ? cases[i].l1std != 0 : 0) ||
		    r.cost.refs[IOASIM_REF_DEVICE_TABLE][0] != cases[i].ste ||
		    r.cost.refs[IOASIM_REF_PASID_TABLE][1] != cases[i].l1cd ||
		    r.cost.refs[IOASIM_REF_PASID_TABLE][0] != cases[i].cd)
			fail_msg("%s: reads L1STD %u, STE %u, L1CD %u, CD %u", cases[i].rule,
				 r.cost.refs[IOASIM_REF_DEVICE_TABLE][1],
				 r.cost.refs[IOASIM_REF_DEVICE_TABLE][0],
				 r.cost.refs[IOASIM_REF_PASID_TABLE][1],
				 r.cost.refs[IOASIM_REF_PASID_TABLE][0]);
		stab_close(&w.t);
	}
}

/* 3.21.1: also what is not valid is kept, until it is named. */
static void keeps_invalid_structures_until_invalidated(void **state)
{
	struct two_level w;

	(void)state;
	two_level_open(&w);
	srig_poke(&w.t.rig, w.cd, srig_peek(&w.t.rig, w.cd) & ~CD_V);
	assert_int_equal(two_level_read(&w).fault.code, C_BAD_CD);
	srig_poke(&w.t.rig, w.cd, srig_peek(&w.t.rig, w.cd) | CD_V);
	assert_int_equal(two_level_read(&w).fault.code, C_BAD_CD);
	srig_command(&w.t.rig, CFGI_CD(TWO_SID, TWO_SSID), LEAF);
	assert_int_equal(two_level_read(&w).outcome, IOASIM_OK);
	srig_poke(&w.t.rig, w.ste, srig_peek(&w.t.rig, w.ste) & ~BIT(0));
	assert_int_equal(two_level_read(&w).outcome, IOASIM_OK);
	srig_command(&w.t.rig, CFGI_STE(TWO_SID), LEAF);
	assert_int_equal(two_level_read(&w).fault.code, C_BAD_STE);
	srig_poke(&w.t.rig, w.ste, srig_peek(&w.t.rig, w.ste) | BIT(0));
	assert_int_equal(two_level_read(&w).fault.code, C_BAD_STE);
	srig_command(&w.t.rig, CFGI_STE(TWO_SID), LEAF);
	assert_int_equal(two_level_read(&w).outcome, IOASIM_OK);
	stab_close(&w.t);
}

static void keeps_nothing_of_a_failed_fetch(void **state)
{
	struct two_level w;

	(void)state;
	two_level_open(&w);
	assert_int_equal(ioasim_memory_abort(w.t.rig.memory, w.cd, w.cd + 63), 0);
	assert_int_equal(two_level_read(&w).outcome, IOASIM_FAULT);
	ioasim_memory_clear_aborts(w.t.rig.memory);
	assert_int_equal(ioasim_memory_abort(w.t.rig.memory, w.l1std, w.l1std + 7), 0);
	srig_command(&w.t.rig, CFGI_STE(TWO_SID), 0);
	assert_int_equal(two_level_read(&w).outcome, IOASIM_FAULT);
	ioasim_memory_clear_aborts(w.t.rig.memory);
	assert_int_equal(two_level_read(&w).outcome, IOASIM_OK);
	stab_close(&w.t);
}

/* ---- Look-up by tags (3.17, 3.17.1) --------------------------------------------------------------- */

/* A page that the first stream has filled: does the second one meet it? The tables of
 * the second map another frame, so that its answer tells. */
static void meets_entries_of_its_own_tags_only(void **state)
{
	static const struct {
		const char *rule;
		struct stream first, second;
		bool met;
	} cases[] = {
		{"same ASID", {.asid = 9}, {.asid = 9}, true},
		{"other ASID", {.asid = 9}, {.asid = 10}, false},
		{"other VMID", {.asid = 9, .vmid = 1}, {.asid = 9, .vmid = 2}, false},
		{"ASID of another set", {.asid = 9}, {.asid = 9, .cd0 = CD_ASET}, true},
		{"global, other ASID", {.asid = 9, .global = true}, {.asid = 10}, true},
		{"global of another set",
		 {.asid = 9, .global = true},
		 {.asid = 10, .cd0 = CD_ASET},
		 false},
		{"global, other VMID", {.asid = 9, .global = true}, {.asid = 9, .vmid = 2}, false},
		{"EL2 of EL1", {.asid = 9}, {.asid = 9, .ste1 = STE_STRW(2)}, false},
		{"EL2, any ASID and VMID",
		 {.asid = 9, .vmid = 1, .ste1 = STE_STRW(2)},
		 {.asid = 10, .vmid = 2, .ste1 = STE_STRW(2)},
		 true},
		{"stage 2 of a VMID",
		 {.config = STAB_S2, .vmid = 3},
		 {.config = STAB_S2, .vmid = 3},
		 true},
		{"stage 2 of another VMID",
		 {.config = STAB_S2, .vmid = 3},
		 {.config = STAB_S2, .vmid = 4},
		 false},
		{"stage 1 is not stage 2", {.asid = 0}, {.config = STAB_S2}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream first = cases[i].first, second = cases[i].second;
		struct ioasim_response r;
		struct stab t;

		first.sid = 0x20;
		second.sid = 0x21;
		first.config = first.config ? first.config : STAB_S1;
		second.config = second.config ? second.config : STAB_S1;
		stab_open(&t, true);
		stream_add(&t, &first);
		stream_add(&t, &second);
		stab_start(&t);
		assert_int_equal(stream_read(&t, 0x20, STAB_IOVA).pa, first.frame);
		r = stream_read(&t, 0x21, STAB_IOVA);
		if (r.pa != (cases[i].met ? first.frame : second.frame))
			fail_msg("%s: pa %#" PRIx64, cases[i].rule, r.pa);
		stab_close(&t);
	}
}

/* ---- What is not cached, and what a hit says ------------------------------------------------------------ */

static void keeps_nothing_of_descriptors_that_fault(void **state)
{
	static const struct {
		uint64_t clear, set;
	} cases[] = {{BIT(0), 0}, {PTE_AF, 0}, {BIT(1), 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_S1);
		stab_change(&t, S1_LEVEL_0, cases[i].clear, cases[i].set);
		stab_start(&t);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_FAULT);
		stab_change(&t, S1_LEVEL_0, cases[i].set, cases[i].clear);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
		stab_close(&t);
	}
}

/* A permission that is relaxed needs TLBI (3.21): faults come out of the TLB, with the
 * stage that they are of. */
static void faults_by_cached_permissions(void **state)
{
	static const enum stab_config configs[] = {STAB_S1, STAB_S2, STAB_NESTED};

	(void)state;
	for (size_t i = 0; i < COUNT(configs); i++) {
		struct ioasim_request write = stab_request(STAB_IOVA, IOASIM_WRITE);
		bool second = configs[i] != STAB_S1;
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, configs[i]);
		if (second)
			stab_change(&t, S2_LEVEL_0, S2_WRITE, 0);
		else
			stab_change(&t, S1_LEVEL_0, 0, S1_AP2);
		stab_start(&t);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
		if (second)
			stab_change(&t, S2_LEVEL_0, 0, S2_WRITE);
		else
			stab_change(&t, S1_LEVEL_0, S1_AP2, 0);
		r = stab_ask(&t, &write);
		assert_int_equal(r.fault.code, F_PERMISSION);
		assert_int_equal(r.fault.record[1] & BIT(39), second ? BIT(39) : 0);
		assert_int_equal(r.fault.record[3],
				 second ? (configs[i] == STAB_S2 ? STAB_IOVA : STAB_IPA) : 0);
		assert_true(stream_hit(&r, IOASIM_CACHE_IOTLB));
		srig_command(&t.rig, S12_VMALL(STAB_VMID), 0);
		assert_int_equal(stab_ask(&t, &write).outcome, IOASIM_OK);
		stab_close(&t);
	}
}

/* Rights are of the page: each hit is judged by its own request. */
static void judges_each_hit_by_its_request(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, IOASIM_READ);
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_S1);
	stab_change(&t, S1_LEVEL_0, S1_AP1, 0);
	stab_change(&t, CD_1, 0, CD_E0PD);
	stab_start(&t);
	request.privileged = true;
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
	request.privileged = false;
	/* 5.4 E0PD: a Translation fault, whatever the TLB holds. */
	assert_int_equal(stab_ask(&t, &request).fault.code, F_TRANSLATION);
	stab_close(&t);
}

/* 3.13.3: a clean page is served to readers; the first write goes to memory. */
static void walks_again_for_the_first_write_to_a_clean_page(void **state)
{
	struct ioasim_request write = stab_request(STAB_IOVA, IOASIM_WRITE);
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_S1);
	stab_change(&t, CD_0, 0, CD_HA | CD_HD);
	stab_change(&t, S1_LEVEL_0, 0, S1_AP2 | PTE_DBM);
	stab_start(&t);
	stab_read(&t, STAB_IOVA);
	r = stab_read(&t, STAB_IOVA);
	assert_true(stream_hit(&r, IOASIM_CACHE_IOTLB));
	assert_int_equal(r.access & IOASIM_WRITE, IOASIM_WRITE);
	r = stab_ask(&t, &write);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.cost.flag_updates, 1);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S1_LEVEL_0)) & S1_AP2, 0);
	r = stab_ask(&t, &write);
	assert_true(stream_hit(&r, IOASIM_CACHE_IOTLB));
	stab_close(&t);
}

/* 16.2.1: a change of stage 2 is seen behind both commands, not behind the first. */
static void needs_both_commands_for_a_change_of_stage_2(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	stab_start(&t);
	assert_int_equal(stab_read(&t, STAB_IOVA).pa, STAB_FRAME);
	stab_map(&t, &t.s2, STAB_IPA, 0, (STAB_FRAME + 0x5000) | S2_ALL);
	srig_command(&t.rig, S2_IPA(STAB_VMID), STAB_IPA);
	assert_int_equal(stab_read(&t, STAB_IOVA).pa, STAB_FRAME);
	srig_command(&t.rig, NH_ALL(STAB_VMID), 0);
	assert_int_equal(stab_read(&t, STAB_IOVA).pa, STAB_FRAME + 0x5000);
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_the_configuration_that_a_command_names),
		cmocka_unit_test(keeps_invalid_structures_until_invalidated),
		cmocka_unit_test(keeps_nothing_of_a_failed_fetch),
		cmocka_unit_test(meets_entries_of_its_own_tags_only),
		cmocka_unit_test(keeps_nothing_of_descriptors_that_fault),
		cmocka_unit_test(faults_by_cached_permissions),
		cmocka_unit_test(judges_each_hit_by_its_request),
		cmocka_unit_test(walks_again_for_the_first_write_to_a_clean_page),
		cmocka_unit_test(needs_both_commands_for_a_change_of_stage_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
