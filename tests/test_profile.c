/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile of caches: against a slow and obvious second implementation on random
 * look-ups, fills and removals; and on replays against replays with other caches, which
 * have to miss as often as the profile says.
 */
#include "profile.h"
#include "replay_rig.h"
#include "watched.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t test_seed(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

/* ---- The second implementation ------------------------------------------------------ */

#define PAGES    96u /* blocks of 4 KiB, or of 16 KiB for numbers that are multiples of 5 */
#define GROUPS   3u
#define COLOURS  4u
#define LISTS    8u /* LRU caches of 1, 2, 4 .. entries, and one of as many as the cache */
#define FAULTING 7u /* pages that are multiples of this have no entry */

struct held {
	uint32_t colour;
	bool good; /* serves every look-up */
};

static unsigned page_lg2(uint32_t page)
{
	return page % 5 ? 12 : 14;
}

static uint64_t page_address(uint32_t page)
{
	return (uint64_t)page << 16;
}

/* One LRU cache: pages, the last used first. */
struct list {
	uint32_t size, live, page[PAGES];
	uint64_t misses;
};

struct plain {
	struct list list[LISTS + 1];
	bool seen[PAGES], there[PAGES]; /* filed once; filed and not removed since */
	struct held held[PAGES];
	uint64_t classes[PROFILE_CLASSES];
	uint64_t lookups, hits;
	bool in_window[PAGES];
	uint64_t window_tags, window_max, windows;
};

static bool list_has(const struct list *list, uint32_t page)
{
	for (uint32_t i = 0; i < list->live; i++)
		if (list->page[i] == page)
			return true;
	return false;
}

static void list_remove(struct list *list, uint32_t page)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->live; i++)
		if (list->page[i] != page)
			list->page[kept++] = list->page[i];
	list->live = kept;
}

static void list_use(struct list *list, uint32_t page)
{
	list_remove(list, page);
	if (list->live == list->size)
		list->live--;
	memmove(list->page + 1, list->page, list->live * sizeof(list->page[0]));
	list->page[0] = page;
	list->live++;
}

/* ---- Both of them -------------------------------------------------------------------- */

struct pair {
	struct filed filed;
	struct ioasim_cache_counters counters;
	struct held held[PAGES];
	uint32_t page_of[PAGES]; /* by slot */
	struct watched watched;
	struct plain plain;
	uint64_t random, requests;
	uint32_t colour; /* that a removal wants */
};

static void open_pair(struct pair *p, const struct ioasim_cache_geometry *geometry, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->random = seed;
	assert_int_equal(filed_init(&p->filed, geometry, GROUPS, &p->counters), 0);
	cache_holds(&p->filed.cache, p->held, sizeof(p->held[0]));
	assert_int_equal(watched_init(&p->watched, &p->filed.cache, false), 0);
	for (unsigned i = 0; i < LISTS; i++)
		p->plain.list[i].size = 1u << i;
	p->plain.list[LISTS].size = geometry->entries;
}

static void close_pair(struct pair *p)
{
	watched_fini(&p->watched);
	filed_fini(&p->filed);
}

static uint32_t find(struct pair *p, uint32_t page)
{
	uint32_t slot = CACHE_NONE;

	for (uint64_t sizes = p->filed.sizes; sizes && slot == CACHE_NONE; sizes &= sizes - 1)
		slot = cache_find(&p->filed.cache,
				  filed_index(page_address(page), filed_size(sizes)), page, 0);
	return slot;
}

/* As a unit looks: the entry is touched, in a first look and, if that was not enough, in a
 * second one, and then the look-up is counted. A page in `strict` mode wants a good entry. */
static void look_up(struct pair *p, uint32_t page, bool demanding)
{
	struct filed_tag tag = {.key0 = page, .group = page % GROUPS};
	uint32_t slot = find(p, page);
	bool served = false;

	for (unsigned i = 0; slot != CACHE_NONE && i < 2 && !served; i++) {
		cache_touch(&p->filed.cache, slot);
		served = p->held[slot].good || !demanding;
	}
	p->counters.lookups++;
	p->counters.hits += served;
	p->counters.misses += !served;
	if (served || page % FAULTING == 0)
		return;
	slot = filed_fill(&p->filed, page_address(page), page_lg2(page), &tag);
	p->held[slot] = (struct held){page % COLOURS, demanding};
	p->page_of[slot] = page;
}

static void window(struct plain *plain, uint32_t page)
{
	plain->window_tags += !plain->in_window[page];
	plain->in_window[page] = true;
}

