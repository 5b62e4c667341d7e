/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VT-d registers (chapter 11) and queue descriptors (6.5.2): offset, the fields
 * below it, the values below those, named as in the specification, revision 5.10.
 * Fields marked "older" were taken out of revision 5 and earlier units have them.
 */
#ifndef VTD_REGISTERS_H
#define VTD_REGISTERS_H

#include "model/field.h"

/* Registers, their fields and values stand in one column each. */
/* clang-format off */

/* clang-format off: fields stand indented below their register */

/* 11.4.1 Version */
#define VTD_VER			0x000
#define   VTD_VER_MIN		FIELD(3, 0)
#define   VTD_VER_MAX		FIELD(7, 4)

/* 11.4.2 Capability, 64 bits */
#define VTD_CAP			0x008
#define   VTD_CAP_ND		FIELD(2, 0)
#define   VTD_CAP_AFL		FIELD(3, 3)	/* older: advanced fault logging */
#define   VTD_CAP_RWBF		FIELD(4, 4)
#define   VTD_CAP_PLMR		FIELD(5, 5)
#define   VTD_CAP_PHMR		FIELD(6, 6)
#define   VTD_CAP_CM		FIELD(7, 7)
#define   VTD_CAP_SAGAW		FIELD(12, 8)
#define   VTD_CAP_MGAW		FIELD(21, 16)
#define   VTD_CAP_ZLR		FIELD(22, 22)
#define   VTD_CAP_FRO		FIELD(33, 24)
#define   VTD_CAP_SSLPS		FIELD(37, 34)
#define     VTD_SSLPS_2M	1
#define     VTD_SSLPS_1G	2
#define   VTD_CAP_PSI		FIELD(39, 39)
#define   VTD_CAP_NFR		FIELD(47, 40)
#define   VTD_CAP_MAMV		FIELD(53, 48)
#define   VTD_CAP_DWD		FIELD(54, 54)
#define   VTD_CAP_DRD		FIELD(55, 55)
#define   VTD_CAP_FS1GP		FIELD(56, 56)
#define   VTD_CAP_PI		FIELD(59, 59)
#define   VTD_CAP_FS5LP		FIELD(60, 60)
#define   VTD_CAP_ECMDS		FIELD(61, 61)
#define   VTD_CAP_ESIRTPS	FIELD(62, 62)
#define   VTD_CAP_ESRTPS	FIELD(63, 63)

/* 11.4.3 Extended Capability, 64 bits */
#define VTD_ECAP		0x010
#define   VTD_ECAP_C		FIELD(0, 0)
#define   VTD_ECAP_QI		FIELD(1, 1)
#define   VTD_ECAP_DT		FIELD(2, 2)
#define   VTD_ECAP_IR		FIELD(3, 3)
#define   VTD_ECAP_EIM		FIELD(4, 4)
#define   VTD_ECAP_PT		FIELD(6, 6)
#define   VTD_ECAP_SC		FIELD(7, 7)
#define   VTD_ECAP_IRO		FIELD(17, 8)
#define   VTD_ECAP_MHMV		FIELD(23, 20)
#define   VTD_ECAP_MTS		FIELD(25, 25)
#define   VTD_ECAP_NEST		FIELD(26, 26)
#define   VTD_ECAP_PRS		FIELD(29, 29)
#define   VTD_ECAP_ERS		FIELD(30, 30)	/* older: execute requests */
#define   VTD_ECAP_SRS		FIELD(31, 31)
#define   VTD_ECAP_NWFS		FIELD(33, 33)
#define   VTD_ECAP_EAFS		FIELD(34, 34)
#define   VTD_ECAP_PSS		FIELD(39, 35)
#define   VTD_ECAP_PASID	FIELD(40, 40)
#define   VTD_ECAP_DIT		FIELD(41, 41)
#define   VTD_ECAP_PDS		FIELD(42, 42)
#define   VTD_ECAP_SMTS		FIELD(43, 43)
#define   VTD_ECAP_VCS		FIELD(44, 44)
#define   VTD_ECAP_SSADS	FIELD(45, 45)
#define   VTD_ECAP_SSTS		FIELD(46, 46)
#define   VTD_ECAP_FSTS		FIELD(47, 47)
#define   VTD_ECAP_SMPWCS	FIELD(48, 48)
#define   VTD_ECAP_RPS		FIELD(49, 49)
#define   VTD_ECAP_TDXCS	FIELD(50, 50)
#define   VTD_ECAP_PMS		FIELD(51, 51)
#define   VTD_ECAP_ADMS		FIELD(52, 52)
#define   VTD_ECAP_RPRIVS	FIELD(53, 53)
#define   VTD_ECAP_HPTS		FIELD(55, 55)
#define   VTD_ECAP_PTRS		FIELD(56, 56)
#define   VTD_ECAP_SSIRWS	FIELD(57, 57)
#define   VTD_ECAP_SMS		FIELD(58, 58)
#define   VTD_ECAP_HPT1GPS	FIELD(59, 59)
#define   VTD_ECAP_RDTS		FIELD(60, 60)
#define   VTD_ECAP_EIMER	FIELD(61, 61)
#define   VTD_ECAP_IRREQ	FIELD(62, 62)

