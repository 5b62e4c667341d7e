/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches change no answer as long as software invalidates what it changes: a unit
 * with caches and one without share memory and must agree on every request, through
 * random changes of tables each followed by one of the commands that 6.5.3.3 (Table
 * 28) lets software choose from. The seed is printed and taken from IOASIM_SEED.
 */
#include "vtd_tables.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEPS    20000u
#define REQUESTS 12u
#define PLACES   4u /* pages of 2 MiB, or tables of 512 pages */
#define IOVA     UINT64_C(0x12340000000)
#define GUEST    UINT64_C(0x5000000000)
#define GPA      UINT64_C(0x2340000000)

enum { SECOND, FIRST, FIRST_TOO, NESTED, PASS, KINDS };

/* One address space: a PASID of both devices. */
struct space {
	uint32_t pasid;
	unsigned did;
	uint64_t fs, ss; /* roots; 0: none */
};

struct world {
	struct tables t;
	struct ioasim_unit *plain; /* the unit without caches */
	struct space space[KINDS];
	uint64_t pointer[KINDS][2][PLACES]; /* to tables, while a large page stands there */
	uint64_t seed;
};

static uint64_t roll(struct world *w, uint64_t sides)
{
	return tables_random(&w->seed) % sides;
}

/* ---- Setting up --------------------------------------------------------------------- */

static void write_plain(struct world *w, uint32_t offset, unsigned size, uint64_t value)
{
	assert_int_equal(ioasim_mmio_write(w->plain, offset, size, value), 0);
}

static void open_plain(struct world *w)
{
	struct ioasim_unit_config config;

	rig_config(&config, RIG_FULL_CAP, RIG_FULL_ECAP);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_create(&config, w->t.rig.memory, &w->plain, NULL), 0);
	write_plain(w, 0x20, 8, w->t.root | TABLES_SCALABLE);
	write_plain(w, 0x18, 4, UINT32_C(1) << 30);
	write_plain(w, 0x18, 4, UINT32_C(1) << 31);
}

static void make_space(struct world *w, unsigned kind)
{
	static const uint64_t pgtt[] = {PGTT_SECOND, PGTT_FIRST, PGTT_FIRST, PGTT_NESTED,
					PGTT_PASS};
	static const unsigned dids[] = {1, 2, 2, 4, 5};
	struct space *s = &w->space[kind];
	uint64_t guest = kind == NESTED ? GUEST : 0;

	s->pasid = 16 + kind;
	s->did = dids[kind];
	s->ss = kind == SECOND || kind == NESTED ? tables_page(&w->t) : 0;
	s->fs = kind == FIRST || kind == FIRST_TOO || kind == NESTED ? tables_page(&w->t) : 0;
	tables_pasid(&w->t, s->pasid, s->ss | pgtt[kind] | (s->ss ? PASID_AW(4) : 0),
		     s->did | PASID_PWSNP, s->fs ? s->fs + guest : 0);
}

/* All tables down to the smallest pages, empty; those of a guest mapped for it. */
static void make_tables(struct world *w, struct space *s)
{
	uint64_t first = w->t.next, guest = s->ss && s->fs ? GUEST : 0;

	for (unsigned place = 0; place < PLACES; place++) {
		uint64_t at = place * UINT64_C(0x200000);

		w->t.guest = guest;
		if (s->fs)
			tables_entry(&w->t, s->fs, 4, IOVA + at, 0, FS_P | FS_W | FS_U);
		w->t.guest = 0;
		if (s->ss)
			tables_entry(&w->t, s->ss, 4, (guest ? GPA : IOVA) + at, 0, SS_RW);
	}
	if (!guest)
		return;
	tables_map(&w->t, s->ss, 4, s->fs + GUEST, 0, s->fs | SS_RW);
	for (uint64_t table = first; table < first + 0x20000; table += 4096)
		tables_map(&w->t, s->ss, 4, table + GUEST, 0, table | SS_RW);
}

