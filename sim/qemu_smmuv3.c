/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's trace events of the SMMUv3. A look-up, and an insertion where it missed,
 * come before each smmuv3_translate_success and give the domain (VMID and ASID) and,
 * if inserted, the size. Faults are told without their address and cannot be used.
 */
#include "qemu.h"

#define DOMAIN(vmid, asid) ((uint32_t)((vmid)&0xffff) << 16 | (uint32_t)((asid)&0xffff))

/* TG as commands and cache keys have it: 1, 2, 3 for 4, 16, 64 KiB, 0 for 4 KiB. */
static unsigned granule_lg2(uint64_t tg)
{
	return tg >= 1 && tg <= 3 ? 10 + 2 * (unsigned)tg : 12;
}

static int use_lookup(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	*qemu_detail(log) =
		(struct qemu_detail){.valid = true, .domain = DOMAIN(v[1], v[0]), .iova = v[2]};
	return 0;
}

/* Before VMIDs were told. */
static int use_lookup_asid(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	*qemu_detail(log) =
		(struct qemu_detail){.valid = true, .domain = DOMAIN(0, v[0]), .iova = v[1]};
	return 0;
}

/* Levels are the architecture's: 3 maps the smallest page. */
static int use_insert(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	struct qemu_detail *detail = qemu_detail(log);
	unsigned granule = granule_lg2(v[3]);

	if (!detail->valid || detail->domain != DOMAIN(v[1], v[0]) || v[4] > 3)
		return QEMU_UNUSED;
	detail->size_lg2 = (uint8_t)(granule + (granule - 3) * (3 - (unsigned)v[4]));
	return 0;
}

static int use_success(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	struct qemu_detail detail = *qemu_detail(log);

	if (!detail.valid || detail.iova != v[1])
		return QEMU_UNUSED;
	detail.rid = (uint32_t)v[0];
	detail.rights = (uint8_t)(v[3] & (IOASIM_READ | IOASIM_WRITE));
	if (detail.size_lg2 == 0)
		detail.size_lg2 =
			(uint8_t)lift_page_lg2(qemu_lift(log), detail.domain, detail.iova);
	return qemu_answer(log, &detail, v[2]);
}

static int use_abort(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	return qemu_refusal(log, (uint32_t)v[0], v[1], v[2] ? IOASIM_WRITE : IOASIM_READ);
}

/* ASID -1 stands for all ASIDs: more than that is unmapped then, as the book has no
 * order by VMID. */
static int use_range(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	unsigned granule = granule_lg2(v[3]);
	uint64_t bytes, last;

	if ((int64_t)v[1] < 0)
		return lift_invalidate_all(qemu_lift(log));
	if (v[4] == 0)
		return QEMU_UNUSED;
	if (__builtin_mul_overflow(v[4], UINT64_C(1) << granule, &bytes) ||
	    __builtin_add_overflow(v[2], bytes - 1, &last))
		last = UINT64_MAX;
	return lift_invalidate(qemu_lift(log), DOMAIN(v[0], v[1]), v[2], last);
}

static int use_asid_vmid(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	return lift_invalidate_domain(qemu_lift(log), DOMAIN(v[1], v[0]));
}

static int use_asid(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	return lift_invalidate_domain(qemu_lift(log), DOMAIN(0, v[0]));
}

static int use_all(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	(void)v;
	return lift_invalidate_all(qemu_lift(log));
}

const struct qemu_event qemu_smmuv3_events[] = {
	{"smmuv3_translate_success", "%w sid=%x iova=%x translated=%x perm=%x stage=%*",
	 use_success},
	{"smmuv3_translate_success", "%w sid=%x iova=%x translated=%x perm=%x", use_success},
	{"smmuv3_translate_abort", "%w sid=%x abort on iova:%x is_write=%d", use_abort},
	{"smmu_iotlb_lookup_hit", "IOTLB cache HIT asid=%i vmid=%i addr=%x %*", use_lookup},
	{"smmu_iotlb_lookup_hit", "IOTLB cache HIT asid=%i addr=%x %*", use_lookup_asid},
	{"smmu_iotlb_lookup_miss", "IOTLB cache MISS asid=%i vmid=%i addr=%x %*", use_lookup},
	{"smmu_iotlb_lookup_miss", "IOTLB cache MISS asid=%i addr=%x %*", use_lookup_asid},
	{"smmu_iotlb_insert", "IOTLB ++ asid=%i vmid=%i addr=%x tg=%d level=%d", use_insert},
	{"smmuv3_range_inval", "vmid=%i asid=%i addr=%x tg=%d num_pages=%x %*", use_range},
	{"smmuv3_s1_range_inval", "vmid=%i asid=%i addr=%x tg=%d num_pages=%x %*", use_range},
	{"smmu_iotlb_inv_asid_vmid", "IOTLB invalidate asid=%i vmid=%i", use_asid_vmid},
	{"smmu_iotlb_inv_asid", "IOTLB invalidate asid=%i", use_asid},
	{"smmu_iotlb_inv_vmid", "IOTLB invalidate vmid=%i", use_all},
	{"smmu_iotlb_inv_vmid_s1", "IOTLB invalidate vmid=%i", use_all},
	{"smmu_iotlb_inv_all", "IOTLB invalidate all", use_all},
	{NULL, NULL, NULL},
};
