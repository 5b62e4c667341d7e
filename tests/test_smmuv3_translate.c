/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation by SMMUv3: the faults of walks with their records (7.3), their order
 * (7.3.22), who ends them how (5.5), input ranges (3.4.1), sizes of two stages. Caches
 * are off: test_smmuv3_caches.c has them on.
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

#define F_WALK_EABT   0x0b
#define F_TRANSLATION 0x10
#define F_ADDR_SIZE   0x11
#define F_ACCESS      0x12
#define F_PERMISSION  0x13
#define CLASS_CD      0
#define CLASS_TT      1
#define CLASS_IN      2

/* `clear` when the word's bus access is to fail. */
#define ABORT UINT64_MAX

/* What the third and fourth words of a record tell. */
enum address { NO_ADDRESS, OF_TRANSACTION, OF_CD, OF_S1_ENTRY, OF_FETCH };

/* ---- Faults of walks ---------------------------------------------------------------------- */

static const struct condition {
	const char *rule;
	enum stab_config config;
	enum stab_where where;
	uint64_t clear, set;
	unsigned access;
	uint8_t event;
	bool s2;
	uint8_t class;
	bool ttrnw;
	enum address address;
	unsigned level; /* with OF_S1_ENTRY */
} conditions[] = {
	{"7.3.12 stage 1 descriptor, first level", STAB_S1, S1_LEVEL_3, ABORT, 0, R, F_WALK_EABT,
	 false, CLASS_TT, false, OF_FETCH, 0},
	{"7.3.12 stage 1 descriptor, last level", STAB_S1, S1_LEVEL_0, ABORT, 0, W, F_WALK_EABT,
	 false, CLASS_TT, false, OF_FETCH, 0},
	{"D8.3 invalid", STAB_S1, S1_LEVEL_1, BIT(0), 0, R, F_TRANSLATION, false, CLASS_IN, false,
	 NO_ADDRESS, 0},
	{"D8.3 reserved type at level 3", STAB_S1, S1_LEVEL_0, BIT(1), 0, R, F_TRANSLATION, false,
	 CLASS_IN, false, NO_ADDRESS, 0},
	{"D8.3 no block at level 0", STAB_S1, S1_LEVEL_3, BIT(1), 0, R, F_TRANSLATION, false,
	 CLASS_IN, false, NO_ADDRESS, 0},
	{"3.4 table above IPS", STAB_S1, CD_0, CD_IPS(7), CD_IPS(0), R, F_ADDR_SIZE, false,
	 CLASS_IN, false, NO_ADDRESS, 0},
	{"3.13.2 AF", STAB_S1, S1_LEVEL_0, PTE_AF, 0, R, F_ACCESS, false, CLASS_IN, false,
	 NO_ADDRESS, 0},
	{"AF before AP", STAB_S1, S1_LEVEL_0, PTE_AF | S1_AP1, 0, R, F_ACCESS, false, CLASS_IN,
	 false, NO_ADDRESS, 0},
	{"D8.4 AP[1]", STAB_S1, S1_LEVEL_0, S1_AP1, 0, R, F_PERMISSION, false, CLASS_IN, false,
	 NO_ADDRESS, 0},
	{"D8.4 AP[2]", STAB_S1, S1_LEVEL_0, 0, S1_AP2, W, F_PERMISSION, false, CLASS_IN, false,
	 NO_ADDRESS, 0},
	{"D8.4 UXN", STAB_S1, S1_LEVEL_0, 0, S1_UXN, X, F_PERMISSION, false, CLASS_IN, false,
	 NO_ADDRESS, 0},
	{"D8.4 APTable[0]", STAB_S1, S1_LEVEL_3, 0, S1_APT0, R, F_PERMISSION, false, CLASS_IN,
	 false, NO_ADDRESS, 0},
	{"D8.4 APTable[1]", STAB_S1, S1_LEVEL_1, 0, S1_APT1, W, F_PERMISSION, false, CLASS_IN,
	 false, NO_ADDRESS, 0},
	{"5.4 EPD0", STAB_S1, CD_0, 0, CD_EPD0, R, F_TRANSLATION, false, CLASS_IN, false,
	 NO_ADDRESS, 0},
	{"5.4 E0PD0", STAB_S1, CD_1, 0, CD_E0PD, R, F_TRANSLATION, false, CLASS_IN, false,
	 NO_ADDRESS, 0},

	{"stage 2 descriptor, first level", STAB_S2, S2_LEVEL_3, ABORT, 0, R, F_WALK_EABT, true,
	 CLASS_IN, false, OF_FETCH, 0},
	{"stage 2 invalid", STAB_S2, S2_LEVEL_2, BIT(0), 0, R, F_TRANSLATION, true, CLASS_IN, false,
	 OF_TRANSACTION, 0},
	{"stage 2 input range", STAB_S2, STE_2, STE_S2T0SZ(63), STE_S2T0SZ(24), R, F_TRANSLATION,
	 true, CLASS_IN, false, OF_TRANSACTION, 0},
	{"stage 2 output above S2PS", STAB_S2, STE_2, STE_S2PS(7), STE_S2PS(3), R, F_ADDR_SIZE,
	 true, CLASS_IN, false, OF_TRANSACTION, 0},
	{"stage 2 AF", STAB_S2, S2_LEVEL_0, PTE_AF, 0, W, F_ACCESS, true, CLASS_IN, false,
	 OF_TRANSACTION, 0},
	{"S2AP[0]", STAB_S2, S2_LEVEL_0, S2_READ, 0, R, F_PERMISSION, true, CLASS_IN, false,
	 OF_TRANSACTION, 0},
	{"S2AP[1]", STAB_S2, S2_LEVEL_0, S2_WRITE, 0, W, F_PERMISSION, true, CLASS_IN, false,
	 OF_TRANSACTION, 0},
	{"S2 XN", STAB_S2, S2_LEVEL_0, 0, S2_XN(2), X, F_PERMISSION, true, CLASS_IN, false,
	 OF_TRANSACTION, 0},

	{"CD, stage 2 invalid", STAB_NESTED, S2_PAGE_OF_CD, BIT(0), 0, R, F_TRANSLATION, true,
	 CLASS_CD, false, OF_CD, 0},
	{"CD, stage 2 AF", STAB_NESTED, S2_PAGE_OF_CD, PTE_AF, 0, W, F_ACCESS, true, CLASS_CD,
	 false, OF_CD, 0},
	{"CD, no read", STAB_NESTED, S2_PAGE_OF_CD, S2_READ, 0, W, F_PERMISSION, true, CLASS_CD,
	 false, OF_CD, 0},
	{"CD, stage 2 descriptor", STAB_NESTED, S2_PAGE_OF_CD, ABORT, 0, R, F_WALK_EABT, true,
	 CLASS_CD, false, OF_FETCH, 0},
	{"stage 1 table, stage 2 invalid", STAB_NESTED, S2_PAGE_OF_S1_2, BIT(0), 0, R,
	 F_TRANSLATION, true, CLASS_TT, false, OF_S1_ENTRY, 2},
	{"stage 1 table, stage 2 AF", STAB_NESTED, S2_PAGE_OF_S1_0, PTE_AF, 0, W, F_ACCESS, true,
	 CLASS_TT, false, OF_S1_ENTRY, 0},
	{"stage 1 table, no read", STAB_NESTED, S2_PAGE_OF_S1_1, S2_READ, 0, W, F_PERMISSION, true,
	 CLASS_TT, true, OF_S1_ENTRY, 1},
	{"stage 1 table, stage 2 descriptor", STAB_NESTED, S2_PAGE_OF_S1_1, ABORT, 0, R,
	 F_WALK_EABT, true, CLASS_TT, false, OF_FETCH, 0},
	{"stage 1 descriptor of a nested walk", STAB_NESTED, S1_LEVEL_1, ABORT, 0, R, F_WALK_EABT,
	 false, CLASS_TT, false, OF_FETCH, 0},
	{"nested, stage 1 invalid", STAB_NESTED, S1_LEVEL_0, BIT(0), 0, R, F_TRANSLATION, false,
	 CLASS_IN, false, NO_ADDRESS, 0},
	{"nested, stage 2 invalid", STAB_NESTED, S2_LEVEL_0, BIT(0), 0, R, F_TRANSLATION, true,
	 CLASS_IN, false, OF_TRANSACTION, 0},
	{"nested, stage 2 not writable", STAB_NESTED, S2_LEVEL_0, S2_WRITE, 0, W, F_PERMISSION,
	 true, CLASS_IN, false, OF_TRANSACTION, 0},
};

