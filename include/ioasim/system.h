/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled machine with one IOMMU: processes with memory, devices with their TLBs,
 * and the kernel between them, whose calls are in <ioasim/uapi.h>.
 *
 * A program plays the processes (a VMM opens descriptors and makes calls, a guest
 * stores to its memory) and the devices (DMA, queues). All that the kernel does to the
 * hardware goes through the architecture's driver: tables in memory, commands in a ring.
 * Each DMA is judged against the rules S1 to S17 of docs/uapi.md from the kernel's books
 * alone; a broken rule is a report, not a failure of the call.
 *
 * One thread at a time uses a system; systems share nothing.
 */
#ifndef IOASIM_SYSTEM_H
#define IOASIM_SYSTEM_H

#include <ioasim/uapi.h>
#include <ioasim/unit.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ioasim_system;

/* ---- The machine ------------------------------------------------------------------ */

/*
 * Memory of a real process instead of modelled ones: the process's addresses are what
 * devices reach, each page named on the bus by the address that it has. Ranges are within
 * the lower 2^47 bytes. Each returns 0 or -EFAULT: not all of it is mapped, or not with the
 * right. With it there is one process, whose descriptors of /dev/iommu map what `hold`
 * lets them; ioasim_process_mmap() and its like have nothing to give (-EOPNOTSUPP), and
 * /dev/ioasid maps nothing.
 */
struct ioasim_host_memory {
	/* The pages can be used by devices that read, or write too; they are made present. */
	int (*hold)(void *opaque, uint64_t address, uint64_t length, bool write);
	int (*read)(void *opaque, uint64_t address, void *data, size_t length);
	int (*write)(void *opaque, uint64_t address, const void *data, size_t length);
	void *opaque;
};

/*
 * What a system is built of. Filled by ioasim_system_config_init(). `unit` as for
 * ioasim_unit_create(); its callbacks are the system's own and must be NULL. 0 in a
 * limit: the default that its comment names.
 */
struct ioasim_system_config {
	struct ioasim_unit_config unit;
	uint32_t pasid_capacity; /* numbers that the hardware-ID core has; 2^20 */
	uint32_t rid_pool; /* numbers 1..n of each RID's own pool; 2^20 - 1 */
	uint32_t cgroup_limit; /* global PASIDs of a process; none */
	uint32_t fd_quota; /* global PASIDs of an IOASID descriptor; none */
	bool lazy; /* unmaps are flushed in batches: S6 windows open */
	uint64_t lazy_deadline_ns;
	unsigned lazy_threshold;
	/* Bytes, whole pages: what processes have in all, 16 GiB; what the kernel has for
	 * tables and rings, 1 GiB. */
	uint64_t user_memory, kernel_memory;
	const struct ioasim_host_memory *host; /* outlives the system; NULL: none */
};

/* -ENOENT: no such architecture. */
IOASIM_API int ioasim_system_config_init(struct ioasim_system_config *config, const char *arch);

/* -EINVAL (`why`, if not NULL, is set to a sentence that lives for ever), -ENOTSUP: the
 * unit lacks what the kernel needs, -ENOMEM. */
IOASIM_API int ioasim_system_create(const struct ioasim_system_config *config,
				    struct ioasim_system **system, const char **why);
/* Takes NULL. */
IOASIM_API void ioasim_system_destroy(struct ioasim_system *system);

/* The unit, for its counters; it must not be used otherwise. */
IOASIM_API const struct ioasim_unit *ioasim_system_unit(const struct ioasim_system *system);

/* Simulated time goes on: lazy flushes whose deadline has passed are done. */
IOASIM_API void ioasim_system_time(struct ioasim_system *system, uint64_t now_ns);

enum ioasim_device_capability {
	IOASIM_DEVICE_ATS = 1,
	IOASIM_DEVICE_PRI = 2,
	IOASIM_DEVICE_ENQCMD = 4,
	IOASIM_DEVICE_NO_SNOOP = 8, /* can send no-snoop requests */
	IOASIM_DEVICE_NOT_COHERENT = 16, /* its IOMMU cannot be coherent */
	IOASIM_DEVICE_NO_ENFORCE = 32, /* its IOMMU cannot enforce snooping */
};

