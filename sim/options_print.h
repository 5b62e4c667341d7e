/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed of a table of options: help, manual page, shell completion. */
#ifndef SIM_OPTIONS_PRINT_H
#define SIM_OPTIONS_PRINT_H

#include "options.h"

/* The choices of an option with `between` between them, in the buffer. */
const char *options_choices(const struct option_spec *spec, const char *between, char *buffer,
			    size_t size);

/* The names "vector,trace" as "vector or --trace", in the buffer. */
const char *options_or(const char *names, char *buffer, size_t size);

/* --help, on standard output; the exit status. */
int options_print_help(const struct option_table *table, struct message *message);

/* --dump-options=man: the option section in scdoc's markup; =bash: the command's
 * branch of the completion function. The exit status. */
int options_dump(const struct option_table *table, const char *kind, struct message *message);

#endif
