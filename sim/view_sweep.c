/* SPDX-License-Identifier: Apache-2.0 */
#include "view_grid.h"

#include <stdlib.h>
#include <string.h>

/* ---- Bins ---------------------------------------------------------------------------------------- */

uint32_t grid_bins(const struct points *points, size_t key)
{
	uint32_t values = key == GRID_NO_KEY ? 1 : points->key[key].values;

	return values < GRID_BINS ? values : GRID_BINS;
}

static uint32_t bin_of(const struct points *points, size_t key, uint32_t value)
{
	uint64_t bins = grid_bins(points, key);

	return key == GRID_NO_KEY ? 0 : (uint32_t)(value * bins / points->key[key].values);
}

const char *grid_bin_name(struct page *page, const struct points *points, size_t key, uint32_t bin)
{
	const struct points_key *k = &points->key[key];
	const char *first = NULL, *last = NULL;

	for (uint32_t v = 0; v < k->values; v++) {
		if (bin_of(points, key, v) != bin)
			continue;
		first = first ? first : k->value[v];
		last = k->value[v];
	}
	if (first == last)
		return first ? first : "";
	return page_text(page, "%s to %s", first, last);
}

/* ---- Means ------------------------------------------------------------------------------------------ */

static bool is_set(const struct point *point, size_t key)
{
	return key == GRID_NO_KEY || point->value[key] != POINTS_NONE;
}

static size_t place_of(const struct grid *plan, const struct point *point)
{
	uint32_t x =
		bin_of(plan->points, plan->x, plan->x == GRID_NO_KEY ? 0 : point->value[plan->x]);
	uint32_t y =
		bin_of(plan->points, plan->y, plan->y == GRID_NO_KEY ? 0 : point->value[plan->y]);

	return (size_t)y * grid_bins(plan->points, plan->x) + x;
}

size_t grid_means(const struct grid *plan, const struct grid_cut *cut, struct amount *mean)
{
	const struct points *points = plan->points;
	size_t cells = (size_t)grid_bins(points, plan->x) * grid_bins(points, plan->y), most = 0;
	size_t count[GRID_BINS * GRID_BINS] = {0};

	for (size_t i = 0; i < cells; i++)
		mean[i] = (struct amount){.given = false};
	for (size_t i = 0; i < points->points; i++) {
		const struct point *point = &points->point[i];
		size_t place;

		if (!point->number[cut->number].given || !is_set(point, plan->x) ||
		    !is_set(point, plan->y) ||
		    (plan->facet != GRID_NO_KEY && point->value[plan->facet] != cut->facet_value))
			continue;
		place = place_of(plan, point);
		mean[place] = amount_add(mean[place], point->number[cut->number]);
		count[place]++;
	}
	for (size_t i = 0; i < cells; i++) {
		if (count[i])
			mean[i] = amount_ratio(mean[i], amount_of(count[i]), 1);
		most = count[i] > most ? count[i] : most;
	}
	return most;
}

/* ---- Numbers ------------------------------------------------------------------------------------------ */

bool grid_has(const struct points *points, size_t number)
{
	for (size_t i = 0; i < points->points; i++)
		if (points->point[i].number[number].given)
			return true;
	return false;
}

const char *grid_number_title(const char *path)
{
	static const struct {
		const char *path, *title;
	} titles[] = {
		{"time.total_ns", "Time"},
		{"time.walk_ns", "Time of walks"},
		{"time.invalidate_ns", "Time of invalidations"},
		{"time.latency.translation.mean_ns", "Translation, mean"},
		{"time.latency.translation.p50_ns", "Translation, median"},
		{"time.latency.translation.p99_ns", "Translation, p99"},
		{"time.latency.invalidation.p99_ns", "Invalidation, p99"},
		{"references.total", "References"},
		{"caches.iotlb.misses", "IOTLB misses"},
		{"commands.total", "Commands"},
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (strcmp(titles[i].path, path) == 0)
			return titles[i].title;
	return path;
}

enum page_unit grid_number_unit(const char *path)
{
	size_t length = strlen(path);

	if (length > 3 && strcmp(path + length - 3, "_ns") == 0)
		return UNIT_NS;
	if (length >= 5 && strcmp(path + length - 5, "bytes") == 0)
		return UNIT_BYTES;
	return UNIT_COUNT;
}

/* ---- The whole ------------------------------------------------------------------------------------------ */

static void say_averaged(struct page *page, const struct grid *plan)
{
	const char *names = NULL;

	for (size_t i = 0; i < plan->points->keys; i++)
		if (grid_is_averaged(plan, i))
			names = names ? page_text(page, "%s, %s", names, plan->points->key[i].name)
				      : plan->points->key[i].name;
	if (names)
		page_say(page, BLOCK_WARNING,
			 page_text(page,
				   "Charts show means of points that differ in %s; `--x` and `--y` "
				   "choose "
				   "other keys as axes.",
				   names));
}

/* With the model of events the end of all is no cost: latencies are drawn instead. They
 * stand before it in what is drawn by itself, and not where one was chosen. */
static bool is_no_cost(const struct points *points, const struct view_axes *axes, size_t number)
{
	return axes->value == 0 && number == 1 && grid_has(points, 0);
}

void view_sweep(struct page *page, const struct points *points, const struct view_axes *axes)
{
	struct grid plan = grid_of(points, axes);
	size_t shown = SIZE_MAX;

	page_section(page, 2, page_text(page, "Sweep %s", points->plan));
	page_say(page, BLOCK_NOTE,
		 points->all > points->points
			 ? page_text(page, "%s of %s points: the others are not in these files.",
				     amount_text(amount_of(points->points), 0).s,
				     amount_text(amount_of(points->all), 0).s)
			 : page_text(page, "%s points.",
				     amount_text(amount_of(points->points), 0).s));
	say_averaged(page, &plan);
	for (size_t i = 0; i < axes->values; i++) {
		size_t number = axes->value + i;

		if (!grid_has(points, number) || is_no_cost(points, axes, number))
			continue;
		shown = shown == SIZE_MAX ? number : shown;
		view_grid_charts(page, &plan, number);
	}
	view_grid_tables(page, &plan, shown == SIZE_MAX ? axes->value : shown);
}
