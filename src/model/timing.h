/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time: when each of a unit's requests and commands is served, in a discrete-event model
 * (docs/cost-model.md). It is fed with abstract events in the order of the trace and
 * changes nothing of what they did; it knows neither an architecture nor a trace.
 *
 * A request enters, is looked up, waits for a walker and is walked if references were
 * made, or waits for the walk of another request to its page, leaves in order or as soon
 * as it can, and has the latency of the way beside the unit on top:
 *
 *	arrival  entry  looked_up  walk_start  walk_end  translated  done
 *	   entry    cache     walker        memory   merge/order   base, ats
 *
 * A call is what a processor does: software, then commands that it may wait for.
 *
 * All times are picoseconds since the start and saturate at TIMING_END_PS. Nothing is
 * allocated but in timing_create() and timing_source().
 */
#ifndef MODEL_TIMING_H
#define MODEL_TIMING_H

#include "model/latency.h"

#include <ioasim/unit.h>

#define TIMING_END_PS       (UINT64_C(1) << 62)
#define TIMING_PARAMETER_PS UINT64_C(1000000000000000) /* greatest duration: 1,000 s */

#define TIMING_WALKERS     1024u /* most walkers */
#define TIMING_PENDING     1024u /* most walks under way or waiting */
#define TIMING_PROCESSORS  1024u
#define TIMING_OUTSTANDING 65536u /* most requests of a source on their way */

enum timing_arrival {
	TIMING_TRACE, /* requests come at the times that they have */
	TIMING_CLOSED, /* as fast as the number of outstanding ones allows */
};

enum timing_wait {
	TIMING_POLL, /* the processor looks again and again */
	TIMING_INTERRUPT,
};

/* The machine's parameters; durations (_ps) of at most TIMING_PARAMETER_PS. */
struct timing_config {
	/* Requests. */
	uint8_t arrival; /* enum timing_arrival */
	bool in_order; /* requests of a source leave in their order */
	uint32_t outstanding; /* of each source, on their way; 0: no limit, not with CLOSED */
	uint64_t issue_ps; /* between two entries into the unit */
	uint64_t base_ps; /* beside the unit, of every request */
	/* Look-ups, walks. */
	uint64_t lookup_ps[IOASIM_CACHES];
	uint32_t walkers; /* 1 to TIMING_WALKERS */
	uint32_t pending; /* walks under way or waiting, 1 to TIMING_PENDING */
	bool merge; /* a walk to a page that is being walked waits for that walk */
	uint64_t walk_ps; /* of a walk, beside its references; holds the walker */
	uint64_t miss_ps; /* behind the walk, until its answer is there; holds no walker */
	uint64_t reference_ps;
	/* A cache of 64-byte lines in front of memory; 0 entries: none. */
	struct ioasim_cache_geometry lines;
	uint64_t line_hit_ps;
	/* Commands. */
	uint64_t doorbell_ps; /* until the unit sees that there are commands */
	uint64_t fetch_ps, execute_ps; /* of a command */
	uint64_t removed_ps; /* of an entry that a command removed */
	bool drain; /* an invalidation waits for the requests before it */
	bool drain_blocks; /* and walks behind it wait for its end */
	uint8_t wait; /* enum timing_wait */
	uint64_t poll_ps; /* between two looks */
	uint64_t interrupt_ps;
	/* Devices. */
	uint64_t ats_ps; /* of a translation request, beside the unit */
	uint64_t atc_ps; /* from an invalidation of a device's cache to its completion */
	uint64_t page_request_ps; /* from a page request to its response */
	/* Software, beside its commands. */
	uint64_t map_ps, unmap_ps;
	uint32_t processors; /* that make calls, 1 to TIMING_PROCESSORS: more calls wait */
};

/* ---- What is told -------------------------------------------------------------- */

struct timing_request {
	uint64_t arrival_ps; /* never falls; of no effect with TIMING_CLOSED */
	uint32_t source; /* of timing_source() */
	uint8_t kind; /* enum ioasim_request_kind */
	uint8_t lookups; /* caches that were asked: bits of enum ioasim_cache */
	uint32_t references; /* 0: no walk */
	/* Walks with this number are of the same page. */
	uint64_t page;
	/* Addresses of the references, for the cache in front of memory, or NULL. */
	const ioasim_pa_t *address;
};

enum timing_call {
	TIMING_CALL_MAP,
	TIMING_CALL_UNMAP,
	TIMING_CALL_OTHER, /* no software beside its commands, no histogram of its own */
	TIMING_CALLS
};

/* ---- What comes of it ---------------------------------------------------------- */

