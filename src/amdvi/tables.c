/* SPDX-License-Identifier: Apache-2.0 */
/* The caches as a whole: making, ending; removal of device table and GCR3 entries. */
#include "amdvi/device.h"
#include "amdvi/tlb.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Removals -------------------------------------------------------------------- */

void amdvi_device_drop(struct amdvi_tables *tables, uint16_t device_id)
{
	cache_remove(&tables->device_cache,
		     &(struct cache_removal){.by_index = true, .index = device_id});
}

void amdvi_gcr3_drop(struct amdvi_tables *tables, uint16_t domain, uint32_t pasid)
{
	cache_remove(&tables->gcr3_cache,
		     &(struct cache_removal){.by_index = true,
					     .index = amdvi_gcr3_index(domain, pasid)});
}

void amdvi_tables_drop_all(struct amdvi_tables *tables)
{
	cache_drop_all(&tables->device_cache);
	cache_drop_all(&tables->gcr3_cache);
}

/* ---- Making and ending ----------------------------------------------------------- */

static int init(struct amdvi_tables *tables, const struct ioasim_unit_config *config)
{
	struct ioasim_cache_counters *counters = tables->counters->cache;
	int error;

	error = cache_init(&tables->device_cache, &config->cache[IOASIM_CACHE_DEVICE], 1,
			   &counters[IOASIM_CACHE_DEVICE]);
	if (!error)
		error = cache_init(&tables->gcr3_cache, &config->cache[IOASIM_CACHE_PASID], 1,
				   &counters[IOASIM_CACHE_PASID]);
	if (error)
		return error;

	/* One more than needed, so that a cache that is off allocates too. */
	tables->device = calloc(tables->device_cache.entries + (size_t)1, sizeof(*tables->device));
	tables->gcr3 = calloc(tables->gcr3_cache.entries + (size_t)1, sizeof(*tables->gcr3));
	cache_holds(&tables->device_cache, tables->device, sizeof(*tables->device));
	cache_holds(&tables->gcr3_cache, tables->gcr3, sizeof(*tables->gcr3));
	return tables->device && tables->gcr3 ? 0 : -ENOMEM;
}

static void fini(struct amdvi_unit *u)
{
	struct amdvi_tables *tables = u->tables;

	if (!tables)
		return;
	cache_fini(&tables->device_cache);
	cache_fini(&tables->gcr3_cache);
	free(tables->device);
	free(tables->gcr3);
	free(tables);
	u->tables = NULL;
}

int amdvi_caches_init(struct amdvi_unit *u)
{
	int error = -ENOMEM;

	u->tables = calloc(1, sizeof(*u->tables));
	if (!u->tables)
		return error;
	u->tables->counters = &u->unit.counters;
	amdvi_reserved_init(&u->tables->reserved, &u->features);
	error = init(u->tables, &u->unit.config);
	if (!error)
		error = amdvi_tlb_init(u);
	if (error)
		fini(u);
	return error;
}

void amdvi_caches_fini(struct amdvi_unit *u)
{
	amdvi_tlb_fini(u);
	fini(u);
}

void amdvi_caches_reset(struct amdvi_unit *u)
{
	cache_reset(&u->tables->device_cache);
	cache_reset(&u->tables->gcr3_cache);
	amdvi_tlb_reset(u->tlb);
}

struct cache *amdvi_cache_of(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	const struct amdvi_unit *u = (const struct amdvi_unit *)unit;

	switch (cache) {
	case IOASIM_CACHE_DEVICE:
		return &u->tables->device_cache;
	case IOASIM_CACHE_PASID:
		return &u->tables->gcr3_cache;
	case IOASIM_CACHE_STAGE1_WALK:
		return &u->tlb->guest.cache;
	case IOASIM_CACHE_STAGE2_WALK:
		return &u->tlb->host.cache;
	case IOASIM_CACHE_STAGE2_TLB:
		return &u->tlb->tables.cache;
	case IOASIM_CACHE_IOTLB:
		return &u->tlb->iotlb.cache;
	case IOASIM_CACHES:
		break;
	}
	return NULL;
}
