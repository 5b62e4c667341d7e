/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenario files, changed in a few places: read, and what still is a scenario is run on
 * each architecture that it lists, with caches and without. Every refusal has a text with a
 * position, every failure a text; and whatever a scenario does, no security rule is broken.
 */
#include "caches.h"
#include "fuzz.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 2500u

static const char *const samples[] = {
	"name: nest\nrules: [S1]\narch: [vtd, amdvi, smmuv3]\n"
	"memory: {vm: [[0x40000000, 0x40000]]}\ndevices:\n"
	"  d: {bdf: \"00:05.0\", caps: [ats, pri], pasid: 8}\n"
	"  e: {bdf: \"00:06.0\", group: 7}\n  f: {bdf: \"00:06.1\", group: 7}\n"
	"guest_ram: [[0x0, 0x40000000, 0x40000]]\nsteps:\n"
	"- open: {kind: ioasid, as: I}\n- bind: {dev: d, fd: I, cookie: 0x11}\n"
	"- bind: {dev: e, fd: I, cookie: 0x12}\n"
	"- alloc: {fd: I, kind: kernel, nest_parent: true, as: p}\n"
	"- map: {fd: I, ioasid: p, iova: 0x0, vaddr: 0x40000000, size: 0x40000}\n"
	"- attach: {dev: d, fd: I, ioasid: p}\n- attach: {dev: e, fd: I, ioasid: p}\n"
	"- guest: {table: t, at: 0x10000, map: [[0x1000, 0x2000, 0x1000], [0x7000, 0x3000, 0x1000, "
	"r]]}\n"
	"- guest: {pasid_table: pt, at: 0x8000, set: {0: t}}\n  only: [guest_pasid]\n"
	"- alloc: {fd: I, kind: user, parent: p, root: t, fault: true, as: u}\n"
	"  when: {guest_pasid: {alloc: {kind: pasid_table, root: pt}}}\n"
	"- attach: {dev: d, fd: I, ioasid: u}\n- dma: {dev: d, op: r, addr: 0x1008}\n"
	"  reaches: 0x40002008\n"
	"- guest: {table: t, map: [[0x1000, 0x4000, 0x1000]], unmap: [[0x7000, 0x1000]]}\n"
	"- invalidate: {fd: I, ioasid: u, scope: range, addr: 0x1000, size: 0x1000}\n"
	"  commands: [tlb]\n- dma: {dev: d, op: w, addr: 0x9000}\n  pending: q\n"
	"- respond: {fd: I, event: q, code: invalid}\n- retry: {event: q}\n"
	"  fault: invalid\n- dma: {dev: f, op: w, addr: 0x3000}\n"
	"  reaches: 0x40003000\n"
	"- unmap: {fd: I, ioasid: p, iova: 0x0, size: 0x40000}\n"
	"- dma: {dev: d, op: r, addr: 0x1008}\n  fault: any\n"
	"- detach: {dev: d, fd: I, ioasid: u}\n- free: {fd: I, ioasid: u}\n"
	"- free: {fd: I, ioasid: p}\n- close: {fd: I}\n",
	"name: sva\nrules: [S1]\narch: [vtd, amdvi, smmuv3]\n"
	"memory: {vm: [[0x40000000, 0x40000]]}\ndevices:\n"
	"  d: {bdf: \"00:05.0\", caps: [ats, pri], pasid: 16, reserved: [[0xfee00000, "
	"0xfeefffff]]}\n"
	"steps:\n- open: {kind: ioasid, as: I}\n- bind: {dev: d, fd: I, cookie: 0x1}\n"
	"- alloc: {fd: I, kind: sva, as: s}\n- alloc: {fd: I, kind: kernel, as: k}\n"
	"- alloc: {fd: I, kind: kernel, parent: k, as: c}\n"
	"- attach: {dev: d, fd: I, ioasid: s, vpasid: 9}\n"
	"- attach: {dev: d, fd: I, ioasid: k}\n"
	"- map: {fd: I, ioasid: k, iova: 0x1000, vaddr: 0x40000000, size: 0x4000, prot: r}\n"
	"- attach: {dev: d, fd: I, ioasid: c}\n"
	"- map: {fd: I, ioasid: c, iova: 0x20000, vaddr: 0x2000, size: 0x1000, prot: r}\n"
	"- dma: {dev: d, op: w, addr: 0x40001000, pasid: 9}\n  reaches: 0x40001000\n"
	"- dma: {dev: d, op: r, addr: 0x20000}\n  reaches: 0x40001000\n"
	"- cpu: {process: vm, munmap: [0x40001000, 0x1000]}\n"
	"- dma: {dev: d, op: w, addr: 0x40001000, pasid: 9}\n  fault: stage1\n"
	"- unmap: {fd: I, ioasid: k, iova: 0x1000, size: 0x4000}\n  returns: 0x4000\n"
	"- cpu: {process: vm, mmap: [0x60000000, 0x1000]}\n"
	"- dma: {rid: 0x28, op: r, addr: 0x60000000, pasid: 9}\n  fault: stage1\n"
	"- dma: {dev: d, op: r, addr: 0x60000000, pasid: 9}\n  reaches: 0x60000000\n"
	"- dma: {rid: 0x28, op: r, addr: 0x60000000, pasid: 9}\n"
	"  reaches: 0x60000000\n- close: {dev: d}\n- info: {fd: I, ioasid: c}\n"
	"  returns: {attachments: 0}\n- exit: {process: vm}\n"
	"- dma: {dev: d, op: r, addr: 0x60000000, pasid: 9}\n  fault: any\n",
	"name: mdev\nrules: [S1]\narch: [vtd]\nmemory: {vm: [[0x40000000, 0x40000]]}\n"
	"devices:\n  pf: {bdf: \"00:09.0\", pasid: 16, caps: [enqcmd, ats]}\n"
	"  m: {parent: pf, pasid: 16, caps: [enqcmd]}\n  w: {parent: pf, sw: true}\n"
	"system: {fd_quota: 2}\nsteps:\n- open: {kind: ioasid, as: I}\n"
	"- open: {kind: kvm, as: K}\n- kvm_enable: {kvm: K}\n"
	"- bind: {dev: m, fd: I, cookie: 0x1}\n- bind: {dev: w, fd: I, cookie: 0x2}\n"
	"- alloc: {fd: I, kind: kernel, as: x}\n"
	"- map: {fd: I, ioasid: x, iova: 0x1000, vaddr: 0x40001000, size: 0x1000}\n"
	"- attach: {dev: m, fd: I, ioasid: x, vpasid: 5}\n"
	"- attach: {dev: w, fd: I, ioasid: x}\n"
	"- kvm_map: {kvm: K, vpasid: 5, fd: I, ioasid: x}\n"
	"- enqcmd: {kvm: K, dev: m, vpasid: 5, op: r, addr: 0x1000}\n"
	"  reaches: 0x40001000\n- queue: {dev: m, vpasid: 5, queue: 1}\n"
	"- dma: {dev: m, op: w, addr: 0x1000, queue: 1}\n  reaches: 0x40001000\n"
	"- dma: {dev: w, op: w, addr: 0x1000}\n  reaches: 0x40001000\n"
	"- detach: {dev: m, fd: I, ioasid: x, vpasid: 5}\n"
	"- enqcmd: {kvm: K, dev: m, vpasid: 5, op: r, addr: 0x1000}\n  fault: any\n"
	"- free: {fd: I, ioasid: x}\n- close: {fd: K}\n- unbind: {dev: w}\n"
	"  expect: EBUSY\n",
	"name: core\nrules: [S1]\narch: [vtd]\nmemory: {vm: [[0x40000000, 0x40000]]}\n"
	"devices: {}\nsteps:\n- core: {op: capacity, total: 100}\n"
	"- core: {op: notifier, name: k, token: A, prio: cpu}\n"
	"- core: {op: set_alloc, token: A, quota: 6, type: mm, as: A}\n"
	"- core: {op: notifier, name: l, set: all, prio: last}\n"
	"- core: {op: alloc, set: A, min: 1, max: 9, as: x}\n"
	"  notes: [[k, ALLOC, x]]\n  state: idle\n- core: {op: get, set: A, id: x}\n"
	"  refs: 2\n- core: {op: attach_spid, id: x, spid: 7}\n"
	"- core: {op: find, set: A, spid: 7, get: true}\n  returns: 1\n"
	"- core: {op: get_if_owned, id: x, caller: A}\n"
	"- core: {op: attach_data, id: x}\n- core: {op: free_all, set: A}\n"
	"- core: {op: put, set: A, id: x}\n  returns: false\n"
	"- core: {op: detach_spid, id: x}\n- core: {op: reserve, n: 0}\n"
	"- core: {op: cancel, n: 1}\n- core: {op: detach_data, id: x}\n"
	"- core: {op: set_free, set: A}\n  expect: EBUSY\n",
	"name: queue\n"
	"rules: [S1]\n"
	"arch: [vtd, amdvi, smmuv3]\n"
	"memory: {vm: [[0x40000000, 0x40000]]}\n"
	"devices:\n"
	"  d: {bdf: \"00:05.0\", caps: [ats, pri], pasid: 8}\n"
	"guest_ram: [[0x0, 0x40000000, 0x40000]]\n"
	"steps:\n"
	"- open: {kind: iommufd, as: F}\n"
	"- ioctl: {dev: d, call: BIND_IOMMUFD, iommufd: F, as: id}\n"
	"- ioctl: {fd: F, call: IOAS_ALLOC, as: a}\n"
	"- ioctl: {fd: F, call: IOAS_MAP, ioas_id: a, user_va: 0x40000000, length: 0x40000, iova: "
	"0x0}\n"
	"- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: a, flags: 1, as: p}\n"
	"- ioctl: {fd: F, call: FAULT_QUEUE_ALLOC, as: q, as_fd: Q}\n"
	"- guest: {table: t, at: 0x10000, map: [[0x7000, 0x2000, 0x1000]]}\n"
	"- guest: {pasid_table: pt, at: 0x8000, set: {0: t}}\n"
	"  only: [guest_pasid]\n"
	"- ioctl: {fd: F, call: VIOMMU_ALLOC, dev_id: id, hwpt_id: p, type: 1, as: v}\n"
	"  only: [guest_pasid]\n"
	"- ioctl: {fd: F, call: VDEVICE_ALLOC, viommu_id: v, dev_id: id, virt_id: 0x77}\n"
	"  only: [guest_pasid]\n"
	"- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: p, data: t, flags: 4, fault_id: q, "
	"as: h}\n"
	"  when: {guest_pasid: {ioctl: {pt_id: v, data: pt}}}\n"
	"- ioctl: {dev: d, call: ATTACH_IOMMUFD_PT, pt_id: h}\n"
	"- dma: {dev: d, op: w, addr: 0x9008}\n"
	"  pending: e\n"
	"- poll: {fd: Q}\n"
	"  returns: {in: true}\n"
	"- read: {fd: Q, size: 40, cookies: [c]}\n"
	"  records: [{dev_id: id, addr: 0x9000}]\n"
	"- guest: {table: t, map: [[0x9000, 0x3000, 0x1000]]}\n"
	"- write: {fd: Q, responses: [[c, success], [9, invalid]]}\n"
	"  returns: 8\n"
	"- retry: {event: e}\n"
	"  reaches: 0x40003008\n"
	"- ioctl: {fd: F, call: HWPT_INVALIDATE, hwpt_id: h, entries: [[0x7000, 1, 0], [1, 1, "
	"0]]}\n"
	"  expect: EINVAL\n"
	"  returns: {entry_num: 1}\n"
	"  when: {guest_pasid: {expect: EOPNOTSUPP, returns: {entry_num: 0}}}\n"
	"- close: {fd: Q}\n",
	"name: calls\n"
	"rules: [S1]\n"
	"arch: [vtd, amdvi, smmuv3]\n"
	"memory: {vm: [[0x40000000, 0x40000]]}\n"
	"devices:\n"
	"  d: {bdf: \"00:05.0\"}\n"
	"steps:\n"
	"- open: {kind: iommufd, as: F}\n"
	"- ioctl: {fd: F, call: CHECK_EXTENSION, argument: 3}\n"
	"  returns: 1\n"
	"- ioctl: {dev: d, call: BIND_IOMMUFD, iommufd: F, as: id}\n"
	"- ioctl: {fd: F, call: IOAS_ALLOC, size: 64, as: a}\n"
	"- ioctl: {fd: F, call: IOAS_ALLOW_IOVAS, ioas_id: a, ranges: [[0x4000, 0x7fff], [0x9000, "
	"0xafff]]}\n"
	"- ioctl: {fd: F, call: IOAS_IOVA_RANGES, ioas_id: a, num_iovas: 2}\n"
	"  returns: {num_iovas: 1, ranges: [[0x0, 0xffffffffffffffff]]}\n"
	"- ioctl: {fd: F, call: IOAS_MAP, ioas_id: a, user_va: 0x40000000, length: 0x1000, flags: "
	"6}\n"
	"  returns: {iova: 0x4000}\n"
	"- ioctl: {fd: F, call: VFIO_IOAS, op: 1, ioas_id: a}\n"
	"- ioctl: {fd: F, call: SET_IOMMU, argument: 1}\n"
	"- ioctl: {fd: F, call: IOMMU_MAP_DMA, vaddr: 0x40004000, iova: 0x10000, size: 0x4000}\n"
	"- ioctl: {dev: d, call: ATTACH_IOMMUFD_PT, pt_id: a}\n"
	"- ioctl: {fd: F, call: IOMMU_GET_INFO, argsz: 200}\n"
	"  returns: {flags: 3, cap_offset: 24}\n"
	"- ioctl: {fd: F, call: IOMMU_UNMAP_DMA, iova: 0x11000, size: 0x1000}\n"
	"  returns: {size: 0x1000}\n"
	"- dma: {dev: d, op: w, addr: 0x12000}\n"
	"  reaches: 0x40006000\n"
	"- ioctl: {fd: F, call: GET_HW_INFO, dev_id: id, data_len: 64}\n"
	"- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: a, flags: 1, as: p}\n"
	"- ioctl: {fd: F, call: HWPT_ALLOC, dev_id: id, pt_id: p, data_type: 1, data: [0, 0x1000, "
	"48]}\n"
	"  only: [vtd]\n",
	"name: access\nrules: [S1]\narch: [vtd, amdvi, smmuv3]\n"
	"memory: {vm: [[0x40000000, 0x40000]]}\ndevices:\n  p: {bdf: \"00:09.0\"}\n"
	"  m: {parent: p, sw: true}\n  w: {parent: p, sw: true}\n  d: {bdf: \"00:0a.0\"}\n"
	"steps:\n- open: {kind: iommufd, as: F}\n"
	"- ioctl: {fd: F, call: IOAS_ALLOC, as: a}\n- ioctl: {fd: F, call: IOAS_ALLOC, as: b}\n"
	"- ioctl: {dev: m, call: BIND_IOMMUFD, iommufd: F, as: x}\n"
	"- ioctl: {dev: w, call: BIND_IOMMUFD, iommufd: F}\n"
	"- ioctl: {dev: d, call: BIND_IOMMUFD, iommufd: F}\n"
	"- ioctl: {dev: m, call: ATTACH_IOMMUFD_PT, pt_id: a}\n"
	"- ioctl: {dev: w, call: ATTACH_IOMMUFD_PT, pt_id: a}\n"
	"- ioctl: {fd: F, call: IOAS_MAP, ioas_id: a, user_va: 0x40000000, length: 0x3000, iova: "
	"0x1000}\n"
	"- ioctl: {fd: F, call: IOAS_COPY, dst_ioas_id: b, src_ioas_id: a, length: 0x2000, "
	"dst_iova: 0x0, src_iova: 0x1000}\n"
	"- pin: {dev: m, iova: 0x1000, size: 0x2000, op: w}\n  reaches: 0x40000000\n"
	"- pin: {dev: w, iova: 0x2000, size: 0x1000, op: r, keep: true}\n"
	"- cpu: {process: vm, munmap: [0x40001000, 0x1000]}\n"
	"- cpu: {process: vm, mmap: [0x40001000, 0x1000]}\n"
	"- dma: {dev: m, op: w, addr: 0x2000}\n- copy: {dev: m, iova: 0x1ff8, size: 0x10, op: w}\n"
	"- copy: {dev: w, iova: 0x3000, size: 0x1000, op: r}\n  reaches: 0x40002000\n"
	"- ioctl: {fd: F, call: IOAS_UNMAP, ioas_id: a, iova: 0x0, length: 0x10000}\n"
	"  expect: EDEADLK\n  asked: [[w, 0x1000, 0x3000], [m, 0x1000, 0x3000]]\n"
	"- ioctl: {dev: m, call: ATTACH_IOMMUFD_PT, pt_id: b}\n"
	"- ioctl: {dev: d, call: ATTACH_IOMMUFD_PT, pt_id: b}\n"
	"- dma: {dev: d, op: r, addr: 0x1000}\n- dma: {dev: m, op: r, addr: 0x1000}\n"
	"- unpin: {dev: w, iova: 0x2000, size: 0x1000}\n"
	"- ioctl: {fd: F, call: IOAS_UNMAP, ioas_id: a, iova: 0x1000, length: 0x3000}\n"
	"- dma: {dev: w, op: r, addr: 0x1000}\n  fault: stage1\n- close: {fd: F}\n"
	"- ioctl: {dev: m, call: DETACH_IOMMUFD_PT}\n- close: {dev: w}\n- exit: {process: vm}\n",
};

