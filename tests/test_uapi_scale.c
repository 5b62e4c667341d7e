/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million areas in one address space. Times are processor time and the bounds are a
 * hundred times what is measured: what takes time linear in the areas for each call would
 * miss them by far.
 */
#include "uapi_rig.h"

#include <inttypes.h>
#include <time.h>

#include "model/uapi/aspace.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define RID  0x28
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

/* Where a million of anything takes minutes. */
static bool instrumented(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true;
#else
	return RUNNING_ON_VALGRIND;
#endif
}

static unsigned areas(void)
{
	return instrumented() ? 10000 : 1000000;
}

/* Two pages apart, so that no two are neighbours; above what devices cannot use. */
static uint64_t iova(uint64_t n)
{
	return (UINT64_C(1) << 32) + n * 2 * RIG_PAGE;
}

static uint64_t page(uint64_t n)
{
	return n % (RIG_SIZE / RIG_PAGE) * RIG_PAGE;
}

/* The n-th in an order that jumps about. */
static uint64_t scattered(uint64_t n)
{
	return n * 7919 % areas();
}

static double seconds(clock_t since)
{
	return (double)(clock() - since) / CLOCKS_PER_SEC;
}

static void a_million_areas_are_mapped_found_and_unmapped(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);
	const struct aspace *aspace = rig_ioasid(rig, a)->aspace;
	clock_t start = clock();

	for (uint64_t n = 0; n < areas(); n++)
		assert_int_equal(
			rig_map(rig, a, iova(scattered(n)), RIG_MEMORY + page(n), RIG_PAGE), 0);
	assert_int_equal(aspace->areas.count, areas());
	for (uint64_t n = 0; n < areas(); n++) {
		ioasim_pa_t pa;
		unsigned access;

		if (aspace_find(aspace, iova(scattered(n)) + 5, &pa, &access, NULL))
			fail_msg("area %" PRIu64, n);
		if (pa != rig_page(rig, RIG_MEMORY + page(n)) + 5)
			fail_msg("area %" PRIu64, n);
		if (!aspace_find(aspace, iova(scattered(n)) + RIG_PAGE, &pa, &access, NULL))
			fail_msg("behind area %" PRIu64, n);
	}
	for (uint64_t n = 0; n < areas(); n += 2)
		assert_int_equal(rig_unmap(rig, a, iova(n), RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_unmap(rig, a, 0, UINT64_MAX), areas() / 2 * RIG_PAGE);
	assert_true(seconds(start) < 200);
}

static void m5_a_parents_unmap_finds_what_a_million_areas_of_a_child_show(void **state)
{
	struct uapi_rig *rig = *state;
	const uint64_t apart = UINT64_C(1) << 40;
	struct ioasim_device_config config = rig_pdev(RID);
	int device = rig_bound(rig, &config, 1), a = rig_alloc(rig, 0, 0);
	int child = rig_alloc(rig, (uint32_t)a, 0);
	clock_t start = clock();
	double filling;

	/* A small part of the parent, which few areas show; and the rest. */
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_SIZE), 0);
	assert_int_equal(rig_map(rig, a, apart, RIG_MEMORY, RIG_PAGE), 0);
	for (uint64_t n = 0; n < areas(); n++)
		assert_int_equal(
			rig_map(rig, child, iova(n), n % 100000 ? page(n) : apart, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, device, a, NONE), 0);
	assert_int_equal(rig_attach(rig, device, child, NONE), 0);
	filling = seconds(start);
	start = clock();
	for (unsigned turn = 0; turn < 100; turn++) {
		assert_int_equal(rig_unmap(rig, a, apart, RIG_PAGE), RIG_PAGE);
		assert_int_equal(rig_reach(rig, RID, iova(0), RW), 0);
		assert_int_equal(rig_reach(rig, RID, iova(1), RW),
				 rig_page(rig, RIG_MEMORY + page(1)));
		assert_int_equal(rig_map(rig, a, apart, RIG_MEMORY + RIG_PAGE, RIG_PAGE), 0);
		assert_int_equal(rig_reach(rig, RID, iova(0), RW),
				 rig_page(rig, RIG_MEMORY + RIG_PAGE));
	}
	assert_true(filling < 200);
	/* 200 walks over all areas would take longer than making them. */
	assert_true(seconds(start) < filling / 2);
}

