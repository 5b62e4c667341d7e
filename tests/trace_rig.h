/* SPDX-License-Identifier: Apache-2.0 */
/* Traces for tests: random records as trace.h describes them, files, and reading. */
#ifndef TESTS_TRACE_RIG_H
#define TESTS_TRACE_RIG_H

#include "trace.h"

/* Prints and takes back the seed (IOASIM_SEED). */
uint64_t rig_seed(void);
uint64_t rig_random(uint64_t *state);

/* A random record of a kind, with all members that the kind has and no others. */
struct trace_record rig_record(uint64_t *state, enum trace_kind kind, uint64_t time_ns);
/* `count` of them, of random kinds, in time order. The caller frees. */
struct trace_record *rig_records(uint64_t *state, size_t count);

bool rig_same(const struct trace_record *a, const struct trace_record *b);
/* Prints what differs first; true if nothing does. */
bool rig_same_all(const struct trace_record *a, size_t a_count, const struct trace_record *b,
		  size_t b_count);

/* A path in a folder of this process, which rig_clean() removes with all in it. */
const char *rig_path(const char *name);
void rig_clean(void);
unsigned rig_files(void); /* in that folder */

void rig_write_file(const char *path, const void *data, size_t size);
void *rig_read_file(const char *path, size_t *size); /* the caller frees */

/* Writes a trace; asserts that it can. `meta` may be NULL. */
void rig_write(const char *path, enum trace_format format, const struct trace_meta *meta,
	       const struct trace_record *records, size_t count);

/* What a reader gives up to its end or error. */
struct rig_trace {
	int status;
	struct trace_error error;
	struct trace_record *records;
	size_t count;
	struct trace_meta meta;
	enum trace_format format;
	struct trace_skipped skipped[64]; /* names are copied */
	size_t n_skipped;
};

void rig_read(struct rig_trace *trace, const char *path, enum trace_format format,
	      unsigned threads);
void rig_free(struct rig_trace *trace);
uint64_t rig_count(const struct rig_trace *trace, enum trace_kind kind);
/* How often a thing could not be used; 0 if it is not named. */
uint64_t rig_skipped(const struct rig_trace *trace, const char *what);

/*
 * Asserts what records of the driver level must obey wherever they come from: domains
 * and devices are known before they are used, maps never meet, unmaps find what they
 * unmap, each answer lies in a map with its rights, and no refusal does.
 */
void rig_check_maps(const struct rig_trace *trace);

#endif