static void open_world(struct world *w, const struct ioasim_cache_geometry *geometry)
{
	struct ioasim_unit_config config;

	rig_config(&config, RIG_FULL_CAP, RIG_FULL_ECAP);
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (config.cache[i].entries)
			config.cache[i] = *geometry;
	tables_open_with(&w->t, &config);
	for (unsigned device = 0; device < 2; device++)
		tables_scalable(&w->t, TABLES_SID + device, CONTEXT_SCALABLE, RID_PASID);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		make_space(w, kind);
		make_tables(w, &w->space[kind]);
	}
	memset(w->pointer, 0, sizeof(w->pointer));
	rig_queue(&w->t.rig, true);
	tables_start(&w->t, TABLES_SCALABLE);
	open_plain(w);
}

static void close_world(struct world *w)
{
	ioasim_unit_destroy(w->plain);
	tables_close(&w->t);
}

/* ---- Changes and their invalidation ---------------------------------------------------- */

/* A random leaf, or none; flags that are clear have to be set by the walk. */
static uint64_t random_leaf(struct world *w, bool first, unsigned level)
{
	uint64_t size = level ? 0x200000 : 0x1000;
	uint64_t base = (UINT64_C(1) << 40) + roll(w, 1 << 20) * size;

	if (roll(w, 4) == 0)
		return 0;
	if (!first)
		return base | (roll(w, 3) + 1) | (level ? PS : 0);
	return base | FS_P | (roll(w, 2) ? FS_W : 0) | (roll(w, 8) ? FS_U : 0) |
	       (roll(w, 2) ? FS_A : 0) | (level ? PS : 0);
}

/* The GPAs of a guest's pages are those that its second stage maps. */
static uint64_t guest_leaf(struct world *w, unsigned level)
{
	uint64_t gpa = GPA + roll(w, PLACES) * 0x200000 + (level ? 0 : roll(w, 512) * 4096);

	return gpa | FS_P | FS_U | (roll(w, 2) ? FS_W : 0) | (level ? PS : 0);
}

/* Changes one entry of one stage. Returns the address of stage input that it maps. */
static uint64_t change(struct world *w, unsigned kind, bool first)
{
	struct space *s = &w->space[kind];
	bool nested = s->fs && s->ss;
	unsigned place = (unsigned)roll(w, PLACES), level = roll(w, 4) == 0;
	uint64_t at = (first || !nested ? IOVA : GPA) + place * UINT64_C(0x200000);
	uint64_t *pointer = &w->pointer[kind][first][place], entry, leaf;

	w->t.guest = first && nested ? GUEST : 0;
	entry = tables_entry(&w->t, first ? s->fs : s->ss, 4, at, 1, 0);
	if (!level && !*pointer && roll(w, 8) == 0) {
		/* A right of the pointer. */
		w->t.guest = 0;
		rig_poke(&w->t.rig, entry,
			 rig_peek(&w->t.rig, entry) ^ (!first || roll(w, 2) ? FS_W : FS_U));
		return at;
	}
	if (level && !*pointer) {
		*pointer = rig_peek(&w->t.rig, entry);
	} else if (!level) {
		if (*pointer)
			rig_poke(&w->t.rig, entry, *pointer);
		*pointer = 0;
		at += roll(w, 8) * 4096;
		entry = tables_entry(&w->t, first ? s->fs : s->ss, 4, at, 0, 0);
	}
	w->t.guest = 0;
	leaf = first && nested && roll(w, 4) ? guest_leaf(w, level) : random_leaf(w, first, level);
	rig_poke(&w->t.rig, entry, leaf);
	return at;
}

/* Any command that is enough; the range covers the 2 MiB that may have changed. */
static void invalidate(struct world *w, const struct space *s, bool first, uint64_t at)
{
	uint64_t did = (uint64_t)s->did << 16, pasid = (uint64_t)s->pasid << 32;
	uint64_t range = (at & ~UINT64_C(0x1fffff)) | 9;

	switch (roll(w, first ? 6 : 4)) {
	case 0:
		rig_submit(&w->t.rig, 0x12, 0);
		break;
	case 1:
		rig_submit(&w->t.rig, 0x22 | did, 0);
		break;
	case 2:
	case 3:
		rig_submit(&w->t.rig, 0x32 | did, range);
		break;
	case 4:
		rig_submit(&w->t.rig, 0x26 | did | pasid, 0);
		break;
	default:
		rig_submit(&w->t.rig, 0x36 | did | pasid, range);
		break;
	}
}

