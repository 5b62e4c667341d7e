/* SPDX-License-Identifier: Apache-2.0 */
/* Horizontal bars: one a row, in a panel a column; or divided by columns. */
#include "chart.h"

#include <string.h>

#define LABEL     1700 /* width of the names on the left */
#define LABEL_MAX 25 /* characters in it */
#define ROW       220
#define BAR       150
#define VALUE     780 /* room for an amount behind a bar */
#define GAP       120 /* between panels */
#define NARROWEST 1250 /* width of a panel */

static void put_labels(const struct chart_drawing *d, int top)
{
	for (size_t row = 0; row < d->rows; row++) {
		struct amount_text buffer;
		const char *label = page_label(d->chart->table, row, &buffer);

		chart_text(d,
			   (struct chart_place){LABEL - 70, top + (int)row * ROW + 115, "r",
						LABEL_MAX},
			   label);
	}
}

/* ---- Panels --------------------------------------------------------------------------------- */

static void put_panel(const struct chart_drawing *d, size_t column, const struct chart_box *panel)
{
	struct amount most = chart_most(d, column, 1);
	int room = panel->width - VALUE;

	for (size_t row = 0; row < d->rows; row++) {
		struct amount a = page_cell(d->chart->table, row, column)->amount;
		int y = panel->y + (int)row * ROW, width = amount_place(a, most, room);

		if (!a.given)
			continue;
		chart_rect_cell(d,
				&(struct chart_box){panel->x, y + (ROW - BAR) / 2 - 35,
						    width ? width : 5, BAR},
				"f0", row, column);
		chart_text(d, (struct chart_place){panel->x + width + 50, y + 115, "v", 0},
			   chart_value(d->chart, row, column).s);
	}
	chart_line(d, &(struct chart_box){panel->x, panel->y - 20, 0, panel->height}, "a");
}

/* As many panels beside each other as have room; the others stand below. */
void chart_bars(const struct chart_drawing *d, unsigned id)
{
	const struct page_chart *chart = d->chart;
	int room = chart_width(chart) - LABEL, columns = (int)chart->count;
	int abreast = columns < room / NARROWEST ? columns : room / NARROWEST;
	int head = columns > 1 ? 240 : 30, width = room / abreast;
	int height = head + (int)d->rows * ROW, lines = (columns + abreast - 1) / abreast;

	chart_begin(d, id, lines * height + 20);
	for (int i = 0; i < columns; i++) {
		struct chart_box panel = {LABEL + i % abreast * width, i / abreast * height + head,
					  width - GAP, (int)d->rows * ROW};
		size_t column = chart->first + (size_t)i;

		if (i % abreast == 0)
			put_labels(d, panel.y);
		if (columns > 1)
			chart_text(d,
				   (struct chart_place){panel.x, panel.y - 120, "h",
							(size_t)(width / 65)},
				   chart->table->column[column].title);
		put_panel(d, column, &panel);
	}
	chart_end(d);
}

/* ---- Divided bars ------------------------------------------------------------------------------ */

static struct amount row_total(const struct page_chart *chart, size_t row)
{
	struct amount total = {0};

	for (size_t i = 0; i < chart->count; i++)
		total = amount_add(total, page_cell(chart->table, row, chart->first + i)->amount);
	return total;
}

static void put_share(const struct chart_drawing *d, const struct chart_box *part, struct amount a,
		      struct amount total)
{
	struct amount_text text = amount_text(amount_ratio(a, total, 100), 0);
	size_t length = strlen(text.s);

	if (part->width < 400)
		return;
	snprintf(text.s + length, sizeof(text.s) - length, "\xc2\xa0%%");
	length = strlen(text.s) - 1; /* the blank has two bytes */
	chart_rect(d,
		   &(struct chart_box){part->x + part->width / 2 - 35 * (int)length - 20,
				       part->y + 10, 70 * (int)length + 40, part->height - 20},
		   "w");
	chart_text(d, (struct chart_place){part->x + part->width / 2, part->y + 115, "i", 0},
		   text.s);
}

static void put_parts(const struct chart_drawing *d, size_t row, const struct chart_box *bar,
		      struct amount most)
{
	const struct page_chart *chart = d->chart;
	struct amount total = row_total(chart, row), sum = amount_of(0);
	char class[16];
	int from = 0;

	for (size_t i = 0; i < chart->count; i++) {
		size_t column = chart->first + i;
		struct amount a = page_cell(chart->table, row, column)->amount;
		struct chart_box part = *bar;
		int to;

		sum = amount_add(sum, a);
		to = amount_place(sum, most, bar->width);
		part.x += from;
		part.width = to - from;
		snprintf(class, sizeof(class), "f%zu", i % CHART_SERIES);
		if (part.width > 0)
			chart_rect_cell(d, &part, class, row, column);
		put_share(d, &part, a, total);
		from = to;
	}
}

static struct amount_text total_text(const struct page_chart *chart, struct amount total)
{
	struct page_scale scale = page_scale(chart->table->column[chart->first].unit, total, 10);
	struct amount_text text;
	size_t length;

	if (scale.per == 1 && scale.digits < 3)
		scale.digits = total.milli % 1000 != 0;
	text = page_amount(total, &scale);
	length = strlen(text.s);
	if (length && *scale.name)
		snprintf(text.s + length, sizeof(text.s) - length, "\xc2\xa0%s", scale.name);
	return text;
}

void chart_stack(const struct chart_drawing *d, unsigned id)
{
	int top = chart_legend_height(d->chart) + 30;
	struct chart_box area = {LABEL, top, CHART_WIDTH - LABEL - VALUE, (int)d->rows * ROW};
	struct amount most = amount_of(0);

	for (size_t row = 0; row < d->rows; row++)
		most = amount_max(most, row_total(d->chart, row));
	chart_begin(d, id, top + area.height + 20);
	chart_legend(d, "f");
	put_labels(d, top);
	for (size_t row = 0; row < d->rows; row++) {
		struct amount total = row_total(d->chart, row);
		bool shares = d->chart->kind == CHART_SHARES;
		struct chart_box bar = {area.x, top + (int)row * ROW, area.width, BAR};

		put_parts(d, row, &bar, shares ? total : most);
		chart_text(d,
			   (struct chart_place){
				   area.x + 50 +
					   (shares ? area.width
						   : amount_place(total, most, area.width)),
				   bar.y + 115, "v", 0},
			   total_text(d->chart, total).s);
	}
	chart_line(d, &(struct chart_box){area.x, top - 20, 0, area.height}, "a");
	chart_end(d);
}
