/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi_view.h"

#include "model/iommufd/calls.h"
#include "model/uapi/calls.h"

#include <errno.h>

/* ---- /dev/ioasid --------------------------------------------------------------------- */

static const char *const fd_names[IOASIM_FD_KINDS] = {
	[IOASIM_FD_IOASID] = "/dev/ioasid",
	[IOASIM_FD_DEVICE] = "device",
	[IOASIM_FD_KVM] = "VM",
};

static const char *const kind_names[] = {
	[MEMBER_VALUE] = "value",      [MEMBER_RESERVED] = "reserved", [MEMBER_FLAGS] = "flags",
	[MEMBER_ENUM] = "enumeration", [MEMBER_FILLED] = "filled",     [MEMBER_POINTER] = "pointer",
};

static bool native_view(unsigned n, struct uapi_view *view)
{
	const struct call_entry *call = call_table(n);
	unsigned i = 0;

	if (!call)
		return false;
	*view = (struct uapi_view){
		.name = call->name,
		.on = fd_names[call_fd_kind(call)],
		.text = call->text,
		.returns = call->returns ? call->returns : "0",
		.structure = call->structure,
		.number = call->number,
		.size = call->size,
		.minimum = call->minimum,
		.everywhere = !call->offered,
	};
	for (const struct call_member *m = call->members; m->name && i < UAPI_MEMBERS; m++)
		view->member[i++] = (struct uapi_member){
			m->name, kind_names[m->kind], m->text, m->offset, m->bytes, m->known};
	i = 0;
	for (const struct call_check *c = call->checks; c->rule && i < UAPI_CHECKS; c++)
		view->check[i++] = (struct uapi_check){c->rule, c->text, c->error};
	return true;
}

/* G4. */
static const struct uapi_check native_common[] = {
	{"G7 O6", "the caller's process is gone", ESRCH},
	{"G7", "the descriptor is not open", EBADF},
	{"G1", "the number is not a call of this kind of descriptor, or not of this machine",
	 ENOTTY},
	{"G7", "there is no argument", EFAULT},
	{"G2", "the size is less than the call's minimum", EINVAL},
	{"G2", "the structure is longer than known, and the rest is not zero", E2BIG},
	{"G3", "a reserved member, a flag or a value of an enumeration is not known", EOPNOTSUPP},
	{NULL, NULL, 0},
};

/* ---- /dev/iommu ---------------------------------------------------------------------- */

static const char *const where_names[] = {
	[IOFD_ON_IOMMUFD] = "/dev/iommu",
	[IOFD_ON_CONTAINER] = "/dev/iommu",
	[IOFD_ON_DEVICE] = "device",
};

static const char *const iofd_kind_names[] = {
	[IOFD_VALUE] = "value",   [IOFD_RESERVED] = "reserved", [IOFD_FLAGS] = "flags",
	[IOFD_FILLED] = "filled", [IOFD_POINTER] = "pointer",
};

static bool iommufd_view(unsigned n, struct uapi_view *view)
{
	const struct iofd_call_entry *call = iofd_call_table(n);
	unsigned i = 0;

	if (!call)
		return false;
	*view = (struct uapi_view){
		.name = call->name,
		.on = where_names[call->where],
		.text = call->text,
		.returns = call->returns ? call->returns : "0",
		.structure = call->structure,
		.number = call->request,
		.size = call->size,
		.minimum = call->minimum,
		.everywhere = true,
	};
	for (const struct iofd_member *m = call->members; m && m->name && i < UAPI_MEMBERS; m++)
		view->member[i++] = (struct uapi_member){
			m->name, iofd_kind_names[m->kind], m->text, m->offset, m->bytes, m->known};
	i = 0;
	for (const struct iofd_check *c = call->checks; c && c->rule && i < UAPI_CHECKS; c++)
		view->check[i++] = (struct uapi_check){c->rule, c->text, c->error};
	return true;
}

static const struct uapi_check iommufd_common[] = {
	{"G7 O6", "the caller's process is gone", ESRCH},
	{"G7", "the descriptor is not open", EBADF},
	{"G7", "there is no argument, and the call wants a structure", EFAULT},
	{"G1", "the number is not a call of this kind of descriptor", ENOTTY},
	{"G2", "the size is less than the call's minimum", EINVAL},
	{"G2",
	 "not VFIO but for BIND: the structure is longer than known, and the rest is not zero",
	 E2BIG},
	{"G3", "VFIO: a flag is not known", EINVAL},
	{"G3", "not VFIO: a reserved member or a flag is not known", EOPNOTSUPP},
	{NULL, NULL, 0},
};

/* ---- Either ---------------------------------------------------------------------------- */

bool uapi_view(enum uapi_interface interface, unsigned n, struct uapi_view *view)
{
	return interface == UAPI_IOMMUFD ? iommufd_view(n, view) : native_view(n, view);
}

const struct uapi_check *uapi_common(enum uapi_interface interface)
{
	return interface == UAPI_IOMMUFD ? iommufd_common : native_common;
}
