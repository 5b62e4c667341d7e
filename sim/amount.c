/* SPDX-License-Identifier: Apache-2.0 */
#include "amount.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MILLI  1000
#define BEYOND 9223372036854775808.0 /* the first double that is too large */

struct amount amount_of(uint64_t count)
{
	return (struct amount){.milli = (__int128)count * MILLI, .given = true};
}

int amount_read(const json_t *json, struct amount *amount)
{
	double value, whole;

	*amount = (struct amount){.given = false};
	if (json_is_integer(json)) {
		amount->milli = (__int128)json_integer_value(json) * MILLI;
		amount->given = true;
		return 0;
	}
	if (!json_is_real(json))
		return -EINVAL;
	value = json_real_value(json);
	/* What is not a number is in no range. */
	if (!(fabs(value) < BEYOND))
		return -ERANGE;
	whole = trunc(value);
	amount->milli = (__int128)(int64_t)whole * MILLI + llround((value - whole) * MILLI);
	amount->given = true;
	return 0;
}

struct amount amount_add(struct amount a, struct amount b)
{
	return (struct amount){.milli = a.milli + b.milli, .given = a.given || b.given};
}

struct amount amount_less(struct amount a, struct amount b)
{
	return (struct amount){.milli = a.milli - b.milli, .given = a.given || b.given};
}

static __int128 divided(__int128 dividend, __int128 divisor)
{
	__int128 half = divisor / 2;

	if (dividend < 0)
		return -((-dividend + half) / divisor);
	return (dividend + half) / divisor;
}

struct amount amount_ratio(struct amount part, struct amount whole, uint32_t scale)
{
	struct amount ratio = {.given = part.given && whole.given && whole.milli > 0};

	if (ratio.given)
		ratio.milli = divided(part.milli * MILLI * scale, whole.milli);
	return ratio;
}

int amount_compare(struct amount a, struct amount b)
{
	if (a.given != b.given)
		return a.given ? 1 : -1;
	return (a.milli > b.milli) - (a.milli < b.milli);
}

struct amount amount_max(struct amount a, struct amount b)
{
	return amount_compare(a, b) >= 0 ? a : b;
}

bool amount_is_zero(struct amount a)
{
	return a.milli == 0;
}

int amount_place(struct amount a, struct amount max, int length)
{
	if (!a.given || a.milli <= 0 || max.milli <= 0)
		return 0;
	if (a.milli >= max.milli)
		return length;
	return (int)divided(a.milli * length, max.milli);
}

/* By squaring: each square of a mantissa in [1, 2) gives one more bit of the logarithm. */
int amount_log(struct amount a)
{
	unsigned __int128 value = a.milli > 0 ? (unsigned __int128)a.milli : 1;
	uint64_t mantissa;
	int whole = 0, log = 0;

	while (value >> whole > 1)
		whole++;
	mantissa = (uint64_t)(whole > 31 ? value >> (whole - 31) : value << (31 - whole));
	for (int bit = 9; bit >= 0; bit--) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32) {
			mantissa >>= 1;
			log |= 1 << bit;
		}
	}
	return whole * 1024 + log;
}

/* ---- Text ----------------------------------------------------------------------------- */

/* Digits from the last to the first, into the end of the buffer. */
static char *put_digits(char *end, unsigned __int128 value, bool thousands)
{
	unsigned count = 0;

	do {
		if (thousands && count && count % 3 == 0)
			*--end = ',';
		*--end = (char)('0' + (int)(value % 10));
		value /= 10;
		count++;
	} while (value);
	return end;
}

static struct amount_text printed(struct amount a, unsigned digits, bool thousands)
{
	static const unsigned unit[] = {1000, 100, 10, 1};
	unsigned __int128 value;
	struct amount_text text = {""};
	char buffer[72], *at = buffer + sizeof(buffer);
	const char *sign = "";

	if (!a.given)
		return text;
	value = (unsigned __int128)divided(a.milli < 0 ? -a.milli : a.milli, unit[digits]);
	if (a.milli < 0 && value)
		sign = thousands ? "\xe2\x88\x92" : "-"; /* a minus as wide as a plus */
	*--at = '\0';
	for (unsigned i = 0; i < digits; i++) {
		*--at = (char)('0' + (int)(value % 10));
		value /= 10;
	}
	if (digits)
		*--at = '.';
	at = put_digits(at, value, thousands);
	snprintf(text.s, sizeof(text.s), "%s%s", sign, at);
	return text;
}

struct amount_text amount_text(struct amount a, unsigned digits)
{
	return printed(a, digits, true);
}

struct amount_text amount_plain(struct amount a)
{
	unsigned digits = 3;

	if (a.milli % 1000 == 0)
		digits = 0;
	else if (a.milli % 100 == 0)
		digits = 1;
	else if (a.milli % 10 == 0)
		digits = 2;
	return printed(a, digits, false);
}
