/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of an iommufd: what has a number, and what belongs to it. */
#ifndef MODEL_IOMMUFD_OBJECTS_H
#define MODEL_IOMMUFD_OBJECTS_H

#include "model/interval.h"
#include "model/iommufd/holes.h"
#include "model/iommufd/iommufd.h"
#include "model/pool.h"

/* ---- Numbers and references ------------------------------------------------------------ */

enum iofd_type {
	IOFD_ANY, /* for look-ups */
	IOFD_IOAS,
	IOFD_HWPT_PAGING, /* a page table of the kernel */
	IOFD_HWPT_NESTED, /* a user's */
	IOFD_DEVICE,
	IOFD_ACCESS,
	IOFD_FAULT,
	IOFD_VIOMMU,
	IOFD_VDEVICE,
	IOFD_VEVENTQ,
	IOFD_HW_QUEUE,
	IOFD_FOREIGN,
	IOFD_TOMB, /* of a vDEVICE whose device has gone: the number stays taken */
};

/*
 * What all begin with. `users` counts whoever holds the object: others of this iommufd,
 * and drivers of devices; DESTROY wants none (U1).
 */
struct iofd_object {
	struct iommufd *fd;
	uint32_t number; /* 0: none */
	uint8_t type; /* enum iofd_type */
	unsigned users;
};

struct iommufd {
	const struct iommufd_env *env;
	struct iofd_object **object; /* by number, below `room`; NULL: free */
	uint32_t room;
	struct ids numbers;
	unsigned count; /* of objects that have one */
	unsigned outside; /* bound devices, open accesses and queues: who keep it after closing */
	bool closed;
	bool account_mm; /* OPTION: rlimit mode 1 */
	struct iofd_ioas *compat; /* of the calls of a container; NULL: none */
	LIST_HEAD(, iofd_group) groups;
	LIST_HEAD(, iofd_mmap) mmaps; /* pages that vIOMMUs have announced */
};

/* ---- Pages --------------------------------------------------------------------------------- */

/*
 * A user's pages that a call has named, shared by all areas made of it and of its copies.
 * They are pinned where a page table or an access uses them, once, however many do.
 */
struct iofd_pages {
	const struct iommufd_env *env;
	struct iommufd_source source;
	uint64_t address; /* of the first page */
	uint64_t count;
	unsigned refs;
	bool writable;
	uint8_t account; /* enum iommufd_account, of the source's user */
	bool counted; /* CHANGE_PROCESS has seen them */
	uint64_t pinned, charged; /* pages */
	struct interval_map where; /* pinned pages, by index; value: where on the bus */
	struct interval_map pins; /* the same; value: how many use them */
};

/* ---- Address spaces ---------------------------------------------------------------------------- */

/* A mapping: a range of IOVAs, and the bytes of pages that it shows. */
struct iofd_area {
	uint64_t first, last;
	struct iofd_pages *pages;
	uint64_t start; /* byte within the pages */
	unsigned access; /* IOASIM_READ, IOASIM_WRITE */
	unsigned accesses; /* pins of accesses */
	unsigned locks; /* HW queues that need it (U4) */
	bool leaving; /* it is being unmapped: no access takes pages any more */
};

struct iofd_reserved {
	uint64_t first, last;
	const void *owner; /* a device, a domain, NULL: for good */
};

/* An IOAS as one backend's tables show it. */
struct iofd_view {
	LIST_ENTRY(iofd_view) link;
	struct iommufd_space *space;
	unsigned domains;
};

struct iofd_ioas {
	struct iofd_object object;
	struct interval_map areas; /* value: a struct iofd_area */
	struct iofd_holes holes; /* between the areas */
	struct interval_map allowed; /* empty: all */
	struct iofd_reserved *reserved;
	unsigned reserved_count;
	uint64_t alignment; /* of IOVAs, lengths and offsets of pages: a power of two */
	bool small_pages; /* OPTION: huge pages off */
	unsigned queues; /* HW queues, which pin pages */
	LIST_HEAD(, iofd_view) views;
	LIST_HEAD(, iommufd_hwpt) hwpts; /* of the kernel, in order of making */
	LIST_HEAD(, iommufd_access) accesses;
};

/* ---- Page tables ----------------------------------------------------------------------------------- */

struct iommufd_hwpt {
	struct iofd_object object;
	struct iommufd_domain *domain;
	struct iofd_ioas *ioas; /* of the kernel's, and behind a user's */
	LIST_ENTRY(iommufd_hwpt) link; /* of the kernel's: ioas->hwpts */
	struct iofd_view *view; /* of the kernel's */
	struct iommufd_hwpt *parent; /* of a user's */
	struct iommufd_viommu *viommu; /* that a user's was made from; NULL */
	struct iofd_fault_queue *faults; /* NULL: none */
	bool automatic; /* made by an attach to an IOAS, and gone with the last */
	bool nest_parent;
	bool pasid; /* can stand on and beside routes with PASIDs */
};

