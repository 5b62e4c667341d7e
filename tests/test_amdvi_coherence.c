/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches change no answer as long as software invalidates what it changes: a unit with
 * caches and one without share memory and must agree on every request, through random
 * changes of tables, each followed by one of the commands that are enough for it (2.4).
 * The seed is printed and taken from IOASIM_SEED.
 */
#include "amdvi_tables.h"

#include "model/counters.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEPS    12000u
#define REQUESTS 12u
#define PLACES   4u /* pages of 2 MiB, or tables of 512 pages */
#define IOVA     UINT64_C(0x12340000000)
#define GPAS     UINT64_C(0x5000000000) /* where nested guests see their tables */
#define GPA      UINT64_C(0x2340000000) /* and their pages */

enum { HOST, GUEST, NESTED, GIOV, KINDS };

/* One device with its domain; GUEST and NESTED have a PASID besides. */
struct space {
	uint16_t id, domain;
	uint32_t pasid;
	uint64_t host, guest, gcr3; /* roots; 0: none */
	uint64_t added; /* to the addresses of guest tables */
};

struct world {
	struct amd_tables t;
	struct ioasim_unit *plain; /* the unit without caches */
	struct space space[KINDS];
	uint64_t pointer[KINDS][2][PLACES]; /* to tables, while a large page stands there */
	uint64_t seed;
};

static uint64_t roll(struct world *w, uint64_t sides)
{
	return amd_random(&w->seed) % sides;
}

/* ---- Setting up --------------------------------------------------------------------- */

static void open_plain(struct world *w)
{
	struct ioasim_unit_config config;

	amd_config(&config, AMD_FULL_EFR, AMD_FULL_EFR2);
	ioasim_unit_config_no_caches(&config);
	assert_int_equal(ioasim_unit_create(&config, w->t.rig.memory, &w->plain, NULL), 0);
	assert_int_equal(ioasim_mmio_write(w->plain, 0, 8, AMD_DEVTAB | 0x1ff), 0);
	assert_int_equal(
		ioasim_mmio_write(w->plain, 0x18, 8, UINT64_C(1) | AMD_GT_EN | AMD_GCR3_EN), 0);
}

/* All tables down to the smallest pages, empty. */
static void make_tables(struct world *w, struct space *s)
{
	uint64_t first = w->t.next;

	for (unsigned place = 0; place < PLACES; place++) {
		uint64_t at = IOVA + place * UINT64_C(0x200000);

		w->t.guest = s->added;
		if (s->guest)
			amd_guest_entry(&w->t, s->guest, 4, at, 0);
		w->t.guest = 0;
		if (s->host)
			amd_host_entry(&w->t, s->host, 4, s->guest ? at - IOVA + GPA : at, 0);
	}
	if (!s->added)
		return;
	amd_host_map(&w->t, s->host, 4, s->gcr3 + s->added, 0, s->gcr3 | HOST_PAGE);
	amd_host_map(&w->t, s->host, 4, s->guest + s->added, 0, s->guest | HOST_PAGE);
	for (uint64_t table = first; table < first + 0x20000; table += 4096)
		amd_host_map(&w->t, s->host, 4, table + s->added, 0, table | HOST_PAGE);
}

static void make_space(struct world *w, unsigned kind)
{
	struct space *s = &w->space[kind];
	uint64_t words[3] = {DTE_OK, 0, 0};

	s->id = (uint16_t)(AMD_ID + kind);
	s->domain = (uint16_t)(7 + kind);
	s->pasid = kind == GIOV ? 0 : 16 + kind;
	s->added = kind == NESTED || kind == GIOV ? GPAS : 0;
	s->host = kind != GUEST ? amd_page(&w->t) : 0;
	s->guest = kind != HOST ? amd_page(&w->t) : 0;
	s->gcr3 = s->guest ? amd_page(&w->t) : 0;
	words[0] |= s->host ? DTE_MODE(4) | DTE_HAD(3) | s->host : 0;
	words[0] |= s->guest ? DTE_GV : 0;
	words[0] |= kind == GIOV ? DTE_GIOV : 0;
	words[1] = s->domain | DTE_1_I;
	amd_dte_guest(&w->t, s->id, words, s->gcr3 ? s->gcr3 + s->added : 0);
	if (s->gcr3)
		amd_gcr3_set(&w->t, s->gcr3, 1, s->pasid, (s->guest + s->added) | 1);
	make_tables(w, s);
}

