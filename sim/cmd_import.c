/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim import: a trace from a log that another program wrote. */
#include "cmd.h"
#include "lift_unit.h"
#include "options.h"
#include "trace_copy.h"
#include "trace_repeat.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

static const char *const from_names[] = {"auto", "dmatrace", "qemu", "ftrace", NULL};
static const enum trace_format from_formats[] = {TRACE_FORMAT_AUTO, TRACE_FORMAT_DMATRACE,
						 TRACE_FORMAT_QEMU, TRACE_FORMAT_FTRACE};

struct import_options {
	const char *output;
	uint8_t from, progress;
	bool lift;
};

static const struct option_spec specs[] = {
	{.name = "from",
	 .type = OPTION_CHOICE,
	 .choices = from_names,
	 .fallback = "auto",
	 .offset = offsetof(struct import_options, from),
	 .help = "the program that wrote the log; auto tells it by content"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "TRACE",
	 .fallback = "-",
	 .offset = offsetof(struct import_options, output),
	 .help = "where to write"},
	{.name = "lift",
	 .type = OPTION_FLAG,
	 .offset = offsetof(struct import_options, lift),
	 .help = "add the driver level to a log of the unit level"},
	OPTION_PROGRESS(struct import_options),
	{0},
};

static const struct option_table table = {
	.name = "import",
	.operands = "LOG...",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.summary = "makes a trace of a log that another program wrote",
	.about = "Reads recordings of an instrumented emulator (dmatrace), trace events of an "
		 "unmodified QEMU (qemu) and the iommu events of Linux (ftrace), plain or "
		 "compressed; '-' is standard input. Several logs of one architecture follow each "
		 "other in one trace. "
		 "What could not be used is told by kind and count.",
	.specs = specs,
	.values_size = sizeof(struct import_options),
};

struct import {
	struct trace_copy copy;
	struct trace_repeat *repeat; /* NULL: one log only */
	char arch[sizeof(((struct trace_meta *)0)->arch)];
	const struct import_options *values;
	uint64_t base_ns, last_ns;
};

static int each_record(void *opaque, struct trace_record *record)
{
	struct import *import = opaque;
	int status = import->repeat ? trace_repeat_take(import->repeat, record) : 0;

	if (status)
		return status;
	if (__builtin_add_overflow(record->time_ns, import->base_ns, &record->time_ns))
		record->time_ns = UINT64_MAX;
	import->last_ns = record->time_ns;
	return 0;
}

static int open_log(struct import *import, const char *path)
{
	struct trace_error error = {""};
	struct trace_reader *lifted;
	int status = trace_copy_open(path, from_formats[import->values->from], &import->copy.reader,
				     import->copy.message);

	if (status || !import->values->lift)
		return status;
	if (lift_open(import->copy.reader, &lifted, &error) < 0) {
		message_error(import->copy.message, NULL, "%s: cannot be lifted: %s", path,
			      error.text);
		trace_close(import->copy.reader);
		import->copy.reader = NULL;
		return CMD_INPUT;
	}
	import->copy.reader = lifted;
	return 0;
}

static void tell_skipped(struct import *import, const char *path)
{
	size_t n;
	const struct trace_skipped *skipped = trace_reader_skipped(import->copy.reader, &n);

	for (size_t i = 0; i < n; i++)
		message_note(import->copy.message, "%s: not used: %s, %" PRIu64 " times", path,
			     skipped[i].what, skipped[i].count);
}

/* The log behind the first: what the one before left is taken back. */
static int open_next(struct import *import, const char *path)
{
	int status = open_log(import, path);
	const char *arch;

	if (status)
		return status;
	arch = trace_reader_meta(import->copy.reader)->arch;
	if (strcmp(arch, import->arch) != 0) {
		message_error(import->copy.message, NULL,
			      "%s: was recorded on '%s', expected '%s' as the first log", path,
			      arch, import->arch);
		return CMD_INPUT;
	}
	(void)trace_repeat_seam(import->repeat, import->copy.writer, import->last_ns);
	import->base_ns = import->last_ns;
	return 0;
}

static int import_all(struct import *import, const struct options *options)
{
	int status = 0;

	for (unsigned i = 0; i < options->operands && status == 0; i++) {
		const char *path = options->operand[i];

		if (i > 0)
			status = open_next(import, path);
		if (status == 0)
			status = trace_copy(&import->copy);
		if (status == 0)
			tell_skipped(import, path);
		trace_close(import->copy.reader);
		import->copy.reader = NULL;
	}
	return status;
}

static int run(const struct options *options, const struct import_options *values)
{
	struct import import = {.copy = {.message = options->message,
					 .verb = "importing",
					 .limit = UINT64_MAX,
					 .each = each_record},
				.values = values};
	const struct trace_meta *meta;
	int status = open_log(&import, options->operand[0]);

	if (status)
		return status;
	import.copy.opaque = &import;
	meta = trace_reader_meta(import.copy.reader);
	memcpy(import.arch, meta->arch, sizeof(import.arch));
	if (options->operands > 1 && trace_repeat_new(meta, &import.repeat) < 0) {
		message_error(options->message, NULL, "out of memory");
		status = CMD_INPUT;
	}
	if (status == 0)
		status = trace_copy_create(values->output, TRACE_FORMAT_BINARY, meta,
					   &import.copy.writer, options->message);
	if (status) {
		trace_close(import.copy.reader);
	} else {
		status = import_all(&import, options);
		status = trace_copy_finish(import.copy.writer, status, options->message);
	}
	trace_repeat_free(import.repeat);
	return status;
}

int cmd_import(int argc, char **argv)
{
	struct import_options values;
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	status = run(&options, &values);
	options_fini(&options);
	return status;
}
