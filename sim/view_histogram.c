/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#define BUCKETS 256 /* to 2^64 times the first one */

/* The n-th bound: `steps` of equal width between one power of two and the next. */
static __int128 bound(const struct view_histogram *h, unsigned n)
{
	return ((__int128)h->first_milli << n / h->steps) * (h->steps + n % h->steps) / h->steps;
}

/* Buckets of any width, each counted in the column that its upper bound lies in. */
static void fold(const struct view_histogram *h, const json_t *list, struct amount folded[BUCKETS])
{
	size_t i;
	json_t *bucket;

	json_array_foreach (list, i, bucket) {
		struct amount below = view_number(json_object_get(bucket, h->key));
		unsigned b = 0;

		while (b + 1 < h->steps * 64 && bound(h, b) < below.milli)
			b++;
		folded[b] = amount_add(folded[b], view_number(json_object_get(bucket, "count")));
	}
}

void view_histogram(const struct view *v, const struct view_histogram *h, const json_t *list)
{
	const struct page_column columns[] = {{"Below", h->key, h->unit},
					      {h->counted, "count", UNIT_COUNT}};
	struct page_table *table = view_table(
		v, &(struct page_table){.id = h->id, .caption = h->title, VIEW_COLUMNS(columns)});
	struct amount folded[BUCKETS] = {{0}};
	unsigned first = 0, last = BUCKETS;

	fold(h, list, folded);
	while (first < BUCKETS && folded[first].milli == 0)
		first++;
	while (last > first && folded[last - 1].milli == 0)
		last--;
	for (unsigned b = first; b < last; b++) {
		struct page_cell *row = page_row(v->page, table);

		row[0].amount = (struct amount){.milli = bound(h, b), .given = true};
		row[1].amount = amount_add(folded[b], amount_of(0));
	}
	if (table->rows)
		page_chart(v->page, &(struct page_chart){
					    .kind = CHART_COLUMNS,
					    .title = h->title,
					    .about = h->about,
					    .table = table,
					    .first = 1,
					    .count = 1,
					    .x_title = h->x_title,
				    });
}