/* ---- Devices ------------------------------------------------------------------------------------------ */

/* What devices of a group have attached for one PASID, all of them the same. */
struct iofd_route {
	LIST_ENTRY(iofd_route) link;
	uint32_t pasid;
	struct iommufd_hwpt *hwpt;
	LIST_HEAD(, iofd_attached) devices;
};

struct iofd_attached {
	LIST_ENTRY(iofd_attached) link;
	struct iommufd_device *device;
};

struct iofd_group {
	LIST_ENTRY(iofd_group) link;
	const void *key;
	unsigned devices; /* bound */
	LIST_HEAD(, iofd_route) routes;
};

struct iommufd_device {
	struct iofd_object object;
	struct iommufd_device_config config;
	struct iofd_group *group;
	struct iofd_vdevice *vdevice;
};

struct iommufd_access {
	struct iofd_object object;
	LIST_ENTRY(iommufd_access) link;
	const struct iommufd_access_ops *ops;
	void *opaque;
	struct iofd_ioas *ioas; /* NULL: none */
};

struct iofd_foreign {
	struct iofd_object object;
	void (*destroy)(void *opaque);
	void *opaque;
};

/* ---- object.c ------------------------------------------------------------------------------------------ */

/* Gives a new object a number. -ENOMEM, -ENOSPC. */
int iofd_object_enter(struct iommufd *fd, struct iofd_object *object, enum iofd_type type);
/* Its number is free again; the object is not touched otherwise. */
void iofd_object_leave(struct iofd_object *object);
/* NULL: no such number, or of another type. */
struct iofd_object *iofd_find(const struct iommufd *fd, uint32_t number, enum iofd_type type);
struct iofd_ioas *iofd_find_ioas(const struct iommufd *fd, uint32_t number);
/* Of either kind. */
struct iommufd_hwpt *iofd_find_hwpt(const struct iommufd *fd, uint32_t number);
/* DESTROY: -ENOENT, -EBUSY. */
int iofd_object_remove(struct iommufd *fd, uint32_t number);
/* Something outside does not need the iommufd any more; it may be gone afterwards. */
void iofd_outside_done(struct iommufd *fd);

/* The caller's memory: -EFAULT. */
static inline int iofd_read(const struct iommufd *fd, void *user, uint64_t address, void *data,
			    uint64_t bytes)
{
	return fd->env->memory->read(fd->env->opaque, user, address, data, bytes);
}

static inline int iofd_write(const struct iommufd *fd, void *user, uint64_t address,
			     const void *data, uint64_t bytes)
{
	return fd->env->memory->write(fd->env->opaque, user, address, data, bytes);
}

/* ---- pages.c --------------------------------------------------------------------------------------------- */

/* For [address, address + length) of a source, not pinned. NULL: no memory. */
struct iofd_pages *iofd_pages_create(const struct iommufd *fd, const struct iommufd_source *source,
				     uint64_t address, uint64_t length, bool writable);
static inline struct iofd_pages *iofd_pages_get(struct iofd_pages *pages)
{
	pages->refs++;
	return pages;
}

/* Takes NULL. */
void iofd_pages_put(struct iofd_pages *pages);
/* Pages [first, last] by index are used once more. -EFAULT, -ENOMEM: also of a limit of
 * locked memory. */
int iofd_pages_pin(struct iofd_pages *pages, uint64_t first, uint64_t last);
void iofd_pages_unpin(struct iofd_pages *pages, uint64_t first, uint64_t last);
/* The same for as long as a copy takes, which is no locked memory. */
int iofd_pages_hold(struct iofd_pages *pages, uint64_t first, uint64_t last);
void iofd_pages_release(struct iofd_pages *pages, uint64_t first, uint64_t last);
/* Tells `run` of pinned bytes [start, start + bytes); `address` is the offset. */
int iofd_pages_walk(const struct iofd_pages *pages, uint64_t start, uint64_t bytes,
		    iommufd_run_fn *run, void *to);
/* The same as an array, to be freed. -ENOMEM. */
int iofd_pages_runs(const struct iofd_pages *pages, uint64_t start, uint64_t bytes,
		    struct iommufd_run **runs, unsigned *count);

static inline uint64_t iofd_area_bytes(const struct iofd_area *area)
{
	return area->last - area->first + 1;
}

/* Index of the page that an IOVA of the area shows. */
static inline uint64_t iofd_area_page(const struct iofd_area *area, uint64_t iova)
{
	return (area->start + (iova - area->first)) / IOMMUFD_PAGE;
}

