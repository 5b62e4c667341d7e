/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machines of a plan's points, and what a sweep is known by.
 */
#ifndef SIM_SWEEP_MACHINE_H
#define SIM_SWEEP_MACHINE_H

#include "machine.h"
#include "sweep_plan.h"
#include "trace.h"

/* A hash of 128 bits (FNV-1a): the same text, the same digest. */
struct sweep_digest {
	uint64_t high, low;
};

struct sweep_point {
	struct machine machine;
	uint8_t level; /* enum trace_levels */
	bool lifted; /* the trace has to be lifted for it */
	/* The same for points whose replay is the same: what they differ in is looked at when
	 * it is over (times of the serial model), or never (the driver, at unit level). */
	struct sweep_digest replay;
	/* The same for points whose drivers do the same: caches and times may differ. */
	struct sweep_digest driver;
};

static inline bool sweep_same(struct sweep_digest a, struct sweep_digest b)
{
	return a.high == b.high && a.low == b.low;
}

struct sweep_machines;

/* NULL: no memory. Plan, meta and message outlive it. */
struct sweep_machines *sweep_machines_new(const struct sweep_plan *plan,
					  const struct trace_meta *meta, struct message *message);
void sweep_machines_free(struct sweep_machines *machines); /* takes NULL */

/* The machine of a point: 0, or CMD_INPUT after a message with the place in the plan. */
int sweep_machine(struct sweep_machines *machines, size_t point, struct sweep_point *out);

/*
 * What a sweep is known by, 32 hexadecimal digits: the version, the plan's name, the trace
 * by name and content, and level and effective machine of every point, each of which is
 * built for it. Results of the same identity are of the same sweep. 0, or CMD_INPUT after
 * a message.
 */
#define SWEEP_IDENTITY 33
int sweep_identity(struct sweep_machines *machines, char identity[SWEEP_IDENTITY]);

#endif
