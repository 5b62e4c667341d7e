/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is free between the areas of an IOAS: closed ranges in ascending order, none of
 * which touches the next, in a tree that is searched by address, by size and by alignment,
 * so that choosing an IOVA (U3) costs the logarithm of their number and not a walk through
 * all that is too small.
 */
#ifndef MODEL_IOMMUFD_HOLES_H
#define MODEL_IOMMUFD_HOLES_H

#include <stdint.h>

struct iofd_hole {
	uint64_t first, last;
	struct iofd_hole *left, *right;
	uint64_t priority; /* no child's is higher */
	/*
	 * Bit k: an address in it that is a multiple of 2^k has 2^k bytes behind it, or
	 * more than half of that. Of the hole, and of all below it; widest: last - first.
	 */
	uint64_t whole, half;
	uint64_t all_whole, all_half, widest;
};

struct iofd_holes {
	struct iofd_hole *root;
	struct iofd_hole *spare; /* by `right`: as many as areas can need */
	uint64_t random;
};

/* One hole, of all addresses. -ENOMEM. */
int iofd_holes_init(struct iofd_holes *holes);
void iofd_holes_fini(struct iofd_holes *holes);

/* For each area, before it takes its place, and behind its giving it back: so that neither
 * of these can fail. -ENOMEM. */
int iofd_holes_reserve(struct iofd_holes *holes);
void iofd_holes_release(struct iofd_holes *holes);

/* [first, last], which is free, is no more; or is. */
void iofd_holes_take(struct iofd_holes *holes, uint64_t first, uint64_t last);
void iofd_holes_give(struct iofd_holes *holes, uint64_t first, uint64_t last);

/*
 * The lowest hole that ends at or behind `from` and where `bytes` (at least 1) may fit at a
 * multiple of `alignment`, a power of two: none that is left out can hold them, and one
 * that is told lacks less than half of the alignment. Bytes are more than half of it.
 */
const struct iofd_hole *iofd_holes_next(const struct iofd_holes *holes, uint64_t bytes,
					uint64_t alignment, uint64_t from);

#endif
