/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iommufd, apart from any machine: what an embedder gives (memory, descriptors, IOMMUs)
 * and what it calls. The model's own machine is one embedder (uapi/iommufd_*.c); a library in
 * front of a real program, with an IOMMU of its own making, is another.
 *
 * An embedder opens a `struct iommufd` for each open of /dev/iommu and hands calls to
 * iommufd_call(). It binds devices, which name a backend; a backend keeps page tables:
 *
 *	space	the contents of one IOAS as tables of this backend show it. The core tells
 *		it what is mapped; alignment, overlap and pins are the core's affair.
 *	domain	a page table. It enters a space and shows what that has, from then on in
 *		step; or it is a user's, over another domain.
 *
 * Memory is named by users' addresses, and by the addresses of its pages on the bus (pa),
 * which the core gets by pinning. Where page identity is the user's address itself,
 * host_memory.h is ready-made.
 *
 * Every function that an embedder gives returns 0 or a negative errno if it is an int,
 * and a function that fails has changed nothing. The core is used by one thread at a
 * time; functions of an embedder may call back only what their comment allows.
 *
 *	object.c	numbers, references, life
 *	calls.c		the table of calls and the dispatcher; members.c: its structures
 *	ioas_calls.c	calls on IOASs
 *	ioas.c		areas; areas.c: their insertion, fill.c: tables in step
 *	iova.c		reserved, allowed and automatic IOVAs; holes.c: what is free
 *	pages.c		pages of users, pins
 *	access.c	accesses without DMA (U14)
 *	vfio.c		the calls of a container (U15)
 *	hwpt.c		page tables; device.c, attach.c: devices, groups, routes
 */
#ifndef MODEL_IOMMUFD_H
#define MODEL_IOMMUFD_H

#include <ioasim/iommufd.h>

#include <sys/queue.h>

struct iommufd; /* one open of /dev/iommu */
struct iommufd_device; /* a device bound to it */
struct iommufd_access;
struct iommufd_hwpt;
struct iommufd_viommu;
struct iommufd_stream; /* a queue that is read: of faults, of a vIOMMU's events */

/* Bytes of a CPU's page: the unit of pins, and the least alignment that every table has. */
#define IOMMUFD_PAGE UINT64_C(4096)

/* pasid of a route: the requests without one. */
#define IOMMUFD_NO_PASID UINT32_MAX

/* ---- Memory --------------------------------------------------------------------------- */

/* Where pages come from: a process's addresses, or with `file` offsets in a file. Both
 * are the embedder's own; the core compares pointers and no more. */
struct iommufd_source {
	void *user;
	void *file; /* NULL: none */
};

/* Whose locked memory pinned pages are (U6): rlimit mode 0, 1; or nobody's. */
enum iommufd_account { IOMMUFD_ACCOUNT_USER, IOMMUFD_ACCOUNT_PROCESS, IOMMUFD_ACCOUNT_NONE };

/* Told of pages in ascending order; stops by a value that is not 0, which is returned. */
typedef int iommufd_run_fn(void *to, uint64_t address, uint64_t pa, uint64_t bytes);

struct iommufd_memory_ops {
	/*
	 * Pins the whole pages [address, address + bytes): all are there, and can be
	 * written if `write`. `run` is told of them when all are pinned, runs that lie in
	 * a row on the bus together; if it fails, none stays pinned. A page can be pinned
	 * many times. -EFAULT, -ENOMEM.
	 */
	int (*pin)(void *opaque, const struct iommufd_source *source, uint64_t address,
		   uint64_t bytes, bool write, iommufd_run_fn *run, void *to);
	void (*unpin)(void *opaque, uint64_t pa, uint64_t bytes);
	/* Bytes of pinned pages, which may go over the borders of pages of one run. */
	int (*load)(void *opaque, uint64_t pa, void *data, uint64_t bytes);
	int (*store)(void *opaque, uint64_t pa, const void *data, uint64_t bytes);
	/* Arguments of calls, by a process's addresses: -EFAULT. */
	int (*read)(void *opaque, void *user, uint64_t address, void *data, uint64_t bytes);
	int (*write)(void *opaque, void *user, uint64_t address, const void *data, uint64_t bytes);
	/*
	 * So many pinned pages more are locked memory of the process, or of the user whose it
	 * is (U3). -ENOMEM: that is beyond the limit. NULL: nobody counts.
	 */
	int (*charge)(void *opaque, void *user, enum iommufd_account account, uint64_t pages);
	void (*uncharge)(void *opaque, void *user, enum iommufd_account account, uint64_t pages);
	/* What the process maps now is nobody's locked memory. NULL: it always is somebody's. */
	bool (*unlimited)(void *opaque, void *user);
};

