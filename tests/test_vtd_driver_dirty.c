/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was written through second-stage tables of the VT-d driver (3.7.2): told once after
 * each time it was forgotten, whatever the unit and the devices have cached; SSADE of the
 * routes; large pages and their pieces.
 */
#include "driver_dirty.h"
#include "driver_rig.h"

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define PAGE   POOL_PAGE_SIZE
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* A device, a domain on its route, 16 pages of it mapped; not tracked yet. */
static struct domain *begin(struct rig *rig, enum driver_policy policy)
{
	struct domain *domain;

	rig_begin(rig, false, false, policy);
	rig_device(rig, RID);
	rig_device(rig, RID2);
	domain = dirty_domain(rig, DOMAIN_KERNEL);
	rig_attach(rig, RID, NONE, domain);
	rig_map(rig, domain, IOVA, TARGET, 16 * PAGE, RW);
	return domain;
}

static uint8_t flag_updates(struct rig *rig, uint64_t address, unsigned access)
{
	struct ioasim_response answer = rig_dma(rig, RID, NONE, address, access);

	assert_int_equal(answer.outcome, IOASIM_OK);
	return answer.cost.flag_updates;
}

/* ---- Pages ---------------------------------------------------------------------------- */

static void u13_a_written_page_is_told_once(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);
	struct told told;

	(void)state;
	track(&rig, domain, true);
	nothing_told(&rig, domain);
	for (unsigned i = 0; i < 16; i++)
		assert_reaches(&rig, RID, NONE, IOVA + i * PAGE, IOASIM_READ, TARGET + i * PAGE);
	nothing_told(&rig, domain);

	assert_reaches(&rig, RID, NONE, IOVA + PAGE + 8, IOASIM_WRITE, TARGET + PAGE + 8);
	assert_reaches(&rig, RID, NONE, IOVA + 4 * PAGE, RW, TARGET + 4 * PAGE);
	for (unsigned i = 0; i < 3; i++) {
		/* Asked without forgetting it is there the next time, too. */
		told = tell(&rig, domain, IOVA, IOVA + 16 * PAGE - 1, i == 2);
		assert_int_equal(told.count, 2);
		assert_int_equal(told.first[0], IOVA + PAGE);
		assert_int_equal(told.last[0], IOVA + 2 * PAGE - 1);
		assert_int_equal(told.first[1], IOVA + 4 * PAGE);
	}
	nothing_told(&rig, domain);
	/* Outside of the range, whatever is there stays. */
	assert_reaches(&rig, RID, NONE, IOVA + 7 * PAGE, IOASIM_WRITE, TARGET + 7 * PAGE);
	assert_int_equal(tell(&rig, domain, IOVA, IOVA + 7 * PAGE - 1, true).count, 0);
	assert_int_equal(tell(&rig, domain, IOVA + 8 * PAGE, UINT64_MAX, true).count, 0);
	told_once(&rig, domain, IOVA + 7 * PAGE, PAGE);
	rig_end(&rig);
}

/* The IOTLB keeps D with a translation (6.2.4): without an invalidation behind the clearing
 * of D the second write would hit there, and nobody would be told. */
static void u13_a_page_that_was_forgotten_is_told_again(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);

	(void)state;
	track(&rig, domain, true);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(flag_updates(&rig, IOVA, IOASIM_READ), 0);
		/* A stands in every entry already (9.8), so D is the one that is stored. */
		assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 1);
		assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 0);
		rig.events = 0;
		told_once(&rig, domain, IOVA, PAGE);
		/* What changed is one page, and leaves only. */
		assert_int_equal(rig_count(&rig, RIG_COMMAND, VTD_DESC_IOTLB), 1);
		assert_int_equal(field_get(VTD_DESC_0_G, rig.event[0].words[0]),
				 VTD_GRANULARITY_ENTITY);
		assert_int_equal(rig.event[0].words[1], IOVA | 1 << 6);
		assert_int_equal(rig_count(&rig, RIG_ATC, 0), 1);
		rig.events = 0;
		nothing_told(&rig, domain);
		assert_int_equal(rig.events, 0);
	}
	rig_end(&rig);
}

