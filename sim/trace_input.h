/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of an input: a file or a pipe, plain or compressed with gzip or zlib,
 * recognised by content. Nothing is ever sought, so that a pipe is as good as a
 * file.
 */
#ifndef SIM_TRACE_INPUT_H
#define SIM_TRACE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct trace_error;
struct trace_input;

/* "-": standard input. -ENOENT, -EACCES, -EISDIR, -EIO, -ENOMEM; error filled. */
int input_open(const char *path, struct trace_input **input, struct trace_error *error);
void input_close(struct trace_input *input); /* takes NULL */

/*
 * The bytes that come next, at least `want` of them unless the input ends before,
 * without consuming them; want is at most INPUT_PEEK. A NUL stands behind them.
 * Negative: as input_read().
 */
#define INPUT_PEEK 65536
ssize_t input_peek(struct trace_input *input, size_t want, const unsigned char **bytes,
		   struct trace_error *error);

/* Consumes bytes that were seen by input_peek(). */
void input_consume(struct trace_input *input, size_t count);

/* Reads `count` bytes, fewer only at the end. -EIO: cannot be read, or compressed
 * data is damaged or cut. */
ssize_t input_read(struct trace_input *input, void *buffer, size_t count,
		   struct trace_error *error);

/*
 * The next line, without its end of line, NUL-terminated, writable until the next
 * call. 1: a line, 0: the end, -EINVAL: longer than INPUT_PEEK, or as input_read().
 */
int input_line(struct trace_input *input, char **line, size_t *length, struct trace_error *error);

/* Goes on at a byte of the file. -ESPIPE: a pipe or compressed, -EIO. */
int input_seek(struct trace_input *input, uint64_t offset, struct trace_error *error);

const char *input_name(const struct trace_input *input); /* for messages */
uint64_t input_line_number(const struct trace_input *input); /* of the last line, from 1 */
uint64_t input_offset(const struct trace_input *input); /* unpacked bytes consumed */
bool input_compressed(const struct trace_input *input);
/* Bytes of the file read so far, and in all (0: not known). */
void input_progress(const struct trace_input *input, uint64_t *done, uint64_t *total);

#endif
