/* SPDX-License-Identifier: Apache-2.0 */
/* What calls, events and instructions did, and did not do: the rules that no DMA shows
 * (S9 to S11, S14, S17), and numbers that are given out again (S7). */
#include "model/uapi/calls.h"
#include "model/uapi/checker_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- Faults -------------------------------------------------------------------------- */

static struct checker_fault *fault_find(const struct checker *checker, const struct fault *fault)
{
	struct checker_fault *found;

	LIST_FOREACH (found, &checker->faults, link) {
		if (found->fault == fault)
			return found;
	}
	return NULL;
}

void checker_raised(struct ioasim_system *system, const struct fault *fault)
{
	struct checker *checker = checker_of(system);
	struct checker_fault *raised = checker ? calloc(1, sizeof(*raised)) : NULL;

	if (!raised) {
		if (checker)
			checker->deaf = true;
		return;
	}
	raised->fault = fault;
	raised->attachment = fault->attachment;
	LIST_INSERT_HEAD(&checker->faults, raised, link);
}

void checker_answer(struct ioasim_system *system, const struct fault *fault)
{
	struct checker_case c = checker_call_case(system);
	struct checker_fault *raised = c.checker ? fault_find(c.checker, fault) : NULL;

	if (!c.checker)
		return;
	checker_count(c.checker, 11);
	if (fault->answered || (raised && raised->answers))
		checker_report(&c, 11, system->calls, "event %u is answered twice",
			       fault->event.event);
	if (raised)
		raised->answers++;
}

void checker_fault_gone(struct ioasim_system *system, const struct fault *fault)
{
	struct checker_fault *raised = system->checker ? fault_find(system->checker, fault) : NULL;

	if (!raised)
		return;
	LIST_REMOVE(raised, link);
	free(raised);
}

/* ---- Numbers ---------------------------------------------------------------------------- */

static struct interval number_key(const struct container *container, uint32_t number)
{
	return (struct interval){
		.space = (uint64_t)(uintptr_t)container, .first = number, .last = number};
}

static const struct interval *number_find(const struct checker *checker, const struct interval *key,
					  struct interval_place *place)
{
	const struct interval *found =
		interval_find(&checker->numbers, key->space, key->first, place);

	return found && found->first == key->first ? found : NULL;
}

/* S7: the last IOASID of this number is gone. */
static void number_given(struct checker_case *c, const struct container *container, uint32_t number)
{
	struct interval key = number_key(container, number);
	struct interval_place place;

	checker_count(c->checker, 7);
	if (number_find(c->checker, &key, &place))
		checker_report(c, 7, c->system->calls, "IOASID %u is given out while it exists",
			       number);
	else if (interval_insert(&c->checker->numbers, &key))
		c->checker->deaf = true;
}

void checker_ioasid_gone(const struct ioasid *ioasid)
{
	struct checker_case c = checker_call_case(ioasid->container->system);
	struct interval key = number_key(ioasid->container, ioasid->number);
	struct interval_place place;
	struct checker *checker = c.system->checker;
	uint64_t count;

	if (!checker)
		return;
	if (number_find(checker, &key, &place))
		interval_remove(&checker->numbers, &place);
	/* Another one may stand where it stood. */
	count = checker->cleaned_count < CHECKER_CLEANED ? checker->cleaned_count : CHECKER_CLEANED;
	for (uint64_t i = 0; i < count; i++)
		if (checker->cleaned[i].ioasid == ioasid)
			checker->cleaned[i].ioasid = NULL;
	if (!c.checker)
		return;
	checker_count(c.checker, 13);
	if (!LIST_EMPTY(&ioasid->attachments) || ioasid->kvm_count || ioasid->fault_count)
		checker_report(&c, 13, c.system->calls, "IOASID %u ends while something holds it",
			       ioasid->number);
}

/* ---- Invalidations ------------------------------------------------------------------------ */

/* I3: devtlb leaves the unit's own caches alone, so nothing is over with it. */
static void invalidated(struct checker *checker, const struct call *call)
{
	const struct ioasim_invalidate *arg = &call->arg.invalidate;
	struct checker_cleaned cleaned = {
		.ioasid = call->ioasid,
		.pasids = arg->cache == IOASIM_INV_PASID,
		.has_pasid = arg->vpasid != IOASIM_NO_VPASID,
		.pasid = arg->vpasid,
		.last = UINT64_MAX,
		.at = ++checker->clock,
	};

	if (arg->cache == IOASIM_INV_DEVTLB)
		return;
	if (arg->flags & IOASIM_INVALIDATE_COOKIE)
		cleaned.device = call->device;
	if (arg->scope == IOASIM_SCOPE_RANGE) {
		cleaned.first = arg->address;
		cleaned.last = arg->address + (arg->length - 1);
	}
	checker->cleaned[checker->cleaned_count++ % CHECKER_CLEANED] = cleaned;
}

