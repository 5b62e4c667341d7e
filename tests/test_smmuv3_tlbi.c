/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each command removes of the TLB and the walk caches (4.4): by regime, VMID, ASID,
 * address; ranges, granules and levels (4.4.1.1); VMID wildcards (3.17.6).
 */
#include "smmu_streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- What TLBI commands reach (4.4) ------------------------------------------------------------- */

enum { A, B, V, G, E, H, S, N, STREAMS };

/* Two ASIDs and two VMIDs of stage 1; a global page; EL2 or EL2-E2H, there with a global
 * page beside; stage 2; both. */
static const struct stream streams[STREAMS] = {
	[A] = {.sid = 0x10, .config = STAB_S1, .vmid = 5, .asid = 0x1000},
	[B] = {.sid = 0x11, .config = STAB_S1, .vmid = 5, .asid = 0x1040},
	[V] = {.sid = 0x12, .config = STAB_S1, .vmid = 6, .asid = 0x1000},
	[G] = {.sid = 0x13, .config = STAB_S1, .vmid = 7, .asid = 0x1000, .global = true},
	[E] = {.sid = 0x14, .config = STAB_S1, .vmid = 5, .asid = 0x1000, .ste1 = STE_STRW(2)},
	[H] = {.sid = 0x15,
	       .config = STAB_S1,
	       .vmid = 5,
	       .asid = 0x2000,
	       .ste1 = STE_STRW(2),
	       .offset = 0x1000,
	       .global = true},
	[S] = {.sid = 0x16, .config = STAB_S2, .vmid = 5},
	[N] = {.sid = 0x17, .config = STAB_NESTED, .vmid = 8, .asid = 0x1000},
};

#define ON(stream) (1u << (stream))
#define ALL        (ON(STREAMS) - 1)

static const struct reach {
	const char *rule;
	uint64_t w0, w1;
	bool e2h;
	unsigned removed; /* a mask of streams; H counts with E2H only */
	bool tables; /* the walk caches lose what belongs to them */
} reaches[] = {
	{"NH_ALL", NH_ALL(5), 0, false, ON(A) | ON(B), true},
	{"NH_ALL, global", NH_ALL(7), 0, false, ON(G), true},
	{"NH_ALL, both stages", NH_ALL(8), 0, false, ON(N), true},
	{"NH_ASID", NH_ASID(5, 0x1000), 0, false, ON(A), true},
	{"NH_ASID, other VMID", NH_ASID(6, 0x1000), 0, false, ON(V), true},
	{"NH_ASID of none", NH_ASID(5, 0x1001), 0, false, 0, false},
	{"NH_ASID leaves global", NH_ASID(7, 0x1000), 0, false, 0, false},
	{"NH_VA", NH_VA(5, 0x1040), STAB_IOVA, false, ON(B), true},
	{"NH_VA, leaf", NH_VA(5, 0x1040), STAB_IOVA | LEAF, false, ON(B), false},
	{"NH_VA of another page", NH_VA(5, 0x1040), STAB_IOVA + 0x1000, false, 0, false},
	{"NH_VA, global, any ASID", NH_VA(7, 0x77), STAB_IOVA, false, ON(G), false},
	{"NH_VA, both stages", NH_VA(8, 0x1000), STAB_IOVA, false, ON(N), true},
	{"NH_VAA", NH_VAA(5), STAB_IOVA, false, ON(A) | ON(B), true},
	{"NH_VAA, leaf", NH_VAA(5), STAB_IOVA | LEAF, false, ON(A) | ON(B), false},
	{"NH_VAA of another page", NH_VAA(5), STAB_IOVA - 0x1000, false, 0, false},
	{"EL2_ALL", EL2_ALL, 0, false, ON(E), true},
	{"EL2_VA, any ASID", EL2_VA(0x77), STAB_IOVA, false, ON(E), true},
	{"EL2_VAA", EL2_VAA, STAB_IOVA, false, ON(E), true},
	{"EL2_ASID, no ASIDs", EL2_ASID(0x1000), 0, false, 0, false},
	{"EL2_ALL, E2H", EL2_ALL, 0, true, ON(E) | ON(H), true},
	{"EL2_VA, E2H", EL2_VA(0x1000), STAB_IOVA, true, ON(E), true},
	{"EL2_VA, E2H, other ASID", EL2_VA(0x77), STAB_IOVA, true, 0, false},
	{"EL2_VA, E2H, global, other ASID", EL2_VA(0x77), STAB_IOVA + 0x1000, true, ON(H), false},
	{"EL2_VAA, E2H", EL2_VAA, STAB_IOVA, true, ON(E), true},
	{"EL2_ASID, E2H", EL2_ASID(0x1000), 0, true, ON(E), true},
	{"S12_VMALL", S12_VMALL(5), 0, false, ON(A) | ON(B) | ON(S), true},
	{"S12_VMALL, both stages", S12_VMALL(8), 0, false, ON(N), true},
	{"S2_IPA", S2_IPA(5), STAB_IOVA, false, ON(S), true},
	{"S2_IPA, leaf", S2_IPA(5), STAB_IOVA | LEAF, false, ON(S), false},
	{"S2_IPA of another page", S2_IPA(5), STAB_IOVA + 0x1000, false, 0, false},
	{"S2_IPA leaves combined entries", S2_IPA(8), STAB_IPA, false, 0, false},
	{"NSNH_ALL", NSNH_ALL, 0, false, ALL & ~(ON(E) | ON(H)), true},
	{"CFGI_ALL", CFGI_STE_RANGE(0), 31, false, 0, false},
};

