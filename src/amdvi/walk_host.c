/* SPDX-License-Identifier: Apache-2.0 */
/* The host walk: requests without guest translation, and the final address of others. */
#include "amdvi/format_host.h"
#include "amdvi/tlb.h"

#define WALK_FUNCTION     walk_host
#define WALK_FORMAT(name) host_##name
#define WALK_PARAMS       struct amdvi_paging
#define WALK_FILL         amdvi_host_fill
#include "model/walk_template.h"

void amdvi_walk_host_start(const struct amdvi_paging *p, const struct walk_env *env, struct walk *w)
{
	w->entry_pa = 0;
	w->rights = AMDVI_HOST_ALL;
	w->table_known = false;
	w->first_table = true;
	w->table = p->host_root;
	w->level = (int8_t)(p->host_levels - 1);
	if (p->host_cached)
		amdvi_host_find(p, env->cost, w);
}

enum walk_stop amdvi_walk_host(const struct amdvi_paging *p, const struct walk_env *env,
			       struct walk *w)
{
	/* Rights are judged level by level, so a cached pointer whose rights are too few
	 * stops the walk where the levels above it would have. */
	if (__builtin_expect(w->ask.access & ~w->rights, 0))
		return WALK_PERMISSION;
	return walk_host(p, env, w);
}
