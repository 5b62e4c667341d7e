/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each invalidation removes (2.4), by the tags that entries were made with, and
 * nothing beyond. The embedder is told the reach of those that remove translations.
 */
#include "amdvi/device.h"
#include "amdvi/tlb.h"

static void tell(const struct amdvi_unit *u, const struct ioasim_invalidation *what)
{
	if (u->unit.config.callbacks.invalidated)
		u->unit.config.callbacks.invalidated(u->unit.config.opaque, what);
}

void amdvi_invalidate_all(struct amdvi_unit *u)
{
	amdvi_tables_drop_all(u->tables);
	amdvi_tlb_drop_all(u->tlb);
	tell(u, &(struct ioasim_invalidation){.all_domains = true, .last = ~UINT64_C(0)});
}

/* The DomainID is not named: translations stay, and so do GCR3 entries, which carry it. */
void amdvi_invalidate_device(struct amdvi_unit *u, uint16_t device_id)
{
	amdvi_device_drop(u->tables, device_id);
}

/* GCR3 entries have no address, so that only a range of everything reaches them. */
void amdvi_invalidate_pages(struct amdvi_unit *u, const struct amdvi_pages *what)
{
	bool whole = what->first == 0 && what->last == ~UINT64_C(0);

	if (what->guest) {
		amdvi_tlb_drop_guest(u->tlb, what);
		if (what->pde && whole)
			amdvi_gcr3_drop(u->tables, what->domain, what->pasid);
	} else {
		amdvi_tlb_drop_host(u->tlb, what);
	}
	tell(u, &(struct ioasim_invalidation){
			.domain = what->domain,
			.has_pasid = what->guest,
			.pasid = what->guest ? what->pasid : 0,
			.final_input =
				what->guest || whole || !amdvi_domain_nested(u->tlb, what->domain),
			.first = what->first,
			.last = what->last,
		});
}
