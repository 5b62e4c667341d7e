/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: records of what devices, drivers and units did, in time order, on one
 * or both of two levels.
 *
 * Unit level: register writes, memory words as the driver left them, commands
 * executed, stores and faults of the unit. Driver level: domains, attachments,
 * maps, unmaps, flushes, page requests. DMA and ATS records with their recorded
 * answer belong to both.
 *
 * One interface reads everything: binary (.dmat), the text form, and the logs
 * that `import` knows, compressed or not, from a file or a pipe.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <ioasim/unit.h>
#include <stdio.h>

enum trace_kind {
	/* unit level */
	TRACE_REGISTER = 1, /* register write: address offset, size bytes, value */
	TRACE_MEMORY, /* memory word: address, value */
	TRACE_COMMAND, /* command executed: words[0..size-1], size 1..4 */
	TRACE_STORE, /* stored by the unit: address, size bytes, value */
	TRACE_FAULT, /* fault found: rid, value the code */
	TRACE_ABORT, /* aborting range: address..value */
	/* both levels */
	TRACE_DMA, /* rid, pasid, access, address, length; answer, see below */
	TRACE_ATS, /* translation request and completion */
	TRACE_PAGE_REQUEST, /* rid, pasid, access, address, value the group; flag LAST */
	/* driver level */
	TRACE_DOMAIN, /* domain made: domain, size enum domain_kind, parent in rid */
	TRACE_DOMAIN_FREE,
	TRACE_DEVICE, /* rid known: size pasid bits, flags ATS, PRI */
	TRACE_ATTACH, /* rid, pasid, domain */
	TRACE_DETACH, /* rid, pasid */
	TRACE_MAP, /* domain, address, value (pa), length, access */
	TRACE_UNMAP, /* domain, address, length */
	TRACE_BIND, /* domain (nested), value the root, words[0..size-1] */
	TRACE_UNBIND,
	TRACE_INVALIDATE, /* domain, pasid, address, length; flag LEAF */
	TRACE_PAGE_RESPONSE, /* rid, pasid, value the group, size the code */
	TRACE_SYNC, /* queued invalidations are done */
	TRACE_KINDS
};

enum trace_flag {
	TRACE_PASID = 1 << 0, /* pasid is meaningful */
	TRACE_PRIVILEGED = 1 << 1,
	TRACE_TRANSLATED = 1 << 2, /* DMA with an already translated address */
	TRACE_ANSWERED = 1 << 3, /* the recorded answer is known */
	TRACE_REFUSED = 1 << 4, /* ... and is a refusal */
	TRACE_LAST = 1 << 5, /* page request: last of its group */
	TRACE_LEAF = 1 << 6,
	TRACE_ATS_ON = 1 << 7,
	TRACE_PRI_ON = 1 << 8,
	TRACE_CACHED = 1 << 9, /* answered by the recorder's own cache ("h") */
	TRACE_STALE = 1 << 10, /* ... with what a walk would not have given ("s") */
	TRACE_NO_PERM = 1 << 11, /* `granted` is what the recorder said, not the result
					 * of the whole walk: not to be compared */
};

#define TRACE_NO_PASID UINT32_MAX

/*
 * One record. Members not named for a kind are 0 (pasid: TRACE_NO_PASID). For
 * TRACE_DMA and TRACE_ATS with TRACE_ANSWERED and not REFUSED: `value` is the full
 * physical address, `size` log2 of the page answered (0 unknown), `granted` its
 * rights.
 */
struct trace_record {
	uint64_t time_ns; /* since the trace began; never falls */
	uint8_t kind;
	uint8_t access;
	uint8_t granted;
	uint8_t size;
	uint16_t flags;
	uint32_t rid;
	uint32_t pasid;
	uint32_t domain;
	uint64_t address;
	uint64_t value;
	uint64_t length;
	uint64_t words[4];
};

enum trace_levels { TRACE_LEVEL_UNIT = 1, TRACE_LEVEL_DRIVER = 2 };

