/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VER, CAP and ECAP (11.4.1 to 11.4.3): what a unit with these values can do,
 * and which values no unit can have.
 */
#include "vtd/arch.h"
#include "vtd/registers.h"
#include "vtd/unit.h"

#define HAW_MIN 32

/* A bit of CAP or ECAP, and a bit of ECAP that it needs. */
struct dependency {
	uint64_t cap, ecap;
	uint64_t needs;
	const char *why;
};

#define BIT(...) FIELD_MASK(__VA_ARGS__)

static const struct dependency dependencies[] = {
	{0, BIT(VTD_ECAP_DT), BIT(VTD_ECAP_QI), "ecap: DT needs QI (11.4.3)"},
	{0, BIT(VTD_ECAP_IR), BIT(VTD_ECAP_QI), "ecap: IR needs QI (11.4.3)"},
	{0, BIT(VTD_ECAP_EIM), BIT(VTD_ECAP_IR), "ecap: EIM needs IR (11.4.3)"},
	{0, BIT(VTD_ECAP_SMTS), BIT(VTD_ECAP_QI), "ecap: SMTS needs QI (11.4.3)"},
	{0, BIT(VTD_ECAP_MTS), BIT(VTD_ECAP_SMTS), "ecap: MTS needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_NEST), BIT(VTD_ECAP_SMTS), "ecap: NEST needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_NEST), BIT(VTD_ECAP_FSTS), "ecap: NEST needs FSTS (11.4.3)"},
	{0, BIT(VTD_ECAP_NEST), BIT(VTD_ECAP_SSTS), "ecap: NEST needs SSTS (11.4.3)"},
	{0, BIT(VTD_ECAP_PRS), BIT(VTD_ECAP_DT), "ecap: PRS needs DT (11.4.3)"},
	{0, BIT(VTD_ECAP_PRS), BIT(VTD_ECAP_SMTS), "ecap: PRS needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_ERS), BIT(VTD_ECAP_PASID), "ecap: ERS needs PASID"},
	{0, BIT(VTD_ECAP_SRS), BIT(VTD_ECAP_SMTS), "ecap: SRS needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_NWFS), BIT(VTD_ECAP_DT), "ecap: NWFS needs DT (11.4.3)"},
	{0, BIT(VTD_ECAP_EAFS), BIT(VTD_ECAP_FSTS), "ecap: EAFS needs FSTS (11.4.3)"},
	{0, BIT(VTD_ECAP_EAFS), BIT(VTD_ECAP_SMPWCS), "ecap: EAFS needs SMPWCS (11.4.3)"},
	{0, BIT(VTD_ECAP_PASID), BIT(VTD_ECAP_SMTS), "ecap: PASID needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_PSS), BIT(VTD_ECAP_SMTS), "ecap: PSS is 0 without SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_DIT), BIT(VTD_ECAP_DT), "ecap: DIT needs DT (11.4.3)"},
	{0, BIT(VTD_ECAP_PDS), BIT(VTD_ECAP_DT), "ecap: PDS needs DT (11.4.3)"},
	{0, BIT(VTD_ECAP_SSADS), BIT(VTD_ECAP_SMPWCS), "ecap: SSADS needs SMPWCS (11.4.3)"},
	{0, BIT(VTD_ECAP_FSTS), BIT(VTD_ECAP_SMTS), "ecap: FSTS needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_SMPWCS), BIT(VTD_ECAP_SMTS), "ecap: SMPWCS needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_RPS), BIT(VTD_ECAP_SMTS), "ecap: RPS needs SMTS (11.4.3)"},
	{0, BIT(VTD_ECAP_RPRIVS), BIT(VTD_ECAP_SRS), "ecap: RPRIVS needs SRS (11.4.3)"},
	{0, BIT(VTD_ECAP_SMS), BIT(VTD_ECAP_PRS), "ecap: SMS needs PRS (11.4.3)"},
	{BIT(VTD_CAP_FS5LP), 0, BIT(VTD_ECAP_FSTS), "cap: FS5LP needs ECAP.FSTS (11.4.2)"},
};

/* Bits that announce what is not modelled, or are reserved. */
struct refusal {
	uint64_t cap, ecap;
	const char *why;
};

