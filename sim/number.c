/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <errno.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>

struct unit {
	const char *suffix;
	uint64_t factor;
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* The digits at the head of *text, which then points behind them. */
static int parse_digits(const char **text, uint64_t *value)
{
	const char *p = *text;
	unsigned base = 10;
	uint64_t sum = 0;
	bool range = false;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	if (digit_value(*p) >= (int)base)
		return -EINVAL;
	for (; digit_value(*p) < (int)base; p++) {
		range |= __builtin_mul_overflow(sum, base, &sum);
		range |= __builtin_add_overflow(sum, (uint64_t)digit_value(*p), &sum);
	}
	*text = p;
	*value = sum;
	return range ? -ERANGE : 0;
}

static int parse_units(const char *text, const struct unit *units, uint64_t *value)
{
	int err = parse_digits(&text, value);

	if (err == -EINVAL)
		return err;
	for (const struct unit *unit = units; unit->suffix; unit++) {
		if (strcmp(text, unit->suffix) != 0)
			continue;
		if (err || __builtin_mul_overflow(*value, unit->factor, value))
			return -ERANGE;
		return 0;
	}
	return -EINVAL;
}

int parse_number(const char *text, uint64_t *value)
{
	static const struct unit units[] = {{"", 1}, {NULL, 0}};

	return parse_units(text, units, value);
}

int parse_size(const char *text, uint64_t *value)
{
	static const struct unit units[] = {
		{"", 1},
		{"k", UINT64_C(1) << 10},
		{"K", UINT64_C(1) << 10},
		{"M", UINT64_C(1) << 20},
		{"G", UINT64_C(1) << 30},
		{"T", UINT64_C(1) << 40},
		{NULL, 0},
	};

	return parse_units(text, units, value);
}

int parse_time(const char *text, uint64_t *value)
{
	static const struct unit units[] = {
		{"", 1}, {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {NULL, 0},
	};

	return parse_units(text, units, value);
}
