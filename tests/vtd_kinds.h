/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mapped page for each kind of translation of VT-d, and every word that leads to
 * it under a name, for tests that change one of them.
 */
#ifndef TESTS_VTD_KINDS_H
#define TESTS_VTD_KINDS_H

#include "vtd_tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define IOVA  UINT64_C(0x123456789000)
#define FRAME UINT64_C(0x7654321000)
#define GUEST UINT64_C(0x5000000000) /* guest physical addresses of first-stage tables */
#define GPA   UINT64_C(0x2345678000) /* of the final page under nesting */
#define R     IOASIM_READ
#define W     IOASIM_WRITE
#define X     IOASIM_EXEC

enum kind { LEGACY, SECOND, FIRST, NESTED, PASS };

struct fixture {
	struct tables t;
	enum kind kind;
	uint64_t ss, fs; /* roots */
	unsigned ss_levels, fs_levels;
};

/* Where a test changes a word. */
enum where {
	NOTHING,
	ROOT_0, /* legacy: first word; scalable: lower half */
	ROOT_1,
	CONTEXT_0,
	CONTEXT_1,
	DIRECTORY,
	PASID_0,
	PASID_1,
	PASID_2,
	PASID_3,
	FS_LEVEL_0,
	FS_LEVEL_1,
	FS_LEVEL_2,
	FS_LEVEL_3,
	SS_LEVEL_0,
	SS_LEVEL_1,
	SS_LEVEL_2,
	SS_LEVEL_3,
	SS_PAGE_OF_FS_0, /* second-stage leaf of the first-stage table of that level */
	SS_PAGE_OF_FS_1,
	SS_PAGE_OF_FS_2,
	SS_PAGE_OF_FS_3,
};

/* Caches off; tables of 4 levels, or of that many. Switched on. */
void kind_open(struct fixture *f, enum kind kind);
void kind_open_levels(struct fixture *f, enum kind kind, unsigned fs_levels, unsigned ss_levels);
/* With the default caches and a queue. */
void kind_open_cached(struct fixture *f, enum kind kind);
void kind_close(struct fixture *f);

/* Address of a word, and changing bits of it. */
uint64_t kind_place(struct fixture *f, enum where where);
void kind_change(struct fixture *f, enum where where, uint64_t clear, uint64_t set);

#endif