/* ---- Descriptors ------------------------------------------------------------------------ */

struct iommufd_file_ops {
	/* A number of the process for a queue, which from now on belongs to whoever has
	 * it: stream.h, and iommufd_stream_close() when its last number is closed. NULL:
	 * there are no descriptors (-EOPNOTSUPP). -EMFILE. */
	int (*install)(void *opaque, void *user, struct iommufd_stream *stream, uint32_t *fd);
	/* The file of IOAS_MAP_FILE: -EBADF, -EINVAL: not one whose pages can be mapped, or
	 * shorter than the range. It lives until file_put. NULL: there are no such files. */
	int (*file_get)(void *opaque, void *user, int32_t fd, uint64_t start, uint64_t length,
			void **file);
	void (*file_put)(void *opaque, void *file);
	/* The process may raise limits (U6). NULL: never. */
	bool (*privileged)(void *opaque, void *user);
};

/* ---- Backends: page tables ----------------------------------------------------------------- */

/* A run of bytes in a row on the bus. */
struct iommufd_run {
	uint64_t pa, bytes;
};

/* What all of a backend's own structures begin with. Members are filled by it. */
struct iommufd_space {
	struct iommufd_backend *backend;
};

struct iommufd_domain {
	struct iommufd_backend *backend;
	/* What it can translate: everything else is reserved while it is in an IOAS. */
	uint64_t aperture_first, aperture_last;
	uint64_t page_sizes; /* a mask of sizes; the smallest is at most IOMMUFD_PAGE */
	bool dirty; /* dirty_enable and dirty_read can be called */
	bool enforces; /* snooping */
	struct iommufd_hwpt *hwpt; /* the core's */
};

struct iommufd_nested_config {
	uint32_t type; /* enum ioasim_iommufd_hwpt_data */
	uint32_t flags; /* enum ioasim_iommufd_hwpt_flags: FAULT_ID, PASID */
	uint32_t length; /* of what the user says: iommufd_nested_read() */
	const struct iofd_call *call; /* the core's */
	struct iommufd_viommu *viommu; /* that it is made from; NULL */
};

/* The user's description, once its type is a known one: just these bytes. -EINVAL: it has
 * another length; -EFAULT. */
int iommufd_nested_read(const struct iommufd_nested_config *config, void *to, uint32_t length);

/* Entries of an invalidation, as the user has them. */
struct iommufd_entries {
	uint32_t type; /* enum ioasim_iommufd_invalidate_data */
	uint32_t length; /* of each */
	uint32_t count;
	const unsigned char *data;
};

struct iommufd_backend_ops {
	/* The contents of an IOAS, empty, made before the first domain enters. */
	int (*space_create)(struct iommufd_backend *backend, struct iommufd_space **space);
	/* Without domains, and empty. */
	void (*space_destroy)(struct iommufd_space *space);
	/*
	 * [iova, iova + bytes of all runs) is free, aligned to what the IOAS's domains
	 * need, and within their apertures. `access` is a mask of IOASIM_READ, IOASIM_WRITE.
	 * `large`: pages of any size may be used. All domains of the space show it.
	 */
	int (*space_map)(struct iommufd_space *space, uint64_t iova, const struct iommufd_run *runs,
			 unsigned count, unsigned access, bool large);
	/* [first, last] is one mapping or several in a row, or a part of what was mapped
	 * without `large`. No device reaches the pages when it returns. */
	int (*space_unmap)(struct iommufd_space *space, uint64_t first, uint64_t last);

	/* A page table of the kernel. `flags`: enum ioasim_iommufd_hwpt_flags without
	 * FAULT_ID. -EOPNOTSUPP: flags that it has not. */
	int (*domain_create)(struct iommufd_device *device, uint32_t flags,
			     struct iommufd_domain **domain);
	/* Not attached; has left its space. Of both kinds. */
	void (*domain_destroy)(struct iommufd_domain *domain);
	int (*domain_enter)(struct iommufd_domain *domain, struct iommufd_space *space);
	void (*domain_leave)(struct iommufd_domain *domain);

	/* Of a domain with `dirty`. After enabling the core reads what there is, and clears
	 * it. */
	int (*dirty_enable)(struct iommufd_domain *domain, bool enable);
	/* Tells `dirty` of each page, in the table's own page sizes, that was written
	 * within [first, last], which is mapped; `clear`: and forgets that. -EINVAL:
	 * tracking is not enabled. */
	int (*dirty_read)(struct iommufd_domain *domain, uint64_t first, uint64_t last, bool clear,
			  void (*dirty)(void *to, uint64_t first, uint64_t last), void *to);

