/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INVALIDATE_CACHE (I): a user says that its own tables have changed. It names an
 * IOASID; which devices, tags and PASIDs of the wire that means is known to the kernel
 * alone (I2), and what lies under the user's tables is not its business (I7).
 */
#include "model/uapi/attach_inside.h"
#include "model/uapi/calls.h"
#include "model/uapi/device.h"
#include "model/uapi/process.h"

#include <errno.h>

static bool has_range(const struct call *call)
{
	return call->arg.invalidate.scope == IOASIM_SCOPE_RANGE;
}

static bool names_pasid(const struct call *call)
{
	const struct ioasim_invalidate *arg = &call->arg.invalidate;

	return arg->vpasid != IOASIM_NO_VPASID || arg->scope == IOASIM_SCOPE_PASID ||
	       arg->cache == IOASIM_INV_PASID;
}

static bool range_bad(struct call *call)
{
	const struct ioasim_invalidate *arg = &call->arg.invalidate;

	return has_range(call) && (!arg->length || (arg->address | arg->length) % PAGE_SIZE);
}

static bool range_wraps(struct call *call)
{
	const struct ioasim_invalidate *arg = &call->arg.invalidate;

	return has_range(call) && arg->address + (arg->length - 1) < arg->address;
}

static bool kind_bad(struct call *call)
{
	return call->ioasid->kind == IOASIM_IOASID_KERNEL ||
	       call->ioasid->kind == IOASIM_IOASID_SVA;
}

static bool narrowed(const struct call *call)
{
	return call->arg.invalidate.flags & IOASIM_INVALIDATE_COOKIE;
}

static bool cookie_unknown(struct call *call)
{
	if (!narrowed(call))
		return false;
	call->device = device_by_cookie(call->on.container, call->arg.invalidate.cookie);
	return !call->device;
}

static bool cookie_not_attached(struct call *call)
{
	const struct attachment *attachment;

	if (!narrowed(call))
		return false;
	LIST_FOREACH (attachment, &call->device->attachments, device_link) {
		if (attachment->ioasid == call->ioasid)
			return false;
	}
	return true;
}

static bool pasid_misplaced(struct call *call)
{
	return names_pasid(call) && call->ioasid->kind != IOASIM_IOASID_PASID_TABLE;
}

static bool pasid_bad(struct call *call)
{
	const struct ioasim_invalidate *arg = &call->arg.invalidate;

	if (arg->vpasid == IOASIM_NO_VPASID)
		return arg->scope == IOASIM_SCOPE_PASID;
	return arg->vpasid > IOASIM_PASID_MAX;
}

const struct call_check invalidate_checks[] = {
	{"I1", EINVAL, "scope range with length 0, or address or length not of whole pages",
	 range_bad},
	{"I1", EINVAL, "scope pasid without a vpasid, or one of more than 20 bits", pasid_bad},
	{"I1", EOVERFLOW, "address and length wrap", range_wraps},
	{"I1 G8", ENOENT, "the IOASID does not exist in this FD", call_ioasid_unknown},
	{"I1 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"I1 V2", EINVAL, "the kind is kernel or sva", kind_bad},
	{"I1", ENOENT, "no device of this FD has the cookie", cookie_unknown},
	{"I1", ENOENT, "the cookie's device is not attached to the IOASID", cookie_not_attached},
	{"I1", EINVAL, "a vpasid, scope pasid or cache pasid, and the kind is not pasid_table",
	 pasid_misplaced},
	CALL_CHECKS_END,
};

/* ---- What is done ---------------------------------------------------------------------------- */

/* H6, in the contract's words; requester_id is the caller's to set. */
static struct driver_invalidation translate(const struct ioasim_invalidate *arg)
{
	static const enum driver_invalidation_cache cache[] = {
		[IOASIM_INV_IOTLB] = DRIVER_INV_IOTLB,
		[IOASIM_INV_DEVTLB] = DRIVER_INV_DEVTLB,
		[IOASIM_INV_PASID] = DRIVER_INV_PASID,
	};
	struct driver_invalidation what = {
		.cache = cache[arg->cache],
		.requester_id = DRIVER_ALL_DEVICES,
		.pasid = arg->vpasid == IOASIM_NO_VPASID ? DRIVER_NO_PASID : arg->vpasid,
		.last = UINT64_MAX,
	};

	if (arg->scope == IOASIM_SCOPE_RANGE) {
		what.first = arg->address;
		what.last = arg->address + (arg->length - 1);
	}
	return what;
}

/* One device's routes: of a nested table by the PASIDs on the wire, of a PASID table all
 * that it has. */
static int device_invalidate(const struct call *call, struct driver_invalidation *what)
{
	const struct ioasid *ioasid = call->ioasid;
	struct ioasim_system *system = call->system;
	const struct attachment *attachment;
	int error = 0;

	LIST_FOREACH (attachment, &call->device->attachments, device_link) {
		if (attachment->ioasid != ioasid || attachment->blocked ||
		    call->device->config.software)
			continue;
		what->requester_id = attachment->rid;
		/* A mediated device is one PASID of its parent's RID. */
		if (ioasid->kind == IOASIM_IOASID_USER)
			what->pasid = attachment->pasid;
		error = system->ops->invalidate(system->driver, ioasid->user->domain, what);
		if (error)
			break;
	}
	return error;
}

int invalidate_work(struct call *call)
{
	struct driver_invalidation what = translate(&call->arg.invalidate);
	struct ioasim_system *system = call->system;

	/* I6, A7: no route, nothing to do. */
	if (!call->ioasid->user || !call->ioasid->attachment_count)
		return 0;
	if (call->device)
		return device_invalidate(call, &what);
	return system->ops->invalidate(system->driver, call->ioasid->user->domain, &what);
}
