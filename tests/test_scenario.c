/* SPDX-License-Identifier: Apache-2.0 */
/* What is no scenario, and what a step is on each architecture. */
#include "scenario_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct text_case {
	const char *text, *error;
};

/* ---- Steps ------------------------------------------------------------------------ */

#define OPEN "{open: {kind: ioasid, as: I}}"

/* Each behind OPEN, where the list's second item begins: line 10, column 40. */
static const struct text_case wrong_steps[] = {
	{"{}", "s:10:40: unknown step '', expected a verb"},
	{"{jump: {}}", "s:10:40: unknown step 'jump', expected a verb"},
	{"{mmio: {dev: d}, unbind: {dev: d}}",
	 "s:10:40: step is both unbind and mmio, expected one"},
	{"[mmio]", "s:10:40: a list, expected a map"},
	{"{ioctl: {call: IOAS_ALLOC}}", "s:10:48: ioctl: neither fd nor dev, expected one"},
	{"{ioctl: {fd: I, dev: d, call: IOAS_ALLOC}}",
	 "s:10:48: ioctl: both fd and dev, expected one"},
	{"{ioctl: {fd: I, call: IOAS_ALOC}}",
	 "s:10:62: call: 'IOAS_ALOC', expected a call of an iommufd (did you mean 'IOAS_ALLOC'?)"},
	{"{ioctl: {dev: d, call: IOAS_ALLOC}}",
	 "s:10:63: call: 'IOAS_ALLOC', expected a call of a device"},
	{"{ioctl: {fd: I, call: IOAS_ALLOC, flgs: 1}}",
	 "s:10:80: key 'flgs', expected a member of struct ioasim_iommufd_ioas_alloc (did you "
	 "mean 'flags'?)"},
	{"{ioctl: {fd: I, call: DESTROY, id: x}}",
	 "s:10:75: id: 'x', expected an object of an earlier `ioctl` or a number"},
	{"{ioctl: {fd: I, call: DESTROY, id: -x}}", "s:10:75: id: '-x', expected a number"},
	{"{ioctl: {fd: I, call: HWPT_ALLOC, data: t}}",
	 "s:10:80: data: 't', expected a table of an earlier `guest` or a number"},
	{"{ioctl: {fd: I, call: SET_IOMMU, flags: 1}}",
	 "s:10:80: key 'flags', expected argument: SET_IOMMU takes a number"},
	{"{ioctl: {fd: I, call: SET_IOMMU, argument: x}}",
	 "s:10:83: argument: 'x', expected a decimal or 0x hex number"},
	{"{ioctl: {fd: I, call: SET_IOMMU}, returns: {a: 1}}",
	 "s:10:83: returns: a map, expected the number that SET_IOMMU returns"},
	{"{ioctl: {fd: I, call: IOAS_ALLOC, argument: 1}}",
	 "s:10:84: key 'argument', expected a member of struct ioasim_iommufd_ioas_alloc"},
	{"{ioctl: {fd: I, call: IOAS_ALLOC, argsz: 1}}",
	 "s:10:81: key 'argsz', expected a member of struct ioasim_iommufd_ioas_alloc"},
	{"{ioctl: {fd: I, call: IOMMU_MAP_DMA, argsz: 5000}}", "s:10:84: argsz: *"},
	{"{ioctl: {fd: I, call: IOAS_ALLOC, as_fd: Q}}",
	 "s:10:81: key 'as_fd', expected a member of struct ioasim_iommufd_ioas_alloc"},
	{"{ioctl: {fd: I, call: FAULT_QUEUE_ALLOC, as_fd: I}}",
	 "s:10:88: as_fd: 'I' is another kind of descriptor, expected a new name"},
	{"{ioctl: {fd: I, call: IOAS_ALLOW_IOVAS, ranges: [[1]]}}",
	 "s:10:89: list of 1, expected 2 numbers"},
	{"{ioctl: {fd: I, call: IOAS_ALLOW_IOVAS, ranges: [1]}}", "s:10:89: '1', expected a list"},
	{"{ioctl: {fd: I, call: HWPT_INVALIDATE, entries: [[1, 2], [1]]}}",
	 "s:10:97: list of 1, expected 2 numbers"},
	{"{ioctl: {fd: I, call: HWPT_INVALIDATE, entries: 3}}",
	 "s:10:88: entries: '3', expected a list"},
	{"{ioctl: {fd: I, call: HWPT_ALLOC, data: [x]}}",
	 "s:10:81: 'x', expected a decimal or 0x hex number"},
	{"{ioctl: {fd: I, call: IOAS_MAP}, returns: {ioas_id: 1}}",
	 "s:10:92: key 'ioas_id', expected a member of struct ioasim_iommufd_map that the call "
	 "fills*"},
	{"{ioctl: {fd: I, call: IOAS_MAP}, returns: {ranges: []}}",
	 "s:10:91: key 'ranges', expected a member of struct ioasim_iommufd_map that the call "
	 "fills*"},
	{"{ioctl: {fd: I, call: IOAS_IOVA_RANGES}, returns: {ranges: [[1]]}}",
	 "s:10:100: list of 1, expected two numbers"},
	{"{ioctl: {fd: I, call: IOAS_IOVA_RANGES}, expect: EINVAL, returns: {num_iovas: 1}}",
	 "s:10:106: returns beside an errno, expected one of them"},
	{"{ioctl: {fd: I, call: IOAS_MAP}, expect: EMSGSIZE, returns: 1}",
	 "s:10:100: returns beside an errno, expected one of them"},
	{"{read: {fd: I, cookies: [c]}}",
	 "s:10:64: cookies of what is no fault queue, expected the descriptor of "
	 "FAULT_QUEUE_ALLOC"},
	{"{read: {fd: I, size: 4097}}", "s:10:61: size: 4097, expected at most 4096"},
	{"{read: {fd: I}, records: []}",
	 "s:10:65: records of what is no queue, expected the descriptor of FAULT_QUEUE_ALLOC or "
	 "VEVENTQ_ALLOC"},
	{"{read: {fd: Q}}",
	 "s:10:52: fd: 'Q', expected a descriptor of an earlier `open` or a number"},
	{"{write: {fd: I}}", "s:10:48: write: no key 'responses', expected one"},
	{"{write: {fd: I, responses: [[1]]}}", "s:10:68: list of 1, expected [cookie, code]"},
	{"{write: {fd: I, responses: [[c, 0]]}}",
	 "s:10:69: item: 'c', expected a cookie of an earlier `read` or a number"},
	{"{write: {fd: I, responses: [[1, good]]}}",
	 "s:10:72: 'good', expected success or invalid"},
	{"{poll: {fd: I}, returns: {up: true}}", "s:10:66: unknown key 'up'"},
	{"{open: {kind: kvn, as: K}}",
	 "s:10:54: kind: 'kvn', expected ioasid, kvm, iommufd or file (did you mean 'kvm'?)"},
	{"{open: {kind: file, as: m}}", "s:10:47: open: a file without size, expected one"},
	{"{open: {kind: kvm, size: 1, as: K}}", "s:10:65: size of what is no file, expected none"},
	{"{cpu: {process: vm, munmap: [1, 1], file: I}}",
	 "s:10:82: file beside munmap, expected mmap"},
	{"{cpu: {process: vm, mmap: [1, 1], offset: 1}}",
	 "s:10:82: offset without file, expected one"},
	{"{limit: {process: vm, user: 0x100000000}}",
	 "s:10:68: user: expected a number of 32 bits"},
	{"{limit: {locked: 1}}", "s:10:48: limit: no key 'process', expected one"},
	{"{open: {kind: kvm}}", "s:10:47: open: no key 'as', expected one"},
	{"{open: {kind: kvm, as: K, by: nobody}}",
	 "s:10:70: 'nobody', expected a process that `memory` names"},
	{"{mmio: {dev: x}}", "s:10:53: 'x', expected a device that `devices` names"},
	{"{mmio: {dev: d, queue: 1}}", "s:10:56: unknown key 'queue'"},
	{"{mmio: d}", "s:10:47: mmio: 'd', expected a map"},
	{"{mmio: {dev: d}, notes: []}", "s:10:57: unknown key 'notes'"},
	{"{free: {fd: J, ioasid: 1}}",
	 "s:10:52: fd: 'J', expected a descriptor of an earlier `open` or a number"},
	{"{free: {fd: I, ioasid: a}}",
	 "s:10:63: ioasid: 'a', expected an IOASID of an earlier `alloc` or a number"},
	{"{free: {fd: I, ioasid: 1}, expect: EBUZY}", "s:10:75: expect: 'EBUZY', expected 0, *"},
	{"{alloc: {fd: I, kind: kernell, as: a}}",
	 "s:10:62: kind: 'kernell', expected kernel, user, pasid_table or sva (did you mean "
	 "'kernel'?)"},
	{"{alloc: {fd: I, kind: kernel}, expect: EBUSY, returns: 1}",
	 "s:10:95: returns beside an errno, expected one of them"},
	{"{map: {fd: I, ioasid: 1, iova: 0, vaddr: 0}}",
	 "s:10:46: map: no key 'size', expected one"},
	{"{map: {fd: I, ioasid: 1, iova: -1, vaddr: 0, size: 1}}",
	 "s:10:71: iova: '-1', expected a decimal or 0x hex number"},
	{"{map: {fd: I, ioasid: 1, iova: 0, vaddr: 0, size: 1, prot: rx}}",
	 "s:10:99: 'rx', expected rw, r, w or \"\""},
	{"{close: {}}", "s:10:48: close: neither fd nor dev, expected one"},
	{"{close: {fd: I, dev: d}}", "s:10:48: close: both fd and dev, expected one"},
	{"{info: {ioasid: 1}}", "s:10:47: info: no key 'fd', expected one"},
	{"{info: {dev: d}, returns: {width: 3}}", "s:10:67: unknown key 'width'"},
	{"{info: {dev: d}, returns: 3}", "s:10:66: returns: '3', expected a map"},
	{"{dma: {op: r, addr: 0}}", "s:10:46: dma: neither dev nor rid, expected one"},
	{"{dma: {dev: d, rid: 1, op: r, addr: 0}}", "s:10:46: dma: both dev and rid, expected one"},
	{"{dma: {rid: \"00:20.0\", op: r, addr: 0}}",
	 "s:10:52: '00:20.0', expected \"bus:device.function\" in hex"},
	{"{dma: {dev: d, op: rw, addr: 0}}",
	 "s:10:59: op: 'rw', expected r or w (did you mean 'r'?)"},
	{"{dma: {dev: m, op: r, addr: 0, pasid: 1}}",
	 "s:10:78: pasid of an mdev, expected a queue"},
	{"{dma: {dev: m, op: r, addr: 0, queue: 8}}", "s:10:78: queue: expected a number below 8"},
	{"{dma: {rid: 1, op: r, addr: 0, queue: 1}}",
	 "s:10:78: queue of a raw request, expected a device"},
	{"{dma: {dev: d, op: r, addr: 0}, fault: stage3}",
	 "s:10:79: fault: 'stage3', expected *did you mean 'stage1'?)"},
	{"{dma: {dev: d, op: r, addr: 0}, fault: []}", "s:10:79: fault: empty, expected classes"},
	{"{dma: {dev: d, op: r, addr: 0}, fault: any, reaches: 0}",
	 "s:10:79: fault beside another outcome, expected one, or either"},
	{"{dma: {dev: d, op: r, addr: 0}, reaches: {nobody: 0}}",
	 "s:10:81: 'nobody', expected a process that `memory` names"},
	{"{dma: {dev: d, op: r, addr: 0}, either: [{fault: any}]}",
	 "s:10:80: either: list of 1, expected two or more"},
	{"{dma: {dev: d, op: r, addr: 0}, either: [{fault: any}, {}]}",
	 "s:10:95: expected reaches or fault, and one of them"},
	{"{retry: {event: q}}",
	 "s:10:56: event: 'q', expected an event of an earlier `pending` or *"},
	{"{mmio: {dev: d}, commands: []}", "s:10:67: commands: empty, *"},
	{"{mmio: {dev: d}, commands: [flush]}", "s:10:68: 'flush', expected cfg, pasid, *"},
	{"{mmio: {dev: d}, events: [{pasid: 1}]}", "s:10:67: unknown key 'pasid' *"},
	{"{mmio: {dev: d}, only: [arm]}",
	 "s:10:64: 'arm', expected an architecture (vtd, amdvi, smmuv3) or a class *"},
	{"{mmio: {dev: d}, when: {arm: {}}}", "s:10:69: 'arm', expected an architecture *"},
	{"{mmio: {dev: d}, when: {vtd: {expect: null}}}",
	 "s:10:78: expect: null, expected a key that the step has"},
	{"{mmio: {dev: d}, when: {vtd: {only: [vtd]}}}",
	 "s:10:76: only in `when`, expected what the step does"},
	{"{mmio: {dev: d}, asked: 1}", "s:10:64: asked: '1', expected a list"},
	{"{mmio: {dev: d}, asked: [[d, 1]]}", "s:10:65: list of 2, expected [dev, iova, size]"},
	{"{mmio: {dev: d}, asked: [[x, 1, 2]]}", "s:10:66: 'x', expected a device that *"},
	{"{pin: {dev: s, iova: 0, size: 0x100001, op: r}}",
	 "s:10:70: size: expected at most 0x100000"},
	{"{copy: {dev: s, iova: 0, size: 0x100001, op: r}}",
	 "s:10:71: size: expected at most 0x100000"},
	{"{copy: {dev: s, iova: 0, size: 1, op: r, keep: true}}", "s:10:81: unknown key 'keep'"},
	{"{copy: {dev: s, iova: 0, size: 1, op: r}, fault: any}", "s:10:82: unknown key 'fault'"},
	{"{core: {op: take}}", "s:10:52: op: 'take', expected set_alloc, *"},
	{"{core: {op: get, set: 1, id: x}}",
	 "s:10:69: id: 'x', expected an ID of an earlier `alloc` or a number"},
	{"{core: {op: reserve, n: 1}, state: idle}",
	 "s:10:75: state of a step that names no ID, expected one"},
	{"{core: {op: get, set: 1, id: 1}, notes: [[n, ALLOC, 1]]}",
	 "s:10:82: 'n', expected an earlier notifier"},
	{"{core: {op: get, set: 1, id: 1}, commands: [tlb]}", "s:10:73: unknown key 'commands'"},
	{"{guest: {}}", "s:10:48: guest: neither table nor pasid_table nor words, expected one"},
	{"{guest: {table: t}}", "s:10:56: 't' is new, expected `at` beside it"},
	{"{guest: {table: t, at: 0x10}}", "s:10:63: at: 0x10, expected a multiple of 4 KiB"},
	{"{guest: {table: t, at: 0, map: [[0, 0]]}}",
	 "s:10:72: list of 2, expected [va, gpa, size, prot]"},
	{"{guest: {table: t, at: 0, map: [[1, 0, 4096]]}}",
	 "s:10:72: not whole pages, expected multiples of 4 KiB"},
	{"{guest: {words: [[4, 0]]}}", "s:10:57: address 0x4, expected a multiple of 8"},
	{"{guest: {pasid_table: t, at: 0}}", "s:10:48: pasid_table on vtd, *"},
};

