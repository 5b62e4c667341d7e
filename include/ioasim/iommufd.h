/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iommufd: the third generation of the calls, with the numbers and layouts that programs
 * for Linux use, so that they can be pointed at the model. A device's own three calls and
 * the calls of a VFIO container, which an iommufd answers too, are here as well.
 *
 * Structures of iommufd begin with `size`, those of VFIO with `argsz`: the bytes that the
 * caller knows. Less than the call's minimum is EINVAL. Of an iommufd's structure, and of
 * VFIO_BIND_IOMMUFD's, more than this version knows is taken if the rest is zero, else
 * E2BIG; reserved members and unknown flags that are not zero are EOPNOTSUPP. A call
 * returns 0, or where its comment says so a value, or a negative errno; one that fails
 * has changed nothing but what its comment names.
 *
 * A structure is passed by a pointer of the host; addresses within it (members `data`,
 * `ranges`, `user_va`) are of the calling process. docs/uapi.md lists the checks of every
 * call in their order.
 */
#ifndef IOASIM_IOMMUFD_H
#define IOASIM_IOMMUFD_H

#include <ioasim/system.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Descriptors -------------------------------------------------------------------- */

/* /dev/iommu: the lowest free number of the process, as of ioasim_open(). A device's
 * descriptor comes of ioasim_open_device(), and takes the calls of VFIO below. */
IOASIM_API int ioasim_iommufd_open(struct ioasim_system *system, int process);
/*
 * A call on an iommufd or on a device. `argument` points to its structure, or is a number
 * where the call takes one. -ESRCH, -EBADF, -ENOTTY, -EFAULT, or what the call returns.
 */
IOASIM_API int ioasim_iommufd_ioctl(struct ioasim_system *system, int process, int fd,
				    uint32_t request, void *argument);
/* Bytes read from a fault queue or a vIOMMU's event queue, or written to a fault queue;
 * whole records. -ESRCH, -EBADF, -EINVAL: not such a descriptor, or as U12 tells. */
IOASIM_API int64_t ioasim_iommufd_read(struct ioasim_system *system, int process, int fd,
				       void *data, size_t bytes);
IOASIM_API int64_t ioasim_iommufd_write(struct ioasim_system *system, int process, int fd,
					const void *data, size_t bytes);

enum ioasim_iommufd_poll { IOASIM_IOMMUFD_POLL_IN = 1, IOASIM_IOMMUFD_POLL_OUT = 4 };

/* What would not wait: a mask; or -ESRCH, -EBADF, -EINVAL. */
IOASIM_API int ioasim_iommufd_poll(const struct ioasim_system *system, int process, int fd);

/*
 * The mmap of an iommufd (U11), whose offsets and lengths are those that VIOMMU_ALLOC has
 * announced: no IOMMU of the three architectures announces any. `access` is a mask of enum
 * ioasim_access. -ESRCH, -EBADF, -ENODEV: not an iommufd; then -EINVAL: length is not a
 * multiple of 4096, or not shared, -EPERM: executable, -ENXIO: not what was announced.
 */
IOASIM_API int ioasim_iommufd_mmap(struct ioasim_system *system, int process, int fd,
				   uint64_t offset, uint64_t length, unsigned access, bool shared);

/* ---- Software mdevs ----------------------------------------------------------------- */

/*
 * What the driver of a software mdev does in the memory of a process (U14), while the mdev
 * is bound to an iommufd by VFIO_BIND_IOMMUFD; ioasim_dma() is what it does for the mdev's
 * own requests. IOVAs are those of the IOAS that is attached. Each returns 0, or -ENODEV:
 * no such device, -EINVAL: not such an mdev, -EOVERFLOW: iova and bytes wrap, -ENOENT: no
 * IOAS is attached or a part is not mapped, -EPERM: not with the right to read, or to
 * write, -EFAULT: the process has not the page, -ENOMEM.
 */

/*
 * Pins the pages that hold `bytes` bytes from `iova` on, to be read or written: they stay
 * what they are, and DMA of the mdev uses them without asking the IOAS, until they are
 * unpinned. `pages`, if not NULL, has room for the address on the bus of each page of 4 KiB.
 * Also -EINVAL: bytes 0, iova not a multiple of 4096, the range is being unmapped.
 */
