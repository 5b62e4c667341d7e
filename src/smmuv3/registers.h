/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMMUv3 registers (Arm IHI 0070, chapter 6), commands (chapter 4), event records
 * (7.3) and page requests (8.1): offset, the fields below it, the values below those,
 * named as in the specification. Registers of features that are not modelled (ATOS,
 * VATOS, MPAM, enhanced command queues) are left out: their offsets are reserved here.
 */
#ifndef SMMUV3_REGISTERS_H
#define SMMUV3_REGISTERS_H

#include "model/field.h"

/* Registers, their fields and values stand in one column each. */
/* clang-format off */

/* 6.3.1 */
#define SMMU_IDR0			0x000
#define   SMMU_IDR0_S2P			FIELD(0, 0)
#define   SMMU_IDR0_S1P			FIELD(1, 1)
#define   SMMU_IDR0_TTF			FIELD(3, 2)
#define     SMMU_TTF_AARCH32		1
#define     SMMU_TTF_AARCH64		2
#define     SMMU_TTF_BOTH		3
#define   SMMU_IDR0_COHACC		FIELD(4, 4)
#define   SMMU_IDR0_BTM			FIELD(5, 5)
#define   SMMU_IDR0_HTTU		FIELD(7, 6)
#define     SMMU_HTTU_NONE		0
#define     SMMU_HTTU_ACCESS		1
#define     SMMU_HTTU_DIRTY		2
#define     SMMU_HTTU_TABLES		3	/* access flags of table descriptors too */
#define   SMMU_IDR0_DORMHINT		FIELD(8, 8)
#define   SMMU_IDR0_HYP			FIELD(9, 9)
#define   SMMU_IDR0_ATS			FIELD(10, 10)
#define   SMMU_IDR0_NS1ATS		FIELD(11, 11)
#define   SMMU_IDR0_ASID16		FIELD(12, 12)
#define   SMMU_IDR0_MSI			FIELD(13, 13)
#define   SMMU_IDR0_SEV			FIELD(14, 14)
#define   SMMU_IDR0_ATOS		FIELD(15, 15)
#define   SMMU_IDR0_PRI			FIELD(16, 16)
#define   SMMU_IDR0_VMW			FIELD(17, 17)
#define   SMMU_IDR0_VMID16		FIELD(18, 18)
#define   SMMU_IDR0_CD2L		FIELD(19, 19)
#define   SMMU_IDR0_VATOS		FIELD(20, 20)
#define   SMMU_IDR0_TTENDIAN		FIELD(22, 21)
#define     SMMU_TTENDIAN_MIXED		0
#define     SMMU_TTENDIAN_LITTLE	2
#define     SMMU_TTENDIAN_BIG		3
#define   SMMU_IDR0_ATSRECERR		FIELD(23, 23)
#define   SMMU_IDR0_STALL_MODEL		FIELD(25, 24)
#define     SMMU_STALL_MODEL_BOTH	0	/* streams stall or terminate */
#define     SMMU_STALL_MODEL_TERMINATE	1
#define     SMMU_STALL_MODEL_STALL	2
#define   SMMU_IDR0_TERM_MODEL		FIELD(26, 26)	/* 1: CD.A must be 1 */
#define   SMMU_IDR0_ST_LEVEL		FIELD(28, 27)
#define     SMMU_ST_LEVEL_LINEAR	0
#define     SMMU_ST_LEVEL_TWO		1
#define   SMMU_IDR0_RME_IMPL		FIELD(30, 30)

/* 6.3.2 */
#define SMMU_IDR1			0x004
#define   SMMU_IDR1_SIDSIZE		FIELD(5, 0)
#define   SMMU_IDR1_SSIDSIZE		FIELD(10, 6)
#define   SMMU_IDR1_PRIQS		FIELD(15, 11)	/* log2 of entries, as the next two */
#define   SMMU_IDR1_EVENTQS		FIELD(20, 16)
#define   SMMU_IDR1_CMDQS		FIELD(25, 21)
#define   SMMU_IDR1_ATTR_PERMS_OVR	FIELD(26, 26)
#define   SMMU_IDR1_ATTR_TYPES_OVR	FIELD(27, 27)
#define   SMMU_IDR1_REL			FIELD(28, 28)
#define   SMMU_IDR1_QUEUES_PRESET	FIELD(29, 29)
#define   SMMU_IDR1_TABLES_PRESET	FIELD(30, 30)
#define   SMMU_IDR1_ECMDQ		FIELD(31, 31)

/* 6.3.3 */
#define SMMU_IDR2			0x008
#define   SMMU_IDR2_BA_VATOS		FIELD(9, 0)

