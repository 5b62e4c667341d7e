/* SPDX-License-Identifier: Apache-2.0 */
/* The stage 2 walk: Config 110, and the final address of 111. */
#include "smmuv3/format_stage2.h"
#include "smmuv3/tlb.h"

#define WALK_FUNCTION     walk_second
#define WALK_FORMAT(name) stage2_##name
#define WALK_PARAMS       struct smmu_paging
#define WALK_FILL         smmu_second_fill
#include "model/walk_template.h"

void smmu_walk_second_start(const struct smmu_paging *p, const struct walk_env *env, struct walk *w)
{
	w->rights = 0;
	w->table_known = false;
	w->first_table = true;
	w->table = p->second->root;
	w->level = (int8_t)p->second->first_level;
	if (p->second_cached)
		smmu_second_find(p, env->cost, w);
}

enum walk_stop smmu_walk_second(const struct smmu_paging *p, const struct walk_env *env,
				struct walk *w)
{
	return walk_second(p, env, w);
}
