/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The points of a sweep, as a report needs them: what was set, and some numbers of each
 * result. The results themselves are not kept, so that ten thousand of them fit.
 */
#ifndef SIM_SWEEP_POINTS_H
#define SIM_SWEEP_POINTS_H

#include "amount.h"
#include "idmap.h"

#include <stddef.h>
#include <stdint.h>

#define SWEEP_KEYS    32 /* that a plan sets */
#define SWEEP_NUMBERS 64 /* kept of a point */
#define SWEEP_POINTS  200000
#define SWEEP_NONE    UINT32_MAX /* a point does not set this key */

/* A key of the machine that points set, with every value that it had. */
struct sweep_key {
	char *name;
	char **value; /* in the order of their numbers, or of appearance */
	uint32_t values, room;
	struct idmap places; /* by hash of the text: place + 1 */
	bool numeric; /* all values are numbers, sizes or times */
};

struct sweep_point {
	uint64_t index;
	uint32_t value[SWEEP_KEYS]; /* by key; or SWEEP_NONE */
	struct amount *number; /* by path */
};

struct sweep_points {
	char *plan; /* NULL: no point was read */
	struct sweep_key key[SWEEP_KEYS];
	size_t keys;
	const char *const *path; /* of the numbers */
	size_t paths;
	struct sweep_point *point;
	size_t points, room;
};

/* `path` must live as long as the points. */
void sweep_points_init(struct sweep_points *points, const char *const *path, size_t paths);
void sweep_points_fini(struct sweep_points *points);

/*
 * Adds one line of a sweep, whose "result" has passed result_keys_check(). NULL, or what
 * is wrong and was expected: lies in `why`.
 */
#define SWEEP_WHY 256
const char *sweep_points_add(struct sweep_points *points, const json_t *line, char why[SWEEP_WHY]);

/* To be called behind the last one: points in order of their index, values in theirs.
 * NULL, or what is wrong, as above. */
const char *sweep_points_sort(struct sweep_points *points, char why[SWEEP_WHY]);

/* The number that a value stands for, in ns or bytes; not given if it is none. */
struct amount sweep_value_number(const char *text);

/* The value at a path of keys, "caches.iotlb.misses"; NULL if there is none. */
const json_t *sweep_path(const json_t *json, const char *path);

#endif
