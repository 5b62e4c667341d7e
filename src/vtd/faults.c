/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults (7.1 to 7.3): names, what FPD can silence, fault recording registers,
 * and the three event interrupts, which obey one rule (6.5.2.10, 7.3, 7.5).
 *
 * Faults of one source-id are not collapsed (7.2.1 allows it).
 */
#include "vtd/reasons.h"
#include "vtd/registers.h"
#include "vtd/unit.h"

/* ---- Reasons: Table 30 ---------------------------------------------------------- */

struct reason {
	const char *name;
	bool qualified; /* FPD silences it */
};

/* SGN.3 (execute request, XD) is older. */
static const struct reason reasons[IOASIM_FAULT_CODES] = {
	[VTD_FAULT_LRT_2] = {"LRT.2", false},  [VTD_FAULT_LCT_2] = {"LCT.2", true},
	[VTD_FAULT_LCT_4] = {"LCT.4", true},   [VTD_FAULT_LGN_1] = {"LGN.1", true},
	[VTD_FAULT_LGN_2] = {"LGN.2", true},   [VTD_FAULT_LGN_3] = {"LGN.3", true},
	[VTD_FAULT_LSS_1] = {"LSS.1", true},   [VTD_FAULT_LRT_1] = {"LRT.1", false},
	[VTD_FAULT_LCT_1] = {"LCT.1", false},  [VTD_FAULT_LRT_3] = {"LRT.3", false},
	[VTD_FAULT_LCT_3] = {"LCT.3", true},   [VTD_FAULT_LSS_2] = {"LSS.2", true},
	[VTD_FAULT_LCT_5] = {"LCT.5", true},   [VTD_FAULT_LGN_4] = {"LGN.4", true},
	[VTD_FAULT_RTA_1] = {"RTA.1", false},  [VTD_FAULT_RTA_2] = {"RTA.2", false},
	[VTD_FAULT_RTA_3] = {"RTA.3", false},  [VTD_FAULT_RTA_4] = {"RTA.4", false},
	[VTD_FAULT_RTA_5] = {"RTA.5", false},  [VTD_FAULT_SRT_1] = {"SRT.1", false},
	[VTD_FAULT_SRT_2] = {"SRT.2", false},  [VTD_FAULT_SRT_3] = {"SRT.3", false},
	[VTD_FAULT_SCT_1] = {"SCT.1", false},  [VTD_FAULT_SCT_2] = {"SCT.2", true},
	[VTD_FAULT_SCT_3] = {"SCT.3", true},   [VTD_FAULT_SCT_4] = {"SCT.4", true},
	[VTD_FAULT_SCT_5] = {"SCT.5", true},   [VTD_FAULT_SCT_6] = {"SCT.6", true},
	[VTD_FAULT_SCT_7] = {"SCT.7", true},   [VTD_FAULT_SCT_8] = {"SCT.8", true},
	[VTD_FAULT_SCT_9] = {"SCT.9", true},   [VTD_FAULT_SCT_10] = {"SCT.10", true},
	[VTD_FAULT_SPD_1] = {"SPD.1", false},  [VTD_FAULT_SPD_2] = {"SPD.2", true},
	[VTD_FAULT_SPD_3] = {"SPD.3", true},   [VTD_FAULT_SPT_1] = {"SPT.1", false},
	[VTD_FAULT_SPT_2] = {"SPT.2", true},   [VTD_FAULT_SPT_3] = {"SPT.3", true},
	[VTD_FAULT_SPT_4] = {"SPT.4", true},   [VTD_FAULT_SPT_5] = {"SPT.5", true},
	[VTD_FAULT_SPT_6] = {"SPT.6", true},   [VTD_FAULT_SPT_9] = {"SPT.9", true},
	[VTD_FAULT_SFS_1] = {"SFS.1", true},   [VTD_FAULT_SFS_2] = {"SFS.2", true},
	[VTD_FAULT_SFS_3] = {"SFS.3", true},   [VTD_FAULT_SFS_4] = {"SFS.4", true},
	[VTD_FAULT_SFS_5] = {"SFS.5", true},   [VTD_FAULT_SFS_6] = {"SFS.6", true},
	[VTD_FAULT_SFS_7] = {"SFS.7", true},   [VTD_FAULT_SFS_8] = {"SFS.8", true},
	[VTD_FAULT_SSS_1] = {"SSS.1", true},   [VTD_FAULT_SSS_2] = {"SSS.2", true},
	[VTD_FAULT_SSS_3] = {"SSS.3", true},   [VTD_FAULT_SSS_4] = {"SSS.4", true},
	[VTD_FAULT_SSS_5] = {"SSS.5", true},   [VTD_FAULT_SSS_6] = {"SSS.6", true},
	[VTD_FAULT_SGN_1] = {"SGN.1", true},   [VTD_FAULT_SGN_2] = {"SGN.2", true},
	[VTD_FAULT_SGN_3] = {"SGN.3", true},   [VTD_FAULT_SGN_4] = {"SGN.4", true},
	[VTD_FAULT_SGN_5] = {"SGN.5", true},   [VTD_FAULT_SGN_6] = {"SGN.6", true},
	[VTD_FAULT_SGN_7] = {"SGN.7", true},   [VTD_FAULT_SGN_8] = {"SGN.8", true},
	[VTD_FAULT_SGN_10] = {"SGN.10", true}, [VTD_FAULT_SFS_9] = {"SFS.9", true},
	[VTD_FAULT_SFS_10] = {"SFS.10", true}, [VTD_FAULT_HPT_1] = {"HPT.1", true},
	[VTD_FAULT_HPT_2] = {"HPT.2", true},   [VTD_FAULT_HPT_3] = {"HPT.3", true},
	[VTD_FAULT_HPT_4] = {"HPT.4", true},   [VTD_FAULT_HPT_5] = {"HPT.5", true},
	[VTD_FAULT_HPT_6] = {"HPT.6", true},
};

