/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts: read, added, divided and printed, by rows that can be worked out by hand. */
#include "amount.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct amount read_text(const char *text, int status)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	struct amount amount;

	assert_non_null(json);
	assert_int_equal(amount_read(json, &amount), status);
	assert_int_equal(amount.given, status == 0);
	json_decref(json);
	return amount;
}

static void numbers_are_read_to_a_thousandth(void **state)
{
	static const struct {
		const char *json, *plain;
	} rows[] = {
		{"0", "0"},
		{"17", "17"},
		{"-3", "-3"},
		{"2.5", "2.5"},
		{"0.125", "0.125"},
		{"0.0004", "0"},
		{"0.0006", "0.001"},
		{"-0.75", "-0.75"},
		{"9223372036854775807", "9223372036854775807"},
		{"1e15", "1000000000000000"},
		{"1.9996", "2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(amount_plain(read_text(rows[i].json, 0)).s, rows[i].plain);
}

static void what_is_no_number_or_too_large_is_refused(void **state)
{
	(void)state;
	read_text("\"17\"", -EINVAL);
	read_text("null", -EINVAL);
	read_text("true", -EINVAL);
	read_text("[1]", -EINVAL);
	read_text("1e19", -ERANGE);
	read_text("-1e300", -ERANGE);
	read_text("9223372036854775808.0", -ERANGE);
}

static void text_for_people_has_thousands_and_digits(void **state)
{
	static const struct {
		const char *json;
		unsigned digits;
		const char *text;
	} rows[] = {
		{"0", 0, "0"},
		{"999", 0, "999"},
		{"1000", 0, "1,000"},
		{"1234567", 0, "1,234,567"},
		{"1234567.891", 1, "1,234,567.9"},
		{"0.04", 1, "0.0"},
		{"0.05", 1, "0.1"},
		{"-1234.5", 1,
		 "\xe2\x88\x92"
		 "1,234.5"},
		{"-0.01", 1, "0.0"},
		{"2.0005", 3, "2.001"},
		{"99.96", 1, "100.0"},
		{"9223372036854775807", 0, "9,223,372,036,854,775,807"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(amount_text(read_text(rows[i].json, 0), rows[i].digits).s,
				    rows[i].text);
	assert_string_equal(amount_text((struct amount){.given = false}, 0).s, "");
	assert_string_equal(amount_plain((struct amount){.given = false}).s, "");
}

static void ratios_are_rounded_and_need_both_counts(void **state)
{
	struct amount none = {.given = false};

	(void)state;
	assert_string_equal(amount_plain(amount_ratio(amount_of(1), amount_of(3), 100)).s,
			    "33.333");
	assert_string_equal(amount_plain(amount_ratio(amount_of(2), amount_of(3), 1)).s, "0.667");
	assert_string_equal(amount_plain(amount_ratio(amount_less(amount_of(1), amount_of(3)),
						      amount_of(3), 100))
				    .s,
			    "-66.667");
	assert_false(amount_ratio(amount_of(1), amount_of(0), 1).given);
	assert_false(amount_ratio(none, amount_of(1), 1).given);
	assert_false(amount_ratio(amount_of(1), none, 1).given);
	assert_string_equal(
		amount_plain(amount_ratio(amount_of(INT64_MAX), amount_of(INT64_MAX), 100)).s,
		"100");
	assert_int_equal(amount_ratio(amount_of(INT64_MAX), amount_of(1), 1000).milli / 1000000,
			 INT64_MAX);
}

static void order_and_sums_know_what_is_not_given(void **state)
{
	struct amount none = {.given = false};

	(void)state;
	assert_int_equal(amount_compare(none, amount_of(0)), -1);
	assert_int_equal(amount_compare(amount_of(2), amount_of(1)), 1);
	assert_int_equal(amount_compare(none, none), 0);
	assert_true(amount_add(none, amount_of(4)).given);
	assert_false(amount_add(none, none).given);
	assert_string_equal(amount_plain(amount_max(none, amount_of(4))).s, "4");
}

static void places_lie_between_the_ends(void **state)
{
	(void)state;
	assert_int_equal(amount_place(amount_of(0), amount_of(10), 500), 0);
	assert_int_equal(amount_place(amount_of(5), amount_of(10), 500), 250);
	assert_int_equal(amount_place(amount_of(10), amount_of(10), 500), 500);
	assert_int_equal(amount_place(amount_of(11), amount_of(10), 500), 500);
	assert_int_equal(amount_place(amount_of(5), amount_of(0), 500), 0);
	assert_int_equal(amount_place(amount_of(INT64_MAX / 2), amount_of(INT64_MAX), 1000), 500);
}

/* Against the C library, which may round differently in its last digit. */
static void logarithms_are_those_of_the_c_library(void **state)
{
	uint64_t value = 1;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		double expected = floor((log2((double)value) + log2(1000)) * 1024);
		int found = amount_log(amount_of(value));

		if (fabs(found - expected) > 1)
			fail_msg("log2 of %lu thousand: %d, expected %g", (unsigned long)value,
				 found, expected);
		value += value / 4 + 1;
		if (value > INT64_MAX / 2)
			break;
	}
	assert_int_equal(amount_log(amount_of(0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_to_a_thousandth),
		cmocka_unit_test(what_is_no_number_or_too_large_is_refused),
		cmocka_unit_test(text_for_people_has_thousands_and_digits),
		cmocka_unit_test(ratios_are_rounded_and_need_both_counts),
		cmocka_unit_test(order_and_sums_know_what_is_not_given),
		cmocka_unit_test(places_lie_between_the_ends),
		cmocka_unit_test(logarithms_are_those_of_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
