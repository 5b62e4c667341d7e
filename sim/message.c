/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
/* Between two progress lines on a terminal, and in a file or pipe. */
#define REDRAW_NS (SECOND_NS / 10)
#define RELINE_NS SECOND_NS

const char *const message_progress_names[] = {
	[PROGRESS_AUTO] = "auto",
	[PROGRESS_ALWAYS] = "always",
	[PROGRESS_NEVER] = "never",
	NULL,
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void message_init(struct message *message, FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	memset(message, 0, sizeof(*message));
	message->stream = stream;
	message->terminal = isatty(fileno(stream));
	message->colour =
		message->terminal && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	message->began_ns = now_ns();
}

void message_progress_end(struct message *message)
{
	if (message->shown)
		fputs("\r\033[K", message->stream);
	message->shown = false;
}

/* What an input says must not steer the terminal. */
static void put_clean(FILE *stream, char *text)
{
	for (char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p) && *p != '\n' && *p != '\t')
			*p = '?';
	fputs(text, stream);
}

struct tone {
	const char *word, *colour;
};

static void say(struct message *message, const struct tone *tone, const struct position *at,
		const char *format, va_list args)
{
	char text[2048];

	message_progress_end(message);
	fputs("ioasim: ", message->stream);
	if (at && at->file) {
		snprintf(text, sizeof(text), "%s:", at->file);
		put_clean(message->stream, text);
		if (at->line)
			fprintf(message->stream, "%u:", at->line);
		if (at->line && at->column)
			fprintf(message->stream, "%u:", at->column);
		fputc(' ', message->stream);
	}
	if (tone->word)
		fprintf(message->stream, "%s%s: %s", message->colour ? tone->colour : "",
			tone->word, message->colour ? "\033[0m" : "");
	vsnprintf(text, sizeof(text), format, args);
	put_clean(message->stream, text);
	fputc('\n', message->stream);
	fflush(message->stream);
}

void message_error(struct message *message, const struct position *at, const char *format, ...)
{
	static const struct tone plain = {NULL, ""};
	va_list args;

	message->errors++;
	va_start(args, format);
	say(message, &plain, at, format, args);
	va_end(args);
}

void message_warning(struct message *message, const struct position *at, const char *format, ...)
{
	static const struct tone warning = {"warning", "\033[33m"};
	va_list args;

	message->warnings++;
	va_start(args, format);
	say(message, &warning, at, format, args);
	va_end(args);
}

void message_note(struct message *message, const char *format, ...)
{
	static const struct tone plain = {NULL, ""};
	va_list args;

	va_start(args, format);
	say(message, &plain, NULL, format, args);
	va_end(args);
}

static bool progress_due(const struct message *message, uint64_t now)
{
	uint64_t interval = message->terminal ? REDRAW_NS : RELINE_NS;

	if (message->progress == PROGRESS_NEVER)
		return false;
	if (message->progress == PROGRESS_ALWAYS)
		return !message->drawn_ns || now - message->drawn_ns >= interval;
	return message->terminal && now - message->began_ns >= SECOND_NS &&
	       now - message->drawn_ns >= interval;
}

void message_progress(struct message *message, const struct message_step *step)
{
	uint64_t now = now_ns();

	if (!progress_due(message, now))
		return;
	message->drawn_ns = now;
	fprintf(message->stream, "%s%s: %" PRIu64, message->terminal ? "\r\033[K" : "", step->verb,
		step->done);
	if (step->total)
		fprintf(message->stream, " of %" PRIu64 " %s (%u %%)", step->total, step->unit,
			(unsigned)(100.0 * (double)step->done / (double)step->total));
	else
		fprintf(message->stream, " %s", step->unit);
	if (!message->terminal)
		fputc('\n', message->stream);
	fflush(message->stream);
	message->shown = message->terminal;
}
