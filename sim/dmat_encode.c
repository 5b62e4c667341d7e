/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records into the payload of a block:
 *
 *	u32 number of columns, then for each: u32 id, u32 size; then their bytes.
 *
 * Columns: shapes (u32 size of one, then the shapes, the most frequent first), the
 * index of each record's shape, and one of varints per kind and member.
 */
#include <errno.h>
#include <stdlib.h>

#include "dmat_predict.h"

#define HASH_LG2  17
#define HASH_SIZE (1u << HASH_LG2)

struct shape {
	uint8_t kind, access, granted, size;
	uint16_t flags, codes;
	uint32_t rid, pasid, domain, fixed;
};

struct dmat_encoder {
	struct dmat_predictor predictor;
	uint64_t first_ns;
	uint32_t count;
	uint16_t index[DMAT_BLOCK_RECORDS]; /* shape of each record */

	struct shape shapes[DMAT_SHAPES_MAX];
	uint32_t uses[DMAT_SHAPES_MAX];
	uint32_t n_shapes;
	uint32_t shape_hash[HASH_SIZE]; /* number of the shape plus 1 */

	struct dmat_context_key keys[DMAT_SHAPES_MAX];
	struct dmat_context contexts[DMAT_SHAPES_MAX];
	uint32_t n_contexts;
	uint32_t context_hash[HASH_SIZE];

	struct bytes columns[DMAT_COLUMNS];
};

int dmat_encoder_new(struct dmat_encoder **encoder)
{
	*encoder = calloc(1, sizeof(**encoder));
	return *encoder ? 0 : -ENOMEM;
}

void dmat_encoder_free(struct dmat_encoder *encoder)
{
	if (!encoder)
		return;
	for (unsigned i = 0; i < DMAT_COLUMNS; i++)
		bytes_fini(&encoder->columns[i]);
	free(encoder);
}

uint32_t dmat_encoder_count(const struct dmat_encoder *encoder)
{
	return encoder->count;
}

static uint32_t hash_of(const void *data, size_t size)
{
	uint64_t hash = 0x9e3779b97f4a7c15u;
	uint32_t word;

	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, (const char *)data + i, sizeof(word));
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	return (uint32_t)(hash >> 7) & (HASH_SIZE - 1);
}

static struct dmat_context *context_of(struct dmat_encoder *encoder,
				       const struct trace_record *record, uint32_t fixed)
{
	struct dmat_context_key key = dmat_context_key(record, fixed);
	uint32_t slot = hash_of(&key, sizeof(key));
	struct dmat_context *context;

	for (; encoder->context_hash[slot]; slot = (slot + 1) & (HASH_SIZE - 1)) {
		uint32_t found = encoder->context_hash[slot] - 1;

		if (memcmp(&encoder->keys[found], &key, sizeof(key)) == 0)
			return &encoder->contexts[found];
	}
	encoder->keys[encoder->n_contexts] = key;
	context = &encoder->contexts[encoder->n_contexts];
	encoder->context_hash[slot] = ++encoder->n_contexts;
	dmat_context_init(context, record->kind, record->size, fixed);
	return context;
}

static uint32_t shape_of(struct dmat_encoder *encoder, const struct shape *shape)
{
	uint32_t slot = hash_of(shape, sizeof(*shape));

	for (; encoder->shape_hash[slot]; slot = (slot + 1) & (HASH_SIZE - 1)) {
		uint32_t found = encoder->shape_hash[slot] - 1;

		if (memcmp(&encoder->shapes[found], shape, sizeof(*shape)) == 0)
			return found;
	}
	encoder->shapes[encoder->n_shapes] = *shape;
	encoder->uses[encoder->n_shapes] = 0;
	encoder->shape_hash[slot] = ++encoder->n_shapes;
	return encoder->n_shapes - 1;
}

/* The member's code; where a difference is needed it goes to the column. */
static unsigned put_number(struct dmat_encoder *encoder, unsigned kind, unsigned member,
			   uint64_t value, uint64_t predicted)
{
	struct bytes *column = &encoder->columns[kind * 8 + member];
	uint64_t delta = value - predicted;
	unsigned code = delta & 0xfff ? DMAT_BYTES : DMAT_PAGES;

	if (value == 0)
		return DMAT_ZERO;
	if (delta == 0)
		return (unsigned)DMAT_PREDICTED << (2 * member);
	if (code == DMAT_PAGES)
		delta = (uint64_t)((int64_t)delta >> 12);
	bytes_put_varint(column, dmat_zigzag(delta));
	return code << (2 * member);
}

static unsigned put_time(struct dmat_encoder *encoder, uint64_t time_ns)
{
	uint64_t delta = time_ns - encoder->predictor.time_ns;

	if (delta == 0)
		return DMAT_ZERO;
	encoder->predictor.time_ns = time_ns;
	bytes_put_varint(&encoder->columns[DMAT_COLUMN_TIME], delta);
	return DMAT_BYTES << (2 * DMAT_TIME);
}

static unsigned put_value(struct dmat_encoder *encoder, const struct trace_record *record,
			  const struct dmat_context *context)
{
	struct dmat_predictor *predictor = &encoder->predictor;
	struct dmat_page *slot;
	uint64_t key;
	unsigned code;

	if (record->kind != TRACE_DMA && record->kind != TRACE_ATS)
		return put_number(encoder, record->kind, DMAT_VALUE, record->value, context->value);
	if (record->value == 0)
		return DMAT_ZERO;
	slot = dmat_page_slot(predictor, record->rid, record->address, &key);
	code = put_number(encoder, record->kind, DMAT_VALUE, record->value,
			  dmat_predict_answer(predictor, slot, key, context, record->address));
	slot->key = key;
	slot->answer = record->value & ~UINT64_C(0xfff);
	return code;
}

