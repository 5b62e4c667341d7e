/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caches of AMD-Vi: what each command removes (2.4) and what it leaves, what may be
 * stale until then, what is never cached without NpCache.
 */
#include "amdvi_tables.h"

#include "model/counters.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define R    IOASIM_READ
#define W    IOASIM_WRITE
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define RWX  (RW | IOASIM_EXEC)
#define USER (EVENT_GN | EVENT_US)

#define GVA  UINT64_C(0x12345678a000) /* what the device sends with PASID */
#define IOVA UINT64_C(0x2345a000) /* and without */
#define GPA  UINT64_C(0x123000)
#define DATA UINT64_C(0x7654321000)
#define FAR  UINT64_C(0x3000000000)

enum { PAGE_FAULT = 2 };

enum kind { HOST, GUEST, NESTED, KINDS };

/* Host tables of three levels, a guest table of four, all tables at GPAs = SPAs. */
struct fixture {
	struct amd_tables t;
	enum kind kind;
	uint64_t host, gcr3, guest;
	uint64_t host_leaf, guest_leaf; /* entries of the page */
};

static void open_with(struct fixture *f, enum kind kind, struct ioasim_unit_config *config)
{
	uint64_t w[3];

	*f = (struct fixture){.kind = kind};
	amd_tables_open_with(&f->t, config);
	f->host = amd_page(&f->t);
	f->gcr3 = amd_page(&f->t);
	f->guest = amd_page(&f->t);
	w[0] = DTE_OK | (kind == GUEST ? 0 : DTE_MODE(3) | f->host) | (kind == HOST ? 0 : DTE_GV);
	w[1] = AMD_DOMAIN;
	w[2] = 0;
	amd_dte_guest(&f->t, AMD_ID, w, f->gcr3);
	f->guest_leaf = amd_guest_map(&f->t, f->guest, 4, GVA, 0,
				      (kind == NESTED ? GPA : DATA) | GUEST_PAGE);
	amd_gcr3_set(&f->t, f->gcr3, 1, AMD_PASID, f->guest | 1);
	f->host_leaf =
		amd_host_map(&f->t, f->host, 3, kind == NESTED ? GPA : IOVA, 0, DATA | HOST_PAGE);
	if (kind == NESTED)
		for (uint64_t page = 0x500000; page < 0x520000; page += 4096)
			amd_host_map(&f->t, f->host, 3, page, 0, page | HOST_PAGE);
	amd_start(&f->t.rig, AMD_ON | AMD_GT_EN | AMD_GCR3_EN);
}

static void open_kind(struct fixture *f, enum kind kind)
{
	struct ioasim_unit_config config;

	amd_config(&config, AMD_FULL_EFR, AMD_FULL_EFR2);
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		config.cache[i] = (struct ioasim_cache_geometry){.entries = 256};
	open_with(f, kind, &config);
}

static void close_fixture(struct fixture *f)
{
	assert_null(counters_check(f->t.rig.unit));
	amd_tables_close(&f->t);
}

static uint64_t address_of(const struct fixture *f)
{
	return f->kind == HOST ? IOVA : GVA;
}

static struct ioasim_response ask_at(struct fixture *f, uint64_t address, unsigned access)
{
	struct ioasim_request request = f->kind == HOST
						? amd_request(address, access)
						: amd_request_pasid(address, access, AMD_PASID);

	return amd_ask(&f->t, &request);
}

static struct ioasim_response ask(struct fixture *f, unsigned access)
{
	return ask_at(f, address_of(f), access);
}

static uint32_t live(struct fixture *f, enum ioasim_cache cache)
{
	return ioasim_unit_cache_live(f->t.rig.unit, cache);
}

/* ---- What each command removes -------------------------------------------------------------- */

/* Entries gone, by enum ioasim_cache. */
struct gone {
	uint8_t device, pasid, stage1, stage2, tables, iotlb;
};

