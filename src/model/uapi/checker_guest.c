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

#include <stdlib.h>

/* Values of entries that are tried for one DMA before it is taken for right. */
#define TRIES 65536

#define ADDRESS_BITS (GUEST_PAGE_LG2 + GUEST_LEVELS * GUEST_LEVEL_BITS)

/* ---- Words ----------------------------------------------------------------------------- */

static unsigned bucket_of(uint64_t pa)
{
	return (unsigned)((pa >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 40) % CHECKER_BUCKETS;
}

static struct checker_word *word_at(const struct checker *checker, uint64_t number)
{
	return &checker->word[(number - 1) % CHECKER_STORES];
}

static void word_note(struct ioasim_system *system, uint64_t pa)
{
	struct checker *checker = system->checker;
	uint64_t *bucket = &checker->bucket[bucket_of(pa)];
	struct checker_word word = {.pa = pa, .at = checker->clock, .before = *bucket};

	if (ioasim_memory_read64(system->memory, pa, &word.old))
		return;
	*bucket = ++checker->word_count;
	*word_at(checker, *bucket) = word;
}

/* Without a user's table attached nothing of it can be cached. */
void checker_store(struct ioasim_system *system, ioasim_pa_t pa, size_t length)
{
	struct checker *checker = checker_of(system);

	if (!checker || !checker->guests || !length)
		return;
	if (!checker->word)
		checker->word = calloc(CHECKER_STORES, sizeof(*checker->word));
	if (!checker->word) {
		checker->deaf = true;
		return;
	}
	checker->clock++;
	for (uint64_t at = pa & ~(uint64_t)7; at < pa + length; at += sizeof(uint64_t))
		word_note(system, at);
}

/* ---- The search -------------------------------------------------------------------------- */

struct search {
	struct checker_case *c;
	const struct guest_ops *ops;
	const struct aspace *parent;
	/* Values that were replaced before are not to be used any more: of the entries of a
	 * PASID table, of what is behind it. */
	uint64_t pasids_since, since;
	bool any_age; /* they are looked at all the same */
	bool forbidden; /* a walk gave the page, but not its rights in the parent */
	unsigned tries;
};

/* Where the parent puts a guest's word. */
static bool word_place(const struct search *s, uint64_t gpa, ioasim_pa_t *pa)
{
	unsigned access;

	return !aspace_find(s->parent, gpa, pa, &access, NULL) && (access & IOASIM_READ);
}

typedef bool take_value(struct search *s, uint64_t word, void *opaque);

/* Calls `take` with each value that a word of memory may have; true as soon as one says so. */
static bool each_value_at(struct search *s, ioasim_pa_t pa, uint64_t since, take_value *take,
			  void *opaque)
{
	const struct checker *checker = s->c->checker;
	const struct checker_word *old;
	uint64_t word;

	if (ioasim_memory_read64(s->c->system->memory, pa, &word))
		return false;
	if (take(s, word, opaque))
		return true;
	for (uint64_t n = checker->bucket[bucket_of(pa)];
	     n && checker->word_count - n < CHECKER_STORES; n = old->before) {
		old = word_at(checker, n);
		if (old->at <= since && !s->any_age)
			break;
		if (old->pa == pa && take(s, old->old, opaque))
			return true;
	}
	return false;
}

/* The same of a guest's word, where the parent puts it. What the tables gave while they lay
 * elsewhere is the guest's to invalidate: an unmap in the parent is of translations that lead
 * into the range, not of those that were found by tables in it. */
static bool each_value(struct search *s, uint64_t gpa, uint64_t since, take_value *take,
		       void *opaque)
{
	const struct past_entry *past;
	ioasim_pa_t pa;

	if (word_place(s, gpa, &pa) && each_value_at(s, pa, since, take, opaque))
		return true;
	past = past_find(&s->c->checker->past, s->parent->judged.number, gpa);
	if (!past || !(past->access & IOASIM_READ) || (past->clock <= since && !s->any_age))
		return false;
	return each_value_at(s, past->value + (gpa - past->first), since, take, opaque);
}

/* ---- The table ----------------------------------------------------------------------------- */

struct step {
	unsigned level;
	unsigned access; /* what is left of rights */
};

static bool leaf_fits(struct search *s, const struct guest_entry *entry, const struct step *step)
{
	struct checker_case *c = s->c;
	uint64_t offset = (UINT64_C(1) << (GUEST_PAGE_LG2 + GUEST_LEVEL_BITS * step->level)) - 1;
	uint64_t gpa = (entry->address & ~offset) | (c->dma->address & offset);
	unsigned access;
	ioasim_pa_t pa;

	if (c->dma->access & ~step->access)
		return false;
	if (aspace_find(s->parent, gpa, &pa, &access, NULL) || pa != c->result->pa)
		return false;
	if (checker_allows(access, c->dma->access & (IOASIM_READ | IOASIM_WRITE),
			   c->system->offer.write_reads_parent))
		return true;
	s->forbidden = true;
	return false;
}

static bool table_value(struct search *s, uint64_t word, void *opaque);

static bool table_fits(struct search *s, uint64_t table, struct step *step)
{
	uint64_t index = s->c->dma->address >> (GUEST_PAGE_LG2 + GUEST_LEVEL_BITS * step->level);

	index %= UINT64_C(1) << GUEST_LEVEL_BITS;
	return each_value(s, table + index * sizeof(uint64_t), s->since, table_value, step);
}

static bool table_value(struct search *s, uint64_t word, void *opaque)
{
	const struct step *step = opaque;
	struct guest_entry entry;
	struct step below;

	if (++s->tries > TRIES)
		return true;
	s->ops->decode(step->level, word, &entry);
	if (entry.kind == GUEST_EMPTY)
		return false;
	below.access = step->access & entry.access[s->c->dma->privileged];
	if (entry.kind == GUEST_LEAF) {
		below.level = step->level;
		return leaf_fits(s, &entry, &below);
	}
	if (step->level == 0)
		return false;
	below.level = step->level - 1;
	return table_fits(s, entry.address, &below);
}

static bool in_range(const struct search *s)
{
	uint64_t above = s->c->dma->address >> (ADDRESS_BITS - 1);

	return s->ops->upper_half ? above == 0 || above == UINT64_MAX >> (ADDRESS_BITS - 1)
				  : above >> 1 == 0;
}

static bool root_fits(struct search *s, uint64_t root)
{
	struct step top = {GUEST_LEVELS - 1, AREA_RIGHTS};

	return in_range(s) && table_fits(s, root, &top);
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
		fits = each_value(s, entry->gpa + entry->filled * sizeof(uint64_t), s->pasids_since,
				  pasid_value, entry);
	else if (s->ops->pasid_decode(entry->words, &root))
		fits = root_fits(s, root);
	entry->filled--;
	return fits;
}

/* Requests without PASID use entry 0 (N5). */
static uint32_t entry_number(const struct checker_case *c)
{
	return c->pasid == DRIVER_NO_PASID ? 0 : c->pasid;
}

static bool tables_of_fit(struct search *s, const struct ioasid *ioasid)
{
	struct pasid_entry entry = {.gpa = ioasid->root};

	s->tries = 0;
	if (ioasid->kind == IOASIM_IOASID_USER)
		return root_fits(s, ioasid->root);
	entry.gpa += entry_number(s->c) * guest_pasid_bytes(s->ops, 0);
	return each_value(s, entry.gpa, s->pasids_since, pasid_value, &entry);
}

/* Where tags are the guest's, all its tables over one parent share them, and what it
 * makes of that is its own affair. */
static bool tables_fit(struct search *s)
{
	const struct ioasid *own = s->c->claim->ioasid, *other;

	if (tables_of_fit(s, own))
		return true;
	if (!s->ops->shared_tags)
		return false;
	LIST_FOREACH (other, &own->parent->children, sibling) {
		if (other != own && other->user && tables_of_fit(s, other))
			return true;
	}
	return false;
}

/* ---- Invalidations ----------------------------------------------------------------------------- */

static bool covers(const struct checker_case *c, const struct checker_cleaned *cleaned)
{
	const struct checker_claim *claim = c->claim;

	return cleaned->ioasid == claim->ioasid &&
	       (!cleaned->device || cleaned->device == claim->device) &&
	       (!cleaned->has_pasid || cleaned->pasid == entry_number(c)) &&
	       cleaned->first <= c->dma->address && cleaned->last >= c->dma->address;
}

/* When the last one that covers this DMA completed; of entries of the PASID table one
 * that names them. Nothing is older than the attachment. */
static uint64_t cleaned_at(const struct checker_case *c, bool pasids)
{
	const struct checker *checker = c->checker;
	uint64_t count =
		checker->cleaned_count < CHECKER_CLEANED ? checker->cleaned_count : CHECKER_CLEANED;

	for (uint64_t i = 1; i <= count; i++) {
		const struct checker_cleaned *cleaned =
			&checker->cleaned[(checker->cleaned_count - i) % CHECKER_CLEANED];

		if ((cleaned->pasids || !pasids) && covers(c, cleaned))
			return cleaned->at > c->claim->since ? cleaned->at : c->claim->since;
	}
	return c->claim->since;
}

/* Values that may still be used were forgotten. */
static bool words_lost(const struct search *s)
{
	const struct checker *checker = s->c->checker;
	uint64_t since = s->pasids_since < s->since ? s->pasids_since : s->since;

	return checker->word_count > CHECKER_STORES &&
	       word_at(checker, checker->word_count + 1)->at > since;
}

/* ---- The judgement ------------------------------------------------------------------------------ */

/* An address of the parent that leads to the page. */
static int is_page(void *opaque, const struct aspace_piece *piece)
{
	ioasim_pa_t pa = *(const ioasim_pa_t *)opaque;

	return pa >= piece->pa && pa - piece->pa <= piece->last - piece->first;
}

static bool parent_has(const struct search *s)
{
	ioasim_pa_t pa = s->c->result->pa;

	return aspace_walk(s->parent, 0, UINT64_MAX, is_page, &pa) != 0;
}

/* Walks of five levels, and through tables of other shapes, are not repeated here: what they
 * give has to be the parent's. */
static bool can_walk(const struct checker_case *c)
{
	return c->claim->ioasid->format != IOASIM_FORMAT_VTD_5 && !c->claim->ioasid->unfollowed;
}

static void report(struct search *s)
{
	struct checker_case *c = s->c;

	if (s->forbidden) {
		checker_report(c, 5, 0, "the parent does not give this right");
		return;
	}
	s->any_age = true;
	if (tables_fit(s))
		checker_report(c, 4, 0, "the user's tables gave this page until an invalidation");
	else if (!parent_has(s))
		checker_report(c, 5, 0, "the parent does not map this page");
	else if (!checker_judge_foreign(c))
		checker_report(c, 2, 0, "no walk of the user's tables gives this page");
}

void checker_judge_user(struct checker_case *c)
{
	struct search s = {
		.c = c,
		.ops = c->system->arch->guest,
		.parent = c->claim->ioasid->parent->aspace,
		.since = cleaned_at(c, false),
	};

	checker_count(c->checker, 5);
	s.pasids_since = cleaned_at(c, true);
	if (can_walk(c) ? tables_fit(&s) : parent_has(&s))
		return;
	if (!words_lost(&s) && !checker_in_window(c, s.parent))
		report(&s);
}
