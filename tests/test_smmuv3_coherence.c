/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches change no answer as long as software invalidates what it changes: a unit with
 * caches and one without share memory and must agree on every request, through random
 * changes of tables, CDs and STEs, each followed by one of the commands that are enough
 * for it (4.3, 4.4, 16.2). The seed is printed and taken from IOASIM_SEED.
 */
#include "smmu_streams.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEPS    20000u
#define REQUESTS 12u
#define PLACES   3u /* blocks, or tables of pages */
#define PAGES    8u /* of a table that are used, far apart */
#define IOVA     UINT64_C(0x1000000000)
#define GPA      UINT64_C(0x2000000000)

/* One stream: granules of its stages, 0 for a stage that is off. */
struct space {
	uint32_t sid;
	unsigned g1, g2;
	uint16_t vmid, asid;
	bool el2, globals;
	uint64_t cd;
	struct stab_tree s1, s2;
	uint64_t pointer[2][PLACES]; /* to tables, while a block stands there */
};

static const struct space kinds[] = {
	{.sid = 0x20, .g1 = 12, .vmid = 1, .asid = 10},
	{.sid = 0x21, .g1 = 14, .vmid = 8, .asid = 11, .globals = true},
	{.sid = 0x29, .g1 = 14, .vmid = 1, .asid = 11},
	{.sid = 0x22, .g1 = 16, .vmid = 2, .asid = 10},
	{.sid = 0x23, .g2 = 12, .vmid = 3},
	{.sid = 0x24, .g2 = 14, .vmid = 4},
	{.sid = 0x25, .g1 = 12, .g2 = 12, .vmid = 5, .asid = 10},
	{.sid = 0x26, .g1 = 16, .g2 = 12, .vmid = 6, .asid = 11},
	{.sid = 0x27, .g1 = 12, .g2 = 16, .vmid = 7, .asid = 12, .globals = true},
	{.sid = 0x28, .g1 = 12, .el2 = true},
};

struct world {
	struct stab t;
	struct ioasim_unit *plain; /* the unit without caches */
	struct space space[COUNT(kinds)];
	uint64_t seed;
};

static uint64_t roll(struct world *w, uint64_t sides)
{
	return stab_random(&w->seed) % sides;
}

/* ---- Setting up --------------------------------------------------------------------- */

static uint64_t tg0(unsigned granule)
{
	return granule == 12 ? 0 : granule == 14 ? 2 : 1;
}

static uint64_t page_at(struct world *w, uint64_t base, const struct stab_tree *tree)
{
	uint64_t spread = BIT(tree->granule - 3) / PAGES;

	return base + (roll(w, PLACES) << stab_shift(tree, 1)) +
	       (roll(w, PAGES) * spread << tree->granule);
}

static void make_tables(struct world *w, struct stab_tree *tree, unsigned granule, uint64_t guest,
			uint64_t base)
{
	stab_tree(&w->t, tree, granule, 42);
	tree->guest = guest;
	for (unsigned place = 0; place < PLACES; place++)
		stab_entry(&w->t, tree, base + ((uint64_t)place << stab_shift(tree, 1)), 0);
}

static void make_first(struct world *w, struct space *s, uint64_t words[4])
{
	uint64_t guest = s->g2 ? STAB_GUEST : 0;
	uint64_t cd[4] = {CD_T0SZ(22) | CD_TG0(tg0(s->g1)) | CD_EPD1 | CD_V | CD_IPS(5) | CD_AA64 |
			  CD_R | CD_A | CD_ASID(s->asid)};

	s->cd = stab_take(&w->t, 64);
	make_tables(w, &s->s1, s->g1, guest, IOVA);
	cd[1] = s->s1.root + guest;
	stab_cd(&w->t, s->cd, cd);
	words[0] |= s->cd + guest;
}

