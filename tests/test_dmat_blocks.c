/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary traces block by block: files of several small blocks are put together here from
 * the layout of docs/trace-format.md, so that a cut, a flip or a lie has blocks before it
 * and behind it.
 */
#include "trace_rig.h"

#include "dmat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BLOCKS    5
#define PER_BLOCK 9
#define SMALL     ((size_t)BLOCKS * PER_BLOCK)

/* ---- Files put together by hand -------------------------------------------------------- */

struct file {
	struct bytes bytes;
	struct dmat_packer *packer;
	uint64_t sequence;
	uint32_t ends[BLOCKS]; /* of the blocks of records */
};

static void put_block(struct file *file, struct dmat_header *header, const struct bytes *payload)
{
	header->sequence = file->sequence++;
	assert_int_equal(dmat_pack(file->packer, header, payload, &file->bytes), 0);
}

static void put_meta(struct file *file)
{
	const struct trace_meta meta = {.arch = "vtd", .levels = TRACE_LEVEL_UNIT};
	struct dmat_header header = {.type = DMAT_META};
	struct bytes payload = {0};

	dmat_meta_store(&meta, &payload);
	put_block(file, &header, &payload);
	bytes_fini(&payload);
}

/* Meta, index and footer. */
static void put_end(struct file *file, const struct bytes *index, uint64_t records)
{
	struct dmat_header header = {.type = DMAT_INDEX};
	unsigned char bytes[DMAT_FOOTER];
	struct dmat_footer footer;

	put_meta(file);
	footer = (struct dmat_footer){file->bytes.used, file->sequence, records};
	put_block(file, &header, index);
	dmat_footer_store(&footer, bytes);
	bytes_put(&file->bytes, bytes, sizeof(bytes));
}

static void put_index_entry(struct bytes *index, const struct file *file, uint64_t record,
			    uint64_t time_ns)
{
	bytes_put_u64(index, file->bytes.used);
	bytes_put_u64(index, file->sequence);
	bytes_put_u64(index, record);
	bytes_put_u64(index, time_ns);
}

/* A change of a block's header before it is written, or a block of an unknown type. */
typedef void change_fn(struct dmat_header *header);

/* SMALL records in BLOCKS blocks; `change` (may be NULL) gets the third's header. */
static void put_together(struct file *file, const struct trace_record *records, change_fn *change)
{
	unsigned char head[DMAT_FILE_HEADER];
	struct dmat_encoder *encoder;
	struct bytes index = {0}, payload = {0};

	memset(file, 0, sizeof(*file));
	assert_int_equal(dmat_packer_new(6, &file->packer), 0);
	assert_int_equal(dmat_encoder_new(&encoder), 0);
	dmat_file_header_store(head);
	bytes_put(&file->bytes, head, sizeof(head));
	put_meta(file);
	for (size_t block = 0; block < BLOCKS; block++) {
		struct dmat_header header = {0};
		size_t at = file->bytes.used;

		put_index_entry(&index, file, block * PER_BLOCK,
				records[block * PER_BLOCK].time_ns);
		for (size_t i = 0; i < PER_BLOCK; i++)
			assert_int_equal(dmat_encode(encoder, &records[block * PER_BLOCK + i]), 0);
		assert_int_equal(dmat_encoder_finish(encoder, &header, &payload), 0);
		put_block(file, &header, &payload);
		if (change && block == 2) {
			change(&header);
			dmat_header_store(&header, file->bytes.data + at);
		}
		file->ends[block] = (uint32_t)file->bytes.used;
	}
	put_end(file, &index, SMALL);
	assert_false(file->bytes.failed || index.failed);
	bytes_fini(&index);
	bytes_fini(&payload);
	dmat_encoder_free(encoder);
	dmat_packer_free(file->packer);
}

/* Records of the blocks that end in the first `size` bytes. */
static size_t whole_before(const struct file *file, size_t size)
{
	size_t blocks = 0;

	while (blocks < BLOCKS && file->ends[blocks] <= size)
		blocks++;
	return blocks * PER_BLOCK;
}

static void blocks_of_any_size_are_read(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	const struct trace_record *found;
	struct trace_reader *reader;
	struct trace_error error;
	struct rig_trace trace;
	struct file file;
	size_t count;

	(void)state;
	put_together(&file, records, NULL);
	rig_write_file(rig_path("t"), file.bytes.data, file.bytes.used);
	for (unsigned threads = 1; threads <= 2; threads++) {
		rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, threads);
		assert_int_equal(trace.status, 0);
		assert_string_equal(trace.meta.arch, "vtd");
		assert_true(rig_same_all(records, SMALL, trace.records, trace.count));
		rig_free(&trace);
	}
	assert_int_equal(trace_open(rig_path("t"), TRACE_FORMAT_AUTO, &reader, &error), 0);
	for (size_t at = SMALL; at-- > 0;) {
		assert_int_equal(trace_seek(reader, at, &error), 0);
		assert_int_equal(trace_next(reader, &found, &count, &error), 0);
		assert_true(count > 0 && rig_same(found, &records[at]));
	}
	trace_close(reader);
	bytes_fini(&file.bytes);
	free(records);
}

