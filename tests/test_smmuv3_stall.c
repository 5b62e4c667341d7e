/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stalled transactions of SMMUv3: tags and records (3.12.2), CMD_RESUME and CMD_STALL_TERM
 * (4.7.1, 4.7.2), SMMUEN (6.3.9.6), STALL_MAX (6.3.6).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STALL BIT(31)
#define RNW   BIT(35)
#define S2    BIT(39)
#define IN    BIT(41)

#define RESUME(sid)     (UINT64_C(0x44) | (uint64_t)(sid) << 32)
#define RETRY           BIT(12)
#define ABORT           BIT(13)
#define STALL_TERM(sid) (UINT64_C(0x45) | (uint64_t)(sid) << 32)
#define CFGI_STE(sid)   (UINT64_C(0x03) | (uint64_t)(sid) << 32)

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

/* ---- Tags and records ---------------------------------------------------------------------- */

static void a_stall_is_recorded_under_the_smallest_free_tag(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	for (unsigned tag = 0; tag < 5; tag++) {
		assert_int_equal(stall(&t), tag);
		expect_record(&t, tag);
	}
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 3);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 1);
	assert_int_equal(stall(&t), 1);
	assert_int_equal(stall(&t), 3);
	assert_int_equal(stall(&t), 5);
	expect_record(&t, 1);
	expect_record(&t, 3);
	expect_record(&t, 5);
	expect_no_record(&t);
	stab_close(&t);
}

/* 3.12: CD.R has no part in it. */
static void a_stall_is_recorded_whatever_r_says(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	stab_change(&t, CD_0, CD_R, 0);
	stall(&t);
	expect_record(&t, 0);
	stab_close(&t);
}

/* 3.12: a fault of stage 2 obeys S2S, also that of a table or the CD. */
static void faults_of_stage_2_stall_by_s2s(void **state)
{
	static const struct {
		enum stab_where where;
		uint64_t class;
	} cases[] = {{S2_LEVEL_0, IN}, {S2_PAGE_OF_S1_0, BIT(40)}, {S2_PAGE_OF_CD, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_response r;
		uint64_t record[4];
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_NESTED);
		stab_change(&t, STE_2, STE_S2R, STE_S2S);
		stab_change(&t, cases[i].where, 1, 0);
		stab_start(&t);
		r = stab_read(&t, STAB_IOVA);
		assert_int_equal(r.outcome, IOASIM_STALLED);
		assert_true(srig_event(&t.rig, record));
		assert_int_equal(record[1], STALL | RNW | S2 | cases[i].class);
		stab_change(&t, cases[i].where, 0, 1);
		srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 0);
		expect_end(&t, 0, 0, IOASIM_OK);
		assert_int_equal(t.rig.end[0].response.pa, STAB_FRAME);
		stab_close(&t);
	}
}

/* 3.12: only the four translation faults stall. */
static void other_faults_do_not_stall(void **state)
{
	uint64_t at;
	struct stab t;

	(void)state;
	open_plain(&t);
	at = stab_place(&t, S1_LEVEL_1);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, at, at + 7), 0);
	assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_FAULT);
	ioasim_memory_clear_aborts(t.rig.memory);
	stab_change(&t, CD_0, CD_V, 0);
	srig_command(&t.rig, CFGI_STE(STAB_SID), 0);
	assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_FAULT);
	stab_close(&t);
}

/* ---- CMD_RESUME ----------------------------------------------------------------------------- */

static void a_retry_is_translated_with_what_is_there_now(void **state)
{
	struct ioasim_request write = stab_request(STAB_IOVA + 0x123, IOASIM_WRITE);
	struct ioasim_response r;
	struct stab t;

	(void)state;
	open_plain(&t);
	r = stab_ask(&t, &write);
	assert_int_equal(r.outcome, IOASIM_STALLED);
	repair(&t);
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY | ABORT, 0);
	expect_end(&t, 0, 0, IOASIM_OK);
	assert_int_equal(t.rig.end[0].response.pa, STAB_FRAME + 0x123);
	/* The tag is gone. */
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 0);
	assert_int_equal(t.rig.ends, 1);
	stab_close(&t);
}

static void a_retry_that_faults_waits_again_under_a_free_tag(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	stall(&t);
	stall(&t);
	stall(&t);
	for (unsigned tag = 0; tag < 3; tag++)
		expect_record(&t, tag);
	/* 2 is free while it is retried, but 0 is smaller. */
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0);
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 2);
	expect_record(&t, 0);
	assert_int_equal(t.rig.ends, 1);
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 1);
	expect_record(&t, 1);
	assert_int_equal(t.rig.ends, 1);
	stab_close(&t);
}