static void make_space(struct world *w, struct space *s)
{
	uint64_t words[4] = {STE_CONFIG(4 | (s->g1 != 0) | (s->g2 != 0) << 1),
			     STE_EATS(1) | (s->el2 ? STE_STRW(2) : 0), s->vmid, 0};
	uint64_t made;

	if (s->g1)
		make_first(w, s, words);
	made = w->t.next;
	if (s->g2) {
		make_tables(w, &s->s2, s->g2, 0, s->g1 ? GPA : IOVA);
		words[2] |= STE_S2T0SZ(22) | STE_S2TG(tg0(s->g2)) | STE_S2PS(5) | STE_S2AA64 |
			    STE_S2R | STE_S2SL0(s->g2 == 12 ? s->s2.first - 1 : s->s2.first);
		words[3] = s->s2.root;
	}
	for (uint64_t page = 0x200000; s->g1 && s->g2 && page < made; page += BIT(s->g2))
		stab_map(&w->t, &s->s2, page + STAB_GUEST, 0, page | S2_ALL);
	stab_ste(&w->t, s->sid, words);
}

static void open_plain(struct world *w)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_create(&config, w->t.rig.memory, &w->plain, NULL), 0);
	assert_int_equal(ioasim_mmio_write(w->plain, 0x80, 8, w->t.strtab), 0);
	assert_int_equal(ioasim_mmio_write(w->plain, 0x88, 4, 8), 0);
	assert_int_equal(ioasim_mmio_write(w->plain, 0x20, 4, CR0_SMMUEN), 0);
}

static void open_world(struct world *w, const struct ioasim_cache_geometry *geometry)
{
	struct ioasim_unit_config config;

	srig_config(&config);
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		config.cache[i] = *geometry;
	stab_open_with(&w->t, &config);
	memcpy(w->space, kinds, sizeof(kinds));
	for (unsigned i = 0; i < COUNT(kinds); i++)
		make_space(w, &w->space[i]);
	stab_start(&w->t);
	open_plain(w);
}

static void close_world(struct world *w)
{
	ioasim_unit_destroy(w->plain);
	stab_close(&w->t);
}

/* ---- Changes ------------------------------------------------------------------------ */

/* What was changed, as its invalidation has to know it. */
struct changed {
	uint64_t at;
	bool first; /* the stage */
	bool whole; /* all of the block around, else the page at `at` */
};

static uint64_t random_first(struct world *w, const struct space *s, unsigned level)
{
	uint64_t size = BIT(stab_shift(&s->s1, level));
	uint64_t base =
		s->g2 && roll(w, 4) ? page_at(w, GPA, &s->s2) & ~(size - 1) : roll(w, 1024) * size;
	uint64_t leaf = base | (roll(w, 8) ? PTE_AF : 0) | (roll(w, 8) ? S1_AP1 : 0) |
			(roll(w, 3) ? 0 : S1_AP2) | (roll(w, 4) ? 0 : S1_UXN) |
			(s->globals && roll(w, 2) ? 0 : S1_NG);

	return roll(w, 5) ? leaf | (level ? PTE_BLOCK : PTE_PAGE) : 0;
}

static uint64_t random_second(struct world *w, const struct space *s, unsigned level)
{
	uint64_t base = BIT(42) + roll(w, 1024) * BIT(stab_shift(&s->s2, level));
	uint64_t leaf = base | S2_MEM | (roll(w, 8) ? PTE_AF : 0) | (roll(w, 8) ? S2_READ : 0) |
			(roll(w, 3) ? S2_WRITE : 0) | S2_XN(roll(w, 4));

	return roll(w, 5) ? leaf | (level ? PTE_BLOCK : PTE_PAGE) : 0;
}

/* A page, a block for a table or the other way round, rights of a table. */
static struct changed change(struct world *w, struct space *s, bool first)
{
	struct stab_tree *tree = first ? &s->s1 : &s->s2;
	uint64_t base = first || !s->g1 ? IOVA : GPA;
	struct changed c = {.at = page_at(w, base, tree), .first = first};
	unsigned place = (unsigned)((c.at - base) >> stab_shift(tree, 1)), level = roll(w, 4) == 0;
	uint64_t *pointer = &s->pointer[first][place];
	uint64_t entry = stab_entry(&w->t, tree, c.at, 1);

