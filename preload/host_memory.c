/* SPDX-License-Identifier: Apache-2.0 */
#include "host_memory.h"

#include "host.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/stat.h>

/* ---- Files --------------------------------------------------------------------------------- */

/*
 * A file whose pages are mapped for devices, as this library sees it: its pages are named
 * by the addresses that they have here, whoever else has them where.
 */
struct mapped_file {
	LIST_ENTRY(mapped_file) link;
	dev_t device;
	ino_t inode;
	uint64_t address, length;
	unsigned uses;
};

static LIST_HEAD(, mapped_file) files = LIST_HEAD_INITIALIZER(files);

static uint64_t mapped_address(struct iommufd_host *host, void *file)
{
	(void)host;
	return ((struct mapped_file *)file)->address;
}

static struct mapped_file *file_map(int number, const struct stat *what)
{
	struct mapped_file *file = calloc(1, sizeof(*file));
	void *address;

	if (!file)
		return NULL;
	address = host_mmap(NULL, (size_t)what->st_size, PROT_READ | PROT_WRITE, MAP_SHARED, number,
			    0);
	if (address == MAP_FAILED) {
		free(file);
		return NULL;
	}
	*file = (struct mapped_file){
		.device = what->st_dev,
		.inode = what->st_ino,
		.address = (uint64_t)(uintptr_t)address,
		.length = (uint64_t)what->st_size,
	};
	LIST_INSERT_HEAD(&files, file, link);
	return file;
}

/* Only files in memory can be mapped so: they are what can have seals. */
int host_file_get(void *opaque, void *user, int32_t number, uint64_t start, uint64_t length,
		  void **found)
{
	struct mapped_file *file;
	struct stat what;
	uint64_t end;

	(void)opaque;
	(void)user;
	if (fstat(number, &what))
		return -EBADF;
	if (fcntl(number, F_GET_SEALS) < 0 || !length ||
	    __builtin_add_overflow(start, length, &end) || end > (uint64_t)what.st_size)
		return -EINVAL;
	LIST_FOREACH (file, &files, link)
		if (file->device == what.st_dev && file->inode == what.st_ino &&
		    file->length >= end)
			break;
	if (!file)
		file = file_map(number, &what);
	if (!file)
		return -ENOMEM;
	file->uses++;
	*found = file;
	return 0;
}

void host_file_put(void *opaque, void *put)
{
	struct mapped_file *file = put;

	(void)opaque;
	if (--file->uses)
		return;
	LIST_REMOVE(file, link);
	host_munmap((void *)(uintptr_t)file->address, file->length);
	free(file);
}

/* ---- Memory --------------------------------------------------------------------------------- */

static int judge(struct iommufd_host *host, uint64_t address, uint64_t bytes, bool write)
{
	(void)host;
	return memory_hold(address, bytes, write);
}

struct iommufd_host *host_memory(void)
{
	static struct iommufd_host host = {.judge = judge, .file_address = mapped_address};

	return &host;
}

/* What the program has unmapped since is an error of the access, and no end of it. */
static int load(void *opaque, uint64_t pa, void *data, uint64_t bytes)
{
	(void)opaque;
	return memory_read(data, pa, bytes);
}

static int store(void *opaque, uint64_t pa, const void *data, uint64_t bytes)
{
	(void)opaque;
	return memory_write(pa, data, bytes);
}

static int argument_read(void *opaque, void *user, uint64_t address, void *data, uint64_t bytes)
{
	(void)opaque;
	(void)user;
	return memory_read(data, address, bytes);
}

static int argument_write(void *opaque, void *user, uint64_t address, const void *data,
			  uint64_t bytes)
{
	(void)opaque;
	(void)user;
	return memory_write(address, data, bytes);
}

const struct iommufd_memory_ops *host_memory_ops(void)
{
	static struct iommufd_memory_ops ops;

	ops = iommufd_host_memory;
	ops.load = load;
	ops.store = store;
	ops.read = argument_read;
	ops.write = argument_write;
	return &ops;
}

uint64_t host_memory_pins(uint64_t address)
{
	return iommufd_host_pins(host_memory(), address);
}

bool host_memory_same(uint64_t address, uint64_t pa)
{
	struct mapped_file *file;
	struct memory_mapping at;

	if (address == pa)
		return true;
	LIST_FOREACH (file, &files, link)
		if (pa >= file->address && pa < file->address + file->length)
			return memory_mapping(address, &at) && at.device == file->device &&
			       at.inode == file->inode &&
			       at.offset + (address - at.start) == pa - file->address;
	return false;
}