/* A pattern in which * stands for anything at the end. */
static bool is_like(const char *text, const char *pattern)
{
	const char *star = strchr(pattern, '*');

	if (!star)
		return strcmp(text, pattern) == 0;
	if (strncmp(text, pattern, (size_t)(star - pattern)) != 0)
		return false;
	return strlen(text) >= strlen(star + 1) &&
	       strcmp(text + strlen(text) - strlen(star + 1), star + 1) == 0;
}

static void what_is_no_step_is_an_error_at_its_place(void **state)
{
	struct scenario_rig rig;
	char steps[512];

	(void)state;
	scenario_rig_init(&rig);
	for (unsigned i = 0; i < sizeof(wrong_steps) / sizeof(wrong_steps[0]); i++) {
		const struct text_case *c = &wrong_steps[i];
		char *text;
		int err;

		snprintf(steps, sizeof(steps), "[" OPEN ", %s]", c->text);
		text = scenario_text(steps);
		err = scenario_read(&rig, text, ON_VTD);
		free(text);
		if (err != -EINVAL || !is_like(rig.error.text, c->error))
			fail_msg("%s\n   said %s\nexpected %s", c->text,
				 err ? rig.error.text : "nothing", c->error);
	}
	scenario_rig_fini(&rig);
}

/* ---- Documents ----------------------------------------------------------------------- */

