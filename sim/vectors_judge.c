/* SPDX-License-Identifier: Apache-2.0 */
/* What a unit answered beside what a step expects. */
#include "vectors.h"
#include "vectors_text.h"

#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)

static uint64_t low_bits(unsigned bits)
{
	return bits > 63 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* ---- Translations ---------------------------------------------------------------- */

static bool place_holds(const struct vec_answer *a, const struct ioasim_request *request,
			const struct ioasim_response *r)
{
	uint64_t pa = r->pa;

	/* An interrupt message leaves at the address that it came with. */
	if (r->outcome != IOASIM_OK && r->outcome != IOASIM_INTERRUPT)
		return false;
	/* A completion tells the start of its range, not the byte. */
	if (request && request->kind == IOASIM_TRANSLATION_REQUEST)
		pa &= ~(a->has_size ? a->size - 1 : PAGE_MASK);
	if (pa != a->pa)
		return false;
	if (a->has_size && (r->size_lg2 > 63 || low_bits(r->size_lg2) + 1 != a->size))
		return false;
	return !a->has_perm || r->access == a->perm;
}

/*
 * A code is that of a record: an event that was found and not recorded has none. VT-d's
 * is that of the fault, which may share an earlier one's record (7.2.1).
 */
static uint32_t code_of(const char *arch, const struct ioasim_fault *fault)
{
	return fault->recorded || strcmp(arch, "vtd") == 0 ? fault->code : 0;
}

static bool fault_holds(const char *arch, const struct vec_answer *a,
			const struct ioasim_fault *fault)
{
	switch (a->fault) {
	case VEC_FAULT_CODE:
		if (code_of(arch, fault) != a->code)
			return false;
		break;
	case VEC_FAULT_NONE:
		return !fault->recorded;
	default:
		break;
	}
	return a->words == 0 ||
	       (fault->words >= a->words && memcmp(fault->record, a->record, 8 * a->words) == 0);
}

static bool refusal_holds(const char *arch, const struct vec_answer *a,
			  const struct ioasim_response *r)
{
	/* An abort is the default, whatever is said of the fault. */
	if (r->outcome != (a->end == VEC_END_RAZWI ? IOASIM_RAZ_WI : IOASIM_FAULT))
		return false;
	/* An end without a fault beside it says that no event was recorded. */
	if (a->fault == VEC_FAULT_UNJUDGED)
		return !r->fault.recorded;
	return fault_holds(arch, a, &r->fault);
}

static bool completion_holds(const char *arch, const struct vec_answer *a,
			     const struct ioasim_response *r)
{
	static const uint8_t outcome[] = {
		[VEC_REPLY_EMPTY] = IOASIM_ATS_EMPTY,
		[VEC_REPLY_UR] = IOASIM_ATS_UR,
		[VEC_REPLY_CA] = IOASIM_ATS_CA,
	};

	if (a->reply && r->outcome != outcome[a->reply])
		return false;
	/* Without a reply any refusal will do; without a right is one too. */
	if (!a->reply && r->outcome != IOASIM_ATS_UR && r->outcome != IOASIM_ATS_CA &&
	    r->outcome != IOASIM_ATS_EMPTY)
		return false;
	return fault_holds(arch, a, &r->fault);
}

/* What is expected of a request; NULL: of one that waited. */
static bool answer_holds(const char *arch, const struct vec_answer *a,
			 const struct ioasim_request *request, const struct ioasim_response *r)
{
	if (a->has_pa)
		return place_holds(a, request, r) && (!a->fault || !r->fault.recorded);
	if (a->has_stall)
		return r->outcome == IOASIM_STALLED && r->tag == a->stall;
	if (request && request->kind == IOASIM_TRANSLATION_REQUEST)
		return completion_holds(arch, a, r);
	return refusal_holds(arch, a, r);
}

bool vec_judge_response(const struct vec_run *run, const struct vec_step *step,
			struct vec_failure *failure)
{
	struct text expected = text_in(failure->expected, sizeof(failure->expected));
	struct text found = text_in(failure->found, sizeof(failure->found));

	for (uint32_t i = 0; i < step->count; i++)
		if (answer_holds(run->vector->arch, &step->dma_answers[i], &step->request,
				 &run->response))
			return true;
	for (uint32_t i = 0; i < step->count; i++) {
		text_add(&expected, "%s", i ? " or " : "");
		text_answer(&expected, run->vector->arch, &step->dma_answers[i]);
	}
	text_response(&found, run->vector->arch, &run->response);
	return false;
}

/* ---- Page requests ------------------------------------------------------------------ */

static bool page_reply_holds(const struct vec_answer *a,
			     const struct ioasim_page_request_result *result)
{
	static const uint8_t code[] = {
		[VEC_REPLY_SUCCESS] = IOASIM_PAGE_SUCCESS,
		[VEC_REPLY_INVALID] = IOASIM_PAGE_INVALID,
		[VEC_REPLY_FAILURE] = IOASIM_PAGE_FAILURE,
	};

	return !a->reply || (result->answered && result->code == code[a->reply]);
}

bool vec_judge_page_request(const struct vec_run *run, const struct vec_step *step,
			    const struct ioasim_page_request_result *result,
			    struct vec_failure *failure)
{
	struct text expected = text_in(failure->expected, sizeof(failure->expected));
	struct text found = text_in(failure->found, sizeof(failure->found));
	const struct vec_answer *a = step->page_answer;
	bool refused = a->fault == VEC_FAULT_CODE || a->fault == VEC_FAULT_ANY;

	if (!step->count)
		return true;
	if (page_reply_holds(a, result) && fault_holds(run->vector->arch, a, &result->fault) &&
	    (!refused || (!result->queued && result->fault.code != 0)))
		return true;
	text_answer(&expected, run->vector->arch, a);
	text_page_result(&found, run->vector->arch, result);
	return false;
}

/* ---- What was heard -------------------------------------------------------------------- */

static bool response_equals(const struct ioasim_page_response *a,
			    const struct ioasim_page_response *b)
{
	return a->requester_id == b->requester_id && a->group == b->group && a->code == b->code &&
	       a->has_pasid == b->has_pasid && (!a->has_pasid || a->pasid == b->pasid);
}

static bool judge_responses(struct vec_run *run, const struct vec_step *step,
			    struct vec_failure *failure)
{
	struct text expected = text_in(failure->expected, sizeof(failure->expected));
	struct text found = text_in(failure->found, sizeof(failure->found));
	struct vec_heard *h = &run->heard;
	bool holds = h->n_responses == step->count;

	for (uint32_t i = 0; holds && i < step->count; i++)
		holds = response_equals(&step->responses[i], &h->responses[i]);
	if (!holds) {
		text_page_responses(&expected, step->responses, step->count);
		text_page_responses(&found, h->responses, h->n_responses);
	}
	h->n_responses = 0;
	return holds;
}

static bool judge_interrupts(struct vec_run *run, const struct vec_step *step,
			     struct vec_failure *failure)
{
	struct text expected = text_in(failure->expected, sizeof(failure->expected));
	struct text found = text_in(failure->found, sizeof(failure->found));
	struct vec_heard *h = &run->heard;
	bool holds = h->n_interrupts == step->count;

	for (uint32_t i = 0; holds && i < step->count; i++)
		holds = step->interrupts[i].address == h->interrupts[i].address &&
			step->interrupts[i].data == h->interrupts[i].data;
	if (!holds) {
		text_interrupts(&expected, step->interrupts, step->count);
		text_interrupts(&found, h->interrupts, h->n_interrupts);
	}
	h->n_interrupts = 0;
	return holds;
}

static bool judge_resumed(struct vec_run *run, const struct vec_step *step,
			  struct vec_failure *failure)
{
	struct text expected = text_in(failure->expected, sizeof(failure->expected));
	struct text found = text_in(failure->found, sizeof(failure->found));
	struct vec_heard *h = &run->heard;
	const char *arch = run->vector->arch;
	bool holds = h->n_ends == step->count;

	for (uint32_t i = 0; holds && i < step->count; i++)
		holds = step->resumed[i].tag == h->ends[i].tag &&
			answer_holds(arch, &step->resumed[i].answer, NULL, &h->ends[i].response);
	if (!holds) {
		text_add(&expected, "%u resumed", step->count);
		for (uint32_t i = 0; i < step->count; i++) {
			text_add(&expected, ", tag 0x%x: ", step->resumed[i].tag);
			text_answer(&expected, arch, &step->resumed[i].answer);
		}
		text_add(&found, "%u resumed", h->n_ends);
		for (uint32_t i = 0; i < h->n_ends; i++) {
			text_add(&found, ", tag 0x%x: ", h->ends[i].tag);
			text_response(&found, arch, &h->ends[i].response);
		}
	}
	h->n_ends = 0;
	return holds;
}

bool vec_judge_heard(struct vec_run *run, const struct vec_step *step, struct vec_failure *failure)
{
	switch (step->kind) {
	case VEC_PAGE_RESPONSES:
		return judge_responses(run, step, failure);
	case VEC_INTERRUPTS:
		return judge_interrupts(run, step, failure);
	default:
		return judge_resumed(run, step, failure);
	}
}
