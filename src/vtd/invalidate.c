/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each invalidation removes (6.5.2.1 to 6.5.2.4, Tables 23 and 24), whether it
 * came through the queue, a register or a page request. A command removes by the
 * tags that entries were made with, and nothing beyond.
 *
 * The embedder is told the reach of the commands that remove translations.
 */
#include "vtd/context.h"
#include "vtd/tlb.h"

/* Bits of a DID beyond the unit's width are ignored. */
static uint16_t did_of(const struct vtd_unit *u, uint16_t did)
{
	return (uint16_t)(did & field_mask(u->features.did_bits - 1, 0));
}

/* [ADDR, ADDR + 2^(12 + AM)) with the low AM bits of the page number masked off. */
static struct vtd_reach page_reach(const struct vtd_unit *u, uint16_t did, uint64_t address,
				   unsigned am)
{
	unsigned lg2 = VTD_TABLE_LG2 + am;
	uint64_t mask = lg2 > 63 ? ~UINT64_C(0) : field_mask(lg2 - 1, 0);

	return (struct vtd_reach){
		.did = did_of(u, did),
		.first = address & ~mask,
		.last = address | mask,
	};
}

static struct vtd_reach domain_reach(const struct vtd_unit *u, uint16_t did)
{
	return (struct vtd_reach){.did = did_of(u, did), .last = ~UINT64_C(0)};
}

static void tell(const struct vtd_unit *u, const struct ioasim_invalidation *what)
{
	if (u->unit.config.callbacks.invalidated)
		u->unit.config.callbacks.invalidated(u->unit.config.opaque, what);
}

static void tell_reach(const struct vtd_unit *u, const struct vtd_reach *reach, bool final_input)
{
	tell(u, &(struct ioasim_invalidation){
			.domain = reach->did,
			.has_pasid = reach->has_pasid,
			.pasid = reach->pasid,
			.final_input = final_input,
			.first = reach->first,
			.last = reach->last,
		});
}

/* ---- Context and PASID caches ------------------------------------------------------ */

void vtd_invalidate_context_global(struct vtd_unit *u)
{
	vtd_context_drop_all(u->tables);
}

/* 6.5.2.1: scalable-mode entries carry no DID, so that a domain means all. */
void vtd_invalidate_context_domain(struct vtd_unit *u, uint16_t did)
{
	if (u->ttm == VTD_TTM_LEGACY)
		vtd_context_drop_domain(u->tables, did_of(u, did));
	else
		vtd_context_drop_all(u->tables);
}

void vtd_invalidate_context_device(struct vtd_unit *u, uint16_t did, uint16_t sid, unsigned fm)
{
	/* FM: how many of the function bits 2:0, from the top one down, are masked. */
	static const uint16_t function_mask[] = {0, 4, 6, 7};

	vtd_context_drop_device(u->tables, sid, function_mask[fm & 3], u->ttm == VTD_TTM_LEGACY,
				did_of(u, did));
}

void vtd_invalidate_pasid_global(struct vtd_unit *u)
{
	vtd_pasid_drop_all(u->tables);
}

void vtd_invalidate_pasid_domain(struct vtd_unit *u, uint16_t did)
{
	vtd_pasid_drop_domain(u->tables, did_of(u, did));
}

void vtd_invalidate_pasid(struct vtd_unit *u, uint16_t did, uint32_t pasid)
{
	vtd_pasid_drop(u->tables, did_of(u, did), pasid);
}

/* ---- IOTLB and paging-structure caches ---------------------------------------------- */

void vtd_invalidate_iotlb_global(struct vtd_unit *u)
{
	vtd_tlb_drop_all(u->tlb);
	tell(u, &(struct ioasim_invalidation){.all_domains = true, .last = ~UINT64_C(0)});
}

void vtd_invalidate_iotlb_domain(struct vtd_unit *u, uint16_t did)
{
	struct vtd_reach reach = domain_reach(u, did);

	vtd_iotlb_drop(u->tlb, false, &reach);
	vtd_iotlb_drop(u->tlb, true, &reach);
	vtd_first_drop(u->tlb, &reach);
	vtd_second_drop(u->tlb, &reach);
	vtd_table_drop(u->tlb, &reach);
	tell_reach(u, &reach, true);
}

/*
 * The range is of second-stage input, which is what devices send unless the domain
 * is nested; a nested domain's translations go as a whole, as do first-stage ones.
 */
void vtd_invalidate_iotlb_page(struct vtd_unit *u, uint16_t did, uint64_t address, unsigned am,
			       bool ih)
{
	struct vtd_reach reach = page_reach(u, did, address, am), domain = domain_reach(u, did);

	vtd_iotlb_drop(u->tlb, false, &reach);
	vtd_iotlb_drop(u->tlb, true, &domain);
	vtd_first_drop(u->tlb, &domain);
	vtd_table_drop(u->tlb, &reach);
	if (!ih)
		vtd_second_drop(u->tlb, &reach);
	tell_reach(u, &reach, u->ttm == VTD_TTM_LEGACY || !u->features.nest);
}

void vtd_invalidate_piotlb_pasid(struct vtd_unit *u, uint16_t did, uint32_t pasid)
{
	struct vtd_reach reach = domain_reach(u, did);

	reach.has_pasid = true;
	reach.pasid = pasid;
	vtd_iotlb_drop(u->tlb, false, &reach);
	vtd_iotlb_drop(u->tlb, true, &reach);
	vtd_first_drop(u->tlb, &reach);
	tell_reach(u, &reach, true);
}

void vtd_invalidate_piotlb_page(struct vtd_unit *u, uint16_t did, uint32_t pasid, uint64_t address,
				unsigned am, bool ih)
{
	struct vtd_reach reach = page_reach(u, did, address, am);

	reach.has_pasid = true;
	reach.pasid = pasid;
	vtd_iotlb_drop(u->tlb, true, &reach);
	if (!ih)
		vtd_first_drop(u->tlb, &reach);
	tell_reach(u, &reach, true);
}

void vtd_invalidate_all(struct vtd_unit *u)
{
	vtd_context_drop_all(u->tables);
	vtd_pasid_drop_all(u->tables);
	vtd_invalidate_iotlb_global(u);
}
