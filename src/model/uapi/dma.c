/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What devices do. A device without ATS sends its accesses untranslated. One with ATS
 * asks for translations, keeps them in its TLB and sends translated requests; where a
 * translation comes back without the rights, it asks for the page if it has PRI. What
 * cannot be had in this way is sent untranslated at last, so that the unit records why.
 *
 * The unit tells what stopped a request by structure; whose table that was, and what a
 * user calls a route without PASID, is known from the books.
 */
#include "model/uapi/dma_inside.h"

#include "model/uapi/checker.h"
#include "model/uapi/device.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <string.h>

/* Page requests that are resolved, and the same access still fails. */
#define RETRIES 4

/* ---- What stopped it ------------------------------------------------------------------------ */

/* The default route is blocked by the host (H1), whatever entry does it. */
static bool host_blocks(const struct ioasim_system *system, const struct dma_wire *wire,
			const struct attachment *attachment)
{
	if (!wire->is_default)
		return false;
	if (attachment)
		return attachment->blocked;
	for (unsigned i = 0; i < system->devices; i++) {
		const struct device *device = system->device[i];

		if (device && !device->parent && device->config.requester_id == wire->rid)
			return device->group->state != GROUP_HOST;
	}
	return true;
}

/* Pages of a process come into its table by faults: what it has, with fewer rights than the
 * access wants, is mapped all the same. A page that no fault has brought is not. */
static bool process_forbids(const struct attachment *attachment, const struct ioasim_dma *dma)
{
	const struct ioasid *ioasid = attachment->ioasid;
	const struct interval *area;

	if (ioasid->kind != IOASIM_IOASID_SVA || ioasid->process->dead)
		return false;
	area = process_area(ioasid->process, dma->address);
	return area && (area->access & dma->access) != dma->access;
}

/* A kernel's table of stage 2 alone is the attached map. */
static enum ioasim_dma_class unmapped_in(const struct attachment *attachment, uint8_t cause)
{
	if (cause == IOASIM_CAUSE_STAGE2 && attachment->table &&
	    attachment->table->flavour == PGTABLE_USER)
		return IOASIM_CLASS_STAGE2;
	return IOASIM_CLASS_STAGE1;
}

