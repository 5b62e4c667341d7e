/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of devices: DMA, queues, page requests, ENQCMD. */
#include "uapi_program.h"

#include "model/uapi/device.h"

#include <errno.h>
#include <string.h>

static const char *const classes[] = {"blocked",    "pasid", "stage 1", "stage 2",
				      "permission", "CPU",   "invalid"};

/* ---- What a DMA met ------------------------------------------------------------------------- */

static void tell_result(struct uapi_program *p, const struct ioasim_dma_result *result)
{
	if (result->outcome == IOASIM_DMA_REACHES)
		uapi_tell(p, " reaches %#llx", (unsigned long long)result->pa);
	else if (result->outcome == IOASIM_DMA_PENDING)
		uapi_tell(p, " waits for %u", result->event);
	else
		uapi_tell(p, " fails: %s", classes[result->class]);
}

/* A route with a PASID is cut off as the architecture likes. */
static bool no_route(const struct ioasim_dma_result *result)
{
	return result->outcome == IOASIM_DMA_FAULTS &&
	       (result->class == IOASIM_CLASS_BLOCKED || result->class == IOASIM_CLASS_PASID);
}

static bool same(const struct ioasim_dma_result *a, const struct ioasim_dma_result *b,
		 bool with_pasid)
{
	if (a->outcome != b->outcome)
		return false;
	if (a->outcome == IOASIM_DMA_REACHES)
		return a->pa == b->pa;
	if (a->outcome == IOASIM_DMA_PENDING)
		return a->event == b->event;
	return a->class == b->class || (with_pasid && no_route(a) && no_route(b));
}

static void remember(struct uapi_program *p, uint32_t event)
{
	p->event[p->events++ % (sizeof(p->event) / sizeof(p->event[0]))] = event;
}

/* An event that waits for its answer, or is answered and waits for the retry. */
static uint32_t waiting(struct uapi_program *p, bool answered)
{
	const struct fault *fault;
	uint8_t choice = fuzz_byte(&p->bytes);
	unsigned count = 0;

	LIST_FOREACH (fault, &p->side[0].system->faults, all)
		count += fault->answered == answered;
	if (choice >= 0xf0 || !count)
		return choice & 1 ? choice : p->event[choice % 8];
	LIST_FOREACH (fault, &p->side[0].system->faults, all)
		if (fault->answered == answered && choice % count-- == 0)
			return fault->event.event;
	return 0;
}

/* The last result of each side, if the calls themselves succeeded. */
static void compare_results(struct uapi_program *p, const struct ioasim_dma_result *results,
			    bool with_pasid)
{
	if (p->side[0].result == 0)
		tell_result(p, &results[0]);
	if (p->side[0].result == 0 && results[0].outcome == IOASIM_DMA_PENDING)
		remember(p, results[0].event);
	for (unsigned i = 1; uapi_compares(p) && i < p->sides; i++) {
		if (p->side[i].result == p->side[0].result &&
		    (p->side[0].result || same(&results[0], &results[i], with_pasid)))
			continue;
		if (p->untold || p->late) {
			p->apart = true;
			uapi_tell(p, " (%s goes apart)", p->side[i].arch);
			continue;
		}
		uapi_tell(p, "; on %s it", p->side[i].arch);
		tell_result(p, &results[i]);
		uapi_break(p, "a DMA has another result on %s than on %s", p->side[i].arch,
			   p->side[0].arch);
	}
	uapi_compare(p, "a DMA");
}

/* ---- DMA --------------------------------------------------------------------------------------- */

static uint64_t address_of(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes);

	/* A reserved range and a large page beside what maps take. */
	if (choice == 0xff)
		return UAPI_LARGE + 0x12340;
	if (choice >= 0xf0)
		return UAPI_DATA + choice % 16 * UINT64_C(0x3008);
	p->bytes.at--;
	p->bytes.left++;
	return uapi_iova(p) + (choice & 0x80 ? 0x7f8 : 0x10);
}

/* D2: a queue of a pdev was told a PASID. */
static bool queue_carries(const struct device *device, const struct ioasim_dma *what)
{
	return what->queue < IOASIM_QUEUES && device->queue[what->queue].state == QUEUE_VPASID;
}

static void dma(struct uapi_program *p, const struct ioasim_dma *what)
{
	struct ioasim_dma_result results[UAPI_SIDES];
	const struct ioasim_system *system = p->side[0].system;
	const struct device *device =
		what->device == IOASIM_NO_DEVICE ? NULL : device_find(system, what->device);
	bool with_pasid =
		what->has_pasid || (device && (device->parent || queue_carries(device, what)));

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_dma(p->side[i].system, what, &results[i]);
	compare_results(p, results, with_pasid);
}

