/* SPDX-License-Identifier: Apache-2.0 */
/* Fault records and the fault event: 7.1 to 7.3 and 11.4.7 of the specification. */
#include "vtd_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FSTS  0x34
#define FECTL 0x38
#define PFO   UINT32_C(0x1)
#define PPF   UINT32_C(0x2)
#define F     (UINT64_C(1) << 63)

/* The offset of a record's upper half, where F lies. */
static uint32_t upper(unsigned index)
{
	return 0x408 + 16 * index;
}

/* Remapping on, with a root table of zeros. */
static void open_empty(struct rig *rig, uint64_t cap, uint64_t ecap, uint64_t ttm)
{
	rig_open(rig, cap, ecap);
	rig_root(rig, 0x1000 | ttm);
	rig_command(rig, 31, true);
}

static struct ioasim_fault fault(struct rig *rig, const struct ioasim_request *request)
{
	struct ioasim_response response;

	ioasim_translate(rig->unit, request, &response);
	return response.fault;
}

/* A read by a requester that has no root entry. */
static struct ioasim_fault fault_of(struct rig *rig, uint32_t requester_id)
{
	const struct ioasim_request request = {.requester_id = requester_id,
					       .address = 0x5000,
					       .length = 4,
					       .access = IOASIM_READ};

	return fault(rig, &request);
}

/* ---- The record (11.4.7.6) ----------------------------------------------------------- */

#define RD IOASIM_READ
#define WR IOASIM_WRITE

static const struct {
	const char *rule;
	uint64_t cap, ecap, ttm;
	struct ioasim_request request;
	uint64_t record[2];
} records[] = {
	{"a read, T1 = 1",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 0x1234, .address = 0x5678, .access = RD},
	 {0x5000, UINT64_C(0xc000000100001234)}},
	{"a write, T1 = T2 = 0",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 0x1234, .address = 0x5678, .access = WR},
	 {0x5000, UINT64_C(0x8000000100001234)}},
	{"an AtomicOp, T1 = T2 = 1",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 0x1234, .address = 0x5678, .access = RD | WR},
	 {0x5000, UINT64_C(0xc000000110001234)}},
	{"scalable mode",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0x400,
	 {.requester_id = 0x1234, .address = 0x5678, .access = WR},
	 {0x5000, UINT64_C(0x8000003900001234)}},
	{"with PASID: PP, PV",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0x400,
	 {.requester_id = 8, .address = 0x5000, .access = WR, .has_pasid = true, .pasid = 0xabcde},
	 {0x5000, UINT64_C(0x8abcde3980000008)}},
	{"with PASID: PRIV, EXE of a read",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0x400,
	 {.requester_id = 8,
	  .address = 0x5000,
	  .access = RD | IOASIM_EXEC,
	  .has_pasid = true,
	  .pasid = 1,
	  .privileged = true},
	 {0x5000, UINT64_C(0xc0000139e0000008)}},
	{"with PASID: no EXE of a write",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0x400,
	 {.requester_id = 8,
	  .address = 0x5000,
	  .access = WR | IOASIM_EXEC,
	  .has_pasid = true,
	  .pasid = 1},
	 {0x5000, UINT64_C(0x8000013980000008)}},
	{"without PASID: no PRIV, no EXE",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0x400,
	 {.requester_id = 8, .address = 0x5000, .access = RD | IOASIM_EXEC, .privileged = true},
	 {0x5000, UINT64_C(0xc000003900000008)}},
	{"PP, PV on a unit without PASID",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP & ~UINT64_C(0x10040000000),
	 0x400,
	 {.requester_id = 8,
	  .address = 0x5000,
	  .access = WR,
	  .has_pasid = true,
	  .pasid = 1,
	  .privileged = true},
	 {0x5000, UINT64_C(0x8000003900000008)}},
	{"a translated request, AT = 10b",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 8, .address = 0x5000, .access = WR, .kind = IOASIM_TRANSLATED},
	 {0x5000, UINT64_C(0xa000000100000008)}},
	{"a translation request, AT = 01b",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 8, .address = 0x5000, .access = RD, .kind = IOASIM_TRANSLATION_REQUEST},
	 {0x5000, UINT64_C(0xd000000100000008)}},
	{"FI ends at the widest AGAW, 57",
	 RIG_FULL_CAP,
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 8, .address = UINT64_C(0xfffffffffffff000), .access = WR},
	 {UINT64_C(0x1fffffffffff000), UINT64_C(0x8000000100000008)}},
	{"FI ends at the widest AGAW, 48",
	 RIG_FULL_CAP & ~UINT64_C(0x800),
	 RIG_FULL_ECAP,
	 0,
	 {.requester_id = 8, .address = UINT64_C(0xfffffffffffff000), .access = WR},
	 {UINT64_C(0xfffffffff000), UINT64_C(0x8000000100000008)}},
};

