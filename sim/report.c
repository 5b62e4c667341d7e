/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Text of an input on one line of output. */
static void put_clean(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
}

/* The lines of a text, each behind `indent`. */
static void put_lines(FILE *out, const char *text, const char *indent)
{
	while (*text) {
		fputs(indent, out);
		for (; *text && *text != '\n'; text++)
			fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
		fputc('\n', out);
		text += *text == '\n';
	}
}

/* ---- Failures alone ---------------------------------------------------------------- */

static void tell_failure(FILE *out, const struct report_told *told)
{
	const struct report_failure *f = told->failure;

	fputs("FAILED ", out);
	put_clean(out, told->name);
	fputs("\n  ", out);
	put_clean(out, told->file);
	fprintf(out, ":%u:%u", f->line, f->column);
	if (f->step)
		fprintf(out, ": step %u: %s", f->step, f->doing);
	fputc('\n', out);
	if (f->expected[0])
		fprintf(out, "  expected %s\n", f->expected);
	fprintf(out, "  %s%s\n", f->expected[0] ? "happened " : "", f->found);
	put_lines(out, f->more, "    ");
}

/* ---- TAP ------------------------------------------------------------------------------ */

/* A double-quoted YAML scalar. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
	}
	fputs("\"\n", out);
}

static void tap_name(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			fputc('\\', out);
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
	}
}

static void tap_case(const struct report *report, const struct report_told *told)
{
	FILE *out = report->output.stream;
	const struct report_failure *f = told->failure;

	fprintf(out, "%sok %lu - ", f ? "not " : "", report->passed + report->failed);
	tap_name(out, told->name);
	fputc('\n', out);
	if (!f)
		return;
	fputs("  ---\n  file: ", out);
	put_quoted(out, told->file);
	fprintf(out, "  line: %u\n  column: %u\n", f->line, f->column);
	if (f->step) {
		fprintf(out, "  step: %u\n  doing: ", f->step);
		put_quoted(out, f->doing);
	}
	if (f->expected[0]) {
		fputs("  expected: ", out);
		put_quoted(out, f->expected);
	}
	fputs("  happened: ", out);
	put_quoted(out, f->found);
	if (f->more[0]) {
		fputs("  more: |\n", out);
		put_lines(out, f->more, "    ");
	}
	fputs("  ...\n", out);
}

/* ---- JUnit ----------------------------------------------------------------------------- */

static void put_xml(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
		}
	}
}

static void put_xml_lines(FILE *out, const char *text)
{
	char line[512];

	while (*text) {
		size_t length = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		put_xml(out, line);
		fputc('\n', out);
		text += length + (text[length] == '\n');
	}
}

static void junit_case(FILE *out, const struct report_told *told)
{
	const struct report_failure *f = told->failure;

	fputs("  <testcase classname=\"", out);
	put_xml(out, told->file);
	fputs("\" name=\"", out);
	put_xml(out, told->name);
	if (!f) {
		fputs("\"/>\n", out);
		return;
	}
	fputs("\">\n    <failure message=\"", out);
	if (f->expected[0]) {
		fputs("expected ", out);
		put_xml(out, f->expected);
		fputs(", happened ", out);
	}
	put_xml(out, f->found);
	fputs("\">", out);
	put_xml(out, told->file);
	fprintf(out, ":%u:%u", f->line, f->column);
	if (f->step) {
		fprintf(out, ": step %u: ", f->step);
		put_xml(out, f->doing);
	}
	if (f->more[0])
		fputc('\n', out);
	put_xml_lines(out, f->more);
	fputs("</failure>\n  </testcase>\n", out);
}

static int junit_end(struct report *report)
{
	FILE *out = report->junit.stream;

	if (fclose(report->cases_stream) != 0) {
		report->cases_stream = NULL;
		message_error(report->message, NULL, "%s: cannot be written: %s",
			      report->junit.path, strerror(errno));
		return CMD_OUTPUT;
	}
	report->cases_stream = NULL;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"ioasim %s\" tests=\"%lu\" failures=\"%lu\">\n",
		report->command, report->passed + report->failed, report->failed);
	fwrite(report->cases, 1, report->cases_size, out);
	fputs("</testsuite>\n", out);
	return output_commit(&report->junit, report->message);
}

/* ---- All ---------------------------------------------------------------------------------- */

int report_begin(struct report *report, struct message *message, bool tap, const char *junit)
{
	const char *command = report->command;
	int status;

	*report = (struct report){.command = command};
	report->message = message;
	report->tap = tap;
	report->has_junit = junit != NULL;
	if (junit) {
		status = output_open(&report->junit, junit, message);
		if (status)
			return status;
		report->cases_stream = open_memstream(&report->cases, &report->cases_size);
		if (!report->cases_stream) {
			message_error(message, NULL, "no memory");
			output_abort(&report->junit);
			return CMD_OUTPUT;
		}
	}
	status = output_open(&report->output, NULL, message);
	if (status == 0 && tap)
		fputs("TAP version 13\n", report->output.stream);
	return status;
}

void report_add(struct report *report, const struct report_told *told)
{
	if (told->failure)
		report->failed++;
	else
		report->passed++;
	if (told->failure || report->tap)
		message_progress_end(report->message);
	if (report->tap)
		tap_case(report, told);
	else if (told->failure)
		tell_failure(report->output.stream, told);
	if (report->has_junit)
		junit_case(report->cases_stream, told);
}

int report_end(struct report *report)
{
	FILE *out = report->output.stream;
	int status, junit_status = 0;

	message_progress_end(report->message);
	if (report->tap)
		fprintf(out, "1..%lu\n# ", report->passed + report->failed);
	fprintf(out, "%lu passed, %lu failed\n", report->passed, report->failed);
	status = output_commit(&report->output, report->message);
	if (report->has_junit)
		junit_status = junit_end(report);
	output_abort(&report->junit);
	free(report->cases);
	report->cases = NULL;
	return status ? status : junit_status;
}
