/* SPDX-License-Identifier: Apache-2.0 */
/* The IOTLB and the paging-structure caches. */
#include "vtd/tlb.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Fill and look-up ------------------------------------------------------------ */

void vtd_iotlb_fill(struct vtd_tlb *tlb, uint64_t key, uint64_t address,
		    const struct vtd_translation *translation)
{
	unsigned lg2 = translation->page_lg2;
	uint32_t slot;

	if (cache_off(&tlb->iotlb))
		return;
	if (lg2 == VTD_PASS_LG2)
		lg2 = VTD_PASS_PIECE_LG2;
	slot = cache_fill(&tlb->iotlb, vtd_filed(address, lg2), key, 0,
			  vtd_iotlb_group(translation->did, translation->pgtt));
	tlb->translation[slot] = *translation;
	tlb->iotlb_sizes |= UINT64_C(1) << lg2;
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
		if (tlb->first_levels & 1u << level)
			slot = cache_find(&tlb->first, vtd_filed(w->ask.input, vtd_page_lg2(level)),
					  key, 0);
	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE1_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->first, slot);
	start_at(w, &tlb->first_pointer[slot]);
}

void vtd_second_find(const struct vtd_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct vtd_tlb *tlb = p->tlb;
	uint32_t slot = CACHE_NONE;

	for (unsigned level = 1; level < p->route->levels && slot == CACHE_NONE; level++)
		if (tlb->second_levels & 1u << level)
			slot = cache_find(&tlb->second,
					  vtd_filed(w->ask.input, vtd_page_lg2(level)),
					  p->route->did, 0);
	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->second, slot);
	start_at(w, &tlb->second_pointer[slot]);
}

void vtd_first_add(const struct vtd_paging *p, const struct walk *w,
		   const struct vtd_pointer *pointer)
{
	struct vtd_tlb *tlb = p->tlb;
	unsigned level = pointer->level + 1u;
	uint32_t slot = cache_fill(&tlb->first, vtd_filed(w->ask.input, vtd_page_lg2(level)),
				   first_key(p->route), 0, pointer->did);

	tlb->first_pointer[slot] = *pointer;
	tlb->first_levels |= 1u << level;
}

void vtd_second_add(const struct vtd_paging *p, const struct walk *w,
		    const struct vtd_pointer *pointer)
{
	struct vtd_tlb *tlb = p->tlb;
	unsigned level = pointer->level + 1u;
	uint32_t slot = cache_fill(&tlb->second, vtd_filed(w->ask.input, vtd_page_lg2(level)),
				   pointer->did, 0, pointer->did);

	tlb->second_pointer[slot] = *pointer;
	tlb->second_levels |= 1u << level;
}

/* Large pages are kept by pieces of the size of a table. */
const struct vtd_table_page *vtd_table_find(const struct vtd_paging *p, struct ioasim_cost *cost,
					    uint64_t address)
{
	struct vtd_tlb *tlb = p->tlb;
	uint32_t slot =
		cache_find(&tlb->tables, vtd_filed(address, VTD_TABLE_LG2), p->route->did, 0);

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_TLB, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return NULL;
	cache_touch(&tlb->tables, slot);
	return &tlb->table_page[slot];
}

void vtd_table_add(const struct vtd_paging *p, uint64_t address, const struct vtd_table_page *page)
{
	struct vtd_tlb *tlb = p->tlb;
	uint32_t slot = cache_fill(&tlb->tables, vtd_filed(address, VTD_TABLE_LG2), page->did, 0,
				   page->did);

	tlb->table_page[slot] = *page;
}

/* ---- Removal --------------------------------------------------------------------- */

/* The part of an entry that a removal looks at. */
struct filed {
	uint16_t did;
	uint32_t pasid;
	uint64_t first, last;
	uint32_t group;
};

/* Size and place of a slot, from the number it is filed under. */
static void filed_range(const struct cache *cache, uint32_t slot, struct filed *filed)
{
	uint64_t number = cache_tag(cache, slot)->index;
	unsigned lg2 = (unsigned)(number >> 58);

	filed->first = number << lg2;
	filed->last = filed->first + ((UINT64_C(1) << lg2) - 1);
	filed->group = cache_group(cache, slot);
}

