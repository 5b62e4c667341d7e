/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests (48882, 2.6): the PPR log, what the unit answers, COMPLETE_PPR_REQUEST. */
#include "amdvi_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* With BlkStopMrkSup. */
#define EFR (AMD_FULL_EFR | UINT64_C(1) << 44)

#define ON          (AMD_ON | AMD_PPR_ON | AMD_EPH_EN)
#define PPR_LOG_EN  UINT64_C(0x2000)
#define PPR_EN      UINT64_C(0x8000)
#define AUTO_RSP    (UINT64_C(1) << 39)
#define BLK_STOP    (UINT64_C(1) << 41)
#define AUTO_ALWAYS (UINT64_C(1) << 42)

/* Status. */
#define OVERFLOW 0x20u
#define INT      0x40u
#define RUN      0x80u

#define ID 0xbe5au

/* Device table entry: V, TV, PPR, GPRP, IR, IW; I. */
#define DTE_0 UINT64_C(0x6030000000000003)
#define DTE_1 UINT64_C(0x100000077)
#define GPRP  (UINT64_C(1) << 53)
#define PPR   (UINT64_C(1) << 52)

#define RD IOASIM_READ
#define WR IOASIM_WRITE
#define EX IOASIM_EXEC

static void open_serving(struct amd_rig *rig, uint64_t control)
{
	amd_open(rig, EFR, AMD_FULL_EFR2);
	amd_device(rig, ID, DTE_0, DTE_1);
	amd_start(rig, control);
}

static struct ioasim_page_request_result send(struct amd_rig *rig,
					      struct ioasim_page_request request)
{
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
	return result;
}

/* The last and only request of a group, for a page of PASID 5. */
static struct ioasim_page_request_result ask(struct amd_rig *rig, unsigned group)
{
	return send(rig, (struct ioasim_page_request){.requester_id = ID,
						      .has_pasid = true,
						      .pasid = 5,
						      .address = 0x7000,
						      .group = (uint16_t)group,
						      .access = RD,
						      .last = true});
}

static uint32_t status(struct amd_rig *rig)
{
	return amd_read32(rig, 0x2020) & (OVERFLOW | INT | RUN);
}

/* ---- Entries ------------------------------------------------------------------------- */

static const struct {
	const char *rule;
	struct ioasim_page_request request;
	uint64_t entry[2];
} entries[] = {
	{"a read without PASID: GN=0, PASID, US and EXEC 0",
	 {.requester_id = ID, .address = 0x10abc, .group = 0xf3, .access = RD, .last = true},
	 {0x100402f30000be5a, 0x10000}},
	{"a write",
	 {.requester_id = ID, .address = 0x10000, .group = 1, .access = WR},
	 {0x102000010000be5a, 0x10000}},
	{"not the last of its group: tag bit 9",
	 {.requester_id = ID, .address = 0x10000, .group = 0x1ff, .access = RD | WR},
	 {0x102401ff0000be5a, 0x10000}},
	{"with PASID: GN, US, PASID in two parts",
	 {.requester_id = ID,
	  .has_pasid = true,
	  .pasid = 0xabcde,
	  .address = 0xfffffffffffff000,
	  .access = RD},
	 {0x11442800bcdebe5a, 0xfffffffffffff000}},
	{"a supervisor's: US=0",
	 {.requester_id = ID,
	  .has_pasid = true,
	  .pasid = 0x12345,
	  .privileged = true,
	  .address = 0x1000,
	  .access = WR,
	  .last = true},
	 {0x112006002345be5a, 0x1000}},
	{"execute",
	 {.requester_id = ID,
	  .has_pasid = true,
	  .pasid = 1,
	  .address = 0x1000,
	  .access = RD | EX,
	  .last = true},
	 {0x114602000001be5a, 0x1000}},
	{"privilege and execute without PASID are not told",
	 {.requester_id = ID, .pasid = 7, .privileged = true, .address = 0x1000, .access = RD | EX},
	 {0x100400000000be5a, 0x1000}},
	{"a stop marker: neither read nor write",
	 {.requester_id = ID, .has_pasid = true, .pasid = 5, .address = 0x1000, .last = true},
	 {0x114002000005be5a, 0x1000}},
};

