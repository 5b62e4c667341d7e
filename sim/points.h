/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The points of a sweep, as a report needs them: what was set, and some numbers of each
 * result. The results themselves are not kept, so that ten thousand of them fit.
 */
#ifndef SIM_POINTS_H
#define SIM_POINTS_H

#include "amount.h"
#include "idmap.h"

#include <stddef.h>
#include <stdint.h>

#define POINTS_KEYS    64 /* that a plan sets */
#define POINTS_NUMBERS 64 /* kept of a point */
#define POINTS_MOST    200000
#define POINTS_NONE    UINT32_MAX /* a point does not set this key */

/* A key of the machine that points set, with every value that it had. */
struct points_key {
	char *name;
	char **value; /* in the order of their numbers, or of appearance */
	uint32_t values, room;
	struct idmap places; /* by hash of the text: place + 1 */
	bool numeric; /* all values are numbers, sizes or times */
};

struct point {
	uint64_t index;
	uint32_t value[POINTS_KEYS]; /* by key; or POINTS_NONE */
	struct amount *number; /* by path */
};

struct points {
	char *plan, *identity; /* of the sweep; plan NULL: no point was read */
	uint64_t all; /* points that the sweep has; 0: no line says it */
	struct points_key key[POINTS_KEYS];
	size_t keys;
	const char *const *path; /* of the numbers */
	size_t paths;
	struct point *point;
	size_t points, room;
};

/* `path` must live as long as the points. */
void points_init(struct points *points, const char *const *path, size_t paths);
void points_fini(struct points *points);

/*
 * Adds one line of a sweep, whose "result" has passed result_keys_check(). NULL, or what
 * is wrong and was expected: lies in `why`.
 */
#define POINTS_WHY 256
const char *points_add(struct points *points, const json_t *line, char why[POINTS_WHY]);

/* To be called behind the last one: points in order of their index, values in theirs.
 * NULL, or what is wrong, as above. */
const char *points_sort(struct points *points, char why[POINTS_WHY]);

/* The number that a value stands for, in ns or bytes; not given if it is none. */
struct amount points_value_number(const char *text);

/* The value at a path of keys, "caches.iotlb.misses"; NULL if there is none. */
const json_t *points_path(const json_t *json, const char *path);

#endif
