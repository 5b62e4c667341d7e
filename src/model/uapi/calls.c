/* SPDX-License-Identifier: Apache-2.0 */
/* The table of calls, and the dispatcher that executes it (G). */
#include "model/uapi/calls.h"

#include "model/uapi/checker.h"
#include "model/uapi/descriptor.h"
#include "model/uapi/ioasid.h"
#include "model/uapi/process.h"

#include <errno.h>
#include <string.h>

/* ---- Members ---------------------------------------------------------------------------- */

#define MEMBER(type, member, kind, known, text)                                             \
	{                                                                                   \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), \
			(kind), (known), (text)                                             \
	}
#define VALUE(type, member, text)        MEMBER(type, member, MEMBER_VALUE, 0, text)
#define FILLED(type, member, most, text) MEMBER(type, member, MEMBER_FILLED, most, text)
/* The most that can be told. */
#define PAGE_SIZES (UINT64_C(1) << 30 | UINT64_C(1) << 21 | UINT64_C(1) << 12)
#define FORMATS    ((2u << IOASIM_FORMAT_SMMUV3_CD) - 1)
#define PASID_FLAGS \
	(IOASIM_PASID_PRESENT | IOASIM_PASID_DELEGATED | IOASIM_PASID_CPU | IOASIM_PASID_CPU_VIRT)

#define RESERVED(type)                 MEMBER(type, reserved, MEMBER_RESERVED, 0, "0")
#define FLAGS(type, known, text)       MEMBER(type, flags, MEMBER_FLAGS, known, text)
#define NO_FLAGS(type)                 FLAGS(type, 0, "0")
#define ENUM(type, member, last, text) MEMBER(type, member, MEMBER_ENUM, last, text)
#define MEMBERS_END                    \
	{                              \
		NULL, 0, 0, 0, 0, NULL \
	}

static const struct call_member check_extension_members[] = {
	VALUE(ioasim_check_extension, extension, "enum ioasim_extension, or any number"),
	MEMBERS_END,
};

static const struct call_member device_info_members[] = {
	NO_FLAGS(ioasim_device_info),
	VALUE(ioasim_device_info, cookie, "of a device that is bound to the FD"),
	FILLED(ioasim_device_info, arch, 2, "0 vtd, 1 amdvi, 2 smmuv3"),
	FILLED(ioasim_device_info, nesting_hardware, 1, "1: the IOMMU nests; 0: software only"),
	FILLED(ioasim_device_info, page_sizes, PAGE_SIZES, "a mask of sizes in bytes"),
	FILLED(ioasim_device_info, formats, FORMATS, "a mask of 1 << enum ioasim_ioasid_format"),
	FILLED(ioasim_device_info, snoop_enforced, 1, "1: snooping can be enforced"),
	FILLED(ioasim_device_info, pasid_width, PASID_BITS, "bits; 0: no PASID"),
	VALUE(ioasim_device_info, range_count, "room for ranges; becomes how many there are"),
	MEMBER(ioasim_device_info, ranges, MEMBER_POINTER, 0,
	       "what the device can use of the IOVA space; or NULL"),
	MEMBERS_END,
};

static const struct call_member alloc_members[] = {
	FLAGS(ioasim_ioasid_alloc, IOASIM_IOASID_NEST_PARENT | IOASIM_IOASID_FAULT,
	      "1 nest_parent (kind kernel), 2 fault (user kinds)"),
	ENUM(ioasim_ioasid_alloc, kind, IOASIM_IOASID_SVA,
	     "0 kernel, 1 user, 2 pasid_table, 3 sva"),
	VALUE(ioasim_ioasid_alloc, parent, "an IOASID of kind kernel; 0: none"),
	ENUM(ioasim_ioasid_alloc, format, IOASIM_FORMAT_SMMUV3_CD,
	     "of a user's table: 0 the architecture's, 1 vtd 4 levels, 2 vtd 5 levels, 3 amd GCR3, "
	     "4 smmuv3 CD"),
	ENUM(ioasim_ioasid_alloc, snoop, IOASIM_SNOOP_NONE, "0 auto, 1 enforce, 2 none"),
	VALUE(ioasim_ioasid_alloc, table_lg2,
	      "pasid_table: PASIDs that the table holds, as a logarithm"),
	RESERVED(ioasim_ioasid_alloc),
	VALUE(ioasim_ioasid_alloc, root, "user kinds: address of the table in the parent"),
	MEMBERS_END,
};

