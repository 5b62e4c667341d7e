/* SPDX-License-Identifier: Apache-2.0 */
/* Reports, routes, and the judgement of a DMA through maps of the kernel (S1 to S8). */
#include "model/uapi/aspace.h"
#include "model/uapi/checker_inside.h"
#include "model/uapi/dma_inside.h"
#include "model/uapi/frames.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The lazy policy's deadline where none is configured (model/driver.h). */
#define LAZY_DEADLINE_NS UINT64_C(10000000)

int checker_init(struct ioasim_system *system)
{
	system->checker = calloc(1, sizeof(*system->checker));
	return system->checker ? 0 : -ENOMEM;
}

void checker_fini(struct ioasim_system *system)
{
	free(system->checker);
	system->checker = NULL;
}

/* ---- Reports ------------------------------------------------------------------------- */

void checker_report(struct checker_case *c, unsigned rule, uint64_t since, const char *format, ...)
{
	struct checker *checker = c->checker;
	struct ioasim_violation *violation;
	va_list args;

	checker->verdict.broken[rule]++;
	if (c->result)
		c->result->broken |= 1u << rule;
	if (checker->violations == CHECKER_VIOLATIONS)
		return;
	violation = &checker->violation[checker->violations++];
	*violation = (struct ioasim_violation){
		.rule = (uint8_t)rule,
		.dma = c->dma ? c->system->dmas : 0,
		.requester_id = c->rid,
		.has_pasid = c->pasid != DRIVER_NO_PASID,
		.pasid = c->pasid == DRIVER_NO_PASID ? 0 : c->pasid,
		.address = c->dma ? c->dma->address : 0,
		.page = c->result ? c->result->pa : 0,
		.since = since,
	};
	va_start(args, format);
	vsnprintf(violation->text, sizeof(violation->text), format, args);
	va_end(args);
}

const struct ioasim_verdict *ioasim_system_verdict(const struct ioasim_system *system)
{
	struct checker *checker = system->checker;

	checker->verdict.calls = system->calls;
	return &checker->verdict;
}

const struct ioasim_violation *ioasim_system_violation(const struct ioasim_system *system,
						       unsigned n)
{
	const struct checker *checker = system->checker;

	return n < checker->violations ? &checker->violation[n] : NULL;
}

bool checker_released(const struct ioasim_system *system, ioasim_pa_t pa)
{
	const struct frame *frame = frame_at(&system->frames, pa);

	return !frame || (!frame->pins && !frame->mapped);
}

/* ---- Routes ---------------------------------------------------------------------------- */

static bool on_route(const struct attachment *attachment, uint32_t rid, uint32_t pasid)
{
	const struct device *device = attachment->device;

	if (device->config.software || attachment->covered)
		return false;
	if (device_pdev(device)->config.requester_id != rid)
		return false;
	/* A user's PASID table stands for every PASID of the RID (T4). */
	return attachment->pasid == pasid || attachment->ioasid->kind == IOASIM_IOASID_PASID_TABLE;
}

/* R3: the default attachment of any member opens the route of all; one of a PASID table,
 * their routes with PASIDs too. */
static bool by_group(const struct attachment *attachment, const struct group *group, uint32_t pasid)
{
	bool serves =
		pasid == DRIVER_NO_PASID || attachment->ioasid->kind == IOASIM_IOASID_PASID_TABLE;

	return group && serves && !attachment->covered && attachment->pasid == DRIVER_NO_PASID &&
	       !attachment->device->parent && attachment->device->group == group;
}

static const struct group *group_of(const struct ioasim_system *system, uint32_t rid)
{
	for (unsigned i = 0; i < system->devices; i++)
		if (!system->device[i]->parent && system->device[i]->config.requester_id == rid)
			return system->device[i]->group;
	return NULL;
}

