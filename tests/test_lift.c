/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of lifting against a slow and obvious one, and the map of intervals that it
 * stands on.
 */
#include "trace_rig.h"

#include "model/interval.h"
#include "lift.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SPACES 3
#define PAGES  2000

/* ---- Intervals ---------------------------------------------------------------------- */

/* Which interval covers a page, as its first page plus 1; 0: none. */
struct plain {
	uint32_t page[SPACES][PAGES];
	size_t count;
};

static void check_place(const struct interval_map *map, const struct plain *plain, uint64_t space,
			uint64_t page)
{
	struct interval_place place;
	const struct interval *found = interval_find(map, space, page, &place);
	uint64_t at = page;

	while (at < PAGES && !plain->page[space][at])
		at++;
	if (at == PAGES) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_int_equal(found->first, plain->page[space][at] - 1);
	assert_int_equal(found->value, found->first * 3);
	while (at < PAGES && plain->page[space][at] == found->first + 1)
		at++;
	assert_int_equal(found->last, at - 1);
	while (at < PAGES && !plain->page[space][at])
		at++;
	found = interval_next(map, &place);
	if (at == PAGES)
		assert_null(found);
	else
		assert_int_equal(found->first, plain->page[space][at] - 1);
}

static void insert(struct interval_map *map, struct plain *plain, uint64_t *random)
{
	uint64_t space = rig_random(random) % SPACES;
	uint64_t first = rig_random(random) % PAGES;
	uint64_t last = first + rig_random(random) % 4;
	const struct interval interval = {
		.space = space, .first = first, .last = last, .value = first * 3};
	bool is_free = last < PAGES;

	if (last >= PAGES)
		return;
	for (uint64_t page = first; page <= last; page++)
		is_free &= !plain->page[space][page];
	assert_int_equal(interval_is_free(map, space, first, last), is_free);
	if (!is_free)
		return;
	assert_int_equal(interval_insert(map, &interval), 0);
	for (uint64_t page = first; page <= last; page++)
		plain->page[space][page] = (uint32_t)first + 1;
	plain->count++;
}

static void remove_one(struct interval_map *map, struct plain *plain, uint64_t *random)
{
	uint64_t space = rig_random(random) % SPACES;
	struct interval_place place;
	const struct interval *found =
		interval_find(map, space, rig_random(random) % PAGES, &place);

	if (!found)
		return;
	for (uint64_t page = found->first; page <= found->last; page++)
		plain->page[space][page] = 0;
	plain->count--;
	interval_remove(map, &place);
}

/* Grows and shrinks in turn, so that chunks split and join. */
static void intervals_are_what_a_plain_array_holds(void **state)
{
	uint64_t random = rig_seed();
	struct plain *plain = calloc(1, sizeof(*plain));
	struct interval_map map = {0};

	(void)state;
	assert_non_null(plain);
	for (unsigned i = 0; i < 60000; i++) {
		bool grow = i / 5000 % 2 == 0;

		if (rig_random(&random) % 4 == 0 ? !grow : grow)
			insert(&map, plain, &random);
		else
			remove_one(&map, plain, &random);
		assert_int_equal(map.count, plain->count);
		check_place(&map, plain, rig_random(&random) % SPACES, rig_random(&random) % PAGES);
	}
	/* Chunks of 128 that are joined below half are at least a quarter full together. */
	assert_true(map.chunks <= map.count / 32 + SPACES + 1);
	interval_fini(&map);
	free(plain);
}

static void intervals_reach_the_last_address(void **state)
{
	const struct interval top = {.space = UINT64_MAX, .first = UINT64_MAX, .last = UINT64_MAX};
	const struct interval all = {.space = 1, .first = 0, .last = UINT64_MAX};
	struct interval_map map = {0};
	struct interval_place place;

	(void)state;
	assert_int_equal(interval_insert(&map, &top), 0);
	assert_int_equal(interval_insert(&map, &all), 0);
	assert_non_null(interval_find(&map, 1, UINT64_MAX, &place));
	assert_null(interval_next(&map, &place));
	assert_non_null(interval_find(&map, UINT64_MAX, 0, &place));
	assert_null(interval_find(&map, 2, 0, &place));
	interval_fini(&map);
}

/* ---- The book ------------------------------------------------------------------------ */

static struct rig_trace *collected;

static int put(void *opaque, const struct trace_record *record)
{
	struct rig_trace *trace = opaque;

	trace->records = realloc(trace->records, (trace->count + 1) * sizeof(*record));
	assert_non_null(trace->records);
	trace->records[trace->count++] = *record;
	return 0;
}

