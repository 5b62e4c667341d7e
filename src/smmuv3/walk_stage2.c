/* SPDX-License-Identifier: Apache-2.0 */
/* The stage 2 walk: Config 110, and the final address of 111. */
#include "smmuv3/format_stage2.h"
#include "smmuv3/tlb.h"

#define WALK_FUNCTION     walk_second
#define WALK_FORMAT(name) stage2_##name
#define WALK_PARAMS       struct smmu_paging
#define WALK_FILL         smmu_second_fill
#include "model/walk_template.h"

enum walk_stop smmu_walk_second(const struct smmu_paging *p, const struct walk_env *env,
				struct walk *w)
{
	smmu_second_start(p, env, w);
	return walk_second(p, env, w);
}
