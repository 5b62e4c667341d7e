/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random walk of maps, unmaps, DMA, switching and reading against a shadow of pages: told
 * is what was written since it was last forgotten, and nothing else.
 */
#include "driver_dirty.h"
#include "driver_rig.h"

#define RID    0x0110u
#define RID2   0x80ffu
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   RIG_NO_PASID
#define G      (UINT64_C(1) << 30)
#define M      (UINT64_C(1) << 20)
#define PAGE   POOL_PAGE_SIZE
#define IOVA   (5 * G)
#define TARGET (9 * G)

/* Guest address of the guest's tables, and where they are. */
#define GUEST     G
#define GUEST_RAM (8 * G)

/* Pages of a window around a boundary of 1 GiB, with the marks that they should have. A
 * mark is that of a leaf, whose reach the tables tell. */
#define WINDOW 2048u
#define BASE   (IOVA - WINDOW / 2 * PAGE)

struct page {
	bool mapped, writable, written;
	bool kept; /* a device TLB holds a translation with the right to write */
};

#define ROUTES 4u

struct walk_state {
	struct rig rig;
	struct domain *domain, *nested; /* a first stage over it */
	uint64_t random;
	bool routes[ROUTES], tracked;
	unsigned told, kept, through; /* how often it was about something */
	struct page page[WINDOW];
};

static const struct {
	uint32_t rid, pasid;
} walk_route[ROUTES] = {{RID, NONE}, {RID2, 9}, {RID2, NONE}, {RID, 7}};

#define ATS_ROUTE    2u /* it alone keeps translations */
#define NESTED_ROUTE 3u

static unsigned draw(struct walk_state *w, unsigned below)
{
	return (unsigned)(rig_draw(&w->random) % below);
}

static void range_draw(struct walk_state *w, unsigned *first, unsigned *count)
{
	static const unsigned counts[] = {1, 7, 200, 512, 1024};

	*count = counts[draw(w, 5)];
	*first = draw(w, WINDOW - *count + 1);
	if (*count >= 512)
		*first &= ~511u;
}

/* The leaf of a page that is mapped. */
static void leaf_of(struct walk_state *w, unsigned page, uint64_t *first, uint64_t *last)
{
	struct page_leaf leaf;

	assert_int_equal(page_table_next(&vtd_domain(w->domain)->space.table, BASE + page * PAGE,
					 first, &leaf),
			 0);
	*last = *first + ((UINT64_C(1) << leaf.size_lg2) - 1);
	assert_true(*first <= BASE + page * PAGE);
}

static void walk_map(struct walk_state *w)
{
	unsigned first, count, access = draw(w, 4) ? RW : IOASIM_READ;
	int error = 0;

	range_draw(w, &first, &count);
	for (unsigned i = first; i < first + count; i++)
		error = w->page[i].mapped ? -EEXIST : error;
	assert_int_equal(w->rig.ops->map(w->rig.driver, w->domain, BASE + first * PAGE,
					 TARGET + first * PAGE, count * PAGE, access),
			 error);
	for (unsigned i = first; i < first + count && !error; i++)
		w->page[i] = (struct page){.mapped = true, .writable = access & IOASIM_WRITE};
}

static void walk_unmap(struct walk_state *w)
{
	unsigned first, count;
	uint64_t unmapped;

	range_draw(w, &first, &count);
	assert_int_equal(w->rig.ops->unmap(w->rig.driver, w->domain, BASE + first * PAGE,
					   count * PAGE, &unmapped),
			 0);
	/* What a device still holds for a while leads to a page that nobody asks for. */
	for (unsigned i = first; i < first + count; i++)
		w->page[i].mapped = w->page[i].writable = w->page[i].written = false;
}

static void mark(struct walk_state *w, unsigned page)
{
	uint64_t first, last;

	if (!w->tracked)
		return;
	leaf_of(w, page, &first, &last);
	for (unsigned i = 0; i < WINDOW; i++)
		if (BASE + i * PAGE >= first && BASE + i * PAGE <= last)
			w->page[i].written = true;
}

