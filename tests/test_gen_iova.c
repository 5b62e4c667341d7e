/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as Linux gives them out (sim/gen_iova.h): known cases, and random ones against
 * a second implementation that is slow and plain: ranges in one sorted array, magazines in
 * arrays, everything looked up anew.
 */
#include "gen_flush.h"
#include "gen_iova.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE UINT64_C(0x1000)
#define G4   UINT64_C(0x100000000)

static struct gen_iova *make(unsigned cpus, unsigned bits, bool no_caches)
{
	struct gen_iova *iova = gen_iova_create(&(struct gen_iova_config){
		.cpus = cpus, .address_bits = bits, .no_caches = no_caches});

	assert_non_null(iova);
	return iova;
}

static uint64_t get(struct gen_iova *iova, unsigned cpu, uint64_t pages)
{
	uint64_t address = 0;

	assert_int_equal(gen_iova_get(iova, cpu, pages, &address), 0);
	return address;
}

/* ---- Known cases -------------------------------------------------------------------------- */

static void addresses_go_down_from_4_gib(void **state)
{
	struct gen_iova *iova = make(1, 48, false);

	(void)state;
	assert_int_equal(get(iova, 0, 1), 0xfffff000);
	assert_int_equal(get(iova, 0, 1), 0xffffe000);
	/* Three pages are given out as four, aligned to them; below 0xffffe000. */
	assert_int_equal(get(iova, 0, 3), 0xffff8000);
	assert_int_equal(get(iova, 0, 1), 0xffff7000);
	/* 33 pages are not rounded up, but aligned to 64: 0xffff7 - 33 is 0xfffd6. */
	assert_int_equal(get(iova, 0, 33), 0xfffc0000);
	gen_iova_destroy(iova);
}

static void a_search_goes_on_where_the_last_ended(void **state)
{
	struct gen_iova *iova = make(1, 48, true);
	uint64_t first = get(iova, 0, 1), second = get(iova, 0, 1), third = get(iova, 0, 1);

	(void)state;
	/* What is free above the last range is found only after giving it back. */
	gen_iova_put(iova, 0, second, 1);
	assert_int_equal(get(iova, 0, 1), second);
	gen_iova_put(iova, 0, first, 1);
	gen_iova_put(iova, 0, third, 1);
	assert_int_equal(get(iova, 0, 1), first);
	assert_int_equal(get(iova, 0, 1), third);
	gen_iova_destroy(iova);
}

static void a_cpu_gets_back_what_it_gave_last(void **state)
{
	struct gen_iova *iova = make(2, 48, false);
	uint64_t a = get(iova, 0, 1), b = get(iova, 0, 1);

	(void)state;
	gen_iova_put(iova, 0, a, 1);
	gen_iova_put(iova, 0, b, 1);
	/* Another CPU has magazines of its own, and other sizes others. */
	assert_int_equal(get(iova, 1, 1), b - PAGE);
	assert_int_equal(get(iova, 0, 2), b - 4 * PAGE);
	assert_int_equal(get(iova, 0, 1), b);
	assert_int_equal(get(iova, 0, 1), a);
	assert_int_equal(gen_iova_stats(iova)->cached, 2);
	gen_iova_destroy(iova);
}

