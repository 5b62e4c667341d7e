/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was written through the SMMUv3 driver's tables (3.13): told once after each time it
 * was forgotten, whatever the unit and the devices have cached; HA and HD of the entries,
 * DBM of the leaves; in both stages and all granules.
 */
#include "driver_dirty_smmu.h"

#define MAPPED 16u

/* A device, a domain on its route, 16 pages of it mapped, each a leaf of its own; tracked. */
static struct domain *begin(struct rig *rig, const struct form *form, enum driver_policy policy)
{
	const uint64_t page = UINT64_C(1) << form->granule_lg2;
	struct domain *domain;

	form_prepare(rig, form);
	rig->config.policy = policy;
	rig_start(rig);
	rig_device(rig, RID);
	rig_device(rig, RID2);
	domain = dirty_domain(rig, DOMAIN_KERNEL);
	rig_attach(rig, RID, NONE, domain);
	for (unsigned i = 0; i < MAPPED; i++)
		rig_map(rig, domain, IOVA + i * page, TARGET + i * page, page, RW);
	track(rig, domain, true);
	return domain;
}

/* ---- Pages ---------------------------------------------------------------------------- */

static void u13_a_written_page_is_told_once(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned f = 0; f < FORMS; f++) {
		const uint64_t page = UINT64_C(1) << forms[f].granule_lg2;
		struct domain *domain = begin(&rig, &forms[f], DRIVER_STRICT);
		struct told told;

		nothing_told(&rig, domain);
		for (unsigned i = 0; i < MAPPED; i++)
			assert_reaches(&rig, RID, NONE, IOVA + i * page, IOASIM_READ,
				       TARGET + i * page);
		nothing_told(&rig, domain);

		assert_reaches(&rig, RID, NONE, IOVA + page + 8, IOASIM_WRITE, TARGET + page + 8);
		assert_reaches(&rig, RID, NONE, IOVA + 4 * page, RW, TARGET + 4 * page);
		for (unsigned i = 0; i < 3; i++) {
			/* Asked without forgetting it is there the next time, too. */
			told = tell(&rig, domain, IOVA, IOVA + MAPPED * page - 1, i == 2);
			assert_int_equal(told.count, 2);
			assert_int_equal(told.first[0], IOVA + page);
			assert_int_equal(told.last[0], IOVA + 2 * page - 1);
			assert_int_equal(told.first[1], IOVA + 4 * page);
			assert_int_equal(told.last[1], IOVA + 5 * page - 1);
		}
		nothing_told(&rig, domain);
		/* Outside of the range, whatever is there stays. */
		assert_reaches(&rig, RID, NONE, IOVA + 7 * page, IOASIM_WRITE, TARGET + 7 * page);
		assert_int_equal(tell(&rig, domain, 0, IOVA + 7 * page - 1, true).count, 0);
		assert_int_equal(tell(&rig, domain, IOVA + 8 * page, UINT64_MAX, true).count, 0);
		told_once(&rig, domain, IOVA + 7 * page, page);
		rig_end(&rig);
	}
}

/* The TLB keeps the right to write: without an invalidation behind the clearing of a mark
 * the second write would hit there, and nobody would be told. */
static void u13_a_page_that_was_forgotten_is_told_again(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned f = 0; f < FORMS; f++) {
		const uint64_t page = UINT64_C(1) << forms[f].granule_lg2;
		struct domain *domain = begin(&rig, &forms[f], DRIVER_STRICT);

		for (unsigned i = 0; i < 3; i++) {
			/* AF stands already, so that a read stores nothing. */
			assert_int_equal(flag_updates(&rig, NONE, IOVA + page, IOASIM_READ), 0);
			assert_int_equal(flag_updates(&rig, NONE, IOVA + page, IOASIM_WRITE), 1);
			assert_int_equal(flag_updates(&rig, NONE, IOVA + page, IOASIM_WRITE), 0);
			told_once(&rig, domain, IOVA + page, page);
			nothing_told(&rig, domain);
		}
		rig_end(&rig);
	}
}

