/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects behind the calls: one set of books for all generations of the uAPI.
 *
 *	system.c	the machine: memory, unit, driver, what they can do
 *	frames.c	frames of user memory, pins; host_pages.c: a real process's
 *	process.c	processes and their areas
 *	memory_file.c	files in memory; locked.c: pinned memory and its limits (U3)
 *	descriptor.c	descriptors, what opening and closing does (O)
 *	calls.c		the table of calls and the dispatcher (G)
 *	device.c	devices, bind and unbind (B); group.c: their groups (R)
 *	ioasid.c	IOASIDs: kinds, states, references (A)
 *	maps.c		maps of kernel-managed spaces (M); behind.c: what lies behind a parent
 *	tables.c	page tables kept in step with a space: domains of the driver (N6)
 *	attach.c	attachments and routes (T); pasid.c: hardware IDs of routes (P)
 *	invalidate.c	invalidations of a user (I)
 *	faults.c	page requests, faults, events, answers (F)
 *	sva.c		address spaces of processes (V)
 *	kvm.c		VMs and their PASID translation (Q)
 *	dma.c		what devices do: queues (D), DMA, device TLBs, page requests
 *	iommufd_*.c	the third generation on these books: descriptors, memory, page
 *			tables, routes and software mdevs of model/iommufd/
 *	checker_*.c	the rules S1 to S17, judged on every DMA
 *
 * Each has a header of its name with what the others may call, except that aspace.h
 * is of maps.c, behind.c and tables.c.
 *
 * The books know no format of a table and no command: what the hardware is told goes
 * through the architecture's driver (model/driver.h).
 */
#ifndef MODEL_UAPI_OBJECTS_H
#define MODEL_UAPI_OBJECTS_H

#include "model/arch.h"
#include "model/driver.h"
#include "model/interval.h"
#include "model/iommufd/iommufd.h"
#include "model/pool.h"

#include <ioasim/hwid.h>
#include <ioasim/system.h>
#include <sys/queue.h>

struct attachment;
struct aspace;
struct behind;
struct checker;
struct checker_claim;
struct device;
struct fd;
struct group;
struct host_pages;
struct ioasid;
struct iommufd_device;
struct iommufd_file;
struct iommufd_hwpt;
struct iommufd_mdev;
struct iommufd_stream;
struct memory_file;
struct pgtable;
struct process;

/* The checker's books of a space. */
struct checker_space {
	uint64_t number; /* never given out again; 0: none yet */
	uint64_t unmaps;
	bool beside_pasids; /* its tables have served a RID with PASIDs */
};

/* ---- Memory of processes ------------------------------------------------------------ */

/*
 * A process. `areas` maps its addresses to frames of the system's pool; rights are
 * those of the area. `cpu` is its page table as devices use it (V1), made with the
 * first SVA address space.
 */
struct process {
	struct ioasim_system *system;
	int number;
	bool dead;
	struct interval_map areas; /* value: address on the bus */
	struct fd **fd; /* by number, below fd_room; NULL: free */
	uint32_t fd_room;
	struct ids fd_numbers;
	struct pgtable *cpu;
	LIST_HEAD(, ioasid) sva; /* of kind sva, by ioasid.sva_link */
	struct ioasim_cgroup *cgroup; /* of its global PASIDs; NULL: no limit */
	struct checker_space judged;
	struct ioasim_process_limit limit;
	uint64_t locked[IOMMUFD_ACCOUNT_NONE]; /* pages, by enum iommufd_account */
};

/* What is known of a frame of user memory. It is released when it is in no process's map,
 * of no file and not pinned (S6), and may then be given out again. */
struct frame {
	uint32_t mapped; /* by processes, and of a file */
	uint32_t pins;
	uint32_t owner; /* process number + 1, also of the last one; 0: none yet */
	uint64_t released_at; /* call number; 0: never, or in use */
	uint64_t given_at; /* call number: to the present owner, or the last one */
};

