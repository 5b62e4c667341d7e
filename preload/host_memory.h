/* SPDX-License-Identifier: Apache-2.0 */
/* The program's memory as the model takes it: pages are named by their addresses. */
#ifndef PRELOAD_HOST_MEMORY_H
#define PRELOAD_HOST_MEMORY_H

#include "model/iommufd/host_memory.h"

/* Of the whole process: all that is opened shares its pages. */
struct iommufd_host *host_memory(void);

const struct iommufd_memory_ops *host_memory_ops(void);

/* Of struct iommufd_file_ops. */
int host_file_get(void *opaque, void *user, int32_t number, uint64_t start, uint64_t length,
		  void **found);
void host_file_put(void *opaque, void *put);

/* Is the page that the program has at `address` the one that devices know as `pa`? */
bool host_memory_same(uint64_t address, uint64_t pa);

/* How often the page of an address is pinned. */
uint64_t host_memory_pins(uint64_t address);

#endif
