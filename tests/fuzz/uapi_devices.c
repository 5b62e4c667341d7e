/* SPDX-License-Identifier: Apache-2.0 */
/* Steps on descriptors and on devices, but for what devices do. */
#include "uapi_program.h"

#include "model/uapi/descriptor.h"
#include "model/uapi/device.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/process.h"

/* ---- Descriptors ----------------------------------------------------------------------------- */

static void step_open(struct uapi_program *p)
{
	int process = uapi_process(p);
	uint8_t choice = fuzz_byte(&p->bytes);
	enum ioasim_fd_kind kind = choice >= 0xf8   ? (enum ioasim_fd_kind)(choice & 3)
				   : choice >= 0xe0 ? IOASIM_FD_KVM
						    : IOASIM_FD_IOASID;

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_open(p->side[i].system, process, kind);
	uapi_tell(p, "[%d] open kind %d", process, kind);
	uapi_compare(p, "ioasim_open");
}

static void step_open_device(struct uapi_program *p)
{
	int process = uapi_process(p), device = uapi_device(p);

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_open_device(p->side[i].system, process, device);
	uapi_tell(p, "[%d] open device %d", process, device);
	uapi_compare(p, "ioasim_open_device");
}

static enum ioasim_fd_kind any_kind(struct uapi_program *p)
{
	return (enum ioasim_fd_kind)(fuzz_byte(&p->bytes) % IOASIM_FD_KINDS);
}

static void step_dup(struct uapi_program *p)
{
	int process = uapi_process(p), fd = uapi_fd(p, process, any_kind(p)), to = uapi_process(p);

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_dup(p->side[i].system, process, fd, to);
	uapi_tell(p, "[%d] dup fd %d to [%d]", process, fd, to);
	uapi_compare(p, "ioasim_dup");
}

static void step_close(struct uapi_program *p)
{
	int process = uapi_process(p), fd = uapi_fd(p, process, any_kind(p));

	/* Rarer than what it ends. */
	if (fuzz_byte(&p->bytes) & 1)
		return;
	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_close(p->side[i].system, process, fd);
	uapi_tell(p, "[%d] close fd %d", process, fd);
	uapi_compare(p, "ioasim_close");
}

static void step_exit(struct uapi_program *p)
{
	int process = uapi_process(p);

	if (fuzz_byte(&p->bytes) >= 0x20)
		return;
	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_process_exit(p->side[i].system, process);
	uapi_tell(p, "[%d] exit", process);
	uapi_compare(p, "ioasim_process_exit");
}

static void step_extension(struct uapi_program *p)
{
	struct uapi_call call = {.name = "CHECK_EXTENSION", .number = IOASIM_CHECK_EXTENSION};
	uint32_t extension;

	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, IOASIM_FD_IOASID);
	extension = fuzz_byte(&p->bytes);
	/* A11: which form of user tables there is, is the architecture's. */
	if (extension == IOASIM_EXT_USER_PGTABLE || extension == IOASIM_EXT_USER_PASID_TABLE)
		extension = IOASIM_EXT_NESTING;
	call.arg[0].extension =
		(struct ioasim_check_extension){sizeof(call.arg[0].extension), extension};
	uapi_copy(&call);
	uapi_tell(p, "[%d] CHECK_EXTENSION fd %d %u", call.process, call.fd, extension);
	uapi_make(p, &call);
}

static void step_device_info(struct uapi_program *p)
{
	struct ioasim_iova_range ranges[4];
	struct uapi_call call = {.name = "DEVICE_GET_INFO", .number = IOASIM_DEVICE_GET_INFO};

	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, IOASIM_FD_IOASID);
	call.arg[0].device = (struct ioasim_device_info){
		.size = sizeof(call.arg[0].device),
		.cookie = fuzz_byte(&p->bytes) % 8,
		.range_count = sizeof(ranges) / sizeof(ranges[0]),
		.ranges = fuzz_byte(&p->bytes) & 1 ? ranges : NULL,
	};
	/* The words are of the host: a pointer stands among them. */
	p->damage &= 0xef;
	uapi_copy(&call);
	uapi_tell(p, "[%d] DEVICE_GET_INFO fd %d cookie %llu", call.process, call.fd,
		  (unsigned long long)call.arg[0].device.cookie);
	uapi_make(p, &call);
}

