/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the profile knows of misses: why they were, how far apart uses of an entry are,
 * how much is in use at a time, and what other sizes of the cache would miss.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#define CACHES_MOST 32

/* Caches that missed at all, those that missed most first. */
struct profiles {
	struct profile {
		const char *name;
		const json_t *cache;
		struct amount misses;
	} of[CACHES_MOST];
	size_t count;
};

static int by_misses(const void *a, const void *b)
{
	const struct profile *x = a, *y = b;
	int order = amount_compare(y->misses, x->misses);

	return order ? order : strcmp(x->name, y->name);
}

static void collect(const json_t *caches, struct profiles *profiles)
{
	const char *key;
	json_t *cache;

	json_object_foreach ((json_t *)caches, key, cache) {
		struct amount misses = view_sum(json_object_get(cache, "classes"));

		if (misses.milli > 0 && profiles->count < CACHES_MOST)
			profiles->of[profiles->count++] = (struct profile){key, cache, misses};
	}
	qsort(profiles->of, profiles->count, sizeof(profiles->of[0]), by_misses);
}

static const struct page_column class_columns[] = {
	{"Cache", "cache", UNIT_TEXT},
	{"cold", "cold", UNIT_COUNT},
	{"capacity", "capacity", UNIT_COUNT},
	{"conflict", "conflict", UNIT_COUNT},
	{"invalidation", "invalidation", UNIT_COUNT},
	{"insufficient", "insufficient", UNIT_COUNT},
	{"unfilled", "unfilled", UNIT_COUNT},
};

static void classes(const struct view *v, const struct profiles *profiles)
{
	struct page_table *table = view_table(v, &(struct page_table){.id = "miss_classes",
								      .caption = "Misses by class",
								      VIEW_COLUMNS(class_columns)});

	for (size_t i = 0; i < profiles->count; i++) {
		struct page_cell *row = page_row(v->page, table);

		row[0].text = profiles->of[i].name;
		view_fill(table, row, json_object_get(profiles->of[i].cache, "classes"));
	}
	if (table->rows)
		page_chart(v->page,
			   &(struct page_chart){
				   .kind = CHART_SHARES,
				   .title = "Misses by class",
				   .about = "cold: never seen before. invalidation: a command "
					    "removed it. "
					    "conflict: a fully associative cache of this size "
					    "would have "
					    "hit; capacity: it would not. insufficient: its entry "
					    "lacked a "
					    "right or flag. unfilled: it ended without an entry.",
				   .table = table,
				   .first = 1,
				   .count = 6,
				   .shown = true,
			   });
}

/* ---- One cache --------------------------------------------------------------------------------- */

static void size_curve(const struct view *v, const char *name, const json_t *cache)
{
	static const struct page_column columns[] = {{"Entries", "entries", UNIT_COUNT},
						     {"Misses", "misses", UNIT_COUNT}};
	struct page_table *table = view_table(
		v, &(struct page_table){.id = page_text(v->page, "sizes_%s", name),
					.caption = page_text(v->page, "Misses of %s by size", name),
					VIEW_COLUMNS(columns)});
	const json_t *sizes = json_object_get(cache, "sizes");
	size_t i;
	json_t *size;

	json_array_foreach (sizes, i, size) {
		struct page_cell *row = page_row(v->page, table);

		row[0].amount = view_number(json_object_get(size, "entries"));
		row[1].amount = view_number(json_object_get(size, "misses"));
	}
	if (table->rows > 1)
		page_chart(
			v->page,
			&(struct page_chart){
				.kind = CHART_LINES,
				.title = page_text(v->page, "%s: misses by size", name),
				.about = strcmp(name, "iotlb") == 0
						 ? "What a fully associative cache would miss that "
						   "replaces the least recently used entry."
						 : "The same cache, fully associative, asked as in "
						   "this "
						   "replay: at most so much.",
				.table = table,
				.first = 1,
				.count = 1,
				.x_title = "entries",
				.log_x = true,
				.mark = view_entries(v, name),
				.mark_title = "this machine",
			});
}

static void reuse(const struct view *v, const char *name, const json_t *cache)
{
	const json_t *distances = json_object_get(cache, "reuse");
	struct amount cold = view_number(json_object_get(distances, "cold"));
	struct amount gone = amount_add(view_number(json_object_get(distances, "invalidated")),
					view_number(json_object_get(distances, "unfilled")));

	view_histogram(
		v,
		&(struct view_histogram){
			.id = page_text(v->page, "reuse_%s", name),
			.title = page_text(v->page, "%s: reuse distances", name),
			.about = page_text(
				v->page,
				"How many other entries were used between two uses of one. Not "
				"in it: %s first uses, %s that were invalidated or not kept.",
				amount_text(cold, 0).s,
				amount_text(amount_add(gone, amount_of(0)), 0).s),
			.x_title = "distance, below",
			.counted = "Look-ups",
			.key = "below",
			.unit = UNIT_COUNT,
			.first_milli = 1000,
			.steps = 1,
		},
		json_object_get(distances, "histogram"));
}

static void working_set(const struct view *v, const struct profiles *profiles)
{
	static const struct page_column columns[] = {
		{"Cache", "cache", UNIT_TEXT},
		{"Window (requests)", "requests", UNIT_COUNT},
		{"Entries used, mean", "mean", UNIT_COUNT},
		{"Entries used, most", "max", UNIT_COUNT},
		{"In the whole trace", "tags", UNIT_COUNT},
		{"Entries there are", "entries", UNIT_COUNT},
	};
	struct page_table *table = view_table(v, &(struct page_table){.id = "working_set",
								      .caption = "Working sets",
								      VIEW_COLUMNS(columns)});
	json_t *window;
	size_t w;

	for (size_t i = 0; i < profiles->count; i++) {
		const json_t *set = json_object_get(profiles->of[i].cache, "working_set");

		json_array_foreach (json_object_get(set, "windows"), w, window) {
			struct page_cell *row = page_row(v->page, table);

			row[0].text = profiles->of[i].name;
			view_fill(table, row, window);
			row[4].amount = view_number(json_object_get(set, "tags"));
			row[5].amount = view_entries(v, profiles->of[i].name);
		}
	}
	if (table->rows)
		page_table(v->page, table);
}

void view_profile(struct view *v)
{
	const json_t *caches = view_at(v, "profile.caches");
	struct profiles profiles = {.count = 0};

	if (!caches) {
		view_absent(v, "Classes of misses, reuse distances, working sets, misses by size",
			    "--profile");
		return;
	}
	page_section(v->page, v->level, "Why caches missed");
	collect(caches, &profiles);
	classes(v, &profiles);
	for (size_t i = 0; i < profiles.count; i++) {
		size_curve(v, profiles.of[i].name, profiles.of[i].cache);
		reuse(v, profiles.of[i].name, profiles.of[i].cache);
	}
	working_set(v, &profiles);
	if (!profiles.count)
		page_say(v->page, BLOCK_NOTE, "No cache missed.");
}
