/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Second-stage paging entries (3.7, 9.8) for model/walk_template.h.
 *
 * Rights are judged at each level in legacy mode. In scalable mode a walk goes on
 * while any right is left, since the fault of a walk that leaves none (SSS.2) is
 * told apart from that of a single missing right (SGN.6, SGN.7; 7.1.3, Table 30).
 */
#ifndef VTD_FORMAT_SECOND_H
#define VTD_FORMAT_SECOND_H

#include "vtd/walks.h"

_Static_assert(FIELD_MASK(VTD_SS_R) == IOASIM_READ && FIELD_MASK(VTD_SS_W) == IOASIM_WRITE,
	       "rights of entries are used as rights of accesses");

static inline uint64_t second_offset(const struct vtd_paging *p, const struct walk_ask *ask,
				     int level)
{
	(void)p;
	return vtd_table_offset(ask->input, (unsigned)level);
}

static inline void second_index(const struct vtd_paging *p, int level, uint8_t *high, uint8_t *low)
{
	(void)p;
	*low = vtd_page_lg2((unsigned)level);
	*high = (uint8_t)(*low + VTD_LEVEL_BITS - 1);
}

static inline enum walk_kind second_kind(const struct vtd_paging *p, int level, uint64_t entry)
{
	(void)p;
	if (!field_bits(VTD_SS_RW, entry))
		return WALK_KIND_EMPTY;
	if (level == 0 || (level <= VTD_LARGE_LEVEL_MAX && field_bits(VTD_SS_PS, entry)))
		return WALK_KIND_LEAF;
	return WALK_KIND_POINTER;
}

static inline enum walk_stop second_judge(const struct vtd_paging *p, const struct walk_ask *ask,
					  int level, uint64_t entry, enum walk_kind kind,
					  uint32_t *rights)
{
	bool leaf = kind == WALK_KIND_LEAF;

	*rights &= (uint32_t)field_bits(VTD_SS_RW, entry);
	if (ask->access & ~*rights & VTD_SECOND_ALL)
		if (leaf || p->route->legacy)
			return WALK_PERMISSION;
	if (!*rights)
		return WALK_PERMISSION;
	if (entry & p->reserved->second[leaf][level])
		return WALK_RESERVED;
	return WALK_DONE;
}

/* 3.7.2: flags are in use with SSADE only. */
static inline uint64_t second_flags(const struct vtd_paging *p, const struct walk_ask *ask,
				    int level, uint64_t entry, enum walk_kind kind, uint32_t rights)
{
	(void)level;
	if (!p->route->ssade)
		return entry;
	entry |= FIELD_MASK(VTD_SS_A);
	if (kind == WALK_KIND_LEAF && ask->set_dirty && (rights & IOASIM_WRITE))
		entry |= FIELD_MASK(VTD_SS_D);
	return entry;
}

static inline enum walk_stop second_may_set_flags(const struct vtd_paging *p,
						  const struct walk_ask *ask)
{
	(void)ask;
	return p->snooped ? WALK_DONE : WALK_FLAG_UPDATE;
}

static inline enum walk_stop second_next(const struct vtd_paging *p, const struct walk_ask *ask,
					 int level, uint64_t entry, int *below, uint64_t *table)
{
	(void)p;
	(void)ask;
	*below = level - 1;
	*table = field_bits(VTD_SS_ADDR, entry);
	return WALK_DONE;
}

static inline uint64_t second_leaf(const struct vtd_paging *p, const struct walk_ask *ask,
				   int level, uint64_t entry, uint8_t *size_lg2)
{
	(void)p;
	(void)ask;
	*size_lg2 = vtd_page_lg2((unsigned)level);
	return field_bits(VTD_SS_ADDR, entry) & ~((UINT64_C(1) << *size_lg2) - 1);
}

#endif
