/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware-ID core: who holds which PASID. Sets with tokens and quotas, references
 * and states, numbers private to a set, notifications in an order, deferred work, limits
 * of control groups. Rules K1 to K18 of docs/uapi.md.
 *
 * It carries no security: what lets a device use a PASID is an attachment.
 *
 * Functions return 0 (or what their comment says) or a negative errno and have then
 * changed nothing. Allocation, look-up and release take constant time, whatever lives.
 */
#ifndef IOASIM_HWID_H
#define IOASIM_HWID_H

#include <ioasim/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ioasim_hwid_core;
struct ioasim_cgroup;

#define IOASIM_HWID_INVALID  UINT32_MAX
#define IOASIM_HWID_NO_SPID  UINT32_MAX
#define IOASIM_HWID_ALL_SETS 0u /* no set has this number */
#define IOASIM_HWID_CAPACITY (UINT32_C(1) << 20) /* also the largest: numbers have 20 bits */

enum ioasim_hwid_type {
	IOASIM_HWID_SET_NONE, /* no token */
	IOASIM_HWID_SET_MM, /* token: an address space */
	IOASIM_HWID_SET_FD, /* token: a descriptor */
	IOASIM_HWID_SET_TYPES
};

enum ioasim_hwid_state {
	IOASIM_HWID_FREE,
	IOASIM_HWID_IDLE, /* exactly the creator's reference */
	IOASIM_HWID_ACTIVE,
	IOASIM_HWID_FREE_PENDING, /* freed, and others still hold it */
};

enum ioasim_hwid_event {
	IOASIM_HWID_ALLOCATED,
	IOASIM_HWID_FREED,
	IOASIM_HWID_BOUND, /* a private number was attached */
	IOASIM_HWID_UNBOUND, /* it is about to be detached */
};

/* Order of handlers of one event: cpu first. */
enum ioasim_hwid_priority {
	IOASIM_HWID_LAST,
	IOASIM_HWID_DEVICE,
	IOASIM_HWID_IOMMU,
	IOASIM_HWID_CPU,
	IOASIM_HWID_PRIORITIES
};

/* -ENOMEM: NULL. destroy takes NULL, and what still lives. */
IOASIM_API struct ioasim_hwid_core *ioasim_hwid_create(void);
IOASIM_API void ioasim_hwid_destroy(struct ioasim_hwid_core *core);

/*
 * K1. Sets how many numbers there are, once: later calls change nothing. -EINVAL: 0, or
 * more than IOASIM_HWID_CAPACITY. reserve takes n numbers' worth out of what is left (0:
 * all) and returns how much; -ENOSPC. cancel gives back; -EINVAL: more than was out.
 */
IOASIM_API int ioasim_hwid_capacity(struct ioasim_hwid_core *core, uint32_t total);
IOASIM_API int ioasim_hwid_reserve(struct ioasim_hwid_core *core, uint32_t n);
IOASIM_API int ioasim_hwid_cancel(struct ioasim_hwid_core *core, uint32_t n);

/*
 * K2, K3. Sets have numbers, which do not come back. token 0: none. quota 0: no limit of its own. -EINVAL: type, or token and type
 * contradict; -ENOSPC: quota above what is left; -EEXIST: the token has a set of this
 * type; -ENOMEM. free: -EINVAL unknown, -EBUSY numbers are left.
 */
IOASIM_API int ioasim_hwid_set_alloc(struct ioasim_hwid_core *core, uint64_t token, uint32_t quota,
				     enum ioasim_hwid_type type, uint32_t *set);
IOASIM_API int ioasim_hwid_set_free(struct ioasim_hwid_core *core, uint32_t set);

/*
 * K4: the lowest free number in [min, max], with the creator's reference. `charge`, if
 * not NULL, is charged for it and all groups above (K18). -EINVAL: min > max, no such set;
 * -ENOSPC: quota, or no number is free; -EAGAIN: a control group's limit; -ENOMEM.
 */
IOASIM_API int ioasim_hwid_alloc(struct ioasim_hwid_core *core, uint32_t set, uint32_t min,
				 uint32_t max, struct ioasim_cgroup *charge, uint32_t *id);
/* K5. -EINVAL unknown, -EBUSY free-pending, -EACCES another set's. */
IOASIM_API int ioasim_hwid_get(struct ioasim_hwid_core *core, uint32_t set, uint32_t id);
/* K6. true: that was the last reference and the number is free. */
IOASIM_API bool ioasim_hwid_put(struct ioasim_hwid_core *core, uint32_t set, uint32_t id);
/* K7. -ENOENT unknown, -EACCES another set's; 0 and no effect if free-pending. */
IOASIM_API int ioasim_hwid_free(struct ioasim_hwid_core *core, uint32_t set, uint32_t id);
/* K12: the same for every number of the set, ascending. -EINVAL no such set, -ENOMEM. */
IOASIM_API int ioasim_hwid_free_all(struct ioasim_hwid_core *core, uint32_t set);