static const struct refusal refusals[] = {
	{BIT(15, 13) | BIT(23, 23) | BIT(38, 38) | BIT(58, 57), 0, "cap: a reserved bit is set"},
	{BIT(8, 8) | BIT(12, 12), 0, "cap: SAGAW has a reserved bit set (11.4.2)"},
	{0,
	 BIT(5, 5) | BIT(19, 18) | BIT(24, 24) | BIT(28, 27) | BIT(32, 32) | BIT(54, 54) |
		 BIT(63, 63),
	 "ecap: a reserved bit is set"},
	{BIT(VTD_CAP_AFL), 0, "cap: AFL, advanced fault logging, is not modelled"},
	{BIT(VTD_CAP_PLMR) | BIT(VTD_CAP_PHMR), 0,
	 "cap: PLMR and PHMR, protected memory, are not modelled"},
	{BIT(VTD_CAP_PI), 0, "cap: PI, posted interrupts, is not modelled"},
	{BIT(VTD_CAP_ECMDS), 0, "cap: ECMDS, enhanced commands, is not modelled"},
	{0, BIT(VTD_ECAP_VCS), "ecap: VCS, virtual commands, is not modelled"},
	{0, BIT(VTD_ECAP_TDXCS), "ecap: TDXCS, TDX Connect, is not modelled"},
	{0, BIT(VTD_ECAP_PMS), "ecap: PMS, performance monitoring, is not modelled"},
	{0, BIT(VTD_ECAP_HPTS) | BIT(VTD_ECAP_HPT1GPS),
	 "ecap: HPTS, host permission tables, is not modelled"},
	{0, BIT(VTD_ECAP_PTRS), "ecap: PTRS, PASID in translated requests, is not modelled"},
	{0, BIT(VTD_ECAP_SSIRWS), "ecap: SSIRWS, second-stage IR and IW bits, is not modelled"},
	{0, BIT(VTD_ECAP_RDTS), "ecap: RDTS, resource director tags, is not modelled"},
	{0, BIT(VTD_ECAP_EIMER) | BIT(VTD_ECAP_IRREQ),
	 "ecap: EIMER and IRREQ demand interrupt remapping, which is not modelled"},
};

static const char *bits_check(uint64_t cap, uint64_t ecap)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if ((cap & refusals[i].cap) || (ecap & refusals[i].ecap))
			return refusals[i].why;
	for (size_t i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]); i++) {
		const struct dependency *d = &dependencies[i];

		if (((cap & d->cap) || (ecap & d->ecap)) && !(ecap & d->needs))
			return d->why;
	}
	return NULL;
}

/* The registers whose place a capability names lie behind the others and apart. */
static const char *offsets_check(const struct vtd_features *f)
{
	uint32_t fro_end = f->fro + f->fault_registers * VTD_FRCD_SIZE;
	uint32_t iro_end = f->iro + VTD_IOTLB_SIZE;

	if (f->fro < VTD_FIXED_END)
		return "cap: FRO lies among the other registers";
	if (f->iro < VTD_FIXED_END)
		return "ecap: IRO lies among the other registers";
	if (f->fro < iro_end && f->iro < fro_end)
		return "cap, ecap: FRO and IRO overlap";
	return NULL;
}

static const char *values_check(const struct vtd_features *f)
{
	if (field_get(VTD_CAP_ND, f->cap) > 6)
		return "cap: ND is a reserved value (11.4.2)";
	if (f->sslps != 0 && f->sslps != VTD_SSLPS_2M && f->sslps != (VTD_SSLPS_2M | VTD_SSLPS_1G))
		return "cap: SSLPS is none of 0000b, 0001b, 0011b (11.4.2)";
	if (field_get(VTD_CAP_RWBF, f->cap) && f->smts)
		return "cap: RWBF is 0 with ECAP.SMTS (11.4.2)";
	if (f->pasid_bits > 20)
		return "ecap: PSS is above 19, PASIDs have 20 bits";
	if (f->haw < HAW_MIN || f->haw > IOASIM_PA_BITS)
		return "haw: not between 32 and 52 bits";
	if (f->mgaw < HAW_MIN || f->mgaw > 57)
		return "cap: MGAW is not between 32 and 57 bits";
	if (f->major < 1 || f->major > 7)
		return "ver: only major versions 1 to 7 are modelled";
	return offsets_check(f);
}

/* 11.4.7.6, FI: the widest AGAW; without second stage what the first can take. */
static unsigned fault_bits(const struct vtd_features *f)
{
	if (f->sagaw & 8)
		return 57;
	if (f->sagaw & 4)
		return 48;
	if (f->sagaw & 2)
		return 39;
	return f->fs5lp ? 57 : 48;
}