static const struct call_member id_members[] = {
	VALUE(ioasim_ioasid_id, ioasid, "of this FD"),
	MEMBERS_END,
};

static const struct call_member info_members[] = {
	VALUE(ioasim_ioasid_info, ioasid, "of this FD"),
	FILLED(ioasim_ioasid_info, kind, IOASIM_IOASID_SVA, "enum ioasim_ioasid_kind"),
	FILLED(ioasim_ioasid_info, parent, INT32_MAX, "0: none"),
	FILLED(ioasim_ioasid_info, state, IOASIM_STATE_FREE_PENDING,
	       "0 idle, 1 active, 2 free-pending"),
	FILLED(ioasim_ioasid_info, attachments, UINT32_MAX, "how many"),
	MEMBERS_END,
};

static const struct call_member map_members[] = {
	VALUE(ioasim_map_dma, ioasid, "of this FD, kind kernel"),
	MEMBER(ioasim_map_dma, prot, MEMBER_FLAGS, IOASIM_READ | IOASIM_WRITE, "1 read, 2 write"),
	RESERVED(ioasim_map_dma),
	VALUE(ioasim_map_dma, iova, "multiple of 4 KiB"),
	VALUE(ioasim_map_dma, vaddr, "of the caller's memory; of the parent, if there is one"),
	VALUE(ioasim_map_dma, length, "multiple of 4 KiB"),
	MEMBERS_END,
};

static const struct call_member unmap_members[] = {
	VALUE(ioasim_unmap_dma, ioasid, "of this FD, kind kernel"),
	VALUE(ioasim_unmap_dma, iova, "multiple of 4 KiB"),
	VALUE(ioasim_unmap_dma, length, "multiple of 4 KiB; 2^64 - 1 with iova 0: everything"),
	FILLED(ioasim_unmap_dma, unmapped, UINT64_MAX, "bytes"),
	MEMBERS_END,
};

static const struct call_member create_nesting_members[] = {
	FLAGS(ioasim_create_nesting, IOASIM_IOASID_FAULT, "2 fault"),
	VALUE(ioasim_create_nesting, parent, "an IOASID of kind kernel with nest_parent"),
	RESERVED(ioasim_create_nesting),
	MEMBERS_END,
};

static const struct call_member bind_pgtable_members[] = {
	VALUE(ioasim_bind_pgtable, ioasid, "of this FD"),
	ENUM(ioasim_bind_pgtable, format, IOASIM_FORMAT_SMMUV3_CD, "as of IOASID_ALLOC"),
	VALUE(ioasim_bind_pgtable, table_lg2, "as of IOASID_ALLOC"),
	VALUE(ioasim_bind_pgtable, root, "as of IOASID_ALLOC"),
	MEMBERS_END,
};

static const struct call_member invalidate_members[] = {
	FLAGS(ioasim_invalidate, IOASIM_INVALIDATE_COOKIE, "1 cookie: one device only"),
	VALUE(ioasim_invalidate, ioasid, "of this FD, kind user or pasid_table"),
	ENUM(ioasim_invalidate, scope, IOASIM_SCOPE_PASID, "0 all, 1 range, 2 pasid"),
	ENUM(ioasim_invalidate, cache, IOASIM_INV_PASID, "0 iotlb, 1 devtlb, 2 pasid"),
	VALUE(ioasim_invalidate, vpasid, "pasid_table: one PASID; 2^32 - 1: none named"),
	VALUE(ioasim_invalidate, cookie, "with the flag"),
	VALUE(ioasim_invalidate, address, "range: first address of stage 1"),
	VALUE(ioasim_invalidate, length, "range: bytes"),
	MEMBERS_END,
};

static const struct call_member response_members[] = {
	VALUE(ioasim_fault_response, event, "as it was read"),
	VALUE(ioasim_fault_response, code, "0 success, 1 invalid"),
	RESERVED(ioasim_fault_response),
	MEMBERS_END,
};

static const struct call_member bind_members[] = {
	NO_FLAGS(ioasim_device_bind),
	VALUE(ioasim_device_bind, ioasid_fd, "a descriptor of /dev/ioasid"),
	RESERVED(ioasim_device_bind),
	VALUE(ioasim_device_bind, cookie, "the user's name of the device in that FD"),
	MEMBERS_END,
};

static const struct call_member unbind_members[] = {
	NO_FLAGS(ioasim_device_unbind),
	MEMBERS_END,
};

