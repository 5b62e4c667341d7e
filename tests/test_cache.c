/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tagged caches against a slow and obvious second implementation: the same
 * contents, the same victims, and the identities of the counters, for every
 * policy and for geometries that are no powers of two.
 */
#include "model/cache.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MODEL_ENTRIES 600
#define MODEL_GROUPS  5

/* splitmix64, for the test's own choices and as the second source of RANDOM. */
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

/* ---- The second implementation ---------------------------------------------------- */

struct model_entry {
	bool live;
	uint64_t index, key0, key1;
	uint32_t group;
	uint64_t filled, used;
};

struct model {
	struct ioasim_cache_geometry geometry;
	uint32_t ways, sets, span; /* span: leaves of a tree */
	struct model_entry entry[MODEL_ENTRIES];
	uint32_t freed[MODEL_ENTRIES][MODEL_ENTRIES], freed_count[MODEL_ENTRIES];
	uint32_t fresh[MODEL_ENTRIES];
	bool right[MODEL_ENTRIES][1024]; /* per set: the node over the leaves from..from+n */
	uint64_t now, random;
	struct ioasim_cache_counters counters;
};

static void model_reset(struct model *m)
{
	struct ioasim_cache_geometry geometry = m->geometry;

	memset(m, 0, sizeof(*m));
	m->geometry = geometry;
	m->ways = geometry.ways ? geometry.ways : geometry.entries;
	m->sets = geometry.entries / m->ways;
	for (m->span = 1; m->span < m->ways; m->span *= 2)
		;
	m->random = geometry.seed;
}

/* Every node is the interval that it stands for: left half, right half. */
static bool *model_node(struct model *m, uint32_t set, uint32_t from, uint32_t n)
{
	/* Intervals of one size never overlap, so the middle names the node. */
	return &m->right[set][from + n / 2];
}

static void model_point_away(struct model *m, uint32_t set, uint32_t from, uint32_t n, uint32_t way)
{
	bool in_left = way < from + n / 2;

	if (n == 1)
		return;
	*model_node(m, set, from, n) = in_left;
	model_point_away(m, set, in_left ? from : from + n / 2, n / 2, way);
}

static uint32_t model_follow(struct model *m, uint32_t set, uint32_t from, uint32_t n)
{
	if (n == 1)
		return from;
	if (*model_node(m, set, from, n) && from + n / 2 < m->ways)
		return model_follow(m, set, from + n / 2, n / 2);
	return model_follow(m, set, from, n / 2);
}

static uint32_t model_find(const struct model *m, uint64_t index, uint64_t key0, uint64_t key1)
{
	for (uint32_t i = 0; i < m->geometry.entries; i++) {
		const struct model_entry *e = &m->entry[i];

		if (e->live && e->index == index && e->key0 == key0 && e->key1 == key1)
			return i;
	}
	return CACHE_NONE;
}

static void model_use(struct model *m, uint32_t slot)
{
	m->entry[slot].used = ++m->now;
	model_point_away(m, slot / m->ways, 0, m->span, slot % m->ways);
}

static uint32_t model_victim(struct model *m, uint32_t set)
{
	uint32_t first = set * m->ways, victim = first;

	if (m->ways == 1)
		return first;
	switch (m->geometry.policy) {
	case IOASIM_POLICY_RANDOM:
		return first +
		       (uint32_t)(((unsigned __int128)splitmix(&m->random) * m->ways) >> 64);
	case IOASIM_POLICY_PLRU:
		return first + model_follow(m, set, 0, m->span);
	default:
		break;
	}
	for (uint32_t i = first; i < first + m->ways; i++) {
		const struct model_entry *a = &m->entry[i], *b = &m->entry[victim];
		bool fifo = m->geometry.policy == IOASIM_POLICY_FIFO;

		if (fifo ? a->filled < b->filled : a->used < b->used)
			victim = i;
	}
	return victim;
}

