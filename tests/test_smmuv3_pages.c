/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page requests of SMMUv3 (chapter 8): entries of the PRI queue bit by bit, overflow and
 * the responses that the unit gives by itself (8.1, 8.2), CMD_PRI_RESP (4.5.2).
 */
#include "smmu_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GERROR    0x60u
#define GERRORN   0x64u
#define PRIQ_BASE 0xc0u
#define PRIQ_PROD 0x100c8u
#define PRIQ_CONS 0x100ccu
#define OVERFLOW  0x80000000u

#define SUCCESS 0x0u
#define INVALID 0x1u
#define FAILURE 0xfu

#define NO_PPS (SRIG_IDR3 & ~UINT32_C(0x20))

/* A unit with a PRI queue of 2^lg2 entries; the stream's STE passes everything. */
static void open_with(struct stab *t, struct ioasim_unit_config *config, unsigned lg2)
{
	static const uint64_t words[4] = {STE_BYPASS, 0, 0, 0};

	stab_open_with(t, config);
	stab_ste(t, STAB_SID, words);
	srig_write64(&t->rig, PRIQ_BASE, SRIG_PRIQ | lg2);
	srig_cr0(&t->rig, CR0_PRIQEN, 0);
	stab_start(t);
}

static void open_plain(struct stab *t, unsigned lg2)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	open_with(t, &config, lg2);
}

static struct ioasim_page_request page_of(uint16_t group, bool last)
{
	return (struct ioasim_page_request){
		.requester_id = STAB_SID,
		.address = UINT64_C(0x123456789000),
		.group = group,
		.access = IOASIM_READ,
		.last = last,
	};
}

static struct ioasim_page_request_result ask(struct stab *t,
					     const struct ioasim_page_request *request)
{
	struct ioasim_page_request_result result;

	memset(&result, 0xa5, sizeof(result));
	ioasim_page_request(t->rig.unit, request, &result);
	return result;
}

static bool queued(struct stab *t, uint16_t group, bool last)
{
	struct ioasim_page_request request = page_of(group, last);

	return ask(t, &request).queued;
}

static unsigned group_at(struct stab *t, unsigned slot)
{
	return srig_peek(&t->rig, SRIG_PRIQ + slot * 16 + 8) & 0x1ff;
}

/* The last response that went out. */
static void expect_response(const struct stab *t, unsigned count, unsigned group, unsigned code,
			    uint32_t pasid)
{
	const struct ioasim_page_response *r = &t->rig.response[count - 1];

	assert_int_equal(t->rig.responses, count);
	if (r->requester_id != STAB_SID || r->group != group || r->code != code ||
	    r->has_pasid != (pasid != 0) || r->pasid != pasid)
		fail_msg("response to %#x, group %u, code %u, pasid %d %#x", r->requester_id,
			 r->group, r->code, r->has_pasid, r->pasid);
}

/* ---- Entries --------------------------------------------------------------------------------- */

