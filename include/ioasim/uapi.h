/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of /dev/ioasid, of device descriptors and of a VM's descriptor: numbers
 * and argument structures. A call is made by ioasim_ioctl() of <ioasim/system.h>.
 *
 * Every structure begins with `size`, the bytes that the caller knows of it. Less than
 * the call's minimum is EINVAL; more than this version knows is taken if the rest is
 * zero, else E2BIG. Reserved members and unknown flags that are not zero, and unknown
 * values of enumerations, are EOPNOTSUPP. A call returns 0 (or a value that its comment
 * names) or a negative errno; one that fails has changed nothing, and one that succeeds
 * returns when every invalidation that it needs is complete.
 *
 * docs/uapi.md lists the checks of every call in their order, with the errno and the
 * rule of each; it is made from the same table as the dispatcher.
 */
#ifndef IOASIM_UAPI_H
#define IOASIM_UAPI_H

#include <ioasim/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of descriptors. */
enum ioasim_fd_kind {
	IOASIM_FD_IOASID, /* /dev/ioasid: a container of I/O address spaces */
	IOASIM_FD_DEVICE, /* one assigned device */
	IOASIM_FD_KVM, /* one VM */
	IOASIM_FD_IOMMUFD, /* /dev/iommu: <ioasim/iommufd.h> */
	IOASIM_FD_QUEUE, /* of an iommufd: faults, or events of a vIOMMU */
	IOASIM_FD_FILE, /* pages of memory that an iommufd can map */
	IOASIM_FD_KINDS
};

/* Call numbers: the descriptor's kind above, the call below. */
#define IOASIM_CALL(kind, n) ((uint32_t)(kind) << 8 | (n))

enum ioasim_call {
	/* on /dev/ioasid */
	IOASIM_CHECK_EXTENSION = IOASIM_CALL(IOASIM_FD_IOASID, 0x00),
	IOASIM_DEVICE_GET_INFO = IOASIM_CALL(IOASIM_FD_IOASID, 0x01),
	IOASIM_IOASID_ALLOC = IOASIM_CALL(IOASIM_FD_IOASID, 0x02),
	IOASIM_IOASID_FREE = IOASIM_CALL(IOASIM_FD_IOASID, 0x03),
	IOASIM_IOASID_GET_INFO = IOASIM_CALL(IOASIM_FD_IOASID, 0x04),
	IOASIM_MAP_DMA = IOASIM_CALL(IOASIM_FD_IOASID, 0x05),
	IOASIM_UNMAP_DMA = IOASIM_CALL(IOASIM_FD_IOASID, 0x06),
	IOASIM_CREATE_NESTING = IOASIM_CALL(IOASIM_FD_IOASID, 0x07),
	IOASIM_BIND_PGTABLE = IOASIM_CALL(IOASIM_FD_IOASID, 0x08),
	IOASIM_UNBIND_PGTABLE = IOASIM_CALL(IOASIM_FD_IOASID, 0x09),
	IOASIM_INVALIDATE_CACHE = IOASIM_CALL(IOASIM_FD_IOASID, 0x0a),
	IOASIM_PAGE_RESPONSE = IOASIM_CALL(IOASIM_FD_IOASID, 0x0b),
	/* on a device */
	IOASIM_DEVICE_BIND = IOASIM_CALL(IOASIM_FD_DEVICE, 0x00),
	IOASIM_DEVICE_UNBIND = IOASIM_CALL(IOASIM_FD_DEVICE, 0x01),
	IOASIM_DEVICE_ATTACH = IOASIM_CALL(IOASIM_FD_DEVICE, 0x02),
	IOASIM_DEVICE_DETACH = IOASIM_CALL(IOASIM_FD_DEVICE, 0x03),
	IOASIM_DEVICE_PASID_INFO = IOASIM_CALL(IOASIM_FD_DEVICE, 0x04),
	/* on a VM */
	IOASIM_ENABLE_PASID_TRANSLATION = IOASIM_CALL(IOASIM_FD_KVM, 0x00),
	IOASIM_KVM_MAP_PASID = IOASIM_CALL(IOASIM_FD_KVM, 0x01),
	IOASIM_KVM_UNMAP_PASID = IOASIM_CALL(IOASIM_FD_KVM, 0x02),
};

