/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the checker share. */
#ifndef MODEL_UAPI_CHECKER_INSIDE_H
#define MODEL_UAPI_CHECKER_INSIDE_H

#include "model/past.h"
#include "model/uapi/checker.h"

#define CHECKER_VIOLATIONS 64

/* Routes without attachments that are remembered. */
#define CHECKER_DEAD 4096

/* ---- Routes ------------------------------------------------------------------------- */

/* What requests are matched on: RID and PASID, or the default route of a group. */
struct checker_route {
	TAILQ_ENTRY(checker_route) dead_link; /* without claims */
	uint64_t space; /* a RID, or a group; with `pasid` its key */
	uint32_t pasid;
	LIST_HEAD(, checker_claim) claims;
	uint64_t ended; /* call that ended the last claim; 0: none has ended */
};

/* An attachment, as the checker was told of it. */
struct checker_claim {
	LIST_ENTRY(checker_claim) link;
	struct checker_route *route; /* NULL: a software mdev's */
	struct checker_claim *under; /* the parent's that it lies on (T7) */
	const struct attachment *attachment;
	const struct device *device;
	const struct ioasid *ioasid;
	unsigned covers; /* claims that lie on it */
	bool blocked;
	uint64_t blocked_at; /* call */
	uint64_t since; /* of the clock: nothing older of the space can be cached */
};

/* ---- Users' tables ---------------------------------------------------------------------- */

#define CHECKER_STORES  16384
#define CHECKER_BUCKETS 4096
#define CHECKER_CLEANED 256

/* A word that a process changed: what it was until then. */
struct checker_word {
	uint64_t pa, old;
	uint64_t at; /* of the clock */
	uint64_t before; /* number of the one before it in its bucket, from 1; 0: none */
};

/* An invalidation of a user's tables that has completed. */
struct checker_cleaned {
	const struct ioasid *ioasid;
	const struct device *device; /* NULL: all */
	bool pasids; /* entries of the PASID table too */
	bool has_pasid;
	uint32_t pasid;
	uint64_t first, last;
	uint64_t at; /* of the clock */
};

/* ---- The checker --------------------------------------------------------------------------- */

/* An event that waits for its answer. */
struct checker_fault {
	LIST_ENTRY(checker_fault) link;
	const struct fault *fault;
	const struct attachment *attachment;
	unsigned answers;
};

struct checker {
	struct ioasim_verdict verdict;
	struct ioasim_violation violation[CHECKER_VIOLATIONS];
	unsigned violations;
	bool deaf;
	uint64_t clock; /* counts stores, invalidations, attachments */

	struct interval_map routes; /* value: a checker_route */
	struct interval_map requesters; /* RIDs; value: their group */
	TAILQ_HEAD(, checker_route) dead;
	unsigned dead_count;

	struct past past;
	uint64_t spaces; /* numbers given out */

	/* Rings: number n, from 1, stands at (n - 1) % size. */
	struct checker_word *word;
	uint64_t word_count;
	uint64_t bucket[CHECKER_BUCKETS]; /* the latest by place */
	struct checker_cleaned cleaned[CHECKER_CLEANED];
	uint64_t cleaned_count;
	unsigned guests; /* claims of users' tables */

	LIST_HEAD(, checker_fault) faults;
	struct interval_map numbers; /* IOASIDs that exist, by container */

	uint64_t digest; /* of reachability: of claims that are not blocked, of areas */
	uint64_t digest_before; /* when the call under way began */
	uint32_t left_before; /* hardware IDs */
	const struct container *calling; /* whose objects the call may change; NULL: any */
};

/* The checker, if it judges. */
static inline struct checker *checker_of(const struct ioasim_system *system)
{
	return system->checker && !system->checker->deaf ? system->checker : NULL;
}

static inline void checker_count(struct checker *checker, unsigned rule)
{
	checker->verdict.checked[rule]++;
}

/* A DMA under judgement; a call has neither dma nor result. */
struct checker_case {
	struct ioasim_system *system;
	struct checker *checker;
	const struct ioasim_dma *dma;
	uint32_t rid, pasid; /* as on the wire */
	const struct checker_claim *claim; /* that the request may use */
	struct ioasim_dma_result *result;
};

struct checker_case checker_call_case(struct ioasim_system *system);

__attribute__((format(printf, 4, 5))) void checker_report(struct checker_case *c, unsigned rule,
							  uint64_t since, const char *format, ...);

/* A contribution to the digest: the same again takes it away. */
void checker_toggle(struct checker *checker, const uint64_t *words, unsigned count);

/* checker_routes.c: finds c->claim. false: nothing may be reached, which is reported. */
bool checker_judge_route(struct checker_case *c, const struct dma_wire *wire,
			 const struct attachment *software);
void checker_routes_fini(struct checker *checker);

/* Whether rights are enough; write_reads: in a format whose pages can be read where they
 * can be written. */
bool checker_allows(unsigned access, unsigned wanted, bool write_reads);

/* checker_maps.c. `space` is the checker's book in an object. */
void checker_judge_space(struct checker_case *c, const struct aspace *aspace);
void checker_judge_process(struct checker_case *c, const struct process *process);
/* checker_access.c: through the access of a software mdev. */
void checker_judge_access(struct checker_case *c, const struct iommufd_mdev *mdev);
/* A number for a book of a space, given once. */
uint64_t checker_space_number(struct checker *checker, struct checker_space *space);
/* A translation of before was used. */
void checker_report_stale(struct checker_case *c, const struct past_entry *past);
/* What else the page may be: released, or of another space. true: reported. */
bool checker_judge_foreign(struct checker_case *c);
/* Whether an unmap of the space, or of one behind it, waits for its flush (lazy): through
 * a user's tables it is not known which address of the parent was used. */
bool checker_in_window(struct checker_case *c, const struct aspace *aspace);

/* checker_told.c: a call has succeeded; `argument` is the caller's, as it was. */
void checker_judge_told(struct checker_case *c, const struct call *call, const void *argument,
			int status);

/* checker_guest.c: a DMA that reached something through a user's tables. */
void checker_judge_user(struct checker_case *c);

#endif
