/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a command: one table, which getopt_long() parses by, and which also
 * makes --help, the option part of the manual page and the shell completion.
 *
 *	struct walk_options { const char *vector; uint64_t step; uint8_t format; };
 *	static const struct option_spec walk_specs[] = {
 *		{.name = "vector", .type = OPTION_STRING, .argument = "FILE:NAME",
 *		 .offset = offsetof(struct walk_options, vector), .help = "..."},
 *		{.name = "step", .letter = 's', .type = OPTION_NUMBER, .argument = "N",
 *		 .fallback = "1", .needs = "vector",
 *		 .offset = offsetof(struct walk_options, step), .help = "..."},
 *		{0},
 *	};
 *	static const struct option_table walk_table = {...};
 *
 *	struct walk_options values;
 *	struct options options;
 *	if (!options_parse(&options, &walk_table, &message, &values, argc, argv))
 *		return options.status;
 *	...
 *	options_fini(&options);
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "message.h"
#include "number.h"

#include <stddef.h>

enum option_type {
	OPTION_FLAG, /* bool; no argument; --no-NAME is an option of its own */
	OPTION_STRING, /* const char *, in argv; NULL if not given and no fallback */
	OPTION_NUMBER, /* uint64_t, decimal or 0x hex, within min..max */
	OPTION_SIZE, /* uint64_t; k, M, G, T: powers of 1024 */
	OPTION_TIME, /* uint64_t nanoseconds; ns (default), us, ms, s */
	OPTION_CHOICE, /* uint8_t: index into choices */
	OPTION_LIST, /* struct option_list: every argument given, in order */
};

struct option_list {
	const char **value;
	size_t count;
};

struct option_spec {
	const char *name; /* long name without dashes; NULL ends the table */
	char letter; /* short form, 0: none */
	uint8_t type;
	const char *argument; /* "FILE"; made of the choices if NULL */
	const char *help; /* begins lower case, no full stop */
	const char *fallback; /* the default as it would be typed; NULL: none */
	const char *const *choices; /* NULL-ended */
	size_t offset; /* in the command's structure of values */
	uint64_t min, max; /* OPTION_NUMBER, SIZE, TIME; max 0: no limit */
	const char *needs; /* no effect unless one of these is given: "vector,trace" */
	const char *excludes; /* cannot stand beside any of these */
};

/* The option that every command with long work has; `type` is the structure of
 * values, with a uint8_t member `progress`. */
#define OPTION_PROGRESS(values_type)                                                          \
	{                                                                                     \
		.name = "progress", .type = OPTION_CHOICE, .choices = message_progress_names, \
		.fallback = "auto", .offset = offsetof(values_type, progress),                \
		.help = "show a progress line on standard error"                              \
	}

struct option_table {
	const char *name; /* "vectors", "trace info" */
	const char *operands; /* "FILE...", for the usage line; NULL: none */
	unsigned min_operands, max_operands;
	const char *summary; /* one line, lower case, no full stop */
	const char *about; /* paragraphs divided by an empty line; may be NULL */
	const struct option_spec *specs; /* at most 64 */
	size_t values_size; /* of the structure of values */
};

struct options {
	const struct option_table *table;
	struct message *message;
	void *values;
	uint64_t given; /* by index into the table */
	int status; /* exit status, where the command does not go on */
	char **operand; /* in argv */
	unsigned operands;
};

/*
 * Zeroes `values`, sets the defaults, parses argv[1..]. Operands may stand between
 * options. False: the command ends with options->status, because help was asked
 * for and printed, or the usage is wrong and has been complained about; nothing
 * is to be freed then.
 */
bool options_parse(struct options *options, const struct option_table *table,
		   struct message *message, void *values, int argc, char **argv);

/* Was the option given on the command line, whatever its value? */
bool options_given(const struct options *options, const char *name);

/* Frees what the lists hold. */
void options_fini(struct options *options);

/* Complains about usage as options_parse() does, with a pointer to --help, and
 * returns CMD_USAGE: for rules between options that the table cannot tell. */
__attribute__((format(printf, 2, 3))) int options_refuse(const struct options *options,
							 const char *format, ...);

#endif
