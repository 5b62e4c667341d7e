/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a machine. Recorded tables and rings may lie anywhere in the 52
 * bits, and a word that a trace never names is 0: around the RAM windows lies
 * memory whose pages come into being when they are written.
 */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPARSE_PAGE 4096u

struct sparse_page {
	uint64_t number; /* page of the address space, plus 1; 0: the slot is free */
	unsigned char *data;
};

/* Pages by number, open addressing, at most half full. */
struct sparse {
	struct sparse_page *slot;
	size_t slots; /* power of two, or 0 */
	size_t used;
};

struct gap {
	struct sparse *sparse;
	uint64_t base;
};

struct machine_memory {
	struct ioasim_memory *memory;
	struct sparse sparse;
	struct gap gap[MACHINE_WINDOWS + 1];
};

static struct sparse_page *sparse_slot(const struct sparse *sparse, uint64_t number)
{
	size_t i = (size_t)((number * 0x9e3779b97f4a7c15u) >> 20);

	while (sparse->slot[i & (sparse->slots - 1)].number &&
	       sparse->slot[i & (sparse->slots - 1)].number != number)
		i++;
	return &sparse->slot[i & (sparse->slots - 1)];
}

static int sparse_grow(struct sparse *sparse)
{
	struct sparse bigger = {.slots = sparse->slots ? sparse->slots * 2 : 64,
				.used = sparse->used};

	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < sparse->slots; i++)
		if (sparse->slot[i].number)
			*sparse_slot(&bigger, sparse->slot[i].number) = sparse->slot[i];
	free(sparse->slot);
	*sparse = bigger;
	return 0;
}

/* The page of an address: NULL if it has never been written. */
static unsigned char *page_get(const struct sparse *sparse, uint64_t address)
{
	return sparse->slots ? sparse_slot(sparse, address / SPARSE_PAGE + 1)->data : NULL;
}

static unsigned char *page_make(struct sparse *sparse, uint64_t address)
{
	unsigned char *data = page_get(sparse, address);
	struct sparse_page *slot;

	if (data)
		return data;
	if (sparse->used >= sparse->slots / 2 && sparse_grow(sparse))
		return NULL;
	data = calloc(1, SPARSE_PAGE);
	if (!data)
		return NULL;
	slot = sparse_slot(sparse, address / SPARSE_PAGE + 1);
	*slot = (struct sparse_page){.number = address / SPARSE_PAGE + 1, .data = data};
	sparse->used++;
	return data;
}

static int gap_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	const struct gap *gap = opaque;
	unsigned char *out = data;

	for (uint64_t address = gap->base + offset; length;) {
		size_t in_page = address % SPARSE_PAGE;
		size_t part = length < SPARSE_PAGE - in_page ? length : SPARSE_PAGE - in_page;
		const unsigned char *page = page_get(gap->sparse, address);

		if (page)
			memcpy(out, page + in_page, part);
		else
			memset(out, 0, part);
		address += part;
		out += part;
		length -= part;
	}
	return 0;
}

static int gap_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	const struct gap *gap = opaque;
	const unsigned char *in = data;

	for (uint64_t address = gap->base + offset; length;) {
		size_t in_page = address % SPARSE_PAGE;
		size_t part = length < SPARSE_PAGE - in_page ? length : SPARSE_PAGE - in_page;
		unsigned char *page = page_make(gap->sparse, address);

		if (!page)
			return -ENOMEM;
		memcpy(page + in_page, in, part);
		address += part;
		in += part;
		length -= part;
	}
	return 0;
}

static int gap_cmpxchg64(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	uint64_t now;
	int status = gap_read(opaque, offset, &now, sizeof(now));

	if (status == 0 && now == *expected)
		status = gap_write(opaque, offset, &desired, sizeof(desired));
	*expected = now;
	return status;
}

static const struct ioasim_memory_ops gap_ops = {
	.read = gap_read,
	.write = gap_write,
	.cmpxchg64 = gap_cmpxchg64,
};

static int compare_windows(const void *a, const void *b)
{
	const struct machine_window *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

/* Windows in order, and a gap before each and behind the last. */
static int add_windows(struct machine_memory *memory, const struct machine *machine)
{
	struct machine_window window[MACHINE_WINDOWS];
	const uint64_t end = (uint64_t)1 << IOASIM_PA_BITS;
	uint64_t at = 0;
	unsigned gaps = 0;
	int status;

	memcpy(window, machine->window, sizeof(window));
	qsort(window, MACHINE_WINDOWS, sizeof(window[0]), compare_windows);
	for (unsigned i = 0; i <= MACHINE_WINDOWS; i++) {
		uint64_t base = i < MACHINE_WINDOWS ? window[i].base : end;

		if (i < MACHINE_WINDOWS && !window[i].size)
			continue;
		if (base < at)
			return -EEXIST;
		if (base > at) {
			struct gap *gap = &memory->gap[gaps++];

			*gap = (struct gap){.sparse = &memory->sparse, .base = at};
			status = ioasim_memory_add_callback(memory->memory, at, base - at, &gap_ops,
							    gap);
			if (status)
				return status;
		}
		if (i == MACHINE_WINDOWS)
			break;
		status = ioasim_memory_add_ram(memory->memory, base, window[i].size);
		if (status)
			return status;
		at = base + window[i].size;
	}
	return 0;
}

struct machine_memory *machine_memory_create(const struct machine *machine, int *error)
{
	struct machine_memory *memory = calloc(1, sizeof(*memory));

	*error = -ENOMEM;
	if (!memory)
		return NULL;
	memory->memory = ioasim_memory_create();
	if (memory->memory)
		*error = add_windows(memory, machine);
	if (*error == 0)
		return memory;
	machine_memory_destroy(memory);
	return NULL;
}

struct ioasim_memory *machine_memory_get(struct machine_memory *memory)
{
	return memory->memory;
}

void machine_memory_destroy(struct machine_memory *memory)
{
	if (!memory)
		return;
	ioasim_memory_destroy(memory->memory);
	for (size_t i = 0; i < memory->sparse.slots; i++)
		free(memory->sparse.slot[i].data);
	free(memory->sparse.slot);
	free(memory);
}