static enum profile_class plain_class(const struct plain *plain, uint32_t page, bool there_now)
{
	if (page % FAULTING == 0)
		return PROFILE_UNFILLED;
	if (there_now)
		return PROFILE_INSUFFICIENT;
	if (!plain->seen[page])
		return PROFILE_COLD;
	if (!plain->there[page])
		return PROFILE_INVALIDATION;
	return list_has(&plain->list[LISTS], page) ? PROFILE_CONFLICT : PROFILE_CAPACITY;
}

/* `hit` and `live`: of the cache itself, which the second implementation does not play. */
static void plain_look_up(struct plain *plain, uint32_t page, bool demanding, bool hit, bool live)
{
	bool unfilled = page % FAULTING == 0;

	plain->lookups++;
	plain->hits += hit;
	if (!hit)
		plain->classes[plain_class(plain, page, live)]++;
	for (unsigned i = 0; i <= LISTS; i++) {
		bool has = list_has(&plain->list[i], page);

		plain->list[i].misses += !has || (live && !hit);
		if (!unfilled)
			list_use(&plain->list[i], page);
	}
	if (unfilled)
		return;
	plain->seen[page] = plain->there[page] = true;
	if (!hit)
		plain->held[page] = (struct held){page % COLOURS, demanding};
	window(plain, page);
}

static bool is_wanted(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct pair *p = owner;
	const struct held *h = held;

	assert_int_equal(h->colour, tag->key0 % COLOURS);
	return h->colour == p->colour;
}

static void remove_some(struct pair *p)
{
	uint64_t z = splitmix(&p->random);
	uint32_t first = (uint32_t)z % PAGES, count = (uint32_t)(z >> 32) % 6;
	struct cache_removal r = {
		.by_group = z >> 40 & 1,
		.group = (uint32_t)(z >> 41) % GROUPS,
		.first = z >> 50 & 3 ? page_address(first) : 0,
		.last = z >> 50 & 3 ? page_address(first + count) + 0xfff : UINT64_MAX,
		.matches = z >> 52 & 1 ? is_wanted : NULL,
		.owner = p,
	};

	p->colour = (uint32_t)(z >> 56) % COLOURS;
	filed_drop(&p->filed, &r);
	for (uint32_t page = 0; page < PAGES; page++) {
		uint64_t start = page_address(page), last = start + (1u << page_lg2(page)) - 1;

		if (last < r.first || start > r.last || (r.by_group && page % GROUPS != r.group) ||
		    (r.matches && page % COLOURS != p->colour))
			continue;
		p->plain.there[page] = false;
		for (unsigned i = 0; i <= LISTS; i++)
			list_remove(&p->plain.list[i], page);
	}
}

static void all_gone(struct plain *plain)
{
	memset(plain->there, 0, sizeof(plain->there));
	for (unsigned i = 0; i <= LISTS; i++)
		plain->list[i].live = 0;
}

static void step(struct pair *p)
{
	uint64_t z = splitmix(&p->random);
	uint32_t some = 1 + (uint32_t)(z >> 32) % PAGES, page = (uint32_t)z % some;
	bool demanding = z >> 60 == 0, live = find(p, page) != CACHE_NONE;
	uint64_t hits = p->counters.hits;

	look_up(p, page, demanding);
	profile_step(&p->watched.analysis, true);
	plain_look_up(&p->plain, page, demanding, p->counters.hits > hits, live);
	if (++p->requests % profile_window_requests[0] == 0) {
		uint64_t tags = 0;

		for (uint32_t i = 0; i < PAGES; i++)
			tags += p->plain.in_window[i];
		memset(p->plain.in_window, 0, sizeof(p->plain.in_window));
		p->plain.windows++;
		if (tags > p->plain.window_max)
			p->plain.window_max = tags;
	}
}

static void compare(struct pair *p, bool exact)
{
	const struct profile_result *r = &p->watched.analysis.result;
	const struct plain *plain = &p->plain;

	watched_end(&p->watched);
	assert_false(p->watched.analysis.no_memory);
	assert_int_equal(r->lookups, plain->lookups);
	assert_int_equal(r->hits, plain->hits);
	for (unsigned i = 0; i < PROFILE_CLASSES; i++)
		assert_int_equal(r->classes[i], plain->classes[i]);
	for (unsigned i = 0; exact && i < LISTS; i++)
		assert_int_equal(profile_misses(r, i), plain->list[i].misses);
	assert_int_equal(r->window[0].windows, plain->windows);
	assert_int_equal(r->window[0].max, plain->window_max);
	assert_int_equal(r->depth.count, plain->lookups - plain->classes[PROFILE_COLD] -
						 plain->classes[PROFILE_INVALIDATION] -
						 plain->classes[PROFILE_UNFILLED]);
}

