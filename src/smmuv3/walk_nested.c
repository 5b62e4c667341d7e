/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nested walk: a stage 1 walk whose descriptors lie at IPAs, each translated by
 * stage 2 (3.3.3; the address of the descriptor, not of its table). The final IPA is
 * left to the caller, who has it translated with the rights of the request.
 */
#include "smmuv3/format_stage1.h"
#include "smmuv3/format_stage2.h"
#include "smmuv3/tlb.h"

#define WALK_FUNCTION     walk_table_page
#define WALK_FORMAT(name) stage2_##name
#define WALK_PARAMS       struct smmu_paging
#define WALK_FILL         smmu_second_fill
#include "model/walk_template.h"

/* The stage 2 walk of a page that holds a table or a CD, for reading or writing it. */
static enum walk_stop walk_page(const struct smmu_paging *p, const struct walk_env *env,
				const struct walk_ask *ask, struct walk_other *other,
				struct smmu_table_page *page)
{
	struct walk second;
	enum walk_stop stop;

	second.ask = *ask;
	smmu_second_start(p, env, &second);
	stop = walk_table_page(p, env, &second);
	other->level = (uint8_t)second.level;
	other->rights = (uint8_t)second.rights;
	other->entry_pa = second.entry_pa;
	if (stop != WALK_DONE)
		return stop;
	page->pa = second.output & ~((UINT64_C(1) << second.size_lg2) - 1);
	page->rights = second.rights;
	page->size_lg2 = second.size_lg2;
	page->level = (uint8_t)second.level;
	page->granule = p->second->granule;
	page->dirty = !stage2_clean(p->second, second.entry);
	if (p->tables_cached)
		smmu_table_add(p, ask->input, page);
	return WALK_DONE;
}

/*
 * Tables and CDs are read as data (7). Setting flags of a descriptor is a write to its
 * page, which makes a clean one dirty (3.13.5); a CD is only read.
 */
enum walk_stop smmu_walk_table(const struct smmu_paging *p, const struct walk_env *env,
			       enum ioasim_reference_kind kind, bool writing,
			       struct walk_other *other, uint64_t *pa)
{
	const struct walk_ask ask = {
		.input = other->input,
		.kind = (uint8_t)kind,
		.access = writing ? IOASIM_WRITE : IOASIM_READ,
		.set_dirty = writing,
	};
	const struct smmu_table_page *known = NULL;
	struct smmu_table_page page;
	enum walk_stop stop;

	other->for_flags = writing;
	other->entry_pa = 0;
	if (other->input >> p->second->input)
		return WALK_INPUT_RANGE;
	if (p->tables_cached)
		known = smmu_table_find(p, env->cost, other->input);
	if (!known || (ask.access & ~known->rights) || (writing && !known->dirty)) {
		stop = walk_page(p, env, &ask, other, &page);
		if (stop != WALK_DONE)
			return stop;
		known = &page;
	}
	other->size_lg2 = known->size_lg2;
	*pa = known->pa | (other->input & ((UINT64_C(1) << known->size_lg2) - 1));
	return WALK_DONE;
}

static __attribute__((noinline)) enum walk_stop translate_entry(const struct smmu_paging *p,
								const struct walk_env *env,
								struct walk *w, uint64_t address,
								bool writing, uint64_t *pa)
{
	w->other.input = address;
	w->other.stop =
		smmu_walk_table(p, env, IOASIM_REF_STAGE2_FOR_STAGE1, writing, &w->other, pa);
	return w->other.stop;
}

#define WALK_FUNCTION     walk_nested
#define WALK_FORMAT(name) stage1_##name
#define WALK_PARAMS       struct smmu_paging
#define WALK_OTHER        translate_entry
#define WALK_FILL         smmu_nested_fill
#include "model/walk_template.h"

enum walk_stop smmu_walk_nested(const struct smmu_paging *p, const struct walk_env *env,
				struct walk *w)
{
	smmu_first_start(p, env, w);
	return walk_nested(p, env, w);
}
