/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was written through the AMD-Vi driver's host tables (rule U13): HAD in device
 * table entries, D in leaves (2.2.2.1, 2.2.3), and the commands that keep caches from
 * letting a write through without its mark. The unit's caches are on.
 */
#include "amdvi_dirty_rig.h"

/* EFR bits 49 and 52 (3.4.11): HASup and HDSup. */
#define HAS_SUP (UINT64_C(1) << 49)
#define HDS_SUP (UINT64_C(1) << 52)
#define HATS    (UINT64_C(3) << 10) /* 3: no host tables */

/* ---- Pages ------------------------------------------------------------------------------ */

/* Pages whose physical ones lie apart, so that each is a leaf of its own. */
static void map_apart(struct rig *rig, struct domain *domain, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		rig_map(rig, domain, IOVA + i * PAGE, TARGET + 2 * i * PAGE, PAGE, RW);
}

static void u13_written_pages_are_told(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);

	(void)state;
	map_apart(&rig, domain, 16);
	TELLS_NONE(&rig, domain);
	writes(&rig, RID, IOVA + 3 * PAGE + 8);
	writes(&rig, RID, IOVA + 3 * PAGE + 80);
	writes(&rig, RID, IOVA + 9 * PAGE);
	reads(&rig, RID, IOVA + 5 * PAGE);
	TELLS(&rig, domain, {IOVA + 3 * PAGE, PAGE}, {IOVA + 9 * PAGE, PAGE});
	/* Only what is asked for, and what is not is not forgotten. */
	expect_told(&rig, domain, IOVA + 4 * PAGE, 8 * PAGE, true, LIST({IOVA + 9 * PAGE, PAGE}));
	CLEARED(&rig, domain, {IOVA + 3 * PAGE, PAGE});
	TELLS_NONE(&rig, domain);
	rig_end(&rig);
}

/* The unit has the translation, with its mark: it must not write through that. */
static void u13_a_page_written_after_clearing_is_told_again(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);
	uint32_t id = rig.ops->domain_tag(domain);

	(void)state;
	map_apart(&rig, domain, 4);
	for (unsigned i = 0; i < 3; i++) {
		writes(&rig, RID, IOVA + PAGE);
		writes(&rig, RID, IOVA + 2 * PAGE);
		rig.events = 0;
		CLEARED(&rig, domain, {IOVA + PAGE, PAGE}, {IOVA + 2 * PAGE, PAGE});
		/* Pages 1 and 2 lie in the block of four: its bit 12 is 1, bit 13 is 0. */
		EXPECT(&rig, {{PAGES(id), (IOVA + PAGE) | PDE | S}}, WAIT);
		reads(&rig, RID, IOVA + PAGE);
		TELLS_NONE(&rig, domain);
	}
	/* Nothing was cleared: nothing is invalidated. */
	rig.events = 0;
	expect_told(&rig, domain, 0, 64 * G, true, NOTHING);
	EXPECT_NONE(&rig);
	rig_end(&rig);
}

/* An atomic operation writes; what the tables refuse does not. */
static void u13_only_what_was_written_is_told(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);

	(void)state;
	rig_map(&rig, domain, IOVA, TARGET, PAGE, IOASIM_READ);
	rig_map(&rig, domain, IOVA + PAGE, TARGET + 8 * PAGE, PAGE, RW);
	assert_refused(&rig, RID, NONE, IOVA + 2 * PAGE);
	assert_faults(&rig, RID, NONE, IOVA, IOASIM_WRITE, IO_PAGE_FAULT);
	reads(&rig, RID, IOVA);
	TELLS_NONE(&rig, domain);
	assert_reaches(&rig, RID, NONE, IOVA + PAGE, RW, TARGET + 8 * PAGE);
	TELLS(&rig, domain, {IOVA + PAGE, PAGE});
	/* Unmapped and mapped anew, it has not been written. */
	rig_unmap(&rig, domain, IOVA + PAGE, PAGE);
	rig_map(&rig, domain, IOVA + PAGE, TARGET + 8 * PAGE, PAGE, RW);
	TELLS_NONE(&rig, domain);
	writes(&rig, RID, IOVA + PAGE);
	TELLS(&rig, domain, {IOVA + PAGE, PAGE});
	rig_end(&rig);
}

