/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include "bounce.h"
#include "files.h"

#include <fcntl.h>

static bool on_readable(void *state)
{
	return iommufd_stream_poll(state) & IOASIM_IOMMUFD_POLL_IN;
}

static int64_t do_read(void *state, void *data, size_t size)
{
	return iommufd_stream_read(state, data, size);
}

static int64_t do_write(void *state, const void *data, size_t size)
{
	return iommufd_stream_write(state, data, size);
}

static ssize_t on_read(void *state, void *buffer, size_t size)
{
	return bounce_read(do_read, state, on_readable(state), buffer, size);
}

static ssize_t on_write(void *state, const void *buffer, size_t size)
{
	return bounce_write(do_write, state, buffer, size);
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
