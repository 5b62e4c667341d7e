/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary traces member by member, there and back through text, through named pipes, and
 * what a writer leaves that does not finish.
 */
#include "trace_rig.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define MANY 150000 /* more than two blocks */

/* ---- Each member --------------------------------------------------------------------- */

static void set_member(struct trace_record *record, unsigned member, uint64_t value)
{
	switch (member) {
	case 0:
		record->access = (uint8_t)value;
		break;
	case 1:
		record->granted = (uint8_t)value;
		break;
	case 2:
		record->flags = (uint16_t)value;
		break;
	case 3:
		record->rid = (uint32_t)value;
		break;
	case 4:
		record->pasid = (uint32_t)value;
		break;
	case 5:
		record->domain = (uint32_t)value;
		break;
	case 6:
		record->address = value;
		break;
	case 7:
		record->value = value;
		break;
	case 8:
		record->length = value;
		break;
	default:
		record->size = 4;
		record->words[member - 9] = value;
		break;
	}
}

#define MEMBERS 13

/* Of every kind, each member alone with each bit alone, with its ends and back at 0:
 * what is predicted from the record before must not swallow a change. */
static void every_bit_of_every_member_comes_back(void **state)
{
	const size_t count = (size_t)(TRACE_KINDS - 1) * MEMBERS * 67;
	struct trace_record *records = calloc(count, sizeof(*records));
	struct rig_trace trace;
	size_t n = 0;

	(void)state;
	assert_non_null(records);
	for (unsigned kind = 1; kind < TRACE_KINDS; kind++) {
		const bool words = kind == TRACE_COMMAND || kind == TRACE_BIND;

		for (unsigned member = 0; member < (words ? MEMBERS : 9); member++) {
			for (unsigned bit = 0; bit < 67; bit++) {
				uint64_t value = bit < 64    ? UINT64_C(1) << bit
						 : bit == 64 ? UINT64_MAX
						 : bit == 65 ? INT64_MAX
							     : 0;

				records[n] = (struct trace_record){.time_ns = n,
								   .kind = (uint8_t)kind,
								   .pasid = TRACE_NO_PASID};
				set_member(&records[n++], member, value);
			}
		}
	}
	rig_write(rig_path("t"), TRACE_FORMAT_BINARY, NULL, records, n);
	for (unsigned threads = 1; threads <= 2; threads++) {
		rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, threads);
		assert_int_equal(trace.status, 0);
		assert_true(rig_same_all(records, n, trace.records, trace.count));
		rig_free(&trace);
	}
	free(records);
}

static void time_reaches_its_last_nanosecond(void **state)
{
	static const uint64_t times[] = {0, 0, 1, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	struct trace_record records[6] = {0};
	struct rig_trace trace;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		records[i] = (struct trace_record){
			.time_ns = times[i], .kind = TRACE_SYNC, .pasid = TRACE_NO_PASID};
	for (size_t form = 0; form < 2; form++) {
		rig_write(rig_path("t"), forms[form], NULL, records, 6);
		rig_read(&trace, rig_path("t"), TRACE_FORMAT_AUTO, 1);
		assert_int_equal(trace.status, 0);
		assert_true(rig_same_all(records, 6, trace.records, trace.count));
		rig_free(&trace);
	}
}

static void copy(const char *from, const char *to, enum trace_format form)
{
	struct rig_trace trace;

	rig_read(&trace, from, TRACE_FORMAT_AUTO, 2);
	assert_int_equal(trace.status, 0);
	rig_write(to, form, &trace.meta, trace.records, trace.count);
	rig_free(&trace);
}

static void assert_same_file(const char *one, const char *other)
{
	size_t one_size, other_size;
	char *a = rig_read_file(one, &one_size), *b = rig_read_file(other, &other_size);

	assert_int_equal(one_size, other_size);
	assert_memory_equal(a, b, one_size);
	free(a);
	free(b);
}

/* "It exists in two forms that convert both ways without loss": byte by byte. */
static void binary_and_text_become_each_other(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, 20000);
	struct trace_meta meta = {.arch = "smmuv3", .levels = TRACE_LEVEL_DRIVER};

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		struct trace_record *record = &records[i];

		if (record->kind != TRACE_BIND)
			continue;
		record->size = (uint8_t)(rig_random(&random) % 5);
		for (unsigned word = 0; word < record->size; word++)
			record->words[word] = rig_random(&random);
	}
	assert_int_equal(trace_meta_set(&meta, "cap.idr0", "0x\t\"1\" \x80"), 0);
	rig_write(rig_path("a.dmat"), TRACE_FORMAT_BINARY, &meta, records, 20000);
	copy(rig_path("a.dmat"), rig_path("a.txt"), TRACE_FORMAT_TEXT);
	copy(rig_path("a.txt"), rig_path("b.dmat"), TRACE_FORMAT_BINARY);
	copy(rig_path("b.dmat"), rig_path("b.txt"), TRACE_FORMAT_TEXT);
	assert_same_file(rig_path("a.dmat"), rig_path("b.dmat"));
	assert_same_file(rig_path("a.txt"), rig_path("b.txt"));
	trace_meta_fini(&meta);
	free(records);
}

