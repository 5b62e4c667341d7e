/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and translated requests (2.1.3), and what page requests need (2.6). */
#include "amdvi_tables.h"

#include "amdvi/unit.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define R  IOASIM_READ
#define W  IOASIM_WRITE
#define X  IOASIM_EXEC
#define RW (IOASIM_READ | IOASIM_WRITE)

#define AT   UINT64_C(0x12345000)
#define DATA UINT64_C(0x7654321000)

enum { ILLEGAL_DTE = 1, PAGE_FAULT = 2, DTE_BUS_ERROR = 3, PAGE_BUS_ERROR = 4, REFUSED = 8 };

static struct ioasim_response ask(struct amd_tables *t, uint64_t address, unsigned access,
				  unsigned kind)
{
	struct ioasim_request request = amd_request(address, access);

	request.kind = (uint8_t)kind;
	return amd_ask(t, &request);
}

static struct ioasim_response ats(struct amd_tables *t, uint64_t address, unsigned access)
{
	return ask(t, address, access, IOASIM_TRANSLATION_REQUEST);
}

static void expect_completion(const struct ioasim_response *r, uint64_t pa, unsigned size_lg2,
			      unsigned access)
{
	amd_expect_pa(r, pa, size_lg2, access);
	assert_int_equal(r->fault.code, 0);
}

/* A completion without rights: no event is logged. */
static void expect_empty(const struct ioasim_response *r)
{
	if (r->outcome != IOASIM_ATS_EMPTY || r->fault.recorded || r->access)
		fail_msg("outcome %u, event %#x, recorded %u, access %u", r->outcome, r->fault.code,
			 r->fault.recorded, r->access);
}

/* A host table of three levels with one page. */
static uint64_t open_host(struct amd_tables *t, bool caches, uint64_t w0, uint64_t leaf)
{
	uint64_t root;

	amd_tables_open(t, caches);
	root = amd_page(t);
	amd_dte(t, AMD_ID, DTE_V | DTE_TV | DTE_MODE(3) | w0 | root, AMD_DOMAIN | DTE_1_I, 0);
	amd_host_map(t, root, 3, AT, 0, leaf);
	amd_start(&t->rig, AMD_ON | AMD_GT_EN);
	return root;
}

/* ---- What refuses ------------------------------------------------------------------------ */