IOASIM_API int ioasim_iommufd_pin(struct ioasim_system *system, int device, uint64_t iova,
				  uint64_t bytes, bool write, ioasim_pa_t *pages);
/* Just what was pinned in one step. -ENOENT: it was not. */
IOASIM_API int ioasim_iommufd_unpin(struct ioasim_system *system, int device, uint64_t iova,
				    uint64_t bytes);
/* Copies from the process's memory into `data`, or with `write` the other way. Also -EINVAL:
 * bytes 0, the range is being unmapped. What comes before an error has been copied. */
IOASIM_API int ioasim_iommufd_rw(struct ioasim_system *system, int device, uint64_t iova,
				 void *data, size_t bytes, bool write);
/*
 * `unmap` is asked, in place of the mdev's own driver, which always lets go, for the pins
 * that overlap [iova, iova + bytes): of a mapping that is to go, and with 0 and 2^64 - 1 for
 * all when the IOAS is replaced or detached. true: they are unpinned. false: they stay, but
 * for what it has unpinned itself, which is the only call that it may make; a mapping is
 * asked for up to 100 times, and then UNMAP is EDEADLK, while a replaced or detached
 * IOAS's pins go all the same. `opaque` lives as long as the system, or until it is another
 * one. NULL: the mdev's own. -ENODEV, -EINVAL: no software mdev.
 */
IOASIM_API int ioasim_iommufd_on_unmap(struct ioasim_system *system, int device,
				       bool (*unmap)(void *opaque, int device, uint64_t iova,
						     uint64_t bytes),
				       void *opaque);

/* ---- Numbers ------------------------------------------------------------------------ */

#define IOASIM_IOMMUFD_TYPE       0x3b /* ';' */
#define IOASIM_IOMMUFD_CALL(n)    ((uint32_t)IOASIM_IOMMUFD_TYPE << 8 | (n))
#define IOASIM_IOMMUFD_CALL_FIRST 0x80

enum ioasim_iommufd_call {
	IOASIM_IOMMUFD_DESTROY = IOASIM_IOMMUFD_CALL(0x80),
	IOASIM_IOMMUFD_IOAS_ALLOC = IOASIM_IOMMUFD_CALL(0x81),
	IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS = IOASIM_IOMMUFD_CALL(0x82),
	IOASIM_IOMMUFD_IOAS_COPY = IOASIM_IOMMUFD_CALL(0x83),
	IOASIM_IOMMUFD_IOAS_IOVA_RANGES = IOASIM_IOMMUFD_CALL(0x84),
	IOASIM_IOMMUFD_IOAS_MAP = IOASIM_IOMMUFD_CALL(0x85),
	IOASIM_IOMMUFD_IOAS_UNMAP = IOASIM_IOMMUFD_CALL(0x86),
	IOASIM_IOMMUFD_OPTION = IOASIM_IOMMUFD_CALL(0x87),
	IOASIM_IOMMUFD_VFIO_IOAS = IOASIM_IOMMUFD_CALL(0x88),
	IOASIM_IOMMUFD_HWPT_ALLOC = IOASIM_IOMMUFD_CALL(0x89),
	IOASIM_IOMMUFD_GET_HW_INFO = IOASIM_IOMMUFD_CALL(0x8a),
	IOASIM_IOMMUFD_HWPT_SET_DIRTY_TRACKING = IOASIM_IOMMUFD_CALL(0x8b),
	IOASIM_IOMMUFD_HWPT_GET_DIRTY_BITMAP = IOASIM_IOMMUFD_CALL(0x8c),
	IOASIM_IOMMUFD_HWPT_INVALIDATE = IOASIM_IOMMUFD_CALL(0x8d),
	IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC = IOASIM_IOMMUFD_CALL(0x8e),
	IOASIM_IOMMUFD_IOAS_MAP_FILE = IOASIM_IOMMUFD_CALL(0x8f),
	IOASIM_IOMMUFD_VIOMMU_ALLOC = IOASIM_IOMMUFD_CALL(0x90),
	IOASIM_IOMMUFD_VDEVICE_ALLOC = IOASIM_IOMMUFD_CALL(0x91),
	IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS = IOASIM_IOMMUFD_CALL(0x92),
	IOASIM_IOMMUFD_VEVENTQ_ALLOC = IOASIM_IOMMUFD_CALL(0x93),
	IOASIM_IOMMUFD_HW_QUEUE_ALLOC = IOASIM_IOMMUFD_CALL(0x94),
	/* Of a container, on the same descriptor. */
	IOASIM_VFIO_GET_API_VERSION = IOASIM_IOMMUFD_CALL(0x64),
	IOASIM_VFIO_CHECK_EXTENSION = IOASIM_IOMMUFD_CALL(0x65),
	IOASIM_VFIO_SET_IOMMU = IOASIM_IOMMUFD_CALL(0x66),
	IOASIM_VFIO_IOMMU_GET_INFO = IOASIM_IOMMUFD_CALL(0x70),
	IOASIM_VFIO_IOMMU_MAP_DMA = IOASIM_IOMMUFD_CALL(0x71),
	IOASIM_VFIO_IOMMU_UNMAP_DMA = IOASIM_IOMMUFD_CALL(0x72),
	/* Of a device's descriptor. */
	IOASIM_VFIO_BIND_IOMMUFD = IOASIM_IOMMUFD_CALL(0x76),
	IOASIM_VFIO_ATTACH_IOMMUFD_PT = IOASIM_IOMMUFD_CALL(0x77),
	IOASIM_VFIO_DETACH_IOMMUFD_PT = IOASIM_IOMMUFD_CALL(0x78),
};

