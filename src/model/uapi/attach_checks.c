/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of DEVICE_ATTACH (T1 to T12) and DEVICE_DETACH (T14), in their order. */
#include "model/uapi/attach_inside.h"

#include "model/uapi/aspace.h"
#include "model/uapi/calls.h"
#include "model/uapi/device.h"

#include <errno.h>

static bool wants_vpasid(const struct call *call)
{
	return call->arg.attach.vpasid != IOASIM_NO_VPASID;
}

/* The route carries a PASID: the user's, or the one that tells a mediated device apart. */
static bool wants_pasid(const struct call *call)
{
	return wants_vpasid(call) || device_mediated(call->on.device);
}

static uint32_t rid_of(const struct call *call)
{
	return device_pdev(call->on.device)->config.requester_id;
}

/* ---- T1 -------------------------------------------------------------------------------------- */

static bool vpasid_out_of_range(struct call *call)
{
	uint32_t vpasid = call->arg.attach.vpasid;

	return wants_vpasid(call) && (vpasid == 0 || vpasid > IOASIM_PASID_MAX);
}

static bool not_bound(struct call *call)
{
	return !call->on.device->bound;
}

static bool bound_elsewhere(struct call *call)
{
	return call->on.device->bound != call->container;
}

/* ---- T2 to T4: the route and the kind ---------------------------------------------------------- */

static bool no_pasid_capability(struct call *call)
{
	const struct device *device = call->on.device;

	if (wants_vpasid(call) && (!device->config.pasid_bits || device->config.software))
		return true;
	return wants_pasid(call) && !pasid_wire_bits(device);
}

static bool vpasid_too_wide(struct call *call)
{
	const struct device *device = call->on.device;
	unsigned bits = device->config.pasid_bits;

	/* A pdev's vPASID goes on the wire as it is (P1). */
	if (!device->parent && bits > pasid_wire_bits(device))
		bits = pasid_wire_bits(device);
	return wants_vpasid(call) && call->arg.attach.vpasid >> bits != 0;
}

static bool group_has_more(struct call *call)
{
	return wants_pasid(call) && call->on.device->group->count > 1;
}

static bool sva_without_vpasid(struct call *call)
{
	return call->ioasid->kind == IOASIM_IOASID_SVA && !wants_vpasid(call);
}

static bool sva_without_pri(struct call *call)
{
	return call->ioasid->kind == IOASIM_IOASID_SVA &&
	       !device_has(device_pdev(call->on.device), IOASIM_DEVICE_PRI);
}

static bool table_with_vpasid(struct call *call)
{
	return call->ioasid->kind == IOASIM_IOASID_PASID_TABLE && wants_vpasid(call);
}

static bool table_on_mdev(struct call *call)
{
	const struct device *device = call->on.device;

	if (call->ioasid->kind == IOASIM_IOASID_PASID_TABLE)
		return device->parent != NULL;
	/* Software has no walker for tables of users (D5). */
	return call->ioasid->kind == IOASIM_IOASID_USER && device->config.software;
}

/* R4: it would give every PASID of the RID a route. */
static bool table_of_group(struct call *call)
{
	return call->ioasid->kind == IOASIM_IOASID_PASID_TABLE && call->on.device->group->count > 1;
}

/* ---- T5 to T9: what is attached already ---------------------------------------------------------- */

static bool parent_not_attached(struct call *call)
{
	const struct ioasid *parent = call->ioasid->parent;
	const struct attachment *attachment;

	if (!parent)
		return false;
	LIST_FOREACH (attachment, &parent->attachments, ioasid_link) {
		if (attachment->device == call->on.device)
			return false;
	}
	return true;
}

static bool delegated(const struct call *call)
{
	const struct attachment *attachment =
		attachment_by_route(call->system, rid_of(call), DRIVER_NO_PASID);

	return attachment && attachment->ioasid->kind == IOASIM_IOASID_PASID_TABLE;
}

static bool rid_has_pasids(const struct call *call)
{
	return attachment_has_pasids(call->system, rid_of(call));
}

static bool rid_claimed(struct call *call)
{
	if (wants_pasid(call))
		return delegated(call);
	return call->ioasid->kind == IOASIM_IOASID_PASID_TABLE && rid_has_pasids(call);
}

