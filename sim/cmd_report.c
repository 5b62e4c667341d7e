/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim report: results as one page. */
#include "cmd.h"

#include "html.h"
#include "nearest.h"
#include "options.h"
#include "output.h"
#include "report_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum format_choice { FORMAT_HTML, FORMAT_CSV };

static const char *const format_words[] = {"html", "csv", NULL};

struct report_options {
	const char *output, *title, *x, *y, *table;
	struct option_list values;
	uint8_t format;
};

#define AT(member) .offset = offsetof(struct report_options, member)

static const struct option_spec specs[] = {
	{.name = "output",
	 .letter = 'o',
	 .type = OPTION_STRING,
	 .argument = "FILE",
	 .fallback = "-",
	 AT(output),
	 .help = "where the page is written"},
	{.name = "format",
	 .type = OPTION_CHOICE,
	 .choices = format_words,
	 .fallback = "html",
	 AT(format),
	 .help = "a page, or its tables as CSV"},
	{.name = "table",
	 .type = OPTION_STRING,
	 .argument = "NAME",
	 AT(table),
	 .needs = "format",
	 .help = "CSV: this kind of table only, a line a row, such as caches or points; without "
		 "it all tables, a line a cell"},
	{.name = "title",
	 .type = OPTION_STRING,
	 .argument = "TEXT",
	 AT(title),
	 .help = "heading of the page; made of the inputs without it"},
	{.name = "x",
	 .type = OPTION_STRING,
	 .argument = "KEY",
	 AT(x),
	 .help = "sweep: the key of the plan from left to right; the one with most values "
		 "without it"},
	{.name = "y",
	 .type = OPTION_STRING,
	 .argument = "KEY",
	 AT(y),
	 .help = "sweep: the key from top to bottom"},
	{.name = "value",
	 .type = OPTION_LIST,
	 .argument = "PATH",
	 AT(values),
	 .help = "sweep: a number of the results that is drawn, such as caches.iotlb.misses; "
		 "times, IOTLB misses and references without it"},
	{0},
};

static const struct option_table table = {
	.name = "report",
	.operands = "RESULT...",
	.min_operands = 1,
	.max_operands = 1024,
	.summary = "make one page of results, with tables and charts",
	.about = "RESULT is what `ioasim replay --format json` or `ioasim sweep` wrote; - is "
		 "standard input. Several results are compared with the first one. The page is "
		 "one file that needs nothing else.",
	.specs = specs,
	.values_size = sizeof(struct report_options),
};

struct run {
	struct options options;
	struct report_options values;
	struct message message;
	struct result_set set;
	struct report_choice choice;
	const char *number[POINTS_NUMBERS]; /* what is kept of points */
	struct page page;
};

/* ---- Before --------------------------------------------------------------------------------- */

/* Numbers that were asked for stand behind those that are always kept. */
static int choose_numbers(struct run *run)
{
	const struct option_list *values = &run->values.values;
	size_t count = report_numbers_count;

	memcpy(run->number, report_numbers, report_numbers_count * sizeof(run->number[0]));
	if (values->count > POINTS_NUMBERS - count)
		return options_refuse(&run->options, "--value: at most %zu of them",
				      POINTS_NUMBERS - count);
	for (size_t i = 0; i < values->count; i++)
		run->number[count + i] = values->value[i];
	run->choice.axes.values = values->count ? values->count : report_numbers_drawn;
	run->choice.axes.value = values->count ? count : 0;
	result_set_init(&run->set, run->number, count + values->count);
	return 0;
}

static int check_key(struct run *run, const char *option, const char *key)
{
	const struct points *points = &run->set.points;
	struct nearest near;
	char hint[NEAREST_HINT_SIZE];

	if (!key)
		return 0;
	if (!points->points)
		return options_refuse(&run->options, "--%s has no effect without a sweep", option);
	near = nearest_to(key);
	for (size_t i = 0; i < points->keys; i++) {
		if (strcmp(points->key[i].name, key) == 0)
			return 0;
		nearest_offer(&near, points->key[i].name);
	}
	return options_refuse(&run->options, "--%s: the plan sets no key '%s'%s", option, key,
			      nearest_hint(&near, hint));
}

