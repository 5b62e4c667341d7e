/* SPDX-License-Identifier: Apache-2.0 */
#include "dmat_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_reader.h"

/* Meta data is small; nothing may make a reader allocate much for it. */
#define META_MAX (4u << 20)

static int broken(const struct dmat_source *source, const char *what, struct trace_error *error)
{
	return trace_fail(error, -EINVAL, "%s: block %llu at byte %llu %s",
			  input_name(source->input), (unsigned long long)source->sequence,
			  (unsigned long long)source->offset, what);
}

static int read_exactly(struct dmat_source *source, void *buffer, size_t size,
			struct trace_error *error)
{
	ssize_t n = input_read(source->input, buffer, size, error);

	if (n < 0)
		return (int)n;
	if ((size_t)n < size)
		return broken(source, "is cut: the file ends inside it", error);
	return 0;
}

/* A block of any type, unpacked into payload. */
static int read_block(struct dmat_source *source, struct dmat_header *header, struct bytes *payload,
		      struct trace_error *error)
{
	unsigned char bytes[DMAT_BLOCK_HEADER];
	int status;

	source->offset = input_offset(source->input);
	status = read_exactly(source, bytes, sizeof(bytes), error);
	if (status < 0)
		return status;
	if (!dmat_header_load(header, bytes))
		return broken(source, "is damaged: its header does not match its checksum", error);
	if (header->sequence != source->sequence)
		return broken(source, "is missing: another stands in its place", error);
	source->packed.used = 0;
	bytes_reserve(&source->packed, header->packed + 1);
	if (source->packed.failed)
		return trace_fail(error, -ENOMEM, "out of memory");
	status = read_exactly(source, source->packed.data, header->packed, error);
	if (status < 0)
		return status;
	status = dmat_unpack(source->unpacker, header, source->packed.data, payload);
	if (status == -ENOMEM)
		return trace_fail(error, status, "out of memory");
	if (status < 0)
		return broken(source, "is damaged: its contents do not match its checksum", error);
	source->sequence++;
	return 0;
}

static int read_meta(struct dmat_source *source, struct trace_meta *meta, struct trace_error *error)
{
	struct dmat_header header;
	struct bytes payload = {0};
	int status = read_block(source, &header, &payload, error);

	if (status == 0 && (header.type != DMAT_META || payload.used > META_MAX))
		status = broken(source, "is not the description of the trace", error);
	if (status == 0) {
		status = dmat_meta_load(meta, payload.data, payload.used);
		if (status < 0)
			status = broken(source, "describes the trace in a wrong form", error);
	}
	bytes_fini(&payload);
	return status;
}

int dmat_source_open(struct dmat_source *source, struct trace_input *input, struct trace_meta *meta,
		     struct trace_error *error)
{
	unsigned char bytes[DMAT_FILE_HEADER];
	int status;

	memset(source, 0, sizeof(*source));
	source->input = input;
	status = read_exactly(source, bytes, sizeof(bytes), error);
	if (status < 0)
		return status;
	status = dmat_file_header_load(bytes);
	if (status == -ENOTSUP)
		return trace_fail(error, status, "%s: made by a later version, expected %d",
				  input_name(input), DMAT_MAJOR);
	if (status < 0)
		return trace_fail(error, status, "%s: the first %d bytes are damaged",
				  input_name(input), DMAT_FILE_HEADER);
	status = dmat_unpacker_new(&source->unpacker);
	if (status < 0)
		return trace_fail(error, status, "out of memory");
	return read_meta(source, meta, error);
}

void dmat_source_close(struct dmat_source *source)
{
	dmat_unpacker_free(source->unpacker);
	bytes_fini(&source->packed);
	memset(source, 0, sizeof(*source));
}

/* Behind the index stands the footer, and behind it nothing. */
static int read_footer(struct dmat_source *source, struct trace_error *error)
{
	unsigned char bytes[DMAT_FOOTER];
	const unsigned char *rest;
	struct dmat_footer footer;
	uint64_t index_offset = source->offset;
	int status;
	ssize_t n;

	source->offset = input_offset(source->input);
	status = read_exactly(source, bytes, sizeof(bytes), error);
	if (status < 0)
		return status;
	if (!dmat_footer_load(&footer, bytes) || footer.index_offset != index_offset)
		return broken(source, "is damaged: the end of the file is not right", error);
	if (!source->sought && footer.records != source->records)
		return broken(source, "is the last, but records are missing before it", error);
	n = input_peek(source->input, 1, &rest, error);
	if (n > 0)
		return broken(source, "is the last, but more stands behind it", error);
	return (int)n;
}

