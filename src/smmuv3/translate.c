/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's way through the unit, in the order of 7.3.22: STE, SubstreamID rules, CD,
 * then the TLB by the tag found there, then the tables. First what the caches can
 * answer by themselves; everything else is on the slow side.
 */
#include "smmuv3/translate.h"

#define unlikely(x) __builtin_expect(!!(x), 0)
#define likely(x)   __builtin_expect(!!(x), 1)

#define ALL_RIGHTS (IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC)
#define NO_LIMIT   64
#define NO_DOMAIN  (~UINT32_C(0))

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

void smmu_pass(const struct ioasim_request *request, struct ioasim_response *response)
{
	response->outcome = IOASIM_OK;
	response->pa = request->address;
	response->access = ALL_RIGHTS;
	response->size_lg2 = NO_LIMIT;
	response->domain = NO_DOMAIN;
}

static inline uint32_t domain(const struct smmu_ste *ste, const struct smmu_cd *cd)
{
	return (uint32_t)ste->vmid << 16 | (cd ? cd->asid : 0u);
}

void smmu_answer(const struct smmu_route *route, const struct smmu_ask *ask,
		 const struct smmu_translation *t, struct ioasim_response *response)
{
	response->outcome = IOASIM_OK;
	response->pa = t->pa | (ask->address & ((UINT64_C(1) << t->page_lg2) - 1));
	response->access = smmu_rights(t, ask->privileged);
	response->size_lg2 = t->page_lg2;
	response->domain = domain(route->ste, route->cd);
}

/* ---- Faults ------------------------------------------------------------------------------- */

/* 5.5: the four events that S, R and A say something about. */
static bool translation_related(enum smmu_event event)
{
	return event >= SMMU_F_TRANSLATION && event <= SMMU_F_PERMISSION;
}

/* Step 6 finds an address too large where there is no CD to say how that ends. */
static void decide_end(const struct smmu_route *route, struct smmu_fault_info *why)
{
	bool s, r, a;

	why->end = SMMU_END_ABORT;
	if (!translation_related(why->event) || (!why->s2 && !route->cd))
		return;
	s = why->s2 ? route->ste->s2s : route->cd->s;
	r = why->s2 ? route->ste->s2r : route->cd->r;
	a = why->s2 || route->cd->a;
	why->record = r || s;
	if (s)
		why->end = SMMU_END_STALL;
	else if (!a)
		why->end = SMMU_END_RAZ_WI;
}

/* What every record says of the request; attributes are those after the STE's overrides. */
static void describe_request(const struct ioasim_request *request, const struct smmu_route *route,
			     struct smmu_fault_info *why)
{
	const struct smmu_ste *ste = route->ste;

	why->sid = request->requester_id;
	why->ssv = request->has_pasid;
	why->ssid = request->has_pasid ? request->pasid & IOASIM_PASID_MAX : 0;
	why->input = request->address;
	why->read = !(request->access & IOASIM_WRITE);
	why->instruction =
		ste ? smmu_instruction(ste, request) : why->read && (request->access & IOASIM_EXEC);
	why->privileged = ste ? smmu_privileged(ste, request) : request->privileged;
}

/* A stage's event about the transaction itself is of that stage, but for rights that are
 * missing; one about its tables is of the stage that they were read through. */
static enum ioasim_fault_cause stage_cause(const struct smmu_route *route,
					   const struct smmu_fault_info *why)
{
	if (why->event == SMMU_F_PERMISSION && why->class == SMMU_CLASS_IN)
		return IOASIM_CAUSE_PERMISSION;
	if (why->s2)
		return IOASIM_CAUSE_STAGE2;
	if (route->cd)
		return IOASIM_CAUSE_STAGE1;
	/* Step 6: too large an address, where stage 1 does nothing. */
	return route->ste->stage2 ? IOASIM_CAUSE_STAGE2 : IOASIM_CAUSE_OTHER;
}

