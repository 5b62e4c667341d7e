/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFR and EFR2 (3.4) and the bits of the capability block (3.2): what a
 * unit with these values can do, and which values no unit can have.
 *
 * The interrupt side is not modelled. What announces it is let through, since
 * nothing of it touches memory accesses: GASup, GAMSup, XTSup's remapping half,
 * ForcePhyDestSup, GAPPIDisSup, NumIntRemapSup. So are announcements of attributes
 * and hints that change no answer: PerfOptSup, SnoopAttrSup, AttrFWSup, HtRangeIgnore.
 */
#include "amdvi/arch.h"
#include "amdvi/registers.h"
#include "amdvi/unit.h"

#define PA_BITS_MIN 32

/* Bits that announce what is not modelled, or are reserved. */
struct refusal {
	uint64_t efr, efr2;
	const char *why;
};

#define BIT(...) FIELD_MASK(__VA_ARGS__)

static const struct refusal refusals[] = {
	{BIT(5, 5) | BIT(27, 26) | BIT(30, 30), 0, "efr: a reserved bit is set"},
	{0, BIT(0, 0) | BIT(10, 10) | BIT(63, 12), "efr2: a reserved bit is set"},
	{BIT(AMDVI_EFR_PC_SUP), 0, "efr: PCSup, performance counters, is not modelled"},
	{BIT(AMDVI_EFR_SMIF_SUP) | BIT(AMDVI_EFR_SMIF_RC), 0,
	 "efr: SmiFSup and SmiFRC, the SMI filter, are not modelled"},
	{BIT(AMDVI_EFR_DUAL_PPR_LOG_SUP), 0,
	 "efr: DualPprLogSup, a second PPR log, is not modelled"},
	{BIT(AMDVI_EFR_DUAL_EVENT_LOG_SUP), 0,
	 "efr: DualEventLogSup, a second event log, is not modelled"},
	{BIT(AMDVI_EFR_SATS_SUP), 0, "efr: SATSSup, secure ATS, is not modelled"},
	{BIT(AMDVI_EFR_PPR_OVRFLW_EARLY_SUP), 0,
	 "efr: PprOvrflwEarlySup, the early warning of a PPR log, is not modelled"},
	{BIT(AMDVI_EFR_MARC_SUP), 0,
	 "efr: MarcSup, memory access routing and control, is not modelled"},
	{BIT(AMDVI_EFR_V2_HD_DIS_SUP), 0, "efr: V2HDDisSup is not modelled"},
	{BIT(AMDVI_EFR_VIOMMU_SUP) | BIT(AMDVI_EFR_VM_GUARD_IO_SUP) | BIT(AMDVI_EFR_VM_TABLE_SIZE),
	 0, "efr: vIOMMUSup, VmGuardIOSup and VmTableSize, the hardware vIOMMU, are not modelled"},
	{BIT(AMDVI_EFR_SNP_SUP), 0, "efr: SNPSup, secure nested paging, is not modelled"},
	{0, BIT(AMDVI_EFR2_SEV_SNP_IO_SUP) | BIT(AMDVI_EFR2_SNP_AVIC_SUP),
	 "efr2: SEVSNPIOSup and SNPAVICSup, secure nested paging, are not modelled"},
	{0, BIT(AMDVI_EFR2_TMPM_SUP),
	 "efr2: TMPMSup, tiered memory page migration, is not modelled"},
};

static const char *bits_check(uint64_t efr, uint64_t efr2)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if ((efr & refusals[i].efr) || (efr2 & refusals[i].efr2))
			return refusals[i].why;
	if (field_get(AMDVI_EFR_GATS, efr) > AMDVI_GATS_6_LEVEL)
		return "efr: GATS is a reserved value";
	if (field_get(AMDVI_EFR_GLX_SUP, efr) > AMDVI_GLX_MAX)
		return "efr: GLXSup is a reserved value";
	if (field_get(AMDVI_EFR_PAS_MAX, efr) >= 20)
		return "efr: PASmax is above 19, PASIDs have 20 bits";
	return NULL;
}

