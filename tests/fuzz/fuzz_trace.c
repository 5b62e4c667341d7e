/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace files of all formats, changed in a few places. What a reader gives is
 * written as a binary trace or as text, and read again: the same records, meta
 * data and levels must come back.
 */
#include "fuzz.h"
#include "trace_samples.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RECORDS_MAX 4096u /* looked at; an input of this size holds no more */
#define INPUT_MAX   3000u

struct list {
	struct trace_record record[RECORDS_MAX];
	size_t count;
	bool more;
};

struct traces {
	int input; /* a file in memory */
	char input_path[64], directory[64], again_path[96];
	uint8_t seed_data[FUZZ_SEEDS_MAX][INPUT_MAX];
	struct list first, second;
	struct trace_meta meta;
};

static bool meta_copy(struct trace_meta *to, const struct trace_meta *from)
{
	memcpy(to->arch, from->arch, sizeof(to->arch));
	to->levels = from->levels;
	for (size_t i = 0; i < from->n_keys; i++)
		if (trace_meta_set(to, from->keys[i].name, from->keys[i].value))
			return false;
	return true;
}

static bool meta_equal(const struct trace_meta *a, const struct trace_meta *b)
{
	if (strcmp(a->arch, b->arch) != 0 || a->levels != b->levels || a->n_keys != b->n_keys)
		return false;
	for (size_t i = 0; i < a->n_keys; i++)
		if (strcmp(a->keys[i].name, b->keys[i].name) != 0 ||
		    strcmp(a->keys[i].value, b->keys[i].value) != 0)
			return false;
	return true;
}

static void list_add(struct list *list, const struct trace_record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list->count == RECORDS_MAX) {
			list->more = true;
			return;
		}
		list->record[list->count++] = records[i];
	}
}

/* Reads all; *whole: up to the end without an error. */
static const char *read_all(struct trace_reader *reader, struct list *list, bool *whole)
{
	const struct trace_record *records;
	struct trace_error error = {""};
	uint64_t time = 0;
	size_t count;
	int rc;

	*list = (struct list){.count = 0};
	while ((rc = trace_next(reader, &records, &count, &error)) == 0 && count)
		list_add(list, records, count);
	if (rc > 0)
		return "a reader returns a positive number";
	if (rc < 0 && !error.text[0])
		return "an error without text";
	for (size_t i = 0; i < list->count; i++) {
		if (list->record[i].kind == 0 || list->record[i].kind >= TRACE_KINDS)
			return "a record of a kind that does not exist";
		if (list->record[i].time_ns < time)
			return "time falls";
		time = list->record[i].time_ns;
	}
	*whole = rc == 0;
	return NULL;
}

static const char *write_again(struct traces *t, enum trace_format format)
{
	struct trace_writer *writer;
	struct trace_error error = {""};

	if (trace_create(t->again_path, format, &t->meta, &writer, &error))
		return "a trace that was read cannot be written";
	for (size_t i = 0; i < t->first.count; i++) {
		if (trace_put(writer, &t->first.record[i])) {
			trace_abort(writer);
			return "a record that was read cannot be written";
		}
	}
	return trace_commit(writer, &error) ? "a trace that was read cannot be completed" : NULL;
}

static const char *read_again(struct traces *t)
{
	struct trace_reader *reader;
	struct trace_error error = {""};
	const char *broken;
	bool whole = false;

	if (trace_open(t->again_path, TRACE_FORMAT_AUTO, &reader, &error))
		return "what was written cannot be opened";
	broken = read_all(reader, &t->second, &whole);
	if (!broken && !whole)
		broken = "what was written cannot be read";
	if (!broken && !meta_equal(&t->meta, trace_reader_meta(reader)))
		broken = "other meta data after writing";
	trace_close(reader);
	if (broken)
		return broken;
	if (t->first.count != t->second.count)
		return "another number of records after writing";
	for (size_t i = 0; i < t->first.count; i++)
		if (!records_equal(&t->first.record[i], &t->second.record[i]))
			return "another record after writing";
	return NULL;
}

static bool put_input(struct traces *t, const uint8_t *data, size_t size)
{
	return ftruncate(t->input, 0) == 0 && pwrite(t->input, data, size, 0) == (ssize_t)size;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct traces *t = state;
	struct trace_reader *reader;
	struct trace_error error = {""};
	const char *broken;
	bool whole = false;

	if (!put_input(t, data, size))
		return "the input cannot be stored";
	if (trace_open(t->input_path, TRACE_FORMAT_AUTO, &reader, &error))
		return error.text[0] ? NULL : "an error without text";
	broken = read_all(reader, &t->first, &whole);
	t->meta = (struct trace_meta){.arch = ""};
	if (!broken && !meta_copy(&t->meta, trace_reader_meta(reader)))
		broken = "meta data that was read is refused";
	trace_close(reader);
	/* What came before an error counts as much as a whole trace. */
	if (!broken && !t->first.more && t->first.count)
		broken = write_again(t, size % 2 ? TRACE_FORMAT_BINARY : TRACE_FORMAT_TEXT);
	if (!broken && !t->first.more && t->first.count)
		broken = read_again(t);
	trace_meta_fini(&t->meta);
	return broken;
}

/* ---- Seeds ------------------------------------------------------------------------ */

static void seed_add(struct traces *t, struct fuzz_seed *seeds, size_t *n, const void *data,
		     size_t size)
{
	if (size > INPUT_MAX || *n == FUZZ_SEEDS_MAX)
		return;
	memcpy(t->seed_data[*n], data, size);
	seeds[*n] = (struct fuzz_seed){t->seed_data[*n], size};
	++*n;
}

/* The samples as a file of this format. */
static bool seed_written(struct traces *t, struct fuzz_seed *seeds, size_t *n,
			 enum trace_format format)
{
	uint8_t data[INPUT_MAX];
	FILE *file;
	size_t size = 0;

	t->meta =
		(struct trace_meta){.arch = "vtd", .levels = TRACE_LEVEL_UNIT | TRACE_LEVEL_DRIVER};
	memcpy(t->first.record, sample_records, sample_records_count * sizeof(sample_records[0]));
	t->first.count = sample_records_count;
	if (trace_meta_set(&t->meta, "cap.cap", "0x80d2008c222f0606") || write_again(t, format))
		return false;
	trace_meta_fini(&t->meta);
	file = fopen(t->again_path, "rb");
	if (file) {
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
	}
	seed_add(t, seeds, n, data, size);
	return size > 0;
}

static void finish(void *state)
{
	struct traces *t = state;

	unlink(t->again_path);
	rmdir(t->directory);
	close(t->input);
	free(t);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct traces *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->input = memfd_create("fuzz-input", MFD_CLOEXEC);
	snprintf(t->input_path, sizeof(t->input_path), "/proc/self/fd/%d", t->input);
	snprintf(t->directory, sizeof(t->directory), "%s/ioasim-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (t->input < 0 || !mkdtemp(t->directory)) {
		free(t);
		return NULL;
	}
	snprintf(t->again_path, sizeof(t->again_path), "%s/again", t->directory);
	for (size_t i = 0; sample_logs[i]; i++)
		seed_add(t, seeds, n_seeds, sample_logs[i], strlen(sample_logs[i]));
	if (seed_written(t, seeds, n_seeds, TRACE_FORMAT_TEXT) &&
	    seed_written(t, seeds, n_seeds, TRACE_FORMAT_BINARY))
		return t;
	finish(t);
	return NULL;
}

const struct fuzz_target fuzz_target = {
	.name = "trace",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
