/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of a replay: one structure that every output is made of. It depends on
 * the trace, the machine and the version alone; how long the program took is not in
 * it. docs/results.md says what every number counts.
 */
#ifndef SIM_RESULT_H
#define SIM_RESULT_H

#include "histogram.h"
#include "idmap.h"
#include "machine.h"
#include "profile_result.h"
#include "rules.h"
#include "series.h"

#include <jansson.h>

/*
 * Comparisons with what the trace recorded: compared = matched + mismatched, and for
 * answers + stale ones not reproduced + those in a lazy window.
 */
struct result_match {
	uint64_t compared, matched, mismatched;
};

/* In what a DMA differs from its recorded answer. */
enum result_difference {
	RESULT_OUTCOME, /* answered, or refused */
	RESULT_PA,
	RESULT_SIZE,
	RESULT_ACCESS,
	RESULT_DIFFERENCES
};

/* One thing that is not as recorded. `what` is a constant string. */
struct result_mismatch {
	uint64_t record; /* number of the record, from 1 */
	const char *what;
	uint32_t rid;
	uint64_t address;
	uint64_t recorded, found;
};

/*
 * Answers from an entry that should have been gone: the driver forgot to invalidate.
 * Reproduced, or not (no cache, or the entry was evicted), where the recorder gave
 * one; beyond the record, where the recorder had lost the entry and the unit had not.
 */
enum result_staleness { RESULT_REPRODUCED, RESULT_NOT_REPRODUCED, RESULT_BEYOND_RECORD };

struct result_stale {
	uint64_t record;
	uint32_t rid, pasid;
	uint64_t address, pa;
	uint8_t staleness;
};

#define RESULT_LISTED 64 /* mismatches and stale answers listed one by one */

/* Of a requester, or of what it sent with one PASID. */
struct result_requester {
	uint32_t rid;
	uint32_t pasid; /* of a route; TRACE_NO_PASID: without */
	uint64_t count, ok, faulted, bytes, references, iotlb_misses;
};

struct result_perf {
	const char *name, *about;
	uint64_t value;
};

/*
 * Stale windows: from each unmap that took something away to the end of its
 * invalidation, driver level. Under the strict policy an unmap returns with that, so
 * all are of length 0.
 */
struct result_windows {
	uint64_t open; /* at the end of the trace; not in the distributions */
	struct histogram length; /* ns */
	struct histogram accesses; /* through the domain, by any device */
};

/* Times of the model of events (sim/time_probe.h). */
struct time_result {
	struct timing *timing; /* its timing_stats() */
	struct series series;
};

#define RESULT_PERF  64
#define RESULT_SIZES 65 /* log2 of the page answered; the last: not limited by a table */

struct result {
	const char *file; /* as it was given */
	char arch[16]; /* recorded on; "" if the trace does not say */
	uint64_t records; /* of the level that was replayed, and all others */
	uint8_t level; /* enum trace_levels */
	bool tell_counters; /* the table has the machines' counters too */
	bool checked; /* answers were compared */
	const struct machine *machine;

	/* DMA of every device by PASID, see result_route(); result_finish() sums it up by
	 * requester. */
	struct result_requester *route, *requester;
	size_t routes, routes_room, requesters;
	struct idmap route_places; /* by id and PASID: place + 1 */
	/* Answers by page, and what they cost. */
	uint64_t sizes[RESULT_SIZES], size_references[RESULT_SIZES], size_misses[RESULT_SIZES];
	uint64_t ats_requests, ats_answered;

	struct result_match recorded;
	uint64_t difference[RESULT_DIFFERENCES];
	struct result_match commands, stores, faults;
	/* Recorded faults whose reason is not what the specification says, faults that
	 * the recorder left out, stores that it wrote incompletely (recorder.h). */
	uint64_t faults_other_reason, faults_unrecorded, faults_of_stale, stores_skipped;
	uint64_t register_writes, register_refused;

	uint64_t staleness[RESULT_BEYOND_RECORD + 1];
	uint64_t stale_window; /* answered between a lazy unmap and its flush */

	struct result_mismatch mismatch[RESULT_LISTED];
	size_t mismatches; /* listed */
	struct result_stale stale[RESULT_LISTED];
	size_t stales;

	struct rules_result rules; /* driver level */
	struct driver_stats driver; /* driver level */
	struct result_windows windows; /* driver level */
	uint64_t driver_calls, driver_refused;
	uint64_t driver_relocated; /* maps and accesses, see relocate.h */

	struct time_result *time; /* NULL: the serial model */

	struct ioasim_counters counters;
	bool profiled; /* the next is filled, for caches that are on */
	struct profile_result profile[IOASIM_CACHES];
	const char *contradiction; /* of the unit's counters; NULL: none */
	struct result_perf perf[RESULT_PERF];
	size_t perfs;
};

void result_init(struct result *result, const struct machine *machine, const char *file);
void result_fini(struct result *result);

/* The line of a requester's PASID (TRACE_NO_PASID: without); NULL if there is no
 * memory. Valid until the next call with another one. */
struct result_requester *result_route(struct result *result, uint32_t rid, uint32_t pasid);

/* Notes a mismatch; only the first ones are listed. */
void result_differs(struct result *result, const struct result_mismatch *mismatch);
void result_stale(struct result *result, const struct result_stale *stale);

/* Takes the unit's counters over and puts the lists in order. */
void result_finish(struct result *result, const struct ioasim_unit *unit);

/* Takes over all that another replay of the same trace found out which does not depend on
 * caches: what was compared and judged, windows, what the driver did. */
void result_adopt(struct result *result, const struct result *other);

/* True if everything that was compared was as recorded, and no rule is broken. */
bool result_good(const struct result *result);

/* Sums over requesters, and over kinds and levels. */
struct result_requester result_total(const struct result *result);
uint64_t result_references(const struct result *result, unsigned kind);

/* Times of the serial model (docs/cost-model.md), in ns; saturating. */
struct result_time {
	uint64_t walk_ns, invalidate_ns, total_ns;
};
struct result_time result_time(const struct result *result);
uint64_t result_commands(const struct result *result);

/*
 * What a complete result's counts obey among each other (docs/results.md), whatever the
 * trace and the machine. NULL if they do, else which identity does not hold.
 */
const char *result_check(const struct result *result);

/* How a result is written, beside the layout: the same numbers everywhere. */
#define RESULT_JSON_FLAGS (JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15))

/* A new reference; NULL: no host memory. */
json_t *result_json(const struct result *result);
/* The output in each format; 0, or -ENOMEM. Errors of the stream stay in it. */
int result_print_json(const json_t *json, FILE *stream);
int result_print_csv(const json_t *json, FILE *stream);
/* The part of the table that is the profile. */
void result_print_profile(const struct result *result, FILE *stream);
void result_print_table(const struct result *result, FILE *stream);

/*
 * Compares a result with a golden, field by field, and complains of each difference
 * ("GOLDEN: caches.iotlb.hits: expected 17, found 18"). Returns how many there are.
 * `version` and `trace.file` are not compared.
 */
uint64_t golden_compare(const json_t *golden, const json_t *now, const char *path,
			struct message *message);

#endif