/* Two magazines of 127 are full; with the next one the loaded one goes to the depot. */
static void the_255th_page_given_back_fills_the_depot(void **state)
{
	struct gen_iova *iova = make(2, 48, false);
	uint64_t address[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		address[i] = get(iova, 0, 1);
	for (unsigned i = 0; i < 254; i++)
		gen_iova_put(iova, 0, address[i], 1);
	assert_int_equal(gen_iova_stats(iova)->depot_puts, 0);
	gen_iova_put(iova, 0, address[254], 1);
	assert_int_equal(gen_iova_stats(iova)->depot_puts, 1);
	/* The other CPU takes that magazine: of the second 127, the last first. */
	assert_int_equal(get(iova, 1, 1), address[253]);
	assert_int_equal(gen_iova_stats(iova)->depot_gets, 1);
	assert_int_equal(get(iova, 0, 1), address[254]);
	assert_int_equal(get(iova, 0, 1), address[126]);
	gen_iova_destroy(iova);
}

static void the_worker_gives_back_what_the_depot_has_beyond_cpus(void **state)
{
	struct gen_iova *iova = make(1, 48, false);
	uint64_t address[127 * 5 + 1];

	(void)state;
	for (unsigned i = 0; i < 127 * 5 + 1; i++)
		address[i] = get(iova, 0, 1);
	for (unsigned i = 0; i < 127 * 5 + 1; i++)
		gen_iova_put(iova, 0, address[i], 1);
	assert_int_equal(gen_iova_stats(iova)->depot_puts, 4);
	gen_iova_tick(iova, 99999999);
	assert_int_equal(gen_iova_stats(iova)->depot_gets, 0);
	gen_iova_tick(iova, 100000000);
	assert_int_equal(gen_iova_stats(iova)->depot_gets, 1);
	gen_iova_tick(iova, 1000000000);
	assert_int_equal(gen_iova_stats(iova)->depot_gets, 3); /* one is left for the CPU */
	gen_iova_destroy(iova);
}

static void addresses_above_4_gib_come_when_all_below_are_taken(void **state)
{
	struct gen_iova *iova = make(1, 40, true);
	uint64_t half = get(iova, 0, UINT64_C(1) << 19);

	(void)state;
	assert_int_equal(half, G4 / 2);
	/* Page 0 is never given out, so that no second half is left. */
	assert_int_equal(get(iova, 0, UINT64_C(1) << 19), (UINT64_C(1) << 40) - G4 / 2);
	/* Now 4 GiB are not tried first any more, whatever is free there. */
	assert_int_equal(get(iova, 0, 1), (UINT64_C(1) << 40) - G4 / 2 - PAGE);
	assert_int_equal(gen_iova_stats(iova)->above_4g, 2);
	gen_iova_destroy(iova);
}

static void a_device_of_32_bits_runs_out(void **state)
{
	struct gen_iova *iova = make(1, 32, false);
	uint64_t address, half = get(iova, 0, UINT64_C(1) << 19);

	(void)state;
	assert_int_equal(gen_iova_get(iova, 0, UINT64_C(1) << 19, &address), -ENOSPC);
	gen_iova_put(iova, 0, half, UINT64_C(1) << 19);
	assert_int_equal(get(iova, 0, UINT64_C(1) << 19), half);
	gen_iova_destroy(iova);
}

/* What magazines keep is free for others when nothing else is. */
static void caches_are_emptied_when_nothing_is_left(void **state)
{
	struct gen_iova *iova = make(1, 32, false);
	uint64_t address[16], quarter = UINT64_C(1) << 18, end;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		address[i] = get(iova, 0, 32);
	for (unsigned i = 0; i < 16; i++)
		gen_iova_put(iova, 0, address[i], 32);
	for (unsigned i = 0; i < 2; i++)
		(void)get(iova, 0, quarter);
	/* [0, 1 GiB) lacks page 0; the top gigabyte has the cached ranges. */
	end = get(iova, 0, quarter);
	assert_int_equal(end, 3 * (G4 / 4));
	gen_iova_destroy(iova);
}

static void reserved_ranges_are_left_out(void **state)
{
	struct gen_iova *iova = make(1, 48, true);
	uint64_t address = G4;

	(void)state;
	assert_int_equal(gen_iova_reserve(iova, 0xfee00000, 0xfeefffff), 0);
	while (address > 0xfef00000)
		address = get(iova, 0, 16);
	assert_int_equal(address, 0xfef00000);
	assert_int_equal(get(iova, 0, 16), 0xfee00000 - 16 * PAGE);
	gen_iova_destroy(iova);
}

/* ---- The second implementation -------------------------------------------------------------- */

#define SLOW_MAX 20000
#define TOP      UINT64_MAX

struct slow_range {
	uint64_t first, last;
};

struct slow_magazine {
	uint64_t pfn[127];
	unsigned count;
};

#define SLOW_CPUS  3
#define SLOW_DEPOT 64

/* ranges[count] is the top. Searches begin below the range that begins at `from`. */
struct slow {
	unsigned bits, cpus;
	bool caches, gave_up_32;
	struct slow_range ranges[SLOW_MAX + 1];
	unsigned count;
	uint64_t from, from_32, hopeless_32;
	struct slow_magazine magazine[SLOW_CPUS][6][2];
	struct slow_magazine depot[6][SLOW_DEPOT];
	unsigned depots[6];
};

static struct slow slow;

static void slow_begin(unsigned cpus, unsigned bits)
{
	memset(&slow, 0, sizeof(slow));
	slow.bits = bits;
	slow.cpus = cpus;
	slow.ranges[0] = (struct slow_range){TOP, TOP};
	slow.from = slow.from_32 = TOP;
	slow.hopeless_32 = G4 / PAGE;
}

static unsigned slow_index(uint64_t first)
{
	unsigned i = 0;

	while (slow.ranges[i].first != first)
		assert_true(i++ < slow.count);
	return i;
}

static void slow_insert(uint64_t first, uint64_t last)
{
	unsigned i = 0;

	assert_true(slow.count < SLOW_MAX);
	while (slow.ranges[i].first < first)
		i++;
	memmove(&slow.ranges[i + 1], &slow.ranges[i],
		(slow.count + 1 - i) * sizeof(slow.ranges[0]));
	slow.ranges[i] = (struct slow_range){first, last};
	slow.count++;
}

/* Both starts move up over a range that goes, if it lies above or at them. */
static void slow_free(uint64_t first)
{
	unsigned i = slow_index(first);
	uint64_t above = slow.ranges[i + 1].first;
	bool low = slow.ranges[i].last < G4 / PAGE;

	if (first == slow.from_32 || (low && first >= slow.from_32))
		slow.from_32 = above;
	if (first >= slow.from)
		slow.from = above;
	if (first < G4 / PAGE)
		slow.hopeless_32 = G4 / PAGE;
	memmove(&slow.ranges[i], &slow.ranges[i + 1], (slow.count - i) * sizeof(slow.ranges[0]));
	slow.count--;
}

/* The highest place for so many pages below the range at `from` and `limit`, not below
 * `low`: each gap from there down is looked at. 0: none. */
static uint64_t slow_gap(uint64_t from, uint64_t pages, uint64_t limit, uint64_t low)
{
	uint64_t align = 1;

	while (align < pages)
		align *= 2;
	for (unsigned i = slow_index(from) + 1; i-- > 0;) {
		uint64_t begin = i ? slow.ranges[i - 1].last + 1 : 0;
		uint64_t end = slow.ranges[i].first < limit ? slow.ranges[i].first : limit;
		uint64_t place;

		if (end < pages)
			return 0;
		place = (end - pages) / align * align;
		if (place < low)
			return 0;
		if (place >= begin)
			return place;
	}
	return 0;
}

static uint64_t slow_search(uint64_t pages, uint64_t limit)
{
	bool low = limit <= G4 / PAGE;
	uint64_t from = low ? slow.from_32 : slow.from;
	uint64_t found, again = slow.ranges[slow_index(from)].last;

	if (low && pages >= slow.hopeless_32)
		return 0;
	found = slow_gap(from, pages, limit, 1);
	if (!found && again != TOP && again + 1 < limit)
		found = slow_gap(TOP, pages, limit, again + 1);
	if (!found) {
		slow.hopeless_32 = pages;
		return 0;
	}
	slow_insert(found, found + pages - 1);
	if (found + pages - 1 < G4 / PAGE)
		slow.from_32 = found;
	else
		slow.from = found;
	return found;
}

static unsigned slow_class(uint64_t pages)
{
	unsigned class = 0;

	while (1u << class < pages)
		class ++;
	return class;
}

/* The first magazine is the loaded one. */
static void slow_swap(struct slow_magazine *pair)
{
	struct slow_magazine other = pair[0];

	pair[0] = pair[1];
	pair[1] = other;
}

static uint64_t slow_cached(unsigned cpu, uint64_t pages, uint64_t limit)
{
	unsigned class = slow_class(pages);
	struct slow_magazine *pair;

	if (pages > 32)
		return 0;
	pair = slow.magazine[cpu][class];
	if (!pair[0].count && pair[1].count)
		slow_swap(pair);
	else if (!pair[0].count && slow.depots[class])
		pair[0] = slow.depot[class][--slow.depots[class]];
	for (unsigned i = pair[0].count; i-- > 0;) {
		uint64_t pfn = pair[0].pfn[i];

		if (pfn + pages > limit)
			continue;
		pair[0].pfn[i] = pair[0].pfn[--pair[0].count];
		return pfn;
	}
	return 0;
}

static uint64_t slow_below(unsigned cpu, uint64_t pages, uint64_t limit)
{
	uint64_t rounded = pages < 32 ? 1u << slow_class(pages) : pages;
	uint64_t found = slow_cached(cpu, rounded, limit);

	return found ? found : slow_search(rounded, limit);
}

static void slow_empty(void)
{
	for (unsigned cpu = 0; cpu < slow.cpus; cpu++)
		for (unsigned class = 0; class < 6; class ++)
			for (unsigned m = 0; m < 2; m++)
				while (slow.magazine[cpu][class][m].count)
					slow_free(
						slow.magazine[cpu][class][m]
							.pfn[--slow.magazine[cpu][class][m].count]);
	for (unsigned class = 0; class < 6; class ++)
		while (slow.depots[class]) {
			struct slow_magazine *full = &slow.depot[class][--slow.depots[class]];

			while (full->count)
				slow_free(full->pfn[--full->count]);
		}
}

static uint64_t slow_get(unsigned cpu, uint64_t pages)
{
	uint64_t limit = (UINT64_C(1) << slow.bits) / PAGE, found = 0;

	if (limit > G4 / PAGE && !slow.gave_up_32) {
		found = slow_below(cpu, pages, G4 / PAGE);
		slow.gave_up_32 = !found;
	}
	if (!found)
		found = slow_below(cpu, pages, limit);
	if (!found) {
		slow_empty();
		found = slow_search(pages < 32 ? 1u << slow_class(pages) : pages, limit);
	}
	return found;
}

static void slow_put(unsigned cpu, uint64_t pfn, uint64_t pages)
{
	struct slow_magazine *pair;
	unsigned class = slow_class(pages);

	if (pages > 32) {
		slow_free(pfn);
		return;
	}
	pair = slow.magazine[cpu][class];
	if (pair[0].count == 127 && pair[1].count < 127) {
		slow_swap(pair);
	} else if (pair[0].count == 127) {
		assert_true(slow.depots[class] < SLOW_DEPOT);
		slow.depot[class][slow.depots[class]++] = pair[0];
		pair[0].count = 0;
	}
	pair[0].pfn[pair[0].count++] = pfn;
}

/* ---- Random cases -------------------------------------------------------------------------------- */

#define LIVE_MAX 6000

struct live {
	uint64_t pfn, pages, rounded;
};

static struct live live[LIVE_MAX];
static unsigned n_live;

static uint64_t draw(uint64_t *seed, uint64_t bound)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % bound;
}

