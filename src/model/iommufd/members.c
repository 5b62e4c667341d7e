/* SPDX-License-Identifier: Apache-2.0 */
/* The structures of the calls, member by member. */
#include "model/iommufd/calls.h"

#define MEMBER(type, member, kind, known, text)                                             \
	{                                                                                   \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), \
			(kind), (known), (text)                                             \
	}
#define VALUE(type, member, text)   MEMBER(type, member, IOFD_VALUE, 0, text)
#define POINTER(type, member, text) MEMBER(type, member, IOFD_POINTER, 0, text)
#define FILLED(type, member, text)  MEMBER(type, member, IOFD_FILLED, 0, text)
#define RESERVED(type, member)      MEMBER(type, member, IOFD_RESERVED, 0, "0")
#define FLAGS(type, known, text)    MEMBER(type, flags, IOFD_FLAGS, known, text)
#define NO_FLAGS(type)              FLAGS(type, 0, "0")
#define MEMBERS(name)               const struct iofd_member iofd_##name##_members[]
#define MEMBERS_END                    \
	{                              \
		NULL, 0, 0, 0, 0, NULL \
	}

#define MAP_FLAGS \
	(IOASIM_IOMMUFD_MAP_FIXED_IOVA | IOASIM_IOMMUFD_MAP_WRITEABLE | IOASIM_IOMMUFD_MAP_READABLE)
#define MAP_FLAGS_TEXT "1 fixed iova, 2 writeable, 4 readable"

/* ---- Objects and address spaces --------------------------------------------------------- */

MEMBERS(destroy) = {
	VALUE(ioasim_iommufd_destroy, id, "of any object"),
	MEMBERS_END,
};

MEMBERS(ioas_alloc) = {
	NO_FLAGS(ioasim_iommufd_ioas_alloc),
	FILLED(ioasim_iommufd_ioas_alloc, out_ioas_id, "its ID"),
	MEMBERS_END,
};

MEMBERS(allow) = {
	VALUE(ioasim_iommufd_allow_iovas, ioas_id, "an IOAS"),
	VALUE(ioasim_iommufd_allow_iovas, num_iovas, "of ranges; 0: everything is allowed"),
	RESERVED(ioasim_iommufd_allow_iovas, reserved),
	POINTER(ioasim_iommufd_allow_iovas, ranges, "pairs of start and last"),
	MEMBERS_END,
};

MEMBERS(ranges) = {
	VALUE(ioasim_iommufd_iova_ranges, ioas_id, "an IOAS"),
	FILLED(ioasim_iommufd_iova_ranges, num_iovas, "room for ranges; becomes their number"),
	RESERVED(ioasim_iommufd_iova_ranges, reserved),
	POINTER(ioasim_iommufd_iova_ranges, ranges, "what is not reserved, in order"),
	FILLED(ioasim_iommufd_iova_ranges, out_iova_alignment, "of IOVAs and lengths"),
	MEMBERS_END,
};

MEMBERS(map) = {
	FLAGS(ioasim_iommufd_map, MAP_FLAGS, MAP_FLAGS_TEXT),
	VALUE(ioasim_iommufd_map, ioas_id, "an IOAS"),
	RESERVED(ioasim_iommufd_map, reserved),
	POINTER(ioasim_iommufd_map, user_va, "what is mapped"),
	VALUE(ioasim_iommufd_map, length, "bytes"),
	FILLED(ioasim_iommufd_map, iova, "where; chosen, if it is not fixed"),
	MEMBERS_END,
};

MEMBERS(map_file) = {
	FLAGS(ioasim_iommufd_map_file, MAP_FLAGS, MAP_FLAGS_TEXT),
	VALUE(ioasim_iommufd_map_file, ioas_id, "an IOAS"),
	VALUE(ioasim_iommufd_map_file, fd, "a file of memory"),
	VALUE(ioasim_iommufd_map_file, start, "offset in the file"),
	VALUE(ioasim_iommufd_map_file, length, "bytes"),
	FILLED(ioasim_iommufd_map_file, iova, "where; chosen, if it is not fixed"),
	MEMBERS_END,
};

