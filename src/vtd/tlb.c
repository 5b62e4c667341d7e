/* SPDX-License-Identifier: Apache-2.0 */
/* The IOTLB and the paging-structure caches. */
#include "vtd/tlb.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Fill and look-up ------------------------------------------------------------ */

void vtd_iotlb_fill(struct vtd_tlb *tlb, uint64_t key, uint64_t address,
		    const struct vtd_translation *translation)
{
	unsigned lg2 =
		translation->page_lg2 == VTD_PASS_LG2 ? VTD_PASS_PIECE_LG2 : translation->page_lg2;
	struct filed_tag tag = {
		.key0 = key,
		.group = vtd_iotlb_group(translation->did, translation->pgtt),
	};
	uint32_t slot = filed_fill(&tlb->iotlb, address, lg2, &tag);

	if (slot != CACHE_NONE)
		tlb->translation[slot] = *translation;
}

static uint64_t first_key(const struct vtd_route *route)
{
	return route->did | (uint64_t)route->pasid << 16 |
	       (uint64_t)(route->pgtt == VTD_PGTT_NESTED) << 36;
}

/* Starts the walk at a pointer's table. */
static void start_at(struct walk *w, const struct vtd_pointer *pointer)
{
	w->table = pointer->table;
	w->table_pa = pointer->table_pa;
	w->table_known = true;
	w->first_table = false;
	w->level = (int8_t)pointer->level;
	w->rights = pointer->rights;
}

/* From the lowest level upwards (6.2.5); a pointer of level n spans a page of level n. */
void vtd_first_find(const struct vtd_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct vtd_tlb *tlb = p->tlb;
	uint64_t key = first_key(p->route);
	uint32_t slot = CACHE_NONE;

	for (unsigned level = 1; level < p->route->fs_levels && slot == CACHE_NONE; level++)
		if (filed_may_have(&tlb->first, vtd_page_lg2(level)))
			slot = cache_find(&tlb->first.cache,
					  filed_index(w->ask.input, vtd_page_lg2(level)), key, 0);
	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE1_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->first.cache, slot);
	tlb->counters->walk_hits[0][tlb->first_pointer[slot].level]++;
	start_at(w, &tlb->first_pointer[slot]);
}

void vtd_second_find(const struct vtd_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct vtd_tlb *tlb = p->tlb;
	uint32_t slot = CACHE_NONE;

	for (unsigned level = 1; level < p->route->levels && slot == CACHE_NONE; level++)
		if (filed_may_have(&tlb->second, vtd_page_lg2(level)))
			slot = cache_find(&tlb->second.cache,
					  filed_index(w->ask.input, vtd_page_lg2(level)),
					  p->route->did, 0);
	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->second.cache, slot);
	tlb->counters->walk_hits[1][tlb->second_pointer[slot].level]++;
	start_at(w, &tlb->second_pointer[slot]);
}

void vtd_first_add(const struct vtd_paging *p, const struct walk *w,
		   const struct vtd_pointer *pointer)
{
	struct vtd_tlb *tlb = p->tlb;
	struct filed_tag tag = {.key0 = first_key(p->route), .group = pointer->did};
	uint32_t slot =
		filed_fill(&tlb->first, w->ask.input, vtd_page_lg2(pointer->level + 1u), &tag);

	tlb->first_pointer[slot] = *pointer;
}

void vtd_second_add(const struct vtd_paging *p, const struct walk *w,
		    const struct vtd_pointer *pointer)
{
	struct vtd_tlb *tlb = p->tlb;
	struct filed_tag tag = {.key0 = pointer->did, .group = pointer->did};
	uint32_t slot =
		filed_fill(&tlb->second, w->ask.input, vtd_page_lg2(pointer->level + 1u), &tag);

	tlb->second_pointer[slot] = *pointer;
}

/* Large pages are kept by pieces of the size of a table. */
const struct vtd_table_page *vtd_table_find(const struct vtd_paging *p, struct ioasim_cost *cost,
					    uint64_t address)
{
	struct vtd_tlb *tlb = p->tlb;
	uint32_t slot = cache_find(&tlb->tables.cache, filed_index(address, VTD_TABLE_LG2),
				   p->route->did, 0);

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_TLB, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return NULL;
	cache_touch(&tlb->tables.cache, slot);
	return &tlb->table_page[slot];
}

void vtd_table_add(const struct vtd_paging *p, uint64_t address, const struct vtd_table_page *page)
{
	struct vtd_tlb *tlb = p->tlb;
	struct filed_tag tag = {.key0 = page->did, .group = page->did};
	uint32_t slot = filed_fill(&tlb->tables, address, VTD_TABLE_LG2, &tag);

	tlb->table_page[slot] = *page;
}

/* ---- Removal --------------------------------------------------------------------- */

/* A group is a DID, so that PASIDs alone are left to tell apart. */
static bool translation_is_of_pasid(const void *owner, const struct cache_slot *tag,
				    const void *held)
{
	const struct vtd_reach *reach = owner;

	(void)tag;
	return ((const struct vtd_translation *)held)->pasid == reach->pasid;
}