/* ---- Switching on and off ------------------------------------------------------------------ */

static void u13_tracking_is_switched_on_and_off(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_plain_device(&rig, RID);
	rig_plain_device(&rig, RID2);
	domain = dirty_domain(&rig, DOMAIN_KERNEL);
	map_apart(&rig, domain, 8);
	rig_attach(&rig, RID, NONE, domain);
	rig_attach(&rig, RID2, NONE, domain);
	assert_int_equal(had_of(&rig, RID), 0);
	assert_int_equal(refused(&rig, domain), -EINVAL);
	writes(&rig, RID, IOVA); /* before: not told */
	writes(&rig, RID, IOVA + PAGE);

	track(&rig, domain, true);
	assert_int_equal(had_of(&rig, RID), HAD);
	assert_int_equal(had_of(&rig, RID2), HAD);
	TELLS_NONE(&rig, domain);
	/* Cached since before, without a mark. */
	writes(&rig, RID, IOVA + PAGE);
	writes(&rig, RID2, IOVA + 2 * PAGE);
	CLEARED(&rig, domain, {IOVA + PAGE, PAGE}, {IOVA + 2 * PAGE, PAGE});

	track(&rig, domain, false);
	assert_int_equal(had_of(&rig, RID), 0);
	assert_int_equal(had_of(&rig, RID2), 0);
	assert_int_equal(refused(&rig, domain), -EINVAL);
	writes(&rig, RID, IOVA + 4 * PAGE);
	track(&rig, domain, true);
	TELLS_NONE(&rig, domain);
	writes(&rig, RID, IOVA + 4 * PAGE);
	TELLS(&rig, domain, {IOVA + 4 * PAGE, PAGE});
	/* Again on: nothing to do. */
	rig.events = 0;
	track(&rig, domain, true);
	EXPECT_NONE(&rig);
	rig_end(&rig);
}

/* The entries, then translations, then what devices hold, each complete before the next. */
static void u13_switching_invalidates_entries_then_pages_then_devices(void **state)
{
	static struct rig rig;
	struct domain *domain;
	uint32_t id;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	domain = dirty_domain(&rig, DOMAIN_KERNEL);
	id = rig.ops->domain_tag(domain);
	rig.events = 0;
	track(&rig, domain, true);
	EXPECT_NONE(&rig); /* nothing leads there */
	track(&rig, domain, false);
	rig_plain_device(&rig, RID2);
	rig_ats_device(&rig, RID);
	rig_attach(&rig, RID2, NONE, domain);
	rig_attach(&rig, RID, NONE, domain);
	for (unsigned i = 0; i < 2; i++) {
		rig.events = 0;
		track(&rig, domain, i == 0);
		EXPECT(&rig, {{DEVTAB(RID), 0}}, {{DEVTAB(RID2), 0}}, WAIT,
		       {{PAGES(id), ALL | PDE | S}}, WAIT, {{IOTLB(RID), ALL | S}}, WAIT);
	}
	rig_end(&rig);
}

static void u13_routes_made_later_are_tracked(void **state)
{
	static struct rig rig;
	struct domain *domain, *other, *plain;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_plain_device(&rig, RID);
	domain = dirty_domain(&rig, DOMAIN_KERNEL);
	other = dirty_domain(&rig, DOMAIN_KERNEL);
	plain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	map_apart(&rig, domain, 4);
	map_apart(&rig, other, 4);
	rig_map(&rig, plain, IOVA, TARGET, PAGE, RW);
	rig_attach(&rig, RID, NONE, plain);
	writes(&rig, RID, IOVA);
	track(&rig, domain, true);
	assert_int_equal(had_of(&rig, RID), 0);
	rig_attach(&rig, RID, NONE, domain);
	assert_int_equal(had_of(&rig, RID), HAD);
	writes(&rig, RID, IOVA);
	TELLS(&rig, domain, {IOVA, PAGE});
	/* Away to a domain that is not tracked, which others' tracking is not of. */
	rig_attach(&rig, RID, NONE, other);
	assert_int_equal(had_of(&rig, RID), 0);
	writes(&rig, RID, IOVA + PAGE);
	TELLS(&rig, domain, {IOVA, PAGE});
	track(&rig, other, true);
	TELLS_NONE(&rig, other);
	/* What a domain knows stays while nothing leads to it. */
	CLEARED(&rig, domain, {IOVA, PAGE});
	rig_attach(&rig, RID, NONE, domain);
	writes(&rig, RID, IOVA + PAGE);
	TELLS(&rig, domain, {IOVA + PAGE, PAGE});
	rig_detach(&rig, RID, NONE);
	assert_int_equal(had_of(&rig, RID), 0);
	TELLS(&rig, domain, {IOVA + PAGE, PAGE});
	rig_end(&rig);
}

