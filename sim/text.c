/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <ioasim/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_in(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct text){.buffer = buffer, .size = size};
}

void text_add(struct text *text, const char *format, ...)
{
	va_list args;
	int length;

	if (text->used + 1 >= text->size)
		return;
	va_start(args, format);
	length = vsnprintf(text->buffer + text->used, text->size - text->used, format, args);
	va_end(args);
	if (length < 0)
		return;
	text->used += (size_t)length;
	if (text->used < text->size)
		return;
	text->used = text->size - 1;
	memcpy(text->buffer + text->size - 4, "...", 4);
}

void text_access(struct text *text, unsigned access)
{
	text_add(text, "%s%s%s%s", access & IOASIM_READ ? "r" : "",
		 access & IOASIM_WRITE ? "w" : "", access & IOASIM_EXEC ? "x" : "",
		 access & 7 ? "" : "none");
}
