/* SPDX-License-Identifier: Apache-2.0 */
/* Commands for who runs parts of a plan at many places: one line each, for a shell. */
#include "cmd_sweep.h"

#include "output.h"

#include <inttypes.h>
#include <string.h>

/* Words of these alone need no quotes. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_-+=./,:@%";

static void print_word(const char *word, FILE *stream)
{
	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, stream);
		return;
	}
	fputc('\'', stream);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stream);
		else
			fputc(*word, stream);
	}
	fputc('\'', stream);
}

/* "results.jsonl" -> "results.3-of-8.jsonl" */
static void print_part_name(const char *output, uint64_t part, uint64_t parts, FILE *stream)
{
	const char *slash = strrchr(output, '/'), *dot = strrchr(output, '.');
	bool ending = dot && (!slash || dot > slash + 1) && dot != output;
	char name[4096];

	snprintf(name, sizeof(name), "%.*s.%" PRIu64 "-of-%" PRIu64 "%s",
		 ending ? (int)(dot - output) : (int)strlen(output), output, part, parts,
		 ending ? dot : "");
	print_word(name, stream);
}

/* One that begins with a dash would be taken for an option. */
static void print_plan(const char *path, FILE *stream)
{
	if (*path == '-')
		fputs("./", stream);
	print_word(path, stream);
}

int sweep_list_print(const struct sweep_list *list, struct message *message)
{
	struct output output;
	int status = output_open(&output, NULL, message);

	if (status)
		return status;
	for (uint64_t part = 1; part <= list->parts; part++) {
		fputs("ioasim sweep ", output.stream);
		print_plan(list->plan->path, output.stream);
		fprintf(output.stream, " --shard=%" PRIu64 "/%" PRIu64, part, list->parts);
		/* The parts share the processors, not the threads of one. */
		fprintf(output.stream, " --threads=%" PRIu64, list->threads ? list->threads : 1);
		if (list->group)
			fprintf(output.stream, " --group=%" PRIu64, list->group);
		fputs(" --output=", output.stream);
		print_part_name(list->output, part, list->parts, output.stream);
		fputc('\n', output.stream);
	}
	return output_commit(&output, message);
}
