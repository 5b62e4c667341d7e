/* SPDX-License-Identifier: Apache-2.0 */
/* The IOTLB and the page walk caches. */
#include "amdvi/tlb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Fill and look-up ------------------------------------------------------------ */

void amdvi_iotlb_fill(struct amdvi_tlb *tlb, uint64_t key, uint64_t address,
		      const struct amdvi_translation *translation)
{
	struct filed_tag tag = {
		.key0 = key,
		.group = amdvi_iotlb_group(translation->domain, translation->guest),
	};
	uint32_t slot;

	if (translation->guest)
		tlb->nested[translation->domain / 8] |= (uint8_t)(1u << translation->domain % 8);
	slot = filed_fill(&tlb->iotlb, address, translation->page_lg2, &tag);
	if (slot != CACHE_NONE)
		tlb->translation[slot] = *translation;
}

/* Starts the walk at a pointer's table. */
static void start_at(struct walk *w, const struct amdvi_pointer *pointer)
{
	w->table = pointer->table;
	w->table_pa = pointer->table_pa;
	w->table_known = true;
	w->first_table = false;
	w->level = (int8_t)pointer->level;
	w->rights = pointer->rights;
}

/* From the lowest level upwards; a pointer to a table of level n - 1 is filed as a page
 * of level n, whatever levels it skipped. */
static uint32_t find_pointer(const struct filed *filed, uint64_t input, unsigned levels,
			     uint64_t key)
{
	for (unsigned level = 1; level < levels; level++) {
		uint32_t slot;

		if (!filed_may_have(filed, amdvi_page_lg2(level)))
			continue;
		slot = cache_find(&filed->cache, filed_index(input, amdvi_page_lg2(level)), key, 0);
		if (slot != CACHE_NONE)
			return slot;
	}
	return CACHE_NONE;
}

void amdvi_guest_find(const struct amdvi_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct amdvi_tlb *tlb = p->tlb;
	uint32_t slot = find_pointer(&tlb->guest, w->ask.input, p->guest_levels,
				     amdvi_guest_key(p->domain, p->pasid));

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE1_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->guest.cache, slot);
	tlb->counters->walk_hits[0][tlb->guest_pointer[slot].level]++;
	start_at(w, &tlb->guest_pointer[slot]);
}

void amdvi_host_find(const struct amdvi_paging *p, struct ioasim_cost *cost, struct walk *w)
{
	struct amdvi_tlb *tlb = p->tlb;
	uint32_t slot = find_pointer(&tlb->host, w->ask.input, p->host_levels, p->domain);

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_WALK, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return;
	cache_touch(&tlb->host.cache, slot);
	tlb->counters->walk_hits[1][tlb->host_pointer[slot].level]++;
	start_at(w, &tlb->host_pointer[slot]);
}

void amdvi_guest_add(const struct amdvi_paging *p, const struct walk *w,
		     const struct amdvi_pointer *pointer)
{
	struct filed_tag tag = {.key0 = amdvi_guest_key(p->domain, p->pasid), .group = p->domain};
	uint32_t slot =
		filed_fill(&p->tlb->guest, w->ask.input, amdvi_page_lg2(pointer->level + 1u), &tag);

	p->tlb->guest_pointer[slot] = *pointer;
}

void amdvi_host_add(const struct amdvi_paging *p, const struct walk *w,
		    const struct amdvi_pointer *pointer)
{
	struct filed_tag tag = {.key0 = p->domain, .group = p->domain};
	uint32_t slot =
		filed_fill(&p->tlb->host, w->ask.input, amdvi_page_lg2(pointer->level + 1u), &tag);

	p->tlb->host_pointer[slot] = *pointer;
}

/* Large pages are kept by pieces of the size of a table. */
const struct amdvi_table_page *amdvi_table_find(const struct amdvi_paging *p,
						struct ioasim_cost *cost, uint64_t address)
{
	struct amdvi_tlb *tlb = p->tlb;
	uint32_t slot =
		cache_find(&tlb->tables.cache, filed_index(address, AMDVI_TABLE_LG2), p->domain, 0);

	counters_lookup(tlb->counters, cost, IOASIM_CACHE_STAGE2_TLB, slot != CACHE_NONE);
	if (slot == CACHE_NONE)
		return NULL;
	cache_touch(&tlb->tables.cache, slot);
	return &tlb->table_page[slot];
}

void amdvi_table_add(const struct amdvi_paging *p, uint64_t address,
		     const struct amdvi_table_page *page)
{
	struct filed_tag tag = {.key0 = p->domain, .group = p->domain};
	uint32_t slot = filed_fill(&p->tlb->tables, address, AMDVI_TABLE_LG2, &tag);

	p->tlb->table_page[slot] = *page;
}

/* ---- Removal --------------------------------------------------------------------- */

/* What tells entries of one group apart. */
static bool translation_has_pasid(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct amdvi_pages *what = owner;

	(void)tag;
	return ((const struct amdvi_translation *)held)->pasid == what->pasid;
}

static bool pointer_has_pasid(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct amdvi_pages *what = owner;

	(void)tag;
	return ((const struct amdvi_pointer *)held)->pasid == what->pasid;
}

/* Where a page lies between the stages. */
static bool translation_lies_in(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct amdvi_pages *what = owner;
	const struct amdvi_translation *t = held;

	(void)tag;
	return t->gpa <= what->last && t->gpa + field_mask(t->page_lg2 - 1u, 0) >= what->first;
}

