/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulated memory against a shadow that keeps every byte of a few zones: windows
 * of all kinds side by side, the border of the reserved mapping, the top of the
 * address space; aborting ranges, failing callbacks, clearing, several threads.
 */
#include "model/mem.h"
#include "model/ram.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define TIB (UINT64_C(1) << 40)
#define TOP (UINT64_C(1) << 52)

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static void random_start(void)
{
	const char *text = getenv("IOASIM_SEED");

	random_state = text ? strtoull(text, NULL, 0) : 88172645463325252u;
	random_state |= 1;
	print_message("IOASIM_SEED=%" PRIu64 "\n", random_state);
}

static struct ioasim_memory *memory_new(void)
{
	struct ioasim_memory *m = ioasim_memory_create();

	assert_non_null(m);
	return m;
}

static uint64_t word_at(struct ioasim_memory *m, uint64_t address)
{
	uint64_t value = ~UINT64_C(0);

	assert_int_equal(ioasim_memory_read64(m, address, &value), 0);
	return value;
}

/* ---- A callback window over an array -------------------------------------------------- */

struct device {
	uint64_t size;
	unsigned char byte[16384];
	int fail; /* what the callbacks return instead of working */
	unsigned calls;
};

static int device_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	struct device *d = opaque;

	d->calls++;
	assert_true(length && offset < d->size && length <= d->size - offset);
	memcpy(data, d->byte + offset, length);
	return d->fail;
}

static int device_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	struct device *d = opaque;

	d->calls++;
	assert_true(length && offset < d->size && length <= d->size - offset);
	if (!d->fail)
		memcpy(d->byte + offset, data, length);
	return d->fail;
}

static int device_cmpxchg(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	struct device *d = opaque;
	uint64_t old;

	d->calls++;
	assert_true(offset % 8 == 0 && offset + 8 <= d->size);
	memcpy(&old, d->byte + offset, 8);
	if (!d->fail && old == *expected)
		memcpy(d->byte + offset, &desired, 8);
	*expected = old;
	return d->fail;
}

static const struct ioasim_memory_ops device_ops = {device_read, device_write, device_cmpxchg};
static const struct ioasim_memory_ops plain_ops = {device_read, device_write, NULL};

/* ---- Against a shadow ------------------------------------------------------------------ */

enum { HOLE, RAM, BUFFER, CALLBACK };

struct shadow_window {
	int kind;
	uint64_t base, size;
};

/* Adjacent ones of each kind, a hole, one page alone, one across the end of the
 * reserved mapping, one up to the top of the address space. */
static const struct shadow_window windows[] = {
	{CALLBACK, 0x15000, 0x2000},       {RAM, 0x1000, 0x10000}, {BUFFER, 0x11000, 0x4000},
	{RAM, TOP - 0x5000, 0x5000},       {RAM, 0x20000, 0x1000}, {BUFFER, 0x17000, 0x1000},
	{RAM, UINT64_C(1) << 50, 2 * TIB},
};
#define WINDOWS (sizeof(windows) / sizeof(windows[0]))

#define ZONE_SIZE 0x24000u
static const uint64_t zones[] = {0, (UINT64_C(1) << 50) + TIB - 0x12000, TOP - 0x23000};
#define ZONES (sizeof(zones) / sizeof(zones[0]))

struct shadow {
	struct ioasim_memory *memory;
	unsigned char byte[ZONES][ZONE_SIZE], kind[ZONES][ZONE_SIZE];
	struct device device;
	_Alignas(8) unsigned char buffer[2][0x4000];
	uint64_t abort_first[8], abort_last[8];
	unsigned aborts;
};

static void shadow_add(struct shadow *s, const struct shadow_window *w, unsigned buffer)
{
	int error = -1;

	if (w->kind == RAM)
		error = ioasim_memory_add_ram(s->memory, w->base, w->size);
	else if (w->kind == BUFFER)
		error = ioasim_memory_add_buffer(s->memory, w->base, w->size, s->buffer[buffer]);
	else
		error = ioasim_memory_add_callback(s->memory, w->base, w->size, &device_ops,
						   &s->device);
	assert_int_equal(error, 0);
	for (unsigned z = 0; z < ZONES; z++)
		for (uint64_t i = 0; i < ZONE_SIZE; i++)
			if (zones[z] + i - w->base < w->size)
				s->kind[z][i] = (unsigned char)w->kind;
}

