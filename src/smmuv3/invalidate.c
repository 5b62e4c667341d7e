/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each invalidation removes (3.17, 4.3, 4.4): what carries the tags that it names,
 * and nothing beyond. Configuration and translations are removed apart (16.2).
 *
 * The embedder is told the reach of the commands that remove translations.
 */
#include "smmuv3/tlb.h"

/* ---- Configuration caches (4.3) ----------------------------------------------------------- */

static void drop_filed(struct cache *cache, uint64_t index)
{
	uint32_t slot = cache_find(cache, index, 0, 0);

	if (slot != CACHE_NONE)
		cache_drop(cache, slot);
}

/* STEs by number; L1STDs, each of which covers many, by the numbers that they cover. */
static bool stream_reached(const struct smmu_unit *u, uint64_t index, uint32_t first, uint32_t last,
			   bool leaf)
{
	uint64_t number = field_get(SMMU_FILED_NUMBER, index);

	if (!field_get(SMMU_FILED_L1STD, index))
		return number >= first && number <= last;
	return !leaf && number >= first >> u->split && number <= last >> u->split;
}

static void drop_streams(struct smmu_unit *u, uint32_t first, uint32_t last, bool leaf)
{
	struct cache *cache = &u->tables->streams;
	uint32_t next;

	if (first == last) {
		drop_filed(cache, smmu_ste_index(first));
		if (!leaf)
			drop_filed(cache, smmu_l1std_index(first >> u->split));
		return;
	}
	for (uint32_t slot = cache_first(cache); slot != CACHE_NONE; slot = next) {
		next = cache_next(cache, slot);
		if (stream_reached(u, cache_tag(cache, slot)->index, first, last, leaf))
			cache_drop(cache, slot);
	}
}

static void drop_contexts_of(struct smmu_unit *u, uint32_t sid)
{
	struct cache *cache = &u->tables->contexts;
	uint32_t next;

	for (uint32_t slot = cache_group_first(cache, smmu_context_group(sid)); slot != CACHE_NONE;
	     slot = next) {
		next = cache_group_next(cache, slot);
		if (field_get(SMMU_FILED_SID, cache_tag(cache, slot)->index) == sid)
			cache_drop(cache, slot);
	}
}

static void drop_contexts(struct smmu_unit *u, uint32_t first, uint32_t last)
{
	struct cache *cache = &u->tables->contexts;
	uint32_t next;

	if (first == last) {
		drop_contexts_of(u, first);
		return;
	}
	for (uint32_t slot = cache_first(cache); slot != CACHE_NONE; slot = next) {
		uint64_t sid = field_get(SMMU_FILED_SID, cache_tag(cache, slot)->index);

		next = cache_next(cache, slot);
		if (sid >= first && sid <= last)
			cache_drop(cache, slot);
	}
}

void smmu_invalidate_streams(struct smmu_unit *u, uint32_t first, uint32_t last, bool leaf)
{
	u->tables->recent.valid = false;
	drop_streams(u, first, last, leaf);
	drop_contexts(u, first, last);
}

/* The format of the CD table may have changed since, so that both are looked for. */
void smmu_invalidate_context(struct smmu_unit *u, uint32_t sid, uint32_t ssid, bool leaf)
{
	struct cache *cache = &u->tables->contexts;

	u->tables->recent.valid = false;
	drop_filed(cache, smmu_cd_index(sid, ssid));
	if (leaf)
		return;
	drop_filed(cache, smmu_l1cd_index(sid, ssid, SMMU_L1CD_4K_LG2));
	drop_filed(cache, smmu_l1cd_index(sid, ssid, SMMU_L1CD_64K_LG2));
}

void smmu_invalidate_contexts(struct smmu_unit *u, uint32_t sid)
{
	u->tables->recent.valid = false;
	drop_contexts_of(u, sid);
}

/* ---- TLB (4.4) ---------------------------------------------------------------------------- */

#define DOMAIN_VMID FIELD(31, 16)
#define DOMAIN_ASID FIELD(15, 0)

/*
 * A command without VMID or ASID means all of them, CR0.VMW some low bits of a VMID.
 * With stage 1 in the unit, IPAs need not be what devices send. EL2 without E2H has neither VMID nor ASID.
 */
static void tell(const struct smmu_unit *u, const struct smmu_tlbi *what)
{
	struct ioasim_invalidation reach = {
		.domain = (uint32_t)(field_prep(DOMAIN_VMID, what->vmid) |
				     field_prep(DOMAIN_ASID, what->asid)),
		.final_input = what->stage1 || !u->features.s1p,
		.first = what->by_address ? what->first : 0,
		.last = what->by_address ? what->last : UINT64_MAX,
	};

	if (!u->unit.config.callbacks.invalidated)
		return;
	if (!what->by_asid)
		reach.domain_ignored |= (uint32_t)FIELD_MASK(DOMAIN_ASID);
	if (what->by_vmid)
		reach.domain_ignored |=
			(uint32_t)field_prep(DOMAIN_VMID, (UINT64_C(1) << u->vmw_bits) - 1);
	else if (!what->el2)
		reach.domain_ignored |= (uint32_t)FIELD_MASK(DOMAIN_VMID);
	reach.all_domains = reach.domain_ignored == UINT32_MAX;
	u->unit.config.callbacks.invalidated(u->unit.config.opaque, &reach);
}

void smmu_invalidate_tlb(struct smmu_unit *u, const struct smmu_tlbi *what)
{
	struct smmu_tlbi exact = *what;

	/* 4.4.2: VMIDs are compared only where they are kept. */
	if (!u->features.s2p)
		exact.by_vmid = false;
	if (!exact.by_vmid)
		exact.vmid = 0;
	if (!exact.by_asid)
		exact.asid = 0;
	smmu_tlb_drop(u->tlb, &exact, u->vmw_bits, u->e2h);
	tell(u, &exact);
}
