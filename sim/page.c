/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void page_init(struct page *page)
{
	memset(page, 0, sizeof(*page));
	page->last = &page->first;
	page->title = page->about = "";
}

void page_fini(struct page *page)
{
	arena_free(&page->arena);
}

static void *get(struct page *page, size_t count, size_t size)
{
	void *memory = page->failed ? NULL : arena_get(&page->arena, count, size);

	if (memory)
		memset(memory, 0, count * size);
	else
		page->failed = true;
	return memory;
}

const char *page_text(struct page *page, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length >= 0)
		text = get(page, (size_t)length + 1, 1);
	if (!text)
		return "";
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

/* ---- Sections and blocks ------------------------------------------------------------- */

void page_section(struct page *page, unsigned level, const char *title)
{
	struct page_section *section = get(page, 1, sizeof(*section));

	if (!section)
		return;
	section->title = title;
	section->level = level;
	section->last = &section->first;
	*page->last = section;
	page->last = &section->next;
	page->section = section;
}

static struct page_block *add_block(struct page *page, enum page_block_kind kind)
{
	struct page_block *block = get(page, 1, sizeof(*block));

	if (!block || !page->section)
		return NULL;
	block->kind = (uint8_t)kind;
	*page->section->last = block;
	page->section->last = &block->next;
	return block;
}

void page_say(struct page *page, enum page_block_kind kind, const char *text)
{
	struct page_block *block = add_block(page, kind);

	if (block)
		block->text = text;
}

void page_cards(struct page *page, const struct page_card *card, size_t cards)
{
	struct page_card *copy = get(page, cards, sizeof(*copy));
	struct page_block *block = copy ? add_block(page, BLOCK_CARDS) : NULL;

	if (!block)
		return;
	memcpy(copy, card, cards * sizeof(*copy));
	block->card = copy;
	block->cards = cards;
}

void page_table(struct page *page, const struct page_table *table)
{
	struct page_block *block = page->failed ? NULL : add_block(page, BLOCK_TABLE);

	if (block)
		block->table = table;
}

void page_chart(struct page *page, const struct page_chart *chart)
{
	struct page_chart *copy = get(page, 1, sizeof(*copy));
	struct page_block *block = copy ? add_block(page, BLOCK_CHART) : NULL;

	if (!block)
		return;
	*copy = *chart;
	block->chart = copy;
}

/* ---- Tables --------------------------------------------------------------------------- */

static struct page_table *spare_table(struct page *page)
{
	page->failed = true;
	return &page->spare;
}

struct page_table *page_table_new(struct page *page, const struct page_table *like)
{
	struct page_table *table = get(page, 1, sizeof(*table));
	struct page_column *column = get(page, like->columns, sizeof(*column));

	if (!table || !column)
		return spare_table(page);
	*table = *like;
	memcpy(column, like->column, like->columns * sizeof(*column));
	table->column = column;
	return table;
}

/* Where memory is short, tables are built in the spare one, which is never shown. */
static bool grow(struct page *page, struct page_table *table)
{
	size_t room = table->rows_room ? table->rows_room * 2 : 8;
	struct page_cell *cell = get(page, room * table->columns, sizeof(*cell));
	uint8_t *unit = get(page, room, sizeof(*unit));

	if (!cell || !unit)
		return false;
	if (table->rows) {
		memcpy(cell, table->cell, table->rows * table->columns * sizeof(*cell));
		memcpy(unit, table->row_unit, table->rows);
	}
	table->cell = cell;
	table->row_unit = unit;
	table->rows_room = room;
	return true;
}

struct page_cell *page_row(struct page *page, struct page_table *table)
{
	if (page->failed || table == &page->spare || table->columns > PAGE_COLUMNS ||
	    (table->rows == table->rows_room && !grow(page, table))) {
		page->failed = true;
		return page->spare_row;
	}
	return &table->cell[table->rows++ * table->columns];
}

struct page_cell *page_row_by(struct page *page, struct page_table *table, enum page_unit unit,
			      const char *name)
{
	struct page_cell *row = page_row(page, table);

	row[0].text = name;
	if (row != page->spare_row)
		table->row_unit[table->rows - 1] = (uint8_t)unit;
	return row;
}

/* ---- Units ------------------------------------------------------------------------------ */

static const struct page_scale of_ns[] = {
	{"s", 1000000000, 1}, {"ms", 1000000, 1}, {"\xc2\xb5s", 1000, 1}, {"ns", 1, 1}};
