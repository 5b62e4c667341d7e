/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLB and the walk caches (3.17, 16.2).
 *
 *	cache			look-up by				removed by
 *	TLB, stage 1, combined	StreamWorld, VMID, ASID unless global, VA	the same
 *	TLB, stage 2		VMID, IPA				the same
 *	stage 1 tables		StreamWorld, VMID, ASID, VA		the same
 *	stage 2 tables		VMID, IPA				the same
 *	pages of stage 1 tables	VMID, IPA				the same
 *
 * An entry that combines both stages is one of stage 1: IPAs do not remove it. Entries
 * are filed under the smaller page of the two stages, but are removed by any address of
 * the leaf that translates their input, since a TLBI names what that leaf maps.
 */
#ifndef SMMUV3_TLB_H
#define SMMUV3_TLB_H

#include "model/counters.h"
#include "model/filed.h"
#include "smmuv3/stream.h"

/* A final translation. A stage that is off grants everything. */
struct smmu_translation {
	uint64_t pa, ipa; /* of the page; ipa with two stages only */
	uint8_t page_lg2; /* of the translation */
	uint8_t input_lg2, level, granule; /* of the leaf that translates the input */
	uint8_t first[2], second[2]; /* rights of each stage by privilege */
	uint8_t grants[2]; /* what the entry serves by itself: no write while clean */
	bool two_stages, stage2; /* both; stage 2 alone */
	bool global; /* any ASID */
};

/* A table descriptor that was used: where it leads, with the restrictions down to
 * there. Tables of stage 1 over stage 2 keep their PA if one page holds all of them. */
struct smmu_pointer {
	uint64_t table, table_pa;
	uint32_t rights;
	uint8_t level, granule; /* of the table */
	bool table_known;
};

/* Where stage 2 puts a page that holds stage 1 tables or CDs. */
struct smmu_table_page {
	uint64_t pa;
	uint32_t rights; /* of the leaf */
	uint8_t size_lg2, level, granule;
	bool dirty; /* or dirty flags are not in use */
};

struct smmu_tlb {
	struct ioasim_counters *counters;
	struct filed iotlb, first, second, table_pages;
	struct smmu_translation *translation;
	struct smmu_pointer *first_pointer, *second_pointer;
	struct smmu_table_page *table_page;
	bool globals; /* the TLB may hold global entries */
	uint8_t wide_lg2; /* largest input_lg2 above page_lg2 of those that may be live */
};

/* ---- Tags ----------------------------------------------------------------------------- */

#define SMMU_TAG_REGIME FIELD(1, 0) /* enum smmu_stream_world, or stage 2 */
#define SMMU_STAGE2     3
#define SMMU_TAG_GLOBAL FIELD(2, 2)
#define SMMU_TAG_ASET   FIELD(3, 3) /* of global entries (3.17.1) */
#define SMMU_TAG_VMID   FIELD(31, 16)
#define SMMU_TAG_ASID   FIELD(47, 32)

static inline uint64_t smmu_stage2_tag(const struct smmu_ste *ste)
{
	return SMMU_STAGE2 | field_prep(SMMU_TAG_VMID, ste->vmid);
}

static inline uint64_t smmu_asid_tag(const struct smmu_ste *ste, const struct smmu_cd *cd)
{
	return ste->world | field_prep(SMMU_TAG_VMID, ste->vmid) |
	       field_prep(SMMU_TAG_ASID, cd->asid);
}

static inline uint64_t smmu_global_tag(const struct smmu_ste *ste, const struct smmu_cd *cd)
{
	return ste->world | FIELD_MASK(SMMU_TAG_GLOBAL) | field_prep(SMMU_TAG_ASET, cd->aset) |
	       field_prep(SMMU_TAG_VMID, ste->vmid);
}

/* VMIDs by ASIDs are too many for a list each: 64 by 64 lists, which hold several tags,
 * but which a removal by either can name. */
#define SMMU_GROUP_VMID FIELD(11, 6)
#define SMMU_GROUP_ASID FIELD(5, 0)
#define SMMU_GROUPS     4096u

static inline uint32_t smmu_group(uint64_t tag)
{
	return (uint32_t)(field_prep(SMMU_GROUP_VMID, field_get(SMMU_TAG_VMID, tag)) |
			  field_prep(SMMU_GROUP_ASID, field_get(SMMU_TAG_ASID, tag)));
}

/* ---- TLB ------------------------------------------------------------------------------ */

/* The address that names a translation: what TBI lets be ignored is replaced (3.4.1). */
static inline uint64_t smmu_tlb_input(const struct smmu_cd *cd, uint64_t address)
{
	bool high = field_get(SMMU_VA_HALF, address);

	if (!cd->half[high].tbi)
		return address;
	return high ? address | FIELD_MASK(SMMU_VA_IGNORED)
		    : address & ~FIELD_MASK(SMMU_VA_IGNORED);
}

