/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of AMD-Vi units: where their structures lie, and their ring. */
#ifndef FUZZ_AMDVI_PAIR_H
#define FUZZ_AMDVI_PAIR_H

#include "pair.h"

/* Which structure lies in which page. */
enum pair_page {
	PAGE_DEVICES, /* 128 device table entries */
	PAGE_GCR3,
	PAGE_HOST, /* six levels, top first */
	PAGE_GUEST = 8, /* four levels, top first */
	PAGE_COMMANDS = 12,
	PAGE_EVENTS,
	PAGE_REQUESTS,
	PAGE_STATUS,
};

enum pair_preset {
	PRESET_HOST, /* four levels */
	PRESET_HOST_6,
	PRESET_GUEST, /* GPAs are SPAs */
	PRESET_NESTED,
	PRESET_NESTED_GPA, /* the GCR3 table too lies at a GPA */
	PRESET_PASS,
	PRESETS
};

extern const struct pair_arch amdvi_pair;

/* Puts a command into the ring and moves the tail. */
void amdvi_submit(struct pair *pair, const uint64_t words[2]);
/* A ring that an error stopped begins anew; so do the logs. */
void amdvi_restart(struct pair *pair);

#endif