/* ---- Objects ------------------------------------------------------------------------ */

/* DESTROY (U1). */
struct ioasim_iommufd_destroy {
	uint32_t size;
	uint32_t id;
};

struct ioasim_iommufd_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

/* A closed range of IOVAs. */
struct ioasim_iommufd_range {
	uint64_t start, last;
};

/* IOAS_ALLOW_IOVAS (U2): replaces what automatic choice of IOVAs may use. */
struct ioasim_iommufd_allow_iovas {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t ranges; /* of struct ioasim_iommufd_range */
};

/* IOAS_IOVA_RANGES (U2). -EMSGSIZE: num_iovas has become what is needed. */
struct ioasim_iommufd_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t ranges;
	uint64_t out_iova_alignment;
};

enum ioasim_iommufd_map_flags {
	IOASIM_IOMMUFD_MAP_FIXED_IOVA = 1, /* else the kernel chooses, and fills `iova` */
	IOASIM_IOMMUFD_MAP_WRITEABLE = 2,
	IOASIM_IOMMUFD_MAP_READABLE = 4,
};

struct ioasim_iommufd_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova;
};

struct ioasim_iommufd_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	uint64_t start;
	uint64_t length;
	uint64_t iova;
};

/* IOAS_COPY (U5): the pages of a range of one IOAS in another, or in the same. */
struct ioasim_iommufd_copy {
	uint32_t size;
	uint32_t flags;
	uint32_t dst_ioas_id;
	uint32_t src_ioas_id;
	uint64_t length;
	uint64_t dst_iova;
	uint64_t src_iova;
};

/* IOAS_UNMAP (U4): iova 0, length 2^64 - 1 is everything; `length` becomes the bytes. */
struct ioasim_iommufd_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length;
};

enum ioasim_iommufd_option_id {
	IOASIM_IOMMUFD_OPTION_RLIMIT_MODE = 0,
	IOASIM_IOMMUFD_OPTION_HUGE_PAGES = 1, /* of an IOAS */
};

enum ioasim_iommufd_option_op { IOASIM_IOMMUFD_OPTION_SET = 0, IOASIM_IOMMUFD_OPTION_GET = 1 };

/* OPTION (U6). GET fills val64. */
struct ioasim_iommufd_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	uint64_t val64;
};