static void an_entry_has_the_bits_that_its_figure_names(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct ioasim_page_request_result result;

		open_serving(&rig, ON);
		result = send(&rig, entries[i].request);
		if (amd_peek(&rig, AMD_PPR) != entries[i].entry[0] ||
		    amd_peek(&rig, AMD_PPR + 8) != entries[i].entry[1])
			fail_msg("%s: %llx %llx", entries[i].rule,
				 (unsigned long long)amd_peek(&rig, AMD_PPR),
				 (unsigned long long)amd_peek(&rig, AMD_PPR + 8));
		assert_true(result.queued);
		assert_false(result.answered);
		assert_int_equal(result.fault.code, 0);
		assert_int_equal(amd_read64(&rig, 0x2038), 0x10);
		assert_int_equal(status(&rig), RUN | INT);
		assert_int_equal(rig.stores, 1);
		assert_int_equal(rig.stored[0].address, AMD_PPR);
		assert_int_equal(rig.stored[0].length, 16);
		assert_memory_equal(rig.stored[0].data, entries[i].entry, 16);
		assert_int_equal(rig.responses, 0);
		assert_int_equal(ioasim_unit_counters(rig.unit)->page_requests, 1);
		amd_close(&rig);
	}
}

/* ---- Who may ask ------------------------------------------------------------------------ */

static const struct {
	const char *rule;
	uint64_t dte[2];
	uint64_t control;
	uint64_t event; /* word 0; 0: logged as a request */
} asks[] = {
	{"I, PPR, EPHEn", {DTE_0, DTE_1}, ON, 0},
	{"PPR=0 with EPHEn", {DTE_0 & ~PPR, DTE_1}, ON, 0x914402070005be5a},
	{"PPR=0 without EPHEn", {DTE_0 & ~PPR, DTE_1}, ON & ~AMD_EPH_EN, 0},
	{"I=0", {DTE_0, 0x77}, ON, 0x914402070005be5a},
	{"V=0", {0, 0}, ON, 0x914402070005be5a},
	{"TV=0", {DTE_0 & ~UINT64_C(2), DTE_1}, ON, 0x914402070005be5a},
	/* ILLEGAL_DEV_TABLE_ENTRY: GN, RZ, PASID */
	{"reserved bit of the entry", {DTE_0 | UINT64_C(1) << 63, DTE_1}, ON, 0x108100050000be5a},
};

static void a_device_that_may_not_ask_gets_an_event_and_invalid(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct ioasim_page_request_result result;

		amd_open(&rig, EFR, AMD_FULL_EFR2);
		amd_device(&rig, ID, asks[i].dte[0], asks[i].dte[1]);
		amd_start(&rig, asks[i].control);
		result = ask(&rig, 7);
		if (amd_peek(&rig, AMD_EVENTS) != asks[i].event)
			fail_msg("%s: %llx", asks[i].rule,
				 (unsigned long long)amd_peek(&rig, AMD_EVENTS));
		assert_int_equal(result.queued, !asks[i].event);
		assert_int_equal(result.answered, asks[i].event != 0);
		assert_int_equal(result.fault.code, asks[i].event >> 60);
		assert_int_equal(rig.responses, asks[i].event != 0);
		if (asks[i].event) {
			assert_int_equal(amd_peek(&rig, AMD_EVENTS + 8), 0x7000);
			assert_int_equal(result.code, IOASIM_PAGE_INVALID);
			assert_int_equal(rig.response[0].code, IOASIM_PAGE_INVALID);
			assert_int_equal(rig.response[0].requester_id, ID);
			assert_int_equal(rig.response[0].group, 7);
			assert_true(rig.response[0].has_pasid);
			assert_int_equal(rig.response[0].pasid, 5);
			assert_int_equal(amd_read64(&rig, 0x2038), 0);
			assert_int_equal(rig.faults, 1);
		}
		amd_close(&rig);
	}
}

