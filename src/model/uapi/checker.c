/* SPDX-License-Identifier: Apache-2.0 */
/* The checker's life, its reports, and the judgement of a DMA. */
#include "model/uapi/checker_inside.h"
#include "model/uapi/dma_inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int checker_init(struct ioasim_system *system)
{
	struct checker *checker = calloc(1, sizeof(*checker));

	if (!checker)
		return -ENOMEM;
	TAILQ_INIT(&checker->dead);
	LIST_INIT(&checker->faults);
	system->checker = checker;
	return 0;
}

void checker_fini(struct ioasim_system *system)
{
	struct checker *checker = system->checker;
	struct checker_fault *fault;

	if (!checker)
		return;
	checker_routes_fini(checker);
	while ((fault = LIST_FIRST(&checker->faults))) {
		LIST_REMOVE(fault, link);
		free(fault);
	}
	interval_fini(&checker->requesters);
	interval_fini(&checker->numbers);
	past_fini(&checker->past);
	free(checker->word);
	free(checker);
	system->checker = NULL;
}

/* ---- Reports ------------------------------------------------------------------------- */

struct checker_case checker_call_case(struct ioasim_system *system)
{
	return (struct checker_case){
		.system = system,
		.checker = checker_of(system),
		.pasid = DRIVER_NO_PASID,
	};
}

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

/* The finalizer of a well-known generator (splitmix64): the sum of a set is the
 * exclusive or of its members. */
void checker_toggle(struct checker *checker, const uint64_t *words, unsigned count)
{
	uint64_t x = count;

	for (unsigned i = 0; i < count; i++) {
		x = (x ^ words[i]) + UINT64_C(0x9e3779b97f4a7c15);
		x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
		x ^= x >> 31;
	}
	checker->digest ^= x;
}

/* ---- A DMA ---------------------------------------------------------------------------- */

static void judge_map(struct checker_case *c)
{
	const struct ioasid *ioasid = c->claim->ioasid;

	checker_count(c->checker, 2);
	checker_count(c->checker, 4);
	checker_count(c->checker, 6);
	checker_count(c->checker, 7);
	if (ioasid->mdev) {
		checker_judge_access(c, ioasid->mdev);
		return;
	}
	switch (ioasid->kind) {
	case IOASIM_IOASID_KERNEL:
		checker_judge_space(c, ioasid->aspace);
		break;
	case IOASIM_IOASID_SVA:
		checker_judge_process(c, ioasid->process);
		break;
	case IOASIM_IOASID_USER:
	case IOASIM_IOASID_PASID_TABLE:
		checker_judge_user(c);
		break;
	}
}

void checker_judge(struct ioasim_system *system, const struct ioasim_dma *dma,
		   const struct dma_wire *wire, struct ioasim_dma_result *result)
{
	struct checker_case c = {
		.system = system,
		.checker = checker_of(system),
		.dma = dma,
		.result = result,
	};
	const struct attachment *software = NULL;

	result->broken = 0;
	if (!c.checker)
		return;
	c.checker->verdict.dmas++;
	if (result->outcome != IOASIM_DMA_REACHES || !wire)
		return;
	c.rid = wire->rid;
	c.pasid = wire->pasid;
	if (c.pasid == 0 && system->arch->uapi.pasid0_is_none)
		c.pasid = DRIVER_NO_PASID;
	if (wire->attachment && wire->attachment->device->config.software)
		software = wire->attachment;
	if (checker_judge_route(&c, wire, software))
		judge_map(&c);
}
