/* SPDX-License-Identifier: Apache-2.0 */
/* The guest walk where guest physical addresses are system physical ones: Mode 0. */
#include "amdvi/format_guest.h"
#include "amdvi/tlb.h"

#define WALK_FUNCTION     walk_guest
#define WALK_FORMAT(name) guest_##name
#define WALK_PARAMS       struct amdvi_paging
#define WALK_FILL         amdvi_guest_fill
#include "model/walk_template.h"

void amdvi_walk_guest_start(const struct amdvi_paging *p, const struct walk_env *env,
			    struct walk *w)
{
	w->rights = AMDVI_GUEST_ALL;
	w->table_known = false;
	w->first_table = true;
	w->table = p->guest_root;
	w->level = (int8_t)(p->guest_levels - 1);
	w->other.input = ~UINT64_C(0); /* no entry lies there */
	if (p->guest_cached)
		amdvi_guest_find(p, env->cost, w);
}

enum walk_stop amdvi_walk_guest(const struct amdvi_paging *p, const struct walk_env *env,
				struct walk *w)
{
	return walk_guest(p, env, w);
}
