/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim trace info: what a trace holds. */
#include "cmd.h"
#include "cmd_trace.h"
#include "options.h"
#include "output.h"
#include "trace_copy.h"
#include "trace_summary.h"
#include "trace_text.h"

#include <inttypes.h>
#include <jansson.h>

enum { FORMAT_TABLE, FORMAT_JSON };

static const char *const format_names[] = {"table", "json", NULL};

struct info_options {
	const char *output;
	uint8_t format, progress;
};

static const struct option_spec specs[] = {
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .choices = format_names,
	 .fallback = "table",
	 .offset = offsetof(struct info_options, format),
	 .help = "how to print"},
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 .offset = offsetof(struct info_options, output),
	 .help = "where to write"},
	OPTION_PROGRESS(struct info_options),
	{0},
};

static const struct option_table table = {
	.name = "trace info",
	.operands = "TRACE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "prints what a trace holds",
	.specs = specs,
	.values_size = sizeof(struct info_options),
};

/* Everything that is printed. */
struct info {
	const char *file;
	struct trace_reader *reader;
	struct trace_summary summary;
	uint64_t bytes; /* of the input as it lies there */
};

static void print_rid(FILE *out, uint32_t rid)
{
	fprintf(out, "  %02x:%02x.%x", rid >> 8, rid >> 3 & 0x1f, rid & 7);
}

static void print_meta(FILE *out, const struct trace_meta *meta)
{
	if (meta->arch[0])
		fprintf(out, "arch      %s\n", meta->arch);
	if (meta->levels)
		fprintf(out, "levels   %s%s\n", meta->levels & TRACE_LEVEL_UNIT ? " unit" : "",
			meta->levels & TRACE_LEVEL_DRIVER ? " driver" : "");
	for (size_t i = 0; i < meta->n_keys; i++)
		fprintf(out, "  %-12s %s\n", meta->keys[i].name, meta->keys[i].value);
}

static void print_table(const struct info *info, FILE *out)
{
	const struct trace_summary *summary = &info->summary;
	const struct trace_skipped *skipped;
	size_t n;

	fprintf(out, "file      %s\n", info->file);
	fprintf(out, "format    %s\n", trace_format_name(trace_reader_format(info->reader)));
	print_meta(out, trace_reader_meta(info->reader));
	fprintf(out, "records   %" PRIu64 " in %" PRIu64 " bytes", summary->records, info->bytes);
	if (summary->records)
		fprintf(out, ", %.2f a record", (double)info->bytes / (double)summary->records);
	fprintf(out, "\ntime      %" PRIu64 " to %" PRIu64 " ns\n", summary->first_ns,
		summary->last_ns);
	fprintf(out, "\nkind                records\n");
	for (unsigned kind = 1; kind < TRACE_KINDS; kind++)
		if (summary->kinds[kind])
			fprintf(out, "  %-14s %10" PRIu64 "\n", trace_text_kind(kind)->word,
				summary->kinds[kind]);
	if (summary->requesters)
		fprintf(out, "\nrequester           dma    refused           bytes\n");
	for (size_t i = 0; i < summary->requesters; i++) {
		print_rid(out, summary->requester[i].rid);
		fprintf(out, "    %10" PRIu64 " %10" PRIu64 " %15" PRIu64 "\n",
			summary->requester[i].dma, summary->requester[i].refused,
			summary->requester[i].bytes);
	}
	skipped = trace_reader_skipped(info->reader, &n);
	if (n)
		fprintf(out, "\nnot used            lines\n");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "  %-30s %10" PRIu64 "\n", skipped[i].what, skipped[i].count);
}

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *json_meta(const struct trace_meta *meta)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < meta->n_keys; i++)
		json_object_set_new(keys, meta->keys[i].name, json_string(meta->keys[i].value));
	return keys;
}

static json_t *json_requesters(const struct trace_summary *summary)
{
	json_t *list = json_array();

	for (size_t i = 0; i < summary->requesters; i++) {
		const struct summary_requester *requester = &summary->requester[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "rid",
						      number(requester->rid), "dma",
						      number(requester->dma), "refused",
						      number(requester->refused), "bytes",
						      number(requester->bytes)));
	}
	return list;
}

static json_t *json_kinds(const struct trace_summary *summary)
{
	json_t *kinds = json_object();

	for (unsigned kind = 1; kind < TRACE_KINDS; kind++)
		json_object_set_new(kinds, trace_text_kind(kind)->word,
				    number(summary->kinds[kind]));
	return kinds;
}

static json_t *json_skipped(const struct trace_reader *reader)
{
	json_t *object = json_object();
	size_t n;
	const struct trace_skipped *skipped = trace_reader_skipped(reader, &n);

	for (size_t i = 0; i < n; i++)
		json_object_set_new(object, skipped[i].what, number(skipped[i].count));
	return object;
}

static void print_json(const struct info *info, FILE *out)
{
	const struct trace_summary *summary = &info->summary;
	const struct trace_meta *meta = trace_reader_meta(info->reader);
	json_t *root =
		json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			  "file", info->file, "format",
			  trace_format_name(trace_reader_format(info->reader)), "arch", meta->arch,
			  "unit_level", (meta->levels & TRACE_LEVEL_UNIT) != 0, "driver_level",
			  (meta->levels & TRACE_LEVEL_DRIVER) != 0, "keys", json_meta(meta),
			  "records", number(summary->records), "bytes", number(info->bytes),
			  "first_ns", number(summary->first_ns), "last_ns",
			  number(summary->last_ns), "kinds", json_kinds(summary), "requesters",
			  json_requesters(summary), "not_used", json_skipped(info->reader));

	if (root)
		json_dumpf(root, out, JSON_INDENT(2));
	json_decref(root);
	fputc('\n', out);
}

static int count_all(struct info *info, struct message *message)
{
	struct trace_error error = {""};
	const struct trace_record *records;
	size_t count = 1;

	while (count) {
		if (trace_next(info->reader, &records, &count, &error) < 0 ||
		    trace_summary_add(&info->summary, records, count) < 0) {
			message_error(message, NULL, "%s",
				      error.text[0] ? error.text : "out of memory");
			return CMD_INPUT;
		}
		trace_copy_progress(message, "reading", info->reader);
	}
	message_progress_end(message);
	return 0;
}

static int run(const struct options *options, const struct info_options *values)
{
	struct info info = {.file = options->operand[0]};
	struct output output = {0};
	uint64_t total;
	int status = trace_copy_open(info.file, TRACE_FORMAT_AUTO, &info.reader, options->message);

	if (status)
		return status;
	status = count_all(&info, options->message);
	trace_reader_progress(info.reader, &info.bytes, &total);
	if (status == 0)
		status = output_open(&output, values->output, options->message);
	if (status == 0) {
		if (values->format == FORMAT_JSON)
			print_json(&info, output.stream);
		else
			print_table(&info, output.stream);
		status = output_commit(&output, options->message);
	}
	trace_summary_fini(&info.summary);
	trace_close(info.reader);
	return status;
}

int cmd_trace_info(int argc, char **argv)
{
	struct info_options values;
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
