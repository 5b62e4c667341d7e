/* SPDX-License-Identifier: Apache-2.0 */
#include "page_book.h"

bool book_taken(const struct book *book, const struct book_range *range)
{
	for (unsigned i = range->first; i < range->first + range->count; i++)
		if (book->unit[range->window][i].access)
			return true;
	return false;
}

/* The largest leaf around unit i that lies in units [first, last], whose addresses
 * and PAs are aligned alike. */
static uint8_t leaf_size(const struct book *book, unsigned window, unsigned i, unsigned first,
			 unsigned last)
{
	uint64_t low = book_address(book, window, first);
	uint64_t high = book_address(book, window, last) +
			((UINT64_C(1) << book->row->window[window].unit_lg2) - 1);
	uint64_t at = book_address(book, window, i);

	for (unsigned lg2 = 63; lg2 >= book->row->window[window].unit_lg2; lg2--) {
		uint64_t offsets = (UINT64_C(1) << lg2) - 1;

		if (book->row->sizes >> lg2 & 1 && (at & ~offsets) >= low &&
		    (at | offsets) <= high &&
		    (book->unit[window][i].pa & offsets) == (at & offsets))
			return (uint8_t)lg2;
	}
	fail_msg("no leaf fits at %#llx", (unsigned long long)at);
	return 0;
}

static void sizes_set(struct book *book, unsigned window, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		book->unit[window][i].size_lg2 = leaf_size(book, window, i, first, last);
}

void book_map(struct book *book, const struct book_range *range, uint64_t pa, unsigned access)
{
	unsigned last = range->first + range->count - 1;

	/* What cannot be told apart is widened. */
	if (book->row->kind == PAGE_KIND_HINTED)
		access |= IOASIM_READ;
	for (unsigned i = range->first; i <= last; i++) {
		struct book_unit *unit = &book->unit[range->window][i];

		unit->access = (uint8_t)access;
		unit->pa = pa + ((uint64_t)(i - range->first)
				 << book->row->window[range->window].unit_lg2);
	}
	sizes_set(book, range->window, range->first, last);
}

static void changed(struct book_unmapped *what, uint64_t first, uint64_t last, unsigned size_lg2)
{
	if (what->first > what->last) {
		what->first = first;
		what->last = last;
	}
	what->first = first < what->first ? first : what->first;
	what->last = last > what->last ? last : what->last;
	what->sizes |= UINT64_C(1) << size_lg2;
}

void book_split(struct book *book, unsigned window, unsigned i, struct book_unmapped *what)
{
	unsigned unit_lg2 = book->row->window[window].unit_lg2, first, count;
	const struct book_unit *unit;

	if (i >= BOOK_UNITS)
		return;
	unit = &book->unit[window][i];
	count = unit->access ? 1u << (unit->size_lg2 - unit_lg2) : 1;
	/* Windows begin at multiples of the largest leaf that fits into one. */
	first = i - (unsigned)(book_address(book, window, i) >> unit_lg2 & (count - 1));
	if (first == i)
		return;
	changed(what, book_address(book, window, first),
		book_address(book, window, first) + ((UINT64_C(1) << unit->size_lg2) - 1),
		unit->size_lg2);
	sizes_set(book, window, first, i - 1);
	sizes_set(book, window, i, first + count - 1);
}

void book_unmap(struct book *book, const struct book_range *range, struct book_unmapped *what)
{
	unsigned unit_lg2 = book->row->window[range->window].unit_lg2;

	book_split(book, range->window, range->first, what);
	book_split(book, range->window, range->first + range->count, what);
	for (unsigned i = range->first; i < range->first + range->count; i++) {
		struct book_unit *unit = &book->unit[range->window][i];
		uint64_t at = book_address(book, range->window, i);

		if (!unit->access)
			continue;
		changed(what, at, at + ((UINT64_C(1) << unit_lg2) - 1), unit->size_lg2);
		what->bytes += UINT64_C(1) << unit_lg2;
		memset(unit, 0, sizeof(*unit));
	}
}

void book_draw(uint64_t *random, struct book_range *range)
{
	unsigned align = 1u << page_draw(random) % 12;

	range->window = (unsigned)(page_draw(random) % PAGE_WINDOWS);
	range->first = (unsigned)(page_draw(random) % BOOK_UNITS);
	range->count = 1 + (unsigned)(page_draw(random) % 700);
	switch (page_draw(random) % 4) {
	case 0:
		range->first &= ~(align - 1);
		range->count = align * (1 + (unsigned)(page_draw(random) % 3));
		break;
	case 1:
		range->count = 1 + (unsigned)(page_draw(random) % 20);
		break;
	case 2:
		range->first &= ~(align - 1);
		break;
	default:
		break;
	}
	if (range->count > BOOK_UNITS - range->first)
		range->count = BOOK_UNITS - range->first;
}

uint64_t book_draw_pa(const struct book *book, const struct book_range *range, uint64_t *random)
{
	unsigned unit_lg2 = book->row->window[range->window].unit_lg2;
	uint64_t first = book_address(book, range->window, range->first);
	uint64_t limit = UINT64_C(1) << (unit_lg2 < 30 ? 46 : 51);
	uint64_t pa = page_draw(random) % limit & ~((UINT64_C(1) << unit_lg2) - 1);

	if (page_draw(random) % 2) /* alike below 2^(unit + 11) */
		pa = (pa & ~((UINT64_C(1) << (unit_lg2 + 11)) - 1)) |
		     (first & ((UINT64_C(1) << (unit_lg2 + 11)) - 1));
	return pa;
}

void book_compare(const struct book *book, struct ioasim_memory *memory, ioasim_pa_t root,
		  unsigned window, unsigned i)
{
	const struct book_unit *unit = &book->unit[window][i];
	struct page_found found;

	page_walk_test(memory, book->row, root, book_address(book, window, i) + 0x123, &found);
	assert_int_equal(found.size_lg2 != 0, unit->access != 0);
	if (!unit->access)
		return;
	assert_int_equal(found.pa, unit->pa + 0x123);
	assert_int_equal(found.access, unit->access);
	assert_int_equal(found.size_lg2, unit->size_lg2);
	assert_int_equal(found.written, unit->written);
}

void book_compare_all(const struct book *book, struct ioasim_memory *memory, ioasim_pa_t root)
{
	for (unsigned window = 0; window < PAGE_WINDOWS; window++)
		for (unsigned i = 0; i < BOOK_UNITS; i++)
			book_compare(book, memory, root, window, i);
}