/* Kinds: few sizes, which fill magazines; those that are cached or nearly; all. */
enum sizes { FEW, CACHED, ALL };

static uint64_t draw_pages(uint64_t *seed, enum sizes sizes)
{
	if (sizes == FEW)
		return 1 + draw(seed, 2);
	switch (draw(seed, sizes == ALL ? 5 : 3)) {
	case 0:
		return 1;
	case 1:
		return 1 + draw(seed, 8);
	case 2:
		return 1 + draw(seed, 40);
	case 3:
		return 1 + draw(seed, 5000);
	default:
		return UINT64_C(1) << draw(seed, 19);
	}
}

static void check_alone(const struct live *one, unsigned bits)
{
	uint64_t align = 1;

	while (align < one->pages)
		align *= 2;
	assert_int_equal(one->pfn % align, 0);
	assert_true(one->pfn > 0 && one->pfn + one->pages <= (UINT64_C(1) << bits) / PAGE);
	for (unsigned i = 0; i < n_live; i++)
		assert_true(one->pfn + one->pages <= live[i].pfn ||
			    live[i].pfn + live[i].pages <= one->pfn);
}

static void take(struct gen_iova *iova, uint64_t *seed, unsigned bits, enum sizes sizes)
{
	unsigned cpu = (unsigned)draw(seed, SLOW_CPUS);
	struct live one = {.pages = draw_pages(seed, sizes)};
	uint64_t address = 0, expected = slow_get(cpu, one.pages);
	int status = gen_iova_get(iova, cpu, one.pages, &address);

	assert_int_equal(status, expected ? 0 : -ENOSPC);
	if (status)
		return;
	assert_int_equal(address, expected * PAGE);
	one.pfn = expected;
	check_alone(&one, bits);
	live[n_live++] = one;
}

