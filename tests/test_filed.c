/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation caches: removals by range, group and predicate against a plain list
 * that is searched from end to end.
 */
#include "model/filed.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ENTRIES 512u
#define GROUPS  7u
#define TAGS    23u

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* ---- The plain list ------------------------------------------------------------------ */

struct entry {
	bool live;
	uint64_t first, last;
	uint32_t tag, group;
};

struct book {
	struct filed filed;
	struct ioasim_cache_counters counters;
	struct entry entry[ENTRIES];
	uint64_t random;
	uint32_t wanted; /* by the predicate */
};

static void book_open(struct book *b, uint32_t ways, uint64_t seed)
{
	struct ioasim_cache_geometry geometry = {.entries = ENTRIES, .ways = ways};

	memset(b, 0, sizeof(*b));
	b->random = seed;
	assert_int_equal(filed_init(&b->filed, &geometry, GROUPS, &b->counters), 0);
	cache_holds(&b->filed.cache, b->entry, sizeof(b->entry[0]));
}

static void fill(struct book *b, uint64_t address, unsigned lg2, uint32_t tag)
{
	uint64_t inside = lg2 > 63 ? ~UINT64_C(0) : (UINT64_C(1) << lg2) - 1;
	struct filed_tag made = {.key0 = tag, .key1 = 5, .group = tag % GROUPS};
	uint32_t slot = filed_fill(&b->filed, address, lg2, &made);

	assert_in_range(slot, 0, ENTRIES - 1);
	b->entry[slot] = (struct entry){.live = true,
					.first = address & ~inside,
					.last = address | inside,
					.tag = tag,
					.group = tag % GROUPS};
}

static bool has_wanted_tag(const void *owner, const struct cache_slot *tag, const void *held)
{
	const struct book *b = owner;
	const struct entry *entry = held;

	assert_true(entry->live);
	assert_int_equal(entry->tag, tag->key0);
	return entry->tag == b->wanted;
}

static bool removed(const struct book *b, const struct cache_removal *r, const struct entry *e)
{
	return e->live && e->last >= r->first && e->first <= r->last &&
	       (!r->by_group || e->group == r->group) && (!r->matches || e->tag == b->wanted);
}

static void drop_and_compare(struct book *b, const struct cache_removal *r)
{
	uint32_t expected = 0, left = 0, dropped = filed_drop(&b->filed, r);

	for (uint32_t slot = 0; slot < ENTRIES; slot++) {
		struct entry *e = &b->entry[slot];

		if (removed(b, r, e)) {
			e->live = false;
			expected++;
		}
		left += e->live;
		assert_int_equal(cache_is_live(&b->filed.cache, slot), e->live);
	}
	assert_int_equal(dropped, expected);
	assert_int_equal(b->filed.cache.live, left);
	if (left == 0)
		assert_int_equal(b->filed.sizes, 0);
}

/* Every live entry is found by probing the sizes that the cache says it has. */
static void all_are_found(const struct book *b)
{
	for (uint32_t slot = 0; slot < ENTRIES; slot++) {
		const struct entry *e = &b->entry[slot];
		bool found = !e->live;

		for (uint64_t sizes = b->filed.sizes; sizes && !found; sizes &= sizes - 1) {
			unsigned size = filed_size(sizes);
			uint64_t index = size ? filed_index(e->last, size) : FILED_WHOLE;

			found = cache_find(&b->filed.cache, index, e->tag, 5) == slot;
		}
		assert_true(found);
	}
}

/* ---- Random rounds ------------------------------------------------------------------- */

/* Few places, so that entries and ranges meet: the bottom, the middle, the top. */
static uint64_t place(struct book *b)
{
	uint64_t low = splitmix(&b->random) & 0x3fffff;

	switch (splitmix(&b->random) % 4) {
	case 0:
		return low;
	case 1:
		return ~low;
	case 2:
		return UINT64_C(0x7fffffffff000000) + 2 * low;
	default:
		return splitmix(&b->random);
	}
}

static void range_of(struct book *b, struct cache_removal *r)
{
	uint64_t a = place(b), c = place(b), length = splitmix(&b->random) % 0x20000;

	switch (splitmix(&b->random) % 5) {
	case 0: /* everything */
		r->first = 0;
		r->last = ~UINT64_C(0);
		return;
	case 1: /* to the top */
		r->first = a;
		r->last = ~UINT64_C(0);
		return;
	case 2: /* from the bottom */
		r->first = 0;
		r->last = a;
		return;
	case 3: /* a few pages */
		r->first = a;
		r->last = a > ~length ? ~UINT64_C(0) : a + length;
		return;
	default:
		r->first = a < c ? a : c;
		r->last = a < c ? c : a;
	}
}

static void random_round(struct book *b, unsigned fills)
{
	static const unsigned size[] = {6, 12, 12, 12, 14, 16, 21, 30, 48, 57, 63, 64};
	struct cache_removal r = {.owner = b};

	for (unsigned i = 0; i < fills; i++)
		fill(b, place(b), size[splitmix(&b->random) % (sizeof(size) / sizeof(size[0]))],
		     (uint32_t)(splitmix(&b->random) % TAGS));
	all_are_found(b);
	range_of(b, &r);
	b->wanted = (uint32_t)(splitmix(&b->random) % TAGS);
	r.by_group = splitmix(&b->random) % 2;
	r.group = b->wanted % GROUPS;
	r.matches = splitmix(&b->random) % 3 ? has_wanted_tag : NULL;
	drop_and_compare(b, &r);
}

