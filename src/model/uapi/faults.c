/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I/O page faults (F). A page request is made by a device (fault_raise), stored by the
 * unit, taken by the driver, and served here: the map of the route decides what becomes
 * of it (F9). The answer goes back the same way, and only its arrival at the device ends
 * the wait, so that a request can be answered once (S11).
 * A fault that needs no answer is an event alone.
 */
#include "model/uapi/dma_inside.h"

#include "model/iommufd/stream.h"
#include "model/uapi/calls.h"
#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/fault_events.h"
#include "model/uapi/fault_stage.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/iommufd_file.h"
#include "model/uapi/process.h"
#include "model/uapi/sva.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Page request groups have 9 bits. */
#define GROUPS 512

/* Records that one request can have caused, generously. */
#define RECORDS 64

/* ---- Answers --------------------------------------------------------------------------------- */

static int respond(struct ioasim_system *system, struct fault *fault, uint8_t code)
{
	const struct ioasim_page_response response = {
		.requester_id = fault->request.requester_id,
		.has_pasid = fault->request.has_pasid,
		.pasid = fault->request.pasid,
		.group = fault->request.group,
		.code = code,
	};

	return system->ops->page_response(system->driver, &response);
}

void fault_answered(struct ioasim_system *system, const struct ioasim_page_response *response)
{
	const struct fault *before = NULL;
	struct fault *fault;

	LIST_FOREACH (fault, &system->faults, all) {
		if (fault->request.requester_id != response->requester_id ||
		    fault->request.group != response->group)
			continue;
		if (fault->answered) {
			before = fault;
			continue;
		}
		checker_answer(system, fault);
		fault->answered = true;
		fault->code = response->code == IOASIM_PAGE_SUCCESS ? IOASIM_PAGE_SUCCESS
								    : IOASIM_PAGE_INVALID;
		return;
	}
	if (before)
		checker_answer(system, before);
}

/* F7: nothing is left to be answered; an event that nobody has read is withdrawn. */
static void fault_cancel(struct ioasim_system *system, struct fault *fault)
{
	struct container *container = fault->attachment->ioasid->container;

	if (!fault->answered && respond(system, fault, IOASIM_PAGE_INVALID) != 0) {
		fault->answered = true;
		fault->code = IOASIM_PAGE_INVALID;
	}
	fault->attachment = NULL;
	if (fault->asked)
		iommufd_fault_forget(fault->asked, fault);
	if (!fault->event.event || fault->asked)
		return;
	if (!fault->read)
		fault_event_unqueue(container, fault);
	fault_reference_drop(container, fault);
}

void faults_answer_all(struct attachment *attachment)
{
	struct ioasim_system *system = attachment->device->system;
	struct fault *fault;

	LIST_FOREACH (fault, &system->faults, all) {
		if (fault->attachment != attachment)
			continue;
		if (!fault->answered)
			fault_cancel(system, fault);
		else
			fault->attachment = NULL;
	}
}

void faults_close(struct container *container)
{
	struct ioasim_system *system = container->system;
	struct fault *fault;
	bool more = !TAILQ_EMPTY(&container->events);

	LIST_FOREACH (fault, &system->faults, all) {
		if (fault->attachment && fault->attachment->ioasid->container == container &&
		    !fault->answered)
			fault_cancel(system, fault);
	}
	/* The container may go with the last reference of its last event. */
	while (more && !TAILQ_EMPTY(&container->events)) {
		fault = TAILQ_FIRST(&container->events);
		more = TAILQ_NEXT(fault, link) != NULL;
		fault_event_unqueue(container, fault);
		fault_reference_drop(container, fault);
		if (!fault_waits(fault))
			fault_free(system, fault);
	}
}

/* ---- PAGE_RESPONSE --------------------------------------------------------------------------- */

static bool code_unknown(struct call *call)
{
	return call->arg.response.code > IOASIM_RESPONSE_INVALID;
}

