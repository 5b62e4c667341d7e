/* SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

#define LEGEND_LINE  180
#define SWATCH       120
#define CHARACTER    65 /* mean width of the page's letters at this size */
#define LEGEND_TITLE 28 /* characters of a name in it */

/* ---- Elements ----------------------------------------------------------------------------- */

static void put_place(const char *name, int tenths, FILE *stream)
{
	fprintf(stream, " %s=\"%s%d.%d\"", name, tenths < 0 ? "-" : "", abs(tenths) / 10,
		abs(tenths) % 10);
}

int chart_width(const struct page_chart *chart)
{
	return chart->wide ? CHART_WIDE : CHART_WIDTH;
}

void chart_begin(const struct chart_drawing *d, unsigned id, int height)
{
	fprintf(d->stream,
		"<div class=\"plot%s\"><svg role=\"img\" aria-labelledby=\"t%u d%u\" "
		"viewBox=\"0 0 %d %d\">\n<title id=\"t%u\">",
		d->chart->wide ? " wide" : "", id, id, chart_width(d->chart) / 10,
		(height + 9) / 10, id);
	html_text_cut(d->chart->title, 160, d->stream);
	fprintf(d->stream, "</title><desc id=\"d%u\">", id);
	html_text_cut(d->chart->about, 600, d->stream);
	fputs(" The table behind the chart has its numbers.</desc>\n", d->stream);
}

void chart_end(const struct chart_drawing *d)
{
	fputs("</svg></div>\n", d->stream);
	if (d->rows < d->chart->table->rows)
		fprintf(d->stream, "<p class=\"note\">%zu of %zu rows are drawn.</p>\n", d->rows,
			d->chart->table->rows);
}

static void open_rect(const struct chart_drawing *d, const struct chart_box *box, const char *class)
{
	fprintf(d->stream, "<rect class=\"%s\"", class);
	put_place("x", box->x, d->stream);
	put_place("y", box->y, d->stream);
	put_place("width", box->width, d->stream);
	put_place("height", box->height, d->stream);
}

void chart_rect(const struct chart_drawing *d, const struct chart_box *box, const char *class)
{
	open_rect(d, box, class);
	fputs("/>\n", d->stream);
}

void chart_rect_cell(const struct chart_drawing *d, const struct chart_box *box, const char *class,
		     size_t row, size_t column)
{
	const struct page_table *table = d->chart->table;
	struct amount_text label;

	open_rect(d, box, class);
	fputs("><title>", d->stream);
	html_text_cut(page_label(table, row, &label), 80, d->stream);
	fputs(", ", d->stream);
	html_text_cut(table->column[column].title, 80, d->stream);
	fprintf(d->stream, ": %s</title></rect>\n", chart_value(d->chart, row, column).s);
}

void chart_line(const struct chart_drawing *d, const struct chart_box *box, const char *class)
{
	fprintf(d->stream, "<line class=\"%s\"", class);
	put_place("x1", box->x, d->stream);
	put_place("y1", box->y, d->stream);
	put_place("x2", box->x + box->width, d->stream);
	put_place("y2", box->y + box->height, d->stream);
	fputs("/>\n", d->stream);
}

void chart_text(const struct chart_drawing *d, struct chart_place place, const char *text)
{
	fprintf(d->stream, "<text class=\"%s\"", place.class);
	put_place("x", place.x, d->stream);
	put_place("y", place.y, d->stream);
	fputc('>', d->stream);
	html_text_cut(text, place.most ? place.most : SIZE_MAX, d->stream);
	fputs("</text>\n", d->stream);
}

/* ---- Legend --------------------------------------------------------------------------------- */

static int legend_width(const char *title)
{
	size_t length = strlen(title);

	return SWATCH + 60 + 160 + CHARACTER * (int)(length > LEGEND_TITLE ? LEGEND_TITLE : length);
}

/* A column that has nothing to draw needs no name. */
static bool is_drawn(const struct page_chart *chart, size_t column)
{
	bool drawn = chart->kind == CHART_LINES;

	for (size_t row = 0; row < chart->table->rows && !drawn; row++)
		drawn = page_cell(chart->table, row, column)->amount.milli > 0;
	return drawn;
}

/* Draws, or with `swatch` NULL only measures; returns the height. */
static int legend(const struct chart_drawing *d, const char *swatch)
{
	const struct page_chart *chart = d->chart;
	char class[16];
	int x = 0, y = 0;

	for (size_t i = 0; i < chart->count; i++) {
		const char *title = chart->table->column[chart->first + i].title;

		if (!is_drawn(chart, chart->first + i))
			continue;
		if (x && x + legend_width(title) > CHART_WIDTH) {
			x = 0;
			y += LEGEND_LINE;
		}
		if (swatch) {
			snprintf(class, sizeof(class), "%s%zu", swatch, i % CHART_SERIES);
			if (*swatch == 'f')
				chart_rect(d,
					   &(struct chart_box){x + 5, y + 15, SWATCH, SWATCH - 10},
					   class);
			else
				chart_line(d, &(struct chart_box){x, y + 75, SWATCH + 60, 0},
					   class);
			chart_text(d,
				   (struct chart_place){x + SWATCH + (*swatch == 'f' ? 60 : 110),
							y + 115, "l", LEGEND_TITLE},
				   title);
		}
		x += legend_width(title);
	}
	return y + LEGEND_LINE + 60;
}

