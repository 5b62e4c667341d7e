/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the checker share. */
#ifndef MODEL_UAPI_CHECKER_INSIDE_H
#define MODEL_UAPI_CHECKER_INSIDE_H

#include "model/uapi/checker.h"

#define CHECKER_VIOLATIONS 64
/* What is remembered; older things are taken for never having been. */
#define CHECKER_ENDED   256
#define CHECKER_UNMAPS  4096
#define CHECKER_STORES  16384
#define CHECKER_CLEANED 256

/* A route that has ended. */
struct checker_ended {
	uint32_t rid, pasid;
	uint64_t call;
};

/* An unmap that has returned. */
struct checker_unmap {
	const struct aspace *aspace;
	uint64_t first, last;
	uint64_t call, time_ns;
	bool used; /* as a window of the lazy policy */
	uint64_t window_ns;
};

/* A word that a process changed: what it was until then. */
struct checker_word {
	uint64_t pa, old;
	uint64_t at; /* events of the checker's clock */
};

/* An invalidation of a user's tables that has completed. */
struct checker_cleaned {
	const struct ioasid *ioasid;
	const struct device *device; /* NULL: all */
	bool tables; /* entries of the PASID table too */
	bool has_pasid;
	uint32_t pasid;
	uint64_t first, last;
	uint64_t at;
};

struct checker {
	struct ioasim_verdict verdict;
	struct ioasim_violation violation[CHECKER_VIOLATIONS];
	unsigned violations;
	uint64_t clock; /* counts stores and invalidations */

	/* Rings: the next to be written is index % size. */
	struct checker_ended ended[CHECKER_ENDED];
	struct checker_unmap unmap[CHECKER_UNMAPS];
	struct checker_word word[CHECKER_STORES];
	struct checker_cleaned cleaned[CHECKER_CLEANED];
	uint64_t ended_count, unmap_count, word_count, cleaned_count;

	uint64_t digest; /* of reachability, when the call under way began */
};

/* A DMA under judgement. */
struct checker_case {
	struct ioasim_system *system;
	struct checker *checker;
	const struct ioasim_dma *dma;
	uint32_t rid, pasid; /* as on the wire */
	const struct attachment *attachment; /* the uppermost on the route; NULL: none */
	struct ioasim_dma_result *result;
};

__attribute__((format(printf, 4, 5))) void checker_report(struct checker_case *c, unsigned rule,
							  uint64_t since, const char *format, ...);

static inline void checker_count(struct checker *checker, unsigned rule)
{
	checker->verdict.checked[rule]++;
}

/* Whether the page is released: nobody's, or somebody else's by now (S6). */
bool checker_released(const struct ioasim_system *system, ioasim_pa_t pa);

/* Whether an unmap of the space, or of one behind it, waits for its flush (lazy, S6). */
bool checker_in_window(struct checker_case *c, const struct aspace *aspace);

/* checker_guest.c: a DMA that reached something through a user's tables. */
void checker_judge_user(struct checker_case *c);

#endif