static void a_record_describes_the_request(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct ioasim_request request = records[i].request;
		struct ioasim_fault result;

		open_empty(&rig, records[i].cap, records[i].ecap, records[i].ttm);
		request.length = 4;
		result = fault(&rig, &request);
		if (rig_read64(&rig, 0x400) != records[i].record[0] ||
		    rig_read64(&rig, 0x408) != records[i].record[1])
			fail_msg("%s: %llx %llx", records[i].rule,
				 (unsigned long long)rig_read64(&rig, 0x400),
				 (unsigned long long)rig_read64(&rig, 0x408));
		assert_true(result.recorded);
		assert_int_equal(result.words, 2);
		assert_memory_equal(result.record, records[i].record, sizeof(records[i].record));
		assert_int_equal(rig.faults, 1);
		assert_int_equal(rig.fault[0].code, result.code);
		assert_int_equal(ioasim_unit_counters(rig.unit)->faults[result.code], 1);
		rig_close(&rig);
	}
}

/* ---- Logging (7.2.1) ----------------------------------------------------------------------- */

static void faults_fill_the_records_in_a_circle(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(fault_of(&rig, i).recorded);
		assert_int_equal(rig_read64(&rig, upper(i)) & 0xffff, i);
		/* FRI is of the first pending one. */
		assert_int_equal(rig_read32(&rig, FSTS), PPF);
	}
	/* Served from FRI on: PPF falls with the last F. */
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(rig_read32(&rig, FSTS), PPF);
		rig_write64(&rig, upper(i), F);
		assert_int_equal(rig_read64(&rig, upper(i)) & F, 0);
	}
	assert_int_equal(rig_read32(&rig, FSTS), 0);
	/* The index has gone round. */
	fault_of(&rig, 0x100);
	assert_int_equal(rig_read64(&rig, upper(0)) & 0xffff, 0x100);
	rig_write32(&rig, upper(0) + 4, 0x80000000);
	fault_of(&rig, 0x101);
	assert_int_equal(rig_read64(&rig, upper(1)) & 0xffff, 0x101);
	assert_int_equal(rig_read32(&rig, FSTS), 0x100 | PPF);
	rig_close(&rig);
}

static void faults_of_one_requester_are_not_collapsed(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	fault_of(&rig, 8);
	fault_of(&rig, 8);
	assert_true(rig_read64(&rig, upper(1)) & F);
	rig_close(&rig);
}

static void an_overflow_loses_faults_until_pfo_is_cleared(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	for (unsigned i = 0; i < 8; i++)
		fault_of(&rig, i);
	assert_false(fault_of(&rig, 8).recorded);
	assert_int_equal(rig_read32(&rig, FSTS), PPF | PFO);
	/* Records served, PFO not: still nothing is recorded. */
	for (unsigned i = 0; i < 8; i++)
		rig_write64(&rig, upper(i), F);
	assert_int_equal(rig_read32(&rig, FSTS), PFO);
	assert_false(fault_of(&rig, 9).recorded);
	assert_int_equal(rig_read32(&rig, FSTS), PFO);
	rig_write32(&rig, FSTS, PFO);
	assert_int_equal(rig_read32(&rig, FSTS), 0);
	assert_true(fault_of(&rig, 10).recorded);
	assert_int_equal(rig_read64(&rig, upper(0)) & 0xffff, 10);
	assert_int_equal(ioasim_unit_counters(rig.unit)->faults[1], 11);
	assert_int_equal(ioasim_unit_counters(rig.unit)->faults_recorded, 9);
	rig_close(&rig);
}