/* GuestPagingMode of a DTE knows four and five levels only, whatever GATS says. */
static unsigned guest_levels(uint64_t efr)
{
	if (!field_get(AMDVI_EFR_GT_SUP, efr))
		return 0;
	return field_get(AMDVI_EFR_GATS, efr) == AMDVI_GATS_4_LEVEL ? 4 : 5;
}

static unsigned host_levels(uint64_t efr)
{
	uint64_t hats = field_get(AMDVI_EFR_HATS, efr);

	return hats == AMDVI_HATS_NONE ? 0 : (unsigned)hats + 4;
}

static void efr_decode(struct amdvi_features *f, uint64_t efr)
{
	f->efr = efr;
	f->host_levels = host_levels(efr);
	f->guest_levels = guest_levels(efr);
	f->glx_max = (unsigned)field_get(AMDVI_EFR_GLX_SUP, efr);
	f->pasid_bits = (unsigned)field_get(AMDVI_EFR_PAS_MAX, efr) + 1;
	f->segments_lg2 = (unsigned)field_get(AMDVI_EFR_DEV_TBL_SEG_SUP, efr);
	f->pref = field_get(AMDVI_EFR_PREF_SUP, efr);
	f->ppr = field_get(AMDVI_EFR_PPR_SUP, efr);
	f->xt = field_get(AMDVI_EFR_XT_SUP, efr);
	f->nx = field_get(AMDVI_EFR_NX_SUP, efr);
	f->gt = field_get(AMDVI_EFR_GT_SUP, efr);
	f->ia = field_get(AMDVI_EFR_IA_SUP, efr);
	f->ga = field_get(AMDVI_EFR_GA_SUP, efr);
	f->he = field_get(AMDVI_EFR_HE_SUP, efr);
	f->us = field_get(AMDVI_EFR_US_SUP, efr);
	f->ppr_auto_response = field_get(AMDVI_EFR_PPR_AUTO_RSP_SUP, efr);
	f->block_stop_marks = field_get(AMDVI_EFR_BLK_STOP_MRK_SUP, efr);
	f->msi_mmio = field_get(AMDVI_EFR_MSI_CAP_MMIO_SUP, efr);
	f->giov = field_get(AMDVI_EFR_GIO_SUP, efr);
	f->ha = field_get(AMDVI_EFR_HA_SUP, efr);
	f->eph = field_get(AMDVI_EFR_EPH_SUP, efr);
	f->hd = field_get(AMDVI_EFR_HD_SUP, efr);
	f->inv_iotlb_type = field_get(AMDVI_EFR_INV_IOTLB_TYPE_SUP, efr);
	f->ga_update_disable = field_get(AMDVI_EFR_GA_UPDATE_DIS_SUP, efr);
}

bool amdvi_features_init(struct amdvi_features *f, const uint64_t *capability, const char **why)
{
	uint64_t pa_bits = capability[AMDVI_CAPABILITY_PA_BITS];

	*f = (struct amdvi_features){0};
	*why = bits_check(capability[AMDVI_CAPABILITY_EFR], capability[AMDVI_CAPABILITY_EFR2]);
	if (*why)
		return false;
	if (capability[AMDVI_CAPABILITY_IOTLB] > 1 || capability[AMDVI_CAPABILITY_NPCACHE] > 1) {
		*why = "iotlb, npcache: neither 0 nor 1";
		return false;
	}
	if (pa_bits < PA_BITS_MIN || pa_bits > IOASIM_PA_BITS) {
		*why = "pa_bits: not between 32 and 52 bits";
		return false;
	}
	efr_decode(f, capability[AMDVI_CAPABILITY_EFR]);
	f->efr2 = capability[AMDVI_CAPABILITY_EFR2];
	f->gcr3_trp_mode = field_get(AMDVI_EFR2_GCR3_TRP_MODE, f->efr2);
	f->pa_bits = (unsigned)pa_bits;
	f->iotlb = capability[AMDVI_CAPABILITY_IOTLB];
	f->np_cache = capability[AMDVI_CAPABILITY_NPCACHE];
	return true;
}