	/* A user's page table over `parent`. NULL: there is none (-EOPNOTSUPP). */
	int (*nested_create)(struct iommufd_device *device, struct iommufd_domain *parent,
			     const struct iommufd_nested_config *config,
			     struct iommufd_domain **domain);
	/* *done: entries that were done before one failed. Without entries only their type is
	 * judged, which the core asks for first. NULL: -EOPNOTSUPP. */
	int (*nested_invalidate)(struct iommufd_domain *domain,
				 const struct iommufd_entries *entries, uint32_t *done);

	/*
	 * The device's requests with `pasid` walk `domain`, from the return on. `replace`:
	 * they walked another one of this iommufd, and so do those of all members of its
	 * group that are attached there; now all walk this one, and in between one of the
	 * two. Else nothing was attached to this device there; other members of its group
	 * may be, to the same domain.
	 */
	int (*attach)(struct iommufd_device *device, uint32_t pasid, struct iommufd_domain *domain,
		      bool replace);
	/* They walk nothing, unless other members of the group are attached there. */
	void (*detach)(struct iommufd_device *device, uint32_t pasid);
	/* 0, or why a domain made for another device cannot be this one's. NULL: always
	 * can. -EINVAL lets an IOAS make another one. */
	int (*fits)(const struct iommufd_device *device, const struct iommufd_domain *domain);

	/* The n-th range that the device cannot use; false behind the last. NULL: none. */
	bool (*reserved)(const struct iommufd_device *device, unsigned n,
			 struct ioasim_iommufd_range *range);
	/* What GET_HW_INFO tells: up to `room` bytes of `data`; type and length are set.
	 * `type` is the one asked for, or 0: -EOPNOTSUPP for one that there is not. */
	int (*hw_info)(const struct iommufd_device *device, void *data, uint32_t room,
		       uint32_t *type, uint32_t *length);
	/* The answer to a fault that was raised with this mark; IOASIM_IOMMUFD_RESPONSE_*. */
	void (*respond)(struct iommufd_backend *backend, void *mark, uint32_t code);
	/* For virtual IOMMUs: viommu.h. NULL: there are none. */
	const struct iommufd_viommu_ops *viommu;
};

struct iommufd_backend {
	const struct iommufd_backend_ops *ops;
	void *opaque;
	bool viommu_only; /* users' tables are taken on a vIOMMU, not over a page table */
};

/* ---- The embedder ------------------------------------------------------------------------------ */

struct iommufd_env {
	const struct iommufd_memory_ops *memory;
	const struct iommufd_file_ops *file;
	void *opaque; /* of both */
	/* As kernels before 6.13 answer, which had no vIOMMUs: HWPT_INVALIDATE says ENOENT
	 * of what is no user's page table. */
	bool before_viommu;
};

/* An iommufd; `env` outlives it. NULL: no memory. */
struct iommufd *iommufd_open(const struct iommufd_env *env);
/* Foreign objects go at once. Everything else goes, leaves first (U1), when the last bound
 * device that is not weak, access and open queue has gone, since each of these keeps the
 * iommufd open: at once, if there is none. */
void iommufd_close(struct iommufd *fd);

/* A call: `user` makes it, and is what sources of memory name. */
int iommufd_call(struct iommufd *fd, void *user, uint32_t request, void *argument);

/* ---- Devices ----------------------------------------------------------------------------------- */

struct iommufd_device_config {
	struct iommufd_backend *backend;
	void *opaque;
	const void *group; /* devices with the same one share a group */
	unsigned pasid_bits; /* 0: no PASIDs (-EOPNOTSUPP to attach with one) */
	uint32_t capabilities; /* enum ioasim_iommufd_hw_caps */
	bool weak; /* does not keep the iommufd open: a foreign object's end unbinds it */
	bool pri_vf; /* a VF that asks for pages: no faults are delivered to users (U9) */
};

/* The embedder has claimed it. *number is its ID. -ENOMEM. */
int iommufd_bind(struct iommufd *fd, const struct iommufd_device_config *config,
		 struct iommufd_device **device, uint32_t *number);
/* Detaches all that is attached and ends it; its vDEVICE goes along (U11). */
void iommufd_unbind(struct iommufd_device *device);
const struct iommufd_device_config *iommufd_device_config(const struct iommufd_device *device);
uint32_t iommufd_device_number(const struct iommufd_device *device);

/* Attaches, or replaces what is attached there (U9). *number: an IOAS, a page table;
 * becomes the page table. */