static const struct call_member attach_members[] = {
	NO_FLAGS(ioasim_device_attach),
	VALUE(ioasim_device_attach, ioasid_fd, "the one that the device is bound to"),
	VALUE(ioasim_device_attach, ioasid, "of that FD"),
	VALUE(ioasim_device_attach, vpasid, "1 to 2^20 - 1; 2^32 - 1: the default route"),
	RESERVED(ioasim_device_attach),
	MEMBERS_END,
};

static const struct call_member pasid_info_members[] = {
	FILLED(ioasim_pasid_info, pasid_flags, PASID_FLAGS,
	       "1 present, 2 delegated, 4 from the CPU, 8 translated by the CPU"),
	MEMBERS_END,
};

static const struct call_member kvm_enable_members[] = {
	NO_FLAGS(ioasim_kvm_enable),
	MEMBERS_END,
};

static const struct call_member kvm_pasid_members[] = {
	VALUE(ioasim_kvm_pasid, vpasid, "1 to 2^20 - 1"),
	VALUE(ioasim_kvm_pasid, ioasid_fd, "a descriptor of /dev/ioasid (KVM_MAP_PASID)"),
	VALUE(ioasim_kvm_pasid, ioasid, "of that FD (KVM_MAP_PASID)"),
	MEMBERS_END,
};

/* ---- The table ----------------------------------------------------------------------------- */

#define STRUCTURE(type) .structure = #type, .size = sizeof(struct type)
/* The caller may know less of the structure than this version does. */
#define AT_LEAST(type, member) .minimum = offsetof(struct type, member)
#define WHOLE(type)            .minimum = sizeof(struct type)

