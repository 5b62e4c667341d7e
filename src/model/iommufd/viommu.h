/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual IOMMUs (U11): what a backend gives for them, what it can ask of them, and the
 * objects that belong to one.
 */
#ifndef MODEL_IOMMUFD_VIOMMU_H
#define MODEL_IOMMUFD_VIOMMU_H

#include "model/iommufd/objects.h"
#include "model/iommufd/stream.h"

struct iofd_vdevice;

/* ---- For backends ------------------------------------------------------------------------ */

struct iommufd_viommu_ops {
	/* Whether the IOMMU in front of the device has virtual ones of a type, not 0. */
	bool (*offers)(const struct iommufd_device *device, uint32_t type);
	/* One over `parent`, made for the device; its `opaque` can be set. `data`, of `length`
	 * bytes, is the user's, and goes back as it is left. */
	int (*create)(struct iommufd_viommu *viommu, struct iommufd_device *device, void *data,
		      uint32_t length);
	void (*destroy)(struct iommufd_viommu *viommu);
	/* A device has a number of the guest's. NULL: nothing is to be done. */
	int (*vdevice)(struct iommufd_viommu *viommu, struct iommufd_device *device,
		       uint64_t number);
	void (*vdevice_gone)(struct iommufd_viommu *viommu, struct iommufd_device *device,
			     uint64_t number);
	/* As iommufd_backend_ops.nested_invalidate. NULL: -EOPNOTSUPP. */
	int (*invalidate)(struct iommufd_viommu *viommu, const struct iommufd_entries *entries,
			  uint32_t *done);
	/* A queue of the guest's that hardware reads, in pinned memory in a row on the bus.
	 * NULL: -EOPNOTSUPP. `*queue` is handed to its end, which may be -EBUSY. */
	bool (*queue_offered)(const struct iommufd_viommu *viommu, uint32_t type);
	int (*queue_create)(struct iommufd_viommu *viommu, uint32_t index, uint64_t pa,
			    uint64_t length, void **queue);
	void (*queue_destroy)(struct iommufd_viommu *viommu, void *queue);
};

/* ---- What backends can ask ---------------------------------------------------------------- */

struct iommufd_viommu {
	struct iofd_object object; /* first */
	uint32_t type;
	struct iommufd_backend *backend;
	struct iommufd_hwpt *parent;
	void *opaque; /* the backend's */
	LIST_HEAD(, iofd_vdevice) vdevices;
	LIST_HEAD(, iofd_veventq) queues;
	LIST_HEAD(, iofd_hw_queue) hw_queues;
};

/* The device that the guest knows by a number; NULL: none. */
struct iommufd_device *iommufd_vdevice(const struct iommufd_viommu *viommu, uint64_t number);
/* The guest's number of a device: false: it has none there. */
bool iommufd_vdevice_number(const struct iommufd_viommu *viommu,
			    const struct iommufd_device *device, uint64_t *number);
/* An event for the queue of a type: -ENOENT: there is none; -ENOMEM. One that does not fit
 * into the queue is told as lost. */
int iommufd_vevent(struct iommufd_viommu *viommu, uint32_t type, const void *data, uint32_t length);

/* HW queues end in the order that a backend needs: another one holds this one, or not. */
int iommufd_hw_queue_hold(struct iommufd_viommu *viommu, const void *queue);
void iommufd_hw_queue_release(struct iommufd_viommu *viommu, const void *queue);

/* A page of the backend's that the iommufd's descriptor can map: an offset for it, given
 * in VIOMMU_ALLOC's data; it goes with the vIOMMU. -ENOMEM. */
int iommufd_mmap_announce(struct iommufd_viommu *viommu, void *page, uint64_t length,
			  uint64_t *offset);
/* The descriptor's mmap (U11): *page is the backend's; the vIOMMU is held until munmap.
 * -EINVAL (not whole pages, not shared), -EPERM (executable), -ENXIO. */
int iommufd_mmap(struct iommufd *fd, uint64_t offset, uint64_t length, bool shared, bool exec,
		 void **page);
void iommufd_munmap(struct iommufd *fd, uint64_t offset);

/* ---- Inside ---------------------------------------------------------------------------------- */

struct iofd_vdevice {
	struct iofd_object object; /* first */
	LIST_ENTRY(iofd_vdevice) link;
	struct iommufd_viommu *viommu;
	struct iommufd_device *device;
	uint64_t number;
};

struct iofd_vevent {
	TAILQ_ENTRY(iofd_vevent) link;
	struct ioasim_iommufd_vevent_header header;
	uint32_t length;
	unsigned char *data; /* behind it */
};

TAILQ_HEAD(iofd_vevents, iofd_vevent);

struct iofd_veventq {
	struct iofd_object object; /* first */
	struct iommufd_stream stream;
	LIST_ENTRY(iofd_veventq) link;
	struct iommufd_viommu *viommu;
	uint32_t type, depth, sequence;
	uint32_t count; /* of events, without the one that tells of lost ones */
	struct iofd_vevents events;
	struct iofd_vevent lost;
	bool losing; /* `lost` is the last of them */
};

struct iofd_hw_queue {
	struct iofd_object object; /* first */
	LIST_ENTRY(iofd_hw_queue) link;
	struct iommufd_viommu *viommu;
	void *queue;
	uint64_t first, last; /* IOVAs of the parent's IOAS */
};

struct iofd_mmap {
	LIST_ENTRY(iofd_mmap) link;
	struct iommufd_viommu *viommu;
	void *page;
	uint64_t offset, length;
	unsigned mapped;
};

void iofd_viommu_destroy(struct iommufd_viommu *viommu);
void iofd_vdevice_destroy(struct iofd_vdevice *vdevice);
/* The device is unbound: its vDEVICE goes, its number does not come back (U11). */
void iofd_vdevice_bury(struct iommufd_device *device);
void iofd_veventq_destroy(struct iofd_veventq *queue);
void iofd_hw_queue_destroy(struct iofd_hw_queue *queue);

#endif
