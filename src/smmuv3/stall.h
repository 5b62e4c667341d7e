/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stalled transactions (3.12.2): they wait under a tag, STAG, until software resumes or
 * ends them. Tags are the smallest numbers not in use, 0 up.
 *
 * The record of a stall is never lost to a queue that cannot be written: it waits here
 * and goes out when the queue can (7.2.1).
 */
#ifndef SMMUV3_STALL_H
#define SMMUV3_STALL_H

#include "smmuv3/registers.h"
#include "smmuv3/unit.h"

/* STAG has 16 bits. */
#define SMMU_STALL_TAGS   65536u
#define SMMU_STALL_WORDS  (SMMU_STALL_TAGS / 64)
#define SMMU_STALL_NO_TAG UINT32_MAX

struct smmu_stall {
	struct ioasim_request request;
	uint64_t record[SMMU_EVENT_WORDS]; /* while it waits to be stored */
	uint32_t next, prev; /* of the records that wait: tag or SMMU_STALL_NO_TAG */
	uint64_t completed; /* as below, when it was put there */
	bool unrecorded; /* in that list */
};

struct smmu_stalls {
	struct smmu_stall *stall; /* by tag; NULL if the unit does not stall */
	uint32_t most; /* tags */
	uint32_t search; /* every word of `used` below this one is full */
	uint32_t words; /* words of `used` that have ever had a bit */
	uint32_t first, last; /* records that wait, in the order in which they came */
	bool invalidated; /* a CFGI or TLBI since the last CMD_SYNC */
	uint64_t completed; /* CMD_SYNCs behind a CFGI or TLBI */
	uint64_t used[SMMU_STALL_WORDS];
};

/* A tag for a transaction that shall wait; SMMU_STALL_NO_TAG: the unit holds as many as
 * it can. */
uint32_t smmu_stall_add(struct smmu_unit *u, const struct ioasim_request *request);
/* Its record could not be stored: it is kept until it can be. */
void smmu_stall_keep_record(struct smmu_unit *u, uint32_t tag, const uint64_t *record);

/* A command has invalidated something; a CMD_SYNC has completed what came before. */
static inline void smmu_stall_invalidated(struct smmu_unit *u)
{
	u->stalls->invalidated = true;
}

void smmu_stall_sync(struct smmu_unit *u);

#endif
