/* SPDX-License-Identifier: Apache-2.0 */
/* Events (48882, 2.5): the bits of each entry, the event log, hardware event registers. */
#include "amdvi_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FULL  AMD_FULL_EFR
#define FULL2 AMD_FULL_EFR2

#define HOST  0x20 /* requests by a host table of one level, domain a19ah */
#define GUEST 0x21 /* requests with PASID abcdeh by a guest table, ATS allowed */
#define PASID 0xabcdeu

#define HOST_TABLE  UINT64_C(0x300000)
#define GCR3_TABLE  UINT64_C(0x310000)
#define GUEST_TABLE UINT64_C(0x320000)

#define PAGE(n) ((uint64_t)(n) << 12)

#define RD IOASIM_READ
#define WR IOASIM_WRITE
#define EX IOASIM_EXEC

/* Pages 0: all, 1: nothing, 2: IW alone, 3: IR alone, 4: reserved bit 52. */
static void host_table(struct amd_rig *rig)
{
	amd_device(rig, HOST, HOST_TABLE | 0x6000000000000203, 0xa19a);
	amd_poke(rig, HOST_TABLE, 0x6000000000400001);
	amd_poke(rig, HOST_TABLE + 0x10, 0x4000000000402001);
	amd_poke(rig, HOST_TABLE + 0x18, 0x2000000000403001);
	amd_poke(rig, HOST_TABLE + 0x20, 0x6010000000404001);
}

/* Pages 0: all, 1: nothing, 2: supervisor's, 3: read-only, 4: NX. */
static void guest_table(struct amd_rig *rig)
{
	/* GV, GLX 2; I; the GCR3 table's bits 30:15 in 31:16 of word 1. */
	amd_device(rig, GUEST, 0x6280000000000003, 0x100620055);
	amd_poke(rig, GCR3_TABLE + 8 * (PASID >> 18), (GCR3_TABLE + 0x1000) | 1);
	amd_poke(rig, GCR3_TABLE + 0x1000 + 8 * (PASID >> 9 & 0x1ff), (GCR3_TABLE + 0x2000) | 1);
	amd_poke(rig, GCR3_TABLE + 0x2000 + 8 * (PASID & 0x1ff), GUEST_TABLE | 1);
	for (uint64_t level = 0; level < 3; level++)
		amd_poke(rig, GUEST_TABLE + 0x1000 * level,
			 (GUEST_TABLE + 0x1000 * level + 0x1000) | 0x27);
	amd_poke(rig, GUEST_TABLE + 0x3000, 0x500067);
	amd_poke(rig, GUEST_TABLE + 0x3010, 0x502063);
	amd_poke(rig, GUEST_TABLE + 0x3018, 0x503065);
	amd_poke(rig, GUEST_TABLE + 0x3020, 0x8000000000504067);
}

static void open_with_tables(struct amd_rig *rig, uint64_t control)
{
	amd_open(rig, FULL, FULL2);
	host_table(rig);
	guest_table(rig);
	amd_start(rig, control | AMD_GT_EN);
}

static struct ioasim_response ask(struct amd_rig *rig, struct ioasim_request request)
{
	struct ioasim_response response;

	request.length = 4;
	ioasim_translate(rig->unit, &request, &response);
	return response;
}

/* ---- Entries ------------------------------------------------------------------------ */

/* A word that is changed before the request, or an address whose 8 bytes abort. */
struct change {
	uint64_t address, word;
};

#define DTE(id)  (AMD_DEVTAB + 32 * (id))
#define BY_GUEST .requester_id = GUEST, .has_pasid = true, .pasid = PASID
#define ATS      .kind = IOASIM_TRANSLATION_REQUEST
#define READY    .kind = IOASIM_TRANSLATED