/* 6.3.4 */
#define SMMU_IDR3			0x00c
#define   SMMU_IDR3_HAD			FIELD(2, 2)
#define   SMMU_IDR3_PBHA		FIELD(3, 3)
#define   SMMU_IDR3_XNX			FIELD(4, 4)
#define   SMMU_IDR3_PPS			FIELD(5, 5)
#define   SMMU_IDR3_MPAM		FIELD(7, 7)
#define   SMMU_IDR3_FWB			FIELD(8, 8)
#define   SMMU_IDR3_STT			FIELD(9, 9)
#define   SMMU_IDR3_RIL			FIELD(10, 10)
#define   SMMU_IDR3_BBML		FIELD(12, 11)
#define   SMMU_IDR3_E0PD		FIELD(13, 13)
#define   SMMU_IDR3_PTWNNC		FIELD(14, 14)
#define   SMMU_IDR3_DPT			FIELD(15, 15)
#define   SMMU_IDR3_PASIDTT		FIELD(16, 16)

/* 6.3.5: implementation defined, 0 here */
#define SMMU_IDR4			0x010

/* 6.3.6 */
#define SMMU_IDR5			0x014
#define   SMMU_IDR5_OAS			FIELD(2, 0)	/* codes as in CD.IPS and STE.S2PS */
#define     SMMU_OAS_48			5
#define     SMMU_OAS_52			6
#define   SMMU_IDR5_GRAN4K		FIELD(4, 4)
#define   SMMU_IDR5_GRAN16K		FIELD(5, 5)
#define   SMMU_IDR5_GRAN64K		FIELD(6, 6)
#define   SMMU_IDR5_VAX			FIELD(11, 10)
#define     SMMU_VAX_48			0
#define     SMMU_VAX_52			1
#define   SMMU_IDR5_STALL_MAX		FIELD(31, 16)

/* 6.3.7, 6.3.8 */
#define SMMU_IIDR			0x018
#define SMMU_AIDR			0x01c
#define   SMMU_AIDR_ARCH_MINOR		FIELD(3, 0)
#define   SMMU_AIDR_ARCH_MAJOR		FIELD(7, 4)

/* 6.3.9, 6.3.10: the same bits */
#define SMMU_CR0			0x020
#define SMMU_CR0ACK			0x024
#define   SMMU_CR0_SMMUEN		FIELD(0, 0)
#define   SMMU_CR0_PRIQEN		FIELD(1, 1)
#define   SMMU_CR0_EVENTQEN		FIELD(2, 2)
#define   SMMU_CR0_CMDQEN		FIELD(3, 3)
#define   SMMU_CR0_ATSCHK		FIELD(4, 4)
#define   SMMU_CR0_VMW			FIELD(8, 6)

/* 6.3.11 */
#define SMMU_CR1			0x028
#define   SMMU_CR1_QUEUE_IC		FIELD(1, 0)
#define   SMMU_CR1_QUEUE_OC		FIELD(3, 2)
#define   SMMU_CR1_QUEUE_SH		FIELD(5, 4)
#define   SMMU_CR1_TABLE_IC		FIELD(7, 6)
#define   SMMU_CR1_TABLE_OC		FIELD(9, 8)
#define   SMMU_CR1_TABLE_SH		FIELD(11, 10)
#define   SMMU_CR1_QUEUE		FIELD(5, 0)	/* the three of queues */
#define   SMMU_CR1_TABLE		FIELD(11, 6)	/* the three of tables */
#define     SMMU_CACHE_WB		1	/* IC and OC: write-back cacheable */
#define     SMMU_SH_INNER		3

/* 6.3.12 */
#define SMMU_CR2			0x02c
#define   SMMU_CR2_E2H			FIELD(0, 0)
#define   SMMU_CR2_RECINVSID		FIELD(1, 1)
#define   SMMU_CR2_PTM			FIELD(2, 2)
#define   SMMU_CR2_REC_CFG_ATS		FIELD(3, 3)

/* 6.3.13 */
#define SMMU_STATUSR			0x040
#define   SMMU_STATUSR_DORMANT		FIELD(0, 0)

/* 6.3.14 */
#define SMMU_GBPA			0x044
#define   SMMU_GBPA_MEMATTR		FIELD(3, 0)
#define   SMMU_GBPA_MTCFG		FIELD(4, 4)
#define   SMMU_GBPA_ALLOCCFG		FIELD(11, 8)
#define   SMMU_GBPA_SHCFG		FIELD(13, 12)
#define     SMMU_GBPA_SHCFG_INCOMING	1
#define   SMMU_GBPA_PRIVCFG		FIELD(17, 16)
#define   SMMU_GBPA_INSTCFG		FIELD(19, 18)
#define   SMMU_GBPA_ABORT		FIELD(20, 20)
#define   SMMU_GBPA_UPDATE		FIELD(31, 31)

