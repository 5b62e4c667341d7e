/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's way through the unit (2.1, 2.2, 2.5). First what the device table entry
 * and the IOTLB can answer by themselves; everything else is on the slow side, in the
 * order of checks:
 *
 *	1	IommuEn
 *	2	the device table entry
 *	3	V
 *	4	what is illegal in the entry
 *	5	what it refuses to ATS: ats.c
 *	6	the exclusion range
 *	7	the interrupt range
 *	8	TV, and what of Mode has no meaning
 *	9	whether guest tables serve requests with PASID
 *	10, 11	the walk: page_walk.c
 */
#include "amdvi/registers.h"
#include "amdvi/translate.h"

#define unlikely(x) __builtin_expect(!!(x), 0)

/* What an untranslated access needs: an execute request is a read, and so is one of
 * nothing. */
static uint8_t wanted_access(const struct ioasim_request *request)
{
	unsigned access = request->access & (IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC);

	if (!access || (access & IOASIM_EXEC))
		access |= IOASIM_READ;
	if (!request->has_pasid)
		access &= ~(unsigned)IOASIM_EXEC;
	return (uint8_t)access;
}

static uint32_t pasid_of(const struct ioasim_request *request)
{
	return request->has_pasid ? request->pasid & IOASIM_PASID_MAX : 0;
}

static void answer_init(struct ioasim_response *response)
{
	response->cost = (struct ioasim_cost){0};
	response->privileged = false;
	response->tag = 0;
	response->fault.code = 0;
	response->fault.recorded = false;
	response->fault.cause = IOASIM_CAUSE_OTHER;
	response->fault.words = 0;
}

/* Only requests with PASID know a right to execute. */
static inline void answer(const struct ioasim_request *request, const struct amdvi_device *device,
			  const struct amdvi_translation *t, struct ioasim_response *response)
{
	unsigned granted = amdvi_granted(device, t, amdvi_privileged(request));
	uint64_t offset = t->page_lg2 < 64 ? (UINT64_C(1) << t->page_lg2) - 1 : ~UINT64_C(0);
	unsigned told = request->has_pasid ? IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC
					   : IOASIM_READ | IOASIM_WRITE;

	response->pa = t->pa | (request->address & offset);
	response->outcome = IOASIM_OK;
	response->access = (uint8_t)(granted & told);
	response->size_lg2 = t->page_lg2;
	response->domain = device->domain;
}

/* ---- Ends ------------------------------------------------------------------------------ */

void amdvi_end_silently(struct ioasim_response *response, enum ioasim_outcome outcome)
{
	response->outcome = (uint8_t)outcome;
	response->pa = 0;
	response->access = 0;
	response->size_lg2 = 0;
	response->domain = ~UINT32_C(0);
}

void amdvi_forward(const struct ioasim_request *request, struct ioasim_response *response)
{
	response->outcome = IOASIM_OK;
	response->pa = request->address;
	response->access = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
	response->size_lg2 = AMDVI_PASS_LG2;
	response->domain = ~UINT32_C(0);
}

/* 2.5.3: a translation request logs no page fault; SA silences all of a device, SE all
 * but the first. */
static bool page_fault_silent(const struct ioasim_request *request,
			      const struct amdvi_device *device)
{
	return request->kind == IOASIM_TRANSLATION_REQUEST ||
	       (device && (field_get(AMDVI_DTE_1_SA, device->dte[1]) ||
			   (field_get(AMDVI_DTE_1_SE, device->dte[1]) && device->fault_logged)));
}

void amdvi_refuse(struct amdvi_unit *u, const struct ioasim_request *request,
		  const struct amdvi_device *device, const struct amdvi_fault_info *why,
		  struct ioasim_response *response)
{
	struct amdvi_fault_info info = *why;

