/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of trace reading: what one format brings along, and the reader that
 * all formats share. Only files that implement a format include this; everybody
 * else reads through trace.h.
 */
#ifndef SIM_TRACE_READER_H
#define SIM_TRACE_READER_H

#include "trace.h"
#include "trace_input.h"

/* Records that one call of trace_next() hands out at most, as formats fill it:
 * small enough to stay in a second-level cache while it is used. */
#define TRACE_BATCH 1024

/*
 * A format. `recognise` looks at the first bytes of the (unpacked) input, which
 * end in a NUL. `open` reads what stands before the records and fills the meta
 * data. `next` appends records to the batch with trace_reader_add() or in
 * reader->batch; none appended: the end. When it fails, what it has appended is
 * handed out first. `threads` and `seek` may be
 * NULL.
 */
struct trace_format_ops {
	enum trace_format format;
	const char *name;
	bool (*recognise)(const unsigned char *head, size_t length);
	int (*open)(struct trace_reader *reader, struct trace_error *error);
	int (*next)(struct trace_reader *reader, struct trace_error *error);
	int (*threads)(struct trace_reader *reader, unsigned threads);
	int (*seek)(struct trace_reader *reader, uint64_t record, struct trace_error *error);
	void (*close)(struct trace_reader *reader);
};

struct trace_reader {
	const struct trace_format_ops *ops;
	struct trace_input *input; /* NULL where records come from elsewhere */
	struct trace_meta meta;
	void *state; /* the format's own */

	struct trace_record *batch; /* capacity records */
	size_t count, capacity;

	struct trace_skipped *skipped; /* sorted by nothing, in order of appearance */
	size_t n_skipped;

	int failed; /* error to give once the batch is used up */
	struct trace_error failure;
};

extern const struct trace_format_ops trace_binary_ops, trace_text_ops, trace_dmatrace_ops,
	trace_qemu_ops, trace_ftrace_ops;

/* A reader without input, for formats that take their records elsewhere. It has
 * room for one batch. -ENOMEM. Ends with trace_close(). */
int trace_reader_new(const struct trace_format_ops *ops, struct trace_reader **reader);

/* Appends a cleared record (pasid none, at `time_ns`); NULL without memory. Room
 * for TRACE_BATCH records is always there, more is made on demand. */
struct trace_record *trace_reader_add(struct trace_reader *reader, uint64_t time_ns);

/* Counts something that an import cannot use. `what` is copied, cut at 63
 * characters; behind 256 different ones all count as "other". */
void trace_reader_skip(struct trace_reader *reader, const char *what, size_t length);

/* Fill *error and return `status`: with FILE: in front, or with the position in
 * the present line, column counted from 1. */
int trace_fail(struct trace_error *error, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int trace_fail_at(struct trace_error *error, const struct trace_input *input, size_t column,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