/* 11.4.4 Global Command and Global Status: the same bits */
#define VTD_GCMD		0x018
#define   VTD_GCMD_TE		FIELD(31, 31)
#define   VTD_GCMD_SRTP		FIELD(30, 30)
#define   VTD_GCMD_WBF		FIELD(27, 27)
#define   VTD_GCMD_QIE		FIELD(26, 26)
#define   VTD_GCMD_IRE		FIELD(25, 25)
#define   VTD_GCMD_SIRTP	FIELD(24, 24)
#define   VTD_GCMD_CFI		FIELD(23, 23)
#define VTD_GSTS		0x01c
#define   VTD_GSTS_TES		FIELD(31, 31)
#define   VTD_GSTS_RTPS		FIELD(30, 30)
#define   VTD_GSTS_WBFS		FIELD(27, 27)
#define   VTD_GSTS_QIES		FIELD(26, 26)
#define   VTD_GSTS_IRES		FIELD(25, 25)
#define   VTD_GSTS_IRTPS	FIELD(24, 24)
#define   VTD_GSTS_CFIS		FIELD(23, 23)

/* 11.4.5 Root Table Address, 64 bits */
#define VTD_RTADDR		0x020
#define   VTD_RTADDR_RTA	FIELD(63, 12)
#define   VTD_RTADDR_TTM	FIELD(11, 10)	/* enum vtd_ttm */
#define   VTD_RTADDR_SSIRWE	FIELD(7, 7)

/* 11.4.6.1 Context Command, 64 bits */
#define VTD_CCMD		0x028
#define   VTD_CCMD_ICC		FIELD(63, 63)
#define   VTD_CCMD_CIRG		FIELD(62, 61)
#define   VTD_CCMD_CAIG		FIELD(60, 59)
#define     VTD_CAIG_ERROR	0
#define   VTD_CCMD_FM		FIELD(33, 32)
#define   VTD_CCMD_SID		FIELD(31, 16)
#define   VTD_CCMD_DID		FIELD(15, 0)

/* 11.4.7 Fault Status and the fault event's registers */
#define VTD_FSTS		0x034
#define   VTD_FSTS_FRI		FIELD(15, 8)
#define   VTD_FSTS_ITE		FIELD(6, 6)
#define   VTD_FSTS_ICE		FIELD(5, 5)
#define   VTD_FSTS_IQE		FIELD(4, 4)
#define   VTD_FSTS_PPF		FIELD(1, 1)
#define   VTD_FSTS_PFO		FIELD(0, 0)
#define VTD_FECTL		0x038
#define VTD_FEDATA		0x03c
#define VTD_FEADDR		0x040
#define VTD_FEUADDR		0x044

/* The registers of an event, relative to its control register; the same fields
 * in FECTL, IECTL and PECTL. */
#define VTD_EVENT_CTL		0x00
#define   VTD_CTL_IM		FIELD(31, 31)
#define   VTD_CTL_IP		FIELD(30, 30)
#define VTD_EVENT_DATA		0x04
#define   VTD_DATA_IMD		FIELD(15, 0)
#define VTD_EVENT_ADDR		0x08
#define   VTD_ADDR_MA		FIELD(31, 2)
#define VTD_EVENT_UADDR		0x0c

/* 11.4.8 Protected memory */
#define VTD_PMEN		0x064
#define   VTD_PMEN_EPM		FIELD(31, 31)
#define   VTD_PMEN_PRS		FIELD(0, 0)
#define VTD_PLMBASE		0x068
#define VTD_PLMLIMIT		0x06c
#define VTD_PHMBASE		0x070
#define VTD_PHMLIMIT		0x078

