/* SPDX-License-Identifier: Apache-2.0 */
/* A number of the points over the keys of a plan: maps over two, lines over one. */
#include "view_grid.h"

#include <string.h>

#define LINES_MOST 6 /* lines that can be told apart in one chart */
#define MAPS_LOG   8 /* last to first of an axis from which on it is logarithmic */

struct drawing {
	struct page *page;
	const struct grid *plan;
	size_t number;
	const char *title, *where; /* of the facet: "", or ", caches.iotlb.ways = 8" */
	struct amount mean[GRID_BINS * GRID_BINS];
	struct amount least, most; /* of all facets */
};

static const char *key_name(const struct drawing *d, size_t key)
{
	return d->plan->points->key[key].name;
}

static const char *path_of(const struct drawing *d)
{
	return d->plan->points->path[d->number];
}

/* ---- Two keys: a map ------------------------------------------------------------------------------ */

static struct page_table *map_table(struct drawing *d)
{
	const struct points *points = d->plan->points;
	uint32_t xs = grid_bins(points, d->plan->x), ys = grid_bins(points, d->plan->y);
	struct page_column column[GRID_BINS + 1] = {
		{page_text(d->page, "%s \\ %s", key_name(d, d->plan->y), key_name(d, d->plan->x)),
		 key_name(d, d->plan->y), UNIT_TEXT}};
	struct page_table *table;

	for (uint32_t x = 0; x < xs; x++) {
		const char *name = grid_bin_name(d->page, points, d->plan->x, x);

		column[x + 1] =
			(struct page_column){name, name, (uint8_t)grid_number_unit(path_of(d))};
	}
	table = page_table_new(d->page,
			       &(struct page_table){
				       .id = page_text(d->page, "map:%s", path_of(d)),
				       .caption = page_text(d->page, "%s%s", d->title, d->where),
				       .result = d->where + (*d->where ? 2 : 0),
				       .column = column,
				       .columns = xs + 1,
			       });
	for (uint32_t y = 0; y < ys; y++) {
		struct page_cell *row = page_row(d->page, table);

		row[0].text = grid_bin_name(d->page, points, d->plan->y, y);
		for (uint32_t x = 0; x < xs; x++)
			row[x + 1].amount = d->mean[(size_t)y * xs + x];
	}
	return table;
}

static void map(struct drawing *d)
{
	struct page_table *table = map_table(d);

	page_chart(
		d->page,
		&(struct page_chart){
			.kind = CHART_HEAT,
			.title = page_text(d->page, "%s%s", d->title, d->where),
			.about = "The more a cell stands out, the larger is its amount; the least "
				 "has a frame.",
			.table = table,
			.first = 1,
			.count = table->columns - 1,
			.x_title = key_name(d, d->plan->x),
			.y_title = key_name(d, d->plan->y),
			.least = d->least,
			.most = d->most,
		});
}

/* ---- Lines ---------------------------------------------------------------------------------------- */

static struct page_table *lines_table(struct drawing *d)
{
	const struct points *points = d->plan->points;
	const struct points_key *x_key = &points->key[d->plan->x];
	uint32_t xs = grid_bins(points, d->plan->x), ys = grid_bins(points, d->plan->y);
	bool amounts = x_key->numeric && x_key->values == xs;
	struct page_column column[GRID_BINS + 1] = {
		{x_key->name, x_key->name, amounts ? UNIT_COUNT : UNIT_TEXT}};
	struct page_table *table;

