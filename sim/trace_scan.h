/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading numbers and words out of a line of text, with the column for messages.
 */
#ifndef SIM_TRACE_SCAN_H
#define SIM_TRACE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each takes what it names from *p on and moves *p behind it; false: something
 * else stands there or the number is larger than 64 bits, *p is where it began. */
bool scan_hex(const char **p, uint64_t *value); /* digits without prefix */
bool scan_decimal(const char **p, uint64_t *value);
bool scan_number(const char **p, uint64_t *value); /* decimal, or hex behind 0x */
bool scan_bdf(const char **p, uint64_t *rid); /* bus:device.function */
bool scan_text(const char **p, const char *text); /* exactly this */
void scan_spaces(const char **p);
size_t scan_word(const char *p); /* length up to space or end */

/*
 * Matches a whole line from p against a pattern, in which %x is a hexadecimal
 * number with 0x in front or without, %d a decimal one, %i the same with a sign in two's
 * complement, %r bus:device.function,
 * %w a word that is passed over, a space one or more spaces, and %* the rest of
 * the line. The numbers go to values[] in order.
 */
#define SCAN_VALUES 8
bool scan_pattern(const char *p, const char *pattern, uint64_t values[SCAN_VALUES]);

#endif
