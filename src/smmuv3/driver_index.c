/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that the unit indexes by StreamID (3.3.1) or SubstreamID (3.3.2): entries of 64
 * bytes, in one array or in parts behind a level 1 table; beside each part what the
 * driver keeps of its entries. The descriptors of level 1 are the caller's.
 */
#include "smmuv3/driver.h"

#include <errno.h>
#include <stdlib.h>

/* Bytes as logarithms: STE and CD, L1STD and L1CD. */
#define ENTRY_LG2      6
#define DESCRIPTOR_LG2 3

_Static_assert(SMMU_STE_SIZE == 1 << ENTRY_LG2 && SMMU_CD_SIZE == 1 << ENTRY_LG2, "entry");
_Static_assert(SMMU_L1STD_SIZE == 1 << DESCRIPTOR_LG2 && SMMU_L1CD_SIZE == 1 << DESCRIPTOR_LG2,
	       "descriptor");

/* 2^lg2 zeroed bytes aligned to that, at least a page. */
static int bytes_alloc(struct smmu_driver *driver, unsigned lg2, ioasim_pa_t *first)
{
	return pool_alloc_block(&driver->pool, lg2 > POOL_PAGE_LG2 ? lg2 - POOL_PAGE_LG2 : 0,
				first);
}

static uint32_t parts(const struct smmu_index *index)
{
	return UINT32_C(1) << (index->bits - index->part_lg2);
}

static uint32_t part_of(const struct smmu_index *index, uint32_t number)
{
	return number >> index->part_lg2;
}

int smmu_index_make(struct smmu_driver *driver, struct smmu_index *index, uint32_t number,
		    struct smmu_part_made *made)
{
	uint32_t at = part_of(index, number);
	struct smmu_part *part;
	int error;

	*made = (struct smmu_part_made){0};
	if (index->part[at])
		return 0;
	part = calloc(1, sizeof(*part) + (sizeof(part->slot[0]) << index->part_lg2));
	if (!part)
		return -ENOMEM;
	error = bytes_alloc(driver, index->part_lg2 + ENTRY_LG2, &part->table);
	if (error) {
		free(part);
		return error;
	}
	index->part[at] = part;
	made->table = part->table;
	made->descriptor = index->base + ((uint64_t)at << DESCRIPTOR_LG2);
	return 0;
}

int smmu_index_init(struct smmu_driver *driver, struct smmu_index *index, unsigned bits,
		    unsigned part_lg2)
{
	struct smmu_part_made made;
	int error;

	index->bits = (uint8_t)bits;
	index->part_lg2 = (uint8_t)(part_lg2 < bits ? part_lg2 : bits);
	index->part = calloc(parts(index), sizeof(struct smmu_part *));
	if (!index->part)
		return -ENOMEM;
	if (smmu_index_linear(index)) {
		error = smmu_index_make(driver, index, 0, &made);
		index->base = made.table;
	} else {
		error = bytes_alloc(driver, bits - index->part_lg2 + DESCRIPTOR_LG2, &index->base);
	}
	if (error) {
		free(index->part);
		index->part = NULL;
	}
	return error;
}

void smmu_index_take(struct smmu_driver *driver, struct smmu_index *index, struct pool_list *pages)
{
	if (!index->part)
		return;
	for (uint32_t i = 0; i < parts(index); i++) {
		if (index->part[i])
			pool_list_add(&driver->pool, pages, index->part[i]->table);
		free(index->part[i]);
	}
	if (!smmu_index_linear(index))
		pool_list_add(&driver->pool, pages, index->base);
	free(index->part);
	*index = (struct smmu_index){0};
}

void **smmu_index_slot(const struct smmu_index *index, uint32_t number, ioasim_pa_t *entry)
{
	uint32_t inside = number & ((UINT32_C(1) << index->part_lg2) - 1);
	uint32_t at = part_of(index, number);
	struct smmu_part *part;

	if (!index->part || at >= parts(index) || !index->part[at])
		return NULL;
	part = index->part[at];
	*entry = part->table + ((uint64_t)inside << ENTRY_LG2);
	return &part->slot[inside];
}
