/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events (2.5): the entry of each, the event log, and the hardware event registers,
 * which keep the first hardware error until software has seen it.
 *
 * IOTLB_INV_TIMEOUT, EVENT_COUNTER_ZERO and the events of vIOMMU and SNP have names
 * and are never raised: no device is silent here, and the others are not modelled.
 */
#include "amdvi/registers.h"
#include "amdvi/rings.h"
#include "amdvi/unit.h"

static const char *const names[] = {
	[AMDVI_ILLEGAL_DEV_TABLE_ENTRY] = "ILLEGAL_DEV_TABLE_ENTRY",
	[AMDVI_IO_PAGE_FAULT] = "IO_PAGE_FAULT",
	[AMDVI_DEV_TAB_HARDWARE_ERROR] = "DEV_TAB_HARDWARE_ERROR",
	[AMDVI_PAGE_TAB_HARDWARE_ERROR] = "PAGE_TAB_HARDWARE_ERROR",
	[AMDVI_ILLEGAL_COMMAND_ERROR] = "ILLEGAL_COMMAND_ERROR",
	[AMDVI_COMMAND_HARDWARE_ERROR] = "COMMAND_HARDWARE_ERROR",
	[AMDVI_IOTLB_INV_TIMEOUT] = "IOTLB_INV_TIMEOUT",
	[AMDVI_INVALID_DEVICE_REQUEST] = "INVALID_DEVICE_REQUEST",
	[AMDVI_INVALID_PPR_REQUEST] = "INVALID_PPR_REQUEST",
	[AMDVI_EVENT_COUNTER_ZERO] = "EVENT_COUNTER_ZERO",
	[AMDVI_GUEST_EVENT_FAULT] = "GUEST_EVENT_FAULT",
	[AMDVI_VIOMMU_HARDWARE_ERROR] = "VIOMMU_HARDWARE_ERROR",
	[AMDVI_RMP_PAGE_FAULT] = "RMP_PAGE_FAULT",
	[AMDVI_RMP_HARDWARE_ERROR] = "RMP_HARDWARE_ERROR",
};

