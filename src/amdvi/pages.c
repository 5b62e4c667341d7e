/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests and their answers (2.6): the PPR log, the answers that the unit gives
 * by itself, and those of software.
 *
 * The unit keeps no list of groups: every request is an entry of its own, and answers
 * are passed on as they are. Only the last request of a group is answered by the unit,
 * since there is one answer for a group.
 */
#include "amdvi/registers.h"
#include "amdvi/rings.h"
#include "amdvi/unit.h"

void amdvi_page_response(struct amdvi_unit *u, const struct ioasim_page_response *response)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	u->unit.counters.page_responses++;
	if (config->callbacks.page_response)
		config->callbacks.page_response(config->opaque, response);
}

/* US and EXEC come with a PASID's prefix, so they are 0 without. */
void amdvi_page_entry(const struct ioasim_page_request *request, uint64_t *entry)
{
	entry[0] = field_prep(AMDVI_PPR_0_CODE, AMDVI_PPR_PAGE_SERVICE_REQUEST) |
		   field_prep(AMDVI_PPR_0_DEVICE_ID, request->requester_id) |
		   field_prep(AMDVI_PPR_0_GROUP, request->group) |
		   field_prep(AMDVI_PPR_0_LAST, request->last) |
		   field_prep(AMDVI_PPR_0_RP, (request->access & IOASIM_READ) != 0) |
		   field_prep(AMDVI_PPR_0_W, (request->access & IOASIM_WRITE) != 0);
	if (request->has_pasid)
		entry[0] |= field_prep(AMDVI_PPR_0_GN, 1) |
			    field_prep(AMDVI_PPR_0_PASID_15_0, request->pasid) |
			    field_prep(AMDVI_PPR_0_PASID_19_16, request->pasid >> 16) |
			    field_prep(AMDVI_PPR_0_US, !request->privileged) |
			    field_prep(AMDVI_PPR_0_EXEC, (request->access & IOASIM_EXEC) != 0);
	entry[1] = field_bits(AMDVI_PPR_1_ADDRESS, request->address);
}

/* A stop marker asks for no page and gets no answer. */
static bool stop_marker(const struct ioasim_page_request *request)
{
	return request->last && !(request->access & (IOASIM_READ | IOASIM_WRITE));
}

static void answer(struct amdvi_unit *u, const struct ioasim_page_request *request, uint8_t code,
		   bool with_pasid, struct ioasim_page_request_result *result)
{
	const struct ioasim_page_response response = {
		.requester_id = request->requester_id,
		.has_pasid = with_pasid,
		.pasid = with_pasid ? request->pasid : 0,
		.group = request->group,
		.code = code,
	};

	if (!request->last || stop_marker(request))
		return;
	result->answered = true;
	result->code = code;
	amdvi_page_response(u, &response);
}

/* The device hears that its request was invalid. */
static void refuse(struct amdvi_unit *u, const struct ioasim_page_request *request,
		   struct ioasim_page_request_result *result)
{
	answer(u, request, IOASIM_PAGE_INVALID, request->has_pasid, result);
}

/* With the code of the register; with a PASID where the device's entry wants one and
 * the register does not mask it. */
static void answer_automatically(struct amdvi_unit *u, const struct ioasim_page_request *request,
				 const struct amdvi_page_rights *rights,
				 struct ioasim_page_request_result *result)
{
	uint64_t how = amdvi_reg64(u, AMDVI_PPR_AUTO_RSP);

	answer(u, request, (uint8_t)field_get(AMDVI_PPR_AUTO_RSP_CODE, how),
	       request->has_pasid && rights->gprp && !field_get(AMDVI_PPR_AUTO_RSP_MASK_GN, how),
	       result);
}

/* A request that the tables allow. One that finds the log full, or not running, is lost. */
static void enqueue(struct amdvi_unit *u, const struct ioasim_page_request *request,
		    const struct amdvi_page_rights *rights,
		    struct ioasim_page_request_result *result)
{
	uint64_t control = amdvi_reg64(u, AMDVI_CONTROL);
	bool automatic = field_get(AMDVI_CONTROL_PPR_AUTO_RSP_EN, control);
	uint64_t entry[AMDVI_ENTRY_WORDS];
	enum amdvi_append end;

	if (stop_marker(request) && field_get(AMDVI_CONTROL_BLK_STOP_MRK_EN, control))
		return;
	if (automatic && field_get(AMDVI_CONTROL_PPR_AUTO_RSP_AON, control)) {
		answer_automatically(u, request, rights, result);
		return;
	}
	amdvi_page_entry(request, entry);
	end = amdvi_log_append(u, AMDVI_PPR_LOG, entry);
	result->queued = end == AMDVI_APPEND_STORED;
	u->unit.counters.page_requests_queued += result->queued;
	if (end == AMDVI_APPEND_FULL && automatic)
		answer_automatically(u, request, rights, result);
	else if (end == AMDVI_APPEND_FULL)
		amdvi_log_overflow(u, AMDVI_PPR_LOG);
}

void amdvi_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
			struct ioasim_page_request_result *result)
{
	struct amdvi_unit *u = amdvi_unit(unit);
	struct amdvi_page_rights rights = {0};

	*result = (struct ioasim_page_request_result){0};
	unit->counters.page_requests++;
	/* Nothing serves page requests: no table is looked at, nothing recorded. PPREn is 0
	 * without PPRSup. */
	if (!u->enabled || !field_get(AMDVI_CONTROL_PPR_EN, amdvi_reg64(u, AMDVI_CONTROL))) {
		refuse(u, request, result);
		return;
	}
	if (amdvi_device_page_rights(u, request, &rights, &result->fault)) {
		refuse(u, request, result);
		return;
	}
	/* As ATS: the device needs a valid entry with I; with enhanced handling PPR too. */
	if (!rights.valid || !rights.iotlb || (u->eph_enabled && !rights.ppr)) {
		amdvi_fault_page_request(u, request, &result->fault);
		refuse(u, request, result);
		return;
	}
	enqueue(u, request, &rights, result);
}
