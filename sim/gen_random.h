/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers of the generators: the same on every machine for a seed, so all of
 * it is integer arithmetic.
 */
#ifndef SIM_GEN_RANDOM_H
#define SIM_GEN_RANDOM_H

#include <stdint.h>

/* xoshiro256** (Blackman and Vigna), seeded by splitmix64. */
struct gen_random {
	uint64_t state[4];
};

void gen_random_seed(struct gen_random *random, uint64_t seed);
uint64_t gen_random_next(struct gen_random *random);

/* Evenly from 0 to bound - 1; bound is not 0. */
uint64_t gen_random_below(struct gen_random *random, uint64_t bound);

/* An interval of a Poisson process: exponential with this mean, rounded down. */
uint64_t gen_random_interval(struct gen_random *random, uint64_t mean);

/*
 * Choices 0..count-1 with probabilities like 1 / (rank + 1)^s (Zipf), s in hundredths;
 * s 0: all alike, and nothing is kept.
 */
struct gen_zipf {
	uint64_t *below; /* sums of weights, NULL: all alike */
	uint64_t count;
};

/* count from 1 to 2^32. -ENOMEM. */
int gen_zipf_init(struct gen_zipf *zipf, uint64_t count, unsigned hundredths);
uint64_t gen_zipf_next(const struct gen_zipf *zipf, struct gen_random *random);
void gen_zipf_fini(struct gen_zipf *zipf);

#endif
