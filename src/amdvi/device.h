/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device table entries and GCR3 tables, and what is cached of them (2.2.2, 2.2.6).
 *
 * A device table entry is cached whatever it says, with what is wrong with it; what
 * depends on registers or on the request is judged at each use. GCR3 entries are
 * cached if valid, tagged as translations are: by DomainID and PASID.
 */
#ifndef AMDVI_DEVICE_H
#define AMDVI_DEVICE_H

#include "amdvi/structures.h"
#include "amdvi/unit.h"

/*
 * A device table entry: as it was read, and what every request asks of it. With V=0
 * nothing but `dte` counts, with TV=0 nothing that tells of translation.
 */
struct amdvi_device {
	uint64_t dte[AMDVI_DTE_WORDS];
	uint16_t domain;
	uint8_t mode; /* levels of the host table; 0: GPA is SPA */
	uint8_t guest_levels;
	uint8_t rights; /* IR, IW, as IOASIM_READ.. */
	bool translates; /* V, TV, and legal: the walk may begin */
	bool illegal;
	bool mode_reserved; /* Mode is 7, or more levels than HATS */
	bool guest, giov; /* GV; GIoV with it */
	bool accessed, dirty; /* HAD */
	bool fault_logged; /* a page fault was logged since the entry was read: SE */
};

/*
 * Reserved bits of each structure on one unit: those that the specification reserves
 * always, and those of features that the unit does not have. Arrays of paging entries
 * are by leaf (1) or pointer (0), and level.
 */
struct amdvi_reserved {
	uint64_t dte[AMDVI_DTE_WORDS]; /* words 2 and 3: of interrupts */
	uint8_t had; /* bit n: the value n of HAD */
	uint64_t host[2]; /* at all levels */
	uint64_t guest[2][AMDVI_GUEST_LEVELS];
};

struct amdvi_tables {
	struct amdvi_reserved reserved;
	struct ioasim_counters *counters;
	struct cache device_cache, gcr3_cache;
	struct amdvi_device *device;
	uint64_t *gcr3; /* guest CR3 of valid entries */
};

/* What GCR3 entries are filed under. */
static inline uint64_t amdvi_gcr3_index(uint16_t domain, uint32_t pasid)
{
	return domain | (uint64_t)pasid << 16;
}

static inline bool amdvi_device_valid(const struct amdvi_device *device)
{
	return field_get(AMDVI_DTE_0_V, device->dte[0]);
}

static inline bool amdvi_device_tv(const struct amdvi_device *device)
{
	return field_get(AMDVI_DTE_0_TV, device->dte[0]);
}

/* The cached entry of a device, NULL if there is none. Counts nothing. */
static inline const struct amdvi_device *amdvi_device_cached(struct amdvi_tables *tables,
							     uint16_t device_id)
{
	uint32_t slot = cache_find(&tables->device_cache, device_id, 0, 0);

	if (slot == CACHE_NONE)
		return NULL;
	cache_touch(&tables->device_cache, slot);
	return &tables->device[slot];
}

/*
 * device.c: the entry of a device, from cache or memory. false: there is none to be
 * had, and why->event and what belongs to it say why.
 */
bool amdvi_device_find(struct amdvi_unit *u, uint16_t device_id, struct ioasim_cost *cost,
		       struct amdvi_device *device, struct amdvi_fault_info *why);
/* Whether its words 2 and 3 are illegal, which only interrupts ask. */
bool amdvi_device_interrupts_illegal(const struct amdvi_tables *tables,
				     const struct amdvi_device *device);
/* A page fault of the device has been logged. */
void amdvi_device_fault_logged(struct amdvi_tables *tables, uint16_t device_id);

/* structures.c */
void amdvi_reserved_init(struct amdvi_reserved *reserved, const struct amdvi_features *features);

/* tables.c */
void amdvi_device_drop(struct amdvi_tables *tables, uint16_t device_id);
void amdvi_gcr3_drop(struct amdvi_tables *tables, uint16_t domain, uint32_t pasid);
void amdvi_tables_drop_all(struct amdvi_tables *tables);

#endif
