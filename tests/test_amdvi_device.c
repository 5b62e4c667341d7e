/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device table (2.2.2): where entries lie, what in them is illegal, what V, TV and GV
 * make of a request, and what they grant without any page table: exclusion range,
 * interrupt range, identity, silence.
 */
#include "amdvi_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define R  IOASIM_READ
#define W  IOASIM_WRITE
#define RW (IOASIM_READ | IOASIM_WRITE)
#define AT UINT64_C(0x12345678)

enum { ILLEGAL_DTE = 1, PAGE_FAULT = 2, DTE_BUS_ERROR = 3, REFUSED = 8 };

static void open_plain(struct amd_tables *t)
{
	struct ioasim_unit_config config;

	amd_config(&config, AMD_PLAIN_EFR, 0);
	amd_tables_open_with(t, &config);
}

static void open_full(struct amd_tables *t)
{
	amd_tables_open(t, true);
	amd_start(&t->rig, AMD_ON | AMD_GT_EN);
}

/* Changes the entry and makes the unit see it. */
static void set_entry(struct amd_tables *t, uint64_t w0, uint64_t w1, uint64_t w2)
{
	amd_dte(t, AMD_ID, w0, w1, w2);
	amd_invalidate_device(t, AMD_ID);
}

static struct ioasim_response ask(struct amd_tables *t, uint64_t address, unsigned access)
{
	struct ioasim_request request = amd_request(address, access);

	return amd_ask(t, &request);
}

/* ---- Its place -------------------------------------------------------------------------- */

static void an_entry_is_found_by_the_whole_requester_id(void **state)
{
	static const uint16_t ids[] = {0, 1, 0x18, 0x7f, 0x80, 0xff, 0x100, 0x1234, 0xfffe, 0xffff};
	struct amd_tables t;

	(void)state;
	amd_tables_open(&t, true);
	for (size_t i = 0; i < COUNT(ids); i++)
		amd_dte(&t, ids[i], DTE_OK, 0x100 + i, 0);
	amd_start(&t.rig, AMD_ON);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(ids); i++) {
			struct ioasim_request request = amd_request(AT, R);
			struct ioasim_response r;

			request.requester_id = ids[i];
			r = amd_ask(&t, &request);
			amd_expect_pa(&r, AT, 64, RW);
			assert_int_equal(r.domain, 0x100 + i);
		}
	}
	amd_tables_close(&t);
}

/* DevTblSegEn n: the top n bits choose the table, the rest index it. */
static void segments_split_the_requester_id(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= 3; n++) {
		unsigned bits = 16 - n;
		struct amd_tables t;

		amd_tables_open(&t, false);
		amd_start(&t.rig, 0);
		for (unsigned segment = 0; segment < 1u << n; segment++) {
			uint64_t table = UINT64_C(0x1000000) + segment * UINT64_C(0x200000);
			uint32_t index = (0xa5a5u >> n) + segment;
			uint32_t offset = segment ? 0x100 + 8 * (segment - 1) : 0;

			amd_write64(&t.rig, offset, table | ((1u << bits) / 128 - 1));
			amd_poke(&t.rig, table + 32 * (uint64_t)index, DTE_OK);
			amd_poke(&t.rig, table + 32 * (uint64_t)index + 8, 0x40 + segment);
		}
		amd_write64(&t.rig, 0x18, AMD_ON | (uint64_t)n << 34);
		for (unsigned segment = 0; segment < 1u << n; segment++) {
			struct ioasim_request request = amd_request(AT, R);
			struct ioasim_response r;

			request.requester_id = segment << bits | ((0xa5a5u >> n) + segment);
			r = amd_ask(&t, &request);
			amd_expect_pa(&r, AT, 64, RW);
			assert_int_equal(r.domain, 0x40 + segment);
		}
		amd_tables_close(&t);
	}
}