static const struct call_entry calls[] = {
	{IOASIM_CHECK_EXTENSION, "CHECK_EXTENSION", STRUCTURE(ioasim_check_extension),
	 .text = "Whether the kernel can do something.", .returns = "1 or 0",
	 WHOLE(ioasim_check_extension), .members = check_extension_members,
	 .checks = check_extension_checks, .work = check_extension_work},
	{IOASIM_DEVICE_GET_INFO, "DEVICE_GET_INFO", STRUCTURE(ioasim_device_info),
	 .text = "What a bound device and the IOMMU in front of it can do.",
	 AT_LEAST(ioasim_device_info, ranges), .members = device_info_members,
	 .checks = device_info_checks, .work = device_info_work},
	{IOASIM_IOASID_ALLOC, "IOASID_ALLOC", STRUCTURE(ioasim_ioasid_alloc),
	 .text = "A new I/O address space, through which nothing passes yet.",
	 .returns = "its number", AT_LEAST(ioasim_ioasid_alloc, table_lg2),
	 .members = alloc_members, .checks = ioasid_alloc_checks, .work = ioasid_alloc_work},
	{IOASIM_IOASID_FREE, "IOASID_FREE", STRUCTURE(ioasim_ioasid_id),
	 .text = "Frees an address space. One in use lets nothing through from the return on; its "
		 "number is free when nothing holds it any more.",
	 WHOLE(ioasim_ioasid_id), .members = id_members, .checks = ioasid_free_checks,
	 .work = ioasid_free_work},
	{IOASIM_IOASID_GET_INFO, "IOASID_GET_INFO", STRUCTURE(ioasim_ioasid_info),
	 .text = "Kind, parent, state and number of attachments.", WHOLE(ioasim_ioasid_info),
	 .members = info_members, .checks = ioasid_info_checks, .work = ioasid_info_work},
	{IOASIM_MAP_DMA, "MAP_DMA", STRUCTURE(ioasim_map_dma),
	 .text = "Maps the caller's memory, or a range of the parent.", WHOLE(ioasim_map_dma),
	 .members = map_members, .checks = map_dma_checks, .work = map_dma_work},
	{IOASIM_UNMAP_DMA, "UNMAP_DMA", STRUCTURE(ioasim_unmap_dma),
	 .text = "Unmaps whole mappings; no device reaches the pages from the return on.",
	 AT_LEAST(ioasim_unmap_dma, unmapped), .members = unmap_members, .checks = unmap_dma_checks,
	 .work = unmap_dma_work},
	{IOASIM_CREATE_NESTING, "CREATE_NESTING", STRUCTURE(ioasim_create_nesting),
	 .text = "An address space over a parent whose table is bound later.",
	 .returns = "its number", WHOLE(ioasim_create_nesting), .members = create_nesting_members,
	 .checks = create_nesting_checks, .work = create_nesting_work},
	{IOASIM_BIND_PGTABLE, "BIND_PGTABLE", STRUCTURE(ioasim_bind_pgtable),
	 .text = "Binds a user's table; attached routes walk it from the return on.",
	 WHOLE(ioasim_bind_pgtable), .members = bind_pgtable_members, .checks = bind_pgtable_checks,
	 .work = bind_pgtable_work},
	{IOASIM_UNBIND_PGTABLE, "UNBIND_PGTABLE", STRUCTURE(ioasim_ioasid_id),
	 .text = "Ends that; attached routes are blocked at the return.", WHOLE(ioasim_ioasid_id),
	 .members = id_members, .checks = unbind_pgtable_checks, .work = unbind_pgtable_work},
	{IOASIM_INVALIDATE_CACHE, "INVALIDATE_CACHE", STRUCTURE(ioasim_invalidate),
	 .text = "What a guest changed in its table counts from the return on.",
	 WHOLE(ioasim_invalidate), .members = invalidate_members, .checks = invalidate_checks,
	 .work = invalidate_work},
	{IOASIM_PAGE_RESPONSE, "PAGE_RESPONSE", STRUCTURE(ioasim_fault_response),
	 .text = "Answers a recoverable fault.", WHOLE(ioasim_fault_response),
	 .members = response_members, .checks = page_response_checks, .work = page_response_work},
	{IOASIM_DEVICE_BIND, "DEVICE_BIND", STRUCTURE(ioasim_device_bind),
	 .text = "Binds the device to an FD: its DMA is blocked until it is attached.",
	 WHOLE(ioasim_device_bind), .members = bind_members, .checks = device_bind_checks,
	 .work = device_bind_work},
	{IOASIM_DEVICE_UNBIND, "DEVICE_UNBIND", STRUCTURE(ioasim_device_unbind),
	 .text = "Ends that; the last one of a group gives it back to the host.",
	 WHOLE(ioasim_device_unbind), .members = unbind_members, .checks = device_unbind_checks,
	 .work = device_unbind_work},
	{IOASIM_DEVICE_ATTACH, "DEVICE_ATTACH", STRUCTURE(ioasim_device_attach),
	 .text = "Lets the device's requests, or those with a PASID, through an address space.",
	 WHOLE(ioasim_device_attach), .members = attach_members, .checks = device_attach_checks,
	 .work = device_attach_work},
	{IOASIM_DEVICE_DETACH, "DEVICE_DETACH", STRUCTURE(ioasim_device_attach),
	 .text = "Ends that; nothing of the route gets through from the return on.",
	 WHOLE(ioasim_device_attach), .members = attach_members, .checks = device_detach_checks,
	 .work = device_detach_work},
	{IOASIM_DEVICE_PASID_INFO, "DEVICE_PASID_INFO", STRUCTURE(ioasim_pasid_info),
	 .text = "Whether and how the device has PASIDs.", AT_LEAST(ioasim_pasid_info, pasid_flags),
	 .members = pasid_info_members, .checks = pasid_info_checks, .work = pasid_info_work},
	{IOASIM_ENABLE_PASID_TRANSLATION, "ENABLE_PASID_TRANSLATION", STRUCTURE(ioasim_kvm_enable),
	 .text = "The VM's ENQCMD translates PASIDs from now on.", WHOLE(ioasim_kvm_enable),
	 .members = kvm_enable_members, .checks = kvm_enable_checks, .offered = kvm_pasid_offered,
	 .work = kvm_enable_work},
	{IOASIM_KVM_MAP_PASID, "KVM_MAP_PASID", STRUCTURE(ioasim_kvm_pasid),
	 .text = "The VM's ENQCMD can use a vPASID.", WHOLE(ioasim_kvm_pasid),
	 .members = kvm_pasid_members, .checks = kvm_map_checks, .offered = kvm_pasid_offered,
	 .work = kvm_map_work},
	{IOASIM_KVM_UNMAP_PASID, "KVM_UNMAP_PASID", STRUCTURE(ioasim_kvm_pasid),
	 .text = "Ends that; no CPU uses it any more at the return.",
	 AT_LEAST(ioasim_kvm_pasid, ioasid_fd), .members = kvm_pasid_members,
	 .checks = kvm_unmap_checks, .offered = kvm_pasid_offered, .work = kvm_unmap_work},
};

const struct call_entry *call_table(unsigned n)
{
	return n < sizeof(calls) / sizeof(calls[0]) ? &calls[n] : NULL;
}

static const struct call_entry *call_find(uint32_t number)
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

/* ---- Shared checks --------------------------------------------------------------------------- */

