/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging of outcomes that only some architectures have: stalls, read-as-zero,
 * completions and page requests of any kind. Answers are made up here; each is held
 * against a step, by the words of the vectors' format.
 */
#include "vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	struct arena arena;
	struct ytree *tree;
	struct ytree_error error;
	struct vector vector;
	struct vec_run run;
	struct vec_failure failure;
};

/* A vector of this one step. */
static void rig_step(struct rig *rig, const char *arch, const char *step)
{
	const struct ytree_node *document;
	static char text[512];

	memset(rig, 0, sizeof(*rig));
	snprintf(text, sizeof(text), "name: n\narch: %s\nsteps: [%s]\n", arch, step);
	assert_int_equal(ytree_open_text("v", text, strlen(text), &rig->tree, &rig->error), 0);
	assert_int_equal(ytree_next(rig->tree, &document), 0);
	if (vec_parse(rig->tree, document, &rig->arena, &rig->vector) != 0)
		fail_msg("%s: %s", step, rig->error.text);
	rig->run.vector = &rig->vector;
}

static void rig_fini(struct rig *rig)
{
	arena_free(&rig->arena);
	ytree_close(rig->tree);
}

#define FAULT(number, was_recorded) \
	.fault = {.code = number, .recorded = was_recorded, .words = 2, .record = {7, 8}}

enum { OK, ABORT, ABORT_QUIET, ABORT_SILENT, RAZWI, RAZWI_QUIET, STALL, EMPTY, UR, UR_QUIET, CA };

static const struct ioasim_response answers[] = {
	[OK] = {.outcome = IOASIM_OK, .pa = 0x5234, .size_lg2 = 12, .access = 3},
	[ABORT] = {.outcome = IOASIM_FAULT, FAULT(0x10, true)},
	[ABORT_QUIET] = {.outcome = IOASIM_FAULT, FAULT(0x10, false)},
	[ABORT_SILENT] = {.outcome = IOASIM_FAULT},
	[RAZWI] = {.outcome = IOASIM_RAZ_WI, FAULT(0x10, true)},
	[RAZWI_QUIET] = {.outcome = IOASIM_RAZ_WI},
	[STALL] = {.outcome = IOASIM_STALLED, .tag = 7, FAULT(0x10, true)},
	[EMPTY] = {.outcome = IOASIM_ATS_EMPTY},
	[UR] = {.outcome = IOASIM_ATS_UR, FAULT(0x10, true)},
	[UR_QUIET] = {.outcome = IOASIM_ATS_UR, FAULT(0x10, false)},
	[CA] = {.outcome = IOASIM_ATS_CA, FAULT(0x10, true)},
};

#define ANSWERS     (sizeof(answers) / sizeof(answers[0]))
#define BIT(answer) (1u << (answer))
#define D           "{dma: r, rid: 8, addr: 0x1234, "
#define A           "{ats: r, rid: 8, addr: 0x1234, "