/* 3.12.2: a retry may end under a new configuration. */
static void a_retry_obeys_a_new_configuration(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	stall(&t);
	stall(&t);
	expect_record(&t, 0);
	expect_record(&t, 1);
	stab_change(&t, CD_0, CD_S | CD_A, 0);
	srig_command(&t.rig, CFGI_STE(STAB_SID), 0);
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 0);
	expect_end(&t, 0, 0, IOASIM_RAZ_WI);
	assert_int_equal(t.rig.end[0].response.fault.code, 0x10);
	stab_change(&t, STE_0, BITS(3, 1), 0); /* abort */
	srig_command(&t.rig, CFGI_STE(STAB_SID), 0);
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 1);
	expect_end(&t, 1, 1, IOASIM_FAULT);
	assert_int_equal(t.rig.end[1].response.fault.code, 0);
	stab_close(&t);
}

static void resume_ends_with_an_abort_or_without_effect(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	stall(&t);
	stall(&t);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0);
	srig_command(&t.rig, RESUME(STAB_SID), 1);
	expect_end(&t, 0, 0, IOASIM_FAULT);
	expect_end(&t, 1, 1, IOASIM_RAZ_WI);
	assert_int_equal(t.rig.end[0].response.fault.code, 0);
	stab_close(&t);
}

/* 4.7.1: TERM_MODEL = 1 knows aborts only. */
static void resume_aborts_with_term_model(void **state)
{
	struct ioasim_unit_config config;
	struct stab t;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr0", SRIG_IDR0 | 0x4000000);
	open_unit(&t, &config);
	stall(&t);
	srig_command(&t.rig, RESUME(STAB_SID), 0);
	expect_end(&t, 0, 0, IOASIM_FAULT);
	stab_close(&t);
}

/* 4.7.1: both must match. */
static void resume_of_another_stream_or_tag_has_no_effect(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	stall(&t);
	srig_command(&t.rig, RESUME(STAB_SID + 1) | ABORT, 0);
	srig_command(&t.rig, RESUME(0) | ABORT, 0);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 1);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0xffff);
	assert_int_equal(t.rig.ends, 0);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0);
	assert_int_equal(t.rig.ends, 1);
	stab_close(&t);
}

/* ---- All of a stream, all of the unit --------------------------------------------------------- */

/* A second stream with the STE of the first. */
static void add_stream(struct stab *t, uint32_t sid)
{
	for (unsigned i = 0; i < 8; i++)
		srig_poke(&t->rig, t->strtab + sid * 64 + i * 8,
			  srig_peek(&t->rig, t->strtab + STAB_SID * 64 + i * 8));
}

static uint16_t stall_of(struct stab *t, uint32_t sid)
{
	struct ioasim_request request = stab_request(STAB_IOVA, IOASIM_READ);
	struct ioasim_response r;

	request.requester_id = sid;
	r = stab_ask(t, &request);
	assert_int_equal(r.outcome, IOASIM_STALLED);
	return r.tag;
}

static void stall_term_ends_all_of_a_stream_by_tag(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	add_stream(&t, 7);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(stall_of(&t, i % 2 ? 7 : STAB_SID), i);
	srig_command(&t.rig, STALL_TERM(STAB_SID), 0);
	assert_int_equal(t.rig.ends, 3);
	for (unsigned i = 0; i < 3; i++)
		expect_end(&t, i, i * 2, IOASIM_FAULT);
	srig_command(&t.rig, STALL_TERM(STAB_SID), 0);
	assert_int_equal(t.rig.ends, 3);
	assert_int_equal(stall_of(&t, 7), 0);
	srig_command(&t.rig, STALL_TERM(7), 0);
	assert_int_equal(t.rig.ends, 7);
	expect_end(&t, 3, 0, IOASIM_FAULT);
	expect_end(&t, 4, 1, IOASIM_FAULT);
	stab_close(&t);
}

/* 6.3.9.6 */
static void disabling_the_unit_ends_all(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	add_stream(&t, 7);
	stall_of(&t, STAB_SID);
	stall_of(&t, 7);
	stall_of(&t, STAB_SID);
	srig_cr0(&t.rig, 0, CR0_CMDQEN);
	assert_int_equal(t.rig.ends, 0);
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	assert_int_equal(t.rig.ends, 3);
	for (unsigned i = 0; i < 3; i++)
		expect_end(&t, i, i, IOASIM_FAULT);
	srig_cr0(&t.rig, CR0_SMMUEN, 0);
	assert_int_equal(stall(&t), 0);
	stab_close(&t);
}

/* A reset forgets; nobody is told, as nothing of the machine is left. */
static void reset_forgets_all(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	for (unsigned i = 0; i < 70; i++)
		stall(&t);
	ioasim_unit_reset(t.rig.unit);
	assert_int_equal(t.rig.ends, 0);
	t.rig.cr0 = 0;
	srig_queues(&t.rig);
	stab_start(&t);
	assert_int_equal(stall(&t), 0);
	expect_record(&t, 0);
	stab_close(&t);
}