/* Entries that are illegal count as those that are not there. */
static enum ioasim_fault_cause cause_of(const struct smmu_route *route,
					const struct smmu_fault_info *why)
{
	switch ((enum smmu_event)why->event) {
	case SMMU_EVENT_NONE: /* GBPA, and Config that aborts */
	case SMMU_C_BAD_STREAMID:
	case SMMU_C_BAD_STE:
	case SMMU_F_STREAM_DISABLED:
	case SMMU_F_BAD_ATS_TREQ:
	case SMMU_F_TRANSL_FORBIDDEN:
		return IOASIM_CAUSE_BLOCKED;
	case SMMU_C_BAD_SUBSTREAMID:
	case SMMU_C_BAD_CD:
		return IOASIM_CAUSE_PASID;
	case SMMU_F_TRANSLATION:
	case SMMU_F_ADDR_SIZE:
	case SMMU_F_ACCESS:
	case SMMU_F_PERMISSION:
		return stage_cause(route, why);
	default:
		return IOASIM_CAUSE_OTHER;
	}
}

static void end(struct smmu_unit *u, const struct ioasim_request *request,
		const struct smmu_fault_info *why, struct ioasim_response *response)
{
	response->pa = 0;
	response->access = 0;
	response->size_lg2 = 0;
	response->domain = NO_DOMAIN;
	smmu_fault(u, why, request, response);
}

void smmu_refuse(struct smmu_unit *u, const struct ioasim_request *request,
		 const struct smmu_route *route, struct smmu_fault_info *why,
		 struct ioasim_response *response)
{
	describe_request(request, route, why);
	why->cause = (uint8_t)cause_of(route, why);
	why->record = why->event != SMMU_C_BAD_STREAMID || u->recinvsid;
	decide_end(route, why);
	end(u, request, why, response);
}

void smmu_refuse_quietly(struct smmu_unit *u, const struct ioasim_request *request,
			 const struct smmu_route *route, struct smmu_fault_info *why, bool record,
			 struct ioasim_response *response)
{
	describe_request(request, route, why);
	why->cause = (uint8_t)cause_of(route, why);
	why->record = record;
	why->end = SMMU_END_ABORT;
	end(u, request, why, response);
}

/* ---- The slow side ------------------------------------------------------------------------ */

bool smmu_context_find(struct smmu_unit *u, const struct ioasim_request *request,
		       const struct walk_env *env, struct smmu_route *route,
		       struct smmu_fault_info *why)
{
	const struct smmu_asker asker = smmu_asker(request);
	const struct smmu_ste *ste = route->ste;

	switch (smmu_context_choose(ste, &asker)) {
	case SMMU_CONTEXT_BAD:
		why->event = SMMU_C_BAD_SUBSTREAMID;
		return false;
	case SMMU_CONTEXT_DISABLED:
		why->event = SMMU_F_STREAM_DISABLED;
		return false;
	case SMMU_CONTEXT_NONE:
		/* 3.4: what stage 1 does not translate is checked as its output. */
		if (request->address >> (ste->bypass ? u->features.oas : u->features.ias)) {
			why->event = SMMU_F_ADDR_SIZE;
			why->class = SMMU_CLASS_IN;
			return false;
		}
		return true;
	case SMMU_CONTEXT_CD:
		break;
	}
	route->cd = smmu_cd_find(u, ste, &asker, env, why);
	return route->cd != NULL;
}

/* 5.4 E0PD: what the TLB holds of such a half is not for the unprivileged. */
static inline bool e0pd_refuses(const struct smmu_cd *cd, const struct smmu_ask *ask)
{
	return cd && cd->half[field_get(SMMU_VA_HALF, ask->address)].e0pd && !ask->privileged;
}

/* What a cached translation says to this request; false: it cannot say. Permission
 * faults may come out of the TLB; writes to clean pages have to be taken to memory. */
static bool judge_cached(const struct smmu_translation *t, const struct smmu_ask *ask,
			 struct smmu_fault_info *why)
{
	unsigned rights = smmu_rights(t, ask->privileged), grants = t->grants[ask->privileged];

	if (ask->access & ~rights) {
		smmu_permission_missing(t, ask, why);
		return true;
	}
	if (ask->access & ~grants)
		return false;
	return !(ask->set_dirty && (rights & ~grants & IOASIM_WRITE));
}

