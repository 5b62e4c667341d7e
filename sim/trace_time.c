/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_time.h"

#include "trace_scan.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* Clocks of several processors may differ a little: a trace's time stands still then. */
void log_clock_set(struct log_clock *clock, uint64_t stamp_ns)
{
	if (!clock->started) {
		clock->started = true;
		clock->first_ns = stamp_ns;
	}
	if (stamp_ns > clock->first_ns && stamp_ns - clock->first_ns > clock->now_ns)
		clock->now_ns = stamp_ns - clock->first_ns;
}

bool scan_seconds(const char **p, uint64_t *ns)
{
	const char *at = *p, *digits;
	uint64_t seconds, fraction = 0;

	if (!scan_decimal(&at, &seconds) || *at++ != '.')
		return false;
	digits = at;
	if (!scan_decimal(&at, &fraction) || at - digits > 9)
		return false;
	for (long n = at - digits; n < 9; n++)
		fraction *= 10;
	if (__builtin_mul_overflow(seconds, NS_PER_SECOND, ns) ||
	    __builtin_add_overflow(*ns, fraction, ns))
		return false;
	*p = at;
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that the
 * leap day is the last. */
static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day)
{
	year -= month <= 2;
	month = (month + 9) % 12;
	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 -
	       719468;
}

static bool scan_field(const char **p, uint64_t low, uint64_t high, char end, uint64_t *value)
{
	if (!scan_decimal(p, value) || *value < low || *value > high || **p != end)
		return false;
	++*p;
	return true;
}

bool scan_date(const char **p, uint64_t *ns)
{
	const char *at = *p;
	uint64_t year, month, day, hour, minute, seconds_ns;

	if (!scan_field(&at, 1970, 2500, '-', &year) || !scan_field(&at, 1, 12, '-', &month) ||
	    !scan_field(&at, 1, 31, 'T', &day) || !scan_field(&at, 0, 23, ':', &hour) ||
	    !scan_field(&at, 0, 59, ':', &minute) || !scan_seconds(&at, &seconds_ns) ||
	    seconds_ns >= 61 * NS_PER_SECOND || *at++ != 'Z')
		return false;
	*ns = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 * NS_PER_SECOND +
	      seconds_ns;
	*p = at;
	return true;
}
