/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a translation reads: one reference for each structure and descriptor, by what it
 * was read for and its level. n levels of stage 1, m of stage 2; tables linear or of two
 * levels (3.3.1, 3.3.2).
 */
#include "smmu_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SSID 0x47u

/* Level of the first table of each stage; ~0: none. */
#define OFF (~0u)

static const struct cold {
	unsigned first, second;
	bool two_level; /* stream table and CD table */
	unsigned total;
} colds[] = {
	{3, OFF, false, 2 + 4},
	{2, OFF, false, 2 + 3},
	{3, OFF, true, 2 + 2 + 4},
	{OFF, 3, false, 1 + 4},
	{OFF, 1, false, 1 + 2},
	{3, 3, false, 1 + (4 + 1) + 4 * (4 + 1) + 4},
	{3, 3, true, 2 + 2 * (4 + 1) + 4 * (4 + 1) + 4},
	{2, 3, false, 1 + (4 + 1) + 3 * (4 + 1) + 4},
	{3, 2, false, 1 + (3 + 1) + 4 * (3 + 1) + 3},
};

struct world {
	struct stab t;
	uint64_t iova;
	uint64_t strtab;
	uint32_t cfg;
};

static void put_ste(struct world *w, const struct cold *c, const uint64_t words[4])
{
	uint64_t at;

	if (!c->two_level) {
		stab_ste(&w->t, STAB_SID, words);
		w->strtab = w->t.strtab;
		w->cfg = 8;
		return;
	}
	w->strtab = stab_take(&w->t, 64);
	at = stab_take(&w->t, 64 * 64);
	srig_poke(&w->t.rig, w->strtab, at | 7);
	for (unsigned i = 0; i < 4; i++)
		srig_poke(&w->t.rig, at + STAB_SID * 64 + i * 8u, words[i]);
	w->cfg = 8 | 6u << 6 | 1u << 16;
}

static uint64_t put_cd(struct world *w, const struct cold *c, uint64_t guest)
{
	struct stab *t = &w->t;
	uint64_t cd[4] = {CD_PLAIN | CD_ASID(STAB_ASID)}, leaf, level1;

	stab_tree(t, &t->s1, 12, 12 + 9 * (c->first + 1));
	t->s1.guest = guest;
	cd[0] = (cd[0] & ~CD_T0SZ(63)) | CD_T0SZ(64 - t->s1.input);
	cd[1] = t->s1.root + guest;
	w->iova = STAB_IOVA & (BIT(t->s1.input) - 1);
	if (!c->two_level) {
		leaf = stab_take(t, 64);
		stab_cd(t, leaf, cd);
		return (leaf + guest) | STE_S1;
	}
	level1 = stab_take(t, 4096);
	leaf = stab_take(t, 4096);
	srig_poke(&t->rig, level1 + (SSID >> 6) * 8, (leaf + guest) | 1);
	stab_cd(t, leaf + (SSID & 63) * 64, cd);
	return (level1 + guest) | STE_S1CDMAX(8) | STE_S1FMT(1) | STE_S1;
}

static void world_open(struct world *w, const struct cold *c, bool caches)
{
	uint64_t words[4] = {1, 0, STAB_VMID, 0};
	uint64_t guest = c->second == OFF ? 0 : STAB_GUEST;
	struct stab *t = &w->t;

	stab_open(t, caches);
	w->iova = STAB_IOVA & BITS(38, 0);
	if (c->first != OFF) {
		words[0] = put_cd(w, c, guest);
		stab_map(t, &t->s1, w->iova, 0, (guest ? STAB_IPA : STAB_FRAME) | S1_ALL);
	}
	if (c->second != OFF) {
		unsigned bits = 12 + 9 * (c->second + 1);

		/* Up to 16 tables side by side, so that what is mapped fits. */
		stab_tree_at(t, &t->s2, 12, bits < 40 ? bits + 4 : bits, c->second);
		words[0] |= c->first == OFF ? STE_S2 : STE_NESTED;
		words[2] |= STE_S2T0SZ(64 - t->s2.input) | STE_S2SL0(c->second - 1) | STE_S2PS(5) |
			    STE_S2AA64 | STE_S2R;
		words[3] = t->s2.root;
		for (uint64_t page = UINT64_C(0x200000); guest && page < 0x280000; page += 4096)
			stab_map(t, &t->s2, page + guest, 0, page | S2_ALL);
		if (c->first == OFF)
			w->iova &= BIT(t->s2.input) - 1;
		stab_map(t, &t->s2, c->first == OFF ? w->iova : STAB_IPA, 0, STAB_FRAME | S2_ALL);
	}
	put_ste(w, c, words);
	srig_start(&t->rig, w->strtab, w->cfg, CR2_RECINVSID);
}

static struct ioasim_response ask(struct world *w, const struct cold *c)
{
	struct ioasim_request request = c->two_level
						? stab_request_pasid(w->iova, IOASIM_READ, SSID)
						: stab_request(w->iova, IOASIM_READ);
	struct ioasim_response r = stab_ask(&w->t, &request);

	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, STAB_FRAME);
	return r;
}

