/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests and their answers (7.4 to 7.8): the page request queue, the
 * answers that the unit gives by itself (Table 31), the translations that an
 * accepted request drops (6.5.3.1), and page group responses of software.
 *
 * The unit keeps no list of groups: responses are passed on as they are.
 */
#include "model/counters.h"
#include "vtd/registers.h"
#include "vtd/structures.h"
#include "vtd/unit.h"

#define PAGE_LG2  12
#define PRQ_WORDS (VTD_PRQ_SIZE / sizeof(uint64_t))

static void response_send(struct vtd_unit *u, const struct ioasim_page_response *response)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	u->unit.counters.page_responses++;
	if (config->callbacks.page_response)
		config->callbacks.page_response(config->opaque, response);
}

/* 7.6.1 */
void vtd_page_response(struct vtd_unit *u, const uint64_t *descriptor)
{
	bool pp = field_get(VTD_PGR_0_PP, descriptor[0]);
	const struct ioasim_page_response response = {
		.requester_id = (uint32_t)field_get(VTD_PGR_0_RID, descriptor[0]),
		.has_pasid = pp,
		.pasid = pp ? (uint32_t)field_get(VTD_DESC_0_PASID, descriptor[0]) : 0,
		.group = (uint16_t)field_get(VTD_PGR_1_PRGI, descriptor[1]),
		.code = (uint8_t)field_get(VTD_PGR_0_RC, descriptor[0]),
	};

	response_send(u, &response);
}

/* A stop marker asks for no page and gets no answer. */
static bool stop_marker(const struct ioasim_page_request *request)
{
	return request->last && !(request->access & (IOASIM_READ | IOASIM_WRITE));
}

/* Table 31: only the last request of a group is answered. */
static void answer(struct vtd_unit *u, const struct ioasim_page_request *request, uint8_t code,
		   struct ioasim_page_request_result *result)
{
	const struct ioasim_page_response response = {
		.requester_id = request->requester_id,
		.has_pasid = request->has_pasid,
		.pasid = request->has_pasid ? request->pasid : 0,
		.group = request->group,
		.code = code,
	};

	if (!request->last || stop_marker(request))
		return;
	result->answered = true;
	result->code = code;
	response_send(u, &response);
}

/* A table error: recorded like a fault of a request, whoever sent it. */
static void refuse(struct vtd_unit *u, const struct ioasim_page_request *request, unsigned reason,
		   bool fpd, struct ioasim_page_request_result *result)
{
	const struct vtd_fault_info info = {
		.reason = (uint8_t)reason,
		.asks = VTD_ASKS_PAGE,
		.access = request->access,
		.source_id = (uint16_t)request->requester_id,
		.has_pasid = request->has_pasid,
		.privileged = request->privileged,
		.pasid = request->pasid,
		.address = request->address,
		/* ECAP.SMS: a stop marker that cannot be stored is dropped silently. */
		.silent = (fpd && vtd_fault_qualified(reason)) || stop_marker(request),
	};

	vtd_fault(u, &info, &result->fault);
	answer(u, request, IOASIM_PAGE_INVALID, result);
}

/* 6.5.3.1, Table 27 */
static void drop_translations(struct vtd_unit *u, const struct vtd_route *route, uint64_t address)
{
	switch ((enum vtd_pgtt)route->pgtt) {
	case VTD_PGTT_FIRST:
		vtd_invalidate_piotlb_page(u, route->did, route->pasid, address, 0, false);
		break;
	case VTD_PGTT_SECOND:
	case VTD_PGTT_PASS:
		vtd_invalidate_iotlb_page(u, route->did, address, 0, false);
		break;
	case VTD_PGTT_NESTED:
		vtd_invalidate_iotlb_domain(u, route->did);
		break;
	case VTD_PGTT_NONE:
		break;
	}
	counters_removed_otherwise(&u->unit);
}

