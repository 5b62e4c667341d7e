/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the environment names: its devices are nodes, behind its IOMMU. */
#ifndef PRELOAD_MACHINE_H
#define PRELOAD_MACHINE_H

#include <stdbool.h>

/* Is a machine named? */
bool machine_named(void);
/* A node of the machine's devices: its index; -1: none. */
int machine_device(const char *path);
/* Opens /dev/iommu (`device` -1) or a device on the machine, which is made with the first
 * open: a number of files.h, or -errno; -ENODEV after a message: the machine cannot be made. */
int machine_open(int device, int flags);

#endif
