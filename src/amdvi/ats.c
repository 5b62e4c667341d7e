/* SPDX-License-Identifier: Apache-2.0 */
/* Address translation services: translation and translated requests (2.1.3), and what a
 * page request needs of the device table. */
#include "amdvi/registers.h"
#include "amdvi/translate.h"

/*
 * How a translation request that meets a fault condition is answered: a page fault is a
 * completion without rights (2.1.3.2); a refused request is unsupported, an error of the
 * unit's own accesses is the completer's (docs/choices.md).
 */
static enum ioasim_outcome reply_to(enum amdvi_event event)
{
	switch (event) {
	case AMDVI_IO_PAGE_FAULT:
		return IOASIM_ATS_EMPTY;
	case AMDVI_DEV_TAB_HARDWARE_ERROR:
	case AMDVI_PAGE_TAB_HARDWARE_ERROR:
		return IOASIM_ATS_CA;
	default:
		return IOASIM_ATS_UR;
	}
}

/* IotlbSup and DTE.I. */
static bool ats_allowed(const struct amdvi_unit *u, const struct amdvi_device *device)
{
	return u->features.iotlb && field_get(AMDVI_DTE_1_I, device->dte[1]);
}

static void refuse(struct amdvi_unit *u, const struct ioasim_request *request,
		   const struct amdvi_device *device, const struct amdvi_fault_info *why,
		   struct ioasim_response *response)
{
	amdvi_refuse(u, request, device, why, response);
	response->outcome = (uint8_t)reply_to((enum amdvi_event)why->event);
}

static void refuse_type(struct amdvi_unit *u, const struct ioasim_request *request,
			const struct amdvi_device *device, uint8_t type,
			struct ioasim_response *response)
{
	amdvi_refuse_event(u, request, device, AMDVI_INVALID_DEVICE_REQUEST, type, response);
	response->outcome = IOASIM_ATS_UR;
}

static void complete(struct ioasim_response *response, uint64_t pa, uint8_t size_lg2,
		     unsigned access, uint32_t domain)
{
	response->outcome = IOASIM_OK;
	response->pa = pa;
	response->size_lg2 = size_lg2;
	response->access = (uint8_t)access;
	response->domain = domain;
}

/*
 * Where no table limits the page, any size may be told: the largest page of the tables
 * that keeps clear of the interrupt range.
 */
static uint8_t pass_size(uint64_t address)
{
	unsigned level = AMDVI_GUEST_LARGE_MAX;
	uint64_t range = AMDVI_INTERRUPT_RANGE << AMDVI_INTERRUPT_RANGE_LG2;

	while (level && (address ^ range) >> amdvi_page_lg2(level) == 0)
		level--;
	return amdvi_page_lg2(level);
}

/*
 * The rights of the walk, not those asked for; but for execute, which is told to
 * requests for it, and for write where the no-write flag left dirty flags unset.
 */
static unsigned told_rights(const struct amdvi_unit *u, const struct amdvi_question *q,
			    const struct amdvi_translation *t)
{
	unsigned told = IOASIM_READ;

	if (q->set_dirty || !amdvi_write_is_due(u, q->device, t))
		told |= IOASIM_WRITE;
	if (q->request->has_pasid)
		told |= q->request->access & IOASIM_EXEC;
	return told & amdvi_granted(q->device, t, amdvi_privileged(q->request));
}

/* The tables, or the device's entry, let it neither read nor write: told of the part
 * that lacks the rights, whether a walk found that or the IOTLB knew. */
static void refuse_rights(struct amdvi_unit *u, const struct amdvi_question *q,
			  const struct amdvi_translation *found, struct ioasim_response *response)
{
	unsigned guest_rights = found->guest_rights[amdvi_privileged(q->request)];
	struct amdvi_fault_info why = {0};

	amdvi_missing_right(q, found, !(guest_rights & (IOASIM_READ | IOASIM_WRITE)), &why);
	refuse(u, q->request, q->device, &why, response);
}

/* Steps 8 to 12. */
static void walk(struct amdvi_unit *u, const struct ioasim_request *request,
		 const struct amdvi_device *device, struct ioasim_response *response)
{
	const struct amdvi_question question = {
		.request = request,
		.device = device,
		.set_dirty = request->access & IOASIM_WRITE,
	};
	struct amdvi_fault_info why = {.event = AMDVI_IO_PAGE_FAULT, .address = request->address};
	struct amdvi_translation found;
	unsigned access;

	if (device->mode_reserved) {
		why.present = why.reserved = true;
		why.cause = IOASIM_CAUSE_BLOCKED;
		refuse(u, request, device, &why, response);
		return;
	}
	why.event = AMDVI_EVENT_NONE;
	if (!amdvi_find_translation(u, &question, &response->cost, &found, &why)) {
		refuse(u, request, device, &why, response);
		return;
	}
	access = told_rights(u, &question, &found);
	if (!(access & (IOASIM_READ | IOASIM_WRITE))) {
		refuse_rights(u, &question, &found, response);
		return;
	}
	response->privileged = amdvi_privileged(request);
	if (found.page_lg2 == AMDVI_PASS_LG2)
		complete(response, request->address, pass_size(request->address), access,
			 device->domain);
	else
		complete(response,
			 found.pa | (request->address & field_mask(found.page_lg2 - 1u, 0)),
			 found.page_lg2, access, device->domain);
}

