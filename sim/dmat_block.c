/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, checksums and compression of .dmat blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "dmat.h"

static void store(unsigned char *to, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t load(const unsigned char *from, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

static uint32_t checksum(const unsigned char *bytes, size_t size)
{
	return (uint32_t)crc32(0, bytes, (uInt)size);
}

/* magic 0, type 8, (zero 9..11), records 12, unpacked 16, packed 20, crc 24, (zero
 * 28..31), sequence 32, first time 40, last time 48, (zero 56..59), header crc 60 */
void dmat_header_store(const struct dmat_header *header, unsigned char bytes[DMAT_BLOCK_HEADER])
{
	memset(bytes, 0, DMAT_BLOCK_HEADER);
	memcpy(bytes, DMAT_BLOCK_MAGIC, DMAT_MAGIC_SIZE);
	bytes[8] = header->type;
	store(bytes + 12, header->records, 4);
	store(bytes + 16, header->unpacked, 4);
	store(bytes + 20, header->packed, 4);
	store(bytes + 24, header->crc, 4);
	store(bytes + 32, header->sequence, 8);
	store(bytes + 40, header->first_ns, 8);
	store(bytes + 48, header->last_ns, 8);
	store(bytes + 60, checksum(bytes, 60), 4);
}

bool dmat_header_load(struct dmat_header *header, const unsigned char bytes[DMAT_BLOCK_HEADER])
{
	if (memcmp(bytes, DMAT_BLOCK_MAGIC, DMAT_MAGIC_SIZE) != 0 ||
	    load(bytes + 60, 4) != checksum(bytes, 60))
		return false;
	header->type = bytes[8];
	header->records = (uint32_t)load(bytes + 12, 4);
	header->unpacked = (uint32_t)load(bytes + 16, 4);
	header->packed = (uint32_t)load(bytes + 20, 4);
	header->crc = (uint32_t)load(bytes + 24, 4);
	header->sequence = load(bytes + 32, 8);
	header->first_ns = load(bytes + 40, 8);
	header->last_ns = load(bytes + 48, 8);
	return header->records <= DMAT_BLOCK_RECORDS && header->unpacked <= DMAT_UNPACKED_MAX &&
	       header->packed <= DMAT_PACKED_MAX && header->first_ns <= header->last_ns;
}

void dmat_file_header_store(unsigned char bytes[DMAT_FILE_HEADER])
{
	memcpy(bytes, DMAT_MAGIC, DMAT_MAGIC_SIZE);
	store(bytes + 8, DMAT_MAJOR, 2);
	store(bytes + 10, DMAT_MINOR, 2);
	store(bytes + 12, checksum(bytes, 12), 4);
}

int dmat_file_header_load(const unsigned char bytes[DMAT_FILE_HEADER])
{
	if (memcmp(bytes, DMAT_MAGIC, DMAT_MAGIC_SIZE) != 0 ||
	    load(bytes + 12, 4) != checksum(bytes, 12))
		return -EINVAL;
	return load(bytes + 8, 2) == DMAT_MAJOR ? 0 : -ENOTSUP;
}

void dmat_footer_store(const struct dmat_footer *footer, unsigned char bytes[DMAT_FOOTER])
{
	memset(bytes, 0, DMAT_FOOTER);
	store(bytes, footer->index_offset, 8);
	store(bytes + 8, footer->index_sequence, 8);
	store(bytes + 16, footer->records, 8);
	store(bytes + 28, checksum(bytes, 28), 4);
	memcpy(bytes + 32, DMAT_FOOTER_MAGIC, DMAT_MAGIC_SIZE);
}

bool dmat_footer_load(struct dmat_footer *footer, const unsigned char bytes[DMAT_FOOTER])
{
	footer->index_offset = load(bytes, 8);
	footer->index_sequence = load(bytes + 8, 8);
	footer->records = load(bytes + 16, 8);
	return memcmp(bytes + 32, DMAT_FOOTER_MAGIC, DMAT_MAGIC_SIZE) == 0 &&
	       load(bytes + 28, 4) == checksum(bytes, 28);
}

/* ---- Compression -------------------------------------------------------------- */

struct dmat_packer {
	z_stream zs;
};

int dmat_packer_new(int level, struct dmat_packer **out)
{
	struct dmat_packer *packer = calloc(1, sizeof(*packer));

	if (!packer || deflateInit(&packer->zs, level) != Z_OK) {
		free(packer);
		return -ENOMEM;
	}
	*out = packer;
	return 0;
}

void dmat_packer_free(struct dmat_packer *packer)
{
	if (packer)
		deflateEnd(&packer->zs);
	free(packer);
}

int dmat_pack(struct dmat_packer *packer, struct dmat_header *header, const struct bytes *payload,
	      struct bytes *out)
{
	z_stream *zs = &packer->zs;
	size_t at = out->used;
	size_t room = deflateBound(zs, (uLong)payload->used);

	bytes_reserve(out, DMAT_BLOCK_HEADER + room);
	if (out->failed || payload->failed)
		return -ENOMEM;
	deflateReset(zs);
	zs->next_in = payload->data;
	zs->avail_in = (uInt)payload->used;
	zs->next_out = out->data + at + DMAT_BLOCK_HEADER;
	zs->avail_out = (uInt)room;
	if (deflate(zs, Z_FINISH) != Z_STREAM_END)
		return -ENOMEM;
	header->unpacked = (uint32_t)payload->used;
	header->packed = (uint32_t)zs->total_out;
	header->crc = checksum(out->data + at + DMAT_BLOCK_HEADER, header->packed);
	dmat_header_store(header, out->data + at);
	out->used += DMAT_BLOCK_HEADER + header->packed;
	return 0;
}

struct dmat_unpacker {
	z_stream zs;
};

int dmat_unpacker_new(struct dmat_unpacker **out)
{
	struct dmat_unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker || inflateInit(&unpacker->zs) != Z_OK) {
		free(unpacker);
		return -ENOMEM;
	}
	*out = unpacker;
	return 0;
}

void dmat_unpacker_free(struct dmat_unpacker *unpacker)
{
	if (unpacker)
		inflateEnd(&unpacker->zs);
	free(unpacker);
}

int dmat_unpack(struct dmat_unpacker *unpacker, const struct dmat_header *header,
		const unsigned char *packed, struct bytes *out)
{
	z_stream *zs = &unpacker->zs;

	if (checksum(packed, header->packed) != header->crc)
		return -EINVAL;
	out->used = 0;
	bytes_reserve(out, (size_t)header->unpacked + 1);
	if (out->failed)
		return -ENOMEM;
	inflateReset(zs);
	zs->next_in = (unsigned char *)(uintptr_t)packed;
	zs->avail_in = header->packed;
	zs->next_out = out->data;
	zs->avail_out = header->unpacked + 1;
	if (inflate(zs, Z_FINISH) != Z_STREAM_END || zs->total_out != header->unpacked)
		return -EINVAL;
	out->used = header->unpacked;
	return 0;
}

/* ---- Meta ------------------------------------------------------------------------ */

static void put_text(struct bytes *out, const char *text)
{
	bytes_put_varint(out, strlen(text));
	bytes_put(out, text, strlen(text));
}

void dmat_meta_store(const struct trace_meta *meta, struct bytes *out)
{
	bytes_put_varint(out, meta->levels);
	put_text(out, meta->arch);
	bytes_put_varint(out, meta->n_keys);
	for (size_t i = 0; i < meta->n_keys; i++) {
		put_text(out, meta->keys[i].name);
		put_text(out, meta->keys[i].value);
	}
}

/* A NUL-terminated copy; NULL: no memory, or span->bad. */
static char *take_text(struct span *span)
{
	uint64_t length = span_varint(span);
	const unsigned char *text = span_take(span, length);

	if (!text || memchr(text, '\0', length)) {
		span->bad = true;
		return NULL;
	}
	return strndup((const char *)text, length);
}

static int load_key(struct trace_meta *meta, struct span *span)
{
	char *name = take_text(span);
	char *value = take_text(span);
	int status = span->bad ? -EINVAL : -ENOMEM;

	if (name && value)
		status = trace_meta_set(meta, name, value);
	free(name);
	free(value);
	return status;
}

int dmat_meta_load(struct trace_meta *meta, const unsigned char *data, size_t size)
{
	struct span span = {data, data + size, false};
	uint64_t levels = span_varint(&span);
	char *arch = take_text(&span);
	uint64_t keys = span_varint(&span);
	int status = span.bad || levels > 3 ? -EINVAL : arch ? 0 : -ENOMEM;

	memset(meta, 0, sizeof(*meta));
	if (status == 0 && strlen(arch) >= sizeof(meta->arch))
		status = -EINVAL;
	if (status == 0) {
		strcpy(meta->arch, arch);
		meta->levels = (unsigned)levels;
	}
	while (status == 0 && keys-- > 0)
		status = load_key(meta, &span);
	free(arch);
	if (status < 0)
		trace_meta_fini(meta);
	return status;
}
