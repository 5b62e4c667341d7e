/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report says, before it is written: sections of notes, tables and charts. A
 * chart is another view of a table and cannot be without one. The same page is written
 * as HTML (html.h) and as CSV (page_csv.c).
 *
 * Everything lies in one arena. Where memory is short `failed` is set, what is added
 * from then on is dropped, and the page is not to be written.
 */
#ifndef SIM_PAGE_H
#define SIM_PAGE_H

#include "amount.h"
#include "arena.h"

#include <stdio.h>

/* What a column (or a row) measures. */
enum page_unit {
	UNIT_TEXT,
	UNIT_CODE, /* text as it is typed: keys, addresses */
	UNIT_COUNT,
	UNIT_NS, /* people get it in ns, us, ms or s, as it suits the column */
	UNIT_BYTES,
	UNIT_PERCENT,
	UNIT_RATIO, /* of two counts, three digits */
	UNIT_CHANGE, /* in per cent, with its sign */
};

struct page_column {
	const char *title; /* for people, without the unit */
	const char *key; /* for programs */
	uint8_t unit; /* enum page_unit */
};

/* Text, an amount, or (zeroed) nothing. */
struct page_cell {
	const char *text;
	struct amount amount;
	bool cost; /* of a change: more of it is worse */
};

#define PAGE_COLUMNS 160 /* of a table, at most */

struct page_table {
	const char *id; /* of the kind of table, the same for every result; NULL: a part of
			 * another one, which the CSV leaves out */
	const char *caption;
	const char *result; /* name of the result that it is of; "": of all */
	const struct page_column *column;
	size_t columns;
	struct page_cell *cell; /* by row */
	uint8_t *row_unit; /* by row, where by_row */
	size_t rows, rows_room;
	bool by_row; /* rows have units, the columns of numbers have not */
	bool folded; /* the page shows it when it is asked for */
};

enum chart_kind {
	CHART_BARS, /* a bar a row; a panel a column, each with a scale of its own */
	CHART_STACK, /* a bar a row, divided by columns */
	CHART_SHARES, /* the same, all bars of one length */
	CHART_COLUMNS, /* rows from left to right; a panel a column */
	CHART_LINES, /* rows from left to right; a line a column */
	CHART_HEAT, /* a cell of the table is a cell of the map */
};

/* Column 0 of the table has the names of rows. */
struct page_chart {
	uint8_t kind; /* enum chart_kind */
	const char *title, *about; /* what it shows; how it is read */
	const struct page_table *table;
	size_t first, count; /* columns that are drawn */
	const char *x_title; /* CHART_COLUMNS, LINES, HEAT */
	const char *y_title; /* CHART_HEAT */
	bool log_x, log_y; /* CHART_LINES */
	struct amount mark; /* CHART_LINES: a place on the x axis that is named */
	const char *mark_title;
	bool shown; /* the table stands below the chart, not behind it */
	bool wide; /* CHART_COLUMNS: twice as wide */
	struct amount most; /* CHART_HEAT, LINES: the scale's ends, where charts share one */
	struct amount least;
};

struct page_card {
	const char *title, *value, *about;
	bool bad; /* something is not as it should be */
};

enum page_block_kind {
	BLOCK_NOTE,
	BLOCK_ABSENT,
	BLOCK_WARNING,
	BLOCK_CARDS,
	BLOCK_TABLE,
	BLOCK_CHART
};

struct page_block {
	uint8_t kind; /* enum page_block_kind */
	const char *text; /* BLOCK_NOTE, ABSENT, WARNING */
	const struct page_card *card;
	size_t cards;
	const struct page_table *table;
	const struct page_chart *chart;
	struct page_block *next;
};

struct page_section {
	const char *title;
	unsigned level; /* of its heading: 2 or 3 */
	struct page_block *first, **last;
	struct page_section *next;
};

struct page {
	struct arena arena;
	bool failed;
	const char *title, *about;
	struct page_section *first, **last;
	struct page_section *section; /* the one that grows */
	struct page_table spare; /* what is built where memory is short */
	struct page_cell spare_row[PAGE_COLUMNS];
};

void page_init(struct page *page);
void page_fini(struct page *page);

/* Text in the page's memory; "" where there is none. */
__attribute__((format(printf, 2, 3))) const char *page_text(struct page *page, const char *format,
							    ...);

/* Texts that are handed to these live as long as the page, by page_text() or static. */
void page_section(struct page *page, unsigned level, const char *title);
void page_say(struct page *page, enum page_block_kind kind, const char *text);
void page_cards(struct page *page, const struct page_card *card, size_t cards);
void page_table(struct page *page, const struct page_table *table);
void page_chart(struct page *page, const struct page_chart *chart);

/* A new table with these columns (copied); never NULL: a spare one if memory is short. */
struct page_table *page_table_new(struct page *page, const struct page_table *like);

/* Appends an empty row and returns its cells. Never NULL; valid until the next one. */
struct page_cell *page_row(struct page *page, struct page_table *table);

/* The same of a table whose rows have units. */
struct page_cell *page_row_by(struct page *page, struct page_table *table, enum page_unit unit,
			      const char *name);

/* ---- Units ------------------------------------------------------------------------------ */

/* How people read amounts of a unit: "us" is 1,000 ns. */
struct page_scale {
	const char *name; /* "" for counts */
	uint64_t per;
	unsigned digits; /* shown behind the point */
};

/* One under which `most` has at least `whole` in front of the point, and no larger. */
struct page_scale page_scale(enum page_unit unit, struct amount most, uint32_t whole);
/* Of a column of a table, or of a row. */
struct page_scale page_scale_of(const struct page_table *table, size_t row, size_t column);

struct amount_text page_amount(struct amount a, const struct page_scale *scale);
/* With its unit behind it, on a scale of its own: "12.7 ms". */
struct amount_text page_amount_of(struct amount a, enum page_unit unit);
/* As the name of something: in the largest unit that is not larger, "2 MiB". */
struct amount_text page_amount_label(struct amount a, enum page_unit unit);

static inline bool page_unit_is_text(unsigned unit)
{
	return unit <= UNIT_CODE;
}

static inline const struct page_cell *page_cell(const struct page_table *table, size_t row,
						size_t column)
{
	return &table->cell[row * table->columns + column];
}

/* The name of a row or, where it is an amount, its text. Lies in `buffer` or in the page. */
const char *page_label(const struct page_table *table, size_t row, struct amount_text *buffer);

/* All tables as one CSV: a line is a cell. Errors of the stream stay in it. */
void page_print_csv(const struct page *page, FILE *stream);
bool page_has_table(const struct page *page, const char *id);
/* One kind of table, a line a row, the tables of all results below each other. */
void page_print_csv_table(const struct page *page, const char *id, FILE *stream);

#endif