	info.device_id = (uint16_t)request->requester_id;
	info.domain = device ? device->domain : 0;
	info.pasid = pasid_of(request);
	info.write = request->access & IOASIM_WRITE;
	info.execute = request->has_pasid && (request->access & IOASIM_EXEC);
	info.user = info.guest && request->has_pasid && !request->privileged;
	info.translation = request->kind == IOASIM_TRANSLATION_REQUEST;
	if (info.event == AMDVI_IO_PAGE_FAULT)
		info.silent = page_fault_silent(request, device);
	amdvi_fault(u, &info, &response->fault);
	if (info.event == AMDVI_IO_PAGE_FAULT && response->fault.recorded)
		amdvi_device_fault_logged(u->tables, info.device_id);
	amdvi_end_silently(response, IOASIM_FAULT);
}

/* What the device table entry is, or refuses. The interrupt range is nobody's. Types of
 * translation requests are numbered by themselves. */
static enum ioasim_fault_cause refusal_cause(const struct ioasim_request *request,
					     enum amdvi_event event, uint8_t type)
{
	bool refused = type == AMDVI_IDR_PRE_TRANSLATED || type == AMDVI_IDR_INTERRUPT_WRITE;

	if (request->kind == IOASIM_TRANSLATION_REQUEST)
		refused = type == AMDVI_IDR_TRANSLATION_REFUSED;
	return refused || event == AMDVI_ILLEGAL_DEV_TABLE_ENTRY ? IOASIM_CAUSE_BLOCKED
								 : IOASIM_CAUSE_OTHER;
}

void amdvi_refuse_event(struct amdvi_unit *u, const struct ioasim_request *request,
			const struct amdvi_device *device, enum amdvi_event event, uint8_t type,
			struct ioasim_response *response)
{
	const struct amdvi_fault_info why = {
		.event = (uint8_t)event,
		.type = type,
		.cause = (uint8_t)refusal_cause(request, event, type),
		.guest = request->has_pasid,
		.reserved = event == AMDVI_ILLEGAL_DEV_TABLE_ENTRY,
		.address = request->address,
	};

	amdvi_refuse(u, request, device, &why, response);
}

/* ---- The slow side ------------------------------------------------------------------------ */

static void describe(const struct amdvi_device *device, const struct amdvi_page_walk *walk,
		     struct amdvi_translation *t)
{
	uint64_t offset = walk->page_lg2 < 64 ? field_mask(walk->page_lg2 - 1u, 0) : ~UINT64_C(0);

	t->pa = walk->pa & ~offset;
	t->gpa = walk->gpa & ~offset;
	t->pasid = walk->pasid;
	t->domain = device->domain;
	t->page_lg2 = walk->page_lg2;
	t->guest_rights[0] = walk->guest_rights[0];
	t->guest_rights[1] = walk->guest_rights[1];
	t->host_rights = walk->host_rights;
	t->guest = walk->guest;
	t->host_dirty = walk->host_dirty;
	t->guest_dirty = walk->guest_dirty;
	t->absent = false;
}

/* NpCache: what is not present is remembered, too, until software invalidates. */
static void describe_absent(const struct amdvi_device *device, const struct amdvi_page_walk *walk,
			    bool by_guest, struct amdvi_translation *t)
{
	*t = (struct amdvi_translation){
		.gpa = by_guest ? AMDVI_NO_GPA : field_bits(AMDVI_TABLE_BASE, walk->gpa),
		.pasid = walk->pasid,
		.domain = device->domain,
		.page_lg2 = AMDVI_TABLE_LG2,
		.guest = walk->guest,
		.absent = true,
	};
	if (!by_guest)
		t->guest_rights[0] = t->guest_rights[1] = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC;
}

void amdvi_missing_right(const struct amdvi_question *q, const struct amdvi_translation *t,
			 bool by_guest, struct amdvi_fault_info *why)
{
	why->event = AMDVI_IO_PAGE_FAULT;
	why->present = why->permission = !t->absent;
	why->cause = IOASIM_CAUSE_PERMISSION;
	if (!by_guest && !q->device->rights)
		why->cause = IOASIM_CAUSE_BLOCKED;
	else if (t->absent)
		why->cause = by_guest ? IOASIM_CAUSE_STAGE1 : IOASIM_CAUSE_STAGE2;
	why->guest = by_guest;
	why->address = q->request->address;
	if (!by_guest)
		why->address = t->gpa | (q->request->address & field_mask(t->page_lg2 - 1u, 0));
}

