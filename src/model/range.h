/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked arithmetic on sizes and addresses from outside.
 *
 * Ranges are closed, start..last, because a range to the top of the address
 * space has no end that fits 64 bits.
 */
#ifndef MODEL_RANGE_H
#define MODEL_RANGE_H

#include <ioasim/types.h>

struct range {
	uint64_t start, last;
};

/* false, and *result untouched, if the true result does not fit. */
static inline IOASIM_MUST_CHECK bool range_add(uint64_t a, uint64_t b, uint64_t *result)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*result = sum;
	return true;
}

static inline IOASIM_MUST_CHECK bool range_mul(uint64_t a, uint64_t b, uint64_t *result)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*result = product;
	return true;
}

/* The range of `size` bytes from `start`; false if that is none or goes beyond the
 * top. The whole 64-bit space has no size: it is {0, UINT64_MAX}. */
static inline IOASIM_MUST_CHECK bool range_make(uint64_t start, uint64_t size, struct range *range)
{
	if (size == 0 || size - 1 > UINT64_MAX - start)
		return false;
	range->start = start;
	range->last = start + (size - 1);
	return true;
}

static inline bool range_holds(struct range range, uint64_t address)
{
	return address >= range.start && address <= range.last;
}

static inline bool range_inside(struct range inner, struct range outer)
{
	return inner.start >= outer.start && inner.last <= outer.last;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.start <= b.last && b.start <= a.last;
}

/* Whether the range lies below 2^bits; bits at most 64. */
static inline bool range_fits_bits(struct range range, unsigned bits)
{
	return bits >= 64 || range.last >> bits == 0;
}

/* The block of 2^lg2 bytes around an address; lg2 64 and more: everything. */
static inline struct range range_block(uint64_t address, unsigned lg2)
{
	uint64_t inside = lg2 >= 64 ? UINT64_MAX : (UINT64_C(1) << lg2) - 1;

	return (struct range){address & ~inside, address | inside};
}

#endif