	c.whole = level || *pointer;
	if (first && !c.whole && roll(w, 8) == 0) {
		srig_poke(&w->t.rig, entry,
			  srig_peek(&w->t.rig, entry) ^ (roll(w, 2) ? S1_APT1 : S1_UXNT));
		c.whole = true;
		return c;
	}
	if (level && !*pointer) {
		*pointer = srig_peek(&w->t.rig, entry);
	} else if (!level) {
		if (*pointer)
			srig_poke(&w->t.rig, entry, *pointer);
		*pointer = 0;
		entry = stab_entry(&w->t, tree, c.at, 0);
	}
	srig_poke(&w->t.rig, entry, first ? random_first(w, s, level) : random_second(w, s, level));
	return c;
}

/* ---- Invalidations that are enough --------------------------------------------------- */

/* Word 1 of a command by address, and what word 0 needs with it. */
static uint64_t by_address(struct world *w, const struct changed *c, const struct stab_tree *tree,
			   uint64_t *w0)
{
	uint64_t granule = TG(tree->granule == 12 ? 1 : tree->granule == 14 ? 2 : 3);

	if (c->whole) {
		*w0 |= SCALE(tree->granule - 3);
		return (c->at & ~(BIT(stab_shift(tree, 1)) - 1)) | granule;
	}
	switch (roll(w, 3)) {
	case 0:
		return c->at | granule | TTL(3) | LEAF;
	case 1:
		*w0 |= NUM(1);
		return c->at | granule;
	default:
		return c->at | roll(w, 2);
	}
}

static void invalidate_first(struct world *w, const struct space *s, const struct changed *c)
{
	uint64_t w0 = 0, w1 = by_address(w, c, &s->s1, &w0);

	switch (roll(w, s->globals ? 5 : 6)) {
	case 0:
		w0 |= s->el2 ? EL2_VA(0) : NH_VA(s->vmid, s->asid);
		break;
	case 1:
		w0 |= s->el2 ? EL2_VAA : NH_VAA(s->vmid);
		break;
	case 2:
		w0 = s->el2 ? EL2_ALL : NH_ALL(s->vmid);
		w1 = 0;
		break;
	case 3:
		w0 = s->el2 ? EL2_ALL : S12_VMALL(s->vmid);
		w1 = 0;
		break;
	case 4:
		w0 = s->el2 ? EL2_ALL : NSNH_ALL;
		w1 = 0;
		break;
	default:
		w0 = s->el2 ? EL2_ALL : NH_ASID(s->vmid, s->asid);
		w1 = 0;
		break;
	}
	srig_command(&w->t.rig, w0, w1);
}

/* 16.2.1: entries that combine both stages need a command of stage 1 too. */
static void invalidate_second(struct world *w, const struct space *s, const struct changed *c)
{
	uint64_t w0 = S2_IPA(s->vmid), w1 = by_address(w, c, &s->s2, &w0);

	switch (roll(w, 4)) {
	case 0:
		srig_command(&w->t.rig, S12_VMALL(s->vmid), 0);
		return;
	case 1:
		srig_command(&w->t.rig, NSNH_ALL, 0);
		return;
	default:
		srig_command(&w->t.rig, w0, w1);
		if (s->g1)
			srig_command(&w->t.rig, NH_ALL(s->vmid), 0);
	}
}

/*
 * Fields that may live in the TLB need both kinds of commands (5.4.1). What translates
 * nothing any more is mended first, so that most streams translate.
 */
static void change_configuration(struct world *w, const struct space *s)
{
	static const uint64_t fields[] = {CD_V, CD_WXN, CD_PAN, CD_AFFD, CD_EPD0, CD_R};
	uint64_t ste = w->t.strtab + s->sid * 64u, cd = s->g1 ? srig_peek(&w->t.rig, s->cd) : CD_V;

	if (!(srig_peek(&w->t.rig, ste) & 1) || roll(w, 4) == 0) {
		srig_poke(&w->t.rig, ste, srig_peek(&w->t.rig, ste) ^ 1);
		srig_command(&w->t.rig, roll(w, 2) ? CFGI_STE_RANGE(s->sid) : CFGI_STE(s->sid), 0);
	} else if (s->g1) {
		uint64_t field = fields[roll(w, COUNT(fields))];

		if (!(cd & CD_V) || cd & CD_EPD0)
			cd = (cd | CD_V) & ~CD_EPD0;
		else
			cd ^= field;
		srig_poke(&w->t.rig, s->cd, cd);
		srig_command(&w->t.rig, roll(w, 2) ? CFGI_CD(s->sid, 0) : CFGI_CD_ALL(s->sid),
			     LEAF);
	} else {
		srig_poke(&w->t.rig, ste + 16, srig_peek(&w->t.rig, ste + 16) ^ STE_S2AFFD);
		srig_command(&w->t.rig, CFGI_STE(s->sid), LEAF);
	}
	srig_command(&w->t.rig, s->el2 ? EL2_ALL : S12_VMALL(s->vmid), 0);
}