/* Times of one request, each no less than the one before. */
struct timing_span {
	uint64_t arrival, entry;
	uint64_t answered; /* by the caches */
	uint64_t looked_up; /* in order */
	uint64_t walker_free; /* looked_up if there was no walk of its own */
	uint64_t walk_start, walk_end; /* the same */
	uint64_t ready; /* the answer is there */
	uint64_t translated; /* and leaves, in order */
	uint64_t done;
	uint32_t walker; /* that walked */
	bool walked, merged;
};

/* Times of one command. */
struct timing_command_span {
	uint64_t fetched, start, end; /* start: drained, and devices have answered */
	uint64_t seen; /* of a wait: by the processor; else `end` */
	uint64_t submitted; /* of the first since the last wait: doorbell; else 0 */
};

struct timing_call_span {
	uint64_t start, end; /* from when there was a processor for it */
	uint32_t commands, waits;
};

/*
 * Where the time went, summed over requests (to TIMING_ATS), invalidations and calls:
 * translation + ats latencies = ENTRY + CACHE + WALKER + MEMORY + MERGE + ORDER + BLOCKED
 * + BASE + ATS; invalidation latencies = COMMAND + DRAIN + ATC + WAIT; page requests =
 * PAGE_REQUEST; maps and unmaps = SOFTWARE + the invalidations in them.
 */
enum timing_part {
	TIMING_ENTRY, /* for the rate, or for another of the source to be done */
	TIMING_CACHE, /* look-ups */
	TIMING_WALKER, /* for a walker, or for a place to wait in */
	TIMING_BLOCKED, /* for an invalidation to end */
	TIMING_MEMORY, /* the walk */
	TIMING_MERGE, /* for the walk of another request */
	TIMING_ORDER, /* for earlier requests, in the look-ups and before leaving */
	TIMING_BASE,
	TIMING_ATS,
	TIMING_COMMAND, /* doorbell, fetching, executing, earlier commands */
	TIMING_DRAIN,
	TIMING_ATC, /* for devices to drop what they hold */
	TIMING_WAIT, /* until the processor sees the end */
	TIMING_PAGE_REQUEST,
	TIMING_SOFTWARE,
	TIMING_PARTS
};

enum timing_latency {
	TIMING_OF_TRANSLATION, /* requests that are no translation requests */
	TIMING_OF_ATS,
	TIMING_OF_PAGE_REQUEST,
	TIMING_OF_INVALIDATION, /* commands up to a wait, or up to the end of a call */
	TIMING_OF_MAP,
	TIMING_OF_UNMAP,
	TIMING_LATENCIES
};

struct timing_stats {
	uint64_t end_ps; /* the last of all ends */
	uint64_t requests;
	uint64_t walks, merged; /* together: requests with references */
	uint64_t hits_held; /* answered by an entry whose walk was still under way */
	uint64_t walks_held; /* that did not find a walker at once */
	unsigned __int128 walker_ps; /* busy, summed over walkers */
	uint64_t references, references_saved; /* made; of merged walks */
	uint64_t line_hits, line_misses;
	uint64_t commands;
	unsigned __int128 part[TIMING_PARTS];
	struct latency latency[TIMING_LATENCIES];
};

/* ---- Functions ----------------------------------------------------------------- */

struct timing;

/* 0, -EINVAL (*why, which lives for ever, says which parameter is out of its range) or
 * -ENOMEM. `config` is copied. */
int timing_create(const struct timing_config *config, struct timing **timing, const char **why);
void timing_destroy(struct timing *timing); /* takes NULL */

/* One more source of requests, which are limited and ordered by themselves: its number,
 * or -ENOMEM. */
int timing_source(struct timing *timing);

/* Requests, calls and commands are told in the order of the trace. `span` may be NULL. */
void timing_request(struct timing *timing, const struct timing_request *request,
		    struct timing_span *span);
void timing_page_request(struct timing *timing, uint64_t at_ps, struct timing_span *span);

/*
 * A call begins, executes commands and ends. Calls do not nest. `removed` is how many
 * entries the command removed. A command may come outside of a call only after
 * timing_call_begin() of TIMING_CALL_OTHER. at_ps never falls.
 */
void timing_call_begin(struct timing *timing, enum timing_call call, uint64_t at_ps);
void timing_command(struct timing *timing, enum ioasim_command_class class, uint64_t removed,
		    struct timing_command_span *span);
void timing_call_end(struct timing *timing, struct timing_call_span *span);

const struct timing_stats *timing_stats(const struct timing *timing);
const struct timing_config *timing_config(const struct timing *timing);

#endif
