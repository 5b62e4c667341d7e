/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays that are driven together: the trace is read once, in batches, and each batch is
 * fed to every replay, by as many threads as are wanted. A thread reads the next batch or
 * takes the replay that is furthest behind; none is bound to a replay, so that expensive
 * machines hold up nobody. What a replay is fed does not depend on who feeds it.
 */
#ifndef SIM_SWEEP_CREW_H
#define SIM_SWEEP_CREW_H

#include "replay_lead.h"

#include <signal.h>

/* Batches of records that are in use at a time. */
#define SWEEP_BATCHES 66

/* One replay: begun by its owner, who ends it too. */
struct sweep_hand {
	struct replay_run *run;
	int status; /* of what failed */
	size_t leader; /* whom it follows; its own number: nobody */
	struct journal *journal; /* of a leader: SWEEP_BATCHES of them, else NULL */
	bool strayed; /* from its leader; it is fed no more */
};

struct sweep_crew {
	struct trace_reader *reader;
	struct sweep_hand *hand;
	size_t hands;
	unsigned threads; /* from 1 */
	struct message *message; /* the progress, and errors of the trace */
	const char *verb; /* of the progress */
	uint64_t reading, readings; /* which one this is, from 0, and of how many */
	const volatile sig_atomic_t *stop; /* not 0: leave off */
};

/* 0 at the end of the trace or when told to stop; else the status of what failed: of the
 * trace after a message, of the first hand that has one otherwise. */
int sweep_crew_work(struct sweep_crew *crew);

#endif
