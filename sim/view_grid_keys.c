/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys of a plan are axes. Keys that change together are one, and a key that
 * changes nothing is none: both are found by the points themselves, so that no chart
 * shows a mean over what matters if there is a way to show it.
 */
#include "view_grid.h"

#include <stdlib.h>
#include <string.h>

bool grid_varies(const struct points *points, size_t key)
{
	return points->key[key].values > 1;
}

static size_t key_named(const struct points *points, const char *name)
{
	for (size_t i = 0; name && i < points->keys; i++)
		if (strcmp(points->key[i].name, name) == 0)
			return i;
	return GRID_NO_KEY;
}

/* ---- Keys that change together ---------------------------------------------------------------- */

/* Does each value of `a` come with one value of `b` only? `seen` has room for a's values. */
static bool leads(const struct points *points, size_t a, size_t b, uint32_t *seen)
{
	for (uint32_t v = 0; v < points->key[a].values; v++)
		seen[v] = POINTS_NONE;
	for (size_t i = 0; i < points->points; i++) {
		uint32_t from = points->point[i].value[a], to = points->point[i].value[b];

		if (from == POINTS_NONE || to == POINTS_NONE ||
		    (seen[from] != POINTS_NONE && seen[from] != to))
			return false;
		seen[from] = to;
	}
	return true;
}

/* Equally many values, each with one of the other: the earlier key stands for both. */
static void find_pairs(struct grid *grid)
{
	const struct points *points = grid->points;

	for (size_t b = 0; b < points->keys; b++) {
		uint32_t *seen = calloc(points->key[b].values + 1, sizeof(*seen));

		for (size_t a = 0; seen && a < b && grid->with[b] == GRID_NO_KEY; a++)
			if (grid_varies(points, b) && grid->with[a] == GRID_NO_KEY &&
			    points->key[a].values == points->key[b].values &&
			    leads(points, a, b, seen) && leads(points, b, a, seen))
				grid->with[b] = a;
		free(seen);
	}
}

/* ---- Keys that change nothing ------------------------------------------------------------------- */

/* What a point sets but for one key, and those that change with it. */
static uint64_t rest_of(const struct grid *grid, const struct point *point, size_t key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, by words */

	for (size_t i = 0; i < grid->points->keys; i++)
		if (i != key && grid->with[i] != key)
			hash = (hash ^ (point->value[i] + UINT64_C(1))) * UINT64_C(0x100000001b3);
	return hash;
}

static bool same_numbers(const struct grid *grid, const struct point *a, const struct point *b)
{
	for (size_t i = 0; i < grid->numbers; i++)
		if (amount_compare(a->number[grid->number + i], b->number[grid->number + i]) != 0)
			return false;
	return true;
}

/* Is there a point that differs in this key alone and has other numbers? If none differs
 * in it alone, it may have. */
static bool has_effect(const struct grid *grid, size_t key)
{
	const struct points *points = grid->points;
	struct idmap firsts = {.slot = NULL};
	bool compared = false, effect = false;

	for (size_t i = 0; i < points->points && !effect; i++) {
		struct point *point = &points->point[i], *first;
		uint64_t rest = rest_of(grid, point, key);

		first = idmap_get(&firsts, rest);
		compared |= first != NULL;
		if (first)
			effect = !same_numbers(grid, first, point);
		else
			effect = idmap_put(&firsts, rest, point) != 0;
	}
	idmap_fini(&firsts);
	return effect || !compared;
}

/* ---- Axes ------------------------------------------------------------------------------------------ */

static bool is_free(const struct grid *grid, size_t key)
{
	return grid_varies(grid->points, key) && grid->with[key] == GRID_NO_KEY &&
	       grid->effect[key] && key != grid->x && key != grid->y;
}

/* Numbers before words, more values before fewer, in the order of the plan. */
static bool is_better(const struct points *points, size_t key, size_t than)
{
	const struct points_key *a = &points->key[key], *b;

	if (than == GRID_NO_KEY)
		return true;
	b = &points->key[than];
	if (a->numeric != b->numeric)
		return a->numeric;
	return a->values > b->values;
}

static size_t choose(const struct grid *grid)
{
	size_t best = GRID_NO_KEY;

	for (size_t i = 0; i < grid->points->keys; i++)
		if (is_free(grid, i) && is_better(grid->points, i, best))
			best = i;
	return best;
}

/* Of what is left the key with most values that are few enough for charts of their own. */
static size_t choose_facet(const struct grid *grid)
{
	const struct points_key *key = grid->points->key;
	size_t best = GRID_NO_KEY;

	for (size_t i = 0; i < grid->points->keys; i++)
		if (is_free(grid, i) && key[i].values <= GRID_FACETS &&
		    (best == GRID_NO_KEY || key[i].values > key[best].values))
			best = i;
	return best;
}

struct grid grid_of(const struct points *points, const struct view_axes *axes)
{
	struct grid grid = {.points = points,
			    .number = axes->value,
			    .numbers = axes->values,
			    .facet = GRID_NO_KEY};

	grid.x = key_named(points, axes->x);
	grid.y = key_named(points, axes->y);
	for (size_t i = 0; i < points->keys; i++)
		grid.with[i] = GRID_NO_KEY;
	find_pairs(&grid);
	for (size_t i = 0; i < points->keys; i++)
		grid.effect[i] = grid_varies(points, i) && has_effect(&grid, i);
	if (grid.x == GRID_NO_KEY)
		grid.x = choose(&grid);
	if (grid.y == GRID_NO_KEY)
		grid.y = choose(&grid);
	grid.facet = choose_facet(&grid);
	/* Nothing has an effect: one of the keys shows it. */
	for (size_t i = 0; i < points->keys && grid.x == GRID_NO_KEY; i++)
		if (grid_varies(points, i))
			grid.x = i;
	return grid;
}

bool grid_is_averaged(const struct grid *grid, size_t key)
{
	return is_free(grid, key) && key != grid->facet;
}
