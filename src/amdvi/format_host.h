/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host page-table entries (2.2.3) for model/walk_template.h.
 *
 * Rights are judged at each level, after what is reserved: IR and IW are ANDed on the
 * way down. A pointer may skip levels; address bits of the levels skipped must be zero.
 */
#ifndef AMDVI_FORMAT_HOST_H
#define AMDVI_FORMAT_HOST_H

#include "amdvi/device.h"
#include "amdvi/walks.h"

static inline uint64_t host_offset(const struct amdvi_paging *p, const struct walk_ask *ask,
				   int level)
{
	(void)p;
	return amdvi_table_offset(ask->input, (unsigned)level);
}

static inline void host_index(const struct amdvi_paging *p, int level, uint8_t *high, uint8_t *low)
{
	(void)p;
	*low = amdvi_page_lg2((unsigned)level);
	/* The topmost level has what is left of the address. */
	*high = (uint8_t)(level < AMDVI_HOST_LEAF_LEVELS ? *low + AMDVI_LEVEL_BITS - 1 : 63);
}

static inline enum walk_kind host_kind(const struct amdvi_paging *p, int level, uint64_t entry)
{
	uint64_t next = field_get(AMDVI_HOST_NEXTLEVEL, entry);

	(void)p;
	(void)level;
	if (!field_bits(AMDVI_HOST_PR, entry))
		return WALK_KIND_EMPTY;
	if (next == AMDVI_NEXTLEVEL_PAGE || next == AMDVI_NEXTLEVEL_SIZE)
		return WALK_KIND_LEAF;
	return WALK_KIND_POINTER;
}

/* Size of a leaf: the level's, or coded in the address. */
static inline unsigned host_leaf_lg2(unsigned level, uint64_t entry)
{
	if (__builtin_expect(field_get(AMDVI_HOST_NEXTLEVEL, entry) == AMDVI_NEXTLEVEL_SIZE, 0))
		return amdvi_host_coded_lg2(entry);
	return amdvi_page_lg2(level);
}

/* A next level that is none, a page that the level cannot hold: 2.2.3, tables of PDE and
 * PTE. A coded size lies between the level's own and that of the level above. */
static inline bool host_level_illegal(int level, uint64_t entry, enum walk_kind kind)
{
	int next = (int)field_get(AMDVI_HOST_NEXTLEVEL, entry);

	if (kind == WALK_KIND_POINTER)
		return next > level;
	if (level >= AMDVI_HOST_LEAF_LEVELS)
		return true;
	if (next == AMDVI_NEXTLEVEL_SIZE) {
		unsigned lg2 = amdvi_host_coded_lg2(entry);

		return lg2 <= amdvi_page_lg2((unsigned)level) ||
		       lg2 >= amdvi_page_lg2((unsigned)level + 1);
	}
	return false;
}

_Static_assert(FIELD_MASK(AMDVI_HOST_IR) << 1 == FIELD_MASK(AMDVI_HOST_IW) && IOASIM_READ == 1 &&
		       IOASIM_WRITE == 2,
	       "rights of entries are used as rights of accesses");

static inline enum walk_stop host_judge(const struct amdvi_paging *p, const struct walk_ask *ask,
					int level, uint64_t entry, enum walk_kind kind,
					uint32_t *rights)
{
	if (host_level_illegal(level, entry, kind))
		return WALK_RESERVED;
	if (entry & p->reserved->host[kind == WALK_KIND_LEAF])
		return WALK_RESERVED;
	*rights &= (uint32_t)field_get(AMDVI_HOST_IR_IW, entry);
	if ((ask->access & ~*rights & AMDVI_HOST_ALL) || !*rights)
		return WALK_PERMISSION;
	return WALK_DONE;
}

/* Accessed in what is visited, dirty in the leaf, as far as DTE.HAD says. */
static inline uint64_t host_flags(const struct amdvi_paging *p, const struct walk_ask *ask,
				  int level, uint64_t entry, enum walk_kind kind, uint32_t rights)
{
	(void)level;
	if (!p->host_accessed)
		return entry;
	entry |= FIELD_MASK(AMDVI_HOST_A);
	if (p->host_dirty && kind == WALK_KIND_LEAF && ask->set_dirty && (rights & IOASIM_WRITE))
		entry |= FIELD_MASK(AMDVI_HOST_D);
	return entry;
}

static inline enum walk_stop host_may_set_flags(const struct amdvi_paging *p,
						const struct walk_ask *ask)
{
	(void)p;
	(void)ask;
	return WALK_DONE;
}

/* Bits of the input that index levels between the two: zero, if these are skipped. */
static inline enum walk_stop host_skip(uint64_t input, int level, int below)
{
	uint64_t skipped = field_mask(amdvi_page_lg2((unsigned)level) - 1u,
				      amdvi_page_lg2((unsigned)below + 1));

	return input & skipped ? WALK_INPUT_RANGE : WALK_DONE;
}

/* Next Level n is the table of our level n - 1. That it is mostly the next one down lets
 * the following entry be looked for before this one is known to say so. */
static inline enum walk_stop host_next(const struct amdvi_paging *p, const struct walk_ask *ask,
				       int level, uint64_t entry, int *below, uint64_t *table)
{
	int next = (int)field_get(AMDVI_HOST_NEXTLEVEL, entry);

	(void)p;
	*below = level - 1;
	*table = field_bits(AMDVI_HOST_ADDR, entry);
	if (__builtin_expect(next == level, 1))
		return WALK_DONE;
	*below = next - 1;
	return host_skip(ask->input, level, next - 1);
}

static inline uint64_t host_leaf(const struct amdvi_paging *p, const struct walk_ask *ask,
				 int level, uint64_t entry, uint8_t *size_lg2)
{
	(void)p;
	(void)ask;
	*size_lg2 = (uint8_t)host_leaf_lg2((unsigned)level, entry);
	return field_bits(AMDVI_HOST_ADDR, entry) & ~((UINT64_C(1) << *size_lg2) - 1);
}

#endif
