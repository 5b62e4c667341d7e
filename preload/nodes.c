/* SPDX-License-Identifier: Apache-2.0 */
/* /dev/iommu: each open is an iommufd of its own, over the program's own memory. */
#include "nodes.h"

#include "files.h"
#include "host_memory.h"
#include "memory.h"
#include "streams.h"
#include "test_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A structure of a call is no longer than a page. */
#define ARGUMENT_MOST 4096u

/* ---- What the model asks of the program --------------------------------------------------- */

/* Who is root to the program is who may raise limits; a sandbox's bounds do not count. */
static bool privileged(void *opaque, void *user)
{
	(void)opaque;
	(void)user;
	return geteuid() == 0;
}

static const struct iommufd_file_ops program_files = {
	.install = stream_install,
	.file_get = host_file_get,
	.file_put = host_file_put,
	.privileged = privileged,
};

static const struct iommufd_env *environment(void)
{
	static struct iommufd_env env = {.file = &program_files};

	env.memory = host_memory_ops();
	env.opaque = host_memory();
	return &env;
}

/* ---- The descriptor -------------------------------------------------------------------------- */

/* Calls whose argument is a number. */
static bool takes_number(unsigned long request)
{
	return request == IOASIM_VFIO_GET_API_VERSION || request == IOASIM_VFIO_CHECK_EXTENSION ||
	       request == IOASIM_VFIO_SET_IOMMU;
}

/*
 * The structure is taken to memory of our own and back, so that no argument whatever makes
 * the library fault.
 */
static long call(struct iommufd *fd, unsigned long request, void *argument)
{
	const uint64_t address = (uint64_t)(uintptr_t)argument;
	_Alignas(8) unsigned char own[ARGUMENT_MOST], before[ARGUMENT_MOST];
	uint32_t size;
	/* Whether there is such a call comes before its argument. */
	long result = iommufd_call(fd, NULL, (uint32_t)request, NULL);

	if (result != -EFAULT)
		return result;
	if (memory_read(&size, address, sizeof(size)))
		return -EFAULT;
	if (size > sizeof(own))
		return -E2BIG;
	memset(own, 0, sizeof(own));
	memcpy(own, &size, sizeof(size));
	if (size > sizeof(size) && memory_read(own, address, size))
		return -EFAULT;
	memcpy(before, own, size);
	result = iommufd_call(fd, NULL, (uint32_t)request, own);
	if (memcmp(before, own, size) && memory_write(address, own, size) && result >= 0)
		return -EFAULT;
	return result;
}

static long on_ioctl(void *state, unsigned long request, void *argument)
{
	if (request > UINT32_MAX)
		return -ENOTTY;
	if (request == TEST_CMD_NUMBER)
		return test_call(state, argument);
	if (takes_number(request))
		return iommufd_call(state, NULL, (uint32_t)request, argument);
	return call(state, request, argument);
}

static void release(void *state)
{
	iommufd_close(state);
}

static const struct file_ops iommufd_file = {.ioctl = on_ioctl, .release = release};

/* ---- Paths ----------------------------------------------------------------------------------- */

bool nodes_have(const char *path)
{
	return strcmp(path, "/dev/iommu") == 0;
}

int nodes_open(const char *path, int flags)
{
	struct iommufd *fd;
	int number;

	(void)path;
	files_lock();
	fd = iommufd_open(environment());
	number = fd ? files_open(&iommufd_file, fd, flags) : -ENOMEM;
	if (number < 0 && fd)
		iommufd_close(fd);
	files_unlock();
	return number;
}