static const struct {
	const char *rule;
	struct ioasim_request request;
	struct change change;
	uint64_t abort;
	uint64_t entry[2];
} entries[] = {
	{.rule = "IO_PAGE_FAULT: read, not present",
	 .request = {.requester_id = HOST, .address = 0x1abc, .access = RD},
	 .entry = {0x2000a19a00000020, 0x1abc}},
	{.rule = "IO_PAGE_FAULT: write, not present: RW",
	 .request = {.requester_id = HOST, .address = 0x1abc, .access = WR},
	 .entry = {0x2020a19a00000020, 0x1abc}},
	{.rule = "IO_PAGE_FAULT: read without right: PR, PE",
	 .request = {.requester_id = HOST, .address = 0x2004, .access = RD},
	 .entry = {0x2050a19a00000020, 0x2004}},
	{.rule = "IO_PAGE_FAULT: write without right: PR, RW, PE",
	 .request = {.requester_id = HOST, .address = 0x3004, .access = WR},
	 .entry = {0x2070a19a00000020, 0x3004}},
	{.rule = "IO_PAGE_FAULT: reserved bit: PR, RZ",
	 .request = {.requester_id = HOST, .address = 0x4000, .access = RD},
	 .entry = {0x2090a19a00000020, 0x4000}},
	{.rule = "IO_PAGE_FAULT: the address is full",
	 .request = {.requester_id = HOST, .address = 0xfedcba9876543213, .access = RD},
	 .entry = {0x2000a19a00000020, 0xfedcba9876543213}},
	{.rule = "IO_PAGE_FAULT: a supervisor's asking without PASID tells nothing",
	 .request = {.requester_id = HOST, .address = 0x1000, .access = RD, .privileged = true},
	 .entry = {0x2000a19a00000020, 0x1000}},
	{.rule = "IO_PAGE_FAULT with PASID: GN, US, PASID in place of the domain",
	 .request = {BY_GUEST, .address = 0x1008, .access = RD},
	 .entry = {0x2005bcde000a0021, 0x1008}},
	{.rule = "IO_PAGE_FAULT with PASID: a supervisor's has US=0",
	 .request = {BY_GUEST, .address = 0x1008, .access = WR, .privileged = true},
	 .entry = {0x2021bcde000a0021, 0x1008}},
	{.rule = "IO_PAGE_FAULT with PASID: execute: NX",
	 .request = {BY_GUEST, .address = 0x4008, .access = RD | EX},
	 .entry = {0x2057bcde000a0021, 0x4008}},
	{.rule = "IO_PAGE_FAULT with PASID: the user of a supervisor's page",
	 .request = {BY_GUEST, .address = 0x2000, .access = RD},
	 .entry = {0x2055bcde000a0021, 0x2000}},
	{.rule = "IO_PAGE_FAULT with PASID: write to a read-only page",
	 .request = {BY_GUEST, .address = 0x3000, .access = WR},
	 .entry = {0x2075bcde000a0021, 0x3000}},

	{.rule = "ILLEGAL_DEV_TABLE_ENTRY: RZ; 63:2 of the address",
	 .request = {.requester_id = HOST, .address = 0x1003, .access = RD},
	 .change = {DTE(HOST), 0x8000000000000003},
	 .entry = {0x1080000000000020, 0x1000}},
	{.rule = "ILLEGAL_DEV_TABLE_ENTRY: write",
	 .request = {.requester_id = HOST, .address = 0x1004, .access = WR},
	 .change = {DTE(HOST), 0x8000000000000003},
	 .entry = {0x10a0000000000020, 0x1004}},
	{.rule = "ILLEGAL_DEV_TABLE_ENTRY: with PASID",
	 .request = {BY_GUEST, .address = 0x1004, .access = RD},
	 .change = {DTE(GUEST), 0x8000000000000003},
	 .entry = {0x1081bcde000a0021, 0x1004}},
	{.rule = "ILLEGAL_DEV_TABLE_ENTRY: translation request: TR",
	 .request = {.requester_id = HOST, .address = 0x1000, .access = RD, ATS},
	 .change = {DTE(HOST), 0x8000000000000003},
	 .entry = {0x1180000000000020, 0x1000}},
	{.rule = "ILLEGAL_DEV_TABLE_ENTRY: a message, words 2 and 3: I",
	 .request = {.requester_id = HOST, .address = 0xfee01000, .access = WR},
	 .change = {DTE(HOST) + 16, 0x3000000000000001},
	 .entry = {0x10a8000000000020, 0xfee01000}},

	{.rule = "DEV_TAB_HARDWARE_ERROR: target abort; where the entry is",
	 .request = {.requester_id = HOST, .address = 0x1003, .access = RD},
	 .abort = DTE(HOST),
	 .entry = {0x3400000000000020, 0x200400}},
	{.rule = "DEV_TAB_HARDWARE_ERROR: write",
	 .request = {.requester_id = HOST, .address = 0x1003, .access = WR},
	 .abort = DTE(HOST),
	 .entry = {0x3420000000000020, 0x200400}},
	{.rule = "DEV_TAB_HARDWARE_ERROR: translation request",
	 .request = {.requester_id = HOST, .address = 0x1003, .access = RD, ATS},
	 .abort = DTE(HOST),
	 .entry = {0x3500000000000020, 0x200400}},
	{.rule = "PAGE_TAB_HARDWARE_ERROR: domain; 63:4 of the entry's address",
	 .request = {.requester_id = HOST, .address = 0x1003, .access = RD},
	 .abort = HOST_TABLE + 8,
	 .entry = {0x4400a19a00000020, 0x300000}},
	{.rule = "PAGE_TAB_HARDWARE_ERROR: write",
	 .request = {.requester_id = HOST, .address = 0x3003, .access = WR},
	 .abort = HOST_TABLE + 0x18,
	 .entry = {0x4420a19a00000020, 0x300010}},
	{.rule = "PAGE_TAB_HARDWARE_ERROR: with PASID",
	 .request = {BY_GUEST, .address = 0x2000, .access = RD},
	 .abort = GUEST_TABLE + 0x3010,
	 .entry = {0x4401bcde000a0021, 0x323010}},

	{.rule = "INVALID_DEVICE_REQUEST, TR=0, type 0: read in the interrupt range",
	 .request = {.requester_id = HOST, .address = 0xfee01003, .access = RD},
	 .entry = {0x8000000000000020, 0xfee01003}},
	{.rule = "INVALID_DEVICE_REQUEST, TR=0, type 1: translated request, I=0",
	 .request = {.requester_id = HOST, .address = 0x1003, .access = RD, READY},
	 .entry = {0x8200000000000020, 0x1003}},
	{.rule = "INVALID_DEVICE_REQUEST, TR=0, type 1: with PASID, V=0",
	 .request = {BY_GUEST, .address = 0x1003, .access = RD, READY},
	 .change = {DTE(GUEST), 0},
	 .entry = {0x8201bcde000a0021, 0x1003}},
	{.rule = "INVALID_DEVICE_REQUEST, TR=0, type 5: message, IntCtl=00b",
	 .request = {.requester_id = HOST, .address = 0xfee01000, .access = WR},
	 .change = {DTE(HOST) + 16, 1},
	 .entry = {0x8a00000000000020, 0xfee01000}},
	{.rule = "INVALID_DEVICE_REQUEST, TR=1, type 0: translation request, I=0",
	 .request = {.requester_id = HOST, .address = 0x1000, .access = RD, ATS},
	 .entry = {0x8100000000000020, 0x1000}},
	{.rule = "INVALID_DEVICE_REQUEST, TR=1, type 0: with PASID, TV=0",
	 .request = {BY_GUEST, .address = 0x1000, .access = RD, ATS},
	 .change = {DTE(GUEST), 1},
	 .entry = {0x8101bcde000a0021, 0x1000}},
	{.rule = "INVALID_DEVICE_REQUEST, TR=1, type 1: the interrupt range",
	 .request = {.requester_id = GUEST, .address = 0xfee01000, .access = RD, ATS},
	 .entry = {0x8300000000000021, 0xfee01000}},
};

