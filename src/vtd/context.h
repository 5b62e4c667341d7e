/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root, context and PASID structures and what is cached of them (6.2.2, 6.2.3).
 *
 * Only entries that no request can fault on by themselves are cached: present,
 * nothing reserved, programming legal. What depends on the request (is the device
 * allowed to use ATS, a PASID, privilege?) is checked at each look-up.
 */
#ifndef VTD_CONTEXT_H
#define VTD_CONTEXT_H

#include "vtd/structures.h"
#include "vtd/unit.h"

/* A context entry, of legacy or of scalable mode. */
struct vtd_context {
	uint64_t table; /* SSPTPTR, PASIDDIRPTR */
	uint32_t rid_pasid;
	uint16_t did; /* legacy mode */
	uint8_t levels; /* legacy mode */
	uint8_t pasid_bits; /* of the PASID directory */
	bool pass; /* legacy mode: TT is pass-through */
	bool fpd;
	bool ats; /* TT or DTE let translation and translated requests pass */
	bool pasid, page_requests, rid_privileged;
};

/* A PASID table entry. */
struct vtd_pasid_entry {
	uint64_t ss_root, fs_root;
	uint16_t did;
	uint8_t pgtt, levels, fs_levels;
	bool fpd; /* of the entry or its directory entry */
	bool sre, ere, wpe, eafe, ssade, pwsnp, pgsnp, nxe;
};

struct vtd_tables {
	struct vtd_reserved reserved;
	struct ioasim_counters *counters;
	struct cache context_cache, pasid_cache;
	struct vtd_context *context;
	struct vtd_pasid_entry *pasid;
};

/* What entries are filed under, and the PASID in that. */
static inline uint64_t vtd_context_index(uint16_t sid)
{
	return sid;
}

static inline uint64_t vtd_pasid_index(uint16_t sid, uint32_t pasid)
{
	return sid | (uint64_t)pasid << 16;
}

static inline uint32_t vtd_pasid_filed(uint64_t index)
{
	return (uint32_t)(index >> 16);
}

/* Width of second-stage input: the smaller of MGAW and the levels' (Table 30, SGN.5). */
static inline unsigned vtd_second_bits(const struct vtd_features *f, unsigned levels)
{
	unsigned bits = VTD_TABLE_LG2 + VTD_LEVEL_BITS * levels;

	return bits < f->mgaw ? bits : f->mgaw;
}

void vtd_context_drop_all(struct vtd_tables *tables);
void vtd_context_drop_domain(struct vtd_tables *tables, uint16_t did);
/* Those of the requester-ids that equal `sid` outside `mask`; of `did` if by_did. */
void vtd_context_drop_device(struct vtd_tables *tables, uint16_t sid, uint16_t mask, bool by_did,
			     uint16_t did);
void vtd_pasid_drop_all(struct vtd_tables *tables);
void vtd_pasid_drop_domain(struct vtd_tables *tables, uint16_t did);
void vtd_pasid_drop(struct vtd_tables *tables, uint16_t did, uint32_t pasid);

int vtd_tables_init(struct vtd_unit *u);
void vtd_tables_fini(struct vtd_unit *u);
void vtd_tables_reset(struct vtd_tables *tables);

#endif