static uint8_t access_of(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes);

	/* Fetches of instructions are reads. */
	if (p->mode == UAPI_ALONE && choice >= 0xf8)
		return choice & 4 ? IOASIM_READ | IOASIM_EXEC : choice & 3;
	return choice & 1 ? IOASIM_WRITE : IOASIM_READ;
}

/* Requests with PASID 0 meet entry 0 on amdvi, which may be the default route's, and are
 * refused elsewhere. */
static uint32_t wire_pasid(struct uapi_program *p)
{
	uint32_t pasid = uapi_vpasid(p);

	return pasid == 0 && p->mode != UAPI_ALONE ? 5 : pasid;
}

/* PASIDs behind a user's table are the guest's own where it has tables of them. */
static bool pasids_differ(const struct uapi_program *p, uint32_t rid)
{
	const struct ioasim_system *system = p->side[0].system;

	for (unsigned n = 0; n < system->devices && p->mode != UAPI_ALONE; n++)
		if (!system->device[n]->parent && system->device[n]->config.requester_id == rid &&
		    uapi_nests(system->device[n]))
			return true;
	return false;
}

static void step_dma(struct uapi_program *p)
{
	int number = uapi_device(p);
	const struct device *device = device_find(p->side[0].system, number);
	uint32_t pasid = wire_pasid(p);
	struct ioasim_dma what = {.device = number, .length = 4};
	const struct attachment *attachment;
	uint8_t choice;

	what.address = address_of(p);
	what.access = access_of(p);
	attachment = uapi_attachment(p, device);
	if (attachment && !device->parent)
		pasid = attachment->pasid == DRIVER_NO_PASID ? IOASIM_NO_VPASID : attachment->pasid;
	choice = fuzz_byte(&p->bytes);
	what.queue = choice >= 0xc0 ? choice % 4u : choice == 0xbf ? IOASIM_QUEUES : 0;
	what.privileged = p->mode == UAPI_ALONE && choice & 8;
	if (device && (!device->parent || choice == 0xbe)) {
		what.has_pasid = pasid != IOASIM_NO_VPASID;
		what.pasid = what.has_pasid ? pasid : 0;
		if ((what.has_pasid || queue_carries(device, &what)) &&
		    pasids_differ(p, device->config.requester_id))
			return;
	}
	uapi_tell(p, "device %d queue %u pasid %d %s %#llx%s", number, what.queue,
		  what.has_pasid ? (int)what.pasid : -1,
		  what.access & IOASIM_WRITE ? "writes" : "reads", (unsigned long long)what.address,
		  what.privileged ? " privileged" : "");
	dma(p, &what);
}

static void step_raw_dma(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes);
	uint32_t pasid = wire_pasid(p);
	struct ioasim_dma what = {
		.device = IOASIM_NO_DEVICE,
		.requester_id = 0x20 + 8u * (choice % 7u),
		.has_pasid = pasid != IOASIM_NO_VPASID,
		.pasid = pasid != IOASIM_NO_VPASID ? pasid : 0,
		.length = 8,
	};

	what.address = address_of(p);
	what.access = access_of(p);
	if (what.has_pasid && pasids_differ(p, what.requester_id))
		return;
	uapi_tell(p, "raw rid %#x pasid %d %s %#llx", what.requester_id,
		  what.has_pasid ? (int)what.pasid : -1,
		  what.access & IOASIM_WRITE ? "writes" : "reads",
		  (unsigned long long)what.address);
	dma(p, &what);
}

static void step_queue(struct uapi_program *p)
{
	int device = uapi_device(p);
	unsigned queue = fuzz_byte(&p->bytes) % (IOASIM_QUEUES + 1);
	uint32_t vpasid = wire_pasid(p);
	const struct attachment *attachment =
		uapi_attachment(p, device_find(p->side[0].system, device));

	if (attachment)
		vpasid = attachment->vpasid;
	/* The first queue, mostly: so DMA says without choosing. */
	queue = queue < 5 ? queue % 2 : queue;
	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_queue_write(p->side[i].system, device, queue, vpasid);
	uapi_tell(p, "device %d queue %u := vpasid %d", device, queue, (int)vpasid);
	uapi_compare(p, "ioasim_queue_write");
}

/* Rather a vPASID that a VM has, and a device on which its space is attached. */
static void enqcmd_likely(struct uapi_program *p, int *device, uint32_t *vpasid)
{
	uint8_t choice = fuzz_byte(&p->bytes);
	const struct kvm *kvm = LIST_FIRST(&p->side[0].system->kvms);
	const struct kvm_pasid *entry = kvm ? LIST_FIRST(&kvm->pasids) : NULL;
	const struct attachment *attachment =
		entry ? LIST_FIRST(&entry->ioasid->attachments) : NULL;

	if (!entry || choice < 0x40)
		return;
	*vpasid = entry->vpasid;
	if (attachment && choice < 0xe0)
		*device = attachment->device->number;
}

