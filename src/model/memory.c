/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulated physical memory: windows, aborting ranges, and both sides' accesses.
 *
 * Windows are kept sorted by base. They, and the aborting ranges, change only
 * through the functions of <ioasim/memory.h>, while no unit runs; accesses of
 * several units at the same time are allowed: they share the pointer to the fast
 * window, which is one atomic word, and the words in memory.
 */
#include "model/mem.h"
#include "model/ram.h"
#include "model/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)
#define PA_END    (UINT64_C(1) << IOASIM_PA_BITS)

struct window {
	struct mem_fast plain; /* first; size 0 where nothing of it is plain memory */
	uint64_t base, size;
	struct ram *ram; /* own RAM */
	const struct ioasim_memory_ops *ops; /* callback window */
	void *opaque;
};

struct abort_range {
	uint64_t first, last;
};

struct ioasim_memory {
	struct mem_head head; /* first */
	struct window *window;
	size_t windows, window_room;
	struct abort_range *abort;
	size_t aborts, abort_room;
	const struct software_watch *watch; /* NULL: none */
};

static const struct mem_fast nothing_fast;

/* ---- Windows ------------------------------------------------------------------ */

static void fast_forget(struct ioasim_memory *m)
{
	m->head.fast = &nothing_fast;
}

/* Number of windows with a base at or below the address. */
static size_t windows_upto(const struct ioasim_memory *m, uint64_t address)
{
	size_t low = 0, high = m->windows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->window[middle].base <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The window that holds the address, or NULL. */
static struct window *window_find(const struct ioasim_memory *m, uint64_t address)
{
	size_t n = windows_upto(m, address);
	struct window *w;

	if (n == 0)
		return NULL;
	w = &m->window[n - 1];
	return address - w->base < w->size ? w : NULL;
}

static int range_check(uint64_t base, uint64_t size)
{
	if ((base | size) & PAGE_MASK || size == 0 || base >= PA_END || size > PA_END - base)
		return -EINVAL;
	return 0;
}

/* Room for one more member of an array that grows; NULL: no host memory, and the
 * array is as it was. */
static void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 4;

	if (count < *room)
		return array;
	array = realloc(array, more * size);
	if (array)
		*room = more;
	return array;
}

static int window_add(struct ioasim_memory *m, const struct window *w)
{
	size_t n = windows_upto(m, w->base + w->size - 1);
	struct window *array;

	if (n && m->window[n - 1].base + m->window[n - 1].size > w->base)
		return -EEXIST;
	fast_forget(m);
	array = array_grow(m->window, m->windows, &m->window_room, sizeof(*array));
	if (!array)
		return -ENOMEM;
	m->window = array;
	memmove(&array[n + 1], &array[n], (m->windows - n) * sizeof(*array));
	array[n] = *w;
	m->windows++;
	return 0;
}

/* What of a window of own RAM is plain memory; it can change by a clear. */
static void window_set_plain(struct window *w)
{
	w->plain.base = w->base;
	w->plain.host = ram_flat(w->ram, &w->plain.size);
}

struct ioasim_memory *ioasim_memory_create(void)
{
	struct ioasim_memory *m = calloc(1, sizeof(*m));

	if (m)
		fast_forget(m);
	return m;
}

void ioasim_memory_destroy(struct ioasim_memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->windows; i++)
		ram_destroy(m->window[i].ram);
	free(m->window);
	free(m->abort);
	free(m);
}

int ioasim_memory_add_ram(struct ioasim_memory *m, ioasim_pa_t base, uint64_t size)
{
	struct window w = {.base = base, .size = size};
	int error = range_check(base, size);

	if (error)
		return error;
	w.ram = ram_create(size);
	if (!w.ram)
		return -ENOMEM;
	window_set_plain(&w);
	error = window_add(m, &w);
	if (error)
		ram_destroy(w.ram);
	return error;
}

int ioasim_memory_add_buffer(struct ioasim_memory *m, ioasim_pa_t base, uint64_t size, void *host)
{
	struct window w = {.plain = {base, size, host}, .base = base, .size = size};
	int error = range_check(base, size);

	if (error || !host || (uintptr_t)host % 8)
		return -EINVAL;
	return window_add(m, &w);
}

int ioasim_memory_add_callback(struct ioasim_memory *m, ioasim_pa_t base, uint64_t size,
			       const struct ioasim_memory_ops *ops, void *opaque)
{
	struct window w = {.base = base, .size = size, .ops = ops, .opaque = opaque};
	int error = range_check(base, size);

	if (error || !ops || !ops->read || !ops->write)
		return -EINVAL;
	return window_add(m, &w);
}