enum ioasim_device_driver {
	IOASIM_DRIVER_NONE,
	IOASIM_DRIVER_KERNEL,
	IOASIM_DRIVER_KERNEL_SAFE, /* declares that it does no DMA */
};

#define IOASIM_GROUP_OWN UINT32_MAX
#define IOASIM_NO_DEVICE (-1)

/* A device. Numbers of devices are those that ioasim_device_add() returned. */
struct ioasim_device_config {
	uint32_t requester_id; /* of a pdev; an mdev has its parent's */
	int parent; /* mdev: its parent; else IOASIM_NO_DEVICE */
	int pf; /* VF: its physical function; else IOASIM_NO_DEVICE */
	bool software; /* mdev whose isolation is its driver's alone */
	uint32_t group; /* IOASIM_GROUP_OWN: one of its own */
	uint32_t capabilities; /* mask of enum ioasim_device_capability */
	unsigned pasid_bits; /* 0: none */
	enum ioasim_device_driver driver;
	const struct ioasim_iova_range *reserved;
	unsigned reserved_count;
};

/* The device's number, or -EEXIST (requester id), -EINVAL, -ENOMEM, -EBUSY: its group, or
 * its parent's, is a user's, and is attached, has PASIDs, or would get a kernel driver. */
IOASIM_API int ioasim_device_add(struct ioasim_system *system,
				 const struct ioasim_device_config *config);
/* A kernel driver comes or goes (R1): -EBUSY while the group is not the host's, or while
 * a user has an mdev that the driver isolates. */
IOASIM_API int ioasim_device_driver(struct ioasim_system *system, int device,
				    enum ioasim_device_driver driver);

/* ---- Processes ----------------------------------------------------------------------- */

/* A process without memory: its number, or -ENOMEM. */
IOASIM_API int ioasim_process_create(struct ioasim_system *system);
/* Closes its descriptors in ascending order; its memory goes (O6, V6). -ESRCH. */
IOASIM_API int ioasim_process_exit(struct ioasim_system *system, int process);

/*
 * Its memory: whole pages of 4 KiB, zeroed. `access` is a mask of enum ioasim_access.
 * mmap over what is there: -EEXIST. munmap and mprotect of what is not: -ENOENT. The
 * last two return when no device uses the old pages any more (V4).
 */
IOASIM_API int ioasim_process_mmap(struct ioasim_system *system, int process, uint64_t address,
				   uint64_t length, unsigned access);
IOASIM_API int ioasim_process_munmap(struct ioasim_system *system, int process, uint64_t address,
				     uint64_t length);
IOASIM_API int ioasim_process_mprotect(struct ioasim_system *system, int process, uint64_t address,
				       uint64_t length, unsigned access);
/* The same of pages of a file of ioasim_open_file(), from `offset` on, which all who map them
 * share. Also -EBADF, -EINVAL: fd is no such file, or not all of it is within the file's
 * pages. */
IOASIM_API int ioasim_process_mmap_file(struct ioasim_system *system, int process, uint64_t address,
					uint64_t length, unsigned access, int fd, uint64_t offset);
/* Loads and stores of the process, or of the guest whose memory it is. -EFAULT. */
IOASIM_API int ioasim_process_read(struct ioasim_system *system, int process, uint64_t address,
				   void *data, size_t length);
IOASIM_API int ioasim_process_write(struct ioasim_system *system, int process, uint64_t address,
				    const void *data, size_t length);
/* Where the byte lies on the bus. -EFAULT. */
IOASIM_API int ioasim_process_page(const struct ioasim_system *system, int process,
				   uint64_t address, ioasim_pa_t *pa);

enum ioasim_process_capability {
	IOASIM_PROCESS_IPC_LOCK = 1, /* pins of what it maps are not counted */
	IOASIM_PROCESS_SYS_RESOURCE = 2, /* it may choose what an iommufd counts (U6) */
};