static const struct {
	const char *rule;
	struct ioasim_page_request request;
	uint64_t word0, word1;
} entries[] = {
	{"a read",
	 {.requester_id = 0x18, .address = 0x5000, .access = IOASIM_READ},
	 BIT(60) | 0x18,
	 0x5000},
	{"a write",
	 {.requester_id = 0x18, .address = 0x5000, .access = IOASIM_WRITE},
	 BIT(61) | 0x18,
	 0x5000},
	{"low address bits are not kept, all high ones are",
	 {.requester_id = 0x18, .address = UINT64_C(0xfedcba9876543fff), .access = IOASIM_READ},
	 BIT(60) | 0x18,
	 UINT64_C(0xfedcba9876543000)},
	{"the last of a group",
	 {.requester_id = 0xfedc,
	  .address = 0x5000,
	  .access = IOASIM_READ | IOASIM_WRITE,
	  .group = 0x1ff,
	  .last = true},
	 BIT(60) | BIT(61) | BIT(62) | 0xfedc,
	 0x51ff},
	{"without PASID there is no privilege and no execution",
	 {.requester_id = 0x18,
	  .address = 0x5000,
	  .access = IOASIM_READ | IOASIM_EXEC,
	  .pasid = 0xabcde,
	  .privileged = true},
	 BIT(60) | 0x18,
	 0x5000},
	{"with PASID",
	 {.requester_id = 0x18,
	  .address = 0x5000,
	  .access = IOASIM_READ,
	  .has_pasid = true,
	  .pasid = 0xabcd},
	 BIT(63) | BIT(60) | UINT64_C(0xabcd) << 32 | 0x18,
	 0x5000},
	{"with PASID and all",
	 {.requester_id = 0xffff,
	  .address = UINT64_MAX,
	  .access = 7,
	  .has_pasid = true,
	  .pasid = 0xfffff,
	  .group = 0x155,
	  .privileged = true,
	  .last = true},
	 UINT64_C(0xfc0fffff0000ffff),
	 UINT64_C(0xfffffffffffff155)},
	{"a stop marker",
	 {.requester_id = 0x18, .has_pasid = true, .pasid = 5, .last = true},
	 BIT(63) | BIT(62) | UINT64_C(5) << 32 | 0x18,
	 0},
};

static void each_entry_has_the_bits_of_its_fields(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t, 8);
	for (size_t i = 0; i < COUNT(entries); i++) {
		struct ioasim_page_request_result result = ask(&t, &entries[i].request);
		uint64_t slot = SRIG_PRIQ + i * 16;

		assert_true(result.queued);
		assert_false(result.answered);
		assert_int_equal(result.fault.code, 0);
		assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), i + 1);
		if (srig_peek(&t.rig, slot) != entries[i].word0 ||
		    srig_peek(&t.rig, slot + 8) != entries[i].word1)
			fail_msg("%s: %016" PRIx64 " %016" PRIx64, entries[i].rule,
				 srig_peek(&t.rig, slot), srig_peek(&t.rig, slot + 8));
		assert_int_equal(t.rig.stores, i + 1);
		assert_int_equal(t.rig.store[i].address, slot);
		assert_int_equal(t.rig.store[i].length, 16);
	}
	assert_int_equal(t.rig.responses, 0);
	assert_int_equal(ioasim_unit_counters(t.rig.unit)->page_requests, COUNT(entries));
	stab_close(&t);
}

/* 8.2: neither ATSCHK nor the STE matters. */
static void a_request_needs_no_valid_stream(void **state)
{
	struct ioasim_page_request request = page_of(1, true);
	struct stab t;

	(void)state;
	open_plain(&t, 4);
	request.requester_id = 0xffffffff;
	assert_true(ask(&t, &request).queued);
	assert_int_equal(srig_peek(&t.rig, SRIG_PRIQ) & 0xffffffff, 0xffffffff);
	stab_close(&t);
}

static void the_queue_wraps(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t, 2);
	for (unsigned i = 1; i <= 20; i++) {
		assert_true(queued(&t, (uint16_t)i, true));
		assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), i % 8);
		assert_int_equal(group_at(&t, (i - 1) % 4), i);
		srig_write32(&t.rig, PRIQ_CONS, i % 8);
	}
	stab_close(&t);
}

/* ---- Automatic responses: nothing serves page requests (8.2) ------------------------------------ */

static void fails(struct stab *t)
{
	struct ioasim_page_request request = page_of(7, false);
	struct ioasim_page_request_result result;
	unsigned before = t->rig.responses;

	/* Every request, also one that is not the last, and without a PASID. */
	request.has_pasid = true;
	request.pasid = 5;
	result = ask(t, &request);
	assert_false(result.queued);
	assert_true(result.answered);
	assert_int_equal(result.code, FAILURE);
	expect_response(t, before + 1, 7, FAILURE, 0);
	/* Stop markers get none. */
	request.access = 0;
	request.last = true;
	result = ask(t, &request);
	assert_false(result.queued);
	assert_false(result.answered);
	assert_int_equal(t->rig.responses, before + 1);
}

