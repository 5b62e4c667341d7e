/* SPDX-License-Identifier: Apache-2.0 */
/* What the analysis of one cache found: profile_cache.h says what it means. */
#ifndef SIM_PROFILE_RESULT_H
#define SIM_PROFILE_RESULT_H

#include "histogram.h"

enum profile_class {
	PROFILE_COLD,
	PROFILE_CAPACITY,
	PROFILE_CONFLICT,
	PROFILE_INVALIDATION,
	PROFILE_UNFILLED,
	PROFILE_INSUFFICIENT,
	PROFILE_CLASSES
};

#define PROFILE_WINDOWS 3
extern const uint64_t profile_window_requests[PROFILE_WINDOWS];

/* Tags in use in windows of so many requests; the last, incomplete one counts only if
 * there is no other. */
struct profile_window {
	uint64_t windows, tags, max; /* `tags` is a sum over windows */
};

struct profile_result {
	uint64_t lookups, hits, misses; /* as the cache counted them meanwhile */
	uint64_t classes[PROFILE_CLASSES]; /* of misses */
	struct histogram depth; /* of look-ups whose tag was there, in some LRU cache */
	struct histogram insufficient; /* of these, those that could not be served */
	uint64_t tags; /* distinct, in all */
	struct profile_window window[PROFILE_WINDOWS];
};

/* Misses of a fully associative LRU cache of 2^lg2 entries. */
uint64_t profile_misses(const struct profile_result *result, unsigned lg2);

#endif
