/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_random.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Numbers ------------------------------------------------------------------------- */

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

void gen_random_seed(struct gen_random *random, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t mixed = seed += 0x9e3779b97f4a7c15u;

		mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
		mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
		random->state[i] = mixed ^ mixed >> 31;
	}
}

uint64_t gen_random_next(struct gen_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate(s[3], 45);
	return result;
}

/* By multiplication; what would make some values likelier is drawn again (Lemire). */
uint64_t gen_random_below(struct gen_random *random, uint64_t bound)
{
	unsigned __int128 product = (unsigned __int128)gen_random_next(random) * bound;

	if ((uint64_t)product < bound) {
		uint64_t reject = (0 - bound) % bound;

		while ((uint64_t)product < reject)
			product = (unsigned __int128)gen_random_next(random) * bound;
	}
	return (uint64_t)(product >> 64);
}

/* ---- Logarithms ------------------------------------------------------------------------ */

#define FRACTION_BITS 32
#define ONE           (UINT64_C(1) << FRACTION_BITS)

/* log2 of a number that is not 0, with 32 bits behind the point: digit by digit, each by
 * squaring the mantissa. */
static uint64_t log2_of(uint64_t value)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(value);
	uint64_t mantissa = value << (63 - whole); /* 1 to 2, 63 bits behind the point */
	uint64_t result = (uint64_t)whole << FRACTION_BITS;

	for (uint64_t digit = ONE >> 1; digit; digit >>= 1) {
		unsigned __int128 square = (unsigned __int128)mantissa * mantissa;

		mantissa = (uint64_t)(square >> 63);
		if (square >> 127) {
			mantissa = (uint64_t)(square >> 64);
			result |= digit;
		}
	}
	return result;
}

/* 2^-(1/2^(i+1)), 64 bits behind the point: square roots of a half. */
static const uint64_t roots[FRACTION_BITS] = {
	0xb504f333f9de6484, 0xd744fccad69d6af4, 0xeac0c6e7dd24392e, 0xf5257d152486cc2c,
	0xfa83b2db722a033a, 0xfd3e0c0cf486c174, 0xfe9e115c7b8f884b, 0xff4ecb59511ec8a5,
	0xffa756521c8daed1, 0xffd3a751c0f7e10b, 0xffe9d2b2f7db2755, 0xfff4e91bff1b8c3d,
	0xfffa747ea0040664, 0xfffd3a3b7814eb53, 0xfffe9d1cc60ddab1, 0xffff4e8e25879bfa,
	0xffffa7470363f451, 0xffffd3a37dda0313, 0xffffe9d1bdf703ae, 0xfffff4e8debe025e,
	0xfffffa746f4fa150, 0xfffffd3a37a3f8b0, 0xfffffe9d1bd1065a, 0xffffff4e8de845ad,
	0xffffffa746f41376, 0xffffffd3a37a05e3, 0xffffffe9d1bd01fb, 0xfffffff4e8de80c0,
	0xfffffffa746f4050, 0xfffffffd3a37a024, 0xfffffffe9d1bd011, 0xffffffff4e8de808,
};

/* 2^-exponent of a number with 32 bits behind the point, with 62 of them. */
static uint64_t half_to(uint64_t exponent)
{
	uint64_t result = UINT64_C(1) << 62;
	uint64_t whole = exponent >> FRACTION_BITS;

	for (unsigned i = 0; i < FRACTION_BITS; i++)
		if (exponent & ONE >> (i + 1))
			result = (uint64_t)((unsigned __int128)result * roots[i] >> 64);
	return whole < 63 ? result >> whole : 0;
}

uint64_t gen_random_interval(struct gen_random *random, uint64_t mean)
{
	/* ln 2, 32 bits behind the point. */
	const uint64_t ln2 = 0xb17217f7;
	/* -log2 of a number from above 0 to 1. */
	uint64_t drawn = gen_random_next(random) | 1;
	uint64_t bits = (UINT64_C(64) << FRACTION_BITS) - log2_of(drawn);
	unsigned __int128 nats = (unsigned __int128)bits * ln2 >> FRACTION_BITS;

	return (uint64_t)(nats * mean >> FRACTION_BITS);
}

/* ---- Zipf --------------------------------------------------------------------------------- */

int gen_zipf_init(struct gen_zipf *zipf, uint64_t count, unsigned hundredths)
{
	uint64_t sum = 0;

	*zipf = (struct gen_zipf){.count = count};
	if (!hundredths)
		return 0;
	zipf->below = calloc(count, sizeof(*zipf->below));
	if (!zipf->below)
		return -ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		unsigned __int128 power = (unsigned __int128)log2_of(i + 1) * hundredths / 100;
		uint64_t exponent = power >> 64 ? UINT64_MAX : (uint64_t)power;

		/* 30 bits of 62 are left, so that 2^32 sums fit. */
		sum += (half_to(exponent) >> 31) + 1;
		zipf->below[i] = sum;
	}
	return 0;
}

uint64_t gen_zipf_next(const struct gen_zipf *zipf, struct gen_random *random)
{
	uint64_t low = 0, high = zipf->count - 1, drawn;

	if (!zipf->below)
		return gen_random_below(random, zipf->count);
	drawn = gen_random_below(random, zipf->below[high]);
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (drawn < zipf->below[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void gen_zipf_fini(struct gen_zipf *zipf)
{
	free(zipf->below);
	*zipf = (struct gen_zipf){0};
}
