/* SPDX-License-Identifier: Apache-2.0 */
/* Several results as small charts of one form, and what differs between their machines. */
#include "view.h"

#include <string.h>

static struct view view_of(struct page *page, const struct result_set *set, size_t i)
{
	return (struct view){.page = page, .file = &set->file[i], .name = ""};
}

/* ---- A bar a result --------------------------------------------------------------------------- */

struct bars {
	const char *id, *title, *about;
	const char *whole; /* amounts are divided by this count; NULL: as they are */
	uint8_t kind, unit;
	const struct page_column *column; /* `key` is the path in the result */
	size_t columns;
};

/* Columns that are 0 in every result are left out. */
static size_t told_columns(struct page *page, const struct result_set *set, const struct bars *bars,
			   struct page_column *column)
{
	size_t count = 0;

	column[count++] = (struct page_column){"Result", "result", UNIT_TEXT};
	for (size_t c = 0; c < bars->columns; c++) {
		bool told = false;

		for (size_t i = 0; i < set->files; i++) {
			struct view v = view_of(page, set, i);

			told |= view_amount(&v, bars->column[c].key).milli > 0;
		}
		if (told)
			column[count++] = bars->column[c];
	}
	return count;
}

static void put_bars(struct page *page, const struct result_set *set, const struct bars *bars)
{
	struct page_column column[PAGE_COLUMNS];
	struct page_table *table;
	size_t columns = told_columns(page, set, bars, column);

	if (columns < 2)
		return;
	table = page_table_new(page, &(struct page_table){.id = bars->id,
							  .caption = bars->title,
							  .result = "",
							  .column = column,
							  .columns = columns});
	for (size_t i = 0; i < set->files; i++) {
		struct view v = view_of(page, set, i);
		struct page_cell *row = page_row(page, table);

		row[0].text = view_letter_name(page, set, i);
		for (size_t c = 1; c < columns; c++) {
			row[c].amount = view_amount(&v, column[c].key);
			if (bars->whole)
				row[c].amount = amount_ratio(row[c].amount,
							     view_amount(&v, bars->whole), 1);
		}
	}
	page_chart(page, &(struct page_chart){.kind = bars->kind,
					      .title = bars->title,
					      .about = bars->about,
					      .table = table,
					      .first = 1,
					      .count = columns - 1});
}

#define COLUMNS(array) .column = (array), .columns = sizeof(array) / sizeof((array)[0])

static void time_bars(struct page *page, const struct result_set *set)
{
	static const struct page_column columns[] = {{"walks", "time.walk_ns", UNIT_NS},
						     {"invalidations", "time.invalidate_ns",
						      UNIT_NS}};

	put_bars(page, set,
		 &(struct bars){
			 .id = "time_per_dma",
			 .title = "Time per DMA",
			 .about = "Walks and invalidations, their sum behind the bar. With the "
				  "model of events they overlap.",
			 .kind = CHART_STACK,
			 .whole = "dma.count",
			 COLUMNS(columns)});
}

static void reference_bars(struct page *page, const struct result_set *set)
{
	static const struct page_column columns[] = {
		{"device table", "references.by_kind.device_table", UNIT_RATIO},
		{"PASID table", "references.by_kind.pasid_table", UNIT_RATIO},
		{"stage 1", "references.by_kind.stage1", UNIT_RATIO},
		{"stage 2", "references.by_kind.stage2", UNIT_RATIO},
		{"stage 2 for stage 1", "references.by_kind.stage2_for_stage1", UNIT_RATIO},
		{"stage 2 for PASID table", "references.by_kind.stage2_for_pasid_table",
		 UNIT_RATIO},
	};

	put_bars(page, set,
		 &(struct bars){.id = "references_per_dma",
				.title = "References per DMA",
				.about = "Entries that were read, by what they were read for.",
				.kind = CHART_STACK,
				.whole = "dma.count",
				COLUMNS(columns)});
}

static void miss_bars(struct page *page, const struct result_set *set)
{
	static const struct page_column columns[] = {
		{"iotlb", "caches.iotlb.misses", UNIT_COUNT},
		{"stage2_tlb", "caches.stage2_tlb.misses", UNIT_COUNT},
		{"stage1_walk", "caches.stage1_walk.misses", UNIT_COUNT},
		{"stage2_walk", "caches.stage2_walk.misses", UNIT_COUNT},
		{"device", "caches.device.misses", UNIT_COUNT},
		{"pasid", "caches.pasid.misses", UNIT_COUNT},
	};

	put_bars(page, set,
		 &(struct bars){.id = "misses_by_cache",
				.title = "Misses by cache",
				.about = "Each cache has a scale of its own.",
				.kind = CHART_BARS,
				COLUMNS(columns)});
}

static void class_bars(struct page *page, const struct result_set *set)
{
	static const struct page_column columns[] = {
		{"cold", "profile.caches.iotlb.classes.cold", UNIT_COUNT},
		{"capacity", "profile.caches.iotlb.classes.capacity", UNIT_COUNT},
		{"conflict", "profile.caches.iotlb.classes.conflict", UNIT_COUNT},
		{"invalidation", "profile.caches.iotlb.classes.invalidation", UNIT_COUNT},
		{"insufficient", "profile.caches.iotlb.classes.insufficient", UNIT_COUNT},
		{"unfilled", "profile.caches.iotlb.classes.unfilled", UNIT_COUNT},
	};

	put_bars(page, set,
		 &(struct bars){.id = "iotlb_miss_classes",
				.title = "IOTLB misses by class",
				.about = "The number of misses stands behind the bar.",
				.kind = CHART_STACK,
				COLUMNS(columns)});
}