static void requests_of_a_device_without_ats_are_refused_and_logged(void **state)
{
	static const struct {
		uint64_t w0, w1;
		bool iotlb;
		unsigned translation, translated; /* events; 0: passes */
		uint64_t flags; /* of the translation request's */
	} rows[] = {
		{DTE_OK, DTE_1_I, true, 0, 0, 0},
		{DTE_OK, 0, true, REFUSED, REFUSED, EVENT_TR | EVENT_TYPE(0)},
		{DTE_OK, DTE_1_I, false, REFUSED, REFUSED, EVENT_TR | EVENT_TYPE(0)},
		{0, DTE_1_I, true, REFUSED, REFUSED, EVENT_TR | EVENT_TYPE(0)},
		{DTE_TV | DTE_RW, DTE_1_I, true, REFUSED, REFUSED, EVENT_TR | EVENT_TYPE(0)},
		{DTE_V | DTE_RW, DTE_1_I, true, REFUSED, 0, EVENT_TR | EVENT_TYPE(0)},
		{DTE_OK | 4, DTE_1_I, true, ILLEGAL_DTE, ILLEGAL_DTE, EVENT_TR | EVENT_RZ},
		{DTE_OK | 4, 0, true, ILLEGAL_DTE, ILLEGAL_DTE, EVENT_TR | EVENT_RZ},
		/* Page faults are silenced, these are none. */
		{DTE_OK, DTE_1_SA, true, REFUSED, REFUSED, EVENT_TR | EVENT_TYPE(0)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ioasim_unit_config config;
		struct amd_tables t;
		struct ioasim_response r;

		amd_config(&config, AMD_FULL_EFR, 0);
		assert_int_equal(ioasim_unit_config_set(&config, "iotlb", rows[i].iotlb), 0);
		amd_tables_open_with(&t, &config);
		amd_dte(&t, AMD_ID, rows[i].w0, rows[i].w1 | AMD_DOMAIN, 0);
		amd_start(&t.rig, AMD_ON);
		for (unsigned round = 0; round < 2; round++) {
			r = ats(&t, AT, R);
			if (rows[i].translation) {
				amd_expect_event(&r, rows[i].translation, rows[i].flags, AT);
				assert_true(r.fault.recorded);
				assert_int_equal(r.outcome, IOASIM_ATS_UR);
			} else {
				assert_int_equal(r.outcome, IOASIM_OK);
			}
			r = ask(&t, AT, R, IOASIM_TRANSLATED);
			if (rows[i].translated) {
				amd_expect_event(&r, rows[i].translated,
						 rows[i].translated == REFUSED ? EVENT_TYPE(1)
									       : EVENT_RZ,
						 AT);
				assert_true(r.fault.recorded);
				assert_int_equal(r.outcome, IOASIM_FAULT);
			} else {
				amd_expect_pa(&r, AT, 64, RW | X);
			}
		}
		amd_tables_close(&t);
	}
}

static void a_pasid_that_guest_tables_do_not_serve_is_refused(void **state)
{
	struct amd_tables t;
	struct ioasim_request request = amd_request_pasid(AT, R, AMD_PASID);
	struct ioasim_response r;

	(void)state;
	open_host(&t, true, DTE_RW, DATA | HOST_PAGE);
	request.kind = IOASIM_TRANSLATION_REQUEST;
	r = amd_ask(&t, &request);
	amd_expect_event(&r, REFUSED, EVENT_TR | EVENT_GN, AT);
	assert_int_equal(r.outcome, IOASIM_ATS_UR);
	amd_tables_close(&t);
}

/* 2.1.4: no translations of the interrupt range; the exclusion range comes first. */
static void the_interrupt_range_is_not_translated(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_host(&t, true, DTE_RW, DATA | HOST_PAGE);
	r = ats(&t, 0xfeeff000, RW);
	amd_expect_event(&r, REFUSED, EVENT_TR | EVENT_TYPE(1), 0xfeeff000);
	assert_int_equal(r.outcome, IOASIM_ATS_UR);
	amd_write64(&t.rig, 0x20, UINT64_C(0xfeeff000) | 3);
	amd_write64(&t.rig, 0x28, 0xfeeff000);
	r = ats(&t, 0xfeeff123, R);
	expect_completion(&r, 0xfeeff123, 12, RW);
	amd_tables_close(&t);
}

static void page_faults_are_empty_completions(void **state)
{
	static const struct {
		uint64_t w0, leaf, address;
	} rows[] = {
		{DTE_RW, 0, AT},
		{DTE_RW, HOST_PR, AT},
		{0, DATA | HOST_PAGE, AT},
		{DTE_IR, DATA | HOST_PR | HOST_IW, AT},
		{DTE_RW, DATA | HOST_PAGE | UINT64_C(1) << 52, AT},
		{DTE_RW, DATA | HOST_PAGE | HOST_NEXT(1), AT},
		{DTE_RW, DATA | HOST_PAGE, AT | UINT64_C(1) << 39},
		{DTE_RW | DTE_MODE(7), DATA | HOST_PAGE, AT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned caches = 0; caches < 2; caches++) {
			struct amd_tables t;

			open_host(&t, caches, rows[i].w0, rows[i].leaf);
			for (unsigned round = 0; round < 2; round++) {
				struct ioasim_response r = ats(&t, rows[i].address, RW);

				assert_int_equal(r.fault.code, PAGE_FAULT);
				expect_empty(&r);
			}
			amd_tables_close(&t);
		}
	}
}

static void a_blocked_device_gets_nothing(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	amd_tables_open(&t, true);
	amd_dte(&t, AMD_ID, DTE_V | DTE_TV, DTE_1_I, 0);
	amd_start(&t.rig, AMD_ON);
	r = ats(&t, AT, RW);
	expect_empty(&r);
	amd_tables_close(&t);
}

static void bus_errors_abort_the_completion_and_are_logged(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;
	uint64_t root, entry, dte = AMD_DEVTAB + 32 * (uint64_t)AMD_ID;

	(void)state;
	root = open_host(&t, false, DTE_RW, DATA | HOST_PAGE);
	entry = amd_host_entry(&t, root, 3, AT, 0);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, entry, entry + 7), 0);
	r = ats(&t, AT, R);
	amd_expect_event(&r, PAGE_BUS_ERROR, EVENT_TR | EVENT_TYPE(2), entry & ~UINT64_C(15));
	assert_int_equal(r.outcome, IOASIM_ATS_CA);
	assert_true(r.fault.recorded);
	assert_int_equal(ioasim_memory_abort(t.rig.memory, dte, dte + 7), 0);
	r = ats(&t, AT, R);
	amd_expect_event(&r, DTE_BUS_ERROR, EVENT_TR | EVENT_TYPE(2), dte);
	assert_int_equal(r.outcome, IOASIM_ATS_CA);
	amd_tables_close(&t);
}

