/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures in memory: root, context, PASID and paging entries, page requests
 * (chapter 9 and 7.4 of the specification). The number in a field's name is the
 * 64-bit word of the structure. Descriptors of the queue stand in registers.h.
 *
 * Address fields are given up to bit 51; what of them lies at or above the host
 * address width is reserved, see struct vtd_reserved.
 *
 * Levels: the specification counts paging entries from 1 (PTE), the model from 0.
 *
 *	level	first stage	second stage
 *	0	PTE		SS-PTE
 *	1	PDE		SS-PDE
 *	2	PDPE		SS-PDPE
 *	3	PML4E		SS-PML4E
 *	4	PML5E		SS-PML5E
 */
#ifndef VTD_STRUCTURES_H
#define VTD_STRUCTURES_H

#include "model/field.h"

#include <stdbool.h>

struct vtd_features;

/* 9.1 Root Entry, 9.2 Scalable-Mode Root Entry (each of the two words is a half) */
#define VTD_ROOT_SIZE 16
#define VTD_ROOT_P    FIELD(0, 0)
#define VTD_ROOT_CTP  FIELD(51, 12)

/* 9.3 Context Entry */
#define VTD_CONTEXT_SIZE      16
#define VTD_CONTEXT_0_P       FIELD(0, 0)
#define VTD_CONTEXT_0_FPD     FIELD(1, 1)
#define VTD_CONTEXT_0_TT      FIELD(3, 2)
#define VTD_TT_UNTRANSLATED   0
#define VTD_TT_ATS            1
#define VTD_TT_PASS           2
#define VTD_CONTEXT_0_SSPTPTR FIELD(51, 12)
#define VTD_CONTEXT_1_AW      FIELD(2, 0)
#define VTD_CONTEXT_1_DID     FIELD(23, 8)

/* 9.4 Scalable-Mode Context Entry */
#define VTD_SCALABLE_CONTEXT_SIZE          32
#define VTD_SCALABLE_CONTEXT_0_P           FIELD(0, 0)
#define VTD_SCALABLE_CONTEXT_0_FPD         FIELD(1, 1)
#define VTD_SCALABLE_CONTEXT_0_DTE         FIELD(2, 2)
#define VTD_SCALABLE_CONTEXT_0_PASIDE      FIELD(3, 3)
#define VTD_SCALABLE_CONTEXT_0_PRE         FIELD(4, 4)
#define VTD_SCALABLE_CONTEXT_0_PDTS        FIELD(11, 9)
#define VTD_PDTS_PASID_BITS                13 /* width of PASIDs when PDTS is 0 */
#define VTD_SCALABLE_CONTEXT_0_PASIDDIRPTR FIELD(51, 12)
#define VTD_SCALABLE_CONTEXT_1_RID_PASID   FIELD(19, 0)
#define VTD_SCALABLE_CONTEXT_1_RID_PRIV    FIELD(20, 20)

/* 9.5 Scalable-Mode PASID Directory Entry */
#define VTD_PASID_DIRECTORY_SIZE      8
#define VTD_PASID_DIRECTORY_P         FIELD(0, 0)
#define VTD_PASID_DIRECTORY_FPD       FIELD(1, 1)
#define VTD_PASID_DIRECTORY_SMPTBLPTR FIELD(51, 12)

/* 9.6 Scalable-Mode PASID Table Entry. ERE, NXE: until revision 4, on units with ERS. */
#define VTD_PASID_SIZE      64
#define VTD_PASID_WORDS     8
#define VTD_PASID_0_P       FIELD(0, 0)
#define VTD_PASID_0_FPD     FIELD(1, 1)
#define VTD_PASID_0_AW      FIELD(4, 2)
#define VTD_PASID_0_PGTT    FIELD(8, 6)
#define VTD_PASID_0_SSADE   FIELD(9, 9)
#define VTD_PASID_0_SSPTPTR FIELD(51, 12)
#define VTD_PASID_1_DID     FIELD(15, 0)
#define VTD_PASID_1_PWSNP   FIELD(23, 23)
#define VTD_PASID_1_PGSNP   FIELD(24, 24)
#define VTD_PASID_1_CD      FIELD(25, 25)
#define VTD_PASID_1_EMTE    FIELD(26, 26)
#define VTD_PASID_1_PAT     FIELD(63, 32)
#define VTD_PASID_2_SRE     FIELD(0, 0)
#define VTD_PASID_2_ERE     FIELD(1, 1)
#define VTD_PASID_2_FSPM    FIELD(3, 2)
#define VTD_FSPM_4_LEVEL    0
#define VTD_FSPM_5_LEVEL    1
#define VTD_PASID_2_WPE     FIELD(4, 4)
#define VTD_PASID_2_NXE     FIELD(5, 5)
#define VTD_PASID_2_EAFE    FIELD(7, 7)
#define VTD_PASID_2_FSPTPTR FIELD(51, 12)

/* How a requester-id selects its root and context entries. */
#define VTD_SID_BUS            FIELD(15, 8)
#define VTD_SID_DEVFN          FIELD(7, 0)
#define VTD_SID_ROOT_HALF      FIELD(7, 7)
#define VTD_SID_SCALABLE_BUS   FIELD(15, 7) /* bus and half of its root entry */
#define VTD_SID_SCALABLE_DEVFN FIELD(6, 0)

