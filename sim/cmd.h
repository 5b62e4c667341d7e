/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sub-commands of ioasim: their names, what they do, and how they end.
 *
 * A command is a function that gets its arguments as main() would, argv[0] being
 * its own name, and returns the exit status. A command with sub-commands of its
 * own (trace) is a second table of the same kind.
 */
#ifndef SIM_CMD_H
#define SIM_CMD_H

#include <stddef.h>

/* Exit statuses; the larger the number the earlier things went wrong. */
enum cmd_status {
	CMD_OK = 0,
	CMD_CHECK_FAILED = 1, /* something that was checked does not hold */
	CMD_USAGE = 2, /* wrong usage */
	CMD_INPUT = 3, /* an input cannot be read or is malformed */
	CMD_OUTPUT = 4, /* the result could not be written */
};

struct cmd {
	const char *name;
	const char *summary; /* one line, lower case, no full stop */
	int (*run)(int argc, char **argv);
};

/* A set of commands under one word: "ioasim", "ioasim trace". */
struct cmd_group {
	const char *name; /* with the words before it: "trace"; "" for ioasim itself */
	const char *about; /* paragraphs, for --help */
	const struct cmd *cmds; /* ended by a NULL name */
};

/*
 * Runs the command that argv[1] names; argv[0] is the group. Deals with --help and
 * the hidden --dump-options, which it hands to every command of the group. An
 * unknown name is answered with the nearest right one and CMD_USAGE.
 */
int cmd_dispatch(const struct cmd_group *group, int argc, char **argv);

int cmd_check(int argc, char **argv);
int cmd_gen(int argc, char **argv);
int cmd_vectors(int argc, char **argv);
int cmd_walk(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_uapi(int argc, char **argv);

#endif
