/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors_text.h"

#include <inttypes.h>

static void text_code(struct text *text, const char *arch, uint32_t code)
{
	const char *name = ioasim_fault_name(arch, code);

	text_add(text, "fault 0x%x", code);
	if (name)
		text_add(text, " (%s)", name);
}

static void text_record(struct text *text, const uint64_t *record, unsigned words)
{
	for (unsigned i = 0; i < words; i++)
		text_add(text, "%s0x%" PRIx64, i ? ", " : ", record [", record[i]);
	if (words)
		text_add(text, "]");
}

static const char *reply_name(uint8_t reply)
{
	static const char *const names[] = {
		[VEC_REPLY_UNJUDGED] = "",
		[VEC_REPLY_EMPTY] = "empty completion",
		[VEC_REPLY_UR] = "unsupported request",
		[VEC_REPLY_CA] = "completer abort",
		[VEC_REPLY_SUCCESS] = "response success",
		[VEC_REPLY_INVALID] = "response invalid",
		[VEC_REPLY_FAILURE] = "response failure",
	};

	return names[reply];
}

void text_answer(struct text *text, const char *arch, const struct vec_answer *a)
{
	if (a->has_pa)
		text_add(text, "pa 0x%" PRIx64, a->pa);
	if (a->has_size)
		text_add(text, ", size 0x%" PRIx64, a->size);
	if (a->has_perm) {
		text_add(text, ", perm ");
		text_access(text, a->perm);
	}
	if (a->has_stall)
		text_add(text, "stall with tag 0x%x", a->stall);
	if (a->reply)
		text_add(text, "%s%s", reply_name(a->reply), a->fault ? ", " : "");
	if (a->fault == VEC_FAULT_CODE)
		text_code(text, arch, a->code);
	if (a->fault == VEC_FAULT_ANY)
		text_add(text, "any fault");
	if (a->fault == VEC_FAULT_NONE)
		text_add(text, "%snothing recorded", a->has_pa ? ", " : "");
	if (a->end)
		text_add(text, "%s%s", a->fault ? ", " : "",
			 a->end == VEC_END_ABORT ? "abort" : "read as zero, write ignored");
	text_record(text, a->record, a->words);
}

static void text_place(struct text *text, const struct ioasim_response *r)
{
	text_add(text, "pa 0x%" PRIx64 ", size ", r->pa);
	if (r->size_lg2 > 63)
		text_add(text, "unlimited");
	else
		text_add(text, "0x%" PRIx64, UINT64_C(1) << r->size_lg2);
	text_add(text, ", perm ");
	text_access(text, r->access);
}

void text_response(struct text *text, const char *arch, const struct ioasim_response *r)
{
	static const char *const outcomes[] = {
		[IOASIM_OK] = "",
		[IOASIM_FAULT] = "abort",
		[IOASIM_RAZ_WI] = "read as zero, write ignored",
		[IOASIM_STALLED] = "stall",
		[IOASIM_INTERRUPT] = "interrupt message",
		[IOASIM_ATS_EMPTY] = "empty completion",
		[IOASIM_ATS_UR] = "unsupported request",
		[IOASIM_ATS_CA] = "completer abort",
	};

	if (r->outcome == IOASIM_OK) {
		text_place(text, r);
		return;
	}
	text_add(text, "%s", outcomes[r->outcome]);
	if (r->outcome == IOASIM_STALLED)
		text_add(text, " with tag 0x%x", r->tag);
	if (r->fault.code || r->fault.recorded) {
		text_add(text, ", ");
		text_code(text, arch, r->fault.code);
		text_add(text, r->fault.recorded ? ", recorded" : ", not recorded");
		text_record(text, r->fault.record, r->fault.words);
	} else {
		text_add(text, ", no fault");
	}
}

static const char *page_code_name(uint8_t code)
{
	switch (code) {
	case IOASIM_PAGE_SUCCESS:
		return "success";
	case IOASIM_PAGE_INVALID:
		return "invalid";
	case IOASIM_PAGE_FAILURE:
		return "failure";
	default:
		return "reserved code";
	}
}

void text_page_result(struct text *text, const char *arch,
		      const struct ioasim_page_request_result *result)
{
	text_add(text, "%s", result->queued ? "queued" : "not queued");
	if (result->answered)
		text_add(text, ", response %s", page_code_name(result->code));
	else
		text_add(text, ", no response");
	if (result->fault.code || result->fault.recorded) {
		text_add(text, ", ");
		text_code(text, arch, result->fault.code);
	} else {
		text_add(text, ", no fault");
	}
}

void text_page_responses(struct text *text, const struct ioasim_page_response *responses,
			 uint32_t count)
{
	text_add(text, "%u responses", count);
	for (uint32_t i = 0; i < count; i++) {
		const struct ioasim_page_response *r = &responses[i];

		text_add(text, ", [rid 0x%x", r->requester_id);
		if (r->has_pasid)
			text_add(text, " pasid 0x%x", r->pasid);
		text_add(text, " group 0x%x %s]", r->group, page_code_name(r->code));
	}
}

void text_interrupts(struct text *text, const struct vec_interrupt *interrupts, uint32_t count)
{
	text_add(text, "%u messages", count);
	for (uint32_t i = 0; i < count; i++)
		text_add(text, ", [0x%" PRIx64 ", 0x%x]", interrupts[i].address,
			 interrupts[i].data);
}

/* ---- Steps ----------------------------------------------------------------------- */

void text_request(struct text *text, const struct ioasim_request *r)
{
	text_add(text, "%s ", r->kind == IOASIM_TRANSLATION_REQUEST ? "ats" : "dma");
	text_access(text, r->access);
	text_add(text, ", rid 0x%x", r->requester_id);
	if (r->has_pasid)
		text_add(text, ", pasid 0x%x", r->pasid);
	text_add(text, ", addr 0x%" PRIx64, r->address);
	if (r->length != 1)
		text_add(text, ", len 0x%x", r->length);
	text_add(text, "%s%s", r->privileged ? ", privileged" : "",
		 r->kind == IOASIM_TRANSLATED ? ", translated" : "");
}

static void text_page_request(struct text *text, const struct ioasim_page_request *r)
{
	text_add(text, "pri ");
	text_access(text, r->access);
	text_add(text, ", rid 0x%x", r->requester_id);
	if (r->has_pasid)
		text_add(text, ", pasid 0x%x", r->pasid);
	text_add(text, ", addr 0x%" PRIx64 ", group 0x%x%s%s", r->address, r->group,
		 r->privileged ? ", privileged" : "", r->last ? ", last" : "");
}

void text_step(struct text *text, const struct vec_step *step)
{
	switch (step->kind) {
	case VEC_WRITE:
	case VEC_READ:
		text_add(text, "%c%u at 0x%" PRIx64, step->kind == VEC_WRITE ? 'w' : 'r',
			 step->size * 8u, step->address);
		break;
	case VEC_STORE:
	case VEC_LOAD:
		text_add(text, "%s at 0x%" PRIx64, step->kind == VEC_STORE ? "mw64" : "mr64",
			 step->address);
		break;
	case VEC_DMA:
	case VEC_ATS:
		text_request(text, &step->request);
		break;
	case VEC_PAGE_REQUEST:
		text_page_request(text, &step->page_request);
		break;
	case VEC_PAGE_RESPONSES:
		text_add(text, "prg");
		break;
	case VEC_RESUMED:
		text_add(text, "resumed");
		break;
	default:
		text_add(text, "msi");
		break;
	}
}