/* What a cached translation says to this request; false: a walk must say. */
static bool judge_cached(const struct amdvi_unit *u, const struct amdvi_question *q,
			 const struct amdvi_translation *t, struct amdvi_fault_info *why)
{
	bool privileged = amdvi_privileged(q->request);
	unsigned guest_rights = t->guest_rights[privileged];
	unsigned granted = amdvi_granted(q->device, t, privileged);

	if (q->access & ~granted) {
		amdvi_missing_right(q, t, q->access & ~guest_rights, why);
		return true;
	}
	/* A translation request is told of writing by what the dirty flags are now. */
	if (!q->set_dirty && q->access)
		return true;
	return !(granted & IOASIM_WRITE) || !amdvi_write_is_due(u, q->device, t);
}

static bool walk(struct amdvi_unit *u, const struct amdvi_question *q, bool guest,
		 struct ioasim_cost *cost, struct amdvi_translation *found,
		 struct amdvi_fault_info *why)
{
	struct amdvi_page_walk page = {
		.address = q->request->address,
		.pasid = pasid_of(q->request),
		.guest = guest,
		.privileged = amdvi_privileged(q->request),
		.access = q->access,
		.set_dirty = q->set_dirty,
	};
	bool good = amdvi_page_walk(u, q->device, cost, &page, why);

	if (unlikely(!good && !(page.absent && u->features.np_cache)))
		return false;
	if (good)
		describe(q->device, &page, found);
	else
		describe_absent(q->device, &page, why->guest, found);
	/* With guest translation also where nothing is kept: it is to be known of. */
	if (guest || (q->device->mode && !cache_off(&u->tlb->iotlb.cache)))
		amdvi_iotlb_fill(u->tlb, amdvi_iotlb_key(found->domain, guest, found->pasid),
				 q->request->address, found);
	return good;
}

bool amdvi_find_translation(struct amdvi_unit *u, const struct amdvi_question *q,
			    struct ioasim_cost *cost, struct amdvi_translation *found,
			    struct amdvi_fault_info *why)
{
	bool guest = amdvi_by_guest(u, q->device, q->request);

	why->address = q->request->address;
	if (!cache_off(&u->tlb->iotlb.cache) && (guest || q->device->mode)) {
		uint64_t key = amdvi_iotlb_key(q->device->domain, guest, pasid_of(q->request));
		const struct amdvi_translation *t =
			amdvi_iotlb_find(u->tlb, key, q->request->address);
		bool hit = t && judge_cached(u, q, t, why);

		if (!hit)
			counters_lookup(&u->unit.counters, cost, IOASIM_CACHE_IOTLB, false);
		if (hit) {
			counters_iotlb_hit(&u->unit.counters, cost, t->page_lg2);
			*found = *t;
			return why->event == AMDVI_EVENT_NONE;
		}
	}
	return walk(u, q, guest, cost, found, why);
}

bool amdvi_excluded(const struct amdvi_unit *u, const struct amdvi_device *device,
		    const struct ioasim_request *request)
{
	return u->exclusion && !request->has_pasid && request->address >= u->exclusion_first &&
	       request->address <= u->exclusion_last &&
	       (u->exclusion_all || field_get(AMDVI_DTE_1_EX, device->dte[1]));
}

/* A write without PASID to the interrupt range is a message, not a memory access. */
static bool is_message(const struct ioasim_request *request)
{
	return !request->has_pasid && request->access == IOASIM_WRITE &&
	       amdvi_interrupt_range(request->address);
}

static void forward(const struct ioasim_request *request, struct ioasim_response *response)
{
	amdvi_forward(request, response);
	if (is_message(request)) {
		response->outcome = IOASIM_INTERRUPT;
		response->access = IOASIM_WRITE;
	}
}

