/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address spaces that maps change (maps.c), the index of a child's areas by what lies
 * behind them (behind.c), and page tables that are kept in step (tables.c).
 */
#ifndef MODEL_UAPI_ASPACE_H
#define MODEL_UAPI_ASPACE_H

#include "model/uapi/objects.h"

/* Width of the IOVA space in every model (M1). */
#define IOVA_BITS 48

/* Children of children: a root has depth 0. */
#define ASPACE_DEPTH_MAX 15

/* ---- Spaces ------------------------------------------------------------------------------- */

/* Empty; parent NULL: a root. -ENOMEM. */
int aspace_create(struct ioasim_system *system, struct aspace *parent, struct aspace **aspace);
/* Without routes and children; takes NULL. Its tables go with their last reference. */
void aspace_destroy(struct aspace *aspace);

/* Whether nothing is mapped in [first, last]; whether all of it is; and with the rights. */
bool aspace_is_free(const struct aspace *aspace, uint64_t first, uint64_t last);
bool aspace_is_mapped(const struct aspace *aspace, uint64_t first, uint64_t last);
bool aspace_allows(const struct aspace *aspace, uint64_t first, uint64_t last, unsigned access);

/*
 * Maps [first, last], which is free. Of a root: to the memory of `process` at `address`,
 * which is mapped there; its frames are pinned. Of a child: to [address, ...] of the
 * parent. All tables that show it, those of children too, are in step on return.
 * -ENOMEM, -EINVAL (a table has no such address), -EIO; then nothing has changed.
 */
int aspace_map(struct aspace *aspace, struct process *process, uint64_t first, uint64_t last,
	       uint64_t address, unsigned access);

/*
 * The same of a root for pages that somebody has pinned, whatever process has them now:
 * the runs lie behind each other from `first` on. They are pinned once more.
 */
int aspace_map_runs(struct aspace *aspace, uint64_t first, const struct iommufd_run *runs,
		    unsigned count, unsigned access);
/* An area ends in front of `at`, so that what is behind can be unmapped alone. -ENOMEM. */
int aspace_split(struct aspace *aspace, uint64_t at);

/*
 * M3: whether the mappings in [first, last] are whole. Unmaps them: children's shadows,
 * then own entries, then invalidations, and when those are complete pages are released
 * (M4, M5). -ENOMEM (a large page of a shadow would have to be split), -EIO; then the
 * books have not changed.
 */
bool aspace_is_whole(const struct aspace *aspace, uint64_t first, uint64_t last);
int aspace_unmap(struct aspace *aspace, uint64_t first, uint64_t last, uint64_t *unmapped);

/* What [first, last] leads to on the bus through all parents, in pieces; `piece` is told
 * of each in ascending order, and stops the walk by a value that is not 0, which is
 * returned. Holes are left out. */
struct aspace_piece {
	uint64_t first, last;
	ioasim_pa_t pa;
	unsigned access; /* of the whole chain (M6) */
};
int aspace_walk(const struct aspace *aspace, uint64_t first, uint64_t last,
		int (*piece)(void *opaque, const struct aspace_piece *piece), void *opaque);
/* One address. -ENOENT: not mapped, `hole`, if not NULL, is the space that has the hole. */
int aspace_find(const struct aspace *aspace, uint64_t iova, ioasim_pa_t *pa, unsigned *access,
		const struct aspace **hole);

/*
 * M8. An attached device's reserved ranges cannot be mapped; unreserve when its
 * attachment ends. -ENOMEM. reserves tells whether such a range overlaps [first, last];
 * collides, whether the device's overlap a mapping.
 */
int aspace_reserve(struct aspace *aspace, const struct device *device);
void aspace_unreserve(struct aspace *aspace, const struct device *device);
bool aspace_reserves(const struct aspace *aspace, uint64_t first, uint64_t last);
bool aspace_collides(const struct aspace *aspace, const struct device *device);

/* ---- Areas by the parent's addresses ------------------------------------------------------ */

struct behind *behind_create(void);
void behind_destroy(struct behind *behind);
/* [first, last] of the parent lies behind the area that begins at `iova`. -ENOMEM. */
int behind_add(struct behind *behind, uint64_t first, uint64_t last, uint64_t iova);
void behind_remove(struct behind *behind, uint64_t first, uint64_t iova);
/* Tells `area` of each that overlaps [first, last]; stops by a value that is not 0, which
 * is returned. */
struct behind_area {
	uint64_t first, last; /* of the parent */
	uint64_t iova; /* where the area begins */
};
int behind_walk(const struct behind *behind, uint64_t first, uint64_t last,
		int (*area)(void *opaque, const struct behind_area *area), void *opaque);

/* ---- Page tables --------------------------------------------------------------------------- */

/* The table of a space, made and filled if there is none of this flavour (KERNEL or
 * PARENT); with a reference for the caller. -ENOMEM, -ENOSPC, -EINVAL, -EIO, -EOPNOTSUPP. */
int aspace_table(struct aspace *aspace, enum pgtable_flavour flavour, struct pgtable **table);
/* A table of this flavour for an iommufd, with marks of what was written if `dirty`: it
 * shows nothing, and has one reference. It enters a space, shows it and is kept in step; leaves it, and shows nothing, complete on
 * return. */
int lone_table(struct ioasim_system *system, enum pgtable_flavour flavour, bool dirty,
	       struct pgtable **table);
int table_enter(struct pgtable *table, struct aspace *aspace);
void table_leave(struct pgtable *table);
/* U13, as the driver's contract has it. */
int table_dirty_enable(struct pgtable *table, bool enable);
int table_dirty_read(struct pgtable *table, uint64_t first, uint64_t last, bool clear,
		     driver_dirty_fn *dirty, void *to);
/* The table of a process (SVA), empty at first: pages come by faults. */
int process_table(struct process *process, struct pgtable **table);
/* A user's table over the table of a space. Its description as in struct ioasid. */
int user_table(struct pgtable *parent, const struct ioasid *of, struct pgtable **table);
/* The same by the driver's own description, whose parent is set here. */
int user_table_of(struct pgtable *parent, const struct domain_config *description,
		  struct pgtable **table);

static inline struct pgtable *pgtable_get(struct pgtable *table)
{
	table->refs++;
	return table;
}

/* Takes NULL. The last one ends the domain. */
void pgtable_put(struct pgtable *table);

#endif
