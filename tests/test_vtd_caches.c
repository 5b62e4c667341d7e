/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caches of VT-d: what each command of 6.5.2 removes (Tables 23 and 24) and what
 * it leaves, what may be stale until then, what is never cached (6.1, 6.2.4).
 */
#include "vtd_kinds.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FAR      UINT64_C(0x700000000000) /* no table of IOVA, GPA or GUEST leads here */
#define IH       UINT64_C(0x40)
#define OTHER    (TABLES_DID + 1)
#define PAGE_MAX 16

/* Descriptors (6.5.2.1 to 6.5.2.4). */
#define D_CONTEXT(g, did, sid, fm)                                                \
	(UINT64_C(1) | (g) << 4 | (uint64_t)(did) << 16 | (uint64_t)(sid) << 32 | \
	 (uint64_t)(fm) << 48)
#define D_IOTLB(g, did) (UINT64_C(2) | (g) << 4 | (uint64_t)(did) << 16)
#define D_PIOTLB(g, did, pasid) \
	(UINT64_C(6) | (g) << 4 | (uint64_t)(did) << 16 | (uint64_t)(pasid) << 32)
#define D_PASID(g, did, pasid) \
	(UINT64_C(7) | (g) << 4 | (uint64_t)(did) << 16 | (uint64_t)(pasid) << 32)

static uint32_t live(struct fixture *f, enum ioasim_cache cache)
{
	return ioasim_unit_cache_live(f->t.rig.unit, cache);
}

static struct ioasim_response ask(struct fixture *f, uint64_t address, unsigned access)
{
	struct ioasim_request request =
		f->kind == LEGACY ? tables_request(address, access)
				  : tables_request_pasid(address, access, TABLES_PASID);

	return tables_ask(&f->t, &request);
}

/* ---- Tables 23 and 24 ------------------------------------------------------------------ */

/* Which of IOTLB, first-stage pointers, second-stage pointers, pages of tables lose what IOVA filled. */
enum { I = 1, F = 2, S = 4, T = 8, NONE = 0, ALL = I | F | S | T };

static const struct removal {
	const char *rule;
	uint64_t qw0, qw1;
	/* by kind: LEGACY, SECOND, FIRST, NESTED, PASS */
	uint8_t gone[5];
} removals[] = {
	{"IOTLB global", D_IOTLB(1, 0), 0, {ALL, ALL, ALL, ALL, ALL}},
	{"IOTLB domain", D_IOTLB(2, TABLES_DID), 0, {ALL, ALL, ALL, ALL, ALL}},
	{"IOTLB domain, another", D_IOTLB(2, OTHER), 0, {NONE, NONE, NONE, NONE, NONE}},
	{"IOTLB page", D_IOTLB(3, TABLES_DID), IOVA, {I | S, I | S, I | F, I | F, I}},
	{"IOTLB page, IH", D_IOTLB(3, TABLES_DID), IOVA | IH, {I, I, I | F, I | F, I}},
	{"IOTLB page, far", D_IOTLB(3, TABLES_DID), FAR, {NONE, NONE, I | F, I | F, NONE}},
	{"IOTLB page, another DID", D_IOTLB(3, OTHER), IOVA, {NONE, NONE, NONE, NONE, NONE}},
	{"PASID-based, PASID",
	 D_PIOTLB(2, TABLES_DID, TABLES_PASID),
	 0,
	 {NONE, I, I | F, I | F, I}},
	{"PASID-based, another PASID",
	 D_PIOTLB(2, TABLES_DID, 7),
	 0,
	 {NONE, NONE, NONE, NONE, NONE}},
	{"PASID-based, another DID",
	 D_PIOTLB(2, OTHER, TABLES_PASID),
	 0,
	 {NONE, NONE, NONE, NONE, NONE}},
	{"PASID-based page",
	 D_PIOTLB(3, TABLES_DID, TABLES_PASID),
	 IOVA,
	 {NONE, NONE, I | F, I | F, NONE}},
	{"PASID-based page, IH",
	 D_PIOTLB(3, TABLES_DID, TABLES_PASID),
	 IOVA | IH,
	 {NONE, NONE, I, I, NONE}},
	{"PASID-based page, far",
	 D_PIOTLB(3, TABLES_DID, TABLES_PASID),
	 FAR,
	 {NONE, NONE, NONE, NONE, NONE}},
	{"PASID-based page, another PASID",
	 D_PIOTLB(3, TABLES_DID, 7),
	 IOVA,
	 {NONE, NONE, NONE, NONE, NONE}},
	{"context global", D_CONTEXT(1, 0, 0, 0), 0, {NONE, NONE, NONE, NONE, NONE}},
	{"PASID-cache global", D_PASID(3, 0, 0), 0, {NONE, NONE, NONE, NONE, NONE}},
};

