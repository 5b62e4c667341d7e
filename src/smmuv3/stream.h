/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream table and what is cached of it (3.3.2, 5.1, 5.2).
 *
 * Whatever could be read is cached, also where it is invalid or ILLEGAL (3.21.1), so
 * that software that forgets CMD_CFGI_STE meets the old contents; a failed fetch is not.
 */
#ifndef SMMUV3_STREAM_H
#define SMMUV3_STREAM_H

#include "model/counters.h"
#include "smmuv3/context.h"

/* A level 1 descriptor. */
struct smmu_l1std {
	uint64_t table;
	uint32_t count; /* STEs of `table`; 0: its StreamIDs are invalid */
};

/* A stream table entry, with the effective values of its fields. */
struct smmu_ste {
	uint64_t context; /* S1ContextPtr */
	struct smmu_tree second;
	uint16_t vmid;
	bool illegal; /* C_BAD_STE; nothing else counts then */
	bool stage1, stage2; /* which translate; neither: see `bypass` */
	bool bypass; /* Config 100; else, without stages, abort */
	uint8_t world; /* enum smmu_stream_world */
	uint8_t s1fmt, s1cdmax, s1dss;
	uint8_t eats; /* 2 acts as 0 without ATSCHK */
	bool s1stalld, ppar;
	bool s2ptw, s2fwb, s2s, s2r;
	/* PRIVCFG and INSTCFG: what of the incoming attribute stays, what is added. */
	bool privileged_stays, privileged_added;
	bool instruction_stays, instruction_added;
};

/* One slot of the cache holds the one or the other. */
union smmu_stream_slot {
	struct smmu_ste ste;
	struct smmu_l1std l1std;
};

/* The STEs that were decoded last, each with the words that it came from: decoding is a
 * function of these and of the unit's registers, and most units have few streams. */
struct smmu_decoded_ste {
	uint64_t words[SMMU_STE_DECODED];
	bool e2h;
	struct smmu_ste ste;
};

#define SMMU_DECODED 16u /* STEs, and CDs, by their address */

/*
 * The way that the last hit took through the configuration caches, for the next hit of
 * the same substream. Any other look-up, fill or removal makes it invalid, so that what
 * is used last stays last.
 */
struct smmu_recent {
	const struct smmu_ste *ste;
	const struct smmu_cd *cd;
	uint32_t sid, ssid;
	bool ssv, valid;
};

struct smmu_tables {
	struct ioasim_counters *counters;
	struct smmu_accesses accesses;
	struct smmu_decoded_ste decoded_ste[SMMU_DECODED];
	struct smmu_decoded_cd decoded_cd[SMMU_DECODED];
	struct smmu_recent recent;
	struct cache streams, contexts;
	union smmu_stream_slot *stream;
	union smmu_context_slot *context;
};

/* What STEs and L1STDs are filed under. */
#define SMMU_FILED_NUMBER FIELD(31, 0)
#define SMMU_FILED_L1STD  FIELD(32, 32)

static inline uint64_t smmu_ste_index(uint32_t sid)
{
	return sid;
}

static inline uint64_t smmu_l1std_index(uint32_t number)
{
	return number | FIELD_MASK(SMMU_FILED_L1STD);
}

/*
 * The STE of a stream, through the cache; it stays as it is until the next is looked up.
 * NULL: what stopped the look-up stands in `why` (C_BAD_STREAMID, F_STE_FETCH, C_BAD_STE).
 */
const struct smmu_ste *smmu_ste_find(struct smmu_unit *u, uint32_t sid, const struct walk_env *env,
				     struct smmu_fault_info *why);

/* 13.3, 13.7: the attributes that permissions are checked with. */
static inline bool smmu_privileged(const struct smmu_ste *ste, const struct ioasim_request *request)
{
	return (request->privileged & ste->privileged_stays) | ste->privileged_added;
}

/* Writes are always data (13.1.2). Without a branch: whether a request writes is no
 * thing that can be predicted. */
static inline bool smmu_instruction(const struct smmu_ste *ste,
				    const struct ioasim_request *request)
{
	bool asked = request->access & IOASIM_EXEC, writes = request->access & IOASIM_WRITE;

	return ((asked & ste->instruction_stays) | ste->instruction_added) & !writes;
}

/* What stage 2 rights allow, as a mask of IOASIM_READ.. (D8.4.3): without XNX bit 1 of
 * XN decides for both privileges. */
static inline uint8_t smmu_second_access(bool xnx, bool privileged, uint32_t rights)
{
	uint32_t xn = rights >> SMMU_S2_XN_SHIFT;
	bool execute = xnx ? xn == 0 || xn == (privileged ? 3u : 1u) : !(xn & 2);

	return (uint8_t)((rights & (IOASIM_READ | IOASIM_WRITE)) | (execute ? IOASIM_EXEC : 0u));
}

static inline enum smmu_context_choice smmu_context_choose(const struct smmu_ste *ste,
							   const struct smmu_asker *asker)
{
	if (!ste->stage1)
		return asker->ssv ? SMMU_CONTEXT_BAD : SMMU_CONTEXT_NONE;
	if (ste->s1cdmax == 0)
		return asker->ssv ? SMMU_CONTEXT_BAD : SMMU_CONTEXT_CD;
	if (asker->ssv) {
		if ((uint64_t)asker->ssid >> ste->s1cdmax)
			return SMMU_CONTEXT_BAD;
		if (asker->ssid == 0 && ste->s1dss == SMMU_S1DSS_SSID0)
			return SMMU_CONTEXT_DISABLED;
		return SMMU_CONTEXT_CD;
	}
	switch (ste->s1dss) {
	case SMMU_S1DSS_BYPASS:
		return SMMU_CONTEXT_NONE;
	case SMMU_S1DSS_SSID0:
		return SMMU_CONTEXT_CD;
	default:
		return SMMU_CONTEXT_DISABLED;
	}
}

int smmu_tables_init(struct smmu_unit *u);
void smmu_tables_fini(struct smmu_unit *u);
void smmu_tables_reset(struct smmu_tables *tables);

#endif
