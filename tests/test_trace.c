/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of traces: what is written comes back, from files and pipes, on one thread
 * and two, and from the middle; a writer that cannot write leaves nothing.
 */
#include "trace_rig.h"

#include "dmat.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#define MANY 150000 /* more than two blocks */

static void fill_meta(struct trace_meta *meta)
{
	memset(meta, 0, sizeof(*meta));
	strcpy(meta->arch, "vtd");
	meta->levels = TRACE_LEVEL_UNIT | TRACE_LEVEL_DRIVER;
	assert_int_equal(trace_meta_set(meta, "kernel", "Linux 6.1 # \\ \n odd"), 0);
	assert_int_equal(trace_meta_set(meta, "a name", ""), 0);
	assert_int_equal(trace_meta_set(meta, "kernel", "Linux # 6.1 \\ odd\nlines\r"), 0);
}

static void assert_meta(const struct trace_meta *meta)
{
	assert_string_equal(meta->arch, "vtd");
	assert_int_equal(meta->levels, TRACE_LEVEL_UNIT | TRACE_LEVEL_DRIVER);
	assert_int_equal(meta->n_keys, 2);
	assert_string_equal(trace_meta_get(meta, "kernel"), "Linux # 6.1 \\ odd\nlines\r");
	assert_string_equal(trace_meta_get(meta, "a name"), "");
}

/* ---- There and back --------------------------------------------------------------- */

static void records_of_all_kinds_come_back(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, MANY);
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	struct trace_meta meta;
	struct rig_trace trace;

	(void)state;
	fill_meta(&meta);
	for (size_t form = 0; form < 2; form++) {
		rig_write(rig_path("t"), forms[form], &meta, records, MANY);
		for (unsigned threads = 1; threads <= 2; threads++) {
			rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, threads);
			assert_int_equal(trace.status, 0);
			assert_int_equal(trace.format, forms[form]);
			assert_meta(&trace.meta);
			assert_true(rig_same_all(records, MANY, trace.records, trace.count));
			rig_free(&trace);
		}
	}
	trace_meta_fini(&meta);
	free(records);
}

static void a_trace_without_records_is_a_trace(void **state)
{
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	struct rig_trace trace;

	(void)state;
	for (size_t form = 0; form < 2; form++) {
		rig_write(rig_path("t"), forms[form], NULL, NULL, 0);
		rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, 2);
		assert_int_equal(trace.status, 0);
		assert_int_equal(trace.count, 0);
		rig_free(&trace);
	}
}

/* Each block takes its shapes and predecessors from itself: more shapes than one byte
 * tells, and exactly full blocks. */
static void blocks_hold_as_many_shapes_as_records(void **state)
{
	struct trace_record *records = calloc(2 * DMAT_BLOCK_RECORDS, sizeof(*records));
	uint64_t random = rig_seed();
	struct rig_trace trace;

	(void)state;
	assert_non_null(records);
	for (uint32_t i = 0; i < 2 * DMAT_BLOCK_RECORDS; i++) {
		records[i] = rig_record(&random, TRACE_DMA, 0);
		records[i].rid = i;
	}
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, 2 * DMAT_BLOCK_RECORDS);
	rig_read(&trace, rig_path("t"), TRACE_FORMAT_BINARY, 1);
	assert_int_equal(trace.status, 0);
	assert_true(rig_same_all(records, 2 * DMAT_BLOCK_RECORDS, trace.records, trace.count));
	rig_free(&trace);
	free(records);
}

static void time_that_falls_is_refused_and_the_trace_goes_on(void **state)
{
	const struct trace_meta meta = {.arch = ""};
	struct trace_record record = {.kind = TRACE_SYNC, .time_ns = 5, .pasid = TRACE_NO_PASID};
	struct trace_writer *writer;
	struct trace_error error;
	struct rig_trace trace;

	(void)state;
	assert_int_equal(trace_create(rig_path("t"), TRACE_FORMAT_BINARY, &meta, &writer, &error),
			 0);
	assert_int_equal(trace_put(writer, &record), 0);
	record.time_ns = 4;
	assert_int_equal(trace_put(writer, &record), -EINVAL);
	record.time_ns = 5;
	record.kind = TRACE_KINDS;
	assert_int_equal(trace_put(writer, &record), -EINVAL);
	record.kind = 0;
	assert_int_equal(trace_put(writer, &record), -EINVAL);
	assert_int_equal(trace_commit(writer, &error), 0);
	rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, 1);
	assert_int_equal(trace.count, 1);
	rig_free(&trace);
}