/* How a PASID selects its directory and table entries. */
#define VTD_PASID_DIRECTORY_INDEX FIELD(19, 6)
#define VTD_PASID_TABLE_INDEX     FIELD(5, 0)

/* 9.7 First-Stage Paging Entries. XD: until revision 4, when NXE is set. */
#define VTD_FS_P         FIELD(0, 0)
#define VTD_FS_RW        FIELD(1, 1)
#define VTD_FS_US        FIELD(2, 2)
#define VTD_FS_PWT       FIELD(3, 3)
#define VTD_FS_PCD       FIELD(4, 4)
#define VTD_FS_A         FIELD(5, 5)
#define VTD_FS_D         FIELD(6, 6)
#define VTD_FS_PS        FIELD(7, 7)
#define VTD_FS_G         FIELD(8, 8)
#define VTD_FS_EA        FIELD(10, 10)
#define VTD_FS_ADDR      FIELD(51, 12)
#define VTD_FS_LARGE_PAT FIELD(12, 12)
#define VTD_FS_XD        FIELD(63, 63)

/* 9.8 Second-Stage Paging Entries */
#define VTD_SS_R     FIELD(0, 0)
#define VTD_SS_W     FIELD(1, 1)
#define VTD_SS_RW    FIELD(1, 0)
#define VTD_SS_PS    FIELD(7, 7)
#define VTD_SS_A     FIELD(8, 8)
#define VTD_SS_D     FIELD(9, 9)
#define VTD_SS_SNP   FIELD(11, 11)
#define VTD_SS_ADDR  FIELD(51, 12)
#define VTD_SS_BIT62 FIELD(62, 62)

/* 7.4 Page Request Descriptor */
#define VTD_PRQ_SIZE      32
#define VTD_PRQ_0_TYPE    FIELD(7, 0)
#define VTD_PRQ_TYPE_PAGE 1
#define VTD_PRQ_0_PP      FIELD(8, 8)
#define VTD_PRQ_0_RID     FIELD(31, 16)
#define VTD_PRQ_0_PASID   FIELD(51, 32)
#define VTD_PRQ_0_EXR     FIELD(52, 52)
#define VTD_PRQ_0_PMR     FIELD(53, 53)
#define VTD_PRQ_1_RDR     FIELD(0, 0)
#define VTD_PRQ_1_WRR     FIELD(1, 1)
#define VTD_PRQ_1_LPIG    FIELD(2, 2)
#define VTD_PRQ_1_PRGI    FIELD(11, 3)
#define VTD_PRQ_1_ADDR    FIELD(63, 12)

/* 3.15: the interrupt address range, as address bits above its 20 low ones */
#define VTD_INTERRUPT_RANGE_LG2 20
#define VTD_INTERRUPT_RANGE     UINT64_C(0xfee)

#define VTD_LEVELS 5

/* 3.5: a table holds 512 entries of eight bytes; levels 1 and 2 may hold pages. */
#define VTD_TABLE_LG2       12
#define VTD_TABLE_INDEX     FIELD(20, 12) /* of the address, shifted down to level 0 */
#define VTD_TABLE_BASE      FIELD(63, 12)
#define VTD_LEVEL_BITS      9
#define VTD_LARGE_LEVEL_MAX 2

static inline uint8_t vtd_page_lg2(unsigned level)
{
	return (uint8_t)(VTD_TABLE_LG2 + VTD_LEVEL_BITS * level);
}

/* Where the entry of `address` lies in a table of this level. */
static inline uint64_t vtd_table_offset(uint64_t address, unsigned level)
{
	return field_get(VTD_TABLE_INDEX, address >> (VTD_LEVEL_BITS * level)) * sizeof(uint64_t);
}

/* Whether [address, address + 2^size_lg2), aligned to its size, meets the range. */
static inline bool vtd_interrupt_range(uint64_t address, unsigned size_lg2)
{
	unsigned lg2 = size_lg2 > VTD_INTERRUPT_RANGE_LG2 ? size_lg2 : VTD_INTERRUPT_RANGE_LG2;

	return lg2 > 63 || address >> lg2 == VTD_INTERRUPT_RANGE >> (lg2 - VTD_INTERRUPT_RANGE_LG2);
}

/*
 * Reserved bits of each structure on one unit: what the specification reserves
 * always, what lies above the host address width, what the unit's capabilities
 * leave without meaning. Arrays of paging entries are by leaf (1) or pointer (0),
 * and level.
 */
struct vtd_reserved {
	uint64_t root[2];
	uint64_t scalable_root;
	uint64_t context[2];
	uint64_t scalable_context[4];
	uint64_t pasid_directory;
	uint64_t pasid[VTD_PASID_WORDS];
	uint64_t first[2][VTD_LEVELS];
	uint64_t second[2][VTD_LEVELS];
};

/* structures.c */
void vtd_reserved_init(struct vtd_reserved *reserved, const struct vtd_features *features);

#endif
