/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of text that are put together piece by piece. */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include <stddef.h>

/* Text that grows within a buffer and is cut, ended by "...", where it is full. */
struct text {
	char *buffer;
	size_t size, used;
};

struct text text_in(char *buffer, size_t size);
__attribute__((format(printf, 2, 3))) void text_add(struct text *text, const char *format, ...);

/* "rw", "none": a mask of enum ioasim_access. */
void text_access(struct text *text, unsigned access);

#endif