static void the_index_returns_to_0_when_nothing_is_remapped(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	fault_of(&rig, 8);
	rig_write64(&rig, upper(0), F);
	/* IRES holds the index. */
	rig_command(&rig, 25, true);
	rig_command(&rig, 31, false);
	rig_command(&rig, 31, true);
	fault_of(&rig, 8);
	assert_int_equal(rig_read64(&rig, upper(0)) & F, 0);
	assert_true(rig_read64(&rig, upper(1)) & F);
	rig_write64(&rig, upper(1), F);
	rig_command(&rig, 25, false);
	rig_command(&rig, 31, false);
	rig_command(&rig, 31, true);
	fault_of(&rig, 8);
	assert_true(rig_read64(&rig, upper(0)) & F);
	rig_close(&rig);
}

/* ---- What FPD silences (7.1.1, Table 30, column "Qualified") ----------------------------------- */

#define CONTEXT UINT64_C(0x2000)

static const struct {
	const char *rule;
	uint64_t context[2];
	uint64_t address;
	uint32_t code;
	bool recorded;
} silenced[] = {
	{"LCT.2 without FPD", {0x0, 0x102}, 0, 0x2, true},
	{"LCT.2: FPD counts in an entry that is not present", {0x2, 0x102}, 0, 0x2, false},
	{"LCT.3 with FPD", {0x13, 0x102}, 0, 0xb, false},
	{"LCT.4 with FPD", {0x3, 0x100}, 0, 0x3, false},
	{"LGN.1 with FPD", {0xb, 0x102}, UINT64_C(1) << 60, 0x4, false},
	{"LGN.1 without FPD", {0x9, 0x102}, UINT64_C(1) << 60, 0x4, true},
};

static void fpd_silences_qualified_faults(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(silenced) / sizeof(silenced[0]); i++) {
		struct ioasim_request request = {
			.address = silenced[i].address, .length = 1, .access = IOASIM_READ};
		struct ioasim_fault result;

		rig_open(&rig, RIG_FULL_CAP, RIG_FULL_ECAP);
		rig_poke(&rig, 0x1000, CONTEXT | 1);
		rig_poke(&rig, CONTEXT, silenced[i].context[0]);
		rig_poke(&rig, CONTEXT + 8, silenced[i].context[1]);
		rig_root(&rig, 0x1000);
		rig_command(&rig, 31, true);
		result = fault(&rig, &request);
		if (result.code != silenced[i].code || result.recorded != silenced[i].recorded ||
		    !(rig_read32(&rig, FSTS) & PPF) == silenced[i].recorded)
			fail_msg("%s: %x", silenced[i].rule, result.code);
		rig_close(&rig);
	}
}

static const struct {
	uint32_t code;
	const char *name;
} names[] = {
	{0x01, "LRT.2"}, {0x08, "LRT.1"},  {0x0e, "LGN.4"}, {0x30, "RTA.1"},
	{0x33, "RTA.4"}, {0x38, "SRT.1"},  {0x48, "SCT.9"}, {0x50, "SPD.1"},
	{0x5d, "SPT.6"}, {0x73, "SFS.4"},  {0x79, "SSS.2"}, {0x80, "SGN.1"},
	{0x87, "SGN.8"}, {0x89, "SGN.10"}, {0x90, "SFS.9"}, {0x7c, "SSS.5"},
};

static void reasons_have_the_names_of_table_30(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(ioasim_fault_name("vtd", names[i].code), names[i].name);
	assert_null(ioasim_fault_name("vtd", 0));
	assert_null(ioasim_fault_name("vtd", 0xff));
	assert_null(ioasim_fault_name("vtd", 0x1000));
}