/* 11.4.9 Invalidation queue; head, tail and base have 64 bits */
#define VTD_IQH			0x080
#define   VTD_IQH_QH		FIELD(18, 4)
#define VTD_IQT			0x088
#define   VTD_IQT_QT		FIELD(18, 4)
#define VTD_IQA			0x090
#define   VTD_IQA_IQA		FIELD(63, 12)
#define   VTD_IQA_DW		FIELD(11, 11)	/* 0: 128-bit descriptors, 1: 256-bit */
#define   VTD_IQA_QS		FIELD(2, 0)
#define VTD_ICS			0x09c
#define   VTD_ICS_IWC		FIELD(0, 0)
#define VTD_IECTL		0x0a0
#define VTD_IEDATA		0x0a4
#define VTD_IEADDR		0x0a8
#define VTD_IEUADDR		0x0ac
#define VTD_IQERCD		0x0b0
#define   VTD_IQERCD_ICESID	FIELD(63, 48)
#define   VTD_IQERCD_ITESID	FIELD(47, 32)
#define   VTD_IQERCD_IQEI	FIELD(3, 0)
#define     VTD_IQEI_NONE	0
#define     VTD_IQEI_TAIL	1	/* tail beyond the ring */
#define     VTD_IQEI_FETCH	2	/* bus error */
#define     VTD_IQEI_TYPE	3
#define     VTD_IQEI_RESERVED	4
#define     VTD_IQEI_WIDTH	5
#define     VTD_IQEI_ALIGN	6	/* tail not a multiple of 256 bits */
#define     VTD_IQEI_TTM	7

/* 11.4.10 Interrupt Remapping Table Address, 64 bits: kept, not acted on */
#define VTD_IRTA		0x0b8
#define   VTD_IRTA_IRTA		FIELD(63, 12)
#define   VTD_IRTA_EIME		FIELD(11, 11)
#define   VTD_IRTA_S		FIELD(3, 0)

/* 11.4.11 Page request queue; head, tail and base have 64 bits */
#define VTD_PQH			0x0c0
#define   VTD_PQH_PQH		FIELD(18, 5)
#define VTD_PQT			0x0c8
#define   VTD_PQT_PQT		FIELD(18, 5)
#define VTD_PQA			0x0d0
#define   VTD_PQA_PQA		FIELD(63, 12)
#define   VTD_PQA_PQS		FIELD(2, 0)
#define VTD_PRS			0x0dc
#define   VTD_PRS_PRO		FIELD(1, 1)
#define   VTD_PRS_PPR		FIELD(0, 0)
#define VTD_PECTL		0x0e0
#define VTD_PEDATA		0x0e4
#define VTD_PEADDR		0x0e8
#define VTD_PEUADDR		0x0ec

/* Behind the last register whose offset does not come from a capability */
#define VTD_FIXED_END		0x0f0

/* 11.4.6.2, 11.4.6.3: at ECAP.IRO, 64 bits each */
#define VTD_IVA			0x00
#define   VTD_IVA_ADDR		FIELD(63, 12)
#define   VTD_IVA_IH		FIELD(6, 6)
#define   VTD_IVA_AM		FIELD(5, 0)
#define VTD_IOTLB		0x08
#define   VTD_IOTLB_IVT		FIELD(63, 63)
#define   VTD_IOTLB_IIRG	FIELD(61, 60)
#define   VTD_IOTLB_IAIG	FIELD(58, 57)
#define     VTD_IAIG_ERROR	0
#define   VTD_IOTLB_DR		FIELD(49, 49)
#define   VTD_IOTLB_DW		FIELD(48, 48)
#define   VTD_IOTLB_DID		FIELD(47, 32)
#define VTD_IOTLB_SIZE		0x10

/* 11.4.7.6: at CAP.FRO, 128 bits each */
#define VTD_FRCD_SIZE		0x10
#define   VTD_FRCD_0_FI		FIELD(63, 12)
#define   VTD_FRCD_1_F		FIELD(63, 63)
#define   VTD_FRCD_1_T1		FIELD(62, 62)	/* T1, T2: the type of the request */
#define     VTD_FRCD_WRITE	0
#define     VTD_FRCD_PAGE	1
#define     VTD_FRCD_READ	2
#define     VTD_FRCD_ATOMIC	3
#define   VTD_FRCD_1_AT		FIELD(61, 60)
#define   VTD_FRCD_1_PV		FIELD(59, 40)
#define   VTD_FRCD_1_FR		FIELD(39, 32)
#define   VTD_FRCD_1_PP		FIELD(31, 31)
#define   VTD_FRCD_1_EXE	FIELD(30, 30)
#define   VTD_FRCD_1_PRIV	FIELD(29, 29)
#define   VTD_FRCD_1_T2		FIELD(28, 28)
#define   VTD_FRCD_1_SID	FIELD(15, 0)