static void the_profile_is_that_of_plain_lists(void **state)
{
	static const struct ioasim_cache_geometry geometries[] = {
		{.entries = 16, .policy = IOASIM_POLICY_LRU},
		{.entries = 32, .policy = IOASIM_POLICY_LRU},
		{.entries = 24, .ways = 4, .policy = IOASIM_POLICY_LRU},
		{.entries = 16, .ways = 1, .policy = IOASIM_POLICY_LRU},
		{.entries = 30, .ways = 10, .policy = IOASIM_POLICY_PLRU},
		{.entries = 20, .policy = IOASIM_POLICY_FIFO},
		{.entries = 12, .ways = 3, .policy = IOASIM_POLICY_RANDOM, .seed = 3},
		{.entries = 1, .policy = IOASIM_POLICY_LRU},
	};
	uint64_t seed = test_seed();
	static struct pair p;

	(void)state;
	for (unsigned round = 0; round < 48; round++) {
		unsigned removals = round % 3 * 4;

		open_pair(&p, &geometries[round % 8], seed + round);
		for (unsigned i = 0; i < 12000; i++) {
			step(&p);
			if (splitmix(&p.random) % 100 < removals)
				remove_some(&p);
			if (removals && splitmix(&p.random) % 4000 == 0) {
				filed_drop_all(&p.filed);
				all_gone(&p.plain);
			}
			if (removals && splitmix(&p.random) % 4000 == 0) {
				filed_reset(&p.filed);
				all_gone(&p.plain);
			}
		}
		compare(&p, true);
		close_pair(&p);
	}
}

/* A cache that is watched does the same as one that is not. */
static void watching_changes_nothing(void **state)
{
	static const struct ioasim_cache_geometry geometry = {.entries = 24, .ways = 4};
	static struct pair watched, alone;

	(void)state;
	open_pair(&watched, &geometry, 5);
	open_pair(&alone, &geometry, 5);
	watched_end(&alone.watched);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t page = (uint32_t)(splitmix(&watched.random) % PAGES);

		splitmix(&alone.random);
		look_up(&watched, page, false);
		look_up(&alone, page, false);
		if (i % 50 == 0) {
			remove_some(&watched);
			remove_some(&alone);
		}
		assert_memory_equal(&watched.counters, &alone.counters, sizeof(alone.counters));
	}
	close_pair(&watched);
	close_pair(&alone);
}

/* ---- Replays --------------------------------------------------------------------------- */

static const char *const arches[] = {"vtd", "amdvi", "smmuv3"};

static void profiled(struct trial *t, const char *text, const char *arch, const char *const *sets)
{
	struct profile *profile = profile_create(&t->result);
	struct replay_probe *const probes[] = {profile_probe(profile), NULL};

	assert_non_null(profile);
	trial_replay(t, text,
		     &(struct trial_options){
			     .arch = arch, .sets = sets, .driver = true, .probe = probes});
	assert_int_equal(t->status, 0);
	assert_true(profile_complete(profile));
	assert_true(t->result.profiled);
	profile_destroy(profile);
}

/*
 * An IOTLB of two entries. Page 0: cold, then hit. Pages 1 and 2: cold; 2 pushes 0 out, so
 * that 0 misses for capacity; it pushes 1 out. 2 is unmapped and mapped again: its miss is
 * an invalidation's. Page 1 was out of the cache when it was unmapped: an invalidation's
 * too. A page that is not mapped is not filed.
 */
static void misses_have_their_reasons(void **state)
{
	static const char text[] =
		"ioasim-trace 1\n"
		"levels driver\n"
		"domain domain=1 kind=kernel\n"
		"device rid=00:05.0\n"
		"attach rid=00:05.0 domain=1\n"
		"map domain=1 iova=0x40000000 length=0x1000 pa=0x5000000 access=rw\n"
		"map domain=1 iova=0x40001000 length=0x1000 pa=0x5007000 access=rw\n"
		"map domain=1 iova=0x40002000 length=0x1000 pa=0x5003000 access=rw\n"
		"dma rid=00:05.0 iova=0x40000000 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40000800 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40001000 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40002000 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40000000 length=16 access=r\n"
		"unmap domain=1 iova=0x40001000 length=0x2000\n"
		"map domain=1 iova=0x40001000 length=0x1000 pa=0x5007000 access=rw\n"
		"map domain=1 iova=0x40002000 length=0x1000 pa=0x5003000 access=rw\n"
		"dma rid=00:05.0 iova=0x40002000 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40001000 length=16 access=r\n"
		"dma rid=00:05.0 iova=0x40003000 length=16 access=r\n";
	static const char *const sets[] = {"caches.iotlb.entries=2", "caches.iotlb.ways=0", NULL};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const struct profile_result *p;
		struct trial t;

		profiled(&t, text, arches[i], sets);
		p = &t.result.profile[IOASIM_CACHE_IOTLB];
		assert_int_equal(p->classes[PROFILE_COLD], 3);
		assert_int_equal(p->classes[PROFILE_CAPACITY], 1);
		assert_int_equal(p->classes[PROFILE_CONFLICT], 0);
		assert_int_equal(p->classes[PROFILE_INVALIDATION], 2);
		assert_int_equal(p->classes[PROFILE_UNFILLED], 1);
		assert_int_equal(p->classes[PROFILE_INSUFFICIENT], 0);
		assert_int_equal(p->hits, 1);
		/* Page 0 was used again with 2 pages between. */
		assert_int_equal(p->depth.bucket[0], 1);
		assert_int_equal(p->depth.bucket[2], 1);
		assert_int_equal(profile_misses(p, 0), 7);
		assert_int_equal(profile_misses(p, 1), 7);
		assert_int_equal(profile_misses(p, 2), 6);
		assert_int_equal(p->tags, 3);
		assert_int_equal(p->window[0].windows, 1);
		assert_int_equal(p->window[0].max, 3);
		trial_done(&t);
	}
}

