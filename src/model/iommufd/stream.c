/* SPDX-License-Identifier: Apache-2.0 */
#include "model/iommufd/stream.h"

#include "model/iommufd/objects.h"

#include <errno.h>

int64_t iommufd_stream_read(struct iommufd_stream *stream, void *data, size_t bytes)
{
	return stream->ops->read(stream, data, bytes);
}

int64_t iommufd_stream_write(struct iommufd_stream *stream, const void *data, size_t bytes)
{
	return stream->ops->write ? stream->ops->write(stream, data, bytes) : -EINVAL;
}

unsigned iommufd_stream_poll(const struct iommufd_stream *stream)
{
	return (stream->ops->write ? IOASIM_IOMMUFD_POLL_OUT : 0u) |
	       (stream->ops->waiting(stream) ? IOASIM_IOMMUFD_POLL_IN : 0u);
}

const struct iommufd_env *iommufd_stream_env(const struct iommufd_stream *stream)
{
	return stream->object->fd->env;
}

int iofd_stream_install(struct iommufd_stream *stream, void *user, uint32_t *fd)
{
	struct iofd_object *object = stream->object;
	const struct iommufd_env *env = object->fd->env;
	int error = env->file->install ? env->file->install(env->opaque, user, stream, fd)
				       : -EOPNOTSUPP;

	if (error)
		return error;
	object->users++;
	object->fd->outside++;
	return 0;
}

void iommufd_stream_close(struct iommufd_stream *stream)
{
	struct iommufd *fd = stream->object->fd;

	stream->object->users--;
	iofd_outside_done(fd);
}