static void an_id_beyond_its_table_is_a_page_fault(void **state)
{
	struct amd_tables t;
	struct ioasim_request request = amd_request(AT, W);
	struct ioasim_response r;

	(void)state;
	amd_tables_open(&t, true);
	amd_dte(&t, 0xff, DTE_OK, 0, 0);
	amd_dte(&t, 0x100, DTE_OK, 0, 0);
	amd_start(&t.rig, 0);
	amd_write64(&t.rig, 0, AMD_DEVTAB | 1); /* 256 entries */
	amd_write64(&t.rig, 0x18, AMD_ON);
	request.requester_id = 0xff;
	r = amd_ask(&t, &request);
	amd_expect_pa(&r, AT, 64, RW);
	request.requester_id = 0x100;
	r = amd_ask(&t, &request);
	amd_expect_event(&r, PAGE_FAULT, EVENT_RW, AT);
	assert_int_equal(amd_refs_all(&r.cost), 0);
	amd_tables_close(&t);
}

static void an_entry_that_cannot_be_read_is_a_hardware_error(void **state)
{
	uint64_t entry = AMD_DEVTAB + 32 * (uint64_t)AMD_ID;
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	amd_tables_open(&t, true);
	amd_dte(&t, AMD_ID, DTE_OK, 0, 0);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, entry + 24, entry + 31), 0);
	amd_start(&t.rig, AMD_ON);
	r = ask(&t, AT, W);
	amd_expect_event(&r, DTE_BUS_ERROR, EVENT_RW | EVENT_TYPE(2), entry);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	/* What could not be read is not cached. */
	ioasim_memory_clear_aborts(t.rig.memory);
	r = ask(&t, AT, W);
	amd_expect_pa(&r, AT, 64, RW);
	amd_tables_close(&t);
}

/* ---- What is illegal ---------------------------------------------------------------------- */

/* One bit alone, in an identity entry. With V = 0 it is ignored. */
static void check_bit(struct amd_tables *t, unsigned word, unsigned bit, bool illegal)
{
	uint64_t w[2] = {DTE_OK, AMD_DOMAIN};
	struct ioasim_response r;

	w[word] |= UINT64_C(1) << bit;
	set_entry(t, w[0], w[1], 0);
	r = ask(t, AT, R);
	if (illegal) {
		if (r.fault.code != ILLEGAL_DTE)
			fail_msg("word %u, bit %u: event %#x", word, bit, r.fault.code);
		amd_expect_event(&r, ILLEGAL_DTE, EVENT_RZ, AT);
	} else if (r.outcome != IOASIM_OK) {
		fail_msg("word %u, bit %u: event %#x", word, bit, r.fault.code);
	}
	set_entry(t, w[0] & ~DTE_V, w[1], 0);
	r = ask(t, AT, R);
	amd_expect_pa(&r, AT, 64, RW | IOASIM_EXEC);
}

/* Bits 6:2 and 63 of word 0 and SATS always; of a field that comes with a feature, all
 * bits without it. Bits that only choose a table or a mode are not tried. */