/* ---- Devices -------------------------------------------------------------------------------------- */

static struct uapi_call on_device(struct uapi_program *p, const char *name, uint32_t number,
				  const struct device **device)
{
	struct uapi_call call = {.name = name, .number = number};
	const struct process *process;
	const struct fd *fd;

	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, IOASIM_FD_DEVICE);
	process = process_find(p->side[0].system, call.process);
	fd = process ? fd_find(process, call.fd) : NULL;
	*device = fd && fd->kind == IOASIM_FD_DEVICE ? fd->device : NULL;
	uapi_tell(p, "[%d] %s fd %d (device %d)", call.process, name, call.fd,
		  *device ? (*device)->number : -1);
	return call;
}

static void step_bind(struct uapi_program *p)
{
	const struct device *device;
	struct uapi_call call = on_device(p, "DEVICE_BIND", IOASIM_DEVICE_BIND, &device);

	call.arg[0].bind = (struct ioasim_device_bind){
		.size = sizeof(call.arg[0].bind),
		.ioasid_fd = uapi_fd(p, call.process, IOASIM_FD_IOASID),
		.cookie = device ? (uint64_t)device->number : 9,
	};
	if (fuzz_byte(&p->bytes) >= 0xf0)
		call.arg[0].bind.cookie = 0;
	uapi_copy(&call);
	uapi_tell(p, " to fd %d cookie %llu", call.arg[0].bind.ioasid_fd,
		  (unsigned long long)call.arg[0].bind.cookie);
	uapi_make(p, &call);
}

static void step_unbind(struct uapi_program *p)
{
	const struct device *device;
	struct uapi_call call = on_device(p, "DEVICE_UNBIND", IOASIM_DEVICE_UNBIND, &device);

	call.arg[0].unbind.size = sizeof(call.arg[0].unbind);
	uapi_copy(&call);
	uapi_make(p, &call);
}

static void step_pasid_info(struct uapi_program *p)
{
	const struct device *device;
	struct uapi_call call =
		on_device(p, "DEVICE_PASID_INFO", IOASIM_DEVICE_PASID_INFO, &device);

	call.arg[0].pasids.size = sizeof(call.arg[0].pasids);
	uapi_copy(&call);
	uapi_make(p, &call);
}

/* What R4, T4, T6 and T10 forbid on some architectures alone. */
static bool differs(const struct device *device, const struct ioasid *ioasid, uint32_t vpasid)
{
	bool mediated = device->parent && !device->config.software;
	bool user = ioasid->kind == IOASIM_IOASID_USER || ioasid->kind == IOASIM_IOASID_PASID_TABLE;
	bool parent = ioasid->flags & IOASIM_IOASID_NEST_PARENT;

	if (device->config.software)
		return false;
	if (vpasid != IOASIM_NO_VPASID || mediated)
		return user || parent || uapi_nests(device_pdev(device));
	if (user && device->group->count > 1)
		return true; /* R4 */
	return (user || parent) && uapi_has_pasids(device);
}

void uapi_route_call(struct uapi_program *p, struct uapi_call *call, const struct device *device)
{
	const struct ioasim_device_attach *arg = &call->arg[0].attach;
	const struct container *container = uapi_container(p, call->process, arg->ioasid_fd);
	const struct ioasid *ioasid = container ? ioasid_find(container, arg->ioasid) : NULL;

	uapi_tell(p, " fd %d ioasid %u vpasid %d", arg->ioasid_fd, arg->ioasid, (int)arg->vpasid);
	if (p->mode != UAPI_ALONE && call->number == IOASIM_DEVICE_ATTACH && device && ioasid &&
	    differs(device, ioasid, arg->vpasid)) {
		uapi_tell(p, " left out\n");
		return;
	}
	uapi_copy(call);
	uapi_make(p, call);
}

static struct uapi_call route_call(struct uapi_program *p, const char *name, uint32_t number,
				   const struct device **device)
{
	struct uapi_call call = on_device(p, name, number, device);
	struct ioasim_device_attach *arg = &call.arg[0].attach;

	*arg = (struct ioasim_device_attach){
		.size = sizeof(*arg),
		.ioasid_fd = uapi_fd(p, call.process, IOASIM_FD_IOASID),
	};
	if (*device && (*device)->bound && fuzz_byte(&p->bytes) < 0xf8)
		arg->ioasid_fd = uapi_fd_of(p, call.process, (*device)->bound, arg->ioasid_fd);
	arg->ioasid = uapi_ioasid(p, uapi_container(p, call.process, arg->ioasid_fd));
	return call;
}

