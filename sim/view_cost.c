/* SPDX-License-Identifier: Apache-2.0 */
/* Where the time goes, and what was read for it: by part, by kind and level. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 6 /* of references.by_level */

/* ---- Time by part --------------------------------------------------------------------------- */

struct part {
	const char *name;
	struct amount count, time;
};

struct parts {
	struct part *part;
	size_t count;
};

static int by_time(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	int order = amount_compare(y->time, x->time);

	return order ? order : strcmp(x->name, y->name);
}

/* What is counted under these names, each at one latency; 0 is not worth a line. */
static void collect(const struct view *v, struct parts *parts, const char *path, const char *prefix)
{
	const json_t *object = view_at(v, path);
	bool walk = strcmp(prefix, "read") == 0;
	struct amount each =
		view_amount(v, walk ? "machine.timing.memory_ns" : "machine.timing.command_ns");
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		struct amount count = view_number(value), time = {.given = each.given};

		if (count.milli <= 0)
			continue;
		time.milli = count.milli / 1000 * each.milli;
		parts->part[parts->count++] =
			(struct part){page_text(v->page, "%s %s", prefix, key), count, time};
	}
}

static void put_parts(const struct view *v, const struct parts *parts, struct page_table *table)
{
	struct amount total = {.given = false};

	for (size_t i = 0; i < parts->count; i++)
		total = amount_add(total, parts->part[i].time);
	for (size_t i = 0; i < parts->count; i++) {
		struct page_cell *row = page_row(v->page, table);

		row[0].text = parts->part[i].name;
		row[1].amount = parts->part[i].count;
		row[2].amount = parts->part[i].time;
		row[3].amount = amount_ratio(parts->part[i].time, total, 100);
	}
}

static void serial_parts(const struct view *v)
{
	static const struct page_column columns[] = {{"Part", "part", UNIT_TEXT},
						     {"Count", "count", UNIT_COUNT},
						     {"Time", "time_ns", UNIT_NS},
						     {"Share", "share", UNIT_PERCENT}};
	struct page_table *table = view_table(v, &(struct page_table){.id = "cost",
								      .caption = "Cost by part",
								      VIEW_COLUMNS(columns)});
	size_t kinds = json_object_size(view_at(v, "references.by_kind"));
	struct parts parts = {calloc(kinds + json_object_size(view_at(v, "commands.by_type")) + 1,
				     sizeof(*parts.part)),
			      0};

	if (!parts.part) {
		v->page->failed = true;
		return;
	}
	collect(v, &parts, "references.by_kind", "read");
	collect(v, &parts, "commands.by_type", "command");
	qsort(parts.part, parts.count, sizeof(*parts.part), by_time);
	put_parts(v, &parts, table);
	free(parts.part);
	if (table->rows)
		page_chart(
			v->page,
			&(struct page_chart){
				.kind = CHART_BARS,
				.title = "Time by part",
				.about =
					"Reads of table entries at the latency of memory, commands "
					"at theirs; the longest first.",
				.table = table,
				.first = 2,
				.count = 1,
			});
}

/* ---- Of the event model ---------------------------------------------------------------------- */

enum event_group { PART_REQUESTS, PART_COMMANDS, PART_OTHERS, PART_GROUPS };

static const struct event_part {
	const char *key, *title;
	uint8_t group; /* enum event_group */
} event_parts[] = {
	{"entry_ns", "waiting to enter", PART_REQUESTS},
	{"cache_ns", "caches", PART_REQUESTS},
	{"walker_wait_ns", "waiting for a walker", PART_REQUESTS},
	{"blocked_ns", "blocked by commands", PART_REQUESTS},
	{"memory_ns", "memory", PART_REQUESTS},
	{"merge_ns", "waiting for a like walk", PART_REQUESTS},
	{"order_ns", "keeping the order", PART_REQUESTS},
	{"base_ns", "way beside the unit", PART_REQUESTS},
	{"ats_ns", "ATS round trips", PART_REQUESTS},
	{"software_ns", "software", PART_COMMANDS},
	{"command_ns", "queue and commands", PART_COMMANDS},
	{"drain_ns", "draining requests", PART_COMMANDS},
	{"atc_ns", "caches of devices", PART_COMMANDS},
	{"wait_ns", "until the wait is seen", PART_COMMANDS},
	{"page_request_ns", "page requests", PART_OTHERS},
};