/* The attachment of the route, and whether two requesters share it (S16). */
static void route_find(struct checker_case *c)
{
	const struct group *group = group_of(c->system, c->rid);
	const struct attachment *attachment;

	checker_count(c->checker, 16);
	for (unsigned i = 0; i < c->system->devices; i++) {
		LIST_FOREACH (attachment, &c->system->device[i]->attachments, device_link) {
			bool member = by_group(attachment, group, c->pasid);

			if (!member && !on_route(attachment, c->rid, c->pasid))
				continue;
			if (c->attachment && !member && c->attachment->device != attachment->device)
				checker_report(c, 16, c->system->calls,
					       "two devices are attached on one route");
			c->attachment = attachment;
		}
	}
}

static uint64_t route_ended_at(const struct checker_case *c)
{
	const struct checker *checker = c->checker;
	uint64_t count =
		checker->ended_count < CHECKER_ENDED ? checker->ended_count : CHECKER_ENDED;

	for (uint64_t i = 1; i <= count; i++) {
		const struct checker_ended *ended =
			&checker->ended[(checker->ended_count - i) % CHECKER_ENDED];

		if (ended->rid == c->rid && ended->pasid == c->pasid)
			return ended->call;
	}
	return 0;
}

/* S1, S8, S13, S15: whether the DMA may reach anything at all. */
static bool judge_route(struct checker_case *c)
{
	const struct group *group = group_of(c->system, c->rid);
	uint64_t ended = route_ended_at(c);

	checker_count(c->checker, 1);
	checker_count(c->checker, 3);
	checker_count(c->checker, 8);
	checker_count(c->checker, 13);
	checker_count(c->checker, 15);
	if (c->attachment && !c->attachment->blocked)
		return true;
	if (c->attachment && c->attachment->ioasid->freed)
		checker_report(c, 13, ended, "the address space of the route was freed");
	else if (ended)
		checker_report(c, 8, ended, "the route ended with call %llu",
			       (unsigned long long)ended);
	else if (group && group->bound && c->pasid == DRIVER_NO_PASID)
		checker_report(c, 15, ended, "the group is bound and nothing is attached");
	else
		checker_report(c, 1, ended, "nothing was ever attached on this route");
	return false;
}

/* ---- Maps of the kernel ------------------------------------------------------------------ */

/* The latest unmap of an address in a space or in one of its parents; NULL: none. */
static struct checker_unmap *unmap_find(struct checker *checker, const struct aspace *aspace,
					uint64_t iova)
{
	uint64_t count =
		checker->unmap_count < CHECKER_UNMAPS ? checker->unmap_count : CHECKER_UNMAPS;

	for (uint64_t i = 1; i <= count; i++) {
		struct checker_unmap *unmap =
			&checker->unmap[(checker->unmap_count - i) % CHECKER_UNMAPS];

		for (const struct aspace *at = aspace; at; at = at->parent)
			if (unmap->aspace == at &&
			    (at != aspace || (unmap->first <= iova && unmap->last >= iova)))
				return unmap;
	}
	return NULL;
}

/* Lazy: the page is reachable until the flush. A measurement, not a broken rule. */
static bool in_window(struct checker_case *c, struct checker_unmap *unmap)
{
	const struct ioasim_system_config *config = &c->system->config;
	uint64_t deadline = config->lazy_deadline_ns ? config->lazy_deadline_ns : LAZY_DEADLINE_NS;
	struct ioasim_windows *windows = &c->checker->verdict.windows;
	uint64_t length = c->system->now_ns - unmap->time_ns;

	if (!config->lazy || length > deadline)
		return false;
	windows->dmas++;
	windows->count += !unmap->used;
	unmap->used = true;
	windows->total_ns += length - unmap->window_ns;
	unmap->window_ns = length;
	if (length > windows->longest_ns)
		windows->longest_ns = length;
	return true;
}

