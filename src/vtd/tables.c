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

/* Devices that differ in bits of the mask alone. */
struct devices {
	uint16_t sid, mask;
	bool by_did;
	uint16_t did;
};

static bool context_is_of_device(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct devices *devices = owner;
	const struct vtd_context *context = held;

	return ((tag->index ^ devices->sid) & ~(uint64_t)devices->mask) == 0 &&
	       (!devices->by_did || context->did == devices->did);
}

void vtd_context_drop_device(struct vtd_tables *tables, uint16_t sid, uint16_t mask, bool by_did,
			     uint16_t did)
{
	const struct devices devices = {sid, mask, by_did, did};

	cache_remove(&tables->context_cache,
		     &(struct cache_removal){.matches = context_is_of_device, .owner = &devices});
}

void vtd_pasid_drop_all(struct vtd_tables *tables)
{
	cache_drop_all(&tables->pasid_cache);
}

void vtd_pasid_drop_domain(struct vtd_tables *tables, uint16_t did)
{
	cache_drop_group(&tables->pasid_cache, did);
}

static bool entry_is_of_pasid(const void *owner, const struct cache_slot *tag, const void *held)
{
	(void)held;
	return vtd_pasid_filed(tag->index) == *(const uint32_t *)owner;
}

void vtd_pasid_drop(struct vtd_tables *tables, uint16_t did, uint32_t pasid)
{
	cache_remove(&tables->pasid_cache, &(struct cache_removal){
						   .by_group = true,
						   .group = did,
						   .matches = entry_is_of_pasid,
						   .owner = &pasid,
					   });
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
	cache_holds(&tables->context_cache, tables->context, sizeof(*tables->context));
	cache_holds(&tables->pasid_cache, tables->pasid, sizeof(*tables->pasid));
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

struct cache *vtd_cache_of(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	const struct vtd_unit *u = (const struct vtd_unit *)unit;

	switch (cache) {
	case IOASIM_CACHE_DEVICE:
		return &u->tables->context_cache;
	case IOASIM_CACHE_PASID:
		return &u->tables->pasid_cache;
	case IOASIM_CACHE_STAGE1_WALK:
		return &u->tlb->first.cache;
	case IOASIM_CACHE_STAGE2_WALK:
		return &u->tlb->second.cache;
	case IOASIM_CACHE_IOTLB:
		return &u->tlb->iotlb.cache;
	case IOASIM_CACHE_STAGE2_TLB:
		return &u->tlb->tables.cache;
	case IOASIM_CACHES:
		break;
	}
	return NULL;
}
