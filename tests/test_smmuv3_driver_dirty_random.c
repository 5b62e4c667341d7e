/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random walk of maps, unmaps, DMA, translation requests, routes, switching and reading
 * against a shadow of pages: told is what was written since it was last forgotten, and
 * nothing else. Leaves are those that memory shows.
 */
#include "driver_dirty_smmu.h"

#define WINDOW 2048u
#define ROUTES 5u
#define STEPS  20000u

/* These use ATS and keep translations; the last leads through a guest's stage 1. */
#define ATS_FIRST 2u
#define ATS_LAST  3u
#define NESTED    4u

/* Guest address of a guest's two tables and CD, and where they are. */
#define GUEST    G
#define GUEST_AT (8 * G)

struct world {
	struct form form;
	bool lazy, small, ril;
};

static const struct world worlds[] = {
	{{"stage 1, 4 KiB", true, 12}, false, false, true},
	{{"stage 1, 4 KiB, lazy", true, 12}, true, false, true},
	{{"stage 1, 4 KiB, pages only, no ranges", true, 12}, false, true, false},
	{{"stage 1, 16 KiB, lazy, no ranges", true, 14}, true, false, false},
	{{"stage 1, 64 KiB", true, 16}, false, false, true},
	{{"stage 2, 4 KiB, lazy", false, 12}, true, false, true},
	{{"stage 2, 4 KiB, no ranges", false, 12}, false, false, false},
	{{"stage 2, 16 KiB", false, 14}, false, false, true},
	{{"stage 2, 64 KiB, lazy, pages only", false, 16}, true, true, true},
};
#define WORLDS (sizeof(worlds) / sizeof(worlds[0]))

struct page {
	bool mapped, writable, written;
	bool kept[ROUTES]; /* the device holds a translation with the right to write */
};

struct state {
	struct rig rig;
	const struct world *world;
	struct domain *domain, *nested; /* a guest's stage 1 over it, if it is stage 2 */
	uint64_t random, size; /* of a page */
	bool routes[ROUTES], tracked;
	unsigned told, kept, large, through; /* how often it was about something */
	struct page page[WINDOW];
};

static const struct {
	uint32_t rid, pasid;
} routes[ROUTES] = {{RID, NONE}, {RID, 9}, {RID2, NONE}, {RID2, 5}, {RID ^ 1, NONE}};

static unsigned draw(struct state *s, unsigned below)
{
	return (unsigned)(rig_draw(&s->random) % below);
}

static uint64_t address_of(const struct state *s, unsigned page)
{
	return IOVA + page * s->size;
}

static void range_draw(struct state *s, unsigned *first, unsigned *count)
{
	static const unsigned counts[] = {1, 7, 16, 128, 200, 512, 1024, WINDOW};

	*count = counts[draw(s, 8)];
	*first = draw(s, WINDOW - *count + 1);
	if (!(*count & (*count - 1)))
		*first &= ~(*count - 1);
}

/* Pages of the leaf that maps a page. */
static void leaf_of(struct state *s, unsigned page, unsigned *first, unsigned *last)
{
	struct place place = place_of(&s->rig, s->domain, address_of(s, page));

	assert_true(place.first >= IOVA && place.first <= place.last);
	*first = (unsigned)((place.first - IOVA) / s->size);
	*last = (unsigned)((place.last - IOVA) / s->size);
	assert_true(*first <= page && page <= *last && *last < WINDOW);
}

static void step_map(struct state *s)
{
	unsigned first, count, access = draw(s, 4) ? RW : IOASIM_READ;
	int error = 0;

	range_draw(s, &first, &count);
	for (unsigned i = first; i < first + count; i++)
		error = s->page[i].mapped ? -EEXIST : error;
	assert_int_equal(s->rig.ops->map(s->rig.driver, s->domain, address_of(s, first),
					 TARGET + first * s->size, count * s->size, access),
			 error);
	for (unsigned i = first; i < first + count && !error; i++) {
		s->page[i].mapped = true;
		s->page[i].writable = access & IOASIM_WRITE;
		s->page[i].written = false;
	}
}

static void step_unmap(struct state *s)
{
	unsigned first, count;
	uint64_t unmapped;

	range_draw(s, &first, &count);
	assert_int_equal(s->rig.ops->unmap(s->rig.driver, s->domain, address_of(s, first),
					   count * s->size, &unmapped),
			 0);
	for (unsigned i = first; i < first + count; i++)
		s->page[i].mapped = s->page[i].writable = s->page[i].written = false;
}

