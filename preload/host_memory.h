/* SPDX-License-Identifier: Apache-2.0 */
/* The program's memory as the model takes it: pages are named by their addresses. */
#ifndef PRELOAD_HOST_MEMORY_H
#define PRELOAD_HOST_MEMORY_H

#include "model/iommufd/host_memory.h"

/* Of the whole process: all that is opened shares its pages. */
struct iommufd_host *host_memory(void);

/* How often the page of an address is pinned. */
uint64_t host_memory_pins(uint64_t address);

#endif
