/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user's tables may give (S2, S4, S5). The guest changes them by plain stores, and
 * until an invalidation that covers the change has completed either value may be used
 * (N2, N3), entry by entry. So a DMA is right if some walk gives its page, each entry
 * taken at its present value or at one that it had since then.
 */
#include "model/guest.h"
#include "model/uapi/aspace.h"
#include "model/uapi/checker_inside.h"

/* Walks of one DMA that are tried before it is taken for right. */
#define TRIES 4096

struct search {
	struct checker_case *c;
	const struct guest_ops *ops;
	const struct aspace *parent;
	uint64_t since; /* values that were replaced before are not to be used any more */
	bool any_age; /* they are looked at all the same */
	bool outside; /* a walk gave the page, but through what the parent does not map */
	unsigned tries;
};

/* Where the parent puts a guest's word. */
static bool word_place(const struct search *s, uint64_t gpa, ioasim_pa_t *pa)
{
	unsigned access;

	return !aspace_find(s->parent, gpa, pa, &access, NULL) && (access & IOASIM_READ);
}

/* Calls `value` with each value that the word may have; true as soon as one says so. */
static bool each_value(struct search *s, uint64_t gpa,
		       bool (*value)(struct search *s, uint64_t word, void *opaque), void *opaque)
{
	const struct checker *checker = s->c->checker;
	uint64_t count =
		checker->word_count < CHECKER_STORES ? checker->word_count : CHECKER_STORES;
	ioasim_pa_t pa;
	uint64_t word;

	if (!word_place(s, gpa, &pa) || ioasim_memory_read64(s->c->system->memory, pa, &word))
		return false;
	if (value(s, word, opaque))
		return true;
	for (uint64_t i = 1; i <= count; i++) {
		const struct checker_word *old =
			&checker->word[(checker->word_count - i) % CHECKER_STORES];

		if (old->at <= s->since && !s->any_age)
			break;
		if (old->pa == pa && value(s, old->old, opaque))
			return true;
	}
	return false;
}

/* ---- The table ----------------------------------------------------------------------------- */

struct step {
	unsigned level;
	unsigned rights;
};

static bool leaf_fits(struct search *s, const struct guest_entry *entry, const struct step *step)
{
	struct checker_case *c = s->c;
	unsigned lg2 = GUEST_PAGE_LG2 + GUEST_LEVEL_BITS * step->level;
	uint64_t gpa = entry->address | (c->dma->address & ((UINT64_C(1) << lg2) - 1));
	unsigned access, wanted = c->dma->access & (IOASIM_READ | IOASIM_WRITE);
	ioasim_pa_t pa;

	if (c->dma->access & ~(step->rights & entry->access[c->dma->privileged]))
		return false;
	if (aspace_find(s->parent, gpa, &pa, &access, NULL) || pa != c->result->pa)
		return false;
	if (wanted & ~access) {
		s->outside = true;
		return false;
	}
	return true;
}

static bool table_value(struct search *s, uint64_t word, void *opaque)
{
	const struct step *step = opaque;
	struct guest_entry entry;
	struct step below;
	uint64_t index;

	if (++s->tries > TRIES)
		return true;
	s->ops->decode(step->level, word, &entry);
	if (entry.kind == GUEST_EMPTY)
		return false;
	if (entry.kind == GUEST_LEAF)
		return leaf_fits(s, &entry, step);
	if (step->level == 0)
		return false;
	below.level = step->level - 1;
	below.rights = step->rights & entry.access[s->c->dma->privileged];
	index = s->c->dma->address >> (GUEST_PAGE_LG2 + GUEST_LEVEL_BITS * below.level);
	index &= (UINT64_C(1) << GUEST_LEVEL_BITS) - 1;
	return each_value(s, entry.address + index * sizeof(uint64_t), table_value, &below);
}

static bool table_fits(struct search *s, uint64_t root)
{
	struct step top = {GUEST_LEVELS - 1, IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC};
	uint64_t index = s->c->dma->address >> (GUEST_PAGE_LG2 + GUEST_LEVEL_BITS * top.level);

	index &= (UINT64_C(1) << GUEST_LEVEL_BITS) - 1;
	return each_value(s, root + index * sizeof(uint64_t), table_value, &top);
}

/* ---- The PASID table ------------------------------------------------------------------------- */

/* An entry of several words: any mixture of their values may have been read. */
struct pasid_entry {
	uint64_t gpa;
	unsigned filled;
	uint64_t words[GUEST_PASID_WORDS];
};

static bool pasid_value(struct search *s, uint64_t word, void *opaque)
{
	struct pasid_entry *entry = opaque;
	bool fits = false;
	uint64_t root;

	if (++s->tries > TRIES)
		return true;
	entry->words[entry->filled++] = word;
	if (entry->filled < s->ops->pasid_words)
		fits = each_value(s, entry->gpa + entry->filled * sizeof(uint64_t), pasid_value,
				  entry);
	else if (s->ops->pasid_decode(entry->words, &root))
		fits = table_fits(s, root);
	entry->filled--;
	return fits;
}

static bool tables_fit(struct search *s)
{
	const struct ioasid *ioasid = s->c->attachment->ioasid;
	uint32_t pasid = s->c->pasid == DRIVER_NO_PASID ? 0 : s->c->pasid;
	struct pasid_entry entry = {.gpa = ioasid->root};

	s->tries = 0;
	if (ioasid->kind == IOASIM_IOASID_USER)
		return table_fits(s, ioasid->root);
	entry.gpa += pasid * guest_pasid_bytes(s->ops, 0);
	return each_value(s, entry.gpa, pasid_value, &entry);
}

/* ---- The judgement ------------------------------------------------------------------------------ */

/* The last completed invalidation that covers this DMA; values replaced before it are
 * over. Of a PASID table only one that names its entries covers these, and the walk
 * that begins there. */
static uint64_t cleaned_at(const struct checker_case *c)
{
	const struct checker *checker = c->checker;
	uint64_t count =
		checker->cleaned_count < CHECKER_CLEANED ? checker->cleaned_count : CHECKER_CLEANED;
	bool tables = c->attachment->ioasid->kind == IOASIM_IOASID_PASID_TABLE;
	uint32_t pasid = c->pasid == DRIVER_NO_PASID ? 0 : c->pasid;

	for (uint64_t i = 1; i <= count; i++) {
		const struct checker_cleaned *cleaned =
			&checker->cleaned[(checker->cleaned_count - i) % CHECKER_CLEANED];

		if (cleaned->ioasid == c->attachment->ioasid &&
		    (!cleaned->device || cleaned->device == c->attachment->device) &&
		    (cleaned->tables || !tables) &&
		    (!cleaned->has_pasid || cleaned->pasid == pasid) &&
		    cleaned->first <= c->dma->address && cleaned->last >= c->dma->address)
			return cleaned->at;
	}
	return 0;
}

void checker_judge_user(struct checker_case *c)
{
	struct search s = {
		.c = c,
		.ops = c->system->arch->guest,
		.parent = c->attachment->ioasid->parent->aspace,
		.since = cleaned_at(c),
	};

	checker_count(c->checker, 5);
	if (tables_fit(&s))
		return;
	if (checker_in_window(c, s.parent))
		return;
	if (s.outside) {
		checker_report(c, 5, 0, "the parent does not give this right");
		return;
	}
	s.any_age = true;
	if (tables_fit(&s))
		checker_report(c, 4, 0, "the user's tables gave this page before an invalidation");
	else if (checker_released(c->system, c->result->pa))
		checker_report(c, 6, 0, "the page is released");
	else
		checker_report(c, 5, 0, "no walk of the user's tables gives this page");
}