/* What a trace says of itself. keys[] are free text pairs ("kernel", "append",
 * "seed", "source"); capability values have keys "cap.NAME". */
struct trace_key {
	char *name, *value;
};

struct trace_meta {
	char arch[16]; /* recorded on; "" if the trace is not bound to one */
	unsigned levels; /* mask of enum trace_levels; 0: not told */
	struct trace_key *keys;
	size_t n_keys;
};

/* Looking keys up is linear; nobody needs more. */
#define TRACE_KEYS_MAX 1024

/* Sets or replaces a key. -ENOMEM, -ENOSPC: more than TRACE_KEYS_MAX. */
int trace_meta_set(struct trace_meta *meta, const char *name, const char *value);
const char *trace_meta_get(const struct trace_meta *meta, const char *name);
int trace_meta_copy(struct trace_meta *to, const struct trace_meta *from);
void trace_meta_fini(struct trace_meta *meta);

/* Why something could not be read: for people, with position. */
struct trace_error {
	char text[512];
};

/* ---- Reading ------------------------------------------------------------ */

struct trace_reader;

enum trace_format {
	TRACE_FORMAT_AUTO,
	TRACE_FORMAT_BINARY,
	TRACE_FORMAT_TEXT,
	TRACE_FORMAT_DMATRACE,
	TRACE_FORMAT_QEMU,
	TRACE_FORMAT_FTRACE,
};

/* "binary", "text", "dmatrace", "qemu", "ftrace"; NULL for AUTO. */
const char *trace_format_name(enum trace_format format);

/*
 * Opens a file ("-": standard input). Recognises compression and format by
 * content. -EINVAL/-EIO/-ENOMEM/-ENOENT with *error filled.
 */
int trace_open(const char *path, enum trace_format format, struct trace_reader **reader,
	       struct trace_error *error);
const struct trace_meta *trace_reader_meta(const struct trace_reader *reader);
enum trace_format trace_reader_format(const struct trace_reader *reader);

/*
 * The next records, in the reader's own memory until the next call. *count 0: the
 * end. Negative errno: damaged or malformed input, error filled; what came before
 * is whole. Blocks decode ahead on a second thread if `threads` > 1 was asked by
 * trace_reader_threads().
 */
int trace_next(struct trace_reader *reader, const struct trace_record **records, size_t *count,
	       struct trace_error *error);
int trace_reader_threads(struct trace_reader *reader, unsigned threads);
/*
 * Goes on at a record, counted from 0: only in a binary trace in a plain file, by
 * its index, and before trace_reader_threads(). -ESPIPE, -ERANGE: behind the end,
 * -EINVAL: the index is damaged.
 */
int trace_seek(struct trace_reader *reader, uint64_t record, struct trace_error *error);
/* What an import could not use: kind and count pairs, NULL ended. */
struct trace_skipped {
	const char *what;
	uint64_t count;
};
const struct trace_skipped *trace_reader_skipped(const struct trace_reader *reader, size_t *count);
/* Bytes consumed and total (0 unknown) of the input, for progress. */
void trace_reader_progress(const struct trace_reader *reader, uint64_t *done, uint64_t *total);
void trace_close(struct trace_reader *reader);

/* ---- Writing ------------------------------------------------------------ */

struct trace_writer;

/* Writes to a temporary file beside `path` ("-": standard output; a device or pipe
 * is written in place); commit renames it, abort removes it. format BINARY or TEXT.
 * trace_put(): -EINVAL for a time that falls or a kind that does not exist, and the
 * record is dropped; any other error is for good. Commit frees the writer in any
 * case and tells the first error. Memory does not grow with the records. */
int trace_create(const char *path, enum trace_format format, const struct trace_meta *meta,
		 struct trace_writer **writer, struct trace_error *error);
int trace_put(struct trace_writer *writer, const struct trace_record *record);
int trace_commit(struct trace_writer *writer, struct trace_error *error);
void trace_abort(struct trace_writer *writer);

#endif
