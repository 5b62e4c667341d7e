/* SPDX-License-Identifier: Apache-2.0 */
/* The TLB and the walk caches. */
#include "smmuv3/tlb.h"

#include "model/range.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Fill and look-up ------------------------------------------------------------------- */

static struct filed_tag filed_tag(uint64_t tag)
{
	return (struct filed_tag){.key0 = tag, .group = smmu_group(tag)};
}

void smmu_tlb_fill(struct smmu_tlb *tlb, const struct smmu_ste *ste, const struct smmu_cd *cd,
		   uint64_t address, const struct smmu_translation *translation)
{
	struct filed_tag tag;
	uint32_t slot;

	if (cache_off(&tlb->iotlb.cache))
		return;
	if (!cd) {
		tag = filed_tag(smmu_stage2_tag(ste));
	} else {
		tag = filed_tag(translation->global ? smmu_global_tag(ste, cd)
						    : smmu_asid_tag(ste, cd));
		address = smmu_tlb_input(cd, address);
	}
	slot = filed_fill(&tlb->iotlb, address, translation->page_lg2, &tag);
	tlb->translation[slot] = *translation;
	tlb->globals |= translation->global;
	if (translation->input_lg2 > translation->page_lg2 &&
	    translation->input_lg2 > tlb->wide_lg2)
		tlb->wide_lg2 = translation->input_lg2;
}

static void start_at(struct walk *w, const struct smmu_pointer *pointer)
{
	w->table = pointer->table;
	w->table_pa = pointer->table_pa;
	w->table_known = pointer->table_known;
	w->first_table = false;
	w->level = (int8_t)pointer->level;
	w->rights = pointer->rights;
}

/* The deepest pointer; one to a table of level n spans an entry of level n + 1. */
static uint32_t find_pointer(struct filed *filed, const struct smmu_tree *tree, uint64_t input,
			     uint64_t tag)
{
	uint32_t slot = CACHE_NONE;

	for (unsigned level = 1; level <= tree->first_level && slot == CACHE_NONE; level++) {
		unsigned lg2 = smmu_shift(tree->granule, level);

		if (filed_may_have(filed, lg2))
			slot = cache_find(&filed->cache, filed_index(input, lg2), tag, 0);
	}
	return slot;
}

static uint32_t add_pointer(struct filed *filed, uint64_t input, uint64_t key,
			    const struct smmu_pointer *pointer)
{
	struct filed_tag tag = filed_tag(key);

	return filed_fill(filed, input, smmu_shift(pointer->granule, pointer->level + 1u), &tag);
}

void smmu_first_find(const struct smmu_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct smmu_tlb *tlb = p->tlb;
	uint32_t slot =
		find_pointer(&tlb->first, p->first, w->ask.input, smmu_asid_tag(p->ste, p->cd));

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE1_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->first.cache, slot);
	tlb->counters->walk_hits[0][tlb->first_pointer[slot].level]++;
	start_at(w, &tlb->first_pointer[slot]);
}

void smmu_second_find(const struct smmu_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct smmu_tlb *tlb = p->tlb;
	uint32_t slot =
		find_pointer(&tlb->second, p->second, w->ask.input, smmu_stage2_tag(p->ste));

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->second.cache, slot);
	tlb->counters->walk_hits[1][tlb->second_pointer[slot].level]++;
	start_at(w, &tlb->second_pointer[slot]);
}

void smmu_first_add(const struct smmu_paging *p, const struct walk *w,
		    const struct smmu_pointer *pointer)
{
	uint32_t slot =
		add_pointer(&p->tlb->first, w->ask.input, smmu_asid_tag(p->ste, p->cd), pointer);

	p->tlb->first_pointer[slot] = *pointer;
}

void smmu_second_add(const struct smmu_paging *p, const struct walk *w,
		     const struct smmu_pointer *pointer)
{
	uint32_t slot =
		add_pointer(&p->tlb->second, w->ask.input, smmu_stage2_tag(p->ste), pointer);

	p->tlb->second_pointer[slot] = *pointer;
}

const struct smmu_table_page *smmu_table_find(const struct smmu_paging *p, struct ioasim_cost *cost,
					      uint64_t address)
{
	struct smmu_tlb *tlb = p->tlb;
	uint64_t tag = smmu_stage2_tag(p->ste);
	uint32_t slot = CACHE_NONE;

	for (uint64_t sizes = tlb->table_pages.sizes; sizes && slot == CACHE_NONE;
	     sizes &= sizes - 1)
		slot = cache_find(&tlb->table_pages.cache, filed_index(address, filed_size(sizes)),
				  tag, 0);
	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_TLB, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return NULL;
	cache_touch(&tlb->table_pages.cache, slot);
	return &tlb->table_page[slot];
}

