/* SPDX-License-Identifier: Apache-2.0 */
/* The stage 1 walk: Config 101. */
#include "smmuv3/format_stage1.h"
#include "smmuv3/tlb.h"

#define WALK_FUNCTION     walk_first
#define WALK_FORMAT(name) stage1_##name
#define WALK_PARAMS       struct smmu_paging
#define WALK_FILL         smmu_first_fill
#include "model/walk_template.h"

enum walk_stop smmu_walk_first(const struct smmu_paging *p, const struct walk_env *env,
			       struct walk *w)
{
	smmu_first_start(p, env, w);
	return walk_first(p, env, w);
}
