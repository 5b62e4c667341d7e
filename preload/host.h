/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own calls, behind those that intercept.c has in their place. */
#ifndef PRELOAD_HOST_H
#define PRELOAD_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int host_close(int number);
ssize_t host_read(int number, void *buffer, size_t size);
ssize_t host_write(int number, const void *buffer, size_t size);
int host_munmap(void *address, size_t length);
void *host_mmap(void *address, size_t length, int protection, int flags, int number, off_t offset);

#endif
