/* SPDX-License-Identifier: Apache-2.0 */
/* Caches: what was looked up, and what a profile knows of the misses. */
#include "view.h"

/* ---- Counters ------------------------------------------------------------------------------- */

static const char *const hidden_note =
	"Caches that were never asked are left out of the chart. A miss rate is that of its own "
	"look-ups, not of all DMA.";

static void put_cache(const struct view *v, struct page_table *table, const char *name,
		      const json_t *cache)
{
	struct page_cell *row = page_row(v->page, table);

	row[0].text = name;
	view_fill(table, row, cache);
	row[1].amount = view_entries(v, name);
	row[5].amount = amount_ratio(row[4].amount, row[2].amount, 100);
}

void view_caches(const struct view *v)
{
	static const struct page_column columns[] = {
		{"Cache", "cache", UNIT_TEXT},	    {"Entries", "entries", UNIT_COUNT},
		{"Look-ups", "lookups", UNIT_COUNT}, {"Hits", "hits", UNIT_COUNT},
		{"Misses", "misses", UNIT_COUNT},    {"Miss rate", "miss_rate", UNIT_PERCENT},
		{"Fills", "fills", UNIT_COUNT},	    {"Evictions", "evictions", UNIT_COUNT},
		{"Invalidated", "invalidated", UNIT_COUNT},
	};
	const struct page_table like = {
		.id = "caches", .caption = "Caches", VIEW_COLUMNS(columns)};
	const struct page_table like_used = {
		.caption = "Hits and misses", .column = columns, .columns = 6};
	const json_t *caches = view_at(v, "caches");
	struct page_table *all, *used;
	const char *key;
	json_t *cache;

	if (!caches)
		return;
	page_section(v->page, v->level, "Caches");
	all = view_table(v, &like);
	used = view_table(v, &like_used);
	json_object_foreach((json_t *)caches, key, cache) {
		put_cache(v, all, key, cache);
		if (json_integer_value(json_object_get(cache, "lookups")) > 0)
			put_cache(v, used, key, cache);
	}
	if (used->rows)
		page_chart(v->page, &(struct page_chart){
					    .kind = CHART_SHARES,
					    .title = "Hits and misses",
					    .about = "Shares of the look-ups of each cache, whose "
						     "number stands on the right.",
					    .table = used,
					    .first = 3,
					    .count = 2,
				    });
	page_table(v->page, all);
	page_say(v->page, BLOCK_NOTE, hidden_note);
}