/* vpasid of a call: the route without PASID. */
#define IOASIM_NO_VPASID UINT32_MAX

/* ---- On /dev/ioasid ------------------------------------------------------------ */

enum ioasim_extension {
	IOASIM_EXT_MAP_TYPE1V2 = 1,
	IOASIM_EXT_NESTING = 2,
	IOASIM_EXT_USER_PGTABLE = 3, /* kind user */
	IOASIM_EXT_USER_PASID_TABLE = 4, /* kind pasid_table */
	IOASIM_EXT_MULTIDEV_GROUP = 5,
	IOASIM_EXT_NO_SNOOP = 6,
	IOASIM_EXT_DIRTY_TRACKING = 7,
};

/* CHECK_EXTENSION: returns 1 or 0, never an error for a number (A11). */
struct ioasim_check_extension {
	uint32_t size;
	uint32_t extension;
};

/* Kinds of an I/O address space. */
enum ioasim_ioasid_kind {
	IOASIM_IOASID_KERNEL = 0, /* changed by MAP_DMA and UNMAP_DMA */
	IOASIM_IOASID_USER = 1, /* a guest's stage 1 table over a parent */
	IOASIM_IOASID_PASID_TABLE = 2, /* a guest's GCR3 or CD table over a parent */
	IOASIM_IOASID_SVA = 3, /* the caller's own address space */
};

enum ioasim_ioasid_format {
	IOASIM_FORMAT_DEFAULT = 0, /* the architecture's: 4 levels, granule of 4 KiB */
	IOASIM_FORMAT_VTD_4 = 1,
	IOASIM_FORMAT_VTD_5 = 2,
	IOASIM_FORMAT_AMD_GCR3 = 3,
	IOASIM_FORMAT_SMMUV3_CD = 4,
};

enum ioasim_snoop { IOASIM_SNOOP_AUTO, IOASIM_SNOOP_ENFORCE, IOASIM_SNOOP_NONE };

enum ioasim_ioasid_flags {
	IOASIM_IOASID_NEST_PARENT = 1, /* stage 2 of later children */
	IOASIM_IOASID_FAULT = 2, /* recoverable faults are reported */
};

/*
 * IOASID_ALLOC (A1): returns the number. parent 0: none. root: a guest address of the
 * user's table; table_lg2: pasid_table only, PASIDs that it holds as a logarithm.
 */
struct ioasim_ioasid_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t kind;
	uint32_t parent;
	uint32_t format;
	uint32_t snoop;
	uint32_t table_lg2;
	uint32_t reserved;
	uint64_t root;
};

/* IOASID_FREE (A8, A9), UNBIND_PGTABLE (A7). */
struct ioasim_ioasid_id {
	uint32_t size;
	uint32_t ioasid;
};

/* CREATE_NESTING (A7): a child without a table; returns the number. */
struct ioasim_create_nesting {
	uint32_t size;
	uint32_t flags; /* IOASIM_IOASID_FAULT */
	uint32_t parent;
	uint32_t reserved;
};

struct ioasim_bind_pgtable {
	uint32_t size;
	uint32_t ioasid;
	uint32_t format;
	uint32_t table_lg2;
	uint64_t root;
};

enum ioasim_ioasid_state { IOASIM_STATE_IDLE, IOASIM_STATE_ACTIVE, IOASIM_STATE_FREE_PENDING };

/* IOASID_GET_INFO (A10). Members from `kind` on are filled. */
struct ioasim_ioasid_info {
	uint32_t size;
	uint32_t ioasid;
	uint32_t kind;
	uint32_t parent;
	uint32_t state; /* enum ioasim_ioasid_state */
	uint32_t attachments;
};

/* prot of MAP_DMA is a mask of IOASIM_READ and IOASIM_WRITE. */
struct ioasim_map_dma {
	uint32_t size;
	uint32_t ioasid;
	uint32_t prot;
	uint32_t reserved;
	uint64_t iova;
	uint64_t vaddr; /* of the caller; child: an address of the parent */
	uint64_t length;
};