enum ioasim_iommufd_vfio_op {
	IOASIM_IOMMUFD_VFIO_IOAS_GET = 0,
	IOASIM_IOMMUFD_VFIO_IOAS_SET = 1,
	IOASIM_IOMMUFD_VFIO_IOAS_CLEAR = 2,
};

/* VFIO_IOAS (U15): which IOAS the calls of a container are about. */
struct ioasim_iommufd_vfio_ioas {
	uint32_t size;
	uint32_t ioas_id; /* GET: filled */
	uint16_t op;
	uint16_t reserved;
};

/* IOAS_CHANGE_PROCESS (U5): maps of files are accounted to the caller from now on. */
struct ioasim_iommufd_change_process {
	uint32_t size;
	uint32_t reserved;
};

/* ---- Page tables ---------------------------------------------------------------------- */

enum ioasim_iommufd_hwpt_flags {
	IOASIM_IOMMUFD_HWPT_NEST_PARENT = 1,
	IOASIM_IOMMUFD_HWPT_DIRTY = 2,
	IOASIM_IOMMUFD_HWPT_FAULT_ID = 4, /* fault_id is valid */
	IOASIM_IOMMUFD_HWPT_PASID = 8,
};

enum ioasim_iommufd_hwpt_data {
	IOASIM_IOMMUFD_DATA_NONE = 0,
	IOASIM_IOMMUFD_DATA_VTD_S1 = 1,
	IOASIM_IOMMUFD_DATA_SMMUV3 = 2,
	IOASIM_IOMMUFD_DATA_AMD_GUEST = 3,
};

/*
 * HWPT_ALLOC (U7). pt_id: an IOAS for a page table of the kernel, a NEST_PARENT HWPT or a
 * vIOMMU for a user's, which `data` describes.
 */
struct ioasim_iommufd_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	uint64_t data;
	uint32_t fault_id;
	uint32_t reserved2;
};

enum ioasim_iommufd_vtd_s1_flags {
	IOASIM_IOMMUFD_VTD_S1_SRE = 1,
	IOASIM_IOMMUFD_VTD_S1_EAFE = 2,
	IOASIM_IOMMUFD_VTD_S1_WPE = 4,
};

struct ioasim_iommufd_vtd_s1 {
	uint64_t flags;
	uint64_t pgtbl_addr;
	uint32_t addr_width;
	uint32_t reserved;
};

/* The first two words of the guest's stream table entry; only what a guest may choose. */
struct ioasim_iommufd_smmuv3_ste {
	uint64_t ste[2];
};

/* The guest's device table entry. */
struct ioasim_iommufd_amd_guest {
	uint64_t dte[4];
};

enum ioasim_iommufd_hw_info_flags { IOASIM_IOMMUFD_HW_INFO_INPUT_TYPE = 1 };

enum ioasim_iommufd_hw_info_type {
	IOASIM_IOMMUFD_HW_INFO_NONE = 0,
	IOASIM_IOMMUFD_HW_INFO_VTD = 1,
	IOASIM_IOMMUFD_HW_INFO_SMMUV3 = 2,
	IOASIM_IOMMUFD_HW_INFO_TEGRA = 3,
	IOASIM_IOMMUFD_HW_INFO_AMD = 4,
};

enum ioasim_iommufd_hw_caps {
	IOASIM_IOMMUFD_CAP_DIRTY = 1,
	IOASIM_IOMMUFD_CAP_PASID_EXEC = 2,
	IOASIM_IOMMUFD_CAP_PASID_PRIV = 4,
	IOASIM_IOMMUFD_CAP_ATS_NOT_SUPPORTED = 8,
};

/* GET_HW_INFO. data_len becomes what the kernel knows; the rest of a longer buffer is
 * zeroed. */
struct ioasim_iommufd_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len;
	uint64_t data;
	uint32_t data_type; /* in: with the flag; out: what was told */
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	uint64_t out_capabilities;
};

struct ioasim_iommufd_vtd_info {
	uint32_t flags; /* 1: no read-only maps in a nest parent (erratum) */
	uint32_t reserved;
	uint64_t cap;
	uint64_t ecap;
};

