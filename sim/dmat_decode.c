/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload of a block into records; the layout stands in dmat_encode.c. The
 * payload is as hostile as the rest of a file: its checksum proves nothing. A
 * number that reaches behind its column marks the block as bad, which is looked
 * at once per call.
 */
#include <errno.h>
#include <stdlib.h>

#include "dmat_predict.h"

struct shape {
	struct trace_record record; /* what all records of the shape have in common */
	struct dmat_context *context;
	struct span *columns; /* of the kind, by member */
	uint16_t codes;
	bool answer; /* the value is an answer, predicted by page */
	bool unknown;
};

struct dmat_decoder {
	struct dmat_predictor predictor;
	struct span columns[DMAT_COLUMNS];
	struct span index;
	uint32_t left; /* records to come */
	uint64_t last_ns; /* time of the last one, by the header */
	uint64_t unknown;
	bool bad;
	uint32_t n_shapes, room; /* of shapes and contexts */
	struct shape *shapes;
	struct dmat_context *contexts;
	struct dmat_context_key *keys;
	uint32_t *hash; /* of contexts: number plus 1 */
};

int dmat_decoder_new(struct dmat_decoder **decoder)
{
	*decoder = calloc(1, sizeof(**decoder));
	return *decoder ? 0 : -ENOMEM;
}

void dmat_decoder_free(struct dmat_decoder *decoder)
{
	if (!decoder)
		return;
	free(decoder->shapes);
	free(decoder->contexts);
	free(decoder->keys);
	free(decoder->hash);
	free(decoder);
}

uint64_t dmat_decoder_unknown(const struct dmat_decoder *decoder)
{
	return decoder->unknown;
}

/* ---- The head of a block ------------------------------------------------------- */

/* Columns of later versions are passed over. */
static int load_columns(struct dmat_decoder *decoder, struct span *payload)
{
	uint32_t count = span_u32(payload);
	const unsigned char *table = span_take(payload, (uint64_t)count * 8);
	struct span head = {table, payload->p, payload->bad};

	memset(decoder->columns, 0, sizeof(decoder->columns));
	while (!head.bad && count-- > 0) {
		uint32_t id = span_u32(&head);
		uint32_t size = span_u32(&head);
		const unsigned char *data = span_take(payload, size);

		if (!data)
			return -EINVAL;
		if (id < DMAT_COLUMNS)
			decoder->columns[id] = (struct span){data, data + size, false};
	}
	return head.bad || payload->bad ? -EINVAL : 0;
}

static int make_room(struct dmat_decoder *decoder, uint32_t shapes)
{
	if (shapes <= decoder->room)
		return 0;
	free(decoder->shapes);
	free(decoder->contexts);
	free(decoder->keys);
	free(decoder->hash);
	decoder->shapes = calloc(shapes, sizeof(*decoder->shapes));
	decoder->contexts = calloc(shapes, sizeof(*decoder->contexts));
	decoder->keys = calloc(shapes, sizeof(*decoder->keys));
	decoder->hash = calloc((size_t)shapes * 4, sizeof(*decoder->hash));
	decoder->room = 0;
	if (!decoder->shapes || !decoder->contexts || !decoder->keys || !decoder->hash)
		return -ENOMEM;
	decoder->room = shapes;
	return 0;
}

static uint32_t hash_of(const struct dmat_context_key *key)
{
	uint64_t hash = (uint64_t)key->kind << 32 | key->rid;

	hash = (hash ^ key->pasid) * 0xff51afd7ed558ccdu;
	hash = (hash ^ hash >> 29 ^ key->domain) * 0xc4ceb9fe1a85ec53u;
	hash = (hash ^ hash >> 31 ^ key->fixed) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(hash >> 32);
}

/* Contexts are numbered as their first shapes are; a number without a context of
 * its own stays unused. */
