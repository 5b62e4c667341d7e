/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures in memory: stream table, context descriptors, translation tables (Arm
 * IHI 0070, chapter 5; Arm ARM D8). The number in a field's name is the 64-bit word
 * of the structure. Commands, event records and page requests stand in registers.h.
 *
 * Addresses have up to 52 bits in the structures (56 from SMMUv3.4 on, which is not
 * modelled) and 48 in the tables (48-bit formats of VMSAv8-64).
 */
#ifndef SMMUV3_STRUCTURES_H
#define SMMUV3_STRUCTURES_H

#include "model/field.h"

#include <stdbool.h>

/* 5.1 Level 1 Stream Table Descriptor */
#define SMMU_L1STD_SIZE     8
#define SMMU_L1STD_SPAN     FIELD(4, 0)
#define SMMU_L1STD_SPAN_MAX 11
#define SMMU_L1STD_L2PTR    FIELD(51, 6)

/* 5.2 Stream Table Entry */
#define SMMU_STE_SIZE           64
#define SMMU_STE_WORDS          8
#define SMMU_STE_DECODED        4 /* words that translation looks at */
#define SMMU_STE_0_V            FIELD(0, 0)
#define SMMU_STE_0_CONFIG       FIELD(3, 1)
#define SMMU_CONFIG_ABORT       0 /* and all others below 4 */
#define SMMU_CONFIG_BYPASS      4
#define SMMU_CONFIG_S1          5
#define SMMU_CONFIG_S2          6
#define SMMU_CONFIG_NESTED      7
#define SMMU_STE_0_CONFIG_S1    FIELD(1, 1) /* the bits of Config 1xx */
#define SMMU_STE_0_CONFIG_S2    FIELD(2, 2)
#define SMMU_STE_0_CONFIG_ON    FIELD(3, 3)
#define SMMU_STE_0_S1FMT        FIELD(5, 4)
#define SMMU_S1FMT_LINEAR       0
#define SMMU_S1FMT_4K           1
#define SMMU_S1FMT_64K          2
#define SMMU_STE_0_S1CONTEXTPTR FIELD(51, 6)
#define SMMU_STE_0_S1CDMAX      FIELD(63, 59)
#define SMMU_STE_1_S1DSS        FIELD(1, 0)
#define SMMU_S1DSS_TERMINATE    0
#define SMMU_S1DSS_BYPASS       1
#define SMMU_S1DSS_SSID0        2
#define SMMU_STE_1_S1CIR        FIELD(3, 2)
#define SMMU_STE_1_S1COR        FIELD(5, 4)
#define SMMU_STE_1_S1CSH        FIELD(7, 6)
#define SMMU_STE_1_S2HWU        FIELD(11, 8) /* S2HWU59..62 */
#define SMMU_STE_1_DRE          FIELD(12, 12)
#define SMMU_STE_1_CONT         FIELD(16, 13)
#define SMMU_STE_1_DCP          FIELD(17, 17)
#define SMMU_STE_1_PPAR         FIELD(18, 18)
#define SMMU_STE_1_MEV          FIELD(19, 19)
#define SMMU_STE_1_S2FWB        FIELD(25, 25)
#define SMMU_STE_1_S1MPAM       FIELD(26, 26)
#define SMMU_STE_1_S1STALLD     FIELD(27, 27)
#define SMMU_STE_1_EATS         FIELD(29, 28)
#define SMMU_EATS_NONE          0
#define SMMU_EATS_FULL          1
#define SMMU_EATS_SPLIT         2
#define SMMU_STE_1_STRW         FIELD(31, 30)
#define SMMU_STRW_NS_EL1        0
#define SMMU_STRW_EL2           2
#define SMMU_STE_1_MEMATTR      FIELD(35, 32)
#define SMMU_STE_1_MTCFG        FIELD(36, 36)
#define SMMU_STE_1_ALLOCCFG     FIELD(40, 37)
#define SMMU_STE_1_SHCFG        FIELD(45, 44)
#define SMMU_SHCFG_INCOMING     1
#define SMMU_STE_1_NSCFG        FIELD(47, 46)
#define SMMU_STE_1_PRIVCFG      FIELD(49, 48)
#define SMMU_PRIVCFG_USER       2
#define SMMU_PRIVCFG_PRIV       3
#define SMMU_STE_1_INSTCFG      FIELD(51, 50)
#define SMMU_INSTCFG_DATA       2
#define SMMU_INSTCFG_INST       3
#define SMMU_STE_2_S2VMID       FIELD(15, 0)
#define SMMU_STE_2_S2T0SZ       FIELD(37, 32)
#define SMMU_STE_2_S2SL0        FIELD(39, 38)
#define SMMU_STE_2_S2IR0        FIELD(41, 40)
#define SMMU_STE_2_S2OR0        FIELD(43, 42)
#define SMMU_STE_2_S2SH0        FIELD(45, 44)
#define SMMU_STE_2_S2TG         FIELD(47, 46)
#define SMMU_S2TG_4K            0
#define SMMU_S2TG_64K           1
#define SMMU_S2TG_16K           2
#define SMMU_STE_2_S2PS         FIELD(50, 48)
#define SMMU_STE_2_S2AA64       FIELD(51, 51)
#define SMMU_STE_2_S2ENDI       FIELD(52, 52)
#define SMMU_STE_2_S2AFFD       FIELD(53, 53)
#define SMMU_STE_2_S2PTW        FIELD(54, 54)
#define SMMU_STE_2_S2HD         FIELD(55, 55)
#define SMMU_STE_2_S2HA         FIELD(56, 56)
#define SMMU_STE_2_S2S          FIELD(57, 57)
#define SMMU_STE_2_S2R          FIELD(58, 58)
#define SMMU_STE_2_S2HAFT       FIELD(59, 59)
#define SMMU_STE_3_S2TTB        FIELD(51, 4)

