/* SPDX-License-Identifier: Apache-2.0 */
/* Records of every kind, lines of every log format, and how records are compared. */
#ifndef FUZZ_TRACE_SAMPLES_H
#define FUZZ_TRACE_SAMPLES_H

#include "trace.h"

extern const struct trace_record sample_records[];
extern const size_t sample_records_count;

/* Logs as other programs write them; ended by NULL. */
extern const char *const sample_logs[];

bool records_equal(const struct trace_record *a, const struct trace_record *b);

#endif