static bool event_unknown(struct call *call)
{
	struct fault *fault = fault_waiting(call->system, call->arg.response.event);

	call->fault = fault;
	return !fault || fault->answered || !fault->attachment ||
	       fault->attachment->ioasid->container != call->on.container;
}

const struct call_check page_response_checks[] = {
	{"F5", EINVAL, "the code is neither success nor invalid", code_unknown},
	{"F5 S9", EINVAL, "the event is unknown, answered, or another FD's", event_unknown},
	CALL_CHECKS_END,
};

int page_response_work(struct call *call)
{
	struct fault *fault = call->fault;
	bool success = call->arg.response.code == IOASIM_RESPONSE_SUCCESS;
	int error =
		respond(call->system, fault, success ? IOASIM_PAGE_SUCCESS : IOASIM_PAGE_INVALID);

	if (!error)
		fault_reference_drop(call->on.container, fault);
	return error;
}

/* ---- Page requests ---------------------------------------------------------------------------- */

static struct fault *fault_of(const struct ioasim_system *system,
			      const struct ioasim_page_request *request)
{
	struct fault *fault;

	LIST_FOREACH (fault, &system->faults, all) {
		if (!fault->answered && !fault->event.event &&
		    fault->request.requester_id == request->requester_id &&
		    fault->request.group == request->group)
			return fault;
	}
	return NULL;
}

static struct attachment *attachment_asked(const struct ioasim_system *system,
					   const struct ioasim_page_request *request)
{
	return attachment_serving(system, request->requester_id,
				  request->has_pasid ? request->pasid : DRIVER_NO_PASID);
}

/* F1, F2: it waits for the user, who is told, or there is no room to tell (F10). */
static int report(struct ioasim_system *system, struct fault *fault, struct attachment *attachment)
{
	struct container *container = attachment->ioasid->container;

	fault->event.recoverable = true;
	if (container->event_count >= FAULT_EVENTS ||
	    number_take(&system->events, &fault->event.event))
		return -ENOSPC;
	fault->attachment = attachment;
	fault_event_describe(fault, attachment, &fault->request);
	fault_event_queue(container, attachment->ioasid, fault);
	checker_raised(system, fault);
	checker_event_made(system, fault, fault->dma.address);
	return 0;
}

/* F9: what a request of a user's table comes to. true: it waits for the user. */
static bool user_asked(struct ioasim_system *system, struct fault *fault,
		       struct attachment *attachment, uint8_t *code)
{
	if (!(attachment->ioasid->flags & IOASIM_IOASID_FAULT))
		return false;
	switch (fault_stop(attachment, &fault->request)) {
	case FAULT_STOP_NONE:
		*code = IOASIM_PAGE_SUCCESS;
		return false;
	case FAULT_STOP_STAGE1:
		return report(system, fault, attachment) == 0;
	default:
		return false; /* F4 */
	}
}

/* U12: the page table has a fault queue, to whose reader everything is told. */
static int queue_ask(struct ioasim_system *system, struct fault *fault,
		     struct attachment *attachment)
{
	const struct ioasim_page_request *request = &fault->request;
	struct iommufd_device *device = attachment->device->iommufd;
	uint32_t pasid = request->has_pasid ? request->pasid : IOMMUFD_NO_PASID;
	const struct ioasim_iommufd_pgfault record = {
		.flags = (request->has_pasid ? IOASIM_IOMMUFD_PGFAULT_PASID_VALID : 0u) |
			 (request->last ? IOASIM_IOMMUFD_PGFAULT_LAST_PAGE : 0u),
		.pasid = request->pasid,
		.grpid = request->group,
		.perm = request->access | (request->privileged ? IOASIM_IOMMUFD_PGFAULT_PRIV : 0u),
		.addr = request->address,
	};
	int error;