static void expect_levels(const struct ioasim_cost *cost, unsigned kind, unsigned first,
			  unsigned times)
{
	for (unsigned level = 0; level < IOASIM_LEVELS; level++)
		assert_int_equal(cost->refs[kind][level],
				 first != OFF && level <= first ? times : 0);
}

static void reads_each_structure_once_for_each_use(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(colds); i++) {
		const struct cold *c = &colds[i];
		unsigned cds = c->first == OFF ? 0 : 1 + c->two_level;
		struct ioasim_response r;
		struct world w;

		world_open(&w, c, false);
		r = ask(&w, c);
		assert_int_equal(stab_refs_all(&r.cost), c->total);
		expect_levels(&r.cost, IOASIM_REF_DEVICE_TABLE, c->two_level, 1);
		expect_levels(&r.cost, IOASIM_REF_PASID_TABLE, c->first == OFF ? OFF : c->two_level,
			      1);
		expect_levels(&r.cost, IOASIM_REF_STAGE1, c->first, 1);
		expect_levels(&r.cost, IOASIM_REF_STAGE2, c->second, 1);
		expect_levels(&r.cost, IOASIM_REF_STAGE2_FOR_STAGE1,
			      c->first == OFF ? OFF : c->second, c->first + 1);
		expect_levels(&r.cost, IOASIM_REF_STAGE2_FOR_PASID_TABLE, cds ? c->second : OFF,
			      cds);
		assert_int_equal(r.cost.hits | r.cost.misses, 0);
		stab_close(&w.t);
	}
}

/* A hit looks at STE, CD and TLB, in that order of things, and reads nothing (16.2). */
static void reads_nothing_on_a_hit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(colds); i++) {
		const struct cold *c = &colds[i];
		unsigned caches = 1u << IOASIM_CACHE_DEVICE | 1u << IOASIM_CACHE_IOTLB |
				  (c->first == OFF ? 0 : 1u << IOASIM_CACHE_PASID);
		const struct ioasim_counters *counters;
		struct ioasim_response r;
		struct world w;

		world_open(&w, c, true);
		r = ask(&w, c);
		assert_int_equal(r.cost.misses & caches, caches);
		assert_true(stab_refs_all(&r.cost) <= c->total);
		r = ask(&w, c);
		assert_int_equal(stab_refs_all(&r.cost), 0);
		assert_int_equal(r.cost.hits, caches);
		assert_int_equal(r.cost.misses, 0);
		counters = ioasim_unit_counters(w.t.rig.unit);
		assert_int_equal(counters->cache[IOASIM_CACHE_IOTLB].hits, 1);
		assert_int_equal(counters->cache[IOASIM_CACHE_IOTLB].misses, 1);
		assert_int_equal(counters->requests[IOASIM_UNTRANSLATED], 2);
		assert_int_equal(counters->ok, 2);
		stab_close(&w.t);
	}
}

/* The next page of the same table costs its leaf, in each stage. */
static void reads_leaves_alone_behind_warm_walk_caches(void **state)
{
	const struct cold *c = &colds[5];
	struct ioasim_response r;
	struct world w;

	(void)state;
	world_open(&w, c, true);
	stab_map(&w.t, &w.t.s1, w.iova + 0x1000, 0, (STAB_IPA + 0x1000) | S1_ALL);
	stab_map(&w.t, &w.t.s2, STAB_IPA + 0x1000, 0, (STAB_FRAME + 0x1000) | S2_ALL);
	ask(&w, c);
	r = stab_read(&w.t, w.iova + 0x1000);
	assert_int_equal(r.outcome, IOASIM_OK);
	assert_int_equal(r.pa, STAB_FRAME + 0x1000);
	assert_int_equal(stab_refs_all(&r.cost), 2);
	assert_int_equal(r.cost.refs[IOASIM_REF_STAGE1][0], 1);
	assert_int_equal(r.cost.refs[IOASIM_REF_STAGE2][0], 1);
	stab_close(&w.t);
}

/* Sums of counters are sums of costs. */
static void adds_costs_up_in_the_counters(void **state)
{
	unsigned sum = 0, refs[IOASIM_REF_KINDS] = {0};
	const struct ioasim_counters *counters;
	struct world w;

	(void)state;
	world_open(&w, &colds[6], false);
	for (unsigned i = 0; i < 3; i++) {
		struct ioasim_response r = ask(&w, &colds[6]);

		for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++)
			refs[kind] += stab_refs(&r.cost, kind);
		sum += stab_refs_all(&r.cost);
	}
	assert_int_equal(sum, 3 * 36);
	counters = ioasim_unit_counters(w.t.rig.unit);
	for (unsigned kind = 0; kind < IOASIM_REF_KINDS; kind++) {
		unsigned counted = 0;

		for (unsigned level = 0; level < IOASIM_LEVELS; level++)
			counted += (unsigned)counters->refs[kind][level];
		assert_int_equal(counted, refs[kind]);
	}
	stab_close(&w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_structure_once_for_each_use),
		cmocka_unit_test(reads_nothing_on_a_hit),
		cmocka_unit_test(reads_leaves_alone_behind_warm_walk_caches),
		cmocka_unit_test(adds_costs_up_in_the_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