/* Words of the record that 7.3 gives for a request without SubstreamID. */
static void record_of(struct stab *t, const struct condition *c, uint64_t word, uint64_t record[4])
{
	uint64_t final = c->config == STAB_NESTED ? STAB_IPA : STAB_IOVA;

	record[0] = c->event | (uint64_t)STAB_SID << 32;
	record[1] = (c->access & X ? BIT(34) : 0) | (c->access & W ? 0 : BIT(35)) |
		    (c->s2 ? BIT(39) : 0) | (uint64_t)c->class << 40 | (c->ttrnw ? BIT(44) : 0);
	record[2] = STAB_IOVA + 8;
	record[3] = 0;
	switch (c->address) {
	case NO_ADDRESS:
		break;
	case OF_TRANSACTION:
		record[3] = final;
		break;
	case OF_CD:
		record[3] = (t->cd + STAB_GUEST) & ~UINT64_C(0xfff);
		break;
	case OF_S1_ENTRY:
		record[3] = (stab_entry(t, &t->s1, STAB_IOVA, c->level) + STAB_GUEST) &
			    ~UINT64_C(0xfff);
		break;
	case OF_FETCH:
		record[3] = word;
		break;
	}
}

static void open_condition(struct stab *t, const struct condition *c)
{
	uint64_t word = 0;

	stab_open(t, false);
	stab_build(t, c->config);
	if (c->where != NOTHING)
		word = stab_place(t, c->where);
	if (c->clear == ABORT)
		assert_int_equal(ioasim_memory_abort(t->rig.memory, word, word + 7), 0);
	else
		stab_change(t, c->where, c->clear, c->set);
	stab_start(t);
}