void uapi_step_attach(struct uapi_program *p)
{
	const struct device *device;
	struct uapi_call call = route_call(p, "DEVICE_ATTACH", IOASIM_DEVICE_ATTACH, &device);
	struct ioasim_device_attach *arg = &call.arg[0].attach;
	const struct container *container = uapi_container(p, call.process, arg->ioasid_fd);

	arg->vpasid = uapi_vpasid(p);
	/* Rather one that can be attached everywhere. */
	for (uint32_t i = 0; device && container && i < container->room; i++) {
		uint32_t n = (arg->ioasid + i) % container->room;

		if (!container->ioasid[n] || differs(device, container->ioasid[n], arg->vpasid))
			continue;
		if (p->mode != UAPI_ALONE)
			arg->ioasid = n;
		break;
	}
	uapi_route_call(p, &call, device);
}

void uapi_step_detach(struct uapi_program *p)
{
	const struct device *device;
	struct uapi_call call = route_call(p, "DEVICE_DETACH", IOASIM_DEVICE_DETACH, &device);
	const struct attachment *attachment = uapi_attachment(p, device);

	call.arg[0].attach.vpasid = attachment ? attachment->vpasid : uapi_vpasid(p);
	if (attachment)
		call.arg[0].attach.ioasid = attachment->ioasid->number;
	uapi_route_call(p, &call, device);
}

static void step_driver(struct uapi_program *p)
{
	int device = uapi_device(p);
	uint8_t driver = fuzz_byte(&p->bytes) % 3;

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_device_driver(p->side[i].system, device,
							 (enum ioasim_device_driver)driver);
	uapi_tell(p, "device %d driver %u", device, driver);
	uapi_compare(p, "ioasim_device_driver");
}

static void step_mmio(struct uapi_program *p)
{
	int process = uapi_process(p), fd = uapi_fd(p, process, IOASIM_FD_DEVICE);

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_device_mmio(p->side[i].system, process, fd);
	uapi_tell(p, "[%d] mmio fd %d", process, fd);
	uapi_compare(p, "ioasim_device_mmio");
}

/* ---- VMs ---------------------------------------------------------------------------------------------- */

static bool has_number(const struct ioasid *ioasid)
{
	return ioasid->global_pasid != IOASIM_HWID_INVALID;
}

/* The vPASID that the number belongs to (Q2). */
static void choose_vpasid(struct uapi_program *p, const struct container *container,
			  struct ioasim_kvm_pasid *arg)
{
	const struct ioasid *ioasid = container ? ioasid_find(container, arg->ioasid) : NULL;
	const struct attachment *attachment;

	if (!ioasid || fuzz_byte(&p->bytes) >= 0xe0)
		return;
	LIST_FOREACH (attachment, &ioasid->attachments, ioasid_link)
		if (attachment->vpasid != IOASIM_NO_VPASID)
			arg->vpasid = attachment->vpasid;
}

/* One that a VM has. */
static void choose_entry(struct uapi_program *p, struct ioasim_kvm_pasid *arg)
{
	const struct kvm *kvm = LIST_FIRST(&p->side[0].system->kvms);

	if (kvm && !LIST_EMPTY(&kvm->pasids) && fuzz_byte(&p->bytes) < 0xc0)
		arg->vpasid = LIST_FIRST(&kvm->pasids)->vpasid;
}