/* Frames of the window of user memory; the free ones as extents of page numbers. */
struct frames {
	ioasim_pa_t base;
	uint64_t count;
	uint64_t fresh; /* frames from here on were never given out */
	struct frame *frame; /* by number */
	struct interval_map free; /* below `fresh` */
};

/* ---- Descriptors -------------------------------------------------------------------- */

struct container { /* what /dev/ioasid opens */
	LIST_ENTRY(container) link;
	struct ioasim_system *system;
	struct process *opener;
	bool dead; /* closed; lives until nothing of it is left */
	struct ioasid **ioasid; /* by number, below room; NULL: free */
	uint32_t room;
	struct ids numbers;
	unsigned ioasids; /* that exist, free-pending ones too */
	LIST_HEAD(, device) bound;
	uint32_t set; /* of the hardware-ID core, made with the first global PASID */
	TAILQ_HEAD(, fault) events; /* not yet read */
	unsigned event_count;
	unsigned type7, type8; /* vPASID attachments of these device types (P6) */
};

struct kvm {
	LIST_ENTRY(kvm) link;
	struct ioasim_system *system;
	struct process *owner;
	bool translate;
	LIST_HEAD(, kvm_pasid) pasids;
};

struct kvm_pasid {
	LIST_ENTRY(kvm_pasid) link;
	uint32_t vpasid, pasid;
	struct ioasid *ioasid;
};

struct fd {
	enum ioasim_fd_kind kind;
	unsigned refs; /* numbers that name it */
	union {
		struct container *container;
		struct device *device;
		struct kvm *kvm;
		struct iommufd_file *iommufd;
		struct iommufd_stream *queue;
		struct memory_file *file;
	};
};

/* ---- Devices -------------------------------------------------------------------------- */

enum group_state { GROUP_HOST, GROUP_BLOCKED, GROUP_ATTACHED };

/* state ATTACHED says that a member has a default attachment, which may be blocked. */
struct group {
	LIST_ENTRY(group) link;
	uint32_t number; /* IOASIM_GROUP_OWN: of one device */
	enum group_state state;
	LIST_HEAD(, device) members; /* pdevs, in order of RID */
	unsigned count, bound, attached; /* members: all; bound; with a default attachment */
	struct ioasid *on; /* the IOASID of the default attachments; NULL: none */
	struct pgtable *walks; /* what the default routes walk; NULL: nothing */
};

/* A queue of an mdev (D1, D3). */
enum queue_state { QUEUE_DEFAULT, QUEUE_VPASID, QUEUE_DISABLED };

struct queue {
	enum queue_state state;
	uint32_t vpasid;
	struct attachment *attachment;
};

struct atc; /* a device TLB: dma.c */

struct device {
	LIST_ENTRY(device) group_link, bound_link, sibling_link;
	struct ioasim_system *system;
	int number;
	struct ioasim_device_config config; /* its ranges are the device's own copy */
	struct group *group; /* of its RID; an mdev: its parent's */
	struct device *parent; /* of an mdev, else NULL */
	LIST_HEAD(, device) mdevs;
	bool alias; /* a member before it in the group has the same RID (R5) */
	bool open;

	struct container *bound; /* NULL: not bound */
	struct iommufd_device *iommufd; /* bound by VFIO_BIND_IOMMUFD; NULL: it is not */
	struct iommufd_mdev *mdev; /* the same of a software mdev */
	struct iommufd_file *file; /* to which */
	/* The driver of a software mdev is asked to let go of pins; NULL: it always does. */
	bool (*unmap)(void *opaque, int device, uint64_t iova, uint64_t bytes);
	void *unmap_to;
	uint64_t detached; /* the checker's, of a software mdev: the call; 0: never */
	uint64_t cookie;
	/* Those of the default route first, a parent before what lies on it. */
	LIST_HEAD(, attachment) attachments;

	struct ids *pool; /* of pPASIDs of this RID: a parent's */
	struct queue queue[IOASIM_QUEUES];
	struct atc *atc; /* of the RID; NULL without ATS */
};