const char *vtd_fault_name(uint32_t code)
{
	return code < IOASIM_FAULT_CODES ? reasons[code].name : NULL;
}

bool vtd_fault_qualified(unsigned reason)
{
	return reason < IOASIM_FAULT_CODES && reasons[reason].qualified;
}

/*
 * What the reason says of the cause. Entries of a table that are malformed count as those
 * that are not there. LGN.2, LGN.3 and SSS.2 stand for two causes, which only the walk
 * tells apart.
 */
static enum ioasim_fault_cause cause_of(unsigned reason)
{
	switch ((enum vtd_fault_reason)reason) {
	case VTD_FAULT_LRT_2:
	case VTD_FAULT_LRT_3:
	case VTD_FAULT_LCT_2:
	case VTD_FAULT_LCT_3:
	case VTD_FAULT_LCT_4:
	case VTD_FAULT_LCT_5:
	case VTD_FAULT_RTA_4:
	case VTD_FAULT_SRT_2:
	case VTD_FAULT_SRT_3:
	case VTD_FAULT_SCT_2:
	case VTD_FAULT_SCT_3:
	case VTD_FAULT_SCT_4:
	case VTD_FAULT_SCT_5:
	case VTD_FAULT_SCT_8:
		return IOASIM_CAUSE_BLOCKED;
	case VTD_FAULT_RTA_2:
	case VTD_FAULT_SCT_6:
	case VTD_FAULT_SCT_7:
	case VTD_FAULT_SCT_9:
	case VTD_FAULT_SPD_2:
	case VTD_FAULT_SPD_3:
	case VTD_FAULT_SPT_2:
	case VTD_FAULT_SPT_3:
	case VTD_FAULT_SPT_4:
	case VTD_FAULT_SGN_10:
		return IOASIM_CAUSE_PASID;
	case VTD_FAULT_SFS_2:
	case VTD_FAULT_SFS_3:
	case VTD_FAULT_SFS_9:
	case VTD_FAULT_SGN_1:
		return IOASIM_CAUSE_STAGE1;
	case VTD_FAULT_LGN_1:
	case VTD_FAULT_LSS_2:
	case VTD_FAULT_SFS_5:
	case VTD_FAULT_SFS_6:
	case VTD_FAULT_SFS_7:
	case VTD_FAULT_SFS_8:
	case VTD_FAULT_SSS_2:
	case VTD_FAULT_SSS_3:
	case VTD_FAULT_SSS_5:
	case VTD_FAULT_SGN_5:
		return IOASIM_CAUSE_STAGE2;
	case VTD_FAULT_LGN_2:
	case VTD_FAULT_LGN_3:
	case VTD_FAULT_SPT_5:
	case VTD_FAULT_SPT_6:
	case VTD_FAULT_SGN_2:
	case VTD_FAULT_SGN_3:
	case VTD_FAULT_SGN_6:
	case VTD_FAULT_SGN_7:
		return IOASIM_CAUSE_PERMISSION;
	default:
		return IOASIM_CAUSE_OTHER;
	}
}