static void an_entry_has_the_bits_that_its_figure_names(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct ioasim_response response;

		open_with_tables(&rig, AMD_ON);
		if (entries[i].change.address)
			amd_poke(&rig, entries[i].change.address, entries[i].change.word);
		if (entries[i].abort)
			assert_int_equal(ioasim_memory_abort(rig.memory, entries[i].abort,
							     entries[i].abort + 7),
					 0);
		response = ask(&rig, entries[i].request);
		if (amd_peek(&rig, AMD_EVENTS) != entries[i].entry[0] ||
		    amd_peek(&rig, AMD_EVENTS + 8) != entries[i].entry[1])
			fail_msg("%s: %llx %llx", entries[i].rule,
				 (unsigned long long)amd_peek(&rig, AMD_EVENTS),
				 (unsigned long long)amd_peek(&rig, AMD_EVENTS + 8));
		assert_int_equal(amd_read64(&rig, 0x2018), 0x10);
		/* The answer, the callback and the stored entry say the same. */
		assert_true(response.fault.recorded);
		assert_int_equal(response.fault.code, entries[i].entry[0] >> 60);
		assert_int_equal(response.fault.words, 2);
		assert_memory_equal(response.fault.record, entries[i].entry, 16);
		assert_int_equal(rig.faults, 1);
		assert_memory_equal(rig.fault[0].record, entries[i].entry, 16);
		assert_int_equal(rig.stores, 1);
		assert_int_equal(rig.stored[0].address, AMD_EVENTS);
		assert_int_equal(rig.stored[0].length, 16);
		assert_memory_equal(rig.stored[0].data, entries[i].entry, 16);
		assert_int_equal(ioasim_unit_counters(rig.unit)->faults[entries[i].entry[0] >> 60],
				 1);
		assert_int_equal(ioasim_unit_counters(rig.unit)->faults_recorded, 1);
		amd_close(&rig);
	}
}

