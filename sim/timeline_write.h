/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace-event format ("JSON Object Format"): complete events, counters, and metadata
 * that name groups (processes) and tracks (threads). Times are written in whole
 * nanoseconds, start and end rounded down alike, so that what lies in something else still
 * does where a viewer counts nanoseconds.
 */
#ifndef SIM_TIMELINE_WRITE_H
#define SIM_TIMELINE_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct timeline_writer {
	FILE *stream;
	uint64_t limit, events; /* with metadata */
	bool cut; /* nothing is written any more */
};

struct timeline_track {
	uint32_t group, thread; /* thread from 1 on */
};

struct timeline_part {
	const char *name; /* these texts are the program's own: nothing in them is escaped */
	uint64_t start_ps, end_ps;
};

void timeline_write_begin(struct timeline_writer *writer, FILE *stream, uint64_t limit);
/* `other`: members of an object, as JSON. */
void timeline_write_end(struct timeline_writer *writer, const char *other);

/* True if so many events still fit; else the timeline is cut here. */
bool timeline_fits(struct timeline_writer *writer, unsigned events);

void timeline_name_group(struct timeline_writer *writer, uint32_t group, const char *name);
void timeline_name_track(struct timeline_writer *writer, struct timeline_track track,
			 const char *name);

void timeline_slice(struct timeline_writer *writer, struct timeline_track track,
		    struct timeline_part part);
/* `format` gives the members of the slice's arguments, as JSON. */
__attribute__((format(printf, 4, 5))) void timeline_slice_of(struct timeline_writer *writer,
							     struct timeline_track track,
							     struct timeline_part part,
							     const char *format, ...);
void timeline_count(struct timeline_writer *writer, const char *name, uint64_t time_ps,
		    uint64_t value);

#endif
