/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the walk engine: what a walk is given, what can stop it, what it
 * leaves behind. The engine itself is walk_template.h, instantiated once per
 * format and per combination of stages.
 */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include "model/mem.h"

#include <ioasim/unit.h>

/* Everything that can end a walk. The architecture names its fault for each. */
enum walk_stop {
	WALK_DONE,
	WALK_INPUT_RANGE, /* the input address does not fit the table */
	WALK_BUS_ERROR, /* an entry could not be read */
	WALK_EMPTY, /* not present */
	WALK_RESERVED, /* a reserved bit or encoding */
	WALK_PERMISSION, /* present, but the access is not granted */
	WALK_ACCESS_FLAG, /* accessed flag clear and not set by hardware */
	WALK_OUTPUT_RANGE, /* an address in an entry is too wide */
	WALK_FLAG_UPDATE, /* a flag must be set and may not be */
	WALK_FLAG_BUS_ERROR, /* a flag could not be written */
	WALK_OTHER_STAGE, /* the other stage stopped on a table address; see `other` */
};

/* What an entry is at its level. A page that is too large for the unit is a leaf
 * with reserved bits. */
enum walk_kind {
	WALK_KIND_EMPTY,
	WALK_KIND_POINTER,
	WALK_KIND_LEAF,
};

/* Where and why the other stage stopped while an entry of this one was read. */
struct walk_other {
	enum walk_stop stop;
	uint8_t level;
	uint8_t rights; /* IOASIM_READ..EXEC left when it stopped */
	uint8_t size_lg2; /* of the other stage's page in which the entry lies */
	bool first_table; /* in its first table */
	bool for_flags; /* the flag update was refused, not the read */
	uint64_t input; /* the table entry's address */
	uint64_t entry_pa; /* of the entry that it stopped at, where the architecture tells it */
};

/* What a walk is asked for: all that a format sees of it. */
struct walk_ask {
	uint64_t input;
	uint8_t kind; /* enum ioasim_reference_kind of its references */
	uint8_t access; /* wanted: IOASIM_READ..; 0: tell the rights, refuse nothing */
	bool privileged;
	bool set_dirty; /* dirty is to be set if writing is granted */
};

/*
 * One stage's walk. The caller sets the first group: a walk from the root, or
 * from what a paging-structure cache knew. The engine sets the second, and brings
 * rights, level and first_table to where it ended.
 */
struct walk {
	struct walk_ask ask;
	uint64_t table; /* of the first level to read, in the input space of the other stage */
	uint64_t table_pa; /* the same behind the other stage, if `table_known` */
	uint32_t rights; /* format's own bits, accumulated from the top */
	int8_t level; /* first level to read; 0 maps the smallest page */
	bool table_known;
	bool first_table; /* `table` is the root */

	uint64_t entry; /* the last one read, as it is in memory now */
	uint64_t entry_pa;
	uint64_t output; /* address that the input gives */
	uint8_t size_lg2; /* of the leaf */
	struct walk_other other;
};

/* What a walk needs of the unit. */
struct walk_env {
	struct ioasim_memory *memory;
	struct ioasim_cost *cost;
	const struct ioasim_unit_callbacks *callbacks;
	void *opaque;
};

/* One read of an entry, of `words` 64-bit words, for the translation of `input`: see
 * struct ioasim_fetch. */
struct walk_reference {
	uint64_t pa;
	uint64_t input;
	uint64_t address; /* before the other stage; else `pa` */
	uint8_t kind; /* enum ioasim_reference_kind */
	uint8_t level;
	uint8_t words;
	uint8_t high, low;
};

/* Tells the embedder of an entry that was read, or could not be (NULL). */
void walk_report(const struct walk_env *env, const struct walk_reference *what,
		 const uint64_t *entry);

/* Reads an entry of what->words words and counts the reference. false: bus error. */
static inline bool walk_read_words(const struct walk_env *env, const struct walk_reference *what,
				   uint64_t *entry)
{
	bool good;

	env->cost->refs[what->kind][what->level]++;
	good = mem_load_words(env->memory, what->pa, entry, what->words);
	if (__builtin_expect(env->callbacks->fetch != NULL, 0))
		walk_report(env, what, good ? entry : NULL);
	return good;
}

/* What walk_read_known() has found. */
enum walk_known {
	WALK_KNOWN, /* the words are those that were known */
	WALK_CHANGED, /* they are others, in `entry` */
	WALK_UNREADABLE,
};

/*
 * The same for an entry whose first `count` words may be known from before, so that it
 * need not be taken apart again. While the embedder is told of entries all are changed.
 */
static inline enum walk_known walk_read_known(const struct walk_env *env,
					      const struct walk_reference *what,
					      const uint64_t *known, unsigned count,
					      uint64_t *entry)
{
	const uint64_t *place = mem_fast_ptr(env->memory, what->pa, what->words * sizeof(*place));
	uint64_t differ = 0;

	if (__builtin_expect(!place || env->callbacks->fetch, 0))
		return walk_read_words(env, what, entry) ? WALK_CHANGED : WALK_UNREADABLE;
	env->cost->refs[what->kind][what->level]++;
	for (unsigned i = 0; i < count; i++) {
		entry[i] = __atomic_load_n(place + i, __ATOMIC_RELAXED);
		differ |= entry[i] ^ known[i];
	}
	if (__builtin_expect(differ == 0, 1))
		return WALK_KNOWN;
	for (unsigned i = count; i < what->words; i++)
		entry[i] = __atomic_load_n(place + i, __ATOMIC_RELAXED);
	return WALK_CHANGED;
}

#endif
