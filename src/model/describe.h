/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of tables and fault records taken apart for people: what the walk command
 * shows. Nothing here takes part in a translation.
 */
#ifndef MODEL_DESCRIBE_H
#define MODEL_DESCRIBE_H

#include "model/field.h"

#include <ioasim/unit.h>

/* A field of an entry or record, with the specification's name. */
struct arch_field {
	const char *name;
	unsigned word, high, low;
	const char *about; /* what it means, in a few words */
	const char *const *values; /* of what each value means: 0, 1, .. to NULL; or NULL */
};

/* Rows of a list of fields: `field` is a FIELD(high, low). */
#define ARCH_FIELD(name, word, field, about)   \
	{                                      \
		name, word, field, about, NULL \
	}
#define ARCH_CHOICE(name, word, field, about, values) \
	{                                             \
		name, word, field, about, values      \
	}
#define ARCH_FIELDS_END                   \
	{                                 \
		NULL, 0, 0, 0, NULL, NULL \
	}

/* Whether a field holds an address, stored unshifted: wide, and just above the lowest
 * bits. SubstreamIDs begin at bit 12, too, and have 20 bits. */
static inline bool arch_field_is_address(const struct arch_field *field)
{
	return field->low >= 2 && field->low <= 12 && field->high - field->low >= 23;
}

enum arch_content {
	ARCH_EMPTY, /* nothing lies behind it */
	ARCH_POINTER, /* the next table of the same kind */
	ARCH_LEAF, /* a page */
	ARCH_RECORD, /* what governs a device or PASID */
};

#define ARCH_ALL_RIGHTS (IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC)

/* An entry that a unit has read. */
struct arch_entry {
	const char *title; /* "PASID table entry", "FS-PML4E" */
	const struct arch_field *fields; /* ended by a NULL name */
	uint8_t content; /* enum arch_content */
	uint8_t page_lg2; /* leaf */
	uint64_t next; /* pointer: of the table; leaf: of the page */
	/* What the entry by itself leaves of rights, [0] to users, [1] to privileged
	 * requests; a leaf's, or for the formats that have them a pointer's too. */
	uint8_t access[2];
};

/* What the architecture calls the things that every one has. */
struct arch_words {
	const char *device; /* "source-id" */
	const char *pasid;
	const char *between; /* an address between the stages: "GPA" */
	const char *stage1, *stage2; /* "the first stage" */
	uint8_t asked[IOASIM_CACHES]; /* enum ioasim_cache, as a request comes to them */
};

#endif
