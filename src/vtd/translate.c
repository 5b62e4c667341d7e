/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's way through the unit (3.4, 3.15, 6.2.4, 7.1). First what the IOTLB
 * can answer by itself; everything else is on the slow side.
 */
#include "vtd/context.h"
#include "vtd/translate.h"

#define unlikely(x) __builtin_expect(!!(x), 0)
#define likely(x)   __builtin_expect(!!(x), 1)

/* What an untranslated access needs: an execute request is a read (3.6.1). */
static uint8_t wanted_access(const struct ioasim_request *request)
{
	unsigned access = request->access;

	if (access & IOASIM_EXEC)
		access |= IOASIM_READ;
	if (!request->has_pasid)
		access &= ~(unsigned)IOASIM_EXEC;
	return (uint8_t)access;
}

static uint64_t iotlb_key(const struct ioasim_request *request)
{
	return vtd_iotlb_key((uint16_t)request->requester_id, request->has_pasid,
			     request->pasid & IOASIM_PASID_MAX);
}

static void answer_init(struct ioasim_response *response)
{
	response->cost = (struct ioasim_cost){0};
	response->privileged = false;
	response->tag = 0;
	response->fault.code = 0;
	response->fault.recorded = false;
	response->fault.cause = IOASIM_CAUSE_OTHER;
	response->fault.words = 0;
}

/* The right to execute is told only to requests for it: other answers would differ
 * between units that know execute requests and units that do not. */
static inline void answer(const struct ioasim_request *request, const struct vtd_translation *t,
			  struct ioasim_response *response)
{
	uint64_t offset = t->page_lg2 < 64 ? (UINT64_C(1) << t->page_lg2) - 1 : ~UINT64_C(0);
	unsigned told = IOASIM_READ | IOASIM_WRITE | (request->access & IOASIM_EXEC);

	response->pa = t->pa | (request->address & offset);
	response->outcome = IOASIM_OK;
	response->access = t->rights[vtd_privileged(request)] & (uint8_t)told;
	response->size_lg2 = t->page_lg2;
	response->domain = t->did;
}

/* ---- Faults ------------------------------------------------------------------------ */

static void end_silently(struct ioasim_response *response, enum ioasim_outcome outcome)
{
	response->outcome = (uint8_t)outcome;
	response->pa = 0;
	response->access = 0;
	response->size_lg2 = 0;
	response->domain = ~UINT32_C(0);
}

void vtd_refuse(struct vtd_unit *u, const struct ioasim_request *request,
		const struct vtd_refusal *why, struct ioasim_response *response)
{
	static const uint8_t asks[] = {
		[IOASIM_UNTRANSLATED] = VTD_ASKS_UNTRANSLATED,
		[IOASIM_TRANSLATION_REQUEST] = VTD_ASKS_TRANSLATION,
		[IOASIM_TRANSLATED] = VTD_ASKS_TRANSLATED,
	};
	struct vtd_fault_info info = {
		.reason = (uint8_t)why->reason,
		.cause = why->cause,
		.asks = asks[request->kind],
		.access = request->access,
		.source_id = (uint16_t)request->requester_id,
		.has_pasid = request->has_pasid,
		.privileged = request->privileged,
		.pasid = request->pasid & IOASIM_PASID_MAX,
		.address = request->address,
		.silent = why->silent,
	};

	vtd_fault(u, &info, &response->fault);
	end_silently(response, IOASIM_FAULT);
}

/* ---- The slow side ------------------------------------------------------------------ */

/*
 * An IOTLB entry of what a walk has found. Requests without PASID have the one
 * privilege of RID_PRIV.
 */
static void describe(const struct vtd_route *route, const struct ioasim_request *request,
		     const struct vtd_page_walk *walk, struct vtd_translation *t)
{
	unsigned told = IOASIM_READ | IOASIM_WRITE | (route->ere ? IOASIM_EXEC : 0u);
	unsigned served = walk->dirty ? told : told & ~(unsigned)IOASIM_WRITE;
	unsigned supervisor = walk->supervisor_rights, user = walk->user_rights;

	if (!request->has_pasid) {
		user = route->privileged ? supervisor : user;
		supervisor = user;
	}
	t->pa = walk->page_lg2 < 64 ? walk->pa & ~field_mask(walk->page_lg2 - 1u, 0) : 0;
	t->pasid = route->pasid;
	t->did = route->did;
	t->page_lg2 = walk->page_lg2;
	t->pgtt = route->pgtt;
	t->rights[0] = (uint8_t)(user & told);
	t->rights[1] = (uint8_t)(supervisor & told);
	t->grants[0] = (uint8_t)(user & served);
	t->grants[1] = route->sre ? (uint8_t)(supervisor & served) : 0;
	t->legacy = route->legacy;
	t->user = walk->user || (!request->has_pasid && route->privileged);
	t->sre = route->sre;
	t->ere = route->ere;
	t->ats = route->ats;
}