/* An empty slot: the lowest way of small sets; of large ones the last freed. */
static uint32_t model_empty(struct model *m, uint32_t set)
{
	uint32_t first = set * m->ways;

	if (m->ways > CACHE_SCAN_WAYS) {
		if (m->freed_count[set])
			return m->freed[set][--m->freed_count[set]];
		return m->fresh[set] < m->ways ? first + m->fresh[set]++ : CACHE_NONE;
	}
	for (uint32_t i = first; i < first + m->ways; i++)
		if (!m->entry[i].live)
			return i;
	return CACHE_NONE;
}

static uint32_t model_fill(struct model *m, uint32_t set, const struct model_entry *e)
{
	uint32_t slot = model_find(m, e->index, e->key0, e->key1);

	if (slot == CACHE_NONE)
		slot = model_empty(m, set);
	if (slot == CACHE_NONE)
		slot = model_victim(m, set);
	m->counters.evictions += m->entry[slot].live;
	m->counters.fills++;
	m->entry[slot] = *e;
	m->entry[slot].live = true;
	m->entry[slot].filled = m->now + 1;
	model_use(m, slot);
	return slot;
}

static void model_drop(struct model *m, uint32_t slot)
{
	uint32_t set = slot / m->ways;

	m->entry[slot].live = false;
	m->counters.invalidated++;
	m->freed[set][m->freed_count[set]++] = slot;
}

static uint32_t model_live(const struct model *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->geometry.entries; i++)
		n += m->entry[i].live;
	return n;
}

/* ---- Comparing ------------------------------------------------------------------------ */

static void assert_same_slot(const struct cache *c, const struct model *m, uint32_t slot)
{
	const struct model_entry *e = &m->entry[slot];

	assert_int_equal(cache_is_live(c, slot), e->live);
	if (!e->live)
		return;
	assert_true(cache_tag(c, slot)->index == e->index);
	assert_true(cache_tag(c, slot)->key0 == e->key0 && cache_tag(c, slot)->key1 == e->key1);
	assert_int_equal(cache_group(c, slot), e->group);
	assert_int_equal(cache_find(c, e->index, e->key0, e->key1), slot);
}

static void assert_same_lists(const struct cache *c, const struct model *m)
{
	uint32_t all = 0, grouped = 0;

	for (uint32_t s = cache_first(c); s != CACHE_NONE; s = cache_next(c, s), all++)
		assert_true(m->entry[s].live);
	assert_int_equal(all, model_live(m));
	for (uint32_t g = 0; g < MODEL_GROUPS; g++) {
		uint32_t s = cache_group_first(c, g);

		for (; s != CACHE_NONE; s = cache_group_next(c, s), grouped++)
			assert_true(m->entry[s].live && m->entry[s].group == g);
	}
	assert_int_equal(grouped, all);
}

static void assert_same_index(const struct cache *c, const struct model *m, uint64_t index)
{
	uint32_t found = 0, expected = 0;

	for (uint32_t s = cache_index_first(c, index); s != CACHE_NONE;
	     s = cache_index_next(c, index, s), found++)
		assert_true(m->entry[s].live && m->entry[s].index == index);
	for (uint32_t i = 0; i < m->geometry.entries; i++)
		expected += m->entry[i].live && m->entry[i].index == index;
	assert_int_equal(found, expected);
}

static void assert_same(const struct cache *c, const struct model *m,
			const struct ioasim_cache_counters *counters)
{
	for (uint32_t slot = 0; slot < m->geometry.entries; slot++)
		assert_same_slot(c, m, slot);
	assert_same_lists(c, m);
	assert_true(counters->fills == m->counters.fills);
	assert_true(counters->evictions == m->counters.evictions);
	assert_true(counters->invalidated == m->counters.invalidated);
	assert_true(counters->fills - counters->evictions - counters->invalidated == c->live);
	assert_int_equal(c->live, model_live(m));
}

struct pair {
	struct cache cache;
	struct model model;
	struct ioasim_cache_counters counters;
	uint64_t random;
};

