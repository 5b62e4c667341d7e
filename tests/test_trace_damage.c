/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged binary traces: every damage is seen, what is read before it is right, and it
 * costs the damaged blocks and nothing else.
 */
#include "trace_rig.h"

#include "dmat.h"
#include "dmat_scan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SMALL 40

static void a_cut_at_every_byte_is_seen(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct rig_trace trace, ahead;
	size_t size;
	void *data;

	(void)state;
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, SMALL);
	data = rig_read_file(rig_path("t"), &size);
	for (size_t cut = 0; cut < size; cut++) {
		rig_write_file(rig_path("c"), data, cut);
		rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1);
		assert_true(trace.status < 0);
		rig_read(&ahead, rig_path("c"), TRACE_FORMAT_BINARY, 2);
		assert_int_equal(ahead.status, trace.status);
		assert_int_equal(ahead.count, trace.count);
		assert_string_equal(ahead.error.text, trace.error.text);
		rig_free(&ahead);
		assert_true(trace.count == 0 || trace.count == SMALL);
		rig_free(&trace);
	}
	free(data);
	free(records);
}

static void a_flip_in_every_byte_is_seen(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct rig_trace trace;
	unsigned char *data;
	size_t size;

	(void)state;
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, SMALL);
	data = rig_read_file(rig_path("t"), &size);
	for (size_t byte = 0; byte < size; byte++) {
		const size_t bit = 8 * byte + rig_random(&random) % 8;

		data[bit / 8] ^= (unsigned char)(1u << bit % 8);
		rig_write_file(rig_path("c"), data, size);
		rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1);
		if (trace.status >= 0)
			print_error("bit %zu of byte %zu\n", bit % 8, bit / 8);
		assert_true(trace.status < 0);
		assert_true(trace.count == 0 ||
			    rig_same_all(records, SMALL, trace.records, trace.count));
		data[bit / 8] ^= (unsigned char)(1u << bit % 8);
		rig_free(&trace);
	}
	free(data);
	free(records);
}

/* The whole blocks of records of a file, and the bytes that are in none. */
static void scan(const char *path, unsigned *blocks, uint64_t *lost, bool *well)
{
	struct dmat_scan *scan;
	struct dmat_piece piece;
	struct trace_error error;
	int status;

	*blocks = 0;
	*lost = 0;
	assert_int_equal(dmat_scan_open(path, &scan, &error), 0);
	while ((status = dmat_scan_next(scan, &piece, &error)) == 1) {
		if (!piece.whole)
			*lost += piece.length;
		else if (piece.header.type == DMAT_RECORDS)
			++*blocks;
	}
	assert_int_equal(status, 0);
	*well = dmat_scan_ended_well(scan);
	dmat_scan_close(scan);
}

static void damage_costs_the_damaged_block_alone(void **state)
{
	uint64_t random = rig_seed(), lost;
	const size_t count = 4 * DMAT_BLOCK_RECORDS;
	struct trace_record *records = rig_records(&random, count);
	unsigned char *data;
	unsigned blocks;
	size_t size;
	bool well;

	(void)state;
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, count);
	data = rig_read_file(rig_path("t"), &size);
	scan(rig_path("t"), &blocks, &lost, &well);
	assert_int_equal(blocks, 4);
	assert_int_equal(lost, 0);
	assert_true(well);
	/* In the middle of a payload, and bytes put in and taken out. */
	data[size / 2] ^= 0x40;
	rig_write_file(rig_path("c"), data, size);
	scan(rig_path("c"), &blocks, &lost, &well);
	assert_int_equal(blocks, 3);
	assert_true(lost > 0 && well);
	data[size / 2] ^= 0x40;
	memmove(data + size / 2, data + size / 2 + 7, size - size / 2 - 7);
	rig_write_file(rig_path("c"), data, size - 7);
	scan(rig_path("c"), &blocks, &lost, &well);
	assert_int_equal(blocks, 3);
	/* Cut: what is behind is gone, what is before is whole. */
	rig_write_file(rig_path("c"), data, size / 2);
	scan(rig_path("c"), &blocks, &lost, &well);
	assert_true(blocks == 1 || blocks == 2);
	assert_false(well);
	free(data);
	free(records);
}

