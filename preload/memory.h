/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's own memory, as a kernel sees it: an address may be anything. Nothing here
 * touches it directly, so that a wrong one is an error and no signal.
 */
#ifndef PRELOAD_MEMORY_H
#define PRELOAD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* 0, or -EFAULT: not all of it is mapped with this right. */
int memory_read(void *to, uint64_t from, size_t size);
int memory_write(uint64_t to, const void *from, size_t size);

/*
 * Can the pages of [address, address + length) be held for devices that read, or that
 * write too? They are made present. 0, or -EFAULT.
 */
int memory_hold(uint64_t address, uint64_t length, bool writable);

/* A mapping of the program, and the file that it shows (inode 0: none). */
struct memory_mapping {
	uint64_t start, end, offset;
	char read, write;
	dev_t device;
	uintmax_t inode;
};

/* The one that has `address`; false: none. */
bool memory_mapping(uint64_t address, struct memory_mapping *found);

#endif
