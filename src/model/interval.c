/* SPDX-License-Identifier: Apache-2.0 */
#include "model/interval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 128

/* Never empty: the last interval of a chunk is what chunks are searched by. */
struct interval_chunk {
	size_t count;
	struct interval item[CHUNK];
};

static bool ends_before(const struct interval *interval, uint64_t space, uint64_t address)
{
	if (interval->space != space)
		return interval->space < space;
	return interval->last < address;
}

/* The first interval, of any space, that does not end before (space, address). */
static struct interval_place search(const struct interval_map *map, uint64_t space,
				    uint64_t address)
{
	struct interval_place place = {0, 0};
	size_t high = map->chunks;

	while (place.chunk < high) {
		size_t middle = (place.chunk + high) / 2;
		const struct interval_chunk *chunk = map->chunk[middle];

		if (ends_before(&chunk->item[chunk->count - 1], space, address))
			place.chunk = middle + 1;
		else
			high = middle;
	}
	if (place.chunk == map->chunks)
		return place;
	high = map->chunk[place.chunk]->count;
	while (place.item < high) {
		size_t middle = (place.item + high) / 2;

		if (ends_before(&map->chunk[place.chunk]->item[middle], space, address))
			place.item = middle + 1;
		else
			high = middle;
	}
	return place;
}

static struct interval *at(const struct interval_map *map, const struct interval_place *place)
{
	if (place->chunk >= map->chunks)
		return NULL;
	return &map->chunk[place->chunk]->item[place->item];
}

struct interval *interval_find(const struct interval_map *map, uint64_t space, uint64_t address,
			       struct interval_place *place)
{
	struct interval *interval;

	*place = search(map, space, address);
	interval = at(map, place);
	return interval && interval->space == space ? interval : NULL;
}

struct interval *interval_next(const struct interval_map *map, struct interval_place *place)
{
	const uint64_t space = at(map, place)->space;
	struct interval *interval;

	if (++place->item == map->chunk[place->chunk]->count) {
		place->chunk++;
		place->item = 0;
	}
	interval = at(map, place);
	return interval && interval->space == space ? interval : NULL;
}

struct interval *interval_first(const struct interval_map *map)
{
	return map->chunks ? &map->chunk[0]->item[0] : NULL;
}

bool interval_is_free(const struct interval_map *map, uint64_t space, uint64_t first, uint64_t last)
{
	struct interval_place place;
	const struct interval *interval = interval_find(map, space, first, &place);

	return !interval || interval->first > last;
}

static int add_chunk(struct interval_map *map, size_t where)
{
	struct interval_chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk)
		return -ENOMEM;
	if (map->chunks == map->room) {
		size_t room = map->room ? 2 * map->room : 16;
		struct interval_chunk **grown = realloc(map->chunk, room * sizeof(*grown));

		if (!grown) {
			free(chunk);
			return -ENOMEM;
		}
		map->chunk = grown;
		map->room = room;
	}
	chunk->count = 0;
	memmove(map->chunk + where + 1, map->chunk + where,
		(map->chunks - where) * sizeof(*map->chunk));
	map->chunk[where] = chunk;
	map->chunks++;
	return 0;
}

static void drop_chunk(struct interval_map *map, size_t where)
{
	free(map->chunk[where]);
	map->chunks--;
	memmove(map->chunk + where, map->chunk + where + 1,
		(map->chunks - where) * sizeof(*map->chunk));
}

/* Makes room in a full chunk: its upper half gets a chunk of its own, except that
 * what grows at the end leaves full chunks behind. */
static int split(struct interval_map *map, struct interval_place *place)
{
	size_t keep = place->item == CHUNK ? CHUNK : CHUNK / 2;
	struct interval_chunk *low, *high;
	int status = add_chunk(map, place->chunk + 1);

	if (status < 0)
		return status;
	low = map->chunk[place->chunk];
	high = map->chunk[place->chunk + 1];
	high->count = CHUNK - keep;
	memcpy(high->item, low->item + keep, high->count * sizeof(*high->item));
	low->count = keep;
	if (place->item > keep || keep == CHUNK) {
		place->chunk++;
		place->item -= keep;
	}
	return 0;
}

int interval_insert(struct interval_map *map, const struct interval *interval)
{
	struct interval_place place = search(map, interval->space, interval->first);
	struct interval_chunk *chunk;
	int status = 0;

	if (place.chunk == map->chunks) {
		if (map->chunks == 0)
			status = add_chunk(map, 0);
		else
			place.item = map->chunk[--place.chunk]->count;
	}
	if (status == 0 && map->chunk[place.chunk]->count == CHUNK)
		status = split(map, &place);
	if (status < 0)
		return status;
	chunk = map->chunk[place.chunk];
	memmove(chunk->item + place.item + 1, chunk->item + place.item,
		(chunk->count - place.item) * sizeof(*chunk->item));
	chunk->item[place.item] = *interval;
	chunk->count++;
	map->count++;
	return 0;
}

/* Two neighbours that have become small are one, so that memory follows the count. */
static void join(struct interval_map *map, size_t where)
{
	struct interval_chunk *low, *high;

	if (where + 1 >= map->chunks)
		return;
	low = map->chunk[where];
	high = map->chunk[where + 1];
	if (low->count + high->count > CHUNK / 2)
		return;
	memcpy(low->item + low->count, high->item, high->count * sizeof(*high->item));
	low->count += high->count;
	drop_chunk(map, where + 1);
}

void interval_remove(struct interval_map *map, const struct interval_place *place)
{
	struct interval_chunk *chunk = map->chunk[place->chunk];

	chunk->count--;
	map->count--;
	memmove(chunk->item + place->item, chunk->item + place->item + 1,
		(chunk->count - place->item) * sizeof(*chunk->item));
	if (chunk->count == 0) {
		drop_chunk(map, place->chunk);
		return;
	}
	join(map, place->chunk);
	if (place->chunk > 0)
		join(map, place->chunk - 1);
}

void interval_fini(struct interval_map *map)
{
	for (size_t i = 0; i < map->chunks; i++)
		free(map->chunk[i]);
	free(map->chunk);
	memset(map, 0, sizeof(*map));
}
