/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim sweep merge: the results of parts in one file. */
#include "cmd_sweep.h"

#include "cmd.h"
#include "options.h"
#include "output.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct merge_options {
	const char *output;
};

static const struct option_spec merge_specs[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 .offset = offsetof(struct merge_options, output),
	 .help = "where the joined results are written"},
	{0},
};

static const struct option_table merge_table = {
	.name = "sweep merge",
	.operands = "RESULTS...",
	.min_operands = 1,
	.max_operands = UINT32_MAX,
	.summary = "join the results of parts of a sweep",
	.about = "All parts must be of the same sweep: the same plan with the same trace, by the "
		 "same version. The result is the file that the whole sweep would have made. Where "
		 "points are missing it has all others, and a sweep that is given it with -o "
		 "does what is missing.",
	.specs = merge_specs,
	.values_size = sizeof(struct merge_options),
};

/* Where the line of a point is. */
struct spot {
	unsigned file; /* operand, from 1; 0: no line yet */
	off_t offset;
	size_t length;
};

struct merge {
	struct options options;
	struct merge_options values;
	struct message message;
	struct sweep_line first; /* which sweep it is; points 0: no line yet */
	struct spot *spot;
	uint64_t found, twice;
	bool bad; /* a result is not good */
	FILE *open; /* of operand */
	unsigned opened;
	char *text, *other;
	size_t room, other_room;
};

static int refuse(struct merge *merge, unsigned file, unsigned line, const char *text)
{
	message_error(&merge->message,
		      &(struct position){.file = merge->options.operand[file - 1], .line = line},
		      "%s", text);
	return CMD_INPUT;
}

/* ---- Reading the parts ------------------------------------------------------------------------ */

static int take_first(struct merge *merge, const struct sweep_line *line)
{
	/* A number from a file is no reason to ask for any amount of memory. */
	if (line->points <= SWEEP_POINTS)
		merge->spot = calloc((size_t)line->points, sizeof(*merge->spot));
	if (!merge->spot) {
		message_error(&merge->message, NULL, "%" PRIu64 " points: %s", line->points,
			      line->points > SWEEP_POINTS ? "more than a plan can have"
							  : strerror(ENOMEM));
		return CMD_INPUT;
	}
	merge->first = *line;
	merge->first.root = NULL;
	return 0;
}

/* The line of a spot in merge->other. */
static int read_spot(struct merge *merge, const struct spot *spot)
{
	const char *path = merge->options.operand[spot->file - 1];

	if (merge->opened != spot->file) {
		if (merge->open)
			fclose(merge->open);
		merge->open = fopen(path, "rb");
		merge->opened = merge->open ? spot->file : 0;
		if (!merge->open)
			return refuse(merge, spot->file, 0, strerror(errno));
	}
	if (merge->other_room < spot->length) {
		char *more = realloc(merge->other, spot->length);

		if (!more)
			return refuse(merge, spot->file, 0, strerror(ENOMEM));
		merge->other = more;
		merge->other_room = spot->length;
	}
	if (fseeko(merge->open, spot->offset, SEEK_SET) ||
	    fread(merge->other, 1, spot->length, merge->open) != spot->length)
		return refuse(merge, spot->file, 0, "has become shorter while it was read");
	return 0;
}

/* A point that is there already: well if it is the same, byte for byte. */
static int take_again(struct merge *merge, const struct spot *here, unsigned number, uint64_t point)
{
	const struct spot *there = &merge->spot[point];
	char why[128];
	int status = read_spot(merge, there);

	if (status)
		return status;
	merge->twice++;
	if (there->length == here->length && memcmp(merge->text, merge->other, here->length) == 0)
		return 0;
	snprintf(why, sizeof(why), "point %" PRIu64 " has another result here than in %.64s", point,
		 merge->options.operand[there->file - 1]);
	return refuse(merge, here->file, number, why);
}