static struct shadow *shadow_new(void)
{
	struct shadow *s = calloc(1, sizeof(*s));
	unsigned buffers = 0;

	assert_non_null(s);
	s->memory = memory_new();
	s->device.size = 0x2000;
	for (unsigned i = 0; i < WINDOWS; i++)
		shadow_add(s, &windows[i], windows[i].kind == BUFFER ? buffers++ : 0);
	return s;
}

struct access {
	unsigned zone;
	uint64_t offset, address;
	size_t length;
	bool covered, aborts;
};

static struct access access_random(const struct shadow *s, size_t length)
{
	struct access a = {.zone = (unsigned)(random_next() % ZONES), .length = length};
	/* Mostly close to a border between windows or pages. */
	uint64_t page = random_next() % (ZONE_SIZE / 4096);

	a.offset = random_next() % 2 ? page * 4096 + random_next() % 32 - 16
				     : random_next() % ZONE_SIZE;
	a.offset %= ZONE_SIZE - length;
	a.address = zones[a.zone] + a.offset;
	a.covered = true;
	for (size_t i = 0; i < length; i++) {
		a.covered &= s->kind[a.zone][a.offset + i] != HOLE;
		for (unsigned k = 0; k < s->aborts; k++)
			a.aborts |= a.address + i >= s->abort_first[k] &&
				    a.address + i <= s->abort_last[k];
	}
	return a;
}

static size_t random_length(void)
{
	switch (random_next() % 4) {
	case 0:
		return 8;
	case 1:
		return 1 + random_next() % 64;
	case 2:
		return random_next() % 2 ? 16 : 64;
	default:
		return 1 + random_next() % 9000;
	}
}

static void shadow_read(struct shadow *s, bool unit)
{
	struct access a = access_random(s, random_length());
	unsigned char data[9001];
	bool good = a.covered && !(unit && a.aborts);

	memset(data, 0xa5, sizeof(data));
	if (unit)
		assert_int_equal(mem_load_slow(s->memory, a.address, data, a.length), good);
	else
		assert_int_equal(ioasim_memory_read(s->memory, a.address, data, a.length),
				 good ? 0 : -EFAULT);
	if (good)
		assert_memory_equal(data, &s->byte[a.zone][a.offset], a.length);
	assert_int_equal(data[a.length], 0xa5);
}

static void shadow_write(struct shadow *s, bool unit)
{
	struct access a = access_random(s, random_length());
	unsigned char data[9000];
	bool good = a.covered && !(unit && a.aborts);

	for (size_t i = 0; i < a.length; i++)
		data[i] = (unsigned char)random_next();
	if (unit)
		assert_int_equal(mem_store(s->memory, a.address, data, a.length), good);
	else
		assert_int_equal(ioasim_memory_write(s->memory, a.address, data, a.length),
				 good ? 0 : -EFAULT);
	if (good)
		memcpy(&s->byte[a.zone][a.offset], data, a.length);
}

static void shadow_words(struct shadow *s)
{
	unsigned words = 1u << random_next() % 4;
	struct access a = access_random(s, 72);
	uint64_t value[8] = {0};
	bool good;

	a.address &= ~UINT64_C(63);
	a.offset = a.address - zones[a.zone];
	if (a.offset >= ZONE_SIZE - 64)
		return;
	good = s->kind[a.zone][a.offset] != HOLE;
	for (unsigned k = 0; k < s->aborts; k++)
		good &= a.address > s->abort_last[k] ||
			a.address + words * 8 - 1 < s->abort_first[k];
	assert_int_equal(words == 1 ? mem_load64(s->memory, a.address, value)
				    : mem_load_words(s->memory, a.address, value, words),
			 good);
	if (good)
		assert_memory_equal(value, &s->byte[a.zone][a.offset], words * 8);
}

static void shadow_swap(struct shadow *s)
{
	struct access a = access_random(s, 8);
	uint64_t old, expected, desired = random_next();
	bool aligned = a.address % 8 == 0, same = random_next() % 2;
	enum mem_swap result;

	memcpy(&old, &s->byte[a.zone][a.offset], 8);
	expected = same ? old : ~old;
	result = mem_compare_swap64(s->memory, a.address, &expected, desired);
	if (!aligned || !a.covered || a.aborts) {
		assert_int_equal(result, MEM_SWAP_ERROR);
		return;
	}
	assert_int_equal(result, same ? MEM_SWAPPED : MEM_CHANGED);
	assert_true(expected == old);
	if (same)
		memcpy(&s->byte[a.zone][a.offset], &desired, 8);
}