/* ---- Pipes and compression -------------------------------------------------------- */

/* Standard input becomes a pipe out of which a child's copy of the bytes comes, a few
 * at a time. */
static pid_t pipe_in(const unsigned char *data, size_t size, size_t at_a_time, int *saved)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		for (size_t i = 0; i < size; i += at_a_time) {
			size_t n = size - i < at_a_time ? size - i : at_a_time;

			if (write(ends[1], data + i, n) < 0)
				break;
		}
		_exit(0);
	}
	close(ends[1]);
	*saved = dup(STDIN_FILENO);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	return child;
}

static void pipe_out(pid_t child, int saved)
{
	dup2(saved, STDIN_FILENO);
	close(saved);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void *packed(const void *data, size_t size, int window_bits, size_t *out)
{
	z_stream zs = {0};
	unsigned char *bytes = malloc(size + size / 100 + 1000);

	assert_non_null(bytes);
	assert_int_equal(deflateInit2(&zs, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	zs.next_in = (unsigned char *)(uintptr_t)data;
	zs.avail_in = (uInt)size;
	zs.next_out = bytes;
	zs.avail_out = (uInt)(size + size / 100 + 1000);
	assert_int_equal(deflate(&zs, Z_FINISH), Z_STREAM_END);
	*out = zs.total_out;
	deflateEnd(&zs);
	return bytes;
}

static void a_pipe_and_compression_give_the_same(void **state)
{
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	static const int windows[] = {0, 15 + 16, 15}; /* plain, gzip, zlib */
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, 3000);
	struct rig_trace trace;

	(void)state;
	for (size_t form = 0; form < 2; form++) {
		rig_write(rig_path("t"), forms[form], NULL, records, 3000);
		for (size_t i = 0; i < 3; i++) {
			size_t plain_size, size;
			unsigned char *plain = rig_read_file(rig_path("t"), &plain_size), *data;
			int saved;
			pid_t child;

			data = windows[i] ? packed(plain, plain_size, windows[i], &size) : plain;
			size = windows[i] ? size : plain_size;
			rig_write_file(rig_path("z"), data, size);
			rig_read(&trace, rig_path("z"), TRACE_FORMAT_AUTO, 2);
			assert_int_equal(trace.status, 0);
			assert_true(rig_same_all(records, 3000, trace.records, trace.count));
			rig_free(&trace);
			child = pipe_in(data, size, 977, &saved);
			rig_read(&trace, "-", TRACE_FORMAT_AUTO, 1);
			pipe_out(child, saved);
			assert_int_equal(trace.status, 0);
			assert_true(rig_same_all(records, 3000, trace.records, trace.count));
			rig_free(&trace);
			if (data != plain)
				free(data);
			free(plain);
		}
	}
	free(records);
}

static void compressed_input_that_is_cut_is_an_error(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, 300);
	size_t plain_size, size;
	struct rig_trace trace;
	void *plain, *data;

	(void)state;
	rig_write(rig_path("t"), TRACE_FORMAT_TEXT, NULL, records, 300);
	plain = rig_read_file(rig_path("t"), &plain_size);
	data = packed(plain, plain_size, 15 + 16, &size);
	for (size_t cut = 18; cut < size; cut += 61) {
		rig_write_file(rig_path("z"), data, cut);
		rig_read(&trace, rig_path("z"), TRACE_FORMAT_AUTO, 1);
		assert_true(trace.status < 0);
		rig_free(&trace);
	}
	free(plain);
	free(data);
	free(records);
}

/* ---- From the middle ------------------------------------------------------------------ */

static void any_record_can_be_entered(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, MANY);
	const struct trace_record *found;
	struct trace_reader *reader;
	struct trace_error error;
	size_t count;

	(void)state;
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, MANY);
	assert_int_equal(trace_open(rig_path("t"), TRACE_FORMAT_AUTO, &reader, &error), 0);
	for (unsigned i = 0; i < 30; i++) {
		uint64_t at = i == 0   ? 0
			      : i == 1 ? MANY - 1
			      : i == 2 ? DMAT_BLOCK_RECORDS
			      : i == 3 ? DMAT_BLOCK_RECORDS - 1
				       : rig_random(&random) % MANY;

		assert_int_equal(trace_seek(reader, at, &error), 0);
		assert_int_equal(trace_next(reader, &found, &count, &error), 0);
		assert_true(count > 0);
		assert_true(rig_same(found, &records[at]));
	}
	assert_int_equal(trace_seek(reader, MANY, &error), -ERANGE);
	trace_close(reader);
	free(records);
}

