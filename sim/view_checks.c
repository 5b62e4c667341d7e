/* SPDX-License-Identifier: Apache-2.0 */
/* What was checked: stale windows, the record, security rules, faults. */
#include "view.h"

#include <ioasim/ioasim.h>
#include <stdlib.h>

/* ---- Stale windows -------------------------------------------------------------------------- */

static const struct {
	const char *path, *title;
	uint8_t unit;
} stale_counts[] = {
	{"driver.windows.count", "Windows from an unmap to its completed invalidation", UNIT_COUNT},
	{"driver.windows.open", "Windows that were open at the end", UNIT_COUNT},
	{"driver.windows.length.mean_ns", "Length of a window, mean", UNIT_NS},
	{"driver.windows.length.max_ns", "Length of a window, longest", UNIT_NS},
	{"driver.windows.accesses.mean", "Accesses of the domain in a window, mean", UNIT_RATIO},
	{"driver.windows.accesses.max", "Accesses of the domain in a window, most", UNIT_COUNT},
	{"driver.windows.accesses.total", "Accesses of the domain in all windows", UNIT_COUNT},
	{"rules.stale_window.count", "Unmapped ranges that were used until their flush",
	 UNIT_COUNT},
	{"rules.stale_window.accesses", "Accesses in these windows", UNIT_COUNT},
	{"rules.stale_window.longest_ns", "Longest time from an unmap to its last use", UNIT_NS},
	{"rules.stale_window.total_ns", "Sum of these times", UNIT_NS},
	{"rules.unjudged", "Accesses that could not be judged", UNIT_COUNT},
	{"recorded.stale.reproduced", "Recorded stale answers, given here too", UNIT_COUNT},
	{"recorded.stale.not_reproduced", "Recorded stale answers, not given here", UNIT_COUNT},
	{"recorded.stale.beyond_record", "Stale answers here that the recorder had lost",
	 UNIT_COUNT},
	{"recorded.stale.lazy_window", "Answers between a lazy unmap and its flush", UNIT_COUNT},
};

static void stale_answers(const struct view *v)
{
	static const struct page_column columns[] = {
		{"Record", "record", UNIT_COUNT},   {"Requester", "requester", UNIT_CODE},
		{"Address", "address", UNIT_CODE},  {"Reached", "pa", UNIT_CODE},
		{"Became", "staleness", UNIT_TEXT},
	};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = "stale_answers",
						   .caption = "Stale answers, the "
							      "first ones",
						   VIEW_COLUMNS(columns)});

	view_list(v, table, view_at(v, "recorded.stale.answers"));
	if (table->rows)
		page_table(v->page, table);
}

static void windows(const struct view *v)
{
	view_histogram(v,
		       &(struct view_histogram){
			       .id = "window_lengths",
			       .title = "Lengths of stale windows",
			       .about = "From an unmap to when its invalidation is complete. Each "
					"column is twice as wide as the one before it.",
			       .x_title = "length, below",
			       .counted = "Windows",
			       .key = "below_ns",
			       .unit = UNIT_NS,
			       .first_milli = 1000,
			       .steps = 1,
		       },
		       view_at(v, "driver.windows.length.histogram"));
	view_histogram(
		v,
		&(struct view_histogram){
			.id = "window_accesses",
			.title = "Accesses in stale windows",
			.about = "How many accesses went through the domain meanwhile, whether "
				 "they met what was unmapped or not.",
			.x_title = "accesses, below",
			.counted = "Windows",
			.key = "below",
			.unit = UNIT_COUNT,
			.first_milli = 1000,
			.steps = 1,
		},
		view_at(v, "driver.windows.accesses.histogram"));
}

void view_stale(struct view *v)
{
	static const struct page_column columns[] = {{"Measure", "measure", UNIT_TEXT},
						     {"Amount", "amount", UNIT_COUNT}};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = "stale",
						   .caption = "Stale translations",
						   VIEW_COLUMNS(columns),
						   .by_row = true});
	bool any = false;

	page_section(v->page, v->level, "Stale windows");
	for (size_t i = 0; i < sizeof(stale_counts) / sizeof(stale_counts[0]); i++) {
		struct amount amount = view_amount(v, stale_counts[i].path);

		if (!amount.given)
			continue;
		any |= amount.milli > 0;
		page_row_by(v->page, table, stale_counts[i].unit, stale_counts[i].title)[1].amount =
			amount;
	}
	if (!view_at(v, "rules.stale_window"))
		view_absent(v, "Security rules, and windows between an unmap and its flush",
			    "--level driver");
	if (view_amount(v, "driver.windows.length.max_ns").milli > 0)
		windows(v);
	/* Zeroes alone need no room. */
	table->folded = !any;
	if (!any)
		page_say(v->page, BLOCK_NOTE, "None was found.");
	if (table->rows)
		page_table(v->page, table);
	stale_answers(v);
}

