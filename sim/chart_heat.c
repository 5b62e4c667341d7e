/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map: the cells of a table in nine steps from the least to the most amount. Where a
 * cell has room, its amount stands in it, so that no colour has to be judged.
 */
#include "chart.h"

#define LEFT    1300
#define TOP     150
#define CELL    300 /* height */
#define WIDEST  700
#define WRITTEN 330 /* least width of a cell with its amount in it */
#define STEPS   9
#define FRAMES  3 /* at most */
#define FOOT    400
#define KEY     800

struct map {
	const struct chart_drawing *d;
	struct amount least, most;
	struct page_scale scale;
	int width; /* of a cell */
	bool framed; /* the least ones are: they are few */
};

static void find_ends(struct map *m)
{
	const struct page_chart *chart = m->d->chart;

	m->least = chart->least;
	m->most = chart->most;
	if (chart->most.given)
		return;
	for (size_t row = 0; row < m->d->rows; row++) {
		for (size_t i = 0; i < chart->count; i++) {
			struct amount a = page_cell(chart->table, row, chart->first + i)->amount;

			if (!a.given)
				continue;
			m->most = amount_max(m->most, a);
			if (!m->least.given || amount_compare(a, m->least) < 0)
				m->least = a;
		}
	}
}

/* A frame around many cells would say nothing. */
static bool are_few(const struct map *m)
{
	const struct page_chart *chart = m->d->chart;
	size_t count = 0;

	for (size_t row = 0; row < m->d->rows; row++)
		for (size_t i = 0; i < chart->count; i++)
			count += amount_compare(
					 page_cell(chart->table, row, chart->first + i)->amount,
					 m->least) == 0;
	return count <= FRAMES;
}

static int step_of(const struct map *m, struct amount a)
{
	/* Finer than a step, since a place is rounded and a step is not. */
	int step = amount_place(amount_less(a, m->least), amount_less(m->most, m->least),
				STEPS * 1000) /
		   1000;

	return step < STEPS ? step : STEPS - 1;
}

static struct amount_text written(const struct map *m, struct amount a)
{
	if (m->scale.per == 1)
		return chart_compact(a);
	return chart_compact(amount_ratio(a, amount_of(m->scale.per), 1));
}

static void put_cell(const struct map *m, size_t row, size_t column)
{
	struct amount a = page_cell(m->d->chart->table, row, column)->amount;
	int x = LEFT + (int)(column - m->d->chart->first) * m->width, y = TOP + (int)row * CELL;
	struct chart_box box = {x + 5, y + 5, m->width - 10, CELL - 10};
	char class[16];

	if (!a.given)
		return;
	snprintf(class, sizeof(class), "q%d%s", step_of(m, a),
		 m->framed && amount_compare(a, m->least) == 0 ? " best" : "");
	chart_rect_cell(m->d, &box, class, row, column);
	snprintf(class, sizeof(class), "m t%d", step_of(m, a));
	if (m->width >= WRITTEN)
		chart_text(m->d,
			   (struct chart_place){x + m->width / 2, y + CELL / 2 + 42, class, 0},
			   written(m, a).s);
}

static void put_names(const struct map *m)
{
	const struct page_chart *chart = m->d->chart;
	size_t room = (size_t)(m->width / 65), step = room >= 5 ? 1 : 5 / (room ? room : 1);
	int bottom = TOP + (int)m->d->rows * CELL;
	struct amount_text buffer;

	chart_text(m->d, (struct chart_place){0, 90, "h", 60}, chart->y_title);
	for (size_t row = 0; row < m->d->rows; row++)
		chart_text(m->d,
			   (struct chart_place){LEFT - 70, TOP + (int)row * CELL + CELL / 2 + 42,
						"r", 18},
			   page_label(chart->table, row, &buffer));
	for (size_t i = 0; i < chart->count; i += step)
		chart_text(m->d,
			   (struct chart_place){LEFT + (int)i * m->width + m->width / 2,
						bottom + 140, "m", room * step},
			   chart->table->column[chart->first + i].title);
	chart_text(m->d,
		   (struct chart_place){LEFT + (int)chart->count * m->width / 2, bottom + 320,
					"h m", 60},
		   chart->x_title);
}

/* Its steps with the ends: how the colours are read. */
static void put_key(const struct map *m, int y)
{
	char class[16];
	char text[112];

	for (int i = 0; i < STEPS; i++) {
		snprintf(class, sizeof(class), "q%d", i);
		chart_rect(m->d, &(struct chart_box){LEFT + KEY + i * 220, y, 210, 130}, class);
	}
	chart_text(m->d, (struct chart_place){LEFT + KEY - 60, y + 110, "r", 0},
		   written(m, m->least).s);
	snprintf(text, sizeof(text), "%s%s%s", written(m, m->most).s,
		 *m->scale.name ? "\xc2\xa0" : "", m->scale.name);
	chart_text(m->d, (struct chart_place){LEFT + KEY + STEPS * 220 + 50, y + 110, "l", 0},
		   text);
}

void chart_heat(const struct chart_drawing *d, unsigned id)
{
	const struct page_chart *chart = d->chart;
	struct map m = {.d = d, .width = (CHART_WIDTH - LEFT) / (int)chart->count};
	int height = TOP + (int)d->rows * CELL + FOOT;

	if (m.width > WIDEST)
		m.width = WIDEST;
	find_ends(&m);
	m.framed = are_few(&m);
	m.scale = page_scale(chart->table->column[chart->first].unit, m.most, 10);
	chart_begin(d, id, height + 200);
	for (size_t row = 0; row < d->rows; row++)
		for (size_t i = 0; i < chart->count; i++)
			put_cell(&m, row, chart->first + i);
	put_names(&m);
	put_key(&m, height);
	chart_end(d);
}