/* All streams use the same addresses, which would meet in one set of a small cache. */
static void open_reach(struct stab *t, const struct reach *c)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		config.cache[i] = (struct ioasim_cache_geometry){.entries = 64};
	stab_open_with(t, &config);
	for (unsigned i = 0; i < STREAMS; i++) {
		struct stream s = streams[i];

		if (i == H && !c->e2h)
			continue;
		stream_add(t, &s);
	}
	srig_start(&t->rig, t->strtab, 8, CR2_RECINVSID | (c->e2h ? CR2_E2H : 0));
	for (unsigned i = 0; i < STREAMS; i++)
		if (i != H || c->e2h)
			assert_int_equal(
				stream_read(t, streams[i].sid, STAB_IOVA + streams[i].offset).pa,
				stream_frame(streams[i].sid));
}

static void check_reach(struct stab *t, const struct reach *c)
{
	for (unsigned i = 0; i < STREAMS; i++) {
		struct ioasim_response r;
		bool gone = c->removed & ON(i);

		if (i == H && !c->e2h)
			continue;
		r = stream_read(t, streams[i].sid, STAB_IOVA + streams[i].offset);
		assert_int_equal(r.outcome, IOASIM_OK);
		if (stream_hit(&r, IOASIM_CACHE_IOTLB) == gone)
			fail_msg("%s: stream %#x %s", c->rule, streams[i].sid,
				 gone ? "still hits" : "does not hit");
		if (gone && c->tables && stream_hit(&r, IOASIM_CACHE_STAGE1_WALK) && i != N)
			fail_msg("%s: stream %#x has tables left", c->rule, streams[i].sid);
		if (gone && !c->tables && i != G && i != H &&
		    !stream_hit(&r, i == S ? IOASIM_CACHE_STAGE2_WALK : IOASIM_CACHE_STAGE1_WALK))
			fail_msg("%s: stream %#x has no tables left", c->rule, streams[i].sid);
	}
}

static void removes_the_translations_that_a_command_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reaches); i++) {
		struct stab t;

		open_reach(&t, &reaches[i]);
		srig_command(&t.rig, reaches[i].w0, reaches[i].w1);
		check_reach(&t, &reaches[i]);
		stab_close(&t);
	}
}

/* ---- Ranges, granules and levels (4.4.1.1) ---------------------------------------------------------- */

/* Leaves of every size of one 4KB granule table, and of one of 64KB: which of them go? */
enum { P4K, P4K_NEXT, P2M, P1G, P64K, P512M, PAGES };

#define P4K_AT   UINT64_C(0x10000000)
#define P2M_AT   UINT64_C(0x20000000)
#define P1G_AT   UINT64_C(0x40000000)
#define P64K_AT  UINT64_C(0x10000000)
#define P512M_AT UINT64_C(0x20000000)

