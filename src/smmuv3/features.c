/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IDR0, IDR1, IDR3, IDR5 and AIDR (6.3.1 to 6.3.8): what a unit with these values can
 * do, and which values no unit can have.
 *
 * Announced and without effect: COHACC and DORMHINT, which say nothing of translations,
 * and PBHA, PTWNNC, whose bits are memory attributes.
 */
#include "smmuv3/arch.h"
#include "smmuv3/registers.h"
#include "smmuv3/unit.h"

#define BIT(...) FIELD_MASK(__VA_ARGS__)

enum id_register { IDR0, IDR1, IDR3, IDR5, ID_REGISTERS };

/* Bits that announce what is not modelled, or are reserved. */
struct refusal {
	enum id_register in;
	uint64_t bits;
	const char *why;
};

static const struct refusal refusals[] = {
	{IDR0, BIT(29, 29) | BIT(63, 31), "idr0: a reserved bit is set"},
	{IDR0, BIT(SMMU_IDR0_RME_IMPL), "idr0: RME_IMPL, realms, is not modelled"},
	{IDR0, BIT(SMMU_IDR0_BTM), "idr0: BTM, broadcast TLB maintenance, is not modelled"},
	{IDR0, BIT(SMMU_IDR0_ATOS) | BIT(SMMU_IDR0_VATOS),
	 "idr0: ATOS and VATOS, address translation operations, are not modelled"},
	{IDR1, BIT(63, 32), "idr1: wider than 32 bits"},
	{IDR1, BIT(SMMU_IDR1_ECMDQ), "idr1: ECMDQ, enhanced command queues, is not modelled"},
	{IDR1, BIT(SMMU_IDR1_QUEUES_PRESET) | BIT(SMMU_IDR1_TABLES_PRESET),
	 "idr1: QUEUES_PRESET and TABLES_PRESET are not modelled"},
	{IDR1, BIT(SMMU_IDR1_REL), "idr1: REL needs QUEUES_PRESET or TABLES_PRESET (6.3.2)"},
	{IDR3, BIT(1, 0) | BIT(6, 6) | BIT(63, 24), "idr3: a reserved bit is set"},
	{IDR3, BIT(SMMU_IDR3_MPAM), "idr3: MPAM is not modelled"},
	{IDR3, BIT(SMMU_IDR3_DPT), "idr3: DPT, device permission tables, is not modelled"},
	{IDR3, BIT(SMMU_IDR3_PASIDTT),
	 "idr3: PASIDTT, PASIDs of translated transactions, is not modelled"},
	{IDR3, BIT(23, 17), "idr3: extensions of SMMUv3.4 (EPAN to AIE) are not modelled"},
	{IDR5, BIT(3, 3) | BIT(9, 9) | BIT(15, 12) | BIT(63, 32), "idr5: a reserved bit is set"},
	{IDR5, BIT(8, 7), "idr5: DS and D128, descriptors of 52 and more bits, are not modelled"},
};

static const char *bits_check(const uint64_t value[ID_REGISTERS])
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (value[refusals[i].in] & refusals[i].bits)
			return refusals[i].why;
	return NULL;
}

static const char *idr0_check(const struct smmu_features *f)
{
	if (!f->s1p && !f->s2p)
		return "idr0: a unit has stage 1 or stage 2 (6.3.1)";
	if (field_get(SMMU_IDR0_TTF, f->idr0) != SMMU_TTF_AARCH64)
		return "idr0: TTF must be 2, only AArch64 tables are modelled";
	if (f->ttendian != SMMU_TTENDIAN_LITTLE)
		return "idr0: TTENDIAN must be 2, only little-endian tables are modelled";
	if (f->stall_model > SMMU_STALL_MODEL_STALL)
		return "idr0: STALL_MODEL is a reserved value (6.3.1)";
	if (field_get(SMMU_IDR0_ST_LEVEL, f->idr0) > SMMU_ST_LEVEL_TWO)
		return "idr0: ST_LEVEL is a reserved value (6.3.1)";
	if (f->hyp && (!f->s1p || !f->s2p))
		return "idr0: HYP needs S1P and S2P (6.3.1)";
	if (f->vmw && !f->s2p)
		return "idr0: VMW needs S2P (6.3.1)";
	if (f->pri && !f->ats)
		return "idr0: PRI needs ATS (6.3.1)";
	if (f->atsrecerr && !f->ats)
		return "idr0: ATSRECERR needs ATS (6.3.1)";
	return NULL;
}

