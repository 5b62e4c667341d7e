/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures in memory that translation reads (48882, 2.2.2 to 2.2.6): device table
 * entry, GCR3 table, host (v1) and guest (v2) page tables. The number in the name of a
 * device table entry's field is its 64-bit word; bit n of word w is bit 64*w + n of the
 * specification's tables. Commands, events and the PPR log stand in registers.h.
 */
#ifndef AMDVI_STRUCTURES_H
#define AMDVI_STRUCTURES_H

#include "model/field.h"

#include <stdbool.h>

struct amdvi_features;

/* ---- 2.2.2.1 Device Table Entry ------------------------------------------------- */

#define AMDVI_DTE_SIZE  32
#define AMDVI_DTE_WORDS 4

#define AMDVI_DTE_0_V               FIELD(0, 0)
#define AMDVI_DTE_0_TV              FIELD(1, 1)
#define AMDVI_DTE_0_HAD             FIELD(8, 7)
#define AMDVI_HAD_NONE              0
#define AMDVI_HAD_ACCESSED          1
#define AMDVI_HAD_RESERVED          2
#define AMDVI_HAD_BOTH              3
#define AMDVI_DTE_0_MODE            FIELD(11, 9) /* levels; 0: GPA is SPA; 7 reserved */
#define AMDVI_DTE_0_HOST_ROOT       FIELD(51, 12) /* Host Page Table Root Pointer */
#define AMDVI_DTE_0_PPR             FIELD(52, 52)
#define AMDVI_DTE_0_GPRP            FIELD(53, 53)
#define AMDVI_DTE_0_GIOV            FIELD(54, 54)
#define AMDVI_DTE_0_GV              FIELD(55, 55)
#define AMDVI_DTE_0_GLX             FIELD(57, 56) /* levels less 1; 3 reserved */
#define AMDVI_DTE_0_GCR3_TRP_14_12  FIELD(60, 58)
#define AMDVI_DTE_0_IR              FIELD(61, 61)
#define AMDVI_DTE_0_IW              FIELD(62, 62)
#define AMDVI_DTE_0_IR_IW           FIELD(62, 61)
#define AMDVI_DTE_1_DOMAINID        FIELD(15, 0)
#define AMDVI_DTE_1_GCR3_TRP_30_15  FIELD(31, 16)
#define AMDVI_DTE_1_I               FIELD(32, 32)
#define AMDVI_DTE_1_SE              FIELD(33, 33)
#define AMDVI_DTE_1_SA              FIELD(34, 34)
#define AMDVI_DTE_1_IOCTL           FIELD(36, 35)
#define AMDVI_DTE_1_CACHE           FIELD(37, 37)
#define AMDVI_DTE_1_SD              FIELD(38, 38)
#define AMDVI_DTE_1_EX              FIELD(39, 39)
#define AMDVI_DTE_1_SYSMGT          FIELD(41, 40)
#define AMDVI_DTE_1_SATS            FIELD(42, 42)
#define AMDVI_DTE_1_GCR3_TRP_51_31  FIELD(63, 43)
#define AMDVI_DTE_2_IV              FIELD(0, 0)
#define AMDVI_DTE_2_INTTABLEN       FIELD(4, 1)
#define AMDVI_INTTABLEN_MAX         11
#define AMDVI_DTE_2_IG              FIELD(5, 5)
#define AMDVI_DTE_2_INT_ROOT        FIELD(51, 6) /* Interrupt Table Root Pointer */
#define AMDVI_DTE_2_GUESTPAGINGMODE FIELD(55, 54)
#define AMDVI_GUESTPAGINGMODE_4     0
#define AMDVI_GUESTPAGINGMODE_5     1
#define AMDVI_DTE_2_INITPASS        FIELD(56, 56)
#define AMDVI_DTE_2_EINTPASS        FIELD(57, 57)
#define AMDVI_DTE_2_NMIPASS         FIELD(58, 58)
#define AMDVI_DTE_2_HPTMODE         FIELD(59, 59)
#define AMDVI_DTE_2_INTCTL          FIELD(61, 60)
#define AMDVI_INTCTL_ABORT          0
#define AMDVI_INTCTL_PASS           1
#define AMDVI_INTCTL_REMAP          2
#define AMDVI_DTE_2_LINT0PASS       FIELD(62, 62)
#define AMDVI_DTE_2_LINT1PASS       FIELD(63, 63)
#define AMDVI_DTE_3_VIMUEN          FIELD(15, 15)
#define AMDVI_DTE_3_GDEVICEID       FIELD(31, 16)
#define AMDVI_DTE_3_GUESTID         FIELD(47, 32)
#define AMDVI_DTE_3_ATTRV           FIELD(54, 54)
#define AMDVI_DTE_3_MODE0FC         FIELD(55, 55)
#define AMDVI_DTE_3_SNOOPATTRIBUTE  FIELD(63, 56)

