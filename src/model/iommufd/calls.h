/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of calls of an iommufd, of a container and of a device: what the dispatchers
 * execute, `ioasim uapi` prints and docs/uapi.md is made from.
 *
 * A call's checks are done in the order of its table, and the first that does not hold
 * gives the errno. Checks find the objects that later ones and the work use, and change
 * nothing.
 */
#ifndef MODEL_IOMMUFD_CALLS_H
#define MODEL_IOMMUFD_CALLS_H

#include "model/iommufd/objects.h"

struct iofd_call {
	struct iommufd *fd;
	void *user; /* the caller */
	void *on; /* a device's call: the embedder's device */
	const struct iofd_call_entry *entry;
	/* A copy of the argument; what the caller's does not have is zero. Goes back, as far
	 * as the caller knows it, if the call succeeds, or as the entry says. */
	union {
		uint32_t size;
		struct ioasim_iommufd_destroy destroy;
		struct ioasim_iommufd_ioas_alloc ioas_alloc;
		struct ioasim_iommufd_allow_iovas allow;
		struct ioasim_iommufd_iova_ranges ranges;
		struct ioasim_iommufd_map map;
		struct ioasim_iommufd_map_file map_file;
		struct ioasim_iommufd_copy copy;
		struct ioasim_iommufd_unmap unmap;
		struct ioasim_iommufd_option option;
		struct ioasim_iommufd_vfio_ioas vfio_ioas;
		struct ioasim_iommufd_change_process change_process;
		struct ioasim_iommufd_hwpt_alloc hwpt_alloc;
		struct ioasim_iommufd_hw_info hw_info;
		struct ioasim_iommufd_set_dirty set_dirty;
		struct ioasim_iommufd_get_dirty get_dirty;
		struct ioasim_iommufd_invalidate invalidate;
		struct ioasim_iommufd_fault_alloc fault_alloc;
		struct ioasim_iommufd_viommu_alloc viommu_alloc;
		struct ioasim_iommufd_vdevice_alloc vdevice_alloc;
		struct ioasim_iommufd_veventq_alloc veventq_alloc;
		struct ioasim_iommufd_hw_queue_alloc hw_queue_alloc;
		struct ioasim_vfio_bind bind;
		struct ioasim_vfio_attach attach;
		struct ioasim_vfio_detach detach;
		struct ioasim_vfio_info info;
		struct ioasim_vfio_map vfio_map;
		struct ioasim_vfio_unmap vfio_unmap;
	} arg;
	void *argument; /* the caller's own: behind it are capabilities (IOMMU_GET_INFO) */

	/* Found by checks. */
	struct iofd_ioas *ioas; /* of a copy the source */
	struct iommufd_device *device;
	struct iommufd_hwpt *hwpt;
	struct iommufd_viommu *viommu;
	uint32_t count; /* of an invalidation: entries */
};

/* As struct call_check (uapi/calls.h). `fails` NULL: shows while the work is done. */
struct iofd_check {
	const char *rule;
	int error;
	const char *text;
	bool (*fails)(struct iofd_call *call);
};

#define IOFD_CHECKS_END             \
	{                           \
		NULL, 0, NULL, NULL \
	}

enum iofd_member_kind {
	IOFD_VALUE,
	IOFD_RESERVED, /* must be 0 */
	IOFD_FLAGS, /* bits of `known` */
	IOFD_FILLED, /* by the call */
	IOFD_POINTER, /* an address of the caller */
};

struct iofd_member {
	const char *name;
	uint16_t offset;
	uint8_t bytes;
	uint8_t kind; /* enum iofd_member_kind */
	uint64_t known;
	const char *text;
};

/* Where a call is made. */
enum iofd_where { IOFD_ON_IOMMUFD, IOFD_ON_CONTAINER, IOFD_ON_DEVICE };

struct iofd_call_entry {
	uint32_t request;
	uint8_t where; /* enum iofd_where */
	const char *name; /* "IOAS_ALLOC" */
	const char *structure; /* NULL: the argument is a number */
	const char *text;
	const char *returns; /* NULL: 0 */
	uint16_t size, minimum;
	/* E2BIG for what is not zero behind the structure, as in all calls of an iommufd. */
	bool zeroes_behind;
	int unknown_error; /* of unknown flags and reserved members: EOPNOTSUPP, EINVAL */
	int filled_on; /* besides success, this errno gives filled members back; -1: all */
	const struct iofd_member *members; /* ends with name NULL */
	const struct iofd_check *checks; /* ends with rule NULL */
	void (*prepare)(struct iofd_call *call); /* before anything is checked; NULL: nothing */
	int (*work)(struct iofd_call *call);
};

