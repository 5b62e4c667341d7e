/* SPDX-License-Identifier: Apache-2.0 */
/* The tags of a cache, each with a number from 0 on, in the order of their coming. */
#ifndef SIM_TAGS_H
#define SIM_TAGS_H

#include "model/cache.h"

#define TAGS_NONE UINT32_MAX

struct tags {
	struct tags_tag {
		uint64_t index, key0, key1;
	} * tag;
	uint32_t count, room;
	uint32_t *place; /* by hash: number + 1, 0: free */
	uint32_t places; /* power of two, at most half used; or 0 */
};

/* Zeroed it is empty. */
void tags_fini(struct tags *tags);

/* The number of a tag, TAGS_NONE: it has not come yet. */
uint32_t tags_find(const struct tags *tags, const struct cache_slot *slot);

/* The same, a new one if needed; TAGS_NONE: no host memory. */
uint32_t tags_number(struct tags *tags, const struct cache_slot *slot);

#endif