static const char *sizes_check(const struct smmu_features *f)
{
	if (f->sid_bits > 32)
		return "idr1: SIDSIZE is above 32 (6.3.2)";
	if (f->sid_bits >= 7 && !f->st2l)
		return "idr0, idr1: SIDSIZE of 7 and more needs ST_LEVEL (6.3.2)";
	if (f->ssid_bits > 20)
		return "idr1: SSIDSIZE is above 20 (6.3.2)";
	if (f->cmdq_lg2 > SMMU_QUEUE_LG2_MAX || f->eventq_lg2 > SMMU_QUEUE_LG2_MAX ||
	    f->priq_lg2 > SMMU_QUEUE_LG2_MAX)
		return "idr1: CMDQS, EVENTQS or PRIQS is above 19 (6.3.2)";
	if (f->bbml > 2)
		return "idr3: BBML is a reserved value (6.3.4)";
	if (field_get(SMMU_IDR5_OAS, f->idr5) > SMMU_OAS_48)
		return "idr5: OAS above 48 bits is not modelled";
	if (!f->gran4k && !f->gran16k && !f->gran64k)
		return "idr5: a unit has at least one granule (6.3.6)";
	if (field_get(SMMU_IDR5_VAX, f->idr5) > SMMU_VAX_52)
		return "idr5: VAX above 1 is not modelled";
	if (f->vax && !f->gran64k)
		return "idr5: VAX needs the 64KB granule or DS (6.3.6)";
	if (f->aidr > 3)
		return "aidr: only SMMUv3.0 to SMMUv3.3, values 0 to 3, are modelled";
	return NULL;
}

static void idr0_decode(struct smmu_features *f, uint64_t idr0)
{
	f->idr0 = (uint32_t)idr0;
	f->s2p = field_get(SMMU_IDR0_S2P, idr0);
	f->s1p = field_get(SMMU_IDR0_S1P, idr0);
	f->aarch32 = field_get(SMMU_IDR0_TTF, idr0) & SMMU_TTF_AARCH32;
	f->aarch64 = field_get(SMMU_IDR0_TTF, idr0) & SMMU_TTF_AARCH64;
	f->httu = (unsigned)field_get(SMMU_IDR0_HTTU, idr0);
	f->hyp = field_get(SMMU_IDR0_HYP, idr0);
	f->ats = field_get(SMMU_IDR0_ATS, idr0);
	f->ns1ats = field_get(SMMU_IDR0_NS1ATS, idr0);
	f->asid16 = field_get(SMMU_IDR0_ASID16, idr0);
	f->msi = field_get(SMMU_IDR0_MSI, idr0);
	f->sev = field_get(SMMU_IDR0_SEV, idr0);
	f->pri = field_get(SMMU_IDR0_PRI, idr0);
	f->vmw = field_get(SMMU_IDR0_VMW, idr0);
	f->vmid16 = field_get(SMMU_IDR0_VMID16, idr0);
	f->cd2l = field_get(SMMU_IDR0_CD2L, idr0);
	f->ttendian = (unsigned)field_get(SMMU_IDR0_TTENDIAN, idr0);
	f->atsrecerr = field_get(SMMU_IDR0_ATSRECERR, idr0);
	f->stall_model = (unsigned)field_get(SMMU_IDR0_STALL_MODEL, idr0);
	f->term_model = field_get(SMMU_IDR0_TERM_MODEL, idr0);
	f->st2l = field_get(SMMU_IDR0_ST_LEVEL, idr0) == SMMU_ST_LEVEL_TWO;
}

