/* SPDX-License-Identifier: Apache-2.0 */
/* Latencies and the time line: what the event model gives. */
#include "view.h"

#include <string.h>

/* ---- Latencies --------------------------------------------------------------------------------- */

static const struct {
	const char *key, *title;
} kinds[] = {
	{"translation", "translations"},
	{"ats", "ATS requests"},
	{"page_request", "page requests"},
	{"invalidation", "invalidations"},
	{"map", "maps"},
	{"unmap", "unmaps"},
};

static const char *kind_title(const char *key)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].key, key) == 0)
			return kinds[i].title;
	return key;
}

static bool is_empty(const json_t *latency)
{
	return json_integer_value(json_object_get(latency, "count")) == 0;
}

static void percentiles(const struct view *v, const json_t *latencies)
{
	static const struct page_column columns[] = {
		{"Of", "of", UNIT_TEXT},        {"Count", "count", UNIT_COUNT},
		{"Least", "min_ns", UNIT_NS},   {"Mean", "mean_ns", UNIT_NS},
		{"p50", "p50_ns", UNIT_NS},     {"p90", "p90_ns", UNIT_NS},
		{"p99", "p99_ns", UNIT_NS},     {"p99.9", "p999_ns", UNIT_NS},
		{"Longest", "max_ns", UNIT_NS},
	};
	struct page_table *table = view_table(v, &(struct page_table){.id = "latency",
								      .caption = "Latencies",
								      VIEW_COLUMNS(columns)});
	const char *key;
	json_t *latency;

	json_object_foreach ((json_t *)latencies, key, latency) {
		struct page_cell *row = is_empty(latency) ? NULL : page_row(v->page, table);

		if (!row)
			continue;
		row[0].text = kind_title(key);
		view_fill(table, row, latency);
	}
	if (table->rows)
		page_table(v->page, table);
}

/* Bounds are those of the model: four steps for each power of two of picoseconds. */
static void histogram(const struct view *v, const char *name, const json_t *latency)
{
	const char *title = page_text(v->page, "Latencies of %s", kind_title(name));

	view_histogram(v,
		       &(struct view_histogram){
			       .id = page_text(v->page, "latency_%s", name),
			       .title = title,
			       .about = "Four columns for each doubling.",
			       .x_title = "latency, below",
			       .counted = "Count",
			       .key = "below_ns",
			       .unit = UNIT_NS,
			       .first_milli = 4,
			       .steps = 4,
		       },
		       json_object_get(latency, "histogram"));
}

void view_latency(struct view *v)
{
	const json_t *latencies = view_at(v, "time.latency");
	const char *key;
	json_t *latency;

	if (!latencies) {
		view_absent(v, "Latencies, and time lines of misses and invalidations", "--timing");
		return;
	}
	page_section(v->page, v->level, "Latencies");
	percentiles(v, latencies);
	json_object_foreach ((json_t *)latencies, key, latency)
		if (!is_empty(latency)) {
			histogram(v, key, latency);
		}
}

/* ---- Time line ------------------------------------------------------------------------------------ */

static bool any(const struct page_table *table, size_t column)
{
	for (size_t row = 0; row < table->rows; row++)
		if (page_cell(table, row, column)->amount.milli > 0)
			return true;
	return false;
}

static void put_series(const struct view *v, const struct page_table *table)
{
	size_t last = table->columns - 1;

	/* Stale accesses are the last column: a panel only where there are some. */
	while (last > 1 && !any(table, last))
		last--;
	page_chart(v->page, &(struct page_chart){
				    .kind = CHART_COLUMNS,
				    .title = "Misses and invalidations over time",
				    .about = "Equal slices of simulated time, one above the other.",
				    .table = table,
				    .first = 1,
				    .count = last,
				    .x_title = "simulated time, from",
				    .wide = true,
			    });
}

void view_series(struct view *v)
{
	static const struct page_column columns[] = {
		{"From", "start_ns", UNIT_NS},
		{"Requests", "requests", UNIT_COUNT},
		{"IOTLB misses", "iotlb_misses", UNIT_COUNT},
		{"References", "references", UNIT_COUNT},
		{"Commands", "commands", UNIT_COUNT},
		{"Entries removed", "removed", UNIT_COUNT},
		{"Stale accesses", "stale_accesses", UNIT_COUNT},
	};
	struct page_table *table = view_table(v, &(struct page_table){.id = "series",
								      .caption = "Time line",
								      VIEW_COLUMNS(columns)});
	const json_t *series = view_at(v, "time.series");
	json_t *slice;
	size_t i;

	if (!series)
		return;
	page_section(v->page, v->level, "Time line");
	json_array_foreach (series, i, slice) {
		struct page_cell *row = page_row(v->page, table);

		view_fill(table, row, slice);
		row[0].amount = view_number(json_object_get(slice, "start_ns"));
	}
	if (table->rows)
		put_series(v, table);
	else
		page_say(v->page, BLOCK_NOTE, "Nothing happened.");
}
