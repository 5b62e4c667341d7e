/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First-stage paging entries (3.6, 9.7) for model/walk_template.h.
 *
 * Rights are those of a valid translation (3.6.1), so they are judged when the leaf
 * is found. XD counts on older units only, with ERS and NXE.
 */
#ifndef VTD_FORMAT_FIRST_H
#define VTD_FORMAT_FIRST_H

#include "vtd/walks.h"

static inline uint64_t first_offset(const struct vtd_paging *p, const struct walk_ask *ask,
				    int level)
{
	(void)p;
	return vtd_table_offset(ask->input, (unsigned)level);
}

static inline void first_index(const struct vtd_paging *p, int level, uint8_t *high, uint8_t *low)
{
	(void)p;
	*low = vtd_page_lg2((unsigned)level);
	*high = (uint8_t)(*low + VTD_LEVEL_BITS - 1);
}

static inline enum walk_kind first_kind(const struct vtd_paging *p, int level, uint64_t entry)
{
	(void)p;
	if (!field_bits(VTD_FS_P, entry))
		return WALK_KIND_EMPTY;
	if (level == 0 || (level <= VTD_LARGE_LEVEL_MAX && field_bits(VTD_FS_PS, entry)))
		return WALK_KIND_LEAF;
	return WALK_KIND_POINTER;
}

static inline enum walk_stop first_judge(const struct vtd_paging *p, const struct walk_ask *ask,
					 int level, uint64_t entry, enum walk_kind kind,
					 uint32_t *rights)
{
	bool leaf = kind == WALK_KIND_LEAF;
	uint32_t own = (uint32_t)entry & (VTD_FIRST_WRITE | VTD_FIRST_USER);

	if (!p->route->nxe || !field_bits(VTD_FS_XD, entry))
		own |= VTD_FIRST_EXECUTE;
	*rights &= own;
	if (entry & p->reserved->first[leaf][level])
		return WALK_RESERVED;
	if (leaf && (ask->access & ~vtd_first_access(p->route, ask->privileged, *rights)))
		return WALK_PERMISSION;
	return WALK_DONE;
}

/* 3.6.2: always in use; EA in addition, with EAFE. */
static inline uint64_t first_flags(const struct vtd_paging *p, const struct walk_ask *ask,
				   int level, uint64_t entry, enum walk_kind kind, uint32_t rights)
{
	(void)level;
	entry |= FIELD_MASK(VTD_FS_A);
	if (p->route->eafe)
		entry |= FIELD_MASK(VTD_FS_EA);
	if (kind == WALK_KIND_LEAF && ask->set_dirty &&
	    (vtd_first_access(p->route, ask->privileged, rights) & IOASIM_WRITE))
		entry |= FIELD_MASK(VTD_FS_D);
	return entry;
}

static inline enum walk_stop first_may_set_flags(const struct vtd_paging *p,
						 const struct walk_ask *ask)
{
	(void)ask;
	return p->snooped ? WALK_DONE : WALK_FLAG_UPDATE;
}

static inline enum walk_stop first_next(const struct vtd_paging *p, const struct walk_ask *ask,
					int level, uint64_t entry, int *below, uint64_t *table)
{
	(void)p;
	(void)ask;
	*below = level - 1;
	*table = field_bits(VTD_FS_ADDR, entry);
	return WALK_DONE;
}

static inline uint64_t first_leaf(const struct vtd_paging *p, const struct walk_ask *ask, int level,
				  uint64_t entry, uint8_t *size_lg2)
{
	(void)p;
	(void)ask;
	*size_lg2 = vtd_page_lg2((unsigned)level);
	return field_bits(VTD_FS_ADDR, entry) & ~((UINT64_C(1) << *size_lg2) - 1);
}

#endif
