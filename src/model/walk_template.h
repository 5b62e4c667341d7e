/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk engine: one algorithm for every format, for one stage and for two.
 * A file that includes a format's header, defines the names below and includes
 * this file has a complete specialised walker; no call and no branch on the
 * format is left in it. The names are undefined again at the end, so that a file
 * may make several.
 *
 *	#define WALK_FUNCTION		the function to make
 *	#define WALK_FORMAT(name)	the format's functions: prefix_##name
 *	#define WALK_PARAMS		struct that holds what one translation's tables
 *					need: reserved bits, start level, controls
 *	#define WALK_OTHER		two stages only: see below
 *	#define WALK_FILL		optional: see below
 *
 * int-like results below are enum walk_stop; WALK_DONE says to go on. Everything is
 * static inline and does not touch memory.
 *
 *	uint64_t offset(p, ask, level)
 *		Byte offset, in its table, of the entry for ask->input. The first level
 *		may be wider than the others (concatenated tables).
 *	void index(p, level, &high, &low)
 *		The bits of the input that this offset comes from, for who is told of it.
 *	enum walk_kind kind(p, level, entry)
 *		Empty, pointer or leaf. A page size that the unit does not have is a
 *		leaf that judge() refuses.
 *	stop judge(p, ask, level, entry, kind, &rights)
 *		Takes the entry's rights into `rights` (AND or OR, as the format has
 *		it; they start as w->rights) and says what is wrong with the entry, in the
 *		architecture's order: reserved bits, address too wide, flag clear,
 *		access refused. Formats that judge rights at the end do it for leaves.
 *		Rights that a flag update would give (dirty-bit modifiers) count as
 *		given. kind is never empty.
 *	uint64_t flags(p, ask, level, entry, kind, rights)
 *		The entry as it must stand in memory once used: accessed, dirty. Equal
 *		to `entry` if nothing is to be done.
 *	stop may_set_flags(p, ask)
 *		Whether this unit can write flags; asked only when it has to.
 *	stop next(p, ask, level, entry, &level_below, &table)
 *		Where a pointer leads: any lower level (levels may be skipped).
 *	uint64_t leaf(p, ask, level, entry, &size_lg2)
 *		Base and size of the page; the size may be coded in the address.
 *
 * WALK_OTHER(p, env, w, address, writing, &pa): the other stage's translation of an
 * entry's address, for reading it or, `writing`, for setting its flags. Anything
 * but WALK_DONE ends the walk with WALK_OTHER_STAGE; w->other tells why.
 *
 * WALK_FILL(p, w, level, address, pa, rights): called when a pointer has led to a
 * table of `level` and before that is read, with the address of the entry that will
 * be read, in the other stage's input space and behind it: all that a
 * paging-structure cache needs to know.
 *
 * The walk ends because levels only fall. Flags are set by compare-and-swap; an
 * entry that has changed meanwhile is judged anew, a bounded number of times.
 */
#include "model/walk.h"

#ifndef WALK_ONCE
#define WALK_ONCE

#define WALK_FLAG_RETRIES 8

/* Where a walk stands. A local variable of the walker, for registers. */
struct walk_step {
	uint64_t table; /* as the other stage's input */
	uint64_t pa; /* of the entry */
	uint64_t entry;
	uint32_t rights;
	int level;
	enum walk_kind kind;
};

/* A read for who is told of it. */
struct walk_told {
	uint64_t address, pa, entry;
	int level;
	bool good;
};

#define walk_unlikely(x) __builtin_expect(!!(x), 0)

#endif

#ifdef WALK_OTHER
#define WALK_OTHER_PA(p, env, w, address, writing, pa) WALK_OTHER(p, env, w, address, writing, pa)
#else
#define WALK_OTHER_PA(p, env, w, address, writing, pa) (*(pa) = (address), WALK_DONE)
#endif
#ifndef WALK_FILL
#define WALK_FILL(p, w, level, address, pa, rights) ((void)0)
#endif

#define WALK_PASTE_(a, b) a##b
#define WALK_PASTE(a, b)  WALK_PASTE_(a, b)
#define WALK_JUDGE_ENTRY  WALK_PASTE(WALK_FUNCTION, _judge)
#define WALK_SET_FLAGS    WALK_PASTE(WALK_FUNCTION, _set_flags)
#define WALK_TELL         WALK_PASTE(WALK_FUNCTION, _tell)
#define WALK_STEP         WALK_PASTE(WALK_FUNCTION, _step)
#define WALK_INLINE       static inline __attribute__((always_inline)) enum walk_stop

/* Kind and rights of the entry, and what is wrong with it. */
WALK_INLINE WALK_JUDGE_ENTRY(const WALK_PARAMS *p, const struct walk_ask *ask, struct walk_step *s)
{
	s->kind = WALK_FORMAT(kind)(p, s->level, s->entry);
	if (walk_unlikely(s->kind == WALK_KIND_EMPTY))
		return WALK_EMPTY;
	return WALK_FORMAT(judge)(p, ask, s->level, s->entry, s->kind, &s->rights);
}

/*
 * Brings the flags of the entry to what this use of it asks for. s->rights comes in
 * as it was above the entry, and goes out with the entry's taken in, since the entry
 * may have changed; `address` is the other stage's name of where it lies.
 */
static __attribute__((noinline)) enum walk_stop WALK_SET_FLAGS(const WALK_PARAMS *p,
							       const struct walk_env *env,
							       struct walk *w, uint64_t address,
							       struct walk_step *s)
{
	const uint32_t above = s->rights;
	enum walk_stop stop = WALK_FORMAT(may_set_flags)(p, &w->ask);

