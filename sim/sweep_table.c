/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a sweep: what each point sets, and some numbers of its result. */
#include "cmd_sweep.h"

#include "cmd.h"
#include "nearest.h"
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char sweep_show_default[] =
	"time.total_ns,references.total,caches.iotlb.misses,commands.total";

#define WHOLE 20u /* points that are shown without leaving any out */
#define ENDS  10u /* at each end, where there are more */
#define NAME  64

struct row {
	size_t point;
	bool has[SWEEP_SHOWN];
	double value[SWEEP_SHOWN];
	bool whole[SWEEP_SHOWN]; /* no fraction */
};

struct table {
	struct sweep_results *results;
	char path[SWEEP_SHOWN][NAME];
	size_t paths;
	struct row *row;
	size_t rows;
	FILE *stream;
};

/* ---- Paths --------------------------------------------------------------------------------- */

static int split(struct table *table, const char *show)
{
	for (const char *at = show;; at += *at == ',') {
		size_t length = strcspn(at, ",");

		if (!length || length >= NAME || table->paths == SWEEP_SHOWN) {
			message_error(table->results->message, NULL,
				      "--show %s: expected at most %d paths of keys such as "
				      "time.total_ns, with commas between",
				      show, SWEEP_SHOWN);
			return CMD_USAGE;
		}
		memcpy(table->path[table->paths], at, length);
		table->path[table->paths++][length] = '\0';
		at += length;
		if (*at == '\0')
			return 0;
	}
}

/* The number at a path; NULL: there is none, and *parent is the object whose key `part` is
 * not there. */
static const json_t *follow(const json_t *root, const char *path, json_t **parent, char part[NAME])
{
	const json_t *at = root;

	for (; *path && at; path += *path == '.') {
		size_t length = strcspn(path, ".");

		*parent = (json_t *)(uintptr_t)at;
		snprintf(part, NAME, "%.*s", (int)length, path);
		at = json_object_get(at, part);
		path += length;
	}
	return json_is_number(at) ? at : NULL;
}

static int refuse_path(struct table *table, const char *path, json_t *parent, const char *part)
{
	struct nearest near = nearest_to(part);
	char hint[NEAREST_HINT_SIZE];
	const char *key;
	json_t *value;

	json_object_foreach (parent, key, value) {
		nearest_offer(&near, key);
	}
	message_error(table->results->message, NULL, "--show %s: no number of this name%s", path,
		      json_object_get(parent, part) ? "" : nearest_hint(&near, hint));
	return CMD_USAGE;
}

static int read_row(struct table *table, size_t point)
{
	struct row *row = &table->row[table->rows];
	json_t *line = sweep_results_get(table->results, point), *parent = NULL;
	json_t *result = json_object_get(line, "result");
	char part[NAME] = "";
	int status = line ? 0 : CMD_INPUT;

	*row = (struct row){.point = point};
	for (size_t i = 0; i < table->paths && status == 0; i++) {
		const json_t *number = follow(result, table->path[i], &parent, part);

		row->has[i] = number;
		row->whole[i] = json_is_integer(number);
		row->value[i] = json_number_value(number);
		/* One point may lack what others have; the first one finds mistypings. */
		if (!number && table->rows == 0)
			status = refuse_path(table, table->path[i], parent, part);
	}
	json_decref(line);
	table->rows++;
	return status;
}

/* ---- Order ------------------------------------------------------------------------------------ */

static int by_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->has[0] != y->has[0])
		return x->has[0] ? -1 : 1;
	if (x->value[0] < y->value[0] || x->value[0] > y->value[0])
		return x->value[0] < y->value[0] ? -1 : 1;
	return x->point < y->point ? -1 : x->point > y->point;
}

static bool shown(const struct table *table, size_t row)
{
	return table->rows <= WHOLE || row < ENDS || row >= table->rows - ENDS;
}

/* ---- Printing ------------------------------------------------------------------------------------ */

/* 1234567 as 1,234,567. */
static void number_text(const struct row *row, size_t column, char text[48])
{
	char digits[32];
	size_t length, out = 0;

	snprintf(text, 48, "-");
	if (!row->has[column])
		return;
	if (!row->whole[column]) {
		snprintf(text, 48, "%.3f", row->value[column]);
		return;
	}
	length = (size_t)snprintf(digits, sizeof(digits), "%.0f", row->value[column]);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
}

static size_t wider(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void print_settings(struct table *table, size_t point)
{
	json_t *line = sweep_results_get(table->results, point);
	json_t *set = json_object_get(line, "set"), *value;
	const char *key, *blank = "  ";

	json_object_foreach (set, key, value) {
		fprintf(table->stream, "%s%s=", blank, key);
		if (json_is_string(value))
			fputs(json_string_value(value), table->stream);
		else
			json_dumpf(value, table->stream, JSON_ENCODE_ANY);
		blank = " ";
	}
	json_decref(line);
}

static void print_rows(struct table *table)
{
	size_t width[SWEEP_SHOWN] = {0};
	char text[48];

	for (size_t i = 0; i < table->paths; i++) {
		width[i] = strlen(table->path[i]);
		for (size_t n = 0; n < table->rows; n++) {
			number_text(&table->row[n], i, text);
			width[i] = wider(width[i], strlen(text));
		}
	}
	fprintf(table->stream, "%7s", "point");
	for (size_t i = 0; i < table->paths; i++)
		fprintf(table->stream, "  %*s", (int)width[i], table->path[i]);
	fputs("  set\n", table->stream);
	for (size_t n = 0; n < table->rows; n++) {
		if (!shown(table, n)) {
			fprintf(table->stream, "%7s  %zu more\n", "...", table->rows - 2 * ENDS);
			n = table->rows - ENDS - 1;
			continue;
		}
		fprintf(table->stream, "%7zu", table->row[n].point);
		for (size_t i = 0; i < table->paths; i++) {
			number_text(&table->row[n], i, text);
			fprintf(table->stream, "  %*s", (int)width[i], text);
		}
		print_settings(table, table->row[n].point);
		fputc('\n', table->stream);
	}
}

int sweep_table_print(struct sweep_results *results, const char *show, size_t first, size_t last)
{
	struct table table = {.results = results};
	struct output output;
	int status = split(&table, show);

	table.row = calloc(last - first + 1, sizeof(*table.row));
	if (!table.row)
		status = CMD_OUTPUT;
	for (size_t i = first; i < last && status == 0; i++)
		status = read_row(&table, i);
	if (status == 0)
		status = output_open(&output, NULL, results->message);
	if (status == 0) {
		qsort(table.row, table.rows, sizeof(*table.row), by_first);
		table.stream = output.stream;
		fprintf(output.stream, "sweep %s: %zu of %zu points, %s\n\n", results->of.plan,
			results->done, results->of.points, results->path);
		print_rows(&table);
		status = output_commit(&output, results->message);
	}
	free(table.row);
	return status;
}