static void a_disabled_queue_fails_every_request(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t, 4);
	srig_cr0(&t.rig, 0, CR0_PRIQEN);
	fails(&t);
	srig_cr0(&t.rig, CR0_PRIQEN, 0);
	assert_true(queued(&t, 1, true));
	/* 6.3.9.5: SMMUEN = 0 is an effective PRIQEN of 0. */
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	fails(&t);
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 1);
	stab_close(&t);
}

static void a_unit_without_pri_fails_every_request(void **state)
{
	struct ioasim_unit_config config;
	struct stab t;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr0", SRIG_IDR0 & ~0x10000u);
	stab_open_with(&t, &config);
	stab_start(&t);
	srig_write32(&t.rig, 0x20, t.rig.cr0 | CR0_PRIQEN);
	fails(&t);
	stab_close(&t);
}

/* 8.2: a synchronous abort: PROD stays, Failure, nothing more until GERRORN says so. */
static void an_abort_on_the_write_fails_the_request_and_stops_the_queue(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t, 4);
	assert_true(queued(&t, 1, true));
	assert_int_equal(ioasim_memory_abort(t.rig.memory, SRIG_PRIQ + 31, SRIG_PRIQ + 31), 0);
	fails(&t);
	assert_int_equal(srig_read32(&t.rig, GERROR), 8);
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 1);
	ioasim_memory_clear_aborts(t.rig.memory);
	fails(&t);
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 1);
	srig_write32(&t.rig, GERRORN, 8);
	assert_true(queued(&t, 2, true));
	assert_int_equal(group_at(&t, 1), 2);
	stab_close(&t);
}

/* ---- Overflow (8.1) ----------------------------------------------------------------------------------- */

static void nothing_is_written_until_overflow_is_acknowledged(void **state)
{
	struct stab t;

	(void)state;
	open_plain(&t, 1);
	assert_true(queued(&t, 1, true));
	assert_true(queued(&t, 2, false));
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 2);
	/* The one that overflows counts: Last = 0 is ignored, Last = 1 answered. */
	assert_false(queued(&t, 3, false));
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 2 | OVERFLOW);
	assert_int_equal(t.rig.responses, 0);
	assert_false(queued(&t, 3, true));
	expect_response(&t, 1, 3, SUCCESS, 0);
	/* Room without acknowledgement changes nothing. */
	srig_write32(&t.rig, PRIQ_CONS, 2);
	assert_false(queued(&t, 4, true));
	expect_response(&t, 2, 4, SUCCESS, 0);
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 2 | OVERFLOW);
	srig_write32(&t.rig, PRIQ_CONS, 2 | OVERFLOW);
	assert_true(queued(&t, 5, true));
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 3 | OVERFLOW);
	assert_int_equal(group_at(&t, 0), 5);
	/* The next overflow turns the flag back. */
	assert_true(queued(&t, 6, true));
	assert_false(queued(&t, 7, true));
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 0);
	expect_response(&t, 3, 7, SUCCESS, 0);
	assert_int_equal(ioasim_unit_counters(t.rig.unit)->page_responses, 3);
	stab_close(&t);
}

/* A stop marker that overflow loses is not answered. */
static void a_lost_stop_marker_gets_no_response(void **state)
{
	struct ioasim_page_request marker = {
		.requester_id = STAB_SID, .has_pasid = true, .pasid = 5, .last = true};
	struct stab t;

	(void)state;
	open_plain(&t, 0);
	assert_true(queued(&t, 1, true));
	assert_false(ask(&t, &marker).answered);
	assert_int_equal(srig_read32(&t.rig, PRIQ_PROD), 1 | OVERFLOW);
	assert_int_equal(t.rig.responses, 0);
	stab_close(&t);
}

