/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software mdevs that are bound to an iommufd. The mdev's driver reaches the process's
 * memory by an access (U14): its DMA goes through that page by page, but where it has
 * pinned pages before. In the books of routes the access stands as an IOASID, to which the
 * mdev is attached while the access has an IOAS.
 */
#ifndef MODEL_UAPI_IOMMUFD_MDEV_H
#define MODEL_UAPI_IOMMUFD_MDEV_H

#include "model/uapi/iommufd_file.h"

/* Pages that the driver has pinned in one step. */
struct mdev_pin {
	LIST_ENTRY(mdev_pin) link;
	uint64_t iova, bytes;
	bool write; /* what they were pinned for */
	struct iommufd_run *runs;
	unsigned count;
};

struct iommufd_mdev {
	struct device *device;
	struct iommufd_access *access;
	struct ioasid *ioasid;
	uint32_t ioas; /* number; 0: none is attached */
	LIST_HEAD(, mdev_pin) pins; /* the latest first */
	bool leaving; /* its IOAS: pins go, whatever the driver says */
	struct checker_space judged; /* what the IOAS gives */
};

/* BIND: *number is the access's ID. -ENOMEM, -ENOSPC. */
int iommufd_mdev_bind(struct device *device, struct iommufd_file *file, uint32_t *number);
/* It is detached, lets go of everything, and is gone. */
void iommufd_mdev_end(struct iommufd_mdev *mdev);

/* ATTACH: an IOAS by number, in place of the one that is attached, if one is. -ENOENT,
 * -EADDRINUSE, -ENOMEM. */
int iommufd_mdev_attach(struct iommufd_mdev *mdev, uint32_t ioas);
/* Does nothing where none is attached. */
void iommufd_mdev_detach(struct iommufd_mdev *mdev);

/* A DMA of the mdev, which is attached. -ENOMEM: nothing can be said. */
int iommufd_mdev_dma(struct iommufd_mdev *mdev, const struct ioasim_dma *dma,
		     struct ioasim_dma_result *result);

#endif
