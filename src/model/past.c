/* SPDX-License-Identifier: Apache-2.0 */
#include "model/past.h"

#include <errno.h>
#include <stdlib.h>

int past_add(struct past *past, const struct past_entry *entry)
{
	struct past_entry *place;

	if (!past->entry)
		past->entry = calloc(PAST_ENTRIES, sizeof(*past->entry));
	if (!past->entry)
		return -ENOMEM;
	place = &past->entry[past->count % PAST_ENTRIES];
	if (past->count >= PAST_ENTRIES)
		past->lost_ns = place->time_ns;
	*place = *entry;
	past->count++;
	return 0;
}

struct past_entry *past_find(const struct past *past, uint64_t space, uint64_t address)
{
	uint64_t known = past_lost(past) ? PAST_ENTRIES : past->count;

	for (uint64_t i = 1; i <= known; i++) {
		struct past_entry *entry = &past->entry[(past->count - i) % PAST_ENTRIES];

		if (entry->space == space && entry->first <= address && entry->last >= address)
			return entry;
	}
	return NULL;
}

void past_fini(struct past *past)
{
	free(past->entry);
	*past = (struct past){0};
}