static struct ioasim_response ask_condition(struct stab *t, const struct condition *c)
{
	struct ioasim_request request = stab_request(STAB_IOVA + 8, c->access);

	if (c->access & X)
		request.access |= R;
	return stab_ask(t, &request);
}

static void records_each_fault_of_a_walk(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(conditions); i++) {
		const struct condition *c = &conditions[i];
		struct ioasim_response r;
		uint64_t expected[4], record[4] = {0};
		struct stab t;

		open_condition(&t, c);
		record_of(&t, c, stab_place(&t, c->where), expected);
		r = ask_condition(&t, c);
		if (r.outcome != IOASIM_FAULT || r.fault.code != c->event || !r.fault.recorded ||
		    !srig_event(&t.rig, record) || memcmp(record, expected, sizeof(record)) != 0)
			fail_msg("%s: outcome %u, event %#x, record %#" PRIx64 " %#" PRIx64
				 " %#" PRIx64 " %#" PRIx64 ", expected %#" PRIx64 " %#" PRIx64
				 " %#" PRIx64 " %#" PRIx64,
				 c->rule, r.outcome, r.fault.code, record[0], record[1], record[2],
				 record[3], expected[0], expected[1], expected[2], expected[3]);
		stab_close(&t);
	}
}

/* Without the change all of them translate: the table above changes something. */
static void translates_each_configuration(void **state)
{
	static const enum stab_config configs[] = {STAB_S1, STAB_S2, STAB_NESTED};
	static const unsigned accesses[] = {R, W, R | W, R | X};

	(void)state;
	for (size_t i = 0; i < COUNT(configs); i++) {
		for (size_t a = 0; a < COUNT(accesses); a++) {
			struct ioasim_request request = stab_request(STAB_IOVA + 8, accesses[a]);
			struct ioasim_response r;
			struct stab t;

			stab_open(&t, false);
			stab_build(&t, configs[i]);
			stab_start(&t);
			r = stab_ask(&t, &request);
			assert_int_equal(r.outcome, IOASIM_OK);
			assert_int_equal(r.pa, STAB_FRAME + 8);
			assert_int_equal(r.size_lg2, 12);
			assert_int_equal(r.access, R | W | X);
			assert_int_equal(r.domain,
					 STAB_VMID << 16 | (configs[i] == STAB_S2 ? 0 : STAB_ASID));
			stab_close(&t);
		}
	}
}

