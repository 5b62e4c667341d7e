/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces one after the other in one trace: what must stand between two rounds so that
 * the second begins as if it were the first. Memory depends on what the rounds touch,
 * not on their length nor number.
 *
 * At driver level the maps that live are unmapped, devices detached, domains freed;
 * devices stay known. At unit level the unit is switched off by its architecture's
 * control register and every word of memory that was named is cleared. What the unit
 * still has cached must be invalidated by the trace itself when it sets the unit up,
 * as drivers do.
 */
#ifndef SIM_TRACE_REPEAT_H
#define SIM_TRACE_REPEAT_H

#include "trace.h"

struct trace_repeat;

int trace_repeat_new(const struct trace_meta *meta, struct trace_repeat **repeat);
void trace_repeat_free(struct trace_repeat *repeat); /* takes NULL */

/* A record of a round. 0: it is to be written, 1: it is to be left out, as it tells
 * what an earlier round has told for good (a device, an aborting range), -ENOMEM. */
int trace_repeat_take(struct trace_repeat *repeat, const struct trace_record *record);

/* Writes what stands between two rounds, at this time; an error of trace_put(). */
int trace_repeat_seam(struct trace_repeat *repeat, struct trace_writer *writer, uint64_t time_ns);

#endif
