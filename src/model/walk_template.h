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
 *	uint64_t offset(p, w, level)
 *		Byte offset, in its table, of the entry for w->input. The first level
 *		may be wider than the others (concatenated tables).
 *	enum walk_kind kind(p, level, entry)
 *		Empty, pointer or leaf. A page size that the unit does not have is a
 *		leaf that judge() refuses.
 *	stop judge(p, w, level, entry, kind, &rights)
 *		Takes the entry's rights into `rights` (AND or OR, as the format has
 *		it; starts as w->rights) and says what is wrong with the entry, in the
 *		architecture's order: reserved bits, address too wide, flag clear,
 *		access refused. Formats that judge rights at the end do it for leaves.
 *		Rights that a flag update would give (dirty-bit modifiers) count as
 *		given. kind is never empty.
 *	uint64_t flags(p, w, level, entry, kind, rights)
 *		The entry as it must stand in memory once used: accessed, dirty. Equal
 *		to `entry` if nothing is to be done.
 *	stop may_set_flags(p, w)
 *		Whether this unit can write flags; asked only when it has to.
 *	stop next(p, w, level, entry, &level_below, &table)
 *		Where a pointer leads: any lower level (levels may be skipped).
 *	uint64_t leaf(p, w, level, entry, &size_lg2)
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

/* Kind and rights of w->entry, and what is wrong with it. */
static inline __attribute__((always_inline)) enum walk_stop WALK_JUDGE_ENTRY(const WALK_PARAMS *p,
									     const struct walk *w,
									     int level,
									     enum walk_kind *kind,
									     uint32_t *rights)
{
	*kind = WALK_FORMAT(kind)(p, level, w->entry);
	if (walk_unlikely(*kind == WALK_KIND_EMPTY))
		return WALK_EMPTY;
	return WALK_FORMAT(judge)(p, w, level, w->entry, *kind, rights);
}

/*
 * Brings the flags of w->entry, at w->entry_pa, to what this use of it asks for.
 * `rights` comes in as it was above the entry, and goes out with the entry's taken
 * in, since the entry may have changed; `address` is the other stage's name of it.
 */
static __attribute__((noinline)) enum walk_stop WALK_SET_FLAGS(
	const WALK_PARAMS *p, const struct walk_env *env, struct walk *w, int level,
	uint64_t address, enum walk_kind *kind, uint32_t *rights)
{
	const uint32_t above = *rights;
	enum walk_stop stop = WALK_FORMAT(may_set_flags)(p, w);

	if (stop != WALK_DONE)
		return stop;
	if (WALK_OTHER_PA(p, env, w, address, true, &w->entry_pa) != WALK_DONE)
		return WALK_OTHER_STAGE;
	for (unsigned i = 0; i < WALK_FLAG_RETRIES; i++) {
		uint64_t wanted;

		*rights = above;
		stop = WALK_JUDGE_ENTRY(p, w, level, kind, rights);
		if (stop != WALK_DONE)
			return stop;
		wanted = WALK_FORMAT(flags)(p, w, level, w->entry, *kind, *rights);
		if (wanted == w->entry)
			return WALK_DONE;
		switch (mem_compare_swap64(env->memory, w->entry_pa, &w->entry, wanted)) {
		case MEM_SWAPPED:
			env->cost->flag_updates++;
			w->entry = wanted;
			return WALK_DONE;
		case MEM_SWAP_ERROR:
			return WALK_FLAG_BUS_ERROR;
		case MEM_CHANGED:
			break;
		}
	}
	return WALK_FLAG_BUS_ERROR;
}

static inline __attribute__((always_inline)) enum walk_stop WALK_FUNCTION(
	const WALK_PARAMS *p, const struct walk_env *env, struct walk *w)
{
	uint64_t table = w->table, pa = w->table_pa;
	bool known = w->table_known, descended = false;
	uint32_t rights = w->rights;
	int level = w->level;

	for (;;) {
		const uint32_t above = rights;
		const uint64_t offset = WALK_FORMAT(offset)(p, w, level);
		enum walk_kind kind;
		enum walk_stop stop;
		int below;

		w->level = (int8_t)level;
		w->rights = above;
		if (known)
			pa += offset;
		else if (WALK_OTHER_PA(p, env, w, table + offset, false, &pa) != WALK_DONE)
			return WALK_OTHER_STAGE;
		if (descended)
			WALK_FILL(p, w, level, table + offset, pa, above);
		known = false;
		w->entry_pa = pa;
		if (walk_unlikely(!walk_read(env,
					     (struct walk_reference){.pa = pa,
								     .input = w->input,
								     .kind = w->kind,
								     .level = (uint8_t)level,
								     .words = 1},
					     &w->entry)))
			return WALK_BUS_ERROR;

		stop = WALK_JUDGE_ENTRY(p, w, level, &kind, &rights);
		if (stop == WALK_DONE &&
		    walk_unlikely(WALK_FORMAT(flags)(p, w, level, w->entry, kind, rights) !=
				  w->entry)) {
			/* Copies, so that the originals may stay in registers. */
			enum walk_kind kind_now = kind;
			uint32_t rights_now = above;

			stop = WALK_SET_FLAGS(p, env, w, level, table + offset, &kind_now,
					      &rights_now);
			kind = kind_now;
			rights = rights_now;
		}
		w->rights = rights;
		if (walk_unlikely(stop != WALK_DONE))
			return stop;

		if (kind == WALK_KIND_LEAF) {
			uint64_t base = WALK_FORMAT(leaf)(p, w, level, w->entry, &w->size_lg2);

			w->output = base | (w->input & ((UINT64_C(1) << w->size_lg2) - 1));
			return WALK_DONE;
		}
		stop = WALK_FORMAT(next)(p, w, level, w->entry, &below, &table);
		if (walk_unlikely(stop != WALK_DONE))
			return stop;
		if (walk_unlikely(below >= level || below < 0))
			return WALK_RESERVED;
		level = below;
		w->first_table = false;
		descended = true;
	}
}

#undef WALK_JUDGE_ENTRY
#undef WALK_SET_FLAGS
#undef WALK_PASTE
#undef WALK_PASTE_
#undef WALK_OTHER_PA
#undef WALK_OTHER
#undef WALK_FILL
#undef WALK_FUNCTION
#undef WALK_FORMAT
#undef WALK_PARAMS
