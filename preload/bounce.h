/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the program's addresses, which may be anything, and the model, which takes
 * pointers: what a call takes is copied to memory of our own, and what it leaves, back.
 */
#ifndef PRELOAD_BOUNCE_H
#define PRELOAD_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* `argument` NULL asks whether there is such a call: -EFAULT if so. */
typedef long bounce_call_fn(void *state, uint32_t request, void *argument);
long bounce_call(bounce_call_fn *call, void *state, unsigned long request, void *argument);

typedef int64_t bounce_read_fn(void *state, void *data, size_t size);
typedef int64_t bounce_write_fn(void *state, const void *data, size_t size);
/* `ready`: there is something, which is gone once it has been read. */
ssize_t bounce_read(bounce_read_fn *read, void *state, bool ready, void *buffer, size_t size);
ssize_t bounce_write(bounce_write_fn *write, void *state, const void *buffer, size_t size);

#endif
