/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is free in an IOAS (U3), against a plain array of units: holes are as long as they
 * can be, and no hole is left out that could hold what is wanted.
 */
#include "model/iommufd/holes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define UNITS 2048u

/* Units of the lowest addresses, or of the highest. */
struct rig {
	struct iofd_holes holes;
	bool taken[UNITS];
	uint64_t base, random;
	unsigned areas;
};

static uint64_t draw(struct rig *rig)
{
	rig->random = rig->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return rig->random >> 33;
}

static uint64_t seed_print(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);

	print_message("IOASIM_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

/* Areas of 1 to 9 units, most of them small, so that there are many holes. */
static void area_toggle(struct rig *rig)
{
	unsigned first = (unsigned)(draw(rig) % UNITS), last;
	bool taken = rig->taken[first];
	unsigned most = 1 + (unsigned)(draw(rig) % 9);

	for (last = first;
	     last + 1 < UNITS && rig->taken[last + 1] == taken && last - first + 1 < most;)
		last++;
	/* A unit is an area: one node for each. */
	if (taken)
		iofd_holes_give(&rig->holes, rig->base + first, rig->base + last);
	for (unsigned i = first; i <= last; i++) {
		if (taken)
			iofd_holes_release(&rig->holes);
		else
			assert_int_equal(iofd_holes_reserve(&rig->holes), 0);
	}
	if (!taken)
		iofd_holes_take(&rig->holes, rig->base + first, rig->base + last);
	rig->areas = taken ? rig->areas - (last - first + 1) : rig->areas + (last - first + 1);
	for (unsigned i = first; i <= last; i++)
		rig->taken[i] = !taken;
}

/* The hole around a unit, as the array has it. */
static void hole_compare(const struct rig *rig, const struct iofd_hole *hole)
{
	uint64_t first = hole->first - rig->base, last = hole->last - rig->base;

	for (uint64_t i = first; i <= last && i < UNITS; i++)
		assert_false(rig->taken[i]);
	if (first > 0 && first < UNITS)
		assert_true(rig->taken[first - 1]);
	if (last < UNITS - 1)
		assert_true(rig->taken[last + 1]);
}

static bool is_free(const struct rig *rig, uint64_t first, uint64_t bytes)
{
	for (uint64_t i = first; i < first + bytes && i < UNITS; i++)
		if (rig->taken[i])
			return false;
	return true;
}

/* Where the first free place for the wish is; UNITS: not in the units. */
static uint64_t place_of(const struct rig *rig, uint64_t bytes, uint64_t alignment, uint64_t from)
{
	for (uint64_t at = (from + alignment - 1) & ~(alignment - 1); at + bytes <= UNITS;
	     at += alignment)
		if (is_free(rig, at, bytes))
			return at;
	return UNITS;
}

static void search_compare(struct rig *rig)
{
	uint64_t bytes = 1 + draw(rig) % 40, from = draw(rig) % UNITS, alignment = 1, expected;
	const struct iofd_hole *hole;

	while (alignment < bytes)
		alignment *= 2;
	alignment >>= draw(rig) % 2 ? draw(rig) % 4 : 0;
	alignment += !alignment;
	expected = place_of(rig, bytes, alignment, from);
	hole = iofd_holes_next(&rig->holes, bytes, alignment, rig->base + from);
	if (expected == UNITS)
		return;
	/* Not behind the place, and ending in front of it only if it cannot be used. */
	assert_non_null(hole);
	hole_compare(rig, hole);
	assert_true(hole->last >= rig->base + from);
	assert_true(hole->first <= rig->base + expected);
	assert_true(hole->last - hole->first >= bytes - 1);
	/* A power of two at its own alignment is told where it fits, and nowhere else. */
	if (bytes == alignment && hole->first >= rig->base + from)
		assert_true(hole->last >= rig->base + expected + (bytes - 1));
}

static void run(uint64_t base, uint64_t seed)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->base = base;
	rig->random = seed;
	assert_int_equal(iofd_holes_init(&rig->holes), 0);
	for (unsigned step = 0; step < 20000; step++) {
		area_toggle(rig);
		search_compare(rig);
	}
	/* All areas go, one unit at a time: one hole is left. */
	for (unsigned i = 0; i < UNITS; i++) {
		if (!rig->taken[i])
			continue;
		iofd_holes_give(&rig->holes, base + i, base + i);
		iofd_holes_release(&rig->holes);
		rig->areas--;
	}
	assert_int_equal(rig->areas, 0);
	assert_int_equal(rig->holes.root->first, 0);
	assert_int_equal(rig->holes.root->last, UINT64_MAX);
	assert_null(rig->holes.spare);
	iofd_holes_fini(&rig->holes);
	free(rig);
}

static void u3_no_hole_is_left_out(void **state)
{
	uint64_t seed = seed_print();

	(void)state;
	run(0, seed);
	run(UINT64_MAX - (UNITS - 1), seed + 1);
	run(UINT64_C(0x7ffffc00), seed + 2);
}

static unsigned depth(const struct iofd_hole *hole)
{
	unsigned left, right;

	if (!hole)
		return 0;
	left = depth(hole->left);
	right = depth(hole->right);
	return 1 + (left > right ? left : right);
}

/* In ascending order, which is the worst for a tree without balance. */
static void u3_a_hundred_thousand_holes_are_a_tree_of_low_depth(void **state)
{
	struct iofd_holes holes;

	(void)state;
	assert_int_equal(iofd_holes_init(&holes), 0);
	for (uint64_t i = 0; i < 100000; i++) {
		assert_int_equal(iofd_holes_reserve(&holes), 0);
		iofd_holes_take(&holes, 2 * i, 2 * i);
	}
	/* 2 ln n is 23 on average; no path is several times that. */
	assert_in_range(depth(holes.root), 17, 80);
	iofd_holes_fini(&holes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u3_no_hole_is_left_out),
		cmocka_unit_test(u3_a_hundred_thousand_holes_are_a_tree_of_low_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
