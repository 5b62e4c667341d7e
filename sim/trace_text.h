/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text form of traces, one record a line:
 *
 *	ioasim-trace 1
 *	arch vtd
 *	levels unit driver
 *	key kernel Linux 6.1
 *	@4003738us reg offset=0x88 size=4 value=0x0
 *	dma rid=00:05.0 iova=0xfffc1000 length=4096 access=w pa=0x43963000 page_lg2=12 granted=rw
 *	dma rid=00:06.0 iova=0x7ffdc000 length=2 access=r refused
 *
 * A line is [@TIME] KEYWORD [NAME=VALUE | FLAG]...; TIME counts from the beginning
 * of the trace, in ns unless us, ms or s follows, and holds until the next one.
 * Numbers are decimal, or hexadecimal behind 0x; lengths may end in k, M, G, T.
 * Empty lines and what follows a # at the beginning of a line or behind a space
 * are passed over. docs/trace-format.md lists the keywords with their fields.
 *
 * The table below makes both directions and the names in messages.
 */
#ifndef SIM_TRACE_TEXT_H
#define SIM_TRACE_TEXT_H

#include "trace.h"

#define TRACE_TEXT_FIRST_LINE "ioasim-trace 1"

/* How a member of struct trace_record is written. */
enum text_form {
	TEXT_END,
	TEXT_HEX, /* a number, written in hexadecimal */
	TEXT_DECIMAL,
	TEXT_LENGTH, /* a number, may end in k, M, G, T */
	TEXT_RID, /* bus:device.function, or a number where it has more than 16 bits */
	TEXT_RIGHTS, /* letters of rwx, - for none */
	TEXT_WORDS, /* numbers with commas between; their count is the size */
	TEXT_DOMAIN, /* kind of a domain, by name */
};

struct text_field {
	const char *name;
	uint8_t form;
	uint8_t offset; /* in struct trace_record */
	uint8_t width; /* bytes of the member */
	bool optional; /* not written and not expected when 0 (pasid: none) */
};

#define TEXT_FIELDS 9

struct text_kind {
	const char *word;
	uint16_t flags; /* mask of enum trace_flag that may stand there */
	struct text_field fields[TEXT_FIELDS];
};

struct text_flag {
	const char *word;
	uint16_t flag;
};

/* By enum trace_kind; entry 0 is empty. */
const struct text_kind *trace_text_kind(unsigned kind);
/* Ended by a NULL word. TRACE_PASID and TRACE_ANSWERED are not there: the fields
 * pasid= and pa= and the word refused stand for them. */
const struct text_flag *trace_text_flags(void);
/* Names of enum domain_kind; NULL behind the last. */
const char *trace_text_domain(unsigned kind);

/* Writing: to any stream, whose error state is the caller's to look at. *time_ns
 * is the time of the record before (0 at first). */
void trace_text_put_header(FILE *out, const struct trace_meta *meta);
void trace_text_put(FILE *out, const struct trace_record *record, uint64_t *time_ns);

#endif