/* A step and the answers above that it takes, as one of smmuv3 and as one of vtd. */
static const struct {
	const char *step;
	unsigned smmuv3, vtd; /* vtd 0: the same */
} rows[] = {
	{D "pa: 0x5234}", BIT(OK), 0},
	{D "pa: 0x5234, size: 0x1000, perm: rw}", BIT(OK), 0},
	{D "pa: 0x5234, size: 0x2000}", 0, 0},
	{D "pa: 0x5234, perm: r}", 0, 0},
	{D "pa: 0x5000}", 0, 0},
	/* `end: abort` is the default of a fault. The number is that of a record, on vtd
	 * that of the fault. */
	{D "fault: 0x10}", BIT(ABORT), BIT(ABORT) | BIT(ABORT_QUIET)},
	{D "fault: 0x10, end: abort}", BIT(ABORT), BIT(ABORT) | BIT(ABORT_QUIET)},
	{D "fault: 0x10, end: razwi}", BIT(RAZWI), 0},
	{D "fault: 0x10, record: [7, 8]}", BIT(ABORT), BIT(ABORT) | BIT(ABORT_QUIET)},
	{D "fault: 0x10, record: [7]}", BIT(ABORT), BIT(ABORT) | BIT(ABORT_QUIET)},
	{D "fault: 0x10, record: [8]}", 0, 0},
	{D "fault: 0x10, record: [7, 8, 0]}", 0, 0},
	{D "fault: 0x11}", 0, 0},
	/* 0 where the transaction is terminated without a record. */
	{D "fault: 0}", BIT(ABORT_QUIET) | BIT(ABORT_SILENT), BIT(ABORT_SILENT)},
	{D "fault: 0, end: razwi}", BIT(RAZWI_QUIET), 0},
	{D "fault: any}", BIT(ABORT) | BIT(ABORT_QUIET) | BIT(ABORT_SILENT), 0},
	{D "fault: any, end: razwi}", BIT(RAZWI) | BIT(RAZWI_QUIET), 0},
	/* An end alone: nothing was recorded. */
	{D "end: abort}", BIT(ABORT_QUIET) | BIT(ABORT_SILENT), 0},
	{D "end: razwi}", BIT(RAZWI_QUIET), 0},
	{D "stall: 7}", BIT(STALL), 0},
	{D "stall: 6}", 0, 0},
	{D "either: [{pa: 0x5234}, {stall: 7}]}", BIT(OK) | BIT(STALL), 0},
	{D "either: [{fault: 0}, {fault: 0x10}]}",
	 BIT(ABORT) | BIT(ABORT_QUIET) | BIT(ABORT_SILENT), 0},
	/* Completions tell the start of their range. */
	{A "pa: 0x5000, size: 0x1000, perm: rw}", BIT(OK), 0},
	{A "pa: 0x5000, fault: none}", BIT(OK), 0},
	{A "pa: 0x6000}", 0, 0},
	{A "reply: empty}", BIT(EMPTY), 0},
	{A "reply: empty, fault: none}", BIT(EMPTY), 0},
	{A "reply: ur}", BIT(UR) | BIT(UR_QUIET), 0},
	{A "reply: ur, fault: 0x10}", BIT(UR), BIT(UR) | BIT(UR_QUIET)},
	{A "reply: ur, fault: none}", BIT(UR_QUIET), 0},
	{A "reply: ca, fault: 0x11}", 0, 0},
	{A "reply: ca}", BIT(CA), 0},
	/* A fault without a reply leaves open which refusal the device sees. */
	{A "fault: 0x10}", BIT(UR) | BIT(CA), BIT(UR) | BIT(UR_QUIET) | BIT(CA)},
	{A "fault: any}", BIT(EMPTY) | BIT(UR) | BIT(UR_QUIET) | BIT(CA), 0},
};

static void takes_exactly(const char *arch, const char *step, unsigned takes)
{
	struct rig rig;

	rig_step(&rig, arch, step);
	for (unsigned n = 0; n < ANSWERS; n++) {
		bool held;

		rig.run.response = answers[n];
		held = vec_judge_response(&rig.run, &rig.vector.steps[0], &rig.failure);
		if (held != (takes >> n & 1))
			fail_msg("%s: %s %s answer %u", arch, step,
				 held ? "takes" : "does not take", n);
		if (!held)
			assert_true(rig.failure.expected[0] && rig.failure.found[0]);
	}
	rig_fini(&rig);
}

static void a_step_takes_exactly_the_answers_that_it_describes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		takes_exactly("smmuv3", rows[i].step, rows[i].smmuv3);
		takes_exactly("amdvi", rows[i].step, rows[i].smmuv3);
		takes_exactly("vtd", rows[i].step, rows[i].vtd ? rows[i].vtd : rows[i].smmuv3);
	}
}

/* ---- Page requests ------------------------------------------------------------- */

#define P "{pri: rw, rid: 8, addr: 0x1000, group: 1"

enum { QUEUED, SUCCESS, INVALID, DROPPED };

static const struct ioasim_page_request_result results[] = {
	[QUEUED] = {.queued = true},
	[SUCCESS] = {.answered = true, .code = IOASIM_PAGE_SUCCESS},
	[INVALID] = {.answered = true, .code = IOASIM_PAGE_INVALID, FAULT(0x46, true)},
	[DROPPED] = {FAULT(0x46, true)},
};

static const struct {
	const char *step;
	unsigned takes;
} page_rows[] = {
	/* A plain step judges nothing itself. */
	{P "}", BIT(QUEUED) | BIT(SUCCESS) | BIT(INVALID) | BIT(DROPPED)},
	{P ", reply: success}", BIT(SUCCESS)},
	{P ", reply: invalid}", BIT(INVALID)},
	{P ", reply: failure}", 0},
	{P ", fault: 0x46}", BIT(INVALID) | BIT(DROPPED)},
	{P ", fault: 0x45}", 0},
	{P ", fault: any}", BIT(INVALID) | BIT(DROPPED)},
	{P ", fault: none, reply: success}", BIT(SUCCESS)},
	{P ", fault: 0x46, reply: invalid}", BIT(INVALID)},
};