/* ---- The fault event (7.3, 11.4.7.2) -------------------------------------------------------------- */

static void program_event(struct rig *rig, bool masked)
{
	rig_write32(rig, 0x3c, 0x77);
	rig_write32(rig, 0x40, 0xfee01000);
	rig_write32(rig, 0x44, 0x1);
	rig_write32(rig, FECTL, masked ? 0x80000000 : 0);
}

static void a_fault_event_is_sent_once_until_all_is_served(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	program_event(&rig, false);
	fault_of(&rig, 8);
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig.message[0].address, UINT64_C(0x1fee01000));
	assert_int_equal(rig.message[0].data, 0x77);
	fault_of(&rig, 9);
	assert_int_equal(rig.messages, 1);
	/* One of two served: not yet. */
	rig_write64(&rig, upper(0), F);
	fault_of(&rig, 10);
	assert_int_equal(rig.messages, 1);
	rig_write64(&rig, upper(1), F);
	rig_write64(&rig, upper(2), F);
	fault_of(&rig, 11);
	assert_int_equal(rig.messages, 2);
	rig_close(&rig);
}

static void a_masked_fault_event_stays_pending(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	program_event(&rig, true);
	fault_of(&rig, 8);
	assert_int_equal(rig.messages, 0);
	assert_int_equal(rig_read32(&rig, FECTL), 0xc0000000);
	rig_write32(&rig, FECTL, 0x80000000);
	assert_int_equal(rig.messages, 0);
	rig_write32(&rig, FECTL, 0);
	assert_int_equal(rig.messages, 1);
	assert_int_equal(rig_read32(&rig, FECTL), 0);

	/* Served before it is unmasked: IP falls with the last status bit. */
	rig_write32(&rig, FECTL, 0x80000000);
	rig_write64(&rig, upper(0), F);
	fault_of(&rig, 8);
	assert_int_equal(rig_read32(&rig, FECTL), 0xc0000000);
	rig_write64(&rig, upper(1), F);
	assert_int_equal(rig_read32(&rig, FECTL), 0x80000000);
	rig_write32(&rig, FECTL, 0);
	assert_int_equal(rig.messages, 1);
	rig_close(&rig);
}

/* PFO and IQE are sources of the same event. */
static void a_queue_error_and_a_fault_share_the_event(void **state)
{
	struct rig rig;

	(void)state;
	open_empty(&rig, RIG_FULL_CAP, RIG_FULL_ECAP, 0);
	program_event(&rig, true);
	rig_queue(&rig, false);
	rig_submit(&rig, 0, 0);
	assert_int_equal(rig_read32(&rig, FSTS), 0x10);
	assert_int_equal(rig_read32(&rig, FECTL), 0xc0000000);
	fault_of(&rig, 8);
	rig_write64(&rig, upper(0), F);
	assert_int_equal(rig_read32(&rig, FECTL), 0xc0000000);
	rig_poke(&rig, RIG_QUEUE, 0x11);
	rig_write32(&rig, FSTS, 0x10);
	assert_int_equal(rig_read32(&rig, FECTL), 0x80000000);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_describes_the_request),
		cmocka_unit_test(faults_fill_the_records_in_a_circle),
		cmocka_unit_test(faults_of_one_requester_are_not_collapsed),
		cmocka_unit_test(an_overflow_loses_faults_until_pfo_is_cleared),
		cmocka_unit_test(the_index_returns_to_0_when_nothing_is_remapped),
		cmocka_unit_test(fpd_silences_qualified_faults),
		cmocka_unit_test(reasons_have_the_names_of_table_30),
		cmocka_unit_test(a_fault_event_is_sent_once_until_all_is_served),
		cmocka_unit_test(a_masked_fault_event_stays_pending),
		cmocka_unit_test(a_queue_error_and_a_fault_share_the_event),
	};

	return cmocka_run_group_tests_name("vtd_faults", tests, NULL, NULL);
}
