/* SPDX-License-Identifier: Apache-2.0 */
/* GCR3 tables (2.2.6.3) of the driver's own, with as many levels as the PASIDs need. */
#include "amdvi/driver.h"

#include <errno.h>
#include <stdlib.h>

/* Entry in a table of `level` on the way to a PASID. */
static ioasim_pa_t entry_at(ioasim_pa_t table, uint32_t pasid, unsigned level)
{
	return table + amdvi_gcr3_offset(pasid, level);
}

static uint32_t leaf_index(uint32_t pasid)
{
	return pasid / AMDVI_GCR3_ENTRIES;
}

int amdvi_gcr3_init(struct amdvi_gcr3 *gcr3, uint32_t pasid_limit)
{
	gcr3->levels = 1;
	while (pasid_limit > UINT32_C(1) << (AMDVI_LEVEL_BITS * gcr3->levels))
		gcr3->levels++;
	gcr3->leaves = pasid_limit ? leaf_index(pasid_limit - 1) + 1 : 1;
	gcr3->leaf = calloc(gcr3->leaves, sizeof(struct amdvi_gcr3_leaf *));
	return gcr3->leaf ? 0 : -ENOMEM;
}

void amdvi_gcr3_fini(struct amdvi_driver *driver, struct amdvi_gcr3 *gcr3, int error)
{
	struct pool_list pages;

	pool_list_init(&pages);
	for (uint32_t i = 0; gcr3->leaf && i < gcr3->leaves; i++) {
		if (gcr3->leaf[i] && gcr3->leaf[i]->table != gcr3->root)
			pool_list_add(&driver->pool, &pages, gcr3->leaf[i]->table);
		free(gcr3->leaf[i]);
	}
	for (unsigned i = 0; i < AMDVI_GCR3_MIDDLES; i++)
		if (gcr3->middle[i])
			pool_list_add(&driver->pool, &pages, gcr3->middle[i]);
	if (gcr3->root)
		pool_list_add(&driver->pool, &pages, gcr3->root);
	/* Not page tables: counted nowhere. */
	if (error || driver->spaces.broken)
		pool_list_splice(&driver->pool, &driver->spaces.parked, &pages);
	else
		pool_list_free(&driver->pool, &pages);
	free(gcr3->leaf);
	*gcr3 = (struct amdvi_gcr3){0};
}

/* Points an entry of a table above the last to a new one. */
static int table_make(struct amdvi_driver *driver, ioasim_pa_t entry, ioasim_pa_t *table)
{
	ioasim_pa_t page;
	int error = pool_alloc(&driver->pool, &page);

	if (error)
		return error;
	if (ioasim_memory_write64(driver->memory, entry,
				  field_bits(AMDVI_GCR3_ADDR, page) | FIELD_MASK(AMDVI_GCR3_V))) {
		pool_free(&driver->pool, page);
		return -EIO;
	}
	*table = page;
	return 0;
}

/* The table above the last one, on the way to a PASID. */
static int parent_make(struct amdvi_driver *driver, struct amdvi_gcr3 *gcr3, uint32_t pasid,
		       ioasim_pa_t *parent)
{
	ioasim_pa_t *middle = &gcr3->middle[leaf_index(pasid) / AMDVI_GCR3_ENTRIES];
	int error = 0;

	if (gcr3->levels < AMDVI_GCR3_LEVELS) {
		*parent = gcr3->root;
		return 0;
	}
	if (!*middle)
		error = table_make(driver, entry_at(gcr3->root, pasid, 2), middle);
	*parent = *middle;
	return error;
}

static int leaf_make(struct amdvi_driver *driver, struct amdvi_gcr3 *gcr3, uint32_t pasid,
		     struct amdvi_gcr3_leaf *leaf)
{
	ioasim_pa_t parent;
	int error;

	if (gcr3->levels == 1) {
		leaf->table = gcr3->root;
		return 0;
	}
	error = parent_make(driver, gcr3, pasid, &parent);
	return error ? error : table_make(driver, entry_at(parent, pasid, 1), &leaf->table);
}

int amdvi_gcr3_make(struct amdvi_driver *driver, struct amdvi_gcr3 *gcr3, uint32_t pasid)
{
	struct amdvi_gcr3_leaf *leaf;
	int error;

	if (gcr3->leaf[leaf_index(pasid)])
		return 0;
	if (!gcr3->root) {
		ioasim_pa_t root;

		error = pool_alloc(&driver->pool, &root);
		if (error)
			return error;
		gcr3->root = root;
	}
	leaf = calloc(1, sizeof(*leaf));
	if (!leaf)
		return -ENOMEM;
	error = leaf_make(driver, gcr3, pasid, leaf);
	if (error)
		free(leaf);
	else
		gcr3->leaf[leaf_index(pasid)] = leaf;
	return error;
}

struct amdvi_route **amdvi_gcr3_slot(const struct amdvi_gcr3 *gcr3, uint32_t pasid)
{
	struct amdvi_gcr3_leaf *leaf = gcr3->leaf[leaf_index(pasid)];

	return leaf ? &leaf->slot[pasid % AMDVI_GCR3_ENTRIES] : NULL;
}

int amdvi_gcr3_store(struct amdvi_driver *driver, const struct amdvi_gcr3 *gcr3, uint32_t pasid,
		     ioasim_pa_t root, bool *changed)
{
	const struct amdvi_gcr3_leaf *leaf = gcr3->leaf[leaf_index(pasid)];
	uint64_t entry = root ? root | FIELD_MASK(AMDVI_GCR3_V) : 0, old;
	ioasim_pa_t at;

	*changed = false;
	if (!leaf)
		return 0; /* no table leads to an entry that would be invalid */
	at = entry_at(leaf->table, pasid, 0);
	if (ioasim_memory_read64(driver->memory, at, &old))
		return -EIO;
	*changed = old != entry;
	return *changed && ioasim_memory_write64(driver->memory, at, entry) ? -EIO : 0;
}