/* ---- The index of a child's areas, against a list ---------------------------------------- */

#define LISTED 400u

struct listed {
	struct behind_area area[LISTED];
	bool live[LISTED];
	unsigned hits;
	uint64_t first, last, before;
};

static int area_expected(void *opaque, const struct behind_area *area)
{
	struct listed *listed = opaque;

	for (unsigned i = 0; i < LISTED; i++) {
		if (listed->live[i] && listed->area[i].iova == area->iova) {
			assert_int_equal(area->first, listed->area[i].first);
			assert_int_equal(area->last, listed->area[i].last);
			assert_true(area->first <= listed->last && area->last >= listed->first);
			assert_true(area->first >= listed->before);
			listed->before = area->first;
			listed->hits++;
			return 0;
		}
	}
	fail();
	return 1;
}

/* P1: all numbers that 20 bits have, in an order that jumps about. */
static void t1_a_device_is_attached_with_every_pasid(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	uint32_t pasids = instrumented() ? 4095 : IOASIM_PASID_MAX;
	int a = rig_alloc(rig, 0, 0), b = rig_alloc(rig, 0, 0), fd;
	clock_t start = clock();

	config.pasid_bits = 20;
	fd = rig_bound(rig, &config, 1);
	assert_int_equal(rig_map(rig, b, 0, RIG_MEMORY, RIG_PAGE), 0);
	for (uint32_t n = 0; n < pasids; n++)
		if (rig_attach(rig, fd, n % 2 ? a : b, 1 + (uint32_t)(n * UINT64_C(7919) % pasids)))
			fail_msg("the %u. attach", n);
	assert_int_equal(rig_info(rig, a).attachments, pasids / 2);
	assert_int_equal(rig_attach(rig, fd, a, pasids / 2), -EBUSY);
	for (uint32_t n = 0; n < pasids; n += 2)
		if (rig_detach(rig, fd, b, 1 + (uint32_t)(n * UINT64_C(7919) % pasids)))
			fail_msg("the %u. detach", n);
	assert_int_equal(rig_info(rig, b).state, IOASIM_STATE_IDLE);
	assert_int_equal(ioasim_close(rig->system, rig->vm, fd), 0); /* O4 */
	assert_int_equal(rig_info(rig, a).state, IOASIM_STATE_IDLE);
	assert_true(seconds(start) < 200);
}

static void the_index_of_areas_tells_just_those_that_overlap(void **state)
{
	struct behind *behind = behind_create();
	struct listed *listed = calloc(1, sizeof(*listed));
	uint64_t seed = 1;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i, expected = 0;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		i = (unsigned)(seed >> 40) % LISTED;
		if (listed->live[i]) {
			behind_remove(behind, listed->area[i].first, listed->area[i].iova);
		} else {
			uint64_t first = (seed >> 20) % 1000;

			listed->area[i] = (struct behind_area){first, first + (seed >> 50) % 60, i};
			assert_int_equal(behind_add(behind, first, listed->area[i].last, i), 0);
		}
		listed->live[i] = !listed->live[i];
		listed->first = (seed >> 10) % 1000;
		listed->last = listed->first + (seed >> 30) % 30;
		listed->hits = 0;
		listed->before = 0;
		for (i = 0; i < LISTED; i++)
			expected += listed->live[i] && listed->area[i].first <= listed->last &&
				    listed->area[i].last >= listed->first;
		assert_int_equal(
			behind_walk(behind, listed->first, listed->last, area_expected, listed), 0);
		assert_int_equal(listed->hits, expected);
	}
	behind_destroy(behind);
	free(listed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST_ON(a_million_areas_are_mapped_found_and_unmapped, "vtd"),
		UAPI_TEST_ON(m5_a_parents_unmap_finds_what_a_million_areas_of_a_child_show, "vtd"),
		UAPI_TEST(t1_a_device_is_attached_with_every_pasid),
		cmocka_unit_test(the_index_of_areas_tells_just_those_that_overlap),
	};

	return cmocka_run_group_tests_name("uapi scale", tests, NULL, NULL);
}
