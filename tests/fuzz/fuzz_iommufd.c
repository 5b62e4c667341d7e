/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs of iommufds; see iofd_caller.h for what must hold. */
#include "iofd_caller.h"
#include "shrink.h"

#include <stdlib.h>

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct iofd_program *program = calloc(1, sizeof(*program));

	(void)seeds;
	*n_seeds = 0;
	if (!program)
		return NULL;
	program->stats = iofd_stats_create();
	if (!program->stats) {
		free(program);
		return NULL;
	}
	return program;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	return iofd_program_run(state, data, size);
}

/* Leaves the smallest program that was found in `data`, and prints it. */
static size_t shrink(void *state, uint8_t *data, size_t size)
{
	struct iofd_program *program = state;
	struct fuzz_program smaller = {run, state, data, size, IOFD_HEADER, IOFD_STEP};

	struct iofd_stats *counts = program->stats;

	program->stats = NULL;
	size = fuzz_shrink(&smaller);
	program->out = stdout;
	run(state, data, size);
	program->out = NULL;
	program->stats = counts;
	return size;
}

static bool stats(void *state, FILE *out)
{
	const struct iofd_program *program = state;

	return iofd_stats_print(program->stats, out);
}

static void finish(void *state)
{
	struct iofd_program *program = state;

	free(program->stats);
	free(program);
}

const struct fuzz_target fuzz_target = {
	.name = "iommufd",
	.max_size = IOFD_INPUT,
	.structured = true,
	.setup = setup,
	.run = run,
	.shrink = shrink,
	.stats = stats,
	.finish = finish,
};
