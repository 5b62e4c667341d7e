/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest page-table entries (2.2.6.5, long mode of the AMD64 architecture) for
 * model/walk_template.h. Rights are those of all levels together, so they are judged
 * when the leaf is found.
 */
#ifndef AMDVI_FORMAT_GUEST_H
#define AMDVI_FORMAT_GUEST_H

#include "amdvi/device.h"
#include "amdvi/walks.h"

static inline uint64_t guest_offset(const struct amdvi_paging *p, const struct walk_ask *ask,
				    int level)
{
	(void)p;
	return amdvi_table_offset(ask->input, (unsigned)level);
}

static inline void guest_index(const struct amdvi_paging *p, int level, uint8_t *high, uint8_t *low)
{
	(void)p;
	*low = amdvi_page_lg2((unsigned)level);
	*high = (uint8_t)(*low + AMDVI_LEVEL_BITS - 1);
}

static inline enum walk_kind guest_kind(const struct amdvi_paging *p, int level, uint64_t entry)
{
	(void)p;
	if (!field_bits(AMDVI_GUEST_P, entry))
		return WALK_KIND_EMPTY;
	if (level == 0 || (level <= AMDVI_GUEST_LARGE_MAX && field_bits(AMDVI_GUEST_PS, entry)))
		return WALK_KIND_LEAF;
	return WALK_KIND_POINTER;
}

static inline enum walk_stop guest_judge(const struct amdvi_paging *p, const struct walk_ask *ask,
					 int level, uint64_t entry, enum walk_kind kind,
					 uint32_t *rights)
{
	bool leaf = kind == WALK_KIND_LEAF;
	uint32_t own = (uint32_t)entry & (AMDVI_GUEST_WRITE | AMDVI_GUEST_USER);

	if (!field_bits(AMDVI_GUEST_NX, entry))
		own |= AMDVI_GUEST_EXECUTE;
	*rights &= own;
	if (entry & p->reserved->guest[leaf][level])
		return WALK_RESERVED;
	if (leaf && (ask->access & ~amdvi_guest_access(p, ask->privileged, *rights)))
		return WALK_PERMISSION;
	return WALK_DONE;
}

static inline uint64_t guest_flags(const struct amdvi_paging *p, const struct walk_ask *ask,
				   int level, uint64_t entry, enum walk_kind kind, uint32_t rights)
{
	(void)level;
	if (p->guest_accessed)
		entry |= FIELD_MASK(AMDVI_GUEST_A);
	if (p->guest_dirty && kind == WALK_KIND_LEAF && ask->set_dirty &&
	    (amdvi_guest_access(p, ask->privileged, rights) & IOASIM_WRITE))
		entry |= FIELD_MASK(AMDVI_GUEST_D);
	return entry;
}

static inline enum walk_stop guest_may_set_flags(const struct amdvi_paging *p,
						 const struct walk_ask *ask)
{
	(void)p;
	(void)ask;
	return WALK_DONE;
}

static inline enum walk_stop guest_next(const struct amdvi_paging *p, const struct walk_ask *ask,
					int level, uint64_t entry, int *below, uint64_t *table)
{
	(void)p;
	(void)ask;
	*below = level - 1;
	*table = field_bits(AMDVI_GUEST_ADDR, entry);
	return WALK_DONE;
}

static inline uint64_t guest_leaf(const struct amdvi_paging *p, const struct walk_ask *ask,
				  int level, uint64_t entry, uint8_t *size_lg2)
{
	(void)p;
	(void)ask;
	*size_lg2 = amdvi_page_lg2((unsigned)level);
	return field_bits(AMDVI_GUEST_ADDR, entry) & ~((UINT64_C(1) << *size_lg2) - 1);
}

#endif
