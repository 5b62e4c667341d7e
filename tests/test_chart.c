/* SPDX-License-Identifier: Apache-2.0 */
/* Charts: what is drawn is as long, high and far as its amounts say, and inside. */
#include "html.h"
#include "html_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 40

/* A page of one chart, drawn. */
struct drawn {
	struct page page;
	struct html_tree tree;
	char *html;
	size_t svg; /* the chart's */
	double width, height; /* of it */
};

static double number_of(const struct html_element *element, const char *name)
{
	char value[32];

	assert_true(html_attribute(element, name, value, sizeof(value)));
	return strtod(value, NULL);
}

static void find_chart(struct drawn *d)
{
	char box[64], *at = box;

	for (size_t i = 0; i < d->tree.elements; i++) {
		const struct html_element *element = &d->tree.element[i];

		if (strcmp(element->name, "svg") != 0 ||
		    !html_attribute(element, "viewBox", box, sizeof(box)))
			continue;
		d->svg = i;
		assert_int_equal(strtol(at, &at, 10), 0);
		assert_int_equal(strtol(at, &at, 10), 0);
		d->width = strtod(at, &at);
		d->height = strtod(at, &at);
		return;
	}
	fail_msg("no chart");
}

/* What is drawn lies inside the chart; text may begin or end at its edge. */
static void check_inside(const struct drawn *d)
{
	for (size_t i = d->svg; i < d->tree.elements; i++) {
		const struct html_element *e = &d->tree.element[i];
		double x, y, right, bottom;

		if (!html_is_inside(&d->tree, i, d->svg))
			break;
		if (strcmp(e->name, "rect") == 0) {
			x = number_of(e, "x");
			y = number_of(e, "y");
			right = x + number_of(e, "width");
			bottom = y + number_of(e, "height");
			assert_true(right >= x && bottom >= y);
		} else if (strcmp(e->name, "line") == 0) {
			x = number_of(e, "x1");
			y = number_of(e, "y1");
			right = number_of(e, "x2");
			bottom = number_of(e, "y2");
		} else if (strcmp(e->name, "text") == 0) {
			right = x = number_of(e, "x");
			bottom = y = number_of(e, "y");
		} else {
			continue;
		}
		if (x < 0 || y < 0 || right > d->width + 0.01 || bottom > d->height + 0.01)
			fail_msg("%s from %g,%g to %g,%g, chart of %g,%g", e->name, x, y, right,
				 bottom, d->width, d->height);
	}
}

static void draw(struct drawn *d, const struct page_chart *chart)
{
	size_t size;
	FILE *stream = open_memstream(&d->html, &size);

	assert_non_null(stream);
	page_chart(&d->page, chart);
	assert_false(d->page.failed);
	html_print(&d->page, stream);
	fclose(stream);
	html_tree_read(&d->tree, d->html);
	assert_string_equal(d->tree.wrong, "");
	find_chart(d);
	check_inside(d);
}

static void done(struct drawn *d)
{
	html_tree_free(&d->tree);
	free(d->html);
	page_fini(&d->page);
}

/* Rows named by their number, or by text, with two columns of amounts. */
static struct page_table *table_of(struct drawn *d, const uint64_t (*amount)[2], size_t rows,
				   bool words)
{
	const struct page_column columns[] = {{"Name", "name", words ? UNIT_TEXT : UNIT_COUNT},
					      {"First", "first", UNIT_COUNT},
					      {"Second", "second", UNIT_COUNT}};
	struct page_table *table;

	memset(d, 0, sizeof(*d));
	page_init(&d->page);
	page_section(&d->page, 2, "Section");
	table = page_table_new(&d->page, &(struct page_table){.id = "t",
							      .caption = "Table",
							      .result = "",
							      .column = columns,
							      .columns = 3});
	for (size_t i = 0; i < rows; i++) {
		struct page_cell *row = page_row(&d->page, table);

		if (words)
			row[0].text = page_text(&d->page, "row %zu", i);
		else
			row[0].amount = amount_of(UINT64_C(1) << i);
		row[1].amount = amount_of(amount[i][0]);
		row[2].amount = amount_of(amount[i][1]);
	}
	return table;
}

