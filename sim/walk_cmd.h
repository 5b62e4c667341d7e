/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of ioasim walk share: the command's options, and the three places
 * that a translation is taken from. */
#ifndef SIM_WALK_CMD_H
#define SIM_WALK_CMD_H

#include "explain.h"
#include "options.h"

struct walk_options {
	const char *vector, *trace, *config, *output, *arch, *levels;
	struct option_list set;
	uint64_t step, dma, record, pasid, page;
	uint8_t caches, progress, format, access;
	bool all, again, next, nested;
};

/* A run of the command. */
struct walk {
	const struct options *options;
	const struct walk_options *values;
	struct message *message;
	struct explain_out out;
	struct explain_notes notes; /* the units' fetch callback notes here */
	uint64_t memory_ps; /* of a reference */
};

/* Each returns an exit status, after a message where it is not CMD_OK. */
int walk_vector(struct walk *walk);
int walk_trace(struct walk *walk);
int walk_build(struct walk *walk);

/* One translation that was noted is shown. */
int walk_show(struct walk *walk, const struct explain_case *what);
/* The unit translates the request, and it is shown; `what` gives title, label and other. */
int walk_explain(struct walk *walk, struct ioasim_unit *unit, const struct ioasim_request *request,
		 struct ioasim_response *response, struct explain_case what);
/* What --again and --next ask for behind a translation that gave `response`. */
int walk_more(struct walk *walk, struct ioasim_unit *unit, const struct ioasim_request *request,
	      const struct ioasim_response *response);

#endif
