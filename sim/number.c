/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
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

static const struct unit *unit_of(const char *text, const struct unit *units)
{
	while (units->suffix && strcmp(text, units->suffix) != 0)
		units++;
	return units->suffix ? units : NULL;
}

static int parse_units(const char *text, const struct unit *units, uint64_t *value)
{
	int err = parse_digits(&text, value);
	const struct unit *unit = unit_of(text, units);

	if (err == -EINVAL || !unit)
		return -EINVAL;
	return err || __builtin_mul_overflow(*value, unit->factor, value) ? -ERANGE : 0;
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

/* The digits behind the point, each of which has to be worth a whole number of parts. */
static int parse_fraction(const char **text, char *digits, size_t size)
{
	size_t count = strspn(*text, "0123456789");

	if (!count || count >= size)
		return -EINVAL;
	memcpy(digits, *text, count);
	digits[count] = '\0';
	*text += count;
	return 0;
}

int parse_picoseconds(const char *text, uint64_t *value)
{
	static const struct unit units[] = {
		{"", 1000},           {"ps", 1}, {"ns", 1000}, {"us", 1000000}, {"ms", 1000000000},
		{"s", 1000000000000}, {NULL, 0},
	};
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const struct unit *unit;
	char digits[16] = "";
	uint64_t worth, sum;
	int err = parse_digits(&text, value);

	if (err == -EINVAL)
		return err;
	if (*text == '.' && !hexadecimal) {
		text++;
		if (parse_fraction(&text, digits, sizeof(digits)))
			return -EINVAL;
	}
	unit = unit_of(text, units);
	if (!unit)
		return -EINVAL;
	if (err || __builtin_mul_overflow(*value, unit->factor, value))
		return -ERANGE;
	worth = unit->factor;
	sum = 0;
	for (const char *p = digits; *p; p++) {
		if (worth % 10 && *p != '0')
			return -EINVAL;
		worth /= 10;
		sum += worth * (uint64_t)(*p - '0');
	}
	return __builtin_add_overflow(*value, sum, value) ? -ERANGE : 0;
}

const char *format_ns(uint64_t ps, char text[NS_TEXT])
{
	int length = snprintf(text, NS_TEXT, "%" PRIu64 ".%03u", ps / 1000, (unsigned)(ps % 1000));

	while (text[length - 1] == '0')
		text[--length] = '\0';
	if (text[length - 1] == '.')
		text[length - 1] = '\0';
	return text;
}
