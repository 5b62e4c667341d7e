/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLB of a device with ATS. It keeps what completions said, 4 KiB of each, under
 * PASID, privilege and address, until the unit invalidates it or an entry of the same
 * set has to go; nothing else empties it, so that an invalidation that is not sent shows.
 */
#include "model/uapi/dma_inside.h"

#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

#define ATC_SETS 256
#define ATC_WAYS 4

struct atc_entry {
	uint64_t page;
	ioasim_pa_t pa;
	uint32_t pasid;
	uint8_t access; /* 0: empty */
	bool privileged;
};

struct atc {
	struct atc_entry entry[ATC_SETS][ATC_WAYS];
	uint8_t next[ATC_SETS]; /* the way that is replaced next */
};

int atc_create(struct device *device)
{
	device->atc = calloc(1, sizeof(*device->atc));
	return device->atc ? 0 : -ENOMEM;
}

void atc_destroy(struct device *device)
{
	free(device->atc);
	device->atc = NULL;
}

static uint64_t page_of(uint64_t address)
{
	return address & ~(PAGE_SIZE - 1);
}

static unsigned set_of(const struct atc_key *key)
{
	uint64_t hash = (key->address >> PAGE_LG2) * UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned)((hash >> 32 ^ key->pasid) % ATC_SETS);
}

static bool is_at(const struct atc_entry *entry, const struct atc_key *key)
{
	return entry->access && entry->page == page_of(key->address) &&
	       entry->pasid == key->pasid && entry->privileged == key->privileged;
}

bool atc_find(const struct atc *atc, const struct atc_key *key, unsigned access, ioasim_pa_t *pa)
{
	const struct atc_entry *set = atc->entry[set_of(key)];

	for (unsigned way = 0; way < ATC_WAYS; way++) {
		if (!is_at(&set[way], key) || access & ~(unsigned)set[way].access)
			continue;
		*pa = set[way].pa | (key->address & (PAGE_SIZE - 1));
		return true;
	}
	return false;
}

void atc_fill(struct atc *atc, const struct atc_key *key, ioasim_pa_t pa, unsigned access)
{
	unsigned set = set_of(key), way = 0;

	while (way < ATC_WAYS && !is_at(&atc->entry[set][way], key))
		way++;
	if (way == ATC_WAYS) {
		way = atc->next[set];
		atc->next[set] = (uint8_t)((way + 1) % ATC_WAYS);
	}
	atc->entry[set][way] = (struct atc_entry){
		.page = page_of(key->address),
		.pa = page_of(pa),
		.pasid = key->pasid,
		.access = (uint8_t)access,
		.privileged = key->privileged,
	};
}

/* PCIe, ATS: an invalidation without PASID reaches translations of every PASID, a global
 * one those of all PASIDs. */
static bool reaches(const struct ioasim_atc_invalidation *what, const struct atc_entry *entry)
{
	if (entry->page > what->last || entry->page + (PAGE_SIZE - 1) < what->first)
		return false;
	if (!what->has_pasid)
		return true;
	return what->global ? entry->pasid != DRIVER_NO_PASID : entry->pasid == what->pasid;
}

static void invalidate(struct atc *atc, const struct ioasim_atc_invalidation *what)
{
	for (unsigned set = 0; set < ATC_SETS; set++) {
		for (unsigned way = 0; way < ATC_WAYS; way++) {
			struct atc_entry *entry = &atc->entry[set][way];

			if (entry->access && reaches(what, entry))
				entry->access = 0;
		}
	}
}

void dma_atc_invalidate(void *opaque, const struct ioasim_atc_invalidation *what)
{
	const struct ioasim_system *system = opaque;

	for (unsigned i = 0; i < system->devices; i++) {
		struct device *device = system->device[i];

		if (device && device->atc && device->config.requester_id == what->requester_id)
			invalidate(device->atc, what);
	}
}