/*
 * Locked memory: pages that are pinned by an iommufd, of processes or of files (U3). A mapping
 * counts for the process that made it, or took it over (U5), when its pages are pinned, which is
 * when a page table, a device's driver or a queue of hardware uses them; once, however
 * many do. Those of all processes of a user are held against the limit of the one that
 * pins; with rlimit mode 1 of an iommufd those of the process alone.
 */
struct ioasim_process_limit {
	uint32_t user; /* that it is of, with what it has locked; at first 0 */
	uint32_t capabilities; /* mask of enum ioasim_process_capability; at first 0 */
	uint64_t locked; /* bytes, of which whole pages count; at first UINT64_MAX: no limit */
};

/* What is beyond a lower limit already stays. -ESRCH, -EINVAL: an unknown capability. */
IOASIM_API int ioasim_process_limit(struct ioasim_system *system, int process,
				    const struct ioasim_process_limit *limit);
/* Bytes that are locked now: in rlimit mode 1 by the process, in mode 0 by its user. -ESRCH. */
IOASIM_API int ioasim_process_locked(const struct ioasim_system *system, int process, uint64_t *own,
				     uint64_t *of_user);

/* ---- Descriptors ----------------------------------------------------------------------- */

/* The lowest free number of the process. -EMFILE, -ENODEV, -ESRCH, -ENOMEM. */
IOASIM_API int ioasim_open(struct ioasim_system *system, int process, enum ioasim_fd_kind kind);
IOASIM_API int ioasim_open_device(struct ioasim_system *system, int process, int device);
/*
 * A new file of `size` bytes of memory, zeroed, for IOAS_MAP_FILE of an iommufd and for
 * ioasim_process_mmap_file(). Its pages are there as long as it is open, or mapped by an
 * iommufd or a process. -EINVAL: size 0; -ENOMEM, -EMFILE, -ESRCH; -EOPNOTSUPP with memory of
 * a real process.
 */
IOASIM_API int ioasim_open_file(struct ioasim_system *system, int process, uint64_t size);
/* Another number for the same descriptor, in the same or another process (O2). -EBADF. */
IOASIM_API int ioasim_dup(struct ioasim_system *system, int process, int fd, int to_process);
/* -EBADF. */
IOASIM_API int ioasim_close(struct ioasim_system *system, int process, int fd);

/*
 * A call of <ioasim/uapi.h>. `argument` points to its structure, whose first member is
 * its size. -EBADF, -ENOTTY (G1), -EFAULT (NULL), or what the call returns.
 */
IOASIM_API int ioasim_ioctl(struct ioasim_system *system, int process, int fd, uint32_t call,
			    void *argument);
/* Takes up to `count` events of an IOASID descriptor: how many, or -EBADF, -EBADFD. */
IOASIM_API int ioasim_event_read(struct ioasim_system *system, int process, int fd,
				 struct ioasim_event *events, unsigned count);
/* What the VM is told (C3): 1 while a device of its process can send requests that do not
 * snoop through an address space that does not enforce it, else 0. -EBADF, -EBADFD. */
IOASIM_API int ioasim_kvm_no_snoop(const struct ioasim_system *system, int process, int kvm_fd);
/* The user touches a device's registers (B2): -EINVAL while it is not bound. */
IOASIM_API int ioasim_device_mmio(struct ioasim_system *system, int process, int fd);

/* ---- What devices and guests do ----------------------------------------------------------- */

enum ioasim_dma_outcome {
	IOASIM_DMA_REACHES, /* at `pa` */
	IOASIM_DMA_FAULTS, /* with `class` */
	IOASIM_DMA_PENDING, /* waits for the answer to event `event` */
};

/* Why a DMA failed, by what stopped it, whatever the architecture's code. */
enum ioasim_dma_class {
	IOASIM_CLASS_BLOCKED, /* no route, or a blocking entry */
	IOASIM_CLASS_PASID, /* no valid PASID entry */
	IOASIM_CLASS_STAGE1, /* not mapped by the attached map, or by stage 1 when nested */
	IOASIM_CLASS_STAGE2, /* not mapped by the parent */
	IOASIM_CLASS_PERMISSION, /* mapped, access not allowed */
	IOASIM_CLASS_CPU, /* ENQCMD faulted, nothing was sent */
	IOASIM_CLASS_INVALID, /* a page request was answered INVALID */
};