static void translation_caches_lose_what_tables_23_and_24_say(void **state)
{
	static const enum ioasim_cache cache[] = {IOASIM_CACHE_IOTLB, IOASIM_CACHE_STAGE1_WALK,
						  IOASIM_CACHE_STAGE2_WALK,
						  IOASIM_CACHE_STAGE2_TLB};

	(void)state;
	for (size_t i = 0; i < COUNT(removals); i++) {
		for (unsigned kind = LEGACY; kind <= PASS; kind++) {
			bool wide = (removals[i].qw0 & 0xf) > 5;
			struct fixture f;
			uint32_t before[4];

			if (wide && kind == LEGACY)
				continue;
			kind_open_cached(&f, kind);
			assert_int_equal(ask(&f, IOVA, R).outcome, IOASIM_OK);
			for (unsigned c = 0; c < 4; c++)
				before[c] = live(&f, cache[c]);
			assert_int_equal(before[0], 1);
			assert_int_equal(before[1], kind == FIRST || kind == NESTED ? 3 : 0);
			assert_int_equal(before[2] >= 3,
					 kind == LEGACY || kind == SECOND || kind == NESTED);
			assert_int_equal(before[3], kind == NESTED ? 4 : 0);
			rig_submit(&f.t.rig, removals[i].qw0, removals[i].qw1);
			for (unsigned c = 0; c < 4; c++) {
				uint32_t left = live(&f, cache[c]);
				uint32_t want = removals[i].gone[kind] & 1u << c ? 0 : before[c];

				if (left != want)
					fail_msg("%s, kind %u: cache %u has %u instead of %u",
						 removals[i].rule, kind, c, left, want);
			}
			kind_close(&f);
		}
	}
}

/* Under nesting the range of an IOTLB command is of guest physical addresses. */
static void second_stage_pointers_of_a_nested_domain_go_by_guest_physical_address(void **state)
{
	struct fixture f;
	uint32_t before;

	(void)state;
	kind_open_cached(&f, NESTED);
	ask(&f, IOVA, R);
	before = live(&f, IOASIM_CACHE_STAGE2_WALK);
	rig_submit(&f.t.rig, D_IOTLB(3, TABLES_DID), GPA | IH);
	assert_int_equal(live(&f, IOASIM_CACHE_STAGE2_WALK), before);
	rig_submit(&f.t.rig, D_IOTLB(3, TABLES_DID), GPA);
	assert_true(live(&f, IOASIM_CACHE_STAGE2_WALK) < before);
	assert_true(live(&f, IOASIM_CACHE_STAGE2_WALK) > 0); /* those of the tables' pages */
	kind_close(&f);
}

/* The page of a table is a translation of the second stage: IH does not keep it. */
static void pages_of_nested_tables_go_with_their_guest_physical_page(void **state)
{
	struct fixture f;

	(void)state;
	kind_open_cached(&f, NESTED);
	ask(&f, IOVA, R);
	assert_int_equal(live(&f, IOASIM_CACHE_STAGE2_TLB), 4);
	rig_submit(&f.t.rig, D_IOTLB(3, TABLES_DID), GPA);
	assert_int_equal(live(&f, IOASIM_CACHE_STAGE2_TLB), 4);
	rig_submit(&f.t.rig, D_IOTLB(3, TABLES_DID), (f.fs + GUEST) | IH);
	assert_int_equal(live(&f, IOASIM_CACHE_STAGE2_TLB), 3);
	/* The next walk translates that one page anew and no other. */
	assert_int_equal(ask(&f, IOVA, R).pa, FRAME);
	assert_int_equal(ioasim_unit_counters(f.t.rig.unit)->cache[IOASIM_CACHE_STAGE2_TLB].hits,
			 3);
	kind_close(&f);
}