static void a_page_request_takes_exactly_what_it_describes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(page_rows) / sizeof(page_rows[0]); i++) {
		struct rig rig;

		rig_step(&rig, "vtd", page_rows[i].step);
		for (unsigned n = 0; n < sizeof(results) / sizeof(results[0]); n++) {
			bool takes = page_rows[i].takes >> n & 1;

			if (vec_judge_page_request(&rig.run, &rig.vector.steps[0], &results[n],
						   &rig.failure) != takes)
				fail_msg("%s %s result %u", page_rows[i].step,
					 takes ? "does not take" : "takes", n);
		}
		rig_fini(&rig);
	}
}

/* ---- What was heard --------------------------------------------------------------- */

static const struct {
	const char *step;
	bool holds;
} heard_rows[] = {
	{"{resumed: [{tag: 1, pa: 0x5234}, {tag: 4, end: razwi}, {tag: 5, fault: 0x10}]}", true},
	{"{resumed: [{tag: 4, end: razwi}, {tag: 1, pa: 0x5234}, {tag: 5, fault: 0x10}]}", false},
	{"{resumed: [{tag: 1, pa: 0x5234}, {tag: 4, end: razwi}]}", false},
	{"{resumed: [{tag: 1, pa: 0x5000}, {tag: 4, end: razwi}, {tag: 5, fault: 0x10}]}", false},
	{"{resumed: [{tag: 1, pa: 0x5234}, {tag: 4, end: abort}, {tag: 5, fault: 0x10}]}", false},
	{"{resumed: []}", false},
	{"{prg: [{rid: 8, pasid: 0, group: 1, code: success}, {rid: 8, group: 2, code: failure}]}",
	 true},
	{"{prg: [{rid: 8, group: 1, code: success}, {rid: 8, group: 2, code: failure}]}", false},
	{"{prg: [{rid: 8, group: 2, code: failure}, {rid: 8, pasid: 0, group: 1, code: success}]}",
	 false},
	{"{prg: [{rid: 8, pasid: 0, group: 1, code: success}]}", false},
	{"{prg: []}", false},
	{"{msi: [[0xfee00000, 0x31], [0xfee00000, 0x32]]}", true},
	{"{msi: [[0xfee00000, 0x32], [0xfee00000, 0x31]]}", false},
	{"{msi: [[0xfee00000, 0x31]]}", false},
	{"{msi: []}", false},
};

static void what_was_heard_is_compared_in_order_and_then_forgotten(void **state)
{
	struct vec_heard_end ends[] = {
		{1, answers[OK]}, {4, answers[RAZWI_QUIET]}, {5, answers[ABORT]}};
	struct ioasim_page_response responses[] = {
		{.requester_id = 8, .has_pasid = true, .group = 1, .code = IOASIM_PAGE_SUCCESS},
		{.requester_id = 8, .group = 2, .code = IOASIM_PAGE_FAILURE}};
	struct vec_interrupt interrupts[] = {{0xfee00000, 0x31}, {0xfee00000, 0x32}};

	(void)state;
	for (size_t i = 0; i < sizeof(heard_rows) / sizeof(heard_rows[0]); i++) {
		struct rig rig;
		bool holds;

		rig_step(&rig, "smmuv3", heard_rows[i].step);
		rig.run.heard = (struct vec_heard){
			.ends = ends,
			.n_ends = 3,
			.responses = responses,
			.n_responses = 2,
			.interrupts = interrupts,
			.n_interrupts = 2,
		};
		holds = vec_judge_heard(&rig.run, &rig.vector.steps[0], &rig.failure);
		if (holds != heard_rows[i].holds)
			fail_msg("%s %s", heard_rows[i].step, holds ? "holds" : "does not hold");
		/* Of this sort all is forgotten, of the others nothing. */
		assert_int_equal(rig.run.heard.n_ends + rig.run.heard.n_responses +
					 rig.run.heard.n_interrupts,
				 rig.vector.steps[0].kind == VEC_RESUMED ? 4 : 5);
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_takes_exactly_the_answers_that_it_describes),
		cmocka_unit_test(a_page_request_takes_exactly_what_it_describes),
		cmocka_unit_test(what_was_heard_is_compared_in_order_and_then_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