/* 3.13.4: what has ended is seen behind a CMD_SYNC; then the page, in the TLB first and in
 * the device's last. */
static void u13_reading_waits_for_marks_and_forgetting_for_caches(void **state)
{
	static struct rig rig;
	struct domain *domain;

	(void)state;
	domain = begin(&rig, &forms[0], DRIVER_STRICT);
	assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
	rig.events = 0;
	assert_int_equal(tell(&rig, domain, IOVA, IOVA + G, false).count, 1);
	ASSERT_COMMANDS(&rig, 0, SYNC);
	rig.events = 0;
	told_once(&rig, domain, IOVA, 4 * K);
	ASSERT_COMMANDS(&rig, 0, SYNC, {VA(0), IOVA | TG(1) | TTL(3) | LEAF}, SYNC,
			{0x40 | SID, IOVA}, SYNC);
	rig.events = 0;
	nothing_told(&rig, domain);
	ASSERT_COMMANDS(&rig, 0, SYNC);
	rig_end(&rig);

	domain = begin(&rig, &forms[3], DRIVER_STRICT);
	assert_reaches(&rig, RID, NONE, IOVA + 4 * K, IOASIM_WRITE, TARGET + 4 * K);
	assert_reaches(&rig, RID, NONE, IOVA + 12 * K, IOASIM_WRITE, TARGET + 12 * K);
	rig.events = 0;
	assert_int_equal(tell(&rig, domain, IOVA, IOVA + G, true).count, 2);
	ASSERT_COMMANDS(&rig, 0, SYNC, {IPA(NUM(2)), (IOVA + 4 * K) | TG(1) | TTL(3) | LEAF}, SYNC,
			{0x40 | SID, IOVA | 2}, SYNC);
	/* Without routes nobody has cached anything, and nobody marks. */
	assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
	rig_detach(&rig, RID, NONE);
	rig.events = 0;
	told_once(&rig, domain, IOVA, 4 * K);
	assert_int_equal(rig.events, 0);
	rig_end(&rig);
}

static void u13_pages_that_may_not_be_written_are_not_told(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned f = 0; f < FORMS; f++) {
		const uint64_t page = UINT64_C(1) << forms[f].granule_lg2;
		struct domain *domain = begin(&rig, &forms[f], DRIVER_STRICT);
		struct place place;

		rig_map(&rig, domain, IOVA + G, TARGET, page, IOASIM_READ);
		place = place_of(&rig, domain, IOVA + G);
		assert_int_equal(place_word(&rig, &place, 0) & DBM, 0);
		assert_faults(&rig, RID, NONE, IOVA + G, IOASIM_WRITE, PERMISSION);
		assert_faults(&rig, RID, NONE, IOVA + G, RW, PERMISSION);
		assert_faults(&rig, RID, NONE, IOVA + MAPPED * page, RW, TRANSLATION);
		nothing_told(&rig, domain);
		rig_end(&rig);
	}
}

/* Stage 2 has pages that can be written and not read. */
static void u13_pages_for_writing_alone_are_told(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, &forms[3], DRIVER_STRICT);

	(void)state;
	rig_map(&rig, domain, IOVA + G, TARGET + G, 4 * K, IOASIM_WRITE);
	assert_faults(&rig, RID, NONE, IOVA + G, IOASIM_READ, PERMISSION);
	nothing_told(&rig, domain);
	for (unsigned i = 0; i < 2; i++) {
		assert_reaches(&rig, RID, NONE, IOVA + G, IOASIM_WRITE, TARGET + G);
		told_once(&rig, domain, IOVA + G, 4 * K);
	}
	assert_faults(&rig, RID, NONE, IOVA + G, IOASIM_READ, PERMISSION);
	rig_end(&rig);
}

