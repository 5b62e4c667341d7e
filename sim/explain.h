/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One translation as a table that a person can follow: every entry that the unit
 * read, where, for what and with which fields, what the caches said, what it cost
 * and how it ended.
 */
#ifndef SIM_EXPLAIN_H
#define SIM_EXPLAIN_H

#include "vectors_text.h"

#include <stdio.h>

/* Entries noted while `on`; zeroed: empty and off. */
struct explain_notes {
	struct ioasim_fetch *fetch;
	uint32_t count, room;
	bool on;
	bool lost; /* no host memory for some of them */
};

/* A unit's fetch callback; `opaque` is a struct explain_notes. */
void explain_note(void *opaque, const struct ioasim_fetch *fetch);
void explain_notes_fini(struct explain_notes *notes);

void explain_print(FILE *out, const struct ioasim_unit *unit, const struct explain_notes *notes,
		   const struct ioasim_request *request, const struct ioasim_response *response);

#endif