/* CmdBufEn (2.4, Control bit 12) falls: what was asked for is not done, nor half done. */
static void u13_a_switch_that_fails_changes_nothing(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_plain_device(&rig, RID);
	domain = dirty_domain(&rig, DOMAIN_KERNEL);
	map_apart(&rig, domain, 2);
	rig_attach(&rig, RID, NONE, domain);
	for (unsigned i = 0; i < 2; i++) {
		bool tracked = i == 1;

		assert_int_equal(ioasim_mmio_write(rig.unit, 0x18, 8,
						   rig_register(&rig, 0x18) & ~UINT64_C(0x1000)),
				 0);
		assert_int_equal(rig.ops->dirty_enable(rig.driver, domain, !tracked), -EIO);
		assert_int_equal(had_of(&rig, RID), tracked ? HAD : 0);
		if (!tracked)
			assert_int_equal(refused(&rig, domain), -EINVAL);
		writes(&rig, RID, IOVA);
		track(&rig, domain, true);
		if (tracked)
			TELLS(&rig, domain, {IOVA, PAGE});
		else
			TELLS_NONE(&rig, domain);
	}
	rig_end(&rig);
}

static void u13_a_dead_unit_is_told_of(void **state)
{
	static struct rig rig;
	struct domain *domain = dirty_start(&rig, DRIVER_STRICT);
	struct told told = {.count = 0};

	(void)state;
	map_apart(&rig, domain, 2);
	writes(&rig, RID, IOVA + PAGE);
	assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->done,
					     rig_inside(&rig)->done + 7),
			 0);
	/* It was written, whatever may have been written since. */
	assert_int_equal(rig.ops->dirty_read(rig.driver, domain, 0, 64 * G - 1, true, told_add,
					     &told),
			 -EIO);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.first[0], IOVA + PAGE);
	assert_int_equal(rig.ops->dirty_enable(rig.driver, domain, false), -EIO);
	assert_int_equal(had_of(&rig, RID), HAD);
	rig_end(&rig);
}

/* ---- Devices with translations of their own --------------------------------------------- */

/* What the device is told it may do. */
static unsigned asks(struct rig *rig, uint64_t iova, unsigned access)
{
	struct ioasim_response answer =
		rig_ask(rig, RID, NONE, iova, access, IOASIM_TRANSLATION_REQUEST);

	assert_int_equal(answer.outcome, IOASIM_OK);
	return answer.access;
}

static void u13_what_a_device_may_write_from_its_cache_is_told(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	rig_ats_device(&rig, RID);
	domain = dirty_domain(&rig, DOMAIN_KERNEL);
	map_apart(&rig, domain, 4);
	rig_attach(&rig, RID, NONE, domain);
	/* Not tracked: the right to write is told and nothing marked. */
	assert_int_equal(asks(&rig, IOVA, IOASIM_READ) & RW, RW);
	rig.events = 0;
	track(&rig, domain, true);
	assert_true(device_forgot(&rig, RID, IOVA, IOVA + PAGE - 1));
	TELLS_NONE(&rig, domain);

	/* The no-write flag keeps the page clean, and the device from writing. */
	assert_int_equal(asks(&rig, IOVA, IOASIM_READ) & RW, IOASIM_READ);
	TELLS_NONE(&rig, domain);
	assert_int_equal(asks(&rig, IOVA, RW) & RW, RW);
	TELLS(&rig, domain, {IOVA, PAGE});
	rig.events = 0;
	CLEARED(&rig, domain, {IOVA, PAGE});
	assert_true(device_forgot(&rig, RID, IOVA, IOVA + PAGE - 1));
	assert_int_equal(asks(&rig, IOVA, IOASIM_READ) & RW, IOASIM_READ);
	assert_int_equal(asks(&rig, IOVA, RW) & RW, RW);
	TELLS(&rig, domain, {IOVA, PAGE});
	rig_end(&rig);
}