static void idr1_decode(struct smmu_features *f, uint64_t idr1)
{
	f->idr1 = (uint32_t)idr1;
	f->sid_bits = (unsigned)field_get(SMMU_IDR1_SIDSIZE, idr1);
	f->ssid_bits = (unsigned)field_get(SMMU_IDR1_SSIDSIZE, idr1);
	f->priq_lg2 = (unsigned)field_get(SMMU_IDR1_PRIQS, idr1);
	f->eventq_lg2 = (unsigned)field_get(SMMU_IDR1_EVENTQS, idr1);
	f->cmdq_lg2 = (unsigned)field_get(SMMU_IDR1_CMDQS, idr1);
	f->perms_ovr = field_get(SMMU_IDR1_ATTR_PERMS_OVR, idr1);
	f->types_ovr = field_get(SMMU_IDR1_ATTR_TYPES_OVR, idr1);
	/* 6.3.2: without PRI the field has no meaning. */
	if (!f->pri)
		f->priq_lg2 = 0;
}

/* Bits that are reserved without their stage mean nothing then. */
static void idr3_decode(struct smmu_features *f, uint64_t idr3)
{
	f->idr3 = (uint32_t)idr3;
	f->had = field_get(SMMU_IDR3_HAD, idr3) && f->s1p;
	f->xnx = field_get(SMMU_IDR3_XNX, idr3) && f->s2p;
	f->pps = field_get(SMMU_IDR3_PPS, idr3);
	f->fwb = field_get(SMMU_IDR3_FWB, idr3);
	f->stt = field_get(SMMU_IDR3_STT, idr3);
	f->ril = field_get(SMMU_IDR3_RIL, idr3);
	f->bbml = (unsigned)field_get(SMMU_IDR3_BBML, idr3);
	f->e0pd = field_get(SMMU_IDR3_E0PD, idr3);
}

static void idr5_decode(struct smmu_features *f, uint64_t idr5)
{
	static const uint8_t sizes[] = {32, 36, 40, 42, 44, 48, 52, 56};

	f->idr5 = (uint32_t)idr5;
	f->oas = sizes[field_get(SMMU_IDR5_OAS, idr5)];
	/* 3.4: AArch32 tables take 40 bits. */
	f->ias = f->aarch32 && f->oas < 40 ? 40 : f->oas;
	f->gran4k = field_get(SMMU_IDR5_GRAN4K, idr5);
	f->gran16k = field_get(SMMU_IDR5_GRAN16K, idr5);
	f->gran64k = field_get(SMMU_IDR5_GRAN64K, idr5);
	f->vax = field_get(SMMU_IDR5_VAX, idr5) == SMMU_VAX_52;
	f->stall_max = (unsigned)field_get(SMMU_IDR5_STALL_MAX, idr5);
}

bool smmu_features_init(struct smmu_features *f, const uint64_t *capability, const char **why)
{
	const uint64_t value[ID_REGISTERS] = {
		[IDR0] = capability[SMMU_CAPABILITY_IDR0],
		[IDR1] = capability[SMMU_CAPABILITY_IDR1],
		[IDR3] = capability[SMMU_CAPABILITY_IDR3],
		[IDR5] = capability[SMMU_CAPABILITY_IDR5],
	};
	uint64_t aidr = capability[SMMU_CAPABILITY_AIDR];

	*f = (struct smmu_features){0};
	*why = bits_check(value);
	if (*why)
		return false;
	idr0_decode(f, value[IDR0]);
	idr1_decode(f, value[IDR1]);
	idr3_decode(f, value[IDR3]);
	idr5_decode(f, value[IDR5]);
	f->aidr = aidr > UINT32_MAX ? UINT32_MAX : (uint32_t)aidr;
	*why = idr0_check(f);
	if (!*why)
		*why = sizes_check(f);
	return !*why;
}