static bool route_taken(struct call *call)
{
	const struct attachment *top;

	if (wants_vpasid(call))
		return false;
	top = attachment_default(call->on.device);
	return top && (!call->ioasid->parent || top->ioasid != call->ioasid->parent);
}

static bool vpasid_taken(struct call *call)
{
	return wants_vpasid(call) && attachment_vpasid(call->on.device, call->arg.attach.vpasid);
}

/* S7: a VM may still reach it by ENQCMD, after whoever had it has gone (Q6). */
static bool pasid_parked(const struct device *device, uint32_t pasid)
{
	return pasid_is_global(device) && ioasim_hwid_refs(device->system->hwids, pasid);
}

/* P5: the number that the attachment would get without choice is another device's. */
static bool slot_taken(struct call *call)
{
	const struct device *device = call->on.device;
	uint32_t pasid;

	if (!wants_vpasid(call))
		return false;
	pasid = device->parent ? call->ioasid->global_pasid : call->arg.attach.vpasid;
	if (device->parent && (!pasid_is_global(device) || pasid == IOASIM_HWID_INVALID))
		return false;
	if (!device->parent && pasid_parked(device, pasid))
		return true;
	return attachment_by_route(call->system, rid_of(call), pasid) != NULL;
}

/* R2. A member that is alone on the group's route may go on from parent to child. */
static bool group_elsewhere(struct call *call)
{
	const struct device *device = call->on.device;
	const struct group *group = device->group;

	if (wants_pasid(call) || device->parent || !group->on || group->on == call->ioasid)
		return false;
	return group->attached > 1 || !attachment_default(device);
}

/* ---- T10 to T12: what goes together ----------------------------------------------------------------- */

static bool is_nest_parent(const struct ioasid *ioasid)
{
	return ioasid->flags & IOASIM_IOASID_NEST_PARENT;
}

/* Of any member, also below a child: when that ends the parent is back. */
static bool default_on_nest_parent(const struct group *group)
{
	const struct device *member;
	const struct attachment *attachment;

	LIST_FOREACH (member, &group->members, group_link) {
		LIST_FOREACH (attachment, &member->attachments, device_link) {
			if (attachment->vpasid != IOASIM_NO_VPASID)
				break; /* the default route's stand first */
			if (is_nest_parent(attachment->ioasid))
				return true;
		}
	}
	return false;
}

static bool parent_beside_pasid(struct call *call)
{
	const struct device *device = call->on.device;

	if (call->system->offer.parent_beside_pasid || device->config.software)
		return false;
	if (!wants_pasid(call))
		return is_nest_parent(call->ioasid) && rid_has_pasids(call);
	return is_nest_parent(call->ioasid) || default_on_nest_parent(device->group);
}

static bool cannot_enforce(struct call *call)
{
	const struct ioasid *ioasid = call->ioasid;
	bool enforces = ioasid->snoop == IOASIM_SNOOP_ENFORCE;

	if (ioasid->snoop == IOASIM_SNOOP_AUTO)
		enforces = ioasid->attachment_count && ioasid->enforce;
	return enforces && device_has(device_pdev(call->on.device), IOASIM_DEVICE_NO_ENFORCE);
}

static bool reserved_mapped(struct call *call)
{
	const struct aspace *aspace = call->ioasid->aspace;
	const struct device *device = call->on.device, *member;

	if (!aspace || aspace_collides(aspace, device))
		return aspace != NULL;
	if (device->parent || wants_pasid(call))
		return false;
	/* R3: the whole group takes the route. */
	LIST_FOREACH (member, &device->group->members, group_link) {
		if (aspace_collides(aspace, member))
			return true;
	}
	return false;
}

static bool enqcmd_mix(struct call *call)
{
	const struct device *device = call->on.device;

	if (!wants_vpasid(call) || !device_has(device, IOASIM_DEVICE_ENQCMD))
		return false;
	return device->parent ? call->container->type7 : call->container->type8;
}

