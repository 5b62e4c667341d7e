/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage 1 descriptors (Arm ARM D8.3, IHI 0070 3.4 and 13.4.1) for
 * model/walk_template.h. Rights of a walk are the restrictions met on the way.
 *
 * The order of 7.3.22: no entry, address size, Access flag, permission.
 */
#ifndef SMMUV3_FORMAT_STAGE1_H
#define SMMUV3_FORMAT_STAGE1_H

#include "smmuv3/context.h"

static inline uint64_t stage1_offset(const struct smmu_paging *p, const struct walk_ask *ask,
				     int level)
{
	return smmu_entry_offset(p->first, ask->input, level);
}

static inline void stage1_index(const struct smmu_paging *p, int level, uint8_t *high, uint8_t *low)
{
	smmu_entry_index(p->first, level, high, low);
}

static inline enum walk_kind stage1_kind(const struct smmu_paging *p, int level, uint64_t entry)
{
	return smmu_entry_kind(p->first, level, entry);
}

/* 3.13.3: read-only for the time being, until hardware marks it dirty. */
static inline bool stage1_clean(const struct smmu_tree *tree, uint64_t entry)
{
	return tree->hd && field_bits(SMMU_PTE_DBM, entry) && field_bits(SMMU_S1_AP2, entry);
}

/* The leaf's own bits, where those of tables are. AP[1] grants, the others restrict. */
static inline uint32_t stage1_restrictions(const struct smmu_tree *tree, uint64_t entry)
{
	uint64_t own = field_get(SMMU_S1_XN, entry);

	if (!field_bits(SMMU_S1_AP1, entry))
		own |= SMMU_NO_USER;
	if (field_bits(SMMU_S1_AP2, entry) && !stage1_clean(tree, entry))
		own |= SMMU_NO_WRITE;
	return (uint32_t)own;
}

static inline enum walk_stop stage1_judge(const struct smmu_paging *p, const struct walk_ask *ask,
					  int level, uint64_t entry, enum walk_kind kind,
					  uint32_t *rights)
{
	(void)level;
	if (entry & p->first->too_wide)
		return WALK_OUTPUT_RANGE;
	if (kind == WALK_KIND_POINTER) {
		if (!p->had)
			*rights |= (uint32_t)field_get(SMMU_S1_LIMITS, entry);
		return WALK_DONE;
	}
	if (smmu_entry_unaccessed(p->first, entry))
		return WALK_ACCESS_FLAG;
	*rights |= stage1_restrictions(p->first, entry);
	if (ask->access & ~smmu_cd_access(p->cd, ask->privileged, *rights))
		return WALK_PERMISSION;
	return WALK_DONE;
}

/* 3.13: AF of leaves that grant something, and of tables with HAFT; dirty by a write that
 * is granted. */
static inline uint64_t stage1_flags(const struct smmu_paging *p, const struct walk_ask *ask,
				    int level, uint64_t entry, enum walk_kind kind, uint32_t rights)
{
	const struct smmu_tree *tree = p->first;
	unsigned access;

	(void)level;
	if (kind == WALK_KIND_POINTER)
		return tree->haft ? entry | FIELD_MASK(SMMU_PTE_AF) : entry;
	if (!tree->ha)
		return entry;
	access = smmu_cd_access(p->cd, ask->privileged, rights);
	if (access)
		entry |= FIELD_MASK(SMMU_PTE_AF);
	if (ask->set_dirty && (access & IOASIM_WRITE) && stage1_clean(tree, entry))
		entry &= ~FIELD_MASK(SMMU_S1_AP2);
	return entry;
}

static inline enum walk_stop stage1_may_set_flags(const struct smmu_paging *p,
						  const struct walk_ask *ask)
{
	(void)p;
	(void)ask;
	return WALK_DONE;
}

static inline enum walk_stop stage1_next(const struct smmu_paging *p, const struct walk_ask *ask,
					 int level, uint64_t entry, int *below, uint64_t *table)
{
	(void)ask;
	*below = level - 1;
	*table = smmu_entry_table(p->first, entry);
	return WALK_DONE;
}

static inline uint64_t stage1_leaf(const struct smmu_paging *p, const struct walk_ask *ask,
				   int level, uint64_t entry, uint8_t *size_lg2)
{
	(void)ask;
	return smmu_entry_page(p->first, level, entry, size_lg2);
}

#endif