struct ioasim_iommufd_smmuv3_info {
	uint32_t flags;
	uint32_t reserved;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

struct ioasim_iommufd_tegra_info {
	uint32_t flags;
	uint8_t version;
	uint8_t log2vcmdqs;
	uint8_t log2vsids;
	uint8_t reserved;
};

struct ioasim_iommufd_amd_info {
	uint64_t efr;
	uint64_t efr2;
};

enum ioasim_iommufd_dirty_flags { IOASIM_IOMMUFD_DIRTY_ENABLE = 1 };

struct ioasim_iommufd_set_dirty {
	uint32_t size;
	uint32_t flags;
	uint32_t hwpt_id;
	uint32_t reserved;
};

enum ioasim_iommufd_bitmap_flags { IOASIM_IOMMUFD_BITMAP_NO_CLEAR = 1 };

/* HWPT_GET_DIRTY_BITMAP (U13): one bit for each page_size of the range, at `data`. Bits
 * of pages that were not written are left as they are. */
struct ioasim_iommufd_get_dirty {
	uint32_t size;
	uint32_t hwpt_id;
	uint32_t flags;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length;
	uint64_t page_size;
	uint64_t data;
};

enum ioasim_iommufd_invalidate_data {
	IOASIM_IOMMUFD_INVALIDATE_VTD_S1 = 0,
	IOASIM_IOMMUFD_INVALIDATE_SMMUV3 = 1, /* on a vIOMMU */
};

/* HWPT_INVALIDATE (U8): entry_num becomes how many were done, also with an error. */
struct ioasim_iommufd_invalidate {
	uint32_t size;
	uint32_t hwpt_id;
	uint64_t data;
	uint32_t data_type;
	uint32_t entry_len;
	uint32_t entry_num;
	uint32_t reserved;
};

enum ioasim_iommufd_vtd_inv_flags { IOASIM_IOMMUFD_VTD_INV_LEAF = 1 };

struct ioasim_iommufd_vtd_inv {
	uint64_t addr;
	uint64_t npages; /* all ones, with addr 0: everything */
	uint32_t flags;
	uint32_t reserved;
};

struct ioasim_iommufd_smmuv3_cmd {
	uint64_t cmd[2];
};

/* ---- Faults ------------------------------------------------------------------------------ */

struct ioasim_iommufd_fault_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_fault_id;
	uint32_t out_fault_fd;
};

enum ioasim_iommufd_pgfault_flags {
	IOASIM_IOMMUFD_PGFAULT_PASID_VALID = 1,
	IOASIM_IOMMUFD_PGFAULT_LAST_PAGE = 2,
};

enum ioasim_iommufd_pgfault_perm {
	IOASIM_IOMMUFD_PGFAULT_READ = 1,
	IOASIM_IOMMUFD_PGFAULT_WRITE = 2,
	IOASIM_IOMMUFD_PGFAULT_EXEC = 4,
	IOASIM_IOMMUFD_PGFAULT_PRIV = 8,
};

/* Read from a fault queue's descriptor (U12). */
struct ioasim_iommufd_pgfault {
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pasid;
	uint32_t grpid;
	uint32_t perm;
	uint32_t reserved;
	uint64_t addr;
	uint32_t length;
	uint32_t cookie;
};

enum ioasim_iommufd_response_code {
	IOASIM_IOMMUFD_RESPONSE_SUCCESS = 0,
	IOASIM_IOMMUFD_RESPONSE_INVALID = 1,
};

/* Written to it. */
struct ioasim_iommufd_page_response {
	uint32_t cookie;
	uint32_t code;
};

/* ---- Virtual IOMMUs ----------------------------------------------------------------------- */

enum ioasim_iommufd_viommu_type {
	IOASIM_IOMMUFD_VIOMMU_DEFAULT = 0, /* never taken */
	IOASIM_IOMMUFD_VIOMMU_SMMUV3 = 1,
	IOASIM_IOMMUFD_VIOMMU_TEGRA = 2,
};

struct ioasim_iommufd_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id; /* NEST_PARENT */
	uint32_t out_viommu_id;
	uint32_t data_len;
	uint32_t reserved;
	uint64_t data;
};