/* ---- What is told ------------------------------------------------------------------------------ */

/* The rights of the walk, whatever was asked for. */
static void completions_carry_the_rights_of_the_walk(void **state)
{
	static const struct {
		uint64_t w0, leaf;
		unsigned rights;
	} rows[] = {
		{DTE_RW, HOST_PAGE, RW},        {DTE_RW, HOST_PR | HOST_IR, R},
		{DTE_RW, HOST_PR | HOST_IW, W}, {DTE_IR, HOST_PAGE, R},
		{DTE_IW, HOST_PAGE, W},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned n = 0; n < 8; n++) {
			unsigned access = n & 1 ? RW : n & 2 ? W : R;
			struct amd_tables t;
			struct ioasim_response r;

			open_host(&t, n & 4, rows[i].w0, DATA | rows[i].leaf);
			for (unsigned round = 0; round < 2; round++) {
				r = ats(&t, AT | 0x123, access);
				expect_completion(&r, DATA | 0x123, 12, rows[i].rights);
				assert_int_equal(r.domain, AMD_DOMAIN);
			}
			amd_tables_close(&t);
		}
	}
}

static void completions_carry_the_size_of_the_page(void **state)
{
	static const unsigned sizes[] = {12, 13, 20, 21, 22, 30};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		unsigned lg2 = sizes[i], level = (lg2 - 12) / 9;
		uint64_t bits = (UINT64_C(1) << lg2) - 1;
		struct amd_tables t;
		struct ioasim_response r;
		uint64_t root = open_host(&t, true, DTE_RW, 0);

		amd_poke(&t.rig, amd_host_entry(&t, root, 3, 0, 2), 0);
		amd_host_map(&t, root, 3, AT, level,
			     (lg2 - 12) % 9 ? amd_host_coded(DATA, lg2) : DATA | HOST_PAGE);
		r = ats(&t, AT, RW);
		expect_completion(&r, (DATA & ~bits) | (AT & bits), lg2, RW);
		amd_tables_close(&t);
	}
}

/* Mode 0: any size that keeps clear of the interrupt range. */
static void identity_is_told_in_pages_without_the_interrupt_range(void **state)
{
	static const struct {
		uint64_t address;
		unsigned size_lg2;
	} rows[] = {
		{0, 30},          {AT, 30},         {0xc0000000, 21},  {0xfedfffff, 21},
		{0xfef00000, 12}, {0xff000000, 21}, {0x100000000, 30},
	};
	struct amd_tables t;

	(void)state;
	amd_tables_open(&t, true);
	amd_dte(&t, AMD_ID, DTE_OK, DTE_1_I, 0);
	amd_start(&t.rig, AMD_ON);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ioasim_response r = ats(&t, rows[i].address, RW);

		expect_completion(&r, rows[i].address, rows[i].size_lg2, RW);
	}
	amd_tables_close(&t);
}

