/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What address spaces give, and what they gave until an unmap whose invalidations are
 * complete. An address leads through a space and its parents; a stale translation is one
 * that leads to the page if some of them are taken as they were.
 *
 * Under the lazy policy what is unmapped stays reachable until the flush. That is
 * measured, up to the latest moment at which the flush must have been done.
 */
#include "model/uapi/aspace.h"
#include "model/uapi/checker_inside.h"
#include "model/uapi/frames.h"
#include "model/uapi/process.h"

/* The driver's defaults (model/driver.h). */
#define DEADLINE_NS UINT64_C(10000000)
#define THRESHOLD   256

/* IOASIDs of a descriptor that are looked through for the owner of a foreign page. */
#define SEARCHED 4096

/* ---- Books --------------------------------------------------------------------------- */

uint64_t checker_space_number(struct checker *checker, struct checker_space *space)
{
	if (!space->number)
		space->number = ++checker->spaces;
	return space->number;
}

static void area_toggle(struct checker *checker, uint64_t space, const struct interval *area)
{
	const uint64_t words[] = {space, area->first, area->last, area->value,
				  area->access & AREA_RIGHTS};

	checker_toggle(checker, words, sizeof(words) / sizeof(words[0]));
}

void checker_mapped(struct aspace *aspace, uint64_t first, uint64_t last)
{
	struct checker *checker = checker_of(aspace->system);
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, first, &place);

	for (; checker && area && area->first <= last; area = interval_next(&aspace->areas, &place))
		area_toggle(checker, checker_space_number(checker, &aspace->judged), area);
}

void checker_split(struct aspace *aspace, const struct interval *whole, uint64_t at)
{
	struct checker *checker = checker_of(aspace->system);
	uint64_t space = checker ? checker_space_number(checker, &aspace->judged) : 0;
	struct interval low = *whole, high = *whole;

	if (!checker)
		return;
	low.last = at - 1;
	high.first = at;
	high.value += at - whole->first;
	area_toggle(checker, space, whole);
	area_toggle(checker, space, &low);
	area_toggle(checker, space, &high);
}

static void area_ends(struct ioasim_system *system, struct checker_space *space,
		      const struct interval *area)
{
	struct checker *checker = system->checker;
	const struct past_entry ended = {
		.space = checker_space_number(checker, space),
		.first = area->first,
		.last = area->last,
		.value = area->value,
		.at = system->calls,
		.clock = ++checker->clock,
		.time_ns = system->now_ns,
		.order = space->unmaps,
		.access = area->access & AREA_RIGHTS,
	};

	if (past_add(&checker->past, &ended))
		checker->deaf = true;
}

void checker_unmapped(struct aspace *aspace, uint64_t first, uint64_t last)
{
	struct checker *checker = checker_of(aspace->system);
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, first, &place);

	for (; checker && area && area->first <= last;
	     area = interval_next(&aspace->areas, &place)) {
		area_ends(aspace->system, &aspace->judged, area);
		area_toggle(checker, aspace->judged.number, area);
	}
	aspace->judged.unmaps++;
}

void checker_memory_changes(struct process *process, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *area = interval_find(&process->areas, 0, first, &place);

	if (!checker_of(process->system))
		return;
	for (; area && area->first <= last; area = interval_next(&process->areas, &place))
		area_ends(process->system, &process->judged, area);
}

/* ---- Where an address leads ----------------------------------------------------------------- */

/* A search for a page of the bus from an address of a space down. */
struct search {
	const struct checker *checker;
	ioasim_pa_t pa;
	unsigned wanted;
	bool write_reads; /* the format of the tables has no page for writing alone */
	/* What was found: the page as the maps are, but without the rights; the page by a
	 * translation that has ended. */
	bool forbidden;
	struct past_entry *stale;
	const struct aspace *stale_of;
};

/* One step of it: what has been collected on the way. */
struct way {
	uint64_t address;
	unsigned access;
	struct past_entry *stale; /* the latest that was used */
	const struct aspace *stale_of;
};

bool checker_allows(unsigned access, unsigned wanted, bool write_reads)
{
	if (write_reads && access & IOASIM_WRITE)
		access |= IOASIM_READ;
	return !(wanted & ~access);
}

static bool arrive(struct search *search, const struct way *way)
{
	bool allowed = checker_allows(way->access, search->wanted, search->write_reads);

	if (way->address != search->pa)
		return false;
	if (!way->stale) {
		search->forbidden |= !allowed;
		return allowed;
	}
	if (allowed && (!search->stale || way->stale->at > search->stale->at)) {
		search->stale = way->stale;
		search->stale_of = way->stale_of;
	}
	return false;
}

