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
	cache_remove(cache, &(struct cache_removal){.by_index = true, .index = index});
}

/* Closed. */
struct streams {
	uint32_t first, last;
	unsigned split;
	bool leaf;
};

/* STEs by number; L1STDs, each of which covers many, by the numbers that they cover. */
static bool stream_reached(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct streams *s = owner;
	uint64_t number = field_get(SMMU_FILED_NUMBER, tag->index);

	(void)held;
	if (!field_get(SMMU_FILED_L1STD, tag->index))
		return number >= s->first && number <= s->last;
	return !s->leaf && number >= s->first >> s->split && number <= s->last >> s->split;
}

static void drop_streams(struct smmu_unit *u, const struct streams *streams)
{
	struct cache *cache = &u->tables->streams;

	if (streams->first != streams->last) {
		cache_remove(cache,
			     &(struct cache_removal){.matches = stream_reached, .owner = streams});
		return;
	}
	drop_filed(cache, smmu_ste_index(streams->first));
	if (!streams->leaf)
		drop_filed(cache, smmu_l1std_index(streams->first >> streams->split));
}

static bool context_reached(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct streams *s = owner;
	uint64_t sid = field_get(SMMU_FILED_SID, tag->index);

	(void)held;
	return sid >= s->first && sid <= s->last;
}

static void drop_contexts(struct smmu_unit *u, const struct streams *streams)
{
	cache_remove(&u->tables->contexts, &(struct cache_removal){
						   .by_group = streams->first == streams->last,
						   .group = smmu_context_group(streams->first),
						   .matches = context_reached,
						   .owner = streams,
					   });
}

void smmu_invalidate_streams(struct smmu_unit *u, uint32_t first, uint32_t last, bool leaf)
{
	const struct streams streams = {first, last, u->split, leaf};

	u->tables->recent.valid = false;
	drop_streams(u, &streams);
	drop_contexts(u, &streams);
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
	const struct streams streams = {.first = sid, .last = sid};

	u->tables->recent.valid = false;
	drop_contexts(u, &streams);
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