/* Random traffic of two devices over some pages, with maps and unmaps between. */
static char *make_text(uint64_t seed)
{
	size_t room = 1 << 20, at;
	char *text = malloc(room);
	bool mapped[64] = {false};

	assert_non_null(text);
	at = (size_t)snprintf(text, room,
			      "ioasim-trace 1\nlevels driver\ndomain domain=1 kind=kernel\n"
			      "device rid=00:05.0\ndevice rid=00:06.0\n"
			      "attach rid=00:05.0 domain=1\nattach rid=00:06.0 domain=1\n");
	for (unsigned i = 0; i < 4000; i++) {
		uint64_t z = splitmix(&seed);
		unsigned page = (unsigned)(z % 64);
		/* Every second page, so that no two become one of another size. */
		unsigned address = 0x40000000 + page * 0x2000;

		if (!mapped[page])
			at += (size_t)snprintf(text + at, room - at,
					       "map domain=1 iova=0x%x length=0x1000 pa=0x%x "
					       "access=rw\n",
					       address, 0x5000000 + page * 0x1000);
		mapped[page] = true;
		at += (size_t)snprintf(text + at, room - at,
				       "dma rid=00:0%c.0 iova=0x%x length=4 access=%c\n",
				       z >> 20 & 1 ? '5' : '6', address, z >> 21 & 1 ? 'r' : 'w');
		if ((z >> 32) % 9)
			continue;
		page = (unsigned)(z >> 40) % 64;
		if (mapped[page])
			at += (size_t)snprintf(text + at, room - at,
					       "unmap domain=1 iova=0x%x length=0x1000\n",
					       0x40000000 + page * 0x2000);
		mapped[page] = false;
	}
	assert_true(at < room);
	return text;
}

static void the_sizes_are_what_other_caches_miss(void **state)
{
	static const char *const geometry[] = {"caches.iotlb.entries=24", "caches.iotlb.ways=4",
					       "caches.iotlb.policy=plru", NULL};
	uint64_t seed = test_seed();
	char *text = make_text(seed);
	char entries[40];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct trial t, other;

		profiled(&t, text, arches[i], geometry);
		for (unsigned lg2 = 0; lg2 < 9; lg2++) {
			const char *const sets[] = {entries, "caches.iotlb.ways=0",
						    "caches.iotlb.policy=lru", NULL};

			snprintf(entries, sizeof(entries), "caches.iotlb.entries=%u", 1u << lg2);
			trial_replay(&other, text,
				     &(struct trial_options){
					     .arch = arches[i], .sets = sets, .driver = true});
			assert_int_equal(other.result.counters.cache[IOASIM_CACHE_IOTLB].misses,
					 profile_misses(&t.result.profile[IOASIM_CACHE_IOTLB],
							lg2));
			trial_done(&other);
		}
		trial_done(&t);
	}
	free(text);
}

/* The same counts with a profile and without. */
static void a_profile_changes_no_count(void **state)
{
	char *text = make_text(7);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct trial t, plain;
		json_t *with, *without;

		profiled(&t, text, arches[i], NULL);
		trial_replay(&plain, text,
			     &(struct trial_options){.arch = arches[i], .driver = true});
		with = result_json(&t.result);
		without = result_json(&plain.result);
		assert_non_null(json_object_get(with, "profile"));
		json_object_del(with, "profile");
		assert_true(json_equal(with, without));
		json_decref(with);
		json_decref(without);
		trial_done(&t);
		trial_done(&plain);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_profile_is_that_of_plain_lists),
		cmocka_unit_test(watching_changes_nothing),
		cmocka_unit_test(misses_have_their_reasons),
		cmocka_unit_test(the_sizes_are_what_other_caches_miss),
		cmocka_unit_test(a_profile_changes_no_count),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