/*
 * Granularities as CCMD, IOTLB and the descriptors of types 1, 2 and 6 encode
 * them; "entity" is the device (type 1) or the pages (2, 6).
 */
#define VTD_GRANULARITY_GLOBAL	1
#define VTD_GRANULARITY_DOMAIN	2
#define VTD_GRANULARITY_ENTITY	3

/* ---- Queue descriptors (6.5.2): word number in the field's name ----------- */

#define VTD_DESC_0_TYPE_LOW	FIELD(3, 0)
#define VTD_DESC_0_TYPE_HIGH	FIELD(11, 9)

enum vtd_descriptor {
	VTD_DESC_CONTEXT = 1,
	VTD_DESC_IOTLB = 2,
	VTD_DESC_DEVICE_TLB = 3,
	VTD_DESC_IEC = 4,
	VTD_DESC_WAIT = 5,
	VTD_DESC_PIOTLB = 6,
	VTD_DESC_PASID_CACHE = 7,
	VTD_DESC_PDEVICE_TLB = 8,
	VTD_DESC_PAGE_RESPONSE = 9,
	VTD_DESC_TYPES
};

/* Fields that several types have in the same place */
#define VTD_DESC_0_G		FIELD(5, 4)	/* types 1, 2, 6, 7 */
#define VTD_DESC_0_DID		FIELD(31, 16)	/* types 1, 2, 6, 7 */
#define VTD_DESC_0_PASID	FIELD(51, 32)	/* types 6, 7, 8, 9 */
#define VTD_DESC_0_PFSID_LOW	FIELD(15, 12)	/* types 3, 8 */
#define VTD_DESC_0_PFSID_HIGH	FIELD(63, 52)
#define VTD_DESC_1_AM		FIELD(5, 0)	/* types 2, 6 */
#define VTD_DESC_1_IH		FIELD(6, 6)
#define VTD_DESC_1_ADDR		FIELD(63, 12)	/* types 2, 3, 6, 8 */

/* 6.5.2.1 Context-cache */
#define VTD_CC_0_SID		FIELD(47, 32)
#define VTD_CC_0_FM		FIELD(49, 48)

/* 6.5.2.3 IOTLB */
#define VTD_IOTLBI_0_DW		FIELD(6, 6)
#define VTD_IOTLBI_0_DR		FIELD(7, 7)

/* 6.5.2.5 Device-TLB */
#define VTD_DTLB_0_MIP		FIELD(20, 16)
#define VTD_DTLB_0_SID		FIELD(47, 32)
#define VTD_DTLB_1_S		FIELD(0, 0)

/* 6.5.2.7 Interrupt entry cache */
#define VTD_IEC_0_G		FIELD(4, 4)	/* 0: all, 1: by index */
#define VTD_IEC_0_IM		FIELD(31, 27)
#define VTD_IEC_0_IIDX		FIELD(47, 32)

/* 6.5.2.8 Invalidation wait */
#define VTD_WAIT_0_IF		FIELD(4, 4)
#define VTD_WAIT_0_SW		FIELD(5, 5)
#define VTD_WAIT_0_FN		FIELD(6, 6)
#define VTD_WAIT_0_PD		FIELD(7, 7)
#define VTD_WAIT_0_STDATA	FIELD(63, 32)
#define VTD_WAIT_1_STADDR	FIELD(63, 2)

/* 6.5.2.2 PASID-cache: granularities of its own */
#define   VTD_PC_DOMAIN		0
#define   VTD_PC_PASID		1
#define   VTD_PC_GLOBAL		3

/* 6.5.2.6 PASID-based device-TLB */
#define VTD_PDTLB_0_MIP		FIELD(8, 4)
#define VTD_PDTLB_0_SID		FIELD(31, 16)
#define VTD_PDTLB_1_G		FIELD(0, 0)
#define VTD_PDTLB_1_S		FIELD(11, 11)

/* 7.8 Page group response */
#define VTD_PGR_0_PP		FIELD(4, 4)
#define VTD_PGR_0_RC		FIELD(15, 12)
#define VTD_PGR_0_RID		FIELD(31, 16)
#define VTD_PGR_1_PRGI		FIELD(11, 3)

#endif