static void command_bars(struct page *page, const struct result_set *set)
{
	static const struct page_column columns[] = {{"commands", "commands.total", UNIT_RATIO},
						     {"waits", "commands.waits", UNIT_RATIO}};

	put_bars(page, set,
		 &(struct bars){.id = "commands_per_dma",
				.title = "Commands per DMA",
				.about = "All commands, and those among them that waited.",
				.kind = CHART_BARS,
				.whole = "dma.count",
				COLUMNS(columns)});
}

/* ---- Percentiles -------------------------------------------------------------------------------- */

static void percentiles(struct page *page, const struct result_set *set, const char *kind,
			const char *title)
{
	static const char *const names[] = {"p50", "p90", "p99", "p99.9", "longest"};
	static const char *const paths[] = {"p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"};
	struct page_column column[RESULT_SET_MOST + 1] = {{"Percentile", "percentile", UNIT_TEXT}};
	struct page_table *table;
	bool told = false;

	for (size_t i = 0; i < set->files; i++) {
		const char *name = view_letter_name(page, set, i);

		column[i + 1] = (struct page_column){name, name, UNIT_NS};
	}
	table = page_table_new(page,
			       &(struct page_table){.id = page_text(page, "percentiles_%s", kind),
						    .caption = title,
						    .result = "",
						    .column = column,
						    .columns = set->files + 1});
	for (size_t p = 0; p < sizeof(names) / sizeof(names[0]); p++) {
		struct page_cell *row = page_row(page, table);

		row[0].text = names[p];
		for (size_t i = 0; i < set->files; i++) {
			struct view v = view_of(page, set, i);

			row[i + 1].amount = view_amount(&v, page_text(page, "time.latency.%s.%s",
								      kind, paths[p]));
			told |= row[i + 1].amount.milli > 0;
		}
	}
	if (told)
		page_chart(page,
			   &(struct page_chart){.kind = CHART_LINES,
						.title = title,
						.about = "Percentiles; the axis is logarithmic.",
						.table = table,
						.first = 1,
						.count = set->files,
						.x_title = "percentile",
						.log_y = true});
}

void view_compare_charts(struct page *page, const struct result_set *set)
{
	time_bars(page, set);
	reference_bars(page, set);
	miss_bars(page, set);
	command_bars(page, set);
	class_bars(page, set);
	percentiles(page, set, "translation", "Latencies of translations");
	percentiles(page, set, "invalidation", "Latencies of invalidations");
}

/* ---- Machines -------------------------------------------------------------------------------------- */

static const char *value_of(const struct page_table *keys, const char *key)
{
	for (size_t row = 0; row < keys->rows; row++)
		if (strcmp(page_cell(keys, row, 0)->text, key) == 0)
			return page_cell(keys, row, 1)->text;
	return NULL;
}

static bool is_listed(const struct page_table *table, const char *key)
{
	for (size_t row = 0; row < table->rows; row++)
		if (strcmp(page_cell(table, row, 0)->text, key) == 0)
			return true;
	return false;
}

/* A row where any two machines differ, or one lacks the key. */
static void put_key(struct page *page, struct page_table *table, struct page_table *const *keys,
		    const char *key)
{
	const char *value[RESULT_SET_MOST];
	struct page_cell *row;
	bool differ = false;

	for (size_t i = 0; i + 1 < table->columns; i++) {
		value[i] = value_of(keys[i], key);
		differ |= !value[i] || !value[0] || strcmp(value[i], value[0]) != 0;
	}
	if (!differ || is_listed(table, key))
		return;
	row = page_row(page, table);
	row[0].text = key;
	for (size_t i = 0; i + 1 < table->columns; i++)
		row[i + 1].text = value[i] ? value[i] : "\xe2\x80\x93";
}

void view_compare_machines(struct page *page, const struct result_set *set)
{
	struct page_column column[RESULT_SET_MOST + 1] = {{"Key", "key", UNIT_CODE}};
	struct page_table *keys[RESULT_SET_MOST], *table;

	for (size_t i = 0; i < set->files; i++) {
		struct view v = view_of(page, set, i);
		const char *name = view_letter_name(page, set, i);

		keys[i] = view_machine_keys(&v);
		column[i + 1] = (struct page_column){name, name, UNIT_CODE};
	}
	if (page->failed)
		return;
	page_section(page, 2, "What differs between the machines");
	table = page_table_new(
		page, &(struct page_table){.id = "machine_differences",
					   .caption = "Keys that are not the same everywhere",
					   .result = "",
					   .column = column,
					   .columns = set->files + 1});
	for (size_t i = 0; i < set->files; i++)
		for (size_t row = 0; row < keys[i]->rows; row++)
			put_key(page, table, keys, page_cell(keys[i], row, 0)->text);
	if (table->rows)
		page_table(page, table);
	else
		page_say(page, BLOCK_NOTE, "Nothing: the machines are the same.");
}
