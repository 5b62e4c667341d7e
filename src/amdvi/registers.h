/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AMD-Vi registers (48882, chapter 3), commands (2.4), event log entries (2.5) and
 * PPR log entries (2.6): offset, the fields below it, the values below those, named
 * as in the specification, revision 3.0x. The word's number of a structure stands in
 * the field's name.
 */
#ifndef AMDVI_REGISTERS_H
#define AMDVI_REGISTERS_H

#include "model/field.h"

/* Registers, their fields and values stand in one column each. */
/* clang-format off */

/* ---- PCI capability block (3.2): not memory-mapped ------------------------- */

/* Capability Header */
#define AMDVI_CAP_HDR			0x00
#define   AMDVI_CAP_ID			FIELD(7, 0)
#define   AMDVI_CAP_PTR			FIELD(15, 8)
#define   AMDVI_CAP_TYPE		FIELD(18, 16)
#define   AMDVI_CAP_REV			FIELD(23, 19)
#define   AMDVI_CAP_IOTLB_SUP		FIELD(24, 24)
#define   AMDVI_CAP_HT_TUNNEL		FIELD(25, 25)
#define   AMDVI_CAP_NP_CACHE		FIELD(26, 26)
#define   AMDVI_CAP_EFR_SUP		FIELD(27, 27)
#define   AMDVI_CAP_EXT			FIELD(28, 28)

/* Miscellaneous Information 0; read through MSI Vector 0 as well */
#define AMDVI_CAP_MISC0			0x10
#define   AMDVI_MISC0_MSI_NUM		FIELD(4, 0)
#define   AMDVI_MISC0_GVA_SIZE		FIELD(7, 5)
#define     AMDVI_GVA_SIZE_48		2
#define     AMDVI_GVA_SIZE_57		3
#define   AMDVI_MISC0_PA_SIZE		FIELD(14, 8)
#define   AMDVI_MISC0_VA_SIZE		FIELD(21, 15)
#define   AMDVI_MISC0_HT_ATS_RESV	FIELD(22, 22)
#define   AMDVI_MISC0_MSI_NUM_PPR	FIELD(31, 27)

/* Miscellaneous Information 1; read through MSI Vector 1 as well */
#define AMDVI_CAP_MISC1			0x14
#define   AMDVI_MISC1_MSI_NUM_GA	FIELD(4, 0)

/* ---- Bases and control (3.4), 64 bits ----------------------------------------- */

/* Device Table Base; segments 1..7 have the same fields but for SEG_SIZE */
#define AMDVI_DEV_TAB_BASE		0x0000
#define   AMDVI_DEV_TAB_BASE_ADDR	FIELD(51, 12)
#define   AMDVI_DEV_TAB_SIZE		FIELD(8, 0)	/* pages of 4 KiB less 1 */

/* Command Buffer, Event Log and PPR Log Base have the same fields */
#define AMDVI_CMD_BASE			0x0008
#define AMDVI_EVENT_BASE		0x0010
#define   AMDVI_RING_BASE		FIELD(51, 12)
#define   AMDVI_RING_LEN		FIELD(59, 56)	/* 2^n entries */
#define     AMDVI_RING_LEN_MIN		8	/* below: reserved */
#define AMDVI_ENTRY_SIZE		16	/* of all rings */

