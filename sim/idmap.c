/* SPDX-License-Identifier: Apache-2.0 */
#include "idmap.h"

#include <errno.h>
#include <stdlib.h>

/* The slot of a key, or the free one where it would go. Open addressing, linear. */
static struct idmap_slot *slot_of(const struct idmap *map, uint64_t key)
{
	uint64_t hash = key * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(hash ^ hash >> 32);
	struct idmap_slot *slot;

	for (;; i++) {
		slot = &map->slot[i & (map->slots - 1)];
		if (!slot->used || slot->key == key)
			return slot;
	}
}

/* Leaves out what has been removed; a map of many removals does not grow. */
static int rebuild(struct idmap *map)
{
	struct idmap next = {.slots = 32};
	size_t live = 0;

	for (size_t i = 0; i < map->slots; i++)
		live += map->slot[i].value != NULL;
	while (next.slots < live * 4)
		next.slots *= 2;
	next.slot = calloc(next.slots, sizeof(*next.slot));
	if (!next.slot)
		return -ENOMEM;
	for (size_t i = 0; i < map->slots; i++)
		if (map->slot[i].value)
			*slot_of(&next, map->slot[i].key) = map->slot[i];
	next.used = live;
	free(map->slot);
	*map = next;
	return 0;
}

void *idmap_get(const struct idmap *map, uint64_t key)
{
	return map->slots ? slot_of(map, key)->value : NULL;
}

int idmap_put(struct idmap *map, uint64_t key, void *value)
{
	struct idmap_slot *slot = map->slots ? slot_of(map, key) : NULL;

	if (slot && slot->used) {
		slot->value = value;
		return 0;
	}
	if (!value)
		return 0;
	if (map->used >= map->slots / 2 && rebuild(map))
		return -ENOMEM;
	*slot_of(map, key) = (struct idmap_slot){.key = key, .value = value, .used = 1};
	map->used++;
	return 0;
}

void idmap_fini(struct idmap *map)
{
	free(map->slot);
	*map = (struct idmap){0};
}