static void a_device_table_that_cannot_be_read_is_a_hardware_error(void **state)
{
	struct ioasim_page_request_result result;
	struct amd_rig rig;

	(void)state;
	open_serving(&rig, ON);
	assert_int_equal(ioasim_memory_abort(rig.memory, AMD_DEVTAB + 32 * ID,
					     AMD_DEVTAB + 32 * ID + 31),
			 0);
	result = ask(&rig, 7);
	assert_int_equal(result.fault.code, 3);
	assert_true(result.answered);
	assert_int_equal(amd_peek(&rig, AMD_EVENTS), 0x340000000000be5a);
	amd_close(&rig);
}

static void the_unit_answers_only_the_last_of_a_group_and_no_stop_marker(void **state)
{
	struct ioasim_page_request request = {.requester_id = ID, .access = RD};
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, EFR, AMD_FULL_EFR2); /* no entry: V=0 */
	amd_start(&rig, ON);
	assert_false(send(&rig, request).answered);
	request.last = true;
	assert_true(send(&rig, request).answered);
	assert_false(rig.response[0].has_pasid);
	request.access = 0;
	assert_false(send(&rig, request).answered);
	assert_int_equal(rig.responses, 1);
	assert_int_equal(rig.faults, 3);
	amd_close(&rig);
}

/* Nobody serves requests: no table is read, nothing logged. */
static void without_ppren_requests_are_answered_invalid(void **state)
{
	static const uint64_t controls[] = {ON & ~PPR_EN, ON & ~UINT64_C(1)};
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ioasim_page_request_result result;

		open_serving(&rig, controls[i]);
		result = ask(&rig, 1);
		assert_true(result.answered && !result.queued);
		assert_int_equal(result.code, IOASIM_PAGE_INVALID);
		assert_int_equal(rig.faults, 0);
		assert_int_equal(ioasim_unit_counters(rig.unit)->refs[IOASIM_REF_DEVICE_TABLE][0],
				 0);
		amd_close(&rig);
	}
}

/* ---- The log -------------------------------------------------------------------------------- */

static void a_full_log_stops_and_loses_what_comes(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_serving(&rig, ON);
	for (unsigned n = 0; n < 255; n++)
		assert_true(ask(&rig, n).queued);
	assert_int_equal(status(&rig), RUN | INT);
	assert_int_equal(amd_read64(&rig, 0x2038), 0xff0);
	assert_false(ask(&rig, 255).queued);
	assert_int_equal(status(&rig), OVERFLOW | INT);
	amd_write64(&rig, 0x2030, 0xff0);
	amd_write64(&rig, 0x2020, OVERFLOW | INT);
	assert_false(ask(&rig, 256).queued);
	assert_int_equal(rig.responses, 0);
	assert_int_equal(rig.faults, 0);
	amd_write64(&rig, 0x18, ON & ~PPR_LOG_EN);
	amd_write64(&rig, 0x18, ON);
	assert_true(ask(&rig, 0x101).queued);
	assert_int_equal(amd_peek(&rig, AMD_PPR + 0xff0), 0x114403010005be5a);
	assert_int_equal(amd_read64(&rig, 0x2038), 0);
	/* The event log is another. */
	assert_int_equal(amd_read32(&rig, 0x2020) & 0xb, 0x8);
	amd_close(&rig);
}

static void a_log_that_does_not_run_loses_requests(void **state)
{
	struct ioasim_page_request_result result;
	struct amd_rig rig;

	(void)state;
	open_serving(&rig, ON & ~PPR_LOG_EN);
	result = ask(&rig, 1);
	assert_false(result.queued || result.answered);
	assert_int_equal(status(&rig), 0);
	amd_close(&rig);
}

