/* SPDX-License-Identifier: Apache-2.0 */
/* Several results beside each other; the first is what the others are measured by. */
#include "view.h"

#include <string.h>

#define PACKET 1500 /* as in view_overview.c */

struct metric {
	const char *title, *part;
	const char *whole; /* divided by this; NULL: as it is */
	uint32_t scale; /* multiplied by */
	uint8_t unit;
	bool cost; /* more is worse */
};

static const struct metric metrics[] = {
	{"DMA", "dma.count", NULL, 1, UNIT_COUNT, false},
	{"DMA refused", "dma.faulted", NULL, 1, UNIT_COUNT, false},
	{"Data", "dma.bytes", NULL, 1, UNIT_BYTES, false},
	{"Time", "time.total_ns", NULL, 1, UNIT_NS, true},
	{"Time per DMA", "time.total_ns", "dma.count", 1, UNIT_NS, true},
	{"Time per 1,500 bytes", "time.total_ns", "dma.bytes", PACKET, UNIT_NS, true},
	{"Walks", "time.walk_ns", NULL, 1, UNIT_NS, true},
	{"Invalidations", "time.invalidate_ns", NULL, 1, UNIT_NS, true},
	{"Translation, mean", "time.latency.translation.mean_ns", NULL, 1, UNIT_NS, true},
	{"Translation per 1,500 bytes", "time.latency.translation.total_ns", "dma.bytes", PACKET,
	 UNIT_NS, true},
	{"Translation, median", "time.latency.translation.p50_ns", NULL, 1, UNIT_NS, true},
	{"Translation, p99", "time.latency.translation.p99_ns", NULL, 1, UNIT_NS, true},
	{"Translation, longest", "time.latency.translation.max_ns", NULL, 1, UNIT_NS, true},
	{"Invalidation, p99", "time.latency.invalidation.p99_ns", NULL, 1, UNIT_NS, true},
	{"References", "references.total", NULL, 1, UNIT_COUNT, true},
	{"References per DMA", "references.total", "dma.count", 1, UNIT_RATIO, true},
	{"IOTLB look-ups", "caches.iotlb.lookups", NULL, 1, UNIT_COUNT, false},
	{"IOTLB misses", "caches.iotlb.misses", NULL, 1, UNIT_COUNT, true},
	{"IOTLB miss rate", "caches.iotlb.misses", "caches.iotlb.lookups", 100, UNIT_PERCENT, true},
	{"IOTLB evictions", "caches.iotlb.evictions", NULL, 1, UNIT_COUNT, true},
	{"IOTLB entries invalidated", "caches.iotlb.invalidated", NULL, 1, UNIT_COUNT, false},
	{"Stage 1 walk cache misses", "caches.stage1_walk.misses", NULL, 1, UNIT_COUNT, true},
	{"Stage 2 walk cache misses", "caches.stage2_walk.misses", NULL, 1, UNIT_COUNT, true},
	{"Stage 2 TLB misses", "caches.stage2_tlb.misses", NULL, 1, UNIT_COUNT, true},
	{"Device entry misses", "caches.device.misses", NULL, 1, UNIT_COUNT, true},
	{"PASID entry misses", "caches.pasid.misses", NULL, 1, UNIT_COUNT, true},
	{"Commands", "commands.total", NULL, 1, UNIT_COUNT, true},
	{"Commands per DMA", "commands.total", "dma.count", 1, UNIT_RATIO, true},
	{"Waits", "commands.waits", NULL, 1, UNIT_COUNT, true},
	{"Stale windows, mean", "driver.windows.length.mean_ns", NULL, 1, UNIT_NS, true},
	{"Stale windows, longest", "driver.windows.length.max_ns", NULL, 1, UNIT_NS, true},
	{"Accesses of unmapped pages", "rules.stale_window.accesses", NULL, 1, UNIT_COUNT, true},
	{"Longest use of an unmapped page", "rules.stale_window.longest_ns", NULL, 1, UNIT_NS,
	 true},
	{"Answers not as recorded", "recorded.mismatched", NULL, 1, UNIT_COUNT, true},
};

const char *view_letter_name(struct page *page, const struct result_set *set, size_t i)
{
	return page_text(page, "%c %s", (char)('A' + i), set->file[i].name);
}

static struct view view_of(struct page *page, const struct result_set *set, size_t i)
{
	return (struct view){.page = page, .file = &set->file[i], .name = ""};
}

/* ---- Results ------------------------------------------------------------------------------------ */

