/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The requester, added in its place if there is room; NULL: no room (*status 0) or no
 * memory. */
static struct summary_requester *find(struct trace_summary *summary, uint32_t rid, int *status)
{
	struct summary_requester *grown;
	size_t low = 0, high = summary->requesters;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (summary->requester[middle].rid < rid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < summary->requesters && summary->requester[low].rid == rid)
		return &summary->requester[low];
	if (summary->requesters == SUMMARY_REQUESTERS)
		return NULL;
	grown = realloc(summary->requester, (summary->requesters + 1) * sizeof(*grown));
	if (!grown) {
		*status = -ENOMEM;
		return NULL;
	}
	summary->requester = grown;
	memmove(grown + low + 1, grown + low, (summary->requesters - low) * sizeof(*grown));
	grown[low] = (struct summary_requester){.rid = rid};
	summary->requesters++;
	return &grown[low];
}

static int add_dma(struct trace_summary *summary, const struct trace_record *record)
{
	int status = 0;
	struct summary_requester *requester = find(summary, record->rid, &status);

	if (record->flags & TRACE_REFUSED)
		summary->dma_refused++;
	else
		summary->dma_bytes += record->length;
	if (!requester) {
		summary->others++;
		return status;
	}
	requester->dma++;
	if (record->flags & TRACE_REFUSED)
		requester->refused++;
	else
		requester->bytes += record->length;
	return 0;
}

int trace_summary_add(struct trace_summary *summary, const struct trace_record *records,
		      size_t count)
{
	int status = 0;

	if (count == 0)
		return 0;
	if (summary->records == 0)
		summary->first_ns = records[0].time_ns;
	summary->last_ns = records[count - 1].time_ns;
	summary->records += count;
	for (size_t i = 0; i < count && status == 0; i++) {
		summary->kinds[records[i].kind]++;
		if (records[i].kind == TRACE_DMA)
			status = add_dma(summary, &records[i]);
	}
	return status;
}

void trace_summary_fini(struct trace_summary *summary)
{
	free(summary->requester);
	memset(summary, 0, sizeof(*summary));
}