static void removals_are_those_of_a_plain_list(void **state)
{
	static const uint32_t ways[] = {1, 4, 0};
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
	static struct book b;

	(void)state;
	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		book_open(&b, ways[i], seed);
		for (unsigned round = 0; round < 4000; round++)
			random_round(&b, (unsigned)(splitmix(&b.random) % (round % 50 ? 12 : 900)));
		assert_int_equal(b.counters.fills - b.counters.evictions - b.counters.invalidated,
				 b.filed.cache.live);
		filed_fini(&b.filed);
	}
}

/* ---- At the borders ------------------------------------------------------------------ */

static void removals_reach_the_first_and_last_byte_of_a_block_and_no_further(void **state)
{
	static const unsigned size[] = {6, 12, 21, 57, 63};
	static struct book b;

	(void)state;
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		uint64_t bytes = UINT64_C(1) << size[i];
		struct cache_removal r = {.by_group = true, .group = 3};

		book_open(&b, 4, 1);
		fill(&b, bytes, size[i], 3);
		r.first = 0;
		r.last = bytes - 1;
		drop_and_compare(&b, &r);
		assert_int_equal(b.filed.cache.live, 1);
		if (size[i] < 63) {
			r.first = 2 * bytes;
			r.last = ~UINT64_C(0);
			drop_and_compare(&b, &r);
			assert_int_equal(b.filed.cache.live, 1);
		}
		r.first = r.last = bytes + (bytes - 1);
		drop_and_compare(&b, &r);
		assert_int_equal(b.filed.cache.live, 0);
		fill(&b, bytes, size[i], 3);
		r.first = r.last = bytes;
		drop_and_compare(&b, &r);
		assert_int_equal(b.filed.cache.live, 0);
		filed_fini(&b.filed);
	}
}

static void an_entry_for_every_address_goes_with_any_address(void **state)
{
	static const uint64_t address[] = {0, 0x123456789000, ~UINT64_C(0)};
	static struct book b;

	(void)state;
	book_open(&b, 0, 1);
	for (size_t i = 0; i < 3; i++) {
		struct cache_removal r = {.first = address[i], .last = address[i]};

		fill(&b, 0xabc000, FILED_WHOLE_LG2, 4);
		assert_int_equal(b.filed.sizes, 1);
		for (uint64_t page = 1; page < 100; page++)
			fill(&b, page << 40, 12, 4);
		drop_and_compare(&b, &r);
		assert_int_equal(cache_find(&b.filed.cache, FILED_WHOLE, 4, 5), CACHE_NONE);
		assert_int_equal(b.filed.cache.live, 99);
		filed_drop_all(&b.filed);
		assert_int_equal(b.filed.sizes, 0);
		memset(b.entry, 0, sizeof(b.entry));
	}
	filed_fini(&b.filed);
}

/* A group that is a hash of tags: without a predicate all go, with one only its own. */
static void tags_that_share_a_group_are_told_apart_by_the_predicate(void **state)
{
	static struct book b;
	struct cache_removal r = {.by_group = true,
				  .group = 2,
				  .last = ~UINT64_C(0),
				  .matches = has_wanted_tag,
				  .owner = &b};

	(void)state;
	book_open(&b, 0, 1);
	fill(&b, 0x1000, 12, 2);
	fill(&b, 0x1000, 12, 2 + GROUPS);
	fill(&b, 0x1000, 12, 3);
	b.wanted = 2 + GROUPS;
	drop_and_compare(&b, &r);
	assert_int_equal(b.filed.cache.live, 2);
	r.matches = NULL;
	drop_and_compare(&b, &r);
	assert_int_equal(b.filed.cache.live, 1);
	filed_fini(&b.filed);
}

static void a_cache_that_is_off_takes_and_drops_nothing(void **state)
{
	struct ioasim_cache_geometry off = {.entries = 0};
	struct ioasim_cache_counters counters = {0};
	struct cache_removal all = {.last = ~UINT64_C(0)};
	struct filed_tag tag = {.key0 = 1};
	struct filed filed;

	(void)state;
	assert_int_equal(filed_init(&filed, &off, GROUPS, &counters), 0);
	assert_int_equal(filed_fill(&filed, 0x1000, 12, &tag), CACHE_NONE);
	assert_int_equal(filed.sizes, 0);
	assert_int_equal(filed_drop(&filed, &all), 0);
	filed_reset(&filed);
	filed_fini(&filed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removals_are_those_of_a_plain_list),
		cmocka_unit_test(removals_reach_the_first_and_last_byte_of_a_block_and_no_further),
		cmocka_unit_test(an_entry_for_every_address_goes_with_any_address),
		cmocka_unit_test(tags_that_share_a_group_are_told_apart_by_the_predicate),
		cmocka_unit_test(a_cache_that_is_off_takes_and_drops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