static enum ioasim_dma_class class_of(const struct ioasim_system *system,
				      const struct ioasim_dma *dma, const struct dma_wire *wire,
				      uint8_t cause)
{
	const struct attachment *attachment = attachment_serving(system, wire->rid, wire->pasid);

	if (host_blocks(system, wire, attachment))
		return IOASIM_CLASS_BLOCKED;
	switch (cause) {
	case IOASIM_CAUSE_BLOCKED:
		return IOASIM_CLASS_BLOCKED;
	case IOASIM_CAUSE_PASID:
		return IOASIM_CLASS_PASID;
	case IOASIM_CAUSE_PERMISSION:
		return IOASIM_CLASS_PERMISSION;
	case IOASIM_CAUSE_STAGE1:
	case IOASIM_CAUSE_STAGE2:
		if (!attachment)
			return IOASIM_CLASS_STAGE1; /* the host's own space */
		if (process_forbids(attachment, dma))
			return IOASIM_CLASS_PERMISSION;
		return unmapped_in(attachment, cause);
	default:
		return attachment ? IOASIM_CLASS_STAGE1 : IOASIM_CLASS_BLOCKED;
	}
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void fails(struct ioasim_dma_result *result, enum ioasim_dma_class class)
{
	result->outcome = IOASIM_DMA_FAULTS;
	result->class = (uint8_t) class;
	result->pa = 0;
}

static void reaches(struct ioasim_dma_result *result, ioasim_pa_t pa)
{
	result->outcome = IOASIM_DMA_REACHES;
	result->pa = pa;
}

static struct ioasim_request request_of(const struct ioasim_dma *dma, const struct dma_wire *wire,
					enum ioasim_request_kind kind)
{
	return (struct ioasim_request){
		.requester_id = wire->rid,
		.has_pasid = wire->pasid != DRIVER_NO_PASID,
		.pasid = wire->pasid != DRIVER_NO_PASID ? wire->pasid : 0,
		.address = dma->address,
		.length = dma->length,
		.access = dma->access,
		.kind = (uint8_t)kind,
		.privileged = dma->privileged,
	};
}

static void untranslated(struct ioasim_system *system, const struct ioasim_dma *dma,
			 const struct dma_wire *wire, struct ioasim_dma_result *result)
{
	const struct ioasim_request request = request_of(dma, wire, IOASIM_UNTRANSLATED);
	struct ioasim_response *response = &result->response;

	ioasim_translate(system->unit, &request, response);
	if (response->outcome == IOASIM_OK) {
		reaches(result, response->pa);
		return;
	}
	if (response->outcome == IOASIM_INTERRUPT)
		fails(result, IOASIM_CLASS_BLOCKED); /* no memory is reached */
	else
		fails(result, class_of(system, dma, wire, response->fault.cause));
	faults_report(system, dma->address);
}

/* A translated request carries no PASID: the address says all. */
static bool translated(struct ioasim_system *system, const struct ioasim_dma *dma,
		       const struct dma_wire *wire, ioasim_pa_t pa,
		       struct ioasim_dma_result *result)
{
	struct ioasim_request request = request_of(dma, wire, IOASIM_TRANSLATED);

	request.has_pasid = false;
	request.pasid = 0;
	request.address = pa;
	ioasim_translate(system->unit, &request, &result->response);
	if (result->response.outcome != IOASIM_OK)
		return false;
	reaches(result, result->response.pa);
	return true;
}

/* Asks for a translation and files it. true: it has the rights that the access needs. */
static bool ask(struct ioasim_system *system, const struct ioasim_dma *dma,
		const struct dma_wire *wire, struct ioasim_dma_result *result, ioasim_pa_t *pa)
{
	struct ioasim_request request = request_of(dma, wire, IOASIM_TRANSLATION_REQUEST);
	const struct ioasim_response *response = &result->response;
	const struct atc_key key = {wire->pasid, dma->privileged, dma->address};

	/* Without the no-write flag a request asks for both rights. */
	request.access |= IOASIM_READ;
	ioasim_translate(system->unit, &request, &result->response);
	if (response->outcome != IOASIM_OK || !response->access)
		return false;
	atc_fill(wire->device->atc, &key, response->pa, response->access);
	*pa = (response->pa & ~(PAGE_SIZE - 1)) | (dma->address & (PAGE_SIZE - 1));
	return !(dma->access & ~response->access);
}

/* By the device's TLB; false: there is no translation to be had. */
static bool by_atc(struct ioasim_system *system, const struct ioasim_dma *dma,
		   const struct dma_wire *wire, struct ioasim_dma_result *result)
{
	const struct atc_key key = {wire->pasid, dma->privileged, dma->address};
	ioasim_pa_t pa;

	if (atc_find(wire->device->atc, &key, dma->access, &pa) &&
	    translated(system, dma, wire, pa, result))
		return true;
	return ask(system, dma, wire, result, &pa) && translated(system, dma, wire, pa, result);
}

static void by_ats(struct ioasim_system *system, const struct ioasim_dma *dma,
		   const struct dma_wire *wire, struct ioasim_dma_result *result)
{
	for (unsigned i = 0; i < RETRIES; i++) {
		if (by_atc(system, dma, wire, result))
			return;
		/* What is recorded of a request for a translation is no access yet. */
		faults_forget(system);
		/* Refused outright: no page will help. */
		if (result->response.outcome != IOASIM_OK &&
		    result->response.outcome != IOASIM_ATS_EMPTY)
			break;
		if (!device_has(wire->device, IOASIM_DEVICE_PRI))
			break;
		switch (fault_raise(system, dma, wire, result)) {
		case FAULT_WAITS:
			result->outcome = IOASIM_DMA_PENDING;
			return;
		case FAULT_INVALID:
			fails(result, IOASIM_CLASS_INVALID);
			return;
		case FAULT_FAILS:
			i = RETRIES;
			break;
		case FAULT_RESOLVED:
			break;
		}
	}
	untranslated(system, dma, wire, result);
}

/* ---- Wires ----------------------------------------------------------------------------------- */

void dma_wire_of_pasid(const struct device *device, uint32_t pasid, struct dma_wire *wire)
{
	*wire = (struct dma_wire){
		.device = device_pdev(device),
		.rid = device_pdev(device)->config.requester_id,
		.pasid = pasid,
		.is_default = pasid == DRIVER_NO_PASID,
	};
}

/* D3: what an mdev's queue sends. */
static void mdev_wire(const struct device *device, unsigned index, struct dma_wire *wire)
{
	const struct queue *queue = &device->queue[index];
	struct attachment *attachment =
		queue->state == QUEUE_VPASID ? queue->attachment : attachment_default(device);

	dma_wire_of_pasid(device, attachment ? attachment->pasid : DRIVER_NO_PASID, wire);
	wire->is_default = queue->state == QUEUE_DEFAULT;
	wire->stopped = !attachment || queue->state == QUEUE_DISABLED;
	wire->attachment = attachment;
}

static int wire_find(const struct ioasim_system *system, const struct ioasim_dma *dma,
		     struct dma_wire *wire)
{
	const struct device *device;

	if (!dma->access || dma->access & ~(IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC) ||
	    !dma->length)
		return -EINVAL;
	if (dma->has_pasid && dma->pasid > IOASIM_PASID_MAX)
		return -EINVAL;
	if (dma->device == IOASIM_NO_DEVICE) {
		*wire = (struct dma_wire){
			.rid = dma->requester_id,
			.pasid = dma->has_pasid ? dma->pasid : DRIVER_NO_PASID,
			.is_default = !dma->has_pasid,
		};
		return 0;
	}
	device = device_find(system, dma->device);
	if (!device)
		return -ENODEV;
	if (dma->queue >= IOASIM_QUEUES || (device->parent && dma->has_pasid))
		return -EINVAL;
	if (device->parent) {
		mdev_wire(device, dma->queue, wire);
		return 0;
	}
	/* D2: a queue's register takes any value. */
	if (dma->has_pasid)
		dma_wire_of_pasid(device, dma->pasid, wire);
	else if (device->queue[dma->queue].state == QUEUE_VPASID)
		dma_wire_of_pasid(device, device->queue[dma->queue].vpasid, wire);
	else
		dma_wire_of_pasid(device, DRIVER_NO_PASID, wire);
	return 0;
}

/* ---- DMA ------------------------------------------------------------------------------------- */

int dma_finish_cpu_fault(struct ioasim_system *system, const struct ioasim_dma *dma,
			 struct ioasim_dma_result *result)
{
	memset(result, 0, sizeof(*result));
	fails(result, IOASIM_CLASS_CPU);
	system->dmas++;
	checker_judge(system, dma, NULL, result);
	return 0;
}

int dma_run(struct ioasim_system *system, const struct ioasim_dma *dma, const struct dma_wire *wire,
	    struct ioasim_dma_result *result)
{
	int error = 0;

	memset(result, 0, sizeof(*result));
	system->dmas++;
	if (wire->stopped)
		fails(result, IOASIM_CLASS_BLOCKED);
	else if (wire->attachment && wire->attachment->device->config.software)
		error = mdev_access(wire, dma, result);
	else if (wire->device && wire->device->atc)
		by_ats(system, dma, wire, result);
	else
		untranslated(system, dma, wire, result);
	if (!error)
		checker_judge(system, dma, wire, result);
	return error;
}

int ioasim_dma(struct ioasim_system *system, const struct ioasim_dma *dma,
	       struct ioasim_dma_result *result)
{
	struct dma_wire wire;
	int error = wire_find(system, dma, &wire);

	return error ? error : dma_run(system, dma, &wire, result);
}

int ioasim_dma_retry(struct ioasim_system *system, uint32_t event, struct ioasim_dma_result *result)
{
	struct fault *fault = fault_waiting(system, event);
	struct dma_wire wire;
	struct ioasim_dma dma;
	bool success;

	if (!fault)
		return -ENOENT;
	if (!fault->answered)
		return -EAGAIN;
	dma = fault->dma;
	/* The same request again (F6), whatever a queue has been told meanwhile. */
	dma_wire_of_pasid(device_find(system, dma.device),
			  fault->request.has_pasid ? fault->request.pasid : DRIVER_NO_PASID, &wire);
	wire.is_default |= fault->attachment && fault->attachment->vpasid == IOASIM_NO_VPASID &&
			   fault->attachment->device->parent;
	success = fault->code == IOASIM_PAGE_SUCCESS;
	fault_done(system, fault);
	if (success)
		return dma_run(system, &dma, &wire, result);
	memset(result, 0, sizeof(*result));
	fails(result, IOASIM_CLASS_INVALID);
	system->dmas++;
	checker_judge(system, &dma, NULL, result);
	return 0;
}

void dma_page_response(void *opaque, const struct ioasim_page_response *response)
{
	fault_answered(opaque, response);
}