static bool leads(struct search *search, const struct aspace *aspace, const struct way *way);

static bool below(struct search *search, const struct aspace *parent, const struct way *way)
{
	return parent ? leads(search, parent, way) : arrive(search, way);
}

/* true: the page is what the maps give now. */
static bool leads(struct search *search, const struct aspace *aspace, const struct way *way)
{
	struct interval_place place;
	const struct interval *area = interval_find(&aspace->areas, 0, way->address, &place);
	struct past_entry *past;
	struct way next = *way;

	if (area && area->first <= way->address) {
		next.address = area->value + (way->address - area->first);
		next.access = way->access & area->access;
		if (below(search, aspace->parent, &next))
			return true;
	}
	past = past_find(&search->checker->past, aspace->judged.number, way->address);
	if (!past)
		return false;
	next.address = past->value + (way->address - past->first);
	next.access = way->access & past->access;
	if (!way->stale || past->at > way->stale->at) {
		next.stale = past;
		next.stale_of = aspace;
	}
	(void)below(search, aspace->parent, &next);
	return false;
}

/* ---- The lazy policy --------------------------------------------------------------------------- */

static uint64_t deadline_of(const struct ioasim_system *system)
{
	return system->config.lazy_deadline_ns ? system->config.lazy_deadline_ns : DEADLINE_NS;
}

/* The flush may still be waited for. How many unmaps are queued together is known only of
 * the space's own tables. */
static bool may_wait(const struct ioasim_system *system, const struct aspace *asked,
		     const struct aspace *of, const struct past_entry *past)
{
	uint64_t threshold =
		system->config.lazy_threshold ? system->config.lazy_threshold : THRESHOLD;

	if (!system->config.lazy || system->now_ns - past->time_ns >= deadline_of(system))
		return false;
	return asked != of || of->judged.unmaps - past->order < threshold;
}

static void window_use(struct checker_case *c, struct past_entry *past)
{
	struct ioasim_windows *windows = &c->checker->verdict.windows;
	uint64_t length = c->system->now_ns - past->time_ns;

	windows->count += !past->used;
	windows->dmas++;
	windows->total_ns += length - (past->used ? past->used_ns - past->time_ns : 0);
	if (length > windows->longest_ns)
		windows->longest_ns = length;
	past->used = true;
	past->used_ns = c->system->now_ns;
}

static bool is_of(const struct past_entry *past, const struct aspace *aspace)
{
	for (; aspace; aspace = aspace->parent)
		if (aspace->judged.number == past->space)
			return true;
	return false;
}

bool checker_in_window(struct checker_case *c, const struct aspace *aspace)
{
	const struct past *past = &c->checker->past;
	uint64_t known = past_lost(past) ? PAST_ENTRIES : past->count;

	for (uint64_t i = 1; c->system->config.lazy && i <= known; i++) {
		struct past_entry *entry = &past->entry[(past->count - i) % PAST_ENTRIES];

		if (!is_of(entry, aspace))
			continue;
		if (!may_wait(c->system, NULL, aspace, entry))
			return false;
		window_use(c, entry);
		return true;
	}
	return false;
}

/* What was forgotten may have been in a window: nothing can be said. */
static bool lost(const struct checker_case *c)
{
	const struct past *past = &c->checker->past;

	return c->system->config.lazy && past_lost(past) &&
	       c->system->now_ns - past->lost_ns < deadline_of(c->system);
}

/* ---- Reports ------------------------------------------------------------------------------------- */

static bool is_released(const struct checker_case *c)
{
	const struct frame *frame = frame_at(&c->system->frames, c->result->pa);

	return frame && !frame->pins && !frame->mapped;
}

/* A translation of before was used. S6: its page is released, or somebody else's. */
void checker_report_stale(struct checker_case *c, const struct past_entry *past)
{
	const struct frame *frame = frame_at(&c->system->frames, c->result->pa);
	unsigned long long at = past->at;

	checker_report(c, 4, past->at, "the map gave this page until call %llu", at);
	if (is_released(c))
		checker_report(c, 6, past->at, "the page is released since call %llu",
			       (unsigned long long)frame->released_at);
	else if (frame && frame->given_at > past->at)
		checker_report(c, 6, past->at, "the page was given to process %u in call %llu",
			       frame->owner - 1, (unsigned long long)frame->given_at);
}

