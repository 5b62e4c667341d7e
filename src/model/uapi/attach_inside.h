/* SPDX-License-Identifier: Apache-2.0 */
/* What the rooms of attachments share: checks (attach_checks.c), how they are found
 * (attach_find.c), routes (attach.c), hardware IDs (pasid.c), queues of devices (mdev.c). */
#ifndef MODEL_UAPI_ATTACH_INSIDE_H
#define MODEL_UAPI_ATTACH_INSIDE_H

#include "model/uapi/attach.h"

/* The uppermost default attachment of a device; the one with a vPASID, or with none the
 * default one. NULL: none. */
struct attachment *attachment_default(const struct device *device);
struct attachment *attachment_vpasid(const struct device *device, uint32_t vpasid);
/* The one of the route to just this IOASID. */
struct attachment *attachment_of(const struct device *device, const struct ioasid *ioasid,
				 uint32_t vpasid);

/* Files it under its vPASID and the PASID of its route, which are set. -ENOMEM. */
int attachment_file(const struct attachment *attachment);
void attachment_unfile(const struct attachment *attachment);

/* The attachment whose tables a request meets: of its own route, or a user's PASID table
 * that has all PASIDs of the RID (T6). pasid as on the wire. */
struct attachment *attachment_serving(const struct ioasim_system *system, uint32_t rid,
				      uint32_t pasid);

/* Its requests carry a PASID that the kernel has chosen: an mdev that the IOMMU isolates. */
static inline bool device_mediated(const struct device *device)
{
	return device->parent && !device->config.software;
}

/* T13: device, ioasid, rid, vpasid and `under` are set, the checks have passed. */
int attachment_begin(struct attachment *attachment);
/*
 * T18: attachments of one route, all those of its group, lead to another IOASID, and in
 * between to one of the two. On failure nothing has changed.
 */
int attachments_replace(struct attachment *const *list, unsigned count, struct ioasid *ioasid);

/* ---- pasid.c ----------------------------------------------------------------------------- */

/* Bits of the PASIDs on the wire that a RID can use, 0 if none. */
unsigned pasid_wire_bits(const struct device *device);

/* P3: the parent has a mediated device with ENQCMD. */
bool pasid_is_global(const struct device *device);

/*
 * Chooses attachment->pasid (P1 to P4, P10); device, ioasid, vpasid and `under` are set.
 * -ENOSPC (P9), -ENOMEM.
 */
int pasid_take(struct attachment *attachment);
/* H4 is complete: the attachment's hold on its number is given up (P8). */
void pasid_release(struct attachment *attachment);

/* Another hold on the global PASID of an IOASID, which has one; and giving it up. */
int pasid_hold(struct ioasid *ioasid);
void pasid_drop(struct container *container, struct ioasid *ioasid, uint32_t pasid);

/* ---- mdev.c ------------------------------------------------------------------------------ */

/* D4: queues that carry the attachment's vPASID are disabled. */
void queues_stop(struct attachment *attachment);

#endif