#define OPCODE(n)            ((uint64_t)(n) << 60)
#define PAGES(domain, pasid) (OPCODE(3) | (uint64_t)(domain) << 32 | (pasid))
#define MINE                 PAGES(AMD_DOMAIN, 0)
#define MY_GN                PAGES(AMD_DOMAIN, AMD_PASID)
#define OTHER                PAGES(AMD_DOMAIN + 1, 0)
#define LEAF_TABLE           0 /* stands for the page of the guest's last table */

/* One request fills: HOST: 1 device, 2 host pointers, 1 IOTLB. GUEST: 1 device, 1 GCR3,
 * 3 guest pointers, 1 IOTLB. NESTED: these, 3 host pointers, 5 pages of tables. */
static const struct removal {
	const char *rule;
	uint64_t w0, w1;
	struct gone gone[KINDS];
} removals[] = {
	{"8", OPCODE(8), 0, {{1, 0, 0, 2, 0, 1}, {1, 1, 3, 0, 0, 1}, {1, 1, 3, 3, 5, 1}}},
	{"2", OPCODE(2) | AMD_ID, 0, {{1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0}}},
	{"2, another device", OPCODE(2) | (AMD_ID + 1), 0, {{0}, {0}, {0}}},
	/* GN=0: host translations, combined ones by GPA, and with PDE=1 pointers. Pointers
	 * of the guest know where the host table put the tables that they lead to. */
	{"3, everything, PDE",
	 MINE,
	 PAGES_ALL | PAGES_PDE,
	 {{0, 0, 0, 2, 0, 1}, {0, 0, 3, 0, 0, 1}, {0, 0, 3, 3, 5, 1}}},
	{"3, everything",
	 MINE,
	 PAGES_ALL,
	 {{0, 0, 0, 0, 0, 1}, {0, 0, 3, 0, 0, 1}, {0, 0, 3, 0, 5, 1}}},
	{"3, IOVA", MINE, IOVA, {{0, 0, 0, 0, 0, 1}, {0}, {0}}},
	{"3, IOVA, PDE", MINE, IOVA | PAGES_PDE, {{0, 0, 0, 2, 0, 1}, {0}, {0, 0, 0, 1, 0, 0}}},
	{"3, GPA", MINE, GPA, {{0}, {0}, {0, 0, 0, 0, 0, 1}}},
	{"3, GPA, PDE", MINE, GPA | PAGES_PDE, {{0, 0, 0, 1, 0, 0}, {0}, {0, 0, 0, 2, 0, 1}}},
	{"3, GPA without host table", MINE, DATA, {{0}, {0, 0, 0, 0, 0, 1}, {0}}},
	{"3, GVA", MINE, GVA, {{0}, {0}, {0}}},
	{"3, the guest's last table",
	 MINE,
	 LEAF_TABLE,
	 {{0}, {0, 0, 1, 0, 0, 0}, {0, 0, 1, 0, 1, 0}}},
	{"3, far", MINE, FAR | PAGES_PDE, {{0}, {0}, {0}}},
	{"3, another domain", OTHER, PAGES_ALL | PAGES_PDE, {{0}, {0}, {0}}},
	/* GN=1: guest and combined translations of the PASID; GCR3 entries with all. */
	{"3 GN, everything, PDE",
	 MY_GN,
	 PAGES_ALL | PAGES_PDE | PAGES_GN,
	 {{0}, {0, 1, 3, 0, 0, 1}, {0, 1, 3, 0, 0, 1}}},
	{"3 GN, everything",
	 MY_GN,
	 PAGES_ALL | PAGES_GN,
	 {{0}, {0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}}},
	{"3 GN, GVA", MY_GN, GVA | PAGES_GN, {{0}, {0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}}},
	{"3 GN, GVA, PDE",
	 MY_GN,
	 GVA | PAGES_GN | PAGES_PDE,
	 {{0}, {0, 0, 3, 0, 0, 1}, {0, 0, 3, 0, 0, 1}}},
	{"3 GN, the next page", MY_GN, (GVA + 0x1000) | PAGES_GN, {{0}, {0}, {0}}},
	{"3 GN, far", MY_GN, FAR | PAGES_GN | PAGES_PDE, {{0}, {0}, {0}}},
	{"3 GN, IOVA", MY_GN, IOVA | PAGES_GN, {{0}, {0}, {0}}},
	{"3 GN, another PASID",
	 PAGES(AMD_DOMAIN, AMD_PASID + 1),
	 PAGES_ALL | PAGES_PDE | PAGES_GN,
	 {{0}, {0}, {0}}},
	{"3 GN, another domain",
	 PAGES(AMD_DOMAIN + 1, AMD_PASID),
	 PAGES_ALL | PAGES_PDE | PAGES_GN,
	 {{0}, {0}, {0}}},
	/* Nothing of the unit's translations. */
	{"4", OPCODE(4) | AMD_ID, PAGES_ALL, {{0}, {0}, {0}}},
	{"5", OPCODE(5) | AMD_ID, 0, {{0}, {0}, {0}}},
	{"1", OPCODE(1), 0, {{0}, {0}, {0}}},
};