static const struct ranged {
	const char *rule;
	uint64_t num_scale, w1;
	unsigned removed;
} rangeds[] = {
	{"no range", 0, P4K_AT, ON(P4K) | ON(P64K)},
	{"no range, inside a block", 0, P2M_AT + 0x1ff000, ON(P2M) | ON(P512M)},
	{"no range, inside a large block", 0, P1G_AT + 0x12345000, ON(P1G)},
	{"4KB, level 3", 0, P4K_AT | TG(1) | TTL(3), ON(P4K)},
	{"4KB, level 2 of a page", 0, P4K_AT | TG(1) | TTL(2), 0},
	{"4KB, two pages", NUM(1), P4K_AT | TG(1), ON(P4K) | ON(P4K_NEXT)},
	{"4KB, two pages by scale", SCALE(1), P4K_AT | TG(1), ON(P4K) | ON(P4K_NEXT)},
	{"4KB, everything", NUM(31) | SCALE(31), TG(1), ON(P4K) | ON(P4K_NEXT) | ON(P2M) | ON(P1G)},
	{"4KB, everything, level 2", NUM(31) | SCALE(31), TG(1) | TTL(2), ON(P2M)},
	{"4KB, everything, level 1", NUM(31) | SCALE(31), TG(1) | TTL(1), ON(P1G)},
	{"4KB, last page of a block", NUM(1), (P2M_AT + 0x1fe000) | TG(1), ON(P2M)},
	{"16KB", NUM(31) | SCALE(31), TG(2), 0},
	{"64KB, level 3", 0, P64K_AT | TG(3) | TTL(3), ON(P64K)},
	{"64KB, everything", NUM(31) | SCALE(31), TG(3), ON(P64K) | ON(P512M)},
	{"64KB, everything, level 2", NUM(31) | SCALE(31), TG(3) | TTL(2), ON(P512M)},
};

static void map_sizes(struct stab *t)
{
	struct stream small = {.sid = 0x20, .config = STAB_S1, .vmid = 5, .asid = 9};
	struct stream large = {.sid = 0x21, .config = STAB_S1, .vmid = 5, .asid = 10};

	stream_add(t, &small);
	stab_map(t, &small.s1, P4K_AT, 0, BIT(40) | S1_ALL);
	stab_map(t, &small.s1, P4K_AT + 0x1000, 0, BIT(40) | S1_ALL);
	stab_map(t, &small.s1, P2M_AT, 1, BIT(40) | S1_ALL);
	stab_map(t, &small.s1, P1G_AT, 2, BIT(40) | S1_ALL);
	stream_add(t, &large);
	stab_tree(t, &large.s1, 16, 42);
	srig_poke(&t->rig, large.cd,
		  (CD_PLAIN & ~CD_T0SZ(63)) | CD_T0SZ(22) | CD_TG0(1) | CD_ASID(10));
	srig_poke(&t->rig, large.cd + 8, large.s1.root);
	stab_map(t, &large.s1, P64K_AT, 0, BIT(41) | S1_ALL);
	stab_map(t, &large.s1, P512M_AT, 1, BIT(41) | S1_ALL);
	stab_start(t);
}

static unsigned read_sizes(struct stab *t)
{
	static const struct {
		uint32_t sid;
		uint64_t address;
	} pages[PAGES] = {{0x20, P4K_AT},           {0x20, P4K_AT + 0x1000},
			  {0x20, P2M_AT + 0x5000},  {0x20, P1G_AT + 0x5000},
			  {0x21, P64K_AT + 0x5000}, {0x21, P512M_AT + 0x50000}};
	unsigned missed = 0;

	for (unsigned i = 0; i < PAGES; i++) {
		struct ioasim_response r = stream_read(t, pages[i].sid, pages[i].address);

		assert_int_equal(r.outcome, IOASIM_OK);
		if (!stream_hit(&r, IOASIM_CACHE_IOTLB))
			missed |= ON(i);
	}
	return missed;
}

static void removes_what_range_granule_and_level_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rangeds); i++) {
		unsigned missed;
		struct stab t;

		stab_open(&t, true);
		map_sizes(&t);
		assert_int_equal(read_sizes(&t), ON(PAGES) - 1);
		srig_command(&t.rig, NH_VAA(5) | rangeds[i].num_scale, rangeds[i].w1 | LEAF);
		missed = read_sizes(&t);
		if (missed != rangeds[i].removed)
			fail_msg("%s: removed %#x instead of %#x", rangeds[i].rule, missed,
				 rangeds[i].removed);
		stab_close(&t);
	}
}

