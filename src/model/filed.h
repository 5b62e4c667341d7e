/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation caches: tagged caches whose entries cover blocks of addresses.
 *
 * An entry is filed under the number of its block and the block's size, both in one
 * word, which a look-up and a removal by address know alike. Blocks are of 2^6 to
 * 2^63 bytes, aligned to their size; one more kind covers every address.
 *
 * Which sizes may be live is kept with the cache: a look-up probes those and no
 * others, from the smallest upwards:
 *
 *	for (uint64_t sizes = filed->sizes; sizes; sizes &= sizes - 1)
 *		slot = cache_find(&filed->cache,
 *				  filed_index(address, filed_size(sizes)), key0, key1);
 *
 * What tells entries of one block apart (device, domain, address space) is the
 * owner's: keys for look-ups, a group and a predicate for removals.
 */
#ifndef MODEL_FILED_H
#define MODEL_FILED_H

#include "model/cache.h"
#include "model/field.h"

/* The index: a block's size (log2) above its number. Below size 6 they would overlap. */
#define FILED_SIZE FIELD(63, 58)

/* The index of entries that cover every address; their size is bit 0 of `sizes`, and
 * an owner that has them probes this when it is set. */
#define FILED_WHOLE     UINT64_C(0)
#define FILED_WHOLE_LG2 64u

struct filed {
	struct cache cache;
	uint64_t sizes; /* bit n: blocks of 2^n bytes may be live; bit 0: FILED_WHOLE */
};

/* size_lg2 from 6 to 63. */
static inline uint64_t filed_index(uint64_t address, unsigned size_lg2)
{
	return address >> size_lg2 | field_prep(FILED_SIZE, size_lg2);
}

/* The smallest size of a set that has one; 0 stands for FILED_WHOLE. */
static inline unsigned filed_size(uint64_t sizes)
{
	return (unsigned)__builtin_ctzll(sizes);
}

static inline bool filed_may_have(const struct filed *filed, unsigned size_lg2)
{
	return filed->sizes >> size_lg2 & 1;
}

/* As cache_init(), cache_fini() and cache_reset(). */
int filed_init(struct filed *filed, const struct ioasim_cache_geometry *geometry, uint32_t groups,
	       struct ioasim_cache_counters *counters);
void filed_fini(struct filed *filed);
void filed_reset(struct filed *filed);

/* What an entry is made with; `group` is below the number of groups. */
struct filed_tag {
	uint64_t key0, key1;
	uint32_t group;
};

/* As cache_fill(), for the block of 2^size_lg2 bytes around an address: 6 to 63, or
 * FILED_WHOLE_LG2. */
uint32_t filed_fill(struct filed *filed, uint64_t address, unsigned size_lg2,
		    const struct filed_tag *tag);

/* Files an entry under the tag that it has in another cache of this kind. */
uint32_t filed_copy(struct filed *filed, const struct cache_slot *tag, uint32_t group);

/*
 * Removes the entries that meet the range of the removal, belong to its group and pass its
 * predicate. Visits what is filed under the numbers of the range where these are fewer than the
 * live entries, else the entries of the group, or all. Forgets the sizes of a cache
 * that is empty afterwards. Returns how many entries were removed.
 */
static inline uint32_t filed_drop(struct filed *filed, const struct cache_removal *removal);
uint32_t filed_drop_all(struct filed *filed);

/* For the inline function below. */
uint32_t filed_drop_live(struct filed *filed, const struct cache_removal *removal);

/* One command reaches several caches, most of which are empty most of the time. */
static inline uint32_t filed_drop(struct filed *filed, const struct cache_removal *removal)
{
	return filed->cache.live || filed->cache.watch ? filed_drop_live(filed, removal) : 0;
}

#endif