/* A space of another IOASID that gives the page for the address. */
static const struct ioasid *owner_of(const struct checker_case *c)
{
	const struct container *container;
	unsigned access;
	ioasim_pa_t pa;

	LIST_FOREACH (container, &c->system->containers, link) {
		for (uint32_t i = 0; i < container->room && i < SEARCHED; i++) {
			const struct ioasid *ioasid = container->ioasid[i];

			if (ioasid && ioasid->aspace &&
			    !aspace_find(ioasid->aspace, c->dma->address, &pa, &access, NULL) &&
			    pa == c->result->pa)
				return ioasid;
		}
	}
	return NULL;
}

/* The latest end of a translation of any space from the address to the page. */
static const struct past_entry *past_owner(const struct checker_case *c)
{
	const struct past *past = &c->checker->past;
	uint64_t known = past_lost(past) ? PAST_ENTRIES : past->count;

	for (uint64_t i = 1; i <= known; i++) {
		const struct past_entry *entry = &past->entry[(past->count - i) % PAST_ENTRIES];

		if (entry->first <= c->dma->address && entry->last >= c->dma->address &&
		    entry->value + (c->dma->address - entry->first) == c->result->pa)
			return entry;
	}
	return NULL;
}

/* S7: what is left of another space stands under a tag that is used again. */
static void report_reuse(struct checker_case *c, uint64_t at)
{
	for (unsigned rule = 2; rule <= 7; rule += 5)
		checker_report(c, rule, at, "another space gave the page until call %llu",
			       (unsigned long long)at);
}

bool checker_judge_foreign(struct checker_case *c)
{
	const struct ioasid *owner = owner_of(c);
	const struct past_entry *past = owner ? NULL : past_owner(c);

	if (owner)
		checker_report(c, 2, 0, "the page is what IOASID %u gives", owner->number);
	else if (past)
		report_reuse(c, past->at);
	else if (!frame_at(&c->system->frames, c->result->pa))
		checker_report(c, 2, 0, "the page is no memory of a user");
	else if (is_released(c))
		checker_report(c, 6, 0, "the page is nobody's");
	else
		return false;
	return true;
}

/* ---- The judgement --------------------------------------------------------------------------------- */

/* What the tables of the space can say that was attached. */
static bool space_write_reads(const struct checker_case *c, const struct aspace *aspace)
{
	const struct offer *offer = &c->system->offer;

	if (c->claim->device->config.software)
		return false; /* no table */
	if (c->claim->ioasid->flags & IOASIM_IOASID_NEST_PARENT)
		return offer->write_reads_parent;
	return offer->write_reads || (aspace->judged.beside_pasids && offer->write_reads_pasid);
}

static struct search search_of(const struct checker_case *c, const struct aspace *aspace)
{
	return (struct search){
		.checker = c->checker,
		.pa = c->result->pa,
		.wanted = c->dma->access & (IOASIM_READ | IOASIM_WRITE),
		.write_reads = space_write_reads(c, aspace),
	};
}

void checker_judge_space(struct checker_case *c, const struct aspace *aspace)
{
	struct search search = search_of(c, aspace);
	const struct way way = {.address = c->dma->address, .access = AREA_RIGHTS};

	if (aspace->parent)
		checker_count(c->checker, 5);
	if (leads(&search, aspace, &way))
		return;
	if (search.stale && may_wait(c->system, aspace, search.stale_of, search.stale))
		window_use(c, search.stale);
	else if (search.forbidden)
		checker_report(c, aspace->parent ? 5 : 2, 0, "the map does not give this right");
	else if (search.stale)
		checker_report_stale(c, search.stale);
	else if (!lost(c) && !checker_judge_foreign(c))
		checker_report(c, 2, 0, "the map never gave this page for the address");
}

/* V1, V4: the memory of the process as it is, at once. Its tables are of stage 1. */
void checker_judge_process(struct checker_case *c, const struct process *process)
{
	const struct interval *area = process_area(process, c->dma->address);
	const struct past_entry *past =
		past_find(&c->checker->past, process->judged.number, c->dma->address);

	if (area && area->value + (c->dma->address - area->first) == c->result->pa) {
		if (checker_allows(area->access, c->dma->access, true))
			return;
		if (past && checker_allows(past->access, c->dma->access, true))
			checker_report_stale(c, past);
		else
			checker_report(c, 2, 0, "the process does not have this right");
	} else if (past && past->value + (c->dma->address - past->first) == c->result->pa) {
		checker_report_stale(c, past);
	} else if (!checker_judge_foreign(c)) {
		checker_report(c, 2, 0, "the process does not have this page there");
	}
}
