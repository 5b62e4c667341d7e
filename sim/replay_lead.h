/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that differ in caches alone have the same driver: it stores the same words,
 * writes the same registers, and its unit gives the same answers but for the cost. One
 * replay leads, and keeps a journal of what its unit and memory were given and what came
 * back. Others follow: they give the same to units of their own, compare what comes
 * back, and count what it costs. All that was judged (recorded answers, rules, windows) is
 * the leader's, and so has to be worked out once.
 *
 * Where anything comes back that did not come to the leader, as with a stale translation
 * that one cache has lost and another has not, the follower has strayed: it is
 * given up, and its machine is replayed by itself.
 */
#ifndef SIM_REPLAY_LEAD_H
#define SIM_REPLAY_LEAD_H

#include "replay.h"

enum journal_kind {
	JOURNAL_STORE, /* software stores */
	JOURNAL_CLEAR, /* software stores zeroes */
	JOURNAL_WRITE, /* software writes a register */
	JOURNAL_READ, /* ... reads one, and gets this */
	JOURNAL_ABORT, /* a range begins to abort */
	JOURNAL_PAGE_REQUEST,
	JOURNAL_ACCESS, /* a device accesses memory, or asks for a translation */
	JOURNAL_EVENTS, /* a digest of all commands, stores and faults of the unit so far */
};

#define JOURNAL_BYTES 40

/* An answer as far as it is judged. */
struct journal_answer {
	uint64_t pa;
	uint8_t outcome, access, size_lg2;
};

struct journal_op {
	uint8_t kind; /* enum journal_kind */
	uint8_t size; /* STORE: bytes; WRITE, READ: of the register */
	bool unsure; /* ACCESS: the judgement went by more than the answer */
	int32_t status; /* WRITE, READ */
	union {
		struct {
			uint64_t address;
			unsigned char data[JOURNAL_BYTES];
		} store;
		struct {
			uint64_t address, length;
		} clear;
		struct {
			uint64_t offset, value;
		} reg;
		struct {
			uint64_t first, last;
		} abort;
		struct {
			struct ioasim_request request;
			uint64_t length;
			struct journal_answer answer;
		} access;
		struct ioasim_page_request page;
		uint64_t events;
	};
};

/* Zeroed it is empty. */
struct journal {
	struct journal_op *op;
	size_t count, room;
	uint64_t records; /* of the trace that it stands for */
	bool failed; /* there was no memory for all of it */
};

void journal_fini(struct journal *journal);

/* A digest of what a unit tells, each with its place in the journal: it is judged beside
 * what is recorded there. */
struct journal_events {
	uint64_t digest;
};

void journal_command(struct journal_events *events, size_t place, const uint64_t *words,
		     unsigned count);
void journal_stored(struct journal_events *events, size_t place, uint64_t address, const void *data,
		    unsigned length);
void journal_fault(struct journal_events *events, size_t place, uint32_t requester_id,
		   unsigned code);

/* ---- Leading: a replay that has a journal --------------------------------------------- */

/* The journal of what is fed from now on; it is emptied. At the start, the journal that
 * the replay was started with gets what the driver does to start. */
void replay_lead_into(struct replay_run *run, struct journal *journal);

/* For the levels: the judgement of the last access has gone by more than its answer; and
 * what the unit tells, where that is judged. */
void replay_lead_unsure(struct replay_run *run);
void replay_lead_command(struct replay_run *run, const uint64_t *words, unsigned count);
void replay_lead_stored(struct replay_run *run, uint64_t address, const void *data,
			unsigned length);
void replay_lead_fault(struct replay_run *run, uint32_t requester_id, unsigned code);

/* For replay.c. -ENOMEM. */
int replay_lead_start(struct replay_run *run);
void replay_lead_end(struct replay_run *run);
void replay_lead_fed(struct replay_run *run, size_t records);
void replay_lead_abort(struct replay_run *run, uint64_t first, uint64_t last);
void replay_lead_page_request(struct replay_run *run, const struct ioasim_page_request *request);
void replay_lead_access(struct replay_run *run, const struct ioasim_request *request,
			uint64_t length, const struct ioasim_response *response);

/* ---- Following --------------------------------------------------------------------------- */

/* As replay_start(), with the journal of the leader's start. The machine has the leader's
 * driver, capabilities and memory, and no probes. */
int replay_follow_start(const struct replay *replay, const struct journal *journal,
			struct replay_run **run);
/* As replay_feed(), with a journal of the leader's. *strayed: it is to be given up. */
int replay_follow(struct replay_run *run, const struct journal *journal, bool *strayed);
/* As replay_end(), behind that of the leader, whose result is finished: takes over what was
 * judged. False: it had strayed, and the result is nothing. */
bool replay_follow_end(struct replay_run *run, const struct result *leader);

#endif
