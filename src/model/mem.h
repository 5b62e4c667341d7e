/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit's side of simulated memory: loads and stores that can meet a bus
 * error. The software's side is <ioasim/memory.h>.
 *
 * The window that served last is kept in `fast`, so that a table fetch is a
 * compare and a load. While aborting ranges exist `fast` is empty and every
 * access takes the slow way, which checks them. `fast` is a pointer, so that
 * units in several threads can change it: what it points to stays as long as the
 * windows do.
 */
#ifndef MODEL_MEM_H
#define MODEL_MEM_H

#include <ioasim/memory.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "ioasim needs a little-endian host: words of simulated memory are used in place"
#endif

struct mem_fast {
	uint64_t base;
	uint64_t size; /* 0: nothing is fast */
	unsigned char *host; /* of `base`, 8-byte aligned */
};

/* First member of struct ioasim_memory, whose rest is memory.c's own. */
struct mem_head {
	const struct mem_fast *fast; /* never NULL */
};

enum mem_swap {
	MEM_SWAPPED,
	MEM_CHANGED, /* the word was not as expected; *expected is what it is */
	MEM_SWAP_ERROR,
};

/*
 * false: bus error. Any address and length; a store with a byte outside every
 * window or inside an aborting range stores nothing. compare_swap64: an address
 * that is not aligned to 8 is a bus error.
 */
bool mem_load_slow(struct ioasim_memory *memory, uint64_t address, void *data, size_t length);
bool mem_store(struct ioasim_memory *memory, uint64_t address, const void *data, size_t length);
enum mem_swap mem_compare_swap64(struct ioasim_memory *memory, uint64_t address, uint64_t *expected,
				 uint64_t desired);

static inline const struct mem_fast *mem_fast_window(const struct ioasim_memory *memory)
{
	const struct mem_head *head = (const struct mem_head *)(const void *)memory;

	return __atomic_load_n(&head->fast, __ATOMIC_RELAXED);
}

/* Host address of [address, address + length) if one fast window holds it. */
static inline const void *mem_fast_ptr(const struct ioasim_memory *memory, uint64_t address,
				       size_t length)
{
	const struct mem_fast *fast = mem_fast_window(memory);
	uint64_t offset = address - fast->base;

	if (__builtin_expect(offset < fast->size && fast->size - offset >= length, 1))
		return fast->host + offset;
	return NULL;
}

/* One 64-bit entry; address 8-byte aligned. Windows begin and end at pages, so that
 * a word that begins inside lies inside. */
static inline bool mem_load64(struct ioasim_memory *memory, uint64_t address, uint64_t *value)
{
	const struct mem_fast *fast = mem_fast_window(memory);
	uint64_t offset = address - fast->base;
	uint64_t slow = 0; /* `value` may stay in a register */
	bool good;

	if (__builtin_expect(offset < fast->size, 1)) {
		const void *p = fast->host + offset;

		*value = __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
		return true;
	}
	good = mem_load_slow(memory, address, &slow, sizeof(slow));
	*value = slow;
	return good;
}

/* An entry of `words` 64-bit words, aligned to its size. */
static inline bool mem_load_words(struct ioasim_memory *memory, uint64_t address, uint64_t *value,
				  unsigned words)
{
	const uint64_t *p = mem_fast_ptr(memory, address, words * sizeof(*value));

	if (!p)
		return mem_load_slow(memory, address, value, words * sizeof(*value));
	for (unsigned i = 0; i < words; i++)
		value[i] = __atomic_load_n(p + i, __ATOMIC_RELAXED);
	return true;
}

#endif
