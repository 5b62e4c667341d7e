/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner of vectors: what it refuses to read, and that it notices every wrong
 * expectation. A runner that cannot fail proves nothing.
 */
#include "vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	struct vec_runner runner;
	struct arena arena;
	struct ytree *tree;
	struct ytree_error error;
	struct vector vector;
	struct vec_failure failure;
};

static void rig_init(struct rig *rig, enum vec_caches caches)
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(vec_runner_init(&rig->runner, caches), 0);
}

static void rig_fini(struct rig *rig)
{
	vec_runner_fini(&rig->runner);
	arena_free(&rig->arena);
	ytree_close(rig->tree);
}

static int rig_parse(struct rig *rig, const char *text)
{
	const struct ytree_node *document;

	ytree_close(rig->tree);
	arena_clear(&rig->arena);
	assert_int_equal(ytree_open_text("v", text, strlen(text), &rig->tree, &rig->error), 0);
	assert_int_equal(ytree_next(rig->tree, &document), 0);
	return vec_parse(rig->tree, document, &rig->arena, &rig->vector);
}

/* ---- What is no vector ------------------------------------------------------------ */

struct text_case {
	const char *text, *error;
};

/* Steps in a document that is right but for them; they begin at line 3, column 9. */
static const struct text_case wrong_steps[] = {
	{"{w16: [0, 0]}",
	 "v:3:9: unknown step 'w16', expected one of w32 w64 r32 r64 mw64 mr64 dma "
	 "ats pri prg resumed msi"},
	{"{w32: [0, 0], r32: [0, 0]}", "v:3:9: step is both w32 and r32, expected one"},
	{"{w32: [0, 0], mask: 3}", "v:3:23: unknown key 'mask'"},
	{"{w32: [0]}", "v:3:15: list of 1 numbers, expected 2 to 2"},
	{"{w32: [0, 0, 0]}", "v:3:15: list of 3 numbers, expected 2 to 2"},
	{"{w32: [2, 0]}", "v:3:15: offset 0x2, expected one aligned to 32 bits"},
	{"{r64: [4, 0]}", "v:3:15: offset 0x4, expected one aligned to 64 bits"},
	{"{w32: [0, 0x100000000]}", "v:3:15: value beyond 32 bits"},
	{"{r32: [0, 0, 0x100000000]}", "v:3:15: value beyond 32 bits"},
	{"{w32: [0, x]}", "v:3:19: 'x', expected a decimal or 0x hex number"},
	{"{w32: 5}", "v:3:15: w32: '5', expected a list"},
	{"{mw64: [0, 0, 1]}", "v:3:16: list of 3 numbers, expected 2 to 2"},
	{"{mr64: [0, 0, 1, 2]}", "v:3:16: list of 4 numbers, expected 2 to 3"},
	{"{dma: r, rid: 8, addr: 0}", "v:3:9: no outcomes, expected exactly one"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, fault: 1}",
	 "v:3:9: several outcomes, expected exactly one"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, stall: 1}",
	 "v:3:9: several outcomes, expected exactly one"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, end: abort}",
	 "v:3:9: several outcomes, expected exactly one"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, either: [{pa: 0}]}",
	 "v:3:39: pa beside either, expected it inside"},
	{"{dma: r, rid: 8, addr: 0, either: []}", "v:3:43: either: empty, expected outcomes"},
	{"{dma: r, rid: 8, addr: 0, either: [{}]}", "v:3:44: no outcomes, expected exactly one"},
	{"{dma: r, rid: 8, addr: 0, either: [{pa: 0, rid: 8}]}", "v:3:52: unknown key 'rid'"},
	{"{dma: r, addr: 0, pa: 0}", "v:3:9: no key 'rid', expected one"},
	{"{dma: r, rid: 8, pa: 0}", "v:3:9: no key 'addr', expected one"},
	{"{dma: q, rid: 8, addr: 0, pa: 0}", "v:3:15: dma: 'q', expected letters of rwx"},
	{"{dma: rr, rid: 8, addr: 0, pa: 0}", "v:3:15: dma: 'rr', expected letters of rwx"},
	{"{dma: x, rid: 8, addr: 0, pa: 0}", "v:3:15: dma: 'x', expected r, w or rw"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, size: 0x1001}",
	 "v:3:48: size: '0x1001', expected a power of two"},
	{"{dma: r, rid: 8, addr: 0, fault: 1, size: 0x1000}",
	 "v:3:9: size or perm without pa, expected pa beside it"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, record: [1]}",
	 "v:3:9: record without fault, expected a fault code"},
	{"{dma: r, rid: 8, addr: 0, fault: none}",
	 "v:3:42: fault: 'none', expected a decimal or 0x hex number"},
	{"{dma: r, rid: 8, addr: 0, pa: 0, priv: 2}",
	 "v:3:48: priv: '2', expected a number from 0x0 to 0x1"},
	{"{dma: r, rid: 8, pasid: 0x100000, addr: 0, pa: 0}",
	 "v:3:33: pasid: '0x100000', expected a number from 0x0 to 0xfffff"},
	{"{dma: r, rid: 8, addr: 0, len: 0, pa: 0}", "v:3:40: len: 0, expected 1 or more"},
	{"{dma: r, rid: 8, addr: 0, fautl: 1}",
	 "v:3:35: unknown key 'fautl' (did you mean 'fault'?)"},
	{"{ats: r, rid: 8, addr: 0, reply: none}",
	 "v:3:42: reply: 'none', expected empty, ur or ca"},
	{"{ats: r, rid: 8, addr: 0, pa: 0, reply: ur}",
	 "v:3:9: several outcomes, expected exactly one"},
	{"{ats: r, rid: 8, addr: 0, stall: 1}", "v:3:35: unknown key 'stall'"},
	{"{pri: r, rid: 8, addr: 0, group: 0x200}",
	 "v:3:42: group: '0x200', expected a number from 0x0 to 0x1ff"},
	{"{pri: r, rid: 8, addr: 0, reply: ur}",
	 "v:3:42: reply: 'ur', expected success, invalid or failure"},
	{"{prg: [{rid: 8, group: 1}]}", "v:3:16: no key 'code', expected one"},
	{"{prg: [{rid: 8, code: success}]}", "v:3:16: no key 'group', expected one"},
	{"{prg: 3}", "v:3:15: prg: '3', expected a list"},
	{"{resumed: [{pa: 0}]}", "v:3:20: no key 'tag', expected one"},
	{"{resumed: [{tag: 0}]}", "v:3:20: no outcomes, expected exactly one"},
	{"{msi: [[1, 2, 3]]}", "v:3:16: list of 3 numbers, expected 2 to 2"},
	{"{msi: [[1, 0x100000000]]}", "v:3:15: data beyond 32 bits"},
	{"{}", "v:3:9: unknown step '', expected one of w32 w64 r32 r64 mw64 mr64 dma ats pri prg "
	       "resumed msi"},
	{"[]", "v:3:9: a list, expected a map"},
};