static void step_fill(struct pair *p)
{
	uint64_t r = splitmix(&p->random);
	uint64_t range = p->model.geometry.entries * UINT64_C(3) / 2 + 2;
	struct model_entry e = {
		.index = (r >> 8) % range << 12,
		.key0 = r % 3,
		.key1 = ~(r >> 4 & 1),
		.group = (uint32_t)(r >> 40) % MODEL_GROUPS,
	};
	uint32_t set = cache_hash_set(&p->cache, cache_hash(e.index));
	uint32_t slot = cache_fill(&p->cache, e.index, e.key0, e.key1, e.group);

	assert_int_equal(slot, model_fill(&p->model, set, &e));
	assert_int_equal(slot / p->model.ways, set);
	assert_same_slot(&p->cache, &p->model, slot);
	assert_same_index(&p->cache, &p->model, e.index);
}

static void step_touch(struct pair *p)
{
	uint32_t slot = (uint32_t)(splitmix(&p->random) % p->model.geometry.entries);

	if (!p->model.entry[slot].live)
		return;
	cache_touch(&p->cache, slot);
	model_use(&p->model, slot);
}

static void step_drop(struct pair *p)
{
	uint32_t slot = (uint32_t)(splitmix(&p->random) % p->model.geometry.entries);

	if (!p->model.entry[slot].live)
		return;
	cache_drop(&p->cache, slot);
	model_drop(&p->model, slot);
}

/* The order in which the slots of a group become free is the cache's own. */
static void step_drop_group(struct pair *p)
{
	uint32_t group = (uint32_t)(splitmix(&p->random) % MODEL_GROUPS), count = 0;

	for (uint32_t s = cache_group_first(&p->cache, group); s != CACHE_NONE;
	     s = cache_group_next(&p->cache, s), count++)
		model_drop(&p->model, s);
	assert_int_equal(cache_drop_group(&p->cache, group), count);
	assert_int_equal(cache_group_first(&p->cache, group), CACHE_NONE);
}

/* By hand, with the next one asked for first; every other one stays. */
static void step_drop_some(struct pair *p)
{
	uint32_t visited = 0, live = p->cache.live;

	for (uint32_t s = cache_first(&p->cache), next; s != CACHE_NONE; s = next, visited++) {
		next = cache_next(&p->cache, s);
		if (visited % 2)
			continue;
		cache_drop(&p->cache, s);
		model_drop(&p->model, s);
	}
	assert_int_equal(visited, live);
}

static void step_drop_all(struct pair *p)
{
	uint32_t live = model_live(&p->model);

	for (uint32_t s = cache_first(&p->cache); s != CACHE_NONE; s = cache_next(&p->cache, s))
		model_drop(&p->model, s);
	assert_int_equal(cache_drop_all(&p->cache), live);
	assert_int_equal(cache_first(&p->cache), CACHE_NONE);
}

static void step_reset(struct pair *p)
{
	cache_reset(&p->cache);
	memset(&p->counters, 0, sizeof(p->counters));
	model_reset(&p->model);
}

static void step(struct pair *p)
{
	uint64_t what = splitmix(&p->random) % 1000;

	if (what < 550)
		step_fill(p);
	else if (what < 850)
		step_touch(p);
	else if (what < 980)
		step_drop(p);
	else if (what < 990)
		step_drop_group(p);
	else if (what < 994)
		step_drop_some(p);
	else if (what < 997)
		step_drop_all(p);
	else if (what < 998)
		step_reset(p);
}

/* ---- Tests ------------------------------------------------------------------------------ */

static const struct {
	uint32_t entries, ways;
} shapes[] = {
	{1, 1},   {5, 1},    {64, 1},   {8, 2},   {9, 3},     {64, 4},  {35, 5},
	{7, 7},   {33, 11},  {48, 16},  {16, 0},  {17, 17},   {51, 17}, {100, 0},
	{66, 33}, {192, 64}, {130, 65}, {600, 0}, {300, 100},
};

