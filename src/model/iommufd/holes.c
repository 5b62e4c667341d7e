/* SPDX-License-Identifier: Apache-2.0 */
/* A treap: by address a search tree, by random priorities a heap, so that its depth is
 * about twice the logarithm, which bounds the recursion here. */
#include "model/iommufd/holes.h"

#include <errno.h>
#include <stdlib.h>

/* ---- What is known of a node -------------------------------------------------------------- */

static void masks_set(struct iofd_hole *hole)
{
	hole->whole = hole->half = 0;
	for (unsigned k = 0; k < 64; k++) {
		uint64_t size = UINT64_C(1) << k;
		uint64_t up = (hole->first + (size - 1)) & ~(size - 1);

		/* No multiple of more either. */
		if (up < hole->first || up > hole->last)
			break;
		if (hole->last - up >= size / 2)
			hole->half |= size;
		if (hole->last - up >= size - 1)
			hole->whole |= size;
	}
}

static void child_add(struct iofd_hole *hole, const struct iofd_hole *child)
{
	if (!child)
		return;
	hole->all_whole |= child->all_whole;
	hole->all_half |= child->all_half;
	if (child->widest > hole->widest)
		hole->widest = child->widest;
}

static void update(struct iofd_hole *hole)
{
	hole->all_whole = hole->whole;
	hole->all_half = hole->half;
	hole->widest = hole->last - hole->first;
	child_add(hole, hole->left);
	child_add(hole, hole->right);
}

/* ---- The tree -------------------------------------------------------------------------------- */

/* *low: what begins below `at`; *high: the rest. */
static void split(struct iofd_hole *hole, uint64_t at, struct iofd_hole **low,
		  struct iofd_hole **high)
{
	if (!hole) {
		*low = *high = NULL;
		return;
	}
	if (hole->first < at) {
		split(hole->right, at, &hole->right, high);
		*low = hole;
	} else {
		split(hole->left, at, low, &hole->left);
		*high = hole;
	}
	update(hole);
}

/* All of `low` is below all of `high`. */
static struct iofd_hole *merge(struct iofd_hole *low, struct iofd_hole *high)
{
	if (!low || !high)
		return low ? low : high;
	if (low->priority >= high->priority) {
		low->right = merge(low->right, high);
		update(low);
		return low;
	}
	high->left = merge(low, high->left);
	update(high);
	return high;
}

static struct iofd_hole *remove_from(struct iofd_hole *hole, uint64_t first)
{
	if (hole->first == first)
		return merge(hole->left, hole->right);
	if (first < hole->first)
		hole->left = remove_from(hole->left, first);
	else
		hole->right = remove_from(hole->right, first);
	update(hole);
	return hole;
}

static struct iofd_hole *spare_pop(struct iofd_holes *holes)
{
	struct iofd_hole *hole = holes->spare;

	holes->spare = hole->right;
	return hole;
}

static void spare_push(struct iofd_holes *holes, struct iofd_hole *hole)
{
	hole->right = holes->spare;
	holes->spare = hole;
}

/* A hole that touches no other. */
static void add(struct iofd_holes *holes, uint64_t first, uint64_t last)
{
	struct iofd_hole *hole = spare_pop(holes), *low, *high;

	hole->first = first;
	hole->last = last;

	/* xorshift64*, whose state is not 0. */
	holes->random ^= holes->random >> 12;
	holes->random ^= holes->random << 25;
	holes->random ^= holes->random >> 27;
	hole->priority = holes->random * UINT64_C(0x2545f4914f6cdd1d);
	hole->left = hole->right = NULL;
	masks_set(hole);
	update(hole);
	split(holes->root, hole->first, &low, &high);
	holes->root = merge(merge(low, hole), high);
}

/* The lowest one that ends at or behind `address`. */
static struct iofd_hole *find(const struct iofd_holes *holes, uint64_t address)
{
	struct iofd_hole *at = holes->root, *best = NULL;

	while (at) {
		if (at->last < address) {
			at = at->right;
		} else {
			best = at;
			at = at->left;
		}
	}
	return best;
}

static void drop(struct iofd_holes *holes, struct iofd_hole *hole)
{
	holes->root = remove_from(holes->root, hole->first);
	spare_push(holes, hole);
}

/* ---- Life --------------------------------------------------------------------------------------- */

int iofd_holes_init(struct iofd_holes *holes)
{
	*holes = (struct iofd_holes){.random = 1};
	if (iofd_holes_reserve(holes))
		return -ENOMEM;
	add(holes, 0, UINT64_MAX);
	return 0;
}

static void destroy(struct iofd_hole *hole)
{
	if (!hole)
		return;
	destroy(hole->left);
	destroy(hole->right);
	free(hole);
}

void iofd_holes_fini(struct iofd_holes *holes)
{
	destroy(holes->root);
	while (holes->spare)
		free(spare_pop(holes));
	holes->root = NULL;
}

/* Holes are at most one more than areas, so one node for each area is enough. */
int iofd_holes_reserve(struct iofd_holes *holes)
{
	struct iofd_hole *hole = malloc(sizeof(*hole));

	if (!hole)
		return -ENOMEM;
	spare_push(holes, hole);
	return 0;
}

void iofd_holes_release(struct iofd_holes *holes)
{
	free(spare_pop(holes));
}

/* ---- Use ------------------------------------------------------------------------------------------ */

void iofd_holes_take(struct iofd_holes *holes, uint64_t first, uint64_t last)
{
	struct iofd_hole *hole = find(holes, first);
	uint64_t begin = hole->first, end = hole->last;

	drop(holes, hole);
	if (begin < first)
		add(holes, begin, first - 1);
	if (end > last)
		add(holes, last + 1, end);
}

void iofd_holes_give(struct iofd_holes *holes, uint64_t first, uint64_t last)
{
	struct iofd_hole *below = first ? find(holes, first - 1) : NULL;
	struct iofd_hole *above = last != UINT64_MAX ? find(holes, last) : NULL;

	if (below && below->last == first - 1) {
		first = below->first;
		drop(holes, below);
	}
	if (above && above->first == last + 1) {
		last = above->last;
		drop(holes, above);
	}
	add(holes, first, last);
}

struct want {
	uint64_t last; /* bytes - 1 */
	uint64_t whole, half; /* bits that a mask must have */
	uint64_t from;
};

static const struct iofd_hole *next_in(const struct iofd_hole *hole, const struct want *want)
{
	const struct iofd_hole *found;

	if (!hole || hole->widest < want->last || want->whole & ~hole->all_whole ||
	    want->half & ~hole->all_half)
		return NULL;
	if (hole->last < want->from)
		return next_in(hole->right, want);
	found = next_in(hole->left, want);
	if (found)
		return found;
	if (hole->last - hole->first >= want->last && !(want->whole & ~hole->whole) &&
	    !(want->half & ~hole->half))
		return hole;
	return next_in(hole->right, want);
}

const struct iofd_hole *iofd_holes_next(const struct iofd_holes *holes, uint64_t bytes,
					uint64_t alignment, uint64_t from)
{
	const struct want want = {
		.last = bytes - 1,
		.whole = bytes >= alignment ? alignment : 0,
		.half = bytes >= alignment ? 0 : alignment,
		.from = from,
	};

	return next_in(holes->root, &want);
}
