/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of tracking through the AMD-Vi driver (rule U13) share. */
#ifndef TESTS_AMDVI_DIRTY_RIG_H
#define TESTS_AMDVI_DIRTY_RIG_H

#include "amdvi_driver_rig.h"
#include "driver_dirty.h"

#define PAGE UINT64_C(0x1000)
#define HAD  (UINT64_C(3) << 7) /* word 0 of an entry, bits 8:7 */
#define D    (UINT64_C(1) << 6) /* of a leaf */

/* Exactly these ranges are told, in this order; {0, 0} ends the list. */
static inline void expect_told(struct rig *rig, struct domain *domain, uint64_t first,
			       uint64_t size, bool clear, const uint64_t (*expected)[2])
{
	struct told told = tell(rig, domain, first, first + size - 1, clear);
	unsigned i = 0;

	for (; expected[i][1]; i++) {
		if (i >= told.count)
			fail_msg("%" PRIx64 " is not told", expected[i][0]);
		assert_int_equal(told.first[i], expected[i][0]);
		assert_int_equal(told.last[i], expected[i][0] + expected[i][1] - 1);
	}
	assert_int_equal(told.count, i);
}

/* Pairs of start and size. */
#define LIST(...)                 ((const uint64_t[][2]){__VA_ARGS__, {0, 0}})
#define NOTHING                   ((const uint64_t[][2]){{0, 0}})
#define TELLS(rig, domain, ...)   expect_told(rig, domain, 0, 64 * G, false, LIST(__VA_ARGS__))
#define CLEARED(rig, domain, ...) expect_told(rig, domain, 0, 64 * G, true, LIST(__VA_ARGS__))
#define TELLS_NONE(rig, domain)   expect_told(rig, domain, 0, 64 * G, false, NOTHING)

static inline void writes(struct rig *rig, uint32_t rid, uint64_t iova)
{
	assert_int_equal(rig_dma(rig, rid, NONE, iova, IOASIM_WRITE).outcome, IOASIM_OK);
}

static inline void reads(struct rig *rig, uint32_t rid, uint64_t iova)
{
	assert_int_equal(rig_dma(rig, rid, NONE, iova, IOASIM_READ).outcome, IOASIM_OK);
}

/* A tracked domain behind RID, whose device has no translations of its own. */
static inline struct domain *dirty_start(struct rig *rig, enum driver_policy policy)
{
	struct domain *domain;

	rig_begin(rig, false, policy);
	rig_plain_device(rig, RID);
	domain = dirty_domain(rig, DOMAIN_KERNEL);
	rig_attach(rig, RID, NONE, domain);
	track(rig, domain, true);
	return domain;
}

static inline uint64_t had_of(struct rig *rig, uint32_t rid)
{
	uint64_t dte[4];

	rig_dte(rig, rid, dte);
	return dte[0] & HAD;
}

/* The device has been told to forget [first, last]. */
static inline bool device_forgot(const struct rig *rig, uint32_t rid, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < rig->events; i++) {
		const struct ioasim_atc_invalidation *atc = &rig->event[i].atc;

		if (rig->event[i].kind == RIG_ATC && atc->requester_id == rid &&
		    atc->first <= first && atc->last >= last)
			return true;
	}
	return false;
}

#endif