/* A clean page can be written, whatever its descriptor says at the moment. */
static void u13_a_look_up_tells_the_right_to_write(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned f = 0; f < FORMS; f++) {
		const uint64_t page = UINT64_C(1) << forms[f].granule_lg2;
		struct domain *domain = begin(&rig, &forms[f], DRIVER_STRICT);
		ioasim_pa_t pa;
		unsigned access;

		rig_map(&rig, domain, IOVA + G, TARGET, page, IOASIM_READ);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(
				rig.ops->lookup(rig.driver, domain, IOVA + 5, &pa, &access), 0);
			assert_int_equal(pa, TARGET + 5);
			assert_int_equal(access, RW);
			assert_int_equal(
				rig.ops->lookup(rig.driver, domain, IOVA + G, &pa, &access), 0);
			assert_int_equal(access, IOASIM_READ);
			assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
		}
		rig_end(&rig);
	}
}

/* A mark belongs to a mapping: it goes with it, and is not inherited. */
static void u13_an_unmapped_page_is_not_told(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned i = 0; i < 2 * FORMS; i++) {
		const struct form *form = &forms[i / 2];
		const uint64_t page = UINT64_C(1) << form->granule_lg2;
		struct domain *domain = begin(&rig, form, i % 2 ? DRIVER_LAZY : DRIVER_STRICT);

		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
		assert_reaches(&rig, RID, NONE, IOVA + page, IOASIM_WRITE, TARGET + page);
		rig_unmap(&rig, domain, IOVA, page);
		told_once(&rig, domain, IOVA + page, page);
		rig_map(&rig, domain, IOVA, TARGET + G, page, RW);
		nothing_told(&rig, domain);
		assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET + G);
		told_once(&rig, domain, IOVA, page);
		rig_end(&rig);
	}
}

/* ---- Devices -------------------------------------------------------------------------- */

static struct ioasim_response ats(struct rig *rig, uint32_t pasid, uint64_t address,
				  unsigned access)
{
	return rig_ask(rig, RID, pasid, address, access, IOASIM_TRANSLATION_REQUEST);
}

/* 3.13.7.1: the mark is set when the device is told that it may write. */
static void u13_what_a_device_may_write_unasked_is_told(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned f = 0; f < FORMS; f++) {
		const uint64_t page = UINT64_C(1) << forms[f].granule_lg2;
		struct domain *domain = begin(&rig, &forms[f], DRIVER_STRICT);

		for (unsigned i = 0; i < 3; i++) {
			struct ioasim_response answer = ats(&rig, NONE, IOVA, IOASIM_READ);
			unsigned at;

			/* NW: the right is kept back where it would take a mark. */
			assert_int_equal(answer.outcome, IOASIM_OK);
			assert_int_equal(answer.access, IOASIM_READ);
			nothing_told(&rig, domain);
			assert_int_equal(ats(&rig, NONE, IOVA, RW).access, RW);
			assert_int_equal(tell(&rig, domain, IOVA, IOVA + G, false).count, 1);
			/* What the device has got it gives back when it is forgotten. */
			rig.events = 0;
			told_once(&rig, domain, IOVA, page);
			at = rig_find(&rig, 0, RIG_ATC, 0);
			assert_int_equal(rig.event[at].atc.requester_id, RID);
			assert_int_equal(rig.event[at].atc.first, IOVA);
			assert_int_equal(rig.event[at].atc.last, IOVA + page - 1);
			assert_int_equal(rig_count(&rig, RIG_ATC, 0), 1);
		}
		rig_end(&rig);
	}
}