/* 2.2.5: IV and IntCtl decide whether a message goes on; it is not remapped. */
static void interrupt_message(struct amdvi_unit *u, const struct ioasim_request *request,
			      const struct amdvi_device *device, struct ioasim_response *response)
{
	if (field_get(AMDVI_DTE_2_IV, device->dte[2]) &&
	    amdvi_device_interrupts_illegal(u->tables, device)) {
		const struct amdvi_fault_info why = {
			.event = AMDVI_ILLEGAL_DEV_TABLE_ENTRY,
			.cause = IOASIM_CAUSE_BLOCKED,
			.interrupt = true,
			.reserved = true,
			.address = request->address,
		};

		amdvi_refuse(u, request, device, &why, response);
	} else if (field_get(AMDVI_DTE_2_IV, device->dte[2]) &&
		   field_get(AMDVI_DTE_2_INTCTL, device->dte[2]) == AMDVI_INTCTL_ABORT) {
		amdvi_refuse_event(u, request, device, AMDVI_INVALID_DEVICE_REQUEST,
				   AMDVI_IDR_INTERRUPT_WRITE, response);
	} else {
		forward(request, response);
	}
}

/* Steps 8 and 9. */
static bool may_walk(const struct amdvi_unit *u, const struct ioasim_request *request,
		     const struct amdvi_device *device, struct amdvi_fault_info *why)
{
	why->address = request->address;
	why->guest = request->has_pasid;
	if (!amdvi_device_tv(device) || device->mode_reserved) {
		why->event = AMDVI_IO_PAGE_FAULT;
		why->cause = IOASIM_CAUSE_BLOCKED;
		why->present = why->reserved = device->mode_reserved;
		return false;
	}
	if (request->has_pasid && !amdvi_by_guest(u, device, request)) {
		why->event = AMDVI_INVALID_DEVICE_REQUEST;
		why->cause = IOASIM_CAUSE_PASID;
		return false;
	}
	why->guest = false;
	return true;
}

static void translated_by_tables(struct amdvi_unit *u, const struct ioasim_request *request,
				 const struct amdvi_device *device,
				 struct ioasim_response *response)
{
	const struct amdvi_question question = {
		.request = request,
		.device = device,
		.access = wanted_access(request),
		.set_dirty = request->access & IOASIM_WRITE,
	};
	struct amdvi_fault_info why = {0};
	struct amdvi_translation found;

	if (!may_walk(u, request, device, &why) ||
	    !amdvi_find_translation(u, &question, &response->cost, &found, &why)) {
		amdvi_refuse(u, request, device, &why, response);
		return;
	}
	u->unit.counters.passed += found.page_lg2 == AMDVI_PASS_LG2;
	answer(request, device, &found, response);
}

static void pass(struct amdvi_unit *u, const struct ioasim_request *request,
		 struct ioasim_response *response)
{
	u->unit.counters.passed++;
	amdvi_forward(request, response);
}

static void untranslated_request(struct amdvi_unit *u, const struct ioasim_request *request,
				 struct ioasim_response *response)
{
	struct amdvi_fault_info why = {.address = request->address};
	struct amdvi_device device;

	if (!amdvi_device_find(u, (uint16_t)request->requester_id, &response->cost, &device,
			       &why)) {
		amdvi_refuse(u, request, NULL, &why, response);
	} else if (!amdvi_device_valid(&device)) {
		if (is_message(request))
			interrupt_message(u, request, &device, response);
		else
			pass(u, request, response);
	} else if (device.illegal) {
		amdvi_refuse_event(u, request, &device, AMDVI_ILLEGAL_DEV_TABLE_ENTRY, 0, response);
	} else if (amdvi_excluded(u, &device, request)) {
		u->unit.counters.excluded++;
		amdvi_forward(request, response);
	} else if (is_message(request)) {
		interrupt_message(u, request, &device, response);
	} else if (!request->has_pasid && amdvi_interrupt_range(request->address)) {
		amdvi_refuse_event(u, request, &device, AMDVI_INVALID_DEVICE_REQUEST,
				   AMDVI_IDR_INTERRUPT_READ, response);
	} else {
		translated_by_tables(u, request, &device, response);
	}
}

