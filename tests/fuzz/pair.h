/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two units of the same capabilities, one with caches and one without, each with memory
 * of its own that a program keeps the same. Small: everything lies in sixteen pages at
 * 0, one for each structure, so that a few random bits matter.
 *
 * What an architecture brings is a table (struct pair_arch).
 */
#ifndef FUZZ_PAIR_H
#define FUZZ_PAIR_H

#include "fuzz.h"

#include <ioasim/ioasim.h>

#define PAIR_PAGE     0x1000u
#define PAIR_PAGES    16u
#define PAIR_SIZE     (PAIR_PAGE * PAIR_PAGES)
#define PAIR_FAR      (UINT64_C(1) << 36) /* a window of the library's own, as large */
#define PAIR_CALLBACK 0x200000u /* a window of callbacks, one page */
#define PAIR_CONFIGS  8u

#define PAGE_OF(page) ((uint64_t)(page)*PAIR_PAGE)

#define PAIR_CAPABILITIES 5u
#define PAIR_REGISTERS    3u

struct pair;

/* Values in the order of pair_arch.capability; the geometry of all caches: small, so that
 * sets overflow. */
struct pair_config {
	uint64_t capability[PAIR_CAPABILITIES];
	uint32_t entries, ways;
	uint8_t policy;
};

struct pair_arch {
	const char *name;
	const char *capability[PAIR_CAPABILITIES]; /* names; NULL: no more */
	const struct pair_config *config; /* PAIR_CONFIGS of them */
	/* Registers that must read the same on both sides, 8 bytes each; size 0 ends. */
	struct {
		uint32_t first, size;
	} registers[PAIR_REGISTERS];
	/* The name of a command that reads tables; NULL: none does. */
	const char *reading_command;
	/* Pages that the unit may store to without changing what it reads: bit n for page n. */
	uint32_t logs;
	/* Drops everything that a unit has cached. */
	void (*flush)(struct ioasim_unit *unit);
	/* Tables, registers and ring as a driver would leave them, translation on. */
	void (*preset)(struct pair *pair, unsigned n);
	unsigned presets;
};

enum pair_side { SIDE_CACHED, SIDE_BARE, SIDES };

struct side {
	unsigned char *ram;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit; /* of the running program */
	struct ioasim_unit *units[PAIR_CONFIGS];
	uint64_t events; /* hash of all callbacks */
	uint64_t refs; /* of all responses */
	const struct pair_arch *arch;
	bool scattered; /* the unit stored elsewhere than to its logs */
	unsigned stalled, stalls; /* requests that wait; that ever did */
	const char *broken; /* seen in a callback */
};

struct pair {
	const struct pair_arch *arch;
	struct side side[SIDES];
	uint32_t tail; /* of the ring of commands, as the architecture counts */
	bool wide; /* vtd: 256-bit descriptors */
	unsigned page_requests;
};

struct pair *pair_create(const struct pair_arch *arch);
void pair_destroy(struct pair *pair);

/* Units of this configuration after reset, memory zero. */
void pair_begin(struct pair *pair, unsigned config);

/* The same for both sides. */
void pair_store(struct pair *pair, uint64_t address, uint64_t value);
uint64_t pair_load(const struct pair *pair, uint64_t address);
void pair_write(struct pair *pair, uint32_t offset, unsigned size, uint64_t value);
void pair_flush(struct pair *pair);

/* The identities of the counters; NULL if they hold. */
const char *pair_identities(const struct pair *pair, const struct side *side);
/* What lies in memory beside the logs is the same on both sides; NULL if so. */
const char *pair_same_tables(const struct pair *pair);
/* Registers, memory and callbacks of both sides are the same; NULL if so. */
const char *pair_same(struct pair *pair);

#endif