static void steps_that_are_not_understood_make_no_vector(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, VEC_CACHES_DEFAULT);
	for (size_t i = 0; i < sizeof(wrong_steps) / sizeof(wrong_steps[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "name: n\narch: vtd\nsteps: [%s]\n",
			 wrong_steps[i].text);
		assert_int_equal(rig_parse(&rig, text), -EINVAL);
		assert_string_equal(rig.error.text, wrong_steps[i].error);
		assert_string_equal(rig.vector.name, "n");
	}
	rig_fini(&rig);
}

#define STEPS "steps: [{r32: [0, 0, 0]}]\n"

static const struct text_case wrong_documents[] = {
	{"arch: vtd\n" STEPS, "v:1:1: no key 'name', expected one"},
	{"name: n\n" STEPS, "v:1:1: no key 'arch', expected one"},
	{"name: n\narch: vtd\n", "v:1:1: no key 'steps', expected one"},
	{"name: n\narch: vtd\nsteps: []\n", "v:3:8: steps: empty, expected steps"},
	{"name: n\narch: vtd\nstep: []\n", "v:3:1: unknown key 'step' (did you mean 'steps'?)"},
	{"name: n\narch: vtd\nbasis: me\n" STEPS, "v:3:8: basis: 'me', expected qemu or spec"},
	{"name: n\narch: vtd\nconfig: {cap: -1}\n" STEPS,
	 "v:3:15: cap: '-1', expected a decimal or 0x hex number"},
	{"name: n\narch: vtd\nconfig: 3\n" STEPS, "v:3:9: config: '3', expected a map"},
	{"name: n\narch: vtd\nmem: [[0, 1, 2]]\n" STEPS,
	 "v:3:7: list of 3 numbers, expected 2 to 2"},
	{"name: n\narch: vtd\nmem: 0\n" STEPS, "v:3:6: mem: '0', expected a list"},
	{"name: n\narch: vtd\nabort: [1]\n" STEPS, "v:3:9: '1', expected a list"},
	{"name: [n]\narch: vtd\n" STEPS, "v:1:7: name: a list, expected text"},
	{"[1]\n", "v:1:1: a list, expected a map"},
};