#define STEPS "steps: [{exit: {process: vm}}]\n"
#define REST  "rules: [A1]\narch: [vtd]\n" STEPS

static const struct text_case wrong_documents[] = {
	{"- a\n", "s:1:1: a list, expected a map"},
	{"arch: [vtd]\ndevices: {}\nrules: [A1]\n" STEPS, "s:1:1: no key 'name', expected one"},
	{"name: s\ndevices: {}\nrules: [A1]\n" STEPS, "s:1:1: no key 'arch', expected one"},
	{"name: s\narch: [vtd]\nrules: [A1]\n" STEPS, "s:1:1: no key 'devices', expected one"},
	{"name: s\narch: [vtd]\ndevices: {}\n" STEPS, "s:1:1: no key 'rules', expected one"},
	{"name: s\narch: [vtd]\ndevices: {}\nrules: [A1]\n", "s:1:1: no key 'steps', expected one"},
	{"name: s\narch: []\ndevices: {}\nrules: [A1]\n" STEPS,
	 "s:2:7: arch: empty, expected architectures"},
	{"name: s\narch: [vtd, vtd]\ndevices: {}\nrules: [A1]\n" STEPS,
	 "s:2:13: 'vtd' stands twice, expected once"},
	{"name: s\narch: [riscv]\ndevices: {}\nrules: [A1]\n" STEPS,
	 "s:2:8: 'riscv', expected vtd, amdvi or smmuv3"},
	{"name: s\narch: [vtd]\ndevices: {}\nrules: []\n" STEPS,
	 "s:4:8: rules: empty, expected rules of docs/uapi.md"},
	{"name: s\narch: [vtd]\ndevices: {}\nrules: [attach]\n" STEPS,
	 "s:4:9: rule 'attach', expected a letter and a number"},
	{"name: s\ncolour: red\ndevices: {}\n" REST, "s:2:1: unknown key 'colour'"},
	{"name: s\ndevices: {}\nrules: [A1]\narch: [vtd]\nsteps: []\n",
	 "s:5:8: steps: empty, expected steps"},
	{"name: s\ndevices: {d: {}}\n" REST, "s:2:14: no key 'bdf', expected one"},
	{"name: s\ndevices: {d: {bdf: \"0:0\"}}\n" REST,
	 "s:2:20: '0:0', expected \"bus:device.function\" in hex"},
	{"name: s\ndevices: {d: {bdf: \"00:00.8\"}}\n" REST,
	 "s:2:20: '00:00.8', expected \"bus:device.function\" in hex"},
	{"name: s\ndevices: {m: {parent: p}, p: {bdf: \"00:01.0\"}}\n" REST,
	 "s:2:23: 'p', expected a device that `devices` names"},
	{"name: s\ndevices: {p: {bdf: \"00:01.0\"}, m: {parent: p}, k: {parent: m}}\n" REST,
	 "s:2:60: 'm' is an mdev, expected a pdev"},
	{"name: s\ndevices: {p: {bdf: \"00:01.0\"}, m: {parent: p, group: 1}}\n" REST,
	 "s:2:54: group beside parent, expected it on the parent"},
	{"name: s\ndevices: {p: {bdf: \"00:01.0\", sw: true}}\n" REST,
	 "s:2:14: sw without a parent, expected an mdev"},
	{"name: s\ndevices: {p: {bdf: \"00:01.0\", pasid: 21}}\n" REST,
	 "s:2:38: pasid: '21', expected a number from 0x0 to 0x14"},
	{"name: s\ndevices: {p: {bdf: \"00:01.0\", caps: [fast]}}\n" REST,
	 "s:2:38: 'fast', expected *"},
	{"name: s\ndevices: {p: {bdf: \"00:01.0\", reserved: [[2, 1]]}}\n" REST,
	 "s:2:42: ends before it begins, expected [first, last]"},
	{"name: s\ndevices: {}\nmemory: {vm: [[0x1000, 0x800]]}\n" REST,
	 "s:3:15: memory of 0x800 bytes at 0x1000, expected whole pages of 4 KiB"},
	{"name: s\ndevices: {}\nmemory: {vm: [[0x1000, 0x1000, rw]]}\n" REST,
	 "s:3:32: third item, expected ro"},
	{"name: s\ndevices: {}\nmemory: {}\n" REST, "s:3:9: memory: empty, expected processes"},
	{"name: s\ndevices: {}\nguest_ram: [[0, 0]]\n" REST,
	 "s:3:13: list of 2, expected [gpa, hva, size]"},
	{"name: s\ndevices: {}\nsystem: {rid_pool: 0}\n" REST,
	 "s:3:20: rid_pool: '0', expected a number from 0x1 to 0x100000"},
	{"name: s\ndevices: {}\nsystem: {limit: 1}\n" REST, "s:3:10: unknown key 'limit'"},
};