static void every_event_has_its_name_of_the_specification(void **state)
{
	static const char *const names[16] = {
		[0x1] = "ILLEGAL_DEV_TABLE_ENTRY", [0x2] = "IO_PAGE_FAULT",
		[0x3] = "DEV_TAB_HARDWARE_ERROR",  [0x4] = "PAGE_TAB_HARDWARE_ERROR",
		[0x5] = "ILLEGAL_COMMAND_ERROR",   [0x6] = "COMMAND_HARDWARE_ERROR",
		[0x7] = "IOTLB_INV_TIMEOUT",       [0x8] = "INVALID_DEVICE_REQUEST",
		[0x9] = "INVALID_PPR_REQUEST",     [0xa] = "EVENT_COUNTER_ZERO",
		[0xb] = "GUEST_EVENT_FAULT",       [0xc] = "VIOMMU_HARDWARE_ERROR",
		[0xd] = "RMP_PAGE_FAULT",          [0xe] = "RMP_HARDWARE_ERROR",
	};

	(void)state;
	for (uint32_t code = 0; code < 16; code++) {
		const char *name = ioasim_fault_name("amdvi", code);

		if (names[code])
			assert_string_equal(name, names[code]);
		else
			assert_null(name);
	}
	assert_null(ioasim_fault_name("amdvi", 1000));
}

/* ---- The log ----------------------------------------------------------------------------- */

#define OVERFLOW 0x1u
#define INT      0x2u
#define RUN      0x8u

static uint32_t status(struct amd_rig *rig)
{
	return amd_read32(rig, 0x2020) & (OVERFLOW | INT | RUN);
}

/* A page fault of the host's device; the address tells them apart. */
static bool fault(struct amd_rig *rig, unsigned n)
{
	struct ioasim_response response = amd_dma(rig, HOST, PAGE(1) + 4 * n, RD);

	assert_int_equal(response.outcome, IOASIM_FAULT);
	assert_int_equal(response.fault.code, 2);
	return response.fault.recorded;
}

static uint64_t logged(struct amd_rig *rig, unsigned n)
{
	return amd_peek(rig, AMD_EVENTS + 16 * n + 8);
}

static void entries_follow_each_other_and_set_the_interrupt_bit(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	assert_int_equal(status(&rig), RUN);
	for (unsigned n = 0; n < 5; n++) {
		assert_true(fault(&rig, n));
		assert_int_equal(logged(&rig, n), PAGE(1) + 4 * n);
		assert_int_equal(amd_read64(&rig, 0x2018), 16 * (n + 1));
		assert_int_equal(amd_read64(&rig, 0x2010), 0);
	}
	assert_int_equal(status(&rig), RUN | INT);
	amd_close(&rig);
}