static void shadow_abort(struct shadow *s)
{
	if (s->aborts == 8 || random_next() % 3 == 0) {
		ioasim_memory_clear_aborts(s->memory);
		s->aborts = 0;
		return;
	}
	struct access a = access_random(s, 1 + random_next() % 5000);

	assert_int_equal(ioasim_memory_abort(s->memory, a.address, a.address + a.length - 1), 0);
	s->abort_first[s->aborts] = a.address;
	s->abort_last[s->aborts++] = a.address + a.length - 1;
}

static void shadow_clear(struct shadow *s)
{
	ioasim_memory_clear(s->memory);
	for (unsigned z = 0; z < ZONES; z++)
		for (unsigned i = 0; i < ZONE_SIZE; i++)
			if (s->kind[z][i] == RAM)
				s->byte[z][i] = 0;
}

static void every_access_is_as_the_shadow_says(void **state)
{
	struct shadow *s;

	(void)state;
	random_start();
	s = shadow_new();
	for (unsigned i = 0; i < 60000; i++) {
		unsigned what = random_next() % 256;

		if (what < 60)
			shadow_read(s, what % 2);
		else if (what < 120)
			shadow_write(s, what % 2);
		else if (what < 190)
			shadow_words(s);
		else if (what < 250)
			shadow_swap(s);
		else if (what < 254)
			shadow_abort(s);
		else if (what < 255)
			shadow_clear(s);
	}
	/* The embedder sees the same bytes in its buffers. */
	assert_memory_equal(s->buffer[0], &s->byte[0][0x11000], 0x4000);
	assert_memory_equal(s->buffer[1], &s->byte[0][0x17000], 0x1000);
	assert_memory_equal(s->device.byte, &s->byte[0][0x15000], 0x2000);
	ioasim_memory_destroy(s->memory);
	free(s);
}

/* ---- Windows ------------------------------------------------------------------------------ */

static void windows_are_refused_for_a_reason(void **state)
{
	static const struct {
		uint64_t base, size;
		int error;
	} rows[] = {
		{0x800, 0x1000, -EINVAL},
		{0, 0x800, -EINVAL},
		{0, 0, -EINVAL},
		{TOP, 0x1000, -EINVAL},
		{TOP - 0x1000, 0x2000, -EINVAL},
		{0, TOP + 0x1000, -EINVAL},
		{~UINT64_C(0xfff), 0x1000, -EINVAL},
		{~UINT64_C(0xfff), 0x2000, -EINVAL},
		{0x1000, ~UINT64_C(0xfff), -EINVAL},
		{0x10000, 0x1000, -EEXIST},
		{0xf000, 0x2000, -EEXIST},
		{0x11000, 0x1000, -EEXIST},
		{0xf000, 0x10000, -EEXIST},
		{0, TOP, -EEXIST},
		{0x12000, 0x3000, -EEXIST},
		{0xf000, 0x1000, 0},
		{0x13000, 0x1000, 0},
		{TOP - 0x1000, 0x1000, 0},
		{0, 0x1000, 0},
	};
	_Alignas(8) static unsigned char buffer[0x10008];
	static struct device device;
	struct ioasim_memory *m = memory_new();

	(void)state;
	assert_int_equal(ioasim_memory_add_ram(m, 0x10000, 0x3000), 0);
	assert_int_equal(ioasim_memory_add_ram(m, 0x14000, 0x1000), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t base = rows[i].base, size = rows[i].size;
		int error = rows[i].error;

		assert_int_equal(ioasim_memory_add_ram(m, base, size), error);
		if (!error)
			assert_int_equal(ioasim_memory_remove(m, base), 0);
		assert_int_equal(ioasim_memory_add_buffer(m, base, size, buffer), error);
		if (!error)
			assert_int_equal(ioasim_memory_remove(m, base), 0);
		assert_int_equal(ioasim_memory_add_callback(m, base, size, &plain_ops, &device),
				 error);
		if (!error)
			assert_int_equal(ioasim_memory_remove(m, base), 0);
	}
	assert_int_equal(ioasim_memory_add_buffer(m, 0, 0x1000, NULL), -EINVAL);
	assert_int_equal(ioasim_memory_add_buffer(m, 0, 0x1000, buffer + 4), -EINVAL);
	assert_int_equal(ioasim_memory_add_callback(m, 0, 0x1000, NULL, NULL), -EINVAL);
	ioasim_memory_destroy(m);
	ioasim_memory_destroy(NULL);
}

