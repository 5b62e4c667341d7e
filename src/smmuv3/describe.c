/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the entries that the unit reads, for people (chapter 5, Arm ARM D8.3). */
#include "model/arch.h"
#include "smmuv3/structures.h"
#include "smmuv3/walks.h"

#define END                   \
	{                     \
		NULL, 0, 0, 0 \
	}

static const struct arch_field l1std[] = {
	{"Span", 0, SMMU_L1STD_SPAN},
	{"L2Ptr", 0, SMMU_L1STD_L2PTR},
	END,
};

static const struct arch_field ste[] = {
	{"V", 0, SMMU_STE_0_V},
	{"Config", 0, SMMU_STE_0_CONFIG},
	{"S1Fmt", 0, SMMU_STE_0_S1FMT},
	{"S1ContextPtr", 0, SMMU_STE_0_S1CONTEXTPTR},
	{"S1CDMax", 0, SMMU_STE_0_S1CDMAX},
	{"S1DSS", 1, SMMU_STE_1_S1DSS},
	{"PPAR", 1, SMMU_STE_1_PPAR},
	{"MEV", 1, SMMU_STE_1_MEV},
	{"S2FWB", 1, SMMU_STE_1_S2FWB},
	{"S1STALLD", 1, SMMU_STE_1_S1STALLD},
	{"EATS", 1, SMMU_STE_1_EATS},
	{"STRW", 1, SMMU_STE_1_STRW},
	{"SHCFG", 1, SMMU_STE_1_SHCFG},
	{"PRIVCFG", 1, SMMU_STE_1_PRIVCFG},
	{"INSTCFG", 1, SMMU_STE_1_INSTCFG},
	{"S2VMID", 2, SMMU_STE_2_S2VMID},
	{"S2T0SZ", 2, SMMU_STE_2_S2T0SZ},
	{"S2SL0", 2, SMMU_STE_2_S2SL0},
	{"S2TG", 2, SMMU_STE_2_S2TG},
	{"S2PS", 2, SMMU_STE_2_S2PS},
	{"S2AA64", 2, SMMU_STE_2_S2AA64},
	{"S2ENDI", 2, SMMU_STE_2_S2ENDI},
	{"S2AFFD", 2, SMMU_STE_2_S2AFFD},
	{"S2PTW", 2, SMMU_STE_2_S2PTW},
	{"S2HD", 2, SMMU_STE_2_S2HD},
	{"S2HA", 2, SMMU_STE_2_S2HA},
	{"S2S", 2, SMMU_STE_2_S2S},
	{"S2R", 2, SMMU_STE_2_S2R},
	{"S2HAFT", 2, SMMU_STE_2_S2HAFT},
	{"S2TTB", 3, SMMU_STE_3_S2TTB},
	END,
};

static const struct arch_field l1cd[] = {
	{"V", 0, SMMU_L1CD_V},
	{"L2Ptr", 0, SMMU_L1CD_L2PTR},
	END,
};

static const struct arch_field cd[] = {
	{"T0SZ", 0, SMMU_CD_0_T0SZ},
	{"TG0", 0, SMMU_CD_0_TG0},
	{"EPD0", 0, SMMU_CD_0_EPD0},
	{"ENDI", 0, SMMU_CD_0_ENDI},
	{"T1SZ", 0, SMMU_CD_0_T1SZ},
	{"TG1", 0, SMMU_CD_0_TG1},
	{"EPD1", 0, SMMU_CD_0_EPD1},
	{"V", 0, SMMU_CD_0_V},
	{"IPS", 0, SMMU_CD_0_IPS},
	{"AFFD", 0, SMMU_CD_0_AFFD},
	{"WXN", 0, SMMU_CD_0_WXN},
	{"TBI0", 0, SMMU_CD_0_TBI0},
	{"TBI1", 0, SMMU_CD_0_TBI1},
	{"PAN", 0, SMMU_CD_0_PAN},
	{"AA64", 0, SMMU_CD_0_AA64},
	{"HD", 0, SMMU_CD_0_HD},
	{"HA", 0, SMMU_CD_0_HA},
	{"S", 0, SMMU_CD_0_S},
	{"R", 0, SMMU_CD_0_R},
	{"A", 0, SMMU_CD_0_A},
	{"ASET", 0, SMMU_CD_0_ASET},
	{"ASID", 0, SMMU_CD_0_ASID},
	{"HAD0", 1, SMMU_CD_TTB_HAD},
	{"E0PD0", 1, SMMU_CD_TTB_E0PD},
	{"HAFT", 1, SMMU_CD_1_HAFT},
	{"TTB0", 1, SMMU_CD_TTB_TTB},
	{"HAD1", 2, SMMU_CD_TTB_HAD},
	{"E0PD1", 2, SMMU_CD_TTB_E0PD},
	{"TTB1", 2, SMMU_CD_TTB_TTB},
	{"MAIR", 3, SMMU_CD_3_MAIR},
	END,
};