static void an_entry_that_cannot_be_written_is_lost(void **state)
{
	struct ioasim_page_request_result result;
	struct amd_rig rig;

	(void)state;
	open_serving(&rig, ON);
	assert_int_equal(ioasim_memory_abort(rig.memory, AMD_PPR, AMD_PPR + 7), 0);
	result = ask(&rig, 1);
	assert_false(result.queued || result.answered);
	assert_int_equal(status(&rig), RUN);
	assert_int_equal(amd_read64(&rig, 0x2038), 0);
	amd_close(&rig);
}

static void blocked_stop_markers_are_dropped(void **state)
{
	const struct ioasim_page_request marker = {
		.requester_id = ID, .has_pasid = true, .pasid = 5, .last = true};
	struct ioasim_page_request_result result;
	struct amd_rig rig;

	(void)state;
	open_serving(&rig, ON | BLK_STOP);
	result = send(&rig, marker);
	assert_false(result.queued || result.answered);
	assert_true(ask(&rig, 1).queued);
	assert_int_equal(amd_read64(&rig, 0x2038), 0x10);
	amd_close(&rig);
}

/* ---- Automatic responses (3.4: PPR Log Auto Response) ------------------------------------------ */

static void fill(struct amd_rig *rig, uint64_t control)
{
	amd_write64(rig, 0x18, control & ~PPR_LOG_EN);
	amd_write64(rig, 0x2038, 0x30);
	amd_write64(rig, 0x2030, 0x40);
	amd_write64(rig, 0x18, control);
}

static void a_full_log_is_answered_for_with_the_registers_code(void **state)
{
	static const uint8_t codes[] = {IOASIM_PAGE_SUCCESS, IOASIM_PAGE_INVALID,
					IOASIM_PAGE_FAILURE};
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(codes); i++) {
		struct ioasim_page_request_result result;

		open_serving(&rig, ON | AUTO_RSP);
		amd_write64(&rig, 0x2080, codes[i]);
		/* While there is room it is logged. */
		assert_true(ask(&rig, 1).queued);
		fill(&rig, ON | AUTO_RSP);
		result = ask(&rig, 0x1ab);
		assert_true(result.answered && !result.queued);
		assert_int_equal(result.code, codes[i]);
		assert_int_equal(rig.responses, 1);
		assert_int_equal(rig.response[0].code, codes[i]);
		assert_int_equal(rig.response[0].group, 0x1ab);
		assert_int_equal(amd_read64(&rig, 0x2038), 0x30);
		/* The log runs on: what finds room is logged again. */
		assert_int_equal(status(&rig) & (RUN | OVERFLOW), RUN);
		amd_write64(&rig, 0x2030, 0x50);
		assert_true(ask(&rig, 2).queued);
		amd_close(&rig);
	}
}

static const struct {
	const char *rule;
	uint64_t dte_0, mask;
	bool has_pasid, told;
} responses[] = {
	{"GPRP", DTE_0, 0, true, true},
	{"GPRP=0", DTE_0 & ~GPRP, 0, true, false},
	{"PprAutoRspMaskGn", DTE_0, 0x10, true, false},
	{"a request without PASID", DTE_0, 0, false, false},
};

static void an_automatic_response_has_a_pasid_where_the_entry_wants_it(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		amd_open(&rig, EFR, AMD_FULL_EFR2);
		amd_device(&rig, ID, responses[i].dte_0, DTE_1);
		amd_start(&rig, ON | AUTO_RSP);
		amd_write64(&rig, 0x2080, 0xf | responses[i].mask);
		fill(&rig, ON | AUTO_RSP);
		send(&rig, (struct ioasim_page_request){.requester_id = ID,
							.has_pasid = responses[i].has_pasid,
							.pasid = 0x54321,
							.access = WR,
							.last = true});
		assert_int_equal(rig.responses, 1);
		if (rig.response[0].has_pasid != responses[i].told)
			fail_msg("%s", responses[i].rule);
		assert_int_equal(rig.response[0].pasid, responses[i].told ? 0x54321 : 0);
		amd_close(&rig);
	}
}