const char *amdvi_fault_name(uint32_t code)
{
	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

/* ---- Entries --------------------------------------------------------------------- */

/* PASID[15:0] takes the place of the DomainID. */
static uint64_t pasid_fields(const struct amdvi_fault_info *info)
{
	return field_prep(AMDVI_EVENT_0_GN, 1) |
	       field_prep(AMDVI_EVENT_0_PASID_19_16, info->pasid >> 16) |
	       field_prep(AMDVI_EVENT_0_PASID_15_0, info->pasid);
}

/* Flags of several events in the same place. */
static uint64_t access_flags(const struct amdvi_fault_info *info)
{
	return field_prep(AMDVI_EVENT_0_I, info->interrupt) |
	       field_prep(AMDVI_EVENT_0_RW, info->write) |
	       field_prep(AMDVI_EVENT_0_TR, info->translation);
}

/* Every bus error is a target abort: memory does not tell more of it. */
static uint64_t hardware_type(void)
{
	return field_prep(AMDVI_EVENT_0_HW_TYPE, AMDVI_HW_TARGET_ABORT);
}

/* NX and US come with a PASID's prefix, so they are 0 without. */
static uint64_t page_fault(const struct amdvi_fault_info *info)
{
	uint64_t word = access_flags(info) | field_prep(AMDVI_EVENT_0_PR, info->present) |
			field_prep(AMDVI_EVENT_0_PE, info->permission) |
			field_prep(AMDVI_EVENT_0_RZ, info->reserved);

	if (!info->guest)
		return word | field_prep(AMDVI_EVENT_0_DOMAIN_ID, info->domain);
	return word | pasid_fields(info) | field_prep(AMDVI_EVENT_0_NX, info->execute) |
	       field_prep(AMDVI_EVENT_0_US, info->user);
}

static void entry_fill(const struct amdvi_fault_info *info, uint64_t *entry)
{
	uint64_t device = field_prep(AMDVI_EVENT_0_DEVICE_ID, info->device_id);

	entry[0] = field_prep(AMDVI_EVENT_0_CODE, info->event);
	entry[1] = field_bits(AMDVI_EVENT_1_SPA, info->address);
	switch ((enum amdvi_event)info->event) {
	case AMDVI_IO_PAGE_FAULT:
		entry[0] |= device | page_fault(info);
		entry[1] = info->address;
		break;
	case AMDVI_ILLEGAL_DEV_TABLE_ENTRY:
		entry[0] |= device | access_flags(info) |
			    field_prep(AMDVI_EVENT_0_RZ, info->reserved) |
			    (info->guest ? pasid_fields(info) : 0);
		entry[1] = field_bits(AMDVI_EVENT_1_DVA, info->address);
		break;
	case AMDVI_INVALID_DEVICE_REQUEST:
		entry[0] |= device | field_prep(AMDVI_EVENT_0_TR, info->translation) |
			    field_prep(AMDVI_EVENT_0_TYPE, info->type) |
			    (info->guest ? pasid_fields(info) : 0);
		entry[1] = info->address;
		break;
	case AMDVI_DEV_TAB_HARDWARE_ERROR:
		entry[0] |= device | access_flags(info) | hardware_type();
		break;
	case AMDVI_PAGE_TAB_HARDWARE_ERROR:
		entry[0] |= device | access_flags(info) | hardware_type() |
			    (info->guest ? pasid_fields(info)
					 : field_prep(AMDVI_EVENT_0_DOMAIN_ID, info->domain));
		break;
	case AMDVI_COMMAND_HARDWARE_ERROR:
		entry[0] |= hardware_type();
		break;
	default:
		break;
	}
}

/* ---- Where they go ---------------------------------------------------------------- */

static bool hardware_error(const struct amdvi_unit *u, unsigned event)
{
	return u->features.he &&
	       (event == AMDVI_DEV_TAB_HARDWARE_ERROR || event == AMDVI_PAGE_TAB_HARDWARE_ERROR ||
		event == AMDVI_COMMAND_HARDWARE_ERROR);
}

/* Whether the log runs or not. While HEV stands further ones are lost. */
static void hardware_event_set(struct amdvi_unit *u, const uint64_t *entry)
{
	uint64_t status = amdvi_reg64(u, AMDVI_HW_EVENT_STATUS);

	if (field_get(AMDVI_HW_EVENT_STATUS_HEV, status)) {
		field_set(&status, AMDVI_HW_EVENT_STATUS_HEO, 1);
	} else {
		field_set(&status, AMDVI_HW_EVENT_STATUS_HEV, 1);
		amdvi_reg64_set(u, AMDVI_HW_EVENT_UPPER, entry[0]);
		amdvi_reg64_set(u, AMDVI_HW_EVENT_LOWER, entry[1]);
	}
	amdvi_reg64_set(u, AMDVI_HW_EVENT_STATUS, status);
}

/* False: it is lost. */
static bool entry_log(struct amdvi_unit *u, const uint64_t *entry)
{
	enum amdvi_append end = amdvi_log_append(u, AMDVI_EVENT_LOG, entry);

	if (end == AMDVI_APPEND_FULL)
		amdvi_log_overflow(u, AMDVI_EVENT_LOG);
	return end == AMDVI_APPEND_STORED;
}

/* Logs what fault->record holds and tells of it. */
static void deliver(struct amdvi_unit *u, uint32_t device_id, bool silent,
		    struct ioasim_fault *fault)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	fault->words = AMDVI_ENTRY_WORDS;
	fault->recorded = !silent && entry_log(u, fault->record);
	if (hardware_error(u, fault->code))
		hardware_event_set(u, fault->record);
	u->unit.counters.faults[fault->code]++;
	u->unit.counters.faults_recorded += fault->recorded;
	if (config->callbacks.fault)
		config->callbacks.fault(config->opaque, device_id, fault);
}

void amdvi_fault(struct amdvi_unit *u, const struct amdvi_fault_info *info,
		 struct ioasim_fault *fault)
{
	*fault = (struct ioasim_fault){.code = info->event, .cause = info->cause};
	if (info->event == AMDVI_EVENT_NONE)
		return;
	entry_fill(info, fault->record);
	deliver(u, info->device_id, info->silent, fault);
}

void amdvi_fault_page_request(struct amdvi_unit *u, const struct ioasim_page_request *request,
			      struct ioasim_fault *fault)
{
	*fault = (struct ioasim_fault){
		.code = AMDVI_INVALID_PPR_REQUEST,
		.cause = IOASIM_CAUSE_BLOCKED,
	};
	amdvi_page_entry(request, fault->record);
	field_set(&fault->record[0], AMDVI_EVENT_0_CODE, AMDVI_INVALID_PPR_REQUEST);
	deliver(u, request->requester_id, false, fault);
}
