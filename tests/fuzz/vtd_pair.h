/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of VT-d units: where its structures lie, and its ring. */
#ifndef FUZZ_VTD_PAIR_H
#define FUZZ_VTD_PAIR_H

#include "pair.h"

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

enum pair_preset {
	PRESET_LEGACY,
	PRESET_SECOND,
	PRESET_FIRST,
	PRESET_NESTED,
	PRESET_PASS,
	PRESETS
};

extern const struct pair_arch vtd_pair;

/* Puts a descriptor into the ring and moves the tail. */
void vtd_submit(struct pair *pair, const uint64_t words[4]);

#endif
