/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mappings gave and give no more: for who judges whether a translation that is used
 * is older than it may be. To add is cheap, to look up takes time: it is done where
 * something is wrong. Memory is bounded, the oldest entries are forgotten first.
 */
#ifndef MODEL_PAST_H
#define MODEL_PAST_H

#include <stdbool.h>
#include <stdint.h>

#define PAST_ENTRIES 4096

/* [first, last] of `space` led to `value` and up, with rights `access`, until then. */
struct past_entry {
	uint64_t space, first, last, value;
	uint64_t at; /* the user's number of what ended it */
	uint64_t clock; /* the user's own, if it has one beside that */
	uint64_t time_ns; /* never falls */
	uint64_t order; /* changes of the space that had ended something before */
	uint64_t used_ns; /* when it was last used all the same */
	bool used;
	uint8_t access;
};

/* Zeroed it is empty. A ring: the newest is entry[(count - 1) % PAST_ENTRIES]. */
struct past {
	struct past_entry *entry;
	uint64_t count; /* added so far */
	uint64_t lost_ns; /* time of the latest entry that was forgotten */
};

/* -ENOMEM. */
int past_add(struct past *past, const struct past_entry *entry);
/* The latest of an address in a space; NULL: none is known. */
struct past_entry *past_find(const struct past *past, uint64_t space, uint64_t address);
/* Whether something was forgotten. */
static inline bool past_lost(const struct past *past)
{
	return past->count > PAST_ENTRIES;
}
void past_fini(struct past *past);

#endif
