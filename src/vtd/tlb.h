/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IOTLB and the paging-structure caches (6.2.4, 6.2.5).
 *
 *	cache			look-up by			removed by
 *	IOTLB			SID, address, PASID if any	DID, kind, PASID, address
 *	first-stage pointers	DID, PASID, address		the same
 *	second-stage pointers	DID, address			the same
 *	first-stage tables	DID, guest physical page	the same
 *
 * The reach of a pointer is the block that its table maps (model/filed.h).
 */
#ifndef VTD_TLB_H
#define VTD_TLB_H

#include "model/counters.h"
#include "model/filed.h"
#include "vtd/walks.h"

/*
 * A final translation. `rights` are what the tables grant, by privilege; `grants`
 * what the entry may serve without another walk: a write needs the dirty flags set
 * (6.2.4), a privileged or execute request what the PASID entry said.
 */
struct vtd_translation {
	uint64_t pa; /* of the page */
	uint32_t pasid; /* RID_PASID for requests without */
	uint16_t did;
	uint8_t page_lg2; /* of the translation; 64 for pass-through */
	uint8_t pgtt; /* enum vtd_pgtt */
	uint8_t grants[2], rights[2];
	bool legacy, fpd;
	bool user; /* U/S of the first stage; true without one */
	bool sre, ere; /* privileged, execute requests pass the PASID entry */
	bool ats; /* translation requests pass the context entry */
	uint8_t cause; /* of a walk that failed: see struct vtd_page_walk; not filed */
};

/* A pointer entry that was used: where it leads, with the rights down to there. */
struct vtd_pointer {
	uint64_t table, table_pa;
	uint32_t pasid;
	uint32_t rights;
	uint16_t did;
	uint8_t level; /* of the table */
};

/* Where the second stage puts a page of a first-stage table (3.8). */
struct vtd_table_page {
	uint64_t pa;
	uint16_t did;
	uint8_t rights; /* IOASIM_READ, IOASIM_WRITE */
	bool dirty; /* or dirty flags are not in use: it may be written */
};

struct vtd_tlb {
	struct ioasim_counters *counters;
	struct filed iotlb, first, second, tables;
	struct vtd_translation *translation;
	struct vtd_pointer *first_pointer, *second_pointer;
	struct vtd_table_page *table_page;
};

/* 6.2.4: requests without PASID are filed as such. Pass-through is kept by pieces. */
#define VTD_PASS_PIECE_LG2 30
#define VTD_PASS_LG2       64

static inline uint64_t vtd_iotlb_key(uint16_t sid, bool has_pasid, uint32_t pasid)
{
	return sid | (has_pasid ? (uint64_t)pasid << 16 | UINT64_C(1) << 36 : 0);
}

/* DIDs of first stage and nesting, and of the others, are removed apart (Table 23). */
static inline uint32_t vtd_iotlb_group(uint16_t did, uint8_t pgtt)
{
	return did * 2u + (pgtt == VTD_PGTT_FIRST || pgtt == VTD_PGTT_NESTED);
}

/* Counts nothing. NULL: no entry. */
static inline const struct vtd_translation *vtd_iotlb_find(struct vtd_tlb *tlb, uint64_t key,
							   uint64_t address)
{
	for (uint64_t sizes = tlb->iotlb.sizes; sizes; sizes &= sizes - 1) {
		uint64_t index = filed_index(address, filed_size(sizes));
		uint32_t slot = cache_find(&tlb->iotlb.cache, index, key, 0);

		if (slot != CACHE_NONE) {
			cache_touch(&tlb->iotlb.cache, slot);
			return &tlb->translation[slot];
		}
	}
	return NULL;
}

void vtd_iotlb_fill(struct vtd_tlb *tlb, uint64_t key, uint64_t address,
		    const struct vtd_translation *translation);

/* Deepest pointer for w->ask.input: sets the walk's start and rights if there is one. */
void vtd_first_find(const struct vtd_paging *p, struct ioasim_cost *cost, struct walk *w);
void vtd_second_find(const struct vtd_paging *p, struct ioasim_cost *cost, struct walk *w);

void vtd_first_add(const struct vtd_paging *p, const struct walk *w,
		   const struct vtd_pointer *pointer);
void vtd_second_add(const struct vtd_paging *p, const struct walk *w,
		    const struct vtd_pointer *pointer);

/* WALK_FILL of the two stages, see model/walk_template.h. */
static inline void vtd_first_fill(const struct vtd_paging *p, const struct walk *w, int level,
				  uint64_t address, uint64_t pa, uint32_t rights)
{
	if (p->first_cached)
		vtd_first_add(p, w,
			      &(struct vtd_pointer){.table = field_bits(VTD_TABLE_BASE, address),
						    .table_pa = field_bits(VTD_TABLE_BASE, pa),
						    .pasid = p->route->pasid,
						    .rights = rights,
						    .did = p->route->did,
						    .level = (uint8_t)level});
}

static inline void vtd_second_fill(const struct vtd_paging *p, const struct walk *w, int level,
				   uint64_t address, uint64_t pa, uint32_t rights)
{
	(void)address;
	if (p->second_cached)
		vtd_second_add(p, w,
			       &(struct vtd_pointer){.table = field_bits(VTD_TABLE_BASE, pa),
						     .table_pa = field_bits(VTD_TABLE_BASE, pa),
						     .rights = rights,
						     .did = p->route->did,
						     .level = (uint8_t)level});
}

/* The page of a first-stage table; NULL: not known. */
const struct vtd_table_page *vtd_table_find(const struct vtd_paging *p, struct ioasim_cost *cost,
					    uint64_t address);
void vtd_table_add(const struct vtd_paging *p, uint64_t address, const struct vtd_table_page *page);

/* What a removal names. Ranges are closed; [0, ~0] is everything. */
struct vtd_reach {
	uint16_t did;
	bool has_pasid;
	uint32_t pasid;
	uint64_t first, last;
};

void vtd_tlb_drop_all(struct vtd_tlb *tlb);
/* Of the second-stage kinds, or of first stage and nesting. */
void vtd_iotlb_drop(struct vtd_tlb *tlb, bool first, const struct vtd_reach *reach);
void vtd_first_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach);
void vtd_second_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach);
void vtd_table_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach);

int vtd_tlb_init(struct vtd_unit *u);
void vtd_tlb_fini(struct vtd_unit *u);
void vtd_tlb_reset(struct vtd_tlb *tlb);

#endif