MEMBERS(copy) = {
	FLAGS(ioasim_iommufd_copy, MAP_FLAGS, MAP_FLAGS_TEXT),
	VALUE(ioasim_iommufd_copy, dst_ioas_id, "an IOAS"),
	VALUE(ioasim_iommufd_copy, src_ioas_id, "an IOAS, which may be the same"),
	VALUE(ioasim_iommufd_copy, length, "bytes"),
	FILLED(ioasim_iommufd_copy, dst_iova, "where; chosen, if it is not fixed"),
	VALUE(ioasim_iommufd_copy, src_iova, "what; all of it is mapped"),
	MEMBERS_END,
};

MEMBERS(unmap) = {
	VALUE(ioasim_iommufd_unmap, ioas_id, "an IOAS"),
	VALUE(ioasim_iommufd_unmap, iova, "whole mappings from here"),
	FILLED(ioasim_iommufd_unmap, length,
	       "bytes; 2^64 - 1 with iova 0: everything; becomes what was unmapped"),
	MEMBERS_END,
};

MEMBERS(option) = {
	VALUE(ioasim_iommufd_option, option_id, "0 rlimit mode, 1 huge pages of an IOAS"),
	VALUE(ioasim_iommufd_option, op, "0 SET, 1 GET"),
	RESERVED(ioasim_iommufd_option, reserved),
	VALUE(ioasim_iommufd_option, object_id, "an IOAS; 0 for rlimit mode"),
	FILLED(ioasim_iommufd_option, val64, "0 or 1"),
	MEMBERS_END,
};

MEMBERS(vfio_ioas) = {
	FILLED(ioasim_iommufd_vfio_ioas, ioas_id, "SET: an IOAS; GET: is filled"),
	VALUE(ioasim_iommufd_vfio_ioas, op, "0 GET, 1 SET, 2 CLEAR"),
	RESERVED(ioasim_iommufd_vfio_ioas, reserved),
	MEMBERS_END,
};

MEMBERS(change_process) = {
	RESERVED(ioasim_iommufd_change_process, reserved),
	MEMBERS_END,
};

/* ---- Page tables ------------------------------------------------------------------------ */

MEMBERS(hwpt_alloc) = {
	VALUE(ioasim_iommufd_hwpt_alloc, flags, "1 nest parent, 2 dirty, 4 fault_id, 8 pasid"),
	VALUE(ioasim_iommufd_hwpt_alloc, dev_id, "a device that it is for"),
	VALUE(ioasim_iommufd_hwpt_alloc, pt_id, "an IOAS; a nest parent; a vIOMMU"),
	FILLED(ioasim_iommufd_hwpt_alloc, out_hwpt_id, "its ID"),
	RESERVED(ioasim_iommufd_hwpt_alloc, reserved),
	VALUE(ioasim_iommufd_hwpt_alloc, data_type, "0 none, 1 vtd stage 1, 2 smmuv3, 3 amd guest"),
	VALUE(ioasim_iommufd_hwpt_alloc, data_len, "of the user's data"),
	POINTER(ioasim_iommufd_hwpt_alloc, data, "the user's table"),
	VALUE(ioasim_iommufd_hwpt_alloc, fault_id, "a fault queue, with its flag"),
	RESERVED(ioasim_iommufd_hwpt_alloc, reserved2),
	MEMBERS_END,
};

