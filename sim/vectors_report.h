/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling of vectors: only what failed, or TAP, on standard output; and JUnit XML
 * in a file. One report spans all files of a run.
 */
#ifndef SIM_VECTORS_REPORT_H
#define SIM_VECTORS_REPORT_H

#include "message.h"
#include "output.h"
#include "vectors.h"

struct vec_report {
	struct message *message;
	struct output output; /* results */
	struct output junit;
	bool tap, has_junit;
	char *cases; /* XML of the vectors so far */
	size_t cases_size;
	FILE *cases_stream;
	unsigned long passed, failed;
};

/* What is told of a vector; failure NULL: it passed. */
struct vec_told {
	const char *file;
	const struct vector *vector;
	const struct vec_failure *failure;
};

/* junit NULL: no such file. 0 or an exit status, after a message. */
int vec_report_begin(struct vec_report *report, struct message *message, bool tap,
		     const char *junit);
void vec_report_vector(struct vec_report *report, const struct vec_told *told);
/* Closing line, plan, file: 0 or an exit status, after a message. */
int vec_report_end(struct vec_report *report);

#endif