/* An access with its answer, as an importer tells it. */
static void access_page(struct lift *lift, const struct lift_answer *answer, bool refused,
			uint8_t access)
{
	const struct lift_target target = {
		.rid = answer->domain + 100, .pasid = TRACE_NO_PASID, .domain = answer->domain};
	struct trace_record dma = {.kind = TRACE_DMA,
				   .flags = (uint16_t)(TRACE_ANSWERED |
						       (refused ? TRACE_REFUSED : 0)),
				   .pasid = TRACE_NO_PASID,
				   .rid = target.rid,
				   .access = access,
				   .address = answer->iova,
				   .value = refused ? 0 : answer->pa,
				   .length = 1};

	assert_int_equal(lift_attach(lift, &target), 0);
	if (refused)
		assert_int_equal(lift_refusal(lift, answer->domain, answer->iova, access), 0);
	else
		assert_int_equal(lift_answer(lift, answer), 0);
	assert_int_equal(put(collected, &dma), 0);
}

/* Pages of several sizes that contradict each other, refusals and invalidations: the
 * records obey what rig_check_maps() asserts. */
static void whatever_is_answered_the_records_hold_together(void **state)
{
	uint64_t random = rig_seed();
	struct rig_trace trace = {0};
	struct lift *lift;

	(void)state;
	collected = &trace;
	assert_int_equal(lift_new(put, &trace, &lift), 0);
	for (unsigned i = 0; i < 20000; i++) {
		static const uint8_t sizes[] = {0, 12, 12, 12, 13, 14, 21};
		uint8_t size = sizes[rig_random(&random) % sizeof(sizes)];
		uint64_t mask = (UINT64_C(1) << (size < 12 ? 12 : size)) - 1;
		struct lift_answer answer = {.domain = (uint32_t)(rig_random(&random) % 3),
					     .iova = rig_random(&random) & 0x7fffff,
					     .size_lg2 = size,
					     .access = (uint8_t)(1 + rig_random(&random) % 3)};
		uint64_t first = rig_random(&random) & 0x7ff000;

		answer.pa = ((rig_random(&random) & 3) << 32 & ~mask) | (answer.iova & mask);
		switch (rig_random(&random) % 8) {
		case 0:
			access_page(lift, &answer, true, answer.access);
			break;
		case 1:
			assert_int_equal(lift_invalidate(lift, answer.domain, first,
							 first + (rig_random(&random) & 0x3fff)),
					 0);
			break;
		default:
			access_page(lift, &answer, false, answer.access);
		}
	}
	assert_int_equal(lift_invalidate_domain(lift, 1), 0);
	assert_int_equal(lift_invalidate_all(lift), 0);
	assert_int_equal(lift_count(lift), 0);
	rig_check_maps(&trace);
	lift_free(lift);
	rig_free(&trace);
}

static void kinds_of(const struct rig_trace *trace, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < trace->count && n + 1 < size; i++) {
		text[n++] = trace->records[i].kind == TRACE_MAP     ? 'm'
			    : trace->records[i].kind == TRACE_UNMAP ? 'u'
								    : '.';
		text[n] = '\0';
	}
}

/* Each line of the rule in docs/lifting.md. */
static void the_rule_of_lifting(void **state)
{
	struct lift_answer page = {
		.domain = 1, .iova = 0x5000, .pa = 0x9000, .size_lg2 = 12, .access = IOASIM_READ};
	struct rig_trace trace = {0};
	struct lift *lift;
	char text[64];

	(void)state;
	assert_int_equal(lift_new(put, &trace, &lift), 0);
	assert_int_equal(lift_answer(lift, &page), 0); /* .m: domain, map */
	assert_int_equal(lift_answer(lift, &page), 0); /* known */
	assert_int_equal(lift_refusal(lift, 1, 0x5000, IOASIM_WRITE), 0); /* never had it */
	assert_int_equal(lift_refusal(lift, 1, 0x6000, IOASIM_READ), 0); /* not known */
	page.access = IOASIM_READ | IOASIM_WRITE;
	assert_int_equal(lift_answer(lift, &page), 0); /* um: rights have grown */
	page.access = IOASIM_READ;
	assert_int_equal(lift_answer(lift, &page), 0); /* fewer told, none lost */
	page.pa = 0xa000;
	assert_int_equal(lift_answer(lift, &page), 0); /* um: another page */
	assert_int_equal(lift_invalidate(lift, 2, 0, UINT64_MAX), 0);
	assert_int_equal(lift_invalidate(lift, 1, 0x6000, UINT64_MAX), 0);
	assert_int_equal(lift_invalidate(lift, 1, 0, 0x4fff), 0);
	assert_int_equal(lift_invalidate(lift, 1, 0x5fff, 0x5fff), 0); /* u: touched */
	page.size_lg2 = 64;
	assert_int_equal(lift_answer(lift, &page), 0); /* no table has such a page */
	kinds_of(&trace, text, sizeof(text));
	assert_string_equal(text, ".mumumu");
	assert_int_equal(trace.records[3].access, IOASIM_READ | IOASIM_WRITE);
	lift_free(lift);
	rig_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_are_what_a_plain_array_holds),
		cmocka_unit_test(intervals_reach_the_last_address),
		cmocka_unit_test(whatever_is_answered_the_records_hold_together),
		cmocka_unit_test(the_rule_of_lifting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