MEMBERS(hw_info) = {
	FLAGS(ioasim_iommufd_hw_info, IOASIM_IOMMUFD_HW_INFO_INPUT_TYPE, "1 data_type is given"),
	VALUE(ioasim_iommufd_hw_info, dev_id, "a device"),
	FILLED(ioasim_iommufd_hw_info, data_len, "room; becomes what there is"),
	POINTER(ioasim_iommufd_hw_info, data, "registers"),
	FILLED(ioasim_iommufd_hw_info, data_type, "0 none, 1 vtd, 2 smmuv3, 3 tegra, 4 amd"),
	FILLED(ioasim_iommufd_hw_info, out_max_pasid_log2, "bits of PASIDs"),
	RESERVED(ioasim_iommufd_hw_info, reserved),
	FILLED(ioasim_iommufd_hw_info, out_capabilities,
	       "1 dirty, 2 pasid exec, 4 pasid priv, 8 no ATS"),
	MEMBERS_END,
};

MEMBERS(set_dirty) = {
	FLAGS(ioasim_iommufd_set_dirty, IOASIM_IOMMUFD_DIRTY_ENABLE, "1 enable"),
	VALUE(ioasim_iommufd_set_dirty, hwpt_id, "a page table of the kernel"),
	RESERVED(ioasim_iommufd_set_dirty, reserved),
	MEMBERS_END,
};

MEMBERS(get_dirty) = {
	VALUE(ioasim_iommufd_get_dirty, hwpt_id, "a page table of the kernel"),
	FLAGS(ioasim_iommufd_get_dirty, IOASIM_IOMMUFD_BITMAP_NO_CLEAR, "1 no clear"),
	RESERVED(ioasim_iommufd_get_dirty, reserved),
	VALUE(ioasim_iommufd_get_dirty, iova, "multiple of page_size"),
	VALUE(ioasim_iommufd_get_dirty, length, "multiple of page_size"),
	VALUE(ioasim_iommufd_get_dirty, page_size, "that one bit stands for"),
	POINTER(ioasim_iommufd_get_dirty, data, "the bitmap, of words of 64 bits"),
	MEMBERS_END,
};

MEMBERS(invalidate) = {
	VALUE(ioasim_iommufd_invalidate, hwpt_id, "a user's page table; a vIOMMU"),
	POINTER(ioasim_iommufd_invalidate, data, "the entries"),
	VALUE(ioasim_iommufd_invalidate, data_type, "0 vtd stage 1, 1 vIOMMU of smmuv3"),
	VALUE(ioasim_iommufd_invalidate, entry_len, "bytes of each"),
	FILLED(ioasim_iommufd_invalidate, entry_num, "how many; becomes how many were done"),
	RESERVED(ioasim_iommufd_invalidate, reserved),
	MEMBERS_END,
};

/* ---- Faults and virtual IOMMUs ------------------------------------------------------------ */

MEMBERS(fault_alloc) = {
	NO_FLAGS(ioasim_iommufd_fault_alloc),
	FILLED(ioasim_iommufd_fault_alloc, out_fault_id, "its ID"),
	FILLED(ioasim_iommufd_fault_alloc, out_fault_fd, "its descriptor"),
	MEMBERS_END,
};

MEMBERS(viommu_alloc) = {
	NO_FLAGS(ioasim_iommufd_viommu_alloc),
	VALUE(ioasim_iommufd_viommu_alloc, type, "1 smmuv3, 2 tegra"),
	VALUE(ioasim_iommufd_viommu_alloc, dev_id, "a device behind the IOMMU"),
	VALUE(ioasim_iommufd_viommu_alloc, hwpt_id, "a nest parent"),
	FILLED(ioasim_iommufd_viommu_alloc, out_viommu_id, "its ID"),
	VALUE(ioasim_iommufd_viommu_alloc, data_len, "of the type's own data"),
	RESERVED(ioasim_iommufd_viommu_alloc, reserved),
	POINTER(ioasim_iommufd_viommu_alloc, data, "in and out"),
	MEMBERS_END,
};

MEMBERS(vdevice_alloc) = {
	VALUE(ioasim_iommufd_vdevice_alloc, viommu_id, "a vIOMMU"),
	VALUE(ioasim_iommufd_vdevice_alloc, dev_id, "a device behind the same IOMMU"),
	FILLED(ioasim_iommufd_vdevice_alloc, out_vdevice_id, "its ID"),
	VALUE(ioasim_iommufd_vdevice_alloc, virt_id, "the guest's number of it"),
	MEMBERS_END,
};

