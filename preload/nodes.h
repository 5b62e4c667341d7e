/* SPDX-License-Identifier: Apache-2.0 */
/* The device nodes that the model has in place of the host's. */
#ifndef PRELOAD_NODES_H
#define PRELOAD_NODES_H

#include <stdbool.h>

/* Is this path one of the model's? */
bool nodes_have(const char *path);
/* Opens one: a number of files.h, or -errno. */
int nodes_open(const char *path, int flags);

#endif