int iommufd_attach(struct iommufd_device *device, uint32_t pasid, uint32_t *number);
/* Does nothing where nothing is attached. */
void iommufd_detach(struct iommufd_device *device, uint32_t pasid);

/* ---- Accesses (U14) ----------------------------------------------------------------------------- */

struct iommufd_access_ops {
	/* Pages of [iova, iova + bytes) that are pinned through the access are to be
	 * unpinned before it returns, which it may do by iommufd_access_unpin(). */
	void (*unmap)(void *opaque, uint64_t iova, uint64_t bytes);
	/* [iova, iova + bytes) has been mapped; or it is about to go, and no access has pins
	 * there. For who keeps books; it calls only iommufd_access_shown(). NULL: nobody. */
	void (*changed)(void *opaque, uint64_t iova, uint64_t bytes, bool mapped);
	bool pins; /* it will pin pages, so that IOVAs have to be aligned to them */
};

/* What an IOAS shows at an IOVA. */
struct iommufd_shown {
	uint64_t last; /* of the mapping, as an IOVA */
	uint64_t bytes; /* from the IOVA on, of which all this is true */
	unsigned access; /* IOASIM_READ, IOASIM_WRITE */
	const struct iommufd_source *source;
	uint64_t address; /* of the source */
	bool pinned; /* by whomever; then: */
	uint64_t pa;
};

/* -ENOMEM; *number is its ID. */
int iommufd_access_create(struct iommufd *fd, const struct iommufd_access_ops *ops, void *opaque,
			  struct iommufd_access **access, uint32_t *number);
/* It has unpinned all. */
void iommufd_access_destroy(struct iommufd_access *access);
/* An IOAS by number: -ENOENT, -EADDRINUSE (what is mapped is not aligned), -EINVAL (it has
 * one). */
int iommufd_access_attach(struct iommufd_access *access, uint32_t ioas);
/* Another one; the old one's pages are asked back. -ENOENT also if it has none. */
int iommufd_access_replace(struct iommufd_access *access, uint32_t ioas);
void iommufd_access_detach(struct iommufd_access *access);
/* Pins the pages of whole mapped ranges; `run` is told of them by IOVA. -EINVAL (length 0,
 * not aligned to pages, being unmapped), -EOVERFLOW, -ENOENT, -EPERM, -EFAULT. */
int iommufd_access_pin(struct iommufd_access *access, uint64_t iova, uint64_t bytes, bool write,
		       iommufd_run_fn *run, void *to);
/* Just what was pinned in one step. */
void iommufd_access_unpin(struct iommufd_access *access, uint64_t iova, uint64_t bytes);
/* Copies out, or with `write` in. */
int iommufd_access_rw(struct iommufd_access *access, uint64_t iova, void *data, uint64_t bytes,
		      bool write);
/* The way of a copy: `run` is told, by IOVA, of bytes that are mapped with all of `rights`
 * (IOASIM_READ, IOASIM_WRITE), which are pinned while it is. What comes before an error has
 * been told. */
int iommufd_access_walk(struct iommufd_access *access, uint64_t iova, uint64_t bytes,
			unsigned rights, iommufd_run_fn *run, void *to);
/* By the books alone. -ENOENT: nothing is mapped there, or there is no IOAS. */
int iommufd_access_shown(const struct iommufd_access *access, uint64_t iova,
			 struct iommufd_shown *shown);

/* ---- For tests of an embedder -------------------------------------------------------------------- */

/* The kind of an ID; NULL: there is none. */
const char *iommufd_kind(const struct iommufd *fd, uint32_t number);
/* A range of an IOAS cannot be used by anybody. -ENOENT; -EADDRINUSE: mapped, allowed. */
int iommufd_reserve(struct iommufd *fd, uint32_t ioas, uint64_t first, uint64_t last);
/* The domain of a page table; NULL: no such ID. */
struct iommufd_domain *iommufd_domain(struct iommufd *fd, uint32_t number);
/* Whether all of [first, last] is mapped in the IOAS of a page table of the kernel. */
bool iommufd_is_mapped(struct iommufd *fd, uint32_t number, uint64_t first, uint64_t last);
/* The bound device with an ID; NULL: none. */
struct iommufd_device *iommufd_device(struct iommufd *fd, uint32_t number);
/* A number for an object of the embedder's own, which holds nothing: DESTROY and closing
 * call `destroy`. For devices that only a test makes. -ENOMEM. */
int iommufd_foreign_create(struct iommufd *fd, void (*destroy)(void *opaque), void *opaque,
			   uint32_t *number);
/* The opaque of one with this destroy function; NULL: no such. */
void *iommufd_foreign(struct iommufd *fd, uint32_t number, void (*destroy)(void *opaque));

#endif
