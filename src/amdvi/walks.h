/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walks of AMD-Vi: host table, guest table, and guest over host. Each is the engine
 * of model/walk_template.h.
 */
#ifndef AMDVI_WALKS_H
#define AMDVI_WALKS_H

#include "amdvi/structures.h"
#include "amdvi/unit.h"

struct amdvi_reserved;

/* What one translation's walks need of the unit and of the tables' owner. */
struct amdvi_paging {
	struct amdvi_tlb *tlb; /* page walk caches */
	const struct amdvi_reserved *reserved;
	uint64_t host_root, guest_root;
	uint32_t pasid;
	uint16_t domain;
	uint8_t host_levels; /* 0: GPA is SPA */
	uint8_t host_bits; /* width of host input, at most 64 */
	uint8_t guest_levels;
	bool host_accessed, host_dirty; /* HAD: the flags are in use */
	bool guest_accessed, guest_dirty; /* and those of guest tables */
	bool user; /* U/S is checked */
	bool guest_cached, host_cached; /* the page walk caches are on */
	bool tables_cached; /* and that of the pages of guest and GCR3 tables */
};

/* Rights of a host walk are IOASIM_READ and IOASIM_WRITE themselves. */
#define AMDVI_HOST_ALL (IOASIM_READ | IOASIM_WRITE)

/* Rights of a guest walk: R/W and U/S as in the entry, and not NX. */
#define AMDVI_GUEST_EXECUTE 1u
#define AMDVI_GUEST_WRITE   ((uint32_t)FIELD_MASK(AMDVI_GUEST_RW))
#define AMDVI_GUEST_USER    ((uint32_t)FIELD_MASK(AMDVI_GUEST_US))
#define AMDVI_GUEST_ALL     (AMDVI_GUEST_EXECUTE | AMDVI_GUEST_WRITE | AMDVI_GUEST_USER)

/* What accumulated guest rights allow, as a mask of IOASIM_READ..: write protection
 * holds for supervisors too, as with CR0.WP = 1. */
static inline uint8_t amdvi_guest_access(const struct amdvi_paging *p, bool privileged,
					 uint32_t rights)
{
	unsigned access = IOASIM_READ;

	if (p->user && !privileged && !(rights & AMDVI_GUEST_USER))
		return 0;
	if (rights & AMDVI_GUEST_WRITE)
		access |= IOASIM_WRITE;
	if (rights & AMDVI_GUEST_EXECUTE)
		access |= IOASIM_EXEC;
	return (uint8_t)access;
}

/* Whether the host table can map the address: bits above its top level are zero. */
static inline bool amdvi_host_range(const struct amdvi_paging *p, uint64_t address)
{
	return p->host_bits > 63 || !(address >> p->host_bits);
}

/*
 * Each starts at w->level and w->table, see struct walk; amdvi_walk_*_start() sets
 * these from the root or from the deepest entry of the page walk cache.
 */
void amdvi_walk_host_start(const struct amdvi_paging *p, const struct walk_env *env,
			   struct walk *w);
void amdvi_walk_guest_start(const struct amdvi_paging *p, const struct walk_env *env,
			    struct walk *w);

enum walk_stop amdvi_walk_host(const struct amdvi_paging *p, const struct walk_env *env,
			       struct walk *w);
enum walk_stop amdvi_walk_guest(const struct amdvi_paging *p, const struct walk_env *env,
				struct walk *w);
/* The guest part of a nested walk: leaves the guest physical address in w->output. */
enum walk_stop amdvi_walk_nested(const struct amdvi_paging *p, const struct walk_env *env,
				 struct walk *w);

/* An entry of a guest or GCR3 table, which the host table has to place. */
struct amdvi_table_access {
	uint64_t address; /* of the entry, a GPA */
	uint8_t kind; /* enum ioasim_reference_kind of the host entries read for it */
	bool writing; /* to set its flags */
};

/* WALK_DONE and where the entry lies, or else `other` says what stopped it. */
enum walk_stop amdvi_walk_table(const struct amdvi_paging *p, const struct walk_env *env,
				const struct amdvi_table_access *access, struct walk_other *other,
				uint64_t *pa);

#endif