/* Nor is its stream looked up, which could have an event. */
static void a_lost_stop_marker_needs_no_stream(void **state)
{
	struct ioasim_page_request marker = {
		.requester_id = STAB_SID + 1, .has_pasid = true, .pasid = 5, .last = true};
	struct ioasim_unit_config config;
	uint64_t record[4];
	struct stab t;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr3", NO_PPS);
	open_with(&t, &config, 0);
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	srig_start(&t.rig, t.strtab, 8, 0xa);
	assert_true(queued(&t, 1, true));
	assert_false(ask(&t, &marker).answered);
	assert_false(srig_event(&t.rig, record));
	marker.access = IOASIM_READ;
	assert_int_equal(ask(&t, &marker).code, FAILURE);
	assert_true(srig_event(&t.rig, record));
	stab_close(&t);
}

/* Whether Success carries the PASID, and what is recorded: IDR3.PPS, STE.PPAR. */
static const struct {
	const char *rule;
	bool pps;
	uint32_t sid;
	uint64_t ste0, ste1;
	bool abort;
	uint32_t cr2;
	unsigned code;
	bool pasid;
	unsigned event;
} overflows[] = {
	{"PPS: always", true, STAB_SID, 0, 0, false, 0, SUCCESS, true, 0},
	{"PPAR = 1", false, STAB_SID, STE_BYPASS, STE_PPAR, false, 0, SUCCESS, true, 0},
	{"PPAR = 0", false, STAB_SID, STE_BYPASS, 0, false, 0, SUCCESS, false, 0},
	{"PPAR of a stream that aborts", false, STAB_SID, STE_ABORT, STE_PPAR, false, 0, SUCCESS,
	 true, 0},
	{"STE not valid", false, STAB_SID, 0, STE_PPAR, false, 0xa, FAILURE, false, 0x04},
	{"not recorded without REC_CFG_ATS", false, STAB_SID, 0, STE_PPAR, false, 2, FAILURE, false,
	 0},
	{"STE illegal", false, STAB_SID, STE_S1, STE_PPAR | BIT(30), false, 8, FAILURE, false,
	 0x04},
	{"STE cannot be read", false, STAB_SID, STE_BYPASS, STE_PPAR, true, 8, FAILURE, false,
	 0x03},
	{"not recorded either", false, STAB_SID, STE_BYPASS, STE_PPAR, true, 2, FAILURE, false, 0},
	{"StreamID outside", false, 0x1000, 0, 0, false, 0xa, FAILURE, false, 0x02},
	{"without RECINVSID", false, 0x1000, 0, 0, false, 8, FAILURE, false, 0},
	{"without REC_CFG_ATS", false, 0x1000, 0, 0, false, 2, FAILURE, false, 0},
};

static void success_after_overflow_carries_the_pasid_by_pps_and_ppar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(overflows); i++) {
		struct ioasim_page_request request = page_of(3, true);
		const uint64_t words[4] = {overflows[i].ste0, overflows[i].ste1, 0, 0};
		struct ioasim_page_request_result result;
		struct ioasim_unit_config config;
		uint64_t record[4] = {0};
		struct stab t;

		srig_config(&config);
		ioasim_unit_config_set(&config, "idr3", overflows[i].pps ? SRIG_IDR3 : NO_PPS);
		open_with(&t, &config, 0);
		srig_cr0(&t.rig, 0, CR0_SMMUEN);
		stab_ste(&t, STAB_SID, words);
		if (overflows[i].abort)
			ioasim_memory_abort(t.rig.memory, t.strtab + STAB_SID * 64,
					    t.strtab + STAB_SID * 64 + 63);
		srig_start(&t.rig, t.strtab, 8, overflows[i].cr2);
		assert_true(queued(&t, 1, true));
		request.requester_id = overflows[i].sid;
		request.has_pasid = true;
		request.pasid = 0x321;
		result = ask(&t, &request);
		if (!result.answered || result.code != overflows[i].code || t.rig.responses != 1 ||
		    t.rig.response[0].has_pasid != overflows[i].pasid ||
		    t.rig.response[0].pasid != (overflows[i].pasid ? 0x321 : 0))
			fail_msg("%s: code %u, pasid %#x", overflows[i].rule, result.code,
				 t.rig.response[0].pasid);
		if (srig_event(&t.rig, record) != (overflows[i].event != 0) ||
		    (record[0] & 0xff) != overflows[i].event)
			fail_msg("%s: event %#" PRIx64, overflows[i].rule, record[0] & 0xff);
		/* The record has the ids of the request. */
		if (overflows[i].event)
			assert_int_equal(record[0], (uint64_t)overflows[i].sid << 32 | BIT(11) |
							    UINT64_C(0x321) << 12 |
							    overflows[i].event);
		assert_int_equal(result.fault.recorded, overflows[i].event != 0);
		assert_int_equal(result.fault.code != 0, overflows[i].code == FAILURE);
		/* A request without PASID: Success, no STE is looked at. */
		request.has_pasid = false;
		assert_int_equal(ask(&t, &request).code, SUCCESS);
		assert_false(srig_event(&t.rig, record));
		stab_close(&t);
	}
}