static int check_values(struct run *run)
{
	const struct points *points = &run->set.points;
	size_t first = run->choice.axes.value;

	if (!run->values.values.count)
		return 0;
	if (!points->points)
		return options_refuse(&run->options, "--value has no effect without a sweep");
	for (size_t i = 0; i < run->choice.axes.values; i++) {
		bool given = false;

		for (size_t p = 0; p < points->points && !given; p++)
			given = points->point[p].number[first + i].given;
		if (!given)
			return options_refuse(&run->options, "--value: no result has a number '%s'",
					      points->path[first + i]);
	}
	return 0;
}

static int check_axes(struct run *run)
{
	const struct report_options *values = &run->values;
	int status = check_key(run, "x", values->x);

	if (!status)
		status = check_key(run, "y", values->y);
	if (!status && values->x && values->y && strcmp(values->x, values->y) == 0)
		status = options_refuse(&run->options, "--x and --y: the same key '%s'", values->x);
	if (!status)
		status = check_values(run);
	run->choice.axes.x = values->x;
	run->choice.axes.y = values->y;
	return status;
}

static int read_inputs(struct run *run)
{
	for (unsigned i = 0; i < run->options.operands; i++) {
		int status = result_set_read(&run->set, run->options.operand[i], &run->message);

		if (status)
			return status;
	}
	return result_set_complete(&run->set, &run->message);
}

/* ---- After ------------------------------------------------------------------------------------ */

static void offer_tables(const struct page *page, struct nearest *near)
{
	for (const struct page_section *s = page->first; s; s = s->next) {
		for (const struct page_block *b = s->first; b; b = b->next) {
			const struct page_table *t = b->chart ? b->chart->table : b->table;

			if (t && t->id)
				nearest_offer(near, t->id);
		}
	}
}

static int check_table(struct run *run)
{
	const char *name = run->values.table;
	struct nearest near;
	char hint[NEAREST_HINT_SIZE];

	if (!name)
		return 0;
	if (run->values.format != FORMAT_CSV)
		return options_refuse(&run->options, "--table has no effect without --format csv");
	if (page_has_table(&run->page, name))
		return 0;
	near = nearest_to(name);
	offer_tables(&run->page, &near);
	return options_refuse(&run->options, "--table: these results have no table '%s'%s", name,
			      nearest_hint(&near, hint));
}

static int write_page(struct run *run)
{
	struct output output = {0};

	if (output_open(&output, run->values.output, &run->message))
		return CMD_OUTPUT;
	if (run->values.format == FORMAT_HTML)
		html_print(&run->page, output.stream);
	else if (run->values.table)
		page_print_csv_table(&run->page, run->values.table, output.stream);
	else
		page_print_csv(&run->page, output.stream);
	return output_commit(&output, &run->message);
}

/* A page that took the place of a result would be found too late. */
static int check_place(struct run *run)
{
	for (size_t i = 0; i < run->options.operands; i++) {
		if (output_replaces(run->values.output, run->options.operand[i]))
			return options_refuse(&run->options,
					      "%s: is read, expected another file for the page",
					      run->values.output);
	}
	return 0;
}

static int report(struct run *run)
{
	int status = check_place(run);

	if (!status)
		status = read_inputs(run);

	if (!status)
		status = check_axes(run);
	if (status)
		return status;
	run->choice.title = run->values.title;
	report_page(&run->page, &run->set, &run->choice);
	if (run->page.failed) {
		message_error(&run->message, NULL, "%s", strerror(ENOMEM));
		return CMD_OUTPUT;
	}
	status = check_table(run);
	return status ? status : write_page(run);
}

int cmd_report(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	struct message message;
	int status;

	message_init(&message, stderr);
	if (!run) {
		message_error(&message, NULL, "%s", strerror(ENOMEM));
		return CMD_OUTPUT;
	}
	run->message = message;
	if (!options_parse(&run->options, &table, &run->message, &run->values, argc, argv)) {
		status = run->options.status;
		free(run);
		return status;
	}
	page_init(&run->page);
	status = choose_numbers(run);
	if (!status)
		status = report(run);
	page_fini(&run->page);
	result_set_fini(&run->set);
	options_fini(&run->options);
	free(run);
	return status;
}
