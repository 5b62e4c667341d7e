/* SPDX-License-Identifier: Apache-2.0 */
/* Who accessed what: requesters, their PASIDs, sizes of pages; and the commands. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

/* ---- Requesters --------------------------------------------------------------------------------- */

static const struct page_column requester_columns[] = {
	{"Requester", "requester", UNIT_CODE},
	{"DMA", "count", UNIT_COUNT},
	{"Answered", "ok", UNIT_COUNT},
	{"Refused", "faulted", UNIT_COUNT},
	{"Data", "bytes", UNIT_BYTES},
	{"IOTLB misses", "iotlb_misses", UNIT_COUNT},
	{"Misses of DMA", "miss_rate", UNIT_PERCENT},
	{"References", "references", UNIT_COUNT},
	{"References per DMA", "references_per_dma", UNIT_RATIO},
};

struct requester {
	const char *name;
	const json_t *counts;
	struct amount references;
};

static int by_references(const void *a, const void *b)
{
	const struct requester *x = a, *y = b;
	int order = amount_compare(y->references, x->references);

	return order ? order : strcmp(x->name, y->name);
}

static void put_requester(const struct view *v, struct page_table *table, const char *name,
			  const json_t *counts)
{
	struct page_cell *row = page_row(v->page, table);

	row[0].text = name;
	view_fill(table, row, counts);
	row[6].amount = amount_ratio(row[5].amount, row[1].amount, 100);
	row[8].amount = amount_ratio(row[7].amount, row[1].amount, 1);
}

static void put_pasids(const struct view *v, struct page_table *table, const struct requester *r)
{
	json_t *pasid;
	size_t i;

	json_array_foreach (json_object_get(r->counts, "by_pasid"), i, pasid) {
		const json_t *id = json_object_get(pasid, "pasid");

		put_requester(v, table,
			      json_is_null(id) ? page_text(v->page, "%s, none", r->name)
					       : page_text(v->page, "%s, %s", r->name,
							   amount_plain(view_number(id)).s),
			      pasid);
	}
}

static void put_requesters(const struct view *v, const struct requester *requester, size_t count)
{
	struct page_table like = {
		.id = "requesters", .caption = "Requesters", VIEW_COLUMNS(requester_columns)};
	struct page_table *table = view_table(v, &like), *pasids;

	for (size_t i = 0; i < count; i++)
		put_requester(v, table, requester[i].name, requester[i].counts);
	page_chart(v->page, &(struct page_chart){
				    .kind = CHART_BARS,
				    .title = "Requesters",
				    .about = "Those that caused most references first.",
				    .table = table,
				    .first = 7,
				    .count = 2,
				    .shown = true,
			    });
	like.id = "pasids";
	like.caption = "PASIDs of requesters";
	pasids = view_table(v, &like);
	for (size_t i = 0; i < count; i++)
		put_pasids(v, pasids, &requester[i]);
	if (pasids->rows)
		page_table(v->page, pasids);
}

static void requesters(const struct view *v)
{
	const json_t *object = view_at(v, "requesters");
	struct requester *requester = calloc(json_object_size(object) + 1, sizeof(*requester));
	const char *key;
	json_t *counts;
	size_t count = 0;

	if (!requester) {
		v->page->failed = true;
		return;
	}
	json_object_foreach ((json_t *)object, key, counts)
		requester[count++] = (struct requester){
			key, counts, view_number(json_object_get(counts, "references"))};
	qsort(requester, count, sizeof(*requester), by_references);
	if (count)
		put_requesters(v, requester, count);
	free(requester);
}

/* ---- Sizes of pages ---------------------------------------------------------------------------- */

static const char *size_name(const struct view *v, const json_t *size, const char *text)
{
	struct amount bytes = size ? view_number(size) : points_value_number(text);

	if (json_is_string(size))
		text = json_string_value(size);
	if (!bytes.given)
		return text;
	return page_text(v->page, "%s", page_amount_label(bytes, UNIT_BYTES).s);
}

