/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory: pages that are mapped by descriptor (U5). */
#ifndef MODEL_UAPI_MEMORY_FILE_H
#define MODEL_UAPI_MEMORY_FILE_H

#include "model/uapi/objects.h"

/* Its frames are its own until nobody has it any more: no descriptor, and no mapping of an
 * iommufd. Those that a process has mapped, or that are pinned, stay even then. */
struct memory_file {
	struct ioasim_system *system;
	unsigned refs;
	uint64_t size; /* bytes */
	struct interval_map runs; /* by offset, whole pages; value: address on the bus */
};

/* The file of a descriptor; NULL with *error: -EBADF, -EINVAL. */
struct memory_file *memory_file_find(const struct process *process, int fd, int *error);
void memory_file_put(struct memory_file *file);

#endif