static void u13_pages_that_may_not_be_written_are_not_told(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);

	(void)state;
	rig_map(&rig, domain, IOVA + G, TARGET, PAGE, IOASIM_READ);
	track(&rig, domain, true);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + G, IOASIM_WRITE).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + G, RW).outcome, IOASIM_FAULT);
	assert_int_equal(rig_dma(&rig, RID, NONE, IOVA + 16 * PAGE, RW).outcome, IOASIM_FAULT);
	nothing_told(&rig, domain);
	rig_end(&rig);
}

/* A mark belongs to a mapping: it goes with it, and is not inherited. */
static void u13_an_unmapped_page_is_not_told(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned lazy = 0; lazy < 2; lazy++) {
		struct domain *domain = begin(&rig, lazy ? DRIVER_LAZY : DRIVER_STRICT);

		track(&rig, domain, true);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
		assert_reaches(&rig, RID, NONE, IOVA + PAGE, IOASIM_WRITE, TARGET + PAGE);
		rig_unmap(&rig, domain, IOVA, PAGE);
		told_once(&rig, domain, IOVA + PAGE, PAGE);
		rig_map(&rig, domain, IOVA, TARGET + M, PAGE, RW);
		nothing_told(&rig, domain);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET + M);
		told_once(&rig, domain, IOVA, PAGE);
		rig_end(&rig);
	}
}

/* ---- Switching ------------------------------------------------------------------------ */

/* Translations and entries that were cached without SSADE would serve writes unmarked. */
static void u13_marks_begin_with_the_call(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);

	(void)state;
	assert_int_equal(refused(&rig, domain), -EINVAL);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 0);
		track(&rig, domain, true);
		assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 1);
		told_once(&rig, domain, IOVA, PAGE);
		track(&rig, domain, false);
		assert_int_equal(refused(&rig, domain), -EINVAL);
	}
	track(&rig, domain, true);
	nothing_told(&rig, domain);
	rig_end(&rig);
}

static void u13_marks_end_with_the_call(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);

	(void)state;
	track(&rig, domain, true);
	assert_int_equal(flag_updates(&rig, IOVA, IOASIM_READ), 0);
	track(&rig, domain, false);
	assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 0);
	track(&rig, domain, true);
	nothing_told(&rig, domain);
	rig_end(&rig);
}

/* Twice the same changes nothing and costs nothing. */
static void u13_enabling_twice_is_enabling_once(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);

	(void)state;
	rig.events = 0;
	track(&rig, domain, false);
	assert_int_equal(rig.events, 0);
	track(&rig, domain, true);
	assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
	rig.events = 0;
	track(&rig, domain, true);
	assert_int_equal(rig.events, 0);
	told_once(&rig, domain, IOVA, PAGE);
	rig_end(&rig);
}

