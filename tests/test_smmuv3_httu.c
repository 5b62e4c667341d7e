/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware updates of Access flag and dirty state (3.13): what is written when, in
 * which stage, and what is left alone.
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define R IOASIM_READ
#define W IOASIM_WRITE

#define F_ACCESS     0x12
#define F_PERMISSION 0x13

/* ---- One stage ------------------------------------------------------------------------------ */

static const struct update {
	const char *rule;
	bool second; /* the stage: 1 or 2 */
	bool ha, hd, affd;
	uint64_t clear, set; /* of the leaf */
	unsigned access;
	uint32_t event; /* 0: translated */
	uint64_t cleared, added; /* by the update */
} updates[] = {
	{"AF without HA", false, false, false, false, PTE_AF, 0, R, F_ACCESS, 0, 0},
	{"AFFD", false, false, false, true, PTE_AF, 0, R, 0, 0, 0},
	{"HA", false, true, false, false, PTE_AF, 0, R, 0, 0, PTE_AF},
	{"HA whatever AFFD", false, true, false, true, PTE_AF, 0, R, 0, 0, PTE_AF},
	{"HD without HA", false, false, true, false, PTE_AF, 0, R, F_ACCESS, 0, 0},
	{"HD without HA, dirty", false, false, true, false, 0, PTE_DBM | S1_AP2, W, F_PERMISSION, 0,
	 0},
	{"write to clean", false, true, true, false, 0, PTE_DBM | S1_AP2, W, 0, S1_AP2, 0},
	{"write to clean, AF 0", false, true, true, false, PTE_AF, PTE_DBM | S1_AP2, W, 0, S1_AP2,
	 PTE_AF},
	{"read of clean", false, true, true, false, 0, PTE_DBM | S1_AP2, R, 0, 0, 0},
	{"read-only", false, true, true, false, 0, S1_AP2, W, F_PERMISSION, 0, 0},
	{"clean without HD", false, true, false, false, 0, PTE_DBM | S1_AP2, W, F_PERMISSION, 0, 0},
	{"clean, no user", false, true, true, false, S1_AP1, PTE_DBM | S1_AP2, W, F_PERMISSION, 0,
	 0},
	{"DBM of a dirty page", false, true, true, false, 0, PTE_DBM, W, 0, 0, 0},

	{"stage 2, AF without HA", true, false, false, false, PTE_AF, 0, R, F_ACCESS, 0, 0},
	{"stage 2, AFFD", true, false, false, true, PTE_AF, 0, R, 0, 0, 0},
	{"stage 2, HA", true, true, false, false, PTE_AF, 0, R, 0, 0, PTE_AF},
	{"stage 2, write to clean", true, true, true, false, S2_WRITE, PTE_DBM, W, 0, 0, S2_WRITE},
	{"stage 2, read of clean", true, true, true, false, S2_WRITE, PTE_DBM, R, 0, 0, 0},
	{"stage 2, not writable", true, true, true, false, S2_WRITE, 0, W, F_PERMISSION, 0, 0},
	{"stage 2, HD without HA", true, false, true, false, S2_WRITE, PTE_DBM, W, F_PERMISSION, 0,
	 0},
};

static void writes_flags_of_leaves_as_their_use_asks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(updates); i++) {
		const struct update *c = &updates[i];
		struct ioasim_request request = stab_request(STAB_IOVA, c->access);
		enum stab_where leaf = c->second ? S2_LEVEL_0 : S1_LEVEL_0;
		struct ioasim_response r;
		uint64_t before, after;
		struct stab t;

		stab_open(&t, false);
		stab_build(&t, c->second ? STAB_S2 : STAB_S1);
		if (c->second)
			stab_change(&t, STE_2, 0,
				    (c->ha ? STE_S2HA : 0) | (c->hd ? STE_S2HD : 0) |
					    (c->affd ? STE_S2AFFD : 0));
		else
			stab_change(&t, CD_0, 0,
				    (c->ha ? CD_HA : 0) | (c->hd ? CD_HD : 0) |
					    (c->affd ? CD_AFFD : 0));
		stab_change(&t, leaf, c->clear, c->set);
		stab_start(&t);
		before = srig_peek(&t.rig, stab_place(&t, leaf));
		r = stab_ask(&t, &request);
		after = srig_peek(&t.rig, stab_place(&t, leaf));
		if (r.fault.code != c->event || after != ((before & ~c->cleared) | c->added) ||
		    r.cost.flag_updates != (before != after))
			fail_msg("%s: event %#x, leaf %#" PRIx64 " became %#" PRIx64, c->rule,
				 r.fault.code, before, after);
		stab_close(&t);
	}
}

