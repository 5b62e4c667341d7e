/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage 2 descriptors (Arm ARM D8.3, IHI 0070 13.4.3) for model/walk_template.h.
 * Only leaves carry rights.
 */
#ifndef SMMUV3_FORMAT_STAGE2_H
#define SMMUV3_FORMAT_STAGE2_H

#include "smmuv3/stream.h"
#include "smmuv3/walks.h"

static inline uint64_t stage2_offset(const struct smmu_paging *p, const struct walk_ask *ask,
				     int level)
{
	return smmu_entry_offset(p->second, ask->input, level);
}

static inline void stage2_index(const struct smmu_paging *p, int level, uint8_t *high, uint8_t *low)
{
	smmu_entry_index(p->second, level, high, low);
}

static inline enum walk_kind stage2_kind(const struct smmu_paging *p, int level, uint64_t entry)
{
	return smmu_entry_kind(p->second, level, entry);
}

/* 3.13.3: not writable for the time being, until hardware marks it dirty. */
static inline bool stage2_clean(const struct smmu_tree *tree, uint64_t entry)
{
	return tree->hd && field_bits(SMMU_PTE_DBM, entry) && !field_bits(SMMU_S2_S2AP1, entry);
}

/* S2AP and XN; what hardware would make writable counts as writable. */
static inline uint32_t stage2_rights(const struct smmu_tree *tree, uint64_t entry)
{
	uint64_t rights = field_get(SMMU_S2_S2AP, entry) | field_get(SMMU_S2_XN, entry)
								   << SMMU_S2_XN_SHIFT;

	if (stage2_clean(tree, entry))
		rights |= IOASIM_WRITE;
	return (uint32_t)rights;
}

/* 5.2 S2PTW: tables and CDs may not lie in Device memory. */
static inline bool stage2_protected(const struct smmu_paging *p, const struct walk_ask *ask,
				    uint64_t entry)
{
	if (!p->ste->s2ptw || ask->kind == IOASIM_REF_STAGE2)
		return false;
	return p->ste->s2fwb ? !field_bits(SMMU_S2_MEMATTR_FWB, entry)
			     : !field_bits(SMMU_S2_MEMATTR_TYPE, entry);
}

static inline enum walk_stop stage2_judge(const struct smmu_paging *p, const struct walk_ask *ask,
					  int level, uint64_t entry, enum walk_kind kind,
					  uint32_t *rights)
{
	(void)level;
	if (entry & p->second->too_wide)
		return WALK_OUTPUT_RANGE;
	if (kind == WALK_KIND_POINTER)
		return WALK_DONE;
	if (smmu_entry_unaccessed(p->second, entry))
		return WALK_ACCESS_FLAG;
	*rights = stage2_rights(p->second, entry);
	if (ask->access & ~smmu_second_access(p->xnx, ask->privileged, *rights))
		return WALK_PERMISSION;
	if (stage2_protected(p, ask, entry))
		return WALK_PERMISSION;
	return WALK_DONE;
}

static inline uint64_t stage2_flags(const struct smmu_paging *p, const struct walk_ask *ask,
				    int level, uint64_t entry, enum walk_kind kind, uint32_t rights)
{
	const struct smmu_tree *tree = p->second;

	(void)level;
	if (kind == WALK_KIND_POINTER)
		return tree->haft ? entry | FIELD_MASK(SMMU_PTE_AF) : entry;
	if (!tree->ha || !smmu_second_access(p->xnx, ask->privileged, rights))
		return entry;
	entry |= FIELD_MASK(SMMU_PTE_AF);
	if (ask->set_dirty && stage2_clean(tree, entry))
		entry |= FIELD_MASK(SMMU_S2_S2AP1);
	return entry;
}

static inline enum walk_stop stage2_may_set_flags(const struct smmu_paging *p,
						  const struct walk_ask *ask)
{
	(void)p;
	(void)ask;
	return WALK_DONE;
}

static inline enum walk_stop stage2_next(const struct smmu_paging *p, const struct walk_ask *ask,
					 int level, uint64_t entry, int *below, uint64_t *table)
{
	(void)ask;
	*below = level - 1;
	*table = smmu_entry_table(p->second, entry);
	return WALK_DONE;
}

static inline uint64_t stage2_leaf(const struct smmu_paging *p, const struct walk_ask *ask,
				   int level, uint64_t entry, uint8_t *size_lg2)
{
	(void)ask;
	return smmu_entry_page(p->second, level, entry, size_lg2);
}

#endif
