/* SPDX-License-Identifier: Apache-2.0 */
#include "witness.h"

#include <stdlib.h>

#define WITNESS_WAYS     8
#define WITNESS_SIZE_MAX 63

struct item {
	uint64_t page; /* address >> size */
	uint64_t pa; /* of the page */
	uint32_t rid, pasid, domain;
	uint8_t size; /* log2; 0: the item is free */
};

struct witness {
	size_t sets; /* power of two */
	uint64_t sizes; /* bit n: pages of 2^n have been filled */
	unsigned next;
	struct item item[];
};

struct witness *witness_create(uint32_t entries)
{
	size_t sets = 64;
	struct witness *witness;

	/* Many times the entries of the unit: it may keep what is used again and again
	 * for long, while a set here forgets what was filled first. */
	while (sets * WITNESS_WAYS < (size_t)entries * 16 && sets < (size_t)1 << 16)
		sets *= 2;
	witness = calloc(1, sizeof(*witness) + sets * WITNESS_WAYS * sizeof(witness->item[0]));
	if (witness)
		witness->sets = sets;
	return witness;
}

void witness_destroy(struct witness *witness)
{
	free(witness);
}

/* All requesters of a page share a set, so that a command finds them. */
static size_t set_of(const struct witness *witness, uint64_t page)
{
	return (size_t)((page * 0x9e3779b97f4a7c15u) >> 32) & (witness->sets - 1);
}

static const struct item *find(const struct witness *witness, const struct witness_access *access,
			       unsigned size)
{
	uint64_t page = access->address >> size;
	const struct item *item = &witness->item[set_of(witness, page) * WITNESS_WAYS];

	for (unsigned i = 0; i < WITNESS_WAYS; i++, item++)
		if (item->size == size && item->page == page && item->rid == access->rid &&
		    item->pasid == access->pasid)
			return item;
	return NULL;
}

void witness_fill(struct witness *witness, const struct witness_access *access,
		  const struct ioasim_response *response)
{
	unsigned size = response->size_lg2;
	struct item *set, *item;

	if (!size || size > WITNESS_SIZE_MAX)
		return;
	set = &witness->item[set_of(witness, access->address >> size) * WITNESS_WAYS];
	item = (struct item *)find(witness, access, size);
	for (unsigned i = 0; !item && i < WITNESS_WAYS; i++)
		if (!set[i].size)
			item = &set[i];
	if (!item)
		item = &set[witness->next++ % WITNESS_WAYS];
	*item = (struct item){
		.page = access->address >> size,
		.pa = response->pa >> size,
		.rid = access->rid,
		.pasid = access->pasid,
		.domain = response->domain,
		.size = (uint8_t)size,
	};
	witness->sizes |= (uint64_t)1 << size;
}

static void forget(struct item *item, const struct ioasim_invalidation *what)
{
	uint64_t first, last;

	if (!item->size || !ioasim_invalidation_has(what, item->domain))
		return;
	first = item->page << item->size;
	last = first + (((uint64_t)1 << item->size) - 1);
	/* A range of addresses between the stages: any page may lie in it. */
	if (what->final_input && (last < what->first || first > what->last))
		return;
	item->size = 0;
}

void witness_invalidate(struct witness *witness, const struct ioasim_invalidation *what)
{
	const uint64_t few = 64;

	for (unsigned size = 1; size <= WITNESS_SIZE_MAX; size++) {
		uint64_t first = what->first >> size, pages = (what->last >> size) - first;

		if (!(witness->sizes >> size & 1))
			continue;
		if (!what->final_input || pages >= few) {
			for (size_t i = 0; i < witness->sets * WITNESS_WAYS; i++)
				forget(&witness->item[i], what);
			return;
		}
		for (uint64_t page = first; page <= first + pages; page++)
			for (unsigned i = 0; i < WITNESS_WAYS; i++)
				forget(&witness->item[set_of(witness, page) * WITNESS_WAYS + i],
				       what);
	}
}

/* Of the device itself, or of another one of the domain where units share entries. */
bool witness_holds(const struct witness *witness, const struct witness_access *access,
		   const struct ioasim_response *response)
{
	unsigned size = response->size_lg2;
	uint64_t page;
	const struct item *set;

	if (!size || size > WITNESS_SIZE_MAX)
		return false;
	page = access->address >> size;
	set = &witness->item[set_of(witness, page) * WITNESS_WAYS];
	for (unsigned i = 0; i < WITNESS_WAYS; i++)
		if (set[i].size == size && set[i].page == page && set[i].pasid == access->pasid &&
		    (set[i].rid == access->rid || set[i].domain == response->domain) &&
		    set[i].pa == response->pa >> size)
			return true;
	return false;
}