static void cap_decode(struct vtd_features *f, uint64_t cap)
{
	f->cap = cap;
	f->mgaw = (unsigned)field_get(VTD_CAP_MGAW, cap) + 1;
	f->did_bits = 4 + 2 * (unsigned)field_get(VTD_CAP_ND, cap);
	f->fault_registers = (unsigned)field_get(VTD_CAP_NFR, cap) + 1;
	f->fro = (uint32_t)field_get(VTD_CAP_FRO, cap) * 16;
	f->sagaw = (unsigned)field_get(VTD_CAP_SAGAW, cap);
	f->sslps = (unsigned)field_get(VTD_CAP_SSLPS, cap);
	f->mamv = (unsigned)field_get(VTD_CAP_MAMV, cap);
	f->psi = field_get(VTD_CAP_PSI, cap);
	f->cm = field_get(VTD_CAP_CM, cap);
	f->fs1gp = field_get(VTD_CAP_FS1GP, cap);
	f->fs5lp = field_get(VTD_CAP_FS5LP, cap);
	f->esrtps = field_get(VTD_CAP_ESRTPS, cap);
}

static void ecap_decode(struct vtd_features *f, uint64_t ecap)
{
	f->ecap = ecap;
	f->iro = (uint32_t)field_get(VTD_ECAP_IRO, ecap) * 16;
	f->qi = field_get(VTD_ECAP_QI, ecap);
	f->dt = field_get(VTD_ECAP_DT, ecap);
	f->ir = field_get(VTD_ECAP_IR, ecap);
	f->pt = field_get(VTD_ECAP_PT, ecap);
	f->snoop_control = field_get(VTD_ECAP_SC, ecap);
	f->nest = field_get(VTD_ECAP_NEST, ecap);
	f->prs = field_get(VTD_ECAP_PRS, ecap);
	f->ers = field_get(VTD_ECAP_ERS, ecap);
	f->srs = field_get(VTD_ECAP_SRS, ecap);
	f->nwfs = field_get(VTD_ECAP_NWFS, ecap);
	f->eafs = field_get(VTD_ECAP_EAFS, ecap);
	f->pasid = field_get(VTD_ECAP_PASID, ecap);
	f->dit = field_get(VTD_ECAP_DIT, ecap);
	f->pds = field_get(VTD_ECAP_PDS, ecap);
	f->smts = field_get(VTD_ECAP_SMTS, ecap);
	f->ssads = field_get(VTD_ECAP_SSADS, ecap);
	f->ssts = field_get(VTD_ECAP_SSTS, ecap);
	f->fsts = field_get(VTD_ECAP_FSTS, ecap);
	f->smpwcs = field_get(VTD_ECAP_SMPWCS, ecap);
	f->rps = field_get(VTD_ECAP_RPS, ecap);
	f->adms = field_get(VTD_ECAP_ADMS, ecap);
	f->rprivs = field_get(VTD_ECAP_RPRIVS, ecap);
	f->sms = field_get(VTD_ECAP_SMS, ecap);
	f->pasid_bits = f->pasid ? (unsigned)field_get(VTD_ECAP_PSS, ecap) + 1 : 0;
}

bool vtd_features_init(struct vtd_features *f, const uint64_t *capability, const char **why)
{
	uint64_t haw = capability[VTD_CAPABILITY_HAW];
	uint64_t ver = capability[VTD_CAPABILITY_VER];

	*f = (struct vtd_features){0};
	*why = bits_check(capability[VTD_CAPABILITY_CAP], capability[VTD_CAPABILITY_ECAP]);
	if (*why)
		return false;
	if (ver > FIELD_MASK(7, 0)) {
		*why = "ver: wider than 8 bits (11.4.1)";
		return false;
	}
	cap_decode(f, capability[VTD_CAPABILITY_CAP]);
	ecap_decode(f, capability[VTD_CAPABILITY_ECAP]);
	f->version = (uint32_t)ver;
	f->major = (unsigned)field_get(VTD_VER_MAX, ver);
	f->haw = haw > UINT32_MAX ? UINT32_MAX : (unsigned)haw;
	if (f->haw == 0)
		f->haw = f->mgaw < IOASIM_PA_BITS ? f->mgaw : IOASIM_PA_BITS;
	f->fault_bits = fault_bits(f);
	*why = values_check(f);
	return !*why;
}