/* 6.3.15: implementation defined, 0 here */
#define SMMU_AGBPA			0x048

/* 6.3.16, 6.3.17: the same bits */
#define SMMU_IRQ_CTRL			0x050
#define SMMU_IRQ_CTRLACK		0x054
#define   SMMU_IRQ_CTRL_GERROR_IRQEN	FIELD(0, 0)
#define   SMMU_IRQ_CTRL_PRIQ_IRQEN	FIELD(1, 1)
#define   SMMU_IRQ_CTRL_EVENTQ_IRQEN	FIELD(2, 2)

/* 6.3.18, 6.3.19: the same bits; an error is active where the two differ */
#define SMMU_GERROR			0x060
#define SMMU_GERRORN			0x064
#define   SMMU_GERROR_CMDQ_ERR			FIELD(0, 0)
#define   SMMU_GERROR_EVENTQ_ABT_ERR		FIELD(2, 2)
#define   SMMU_GERROR_PRIQ_ABT_ERR		FIELD(3, 3)
#define   SMMU_GERROR_MSI_CMDQ_ABT_ERR		FIELD(4, 4)
#define   SMMU_GERROR_MSI_EVENTQ_ABT_ERR	FIELD(5, 5)
#define   SMMU_GERROR_MSI_PRIQ_ABT_ERR		FIELD(6, 6)
#define   SMMU_GERROR_MSI_GERROR_ABT_ERR	FIELD(7, 7)
#define   SMMU_GERROR_SFM_ERR			FIELD(8, 8)
#define   SMMU_GERROR_CMDQP_ERR			FIELD(9, 9)

/* 6.3.20 to 6.3.22, and the like of the queues: the message of an interrupt */
#define SMMU_GERROR_IRQ_CFG0		0x068	/* 64 bits */
#define   SMMU_IRQ_CFG0_ADDR		FIELD(51, 2)
#define SMMU_GERROR_IRQ_CFG1		0x070
#define   SMMU_IRQ_CFG1_DATA		FIELD(31, 0)
#define SMMU_GERROR_IRQ_CFG2		0x074
#define   SMMU_IRQ_CFG2_MEMATTR		FIELD(3, 0)
#define   SMMU_IRQ_CFG2_SH		FIELD(5, 4)

/* 6.3.24, 64 bits */
#define SMMU_STRTAB_BASE		0x080
#define   SMMU_STRTAB_BASE_ADDR		FIELD(51, 6)
#define   SMMU_STRTAB_BASE_RA		FIELD(62, 62)

/* 6.3.25 */
#define SMMU_STRTAB_BASE_CFG		0x088
#define   SMMU_STRTAB_BASE_CFG_LOG2SIZE	FIELD(5, 0)
#define   SMMU_STRTAB_BASE_CFG_SPLIT	FIELD(10, 6)
#define   SMMU_STRTAB_BASE_CFG_FMT	FIELD(17, 16)
#define     SMMU_FMT_LINEAR		0
#define     SMMU_FMT_TWO_LEVEL		1

/* 6.3.26, 64 bits: the fields of all three queues */
#define SMMU_CMDQ_BASE			0x090
#define   SMMU_QUEUE_BASE_LOG2SIZE	FIELD(4, 0)
#define   SMMU_QUEUE_BASE_ADDR		FIELD(51, 5)
#define   SMMU_QUEUE_BASE_HINT		FIELD(62, 62)	/* RA, WA */

/* 6.3.27, 6.3.28 */
#define SMMU_CMDQ_PROD			0x098
#define   SMMU_CMDQ_PROD_WR		FIELD(19, 0)
#define SMMU_CMDQ_CONS			0x09c
#define   SMMU_CMDQ_CONS_RD		FIELD(19, 0)
#define   SMMU_CMDQ_CONS_ERR		FIELD(30, 24)
#define     SMMU_CERROR_NONE		0
#define     SMMU_CERROR_ILL		1
#define     SMMU_CERROR_ABT		2
#define     SMMU_CERROR_ATC_INV_SYNC	3

