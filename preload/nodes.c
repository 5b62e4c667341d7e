/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /dev/iommu: each open is an iommufd of its own, over the program's own memory; of the
 * machine that is named (machine.c), or of none: then devices are only those of tests.
 */
#include "nodes.h"

#include "bounce.h"
#include "files.h"
#include "host.h"
#include "host_memory.h"
#include "machine.h"
#include "streams.h"
#include "test_cmd.h"

#include "model/iommufd/viommu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Which kernel's answers, where they differ: IOASIM_KERNEL=6.12, or the newest. */
static bool before(unsigned major, unsigned minor)
{
	const char *text = getenv("IOASIM_KERNEL");
	unsigned found[2];

	return text && sscanf(text, "%u.%u", &found[0], &found[1]) == 2 &&
	       (found[0] < major || (found[0] == major && found[1] < minor));
}

static const struct iommufd_env *environment(void)
{
	static struct iommufd_env env = {.file = &program_files};

	env.before_viommu = before(6, 13);

	env.memory = host_memory_ops();
	env.opaque = host_memory();
	return &env;
}

/* ---- The descriptor -------------------------------------------------------------------------- */

static long do_call(void *state, uint32_t request, void *argument)
{
	return iommufd_call(state, NULL, request, argument);
}

static long on_ioctl(void *state, unsigned long request, void *argument)
{
	if (request == TEST_CMD_NUMBER)
		return test_call(state, argument);
	return bounce_call(do_call, state, request, argument);
}

static void release(void *state)
{
	iommufd_close(state);
}

/* Another view of the page, which lies in memory that is shared for that. */
static void *view_make(void *page, const struct file_mapping *mapping)
{
	void *view = mremap(page, 0, mapping->length, MREMAP_MAYMOVE);

	if (view != MAP_FAILED && mprotect(view, mapping->length, mapping->protection)) {
		(void)host_munmap(view, mapping->length);
		view = MAP_FAILED;
	}
	return view;
}

static int on_map(void *state, const struct file_mapping *mapping, void **address)
{
	void *page;
	int status =
		iommufd_mmap(state, mapping->offset, mapping->length, mapping->flags & MAP_SHARED,
			     mapping->protection & PROT_EXEC, &page);

	if (status)
		return status;
	*address = view_make(page, mapping);
	if (*address != MAP_FAILED)
		return 0;
	iommufd_munmap(state, mapping->offset);
	return -ENOMEM;
}

static void on_unmapped(void *state, const struct file_mapping *mapping)
{
	iommufd_munmap(state, mapping->offset);
}

static const struct file_ops iommufd_file = {
	.ioctl = on_ioctl,
	.map = on_map,
	.unmapped = on_unmapped,
	.release = release,
};

/* ---- Paths ----------------------------------------------------------------------------------- */

bool nodes_have(const char *path)
{
	return strcmp(path, "/dev/iommu") == 0 || machine_device(path) >= 0;
}

int nodes_open(const char *path, int flags)
{
	struct iommufd *fd;
	int number;

	if (machine_named())
		return machine_open(machine_device(path), flags);
	files_lock();
	fd = iommufd_open(environment());
	number = fd ? files_open(&iommufd_file, fd, flags) : -ENOMEM;
	if (number < 0 && fd)
		iommufd_close(fd);
	files_unlock();
	return number;
}
