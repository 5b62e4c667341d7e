/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results of a sweep: a file of JSON, one line a point (docs/sweep.md).
 *
 * Lines are appended whole and in any order while the sweep runs; when it is complete the
 * file is replaced by one that has them in the order of the points. A line without its
 * end, which a crash may leave, is cut off and its point is done again. A file of
 * another sweep is never touched.
 */
#ifndef SIM_SWEEP_RESULTS_H
#define SIM_SWEEP_RESULTS_H

#include "result.h"
#include "sweep_plan.h"

#include <stddef.h>
#include <sys/types.h>

/* What a line says beside its result. */
struct sweep_line {
	uint64_t point, points; /* number, and how many the sweep has */
	char plan[256], identity[64];
	bool good; /* nothing that was checked is otherwise than it should be */
	json_t *root; /* to be released by the reader */
};

/* Takes a line without its end. 0, or -EINVAL with `why`, and root NULL. */
#define SWEEP_WHY 192
int sweep_line_read(const char *text, size_t length, struct sweep_line *line, char why[SWEEP_WHY]);

/* A line: a new reference; NULL: no host memory. */
json_t *sweep_line_make(const struct sweep_plan *plan, size_t point, const struct result *result,
			const char *identity);

/* Which sweep results are of. */
struct sweep_of {
	const char *plan, *identity;
	size_t points;
};

struct sweep_spot {
	off_t offset;
	size_t length; /* with its end; 0: there is no line of the point */
};

struct sweep_results {
	const char *path; /* NULL: a temporary file */
	int fd;
	struct sweep_of of;
	struct sweep_spot *spot; /* by point */
	bool *bad; /* by point */
	size_t done;
	off_t end;
	struct message *message;
};

/* Opens or makes the file and reads what it has. `path` "-": a file of nobody's, which
 * sweep_results_finish() writes to standard output. 0, or after a message CMD_INPUT (not
 * results of this sweep, or damaged) or CMD_OUTPUT. To be closed in any case. */
int sweep_results_open(struct sweep_results *results, const char *path, const struct sweep_of *of,
		       struct message *message);

/* Appends the line of a point. 0 or CMD_OUTPUT after a message. */
int sweep_results_add(struct sweep_results *results, size_t point, const json_t *line, bool good);
/* What was added is on the disk. */
int sweep_results_sync(struct sweep_results *results);

/* Puts the lines in order. */
int sweep_results_finish(struct sweep_results *results);

/* The line of a point that is there: its JSON, a new reference; NULL after a message. */
json_t *sweep_results_get(struct sweep_results *results, size_t point);

void sweep_results_close(struct sweep_results *results);

#endif