static void documents_that_are_not_understood_make_no_vector(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, VEC_CACHES_DEFAULT);
	for (size_t i = 0; i < sizeof(wrong_documents) / sizeof(wrong_documents[0]); i++) {
		assert_int_equal(rig_parse(&rig, wrong_documents[i].text), -EINVAL);
		assert_string_equal(rig.error.text, wrong_documents[i].error);
	}
	rig_fini(&rig);
}

/* Well-formed, but no unit or memory can be built of it. */
static const struct text_case impossible[] = {
	{"name: n\narch: riscv\n" STEPS, "architecture 'riscv' is not in this build"},
	{"name: n\narch: vtd\nconfig: {efr: 0}\n" STEPS, "config: unknown key 'efr' for vtd"},
	{"name: n\narch: vtd\nmem: [[0x10000000000000, 1]]\n" STEPS,
	 "mem: cannot store at 0x10000000000000, expected an aligned address below 2^52"},
	{"name: n\narch: vtd\nmem: [[4, 1]]\n" STEPS,
	 "mem: cannot store at 0x4, expected an aligned address below 2^52"},
	{"name: n\narch: vtd\nabort: [[2, 1]]\n" STEPS, "abort: range 0x2..0x1 refused"},
	{"name: n\narch: vtd\nsteps: [{mw64: [4, 1]}]\n",
	 "no access at 0x4, expected an aligned address below 2^52"},
	{"name: n\narch: vtd\nsteps: [{mr64: [0x10000000000000, 0]}]\n",
	 "no access at 0x10000000000000, expected an aligned address below 2^52"},
};

static void vectors_that_cannot_be_run_fail_and_say_why(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, VEC_CACHES_DEFAULT);
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
		assert_int_equal(rig_parse(&rig, impossible[i].text), 0);
		assert_false(vec_run(&rig.runner, &rig.vector, &rig.failure));
		assert_string_equal(rig.failure.found, impossible[i].error);
		assert_string_equal(rig.failure.expected, "");
	}
	rig_fini(&rig);
}

/* ---- Judging by hand --------------------------------------------------------------- */

/* VT-d 11.4: translation off after reset, so that requests pass; a context entry with
 * P = 0 is reason 1 for a root entry that is not present (table 29, LRT.2). */
#define OFF "name: n\narch: vtd\nsteps:\n"
#define ON  OFF "- {w64: [0x20, 0x1000]}\n- {w32: [0x18, 0x40000000]}\n- {w32: [0x18, 0x80000000]}\n"

struct judged {
	const char *text;
	const char *expected, *found; /* NULL: it passes */
};