void amdvi_translation_request(struct amdvi_unit *u, const struct ioasim_request *request,
			       struct ioasim_response *response)
{
	struct amdvi_fault_info why = {.address = request->address};
	struct amdvi_device device;

	if (!amdvi_device_find(u, (uint16_t)request->requester_id, &response->cost, &device,
			       &why)) {
		refuse(u, request, NULL, &why, response);
	} else if (amdvi_device_valid(&device) && device.illegal) {
		amdvi_refuse_event(u, request, &device, AMDVI_ILLEGAL_DEV_TABLE_ENTRY, 0, response);
		response->outcome = IOASIM_ATS_UR;
	} else if (!amdvi_device_valid(&device) || !amdvi_device_tv(&device) ||
		   !ats_allowed(u, &device)) {
		refuse_type(u, request, &device, AMDVI_IDR_TRANSLATION_REFUSED, response);
	} else if (amdvi_excluded(u, &device, request)) {
		complete(response, request->address, AMDVI_TABLE_LG2, IOASIM_READ | IOASIM_WRITE,
			 ~UINT32_C(0));
	} else if (!request->has_pasid && amdvi_interrupt_range(request->address)) {
		refuse_type(u, request, &device, AMDVI_IDR_TRANSLATION_RANGE, response);
	} else if (request->has_pasid && !amdvi_by_guest(u, &device, request)) {
		why.event = AMDVI_INVALID_DEVICE_REQUEST;
		why.type = AMDVI_IDR_TRANSLATION_REFUSED;
		why.cause = IOASIM_CAUSE_PASID;
		why.guest = true;
		refuse(u, request, &device, &why, response);
	} else {
		walk(u, request, &device, response);
	}
}

/* 2.1.3: the device table entry is checked, no page table is read. */
void amdvi_translated_request(struct amdvi_unit *u, const struct ioasim_request *request,
			      struct ioasim_response *response)
{
	struct amdvi_fault_info why = {.address = request->address};
	struct amdvi_device device;

	if (!amdvi_device_find(u, (uint16_t)request->requester_id, &response->cost, &device,
			       &why)) {
		amdvi_refuse(u, request, NULL, &why, response);
	} else if (amdvi_device_valid(&device) && device.illegal) {
		amdvi_refuse_event(u, request, &device, AMDVI_ILLEGAL_DEV_TABLE_ENTRY, 0, response);
	} else if (!amdvi_device_valid(&device) || !ats_allowed(u, &device)) {
		amdvi_refuse_event(u, request, &device, AMDVI_INVALID_DEVICE_REQUEST,
				   AMDVI_IDR_PRE_TRANSLATED, response);
	} else {
		amdvi_forward(request, response);
		response->domain = device.domain;
	}
}

/* ---- Page requests (2.6) ------------------------------------------------------------------ */

enum amdvi_event amdvi_device_page_rights(struct amdvi_unit *u,
					  const struct ioasim_page_request *request,
					  struct amdvi_page_rights *rights,
					  struct ioasim_fault *fault)
{
	struct amdvi_fault_info why = {.address = request->address};
	struct ioasim_cost cost = {0};
	struct amdvi_device device = {0};
	bool found = amdvi_device_find(u, (uint16_t)request->requester_id, &cost, &device, &why);

	counters_add_cost(&u->unit.counters, &cost);
	if (found && amdvi_device_valid(&device) && device.illegal) {
		why.event = AMDVI_ILLEGAL_DEV_TABLE_ENTRY;
		why.cause = IOASIM_CAUSE_BLOCKED;
		why.reserved = true;
	}
	*rights = (struct amdvi_page_rights){
		.valid = amdvi_device_valid(&device) && amdvi_device_tv(&device),
		.iotlb = ats_allowed(u, &device),
		.ppr = field_get(AMDVI_DTE_0_PPR, device.dte[0]),
		.gprp = field_get(AMDVI_DTE_0_GPRP, device.dte[0]),
	};
	if (why.event != AMDVI_EVENT_NONE) {
		why.device_id = (uint16_t)request->requester_id;
		why.domain = device.domain;
		why.guest = request->has_pasid;
		why.pasid = request->pasid & IOASIM_PASID_MAX;
		why.write = request->access & IOASIM_WRITE;
		amdvi_fault(u, &why, fault);
	}
	return (enum amdvi_event)why.event;
}