/* 6.3.29 and behind */
#define SMMU_EVENTQ_BASE		0x0a0	/* 64 bits */
#define SMMU_EVENTQ_IRQ_CFG0		0x0b0	/* 64 bits */
#define SMMU_EVENTQ_IRQ_CFG1		0x0b8
#define SMMU_EVENTQ_IRQ_CFG2		0x0bc
#define SMMU_PRIQ_BASE			0x0c0	/* 64 bits */
#define SMMU_PRIQ_IRQ_CFG0		0x0d0	/* 64 bits */
#define SMMU_PRIQ_IRQ_CFG1		0x0d8
#define SMMU_PRIQ_IRQ_CFG2		0x0dc
#define   SMMU_PRIQ_IRQ_CFG2_LO		FIELD(31, 31)

/* Behind the last register of page 0 that exists here */
#define SMMU_PAGE0_END			0x0e0

/* Page 1 */
#define SMMU_EVENTQ_PROD		0x100a8
#define   SMMU_EVENTQ_PROD_WR		FIELD(19, 0)
#define   SMMU_EVENTQ_PROD_OVFLG	FIELD(31, 31)
#define SMMU_EVENTQ_CONS		0x100ac
#define   SMMU_EVENTQ_CONS_RD		FIELD(19, 0)
#define   SMMU_EVENTQ_CONS_OVACKFLG	FIELD(31, 31)
#define SMMU_PRIQ_PROD			0x100c8
#define   SMMU_PRIQ_PROD_WR		FIELD(19, 0)
#define   SMMU_PRIQ_PROD_OVFLG		FIELD(31, 31)
#define SMMU_PRIQ_CONS			0x100cc
#define   SMMU_PRIQ_CONS_RD		FIELD(19, 0)
#define   SMMU_PRIQ_CONS_OVACKFLG	FIELD(31, 31)

/* Index and wrap bit of a queue have 20 bits together (6.3.2). */
#define SMMU_QUEUE_LG2_MAX		19

/* ---- Commands (chapter 4): word number in the field's name ------------------ */

#define SMMU_CMD_SIZE			16
#define SMMU_CMD_WORDS			2

enum smmu_opcode {
	SMMU_CMD_PREFETCH_CONFIG = 0x01,
	SMMU_CMD_PREFETCH_ADDR = 0x02,
	SMMU_CMD_CFGI_STE = 0x03,
	SMMU_CMD_CFGI_STE_RANGE = 0x04,	/* Range 31: CFGI_ALL */
	SMMU_CMD_CFGI_CD = 0x05,
	SMMU_CMD_CFGI_CD_ALL = 0x06,
	SMMU_CMD_CFGI_VMS_PIDM = 0x07,
	SMMU_CMD_TLBI_NH_ALL = 0x10,
	SMMU_CMD_TLBI_NH_ASID = 0x11,
	SMMU_CMD_TLBI_NH_VA = 0x12,
	SMMU_CMD_TLBI_NH_VAA = 0x13,
	SMMU_CMD_TLBI_EL3_ALL = 0x18,
	SMMU_CMD_TLBI_EL3_VA = 0x1a,
	SMMU_CMD_TLBI_EL2_ALL = 0x20,
	SMMU_CMD_TLBI_EL2_ASID = 0x21,
	SMMU_CMD_TLBI_EL2_VA = 0x22,
	SMMU_CMD_TLBI_EL2_VAA = 0x23,
	SMMU_CMD_TLBI_S12_VMALL = 0x28,
	SMMU_CMD_TLBI_S2_IPA = 0x2a,
	SMMU_CMD_TLBI_NSNH_ALL = 0x30,
	SMMU_CMD_ATC_INV = 0x40,
	SMMU_CMD_PRI_RESP = 0x41,
	SMMU_CMD_RESUME = 0x44,
	SMMU_CMD_STALL_TERM = 0x45,
	SMMU_CMD_SYNC = 0x46,
};

/* Fields that several commands have in the same place */
#define SMMU_CMD_0_OPCODE		FIELD(7, 0)
#define SMMU_CMD_0_SSEC			FIELD(10, 10)
#define SMMU_CMD_0_SSV			FIELD(11, 11)	/* PREFETCH, ATC_INV, PRI_RESP */
#define SMMU_CMD_0_SSID			FIELD(31, 12)	/* those and CFGI_CD */
#define SMMU_CMD_0_SID			FIELD(63, 32)
#define SMMU_CMD_1_LEAF			FIELD(0, 0)	/* CFGI, TLBI */

/* 4.2.2 */
#define SMMU_PREFETCH_1_SIZE		FIELD(4, 0)
#define SMMU_PREFETCH_1_STRIDE		FIELD(9, 5)
#define SMMU_PREFETCH_1_ADDR		FIELD(63, 12)

/* 4.3.2 */
#define SMMU_CFGI_1_RANGE		FIELD(4, 0)
#define   SMMU_RANGE_ALL		31

