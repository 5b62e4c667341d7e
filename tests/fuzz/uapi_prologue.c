/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of most programs: what a VMM does before its guest runs. */
#include "uapi_program.h"

#include "model/uapi/device.h"

#define READ_WRITE (IOASIM_READ | IOASIM_WRITE)

/* Numbers of the first IOASIDs, in this order. */
enum { PARENT = 1, PLAIN, USER, OWN };

static void open_kind(struct uapi_program *p, enum ioasim_fd_kind kind)
{
	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_open(p->side[i].system, 0, kind);
	uapi_tell(p, "[0] open kind %d", kind);
	uapi_compare(p, "ioasim_open");
}

static void begin_space(struct uapi_program *p, bool parent)
{
	struct uapi_call call = {.name = "IOASID_ALLOC", .number = IOASIM_IOASID_ALLOC};

	call.arg[0].alloc = (struct ioasim_ioasid_alloc){
		.size = sizeof(call.arg[0].alloc),
		.flags = parent ? IOASIM_IOASID_NEST_PARENT : 0,
	};
	uapi_copy(&call);
	uapi_tell(p, "[0] IOASID_ALLOC fd 0 kernel flags %u", call.arg[0].alloc.flags);
	uapi_make(p, &call);
	if (p->side[0].result < 0)
		return;
	call = (struct uapi_call){.name = "MAP_DMA", .number = IOASIM_MAP_DMA};
	call.arg[0].map = (struct ioasim_map_dma){
		.size = sizeof(call.arg[0].map),
		.ioasid = (uint32_t)p->side[0].result,
		.prot = READ_WRITE,
		.vaddr = UAPI_MEMORY,
		.length = parent ? UAPI_SIZE : 8 * UAPI_PAGE,
	};
	uapi_copy(&call);
	uapi_tell(p, "[0] MAP_DMA fd 0 ioasid %u from 0 on", call.arg[0].map.ioasid);
	uapi_make(p, &call);
}

static int begin_device(struct uapi_program *p, int device)
{
	struct uapi_call call = {.name = "DEVICE_BIND", .number = IOASIM_DEVICE_BIND};

	for (unsigned i = 0; i < p->sides; i++)
		p->side[i].result = ioasim_open_device(p->side[i].system, 0, device);
	uapi_tell(p, "[0] open device %d", device);
	uapi_compare(p, "ioasim_open_device");
	call.fd = p->side[0].result;
	call.arg[0].bind = (struct ioasim_device_bind){.size = sizeof(call.arg[0].bind),
						       .cookie = (uint64_t)device};
	uapi_copy(&call);
	uapi_tell(p, "[0] DEVICE_BIND fd %d", call.fd);
	uapi_make(p, &call);
	return call.fd;
}

/* A guest's table over the parent, and a process's own space: once a device is bound. */
static void begin_user(struct uapi_program *p, bool fault)
{
	struct uapi_call call = {.name = "IOASID_ALLOC", .number = IOASIM_IOASID_ALLOC};

	for (unsigned i = 0; i < p->sides; i++) {
		struct ioasim_ioasid_alloc *alloc = &call.arg[i].alloc;
		bool delegates = p->side[i].system->arch->guest->pasid_words;

		*alloc = (struct ioasim_ioasid_alloc){
			.size = sizeof(*alloc),
			.flags = fault ? IOASIM_IOASID_FAULT : 0,
			.kind = delegates ? IOASIM_IOASID_PASID_TABLE : IOASIM_IOASID_USER,
			.parent = PARENT,
			.table_lg2 = delegates ? UAPI_PASID_LG2 : 0,
			.root = delegates ? UAPI_PASIDS(0) : UAPI_TABLE(0),
		};
	}
	uapi_tell(p, "[0] IOASID_ALLOC fd 0 user table 0 flags %u", call.arg[0].alloc.flags);
	uapi_make(p, &call);
	call.arg[0].alloc = (struct ioasim_ioasid_alloc){.size = sizeof(call.arg[0].alloc),
							 .kind = IOASIM_IOASID_SVA};
	uapi_copy(&call);
	uapi_tell(p, "[0] IOASID_ALLOC fd 0 sva");
	uapi_make(p, &call);
}