static void step_enqcmd(struct uapi_program *p)
{
	struct ioasim_dma_result result;
	struct ioasim_dma what = {.length = 4};
	const struct attachment *attachment;
	int process, fd;
	uint32_t vpasid;

	if (p->mode != UAPI_ALONE)
		return;
	process = uapi_process(p);
	fd = uapi_fd(p, process, IOASIM_FD_KVM);
	what.device = uapi_device(p);
	vpasid = uapi_vpasid(p);
	attachment = uapi_attachment(p, device_find(p->side[0].system, what.device));
	if (attachment)
		vpasid = attachment->vpasid;
	enqcmd_likely(p, &what.device, &vpasid);
	what.address = address_of(p);
	what.access = access_of(p);
	uapi_tell(p, "[%d] ENQCMD kvm %d vpasid %d device %d %#llx", process, fd, (int)vpasid,
		  what.device, (unsigned long long)what.address);
	p->side[0].result = ioasim_enqcmd(p->side[0].system, process, fd, vpasid, &what, &result);
	compare_results(p, &result, true);
}

/* ---- Page requests -------------------------------------------------------------------------------- */

static bool same_event(const struct ioasim_event *a, const struct ioasim_event *b)
{
	return a->event == b->event && a->ioasid == b->ioasid && a->cookie == b->cookie &&
	       a->address == b->address && a->access == b->access && a->last == b->last &&
	       a->recoverable == b->recoverable;
}

static void compare_events(struct uapi_program *p, struct ioasim_event events[][4])
{
	for (int n = 0; n < p->side[0].result; n++) {
		const struct ioasim_event *event = &events[0][n];

		uapi_tell(
			p,
			"# event %u ioasid %u cookie %llu address %#llx access %u vpasid %d%s%s\n",
			event->event, event->ioasid, (unsigned long long)event->cookie,
			(unsigned long long)event->address, event->access, (int)event->vpasid,
			event->recoverable ? " recoverable" : "", event->last ? " last" : "");
		if (event->recoverable)
			remember(p, event->event);
		for (unsigned i = 1; uapi_compares(p) && i < p->sides; i++)
			if (!same_event(event, &events[i][n]))
				uapi_break(p, "another event on %s than on %s", p->side[i].arch,
					   p->side[0].arch);
	}
}

static void step_events(struct uapi_program *p)
{
	struct ioasim_event events[UAPI_SIDES][4] = {0};
	int process = uapi_process(p), fd = uapi_fd(p, process, IOASIM_FD_IOASID);
	unsigned count = fuzz_byte(&p->bytes) % 5;

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result =
			ioasim_event_read(p->side[i].system, process, fd, events[i], count);
	uapi_tell(p, "[%d] read events fd %d", process, fd);
	uapi_compare(p, "ioasim_event_read");
	if (!p->broken[0])
		compare_events(p, events);
}

/* The descriptor that the event is of. */
static int fd_of_event(struct uapi_program *p, int process, uint32_t event, int other)
{
	const struct fault *fault;

	LIST_FOREACH (fault, &p->side[0].system->faults, all)
		if (fault->event.event == event && fault->attachment)
			return uapi_fd_of(p, process, fault->attachment->ioasid->container, other);
	return other;
}

static void step_response(struct uapi_program *p)
{
	struct uapi_call call = {.name = "PAGE_RESPONSE", .number = IOASIM_PAGE_RESPONSE};
	uint32_t event;
	uint8_t code;

	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, IOASIM_FD_IOASID);
	code = fuzz_byte(&p->bytes);
	event = waiting(p, false);
	if (code < 0xe0)
		call.fd = fd_of_event(p, call.process, event, call.fd);
	call.arg[0].response = (struct ioasim_fault_response){
		.size = sizeof(call.arg[0].response),
		.event = event,
		.code = code >= 0xf8 ? 2 : code & 1u,
	};
	uapi_copy(&call);
	uapi_tell(p, "[%d] PAGE_RESPONSE fd %d event %u code %u", call.process, call.fd,
		  call.arg[0].response.event, call.arg[0].response.code);
	uapi_make(p, &call);
}

static void step_retry(struct uapi_program *p)
{
	struct ioasim_dma_result results[UAPI_SIDES];
	uint32_t event = waiting(p, true);

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_dma_retry(p->side[i].system, event, &results[i]);
	uapi_tell(p, "retry %u", event);
	compare_results(p, results, true);
}

uapi_step *const uapi_steps_devices[] = {
	uapi_step_attach, uapi_step_attach, uapi_step_attach, uapi_step_attach, uapi_step_detach,
	uapi_step_detach, step_dma,         step_dma,         step_dma,         step_dma,
	step_dma,         step_dma,         step_dma,         step_dma,         step_raw_dma,
	step_queue,       step_queue,       step_events,      step_response,    step_response,
	step_retry,       step_retry,       step_enqcmd,      step_enqcmd,      NULL,
};
