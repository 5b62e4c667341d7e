/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page as CSV (RFC 4180): every cell of every table in a line of its own, so that the
 * columns are the same for every page; or one kind of table as it stands. Amounts are in
 * the base unit (ns, bytes, per cent), without thousands.
 */
#include "page.h"

#include <string.h>

static void put_text(const char *text, FILE *stream)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, stream);
		return;
	}
	fputc('"', stream);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', stream);
		fputc(*text, stream);
	}
	fputc('"', stream);
}

static void put_cell(const struct page_cell *cell, FILE *stream)
{
	if (cell->text)
		put_text(cell->text, stream);
	else
		fputs(amount_plain(cell->amount).s, stream);
}

static const char *unit_of(const struct page_table *table, size_t row, size_t column)
{
	static const char *const names[] = {
		[UNIT_TEXT] = "",       [UNIT_CODE] = "",          [UNIT_COUNT] = "count",
		[UNIT_NS] = "ns",       [UNIT_BYTES] = "bytes",    [UNIT_PERCENT] = "percent",
		[UNIT_RATIO] = "ratio", [UNIT_CHANGE] = "percent",
	};
	unsigned unit = table->column[column].unit;

	if (table->by_row && column && unit != UNIT_CHANGE)
		unit = table->row_unit[row];
	return names[unit];
}

/* ---- Every table -------------------------------------------------------------------- */

static void put_row(const struct page_table *table, size_t row, FILE *stream)
{
	for (size_t column = 1; column < table->columns; column++) {
		const struct page_cell *cell = page_cell(table, row, column);

		if (!cell->text && !cell->amount.given)
			continue;
		put_text(table->result, stream);
		fprintf(stream, ",%s,%zu,", table->id, row + 1);
		put_cell(page_cell(table, row, 0), stream);
		fputc(',', stream);
		put_text(table->column[column].key, stream);
		fputc(',', stream);
		put_cell(cell, stream);
		fprintf(stream, ",%s\n", unit_of(table, row, column));
	}
}

static const struct page_table *table_of(const struct page_block *block)
{
	return block->kind == BLOCK_CHART ? block->chart->table : block->table;
}

/* The table of this block, NULL if it has none of its own or a chart before it had the same. */
static const struct page_table *new_table(const struct page_section *section,
					  const struct page_block *block)
{
	const struct page_table *table = table_of(block);

	if (table && !table->id)
		return NULL;
	for (const struct page_block *b = section->first; table && b != block; b = b->next)
		if (table_of(b) == table)
			return NULL;
	return table;
}

void page_print_csv(const struct page *page, FILE *stream)
{
	fputs("result,table,row,name,column,value,unit\n", stream);
	for (const struct page_section *s = page->first; s; s = s->next) {
		for (const struct page_block *b = s->first; b; b = b->next) {
			const struct page_table *table = new_table(s, b);

			for (size_t row = 0; table && row < table->rows; row++)
				put_row(table, row, stream);
		}
	}
}

/* ---- One kind of table ---------------------------------------------------------------- */

static void put_heading(const struct page_table *table, FILE *stream)
{
	fputs("result", stream);
	for (size_t i = 0; i < table->columns; i++) {
		fputc(',', stream);
		put_text(table->column[i].key, stream);
	}
	fputs(table->by_row ? ",unit\n" : "\n", stream);
}

static void put_lines(const struct page_table *table, FILE *stream)
{
	for (size_t row = 0; row < table->rows; row++) {
		put_text(table->result, stream);
		for (size_t column = 0; column < table->columns; column++) {
			fputc(',', stream);
			put_cell(page_cell(table, row, column), stream);
		}
		if (table->by_row)
			fprintf(stream, ",%s", unit_of(table, row, 1));
		fputc('\n', stream);
	}
}

static bool same_columns(const struct page_table *a, const struct page_table *b)
{
	if (a->columns != b->columns)
		return false;
	for (size_t i = 0; i < a->columns; i++)
		if (strcmp(a->column[i].key, b->column[i].key) != 0)
			return false;
	return true;
}

/* The next table of this kind behind `after` (NULL: from the beginning); NULL if none. */
static const struct page_table *next_table(const struct page *page, const char *id,
					   const struct page_table *after)
{
	bool behind = !after;

	for (const struct page_section *s = page->first; s; s = s->next) {
		for (const struct page_block *b = s->first; b; b = b->next) {
			const struct page_table *table = new_table(s, b);

			if (!table || strcmp(table->id, id) != 0)
				continue;
			if (behind)
				return table;
			behind = table == after;
		}
	}
	return NULL;
}

bool page_has_table(const struct page *page, const char *id)
{
	return next_table(page, id, NULL) != NULL;
}

void page_print_csv_table(const struct page *page, const char *id, FILE *stream)
{
	const struct page_table *first = next_table(page, id, NULL);

	if (first)
		put_heading(first, stream);
	for (const struct page_table *t = first; t; t = next_table(page, id, t))
		if (same_columns(first, t))
			put_lines(t, stream);
}
