/* SPDX-License-Identifier: Apache-2.0 */
/* Replays of small traces written by hand, and what came of them. */
#ifndef TESTS_REPLAY_RIG_H
#define TESTS_REPLAY_RIG_H

#include "replay.h"

struct trial {
	struct machine machine;
	struct result result;
	char said[2048];
	int status;
};

/* A reader of a trace in text form. */
struct trace_reader *trial_open(const char *text);

/* Replays a trace in text form, with comparing, on the machine that it was recorded on
 * (`arch` NULL) or on that architecture's; `sets` are KEY=VALUE, ended by NULL, or NULL. */
struct trial_options {
	const char *arch;
	const char *const *sets;
	bool driver;
	struct replay_probe *const *probe;
	struct timeline *timeline;
};
void trial_replay(struct trial *t, const char *text, const struct trial_options *options);
void trial_run(struct trial *t, const char *text, const char *const *sets, bool driver);
void trial_done(struct trial *t);

void assert_match(const struct result_match *match, uint64_t matched, uint64_t mismatched);

#endif
