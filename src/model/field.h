/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named fields of registers and structures.
 *
 * A field is the pair (high bit, low bit) that the specification prints:
 *
 *	#define VTD_GSTS_TES	FIELD(31, 31)
 *
 * and is used by name only: field_get(VTD_GSTS_TES, value). Structures of
 * several words carry the word's number in the field's name.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <stdint.h>

#define FIELD(high, low) high, low

/* Constant form, for tables: FIELD_MASK(VTD_GSTS_TES). */
#define FIELD_MASK(...)            FIELD_MASK_(__VA_ARGS__)
#define FIELD_MASK_(high, low)     ((~UINT64_C(0) >> (63 - (high))) & (~UINT64_C(0) << (low)))
#define FIELD_VALUE(...)           FIELD_VALUE_(__VA_ARGS__)
#define FIELD_VALUE_(high, low, x) (((uint64_t)(x) << (low)) & FIELD_MASK_(high, low))

/* Mask of bits high..low of a 64-bit word; 0 if high < low. */
static inline uint64_t field_mask(unsigned high, unsigned low)
{
	return high < low ? 0 : FIELD_MASK_(high, low);
}

/* The field's value, shifted down. */
static inline uint64_t field_get(unsigned high, unsigned low, uint64_t word)
{
	return (word & FIELD_MASK_(high, low)) >> low;
}

/* The field's bits in place: for addresses, which are stored unshifted. */
static inline uint64_t field_bits(unsigned high, unsigned low, uint64_t word)
{
	return word & FIELD_MASK_(high, low);
}

/* A word with only this field set to x (cut to the field's width). */
static inline uint64_t field_prep(unsigned high, unsigned low, uint64_t x)
{
	return (x << low) & FIELD_MASK_(high, low);
}

static inline void field_set(uint64_t *word, unsigned high, unsigned low, uint64_t x)
{
	*word = (*word & ~FIELD_MASK_(high, low)) | field_prep(high, low, x);
}

#endif