static const struct judged judged[] = {
	{OFF "- {dma: r, rid: 8, addr: 0x1234, pa: 0x1234}\n", NULL, NULL},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, pa: 0x1235}\n", "pa 0x1235",
	 "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, pa: 0x1234, size: 0x1000}\n",
	 "pa 0x1234, size 0x1000", "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, pa: 0x1234, perm: r}\n", "pa 0x1234, perm r",
	 "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, fault: any}\n", "any fault",
	 "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, fault: 0}\n", "fault 0x0",
	 "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, stall: 0}\n", "stall with tag 0x0",
	 "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, end: abort}\n", "abort",
	 "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, either: [{pa: 0}, {fault: 1}]}\n",
	 "pa 0x0 or fault 0x1 (LRT.2)", "pa 0x1234, size unlimited, perm rwx"},
	{OFF "- {dma: r, rid: 8, addr: 0x1234, either: [{pa: 0}, {pa: 0x1234}]}\n", NULL, NULL},
	{OFF "- {msi: []}\n- {prg: []}\n- {resumed: []}\n", NULL, NULL},
	{OFF "- {msi: [[0xfee00000, 1]]}\n", "1 messages, [0xfee00000, 0x1]", "0 messages"},
	{OFF "- {prg: [{rid: 8, pasid: 1, group: 2, code: failure}]}\n",
	 "1 responses, [rid 0x8 pasid 0x1 group 0x2 failure]", "0 responses"},
	{OFF "- {resumed: [{tag: 3, pa: 4}]}\n", "1 resumed, tag 0x3: pa 0x4", "0 resumed"},
	{OFF "- {mw64: [8, 5]}\n- {mr64: [8, 5]}\n- {mr64: [16, 0]}\n", NULL, NULL},
	{OFF "- {mw64: [8, 5]}\n- {mr64: [8, 4]}\n", "0x4", "0x5 (wrong bits 0x1)"},
	{OFF "- {mw64: [8, 5]}\n- {mr64: [8, 4, 0xe]}\n", NULL, NULL},
	{OFF "- {mw64: [8, 5]}\n- {mr64: [8, 0, 0xe]}\n", "0x0 under mask 0xe",
	 "0x5 (wrong bits 0x4)"},
	{OFF "- {w64: [0x20, 0x1000]}\n- {r64: [0x20, 0x1000]}\n- {r32: [0x20, 0x1000]}\n", NULL,
	 NULL},
	{OFF "- {w64: [0x20, 0x1000]}\n- {r64: [0x20, 0x2000]}\n", "0x2000",
	 "0x1000 (wrong bits 0x3000)"},
	{ON "- {dma: r, rid: 8, addr: 0, fault: 1}\n", NULL, NULL},
	{ON "- {dma: r, rid: 8, addr: 0, fault: any}\n", NULL, NULL},
	{ON "- {dma: r, rid: 8, addr: 0, fault: 1, end: abort}\n", NULL, NULL},
	{ON "- {dma: r, rid: 8, addr: 0, fault: 1, record: [0, 0xc000000100000008]}\n", NULL, NULL},
	{ON "- {dma: r, rid: 8, addr: 0, fault: 1, record: [0, 0xc000000100000009]}\n",
	 "fault 0x1 (LRT.2), record [0x0, 0xc000000100000009]",
	 "abort, fault 0x1 (LRT.2), recorded, record [0x0, 0xc000000100000008]"},
	{ON "- {dma: r, rid: 8, addr: 0, fault: 2}\n", "fault 0x2 (LCT.2)",
	 "abort, fault 0x1 (LRT.2), recorded, record [0x0, 0xc000000100000008]"},
	{ON "- {dma: r, rid: 8, addr: 0, fault: 1, end: razwi}\n",
	 "fault 0x1 (LRT.2), read as zero, write ignored",
	 "abort, fault 0x1 (LRT.2), recorded, record [0x0, 0xc000000100000008]"},
	{ON "- {dma: r, rid: 8, addr: 0, end: abort}\n", "abort",
	 "abort, fault 0x1 (LRT.2), recorded, record [0x0, 0xc000000100000008]"},
	{ON "- {dma: r, rid: 8, addr: 0, pa: 0}\n", "pa 0x0",
	 "abort, fault 0x1 (LRT.2), recorded, record [0x0, 0xc000000100000008]"},
};

static void a_wrong_expectation_fails_and_both_sides_are_told(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, VEC_CACHES_DEFAULT);
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		bool passed;

		assert_int_equal(rig_parse(&rig, judged[i].text), 0);
		passed = vec_run(&rig.runner, &rig.vector, &rig.failure);
		if (!passed || judged[i].expected) {
			assert_string_equal(rig.failure.expected,
					    judged[i].expected ? judged[i].expected : "");
			assert_string_equal(rig.failure.found,
					    judged[i].found ? judged[i].found : "");
			assert_int_equal(rig.failure.step, rig.vector.n_steps);
		}
		assert_int_equal(passed, judged[i].expected == NULL);
	}
	rig_fini(&rig);
}

