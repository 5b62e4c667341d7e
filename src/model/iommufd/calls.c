/* SPDX-License-Identifier: Apache-2.0 */
/* The table of calls, and the dispatcher that executes it (G1 to G3, 16.2). */
#include "model/iommufd/calls.h"

#include <errno.h>
#include <string.h>

/* ---- Layouts ------------------------------------------------------------------------------ */

/* What programs are compiled with. */
#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)
#define OFFSET(type, member, bytes) \
	_Static_assert(offsetof(struct type, member) == (bytes), #type "." #member)

SIZE(ioasim_iommufd_destroy, 8);
SIZE(ioasim_iommufd_ioas_alloc, 12);
SIZE(ioasim_iommufd_allow_iovas, 24);
OFFSET(ioasim_iommufd_allow_iovas, ranges, 16);
SIZE(ioasim_iommufd_iova_ranges, 32);
OFFSET(ioasim_iommufd_iova_ranges, out_iova_alignment, 24);
SIZE(ioasim_iommufd_map, 40);
OFFSET(ioasim_iommufd_map, user_va, 16);
OFFSET(ioasim_iommufd_map, iova, 32);
SIZE(ioasim_iommufd_map_file, 40);
OFFSET(ioasim_iommufd_map_file, fd, 12);
OFFSET(ioasim_iommufd_map_file, start, 16);
SIZE(ioasim_iommufd_copy, 40);
OFFSET(ioasim_iommufd_copy, dst_ioas_id, 8);
OFFSET(ioasim_iommufd_copy, length, 16);
OFFSET(ioasim_iommufd_copy, dst_iova, 24);
SIZE(ioasim_iommufd_unmap, 24);
OFFSET(ioasim_iommufd_unmap, iova, 8);
SIZE(ioasim_iommufd_option, 24);
OFFSET(ioasim_iommufd_option, op, 8);
OFFSET(ioasim_iommufd_option, object_id, 12);
OFFSET(ioasim_iommufd_option, val64, 16);
SIZE(ioasim_iommufd_vfio_ioas, 12);
OFFSET(ioasim_iommufd_vfio_ioas, op, 8);
SIZE(ioasim_iommufd_hwpt_alloc, 48);
OFFSET(ioasim_iommufd_hwpt_alloc, out_hwpt_id, 16);
OFFSET(ioasim_iommufd_hwpt_alloc, data, 32);
OFFSET(ioasim_iommufd_hwpt_alloc, fault_id, 40);
SIZE(ioasim_iommufd_vtd_s1, 24);
OFFSET(ioasim_iommufd_vtd_s1, addr_width, 16);
SIZE(ioasim_iommufd_smmuv3_ste, 16);
SIZE(ioasim_iommufd_amd_guest, 32);
SIZE(ioasim_iommufd_hw_info, 40);
OFFSET(ioasim_iommufd_hw_info, data, 16);
OFFSET(ioasim_iommufd_hw_info, data_type, 24);
OFFSET(ioasim_iommufd_hw_info, out_max_pasid_log2, 28);
OFFSET(ioasim_iommufd_hw_info, out_capabilities, 32);
SIZE(ioasim_iommufd_vtd_info, 24);
SIZE(ioasim_iommufd_smmuv3_info, 40);
SIZE(ioasim_iommufd_tegra_info, 8);
SIZE(ioasim_iommufd_amd_info, 16);
SIZE(ioasim_iommufd_set_dirty, 16);
SIZE(ioasim_iommufd_get_dirty, 48);
OFFSET(ioasim_iommufd_get_dirty, flags, 8);
OFFSET(ioasim_iommufd_get_dirty, iova, 16);
OFFSET(ioasim_iommufd_get_dirty, data, 40);
SIZE(ioasim_iommufd_invalidate, 32);
OFFSET(ioasim_iommufd_invalidate, data, 8);
OFFSET(ioasim_iommufd_invalidate, entry_num, 24);
SIZE(ioasim_iommufd_vtd_inv, 24);
SIZE(ioasim_iommufd_smmuv3_cmd, 16);
SIZE(ioasim_iommufd_fault_alloc, 16);
SIZE(ioasim_iommufd_pgfault, 40);
OFFSET(ioasim_iommufd_pgfault, addr, 24);
OFFSET(ioasim_iommufd_pgfault, cookie, 36);
SIZE(ioasim_iommufd_page_response, 8);
SIZE(ioasim_iommufd_viommu_alloc, 40);
OFFSET(ioasim_iommufd_viommu_alloc, out_viommu_id, 20);
OFFSET(ioasim_iommufd_viommu_alloc, data, 32);
SIZE(ioasim_iommufd_tegra_viommu, 16);
SIZE(ioasim_iommufd_vdevice_alloc, 24);
OFFSET(ioasim_iommufd_vdevice_alloc, virt_id, 16);
SIZE(ioasim_iommufd_veventq_alloc, 32);
OFFSET(ioasim_iommufd_veventq_alloc, out_veventq_fd, 24);
SIZE(ioasim_iommufd_vevent_header, 8);
SIZE(ioasim_iommufd_vevent_smmuv3, 32);
SIZE(ioasim_iommufd_vevent_tegra, 16);
SIZE(ioasim_iommufd_hw_queue_alloc, 40);
OFFSET(ioasim_iommufd_hw_queue_alloc, nesting_parent_iova, 24);
SIZE(ioasim_iommufd_change_process, 8);
SIZE(ioasim_vfio_bind, 24);
OFFSET(ioasim_vfio_bind, out_devid, 12);
SIZE(ioasim_vfio_attach, 16);
SIZE(ioasim_vfio_detach, 12);
SIZE(ioasim_vfio_info, 24);
OFFSET(ioasim_vfio_info, cap_offset, 16);
SIZE(ioasim_vfio_cap_header, 8);
SIZE(ioasim_vfio_cap_iovas, 16);
SIZE(ioasim_vfio_cap_avail, 12);
SIZE(ioasim_vfio_map, 32);
SIZE(ioasim_vfio_unmap, 24);

/* ---- The table ------------------------------------------------------------------------------ */

#define STRUCTURE(type) .structure = #type, .size = sizeof(struct type)
/* The whole of the first version, or up to and with a member. */
#define WHOLE(type) .minimum = sizeof(struct type)
#define WITH(type, member) \
	.minimum = offsetof(struct type, member) + sizeof(((struct type *)0)->member)
#define DOES(name) \
	.members = iofd_##name##_members, .checks = iofd_##name##_checks, .work = iofd_##name##_work
#define CALL(n, on)      .request = IOASIM_##n, .where = IOFD_ON_##on, .unknown_error = EOPNOTSUPP
#define VFIO_CALL(n, on) .request = IOASIM_VFIO_##n, .where = IOFD_ON_##on, .unknown_error = EINVAL
#define IOMMUFD_CALL(n)  CALL(IOMMUFD_##n, IOMMUFD), .name = #n

static const struct iofd_call_entry calls[] = {
	{IOMMUFD_CALL(DESTROY), STRUCTURE(ioasim_iommufd_destroy), WHOLE(ioasim_iommufd_destroy),
	 .text = "Ends an object that nothing holds.", DOES(destroy)},
	{IOMMUFD_CALL(IOAS_ALLOC), STRUCTURE(ioasim_iommufd_ioas_alloc),
	 WHOLE(ioasim_iommufd_ioas_alloc),
	 .text = "A new address space, in which nothing is mapped.", DOES(ioas_alloc)},
	{IOMMUFD_CALL(IOAS_ALLOW_IOVAS), STRUCTURE(ioasim_iommufd_allow_iovas),
	 WHOLE(ioasim_iommufd_allow_iovas),
	 .text = "Replaces the ranges that IOVAs are chosen from, which are then not reserved "
		 "later.",
	 DOES(allow)},
	{IOMMUFD_CALL(IOAS_COPY), STRUCTURE(ioasim_iommufd_copy), WHOLE(ioasim_iommufd_copy),
	 .text = "Maps the pages of a range of an IOAS in another, or in the same.", DOES(copy)},
	{IOMMUFD_CALL(IOAS_IOVA_RANGES), STRUCTURE(ioasim_iommufd_iova_ranges),
	 WHOLE(ioasim_iommufd_iova_ranges), .text = "What of an IOAS can be mapped.",
	 .filled_on = EMSGSIZE, DOES(ranges)},
	{IOMMUFD_CALL(IOAS_MAP), STRUCTURE(ioasim_iommufd_map), WHOLE(ioasim_iommufd_map),
	 .text = "Maps the caller's memory.", DOES(map)},
	{IOMMUFD_CALL(IOAS_UNMAP), STRUCTURE(ioasim_iommufd_unmap), WHOLE(ioasim_iommufd_unmap),
	 .text = "Unmaps whole mappings; no device reaches the pages from the return on.",
	 DOES(unmap)},
	{IOMMUFD_CALL(OPTION), STRUCTURE(ioasim_iommufd_option), WHOLE(ioasim_iommufd_option),
	 .text = "Sets or tells an option.", DOES(option)},
	{IOMMUFD_CALL(VFIO_IOAS), STRUCTURE(ioasim_iommufd_vfio_ioas),
	 WHOLE(ioasim_iommufd_vfio_ioas), .text = "The IOAS that calls of a container are about.",
	 DOES(vfio_ioas)},
	{IOMMUFD_CALL(HWPT_ALLOC), STRUCTURE(ioasim_iommufd_hwpt_alloc),
	 WITH(ioasim_iommufd_hwpt_alloc, reserved),
	 .text = "A page table for a device: of the kernel, which shows an IOAS, or of the user.",
	 DOES(hwpt_alloc)},
	{IOMMUFD_CALL(GET_HW_INFO), STRUCTURE(ioasim_iommufd_hw_info),
	 WITH(ioasim_iommufd_hw_info, reserved),
	 .text = "What the IOMMU in front of a device is, by its registers.", DOES(hw_info)},
	{IOMMUFD_CALL(HWPT_SET_DIRTY_TRACKING), STRUCTURE(ioasim_iommufd_set_dirty),
	 WHOLE(ioasim_iommufd_set_dirty),
	 .text = "From now on, or no longer, it is recorded which pages are written.",
	 DOES(set_dirty)},
	{IOMMUFD_CALL(HWPT_GET_DIRTY_BITMAP), STRUCTURE(ioasim_iommufd_get_dirty),
	 WHOLE(ioasim_iommufd_get_dirty),
	 .text = "Which pages were written since, or since they were last told.", DOES(get_dirty)},
	{IOMMUFD_CALL(HWPT_INVALIDATE), STRUCTURE(ioasim_iommufd_invalidate),
	 WHOLE(ioasim_iommufd_invalidate),
	 .text = "What a guest has changed in its tables counts from the return on.",
	 .filled_on = -1, .prepare = iofd_invalidate_prepare, DOES(invalidate)},
	{IOMMUFD_CALL(FAULT_QUEUE_ALLOC), STRUCTURE(ioasim_iommufd_fault_alloc),
	 WHOLE(ioasim_iommufd_fault_alloc),
	 .text = "A queue of page requests, with a descriptor to read them and to answer.",
	 DOES(fault_alloc)},
	{IOMMUFD_CALL(IOAS_MAP_FILE), STRUCTURE(ioasim_iommufd_map_file),
	 WHOLE(ioasim_iommufd_map_file), .text = "Maps pages of a file.", DOES(map_file)},
	{IOMMUFD_CALL(VIOMMU_ALLOC), STRUCTURE(ioasim_iommufd_viommu_alloc),
	 WITH(ioasim_iommufd_viommu_alloc, out_viommu_id),
	 .text = "A virtual IOMMU for a guest, over a nest parent.", DOES(viommu_alloc)},
	{IOMMUFD_CALL(VDEVICE_ALLOC), STRUCTURE(ioasim_iommufd_vdevice_alloc),
	 WHOLE(ioasim_iommufd_vdevice_alloc),
	 .text = "The number that the guest knows a device by, at its virtual IOMMU.",
	 DOES(vdevice_alloc)},
	{IOMMUFD_CALL(VEVENTQ_ALLOC), STRUCTURE(ioasim_iommufd_veventq_alloc),
	 WITH(ioasim_iommufd_veventq_alloc, out_veventq_fd),
	 .text = "A queue of a virtual IOMMU's events, with a descriptor to read them.",
	 DOES(veventq_alloc)},
	{IOMMUFD_CALL(HW_QUEUE_ALLOC), STRUCTURE(ioasim_iommufd_hw_queue_alloc),
	 WHOLE(ioasim_iommufd_hw_queue_alloc),
	 .text = "A queue in the guest's memory that hardware reads.", DOES(hw_queue_alloc)},
	{IOMMUFD_CALL(IOAS_CHANGE_PROCESS), STRUCTURE(ioasim_iommufd_change_process),
	 WHOLE(ioasim_iommufd_change_process),
	 .text = "Gives the mappings of files, which are all there are, to the caller.",
	 DOES(change_process)},
	{VFIO_CALL(GET_API_VERSION, CONTAINER), .name = "VFIO_GET_API_VERSION",
	 .text = "Version 0.", .returns = "0"},
	{VFIO_CALL(CHECK_EXTENSION, CONTAINER), .name = "VFIO_CHECK_EXTENSION",
	 .text = "Whether the container has it: the argument is its number.", .returns = "1 or 0",
	 .checks = iofd_extension_checks},
	{VFIO_CALL(SET_IOMMU, CONTAINER), .name = "VFIO_SET_IOMMU",
	 .text = "type1 or type1v2: the argument is its number.", .checks = iofd_set_iommu_checks},
	{VFIO_CALL(IOMMU_GET_INFO, CONTAINER), .name = "VFIO_IOMMU_GET_INFO",
	 STRUCTURE(ioasim_vfio_info), WITH(ioasim_vfio_info, iova_pgsizes),
	 .text = "Page sizes, and a chain of capabilities.", DOES(info)},
	{VFIO_CALL(IOMMU_MAP_DMA, CONTAINER), .name = "VFIO_IOMMU_MAP_DMA",
	 STRUCTURE(ioasim_vfio_map), WHOLE(ioasim_vfio_map), .text = "Maps the caller's memory.",
	 DOES(vfio_map)},
	{VFIO_CALL(IOMMU_UNMAP_DMA, CONTAINER), .name = "VFIO_IOMMU_UNMAP_DMA",
	 STRUCTURE(ioasim_vfio_unmap), WHOLE(ioasim_vfio_unmap),
	 .text = "Unmaps what is there, which may be nothing; with type1 also a part of a mapping.",
	 .filled_on = -1, DOES(vfio_unmap)},
};

const struct iofd_call_entry *iofd_call_table(unsigned n)
{
	const unsigned own = sizeof(calls) / sizeof(calls[0]);
	const struct iofd_call_entry *entry = n < own ? &calls[n] : &iofd_device_calls[0];

	for (unsigned i = own; i < n && entry->request; i++)
		entry++;
	return entry->request ? entry : NULL;
}

const struct iofd_call_entry *iofd_call_find(uint32_t request, enum iofd_where where)
{
	const struct iofd_call_entry *entry;

	for (unsigned n = 0; (entry = iofd_call_table(n)); n++)
		if (entry->request == request && entry->where == where)
			return entry;
	return NULL;
}

/* ---- Arguments ---------------------------------------------------------------------------------- */

/* U: the size rule of iommufd; of most of VFIO's structures what is behind is the
 * caller's own. */
static int argument_take(struct iofd_call *call, const unsigned char *argument, uint32_t size)
{
	const struct iofd_call_entry *entry = call->entry;

	if (size < entry->minimum)
		return -EINVAL;
	if (entry->where == IOFD_ON_IOMMUFD || entry->zeroes_behind)
		for (uint32_t i = entry->size; i < size; i++)
			if (argument[i])
				return -E2BIG;
	memcpy(&call->arg, argument, size < entry->size ? size : entry->size);
	if (entry->prepare)
		entry->prepare(call);
	return 0;
}

static bool member_unknown(const struct iofd_call *call, const struct iofd_member *member)
{
	const unsigned char *bytes = (const unsigned char *)&call->arg + member->offset;
	uint64_t value = 0;

	if (member->kind != IOFD_RESERVED && member->kind != IOFD_FLAGS)
		return false;
	memcpy(&value, bytes, member->bytes);
	return value & ~member->known;
}

static int argument_check(struct iofd_call *call)
{
	const struct iofd_call_entry *entry = call->entry;

	for (const struct iofd_member *member = entry->members; member->name; member++)
		if (member_unknown(call, member))
			return -entry->unknown_error;
	for (const struct iofd_check *check = entry->checks; check->rule; check++)
		if (check->fails && check->fails(call))
			return -check->error;
	return 0;
}

static bool gives_back(const struct iofd_call_entry *entry, int status)
{
	return status >= 0 || entry->filled_on == -1 || status == -entry->filled_on;
}

int iofd_call_do(struct iofd_call *call, void *argument)
{
	const struct iofd_call_entry *entry = call->entry;
	uint32_t size;
	int status;

	memcpy(&size, argument, sizeof(size));
	call->argument = argument;
	status = argument_take(call, argument, size);
	if (status)
		return status;
	status = argument_check(call);
	if (!status)
		status = entry->work(call);
	if (gives_back(entry, status))
		memcpy(argument, &call->arg, size < entry->size ? size : entry->size);
	return status;
}

/* ---- The dispatcher ------------------------------------------------------------------------------ */

static int container_call(struct iommufd *fd, void *user, uint32_t request, void *argument)
{
	struct iofd_call call = {.fd = fd, .user = user};

	call.entry = iofd_call_find(request, IOFD_ON_CONTAINER);
	switch (request) {
	case IOASIM_VFIO_GET_API_VERSION:
		return 0;
	case IOASIM_VFIO_CHECK_EXTENSION:
		return iofd_extension(fd, (uintptr_t)argument);
	case IOASIM_VFIO_SET_IOMMU:
		return iofd_set_iommu(fd, (uintptr_t)argument);
	default:
		if (!call.entry)
			return -ENOTTY;
		return argument ? iofd_call_do(&call, argument) : -EFAULT;
	}
}

/* Calls of a number below the first, or behind the last, are a container's. */
static bool is_own(uint32_t request)
{
	uint32_t number = request & 0xff;

	return number >= IOASIM_IOMMUFD_CALL_FIRST &&
	       number <= (IOASIM_IOMMUFD_HW_QUEUE_ALLOC & 0xff);
}

int iommufd_call(struct iommufd *fd, void *user, uint32_t request, void *argument)
{
	struct iofd_call call = {.fd = fd, .user = user};

	if (!is_own(request))
		return container_call(fd, user, request, argument);
	if (!argument)
		return -EFAULT;
	call.entry = iofd_call_find(request, IOFD_ON_IOMMUFD);
	return call.entry ? iofd_call_do(&call, argument) : -ENOTTY;
}
