/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doing points of a sweep: in groups, each with one reading of the trace, whose results
 * are on the disk before the next group begins.
 */
#ifndef SIM_SWEEP_RUN_H
#define SIM_SWEEP_RUN_H

#include "sweep_machine.h"
#include "sweep_results.h"

#include <signal.h>

struct sweep_run {
	const struct sweep_plan *plan;
	struct sweep_machines *machines;
	struct sweep_results *results;
	struct message *message;
	unsigned threads; /* from 1 */
	size_t group; /* machines at a time, from 1 */
	const volatile sig_atomic_t *stop; /* not 0: leave off */
};

/*
 * Does those of the points from `first` to before `last` that have no result yet. 0, also
 * if it was stopped, or CMD_INPUT or CMD_OUTPUT after a message; what was done by then
 * stays done.
 */
int sweep_run(struct sweep_run *run, size_t first, size_t last);

#endif