static struct dmat_context *context_of(struct dmat_decoder *decoder, uint32_t number,
				       const struct trace_record *record, uint32_t fixed)
{
	struct dmat_context_key key = dmat_context_key(record, fixed);
	uint32_t slots = decoder->room * 4;
	uint32_t slot = hash_of(&key) % slots;

	for (; decoder->hash[slot]; slot = slot + 1 == slots ? 0 : slot + 1) {
		uint32_t found = decoder->hash[slot] - 1;

		if (memcmp(&decoder->keys[found], &key, sizeof(key)) == 0)
			return &decoder->contexts[found];
	}
	decoder->hash[slot] = number + 1;
	decoder->keys[number] = key;
	dmat_context_init(&decoder->contexts[number], record->kind, record->size, fixed);
	return &decoder->contexts[number];
}

static int load_shape(struct dmat_decoder *decoder, uint32_t number, struct span *bytes)
{
	struct shape *shape = &decoder->shapes[number];
	struct trace_record *record = &shape->record;
	const unsigned char *head = span_take(bytes, 4);
	uint32_t flags = span_u32(bytes);
	uint32_t fixed;

	memset(shape, 0, sizeof(*shape));
	record->rid = span_u32(bytes);
	record->pasid = span_u32(bytes);
	record->domain = span_u32(bytes);
	fixed = span_u32(bytes);
	if (!head || bytes->bad || head[0] == 0 || head[0] > DMAT_KIND_MAX)
		return -EINVAL;
	record->kind = head[0];
	record->access = head[1];
	record->granted = head[2];
	record->size = head[3];
	record->flags = (uint16_t)flags;
	shape->codes = (uint16_t)(flags >> 16);
	shape->answer = record->kind == TRACE_DMA || record->kind == TRACE_ATS;
	shape->unknown = record->kind >= TRACE_KINDS;
	if ((record->kind == TRACE_COMMAND || record->kind == TRACE_BIND) && record->size > 4)
		return -EINVAL;
	shape->columns = &decoder->columns[record->kind * 8];
	shape->context = context_of(decoder, number, record, fixed);
	return 0;
}

static int load_shapes(struct dmat_decoder *decoder)
{
	struct span *column = &decoder->columns[DMAT_COLUMN_SHAPES];
	uint32_t size = span_u32(column);
	size_t count = 0;
	int status;

	if (size >= DMAT_SHAPE_SIZE)
		count = (size_t)(column->end - column->p) / size;
	if (count == 0 || count > DMAT_SHAPES_MAX)
		return -EINVAL;
	status = make_room(decoder, (uint32_t)count);
	if (status < 0)
		return status;
	memset(decoder->hash, 0, (size_t)decoder->room * 4 * sizeof(*decoder->hash));
	decoder->n_shapes = (uint32_t)count;
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *at = span_take(column, size);
		struct span bytes = {at, at + size, false};

		if (load_shape(decoder, i, &bytes) < 0)
			return -EINVAL;
	}
	return 0;
}

int dmat_decoder_begin(struct dmat_decoder *decoder, const struct dmat_header *header,
		       const unsigned char *payload, size_t size)
{
	struct span span = {payload, payload + size, false};
	int status;

	decoder->left = 0;
	decoder->last_ns = decoder->predictor.time_ns;
	decoder->bad = false;
	status = load_columns(decoder, &span);
	if (status == 0 && header->records)
		status = load_shapes(decoder);
	if (status < 0)
		return status;
	decoder->index = decoder->columns[DMAT_COLUMN_INDEX];
	dmat_predictor_reset(&decoder->predictor, header->first_ns);
	decoder->left = header->records;
	decoder->last_ns = header->last_ns;
	return 0;
}

/* ---- Records ---------------------------------------------------------------------- */

static uint64_t take(struct span *column)
{
	if (column->p < column->end && *column->p < 0x80)
		return *column->p++;
	return span_varint(column);
}