bool smmu_find_translation(struct smmu_unit *u, const struct smmu_route *route,
			   const struct walk_env *env, const struct smmu_ask *ask,
			   struct smmu_translation *found, struct smmu_fault_info *why)
{
	if (!cache_off(&u->tlb->iotlb.cache)) {
		const struct smmu_translation *cached = NULL;

		if (!e0pd_refuses(route->cd, ask))
			cached = smmu_tlb_find(u->tlb, route->ste, route->cd, ask->address);
		if (cached && !judge_cached(cached, ask, why))
			cached = NULL;
		if (!cached)
			counters_lookup(&u->unit.counters, env->cost, IOASIM_CACHE_IOTLB, false);
		if (cached) {
			counters_iotlb_hit(&u->unit.counters, env->cost, cached->page_lg2);
			*found = *cached;
			return why->event == SMMU_EVENT_NONE;
		}
	}
	if (!smmu_page_walk(u, route, env, ask, found, why))
		return false;
	if (smmu_rights(found, ask->privileged))
		smmu_tlb_fill(u->tlb, route->ste, route->cd, ask->address, found);
	return true;
}

static void untranslated_request(struct smmu_unit *u, const struct ioasim_request *request,
				 struct ioasim_response *response)
{
	const struct walk_env env = smmu_env(u, &response->cost);
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	struct smmu_translation found;
	struct smmu_route route = {NULL, NULL};
	struct smmu_ask ask;

	route.ste = smmu_ste_find(u, request->requester_id, &env, &why);
	if (!route.ste)
		goto refuse;
	if (smmu_aborts(route.ste)) {
		smmu_refuse_quietly(u, request, &route, &why, false, response);
		return;
	}
	if (!smmu_context_find(u, request, &env, &route, &why))
		goto refuse;
	if (!route.cd && !route.ste->stage2) {
		smmu_pass(request, response);
		return;
	}
	ask = (struct smmu_ask){
		.address = request->address,
		.access = smmu_wanted(route.ste, request),
		.privileged = smmu_privileged(route.ste, request),
		.set_dirty = request->access & IOASIM_WRITE,
	};
	if (!smmu_find_translation(u, &route, &env, &ask, &found, &why))
		goto refuse;
	smmu_answer(&route, &ask, &found, response);
	return;
refuse:
	smmu_refuse(u, request, &route, &why, response);
}

/* 2, 3.9, 3.11: the unit is off. GBPA decides about ordinary requests. */
static void disabled(struct smmu_unit *u, const struct ioasim_request *request,
		     struct ioasim_response *response)
{
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	struct smmu_route route = {NULL, NULL};

	switch (request->kind) {
	case IOASIM_TRANSLATION_REQUEST:
		why.event = SMMU_F_BAD_ATS_TREQ;
		smmu_refuse_quietly(u, request, &route, &why, true, response);
		response->outcome = IOASIM_ATS_UR;
		break;
	case IOASIM_TRANSLATED:
		why.event = SMMU_F_TRANSL_FORBIDDEN;
		smmu_refuse_quietly(u, request, &route, &why, true, response);
		break;
	default:
		if (u->gbpa_abort || request->address >> u->features.oas)
			smmu_refuse_quietly(u, request, &route, &why, false, response);
		else
			smmu_pass(request, response);
	}
}

static void any_request(struct smmu_unit *u, const struct ioasim_request *request,
			struct ioasim_response *response)
{
	if (!u->enabled)
		disabled(u, request, response);
	else if (request->kind == IOASIM_UNTRANSLATED)
		untranslated_request(u, request, response);
	else if (request->kind == IOASIM_TRANSLATION_REQUEST)
		smmu_translation_request(u, request, response);
	else
		smmu_translated_request(u, request, response);
	counters_add_cost(&u->unit.counters, &response->cost);
}

static __attribute__((noinline)) void translate_slow(struct smmu_unit *u,
						     const struct ioasim_request *request,
						     struct ioasim_response *response)
{
	struct ioasim_counters *counters = &u->unit.counters;
	bool ok;

	/* No such type of transaction: an unsupported upstream transaction (7.3.1). */
	if (request->kind > IOASIM_TRANSLATED) {
		struct smmu_fault_info why = {.event = SMMU_F_UUT};
		struct smmu_route route = {NULL, NULL};

		counters->requests[IOASIM_UNTRANSLATED]++;
		counters->faulted++;
		smmu_refuse_quietly(u, request, &route, &why, u->enabled, response);
		return;
	}
	counters->requests[request->kind]++;
	any_request(u, request, response);
	ok = response->outcome == IOASIM_OK || response->outcome == IOASIM_ATS_EMPTY;
	counters->ok += ok;
	counters->faulted += !ok;
}

