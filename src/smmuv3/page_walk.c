/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk of a route: which stages, in which order, and the event of whatever stops
 * them (3.4, 7.3.22).
 */
#include "smmuv3/translate.h"

#include "smmuv3/format_stage2.h"

#define unlikely(x) __builtin_expect(!!(x), 0)

/* ---- Events ------------------------------------------------------------------------------- */

static enum smmu_event stop_event(enum walk_stop stop)
{
	switch (stop) {
	case WALK_BUS_ERROR:
	case WALK_FLAG_BUS_ERROR:
		return SMMU_F_WALK_EABT;
	case WALK_OUTPUT_RANGE:
		return SMMU_F_ADDR_SIZE;
	case WALK_ACCESS_FLAG:
		return SMMU_F_ACCESS;
	case WALK_PERMISSION:
		return SMMU_F_PERMISSION;
	default:
		return SMMU_F_TRANSLATION;
	}
}

/* A stage 1 descriptor that cannot be read is CLASS TT, whatever is wrong with one that
 * was read is of the transaction. */
static void first_stopped(enum walk_stop stop, const struct walk *w, struct smmu_fault_info *why)
{
	if (stop == WALK_OTHER_STAGE) {
		smmu_second_stopped(w->other.stop, SMMU_CLASS_TT, &w->other, why);
		return;
	}
	why->event = (uint8_t)stop_event(stop);
	why->s2 = false;
	why->class = why->event == SMMU_F_WALK_EABT ? SMMU_CLASS_TT : SMMU_CLASS_IN;
	why->fetch_address = w->entry_pa;
}

void smmu_second_stopped(enum walk_stop stop, enum smmu_class class, const struct walk_other *other,
			 struct smmu_fault_info *why)
{
	why->event = (uint8_t)stop_event(stop);
	why->s2 = true;
	why->class = (uint8_t) class;
	why->ipa = other->input;
	why->fetch_address = other->entry_pa;
	why->ttrnw = why->event == SMMU_F_PERMISSION && class == SMMU_CLASS_TT && !other->for_flags;
}

void smmu_permission_missing(const struct smmu_translation *t, const struct smmu_ask *ask,
			     struct smmu_fault_info *why)
{
	uint64_t offset = ask->address & ((UINT64_C(1) << t->page_lg2) - 1);

	why->event = SMMU_F_PERMISSION;
	why->class = SMMU_CLASS_IN;
	why->s2 = !(ask->access & ~t->first[ask->privileged]);
	why->ipa = 0;
	if (why->s2)
		why->ipa = t->two_stages ? t->ipa | offset : ask->address;
}

/* ---- Stage 2 ------------------------------------------------------------------------------ */

/* For a final address; `t` gets what the stage yields, as if it were alone. */
static bool walk_second(const struct smmu_paging *p, const struct walk_env *env,
			const struct smmu_ask *ask, struct smmu_translation *t,
			struct smmu_fault_info *why)
{
	enum walk_stop stop = WALK_INPUT_RANGE;
	struct walk w;

	w.ask = (struct walk_ask){
		.input = ask->address,
		.kind = IOASIM_REF_STAGE2,
		.access = ask->access,
		.privileged = ask->privileged,
		.set_dirty = ask->set_dirty,
	};
	w.entry_pa = 0;
	if (!(ask->address >> p->second->input))
		stop = smmu_walk_second(p, env, &w);
	if (unlikely(stop != WALK_DONE)) {
		struct walk_other other = {.input = ask->address, .entry_pa = w.entry_pa};

		smmu_second_stopped(stop, SMMU_CLASS_IN, &other, why);
		return false;
	}
	t->pa = w.output & ~((UINT64_C(1) << w.size_lg2) - 1);
	t->page_lg2 = t->input_lg2 = w.size_lg2;
	t->level = (uint8_t)w.level;
	t->granule = p->second->granule;
	for (unsigned i = 0; i < 2; i++) {
		t->first[i] = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
		t->second[i] = t->grants[i] = smmu_second_access(p->xnx, i, w.rights);
		if (stage2_clean(p->second, w.entry))
			t->grants[i] &= (uint8_t)~IOASIM_WRITE;
	}
	t->two_stages = t->global = false;
	t->stage2 = true;
	return true;
}

/* ---- Stage 1 ------------------------------------------------------------------------------ */

/* 3.4.1: the bits above the table's input are those of its half. TBI leaves the top
 * byte out, which smmu_tlb_input() has replaced. */
static bool in_range(const struct smmu_half *half, uint64_t input)
{
	uint64_t above = (uint64_t)((int64_t)input >> half->tree.input);

	return above == (field_get(SMMU_VA_HALF, input) ? UINT64_MAX : 0);
}

static bool dirty(const struct smmu_tree *tree, uint64_t entry)
{
	return !tree->hd || !field_bits(SMMU_PTE_DBM, entry) || !field_bits(SMMU_S1_AP2, entry);
}

