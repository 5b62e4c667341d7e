/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of Linux 5.14; older C libraries do not name them. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

static struct iovec part(uint64_t address, size_t size)
{
	return (struct iovec){.iov_base = (void *)(uintptr_t)address, .iov_len = size};
}

int memory_read(void *to, uint64_t from, size_t size)
{
	struct iovec here = {.iov_base = to, .iov_len = size}, there = part(from, size);

	return size == 0 || process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)size
		       ? 0
		       : -EFAULT;
}

int memory_write(uint64_t to, const void *from, size_t size)
{
	struct iovec here = part((uint64_t)(uintptr_t)from, size), there = part(to, size);

	return size == 0 || process_vm_writev(getpid(), &here, 1, &there, 1, 0) == (ssize_t)size
		       ? 0
		       : -EFAULT;
}

/* ---- Holding pages -------------------------------------------------------------------- */

static bool next_mapping(FILE *list, struct memory_mapping *mapping)
{
	unsigned major, minor;
	char line[512];

	while (fgets(line, sizeof(line), list)) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %c%c%*c%*c %" SCNx64 " %x:%x %" SCNuMAX "",
			   &mapping->start, &mapping->end, &mapping->read, &mapping->write,
			   &mapping->offset, &major, &minor, &mapping->inode) != 8)
			continue;
		mapping->device = makedev(major, minor);
		return true;
	}
	return false;
}

bool memory_mapping(uint64_t address, struct memory_mapping *found)
{
	FILE *list = fopen("/proc/self/maps", "re");
	bool there = false;

	while (list && !there && next_mapping(list, found))
		there = address >= found->start && address < found->end;
	if (list)
		fclose(list);
	return there;
}

/* For hosts that cannot make pages present. */
static int hold_by_list(uint64_t first, uint64_t end, bool writable)
{
	FILE *list = fopen("/proc/self/maps", "re");
	struct memory_mapping mapping;

	if (!list)
		return -EFAULT;
	while (first < end && next_mapping(list, &mapping)) {
		if (mapping.end <= first)
			continue;
		if (mapping.start > first || mapping.read != 'r' ||
		    (writable && mapping.write != 'w'))
			break;
		first = mapping.end;
	}
	fclose(list);
	return first < end ? -EFAULT : 0;
}

int memory_hold(uint64_t address, uint64_t length, bool writable)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t first = address / page * page, end;

	if (__builtin_add_overflow(address, length, &end) ||
	    __builtin_add_overflow(end, page - 1, &end) || end > (uint64_t)PTRDIFF_MAX)
		return -EFAULT;
	end = end / page * page;
	while (madvise((void *)(uintptr_t)first, end - first,
		       writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ)) {
		if (errno == EINVAL) /* a host before 5.14, or a mapping without the right */
			return hold_by_list(first, end, writable);
		if (errno != EINTR && errno != EAGAIN)
			return -EFAULT;
	}
	return 0;
}