#define AMDVI_CONTROL			0x0018
#define   AMDVI_CONTROL_IOMMU_EN	FIELD(0, 0)
#define   AMDVI_CONTROL_HT_TUN_EN	FIELD(1, 1)
#define   AMDVI_CONTROL_EVENT_LOG_EN	FIELD(2, 2)
#define   AMDVI_CONTROL_EVENT_INT_EN	FIELD(3, 3)
#define   AMDVI_CONTROL_COM_WAIT_INT_EN	FIELD(4, 4)
#define   AMDVI_CONTROL_INV_TIME_OUT	FIELD(7, 5)
#define     AMDVI_INV_TIME_OUT_NONE	0
#define     AMDVI_INV_TIME_OUT_1MS	1
#define     AMDVI_INV_TIME_OUT_10MS	2
#define     AMDVI_INV_TIME_OUT_100MS	3
#define     AMDVI_INV_TIME_OUT_1S	4
#define     AMDVI_INV_TIME_OUT_10S	5
#define     AMDVI_INV_TIME_OUT_100S	6
#define   AMDVI_CONTROL_PASS_PW		FIELD(8, 8)
#define   AMDVI_CONTROL_RES_PASS_PW	FIELD(9, 9)
#define   AMDVI_CONTROL_COHERENT	FIELD(10, 10)
#define   AMDVI_CONTROL_ISOC		FIELD(11, 11)
#define   AMDVI_CONTROL_CMD_BUF_EN	FIELD(12, 12)
#define   AMDVI_CONTROL_PPR_LOG_EN	FIELD(13, 13)
#define   AMDVI_CONTROL_PPR_INT_EN	FIELD(14, 14)
#define   AMDVI_CONTROL_PPR_EN		FIELD(15, 15)
#define   AMDVI_CONTROL_GT_EN		FIELD(16, 16)
#define   AMDVI_CONTROL_GA_EN		FIELD(17, 17)
#define   AMDVI_CONTROL_CRW		FIELD(21, 18)
#define   AMDVI_CONTROL_SMIF_EN		FIELD(22, 22)
#define   AMDVI_CONTROL_SLF_WB_DIS	FIELD(23, 23)
#define   AMDVI_CONTROL_SMIF_LOG_EN	FIELD(24, 24)
#define   AMDVI_CONTROL_GAM_EN		FIELD(27, 25)
#define   AMDVI_CONTROL_GA_LOG_EN	FIELD(28, 28)
#define   AMDVI_CONTROL_GA_INT_EN	FIELD(29, 29)
#define   AMDVI_CONTROL_DUAL_PPR_LOG_EN	FIELD(31, 30)
#define   AMDVI_CONTROL_DUAL_EVENT_LOG_EN FIELD(33, 32)
#define   AMDVI_CONTROL_DEV_TBL_SEG_EN	FIELD(36, 34)
#define   AMDVI_CONTROL_PRIV_ABRT_EN	FIELD(38, 37)
#define   AMDVI_CONTROL_PPR_AUTO_RSP_EN	FIELD(39, 39)
#define   AMDVI_CONTROL_MARC_EN		FIELD(40, 40)
#define   AMDVI_CONTROL_BLK_STOP_MRK_EN	FIELD(41, 41)
#define   AMDVI_CONTROL_PPR_AUTO_RSP_AON FIELD(42, 42)
#define   AMDVI_CONTROL_DOMAIN_ID_PNE	FIELD(43, 43)
#define   AMDVI_CONTROL_EPH_EN		FIELD(45, 45)
#define   AMDVI_CONTROL_HAD_UPDATE	FIELD(47, 46)
#define   AMDVI_CONTROL_GD_UPDATE_DIS	FIELD(48, 48)
#define   AMDVI_CONTROL_XT_EN		FIELD(50, 50)
#define   AMDVI_CONTROL_INT_CAP_XT_EN	FIELD(51, 51)
#define   AMDVI_CONTROL_VCMD_EN		FIELD(52, 52)
#define   AMDVI_CONTROL_VIOMMU_EN	FIELD(53, 53)
#define   AMDVI_CONTROL_GA_UPDATE_DIS	FIELD(54, 54)
#define   AMDVI_CONTROL_GAPPI_EN	FIELD(55, 55)
#define   AMDVI_CONTROL_TMPM_EN		FIELD(56, 56)
#define   AMDVI_CONTROL_GCR3_TRP_MODE	FIELD(58, 58)
#define   AMDVI_CONTROL_IRT_CACHE_DIS	FIELD(59, 59)
#define   AMDVI_CONTROL_GST_BUFFER_TRP_MODE FIELD(60, 60)
#define   AMDVI_CONTROL_SNP_AVIC_EN	FIELD(63, 61)

#define AMDVI_EXCL_BASE			0x0020
#define   AMDVI_EXCL_BASE_EX_EN		FIELD(0, 0)
#define   AMDVI_EXCL_BASE_ALLOW		FIELD(1, 1)
#define   AMDVI_EXCL_BASE_ADDR		FIELD(51, 12)
#define AMDVI_EXCL_LIMIT		0x0028
#define   AMDVI_EXCL_LIMIT_ADDR		FIELD(51, 12)