/* ---- How faults end (5.5) ------------------------------------------------------------------ */

static const struct ending {
	const char *rule;
	enum stab_config config;
	enum stab_where where;
	uint64_t clear, set;
	enum stab_where fault_at; /* what is made invalid */
	uint8_t outcome;
	bool recorded;
} endings[] = {
	{"CD.A, R", STAB_S1, NOTHING, 0, 0, S1_LEVEL_0, IOASIM_FAULT, true},
	{"CD.A", STAB_S1, CD_0, CD_R, 0, S1_LEVEL_0, IOASIM_FAULT, false},
	{"CD.R", STAB_S1, CD_0, CD_A, 0, S1_LEVEL_0, IOASIM_RAZ_WI, true},
	{"none of them", STAB_S1, CD_0, CD_A | CD_R, 0, S1_LEVEL_0, IOASIM_RAZ_WI, false},
	{"CD.S", STAB_S1, CD_0, CD_A | CD_R, CD_S, S1_LEVEL_0, IOASIM_STALLED, true},
	{"STE.S2R", STAB_S2, NOTHING, 0, 0, S2_LEVEL_0, IOASIM_FAULT, true},
	{"no STE.S2R", STAB_S2, STE_2, STE_S2R, 0, S2_LEVEL_0, IOASIM_FAULT, false},
	{"STE.S2S", STAB_S2, STE_2, STE_S2R, STE_S2S, S2_LEVEL_0, IOASIM_STALLED, true},
	{"stage 1 of both", STAB_NESTED, STE_2, STE_S2R, 0, S1_LEVEL_0, IOASIM_FAULT, true},
	{"stage 2 of both", STAB_NESTED, CD_0, CD_R | CD_A, 0, S2_LEVEL_0, IOASIM_FAULT, true},
	{"table of both", STAB_NESTED, STE_2, STE_S2R, 0, S2_PAGE_OF_S1_1, IOASIM_FAULT, false},
	{"table of both, S2S", STAB_NESTED, STE_2, 0, STE_S2S, S2_PAGE_OF_S1_1, IOASIM_STALLED,
	 true},
	{"CD of both, S2S", STAB_NESTED, STE_2, 0, STE_S2S, S2_PAGE_OF_CD, IOASIM_STALLED, true},
	{"CD of both", STAB_NESTED, STE_2, STE_S2R, 0, S2_PAGE_OF_CD, IOASIM_FAULT, false},
};

static void ends_faults_as_the_stage_that_found_them_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(endings); i++) {
		const struct ending *e = &endings[i];
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, e->config);
		stab_change(&t, e->fault_at, BIT(0), 0);
		stab_change(&t, e->where, e->clear, e->set);
		stab_start(&t);
		r = stab_read(&t, STAB_IOVA);
		if (r.outcome != e->outcome || r.fault.recorded != e->recorded)
			fail_msg("%s: outcome %u, recorded %u", e->rule, r.outcome,
				 r.fault.recorded);
		stab_close(&t);
	}
}

/* ---- Input range (3.4.1) -------------------------------------------------------------------- */