/* 6.5.2.3: the low AM bits of ADDR are masked off; nothing else of the domain goes. */
static void a_range_removes_its_pages_and_no_others(void **state)
{
	static const enum kind kinds[] = {LEGACY, SECOND, FIRST};

	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		for (unsigned am = 0; am <= 4; am++) {
			struct fixture f;

			kind_open_cached(&f, kinds[k]);
			for (unsigned page = 0; page < PAGE_MAX; page++) {
				uint64_t at = FAR + page * 4096;

				tables_map(&f.t, kinds[k] == FIRST ? f.fs : f.ss, 4, at, 0,
					   FRAME | (kinds[k] == FIRST ? FS_ALL | FS_D : SS_RW));
				assert_int_equal(ask(&f, at, R).outcome, IOASIM_OK);
			}
			rig_submit(&f.t.rig,
				   kinds[k] == FIRST ? D_PIOTLB(3, TABLES_DID, TABLES_PASID)
						     : D_IOTLB(3, TABLES_DID),
				   (FAR + 5 * 4096) | am | IH);
			assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), PAGE_MAX - (1u << am));
			for (unsigned page = 0; page < PAGE_MAX; page++) {
				bool hit = page >> am != 5u >> am;
				struct ioasim_response r = ask(&f, FAR + page * 4096, R);

				assert_int_equal(r.cost.hits >> IOASIM_CACHE_IOTLB & 1, hit);
			}
			kind_close(&f);
		}
	}
}

static void a_range_that_touches_a_large_page_removes_it(void **state)
{
	struct fixture f;

	(void)state;
	kind_open_cached(&f, SECOND);
	tables_map(&f.t, f.ss, 4, FAR, 1, UINT64_C(0x8000000000) | SS_RW);
	assert_int_equal(ask(&f, FAR + 0x12345, R).size_lg2, 21);
	rig_submit(&f.t.rig, D_IOTLB(3, TABLES_DID), FAR + 0x200000);
	assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 1);
	rig_submit(&f.t.rig, D_IOTLB(3, TABLES_DID), FAR + 0x1ff000);
	assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 0);
	kind_close(&f);
}

/* ---- Context and PASID caches -------------------------------------------------------------- */