/* ---- Writers that cannot write -------------------------------------------------------- */

static int write_trace(const char *path, enum trace_format format,
		       const struct trace_record *records, size_t count)
{
	const struct trace_meta meta = {.arch = "vtd"};
	struct trace_writer *writer;
	struct trace_error error;
	int status = trace_create(path, format, &meta, &writer, &error);

	for (size_t i = 0; status == 0 && i < count; i++)
		(void)trace_put(writer, &records[i]);
	return status == 0 ? trace_commit(writer, &error) : status;
}

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, MANY);

	(void)state;
	for (size_t form = 0; form < 2; form++)
		for (size_t count = 0; count <= MANY; count += MANY)
			assert_int_equal(write_trace("/dev/full", forms[form], records, count),
					 -ENOSPC);
	free(records);
}

/* The largest size that a file may have is lowered step by step: each write that can
 * fail does, the old file stays and no other is left. */
static void a_failed_write_keeps_the_old_file(void **state)
{
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, 2000);
	struct rlimit old, low;
	unsigned failed = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t form = 0; form < 2; form++) {
		for (rlim_t limit = 0; limit < 400000; limit += 9973) {
			size_t size;
			char *data;
			int status;

			rig_write_file(rig_path("t"), "old", 3);
			low = (struct rlimit){limit, old.rlim_max};
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
			status = write_trace(rig_path("t"), forms[form], records, 2000);
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
			assert_true(status == 0 || status == -EFBIG);
			data = rig_read_file(rig_path("t"), &size);
			assert_true(status == 0 ? size > 3 : strcmp(data, "old") == 0);
			assert_int_equal(rig_files(), 1);
			failed += status < 0;
			free(data);
		}
	}
	assert_true(failed > 10);
	signal(SIGXFSZ, SIG_DFL);
	free(records);
}

static void an_aborted_trace_leaves_nothing(void **state)
{
	const struct trace_meta meta = {.arch = "vtd"};
	struct trace_writer *writer;
	struct trace_error error;

	(void)state;
	unlink(rig_path("t"));
	assert_int_equal(trace_create(rig_path("t"), TRACE_FORMAT_BINARY, &meta, &writer, &error),
			 0);
	assert_true(rig_files() <= 1);
	trace_abort(writer);
	assert_int_equal(rig_files(), 0);
	assert_int_equal(trace_create("/nowhere/t", TRACE_FORMAT_BINARY, &meta, &writer, &error),
			 -ENOENT);
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
		cmocka_unit_test(records_of_all_kinds_come_back),
		cmocka_unit_test(a_trace_without_records_is_a_trace),
		cmocka_unit_test(blocks_hold_as_many_shapes_as_records),
		cmocka_unit_test(time_that_falls_is_refused_and_the_trace_goes_on),
		cmocka_unit_test(a_pipe_and_compression_give_the_same),
		cmocka_unit_test(compressed_input_that_is_cut_is_an_error),
		cmocka_unit_test(any_record_can_be_entered),
		cmocka_unit_test_setup(a_full_disk_is_told_and_leaves_nothing, clean),
		cmocka_unit_test_setup(a_failed_write_keeps_the_old_file, clean),
		cmocka_unit_test_setup(an_aborted_trace_leaves_nothing, clean),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