/* Extended Feature, read-only */
#define AMDVI_EFR			0x0030
#define   AMDVI_EFR_PREF_SUP		FIELD(0, 0)
#define   AMDVI_EFR_PPR_SUP		FIELD(1, 1)
#define   AMDVI_EFR_XT_SUP		FIELD(2, 2)
#define   AMDVI_EFR_NX_SUP		FIELD(3, 3)
#define   AMDVI_EFR_GT_SUP		FIELD(4, 4)
#define   AMDVI_EFR_IA_SUP		FIELD(6, 6)
#define   AMDVI_EFR_GA_SUP		FIELD(7, 7)
#define   AMDVI_EFR_HE_SUP		FIELD(8, 8)
#define   AMDVI_EFR_PC_SUP		FIELD(9, 9)
#define   AMDVI_EFR_HATS		FIELD(11, 10)
#define     AMDVI_HATS_4_LEVEL		0
#define     AMDVI_HATS_5_LEVEL		1
#define     AMDVI_HATS_6_LEVEL		2
#define     AMDVI_HATS_NONE		3
#define   AMDVI_EFR_GATS		FIELD(13, 12)
#define     AMDVI_GATS_4_LEVEL		0
#define     AMDVI_GATS_5_LEVEL		1
#define     AMDVI_GATS_6_LEVEL		2
#define   AMDVI_EFR_GLX_SUP		FIELD(15, 14)
#define     AMDVI_GLX_MAX		2
#define   AMDVI_EFR_SMIF_SUP		FIELD(17, 16)
#define   AMDVI_EFR_SMIF_RC		FIELD(20, 18)
#define   AMDVI_EFR_GAM_SUP		FIELD(23, 21)
#define   AMDVI_EFR_DUAL_PPR_LOG_SUP	FIELD(25, 24)
#define   AMDVI_EFR_DUAL_EVENT_LOG_SUP	FIELD(29, 28)
#define   AMDVI_EFR_SATS_SUP		FIELD(31, 31)
#define   AMDVI_EFR_PAS_MAX		FIELD(36, 32)	/* bits of a PASID less 1 */
#define   AMDVI_EFR_US_SUP		FIELD(37, 37)
#define   AMDVI_EFR_DEV_TBL_SEG_SUP	FIELD(39, 38)	/* up to 2^n segments */
#define   AMDVI_EFR_PPR_OVRFLW_EARLY_SUP FIELD(40, 40)
#define   AMDVI_EFR_PPR_AUTO_RSP_SUP	FIELD(41, 41)
#define   AMDVI_EFR_MARC_SUP		FIELD(43, 42)
#define   AMDVI_EFR_BLK_STOP_MRK_SUP	FIELD(44, 44)
#define   AMDVI_EFR_PERF_OPT_SUP	FIELD(45, 45)
#define   AMDVI_EFR_MSI_CAP_MMIO_SUP	FIELD(46, 46)
#define   AMDVI_EFR_SNOOP_ATTR_SUP	FIELD(47, 47)
#define   AMDVI_EFR_GIO_SUP		FIELD(48, 48)
#define   AMDVI_EFR_HA_SUP		FIELD(49, 49)
#define   AMDVI_EFR_EPH_SUP		FIELD(50, 50)
#define   AMDVI_EFR_ATTR_FW_SUP		FIELD(51, 51)
#define   AMDVI_EFR_HD_SUP		FIELD(52, 52)
#define   AMDVI_EFR_V2_HD_DIS_SUP	FIELD(53, 53)
#define   AMDVI_EFR_INV_IOTLB_TYPE_SUP	FIELD(54, 54)
#define   AMDVI_EFR_VIOMMU_SUP		FIELD(55, 55)
#define   AMDVI_EFR_VM_GUARD_IO_SUP	FIELD(56, 56)
#define   AMDVI_EFR_VM_TABLE_SIZE	FIELD(60, 57)
#define   AMDVI_EFR_GA_UPDATE_DIS_SUP	FIELD(61, 61)
#define   AMDVI_EFR_FORCE_PHY_DEST_SUP	FIELD(62, 62)
#define   AMDVI_EFR_SNP_SUP		FIELD(63, 63)

