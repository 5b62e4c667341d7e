/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A replay as a picture: requests, walks, commands, calls and stale windows with the times
 * of the model of events, in the trace-event format that Perfetto and Chrome open
 * (docs/timeline.md). It is written as the replay goes on; memory is that of what is on
 * its way at one time.
 */
#ifndef SIM_TIMELINE_H
#define SIM_TIMELINE_H

#include "replay.h"

struct timeline;

/* Writes to `stream`, at most `limit` events. Errors of the stream stay in it. NULL: no host
 * memory. */
struct timeline *timeline_create(const struct machine *machine, FILE *stream, uint64_t limit);
void timeline_destroy(struct timeline *timeline); /* takes NULL */

/* In the order of the trace. */
void timeline_request(struct timeline *timeline, const struct replay_access *access,
		      const struct timing_span *span);
void timeline_page_request(struct timeline *timeline, const struct trace_record *record,
			   const struct timing_span *span);

struct timeline_command {
	const char *name;
	enum ioasim_command_class class;
	uint64_t removed;
	const struct timing_command_span *span;
};
void timeline_command(struct timeline *timeline, const struct timeline_command *command);

/* Behind its commands. */
struct timeline_call {
	const char *name;
	const struct trace_record *record; /* NULL: of no record */
	uint64_t number; /* of the record */
	uint64_t software_ps;
	bool window_open; /* of an unmap: its invalidation is still to come */
	const struct timing_call_span *span;
};
void timeline_call(struct timeline *timeline, const struct timeline_call *call);

/* A stale window: what the unmap of record `number` took away could be reached. */
void timeline_window(struct timeline *timeline, uint64_t start_ps, uint64_t end_ps,
		     uint64_t number);

/* How a timeline was ended. */
struct timeline_end {
	uint64_t events;
	bool cut; /* more would not have fitted the limit */
	uint64_t cut_ps; /* what begins behind this time is not whole */
	uint64_t crowded; /* items left out: too many at one time */
	bool no_memory;
};

/* Writes the end. */
struct timeline_end timeline_finish(struct timeline *timeline);

#endif
