/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a plan, its best points, and all of them. */
#include "view_grid.h"

#include <stdlib.h>
#include <string.h>

#define BEST        10
#define LIST_LENGTH 120 /* characters of a list of values */

/* ---- Keys --------------------------------------------------------------------------------------- */

static const char *value_list(struct page *page, const struct points_key *key)
{
	const char *list = "";

	for (uint32_t v = 0; v < key->values; v++) {
		if (strlen(list) > LIST_LENGTH)
			return page_text(page, "%s, \xe2\x80\xa6", list);
		list = page_text(page, "%s%s%s", list, v ? ", " : "", key->value[v]);
	}
	return list;
}

static const char *role(struct page *page, const struct grid *plan, size_t key)
{
	if (key == plan->x)
		return "x";
	if (key == plan->y)
		return "y";
	if (key == plan->facet)
		return "a chart each";
	if (!grid_varies(plan->points, key))
		return "the same everywhere";
	if (plan->with[key] != GRID_NO_KEY)
		return page_text(page, "changes with %s", plan->points->key[plan->with[key]].name);
	return plan->effect[key] ? "averaged" : "changes nothing that is drawn";
}

static void keys(struct page *page, const struct grid *plan)
{
	static const struct page_column columns[] = {{"Key", "key", UNIT_CODE},
						     {"Number of values", "count", UNIT_COUNT},
						     {"Values", "values", UNIT_TEXT},
						     {"In charts", "in_charts", UNIT_TEXT}};
	struct page_table *table =
		page_table_new(page, &(struct page_table){.id = "plan",
							  .caption = "Keys of the plan",
							  .result = "",
							  VIEW_COLUMNS(columns)});

	for (size_t i = 0; i < plan->points->keys; i++) {
		struct page_cell *row = page_row(page, table);

		row[0].text = plan->points->key[i].name;
		row[1].amount = amount_of(plan->points->key[i].values);
		row[2].text = value_list(page, &plan->points->key[i]);
		row[3].text = role(page, plan, i);
	}
	if (table->rows)
		page_table(page, table);
}

/* ---- Points ------------------------------------------------------------------------------------- */

struct shape {
	const struct points *points;
	size_t key[POINTS_KEYS], keys; /* that vary */
	size_t number[POINTS_NUMBERS], numbers; /* that any point has */
};

static struct shape shape_of(const struct points *points)
{
	struct shape shape = {.points = points};

	for (size_t i = 0; i < points->keys; i++)
		if (grid_varies(points, i))
			shape.key[shape.keys++] = i;
	for (size_t i = 0; i < points->paths; i++)
		if (grid_has(points, i))
			shape.number[shape.numbers++] = i;
	return shape;
}

static struct page_table *points_table(struct page *page, const struct shape *shape, const char *id,
				       const char *caption)
{
	struct page_column column[1 + POINTS_KEYS + POINTS_NUMBERS] = {
		{"Point", "point", UNIT_COUNT}};
	size_t columns = 1;

	for (size_t i = 0; i < shape->keys; i++) {
		const char *name = shape->points->key[shape->key[i]].name;

		column[columns++] = (struct page_column){name, name, UNIT_TEXT};
	}
	for (size_t i = 0; i < shape->numbers; i++) {
		const char *path = shape->points->path[shape->number[i]];

		column[columns++] = (struct page_column){grid_number_title(path), path,
							 (uint8_t)grid_number_unit(path)};
	}
	return page_table_new(page, &(struct page_table){.id = id,
							 .caption = caption,
							 .result = "",
							 .column = column,
							 .columns = columns});
}

static void put_point(struct page *page, const struct shape *shape, struct page_table *table,
		      const struct point *point)
{
	struct page_cell *row = page_row(page, table);
	size_t c = 0;

	row[c++].amount = amount_of(point->index);
	for (size_t i = 0; i < shape->keys; i++, c++) {
		uint32_t value = point->value[shape->key[i]];

		row[c].text =
			value == POINTS_NONE ? "" : shape->points->key[shape->key[i]].value[value];
	}
	for (size_t i = 0; i < shape->numbers; i++)
		row[c++].amount = point->number[shape->number[i]];
}

/* Those of least amount, one after the other: few, of many. */
static void best(struct page *page, const struct shape *shape, size_t number)
{
	const struct points *points = shape->points;
	struct page_table *table = points_table(page, shape, "best",
						page_text(page, "Points of least %s",
							  grid_number_title(points->path[number])));
	const struct point *before = NULL;

	for (unsigned n = 0; n < BEST; n++) {
		const struct point *least = NULL;

		for (size_t i = 0; i < points->points; i++) {
			const struct point *point = &points->point[i];
			struct amount a = point->number[number];
			int order = before ? amount_compare(a, before->number[number]) : 1;

			if (!a.given || order < 0 || (order == 0 && point <= before))
				continue;
			if (!least || amount_compare(a, least->number[number]) < 0)
				least = point;
		}
		if (!least)
			break;
		put_point(page, shape, table, least);
		before = least;
	}
	if (table->rows)
		page_table(page, table);
}

void view_grid_tables(struct page *page, const struct grid *plan, size_t number)
{
	struct shape shape = shape_of(plan->points);
	struct page_table *table;

	page_section(page, 3, "Points");
	keys(page, plan);
	if (plan->points->points > BEST)
		best(page, &shape, number);
	table = points_table(page, &shape, "points", "All points");
	for (size_t i = 0; i < plan->points->points; i++)
		put_point(page, &shape, table, &plan->points->point[i]);
	page_table(page, table);
}