#define AMDVI_PPR_BASE			0x0038

/* Hardware Event: a copy of words 0 and 1 of the entry, and its status */
#define AMDVI_HW_EVENT_UPPER		0x0040
#define AMDVI_HW_EVENT_LOWER		0x0048
#define AMDVI_HW_EVENT_STATUS		0x0050
#define   AMDVI_HW_EVENT_STATUS_HEV	FIELD(0, 0)
#define   AMDVI_HW_EVENT_STATUS_HEO	FIELD(1, 1)

/* Interrupt side and second logs: not modelled */
#define AMDVI_GA_LOG_BASE		0x00e0
#define AMDVI_GA_LOG_TAIL_ADDR		0x00e8
#define   AMDVI_GA_TAIL_ADDR		FIELD(51, 3)
#define AMDVI_PPR_B_BASE		0x00f0
#define AMDVI_EVENT_B_BASE		0x00f8

/* Device Table Segment 1..7 Base */
#define AMDVI_DEV_TAB_SEG_BASE		0x0100	/* of segment 1; 8 bytes each */
#define   AMDVI_DEV_TAB_SEG_SIZE	FIELD(7, 0)

/* ---- Interrupts (3.4): 32 bits each ------------------------------------------- */

#define AMDVI_MSI_VECTOR0		0x0150	/* Miscellaneous Information 0 and 1 */
#define AMDVI_MSI_VECTOR1		0x0154
#define AMDVI_MSI_CAP			0x0158
#define   AMDVI_MSI_CAP_ID		FIELD(7, 0)
#define     AMDVI_MSI_CAP_ID_VALUE	0x05
#define   AMDVI_MSI_CAP_PTR		FIELD(15, 8)
#define   AMDVI_MSI_CAP_MSI_EN		FIELD(16, 16)
#define   AMDVI_MSI_CAP_MULT_MESS_CAP	FIELD(19, 17)
#define   AMDVI_MSI_CAP_MULT_MESS_EN	FIELD(22, 20)
#define   AMDVI_MSI_CAP_64_EN		FIELD(23, 23)
#define AMDVI_MSI_ADDR_LO		0x015c
#define   AMDVI_MSI_ADDR_LO_ADDR	FIELD(31, 2)
#define AMDVI_MSI_ADDR_HI		0x0160
#define AMDVI_MSI_DATA			0x0164
#define   AMDVI_MSI_DATA_DATA		FIELD(15, 0)
#define AMDVI_MSI_MAP_CAP		0x0168
#define   AMDVI_MSI_MAP_CAP_ID		FIELD(7, 0)
#define     AMDVI_MSI_MAP_CAP_ID_VALUE	0x08
#define   AMDVI_MSI_MAP_CAP_EN		FIELD(16, 16)
#define   AMDVI_MSI_MAP_CAP_FIXD	FIELD(17, 17)
#define   AMDVI_MSI_MAP_CAP_TYPE	FIELD(31, 27)
#define     AMDVI_MSI_MAP_CAP_TYPE_VALUE 0x15

/* XT Interrupt Control, 64 bits: general, PPR and GA log */
#define AMDVI_XT_GEN_INTR		0x0170
#define AMDVI_XT_PPR_INTR		0x0178
#define AMDVI_XT_GA_INTR		0x0180
#define   AMDVI_XT_DEST_MODE		FIELD(2, 2)
#define   AMDVI_XT_DEST_LOW		FIELD(31, 8)	/* destination 23:0 */
#define   AMDVI_XT_VECTOR		FIELD(39, 32)
#define   AMDVI_XT_DELIVERY_MODE	FIELD(40, 40)
#define   AMDVI_XT_DEST_HIGH		FIELD(63, 56)	/* destination 31:24 */

/* The x86 message that an XT interrupt amounts to */
#define AMDVI_X86_MSI_BASE		UINT64_C(0xfee00000)
#define   AMDVI_X86_MSI_DEST_MODE	FIELD(2, 2)
#define   AMDVI_X86_MSI_DEST_LOW	FIELD(19, 12)
#define   AMDVI_X86_MSI_DEST_HIGH	FIELD(63, 40)
#define   AMDVI_X86_MSI_VECTOR		FIELD(7, 0)
#define   AMDVI_X86_MSI_DELIVERY_MODE	FIELD(10, 8)

