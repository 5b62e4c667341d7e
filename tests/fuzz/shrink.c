/* SPDX-License-Identifier: Apache-2.0 */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

/* Takes `count` steps from `first` on out if it fails without them. */
static bool drop(struct fuzz_program *s, size_t first, size_t count)
{
	size_t at = s->header + first * s->step, length = count * s->step;
	uint8_t *less;
	bool fails;

	if (at + length > s->size)
		return false;
	less = malloc(s->size);
	if (!less)
		return false;
	memcpy(less, s->data, at);
	memcpy(less + at, s->data + at + length, s->size - at - length);
	fails = s->run(s->state, less, s->size - length) != NULL;
	if (fails) {
		s->size -= length;
		memcpy(s->data, less, s->size);
	}
	free(less);
	return fails;
}

static bool drop_all(struct fuzz_program *s)
{
	size_t steps = s->size > s->header ? (s->size - s->header) / s->step : 0;
	bool dropped = false;

	for (size_t count = steps / 2 ? steps / 2 : 1; count; count /= 2)
		for (size_t first = steps; first--;)
			dropped |= drop(s, first, count);
	return dropped;
}

/* Bytes become 0, or lose their highest bits, while it fails. */
static bool simplify(struct fuzz_program *s)
{
	bool simpler = false;

	for (size_t at = 0; at < s->size; at++) {
		const uint8_t old = s->data[at];
		const uint8_t tries[] = {0, old & 1, old & 7, old & 0x1f};

		for (unsigned n = 0; n < sizeof(tries) && s->data[at] == old; n++) {
			s->data[at] = tries[n];
			if (tries[n] < old && s->run(s->state, s->data, s->size))
				simpler = true;
			else
				s->data[at] = old;
		}
	}
	return simpler;
}

size_t fuzz_shrink(struct fuzz_program *s)
{
	if (s->size > s->header)
		s->size -= (s->size - s->header) % s->step;
	for (unsigned rounds = 0; rounds < 4; rounds++) {
		bool dropped = drop_all(s), simpler = simplify(s);

		if (!dropped && !simpler)
			break;
	}
	return s->size;
}
