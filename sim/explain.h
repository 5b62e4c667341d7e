/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translations explained: every entry that the unit read, in order, where and why, with
 * its fields; which caches were asked and filled in between; the answer and the cost.
 *
 * A unit tells of its reads (explain_note is its fetch callback). What its caches did is
 * taken from its counters, which are looked at whenever it tells, so that a unit without
 * this listener pays nothing for it. Caches that did something between the same two reads
 * are told in the order in which a request of the architecture comes to them.
 */
#ifndef SIM_EXPLAIN_H
#define SIM_EXPLAIN_H

#include "model/arch.h"
#include "text.h"

#include <jansson.h>
#include <stdio.h>

/* What the caches did between two reads. */
struct explain_caches {
	struct {
		uint8_t hits, misses, fills, evictions;
	} of[IOASIM_CACHES];
};

struct explain_read {
	struct explain_caches before;
	struct ioasim_fetch fetch;
};

/* Zeroed: empty and off. */
struct explain_notes {
	struct explain_read *read;
	uint32_t count, room;
	bool on;
	bool lost; /* no host memory for some of them */
	struct explain_caches after; /* behind the last read */
	const struct ioasim_unit *unit;
	struct ioasim_cache_counters seen[IOASIM_CACHES];
};

/* The fetch callback of a unit; `opaque` is a struct explain_notes. */
void explain_note(void *opaque, const struct ioasim_fetch *fetch);
/* Around one translation of the unit. */
void explain_begin(struct explain_notes *notes, const struct ioasim_unit *unit);
void explain_end(struct explain_notes *notes);
void explain_notes_fini(struct explain_notes *notes);

/* ---- What is told -------------------------------------------------------------------- */

/* One translation. */
struct explain_case {
	const char *title; /* where it comes from, one line */
	const struct explain_notes *notes;
	const struct ioasim_request *request;
	const struct ioasim_response *response;
	uint64_t memory_ps; /* of a reference */
	const char *label, *other; /* "expected", and what; NULL: nothing */
};

/* An entry that was read, taken apart, with what its place in the walk makes of it. */
struct explain_step {
	const struct ioasim_fetch *fetch;
	struct arch_entry entry; /* not after a bus error */
	uint64_t table; /* where its table begins, as its pointer has it */
	uint64_t index;
	bool behind; /* it was placed by the other stage: address and pa are two things */
	bool guest; /* what it leads to is an address between the stages */
};

/* The n-th read of a translation. */
struct explain_step explain_step(const struct explain_notes *notes, uint32_t n);

/* What its table is asked for: "IOVA", "GPA", "source-id", "PASID". */
const char *explain_input(const struct explain_notes *notes, const struct ioasim_fetch *fetch);

/* Is there a second stage below the first? */
bool explain_nested(const struct explain_notes *notes);

/* A right that the answer does not grant: at which read it was lost, from 0. -1: in none. */
int explain_lost(const struct explain_case *what, unsigned right);

/* Rights that the answer grants, or that a refused request was after. */
struct explain_rights {
	uint8_t granted, missing;
};
struct explain_rights explain_rights(const struct explain_case *what);

/* References of a translation, by what they were for; of all page tables; in all. */
struct explain_sums {
	unsigned kind[IOASIM_REF_KINDS];
	unsigned tables, all;
	unsigned inner; /* of stage 2 for each one of stage 1, if they are as many; else 0 */
};
struct explain_sums explain_sums(const struct explain_case *what);

/* ---- How ------------------------------------------------------------------------------ */

enum explain_format { EXPLAIN_TEXT, EXPLAIN_MD, EXPLAIN_JSON };
extern const char *const explain_formats[]; /* names of options, NULL-ended */

struct explain_out {
	FILE *stream;
	uint8_t format; /* enum explain_format */
	bool colour;
	unsigned shown;
	json_t *walks; /* JSON: those shown */
};

/* 0 or -ENOMEM. */
int explain_open(struct explain_out *out, FILE *stream, enum explain_format format);
int explain_show(struct explain_out *out, const struct explain_case *what);
/* Writes what is to stand at the end; frees. */
int explain_close(struct explain_out *out);

/* explain_text.c, explain_json.c */
void explain_text(struct explain_out *out, const struct explain_case *what);
json_t *explain_json(const struct explain_case *what); /* NULL: no memory */

#endif
