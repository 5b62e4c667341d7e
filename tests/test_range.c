/* SPDX-License-Identifier: Apache-2.0 */
/* Checked arithmetic and closed ranges, at the borders and against 128-bit sums. */
#include "model/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint64_t edges[] = {
	0,
	1,
	2,
	0xfff,
	0x1000,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	(UINT64_C(1) << 52) - 1,
	UINT64_C(1) << 52,
	UINT64_C(1) << 63,
	UINT64_MAX - 1,
	UINT64_MAX,
};
#define EDGES (sizeof(edges) / sizeof(edges[0]))

static void sums_and_products_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < EDGES; i++) {
		for (size_t k = 0; k < EDGES; k++) {
			unsigned __int128 sum = (unsigned __int128)edges[i] + edges[k];
			unsigned __int128 product = (unsigned __int128)edges[i] * edges[k];
			uint64_t result = 42;

			assert_int_equal(range_add(edges[i], edges[k], &result), sum >> 64 == 0);
			assert_true(result == (sum >> 64 ? 42 : (uint64_t)sum));
			result = 42;
			assert_int_equal(range_mul(edges[i], edges[k], &result),
					 product >> 64 == 0);
			assert_true(result == (product >> 64 ? 42 : (uint64_t)product));
		}
	}
}

static void a_range_may_end_at_the_top_and_not_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < EDGES; i++) {
		for (size_t k = 0; k < EDGES; k++) {
			unsigned __int128 end = (unsigned __int128)edges[i] + edges[k];
			bool good = edges[k] && end <= (unsigned __int128)UINT64_MAX + 1;
			struct range r = {7, 7};

			assert_int_equal(range_make(edges[i], edges[k], &r), good);
			assert_true(r.start == (good ? edges[i] : 7));
			assert_true(r.last == (good ? (uint64_t)(end - 1) : 7));
		}
	}
}

/* Every pair of ranges in a space of eight addresses, by counting addresses. */
static void overlap_and_inside_are_as_counted(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 8 * 8 * 8 * 8; code++) {
		struct range a = {code & 7, code >> 3 & 7}, b = {code >> 6 & 7, code >> 9};
		unsigned both = 0, in_a = 0;

		if (a.start > a.last || b.start > b.last)
			continue;
		for (unsigned x = 0; x < 8; x++) {
			in_a += range_holds(a, x);
			both += range_holds(a, x) && range_holds(b, x);
		}
		assert_int_equal(in_a, a.last - a.start + 1);
		assert_int_equal(range_overlaps(a, b), both != 0);
		assert_int_equal(range_inside(a, b), both == in_a);
	}
}

static void a_block_is_aligned_and_the_largest_is_everything(void **state)
{
	struct range r;

	(void)state;
	r = range_block(0x12345678, 12);
	assert_true(r.start == 0x12345000 && r.last == 0x12345fff);
	r = range_block(UINT64_MAX, 0);
	assert_true(r.start == UINT64_MAX && r.last == UINT64_MAX);
	r = range_block(UINT64_C(1) << 63, 63);
	assert_true(r.start == UINT64_C(1) << 63 && r.last == UINT64_MAX);
	r = range_block(5, 64);
	assert_true(r.start == 0 && r.last == UINT64_MAX);
}

static void a_range_fits_if_its_last_address_does(void **state)
{
	struct range low = {0, 0xfff}, top = {0, UINT64_MAX};

	(void)state;
	assert_true(range_fits_bits(low, 12));
	assert_false(range_fits_bits(low, 11));
	assert_false(range_fits_bits(top, 63));
	assert_true(range_fits_bits(top, 64));
	assert_false(range_fits_bits(low, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_products_that_do_not_fit_are_refused),
		cmocka_unit_test(a_range_may_end_at_the_top_and_not_beyond),
		cmocka_unit_test(overlap_and_inside_are_as_counted),
		cmocka_unit_test(a_block_is_aligned_and_the_largest_is_everything),
		cmocka_unit_test(a_range_fits_if_its_last_address_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