	if (stop != WALK_DONE)
		return stop;
	if (WALK_OTHER_PA(p, env, w, address, true, &s->pa) != WALK_DONE)
		return WALK_OTHER_STAGE;
	for (unsigned i = 0; i < WALK_FLAG_RETRIES; i++) {
		uint64_t wanted;

		s->rights = above;
		stop = WALK_JUDGE_ENTRY(p, &w->ask, s);
		if (stop != WALK_DONE)
			return stop;
		wanted = WALK_FORMAT(flags)(p, &w->ask, s->level, s->entry, s->kind, s->rights);
		if (wanted == s->entry)
			return WALK_DONE;
		switch (mem_compare_swap64(env->memory, s->pa, &s->entry, wanted)) {
		case MEM_SWAPPED:
			env->cost->flag_updates++;
			s->entry = wanted;
			return WALK_DONE;
		case MEM_SWAP_ERROR:
			return WALK_FLAG_BUS_ERROR;
		case MEM_CHANGED:
			break;
		}
	}
	return WALK_FLAG_BUS_ERROR;
}

/* Tells the embedder of the entry that was read, or (not good) could not be. All that it
 * needs is found anew, so that it costs nothing where nobody listens. */
static __attribute__((noinline, cold)) void WALK_TELL(const WALK_PARAMS *p,
						      const struct walk_env *env,
						      const struct walk_ask *ask,
						      const struct walk_told *told)
{
	struct walk_reference what = {
		.pa = told->pa,
		.input = ask->input,
		.address = told->address,
		.kind = ask->kind,
		.level = (uint8_t)told->level,
		.words = 1,
	};

	WALK_FORMAT(index)(p, told->level, &what.high, &what.low);
	walk_report(env, &what, told->good ? &told->entry : NULL);
}

/*
 * Reads the entry of one level and takes it in; a pointer leads to the next level.
 * `first` is constant where this is used, and so costs nothing.
 */
WALK_INLINE WALK_STEP(const WALK_PARAMS *p, const struct walk_env *env, struct walk *w,
		      const struct walk_ask *ask, struct walk_step *s, bool first)
{
	const uint32_t above = s->rights;
	const uint64_t offset = WALK_FORMAT(offset)(p, ask, s->level);
	const uint64_t address = s->table + offset;
	enum walk_stop stop;
	bool good;
	int below;

	if (first && w->table_known) {
		s->pa = w->table_pa + offset;
	} else {
		uint64_t pa;

		if (WALK_OTHER_PA(p, env, w, address, false, &pa) != WALK_DONE)
			return WALK_OTHER_STAGE;
		s->pa = pa;
	}
	if (!first)
		WALK_FILL(p, w, s->level, address, s->pa, above);
	env->cost->refs[ask->kind][s->level]++;
	good = mem_load64(env->memory, s->pa, &s->entry);
	if (walk_unlikely(env->callbacks->fetch != NULL)) {
		const struct walk_told told = {address, s->pa, s->entry, s->level, good};

		WALK_TELL(p, env, ask, &told);
	}
	if (walk_unlikely(!good))
		return WALK_BUS_ERROR;

	stop = WALK_JUDGE_ENTRY(p, ask, s);
	if (stop == WALK_DONE &&
	    walk_unlikely(WALK_FORMAT(flags)(p, ask, s->level, s->entry, s->kind, s->rights) !=
			  s->entry)) {
		/* A copy, so that the original may stay in registers. */
		struct walk_step now = *s;

		now.rights = above;
		stop = WALK_SET_FLAGS(p, env, w, address, &now);
		*s = now;
	}
	if (walk_unlikely(stop != WALK_DONE) || s->kind == WALK_KIND_LEAF)
		return stop;

	stop = WALK_FORMAT(next)(p, ask, s->level, s->entry, &below, &s->table);
	if (walk_unlikely(stop == WALK_DONE && (below >= s->level || below < 0)))
		return WALK_RESERVED;
	s->level = below;
	return stop;
}

WALK_INLINE WALK_FUNCTION(const WALK_PARAMS *p, const struct walk_env *env, struct walk *w)
{
	const struct walk_ask ask = w->ask;
	struct walk_step s = {
		.table = w->table,
		.rights = w->rights,
		.level = w->level,
	};
	enum walk_stop stop = WALK_STEP(p, env, w, &ask, &s, true);

	if (stop == WALK_DONE && s.kind == WALK_KIND_POINTER) {
		w->first_table = false;
		do
			stop = WALK_STEP(p, env, w, &ask, &s, false);
		while (stop == WALK_DONE && s.kind == WALK_KIND_POINTER);
	}

	w->level = (int8_t)s.level;
	w->rights = s.rights;
	w->entry = s.entry;
	w->entry_pa = s.pa;
	if (walk_unlikely(stop != WALK_DONE))
		return stop;
	w->output = WALK_FORMAT(leaf)(p, &ask, s.level, s.entry, &w->size_lg2);
	w->output |= ask.input & ((UINT64_C(1) << w->size_lg2) - 1);
	return WALK_DONE;
}

#undef WALK_INLINE
#undef WALK_STEP
#undef WALK_JUDGE_ENTRY
#undef WALK_SET_FLAGS
#undef WALK_TELL
#undef WALK_PASTE
#undef WALK_PASTE_
#undef WALK_OTHER_PA
#undef WALK_OTHER
#undef WALK_FILL
#undef WALK_FUNCTION
#undef WALK_FORMAT
#undef WALK_PARAMS