/* 7.4.1.1. What the specification leaves undefined is 0. */
static void entry_fill(const struct ioasim_page_request *request, uint64_t *entry)
{
	bool read = request->access & IOASIM_READ;
	bool write = request->access & IOASIM_WRITE;

	entry[0] = field_prep(VTD_PRQ_0_TYPE, VTD_PRQ_TYPE_PAGE) |
		   field_prep(VTD_PRQ_0_RID, request->requester_id);
	if (request->has_pasid)
		entry[0] |= field_prep(VTD_PRQ_0_PP, 1) |
			    field_prep(VTD_PRQ_0_PASID, request->pasid) |
			    field_prep(VTD_PRQ_0_EXR, (request->access & IOASIM_EXEC) != 0) |
			    field_prep(VTD_PRQ_0_PMR, request->privileged);
	entry[1] = field_bits(VTD_PRQ_1_ADDR, request->address) | field_prep(VTD_PRQ_1_RDR, read) |
		   field_prep(VTD_PRQ_1_WRR, write) | field_prep(VTD_PRQ_1_LPIG, request->last);
	if (read || write)
		entry[1] |= field_prep(VTD_PRQ_1_PRGI, request->group);
}

/* False: the ring in memory cannot be written. */
static bool entry_store(struct vtd_unit *u, const uint64_t *entry, uint32_t tail)
{
	const struct ioasim_unit_config *config = &u->unit.config;
	uint64_t pa = (field_bits(VTD_PQA_PQA, vtd_reg64(u, VTD_PQA)) + tail) &
		      field_mask(u->features.haw - 1, 0);

	if (!mem_store(u->unit.memory, pa, entry, VTD_PRQ_SIZE))
		return false;
	if (config->callbacks.stored)
		config->callbacks.stored(config->opaque, pa, entry, VTD_PRQ_SIZE);
	return true;
}

/* A request that the tables allow: stored, or the queue is full. */
static void enqueue(struct vtd_unit *u, const struct ioasim_page_request *request,
		    const struct vtd_route *route, struct ioasim_page_request_result *result)
{
	uint64_t entry[PRQ_WORDS] = {0};
	uint32_t size = UINT32_C(1) << (field_get(VTD_PQA_PQS, vtd_reg64(u, VTD_PQA)) + PAGE_LG2);
	uint32_t head = vtd_reg32(u, VTD_PQH) & (size - 1);
	uint32_t tail = vtd_reg32(u, VTD_PQT) & (size - 1);
	uint32_t next = (tail + VTD_PRQ_SIZE) & (size - 1);

	if (next == head) {
		if (stop_marker(request))
			return;
		vtd_event_status_set(u, VTD_EVENT_PAGE_REQUEST, (uint32_t)FIELD_MASK(VTD_PRS_PRO));
		answer(u, request, IOASIM_PAGE_SUCCESS, result);
		return;
	}
	if (!stop_marker(request))
		drop_translations(u, route, field_bits(VTD_PRQ_1_ADDR, request->address));
	entry_fill(request, entry);
	if (!entry_store(u, entry, tail)) {
		answer(u, request, IOASIM_PAGE_INVALID, result);
		return;
	}
	result->queued = true;
	u->unit.counters.page_requests_queued++;
	vtd_reg64_set(u, VTD_PQT, next);
	vtd_event_status_set(u, VTD_EVENT_PAGE_REQUEST, (uint32_t)FIELD_MASK(VTD_PRS_PPR));
}

void vtd_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
		      struct ioasim_page_request_result *result)
{
	struct vtd_unit *u = vtd_unit(unit);
	struct ioasim_cost cost = {0};
	struct vtd_route route = {0};
	struct vtd_asker asker = {
		.source_id = (uint16_t)request->requester_id,
		.has_pasid = request->has_pasid,
		.pasid = request->pasid,
		.privileged = request->privileged,
		.execute = request->access & IOASIM_EXEC,
	};
	enum vtd_fault_reason reason;

	*result = (struct ioasim_page_request_result){0};
	unit->counters.page_requests++;
	/* Nothing serves page requests: no table is looked at, nothing recorded. */
	if (!u->features.prs || !u->enabled) {
		answer(u, request, IOASIM_PAGE_INVALID, result);
		return;
	}
	/* 7.4.1: while PRO is set no fault is reported. */
	if (field_get(VTD_PRS_PRO, vtd_reg32(u, VTD_PRS))) {
		answer(u, request, IOASIM_PAGE_SUCCESS, result);
		return;
	}
	reason = vtd_route_find(u, &asker, VTD_ASKS_PAGE, &cost, &route);
	if (reason)
		refuse(u, request, reason, route.fpd, result);
	else
		enqueue(u, request, &route, result);
}