static void open_world(struct world *w, const struct ioasim_cache_geometry *geometry, uint64_t seed)
{
	struct ioasim_unit_config config;

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	amd_config(&config, AMD_FULL_EFR, AMD_FULL_EFR2);
	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		config.cache[i] = *geometry;
	amd_tables_open_with(&w->t, &config);
	for (unsigned kind = 0; kind < KINDS; kind++)
		make_space(w, kind);
	amd_start(&w->t.rig, AMD_ON | AMD_GT_EN | AMD_GCR3_EN);
	open_plain(w);
}

static void close_world(struct world *w)
{
	ioasim_unit_destroy(w->plain);
	amd_tables_close(&w->t);
}

/* ---- Changes and their invalidation ---------------------------------------------------- */

/* A random leaf, or none; flags that are clear have to be set by the walk. */
static uint64_t random_host_leaf(struct world *w, bool large)
{
	uint64_t base = (UINT64_C(1) << 40) + roll(w, 1 << 20) * (large ? 0x200000 : 0x1000);

	if (roll(w, 4) == 0)
		return roll(w, 2) ? 0 : base | HOST_PR | HOST_NEXT(6);
	return base | HOST_PR | (roll(w, 3) + 1) << 61 | (roll(w, 2) ? HOST_A : 0);
}

/* Guests' pages are where their host maps pages. */
static uint64_t random_guest_leaf(struct world *w, const struct space *s, bool large)
{
	uint64_t gpa = s->host ? GPA + roll(w, PLACES) * 0x200000
			       : (UINT64_C(1) << 40) + roll(w, 1 << 18) * 0x200000;

	if (roll(w, 8) == 0)
		return 0;
	return gpa | (large ? GUEST_PS : roll(w, 512) * 4096) | GUEST_P |
	       (roll(w, 2) ? GUEST_W : 0) | (roll(w, 8) ? GUEST_U : 0) |
	       (roll(w, 2) ? GUEST_A : 0) | (roll(w, 4) ? 0 : GUEST_NX);
}

/* Changes one entry of one stage. Returns the address of that stage's input. */
static uint64_t change(struct world *w, unsigned kind, bool guest)
{
	struct space *s = &w->space[kind];
	unsigned place = (unsigned)roll(w, PLACES);
	bool large = roll(w, 4) == 0;
	uint64_t at = (guest || !s->guest ? IOVA : GPA) + place * UINT64_C(0x200000);
	uint64_t *pointer = &w->pointer[kind][guest][place], entry;

	w->t.guest = s->added;
	entry = guest ? amd_guest_entry(&w->t, s->guest, 4, at, 1)
		      : amd_host_entry(&w->t, s->host, 4, at, 1);
	if (!large && !*pointer && roll(w, 8) == 0) {
		/* A right of the pointer. */
		amd_poke(&w->t.rig, entry,
			 amd_peek(&w->t.rig, entry) ^
				 (guest ? roll(w, 2) ? GUEST_W : GUEST_U : HOST_IW));
		return at;
	}
	if (large && !*pointer) {
		*pointer = amd_peek(&w->t.rig, entry);
	} else if (!large) {
		if (*pointer)
			amd_poke(&w->t.rig, entry, *pointer);
		*pointer = 0;
		at += roll(w, 8) * 4096;
		entry = guest ? amd_guest_entry(&w->t, s->guest, 4, at, 0)
			      : amd_host_entry(&w->t, s->host, 4, at, 0);
	}
	amd_poke(&w->t.rig, entry,
		 guest ? random_guest_leaf(w, s, large) : random_host_leaf(w, large));
	return at;
}

