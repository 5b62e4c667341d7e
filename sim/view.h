/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report says of results: each function adds sections, tables and charts to a
 * page. Results have passed result_keys_check() and outlive the page.
 */
#ifndef SIM_VIEW_H
#define SIM_VIEW_H

#include "page.h"
#include "result_set.h"

#define VIEW_ABSENT 8

/* One result on its way into a page. */
struct view {
	struct page *page;
	const struct result_file *file;
	const char *name; /* of the result, as tables give it */
	unsigned level; /* of headings */
	const char *absent[VIEW_ABSENT]; /* what it has not; told at the end */
	size_t absents;
};

/* ---- Reading ------------------------------------------------------------------------------ */

/* At a path of keys, "caches.iotlb.hits"; NULL, not given, "" if it is not there. */
const json_t *view_at(const struct view *view, const char *path);
struct amount view_amount(const struct view *view, const char *path);
const char *view_text(const struct view *view, const char *path);

struct amount view_number(const json_t *json); /* not given if it is none */
struct amount view_sum(const json_t *object); /* of all numbers in it */

/* "28.6 % (25,700 of 89,867)", in the page's memory. */
const char *view_rate(struct page *page, struct amount part, struct amount whole);

/* A count with its noun: "7 accesses". */
const char *view_counted(struct page *page, struct amount count, const char *noun);

/* "caches.iotlb.entries": 64 of the machine; by name of the cache. */
struct amount view_entries(const struct view *view, const char *cache);

const char *view_arch_title(const char *arch); /* "Intel VT-d"; arch itself if not known */

const char *view_base_name(const char *path);

/* Is the time of this result that of the event model? */
bool view_has_events(const struct view *view);

/* ---- Writing ------------------------------------------------------------------------------- */

#define VIEW_COLUMNS(array) .column = (array), .columns = sizeof(array) / sizeof((array)[0])

struct page_table *view_table(const struct view *view, const struct page_table *like);
/* Fills cells from the second on with the numbers of an object, by the columns' keys. */
void view_fill(const struct page_table *table, struct page_cell *row, const json_t *object);
/* A row for each object in a list, by the columns' keys. */
void view_list(const struct view *view, struct page_table *table, const json_t *list);
/* Notes what a result has not, and the option of `ioasim replay` that gives it. */
void view_absent(struct view *view, const char *what, const char *option);
void view_put_absent(const struct view *view);

/* A chart of what lies below each bound, and not below the one before it. */
struct view_histogram {
	const char *id, *title, *about, *x_title;
	const char *counted; /* what is: "Look-ups" */
	const char *key; /* of the bound in the list's elements, which have "count" too */
	uint8_t unit; /* enum page_unit, of the bound */
	uint64_t first_milli; /* the first bound, in thousandths */
	unsigned steps; /* columns for each doubling: 1 or 4 */
};
void view_histogram(const struct view *view, const struct view_histogram *histogram,
		    const json_t *list);

/* ---- Sections of one result ------------------------------------------------------------------ */

void view_overview(const struct view *view);
void view_cost(const struct view *view);
void view_caches(const struct view *view);
void view_profile(struct view *view);
void view_latency(struct view *view);
void view_series(struct view *view);
void view_traffic(const struct view *view);
void view_commands(const struct view *view);
void view_stale(struct view *view);
void view_checks(const struct view *view);
void view_counters(const struct view *view);
void view_machine(const struct view *view);

/* Every key of the machine with its value, in a table that is not in the page yet. */
struct page_table *view_machine_keys(const struct view *view);

/* ---- Of several ------------------------------------------------------------------------------ */

/* "A" and so on, in the page's memory: "A vtd-mix". */
const char *view_letter_name(struct page *page, const struct result_set *set, size_t i);

void view_compare(struct page *page, const struct result_set *set);
void view_compare_charts(struct page *page, const struct result_set *set);
void view_compare_machines(struct page *page, const struct result_set *set);

struct view_axes {
	const char *x, *y; /* keys of the plan; NULL: chosen by what varies */
	size_t value, values; /* first and number of the points' numbers that are drawn */
};

void view_sweep(struct page *page, const struct points *points, const struct view_axes *axes);

#endif
