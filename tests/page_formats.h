/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats of page tables for the tests of what drivers share: one item a leaf, runs
 * with a hint (as AArch64's contiguous entries), runs of equal words that code their
 * size in the address (as AMD's v1 tables); with pages of 4, 16 and 64 KiB and roots
 * smaller and larger than a table. And a walk of such tables that shares nothing with
 * the code under test.
 */
#ifndef TESTS_PAGE_FORMATS_H
#define TESTS_PAGE_FORMATS_H

#include "model/page_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum page_kind { PAGE_KIND_PLAIN, PAGE_KIND_HINTED, PAGE_KIND_REPLICAS };

#define PAGE_WINDOWS 2u

/* Of an item, in all formats: the page was written. */
#define PAGE_MARK (UINT64_C(1) << 58)

struct page_row {
	const char *name;
	enum page_kind kind;
	uint8_t page_lg2, levels, root_lg2, input_bits;
	uint64_t sizes;
	/* Where random ranges lie, and the unit of their borders. */
	struct {
		uint64_t base;
		uint8_t unit_lg2;
	} window[PAGE_WINDOWS];
};

#define PAGE_ROWS 9u
extern const struct page_row page_rows[PAGE_ROWS];

/* The members that belong to the tree's owner, but `pool` and `stats`. */
void page_row_setup(const struct page_row *row, struct page_table *table);

struct page_found {
	unsigned size_lg2; /* 0: not mapped */
	uint64_t pa; /* of the address itself */
	unsigned access;
	bool written; /* any item of it has PAGE_MARK */
	uint64_t item[PAGE_TABLE_LEVELS]; /* what was read, by level */
	uint64_t at[PAGE_TABLE_LEVELS]; /* and where */
	unsigned low; /* the lowest of them */
};

/* Walks to an address; fails the test where a run is not what it should be. */
void page_walk_test(struct ioasim_memory *memory, const struct page_row *row, ioasim_pa_t root,
		    uint64_t address, struct page_found *found);

/* The same without any check, as far as memory can be read: for damaged tables. */
void page_path_test(struct ioasim_memory *memory, const struct page_row *row, ioasim_pa_t root,
		    uint64_t address, struct page_found *found);

/* Pages of 4 KiB in the tables that can be reached, the root's among them. */
uint32_t page_count_test(struct ioasim_memory *memory, const struct page_row *row,
			 ioasim_pa_t root);

static inline uint64_t page_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t value = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%llu\n", (unsigned long long)value);
	return value * 2 + 1;
}

static inline uint64_t page_draw(uint64_t *state)
{
	*state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
	return *state;
}

#endif
