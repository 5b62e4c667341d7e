/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: units in the headings, headings tied to cells by scope, long ones cut. */
#include "html.h"

#include <inttypes.h>
#include <string.h>

/* Rows, and characters of a text, that the page shows; the CSV has the rest. */
#define ROWS_SHOWN 300
#define TEXT_SHOWN 160

static bool is_number(const struct page_table *table, size_t column)
{
	return column ? table->by_row || !page_unit_is_text(table->column[column].unit)
		      : !page_unit_is_text(table->column[0].unit);
}

/* A column that no row has anything in is left out. */
static bool is_empty(const struct page_table *table, size_t column)
{
	for (size_t row = 0; row < table->rows; row++)
		if (page_cell(table, row, column)->text ||
		    page_cell(table, row, column)->amount.given)
			return false;
	return true;
}

/* " (us)"; the unit of a change goes without saying. */
static void put_unit(const struct page_scale *scale, enum page_unit unit, FILE *stream)
{
	if (*scale->name && unit != UNIT_CHANGE)
		fprintf(stream, " <span class=\"u\">(%s)</span>", scale->name);
}

static void put_heading(const struct page_table *table, size_t column, FILE *stream)
{
	fprintf(stream, "<th scope=\"col\"%s>", is_number(table, column) ? " class=\"n\"" : "");
	html_text_cut(table->column[column].title, TEXT_SHOWN, stream);
	if (!table->by_row && !page_unit_is_text(table->column[column].unit) && table->rows) {
		struct page_scale scale = page_scale_of(table, 0, column);

		put_unit(&scale, table->column[column].unit, stream);
	}
	fputs("</th>", stream);
}

/* More and less are told by the sign; colour only repeats it, for what shows in a tenth. */
static const char *class_of_change(const struct page_cell *cell)
{
	if (!cell->cost || (cell->amount.milli < 50 && cell->amount.milli > -50))
		return "n c";
	return cell->amount.milli > 0 ? "n c more" : "n c less";
}

static void put_amount(const struct page_cell *cell, const struct page_scale *scale,
		       enum page_unit unit, FILE *stream)
{
	if (unit == UNIT_CHANGE && cell->amount.milli > 0)
		fputc('+', stream);
	if (cell->amount.given)
		fputs(page_amount(cell->amount, scale).s, stream);
	if (unit == UNIT_CHANGE && cell->amount.given)
		fputs("\xc2\xa0%", stream);
}

static void put_text(const char *text, enum page_unit unit, FILE *stream)
{
	fputs(unit == UNIT_CODE ? "<code>" : "", stream);
	html_text_cut(text, TEXT_SHOWN, stream);
	fputs(unit == UNIT_CODE ? "</code>" : "", stream);
}

static void put_name(const struct page_table *table, size_t row, FILE *stream)
{
	const struct page_cell *cell = page_cell(table, row, 0);

	fprintf(stream, "<th scope=\"row\"%s>", is_number(table, 0) ? " class=\"n\"" : "");
	if (cell->text) {
		put_text(cell->text, table->column[0].unit, stream);
	} else {
		struct page_scale scale = page_scale_of(table, row, 0);

		put_amount(cell, &scale, table->column[0].unit, stream);
	}
	if (table->by_row) {
		struct page_scale scale = page_scale_of(table, row, 1);

		put_unit(&scale, table->row_unit[row], stream);
	}
	fputs("</th>", stream);
}

static void put_cell(const struct page_table *table, size_t row, size_t column,
		     const struct page_scale *scales, FILE *stream)
{
	const struct page_cell *cell = page_cell(table, row, column);
	enum page_unit unit = table->column[column].unit;
	struct page_scale scale = scales[column];

	if (table->by_row && unit != UNIT_CHANGE) {
		unit = table->row_unit[row];
		scale = page_scale_of(table, row, column);
	}
	if (unit == UNIT_CHANGE)
		fprintf(stream, "<td class=\"%s\">", class_of_change(cell));
	else
		fputs(is_number(table, column) ? "<td class=\"n\">" : "<td>", stream);
	if (cell->text)
		put_text(cell->text, unit, stream);
	else
		put_amount(cell, &scale, unit, stream);
	fputs("</td>", stream);
}

static void put_rows(const struct page_table *table, const bool *hidden, FILE *stream)
{
	struct page_scale scales[PAGE_COLUMNS] = {{.name = ""}};

	for (size_t i = 1; i < table->columns; i++) {
		if (!table->by_row)
			scales[i] = page_scale_of(table, 0, i);
		else if (table->column[i].unit == UNIT_CHANGE)
			scales[i] = page_scale(UNIT_CHANGE, amount_of(0), 1);
	}
	for (size_t row = 0; row < table->rows && row < ROWS_SHOWN; row++) {
		fputs("<tr>", stream);
		put_name(table, row, stream);
		for (size_t column = 1; column < table->columns; column++)
			if (!hidden[column])
				put_cell(table, row, column, scales, stream);
		fputs("</tr>\n", stream);
	}
}

void html_table(const struct page_table *table, FILE *stream)
{
	bool hidden[PAGE_COLUMNS] = {false};

	fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", stream);
	html_text_cut(table->caption, TEXT_SHOWN, stream);
	fputs("\"><table><caption>", stream);
	html_text_cut(table->caption, TEXT_SHOWN, stream);
	fputs("</caption>\n<thead><tr>", stream);
	for (size_t column = 0; column < table->columns; column++)
		if (!(hidden[column] = column && is_empty(table, column)))
			put_heading(table, column, stream);
	fputs("</tr></thead>\n<tbody>\n", stream);
	put_rows(table, hidden, stream);
	fputs("</tbody></table></div>\n", stream);
	if (table->rows > ROWS_SHOWN)
		fprintf(stream,
			"<p class=\"note\">The first %d of %s rows; <code>--format csv</code> "
			"has all of them.</p>\n",
			ROWS_SHOWN, amount_text(amount_of(table->rows), 0).s);
}