struct scenarios {
	char text[INPUT_MAX + 1];
	struct scn_failure failure;
};

static const char *run_scenario(struct scenarios *s, const struct scenario *scenario, unsigned arch)
{
	static const uint8_t caches[] = {CACHES_LARGE, CACHES_OFF};

	for (unsigned i = 0; i < sizeof(caches); i++) {
		struct scn_runner runner = {.caches = caches[i], .arch = arch};

		if (scn_run(&runner, scenario, &s->failure))
			continue;
		if (!s->failure.found[0] && !s->failure.expected[0])
			return "a scenario failed without a text";
		if (strstr(s->failure.more, "broken rule S")) {
			fprintf(stderr, "%s\n%s", s->failure.doing, s->failure.more);
			return "a security rule is broken";
		}
	}
	return NULL;
}

static const char *check_document(struct scenarios *s, struct ytree *tree,
				  const struct ytree_node *document)
{
	struct arena arena = {0};
	const char *broken = NULL;
	unsigned mask;
	int err = scn_parse_archs(tree, document, &mask);

	for (unsigned arch = 0; !err && !broken && arch < SCN_ARCHS; arch++) {
		struct scenario scenario;

		if (!(mask >> arch & 1))
			continue;
		err = scn_parse(tree, document, &arena, arch, &scenario);
		if (!err)
			broken = run_scenario(s, &scenario, arch);
		arena_clear(&arena);
	}
	if (err && !ytree_failed(tree))
		broken = "a scenario was refused without a text";
	arena_free(&arena);
	return broken;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct scenarios *s = state;
	const struct ytree_node *document = NULL;
	struct ytree_error error;
	struct ytree *tree;
	const char *broken = NULL;

	memcpy(s->text, data, size);
	s->text[size] = '\0';
	if (ytree_open_text("input", s->text, size, &tree, &error))
		return error.text[0] ? NULL : "an error without text";
	if (ytree_next(tree, &document) == 0 && document)
		broken = check_document(s, tree, document);
	if (!broken && error.text[0] && strncmp(error.text, "input:", 6) != 0)
		broken = "an error does not say where";
	ytree_close(tree);
	return broken;
}

static void finish(void *state)
{
	free(state);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		seeds[(*n_seeds)++] =
			(struct fuzz_seed){(const uint8_t *)samples[i], strlen(samples[i])};
	return calloc(1, sizeof(struct scenarios));
}

const struct fuzz_target fuzz_target = {
	.name = "scenario",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
