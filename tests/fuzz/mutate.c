/* SPDX-License-Identifier: Apache-2.0 */
/* Makes inputs: random bytes, or seeds changed in a few places. */
#include "fuzz.h"

#include <string.h>

struct buffer {
	uint8_t *data;
	size_t size, max;
};

static size_t below(uint64_t *random, size_t limit)
{
	return limit ? (size_t)(fuzz_random(random) >> 16) % limit : 0;
}

static const uint64_t interesting[] = {
	0,
	1,
	0x7f,
	0x80,
	0xff,
	0x7fff,
	0x8000,
	0xffff,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	INT64_MAX,
	UINT64_C(1) << 63,
	UINT64_MAX,
	0x1000,
	0xfff,
	UINT64_C(1) << 52,
	UINT64_C(1) << 48,
	0xfee00000,
};

static void overwrite(struct buffer *b, uint64_t *random)
{
	static const uint8_t widths[] = {1, 2, 4, 8};
	size_t width = widths[below(random, sizeof(widths))];
	uint64_t value = interesting[below(random, sizeof(interesting) / sizeof(interesting[0]))];

	if (b->size >= width)
		memcpy(b->data + below(random, b->size - width + 1), &value, width);
}

static void erase(struct buffer *b, uint64_t *random)
{
	size_t at = below(random, b->size), length = 1 + below(random, 16);

	if (length > b->size - at)
		length = b->size - at;
	memmove(b->data + at, b->data + at + length, b->size - at - length);
	b->size -= length;
}

static void insert(struct buffer *b, uint64_t *random, const uint8_t *what, size_t length)
{
	size_t at = below(random, b->size + 1);

	if (length > b->max - b->size)
		length = b->max - b->size;
	memmove(b->data + at + length, b->data + at, b->size - at);
	memmove(b->data + at, what, length);
	b->size += length;
}

/* Doubles a part of what is there. */
static void repeat(struct buffer *b, uint64_t *random)
{
	uint8_t part[64];
	size_t at = below(random, b->size), length = 1 + below(random, sizeof(part));

	if (length > b->size - at)
		length = b->size - at;
	memcpy(part, b->data + at, length);
	insert(b, random, part, length);
}

static void splice(struct buffer *b, const struct fuzz_corpus *corpus, uint64_t *random)
{
	const struct fuzz_seed *other;
	size_t at, length;

	if (!corpus->count)
		return;
	other = &corpus->seeds[below(random, corpus->count)];
	at = below(random, other->size);
	length = 1 + below(random, 128);
	if (length > other->size - at)
		length = other->size - at;
	insert(b, random, other->data + at, length);
}

static void mutate(struct buffer *b, const struct fuzz_corpus *corpus, uint64_t *random)
{
	/* Bytes that mean something in the text formats and in YAML. */
	static const char text[] = "0123456789abcdefx-:,[]{}# \n\t'\"&*!|>%@rwDMRCWFTp";
	uint8_t byte;

	if (!b->size) {
		byte = (uint8_t)fuzz_random(random);
		insert(b, random, &byte, 1);
		return;
	}
	switch (below(random, 9)) {
	case 0:
		b->data[below(random, b->size)] ^= (uint8_t)(1u << below(random, 8));
		break;
	case 1:
		b->data[below(random, b->size)] = (uint8_t)(fuzz_random(random) >> 32);
		break;
	case 2:
		b->data[below(random, b->size)] = (uint8_t)text[below(random, sizeof(text) - 1)];
		break;
	case 3:
		overwrite(b, random);
		break;
	case 4:
		erase(b, random);
		break;
	case 5:
		repeat(b, random);
		break;
	case 6:
		splice(b, corpus, random);
		break;
	case 7:
		byte = (uint8_t)text[below(random, sizeof(text) - 1)];
		insert(b, random, &byte, 1);
		break;
	default:
		if (below(random, 8) == 0)
			b->size = below(random, b->size);
		break;
	}
}

size_t fuzz_make(const struct fuzz_target *target, const struct fuzz_corpus *corpus,
		 uint64_t *random, uint8_t *data)
{
	struct buffer b = {data, 0, target->max_size};
	size_t changes = 1 + below(random, 12);
	const struct fuzz_seed *seed;

	if (!corpus->count || (target->structured && below(random, 4) != 0)) {
		b.size = below(random, b.max);
		for (size_t i = 0; i < b.size; i++)
			data[i] = (uint8_t)(fuzz_random(random) >> 24);
		return b.size;
	}
	seed = &corpus->seeds[below(random, corpus->count)];
	b.size = seed->size < b.max ? seed->size : b.max;
	memcpy(data, seed->data, b.size);
	for (size_t i = 0; i < changes; i++)
		mutate(&b, corpus, random);
	return b.size;
}