/* ---- Pipes and devices -------------------------------------------------------------------- */

struct feed {
	const struct trace_record *records;
	enum trace_format form;
};

static void *write_into_pipe(void *opaque)
{
	const struct feed *feed = opaque;

	rig_write(rig_path("fifo"), feed->form, NULL, feed->records, MANY);
	return NULL;
}

static void a_named_pipe_is_written_and_read_in_place(void **state)
{
	static const enum trace_format forms[] = {TRACE_FORMAT_BINARY, TRACE_FORMAT_TEXT};
	uint64_t random = rig_seed();
	struct feed feed = {.records = rig_records(&random, MANY)};
	struct stat st;

	(void)state;
	unlink(rig_path("fifo"));
	assert_int_equal(mkfifo(rig_path("fifo"), 0600), 0);
	for (unsigned i = 0; i < 4; i++) {
		struct rig_trace trace;
		pthread_t thread;

		feed.form = forms[i / 2];
		assert_int_equal(pthread_create(&thread, NULL, write_into_pipe, &feed), 0);
		rig_read(&trace, rig_path("fifo"), TRACE_FORMAT_AUTO, 1 + i % 2);
		pthread_join(thread, NULL);
		assert_int_equal(trace.status, 0);
		assert_true(rig_same_all(feed.records, MANY, trace.records, trace.count));
		assert_int_equal(stat(rig_path("fifo"), &st), 0);
		assert_true(S_ISFIFO(st.st_mode));
		rig_free(&trace);
	}
	unlink(rig_path("fifo"));
	free((void *)(uintptr_t)feed.records);
}

static void an_abort_keeps_the_old_file(void **state)
{
	uint64_t random = rig_seed();
	struct trace_record *records = rig_records(&random, MANY);
	const struct trace_meta meta = {.arch = "vtd"};
	const unsigned files = rig_files();
	struct trace_writer *writer;
	struct trace_error error;
	char *data;
	size_t size;

	(void)state;
	rig_write_file(rig_path("old"), "old", 3);
	assert_int_equal(trace_create(rig_path("old"), TRACE_FORMAT_BINARY, &meta, &writer, &error),
			 0);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(trace_put(writer, &records[i]), 0);
	/* What is written has no name yet, or one beside the old file's. */
	assert_in_range(rig_files(), files + 1, files + 2);
	trace_abort(writer);
	assert_int_equal(rig_files(), files + 1);
	data = rig_read_file(rig_path("old"), &size);
	assert_int_equal(size, 3);
	assert_memory_equal(data, "old", 3);
	free(data);
	free(records);
}

/* The device is neither removed nor replaced, whoever the writer is. */
static void a_full_device_stays_a_device(void **state)
{
	const struct trace_meta meta = {.arch = "vtd"};
	struct trace_writer *writer;
	struct trace_error error = {""};
	struct stat st;

	(void)state;
	assert_int_equal(trace_create("/dev/full", TRACE_FORMAT_BINARY, &meta, &writer, &error), 0);
	assert_int_equal(trace_commit(writer, &error), -ENOSPC);
	assert_non_null(strstr(error.text, "/dev/full"));
	assert_int_equal(trace_create("/dev/full", TRACE_FORMAT_BINARY, &meta, &writer, &error), 0);
	trace_abort(writer);
	assert_int_equal(stat("/dev/full", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
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
		cmocka_unit_test(every_bit_of_every_member_comes_back),
		cmocka_unit_test(time_reaches_its_last_nanosecond),
		cmocka_unit_test(binary_and_text_become_each_other),
		cmocka_unit_test(a_named_pipe_is_written_and_read_in_place),
		cmocka_unit_test(an_abort_keeps_the_old_file),
		cmocka_unit_test(a_full_device_stays_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