/* A block put in twice, or out of order, is not taken for the next. */
static void blocks_out_of_order_are_refused(void **state)
{
	const size_t count = 2 * DMAT_BLOCK_RECORDS;
	struct trace_record *records = calloc(count, sizeof(*records));
	struct rig_trace trace;
	struct dmat_header header;
	unsigned char *data, *again;
	size_t size, first;

	(void)state;
	assert_non_null(records);
	for (size_t i = 0; i < count; i++)
		records[i] = (struct trace_record){.kind = TRACE_SYNC, .pasid = TRACE_NO_PASID};
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, count);
	data = rig_read_file(rig_path("t"), &size);
	first = DMAT_FILE_HEADER;
	assert_true(dmat_header_load(&header, data + first)); /* meta */
	first += DMAT_BLOCK_HEADER + header.packed;
	assert_true(dmat_header_load(&header, data + first));
	again = malloc(2 * size);
	assert_non_null(again);
	memcpy(again, data, first);
	memcpy(again + first, data + first, DMAT_BLOCK_HEADER + header.packed);
	memcpy(again + first + DMAT_BLOCK_HEADER + header.packed, data + first, size - first);
	rig_write_file(rig_path("c"), again, size + DMAT_BLOCK_HEADER + header.packed);
	rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1);
	assert_int_equal(trace.status, -EINVAL);
	assert_int_equal(trace.count, DMAT_BLOCK_RECORDS);
	rig_free(&trace);
	free(again);
	free(data);
	free(records);
}

static void bytes_behind_the_end_are_refused(void **state)
{
	struct rig_trace trace;
	unsigned char *data;
	size_t size;

	(void)state;
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, NULL, 0);
	data = rig_read_file(rig_path("t"), &size);
	rig_write_file(rig_path("c"), data, size + 1);
	rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1);
	assert_int_equal(trace.status, -EINVAL);
	rig_free(&trace);
	free(data);
}

/* Payloads are hostile too: any bytes with right checksums around them. */
static void payloads_with_right_checksums_are_not_trusted(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct trace_record out[64];
	struct dmat_encoder *encoder;
	struct dmat_decoder *decoder;
	struct dmat_header header = {0};
	struct bytes payload = {0};

	(void)state;
	assert_int_equal(dmat_encoder_new(&encoder), 0);
	assert_int_equal(dmat_decoder_new(&decoder), 0);
	for (size_t i = 0; i < SMALL; i++)
		assert_int_equal(dmat_encode(encoder, &records[i]), 0);
	assert_int_equal(dmat_encoder_finish(encoder, &header, &payload), 0);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned char *copy = malloc(payload.used);
		size_t size =
			rig_random(&random) % 8 ? payload.used : rig_random(&random) % payload.used;

		assert_non_null(copy);
		memcpy(copy, payload.data, payload.used);
		for (unsigned n = 1 + (unsigned)(rig_random(&random) % 4); n > 0; n--)
			copy[rig_random(&random) % payload.used] =
				(unsigned char)rig_random(&random);
		if (dmat_decoder_begin(decoder, &header, copy, size) == 0)
			while (dmat_decode(decoder, out, 64) > 0)
				;
		free(copy);
	}
	dmat_encoder_free(encoder);
	dmat_decoder_free(decoder);
	bytes_fini(&payload);
	free(records);
}

static int clean(void **state)
{
	(void)state;
	rig_clean();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_at_every_byte_is_seen),
		cmocka_unit_test(a_flip_in_every_byte_is_seen),
		cmocka_unit_test(damage_costs_the_damaged_block_alone),
		cmocka_unit_test(blocks_out_of_order_are_refused),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(payloads_with_right_checksums_are_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
