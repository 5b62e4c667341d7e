/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace holds, counted. */
#ifndef SIM_TRACE_SUMMARY_H
#define SIM_TRACE_SUMMARY_H

#include "trace.h"

struct summary_requester {
	uint32_t rid;
	uint64_t dma, refused, bytes;
};

struct trace_summary {
	uint64_t records;
	uint64_t kinds[TRACE_KINDS];
	uint64_t first_ns, last_ns;
	uint64_t dma_refused, dma_bytes;
	struct summary_requester *requester; /* by rid, at most SUMMARY_REQUESTERS */
	size_t requesters;
	uint64_t others; /* DMA of requesters beyond those */
};

#define SUMMARY_REQUESTERS 4096

/* Adds records; -ENOMEM. */
int trace_summary_add(struct trace_summary *summary, const struct trace_record *records,
		      size_t count);
void trace_summary_fini(struct trace_summary *summary);

#endif
