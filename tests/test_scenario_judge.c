/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kind of expectation fails when it is wrong: scenarios that hold, and each of their
 * expectations spoiled in turn. A runner that cannot fail proves nothing.
 */
#include "scenario_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `right` stands once in the steps; with `wrong` in its place step `step` fails, for what
 * `expected` and `found` begin with. */
struct spoiled {
	const char *right, *wrong;
	unsigned step;
	const char *expected, *found;
};

static char *replaced(const char *text, const char *right, const char *wrong)
{
	const char *at = strstr(text, right);
	size_t size = strlen(text) + strlen(wrong) + 1;
	char *out = malloc(size);

	assert_non_null(out);
	if (!at || strstr(at + 1, right))
		fail_msg("'%s' stands not once in\n%s", right, text);
	snprintf(out, size, "%.*s%s%s", (int)(at - text), text, wrong, at + strlen(right));
	return out;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void check(unsigned arch, const char *steps, const struct spoiled *spoiled, size_t count)
{
	struct scenario_rig rig;
	char *text = scenario_text(steps);

	scenario_rig_init(&rig);
	if (!scenario_holds(&rig, text, arch))
		fail_msg("step %u: expected %s, happened %s\n%s", rig.failure.step,
			 rig.failure.expected, rig.failure.found, rig.failure.more);
	for (size_t i = 0; i < count; i++) {
		const struct spoiled *c = &spoiled[i];
		char *bad = replaced(text, c->right, c->wrong);
		const struct scn_failure *f = &rig.failure;

		if (scenario_holds(&rig, bad, arch))
			fail_msg("%s: holds", c->wrong);
		if (f->step != c->step || !begins(f->expected, c->expected) ||
		    !begins(f->found, c->found))
			fail_msg("%s\n    said step %u: expected %s, happened %s\n"
				 "expected step %u: expected %s, happened %s",
				 c->wrong, f->step, f->expected, f->found, c->step, c->expected,
				 c->found);
		free(bad);
	}
	free(text);
	scenario_rig_fini(&rig);
}

#define CHECK(arch, steps, list) check(arch, steps, list, sizeof(list) / sizeof((list)[0]))

/* ---- Calls and DMA -------------------------------------------------------------------- */

static const char simple[] =
	"\n- open: {kind: ioasid, as: I}"
	"\n- bind: {dev: d, fd: I, cookie: 0x11}"
	"\n- alloc: {fd: I, kind: kernel, as: a}\n  returns: 1"
	"\n- attach: {dev: d, fd: I, ioasid: a}"
	"\n- attach: {dev: d, fd: I, ioasid: a}\n  expect: EBUSY"
	"\n- map: {fd: I, ioasid: a, iova: 0x0, vaddr: 0x40000000, size: 0x1000}"
	"\n- dma: {dev: d, op: r, addr: 0x10}\n  reaches: 0x40000010"
	"\n- dma: {dev: d, op: r, addr: 0x20}\n  either: [{fault: perm}, {reaches: {vm: "
	"0x40000020}}]"
	"\n- dma: {dev: d, op: r, addr: 0x1000}\n  fault: stage1"
	"\n- dma: {dev: n, op: r, addr: 0x1000}\n  fault: any"
	"\n- unmap: {fd: I, ioasid: a, iova: 0x0, size: 0x1000}"
	"\n  commands: [tlb, atc, sync]\n  returns: 0x1000\n  events: []"
	"\n- info: {fd: I, ioasid: a}\n  returns: {kind: kernel, state: active, attachments: 1}"
	"\n- info: {dev: d}\n  returns: {pasid: true, cpu: false}"
	"\n- extension: {fd: I, name: nesting}\n  returns: 1";

static const struct spoiled simple_spoiled[] = {
	{"returns: 1\n- attach", "returns: 2\n- attach", 3, "0x2 returned", "0x1"},
	{"expect: EBUSY", "expect: EINVAL", 5, "EINVAL", "EBUSY"},
	{"  expect: EBUSY\n", "", 5, "success", "EBUSY"},
	{"ioasid: a}\n- attach", "ioasid: a}\n  expect: EBUSY\n- attach", 4, "EBUSY", "success"},
	{"reaches: 0x40000010", "reaches: 0x40000011", 7, "reaches 0x40000011 of vm (pa ",
	 "reaches pa "},
	{"reaches: 0x40000010", "reaches: 0x70000000", 7,
	 "reaches 0x70000000 of vm (which the process has not)", "reaches pa "},
	{"reaches: 0x40000010", "reaches: {other: 0x80000010}", 7, "reaches 0x80000010 of other",
	 "reaches pa "},
	{"reaches: 0x40000010", "fault: any", 7, "fault any", "reaches pa "},
	{"reaches: 0x40000010", "pending: q", 7, "pending, as 'q'", "reaches pa "},
	{"{vm: 0x40000020}", "{vm: 0x40000021}", 8, "fault perm, or reaches 0x40000021 of vm",
	 "reaches pa "},
	{"fault: stage1", "fault: [blocked, stage2]", 9, "fault blocked or stage2", "fault stage1"},
	{"fault: stage1", "reaches: 0x40001000", 9, "reaches 0x40001000 of vm", "fault stage1"},
	{"{dev: n, op: r, addr: 0x1000}", "{dev: d, op: r, addr: 0x0}", 10, "fault any",
	 "reaches pa "},
	{"[tlb, atc, sync]", "[atc, tlb, sync]", 11,
	 "commands, others between them or not: atc tlb sync", "tlb"},
	{"[tlb, atc, sync]", "[tlb, atc, sync, prq]", 11,
	 "commands, others between them or not: tlb atc sync prq", "tlb"},
	{"returns: 0x1000", "returns: 0x2000", 11, "0x2000 returned", "0x1000"},
	{"events: []", "events: [{ioasid: a}]", 11, "1 event {ioasid: 0x1}", "0 events"},
	{"kind: kernel, state", "kind: sva, state", 12,
	 "{kind: sva, state: active, attachments: 0x1}",
	 "{kind: kernel, parent: 0x0, state: active, attachments: 0x1}"},
	{"state: active", "state: idle", 12, "{kind: kernel, state: idle", "{kind: kernel"},
	{"attachments: 1", "attachments: 2", 12, "{kind: kernel, state: active, attachments: 0x2}",
	 "{kind: kernel"},
	{"cpu: false", "cpu: true", 13, "{pasid: true, cpu: true}", "{pasid: true"},
	{"name: nesting}\n  returns: 1", "name: nesting}\n  returns: 0", 14, "0x0 returned", "0x1"},
};

static void expectations_of_calls_and_dma_fail_when_spoiled(void **state)
{
	(void)state;
	for (unsigned arch = 0; arch < 3; arch++)
		CHECK(arch, simple, simple_spoiled);
}

/* ---- Faults ----------------------------------------------------------------------------- */

static const char faults[] =
	"\n- open: {kind: ioasid, as: I}"
	"\n- bind: {dev: d, fd: I, cookie: 0x11}"
	"\n- alloc: {fd: I, kind: kernel, nest_parent: true, as: p}"
	"\n- map: {fd: I, ioasid: p, iova: 0x0, vaddr: 0x40000000, size: 0x400000}"
	"\n- attach: {dev: d, fd: I, ioasid: p}"
	"\n- guest: {table: t, at: 0x100000, map: [[0x1000, 0x2000, 0x1000]]}"
	"\n- alloc: {fd: I, kind: user, parent: p, root: t, fault: true, as: u}"
	"\n- attach: {dev: d, fd: I, ioasid: u}"
	"\n- dma: {dev: d, op: w, addr: 0x7010}"
	"\n  pending: q"
	"\n  events: [{ioasid: u, cookie: 0x11, addr: 0x7000, perm: w, recoverable: true}]"
	"\n- respond: {fd: I, event: q, code: invalid}"
	"\n- retry: {event: q}\n  fault: invalid";

static const struct spoiled faults_spoiled[] = {
	{"ioasid: u, cookie", "ioasid: p, cookie", 9, "1 event {ioasid: 0x1",
	 "1 event {ioasid: 0x2"},
	{"cookie: 0x11, addr", "cookie: 0x12, addr", 9, "1 event {ioasid: 0x2, cookie: 0x12",
	 "1 event {ioasid: 0x2, cookie: 0x11"},
	{"addr: 0x7000", "addr: 0x7010", 9, "1 event", "1 event"},
	{"perm: w", "perm: r", 9, "1 event", "1 event"},
	{"recoverable: true", "recoverable: false", 9, "1 event", "1 event"},
	{"[{ioasid: u, cookie: 0x11, addr: 0x7000, perm: w, recoverable: true}]", "[]", 9,
	 "0 events", "1 event {"},
	{"- respond: {fd: I, event: q, code: invalid}\n", "", 10, "success", "EAGAIN"},
	{"fault: invalid", "fault: stage1", 11, "fault stage1", "fault invalid"},
	{"table: t, at: 0x100000", "table: t, at: 0x40000000", 6, "",
	 "the guest's store failed: EFAULT"},
};

static const char waiting[] =
	"\n- open: {kind: ioasid, as: I}"
	"\n- bind: {dev: d, fd: I, cookie: 0x11}"
	"\n- alloc: {fd: I, kind: kernel, nest_parent: true, as: p}"
	"\n- map: {fd: I, ioasid: p, iova: 0x0, vaddr: 0x40000000, size: 0x400000}"
	"\n- attach: {dev: d, fd: I, ioasid: p}"
	"\n- alloc: {fd: I, kind: user, parent: p, root: 0x100000, fault: true, as: u}"
	"\n- attach: {dev: d, fd: I, ioasid: u}"
	"\n- dma: {dev: d, op: w, addr: 0x7010}"
	"\n  pending: q";

static const struct spoiled waiting_spoiled[] = {
	{"pending: q", "fault: any", 8, "fault any", "pending, as event "},
	{"pending: q", "reaches: 0x40007010", 8, "reaches 0x40007010", "pending, as event "},
	{"fault: true", "fault: false", 8, "pending, as 'q'", "fault stage1 (vtd 0x"},
};

static void expectations_of_faults_and_events_fail_when_spoiled(void **state)
{
	(void)state;
	CHECK(ON_VTD, faults, faults_spoiled);
	CHECK(ON_VTD, waiting, waiting_spoiled);
}

/* ---- Software mdevs ----------------------------------------------------------------------- */

static const char access[] =
	"\n- open: {kind: iommufd, as: F}"
	"\n- ioctl: {fd: F, call: IOAS_ALLOC, as: a}"
	"\n- ioctl: {dev: s, call: BIND_IOMMUFD, iommufd: F}"
	"\n- ioctl: {dev: s, call: ATTACH_IOMMUFD_PT, pt_id: a}\n  asked: []"
	"\n- ioctl: {fd: F, call: IOAS_MAP, ioas_id: a, user_va: 0x40000000, length: 0x4000, iova: "
	"0}"
	"\n- ioctl: {dev: t, call: BIND_IOMMUFD, iommufd: F}"
	"\n- copy: {dev: s, iova: 0x7, size: 0x1800, op: w}\n  reaches: 0x40000007"
	"\n- copy: {dev: s, iova: 0x1000, size: 0x10, op: r}\n  reaches: {vm: 0x40001000}"
	"\n- pin: {dev: s, iova: 0x1000, size: 0x2000, op: r, keep: true}\n  reaches: 0x40001000"
	"\n- ioctl: {fd: F, call: IOAS_UNMAP, ioas_id: a, iova: 0, length: 0x4000}"
	"\n  expect: EDEADLK\n  asked: [[s, 0x0, 0x4000]]"
	"\n- ioctl: {dev: t, call: ATTACH_IOMMUFD_PT, pt_id: a}"
	"\n- ioctl: {fd: F, call: IOAS_UNMAP, ioas_id: a, iova: 0, length: 0x5000}"
	"\n  expect: EDEADLK\n  asked: [[t, 0x0, 0x4000], [s, 0, 0x4000]]"
	"\n- unpin: {dev: s, iova: 0x1000, size: 0x2000}"
	"\n- pin: {dev: s, iova: 0x2000, size: 0x1000, op: w}"
	"\n- ioctl: {fd: F, call: IOAS_UNMAP, ioas_id: a, iova: 0, length: 0x4000}\n  returns: "
	"0x4000";

static const struct spoiled access_spoiled[] = {
	{"asked: []", "asked: [[s, 0, 1]]", 4, "asked [[s, 0x0, 0x1]]", "[]"},
	{"reaches: 0x40000007", "reaches: 0x40000008", 7, "reaches 0x40000008 of vm",
	 "other bytes"},
	{"{vm: 0x40001000}", "{other: 0x80001000}", 8, "reaches 0x80001000 of other",
	 "other bytes"},
	{"true}\n  reaches: 0x40001000", "true}\n  reaches: 0x40002000", 9,
	 "reaches 0x40002000 of vm", "other pages"},
	{"true}\n  reaches: 0x40001000", "true}\n  reaches: 0x403ff000", 9,
	 "reaches 0x403ff000 of vm", "other pages"},
	{"[[s, 0x0, 0x4000]]", "[[s, 0x0, 0x4000], [s, 0x0, 0x4000]]", 10,
	 "asked [[s, 0x0, 0x4000], [s, 0x0, 0x4000]]", "[[s, 0x0, 0x4000]]"},
	{"[[s, 0x0, 0x4000]]", "[[d, 0x0, 0x4000]]", 10, "asked [[d, ", "[[s, "},
	{"[[s, 0x0, 0x4000]]", "[[s, 0x1000, 0x4000]]", 10, "asked [[s, 0x1000", "[[s, 0x0"},
	{"[[s, 0x0, 0x4000]]", "[[s, 0x0, 0x2000]]", 10, "asked [[s, 0x0, 0x2", "[[s, 0x0, 0x4"},
	{"keep: true", "keep: false", 10, "EDEADLK", "success"},
	{"unpin: {dev: s, iova: 0x1000, size: 0x2000}", "mmio: {dev: s}", 15, "success", "EDEADLK"},
	{"unpin: {dev: s, iova: 0x1000, size: 0x2000}",
	 "unpin: {dev: s, iova: 0x1000, size: 0x1000}", 13, "success", "ENOENT"},
};

static void expectations_of_accesses_fail_when_spoiled(void **state)
{
	(void)state;
	CHECK(ON_VTD, access, access_spoiled);
	CHECK(ON_AMDVI, access, access_spoiled);
	CHECK(ON_SMMUV3, access, access_spoiled);
}

/* ---- The hardware-ID core ----------------------------------------------------------------- */

static const char core[] = "\n- core: {op: set_alloc, token: A, type: fd, as: A}"
			   "\n- core: {op: notifier, name: k, set: A, prio: cpu}"
			   "\n- core: {op: notifier, name: l, set: A, prio: last}"
			   "\n- core: {op: alloc, set: A, min: 7, max: 9, as: x}"
			   "\n  returns: 7\n  notes: [[k, ALLOC, x], [l, ALLOC, x]]\n  state: idle"
			   "\n- core: {op: get, set: A, id: x}\n  refs: 2"
			   "\n- core: {op: put, set: A, id: x}\n  returns: false"
			   "\n- core: {op: find, set: A, spid: 3}\n  returns: none"
			   "\n- core: {op: attach_spid, id: x, spid: 3}"
			   "\n- core: {op: find, set: A, spid: 3, get: false}\n  returns: 7";

static const struct spoiled core_spoiled[] = {
	{"returns: 7\n  notes", "returns: 8\n  notes", 4, "0x8 returned", "0x7"},
	{"[k, ALLOC, x], [l, ALLOC, x]", "[l, ALLOC, x], [k, ALLOC, x]", 4,
	 "notes [[l, ALLOC, 7], [k, ALLOC, 7]]", "[[k, ALLOC, 7], [l, ALLOC, 7]]"},
	{"[k, ALLOC, x], [l, ALLOC, x]", "[k, ALLOC, x]", 4, "notes [[k, ALLOC, 7]]",
	 "[[k, ALLOC, 7], [l, ALLOC, 7]]"},
	{"[k, ALLOC, x], [l", "[k, FREE, x], [l", 4, "notes [[k, FREE, 7], ", "[[k, ALLOC, 7]"},
	{"[k, ALLOC, x], [l", "[k, ALLOC, 8], [l", 4, "notes [[k, ALLOC, 8], ", "[[k, ALLOC, 7]"},
	{"state: idle", "state: active", 4, "state active of the ID", "idle"},
	{"refs: 2", "refs: 3", 5, "3 references of the ID", "2"},
	{"returns: false", "returns: true", 6, "0x1 returned", "0x0"},
	{"returns: none", "returns: 7", 7, "0x7 returned", "none"},
	{"get: false}\n  returns: 7", "get: false}\n  returns: none", 9, "none returned", "0x7"},
};

static void expectations_of_the_core_fail_when_spoiled(void **state)
{
	(void)state;
	CHECK(ON_VTD, core, core_spoiled);
}

/* ---- Commands ------------------------------------------------------------------------------ */

/* A PASID's entry is dropped on amdvi by the invalidation of its pages, and the class
 * stands for it; on the others it is a command. */
static const char detach[] = "\n- open: {kind: ioasid, as: I}"
			     "\n- bind: {dev: d, fd: I, cookie: 0x11}"
			     "\n- alloc: {fd: I, kind: kernel, as: a}"
			     "\n- attach: {dev: d, fd: I, ioasid: a, vpasid: 3}"
			     "\n- detach: {dev: d, fd: I, ioasid: a, vpasid: 3}"
			     "\n  commands: [pasid, tlb, sync]"
			     "\n  when: {smmuv3: {commands: [pasid, sync]}}";

static const struct spoiled detach_spoiled[] = {
	{"[pasid, tlb, sync]\n", "[tlb, pasid, sync]\n", 5,
	 "commands, others between them or not: tlb pasid sync", "pasid tlb"},
	{"[pasid, tlb, sync]\n", "[pasid, tlb, sync, cfg]\n", 5, "commands, others", "pasid tlb"},
};

/* Of the last invalidation of pages both classes are fulfilled, and none behind it. */
static const struct spoiled detach_spoiled_amdvi[] = {
	{"[pasid, tlb, sync]\n", "[pasid, tlb, sync, pasid]\n", 5, "commands, others", "cfg sync"},
	{"[pasid, tlb, sync]\n", "[atc, pasid]\n", 5, "commands, others", "cfg sync"},
};

static void pasid_is_fulfilled_by_what_follows_on_amdvi(void **state)
{
	(void)state;
	CHECK(ON_VTD, detach, detach_spoiled);
	CHECK(ON_AMDVI, detach, detach_spoiled_amdvi);
	check(ON_SMMUV3, detach, NULL, 0);
}

/* ---- Explanations ---------------------------------------------------------------------------- */

static void a_failure_is_explained_by_calls_and_commands(void **state)
{
	struct scenario_rig rig;
	char *text = scenario_text(simple);
	char *bad = replaced(text, "returns: 0x1000", "returns: 0x2000");

	(void)state;
	scenario_rig_init(&rig);
	assert_false(scenario_holds(&rig, bad, ON_VTD));
	assert_int_equal(rig.failure.line, 29);
	assert_int_equal(rig.failure.column, 12);
	assert_non_null(
		strstr(rig.failure.doing, "unmap: {fd: I, ioasid: a, iova: 0x0, size: 0x1000}"));
	assert_non_null(
		strstr(rig.failure.more,
		       "  step 11: unmap: {fd: I, ioasid: a, iova: 0x0, size: 0x1000} -> 4096\n"));
	assert_non_null(strstr(rig.failure.more,
			       "  step 9: dma: {dev: d, op: r, addr: 0x1000} -> stage1\n"));
	assert_null(strstr(rig.failure.more, "  step 3: "));
	assert_non_null(strstr(rig.failure.more, "  tlb   iotlb"));
	free(bad);
	free(text);
	scenario_rig_fini(&rig);
}

/* A name that an earlier step should have made, and did not. */
static void a_name_that_stands_for_nothing_is_told(void **state)
{
	static const char steps[] = "[{open: {kind: ioasid, as: I}},"
				    " {alloc: {fd: I, kind: magic, as: x}, expect: EOPNOTSUPP},"
				    " {free: {fd: I, ioasid: x}}]";
	struct scenario_rig rig;
	char *text = scenario_text(steps);

	(void)state;
	scenario_rig_init(&rig);
	assert_false(scenario_holds(&rig, text, ON_VTD));
	assert_int_equal(rig.failure.step, 3);
	assert_string_equal(rig.failure.found,
			    "'x' stands for nothing: no earlier step has made it");
	free(text);
	scenario_rig_fini(&rig);
}

/* ---- Calls and queues of an iommufd ------------------------------------------------------- */

static const char iommufd[] =
	"\n- open: {kind: iommufd, as: F}"
	"\n- ioctl: {dev: d, call: BIND_IOMMUFD, iommufd: F, as: id}"
	"\n- ioctl: {fd: F, call: IOAS_ALLOC, as: a}\n  returns: {out_ioas_id: 2}"
	"\n- ioctl: {fd: F, call: IOAS_ALLOW_IOVAS, ioas_id: a, ranges: [[0x4000, 0x6fff]]}"
	"\n- ioctl: {fd: F, call: IOAS_IOVA_RANGES, ioas_id: a, num_iovas: 4}"
	"\n  returns: {num_iovas: 1, out_iova_alignment: 1, ranges: [[0x0, 0xffffffffffffffff]]}"
	"\n- ioctl: {fd: F, call: IOAS_IOVA_RANGES, ioas_id: a}"
	"\n  expect: EMSGSIZE\n  returns: {num_iovas: 1}"
	"\n- ioctl: {fd: F, call: FAULT_QUEUE_ALLOC, as: q, as_fd: Q}"
	"\n- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: a, flags: 4, fault_id: q, as: h}"
	"\n- ioctl: {dev: d, call: ATTACH_IOMMUFD_PT, pt_id: h}"
	"\n- poll: {fd: Q}\n  returns: {in: false, out: true}"
	"\n- dma: {dev: d, op: w, addr: 0x5008}\n  pending: e"
	"\n- read: {fd: Q, cookies: [c]}\n  records: [{dev_id: id, addr: 0x5000}]\n  returns: 40"
	"\n- ioctl: {fd: F, call: IOAS_MAP, ioas_id: a, user_va: 0x40000000, length: 0x1000, "
	"flags: 6}"
	"\n  returns: {iova: 0x4000}"
	"\n- write: {fd: Q, responses: [[c, invalid]]}\n  returns: 8"
	"\n- retry: {event: e}\n  fault: invalid"
	"\n- ioctl: {fd: F, call: CHECK_EXTENSION, argument: 3}\n  returns: 1"
	"\n- close: {fd: Q}";

static const struct spoiled iommufd_spoiled[] = {
	{"out_ioas_id: 2", "out_ioas_id: id", 3, "{out_ioas_id: 0x1}", "{out_ioas_id: 0x2}"},
	{"ranges: [[0x4000, 0x6fff]]", "ranges: [[0x8000, 0x9fff]]", 13, "{iova: 0x4000}",
	 "{iova: 0x8000}"},
	{"{num_iovas: 1, out", "{num_iovas: 2, out", 5, "{num_iovas: 0x2, out_iova_alignment: 0x1",
	 "{num_iovas: 0x1, out_iova_alignment: 0x1"},
	{"[[0x0, 0xffffffffffffffff]]", "[[0x0, 0xffff]]", 5,
	 "{num_iovas: 0x1, out_iova_alignment: 0x1, ranges: [[0x0, 0xffff]]}",
	 "{num_iovas: 0x1, out_iova_alignment: 0x1, ranges: [[0x0, 0xffffffffffffffff]]}"},
	{"[[0x0, 0xffffffffffffffff]]", "[]", 5,
	 "{num_iovas: 0x1, out_iova_alignment: 0x1, "
	 "ranges: []}",
	 "{"},
	{"returns: {num_iovas: 1}", "returns: {num_iovas: 3}", 6, "{num_iovas: 0x3}",
	 "{num_iovas: 0x1}"},
	{"returns: {num_iovas: 1}", "returns: 3", 6, "0x3 returned", "0x1"},
	{"{in: false, out: true}", "{in: true}", 10, "{in: true}", "{in: false, out: true}"},
	{"[{dev_id: id, addr: 0x5000}]", "[{dev_id: id, addr: 0x6000}]", 12,
	 "1 record {dev_id: 0x1, addr: 0x6000}", "1 record {flags: 0x2, dev_id: 0x1"},
	{"[{dev_id: id, addr: 0x5000}]", "[]", 12, "0 records ", "1 record {flags: 0x2"},
	{"[{dev_id: id, addr: 0x5000}]", "[{}, {}]", 12, "2 records ", "1 record {flags: 0x2"},
	{"cookies: [c]", "cookies: [c, c2]", 12, "",
	 "1 records, expected one for each of 2 cookies"},
	{"returns: 40", "returns: 80", 12, "0x50 returned", "0x28"},
	{"returns: 8", "returns: 0", 14, "0x0 returned", "0x8"},
	{"[[c, invalid]]", "[[c, success]]", 15, "fault invalid", "pending"},
	{"[[c, invalid]]", "[[c, 2]]", 14, "success", "EINVAL"},
	{"argument: 3", "argument: 6", 16, "0x1 returned", "0x0"},
};

static void expectations_of_an_iommufd_fail_when_spoiled(void **state)
{
	(void)state;
	for (unsigned arch = 0; arch < 3; arch++)
		CHECK(arch, iommufd, iommufd_spoiled);
}

/* Raw words of the architecture, and how many were done although one is wrong. */
static void lists_of_words_reach_the_call(void **state)
{
	static const char steps[] =
		"\n- open: {kind: iommufd, as: F}"
		"\n- ioctl: {dev: n, call: BIND_IOMMUFD, iommufd: F, as: id}"
		"\n- ioctl: {fd: F, call: IOAS_ALLOC, as: a}"
		"\n- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: a, flags: 1, as: p}"
		"\n- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: p, data_type: 1,"
		" data: [0, 0x1000, 48], as: h}"
		"\n- ioctl: {fd: F, call: HWPT_INVALIDATE, hwpt_id: h,"
		" entries: [[0x0, 1, 0], [0x1000, 1, 0], [1, 1, 0]]}"
		"\n  expect: EINVAL\n  returns: {entry_num: 2}";
	static const struct spoiled wrong[] = {
		{"data: [0, 0x1000, 48]", "data: [0, 0x1000]", 5, "success", "EINVAL"},
		{"[1, 1, 0]", "[0, 1, 0]", 6, "EINVAL", "success"},
		{"entry_num: 2", "entry_num: 3", 6, "{entry_num: 0x3}", "{entry_num: 0x2}"},
	};

	(void)state;
	CHECK(ON_VTD, steps, wrong);
}

/* ---- Descriptors (O1, O2) ------------------------------------------------------------------- */

/* Holds only if descriptors are passed on to a process that uses them, and stay open there
 * when the opener has gone. */
static void descriptors_are_passed_to_the_process_that_uses_them(void **state)
{
	static const char steps[] =
		"\n- open: {kind: ioasid, as: I, by: vm}"
		"\n- bind: {dev: d, fd: I, cookie: 0x11, by: other}"
		"\n- alloc: {fd: I, kind: kernel, as: a, by: other}"
		"\n- map: {fd: I, ioasid: a, iova: 0x0, vaddr: 0x80000000, size: 0x1000, by: other}"
		"\n- map: {fd: I, ioasid: a, iova: 0x1000, vaddr: 0x80000000, size: 0x1000}"
		"\n  expect: EFAULT"
		"\n- attach: {dev: d, fd: I, ioasid: a, by: other}"
		"\n- exit: {process: vm}"
		"\n- dma: {dev: d, op: r, addr: 0x8}\n  reaches: {other: 0x80000008}"
		"\n- alloc: {fd: I, kind: kernel, as: b}\n  returns: 2"
		"\n- close: {fd: I}"
		"\n- dma: {dev: d, op: r, addr: 0x8}\n  fault: blocked"
		"\n- alloc: {fd: I, kind: kernel, as: b}\n  expect: EBADF";

	(void)state;
	for (unsigned arch = 0; arch < 3; arch++)
		check(arch, steps, NULL, 0);
}

/* The same of a queue's descriptor, which a call has given. */
static void queues_are_passed_to_the_process_that_uses_them(void **state)
{
	static const char steps[] =
		"\n- open: {kind: iommufd, as: F}"
		"\n- ioctl: {dev: d, call: BIND_IOMMUFD, iommufd: F, as: id}"
		"\n- ioctl: {fd: F, call: IOAS_ALLOC, as: a}"
		"\n- ioctl: {fd: F, call: FAULT_QUEUE_ALLOC, as: q, as_fd: Q}"
		"\n- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: a, flags: 4,"
		" fault_id: q, as: h}"
		"\n- ioctl: {dev: d, call: ATTACH_IOMMUFD_PT, pt_id: h}"
		"\n- dma: {dev: d, op: w, addr: 0x9008}\n  pending: e"
		"\n- read: {fd: Q, size: 40, cookies: [c], by: other}\n  returns: 40"
		"\n- ioctl: {fd: F, call: IOAS_MAP, ioas_id: a, user_va: 0x80000000,"
		" length: 0x1000, iova: 0x9000, by: other}"
		"\n- write: {fd: Q, responses: [[c, success]]}\n  returns: 8"
		"\n- retry: {event: e}\n  reaches: {other: 0x80000008}"
		"\n- close: {fd: Q, by: vm}"
		"\n- ioctl: {dev: d, call: DETACH_IOMMUFD_PT}"
		"\n- ioctl: {fd: F, call: DESTROY, id: h}"
		"\n- ioctl: {fd: F, call: DESTROY, id: q}\n  expect: EBUSY"
		"\n- close: {fd: Q}"
		"\n- ioctl: {fd: F, call: DESTROY, id: q}";

	(void)state;
	for (unsigned arch = 0; arch < 3; arch++)
		check(arch, steps, NULL, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(expectations_of_calls_and_dma_fail_when_spoiled),
		cmocka_unit_test(expectations_of_faults_and_events_fail_when_spoiled),
		cmocka_unit_test(expectations_of_accesses_fail_when_spoiled),
		cmocka_unit_test(expectations_of_the_core_fail_when_spoiled),
		cmocka_unit_test(expectations_of_an_iommufd_fail_when_spoiled),
		cmocka_unit_test(lists_of_words_reach_the_call),
		cmocka_unit_test(pasid_is_fulfilled_by_what_follows_on_amdvi),
		cmocka_unit_test(a_failure_is_explained_by_calls_and_commands),
		cmocka_unit_test(a_name_that_stands_for_nothing_is_told),
		cmocka_unit_test(descriptors_are_passed_to_the_process_that_uses_them),
		cmocka_unit_test(queues_are_passed_to_the_process_that_uses_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