static void begin_route(struct uapi_program *p, int device, int fd, uint32_t ioasid,
			uint32_t vpasid)
{
	struct uapi_call call = {.name = "DEVICE_ATTACH", .number = IOASIM_DEVICE_ATTACH, .fd = fd};

	call.arg[0].attach = (struct ioasim_device_attach){
		.size = sizeof(call.arg[0].attach), .ioasid = ioasid, .vpasid = vpasid};
	uapi_tell(p, "[0] DEVICE_ATTACH fd %d (device %d)", fd, device);
	uapi_route_call(p, &call, device_find(p->side[0].system, device));
}

static void begin_routes(struct uapi_program *p, int device, int fd, uint8_t choice)
{
	if (choice & 3)
		begin_route(p, device, fd, choice & 2 ? PARENT : PLAIN, IOASIM_NO_VPASID);
	if ((choice & 3) == 3)
		begin_route(p, device, fd, USER, IOASIM_NO_VPASID);
	if (choice & 4)
		begin_route(p, device, fd, PLAIN, 1 + choice / 8 % 4u);
	if (choice & 0x40)
		begin_route(p, device, fd, choice & 0x80 ? USER : OWN, 2);
}

/* What a VM's task may use from the beginning: the vPASIDs of the mdevs that take ENQCMD. */
static void begin_translation(struct uapi_program *p, int kvm, const struct device *device)
{
	struct uapi_call call = {
		.name = "KVM_MAP_PASID", .number = IOASIM_KVM_MAP_PASID, .fd = kvm};
	const struct attachment *attachment;

	if (!device->parent || !device_has(device, IOASIM_DEVICE_ENQCMD))
		return;
	LIST_FOREACH (attachment, &device->attachments, device_link) {
		if (attachment->vpasid == IOASIM_NO_VPASID)
			continue;
		call.arg[0].kvm = (struct ioasim_kvm_pasid){.size = sizeof(call.arg[0].kvm),
							    .vpasid = attachment->vpasid,
							    .ioasid = attachment->ioasid->number};
		uapi_copy(&call);
		uapi_tell(p, "[0] KVM_MAP_PASID fd %d vpasid %u ioasid %u", kvm, attachment->vpasid,
			  attachment->ioasid->number);
		uapi_make(p, &call);
	}
}

static void begin_vm(struct uapi_program *p, bool translates)
{
	struct uapi_call call = {.name = "ENABLE_PASID_TRANSLATION",
				 .number = IOASIM_ENABLE_PASID_TRANSLATION};

	open_kind(p, IOASIM_FD_KVM);
	call.fd = p->side[0].result;
	if (!translates)
		return;
	call.arg[0].enable = (struct ioasim_kvm_enable){.size = sizeof(call.arg[0].enable)};
	uapi_copy(&call);
	uapi_tell(p, "[0] ENABLE_PASID_TRANSLATION fd %d", call.fd);
	uapi_make(p, &call);
	for (unsigned n = 0; p->side[0].result == 0 && n < p->side[0].system->devices; n++)
		begin_translation(p, call.fd, p->side[0].system->device[n]);
}

/* Mostly what the program is about. */
static uint8_t likely_choice(const struct uapi_program *p, unsigned device, uint8_t choice)
{
	const bool mdev = p->side[0].system->device[device]->parent != NULL;

	if (choice < 0x20)
		return choice;
	if (p->vm && mdev)
		return (choice & 0x38) | 4; /* a vPASID */
	return p->asks && !mdev ? choice | 3 : choice; /* a user's table */
}

void uapi_prologue(struct uapi_program *p, const uint8_t *choices)
{
	int fd[UAPI_DEVICES];

	p->damage = 0;
	if (choices[0] >= 0xf0)
		return;
	open_kind(p, IOASIM_FD_IOASID);
	begin_space(p, true);
	begin_space(p, false);
	for (unsigned n = 0; n < p->side[0].system->devices; n++)
		fd[n] = begin_device(p, (int)n);
	begin_user(p, p->asks || choices[0] & 1);
	for (unsigned n = 0; n < p->side[0].system->devices; n++)
		begin_routes(p, (int)n, fd[n], likely_choice(p, n, choices[1 + n]));
	if (p->mode == UAPI_ALONE)
		begin_vm(p, p->vm || choices[0] & 2);
}