static uint64_t take_number(struct span *column, unsigned code, uint64_t predicted)
{
	uint64_t delta;

	if (code == DMAT_PREDICTED)
		return predicted;
	if (code == DMAT_ZERO)
		return 0;
	delta = dmat_unzigzag(take(column));
	return predicted + (code == DMAT_PAGES ? delta << 12 : delta);
}

static uint64_t take_answer(struct dmat_decoder *decoder, const struct shape *shape,
			    const struct trace_record *record)
{
	unsigned code = dmat_code(shape->codes, DMAT_VALUE);
	struct dmat_page *slot;
	uint64_t key, value;

	if (code == DMAT_ZERO)
		return 0;
	slot = dmat_page_slot(&decoder->predictor, record->rid, record->address, &key);
	value = dmat_predict_answer(&decoder->predictor, slot, key, shape->context,
				    record->address);
	if (code != DMAT_PREDICTED)
		value = take_number(&shape->columns[DMAT_VALUE], code, value);
	slot->key = key;
	slot->answer = value & ~UINT64_C(0xfff);
	return value;
}

static void take_words(const struct shape *shape, struct trace_record *record)
{
	for (unsigned i = 0; i < 4; i++)
		record->words[i] = take_number(&shape->columns[DMAT_WORD0 + i],
					       dmat_code(shape->codes, DMAT_WORD0 + i),
					       shape->context->words[1][i]);
}

static void take_time(struct dmat_decoder *decoder)
{
	uint64_t *time_ns = &decoder->predictor.time_ns;

	if (__builtin_add_overflow(*time_ns, take(&decoder->columns[DMAT_COLUMN_TIME]), time_ns))
		decoder->bad = true;
}

static const struct shape *take_shape(struct dmat_decoder *decoder)
{
	struct span *index = &decoder->index;
	uint32_t number = 0;

	if (index->p < index->end)
		number = *index->p++;
	else
		decoder->bad = true;
	if (number == DMAT_INDEX_WIDE) {
		const unsigned char *wide = span_take(index, 2);

		number = wide ? wide[0] | (uint32_t)wide[1] << 8 : UINT32_MAX;
	}
	if (number >= decoder->n_shapes) {
		decoder->bad = true;
		number = 0;
	}
	return &decoder->shapes[number];
}

/* False: of an unknown kind, not to be handed out. */
static bool decode_one(struct dmat_decoder *decoder, struct trace_record *record)
{
	const struct shape *shape = take_shape(decoder);
	struct dmat_context *context = shape->context;
	unsigned codes = shape->codes;

	*record = shape->record;
	if (dmat_code(codes, DMAT_TIME))
		take_time(decoder);
	record->time_ns = decoder->predictor.time_ns;
	record->address = take_number(&shape->columns[DMAT_ADDRESS], dmat_code(codes, DMAT_ADDRESS),
				      context->address + context->length);
	record->length = take_number(&shape->columns[DMAT_LENGTH], dmat_code(codes, DMAT_LENGTH),
				     context->length);
	if (shape->answer)
		record->value = take_answer(decoder, shape, record);
	else
		record->value = take_number(&shape->columns[DMAT_VALUE],
					    dmat_code(codes, DMAT_VALUE), context->value);
	if (codes & DMAT_WORD_CODES)
		take_words(shape, record);
	dmat_context_update(context, codes, record);
	dmat_predictor_update(&decoder->predictor, record);
	if (shape->unknown)
		decoder->unknown++;
	return !shape->unknown;
}

int dmat_decode(struct dmat_decoder *decoder, struct trace_record *records, size_t limit)
{
	size_t count = 0;

	while (count < limit && decoder->left > 0) {
		decoder->left--;
		count += decode_one(decoder, &records[count]);
	}
	for (unsigned i = 0; i < DMAT_COLUMNS; i++)
		decoder->bad |= decoder->columns[i].bad;
	if (decoder->left == 0 && limit && decoder->predictor.time_ns != decoder->last_ns)
		decoder->bad = true;
	return decoder->bad ? -EINVAL : (int)count;
}
