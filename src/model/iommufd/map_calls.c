/* SPDX-License-Identifier: Apache-2.0 */
/* IOAS_MAP, IOAS_MAP_FILE, IOAS_COPY, IOAS_UNMAP (U3 to U5). */
#include "model/iommufd/calls.h"

#include <errno.h>

/* A length or address that cannot be one more than another. */
static bool at_the_end(uint64_t value)
{
	return value == UINT64_MAX;
}

static unsigned access_of(uint32_t flags)
{
	return (flags & IOASIM_IOMMUFD_MAP_READABLE ? IOASIM_READ : 0u) |
	       (flags & IOASIM_IOMMUFD_MAP_WRITEABLE ? IOASIM_WRITE : 0u);
}

/* ---- IOAS_MAP --------------------------------------------------------------------------- */

static bool map_at_end(struct iofd_call *call)
{
	return at_the_end(call->arg.map.iova) || at_the_end(call->arg.map.length);
}

static bool map_no_access(struct iofd_call *call)
{
	return !access_of(call->arg.map.flags);
}

static bool map_ioas_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.map.ioas_id);
	return !call->ioas;
}

const struct iofd_check iofd_map_checks[] = {
	{"U3", EOVERFLOW, "iova or length is 2^64 - 1", map_at_end},
	{"U3", EINVAL, "neither readable nor writeable", map_no_access},
	{"U3", ENOENT, "the IOAS is unknown", map_ioas_unknown},
	{"U3", EINVAL, "length is 0", NULL},
	{"U3", EOVERFLOW, "user_va and length wrap", NULL},
	{"U3", EINVAL, "length is not a multiple of the IOAS's alignment", NULL},
	{"U3", EOVERFLOW, "an IOVA is to be chosen for half of all addresses", NULL},
	{"U3", ENOSPC, "there is no room to choose an IOVA in", NULL},
	{"U3", EINVAL, "a fixed iova is not aligned", NULL},
	{"U3", EOVERFLOW, "a fixed iova and length wrap", NULL},
	{"U3", EINVAL, "a fixed range is reserved, in part", NULL},
	{"U3", EEXIST, "a fixed range is mapped, in part", NULL},
	{"U3", EINVAL, "user_va is not aligned", NULL},
	{"U3", EFAULT, "a page is not there, or cannot be written; page tables show the IOAS",
	 NULL},
	{"U3", ENOMEM, "memory, or its limit", NULL},
	IOFD_CHECKS_END,
};

int iofd_map_work(struct iofd_call *call)
{
	struct ioasim_iommufd_map *arg = &call->arg.map;
	const struct iommufd_source source = {.user = call->user};
	struct iofd_mapping mapping = {
		.length = arg->length,
		.access = access_of(arg->flags),
		.fixed = arg->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA,
	};

	return iofd_map_source(call->ioas, &source, arg->user_va, &mapping, &arg->iova);
}

/* ---- IOAS_MAP_FILE ------------------------------------------------------------------------ */

static bool file_at_end(struct iofd_call *call)
{
	return at_the_end(call->arg.map_file.iova) || at_the_end(call->arg.map_file.length);
}

static bool file_no_access(struct iofd_call *call)
{
	return !access_of(call->arg.map_file.flags);
}

static bool file_ioas_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.map_file.ioas_id);
	return !call->ioas;
}

const struct iofd_check iofd_map_file_checks[] = {
	{"U3", EOVERFLOW, "iova or length is 2^64 - 1", file_at_end},
	{"U3", EINVAL, "neither readable nor writeable", file_no_access},
	{"U3", ENOENT, "the IOAS is unknown", file_ioas_unknown},
	{"U5", EBADF, "fd is not open", NULL},
	{"U5", EINVAL, "length is 0, or the range is not within a file that can be mapped", NULL},
	{"U3", EINVAL, "as of IOAS_MAP from here on", NULL},
	IOFD_CHECKS_END,
};

int iofd_map_file_work(struct iofd_call *call)
{
	struct ioasim_iommufd_map_file *arg = &call->arg.map_file;
	const struct iommufd_env *env = call->fd->env;
	struct iommufd_source source = {.user = call->user};
	struct iofd_mapping mapping = {
		.length = arg->length,
		.access = access_of(arg->flags),
		.fixed = arg->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA,
	};
	int error = -EBADF;

	if (env->file->file_get)
		error = env->file->file_get(env->opaque, call->user, arg->fd, arg->start,
					    arg->length, &source.file);
	if (error)
		return error;
	return iofd_map_source(call->ioas, &source, arg->start, &mapping, &arg->iova);
}

