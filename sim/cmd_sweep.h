/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `ioasim sweep` that have files of their own. */
#ifndef SIM_CMD_SWEEP_H
#define SIM_CMD_SWEEP_H

#include "sweep_plan.h"
#include "sweep_results.h"

int cmd_sweep_merge(int argc, char **argv);

/* `--show`: which numbers of the results are shown, "time.total_ns,references.total". */
#define SWEEP_SHOWN 8
extern const char sweep_show_default[];

/* Prints the points from `first` to before `last`, all of which have results, in the order
 * of the first number shown. CMD_OK, or CMD_USAGE (there is no such number), CMD_INPUT or
 * CMD_OUTPUT after a message. */
int sweep_table_print(struct sweep_results *results, const char *show, size_t first, size_t last);

/* Prints the commands that do a plan in so many parts. */
struct sweep_list {
	const struct sweep_plan *plan;
	const char *output;
	uint64_t parts, threads, group; /* the last two: 0: not given */
};
int sweep_list_print(const struct sweep_list *list, struct message *message);

#endif