static void expect_gone(const struct removal *removal, enum kind kind, struct fixture *f,
			const uint32_t *before)
{
	const struct gone *gone = &removal->gone[kind];
	const uint8_t wanted[IOASIM_CACHES] = {
		[IOASIM_CACHE_DEVICE] = gone->device,
		[IOASIM_CACHE_PASID] = gone->pasid,
		[IOASIM_CACHE_STAGE1_WALK] = gone->stage1,
		[IOASIM_CACHE_STAGE2_WALK] = gone->stage2,
		[IOASIM_CACHE_STAGE2_TLB] = gone->tables,
		[IOASIM_CACHE_IOTLB] = gone->iotlb,
	};

	for (unsigned c = 0; c < IOASIM_CACHES; c++)
		if (before[c] - live(f, c) != wanted[c])
			fail_msg("%s, kind %u, cache %s: %u of %u gone instead of %u",
				 removal->rule, kind, ioasim_cache_name(c), before[c] - live(f, c),
				 before[c], wanted[c]);
}

static void each_command_removes_its_entries_and_no_others(void **state)
{
	static const uint32_t filled[KINDS][IOASIM_CACHES] = {[HOST] = {1, 0, 0, 2, 0, 1},
							      [GUEST] = {1, 1, 3, 0, 0, 1},
							      [NESTED] = {1, 1, 3, 3, 5, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(removals); i++) {
		for (enum kind kind = HOST; kind < KINDS; kind++) {
			uint32_t before[IOASIM_CACHES];
			uint64_t w1 = removals[i].w1;
			struct fixture f;

			open_kind(&f, kind);
			assert_int_equal(ask(&f, RW).outcome, IOASIM_OK);
			for (unsigned c = 0; c < IOASIM_CACHES; c++) {
				before[c] = live(&f, c);
				assert_int_equal(before[c], filled[kind][c]);
			}
			if (removals[i].w0 == MINE && w1 == LEAF_TABLE)
				w1 = f.guest_leaf & ~UINT64_C(0xfff);
			amd_submit(&f.t.rig, removals[i].w0, w1);
			expect_gone(&removals[i], kind, &f, before);
			/* Whatever is gone, the answer is the same. */
			amd_expect_pa(&(struct ioasim_response[]){ask(&f, RW)}[0], DATA, 12,
				      kind == HOST ? RW : RWX);
			close_fixture(&f);
		}
	}
}

/* S: the first zero at or above bit 12, at z, makes 2^(z+1) bytes. */
static void a_range_removes_its_pages_and_no_others(void **state)
{
	enum { PAGES_MAPPED = 64 };

	(void)state;
	for (unsigned guest = 0; guest < 2; guest++) {
		uint64_t base = guest ? UINT64_C(0x123456780000) : UINT64_C(0x23440000);

		for (unsigned lg2 = 12; lg2 <= 17; lg2++) {
			unsigned count = 1u << (lg2 - 12), at = PAGES_MAPPED / 2;
			uint64_t word = base + at * 0x1000u;
			struct fixture f;

			open_kind(&f, guest ? GUEST : HOST);
			for (unsigned i = 0; i < PAGES_MAPPED; i++) {
				uint64_t address = base + i * 0x1000u;

				if (guest)
					amd_guest_map(&f.t, f.guest, 4, address, 0,
						      DATA | GUEST_PAGE);
				else
					amd_host_map(&f.t, f.host, 3, address, 0, DATA | HOST_PAGE);
				assert_int_equal(ask_at(&f, address, R).outcome, IOASIM_OK);
			}
			assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), PAGES_MAPPED);
			if (count > 1)
				word |= (count / 2 - 1) * 0x1000u | PAGES_S;
			amd_invalidate_pages(&f.t, AMD_DOMAIN, guest ? AMD_PASID : 0,
					     word | (guest ? PAGES_GN : 0));
			for (unsigned i = 0; i < PAGES_MAPPED; i++) {
				struct ioasim_response r = ask_at(&f, base + i * 0x1000u, R);
				bool removed = i >= at && i < at + count;

				assert_int_equal(r.cost.misses >> IOASIM_CACHE_IOTLB & 1, removed);
			}
			close_fixture(&f);
		}
	}
}

