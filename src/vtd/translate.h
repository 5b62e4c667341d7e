/* SPDX-License-Identifier: Apache-2.0 */
/* Between translate.c, which answers requests, and page_walk.c, which walks for it. */
#ifndef VTD_TRANSLATE_H
#define VTD_TRANSLATE_H

#include "vtd/tlb.h"

/* A walk of all stages of a route. */
struct vtd_page_walk {
	uint64_t address;
	uint8_t access; /* wanted; 0: tell the rights, refuse nothing */
	bool set_dirty; /* set dirty flags if writing is granted */

	uint64_t pa; /* full address */
	uint8_t page_lg2;
	unsigned user_rights, supervisor_rights; /* IOASIM_READ.. */
	bool user; /* see struct vtd_translation */
	bool dirty; /* dirty flags of all stages are set, or not in use */
	uint8_t cause; /* failed: enum ioasim_fault_cause where the reason leaves it open */
};

/* 5.2 and 5.3 of the order of checks: from the address check to the leaf. */
enum vtd_fault_reason vtd_page_walk(struct vtd_unit *u, const struct vtd_route *route,
				    struct ioasim_cost *cost, struct vtd_page_walk *walk);

/* The reason for rights that are missing although the page is mapped. */
enum vtd_fault_reason vtd_missing_right(bool legacy, bool user, bool privileged, unsigned missing);

/* ats.c: translation and translated requests (4.2.3, 4.2.5); unit is enabled. */
void vtd_translation_request(struct vtd_unit *u, const struct ioasim_request *request,
			     struct ioasim_response *response);
void vtd_translated_request(struct vtd_unit *u, const struct ioasim_request *request,
			    struct ioasim_response *response);

/*
 * translate.c: the IOTLB, else the tables. VTD_FAULT_NONE with what was found, or the
 * reason, with found->fpd.
 */
enum vtd_fault_reason vtd_find_translation(struct vtd_unit *u, const struct ioasim_request *request,
					   enum vtd_asks asks, struct ioasim_cost *cost,
					   struct vtd_translation *found);

static inline bool vtd_privileged(const struct ioasim_request *request)
{
	return request->has_pasid && request->privileged;
}

static inline struct vtd_asker vtd_asker(const struct ioasim_request *request)
{
	return (struct vtd_asker){
		.source_id = (uint16_t)request->requester_id,
		.has_pasid = request->has_pasid,
		.privileged = vtd_privileged(request),
		.execute = request->has_pasid && (request->access & IOASIM_EXEC),
		.pasid = request->pasid & IOASIM_PASID_MAX,
	};
}

/* Why a request ends. */
struct vtd_refusal {
	enum vtd_fault_reason reason;
	bool silent; /* not recorded */
	uint8_t cause; /* see struct vtd_page_walk */
};

/* Ends a request with a fault. */
void vtd_refuse(struct vtd_unit *u, const struct ioasim_request *request,
		const struct vtd_refusal *why, struct ioasim_response *response);

#endif
