/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the recording emulator is known to tell otherwise than the hardware would,
 * by architecture (docs/results.md). Only these differences are excused in a
 * comparison, and each is counted by itself.
 */
#ifndef SIM_RECORDER_H
#define SIM_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

enum recorder_rights {
	RECORDER_RIGHTS_EXACT,
	RECORDER_RIGHTS_OF_WRITES, /* of a read only that it was allowed */
	RECORDER_RIGHTS_OF_LEAF, /* of the last entry; the walk may grant less */
};

/* Fault codes told apart by the specification and not by the recorder. */
struct recorder_reason {
	uint32_t recorded, specified;
};

struct recorder {
	const char *arch;
	uint8_t rights; /* enum recorder_rights */
	bool silent_writes; /* writes refused by a cached entry leave no fault */
	bool incomplete_events; /* event records lack address and domain */
	const struct recorder_reason *reasons; /* ended by 0, 0 */
};

/* Never NULL: an architecture without quirks compares exactly. */
const struct recorder *recorder_find(const char *arch);

bool recorder_same_reason(const struct recorder *recorder, uint32_t recorded, uint32_t found);

/* Rights of an answer: `recorded` and `found` for an access of `wanted`. */
bool recorder_same_rights(const struct recorder *recorder, unsigned wanted, unsigned recorded,
			  unsigned found);

#endif
