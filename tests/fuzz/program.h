/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs of stores, register accesses, commands, requests and page requests
 * against a pair of units.
 *
 * What must hold: every answer is in its domain; the identities of the counters; and,
 * by the program's first byte, one of
 *
 *   flushed	each request comes after everything cached was dropped: both units
 *		answer alike, to the last register, record and byte of memory;
 *   frozen	after the setting up nothing changes any more: the unit with warm
 *		caches answers as the one without;
 *   tags	so it does for many devices and PASIDs, each with tables and domain of
 *		its own, and commands between the requests change nothing;
 *   free	the unit with caches alone; stale answers are allowed.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include "pair.h"

enum mode { MODE_FLUSHED, MODE_FROZEN, MODE_TAGS, MODE_FREE, MODES };

struct program {
	const struct program_arch *arch;
	struct pair *pair;
	struct fuzz_bytes bytes;
	enum mode mode;
	/* A right was known to be missing without a walk, which would have set flags. */
	bool flags_left;
	const char *broken;
};

struct program_arch {
	const struct pair_arch *pair;
	/* Requesters that bytes stand for, and positions of words in a page. */
	uint16_t requesters[8];
	uint16_t words[16];
	/* An input address whose index is small, or the last, at each level. */
	uint64_t (*address)(struct fuzz_bytes *bytes);
	/* Rights that an untranslated request needs; what is wrong with the answer, which
	 * holds what all architectures' do, or NULL. */
	unsigned (*needed)(const struct ioasim_request *request);
	const char *(*answer)(const struct ioasim_request *request,
			      const struct ioasim_response *response);
	/* A fault that a unit without caches may find before the right that a cached
	 * translation is known to lack. */
	bool (*late_fault)(uint32_t code);
	/* A fault of which a unit that remembers the device may record the first alone. */
	bool (*recorded_once)(uint32_t code);
	/* Cached translations tell what they knew of dirty flags: answers may differ once
	 * one has been set for another device or PASID. */
	bool dirty_cached;
	/* Commands and registers may let requests go on that waited: with what was cached. */
	bool flush_each_step;
	uint32_t mmio_size; /* where registers lie close together */
	/* The steps of a program; a byte chooses one. */
	void (*const *step)(struct program *program);
	unsigned steps;
	/* A command that may stand between requests, and what makes a stopped ring go on. */
	void (*command)(struct program *program);
	void (*repair)(struct program *program);
};

/* A page of the small memory, or one of the other windows. */
uint64_t program_page(struct fuzz_bytes *bytes);
/* The address of a word in the small memory. */
uint64_t program_word(struct program *program);
uint32_t program_requester(struct program *program);
/* Addresses by 9 bits a level, four or five levels. */
uint64_t program_address(struct fuzz_bytes *bytes);

/* Steps that every architecture has. */
void program_request(struct program *program);
void program_store_pointer(struct program *program);
void program_store_flip(struct program *program);
void program_store_word(struct program *program);
void program_mmio(struct program *program); /* any offset and size */
void program_page_request(struct program *program);
void program_abort(struct program *program);
void program_preset(struct program *program);

/* Runs an input. NULL: all holds. */
const char *program_run(const struct program_arch *arch, struct pair *pair, const uint8_t *data,
			size_t size);

#endif