static void a_removed_window_is_gone_and_its_place_free(void **state)
{
	struct ioasim_memory *m = memory_new();
	uint64_t value;

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(ioasim_memory_add_ram(m, (i * 7 % 40) << 12, 0x1000), 0);
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(ioasim_memory_write64(m, i << 12, i), 0);
	assert_true(mem_load64(m, 3 << 12, &value) && value == 3);
	assert_int_equal(ioasim_memory_remove(m, 3 << 12), 0);
	assert_int_equal(ioasim_memory_remove(m, 3 << 12), -ENOENT);
	assert_int_equal(ioasim_memory_remove(m, (4 << 12) + 8), -ENOENT);
	assert_false(mem_load64(m, 3 << 12, &value));
	assert_int_equal(ioasim_memory_read64(m, 3 << 12, &value), -EFAULT);
	for (uint64_t i = 0; i < 40; i++)
		if (i != 3)
			assert_true(word_at(m, i << 12) == i);
	assert_int_equal(ioasim_memory_add_ram(m, 3 << 12, 0x1000), 0);
	assert_true(word_at(m, 3 << 12) == 0);
	ioasim_memory_destroy(m);
}

static void one_window_can_be_the_whole_address_space(void **state)
{
	struct ioasim_memory *m = memory_new();
	uint64_t value = 1;

	(void)state;
	assert_int_equal(ioasim_memory_add_ram(m, 0, TOP), 0);
	assert_int_equal(ioasim_memory_add_ram(m, 0x1000, 0x1000), -EEXIST);
	for (unsigned bit = 3; bit < 52; bit++)
		assert_int_equal(ioasim_memory_write64(m, UINT64_C(1) << bit, bit), 0);
	assert_int_equal(ioasim_memory_write64(m, TOP - 8, 99), 0);
	for (unsigned bit = 3; bit < 52; bit++)
		assert_true(word_at(m, UINT64_C(1) << bit) == bit);
	assert_true(word_at(m, TOP - 8) == 99 && word_at(m, 0) == 0);
	assert_int_equal(ioasim_memory_read64(m, TOP, &value), -EFAULT);
	assert_int_equal(ioasim_memory_read(m, TOP - 4, &value, 8), -EFAULT);
	assert_int_equal(ioasim_memory_read(m, UINT64_MAX - 3, &value, 8), -EFAULT);
	assert_false(mem_load_slow(m, UINT64_MAX - 7, &value, 8));
	assert_false(mem_store(m, TOP - 4, &value, 8));
	assert_int_equal(ioasim_memory_read64(m, 4, &value), -EINVAL);
	assert_int_equal(ioasim_memory_write64(m, 4, value), -EINVAL);
	ioasim_memory_clear(m);
	for (unsigned bit = 3; bit < 52; bit++)
		assert_true(word_at(m, UINT64_C(1) << bit) == 0);
	ioasim_memory_destroy(m);
}

static void words_lie_little_endian_in_the_embedders_buffer(void **state)
{
	_Alignas(8) static unsigned char buffer[0x1000];
	static const unsigned char bytes[8] = {8, 7, 6, 5, 4, 3, 2, 1};
	struct ioasim_memory *m = memory_new();
	uint64_t value;

	(void)state;
	assert_int_equal(ioasim_memory_add_buffer(m, 0x5000, 0x1000, buffer), 0);
	assert_int_equal(ioasim_memory_write64(m, 0x5010, UINT64_C(0x0102030405060708)), 0);
	assert_memory_equal(buffer + 0x10, bytes, 8);
	buffer[0xff8] = 0x42;
	assert_true(mem_load64(m, 0x5ff8, &value) && value == 0x42);
	assert_ptr_equal(mem_fast_ptr(m, 0x5ff8, 8), buffer + 0xff8);
	assert_null(mem_fast_ptr(m, 0x5ff8, 9));
	assert_null(mem_fast_ptr(m, 0x4ff8, 8));
	ioasim_memory_clear(m);
	assert_int_equal(buffer[0xff8], 0x42);
	ioasim_memory_destroy(m);
}

/* ---- Bus errors ------------------------------------------------------------------------------ */