static int take_line(struct merge *merge, const struct spot *spot, unsigned number)
{
	struct sweep_line line;
	char why[SWEEP_WHY];
	int status = 0;

	if (merge->text[spot->length - 1] != '\n')
		return refuse(
			merge, spot->file, number,
			"an incomplete line: the sweep has not ended; give its command again");
	if (sweep_line_read(merge->text, spot->length - 1, &line, why))
		return refuse(merge, spot->file, number, why);
	json_decref(line.root);
	if (!merge->first.points)
		status = take_first(merge, &line);
	else if (strcmp(merge->first.plan, line.plan) != 0 ||
		 strcmp(merge->first.identity, line.identity) != 0 ||
		 merge->first.points != line.points)
		return refuse(merge, spot->file, number,
			      "not of the same sweep as the results before: another plan, trace or "
			      "version");
	if (status)
		return status;
	merge->bad |= !line.good;
	if (merge->spot[line.point].file)
		return take_again(merge, spot, number, line.point);
	merge->spot[line.point] = *spot;
	merge->found++;
	return 0;
}

static int read_part(struct merge *merge, unsigned operand)
{
	struct spot spot = {.file = operand};
	FILE *file = fopen(merge->options.operand[operand - 1], "rb");
	unsigned number = 0;
	ssize_t length;
	int status = 0;

	if (!file)
		return refuse(merge, operand, 0, strerror(errno));
	while (status == 0 && (length = getline(&merge->text, &merge->room, file)) > 0) {
		spot.length = (size_t)length;
		status = take_line(merge, &spot, ++number);
		spot.offset += length;
	}
	if (status == 0 && ferror(file))
		status = refuse(merge, operand, 0, strerror(errno));
	fclose(file);
	return status;
}

/* ---- Writing the whole -------------------------------------------------------------------------- */

static int write_whole(struct merge *merge)
{
	struct output output;
	int status = output_open(&output, merge->values.output, &merge->message);

	for (uint64_t i = 0; status == 0 && i < merge->first.points; i++) {
		const struct spot *spot = &merge->spot[i];

		if (!spot->file)
			continue;
		status = read_spot(merge, spot);
		if (status == 0)
			fwrite(merge->other, 1, spot->length, output.stream);
	}
	if (status == 0)
		return output_commit(&output, &merge->message);
	output_abort(&output);
	return status;
}

/* "3, 5-9, 12" */
static void tell_missing(struct merge *merge)
{
	char text[256];
	struct text list = text_in(text, sizeof(text));
	const uint64_t points = merge->first.points;
	bool any = false;

	for (uint64_t i = 0, end; i < points; i = end + 1) {
		end = i;
		if (merge->spot[i].file)
			continue;
		while (end + 1 < points && !merge->spot[end + 1].file)
			end++;
		text_add(&list, "%s%" PRIu64, any ? ", " : "", i);
		if (end > i)
			text_add(&list, "-%" PRIu64, end);
		any = true;
	}
	message_error(&merge->message, NULL, "%" PRIu64 " of %" PRIu64 " points are missing: %s",
		      points - merge->found, points, text);
}

static int merge_all(struct merge *merge)
{
	int status = 0;

	for (unsigned i = 1; i <= merge->options.operands && status == 0; i++)
		status = read_part(merge, i);
	if (status == 0 && !merge->first.points) {
		message_error(&merge->message, NULL, "no results in any of the files");
		status = CMD_INPUT;
	}
	if (status == 0)
		status = write_whole(merge);
	if (status)
		return status;
	if (merge->twice)
		message_note(&merge->message,
			     "%" PRIu64 " points are there more than once, with the same result",
			     merge->twice);
	if (merge->found < merge->first.points)
		tell_missing(merge);
	if (merge->bad)
		message_error(&merge->message, NULL,
			      "results are not as recorded, or rules are broken");
	return merge->found < merge->first.points || merge->bad ? CMD_CHECK_FAILED : CMD_OK;
}

int cmd_sweep_merge(int argc, char **argv)
{
	struct merge merge = {.opened = 0};
	int status;

	message_init(&merge.message, stderr);
	if (!options_parse(&merge.options, &merge_table, &merge.message, &merge.values, argc, argv))
		return merge.options.status;
	status = merge_all(&merge);
	if (merge.open)
		fclose(merge.open);
	free(merge.spot);
	free(merge.text);
	free(merge.other);
	options_fini(&merge.options);
	return status;
}
