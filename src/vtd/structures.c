/* SPDX-License-Identifier: Apache-2.0 */
/* Reserved bits of the structures in memory, worked out once per unit. */
#include "vtd/structures.h"
#include "vtd/unit.h"

/* 9.3 to 9.6: bits reserved on every unit, below the host address width. */
#define ROOT_RESERVED               FIELD_MASK(11, 1)
#define CONTEXT_0_RESERVED          FIELD_MASK(11, 4)
#define CONTEXT_1_RESERVED          (FIELD_MASK(7, 7) | FIELD_MASK(63, 24))
#define SCALABLE_CONTEXT_0_RESERVED FIELD_MASK(8, 5)
#define SCALABLE_CONTEXT_1_RESERVED FIELD_MASK(63, 21)
#define PASID_DIRECTORY_RESERVED    FIELD_MASK(11, 2)
#define PASID_0_RESERVED            (FIELD_MASK(5, 5) | FIELD_MASK(11, 10))
#define PASID_1_RESERVED            (FIELD_MASK(22, 16) | FIELD_MASK(31, 27))
#define PASID_2_RESERVED            FIELD_MASK(11, 8)

static void reserve_tables(struct vtd_reserved *r, const struct vtd_features *f, uint64_t high)
{
	uint64_t high_did = field_mask(15, f->did_bits);

	r->root[0] = ROOT_RESERVED | high;
	r->root[1] = ~UINT64_C(0);
	r->scalable_root = ROOT_RESERVED | high;

	r->context[0] = CONTEXT_0_RESERVED | high;
	r->context[1] = CONTEXT_1_RESERVED | field_prep(VTD_CONTEXT_1_DID, high_did);

	r->scalable_context[0] = SCALABLE_CONTEXT_0_RESERVED | high;
	r->scalable_context[1] = SCALABLE_CONTEXT_1_RESERVED;
	r->scalable_context[2] = r->scalable_context[3] = ~UINT64_C(0);

	r->pasid_directory = PASID_DIRECTORY_RESERVED | high;

	r->pasid[0] = PASID_0_RESERVED | high;
	r->pasid[1] = PASID_1_RESERVED | field_prep(VTD_PASID_1_DID, high_did);
	r->pasid[2] = PASID_2_RESERVED | high;
	if (!f->ers)
		r->pasid[2] |= FIELD_MASK(VTD_PASID_2_ERE);
	for (unsigned i = 3; i < VTD_PASID_WORDS; i++)
		r->pasid[i] = ~UINT64_C(0);
}

/* 9.7: bit 7 is PS in levels 1 and 2, PAT in level 0, reserved above. */
static void reserve_first(struct vtd_reserved *r, const struct vtd_features *f, uint64_t high)
{
	for (unsigned level = 0; level < VTD_LEVELS; level++) {
		r->first[0][level] = high;
		r->first[1][level] = high;
		if (level >= 3)
			r->first[0][level] |= FIELD_MASK(VTD_FS_PS);
	}
	r->first[1][1] |= field_mask(20, 13);
	r->first[1][2] |= field_mask(29, 13);
	if (!f->fs1gp)
		r->first[1][2] |= FIELD_MASK(VTD_FS_PS);
}

/* 9.8: PS as above; SNP has a meaning in leaves only, and with SC only. */
static void reserve_second(struct vtd_reserved *r, const struct vtd_features *f, uint64_t high)
{
	uint64_t leaf = high | FIELD_MASK(VTD_SS_BIT62);

	if (!f->snoop_control)
		leaf |= FIELD_MASK(VTD_SS_SNP);
	for (unsigned level = 0; level < VTD_LEVELS; level++) {
		r->second[0][level] = high | FIELD_MASK(VTD_SS_BIT62) | FIELD_MASK(VTD_SS_SNP);
		r->second[1][level] = leaf;
		if (level >= 3)
			r->second[0][level] |= FIELD_MASK(VTD_SS_PS);
	}
	r->second[1][1] |= field_mask(20, 12);
	r->second[1][2] |= field_mask(29, 12);
	for (unsigned level = 1; level <= 2; level++)
		if (!(f->sslps & 1u << (level - 1)))
			r->second[1][level] |= FIELD_MASK(VTD_SS_PS);
}

void vtd_reserved_init(struct vtd_reserved *reserved, const struct vtd_features *features)
{
	reserve_tables(reserved, features, field_mask(63, features->haw));
	reserve_first(reserved, features, field_mask(51, features->haw));
	reserve_second(reserved, features, field_mask(51, features->haw));
}
