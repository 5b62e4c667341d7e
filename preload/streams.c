/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include "files.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* More than a queue gives at once; what is over the last whole record still counts. */
#define MOST          (1u << 18)
#define RECORD        40u /* of faults; events of 8 bytes and more have no such rule */
#define MOST_OF(size) ((size) <= MOST ? (size) : MOST / RECORD * RECORD + (size) % RECORD)

static bool on_readable(void *state)
{
	return iommufd_stream_poll(state) & IOASIM_IOMMUFD_POLL_IN;
}

static ssize_t on_read(void *state, void *buffer, size_t size)
{
	const uint64_t address = (uint64_t)(uintptr_t)buffer;
	size_t taken = MOST_OF(size);
	unsigned char *own;
	int64_t result;

	/* What has been read is gone: the memory is looked at before. */
	if (on_readable(state) && size && memory_hold(address, taken, true))
		return -EFAULT;
	own = malloc(taken ? taken : 1);
	if (!own)
		return -ENOMEM;
	result = iommufd_stream_read(state, own, taken);
	if (result > 0 && memory_write(address, own, (size_t)result))
		result = -EFAULT;
	free(own);
	return (ssize_t)result;
}

static ssize_t on_write(void *state, const void *buffer, size_t size)
{
	size_t taken = MOST_OF(size);
	unsigned char *own = malloc(taken ? taken : 1);
	int64_t result = -ENOMEM;

	if (own && memory_read(own, (uint64_t)(uintptr_t)buffer, taken))
		result = -EFAULT;
	else if (own)
		result = iommufd_stream_write(state, own, taken);
	free(own);
	return (ssize_t)result;
}

static void release(void *state)
{
	iommufd_stream_close(state);
}

static const struct file_ops stream_file = {
	.read = on_read,
	.write = on_write,
	.readable = on_readable,
	.release = release,
};

int stream_install(void *opaque, void *user, struct iommufd_stream *stream, uint32_t *fd)
{
	int number = files_open(&stream_file, stream, O_CLOEXEC);

	(void)opaque;
	(void)user;
	if (number < 0)
		return number;
	*fd = (uint32_t)number;
	return 0;
}
