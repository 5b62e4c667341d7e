/* SPDX-License-Identifier: Apache-2.0 */
/* Address translation services: translation and translated requests (chapter 4). */
#include "vtd/context.h"
#include "vtd/translate.h"

/* How a translation request that meets a fault condition is answered (Table 30). */
enum reply { REPLY_UR, REPLY_CA, REPLY_EMPTY };

static enum reply reply_to(enum vtd_fault_reason reason)
{
	switch (reason) {
	case VTD_FAULT_LRT_2:
	case VTD_FAULT_LCT_2:
	case VTD_FAULT_LCT_5:
	case VTD_FAULT_RTA_2:
	case VTD_FAULT_RTA_4:
	case VTD_FAULT_SRT_2:
	case VTD_FAULT_SCT_2:
	case VTD_FAULT_SCT_5:
	case VTD_FAULT_SCT_6:
	case VTD_FAULT_SCT_7:
	case VTD_FAULT_SCT_9:
	case VTD_FAULT_SGN_10:
		return REPLY_UR;
	case VTD_FAULT_LGN_1:
	case VTD_FAULT_LGN_2:
	case VTD_FAULT_LGN_3:
	case VTD_FAULT_SPD_2:
	case VTD_FAULT_SPT_2:
	case VTD_FAULT_SPT_5:
	case VTD_FAULT_SPT_6:
	case VTD_FAULT_SFS_1:
	case VTD_FAULT_SFS_2:
	case VTD_FAULT_SFS_3:
	case VTD_FAULT_SFS_4:
	case VTD_FAULT_SFS_5:
	case VTD_FAULT_SFS_6:
	case VTD_FAULT_SFS_7:
	case VTD_FAULT_SFS_8:
	case VTD_FAULT_SFS_9:
	case VTD_FAULT_SFS_10:
	case VTD_FAULT_SSS_2:
	case VTD_FAULT_SGN_1:
	case VTD_FAULT_SGN_2:
	case VTD_FAULT_SGN_3:
	case VTD_FAULT_SGN_4:
	case VTD_FAULT_SGN_5:
	case VTD_FAULT_SGN_6:
	case VTD_FAULT_SGN_7:
		return REPLY_EMPTY;
	default:
		return REPLY_CA;
	}
}

/* The entries on the way, and a cause if there is one, stand in `found`. */
static void refuse(struct vtd_unit *u, const struct ioasim_request *request,
		   enum vtd_fault_reason reason, const struct vtd_translation *found,
		   struct ioasim_response *response)
{
	enum reply reply = reply_to(reason);
	struct vtd_refusal why = {.reason = reason, .cause = found->cause};

	/* An empty completion reports nothing, but for a flag that could not be written. */
	why.silent = (reply == REPLY_EMPTY && reason != VTD_FAULT_SFS_10) ||
		     (found->fpd && vtd_fault_qualified(reason));
	vtd_refuse(u, request, &why, response);
	switch (reply) {
	case REPLY_UR:
		response->outcome = IOASIM_ATS_UR;
		break;
	case REPLY_CA:
		response->outcome = IOASIM_ATS_CA;
		break;
	case REPLY_EMPTY:
		response->outcome = IOASIM_ATS_EMPTY;
		break;
	}
}

/*
 * Pass-through may be answered with any size up to the largest page (4.2.3): the
 * largest that keeps clear of the interrupt range.
 */
static uint8_t pass_size(uint64_t address)
{
	unsigned level = VTD_LARGE_LEVEL_MAX;

	while (level && vtd_interrupt_range(address, vtd_page_lg2(level)))
		level--;
	return vtd_page_lg2(level);
}

static void complete(struct ioasim_response *response, uint64_t pa, uint8_t size_lg2,
		     uint8_t access, uint32_t domain)
{
	response->outcome = access ? IOASIM_OK : IOASIM_ATS_EMPTY;
	response->pa = access ? pa : 0;
	response->size_lg2 = access ? size_lg2 : 0;
	response->access = access;
	response->domain = domain;
}

