/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_samples.h"

#include <string.h>

#define NONE .pasid = TRACE_NO_PASID

/* One of each kind, in the order of enum trace_kind, with unlike values. */
const struct trace_record sample_records[] = {
	{.time_ns = 10,
	 .kind = TRACE_REGISTER,
	 NONE,
	 .address = 0x18,
	 .size = 4,
	 .value = 0x40000000},
	{.time_ns = 11, .kind = TRACE_MEMORY, NONE, .address = 0x1001bc010, .value = 0x200000025},
	{.time_ns = 12, .kind = TRACE_COMMAND, NONE, .size = 2, .words = {0x2a0036, 0xfffdd040}},
	{.time_ns = 1000013,
	 .kind = TRACE_STORE,
	 NONE,
	 .address = 0x1001bf000,
	 .size = 4,
	 .value = 2},
	{.time_ns = 1000014, .kind = TRACE_FAULT, NONE, .rid = 0x30, .value = 6},
	{.time_ns = 1000014, .kind = TRACE_ABORT, NONE, .address = 0x1000, .value = 0x1fff},
	{.time_ns = 1000020,
	 .kind = TRACE_DMA,
	 NONE,
	 .access = IOASIM_WRITE,
	 .rid = 0x28,
	 .address = 0xfffc1000,
	 .length = 0x1000,
	 .flags = TRACE_ANSWERED | TRACE_CACHED,
	 .value = 0x43963000,
	 .size = 12,
	 .granted = 3},
	{.time_ns = 1000021,
	 .kind = TRACE_DMA,
	 NONE,
	 .access = IOASIM_READ,
	 .rid = 0x30,
	 .address = 0x7ffdc000,
	 .length = 2,
	 .flags = TRACE_ANSWERED | TRACE_REFUSED},
	{.time_ns = 1000022,
	 .kind = TRACE_ATS,
	 .access = IOASIM_READ | IOASIM_WRITE,
	 .rid = 0x100,
	 .pasid = 5,
	 .flags = TRACE_PASID | TRACE_ANSWERED,
	 .address = 0x7f0000000000,
	 .length = 1,
	 .value = 0x40000000,
	 .size = 21,
	 .granted = 1},
	{.time_ns = 1000023,
	 .kind = TRACE_PAGE_REQUEST,
	 .access = IOASIM_WRITE,
	 .rid = 0x100,
	 .pasid = 5,
	 .flags = TRACE_PASID | TRACE_LAST,
	 .address = 0x7f0000001000,
	 .value = 3},
	{.time_ns = 2000000, .kind = TRACE_DOMAIN, NONE, .domain = 1},
	{.time_ns = 2000001,
	 .kind = TRACE_DEVICE,
	 NONE,
	 .rid = 0x28,
	 .size = 20,
	 .flags = TRACE_ATS_ON | TRACE_PRI_ON},
	{.time_ns = 2000002, .kind = TRACE_ATTACH, NONE, .rid = 0x28, .domain = 1},
	{.time_ns = 2000003,
	 .kind = TRACE_MAP,
	 NONE,
	 .domain = 1,
	 .address = 0x10000,
	 .value = 0x80000000,
	 .length = 0x200000,
	 .access = 3},
	{.time_ns = 2000004,
	 .kind = TRACE_UNMAP,
	 NONE,
	 .domain = 1,
	 .address = 0x10000,
	 .length = 0x200000},
	{.time_ns = 2000005, .kind = TRACE_BIND, NONE, .domain = 2, .value = 0x5000},
	{.time_ns = 2000006,
	 .kind = TRACE_INVALIDATE,
	 .domain = 2,
	 .pasid = 7,
	 .flags = TRACE_PASID | TRACE_LEAF,
	 .address = 0x1000,
	 .length = 0x3000},
	{.time_ns = 2000007,
	 .kind = TRACE_PAGE_RESPONSE,
	 .rid = 0x100,
	 .pasid = 5,
	 .flags = TRACE_PASID,
	 .value = 3,
	 .size = 1},
	{.time_ns = 2000008, .kind = TRACE_UNBIND, NONE, .domain = 2},
	{.time_ns = 2000009, .kind = TRACE_SYNC, NONE},
	{.time_ns = 2000010, .kind = TRACE_DETACH, NONE, .rid = 0x28},
	{.time_ns = 2000011, .kind = TRACE_DOMAIN_FREE, NONE, .domain = 1},
};
const size_t sample_records_count = sizeof(sample_records) / sizeof(sample_records[0]);

const char *const sample_logs[] = {
	"# dmatrace 1\n# arch vtd\n# name vtd-sample\n# id cap.lo VALUE 0x222f0606\n"
	"# id cap.hi 0x80d2008c\n# id ecap.lo 0xf00f4a\n# id ecap.hi 0x0\n"
	"T 3812519\nM 1001bc010 200000025\nM 1001bc018 1001bf000\nR 88 4 20\n"
	"C 2a0036 fffdd040\nC 200000025 1001bf000\nW 1001bf000 4 2\n"
	"D w 28 fffc1000 1000 43963000 fff rw h\nF 30 6\nD r 30 7ffdc000 2 - - - m\n",
	"2026-01-02T03:04:05.000001Z vtd_iotlb_page_update IOTLB page update sid 0x30 iova "
	"0xfffff002 slpte 0x104ab1003 domain 0x5\n"
	"2026-01-02T03:04:05.000002Z vtd_dmar_translate dev 00:06.00 iova 0xfffff000 -> gpa "
	"0x104ab1000 mask 0xfff\n"
	"2026-01-02T03:04:05.000003Z vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x5 addr "
	"0xffffa000 mask 0x0\n"
	"2026-01-02T03:04:05.000004Z vtd_dmar_fault sid 0x30 fault 6 addr 0x7ffdc000 write 0\n"
	"2026-01-02T03:04:05.000005Z vtd_inv_desc_wait_sw wait invalidate status write addr "
	"0x1001bf004 data 0x2\n",
	"vtd_reg_write addr 0x88 size 0x4 value 0x0\n"
	"vtd_iotlb_page_hit IOTLB page hit sid 0x30 iova 0xfffff002 slpte 0x104ab1003 domain 0x5\n"
	"vtd_inv_desc_iotlb_global iotlb invalidate global\n"
	"amdvi_translation_result devid: 00:06.0 gpa 0xfffff002 hpa 0x101a68000\n"
	"smmuv3_translate_success smmuv3-iommu-memory-region-32-1 sid=0x20 iova=0xfffff040 "
	"translated=0x8090040 perm=0x3 stage=1\n",
	"# tracer: nop\n#\n"
	"    kworker/0:1H-38      [000] d..1.     3.367431: map: IOMMU: iova=0x00000000ffffd000 - "
	"0x00000000ffffe000 paddr=0x0000000104b46000 size=4096\n"
	"          <idle>-0       [000] d.h2.     3.368623: unmap: IOMMU: iova=0x00000000ffffa000 "
	"- "
	"0x00000000ffffb000 size=4096 unmapped_size=4096\n",
	NULL,
};

bool records_equal(const struct trace_record *a, const struct trace_record *b)
{
	return a->time_ns == b->time_ns && a->kind == b->kind && a->access == b->access &&
	       a->granted == b->granted && a->size == b->size && a->flags == b->flags &&
	       a->rid == b->rid && a->pasid == b->pasid && a->domain == b->domain &&
	       a->address == b->address && a->value == b->value && a->length == b->length &&
	       memcmp(a->words, b->words, sizeof(a->words)) == 0;
}