static const struct page_scale of_bytes[] = {{"TiB", 1ULL << 40, 1},
					     {"GiB", 1 << 30, 1},
					     {"MiB", 1 << 20, 1},
					     {"KiB", 1 << 10, 1},
					     {"bytes", 1, 0}};
static const struct page_scale of_others[] = {
	[UNIT_TEXT] = {"", 1, 0},     [UNIT_CODE] = {"", 1, 0},  [UNIT_COUNT] = {"", 1, 0},
	[UNIT_PERCENT] = {"%", 1, 1}, [UNIT_RATIO] = {"", 1, 3}, [UNIT_CHANGE] = {"%", 1, 1},
};

static struct page_scale fitting(const struct page_scale *scale, struct amount most, uint32_t whole)
{
	while (scale->per > 1 && most.milli < (__int128)scale->per * 1000 * whole)
		scale++;
	return *scale;
}

struct page_scale page_scale(enum page_unit unit, struct amount most, uint32_t whole)
{
	if (unit == UNIT_NS)
		return fitting(of_ns, most, whole);
	if (unit == UNIT_BYTES)
		return fitting(of_bytes, most, whole);
	return of_others[unit];
}

/* What are whole numbers of the unit needs no digits behind the point. */
static void drop_digits(struct page_scale *scale, enum page_unit unit, bool fraction)
{
	if (unit == UNIT_NS || unit == UNIT_BYTES || unit == UNIT_COUNT)
		scale->digits = fraction;
}

static bool is_whole(struct amount a, const struct page_scale *scale)
{
	return a.milli % ((__int128)scale->per * 1000) == 0;
}

/* Scale of amounts that stand together: `count` cells, `step` from one to the next. */
static struct page_scale common(const struct page_cell *cell, size_t count, size_t step,
				enum page_unit unit)
{
	struct amount most = {0};
	struct page_scale scale;
	bool fraction = false;

	for (size_t i = 0; i < count; i++)
		most = amount_max(most, cell[i * step].amount);
	scale = page_scale(unit, most, 1000);
	for (size_t i = 0; i < count; i++)
		fraction |= !is_whole(cell[i * step].amount, &scale);
	drop_digits(&scale, unit, fraction);
	return scale;
}

/* Beside the amounts of a row with units stand changes in per cent. */
static struct page_scale of_row(const struct page_table *table, size_t row)
{
	enum page_unit unit = table->row_unit[row];
	struct amount most = {0};
	struct page_scale scale;
	bool fraction = false;

	for (size_t i = 1; i < table->columns; i++)
		if (table->column[i].unit != UNIT_CHANGE)
			most = amount_max(most, page_cell(table, row, i)->amount);
	scale = page_scale(unit, most, 1000);
	for (size_t i = 1; i < table->columns; i++)
		if (table->column[i].unit != UNIT_CHANGE)
			fraction |= !is_whole(page_cell(table, row, i)->amount, &scale);
	drop_digits(&scale, unit, fraction);
	return scale;
}

struct page_scale page_scale_of(const struct page_table *table, size_t row, size_t column)
{
	if (table->by_row)
		return of_row(table, row);
	return common(&table->cell[column], table->rows, table->columns,
		      table->column[column].unit);
}

struct amount_text page_amount(struct amount a, const struct page_scale *scale)
{
	return amount_text(scale->per > 1 ? amount_ratio(a, amount_of(scale->per), 1) : a,
			   scale->digits);
}

static struct amount_text with_unit(struct amount a, struct page_scale scale, enum page_unit unit)
{
	struct amount_text text;
	size_t length;

	drop_digits(&scale, unit, !is_whole(a, &scale));
	text = page_amount(a, &scale);
	length = strlen(text.s);
	if (length && *scale.name)
		snprintf(text.s + length, sizeof(text.s) - length, "\xc2\xa0%s", scale.name);
	return text;
}

struct amount_text page_amount_of(struct amount a, enum page_unit unit)
{
	return with_unit(a, page_scale(unit, a, 10), unit);
}

struct amount_text page_amount_label(struct amount a, enum page_unit unit)
{
	return with_unit(a, page_scale(unit, a, 1), unit);
}

const char *page_label(const struct page_table *table, size_t row, struct amount_text *buffer)
{
	const struct page_cell *cell = page_cell(table, row, 0);

	if (cell->text)
		return cell->text;
	*buffer = page_amount_label(cell->amount, table->column[0].unit);
	return buffer->s;
}
