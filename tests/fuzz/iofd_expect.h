/* SPDX-License-Identifier: Apache-2.0 */
/* What calls return, one function for each; see iofd_shadow.h. */
#ifndef FUZZ_IOFD_EXPECT_H
#define FUZZ_IOFD_EXPECT_H

#include "iofd_caller.h"

/* The descriptor that a call is made on. */
struct on {
	struct shadow *s;
	struct shadow_file *file; /* NULL: a device that is not bound */
	int number; /* of the file */
	int device; /* of a device's calls */
};

static inline struct shadow_answer sure(int error)
{
	return (struct shadow_answer){error, error, false};
}

static inline struct shadow_answer either(int error, int other)
{
	return (struct shadow_answer){error, other, false};
}

/* The call's own checks are not come to. */
static inline struct shadow_answer outside(int error)
{
	return (struct shadow_answer){error, error, true};
}

/* It is the architecture that decides. */
static inline struct shadow_answer any(void)
{
	return (struct shadow_answer){0, -1, false};
}

typedef struct shadow_answer expect_fn(const struct on *on, const void *argument);

expect_fn expect_map, expect_vfio_map, expect_copy, expect_unmap, expect_vfio_unmap, expect_allow,
	expect_ranges, expect_option, expect_set_iommu, expect_change_process, expect_map_file;
expect_fn expect_destroy, expect_hwpt, expect_info, expect_set_dirty, expect_get_dirty,
	expect_invalidate, expect_viommu, expect_vdevice, expect_veventq, expect_hw_queue,
	expect_vfio_ioas, expect_extension, expect_vfio_info, expect_bind, expect_attach,
	expect_detach;

#define EXPECT_USABLE 32

/* The ranges of an IOAS that are not reserved, and how many there are. */
unsigned expect_usable(const struct on *on, uint32_t ioas, struct shadow_range *usable,
		       unsigned room);
/* Something that is mapped does not lie on whole pages. */
bool expect_unaligned(const struct on *on, uint32_t ioas);

#endif