int ioasim_memory_remove(struct ioasim_memory *m, ioasim_pa_t base)
{
	struct window *w = window_find(m, base);

	if (!w || w->base != base)
		return -ENOENT;
	fast_forget(m);
	ram_destroy(w->ram);
	m->windows--;
	memmove(w, w + 1, (size_t)(m->window + m->windows - w) * sizeof(*w));
	return 0;
}

void ioasim_memory_clear(struct ioasim_memory *m)
{
	fast_forget(m);
	for (size_t i = 0; i < m->windows; i++) {
		if (!m->window[i].ram)
			continue;
		ram_clear(m->window[i].ram);
		window_set_plain(&m->window[i]);
	}
}

/* ---- Aborting ranges ------------------------------------------------------------ */

int ioasim_memory_abort(struct ioasim_memory *m, ioasim_pa_t first, ioasim_pa_t last)
{
	struct abort_range *array;

	if (first > last)
		return -EINVAL;
	array = array_grow(m->abort, m->aborts, &m->abort_room, sizeof(*array));
	if (!array)
		return -ENOMEM;
	m->abort = array;
	array[m->aborts++] = (struct abort_range){first, last};
	fast_forget(m);
	return 0;
}

void ioasim_memory_clear_aborts(struct ioasim_memory *m)
{
	m->aborts = 0;
}

static bool aborts(const struct ioasim_memory *m, uint64_t address, size_t length)
{
	uint64_t last = address + (length - 1);

	for (size_t i = 0; i < m->aborts; i++)
		if (m->abort[i].first <= last && m->abort[i].last >= address)
			return true;
	return false;
}

/* ---- Accesses ------------------------------------------------------------------- */

