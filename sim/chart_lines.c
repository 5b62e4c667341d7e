/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line a column, over the amounts that name the rows, or over rows in their order where
 * they have names only. Lines differ in colour, dashes and marks.
 */
#include "chart.h"

#include <limits.h>

#define LEFT    620
#define RIGHT   280
#define HEIGHT  2200
#define FOOT    420
#define LABEL   560 /* least distance of names on the x axis */
#define CLOSEST 150 /* amounts on the y axis */
#define AXIS    (CHART_WIDTH - LEFT - RIGHT)

struct lines {
	const struct chart_drawing *d;
	struct chart_box area;
	struct amount least, most; /* of the y axis */
	bool ordinal; /* rows are named by text */
};

/* ---- Places --------------------------------------------------------------------------------- */

static int x_of_amount(const struct lines *l, struct amount a)
{
	const struct page_table *table = l->d->chart->table;
	struct amount first = page_cell(table, 0, 0)->amount;
	struct amount last = page_cell(table, l->d->rows - 1, 0)->amount;
	int from, to;

	if (!l->d->chart->log_x)
		return l->area.x +
		       amount_place(amount_less(a, first), amount_less(last, first), l->area.width);
	from = amount_log(first);
	to = amount_log(last);
	if (to <= from)
		return l->area.x;
	return l->area.x + (int)((int64_t)l->area.width * (amount_log(a) - from) / (to - from));
}

static int x_of(const struct lines *l, size_t row)
{
	size_t steps = l->d->rows > 1 ? l->d->rows - 1 : 1;

	if (l->ordinal)
		return l->area.x + (int)((size_t)l->area.width * row / steps);
	return x_of_amount(l, page_cell(l->d->chart->table, row, 0)->amount);
}

static int y_of(const struct lines *l, struct amount a)
{
	int bottom = l->area.y + l->area.height, from, to;

	if (!l->d->chart->log_y)
		return bottom - amount_place(amount_less(a, l->least),
					     amount_less(l->most, l->least), l->area.height);
	from = amount_log(l->least);
	to = amount_log(l->most);
	if (a.milli <= l->least.milli || to <= from)
		return bottom;
	return bottom - (int)((int64_t)l->area.height * (amount_log(a) - from) / (to - from));
}

/* ---- Axes ------------------------------------------------------------------------------------- */

/* 1, 2 and 5 of each power of ten: the n-th of them. */
static struct amount tick(unsigned n)
{
	static const unsigned factor[] = {1, 2, 5};
	struct amount at = {.milli = factor[n % 3], .given = true};

	for (unsigned i = 0; i < n / 3; i++)
		at.milli *= 10;
	return at;
}

/* The axis begins at 0, unless all amounts are so close together that it would hide how
 * they differ: then it begins at a tick below the least. */
static void lower(struct lines *l)
{
	if (l->least.milli * 2 < l->most.milli || l->least.milli == l->most.milli) {
		l->least = amount_of(0);
		return;
	}
	/* A wider axis may have a larger step, but not for ever. */
	for (unsigned i = 0; i < 3; i++)
		l->least.milli -= l->least.milli % chart_step(amount_less(l->most, l->least)).milli;
}

/* The axis begins and ends at ticks. */
static void widen(struct lines *l)
{
	unsigned n = 0;

	while (tick(n + 1).milli <= l->least.milli)
		n++;
	l->least = tick(n);
	while (tick(n).milli < l->most.milli)
		n++;
	l->most = tick(n);
}

static void log_grid(const struct lines *l, const struct page_scale *scale)
{
	struct page_scale finer = *scale;
	int before = INT_MAX;

	for (unsigned n = 0; tick(n).milli <= l->most.milli; n++) {
		struct amount at = tick(n);
		int y = y_of(l, at);

		if (at.milli < l->least.milli)
			continue;
		chart_line(l->d, &(struct chart_box){l->area.x, y, l->area.width, 0}, "g");
		if (before - y < CLOSEST && n % 3)
			continue;
		before = y;
		finer.digits = at.milli % ((__int128)scale->per * 1000) ? 3 : 0;
		chart_text(l->d, (struct chart_place){l->area.x - 60, y + 40, "r", 0},
			   page_amount(at, &finer).s);
	}
}

