/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walks of VT-d: second stage (legacy mode, PGTT 010), first stage (001), and
 * first over second stage (011). Each is the engine of model/walk_template.h.
 */
#ifndef VTD_WALKS_H
#define VTD_WALKS_H

#include "vtd/structures.h"
#include "vtd/unit.h"

/* What one translation's walks need of the unit and of the tables' owner. */
struct vtd_paging {
	struct vtd_tlb *tlb; /* paging-structure caches */
	const struct vtd_reserved *reserved;
	const struct vtd_route *route;
	uint8_t second_bits; /* width of second-stage input: min(MGAW, AW) */
	bool snooped; /* flags can be set: SMPWCS and PWSNP (3.10) */
	bool first_cached, second_cached; /* the paging-structure caches are on */
	bool tables_cached; /* and that of the pages of first-stage tables */
};

/* Rights of a second-stage walk are IOASIM_READ and IOASIM_WRITE themselves. */
#define VTD_SECOND_ALL (IOASIM_READ | IOASIM_WRITE)

/* Rights of a first-stage walk: R/W and U/S as in the entry, and not XD. */
#define VTD_FIRST_EXECUTE 1u
#define VTD_FIRST_WRITE   ((uint32_t)FIELD_MASK(VTD_FS_RW))
#define VTD_FIRST_USER    ((uint32_t)FIELD_MASK(VTD_FS_US))
#define VTD_FIRST_ALL     (VTD_FIRST_EXECUTE | VTD_FIRST_WRITE | VTD_FIRST_USER)

/*
 * What accumulated first-stage rights allow, as a mask of IOASIM_READ.. (3.6.1):
 * a supervisor reads all that is present, and writes all of it without WPE.
 */
static inline uint8_t vtd_first_access(const struct vtd_route *route, bool privileged,
				       uint32_t rights)
{
	unsigned access = IOASIM_READ;

	if (!privileged && !(rights & VTD_FIRST_USER))
		return 0;
	if ((rights & VTD_FIRST_WRITE) || (privileged && !route->wpe))
		access |= IOASIM_WRITE;
	if (rights & VTD_FIRST_EXECUTE)
		access |= IOASIM_EXEC;
	return (uint8_t)access;
}

/*
 * Each starts at w->level and w->table, see struct walk; vtd_walk_*_start() sets
 * these from the root or from the deepest paging-structure cache entry.
 */
void vtd_walk_second_start(const struct vtd_paging *p, const struct walk_env *env, struct walk *w);
void vtd_walk_first_start(const struct vtd_paging *p, const struct walk_env *env, struct walk *w);

enum walk_stop vtd_walk_second(const struct vtd_paging *p, const struct walk_env *env,
			       struct walk *w);
enum walk_stop vtd_walk_first(const struct vtd_paging *p, const struct walk_env *env,
			      struct walk *w);
/* The first stage of a nested walk: leaves the guest physical address in w->output. */
enum walk_stop vtd_walk_nested(const struct vtd_paging *p, const struct walk_env *env,
			       struct walk *w);

#endif
