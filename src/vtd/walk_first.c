/* SPDX-License-Identifier: Apache-2.0 */
/* The first-stage walk: PGTT 001. */
#include "vtd/format_first.h"
#include "vtd/tlb.h"

#define WALK_FUNCTION     walk_first
#define WALK_FORMAT(name) first_##name
#define WALK_PARAMS       struct vtd_paging
#define WALK_FILL         vtd_first_fill
#include "model/walk_template.h"

void vtd_walk_first_start(const struct vtd_paging *p, const struct walk_env *env, struct walk *w)
{
	w->rights = VTD_FIRST_ALL;
	w->table_known = false;
	w->first_table = true;
	w->table = p->route->fs_root;
	w->level = (int8_t)(p->route->fs_levels - 1);
	w->other.input = ~UINT64_C(0); /* no entry lies there */
	if (p->first_cached)
		vtd_first_find(p, env->cost, w);
}

enum walk_stop vtd_walk_first(const struct vtd_paging *p, const struct walk_env *env,
			      struct walk *w)
{
	return walk_first(p, env, w);
}
