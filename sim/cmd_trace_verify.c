/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim trace verify, ioasim trace repair: damage found, and what is whole saved. */
#include "cmd.h"
#include "cmd_trace.h"
#include "dmat_scan.h"
#include "options.h"
#include "output.h"
#include "trace_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- Both: what is lost ---------------------------------------------------------- */

/* A walk over the pieces of a file. */
struct survey {
	const char *file;
	struct message *message;
	bool quiet; /* only to find the meta data */
	uint64_t next_sequence; /* that the next whole block should have */
	uint64_t blocks, records; /* whole ones, of records */
	uint64_t lost_blocks, lost_bytes;
	uint64_t last_ns;
	bool has_meta;
	struct trace_meta meta;
	struct trace_writer *writer; /* NULL: to verify only */
	struct dmat_decoder *decoder;
	struct trace_record record[1024];
};

static void report_bytes(const struct survey *survey, const struct dmat_piece *piece)
{
	if (!survey->quiet)
		message_error(survey->message, NULL,
			      "%s: damaged from byte %" PRIu64 " to %" PRIu64, survey->file,
			      piece->offset, piece->offset + piece->length - 1);
}

/* Blocks between the last whole one and this are gone. */
static void report_blocks(struct survey *survey, uint64_t sequence)
{
	uint64_t first = survey->next_sequence;

	if (sequence <= first)
		return;
	survey->lost_blocks += sequence - first;
	if (survey->quiet)
		return;
	if (sequence - first == 1)
		message_error(survey->message, NULL, "%s: block %" PRIu64 " is lost", survey->file,
			      first);
	else
		message_error(survey->message, NULL,
			      "%s: blocks %" PRIu64 " to %" PRIu64 " are lost", survey->file, first,
			      sequence - 1);
}

static int save_records(struct survey *survey, const struct dmat_piece *piece)
{
	int n = dmat_decoder_begin(survey->decoder, &piece->header, piece->payload->data,
				   piece->payload->used);

	while (n >= 0 && (n = dmat_decode(survey->decoder, survey->record, 1024)) > 0)
		for (int i = 0; i < n; i++)
			if (trace_put(survey->writer, &survey->record[i]) < 0)
				return 0; /* told when it is committed */
	return n;
}

static int take_block(struct survey *survey, const struct dmat_piece *piece)
{
	const struct dmat_header *header = &piece->header;

	/* A block that does not follow is a copy from elsewhere. */
	if (header->sequence < survey->next_sequence || header->first_ns < survey->last_ns) {
		report_bytes(survey, piece);
		survey->lost_bytes += piece->length;
		return 0;
	}
	report_blocks(survey, header->sequence);
	survey->next_sequence = header->sequence + 1;
	survey->last_ns = header->last_ns;
	survey->blocks++;
	survey->records += header->records;
	return survey->writer ? save_records(survey, piece) : 0;
}

static int take_piece(struct survey *survey, const struct dmat_piece *piece)
{
	if (!piece->whole) {
		report_bytes(survey, piece);
		survey->lost_bytes += piece->length;
		return 0;
	}
	if (piece->header.type == DMAT_RECORDS)
		return take_block(survey, piece);
	report_blocks(survey, piece->header.sequence);
	if (piece->header.sequence >= survey->next_sequence)
		survey->next_sequence = piece->header.sequence + 1;
	if (piece->header.type == DMAT_META && !survey->has_meta)
		survey->has_meta = dmat_meta_load(&survey->meta, piece->payload->data,
						  piece->payload->used) == 0;
	return 0;
}

/* 0, or CMD_INPUT after a message. */
static int walk(struct survey *survey)
{
	struct trace_error error = {""};
	struct dmat_piece piece;
	struct dmat_scan *scan;
	int status = dmat_scan_open(survey->file, &scan, &error);

	if (status == 0) {
		while ((status = dmat_scan_next(scan, &piece, &error)) == 1) {
			status = take_piece(survey, &piece);
			if (status < 0) {
				snprintf(error.text, sizeof(error.text), "out of memory");
				break;
			}
		}
		if (status == 0 && !dmat_scan_ended_well(scan)) {
			if (!survey->quiet)
				message_error(survey->message, NULL,
					      "%s: the end is lost: the file is cut, or its last "
					      "bytes are damaged",
					      survey->file);
		}
		dmat_scan_close(scan);
	}
	if (status < 0) {
		message_error(survey->message, NULL, "%s", error.text);
		return CMD_INPUT;
	}
	return 0;
}

/* ---- verify ------------------------------------------------------------------------ */

struct verify_options {
	uint8_t progress;
};

static const struct option_spec verify_specs[] = {
	OPTION_PROGRESS(struct verify_options),
	{0},
};

static const struct option_table verify_table = {
	.name = "trace verify",
	.operands = "TRACE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "checks every block of a trace",
	.about = "Reads all of it: checksums, sizes, order and every record. Of a damaged "
		 "binary trace each damaged place and each lost block is told.",
	.specs = verify_specs,
	.values_size = sizeof(struct verify_options),
};

