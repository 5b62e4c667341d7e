/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attachments and the routes that they open (attach.c), hardware IDs of routes (pasid.c).
 *
 * DEVICE_ATTACH and DEVICE_DETACH are in the table of calls. What follows is for the
 * ends that are not calls of a device: freeing, closing, two steps of nesting.
 */
#ifndef MODEL_UAPI_ATTACH_H
#define MODEL_UAPI_ATTACH_H

#include "model/uapi/objects.h"

/*
 * T15: the mdev's driver forgets the vPASID, the entry goes, H4 completes, page requests
 * of the route are drained and answered INVALID, references are dropped, the pPASID is
 * released (P8), the attachment is freed. If a parent's lies under it, that one's table
 * is walked again (T16). The IOASID may be gone afterwards.
 */
void attachment_end(struct attachment *attachment);

/* O4: PASID routes in ascending order, then the default route with what lies on it. */
void device_detach_all(struct device *device);

/*
 * A7, A9, O3, V6: no route of the IOASID translates any more, complete on return (H4),
 * outstanding faults are answered INVALID (F7). The attachments stay, blocked, and hold
 * no table. A default route with a parent under it does not fall back to the parent.
 */
void ioasid_block(struct ioasid *ioasid);

/*
 * A7: a table was bound; its attachments, which are blocked, walk ioasid_table() from
 * now on. 0, or an errno of the driver: then all are blocked as before.
 */
int ioasid_unblock(struct ioasid *ioasid);

/* The attachment that a route of requests leads to: the uppermost on the route; NULL:
 * none. pasid as on the wire, DRIVER_NO_PASID: the default route, of any group member. */
struct attachment *attachment_by_route(const struct ioasim_system *system, uint32_t rid,
				       uint32_t pasid);
/* Whether a route of the RID has a PASID. */
bool attachment_has_pasids(const struct ioasim_system *system, uint32_t rid);

#endif