/* Combined translations go by where they lie between the stages. */
static void a_range_of_gpas_removes_the_nested_pages_inside(void **state)
{
	enum { PAGES_MAPPED = 16 };
	struct fixture f;

	(void)state;
	open_kind(&f, NESTED);
	for (unsigned i = 0; i < PAGES_MAPPED; i++) {
		uint64_t gpa = 0x200000 + (PAGES_MAPPED - 1 - i) * 0x1000u;

		amd_guest_map(&f.t, f.guest, 4, GVA + i * 0x1000u, 0, gpa | GUEST_PAGE);
		amd_host_map(&f.t, f.host, 3, gpa, 0, DATA | HOST_PAGE);
		assert_int_equal(ask_at(&f, GVA + i * 0x1000u, R).outcome, IOASIM_OK);
	}
	/* GPAs 200000h to 203fffh: the last four pages. */
	amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, 0x201000 | PAGES_S);
	for (unsigned i = 0; i < PAGES_MAPPED; i++) {
		struct ioasim_response r = ask_at(&f, GVA + i * 0x1000u, R);

		assert_int_equal(r.cost.misses >> IOASIM_CACHE_IOTLB & 1, i >= PAGES_MAPPED - 4);
	}
	close_fixture(&f);
}

static void a_range_that_touches_a_large_page_removes_it(void **state)
{
	struct fixture f;

	(void)state;
	open_kind(&f, HOST);
	amd_host_map(&f.t, f.host, 3, IOVA, 1, amd_host_coded(DATA, 24));
	assert_int_equal(ask(&f, R).size_lg2, 24);
	amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, (IOVA & ~UINT64_C(0xffffff)) - 0x1000);
	assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 1);
	amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, IOVA | UINT64_C(0xfff000));
	assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 0);
	close_fixture(&f);
}

/* ---- What may be stale, and until when --------------------------------------------------------- */