/* The parts of the GCR3 Table Root Pointer, as bits of the address. */
#define AMDVI_GCR3_TRP_14_12 FIELD(14, 12)
#define AMDVI_GCR3_TRP_30_15 FIELD(30, 15)
#define AMDVI_GCR3_TRP_51_31 FIELD(51, 31)

/* A device-id selects its segment by its top DevTblSegEn bits. */
#define AMDVI_DEVICE_ID_BITS  16
#define AMDVI_DTES_PER_4K     128
#define AMDVI_DTES_PER_4K_LG2 7

static inline uint64_t amdvi_dte_gcr3_root(const uint64_t *dte)
{
	return field_prep(AMDVI_GCR3_TRP_14_12, field_get(AMDVI_DTE_0_GCR3_TRP_14_12, dte[0])) |
	       field_prep(AMDVI_GCR3_TRP_30_15, field_get(AMDVI_DTE_1_GCR3_TRP_30_15, dte[1])) |
	       field_prep(AMDVI_GCR3_TRP_51_31, field_get(AMDVI_DTE_1_GCR3_TRP_51_31, dte[1]));
}

static inline void amdvi_dte_gcr3_root_set(uint64_t *dte, uint64_t root)
{
	field_set(&dte[0], AMDVI_DTE_0_GCR3_TRP_14_12, field_get(AMDVI_GCR3_TRP_14_12, root));
	field_set(&dte[1], AMDVI_DTE_1_GCR3_TRP_30_15, field_get(AMDVI_GCR3_TRP_30_15, root));
	field_set(&dte[1], AMDVI_DTE_1_GCR3_TRP_51_31, field_get(AMDVI_GCR3_TRP_51_31, root));
}

/* ---- Tables in general: 512 entries of eight bytes --------------------------------- */

#define AMDVI_TABLE_LG2   12
#define AMDVI_TABLE_INDEX FIELD(20, 12) /* of the address, shifted down to level 0 */
#define AMDVI_TABLE_BASE  FIELD(63, 12)
#define AMDVI_LEVEL_BITS  9

/* What one entry of this level spans. */
static inline uint8_t amdvi_page_lg2(unsigned level)
{
	return (uint8_t)(AMDVI_TABLE_LG2 + AMDVI_LEVEL_BITS * level);
}

/* Where the entry of `address` lies in a table of this level. */
static inline uint64_t amdvi_table_offset(uint64_t address, unsigned level)
{
	return field_get(AMDVI_TABLE_INDEX, address >> (AMDVI_LEVEL_BITS * level)) *
	       sizeof(uint64_t);
}

/* ---- 2.2.6.3 GCR3 table ---------------------------------------------------------------
 *
 *	level	specification		index: bits of the PASID
 *	0	GCR3 level 1		8:0	its entries hold guest CR3
 *	1	GCR3 level 2		17:9
 *	2	GCR3 level 3		26:18	(PASIDs have 20 bits)
 *
 * The table of the root has level GLX.
 */
#define AMDVI_GCR3_V    FIELD(0, 0)
#define AMDVI_GCR3_PWT  FIELD(3, 3) /* level 0 */
#define AMDVI_GCR3_PCD  FIELD(4, 4) /* level 0 */
#define AMDVI_GCR3_ADDR FIELD(51, 12) /* next table; level 0: guest CR3, a GPA */

#define AMDVI_GCR3_LEVELS 3
#define AMDVI_PASID_BITS  20
#define AMDVI_GCR3_INDEX  FIELD(8, 0) /* of the PASID, shifted down to level 0 */

static inline uint64_t amdvi_gcr3_offset(uint32_t pasid, unsigned level)
{
	return field_get(AMDVI_GCR3_INDEX, pasid >> (AMDVI_LEVEL_BITS * level)) * sizeof(uint64_t);
}

