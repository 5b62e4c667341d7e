/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What invalidations and refusals in logs of a stock QEMU unmap, on each architecture,
 * and that a malformed event is counted by its name and changes nothing.
 */
#include "trace_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Pages at 0x1000, 0x2000 and 0x3000 of domain 1 and at 0x1000 of domain 2. */
#define VTD_PAGE(sid, dev, domain, iova, gpa)                                           \
	"vtd_iotlb_page_update IOTLB page update sid " sid " iova " iova " slpte " gpa  \
	"3 domain " domain "\nvtd_dmar_translate dev " dev " iova " iova " -> gpa " gpa \
	"0 mask 0xfff\n"
#define AMDVI_PAGE(dev, domain, gpa, hpa)                                                       \
	"amdvi_cache_update  update iotlb domid " domain " devid: " dev " gpa " gpa " hpa " hpa \
	"\namdvi_translation_result devid: " dev " gpa " gpa " hpa " hpa "\n"
#define SMMU_PAGE(sid, asid, iova, pa)                                                            \
	"smmu_iotlb_lookup_miss IOTLB cache MISS asid=" asid " vmid=0 addr=" iova                 \
	" hit=0 miss=1 hit rate=0\nsmmu_iotlb_insert IOTLB ++ asid=" asid " vmid=0 addr=" iova    \
	" tg=1 level=3\nsmmuv3_translate_success region sid=" sid " iova=" iova " translated=" pa \
	" perm=0x3 stage=1\n"

static const char *const pages[] = {
	VTD_PAGE("0x30", "00:06.00", "0x1", "0x1000", "0x10100")
		VTD_PAGE("0x30", "00:06.00", "0x1", "0x2000", "0x10200")
			VTD_PAGE("0x30", "00:06.00", "0x1", "0x3000", "0x10300")
				VTD_PAGE("0x28", "00:05.00", "0x2", "0x1000", "0x20100"),
	AMDVI_PAGE("00:06.0", "0x1", "0x1000", "0x101000")
		AMDVI_PAGE("00:06.0", "0x1", "0x2000", "0x102000")
			AMDVI_PAGE("00:06.0", "0x1", "0x3000", "0x103000")
				AMDVI_PAGE("00:05.0", "0x2", "0x1000", "0x201000"),
	SMMU_PAGE("0x30", "1", "0x1000", "0x101000") SMMU_PAGE("0x30", "1", "0x2000", "0x102000")
		SMMU_PAGE("0x30", "1", "0x3000", "0x103000")
			SMMU_PAGE("0x28", "2", "0x1000", "0x201000"),
};

enum { VTD, AMDVI, SMMUV3 };

