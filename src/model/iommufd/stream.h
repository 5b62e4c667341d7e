/* SPDX-License-Identifier: Apache-2.0 */
/* Queues that have a descriptor: faults of page tables (U12), events of vIOMMUs (U11). */
#ifndef MODEL_IOMMUFD_STREAM_H
#define MODEL_IOMMUFD_STREAM_H

#include "model/iommufd/iommufd.h"

#include <stddef.h>

/* What the owner of a descriptor does with it. Bytes are counted back, or a negative errno:
 * -ESPIPE (no whole number of records), -EINVAL. */
int64_t iommufd_stream_read(struct iommufd_stream *stream, void *data, size_t bytes);
int64_t iommufd_stream_write(struct iommufd_stream *stream, const void *data, size_t bytes);
/* A mask of enum ioasim_iommufd_poll. */
unsigned iommufd_stream_poll(const struct iommufd_stream *stream);
/* The last descriptor is closed. */
void iommufd_stream_close(struct iommufd_stream *stream);
const struct iommufd_env *iommufd_stream_env(const struct iommufd_stream *stream);

/*
 * A device's request for pages, a group of them, whose requests carry `pasid`
 * (IOMMUFD_NO_PASID): goes into the fault queue of the page table that they walk, which
 * answers by the backend's respond() with `mark`, once, when the user writes or the route
 * ends. Of the records flags, pasid, grpid, perm and addr are set. -ENOENT: nothing is
 * attached there, or it has no queue; -ENOMEM.
 */
int iommufd_fault_raise(struct iommufd_device *device, uint32_t pasid,
			const struct ioasim_iommufd_pgfault *records, unsigned count, void *mark);
/* Whether such a request would go to a queue. */
bool iommufd_fault_wanted(const struct iommufd_device *device, uint32_t pasid);
/* The backend has answered it by itself. */
void iommufd_fault_forget(struct iommufd_device *device, const void *mark);

/* ---- Inside -------------------------------------------------------------------------------- */

struct iofd_stream_ops {
	int64_t (*read)(struct iommufd_stream *stream, void *data, size_t bytes);
	int64_t (*write)(struct iommufd_stream *stream, const void *data, size_t bytes);
	bool (*waiting)(const struct iommufd_stream *stream); /* something can be read */
};

struct iofd_object;

/* Part of an object, which its descriptor holds. */
struct iommufd_stream {
	const struct iofd_stream_ops *ops; /* write NULL: cannot be written */
	struct iofd_object *object;
};

/* Gives a new object's stream a descriptor: the last step of making it. */
int iofd_stream_install(struct iommufd_stream *stream, void *user, uint32_t *fd);

#endif
