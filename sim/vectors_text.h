/* SPDX-License-Identifier: Apache-2.0 */
/* What units answer and vectors expect, in words. */
#ifndef SIM_VECTORS_TEXT_H
#define SIM_VECTORS_TEXT_H

#include "vectors.h"

/* Text that grows within a buffer and is cut, ended by "...", where it is full. */
struct text {
	char *buffer;
	size_t size, used;
};

struct text text_in(char *buffer, size_t size);
__attribute__((format(printf, 2, 3))) void text_add(struct text *text, const char *format, ...);

void text_access(struct text *text, unsigned access);
void text_answer(struct text *text, const char *arch, const struct vec_answer *answer);
void text_response(struct text *text, const char *arch, const struct ioasim_response *response);
void text_page_result(struct text *text, const char *arch,
		      const struct ioasim_page_request_result *result);
void text_page_responses(struct text *text, const struct ioasim_page_response *responses,
			 uint32_t count);
void text_interrupts(struct text *text, const struct vec_interrupt *interrupts, uint32_t count);

void text_request(struct text *text, const struct ioasim_request *request);

/* The step as the file has it, without what it expects. */
void text_step(struct text *text, const struct vec_step *step);

#endif
