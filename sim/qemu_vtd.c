/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's trace events of the VT-d unit. vtd_iotlb_page_hit and _update come before
 * each vtd_dmar_translate and give domain, full address and the entry's rights.
 */
#include "qemu.h"

#include "model/field.h"

/* Invalidation descriptors, as vtd_inv_desc shows them (6.5.2.4). */
#define INV_LOW_TYPE      FIELD(3, 0)
#define INV_LOW_TYPE_HIGH FIELD(11, 9)
#define INV_LOW_GRANULE   FIELD(5, 4)
#define INV_LOW_DOMAIN    FIELD(31, 16)
#define INV_HIGH_MASK     FIELD(5, 0)
#define INV_HIGH_ADDRESS  FIELD(63, 12)
#define INV_TYPE_PIOTLB   6
#define INV_GRANULE_PASID 2
#define INV_GRANULE_PAGES 3

/* R and W of a second-stage entry are P and R/W of a first-stage one. */
#define ENTRY_RIGHTS FIELD(1, 0)

/* Fault reasons from here to FAULT_INTERRUPT_LAST are of interrupt requests (7.3). */
#define FAULT_INTERRUPT_FIRST 0x20
#define FAULT_INTERRUPT_LAST  0x2f

static int use_entry(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	*qemu_detail(log) = (struct qemu_detail){
		.valid = true,
		.rid = (uint32_t)v[0],
		.iova = v[1],
		.rights = (uint8_t)field_get(ENTRY_RIGHTS, v[2]),
		.domain = (uint32_t)v[3],
	};
	return 0;
}

/* iova and gpa are those of the page; mask is its size minus 1. */
static int use_translate(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	struct qemu_detail detail = *qemu_detail(log);
	uint64_t mask = v[3];

	if (!detail.valid || detail.rid != v[0] || (detail.iova & ~mask) != (v[1] & ~mask) ||
	    mask & (mask + 1) || mask == UINT64_MAX)
		return QEMU_UNUSED;
	detail.size_lg2 = (uint8_t)__builtin_popcountll(mask);
	return qemu_answer(log, &detail, (v[2] & ~mask) | (detail.iova & mask));
}

static int use_fault(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	if (v[1] >= FAULT_INTERRUPT_FIRST && v[1] <= FAULT_INTERRUPT_LAST)
		return QEMU_UNUSED;
	return qemu_refusal(log, (uint32_t)v[0], v[2], v[3] ? IOASIM_WRITE : IOASIM_READ);
}

static int invalidate_pages(struct qemu_log *log, uint64_t domain, uint64_t address, uint64_t mask)
{
	uint64_t bytes;

	if (mask > 51)
		return lift_invalidate_domain(qemu_lift(log), (uint32_t)domain);
	bytes = UINT64_C(0x1000) << mask;
	address &= ~(bytes - 1);
	return lift_invalidate(qemu_lift(log), (uint32_t)domain, address, address + (bytes - 1));
}

static int use_pages(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	return invalidate_pages(log, v[0], v[1], v[2]);
}

static int use_domain(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	return lift_invalidate_domain(qemu_lift(log), (uint32_t)v[0]);
}

static int use_global(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	(void)v;
	return lift_invalidate_all(qemu_lift(log));
}

/* PASID-based invalidations have no event of their own; the others are passed over
 * here, because theirs follows. */
static int use_descriptor(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	uint64_t high = v[0], low = v[1];

	if (field_get(INV_LOW_TYPE, low) != INV_TYPE_PIOTLB || field_get(INV_LOW_TYPE_HIGH, low))
		return QEMU_UNUSED;
	switch (field_get(INV_LOW_GRANULE, low)) {
	case INV_GRANULE_PASID:
		return lift_invalidate_domain(qemu_lift(log),
					      (uint32_t)field_get(INV_LOW_DOMAIN, low));
	case INV_GRANULE_PAGES:
		return invalidate_pages(log, field_get(INV_LOW_DOMAIN, low),
					field_bits(INV_HIGH_ADDRESS, high),
					field_get(INV_HIGH_MASK, high));
	default:
		return QEMU_UNUSED;
	}
}

const struct qemu_event qemu_vtd_events[] = {
	{"vtd_dmar_translate", "dev %r iova %x -> gpa %x mask %x", use_translate},
	{"vtd_iotlb_page_hit", "IOTLB page hit sid %x iova %x slpte %x domain %x", use_entry},
	{"vtd_iotlb_page_update", "IOTLB page update sid %x iova %x slpte %x domain %x", use_entry},
	{"vtd_dmar_fault", "sid %x fault %d addr %x write %d", use_fault},
	{"vtd_inv_desc", "invalidate desc type %w high %x low %x", use_descriptor},
	{"vtd_inv_desc_iotlb_pages", "iotlb invalidate domain %x addr %x mask %x", use_pages},
	{"vtd_inv_desc_iotlb_domain", "iotlb invalidate whole domain %x", use_domain},
	{"vtd_inv_desc_iotlb_global", "iotlb invalidate global", use_global},
	{NULL, NULL, NULL},
};