const struct call_check device_attach_checks[] = {
	{"T1", EINVAL, "vpasid is 0 or has more than 20 bits", vpasid_out_of_range},
	{"T1", EBADF, "ioasid_fd is not open", call_ioasid_fd_closed},
	{"T1", EBADFD, "ioasid_fd is not of /dev/ioasid", call_ioasid_fd_other},
	{"T1 B2", EINVAL, "the device is not bound", not_bound},
	{"T1", EPERM, "ioasid_fd is not the one that the device is bound to", bound_elsewhere},
	{"T1 G8", ENOENT, "the IOASID does not exist in this FD", call_ioasid_unknown},
	{"T1 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"T2", EOPNOTSUPP, "the device or its IOMMU has no PASIDs", no_pasid_capability},
	{"T2", EINVAL, "vpasid is wider than the device's PASIDs", vpasid_too_wide},
	{"T2 R4", EINVAL, "a route with a PASID, and the group has more members", group_has_more},
	{"T3 V3", EINVAL, "kind sva without a vpasid", sva_without_vpasid},
	{"T3 V3", EOPNOTSUPP, "kind sva, and the device has no PRI", sva_without_pri},
	{"T4", EINVAL, "kind pasid_table with a vpasid", table_with_vpasid},
	{"T4 D5", EOPNOTSUPP, "kind pasid_table on an mdev, kind user on a software mdev",
	 table_on_mdev},
	{"T4 R4", EINVAL, "kind pasid_table, and the group has more members", table_of_group},
	{"T5", EINVAL, "the device is not attached to the parent", parent_not_attached},
	{"T6", EBUSY, "PASIDs of this RID are the user's, or are to become it and are in use",
	 rid_claimed},
	{"T7", EBUSY, "the default route is taken, not by the parent", route_taken},
	{"T8", EBUSY, "the device has this vpasid attached", vpasid_taken},
	{"T8 P5 S7", EBUSY, "the PASID belongs to another device of this RID, or a VM still has it",
	 slot_taken},
	{"T9 R2", EINVAL, "the group is attached to another IOASID", group_elsewhere},
	{"T10", EINVAL, "a nest_parent space and PASIDs do not go together on this machine",
	 parent_beside_pasid},
	{"T11 C2", EINVAL, "the space enforces snooping, and the device's IOMMU cannot",
	 cannot_enforce},
	{"T11 M8", EADDRINUSE, "something is mapped where the device has a reserved range",
	 reserved_mapped},
	{"T12 P6", EOPNOTSUPP, "vPASIDs of ENQCMD pdevs and of ENQCMD mdevs in one FD", enqcmd_mix},
	{"P9 K18", ENOSPC, "no PASID is left in its pool, or a quota or limit is reached", NULL},
	{"T13", ENOMEM, "memory for tables or books", NULL},
	CALL_CHECKS_END,
};

/* ---- DETACH ------------------------------------------------------------------------------------------ */

static bool not_attached(struct call *call)
{
	call->attachment = attachment_of(call->on.device, call->ioasid, call->arg.attach.vpasid);
	return !call->attachment;
}

static bool child_attached(struct call *call)
{
	const struct attachment *attachment;
	const struct ioasid *child;

	LIST_FOREACH (child, &call->ioasid->children, sibling)
		LIST_FOREACH (attachment, &child->attachments, ioasid_link)
			if (attachment->device == call->on.device)
				return true;
	return false;
}

const struct call_check device_detach_checks[] = {
	{"T14", EINVAL, "vpasid is 0 or has more than 20 bits", vpasid_out_of_range},
	{"T14", EBADF, "ioasid_fd is not open", call_ioasid_fd_closed},
	{"T14", EBADFD, "ioasid_fd is not of /dev/ioasid", call_ioasid_fd_other},
	{"T14 B2", EINVAL, "the device is not bound", not_bound},
	{"T14", EPERM, "ioasid_fd is not the one that the device is bound to", bound_elsewhere},
	{"T14 G8", ENOENT, "the IOASID does not exist in this FD", call_ioasid_unknown},
	{"T14", ENOENT, "the device is not attached so", not_attached},
	{"T14", EBUSY, "the device is attached to a child of the IOASID", child_attached},
	CALL_CHECKS_END,
};
