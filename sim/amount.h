/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of a result, exact to a thousandth: counts need 63 bits and times have at
 * most three decimals. All arithmetic is of integers, so that what is printed, and
 * where a chart draws it, is the same on every machine.
 */
#ifndef SIM_AMOUNT_H
#define SIM_AMOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Zeroed: no number at all, which is not 0. */
struct amount {
	__int128 milli; /* thousandths; at most AMOUNT_MAX of a thing that was read */
	bool given;
};

/* What is read is not larger: sums of a million such still fit. */
#define AMOUNT_MAX INT64_MAX

struct amount amount_of(uint64_t count);

/* -EINVAL: no number; -ERANGE: beyond AMOUNT_MAX on either side. Rounded to thousandths. */
int amount_read(const json_t *json, struct amount *amount);

/* One that is not given counts as 0; not given if both are not. */
struct amount amount_add(struct amount a, struct amount b);
struct amount amount_less(struct amount a, struct amount b);

/* part * scale / whole, rounded to thousandths; not given if one is not, or whole is 0. */
struct amount amount_ratio(struct amount part, struct amount whole, uint32_t scale);

/* -1, 0, 1; one that is not given is less than any. */
int amount_compare(struct amount a, struct amount b);
struct amount amount_max(struct amount a, struct amount b);
bool amount_is_zero(struct amount a); /* or not given */

/* position of `a` between 0 and `max` as a part of `length`: 0..length. */
int amount_place(struct amount a, struct amount max, int length);

/* log2(a) in 1/1024, of thousandths: only differences say something. 0 for what is not
 * above 0. */
int amount_log(struct amount a);

struct amount_text {
	char s[80];
};

/* "1,234.5", rounded to `digits` (at most 3) behind the point; "" if not given. */
struct amount_text amount_text(struct amount a, unsigned digits);
/* "1234.5": without thousands, and as many digits as it has. */
struct amount_text amount_plain(struct amount a);

#endif