static const struct range_case {
	const char *rule;
	unsigned t0sz, t1sz; /* t1sz 0: EPD1 */
	uint64_t cd; /* more bits of word 0 */
	uint64_t address;
	bool translated;
} ranges[] = {
	{"last of TTB0", 25, 0, 0, BITS(38, 12), true},
	{"first beyond TTB0", 25, 0, 0, BIT(39), false},
	{"bit 47 beyond TTB0", 25, 0, 0, BIT(47), false},
	{"TTB1 disabled", 25, 0, 0, ~UINT64_C(0xfff), false},
	{"last of TTB1", 25, 16, 0, ~UINT64_C(0xfff), true},
	{"first of TTB1", 25, 20, 0, ~BITS(43, 0), true},
	{"below TTB1", 25, 20, 0, ~BITS(44, 0), false},
	{"hole between the halves", 16, 16, 0, BIT(48), false},
	{"hole below TTB1", 16, 16, 0, BIT(63), false},
	{"TBI0", 25, 0, CD_TBI0, BITS(63, 56) | BIT(20), true},
	{"TBI0 leaves bit 54", 25, 0, CD_TBI0, BIT(54), false},
	{"TBI0 is not TBI1", 25, 16, CD_TBI0, BITS(55, 12), false},
	{"TBI1", 25, 16, CD_TBI1, BITS(55, 12), true},
	{"TBI1 is not TBI0", 25, 16, CD_TBI1, BIT(60), false},
	{"tag without TBI", 25, 16, 0, BIT(60), false},
};

static void open_range(struct stab *t, const struct range_case *c, struct stab_tree *high)
{
	uint64_t cd[4] = {CD_T0SZ(c->t0sz) | CD_V | CD_IPS(5) | CD_AA64 | CD_R | CD_A | c->cd};
	uint64_t ste[4] = {STE_S1, 0, STAB_VMID, 0};

	stab_open(t, false);
	stab_tree(t, &t->s1, 12, 64 - c->t0sz);
	cd[1] = t->s1.root;
	if (c->t1sz) {
		stab_tree(t, high, 12, 64 - c->t1sz);
		cd[0] |= CD_T1SZ(c->t1sz) | CD_TG1(2);
		cd[2] = high->root;
	} else {
		cd[0] |= CD_EPD1;
	}
	t->cd = stab_take(t, 64);
	stab_cd(t, t->cd, cd);
	ste[0] |= t->cd;
	stab_ste(t, STAB_SID, ste);
	stab_start(t);
}

static void translates_what_lies_in_the_range_of_its_half(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct range_case *c = &ranges[i];
		bool upper = c->address & BIT(55);
		struct ioasim_response r;
		struct stab_tree high;
		uint64_t record[4];
		struct stab t;

		open_range(&t, c, &high);
		if (c->translated)
			stab_map(&t, upper ? &high : &t.s1, c->address, 0, STAB_FRAME | S1_ALL);
		r = stab_read(&t, c->address);
		if (c->translated ? r.outcome != IOASIM_OK || r.pa != STAB_FRAME
				  : r.outcome != IOASIM_FAULT || r.fault.code != F_TRANSLATION ||
					    stab_refs(&r.cost, IOASIM_REF_STAGE1))
			fail_msg("%s: outcome %u, event %#x, pa %#" PRIx64, c->rule, r.outcome,
				 r.fault.code, r.pa);
		/* The address is recorded as it came, whatever TBI ignores. */
		if (!c->translated) {
			assert_true(srig_event(&t.rig, record));
			assert_int_equal(record[2], c->address);
		}
		stab_close(&t);
	}
}

/* ---- Sizes ---------------------------------------------------------------------------------- */