/* Alone: only some architectures have it (Q). */
static void kvm_call(struct uapi_program *p, const char *name, uint32_t number)
{
	struct uapi_call call = {.name = name, .number = number};
	struct ioasim_kvm_pasid *arg = &call.arg[0].kvm;
	const struct container *container;

	if (p->mode != UAPI_ALONE)
		return;
	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, IOASIM_FD_KVM);
	*arg = (struct ioasim_kvm_pasid){.size = sizeof(*arg), .vpasid = uapi_vpasid(p)};
	if (arg->vpasid == IOASIM_NO_VPASID)
		arg->vpasid = 1;
	if (number == IOASIM_KVM_UNMAP_PASID)
		choose_entry(p, arg);
	if (number == IOASIM_ENABLE_PASID_TRANSLATION)
		call.arg[0].enable = (struct ioasim_kvm_enable){.size = sizeof(call.arg[0].enable)};
	if (number == IOASIM_KVM_MAP_PASID) {
		arg->ioasid_fd = uapi_fd(p, call.process, IOASIM_FD_IOASID);
		container = uapi_container(p, call.process, arg->ioasid_fd);
		arg->ioasid = uapi_ioasid_likely(p, container, has_number);
		choose_vpasid(p, container, arg);
	}
	uapi_copy(&call);
	uapi_tell(p, "[%d] %s fd %d vpasid %u ioasid_fd %d ioasid %u", call.process, name, call.fd,
		  arg->vpasid, arg->ioasid_fd, arg->ioasid);
	uapi_make(p, &call);
}

static void step_kvm(struct uapi_program *p)
{
	uint8_t choice = fuzz_byte(&p->bytes) % 8;

	if (choice == 0)
		kvm_call(p, "ENABLE_PASID_TRANSLATION", IOASIM_ENABLE_PASID_TRANSLATION);
	else if (choice < 6)
		kvm_call(p, "KVM_MAP_PASID", IOASIM_KVM_MAP_PASID);
	else
		kvm_call(p, "KVM_UNMAP_PASID", IOASIM_KVM_UNMAP_PASID);
}

/* Any number, on any descriptor: G1. */
static void step_any_call(struct uapi_program *p)
{
	struct uapi_call call = {.name = "a call"};

	call.process = uapi_process(p);
	call.fd = uapi_fd(p, call.process, any_kind(p));
	call.number = fuzz_byte(&p->bytes) % 4u << 8 | fuzz_byte(&p->bytes) % 16u;
	call.arg[0].size = fuzz_byte(&p->bytes) % 96;
	if (call.number >> 8 == IOASIM_FD_KVM && p->mode != UAPI_ALONE)
		return;
	uapi_copy(&call);
	uapi_tell(p, "[%d] call %#x fd %d size %u", call.process, call.number, call.fd,
		  call.arg[0].size);
	uapi_make(p, &call);
}

uapi_step *const uapi_steps_fds[] = {
	step_open,      step_open_device, step_open_device, step_dup,        step_close,
	step_exit,      step_bind,        step_bind,        step_bind,       step_bind,
	step_extension, step_device_info, step_unbind,      step_pasid_info, step_driver,
	step_mmio,      step_any_call,    step_kvm,         step_kvm,        NULL,
};

/* ---- Routes ------------------------------------------------------------------------------------------------- */

bool uapi_nests(const struct device *device)
{
	const struct attachment *attachment;
	const struct device *member;

	LIST_FOREACH (member, &device->group->members, group_link)
		LIST_FOREACH (attachment, &member->attachments, device_link)
			if (attachment->vpasid == IOASIM_NO_VPASID &&
			    (attachment->ioasid->kind == IOASIM_IOASID_USER ||
			     attachment->ioasid->kind == IOASIM_IOASID_PASID_TABLE ||
			     attachment->ioasid->flags & IOASIM_IOASID_NEST_PARENT))
				return true;
	return false;
}

bool uapi_has_pasids(const struct device *device)
{
	const struct ioasim_system *system = device->system;
	uint32_t rid = device_pdev(device)->config.requester_id;
	const struct attachment *attachment;

	for (unsigned n = 0; n < system->devices; n++) {
		if (device_pdev(system->device[n])->config.requester_id != rid)
			continue;
		LIST_FOREACH (attachment, &system->device[n]->attachments, device_link)
			if (attachment->pasid != DRIVER_NO_PASID)
				return true;
	}
	return false;
}

int uapi_fd_of(struct uapi_program *p, int process, const struct container *container, int other)
{
	const struct process *owner = process_find(p->side[0].system, process);

	for (uint32_t n = 0; owner && n < owner->fd_room; n++)
		if (owner->fd[n] && owner->fd[n]->kind == IOASIM_FD_IOASID &&
		    owner->fd[n]->container == container)
			return (int)n;
	return other;
}