/* Calls on a device's descriptor are its embedder's, here the machine's
 * (uapi/iommufd_device.c); ended by request 0. */
extern const struct iofd_call_entry iofd_device_calls[];

/* The n-th call; NULL behind the last. */
const struct iofd_call_entry *iofd_call_table(unsigned n);
const struct iofd_call_entry *iofd_call_find(uint32_t request, enum iofd_where where);

/*
 * Does a call of the table: sizes, members, checks, work, results. `argument` is not NULL.
 * A device's call may have fd NULL.
 */
int iofd_call_do(struct iofd_call *call, void *argument);

/* members.c */
extern const struct iofd_member iofd_destroy_members[], iofd_ioas_alloc_members[],
	iofd_allow_members[], iofd_ranges_members[], iofd_map_members[], iofd_map_file_members[],
	iofd_copy_members[], iofd_unmap_members[], iofd_option_members[], iofd_vfio_ioas_members[],
	iofd_change_process_members[], iofd_hwpt_alloc_members[], iofd_hw_info_members[],
	iofd_set_dirty_members[], iofd_get_dirty_members[], iofd_invalidate_members[],
	iofd_fault_alloc_members[], iofd_viommu_alloc_members[], iofd_vdevice_alloc_members[],
	iofd_veventq_alloc_members[], iofd_hw_queue_alloc_members[], iofd_bind_members[],
	iofd_attach_members[], iofd_detach_members[], iofd_info_members[], iofd_vfio_map_members[],
	iofd_vfio_unmap_members[];

/* ---- Checks and work, in the files that do it ------------------------------------------- */

/* ioas_calls.c */
extern const struct iofd_check iofd_destroy_checks[], iofd_ioas_alloc_checks[], iofd_allow_checks[],
	iofd_ranges_checks[], iofd_option_checks[], iofd_change_process_checks[];
int iofd_destroy_work(struct iofd_call *call);
int iofd_ioas_alloc_work(struct iofd_call *call);
int iofd_allow_work(struct iofd_call *call);
int iofd_ranges_work(struct iofd_call *call);
int iofd_option_work(struct iofd_call *call);
int iofd_change_process_work(struct iofd_call *call);

/* map_calls.c */
extern const struct iofd_check iofd_map_checks[], iofd_map_file_checks[], iofd_copy_checks[],
	iofd_unmap_checks[];
int iofd_map_work(struct iofd_call *call);
int iofd_map_file_work(struct iofd_call *call);
int iofd_copy_work(struct iofd_call *call);
int iofd_unmap_work(struct iofd_call *call);

/* fault_queue.c */
extern const struct iofd_check iofd_fault_alloc_checks[];
int iofd_fault_alloc_work(struct iofd_call *call);

/* nested.c */
extern const struct iofd_check iofd_invalidate_checks[];
void iofd_invalidate_prepare(struct iofd_call *call);
int iofd_invalidate_work(struct iofd_call *call);

/* viommu.c, veventq.c, hw_queue.c */
extern const struct iofd_check iofd_viommu_alloc_checks[], iofd_vdevice_alloc_checks[],
	iofd_veventq_alloc_checks[], iofd_hw_queue_alloc_checks[];
int iofd_viommu_alloc_work(struct iofd_call *call);
int iofd_vdevice_alloc_work(struct iofd_call *call);
int iofd_veventq_alloc_work(struct iofd_call *call);
int iofd_hw_queue_alloc_work(struct iofd_call *call);

/* dirty.c */
extern const struct iofd_check iofd_set_dirty_checks[], iofd_get_dirty_checks[];
int iofd_set_dirty_work(struct iofd_call *call);
int iofd_get_dirty_work(struct iofd_call *call);

/* hwpt.c, device.c */
extern const struct iofd_check iofd_hwpt_alloc_checks[], iofd_hw_info_checks[];
int iofd_hwpt_alloc_work(struct iofd_call *call);
int iofd_hw_info_work(struct iofd_call *call);

/* vfio.c */
extern const struct iofd_check iofd_vfio_ioas_checks[], iofd_info_checks[], iofd_vfio_map_checks[],
	iofd_vfio_unmap_checks[], iofd_extension_checks[], iofd_set_iommu_checks[];
int iofd_vfio_ioas_work(struct iofd_call *call);
int iofd_info_work(struct iofd_call *call);
int iofd_vfio_map_work(struct iofd_call *call);
int iofd_vfio_unmap_work(struct iofd_call *call);
/* The numbers of a container: not through the table of structures. */
int iofd_extension(struct iommufd *fd, uint64_t what);
int iofd_set_iommu(struct iommufd *fd, uint64_t what);

#endif