/* W may be told to a request with the no-write flag, but not at the price of a dirty
 * flag that nobody sets. */
static void writing_is_told_only_with_the_dirty_flag_set(void **state)
{
	(void)state;
	for (unsigned caches = 0; caches < 2; caches++) {
		struct amd_tables t;
		struct ioasim_response r;
		uint64_t root, entry;

		root = open_host(&t, caches, DTE_RW | DTE_HAD(3), DATA | HOST_PAGE);
		entry = amd_host_entry(&t, root, 3, AT, 0);
		r = ats(&t, AT, R);
		expect_completion(&r, DATA, 12, R);
		assert_int_equal(amd_peek(&t.rig, entry) & (HOST_A | HOST_D), HOST_A);
		r = ats(&t, AT, RW);
		expect_completion(&r, DATA, 12, RW);
		assert_int_equal(amd_peek(&t.rig, entry) & (HOST_A | HOST_D), HOST_A | HOST_D);
		r = ats(&t, AT, R);
		expect_completion(&r, DATA, 12, RW);
		amd_tables_close(&t);
	}
}

/* Nor is there one to set where the entry of the device grants no writing. */
static void a_device_without_iw_makes_nothing_dirty(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;
	uint64_t root;

	(void)state;
	root = open_host(&t, true, DTE_IR | DTE_HAD(3), DATA | HOST_PAGE);
	r = ats(&t, AT, RW);
	expect_completion(&r, DATA, 12, R);
	assert_int_equal(amd_peek(&t.rig, amd_host_entry(&t, root, 3, AT, 0)) & HOST_D, 0);
	amd_tables_close(&t);
}

struct guest {
	struct amd_tables t;
	uint64_t host, root; /* tables; host of three levels */
	uint64_t leaf; /* entry of AT */
};

/* Guest of four levels over host of three; the guest's tables at their SPAs. */
static void open_guest(struct guest *g, bool caches, uint64_t w0, uint64_t leaf)
{
	uint64_t w[3], gcr3;

	amd_tables_open(&g->t, caches);
	g->host = amd_page(&g->t);
	gcr3 = amd_page(&g->t);
	g->root = amd_page(&g->t);
	w[0] = DTE_OK | DTE_GV | DTE_MODE(3) | w0 | g->host;
	w[1] = AMD_DOMAIN | DTE_1_I;
	w[2] = 0;
	amd_dte_guest(&g->t, AMD_ID, w, gcr3);
	g->leaf = amd_guest_map(&g->t, g->root, 4, AT, 0, 0x123000 | leaf);
	amd_gcr3_set(&g->t, gcr3, 1, AMD_PASID, g->root | 1);
	for (uint64_t page = 0x500000; page < 0x520000; page += 4096)
		amd_host_map(&g->t, g->host, 3, page, 0, page | HOST_PAGE);
	amd_host_map(&g->t, g->host, 3, 0x123000, 0, DATA | HOST_PAGE);
	amd_start(&g->t.rig, AMD_ON | AMD_GT_EN | AMD_GCR3_EN);
}

static struct ioasim_response ats_pasid(struct guest *g, unsigned access, bool privileged)
{
	struct ioasim_request request = amd_request_pasid(AT, access, AMD_PASID);

	request.kind = IOASIM_TRANSLATION_REQUEST;
	request.privileged = privileged;
	return amd_ask(&g->t, &request);
}

