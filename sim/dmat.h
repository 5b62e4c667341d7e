/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of .dmat files: what encoder, decoder, reader, writer and repair
 * share. docs/trace-format.md describes it in full.
 *
 * A file is a file header, a meta block, blocks of records, the meta block once
 * more, an index block and a footer. All numbers are little-endian. Every block
 * stands for itself: it has its own checksums and its own predecessors.
 */
#ifndef SIM_DMAT_H
#define SIM_DMAT_H

#include "trace.h"

#define DMAT_MAGIC \
	"\x89"     \
	"DMAT\r\n\x1a" /* of the file */
#define DMAT_BLOCK_MAGIC \
	"\xd3"           \
	"dmatBLK"
#define DMAT_FOOTER_MAGIC \
	"\xd3"            \
	"dmatEND"
#define DMAT_MAGIC_SIZE 8
#define DMAT_MAJOR      1
#define DMAT_MINOR      0

/* magic, u16 major, u16 minor, u32 crc of what is before it */
#define DMAT_FILE_HEADER  16
#define DMAT_BLOCK_HEADER 64
/* u64 offset and u64 sequence of the index block, u64 records, u32 zero, u32 crc, magic */
#define DMAT_FOOTER 40

#define DMAT_BLOCK_RECORDS 65536
/* Of one block, unpacked and packed: no header may ask for more. */
#define DMAT_UNPACKED_MAX (16u << 20)
#define DMAT_PACKED_MAX   (17u << 20)

enum dmat_block_type {
	DMAT_META = 1,
	DMAT_RECORDS = 2,
	DMAT_INDEX = 3,
};

/* The header of a block; see dmat_header_store() for its bytes. */
struct dmat_header {
	uint8_t type; /* a reader passes over types it does not know */
	uint32_t records;
	uint32_t unpacked, packed;
	uint32_t crc; /* of the packed payload */
	uint64_t sequence; /* of the block in the file, from 0 */
	uint64_t first_ns, last_ns;
};

/*
 * One entry of the index, four u64 in the payload of its block: a block of records.
 * An index has at most DMAT_INDEX_MAX entries: when a writer has more blocks it
 * keeps every second one, then every fourth, and so on.
 */
struct dmat_index_entry {
	uint64_t offset; /* of its header in the file */
	uint64_t sequence;
	uint64_t first_record; /* number of its first record in the trace, from 0 */
	uint64_t first_ns;
};

#define DMAT_INDEX_ENTRY 32
#define DMAT_INDEX_MAX   32768

void dmat_header_store(const struct dmat_header *header, unsigned char bytes[DMAT_BLOCK_HEADER]);
/* False: magic, checksum or sizes are not right. */
bool dmat_header_load(struct dmat_header *header, const unsigned char bytes[DMAT_BLOCK_HEADER]);

void dmat_file_header_store(unsigned char bytes[DMAT_FILE_HEADER]);
/* -EINVAL: no such file or damaged, -ENOTSUP: of another major version. */
int dmat_file_header_load(const unsigned char bytes[DMAT_FILE_HEADER]);

struct dmat_footer {
	uint64_t index_offset, index_sequence;
	uint64_t records;
};

void dmat_footer_store(const struct dmat_footer *footer, unsigned char bytes[DMAT_FOOTER]);
bool dmat_footer_load(struct dmat_footer *footer, const unsigned char bytes[DMAT_FOOTER]);

/* ---- Bytes that grow ------------------------------------------------------- */

struct bytes {
	unsigned char *data;
	size_t used, capacity;
	bool failed; /* without memory: everything behind is dropped */
};

void bytes_reserve(struct bytes *bytes, size_t more);
void bytes_put(struct bytes *bytes, const void *data, size_t size);
void bytes_put_u32(struct bytes *bytes, uint32_t value);
void bytes_put_u64(struct bytes *bytes, uint64_t value);
void bytes_put_varint(struct bytes *bytes, uint64_t value);
void bytes_fini(struct bytes *bytes);

/* Bytes being read; `bad` once something reached behind the end. */
struct span {
	const unsigned char *p, *end;
	bool bad;
};

uint32_t span_u32(struct span *span);
uint64_t span_u64(struct span *span);
uint64_t span_varint(struct span *span);
/* `size` bytes, or NULL and bad. */
const unsigned char *span_take(struct span *span, uint64_t size);

/* ---- Payloads --------------------------------------------------------------- */

/* deflate of a payload; level as zlib's. -ENOMEM. */
struct dmat_packer;
int dmat_packer_new(int level, struct dmat_packer **packer);
void dmat_packer_free(struct dmat_packer *packer);
/* Appends header and packed payload to `out`; fills unpacked, packed and crc. */
int dmat_pack(struct dmat_packer *packer, struct dmat_header *header, const struct bytes *payload,
	      struct bytes *out);

/* inflate; `out` becomes exactly header->unpacked bytes. -EINVAL: the payload does
 * not match its header or is no zlib data, -ENOMEM. */
struct dmat_unpacker;
int dmat_unpacker_new(struct dmat_unpacker **unpacker);
void dmat_unpacker_free(struct dmat_unpacker *unpacker);
int dmat_unpack(struct dmat_unpacker *unpacker, const struct dmat_header *header,
		const unsigned char *packed, struct bytes *out);

void dmat_meta_store(const struct trace_meta *meta, struct bytes *out);
/* -EINVAL, -ENOMEM; *meta is empty then. */
int dmat_meta_load(struct trace_meta *meta, const unsigned char *data, size_t size);

/* ---- Records ----------------------------------------------------------------- */

struct dmat_encoder;
int dmat_encoder_new(struct dmat_encoder **encoder);
void dmat_encoder_free(struct dmat_encoder *encoder);
/* Adds a record to the block; -EINVAL: time falls, or a kind that does not exist. */
int dmat_encode(struct dmat_encoder *encoder, const struct trace_record *record);
uint32_t dmat_encoder_count(const struct dmat_encoder *encoder);
/* The payload of the block so far and the header's times and count; the next
 * record begins a new block. -ENOMEM. */
int dmat_encoder_finish(struct dmat_encoder *encoder, struct dmat_header *header,
			struct bytes *payload);

struct dmat_decoder;
int dmat_decoder_new(struct dmat_decoder **decoder);
void dmat_decoder_free(struct dmat_decoder *decoder);
/* Begins a block; the payload must stay until the last record is out. -EINVAL. */
int dmat_decoder_begin(struct dmat_decoder *decoder, const struct dmat_header *header,
		       const unsigned char *payload, size_t size);
/* Up to `limit` records into `records`; their number, 0 at the end of the block,
 * -EINVAL: malformed. Kinds of later versions are passed over and counted. */
int dmat_decode(struct dmat_decoder *decoder, struct trace_record *records, size_t limit);
uint64_t dmat_decoder_unknown(const struct dmat_decoder *decoder);

#endif