static void a_full_log_stops_and_loses_what_comes(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	/* One entry always stays free. */
	for (unsigned n = 0; n < 255; n++)
		assert_true(fault(&rig, n));
	assert_int_equal(status(&rig), RUN | INT);
	assert_false(fault(&rig, 255));
	assert_int_equal(status(&rig), OVERFLOW | INT);
	assert_int_equal(amd_read64(&rig, 0x2018), 0xff0);
	assert_int_equal(logged(&rig, 255), 0);
	/* Room alone does not help, nor does clearing the bit, nor Control as it was. */
	amd_write64(&rig, 0x2010, 0x800);
	assert_false(fault(&rig, 256));
	amd_write64(&rig, 0x2020, OVERFLOW | INT);
	assert_false(fault(&rig, 257));
	amd_write64(&rig, 0x18, AMD_ON | AMD_GT_EN);
	assert_false(fault(&rig, 258));
	assert_int_equal(status(&rig), 0);
	assert_int_equal(rig.faults, 259);
	assert_int_equal(ioasim_unit_counters(rig.unit)->faults[2], 259);
	assert_int_equal(ioasim_unit_counters(rig.unit)->faults_recorded, 255);
	/* EventLogEn 0 and 1: it goes on where it was. */
	amd_write64(&rig, 0x18, 0x1001 | AMD_GT_EN);
	amd_write64(&rig, 0x18, AMD_ON | AMD_GT_EN);
	assert_int_equal(status(&rig), RUN);
	assert_true(fault(&rig, 259));
	assert_int_equal(logged(&rig, 255), PAGE(1) + 4 * 259);
	assert_int_equal(amd_read64(&rig, 0x2018), 0);
	amd_close(&rig);
}

static void nothing_is_written_while_the_overflow_bit_stands(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	amd_write64(&rig, 0x2010, 0x10); /* one behind the tail: full */
	assert_false(fault(&rig, 0));
	amd_write64(&rig, 0x18, 0x1001 | AMD_GT_EN);
	amd_write64(&rig, 0x2010, 0);
	amd_write64(&rig, 0x18, AMD_ON | AMD_GT_EN);
	assert_int_equal(status(&rig), OVERFLOW | RUN);
	assert_false(fault(&rig, 1));
	assert_int_equal(logged(&rig, 0), 0);
	amd_write64(&rig, 0x2020, OVERFLOW);
	assert_true(fault(&rig, 2));
	assert_int_equal(logged(&rig, 0), PAGE(1) + 8);
	amd_close(&rig);
}

static void without_the_log_faults_are_told_and_not_recorded(void **state)
{
	static const uint64_t controls[] = {0x1001, 0x1}; /* EventLogEn=0 */
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_with_tables(&rig, controls[i]);
		assert_false(fault(&rig, 0));
		assert_int_equal(rig.faults, 1);
		assert_int_equal(rig.fault[0].record[0], 0x2000a19a00000020);
		assert_int_equal(status(&rig), 0);
		assert_int_equal(amd_read64(&rig, 0x2018), 0);
		assert_int_equal(rig.stores, 0);
		amd_close(&rig);
	}
}

/* No record is architected for it: the entry is lost, its place stays free. */
static void an_entry_that_cannot_be_written_is_lost(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	assert_int_equal(ioasim_memory_abort(rig.memory, AMD_EVENTS + 8, AMD_EVENTS + 15), 0);
	assert_false(fault(&rig, 0));
	assert_int_equal(status(&rig), RUN);
	assert_int_equal(amd_read64(&rig, 0x2018), 0);
	assert_int_equal(amd_peek(&rig, AMD_EVENTS), 0);
	ioasim_memory_clear_aborts(rig.memory);
	assert_true(fault(&rig, 1));
	assert_int_equal(amd_read64(&rig, 0x2018), 0x10);
	amd_close(&rig);
}

/* ---- SA and SE (2.2.2) ------------------------------------------------------------------ */

#define SE (UINT64_C(1) << 33)
#define SA (UINT64_C(1) << 34)

static void suppress(struct amd_rig *rig, uint64_t how)
{
	amd_poke(rig, DTE(HOST) + 8, 0xa19a | how);
	amd_submit(rig, UINT64_C(0x2000000000000000) | HOST, 0);
}

static void sa_silences_page_faults_and_nothing_else(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	suppress(&rig, SA);
	assert_false(fault(&rig, 0));
	assert_false(fault(&rig, 1));
	assert_int_equal(amd_read64(&rig, 0x2018), 0);
	assert_true(amd_dma(&rig, HOST, 0xfee00000, RD).fault.recorded); /* event 8 */
	assert_int_equal(ioasim_memory_abort(rig.memory, HOST_TABLE, HOST_TABLE + 0xfff), 0);
	assert_true(amd_dma(&rig, HOST, PAGE(5), RD).fault.recorded); /* event 4 */
	assert_int_equal(amd_read64(&rig, 0x2018), 0x20);
	amd_close(&rig);
}

