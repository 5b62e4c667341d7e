/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of stalls that the event queue of SMMUv3 cannot take: they wait, or the
 * transaction is retried when it can (7.2.1, 4.7.3).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GERROR      0x60u
#define GERRORN     0x64u
#define EVENTQ_BASE 0xa0u
#define EVENTQ_PROD 0x100a8u
#define EVENTQ_CONS 0x100acu

#define STALL BIT(31)
#define RNW   BIT(35)
#define IN    BIT(41)

#define RESUME(sid)     (UINT64_C(0x44) | (uint64_t)(sid) << 32)
#define ABORT           BIT(13)
#define STALL_TERM(sid) (UINT64_C(0x45) | (uint64_t)(sid) << 32)
#define NSNH_ALL        UINT64_C(0x30)
#define SYNC            UINT64_C(0x46)

/* The page is not mapped, and faults of stage 1 stall. */
static void open_unit(struct stab *t, struct ioasim_unit_config *config)
{
	stab_open_with(t, config);
	stab_build(t, STAB_S1);
	stab_change(t, CD_0, 0, CD_S);
	stab_change(t, S1_LEVEL_0, 1, 0);
	stab_start(t);
}

static void open_plain(struct stab *t)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	open_unit(t, &config);
}

static void repair(struct stab *t)
{
	stab_change(t, S1_LEVEL_0, 0, 1);
}

/* A request that stalls; its tag. */
static uint16_t stall(struct stab *t)
{
	struct ioasim_response r = stab_read(t, STAB_IOVA);

	assert_int_equal(r.outcome, IOASIM_STALLED);
	assert_int_equal(r.fault.code, 0x10);
	return r.tag;
}

/* The next event is that of a stall under this tag. */
static void expect_record(struct stab *t, unsigned tag)
{
	uint64_t record[4];

	if (!srig_event(&t->rig, record))
		fail_msg("no record of tag %u", tag);
	assert_int_equal(record[0], UINT64_C(0x10) | (uint64_t)STAB_SID << 32);
	assert_int_equal(record[1], tag | STALL | RNW | IN);
	assert_int_equal(record[2], STAB_IOVA);
	assert_int_equal(record[3], 0);
}

static void expect_no_record(struct stab *t)
{
	uint64_t record[4];

	assert_false(srig_event(&t->rig, record));
}

static void expect_end(const struct stab *t, unsigned index, unsigned tag, unsigned outcome)
{
	const struct srig_end *end = &t->rig.end[index];

	assert_true(t->rig.ends > index);
	if (end->tag != tag || end->response.outcome != outcome)
		fail_msg("tag %u ended with %u instead of tag %u with %u", end->tag,
			 end->response.outcome, tag, outcome);
}

/* ---- An event queue that cannot be written (7.2.1) ------------------------------------------------ */

/* A queue of two events, and that many stalls. */
static void open_full(struct stab *t, unsigned stalls)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	open_unit(t, &config);
	srig_cr0(&t->rig, 0, CR0_EVENTQEN);
	srig_write64(&t->rig, EVENTQ_BASE, SRIG_EVENTQ | 1);
	srig_cr0(&t->rig, CR0_EVENTQEN, 0);
	for (unsigned i = 0; i < stalls; i++)
		assert_int_equal(stall(t), i);
}

static unsigned tag_at(struct stab *t, unsigned slot)
{
	assert_true(srig_peek(&t->rig, SRIG_EVENTQ + slot * 32 + 8) & STALL);
	return srig_peek(&t->rig, SRIG_EVENTQ + slot * 32 + 8) & 0xffff;
}

static void records_wait_for_room_in_their_order(void **state)
{
	const struct ioasim_counters *c;
	struct stab t;

	(void)state;
	open_full(&t, 5);
	c = ioasim_unit_counters(t.rig.unit);
	/* 7.4: stalls do not overflow the queue. */
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 2);
	assert_int_equal(c->faults_recorded, 2);
	assert_int_equal(tag_at(&t, 0), 0);
	assert_int_equal(tag_at(&t, 1), 1);
	srig_write32(&t.rig, EVENTQ_CONS, 1);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 3);
	assert_int_equal(tag_at(&t, 0), 2);
	/* A new one does not overtake those that wait. */
	assert_int_equal(stall(&t), 5);
	srig_write32(&t.rig, EVENTQ_CONS, 3);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 1);
	assert_int_equal(tag_at(&t, 1), 3);
	assert_int_equal(tag_at(&t, 0), 4);
	srig_write32(&t.rig, EVENTQ_CONS, 1);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 2);
	assert_int_equal(tag_at(&t, 1), 5);
	assert_int_equal(c->faults_recorded, 6);
	assert_int_equal(c->faults[0x10], 6);
	stab_close(&t);
}

static void records_wait_for_eventqen(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	srig_cr0(&t.rig, 0, CR0_EVENTQEN);
	stall(&t);
	stall(&t);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 0);
	srig_cr0(&t.rig, CR0_EVENTQEN, 0);
	expect_record(&t, 0);
	expect_record(&t, 1);
	expect_no_record(&t);
	stab_close(&t);
}