/* Table 28, SSADE from 0 to 1: PASID cache by PASID, IOTLB by domain, device TLBs whole. */
static void u13_a_change_of_ssade_empties_caches_from_the_outside_in(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);
	unsigned at, entries = 0;

	(void)state;
	rig_attach(&rig, RID2, 9, domain);
	for (unsigned enable = 2; enable-- > 0;) {
		rig.events = 0;
		track(&rig, domain, enable);
		for (at = 0; rig.event[at].type == VTD_DESC_PASID_CACHE; at++) {
			entries |= 1u << field_get(VTD_DESC_0_PASID, rig.event[at].words[0]);
			assert_int_equal(field_get(VTD_DESC_0_G, rig.event[at].words[0]),
					 VTD_PC_PASID);
			assert_int_equal(field_get(VTD_DESC_0_DID, rig.event[at].words[0]),
					 rig.ops->domain_tag(domain));
		}
		assert_int_equal(entries, 1u << 0 | 1u << 9);
		assert_int_equal(rig.event[at].type, VTD_DESC_IOTLB);
		assert_int_equal(field_get(VTD_DESC_0_G, rig.event[at].words[0]),
				 VTD_GRANULARITY_DOMAIN);
		assert_int_equal(rig_count(&rig, RIG_COMMAND, VTD_DESC_PASID_CACHE), 2);
		assert_int_equal(rig_count(&rig, RIG_COMMAND, VTD_DESC_IOTLB), 1);
		assert_int_equal(rig_count(&rig, RIG_ATC, 0), 2);
		for (unsigned i = 0; i < rig.events; i++) {
			if (rig.event[i].kind != RIG_ATC)
				continue;
			assert_true(i > at);
			assert_int_equal(rig.event[i].atc.first, 0);
			assert_int_equal(rig.event[i].atc.last, UINT64_MAX);
		}
	}
	rig_end(&rig);
}

static void u13_a_later_route_marks_too(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);
	struct domain *other = rig_domain(&rig, DOMAIN_KERNEL, 0);

	(void)state;
	track(&rig, domain, true);
	rig_attach(&rig, RID2, 9, domain);
	rig_attach(&rig, RID2, 10, other);
	rig_map(&rig, other, IOVA, TARGET, PAGE, RW);
	assert_reaches(&rig, RID2, 9, IOVA + PAGE, IOASIM_WRITE, TARGET + PAGE);
	told_once(&rig, domain, IOVA + PAGE, PAGE);
	/* Other domains of the device go without. */
	assert_int_equal(rig_dma(&rig, RID2, 10, IOVA, IOASIM_WRITE).cost.flag_updates, 0);
	/* One that came and went. */
	rig_detach(&rig, RID, NONE);
	rig_attach(&rig, RID, NONE, other);
	assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 0);
	nothing_told(&rig, domain);
	rig_attach(&rig, RID, NONE, domain);
	assert_int_equal(flag_updates(&rig, IOVA, IOASIM_WRITE), 1);
	told_once(&rig, domain, IOVA, PAGE);
	rig_end(&rig);
}

/* ---- Devices that keep translations ----------------------------------------------------- */

/* 4.2.3.1: the request that asks for writing marks, since the device writes unseen then. */
static void u13_a_device_tlb_does_not_hide_writes(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, DRIVER_STRICT);
	struct ioasim_response answer;
	unsigned at;

	(void)state;
	track(&rig, domain, true);
	answer = rig_ask(&rig, RID, NONE, IOVA, IOASIM_READ, IOASIM_TRANSLATION_REQUEST);
	assert_int_equal(answer.outcome, IOASIM_OK);
	assert_int_equal(answer.access, IOASIM_READ); /* no-write: not for writing */
	nothing_told(&rig, domain);
	for (unsigned i = 0; i < 2; i++) {
		answer = rig_ask(&rig, RID, NONE, IOVA, RW, IOASIM_TRANSLATION_REQUEST);
		assert_int_equal(answer.access, RW);
		rig.events = 0;
		told_once(&rig, domain, IOVA, PAGE);
		at = rig_find(&rig, 0, RIG_ATC, 0);
		assert_int_equal(rig.event[at].atc.requester_id, RID);
		assert_int_equal(rig.event[at].atc.first, IOVA);
		assert_int_equal(rig.event[at].atc.last, IOVA + PAGE - 1);
		nothing_told(&rig, domain);
	}
	rig_end(&rig);
}

/* ---- Large pages ------------------------------------------------------------------------ */