/* All routes lead to one table; CDs of PASIDs as well as that of requests without one. */
static void u13_every_route_marks(void **state)
{
	static const struct {
		uint32_t rid, pasid;
	} route[] = {{RID, NONE}, {RID, 7}, {RID2, 9}, {RID, 7}};
	static struct rig rig;
	struct domain *domain = begin(&rig, &forms[0], DRIVER_STRICT);

	(void)state;
	rig_attach(&rig, RID, 7, domain);
	rig_attach(&rig, RID2, 9, domain);
	for (unsigned i = 0; i < 4; i++) {
		assert_reaches(&rig, route[i].rid, route[i].pasid, IOVA, IOASIM_WRITE, TARGET);
		told_once(&rig, domain, IOVA, 4 * K);
	}
	assert_int_equal(ats(&rig, 7, IOVA, RW).access, RW);
	rig.events = 0;
	told_once(&rig, domain, IOVA, 4 * K);
	assert_int_equal(rig_count(&rig, RIG_ATC, 0), 3);
	/* What an ended route has written was written. */
	assert_reaches(&rig, RID2, 9, IOVA, IOASIM_WRITE, TARGET);
	rig_detach(&rig, RID2, 9);
	rig_detach(&rig, RID, 7);
	rig_detach(&rig, RID, NONE);
	told_once(&rig, domain, IOVA, 4 * K);
	rig_attach(&rig, RID2, NONE, domain);
	assert_reaches(&rig, RID2, NONE, IOVA, IOASIM_WRITE, TARGET);
	told_once(&rig, domain, IOVA, 4 * K);
	rig_end(&rig);
}

/* ---- Entries -------------------------------------------------------------------------- */

static uint64_t peek(struct rig *rig, uint64_t address)
{
	uint64_t word = 0;

	assert_int_equal(ioasim_memory_read64(rig->memory, address, &word), 0);
	return word;
}

/* STE of RID, and CD 0. */
static uint64_t ste_of(struct rig *rig)
{
	uint64_t l1std = peek(rig, rig_inside(rig)->streams.base + (RID >> 8) * 8);

	return (l1std & 0xfffffffffffc0) + (RID & 0xff) * 64;
}

static uint64_t cd_of(struct rig *rig)
{
	uint64_t table = peek(rig, ste_of(rig)) & 0xfffffffffffc0;

	/* RID has 20 bits of PASID, so that the table has two levels: leaves of 64 KiB. */
	return peek(rig, table) & 0xffffffffff000;
}

/* 5.2, 5.4: STE words 2: S2HD 55, S2HA 56; CD word 0: HD 42, HA 43. Whether it is tracked
 * changes nothing, so that no write is refused at any time. */
static void u13_entries_of_such_a_domain_have_ha_and_hd(void **state)
{
	static struct rig rig;

	(void)state;
	for (unsigned f = 0; f < FORMS; f += 3) {
		struct domain *domain = begin(&rig, &forms[f], DRIVER_STRICT), *plain;
		unsigned low = forms[f].stage1 ? 42 : 55;

		plain = rig_domain(&rig, DOMAIN_KERNEL, 0);
		rig_map(&rig, plain, IOVA, TARGET, 4 * K, RW);
		for (unsigned i = 0; i < 2; i++) {
			uint64_t at = forms[f].stage1 ? cd_of(&rig) : ste_of(&rig) + 16;

			rig.events = 0;
			track(&rig, domain, false);
			assert_int_equal(peek(&rig, at) >> low & 3, 3);
			assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
			assert_int_equal(refused(&rig, domain), -EINVAL);
			track(&rig, domain, true);
			track(&rig, domain, true);
			assert_int_equal(rig.events, 0);
			/* Of a domain that need not know: none, and no DBM. */
			rig_attach(&rig, RID, NONE, plain);
			assert_int_equal(peek(&rig, at) >> low & 3, 0);
			assert_int_equal(flag_updates(&rig, NONE, IOVA, IOASIM_WRITE), 0);
			assert_int_equal(peek(&rig, place_of(&rig, plain, IOVA).at) & DBM, 0);
			rig_attach(&rig, RID, NONE, domain);
		}
		rig_end(&rig);
	}
}

/* ---- Refusals ------------------------------------------------------------------------- */