void checker_cleaned(struct ioasid *ioasid, uint64_t first, uint64_t last)
{
	struct checker *checker = checker_of(ioasid->container->system);
	struct checker_cleaned cleaned = {.ioasid = ioasid, .first = first, .last = last};

	if (!checker)
		return;
	cleaned.at = ++checker->clock;
	checker->cleaned[checker->cleaned_count++ % CHECKER_CLEANED] = cleaned;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static const struct container *container_called(const struct call *call)
{
	if (call->container)
		return call->container;
	switch (call_fd_kind(call->entry)) {
	case IOASIM_FD_IOASID:
		return call->on.container;
	case IOASIM_FD_DEVICE:
		return call->on.device->bound;
	default:
		return NULL;
	}
}

void checker_call_begin(struct ioasim_system *system)
{
	struct checker *checker = checker_of(system);

	if (!checker)
		return;
	checker->digest_before = checker->digest;
	checker->left_before = ioasim_hwid_left(system->hwids);
	checker->calling = NULL;
}

void checker_call_checked(const struct call *call)
{
	struct checker_case c = checker_call_case(call->system);
	const struct container *container = container_called(call);

	if (!c.checker)
		return;
	checker_count(c.checker, 9);
	c.checker->calling = container;
	if (container && call->ioasid && call->ioasid->container != container)
		checker_report(&c, 9, c.system->calls, "%s works on IOASID %u of another FD",
			       call->entry->name, call->ioasid->number);
}

/* UNBIND of the last device of a closed FD has ended the container that the call was of. */
static bool still_lives(const struct ioasim_system *system, const struct container *which)
{
	const struct container *container;

	LIST_FOREACH (container, &system->containers, link)
		if (container == which)
			return true;
	return false;
}

/* S14: what an FD has of the global pool stays within its quota, and a process within the
 * limit of its control group; what fails takes nothing. */
static void judge_counts(struct checker_case *c, const struct call *call, int status)
{
	const struct container *container = c->checker->calling;
	const struct ioasim_system_config *config = &c->system->config;
	uint64_t at = c->system->calls;

	checker_count(c->checker, 14);
	if (status < 0) {
		if (ioasim_hwid_left(c->system->hwids) != c->checker->left_before)
			checker_report(c, 14, at, "%s failed and took hardware IDs",
				       call->entry->name);
		return;
	}
	if (!container || !still_lives(c->system, container))
		return;
	if (config->fd_quota && container->set &&
	    ioasim_hwid_set_count(c->system->hwids, container->set) > config->fd_quota)
		checker_report(c, 14, at, "a descriptor has more global PASIDs than its quota");
	if (config->cgroup_limit && container->opener->cgroup &&
	    ioasim_cgroup_charged(container->opener->cgroup) > config->cgroup_limit)
		checker_report(c, 14, at, "a process has more global PASIDs than its limit");
}

static void call_done(struct checker_case *c, const struct call *call, int status)
{
	switch (call->entry->number) {
	case IOASIM_IOASID_ALLOC:
	case IOASIM_CREATE_NESTING:
		number_given(c, call->on.container, (uint32_t)status);
		break;
	case IOASIM_INVALIDATE_CACHE:
		invalidated(c->checker, call);
		break;
	default:
		break;
	}
}

void checker_call_end(const struct call *call, const void *argument, int status)
{
	struct checker_case c = checker_call_case(call->system);

	if (!c.checker)
		return;
	judge_counts(&c, call, status);
	checker_count(c.checker, 17);
	if (status >= 0) {
		checker_judge_told(&c, call, argument, status);
		call_done(&c, call, status);
	} else if (c.checker->digest != c.checker->digest_before) {
		checker_report(&c, 17, c.system->calls, "%s failed and changed what is reached",
			       call->entry->name);
	}
	c.checker->calling = NULL;
}

void checker_work_begin(struct ioasim_system *system, const struct container *container)
{
	struct checker *checker = checker_of(system);

	checker_call_begin(system);
	if (checker)
		checker->calling = container;
}

void checker_work_end(struct ioasim_system *system, const char *name, int status)
{
	struct checker_case c = checker_call_case(system);

	if (!c.checker)
		return;
	checker_count(c.checker, 14);
	checker_count(c.checker, 17);
	if (status < 0 && ioasim_hwid_left(system->hwids) != c.checker->left_before)
		checker_report(&c, 14, system->calls, "%s failed and took hardware IDs", name);
	if (status < 0 && c.checker->digest != c.checker->digest_before)
		checker_report(&c, 17, system->calls, "%s failed and changed what is reached",
			       name);
	c.checker->calling = NULL;
}

/* ---- ENQCMD ---------------------------------------------------------------------------------- */

void checker_enqcmd(const struct kvm *kvm, const struct device *device, uint32_t vpasid,
		    uint32_t pasid)
{
	struct checker_case c = checker_call_case(kvm->system);
	const struct kvm_pasid *entry;

	if (!c.checker)
		return;
	c.rid = device->config.requester_id;
	c.pasid = pasid;
	checker_count(c.checker, 10);
	if (!kvm->translate) {
		if (device->parent || pasid != vpasid)
			checker_report(&c, 10, c.system->calls,
				       "ENQCMD reaches device %d without translation",
				       device->number);
		return;
	}
	LIST_FOREACH (entry, &kvm->pasids, link)
		if (entry->vpasid == vpasid && entry->pasid == pasid)
			return;
	checker_report(&c, 10, c.system->calls, "ENQCMD with vPASID %u reaches device %d with %u",
		       vpasid, device->number, pasid);
}