/* Execute is told to requests for it; privileged ones need no U/S. */
static void rights_with_pasid_are_those_of_both_stages(void **state)
{
	static const struct {
		uint64_t leaf;
		bool privileged;
		unsigned access, told;
	} rows[] = {
		{GUEST_PAGE, false, RW, RW},
		{GUEST_PAGE, false, RW | X, RW | X},
		{GUEST_PAGE | GUEST_NX, false, RW | X, RW},
		{GUEST_PAGE & ~GUEST_W, false, RW | X, R | X},
		{GUEST_PAGE & ~GUEST_U, true, RW, RW},
		{GUEST_PAGE & ~GUEST_U, true, RW | X, RW | X},
		{GUEST_PAGE & ~GUEST_U, false, RW | X, 0},
		{0, true, RW, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned caches = 0; caches < 2; caches++) {
			struct guest g;
			struct ioasim_response r;

			open_guest(&g, caches, 0, rows[i].leaf);
			for (unsigned round = 0; round < 2; round++) {
				r = ats_pasid(&g, rows[i].access, rows[i].privileged);
				if (rows[i].told) {
					expect_completion(&r, DATA, 12, rows[i].told);
					assert_int_equal(r.privileged, rows[i].privileged);
				} else {
					expect_empty(&r);
				}
			}
			amd_tables_close(&g.t);
		}
	}
}

/* Dirty flags of both stages are due only where both grant writing. */
static void nested_dirty_flags_are_set_where_both_stages_grant_writing(void **state)
{
	(void)state;
	for (unsigned grant = 0; grant < 4; grant++) {
		bool both = grant == 3;
		struct guest g;
		struct ioasim_response r;
		uint64_t host;

		open_guest(&g, true, DTE_HAD(3), GUEST_ALL & ~(grant & 1 ? UINT64_C(0) : GUEST_W));
		host = amd_host_map(&g.t, g.host, 3, 0x123000, 0,
				    DATA | HOST_PR | HOST_IR | (grant & 2 ? HOST_IW : 0));
		r = ats_pasid(&g, RW, false);
		expect_completion(&r, DATA, 12, both ? RW : R);
		assert_int_equal(amd_peek(&g.t.rig, g.leaf) & GUEST_D, both ? GUEST_D : 0);
		assert_int_equal(amd_peek(&g.t.rig, host) & HOST_D, both ? HOST_D : 0);
		amd_tables_close(&g.t);
	}
}

/* The second walk is made for flags that are in use and clear, and for none else. */
static void a_nested_request_walks_twice_for_dirty_flags_alone(void **state)
{
	static const struct {
		uint64_t had, leaf;
		unsigned walks;
	} rows[] = {
		{0, GUEST_PAGE, 1},
		{0, GUEST_ALL, 2},
		{DTE_HAD(1), GUEST_PAGE, 1},
		{DTE_HAD(3), GUEST_PAGE, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct guest g;
		struct ioasim_response r;

		open_guest(&g, false, rows[i].had, rows[i].leaf);
		r = ats_pasid(&g, RW, false);
		expect_completion(&r, DATA, 12, RW);
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE1), 4 * rows[i].walks);
		r = ats_pasid(&g, RW, false);
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE1), 4);
		amd_tables_close(&g.t);
	}
}

static void a_guest_page_that_is_not_writable_is_not_dirty(void **state)
{
	const uint64_t w[3] = {DTE_OK | DTE_GV, AMD_DOMAIN | DTE_1_I, 0};
	struct guest g;
	struct ioasim_response r;

	(void)state;
	open_guest(&g, true, 0, GUEST_ALL & ~GUEST_W);
	/* The same guest without a host table. */
	amd_dte_guest(&g.t, AMD_ID, w, g.host + 0x1000);
	r = ats_pasid(&g, RW, false);
	expect_completion(&r, 0x123000, 12, R);
	assert_int_equal(amd_peek(&g.t.rig, g.leaf) & (GUEST_A | GUEST_D), GUEST_A);
	amd_tables_close(&g.t);
}

static void host_faults_of_nested_requests_are_empty_completions(void **state)
{
	struct guest g;
	struct ioasim_response r;

	(void)state;
	open_guest(&g, true, 0, GUEST_PAGE);
	amd_host_map(&g.t, g.host, 3, 0x123000, 0, 0);
	r = ats_pasid(&g, R, false);
	expect_empty(&r);
	amd_host_map(&g.t, g.host, 3, g.root, 0, 0);
	r = ats_pasid(&g, R, false);
	expect_empty(&r);
	amd_tables_close(&g.t);
}

/* ---- Translated requests ------------------------------------------------------------------------- */