/* 5.3 Level 1 Context Descriptor */
#define SMMU_L1CD_SIZE    8
#define SMMU_L1CD_V       FIELD(0, 0)
#define SMMU_L1CD_L2PTR   FIELD(51, 12)
#define SMMU_L1CD_4K_LG2  6 /* CDs of a leaf, S1Fmt 1 */
#define SMMU_L1CD_64K_LG2 10 /* and S1Fmt 2 */

/* 5.4 Context Descriptor. Words 1 and 2 are alike, for TTB0 and TTB1. */
#define SMMU_CD_SIZE      64
#define SMMU_CD_WORDS     8
#define SMMU_CD_DECODED   3 /* words that translation looks at */
#define SMMU_CD_0_T0SZ    FIELD(5, 0)
#define SMMU_CD_0_TG0     FIELD(7, 6)
#define SMMU_TG0_4K       0
#define SMMU_TG0_64K      1
#define SMMU_TG0_16K      2
#define SMMU_CD_0_IR0     FIELD(9, 8)
#define SMMU_CD_0_OR0     FIELD(11, 10)
#define SMMU_CD_0_SH0     FIELD(13, 12)
#define SMMU_CD_0_EPD0    FIELD(14, 14)
#define SMMU_CD_0_ENDI    FIELD(15, 15)
#define SMMU_CD_0_T1SZ    FIELD(21, 16)
#define SMMU_CD_0_TG1     FIELD(23, 22)
#define SMMU_TG1_16K      1
#define SMMU_TG1_4K       2
#define SMMU_TG1_64K      3
#define SMMU_CD_0_IR1     FIELD(25, 24)
#define SMMU_CD_0_OR1     FIELD(27, 26)
#define SMMU_CD_0_SH1     FIELD(29, 28)
#define SMMU_CD_0_EPD1    FIELD(30, 30)
#define SMMU_CD_0_V       FIELD(31, 31)
#define SMMU_CD_0_IPS     FIELD(34, 32)
#define SMMU_CD_0_AFFD    FIELD(35, 35)
#define SMMU_CD_0_WXN     FIELD(36, 36)
#define SMMU_CD_0_UWXN    FIELD(37, 37)
#define SMMU_CD_0_TBI0    FIELD(38, 38)
#define SMMU_CD_0_TBI1    FIELD(39, 39)
#define SMMU_CD_0_PAN     FIELD(40, 40)
#define SMMU_CD_0_AA64    FIELD(41, 41)
#define SMMU_CD_0_HD      FIELD(42, 42)
#define SMMU_CD_0_HA      FIELD(43, 43)
#define SMMU_CD_0_S       FIELD(44, 44)
#define SMMU_CD_0_R       FIELD(45, 45)
#define SMMU_CD_0_A       FIELD(46, 46)
#define SMMU_CD_0_ASET    FIELD(47, 47)
#define SMMU_CD_0_ASID    FIELD(63, 48)
#define SMMU_CD_TTB_NSCFG FIELD(0, 0)
#define SMMU_CD_TTB_HAD   FIELD(1, 1)
#define SMMU_CD_TTB_E0PD  FIELD(2, 2)
#define SMMU_CD_TTB_TTB   FIELD(51, 4)
#define SMMU_CD_1_HAFT    FIELD(3, 3) /* of word 1 only */
#define SMMU_CD_3_MAIR    FIELD(63, 0)
#define SMMU_CD_4_AMAIR   FIELD(63, 0)

