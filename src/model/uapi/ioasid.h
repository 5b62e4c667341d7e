/* SPDX-License-Identifier: Apache-2.0 */
/* IOASIDs: life and references (A). */
#ifndef MODEL_UAPI_IOASID_H
#define MODEL_UAPI_IOASID_H

#include "model/uapi/objects.h"

/* NULL: unknown in this FD. */
struct ioasid *ioasid_find(const struct container *container, uint32_t number);

/*
 * The table that a route to the IOASID walks, with a reference for the caller; *table is
 * NULL where no route walks anything: a user's table that is not bound (A7), a process
 * that is gone (V6). It is made, and filled from the map, if it does not exist yet.
 * -ENOMEM, -ENOSPC (tags), -EINVAL (the map does not fit), -EIO.
 */
int ioasid_table(struct ioasid *ioasid, struct pgtable **table);

/* A9, O3: routes blocked, faults answered, map emptied, free-pending; goes at once if
 * nothing holds it. Children first. Does nothing for one that is free-pending. */
void ioasid_kill(struct ioasid *ioasid);

/*
 * A page table of an iommufd as an IOASID: kind, parent, root and tables are those of
 * `config`, whose references move into it; its space stays whose it is. -ENOMEM, -ENOSPC.
 * disown: nothing holds it.
 */
int ioasid_adopt(const struct ioasid *config, struct ioasid **ioasid);
void ioasid_disown(struct ioasid *ioasid);

/* To be called when a reference was dropped (attachment, KVM mapping, fault, child): a
 * free-pending one without references goes, and its parent's reference with it. The
 * IOASID, and a closed container, may be gone afterwards. */
void ioasid_settle(struct ioasid *ioasid);

#endif
