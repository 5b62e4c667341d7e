/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk of a route: which stages, in which order, and the fault reason of
 * whatever stops them (7.1.3, Table 30).
 */
#include "vtd/context.h"
#include "vtd/translate.h"

enum vtd_fault_reason vtd_missing_right(bool legacy, bool user, bool privileged, unsigned missing)
{
	if (legacy)
		return missing & IOASIM_WRITE ? VTD_FAULT_LGN_2 : VTD_FAULT_LGN_3;
	if (!user && !privileged)
		return VTD_FAULT_SGN_2;
	if (missing & IOASIM_WRITE)
		return VTD_FAULT_SGN_6;
	return missing & IOASIM_READ ? VTD_FAULT_SGN_7 : VTD_FAULT_SGN_3;
}

/* ---- Second stage ---------------------------------------------------------------- */

static enum vtd_fault_reason legacy_reason(enum walk_stop stop, const struct walk *w)
{
	switch (stop) {
	case WALK_INPUT_RANGE:
		return VTD_FAULT_LGN_1;
	case WALK_BUS_ERROR:
		return w->first_table ? VTD_FAULT_LCT_4 : VTD_FAULT_LSS_1;
	case WALK_RESERVED:
		return VTD_FAULT_LSS_2;
	case WALK_EMPTY:
		return vtd_missing_right(true, true, false, w->ask.access);
	default:
		return vtd_missing_right(true, true, false, w->ask.access & ~w->rights);
	}
}

/*
 * What is wrong with a second-stage entry, whatever address led to it. Nothing left
 * at all is a reason of its own (Table 30, SSS.2).
 */
static enum vtd_fault_reason second_entry_reason(enum walk_stop stop, bool first_table)
{
	switch (stop) {
	case WALK_BUS_ERROR:
		return first_table ? VTD_FAULT_SSS_4 : VTD_FAULT_SSS_1;
	case WALK_RESERVED:
		return VTD_FAULT_SSS_3;
	case WALK_FLAG_UPDATE:
		return VTD_FAULT_SSS_5;
	case WALK_FLAG_BUS_ERROR:
		return VTD_FAULT_SSS_6;
	default:
		return VTD_FAULT_SSS_2;
	}
}

/* What two reasons leave open: LGN.2 and LGN.3 say no more of an entry that is empty than
 * of one that lacks the right, nor does SSS.2 of rights of which no level leaves any. */
static enum ioasim_fault_cause open_cause(bool legacy, enum walk_stop stop)
{
	if (legacy && stop == WALK_EMPTY)
		return IOASIM_CAUSE_STAGE2;
	return stop == WALK_PERMISSION ? IOASIM_CAUSE_PERMISSION : IOASIM_CAUSE_OTHER;
}

static enum vtd_fault_reason second_reason(enum walk_stop stop, const struct walk *w)
{
	if (stop == WALK_INPUT_RANGE)
		return VTD_FAULT_SGN_5;
	if (stop == WALK_PERMISSION && w->rights)
		return vtd_missing_right(false, true, false, w->ask.access & ~w->rights);
	return second_entry_reason(stop, w->first_table);
}

/* Walks the second stage for a final address; `walk` gets what the stage yields. */
static enum vtd_fault_reason walk_second(const struct vtd_paging *p, const struct walk_env *env,
					 struct vtd_page_walk *walk)
{
	bool legacy = p->route->legacy;
	struct walk w;
	enum walk_stop stop = WALK_INPUT_RANGE;

	w.ask = (struct walk_ask){
		.input = walk->address,
		.kind = IOASIM_REF_STAGE2,
		.access = walk->access & VTD_SECOND_ALL,
		.set_dirty = walk->set_dirty,
	};
	if (!(walk->address >> p->second_bits)) {
		vtd_walk_second_start(p, env, &w);
		stop = vtd_walk_second(p, env, &w);
	}
	if (__builtin_expect(stop != WALK_DONE, 0)) {
		walk->cause = (uint8_t)open_cause(legacy, stop);
		return legacy ? legacy_reason(stop, &w) : second_reason(stop, &w);
	}

	walk->pa = w.output;
	walk->page_lg2 = w.size_lg2;
	/* The second stage knows no execute right: what may be read may be executed. */
	walk->user_rights = w.rights | (w.rights & IOASIM_READ ? IOASIM_EXEC : 0u);
	walk->supervisor_rights = walk->user_rights;
	walk->user = true;
	walk->dirty = !p->route->ssade || field_get(VTD_SS_D, w.entry);
	return VTD_FAULT_NONE;
}

/* ---- First stage ------------------------------------------------------------------ */

/* A first-stage entry that the second stage does not let through (3.8.1). */
static enum vtd_fault_reason table_reason(const struct walk *w)
{
	const struct walk_other *other = &w->other;

	if (other->stop == WALK_INPUT_RANGE)
		return VTD_FAULT_SFS_5;
	if (other->stop != WALK_PERMISSION || !other->rights)
		return second_entry_reason(other->stop, other->first_table);
	if (other->for_flags)
		return VTD_FAULT_SFS_8;
	return w->first_table ? VTD_FAULT_SFS_6 : VTD_FAULT_SFS_7;
}

static enum vtd_fault_reason first_reason(const struct vtd_route *route, enum walk_stop stop,
					  const struct walk *w)
{
	unsigned allowed;

	switch (stop) {
	case WALK_INPUT_RANGE:
		return VTD_FAULT_SGN_1;
	case WALK_BUS_ERROR:
		return w->first_table ? VTD_FAULT_SFS_4 : VTD_FAULT_SFS_1;
	case WALK_RESERVED:
		return VTD_FAULT_SFS_3;
	case WALK_FLAG_UPDATE:
		return VTD_FAULT_SFS_9;
	case WALK_FLAG_BUS_ERROR:
		return VTD_FAULT_SFS_10;
	case WALK_OTHER_STAGE:
		return table_reason(w);
	case WALK_PERMISSION:
		allowed = vtd_first_access(route, w->ask.privileged, w->rights);
		return vtd_missing_right(false, w->rights & VTD_FIRST_USER, w->ask.privileged,
					 w->ask.access & ~allowed);
	default:
		return VTD_FAULT_SFS_2;
	}
}

