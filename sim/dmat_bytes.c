/* SPDX-License-Identifier: Apache-2.0 */
#include "dmat.h"

#include <stdlib.h>
#include <string.h>

void bytes_reserve(struct bytes *bytes, size_t more)
{
	size_t capacity = bytes->capacity ? bytes->capacity : 4096;
	unsigned char *data;

	if (bytes->failed || bytes->capacity - bytes->used >= more)
		return;
	while (capacity - bytes->used < more) {
		if (capacity > SIZE_MAX / 2) {
			bytes->failed = true;
			return;
		}
		capacity *= 2;
	}
	data = realloc(bytes->data, capacity);
	if (!data) {
		bytes->failed = true;
		return;
	}
	bytes->data = data;
	bytes->capacity = capacity;
}

void bytes_put(struct bytes *bytes, const void *data, size_t size)
{
	bytes_reserve(bytes, size);
	if (bytes->failed || size == 0)
		return;
	memcpy(bytes->data + bytes->used, data, size);
	bytes->used += size;
}

static void store(unsigned char *to, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = (unsigned char)(value >> (8 * i));
}

void bytes_put_u32(struct bytes *bytes, uint32_t value)
{
	unsigned char data[4];

	store(data, value, sizeof(data));
	bytes_put(bytes, data, sizeof(data));
}

void bytes_put_u64(struct bytes *bytes, uint64_t value)
{
	unsigned char data[8];

	store(data, value, sizeof(data));
	bytes_put(bytes, data, sizeof(data));
}

void bytes_put_varint(struct bytes *bytes, uint64_t value)
{
	bytes_reserve(bytes, 10);
	if (bytes->failed)
		return;
	while (value >= 0x80) {
		bytes->data[bytes->used++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	bytes->data[bytes->used++] = (unsigned char)value;
}

void bytes_fini(struct bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

const unsigned char *span_take(struct span *span, uint64_t size)
{
	const unsigned char *p = span->p;

	if (size > (uint64_t)(span->end - p)) {
		span->bad = true;
		span->p = span->end;
		return NULL;
	}
	span->p += size;
	return p;
}

static uint64_t load(struct span *span, unsigned size)
{
	const unsigned char *p = span_take(span, size);
	uint64_t value = 0;

	for (unsigned i = 0; p && i < size; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

uint32_t span_u32(struct span *span)
{
	return (uint32_t)load(span, 4);
}

uint64_t span_u64(struct span *span)
{
	return load(span, 8);
}

uint64_t span_varint(struct span *span)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		const unsigned char *p = span_take(span, 1);

		if (!p)
			return 0;
		value |= (uint64_t)(*p & 0x7f) << shift;
		if (*p < 0x80)
			return value;
	}
	span->bad = true;
	return 0;
}
