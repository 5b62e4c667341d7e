/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include "model/arch.h"

#include <string.h>

/* ---- Reading -------------------------------------------------------------------------------- */

const json_t *view_at(const struct view *view, const char *path)
{
	return points_path(view->file->json, path);
}

struct amount view_number(const json_t *json)
{
	struct amount amount;

	(void)amount_read(json, &amount);
	return amount;
}

struct amount view_amount(const struct view *view, const char *path)
{
	return view_number(view_at(view, path));
}

const char *view_text(const struct view *view, const char *path)
{
	const char *text = json_string_value(view_at(view, path));

	return text ? text : "";
}

struct amount view_sum(const json_t *object)
{
	struct amount sum = {.given = false};
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value)
		sum = amount_add(sum, view_number(value));
	return sum;
}

struct amount view_entries(const struct view *view, const char *cache)
{
	const json_t *machine = json_object_get(view_at(view, "machine.caches"), cache);

	return view_number(json_object_get(machine, "entries"));
}

const char *view_arch_title(const char *arch)
{
	const struct ioasim_arch *known = arch_find(arch);

	return known ? known->title : arch;
}

const char *view_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool view_has_events(const struct view *view)
{
	return strcmp(view_text(view, "time.model"), "events") == 0;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

const char *view_rate(struct page *page, struct amount part, struct amount whole)
{
	struct amount rate = amount_ratio(part, whole, 100);

	return page_text(page, "%s%s%s of %s%s", amount_text(rate, 1).s,
			 rate.given ? "\xc2\xa0% (" : "", amount_text(part, 0).s,
			 amount_text(whole, 0).s, rate.given ? ")" : "");
}

const char *view_counted(struct page *page, struct amount count, const char *noun)
{
	const char *plural = noun[strlen(noun) - 1] == 's' ? "es" : "s";

	return page_text(page, "%s %s%s", amount_text(count, 0).s, noun,
			 count.milli == 1000 ? "" : plural);
}

struct page_table *view_table(const struct view *view, const struct page_table *like)
{
	struct page_table *table = page_table_new(view->page, like);

	table->result = view->name;
	return table;
}

void view_fill(const struct page_table *table, struct page_cell *row, const json_t *object)
{
	for (size_t i = 1; i < table->columns; i++) {
		const json_t *value = json_object_get(object, table->column[i].key);

		if (value)
			row[i].amount = view_number(value);
	}
}

/* Text or a number, by what it is. */
static void fill_any(struct page_cell *cell, const json_t *value)
{
	if (json_is_string(value))
		cell->text = json_string_value(value);
	else
		cell->amount = view_number(value);
}

void view_list(const struct view *view, struct page_table *table, const json_t *list)
{
	json_t *element;
	size_t i;

	json_array_foreach (list, i, element) {
		struct page_cell *row = page_row(view->page, table);

		for (size_t c = 0; c < table->columns; c++)
			fill_any(&row[c], json_object_get(element, table->column[c].key));
	}
}

void view_absent(struct view *view, const char *what, const char *option)
{
	if (view->absents < VIEW_ABSENT)
		view->absent[view->absents++] =
			page_text(view->page, "%s: `ioasim replay %s` gives them.", what, option);
}

void view_put_absent(const struct view *view)
{
	if (!view->absents)
		return;
	page_section(view->page, view->level, "Not in this result");
	for (size_t i = 0; i < view->absents; i++)
		page_say(view->page, BLOCK_ABSENT, view->absent[i]);
}