/* The n-th element inside the chart with this class. */
static const struct html_element *nth(const struct drawn *d, const char *class, size_t n)
{
	char value[32];

	for (size_t i = d->svg; i < d->tree.elements; i++)
		if (html_is_inside(&d->tree, i, d->svg) &&
		    html_attribute(&d->tree.element[i], "class", value, sizeof(value)) &&
		    strcmp(value, class) == 0 && n-- == 0)
			return &d->tree.element[i];
	fail_msg("no '%s' in the chart", class);
	return NULL;
}

static void near(double found, double expected)
{
	if (found < expected - 0.11 || found > expected + 0.11)
		fail_msg("%g, expected %g", found, expected);
}

/* ---- Kinds ------------------------------------------------------------------------------------------ */

static void bars_are_as_long_as_their_amounts(void **state)
{
	static const uint64_t amount[][2] = {{1000, 3}, {500, 6}, {250, 9}};
	struct drawn d;
	struct page_table *table = table_of(&d, amount, 3, true);
	double most;

	(void)state;
	draw(&d, &(struct page_chart){.kind = CHART_BARS,
				      .title = "Bars",
				      .about = "About",
				      .table = table,
				      .first = 1,
				      .count = 2});
	/* a panel a column, each with a scale of its own */
	most = number_of(nth(&d, "f0", 0), "width");
	near(number_of(nth(&d, "f0", 1), "width"), most / 2);
	near(number_of(nth(&d, "f0", 2), "width"), most / 4);
	near(number_of(nth(&d, "f0", 3), "width"), most / 3);
	near(number_of(nth(&d, "f0", 5), "width"), most);
	assert_non_null(strstr(d.html, "<title>row 1, First: 500</title>"));
	done(&d);
}

static void divided_bars_are_as_long_as_sums_and_shares_fill_them(void **state)
{
	static const uint64_t amount[][2] = {{30, 10}, {10, 10}};
	const uint8_t kinds[] = {CHART_STACK, CHART_SHARES};

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct drawn d;
		struct page_table *table = table_of(&d, amount, 2, true);
		double first, second, other;

		draw(&d, &(struct page_chart){.kind = kinds[k],
					      .title = "Stack",
					      .about = "About",
					      .table = table,
					      .first = 1,
					      .count = 2});
		/* the legend's swatch comes first */
		first = number_of(nth(&d, "f0", 1), "width");
		second = number_of(nth(&d, "f1", 1), "width");
		other = number_of(nth(&d, "f0", 2), "width");
		near(first, 3 * second);
		near(number_of(nth(&d, "f1", 1), "x"), number_of(nth(&d, "f0", 1), "x") + first);
		near(other, (first + second) / (kinds[k] == CHART_STACK ? 4 : 2));
		done(&d);
	}
}

static void columns_are_as_high_as_their_amounts(void **state)
{
	static const uint64_t amount[][2] = {{400, 1}, {100, 2}, {200, 4}, {0, 0}};
	struct drawn d;
	struct page_table *table = table_of(&d, amount, 4, false);
	double most, bottom;

	(void)state;
	draw(&d, &(struct page_chart){.kind = CHART_COLUMNS,
				      .title = "Columns",
				      .about = "About",
				      .table = table,
				      .first = 1,
				      .count = 2,
				      .x_title = "x"});
	most = number_of(nth(&d, "f0", 0), "height");
	bottom = number_of(nth(&d, "f0", 0), "y") + most;
	near(number_of(nth(&d, "f0", 1), "height"), most / 4);
	near(number_of(nth(&d, "f0", 2), "height"), most / 2);
	near(number_of(nth(&d, "f0", 2), "y") + most / 2, bottom);
	near(number_of(nth(&d, "f1", 1), "height"), number_of(nth(&d, "f1", 2), "height") / 2);
	done(&d);
}

/* Places of points: squares of six around them. */
static double point_x(const struct drawn *d, const char *class, size_t n)
{
	return number_of(nth(d, class, n), "x") + 3;
}

static double point_y(const struct drawn *d, const char *class, size_t n)
{
	return number_of(nth(d, class, n), "y") + 3;
}

