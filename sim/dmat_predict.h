/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record probably holds, from those before it in the block: the part of the
 * .dmat format that encoder and decoder must do alike. What is predicted exactly
 * costs nothing beyond the record's shape; what is not costs a difference.
 *
 * A shape is all of a record that takes few values (kind, flags, requester, rights,
 * which of its numbers are predicted). Numbers are predicted from a context: the
 * record before of the same kind, access, requester, PASID and domain.
 */
#ifndef SIM_DMAT_PREDICT_H
#define SIM_DMAT_PREDICT_H

#include <string.h>

#include "dmat.h"

/* How a number is given. */
enum dmat_code {
	DMAT_ZERO,
	DMAT_PREDICTED,
	DMAT_BYTES, /* zigzag difference to the prediction, in the member's column */
	DMAT_PAGES, /* the same where it is a multiple of 4 KiB, divided by it */
};

/* The numbers of a record, in the order in which they stand for one record. */
enum dmat_member {
	DMAT_TIME,
	DMAT_ADDRESS,
	DMAT_LENGTH,
	DMAT_VALUE,
	DMAT_WORD0, /* to DMAT_WORD0 + 3 */
	DMAT_MEMBERS = DMAT_WORD0 + 4
};

/* A shape in the file: kind, access, granted, size, u16 flags, u16 codes, u32 rid,
 * pasid, domain, fixed. Later minor versions may append. `fixed` is the address
 * that the context begins with (the offset of a register). */
#define DMAT_SHAPE_SIZE 24
#define DMAT_SHAPES_MAX 65536

/* Columns are numbered kind * 8 + member; time is one for all kinds. */
#define DMAT_COLUMNS       256
#define DMAT_KIND_MAX      30
#define DMAT_COLUMN_TIME   0
#define DMAT_COLUMN_SHAPES 0xfe
#define DMAT_COLUMN_INDEX  0xff

/* The index column: one byte below this, else this and a u16. */
#define DMAT_INDEX_WIDE 0xff

/* codes of a shape: two bits per member, time first. */
static inline unsigned dmat_code(unsigned codes, unsigned member)
{
	return codes >> (2 * member) & 3;
}

static inline uint64_t dmat_zigzag(uint64_t delta)
{
	return delta << 1 ^ (uint64_t)((int64_t)delta >> 63);
}

static inline uint64_t dmat_unzigzag(uint64_t folded)
{
	return folded >> 1 ^ (0 - (folded & 1));
}

/* A context is found by these; a shape has them all. Stores of each size have their
 * own, because the first one is predicted from the size. */
struct dmat_context_key {
	uint32_t kind; /* and access, and size of a store */
	uint32_t rid, pasid, domain, fixed;
};

static inline struct dmat_context_key dmat_context_key(const struct trace_record *record,
						       uint32_t fixed)
{
	struct dmat_context_key key = {
		.kind = (uint32_t)record->kind << 8 | record->access,
		.rid = record->rid,
		.pasid = record->pasid,
		.domain = record->domain,
		.fixed = fixed,
	};

	if (record->kind == TRACE_STORE)
		key.kind |= (uint32_t)record->size << 16;
	return key;
}

struct dmat_context {
	uint64_t address, length, value;
	uint64_t words[2][4]; /* of the last record and the one before it */
};

/* Memory words and stores come in order of address more often than not. */
static inline void dmat_context_init(struct dmat_context *context, unsigned kind, unsigned size,
				     uint32_t fixed)
{
	memset(context, 0, sizeof(*context));
	context->address = fixed;
	if (kind == TRACE_MEMORY)
		context->length = 8;
	else if (kind == TRACE_STORE)
		context->length = size;
}

#define DMAT_WORD_CODES (0xffu << (2 * DMAT_WORD0))

static inline void dmat_context_update(struct dmat_context *context, unsigned codes,
				       const struct trace_record *record)
{
	context->address = record->address;
	if (record->length)
		context->length = record->length;
	if (record->value)
		context->value = record->value;
	if (codes & DMAT_WORD_CODES) {
		memcpy(context->words[1], context->words[0], sizeof(context->words[1]));
		memcpy(context->words[0], record->words, sizeof(context->words[0]));
	}
}

#define DMAT_PAGES_LG2 11

/* Which page was answered with which: by requester and page. */
struct dmat_page {
	uint64_t key, answer;
};

struct dmat_predictor {
	uint64_t time_ns;
	uint64_t map_address, map_length, map_value; /* the last TRACE_MAP */
	struct dmat_page pages[1 << DMAT_PAGES_LG2];
};

static inline void dmat_predictor_reset(struct dmat_predictor *predictor, uint64_t time_ns)
{
	memset(predictor, 0, sizeof(*predictor));
	predictor->time_ns = time_ns;
}

static inline void dmat_predictor_update(struct dmat_predictor *predictor,
					 const struct trace_record *record)
{
	if (record->kind != TRACE_MAP)
		return;
	predictor->map_address = record->address;
	predictor->map_length = record->length;
	predictor->map_value = record->value;
}

/* The slot of a page, which belongs to it or to another: key tells. */
static inline struct dmat_page *dmat_page_slot(struct dmat_predictor *predictor, uint32_t rid,
					       uint64_t address, uint64_t *key)
{
	uint64_t page = address >> 12;
	uint64_t hash = page ^ page >> DMAT_PAGES_LG2 ^ (uint64_t)rid * 0x9e5;

	*key = page ^ (uint64_t)rid << 40 ^ UINT64_C(1) << 63;
	return &predictor->pages[hash & ((1u << DMAT_PAGES_LG2) - 1)];
}

/* The answer to an access: that of the page before, or of the map before, or next
 * to the answer before. */
static inline uint64_t dmat_predict_answer(const struct dmat_predictor *predictor,
					   const struct dmat_page *slot, uint64_t key,
					   const struct dmat_context *context, uint64_t address)
{
	if (slot->key == key)
		return slot->answer | (address & 0xfff);
	if (address - predictor->map_address < predictor->map_length)
		return predictor->map_value + (address - predictor->map_address);
	return (context->value & ~UINT64_C(0xfff)) | (address & 0xfff);
}

#endif