/* 4.4 */
#define SMMU_TLBI_0_NUM			FIELD(16, 12)
#define SMMU_TLBI_0_SCALE		FIELD(24, 20)
#define SMMU_TLBI_0_VMID		FIELD(47, 32)
#define SMMU_TLBI_0_ASID		FIELD(63, 48)
#define SMMU_TLBI_1_TTL			FIELD(9, 8)
#define SMMU_TLBI_1_TG			FIELD(11, 10)
#define   SMMU_TG_NONE			0	/* no range, entries of any granule */
#define   SMMU_TG_4K			1
#define   SMMU_TG_16K			2
#define   SMMU_TG_64K			3
#define SMMU_TLBI_1_ADDR		FIELD(63, 12)
#define SMMU_TLBI_1_IPA			FIELD(51, 12)

/* 4.5.1 */
#define SMMU_ATC_0_GLOBAL		FIELD(9, 9)
#define SMMU_ATC_1_SIZE			FIELD(5, 0)	/* log2 of pages of 4 KiB */
#define   SMMU_ATC_SIZE_ALL		52
#define SMMU_ATC_1_ADDR			FIELD(63, 12)

/* 4.5.2 */
#define SMMU_PRI_1_PRGINDEX		FIELD(8, 0)
#define SMMU_PRI_1_RESP			FIELD(13, 12)
#define   SMMU_RESP_FAILURE		0
#define   SMMU_RESP_INVALID		1
#define   SMMU_RESP_SUCCESS		2

/* 4.6.1 */
#define SMMU_RESUME_0_AC		FIELD(12, 12)	/* 1: retry */
#define SMMU_RESUME_0_AB		FIELD(13, 13)	/* 1: end with an abort */
#define SMMU_RESUME_1_STAG		FIELD(15, 0)

/* 4.7.3 */
#define SMMU_SYNC_0_CS			FIELD(13, 12)
#define   SMMU_CS_NONE			0
#define   SMMU_CS_IRQ			1
#define   SMMU_CS_SEV			2
#define SMMU_SYNC_0_MSH			FIELD(23, 22)
#define SMMU_SYNC_0_MSIATTR		FIELD(27, 24)
#define SMMU_SYNC_0_MSIDATA		FIELD(63, 32)
#define SMMU_SYNC_1_MSIADDRESS		FIELD(51, 2)

/* ---- Event records (7.3); their numbers are in events.h --------------------- */

#define SMMU_EVENT_SIZE			32
#define SMMU_EVENT_WORDS		4
#define SMMU_EVENT_0_NUMBER		FIELD(7, 0)
#define SMMU_EVENT_0_SSV		FIELD(11, 11)
#define SMMU_EVENT_0_SSID		FIELD(31, 12)
#define SMMU_EVENT_0_SID		FIELD(63, 32)
#define SMMU_EVENT_1_STAG		FIELD(15, 0)	/* 0x10 to 0x13 */
#define SMMU_EVENT_1_REASON		FIELD(15, 0)	/* the others */
#define SMMU_EVENT_1_STALL		FIELD(31, 31)
#define SMMU_EVENT_1_PNU		FIELD(33, 33)
#define SMMU_EVENT_1_IND		FIELD(34, 34)
#define SMMU_EVENT_1_RNW		FIELD(35, 35)
#define SMMU_EVENT_1_S2			FIELD(39, 39)
#define SMMU_EVENT_1_CLASS		FIELD(41, 40)	/* enum smmu_class */
#define SMMU_EVENT_1_TTRNW		FIELD(44, 44)
#define SMMU_EVENT_2_INPUTADDR		FIELD(63, 0)
#define SMMU_EVENT_3_IPA		FIELD(51, 12)
#define SMMU_EVENT_3_FETCHADDR		FIELD(51, 3)

/* ---- Page requests (8.1) ------------------------------------------------------ */

#define SMMU_PRQ_SIZE			16
#define SMMU_PRQ_WORDS			2
#define SMMU_PRQ_0_SID			FIELD(31, 0)
#define SMMU_PRQ_0_SSID			FIELD(51, 32)
#define SMMU_PRQ_0_PRIV			FIELD(58, 58)
#define SMMU_PRQ_0_X			FIELD(59, 59)
#define SMMU_PRQ_0_R			FIELD(60, 60)
#define SMMU_PRQ_0_W			FIELD(61, 61)
#define SMMU_PRQ_0_LAST			FIELD(62, 62)
#define SMMU_PRQ_0_SSV			FIELD(63, 63)
#define SMMU_PRQ_1_PRGINDEX		FIELD(8, 0)
#define SMMU_PRQ_1_ADDR			FIELD(63, 12)

/* clang-format on */

#endif