/* With TTL n and Leaf 0 the tables above level n go, those below stay. */
static void removes_tables_above_the_level_that_ttl_names(void **state)
{
	static const struct {
		uint64_t ttl;
		unsigned reads; /* of stage 1 for the next page of the table */
	} cases[] = {{TTL(3), 4}, {TTL(2), 1}, {TTL(1), 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ioasim_response r;
		struct stab t;

		stab_open(&t, true);
		stab_build(&t, STAB_S1);
		stab_map(&t, &t.s1, STAB_IOVA + 0x1000, 0, STAB_FRAME | S1_ALL);
		stab_start(&t);
		stab_read(&t, STAB_IOVA);
		/* The address is that of a block of the level, as it has to be. */
		srig_command(&t.rig, NH_VA(STAB_VMID, STAB_ASID),
			     (STAB_IOVA & ~(cases[i].ttl == TTL(1)   ? BITS(29, 0)
					    : cases[i].ttl == TTL(2) ? BITS(20, 0)
								     : 0)) |
				     TG(1) | cases[i].ttl);
		r = stab_read(&t, STAB_IOVA + 0x1000);
		assert_int_equal(stab_refs(&r.cost, IOASIM_REF_STAGE1), cases[i].reads);
		stab_close(&t);
	}
}

/* An entry of a 2MB block of stage 1 over 4KB pages of stage 2 goes by any address of
 * the block, which is all that software knows of. */
static void removes_pieces_of_a_block_by_any_of_its_addresses(void **state)
{
	uint64_t block = STAB_IOVA & ~BITS(20, 0);
	struct ioasim_response r;
	struct stab t;

	(void)state;
	stab_open(&t, true);
	stab_build(&t, STAB_NESTED);
	srig_poke(&t.rig, stab_entry(&t, &t.s1, block, 1), 0);
	stab_map(&t, &t.s1, block, 1, (STAB_IPA & ~BITS(20, 0)) | S1_ALL);
	stab_map(&t, &t.s2, STAB_IPA & ~BITS(20, 0), 0, STAB_FRAME | S2_ALL);
	stab_start(&t);
	assert_int_equal(stab_read(&t, block).size_lg2, 12);
	r = stab_read(&t, block);
	assert_true(stream_hit(&r, IOASIM_CACHE_IOTLB));
	srig_command(&t.rig, NH_VA(STAB_VMID, STAB_ASID), (block + 0x200000) | LEAF);
	r = stab_read(&t, block);
	assert_true(stream_hit(&r, IOASIM_CACHE_IOTLB));
	srig_command(&t.rig, NH_VA(STAB_VMID, STAB_ASID), (block + 0x1ff000) | LEAF);
	r = stab_read(&t, block);
	assert_false(stream_hit(&r, IOASIM_CACHE_IOTLB));
	stab_close(&t);
}

/* ---- VMID wildcards (3.17.6) --------------------------------------------------------------------------- */

static void open_wildcard(struct stab *t)
{
	static const uint16_t vmids[] = {0x20, 0x23, 0x24};
	struct ioasim_unit_config config;

	srig_config(&config);
	assert_int_equal(ioasim_unit_config_set(&config, "idr0", SRIG_IDR0 | BIT(17)), 0);
	stab_open_with(t, &config);
	for (uint32_t i = 0; i < COUNT(vmids); i++) {
		struct stream s = {.sid = 0x20 + i, .config = STAB_S1, .vmid = vmids[i], .asid = 9};

		stream_add(t, &s);
	}
	srig_cr0(&t->rig, 2u << 6, 0);
	stab_start(t);
	for (uint32_t sid = 0x20; sid <= 0x22; sid++)
		assert_int_equal(stream_read(t, sid, STAB_IOVA).pa, stream_frame(sid));
	srig_forget(&t->rig);
}

/* VMW 2: VMIDs 0x20 to 0x23 are one for a command, 0x24 is another. */
static void ignores_low_bits_of_vmids_with_vmw(void **state)
{
	static const struct {
		uint64_t w0, w1;
		uint32_t ignored; /* of the domain that is told */
	} cases[] = {
		{NH_ALL(0x21), 0, 0x3ffff},           {NH_ASID(0x21, 9), 0, 0x30000},
		{NH_VA(0x21, 9), STAB_IOVA, 0x30000}, {NH_VAA(0x21), STAB_IOVA, 0x3ffff},
		{S12_VMALL(0x21), 0, 0x3ffff},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stab t;

		open_wildcard(&t);
		srig_command(&t.rig, cases[i].w0, cases[i].w1);
		assert_int_equal(t.rig.reaches, 1);
		assert_int_equal(t.rig.reach[0].domain_ignored, cases[i].ignored);
		assert_int_equal((t.rig.reach[0].domain ^ 0x200009) & ~cases[i].ignored, 0);
		for (uint32_t sid = 0x20; sid <= 0x22; sid++) {
			struct ioasim_response r = stream_read(&t, sid, STAB_IOVA);

			assert_int_equal(stream_hit(&r, IOASIM_CACHE_IOTLB), sid == 0x22);
		}
		stab_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_the_translations_that_a_command_names),
		cmocka_unit_test(removes_what_range_granule_and_level_name),
		cmocka_unit_test(removes_tables_above_the_level_that_ttl_names),
		cmocka_unit_test(removes_pieces_of_a_block_by_any_of_its_addresses),
		cmocka_unit_test(ignores_low_bits_of_vmids_with_vmw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