/* All of it in order, as every other command reads it. */
static int read_all(const char *path, struct message *message, struct trace_error *error,
		    uint64_t *total)
{
	const struct trace_record *records;
	struct trace_reader *reader;
	size_t count = 1;
	int status = trace_open(path, TRACE_FORMAT_AUTO, &reader, error);

	if (status < 0)
		return status;
	while (status == 0 && count) {
		status = trace_next(reader, &records, &count, error);
		*total += count;
		trace_copy_progress(message, "checking", reader);
	}
	message_progress_end(message);
	trace_close(reader);
	return status;
}

/* Told by the first bytes; a damaged beginning is for repair to find. */
static bool is_binary_file(const char *path)
{
	struct trace_error error;
	struct dmat_scan *scan;

	if (dmat_scan_open(path, &scan, &error) < 0)
		return false;
	dmat_scan_close(scan);
	return true;
}

static int verify_run(const struct options *options)
{
	struct survey survey = {.file = options->operand[0], .message = options->message};
	struct trace_error error = {""};
	struct output output;
	uint64_t records = 0;
	int status = read_all(survey.file, options->message, &error, &records);

	if (status == 0) {
		status = output_open(&output, NULL, options->message);
		if (status)
			return status;
		fprintf(output.stream, "%s: whole, %" PRIu64 " records\n", survey.file, records);
		return output_commit(&output, options->message);
	}
	message_error(options->message, NULL, "%s", error.text);
	if (status == -EINVAL && is_binary_file(survey.file)) {
		(void)walk(&survey);
		trace_meta_fini(&survey.meta);
		message_note(options->message,
			     "%s: %" PRIu64 " records in %" PRIu64 " blocks are whole; "
			     "'ioasim trace repair' saves them",
			     survey.file, survey.records, survey.blocks);
	}
	return CMD_INPUT;
}

int cmd_trace_verify(int argc, char **argv)
{
	struct verify_options values;
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &verify_table, &message, &values, argc, argv))
		return options.status;
	message.progress = values.progress;
	status = verify_run(&options);
	options_fini(&options);
	return status;
}

/* ---- repair ------------------------------------------------------------------------ */

struct repair_options {
	const char *output;
};

static const struct option_spec repair_specs[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .offset = offsetof(struct repair_options, output),
	 .help = "where to write what was saved"},
	{0},
};

static const struct option_table repair_table = {
	.name = "trace repair",
	.operands = "TRACE",
	.min_operands = 1,
	.max_operands = 1,
	.summary = "saves what is whole of a damaged trace",
	.about = "Writes a binary trace of all whole blocks and tells what is lost. A block "
		 "holds up to 65,536 records. The damaged file stays as it is.",
	.specs = repair_specs,
	.values_size = sizeof(struct repair_options),
};

/* The meta data first, which may stand behind the damage only. */
static int find_meta(const char *path, struct message *message, struct trace_meta *meta)
{
	struct survey survey = {.file = path, .message = message, .quiet = true};
	int status = walk(&survey);

	*meta = survey.meta;
	if (status == 0 && !survey.has_meta)
		message_warning(message, NULL,
				"%s: the description of the trace is lost: architecture and keys",
				path);
	return status;
}

static int repair_to(struct survey *survey, const char *path)
{
	int status = trace_copy_create(path, TRACE_FORMAT_BINARY, &survey->meta, &survey->writer,
				       survey->message);

	if (status)
		return status;
	if (dmat_decoder_new(&survey->decoder) < 0) {
		message_error(survey->message, NULL, "out of memory");
		status = CMD_INPUT;
	} else {
		status = walk(survey);
	}
	dmat_decoder_free(survey->decoder);
	return trace_copy_finish(survey->writer, status, survey->message);
}

static int repair_run(const struct options *options, const struct repair_options *values)
{
	struct survey survey = {.file = options->operand[0], .message = options->message};
	int status;

	if (!values->output)
		return options_refuse(options, "-o FILE is missing");
	status = find_meta(survey.file, options->message, &survey.meta);
	survey.has_meta = true;
	if (status == 0)
		status = repair_to(&survey, values->output);
	if (status == 0)
		message_note(options->message,
			     "%s: saved %" PRIu64 " records in %" PRIu64 " blocks; lost %" PRIu64
			     " blocks, %" PRIu64 " bytes could not be used",
			     survey.file, survey.records, survey.blocks, survey.lost_blocks,
			     survey.lost_bytes);
	trace_meta_fini(&survey.meta);
	return status;
}

int cmd_trace_repair(int argc, char **argv)
{
	struct repair_options values;
	struct message message;
	struct options options;
	int status;

	message_init(&message, stderr);
	if (!options_parse(&options, &repair_table, &message, &values, argc, argv))
		return options.status;
	status = repair_run(&options, &values);
	options_fini(&options);
	return status;
}