int chart_legend(const struct chart_drawing *d, const char *swatch)
{
	return legend(d, swatch);
}

int chart_legend_height(const struct page_chart *chart)
{
	return legend(&(struct chart_drawing){.chart = chart}, NULL);
}

/* ---- Scales ---------------------------------------------------------------------------------- */

struct amount_text chart_value(const struct page_chart *chart, size_t row, size_t column)
{
	const struct page_table *table = chart->table;
	struct page_scale scale = page_scale_of(table, row, column);
	struct amount_text text = page_amount(page_cell(table, row, column)->amount, &scale);
	size_t length = strlen(text.s);

	if (length && *scale.name)
		snprintf(text.s + length, sizeof(text.s) - length, "\xc2\xa0%s", scale.name);
	return text;
}

struct amount chart_most(const struct chart_drawing *d, size_t first, size_t count)
{
	struct amount most = amount_of(0);

	for (size_t row = 0; row < d->rows; row++)
		for (size_t i = 0; i < count; i++)
			most = amount_max(most, page_cell(d->chart->table, row, first + i)->amount);
	return most;
}

struct amount chart_step(struct amount most)
{
	static const unsigned factor[] = {1, 2, 5};
	__int128 power = 1;

	for (;; power *= 10)
		for (unsigned i = 0; i < 3; i++)
			if (power * factor[i] * 5 >= most.milli)
				return (struct amount){.milli = power * factor[i], .given = true};
}

struct amount_text chart_compact(struct amount a)
{
	static const char suffix[] = {'\0', 'k', 'M', 'G', 'T', 'P', 'E'};
	unsigned thousands = 0;
	struct amount_text text;
	size_t length;

	while (a.milli >= 10000 * 1000 && thousands + 1 < sizeof(suffix)) {
		a.milli = (a.milli + 500) / 1000;
		thousands++;
	}
	text = amount_text(a, a.milli % 1000 && a.milli < 100 * 1000 ? 1 : 0);
	length = strlen(text.s);
	if (thousands && length + 1 < sizeof(text.s)) {
		text.s[length] = suffix[thousands];
		text.s[length + 1] = '\0';
	}
	return text;
}

void chart_grid(const struct chart_drawing *d, const struct chart_box *box,
		const struct chart_ends *ends, const struct page_scale *scale)
{
	struct amount span = amount_less(ends->most, ends->least);
	struct amount step = chart_step(span), at = ends->least;
	struct page_scale finer = *scale;

	/* Nothing is between one count and the next. */
	if (scale->digits == 0 && step.milli < (__int128)scale->per * 1000)
		step = amount_of(scale->per);
	finer.digits = scale->per == 1 && step.milli % 1000 ? 3 : 0;
	if (scale->per > 1 && step.milli % ((__int128)scale->per * 1000))
		finer.digits = step.milli % ((__int128)scale->per * 100) ? 3 : 1;
	for (; amount_compare(at, ends->most) <= 0; at = amount_add(at, step)) {
		int y = box->y + box->height -
			amount_place(amount_less(at, ends->least), span, box->height);
		bool first = amount_compare(at, ends->least) == 0;

		chart_line(d, &(struct chart_box){box->x, y, box->width, 0}, first ? "a" : "g");
		chart_text(d, (struct chart_place){box->x - 60, y + 40, "r", 0},
			   page_amount(at, &finer).s);
	}
}

/* ---- All kinds --------------------------------------------------------------------------------- */

void html_chart(const struct page_chart *chart, unsigned id, FILE *stream)
{
	static void (*const draw[])(const struct chart_drawing *, unsigned) = {
		[CHART_BARS] = chart_bars,    [CHART_STACK] = chart_stack,
		[CHART_SHARES] = chart_stack, [CHART_COLUMNS] = chart_columns,
		[CHART_LINES] = chart_lines,  [CHART_HEAT] = chart_heat,
	};
	struct chart_drawing d = {.chart = chart, .stream = stream, .rows = chart->table->rows};
	bool few = chart->kind <= CHART_SHARES || chart->kind == CHART_HEAT;

	if (few && d.rows > CHART_ROWS)
		d.rows = CHART_ROWS;
	draw[chart->kind](&d, id);
}
