/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocks of a .dmat input in order, checked and unpacked: what reading,
 * verifying and seeking have in common. Decoding is not done here, so that it can
 * be done by another thread.
 */
#ifndef SIM_DMAT_SOURCE_H
#define SIM_DMAT_SOURCE_H

#include "dmat.h"
#include "trace_input.h"

struct dmat_source {
	struct trace_input *input; /* the owner's */
	struct dmat_unpacker *unpacker;
	struct bytes packed;
	uint64_t offset; /* of the block read last */
	uint64_t sequence; /* that the next block must have */
	uint64_t records; /* of all blocks so far */
	uint64_t last_ns;
	bool sought; /* not read from the beginning: totals say nothing */
};

/* Reads the file header and the meta block. -EINVAL, -ENOTSUP, -ENOMEM, -EIO with
 * *error filled. The input stays the caller's. */
int dmat_source_open(struct dmat_source *source, struct trace_input *input, struct trace_meta *meta,
		     struct trace_error *error);
void dmat_source_close(struct dmat_source *source);

/*
 * The next block of records. 1: header and payload are filled, 0: the end of a
 * whole file, negative: damaged or cut, *error says where.
 */
int dmat_source_next(struct dmat_source *source, struct dmat_header *header, struct bytes *payload,
		     struct trace_error *error);

/* Goes on at the block that holds a record; *skip: how many of its records come
 * before. -ESPIPE: not a plain file, -EINVAL: the index is damaged, -ERANGE: the
 * trace has fewer records. */
int dmat_source_seek(struct dmat_source *source, uint64_t record, uint64_t *skip,
		     struct trace_error *error);

/* Unpacking ahead on a thread of its own. */
struct dmat_ahead;
int dmat_ahead_start(struct dmat_source *source, struct dmat_ahead **ahead);
/* As dmat_source_next(); *payload stays valid until the next call. */
int dmat_ahead_next(struct dmat_ahead *ahead, struct dmat_header *header,
		    const struct bytes **payload, struct trace_error *error);
/* Ends the thread; waits for the read that it is in. Takes NULL. */
void dmat_ahead_stop(struct dmat_ahead *ahead);

#endif