static void the_blocks_before_a_cut_are_read(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct rig_trace trace;
	struct file file;

	(void)state;
	put_together(&file, records, NULL);
	for (size_t cut = 0; cut < file.bytes.used; cut++) {
		rig_write_file(rig_path("c"), file.bytes.data, cut);
		rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1 + cut % 2);
		assert_true(trace.status < 0);
		assert_non_null(strstr(trace.error.text, rig_path("c")));
		assert_true(rig_same_all(records, whole_before(&file, cut), trace.records,
					 trace.count));
		rig_free(&trace);
	}
	bytes_fini(&file.bytes);
	free(records);
}

/* A flip never changes a record: the blocks before it are read, and then an error. */
static void the_blocks_before_a_flip_are_read(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct rig_trace trace;
	struct file file;

	(void)state;
	put_together(&file, records, NULL);
	for (size_t byte = 0; byte < file.bytes.used; byte++) {
		const unsigned char mask = (unsigned char)(1u << rig_random(&random) % 8);

		file.bytes.data[byte] ^= mask;
		rig_write_file(rig_path("c"), file.bytes.data, file.bytes.used);
		rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1 + byte % 2);
		if (trace.status >= 0)
			print_error("byte %zu, bits %x\n", byte, mask);
		assert_true(trace.status < 0);
		assert_non_null(strstr(trace.error.text, rig_path("c")));
		assert_true(rig_same_all(records, whole_before(&file, byte), trace.records,
					 trace.count));
		rig_free(&trace);
		file.bytes.data[byte] ^= mask;
	}
	bytes_fini(&file.bytes);
	free(records);
}

/* ---- Headers with right checksums ------------------------------------------------------- */

static void one_record_more(struct dmat_header *header)
{
	header->records++;
}

static void one_record_less(struct dmat_header *header)
{
	header->records--;
}

static void no_record(struct dmat_header *header)
{
	header->records = 0;
}

static void one_byte_more(struct dmat_header *header)
{
	header->unpacked++;
}

static void one_byte_less(struct dmat_header *header)
{
	header->unpacked--;
}

static void more_than_any_block(struct dmat_header *header)
{
	header->unpacked = UINT32_MAX;
}

static void packed_behind_the_file(struct dmat_header *header)
{
	header->packed = DMAT_PACKED_MAX;
}

static void before_the_last_block(struct dmat_header *header)
{
	header->first_ns = 0;
}

static void of_another_place(struct dmat_header *header)
{
	header->sequence++;
}

static void a_header_that_lies_is_an_error(void **state)
{
	static change_fn *const changes[] = {
		one_record_more,        one_record_less,       no_record,
		one_byte_more,          one_byte_less,         more_than_any_block,
		packed_behind_the_file, before_the_last_block, of_another_place,
	};
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);

	(void)state;
	for (size_t i = 0; i < SMALL; i++)
		records[i].time_ns += i + 1;
	for (size_t i = 0; i < 2 * sizeof(changes) / sizeof(changes[0]); i++) {
		struct rig_trace trace;
		struct file file;

		put_together(&file, records, changes[i / 2]);
		rig_write_file(rig_path("c"), file.bytes.data, file.bytes.used);
		rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1 + i % 2);
		if (trace.status >= 0)
			print_error("change %zu\n", i / 2);
		assert_int_equal(trace.status, -EINVAL);
		assert_true(trace.count <= 3 * PER_BLOCK);
		assert_true(rig_same_all(records, trace.count, trace.records, trace.count));
		rig_free(&trace);
		bytes_fini(&file.bytes);
	}
	free(records);
}

static void of_a_later_type(struct dmat_header *header)
{
	header->type = 77;
}

/* "A reader passes over types that it does not know"; the footer misses its records. */
static void a_block_of_a_later_type_is_passed_over(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct rig_trace trace;
	struct file file;

	(void)state;
	put_together(&file, records, of_a_later_type);
	rig_write_file(rig_path("c"), file.bytes.data, file.bytes.used);
	rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, 1);
	assert_int_equal(trace.status, -EINVAL);
	memmove(&records[2 * PER_BLOCK], &records[3 * PER_BLOCK], 2 * PER_BLOCK * sizeof(*records));
	assert_true(rig_same_all(records, SMALL - PER_BLOCK, trace.records, trace.count));
	rig_free(&trace);
	bytes_fini(&file.bytes);
	free(records);
}

/* Each block for itself is in order; the trace is not. */
static void a_block_that_goes_back_in_time_is_refused(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, SMALL);
	struct rig_trace trace;
	struct file file;

	(void)state;
	for (size_t i = 0; i < SMALL; i++)
		records[i].time_ns = i + (i < 2 * PER_BLOCK ? SMALL : 0);
	put_together(&file, records, NULL);
	rig_write_file(rig_path("c"), file.bytes.data, file.bytes.used);
	for (unsigned threads = 1; threads <= 2; threads++) {
		rig_read(&trace, rig_path("c"), TRACE_FORMAT_BINARY, threads);
		assert_int_equal(trace.status, -EINVAL);
		assert_true(rig_same_all(records, 2 * PER_BLOCK, trace.records, trace.count));
		rig_free(&trace);
	}
	bytes_fini(&file.bytes);
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
		cmocka_unit_test(blocks_of_any_size_are_read),
		cmocka_unit_test(the_blocks_before_a_cut_are_read),
		cmocka_unit_test(the_blocks_before_a_flip_are_read),
		cmocka_unit_test(a_header_that_lies_is_an_error),
		cmocka_unit_test(a_block_that_goes_back_in_time_is_refused),
		cmocka_unit_test(a_block_of_a_later_type_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