/* APTable[1] is no matter of dirty state (3.13.3.1). */
static void leaves_what_tables_protect_clean(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, W);
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_S1);
	stab_change(&t, CD_0, 0, CD_HA | CD_HD);
	stab_change(&t, S1_LEVEL_2, 0, S1_APT1);
	stab_change(&t, S1_LEVEL_0, 0, PTE_DBM | S1_AP2);
	stab_start(&t);
	assert_int_equal(stab_ask(&t, &request).fault.code, F_PERMISSION);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S1_LEVEL_0)) & S1_AP2, S1_AP2);
	stab_close(&t);
}

/* ---- Two stages (3.13.5) -------------------------------------------------------------------- */

static void open_nested(struct stab *t)
{
	stab_open(t, false);
	stab_build(t, STAB_NESTED);
	stab_change(t, CD_0, 0, CD_HA | CD_HD);
}

/* The update of a stage 1 descriptor is a write to its page, for a read too. */
static void needs_a_writable_page_for_the_update_of_a_table(void **state)
{
	uint64_t record[4];
	struct ioasim_response r;
	struct stab t;

	(void)state;
	open_nested(&t);
	stab_change(&t, S1_LEVEL_0, PTE_AF, 0);
	stab_change(&t, S2_PAGE_OF_S1_0, S2_WRITE, 0);
	stab_start(&t);
	r = stab_read(&t, STAB_IOVA);
	assert_int_equal(r.fault.code, F_PERMISSION);
	assert_true(srig_event(&t.rig, record));
	/* RnW, S2, CLASS TT; TTRnW is 0. */
	assert_int_equal(record[1], BIT(35) | BIT(39) | BIT(40));
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S1_LEVEL_0)) & PTE_AF, 0);
	stab_close(&t);
}

static void makes_the_page_of_a_table_dirty_by_its_update(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, W);
	struct stab t;

	(void)state;
	open_nested(&t);
	stab_change(&t, STE_2, 0, STE_S2HA | STE_S2HD);
	stab_change(&t, S1_LEVEL_0, 0, PTE_DBM | S1_AP2);
	stab_change(&t, S2_PAGE_OF_S1_0, S2_WRITE | PTE_AF, PTE_DBM);
	stab_change(&t, S2_PAGE_OF_S1_1, PTE_AF, 0);
	stab_change(&t, S2_PAGE_OF_CD, S2_WRITE | PTE_AF, PTE_DBM);
	stab_change(&t, S2_LEVEL_0, S2_WRITE | PTE_AF, PTE_DBM);
	stab_start(&t);
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S1_LEVEL_0)) & S1_AP2, 0);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S2_PAGE_OF_S1_0)) & (S2_WRITE | PTE_AF),
			 S2_WRITE | PTE_AF);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S2_PAGE_OF_S1_1)) & PTE_AF, PTE_AF);
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S2_LEVEL_0)) & (S2_WRITE | PTE_AF),
			 S2_WRITE | PTE_AF);
	/* 3.13.3.1: never by the fetch of a CD, which may set AF. */
	assert_int_equal(srig_peek(&t.rig, stab_place(&t, S2_PAGE_OF_CD)) & (S2_WRITE | PTE_AF),
			 PTE_AF);
	stab_close(&t);
}

/* ---- Tables (3.13.6) ------------------------------------------------------------------------ */

#define CD_HAFT BIT(3) /* of word 1 */

static void open_haft(struct stab *t, unsigned httu)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_config_set(&config, "idr0", (SRIG_IDR0 & ~0xc0u) | httu << 6),
			 0);
	stab_open_with(t, &config);
	stab_build(t, STAB_S1);
	stab_change(t, CD_0, 0, CD_HA);
	stab_change(t, CD_1, 0, CD_HAFT);
	stab_start(t);
}

static void marks_table_descriptors_with_haft(void **state)
{
	struct stab t;

	(void)state;
	for (unsigned httu = 2; httu <= 3; httu++) {
		open_haft(&t, httu);
		assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
		for (enum stab_where where = S1_LEVEL_1; where <= S1_LEVEL_3; where++)
			assert_int_equal(srig_peek(&t.rig, stab_place(&t, where)) & PTE_AF,
					 httu == 3 ? PTE_AF : 0);
		stab_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_flags_of_leaves_as_their_use_asks),
		cmocka_unit_test(leaves_what_tables_protect_clean),
		cmocka_unit_test(needs_a_writable_page_for_the_update_of_a_table),
		cmocka_unit_test(makes_the_page_of_a_table_dirty_by_its_update),
		cmocka_unit_test(marks_table_descriptors_with_haft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
