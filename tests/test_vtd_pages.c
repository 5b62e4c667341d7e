/* SPDX-License-Identifier: Apache-2.0 */
/* Page requests: 7.4 to 7.8 of the specification, 6.5.3.1 for what they drop. */
#include "vtd_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROOT      UINT64_C(0x1000)
#define CONTEXT   UINT64_C(0x2000)
#define DIRECTORY UINT64_C(0x3000)
#define TABLE     UINT64_C(0x4000)
#define PRQ       UINT64_C(0x200000)
#define RID       UINT32_C(0x8)
#define PPR       1u
#define PRO       2u

#define LAST(...)                                              \
	{                                                      \
		.requester_id = RID, .last = true, __VA_ARGS__ \
	}

/* PASID 5: pass-through, domain 9. PASID 7: first stage of zeros. The requests
 * without PASID go by PASID 0, pass-through too. */
static void open_scalable(struct rig *rig, uint64_t ecap)
{
	rig_open(rig, RIG_FULL_CAP, ecap);
	rig_poke(rig, ROOT, CONTEXT | 1);
	rig_poke(rig, CONTEXT + 32 * RID, DIRECTORY | 0x1d); /* P, DTE, PASIDE, PRE */
	rig_poke(rig, DIRECTORY, TABLE | 1);
	rig_poke(rig, TABLE, 0x101);
	rig_poke(rig, TABLE + 8, 9);
	rig_poke(rig, TABLE + 64 * 5, 0x101);
	rig_poke(rig, TABLE + 64 * 5 + 8, 9);
	rig_poke(rig, TABLE + 64 * 7, 0x41);
	rig_poke(rig, TABLE + 64 * 7 + 8, 10);
	rig_poke(rig, TABLE + 64 * 7 + 16, 0x6000);
	rig_write64(rig, 0xc0, 0);
	rig_write64(rig, 0xc8, 0);
	rig_write64(rig, 0xd0, PRQ);
	rig_root(rig, ROOT | 0x400);
	rig_command(rig, 31, true);
}

static struct ioasim_page_request_result ask(struct rig *rig,
					     const struct ioasim_page_request *request)
{
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, request, &result);
	return result;
}

static struct ioasim_page_request_result ask_last(struct rig *rig, unsigned group)
{
	const struct ioasim_page_request request =
		LAST(.access = IOASIM_READ, .address = 0x5000, .group = (uint16_t)group);

	return ask(rig, &request);
}

/* ---- Entries (7.4.1.1) ------------------------------------------------------------------ */

static const struct {
	const char *rule;
	struct ioasim_page_request request;
	uint64_t words[2];
} entries[] = {
	{"a read without PASID",
	 {.requester_id = RID, .address = 0x5678, .access = IOASIM_READ},
	 {0x80001, 0x5001}},
	{"a write",
	 {.requester_id = RID, .address = 0x5000, .access = IOASIM_WRITE},
	 {0x80001, 0x5002}},
	{"last of group 1FFh",
	 LAST(.address = UINT64_C(0xfffffffffffff000), .access = IOASIM_READ | IOASIM_WRITE,
	      .group = 0x1ff),
	 {0x80001, UINT64_C(0xffffffffffffffff)}},
	{"with PASID",
	 {.requester_id = RID,
	  .address = 0x5000,
	  .access = IOASIM_READ,
	  .group = 3,
	  .has_pasid = true,
	  .pasid = 5},
	 {UINT64_C(0x500080101), 0x5019}},
	{"PMR and EXR",
	 {.requester_id = RID,
	  .address = 0x5000,
	  .access = IOASIM_READ | IOASIM_EXEC,
	  .has_pasid = true,
	  .pasid = 5,
	  .privileged = true},
	 {UINT64_C(0x30000500080101), 0x5001}},
	{"PMR without PASID is undefined, written as 0",
	 {.requester_id = RID,
	  .address = 0x5000,
	  .access = IOASIM_READ | IOASIM_EXEC,
	  .privileged = true},
	 {0x80001, 0x5001}},
	{"a stop marker",
	 LAST(.has_pasid = true, .pasid = 5, .group = 3),
	 {UINT64_C(0x500080101), 0x4}},
};