static bool pointer_is_of_pasid(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct vtd_reach *reach = owner;

	(void)tag;
	return ((const struct vtd_pointer *)held)->pasid == reach->pasid;
}

static struct cache_removal removal(const struct vtd_reach *reach, uint32_t group)
{
	return (struct cache_removal){
		.by_group = true,
		.group = group,
		.first = reach->first,
		.last = reach->last,
		.owner = reach,
	};
}

void vtd_iotlb_drop(struct vtd_tlb *tlb, bool first, const struct vtd_reach *reach)
{
	uint8_t pgtt = first ? VTD_PGTT_FIRST : VTD_PGTT_SECOND;
	struct cache_removal r = removal(reach, vtd_iotlb_group(reach->did, pgtt));

	if (reach->has_pasid)
		r.matches = translation_is_of_pasid;
	filed_drop(&tlb->iotlb, &r);
}

void vtd_first_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach)
{
	struct cache_removal r = removal(reach, reach->did);

	if (reach->has_pasid)
		r.matches = pointer_is_of_pasid;
	filed_drop(&tlb->first, &r);
}

void vtd_second_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach)
{
	struct cache_removal r = removal(reach, reach->did);

	filed_drop(&tlb->second, &r);
}

void vtd_table_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach)
{
	struct cache_removal r = removal(reach, reach->did);

	filed_drop(&tlb->tables, &r);
}

void vtd_tlb_drop_all(struct vtd_tlb *tlb)
{
	filed_drop_all(&tlb->iotlb);
	filed_drop_all(&tlb->first);
	filed_drop_all(&tlb->second);
	filed_drop_all(&tlb->tables);
}

/* ---- Creation -------------------------------------------------------------------- */

static int init(struct vtd_tlb *tlb, const struct ioasim_unit_config *config, unsigned did_bits)
{
	const struct ioasim_cache_geometry *geometry = config->cache;
	struct ioasim_cache_counters *counters = tlb->counters->cache;
	int error;

	error = filed_init(&tlb->iotlb, &geometry[IOASIM_CACHE_IOTLB], 2u << did_bits,
			   &counters[IOASIM_CACHE_IOTLB]);
	if (!error)
		error = filed_init(&tlb->first, &geometry[IOASIM_CACHE_STAGE1_WALK], 1u << did_bits,
				   &counters[IOASIM_CACHE_STAGE1_WALK]);
	if (!error)
		error = filed_init(&tlb->second, &geometry[IOASIM_CACHE_STAGE2_WALK],
				   1u << did_bits, &counters[IOASIM_CACHE_STAGE2_WALK]);
	if (!error)
		error = filed_init(&tlb->tables, &geometry[IOASIM_CACHE_STAGE2_TLB], 1u << did_bits,
				   &counters[IOASIM_CACHE_STAGE2_TLB]);
	if (error)
		return error;

	/* One more than needed, so that a cache that is off allocates too. */
	tlb->translation = calloc(tlb->iotlb.cache.entries + (size_t)1, sizeof(*tlb->translation));
	tlb->first_pointer =
		calloc(tlb->first.cache.entries + (size_t)1, sizeof(*tlb->first_pointer));
	tlb->second_pointer =
		calloc(tlb->second.cache.entries + (size_t)1, sizeof(*tlb->second_pointer));
	tlb->table_page = calloc(tlb->tables.cache.entries + (size_t)1, sizeof(*tlb->table_page));
	cache_holds(&tlb->iotlb.cache, tlb->translation, sizeof(*tlb->translation));
	cache_holds(&tlb->first.cache, tlb->first_pointer, sizeof(*tlb->first_pointer));
	cache_holds(&tlb->second.cache, tlb->second_pointer, sizeof(*tlb->second_pointer));
	cache_holds(&tlb->tables.cache, tlb->table_page, sizeof(*tlb->table_page));
	return tlb->translation && tlb->first_pointer && tlb->second_pointer && tlb->table_page
		       ? 0
		       : -ENOMEM;
}

int vtd_tlb_init(struct vtd_unit *u)
{
	struct vtd_tlb *tlb = calloc(1, sizeof(*tlb));
	int error;

	if (!tlb)
		return -ENOMEM;
	u->tlb = tlb;
	tlb->counters = &u->unit.counters;
	error = init(tlb, &u->unit.config, u->features.did_bits);
	if (error)
		vtd_tlb_fini(u);
	return error;
}

void vtd_tlb_fini(struct vtd_unit *u)
{
	struct vtd_tlb *tlb = u->tlb;

	if (!tlb)
		return;
	filed_fini(&tlb->iotlb);
	filed_fini(&tlb->first);
	filed_fini(&tlb->second);
	filed_fini(&tlb->tables);
	free(tlb->translation);
	free(tlb->first_pointer);
	free(tlb->second_pointer);
	free(tlb->table_page);
	free(tlb);
	u->tlb = NULL;
}

void vtd_tlb_reset(struct vtd_tlb *tlb)
{
	filed_reset(&tlb->iotlb);
	filed_reset(&tlb->first);
	filed_reset(&tlb->second);
	filed_reset(&tlb->tables);
}