/* Whole aligned words go by word, so that another thread sees old or new ones. */
static void copy_words(void *to, const void *from, size_t length)
{
	bool words = (((uintptr_t)to | (uintptr_t)from | length) & 7) == 0 && length <= 64;

	if (!words) {
		memcpy(to, from, length);
		return;
	}
	for (size_t i = 0; i < length / 8; i++)
		__atomic_store_n((uint64_t *)to + i,
				 __atomic_load_n((const uint64_t *)from + i, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
}

static size_t window_rest(const struct window *w, uint64_t address, size_t length)
{
	uint64_t rest = w->size - (address - w->base);

	return length < rest ? length : (size_t)rest;
}

/* Whether every byte lies in a window. */
static bool covered(const struct ioasim_memory *m, uint64_t address, size_t length)
{
	while (length) {
		const struct window *w = window_find(m, address);
		size_t n;

		if (!w)
			return false;
		n = window_rest(w, address, length);
		address += n;
		length -= n;
	}
	return true;
}

/* `length` bytes that lie in one window. */
static int window_read(const struct window *w, uint64_t address, unsigned char *data, size_t length)
{
	uint64_t offset = address - w->base;

	if (w->ops) {
		int error = w->ops->read(w->opaque, offset, data, length);

		return error > 0 ? -EIO : error;
	}
	if (!w->ram) {
		copy_words(data, w->plain.host + offset, length);
		return 0;
	}
	while (length) {
		size_t n = length;
		const unsigned char *host = ram_peek(w->ram, offset, &n);

		if (host)
			copy_words(data, host, n);
		else
			memset(data, 0, n);
		offset += n;
		data += n;
		length -= n;
	}
	return 0;
}

static int window_write(const struct window *w, uint64_t address, const unsigned char *data,
			size_t length)
{
	uint64_t offset = address - w->base;

	if (w->ops) {
		int error = w->ops->write(w->opaque, offset, data, length);

		return error > 0 ? -EIO : error;
	}
	if (!w->ram) {
		copy_words(w->plain.host + offset, data, length);
		return 0;
	}
	while (length) {
		size_t n = length;
		unsigned char *host = ram_poke(w->ram, offset, &n);

		if (!host)
			return -ENOMEM;
		copy_words(host, data, n);
		offset += n;
		data += n;
		length -= n;
	}
	return 0;
}

/* The next reads of the unit go to this window without coming here. */
static void fast_remember(struct ioasim_memory *m, const struct window *w)
{
	if (m->aborts == 0 && w->plain.size &&
	    __atomic_load_n(&m->head.fast, __ATOMIC_RELAXED) != &w->plain)
		__atomic_store_n(&m->head.fast, &w->plain, __ATOMIC_RELAXED);
}

static int read_all(const struct ioasim_memory *m, uint64_t address, unsigned char *data,
		    size_t length)
{
	const struct window *w = window_find(m, address);

	/* Mostly one window has all of it. */
	if (length && w && window_rest(w, address, length) == length)
		return window_read(w, address, data, length);
	if (!covered(m, address, length))
		return -EFAULT;
	for (size_t n; length; address += n, data += n, length -= n) {
		int error;

		w = window_find(m, address);
		n = window_rest(w, address, length);
		error = window_read(w, address, data, n);
		if (error)
			return error;
	}
	return 0;
}

static int write_all(struct ioasim_memory *m, uint64_t address, const unsigned char *data,
		     size_t length)
{
	const struct window *w = window_find(m, address);

	if (length && w && window_rest(w, address, length) == length)
		return window_write(w, address, data, length);
	if (!covered(m, address, length))
		return -EFAULT;
	for (size_t n; length; address += n, data += n, length -= n) {
		int error;

		w = window_find(m, address);
		n = window_rest(w, address, length);
		error = window_write(w, address, data, n);
		if (error)
			return error;
	}
	return 0;
}

/* ---- The unit's side -------------------------------------------------------------- */

bool mem_load_slow(struct ioasim_memory *m, uint64_t address, void *data, size_t length)
{
	const struct window *w = window_find(m, address);

	if (length == 0)
		return true;
	if (!w || aborts(m, address, length))
		return false;
	if (window_rest(w, address, length) < length)
		return read_all(m, address, data, length) == 0;
	fast_remember(m, w);
	return window_read(w, address, data, length) == 0;
}

bool mem_store(struct ioasim_memory *m, uint64_t address, const void *data, size_t length)
{
	if (length == 0)
		return true;
	return !aborts(m, address, length) && write_all(m, address, data, length) == 0;
}

static enum mem_swap callback_swap(const struct window *w, uint64_t address, uint64_t *expected,
				   uint64_t desired)
{
	uint64_t old = *expected;

	if (!w->ops->cmpxchg64 ||
	    w->ops->cmpxchg64(w->opaque, address - w->base, &old, desired) != 0)
		return MEM_SWAP_ERROR;
	if (old == *expected)
		return MEM_SWAPPED;
	*expected = old;
	return MEM_CHANGED;
}

enum mem_swap mem_compare_swap64(struct ioasim_memory *m, uint64_t address, uint64_t *expected,
				 uint64_t desired)
{
	const struct window *w = window_find(m, address);
	unsigned char *host;
	size_t length = 8;

	if (!w || address % 8 || aborts(m, address, 8))
		return MEM_SWAP_ERROR;
	if (w->ops)
		return callback_swap(w, address, expected, desired);
	host = w->ram ? ram_poke(w->ram, address - w->base, &length)
		      : w->plain.host + (address - w->base);
	if (!host)
		return MEM_SWAP_ERROR;
	return __atomic_compare_exchange_n((uint64_t *)(void *)host, expected, desired, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
		       ? MEM_SWAPPED
		       : MEM_CHANGED;
}

/* ---- The software's side ------------------------------------------------------------ */

int ioasim_memory_read(struct ioasim_memory *m, ioasim_pa_t address, void *data, size_t length)
{
	return read_all(m, address, data, length);
}

static int software_write(struct ioasim_memory *m, uint64_t address, const void *data,
			  size_t length)
{
	int error = write_all(m, address, data, length);

	if (__builtin_expect(m->watch != NULL, 0) && !error)
		m->watch->stored(m->watch->opaque, address, data, length);
	return error;
}

int ioasim_memory_write(struct ioasim_memory *m, ioasim_pa_t address, const void *data,
			size_t length)
{
	return software_write(m, address, data, length);
}

int ioasim_memory_read64(struct ioasim_memory *m, ioasim_pa_t address, uint64_t *value)
{
	return address % 8 ? -EINVAL : read_all(m, address, (unsigned char *)value, 8);
}

int ioasim_memory_write64(struct ioasim_memory *m, ioasim_pa_t address, uint64_t value)
{
	return address % 8 ? -EINVAL : software_write(m, address, &value, 8);
}

void memory_watch(struct ioasim_memory *m, const struct software_watch *watch)
{
	m->watch = watch;
}
