/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays: a trace through a unit alone (unit level), or through the driver of an
 * architecture (driver level). Both go on to the end of the trace whatever differs;
 * what differs stands in the result.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include "machine.h"
#include "message.h"
#include "result.h"
#include "trace.h"

struct replay {
	const struct machine *machine;
	struct trace_reader *reader;
	struct message *message;
	struct result *result; /* of result_init() */
	bool check; /* compare with what was recorded */
};

/* 0, or CMD_INPUT or CMD_USAGE after a message: the trace cannot be read, or the
 * machine cannot be built. */
int replay_unit(struct replay *replay);
int replay_driver(struct replay *replay);

/* ---- What both levels share --------------------------------------------------- */

struct recorder;

/* The machine built, and the way of one DMA through it. */
struct replay_run {
	struct replay *replay;
	struct result *result;
	struct machine_memory *backing;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	const struct recorder *recorder;
	struct result_requester *requester; /* of the last DMA */
	uint64_t record; /* number of the present record, from 1 */
};

/* Makes memory and unit, with these callbacks. 0, or a status after a message. */
int replay_build(struct replay_run *run, struct replay *replay,
		 const struct ioasim_unit_callbacks *callbacks, void *opaque);
void replay_free(struct replay_run *run);

/* Complains about the present record: "FILE: record N: text". CMD_INPUT. */
__attribute__((format(printf, 2, 3))) int replay_fail(const struct replay_run *run,
						      const char *format, ...);

/* The next records of the trace and the progress line. Count 0: the end. */
int replay_batch(struct replay_run *run, const struct trace_record **records, size_t *count);

/* The request of a TRACE_DMA or TRACE_ATS record. */
struct ioasim_request replay_request(const struct trace_record *record);

/* What a TRACE_MEMORY or TRACE_ABORT record does to memory: 0, or CMD_INPUT after a
 * message. */
int replay_memory(struct replay_run *run, const struct trace_record *record);

/* Hands a TRACE_PAGE_REQUEST record to the unit. */
void replay_page_request(struct replay_run *run, const struct trace_record *record);

/* Asks the unit; counts size, bytes and references for the requester. False: no
 * host memory. TRACE_DMA and TRACE_ATS. */
bool replay_translate(struct replay_run *run, const struct trace_record *record,
		      struct ioasim_response *response);

/* True where the answer lets the access go on. */
static inline bool replay_answered(const struct ioasim_response *response)
{
	return response->outcome == IOASIM_OK || response->outcome == IOASIM_INTERRUPT;
}

#endif