static void what_is_no_scenario_is_an_error_at_its_place(void **state)
{
	struct scenario_rig rig;

	(void)state;
	scenario_rig_init(&rig);
	for (unsigned i = 0; i < sizeof(wrong_documents) / sizeof(wrong_documents[0]); i++) {
		const struct text_case *c = &wrong_documents[i];
		int err = scenario_read(&rig, c->text, ON_VTD);

		if (err != -EINVAL || !is_like(rig.error.text, c->error))
			fail_msg("%s\n   said %s\nexpected %s", c->text,
				 err ? rig.error.text : "nothing", c->error);
	}
	scenario_rig_fini(&rig);
}

/* ---- Architectures --------------------------------------------------------------------- */

static void read_for(struct scenario_rig *rig, const char *steps, unsigned arch)
{
	char *text = scenario_text(steps);

	if (scenario_read(rig, text, arch) != 0)
		fail_msg("%s", rig->error.text);
	free(text);
}

static void only_leaves_steps_out_and_keeps_their_numbers(void **state)
{
	static const char steps[] = "[{exit: {process: vm}, only: [host_pasid]},"
				    " {exit: {process: vm}, only: [guest_pasid]},"
				    " {exit: {process: vm}, only: [amdvi, vtd]},"
				    " {exit: {process: vm}}]";
	static const uint32_t numbers[3][4] = {{1, 3, 4}, {2, 3, 4}, {2, 4}};
	struct scenario_rig rig;

	(void)state;
	scenario_rig_init(&rig);
	for (unsigned arch = 0; arch < 3; arch++) {
		read_for(&rig, steps, arch);
		for (unsigned i = 0; i < rig.scenario.n_steps; i++)
			assert_int_equal(rig.scenario.steps[i].number, numbers[arch][i]);
		assert_int_equal(rig.scenario.n_steps, arch == 2 ? 2 : 3);
	}
	scenario_rig_fini(&rig);
}

