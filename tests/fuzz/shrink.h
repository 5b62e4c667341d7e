/* SPDX-License-Identifier: Apache-2.0 */
/* Making a program that fails smaller: one of a header and of steps that can be left out. */
#ifndef FUZZ_SHRINK_H
#define FUZZ_SHRINK_H

#include "fuzz.h"

struct fuzz_program {
	const char *(*run)(void *state, const uint8_t *data, size_t size);
	void *state;
	uint8_t *data; /* fails, and is left as the smallest that was found */
	size_t size;
	size_t header, step; /* bytes */
};

/* The size of what is left. */
size_t fuzz_shrink(struct fuzz_program *program);

#endif
