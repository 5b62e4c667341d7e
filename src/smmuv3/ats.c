/* SPDX-License-Identifier: Apache-2.0 */
/* Translation requests and translated transactions of ATS (3.9.1, 13.6, 13.7). */
#include "smmuv3/translate.h"

bool smmu_records_for_ats(const struct smmu_unit *u, enum smmu_event event)
{
	return u->rec_cfg_ats && (event != SMMU_C_BAD_STREAMID || u->recinvsid);
}

/* STE.EATS, which split-stage ATS needs CR0.ATSCHK for. */
static unsigned effective_eats(const struct smmu_unit *u, const struct smmu_ste *ste)
{
	return ste->eats == SMMU_EATS_SPLIT && !u->atschk ? SMMU_EATS_NONE : ste->eats;
}

/* ---- Translation requests ----------------------------------------------------------------- */

static void complete(struct ioasim_response *response, uint64_t pa, uint8_t size_lg2,
		     unsigned access, uint32_t domain)
{
	response->outcome = access ? IOASIM_OK : IOASIM_ATS_EMPTY;
	response->pa = access ? pa : 0;
	response->size_lg2 = access ? size_lg2 : 0;
	response->access = (uint8_t)access;
	response->domain = domain;
}

/* 3.9.1.2: faults of a page, of either stage and any class, are no errors of the
 * request. */
static bool answered_empty(enum smmu_event event)
{
	return event >= SMMU_F_TRANSLATION && event <= SMMU_F_PERMISSION;
}

static void refuse(struct smmu_unit *u, const struct ioasim_request *request,
		   const struct smmu_route *route, struct smmu_fault_info *why,
		   struct ioasim_response *response)
{
	bool empty = answered_empty(why->event);

	smmu_refuse_quietly(u, request, route, why, !empty && smmu_records_for_ats(u, why->event),
			    response);
	response->outcome = empty ? IOASIM_ATS_EMPTY : IOASIM_ATS_CA;
}

static void unsupported(struct smmu_unit *u, const struct ioasim_request *request,
			const struct smmu_route *route, enum smmu_event event,
			struct ioasim_response *response)
{
	struct smmu_fault_info why = {.event = (uint8_t)event};

	smmu_refuse_quietly(u, request, route, &why, event != SMMU_EVENT_NONE, response);
	response->outcome = IOASIM_ATS_UR;
}

/* 13.7: a request without PASID is unprivileged data, whatever it says. */
static struct ioasim_request without_attributes(const struct ioasim_request *request)
{
	struct ioasim_request plain = *request;

	plain.access &= (uint8_t)~IOASIM_EXEC;
	plain.privileged = false;
	return plain;
}

/*
 * 13.7.1: what a completion grants. Execute is told to those who ask for it; where the
 * STE makes all reads instructions, the right to execute is that to read. A clean page
 * grants no write: with the no-write flag clear it is dirty by now.
 */
static unsigned granted(const struct smmu_ste *ste, const struct ioasim_request *request,
			bool privileged, const struct smmu_translation *t)
{
	unsigned rights = smmu_rights(t, privileged);
	unsigned access = t->grants[privileged] & IOASIM_WRITE;
	bool read = rights & (ste->instruction_added ? IOASIM_EXEC : IOASIM_READ);
	bool execute = read;

	if (ste->instruction_stays && !ste->instruction_added)
		execute = read && (rights & IOASIM_EXEC);
	if (read)
		access |= IOASIM_READ;
	if (execute && (request->access & IOASIM_EXEC))
		access |= IOASIM_EXEC;
	return access;
}

/* Full ATS answers with the PA, split-stage ATS with what stage 1 gave (13.6.3, 13.6.5). */
static uint64_t answered_address(const struct smmu_route *route, unsigned eats,
				 const struct smmu_translation *t, uint64_t address)
{
	uint64_t offset = address & ((UINT64_C(1) << t->page_lg2) - 1);

	if (eats != SMMU_EATS_SPLIT)
		return t->pa | offset;
	return route->cd ? t->ipa | offset : address;
}

