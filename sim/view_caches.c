/* SPDX-License-Identifier: Apache-2.0 */
/* Caches: what was looked up, found, and removed. */
#include "view.h"

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
		{"Cache", "cache", UNIT_TEXT},
		{"Entries", "entries", UNIT_COUNT},
		{"Look-ups", "lookups", UNIT_COUNT},
		{"Hits", "hits", UNIT_COUNT},
		{"Misses", "misses", UNIT_COUNT},
		{"Miss rate", "miss_rate", UNIT_PERCENT},
		{"Fills", "fills", UNIT_COUNT},
		{"Evictions", "evictions", UNIT_COUNT},
		{"Invalidated", "invalidated", UNIT_COUNT},
	};
	struct page_table *table = view_table(v, &(struct page_table){.id = "caches",
								      .caption = "Caches",
								      VIEW_COLUMNS(columns)});
	const char *key;
	json_t *cache;

	json_object_foreach ((json_t *)view_at(v, "caches"), key, cache) {
		put_cache(v, table, key, cache);
	}
	if (!table->rows)
		return;
	page_section(v->page, v->level, "Caches");
	page_chart(v->page,
		   &(struct page_chart){
			   .kind = CHART_SHARES,
			   .title = "Hits and misses",
			   .about = "Shares of the look-ups of each cache, whose number stands "
				    "on the right.",
			   .table = table,
			   .first = 3,
			   .count = 2,
			   .shown = true,
		   });
}
