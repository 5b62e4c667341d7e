/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two VT-d units of the same capabilities, one with caches and one without, each
 * with memory of its own that a program keeps the same. Small: everything lies in
 * sixteen pages at 0, one for each structure, so that a few random bits matter.
 */
#ifndef FUZZ_VTD_PAIR_H
#define FUZZ_VTD_PAIR_H

#include "fuzz.h"

#include <ioasim/ioasim.h>

#define PAIR_PAGE     0x1000u
#define PAIR_PAGES    16u
#define PAIR_SIZE     (PAIR_PAGE * PAIR_PAGES)
#define PAIR_FAR      (UINT64_C(1) << 36) /* a window of the library's own, as large */
#define PAIR_CALLBACK 0x200000u /* a window of callbacks, one page */
#define PAIR_CONFIGS  8u

/* Which structure lies in which page. */
enum pair_page {
	PAGE_ROOT,
	PAGE_CONTEXT,
	PAGE_DIRECTORY,
	PAGE_PASID,
	PAGE_SECOND, /* four levels, top first */
	PAGE_FIRST = 8,
	PAGE_QUEUE = 12,
	PAGE_REQUESTS,
	PAGE_STATUS,
	PAGE_CONTEXT_UPPER, /* scalable mode, devfn 80h on */
};

enum pair_side { SIDE_CACHED, SIDE_BARE, SIDES };

struct side {
	unsigned char *ram;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit; /* of the running program */
	struct ioasim_unit *units[PAIR_CONFIGS];
	uint64_t events; /* hash of all callbacks */
	uint64_t refs; /* of all responses */
	const char *broken; /* seen in a callback */
};

struct pair {
	struct side side[SIDES];
	uint32_t tail; /* of the ring, bytes */
	bool wide; /* 256-bit descriptors */
	unsigned page_requests;
};

struct pair *pair_create(void);
void pair_destroy(struct pair *pair);

/* Units of this configuration after reset, memory zero. */
void pair_begin(struct pair *pair, unsigned config);

/* The same for both sides. */
void pair_store(struct pair *pair, uint64_t address, uint64_t value);
uint64_t pair_load(const struct pair *pair, uint64_t address);
void pair_write(struct pair *pair, uint32_t offset, unsigned size, uint64_t value);

enum pair_preset {
	PRESET_LEGACY,
	PRESET_SECOND,
	PRESET_FIRST,
	PRESET_NESTED,
	PRESET_PASS,
	PRESETS
};

/* Tables, registers and ring as a driver would leave them, translation on. */
void pair_preset(struct pair *pair, enum pair_preset preset);

/* Puts a descriptor into the ring and moves the tail. */
void pair_submit(struct pair *pair, const uint64_t words[4]);

/* The identities of the counters; NULL if they hold. */
const char *pair_identities(const struct pair *pair, const struct side *side);
/* Registers, memory and callbacks of both sides are the same; NULL if so. */
const char *pair_same(struct pair *pair);

#endif