static void run_shape(uint32_t entries, uint32_t ways, uint8_t policy, uint64_t seed)
{
	struct pair *p = calloc(1, sizeof(*p));
	const struct ioasim_cache_geometry geometry = {entries, ways, policy, seed * 77};
	unsigned steps = 4000;

	assert_non_null(p);
	p->random = seed;
	p->model.geometry = geometry;
	model_reset(&p->model);
	assert_int_equal(cache_init(&p->cache, &geometry, MODEL_GROUPS, &p->counters), 0);
	for (unsigned i = 0; i < steps; i++) {
		step(p);
		if (i % 97 == 0)
			assert_same(&p->cache, &p->model, &p->counters);
	}
	assert_same(&p->cache, &p->model, &p->counters);
	cache_fini(&p->cache);
	free(p);
}

static void every_shape(uint8_t policy)
{
	uint64_t seed = test_seed();

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		run_shape(shapes[i].entries, shapes[i].ways, policy, seed + i);
}

static void lru_is_as_the_obvious_one(void **state)
{
	(void)state;
	every_shape(IOASIM_POLICY_LRU);
}

static void plru_is_as_the_obvious_one(void **state)
{
	(void)state;
	every_shape(IOASIM_POLICY_PLRU);
}

static void fifo_is_as_the_obvious_one(void **state)
{
	(void)state;
	every_shape(IOASIM_POLICY_FIFO);
}

static void random_is_as_the_obvious_one(void **state)
{
	(void)state;
	every_shape(IOASIM_POLICY_RANDOM);
}

/* Published values of splitmix64 for the seed 1234567. */
static void the_random_source_is_splitmix64(void **state)
{
	uint64_t seed = 1234567;

	(void)state;
	assert_true(splitmix(&seed) == UINT64_C(6457827717110365317));
	assert_true(splitmix(&seed) == UINT64_C(3203168211198807973));
}

static void make(struct cache *c, uint32_t entries, uint32_t ways, uint8_t policy,
		 struct ioasim_cache_counters *counters)
{
	const struct ioasim_cache_geometry geometry = {entries, ways, policy, 1};

	memset(counters, 0, sizeof(*counters));
	assert_int_equal(cache_init(c, &geometry, 4, counters), 0);
}

/* Four ways A B C D by hand: filled in order, A and B used again, then E comes.
 * LRU: C goes. FIFO: A goes. Tree-PLRU: the root points away from B to the right
 * half, whose node points away from D: C goes. */
static void the_victim_of_four_ways_is_the_one_worked_out_by_hand(void **state)
{
	static const struct {
		uint8_t policy;
		uint64_t gone;
	} rows[] = {
		{IOASIM_POLICY_LRU, 'C'},
		{IOASIM_POLICY_FIFO, 'A'},
		{IOASIM_POLICY_PLRU, 'C'},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ioasim_cache_counters counters;
		struct cache c;

		make(&c, 4, 0, rows[i].policy, &counters);
		for (uint64_t key = 'A'; key <= 'D'; key++)
			cache_fill(&c, key, key, 0, 0);
		cache_touch(&c, cache_find(&c, 'A', 'A', 0));
		cache_touch(&c, cache_find(&c, 'B', 'B', 0));
		cache_fill(&c, 'E', 'E', 0, 0);
		for (uint64_t key = 'A'; key <= 'E'; key++)
			assert_int_equal(cache_find(&c, key, key, 0) == CACHE_NONE,
					 key == rows[i].gone);
		cache_fini(&c);
	}
}

static void a_cache_that_is_off_holds_nothing(void **state)
{
	struct ioasim_cache_counters counters;
	struct cache c;

	(void)state;
	make(&c, 0, 4, IOASIM_POLICY_LRU, &counters);
	assert_true(cache_off(&c));
	assert_int_equal(cache_fill(&c, 1, 2, 3, 0), CACHE_NONE);
	assert_int_equal(cache_find(&c, 1, 2, 3), CACHE_NONE);
	assert_int_equal(cache_index_first(&c, 1), CACHE_NONE);
	assert_int_equal(cache_group_first(&c, 0), CACHE_NONE);
	assert_int_equal(cache_first(&c), CACHE_NONE);
	assert_int_equal(cache_drop_all(&c) + cache_drop_group(&c, 0), 0);
	cache_reset(&c);
	assert_true(counters.fills == 0 && counters.invalidated == 0);
	cache_fini(&c);
}