static inline const struct smmu_translation *smmu_tlb_probe(struct smmu_tlb *tlb, uint64_t tag,
							    uint64_t address)
{
	for (uint64_t sizes = tlb->iotlb.sizes; sizes; sizes &= sizes - 1) {
		uint32_t slot = cache_find(&tlb->iotlb.cache,
					   filed_index(address, filed_size(sizes)), tag, 0);

		if (slot != CACHE_NONE) {
			cache_touch(&tlb->iotlb.cache, slot);
			return &tlb->translation[slot];
		}
	}
	return NULL;
}

/* Counts nothing. NULL: no entry. `cd` NULL: stage 2 alone. */
static inline const struct smmu_translation *smmu_tlb_find(struct smmu_tlb *tlb,
							   const struct smmu_ste *ste,
							   const struct smmu_cd *cd,
							   uint64_t address)
{
	const struct smmu_translation *t;

	if (!cd)
		return smmu_tlb_probe(tlb, smmu_stage2_tag(ste), address);
	address = smmu_tlb_input(cd, address);
	t = smmu_tlb_probe(tlb, smmu_asid_tag(ste, cd), address);
	if (__builtin_expect(!t && tlb->globals, 0))
		t = smmu_tlb_probe(tlb, smmu_global_tag(ste, cd), address);
	return t;
}

void smmu_tlb_fill(struct smmu_tlb *tlb, const struct smmu_ste *ste, const struct smmu_cd *cd,
		   uint64_t address, const struct smmu_translation *translation);

/* ---- Walk caches ---------------------------------------------------------------------- */

/* Deepest pointer for w->ask.input: sets the walk's start and rights if there is one. */
void smmu_first_find(const struct smmu_paging *p, struct ioasim_cost *cost, struct walk *w);
void smmu_second_find(const struct smmu_paging *p, struct ioasim_cost *cost, struct walk *w);

/* Where a walk of a stage starts, by these or at the root; no restrictions were met. */
static inline void smmu_walk_start(const struct smmu_tree *tree, struct walk *w)
{
	w->rights = 0;
	w->table_known = false;
	w->first_table = true;
	w->table = tree->root;
	w->level = (int8_t)tree->first_level;
}

static inline void smmu_first_start(const struct smmu_paging *p, const struct walk_env *env,
				    struct walk *w)
{
	smmu_walk_start(p->first, w);
	if (p->first_cached)
		smmu_first_find(p, env->cost, w);
}

static inline void smmu_second_start(const struct smmu_paging *p, const struct walk_env *env,
				     struct walk *w)
{
	smmu_walk_start(p->second, w);
	if (p->second_cached)
		smmu_second_find(p, env->cost, w);
}

void smmu_first_add(const struct smmu_paging *p, const struct walk *w,
		    const struct smmu_pointer *pointer);
void smmu_second_add(const struct smmu_paging *p, const struct walk *w,
		     const struct smmu_pointer *pointer);

/* WALK_FILL of stage 1, stage 2, and stage 1 over stage 2. */
static inline void smmu_first_fill(const struct smmu_paging *p, const struct walk *w, int level,
				   uint64_t address, uint64_t pa, uint32_t rights)
{
	uint64_t base = ~field_mask(p->first->granule - 1u, 0);

	if (p->first_cached)
		smmu_first_add(p, w,
			       &(struct smmu_pointer){.table = address & base,
						      .table_pa = pa & base,
						      .rights = rights,
						      .level = (uint8_t)level,
						      .granule = p->first->granule,
						      .table_known = true});
}

static inline void smmu_nested_fill(const struct smmu_paging *p, const struct walk *w, int level,
				    uint64_t address, uint64_t pa, uint32_t rights)
{
	uint64_t base = ~field_mask(p->first->granule - 1u, 0);

	if (p->first_cached)
		smmu_first_add(p, w,
			       &(struct smmu_pointer){
				       .table = address & base,
				       .table_pa = pa & base,
				       .rights = rights,
				       .level = (uint8_t)level,
				       .granule = p->first->granule,
				       .table_known = w->other.size_lg2 >= p->first->granule,
			       });
}

static inline void smmu_second_fill(const struct smmu_paging *p, const struct walk *w, int level,
				    uint64_t address, uint64_t pa, uint32_t rights)
{
	uint64_t base = ~field_mask(p->second->granule - 1u, 0);

	(void)address;
	if (p->second_cached)
		smmu_second_add(p, w,
				&(struct smmu_pointer){.table = pa & base,
						       .table_pa = pa & base,
						       .rights = rights,
						       .level = (uint8_t)level,
						       .granule = p->second->granule,
						       .table_known = true});
}

/* The page of a table; NULL: not known. */
const struct smmu_table_page *smmu_table_find(const struct smmu_paging *p, struct ioasim_cost *cost,
					      uint64_t address);
void smmu_table_add(const struct smmu_paging *p, uint64_t address,
		    const struct smmu_table_page *page);

/* ---- As a whole ------------------------------------------------------------------------- */

/* What a TLBI removes of each cache; `vmid_ignored` low bits of VMIDs do not count. */
void smmu_tlb_drop(struct smmu_tlb *tlb, const struct smmu_tlbi *what, unsigned vmid_ignored,
		   bool e2h);

int smmu_tlb_init(struct smmu_unit *u);
void smmu_tlb_fini(struct smmu_unit *u);
void smmu_tlb_reset(struct smmu_tlb *tlb);

#endif