static void a_change_shows_after_its_invalidation_and_not_before(void **state)
{
	(void)state;
	for (enum kind kind = HOST; kind < KINDS; kind++) {
		for (unsigned stage = 1; stage <= 2; stage++) {
			bool guest = stage == 1;
			struct fixture f;
			struct ioasim_response r;
			uint64_t entry;

			if (guest ? kind == HOST : kind == GUEST)
				continue;
			open_kind(&f, kind);
			(void)ask(&f, W);
			entry = guest ? f.guest_leaf : f.host_leaf;
			amd_poke(&f.t.rig, entry, amd_peek(&f.t.rig, entry) & ~UINT64_C(1));
			r = ask(&f, W);
			amd_expect_pa(&r, DATA, 12, kind == HOST ? RW : RWX);
			if (guest)
				amd_invalidate_pages(&f.t, AMD_DOMAIN, AMD_PASID, GVA | PAGES_GN);
			else
				amd_invalidate_pages(&f.t, AMD_DOMAIN, 0,
						     kind == HOST ? IOVA : GPA);
			r = ask(&f, W);
			amd_expect_event(&r, PAGE_FAULT, EVENT_RW | (guest ? USER : 0),
					 guest          ? GVA
					 : kind == HOST ? IOVA
							: GPA);
			close_fixture(&f);
		}
	}
}

static void an_old_pointer_is_followed_until_it_is_invalidated(void **state)
{
	struct fixture f;
	struct ioasim_response r;
	uint64_t pointer, table;

	(void)state;
	open_kind(&f, HOST);
	(void)ask(&f, R);
	table = amd_page(&f.t);
	pointer = amd_host_entry(&f.t, f.host, 3, IOVA, 1);
	amd_poke(&f.t.rig, table + (f.host_leaf & 0xfff), (DATA + 0x1000) | HOST_PAGE);
	amd_poke(&f.t.rig, pointer, table | HOST_PAGE | HOST_NEXT(1));
	/* PDE = 0 leaves the pointer. */
	amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, PAGES_ALL);
	r = ask(&f, R);
	amd_expect_pa(&r, DATA, 12, RW);
	amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, IOVA | PAGES_PDE);
	r = ask(&f, R);
	amd_expect_pa(&r, DATA + 0x1000, 12, RW);
	close_fixture(&f);
}

/* A pointer of the guest was cached with the place of its table: GN=0 undoes that. */
static void a_guest_table_that_moves_is_found_after_gn_0(void **state)
{
	struct fixture f;
	struct ioasim_response r;
	uint64_t table, moved;

	(void)state;
	open_kind(&f, NESTED);
	(void)ask(&f, R);
	table = f.guest_leaf & ~UINT64_C(0xfff);
	moved = amd_page(&f.t);
	amd_poke(&f.t.rig, moved + (f.guest_leaf & 0xfff), 0x124000 | GUEST_PAGE);
	amd_host_map(&f.t, f.host, 3, 0x124000, 0, (DATA + 0x1000) | HOST_PAGE);
	amd_host_map(&f.t, f.host, 3, table, 0, moved | HOST_PAGE);
	amd_invalidate_pages(&f.t, AMD_DOMAIN, AMD_PASID, GVA | PAGES_GN);
	r = ask(&f, R);
	amd_expect_pa(&r, DATA, 12, RWX);
	amd_invalidate_pages(&f.t, AMD_DOMAIN, AMD_PASID, GVA | PAGES_GN);
	amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, table);
	r = ask(&f, R);
	amd_expect_pa(&r, DATA + 0x1000, 12, RWX);
	close_fixture(&f);
}

static void a_new_domain_meets_nothing_of_the_old_one(void **state)
{
	(void)state;
	for (enum kind kind = HOST; kind < KINDS; kind++) {
		uint64_t dte = AMD_DEVTAB + 32 * (uint64_t)AMD_ID;
		struct fixture f;
		struct ioasim_response r;

		open_kind(&f, kind);
		(void)ask(&f, R);
		amd_poke(&f.t.rig, kind == HOST ? f.host_leaf : f.gcr3 + 8 * AMD_PASID, 0);
		amd_poke(&f.t.rig, dte + 8, amd_peek(&f.t.rig, dte + 8) + 1);
		r = ask(&f, R);
		assert_int_equal(r.outcome, IOASIM_OK);
		assert_int_equal(r.domain, AMD_DOMAIN);
		amd_invalidate_device(&f.t, AMD_ID);
		r = ask(&f, R);
		assert_int_equal(r.fault.code, PAGE_FAULT);
		close_fixture(&f);
	}
}