/* ---- Events ------------------------------------------------------------------------ */

/* An event's registers, and the status bits that have to be clear for a new one. */
struct event_source {
	uint32_t control;
	uint32_t status;
	uint32_t pending;
};

static const struct event_source events[VTD_EVENTS] = {
	[VTD_EVENT_FAULT] = {VTD_FECTL, VTD_FSTS,
			     (uint32_t)(FIELD_MASK(VTD_FSTS_ITE) | FIELD_MASK(VTD_FSTS_ICE) |
					FIELD_MASK(VTD_FSTS_IQE) | FIELD_MASK(VTD_FSTS_PPF) |
					FIELD_MASK(VTD_FSTS_PFO))},
	[VTD_EVENT_INVALIDATION] = {VTD_IECTL, VTD_ICS, (uint32_t)FIELD_MASK(VTD_ICS_IWC)},
	[VTD_EVENT_PAGE_REQUEST] = {VTD_PECTL, VTD_PRS,
				    (uint32_t)(FIELD_MASK(VTD_PRS_PRO) | FIELD_MASK(VTD_PRS_PPR))},
};

static void pending_set(struct vtd_unit *u, enum vtd_event event, bool on)
{
	uint64_t control = vtd_reg32(u, events[event].control);

	field_set(&control, VTD_CTL_IP, on);
	vtd_reg32_set(u, events[event].control, (uint32_t)control);
}

void vtd_event_unmask(struct vtd_unit *u, enum vtd_event event)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	uint32_t base = events[event].control;
	uint32_t control = vtd_reg32(u, base);

	if (field_get(VTD_CTL_IM, control) || !field_get(VTD_CTL_IP, control))
		return;
	pending_set(u, event, false);
	u->unit.counters.interrupts++;
	if (config->callbacks.interrupt)
		config->callbacks.interrupt(config->opaque, vtd_reg64(u, base + VTD_EVENT_ADDR),
					    vtd_reg32(u, base + VTD_EVENT_DATA));
}

void vtd_event(struct vtd_unit *u, enum vtd_event event)
{
	pending_set(u, event, true);
	vtd_event_unmask(u, event);
}

void vtd_event_update(struct vtd_unit *u, enum vtd_event event)
{
	if (!(vtd_reg32(u, events[event].status) & events[event].pending))
		pending_set(u, event, false);
}

void vtd_event_status_set(struct vtd_unit *u, enum vtd_event event, uint32_t bit)
{
	uint32_t status = vtd_reg32(u, events[event].status);

	vtd_reg32_set(u, events[event].status, status | bit);
	if (!(status & events[event].pending))
		vtd_event(u, event);
}

/* ---- Fault recording registers (7.2.1, 11.4.7.6) --------------------------------------- */

static uint32_t frcd_offset(const struct vtd_unit *u, unsigned index)
{
	return u->features.fro + index * VTD_FRCD_SIZE;
}

static bool frcd_pending(const struct vtd_unit *u, unsigned index)
{
	return field_get(VTD_FRCD_1_F, vtd_reg64(u, frcd_offset(u, index) + 8));
}

void vtd_fault_pending_update(struct vtd_unit *u)
{
	uint64_t status = vtd_reg32(u, VTD_FSTS);
	bool any = false;

	for (unsigned i = 0; i < u->features.fault_registers; i++)
		any |= frcd_pending(u, i);
	field_set(&status, VTD_FSTS_PPF, any);
	vtd_reg32_set(u, VTD_FSTS, (uint32_t)status);
	vtd_event_update(u, VTD_EVENT_FAULT);
}