/* A class is applied before an architecture, wherever it stands; maps are merged. */
static void when_is_merged_deeply_a_class_before_an_architecture(void **state)
{
	static const char steps[] =
		"[{open: {kind: ioasid, as: I}},"
		" {map: {fd: I, ioasid: 1, iova: 0x1000, vaddr: 0x2000, size: 0x3000},"
		"  when: {amdvi: {map: {iova: 0x7000}, expect: EBUSY},"
		"         guest_pasid: {map: {iova: 0x5000, vaddr: 0x6000}, expect: EINVAL}}}]";
	static const uint64_t iovas[] = {0x1000, 0x7000, 0x5000};
	static const uint64_t vaddrs[] = {0x2000, 0x6000, 0x6000};
	static const int errors[] = {0, EBUSY, EINVAL};
	struct scenario_rig rig;

	(void)state;
	scenario_rig_init(&rig);
	for (unsigned arch = 0; arch < 3; arch++) {
		const struct scn_step *step;

		read_for(&rig, steps, arch);
		step = &rig.scenario.steps[1];
		assert_int_equal(step->args.iova, iovas[arch]);
		assert_int_equal(step->args.vaddr, vaddrs[arch]);
		assert_int_equal(step->args.size, 0x3000);
		assert_int_equal(step->expect.error, errors[arch]);
	}
	scenario_rig_fini(&rig);
}

