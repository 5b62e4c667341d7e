/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace events of an unmodified QEMU: lines as traces/README.md describes them, a whole
 * log, and what lifted records must obey.
 */
#include "trace_rig.h"

#include <errno.h>
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
	rig_check_maps(&trace);
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

static int clean(void **state)
{
	(void)state;
	rig_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stock_log_is_used_line_by_line),
		cmocka_unit_test(vtd_events_become_maps_and_answers),
		cmocka_unit_test(amdvi_events_become_maps_and_answers),
		cmocka_unit_test(smmuv3_events_become_maps_and_answers),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