/* Extended Feature 2, read-only */
#define AMDVI_EFR2			0x01a0
#define   AMDVI_EFR2_SEV_SNP_IO_SUP	FIELD(1, 1)
#define   AMDVI_EFR2_TMPM_SUP		FIELD(2, 2)
#define   AMDVI_EFR2_GCR3_TRP_MODE	FIELD(3, 3)
#define   AMDVI_EFR2_GAPPI_DIS_SUP	FIELD(4, 4)
#define   AMDVI_EFR2_SNP_AVIC_SUP	FIELD(7, 5)
#define   AMDVI_EFR2_NUM_INT_REMAP_SUP	FIELD(9, 8)
#define   AMDVI_EFR2_HT_RANGE_IGNORE	FIELD(11, 11)

/* ---- Pointers and status (3.4), 64 bits --------------------------------------- */

#define AMDVI_CMD_HEAD			0x2000
#define AMDVI_CMD_TAIL			0x2008
#define AMDVI_EVENT_HEAD		0x2010
#define AMDVI_EVENT_TAIL		0x2018
#define   AMDVI_RING_POINTER		FIELD(18, 4)

#define AMDVI_STATUS			0x2020
#define   AMDVI_STATUS_EVENT_OVERFLOW	FIELD(0, 0)
#define   AMDVI_STATUS_EVENT_LOG_INT	FIELD(1, 1)
#define   AMDVI_STATUS_COM_WAIT_INT	FIELD(2, 2)
#define   AMDVI_STATUS_EVENT_LOG_RUN	FIELD(3, 3)
#define   AMDVI_STATUS_CMD_BUF_RUN	FIELD(4, 4)
#define   AMDVI_STATUS_PPR_OVERFLOW	FIELD(5, 5)
#define   AMDVI_STATUS_PPR_INT		FIELD(6, 6)
#define   AMDVI_STATUS_PPR_LOG_RUN	FIELD(7, 7)
#define   AMDVI_STATUS_GA_LOG_RUN	FIELD(8, 8)
#define   AMDVI_STATUS_GA_LOG_OVERFLOW	FIELD(9, 9)
#define   AMDVI_STATUS_GA_INT		FIELD(10, 10)
#define   AMDVI_STATUS_PPR_OVERFLOW_B	FIELD(11, 11)
#define   AMDVI_STATUS_PPR_LOG_ACTIVE	FIELD(12, 12)
#define   AMDVI_STATUS_EVENT_OVERFLOW_B	FIELD(15, 15)
#define   AMDVI_STATUS_EVENT_LOG_ACTIVE	FIELD(16, 16)
#define   AMDVI_STATUS_PPR_OVERFLOW_EARLY_B FIELD(17, 17)
#define   AMDVI_STATUS_PPR_OVERFLOW_EARLY FIELD(18, 18)

#define AMDVI_PPR_HEAD			0x2030
#define AMDVI_PPR_TAIL			0x2038
#define AMDVI_GA_LOG_HEAD		0x2040
#define AMDVI_GA_LOG_TAIL		0x2048
#define AMDVI_PPR_B_HEAD		0x2050
#define AMDVI_PPR_B_TAIL		0x2058
#define AMDVI_EVENT_B_HEAD		0x2070
#define AMDVI_EVENT_B_TAIL		0x2078
#define AMDVI_PPR_AUTO_RSP		0x2080
#define   AMDVI_PPR_AUTO_RSP_CODE	FIELD(3, 0)
#define   AMDVI_PPR_AUTO_RSP_MASK_GN	FIELD(4, 4)
#define AMDVI_PPR_OVRFLW_EARLY		0x2088
#define AMDVI_PPR_B_OVRFLW_EARLY	0x2090
#define   AMDVI_PPR_OVRFLW_EARLY_THRESHOLD FIELD(14, 0)
#define   AMDVI_PPR_OVRFLW_EARLY_INT_EN	FIELD(30, 30)
#define   AMDVI_PPR_OVRFLW_EARLY_EN	FIELD(31, 31)

/* ---- Commands (2.4): two words ------------------------------------------------------- */

#define AMDVI_CMD_0_OPCODE		FIELD(63, 60)

