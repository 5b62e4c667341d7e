/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command says to people on standard error: errors, warnings, notes and
 * the progress line. Results go to standard output (output.h), never through here.
 *
 * A command makes one `struct message` and hands it down. One thread at a time.
 */
#ifndef SIM_MESSAGE_H
#define SIM_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A place in an input. line 0: the file as a whole; column 0: the line. */
struct position {
	const char *file;
	unsigned line, column;
};

enum message_progress { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct message {
	FILE *stream;
	bool colour;
	bool terminal;
	bool shown; /* a progress line stands on the terminal */
	uint8_t progress; /* enum message_progress */
	uint64_t began_ns, drawn_ns; /* of the host's clock */
	unsigned long errors, warnings;
};

/* Messages to `stream`: colours if it is a terminal and NO_COLOR is not set. */
void message_init(struct message *message, FILE *stream);

/*
 * "ioasim: FILE:LINE:COLUMN: text". `at` may be NULL. The text says what is wrong
 * and what was expected, without a full stop. Control characters that come from
 * an input are shown as '?'.
 */
__attribute__((format(printf, 3, 4))) void message_error(struct message *message,
							 const struct position *at,
							 const char *format, ...);
__attribute__((format(printf, 3, 4))) void message_warning(struct message *message,
							   const struct position *at,
							   const char *format, ...);
/* "ioasim: text", for things that are no complaint. */
__attribute__((format(printf, 2, 3))) void message_note(struct message *message, const char *format,
							...);

/*
 * "verb: done of total unit (12 %)", redrawn at most ten times a second, never in
 * the first second, and only on a terminal; with PROGRESS_ALWAYS at once and
 * anywhere, a line each time where it is not a terminal. total 0: not known.
 * Cheap enough to call per batch of work, not per record.
 */
struct message_step {
	const char *verb, *unit;
	uint64_t done, total;
};
void message_progress(struct message *message, const struct message_step *step);

/* Removes the progress line; every other message does it too. */
void message_progress_end(struct message *message);

/* Option names of enum message_progress, NULL-ended. */
extern const char *const message_progress_names[];

#endif