static void report_stale(struct checker_case *c, const struct aspace *aspace)
{
	struct checker_unmap *unmap = unmap_find(c->checker, aspace, c->dma->address);
	unsigned rule = unmap ? 4 : 2;

	if (unmap && in_window(c, unmap))
		return;
	if (checker_released(c->system, c->result->pa))
		rule = 6;
	checker_report(c, rule, unmap ? unmap->call : 0,
		       "the map of the route does not give this page%s",
		       unmap ? ", since the address was unmapped" : "");
}

/* Through a guest's tables it is not known which address of the parent was used. */
bool checker_in_window(struct checker_case *c, const struct aspace *aspace)
{
	struct checker *checker = c->checker;
	uint64_t count =
		checker->unmap_count < CHECKER_UNMAPS ? checker->unmap_count : CHECKER_UNMAPS;

	for (uint64_t i = 1; i <= count; i++) {
		struct checker_unmap *unmap =
			&checker->unmap[(checker->unmap_count - i) % CHECKER_UNMAPS];

		for (const struct aspace *at = aspace; at; at = at->parent)
			if (unmap->aspace == at && in_window(c, unmap))
				return true;
	}
	return false;
}

/* First-stage formats have no pages that can be written and not read. */
static unsigned missing_rights(const struct checker_case *c, unsigned access)
{
	if (access & IOASIM_WRITE)
		access |= IOASIM_READ;
	return c->dma->access & ~access & (IOASIM_READ | IOASIM_WRITE);
}

static void judge_kernel(struct checker_case *c)
{
	const struct aspace *aspace = c->attachment->ioasid->aspace;
	struct checker_unmap *unmap;
	unsigned access;
	ioasim_pa_t pa;

	if (aspace_find(aspace, c->dma->address, &pa, &access, NULL) || pa != c->result->pa) {
		report_stale(c, aspace);
		return;
	}
	if (!missing_rights(c, access))
		return;
	/* The same page was mapped there with more rights. */
	unmap = unmap_find(c->checker, aspace, c->dma->address);
	if (!unmap || !in_window(c, unmap))
		checker_report(c, aspace->parent ? 5 : 2, 0, "the map does not give this right");
}

/* V: the memory of the process, as it is. */
static void judge_sva(struct checker_case *c)
{
	const struct process *process = c->attachment->ioasid->process;
	struct interval_place place;
	const struct interval *area =
		process ? interval_find(&process->areas, 0, c->dma->address, &place) : NULL;

	if (!area || area->first > c->dma->address ||
	    area->value + (c->dma->address - area->first) != c->result->pa)
		checker_report(c, checker_released(c->system, c->result->pa) ? 6 : 4, 0,
			       "the process does not have this page there");
	else if (c->dma->access & ~area->access & (IOASIM_READ | IOASIM_WRITE))
		checker_report(c, 2, 0, "the process does not have this right");
}

/* ---- A DMA ---------------------------------------------------------------------------------- */

void checker_judge(struct ioasim_system *system, const struct ioasim_dma *dma,
		   const struct dma_wire *wire, struct ioasim_dma_result *result)
{
	struct checker_case c = {
		.system = system,
		.checker = system->checker,
		.dma = dma,
		.result = result,
	};

	result->broken = 0;
	if (!c.checker)
		return;
	c.checker->verdict.dmas++;
	if (result->outcome != IOASIM_DMA_REACHES || !wire)
		return;
	c.rid = wire->rid;
	c.pasid = wire->pasid;
	if (wire->attachment && wire->attachment->device->config.software)
		c.attachment = wire->attachment;
	else
		route_find(&c);
	if (!judge_route(&c))
		return;
	checker_count(c.checker, 2);
	checker_count(c.checker, 4);
	checker_count(c.checker, 6);
	checker_count(c.checker, 7);
	switch (c.attachment->ioasid->kind) {
	case IOASIM_IOASID_KERNEL:
		judge_kernel(&c);
		break;
	case IOASIM_IOASID_SVA:
		judge_sva(&c);
		break;
	default:
		checker_judge_user(&c);
	}
}
