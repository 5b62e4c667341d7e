/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of view_sweep(): which keys are the axes, and the points sorted into them. */
#ifndef SIM_VIEW_GRID_H
#define SIM_VIEW_GRID_H

#include "view.h"

#define GRID_BINS   24 /* of an axis, at most: neighbouring values share one */
#define GRID_FACETS 6 /* charts of one form, at most */
#define GRID_NO_KEY SIZE_MAX

/* Keys are told by their index in the points, or GRID_NO_KEY. */
struct grid {
	const struct points *points;
	size_t x, y;
	size_t facet; /* each of its values has charts of its own */
	size_t with[POINTS_KEYS]; /* by key: the one that it changes together with */
	bool effect[POINTS_KEYS]; /* by key: it changes one of the numbers */
	size_t number, numbers; /* those that are drawn */
};

/* Which keys vary, and which of them is which axis. */
bool grid_varies(const struct points *points, size_t key);
struct grid grid_of(const struct points *points, const struct view_axes *axes);

/* Is it none of the axes although it has an effect, so that means hide it? */
bool grid_is_averaged(const struct grid *plan, size_t key);

uint32_t grid_bins(const struct points *points, size_t key);
/* "64", or "64 to 96" where a bin has several values. */
const char *grid_bin_name(struct page *page, const struct points *points, size_t key, uint32_t bin);

/*
 * Means of one number of the points: `mean` has a cell for each bin of y (or one) and x,
 * x running faster. With a facet only its points at `facet_value` count. Returns the
 * most points that a cell has.
 */
struct grid_cut {
	size_t number;
	uint32_t facet_value;
};
size_t grid_means(const struct grid *plan, const struct grid_cut *cut, struct amount *mean);

const char *grid_number_title(const char *path);
enum page_unit grid_number_unit(const char *path);

/* Is this number given by any point? */
bool grid_has(const struct points *points, size_t number);

void view_grid_charts(struct page *page, const struct grid *plan, size_t number);
void view_grid_tables(struct page *page, const struct grid *plan, size_t number);

#endif