/* Parts that are not known here are shown under their keys. */
static struct event_part event_part(const char *key)
{
	for (size_t i = 0; i < sizeof(event_parts) / sizeof(event_parts[0]); i++)
		if (strcmp(event_parts[i].key, key) == 0)
			return event_parts[i];
	return (struct event_part){key, key, PART_OTHERS};
}

static void put_event_parts(const struct view *v, struct page_table *table, enum event_group group)
{
	struct amount total = amount_of(0);
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)view_at(v, "time.by_part"), key, value) {
		struct event_part part = event_part(key);
		struct page_cell *row;

		if (part.group != group || view_number(value).milli == 0)
			continue;
		row = page_row(v->page, table);
		row[0].text = part.title;
		row[1].amount = view_number(value);
		total = amount_add(total, row[1].amount);
	}
	for (size_t i = 0; i < table->rows; i++) {
		struct page_cell *cell = &table->cell[i * table->columns];

		cell[2].amount = amount_ratio(cell[1].amount, total, 100);
	}
}

static void event_cost(const struct view *v, enum event_group group)
{
	static const struct page_column columns[] = {{"Part", "part", UNIT_TEXT},
						     {"Time", "time_ns", UNIT_NS},
						     {"Share", "share", UNIT_PERCENT}};
	static const struct {
		const char *id, *title, *about;
	} groups[PART_GROUPS] = {
		[PART_REQUESTS] = {"time_of_requests", "Where requests spend their time",
				   "Sums over all of them: they overlap."},
		[PART_COMMANDS] = {"time_of_invalidations", "Where invalidations spend theirs",
				   "Sums over commands, and over calls that map and unmap."},
		[PART_OTHERS] = {"time_of_others", "Other times", "Sums."},
	};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = groups[group].id,
						   .caption = groups[group].title,
						   VIEW_COLUMNS(columns)});

	put_event_parts(v, table, group);
	if (table->rows)
		page_chart(v->page, &(struct page_chart){
					    .kind = CHART_BARS,
					    .title = groups[group].title,
					    .about = groups[group].about,
					    .table = table,
					    .first = 1,
					    .count = 1,
				    });
}

/* ---- References by kind and level --------------------------------------------------------------- */

static void references(const struct view *v)
{
	static const struct page_column columns[1 + LEVELS + 1] = {
		{"Read for", "kind", UNIT_TEXT},   {"level 0", "level0", UNIT_COUNT},
		{"level 1", "level1", UNIT_COUNT}, {"level 2", "level2", UNIT_COUNT},
		{"level 3", "level3", UNIT_COUNT}, {"level 4", "level4", UNIT_COUNT},
		{"level 5", "level5", UNIT_COUNT}, {"Total", "total", UNIT_COUNT},
	};
	struct page_table *table =
		view_table(v, &(struct page_table){.id = "references",
						   .caption = "References by kind "
							      "and level",
						   VIEW_COLUMNS(columns)});
	const json_t *kinds = view_at(v, "references.by_kind");
	const json_t *levels = view_at(v, "references.by_level");
	size_t deepest = 0;
	const char *key;
	json_t *total;

	json_object_foreach ((json_t *)kinds, key, total) {
		const json_t *list = json_object_get(levels, key);
		struct page_cell *row;

		if (json_integer_value(total) == 0)
			continue;
		row = page_row(v->page, table);
		row[0].text = key;
		for (size_t i = 0; i < LEVELS; i++) {
			row[1 + i].amount = view_number(json_array_get(list, i));
			if (row[1 + i].amount.milli > 0 && i > deepest)
				deepest = i;
		}
		row[1 + LEVELS].amount = view_number(total);
	}
	if (table->rows)
		page_chart(v->page, &(struct page_chart){
					    .kind = levels ? CHART_STACK : CHART_BARS,
					    .title = "References by kind and level",
					    .about = "Entries that the unit read. Level 0 maps the "
						     "smallest page; of device tables it is the "
						     "context entry.",
					    .table = table,
					    .first = levels ? 1 : 1 + LEVELS,
					    .count = levels ? deepest + 1 : 1,
				    });
}

void view_cost(const struct view *v)
{
	page_section(v->page, v->level, "Where the time goes");
	if (!view_has_events(v))
		serial_parts(v);
	else
		for (unsigned group = 0; group < PART_GROUPS; group++)
			event_cost(v, group);
	references(v);
}
