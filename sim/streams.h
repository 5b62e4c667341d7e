/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: the commands, stores and faults of a unit, recorded and found, compared
 * one by one in order. In a trace commands and stores stand behind the register write
 * that caused them, faults and stores in front of the DMA that caused them; whichever
 * side comes first waits for its like of the other.
 */
#ifndef SIM_STREAMS_H
#define SIM_STREAMS_H

#include "result.h"

struct recorder;

enum stream { STREAM_COMMANDS, STREAM_STORES, STREAM_FAULTS, STREAMS };

/* A command (words; count of them), a store (address, value; size in bytes) or a
 * fault (code; requester). */
struct stream_event {
	uint64_t word[4];
	uint64_t record; /* where it stands in the trace, or was caused */
	uint32_t count;
};

/* Events that wait, all of one side. Zeroed it is empty. */
struct stream_lane {
	struct stream_event *item;
	size_t head, tail, room;
	bool recorded; /* the trace's; else the unit's */
};

/* Zeroed but for result and recorder. */
struct streams {
	struct stream_lane lane[STREAMS];
	struct result *result;
	const struct recorder *recorder;
	bool no_memory; /* an event was lost */
};

void streams_add(struct streams *streams, enum stream stream, const struct stream_event *event,
		 bool recorded);

static inline bool streams_waiting(const struct streams *streams)
{
	for (unsigned i = 0; i < STREAMS; i++)
		if (streams->lane[i].head != streams->lane[i].tail)
			return true;
	return false;
}

/* Nothing that waits can meet its like any more: mismatches. */
void streams_settle(struct streams *streams);

/* Lets what waits of this side go without a comparison; how many they were. */
size_t streams_drop(struct streams *streams, enum stream stream, bool recorded);

void streams_fini(struct streams *streams);

#endif