	if (!iommufd_fault_wanted(device, pasid))
		return -ENOENT;
	error = number_take(&system->events, &fault->event.event);
	if (!error)
		error = iommufd_fault_raise(device, pasid, &record, 1, fault);
	if (error)
		return error;
	fault->event.recoverable = true;
	fault->attachment = attachment;
	fault->asked = device;
	fault->read = true;
	checker_raised(system, fault);
	return 0;
}

void fault_respond(struct ioasim_system *system, struct fault *fault, bool success)
{
	if (!respond(system, fault, success ? IOASIM_PAGE_SUCCESS : IOASIM_PAGE_INVALID))
		return;
	fault->answered = true;
	fault->code = IOASIM_PAGE_INVALID;
}

/* Serves a request whose device waits. */
static int serve(struct ioasim_system *system, struct fault *fault)
{
	const struct ioasim_page_request *request = &fault->request;
	struct attachment *attachment = attachment_asked(system, request);
	uint8_t code = IOASIM_PAGE_INVALID;

	if (attachment && attachment->ioasid->hwpt) {
		if (!queue_ask(system, fault, attachment))
			return 0;
	} else if (attachment && !attachment->blocked) {
		struct ioasid *ioasid = attachment->ioasid;

		switch (ioasid->kind) {
		case IOASIM_IOASID_KERNEL:
			break;
		case IOASIM_IOASID_SVA:
			if (!sva_fault(ioasid->process, request->address, request->access))
				code = IOASIM_PAGE_SUCCESS;
			break;
		case IOASIM_IOASID_USER:
		case IOASIM_IOASID_PASID_TABLE:
			if (user_asked(system, fault, attachment, &code))
				return 0;
			break;
		}
	}
	return respond(system, fault, code);
}

static void requests_serve(struct ioasim_system *system)
{
	struct ioasim_page_request request;

	for (unsigned i = 0; i < GROUPS; i++) {
		struct fault *fault;

		if (system->ops->page_request_next(system->driver, &request))
			return;
		fault = fault_of(system, &request);
		if (fault && serve(system, fault)) {
			fault->answered = true;
			fault->code = IOASIM_PAGE_INVALID;
		}
	}
}

/* A group number that no request of the RID under way has. */
static int group_take(const struct ioasim_system *system, uint32_t rid, uint16_t *number)
{
	uint64_t used[GROUPS / 64] = {0};
	const struct fault *fault;

	LIST_FOREACH (fault, &system->faults, all) {
		if (!fault->answered && fault->request.requester_id == rid)
			used[fault->request.group / 64] |= UINT64_C(1) << fault->request.group % 64;
	}
	for (unsigned i = 0; i < GROUPS / 64; i++) {
		if (!~used[i])
			continue;
		*number = (uint16_t)(i * 64 + (unsigned)__builtin_ctzll(~used[i]));
		return 0;
	}
	return -ENOSPC;
}

static struct fault *fault_new(struct ioasim_system *system, const struct ioasim_dma *dma,
			       const struct dma_wire *wire)
{
	struct fault *fault = calloc(1, sizeof(*fault));
	uint16_t group = 0;

	if (!fault || group_take(system, wire->rid, &group)) {
		free(fault);
		return NULL;
	}
	fault->dma = *dma;
	fault->event.vpasid = IOASIM_NO_VPASID;
	fault->request = (struct ioasim_page_request){
		.requester_id = wire->rid,
		.has_pasid = wire->pasid != DRIVER_NO_PASID,
		.pasid = wire->pasid != DRIVER_NO_PASID ? wire->pasid : 0,
		.address = dma->address & ~(PAGE_SIZE - 1),
		.group = group,
		.access = dma->access,
		.privileged = dma->privileged,
		.last = true,
	};
	LIST_INSERT_HEAD(&system->faults, fault, all);
	return fault;
}