static const struct arch_field first_pointer[] = {
	{"Type", 0, SMMU_PTE_TYPE},          {"Address", 0, SMMU_PTE_ADDRESS},
	{"PXNTable", 0, SMMU_S1_PXNTABLE},   {"UXNTable", 0, SMMU_S1_UXNTABLE},
	{"APTable[0]", 0, SMMU_S1_APTABLE0}, {"APTable[1]", 0, SMMU_S1_APTABLE1},
	{"NSTable", 0, SMMU_S1_NSTABLE},     END,
};

static const struct arch_field first_leaf[] = {
	{"Type", 0, SMMU_PTE_TYPE},
	{"AttrIndx", 0, SMMU_S1_ATTRINDX},
	{"NS", 0, SMMU_S1_NS},
	{"AP[1]", 0, SMMU_S1_AP1},
	{"AP[2]", 0, SMMU_S1_AP2},
	{"SH", 0, SMMU_PTE_SH},
	{"AF", 0, SMMU_PTE_AF},
	{"nG", 0, SMMU_S1_NG},
	{"Address", 0, SMMU_PTE_ADDRESS},
	{"DBM", 0, SMMU_PTE_DBM},
	{"Contiguous", 0, SMMU_PTE_CONTIGUOUS},
	{"PXN", 0, SMMU_S1_PXN},
	{"UXN", 0, SMMU_S1_UXN},
	END,
};

static const struct arch_field second_pointer[] = {
	{"Type", 0, SMMU_PTE_TYPE},
	{"Address", 0, SMMU_PTE_ADDRESS},
	END,
};

static const struct arch_field second_leaf[] = {
	{"Type", 0, SMMU_PTE_TYPE},
	{"MemAttr", 0, SMMU_S2_MEMATTR},
	{"S2AP[0]", 0, SMMU_S2_S2AP0},
	{"S2AP[1]", 0, SMMU_S2_S2AP1},
	{"SH", 0, SMMU_PTE_SH},
	{"AF", 0, SMMU_PTE_AF},
	{"Address", 0, SMMU_PTE_ADDRESS},
	{"DBM", 0, SMMU_PTE_DBM},
	{"Contiguous", 0, SMMU_PTE_CONTIGUOUS},
	{"XN", 0, SMMU_S2_XN},
	END,
};

/* The granule, and so the size of a page, stands in the CD or STE; the level is the
 * specification's. */
enum content { INVALID, TABLE, BLOCK, CONTENTS };

static const char *const titles[2][SMMU_LEVELS][CONTENTS] = {
	{
		{"stage 1, level 3, invalid", "stage 1, level 3, page",
		 "stage 1, level 3, reserved"},
		{"stage 1, level 2, invalid", "stage 1, level 2, table", "stage 1, level 2, block"},
		{"stage 1, level 1, invalid", "stage 1, level 1, table", "stage 1, level 1, block"},
		{"stage 1, level 0, invalid", "stage 1, level 0, table", "stage 1, level 0, block"},
	},
	{
		{"stage 2, level 3, invalid", "stage 2, level 3, page",
		 "stage 2, level 3, reserved"},
		{"stage 2, level 2, invalid", "stage 2, level 2, table", "stage 2, level 2, block"},
		{"stage 2, level 1, invalid", "stage 2, level 1, table", "stage 2, level 1, block"},
		{"stage 2, level 0, invalid", "stage 2, level 0, table", "stage 2, level 0, block"},
	},
};

static enum content content(uint64_t entry)
{
	if (!field_get(SMMU_PTE_VALID, entry))
		return INVALID;
	return field_get(SMMU_PTE_TABLE, entry) ? TABLE : BLOCK;
}

static const struct arch_field *describe_descriptor(bool second, uint64_t entry, unsigned level,
						    const char **title)
{
	enum content is = content(entry);

	*title = titles[second][level][is];
	if (is == TABLE && level)
		return second ? second_pointer : first_pointer;
	return second ? second_leaf : first_leaf;
}

const struct arch_field *smmu_describe(const struct ioasim_unit *unit,
				       const struct ioasim_fetch *fetch, const char **title)
{
	unsigned level = fetch->level < SMMU_LEVELS ? fetch->level : SMMU_LEVELS - 1;

	(void)unit;
	switch ((enum ioasim_reference_kind)fetch->kind) {
	case IOASIM_REF_DEVICE_TABLE:
		*title = level ? "level 1 stream table descriptor" : "stream table entry";
		return level ? l1std : ste;
	case IOASIM_REF_PASID_TABLE:
		*title = level ? "level 1 context descriptor" : "context descriptor";
		return level ? l1cd : cd;
	case IOASIM_REF_STAGE1:
		return describe_descriptor(false, fetch->entry[0], level, title);
	case IOASIM_REF_STAGE2:
	case IOASIM_REF_STAGE2_FOR_STAGE1:
	case IOASIM_REF_STAGE2_FOR_PASID_TABLE:
		return describe_descriptor(true, fetch->entry[0], level, title);
	case IOASIM_REF_KINDS:
		break;
	}
	*title = "unknown entry";
	return &ste[sizeof(ste) / sizeof(ste[0]) - 1];
}
