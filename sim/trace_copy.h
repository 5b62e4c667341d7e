/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records from a reader to a writer, with a progress line and messages: what
 * `import` and the sub-commands of `trace` have in common.
 */
#ifndef SIM_TRACE_COPY_H
#define SIM_TRACE_COPY_H

#include "message.h"
#include "trace.h"

struct trace_copy {
	struct message *message;
	const char *verb; /* for the progress line: "importing" */
	struct trace_reader *reader;
	struct trace_writer *writer;
	uint64_t skip; /* records to leave out first */
	uint64_t limit; /* records to copy at most; UINT64_MAX: all */
	uint64_t copied;
	/* Called for every record before it is written, which it may change; 0: write,
	 * 1: leave out, negative errno. NULL: all as they are. */
	int (*each)(void *opaque, struct trace_record *record);
	void *opaque;
};

/* 0, CMD_INPUT or CMD_OUTPUT after a message. A writer that failed tells why when it
 * is committed; until then nothing is said about it and 0 returned. */
int trace_copy(struct trace_copy *copy);

/* Opens, or complains: CMD_INPUT, CMD_OUTPUT. `path` NULL: standard output. */
int trace_copy_open(const char *path, enum trace_format format, struct trace_reader **reader,
		    struct message *message);
int trace_copy_create(const char *path, enum trace_format format, const struct trace_meta *meta,
		      struct trace_writer **writer, struct message *message);
/* Commits, or with a status other than 0 aborts and passes it on. */
int trace_copy_finish(struct trace_writer *writer, int status, struct message *message);

/* One progress step of a reader. */
void trace_copy_progress(struct message *message, const char *verb, struct trace_reader *reader);

#endif