enum fault_end fault_raise(struct ioasim_system *system, const struct ioasim_dma *dma,
			   const struct dma_wire *wire, struct ioasim_dma_result *result)
{
	struct fault *fault = fault_new(system, dma, wire);
	struct ioasim_page_request_result stored;
	enum fault_end end = FAULT_FAILS;

	if (!fault)
		return FAULT_FAILS;
	ioasim_page_request(system->unit, &fault->request, &stored);
	if (stored.queued)
		requests_serve(system);
	if (stored.queued && !fault->answered && fault->event.event) {
		result->event = fault->event.event;
		return FAULT_WAITS;
	}
	if (stored.queued && fault->answered) {
		if (fault->code == IOASIM_PAGE_SUCCESS)
			end = FAULT_RESOLVED;
		else if (fault->event.recoverable)
			end = FAULT_INVALID;
	} else if (stored.answered && stored.code == IOASIM_PAGE_SUCCESS) {
		end = FAULT_RESOLVED;
	}
	fault->read = true;
	fault_done(system, fault);
	return end;
}

struct fault *fault_waiting(const struct ioasim_system *system, uint32_t event)
{
	struct fault *fault;

	if (!event)
		return NULL;
	LIST_FOREACH (fault, &system->faults, all) {
		if (fault->event.event == event)
			return fault;
	}
	return NULL;
}

void fault_done(struct ioasim_system *system, struct fault *fault)
{
	checker_fault_gone(system, fault);
	LIST_REMOVE(fault, all);
	fault->all.le_prev = NULL;
	if (fault->read)
		fault_free(system, fault);
}

void faults_destroy(struct ioasim_system *system)
{
	while (!LIST_EMPTY(&system->faults)) {
		struct fault *fault = LIST_FIRST(&system->faults);

		fault->read = true;
		fault_done(system, fault);
	}
}

/* ---- The unit's records ------------------------------------------------------------------------ */

void faults_forget(struct ioasim_system *system)
{
	struct driver_fault record;

	for (unsigned i = 0; i < RECORDS; i++) {
		if (system->ops->fault_next(system->driver, &record))
			return;
	}
}

/* Whether the user's table is at fault. A record need not tell, and not all tell a PASID
 * table's entry from what lies behind it; a walk does, unless the user has been quick. */
static bool of_stage1(const struct attachment *attachment, const struct driver_fault *record,
		      const struct ioasim_page_request *what)
{
	enum fault_stop stop = fault_stop(attachment, what);

	if (record->stage == 0 || stop == FAULT_STOP_PASID)
		return stop == FAULT_STOP_STAGE1;
	return record->stage == 1;
}

/* F3, F4. */
static void record_report(struct ioasim_system *system, const struct driver_fault *record,
			  uint64_t address)
{
	const struct ioasim_page_request what = {
		.requester_id = record->requester_id,
		.has_pasid = record->has_pasid,
		.pasid = record->pasid,
		.address = record->address,
		.access = record->access,
		.last = true,
	};
	struct attachment *attachment = attachment_asked(system, &what);
	struct container *container;
	struct fault *fault;

	if (attachment && attachment->ioasid->hwpt) {
		iommufd_event(attachment, record);
		return;
	}
	if (!attachment || attachment->blocked ||
	    (attachment->ioasid->kind != IOASIM_IOASID_USER &&
	     attachment->ioasid->kind != IOASIM_IOASID_PASID_TABLE))
		return;
	if (!of_stage1(attachment, record, &what))
		return;
	container = attachment->ioasid->container;
	fault = container->event_count < FAULT_EVENTS ? calloc(1, sizeof(*fault)) : NULL;
	if (!fault)
		return;
	fault_event_describe(fault, attachment, &what);
	fault_event_queue(container, attachment->ioasid, fault);
	checker_event_made(system, fault, address);
}

void faults_report(struct ioasim_system *system, uint64_t address)
{
	struct driver_fault record;

	for (unsigned i = 0; i < RECORDS; i++) {
		if (system->ops->fault_next(system->driver, &record))
			return;
		record_report(system, &record, address);
	}
}
