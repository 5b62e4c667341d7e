/* SPDX-License-Identifier: Apache-2.0 */
#include "model/uapi/host_pages.h"

#include <errno.h>
#include <stdlib.h>

static const struct ioasim_host_memory *memory_of(void *opaque)
{
	return ((struct host_pages *)opaque)->memory;
}

static int judge(struct iommufd_host *host, uint64_t address, uint64_t bytes, bool write)
{
	const struct ioasim_host_memory *memory = memory_of(host);

	if (address >= HOST_PAGES_END || bytes > HOST_PAGES_END - address)
		return -EFAULT;
	return memory->hold(memory->opaque, address, bytes, write);
}

/* ---- The window ------------------------------------------------------------------------- */

static int on_read(void *opaque, uint64_t offset, void *data, size_t length)
{
	return memory_of(opaque)->read(memory_of(opaque)->opaque, offset, data, length);
}

static int on_write(void *opaque, uint64_t offset, const void *data, size_t length)
{
	return memory_of(opaque)->write(memory_of(opaque)->opaque, offset, data, length);
}

/* The process's threads stand still while the model works: nothing comes between. */
static int on_cmpxchg64(void *opaque, uint64_t offset, uint64_t *expected, uint64_t desired)
{
	uint64_t found;
	int error = on_read(opaque, offset, &found, sizeof(found));

	if (!error && found == *expected)
		error = on_write(opaque, offset, &desired, sizeof(desired));
	if (!error)
		*expected = found;
	return error;
}

int host_pages_init(struct ioasim_system *system)
{
	static const struct ioasim_memory_ops ops = {on_read, on_write, on_cmpxchg64};

	system->real = calloc(1, sizeof(*system->real));
	if (!system->real)
		return -ENOMEM;
	system->real->pages.judge = judge;
	system->real->memory = system->config.host;
	return ioasim_memory_add_callback(system->memory, 0, HOST_PAGES_END, &ops, system->real);
}

void host_pages_fini(struct ioasim_system *system)
{
	if (system->real)
		iommufd_host_fini(&system->real->pages);
	free(system->real);
}