/* What is not mapped may still be reached under the lazy policy, and is not looked at. */
static void walk_dma(struct walk_state *w)
{
	static const unsigned accesses[] = {IOASIM_READ, IOASIM_WRITE, RW};
	unsigned r = draw(w, ROUTES), i = draw(w, draw(w, 2) ? WINDOW : 32),
		 access = accesses[draw(w, 3)];
	struct page *page = &w->page[i];
	struct ioasim_response answer;

	if (!w->routes[r] || !page->mapped)
		return;
	if (r == ATS_ROUTE && page->kept) {
		/* It writes without asking: the mark must be there. */
		if (w->tracked && access & IOASIM_WRITE) {
			assert_true(page->written);
			w->kept++;
		}
		return;
	}
	answer = rig_ask(&w->rig, walk_route[r].rid, walk_route[r].pasid, BASE + i * PAGE, access,
			 r == ATS_ROUTE ? IOASIM_TRANSLATION_REQUEST : IOASIM_UNTRANSLATED);
	if (r == ATS_ROUTE) {
		assert_int_equal(answer.outcome, IOASIM_OK);
		access = answer.access & (access | IOASIM_READ);
		assert_int_equal(access & IOASIM_WRITE, answer.access & IOASIM_WRITE);
		page->kept = access & IOASIM_WRITE;
	} else if (access & IOASIM_WRITE && !page->writable) {
		assert_int_equal(answer.outcome, IOASIM_FAULT);
		return;
	}
	assert_int_equal(answer.pa & ~(PAGE - 1), TARGET + i * PAGE);
	if (!(access & IOASIM_WRITE))
		return;
	w->through += r == NESTED_ROUTE && w->tracked;
	mark(w, i);
}

struct walk_told {
	struct walk_state *w;
	bool told[WINDOW];
};

static void walk_told_add(void *to, ioasim_iova_t first, ioasim_iova_t last)
{
	struct walk_told *told = to;

	for (uint64_t at = first; at < last; at += PAGE)
		told->told[(at - BASE) / PAGE] = true;
}

static void walk_read(struct walk_state *w, unsigned first, unsigned count, bool clear)
{
	uint64_t begin = BASE + first * PAGE, end = begin + count * PAGE - 1;
	static struct walk_told told;

	memset(&told, 0, sizeof(told));
	assert_int_equal(w->rig.ops->dirty_read(w->rig.driver, w->domain, begin, end, clear,
						walk_told_add, &told),
			 w->tracked ? 0 : -EINVAL);
	for (unsigned i = 0; i < WINDOW && w->tracked; i++) {
		uint64_t leaf_first, leaf_last;
		bool inside = i >= first && i < first + count;

		assert_int_equal(told.told[i], inside && w->page[i].written);
		w->told += told.told[i];
		if (!told.told[i] || !clear)
			continue;
		leaf_of(w, i, &leaf_first, &leaf_last);
		if (leaf_first >= begin && leaf_last <= end)
			w->page[i].written = false;
	}
}

static void walk_track(struct walk_state *w)
{
	w->tracked = !w->tracked;
	track(&w->rig, w->domain, w->tracked);
	if (!w->tracked)
		return;
	/* As the uAPI does: what was left from before goes first. */
	walk_read(w, 0, WINDOW, true);
	for (unsigned i = 0; i < WINDOW; i++)
		assert_false(w->page[i].written);
}

static void walk_route_change(struct walk_state *w)
{
	unsigned r = draw(w, ROUTES);

	if (w->routes[r])
		rig_detach(&w->rig, walk_route[r].rid, walk_route[r].pasid);
	else
		rig_attach(&w->rig, walk_route[r].rid, walk_route[r].pasid,
			   r == NESTED_ROUTE ? w->nested : w->domain);
	w->routes[r] = !w->routes[r];
}

