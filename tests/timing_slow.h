/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timing model a second time, slow and obvious: a simulation that steps from event to
 * event and asks of every request and command, whenever anything has happened, whether it
 * may go on. It shares no code with src/model/timing*.c and keeps no times ahead.
 */
#ifndef TESTS_TIMING_SLOW_H
#define TESTS_TIMING_SLOW_H

#include "model/timing.h"

#define SLOW_ITEMS    400u
#define SLOW_COMMANDS 6u

/* A request, or a call with its commands. */
struct slow_item {
	bool is_call;
	/* Requests. */
	struct timing_request request;
	/* Calls. */
	enum timing_call call;
	uint64_t at_ps;
	unsigned commands;
	enum ioasim_command_class class[SLOW_COMMANDS];
	uint64_t removed[SLOW_COMMANDS];
	/* What comes of it. */
	struct timing_span span;
	struct timing_command_span command[SLOW_COMMANDS];
	struct timing_call_span call_span;
};

/* Fills in what comes of each item. `sources` is the number of sources. */
void slow_run(const struct timing_config *config, struct slow_item *item, unsigned items);

#endif
