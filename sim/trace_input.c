/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "trace_reader.h"

#define RAW_SIZE  (256 * 1024)
#define DATA_SIZE (256 * 1024)

/* windowBits of inflateInit2(): largest window, gzip and zlib told apart by zlib. */
#define INFLATE_AUTO (15 + 32)

struct trace_input {
	int fd;
	char *name;
	uint64_t line;
	uint64_t offset; /* unpacked bytes consumed */
	uint64_t raw_done, raw_total;

	unsigned char *data; /* DATA_SIZE + 1, what is handed out */
	size_t start, end;
	bool ended; /* nothing comes behind data[end) */

	bool compressed;
	bool member_open; /* inside a gzip member or zlib stream */
	bool raw_ended;
	unsigned char *raw; /* RAW_SIZE, only if compressed */
	z_stream zs;
};

static ssize_t read_raw(struct trace_input *input, unsigned char *buffer, size_t size,
			struct trace_error *error)
{
	ssize_t n;

	do
		n = read(input->fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return trace_fail(error, -EIO, "%s: cannot be read: %s", input->name,
				  strerror(errno));
	/* Read by another thread for progress. */
	__atomic_fetch_add(&input->raw_done, (uint64_t)n, __ATOMIC_RELAXED);
	return n;
}

static int damaged(struct trace_input *input, const char *what, struct trace_error *error)
{
	return trace_fail(error, -EIO, "%s: compressed data %s at byte %llu of the file",
			  input->name, what,
			  (unsigned long long)(input->raw_done - input->zs.avail_in));
}

/* A member has ended: another may follow, as gzip allows; anything else behind it
 * is padding. */
static int next_member(struct trace_input *input)
{
	if (input->zs.avail_in == 0)
		return 0;
	if (*input->zs.next_in != 0x1f)
		return 0;
	input->member_open = true;
	return inflateReset2(&input->zs, INFLATE_AUTO) == Z_OK ? 1 : 0;
}

static ssize_t inflate_some(struct trace_input *input, unsigned char *buffer, size_t size,
			    struct trace_error *error)
{
	z_stream *zs = &input->zs;