void smmu_table_add(const struct smmu_paging *p, uint64_t address,
		    const struct smmu_table_page *page)
{
	struct filed_tag tag = filed_tag(smmu_stage2_tag(p->ste));
	uint32_t slot = filed_fill(&p->tlb->table_pages, address, page->size_lg2, &tag);

	p->tlb->table_page[slot] = *page;
}

/* ---- Removal (4.4) ---------------------------------------------------------------------- */

/* A removal from one of the caches, as its predicate sees it. */
struct reach {
	const struct smmu_tlbi *what;
	unsigned vmid_ignored;
	bool e2h;
};

/*
 * EL2 commands by address mean entries of the regime that CR2.E2H chooses now, those by
 * ASID alone the one that has ASIDs (4.4.2.8 to 4.4.2.10).
 */
static bool regime_matches(const struct reach *r, uint64_t regime)
{
	const struct smmu_tlbi *what = r->what;

	if (regime == SMMU_STAGE2)
		return what->stage2 && !what->el2;
	if (!what->stage1)
		return false;
	if (!what->el2)
		return regime == SMMU_NS_EL1;
	if (what->by_address)
		return regime == (r->e2h ? SMMU_EL2_E2H : SMMU_EL2);
	return what->by_asid ? regime == SMMU_EL2_E2H : regime != SMMU_NS_EL1;
}

/* Global entries go by address, whatever the ASID, but not by ASID (4.4.2.2, 4.4.2.4). */
static bool asid_matches(const struct smmu_tlbi *what, uint64_t tag)
{
	uint64_t regime = field_get(SMMU_TAG_REGIME, tag);

	if (!what->by_asid || regime == SMMU_STAGE2 || regime == SMMU_EL2)
		return true;
	if (field_get(SMMU_TAG_GLOBAL, tag))
		return what->by_address;
	return field_get(SMMU_TAG_ASID, tag) == what->asid;
}

static bool tag_matches(const struct reach *r, uint64_t tag)
{
	uint64_t other = field_get(SMMU_TAG_VMID, tag) ^ r->what->vmid;

	return regime_matches(r, field_get(SMMU_TAG_REGIME, tag)) && asid_matches(r->what, tag) &&
	       (!r->what->by_vmid || other >> r->vmid_ignored == 0);
}

/* 4.4.1.1: entries of another granule, leaves of another level stay. */
static bool leaf_matches(const struct smmu_tlbi *what, unsigned granule, unsigned level)
{
	return (what->granule_lg2 == 0 || what->granule_lg2 == granule) &&
	       (what->ttl == 0 || SMMU_SPEC_LEVEL(level) == what->ttl);
}

/* Tables above the level that TTL names: the descriptor stands one above its table. */
static bool pointer_matches(const struct smmu_tlbi *what, const struct smmu_pointer *pointer)
{
	return (what->granule_lg2 == 0 || what->granule_lg2 == pointer->granule) &&
	       (what->ttl == 0 || SMMU_SPEC_LEVEL(pointer->level + 1) < what->ttl);
}

static bool translation_matches(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct reach *r = owner;
	const struct smmu_translation *t = held;
	struct range input = range_block(tag->index << t->page_lg2, t->input_lg2);

	return tag_matches(r, tag->key0) && leaf_matches(r->what, t->granule, t->level) &&
	       range_overlaps(input, (struct range){r->what->first, r->what->last});
}

/* Of either stage. */
static bool cached_pointer_matches(const void *owner, const struct cache_slot *tag,
				   const void *held)
{
	const struct reach *r = owner;

	return tag_matches(r, tag->key0) && pointer_matches(r->what, held);
}

static bool table_page_matches(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct reach *r = owner;
	const struct smmu_table_page *page = held;

	return tag_matches(r, tag->key0) && leaf_matches(r->what, page->granule, page->level);
}

/* Visits the lists that can hold the VMID and ASID of the command. */
static void drop_groups(struct filed *filed, struct cache_removal *removal, const struct reach *r)
{
	const struct smmu_tlbi *what = r->what;
	uint64_t tag = field_prep(SMMU_TAG_VMID, what->by_vmid ? what->vmid : 0) |
		       field_prep(SMMU_TAG_ASID, what->by_asid ? what->asid : 0);
	uint64_t lists = what->by_asid ? 1 : field_mask(SMMU_GROUP_ASID) + 1;

	removal->by_group = true;
	removal->group = smmu_group(tag);
	for (uint64_t i = 0; i < lists; i++, removal->group++)
		filed_drop(filed, removal);
}

/*
 * A range finds its entries by their addresses; VMID and ASID name lists; what names
 * neither, or many VMIDs, looks at everything. Regimes without VMID carry 0.
 */