void smmu_translate_again(struct smmu_unit *u, const struct ioasim_request *request,
			  struct ioasim_response *response)
{
	answer_init(response);
	any_request(u, request, response);
}

bool smmu_stream_ppar(struct smmu_unit *u, const struct ioasim_request *request, bool *ppar,
		      struct ioasim_fault *fault)
{
	struct ioasim_cost cost = {0};
	const struct walk_env env = smmu_env(u, &cost);
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	struct ioasim_response response;
	struct smmu_route route = {NULL, NULL};

	route.ste = smmu_ste_find(u, request->requester_id, &env, &why);
	counters_add_cost(&u->unit.counters, &cost);
	if (route.ste) {
		*ppar = route.ste->ppar;
		return true;
	}
	answer_init(&response);
	smmu_refuse_quietly(u, request, &route, &why, smmu_records_for_ats(u, why.event),
			    &response);
	*fault = response.fault;
	return false;
}

/* ---- The hit path ------------------------------------------------------------------------- */

/* The STE and CD of an ordinary request, if both are cached, legal, and translate. */
static bool find_route(struct smmu_tables *t, const struct smmu_asker *asker,
		       struct smmu_recent *found)
{
	uint32_t slot = cache_find(&t->streams, smmu_ste_index(asker->sid), 0, 0);
	const struct smmu_ste *ste;

	if (unlikely(slot == CACHE_NONE))
		return false;
	ste = &t->stream[slot].ste;
	if (unlikely(ste->illegal || (!ste->stage1 && !ste->stage2)))
		return false;
	cache_touch(&t->streams, slot);
	*found = (struct smmu_recent){
		.ste = ste, .sid = asker->sid, .ssid = asker->ssid, .ssv = asker->ssv};
	switch (smmu_context_choose(ste, asker)) {
	case SMMU_CONTEXT_CD:
		slot = cache_find(&t->contexts, smmu_cd_index(asker->sid, asker->ssid), 0, 0);
		if (unlikely(slot == CACHE_NONE || t->context[slot].cd.illegal))
			return false;
		cache_touch(&t->contexts, slot);
		found->cd = &t->context[slot].cd;
		return true;
	case SMMU_CONTEXT_NONE:
		return ste->stage2;
	default:
		return false;
	}
}

/* The same for the substream of the last hit. */
static inline bool cached_route(struct smmu_unit *u, const struct ioasim_request *request,
				struct smmu_route *route)
{
	const struct smmu_asker asker = smmu_asker(request);
	struct smmu_recent *recent = &u->tables->recent;

	if (unlikely((uint64_t)asker.sid >> u->sid_lg2))
		return false;
	if (unlikely(!recent->valid || recent->sid != asker.sid || recent->ssid != asker.ssid ||
		     recent->ssv != asker.ssv))
		recent->valid = find_route(u->tables, &asker, recent);
	if (unlikely(!recent->valid))
		return false;
	route->ste = recent->ste;
	route->cd = recent->cd;
	return route->cd || !(request->address >> u->features.ias);
}

void smmu_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		    struct ioasim_response *response)
{
	struct smmu_unit *u = smmu_unit(unit);
	struct ioasim_counters *counters = &unit->counters;
	const struct smmu_translation *t;
	struct smmu_route route = {NULL, NULL};
	struct smmu_ask ask;

	answer_init(response);
	if (unlikely(request->kind != IOASIM_UNTRANSLATED || !u->enabled || !u->tlb->iotlb.sizes ||
		     !cached_route(u, request, &route))) {
		translate_slow(u, request, response);
		return;
	}
	ask.address = request->address;
	ask.access = smmu_wanted(route.ste, request);
	ask.privileged = smmu_privileged(route.ste, request);
	t = smmu_tlb_find(u->tlb, route.ste, route.cd, ask.address);
	if (unlikely(!t || (ask.access & ~t->grants[ask.privileged]) ||
		     e0pd_refuses(route.cd, &ask))) {
		translate_slow(u, request, response);
		return;
	}
	smmu_answer(&route, &ask, t, response);
	counters_lookup(counters, &response->cost, IOASIM_CACHE_DEVICE, true);
	if (route.cd)
		counters_lookup(counters, &response->cost, IOASIM_CACHE_PASID, true);
	counters_iotlb_hit(counters, &response->cost, t->page_lg2);
	counters->requests[IOASIM_UNTRANSLATED]++;
	counters->ok++;
}
