/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_scan.h"

#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool scan_hex(const char **p, uint64_t *value)
{
	const char *at = *p;
	uint64_t v = 0;
	int d;

	while ((d = digit(*at)) >= 0) {
		if (v >> 60)
			return false;
		v = v << 4 | (unsigned)d;
		at++;
	}
	if (at == *p)
		return false;
	*p = at;
	*value = v;
	return true;
}

bool scan_decimal(const char **p, uint64_t *value)
{
	const char *at = *p;
	uint64_t v = 0;

	while (*at >= '0' && *at <= '9') {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*at - '0'), &v))
			return false;
		at++;
	}
	if (at == *p)
		return false;
	*p = at;
	*value = v;
	return true;
}

static bool has_hex_prefix(const char *p)
{
	return p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
}

bool scan_number(const char **p, uint64_t *value)
{
	const char *at = *p;

	if (!has_hex_prefix(at))
		return scan_decimal(p, value);
	at += 2;
	if (!scan_hex(&at, value))
		return false;
	*p = at;
	return true;
}

bool scan_bdf(const char **p, uint64_t *rid)
{
	const char *at = *p;
	uint64_t bus, device, function;

	if (!scan_hex(&at, &bus) || *at++ != ':' || !scan_hex(&at, &device) || *at++ != '.' ||
	    !scan_hex(&at, &function))
		return false;
	if (bus > 0xff || device > 0x1f || function > 7)
		return false;
	*p = at;
	*rid = bus << 8 | device << 3 | function;
	return true;
}

bool scan_text(const char **p, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(*p, text, n) != 0)
		return false;
	*p += n;
	return true;
}

void scan_spaces(const char **p)
{
	while (**p == ' ' || **p == '\t')
		++*p;
}

size_t scan_word(const char *p)
{
	return strcspn(p, " \t");
}

/* The value in two's complement. */
static bool scan_signed(const char **p, uint64_t *value)
{
	bool negative = **p == '-';
	const char *at = *p + negative;

	if (!scan_decimal(&at, value) || *value > INT64_MAX)
		return false;
	*p = at;
	if (negative)
		*value = 0 - *value;
	return true;
}

static bool scan_item(const char **p, char type, uint64_t *value)
{
	switch (type) {
	case 'x':
		if (has_hex_prefix(*p))
			*p += 2;
		return scan_hex(p, value);
	case 'd':
		return scan_decimal(p, value);
	case 'i':
		return scan_signed(p, value);
	case 'r':
		return scan_bdf(p, value);
	default:
		return false;
	}
}

bool scan_pattern(const char *p, const char *pattern, uint64_t values[SCAN_VALUES])
{
	unsigned n = 0;

	for (; *pattern; pattern++) {
		if (*pattern == ' ') {
			if (*p != ' ')
				return false;
			scan_spaces(&p);
		} else if (*pattern != '%') {
			if (*p++ != *pattern)
				return false;
		} else if (*++pattern == '*') {
			return true;
		} else if (*pattern == 'w') {
			p += scan_word(p);
		} else if (n == SCAN_VALUES || !scan_item(&p, *pattern, &values[n++])) {
			return false;
		}
	}
	scan_spaces(&p);
	return *p == '\0';
}