static void se_lets_the_first_page_fault_through_until_the_entry_is_read_again(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	suppress(&rig, SE);
	assert_true(fault(&rig, 0));
	assert_false(fault(&rig, 1));
	assert_false(fault(&rig, 2));
	suppress(&rig, SE);
	assert_true(fault(&rig, 3));
	assert_false(fault(&rig, 4));
	assert_int_equal(amd_read64(&rig, 0x2018), 0x20);
	amd_close(&rig);
}

/* 2.1.3.2 */
static void a_translation_requests_page_fault_is_silent(void **state)
{
	struct ioasim_response response;
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	response =
		ask(&rig, (struct ioasim_request){BY_GUEST, .address = 0x1000, .access = RD, ATS});
	assert_int_equal(response.outcome, IOASIM_ATS_EMPTY);
	assert_false(response.fault.recorded);
	assert_int_equal(amd_read64(&rig, 0x2018), 0);
	assert_int_equal(status(&rig), RUN);
	amd_close(&rig);
}

/* ---- Hardware event registers (3.4) --------------------------------------------------------- */

static void a_hardware_error_is_kept_until_software_has_seen_it(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON & ~UINT64_C(4)); /* whether the log runs or not */
	assert_int_equal(ioasim_memory_abort(rig.memory, HOST_TABLE, HOST_TABLE + 0xfff), 0);
	amd_dma(&rig, HOST, PAGE(0), RD);
	assert_int_equal(amd_read64(&rig, 0x50), 1);
	assert_int_equal(amd_read64(&rig, 0x40), 0x4400a19a00000020);
	assert_int_equal(amd_read64(&rig, 0x48), 0x300000);
	/* The next is lost: HEO. */
	amd_dma(&rig, HOST, PAGE(2), WR);
	assert_int_equal(amd_read64(&rig, 0x50), 3);
	assert_int_equal(amd_read64(&rig, 0x40), 0x4400a19a00000020);
	amd_write64(&rig, 0x50, 2);
	assert_int_equal(amd_read64(&rig, 0x50), 1);
	amd_write64(&rig, 0x50, 1);
	assert_int_equal(amd_read64(&rig, 0x50), 0);
	amd_dma(&rig, HOST, PAGE(2), WR);
	assert_int_equal(amd_read64(&rig, 0x50), 1);
	assert_int_equal(amd_read64(&rig, 0x40), 0x4420a19a00000020);
	assert_int_equal(amd_read64(&rig, 0x48), 0x300010);
	amd_close(&rig);
}

static void other_events_are_no_hardware_errors(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_with_tables(&rig, AMD_ON);
	fault(&rig, 0);
	amd_dma(&rig, HOST, 0xfee00000, RD);
	amd_submit(&rig, 0, 0);
	assert_int_equal(amd_read64(&rig, 0x2018), 0x30);
	assert_int_equal(amd_read64(&rig, 0x50), 0);
	amd_close(&rig);
}

static void a_unit_without_hesup_keeps_no_hardware_error(void **state)
{
	struct amd_rig rig;

	(void)state;
	amd_open(&rig, FULL & ~UINT64_C(0x100), FULL2);
	host_table(&rig);
	amd_start(&rig, AMD_ON);
	assert_int_equal(ioasim_memory_abort(rig.memory, HOST_TABLE, HOST_TABLE + 0xfff), 0);
	assert_int_equal(amd_dma(&rig, HOST, PAGE(0), RD).fault.code, 4);
	assert_int_equal(amd_read64(&rig, 0x50), 0);
	assert_int_equal(amd_read64(&rig, 0x40), 0);
	amd_close(&rig);
}

/* ---- Causes ------------------------------------------------------------------------- */