/* ---- 2.2.3 Host (v1, nested) page tables ------------------------------------------------
 *
 *	level	specification	index		default page (next level 0)
 *	0	level 1, PTE	20:12		4 KiB
 *	1	level 2, PDE	29:21		2 MiB
 *	2	level 3, PDE	38:30		1 GiB
 *	3	level 4, PDE	47:39		512 GiB
 *	4	level 5, PDE	56:48		256 TiB
 *	5	level 6, PDE	63:57		none
 *
 * Next Level and Mode carry the specification's numbers: Next Level n names the table of
 * our level n - 1, Mode n a root table of level n - 1.
 */
#define AMDVI_HOST_PR        FIELD(0, 0)
#define AMDVI_HOST_A         FIELD(5, 5)
#define AMDVI_HOST_D         FIELD(6, 6) /* PTE */
#define AMDVI_HOST_NEXTLEVEL FIELD(11, 9)
#define AMDVI_NEXTLEVEL_PAGE 0 /* a page of the level's default size */
#define AMDVI_NEXTLEVEL_SIZE 7 /* a page whose size is coded in the address */
#define AMDVI_HOST_ADDR      FIELD(51, 12)
#define AMDVI_HOST_PMC       FIELD(58, 57) /* PTE, with TMPMSup */
#define AMDVI_HOST_U         FIELD(59, 59) /* PTE */
#define AMDVI_HOST_FC        FIELD(60, 60) /* PTE */
#define AMDVI_HOST_IR        FIELD(61, 61)
#define AMDVI_HOST_IW        FIELD(62, 62)
#define AMDVI_HOST_IR_IW     FIELD(62, 61)

#define AMDVI_HOST_LEVELS      6
#define AMDVI_HOST_LEAF_LEVELS 5 /* the topmost level holds no pages */

/* A size code without a zero: no page of the 52-bit address space has it. */
#define AMDVI_HOST_SIZE_NONE 64

/* Next Level 7: the lowest zero at or above bit 12, at z, codes 2^(z + 1) bytes. */
static inline unsigned amdvi_host_coded_lg2(uint64_t entry)
{
	uint64_t zeros = field_bits(AMDVI_HOST_ADDR, ~entry);

	return zeros ? (unsigned)__builtin_ctzll(zeros) + 1 : AMDVI_HOST_SIZE_NONE;
}

/* The address field of a page of 2^lg2 bytes whose size is coded, for lg2 > 12. */
static inline uint64_t amdvi_host_code(uint64_t pa, unsigned lg2)
{
	return field_bits(AMDVI_HOST_ADDR, (pa & ~field_mask(lg2 - 1, 0)) | field_mask(lg2 - 2, 0));
}

/* ---- 2.2.6.5 Guest (v2) page tables --------------------------------------------------
 *
 *	level	specification	index		page
 *	0	level 1, PTE	20:12		4 KiB
 *	1	level 2, PDE	29:21		2 MiB with PS
 *	2	level 3, PDPE	38:30		1 GiB with PS
 *	3	level 4, PML4E	47:39		none
 *	4	level 5, PML5E	56:48		none
 */
#define AMDVI_GUEST_P         FIELD(0, 0)
#define AMDVI_GUEST_RW        FIELD(1, 1)
#define AMDVI_GUEST_US        FIELD(2, 2)
#define AMDVI_GUEST_PWT       FIELD(3, 3)
#define AMDVI_GUEST_PCD       FIELD(4, 4)
#define AMDVI_GUEST_A         FIELD(5, 5)
#define AMDVI_GUEST_D         FIELD(6, 6)
#define AMDVI_GUEST_PS        FIELD(7, 7) /* PDE, PDPE */
#define AMDVI_GUEST_PAT       FIELD(7, 7) /* PTE */
#define AMDVI_GUEST_G         FIELD(8, 8)
#define AMDVI_GUEST_ADDR      FIELD(51, 12)
#define AMDVI_GUEST_LARGE_PAT FIELD(12, 12) /* of a large page */
#define AMDVI_GUEST_NX        FIELD(63, 63)

#define AMDVI_GUEST_LEVELS    5
#define AMDVI_GUEST_LARGE_MAX 2

/* ---- 2.1.4 Addresses with a meaning of their own ------------------------------------- */

/* The interrupt range, as address bits above its 20 low ones. */
#define AMDVI_INTERRUPT_RANGE_LG2 20
#define AMDVI_INTERRUPT_RANGE     UINT64_C(0xfee)

static inline bool amdvi_interrupt_range(uint64_t address)
{
	return address >> AMDVI_INTERRUPT_RANGE_LG2 == AMDVI_INTERRUPT_RANGE;
}

#endif
