/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's trace events of the AMD-Vi unit. They tell less than the others:
 *
 * - the domain stands only where a translation enters the emulator's cache; a hit is
 *   taken to be in the domain that the device had last;
 * - neither size nor rights of a page are told, so that pages of 4 KiB with all
 *   rights are mapped; of a larger page the base is given for each address in it,
 *   and so its 4 KiB pages all map to that base;
 * - an invalidation of pages names the domain alone, and unmaps all of it.
 */
#include "qemu.h"

static int use_fill(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	*qemu_detail(log) = (struct qemu_detail){
		.valid = true, .domain = (uint32_t)v[0], .rid = (uint32_t)v[1], .iova = v[2]};
	return 0;
}

static int use_hit(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	struct qemu_detail detail = {.rid = (uint32_t)v[0], .iova = v[1]};

	detail.valid = lift_attached(qemu_lift(log), detail.rid, TRACE_NO_PASID, &detail.domain);
	*qemu_detail(log) = detail;
	return detail.valid ? 0 : QEMU_UNUSED;
}

static int use_page_fault(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	*qemu_detail(log) = (struct qemu_detail){.valid = true, .refused = true, .iova = v[0]};
	return 0;
}

static int use_result(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	struct qemu_detail detail = *qemu_detail(log);

	if (!detail.valid || detail.iova != v[1])
		return QEMU_UNUSED;
	if (detail.refused)
		return qemu_refusal(log, (uint32_t)v[0], v[1], IOASIM_READ);
	if (detail.rid != v[0])
		return QEMU_UNUSED;
	return qemu_answer(log, &detail, v[2] | (v[1] & 0xfff));
}

static int use_pages(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	return lift_invalidate_domain(qemu_lift(log), (uint32_t)v[0]);
}

static int use_all(struct qemu_log *log, const uint64_t v[SCAN_VALUES])
{
	(void)v;
	return lift_invalidate_all(qemu_lift(log));
}

const struct qemu_event qemu_amdvi_events[] = {
	{"amdvi_translation_result", "devid: %r gpa %x hpa %x", use_result},
	{"amdvi_iotlb_hit", "hit iotlb devid %r gpa %x hpa %x", use_hit},
	{"amdvi_cache_update", "update iotlb domid %x devid: %r gpa %x hpa %x", use_fill},
	{"amdvi_page_fault", "error: page fault accessing guest physical address %x",
	 use_page_fault},
	{"amdvi_pages_inval", "AMD-Vi pages for domain %x invalidated", use_pages},
	{"amdvi_all_inval", "Invalidation of all AMD-Vi cache requested", use_all},
	{NULL, NULL, NULL},
};