/* What a cached translation says to this request; false: it cannot say. */
static bool judge_cached(const struct vtd_translation *t, const struct ioasim_request *request,
			 enum vtd_fault_reason *reason)
{
	bool privileged = vtd_privileged(request);
	unsigned access = wanted_access(request);
	unsigned missing = access & ~(unsigned)t->rights[privileged];

	if ((privileged && !t->sre) || ((access & IOASIM_EXEC) && !t->ere))
		return false;
	if (missing)
		*reason = vtd_missing_right(t->legacy, t->user, privileged, missing);
	else if (access & ~(unsigned)t->grants[privileged])
		return false;
	return true;
}

/* The same for a translation request, whose rights are told and not demanded. */
static bool may_complete(const struct vtd_translation *t, const struct ioasim_request *request)
{
	bool privileged = vtd_privileged(request);
	unsigned unserved = (unsigned)t->rights[privileged] & ~(unsigned)t->grants[privileged];

	if (!t->ats || (privileged && !t->sre))
		return false;
	if (request->has_pasid && (request->access & IOASIM_EXEC) && !t->ere)
		return false;
	return !(request->access & unserved & IOASIM_WRITE);
}

/* The cached translation that decides about this request, NULL if a walk must. */
static const struct vtd_translation *find_cached(struct vtd_unit *u,
						 const struct ioasim_request *request,
						 enum vtd_asks asks, enum vtd_fault_reason *reason)
{
	const struct vtd_translation *t =
		vtd_iotlb_find(u->tlb, iotlb_key(request), request->address);

	if (!t || (u->ttm == VTD_TTM_LEGACY) != t->legacy)
		return NULL;
	*reason = VTD_FAULT_NONE;
	if (asks == VTD_ASKS_TRANSLATION)
		return may_complete(t, request) ? t : NULL;
	return judge_cached(t, request, reason) ? t : NULL;
}

static bool mode_translates(const struct vtd_unit *u, bool has_pasid)
{
	return u->ttm == VTD_TTM_LEGACY ? !has_pasid
					: u->ttm == VTD_TTM_SCALABLE && u->features.smts;
}

/*
 * 3.15, LGN.4, SGN.8: no request ends in the interrupt range. For a translation
 * request of scalable mode the whole page counts, since the device may use all of it.
 * Pass-through completions keep clear of the range by their size.
 */
static enum vtd_fault_reason check_output(const struct ioasim_request *request, enum vtd_asks asks,
					  const struct vtd_translation *t)
{
	uint64_t offset = field_mask(t->page_lg2 - 1u, 0) & request->address;
	bool whole = asks == VTD_ASKS_TRANSLATION && !t->legacy;

	if (asks == VTD_ASKS_TRANSLATION && t->pgtt == VTD_PGTT_PASS)
		return VTD_FAULT_NONE;
	if (!vtd_interrupt_range(t->pa | offset, whole ? t->page_lg2 : 0))
		return VTD_FAULT_NONE;
	return t->legacy ? VTD_FAULT_LGN_4 : VTD_FAULT_SGN_8;
}

/*
 * A translation request (access 0) wants to know what it may do, and to have dirty
 * flags set if it may write.
 */
static enum vtd_fault_reason walk(struct vtd_unit *u, const struct ioasim_request *request,
				  enum vtd_asks asks, struct ioasim_cost *cost,
				  struct vtd_translation *found)
{
	struct vtd_asker asker = vtd_asker(request);
	struct vtd_page_walk page = {
		.address = request->address,
		.access = asks == VTD_ASKS_TRANSLATION ? 0 : wanted_access(request),
		.set_dirty = request->access & IOASIM_WRITE,
	};
	struct vtd_route route;
	enum vtd_fault_reason reason = vtd_route_find(u, &asker, asks, cost, &route);

	if (reason == VTD_FAULT_NONE)
		reason = vtd_page_walk(u, &route, cost, &page);
	if (reason == VTD_FAULT_NONE) {
		describe(&route, request, &page, found);
		reason = check_output(request, asks, found);
	}
	found->fpd = route.fpd;
	found->cause = page.cause;
	if (reason == VTD_FAULT_NONE)
		vtd_iotlb_fill(u->tlb, iotlb_key(request), request->address, found);
	return reason;
}

enum vtd_fault_reason vtd_find_translation(struct vtd_unit *u, const struct ioasim_request *request,
					   enum vtd_asks asks, struct ioasim_cost *cost,
					   struct vtd_translation *found)
{
	if (!cache_off(&u->tlb->iotlb.cache) && mode_translates(u, request->has_pasid)) {
		enum vtd_fault_reason reason;
		const struct vtd_translation *cached = find_cached(u, request, asks, &reason);

		if (!cached)
			counters_lookup(&u->unit.counters, cost, IOASIM_CACHE_IOTLB, false);
		if (cached) {
			counters_iotlb_hit(&u->unit.counters, cost, cached->page_lg2);
			*found = *cached;
			return reason == VTD_FAULT_NONE ? check_output(request, asks, found)
							: reason;
		}
	}
	return walk(u, request, asks, cost, found);
}

