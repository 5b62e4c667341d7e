/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as it was, in the keys of a machine file; and the counters of its unit. */
#include "view.h"

#include <string.h>

#define DEPTH 8 /* of keys in keys */

struct machine_keys {
	const struct view *view;
	struct page_table *table;
	unsigned depth;
};

static void put_value(const struct machine_keys *m, const char *key, const json_t *value)
{
	struct page_cell *row = page_row(m->view->page, m->table);

	row[0].text = key;
	if (json_is_string(value))
		row[1].text = json_string_value(value);
	else if (json_is_boolean(value))
		row[1].text = json_is_true(value) ? "true" : "false";
	else
		row[1].text = page_text(m->view->page, "%s", amount_plain(view_number(value)).s);
}

static void put_keys(struct machine_keys *m, const char *path, const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (m->depth == DEPTH || (!json_is_object(value) && !json_is_array(value))) {
		put_value(m, path, value);
		return;
	}
	m->depth++;
	json_object_foreach ((json_t *)value, key, inner) {
		put_keys(m, page_text(m->view->page, "%s%s%s", path, *path ? "." : "", key), inner);
	}
	json_array_foreach (value, i, inner) {
		put_keys(m, page_text(m->view->page, "%s.%zu", path, i), inner);
	}
	m->depth--;
}

struct page_table *view_machine_keys(const struct view *v)
{
	static const struct page_column columns[] = {{"Key", "key", UNIT_CODE},
						     {"Value", "value", UNIT_CODE}};
	struct machine_keys m = {
		.view = v,
		.table = view_table(v, &(struct page_table){.id = "machine",
							    .caption = "Keys of the machine",
							    VIEW_COLUMNS(columns),
							    .folded = true}),
	};

	put_keys(&m, "", view_at(v, "machine"));
	return m.table;
}

void view_machine(const struct view *v)
{
	page_section(v->page, v->level, "The machine");
	page_say(v->page, BLOCK_NOTE,
		 page_text(v->page, "%s; result of ioasim %s.",
			   view_arch_title(view_text(v, "machine.arch")), view_text(v, "version")));
	page_table(v->page, view_machine_keys(v));
}

void view_counters(const struct view *v)
{
	static const struct page_column columns[] = {{"Counter", "counter", UNIT_CODE},
						     {"Value", "value", UNIT_COUNT}};
	struct page_table *table = view_table(
		v, &(struct page_table){.id = "counters",
					.caption = "Under the names of performance counters",
					VIEW_COLUMNS(columns),
					.folded = true});
	const json_t *counters = view_at(v, "counters");
	const char *key;
	json_t *value;

	if (!counters)
		return;
	page_section(v->page, v->level, "Counters");
	page_say(v->page, BLOCK_NOTE,
		 "What the tools for real machines would have counted, under their names.");
	json_object_foreach ((json_t *)counters, key, value) {
		struct page_cell *row = page_row(v->page, table);

		row[0].text = key;
		row[1].amount = view_number(value);
	}
	page_table(v->page, table);
}