static void u13_a_large_page_is_told_whole(void **state)
{
	static struct rig rig;
	static const uint64_t sizes[] = {2 * M, G};
	struct told told;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct domain *domain = begin(&rig, DRIVER_STRICT);
		uint64_t large = IOVA + 2 * G;

		rig_map(&rig, domain, large, 2 * TARGET, sizes[i], RW);
		track(&rig, domain, true);
		for (unsigned round = 0; round < 2; round++) {
			assert_int_equal(flag_updates(&rig, large + M + 5, IOASIM_WRITE), 1);
			assert_int_equal(flag_updates(&rig, large + 5, IOASIM_WRITE), 0);
			/* A part of it is told, and not forgotten for the rest. */
			told = tell(&rig, domain, large + PAGE, large + 3 * PAGE - 1, true);
			assert_int_equal(told.count, 1);
			assert_int_equal(told.first[0], large + PAGE);
			assert_int_equal(told.last[0], large + 3 * PAGE - 1);
			told_once(&rig, domain, large, sizes[i]);
			nothing_told(&rig, domain);
		}
		rig_end(&rig);
	}
}

/* Each page of [first, last] but those of one hole is told. */
static void told_but_a_hole(const struct told *told, uint64_t first, uint64_t last, uint64_t hole)
{
	uint64_t at = first;

	for (unsigned i = 0; i < told->count; i++) {
		at += at == hole ? PAGE : 0;
		assert_int_equal(told->first[i], at);
		at = told->last[i] + 1;
	}
	assert_int_equal(at, last + 1);
}

/* 1 GiB gives way to pages of 2 MiB, one of them to pages of 4 KiB. */
static void u13_the_pieces_of_a_written_page_are_written(void **state)
{
	static struct rig rig;
	struct told *told = calloc(1, sizeof(*told));

	(void)state;
	assert_non_null(told);
	for (unsigned lazy = 0; lazy < 2; lazy++) {
		struct domain *domain = begin(&rig, lazy ? DRIVER_LAZY : DRIVER_STRICT);
		uint64_t large = IOVA + 2 * G, hole = large + 6 * M + 5 * PAGE;

		rig_map(&rig, domain, large, 2 * TARGET, G, RW);
		track(&rig, domain, true);
		assert_reaches(&rig, RID, NONE, large + 900 * M, IOASIM_WRITE,
			       2 * TARGET + 900 * M);
		rig_unmap(&rig, domain, hole, PAGE);
		*told = tell(&rig, domain, large + 6 * M, large + 6 * M + 20 * PAGE - 1, false);
		told_but_a_hole(told, large + 6 * M, large + 6 * M + 20 * PAGE - 1, hole);
		*told = tell(&rig, domain, large + 16 * M, large + 48 * M - 1, true);
		told_but_a_hole(told, large + 16 * M, large + 48 * M - 1, 0);
		assert_int_equal(told->count, 16);
		/* Pieces are forgotten one by one. */
		assert_int_equal(tell(&rig, domain, large + 16 * M, large + 48 * M - 1, true).count,
				 0);
		assert_reaches(&rig, RID, NONE, large + 20 * M + 1, IOASIM_WRITE,
			       2 * TARGET + 20 * M + 1);
		*told = tell(&rig, domain, large + 16 * M, large + 48 * M - 1, true);
		assert_int_equal(told->count, 1);
		assert_int_equal(told->first[0], large + 20 * M);
		assert_int_equal(told->last[0], large + 22 * M - 1);
		/* Those of one that nobody wrote to are not. */
		rig_unmap(&rig, domain, large + 24 * M + PAGE, PAGE);
		assert_int_equal(tell(&rig, domain, large + 16 * M, large + 48 * M - 1, true).count,
				 0);
		rig_end(&rig);
	}
	free(told);
}

/* ---- What there is not -------------------------------------------------------------------- */

enum lack { LACKS_SSADS, LACKS_SECOND, LACKS_SCALABLE, LEGACY, LACKS };

