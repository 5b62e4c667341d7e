/* SPDX-License-Identifier: Apache-2.0 */
/* Devices (device.c) and their groups (group.c). */
#ifndef MODEL_UAPI_DEVICE_H
#define MODEL_UAPI_DEVICE_H

#include "model/uapi/objects.h"

struct device *device_find(const struct ioasim_system *system, int number);
/* A bound device of a container by cookie; NULL: none. */
struct device *device_by_cookie(const struct container *container, uint64_t cookie);
void device_destroy(struct device *device);

/* Not attached any more; does nothing for one that is not bound. */
void device_unbind(struct device *device);

/* One of its mdevs is bound to another container than `but`. */
bool device_mdevs_bound(const struct device *device, const struct container *but);

/* The n-th range that the device cannot use, its own and those of the architecture;
 * false behind the last. */
bool device_reserved(const struct device *device, unsigned n, struct ioasim_iova_range *range);

/* ---- Groups ------------------------------------------------------------------------------ */

/* Puts a pdev into its group, which is made if need be. -ENOMEM, -EBUSY: the
 * group is a user's and cannot take it, or the driver's errno. */
int group_join(struct device *device);
void group_leave(struct device *device);

/* R1: whether a group can be taken for a container. */
bool group_viable(const struct group *group, const struct container *container);
/* B3, B6: a member is bound, or unbound; the first and the last do hardware work. What the
 * driver returned: then nothing has changed. */
int group_bind(struct group *group);
void group_unbind(struct group *group);

/*
 * R3: every member's default route walks `table`, or with NULL nothing. Complete on
 * return (H2, H4). On failure all walk what they walked before; the errno is the
 * driver's. Books of attachments, `on` and `attached` are the caller's; `state` and
 * `walks` and the references of tables are kept here.
 */
int group_walk(struct group *group, struct pgtable *table);
/* The same after the books were changed: HOST, BLOCKED or ATTACHED by bound and attached. */
void group_state_update(struct group *group);

#endif