/* K9. -EINVAL: spid, or it is in use in the set; -ENOENT; -EBUSY: has one; -ENOMEM. */
IOASIM_API int ioasim_hwid_attach_spid(struct ioasim_hwid_core *core, uint32_t id, uint32_t spid);
/* -ENOENT: unknown, or has none. */
IOASIM_API int ioasim_hwid_detach_spid(struct ioasim_hwid_core *core, uint32_t id);
/* K10: *id is IOASIM_HWID_INVALID if there is none. get takes a reference: -EBUSY if
 * free-pending. -EINVAL: no such set. */
IOASIM_API int ioasim_hwid_find(struct ioasim_hwid_core *core, uint32_t set, uint32_t spid,
				bool get, uint32_t *id);

/* K11. -ENOENT, -EBUSY: it has data. detach returns what was attached. */
IOASIM_API int ioasim_hwid_attach_data(struct ioasim_hwid_core *core, uint32_t id, void *data);
IOASIM_API void *ioasim_hwid_detach_data(struct ioasim_hwid_core *core, uint32_t id);
IOASIM_API void *ioasim_hwid_data(const struct ioasim_hwid_core *core, uint32_t id);

/* K17: takes a reference. -ENOENT, -EINVAL: not of a set of type mm, -EPERM; then as get. */
IOASIM_API int ioasim_hwid_get_if_owned(struct ioasim_hwid_core *core, uint32_t id,
					uint64_t caller);

/* State, references, private number (IOASIM_HWID_NO_SPID: none). */
IOASIM_API enum ioasim_hwid_state ioasim_hwid_state(const struct ioasim_hwid_core *core,
						    uint32_t id);
IOASIM_API uint32_t ioasim_hwid_refs(const struct ioasim_hwid_core *core, uint32_t id);
IOASIM_API uint32_t ioasim_hwid_spid(const struct ioasim_hwid_core *core, uint32_t id);
/* Numbers of a set that are not free. */
IOASIM_API uint32_t ioasim_hwid_set_count(const struct ioasim_hwid_core *core, uint32_t set);
/* What capacity is not taken by quotas and reservations. */
IOASIM_API uint32_t ioasim_hwid_left(const struct ioasim_hwid_core *core);

/*
 * K13 to K16. A handler runs inside the transition: calls of it that would change the
 * same number are refused (-EDEADLK, put: false); ioasim_hwid_defer() does them after the event, in
 * order. `set` IOASIM_HWID_ALL_SETS: FREED
 * of every set, the other events being told to their own set alone (K4, K9). Registering the same handler and opaque twice in one place is
 * -EBUSY; by token, -EBUSY if the set has numbers already; -ENOMEM.
 */
typedef void (*ioasim_hwid_handler)(void *opaque, enum ioasim_hwid_event event, uint32_t set,
				    uint32_t id);

IOASIM_API int ioasim_hwid_notify(struct ioasim_hwid_core *core, uint32_t set,
				  enum ioasim_hwid_priority priority, ioasim_hwid_handler handler,
				  void *opaque);
IOASIM_API int ioasim_hwid_notify_mm(struct ioasim_hwid_core *core, uint64_t token,
				     enum ioasim_hwid_priority priority,
				     ioasim_hwid_handler handler, void *opaque);
/* Wherever they were registered. */
IOASIM_API void ioasim_hwid_forget(struct ioasim_hwid_core *core, ioasim_hwid_handler handler,
				   void *opaque);
/* At once if no event is being told. -ENOMEM. */
IOASIM_API int ioasim_hwid_defer(struct ioasim_hwid_core *core, void (*work)(void *opaque),
				 void *opaque);

/* K18: a group below `parent` (NULL: the top), with limit 0. destroy: -EBUSY with charges
 * or children. move takes the charge of one number to another group, over its limit if need be. */
IOASIM_API struct ioasim_cgroup *ioasim_cgroup_create(struct ioasim_cgroup *parent);
IOASIM_API int ioasim_cgroup_destroy(struct ioasim_cgroup *group);
IOASIM_API void ioasim_cgroup_limit(struct ioasim_cgroup *group, uint32_t limit);
IOASIM_API uint32_t ioasim_cgroup_charged(const struct ioasim_cgroup *group);
IOASIM_API int ioasim_hwid_move(struct ioasim_hwid_core *core, uint32_t id,
				struct ioasim_cgroup *to);

#ifdef __cplusplus
}
#endif
#endif