static void page_sizes(const struct view *v)
{
	static const struct page_column columns[] = {
		{"Page size", "size", UNIT_TEXT},
		{"Accesses", "accesses", UNIT_COUNT},
		{"Share", "share", UNIT_PERCENT},
		{"IOTLB misses", "iotlb_misses", UNIT_COUNT},
		{"References", "references", UNIT_COUNT},
	};
	struct page_table *table = view_table(v, &(struct page_table){.id = "pages",
								      .caption = "Sizes of pages",
								      VIEW_COLUMNS(columns)});
	struct amount all = view_amount(v, "dma.ok");
	const json_t *pages = view_at(v, "dma.pages");
	json_t *page, *count;
	const char *key;
	size_t i;

	json_array_foreach (pages, i, page) {
		struct page_cell *row = page_row(v->page, table);

		view_fill(table, row, page);
		row[0].text = size_name(v, json_object_get(page, "size"), "");
		row[2].amount = amount_ratio(row[1].amount, all, 100);
	}
	json_object_foreach ((json_t *)(pages ? NULL : view_at(v, "dma.by_page_size")), key,
			     count) {
		struct page_cell *row = page_row(v->page, table);

		row[0].text = size_name(v, NULL, key);
		row[1].amount = view_number(count);
		row[2].amount = amount_ratio(row[1].amount, all, 100);
	}
	if (table->rows)
		page_table(v->page, table);
}

void view_traffic(const struct view *v)
{
	page_section(v->page, v->level, "Who accessed what");
	requesters(v);
	if (view_amount(v, "dma.ats_requests").milli > 0)
		page_say(
			v->page, BLOCK_NOTE,
			page_text(v->page,
				  "Besides these devices made %s translation requests, of which %s "
				  "were "
				  "answered: their look-ups and references are not those of a DMA.",
				  amount_text(view_amount(v, "dma.ats_requests"), 0).s,
				  amount_text(view_amount(v, "dma.ats_answered"), 0).s));
	page_sizes(v);
}

/* ---- Commands ------------------------------------------------------------------------------------- */

static void put_commands(const struct view *v, const struct page_table *table)
{
	bool removed = view_at(v, "commands.removed") != NULL;

	if (!table->rows) {
		page_say(v->page, BLOCK_NOTE, "No command was executed.");
		return;
	}
	page_chart(v->page,
		   &(struct page_chart){
			   .kind = CHART_BARS,
			   .title = "Commands by type",
			   .about = removed ? "Commands, and the entries of all caches that "
					      "they removed."
					    : "Commands that the unit executed.",
			   .table = table,
			   .first = 1,
			   .count = removed ? 2 : 1,
			   .shown = true,
		   });
}

void view_commands(const struct view *v)
{
	static const struct page_column columns[] = {
		{"Type", "type", UNIT_CODE},
		{"Commands", "commands", UNIT_COUNT},
		{"Entries removed", "entries", UNIT_COUNT},
		{"By one, mean", "mean", UNIT_RATIO},
		{"By one, most", "max", UNIT_COUNT},
		{"Removed none", "none", UNIT_COUNT},
		{"Share", "share", UNIT_PERCENT},
	};
	const json_t *types = view_at(v, "commands.by_type");
	struct page_table *table = view_table(v, &(struct page_table){.id = "commands",
								      .caption = "Commands by type",
								      VIEW_COLUMNS(columns)});
	const char *key;
	json_t *count;

	if (!types)
		return;
	page_section(v->page, v->level, "Commands");
	json_object_foreach ((json_t *)types, key, count) {
		const json_t *removed = json_object_get(view_at(v, "commands.removed"), key);
		struct page_cell *row = page_row(v->page, table);

		row[0].text = key;
		view_fill(table, row, removed);
		row[1].amount = view_number(count);
		row[3].amount = amount_ratio(row[2].amount, row[1].amount, 1);
		row[6].amount = amount_ratio(row[1].amount, view_amount(v, "commands.total"), 100);
	}
	put_commands(v, table);
	if (view_amount(v, "commands.removed_otherwise").milli > 0)
		page_say(v->page, BLOCK_NOTE,
			 page_text(v->page,
				   "%s entries were removed otherwise, by register writes and page "
				   "requests.",
				   amount_text(view_amount(v, "commands.removed_otherwise"), 0).s));
}