static void an_aborting_range_is_seen_by_the_unit_alone(void **state)
{
	struct ioasim_memory *m = memory_new();
	uint64_t value, expected = 0;

	(void)state;
	assert_int_equal(ioasim_memory_add_ram(m, 0, 0x10000), 0);
	assert_true(mem_load64(m, 0x2000, &value));
	assert_non_null(mem_fast_ptr(m, 0x2000, 8));
	assert_int_equal(ioasim_memory_abort(m, 0x2001, 0x2000), -EINVAL);
	assert_int_equal(ioasim_memory_abort(m, 0x2007, 0x2007), 0);
	assert_int_equal(ioasim_memory_abort(m, 0x8000, UINT64_MAX), 0);
	assert_null(mem_fast_ptr(m, 0x1000, 8));
	assert_false(mem_load64(m, 0x2000, &value));
	assert_true(mem_load64(m, 0x2008, &value) && mem_load64(m, 0x1ff8, &value));
	assert_null(mem_fast_ptr(m, 0x1ff8, 8));
	assert_false(mem_load64(m, 0x8000, &value) || mem_load64(m, 0xfff8, &value));
	assert_false(mem_store(m, 0x2000, &value, 8));
	assert_int_equal(mem_compare_swap64(m, 0x2000, &expected, 1), MEM_SWAP_ERROR);
	assert_int_equal(ioasim_memory_write64(m, 0x2000, 5), 0);
	ioasim_memory_clear(m);
	assert_false(mem_load64(m, 0x2000, &value));
	ioasim_memory_clear_aborts(m);
	assert_true(mem_load64(m, 0x2000, &value) && value == 0);
	assert_non_null(mem_fast_ptr(m, 0x2000, 8));
	ioasim_memory_destroy(m);
}

static void what_a_callback_returns_reaches_both_sides(void **state)
{
	static struct device device = {.size = 0x1000};
	struct ioasim_memory *m = memory_new();
	uint64_t value = 1, expected = 0;

	(void)state;
	assert_int_equal(ioasim_memory_add_callback(m, 0x1000, 0x1000, &device_ops, &device), 0);
	assert_int_equal(mem_compare_swap64(m, 0x1008, &expected, 7), MEM_SWAPPED);
	assert_int_equal(mem_compare_swap64(m, 0x1008, &expected, 8), MEM_CHANGED);
	assert_true(expected == 7 && device.byte[8] == 7);
	device.fail = -ENXIO;
	assert_int_equal(ioasim_memory_read64(m, 0x1008, &value), -ENXIO);
	assert_int_equal(ioasim_memory_write64(m, 0x1008, 9), -ENXIO);
	assert_false(mem_load64(m, 0x1008, &value) || mem_store(m, 0x1008, &value, 8));
	assert_int_equal(mem_compare_swap64(m, 0x1008, &expected, 9), MEM_SWAP_ERROR);
	device.fail = 1; /* against the contract: still an error */
	assert_true(ioasim_memory_read64(m, 0x1008, &value) < 0);
	assert_int_equal(mem_compare_swap64(m, 0x1008, &expected, 9), MEM_SWAP_ERROR);
	device.fail = 0;
	assert_int_equal(ioasim_memory_remove(m, 0x1000), 0);
	assert_int_equal(ioasim_memory_add_callback(m, 0x1000, 0x1000, &plain_ops, &device), 0);
	assert_int_equal(mem_compare_swap64(m, 0x1008, &expected, 9), MEM_SWAP_ERROR);
	assert_true(word_at(m, 0x1008) == 7);
	ioasim_memory_destroy(m);
}

static void a_write_that_leaves_the_windows_does_nothing(void **state)
{
	static struct device device = {.size = 0x1000};
	struct ioasim_memory *m = memory_new();
	uint64_t two[2] = {1, 2};

	(void)state;
	assert_int_equal(ioasim_memory_add_ram(m, 0, 0x1000), 0);
	assert_int_equal(ioasim_memory_add_callback(m, 0x1000, 0x1000, &device_ops, &device), 0);
	assert_int_equal(ioasim_memory_write(m, 0x1ff8, two, 16), -EFAULT);
	assert_int_equal(device.calls, 0);
	assert_int_equal(ioasim_memory_write(m, 0xff8, two, 16), 0);
	assert_true(word_at(m, 0xff8) == 1 && word_at(m, 0x1000) == 2);
	assert_int_equal(ioasim_memory_write(m, 0xdead000, two, 0), 0);
	assert_true(mem_store(m, 0xdead000, two, 0) && mem_load_slow(m, 0xdead000, two, 0));
	ioasim_memory_destroy(m);
}

