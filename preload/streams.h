/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of queues: faults of page tables, events of virtual IOMMUs. */
#ifndef PRELOAD_STREAMS_H
#define PRELOAD_STREAMS_H

#include "model/iommufd/stream.h"

/* Of struct iommufd_file_ops. */
int stream_install(void *opaque, void *user, struct iommufd_stream *stream, uint32_t *fd);

#endif