static void results(struct page *page, const struct result_set *set)
{
	static const struct page_column columns[] = {
		{"Result", "result", UNIT_TEXT},
		{"Trace", "trace", UNIT_TEXT},
		{"Recorded on", "recorded_on", UNIT_TEXT},
		{"Replayed on", "replayed_on", UNIT_TEXT},
		{"Level", "level", UNIT_TEXT},
		{"Records", "records", UNIT_COUNT},
	};
	struct page_table *table =
		page_table_new(page, &(struct page_table){.id = "results",
							  .caption = "Results",
							  .result = "",
							  VIEW_COLUMNS(columns)});

	for (size_t i = 0; i < set->files; i++) {
		struct view v = view_of(page, set, i);
		struct page_cell *row = page_row(page, table);

		row[0].text = view_letter_name(page, set, i);
		row[1].text = view_text(&v, "trace.file");
		row[2].text = view_arch_title(view_text(&v, "trace.arch"));
		row[3].text = view_arch_title(view_text(&v, "machine.arch"));
		row[4].text = view_text(&v, "trace.level");
		row[5].amount = view_amount(&v, "trace.records");
	}
	page_table(page, table);
}

/* What makes a comparison lame, if it is so of any two. */
static void warn(struct page *page, const struct result_set *set, const char *path,
		 const char *text)
{
	struct view first = view_of(page, set, 0);

	for (size_t i = 1; i < set->files; i++) {
		struct view v = view_of(page, set, i);

		if (strcmp(view_text(&v, path), view_text(&first, path)) == 0)
			continue;
		page_say(page, BLOCK_WARNING, text);
		return;
	}
}

/* ---- Measures -------------------------------------------------------------------------------------- */

static struct amount measured(const struct view *v, const struct metric *metric)
{
	struct amount part = view_amount(v, metric->part);

	/* Where things overlap and the trace has pauses, the end is no cost. */
	if (view_has_events(v) && strcmp(metric->part, "time.total_ns") == 0)
		return (struct amount){.given = false};
	if (!metric->whole)
		return part;
	return amount_ratio(part, view_amount(v, metric->whole), metric->scale);
}

/* A measure that no result has, or that is 0 in all of them, is left out. */
static bool is_told(struct page *page, const struct result_set *set, const struct metric *metric)
{
	for (size_t i = 0; i < set->files; i++) {
		struct view v = view_of(page, set, i);

		if (measured(&v, metric).milli > 0)
			return true;
	}
	return false;
}

static void put_metric(struct page *page, const struct result_set *set, struct page_table *table,
		       const struct metric *metric)
{
	struct page_cell *row = page_row_by(page, table, metric->unit, metric->title);

	for (size_t i = 0; i < set->files; i++) {
		struct view v = view_of(page, set, i);
		struct amount amount = measured(&v, metric), base = row[1].amount;

		if (i == 0) {
			row[1].amount = amount;
			continue;
		}
		row[2 * i].amount = amount;
		row[2 * i + 1].cost = metric->cost;
		if (amount.given)
			row[2 * i + 1].amount = amount_ratio(amount_less(amount, base), base, 100);
	}
}

/* A column for the first result; two for each other one: its amount, and the change. */
static struct page_table *measures_table(struct page *page, const struct result_set *set)
{
	struct page_column column[2 * RESULT_SET_MOST] = {{"Measure", "measure", UNIT_TEXT}};
	const struct page_table like = {
		.id = "comparison",
		.caption = "Measures, and the change from the first result",
		.result = "",
		.column = column,
		.columns = 2 * set->files,
		.by_row = true,
	};

	for (size_t i = 0; i < set->files; i++) {
		const char *name = view_letter_name(page, set, i);
		size_t at = i ? 2 * i : 1;

		column[at] = (struct page_column){name, name, UNIT_COUNT};
		if (i)
			column[at + 1] =
				(struct page_column){page_text(page, "%c to A", (char)('A' + i)),
						     page_text(page, "%s, change", name),
						     UNIT_CHANGE};
	}
	return page_table_new(page, &like);
}

void view_compare(struct page *page, const struct result_set *set)
{
	struct page_table *table;

	page_section(page, 2, "Comparison");
	results(page, set);
	warn(page, set, "trace.file",
	     "The results are of different traces: compare what is per DMA or in per cent.");
	warn(page, set, "trace.level",
	     "The results are of different levels: at driver level a driver of the model chose the "
	     "commands, and its own setup is in the counts.");
	warn(page, set, "time.model",
	     "The results have different models of time: their times cannot be compared.");
	table = measures_table(page, set);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		if (is_told(page, set, &metrics[i]))
			put_metric(page, set, table, &metrics[i]);
	page_table(page, table);
	view_compare_charts(page, set);
	view_compare_machines(page, set);
}
