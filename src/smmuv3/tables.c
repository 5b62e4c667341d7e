/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration caches as a whole: making and ending. */
#include "smmuv3/stream.h"
#include "smmuv3/tlb.h"

#include <errno.h>
#include <stdlib.h>

int smmu_tables_init(struct smmu_unit *u)
{
	struct smmu_tables *t = calloc(1, sizeof(*t));
	const struct ioasim_cache_geometry *geometry = u->unit.config.cache;
	int error;

	if (!t)
		return -ENOMEM;
	u->tables = t;
	t->counters = &u->unit.counters;
	smmu_accesses_init(&t->accesses);
	/* What words of zeros decode to. */
	for (unsigned i = 0; i < SMMU_DECODED; i++)
		t->decoded_ste[i].ste.illegal = t->decoded_cd[i].cd.illegal = true;
	error = cache_init(&t->streams, &geometry[IOASIM_CACHE_DEVICE], 1,
			   &t->counters->cache[IOASIM_CACHE_DEVICE]);
	if (!error)
		error = cache_init(&t->contexts, &geometry[IOASIM_CACHE_PASID], SMMU_CONTEXT_GROUPS,
				   &t->counters->cache[IOASIM_CACHE_PASID]);
	if (!error) {
		/* One more than needed, so that a cache that is off allocates too. */
		t->stream = calloc(t->streams.entries + (size_t)1, sizeof(*t->stream));
		t->context = calloc(t->contexts.entries + (size_t)1, sizeof(*t->context));
		cache_holds(&t->streams, t->stream, sizeof(*t->stream));
		cache_holds(&t->contexts, t->context, sizeof(*t->context));
		error = t->stream && t->context ? 0 : -ENOMEM;
	}
	if (error)
		smmu_tables_fini(u);
	return error;
}

void smmu_tables_fini(struct smmu_unit *u)
{
	struct smmu_tables *t = u->tables;

	if (!t)
		return;
	cache_fini(&t->streams);
	cache_fini(&t->contexts);
	free(t->stream);
	free(t->context);
	free(t);
	u->tables = NULL;
}

void smmu_tables_reset(struct smmu_tables *tables)
{
	cache_reset(&tables->streams);
	cache_reset(&tables->contexts);
	tables->recent.valid = false;
}

int smmu_caches_init(struct smmu_unit *u)
{
	int error = smmu_tables_init(u);

	if (!error)
		error = smmu_tlb_init(u);
	if (error)
		smmu_tables_fini(u);
	return error;
}

void smmu_caches_fini(struct smmu_unit *u)
{
	smmu_tlb_fini(u);
	smmu_tables_fini(u);
}

void smmu_caches_reset(struct smmu_unit *u)
{
	smmu_tables_reset(u->tables);
	smmu_tlb_reset(u->tlb);
}

struct cache *smmu_cache_of(const struct ioasim_unit *unit, enum ioasim_cache cache)
{
	const struct smmu_unit *u = (const struct smmu_unit *)unit;

	switch (cache) {
	case IOASIM_CACHE_DEVICE:
		return &u->tables->streams;
	case IOASIM_CACHE_PASID:
		return &u->tables->contexts;
	case IOASIM_CACHE_STAGE1_WALK:
		return &u->tlb->first.cache;
	case IOASIM_CACHE_STAGE2_WALK:
		return &u->tlb->second.cache;
	case IOASIM_CACHE_IOTLB:
		return &u->tlb->iotlb.cache;
	case IOASIM_CACHE_STAGE2_TLB:
		return &u->tlb->table_pages.cache;
	case IOASIM_CACHES:
		break;
	}
	return NULL;
}
