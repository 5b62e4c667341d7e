/* SPDX-License-Identifier: Apache-2.0 */
#include "dmat_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace_reader.h"

#define WINDOW 65536

/*
 * A hostile file can hold many headers that claim large payloads; looking at all of
 * them would take the square of its size. So many bytes of wrong payloads are looked
 * at per byte of the file, after which no header is believed.
 */
#define PATIENCE 16

struct dmat_scan {
	int fd;
	char *name;
	uint64_t size, offset;
	uint64_t patience; /* bytes of wrong payloads left to look at */
	bool footer; /* the file ends with one that is right */
	struct dmat_unpacker *unpacker;
	struct dmat_decoder *decoder;
	struct bytes packed, payload;
	struct trace_record records[256];
	unsigned char window[WINDOW];
};

/* Bytes read, fewer than `size` only at the end of the file. */
static ssize_t read_at(struct dmat_scan *scan, uint64_t offset, void *buffer, size_t size,
		       struct trace_error *error)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n =
			pread(scan->fd, (char *)buffer + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return trace_fail(error, -EIO, "%s: cannot be read: %s", scan->name,
					  strerror(errno));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int open_file(struct dmat_scan *scan, struct trace_error *error)
{
	unsigned char bytes[DMAT_MAGIC_SIZE];
	struct stat st;
	ssize_t n;

	scan->fd = open(scan->name, O_RDONLY | O_CLOEXEC);
	if (scan->fd < 0 || fstat(scan->fd, &st) < 0) {
		int status = -errno;

		return trace_fail(error, status, "%s: cannot be opened: %s", scan->name,
				  strerror(-status));
	}
	if (!S_ISREG(st.st_mode))
		return trace_fail(error, -ESPIPE, "%s: expected a plain file", scan->name);
	scan->size = (uint64_t)st.st_size;
	scan->patience = PATIENCE * scan->size + DMAT_PACKED_MAX;
	n = read_at(scan, 0, bytes, sizeof(bytes), error);
	if (n < 0)
		return (int)n;
	if (n == DMAT_MAGIC_SIZE && memcmp(bytes, DMAT_MAGIC, DMAT_MAGIC_SIZE) == 0)
		return 0;
	/* The beginning may be what is lost: any block magic will do. */
	n = read_at(scan, 0, scan->window, sizeof(scan->window), error);
	if (n < 0)
		return (int)n;
	if (!memmem(scan->window, (size_t)n, DMAT_BLOCK_MAGIC, DMAT_MAGIC_SIZE))
		return trace_fail(error, -EINVAL, "%s: not a binary trace, nor a damaged one",
				  scan->name);
	return 0;
}

int dmat_scan_open(const char *path, struct dmat_scan **out, struct trace_error *error)
{
	struct dmat_scan *scan = calloc(1, sizeof(*scan));
	int status;

	if (!scan)
		return trace_fail(error, -ENOMEM, "out of memory");
	scan->fd = -1;
	scan->name = strdup(path);
	if (!scan->name || dmat_unpacker_new(&scan->unpacker) < 0 ||
	    dmat_decoder_new(&scan->decoder) < 0)
		status = trace_fail(error, -ENOMEM, "out of memory");
	else
		status = open_file(scan, error);
	if (status < 0) {
		dmat_scan_close(scan);
		return status;
	}
	*out = scan;
	return 0;
}

void dmat_scan_close(struct dmat_scan *scan)
{
	if (!scan)
		return;
	if (scan->fd >= 0)
		close(scan->fd);
	dmat_unpacker_free(scan->unpacker);
	dmat_decoder_free(scan->decoder);
	bytes_fini(&scan->packed);
	bytes_fini(&scan->payload);
	free(scan->name);
	free(scan);
}

bool dmat_scan_ended_well(const struct dmat_scan *scan)
{
	return scan->footer;
}

/* Do the records come out? */
static bool decodes(struct dmat_scan *scan, const struct dmat_header *header)
{
	int n;

	if (header->type != DMAT_RECORDS)
		return true;
	if (dmat_decoder_begin(scan->decoder, header, scan->payload.data, scan->payload.used) < 0)
		return false;
	do
		n = dmat_decode(scan->decoder, scan->records,
				sizeof(scan->records) / sizeof(scan->records[0]));
	while (n > 0);
	return n == 0;
}

/* 1: a whole block stands at `offset`, 0: none does, negative: error. */
static int try_block(struct dmat_scan *scan, uint64_t offset, struct dmat_piece *piece,
		     struct trace_error *error)
{
	unsigned char bytes[DMAT_BLOCK_HEADER];
	struct dmat_header *header = &piece->header;
	ssize_t n = read_at(scan, offset, bytes, sizeof(bytes), error);

	if (n < 0)
		return (int)n;
	if (n < DMAT_BLOCK_HEADER || !dmat_header_load(header, bytes) ||
	    header->packed > scan->patience ||
	    header->packed > scan->size - offset - DMAT_BLOCK_HEADER)
		return 0;
	scan->packed.used = 0;
	bytes_reserve(&scan->packed, (size_t)header->packed + 1);
	if (scan->packed.failed)
		return trace_fail(error, -ENOMEM, "out of memory");
	n = read_at(scan, offset + DMAT_BLOCK_HEADER, scan->packed.data, header->packed, error);
	if (n < 0)
		return (int)n;
	if ((size_t)n < header->packed ||
	    dmat_unpack(scan->unpacker, header, scan->packed.data, &scan->payload) < 0 ||
	    !decodes(scan, header)) {
		scan->patience -= header->packed;
		return 0;
	}
	*piece = (struct dmat_piece){.offset = offset,
				     .length = DMAT_BLOCK_HEADER + (uint64_t)header->packed,
				     .whole = true,
				     .header = *header,
				     .payload = &scan->payload};
	return 1;
}

/* The next block magic at or behind `from`; the size of the file if there is none. */
static int find_magic(struct dmat_scan *scan, uint64_t *from, struct trace_error *error)
{
	while (*from < scan->size) {
		ssize_t n = read_at(scan, *from, scan->window, sizeof(scan->window), error);
		const unsigned char *found;

		if (n < 0)
			return (int)n;
		found = memmem(scan->window, (size_t)n, DMAT_BLOCK_MAGIC, DMAT_MAGIC_SIZE);
		if (found) {
			*from += (uint64_t)(found - scan->window);
			return 0;
		}
		if (n < DMAT_MAGIC_SIZE)
			break;
		*from += (uint64_t)n - DMAT_MAGIC_SIZE + 1;
	}
	*from = scan->size;
	return 0;
}

/* Passes over a file header and, at the end, a footer. */
static int pass_frame(struct dmat_scan *scan, struct trace_error *error)
{
	unsigned char bytes[DMAT_FOOTER];
	struct dmat_footer footer;
	ssize_t n;

	if (scan->offset == 0) {
		n = read_at(scan, 0, bytes, DMAT_FILE_HEADER, error);
		if (n < 0)
			return (int)n;
		if (n == DMAT_FILE_HEADER && dmat_file_header_load(bytes) == 0)
			scan->offset = DMAT_FILE_HEADER;
	}
	if (scan->size - scan->offset == DMAT_FOOTER) {
		n = read_at(scan, scan->offset, bytes, DMAT_FOOTER, error);
		if (n < 0)
			return (int)n;
		if (n == DMAT_FOOTER && dmat_footer_load(&footer, bytes)) {
			scan->footer = true;
			scan->offset = scan->size;
		}
	}
	return 0;
}

int dmat_scan_next(struct dmat_scan *scan, struct dmat_piece *piece, struct trace_error *error)
{
	uint64_t next;
	int status = pass_frame(scan, error);

	if (status < 0 || scan->offset >= scan->size)
		return status;
	status = try_block(scan, scan->offset, piece, error);
	if (status < 0)
		return status;
	if (status == 1) {
		scan->offset += piece->length;
		return 1;
	}
	/* Damage: up to the next whole block, which the next call finds again. */
	next = scan->offset;
	do {
		next++;
		status = find_magic(scan, &next, error);
		if (status == 0 && next < scan->size)
			status = try_block(scan, next, piece, error);
	} while (status == 0 && next < scan->size);
	if (status < 0)
		return status;
	*piece = (struct dmat_piece){.offset = scan->offset, .length = next - scan->offset};
	scan->offset = next;
	return 1;
}
