/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads of binary trace blocks, behind their checksums: a changed payload is
 * decoded, and what comes out is encoded and decoded again to the same records.
 *
 * An input is the count of records (two bytes) and the payload.
 */
#include "dmat.h"
#include "fuzz.h"
#include "trace_samples.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 2048u
#define INPUT_MAX   1500u

struct blocks {
	struct dmat_encoder *encoder;
	struct dmat_decoder *decoder;
	struct bytes payload;
	uint8_t seed_data[3][INPUT_MAX];
	struct trace_record first[RECORDS_MAX], second[RECORDS_MAX];
};

/* The number of records decoded, or negative as dmat_decode(). */
static int decode(struct blocks *b, const struct dmat_header *header, const struct bytes *payload,
		  struct trace_record *records)
{
	int count = 0, n = dmat_decoder_begin(b->decoder, header, payload->data, payload->used);

	if (n)
		return n;
	while (count < (int)RECORDS_MAX &&
	       (n = dmat_decode(b->decoder, records + count, RECORDS_MAX - (unsigned)count)) > 0)
		count += n;
	return n < 0 ? n : count;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct blocks *b = state;
	struct dmat_header header = {.type = DMAT_RECORDS}, again = {.type = DMAT_RECORDS};
	struct bytes payload;
	int count;

	if (size < 2)
		return NULL;
	header.records = (uint32_t)(data[0] | data[1] << 8) % RECORDS_MAX;
	header.unpacked = (uint32_t)(size - 2);
	payload = (struct bytes){.data = malloc(size), .used = size - 2, .capacity = size};
	if (!payload.data)
		return NULL;
	/* Of its exact size, so that a read behind it is seen. */
	memcpy(payload.data, data + 2, size - 2);
	count = decode(b, &header, &payload, b->first);
	free(payload.data);
	if (count <= 0)
		return NULL;
	for (int i = 0; i < count; i++)
		if (dmat_encode(b->encoder, &b->first[i])) {
			b->payload.used = 0;
			(void)dmat_encoder_finish(b->encoder, &again, &b->payload);
			return "a decoded record cannot be encoded";
		}
	b->payload.used = 0;
	if (dmat_encoder_finish(b->encoder, &again, &b->payload))
		return "a block cannot be finished";
	if (decode(b, &again, &b->payload, b->second) != count)
		return "an encoded block does not decode to as many records";
	for (int i = 0; i < count; i++)
		if (!records_equal(&b->first[i], &b->second[i]))
			return "an encoded record decodes to another";
	return NULL;
}

static bool seed(struct blocks *b, struct fuzz_seed *seeds, size_t *n, unsigned repeat)
{
	struct dmat_header header = {.type = DMAT_RECORDS};
	uint8_t *data = b->seed_data[*n];
	uint64_t base = 0;

	for (unsigned r = 0; r < repeat; r++) {
		for (size_t i = 0; i < sample_records_count; i++) {
			struct trace_record record = sample_records[i];

			record.time_ns += base;
			if (dmat_encode(b->encoder, &record))
				return false;
		}
		base += 3000000;
	}
	b->payload.used = 0;
	if (dmat_encoder_finish(b->encoder, &header, &b->payload) ||
	    b->payload.used > INPUT_MAX - 2)
		return false;
	data[0] = (uint8_t)header.records;
	data[1] = (uint8_t)(header.records >> 8);
	memcpy(data + 2, b->payload.data, b->payload.used);
	seeds[(*n)++] = (struct fuzz_seed){data, b->payload.used + 2};
	return true;
}

static void finish(void *state)
{
	struct blocks *b = state;

	dmat_encoder_free(b->encoder);
	dmat_decoder_free(b->decoder);
	bytes_fini(&b->payload);
	free(b);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct blocks *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	if (dmat_encoder_new(&b->encoder) == 0 && dmat_decoder_new(&b->decoder) == 0 &&
	    seed(b, seeds, n_seeds, 1) && seed(b, seeds, n_seeds, 3))
		return b;
	finish(b);
	return NULL;
}

const struct fuzz_target fuzz_target = {
	.name = "dmat",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