static bool reached(const struct filed *filed, const struct vtd_reach *reach)
{
	return filed->did == reach->did && (!reach->has_pasid || filed->pasid == reach->pasid) &&
	       filed->first <= reach->last && filed->last >= reach->first;
}

static bool whole(const struct vtd_reach *reach)
{
	return reach->first == 0 && reach->last == ~UINT64_C(0);
}

/* One of the caches, as removals see it. */
struct removal {
	struct cache *cache;
	uint64_t sizes; /* log2 of those that may be live */
	uint32_t group;
	const struct vtd_reach *reach;
	void (*describe)(const struct vtd_tlb *tlb, uint32_t slot, struct filed *filed);
};

static void drop_slot(const struct vtd_tlb *tlb, const struct removal *r, uint32_t slot)
{
	struct filed filed;

	filed_range(r->cache, slot, &filed);
	r->describe(tlb, slot, &filed);
	if (filed.group == r->group && reached(&filed, r->reach))
		cache_drop(r->cache, slot);
}

/* Looks at every entry of the group. */
static void drop_scan(const struct vtd_tlb *tlb, const struct removal *r)
{
	uint32_t next;

	for (uint32_t slot = cache_group_first(r->cache, r->group); slot != CACHE_NONE;
	     slot = next) {
		next = cache_group_next(r->cache, slot);
		drop_slot(tlb, r, slot);
	}
}

/* Looks at what is filed under the numbers of the range, in one size. */
static void drop_numbers(const struct vtd_tlb *tlb, const struct removal *r, unsigned lg2)
{
	uint64_t count = (r->reach->last >> lg2) - (r->reach->first >> lg2) + 1;
	uint32_t next;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t number = vtd_filed(r->reach->first + (i << lg2), lg2);

		for (uint32_t slot = cache_index_first(r->cache, number); slot != CACHE_NONE;
		     slot = next) {
			next = cache_index_next(r->cache, number, slot);
			drop_slot(tlb, r, slot);
		}
	}
}

/* By numbers where these are fewer than what lives, else by the group's list. */
static void drop(const struct vtd_tlb *tlb, const struct removal *r)
{
	uint64_t numbers = 0;

	if (cache_group_first(r->cache, r->group) == CACHE_NONE)
		return;
	if (whole(r->reach) && !r->reach->has_pasid) {
		cache_drop_group(r->cache, r->group);
		return;
	}
	for (uint64_t sizes = r->sizes; sizes; sizes &= sizes - 1) {
		unsigned lg2 = (unsigned)__builtin_ctzll(sizes);

		numbers += (r->reach->last >> lg2) - (r->reach->first >> lg2) + 1;
		if (numbers >= r->cache->live) {
			drop_scan(tlb, r);
			return;
		}
	}
	for (uint64_t sizes = r->sizes; sizes; sizes &= sizes - 1)
		drop_numbers(tlb, r, (unsigned)__builtin_ctzll(sizes));
}

static void describe_translation(const struct vtd_tlb *tlb, uint32_t slot, struct filed *filed)
{
	filed->did = tlb->translation[slot].did;
	filed->pasid = tlb->translation[slot].pasid;
}

static void describe_first(const struct vtd_tlb *tlb, uint32_t slot, struct filed *filed)
{
	filed->did = tlb->first_pointer[slot].did;
	filed->pasid = tlb->first_pointer[slot].pasid;
}

static void describe_second(const struct vtd_tlb *tlb, uint32_t slot, struct filed *filed)
{
	filed->did = tlb->second_pointer[slot].did;
	filed->pasid = 0;
}

static void describe_table(const struct vtd_tlb *tlb, uint32_t slot, struct filed *filed)
{
	filed->did = tlb->table_page[slot].did;
	filed->pasid = 0;
}

static uint64_t level_sizes(unsigned levels)
{
	uint64_t sizes = 0;

	for (unsigned level = 1; level < VTD_LEVELS; level++)
		if (levels & 1u << level)
			sizes |= UINT64_C(1) << vtd_page_lg2(level);
	return sizes;
}

