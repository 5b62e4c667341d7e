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

#include <string.h>

struct journal;
struct replay_probe;
struct timeline;

/* The level at which a trace is replayed on an architecture where nobody says otherwise
 * (enum trace_levels): unit if it has that level and was recorded there. */
uint8_t replay_level(const struct trace_meta *meta, const struct ioasim_arch *arch);

/* What is replayed, and how. The level is that of `result`. */
struct replay {
	const struct machine *machine;
	const struct trace_meta *meta; /* of the trace */
	struct message *message;
	struct result *result; /* of result_init() */
	bool check; /* compare with what was recorded */
	struct timeline *timeline; /* to draw, with the model of events; NULL: none */
	struct replay_probe *const *probe; /* ended by NULL; NULL: none */
	struct journal *journal; /* for others that follow (replay_lead.h); NULL: nobody does */
};

/*
 * A replay in steps, so that one reader can drive several: started, fed with batches of
 * records, ended. Each returns 0, or CMD_INPUT or CMD_USAGE after a message: the trace
 * cannot be replayed, or the machine cannot be built. What `replay` names lives until
 * the end.
 */
struct replay_run;
int replay_start(const struct replay *replay, struct replay_run **run);
int replay_feed(struct replay_run *run, const struct trace_record *records, size_t count);
/* Fills the result and frees the replay, also after an error. Takes NULL. */
void replay_end(struct replay_run *run);

/* The next records of the trace and the progress line. Count 0: the end. */
int replay_next(const struct replay *replay, struct trace_reader *reader,
		const struct trace_record **records, size_t *count);

/* All of it: every record that the reader has. */
int replay_trace(const struct replay *replay, struct trace_reader *reader);

/* ---- Watching a replay --------------------------------------------------------- */

/* One access or translation request, and its answer. */
struct replay_access {
	const struct trace_record *record;
	uint64_t number; /* of the record, from 1 */
	const struct ioasim_request *request;
	const struct ioasim_response *response;
};

/*
 * Who watches is told of what happens in the order in which it happens, and changes
 * nothing. Functions that are NULL are not called; the unit is slower for `fetch`. A probe
 * is a member of what belongs to its owner.
 */
struct replay_probe {
	/* The machine stands; the driver has not begun. 0, or -ENOMEM: the replay ends. */
	int (*start)(struct replay_probe *probe, const struct machine *machine,
		     const struct ioasim_unit *unit);
	/* The driver's clock goes on to that of the coming record, or to a deadline before
	 * it: driver level, lazy policy. The commands of that follow. */
	void (*tick)(struct replay_probe *probe, uint64_t time_ns);
	/* A record that is no access is about to be played, and has been: at driver level a
	 * call of the driver, and `status` is what it returned. Between them: the commands
	 * that it causes. */
	void (*begin)(struct replay_probe *probe, const struct trace_record *record,
		      uint64_t number);
	void (*end)(struct replay_probe *probe, const struct trace_record *record, int status);
	void (*access)(struct replay_probe *probe, const struct replay_access *access);
	/* As in struct ioasim_unit_callbacks. */
	void (*command)(struct replay_probe *probe, const uint64_t *words, unsigned count);
	void (*invalidated)(struct replay_probe *probe, const struct ioasim_invalidation *what);
	void (*fetch)(struct replay_probe *probe, const struct ioasim_fetch *fetch);
	/* Driver level, lazy policy: what the unmap of this record took away can be reached
	 * on (told during the call), or cannot any more (told behind a call or tick). */
	void (*window)(struct replay_probe *probe, uint64_t number, bool opened);
	/* The last record has been played; the unit is about to go. What the driver
	 * does to end is in no result and not told. */
	void (*finish)(struct replay_probe *probe, const struct ioasim_unit *unit);
};

/* ---- What both levels share --------------------------------------------------- */

struct recorder;

/* What one level does. `size` is that of its own replay, whose first member is the run. */
struct replay_level {
	size_t size;
	int (*start)(struct replay_run *run);
	int (*feed)(struct replay_run *run, const struct trace_record *records, size_t count);
	void (*end)(struct replay_run *run);
};
extern const struct replay_level replay_unit_level, replay_driver_level;

/* The machine built, and the way of one DMA through it. */
struct replay_run {
	const struct replay *replay;
	const struct replay_level *level;
	struct result *result;
	struct replay_probe *const *probe; /* NULL: none, or all has been told */
	struct replay_probe **probes; /* with the replay's own */
	struct time_probe *time;
	struct replay_lead *lead; /* with a journal */
	struct machine_memory *backing;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	const struct recorder *recorder;
	struct result_requester *route; /* of the last DMA */
	uint64_t record; /* number of the present record, from 1 */
	struct ioasim_unit_callbacks callbacks; /* with probes: the level's own */
	void *opaque;
};

/* Makes memory and unit, with these callbacks and those of the probes. 0, or a status
 * after a message. */
int replay_build(struct replay_run *run, const struct replay *replay,
		 const struct ioasim_unit_callbacks *callbacks, void *opaque);
void replay_free(struct replay_run *run);

/* Complains about the present record: "FILE: record N: text". CMD_INPUT. */
__attribute__((format(printf, 2, 3))) int replay_fail(const struct replay_run *run,
						      const char *format, ...);

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

/* Tells the probes of a record that is no access. */
void replay_begins(struct replay_run *run, const struct trace_record *record);
void replay_ends(struct replay_run *run, const struct trace_record *record, int status);
void replay_ticks(struct replay_run *run, uint64_t time_ns);
void replay_window(void *run, uint64_t number, bool opened);

/* Entries that were read for a translation. */
static inline unsigned replay_references(const struct ioasim_cost *cost)
{
	const uint8_t *refs = &cost->refs[0][0];
	uint64_t word[sizeof(cost->refs) / 8];
	uint32_t rest;
	unsigned sum = 0;

	/* Where the IOTLB answers, tables of devices may still have been read; mostly
	 * nothing was read at all, and there is nothing to sum up. */
	memcpy(word, refs, sizeof(word));
	memcpy(&rest, refs + sizeof(word), sizeof(rest));
	if ((word[0] | word[1] | word[2] | word[3] | rest) == 0)
		return 0;
	for (unsigned i = 0; i < sizeof(cost->refs); i++)
		sum += refs[i];
	return sum;
}

/* Counts an access and its answer, where it is none of a translation alone, for the
 * requester. False: no host memory. */
bool replay_count(struct replay_run *run, const struct ioasim_request *request, uint64_t length,
		  const struct ioasim_response *response);

/* As replay_start(), of a level that is none of a trace. */
int replay_start_level(const struct replay *replay, const struct replay_level *level,
		       struct replay_run **run);

/* True where the answer lets the access go on. */
static inline bool replay_answered(const struct ioasim_response *response)
{
	return response->outcome == IOASIM_OK || response->outcome == IOASIM_INTERRUPT;
}

#endif
