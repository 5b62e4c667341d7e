/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of SMMUv3 units: where their structures lie, and their queue. */
#ifndef FUZZ_SMMUV3_PAIR_H
#define FUZZ_SMMUV3_PAIR_H

#include "pair.h"

/* Which structure lies in which page. */
enum pair_page {
	PAGE_STREAMS, /* 64 stream table entries */
	PAGE_CONTEXTS, /* 64 context descriptors */
	PAGE_STAGE2, /* four levels of 4 KiB granule, top first */
	PAGE_STAGE1 = 6,
	PAGE_COMMANDS = 10, /* 256 */
	PAGE_EVENTS, /* 128 */
	PAGE_REQUESTS, /* 256 */
	PAGE_MESSAGES,
	PAGE_DATA,
};

enum pair_preset {
	PRESET_STAGE1,
	PRESET_STAGE2,
	PRESET_NESTED,
	PRESET_EL2,
	PRESET_BYPASS,
	PRESETS
};

extern const struct pair_arch smmuv3_pair;

/* Puts a command into the queue and moves the producer. */
void smmuv3_submit(struct pair *pair, const uint64_t words[2]);
/* An error is acknowledged, the command queue begins anew, events are taken. */
void smmuv3_restart(struct pair *pair);

#endif
