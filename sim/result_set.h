/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of a report: results of `ioasim replay --format json`, one a file, and
 * points of `ioasim sweep`, one a line. Which of them a file is, its content says; it
 * may be compressed.
 */
#ifndef SIM_RESULT_SET_H
#define SIM_RESULT_SET_H

#include "message.h"
#include "points.h"

#define RESULT_SET_MOST 26 /* results beside each other: A to Z */

struct result_file {
	const char *path; /* as it was given */
	char name[64]; /* the end of it, to be shown */
	json_t *json; /* has passed result_keys_check() */
};

struct result_set {
	struct result_file file[RESULT_SET_MOST];
	size_t files;
	struct points points;
};

/* `path` and `paths`: the numbers kept of a sweep's points, see points_init(). */
void result_set_init(struct result_set *set, const char *const *path, size_t paths);
void result_set_fini(struct result_set *set);

/* 0, or CMD_INPUT after a message. "-" is standard input. */
int result_set_read(struct result_set *set, const char *path, struct message *message);

/* To be called behind the last file: 0, or CMD_INPUT after a message. */
int result_set_complete(struct result_set *set, struct message *message);

#endif
