/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a translation reads: one reference for each device table, GCR3, guest and host
 * entry on its way (2.2.2 to 2.2.6), and which of them a second request of the page reads
 * again, with all caches.
 */
#include "amdvi_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define INPUT UINT64_C(0x40203000)
#define DATA  UINT64_C(0x8000000)

struct shape {
	const char *about;
	unsigned mode, guest, glx; /* guest levels, 0: none */
	bool spa; /* the GCR3 table is at an SPA */
	unsigned device, gcr3, stage1, stage2, for_stage1, for_gcr3;
};

/* The sums are 7, 4, 6, 9, 30, 63 and 45. */
static const struct shape shapes[] = {
	{"host, mode 1", 1, 0, 0, false, 1, 0, 0, 1, 0, 0},
	{"host, mode 6", 6, 0, 0, false, 1, 0, 0, 6, 0, 0},
	{"host, mode 3", 3, 0, 0, false, 1, 0, 0, 3, 0, 0},
	{"identity", 0, 0, 0, false, 1, 0, 0, 0, 0, 0},
	{"guest of 4 levels, GLX 0", 0, 4, 0, false, 1, 1, 4, 0, 0, 0},
	{"guest of 5 levels, GLX 2", 0, 5, 2, false, 1, 3, 5, 0, 0, 0},
	{"nested, 4 levels over mode 4, GLX 0", 4, 4, 0, false, 1, 1, 4, 4, 16, 4},
	{"nested, 5 levels over mode 6, GLX 2", 6, 5, 2, false, 1, 3, 5, 6, 30, 18},
	{"nested, 5 levels over mode 6, GLX 2 at an SPA", 6, 5, 2, true, 1, 3, 5, 6, 30, 0},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t input_of(const struct shape *s)
{
	return s->mode == 1 && !s->guest ? UINT64_C(0x3000) : INPUT;
}

/* Guest addresses equal host ones; whatever the tables lie in is mapped. */
static void build(struct amd_tables *t, const struct shape *s)
{
	uint64_t host = amd_page(t), gcr3 = amd_page(t), guest = amd_page(t), first = t->next;
	const uint64_t w[3] = {DTE_OK | DTE_MODE(s->mode) | host |
				       (s->guest ? DTE_GV | DTE_GLX(s->glx) : 0),
			       AMD_DOMAIN, s->guest == 5 ? DTE_2_LEVEL5 : 0};

	amd_dte_guest(t, AMD_ID, w, gcr3);
	if (s->guest) {
		amd_guest_map(t, guest, s->guest, INPUT, 0, DATA | GUEST_PAGE);
		amd_gcr3_set(t, gcr3, s->glx + 1, AMD_PASID, guest | 1);
	}
	if (!s->mode)
		return;
	for (uint64_t page = host; s->guest && page < first + 0x20000; page += 4096)
		amd_host_map(t, host, s->mode, page, 0, page | HOST_PAGE);
	amd_host_map(t, host, s->mode, s->guest ? DATA : input_of(s), 0, DATA | HOST_PAGE);
}

static void open_shape(struct amd_tables *t, const struct shape *s, bool caches)
{
	amd_tables_open(t, caches);
	build(t, s);
	amd_start(&t->rig, AMD_ON | AMD_GT_EN | (s->spa ? 0 : AMD_GCR3_EN));
}

static struct ioasim_response ask(struct amd_tables *t, const struct shape *s)
{
	struct ioasim_request request =
		s->guest ? amd_request_pasid(input_of(s), IOASIM_READ, AMD_PASID)
			 : amd_request(input_of(s), IOASIM_READ);
	struct ioasim_response r = amd_ask(t, &request);

	if (r.outcome != IOASIM_OK || r.pa != (s->mode || s->guest ? DATA : INPUT))
		fail_msg("%s: outcome %u, event %#x", s->about, r.outcome, r.fault.code);
	return r;
}

static void check(const struct shape *s, const char *what, unsigned got, unsigned wanted)
{
	if (got != wanted)
		fail_msg("%s: %u references of %s instead of %u", s->about, got, what, wanted);
}

static void a_cold_walk_reads_each_entry_on_its_way_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		const struct shape *s = &shapes[i];
		struct amd_tables t;
		struct ioasim_response r;

		open_shape(&t, s, false);
		r = ask(&t, s);
		check(s, "device table", amd_refs(&r.cost, IOASIM_REF_DEVICE_TABLE), s->device);
		check(s, "GCR3 tables", amd_refs(&r.cost, IOASIM_REF_PASID_TABLE), s->gcr3);
		check(s, "guest tables", amd_refs(&r.cost, IOASIM_REF_STAGE1), s->stage1);
		check(s, "host tables", amd_refs(&r.cost, IOASIM_REF_STAGE2), s->stage2);
		check(s, "host tables for guest tables",
		      amd_refs(&r.cost, IOASIM_REF_STAGE2_FOR_STAGE1), s->for_stage1);
		check(s, "host tables for GCR3 tables",
		      amd_refs(&r.cost, IOASIM_REF_STAGE2_FOR_PASID_TABLE), s->for_gcr3);
		amd_tables_close(&t);
	}
}

