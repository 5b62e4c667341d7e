/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form as a trace reader. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dmat_source.h"
#include "trace_reader.h"

struct dmat {
	struct dmat_source source;
	struct dmat_decoder *decoder;
	struct dmat_ahead *ahead; /* NULL: one thread */
	struct bytes payload;
	struct dmat_header header; /* of the block being decoded */
	bool ended;
};

static int load_block(struct trace_reader *reader, struct trace_error *error)
{
	struct dmat *dmat = reader->state;
	const struct bytes *payload = &dmat->payload;
	int status;

	if (dmat->ahead)
		status = dmat_ahead_next(dmat->ahead, &dmat->header, &payload, error);
	else
		status = dmat_source_next(&dmat->source, &dmat->header, &dmat->payload, error);
	if (status <= 0) {
		dmat->ended = true;
		return status;
	}
	status = dmat_decoder_begin(dmat->decoder, &dmat->header, payload->data, payload->used);
	if (status == -ENOMEM)
		return trace_fail(error, status, "out of memory");
	if (status < 0)
		return trace_fail(error, status, "%s: block %llu is malformed",
				  input_name(reader->input),
				  (unsigned long long)dmat->header.sequence);
	return 1;
}

static void count_unknown(struct trace_reader *reader)
{
	static const char what[] = "records of a later version";
	struct dmat *dmat = reader->state;
	uint64_t unknown = dmat_decoder_unknown(dmat->decoder);

	for (size_t i = 0; i < reader->n_skipped; i++)
		unknown -= reader->skipped[i].count;
	if (unknown == 0)
		return;
	trace_reader_skip(reader, what, strlen(what));
	reader->skipped[0].count += unknown - 1;
}

static int dmat_next(struct trace_reader *reader, struct trace_error *error)
{
	struct dmat *dmat = reader->state;
	int status = 1;

	while (!dmat->ended && status > 0) {
		int n = dmat_decode(dmat->decoder, reader->batch, TRACE_BATCH);

		if (n < 0)
			return trace_fail(error, n, "%s: block %llu is malformed",
					  input_name(reader->input),
					  (unsigned long long)dmat->header.sequence);
		if (n > 0) {
			reader->count = (size_t)n;
			return 0;
		}
		count_unknown(reader);
		status = load_block(reader, error);
	}
	return status < 0 ? status : 0;
}

static int dmat_open(struct trace_reader *reader, struct trace_error *error)
{
	struct dmat *dmat = calloc(1, sizeof(*dmat));

	reader->state = dmat;
	if (!dmat || dmat_decoder_new(&dmat->decoder) < 0)
		return trace_fail(error, -ENOMEM, "out of memory");
	return dmat_source_open(&dmat->source, reader->input, &reader->meta, error);
}

static int dmat_threads(struct trace_reader *reader, unsigned threads)
{
	struct dmat *dmat = reader->state;

	if (threads < 2 || dmat->ahead)
		return 0;
	return dmat_ahead_start(&dmat->source, &dmat->ahead);
}

static int dmat_seek(struct trace_reader *reader, uint64_t record, struct trace_error *error)
{
	struct dmat *dmat = reader->state;
	uint64_t skip;
	int status;

	if (dmat->ahead)
		return trace_fail(error, -EBUSY, "seek before reading on two threads");
	status = dmat_source_seek(&dmat->source, record, &skip, error);
	dmat->ended = false;
	if (status == 0)
		status = load_block(reader, error);
	while (status > 0 && skip > 0) {
		size_t want = skip < TRACE_BATCH ? (size_t)skip : TRACE_BATCH;
		int n = dmat_decode(dmat->decoder, reader->batch, want);

		if (n <= 0)
			return trace_fail(error, -EINVAL, "%s: block %llu is malformed",
					  input_name(reader->input),
					  (unsigned long long)dmat->header.sequence);
		skip -= (uint64_t)n;
	}
	return status < 0 ? status : 0;
}

static void dmat_close(struct trace_reader *reader)
{
	struct dmat *dmat = reader->state;

	if (!dmat)
		return;
	dmat_ahead_stop(dmat->ahead);
	dmat_source_close(&dmat->source);
	dmat_decoder_free(dmat->decoder);
	bytes_fini(&dmat->payload);
	free(dmat);
}

static bool dmat_recognise(const unsigned char *head, size_t length)
{
	return length >= DMAT_MAGIC_SIZE && memcmp(head, DMAT_MAGIC, DMAT_MAGIC_SIZE) == 0;
}

const struct trace_format_ops trace_binary_ops = {
	.format = TRACE_FORMAT_BINARY,
	.name = "binary",
	.recognise = dmat_recognise,
	.open = dmat_open,
	.next = dmat_next,
	.threads = dmat_threads,
	.seek = dmat_seek,
	.close = dmat_close,
};