static void mark(struct state *s, unsigned page)
{
	unsigned first, last;

	leaf_of(s, page, &first, &last);
	s->large += first != last;
	for (unsigned i = first; i <= last; i++)
		s->page[i].written = true;
}

static void dma(struct state *s, unsigned r, unsigned i, unsigned access)
{
	struct ioasim_response answer =
		rig_dma(&s->rig, routes[r].rid, routes[r].pasid, address_of(s, i), access);

	if (access & IOASIM_WRITE && !s->page[i].writable) {
		assert_int_equal(answer.outcome, IOASIM_FAULT);
		return;
	}
	assert_int_equal(answer.outcome, IOASIM_OK);
	assert_int_equal(answer.pa & ~(s->size - 1), TARGET + i * s->size);
	if (!(access & IOASIM_WRITE))
		return;
	s->through += r == NESTED;
	mark(s, i);
}

/* A device that holds the right to write uses it without asking: the mark must be there. */
static void translation_request(struct state *s, unsigned r, unsigned i, unsigned access)
{
	struct page *page = &s->page[i];
	struct ioasim_response answer;

	if (page->kept[r]) {
		assert_true(page->written);
		s->kept++;
		return;
	}
	answer = rig_ask(&s->rig, routes[r].rid, routes[r].pasid, address_of(s, i), access,
			 IOASIM_TRANSLATION_REQUEST);
	assert_int_equal(answer.outcome, IOASIM_OK);
	assert_int_equal(answer.pa & ~(s->size - 1), TARGET + i * s->size);
	if (access & IOASIM_WRITE && page->writable) {
		assert_true(answer.access & IOASIM_WRITE);
		mark(s, i);
	}
	page->kept[r] = answer.access & IOASIM_WRITE;
	if (page->kept[r])
		assert_true(page->written);
}

/* What is not mapped may still be reached under the lazy policy, and is not looked at. */
static void step_dma(struct state *s)
{
	static const unsigned accesses[] = {IOASIM_READ, IOASIM_WRITE, RW};
	unsigned r = draw(s, ROUTES), i = draw(s, draw(s, 2) ? WINDOW : 32);
	unsigned access = accesses[draw(s, 3)];

	if (!s->routes[r] || !s->page[i].mapped)
		return;
	if (r >= ATS_FIRST && r <= ATS_LAST && draw(s, 2))
		translation_request(s, r, i, access);
	else
		dma(s, r, i, access);
}

struct told_pages {
	const struct state *s;
	bool told[WINDOW];
};

static void told_page(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	struct told_pages *told = to;

	for (uint64_t at = first; at < last; at += told->s->size) {
		unsigned i = (unsigned)((at - IOVA) / told->s->size);

		assert_true(i < WINDOW && !told->told[i]);
		told->told[i] = true;
	}
}

static void step_read(struct state *s, unsigned first, unsigned count, bool clear)
{
	static struct told_pages told;

	memset(&told, 0, sizeof(told));
	told.s = s;
	assert_int_equal(s->rig.ops->dirty_read(s->rig.driver, s->domain, address_of(s, first),
						address_of(s, first + count) - 1, clear, told_page,
						&told),
			 s->tracked ? 0 : -EINVAL);
	for (unsigned i = 0; i < WINDOW && s->tracked; i++) {
		bool inside = i >= first && i < first + count;
		unsigned low, high;

		assert_int_equal(told.told[i], inside && s->page[i].written);
		s->told += told.told[i];
		if (!told.told[i] || !clear)
			continue;
		leaf_of(s, i, &low, &high);
		if (low >= first && high < first + count)
			s->page[i].written = false;
	}
}

/* Marks are set whether or not they are asked for; as the uAPI does, what was left from
 * before goes first. */
static void step_track(struct state *s)
{
	s->tracked = !s->tracked || draw(s, 4);
	track(&s->rig, s->domain, s->tracked);
	if (s->tracked)
		step_read(s, 0, WINDOW, true);
}

static void step_route(struct state *s)
{
	/* PASIDs are for stage 1, and what is nested lies over stage 2. */
	unsigned r = s->world->form.stage1 ? draw(s, NESTED) : draw(s, 3) * 2;

	if (s->routes[r])
		rig_detach(&s->rig, routes[r].rid, routes[r].pasid);
	else
		rig_attach(&s->rig, routes[r].rid, routes[r].pasid,
			   r == NESTED ? s->nested : s->domain);
	s->routes[r] = !s->routes[r];
}

