/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_copy.h"

#include "cmd.h"

#include <errno.h>

static int complain(struct message *message, const struct trace_error *error, int status)
{
	message_error(message, NULL, "%s", error->text);
	return status;
}

int trace_copy_open(const char *path, enum trace_format format, struct trace_reader **reader,
		    struct message *message)
{
	struct trace_error error = {""};

	if (trace_open(path, format, reader, &error) < 0)
		return complain(message, &error, CMD_INPUT);
	return 0;
}

int trace_copy_create(const char *path, enum trace_format format, const struct trace_meta *meta,
		      struct trace_writer **writer, struct message *message)
{
	struct trace_error error = {""};

	if (trace_create(path ? path : "-", format, meta, writer, &error) < 0)
		return complain(message, &error, CMD_OUTPUT);
	return 0;
}

int trace_copy_finish(struct trace_writer *writer, int status, struct message *message)
{
	struct trace_error error = {""};

	if (status) {
		trace_abort(writer);
		return status;
	}
	if (trace_commit(writer, &error) < 0)
		return complain(message, &error, CMD_OUTPUT);
	return 0;
}

void trace_copy_progress(struct message *message, const char *verb, struct trace_reader *reader)
{
	struct message_step step = {.verb = verb, .unit = "bytes"};

	trace_reader_progress(reader, &step.done, &step.total);
	message_progress(message, &step);
}

/* 0: written or left out, 1: the writer has failed, negative: no memory. */
static int copy_one(struct trace_copy *copy, const struct trace_record *record)
{
	struct trace_record changed = *record;
	int status = copy->each ? copy->each(copy->opaque, &changed) : 0;

	if (status)
		return status < 0 ? status : 0;
	copy->copied++;
	return trace_put(copy->writer, &changed) < 0;
}

static int copy_batch(struct trace_copy *copy, const struct trace_record *records, size_t count)
{
	int status = 0;

	for (size_t i = 0; i < count && copy->copied < copy->limit && status == 0; i++) {
		if (copy->skip > 0)
			copy->skip--;
		else
			status = copy_one(copy, &records[i]);
	}
	return status;
}

int trace_copy(struct trace_copy *copy)
{
	struct trace_error error = {""};
	const struct trace_record *records;
	size_t count = 1;
	int status = 0;

	while (status == 0 && count && copy->copied < copy->limit) {
		if (trace_next(copy->reader, &records, &count, &error) < 0) {
			message_progress_end(copy->message);
			return complain(copy->message, &error, CMD_INPUT);
		}
		status = copy_batch(copy, records, count);
		trace_copy_progress(copy->message, copy->verb, copy->reader);
	}
	message_progress_end(copy->message);
	if (status < 0) {
		message_error(copy->message, NULL, "out of memory");
		return CMD_INPUT;
	}
	return 0;
}
