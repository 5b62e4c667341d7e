/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts as inline SVG. All places are integers, in tenths of a pixel, so that a chart
 * is the same byte for byte on every machine. Colours and patterns are classes of the
 * page's style sheet, which knows light, dark and paper.
 */
#ifndef SIM_CHART_H
#define SIM_CHART_H

#include "page.h"

#include <stdio.h>

#define CHART_WIDTH  5600
#define CHART_WIDE   11200 /* of those that are so */
#define CHART_SERIES 8 /* fills and dashes that the style sheet has */
#define CHART_ROWS   32 /* bars that are drawn; the table has the others */

struct chart_box {
	int x, y, width, height;
};

/* What all parts of one chart know. */
struct chart_drawing {
	const struct page_chart *chart;
	FILE *stream;
	size_t rows; /* that are drawn */
};

int chart_width(const struct page_chart *chart);
void chart_begin(const struct chart_drawing *d, unsigned id, int height);
void chart_end(const struct chart_drawing *d);

void chart_rect(const struct chart_drawing *d, const struct chart_box *box, const char *class);
/* The same with "row, column: amount" where a pointer rests on it. */
void chart_rect_cell(const struct chart_drawing *d, const struct chart_box *box, const char *class,
		     size_t row, size_t column);
void chart_line(const struct chart_drawing *d, const struct chart_box *box, const char *class);

/* `class` is one of the style sheet's: "l" label, "r" right-aligned, "m" in the middle. */
struct chart_place {
	int x, y;
	const char *class;
	size_t most; /* characters; 0: all */
};
void chart_text(const struct chart_drawing *d, struct chart_place place, const char *text);

/* Swatches and names of the columns that are drawn; returns the height of all lines. */
int chart_legend(const struct chart_drawing *d, const char *swatch);
int chart_legend_height(const struct page_chart *chart);

/* ---- Scales --------------------------------------------------------------------------- */

/* The amount of a cell as the chart writes it, in the unit of its column. */
struct amount_text chart_value(const struct page_chart *chart, size_t row, size_t column);

/* Largest amount of these columns. */
struct amount chart_most(const struct chart_drawing *d, size_t first, size_t count);

/* 1, 2 or 5 times a power of ten, such that 2 to 5 of them reach `most`. */
struct amount chart_step(struct amount most);

/* At most five characters: "25.7k". */
struct amount_text chart_compact(struct amount a);

/* The ends of an upright axis: amounts at the lower and the upper edge of a box. */
struct chart_ends {
	struct amount least, most;
};

/* Horizontal lines with their amounts on the left. */
void chart_grid(const struct chart_drawing *d, const struct chart_box *box,
		const struct chart_ends *ends, const struct page_scale *scale);

/* ---- Kinds ------------------------------------------------------------------------------ */

void chart_bars(const struct chart_drawing *d, unsigned id);
void chart_stack(const struct chart_drawing *d, unsigned id);
void chart_columns(const struct chart_drawing *d, unsigned id);
void chart_lines(const struct chart_drawing *d, unsigned id);
void chart_heat(const struct chart_drawing *d, unsigned id);

#endif