/* What devices give up because they are told to. */
static void atcs_follow(struct state *s)
{
	for (unsigned at = 0; at < s->rig.events; at++) {
		const struct ioasim_atc_invalidation *atc = &s->rig.event[at].atc;

		if (s->rig.event[at].kind != RIG_ATC)
			continue;
		for (unsigned r = 0; r < ROUTES; r++) {
			uint32_t pasid = atc->has_pasid ? atc->pasid : NONE;

			if (routes[r].rid != atc->requester_id || routes[r].pasid != pasid)
				continue;
			for (unsigned i = 0; i < WINDOW; i++)
				if (address_of(s, i + 1) > atc->first &&
				    address_of(s, i) <= atc->last)
					s->page[i].kept[r] = false;
		}
	}
	assert_true(s->rig.events < RIG_EVENTS);
	s->rig.events = 0;
}

static void step(struct state *s)
{
	unsigned first, count, kind = draw(s, 40);

	if (kind == 0) {
		step_track(s);
	} else if (kind == 1) {
		step_route(s);
	} else if (kind == 2) {
		assert_int_equal(s->rig.ops->sync(s->rig.driver), 0);
	} else if (kind < 6) {
		step_map(s);
	} else if (kind < 8) {
		step_unmap(s);
	} else if (kind < 11) {
		range_draw(s, &first, &count);
		step_read(s, first, count, draw(s, 3));
	} else {
		for (unsigned i = 0; i < 8; i++)
			step_dma(s);
	}
	atcs_follow(s);
}

static void guest_word(struct state *s, uint64_t offset, uint64_t word)
{
	assert_int_equal(ioasim_memory_write64(s->rig.memory, GUEST_AT + offset, word), 0);
}

/* A guest that maps the window to itself, as a part of a block of 1 GiB with AP[1], AF and nG;
 * its CD: T0SZ 16, EPD1, V, IPS, AA64, R, A and an ASID. */
static void guest_make(struct state *s)
{
	s->domain = dirty_domain(&s->rig, DOMAIN_NEST_PARENT);
	assert_int_equal(ioasim_memory_add_ram(s->rig.memory, GUEST_AT, 64 * K), 0);
	rig_map(&s->rig, s->domain, GUEST, GUEST_AT, 64 * K, RW);
	guest_word(s, 0, (GUEST + 0x1000) | 3);
	guest_word(s, 0x1000 + IOVA / G * 8, IOVA | 0xc41);
	guest_word(s, 0x2000, UINT64_C(0x6205c0000010) | UINT64_C(7) << 48);
	guest_word(s, 0x2008, GUEST);
	s->nested = rig_nested(&s->rig, s->domain, GUEST + 0x2000, 0, 0);
	rig_device(&s->rig, routes[NESTED].rid);
}

static void world_run(struct state *s, const struct world *world, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	print_message("%s\n", world->form.name);
	s->world = world;
	s->random = seed;
	s->size = UINT64_C(1) << world->form.granule_lg2;
	form_prepare(&s->rig, &world->form);
	if (!world->ril)
		rig_set(&s->rig, "idr3", RIG_IDR3 & ~RIG_RIL);
	s->rig.config.policy = world->lazy ? DRIVER_LAZY : DRIVER_STRICT;
	s->rig.config.lazy_threshold = 5;
	s->rig.config.no_large_pages = world->small;
	rig_start(&s->rig);
	rig_device(&s->rig, RID);
	rig_device(&s->rig, RID2);
	if (world->form.stage1)
		s->domain = dirty_domain(&s->rig, DOMAIN_KERNEL);
	else
		guest_make(s);
	for (unsigned i = 0; i < STEPS; i++)
		step(s);
	assert_true(s->told > 1000 && s->kept > 20);
	assert_int_equal(s->large > 100, !world->small);
	assert_int_equal(s->through > 500, !world->form.stage1);
	/* The guest's own pages were read, and nothing was stored there. */
	track(&s->rig, s->domain, true);
	assert_int_equal(tell(&s->rig, s->domain, GUEST, GUEST + 64 * K - 1, false).count, 0);
	rig_end(&s->rig);
}

static void u13_random_writes_are_told_as_a_shadow_has_them(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	uint64_t seed = rig_seed();

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < WORLDS; i++)
		world_run(s, &worlds[i], seed + 2 * i);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_random_writes_are_told_as_a_shadow_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