/* Pages that a line unmaps: domain and page number, in order. */
static const struct event {
	unsigned arch;
	const char *line;
	const char *unmapped;
	const char *skipped; /* the name it is counted by; NULL: used */
} events[] = {
	{VTD, "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0x2000 mask 0x0", "1.2 ",
	 NULL},
	{VTD, "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0x2000 mask 0x1",
	 "1.2 1.3 ", NULL},
	/* 6.5.2.3: the low AM bits of the address are not looked at */
	{VTD, "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0x3000 mask 0x2",
	 "1.1 1.2 1.3 ", NULL},
	{VTD, "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x3 addr 0x1000 mask 0x3f", "",
	 NULL},
	{VTD, "vtd_inv_desc_iotlb_domain iotlb invalidate whole domain 0x2", "2.1 ", NULL},
	{VTD, "vtd_inv_desc_iotlb_global iotlb invalidate global", "1.1 1.2 1.3 2.1 ", NULL},
	/* 6.5.2.4: PASID-based, by page of domain 1 and by PASID of domain 2 */
	{VTD, "vtd_inv_desc invalidate desc type piotlb high 0x3000 low 0x10036", "1.3 ", NULL},
	{VTD, "vtd_inv_desc invalidate desc type piotlb high 0x0 low 0x20026", "2.1 ", NULL},
	{VTD, "vtd_dmar_fault sid 0x30 fault 6 addr 0x2000 write 0", "1.2 ", NULL},
	{VTD, "vtd_dmar_fault sid 0x28 fault 5 addr 0x1fff write 1", "2.1 ", NULL},
	{VTD, "vtd_dmar_fault sid 0x40 fault 5 addr 0x1000 write 1", "", NULL},
	{VTD, "vtd_dmar_fault sid 0x30 fault 34 addr 0x2000 write 0", "", "vtd_dmar_fault"},
	{VTD, "vtd_inv_desc_iotlb_domain iotlb invalidate whole domain 0xg", "",
	 "vtd_inv_desc_iotlb_domain"},
	{VTD, "vtd_inv_desc_iotlb_domain iotlb invalidate whole domain", "",
	 "vtd_inv_desc_iotlb_domain"},
	{VTD,
	 "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0x10000000000000000 mask 0", "",
	 "vtd_inv_desc_iotlb_pages"},
	{VTD, "vtd_dmar_translate dev 00:06.00 iova 0x1000 -> gpa 0x9000 mask 0xffe", "",
	 "vtd_dmar_translate"},
	{VTD, "vtd_dmar_translate dev 00:26.00 iova 0x1000 -> gpa 0x9000 mask 0xfff", "",
	 "vtd_dmar_translate"},
	{AMDVI, "amdvi_pages_inval AMD-Vi pages for domain 0x1 invalidated", "1.1 1.2 1.3 ", NULL},
	{AMDVI, "amdvi_all_inval Invalidation of all AMD-Vi cache requested ", "1.1 1.2 1.3 2.1 ",
	 NULL},
	{AMDVI, "amdvi_pages_inval AMD-Vi pages for domain  invalidated", "", "amdvi_pages_inval"},
	{AMDVI, "amdvi_iotlb_hit hit iotlb devid 00:1f.0 gpa 0x1000 hpa 0x101000", "",
	 "amdvi_iotlb_hit"},
	{AMDVI,
	 "amdvi_completion_wait completion wait requested with store address 0x1 and store "
	 "data 0x1",
	 "", "amdvi_completion_wait"},
	{SMMUV3,
	 "smmuv3_range_inval vmid=0 asid=1 addr=0x2000 tg=1 num_pages=0x1 ttl=3 leaf=1 stage=1",
	 "1.2 ", NULL},
	{SMMUV3,
	 "smmuv3_range_inval vmid=0 asid=1 addr=0x2000 tg=1 num_pages=0x2 ttl=0 leaf=0 stage=1",
	 "1.2 1.3 ", NULL},
	/* 16 KiB granule */
	{SMMUV3,
	 "smmuv3_range_inval vmid=0 asid=1 addr=0x0 tg=2 num_pages=0x1 ttl=0 leaf=1 stage=1",
	 "1.1 1.2 1.3 ", NULL},
	{SMMUV3,
	 "smmuv3_range_inval vmid=0 asid=2 addr=0x1000 tg=1 num_pages=0xffffffffffffffff "
	 "ttl=0 leaf=1 stage=1",
	 "2.1 ", NULL},
	{SMMUV3,
	 "smmuv3_range_inval vmid=1 asid=1 addr=0x1000 tg=1 num_pages=0x9 ttl=3 leaf=1 stage=1", "",
	 NULL},
	{SMMUV3, "smmu_iotlb_inv_asid_vmid IOTLB invalidate asid=2 vmid=0", "2.1 ", NULL},
	{SMMUV3, "smmu_iotlb_inv_all IOTLB invalidate all", "1.1 1.2 1.3 2.1 ", NULL},
	{SMMUV3,
	 "smmuv3_range_inval vmid=0 asid=1 addr=0x2000 tg=1 num_pages=0x0 ttl=3 leaf=1 stage=1", "",
	 "smmuv3_range_inval"},
	{SMMUV3,
	 "smmuv3_translate_success region sid=0x30 iova=0x5000 translated=0x1 perm=0x3 stage=1", "",
	 "smmuv3_translate_success"},
	{SMMUV3, "smmuv3_cmdq_cfgi_ste streamid= 0x20", "", "smmuv3_cmdq_cfgi_ste"},
};

static void unmapped_of(const struct rig_trace *trace, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < trace->count && n < size; i++) {
		const struct trace_record *record = &trace->records[i];

		if (record->kind != TRACE_UNMAP)
			continue;
		assert_int_equal(record->length, 0x1000);
		n += (size_t)snprintf(text + n, size - n, "%u.%u ", record->domain,
				      (unsigned)(record->address >> 12));
	}
}

static void an_event_unmaps_what_it_reaches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct event *event = &events[i];
		struct rig_trace trace;
		char text[4096], unmapped[64];
		bool skipped;

		snprintf(text, sizeof(text), "%s%s\n", pages[event->arch], event->line);
		rig_write_file(rig_path("log"), text, strlen(text));
		rig_read(&trace, rig_path("log"), TRACE_FORMAT_AUTO, 1);
		assert_int_equal(trace.status, 0);
		assert_int_equal(rig_count(&trace, TRACE_MAP), 4);
		unmapped_of(&trace, unmapped, sizeof(unmapped));
		skipped = event->skipped
				  ? trace.n_skipped == 1 && rig_skipped(&trace, event->skipped) == 1
				  : trace.n_skipped == 0;
		if (strcmp(unmapped, event->unmapped) != 0 || !skipped)
			fail_msg("%s: unmaps '%s', %zu skipped", event->line, unmapped,
				 trace.n_skipped);
		rig_check_maps(&trace);
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
		cmocka_unit_test(an_event_unmaps_what_it_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