/* The descriptor that the argument names. */
static int32_t named_fd(const struct call *call)
{
	switch (call->entry->number) {
	case IOASIM_DEVICE_BIND:
		return call->arg.bind.ioasid_fd;
	case IOASIM_KVM_MAP_PASID:
		return call->arg.kvm_pasid.ioasid_fd;
	default:
		return call->arg.attach.ioasid_fd;
	}
}

bool call_ioasid_fd_closed(struct call *call)
{
	call->fd = fd_find(call->process, named_fd(call));
	return !call->fd;
}

bool call_ioasid_fd_other(struct call *call)
{
	if (call->fd->kind != IOASIM_FD_IOASID)
		return true;
	call->container = call->fd->container;
	return false;
}

/* The IOASID that the argument names. */
static uint32_t named_ioasid(const struct call *call)
{
	for (const struct call_member *member = call->entry->members; member->name; member++) {
		uint32_t number;

		if (strcmp(member->name, "ioasid"))
			continue;
		memcpy(&number, (const char *)&call->arg + member->offset, sizeof(number));
		return number;
	}
	return 0;
}

bool call_ioasid_unknown(struct call *call)
{
	const struct container *in = call->container ? call->container : call->on.container;

	call->ioasid = ioasid_find(in, named_ioasid(call));
	return !call->ioasid;
}

bool call_ioasid_freed(struct call *call)
{
	return call->ioasid->freed;
}

/* ---- The dispatcher ---------------------------------------------------------------------------- */

/* What no caller can know of a structure: nothing of this interface is so large. */
#define SIZE_LIMIT 4096

/* G2. */
static int argument_take(struct call *call, const unsigned char *argument)
{
	const struct call_entry *entry = call->entry;
	uint32_t size;

	memcpy(&size, argument, sizeof(size));
	if (size < entry->minimum)
		return -EINVAL;
	if (size > SIZE_LIMIT)
		return -E2BIG;
	for (uint32_t i = entry->size; i < size; i++)
		if (argument[i])
			return -E2BIG;
	memcpy(&call->arg, argument, size < entry->size ? size : entry->size);
	return 0;
}

static uint64_t member_value(const struct call *call, const struct call_member *member)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)&call->arg + member->offset, member->bytes);
	return value;
}

/* G3. */
static bool member_unknown(const struct call *call, const struct call_member *member)
{
	uint64_t value = member_value(call, member);

	switch (member->kind) {
	case MEMBER_RESERVED:
		return value;
	case MEMBER_FLAGS:
		return value & ~member->known;
	case MEMBER_ENUM:
		return value > member->known;
	default:
		return false;
	}
}

static int argument_check(struct call *call, const void *argument)
{
	int error = argument_take(call, argument);

	for (const struct call_member *member = call->entry->members; !error && member->name;
	     member++)
		if (member_unknown(call, member))
			error = -EOPNOTSUPP;
	for (const struct call_check *check = call->entry->checks; !error && check->rule; check++)
		if (check->fails && check->fails(call))
			error = -check->error;
	return error;
}

/* What was filled goes back, as far as the caller knows it. */
static void argument_return(const struct call *call, void *argument)
{
	uint32_t size;

	memcpy(&size, argument, sizeof(size));
	memcpy(argument, &call->arg, size < call->entry->size ? size : call->entry->size);
}

static void called_set(struct call *call, const struct fd *fd)
{
	switch (fd->kind) {
	case IOASIM_FD_IOASID:
		call->on.container = fd->container;
		break;
	case IOASIM_FD_DEVICE:
		call->on.device = fd->device;
		break;
	default:
		call->on.kvm = fd->kvm;
		break;
	}
}

int ioasim_ioctl(struct ioasim_system *system, int process, int number, uint32_t which,
		 void *argument)
{
	struct call call = {.system = system,
			    .process = process_find(system, process),
			    .entry = call_find(which)};
	const struct fd *fd;
	int status;

	system->calls++;
	if (!call.process || call.process->dead)
		return -ESRCH;
	fd = fd_find(call.process, number);
	if (!fd)
		return -EBADF;
	if (!call.entry || call_fd_kind(call.entry) != fd->kind ||
	    (call.entry->offered && !call.entry->offered(system)))
		return -ENOTTY;
	if (!argument)
		return -EFAULT;
	called_set(&call, fd);
	checker_call_begin(system);
	status = argument_check(&call, argument);
	if (!status) {
		checker_call_checked(&call);
		status = call.entry->work(&call);
	}
	checker_call_end(&call, argument, status);
	if (status >= 0)
		argument_return(&call, argument);
	return status;
}
