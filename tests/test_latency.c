/* SPDX-License-Identifier: Apache-2.0 */
/* Distributions of latencies against sorting the values. */
#include "model/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define VALUES 5000u

static struct latency h;

static void every_value_lies_in_its_bucket(void **state)
{
	uint64_t value = 1;

	(void)state;
	for (unsigned bucket = 0; bucket + 1 < LATENCY_BUCKETS; bucket++) {
		uint64_t first = latency_value(bucket), behind = latency_value(bucket + 1);

		assert_true(first < behind);
		assert_int_equal(latency_bucket(first), bucket);
		assert_int_equal(latency_bucket(behind - 1), bucket);
		/* Two significant figures. */
		assert_true(first < 256 || behind - first <= first / 128);
	}
	for (; value < UINT64_MAX / 3; value *= 3)
		assert_true(latency_value(latency_bucket(value)) <= value);
	assert_int_equal(latency_bucket(UINT64_MAX), LATENCY_BUCKETS - 1);
	assert_int_equal(latency_bucket(0), 0);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
	static const uint64_t parts[] = {0, 1, 500000, 900000, 990000, 999000, 1000000};
	static uint64_t value[VALUES];
	uint64_t seed = 7;
	unsigned __int128 sum = 0;

	(void)state;
	memset(&h, 0, sizeof(h));
	assert_int_equal(latency_percentile(&h, 500000), 0);
	assert_int_equal(latency_mean(&h), 0);
	for (unsigned i = 0; i < VALUES; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		value[i] = seed >> (seed >> 58);
		sum += value[i];
		latency_add(&h, value[i]);
	}
	qsort(value, VALUES, sizeof(value[0]), by_value);
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t rank = (VALUES * parts[i] + 999999) / 1000000;
		uint64_t exact = value[rank ? rank - 1 : 0];
		uint64_t found = latency_percentile(&h, parts[i]);

		assert_true(found >= exact && found - exact <= exact / 128);
	}
	assert_true(h.sum == sum);
	assert_int_equal(latency_mean(&h), (uint64_t)(sum / VALUES));
	assert_int_equal(h.least, value[0]);
	assert_int_equal(h.greatest, value[VALUES - 1]);
	assert_int_equal(latency_percentile(&h, 1000000), h.greatest);
}

static void steps_hold_every_value_once(void **state)
{
	static const uint64_t values[] = {0, 1, 5, 1000, 1024, 1279, 1280, 500000, UINT64_MAX};
	uint64_t below, before = 0, count, total = 0, least = UINT64_MAX;
	unsigned bucket = 0, steps = 0;

	(void)state;
	memset(&h, 0, sizeof(h));
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		latency_add(&h, values[i]);
	while ((count = latency_step(&h, &bucket, &below))) {
		assert_true(below > before);
		before = below;
		total += count;
		steps++;
		/* 1024 and 1279 lie in [1024, 1280). */
		if (below == 1280)
			assert_int_equal(count, 2);
		if (below > 1000 && below < least)
			least = below;
	}
	assert_int_equal(total, h.total);
	assert_int_equal(steps, 8);
	assert_int_equal(least, 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_lies_in_its_bucket),
		cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
		cmocka_unit_test(steps_hold_every_value_once),
	};

	return cmocka_run_group_tests_name("latencies", tests, NULL, NULL);
}