/* 3.6: the bits above the width equal its top bit. */
static bool canonical(uint64_t address, unsigned levels)
{
	unsigned unused = 64 - (VTD_TABLE_LG2 + VTD_LEVEL_BITS * levels);

	return (uint64_t)((int64_t)(address << unused) >> unused) == address;
}

static enum vtd_fault_reason walk_first(const struct vtd_paging *p, const struct walk_env *env,
					struct vtd_page_walk *walk)
{
	const struct vtd_route *route = p->route;
	struct walk w;
	enum walk_stop stop = WALK_INPUT_RANGE;

	w.ask = (struct walk_ask){
		.input = walk->address,
		.kind = IOASIM_REF_STAGE1,
		.access = walk->access,
		.privileged = route->privileged,
		.set_dirty = walk->set_dirty,
	};
	if (canonical(walk->address, route->fs_levels)) {
		vtd_walk_first_start(p, env, &w);
		stop = route->pgtt == VTD_PGTT_NESTED ? vtd_walk_nested(p, env, &w)
						      : vtd_walk_first(p, env, &w);
	}
	if (__builtin_expect(stop != WALK_DONE, 0))
		return first_reason(route, stop, &w);

	walk->pa = w.output;
	walk->page_lg2 = w.size_lg2;
	walk->user_rights = vtd_first_access(route, false, w.rights);
	walk->supervisor_rights = vtd_first_access(route, true, w.rights);
	walk->user = w.rights & VTD_FIRST_USER;
	walk->dirty = field_get(VTD_FS_D, w.entry);
	return VTD_FAULT_NONE;
}

/* Both stages (3.8): the smaller page, the rights that both grant. */
static enum vtd_fault_reason walk_both(const struct vtd_paging *p, const struct walk_env *env,
				       struct vtd_page_walk *walk)
{
	enum vtd_fault_reason reason = walk_first(p, env, walk);
	struct vtd_page_walk second;

	if (reason != VTD_FAULT_NONE)
		return reason;
	second.address = walk->pa;
	second.access = walk->access;
	second.set_dirty = walk->set_dirty;
	/* The guest physical address stands in a first-stage entry. */
	if (walk->pa >> p->second_bits)
		return VTD_FAULT_SFS_5;
	reason = walk_second(p, env, &second);
	if (reason != VTD_FAULT_NONE) {
		walk->cause = second.cause;
		return reason;
	}
	walk->pa = second.pa;
	if (second.page_lg2 < walk->page_lg2)
		walk->page_lg2 = second.page_lg2;
	walk->user_rights &= second.user_rights;
	walk->supervisor_rights &= second.supervisor_rights;
	walk->dirty &= second.dirty;
	return VTD_FAULT_NONE;
}

/*
 * A translation request learns its rights from the walk, and dirty flags are due in
 * both stages only if both let it write (4.2.3.1). So it asks first, then sets.
 */
static enum vtd_fault_reason walk_nested(const struct vtd_paging *p, const struct walk_env *env,
					 struct vtd_page_walk *walk)
{
	bool set_dirty = walk->set_dirty;
	enum vtd_fault_reason reason;
	unsigned rights;

	if (walk->access || !set_dirty)
		return walk_both(p, env, walk);
	walk->set_dirty = false;
	reason = walk_both(p, env, walk);
	walk->set_dirty = true;
	if (reason != VTD_FAULT_NONE || walk->dirty)
		return reason;
	rights = p->route->privileged ? walk->supervisor_rights : walk->user_rights;
	if (!(rights & IOASIM_WRITE))
		return reason;
	return walk_both(p, env, walk);
}

enum vtd_fault_reason vtd_page_walk(struct vtd_unit *u, const struct vtd_route *route,
				    struct ioasim_cost *cost, struct vtd_page_walk *walk)
{
	const struct vtd_paging p = {
		.tlb = u->tlb,
		.reserved = &u->tables->reserved,
		.route = route,
		.second_bits = (uint8_t)vtd_second_bits(&u->features, route->levels),
		.snooped = route->pwsnp,
		.first_cached = !cache_off(&u->tlb->first.cache),
		.second_cached = !cache_off(&u->tlb->second.cache),
		.tables_cached = !cache_off(&u->tlb->tables.cache),
	};
	const struct walk_env env = {
		.memory = u->unit.memory,
		.cost = cost,
		.callbacks = &u->unit.config.callbacks,
		.opaque = u->unit.config.opaque,
	};

	switch ((enum vtd_pgtt)route->pgtt) {
	case VTD_PGTT_SECOND:
		return walk_second(&p, &env, walk);
	case VTD_PGTT_FIRST:
		return walk_first(&p, &env, walk);
	case VTD_PGTT_NESTED:
		return walk_nested(&p, &env, walk);
	case VTD_PGTT_PASS:
	case VTD_PGTT_NONE:
		break;
	}
	if (walk->address >> u->features.haw)
		return route->legacy ? VTD_FAULT_LGN_1 : VTD_FAULT_SGN_4;
	walk->pa = walk->address;
	walk->page_lg2 = VTD_PASS_LG2;
	walk->user_rights = walk->supervisor_rights = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
	walk->user = walk->dirty = true;
	return VTD_FAULT_NONE;
}
