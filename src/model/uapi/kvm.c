/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs and their PASID translation (Q): what the instruction ENQCMD of a guest becomes on
 * its way to a device. Only VT-d machines have it.
 */
#include "model/uapi/kvm.h"

#include "model/uapi/attach_inside.h"
#include "model/uapi/calls.h"
#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/device.h"
#include "model/uapi/dma_inside.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <stdlib.h>

bool kvm_pasid_offered(const struct ioasim_system *system)
{
	return system->arch->uapi.enqcmd;
}

static struct kvm_pasid *kvm_find(const struct kvm *kvm, uint32_t vpasid)
{
	struct kvm_pasid *entry;

	LIST_FOREACH (entry, &kvm->pasids, link) {
		if (entry->vpasid == vpasid)
			return entry;
	}
	return NULL;
}

/* ---- ENABLE_PASID_TRANSLATION ------------------------------------------------------------- */

const struct call_check kvm_enable_checks[] = {CALL_CHECKS_END};

int kvm_enable_work(struct call *call)
{
	call->on.kvm->translate = true;
	return 0;
}

/* ---- KVM_MAP_PASID --------------------------------------------------------------------------- */

static bool not_enabled(struct call *call)
{
	return !call->on.kvm->translate;
}

static bool vpasid_bad(struct call *call)
{
	uint32_t vpasid = call->arg.kvm_pasid.vpasid;

	return vpasid == 0 || vpasid > IOASIM_PASID_MAX;
}

/* An attachment of type 8: an ENQCMD mdev's, with a vPASID; of this one, if not none. */
static bool has_type8(const struct ioasid *ioasid, uint32_t vpasid)
{
	const struct attachment *attachment;

	LIST_FOREACH (attachment, &ioasid->attachments, ioasid_link) {
		if (!attachment->global || attachment->vpasid == IOASIM_NO_VPASID ||
		    !device_has(attachment->device, IOASIM_DEVICE_ENQCMD))
			continue;
		if (vpasid == IOASIM_NO_VPASID || attachment->vpasid == vpasid)
			return true;
	}
	return false;
}

static bool no_global_pasid(struct call *call)
{
	return !has_type8(call->ioasid, IOASIM_NO_VPASID);
}

static bool vpasid_differs(struct call *call)
{
	return !has_type8(call->ioasid, call->arg.kvm_pasid.vpasid);
}

static bool vpasid_mapped(struct call *call)
{
	return kvm_find(call->on.kvm, call->arg.kvm_pasid.vpasid) != NULL;
}

const struct call_check kvm_map_checks[] = {
	{"Q1 Q2", EINVAL, "translation is not enabled in this VM", not_enabled},
	{"Q2", EINVAL, "vpasid is 0 or has more than 20 bits", vpasid_bad},
	{"Q2", EBADF, "ioasid_fd is not open", call_ioasid_fd_closed},
	{"Q2", EBADFD, "ioasid_fd is not of /dev/ioasid", call_ioasid_fd_other},
	{"Q2 G8", ENOENT, "the IOASID does not exist in this FD", call_ioasid_unknown},
	{"Q2 A9", EBUSY, "the IOASID is free-pending", call_ioasid_freed},
	{"Q2", EINVAL, "the IOASID is attached to no ENQCMD mdev with a vPASID", no_global_pasid},
	{"Q2", EPERM, "vpasid is not that of the attachment", vpasid_differs},
	{"Q2", EEXIST, "vpasid is mapped", vpasid_mapped},
	{"Q2", ENOMEM, "memory for the entry", NULL},
	CALL_CHECKS_END,
};

int kvm_map_work(struct call *call)
{
	struct kvm_pasid *entry = calloc(1, sizeof(*entry));
	int error;

	if (!entry)
		return -ENOMEM;
	error = pasid_hold(call->ioasid);
	if (error) {
		free(entry);
		return error;
	}
	entry->vpasid = call->arg.kvm_pasid.vpasid;
	entry->pasid = call->ioasid->global_pasid;
	entry->ioasid = call->ioasid;
	call->ioasid->kvm_count++;
	LIST_INSERT_HEAD(&call->on.kvm->pasids, entry, link);
	return 0;
}

/* ---- KVM_UNMAP_PASID ---------------------------------------------------------------------------- */

static bool not_mapped(struct call *call)
{
	return !vpasid_mapped(call);
}

const struct call_check kvm_unmap_checks[] = {
	{"Q3", ENOENT, "vpasid is not mapped", not_mapped},
	CALL_CHECKS_END,
};

/* Q3, Q6: the entry goes first; instructions are not under way between calls. */
static void entry_remove(struct kvm_pasid *entry)
{
	struct ioasid *ioasid = entry->ioasid;

	LIST_REMOVE(entry, link);
	pasid_drop(ioasid->container, ioasid, entry->pasid);
	free(entry);
	ioasid->kvm_count--;
	ioasid_settle(ioasid);
}

int kvm_unmap_work(struct call *call)
{
	entry_remove(kvm_find(call->on.kvm, call->arg.kvm_pasid.vpasid));
	return 0;
}

void kvm_close(struct kvm *kvm)
{
	while (!LIST_EMPTY(&kvm->pasids))
		entry_remove(LIST_FIRST(&kvm->pasids));
}

/* ---- The instruction --------------------------------------------------------------------------------- */

static bool has_device(const struct process *process, const struct device *device)
{
	for (uint32_t n = 0; n < process->fd_room; n++)
		if (process->fd[n] && process->fd[n]->kind == IOASIM_FD_DEVICE &&
		    process->fd[n]->device == device)
			return true;
	return false;
}

int ioasim_enqcmd(struct ioasim_system *system, int process, int kvm_fd, uint32_t vpasid,
		  const struct ioasim_dma *dma, struct ioasim_dma_result *result)
{
	const struct process *caller = process_find(system, process);
	const struct device *device = device_find(system, dma->device);
	const struct fd *fd = caller ? fd_find(caller, kvm_fd) : NULL;
	const struct kvm_pasid *entry;
	struct dma_wire wire;

	if (!kvm_pasid_offered(system))
		return -EOPNOTSUPP;
	if (!fd)
		return -EBADF;
	if (fd->kind != IOASIM_FD_KVM)
		return -EBADFD;
	if (!device)
		return -ENODEV;
	if (!device_has(device, IOASIM_DEVICE_ENQCMD))
		return -EOPNOTSUPP;
	if (vpasid > IOASIM_PASID_MAX || !dma->access || !dma->length)
		return -EINVAL;
	/* Q5, B2: the portal is closed; and a guest has those of its VMM's devices alone. */
	if (!device->bound || !has_device(fd->kvm->owner, device) ||
	    (device->parent && !fd->kvm->translate))
		return -EPERM;
	dma_wire_of_pasid(device, vpasid, &wire);
	if (fd->kvm->translate) {
		entry = kvm_find(fd->kvm, vpasid);
		if (!entry)
			return dma_finish_cpu_fault(system, dma, result);
		wire.pasid = entry->pasid;
		wire.shown = entry->ioasid;
	}
	wire.enqcmd = true;
	checker_enqcmd(fd->kvm, device, vpasid, wire.pasid);
	return dma_run(system, dma, &wire, result);
}