static void drop(struct filed *filed, const struct reach *r,
		 bool (*matches)(const void *, const struct cache_slot *, const void *),
		 unsigned wide_lg2)
{
	const struct smmu_tlbi *what = r->what;
	struct cache_removal removal = {
		.first = what->by_address ? range_block(what->first, wide_lg2).start : 0,
		.last = what->by_address ? range_block(what->last, wide_lg2).last : UINT64_MAX,
		.matches = matches,
		.owner = r,
	};

	if (!what->by_address && (what->by_vmid ? r->vmid_ignored == 0 : what->by_asid))
		drop_groups(filed, &removal, r);
	else
		filed_drop(filed, &removal);
}

void smmu_tlb_drop(struct smmu_tlb *tlb, const struct smmu_tlbi *what, unsigned vmid_ignored,
		   bool e2h)
{
	struct smmu_tlbi all = *what;
	const struct reach r = {.what = &all, .vmid_ignored = vmid_ignored, .e2h = e2h};

	if (!what->by_address) {
		all.first = 0;
		all.last = UINT64_MAX;
	}
	drop(&tlb->iotlb, &r, translation_matches, tlb->wide_lg2);
	/* Who watches may remember entries that the cache has lost. */
	if (tlb->iotlb.cache.live == 0 && !tlb->iotlb.cache.watch) {
		tlb->globals = false;
		tlb->wide_lg2 = 0;
	}
	if (what->stage2)
		drop(&tlb->table_pages, &r, table_page_matches, 0);
	if (what->leaf)
		return;
	if (what->stage1)
		drop(&tlb->first, &r, cached_pointer_matches, 0);
	if (what->stage2)
		drop(&tlb->second, &r, cached_pointer_matches, 0);
}

/* ---- Creation --------------------------------------------------------------------------- */

static int init(struct smmu_tlb *tlb, const struct ioasim_cache_geometry *geometry)
{
	struct {
		struct filed *filed;
		enum ioasim_cache cache;
	} caches[] = {
		{&tlb->iotlb, IOASIM_CACHE_IOTLB},
		{&tlb->first, IOASIM_CACHE_STAGE1_WALK},
		{&tlb->second, IOASIM_CACHE_STAGE2_WALK},
		{&tlb->table_pages, IOASIM_CACHE_STAGE2_TLB},
	};

	for (unsigned i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
		int error = filed_init(caches[i].filed, &geometry[caches[i].cache], SMMU_GROUPS,
				       &tlb->counters->cache[caches[i].cache]);

		if (error)
			return error;
	}

	/* One more than needed, so that a cache that is off allocates too. */
	tlb->translation = calloc(tlb->iotlb.cache.entries + (size_t)1, sizeof(*tlb->translation));
	tlb->first_pointer =
		calloc(tlb->first.cache.entries + (size_t)1, sizeof(*tlb->first_pointer));
	tlb->second_pointer =
		calloc(tlb->second.cache.entries + (size_t)1, sizeof(*tlb->second_pointer));
	tlb->table_page =
		calloc(tlb->table_pages.cache.entries + (size_t)1, sizeof(*tlb->table_page));
	cache_holds(&tlb->iotlb.cache, tlb->translation, sizeof(*tlb->translation));
	cache_holds(&tlb->first.cache, tlb->first_pointer, sizeof(*tlb->first_pointer));
	cache_holds(&tlb->second.cache, tlb->second_pointer, sizeof(*tlb->second_pointer));
	cache_holds(&tlb->table_pages.cache, tlb->table_page, sizeof(*tlb->table_page));
	return tlb->translation && tlb->first_pointer && tlb->second_pointer && tlb->table_page
		       ? 0
		       : -ENOMEM;
}

int smmu_tlb_init(struct smmu_unit *u)
{
	struct smmu_tlb *tlb = calloc(1, sizeof(*tlb));
	int error;

	if (!tlb)
		return -ENOMEM;
	u->tlb = tlb;
	tlb->counters = &u->unit.counters;
	error = init(tlb, u->unit.config.cache);
	if (error)
		smmu_tlb_fini(u);
	return error;
}

void smmu_tlb_fini(struct smmu_unit *u)
{
	struct smmu_tlb *tlb = u->tlb;

	if (!tlb)
		return;
	filed_fini(&tlb->iotlb);
	filed_fini(&tlb->first);
	filed_fini(&tlb->second);
	filed_fini(&tlb->table_pages);
	free(tlb->translation);
	free(tlb->first_pointer);
	free(tlb->second_pointer);
	free(tlb->table_page);
	free(tlb);
	u->tlb = NULL;
}

void smmu_tlb_reset(struct smmu_tlb *tlb)
{
	filed_reset(&tlb->iotlb);
	filed_reset(&tlb->first);
	filed_reset(&tlb->second);
	filed_reset(&tlb->table_pages);
	tlb->globals = false;
	tlb->wide_lg2 = 0;
}