/* T1 and T2. A translation request is a read on the bus. */
static unsigned request_type(const struct vtd_fault_info *info)
{
	if (info->asks == VTD_ASKS_PAGE)
		return VTD_FRCD_PAGE;
	if (info->asks == VTD_ASKS_TRANSLATION)
		return VTD_FRCD_READ;
	if (!(info->access & IOASIM_WRITE))
		return VTD_FRCD_READ;
	return info->access & IOASIM_READ ? VTD_FRCD_ATOMIC : VTD_FRCD_WRITE;
}

static unsigned address_type(const struct vtd_fault_info *info)
{
	switch ((enum vtd_asks)info->asks) {
	case VTD_ASKS_TRANSLATION:
		return 1;
	case VTD_ASKS_TRANSLATED:
		return 2;
	case VTD_ASKS_UNTRANSLATED:
	case VTD_ASKS_PAGE:
		break;
	}
	return 0;
}

static void record_fill(const struct vtd_unit *u, const struct vtd_fault_info *info,
			uint64_t record[2])
{
	const struct vtd_features *f = &u->features;
	unsigned type = request_type(info);

	record[0] = field_bits(VTD_FRCD_0_FI, info->address) & field_mask(f->fault_bits - 1, 0);
	record[1] = field_prep(VTD_FRCD_1_F, 1) | field_prep(VTD_FRCD_1_FR, info->reason) |
		    field_prep(VTD_FRCD_1_SID, info->source_id) |
		    field_prep(VTD_FRCD_1_T1, type >> 1) | field_prep(VTD_FRCD_1_T2, type);
	if (f->dt)
		record[1] |= field_prep(VTD_FRCD_1_AT, address_type(info));
	if (!f->pasid || !info->has_pasid)
		return;
	record[1] |= field_prep(VTD_FRCD_1_PP, 1) | field_prep(VTD_FRCD_1_PV, info->pasid) |
		     field_prep(VTD_FRCD_1_PRIV, info->privileged);
	if (type == VTD_FRCD_READ)
		record[1] |= field_prep(VTD_FRCD_1_EXE, (info->access & IOASIM_EXEC) != 0);
}

/* 7.2.1: false if the fault is lost. */
static bool record_write(struct vtd_unit *u, const uint64_t record[2])
{
	uint64_t status = vtd_reg32(u, VTD_FSTS);
	unsigned index = u->fault_index;

	if (field_get(VTD_FSTS_PFO, status))
		return false;
	if (frcd_pending(u, index)) {
		vtd_event_status_set(u, VTD_EVENT_FAULT, (uint32_t)FIELD_MASK(VTD_FSTS_PFO));
		return false;
	}
	if (!field_get(VTD_FSTS_PPF, status)) {
		field_set(&status, VTD_FSTS_FRI, index);
		vtd_reg32_set(u, VTD_FSTS, (uint32_t)status);
	}
	vtd_reg64_set(u, frcd_offset(u, index), record[0]);
	vtd_reg64_set(u, frcd_offset(u, index) + 8, record[1]);
	u->fault_index = (index + 1) % u->features.fault_registers;
	vtd_event_status_set(u, VTD_EVENT_FAULT, (uint32_t)FIELD_MASK(VTD_FSTS_PPF));
	return true;
}

void vtd_fault(struct vtd_unit *u, const struct vtd_fault_info *info, struct ioasim_fault *fault)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	*fault = (struct ioasim_fault){
		.code = info->reason,
		.words = 2,
		.cause = info->cause ? info->cause : (uint8_t)cause_of(info->reason),
	};
	record_fill(u, info, fault->record);
	fault->recorded = !info->silent && record_write(u, fault->record);
	u->unit.counters.faults[info->reason]++;
	u->unit.counters.faults_recorded += fault->recorded;
	if (config->callbacks.fault)
		config->callbacks.fault(config->opaque, info->source_id, fault);
}