static void u13_units_that_cannot_mark_are_refused(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	for (unsigned lack = 0; lack < LACKS; lack++) {
		rig_prepare(&rig);
		rig.config.legacy = lack == LEGACY;
		if (lack == LACKS_SSADS)
			field_set(rig_ecap(&rig), VTD_ECAP_SSADS, 0);
		if (lack == LACKS_SECOND) {
			field_set(rig_ecap(&rig), VTD_ECAP_SSTS, 0);
			field_set(rig_ecap(&rig), VTD_ECAP_NEST, 0);
		}
		if (lack == LACKS_SCALABLE)
			rig_without_scalable(&rig);
		rig_start(&rig);
		assert_int_equal(dirty_create(&rig, DOMAIN_KERNEL, &domain), -ENOTSUP);
		assert_int_equal(dirty_create(&rig, DOMAIN_NEST_PARENT, &domain), -ENOTSUP);
		/* Without the wish there is a domain, and its marks cannot be had later. */
		domain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		assert_int_equal(rig.ops->dirty_enable(rig.driver, domain, true), -EINVAL);
		assert_int_equal(refused(&rig, domain), -EINVAL);
		rig_end(&rig);
	}
}

static void u13_other_kinds_have_no_marks(void **state)
{
	static struct rig rig;
	static const enum domain_kind kinds[] = {DOMAIN_IDENTITY, DOMAIN_BLOCKED, DOMAIN_SVA};
	struct domain_config config = {.kind = DOMAIN_NESTED, .root = PAGE, .dirty = true};
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, false, DRIVER_STRICT);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(dirty_create(&rig, kinds[i], &domain), -ENOTSUP);
		domain = rig_domain(&rig, kinds[i], 0);
		assert_int_equal(rig.ops->dirty_enable(rig.driver, domain, true), -EINVAL);
		assert_int_equal(refused(&rig, domain), -EINVAL);
	}
	config.parent = dirty_domain(&rig, DOMAIN_NEST_PARENT);
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), -ENOTSUP);
	config.dirty = false;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &domain), 0);
	assert_int_equal(rig.ops->dirty_enable(rig.driver, domain, true), -EINVAL);
	rig_end(&rig);
}

/* Where kernel tables are first-stage ones, those with marks are not. */
static void u13_marks_choose_the_second_stage(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, true, DRIVER_STRICT);
	rig_device(&rig, RID);
	domain = dirty_domain(&rig, DOMAIN_KERNEL);
	rig_attach(&rig, RID, 3, domain);
	rig_map(&rig, domain, IOVA, TARGET, PAGE, IOASIM_WRITE);
	track(&rig, domain, true);
	assert_reaches(&rig, RID, 3, IOVA, IOASIM_WRITE, TARGET);
	assert_int_equal(rig_dma(&rig, RID, 3, IOVA, IOASIM_READ).outcome, IOASIM_FAULT);
	told_once(&rig, domain, IOVA, PAGE);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_a_written_page_is_told_once),
		cmocka_unit_test(u13_a_page_that_was_forgotten_is_told_again),
		cmocka_unit_test(u13_pages_that_may_not_be_written_are_not_told),
		cmocka_unit_test(u13_an_unmapped_page_is_not_told),
		cmocka_unit_test(u13_marks_begin_with_the_call),
		cmocka_unit_test(u13_marks_end_with_the_call),
		cmocka_unit_test(u13_enabling_twice_is_enabling_once),
		cmocka_unit_test(u13_a_change_of_ssade_empties_caches_from_the_outside_in),
		cmocka_unit_test(u13_a_later_route_marks_too),
		cmocka_unit_test(u13_a_device_tlb_does_not_hide_writes),
		cmocka_unit_test(u13_a_large_page_is_told_whole),
		cmocka_unit_test(u13_the_pieces_of_a_written_page_are_written),
		cmocka_unit_test(u13_units_that_cannot_mark_are_refused),
		cmocka_unit_test(u13_other_kinds_have_no_marks),
		cmocka_unit_test(u13_marks_choose_the_second_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
