/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim trace text, ioasim trace pack: one form of a trace into the other. */
#include "cmd.h"
#include "cmd_trace.h"
#include "options.h"
#include "trace_copy.h"
#include "trace_repeat.h"

#include <errno.h>
#include <string.h>

/* ---- text --------------------------------------------------------------------- */

struct text_options {
	const char *output;
	uint64_t first, count;
	uint8_t progress;
};

static const struct option_spec text_specs[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 .offset = offsetof(struct text_options, output),
	 .help = "where to write"},
	{.name = "first",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .fallback = "0",
	 .offset = offsetof(struct text_options, first),
	 .help = "leave out the first N records; a binary trace in a file is entered by its "
		 "index"},
	{.name = "count",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .offset = offsetof(struct text_options, count),
	 .help = "write at most N records"},
	OPTION_PROGRESS(struct text_options),
	{0},
};

static const struct option_table text_table = {
	.name = "trace text",
	.operands = "TRACE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "writes a trace as text",
	.about = "One record a line, as docs/trace-format.md describes; 'ioasim trace pack' "
		 "makes the same trace of it again.",
	.specs = text_specs,
	.values_size = sizeof(struct text_options),
};

/* By the index where there is one, else by reading what is left out. */
static int enter(struct trace_copy *copy)
{
	struct trace_error error = {""};
	int status = copy->skip ? trace_seek(copy->reader, copy->skip, &error) : -ESPIPE;

	if (status == -ESPIPE)
		return 0;
	copy->skip = 0;
	if (status == -ERANGE)
		copy->limit = 0;
	else if (status < 0)
		message_error(copy->message, NULL, "%s", error.text);
	return status < 0 && status != -ERANGE ? CMD_INPUT : 0;
}

static int text_run(const struct options *options, const struct text_options *values)
{
	struct trace_copy copy = {.message = options->message,
				  .verb = "writing",
				  .skip = values->first,
				  .limit = options_given(options, "count") ? values->count
									   : UINT64_MAX};
	int status = trace_copy_open(options->operand[0], TRACE_FORMAT_AUTO, &copy.reader,
				     options->message);

	if (status)
		return status;
	status = enter(&copy);
	if (status == 0)
		status = trace_copy_create(values->output, TRACE_FORMAT_TEXT,
					   trace_reader_meta(copy.reader), &copy.writer,
					   options->message);
	if (status == 0) {
		status = trace_copy(&copy);
		status = trace_copy_finish(copy.writer, status, options->message);
	}
	trace_close(copy.reader);
	return status;
}

int cmd_trace_text(int argc, char **argv)
{
	struct text_options values;
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &text_table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	status = text_run(&options, &values);
	options_fini(&options);
	return status;
}

/* ---- pack --------------------------------------------------------------------- */

struct pack_options {
	const char *output;
	uint64_t repeat;
	uint8_t progress;
};

static const struct option_spec pack_specs[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 .offset = offsetof(struct pack_options, output),
	 .help = "where to write"},
	{.name = "repeat",
	 .type = OPTION_NUMBER,
	 .argument = "N",
	 .fallback = "1",
	 .min = 1,
	 .offset = offsetof(struct pack_options, repeat),
	 .help = "write the trace N times over, one after the other in time, with what takes "
		 "back a round before the next"},
	OPTION_PROGRESS(struct pack_options),
	{0},
};

static const struct option_table pack_table = {
	.name = "trace pack",
	.operands = "TRACE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "writes a trace in the binary form",
	.specs = pack_specs,
	.values_size = sizeof(struct pack_options),
};

/* One trace written several times. */
struct rounds {
	struct trace_copy copy;
	struct trace_repeat *repeat; /* NULL: one round only */
	uint64_t round;
	uint64_t base_ns; /* of the present round */
	uint64_t last_ns; /* of the record before */
};

static int each_record(void *opaque, struct trace_record *record)
{
	struct rounds *rounds = opaque;
	int status = rounds->repeat ? trace_repeat_take(rounds->repeat, record) : 0;

	if (status)
		return status;
	/* A clock that is full stands still. */
	if (__builtin_add_overflow(record->time_ns, rounds->base_ns, &record->time_ns))
		record->time_ns = UINT64_MAX;
	rounds->last_ns = record->time_ns;
	return 0;
}

/* The round that follows: the input from its beginning. */
static int next_round(struct rounds *rounds, const char *path)
{
	struct message *message = rounds->copy.message;

	(void)trace_repeat_seam(rounds->repeat, rounds->copy.writer, rounds->last_ns);
	rounds->base_ns = rounds->last_ns;
	rounds->round++;
	trace_close(rounds->copy.reader);
	rounds->copy.reader = NULL;
	return trace_copy_open(path, TRACE_FORMAT_AUTO, &rounds->copy.reader, message);
}

static int pack_rounds(struct rounds *rounds, const char *path, uint64_t count)
{
	int status = 0;

	if (count > 1 &&
	    trace_repeat_new(trace_reader_meta(rounds->copy.reader), &rounds->repeat) < 0) {
		message_error(rounds->copy.message, NULL, "out of memory");
		return CMD_INPUT;
	}
	for (;;) {
		status = trace_copy(&rounds->copy);
		if (status || rounds->round + 1 == count)
			break;
		status = next_round(rounds, path);
		if (status)
			break;
	}
	trace_repeat_free(rounds->repeat);
	return status;
}

static int pack_run(const struct options *options, const struct pack_options *values)
{
	struct rounds rounds = {.copy = {.message = options->message,
					 .verb = "packing",
					 .limit = UINT64_MAX,
					 .each = each_record}};
	const char *path = options->operand[0];
	int status;

	if (values->repeat > 1 && strcmp(path, "-") == 0)
		return options_refuse(options, "--repeat: standard input can be read only once");
	status = trace_copy_open(path, TRACE_FORMAT_AUTO, &rounds.copy.reader, options->message);
	if (status)
		return status;
	rounds.copy.opaque = &rounds;
	status = trace_copy_create(values->output, TRACE_FORMAT_BINARY,
				   trace_reader_meta(rounds.copy.reader), &rounds.copy.writer,
				   options->message);
	if (status == 0) {
		status = pack_rounds(&rounds, path, values->repeat);
		status = trace_copy_finish(rounds.copy.writer, status, options->message);
	}
	trace_close(rounds.copy.reader);
	return status;
}

int cmd_trace_pack(int argc, char **argv)
{
	struct pack_options values;
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &pack_table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	status = pack_run(&options, &values);
	options_fini(&options);
	return status;
}
