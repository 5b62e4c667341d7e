/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for an embedder in a real process: a page is named on the bus by the address that
 * the process has it at, what is there is judged by a function, and how often each page is
 * pinned is counted. Files are seen through a mapping that the embedder has of them.
 */
#ifndef MODEL_IOMMUFD_HOST_MEMORY_H
#define MODEL_IOMMUFD_HOST_MEMORY_H

#include "model/interval.h"
#include "model/iommufd/iommufd.h"

/* What iommufd_env.opaque points to, or begins with. */
struct iommufd_host {
	/* 0: all of [address, address + bytes) is there, and can be written if `write`;
	 * else -EFAULT. */
	int (*judge)(struct iommufd_host *host, uint64_t address, uint64_t bytes, bool write);
	/* Where the process has a file from offset 0 on. NULL: there are no files. */
	uint64_t (*file_address)(struct iommufd_host *host, void *file);
	struct interval_map pins; /* by number of the page; value: how many */
};

extern const struct iommufd_memory_ops iommufd_host_memory;

static inline void iommufd_host_init(struct iommufd_host *host)
{
	*host = (struct iommufd_host){0};
}

void iommufd_host_fini(struct iommufd_host *host);

/* How often the page of an address is pinned. */
uint64_t iommufd_host_pins(const struct iommufd_host *host, uint64_t address);

#endif