/* Entries with and without PASID, and of two PASIDs, are apart. */
static void address_spaces_of_one_domain_are_apart(void **state)
{
	struct ioasim_request request = amd_request(GPA, R);
	struct fixture f;
	struct ioasim_response r;

	(void)state;
	open_kind(&f, NESTED);
	amd_guest_map(&f.t, f.guest, 4, GPA, 0, UINT64_C(0x124000) | GUEST_PAGE);
	amd_host_map(&f.t, f.host, 3, 0x124000, 0, (DATA + 0x1000) | HOST_PAGE);
	for (unsigned round = 0; round < 2; round++) {
		r = amd_ask(&f.t, &request);
		amd_expect_pa(&r, DATA, 12, RW);
		r = ask_at(&f, GPA, R);
		amd_expect_pa(&r, DATA + 0x1000, 12, RWX);
	}
	request = amd_request_pasid(GPA, R, AMD_PASID + 1);
	r = amd_ask(&f.t, &request);
	assert_int_equal(r.fault.code, PAGE_FAULT);
	close_fixture(&f);
}

/* ---- NpCache ------------------------------------------------------------------------------------- */

/* 2.4: without NpCache making an entry present needs no command, at any level. */
static void what_is_not_present_is_not_cached(void **state)
{
	(void)state;
	for (enum kind kind = HOST; kind < KINDS; kind++) {
		for (unsigned level = 0; level < 3; level++) {
			struct fixture f;
			struct ioasim_response r;
			uint64_t entry, word;

			open_kind(&f, kind);
			entry = kind == HOST ? amd_host_entry(&f.t, f.host, 3, IOVA, level)
					     : amd_guest_entry(&f.t, f.guest, 4, GVA, level);
			word = amd_peek(&f.t.rig, entry);
			amd_poke(&f.t.rig, entry, word & ~UINT64_C(1));
			assert_int_equal(ask(&f, R).fault.code, PAGE_FAULT);
			assert_int_equal(live(&f, IOASIM_CACHE_IOTLB), 0);
			amd_poke(&f.t.rig, entry, word);
			r = ask(&f, R);
			amd_expect_pa(&r, DATA, 12, kind == HOST ? RW : RWX);
			close_fixture(&f);
		}
	}
}

static void with_npcache_it_is_until_software_invalidates(void **state)
{
	(void)state;
	for (enum kind kind = HOST; kind < KINDS; kind++) {
		for (unsigned stage = 1; stage <= 2; stage++) {
			bool guest = stage == 1;
			uint64_t place = guest ? GVA : kind == HOST ? IOVA : GPA;
			struct ioasim_unit_config config;
			struct fixture f;
			struct ioasim_response r;
			uint64_t entry, word;

			if (guest ? kind == HOST : kind == GUEST)
				continue;
			amd_config(&config, AMD_FULL_EFR, AMD_FULL_EFR2);
			assert_int_equal(ioasim_unit_config_set(&config, "npcache", 1), 0);
			open_with(&f, kind, &config);
			entry = guest ? f.guest_leaf : f.host_leaf;
			word = amd_peek(&f.t.rig, entry);
			amd_poke(&f.t.rig, entry, 0);
			for (unsigned round = 0; round < 2; round++) {
				r = ask_at(&f, address_of(&f) | 0x18, W);
				amd_expect_event(&r, PAGE_FAULT, EVENT_RW | (guest ? USER : 0),
						 place | 0x18);
				amd_poke(&f.t.rig, entry, word);
			}
			assert_int_equal(amd_refs_all(&r.cost), 0);
			/* Of the other kind, of another page: stays. */
			amd_invalidate_pages(&f.t, AMD_DOMAIN, AMD_PASID,
					     (place ^ 0x1000) | (guest ? PAGES_GN : 0));
			if (kind == HOST || guest)
				amd_invalidate_pages(&f.t, AMD_DOMAIN, AMD_PASID,
						     place | (guest ? 0 : PAGES_GN));
			if (guest)
				amd_invalidate_pages(&f.t, AMD_DOMAIN, 0, 0);
			assert_int_equal(ask(&f, R).fault.code, PAGE_FAULT);
			amd_invalidate_pages(&f.t, AMD_DOMAIN, AMD_PASID,
					     place | (guest ? PAGES_GN : 0));
			r = ask(&f, R);
			amd_expect_pa(&r, DATA, 12, kind == HOST ? RW : RWX);
			close_fixture(&f);
		}
	}
}