/* ---- What there is no tracking for --------------------------------------------------------------- */

static void u13_units_without_marks_make_no_tracked_domain(void **state)
{
	static struct rig rig;
	/* HDSup is of no use without HASup: HAD=3 needs both. */
	struct domain *domain;
	static const uint64_t lacks[] = {HAS_SUP, HDS_SUP, HAS_SUP | HDS_SUP};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		rig_prepare(&rig);
		if (i < 3)
			*rig_efr(&rig) &= ~lacks[i];
		else
			*rig_efr(&rig) |= HATS;
		rig_start(&rig);
		assert_int_equal(dirty_create(&rig, DOMAIN_KERNEL, &domain), -ENOTSUP);
		assert_int_equal(dirty_create(&rig, DOMAIN_NEST_PARENT, &domain), -ENOTSUP);
		(void)rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_end(&rig);
	}
}

static void u13_other_kinds_of_domains_are_not_tracked(void **state)
{
	static const enum domain_kind kinds[] = {DOMAIN_IDENTITY, DOMAIN_BLOCKED, DOMAIN_SVA};
	static struct rig rig;
	struct domain *plain, *domain;

	(void)state;
	rig_begin(&rig, false, DRIVER_STRICT);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(dirty_create(&rig, kinds[i], &domain), -ENOTSUP);
	plain = rig_domain(&rig, DOMAIN_KERNEL, 0);
	assert_int_equal(rig.ops->dirty_enable(rig.driver, plain, true), -EINVAL);
	assert_int_equal(rig.ops->dirty_enable(rig.driver, plain, false), -EINVAL);
	assert_int_equal(refused(&rig, plain), -EINVAL);
	rig_end(&rig);
}

/* Guest tables, which PASIDs need, have no marks that can be switched: the domain keeps
 * its host table even where others have guest tables. */
static void u13_tracked_domains_have_host_tables_and_no_pasids(void **state)
{
	static struct rig rig;
	struct domain *domain, *plain;

	(void)state;
	for (unsigned stage1 = 0; stage1 < 2; stage1++) {
		rig_begin(&rig, stage1, DRIVER_STRICT);
		rig_plain_device(&rig, RID);
		rig_plain_device(&rig, RID2);
		domain = dirty_domain(&rig, DOMAIN_KERNEL);
		plain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		map_apart(&rig, domain, 2);
		track(&rig, domain, true);
		/* On a PASID; beside one. */
		assert_int_equal(rig.ops->attach(rig.driver, RID, 5, domain), -EINVAL);
		rig_attach(&rig, RID, 5, plain);
		assert_int_equal(rig.ops->attach(rig.driver, RID, NONE, domain), -EINVAL);
		assert_refused(&rig, RID, NONE, IOVA);
		rig_attach(&rig, RID2, NONE, domain);
		assert_int_equal(rig.ops->attach(rig.driver, RID2, 5, plain), -EINVAL);
		assert_int_equal(had_of(&rig, RID2), HAD);
		writes(&rig, RID2, IOVA + PAGE);
		CLEARED(&rig, domain, {IOVA + PAGE, PAGE});
		writes(&rig, RID2, IOVA + PAGE);
		TELLS(&rig, domain, {IOVA + PAGE, PAGE});
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_written_pages_are_told),
		cmocka_unit_test(u13_a_page_written_after_clearing_is_told_again),
		cmocka_unit_test(u13_only_what_was_written_is_told),
		cmocka_unit_test(u13_tracking_is_switched_on_and_off),
		cmocka_unit_test(u13_switching_invalidates_entries_then_pages_then_devices),
		cmocka_unit_test(u13_routes_made_later_are_tracked),
		cmocka_unit_test(u13_a_switch_that_fails_changes_nothing),
		cmocka_unit_test(u13_a_dead_unit_is_told_of),
		cmocka_unit_test(u13_what_a_device_may_write_from_its_cache_is_told),
		cmocka_unit_test(u13_units_without_marks_make_no_tracked_domain),
		cmocka_unit_test(u13_other_kinds_of_domains_are_not_tracked),
		cmocka_unit_test(u13_tracked_domains_have_host_tables_and_no_pasids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
