/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from 64-bit numbers of a trace (domain, requester and PASID) to pointers.
 * Zeroed it is empty. What the pointers point to is the user's.
 */
#ifndef SIM_IDMAP_H
#define SIM_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
	uint64_t key;
	void *value; /* NULL: nothing, but a search goes on behind `used` slots */
	uint8_t used;
};

struct idmap {
	struct idmap_slot *slot;
	size_t slots; /* power of two, at most half used; or 0 */
	size_t used;
};

/* NULL: no such key. */
void *idmap_get(const struct idmap *map, uint64_t key);
/* Replaces what was there; value NULL removes. 0 or -ENOMEM (never to remove). */
int idmap_put(struct idmap *map, uint64_t key, void *value);
void idmap_fini(struct idmap *map);

#endif
