/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time stamps of logs, made into time since the first of them.
 */
#ifndef SIM_TRACE_TIME_H
#define SIM_TRACE_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct log_clock {
	bool started;
	uint64_t first_ns;
	uint64_t now_ns; /* since the first; never falls */
};

/* A stamp was read. */
void log_clock_set(struct log_clock *clock, uint64_t stamp_ns);

/* SECONDS.FRACTION, at most nine digits behind the point. */
bool scan_seconds(const char **p, uint64_t *ns);
/* YYYY-MM-DDThh:mm:ss.FRACTIONZ, as nanoseconds since 1970. */
bool scan_date(const char **p, uint64_t *ns);

#endif