struct ioasim_iommufd_tegra_viommu {
	uint64_t out_mmap_offset;
	uint64_t out_mmap_length;
};

struct ioasim_iommufd_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	uint64_t virt_id;
};

struct ioasim_iommufd_veventq_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t depth;
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t reserved;
};

enum ioasim_iommufd_vevent_flags { IOASIM_IOMMUFD_VEVENT_LOST = 1 };

/* Read from the descriptor, and behind it the event, unless the flag says that there is
 * none, as events were lost. */
struct ioasim_iommufd_vevent_header {
	uint32_t flags;
	uint32_t sequence;
};

struct ioasim_iommufd_vevent_smmuv3 {
	uint64_t evt[4];
};

struct ioasim_iommufd_vevent_tegra {
	uint64_t lvcmdq_err_map[2];
};

struct ioasim_iommufd_hw_queue_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t index;
	uint32_t out_hw_queue_id;
	uint64_t nesting_parent_iova;
	uint64_t length;
};

/* ---- Devices (VFIO) ------------------------------------------------------------------------- */

enum ioasim_vfio_bind_flags { IOASIM_VFIO_BIND_TOKEN = 1 };

/* BIND_IOMMUFD (U10). */
struct ioasim_vfio_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token;
};

enum ioasim_vfio_attach_flags { IOASIM_VFIO_ATTACH_PASID = 1 };

/* ATTACH_IOMMUFD_PT (U9). pt_id becomes the page table's. */
struct ioasim_vfio_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};

/* DETACH_IOMMUFD_PT: of what is not attached, 0. */
struct ioasim_vfio_detach {
	uint32_t argsz;
	uint32_t flags; /* enum ioasim_vfio_attach_flags */
	uint32_t pasid;
};

/* ---- Containers (VFIO) ------------------------------------------------------------------------ */

/* Arguments of CHECK_EXTENSION, which returns 0 or 1, and of SET_IOMMU (the first two):
 * numbers in place of the pointer. */
enum ioasim_vfio_extension {
	IOASIM_VFIO_TYPE1 = 1,
	IOASIM_VFIO_TYPE1V2 = 3,
	IOASIM_VFIO_DMA_CC = 4,
	IOASIM_VFIO_TYPE1_NESTING = 6,
	IOASIM_VFIO_UNMAP_ALL = 9,
	IOASIM_VFIO_UPDATE_VADDR = 10,
};

enum ioasim_vfio_info_flags { IOASIM_VFIO_INFO_PGSIZES = 1, IOASIM_VFIO_INFO_CAPS = 2 };

/* IOMMU_GET_INFO. Capabilities stand behind it, as a chain of offsets from its beginning,
 * if argsz has room for all; argsz becomes what that needs. */
struct ioasim_vfio_info {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova_pgsizes;
	uint32_t cap_offset;
	uint32_t pad;
};

enum ioasim_vfio_capability { IOASIM_VFIO_CAP_IOVA_RANGE = 1, IOASIM_VFIO_CAP_DMA_AVAIL = 3 };

struct ioasim_vfio_cap_header {
	uint16_t id;
	uint16_t version;
	uint32_t next;
};

/* Behind it, nr_iovas of struct ioasim_iommufd_range. */
struct ioasim_vfio_cap_iovas {
	struct ioasim_vfio_cap_header header;
	uint32_t nr_iovas;
	uint32_t reserved;
};

struct ioasim_vfio_cap_avail {
	struct ioasim_vfio_cap_header header;
	uint32_t avail;
};

enum ioasim_vfio_map_flags { IOASIM_VFIO_MAP_READ = 1, IOASIM_VFIO_MAP_WRITE = 2 };

struct ioasim_vfio_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t vaddr;
	uint64_t iova;
	uint64_t size;
};

enum ioasim_vfio_unmap_flags { IOASIM_VFIO_UNMAP_FLAG_ALL = 2 };

struct ioasim_vfio_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size; /* becomes the bytes */
};

#ifdef __cplusplus
}
#endif
#endif
