/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walks of SMMUv3: stage 1 (Config 101), stage 2 (110), and stage 1 over stage 2
 * (111). Each is the engine of model/walk_template.h. Both stages use the tables of
 * VMSAv8-64 (Arm ARM D8): one decoder, but for rights.
 */
#ifndef SMMUV3_WALKS_H
#define SMMUV3_WALKS_H

#include "smmuv3/structures.h"
#include "smmuv3/unit.h"

struct smmu_ste;
struct smmu_cd;

/* What an entry of this level maps, log2; `level` up to one above the first. */
static inline unsigned smmu_shift(unsigned granule, unsigned level)
{
	return granule + level * (granule - SMMU_PTE_LG2);
}

/* One tree of tables, as a CD or an STE describes it. */
struct smmu_tree {
	uint64_t root; /* aligned as the hardware does it */
	uint64_t too_wide; /* address bits of an entry that lie above the output size */
	uint64_t table; /* address bits of a table descriptor */
	/* By level: what an entry maps, log2, and the bits of an entry's number. The first
	 * table may be wider than the others (concatenation), or narrower. */
	uint32_t index[SMMU_LEVELS];
	uint8_t shift[SMMU_LEVELS];
	uint8_t granule; /* log2 */
	uint8_t input; /* bits of input address */
	uint8_t first_level;
	uint8_t block_level; /* highest that may hold blocks */
	bool ha, hd, haft, affd;
};

/* structures.c. Bits of the output of a stage, from IPS or S2PS: at most the OAS. */
unsigned smmu_output_bits(const struct smmu_features *f, uint64_t code);
/* Of log2 `granule`, which may be any number. */
bool smmu_granule_supported(const struct smmu_features *f, unsigned granule);
/* The rest of a tree whose granule and input are set. */
void smmu_tree_shape(struct smmu_tree *tree, uint64_t root, unsigned first_level, unsigned output);

/*
 * Restrictions that a stage 1 walk has met, by the bits of SMMU_S1_LIMITS, where a
 * leaf's own bits are brought too.
 */
#define SMMU_NO_PRIVILEGED_EXECUTE 1u
#define SMMU_NO_USER_EXECUTE       2u
#define SMMU_NO_USER               4u
#define SMMU_NO_WRITE              8u
#define SMMU_RESTRICTIONS          16u

/* Rights of a stage 2 leaf: IOASIM_READ and WRITE as in S2AP, XN as in the entry. */
#define SMMU_S2_XN_SHIFT 2u

/* What one translation's walks need of the unit and of the tables' owner. */
struct smmu_paging {
	struct smmu_tlb *tlb; /* walk caches */
	const struct smmu_ste *ste;
	const struct smmu_cd *cd; /* stage 1 only */
	const struct smmu_tree *first, *second; /* of the stages in use */
	bool had; /* table descriptors carry no restrictions */
	bool xnx; /* XN of stage 2 tells privileges apart */
	bool first_cached, second_cached; /* the walk caches are on */
	bool tables_cached; /* and that of stage 2's answers for tables */
};

/* ---- What entries of both stages have in common ------------------------------------ */

static inline uint64_t smmu_entry_offset(const struct smmu_tree *tree, uint64_t input, int level)
{
	return (input >> tree->shift[level] & tree->index[level]) << SMMU_PTE_LG2;
}

static inline void smmu_entry_index(const struct smmu_tree *tree, int level, uint8_t *high,
				    uint8_t *low)
{
	unsigned bits = (unsigned)__builtin_popcount(tree->index[level]);

	*low = tree->shift[level];
	*high = (uint8_t)(*low + bits - 1);
}

/* Blocks where there are none, and the reserved type of the last level, are as good
 * as invalid (D8.3.1). */
static inline enum walk_kind smmu_entry_kind(const struct smmu_tree *tree, int level,
					     uint64_t entry)
{
	uint64_t type = field_get(SMMU_PTE_TYPE, entry);

	if (type == SMMU_TYPE_TABLE)
		return level ? WALK_KIND_POINTER : WALK_KIND_LEAF;
	if (type == SMMU_TYPE_BLOCK && level && level <= tree->block_level)
		return WALK_KIND_LEAF;
	return WALK_KIND_EMPTY;
}

/* 3.13.2, D8.4.6: whether a leaf's clear Access flag is a fault. */
static inline bool smmu_entry_unaccessed(const struct smmu_tree *tree, uint64_t entry)
{
	return !field_bits(SMMU_PTE_AF, entry) && !tree->ha && !tree->affd;
}

static inline uint64_t smmu_entry_table(const struct smmu_tree *tree, uint64_t entry)
{
	return entry & tree->table;
}

static inline uint64_t smmu_entry_page(const struct smmu_tree *tree, int level, uint64_t entry,
				       uint8_t *size_lg2)
{
	*size_lg2 = tree->shift[level];
	return entry & field_mask(SMMU_ADDRESS_BITS - 1, *size_lg2);
}

/* ---- The walks ---------------------------------------------------------------------- */

/* Each walks w->ask from the deepest entry of its walk cache, or from the root. */
enum walk_stop smmu_walk_first(const struct smmu_paging *p, const struct walk_env *env,
			       struct walk *w);
enum walk_stop smmu_walk_second(const struct smmu_paging *p, const struct walk_env *env,
				struct walk *w);
/* The stage 1 walk of a nested translation: leaves the IPA in w->output. */
enum walk_stop smmu_walk_nested(const struct smmu_paging *p, const struct walk_env *env,
				struct walk *w);

/*
 * Where stage 2 puts the address of an L1CD, a CD or a stage 1 descriptor: a data read
 * (7), or the write of a descriptor's flags. other->input is that address.
 */
enum walk_stop smmu_walk_table(const struct smmu_paging *p, const struct walk_env *env,
			       enum ioasim_reference_kind kind, bool writing,
			       struct walk_other *other, uint64_t *pa);

#endif