static void each_reserved_bit_is_illegal_by_itself(void **state)
{
	static const struct {
		bool full;
		unsigned word, first, last;
		bool illegal;
	} rows[] = {
		{true, 0, 2, 6, true},     {true, 0, 63, 63, true},
		{true, 1, 42, 42, true},   {true, 0, 8, 8, true}, /* HAD 10b */
		{true, 0, 7, 7, false}, /* HAD 01b */
		{true, 0, 12, 54, false}, /* root, PPR, GPRP, GIoV */
		{true, 1, 0, 41, false},   {true, 1, 43, 63, false},
		{false, 0, 2, 8, true}, /* HAD without HASup */
		{false, 0, 52, 54, true}, /* PPR, GPRP without EPHSup, GIoV without GIoSup */
		{false, 0, 12, 51, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct amd_tables t;

		if (rows[i].full)
			amd_tables_open(&t, true);
		else
			open_plain(&t);
		amd_start(&t.rig, AMD_ON);
		for (unsigned bit = rows[i].first; bit <= rows[i].last; bit++)
			check_bit(&t, rows[i].word, bit, rows[i].illegal);
		amd_tables_close(&t);
	}
}

static void words_of_interrupts_do_not_make_dma_illegal(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_full(&t);
	amd_poke(&t.rig, AMD_DEVTAB + 32 * (uint64_t)AMD_ID + 24, ~UINT64_C(0));
	set_entry(&t, DTE_OK, AMD_DOMAIN, ~UINT64_C(0));
	r = ask(&t, AT, R);
	amd_expect_pa(&r, AT, 64, RW);
	amd_tables_close(&t);
}

/* GLX 3 and above GLXSup, GuestPagingMode 2, 3 and above GATS: only while GV is set. */
static void guest_fields_are_judged_with_gv(void **state)
{
	static const struct {
		uint64_t efr, w0, w2;
		bool illegal;
	} rows[] = {
		{AMD_FULL_EFR, DTE_GV | DTE_GLX(2), 0, false},
		{AMD_FULL_EFR, DTE_GV | DTE_GLX(3), 0, true},
		{AMD_FULL_EFR, DTE_GLX(3), 0, false},
		{AMD_FULL_EFR, DTE_GV, UINT64_C(1) << 54, false},
		{AMD_FULL_EFR, DTE_GV, UINT64_C(2) << 54, true},
		{AMD_FULL_EFR, DTE_GV, UINT64_C(3) << 54, true},
		{AMD_FULL_EFR, 0, UINT64_C(3) << 54, false},
		{AMD_FULL_EFR & ~(UINT64_C(3) << 12), DTE_GV, UINT64_C(1) << 54, true},
		{AMD_FULL_EFR & ~(UINT64_C(2) << 14), DTE_GV | DTE_GLX(1), 0, true},
		{AMD_PLAIN_EFR & ~UINT64_C(0x10), DTE_GV, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ioasim_unit_config config;
		struct amd_tables t;
		struct ioasim_response r;

		amd_config(&config, rows[i].efr, 0);
		amd_tables_open_with(&t, &config);
		amd_dte(&t, AMD_ID, DTE_OK | rows[i].w0, AMD_DOMAIN, rows[i].w2);
		amd_start(&t.rig, AMD_ON);
		r = ask(&t, AT, R);
		if ((r.fault.code == ILLEGAL_DTE) != rows[i].illegal)
			fail_msg("row %zu: event %#x", i, r.fault.code);
		amd_tables_close(&t);
	}
}

/* 2.5.3 counts a reserved paging mode among the causes of page faults. */
static void a_mode_that_the_unit_does_not_have_is_a_page_fault(void **state)
{
	struct amd_tables t;

	(void)state;
	for (unsigned hats = 0; hats <= 2; hats++) {
		struct ioasim_unit_config config;

		amd_config(&config, (AMD_FULL_EFR & ~(UINT64_C(3) << 10)) | (uint64_t)hats << 10,
			   0);
		amd_tables_open_with(&t, &config);
		amd_start(&t.rig, AMD_ON);
		for (unsigned mode = 1; mode <= 7; mode++) {
			struct ioasim_response r;

			/* Tables of zeros: not present. */
			set_entry(&t, DTE_OK | DTE_MODE(mode) | 0x1000000, AMD_DOMAIN, 0);
			r = ask(&t, 0x5000, R);
			amd_expect_event(&r, PAGE_FAULT, mode > 4 + hats ? EVENT_PR | EVENT_RZ : 0,
					 0x5000);
			assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2),
					 mode > 4 + hats ? 0 : 1);
		}
		amd_tables_close(&t);
	}
}

/* ---- V, TV, GV --------------------------------------------------------------------------------- */