static void memory_and_aborts_do_not_outlive_a_vector(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, VEC_CACHES_DEFAULT);
	assert_int_equal(rig_parse(&rig, "name: a\narch: vtd\nmem: [[0x1000, 7]]\n"
					 "abort: [[0, 0xffffffff]]\n"
					 "steps: [{mw64: [0x5000000, 9]}, {mr64: [0x1000, 7]}]\n"),
			 0);
	assert_true(vec_run(&rig.runner, &rig.vector, &rig.failure));
	assert_int_equal(rig_parse(&rig, ON "- {mr64: [0x1000, 0]}\n- {mr64: [0x5000000, 0]}\n"
					    "- {dma: r, rid: 8, addr: 0, fault: 1}\n"),
			 0);
	assert_true(vec_run(&rig.runner, &rig.vector, &rig.failure));
	rig_fini(&rig);
}

/* ---- Every expectation of the vectors, made wrong ---------------------------------------- */

/* Ways to make an answer wrong; each returns false where it does not apply. */
enum spoil {
	SPOIL_PLACE,
	SPOIL_SIZE,
	SPOIL_PERM,
	SPOIL_FAULT,
	SPOIL_REPLY,
	SPOIL_RECORD,
	SPOIL_STALL,
	SPOIL_END,
	SPOILS
};

/* The most outcomes of one `either`, or transactions of one `resumed`. */
#define OUTCOMES 64

static bool spoil_fault(struct vec_answer *a)
{
	switch (a->fault) {
	case VEC_FAULT_CODE:
		a->code += 0x61;
		return true;
	case VEC_FAULT_ANY:
		*a = (struct vec_answer){.has_pa = true};
		return true;
	case VEC_FAULT_NONE:
		a->fault = VEC_FAULT_CODE;
		a->code = 0x61;
		return !a->has_pa;
	default:
		return false;
	}
}

static bool spoil_answer(struct vec_answer *a, enum spoil how)
{
	static const uint8_t other_reply[] = {
		[VEC_REPLY_EMPTY] = VEC_REPLY_UR,        [VEC_REPLY_UR] = VEC_REPLY_CA,
		[VEC_REPLY_CA] = VEC_REPLY_EMPTY,        [VEC_REPLY_SUCCESS] = VEC_REPLY_INVALID,
		[VEC_REPLY_INVALID] = VEC_REPLY_SUCCESS, [VEC_REPLY_FAILURE] = VEC_REPLY_SUCCESS,
	};

	switch (how) {
	case SPOIL_PLACE:
		a->pa ^= 0x1000;
		return a->has_pa;
	case SPOIL_SIZE:
		a->size <<= 1;
		return a->has_size;
	case SPOIL_PERM:
		a->perm ^= IOASIM_READ;
		return a->has_perm;
	case SPOIL_FAULT:
		return spoil_fault(a);
	case SPOIL_REPLY:
		a->reply = other_reply[a->reply];
		return a->reply != 0;
	case SPOIL_RECORD:
		a->record[a->words ? a->words - 1 : 0] ^= 1;
		return a->words;
	case SPOIL_STALL:
		a->stall ^= 1;
		return a->has_stall;
	default:
		if (a->has_pa || a->has_stall || a->reply)
			return false;
		a->end = a->end == VEC_END_RAZWI ? VEC_END_ABORT : VEC_END_RAZWI;
		return true;
	}
}

/* Room for what lies outside a step. */
struct outside {
	struct vec_answer answer[OUTCOMES];
	struct vec_resumed resumed[OUTCOMES];
};