/* ---- What the embedder hears --------------------------------------------------------------------- */

#define HEARD 8

struct ears {
	unsigned count;
	struct ioasim_invalidation heard[HEARD];
};

static void hear(void *opaque, const struct ioasim_invalidation *what)
{
	struct ears *ears = opaque;

	assert_true(ears->count < HEARD);
	ears->heard[ears->count++] = *what;
}

static void submit_to(struct ioasim_unit *unit, struct fixture *f, uint64_t w0, uint64_t w1)
{
	amd_put(&f->t.rig, w0, w1);
	assert_int_equal(ioasim_mmio_write(unit, 0x2008, 4, f->t.rig.tail), 0);
}

/* A second unit on the same memory, with ears. */
static void the_reach_of_each_removal_is_told(void **state)
{
	static const struct {
		uint64_t w0, w1;
		unsigned count;
		struct ioasim_invalidation
			what[2]; /* before and after guest translation was seen */
	} rows[] = {
		{OPCODE(2) | AMD_ID, 0, 0, {{0}}},
		{OPCODE(8),
		 0,
		 1,
		 {{.all_domains = true, .last = UINT64_MAX},
		  {.all_domains = true, .last = UINT64_MAX}}},
		{MINE,
		 IOVA,
		 1,
		 {{.domain = AMD_DOMAIN, .final_input = true, .first = IOVA, .last = IOVA + 0xfff},
		  {.domain = AMD_DOMAIN, .first = IOVA, .last = IOVA + 0xfff}}},
		{MINE,
		 PAGES_ALL,
		 1,
		 {{.domain = AMD_DOMAIN, .final_input = true, .last = UINT64_MAX},
		  {.domain = AMD_DOMAIN, .final_input = true, .last = UINT64_MAX}}},
		{MY_GN,
		 GVA | PAGES_GN,
		 1,
		 {{.domain = AMD_DOMAIN,
		   .has_pasid = true,
		   .pasid = AMD_PASID,
		   .final_input = true,
		   .first = GVA,
		   .last = GVA + 0xfff},
		  {.domain = AMD_DOMAIN,
		   .has_pasid = true,
		   .pasid = AMD_PASID,
		   .final_input = true,
		   .first = GVA,
		   .last = GVA + 0xfff}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned seen = 0; seen < 2; seen++) {
			struct ioasim_request request = amd_request_pasid(GVA, R, AMD_PASID);
			const struct ioasim_invalidation *wanted = &rows[i].what[seen];
			struct ioasim_unit_config config;
			struct ears ears = {0};
			struct ioasim_unit *unit;
			struct ioasim_response r;
			struct fixture f;

			open_kind(&f, NESTED);
			amd_config(&config, AMD_FULL_EFR, AMD_FULL_EFR2);
			config.callbacks.invalidated = hear;
			config.opaque = &ears;
			assert_int_equal(ioasim_unit_create(&config, f.t.rig.memory, &unit, NULL),
					 0);
			assert_int_equal(ioasim_mmio_write(unit, 0, 8, AMD_DEVTAB | 0x1ff), 0);
			assert_int_equal(ioasim_mmio_write(unit, 8, 8, AMD_CMD | UINT64_C(8) << 56),
					 0);
			assert_int_equal(ioasim_mmio_write(unit, 0x18, 8,
							   AMD_ON | AMD_GT_EN | AMD_GCR3_EN),
					 0);
			if (seen)
				ioasim_translate(unit, &request, &r);
			submit_to(unit, &f, rows[i].w0, rows[i].w1);
			assert_int_equal(ears.count, rows[i].count);
			if (ears.count) {
				assert_int_equal(ears.heard[0].all_domains, wanted->all_domains);
				assert_int_equal(ears.heard[0].domain, wanted->domain);
				assert_int_equal(ears.heard[0].has_pasid, wanted->has_pasid);
				assert_int_equal(ears.heard[0].pasid, wanted->pasid);
				assert_int_equal(ears.heard[0].final_input, wanted->final_input);
				assert_int_equal(ears.heard[0].first, wanted->first);
				assert_int_equal(ears.heard[0].last, wanted->last);
			}
			ioasim_unit_destroy(unit);
			close_fixture(&f);
		}
	}
}

/* ---- Counting ------------------------------------------------------------------------------------------ */

static void a_reset_empties_everything(void **state)
{
	struct fixture f;

	(void)state;
	open_kind(&f, NESTED);
	(void)ask(&f, R);
	ioasim_unit_reset(f.t.rig.unit);
	for (unsigned c = 0; c < IOASIM_CACHES; c++)
		assert_int_equal(live(&f, c), 0);
	amd_start(&f.t.rig, AMD_ON | AMD_GT_EN | AMD_GCR3_EN);
	assert_int_equal(ask(&f, R).outcome, IOASIM_OK);
	close_fixture(&f);
}

static void every_request_looks_once_into_each_cache_that_it_reaches(void **state)
{
	struct fixture f;
	const struct ioasim_counters *c;

	(void)state;
	open_kind(&f, NESTED);
	c = ioasim_unit_counters(f.t.rig.unit);
	(void)ask(&f, R);
	assert_int_equal(c->cache[IOASIM_CACHE_DEVICE].lookups, 1);
	assert_int_equal(c->cache[IOASIM_CACHE_PASID].lookups, 1);
	assert_int_equal(c->cache[IOASIM_CACHE_IOTLB].lookups, 1);
	assert_int_equal(c->cache[IOASIM_CACHE_STAGE1_WALK].lookups, 1);
	/* The GCR3 entry, four guest entries; and with them the final page. */
	assert_int_equal(c->cache[IOASIM_CACHE_STAGE2_TLB].lookups, 5);
	assert_int_equal(c->cache[IOASIM_CACHE_STAGE2_WALK].lookups, 6);
	(void)ask(&f, R);
	assert_int_equal(c->cache[IOASIM_CACHE_DEVICE].hits, 1);
	assert_int_equal(c->cache[IOASIM_CACHE_IOTLB].hits, 1);
	assert_int_equal(c->cache[IOASIM_CACHE_PASID].lookups, 1);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_removes_its_entries_and_no_others),
		cmocka_unit_test(a_range_removes_its_pages_and_no_others),
		cmocka_unit_test(a_range_of_gpas_removes_the_nested_pages_inside),
		cmocka_unit_test(a_range_that_touches_a_large_page_removes_it),
		cmocka_unit_test(a_change_shows_after_its_invalidation_and_not_before),
		cmocka_unit_test(an_old_pointer_is_followed_until_it_is_invalidated),
		cmocka_unit_test(a_guest_table_that_moves_is_found_after_gn_0),
		cmocka_unit_test(a_new_domain_meets_nothing_of_the_old_one),
		cmocka_unit_test(address_spaces_of_one_domain_are_apart),
		cmocka_unit_test(what_is_not_present_is_not_cached),
		cmocka_unit_test(with_npcache_it_is_until_software_invalidates),
		cmocka_unit_test(the_reach_of_each_removal_is_told),
		cmocka_unit_test(a_reset_empties_everything),
		cmocka_unit_test(every_request_looks_once_into_each_cache_that_it_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