static void translate(struct smmu_unit *u, const struct ioasim_request *request,
		      const struct walk_env *env, struct smmu_route *route,
		      struct ioasim_response *response)
{
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	const struct smmu_ste *ste = route->ste;
	struct smmu_translation found;
	struct smmu_ask ask = {
		.address = request->address,
		.useful = IOASIM_WRITE | (ste->instruction_added ? IOASIM_EXEC : IOASIM_READ),
		.privileged = smmu_privileged(ste, request),
		.set_dirty = request->access & IOASIM_WRITE,
	};

	if (!smmu_context_find(u, request, env, route, &why)) {
		refuse(u, request, route, &why, response);
		return;
	}
	response->privileged = request->privileged;
	if (!route->cd && !ste->stage2) {
		/* 13.6.4: nothing translates, nothing limits. */
		smmu_pass(request, response);
		response->access = IOASIM_READ | IOASIM_WRITE;
		return;
	}
	if (!smmu_find_translation(u, route, env, &ask, &found, &why)) {
		refuse(u, request, route, &why, response);
		return;
	}
	smmu_answer(route, &ask, &found, response);
	complete(response,
		 answered_address(route, effective_eats(u, ste), &found, request->address),
		 found.page_lg2, granted(ste, request, ask.privileged, &found), response->domain);
}

void smmu_translation_request(struct smmu_unit *u, const struct ioasim_request *request,
			      struct ioasim_response *response)
{
	const struct walk_env env = smmu_env(u, &response->cost);
	struct ioasim_request asked = request->has_pasid ? *request : without_attributes(request);
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	struct smmu_route route = {NULL, NULL};

	route.ste = smmu_ste_find(u, asked.requester_id, &env, &why);
	if (!route.ste)
		refuse(u, &asked, &route, &why, response);
	else if (smmu_aborts(route.ste))
		unsupported(u, &asked, &route, SMMU_EVENT_NONE, response);
	else if (effective_eats(u, route.ste) == SMMU_EATS_NONE)
		unsupported(u, &asked, &route, SMMU_F_BAD_ATS_TREQ, response);
	else
		translate(u, &asked, &env, &route, response);
}

/* ---- Translated transactions -------------------------------------------------------------- */

/* The IPA of an earlier answer of split-stage ATS: stage 2 alone, with events as for
 * ordinary requests (3.9.1.3). */
static void translate_second(struct smmu_unit *u, const struct ioasim_request *request,
			     const struct walk_env *env, struct smmu_route *route,
			     struct ioasim_response *response)
{
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	struct smmu_translation found;
	struct smmu_ask ask = {
		.address = request->address,
		.access = smmu_wanted(route->ste, request),
		.privileged = smmu_privileged(route->ste, request),
		.set_dirty = request->access & IOASIM_WRITE,
	};

	if (request->address >> u->features.ias) {
		why.event = SMMU_F_ADDR_SIZE;
		why.class = SMMU_CLASS_IN;
		smmu_refuse(u, request, route, &why, response);
	} else if (!smmu_find_translation(u, route, env, &ask, &found, &why)) {
		smmu_refuse(u, request, route, &why, response);
	} else {
		smmu_answer(route, &ask, &found, response);
	}
}

/* 3.9.1.3. Without IDR3.PASIDTT a PASID on a translated transaction does not count. */
void smmu_translated_request(struct smmu_unit *u, const struct ioasim_request *request,
			     struct ioasim_response *response)
{
	const struct walk_env env = smmu_env(u, &response->cost);
	struct ioasim_request asked = without_attributes(request);
	struct smmu_fault_info why = {.event = SMMU_EVENT_NONE};
	struct smmu_route route = {NULL, NULL};
	bool record = u->rec_cfg_ats; /* RECINVSID has no part in it */

	if (!u->atschk) {
		smmu_pass(request, response);
		return;
	}
	asked.has_pasid = false;
	route.ste = smmu_ste_find(u, asked.requester_id, &env, &why);
	if (route.ste) {
		record = !smmu_aborts(route.ste);
		switch (effective_eats(u, route.ste)) {
		case SMMU_EATS_SPLIT:
			translate_second(u, &asked, &env, &route, response);
			return;
		case SMMU_EATS_FULL:
			if (!(request->address >> u->features.oas)) {
				smmu_pass(request, response);
				return;
			}
			record = false;
			break;
		default:
			if (record)
				why.event = SMMU_F_TRANSL_FORBIDDEN;
		}
	}
	smmu_refuse_quietly(u, &asked, &route, &why, record, response);
}