/* ---- IOAS_COPY ------------------------------------------------------------------------------ */

static bool copy_at_end(struct iofd_call *call)
{
	const struct ioasim_iommufd_copy *arg = &call->arg.copy;

	return at_the_end(arg->length) || at_the_end(arg->src_iova) || at_the_end(arg->dst_iova);
}

static bool copy_no_access(struct iofd_call *call)
{
	return !access_of(call->arg.copy.flags);
}

static bool copy_source_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.copy.src_ioas_id);
	return !call->ioas;
}

const struct iofd_check iofd_copy_checks[] = {
	{"U5", EOVERFLOW, "length or an iova is 2^64 - 1", copy_at_end},
	{"U5", EINVAL, "neither readable nor writeable", copy_no_access},
	{"U5", ENOENT, "the source IOAS is unknown", copy_source_unknown},
	{"U5", EINVAL, "length is 0", NULL},
	{"U5", EOVERFLOW, "src_iova and length wrap", NULL},
	{"U5", ENOENT, "a part of the source range is not mapped", NULL},
	{"U5", ENOENT, "the destination IOAS is unknown", NULL},
	{"U5", EINVAL, "as of IOAS_MAP for length and iova, in the destination", NULL},
	{"U5", EPERM, "writeable, and the source's pages were mapped for reading", NULL},
	{"U5", EINVAL, "as of IOAS_MAP from here on", NULL},
	IOFD_CHECKS_END,
};

int iofd_copy_work(struct iofd_call *call)
{
	struct ioasim_iommufd_copy *arg = &call->arg.copy;
	struct iofd_mapping mapping = {
		.length = arg->length,
		.access = access_of(arg->flags),
		.fixed = arg->flags & IOASIM_IOMMUFD_MAP_FIXED_IOVA,
	};
	struct iofd_ioas *to;
	int error = iofd_pieces_get(call->ioas, arg->src_iova, arg->length, &mapping);

	if (error)
		return error;
	to = iofd_find_ioas(call->fd, arg->dst_ioas_id);
	error = to ? iofd_map(to, &mapping, &arg->dst_iova) : -ENOENT;
	iofd_pieces_put(&mapping);
	return error;
}

/* ---- IOAS_UNMAP ------------------------------------------------------------------------------ */

static bool unmap_ioas_unknown(struct iofd_call *call)
{
	call->ioas = iofd_find_ioas(call->fd, call->arg.unmap.ioas_id);
	return !call->ioas;
}

static bool unmaps_all(const struct iofd_call *call)
{
	return !call->arg.unmap.iova && at_the_end(call->arg.unmap.length);
}

static bool unmap_at_end(struct iofd_call *call)
{
	return !unmaps_all(call) &&
	       (at_the_end(call->arg.unmap.iova) || at_the_end(call->arg.unmap.length));
}

static bool unmap_nothing(struct iofd_call *call)
{
	return !call->arg.unmap.length;
}

static bool unmap_wraps(struct iofd_call *call)
{
	const struct ioasim_iommufd_unmap *arg = &call->arg.unmap;

	return arg->iova + (arg->length - 1) < arg->iova;
}

const struct iofd_check iofd_unmap_checks[] = {
	{"U4", ENOENT, "the IOAS is unknown", unmap_ioas_unknown},
	{"U4", EOVERFLOW, "iova or length is 2^64 - 1, and it is not everything", unmap_at_end},
	{"U4", EINVAL, "length is 0", unmap_nothing},
	{"U4", EOVERFLOW, "iova and length wrap", unmap_wraps},
	{"U4", EBUSY, "a HW queue needs a mapping", NULL},
	{"U4", ENOENT, "a mapping is covered in part, or nothing is mapped there", NULL},
	{"U4", EDEADLK, "an access does not let go of pages", NULL},
	IOFD_CHECKS_END,
};

int iofd_unmap_work(struct iofd_call *call)
{
	struct ioasim_iommufd_unmap *arg = &call->arg.unmap;
	bool all = unmaps_all(call);

	return iofd_unmap(call->ioas, arg->iova, all ? UINT64_MAX : arg->iova + (arg->length - 1),
			  all, &arg->length);
}