static void give(struct gen_iova *iova, uint64_t *seed)
{
	unsigned cpu = (unsigned)draw(seed, SLOW_CPUS), i = (unsigned)draw(seed, n_live);

	slow_put(cpu, live[i].pfn, live[i].pages);
	gen_iova_put(iova, cpu, live[i].pfn * PAGE, live[i].pages);
	live[i] = live[--n_live];
}

/* Waves, so that magazines fill and the depots too, and are taken from again. */
static void run(uint64_t seed, unsigned bits, enum sizes sizes, unsigned steps)
{
	struct gen_iova *iova = make(SLOW_CPUS, bits, false);

	slow_begin(SLOW_CPUS, bits);
	assert_int_equal(gen_iova_reserve(iova, 0xfee00000, 0xfeefffff), 0);
	slow_insert(0xfee00, 0xfeeff);
	n_live = 0;
	for (unsigned i = 0; i < steps; i++) {
		bool rising = i / 4000 % 2 == 0;
		bool takes = !n_live || (n_live < LIVE_MAX && draw(&seed, 10) < (rising ? 8 : 2));

		if (takes)
			take(iova, &seed, bits, sizes);
		else
			give(iova, &seed);
	}
	gen_iova_destroy(iova);
}

static uint64_t seed_of_test(void)
{
	const char *text = getenv("IOASIM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : 1;

	print_message("IOASIM_SEED=%" PRIu64 "\n", seed);
	return seed;
}

static void random_cases_are_as_in_the_plain_implementation(void **state)
{
	uint64_t seed = seed_of_test();

	(void)state;
	run(seed, 48, FEW, 24000);
	run(seed + 1, 48, CACHED, 12000);
	run(seed + 2, 40, ALL, 6000);
	run(seed + 3, 32, ALL, 6000);
	run(seed + 4, 33, ALL, 6000);
}

/* ---- The queue of a lazy policy ---------------------------------------------------------------------- */

static void lazy_addresses_come_back_with_the_256th(void **state)
{
	struct gen_iova *iova = make(1, 48, false);
	struct gen_flush *flush = gen_flush_create(iova, 1);
	uint64_t address[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		address[i] = get(iova, 0, 1);
	for (unsigned i = 0; i < 255; i++)
		gen_flush_put(flush, 0, address[i], 1);
	assert_int_equal(get(iova, 0, 1), address[255] - PAGE);
	/* The queue is full: it is flushed, and then takes the new one. */
	gen_flush_put(flush, 0, address[255], 1);
	assert_int_equal(get(iova, 0, 1), address[254]);
	gen_flush_destroy(flush);
	gen_iova_destroy(iova);
}

static void lazy_addresses_come_back_after_10_ms(void **state)
{
	struct gen_iova *iova = make(1, 48, false);
	struct gen_flush *flush = gen_flush_create(iova, 1);
	uint64_t first = get(iova, 0, 1);

	(void)state;
	gen_flush_tick(flush, 5000000);
	gen_flush_put(flush, 0, first, 1);
	gen_flush_tick(flush, 14999999);
	assert_int_equal(get(iova, 0, 1), first - PAGE);
	gen_flush_tick(flush, 15000000);
	assert_int_equal(get(iova, 0, 1), first);
	gen_flush_destroy(flush);
	gen_iova_destroy(iova);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_go_down_from_4_gib),
		cmocka_unit_test(a_search_goes_on_where_the_last_ended),
		cmocka_unit_test(a_cpu_gets_back_what_it_gave_last),
		cmocka_unit_test(the_255th_page_given_back_fills_the_depot),
		cmocka_unit_test(the_worker_gives_back_what_the_depot_has_beyond_cpus),
		cmocka_unit_test(addresses_above_4_gib_come_when_all_below_are_taken),
		cmocka_unit_test(a_device_of_32_bits_runs_out),
		cmocka_unit_test(caches_are_emptied_when_nothing_is_left),
		cmocka_unit_test(reserved_ranges_are_left_out),
		cmocka_unit_test(random_cases_are_as_in_the_plain_implementation),
		cmocka_unit_test(lazy_addresses_come_back_with_the_256th),
		cmocka_unit_test(lazy_addresses_come_back_after_10_ms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