static const struct {
	struct ioasim_request request;
	struct change change;
	enum ioasim_fault_cause cause;
} causes[] = {
	/* TV=0, a reserved Mode, a reserved bit, IR=IW=0; IW=0 alone lets reads through. */
	{{.requester_id = HOST, .access = RD}, {DTE(HOST), 1}, IOASIM_CAUSE_BLOCKED},
	{{.requester_id = HOST, .access = RD},
	 {DTE(HOST), HOST_TABLE | 0x6000000000000e03},
	 IOASIM_CAUSE_BLOCKED},
	{{.requester_id = HOST, .access = RD},
	 {DTE(HOST), HOST_TABLE | 0x6000000000000207},
	 IOASIM_CAUSE_BLOCKED},
	{{.requester_id = HOST, .access = RD},
	 {DTE(HOST), HOST_TABLE | 0x203},
	 IOASIM_CAUSE_BLOCKED},
	{{.requester_id = HOST, .access = WR},
	 {DTE(HOST), HOST_TABLE | 0x2000000000000203},
	 IOASIM_CAUSE_PERMISSION},
	{{.requester_id = HOST, .access = RD, .address = PAGE(1)}, {0}, IOASIM_CAUSE_STAGE2},
	{{.requester_id = HOST, .access = RD, .address = PAGE(2)}, {0}, IOASIM_CAUSE_PERMISSION},
	{{.requester_id = HOST, .access = RD, .address = PAGE(4)}, {0}, IOASIM_CAUSE_STAGE2},
	{{.requester_id = HOST, .access = RD, .address = PAGE(512)}, {0}, IOASIM_CAUSE_STAGE2},
	/* Guest tables that the entry does not have, and GCR3 entries at each level. */
	{{.requester_id = HOST, .has_pasid = true, .access = RD}, {0}, IOASIM_CAUSE_PASID},
	{{BY_GUEST, .access = RD},
	 {GCR3_TABLE + 8 * (PASID >> 18), GCR3_TABLE + 0x1000},
	 IOASIM_CAUSE_PASID},
	{{BY_GUEST, .access = RD},
	 {GCR3_TABLE + 0x2000 + 8 * (PASID & 0x1ff), 0},
	 IOASIM_CAUSE_PASID},
	{{BY_GUEST, .access = RD, .address = PAGE(1)}, {0}, IOASIM_CAUSE_STAGE1},
	{{BY_GUEST, .access = RD, .address = UINT64_C(1) << 47}, {0}, IOASIM_CAUSE_STAGE1},
	{{BY_GUEST, .access = RD, .address = PAGE(2)}, {0}, IOASIM_CAUSE_PERMISSION},
	{{BY_GUEST, .access = WR, .address = PAGE(3)}, {0}, IOASIM_CAUSE_PERMISSION},
	/* Memory that is not there; the interrupt range; ATS that the entry refuses. */
	{{.requester_id = HOST, .access = RD}, {DTE(HOST), 0x6008000000000203}, IOASIM_CAUSE_OTHER},
	{{.requester_id = HOST, .access = RD, .address = 0xfee00000}, {0}, IOASIM_CAUSE_OTHER},
	{{.requester_id = HOST, .access = RD, ATS}, {0}, IOASIM_CAUSE_BLOCKED},
	{{.requester_id = HOST, .access = RD, READY}, {0}, IOASIM_CAUSE_BLOCKED},
};

/* The second time from caches. */
static void what_stopped_a_request_is_told_beside_its_event(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		struct amd_rig rig;

		open_with_tables(&rig, AMD_ON);
		if (causes[i].change.address)
			amd_poke(&rig, causes[i].change.address, causes[i].change.word);
		for (unsigned j = 0; j < 2; j++) {
			struct ioasim_response response = ask(&rig, causes[i].request);

			assert_int_not_equal(response.outcome, IOASIM_OK);
			if (response.fault.cause != causes[i].cause)
				fail_msg("%u: cause %u", i, response.fault.cause);
		}
		amd_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_has_the_bits_that_its_figure_names),
		cmocka_unit_test(every_event_has_its_name_of_the_specification),
		cmocka_unit_test(entries_follow_each_other_and_set_the_interrupt_bit),
		cmocka_unit_test(a_full_log_stops_and_loses_what_comes),
		cmocka_unit_test(nothing_is_written_while_the_overflow_bit_stands),
		cmocka_unit_test(without_the_log_faults_are_told_and_not_recorded),
		cmocka_unit_test(an_entry_that_cannot_be_written_is_lost),
		cmocka_unit_test(sa_silences_page_faults_and_nothing_else),
		cmocka_unit_test(
			se_lets_the_first_page_fault_through_until_the_entry_is_read_again),
		cmocka_unit_test(a_translation_requests_page_fault_is_silent),
		cmocka_unit_test(a_hardware_error_is_kept_until_software_has_seen_it),
		cmocka_unit_test(other_events_are_no_hardware_errors),
		cmocka_unit_test(a_unit_without_hesup_keeps_no_hardware_error),
		cmocka_unit_test(what_stopped_a_request_is_told_beside_its_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