enum amdvi_opcode {
	AMDVI_CMD_COMPLETION_WAIT = 0x1,
	AMDVI_CMD_INVALIDATE_DEVTAB_ENTRY = 0x2,
	AMDVI_CMD_INVALIDATE_IOMMU_PAGES = 0x3,
	AMDVI_CMD_INVALIDATE_IOTLB_PAGES = 0x4,
	AMDVI_CMD_INVALIDATE_INTERRUPT_TABLE = 0x5,
	AMDVI_CMD_PREFETCH_IOMMU_PAGES = 0x6,
	AMDVI_CMD_COMPLETE_PPR_REQUEST = 0x7,
	AMDVI_CMD_INVALIDATE_IOMMU_ALL = 0x8,
	AMDVI_CMD_INSERT_GUEST_EVENT = 0x9,
	AMDVI_CMD_RESET_VMMIO = 0xa,
	AMDVI_CMD_OPCODES
};

/* Fields that several commands have in the same place */
#define AMDVI_CMD_0_DEVICE_ID		FIELD(15, 0)	/* 2, 4, 5, 6, 7 */
#define AMDVI_CMD_0_PASID_HIGH		FIELD(51, 32)	/* 6, 7 */
#define AMDVI_CMD_1_S			FIELD(0, 0)	/* 3, 4, 6 */
#define AMDVI_CMD_1_GN			FIELD(2, 2)	/* 3, 4, 6, 7 */
#define AMDVI_CMD_1_ADDRESS		FIELD(63, 12)	/* 3, 4, 6 */
#define   AMDVI_CMD_ADDRESS_ALL		UINT64_C(0x7ffffffffffff000) /* with S: everything */

/* 1 COMPLETION_WAIT; word 1 is the data to store */
#define AMDVI_WAIT_0_S			FIELD(0, 0)
#define AMDVI_WAIT_0_I			FIELD(1, 1)
#define AMDVI_WAIT_0_F			FIELD(2, 2)
#define AMDVI_WAIT_0_STORE_ADDRESS	FIELD(51, 3)

/* 3 INVALIDATE_IOMMU_PAGES */
#define AMDVI_PAGES_0_PASID		FIELD(19, 0)
#define AMDVI_PAGES_0_DOMAIN_ID		FIELD(47, 32)
#define AMDVI_PAGES_1_PDE		FIELD(1, 1)

/* 4 INVALIDATE_IOTLB_PAGES */
#define AMDVI_IOTLB_0_PASID_15_8	FIELD(23, 16)
#define AMDVI_IOTLB_0_MAX_PEND		FIELD(31, 24)
#define AMDVI_IOTLB_0_QUEUE_ID		FIELD(47, 32)
#define AMDVI_IOTLB_0_PASID_7_0		FIELD(55, 48)
#define AMDVI_IOTLB_0_PASID_19_16	FIELD(59, 56)
#define AMDVI_IOTLB_1_TYPE		FIELD(5, 4)

/* 6 PREFETCH_IOMMU_PAGES */
#define AMDVI_PREF_0_PF_COUNT		FIELD(31, 24)
#define AMDVI_PREF_1_INVAL		FIELD(4, 4)

/* 7 COMPLETE_PPR_REQUEST */
#define AMDVI_PPR_RSP_1_TAG		FIELD(47, 32)	/* completion tag */
#define AMDVI_PPR_RSP_1_GROUP		FIELD(40, 32)
#define AMDVI_PPR_RSP_1_STATUS		FIELD(47, 44)	/* enum ioasim_page_response_code */

/* 9 INSERT_GUEST_EVENT, 10 RESET_VMMIO: vIOMMU */
#define AMDVI_GUEST_EVENT_0_GUEST_ID	FIELD(47, 32)
#define AMDVI_RESET_VMMIO_0_GUEST_ID	FIELD(15, 0)
#define AMDVI_RESET_VMMIO_0_ALL		FIELD(27, 27)
#define AMDVI_RESET_VMMIO_0_VCMD	FIELD(31, 31)

/* ---- Event log entries (2.5): two words; codes stand in events.h ------------------------ */