/* 8.1: a unit without PASIDs has none in entries and responses. */
static void a_unit_without_pasids_ignores_them(void **state)
{
	struct ioasim_page_request request = page_of(3, true);
	struct ioasim_unit_config config;
	struct stab t;

	(void)state;
	srig_config(&config);
	ioasim_unit_config_set(&config, "idr1", SRIG_IDR1 & ~0x7c0u);
	open_with(&t, &config, 0);
	request.has_pasid = true;
	request.pasid = 5;
	request.privileged = true;
	assert_true(ask(&t, &request).queued);
	assert_int_equal(srig_peek(&t.rig, SRIG_PRIQ), BIT(62) | BIT(60) | STAB_SID);
	assert_int_equal(ask(&t, &request).code, SUCCESS);
	expect_response(&t, 1, 3, SUCCESS, 0);
	stab_close(&t);
}

/* ---- CMD_PRI_RESP (4.5.2) ------------------------------------------------------------------------------- */

static void responses_of_software_are_passed_on(void **state)
{
	static const struct {
		uint64_t w0, w1;
		unsigned group, code;
		uint32_t pasid;
	} cases[] = {
		{0, 0x000 | 7, 7, FAILURE, 0},
		{0, 0x1000 | 0x1ff, 0x1ff, INVALID, 0},
		{0, 0x2000, 0, SUCCESS, 0},
		{BIT(11) | 0x321ull << 12, 0x2000 | 7, 7, SUCCESS, 0x321},
		/* The SubstreamID counts only with SSV. */
		{0x321ull << 12, 0x2000 | 7, 7, SUCCESS, 0},
	};
	struct stab t;

	(void)state;
	open_plain(&t, 4);
	for (unsigned i = 0; i < COUNT(cases); i++) {
		srig_command(&t.rig, 0x41 | (uint64_t)STAB_SID << 32 | cases[i].w0, cases[i].w1);
		expect_response(&t, i + 1, cases[i].group, cases[i].code, cases[i].pasid);
	}
	/* Ignored while SMMUEN is 0. */
	srig_cr0(&t.rig, 0, CR0_SMMUEN);
	srig_command(&t.rig, 0x41 | (uint64_t)STAB_SID << 32, 0x2000);
	assert_int_equal(t.rig.responses, COUNT(cases));
	stab_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_has_the_bits_of_its_fields),
		cmocka_unit_test(a_request_needs_no_valid_stream),
		cmocka_unit_test(the_queue_wraps),
		cmocka_unit_test(a_disabled_queue_fails_every_request),
		cmocka_unit_test(a_unit_without_pri_fails_every_request),
		cmocka_unit_test(an_abort_on_the_write_fails_the_request_and_stops_the_queue),
		cmocka_unit_test(nothing_is_written_until_overflow_is_acknowledged),
		cmocka_unit_test(a_lost_stop_marker_gets_no_response),
		cmocka_unit_test(a_lost_stop_marker_needs_no_stream),
		cmocka_unit_test(success_after_overflow_carries_the_pasid_by_pps_and_ppar),
		cmocka_unit_test(a_unit_without_pasids_ignores_them),
		cmocka_unit_test(responses_of_software_are_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