/* What the device gives up because it was told to. */
static void walk_atc(struct walk_state *w)
{
	for (unsigned at = 0; at < w->rig.events; at++) {
		const struct ioasim_atc_invalidation *atc = &w->rig.event[at].atc;

		if (w->rig.event[at].kind != RIG_ATC || atc->requester_id != RID2 || atc->has_pasid)
			continue;
		for (unsigned i = 0; i < WINDOW; i++)
			if (BASE + i * PAGE >= atc->first && BASE + i * PAGE <= atc->last)
				w->page[i].kept = false;
	}
	assert_true(w->rig.events < RIG_EVENTS);
	w->rig.events = 0;
}

static void walk_step(struct walk_state *w)
{
	unsigned first, count;

	switch (draw(w, 40)) {
	case 0:
		walk_track(w);
		break;
	case 1:
		walk_route_change(w);
		break;
	case 2:
		assert_int_equal(w->rig.ops->sync(w->rig.driver), 0);
		break;
	case 3:
	case 4:
	case 5:
		walk_map(w);
		break;
	case 6:
	case 7:
		walk_unmap(w);
		break;
	case 8:
	case 9:
	case 10:
		range_draw(w, &first, &count);
		walk_read(w, first, count, draw(w, 3));
		break;
	default:
		for (unsigned i = 0; i < 16; i++)
			walk_dma(w);
		break;
	}
	walk_atc(w);
}

/* A guest whose two tables map the gigabytes of the window to themselves, in pages of 1 GiB
 * with A and D set: P, R/W, U/S, A, D, PS (9.7). */
static void guest_make(struct walk_state *w)
{
	struct domain_config config = {.kind = DOMAIN_NESTED, .root = GUEST, .parent = w->domain};
	const uint64_t flags = 0x67, large = 0x80;

	assert_int_equal(ioasim_memory_add_ram(w->rig.memory, GUEST_RAM, 2 * PAGE), 0);
	rig_map(&w->rig, w->domain, GUEST, GUEST_RAM, 2 * PAGE, RW);
	assert_int_equal(ioasim_memory_write64(w->rig.memory, GUEST_RAM, (GUEST + PAGE) | flags),
			 0);
	for (uint64_t at = IOVA - G; at <= IOVA; at += G)
		assert_int_equal(ioasim_memory_write64(w->rig.memory, GUEST_RAM + PAGE + at / G * 8,
						       at | flags | large),
				 0);
	assert_int_equal(w->rig.ops->domain_create(w->rig.driver, &config, &w->nested), 0);
}

static void u13_random_writes_are_told_as_a_shadow_has_them(void **state)
{
	struct walk_state *w = calloc(1, sizeof(*w));
	uint64_t seed = rig_seed();

	(void)state;
	assert_non_null(w);
	for (unsigned form = 0; form < 4; form++) {
		memset(w, 0, sizeof(*w));
		w->random = seed + form * 2000000;
		rig_prepare(&w->rig);
		w->rig.config.policy = form & 1 ? DRIVER_LAZY : DRIVER_STRICT;
		w->rig.config.no_large_pages = form & 2;
		w->rig.config.lazy_threshold = 5;
		rig_start(&w->rig);
		rig_device(&w->rig, RID);
		rig_device(&w->rig, RID2);
		w->domain = dirty_domain(&w->rig, DOMAIN_NEST_PARENT);
		guest_make(w);
		for (unsigned i = 0; i < 20000; i++)
			walk_step(w);
		assert_true(w->told > 1000 && w->kept > 50 && w->through > 500);
		/* No flag was due in the guest's tables. */
		assert_int_equal(w->rig.ops->dirty_enable(w->rig.driver, w->domain, true), 0);
		assert_int_equal(tell(&w->rig, w->domain, GUEST, GUEST + 2 * PAGE - 1, false).count,
				 0);
		rig_end(&w->rig);
	}
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u13_random_writes_are_told_as_a_shadow_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