/* UNMAP_DMA (M3): iova 0, length 2^64 - 1 is everything. `unmapped` is filled. */
struct ioasim_unmap_dma {
	uint32_t size;
	uint32_t ioasid;
	uint64_t iova;
	uint64_t length;
	uint64_t unmapped;
};

enum ioasim_invalidate_scope {
	IOASIM_SCOPE_ALL,
	IOASIM_SCOPE_RANGE,
	IOASIM_SCOPE_PASID, /* pasid_table only: one PASID */
};

enum ioasim_invalidate_cache { IOASIM_INV_IOTLB, IOASIM_INV_DEVTLB, IOASIM_INV_PASID };

enum ioasim_invalidate_flags {
	IOASIM_INVALIDATE_COOKIE = 1, /* only the device with `cookie` */
};

/* INVALIDATE_CACHE (I1 to I7). */
struct ioasim_invalidate {
	uint32_t size;
	uint32_t flags;
	uint32_t ioasid;
	uint32_t scope;
	uint32_t cache;
	uint32_t vpasid; /* IOASIM_NO_VPASID: none named */
	uint64_t cookie;
	uint64_t address;
	uint64_t length;
};

enum ioasim_response_code { IOASIM_RESPONSE_SUCCESS, IOASIM_RESPONSE_INVALID };

/* PAGE_RESPONSE (F5). */
struct ioasim_fault_response {
	uint32_t size;
	uint32_t event;
	uint32_t code;
	uint32_t reserved;
};

/* A closed range of addresses that a device can use. */
struct ioasim_iova_range {
	uint64_t first, last;
};

/*
 * DEVICE_GET_INFO (B7). `ranges` points to room for range_count ranges, or is NULL;
 * range_count becomes how many there are.
 */
struct ioasim_device_info {
	uint32_t size;
	uint32_t flags;
	uint64_t cookie;
	uint32_t arch; /* 0 vtd, 1 amdvi, 2 smmuv3 */
	uint32_t nesting_hardware; /* else software only */
	uint64_t page_sizes; /* a mask of sizes */
	uint32_t formats; /* a mask of 1 << enum ioasim_ioasid_format */
	uint32_t snoop_enforced;
	uint32_t pasid_width;
	uint32_t range_count;
	struct ioasim_iova_range *ranges;
};

/* What the owner of an IOASID descriptor reads from it (F2, F3). */
struct ioasim_event {
	uint32_t event; /* to be answered, if recoverable */
	uint32_t ioasid;
	uint64_t cookie;
	uint64_t address; /* of the page */
	uint32_t access; /* mask of enum ioasim_access */
	uint32_t vpasid; /* pasid_table only, else IOASIM_NO_VPASID */
	bool last; /* of its group */
	bool recoverable;
};

/* ---- On a device ------------------------------------------------------------------ */

struct ioasim_device_bind {
	uint32_t size;
	uint32_t flags;
	int32_t ioasid_fd;
	uint32_t reserved;
	uint64_t cookie;
};

struct ioasim_device_unbind {
	uint32_t size;
	uint32_t flags;
};

/* DEVICE_ATTACH and DEVICE_DETACH (T). */
struct ioasim_device_attach {
	uint32_t size;
	uint32_t flags;
	int32_t ioasid_fd;
	uint32_t ioasid;
	uint32_t vpasid; /* IOASIM_NO_VPASID: the default route */
	uint32_t reserved;
};

enum ioasim_pasid_flags {
	IOASIM_PASID_PRESENT = 1,
	IOASIM_PASID_DELEGATED = 2, /* the user owns the PASID table */
	IOASIM_PASID_CPU = 4, /* a vPASID may come from ENQCMD */
	IOASIM_PASID_CPU_VIRT = 8, /* which then needs translation by the CPU */
};

/* DEVICE_PASID_INFO (B8). */
struct ioasim_pasid_info {
	uint32_t size;
	uint32_t pasid_flags; /* filled */
};

/* ---- On a VM ------------------------------------------------------------------------ */

struct ioasim_kvm_enable {
	uint32_t size;
	uint32_t flags;
};

struct ioasim_kvm_pasid {
	uint32_t size;
	uint32_t vpasid;
	int32_t ioasid_fd; /* of KVM_MAP_PASID */
	uint32_t ioasid;
};

#ifdef __cplusplus
}
#endif
#endif