static void validity_bits_decide_what_becomes_of_a_request(void **state)
{
	enum { PASSES, FAULTS, REFUSES, GUEST };
	static const struct {
		uint64_t w0;
		bool gt_en;
		uint8_t plain, with_pasid;
	} rows[] = {
		{0, true, PASSES, PASSES},
		{DTE_TV | DTE_RW | DTE_GV, true, PASSES, PASSES},
		{DTE_V | DTE_RW, true, FAULTS, FAULTS},
		{DTE_V | DTE_RW | DTE_GV, true, FAULTS, FAULTS},
		{DTE_OK, true, PASSES, REFUSES},
		{DTE_OK | DTE_GIOV, true, PASSES, REFUSES},
		{DTE_OK | DTE_GV, true, PASSES, GUEST},
		{DTE_OK | DTE_GV | DTE_GIOV, true, GUEST, GUEST},
		{DTE_OK | DTE_GV, false, PASSES, REFUSES},
		{DTE_OK | DTE_GV | DTE_GIOV, false, PASSES, REFUSES},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned has_pasid = 0; has_pasid < 2; has_pasid++) {
			struct ioasim_request request = amd_request_pasid(AT, R, AMD_PASID);
			uint8_t wanted = has_pasid ? rows[i].with_pasid : rows[i].plain;
			uint64_t gn = has_pasid ? EVENT_GN : 0, us = has_pasid ? EVENT_US : 0;
			struct amd_tables t;
			struct ioasim_response r;

			amd_tables_open(&t, true);
			amd_dte(&t, AMD_ID, rows[i].w0, AMD_DOMAIN, 0);
			amd_start(&t.rig, AMD_ON | (rows[i].gt_en ? AMD_GT_EN : 0));
			request.has_pasid = has_pasid;
			for (unsigned round = 0; round < 2; round++) {
				r = amd_ask(&t, &request);
				if (wanted == PASSES && (r.outcome != IOASIM_OK || r.pa != AT))
					fail_msg("row %zu: event %#x", i, r.fault.code);
				if (wanted == FAULTS)
					amd_expect_event(&r, PAGE_FAULT, gn | us, AT);
				if (wanted == REFUSES)
					amd_expect_event(&r, REFUSED, gn, AT);
				/* A GCR3 table of zeros: the entry is not valid. */
				if (wanted == GUEST)
					amd_expect_event(&r, PAGE_FAULT, EVENT_GN | us, AT);
				assert_int_equal(amd_refs(&r.cost, IOASIM_REF_PASID_TABLE),
						 wanted == GUEST);
			}
			amd_tables_close(&t);
		}
	}
}

static void a_unit_that_is_off_lets_everything_pass(void **state)
{
	struct amd_tables t;
	struct ioasim_request request = amd_request_pasid(AT, RW, 7);
	struct ioasim_response r;

	(void)state;
	amd_tables_open(&t, true);
	amd_dte(&t, AMD_ID, DTE_V | DTE_TV, 0, 0);
	amd_start(&t.rig, AMD_ON & ~UINT64_C(1));
	r = amd_ask(&t, &request);
	amd_expect_pa(&r, AT, 64, RW | IOASIM_EXEC);
	request.kind = IOASIM_TRANSLATED;
	r = amd_ask(&t, &request);
	amd_expect_pa(&r, AT, 64, RW | IOASIM_EXEC);
	request.kind = IOASIM_TRANSLATION_REQUEST;
	r = amd_ask(&t, &request);
	assert_int_equal(r.outcome, IOASIM_ATS_UR);
	assert_int_equal(r.fault.code, 0);
	assert_int_equal(amd_refs_all(&r.cost), 0);
	request.kind = 3;
	r = amd_ask(&t, &request);
	assert_int_equal(r.outcome, IOASIM_FAULT);
	assert_int_equal(r.fault.code, 0);
	amd_tables_close(&t);
}

/* ---- Without tables ------------------------------------------------------------------------------ */