static inline const struct device *device_pdev(const struct device *device)
{
	return device->parent ? device->parent : device;
}

static inline bool device_has(const struct device *device, enum ioasim_device_capability capability)
{
	return device->config.capabilities & capability;
}

/* ---- Address spaces ------------------------------------------------------------------- */

#define AREA_CONTINUES 0x80

/* Of an area's access. */
#define AREA_RIGHTS (IOASIM_READ | IOASIM_WRITE | IOASIM_EXEC)

/* A range that attached devices cannot use, and how many of them. */
struct reserved_range {
	uint64_t first, last;
	unsigned devices;
};

/*
 * What maps change: an IOASID of kind kernel, and later an IOAS of iommufd. The areas of
 * a root pin frames of a process; those of a software child name addresses of `parent`.
 * Every page table in `tables` is kept in step with it: the areas of a root, what is left
 * of the areas of a child behind its parents (N6).
 */
struct aspace {
	struct ioasim_system *system;
	/* Value: an address on the bus, of a child one of the parent. Access: rights and
	 * AREA_CONTINUES: not the beginning of a mapping, but of a part that lies
	 * elsewhere on the bus. */
	struct interval_map areas;
	struct behind *behind; /* the areas of a child by the parent's addresses */
	struct reserved_range *reserved; /* of attached devices (M8) */
	unsigned reserved_count;
	unsigned depth; /* 0: a root */
	struct aspace *parent;
	LIST_HEAD(, aspace) children;
	LIST_ENTRY(aspace) sibling;
	LIST_HEAD(, pgtable) tables;
	struct checker_space judged;
};

/* Input bits of a user's 5-level table of VT-d. */
#define USER_BITS_5_LEVEL 57

/*
 * A page table of the driver: of an address space, of a process, or a user's over a
 * parent's. A driver's kernel domain serves default and PASID routes alike.
 */
enum pgtable_flavour {
	PGTABLE_KERNEL,
	PGTABLE_PARENT, /* stage 2 of user tables */
	PGTABLE_SVA,
	PGTABLE_USER, /* a user's table or PASID table */
};

struct pgtable {
	LIST_ENTRY(pgtable) link;
	enum pgtable_flavour flavour;
	struct ioasim_system *system;
	struct aspace *aspace; /* KERNEL, PARENT; NULL: the space is gone */
	struct process *process; /* SVA */
	struct pgtable *parent; /* USER */
	struct domain *domain;
	unsigned refs; /* attachments, children, and its space, process or IOASID */
};

/* ---- IOASIDs -------------------------------------------------------------------------- */

struct ioasid {
	struct container *container;
	uint32_t number;
	enum ioasim_ioasid_kind kind;
	uint32_t flags, format, snoop;
	bool enforce; /* snooping, decided (C1) */
	bool freed; /* free-pending (A9) */
	struct ioasid *parent;
	LIST_HEAD(, ioasid) children;
	LIST_ENTRY(ioasid) sibling;
	LIST_ENTRY(ioasid) sva_link;

	struct aspace *aspace; /* kernel */
	struct process *process; /* sva */
	struct pgtable *user; /* user, pasid_table; NULL: unbound (A7) */
	/* A page table of an iommufd stands in the books of routes as an IOASID, which has a
	 * table of its own and shares its space. NULL: another. */
	struct pgtable *own;
	struct iommufd_domain *hwpt;
	/* A software mdev of an iommufd stands there as one too, whose map is the IOAS's.
	 * NULL: another. */
	struct iommufd_mdev *mdev;
	uint64_t root;
	unsigned table_lg2;
	bool unfollowed; /* the user's tables are of a shape that no check walks */

	LIST_HEAD(, attachment) attachments;
	unsigned attachment_count, kvm_count, fault_count, child_count;
	uint32_t global_pasid; /* P4; IOASIM_HWID_INVALID: none */
};

static inline bool ioasid_active(const struct ioasid *ioasid)
{
	return ioasid->attachment_count || ioasid->kvm_count || ioasid->fault_count ||
	       ioasid->child_count;
}