#define AMDVI_EVENT_0_CODE		FIELD(63, 60)
#define AMDVI_EVENT_0_DEVICE_ID		FIELD(15, 0)
#define AMDVI_EVENT_0_PASID_19_16	FIELD(19, 16)
#define AMDVI_EVENT_0_DOMAIN_ID		FIELD(47, 32)	/* GN=0 */
#define AMDVI_EVENT_0_PASID_15_0	FIELD(47, 32)	/* GN=1 */
#define AMDVI_EVENT_0_GN		FIELD(48, 48)
#define AMDVI_EVENT_0_NX		FIELD(49, 49)
#define AMDVI_EVENT_0_US		FIELD(50, 50)
#define AMDVI_EVENT_0_I			FIELD(51, 51)
#define AMDVI_EVENT_0_PR		FIELD(52, 52)
#define AMDVI_EVENT_0_RW		FIELD(53, 53)
#define AMDVI_EVENT_0_PE		FIELD(54, 54)
#define AMDVI_EVENT_0_RZ		FIELD(55, 55)
#define AMDVI_EVENT_0_TR		FIELD(56, 56)
#define AMDVI_EVENT_0_HW_TYPE		FIELD(58, 57)	/* events 3, 4, 6 */
#define     AMDVI_HW_MASTER_ABORT	1
#define     AMDVI_HW_TARGET_ABORT	2
#define     AMDVI_HW_DATA_ERROR		3
#define AMDVI_EVENT_0_TYPE		FIELD(59, 57)	/* INVALID_DEVICE_REQUEST, below */

/* Word 1: what is kept of the address */
#define AMDVI_EVENT_1_ADDRESS		FIELD(63, 0)
#define AMDVI_EVENT_1_DVA		FIELD(63, 2)	/* ILLEGAL_DEV_TABLE_ENTRY */
#define AMDVI_EVENT_1_SPA		FIELD(63, 4)	/* 3, 4, 5, 6, 7 */

/* INVALID_PPR_REQUEST: laid out as the PPR log entry that it refuses */

/* INVALID_DEVICE_REQUEST: types with TR=0 */
#define AMDVI_IDR_INTERRUPT_READ	0	/* or a non-posted write, interrupt range */
#define AMDVI_IDR_PRE_TRANSLATED	1	/* I=0 or V=0 */
#define AMDVI_IDR_PORT_IO		2
#define AMDVI_IDR_SYSMGT_WRITE		3
#define AMDVI_IDR_SYSMGT_READ		4
#define AMDVI_IDR_INTERRUPT_WRITE	5	/* IntCtl=00b */
#define AMDVI_IDR_INTERRUPT_RESERVED	6
#define AMDVI_IDR_SYSMGT_TV		7	/* SysMgt=11b or IoCtl=10b with TV=0 */
/* and with TR=1 */
#define AMDVI_IDR_TRANSLATION_REFUSED	0	/* I=0, V=0 or TV=0 */
#define AMDVI_IDR_TRANSLATION_RANGE	1	/* interrupt, port I/O, system management */

/* ---- PPR log entries (2.6): two words ------------------------------------------------------- */

#define AMDVI_PPR_0_CODE		FIELD(63, 60)
#define     AMDVI_PPR_PAGE_SERVICE_REQUEST 1
#define AMDVI_PPR_0_DEVICE_ID		FIELD(15, 0)
#define AMDVI_PPR_0_PASID_15_0		FIELD(31, 16)
#define AMDVI_PPR_0_GROUP		FIELD(40, 32)	/* PPRTag 8:0 */
#define AMDVI_PPR_0_LAST		FIELD(41, 41)	/* PPRTag 9 */
#define AMDVI_PPR_0_PASID_19_16		FIELD(45, 42)
#define AMDVI_PPR_0_EXEC		FIELD(49, 49)
#define AMDVI_PPR_0_RP			FIELD(50, 50)	/* read */
#define AMDVI_PPR_0_W			FIELD(53, 53)
#define AMDVI_PPR_0_US			FIELD(54, 54)	/* 1: user */
#define AMDVI_PPR_0_RVSD		FIELD(55, 55)
#define AMDVI_PPR_0_GN			FIELD(56, 56)
#define AMDVI_PPR_1_ADDRESS		FIELD(63, 12)

/* clang-format on */

#endif
