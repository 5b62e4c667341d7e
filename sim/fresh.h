/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that takes the place of another when it is complete. Until then it has no name,
 * so that nothing is left of a command that is killed; on file systems that have no such
 * files it is NAME.XXXXXX beside its name.
 */
#ifndef SIM_FRESH_H
#define SIM_FRESH_H

#include <stdio.h>

struct fresh {
	const char *path; /* outlives it */
	char *name; /* NULL: it has none yet */
	FILE *stream;
};

/* 0, or -errno; then there is nothing to abort. */
int fresh_open(struct fresh *fresh, const char *path);
/* Closes it, complete, in place of what has the name: 0, or -errno, and nothing is left. */
int fresh_commit(struct fresh *fresh);
/* Drops it. Takes one that was committed or never opened (zeroed). */
void fresh_abort(struct fresh *fresh);

/* Devices and pipes have no old contents to protect and cannot be renamed over. */
int path_is_special(const char *path);

#endif