/* The PASID entry changes between two legal forms; outer caches first (6.5.3.3). */
static void change_pasid(struct world *w, struct space *s)
{
	uint64_t entry = tables_pasid_entry(&w->t, s->pasid);
	uint64_t did = (uint64_t)s->did << 16, pasid = (uint64_t)s->pasid << 32;

	if (roll(w, 2))
		rig_poke(&w->t.rig, entry, rig_peek(&w->t.rig, entry) ^ 1);
	else
		rig_poke(&w->t.rig, entry + 16, rig_peek(&w->t.rig, entry + 16) ^ PASID_SRE);
	rig_submit(&w->t.rig, roll(w, 2) ? 0x37 : 0x17 | did | pasid, 0);
	rig_submit(&w->t.rig, 0x22 | did, 0);
}

/* ---- Agreement ---------------------------------------------------------------------------- */

static void expect_same(struct world *w, const struct ioasim_request *request, unsigned step)
{
	struct ioasim_response cached, plain;

	ioasim_translate(w->t.rig.unit, request, &cached);
	ioasim_translate(w->plain, request, &plain);
	if (cached.outcome != plain.outcome || cached.pa != plain.pa ||
	    cached.size_lg2 != plain.size_lg2 || cached.access != plain.access ||
	    cached.domain != plain.domain || cached.fault.code != plain.fault.code)
		fail_msg("step %u, pasid %u, %#" PRIx64
			 ", kind %u, access %u: outcome %u, pa %#" PRIx64
			 ", reason %#x, access %u with caches, %u, %#" PRIx64 ", %#x, %u without",
			 step, request->pasid, request->address, request->kind, request->access,
			 cached.outcome, cached.pa, cached.fault.code, cached.access, plain.outcome,
			 plain.pa, plain.fault.code, plain.access);
}

static struct ioasim_request random_request(struct world *w)
{
	static const uint8_t access[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE,
					 IOASIM_READ | IOASIM_EXEC};
	struct ioasim_request request = tables_request_pasid(
		IOVA + roll(w, PLACES) * 0x200000 + roll(w, 8) * 4096 + roll(w, 4096),
		access[roll(w, 4)], w->space[roll(w, KINDS)].pasid);

	request.requester_id += (uint32_t)roll(w, 2);
	request.privileged = roll(w, 8) == 0;
	request.kind = roll(w, 4) ? IOASIM_UNTRANSLATED : IOASIM_TRANSLATION_REQUEST;
	return request;
}

static void run(struct world *w)
{
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned kind = (unsigned)roll(w, PASS);
		struct space *s = &w->space[kind];

		if (roll(w, 16) == 0) {
			change_pasid(w, s);
		} else {
			bool first = s->fs && (!s->ss || roll(w, 2));

			invalidate(w, s, first, change(w, kind, first));
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
	uint64_t seed = tables_seed();

	(void)state;
	for (size_t i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++) {
		const struct ioasim_counters *counters;
		struct world w;

		open_world(&w, &geometries[i]);
		w.seed = seed + i;
		run(&w);
		counters = ioasim_unit_counters(w.t.rig.unit);
		assert_true(counters->cache[IOASIM_CACHE_IOTLB].hits > 0);
		assert_true(counters->cache[IOASIM_CACHE_STAGE1_WALK].hits > 0);
		assert_true(counters->cache[IOASIM_CACHE_STAGE2_WALK].hits > 0);
		assert_true(counters->cache[IOASIM_CACHE_STAGE2_TLB].hits > 0);
		assert_true(counters->cache[IOASIM_CACHE_IOTLB].invalidated > 0);
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
