/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An iommufd on the books of the machine: how model/iommufd/ gets its memory, its
 * descriptors and its page tables here.
 *
 *	iommufd_file.c	descriptors and calls
 *	iommufd_memory.c	pages of processes
 *	iommufd_tables.c	spaces and domains: aspace and pgtable
 *	iommufd_user.c	tables of users, virtual IOMMUs, what the IOMMU is
 *	iommufd_device.c	the calls of VFIO on a device, and its routes
 *	iommufd_mdev.c	software mdevs, by accesses
 */
#ifndef MODEL_UAPI_IOMMUFD_FILE_H
#define MODEL_UAPI_IOMMUFD_FILE_H

#include "model/iommufd/iommufd.h"
#include "model/uapi/objects.h"

/* An open of /dev/iommu. */
struct iommufd_file {
	struct ioasim_system *system;
	struct iommufd_env env;
	struct iommufd *core;
	/* In the books of devices and routes it stands as a container, whose IOASIDs are its
	 * page tables, under numbers that nobody is told. */
	struct container *container;
	unsigned holds; /* its descriptor, bound devices, queues */
};

/* What opening and closing of descriptors does. */
void iommufd_file_close(struct iommufd_file *file);
void iommufd_queue_close(struct iommufd_stream *stream);
/* Something is done with the file, which may go. */
void iommufd_file_put(struct iommufd_file *file);
/* Unbinds a device, if it is bound to an iommufd: detached, but still in the group. */
void iommufd_device_end(struct device *device);

extern const struct iommufd_memory_ops iommufd_process_memory;
extern const struct iommufd_backend_ops iommufd_tables;

/* A page table, as it stands in the books of routes. */
struct iommufd_table {
	struct iommufd_domain domain; /* first */
	struct ioasid *ioasid;
};

static inline struct iommufd_table *iommufd_table(struct iommufd_domain *domain)
{
	return (struct iommufd_table *)(void *)domain;
}

/* What the core's device is here. */
static inline struct device *iommufd_device_of(const struct iommufd_device *device)
{
	return (struct device *)iommufd_device_config(device)->opaque;
}

/* iommufd_device.c, for the table of functions */
int iommufd_route_attach(struct iommufd_device *device, uint32_t pasid,
			 struct iommufd_domain *domain, bool replace);
void iommufd_route_detach(struct iommufd_device *device, uint32_t pasid);
int iommufd_route_fits(const struct iommufd_device *device, const struct iommufd_domain *domain);
bool iommufd_route_reserved(const struct iommufd_device *device, unsigned n,
			    struct ioasim_iommufd_range *range);

/* iommufd_user.c: tables of users. What the driver and the books say of one; errnos as U7
 * has them. */
int iommufd_user_describe(const struct ioasim_system *system,
			  const struct iommufd_nested_config *asked,
			  struct domain_config *description, struct ioasid *config);
/* The errno for words that the driver has refused: of an SMMUv3's that is EIO. */
int iommufd_user_refused(const struct ioasim_system *system, int error);
int iommufd_user_invalidate(struct iommufd_domain *domain, const struct iommufd_entries *entries,
			    uint32_t *done);
/* A fault record about a route to a page table of an iommufd. */
struct driver_fault;
void iommufd_event(const struct attachment *attachment, const struct driver_fault *fault);
int iommufd_hw_info(const struct iommufd_device *device, void *data, uint32_t room, uint32_t *type,
		    uint32_t *length);
extern const struct iommufd_viommu_ops iommufd_viommus;

#endif