/* The figures of the whole, as the specification's walks add up. */
static void the_sums_are_those_of_the_specification(void **state)
{
	static const struct {
		size_t shape;
		unsigned sum;
	} sums[] = {{1, 7}, {2, 4}, {4, 6}, {5, 9}, {6, 30}, {7, 63}, {8, 45}};

	(void)state;
	for (size_t i = 0; i < COUNT(sums); i++) {
		const struct shape *s = &shapes[sums[i].shape];
		struct amd_tables t;
		struct ioasim_response r;

		open_shape(&t, s, false);
		r = ask(&t, s);
		check(s, "all", amd_refs_all(&r.cost), sums[i].sum);
		amd_tables_close(&t);
	}
}

/* Each level of its table once: a level that is skipped in counting would not be seen in
 * the sums alone. */
static void references_are_counted_by_level(void **state)
{
	const struct shape *s = &shapes[7];
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_shape(&t, s, false);
	r = ask(&t, s);
	for (unsigned level = 0; level < IOASIM_LEVELS; level++) {
		assert_int_equal(r.cost.refs[IOASIM_REF_DEVICE_TABLE][level], level == 0);
		assert_int_equal(r.cost.refs[IOASIM_REF_PASID_TABLE][level], level < 3);
		assert_int_equal(r.cost.refs[IOASIM_REF_STAGE1][level], level < 5);
		assert_int_equal(r.cost.refs[IOASIM_REF_STAGE2][level], 1);
		assert_int_equal(r.cost.refs[IOASIM_REF_STAGE2_FOR_STAGE1][level], 5);
		assert_int_equal(r.cost.refs[IOASIM_REF_STAGE2_FOR_PASID_TABLE][level], 3);
	}
	amd_tables_close(&t);
}

static void a_second_request_of_the_page_reads_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct amd_tables t;
		struct ioasim_response r;

		open_shape(&t, &shapes[i], true);
		(void)ask(&t, &shapes[i]);
		r = ask(&t, &shapes[i]);
		check(&shapes[i], "a hit", amd_refs_all(&r.cost), 0);
		assert_int_equal(r.cost.misses, 0);
		amd_tables_close(&t);
	}
}

/* The host table's answer for an entry that was just read serves setting its flags. */
static void setting_guest_flags_costs_no_walk_of_its_own(void **state)
{
	const struct shape *s = &shapes[6];
	struct amd_tables t;
	struct ioasim_response r;
	uint64_t leaf;

	(void)state;
	open_shape(&t, s, false);
	leaf = amd_guest_entry(&t, 0x502000, 4, INPUT, 0);
	amd_poke(&t.rig, leaf, amd_peek(&t.rig, leaf) & ~(GUEST_A | GUEST_D));
	r = ask(&t, s);
	assert_int_equal(r.cost.flag_updates, 1);
	check(s, "host tables for guest tables", amd_refs(&r.cost, IOASIM_REF_STAGE2_FOR_STAGE1),
	      s->for_stage1);
	amd_tables_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cold_walk_reads_each_entry_on_its_way_once),
		cmocka_unit_test(the_sums_are_those_of_the_specification),
		cmocka_unit_test(references_are_counted_by_level),
		cmocka_unit_test(setting_guest_flags_costs_no_walk_of_its_own),
		cmocka_unit_test(a_second_request_of_the_page_reads_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