static void context_entries_go_by_device_and_in_legacy_mode_by_domain(void **state)
{
	static const struct {
		const char *rule;
		uint64_t qw0;
		bool legacy_gone, scalable_gone;
	} cases[] = {
		{"global", D_CONTEXT(1, 0, 0, 0), true, true},
		{"domain", D_CONTEXT(2, TABLES_DID, 0, 0), true, true},
		{"domain, another", D_CONTEXT(2, OTHER, 0, 0), false, true},
		{"device", D_CONTEXT(3, TABLES_DID, TABLES_SID, 0), true, true},
		{"device, another DID", D_CONTEXT(3, OTHER, TABLES_SID, 0), false, true},
		{"device, another SID", D_CONTEXT(3, TABLES_DID, TABLES_SID + 1, 0), false, false},
		{"FM 1 masks bit 2", D_CONTEXT(3, TABLES_DID, TABLES_SID ^ 4, 1), true, true},
		{"FM 1 masks no more", D_CONTEXT(3, TABLES_DID, TABLES_SID ^ 6, 1), false, false},
		{"FM 2 masks bits 2:1", D_CONTEXT(3, TABLES_DID, TABLES_SID ^ 6, 2), true, true},
		{"FM 2 masks no more", D_CONTEXT(3, TABLES_DID, TABLES_SID ^ 1, 2), false, false},
		{"FM 3 masks bits 2:0", D_CONTEXT(3, TABLES_DID, TABLES_SID ^ 7, 3), true, true},
		{"IOTLB global", D_IOTLB(1, 0), false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (unsigned scalable = 0; scalable < 2; scalable++) {
			bool gone = scalable ? cases[i].scalable_gone : cases[i].legacy_gone;
			struct fixture f;

			kind_open_cached(&f, scalable ? SECOND : LEGACY);
			ask(&f, IOVA, R);
			assert_int_equal(live(&f, IOASIM_CACHE_DEVICE), 1);
			rig_submit(&f.t.rig, cases[i].qw0, 0);
			if (live(&f, IOASIM_CACHE_DEVICE) != !gone)
				fail_msg("%s, scalable %u", cases[i].rule, scalable);
			kind_close(&f);
		}
	}
}

static void pasid_entries_go_by_domain_and_pasid_whatever_the_device(void **state)
{
	static const struct {
		const char *rule;
		uint64_t qw0;
		bool gone;
	} cases[] = {
		{"global", D_PASID(3, 0, 0), true},
		{"domain", D_PASID(0, TABLES_DID, 0), true},
		{"domain, another", D_PASID(0, OTHER, TABLES_PASID), false},
		{"PASID", D_PASID(1, TABLES_DID, TABLES_PASID), true},
		{"PASID, another", D_PASID(1, TABLES_DID, 7), false},
		{"PASID, another DID", D_PASID(1, OTHER, TABLES_PASID), false},
		{"context global", D_CONTEXT(1, 0, 0, 0), false},
		{"IOTLB global", D_IOTLB(1, 0), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request other = tables_request_pasid(IOVA, R, TABLES_PASID);
		struct fixture f;

		kind_open_cached(&f, FIRST);
		tables_scalable(&f.t, TABLES_SID + 1, CONTEXT_SCALABLE, RID_PASID);
		other.requester_id++;
		ask(&f, IOVA, R);
		tables_ask(&f.t, &other);
		assert_int_equal(live(&f, IOASIM_CACHE_PASID), 2);
		rig_submit(&f.t.rig, cases[i].qw0, 0);
		if (live(&f, IOASIM_CACHE_PASID) != (cases[i].gone ? 0 : 2))
			fail_msg("%s", cases[i].rule);
		kind_close(&f);
	}
}

/* ---- Stale and never cached ------------------------------------------------------------------ */

static void a_change_shows_after_its_invalidation_and_not_before(void **state)
{
	static const struct {
		enum kind kind;
		enum where where;
		uint64_t qw0, qw1;
	} cases[] = {
		{LEGACY, SS_LEVEL_0, D_IOTLB(3, TABLES_DID), IOVA | IH},
		{SECOND, SS_LEVEL_0, D_IOTLB(3, TABLES_DID), IOVA | IH},
		{FIRST, FS_LEVEL_0, D_PIOTLB(3, TABLES_DID, TABLES_PASID), IOVA | IH},
		{NESTED, SS_LEVEL_0, D_IOTLB(3, TABLES_DID), GPA | IH},
	};
	const uint64_t moved = UINT64_C(1) << 40;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;

		kind_open_cached(&f, cases[i].kind);
		assert_int_equal(ask(&f, IOVA, R).pa, FRAME);
		kind_change(&f, cases[i].where, 0, moved);
		assert_int_equal(ask(&f, IOVA, R).pa, FRAME);
		rig_submit(&f.t.rig, cases[i].qw0, cases[i].qw1);
		assert_int_equal(ask(&f, IOVA, R).pa, FRAME | moved);
		kind_close(&f);
	}
}

/* 6.2.5: a cached pointer hides the levels above it, until IH = 0 names its reach. */
static void an_old_pointer_is_followed_until_it_is_invalidated(void **state)
{
	static const struct {
		enum kind kind;
		enum where pointer;
		uint64_t qw0;
	} cases[] = {
		{SECOND, SS_LEVEL_1, D_IOTLB(3, TABLES_DID)},
		{SECOND, SS_LEVEL_3, D_IOTLB(3, TABLES_DID)},
		{FIRST, FS_LEVEL_1, D_PIOTLB(3, TABLES_DID, TABLES_PASID)},
		{FIRST, FS_LEVEL_3, D_PIOTLB(3, TABLES_DID, TABLES_PASID)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;

		kind_open_cached(&f, cases[i].kind);
		ask(&f, IOVA, R);
		kind_change(&f, cases[i].pointer, UINT64_MAX, 0);
		rig_submit(&f.t.rig, cases[i].qw0, IOVA | IH);
		assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 0);
		assert_int_equal(ask(&f, IOVA, R).pa, FRAME);
		rig_submit(&f.t.rig, cases[i].qw0, IOVA);
		assert_int_equal(ask(&f, IOVA, R).outcome, IOASIM_FAULT);
		kind_close(&f);
	}
}

/* 6.1, CM = 0: making an entry present needs no command, at any level. */
static void nothing_that_faulted_is_cached(void **state)
{
	static const struct {
		enum kind kind;
		enum where where;
	} cases[] = {
		{LEGACY, ROOT_0},          {LEGACY, CONTEXT_0},  {LEGACY, SS_LEVEL_3},
		{LEGACY, SS_LEVEL_0},      {SECOND, ROOT_0},     {SECOND, CONTEXT_0},
		{SECOND, DIRECTORY},       {SECOND, SS_LEVEL_1}, {FIRST, FS_LEVEL_3},
		{FIRST, FS_LEVEL_0},       {NESTED, FS_LEVEL_1}, {NESTED, SS_LEVEL_0},
		{NESTED, SS_PAGE_OF_FS_1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_request request = tables_request(IOVA, R);
		struct fixture f;
		uint64_t at, word;

		kind_open_cached(&f, cases[i].kind);
		at = kind_place(&f, cases[i].where);
		word = rig_peek(&f.t.rig, at);
		rig_poke(&f.t.rig, at, 0);
		assert_int_equal(tables_ask(&f.t, &request).outcome, IOASIM_FAULT);
		assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 0);
		rig_poke(&f.t.rig, at, word);
		assert_int_equal(tables_ask(&f.t, &request).pa, FRAME);
		kind_close(&f);
	}
}

/* 3.6.2, 3.7.2: a translation cached with D clear serves reads only. */
static void a_write_sets_dirty_although_the_translation_is_cached(void **state)
{
	static const struct {
		enum kind kind;
		enum where leaf;
		uint64_t dirty, controls;
	} cases[] = {
		{FIRST, FS_LEVEL_0, FS_D, 0},
		{NESTED, FS_LEVEL_0, FS_D, 0},
		{SECOND, SS_LEVEL_0, SS_D, PASID_SSADE},
		{NESTED, SS_LEVEL_0, SS_D, PASID_SSADE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;
		uint64_t entry;

		kind_open_cached(&f, cases[i].kind);
		entry = tables_pasid_entry(&f.t, TABLES_PASID);
		rig_poke(&f.t.rig, entry, rig_peek(&f.t.rig, entry) | cases[i].controls);
		kind_change(&f, cases[i].leaf, cases[i].dirty, 0);
		for (unsigned read = 0; read < 2; read++)
			assert_int_equal(ask(&f, IOVA, R).outcome, IOASIM_OK);
		assert_false(rig_peek(&f.t.rig, kind_place(&f, cases[i].leaf)) & cases[i].dirty);
		assert_int_equal(ask(&f, IOVA, W).outcome, IOASIM_OK);
		assert_true(rig_peek(&f.t.rig, kind_place(&f, cases[i].leaf)) & cases[i].dirty);
		assert_true(ask(&f, IOVA, W).cost.hits & 1u << IOASIM_CACHE_IOTLB);
		kind_close(&f);
	}
}

/* 6.2.4: the right that was cached decides, with the reason of that right. */
static void a_cached_right_that_is_too_small_faults_until_it_is_invalidated(void **state)
{
	static const struct {
		enum kind kind;
		enum where leaf;
		uint64_t right;
		uint8_t reason;
	} cases[] = {
		{LEGACY, SS_LEVEL_0, SS_W, 0x05}, {SECOND, SS_LEVEL_0, SS_W, 0x85},
		{FIRST, FS_LEVEL_0, FS_W, 0x85},  {NESTED, FS_LEVEL_0, FS_W, 0x85},
		{NESTED, SS_LEVEL_0, SS_W, 0x85},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fixture f;
		struct ioasim_response r;

		kind_open_cached(&f, cases[i].kind);
		kind_change(&f, cases[i].leaf, cases[i].right, 0);
		assert_int_equal(ask(&f, IOVA, R).outcome, IOASIM_OK);
		kind_change(&f, cases[i].leaf, 0, cases[i].right);
		r = ask(&f, IOVA, W);
		assert_int_equal(r.outcome, IOASIM_FAULT);
		assert_int_equal(r.fault.code, cases[i].reason);
		assert_true(r.fault.recorded);
		rig_submit(&f.t.rig, D_IOTLB(2, TABLES_DID), 0);
		assert_int_equal(ask(&f, IOVA, W).outcome, IOASIM_OK);
		kind_close(&f);
	}
}

/* SPT.5, SPT.6, SCT.5: what entries above the IOTLB refuse is not lost in it. */
static void a_cached_translation_lets_nothing_pass_that_its_entries_refuse(void **state)
{
	struct ioasim_request request = tables_request_pasid(IOVA, R, TABLES_PASID);
	struct fixture f;
	uint64_t entry;

	(void)state;
	kind_open_cached(&f, FIRST);
	entry = tables_pasid_entry(&f.t, TABLES_PASID) + 16;
	rig_poke(&f.t.rig, entry, rig_peek(&f.t.rig, entry) & ~PASID_SRE);
	kind_change(&f, CONTEXT_0, 0x14, 0); /* DTE, PRE */
	assert_int_equal(tables_ask(&f.t, &request).outcome, IOASIM_OK);
	request.privileged = true;
	assert_int_equal(tables_ask(&f.t, &request).fault.code, 0x5d);
	request.privileged = false;
	request.access = R | X;
	assert_int_equal(tables_ask(&f.t, &request).fault.code, 0x5c);
	request.access = R;
	request.kind = IOASIM_TRANSLATION_REQUEST;
	assert_int_equal(tables_ask(&f.t, &request).fault.code, 0x44);
	kind_close(&f);
}

/* 7.1: FPD is known for a fault that the IOTLB finds by itself. */
static void fpd_silences_faults_of_cached_translations(void **state)
{
	struct fixture f;

	(void)state;
	kind_open_cached(&f, SECOND);
	kind_change(&f, CONTEXT_0, 0, 0x2);
	kind_change(&f, SS_LEVEL_0, SS_W, 0);
	assert_int_equal(ask(&f, IOVA, R).outcome, IOASIM_OK);
	assert_int_equal(ask(&f, IOVA, W).fault.code, 0x85);
	assert_false(ask(&f, IOVA, W).fault.recorded);
	kind_close(&f);
}

static void every_request_looks_once_into_each_cache_that_it_reaches(void **state)
{
	const struct ioasim_cache_counters *cache;
	struct fixture f;

	(void)state;
	kind_open_cached(&f, FIRST);
	cache = ioasim_unit_counters(f.t.rig.unit)->cache;
	for (unsigned i = 0; i < 3; i++)
		ask(&f, IOVA, R);
	assert_int_equal(cache[IOASIM_CACHE_IOTLB].lookups, 3);
	assert_int_equal(cache[IOASIM_CACHE_IOTLB].hits, 2);
	assert_int_equal(cache[IOASIM_CACHE_DEVICE].lookups, 1);
	assert_int_equal(cache[IOASIM_CACHE_PASID].misses, 1);
	assert_int_equal(cache[IOASIM_CACHE_STAGE1_WALK].lookups, 1);
	assert_int_equal(cache[IOASIM_CACHE_STAGE2_WALK].lookups, 0);
	/* A neighbour page: the context, the PASID entry and the pointers are known. */
	tables_map(&f.t, f.fs, 4, IOVA + 4096, 0, FRAME | FS_ALL | FS_D);
	assert_int_equal(ask(&f, IOVA + 4096, R).cost.refs[IOASIM_REF_STAGE1][0], 1);
	assert_int_equal(cache[IOASIM_CACHE_STAGE1_WALK].hits, 1);
	assert_int_equal(cache[IOASIM_CACHE_DEVICE].hits, 1);
	assert_int_equal(cache[IOASIM_CACHE_PASID].hits, 1);
	kind_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translation_caches_lose_what_tables_23_and_24_say),
		cmocka_unit_test(
			second_stage_pointers_of_a_nested_domain_go_by_guest_physical_address),
		cmocka_unit_test(pages_of_nested_tables_go_with_their_guest_physical_page),
		cmocka_unit_test(a_range_removes_its_pages_and_no_others),
		cmocka_unit_test(a_range_that_touches_a_large_page_removes_it),
		cmocka_unit_test(context_entries_go_by_device_and_in_legacy_mode_by_domain),
		cmocka_unit_test(pasid_entries_go_by_domain_and_pasid_whatever_the_device),
		cmocka_unit_test(a_change_shows_after_its_invalidation_and_not_before),
		cmocka_unit_test(an_old_pointer_is_followed_until_it_is_invalidated),
		cmocka_unit_test(nothing_that_faulted_is_cached),
		cmocka_unit_test(a_write_sets_dirty_although_the_translation_is_cached),
		cmocka_unit_test(a_cached_right_that_is_too_small_faults_until_it_is_invalidated),
		cmocka_unit_test(a_cached_translation_lets_nothing_pass_that_its_entries_refuse),
		cmocka_unit_test(fpd_silences_faults_of_cached_translations),
		cmocka_unit_test(every_request_looks_once_into_each_cache_that_it_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