static void identity_grants_what_ir_and_iw_grant(void **state)
{
	static const uint64_t bits[] = {0, DTE_IR, DTE_IW, DTE_RW};
	static const unsigned grants[] = {0, R, W, RW};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned access = R; access <= RW; access++) {
			struct amd_tables t;
			struct ioasim_response r;

			open_full(&t);
			set_entry(&t, DTE_V | DTE_TV | bits[i], AMD_DOMAIN, 0);
			for (unsigned round = 0; round < 2; round++) {
				r = ask(&t, AT, access);
				if ((access & grants[i]) == access)
					amd_expect_pa(&r, AT, 64, grants[i]);
				else
					amd_expect_event(&r, PAGE_FAULT,
							 EVENT_PR | EVENT_PE |
								 (access & W ? EVENT_RW : 0),
							 AT);
				assert_int_equal(r.domain == AMD_DOMAIN, r.outcome == IOASIM_OK);
			}
			amd_tables_close(&t);
		}
	}
}

/* 2.2.2: the range is passed untranslated and unchecked, by all or by devices with EX. */
static void the_exclusion_range_passes_unchecked(void **state)
{
	enum { BASE = 0x40000000, LIMIT = 0x40003000 };
	static const struct {
		unsigned flags; /* ExEn 1, Allow 2 */
		bool ex;
		bool passes;
	} rows[] = {
		{0, true, false}, {1, false, false}, {1, true, true},
		{2, true, false}, {3, false, true},  {3, true, true},
	};
	static const struct {
		uint64_t address;
		bool inside;
	} places[] = {
		{BASE - 1, false},       {BASE, true}, {BASE + 0x1234, true}, {LIMIT + 0xfff, true},
		{LIMIT + 0x1000, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct amd_tables t;

		amd_tables_open(&t, true);
		amd_dte(&t, AMD_ID, DTE_V | DTE_TV | DTE_GV, rows[i].ex ? DTE_1_EX : 0, 0);
		amd_start(&t.rig, 0);
		amd_write64(&t.rig, 0x20, BASE | rows[i].flags);
		amd_write64(&t.rig, 0x28, LIMIT);
		amd_write64(&t.rig, 0x18, AMD_ON | AMD_GT_EN);
		for (size_t p = 0; p < COUNT(places); p++) {
			struct ioasim_request request = amd_request(places[p].address, RW);
			bool passes = rows[i].passes && places[p].inside;
			struct ioasim_response r = amd_ask(&t, &request);

			if ((r.outcome == IOASIM_OK) != passes)
				fail_msg("row %zu, %#" PRIx64 ": outcome %u", i, request.address,
					 r.outcome);
			/* With a PASID nothing is excluded. */
			request = amd_request_pasid(places[p].address, R, 1);
			r = amd_ask(&t, &request);
			assert_int_equal(r.outcome, IOASIM_FAULT);
		}
		amd_tables_close(&t);
	}
}

/* 2.1.4, 2.2.5: IV and IntCtl decide about writes, whatever V and TV say. */
static void writes_to_the_interrupt_range_are_messages(void **state)
{
	enum { IV = 1 };
	static const struct {
		uint64_t w0, w2;
		unsigned event;
		uint64_t flags;
	} rows[] = {
		{DTE_V | DTE_TV, 0, 0, 0},
		{DTE_V, 0, 0, 0},
		{0, 0, 0, 0},
		{DTE_V | DTE_TV, IV | UINT64_C(0) << 60, REFUSED, EVENT_TYPE(5)},
		{0, IV | UINT64_C(0) << 60, REFUSED, EVENT_TYPE(5)},
		{DTE_V | DTE_TV, IV | UINT64_C(1) << 60, 0, 0},
		{DTE_V | DTE_TV, IV | UINT64_C(2) << 60, 0, 0},
		{DTE_V | DTE_TV, IV | UINT64_C(3) << 60, ILLEGAL_DTE,
		 EVENT_I | EVENT_RW | EVENT_RZ},
		{DTE_V | DTE_TV, IV | UINT64_C(1) << 60 | 11 << 1, 0, 0},
		{DTE_V | DTE_TV, IV | UINT64_C(1) << 60 | 12 << 1, ILLEGAL_DTE,
		 EVENT_I | EVENT_RW | EVENT_RZ},
		{DTE_V | DTE_TV, IV | UINT64_C(1) << 60 | UINT64_C(1) << 52, ILLEGAL_DTE,
		 EVENT_I | EVENT_RW | EVENT_RZ},
		{DTE_V | DTE_TV, UINT64_C(3) << 60 | 15 << 1, 0, 0},
	};
	static const uint64_t places[] = {0xfee00000, 0xfee01234, 0xfeeffffc};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t p = 0; p < COUNT(places); p++) {
			struct amd_tables t;
			struct ioasim_response r;

			open_full(&t);
			set_entry(&t, rows[i].w0, AMD_DOMAIN, rows[i].w2);
			r = ask(&t, places[p], W);
			if (rows[i].event) {
				amd_expect_event(&r, rows[i].event, rows[i].flags, places[p]);
				assert_int_equal(r.outcome, IOASIM_FAULT);
			} else if (r.outcome != IOASIM_INTERRUPT || r.pa != places[p]) {
				fail_msg("row %zu: outcome %u", i, r.outcome);
			}
			amd_tables_close(&t);
		}
	}
}