/* ---- The record --------------------------------------------------------------------------------- */

static void matches(const struct view *v)
{
	static const struct {
		const char *path, *title;
	} parts[] = {
		{"recorded", "answers"},
		{"recorded.commands", "commands"},
		{"recorded.stores", "stores"},
		{"recorded.faults", "faults"},
	};
	static const struct page_column columns[] = {{"Of", "of", UNIT_TEXT},
						     {"Compared", "compared", UNIT_COUNT},
						     {"Matched", "matched", UNIT_COUNT},
						     {"Mismatched", "mismatched", UNIT_COUNT}};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = "recorded",
						   .caption = "Compared with the "
							      "record",
						   VIEW_COLUMNS(columns)});

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *match = view_at(v, parts[i].path);
		struct page_cell *row = match ? page_row(v->page, table) : NULL;

		if (!row)
			continue;
		row[0].text = parts[i].title;
		view_fill(table, row, match);
	}
	if (table->rows)
		page_table(v->page, table);
}

static void mismatches(const struct view *v)
{
	static const struct page_column columns[] = {
		{"Record", "record", UNIT_COUNT},      {"What", "what", UNIT_TEXT},
		{"Requester", "requester", UNIT_CODE}, {"Address", "address", UNIT_CODE},
		{"Recorded", "recorded", UNIT_CODE},   {"Found", "found", UNIT_CODE},
	};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = "mismatches",
						   .caption = "Differences, the first "
							      "ones",
						   VIEW_COLUMNS(columns)});

	view_list(v, table, view_at(v, "recorded.mismatches"));
	if (table->rows)
		page_table(v->page, table);
}

/* ---- Security rules ------------------------------------------------------------------------------- */

static void rules(const struct view *v)
{
	static const struct page_column columns[] = {{"Rule", "rule", UNIT_TEXT},
						     {"Broken", "broken", UNIT_COUNT}};
	struct page_table *table = view_table(v, &(struct page_table){.id = "rules",
								      .caption = "Security rules",
								      VIEW_COLUMNS(columns)});
	const char *key;
	json_t *count;

	json_object_foreach ((json_t *)view_at(v, "rules.broken"), key, count) {
		struct page_cell *row = page_row(v->page, table);

		row[0].text = key;
		row[1].amount = view_number(count);
	}
	if (table->rows)
		page_table(v->page, table);
}

static void violations(const struct view *v)
{
	static const struct page_column columns[] = {
		{"Record", "record", UNIT_COUNT},
		{"Rule", "rule", UNIT_TEXT},
		{"Requester", "requester", UNIT_CODE},
		{"PASID", "pasid", UNIT_CODE},
		{"Address", "address", UNIT_CODE},
		{"Page reached", "page", UNIT_CODE},
		{"Wrong since record", "since", UNIT_COUNT},
	};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = "violations",
						   .caption = "Broken rules, the "
							      "first ones",
						   VIEW_COLUMNS(columns)});

	view_list(v, table, view_at(v, "rules.violations"));
	if (table->rows)
		page_table(v->page, table);
}

/* ---- Faults ------------------------------------------------------------------------------------------ */

static void faults(const struct view *v)
{
	static const struct page_column columns[] = {{"Code", "code", UNIT_CODE},
						     {"Name", "name", UNIT_TEXT},
						     {"Count", "count", UNIT_COUNT}};
	struct page_table *table = view_table(v, &(struct page_table){.id = "faults",
								      .caption = "Faults",
								      VIEW_COLUMNS(columns)});
	const char *arch = view_text(v, "machine.arch"), *key;
	json_t *count;

	json_object_foreach ((json_t *)view_at(v, "faults"), key, count) {
		struct page_cell *row = page_row(v->page, table);
		unsigned long code = strtoul(key, NULL, 0);
		const char *name =
			code < IOASIM_FAULT_CODES ? ioasim_fault_name(arch, (unsigned)code) : NULL;

		row[0].text = key;
		row[1].text = name ? name : "";
		row[2].amount = view_number(count);
	}
	if (table->rows)
		page_table(v->page, table);
	else
		page_say(v->page, BLOCK_NOTE, "No access was refused.");
}

void view_checks(const struct view *v)
{
	page_section(v->page, v->level, "What was checked");
	matches(v);
	mismatches(v);
	rules(v);
	violations(v);
	faults(v);
}
