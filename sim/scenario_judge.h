/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the judge of a step share. */
#ifndef SIM_SCENARIO_JUDGE_H
#define SIM_SCENARIO_JUDGE_H

#include "scenario_run.h"

/* A judgement under way: texts for a failure are put together as they are needed. */
struct judging {
	struct scn_run *run;
	const struct scn_step *step;
	const struct scn_done *done;
	struct scn_failure *failure;
	struct text expected, found;
};

/* What the two texts tell does not hold; at the expectation's place. Returns false. */
bool scn_judge_fail(struct judging *j, enum scn_expectation kind);
/* The value that a field or member is expected to have. */
uint64_t scn_judge_wanted(const struct judging *j, const struct scn_ref *ref);

/* scenario_judge_members.c */
bool scn_judge_members(struct judging *j);

#endif
