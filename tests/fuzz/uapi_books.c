/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's books as a number, and what must not be left in them. */
#include "uapi_program.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t ioasid_books(uint64_t hash, const struct ioasid *ioasid)
{
	hash = mix(hash, (uint64_t)ioasid->number << 32 | ioasid->kind);
	hash = mix(hash, (uint64_t)ioasid->flags << 32 | ioasid->snoop << 1 | ioasid->freed);
	hash = mix(hash, (uint64_t)ioasid->attachment_count << 32 | ioasid->kvm_count);
	hash = mix(hash, (uint64_t)ioasid->fault_count << 32 | ioasid->child_count);
	hash = mix(hash, ioasid->global_pasid);
	hash = mix(hash, ioasid->user ? ioasid->root : 1);
	if (ioasid->aspace) {
		struct interval_place place;
		const struct interval *area = interval_find(&ioasid->aspace->areas, 0, 0, &place);

		for (; area; area = interval_next(&ioasid->aspace->areas, &place))
			hash = mix(mix(hash, area->first + area->value), area->last + area->access);
		hash = mix(hash, ioasid->aspace->reserved_count);
	}
	return hash;
}

static uint64_t container_books(uint64_t hash, const struct container *container)
{
	hash = mix(hash, (uint64_t)container->ioasids << 1 | container->dead);
	hash = mix(hash, (uint64_t)container->type7 << 32 | container->type8);
	hash = mix(hash, container->event_count);
	for (uint32_t n = 0; n < container->room; n++)
		if (container->ioasid[n])
			hash = ioasid_books(hash, container->ioasid[n]);
	return hash;
}

static uint64_t device_books(uint64_t hash, const struct device *device)
{
	const struct attachment *attachment;

	hash = mix(hash, device->bound ? device->cookie + 2 : device->open);
	hash = mix(hash, (uint64_t)device->group->state << 32 | device->group->bound << 8 |
				 device->group->attached);
	hash = mix(hash, device->config.driver);
	for (unsigned n = 0; n < IOASIM_QUEUES; n++)
		hash = mix(hash, (uint64_t)device->queue[n].state << 32 | device->queue[n].vpasid);
	LIST_FOREACH (attachment, &device->attachments, device_link) {
		hash = mix(hash, (uint64_t)attachment->pasid << 32 | attachment->vpasid);
		hash = mix(hash, (uint64_t)attachment->ioasid->number << 3 |
					 (unsigned)attachment->blocked << 2 |
					 (unsigned)(attachment->over != NULL) << 1 |
					 attachment->global);
	}
	return hash;
}

static uint64_t process_books(uint64_t hash, const struct process *process)
{
	hash = mix(hash, process->areas.count << 1 | process->dead);
	for (uint32_t n = 0; n < process->fd_room; n++)
		if (process->fd[n])
			hash = mix(hash, (uint64_t)n << 32 | process->fd[n]->kind);
	return hash;
}

uint64_t uapi_books(const struct ioasim_system *system)
{
	const struct container *container;
	const struct kvm_pasid *pasid;
	const struct fault *fault;
	const struct kvm *kvm;
	uint64_t hash = 1;

	LIST_FOREACH (container, &system->containers, link)
		hash = container_books(hash, container);
	LIST_FOREACH (kvm, &system->kvms, link) {
		hash = mix(hash, kvm->translate);
		LIST_FOREACH (pasid, &kvm->pasids, link)
			hash = mix(hash, (uint64_t)pasid->vpasid << 32 | pasid->pasid);
	}
	LIST_FOREACH (fault, &system->faults, all)
		hash = mix(hash, (uint64_t)fault->event.event << 2 |
					 (unsigned)fault->answered << 1 | fault->read);
	for (unsigned n = 0; n < system->devices; n++)
		hash = device_books(hash, system->device[n]);
	for (unsigned n = 0; n < system->processes; n++)
		hash = process_books(hash, system->process[n]);
	for (uint64_t n = 0; n < system->frames.fresh; n++)
		hash = mix(hash, (uint64_t)system->frames.frame[n].mapped << 32 |
					 system->frames.frame[n].pins);
	return hash;
}

static const char *left_of_device(const struct device *device)
{
	if (device->bound || device->open)
		return "a device is bound or open when all processes have ended";
	if (!LIST_EMPTY(&device->attachments))
		return "a device is attached when all processes have ended";
	if (device->group->state != GROUP_HOST || device->group->bound || device->group->attached)
		return "a group is not the host's when all processes have ended";
	return NULL;
}

const char *uapi_left(const struct ioasim_system *system)
{
	const struct fault *fault;

	if (!LIST_EMPTY(&system->containers))
		return "a container is left when all processes have ended";
	if (!LIST_EMPTY(&system->kvms))
		return "a VM is left when all processes have ended";
	LIST_FOREACH (fault, &system->faults, all)
		if (!fault->answered)
			return "a fault is unanswered when all processes have ended (F7)";
	for (unsigned n = 0; n < system->devices; n++) {
		const char *left = left_of_device(system->device[n]);

		if (left)
			return left;
	}
	for (uint64_t n = 0; n < system->frames.fresh; n++)
		if (system->frames.frame[n].mapped || system->frames.frame[n].pins)
			return "a frame is mapped or pinned when all processes have ended (M7)";
	for (uint32_t id = 1; id < 256; id++)
		if (ioasim_hwid_state(system->hwids, id) != IOASIM_HWID_FREE)
			return "a hardware ID is taken when all processes have ended (P8)";
	return NULL;
}
