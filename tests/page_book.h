/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain book of what is mapped in the windows of a page_row, unit by unit: address,
 * rights, and the size of the leaf, which the book finds by trying all.
 */
#ifndef TESTS_PAGE_BOOK_H
#define TESTS_PAGE_BOOK_H

#include "page_formats.h"

#define BOOK_UNITS 4096u

struct book_unit {
	uint64_t pa;
	uint8_t access; /* 0: not mapped */
	uint8_t size_lg2;
	bool written; /* as all of its leaf */
};

struct book {
	const struct page_row *row;
	struct book_unit unit[PAGE_WINDOWS][BOOK_UNITS];
};

/* Units [first, first + count) of a window. */
struct book_range {
	unsigned window, first, count;
};

static inline uint64_t book_address(const struct book *book, unsigned window, unsigned unit)
{
	return book->row->window[window].base +
	       ((uint64_t)unit << book->row->window[window].unit_lg2);
}

static inline uint64_t book_size(const struct book *book, const struct book_range *range)
{
	return (uint64_t)range->count << book->row->window[range->window].unit_lg2;
}

bool book_taken(const struct book *book, const struct book_range *range);
void book_map(struct book *book, const struct book_range *range, uint64_t pa, unsigned access);

struct book_unmapped {
	uint64_t bytes;
	uint64_t first, last; /* of all that changed; first > last: nothing did */
	uint64_t sizes; /* of the leaves that were split or went, bit n for 2^n */
};

/* Splits the leaf that unit `unit` lies in, unless it begins there. */
void book_split(struct book *book, unsigned window, unsigned unit, struct book_unmapped *what);
void book_unmap(struct book *book, const struct book_range *range, struct book_unmapped *what);

/* A range at random: often aligned to large sizes, often small. */
void book_draw(uint64_t *random, struct book_range *range);
/* Where it could be mapped: half of the time aligned as it is. */
uint64_t book_draw_pa(const struct book *book, const struct book_range *range, uint64_t *random);

/* Compares one unit, or all, with the tables. */
void book_compare(const struct book *book, struct ioasim_memory *memory, ioasim_pa_t root,
		  unsigned window, unsigned unit);
void book_compare_all(const struct book *book, struct ioasim_memory *memory, ioasim_pa_t root);

#endif
