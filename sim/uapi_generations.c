/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi_generations.h"

#include <stddef.h>

/* Sources: sections 16.0 to 17 of the requirement, told again by docs/uapi.md. */
static const struct uapi_generations steps[] = {
	{"ask what there is",
	 NULL,
	 {"CHECK_EXTENSION", "DEVICE_GET_INFO"},
	 {"GET_HW_INFO", "IOAS_IOVA_RANGES", "VFIO_CHECK_EXTENSION"},
	 "iommufd has no list of extensions: a call is tried, and the device's registers are told "
	 "as they are, so that a VMM need not wait for a new extension number."},
	{"take a number",
	 "ioasim_hwid_alloc",
	 {"IOASID_ALLOC"},
	 {"IOAS_ALLOC", "HWPT_ALLOC"},
	 "The allocator gave out PASIDs, and the number was all; /dev/ioasid made it a handle of "
	 "an "
	 "address space and hid the PASID; iommufd tells addresses (IOAS) from tables (HWPT), as "
	 "unlike IOMMUs need several tables of one space."},
	{"a set of numbers, its quota, its private names",
	 "ioasim_hwid_set_alloc",
	 {NULL},
	 {NULL},
	 "A set is no security object: who may use a number is what a descriptor and the list of "
	 "each device say. Quotas and states stay in the allocator, where they are right."},
	{"give it back",
	 "ioasim_hwid_free",
	 {"IOASID_FREE"},
	 {"DESTROY"},
	 "The allocator and /dev/ioasid take the call, block DMA at once and keep the number until "
	 "its last user is gone (free-pending); iommufd says EBUSY, so that the caller knows of "
	 "that user."},
	{"ask about it",
	 "ioasim_hwid_find",
	 {"IOASID_GET_INFO"},
	 {NULL},
	 "/dev/ioasid told kind, parent and state; iommufd tells nothing, as its user made it."},
	{"map and unmap memory",
	 NULL,
	 {"MAP_DMA", "UNMAP_DMA"},
	 {"IOAS_MAP", "IOAS_UNMAP", "IOAS_COPY", "IOAS_MAP_FILE"},
	 "Whole mappings only, before or after attaching, in both. iommufd chooses an IOVA if "
	 "asked, shares pins by COPY, and maps files, which outlive a process."},
	{"which addresses may be used",
	 NULL,
	 {"DEVICE_GET_INFO"},
	 {"IOAS_IOVA_RANGES", "IOAS_ALLOW_IOVAS"},
	 "A range that is reserved by any attached device is nobody's. iommufd lets a VMM fix its "
	 "ranges beforehand, so that a device plugged in later cannot take them away."},
	{"a user's page table over the kernel's",
	 NULL,
	 {"IOASID_ALLOC", "CREATE_NESTING", "BIND_PGTABLE", "UNBIND_PGTABLE"},
	 {"HWPT_ALLOC", "VIOMMU_ALLOC"},
	 "The intention is stated when the object is made. The parent is an address space in "
	 "/dev/ioasid and a table in iommufd; there the guest's own STE or DTE is handed over "
	 "whole, and judged by the driver."},
	{"tell the hardware of a guest's change",
	 NULL,
	 {"INVALIDATE_CACHE"},
	 {"HWPT_INVALIDATE"},
	 "Per table, never per device: that is the thread's main point, and both have it. iommufd "
	 "takes the guest's raw commands in batches and says how many were done."},
	{"a device gets an owner",
	 NULL,
	 {"DEVICE_BIND", "DEVICE_UNBIND"},
	 {"VFIO_BIND_IOMMUFD"},
	 "DMA is blocked from here on until something is attached. /dev/ioasid let the user choose "
	 "a cookie; iommufd gives an ID, and unbinds by closing."},
	{"a device may use a space: the authorization",
	 NULL,
	 {"DEVICE_ATTACH"},
	 {"VFIO_ATTACH_IOMMUFD_PT"},
	 "The step that the review asked for: on the device's own descriptor, at run time, on "
	 "every "
	 "architecture, and only by who holds that descriptor. In the allocator, whoever knew a "
	 "number could bind a table to it. iommufd replaces in one step, and gives a device "
	 "without "
	 "DMA of its own an access to the space instead of a table."},
	{"it may no longer",
	 NULL,
	 {"DEVICE_DETACH"},
	 {"VFIO_DETACH_IOMMUFD_PT"},
	 "No DMA gets through once it returns. iommufd does not mind if nothing was attached."},
	{"which PASID a device uses",
	 "ioasim_hwid_spid",
	 {"DEVICE_PASID_INFO"},
	 {NULL},
	 "/dev/ioasid keeps the guest's numbers apart from those on the wire, per device; iommufd "
	 "takes the number on the wire, and binds mediated devices that are software alone, which "
	 "have none."},
	{"ENQCMD: numbers that the CPU sends",
	 NULL,
	 {"ENABLE_PASID_TRANSLATION", "KVM_MAP_PASID", "KVM_UNMAP_PASID"},
	 {NULL},
	 "Only the VM's translation keeps a guest from sending another's number. It is not in "
	 "mainline."},
	{"faults and their answers",
	 NULL,
	 {"PAGE_RESPONSE"},
	 {"FAULT_QUEUE_ALLOC", "VEVENTQ_ALLOC"},
	 "A fault names its device in both. iommufd has a queue for each purpose, chosen when a "
	 "table is made, with flow control and lost events told."},
	{"the guest's names of devices",
	 NULL,
	 {"DEVICE_BIND"},
	 {"VDEVICE_ALLOC"},
	 "A cookie labels events; a virtual device ID lets raw commands and events be translated."},
	{"queues that the guest owns",
	 NULL,
	 {NULL},
	 {"HW_QUEUE_ALLOC"},
	 "New in iommufd: hardware that reads a guest's queue by itself."},
	{"which pages were written",
	 NULL,
	 {NULL},
	 {"HWPT_SET_DIRTY_TRACKING", "HWPT_GET_DIRTY_BITMAP"},
	 "Left open by /dev/ioasid; iommufd asks for it when the table is made."},
	{"how memory is accounted, whose it is",
	 NULL,
	 {NULL},
	 {"OPTION", "IOAS_CHANGE_PROCESS"},
	 "New in iommufd, for VMMs that are replaced while their VM runs."},
	{"programs of the older VFIO",
	 NULL,
	 {NULL},
	 {"VFIO_IOAS", "VFIO_GET_API_VERSION", "VFIO_SET_IOMMU", "VFIO_IOMMU_GET_INFO"},
	 "The same descriptor answers a container's calls, so that there is one implementation."},
	{"their maps",
	 NULL,
	 {NULL},
	 {"VFIO_IOMMU_MAP_DMA", "VFIO_IOMMU_UNMAP_DMA"},
	 "As type 1 had them, with its splitting of mappings."},
};

const struct uapi_generations *uapi_generations(unsigned n)
{
	return n < sizeof(steps) / sizeof(steps[0]) ? &steps[n] : NULL;
}
