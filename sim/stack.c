/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STACK_EMPTY UINT32_MAX
#define STACK_HOLE  (UINT32_MAX - 1)
#define PLACES_MIN  64u
#define PLACES_MAX  (UINT32_C(1) << 31)

/* ---- Counting taken places --------------------------------------------------------- */

static void count(struct stack *s, uint32_t place, uint32_t change)
{
	for (uint32_t i = place + 1; i <= s->places; i += i & -i)
		s->sum[i] += change;
}

/* Taken places up to this one, which is among them. */
static uint32_t taken_to(const struct stack *s, uint32_t place)
{
	uint32_t sum = 0;

	for (uint32_t i = place + 1; i; i &= i - 1)
		sum += s->sum[i];
	return sum;
}

static void take(struct stack *s, uint32_t place, uint32_t what)
{
	s->at[place] = what;
	s->taken++;
	count(s, place, 1);
}

static void leave(struct stack *s, uint32_t place)
{
	s->at[place] = STACK_EMPTY;
	s->taken--;
	count(s, place, UINT32_MAX);
}

/* ---- Holes -------------------------------------------------------------------------- */

static int hole_add(struct stack *s, uint32_t place)
{
	uint32_t i = s->holes, room;
	uint32_t *bigger;

	if (s->holes == s->holes_room) {
		room = s->holes_room ? s->holes_room * 2 : PLACES_MIN;
		bigger = reallocarray(s->hole, room, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		s->hole = bigger;
		s->holes_room = room;
	}
	s->holes++;
	for (; i && s->hole[(i - 1) / 2] < place; i = (i - 1) / 2)
		s->hole[i] = s->hole[(i - 1) / 2];
	s->hole[i] = place;
	return 0;
}

/* The top one goes. */
static void hole_fill(struct stack *s)
{
	uint32_t last, i = 0;

	leave(s, s->hole[0]);
	last = s->hole[--s->holes];
	while (2 * i + 1 < s->holes) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < s->holes && s->hole[child + 1] > s->hole[child])
			child++;
		if (s->hole[child] < last)
			break;
		s->hole[i] = s->hole[child];
		i = child;
	}
	if (s->holes)
		s->hole[i] = last;
}

/* ---- Room --------------------------------------------------------------------------- */

static int numbers_grow(struct stack *s, uint32_t number)
{
	uint32_t room = s->numbers ? s->numbers : PLACES_MIN;
	uint32_t *bigger;

	while (room <= number)
		room *= 2;
	bigger = reallocarray(s->place_of, room, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	memset(bigger + s->numbers, 0xff, (room - s->numbers) * sizeof(*bigger));
	s->place_of = bigger;
	s->numbers = room;
	return 0;
}

/* From the top down, so that the list of holes is a heap. */
static void list_holes(struct stack *s)
{
	s->holes = 0;
	for (uint32_t place = s->top; place--;)
		if (s->at[place] == STACK_HOLE)
			s->hole[s->holes++] = place;
}

/* Leaves out the empty places, and makes room for as many as are taken besides. */
static int pack(struct stack *s)
{
	uint32_t places = s->places ? s->places : PLACES_MIN, next = 0;
	uint32_t *at, *sum;

	while (places / 2 < s->taken && places < PLACES_MAX)
		places *= 2;
	if (places / 2 < s->taken)
		return -ENOMEM;
	at = reallocarray(s->at, places, sizeof(*at));
	if (!at)
		return -ENOMEM;
	s->at = at;
	sum = reallocarray(s->sum, places + (size_t)1, sizeof(*sum));
	if (!sum)
		return -ENOMEM;
	s->sum = sum;
	for (uint32_t place = 0; place < s->top; place++) {
		uint32_t what = at[place];

		if (what == STACK_EMPTY)
			continue;
		if (what != STACK_HOLE)
			s->place_of[what] = next;
		at[next++] = what;
	}
	memset(at + next, 0xff, (places - next) * sizeof(*at));
	s->places = places;
	s->top = next;
	list_holes(s);
	/* A sum over n places that end at i, where n is the lowest bit of i. */
	for (uint32_t i = 1; i <= places; i++) {
		uint32_t first = i - (i & -i);

		sum[i] = first >= next ? 0 : (i < next ? i : next) - first;
	}
	return 0;
}

/* ---- Steps -------------------------------------------------------------------------- */

void stack_fini(struct stack *s)
{
	free(s->at);
	free(s->sum);
	free(s->place_of);
	free(s->hole);
	*s = (struct stack){0};
}

static uint32_t place_of(const struct stack *s, uint32_t number)
{
	return number < s->numbers ? s->place_of[number] : STACK_ABSENT;
}

uint32_t stack_depth(const struct stack *s, uint32_t number)
{
	uint32_t place = place_of(s, number);

	return place == STACK_ABSENT ? STACK_ABSENT : s->taken - taken_to(s, place);
}

/*
 * The used entry comes in above all. Caches that hold a hole and not the entry have it
 * fill the hole; those that hold both now have a hole where the entry was.
 */
int stack_use(struct stack *s, uint32_t number)
{
	uint32_t place = place_of(s, number);
	int error = 0;

	if (place != STACK_ABSENT && place + 1 == s->top)
		return 0;
	if (number >= s->numbers)
		error = numbers_grow(s, number);
	if (!error && s->top == s->places)
		error = pack(s);
	if (error)
		return error;
	place = s->place_of[number];
	if (place == STACK_ABSENT) {
		if (s->holes)
			hole_fill(s);
	} else if (s->holes && s->hole[0] > place) {
		hole_fill(s);
		s->at[place] = STACK_HOLE;
		error = hole_add(s, place);
	} else {
		leave(s, place);
	}
	s->place_of[number] = s->top;
	take(s, s->top++, number);
	return error;
}

int stack_remove(struct stack *s, uint32_t number)
{
	uint32_t place = place_of(s, number);

	if (place == STACK_ABSENT)
		return 0;
	s->place_of[number] = STACK_ABSENT;
	s->at[place] = STACK_HOLE;
	return hole_add(s, place);
}

void stack_clear(struct stack *s)
{
	for (uint32_t place = 0; place < s->top; place++)
		if (s->at[place] < STACK_HOLE)
			s->place_of[s->at[place]] = STACK_ABSENT;
	s->top = s->taken = s->holes = 0;
	if (s->places) {
		memset(s->at, 0xff, s->places * sizeof(*s->at));
		memset(s->sum, 0, (s->places + (size_t)1) * sizeof(*s->sum));
	}
}
