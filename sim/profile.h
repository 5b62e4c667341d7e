/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile of a replay: each cache of the unit watched and analysed (profile_cache.h).
 * It is a probe; what is counted without it stays the same.
 */
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include "replay.h"

struct profile;

/* NULL: no host memory. The result outlives it. */
struct profile *profile_create(struct result *result);
/* Takes NULL. */
void profile_destroy(struct profile *profile);

/* For the list of probes. */
struct replay_probe *profile_probe(struct profile *profile);

/* After the replay: whether there was host memory for all of it. */
bool profile_complete(const struct profile *profile);

#endif
