/* SPDX-License-Identifier: Apache-2.0 */
/* The context and PASID caches as a whole: making, ending, removals (6.5.2.1, 6.5.2.2). */
#include "vtd/context.h"
#include "vtd/tlb.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Removals -------------------------------------------------------------------- */

void vtd_context_drop_all(struct vtd_tables *tables)
{
	cache_drop_all(&tables->context_cache);
}

void vtd_context_drop_domain(struct vtd_tables *tables, uint16_t did)
{
	cache_drop_group(&tables->context_cache, did);
}

void vtd_context_drop_device(struct vtd_tables *tables, uint16_t sid, uint16_t mask, bool by_did,
			     uint16_t did)
{
	struct cache *cache = &tables->context_cache;
	uint32_t next;

	for (uint32_t slot = cache_first(cache); slot != CACHE_NONE; slot = next) {
		const struct vtd_context *context = &tables->context[slot];
		uint64_t filed = cache_tag(cache, slot)->index;

		next = cache_next(cache, slot);
		if (((filed ^ sid) & ~(uint64_t)mask) == 0 && (!by_did || context->did == did))
			cache_drop(cache, slot);
	}
}

void vtd_pasid_drop_all(struct vtd_tables *tables)
{
	cache_drop_all(&tables->pasid_cache);
}

void vtd_pasid_drop_domain(struct vtd_tables *tables, uint16_t did)
{
	cache_drop_group(&tables->pasid_cache, did);
}

void vtd_pasid_drop(struct vtd_tables *tables, uint16_t did, uint32_t pasid)
{
	struct cache *cache = &tables->pasid_cache;
	uint32_t next;

	for (uint32_t slot = cache_group_first(cache, did); slot != CACHE_NONE; slot = next) {
		next = cache_group_next(cache, slot);
		if (vtd_pasid_filed(cache_tag(cache, slot)->index) == pasid)
			cache_drop(cache, slot);
	}
}

/* ---- Making and ending ----------------------------------------------------------- */

static int init(struct vtd_tables *tables, const struct ioasim_unit_config *config,
		unsigned did_bits)
{
	struct ioasim_cache_counters *counters = tables->counters->cache;
	int error;

	error = cache_init(&tables->context_cache, &config->cache[IOASIM_CACHE_DEVICE],
			   1u << did_bits, &counters[IOASIM_CACHE_DEVICE]);
	if (!error)
		error = cache_init(&tables->pasid_cache, &config->cache[IOASIM_CACHE_PASID],
				   1u << did_bits, &counters[IOASIM_CACHE_PASID]);
	if (error)
		return error;

	/* One more than needed, so that a cache that is off allocates too. */
	tables->context =
		calloc(tables->context_cache.entries + (size_t)1, sizeof(*tables->context));
	tables->pasid = calloc(tables->pasid_cache.entries + (size_t)1, sizeof(*tables->pasid));
	return tables->context && tables->pasid ? 0 : -ENOMEM;
}

static void fini(struct vtd_unit *u)
{
	struct vtd_tables *tables = u->tables;

	if (!tables)
		return;
	cache_fini(&tables->context_cache);
	cache_fini(&tables->pasid_cache);
	free(tables->context);
	free(tables->pasid);
	free(tables);
	u->tables = NULL;
}

int vtd_caches_init(struct vtd_unit *u)
{
	int error = -ENOMEM;

	u->tables = calloc(1, sizeof(*u->tables));
	if (!u->tables)
		return error;
	u->tables->counters = &u->unit.counters;
	vtd_reserved_init(&u->tables->reserved, &u->features);
	error = init(u->tables, &u->unit.config, u->features.did_bits);
	if (!error)
		error = vtd_tlb_init(u);
	if (error)
		fini(u);
	return error;
}

void vtd_caches_fini(struct vtd_unit *u)
{
	vtd_tlb_fini(u);
	fini(u);
}

void vtd_caches_reset(struct vtd_unit *u)
{
	cache_reset(&u->tables->context_cache);
	cache_reset(&u->tables->pasid_cache);
	vtd_tlb_reset(u->tlb);
}

uint32_t vtd_cache_live(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	const struct vtd_unit *u = (const struct vtd_unit *)unit;

	switch (cache) {
	case IOASIM_CACHE_DEVICE:
		return u->tables->context_cache.live;
	case IOASIM_CACHE_PASID:
		return u->tables->pasid_cache.live;
	case IOASIM_CACHE_STAGE1_WALK:
		return u->tlb->first.cache.live;
	case IOASIM_CACHE_STAGE2_WALK:
		return u->tlb->second.cache.live;
	case IOASIM_CACHE_IOTLB:
		return u->tlb->iotlb.cache.live;
	case IOASIM_CACHE_STAGE2_TLB:
		return u->tlb->tables.cache.live;
	case IOASIM_CACHES:
		break;
	}
	return 0;
}
