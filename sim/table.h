/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in tables for people: the same under every locale. */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct text {
	char s[32];
};

/* 1234567 as 1,234,567: the same under every locale. */
static inline struct text thousands(uint64_t value)
{
	struct text text;
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	size_t out = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text.s[out++] = ',';
		text.s[out++] = digits[i];
	}
	text.s[out] = '\0';
	return text;
}

/* value / unit with one digit behind the point, by integers: the same everywhere. */
static inline struct text tenths(uint64_t value, uint64_t unit)
{
	struct text text = thousands(value / unit);
	size_t length = strlen(text.s);

	snprintf(text.s + length, sizeof(text.s) - length, ".%u",
		 (unsigned)(value % unit * 10 / unit));
	return text;
}

static inline struct text percent(uint64_t part, uint64_t whole)
{
	struct text text = {"-"};
	uint64_t per_mille;

	if (!whole)
		return text;
	per_mille = (uint64_t)((unsigned __int128)part * 1000 / whole);
	snprintf(text.s, sizeof(text.s), "%" PRIu64 ".%" PRIu64, per_mille / 10, per_mille % 10);
	return text;
}

/* Picoseconds as nanoseconds, with the digits behind the point that there are. */
static inline struct text nanoseconds(uint64_t ps)
{
	struct text text = thousands(ps / 1000);
	size_t length = strlen(text.s);

	if (!(ps % 1000))
		return text;
	length += (size_t)snprintf(text.s + length, sizeof(text.s) - length, ".%03u",
				   (unsigned)(ps % 1000));
	while (text.s[length - 1] == '0')
		text.s[--length] = '\0';
	return text;
}

/* What result_table.c prints of time, in result_time_table.c. */
struct result;
void result_print_events(const struct result *result, FILE *stream);

#endif
