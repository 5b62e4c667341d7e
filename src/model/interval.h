/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapped ranges of many address spaces: disjoint closed intervals in order of space
 * and address. Memory is bounded by the intervals that live.
 */
#ifndef MODEL_INTERVAL_H
#define MODEL_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [first, last] of `space` goes to value and up, with rights `access`. */
struct interval {
	uint64_t space;
	uint64_t first, last;
	uint64_t value;
	uint8_t access;
};

struct interval_chunk;

/* Zeroed it is empty. Two levels of sorted arrays, both searched by halving. */
struct interval_map {
	struct interval_chunk **chunk;
	size_t chunks, room;
	size_t count; /* of intervals */
};

/* A place in the order; any change of the map makes it invalid, but for those
 * functions that set it. */
struct interval_place {
	size_t chunk, item;
};

/* The first interval of the space that ends at `address` or behind it, whatever its
 * beginning; NULL: none in this space. The pointer lives until the next change. */
struct interval *interval_find(const struct interval_map *map, uint64_t space, uint64_t address,
			       struct interval_place *place);
/* The interval behind, in the same space; NULL: none. */
struct interval *interval_next(const struct interval_map *map, struct interval_place *place);
/* The first interval of any space, NULL: the map is empty. */
struct interval *interval_first(const struct interval_map *map);

/* Does nothing overlap [first, last]? */
bool interval_is_free(const struct interval_map *map, uint64_t space, uint64_t first,
		      uint64_t last);

/* It must overlap no other. -ENOMEM. */
int interval_insert(struct interval_map *map, const struct interval *interval);
/* Removes what place points to. */
void interval_remove(struct interval_map *map, const struct interval_place *place);
void interval_fini(struct interval_map *map);

#endif