/* Of several outcomes each is made wrong, which the others may all be already. */
static bool spoil_request(struct vec_step *step, enum spoil how, struct outside *out)
{
	bool any = false;

	assert_in_range(step->count, 1, OUTCOMES);
	memcpy(out->answer, step->dma_answers, step->count * sizeof(out->answer[0]));
	step->dma_answers = out->answer;
	if (how == SPOIL_END && (step->kind == VEC_ATS || step->count > 1))
		return false;
	for (uint32_t i = 0; i < step->count; i++) {
		bool applies = spoil_answer(&out->answer[i], how);

		if (!applies && step->count > 1)
			applies = spoil_answer(&out->answer[i], SPOIL_PLACE) ||
				  spoil_fault(&out->answer[i]);
		any |= applies;
	}
	return any;
}

static bool spoil_resumed(struct vec_step *step, enum spoil how, struct outside *out)
{
	assert_in_range(step->count, 0, OUTCOMES);
	if (!step->count)
		return false;
	memcpy(out->resumed, step->resumed, step->count * sizeof(out->resumed[0]));
	step->resumed = out->resumed;
	if (how == SPOIL_STALL) {
		out->resumed[0].tag ^= 1;
		return true;
	}
	if (how == SPOIL_SIZE) {
		step->count--;
		return true;
	}
	return spoil_answer(&out->resumed[step->count - 1].answer, how);
}

/* Spoils the step in the n-th way; false where that is none. */
static bool spoil_step(struct vec_step *step, enum spoil how, struct outside *out)
{
	switch (step->kind) {
	case VEC_READ:
	case VEC_LOAD:
		step->value ^= step->mask & -step->mask;
		return how == SPOIL_PLACE && step->mask;
	case VEC_DMA:
	case VEC_ATS:
		return spoil_request(step, how, out);
	case VEC_PAGE_REQUEST:
		out->answer[0] = *step->page_answer;
		/* No code is that of any fault. */
		if (out->answer[0].fault == VEC_FAULT_ANY)
			out->answer[0].fault = VEC_FAULT_CODE;
		step->page_answer = out->answer;
		return step->count && how != SPOIL_END && spoil_answer(out->answer, how);
	case VEC_PAGE_RESPONSES:
	case VEC_INTERRUPTS:
		if (!step->count)
			return false;
		step->count--;
		return how == SPOIL_PLACE;
	case VEC_RESUMED:
		return spoil_resumed(step, how, out);
	default:
		return false;
	}
}

/* Runs the vector once per step and way, with that step alone spoiled. */
static unsigned long run_spoiled(struct rig *rig)
{
	unsigned long spoiled = 0;

	for (uint32_t n = 0; n < rig->vector.n_steps; n++) {
		struct vec_step *step = &rig->vector.steps[n];
		const struct vec_step original = *step;

		for (enum spoil how = 0; how < SPOILS; how++) {
			static struct outside outside;
			bool passed;

			*step = original;
			if (!spoil_step(step, how, &outside))
				continue;
			spoiled++;
			passed = vec_run(&rig->runner, &rig->vector, &rig->failure);
			if (passed || rig->failure.step != n + 1)
				fail_msg("%s: step %u spoiled in way %d: %s", rig->vector.name,
					 n + 1, how, passed ? "passed" : rig->failure.found);
		}
		*step = original;
	}
	return spoiled;
}

/* One vector in so many is spoiled; those with the rarest steps most often. */
static const struct {
	const char *file;
	unsigned stride;
} files[] = {
	{"tests/vectors/vtd-ats.vec.yaml.gz", 11},
	{"tests/vectors/vtd-interrupts.vec.yaml.gz", 11},
	{"tests/vectors/vtd-legacy.vec.yaml.gz", 11},
	{"tests/vectors/vtd-nest.vec.yaml.gz", 11},
	{"tests/vectors/vtd-pri.vec.yaml.gz", 11},
	{"tests/vectors/vtd-qi.vec.yaml.gz", 11},
	{"tests/vectors/vtd-sm.vec.yaml.gz", 11},
	{"tests/vectors/amdvi-ats.vec.yaml.gz", 7},
	{"tests/vectors/amdvi-caches.vec.yaml.gz", 23},
	{"tests/vectors/amdvi-extra.vec.yaml.gz", 7},
	{"tests/vectors/amdvi-interrupts.vec.yaml.gz", 7},
	{"tests/vectors/amdvi-nested.vec.yaml.gz", 23},
	{"tests/vectors/amdvi-pri.vec.yaml.gz", 3},
	{"tests/vectors/amdvi-v1.vec.yaml.gz", 23},
	{"tests/vectors/smmuv3-ats.vec.yaml.gz", 11},
	{"tests/vectors/smmuv3-caches.vec.yaml.gz", 23},
	{"tests/vectors/smmuv3-features.vec.yaml.gz", 7},
	{"tests/vectors/smmuv3-interrupts.vec.yaml.gz", 7},
	{"tests/vectors/smmuv3-nested.vec.yaml.gz", 23},
	{"tests/vectors/smmuv3-pri.vec.yaml.gz", 5},
	{"tests/vectors/smmuv3-queues.vec.yaml.gz", 23},
	{"tests/vectors/smmuv3-stall.vec.yaml.gz", 5},
};