MEMBERS(veventq_alloc) = {
	NO_FLAGS(ioasim_iommufd_veventq_alloc),
	VALUE(ioasim_iommufd_veventq_alloc, viommu_id, "a vIOMMU"),
	VALUE(ioasim_iommufd_veventq_alloc, type, "1 smmuv3, 2 tegra"),
	VALUE(ioasim_iommufd_veventq_alloc, depth, "events that it holds"),
	FILLED(ioasim_iommufd_veventq_alloc, out_veventq_id, "its ID"),
	FILLED(ioasim_iommufd_veventq_alloc, out_veventq_fd, "its descriptor"),
	RESERVED(ioasim_iommufd_veventq_alloc, reserved),
	MEMBERS_END,
};

MEMBERS(hw_queue_alloc) = {
	NO_FLAGS(ioasim_iommufd_hw_queue_alloc),
	VALUE(ioasim_iommufd_hw_queue_alloc, viommu_id, "a vIOMMU"),
	VALUE(ioasim_iommufd_hw_queue_alloc, type, "1 tegra"),
	VALUE(ioasim_iommufd_hw_queue_alloc, index, "of its queues"),
	FILLED(ioasim_iommufd_hw_queue_alloc, out_hw_queue_id, "its ID"),
	VALUE(ioasim_iommufd_hw_queue_alloc, nesting_parent_iova, "the queue's memory"),
	VALUE(ioasim_iommufd_hw_queue_alloc, length, "bytes"),
	MEMBERS_END,
};

/* ---- VFIO ----------------------------------------------------------------------------------- */

MEMBERS(info) = {
	FILLED(ioasim_vfio_info, flags, "1 page sizes, 2 capabilities"),
	FILLED(ioasim_vfio_info, iova_pgsizes, "a mask"),
	FILLED(ioasim_vfio_info, cap_offset, "of the first; 0: argsz has no room for them"),
	MEMBERS_END,
};

MEMBERS(vfio_map) = {
	FLAGS(ioasim_vfio_map, IOASIM_VFIO_MAP_READ | IOASIM_VFIO_MAP_WRITE, "1 read, 2 write"),
	POINTER(ioasim_vfio_map, vaddr, "what is mapped"),
	VALUE(ioasim_vfio_map, iova, "where"),
	VALUE(ioasim_vfio_map, size, "bytes"),
	MEMBERS_END,
};

MEMBERS(vfio_unmap) = {
	FLAGS(ioasim_vfio_unmap, IOASIM_VFIO_UNMAP_FLAG_ALL, "2 everything"),
	VALUE(ioasim_vfio_unmap, iova, "from here"),
	FILLED(ioasim_vfio_unmap, size, "bytes; becomes what was unmapped"),
	MEMBERS_END,
};

MEMBERS(bind) = {
	FLAGS(ioasim_vfio_bind, IOASIM_VFIO_BIND_TOKEN, "1 token"),
	VALUE(ioasim_vfio_bind, iommufd, "a descriptor of /dev/iommu"),
	FILLED(ioasim_vfio_bind, out_devid, "the device's ID there"),
	POINTER(ioasim_vfio_bind, token, "of VFs; not looked at"),
	MEMBERS_END,
};

MEMBERS(attach) = {
	FLAGS(ioasim_vfio_attach, IOASIM_VFIO_ATTACH_PASID, "1 pasid"),
	FILLED(ioasim_vfio_attach, pt_id, "an IOAS or a page table; becomes the page table"),
	VALUE(ioasim_vfio_attach, pasid, "with its flag"),
	MEMBERS_END,
};

MEMBERS(detach) = {
	FLAGS(ioasim_vfio_detach, IOASIM_VFIO_ATTACH_PASID, "1 pasid"),
	VALUE(ioasim_vfio_detach, pasid, "with its flag"),
	MEMBERS_END,
};
