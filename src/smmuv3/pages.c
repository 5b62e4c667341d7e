/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests and their answers (chapter 8): the PRI queue, the responses that the unit
 * gives by itself, and those of software.
 *
 * The unit keeps no list of groups: responses are passed on as they are. An abort on the
 * write of an entry is synchronous (8.2).
 */
#include "smmuv3/registers.h"
#include "smmuv3/rings.h"
#include "smmuv3/unit.h"

#define ABORTED ((uint32_t)FIELD_MASK(SMMU_GERROR_PRIQ_ABT_ERR))

void smmu_page_response(struct smmu_unit *u, const struct ioasim_page_response *response)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	u->unit.counters.page_responses++;
	if (config->callbacks.page_response)
		config->callbacks.page_response(config->opaque, response);
}

/* ---- Automatic responses (8.1, 8.2) ------------------------------------------------------ */

/* A stop marker asks for no page and gets no answer. */
static bool stop_marker(const struct ioasim_page_request *request)
{
	return request->has_pasid && request->last &&
	       !(request->access & (IOASIM_READ | IOASIM_WRITE));
}

static void answer(struct smmu_unit *u, const struct ioasim_page_request *request, uint8_t code,
		   bool with_pasid, struct ioasim_page_request_result *result)
{
	const struct ioasim_page_response response = {
		.requester_id = request->requester_id,
		.has_pasid = with_pasid,
		.pasid = with_pasid ? request->pasid : 0,
		.group = request->group,
		.code = code,
	};

	if (stop_marker(request))
		return;
	result->answered = true;
	result->code = code;
	smmu_page_response(u, &response);
}

static void fail(struct smmu_unit *u, const struct ioasim_page_request *request,
		 struct ioasim_page_request_result *result)
{
	answer(u, request, IOASIM_PAGE_FAILURE, false, result);
}

/* 8.1: what a request that overflow has lost is answered with. */
static void overflow_answer(struct smmu_unit *u, const struct ioasim_page_request *request,
			    struct ioasim_page_request_result *result)
{
	bool with_pasid = request->has_pasid && u->features.ssid_bits;
	const struct ioasim_request asker = {
		.requester_id = request->requester_id,
		.has_pasid = request->has_pasid,
		.pasid = request->pasid,
	};

	if (!request->last || stop_marker(request))
		return;
	if (with_pasid && !u->features.pps &&
	    !smmu_stream_ppar(u, &asker, &with_pasid, &result->fault)) {
		fail(u, request, result);
		return;
	}
	answer(u, request, IOASIM_PAGE_SUCCESS, with_pasid, result);
}

/* ---- The PRI queue ---------------------------------------------------------------------------- */

/* 6.3.9.5: the effective PRIQEN; 8.2: nothing is written after an abort. */
static bool delivering(const struct smmu_unit *u)
{
	return u->enabled && field_get(SMMU_CR0_PRIQEN, smmu_reg32(u, SMMU_CR0ACK)) &&
	       !smmu_gerror_active(u, ABORTED);
}

static bool overflowed(const struct smmu_unit *u)
{
	return field_get(SMMU_PRIQ_PROD_OVFLG, smmu_reg32(u, SMMU_PRIQ_PROD)) !=
	       field_get(SMMU_PRIQ_CONS_OVACKFLG, smmu_reg32(u, SMMU_PRIQ_CONS));
}

static bool last_only(const struct smmu_unit *u)
{
	return field_get(SMMU_PRIQ_IRQ_CFG2_LO, smmu_reg32(u, SMMU_PRIQ_IRQ_CFG2));
}

/* SSID, Priv and X come with a PASID's prefix. */
static void entry_fill(const struct smmu_unit *u, const struct ioasim_page_request *request,
		       uint64_t entry[SMMU_PRQ_WORDS])
{
	entry[0] = field_prep(SMMU_PRQ_0_SID, request->requester_id) |
		   field_prep(SMMU_PRQ_0_R, (request->access & IOASIM_READ) != 0) |
		   field_prep(SMMU_PRQ_0_W, (request->access & IOASIM_WRITE) != 0) |
		   field_prep(SMMU_PRQ_0_LAST, request->last);
	if (request->has_pasid && u->features.ssid_bits)
		entry[0] |= field_prep(SMMU_PRQ_0_SSV, 1) |
			    field_prep(SMMU_PRQ_0_SSID, request->pasid) |
			    field_prep(SMMU_PRQ_0_PRIV, request->privileged) |
			    field_prep(SMMU_PRQ_0_X, (request->access & IOASIM_EXEC) != 0);
	entry[1] = field_bits(SMMU_PRQ_1_ADDR, request->address) |
		   field_prep(SMMU_PRQ_1_PRGINDEX, request->group);
}

/* Nothing is written before the overflow is acknowledged, even if there is room. */
static void discard(struct smmu_unit *u, const struct ioasim_page_request *request,
		    struct ioasim_page_request_result *result)
{
	uint64_t producer = smmu_reg32(u, SMMU_PRIQ_PROD);

	field_set(&producer, SMMU_PRIQ_PROD_OVFLG,
		  !field_get(SMMU_PRIQ_CONS_OVACKFLG, smmu_reg32(u, SMMU_PRIQ_CONS)));
	smmu_reg32_set(u, SMMU_PRIQ_PROD, (uint32_t)producer);
	/* 6.3.36: a lost entry with Last interrupts too. */
	if (request->last && last_only(u))
		smmu_interrupt(u, SMMU_IRQ_PRIQ);
	overflow_answer(u, request, result);
}

static void enqueue(struct smmu_unit *u, const struct ioasim_page_request *request,
		    struct ioasim_page_request_result *result)
{
	struct smmu_ring ring = smmu_ring_get(u, SMMU_PRIQ);
	bool was_empty = ring_wrap_empty(ring.consumer, ring.producer, ring.lg2);
	uint64_t entry[SMMU_PRQ_WORDS];

	if (overflowed(u) || smmu_ring_full(&ring)) {
		discard(u, request, result);
		return;
	}
	entry_fill(u, request, entry);
	if (!smmu_ring_append(u, SMMU_PRIQ, entry)) {
		smmu_gerror(u, ABORTED);
		fail(u, request, result);
		return;
	}
	result->queued = true;
	u->unit.counters.page_requests_queued++;
	if (last_only(u) ? request->last : was_empty)
		smmu_interrupt(u, SMMU_IRQ_PRIQ);
}

void smmu_page_request(struct ioasim_unit *unit, const struct ioasim_page_request *request,
		       struct ioasim_page_request_result *result)
{
	struct smmu_unit *u = smmu_unit(unit);

	*result = (struct ioasim_page_request_result){0};
	unit->counters.page_requests++;
	if (delivering(u))
		enqueue(u, request, result);
	else
		fail(u, request, result);
}