static void always_on_answers_and_logs_nothing(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_serving(&rig, ON | AUTO_RSP | AUTO_ALWAYS);
	assert_true(ask(&rig, 1).answered);
	assert_int_equal(amd_read64(&rig, 0x2038), 0);
	amd_write64(&rig, 0x18, ON | AUTO_ALWAYS); /* PprAutoRspEn=0 */
	assert_true(ask(&rig, 1).queued);
	amd_close(&rig);
}

/* ---- COMPLETE_PPR_REQUEST (2.4) ------------------------------------------------------------------ */

static const struct {
	const char *rule;
	uint64_t words[2];
	struct ioasim_page_response response;
} completions[] = {
	{"success with PASID",
	 {0x700978f70000ac95, 0x00be00000004},
	 {.requester_id = 0xac95, .pasid = 0x978f7, .group = 0xbe, .has_pasid = true}},
	{"GN=0: no PASID",
	 {0x700978f70000ac95, 0x01ff00000000},
	 {.requester_id = 0xac95, .group = 0x1ff}},
	{"invalid",
	 {0x7000000000000018, 0x100100000000},
	 {.requester_id = 0x18, .group = 1, .code = IOASIM_PAGE_INVALID}},
	{"failure",
	 {0x7000000100000018, 0xf00000000004},
	 {.requester_id = 0x18, .pasid = 1, .has_pasid = true, .code = IOASIM_PAGE_FAILURE}},
	{"other tag bits are no group",
	 {0x7000000000000018, 0x0e0100000000},
	 {.requester_id = 0x18, .group = 1}},
	{"other status values go as they are",
	 {0x7000000000000018, 0x500100000000},
	 {.requester_id = 0x18, .group = 1, .code = 5}},
};

static void a_response_carries_what_the_command_says(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(completions) / sizeof(completions[0]); i++) {
		const struct ioasim_page_response *want = &completions[i].response;
		const struct ioasim_page_response *got = &rig.response[0];

		open_serving(&rig, ON);
		amd_submit(&rig, completions[i].words[0], completions[i].words[1]);
		assert_int_equal(rig.responses, 1);
		if (got->requester_id != want->requester_id || got->pasid != want->pasid ||
		    got->group != want->group || got->code != want->code ||
		    got->has_pasid != want->has_pasid)
			fail_msg("%s", completions[i].rule);
		assert_int_equal(ioasim_unit_counters(rig.unit)->page_responses, 1);
		amd_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_has_the_bits_that_its_figure_names),
		cmocka_unit_test(a_device_that_may_not_ask_gets_an_event_and_invalid),
		cmocka_unit_test(a_device_table_that_cannot_be_read_is_a_hardware_error),
		cmocka_unit_test(the_unit_answers_only_the_last_of_a_group_and_no_stop_marker),
		cmocka_unit_test(without_ppren_requests_are_answered_invalid),
		cmocka_unit_test(a_full_log_stops_and_loses_what_comes),
		cmocka_unit_test(a_log_that_does_not_run_loses_requests),
		cmocka_unit_test(an_entry_that_cannot_be_written_is_lost),
		cmocka_unit_test(blocked_stop_markers_are_dropped),
		cmocka_unit_test(a_full_log_is_answered_for_with_the_registers_code),
		cmocka_unit_test(an_automatic_response_has_a_pasid_where_the_entry_wants_it),
		cmocka_unit_test(always_on_answers_and_logs_nothing),
		cmocka_unit_test(a_response_carries_what_the_command_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
