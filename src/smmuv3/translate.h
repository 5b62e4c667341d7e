/* SPDX-License-Identifier: Apache-2.0 */
/* Between translate.c and ats.c, which answer requests, and page_walk.c, which walks. */
#ifndef SMMUV3_TRANSLATE_H
#define SMMUV3_TRANSLATE_H

#include "smmuv3/tlb.h"

/* What a request is to the tables: its address, and its attributes after the STE's. */
struct smmu_ask {
	uint64_t address;
	uint8_t access; /* wanted; 0: tell the rights, refuse nothing */
	uint8_t useful; /* with access 0: rights without which there is nothing to tell */
	bool privileged;
	bool set_dirty; /* mark pages dirty if writing is granted */
};

/* The way to a request's tables, found once for each request. `cd` NULL: stage 1 is off or
 * bypassed; stage 2 by its STE. `ste` NULL: nothing was found yet. */
struct smmu_route {
	const struct smmu_ste *ste;
	const struct smmu_cd *cd;
};

static inline struct smmu_paging smmu_paging(const struct smmu_unit *u, const struct smmu_ste *ste)
{
	return (struct smmu_paging){
		.tlb = u->tlb,
		.ste = ste,
		.second = &ste->second,
		.xnx = u->features.xnx,
		.first_cached = !cache_off(&u->tlb->first.cache),
		.second_cached = !cache_off(&u->tlb->second.cache),
		.tables_cached = !cache_off(&u->tlb->table_pages.cache),
	};
}

/* ---- page_walk.c ------------------------------------------------------------------------- */

/* Walks the stages of a route that translates (9, steps 8 and 9); false: `why` tells. */
bool smmu_page_walk(const struct smmu_unit *u, const struct smmu_route *route,
		    const struct walk_env *env, const struct smmu_ask *ask,
		    struct smmu_translation *t, struct smmu_fault_info *why);

/* The event of a stage 2 that stopped on the address of an L1CD, CD or descriptor. */
void smmu_second_stopped(enum walk_stop stop, enum smmu_class class, const struct walk_other *other,
			 struct smmu_fault_info *why);

/* The event for rights that are missing although the page is mapped: of stage 1, unless
 * that grants all that is asked for. */
void smmu_permission_missing(const struct smmu_translation *t, const struct smmu_ask *ask,
			     struct smmu_fault_info *why);

/* ---- translate.c ------------------------------------------------------------------------- */

static inline struct smmu_asker smmu_asker(const struct ioasim_request *request)
{
	return (struct smmu_asker){
		.sid = request->requester_id,
		.ssid = request->has_pasid ? request->pasid & IOASIM_PASID_MAX : 0,
		.ssv = request->has_pasid,
	};
}

static inline struct walk_env smmu_env(const struct smmu_unit *u, struct ioasim_cost *cost)
{
	return (struct walk_env){
		.memory = u->unit.memory,
		.cost = cost,
		.callbacks = &u->unit.config.callbacks,
		.opaque = u->unit.config.opaque,
	};
}

/* What an ordinary request wants: a fetch of instructions needs the right to execute,
 * and no other (D8.4). */
static inline uint8_t smmu_wanted(const struct smmu_ste *ste, const struct ioasim_request *request)
{
	if (__builtin_expect(smmu_instruction(ste, request), 0))
		return IOASIM_EXEC;
	return request->access & (IOASIM_READ | IOASIM_WRITE);
}

/* Rights of both stages for a privilege. */
static inline uint8_t smmu_rights(const struct smmu_translation *t, bool privileged)
{
	return t->first[privileged] & t->second[privileged];
}

/* Steps 5 to 7: SSID rules, input range where stage 1 does nothing, CD. The STE has been
 * found; false: `why` tells. */
bool smmu_context_find(struct smmu_unit *u, const struct ioasim_request *request,
		       const struct walk_env *env, struct smmu_route *route,
		       struct smmu_fault_info *why);

/* Steps 8 and 9 through the TLB; false: `why` tells. */
bool smmu_find_translation(struct smmu_unit *u, const struct smmu_route *route,
			   const struct walk_env *env, const struct smmu_ask *ask,
			   struct smmu_translation *found, struct smmu_fault_info *why);

/* Ends a request with the event of `why`, which stands there with its own members; the
 * rest and whether it is recorded, and how the request ends, are worked out here. */
void smmu_refuse(struct smmu_unit *u, const struct ioasim_request *request,
		 const struct smmu_route *route, struct smmu_fault_info *why,
		 struct ioasim_response *response);
/* The same for requests of ATS, whose events of configuration are recorded only with
 * CR2.REC_CFG_ATS. */
void smmu_refuse_quietly(struct smmu_unit *u, const struct ioasim_request *request,
			 const struct smmu_route *route, struct smmu_fault_info *why, bool record,
			 struct ioasim_response *response);

/* The input is the output, no table limits it. */
void smmu_pass(const struct ioasim_request *request, struct ioasim_response *response);
/* Found. `t->pa` and the offset, the rights for the privilege. */
void smmu_answer(const struct smmu_route *route, const struct smmu_ask *ask,
		 const struct smmu_translation *t, struct ioasim_response *response);

/* Neither stage translates and nothing passes: Config 0xx. */
static inline bool smmu_aborts(const struct smmu_ste *ste)
{
	return !ste->stage1 && !ste->stage2 && !ste->bypass;
}

/* ---- ats.c: translation and translated requests (3.9, 13.6); the unit is enabled ---------- */
void smmu_translation_request(struct smmu_unit *u, const struct ioasim_request *request,
			      struct ioasim_response *response);
void smmu_translated_request(struct smmu_unit *u, const struct ioasim_request *request,
			     struct ioasim_response *response);
/* Whether an event of configuration is recorded for a request of ATS or PRI (3.9.1.2). */
bool smmu_records_for_ats(const struct smmu_unit *u, enum smmu_event event);

#endif