/* A pointer knows where the host table put the guest table. */
static bool table_lies_in(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct amdvi_pages *what = owner;
	uint64_t table = ((const struct amdvi_pointer *)held)->table;

	(void)tag;
	return table <= what->last && table + field_mask(AMDVI_TABLE_LG2 - 1, 0) >= what->first;
}

void amdvi_tlb_drop_host(struct amdvi_tlb *tlb, const struct amdvi_pages *what)
{
	struct cache_removal r = {
		.by_group = true,
		.group = what->domain,
		.first = what->first,
		.last = what->last,
	};

	filed_drop(&tlb->tables, &r);
	if (what->pde)
		filed_drop(&tlb->host, &r);
	r.group = amdvi_iotlb_group(what->domain, false);
	filed_drop(&tlb->iotlb, &r);

	r = (struct cache_removal){.by_group = true, .last = ~UINT64_C(0), .owner = what};
	r.group = amdvi_iotlb_group(what->domain, true);
	r.matches = translation_lies_in;
	filed_drop(&tlb->iotlb, &r);
	r.group = what->domain;
	r.matches = table_lies_in;
	filed_drop(&tlb->guest, &r);
}

void amdvi_tlb_drop_guest(struct amdvi_tlb *tlb, const struct amdvi_pages *what)
{
	struct cache_removal r = {
		.by_group = true,
		.group = amdvi_iotlb_group(what->domain, true),
		.first = what->first,
		.last = what->last,
		.matches = translation_has_pasid,
		.owner = what,
	};

	filed_drop(&tlb->iotlb, &r);
	if (!what->pde)
		return;
	r.group = what->domain;
	r.matches = pointer_has_pasid;
	filed_drop(&tlb->guest, &r);
}

void amdvi_tlb_drop_all(struct amdvi_tlb *tlb)
{
	filed_drop_all(&tlb->iotlb);
	filed_drop_all(&tlb->guest);
	filed_drop_all(&tlb->host);
	filed_drop_all(&tlb->tables);
}

/* ---- Creation -------------------------------------------------------------------- */

static int init(struct amdvi_tlb *tlb, const struct ioasim_unit_config *config)
{
	const struct ioasim_cache_geometry *geometry = config->cache;
	struct ioasim_cache_counters *counters = tlb->counters->cache;
	int error;

	error = filed_init(&tlb->iotlb, &geometry[IOASIM_CACHE_IOTLB], 2 * AMDVI_DOMAINS,
			   &counters[IOASIM_CACHE_IOTLB]);
	if (!error)
		error = filed_init(&tlb->guest, &geometry[IOASIM_CACHE_STAGE1_WALK], AMDVI_DOMAINS,
				   &counters[IOASIM_CACHE_STAGE1_WALK]);
	if (!error)
		error = filed_init(&tlb->host, &geometry[IOASIM_CACHE_STAGE2_WALK], AMDVI_DOMAINS,
				   &counters[IOASIM_CACHE_STAGE2_WALK]);
	if (!error)
		error = filed_init(&tlb->tables, &geometry[IOASIM_CACHE_STAGE2_TLB], AMDVI_DOMAINS,
				   &counters[IOASIM_CACHE_STAGE2_TLB]);
	if (error)
		return error;

	/* One more than needed, so that a cache that is off allocates too. */
	tlb->translation = calloc(tlb->iotlb.cache.entries + (size_t)1, sizeof(*tlb->translation));
	tlb->guest_pointer =
		calloc(tlb->guest.cache.entries + (size_t)1, sizeof(*tlb->guest_pointer));
	tlb->host_pointer = calloc(tlb->host.cache.entries + (size_t)1, sizeof(*tlb->host_pointer));
	tlb->table_page = calloc(tlb->tables.cache.entries + (size_t)1, sizeof(*tlb->table_page));
	cache_holds(&tlb->iotlb.cache, tlb->translation, sizeof(*tlb->translation));
	cache_holds(&tlb->guest.cache, tlb->guest_pointer, sizeof(*tlb->guest_pointer));
	cache_holds(&tlb->host.cache, tlb->host_pointer, sizeof(*tlb->host_pointer));
	cache_holds(&tlb->tables.cache, tlb->table_page, sizeof(*tlb->table_page));
	return tlb->translation && tlb->guest_pointer && tlb->host_pointer && tlb->table_page
		       ? 0
		       : -ENOMEM;
}

int amdvi_tlb_init(struct amdvi_unit *u)
{
	struct amdvi_tlb *tlb = calloc(1, sizeof(*tlb));
	int error;

	if (!tlb)
		return -ENOMEM;
	u->tlb = tlb;
	tlb->counters = &u->unit.counters;
	error = init(tlb, &u->unit.config);
	if (error)
		amdvi_tlb_fini(u);
	return error;
}

void amdvi_tlb_fini(struct amdvi_unit *u)
{
	struct amdvi_tlb *tlb = u->tlb;

	if (!tlb)
		return;
	filed_fini(&tlb->iotlb);
	filed_fini(&tlb->guest);
	filed_fini(&tlb->host);
	filed_fini(&tlb->tables);
	free(tlb->translation);
	free(tlb->guest_pointer);
	free(tlb->host_pointer);
	free(tlb->table_page);
	free(tlb);
	u->tlb = NULL;
}

void amdvi_tlb_reset(struct amdvi_tlb *tlb)
{
	filed_reset(&tlb->iotlb);
	filed_reset(&tlb->guest);
	filed_reset(&tlb->host);
	filed_reset(&tlb->tables);
	memset(tlb->nested, 0, sizeof(tlb->nested));
}