#define IOASIM_QUEUES 8

/*
 * A DMA of a device, or with device IOASIM_NO_DEVICE a raw request of `requester_id`.
 * `queue` (below IOASIM_QUEUES) chooses an mdev's queue, whose register decides about
 * the PASID; only a pdev and a raw request name one themselves.
 */
struct ioasim_dma {
	int device;
	uint32_t requester_id;
	unsigned queue;
	bool has_pasid;
	uint32_t pasid;
	uint64_t address;
	uint32_t length;
	uint8_t access; /* mask of enum ioasim_access */
	bool privileged;
};

struct ioasim_dma_result {
	uint8_t outcome; /* enum ioasim_dma_outcome */
	uint8_t class; /* enum ioasim_dma_class */
	uint32_t event; /* pending: of the descriptor's event queue; its number for a retry */
	ioasim_pa_t pa;
	struct ioasim_response response; /* of the last request to the unit */
	uint32_t broken; /* rules that this DMA broke: bit n for Sn */
};

/* -ENODEV, -EINVAL: a PASID on an mdev, a queue out of range, access 0. -ENOMEM: of a
 * software mdev of an iommufd, whose pages are pinned for it. */
IOASIM_API int ioasim_dma(struct ioasim_system *system, const struct ioasim_dma *dma,
			  struct ioasim_dma_result *result);
/* A waiting DMA is tried again after its answer (F6). -ENOENT: no such one; -EAGAIN: not
 * answered yet. */
IOASIM_API int ioasim_dma_retry(struct ioasim_system *system, uint32_t event,
				struct ioasim_dma_result *result);

/* A guest writes a vPASID (IOASIM_NO_VPASID: none) to a queue's register (D1, D2). -EPERM:
 * not in the mdev's list, the queue is disabled; -EINVAL: the device is not bound (B2), or a
 * number is out of range; -ENODEV. */
IOASIM_API int ioasim_queue_write(struct ioasim_system *system, int device, unsigned queue,
				  uint32_t vpasid);
/* A guest's task submits one descriptor by ENQCMD (Q4): -EOPNOTSUPP, -EPERM (Q5). */
IOASIM_API int ioasim_enqcmd(struct ioasim_system *system, int process, int kvm_fd, uint32_t vpasid,
			     const struct ioasim_dma *dma, struct ioasim_dma_result *result);

/* ---- Judgement --------------------------------------------------------------------------------- */

#define IOASIM_RULES 18 /* numbers S1 to S17 */

/* A broken rule. Texts live as long as the system. */
struct ioasim_violation {
	uint8_t rule; /* n of Sn */
	uint64_t dma; /* number of the DMA, from 1; 0: a call */
	uint32_t requester_id;
	bool has_pasid;
	uint32_t pasid;
	uint64_t address;
	ioasim_pa_t page;
	uint64_t since; /* number of the call at whose end the state was wrong */
	char text[200];
};

/* An S6 window: a page that was still reachable after its unmap returned (lazy). */
struct ioasim_windows {
	uint64_t count, dmas; /* windows, and DMAs that used one */
	uint64_t longest_ns, total_ns;
};

struct ioasim_verdict {
	uint64_t dmas, calls;
	uint64_t checked[IOASIM_RULES], broken[IOASIM_RULES];
	struct ioasim_windows windows;
};

IOASIM_API const struct ioasim_verdict *ioasim_system_verdict(const struct ioasim_system *system);
/* The n-th violation, at most the first 64 are kept; NULL behind the last. */
IOASIM_API const struct ioasim_violation *ioasim_system_violation(
	const struct ioasim_system *system, unsigned n);

/* Called for each command that the unit executed; NULL: nobody. */
IOASIM_API void ioasim_system_watch(struct ioasim_system *system,
				    void (*command)(void *opaque, enum ioasim_command_class class,
						    const uint64_t *words, unsigned count),
				    void *opaque);

#ifdef __cplusplus
}
#endif
#endif