/* 3.4.1, 5.4.1.1: what no walk is made for. */
static bool refused(const struct smmu_half *half, const struct smmu_ask *ask, uint64_t input)
{
	return !half->enabled || !in_range(half, input) || (half->e0pd && !ask->privileged);
}

static bool walk_first(struct smmu_paging *p, const struct walk_env *env,
		       const struct smmu_ask *ask, struct smmu_translation *t,
		       struct smmu_fault_info *why)
{
	uint64_t input = smmu_tlb_input(p->cd, ask->address);
	const struct smmu_half *half = &p->cd->half[field_get(SMMU_VA_HALF, input)];
	enum walk_stop stop = WALK_INPUT_RANGE;
	struct walk w;

	w.ask = (struct walk_ask){
		.input = input,
		.kind = IOASIM_REF_STAGE1,
		.access = ask->access,
		.privileged = ask->privileged,
		.set_dirty = ask->set_dirty,
	};
	w.entry_pa = 0;
	p->first = &half->tree;
	p->had = half->had;
	if (!refused(half, ask, input))
		stop = p->ste->stage2 ? smmu_walk_nested(p, env, &w) : smmu_walk_first(p, env, &w);
	if (unlikely(stop != WALK_DONE)) {
		first_stopped(stop, &w, why);
		return false;
	}
	t->pa = w.output & ~((UINT64_C(1) << w.size_lg2) - 1);
	t->page_lg2 = t->input_lg2 = w.size_lg2;
	t->level = (uint8_t)w.level;
	t->granule = half->tree.granule;
	t->global = p->cd->global && !field_get(SMMU_S1_NG, w.entry);
	for (unsigned i = 0; i < 2; i++) {
		t->second[i] = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
		t->first[i] = t->grants[i] = smmu_cd_access(p->cd, i, w.rights);
		if (!dirty(&half->tree, w.entry))
			t->grants[i] &= (uint8_t)~IOASIM_WRITE;
	}
	t->two_stages = t->stage2 = false;
	return true;
}

/* ---- Both --------------------------------------------------------------------------------- */

/*
 * The smaller page, the rights that both grant. A translation request to which stage 1
 * leaves nothing useful is not taken to stage 2 (3.9.1.2).
 */
static bool walk_both(struct smmu_paging *p, const struct walk_env *env, const struct smmu_ask *ask,
		      struct smmu_translation *t, struct smmu_fault_info *why)
{
	struct smmu_translation second;
	struct smmu_ask final = *ask;
	uint64_t offset;

	if (!walk_first(p, env, ask, t, why))
		return false;
	if (!ask->access && !(t->first[ask->privileged] & ask->useful)) {
		/* Half a translation: without rights nobody files or uses it. */
		t->second[0] = t->second[1] = 0;
		t->grants[0] = t->grants[1] = 0;
		return true;
	}
	offset = ask->address & ((UINT64_C(1) << t->page_lg2) - 1);
	final.address = t->pa | offset;
	if (!walk_second(p, env, &final, &second, why))
		return false;
	if (second.page_lg2 < t->page_lg2)
		t->page_lg2 = second.page_lg2;
	t->ipa = final.address & ~((UINT64_C(1) << t->page_lg2) - 1);
	t->pa = second.pa | (t->ipa & ((UINT64_C(1) << second.page_lg2) - 1));
	for (unsigned i = 0; i < 2; i++) {
		t->second[i] = second.second[i];
		t->grants[i] &= second.grants[i];
	}
	t->two_stages = true;
	return true;
}

/*
 * A translation request learns its rights from the walk, and pages become dirty only if
 * both stages let it write (3.13.7.1). So it asks first, then sets.
 */
static bool walk_stages(struct smmu_paging *p, const struct walk_env *env,
			const struct smmu_ask *ask, struct smmu_translation *t,
			struct smmu_fault_info *why)
{
	struct smmu_ask asks = *ask;

	if (ask->access || !ask->set_dirty)
		return walk_both(p, env, ask, t, why);
	asks.set_dirty = false;
	if (!walk_both(p, env, &asks, t, why))
		return false;
	if (!(smmu_rights(t, ask->privileged) & ~t->grants[ask->privileged] & IOASIM_WRITE))
		return true;
	return walk_both(p, env, ask, t, why);
}

bool smmu_page_walk(const struct smmu_unit *u, const struct smmu_route *route,
		    const struct walk_env *env, const struct smmu_ask *ask,
		    struct smmu_translation *t, struct smmu_fault_info *why)
{
	struct smmu_paging p = smmu_paging(u, route->ste);

	p.cd = route->cd;
	if (!p.cd)
		return walk_second(&p, env, ask, t, why);
	if (!p.ste->stage2)
		return walk_first(&p, env, ask, t, why);
	return walk_stages(&p, env, ask, t, why);
}