/* ---- Counters ----------------------------------------------------------------------------------- */

static void a_stall_counts_once_as_faulted(void **state)
{
	const struct ioasim_counters *c;
	struct stab t;

	(void)state;
	open_plain(&t);
	c = ioasim_unit_counters(t.rig.unit);
	stall(&t);
	assert_int_equal(c->requests[0], 1);
	assert_int_equal(c->faulted, 1);
	/* A retry that faults is another fault, no other request. */
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 0);
	assert_int_equal(c->requests[0], 1);
	assert_int_equal(c->faulted, 1);
	assert_int_equal(c->faults[0x10], 2);
	assert_int_equal(c->faults_recorded, 2);
	repair(&t);
	srig_command(&t.rig, RESUME(STAB_SID) | RETRY, 0);
	assert_int_equal(t.rig.ends, 1);
	assert_int_equal(c->requests[0], 1);
	assert_int_equal(c->ok, 0);
	assert_int_equal(c->faulted, 1);
	assert_int_equal(c->faults[0x10], 2);
	stab_close(&t);
}

/* ---- Limits ------------------------------------------------------------------------------------------- */

/* 6.3.6: beyond STALL_MAX a fault ends with an abort, recorded with Stall = 0. */
static void what_exceeds_stall_max_is_aborted(void **state)
{
	struct ioasim_unit_config config;
	struct ioasim_response r;
	uint64_t record[4];
	struct stab t;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr5", SRIG_IDR5 | 3u << 16);
	open_unit(&t, &config);
	stab_change(&t, CD_0, CD_R, 0);
	for (unsigned tag = 0; tag < 3; tag++) {
		assert_int_equal(stall(&t), tag);
		expect_record(&t, tag);
	}
	r = stab_read(&t, STAB_IOVA);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_true(srig_event(&t.rig, record));
	assert_int_equal(record[1], RNW | IN);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 1);
	assert_int_equal(stall(&t), 1);
	stab_close(&t);
}

/* STALL_MAX 0 announces nothing: as many as STAG can tell apart. */
static void there_are_65536_tags(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t);
	for (unsigned tag = 0; tag < 65536; tag++)
		assert_int_equal(stall(&t), tag);
	assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_FAULT);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0xffff);
	srig_command(&t.rig, RESUME(STAB_SID) | ABORT, 0x1234);
	assert_int_equal(stall(&t), 0x1234);
	assert_int_equal(stall(&t), 0xffff);
	assert_int_equal(stab_read(&t, STAB_IOVA).outcome, IOASIM_FAULT);
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	assert_int_equal(t.rig.ends, 65536 + 2);
	stab_close(&t);
}

/* Random stalls and ends against a plain list of who waits. */
static void tags_agree_with_a_list(void **state)
{
	uint64_t seed = stab_seed();
	bool waits[300] = {false};
	unsigned waiting = 0;
	struct stab t;

	(void)state;
	open_plain(&t);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned tag = (unsigned)(stab_random(&seed) % COUNT(waits));
		unsigned ends = t.rig.ends;

		if (stab_random(&seed) % 16 < (i / 1000 % 2 ? 4 : 12) && waiting < COUNT(waits)) {
			for (tag = 0; waits[tag]; tag++)
				;
			assert_int_equal(stall(&t), tag);
			waits[tag] = true;
			waiting++;
			continue;
		}
		srig_command(&t.rig, RESUME(STAB_SID) | ABORT, tag);
		assert_int_equal(t.rig.ends - ends, waits[tag]);
		waiting -= waits[tag];
		waits[tag] = false;
	}
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stall_is_recorded_under_the_smallest_free_tag),
		cmocka_unit_test(a_stall_is_recorded_whatever_r_says),
		cmocka_unit_test(faults_of_stage_2_stall_by_s2s),
		cmocka_unit_test(other_faults_do_not_stall),
		cmocka_unit_test(a_retry_is_translated_with_what_is_there_now),
		cmocka_unit_test(a_retry_that_faults_waits_again_under_a_free_tag),
		cmocka_unit_test(a_retry_obeys_a_new_configuration),
		cmocka_unit_test(resume_ends_with_an_abort_or_without_effect),
		cmocka_unit_test(resume_aborts_with_term_model),
		cmocka_unit_test(resume_of_another_stream_or_tag_has_no_effect),
		cmocka_unit_test(stall_term_ends_all_of_a_stream_by_tag),
		cmocka_unit_test(disabling_the_unit_ends_all),
		cmocka_unit_test(reset_forgets_all),
		cmocka_unit_test(a_stall_counts_once_as_faulted),
		cmocka_unit_test(what_exceeds_stall_max_is_aborted),
		cmocka_unit_test(there_are_65536_tags),
		cmocka_unit_test(tags_agree_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
