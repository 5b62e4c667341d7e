/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of all LRU caches against such caches played one by one, each a list: the
 * same hits for every number of entries, with removals and without.
 */
#include "stack.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NUMBERS 48u
#define CACHES  40u /* of 1 to so many entries */

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

/* A cache of `size` entries: the last used one first. */
struct list {
	uint32_t size, live;
	uint32_t entry[CACHES];
};

static bool list_remove(struct list *list, uint32_t number)
{
	for (uint32_t i = 0; i < list->live; i++) {
		if (list->entry[i] != number)
			continue;
		list->live--;
		memmove(list->entry + i, list->entry + i + 1,
			(list->live - i) * sizeof(list->entry[0]));
		return true;
	}
	return false;
}

static bool list_use(struct list *list, uint32_t number)
{
	bool hit = list_remove(list, number);

	if (list->live == list->size)
		list->live--;
	memmove(list->entry + 1, list->entry, list->live * sizeof(list->entry[0]));
	list->entry[0] = number;
	list->live++;
	return hit;
}

struct pair {
	struct stack stack;
	struct list list[CACHES];
};

static void open_pair(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	for (uint32_t i = 0; i < CACHES; i++)
		p->list[i].size = i + 1;
}

static void use(struct pair *p, uint32_t number)
{
	uint32_t depth = stack_depth(&p->stack, number);

	assert_int_equal(stack_use(&p->stack, number), 0);
	assert_int_equal(stack_depth(&p->stack, number), 0);
	for (uint32_t i = 0; i < CACHES; i++)
		assert_int_equal(list_use(&p->list[i], number),
				 depth != STACK_ABSENT && depth < p->list[i].size);
}

static void remove_one(struct pair *p, uint32_t number)
{
	assert_int_equal(stack_remove(&p->stack, number), 0);
	assert_int_equal(stack_depth(&p->stack, number), STACK_ABSENT);
	for (uint32_t i = 0; i < CACHES; i++)
		list_remove(&p->list[i], number);
}

static void clear(struct pair *p)
{
	stack_clear(&p->stack);
	for (uint32_t i = 0; i < CACHES; i++)
		p->list[i].live = 0;
}

/* Numbers from a few that are used again and again up to all. */
static uint32_t pick(uint64_t *random)
{
	uint64_t z = splitmix(random);
	uint32_t some = 1 + (uint32_t)(z >> 32) % NUMBERS;

	return (uint32_t)z % some;
}

static void the_stack_is_every_lru_cache(void **state)
{
	uint64_t seed = test_seed();

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		uint64_t random = seed + round;
		unsigned removals = (unsigned)(splitmix(&random) % 40);
		struct pair p;

		open_pair(&p);
		for (unsigned step = 0; step < 3000; step++) {
			unsigned what = (unsigned)(splitmix(&random) % 100);

			if (what < removals)
				remove_one(&p, pick(&random));
			else if (what == 99 && round % 5 == 0 && step % 7 == 0)
				clear(&p);
			else
				use(&p, pick(&random));
		}
		/* Packed over and over, and no larger than its depth. */
		assert_true(p.stack.taken <= NUMBERS);
		assert_true(p.stack.places <= 4 * NUMBERS);
		stack_fini(&p.stack);
	}
}

/* The steps that decide whether holes are filled as caches fill free entries. */
static void a_hole_is_filled_by_what_comes_from_below(void **state)
{
	struct pair p;

	(void)state;
	open_pair(&p);
	for (uint32_t i = 0; i < 6; i++)
		use(&p, i);
	/* 5 4 3 2 1 0; without 4: 5 - 3 2 1 0 */
	remove_one(&p, 4);
	assert_int_equal(stack_depth(&p.stack, 3), 2);
	/* 1 from below fills it, and leaves one: 1 5 3 2 - 0 */
	use(&p, 1);
	assert_int_equal(stack_depth(&p.stack, 3), 2);
	assert_int_equal(stack_depth(&p.stack, 2), 3);
	assert_int_equal(stack_depth(&p.stack, 0), 5);
	/* 3 from above it does not: 3 1 5 2 - 0 */
	use(&p, 3);
	assert_int_equal(stack_depth(&p.stack, 2), 3);
	assert_int_equal(stack_depth(&p.stack, 0), 5);
	/* A new one fills it for good: 9 3 1 5 2 0 */
	use(&p, 9);
	assert_int_equal(stack_depth(&p.stack, 2), 4);
	assert_int_equal(stack_depth(&p.stack, 0), 5);
	use(&p, 10);
	assert_int_equal(stack_depth(&p.stack, 0), 6);
	stack_fini(&p.stack);
}

/* Memory grows with the entries, not with the steps. */
static void many_entries_are_told_apart(void **state)
{
	const uint32_t many = 100000;
	struct stack stack = {0};

	(void)state;
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t i = 0; i < many; i++) {
			if (round)
				assert_int_equal(stack_depth(&stack, i), many - 1);
			assert_int_equal(stack_use(&stack, i), 0);
		}
	assert_in_range(stack.places, many, 4 * many);
	for (uint32_t i = 0; i < many; i += 2)
		assert_int_equal(stack_remove(&stack, i), 0);
	assert_int_equal(stack_depth(&stack, 1), many - 2);
	assert_int_equal(stack_depth(&stack, 0), STACK_ABSENT);
	stack_fini(&stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stack_is_every_lru_cache),
		cmocka_unit_test(a_hole_is_filled_by_what_comes_from_below),
		cmocka_unit_test(many_entries_are_told_apart),
	};

	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