static int check_records(struct dmat_source *source, const struct dmat_header *header,
			 struct trace_error *error)
{
	if (header->records == 0)
		return broken(source, "holds no record", error);
	if (header->first_ns < source->last_ns)
		return broken(source, "goes back in time", error);
	source->last_ns = header->last_ns;
	source->records += header->records;
	return 1;
}

int dmat_source_next(struct dmat_source *source, struct dmat_header *header, struct bytes *payload,
		     struct trace_error *error)
{
	for (;;) {
		int status = read_block(source, header, payload, error);

		if (status < 0)
			return status;
		if (header->type == DMAT_RECORDS)
			return check_records(source, header, error);
		if (header->type == DMAT_INDEX)
			return read_footer(source, error);
	}
}

/* ---- From the middle ------------------------------------------------------------ */

static int bad_index(const struct dmat_source *source, struct trace_error *error)
{
	return trace_fail(error, -EINVAL, "%s: the index is damaged or missing",
			  input_name(source->input));
}

static int read_index_footer(struct dmat_source *source, struct dmat_footer *footer,
			     struct trace_error *error)
{
	unsigned char bytes[DMAT_FOOTER];
	uint64_t done, total;
	int status;

	input_progress(source->input, &done, &total);
	if (total < DMAT_FOOTER)
		return trace_fail(error, -ESPIPE, "%s: is not a file that can be sought in",
				  input_name(source->input));
	status = input_seek(source->input, total - DMAT_FOOTER, error);
	if (status < 0)
		return status;
	status = read_exactly(source, bytes, sizeof(bytes), error);
	if (status < 0)
		return status;
	if (!dmat_footer_load(footer, bytes) || footer->index_offset >= total)
		return bad_index(source, error);
	return 0;
}

/* The last entry that does not lie behind the record. */
static int search_index(const struct bytes *payload, uint64_t record,
			struct dmat_index_entry *entry)
{
	struct span span = {payload->data, payload->data + payload->used, false};
	struct dmat_index_entry next;
	bool found = false;

	while (span.p < span.end) {
		next.offset = span_u64(&span);
		next.sequence = span_u64(&span);
		next.first_record = span_u64(&span);
		next.first_ns = span_u64(&span);
		if (span.bad)
			return -EINVAL;
		if (next.first_record > record)
			break;
		*entry = next;
		found = true;
	}
	return found ? 0 : -EINVAL;
}

/* From the entry's block on, to the one that holds the record. */
static int walk_to(struct dmat_source *source, const struct dmat_index_entry *entry,
		   uint64_t record, uint64_t *skip, struct trace_error *error)
{
	uint64_t first = entry->first_record, offset = entry->offset;

	source->sequence = entry->sequence;
	source->last_ns = 0;
	for (;;) {
		unsigned char bytes[DMAT_BLOCK_HEADER];
		struct dmat_header header;
		int status = input_seek(source->input, offset, error);

		if (status == 0)
			status = read_exactly(source, bytes, sizeof(bytes), error);
		if (status < 0)
			return status;
		source->offset = offset;
		if (!dmat_header_load(&header, bytes))
			return broken(source, "is damaged: its header does not match its checksum",
				      error);
		if (header.sequence != source->sequence || header.type == DMAT_INDEX)
			return bad_index(source, error);
		if (header.type == DMAT_RECORDS && record - first < header.records) {
			*skip = record - first;
			return input_seek(source->input, offset, error);
		}
		first += header.type == DMAT_RECORDS ? header.records : 0;
		offset += DMAT_BLOCK_HEADER + header.packed;
		source->sequence++;
	}
}

int dmat_source_seek(struct dmat_source *source, uint64_t record, uint64_t *skip,
		     struct trace_error *error)
{
	struct dmat_index_entry entry = {0};
	struct dmat_header header;
	struct dmat_footer footer;
	struct bytes payload = {0};
	int status = read_index_footer(source, &footer, error);

	if (status < 0)
		return status;
	if (record >= footer.records)
		return trace_fail(error, -ERANGE, "%s: has %llu records only",
				  input_name(source->input), (unsigned long long)footer.records);
	status = input_seek(source->input, footer.index_offset, error);
	if (status < 0)
		return status;
	source->sequence = footer.index_sequence;
	source->sought = true;
	status = read_block(source, &header, &payload, error);
	if (status == 0 && (header.type != DMAT_INDEX || search_index(&payload, record, &entry)))
		status = bad_index(source, error);
	if (status == 0)
		status = walk_to(source, &entry, record, skip, error);
	bytes_fini(&payload);
	return status;
}
