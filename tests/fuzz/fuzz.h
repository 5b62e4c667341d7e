/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz harnesses: each is a program of its own with a seeded mutator, and under
 * libFuzzer (FUZZ_LIBFUZZER) the same target is driven by it.
 *
 * A target looks at one input and says whether what it demands of the code holds;
 * that the code neither crashes nor hangs is seen by the driver and the sanitizers.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct fuzz_seed {
	const uint8_t *data;
	size_t size;
};

struct fuzz_target {
	const char *name;
	size_t max_size; /* of an input */
	bool structured; /* random bytes reach as deep as mutated seeds do */
	/* Makes what runs share; fills *seeds (may stay empty), which live as long. NULL
	 * on failure. */
	void *(*setup)(struct fuzz_seed *seeds, size_t *n_seeds);
	/* NULL: all holds; otherwise what does not, a string that lives for ever. */
	const char *(*run)(void *state, const uint8_t *data, size_t size);
	/* Makes an input that fails smaller, prints what it does, and returns its size; NULL:
	 * inputs are kept as they are. */
	size_t (*shrink)(void *state, uint8_t *data, size_t size);
	/* Tells what all runs have met; false: not all that they should. NULL: nothing is
	 * counted. */
	bool (*stats)(void *state, FILE *out);
	void (*finish)(void *state);
};

#define FUZZ_SEEDS_MAX 32

/* The target of this program. */
extern const struct fuzz_target fuzz_target;

/* xorshift64*; the state is not 0. */
static inline uint64_t fuzz_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* ---- mutate.c ---------------------------------------------------------------- */

struct fuzz_corpus {
	const struct fuzz_seed *seeds;
	size_t count;
};

/* Makes an input of at most `max` bytes in `data`; returns its size. */
size_t fuzz_make(const struct fuzz_target *target, const struct fuzz_corpus *corpus,
		 uint64_t *random, uint8_t *data);

/* ---- Taking an input apart ---------------------------------------------------- */

struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

/* The next byte, 0 behind the end. */
static inline uint8_t fuzz_byte(struct fuzz_bytes *bytes)
{
	if (!bytes->left)
		return 0;
	bytes->left--;
	return *bytes->at++;
}

static inline uint64_t fuzz_word(struct fuzz_bytes *bytes, unsigned size)
{
	uint64_t word = 0;

	for (unsigned i = 0; i < size; i++)
		word |= (uint64_t)fuzz_byte(bytes) << (8 * i);
	return word;
}

#endif
