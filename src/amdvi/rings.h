/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three rings in memory: the command buffer, which software fills and the unit
 * empties, and the two logs, the other way round (3.3). Entries have 16 bytes.
 */
#ifndef AMDVI_RINGS_H
#define AMDVI_RINGS_H

#include "amdvi/unit.h"

#define AMDVI_ENTRY_WORDS 2

/* Where a ring lies and how far it is; head and tail are cut to its size. */
struct amdvi_ring {
	uint64_t base;
	uint32_t size; /* bytes, a power of two */
	uint32_t head, tail;
};

struct amdvi_ring amdvi_ring_get(const struct amdvi_unit *u, enum amdvi_ring_kind kind);
bool amdvi_ring_running(const struct amdvi_unit *u, enum amdvi_ring_kind kind);

/* A base was written: head and tail become 0. */
void amdvi_ring_restart(struct amdvi_unit *u, enum amdvi_ring_kind kind);
/* An error: the run bit falls, and rises only with the next 0 to 1 of the enable bit. */
void amdvi_ring_stop(struct amdvi_unit *u, enum amdvi_ring_kind kind);
/* Control or a base was written: the run bits follow. */
void amdvi_rings_update(struct amdvi_unit *u);

/* What became of an entry for a log. */
enum amdvi_append {
	AMDVI_APPEND_STORED,
	AMDVI_APPEND_OFF, /* the log does not run */
	AMDVI_APPEND_FULL, /* no room: nothing was done about it yet */
	AMDVI_APPEND_LOST, /* its place in memory cannot be written */
};

/* Stores an entry at the log's tail and sets the log's interrupt bit. */
enum amdvi_append amdvi_log_append(struct amdvi_unit *u, enum amdvi_ring_kind kind,
				   const uint64_t entry[AMDVI_ENTRY_WORDS]);
/* What a log does that found itself full: its overflow bit is set and it stops. */
void amdvi_log_overflow(struct amdvi_unit *u, enum amdvi_ring_kind kind);

#endif