static void every_expectation_of_the_vectors_is_judged(void **state)
{
	const char *scale = getenv("IOASIM_TEST_SCALE");
	unsigned fewer = scale ? 9 : 1;
	unsigned long spoiled = 0;
	struct rig rig;

	(void)state;
	rig_init(&rig, VEC_CACHES_DEFAULT);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct ytree_node *document;

		ytree_close(rig.tree);
		assert_int_equal(ytree_open(files[i].file, &rig.tree, &rig.error), 0);
		for (unsigned n = 0;; n++) {
			assert_int_equal(ytree_next(rig.tree, &document), 0);
			if (!document)
				break;
			if (n % (files[i].stride * fewer))
				continue;
			arena_clear(&rig.arena);
			assert_int_equal(vec_parse(rig.tree, document, &rig.arena, &rig.vector), 0);
			assert_true(vec_run(&rig.runner, &rig.vector, &rig.failure));
			spoiled += run_spoiled(&rig);
		}
	}
	assert_true(spoiled > 100);
	rig_fini(&rig);
}

/* ---- All vectors, with each size of caches ------------------------------------------------- */

static void run_all(enum vec_caches caches)
{
	static const char *const more[] = {"tests/vectors/vtd-caches.vec.yaml.gz",
					   "tests/vectors/vtd-sm-fs.vec.yaml.gz"};
	struct rig rig;

	rig_init(&rig, caches);
	for (size_t i = 0; i < 2; i++) {
		const struct ytree_node *document;

		ytree_close(rig.tree);
		assert_int_equal(ytree_open(more[i], &rig.tree, &rig.error), 0);
		for (;;) {
			assert_int_equal(ytree_next(rig.tree, &document), 0);
			if (!document)
				break;
			arena_clear(&rig.arena);
			assert_int_equal(vec_parse(rig.tree, document, &rig.arena, &rig.vector), 0);
			if (!vec_run(&rig.runner, &rig.vector, &rig.failure))
				fail_msg("%s: step %u: %s, expected %s", rig.vector.name,
					 rig.failure.step, rig.failure.found, rig.failure.expected);
		}
	}
	rig_fini(&rig);
}

static void vectors_hold_without_caches(void **state)
{
	(void)state;
	run_all(VEC_CACHES_OFF);
}

static void vectors_hold_with_tiny_caches(void **state)
{
	(void)state;
	run_all(VEC_CACHES_TINY);
}

static void vectors_hold_with_large_caches(void **state)
{
	(void)state;
	run_all(VEC_CACHES_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_that_are_not_understood_make_no_vector),
		cmocka_unit_test(documents_that_are_not_understood_make_no_vector),
		cmocka_unit_test(vectors_that_cannot_be_run_fail_and_say_why),
		cmocka_unit_test(a_wrong_expectation_fails_and_both_sides_are_told),
		cmocka_unit_test(memory_and_aborts_do_not_outlive_a_vector),
		cmocka_unit_test(every_expectation_of_the_vectors_is_judged),
		cmocka_unit_test(vectors_hold_without_caches),
		cmocka_unit_test(vectors_hold_with_tiny_caches),
		cmocka_unit_test(vectors_hold_with_large_caches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
