/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of ioasim walk share: the command's options, and the two places
 * that a translation is taken from. */
#ifndef SIM_WALK_CMD_H
#define SIM_WALK_CMD_H

#include "explain.h"
#include "options.h"

struct walk_options {
	const char *vector, *trace, *config, *output;
	struct option_list set;
	uint64_t step, dma, record;
	uint8_t caches, progress;
	bool all;
};

/* A run of the command. */
struct walk {
	const struct options *options;
	const struct walk_options *values;
	struct message *message;
	FILE *out;
};

/* Each returns an exit status, after a message where it is not CMD_OK. */
int walk_vector(struct walk *walk);
int walk_trace(struct walk *walk);

#endif