static void null_removes_a_key_and_lists_are_replaced(void **state)
{
	static const char steps[] =
		"[{dma: {dev: d, op: r, addr: 0, pasid: 3}, reaches: 0x40000000, commands: [tlb, "
		"sync],"
		"  when: {guest_pasid: {dma: {pasid: null}, reaches: null, fault: [blocked, pasid],"
		"                       commands: [cfg]}}}]";
	struct scenario_rig rig;
	const struct scn_step *step;

	(void)state;
	scenario_rig_init(&rig);
	read_for(&rig, steps, ON_VTD);
	step = rig.scenario.steps;
	assert_int_equal(step->args.pasid, 3);
	assert_int_equal(step->expect.outcomes->kind, SCN_REACHES);
	assert_int_equal(step->expect.n_commands, 2);
	read_for(&rig, steps, ON_SMMUV3);
	step = rig.scenario.steps;
	assert_int_equal(step->args.pasid, IOASIM_NO_VPASID);
	assert_int_equal(step->expect.n_outcomes, 1);
	assert_int_equal(step->expect.outcomes->kind, SCN_FAULT);
	assert_int_equal(step->expect.outcomes->classes,
			 1u << IOASIM_CLASS_BLOCKED | 1u << IOASIM_CLASS_PASID);
	assert_int_equal(step->expect.n_commands, 1);
	scenario_rig_fini(&rig);
}

