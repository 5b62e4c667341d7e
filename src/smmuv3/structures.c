/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of both stages have in common, taken from a CD or an STE. */
#include "smmuv3/walks.h"

unsigned smmu_size_bits(uint64_t code)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44, 48, 52};

	return bits[code < SMMU_SIZE_CODE_MAX ? code : SMMU_SIZE_CODE_MAX];
}

unsigned smmu_output_bits(const struct smmu_features *f, uint64_t code)
{
	unsigned bits = smmu_size_bits(code);

	return bits < f->oas ? bits : f->oas;
}

bool smmu_granule_supported(const struct smmu_features *f, unsigned granule)
{
	switch (granule) {
	case SMMU_4K_LG2:
		return f->gran4k;
	case SMMU_16K_LG2:
		return f->gran16k;
	case SMMU_64K_LG2:
		return f->gran64k;
	default:
		return false;
	}
}

void smmu_tree_shape(struct smmu_tree *tree, uint64_t root, unsigned first_level, unsigned output)
{
	unsigned index_bits = smmu_shift(tree->granule, 1) - tree->granule;
	unsigned table_lg2;

	for (unsigned level = 0; level <= first_level; level++) {
		unsigned shift = smmu_shift(tree->granule, level);
		unsigned bits = level == first_level ? tree->input - shift : index_bits;

		tree->shift[level] = (uint8_t)shift;
		tree->index[level] = (UINT32_C(1) << bits) - 1;
	}
	table_lg2 = tree->input - smmu_shift(tree->granule, first_level) + SMMU_PTE_LG2;
	tree->first_level = (uint8_t)first_level;
	tree->block_level = tree->granule == SMMU_4K_LG2 ? 2 : 1;
	tree->root = root & ~((UINT64_C(1) << table_lg2) - 1);
	tree->table = field_mask(SMMU_ADDRESS_BITS - 1, tree->granule);
	tree->too_wide = field_mask(SMMU_ADDRESS_BITS - 1, output);
}