/* Any command that is enough; the range covers the 2 MiB that may have changed. */
static void invalidate(struct world *w, const struct space *s, bool guest, uint64_t at)
{
	uint64_t range = (at & ~UINT64_C(0x1fffff)) | 0xff000 | PAGES_S | PAGES_PDE;

	switch (roll(w, 4)) {
	case 0:
		amd_invalidate_all(&w->t);
		break;
	case 1:
		amd_invalidate_pages(&w->t, s->domain, s->pasid,
				     PAGES_ALL | PAGES_PDE | (guest ? PAGES_GN : 0));
		break;
	default:
		amd_invalidate_pages(&w->t, s->domain, s->pasid, range | (guest ? PAGES_GN : 0));
		break;
	}
}

/* IR, IW: command 2 is enough, since no translation depends on them. */
static void change_device(struct world *w, const struct space *s)
{
	uint64_t dte = AMD_DEVTAB + 32 * (uint64_t)s->id;

	amd_poke(&w->t.rig, dte, amd_peek(&w->t.rig, dte) ^ (roll(w, 2) ? DTE_IW : DTE_IR));
	amd_invalidate_device(&w->t, s->id);
}

static void change_gcr3(struct world *w, const struct space *s)
{
	uint64_t entry = s->gcr3 + 8 * (uint64_t)s->pasid;

	amd_poke(&w->t.rig, entry, amd_peek(&w->t.rig, entry) ^ 1);
	amd_invalidate_pages(&w->t, s->domain, s->pasid, PAGES_ALL | PAGES_PDE | PAGES_GN);
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
	    (plain.fault.code &&
	     memcmp(cached.fault.record, plain.fault.record, 2 * sizeof(uint64_t)) != 0))
		fail_msg("step %u, device %#x, %#" PRIx64
			 ", kind %u, access %u: outcome %u, pa %#" PRIx64
			 ", access %u, record %#" PRIx64 " %#" PRIx64 " with caches, %u, %#" PRIx64
			 ", %u, %#" PRIx64 " %#" PRIx64 " without",
			 step, request->requester_id, request->address, request->kind,
			 request->access, cached.outcome, cached.pa, cached.access,
			 cached.fault.record[0], cached.fault.record[1], plain.outcome, plain.pa,
			 plain.access, plain.fault.record[0], plain.fault.record[1]);
}

static struct ioasim_request random_request(struct world *w)
{
	static const uint8_t access[] = {IOASIM_READ, IOASIM_WRITE, IOASIM_READ | IOASIM_WRITE,
					 IOASIM_READ | IOASIM_EXEC};
	const struct space *s = &w->space[roll(w, KINDS)];
	struct ioasim_request request =
		amd_request(IOVA + roll(w, PLACES) * 0x200000 + roll(w, 8) * 4096 + roll(w, 4096),
			    access[roll(w, 4)]);

	request.requester_id = s->id;
	request.has_pasid = s->pasid;
	request.pasid = s->pasid;
	request.privileged = roll(w, 8) == 0;
	request.kind = roll(w, 4) ? IOASIM_UNTRANSLATED : IOASIM_TRANSLATION_REQUEST;
	return request;
}

static void run(struct world *w)
{
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned kind = (unsigned)roll(w, KINDS);
		struct space *s = &w->space[kind];

		switch (roll(w, 32)) {
		case 0:
			change_device(w, s);
			break;
		case 1:
			if (s->gcr3)
				change_gcr3(w, s);
			break;
		default: {
			bool guest = s->guest && (!s->host || roll(w, 2));

			invalidate(w, s, guest, change(w, kind, guest));
		}
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
	uint64_t seed = amd_seed();

	(void)state;
	for (size_t i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++) {
		const struct ioasim_counters *counters;
		struct world w;

		open_world(&w, &geometries[i], seed + i);
		run(&w);
		counters = ioasim_unit_counters(w.t.rig.unit);
		for (unsigned c = 0; c < IOASIM_CACHES; c++) {
			assert_true(counters->cache[c].hits > 0);
			assert_true(counters->cache[c].invalidated > 0);
		}
		assert_true(counters->ok > counters->faulted / 4);
		assert_null(counters_check(w.t.rig.unit));
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