static void everything_else_in_the_interrupt_range_is_refused(void **state)
{
	static const unsigned access[] = {R, RW};
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_full(&t);
	set_entry(&t, DTE_OK, AMD_DOMAIN, 0);
	for (size_t i = 0; i < COUNT(access); i++) {
		r = ask(&t, 0xfee01000, access[i]);
		amd_expect_event(&r, REFUSED, 0, 0xfee01000);
	}
	/* Its neighbours are memory. */
	r = ask(&t, 0xfedffffc, RW);
	amd_expect_pa(&r, 0xfedffffc, 64, RW);
	r = ask(&t, 0xfef00000, RW);
	amd_expect_pa(&r, 0xfef00000, 64, RW);
	/* With V = 0 nothing is refused. */
	set_entry(&t, 0, 0, 0);
	r = ask(&t, 0xfee01000, R);
	amd_expect_pa(&r, 0xfee01000, 64, RW | IOASIM_EXEC);
	amd_tables_close(&t);
}

static void an_address_with_pasid_is_never_an_interrupt(void **state)
{
	struct amd_tables t;
	struct ioasim_request request = amd_request_pasid(0xfee01000, W, AMD_PASID);
	struct ioasim_response r;

	(void)state;
	open_full(&t);
	set_entry(&t, DTE_OK | DTE_GV, AMD_DOMAIN, 0);
	r = amd_ask(&t, &request);
	amd_expect_event(&r, PAGE_FAULT, EVENT_GN | EVENT_US | EVENT_RW, 0xfee01000);
	amd_tables_close(&t);
}

/* ---- Silence ---------------------------------------------------------------------------------------- */

/* 6.3: page faults alone are silenced: all by SA, all but the first by SE. */
static void sa_and_se_silence_page_faults(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_full(&t);
	set_entry(&t, DTE_V | DTE_TV, DTE_1_SA, 0);
	r = ask(&t, AT, R);
	amd_expect_event(&r, PAGE_FAULT, EVENT_PR | EVENT_PE, AT);
	assert_false(r.fault.recorded);
	r = ask(&t, 0xfee00000, R);
	assert_int_equal(r.fault.code, REFUSED);
	assert_true(r.fault.recorded);

	set_entry(&t, DTE_V | DTE_TV, DTE_1_SE, 0);
	for (unsigned round = 0; round < 2; round++) {
		r = ask(&t, AT, R);
		assert_true(r.fault.recorded);
		for (unsigned i = 0; i < 3; i++) {
			r = ask(&t, AT + 0x1000 * i, R);
			assert_int_equal(r.fault.code, PAGE_FAULT);
			assert_false(r.fault.recorded);
		}
		r = ask(&t, 0xfee00000, R);
		assert_true(r.fault.recorded);
		/* Read anew, the entry begins anew. */
		amd_invalidate_device(&t, AMD_ID);
	}
	set_entry(&t, DTE_V | DTE_TV | 4, DTE_1_SA | DTE_1_SE, 0);
	for (unsigned i = 0; i < 2; i++) {
		r = ask(&t, AT, R);
		assert_int_equal(r.fault.code, ILLEGAL_DTE);
		assert_true(r.fault.recorded);
	}
	amd_tables_close(&t);
}