static void a_request_is_stored_at_the_tail(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct ioasim_page_request_result result;

		open_scalable(&rig, RIG_FULL_ECAP);
		rig_poke(&rig, PRQ + 0x50, ~UINT64_C(0));
		rig_poke(&rig, PRQ + 0x58, ~UINT64_C(0));
		rig_write64(&rig, 0xc0, 0x40);
		rig_write64(&rig, 0xc8, 0x40);
		result = ask(&rig, &entries[i].request);
		if (!result.queued || rig_peek(&rig, PRQ + 0x40) != entries[i].words[0] ||
		    rig_peek(&rig, PRQ + 0x48) != entries[i].words[1])
			fail_msg("%s: %llx %llx", entries[i].rule,
				 (unsigned long long)rig_peek(&rig, PRQ + 0x40),
				 (unsigned long long)rig_peek(&rig, PRQ + 0x48));
		assert_int_equal(rig_peek(&rig, PRQ + 0x50), 0);
		assert_int_equal(rig_peek(&rig, PRQ + 0x58), 0);
		assert_false(result.answered);
		assert_int_equal(rig_read64(&rig, 0xc8), 0x60);
		assert_int_equal(rig_read32(&rig, 0xdc), PPR);
		assert_int_equal(rig.stores, 1);
		assert_int_equal(rig.stored[0].address, PRQ + 0x40);
		assert_int_equal(rig.stored[0].length, 32);
		rig_close(&rig);
	}
}

static void a_full_queue_overflows_and_answers_success(void **state)
{
	struct rig rig;

	(void)state;
	for (unsigned lg2 = 0; lg2 < 3; lg2 += 2) {
		const struct ioasim_page_request more = {.requester_id = RID,
							 .access = IOASIM_READ};
		const struct ioasim_page_request marker = LAST(.has_pasid = true, .pasid = 5);
		unsigned slots = 128u << lg2;

		open_scalable(&rig, RIG_FULL_ECAP);
		rig_write64(&rig, 0xd0, PRQ | lg2);
		for (unsigned i = 0; i < slots - 1; i++)
			assert_true(ask_last(&rig, i % 512).queued);
		assert_int_equal(rig_read64(&rig, 0xc8), 32 * (slots - 1));
		/* A stop marker that finds no place is dropped silently (ECAP.SMS). */
		assert_false(ask(&rig, &marker).answered);
		assert_int_equal(rig_read32(&rig, 0xdc), PPR);

		struct ioasim_page_request_result result = ask_last(&rig, 1);

		assert_false(result.queued);
		assert_true(result.answered);
		assert_int_equal(result.code, IOASIM_PAGE_SUCCESS);
		assert_int_equal(rig_read32(&rig, 0xdc), PPR | PRO);
		/* Table 31: without LPIG no answer. */
		assert_false(ask(&rig, &more).answered);
		/* While PRO stands nothing is stored, though there is room. */
		rig_write64(&rig, 0xc0, 0x40);
		result = ask_last(&rig, 2);
		assert_false(result.queued);
		assert_true(result.answered);
		rig_write32(&rig, 0xdc, PRO);
		assert_int_equal(rig_read32(&rig, 0xdc), PPR);
		assert_true(ask_last(&rig, 3).queued);
		assert_int_equal(rig_read64(&rig, 0xc8), 0);
		assert_int_equal(rig.responses, 2);
		assert_int_equal(rig.response[1].group, 2);
		rig_close(&rig);
	}
}

/* ---- Table errors (Table 30, Table 31) ------------------------------------------------------- */