/* ---- Own RAM ----------------------------------------------------------------------------------- */

static void poke(struct ram *ram, uint64_t offset, unsigned char value)
{
	size_t length = 1;
	unsigned char *host = ram_poke(ram, offset, &length);

	assert_non_null(host);
	*host = value;
}

static unsigned char peek(const struct ram *ram, uint64_t offset)
{
	size_t length = 1;
	const unsigned char *host = ram_peek(ram, offset, &length);

	return host ? *host : 0;
}

/* Counts on both sides of what clear() keeps in its list, more clears than it
 * keeps a mapping for, and pages that collide in its filter. */
static void clear_forgets_every_page_however_many_were_written(void **state)
{
	static const unsigned pages[] = {0, 1, 2, 63, 64, 65, 66, 256, 300};

	(void)state;
	for (int tree = 0; tree < 2; tree++) {
		struct ram *ram = tree ? ram_create_tree(TIB) : ram_create(TIB);
		unsigned turns = tree || RUNNING_ON_VALGRIND ? 20 : 9000;

		assert_non_null(ram);
		for (unsigned turn = 0; turn < turns; turn++) {
			unsigned n = pages[turn % 9];
			uint64_t stride = turn % 2 ? 0x1000 : 0x100000;

			if (turn > 50 && n > 2)
				continue;
			for (unsigned i = 0; i < n; i++)
				poke(ram, i * stride + turn % 4096, 1);
			for (unsigned i = 0; i < n; i++)
				assert_int_equal(peek(ram, i * stride + turn % 4096), 1);
			ram_clear(ram);
			for (unsigned i = 0; i < n; i++)
				assert_int_equal(peek(ram, i * stride + turn % 4096), 0);
		}
		ram_destroy(ram);
	}
}

static void reading_untouched_ram_costs_no_host_memory(void **state)
{
	struct ram *ram = ram_create_tree(TOP);
	size_t length = 100;

	(void)state;
	assert_non_null(ram);
	assert_null(ram_peek(ram, TOP - 50, &length));
	assert_int_equal(length, 50);
	poke(ram, TOP - 1, 9);
	assert_non_null(ram_peek(ram, TOP - 50, &length));
	length = 100;
	assert_null(ram_peek(ram, TOP - 0x1000 - 50, &length));
	assert_int_equal(length, 50);
	ram_destroy(ram);
}

/* In a process whose address space is limited the reservation fails and the rest works. */
static void a_host_that_refuses_the_reservation_is_enough(void **state)
{
	struct rlimit limit = {1 << 29, 1 << 29};
	int status = -1;
	pid_t child;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip();
#endif
	if (RUNNING_ON_VALGRIND)
		skip();
	child = fork();
	if (child == 0) {
		struct ioasim_memory *m = ioasim_memory_create();
		uint64_t value = 0;
		bool good = setrlimit(RLIMIT_AS, &limit) == 0 &&
			    ioasim_memory_add_ram(m, 0, TIB) == 0 &&
			    mem_fast_ptr(m, 0, 8) == NULL &&
			    ioasim_memory_write64(m, TIB - 8, 77) == 0 &&
			    mem_load64(m, TIB - 8, &value) && value == 77 &&
			    mem_fast_ptr(m, 0, 8) == NULL;

		_exit(good ? 0 : 1);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_access_is_as_the_shadow_says),
		cmocka_unit_test(windows_are_refused_for_a_reason),
		cmocka_unit_test(a_removed_window_is_gone_and_its_place_free),
		cmocka_unit_test(one_window_can_be_the_whole_address_space),
		cmocka_unit_test(words_lie_little_endian_in_the_embedders_buffer),
		cmocka_unit_test(an_aborting_range_is_seen_by_the_unit_alone),
		cmocka_unit_test(what_a_callback_returns_reaches_both_sides),
		cmocka_unit_test(a_write_that_leaves_the_windows_does_nothing),
		cmocka_unit_test(clear_forgets_every_page_however_many_were_written),
		cmocka_unit_test(reading_untouched_ram_costs_no_host_memory),
		cmocka_unit_test(a_host_that_refuses_the_reservation_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
