/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware-ID core's own structures; what it does is in <ioasim/hwid.h>.
 *
 *	hwid.c		numbers: allocation, references, private numbers
 *	hwid_sets.c	capacity, sets and their tokens
 *	hwid_notify.c	handlers, events, deferred work
 *	hwid_cgroup.c	limits of control groups
 */
#ifndef MODEL_UAPI_HWID_H
#define MODEL_UAPI_HWID_H

#include "model/pool.h"

#include <ioasim/hwid.h>
#include <sys/queue.h>

/* Numbers are kept in pieces, made when the first of a piece is allocated. */
#define HWID_PIECE_LG2 10
#define HWID_PIECE     (1u << HWID_PIECE_LG2)
#define HWID_PIECES    (IOASIM_HWID_CAPACITY / HWID_PIECE)

struct hwid {
	uint32_t set; /* index in the core's sets + 1; 0: free */
	uint32_t refs; /* the creator's included, until freed */
	uint32_t spid;
	uint32_t spid_next; /* number + 1 of the same bucket */
	uint32_t next, prev; /* of the set: number + 1 */
	bool freed;
	struct ioasim_cgroup *charge;
	void *data;
};

struct hwid_notifier {
	TAILQ_ENTRY(hwid_notifier) link;
	enum ioasim_hwid_priority priority;
	uint64_t order; /* of registration, over all places */
	ioasim_hwid_handler handler; /* NULL: forgotten while events were told */
	void *opaque;
	uint64_t token; /* of those that wait for their set */
};

TAILQ_HEAD(hwid_notifiers, hwid_notifier);

struct hwid_set {
	uint32_t number; /* as callers have it */
	enum ioasim_hwid_type type;
	uint64_t token;
	uint32_t quota;
	uint32_t count;
	uint32_t first; /* number + 1 */
	struct hwid_notifiers notifiers;
	uint32_t token_next; /* index + 1 of the same bucket */
};

#define HWID_TOKEN_BUCKETS 4096u

struct hwid_work {
	TAILQ_ENTRY(hwid_work) link;
	void (*work)(void *opaque);
	void *opaque;
};

/* An event that is being told. They nest where a handler changes another number. */
struct hwid_telling {
	uint32_t id;
	const struct hwid_telling *outer;
};

struct ioasim_hwid_core {
	uint32_t total;
	uint32_t taken; /* by quotas and reservations */
	uint32_t reserved; /* of these, by reservations */
	uint32_t live; /* numbers that are not free */
	bool total_set;

	struct ids numbers;
	struct hwid *piece[HWID_PIECES];
	uint32_t *spid_bucket; /* number + 1; made with the first private number */

	struct hwid_set **set;
	uint32_t sets;
	struct ids set_index;
	uint32_t token_bucket[HWID_TOKEN_BUCKETS];

	struct hwid_notifiers notifiers; /* of all sets */
	struct hwid_notifiers waiting; /* by token, for sets that do not exist */
	uint64_t order;
	const struct hwid_telling *telling;
	bool forgotten; /* some notifier lost its handler */
	bool working; /* deferred work runs */
	TAILQ_HEAD(, hwid_work) work;
};

/* ---- hwid.c --------------------------------------------------------------------- */
/* NULL: free, or out of range. */
struct hwid *hwid_find(const struct ioasim_hwid_core *core, uint32_t id);

/* ---- hwid_sets.c ---------------------------------------------------------------- */
int hwid_sets_init(struct ioasim_hwid_core *core);
void hwid_sets_fini(struct ioasim_hwid_core *core);
/* NULL: there is no such set. */
struct hwid_set *hwid_set_find(const struct ioasim_hwid_core *core, uint32_t number);
struct hwid_set *hwid_set_by_token(const struct ioasim_hwid_core *core, uint64_t token,
				   enum ioasim_hwid_type type);
/* Index + 1, as struct hwid has it. */
uint32_t hwid_set_index(const struct hwid_set *set);

/* ---- hwid_notify.c -------------------------------------------------------------- */
/* Tells an event to the set's handlers, FREED to those of all sets too, by priority. */
void hwid_tell(struct ioasim_hwid_core *core, enum ioasim_hwid_event event, struct hwid_set *set,
	       uint32_t id);
/* Whether an event of this number is being told. */
bool hwid_is_told(const struct ioasim_hwid_core *core, uint32_t id);
/* Handlers that waited for the set's token become its own. */
void hwid_notifiers_adopt(struct ioasim_hwid_core *core, struct hwid_set *set);
void hwid_notifiers_drop(struct hwid_notifiers *list);
void hwid_work_drop(struct ioasim_hwid_core *core);

/* ---- hwid_cgroup.c -------------------------------------------------------------- */
/* -EAGAIN: a limit of the group or of one above. NULL is never charged. */
int cgroup_charge(struct ioasim_cgroup *group);
/* Over the limits, if need be. */
void cgroup_charge_anyway(struct ioasim_cgroup *group);
void cgroup_uncharge(struct ioasim_cgroup *group);

#endif