/* 7.2.2: the record whose write aborted is lost, those after it wait. */
static void an_abort_loses_one_record_and_no_transaction(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, SRIG_EVENTQ, SRIG_EVENTQ + 31), 0);
	stall(&t);
	assert_int_equal(srig_read32(&t.rig, GERROR), 4);
	stall(&t);
	ioasim_memory_clear_aborts(t.rig.memory);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 0);
	srig_write32(&t.rig, GERRORN, 4);
	expect_record(&t, 1);
	expect_no_record(&t);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0);
	expect_end(&t, 0, 0, IOASIM_FAULT);
	stab_close(&t);
}

static void a_stall_that_has_ended_leaves_no_record(void **state)
{
	struct stab t;

	(void)state;
	open_full(&t, 6);
	/* The middle, the last and the first of those that wait. */
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 3);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 5);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 2);
	srig_write32(&t.rig, EVENTQ_CONS, 2);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 3);
	assert_int_equal(tag_at(&t, 0), 4);
	srig_command(&t.rig, STALL_TERM(STAB_SID), 0);
	srig_write32(&t.rig, EVENTQ_CONS, 3);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 3);
	stab_close(&t);
}

/* 4.7.3: a record of what was invalidated before a SYNC is not written: a retry is. */
static void a_completed_invalidation_makes_the_unrecorded_be_retried(void **state)
{
	struct stab t;

	(void)state;
	open_full(&t, 5);
	repair(&t);
	srig_command(&t.rig, NSNH_ALL, 0);
	srig_command(&t.rig, SYNC, 0);
	assert_int_equal(t.rig.ends, 0);
	srig_write32(&t.rig, EVENTQ_CONS, 1);
	/* 0 and 1 have been recorded and wait; the others go through. */
	assert_int_equal(t.rig.ends, 3);
	for (unsigned i = 0; i < 3; i++)
		expect_end(&t, i, i + 2, IOASIM_OK);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 2);
	stab_close(&t);
}

/* The SYNC counts for those that waited then. */
static void a_later_sync_alone_makes_nothing_be_retried(void **state)
{
	struct stab t;

	(void)state;
	open_full(&t, 2);
	srig_command(&t.rig, NSNH_ALL, 0);
	srig_command(&t.rig, SYNC, 0);
	assert_int_equal(stall(&t), 2);
	repair(&t);
	srig_command(&t.rig, SYNC, 0);
	srig_write32(&t.rig, EVENTQ_CONS, 2);
	assert_int_equal(t.rig.ends, 0);
	assert_int_equal(tag_at(&t, 0), 2);
	stab_close(&t);
}

/* One that faults again has a record of now. */
static void a_retried_one_that_faults_is_recorded_anew(void **state)
{
	struct stab t;

	(void)state;
	open_full(&t, 4);
	repair(&t);
	stab_change(&t, S1_LEVEL_0, PTE_AF, 0);
	srig_command(&t.rig, NSNH_ALL, 0);
	srig_command(&t.rig, SYNC, 0);
	srig_write32(&t.rig, EVENTQ_CONS, 2);
	assert_int_equal(t.rig.ends, 0);
	assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 0);
	for (unsigned slot = 0; slot < 2; slot++) {
		assert_int_equal(srig_peek(&t.rig, SRIG_EVENTQ + slot * 32) & 0xff, 0x12);
		assert_int_equal(tag_at(&t, slot), slot + 2);
	}
	stab_close(&t);
}

/* 3.12.2.2: without that nothing is retried early. */
static void without_a_completed_invalidation_the_first_record_is_written(void **state)
{
	static const uint64_t commands[][2] = {{0, 0}, {SYNC, 0}, {NSNH_ALL, 0}, {SYNC, NSNH_ALL}};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct stab t;

		open_full(&t, 3);
		repair(&t);
		for (unsigned n = 0; n < 2; n++)
			if (commands[i][n])
				srig_command(&t.rig, commands[i][n], 0);
		srig_write32(&t.rig, EVENTQ_CONS, 2);
		assert_int_equal(t.rig.ends, 0);
		assert_int_equal(srig_read32(&t.rig, EVENTQ_PROD), 3);
		assert_int_equal(tag_at(&t, 0), 2);
		stab_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_wait_for_room_in_their_order),
		cmocka_unit_test(records_wait_for_eventqen),
		cmocka_unit_test(an_abort_loses_one_record_and_no_transaction),
		cmocka_unit_test(a_stall_that_has_ended_leaves_no_record),
		cmocka_unit_test(a_completed_invalidation_makes_the_unrecorded_be_retried),
		cmocka_unit_test(a_later_sync_alone_makes_nothing_be_retried),
		cmocka_unit_test(a_retried_one_that_faults_is_recorded_anew),
		cmocka_unit_test(without_a_completed_invalidation_the_first_record_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
