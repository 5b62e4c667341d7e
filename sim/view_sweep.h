/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of view_sweep(): which keys are the axes, and the points sorted into them. */
#ifndef SIM_VIEW_SWEEP_H
#define SIM_VIEW_SWEEP_H

#include "view.h"

#define SWEEP_BINS   24 /* of an axis, at most: neighbouring values share one */
#define SWEEP_FACETS 6 /* charts of one form, at most */
#define SWEEP_NO_KEY SIZE_MAX

/* Indices into the keys of the plan, or SWEEP_NO_KEY. */
struct sweep_plan {
	const struct sweep_points *points;
	size_t x, y, facet;
};

/* Which keys vary, and which of them is which axis. */
bool sweep_varies(const struct sweep_points *points, size_t key);
struct sweep_plan sweep_plan(const struct sweep_points *points, const struct view_axes *axes);

/* Is it none of the axes although it varies, so that what differs in it is averaged? */
bool sweep_is_averaged(const struct sweep_plan *plan, size_t key);

uint32_t sweep_bins(const struct sweep_points *points, size_t key);
/* "64", or "64 to 96" where a bin has several values. */
const char *sweep_bin_name(struct page *page, const struct sweep_points *points, size_t key,
			   uint32_t bin);

/*
 * Means of one number of the points: `mean` has a cell for each bin of y (or one) and x,
 * x running faster. With a facet only its points at `facet_value` count. Returns the
 * most points that a cell has.
 */
struct sweep_cut {
	size_t number;
	uint32_t facet_value;
};
size_t sweep_means(const struct sweep_plan *plan, const struct sweep_cut *cut, struct amount *mean);

const char *sweep_number_title(const char *path);
enum page_unit sweep_number_unit(const char *path);

/* Is this number given by any point? */
bool sweep_has(const struct sweep_points *points, size_t number);

void view_sweep_charts(struct page *page, const struct sweep_plan *plan, size_t number);
void view_sweep_tables(struct page *page, const struct sweep_plan *plan, size_t number);

#endif
