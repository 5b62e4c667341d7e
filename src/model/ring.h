/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic of rings in memory: who reads follows who writes.
 *
 * Two kinds. Rings of byte offsets (VT-d, AMD-Vi): equal offsets mean empty, so
 * one entry always stays free. Rings of index and wrap bit (SMMUv3): the bit
 * above the index changes with every turn, so all entries can be used.
 *
 * Offsets and indices come from registers that software writes: the functions
 * give no value outside the ring whatever they are given, and the caller checks
 * with the `valid` functions where it matters.
 */
#ifndef MODEL_RING_H
#define MODEL_RING_H

#include <stdbool.h>
#include <stdint.h>

/* ---- Byte offsets; `size` of the ring and `entry` are powers of two -------------- */

static inline bool ring_valid(uint64_t offset, uint64_t entry, uint64_t size)
{
	return offset < size && (offset & (entry - 1)) == 0;
}

/* Offset of the entry behind this one. */
static inline uint64_t ring_next(uint64_t offset, uint64_t entry, uint64_t size)
{
	return (offset + entry) & (size - 1) & ~(entry - 1);
}

static inline bool ring_empty(uint64_t head, uint64_t tail)
{
	return head == tail;
}

/* Entries from head up to tail. */
static inline uint64_t ring_count(uint64_t head, uint64_t tail, uint64_t entry, uint64_t size)
{
	return ((tail - head) & (size - 1)) / entry;
}

/* No room for one more. */
static inline bool ring_full(uint64_t head, uint64_t tail, uint64_t entry, uint64_t size)
{
	return ring_next(tail, entry, size) == (head & (size - 1));
}

/* Entries that still fit. */
static inline uint64_t ring_room(uint64_t head, uint64_t tail, uint64_t entry, uint64_t size)
{
	return size / entry - 1 - ring_count(head, tail, entry, size);
}

/* ---- Index and wrap bit; 2^lg2 entries, lg2 at most 30 -------------------------- */

/* Index and wrap bit of a register value; other bits cut off. */
static inline uint32_t ring_wrap_bits(uint32_t value, unsigned lg2)
{
	return value & ((UINT32_C(2) << lg2) - 1);
}

static inline uint32_t ring_wrap_index(uint32_t value, unsigned lg2)
{
	return value & ((UINT32_C(1) << lg2) - 1);
}

static inline uint32_t ring_wrap_next(uint32_t value, unsigned lg2)
{
	return ring_wrap_bits(value + 1, lg2);
}

static inline bool ring_wrap_empty(uint32_t consumer, uint32_t producer, unsigned lg2)
{
	return ring_wrap_bits(consumer, lg2) == ring_wrap_bits(producer, lg2);
}

/* Entries from consumer to producer; above 2^lg2 if the two contradict. */
static inline uint32_t ring_wrap_count(uint32_t consumer, uint32_t producer, unsigned lg2)
{
	return ring_wrap_bits(producer - consumer, lg2);
}

static inline bool ring_wrap_full(uint32_t consumer, uint32_t producer, unsigned lg2)
{
	return ring_wrap_count(consumer, producer, lg2) == UINT32_C(1) << lg2;
}

/* The producer is not more than one turn ahead. */
static inline bool ring_wrap_valid(uint32_t consumer, uint32_t producer, unsigned lg2)
{
	return ring_wrap_count(consumer, producer, lg2) <= UINT32_C(1) << lg2;
}

#endif
