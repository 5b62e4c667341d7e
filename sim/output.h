/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results: standard output or a file, whole or not at all.
 *
 * A file takes its name when it is complete; until then, and after any error, the old
 * file stays as it was.
 */
#ifndef SIM_OUTPUT_H
#define SIM_OUTPUT_H

#include "fresh.h"
#include "message.h"

struct output {
	FILE *stream;
	const char *path; /* "-": standard output; must outlive the output */
	struct fresh fresh; /* without a stream: written in place */
};

/* 0, or CMD_OUTPUT after a message. path NULL or "-": standard output. */
int output_open(struct output *output, const char *path, struct message *message);

/* Completes the result: 0, or CMD_OUTPUT after a message. Closes in any case. */
int output_commit(struct output *output, struct message *message);

/* Drops the result. Takes an output that was committed or never opened (zeroed). */
void output_abort(struct output *output);

/*
 * Whether a result written to `path` would take the place of the file `other`, an input
 * or another result. Never for NULL, "-", devices and pipes.
 */
bool output_replaces(const char *path, const char *other);

#endif
