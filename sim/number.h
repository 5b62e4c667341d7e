/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as people write them in options and inputs. All are unsigned and have
 * 64 bits; decimal, or hex behind 0x; no sign, no blanks, nothing behind.
 *
 * 0, -EINVAL (not such a number) or -ERANGE (does not fit 64 bits).
 */
#ifndef SIM_NUMBER_H
#define SIM_NUMBER_H

#include <stdint.h>

int parse_number(const char *text, uint64_t *value);

/* With k, M, G or T behind it: powers of 1024. */
int parse_size(const char *text, uint64_t *value);

/* With ns, us, ms or s behind it: nanoseconds; without any, nanoseconds too. */
int parse_time(const char *text, uint64_t *value);

/* With ps, ns, us, ms or s behind it (none: ns), and a decimal fraction if that leaves a
 * whole number of picoseconds, which it gives exactly: 72.25ns is 72250. */
int parse_picoseconds(const char *text, uint64_t *value);

/* Picoseconds in nanoseconds, with the digits behind the point that there are: 72250 is
 * 72.25. Returns the text. */
#define NS_TEXT 32
const char *format_ns(uint64_t ps, char text[NS_TEXT]);

#endif
