/* SPDX-License-Identifier: Apache-2.0 */
/* What units answer and vectors expect, in words. */
#ifndef SIM_VECTORS_TEXT_H
#define SIM_VECTORS_TEXT_H

#include "text.h"
#include "vectors.h"

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
