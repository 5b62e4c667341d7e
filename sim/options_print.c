/* SPDX-License-Identifier: Apache-2.0 */
#include "options_print.h"
#include "cmd.h"
#include "output.h"

#include <string.h>

/* Columns of --help. */
enum { HELP_INDENT = 2, HELP_COLUMN = 28, HELP_WIDTH = 96 };

const char *options_choices(const struct option_spec *spec, const char *between, char *buffer,
			    size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (unsigned i = 0; spec->choices[i] && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? between : "",
					 spec->choices[i]);
	return buffer;
}

const char *options_or(const char *names, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (bool first = true; *names && used < size; first = false) {
		size_t length = strcspn(names, ",");

		used += (size_t)snprintf(buffer + used, size - used, "%s%.*s",
					 first ? "" : " or --", (int)length, names);
		names += length + (names[length] == ',');
	}
	return buffer;
}

/* The argument as the help shows it: "FILE", "auto|always|never"; "" for a flag. */
static const char *argument_of(const struct option_spec *spec, char *buffer, size_t size)
{
	if (spec->type == OPTION_FLAG)
		return "";
	if (spec->argument)
		return spec->argument;
	if (spec->type == OPTION_CHOICE)
		return options_choices(spec, "|", buffer, size);
	return spec->type == OPTION_NUMBER ? "N" : "VALUE";
}

/* Words of a text between the columns; `column` is where the cursor stands. */
static void print_wrapped(FILE *out, const char *text, unsigned indent, unsigned column)
{
	while (*text) {
		unsigned length = (unsigned)strcspn(text, " ");

		if (column > indent && column + 1 + length > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, length, out);
		column += length;
		text += length;
		text += *text == ' ';
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option_spec *spec)
{
	char left[128], words[256], text[1024];
	const char *argument = argument_of(spec, words, sizeof(words));
	int used = snprintf(left, sizeof(left), "%*s%c%c%s --%s%s%s", HELP_INDENT, "",
			    spec->letter ? '-' : ' ', spec->letter ? spec->letter : ' ',
			    spec->letter ? "," : " ", spec->name, *argument ? "=" : "", argument);

	snprintf(text, sizeof(text), "%s%s%s%s", spec->help, spec->fallback ? " (default: " : "",
		 spec->fallback ? spec->fallback : "", spec->fallback ? ")" : "");
	fputs(left, out);
	if (used >= HELP_COLUMN)
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out, "%*s", HELP_COLUMN - used, "");
	print_wrapped(out, text, HELP_COLUMN, HELP_COLUMN);
}

/* Paragraphs are divided by an empty line; lines that begin with a blank stay. */
static void print_about(FILE *out, const char *about)
{
	char line[1024];

	while (*about) {
		size_t length = strcspn(about, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, about);
		if (line[0] == ' ')
			fprintf(out, "%s\n", line);
		else
			print_wrapped(out, line, 0, 0);
		about += length;
		about += *about == '\n';
	}
}

static void print_help(FILE *out, const struct option_table *table)
{
	static const struct option_spec help = {
		.name = "help", .letter = 'h', .help = "show this help"};

	fprintf(out, "usage: ioasim %s [OPTION]...%s%s\n\n", table->name,
		table->operands ? " " : "", table->operands ? table->operands : "");
	fprintf(out, "ioasim %s: %s\n", table->name, table->summary);
	if (table->about) {
		fputc('\n', out);
		print_about(out, table->about);
	}
	fputs("\noptions:\n", out);
	for (const struct option_spec *spec = table->specs; spec && spec->name; spec++)
		print_option(out, spec);
	print_option(out, &help);
}

static void man_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\`[]#<>", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* The option section of a manual page, in scdoc's markup. */
static void print_man(FILE *out, const struct option_table *table)
{
	char words[256];

	for (const struct option_spec *spec = table->specs; spec && spec->name; spec++) {
		const char *argument = argument_of(spec, words, sizeof(words));

		if (spec->letter)
			fprintf(out, "*-%c*, ", spec->letter);
		fprintf(out, "*--%s*", spec->name);
		if (*argument) {
			fputs("=_", out);
			man_text(out, argument);
			fputc('_', out);
		}
		fputs("\n\t", out);
		man_text(out, spec->help);
		if (spec->fallback) {
			fputs(". Default: ", out);
			man_text(out, spec->fallback);
		}
		fputs(".\n\n", out);
	}
}

/* The command's branch in the completion function, see cmd_dispatch(). */
static void print_bash(FILE *out, const struct option_table *table)
{
	char words[256];

	fprintf(out, "\t'%s')\n\t\twords='--help", table->name);
	for (const struct option_spec *spec = table->specs; spec && spec->name; spec++)
		fprintf(out, " --%s%s", spec->name, spec->type == OPTION_FLAG ? "" : "=");
	fputs("'\n\t\tcase \"$option\" in\n", out);
	for (const struct option_spec *spec = table->specs; spec && spec->name; spec++)
		if (spec->type == OPTION_CHOICE)
			fprintf(out, "\t\t--%s) words='%s' ;;\n", spec->name,
				options_choices(spec, " ", words, sizeof(words)));
	fputs("\t\tesac ;;\n", out);
}

int options_print_help(const struct option_table *table, struct message *message)
{
	struct output output;
	int status = output_open(&output, NULL, message);

	if (status)
		return status;
	print_help(output.stream, table);
	return output_commit(&output, message);
}

int options_dump(const struct option_table *table, const char *kind, struct message *message)
{
	struct output output;
	int status = output_open(&output, NULL, message);

	if (status)
		return status;
	if (strcmp(kind, "man") == 0)
		print_man(output.stream, table);
	else if (strcmp(kind, "bash") == 0)
		print_bash(output.stream, table);
	status = output_commit(&output, message);
	return status;
}