/* ---- Agreement ---------------------------------------------------------------------------- */

static void expect_same(struct world *w, const struct ioasim_request *request, unsigned step)
{
	struct ioasim_response cached, plain;

	ioasim_translate(w->t.rig.unit, request, &cached);
	ioasim_translate(w->plain, request, &plain);
	if (cached.outcome != plain.outcome || cached.pa != plain.pa ||
	    cached.size_lg2 != plain.size_lg2 || cached.access != plain.access ||
	    cached.domain != plain.domain || cached.fault.code != plain.fault.code ||
	    cached.fault.words != plain.fault.words ||
	    memcmp(cached.fault.record, plain.fault.record, 8 * plain.fault.words) != 0)
		fail_msg("step %u, stream %#x, %#" PRIx64
			 ", kind %u, access %u: outcome %u, pa %#" PRIx64
			 ", event %#x, access %u with caches, %u, %#" PRIx64 ", %#x, %u without",
			 step, request->requester_id, request->address, request->kind,
			 request->access, cached.outcome, cached.pa, cached.fault.code,
			 cached.access, plain.outcome, plain.pa, plain.fault.code, plain.access);
}

static struct ioasim_request random_request(struct world *w)
{
	static const uint8_t access[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE,
					 IOASIM_READ | IOASIM_EXEC};
	const struct space *s = &w->space[roll(w, COUNT(kinds))];
	const struct stab_tree *tree = s->g1 ? &s->s1 : &s->s2;
	struct ioasim_request request =
		stab_request(page_at(w, IOVA, tree) + roll(w, 4096), access[roll(w, 4)]);

	request.requester_id = s->sid;
	request.privileged = roll(w, 4) == 0;
	request.kind = roll(w, 4) ? IOASIM_UNTRANSLATED : IOASIM_TRANSLATION_REQUEST;
	return request;
}

static void run(struct world *w)
{
	for (unsigned step = 0; step < STEPS; step++) {
		struct space *s = &w->space[roll(w, COUNT(kinds))];

		if (roll(w, 8) == 0) {
			change_configuration(w, s);
		} else {
			bool first = s->g1 && (!s->g2 || roll(w, 2));
			struct changed c = change(w, s, first);

			if (first)
				invalidate_first(w, s, &c);
			else
				invalidate_second(w, s, &c);
		}
		for (unsigned i = 0; i < REQUESTS; i++) {
			struct ioasim_request request = random_request(w);

			expect_same(w, &request, step);
		}
	}
}

static void cached_answers_equal_uncached_ones_when_invalidation_is_complete(void **state)
{
	static const struct ioasim_cache_geometry geometries[] = {
		{.entries = 512},
		{.entries = 64, .ways = 4, .policy = IOASIM_POLICY_PLRU},
		{.entries = 12, .ways = 3, .policy = IOASIM_POLICY_RANDOM, .seed = 7},
		{.entries = 2, .ways = 1, .policy = IOASIM_POLICY_FIFO},
	};
	uint64_t seed = stab_seed();

	(void)state;
	for (size_t i = 0; i < COUNT(geometries); i++) {
		const struct ioasim_counters *counters;
		struct world w;

		open_world(&w, &geometries[i]);
		w.seed = seed + i;
		run(&w);
		counters = ioasim_unit_counters(w.t.rig.unit);
		for (unsigned cache = 0; cache < IOASIM_CACHES; cache++) {
			assert_true(counters->cache[cache].hits > 0);
			assert_true(counters->cache[cache].invalidated > 0);
		}
		assert_true(counters->ok > counters->faulted / 4);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cached_answers_equal_uncached_ones_when_invalidation_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