	for (uint32_t y = 0; y < ys; y++) {
		const char *name = d->title;

		if (d->plan->y != GRID_NO_KEY)
			name = page_text(d->page, "%s",
					 grid_bin_name(d->page, points, d->plan->y, y));
		column[y + 1] =
			(struct page_column){name, d->plan->y == GRID_NO_KEY ? path_of(d) : name,
					     (uint8_t)grid_number_unit(path_of(d))};
	}
	table = page_table_new(d->page,
			       &(struct page_table){
				       /* Over two keys it is the map's table, turned around. */
				       .id = d->plan->y == GRID_NO_KEY
						     ? page_text(d->page, "line:%s", path_of(d))
						     : NULL,
				       .caption = page_text(d->page, "%s%s", d->title, d->where),
				       .result = "",
				       .column = column,
				       .columns = ys + 1,
			       });
	for (uint32_t x = 0; x < xs; x++) {
		struct page_cell *row = page_row(d->page, table);

		if (amounts)
			row[0].amount = points_value_number(x_key->value[x]);
		else
			row[0].text = grid_bin_name(d->page, points, d->plan->x, x);
		for (uint32_t y = 0; y < ys; y++)
			row[y + 1].amount = d->mean[(size_t)y * xs + x];
	}
	return table;
}

/* Doublings are drawn at equal distances. */
static bool is_wide(const struct page_table *table)
{
	struct amount first = page_cell(table, 0, 0)->amount;
	struct amount last = page_cell(table, table->rows - 1, 0)->amount;

	return first.milli > 0 && last.milli >= first.milli * MAPS_LOG;
}

static void lines(struct drawing *d)
{
	struct page_table *table = lines_table(d);
	bool words, one = d->plan->y == GRID_NO_KEY;

	if (!table->rows)
		return;
	words = page_cell(table, 0, 0)->text != NULL;
	page_chart(d->page,
		   &(struct page_chart){
			   .kind = words && one ? CHART_BARS : CHART_LINES,
			   .title = page_text(d->page, "%s%s", d->title, d->where),
			   .about = one ? page_text(d->page, "By %s.", key_name(d, d->plan->x))
					: page_text(d->page, "By %s; a line for each value of %s.",
						    key_name(d, d->plan->x),
						    key_name(d, d->plan->y)),
			   .table = table,
			   .first = 1,
			   .count = table->columns - 1,
			   .x_title = key_name(d, d->plan->x),
			   .log_x = !words && is_wide(table),
			   .least = d->least,
			   .most = d->most,
		   });
}

/* ---- Facets ----------------------------------------------------------------------------------------- */

static void find_ends(struct drawing *d, const struct grid_cut *cut)
{
	size_t cells = (size_t)grid_bins(d->plan->points, d->plan->x) *
		       grid_bins(d->plan->points, d->plan->y);

	(void)grid_means(d->plan, cut, d->mean);
	for (size_t i = 0; i < cells; i++) {
		if (!d->mean[i].given)
			continue;
		d->most = amount_max(d->most, d->mean[i]);
		if (!d->least.given || amount_compare(d->mean[i], d->least) < 0)
			d->least = d->mean[i];
	}
}

static void draw(struct drawing *d, const struct grid_cut *cut)
{
	(void)grid_means(d->plan, cut, d->mean);
	if (d->plan->x == GRID_NO_KEY)
		return;
	if (d->plan->y != GRID_NO_KEY)
		map(d);
	if (d->plan->y == GRID_NO_KEY || grid_bins(d->plan->points, d->plan->y) <= LINES_MOST)
		lines(d);
}

void view_grid_charts(struct page *page, const struct grid *plan, size_t number)
{
	struct drawing d = {.page = page, .plan = plan, .number = number, .where = ""};
	uint32_t facets = plan->facet == GRID_NO_KEY ? 1 : plan->points->key[plan->facet].values;

	d.title = grid_number_title(plan->points->path[number]);
	page_section(page, 3, d.title);
	for (uint32_t f = 0; f < facets; f++)
		find_ends(&d, &(struct grid_cut){number, f});
	for (uint32_t f = 0; f < facets; f++) {
		if (plan->facet != GRID_NO_KEY)
			d.where = page_text(page, ", %s = %s", plan->points->key[plan->facet].name,
					    plan->points->key[plan->facet].value[f]);
		draw(&d, &(struct grid_cut){number, f});
	}
}