static void impossible_geometries_are_refused(void **state)
{
	static const struct ioasim_cache_geometry rows[] = {
		{10, 3, IOASIM_POLICY_LRU, 0},
		{4, 8, IOASIM_POLICY_LRU, 0},
		{4, 4, IOASIM_POLICY_RANDOM + 1, 0},
		{UINT32_MAX, 1, IOASIM_POLICY_LRU, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ioasim_cache_counters counters;
		struct cache c;

		assert_int_equal(cache_init(&c, &rows[i], 1, &counters), -EINVAL);
		assert_true(cache_off(&c));
		cache_fini(&c);
	}
}

static void the_same_tag_is_replaced_in_place_and_changes_its_group(void **state)
{
	struct ioasim_cache_counters counters;
	struct cache c;

	(void)state;
	make(&c, 4096, 0, IOASIM_POLICY_LRU, &counters);
	uint32_t slot = cache_fill(&c, 1, 2, 3, 0);

	assert_int_equal(cache_fill(&c, 1, 2, 3, 2), slot);
	assert_true(counters.fills == 2 && counters.evictions == 1 && c.live == 1);
	assert_int_equal(cache_drop_group(&c, 0), 0);
	assert_int_equal(cache_drop_group(&c, 2), 1);
	cache_fini(&c);
}

static void each_part_of_a_tag_tells_entries_apart(void **state)
{
	struct ioasim_cache_counters counters;
	struct cache c;

	(void)state;
	make(&c, 64, 8, IOASIM_POLICY_LRU, &counters);
	cache_fill(&c, 1, 2, 3, 0);
	assert_int_equal(cache_find(&c, 1, 2, 4), CACHE_NONE);
	assert_int_equal(cache_find(&c, 1, 4, 3), CACHE_NONE);
	assert_int_equal(cache_find(&c, 4, 2, 3), CACHE_NONE);
	cache_fini(&c);
}

/* Pages in a row spread over the sets: none stays empty, none has four times its share. */
static void neighbouring_pages_spread_over_all_sets(void **state)
{
	struct ioasim_cache_counters counters;
	struct cache c;
	unsigned share[100] = {0};

	(void)state;
	make(&c, 400, 4, IOASIM_POLICY_LRU, &counters);
	for (uint64_t page = 0; page < 10000; page++)
		share[cache_hash_set(&c, cache_hash(page << 12))]++;
	for (unsigned i = 0; i < 100; i++)
		assert_in_range(share[i], 40, 250);
	cache_fini(&c);
}

static void a_full_large_cache_can_be_emptied_and_filled_again(void **state)
{
	struct ioasim_cache_counters counters;
	struct cache c;

	(void)state;
	make(&c, 65536, 0, IOASIM_POLICY_LRU, &counters);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (uint64_t i = 0; i < 70000; i++)
			cache_fill(&c, i, i, 0, i & 3);
		assert_int_equal(c.live, 65536);
		for (uint64_t i = 0; i < 70000; i++)
			assert_int_equal(cache_find(&c, i, i, 0) != CACHE_NONE, i >= 70000 - 65536);
		assert_int_equal(cache_drop_all(&c), 65536);
	}
	cache_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lru_is_as_the_obvious_one),
		cmocka_unit_test(plru_is_as_the_obvious_one),
		cmocka_unit_test(fifo_is_as_the_obvious_one),
		cmocka_unit_test(random_is_as_the_obvious_one),
		cmocka_unit_test(the_random_source_is_splitmix64),
		cmocka_unit_test(the_victim_of_four_ways_is_the_one_worked_out_by_hand),
		cmocka_unit_test(a_cache_that_is_off_holds_nothing),
		cmocka_unit_test(impossible_geometries_are_refused),
		cmocka_unit_test(the_same_tag_is_replaced_in_place_and_changes_its_group),
		cmocka_unit_test(each_part_of_a_tag_tells_entries_apart),
		cmocka_unit_test(neighbouring_pages_spread_over_all_sets),
		cmocka_unit_test(a_full_large_cache_can_be_emptied_and_filled_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
