/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder.h"

#include <ioasim/types.h>
#include <stddef.h>
#include <string.h>

/*
 * VT-d in scalable mode with second-stage tables: the legacy reasons LGN.2 and
 * LGN.3 (5h, 6h) where Table 30 has SGN.6 and SGN.7 (85h, 86h).
 */
static const struct recorder_reason vtd_reasons[] = {{0x5, 0x85}, {0x6, 0x86}, {0, 0}};
static const struct recorder_reason no_reasons[] = {{0, 0}};

static const struct recorder recorders[] = {
	{
		.arch = "vtd",
		.rights = RECORDER_RIGHTS_OF_WRITES,
		.silent_writes = true,
		.reasons = vtd_reasons,
	},
	{
		.arch = "amdvi",
		.rights = RECORDER_RIGHTS_OF_LEAF,
		.silent_writes = true,
		.incomplete_events = true,
		.reasons = no_reasons,
	},
	/* Last: any other. */
	{.arch = "", .rights = RECORDER_RIGHTS_EXACT, .reasons = no_reasons},
};

const struct recorder *recorder_find(const char *arch)
{
	const struct recorder *recorder = recorders;

	while (recorder->arch[0] && strcmp(recorder->arch, arch) != 0)
		recorder++;
	return recorder;
}

bool recorder_same_reason(const struct recorder *recorder, uint32_t recorded, uint32_t found)
{
	for (const struct recorder_reason *r = recorder->reasons; r->recorded; r++)
		if (r->recorded == recorded && r->specified == found)
			return true;
	return false;
}

bool recorder_same_rights(const struct recorder *recorder, unsigned wanted, unsigned recorded,
			  unsigned found)
{
	const unsigned compared = IOASIM_READ | IOASIM_WRITE;

	recorded &= compared;
	found &= compared;
	switch ((enum recorder_rights)recorder->rights) {
	case RECORDER_RIGHTS_OF_WRITES:
		return wanted & IOASIM_WRITE ? found == recorded : (found & recorded) == recorded;
	case RECORDER_RIGHTS_OF_LEAF:
		return (found & ~recorded) == 0;
	case RECORDER_RIGHTS_EXACT:
		break;
	}
	return found == recorded;
}
