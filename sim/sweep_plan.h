/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of sweeps (docs/sweep.md): one trace, and the machines that it is replayed on.
 *
 * A plan has axes: a parameter with its values, a group of parameters that change
 * together, a list of points. A point is one row of each axis; the last axis changes
 * fastest. What `exclude` names is left out, and what is left is counted from 0.
 */
#ifndef SIM_SWEEP_PLAN_H
#define SIM_SWEEP_PLAN_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWEEP_KEYS   64 /* of one point */
#define SWEEP_POINTS (UINT64_C(1) << 20) /* before anything is excluded */

struct sweep_place {
	unsigned line, column;
};

/* A key of a machine, `machine` or `arch`, and a value, as they are written. */
struct sweep_setting {
	const char *key, *value;
	struct sweep_place key_at, at;
};

struct sweep_row {
	struct sweep_setting *setting;
	size_t settings;
	struct sweep_place at;
};

struct sweep_axis {
	struct sweep_row *row;
	size_t rows;
	bool mixed; /* rows have keys of their own */
};

enum sweep_level { SWEEP_AUTO, SWEEP_UNIT, SWEEP_DRIVER };

struct sweep_plan {
	const char *path; /* as it was given */
	const char *name;
	const char *trace; /* as it is written */
	char *trace_path; /* from here */
	uint8_t level; /* enum sweep_level */
	bool check;
	struct sweep_row fixed; /* of all points: `machine`, `arch`, and what `set` has */
	struct sweep_axis *axis;
	size_t axes;
	struct sweep_row *exclude;
	size_t excludes;
	uint32_t *combination; /* of each point */
	size_t points;
	struct sweep_inside *inside; /* what the texts lie in */
};

/* 0, or CMD_INPUT after a message. The plan is to be freed in any case. */
int sweep_plan_load(const char *path, struct sweep_plan *plan, struct message *message);
/* Takes a plan that is zeroed. */
void sweep_plan_free(struct sweep_plan *plan);

/* What a point sets, in the order of the plan, without what is fixed. Returns how many. */
size_t sweep_plan_point(const struct sweep_plan *plan, size_t point,
			const struct sweep_setting *settings[SWEEP_KEYS]);

/* "KEY=VALUE, KEY=VALUE", for messages. */
void sweep_plan_describe(const struct sweep_plan *plan, size_t point, char *text, size_t size);

/* A file that the plan names, from here: the plan's folder is where its paths begin. NULL:
 * no memory. The caller frees. */
char *sweep_plan_file(const struct sweep_plan *plan, const char *name);

#endif