/* While the log does not run, SE still waits for the first fault that is logged. */
static void a_fault_that_was_not_logged_is_not_the_first(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	amd_tables_open(&t, true);
	amd_dte(&t, AMD_ID, DTE_V | DTE_TV, DTE_1_SE, 0);
	amd_start(&t.rig, AMD_ON & ~UINT64_C(4));
	r = ask(&t, AT, R);
	assert_false(r.fault.recorded);
	amd_write64(&t.rig, 0x18, AMD_ON);
	r = ask(&t, AT, R);
	assert_true(r.fault.recorded);
	r = ask(&t, AT, R);
	assert_false(r.fault.recorded);
	amd_tables_close(&t);
}

/* A cached entry stays as it was read until command 2 names its device. */
static void an_entry_is_cached_until_its_device_is_invalidated(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_full(&t);
	set_entry(&t, DTE_OK, 7, 0);
	r = ask(&t, AT, W);
	assert_int_equal(r.domain, 7);
	assert_int_equal(amd_refs(&r.cost, IOASIM_REF_DEVICE_TABLE), 1);
	amd_dte(&t, AMD_ID, DTE_V | DTE_TV | DTE_IR, 8, 0);
	r = ask(&t, AT, W);
	assert_int_equal(r.domain, 7);
	amd_invalidate_device(&t, AMD_ID ^ 1);
	amd_invalidate_pages(&t, 7, 0, PAGES_ALL | PAGES_PDE);
	r = ask(&t, AT, W);
	assert_int_equal(r.domain, 7);
	amd_invalidate_device(&t, AMD_ID);
	r = ask(&t, AT, W);
	assert_int_equal(r.fault.code, PAGE_FAULT);
	amd_dte(&t, AMD_ID, DTE_OK, 9, 0);
	amd_invalidate_all(&t);
	r = ask(&t, AT, W);
	assert_int_equal(r.domain, 9);
	amd_tables_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_found_by_the_whole_requester_id),
		cmocka_unit_test(segments_split_the_requester_id),
		cmocka_unit_test(an_id_beyond_its_table_is_a_page_fault),
		cmocka_unit_test(an_entry_that_cannot_be_read_is_a_hardware_error),
		cmocka_unit_test(each_reserved_bit_is_illegal_by_itself),
		cmocka_unit_test(words_of_interrupts_do_not_make_dma_illegal),
		cmocka_unit_test(guest_fields_are_judged_with_gv),
		cmocka_unit_test(a_mode_that_the_unit_does_not_have_is_a_page_fault),
		cmocka_unit_test(validity_bits_decide_what_becomes_of_a_request),
		cmocka_unit_test(a_unit_that_is_off_lets_everything_pass),
		cmocka_unit_test(identity_grants_what_ir_and_iw_grant),
		cmocka_unit_test(the_exclusion_range_passes_unchecked),
		cmocka_unit_test(writes_to_the_interrupt_range_are_messages),
		cmocka_unit_test(everything_else_in_the_interrupt_range_is_refused),
		cmocka_unit_test(an_address_with_pasid_is_never_an_interrupt),
		cmocka_unit_test(sa_and_se_silence_page_faults),
		cmocka_unit_test(a_fault_that_was_not_logged_is_not_the_first),
		cmocka_unit_test(an_entry_is_cached_until_its_device_is_invalidated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