/* Step 1. A device that asks for translations of a unit that makes none gets none. */
static void pass_unchanged(const struct ioasim_request *request, struct ioasim_response *response)
{
	if (request->kind == IOASIM_TRANSLATION_REQUEST)
		amdvi_end_silently(response, IOASIM_ATS_UR);
	else if (request->kind == IOASIM_UNTRANSLATED)
		forward(request, response);
	else
		amdvi_forward(request, response);
}

static __attribute__((noinline)) void translate_slow(struct amdvi_unit *u,
						     const struct ioasim_request *request,
						     struct ioasim_response *response)
{
	struct ioasim_counters *counters = &u->unit.counters;
	bool ended;

	/* A reserved address type is an unsupported request, without an event. */
	if (request->kind > IOASIM_TRANSLATED) {
		counters->requests[IOASIM_UNTRANSLATED]++;
		counters->faulted++;
		amdvi_end_silently(response, IOASIM_FAULT);
		return;
	}
	counters->requests[request->kind]++;
	if (!u->enabled)
		pass_unchanged(request, response);
	else if (request->kind == IOASIM_UNTRANSLATED)
		untranslated_request(u, request, response);
	else if (request->kind == IOASIM_TRANSLATION_REQUEST)
		amdvi_translation_request(u, request, response);
	else
		amdvi_translated_request(u, request, response);

	ended = response->outcome == IOASIM_FAULT || response->outcome == IOASIM_ATS_UR ||
		response->outcome == IOASIM_ATS_CA;
	counters->faulted += ended;
	counters->ok += !ended;
	counters_add_cost(counters, &response->cost);
}

/* ---- The hit path ---------------------------------------------------------------------- */

/* Mode 0 without guest translation: nothing is walked and nothing cached. */
static const struct amdvi_translation identity = {
	.page_lg2 = AMDVI_PASS_LG2,
	.guest_rights = {IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC,
			 IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC},
	.host_rights = IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC,
	.host_dirty = true,
	.guest_dirty = true,
};

/* What can answer without a walk; NULL: nothing that could be told from here. */
static inline const struct amdvi_translation *find_quickly(const struct amdvi_unit *u,
							   const struct amdvi_device *device,
							   const struct ioasim_request *request)
{
	bool guest = amdvi_by_guest(u, device, request);

	if (unlikely(!device->translates || (request->has_pasid && !guest)))
		return NULL;
	if (!guest && !device->mode)
		return &identity;
	return amdvi_iotlb_find(u->tlb, amdvi_iotlb_key(device->domain, guest, pasid_of(request)),
				request->address);
}

void amdvi_translate(struct ioasim_unit *unit, const struct ioasim_request *request,
		     struct ioasim_response *response)
{
	struct amdvi_unit *u = amdvi_unit(unit);
	const struct amdvi_translation *t = NULL;
	const struct amdvi_device *device;
	unsigned granted = 0;

	answer_init(response);
	if (unlikely(request->kind != IOASIM_UNTRANSLATED || !u->enabled || u->exclusion ||
		     !request->access || (request->access & IOASIM_EXEC) ||
		     amdvi_interrupt_range(request->address))) {
		translate_slow(u, request, response);
		return;
	}
	device = amdvi_device_cached(u->tables, (uint16_t)request->requester_id);
	if (device)
		t = find_quickly(u, device, request);
	if (t)
		granted = amdvi_granted(device, t, amdvi_privileged(request));
	if (unlikely(!t || (request->access & ~granted) ||
		     ((request->access & IOASIM_WRITE) && amdvi_write_is_due(u, device, t)))) {
		translate_slow(u, request, response);
		return;
	}
	answer(request, device, t, response);
	counters_lookup(&unit->counters, &response->cost, IOASIM_CACHE_DEVICE, true);
	if (t != &identity)
		counters_iotlb_hit(&unit->counters, &response->cost, t->page_lg2);
	else
		unit->counters.passed++;
	unit->counters.requests[IOASIM_UNTRANSLATED]++;
	unit->counters.ok++;
}