static void a_machine_has_its_defaults(void **state)
{
	static const char text[] =
		"name: s\narch: [vtd]\nrules: [S1]\n"
		"devices: {p: {bdf: \"01:02.3\"}, m: {parent: p},\n"
		"  q: {bdf: \"00:01.0\", driver: none, pf: elsewhere}, k: {parent: q}}\n"
		"steps: [{exit: {process: vm}}]\n";
	struct scenario_rig rig;
	const struct scenario *s = &rig.scenario;

	(void)state;
	scenario_rig_init(&rig);
	assert_int_equal(scenario_read(&rig, text, ON_VTD), 0);
	assert_int_equal(s->n_processes, 1);
	assert_string_equal(s->processes->name, "vm");
	assert_int_equal(s->processes->areas->first, 0x40000000);
	assert_int_equal(s->processes->areas->size, 0x10000000);
	assert_int_equal(s->ram->gpa, 0);
	assert_int_equal(s->ram->hva, 0x40000000);
	assert_int_equal(s->devices[0].config.requester_id, 0x0113);
	assert_int_equal(s->devices[0].config.driver, IOASIM_DRIVER_KERNEL);
	assert_int_equal(s->devices[0].config.group, IOASIM_GROUP_OWN);
	assert_int_equal(s->devices[1].config.parent, 0);
	assert_int_equal(s->devices[2].config.driver, IOASIM_DRIVER_NONE);
	assert_int_equal(s->devices[2].config.pf, IOASIM_NO_DEVICE);
	scenario_rig_fini(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_step_is_an_error_at_its_place),
		cmocka_unit_test(what_is_no_scenario_is_an_error_at_its_place),
		cmocka_unit_test(only_leaves_steps_out_and_keeps_their_numbers),
		cmocka_unit_test(when_is_merged_deeply_a_class_before_an_architecture),
		cmocka_unit_test(null_removes_a_key_and_lists_are_replaced),
		cmocka_unit_test(a_machine_has_its_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
