/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED_KINDS 256
#define SKIPPED_NAME  64

/* In the order in which content is asked: the certain ones first. */
static const struct trace_format_ops *const formats[] = {
	&trace_binary_ops, &trace_text_ops, &trace_dmatrace_ops, &trace_ftrace_ops, &trace_qemu_ops,
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

int trace_fail(struct trace_error *error, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return status;
}

int trace_fail_at(struct trace_error *error, const struct trace_input *input, size_t column,
		  const char *format, ...)
{
	va_list args;
	int n;

	n = snprintf(error->text, sizeof(error->text), "%s:%llu:%zu: ", input_name(input),
		     (unsigned long long)input_line_number(input), column);
	if (n < 0 || (size_t)n >= sizeof(error->text))
		return -EINVAL;
	va_start(args, format);
	vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

const char *trace_format_name(enum trace_format format)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (formats[i]->format == format)
			return formats[i]->name;
	return NULL;
}

int trace_reader_new(const struct trace_format_ops *ops, struct trace_reader **out)
{
	struct trace_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->ops = ops;
	reader->capacity = TRACE_BATCH;
	reader->batch = malloc(reader->capacity * sizeof(*reader->batch));
	if (!reader->batch) {
		free(reader);
		return -ENOMEM;
	}
	*out = reader;
	return 0;
}

struct trace_record *trace_reader_add(struct trace_reader *reader, uint64_t time_ns)
{
	struct trace_record *record;

	if (reader->count == reader->capacity) {
		record = realloc(reader->batch, 2 * reader->capacity * sizeof(*record));
		if (!record)
			return NULL;
		reader->batch = record;
		reader->capacity *= 2;
	}
	record = &reader->batch[reader->count++];
	memset(record, 0, sizeof(*record));
	record->time_ns = time_ns;
	record->pasid = TRACE_NO_PASID;
	return record;
}

/* The names follow the array of pairs in one allocation, so that growing is
 * rare and freeing is one call. */
void trace_reader_skip(struct trace_reader *reader, const char *what, size_t length)
{
	struct trace_skipped *entry;
	char *name;

	if (reader->n_skipped >= SKIPPED_KINDS - 1) {
		what = "other";
		length = 5;
	}
	if (length >= SKIPPED_NAME)
		length = SKIPPED_NAME - 1;
	for (size_t i = 0; i < reader->n_skipped; i++) {
		entry = &reader->skipped[i];
		if (strncmp(entry->what, what, length) == 0 && entry->what[length] == '\0') {
			entry->count++;
			return;
		}
	}
	if (!reader->skipped) {
		reader->skipped = calloc(SKIPPED_KINDS + 1, sizeof(*entry) + SKIPPED_NAME);
		if (!reader->skipped)
			return;
	}
	entry = &reader->skipped[reader->n_skipped];
	name = (char *)(reader->skipped + SKIPPED_KINDS + 1) + reader->n_skipped * SKIPPED_NAME;
	memcpy(name, what, length);
	name[length] = '\0';
	entry->what = name;
	entry->count = 1;
	reader->n_skipped++;
}

static const struct trace_format_ops *recognise(enum trace_format format, const unsigned char *head,
						size_t length)
{
	for (size_t i = 0; i < N_FORMATS; i++)
		if (format == TRACE_FORMAT_AUTO ? formats[i]->recognise(head, length)
						: formats[i]->format == format)
			return formats[i];
	return NULL;
}

static int open_format(struct trace_input *input, enum trace_format format,
		       struct trace_reader **reader, struct trace_error *error)
{
	const struct trace_format_ops *ops;
	const unsigned char *head;
	ssize_t n = input_peek(input, 4096, &head, error);
	int status;

	if (n < 0)
		return (int)n;
	ops = recognise(format, head, (size_t)n);
	if (!ops)
		return trace_fail(error, -EINVAL,
				  "%s: not a trace that can be told by its content, expected a "
				  ".dmat file, its text form, or a dmatrace, QEMU or ftrace log",
				  input_name(input));
	status = trace_reader_new(ops, reader);
	if (status < 0)
		return trace_fail(error, status, "%s: out of memory", input_name(input));
	(*reader)->input = input;
	status = ops->open(*reader, error);
	if (status < 0) {
		(*reader)->input = NULL;
		trace_close(*reader);
		*reader = NULL;
	}
	return status;
}

int trace_open(const char *path, enum trace_format format, struct trace_reader **reader,
	       struct trace_error *error)
{
	struct trace_input *input;
	int status = input_open(path, &input, error);

	if (status < 0)
		return status;
	status = open_format(input, format, reader, error);
	if (status < 0)
		input_close(input);
	return status;
}

int trace_next(struct trace_reader *reader, const struct trace_record **records, size_t *count,
	       struct trace_error *error)
{
	*records = reader->batch;
	*count = 0;
	if (reader->failed) {
		*error = reader->failure;
		return reader->failed;
	}
	reader->count = 0;
	reader->failed = reader->ops->next(reader, &reader->failure);
	if (reader->failed && reader->count == 0) {
		*error = reader->failure;
		return reader->failed;
	}
	*records = reader->batch;
	*count = reader->count;
	return 0;
}

int trace_reader_threads(struct trace_reader *reader, unsigned threads)
{
	return reader->ops->threads ? reader->ops->threads(reader, threads) : 0;
}

int trace_seek(struct trace_reader *reader, uint64_t record, struct trace_error *error)
{
	int status;

	if (!reader->ops->seek)
		return trace_fail(error, -ESPIPE, "only binary traces can be read from the middle");
	status = reader->ops->seek(reader, record, error);
	if (status == 0)
		reader->failed = 0;
	return status;
}

const struct trace_meta *trace_reader_meta(const struct trace_reader *reader)
{
	return &reader->meta;
}

enum trace_format trace_reader_format(const struct trace_reader *reader)
{
	return reader->ops->format;
}

const struct trace_skipped *trace_reader_skipped(const struct trace_reader *reader, size_t *count)
{
	static const struct trace_skipped none = {NULL, 0};

	*count = reader->n_skipped;
	return reader->skipped ? reader->skipped : &none;
}

void trace_reader_progress(const struct trace_reader *reader, uint64_t *done, uint64_t *total)
{
	*done = *total = 0;
	if (reader->input)
		input_progress(reader->input, done, total);
}

void trace_close(struct trace_reader *reader)
{
	if (!reader)
		return;
	if (reader->ops->close)
		reader->ops->close(reader);
	input_close(reader->input);
	trace_meta_fini(&reader->meta);
	free(reader->skipped);
	free(reader->batch);
	free(reader);
}
