/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of an iommufd on a machine of the fixtures of uapi_flow.h: calls in one line each,
 * which return 0 or a positive errno. */
#ifndef TESTS_IOFD_FLOW_H
#define TESTS_IOFD_FLOW_H

#include "uapi_flow.h"

#include <ioasim/iommufd.h>

#define IFLOW_NONE UINT32_MAX

struct iflow {
	struct flow *flow;
	int fd; /* of /dev/iommu */
	uint32_t id[FLOW_DEVICES]; /* of bound devices */
};

struct iflow iflow_open(struct flow *flow);

int iflow_call(const struct iflow *i, uint32_t request, void *argument);
int iflow_device_call(const struct iflow *i, unsigned device, uint32_t request, void *argument);

/* Adds and opens a device, an index of flow->device; a pdev is bound too. */
unsigned iflow_add(struct iflow *i, const struct ioasim_device_config *config);
unsigned iflow_pdev(struct iflow *i, uint32_t rid, uint32_t capabilities, unsigned pasid_bits);
int iflow_bind(struct iflow *i, unsigned device, int fd);

uint32_t iflow_ioas(const struct iflow *i); /* that is made */
int iflow_map(const struct iflow *i, uint32_t ioas, uint64_t iova, uint64_t vaddr, uint64_t length);
int iflow_map_flags(const struct iflow *i, uint32_t ioas, uint64_t iova, uint64_t vaddr,
		    uint64_t length, uint32_t flags);
int iflow_unmap(const struct iflow *i, uint32_t ioas, uint64_t iova, uint64_t length);
int iflow_hwpt(const struct iflow *i, unsigned device, uint32_t pt, uint32_t flags, uint32_t *hwpt);
int iflow_destroy(const struct iflow *i, uint32_t number);
/* pasid IFLOW_NONE: the requests without. */
int iflow_attach(const struct iflow *i, unsigned device, uint32_t pt, uint32_t pasid);
int iflow_detach(const struct iflow *i, unsigned device, uint32_t pasid);

/* What GET_HW_INFO says that the device's IOMMU can do. */
uint64_t iflow_capabilities(const struct iflow *i, unsigned device);
/* Tracking on and off; and one bit for each page of up to 64, put into an empty word of the
 * process. */
int iflow_track(const struct iflow *i, uint32_t hwpt, bool enable);
int iflow_written(const struct iflow *i, uint32_t hwpt, uint32_t flags, uint64_t iova,
		  unsigned pages, uint64_t *bits);

/* ---- Software mdevs ------------------------------------------------------------------------ */

#define IFLOW_IOVA UINT64_C(0x10000)

/* A pdev that its driver has, not bound; an mdev of it; a software one that is bound, of a
 * parent of its own. */
unsigned iflow_parent(struct iflow *i);
unsigned iflow_mdev(struct iflow *i, unsigned parent, bool software);
unsigned iflow_mdev_bound(struct iflow *i);
/* The same on an IOAS that has four pages from FLOW_MEMORY on at IFLOW_IOVA: the IOAS. */
uint32_t iflow_mdev_attached(struct iflow *i, unsigned *mdev);
int iflow_pin(const struct iflow *i, unsigned mdev, uint64_t iova, uint64_t bytes, bool write);
int iflow_unpin(const struct iflow *i, unsigned mdev, uint64_t iova, uint64_t bytes);
int iflow_rw(const struct iflow *i, unsigned mdev, uint64_t iova, void *data, size_t bytes,
	     bool write);

#endif
