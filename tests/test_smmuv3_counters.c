/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of SMMUv3 under the names of its performance monitor events (10.4). */
#include "smmu_tables.h"

#include "model/arch.h"
#include "model/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint64_t perf(const struct stab *t, const char *name)
{
	const struct ioasim_arch *arch = arch_find("smmuv3");
	const char *found, *about = NULL;
	uint64_t value = 0;

	for (unsigned n = 0; (found = arch->perf_counter(t->rig.unit, n, &value, &about)); n++) {
		assert_non_null(about);
		if (strcmp(found, name) == 0)
			return value;
	}
	fail_msg("no counter %s", name);
	return 0;
}

static void events_have_the_names_of_the_machine_and_an_explanation(void **state)
{
	static const char *const names[] = {
		"transaction",           "tlb_miss",
		"config_cache_miss",     "trans_table_walk_access",
		"config_struct_access",  "pcie_ats_trans_rq",
		"pcie_ats_trans_passed",
	};
	const struct ioasim_arch *arch = arch_find("smmuv3");
	const char *about = NULL;
	uint64_t value;
	struct stab t;

	(void)state;
	stab_open(&t, true);
	for (unsigned n = 0; n < COUNT(names); n++) {
		assert_string_equal(arch->perf_counter(t.rig.unit, n, &value, &about), names[n]);
		assert_true(strlen(about) > 5);
		assert_int_equal(value, 0);
	}
	assert_null(arch->perf_counter(t.rig.unit, COUNT(names), &value, &about));
	stab_close(&t);
}

/* 10: a nested stream: an STE, a CD behind 4 levels of stage 2, 4 levels of stage 1 behind
 * 4 each, and 4 for the page: 30 reads without caches. */
static void a_cold_nested_walk_is_counted_by_what_it_reads(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, false);
	stab_build(&t, STAB_NESTED);
	stab_start(&t);
	assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_OK);
	assert_int_equal(perf(&t, "transaction"), 1);
	assert_int_equal(perf(&t, "config_struct_access"), 2);
	assert_int_equal(perf(&t, "trans_table_walk_access"), 28);
	stab_close(&t);
}

static void misses_are_those_of_the_caches(void **state)
{
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_S1);
	stab_start(&t);
	for (unsigned i = 0; i < 3; i++)
		stab_read(&t, STAB_IOVA);
	assert_int_equal(perf(&t, "transaction"), 3);
	assert_int_equal(perf(&t, "tlb_miss"), 1);
	/* The STE and the CD. */
	assert_int_equal(perf(&t, "config_cache_miss"), 2);
	stab_read(&t, STAB_IOVA + 0x1000); /* not mapped */
	assert_int_equal(perf(&t, "tlb_miss"), 2);
	assert_int_equal(perf(&t, "config_cache_miss"), 2);
	assert_null(counters_check(t.rig.unit));
	stab_close(&t);
}

static void requests_of_ats_are_counted_by_kind(void **state)
{
	struct ioasim_request request = stab_request(STAB_IOVA, IOASIM_READ);
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_S1);
	stab_change(&t, STE_1, 0, STE_EATS(1));
	stab_start(&t);
	request.kind = IOASIM_TRANSLATION_REQUEST;
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
	request.kind = IOASIM_TRANSLATED;
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
	assert_int_equal(stab_ask(&t, &request).outcome, IOASIM_OK);
	stab_change(&t, STE_1, STE_EATS(3), 0);
	srig_command(&t.rig, 0x03 | (uint64_t)STAB_SID << 32, 1);
	srig_cr0(&t.rig, CR0_ATSCHK, 0);
	assert_int_equal(stab_ask(&t, &request).fault.code, 0x07);
	assert_int_equal(perf(&t, "pcie_ats_trans_rq"), 1);
	assert_int_equal(perf(&t, "pcie_ats_trans_passed"), 2);
	assert_int_equal(perf(&t, "transaction"), 4);
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_have_the_names_of_the_machine_and_an_explanation),
		cmocka_unit_test(a_cold_nested_walk_is_counted_by_what_it_reads),
		cmocka_unit_test(misses_are_those_of_the_caches),
		cmocka_unit_test(requests_of_ats_are_counted_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
