/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of a real process in place of frames: struct ioasim_host_memory of the system. */
#ifndef MODEL_UAPI_HOST_PAGES_H
#define MODEL_UAPI_HOST_PAGES_H

#include "model/iommufd/host_memory.h"
#include "model/uapi/objects.h"

struct host_pages {
	struct iommufd_host pages; /* first: pins */
	const struct ioasim_host_memory *memory;
};

/* Bus addresses below are the process's. */
#define HOST_PAGES_END (UINT64_C(1) << 47)

/* Makes system->real and its window of memory. -ENOMEM. */
int host_pages_init(struct ioasim_system *system);
void host_pages_fini(struct ioasim_system *system);

#endif
