/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs against the uAPI; see uapi_program.h for what must hold. */
#include "uapi_program.h"

#include <stdlib.h>
#include <string.h>

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return calloc(1, sizeof(struct uapi_program));
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	return uapi_program_run(state, data, size);
}

/* ---- Making a program that fails smaller --------------------------------------------------- */

struct shrink {
	struct uapi_program *program;
	uint8_t *data;
	size_t size;
};

/* Takes `count` steps from `first` on out if it fails without them. */
static bool drop(struct shrink *s, size_t first, size_t count)
{
	uint8_t less[UAPI_INPUT];
	size_t at = UAPI_HEADER + first * UAPI_STEP, length = count * UAPI_STEP;

	if (at + length > s->size)
		return false;
	memcpy(less, s->data, at);
	memcpy(less + at, s->data + at + length, s->size - at - length);
	if (!run(s->program, less, s->size - length))
		return false;
	s->size -= length;
	memcpy(s->data, less, s->size);
	return true;
}

static bool drop_all(struct shrink *s)
{
	bool dropped = false;

	for (size_t count = UAPI_STEPS / 2; count; count /= 2)
		for (size_t first = UAPI_STEPS; first--;)
			dropped |= drop(s, first, count);
	return dropped;
}

/* Bytes become 0, or lose their highest bits, while it fails. */
static bool simplify(struct shrink *s)
{
	bool simpler = false;

	for (size_t at = 0; at < s->size; at++) {
		const uint8_t old = s->data[at];
		const uint8_t tries[] = {0, old & 1, old & 7, old & 0x1f};

		for (unsigned n = 0; n < sizeof(tries) && s->data[at] == old; n++) {
			s->data[at] = tries[n];
			if (tries[n] < old && run(s->program, s->data, s->size))
				simpler = true;
			else
				s->data[at] = old;
		}
	}
	return simpler;
}

/* Leaves the smallest program that was found in `data`, and prints it. */
static size_t shrink(void *state, uint8_t *data, size_t size)
{
	struct shrink s = {state, data, size};

	if (s.size > UAPI_HEADER)
		s.size -= (s.size - UAPI_HEADER) % UAPI_STEP;
	for (unsigned rounds = 0; rounds < 4; rounds++) {
		bool dropped = drop_all(&s), simpler = simplify(&s);

		if (!dropped && !simpler)
			break;
	}
	s.program->out = stdout;
	run(s.program, s.data, s.size);
	s.program->out = NULL;
	return s.size;
}

static void finish(void *state)
{
	free(state);
}

const struct fuzz_target fuzz_target = {
	.name = "uapi",
	.max_size = UAPI_INPUT,
	.structured = true,
	.setup = setup,
	.run = run,
	.shrink = shrink,
	.finish = finish,
};