/* 13.6: the smaller of the stages' leaves; Contiguous is a hint and counts for nothing. */
static void answers_with_the_smaller_page_of_two_stages(void **state)
{
	static const struct {
		unsigned s1, s2; /* levels of the leaves */
		unsigned size_lg2;
	} cases[] = {{0, 0, 12}, {1, 0, 12}, {0, 1, 12}, {1, 1, 21},
		     {2, 1, 21}, {1, 2, 21}, {2, 2, 30}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t iova = UINT64_C(0x7f40000000), ipa = UINT64_C(0x180000000);
		uint64_t frame = UINT64_C(0x640000000), offset = 0x12345678 & (BIT(30) - 1);
		uint64_t low1 = BIT(12 + 9 * cases[i].s1) - 1, low2 = BIT(12 + 9 * cases[i].s2) - 1;
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, STAB_NESTED);
		stab_map(&t, &t.s1, iova + (offset & ~low1), cases[i].s1,
			 (ipa + (offset & ~low1)) | S1_ALL | PTE_CONT);
		stab_map(&t, &t.s2, ipa + (offset & ~low2), cases[i].s2,
			 (frame + (offset & ~low2)) | S2_ALL | PTE_CONT);
		for (uint64_t page = UINT64_C(0x200000); page < t.next; page += 4096)
			stab_map(&t, &t.s2, page + STAB_GUEST, 0, page | S2_ALL);
		stab_start(&t);
		r = stab_read(&t, iova + offset);
		if (r.outcome != IOASIM_OK || r.pa != frame + offset ||
		    r.size_lg2 != cases[i].size_lg2)
			fail_msg("levels %u, %u: outcome %u, pa %#" PRIx64 ", size %u", cases[i].s1,
				 cases[i].s2, r.outcome, r.pa, r.size_lg2);
		stab_close(&t);
	}
}

/*
 * 3.3.3: the address of the descriptor goes through stage 2, not that of its table: a
 * 64KB table of stage 1 may lie scattered over 4KB pages.
 */
static void finds_descriptors_of_scattered_tables(void **state)
{
	uint64_t ste[4] = {STE_NESTED, 0, 0, 0}, cd[4] = {0}, table, leaf_table;
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_tree(&t, &t.s2, 12, 48);
	stab_tree(&t, &t.s1, 16, 42);
	t.cd = stab_take(&t, 4096);
	cd[0] = CD_T0SZ(22) | CD_TG0(1) | CD_EPD1 | CD_V | CD_IPS(5) | CD_AA64 | CD_R | CD_A;
	cd[1] = t.s1.root + STAB_GUEST;
	stab_cd(&t, t.cd, cd);
	ste[0] |= t.cd + STAB_GUEST;
	ste[2] = stab_s2_word();
	ste[3] = t.s2.root;
	stab_ste(&t, STAB_SID, ste);
	stab_map(&t, &t.s2, t.cd + STAB_GUEST, 0, t.cd | S2_ALL);
	stab_map(&t, &t.s2, t.s1.root + STAB_GUEST, 0, t.s1.root | S2_ALL);

	/* A last-level table at an IPA whose 16 pages lie backwards in memory. */
	table = stab_take(&t, 65536);
	leaf_table = UINT64_C(0x6000000000);
	for (unsigned i = 0; i < 16; i++)
		stab_map(&t, &t.s2, leaf_table + i * 4096u, 0, (table + (15 - i) * 4096u) | S2_ALL);
	srig_poke(&t.rig, t.s1.root, leaf_table | PTE_TABLE);
	stab_map(&t, &t.s2, STAB_IPA & ~UINT64_C(0xffff), 0, STAB_FRAME | S2_ALL);
	for (unsigned page = 0; page < 8192; page += 511) {
		uint64_t entry = table + (15 - page / 512) * 4096u + page % 512 * 8u;

		srig_poke(&t.rig, entry, (STAB_IPA & ~UINT64_C(0xffff)) | S1_ALL | PTE_PAGE);
	}
	stab_start(&t);
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned page = 0; page < 8192; page += 511) {
			struct ioasim_response r = stab_read(&t, (uint64_t)page << 16);

			assert_int_equal(r.outcome, IOASIM_OK);
			assert_int_equal(r.pa, STAB_FRAME);
		}
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translates_each_configuration),
		cmocka_unit_test(records_each_fault_of_a_walk),
		cmocka_unit_test(ends_faults_as_the_stage_that_found_them_says),
		cmocka_unit_test(translates_what_lies_in_the_range_of_its_half),
		cmocka_unit_test(answers_with_the_smaller_page_of_two_stages),
		cmocka_unit_test(finds_descriptors_of_scattered_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