static const struct {
	const char *rule;
	uint64_t rtaddr; /* TTM */
	uint64_t address, word; /* poked over the tables */
	bool has_pasid;
	uint32_t pasid;
	uint32_t code;
	bool recorded;
} errors[] = {
	{"RTA.3", 0x000, 0, 0, false, 0, 0x32, true},
	{"RTA.1", 0x800, 0, 0, false, 0, 0x30, true},
	{"RTA.4", 0xc00, 0, 0, false, 0, 0x33, true},
	{"SRT.2", 0x400, ROOT, 0, false, 0, 0x39, true},
	{"SRT.3", 0x400, ROOT, CONTEXT | 0x11, false, 0, 0x3a, true},
	{"SCT.2", 0x400, CONTEXT + 32 * RID, 0, false, 0, 0x41, true},
	{"SCT.2 with FPD", 0x400, CONTEXT + 32 * RID, 2, false, 0, 0x41, false},
	{"SCT.8", 0x400, CONTEXT + 32 * RID, DIRECTORY | 0xd, false, 0, 0x47, true},
	{"SCT.8 with FPD", 0x400, CONTEXT + 32 * RID, DIRECTORY | 0xf, false, 0, 0x47, false},
	{"SCT.6", 0x400, CONTEXT + 32 * RID, DIRECTORY | 0x15, true, 5, 0x45, true},
	{"SCT.7", 0x400, 0, 0, true, 0x2000, 0x46, true},
	{"SCT.9", 0x400, 0, 0, true, 0, 0x48, true},
	{"SPD.2", 0x400, DIRECTORY, 0, true, 5, 0x51, true},
	{"SPD.2 with FPD", 0x400, DIRECTORY, 2, true, 5, 0x51, false},
	{"SPT.2", 0x400, TABLE + 64 * 5, 0, true, 5, 0x59, true},
	{"SPT.4", 0x400, TABLE + 64 * 5, 0x1, true, 5, 0x5b, true},
};

static void a_table_error_is_recorded_and_answered_as_invalid(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const struct ioasim_page_request request =
			LAST(.address = 0x5000, .access = IOASIM_WRITE, .group = 4,
			     .has_pasid = errors[i].has_pasid, .pasid = errors[i].pasid);
		struct ioasim_page_request more = request;
		struct ioasim_page_request_result result;

		open_scalable(&rig, RIG_FULL_ECAP);
		if (errors[i].address)
			rig_poke(&rig, errors[i].address, errors[i].word);
		rig_root(&rig, ROOT | errors[i].rtaddr);
		result = ask(&rig, &request);
		if (result.fault.code != errors[i].code ||
		    result.fault.recorded != errors[i].recorded || !result.answered ||
		    result.code != IOASIM_PAGE_INVALID || result.queued)
			fail_msg("%s: %x", errors[i].rule, result.fault.code);
		if (errors[i].recorded) {
			/* T1 T2 = 01b: a page request; AT is 0. */
			assert_int_equal(rig_read64(&rig, 0x400), 0x5000);
			assert_int_equal(rig_read64(&rig, 0x408) & UINT64_C(0xf00000ff1000ffff),
					 UINT64_C(0x8000000010000008) | (uint64_t)errors[i].code
										<< 32);
		}
		assert_int_equal(rig.responses, 1);
		assert_int_equal(rig.response[0].group, 4);
		assert_int_equal(rig_read32(&rig, 0xdc), 0);
		/* Without LPIG: dropped. */
		more.last = false;
		assert_false(ask(&rig, &more).answered);
		rig_close(&rig);
	}
}

/* Table 30: SPD.1 and SPT.1 are not qualified, FPD in the context entry is no matter. */
static void a_table_that_cannot_be_read_is_recorded_in_spite_of_fpd(void **state)
{
	const struct {
		uint64_t base;
		uint32_t code;
	} rows[] = {{DIRECTORY, 0x50}, {TABLE, 0x58}};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ioasim_page_request_result result;

		open_scalable(&rig, RIG_FULL_ECAP);
		rig_poke(&rig, CONTEXT + 32 * RID, DIRECTORY | 0x1f);
		assert_int_equal(
			ioasim_memory_abort(rig.memory, rows[i].base, rows[i].base + 0xfff), 0);
		result = ask_last(&rig, 1);
		assert_int_equal(result.fault.code, rows[i].code);
		assert_true(result.fault.recorded);
		assert_int_equal(result.code, IOASIM_PAGE_INVALID);
		rig_close(&rig);
	}
}

static void nothing_is_served_while_remapping_is_off_or_without_prs(void **state)
{
	struct ioasim_page_request_result result;
	struct rig rig;

	(void)state;
	for (unsigned prs = 0; prs < 2; prs++) {
		open_scalable(&rig, RIG_FULL_ECAP & ~((uint64_t)!prs << 29));
		if (prs)
			rig_command(&rig, 31, false);
		result = ask_last(&rig, 1);
		assert_true(result.answered);
		assert_int_equal(result.code, IOASIM_PAGE_INVALID);
		assert_int_equal(result.fault.code, 0);
		assert_int_equal(rig_read32(&rig, 0x34), 0);
		rig_close(&rig);
	}
}