static void points_of_lines_lie_where_their_amounts_are(void **state)
{
	static const uint64_t amount[][2] = {{0, 1000}, {500, 10}, {1000, 100}};
	struct drawn d;
	struct page_table *table = table_of(&d, amount, 3, false);

	(void)state;
	/* rows are 1, 2, 4 */
	draw(&d, &(struct page_chart){.kind = CHART_LINES,
				      .title = "Lines",
				      .about = "About",
				      .table = table,
				      .first = 1,
				      .count = 2,
				      .x_title = "x"});
	near(point_y(&d, "p0", 1), (point_y(&d, "p0", 0) + point_y(&d, "p0", 2)) / 2);
	near(point_x(&d, "p0", 1) - point_x(&d, "p0", 0),
	     (point_x(&d, "p0", 2) - point_x(&d, "p0", 0)) / 3);
	near(point_y(&d, "p1", 0), point_y(&d, "p0", 2));
	done(&d);
	table = table_of(&d, amount, 3, false);
	draw(&d, &(struct page_chart){.kind = CHART_LINES,
				      .title = "Lines",
				      .about = "About",
				      .table = table,
				      .first = 2,
				      .count = 1,
				      .x_title = "x",
				      .log_x = true,
				      .log_y = true});
	near(point_x(&d, "p0", 1), (point_x(&d, "p0", 0) + point_x(&d, "p0", 2)) / 2);
	near(point_y(&d, "p0", 2), (point_y(&d, "p0", 0) + point_y(&d, "p0", 1)) / 2);
	done(&d);
}

static void cells_of_a_map_have_steps_from_least_to_most(void **state)
{
	static const uint64_t amount[][2] = {{0, 90}, {49, 51}, {20, 9}};
	struct drawn d;
	struct page_table *table = table_of(&d, amount, 3, true);

	(void)state;
	draw(&d, &(struct page_chart){.kind = CHART_HEAT,
				      .title = "Map",
				      .about = "About",
				      .table = table,
				      .first = 1,
				      .count = 2,
				      .x_title = "x",
				      .y_title = "y"});
	/* nine steps of ten each; 0 is the least, and the only one */
	assert_non_null(nth(&d, "q0 best", 0));
	assert_non_null(strstr(d.html, "<title>row 1, First: 49</title>"));
	near(number_of(nth(&d, "q8", 0), "x"), number_of(nth(&d, "q5", 0), "x"));
	near(number_of(nth(&d, "q2", 0), "x"), number_of(nth(&d, "q0 best", 0), "x"));
	done(&d);
}

/* ---- Extremes ---------------------------------------------------------------------------------------- */

static void whatever_the_amounts_all_is_drawn_inside(void **state)
{
	static const uint64_t extreme[] = {0, 1, INT64_MAX, 999999, 3};
	uint64_t amount[ROWS][2];

	(void)state;
	for (size_t rows = 1; rows <= ROWS; rows += rows < 4 ? 1 : 12) {
		for (unsigned mix = 0; mix < 6; mix++) {
			for (size_t i = 0; i < rows; i++) {
				amount[i][0] = mix == 5 ? 0 : extreme[(i + mix) % 5];
				amount[i][1] = mix == 5 ? 0 : extreme[(i * 3 + mix) % 5];
			}
			for (uint8_t kind = CHART_BARS; kind <= CHART_HEAT; kind++) {
				for (unsigned flags = 0; flags < 8; flags++) {
					struct drawn d;
					struct page_table *table = table_of(
						&d, (const uint64_t(*)[2])amount, rows, flags & 1);

					draw(&d, &(struct page_chart){.kind = kind,
								      .title = "Title",
								      .about = "About",
								      .table = table,
								      .first = 1,
								      .count = 2,
								      .x_title = "x",
								      .y_title = "y",
								      .log_x = flags & 2,
								      .log_y = flags & 4,
								      .wide = flags & 4,
								      .mark = amount_of(7),
								      .mark_title = "here"});
					done(&d);
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_are_as_long_as_their_amounts),
		cmocka_unit_test(divided_bars_are_as_long_as_sums_and_shares_fill_them),
		cmocka_unit_test(columns_are_as_high_as_their_amounts),
		cmocka_unit_test(points_of_lines_lie_where_their_amounts_are),
		cmocka_unit_test(cells_of_a_map_have_steps_from_least_to_most),
		cmocka_unit_test(whatever_the_amounts_all_is_drawn_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
