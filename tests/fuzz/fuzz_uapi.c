/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs against the uAPI; see uapi_program.h for what must hold. */
#include "shrink.h"
#include "uapi_program.h"

#include <stdlib.h>

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	(void)seeds;
	*n_seeds = 0;
	return calloc(1, sizeof(struct uapi_program));
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	return uapi_program_run(state, data, size);
}

/* Leaves the smallest program that was found in `data`, and prints it. */
static size_t shrink(void *state, uint8_t *data, size_t size)
{
	struct uapi_program *program = state;
	struct fuzz_program smaller = {run, state, data, size, UAPI_HEADER, UAPI_STEP};

	size = fuzz_shrink(&smaller);
	program->out = stdout;
	run(state, data, size);
	program->out = NULL;
	return size;
}

static void finish(void *state)
{
	free(state);
}

const struct fuzz_target fuzz_target = {
	.name = "uapi",
	.max_size = UAPI_INPUT,
	.structured = true,
	.setup = setup,
	.run = run,
	.shrink = shrink,
	.finish = finish,
};
