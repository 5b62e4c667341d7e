/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of a unit that is watched and analysed: profile_cache.h, ghost.h. */
#ifndef SIM_WATCHED_H
#define SIM_WATCHED_H

#include "ghost.h"
#include "profile_cache.h"

struct watched {
	struct cache_watch watch;
	struct cache *cache; /* NULL: it is not watched any more */
	struct profile_cache analysis;
	struct ghost ghost;
};

/* Begins with an empty cache that is on. `levels` as in profile_cache.h. 0 or -ENOMEM;
 * it is to be finished in any case. */
int watched_init(struct watched *watched, struct cache *cache, bool levels);

/* The watch ends, and the analysis with it. */
void watched_end(struct watched *watched);
void watched_fini(struct watched *watched);

#endif