/*
 * 3.15: what a request without PASID does in the interrupt range. A write of a
 * doubleword is an interrupt, which the DMA structures do not see; all else is
 * blocked, under the reason of addresses that end there.
 */
static void interrupt_request(struct vtd_unit *u, const struct ioasim_request *request,
			      struct ioasim_response *response)
{
	const struct vtd_refusal why = {
		.reason = u->ttm == VTD_TTM_LEGACY ? VTD_FAULT_LGN_4 : VTD_FAULT_SGN_8,
	};

	if (request->access == IOASIM_WRITE) {
		response->outcome = IOASIM_INTERRUPT;
		response->pa = request->address;
		response->access = IOASIM_WRITE;
		response->size_lg2 = 64;
		response->domain = ~UINT32_C(0);
		return;
	}
	vtd_refuse(u, request, &why, response);
}

/* Translation is off: everything passes as it is, ATS is refused (4.2.3, 11.4.4.1). */
static void pass_unchanged(const struct ioasim_request *request, struct ioasim_response *response)
{
	if (request->kind == IOASIM_TRANSLATION_REQUEST) {
		end_silently(response, IOASIM_ATS_UR);
	} else if (request->kind == IOASIM_TRANSLATED) {
		end_silently(response, IOASIM_FAULT);
	} else {
		response->outcome = IOASIM_OK;
		response->pa = request->address;
		response->access = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
		response->size_lg2 = VTD_PASS_LG2;
		response->domain = ~UINT32_C(0);
	}
}

static void untranslated_request(struct vtd_unit *u, const struct ioasim_request *request,
				 struct ioasim_response *response)
{
	struct vtd_translation found = {0};
	enum vtd_fault_reason reason =
		vtd_find_translation(u, request, VTD_ASKS_UNTRANSLATED, &response->cost, &found);

	struct vtd_refusal why = {.reason = reason, .cause = found.cause};

	if (reason == VTD_FAULT_NONE) {
		answer(request, &found, response);
		return;
	}
	why.silent = found.fpd && vtd_fault_qualified(reason);
	vtd_refuse(u, request, &why, response);
}

static __attribute__((noinline)) void translate_slow(struct vtd_unit *u,
						     const struct ioasim_request *request,
						     struct ioasim_response *response)
{
	struct ioasim_counters *counters = &u->unit.counters;
	bool ended;

	/* 4.2.1: a reserved address type is an unsupported request, without a record. */
	if (request->kind > IOASIM_TRANSLATED) {
		counters->requests[IOASIM_UNTRANSLATED]++;
		counters->faulted++;
		end_silently(response, IOASIM_FAULT);
		return;
	}
	counters->requests[request->kind]++;
	if (request->kind == IOASIM_UNTRANSLATED && !request->has_pasid &&
	    vtd_interrupt_range(request->address, 0))
		interrupt_request(u, request, response);
	else if (!u->enabled)
		pass_unchanged(request, response);
	else if (request->kind == IOASIM_UNTRANSLATED)
		untranslated_request(u, request, response);
	else if (request->kind == IOASIM_TRANSLATION_REQUEST)
		vtd_translation_request(u, request, response);
	else
		vtd_translated_request(u, request, response);

	ended = response->outcome == IOASIM_FAULT || response->outcome == IOASIM_ATS_UR ||
		response->outcome == IOASIM_ATS_CA;
	counters->faulted += ended;
	counters->ok += !ended;
	counters_add_cost(counters, &response->cost);
}

/* ---- The hit path ---------------------------------------------------------------------- */

void vtd_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		   struct ioasim_response *response)
{
	struct vtd_unit *u = vtd_unit(unit);
	const struct vtd_translation *t;
	bool privileged = vtd_privileged(request);

	answer_init(response);
	if (unlikely(request->kind != IOASIM_UNTRANSLATED || !u->enabled ||
		     (request->access & IOASIM_EXEC) || vtd_interrupt_range(request->address, 0) ||
		     !mode_translates(u, request->has_pasid))) {
		translate_slow(u, request, response);
		return;
	}
	t = vtd_iotlb_find(u->tlb, iotlb_key(request), request->address);
	if (unlikely(!t || (request->access & ~t->grants[privileged]) ||
		     t->legacy != (u->ttm == VTD_TTM_LEGACY))) {
		translate_slow(u, request, response);
		return;
	}
	answer(request, t, response);
	if (unlikely(vtd_interrupt_range(response->pa, 0))) {
		translate_slow(u, request, response);
		return;
	}
	counters_iotlb_hit(&unit->counters, &response->cost, t->page_lg2);
	unit->counters.requests[IOASIM_UNTRANSLATED]++;
	unit->counters.ok++;
}