/* What an 8-bit ASID or VMID has no room for. */
#define SMMU_ID_HIGH FIELD(15, 8)

/* 3.4.1: the bit of a VA that chooses the half, and what TBI lets be ignored. */
#define SMMU_VA_HALF    FIELD(55, 55)
#define SMMU_VA_IGNORED FIELD(63, 56)

/* Address sizes (IDR5.OAS, CD.IPS, STE.S2PS): 52 bits are the last, later codes too. */
#define SMMU_SIZE_CODE_MAX 6
unsigned smmu_size_bits(uint64_t code);

/*
 * Translation tables (VMSAv8-64, Arm ARM D8.3). The model counts levels from 0, the
 * specification down to 3; what an entry maps depends on the granule:
 *
 *	level	specification	4KB granule	16KB		64KB
 *	0	3		4KB		16KB		64KB
 *	1	2		2MB		32MB		512MB
 *	2	1		1GB		table only	table only
 *	3	0		table only	table only	-
 */
#define SMMU_LEVELS        4
#define SMMU_SPEC_LEVEL(n) (3 - (n)) /* either way */
#define SMMU_4K_LG2        12
#define SMMU_16K_LG2       14
#define SMMU_64K_LG2       16
#define SMMU_PTE_LG2       3
#define SMMU_ADDRESS_BITS  48 /* of the addresses in descriptors */

/* 3.4, D8.3.1: any descriptor */
#define SMMU_PTE_VALID      FIELD(0, 0)
#define SMMU_PTE_TABLE      FIELD(1, 1) /* 1: table, or page at the last level */
#define SMMU_PTE_TYPE       FIELD(1, 0)
#define SMMU_TYPE_BLOCK     1
#define SMMU_TYPE_TABLE     3 /* table, or page at the last level */
#define SMMU_PTE_ADDRESS    FIELD(47, 12) /* low bits cut by granule and level */
#define SMMU_PTE_SH         FIELD(9, 8)
#define SMMU_PTE_AF         FIELD(10, 10)
#define SMMU_PTE_DBM        FIELD(51, 51)
#define SMMU_PTE_CONTIGUOUS FIELD(52, 52)
#define SMMU_PTE_SOFTWARE   FIELD(58, 55)
#define SMMU_PTE_PBHA       FIELD(62, 59)

/* D8.3.1.1: stage 1 table descriptor */
#define SMMU_S1_PXNTABLE FIELD(59, 59)
#define SMMU_S1_UXNTABLE FIELD(60, 60) /* XNTable of EL2 */
#define SMMU_S1_APTABLE0 FIELD(61, 61) /* no unprivileged access below */
#define SMMU_S1_APTABLE1 FIELD(62, 62) /* no write below */
#define SMMU_S1_NSTABLE  FIELD(63, 63)
#define SMMU_S1_LIMITS   FIELD(62, 59) /* the first four, from PXNTable up */

/* D8.3.1.2: stage 1 block and page descriptors */
#define SMMU_S1_ATTRINDX FIELD(4, 2)
#define SMMU_S1_NS       FIELD(5, 5)
#define SMMU_S1_AP1      FIELD(6, 6) /* unprivileged may access */
#define SMMU_S1_AP2      FIELD(7, 7) /* read-only */
#define SMMU_S1_AP       FIELD(7, 6)
#define SMMU_S1_NG       FIELD(11, 11)
#define SMMU_S1_PXN      FIELD(53, 53)
#define SMMU_S1_UXN      FIELD(54, 54) /* XN of EL2 */
#define SMMU_S1_XN       FIELD(54, 53) /* UXN, PXN */

/* D8.3.1.2: stage 2 block and page descriptors */
#define SMMU_S2_MEMATTR      FIELD(5, 2)
#define SMMU_S2_MEMATTR_TYPE FIELD(5, 4) /* 0: Device */
#define SMMU_S2_MEMATTR_FWB  FIELD(4, 4) /* the same with STE.S2FWB */
#define SMMU_S2_S2AP0        FIELD(6, 6) /* read */
#define SMMU_S2_S2AP1        FIELD(7, 7) /* write */
#define SMMU_S2_S2AP         FIELD(7, 6)
#define SMMU_S2_XN           FIELD(54, 53)
#define SMMU_S2_XN1          FIELD(54, 54)

/* The highest of the bits below `end` that number an entry, of which `low` is the lowest;
 * a table of one entry has number 0 there. */
static inline uint8_t smmu_top_bit(unsigned end, unsigned low)
{
	return (uint8_t)(end > low ? end - 1 : low);
}

#endif