/* ---- Attachments ------------------------------------------------------------------------ */

/*
 * (device, route, vPASID, IOASID): what lets a DMA through, and nothing else does. The
 * route is (RID, pasid) as it is on the wire. `under` is the parent's attachment that this
 * one lies on (T7), whose route it is then. `blocked`: in the books, but its route does not translate (A7, A9, O3).
 */
struct attachment {
	LIST_ENTRY(attachment) device_link, ioasid_link;
	struct device *device;
	struct ioasid *ioasid;
	struct pgtable *table; /* NULL: blocked, sw mdev */
	uint32_t rid;
	uint32_t pasid; /* on the wire; DRIVER_NO_PASID */
	uint32_t vpasid; /* IOASIM_NO_VPASID */
	struct attachment *under;
	struct attachment *over; /* the one that lies on it; NULL: none */
	bool blocked;
	bool global; /* its PASID is of the hardware-ID core */
	struct checker_claim *claim; /* the checker's book of it */
};

/* ---- Faults --------------------------------------------------------------------------------- */

/* A page request or a fault of a user table (F). */
struct fault {
	TAILQ_ENTRY(fault) link; /* of the container's unread events */
	LIST_ENTRY(fault) all; /* of the system's unanswered and waiting ones */
	struct ioasim_event event;
	struct attachment *attachment; /* NULL: the route has ended */
	struct ioasim_page_request request; /* recoverable: what is to be answered */
	struct ioasim_dma dma; /* that waits */
	/* Its user reads a fault queue of an iommufd, to which it is known by its address, and
	 * not events of a container. */
	struct iommufd_device *asked;
	bool answered, read;
	uint8_t code; /* of the answer */
};

/* ---- The system ------------------------------------------------------------------------------- */

/* PASIDs have 20 bits at most. */
#define PASID_BITS 20

/* What unit and driver can do, found out when the system is made. */
struct offer {
	uint32_t formats; /* mask of 1 << enum ioasim_ioasid_format */
	unsigned kernel_bits, parent_bits; /* widths of kernel tables; parents of a user's */
	uint64_t page_sizes; /* mask of sizes */
	unsigned pasid_bits; /* 0: no PASID routes */
	bool nest_parent, user, pasid_table, sva;
	/* Marks of what was written: in kernel tables, beside PASIDs, in parents. */
	bool dirty, dirty_pasid, dirty_parent;
	/* A parent of user tables and PASID routes can stand on one RID (T10). */
	bool parent_beside_pasid;
	/* The formats have no page that can be written and not read: of kernel tables, of
	 * those that serve a RID with PASIDs, of parents. */
	bool write_reads, write_reads_pasid, write_reads_parent;
};

struct ioasim_system {
	struct ioasim_system_config config;
	const struct ioasim_arch *arch;
	struct ioasim_memory *memory;
	struct ioasim_unit *unit;
	const struct driver_ops *ops;
	struct driver *driver;
	struct domain *host; /* what devices of the host walk: nothing is mapped there */
	struct offer offer;

	struct frames frames;
	struct host_pages *real; /* of a real process (host_pages.h); NULL: frames */
	struct iommufd_backend iommus; /* as an iommufd sees the unit */

	struct process **process;
	unsigned processes;
	struct device **device;
	unsigned devices;
	LIST_HEAD(, group) groups;
	LIST_HEAD(, container) containers;
	LIST_HEAD(, kvm) kvms;

	/* Values: attachments with a vPASID, by device number and vPASID; those whose route
	 * has a PASID, by RID and PASID, the lowest of one route (T7). */
	struct interval_map vpasids, pasids;

	struct ioasim_hwid_core *hwids;
	uint32_t host_set;
	LIST_HEAD(, fault) faults;
	struct ids events; /* numbers of events */

	uint64_t calls, dmas; /* made so far */
	uint64_t now_ns;
	struct checker *checker;
	void (*command)(void *opaque, enum ioasim_command_class class, const uint64_t *words,
			unsigned count);
	void *opaque;
};

#endif