/*
 * Table 30, S.1 and S.2: without PASID, the interrupt range is not translated once
 * the tables have been passed; with the no-write flag clear writing is allowed.
 */
static bool special(struct vtd_unit *u, const struct ioasim_request *request, bool writes,
		    struct ioasim_response *response)
{
	struct vtd_asker asker = vtd_asker(request);
	struct vtd_route route;
	enum vtd_fault_reason reason;

	if (request->has_pasid || !vtd_interrupt_range(request->address, 0))
		return false;
	reason = vtd_route_find(u, &asker, VTD_ASKS_TRANSLATION, &response->cost, &route);
	if (reason != VTD_FAULT_NONE)
		refuse(u, request, reason, &(struct vtd_translation){.fpd = route.fpd}, response);
	else
		complete(response, request->address, VTD_TABLE_LG2, writes ? IOASIM_WRITE : 0,
			 route.did);
	return true;
}

void vtd_translation_request(struct vtd_unit *u, const struct ioasim_request *request,
			     struct ioasim_response *response)
{
	struct vtd_translation found = {0};
	bool privileged = vtd_privileged(request);
	/* Without NWFS the no-write flag is ignored. */
	bool writes = (request->access & IOASIM_WRITE) || !u->features.nwfs;
	struct ioasim_request asked = *request;
	enum vtd_fault_reason reason;
	unsigned access;
	uint64_t base;

	if (special(u, request, writes, response))
		return;
	if (writes)
		asked.access |= IOASIM_WRITE;
	reason = vtd_find_translation(u, &asked, VTD_ASKS_TRANSLATION, &response->cost, &found);
	if (reason != VTD_FAULT_NONE) {
		refuse(u, request, reason, &found, response);
		return;
	}

	/* Execute is never granted. */
	access = found.rights[privileged] & (writes ? IOASIM_READ | IOASIM_WRITE : IOASIM_READ);
	if (!access) {
		refuse(u, request,
		       vtd_missing_right(found.legacy, found.user, privileged, IOASIM_READ), &found,
		       response);
		return;
	}
	response->privileged = privileged;
	if (found.pgtt == VTD_PGTT_PASS) {
		if (vtd_interrupt_range(request->address, 0)) {
			refuse(u, request, VTD_FAULT_SGN_8, &found, response);
			return;
		}
		complete(response, request->address, pass_size(request->address), (uint8_t)access,
			 found.did);
		return;
	}
	base = field_mask(found.page_lg2 - 1u, 0);
	complete(response, found.pa | (request->address & base), found.page_lg2, (uint8_t)access,
		 found.did);
}

/* 4.2.5: the context entry is checked, no page table is read. */
void vtd_translated_request(struct vtd_unit *u, const struct ioasim_request *request,
			    struct ioasim_response *response)
{
	struct vtd_asker asker = vtd_asker(request);
	struct vtd_route route;
	enum vtd_fault_reason reason =
		vtd_route_find(u, &asker, VTD_ASKS_TRANSLATED, &response->cost, &route);
	bool legacy = u->ttm == VTD_TTM_LEGACY;

	if (reason == VTD_FAULT_NONE && request->address >> u->features.haw)
		reason = legacy ? VTD_FAULT_LGN_1 : VTD_FAULT_SGN_4;
	if (reason == VTD_FAULT_NONE && vtd_interrupt_range(request->address, 0))
		reason = legacy ? VTD_FAULT_LGN_4 : VTD_FAULT_SGN_8;
	if (reason != VTD_FAULT_NONE) {
		const struct vtd_refusal why = {
			.reason = reason,
			.silent = route.fpd && vtd_fault_qualified(reason),
		};

		vtd_refuse(u, request, &why, response);
		return;
	}
	complete(response, request->address, VTD_PASS_LG2, IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC,
		 legacy ? route.did : ~UINT32_C(0));
}
