/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs of other programs: counts of traces/README.md, lines written by hand from the
 * forms that it describes, and what lifted records must obey whatever the log: maps
 * never overlap, unmaps find what they unmap, and each answer lies in a map.
 */
#include "trace_rig.h"

#include "idmap.h"
#include "lift.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NONE TRACE_NO_PASID

static void read_log(struct rig_trace *trace, const char *text)
{
	rig_write_file(rig_path("log"), text, strlen(text));
	rig_read(trace, rig_path("log"), TRACE_FORMAT_AUTO, 1);
}

/* ---- dmatrace ----------------------------------------------------------------------- */

/* traces/README.md, "The traces": lines D, denied, h (and s), s, C, R, M, W, F. */
static const struct recording {
	const char *path;
	uint64_t dma, denied, cached, stale, commands, registers, words, stores, faults;
} recordings[] = {
	{"traces/vtd-blk-strict.log.gz", 280631, 7, 166793, 0, 95042, 47540, 114770, 47521, 7},
	{"traces/vtd-mix-strict.log.gz", 89867, 7, 65081, 0, 28462, 14250, 44463, 14231, 7},
	{"traces/vtd-net-lazy.log.gz", 143159, 0, 106882, 0, 986, 510, 34942, 493, 0},
	{"traces/vtdfl-vfio-strict.log.gz", 33865, 2809, 13987, 16, 9786, 10096, 19221, 4893, 2593},
	{"traces/vtdsm-sriov-strict.log.gz", 127541, 0, 105896, 0, 39280, 19657, 48970, 19640, 0},
};

static void recordings_have_the_records_that_their_description_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *r = &recordings[i];
		uint64_t denied = 0, cached = 0, stale = 0;
		struct rig_trace trace;

		rig_read(&trace, r->path, TRACE_FORMAT_AUTO, 1);
		assert_int_equal(trace.status, 0);
		assert_int_equal(trace.format, TRACE_FORMAT_DMATRACE);
		assert_int_equal(trace.n_skipped, 0);
		for (size_t n = 0; n < trace.count; n++) {
			const uint16_t flags = trace.records[n].flags;

			denied += (flags & TRACE_REFUSED) != 0;
			cached += (flags & TRACE_CACHED) != 0;
			stale += (flags & TRACE_STALE) != 0;
		}
		assert_int_equal(rig_count(&trace, TRACE_DMA), r->dma);
		assert_int_equal(denied, r->denied);
		assert_int_equal(cached, r->cached);
		assert_int_equal(stale, r->stale);
		assert_int_equal(rig_count(&trace, TRACE_COMMAND), r->commands);
		assert_int_equal(rig_count(&trace, TRACE_REGISTER), r->registers);
		assert_int_equal(rig_count(&trace, TRACE_MEMORY), r->words);
		assert_int_equal(rig_count(&trace, TRACE_STORE), r->stores);
		assert_int_equal(rig_count(&trace, TRACE_FAULT), r->faults);
		assert_int_equal(trace.count, r->dma + r->commands + r->registers + r->words +
						      r->stores + r->faults);
		rig_free(&trace);
	}
}