/* ---- areas.c ----------------------------------------------------------------------------------------------- */

/* A part of pages, to be mapped. */
struct iofd_piece {
	struct iofd_pages *pages;
	uint64_t start, length;
};

struct iofd_mapping {
	struct iofd_piece *pieces;
	unsigned count;
	uint64_t length; /* of all pieces */
	unsigned access;
	bool fixed; /* at *iova, which is filled otherwise */
};

/* Maps pieces in a row (U3). Areas take references on the pages. */
int iofd_map(struct iofd_ioas *ioas, const struct iofd_mapping *mapping, uint64_t *iova);
/* The same of a user's memory, whose checks it makes first. The source's file is put back
 * when the last area of it has gone, or at once with a failure. */
int iofd_map_source(struct iofd_ioas *ioas, const struct iommufd_source *source, uint64_t address,
		    struct iofd_mapping *mapping, uint64_t *iova);
/* The pieces that a range shows, to be freed; with references on their pages. -EINVAL,
 * -EOVERFLOW, -ENOENT, -ENOMEM. */
int iofd_pieces_get(struct iofd_ioas *ioas, uint64_t iova, uint64_t length,
		    struct iofd_mapping *mapping);
void iofd_pieces_put(struct iofd_mapping *mapping);

/* U4, without the checks of the call: all areas in [first, last]. `everything`: nothing
 * there is no error. */
int iofd_unmap(struct iofd_ioas *ioas, uint64_t first, uint64_t last, bool everything,
	       uint64_t *unmapped);
/* Areas end at `last` and begin behind it (type1 of VFIO). -EINVAL, -EBUSY, -ENOMEM. */
int iofd_cut(struct iofd_ioas *ioas, uint64_t last);
/* The area that holds an IOVA, or the next one behind it; NULL: none. */
struct iofd_area *iofd_area_at(const struct iofd_ioas *ioas, uint64_t iova);

/* ---- fill.c --------------------------------------------------------------------------------------------------- */

/* All page tables of the IOAS show the area, or none. */
int iofd_area_show(struct iofd_ioas *ioas, const struct iofd_area *area);
int iofd_area_hide(struct iofd_ioas *ioas, const struct iofd_area *area);
/* A domain comes into the IOAS and shows what is mapped; goes. -EADDRINUSE, -EINVAL (its
 * pages are too large), -EFAULT, -ENOMEM, what the backend says. */
int iofd_domain_enter(struct iofd_ioas *ioas, struct iommufd_hwpt *hwpt);
void iofd_domain_leave(struct iommufd_hwpt *hwpt);
/* The alignment that tables, accesses and options need now. -EADDRINUSE. */
int iofd_align(struct iofd_ioas *ioas);
/* OPTION of huge pages (U6). */
int iofd_small_pages(struct iofd_ioas *ioas, bool small);

/* ---- iova.c ------------------------------------------------------------------------------------------------------ */

/* -EADDRINUSE: something is mapped there, or allowed; -ENOMEM. */
int iofd_reserve(struct iofd_ioas *ioas, uint64_t first, uint64_t last, const void *owner);
void iofd_unreserve(struct iofd_ioas *ioas, const void *owner);
bool iofd_is_reserved(const struct iofd_ioas *ioas, uint64_t first, uint64_t last);
/* The ranges of a device. */
int iofd_reserve_device(struct iofd_ioas *ioas, const struct iommufd_device *device);
/* Whether a fixed range is good (U3). */
int iofd_iova_check(const struct iofd_ioas *ioas, uint64_t iova, uint64_t length);
/* Chooses one for bytes of this address. -EOVERFLOW, -EINVAL, -ENOSPC. */
int iofd_iova_choose(const struct iofd_ioas *ioas, uint64_t address, uint64_t length,
		     uint64_t *iova);
/* The lowest range from `from` on that is not reserved; false: none. */
bool iofd_iova_usable(const struct iofd_ioas *ioas, uint64_t from,
		      struct ioasim_iommufd_range *range);

/* ---- ioas_calls.c, hwpt.c, attach.c, access.c, fault_queue.c, viommu.c: life ------------------------------------ */

struct iofd_ioas *iofd_ioas_create(struct iommufd *fd);
void iofd_ioas_destroy(struct iofd_ioas *ioas);
/* Accesses give back what they have of a range. */
void iofd_accesses_notify(struct iofd_ioas *ioas, uint64_t iova, uint64_t bytes);
/* They are told that it has been mapped, or is about to go. */
void iofd_accesses_changed(struct iofd_ioas *ioas, uint64_t iova, uint64_t bytes, bool mapped);
void iofd_access_end(struct iommufd_access *access);

#endif