static unsigned put_words(struct dmat_encoder *encoder, const struct trace_record *record,
			  const struct dmat_context *context)
{
	unsigned codes = 0;

	for (unsigned i = 0; i < 4; i++)
		codes |= put_number(encoder, record->kind, DMAT_WORD0 + i, record->words[i],
				    context->words[1][i]);
	return codes;
}

int dmat_encode(struct dmat_encoder *encoder, const struct trace_record *record)
{
	uint32_t fixed = record->kind == TRACE_REGISTER ? (uint32_t)record->address : 0;
	struct shape shape = {record->kind, record->access, record->granted,
			      record->size, record->flags,  0,
			      record->rid,  record->pasid,  record->domain,
			      fixed};
	struct dmat_context *context;
	unsigned codes;

	if (record->kind == 0 || record->kind > DMAT_KIND_MAX)
		return -EINVAL;
	if (encoder->count == 0) {
		encoder->first_ns = record->time_ns;
		dmat_predictor_reset(&encoder->predictor, record->time_ns);
	}
	if (record->time_ns < encoder->predictor.time_ns)
		return -EINVAL;
	context = context_of(encoder, record, fixed);
	codes = put_time(encoder, record->time_ns);
	codes |= put_number(encoder, record->kind, DMAT_ADDRESS, record->address,
			    context->address + context->length);
	codes |= put_number(encoder, record->kind, DMAT_LENGTH, record->length, context->length);
	codes |= put_value(encoder, record, context);
	codes |= put_words(encoder, record, context);
	dmat_context_update(context, codes, record);
	dmat_predictor_update(&encoder->predictor, record);
	shape.codes = (uint16_t)codes;
	encoder->index[encoder->count] = (uint16_t)shape_of(encoder, &shape);
	encoder->uses[encoder->index[encoder->count++]]++;
	return 0;
}

/* A shape and how often it occurs, for sorting. */
struct ranked {
	uint32_t uses, shape;
};

static int by_uses(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->uses != y->uses)
		return x->uses < y->uses ? 1 : -1;
	return x->shape < y->shape ? -1 : 1;
}

static void put_shape(struct bytes *column, const struct shape *shape)
{
	const unsigned char head[4] = {shape->kind, shape->access, shape->granted, shape->size};

	bytes_put(column, head, sizeof(head));
	bytes_put_u32(column, shape->flags | (uint32_t)shape->codes << 16);
	bytes_put_u32(column, shape->rid);
	bytes_put_u32(column, shape->pasid);
	bytes_put_u32(column, shape->domain);
	bytes_put_u32(column, shape->fixed);
}

static void put_index(struct bytes *column, uint32_t rank)
{
	const unsigned char wide[3] = {DMAT_INDEX_WIDE, (unsigned char)rank,
				       (unsigned char)(rank >> 8)};

	if (rank < DMAT_INDEX_WIDE)
		bytes_put(column, &wide[1], 1);
	else
		bytes_put(column, wide, sizeof(wide));
}

/* The two columns that are known only when the block is full. */
static int put_shapes(struct dmat_encoder *encoder)
{
	struct bytes *shapes = &encoder->columns[DMAT_COLUMN_SHAPES];
	struct bytes *index = &encoder->columns[DMAT_COLUMN_INDEX];
	struct ranked *ranked = malloc(encoder->n_shapes * sizeof(*ranked) + 1);

	if (!ranked)
		return -ENOMEM;
	for (uint32_t i = 0; i < encoder->n_shapes; i++)
		ranked[i] = (struct ranked){encoder->uses[i], i};
	qsort(ranked, encoder->n_shapes, sizeof(*ranked), by_uses);
	bytes_put_u32(shapes, DMAT_SHAPE_SIZE);
	for (uint32_t i = 0; i < encoder->n_shapes; i++) {
		put_shape(shapes, &encoder->shapes[ranked[i].shape]);
		encoder->uses[ranked[i].shape] = i; /* from here on: its rank */
	}
	free(ranked);
	for (uint32_t i = 0; i < encoder->count; i++)
		put_index(index, encoder->uses[encoder->index[i]]);
	return 0;
}

static void clear(struct dmat_encoder *encoder)
{
	encoder->count = encoder->n_shapes = encoder->n_contexts = 0;
	memset(encoder->shape_hash, 0, sizeof(encoder->shape_hash));
	memset(encoder->context_hash, 0, sizeof(encoder->context_hash));
	for (unsigned i = 0; i < DMAT_COLUMNS; i++)
		encoder->columns[i].used = 0;
}

int dmat_encoder_finish(struct dmat_encoder *encoder, struct dmat_header *header,
			struct bytes *payload)
{
	uint32_t columns = 0;
	int status = put_shapes(encoder);

	for (unsigned i = 0; i < DMAT_COLUMNS; i++) {
		columns += encoder->columns[i].used != 0;
		if (encoder->columns[i].failed)
			status = -ENOMEM;
	}
	if (status < 0)
		return status;
	payload->used = 0;
	bytes_put_u32(payload, columns);
	for (uint32_t i = 0; i < DMAT_COLUMNS; i++) {
		if (encoder->columns[i].used) {
			bytes_put_u32(payload, i);
			bytes_put_u32(payload, (uint32_t)encoder->columns[i].used);
		}
	}
	for (unsigned i = 0; i < DMAT_COLUMNS; i++)
		bytes_put(payload, encoder->columns[i].data, encoder->columns[i].used);
	header->type = DMAT_RECORDS;
	header->records = encoder->count;
	header->first_ns = encoder->first_ns;
	header->last_ns = encoder->predictor.time_ns;
	clear(encoder);
	return payload->failed ? -ENOMEM : 0;
}
