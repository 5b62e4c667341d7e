/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is whole in a .dmat file, whatever is damaged: the file in pieces, each a
 * whole block or a stretch that is none. After damage the next block is found by
 * its magic. Needs a plain file.
 */
#ifndef SIM_DMAT_SCAN_H
#define SIM_DMAT_SCAN_H

#include "dmat.h"

struct dmat_scan;

struct dmat_piece {
	uint64_t offset, length; /* in the file */
	bool whole;
	struct dmat_header header; /* of a whole block */
	const struct bytes *payload; /* unpacked, until the next call */
};

/* -ENOENT, -EINVAL (not a .dmat file at all), -ESPIPE (not a plain file), -EIO,
 * -ENOMEM; error filled. */
int dmat_scan_open(const char *path, struct dmat_scan **scan, struct trace_error *error);
/* 1: a piece, 0: the end, negative: -EIO, -ENOMEM with error filled. File header and
 * footer, where they are right, belong to no piece; a footer or its absence is told
 * by dmat_scan_ended_well() at the end. */
int dmat_scan_next(struct dmat_scan *scan, struct dmat_piece *piece, struct trace_error *error);
bool dmat_scan_ended_well(const struct dmat_scan *scan);
void dmat_scan_close(struct dmat_scan *scan); /* takes NULL */

#endif