	zs->next_out = buffer;
	zs->avail_out = (unsigned)size;
	while (zs->avail_out == size) {
		if (zs->avail_in == 0 && !input->raw_ended) {
			ssize_t n = read_raw(input, input->raw, RAW_SIZE, error);

			if (n < 0)
				return n;
			input->raw_ended = n == 0;
			zs->next_in = input->raw;
			zs->avail_in = (unsigned)n;
		}
		if (!input->member_open && !next_member(input))
			return 0;
		if (zs->avail_in == 0 && input->raw_ended)
			return damaged(input, "ends too early", error);

		int status = inflate(zs, Z_NO_FLUSH);

		if (status == Z_STREAM_END)
			input->member_open = false;
		else if (status == Z_MEM_ERROR)
			return trace_fail(error, -ENOMEM, "%s: out of memory", input->name);
		else if (status != Z_OK && status != Z_BUF_ERROR)
			return damaged(input, "is damaged", error);
	}
	return (ssize_t)(size - zs->avail_out);
}

/* Makes at least `want` bytes stand in data, unless the input ends. */
static int fill(struct trace_input *input, size_t want, struct trace_error *error)
{
	if (input->end - input->start >= want || input->ended)
		return 0;
	memmove(input->data, input->data + input->start, input->end - input->start);
	input->end -= input->start;
	input->start = 0;
	while (input->end < want && !input->ended) {
		unsigned char *to = input->data + input->end;
		size_t room = DATA_SIZE - input->end;
		ssize_t n = input->compressed ? inflate_some(input, to, room, error)
					      : read_raw(input, to, room, error);

		if (n < 0)
			return (int)n;
		input->ended = n == 0;
		input->end += (size_t)n;
	}
	input->data[input->end] = 0;
	return 0;
}

/* RFC 1952: 1f 8b 08. RFC 1950: method 8, the first two bytes a multiple of 31;
 * only the four header pairs that zlib writes, as text may begin with 'x'. */
static bool looks_compressed(const unsigned char *b, size_t n)
{
	if (n >= 3 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8)
		return true;
	return n >= 2 && b[0] == 0x78 &&
	       (b[1] == 0x01 || b[1] == 0x5e || b[1] == 0x9c || b[1] == 0xda);
}

static int start_inflate(struct trace_input *input, struct trace_error *error)
{
	input->raw = malloc(RAW_SIZE);
	if (!input->raw || inflateInit2(&input->zs, INFLATE_AUTO) != Z_OK)
		return trace_fail(error, -ENOMEM, "%s: out of memory", input->name);
	input->compressed = true;
	input->member_open = true;
	input->raw_ended = input->ended;
	input->ended = false;
	memcpy(input->raw, input->data, input->end);
	input->zs.next_in = input->raw;
	input->zs.avail_in = (unsigned)input->end;
	input->end = 0;
	return 0;
}

static int open_file(struct trace_input *input, const char *path, struct trace_error *error)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		input->fd = STDIN_FILENO;
	else
		input->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &st) < 0) {
		int status = -errno;

		return trace_fail(error, status, "%s: cannot be opened: %s", path, strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		return trace_fail(error, -EISDIR, "%s: is a directory, expected a file", path);
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		input->raw_total = (uint64_t)st.st_size;
	return 0;
}

int input_open(const char *path, struct trace_input **out, struct trace_error *error)
{
	struct trace_input *input = calloc(1, sizeof(*input));
	int status = -ENOMEM;

	if (!input)
		return trace_fail(error, -ENOMEM, "%s: out of memory", path);
	input->fd = -1;
	input->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	input->data = malloc(DATA_SIZE + 1);
	if (!input->name || !input->data) {
		trace_fail(error, -ENOMEM, "%s: out of memory", path);
		goto fail;
	}
	input->data[0] = 0;
	status = open_file(input, path, error);
	if (status == 0)
		status = fill(input, 3, error);
	if (status == 0 && looks_compressed(input->data, input->end))
		status = start_inflate(input, error);
	if (status == 0) {
		*out = input;
		return 0;
	}
fail:
	input_close(input);
	return status;
}

void input_close(struct trace_input *input)
{
	if (!input)
		return;
	if (input->compressed)
		inflateEnd(&input->zs);
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	free(input->raw);
	free(input->data);
	free(input->name);
	free(input);
}

ssize_t input_peek(struct trace_input *input, size_t want, const unsigned char **bytes,
		   struct trace_error *error)
{
	int status = fill(input, want, error);

	*bytes = input->data + input->start;
	return status < 0 ? status : (ssize_t)(input->end - input->start);
}

void input_consume(struct trace_input *input, size_t count)
{
	input->start += count;
	input->offset += count;
}

ssize_t input_read(struct trace_input *input, void *buffer, size_t count, struct trace_error *error)
{
	size_t done = 0;

	while (done < count) {
		const unsigned char *bytes;
		ssize_t n = input_peek(input, 1, &bytes, error);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		if ((size_t)n > count - done)
			n = (ssize_t)(count - done);
		memcpy((unsigned char *)buffer + done, bytes, (size_t)n);
		input_consume(input, (size_t)n);
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int input_line(struct trace_input *input, char **line, size_t *length, struct trace_error *error)
{
	size_t have = input->end - input->start;
	unsigned char *end = memchr(input->data + input->start, '\n', have);

	if (!end) {
		int status = fill(input, INPUT_PEEK, error);

		if (status < 0)
			return status;
		have = input->end - input->start;
		if (have == 0)
			return 0;
		end = memchr(input->data + input->start, '\n', have);
	}
	input->line++;
	if (!end && have >= INPUT_PEEK)
		return trace_fail_at(error, input, INPUT_PEEK,
				     "the line does not end, expected fewer than %d characters",
				     INPUT_PEEK);
	*line = (char *)input->data + input->start;
	*length = end ? (size_t)(end - input->data) - input->start : have;
	input_consume(input, *length + (end ? 1 : 0));
	if (*length > 0 && (*line)[*length - 1] == '\r')
		--*length;
	(*line)[*length] = '\0';
	return 1;
}

int input_seek(struct trace_input *input, uint64_t offset, struct trace_error *error)
{
	if (input->compressed || input->raw_total == 0 || offset > input->raw_total)
		return trace_fail(error, -ESPIPE, "%s: is not a file that can be sought in",
				  input->name);
	if (lseek(input->fd, (off_t)offset, SEEK_SET) < 0)
		return trace_fail(error, -ESPIPE, "%s: cannot be sought in: %s", input->name,
				  strerror(errno));
	input->start = input->end = 0;
	input->ended = false;
	input->offset = offset;
	__atomic_store_n(&input->raw_done, offset, __ATOMIC_RELAXED);
	return 0;
}

const char *input_name(const struct trace_input *input)
{
	return input->name;
}

uint64_t input_line_number(const struct trace_input *input)
{
	return input->line;
}

uint64_t input_offset(const struct trace_input *input)
{
	return input->offset;
}

bool input_compressed(const struct trace_input *input)
{
	return input->compressed;
}

void input_progress(const struct trace_input *input, uint64_t *done, uint64_t *total)
{
	*done = __atomic_load_n(&input->raw_done, __ATOMIC_RELAXED);
	*total = input->raw_total;
}