static void x_axis(const struct lines *l)
{
	const struct chart_drawing *d = l->d;
	int bottom = l->area.y + l->area.height, before = -LABEL;
	struct amount_text buffer;

	chart_line(d, &(struct chart_box){l->area.x, bottom, l->area.width, 0}, "a");
	for (size_t row = 0; row < d->rows; row++) {
		int x = x_of(l, row);

		if (x - before < LABEL)
			continue;
		before = x;
		chart_line(d, &(struct chart_box){x, bottom, 0, 40}, "a");
		chart_text(d, (struct chart_place){x, bottom + 160, "m", 12},
			   page_label(d->chart->table, row, &buffer));
	}
	chart_text(d, (struct chart_place){l->area.x + AXIS / 2, bottom + 340, "h m", 80},
		   d->chart->x_title);
}

static void put_mark(const struct lines *l)
{
	const struct page_chart *chart = l->d->chart;
	const struct page_table *table = chart->table;
	bool right;
	int x;

	if (!chart->mark.given || l->ordinal ||
	    amount_compare(chart->mark, page_cell(table, 0, 0)->amount) < 0 ||
	    amount_compare(chart->mark, page_cell(table, l->d->rows - 1, 0)->amount) > 0)
		return;
	x = x_of_amount(l, chart->mark);
	right = x > l->area.x + l->area.width / 2;
	chart_line(l->d, &(struct chart_box){x, l->area.y, 0, l->area.height}, "k");
	chart_text(l->d,
		   (struct chart_place){x + (right ? -50 : 50), l->area.y + 100, right ? "r" : "l",
					40},
		   chart->mark_title);
}

/* ---- Lines -------------------------------------------------------------------------------------- */

static void put_point(const struct lines *l, size_t row, size_t column)
{
	int x = x_of(l, row), y = y_of(l, page_cell(l->d->chart->table, row, column)->amount);
	char class[16];

	snprintf(class, sizeof(class), "p%zu", (column - l->d->chart->first) % CHART_SERIES);
	chart_rect_cell(l->d, &(struct chart_box){x - 30, y - 30, 60, 60}, class, row, column);
}

static void put_line(const struct lines *l, size_t column)
{
	const struct page_table *table = l->d->chart->table;
	FILE *stream = l->d->stream;
	bool drawing = false;

	fprintf(stream, "<path class=\"s%zu\" d=\"", (column - l->d->chart->first) % CHART_SERIES);
	for (size_t row = 0; row < l->d->rows; row++) {
		struct amount a = page_cell(table, row, column)->amount;
		int x = x_of(l, row), y = y_of(l, a);

		if (a.given)
			fprintf(stream, "%c%d.%d %d.%d", drawing ? 'L' : 'M', x / 10, x % 10,
				y / 10, y % 10);
		drawing = a.given;
	}
	fputs("\"/>\n", stream);
	for (size_t row = 0; row < l->d->rows && l->d->rows <= 64; row++)
		if (page_cell(table, row, column)->amount.given)
			put_point(l, row, column);
}

static struct amount least_of(const struct chart_drawing *d)
{
	struct amount least = {0};

	for (size_t row = 0; row < d->rows; row++) {
		for (size_t i = 0; i < d->chart->count; i++) {
			struct amount a =
				page_cell(d->chart->table, row, d->chart->first + i)->amount;

			if (a.milli > 0 && (!least.given || a.milli < least.milli))
				least = a;
		}
	}
	return least;
}

void chart_lines(const struct chart_drawing *d, unsigned id)
{
	const struct page_chart *chart = d->chart;
	int top = chart->count > 1 ? chart_legend_height(chart) + 80 : 170;
	struct lines l = {.d = d,
			  .area = {LEFT, top, AXIS, HEIGHT},
			  .least = least_of(d),
			  .most = chart_most(d, chart->first, chart->count)};
	struct page_scale scale;

	if (chart->most.given) {
		l.most = chart->most;
		l.least = chart->least;
	}
	if (amount_is_zero(l.most))
		l.most = amount_of(1);
	if (chart->log_y)
		widen(&l);
	else
		lower(&l);
	scale = page_scale(chart->table->column[chart->first].unit, l.most, 10);
	chart_begin(d, id, top + HEIGHT + FOOT);
	if (chart->count > 1)
		chart_legend(d, "s");
	for (size_t row = 0; row < d->rows; row++)
		l.ordinal |= page_cell(chart->table, row, 0)->text != NULL;
	if (d->rows) {
		if (chart->log_y)
			log_grid(&l, &scale);
		else
			chart_grid(d, &l.area, &(struct chart_ends){l.least, l.most}, &scale);
		chart_text(d, (struct chart_place){l.area.x - 60, top - 90, "r", 0}, scale.name);
		x_axis(&l);
		put_mark(&l);
		for (size_t i = 0; i < chart->count; i++)
			put_line(&l, chart->first + i);
	}
	chart_end(d);
}
