/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Context descriptors and what is cached of them (3.3.1, 5.3, 5.4). As with STEs,
 * whatever could be read is cached, in any state (5.4.1).
 */
#ifndef SMMUV3_CONTEXT_H
#define SMMUV3_CONTEXT_H

#include "smmuv3/walks.h"

/* A level 1 descriptor. */
struct smmu_l1cd {
	uint64_t table;
	bool bad; /* C_BAD_SUBSTREAMID */
};

/* The tables of one half of the address space: TTB0 and what belongs to it, or TTB1. */
struct smmu_half {
	struct smmu_tree tree;
	bool enabled; /* EPD is 0 */
	bool tbi;
	bool e0pd; /* unprivileged requests are refused */
	bool had;
};

/* What is left to a request of each privilege by these restrictions (walks.h), as a
 * mask of IOASIM_READ... */
struct smmu_access {
	uint8_t left[2][SMMU_RESTRICTIONS];
};

/* Those of all CDs: by EL2, WXN, PAN. */
struct smmu_accesses {
	struct smmu_access of[2][2][2];
};

/* A context descriptor, with the effective values of its fields. */
struct smmu_cd {
	struct smmu_half half[2];
	const struct smmu_access *access; /* by WXN, PAN and the regime */
	uint16_t asid; /* 0 in a regime without */
	bool illegal; /* C_BAD_CD; nothing else counts then */
	bool aset;
	bool global; /* nG counts: the regime has ASIDs */
	bool s, r, a;
};

/* A CD that was decoded, see struct smmu_decoded_ste; its STE has a say too. */
struct smmu_decoded_cd {
	uint64_t words[SMMU_CD_DECODED];
	uint8_t world;
	bool s1stalld;
	struct smmu_cd cd;
};

union smmu_context_slot {
	struct smmu_cd cd;
	struct smmu_l1cd l1cd;
};

static inline uint8_t smmu_cd_access(const struct smmu_cd *cd, bool privileged,
				     uint32_t restrictions)
{
	return cd->access->left[privileged][restrictions & (SMMU_RESTRICTIONS - 1)];
}

/* What CDs and L1CDs are filed under: StreamID, and number of CD or L1CD. */
#define SMMU_FILED_SID      FIELD(31, 0)
#define SMMU_FILED_SSID     FIELD(51, 32)
#define SMMU_FILED_L1CD_LG2 FIELD(63, 60) /* CDs of an L1CD; 0: a CD */

static inline uint64_t smmu_cd_index(uint32_t sid, uint32_t ssid)
{
	return sid | field_prep(SMMU_FILED_SSID, ssid);
}

static inline uint64_t smmu_l1cd_index(uint32_t sid, uint32_t ssid, unsigned leaf_lg2)
{
	return smmu_cd_index(sid, ssid >> leaf_lg2) | field_prep(SMMU_FILED_L1CD_LG2, leaf_lg2);
}

/* CDs are grouped by StreamID, several to a group. */
#define SMMU_CONTEXT_GROUPS 4096u

static inline uint32_t smmu_context_group(uint32_t sid)
{
	return sid & (SMMU_CONTEXT_GROUPS - 1);
}

/* Which stream and substream asks; without SSV the ssid is 0. */
struct smmu_asker {
	uint32_t sid, ssid;
	bool ssv;
};

/* Which CD the rules of SSV and S1DSS choose (3.3.3, 5.2). */
enum smmu_context_choice {
	SMMU_CONTEXT_CD, /* of the asker's ssid */
	SMMU_CONTEXT_NONE, /* stage 1 is bypassed */
	SMMU_CONTEXT_BAD, /* C_BAD_SUBSTREAMID */
	SMMU_CONTEXT_DISABLED, /* F_STREAM_DISABLED */
};

/* The CD of the asker, through the cache; it stays as it is until the next is looked up.
 * NULL: what stopped the look-up stands in `why`. */
const struct smmu_cd *smmu_cd_find(struct smmu_unit *u, const struct smmu_ste *ste,
				   const struct smmu_asker *asker, const struct walk_env *env,
				   struct smmu_fault_info *why);

void smmu_accesses_init(struct smmu_accesses *accesses);

#endif
