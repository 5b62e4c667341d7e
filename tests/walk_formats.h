/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page-table formats, as the suite that all of them pass (test_walk_formats.c) sees
 * them. What bits mean is written down by each architecture from its specification.
 */
#ifndef TESTS_WALK_FORMATS_H
#define TESTS_WALK_FORMATS_H

#include <ioasim/ioasim.h>

#define FORMAT_LEVELS          6
#define FORMAT_BITS(high, low) ((~UINT64_C(0) >> (63 - (high))) & (~UINT64_C(0) << (low)))

/* What stands in an input address above those bits that tables translate. */
enum format_above { ABOVE_ZERO, ABOVE_ONES, ABOVE_SIGN };

struct format_kit;

struct format {
	char name[64];
	unsigned levels;
	unsigned leaves; /* bit n: level n may hold pages */
	uint8_t shift[FORMAT_LEVELS]; /* log2 of what an entry of the level maps */
	unsigned input_bits;
	enum format_above above;
	unsigned output_bits;
	uint64_t pointer, page, block; /* entries that grant everything; block above level 0 */
	uint64_t present; /* an entry without these bits is none */
	/* By leaf and level: bits that are refused with `refused_code`, and bits that
	 * change the answer; all others are ignored. */
	uint64_t refused[2][FORMAT_LEVELS], effective[2][FORMAT_LEVELS];
	uint32_t refused_code, empty_code;
	unsigned kind; /* of references */
	const struct format_kit *kit;
	unsigned variant; /* the kit's own */
};

/* A unit without caches that translates one device by an empty tree of the format. */
struct format_kit {
	void *(*open)(const struct format *format);
	void (*close)(void *unit);
	/* Address of the entry for an input address; tables above are made. */
	uint64_t (*entry)(void *unit, uint64_t address, unsigned level);
	uint64_t (*peek)(void *unit, uint64_t address);
	void (*poke)(void *unit, uint64_t address, uint64_t word);
	struct ioasim_response (*read)(void *unit, uint64_t address);
};

/* The formats of an architecture: how many, and the n-th. */
unsigned formats_vtd(void);
void format_vtd(unsigned n, struct format *format);
unsigned formats_amdvi(void);
void format_amdvi(unsigned n, struct format *format);
unsigned formats_smmu(void);
void format_smmu(unsigned n, struct format *format);

#endif
