/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns from left to right, one a row: histograms, and series over time. Each column of
 * the table has a panel of its own, all above the same axis.
 */
#include "chart.h"

#define LEFT   620
#define RIGHT  200
#define PANEL  900
#define ALONE  1700 /* height of a single panel */
#define HEAD   210 /* above a panel, with its name */
#define FOOT   420 /* names of rows, and of the axis */
#define LABEL  620 /* room for a name below the axis */
#define WIDEST 700 /* column */

static int axis_width(const struct chart_drawing *d)
{
	return chart_width(d->chart) - LEFT - RIGHT;
}

static void put_panel(const struct chart_drawing *d, size_t column, const struct chart_box *panel)
{
	struct page_scale scale = page_scale_of(d->chart->table, 0, column);
	struct amount most = chart_most(d, column, 1);
	char class[16];

	if (amount_is_zero(most))
		most = amount_of(1);
	chart_grid(d, panel, &(struct chart_ends){amount_of(0), most}, &scale);
	snprintf(class, sizeof(class), "f%zu", (column - d->chart->first) % CHART_SERIES);
	for (size_t row = 0; row < d->rows; row++) {
		struct amount a = page_cell(d->chart->table, row, column)->amount;
		int from = (int)((size_t)panel->width * row / d->rows);
		int to = (int)((size_t)panel->width * (row + 1) / d->rows);
		int height = amount_place(a, most, panel->height);
		int gap = to - from > WIDEST ? (to - from - WIDEST) / 2 : to - from > 60 ? 10 : 0;

		if (a.milli > 0 && height < 10)
			height = 10;
		if (a.milli > 0)
			chart_rect_cell(d,
					&(struct chart_box){panel->x + from + gap,
							    panel->y + panel->height - height,
							    to - from - 2 * gap, height},
					class, row, column);
	}
}

/* Rows whose name stands below the axis: every n-th. */
static void put_labels(const struct chart_drawing *d, int y)
{
	size_t axis = (size_t)axis_width(d), names = axis / LABEL;
	size_t step = (d->rows + names - 1) / names;
	struct amount_text buffer;

	for (size_t row = 0; row < d->rows; row += step) {
		int middle = LEFT + (int)(axis * (2 * row + 1) / (2 * d->rows));

		chart_text(d, (struct chart_place){middle, y + 150, "m", 12},
			   page_label(d->chart->table, row, &buffer));
	}
	chart_text(d, (struct chart_place){LEFT + (int)axis / 2, y + 330, "h m", 80},
		   d->chart->x_title);
}

void chart_columns(const struct chart_drawing *d, unsigned id)
{
	const struct page_chart *chart = d->chart;
	int height = chart->count > 1 ? PANEL : ALONE, y = 0;

	chart_begin(d, id, (int)chart->count * (HEAD + height) + FOOT);
	for (size_t i = 0; i < chart->count; i++) {
		y += HEAD;
		chart_text(d, (struct chart_place){LEFT, y - 80, "h", 80},
			   chart->table->column[chart->first + i].title);
		put_panel(d, chart->first + i, &(struct chart_box){LEFT, y, axis_width(d), height});
		y += height;
	}
	if (d->rows)
		put_labels(d, y);
	chart_end(d);
}