static void translated_requests_pass_without_any_table(void **state)
{
	struct amd_tables t;
	struct ioasim_response r;

	(void)state;
	open_host(&t, true, 0, 0); /* IR = IW = 0, not present */
	for (unsigned access = R; access <= RW; access++) {
		r = ask(&t, DATA, access, IOASIM_TRANSLATED);
		amd_expect_pa(&r, DATA, 64, RW | X);
		assert_int_equal(r.domain, AMD_DOMAIN);
		assert_int_equal(amd_refs(&r.cost, IOASIM_REF_STAGE2), 0);
	}
	amd_tables_close(&t);
}

/* ---- Page requests -------------------------------------------------------------------------------- */

static void page_requests_see_what_their_device_may(void **state)
{
	static const struct {
		uint64_t w0, w1;
		unsigned event;
		struct amdvi_page_rights rights;
	} rows[] = {
		{0, DTE_1_I, 0, {.valid = false, .iotlb = true}},
		{DTE_V, DTE_1_I, 0, {.valid = false, .iotlb = true}},
		{DTE_OK, 0, 0, {.valid = true}},
		{DTE_OK | UINT64_C(3) << 52,
		 DTE_1_I,
		 0,
		 {.valid = true, .iotlb = true, .ppr = true, .gprp = true}},
		{DTE_OK | UINT64_C(1) << 52,
		 DTE_1_I,
		 0,
		 {.valid = true, .iotlb = true, .ppr = true}},
		{DTE_OK | 4, DTE_1_I, ILLEGAL_DTE, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct ioasim_page_request request = {
			.requester_id = AMD_ID, .address = AT, .access = R};
		struct amdvi_page_rights rights;
		struct ioasim_fault fault = {0};
		struct amd_tables t;
		unsigned event;

		amd_tables_open(&t, true);
		amd_dte(&t, AMD_ID, rows[i].w0, rows[i].w1, 0);
		amd_start(&t.rig, AMD_ON | AMD_PPR_ON);
		event = amdvi_device_page_rights(amdvi_unit(t.rig.unit), &request, &rights, &fault);
		assert_int_equal(event, rows[i].event);
		assert_int_equal(fault.code, rows[i].event);
		if (!event && rows[i].rights.valid) {
			assert_int_equal(rights.valid, rows[i].rights.valid);
			assert_int_equal(rights.iotlb, rows[i].rights.iotlb);
			assert_int_equal(rights.ppr, rows[i].rights.ppr);
			assert_int_equal(rights.gprp, rows[i].rights.gprp);
		} else if (!event) {
			assert_false(rights.valid);
		}
		amd_tables_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_a_device_without_ats_are_refused_and_logged),
		cmocka_unit_test(a_pasid_that_guest_tables_do_not_serve_is_refused),
		cmocka_unit_test(the_interrupt_range_is_not_translated),
		cmocka_unit_test(page_faults_are_empty_completions),
		cmocka_unit_test(a_blocked_device_gets_nothing),
		cmocka_unit_test(bus_errors_abort_the_completion_and_are_logged),
		cmocka_unit_test(completions_carry_the_rights_of_the_walk),
		cmocka_unit_test(completions_carry_the_size_of_the_page),
		cmocka_unit_test(identity_is_told_in_pages_without_the_interrupt_range),
		cmocka_unit_test(writing_is_told_only_with_the_dirty_flag_set),
		cmocka_unit_test(a_device_without_iw_makes_nothing_dirty),
		cmocka_unit_test(rights_with_pasid_are_those_of_both_stages),
		cmocka_unit_test(nested_dirty_flags_are_set_where_both_stages_grant_writing),
		cmocka_unit_test(a_nested_request_walks_twice_for_dirty_flags_alone),
		cmocka_unit_test(a_guest_page_that_is_not_writable_is_not_dirty),
		cmocka_unit_test(host_faults_of_nested_requests_are_empty_completions),
		cmocka_unit_test(translated_requests_pass_without_any_table),
		cmocka_unit_test(page_requests_see_what_their_device_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
