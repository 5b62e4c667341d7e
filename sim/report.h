/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling of vectors and scenarios: only what failed, or TAP, on standard output; and
 * JUnit XML in a file. One report spans all files of a run.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "message.h"
#include "output.h"

struct report {
	struct message *message;
	const char *command; /* "vectors", for the suite's name */
	struct output output; /* results */
	struct output junit;
	bool tap, has_junit;
	char *cases; /* XML of the cases so far */
	size_t cases_size;
	FILE *cases_stream;
	unsigned long passed, failed;
};

struct report_failure {
	unsigned step; /* from 1; 0: before the first */
	unsigned line, column;
	const char *doing; /* the step; of no meaning without one */
	const char *expected; /* "" where `found` says all */
	const char *found;
	const char *more; /* lines that explain it; "" */
};

/* What is told of a case; failure NULL: it passed. */
struct report_told {
	const char *file, *name;
	const struct report_failure *failure;
};

/* junit NULL: no such file. 0 or an exit status, after a message. */
int report_begin(struct report *report, struct message *message, bool tap, const char *junit);
void report_add(struct report *report, const struct report_told *told);
/* Closing line, plan, file: 0 or an exit status, after a message. */
int report_end(struct report *report);

#endif
