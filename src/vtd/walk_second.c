/* SPDX-License-Identifier: Apache-2.0 */
/* The second-stage walk: legacy mode and PGTT 010, and the final address of 011. */
#include "vtd/format_second.h"
#include "vtd/tlb.h"

#define WALK_FUNCTION     walk_second
#define WALK_FORMAT(name) second_##name
#define WALK_PARAMS       struct vtd_paging
#define WALK_FILL         vtd_second_fill
#include "model/walk_template.h"

void vtd_walk_second_start(const struct vtd_paging *p, const struct walk_env *env, struct walk *w)
{
	w->rights = VTD_SECOND_ALL;
	w->table_known = false;
	w->first_table = true;
	w->table = p->route->ss_root;
	w->level = (int8_t)(p->route->levels - 1);
	if (p->second_cached)
		vtd_second_find(p, env->cost, w);
}

enum walk_stop vtd_walk_second(const struct vtd_paging *p, const struct walk_env *env,
			       struct walk *w)
{
	/* Legacy mode judges rights level by level, so a cached pointer whose rights are
	 * too few stops the walk where the levels above it would have. */
	if (__builtin_expect(p->route->legacy && (w->ask.access & ~w->rights), 0))
		return WALK_PERMISSION;
	return walk_second(p, env, w);
}