static void u13_units_that_cannot_mark_are_refused(void **state)
{
	/* IDR0: HTTU, COHACC. */
	static const struct {
		uint64_t clear, set;
		int error;
	} rows[] = {
		{0, RIG_HTTU(0), -ENOTSUP}, {0, RIG_HTTU(1), -ENOTSUP},  {0, RIG_HTTU(2), 0},
		{0, RIG_HTTU(3), 0},        {16, RIG_HTTU(2), -ENOTSUP}, {1, RIG_HTTU(2), 0},
		{2, RIG_HTTU(2), 0},
	};
	static struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool two = !(rows[i].clear & 3);
		struct domain *domain;

		rig_prepare(&rig);
		rig_set(&rig, "idr0", (RIG_IDR0 & ~rows[i].clear) | rows[i].set);
		rig_start(&rig);
		rig_device(&rig, RID);
		assert_int_equal(dirty_create(&rig, DOMAIN_KERNEL, &domain), rows[i].error);
		if (domain) {
			rig_attach(&rig, RID, NONE, domain);
			rig_map(&rig, domain, IOVA, TARGET, 4 * K, RW);
			track(&rig, domain, true);
			assert_reaches(&rig, RID, NONE, IOVA, RW, TARGET);
			told_once(&rig, domain, IOVA, 4 * K);
		}
		assert_int_equal(dirty_create(&rig, DOMAIN_NEST_PARENT, &domain),
				 two ? rows[i].error : -ENOTSUP);
		rig_end(&rig);
	}
}

static void u13_other_domains_are_refused(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, &forms[0], DRIVER_STRICT), *other;
	struct domain_config config = {.kind = DOMAIN_NESTED_PASID, .dirty = true};

	(void)state;
	assert_int_equal(dirty_create(&rig, DOMAIN_SVA, &other), -ENOTSUP);
	assert_int_equal(dirty_create(&rig, DOMAIN_IDENTITY, &other), -ENOTSUP);
	assert_int_equal(dirty_create(&rig, DOMAIN_BLOCKED, &other), -ENOTSUP);
	config.parent = dirty_domain(&rig, DOMAIN_NEST_PARENT);
	config.root = GUEST_CD;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &other), -ENOTSUP);
	config.dirty = false;
	assert_int_equal(rig.ops->domain_create(rig.driver, &config, &other), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rig.ops->dirty_enable(rig.driver, other, true), -EINVAL);
		assert_int_equal(rig.ops->dirty_enable(rig.driver, other, false), -EINVAL);
		assert_int_equal(refused(&rig, other), -EINVAL);
		other = rig_domain(&rig, DOMAIN_KERNEL, 0);
	}
	assert_int_equal(refused(&rig, config.parent), -EINVAL); /* not tracked */
	assert_int_equal(rig.ops->dirty_read(rig.driver, domain, IOVA + 1, IOVA, false, told_add,
					     NULL),
			 -EINVAL);
	rig_end(&rig);
}

/* The ring cannot be read: nothing can be promised. */
static void u13_a_queue_that_stops_is_an_error(void **state)
{
	static struct rig rig;
	struct domain *domain = begin(&rig, &forms[0], DRIVER_STRICT);

	(void)state;
	assert_reaches(&rig, RID, NONE, IOVA, IOASIM_WRITE, TARGET);
	assert_int_equal(ioasim_memory_abort(rig.memory, rig_inside(&rig)->queue,
					     rig_inside(&rig)->queue + 4095),
			 0);
	assert_int_equal(refused(&rig, domain), -EIO);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_a_written_page_is_told_once),
		cmocka_unit_test(u13_a_page_that_was_forgotten_is_told_again),
		cmocka_unit_test(u13_reading_waits_for_marks_and_forgetting_for_caches),
		cmocka_unit_test(u13_pages_that_may_not_be_written_are_not_told),
		cmocka_unit_test(u13_pages_for_writing_alone_are_told),
		cmocka_unit_test(u13_a_look_up_tells_the_right_to_write),
		cmocka_unit_test(u13_an_unmapped_page_is_not_told),
		cmocka_unit_test(u13_what_a_device_may_write_unasked_is_told),
		cmocka_unit_test(u13_every_route_marks),
		cmocka_unit_test(u13_entries_of_such_a_domain_have_ha_and_hd),
		cmocka_unit_test(u13_units_that_cannot_mark_are_refused),
		cmocka_unit_test(u13_other_domains_are_refused),
		cmocka_unit_test(u13_a_queue_that_stops_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