void vtd_iotlb_drop(struct vtd_tlb *tlb, bool first, const struct vtd_reach *reach)
{
	struct removal removal = {
		.cache = &tlb->iotlb,
		.sizes = tlb->iotlb_sizes,
		.group = vtd_iotlb_group(reach->did, first ? VTD_PGTT_FIRST : VTD_PGTT_SECOND),
		.reach = reach,
		.describe = describe_translation,
	};

	if (tlb->iotlb.live)
		drop(tlb, &removal);
	if (!tlb->iotlb.live)
		tlb->iotlb_sizes = 0;
}

void vtd_first_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach)
{
	struct removal removal = {
		.cache = &tlb->first,
		.sizes = level_sizes(tlb->first_levels),
		.group = reach->did,
		.reach = reach,
		.describe = describe_first,
	};

	if (tlb->first.live)
		drop(tlb, &removal);
	if (!tlb->first.live)
		tlb->first_levels = 0;
}

void vtd_second_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach)
{
	struct removal removal = {
		.cache = &tlb->second,
		.sizes = level_sizes(tlb->second_levels),
		.group = reach->did,
		.reach = reach,
		.describe = describe_second,
	};

	if (tlb->second.live)
		drop(tlb, &removal);
	if (!tlb->second.live)
		tlb->second_levels = 0;
}

void vtd_table_drop(struct vtd_tlb *tlb, const struct vtd_reach *reach)
{
	struct removal removal = {
		.cache = &tlb->tables,
		.sizes = UINT64_C(1) << VTD_TABLE_LG2,
		.group = reach->did,
		.reach = reach,
		.describe = describe_table,
	};

	if (tlb->tables.live)
		drop(tlb, &removal);
}

void vtd_tlb_drop_all(struct vtd_tlb *tlb)
{
	cache_drop_all(&tlb->iotlb);
	cache_drop_all(&tlb->first);
	cache_drop_all(&tlb->second);
	cache_drop_all(&tlb->tables);
	tlb->iotlb_sizes = 0;
	tlb->first_levels = tlb->second_levels = 0;
}

/* ---- Creation -------------------------------------------------------------------- */

static int init(struct vtd_tlb *tlb, const struct ioasim_unit_config *config, unsigned did_bits)
{
	const struct ioasim_cache_geometry *geometry = config->cache;
	struct ioasim_cache_counters *counters = tlb->counters->cache;
	int error;

	error = cache_init(&tlb->iotlb, &geometry[IOASIM_CACHE_IOTLB], 2u << did_bits,
			   &counters[IOASIM_CACHE_IOTLB]);
	if (!error)
		error = cache_init(&tlb->first, &geometry[IOASIM_CACHE_STAGE1_WALK], 1u << did_bits,
				   &counters[IOASIM_CACHE_STAGE1_WALK]);
	if (!error)
		error = cache_init(&tlb->second, &geometry[IOASIM_CACHE_STAGE2_WALK],
				   1u << did_bits, &counters[IOASIM_CACHE_STAGE2_WALK]);
	if (!error)
		error = cache_init(&tlb->tables, &geometry[IOASIM_CACHE_STAGE2_TLB], 1u << did_bits,
				   &counters[IOASIM_CACHE_STAGE2_TLB]);
	if (error)
		return error;

	/* One more than needed, so that a cache that is off allocates too. */
	tlb->translation = calloc(tlb->iotlb.entries + (size_t)1, sizeof(*tlb->translation));
	tlb->first_pointer = calloc(tlb->first.entries + (size_t)1, sizeof(*tlb->first_pointer));
	tlb->second_pointer = calloc(tlb->second.entries + (size_t)1, sizeof(*tlb->second_pointer));
	tlb->table_page = calloc(tlb->tables.entries + (size_t)1, sizeof(*tlb->table_page));
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
	cache_fini(&tlb->iotlb);
	cache_fini(&tlb->first);
	cache_fini(&tlb->second);
	cache_fini(&tlb->tables);
	free(tlb->translation);
	free(tlb->first_pointer);
	free(tlb->second_pointer);
	free(tlb->table_page);
	free(tlb);
	u->tlb = NULL;
}

void vtd_tlb_reset(struct vtd_tlb *tlb)
{
	cache_reset(&tlb->iotlb);
	cache_reset(&tlb->first);
	cache_reset(&tlb->second);
	cache_reset(&tlb->tables);
	tlb->iotlb_sizes = 0;
	tlb->first_levels = tlb->second_levels = 0;
}