/* ---- The event (7.5) ----------------------------------------------------------------------------- */

static void the_page_request_event_obeys_ppr_pro_im_and_ip(void **state)
{
	struct rig rig;

	(void)state;
	open_scalable(&rig, RIG_FULL_ECAP);
	rig_write32(&rig, 0xe4, 0x99);
	rig_write32(&rig, 0xe8, 0xfee02000);
	ask_last(&rig, 1);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(rig_read32(&rig, 0xe0), 0xc0000000);
	rig_write32(&rig, 0xe0, 0);
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig.message[0].address, 0xfee02000);
	assert_int_equal(rig.message[0].data, 0x99);
	ask_last(&rig, 2);
	assert_int_equal(rig.messages, 1);
	rig_write32(&rig, 0xdc, PPR);
	ask_last(&rig, 3);
	assert_int_equal(rig.messages, 2);

	/* An overflow alone raises it too. */
	rig_write32(&rig, 0xdc, PPR);
	rig_write64(&rig, 0xc0, rig_read64(&rig, 0xc8) + 0x20);
	ask_last(&rig, 4);
	assert_int_equal(rig_read32(&rig, 0xdc), PRO);
	assert_int_equal(rig.messages, 3);

	/* Served while masked: dropped. */
	rig_write32(&rig, 0xe0, 0x80000000);
	rig_write32(&rig, 0xdc, PPR | PRO);
	rig_write64(&rig, 0xc0, 0);
	ask_last(&rig, 5);
	assert_int_equal(rig_read32(&rig, 0xe0), 0xc0000000);
	rig_write32(&rig, 0xdc, PPR);
	assert_int_equal(rig_read32(&rig, 0xe0), 0x80000000);
	rig_close(&rig);
}

/* ---- Implicit invalidation (6.5.3.1, Table 27) ------------------------------------------------------ */

static uint8_t write_outcome(struct rig *rig)
{
	const struct ioasim_request request = {.requester_id = RID,
					       .address = 0x5000,
					       .length = 4,
					       .access = IOASIM_WRITE,
					       .has_pasid = true,
					       .pasid = 7};
	struct ioasim_response response;

	ioasim_translate(rig->unit, &request, &response);
	return response.outcome;
}

/* Tables at 6000h..9000h, present, accessed, user; the leaf without R/W. */
static void an_accepted_request_drops_what_is_cached_of_its_page(void **state)
{
	const struct ioasim_request read = {.requester_id = RID,
					    .address = 0x5000,
					    .length = 4,
					    .access = IOASIM_READ,
					    .has_pasid = true,
					    .pasid = 7};
	const struct ioasim_page_request request =
		LAST(.address = 0x5000, .access = IOASIM_WRITE, .has_pasid = true, .pasid = 7);
	struct ioasim_response response;
	struct rig rig;

	(void)state;
	open_scalable(&rig, RIG_FULL_ECAP);
	rig_poke(&rig, 0x6000, 0x7027);
	rig_poke(&rig, 0x7000, 0x8027);
	rig_poke(&rig, 0x8000, 0x9027);
	rig_poke(&rig, 0x9028, 0xa065);
	ioasim_translate(rig.unit, &read, &response);
	assert_int_equal(response.outcome, IOASIM_OK);
	rig_poke(&rig, 0x9028, 0xa067);
	assert_true(ask(&rig, &request).queued);
	assert_int_equal(write_outcome(&rig), IOASIM_OK);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_stored_at_the_tail),
		cmocka_unit_test(a_full_queue_overflows_and_answers_success),
		cmocka_unit_test(a_table_error_is_recorded_and_answered_as_invalid),
		cmocka_unit_test(a_table_that_cannot_be_read_is_recorded_in_spite_of_fpd),
		cmocka_unit_test(nothing_is_served_while_remapping_is_off_or_without_prs),
		cmocka_unit_test(the_page_request_event_obeys_ppr_pro_im_and_ip),
		cmocka_unit_test(an_accepted_request_drops_what_is_cached_of_its_page),
	};

	return cmocka_run_group_tests_name("vtd_pages", tests, NULL, NULL);
}
