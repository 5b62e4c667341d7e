/* SPDX-License-Identifier: Apache-2.0 */
/* What calls did, and did not do: the history that judgements rest on, and the rules
 * that no DMA shows (S9, S11, S12, S14, S17). */
#include "model/uapi/calls.h"
#include "model/uapi/checker_inside.h"

/* ---- Reachability ------------------------------------------------------------------- */

static uint64_t mix(uint64_t digest, uint64_t value)
{
	return (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (digest >> 29);
}

/* Of every attachment, and of what it leads to. */
static uint64_t digest_of(const struct ioasim_system *system)
{
	const struct attachment *attachment;
	uint64_t digest = 0;

	for (unsigned i = 0; i < system->devices; i++) {
		LIST_FOREACH (attachment, &system->device[i]->attachments, device_link) {
			const struct ioasid *ioasid = attachment->ioasid;

			digest = mix(digest, i);
			digest = mix(digest, attachment->rid);
			digest = mix(digest, attachment->pasid);
			digest = mix(digest, attachment->vpasid);
			digest = mix(digest, ioasid->number);
			digest = mix(digest, attachment->blocked);
			digest = mix(digest, attachment->covered);
			digest = mix(digest, ioasid->freed);
			digest = mix(digest, ioasid->aspace ? ioasid->aspace->areas.count : 0);
			digest = mix(digest, ioasid->user ? ioasid->root : 0);
		}
	}
	return digest;
}

static struct checker_case call_case(struct ioasim_system *system)
{
	return (struct checker_case){
		.system = system,
		.checker = system->checker,
		.pasid = DRIVER_NO_PASID,
	};
}

/* ---- History ------------------------------------------------------------------------- */

void checker_store(struct ioasim_system *system, ioasim_pa_t pa, size_t length)
{
	struct checker *checker = system->checker;
	uint64_t first = pa & ~(uint64_t)7;

	if (!checker)
		return;
	checker->clock++;
	for (uint64_t at = first; at < pa + length; at += sizeof(uint64_t)) {
		struct checker_word *word = &checker->word[checker->word_count % CHECKER_STORES];

		*word = (struct checker_word){.pa = at, .at = checker->clock};
		if (ioasim_memory_read64(system->memory, at, &word->old) == 0)
			checker->word_count++;
	}
}

void checker_route_ended(const struct attachment *attachment)
{
	struct checker *checker = attachment->device->system->checker;

	if (!checker)
		return;
	checker->ended[checker->ended_count++ % CHECKER_ENDED] = (struct checker_ended){
		.rid = attachment->rid,
		.pasid = attachment->pasid,
		.call = attachment->device->system->calls,
	};
}

static void unmapped(const struct call *call)
{
	struct checker *checker = call->system->checker;
	const struct ioasim_unmap_dma *arg = &call->arg.unmap;

	if (!arg->unmapped)
		return;
	checker->unmap[checker->unmap_count++ % CHECKER_UNMAPS] = (struct checker_unmap){
		.aspace = call->ioasid->aspace,
		.first = arg->iova,
		.last = arg->iova + (arg->length - 1),
		.call = call->system->calls,
		.time_ns = call->system->now_ns,
	};
}

/* I3: devtlb leaves the unit's own caches alone, so nothing is over with it. */
static void invalidated(const struct call *call)
{
	struct checker *checker = call->system->checker;
	const struct ioasim_invalidate *arg = &call->arg.invalidate;
	struct checker_cleaned cleaned = {
		.ioasid = call->ioasid,
		.tables = arg->cache == IOASIM_INV_PASID,
		.has_pasid = arg->vpasid != IOASIM_NO_VPASID,
		.pasid = arg->vpasid,
		.last = UINT64_MAX,
	};

	if (arg->cache == IOASIM_INV_DEVTLB)
		return;
	if (arg->flags & IOASIM_INVALIDATE_COOKIE)
		cleaned.device = call->device;
	if (arg->scope == IOASIM_SCOPE_RANGE) {
		cleaned.first = arg->address;
		cleaned.last = arg->address + (arg->length - 1);
	}
	cleaned.at = checker->clock++;
	checker->cleaned[checker->cleaned_count++ % CHECKER_CLEANED] = cleaned;
}

/* ---- Calls ----------------------------------------------------------------------------- */

void checker_call_begin(struct ioasim_system *system)
{
	if (system->checker)
		system->checker->digest = digest_of(system);
}

/* S14: what an FD has of the global pool stays within its quota. */
static void judge_quotas(struct checker_case *c)
{
	const struct container *container;

	checker_count(c->checker, 14);
	if (!c->system->config.fd_quota)
		return;
	LIST_FOREACH (container, &c->system->containers, link)
		if (container->set && ioasim_hwid_set_count(c->system->hwids, container->set) >
					      c->system->config.fd_quota)
			checker_report(c, 14, c->system->calls,
				       "a descriptor has more global PASIDs than its quota");
}

void checker_call_end(const struct call *call, int status)
{
	struct checker_case c = call_case(call->system);

	if (!c.checker)
		return;
	judge_quotas(&c);
	checker_count(c.checker, 17);
	if (status < 0) {
		if (digest_of(call->system) != c.checker->digest)
			checker_report(&c, 17, call->system->calls, "%s failed and changed routes",
				       call->entry->name);
		return;
	}
	if (call->entry->number == IOASIM_UNMAP_DMA)
		unmapped(call);
	else if (call->entry->number == IOASIM_INVALIDATE_CACHE)
		invalidated(call);
}

void checker_answer(struct ioasim_system *system, const struct fault *fault)
{
	struct checker_case c = call_case(system);

	if (!c.checker)
		return;
	checker_count(c.checker, 11);
	if (fault->answered)
		checker_report(&c, 11, system->calls, "event %u is answered twice",
			       fault->event.event);
}

void checker_event(const struct container *container, const struct ioasim_event *event)
{
	struct checker_case c = call_case(container->system);
	const struct ioasid *ioasid =
		event->ioasid < container->room ? container->ioasid[event->ioasid] : NULL;

	if (!c.checker)
		return;
	checker_count(c.checker, 9);
	checker_count(c.checker, 12);
	if (!ioasid || ioasid->container != container)
		checker_report(&c, 9, c.system->calls, "an event names IOASID %u of another FD",
			       event->ioasid);
	else if (event->vpasid != IOASIM_NO_VPASID && ioasid->kind != IOASIM_IOASID_PASID_TABLE)
		checker_report(&c, 12, c.system->calls, "an event tells a PASID of the kernel's");
}
