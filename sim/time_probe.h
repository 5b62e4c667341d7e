/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches a replay and gives each request, call and command its times (model/timing.h).
 * What comes of it goes into the result and nowhere else: the replay does not know.
 */
#ifndef SIM_TIME_PROBE_H
#define SIM_TIME_PROBE_H

#include "replay.h"

struct time_probe;

/* With the machine's timing parameters, drawing the replay's timeline; result->time is
 * made. NULL: no host memory. */
struct time_probe *time_probe_create(const struct replay *replay, struct result *result);
struct replay_probe *time_probe_get(struct time_probe *time);
/* There was no host memory for one more requester: the result is not whole. */
bool time_probe_failed(const struct time_probe *time);
/* result->time stays. Takes NULL. */
void time_probe_destroy(struct time_probe *time);

#endif