/* The examples of traces/README.md, "NAME.log.gz: dmatrace 1". */
static void dmatrace_lines_give_their_records(void **state)
{
	static const char text[] = "# dmatrace 1\n"
				   "# arch vtd\n"
				   "# name example\n"
				   "# id cap.lo 0x222f0606\n"
				   "# id cap.hi 0x80d2008c\n"
				   "# id ver 0x00000010\n"
				   "T 3812519\n"
				   "M 1001bc010 200000025\n"
				   "R 88 4 20\n"
				   "C 2a0036 fffdd040\n"
				   "C 1 2 3 ffffffffffffffff\n"
				   "W 1001bf000 4 2\n"
				   "T 3812518\n"
				   "F 30 6\n"
				   "D w 28 fffc1000 1000 43963000 fff rw h\n"
				   "D r 28 fffc1008 8 43963008 1fffff r s\n"
				   "D r 30 7ffdc000 2 - - - m\n";
	static const struct trace_record expected[] = {
		{3812519000,
		 TRACE_MEMORY,
		 0,
		 0,
		 0,
		 0,
		 0,
		 NONE,
		 0,
		 0x1001bc010,
		 0x200000025,
		 0,
		 {0}},
		{3812519000, TRACE_REGISTER, 0, 0, 4, 0, 0, NONE, 0, 0x88, 0x20, 0, {0}},
		{3812519000,
		 TRACE_COMMAND,
		 0,
		 0,
		 2,
		 0,
		 0,
		 NONE,
		 0,
		 0,
		 0,
		 0,
		 {0x2a0036, 0xfffdd040}},
		{3812519000, TRACE_COMMAND, 0, 0, 4, 0, 0, NONE, 0, 0, 0, 0, {1, 2, 3, UINT64_MAX}},
		{3812519000, TRACE_STORE, 0, 0, 4, 0, 0, NONE, 0, 0x1001bf000, 2, 0, {0}},
		{3812519000, TRACE_FAULT, 0, 0, 0, 0, 0x30, NONE, 0, 0, 6, 0, {0}},
		{3812519000,
		 TRACE_DMA,
		 2,
		 3,
		 12,
		 TRACE_ANSWERED | TRACE_CACHED,
		 0x28,
		 NONE,
		 0,
		 0xfffc1000,
		 0x43963000,
		 0x1000,
		 {0}},
		{3812519000,
		 TRACE_DMA,
		 1,
		 1,
		 21,
		 TRACE_ANSWERED | TRACE_CACHED | TRACE_STALE | TRACE_NO_PERM,
		 0x28,
		 NONE,
		 0,
		 0xfffc1008,
		 0x43963008,
		 8,
		 {0}},
		{3812519000,
		 TRACE_DMA,
		 1,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_REFUSED,
		 0x30,
		 NONE,
		 0,
		 0x7ffdc000,
		 0,
		 2,
		 {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	assert_string_equal(trace.meta.arch, "vtd");
	assert_int_equal(trace.meta.levels, TRACE_LEVEL_UNIT);
	assert_string_equal(trace_meta_get(&trace.meta, "cap.cap"), "0x80d2008c222f0606");
	assert_string_equal(trace_meta_get(&trace.meta, "cap.ver"), "0x10");
	assert_string_equal(trace_meta_get(&trace.meta, "name"), "example");
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	rig_free(&trace);
}

static void dmatrace_mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *line, *place;
	} mistakes[] = {
		{"X 1 2", ":2:1: "},
		{"M 1", ":2:4: "},
		{"M 1 2 3", ":2:6: "},
		{"M 1 g", ":2:5: "},
		{"M 1 10000000000000000", ":2:5: "},
		{"R 88 3 1", ":2:7: "},
		{"C", ":2:2: "},
		{"C 1 2 3 4 5", ":2:10: "},
		{"T 1x", ":2:"},
		{"D q 28 0 1 0 fff rw h", ":2:2: "},
		{"D r 28 0 1 0 ffe rw h", ":2:17: "},
		{"D r 28 0 1 0 fff xx h", ":2:18: "},
		{"D r 28 0 1 0 fff rw x", ":2:21: "},
		{"D r 28 0 1 - - -", ":2:12: "},
		{"F 30", ":2:5: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct rig_trace trace;
		char text[128];

		snprintf(text, sizeof(text), "# dmatrace 1\n%s\n", mistakes[i].line);
		read_log(&trace, text);
		if (trace.status != -EINVAL || !strstr(trace.error.text, mistakes[i].place))
			fail_msg("%s: %s", mistakes[i].line, trace.error.text);
		rig_free(&trace);
	}
}

/* ---- What lifted records obey ------------------------------------------------------- */

/* A second book, page by page: PA with the rights in the low bits, by domain and page. */
struct shadow {
	struct idmap pages;
	struct idmap domains, devices, attached;
	uint64_t wrong;
};

static uint64_t page_key(uint32_t domain, uint64_t address)
{
	return (uint64_t)domain << 52 ^ address >> 12;
}

static void shadow_map(struct shadow *shadow, const struct trace_record *r)
{
	assert_non_null(idmap_get(&shadow->domains, r->domain));
	assert_true(r->length > 0 && ((r->address | r->length | r->value) & 0xfff) == 0);
	for (uint64_t at = 0; at < r->length; at += 4096) {
		uint64_t key = page_key(r->domain, r->address + at);

		assert_null(idmap_get(&shadow->pages, key));
		assert_int_equal(idmap_put(&shadow->pages, key,
					   (void *)(uintptr_t)((r->value + at) | r->access)),
				 0);
	}
}

static void shadow_unmap(struct shadow *shadow, const struct trace_record *r)
{
	for (uint64_t at = 0; at < r->length; at += 4096) {
		uint64_t key = page_key(r->domain, r->address + at);

		assert_non_null(idmap_get(&shadow->pages, key));
		assert_int_equal(idmap_put(&shadow->pages, key, NULL), 0);
	}
}

static void shadow_dma(struct shadow *shadow, const struct trace_record *r)
{
	uintptr_t domain = (uintptr_t)idmap_get(&shadow->attached, r->rid);
	uintptr_t page = 0;

	assert_non_null(idmap_get(&shadow->devices, r->rid));
	if (domain)
		page = (uintptr_t)idmap_get(&shadow->pages,
					    page_key((uint32_t)(domain - 1), r->address));
	if (r->flags & TRACE_REFUSED)
		assert_true(!page || (r->access & ~page & 7));
	else
		assert_true(page && (page & ~UINT64_C(0xfff)) == (r->value & ~UINT64_C(0xfff)) &&
			    !(r->access & ~page & 7) && (r->address & 0xfff) == (r->value & 0xfff));
}

static void shadow_all(const struct rig_trace *trace)
{
	struct shadow shadow = {0};

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_record *r = &trace->records[i];

		if (r->kind == TRACE_MAP)
			shadow_map(&shadow, r);
		else if (r->kind == TRACE_UNMAP)
			shadow_unmap(&shadow, r);
		else if (r->kind == TRACE_DMA)
			shadow_dma(&shadow, r);
		else if (r->kind == TRACE_DOMAIN)
			assert_int_equal(idmap_put(&shadow.domains, r->domain, &shadow), 0);
		else if (r->kind == TRACE_DEVICE)
			assert_int_equal(idmap_put(&shadow.devices, r->rid, &shadow), 0);
		else if (r->kind == TRACE_ATTACH)
			assert_int_equal(idmap_put(&shadow.attached, r->rid,
						   (void *)(uintptr_t)(r->domain + 1ull)),
					 0);
	}
	idmap_fini(&shadow.pages);
	idmap_fini(&shadow.domains);
	idmap_fini(&shadow.devices);
	idmap_fini(&shadow.attached);
}

/* ---- QEMU ---------------------------------------------------------------------------- */

/* zcat | grep -c of vtd_dmar_translate, vtd_dmar_fault and the others. */
static void a_stock_log_is_used_line_by_line(void **state)
{
	struct rig_trace trace;
	uint64_t refused = 0;

	(void)state;
	rig_read(&trace, "traces/vtd-mix-strict-stock.log.gz", TRACE_FORMAT_AUTO, 1);
	assert_int_equal(trace.status, 0);
	assert_int_equal(trace.format, TRACE_FORMAT_QEMU);
	assert_string_equal(trace.meta.arch, "vtd");
	assert_int_equal(trace.meta.levels, TRACE_LEVEL_DRIVER);
	for (size_t i = 0; i < trace.count; i++)
		refused += (trace.records[i].flags & TRACE_REFUSED) != 0;
	assert_int_equal(rig_count(&trace, TRACE_DMA), 29736 + 7);
	assert_int_equal(refused, 7);
	assert_int_equal(rig_count(&trace, TRACE_DEVICE), 4);
	assert_int_equal(rig_count(&trace, TRACE_DOMAIN), 4);
	assert_int_equal(rig_skipped(&trace, "vtd_inv_qi_head"), 9697);
	assert_int_equal(rig_skipped(&trace, "vtd_inv_desc_iotlb_pages"), 0);
	assert_int_equal(rig_skipped(&trace, "vtd_dmar_translate"), 0);
	shadow_all(&trace);
	rig_free(&trace);
}

/* Lines of traces/README.md, "NAME-stock.log.gz", with both forms of time stamps. */
static void vtd_events_become_maps_and_answers(void **state)
{
	static const char text[] =
		"2026-11-22T14:23:17.250238Z vtd_iotlb_page_update IOTLB page update sid 0x30 iova "
		"0xfffff002 slpte 0x104ab1001 domain 0x5\n"
		"2026-11-22T14:23:17.250240Z vtd_dmar_translate dev 00:06.00 iova 0xfffff000 -> "
		"gpa "
		"0x104ab1000 mask 0xfff\n"
		"2026-11-22T14:23:17.250250Z vtd_iotlb_page_hit IOTLB page hit sid 0x30 iova "
		"0xfffff006 slpte 0x104ab1003 domain 0x5\n"
		"vtd_dmar_translate dev 00:06.00 iova 0xfffff000 -> gpa 0x104ab1000 mask 0xfff\n"
		"vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x5 addr 0xffffe000 mask 0x1\n"
		"something else that QEMU printed\n"
		"4711@1700000000.123456:vtd_dmar_fault sid 0x30 fault 6 addr 0x7ffdc000 write 1\n"
		"vtd_reg_write addr 0x88 size 0x4 value 0x0\n"
		"vtd_dmar_translate dev 00:06.00 iova 0xfffff000 -> gpa 0x104ab1000 mask 0xfff\n";
	static const struct trace_record expected[] = {
		{2000, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 5, 0, 0, 0, {0}},
		{2000, TRACE_DEVICE, 0, 0, 0, 0, 0x30, NONE, 0, 0, 0, 0, {0}},
		{2000, TRACE_ATTACH, 0, 0, 0, 0, 0x30, NONE, 5, 0, 0, 0, {0}},
		{2000, TRACE_MAP, 1, 0, 0, 0, 0, NONE, 5, 0xfffff000, 0x104ab1000, 4096, {0}},
		{2000,
		 TRACE_DMA,
		 1,
		 1,
		 12,
		 TRACE_ANSWERED,
		 0x30,
		 NONE,
		 0,
		 0xfffff002,
		 0x104ab1002,
		 1,
		 {0}},
		{12000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 5, 0xfffff000, 0, 4096, {0}},
		{12000, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 5, 0xfffff000, 0x104ab1000, 4096, {0}},
		{12000,
		 TRACE_DMA,
		 1,
		 3,
		 12,
		 TRACE_ANSWERED,
		 0x30,
		 NONE,
		 0,
		 0xfffff006,
		 0x104ab1006,
		 1,
		 {0}},
		{12000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 5, 0xfffff000, 0, 4096, {0}},
		{12000,
		 TRACE_DMA,
		 2,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_REFUSED,
		 0x30,
		 NONE,
		 0,
		 0x7ffdc000,
		 0,
		 1,
		 {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	/* The other clock began earlier: the trace's time stands still. */
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	assert_int_equal(rig_skipped(&trace, "vtd_reg_write"), 1);
	assert_int_equal(rig_skipped(&trace, "something"), 1);
	/* A result without the line that tells its domain. */
	assert_int_equal(rig_skipped(&trace, "vtd_dmar_translate"), 1);
	rig_free(&trace);
}

static void amdvi_events_become_maps_and_answers(void **state)
{
	static const char text[] =
		"amdvi_cache_update  update iotlb domid 0x4 devid: 00:06.0 gpa 0xfffff002 hpa "
		"0x101a68000\n"
		"amdvi_translation_result devid: 00:06.0 gpa 0xfffff002 hpa 0x101a68000\n"
		"amdvi_iotlb_hit hit iotlb devid 00:06.0 gpa 0xfffff004 hpa 0x101a68000\n"
		"amdvi_translation_result devid: 00:06.0 gpa 0xfffff004 hpa 0x101a68000\n"
		"amdvi_pages_inval AMD-Vi pages for domain 0x1 invalidated\n"
		"amdvi_pages_inval AMD-Vi pages for domain 0x4 invalidated\n"
		"amdvi_page_fault error: page fault accessing guest physical address 0x7ffdc000\n"
		"amdvi_translation_result devid: 00:06.0 gpa 0x7ffdc000 hpa 0x0\n"
		"amdvi_all_inval Invalidation of all AMD-Vi cache requested \n";
	static const struct trace_record expected[] = {
		{0, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 4, 0, 0, 0, {0}},
		{0, TRACE_DEVICE, 0, 0, 0, 0, 0x30, NONE, 0, 0, 0, 0, {0}},
		{0, TRACE_ATTACH, 0, 0, 0, 0, 0x30, NONE, 4, 0, 0, 0, {0}},
		{0, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 4, 0xfffff000, 0x101a68000, 4096, {0}},
		{0,
		 TRACE_DMA,
		 1,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_NO_PERM,
		 0x30,
		 NONE,
		 0,
		 0xfffff002,
		 0x101a68002,
		 1,
		 {0}},
		{0,
		 TRACE_DMA,
		 1,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_NO_PERM,
		 0x30,
		 NONE,
		 0,
		 0xfffff004,
		 0x101a68004,
		 1,
		 {0}},
		{0, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 4, 0xfffff000, 0, 4096, {0}},
		{0,
		 TRACE_DMA,
		 1,
		 0,
		 0,
		 TRACE_ANSWERED | TRACE_REFUSED,
		 0x30,
		 NONE,
		 0,
		 0x7ffdc000,
		 0,
		 1,
		 {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	assert_string_equal(trace.meta.arch, "amdvi");
	assert_int_equal(trace.n_skipped, 0);
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	rig_free(&trace);
}

static void smmuv3_events_become_maps_and_answers(void **state)
{
	static const char text[] =
		"smmu_iotlb_lookup_miss IOTLB cache MISS asid=1 vmid=0 addr=0x40200040 hit=0 "
		"miss=1 "
		"hit rate=0\n"
		"smmu_iotlb_insert IOTLB ++ asid=1 vmid=0 addr=0x40200000 tg=1 level=2\n"
		"smmuv3_translate_success smmuv3-iommu-memory-region-32-1 sid=0x20 iova=0x40200040 "
		"translated=0x8000040 perm=0x3 stage=1\n"
		"smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 vmid=0 addr=0x40201000 hit=1 miss=1 "
		"hit "
		"rate=50\n"
		"smmuv3_translate_success smmuv3-iommu-memory-region-32-1 sid=0x20 iova=0x40201000 "
		"translated=0x8001000 perm=0x3 stage=1\n"
		"smmuv3_range_inval vmid=0 asid=2 addr=0x40200000 tg=1 num_pages=0x200 ttl=2 "
		"leaf=1 "
		"stage=1\n"
		"smmuv3_range_inval vmid=0 asid=1 addr=0x403ff000 tg=1 num_pages=0x1 ttl=3 leaf=1 "
		"stage=1\n"
		"smmu_iotlb_inv_asid_vmid IOTLB invalidate asid=1 vmid=0\n";
	static const struct trace_record expected[] = {
		{0, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 1, 0, 0, 0, {0}},
		{0, TRACE_DEVICE, 0, 0, 0, 0, 0x20, NONE, 0, 0, 0, 0, {0}},
		{0, TRACE_ATTACH, 0, 0, 0, 0, 0x20, NONE, 1, 0, 0, 0, {0}},
		{0, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 1, 0x40200000, 0x8000000, 0x200000, {0}},
		{0,
		 TRACE_DMA,
		 1,
		 3,
		 21,
		 TRACE_ANSWERED,
		 0x20,
		 NONE,
		 0,
		 0x40200040,
		 0x8000040,
		 1,
		 {0}},
		{0,
		 TRACE_DMA,
		 1,
		 3,
		 21,
		 TRACE_ANSWERED,
		 0x20,
		 NONE,
		 0,
		 0x40201000,
		 0x8001000,
		 1,
		 {0}},
		{0, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 1, 0x40200000, 0, 0x200000, {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	assert_string_equal(trace.meta.arch, "smmuv3");
	assert_int_equal(trace.n_skipped, 0);
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	rig_free(&trace);
}

/* ---- ftrace --------------------------------------------------------------------------- */

/* The counts are those of "map:" and "unmap:" lines; an unmap over maps of several
 * anonymous domains is one record for each. */
static void ftrace_logs_map_and_unmap(void **state)
{
	static const struct {
		const char *path;
		uint64_t maps, unmaps;
	} logs[] = {
		{"traces/vtd-mix-strict-ftrace.log.gz", 14919, 14173},
		{"traces/vtd-blk-strict-ftrace.log.gz", 52046, 47480},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig_trace trace;

		rig_read(&trace, logs[i].path, TRACE_FORMAT_AUTO, 1);
		assert_int_equal(trace.status, 0);
		assert_int_equal(trace.format, TRACE_FORMAT_FTRACE);
		assert_int_equal(trace.n_skipped, 0);
		assert_int_equal(rig_count(&trace, TRACE_MAP), logs[i].maps);
		assert_true(rig_count(&trace, TRACE_UNMAP) >= logs[i].unmaps);
		shadow_all(&trace);
		rig_free(&trace);
	}
}

#define MAP(time, first, end, pa, size)                                                 \
	"   my [0] task-1  [000] d..1.     " time ": map: IOMMU: iova=" first " - " end \
	" paddr=" pa " size=" size "\n"
#define UNMAP(time, first, end, size)                                                              \
	"   <idle>-0  [001] d.h2.     " time ": unmap: IOMMU: iova=" first " - " end " size=" size \
	" unmapped_size=" size "\n"

static void ftrace_domains_are_made_so_that_maps_do_not_meet(void **state)
{
	static const char text[] =
		"# tracer: nop\n" MAP("3.000001", "0x1000", "0x3000", "0xa000",
				      "8192") MAP("3.000002", "0x2000", "0x3000", "0xc000", "4096")
			MAP("3.000003", "0x3000", "0x4000", "0xd000",
			    "4096") UNMAP("3.000004", "0x2000", "0x3000",
					  "4096") UNMAP("3.000005", "0x1000", "0x4000", "12288")
				UNMAP("3.000006", "0x9000", "0xa000",
				      "4096") "   x-1  [000] .....     3.000007: io_page_fault: "
					      "IOMMU:a b iova=0x1 flags=0x0\n";
	static const struct trace_record expected[] = {
		{0, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 1, 0, 0, 0, {0}},
		{0, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 1, 0x1000, 0xa000, 0x2000, {0}},
		{1000, TRACE_DOMAIN, 0, 0, 0, 0, 0, NONE, 2, 0, 0, 0, {0}},
		{1000, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 2, 0x2000, 0xc000, 0x1000, {0}},
		{2000, TRACE_MAP, 3, 0, 0, 0, 0, NONE, 1, 0x3000, 0xd000, 0x1000, {0}},
		{3000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 2, 0x2000, 0, 0x1000, {0}},
		{4000, TRACE_UNMAP, 0, 0, 0, 0, 0, NONE, 1, 0x1000, 0, 0x3000, {0}},
	};
	struct rig_trace trace;

	(void)state;
	read_log(&trace, text);
	assert_int_equal(trace.status, 0);
	assert_true(rig_same_all(expected, sizeof(expected) / sizeof(expected[0]), trace.records,
				 trace.count));
	assert_int_equal(rig_skipped(&trace, "unmap"), 1);
	assert_int_equal(rig_skipped(&trace, "io_page_fault"), 1);
	rig_free(&trace);
}

static void what_is_no_log_is_refused(void **state)
{
	static const char *const texts[] = {"", "hello\n",
					    "\x7f"
					    "ELF",
					    "# dmatrace 2\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rig_trace trace;

		read_log(&trace, texts[i]);
		assert_int_equal(trace.status, -EINVAL);
		assert_non_null(strstr(trace.error.text, rig_path("log")));
		rig_free(&trace);
	}
}

static int clean(void **state)
{
	(void)state;
	rig_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings_have_the_records_that_their_description_counts),
		cmocka_unit_test(dmatrace_lines_give_their_records),
		cmocka_unit_test(dmatrace_mistakes_are_told_with_their_place),
		cmocka_unit_test(a_stock_log_is_used_line_by_line),
		cmocka_unit_test(vtd_events_become_maps_and_answers),
		cmocka_unit_test(amdvi_events_become_maps_and_answers),
		cmocka_unit_test(smmuv3_events_become_maps_and_answers),
		cmocka_unit_test(ftrace_logs_map_and_unmap),
		cmocka_unit_test(ftrace_domains_are_made_so_that_maps_do_not_meet),
		cmocka_unit_test(what_is_no_log_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
