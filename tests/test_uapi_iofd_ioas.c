/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on IOASs of an iommufd with an IOMMU that is none of the architectures (U1 to U6). */
#include "iofd_rig.h"

#include <errno.h>
#include <string.h>

#define M UINT64_C(0x100000)

static struct iofd_rig rig;

static int open_rig(void **state)
{
	(void)state;
	iofd_rig_open(&rig);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	iofd_rig_close(&rig);
	return 0;
}

static uint64_t alignment_of(uint32_t ioas)
{
	struct ioasim_iommufd_iova_ranges arg = {.size = sizeof(arg), .ioas_id = ioas};
	int error = mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg);

	assert_int_equal(error, EMSGSIZE);
	return arg.out_iova_alignment;
}

/* ---- Objects ----------------------------------------------------------------------------- */

static void u1_numbers_are_the_lowest_free_from_1(void **state)
{
	(void)state;
	assert_int_equal(mock_ioas(&rig), 1);
	assert_int_equal(mock_ioas(&rig), 2);
	assert_int_equal(mock_ioas(&rig), 3);
	assert_int_equal(mock_destroy(&rig, 2), 0);
	assert_int_equal(mock_ioas(&rig), 2);
	assert_int_equal(mock_ioas(&rig), 4);
	assert_int_equal(mock_destroy(&rig, 0), ENOENT);
	assert_int_equal(mock_destroy(&rig, 5), ENOENT);
	assert_int_equal(mock_destroy(&rig, UINT32_MAX), ENOENT);
}

static void u1_what_is_held_cannot_be_destroyed(void **state)
{
	uint32_t ioas = mock_ioas(&rig), hwpt, device = mock_bind(&rig, 2);

	(void)state;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), 0);
	assert_int_equal(mock_destroy(&rig, ioas), EBUSY);
	assert_int_equal(mock_destroy(&rig, device), EBUSY);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, hwpt), 0);
	assert_int_equal(mock_destroy(&rig, hwpt), EBUSY);
	iommufd_detach(rig.device[2], IOMMUFD_NO_PASID);
	assert_int_equal(mock_destroy(&rig, hwpt), 0);
	assert_int_equal(mock_destroy(&rig, ioas), 0);
}

static void foreign_end(void *opaque)
{
	++*(int *)opaque;
}

static void u1_closing_ends_leaves_first(void **state)
{
	uint32_t ioas = mock_ioas(&rig), number;
	int ended = 0;

	(void)state;
	mock_bind(&rig, 2);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, M), 0);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, ioas), 0);
	assert_int_equal(iommufd_foreign_create(rig.fd, foreign_end, &ended, &number), 0);
	assert_ptr_equal(iommufd_foreign(rig.fd, number, foreign_end), &ended);
	assert_string_equal(iommufd_kind(rig.fd, number), "FOREIGN");
	assert_int_equal(mock_destroy(&rig, number), 0);
	assert_int_equal(ended, 1);
	assert_int_equal(iommufd_foreign_create(rig.fd, foreign_end, &ended, &number), 0);
	/* What only its number keeps goes at once. A bound device keeps all else open: its DMA
	 * goes on until it is unbound. */
	iommufd_close(rig.fd);
	assert_int_equal(ended, 2);
	assert_int_equal(mock_lookup(&rig, 2, M), mock_address(&rig, 0));
	assert_int_equal(mock_pins(&rig, 0), 1);
	iommufd_unbind(rig.device[2]);
	rig.device[2] = NULL;
	assert_int_equal(ended, 2);
	assert_int_equal(mock_pins(&rig, 0), 0);
	rig.fd = NULL;
}

/* ---- Ranges ------------------------------------------------------------------------------- */

static void u2_ranges_are_what_is_not_reserved(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct ioasim_iommufd_range *ranges = (struct ioasim_iommufd_range *)rig.buffer;
	struct ioasim_iommufd_iova_ranges arg = {.size = sizeof(arg),
						 .ioas_id = ioas,
						 .num_iovas = 8,
						 .ranges = mock_address(&rig, 0)};

	(void)state;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg), 0);
	assert_int_equal(arg.num_iovas, 1);
	assert_int_equal(arg.out_iova_alignment, 1);
	assert_true(ranges[0].start == 0 && ranges[0].last == UINT64_MAX);
	/* Two that touch and one that overlaps them: one hole. */
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x2000, 0x2fff), 0);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x3000, 0x3fff), 0);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x2800, 0x4fff), 0);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, UINT64_MAX, UINT64_MAX), 0);
	arg.num_iovas = 2;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg), 0);
	assert_int_equal(arg.num_iovas, 2);
	assert_true(ranges[0].start == 0 && ranges[0].last == 0x1fff);
	assert_true(ranges[1].start == 0x5000 && ranges[1].last == UINT64_MAX - 1);
	arg.num_iovas = 1;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg), EMSGSIZE);
	assert_int_equal(arg.num_iovas, 2);
	rig.absent[0] = true;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg), EFAULT);
	rig.absent[0] = false;
	arg.ioas_id = 77;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg), ENOENT);
	arg.reserved = 1;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_IOVA_RANGES, &arg), EOPNOTSUPP);
}

static void u2_allowed_ranges_are_replaced_whole_or_not_at_all(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct ioasim_iommufd_range *ranges = (struct ioasim_iommufd_range *)rig.buffer;
	struct ioasim_iommufd_allow_iovas arg = {.size = sizeof(arg),
						 .ioas_id = ioas,
						 .num_iovas = 1,
						 .ranges = mock_address(&rig, 0)};
	uint64_t iova = 0;

	(void)state;
	ranges[0] = (struct ioasim_iommufd_range){0x10000, 0x10fff};
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, &arg), 0);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x10000);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1), MOCK_PAGE, &iova), ENOSPC);
	/* What is allowed cannot be reserved any more, and the reverse. */
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x10fff, 0x20000), -EADDRINUSE);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x40000, 0x40fff), 0);
	ranges[0] = (struct ioasim_iommufd_range){0x40fff, 0x50fff};
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, &arg), EADDRINUSE);
	ranges[0] = (struct ioasim_iommufd_range){0x50000, 0x50000};
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, &arg), EINVAL);
	ranges[0] = (struct ioasim_iommufd_range){0x50000, 0x50fff};
	ranges[1] = (struct ioasim_iommufd_range){0x50fff, 0x51fff};
	arg.num_iovas = 2;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, &arg), EINVAL);
	/* The old list has stayed. */
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1), MOCK_PAGE, &iova), ENOSPC);
	ranges[1] = (struct ioasim_iommufd_range){0x51000, 0x51fff};
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, &arg), 0);
	/* Two that touch are one. */
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 2), 2 * MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x50000);
	/* A fixed IOVA need not be allowed. */
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 1), MOCK_PAGE, 0x90000), 0);
	arg.num_iovas = 0;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_ALLOW_IOVAS, &arg), 0);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x1000);
}

/* ---- Mapping -------------------------------------------------------------------------------- */

static void u3_mapping_checks_in_order(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct ioasim_iommufd_map arg = {.size = sizeof(arg), .flags = 8, .ioas_id = 99};

	(void)state;
	arg.iova = UINT64_MAX;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EOPNOTSUPP);
	arg.flags = 0;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EOVERFLOW);
	arg.iova = 0;
	arg.length = UINT64_MAX;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EOVERFLOW);
	arg.length = 0;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EINVAL);
	arg.flags = IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), ENOENT);
	arg.ioas_id = ioas;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EINVAL);
	arg.length = 0x1000;
	arg.user_va = UINT64_MAX - 0xfff;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EOVERFLOW);
	arg.user_va = mock_address(&rig, 0);
	arg.iova = UINT64_MAX - 0xffe;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EOVERFLOW);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x5000, 0x5000), 0);
	arg.iova = 0x4001;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EINVAL);
	arg.iova = 0x4000;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), 0);
	arg.iova = 0x3001;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &arg), EEXIST);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x4fff, 0x5000), -EADDRINUSE);
}

static void u3_the_alignment_is_that_of_tables_and_accesses(void **state)
{
	uint32_t ioas = mock_ioas(&rig), hwpt, second;

	(void)state;
	mock_bind(&rig, 2);
	mock_bind(&rig, 3);
	assert_int_equal(alignment_of(ioas), 1);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0) + 5, 7, 0x33), 0);
	/* A table would need whole pages. */
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), EADDRINUSE);
	assert_int_equal(rig.iommu[0].domains, 0);
	assert_int_equal(mock_unmap(&rig, ioas, 0x33, 7, NULL), 0);
	rig.iommu[0].page_sizes = 2048;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), 0);
	assert_int_equal(alignment_of(ioas), 2048);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0) + 2048, 2048, 0x800), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0) + 1024, 2048, 0x1000),
			 EINVAL);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 1024, 0x1000), EINVAL);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 2048, 0x1400), EINVAL);
	assert_int_equal(mock_hwpt(&rig, 3, ioas, 0, &second), EADDRINUSE);
	assert_int_equal(mock_unmap(&rig, ioas, 0x800, 2048, NULL), 0);
	assert_int_equal(mock_hwpt(&rig, 3, ioas, 0, &second), 0);
	assert_int_equal(alignment_of(ioas), 4096);
	assert_int_equal(mock_destroy(&rig, second), 0);
	assert_int_equal(alignment_of(ioas), 2048);
	assert_int_equal(mock_destroy(&rig, hwpt), 0);
	assert_int_equal(alignment_of(ioas), 1);
	rig.iommu[0].page_sizes = 8192;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), EINVAL);
}

static void u3_pages_are_judged_where_tables_show_them(void **state)
{
	uint32_t ioas = mock_ioas(&rig), hwpt;

	(void)state;
	mock_bind(&rig, 2);
	rig.absent[3] = true;
	rig.read_only[8] = true;
	/* Without a table nothing is looked at; with one, all is. */
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_pins(&rig, 0), 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), EFAULT);
	assert_int_equal(mock_pins(&rig, 0), 0);
	assert_int_equal(mock_unmap(&rig, ioas, M, 4 * MOCK_PAGE, NULL), 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, M),
			 EFAULT);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 8), MOCK_PAGE, M), EFAULT);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 4), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_pins(&rig, 4), 1);
	assert_int_equal(mock_pins(&rig, 7), 1);
	assert_int_equal(mock_pins(&rig, 8), 0);
	assert_int_equal(mock_destroy(&rig, hwpt), 0);
	assert_int_equal(mock_pins(&rig, 4), 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), 0);
	assert_int_equal(mock_pins(&rig, 4), 1);
}

/* Worked by hand: the lowest place whose alignment is that of the buffer's own address, as
 * far as it is no more than the length rounded up to a power of two. */
static void u3_an_iova_is_chosen_lowest_and_aligned(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	uint64_t iova = 0;

	(void)state;
	/* The buffer begins at a multiple of 2 MiB. 0 is never chosen. */
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x1000);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), 3 * MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x4000); /* of 16 KiB */
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 2), 3 * MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x8000); /* the address is one of 8 KiB only; 0x2000 is too small */
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x2000);
	/* An offset in the page is kept. */
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1) + 0x80, 0x100, &iova), 0);
	assert_int_equal(iova, 0x3080);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 1) + 0x80, UINT64_MAX / 2, &iova),
			 EOVERFLOW);
	/* What has become free is lowest again. */
	assert_int_equal(mock_unmap(&rig, ioas, 0x1000, MOCK_PAGE, NULL), 0);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 3), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x1000);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0xb000, 0xffff), 0);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), 4 * MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x10000);
}

static void u3_no_more_than_2_mib_of_alignment_is_chosen(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	uint64_t iova = 0;

	(void)state;
	assert_int_equal(mock_map(&rig, ioas, 0, 4 << 20, &iova), 0);
	assert_int_equal(iova, 2 << 20);
	assert_int_equal(mock_map(&rig, ioas, 64 << 20, 3 << 20, &iova), 0);
	assert_int_equal(iova, 6 << 20);
	/* The last address of a hole is not given for a byte alone. */
	assert_int_equal(mock_unmap(&rig, ioas, 0, UINT64_MAX, NULL), 0);
	assert_int_equal(iommufd_reserve(rig.fd, ioas, 0x1002, UINT64_MAX), 0);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), 1, &iova), 0);
	assert_int_equal(iova, 0x1000);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), 1, &iova), ENOSPC);
}

static void u3_apertures_and_devices_reserve_ranges(void **state)
{
	uint32_t ioas = mock_ioas(&rig), hwpt;
	uint64_t iova = 0;

	(void)state;
	mock_bind(&rig, 2);
	rig.iommu[0].aperture_first = 0x1000000;
	rig.iommu[0].aperture_last = 0x7fffffff;
	rig.reserved = (struct ioasim_iommufd_range){0x1000000, 0x1000fff};
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, 0x80000000),
			 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), EADDRINUSE);
	assert_int_equal(mock_unmap(&rig, ioas, 0, UINT64_MAX, NULL), 0);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, 0x80000000),
			 EINVAL);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, 0x1000000),
			 0);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, hwpt), EADDRINUSE);
	assert_int_equal(mock_unmap(&rig, ioas, 0x1000000, MOCK_PAGE, NULL), 0);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, hwpt), 0);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x1001000);
	assert_int_equal(mock_lookup(&rig, 2, iova), mock_address(&rig, 0));
	iommufd_detach(rig.device[2], IOMMUFD_NO_PASID);
	assert_int_equal(mock_map(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, &iova), 0);
	assert_int_equal(iova, 0x1000000);
}

static void u3_a_failure_of_a_table_leaves_nothing_mapped(void **state)
{
	uint32_t ioas = mock_ioas(&rig), hwpt[2];
	uint64_t unmapped;

	(void)state;
	mock_bind(&rig, 2);
	mock_bind(&rig, 3);
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt[0]), 0);
	assert_int_equal(mock_hwpt(&rig, 3, ioas, 0, &hwpt[1]), 0);
	for (unsigned i = 0; i < 2; i++) {
		rig.iommu[i].fail_map = -ENOMEM;
		assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, M),
				 ENOMEM);
		rig.iommu[i].fail_map = 0;
		assert_int_equal(mock_pins(&rig, 0), 0);
		assert_int_equal(mock_unmap(&rig, ioas, 0, UINT64_MAX, &unmapped), 0);
		assert_int_equal(unmapped, 0);
	}
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, M), 0);
	/* One pin, although two IOMMUs show the page. */
	assert_int_equal(mock_pins(&rig, 0), 1);
	assert_int_equal(mock_destroy(&rig, hwpt[0]), 0);
	assert_int_equal(mock_pins(&rig, 0), 1);
	rig.iommu[0].fail_domain = -ENOSPC;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt[0]), ENOSPC);
	rig.iommu[0].fail_domain = 0;
	rig.iommu[0].fail_map = -EIO;
	assert_int_equal(mock_hwpt(&rig, 2, ioas, 0, &hwpt[0]), EIO);
	rig.iommu[0].fail_map = 0;
	assert_int_equal(rig.iommu[0].domains, 0);
	assert_int_equal(rig.iommu[0].spaces, 0);
	assert_int_equal(mock_pins(&rig, 0), 1);
}

/* ---- Unmapping -------------------------------------------------------------------------------- */

static void u4_only_whole_mappings_are_unmapped(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	uint64_t unmapped;

	(void)state;
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 2 * MOCK_PAGE, 0x10000),
			 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 2 * MOCK_PAGE, 0x12000),
			 0);
	assert_int_equal(mock_unmap(&rig, 77, 0x10000, 0, NULL), ENOENT);
	assert_int_equal(mock_unmap(&rig, ioas, 0x10000, 0, NULL), EINVAL);
	assert_int_equal(mock_unmap(&rig, ioas, 1, UINT64_MAX, NULL), EOVERFLOW);
	assert_int_equal(mock_unmap(&rig, ioas, UINT64_MAX - 1, 3, NULL), EOVERFLOW);
	assert_int_equal(mock_unmap(&rig, ioas, 0x11000, 0x1000, NULL), ENOENT);
	assert_int_equal(mock_unmap(&rig, ioas, 0x11000, 0x3000, NULL), ENOENT);
	/* The first of the two is whole, and stays all the same. */
	assert_int_equal(mock_unmap(&rig, ioas, 0x10000, 0x3000, NULL), ENOENT);
	assert_int_equal(mock_unmap(&rig, ioas, 0x20000, 0x3000, NULL), ENOENT);
	assert_int_equal(mock_unmap(&rig, ioas, 0xf000, 0x5001, &unmapped), 0);
	assert_int_equal(unmapped, 0x4000);
	assert_int_equal(mock_unmap(&rig, ioas, 0, UINT64_MAX, &unmapped), 0);
	assert_int_equal(unmapped, 0);
}

/* ---- Copying, files --------------------------------------------------------------------------- */

static void u5_a_copy_shares_pages_and_pins(void **state)
{
	uint32_t from = mock_ioas(&rig), to = mock_ioas(&rig);
	uint64_t unmapped;

	(void)state;
	mock_bind(&rig, 2);
	mock_bind(&rig, 3);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, from), 0);
	assert_int_equal(mock_attach(&rig, 3, IOMMUFD_NO_PASID, to), 0);
	assert_int_equal(mock_map_fixed(&rig, from, mock_address(&rig, 0), 4 * MOCK_PAGE, M), 0);
	assert_int_equal(mock_map_fixed(&rig, from, mock_address(&rig, 8), MOCK_PAGE, M + 0x4000),
			 0);
	assert_int_equal(mock_copy(&rig, from, M + 0x2000, to, 0, 3 * MOCK_PAGE), 0);
	assert_int_equal(mock_lookup(&rig, 3, 0x1010), mock_address(&rig, 3) + 0x10);
	assert_int_equal(mock_lookup(&rig, 3, 0x2000), mock_address(&rig, 8));
	assert_int_equal(mock_pins(&rig, 3), 1);
	/* Two mappings: of each source mapping one. */
	assert_int_equal(mock_unmap(&rig, to, 0x2000, MOCK_PAGE, NULL), 0);
	assert_int_equal(mock_unmap(&rig, from, M, 4 * MOCK_PAGE, NULL), 0);
	assert_int_equal(mock_pins(&rig, 1), 0);
	assert_int_equal(mock_pins(&rig, 2), 1);
	assert_int_equal(mock_unmap(&rig, to, 0, UINT64_MAX, &unmapped), 0);
	assert_int_equal(unmapped, 2 * MOCK_PAGE);
	assert_int_equal(mock_pins(&rig, 2), 0);
	/* Memory that the process has lost is still what was mapped. */
	rig.absent[8] = true;
	assert_int_equal(mock_copy(&rig, from, M + 0x4000, to, 0, MOCK_PAGE), 0);
	assert_int_equal(mock_lookup(&rig, 3, 0), mock_address(&rig, 8));
}

static void u5_copying_checks_in_order(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct ioasim_iommufd_copy arg = {.size = sizeof(arg), .flags = 8};
	struct ioasim_iommufd_map map = {
		.size = sizeof(map),
		.flags = IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.ioas_id = ioas,
		.user_va = mock_address(&rig, 0),
		.length = 0x1000,
	};

	(void)state;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EOPNOTSUPP);
	arg.flags = 0;
	arg.src_iova = UINT64_MAX;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EOVERFLOW);
	arg.src_iova = 1;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EINVAL);
	arg.flags = IOASIM_IOMMUFD_MAP_WRITEABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), ENOENT);
	arg.src_ioas_id = ioas;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EINVAL);
	arg.length = UINT64_MAX - 1;
	arg.src_iova = 4;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EOVERFLOW);
	arg.length = 0x1000;
	arg.src_iova = 0;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), ENOENT);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP, &map), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), ENOENT); /* destination */
	arg.dst_ioas_id = ioas;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EEXIST);
	arg.dst_iova = 0x8000;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), EPERM);
	arg.flags = IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), 0);
	arg.length = 0x1001;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_COPY, &arg), ENOENT);
}

/* What is in pieces of bytes in an IOAS without tables cannot be shown by one with some. */
static void u5_every_piece_of_a_copy_has_to_be_aligned(void **state)
{
	uint32_t from = mock_ioas(&rig), to = mock_ioas(&rig), hwpt;

	(void)state;
	mock_bind(&rig, 2);
	assert_int_equal(mock_hwpt(&rig, 2, to, 0, &hwpt), 0);
	assert_int_equal(mock_map_fixed(&rig, from, mock_address(&rig, 0), 0x800, 0x1000), 0);
	assert_int_equal(mock_map_fixed(&rig, from, mock_address(&rig, 1), 0x800, 0x1800), 0);
	assert_int_equal(mock_copy(&rig, from, 0x1000, to, M, 0x1000), EINVAL);
	assert_int_equal(mock_pins(&rig, 0), 0);
	assert_int_equal(mock_unmap(&rig, to, 0, UINT64_MAX, NULL), 0);
	assert_int_equal(mock_map_fixed(&rig, to, mock_address(&rig, 0), MOCK_PAGE, M), 0);
}

static void u5_files_can_be_mapped_and_given_to_another_process(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	struct ioasim_iommufd_map_file arg = {
		.size = sizeof(arg),
		.flags = IOASIM_IOMMUFD_MAP_READABLE | IOASIM_IOMMUFD_MAP_FIXED_IOVA,
		.ioas_id = ioas,
		.fd = 3,
		.start = MOCK_PAGE,
		.length = 2 * MOCK_PAGE,
		.iova = M,
	};
	struct ioasim_iommufd_change_process change = {.size = sizeof(change)};

	(void)state;
	mock_bind(&rig, 2);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, ioas), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), EBADF);
	arg.fd = 7;
	arg.length = 0;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), EINVAL);
	arg.length = MOCK_PAGES * MOCK_PAGE;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), EINVAL);
	arg.length = 2 * MOCK_PAGE;
	arg.iova = M + 1;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), EINVAL);
	assert_int_equal(rig.files, 0);
	arg.iova = M;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_MAP_FILE, &arg), 0);
	assert_int_equal(rig.files, 1);
	assert_int_equal(mock_lookup(&rig, 2, M + 0x1004), mock_address(&rig, 2) + 4);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS, &change), 0);
	change.reserved = 1;
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS, &change), EOPNOTSUPP);
	change.reserved = 0;
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 9), MOCK_PAGE, 0), 0);
	assert_int_equal(mock_call(&rig, IOASIM_IOMMUFD_IOAS_CHANGE_PROCESS, &change), EINVAL);
}

/* ---- Options -------------------------------------------------------------------------------------- */

static int option(uint32_t id, uint16_t op, uint32_t object, uint64_t *value)
{
	struct ioasim_iommufd_option arg = {.size = sizeof(arg),
					    .option_id = id,
					    .op = op,
					    .object_id = object,
					    .val64 = *value};
	int error = mock_call(&rig, IOASIM_IOMMUFD_OPTION, &arg);

	*value = arg.val64;
	return error;
}

static void u6_rlimit_mode_is_set_once_by_one_with_privilege(void **state)
{
	uint64_t value = 1;

	(void)state;
	assert_int_equal(option(2, 0, 0, &value), EOPNOTSUPP);
	assert_int_equal(option(0, 0, 5, &value), EOPNOTSUPP);
	assert_int_equal(option(0, 2, 0, &value), EOPNOTSUPP);
	assert_int_equal(option(0, 0, 0, &value), EPERM);
	rig.privileged = true;
	value = 2;
	assert_int_equal(option(0, 0, 0, &value), EINVAL);
	value = 1;
	assert_int_equal(option(0, 0, 0, &value), 0);
	value = 7;
	assert_int_equal(option(0, 1, 0, &value), 0);
	assert_int_equal(value, 1);
	mock_ioas(&rig);
	value = 2;
	assert_int_equal(option(0, 0, 0, &value), EBUSY);
}

static void u6_huge_pages_are_off_only_while_nothing_is_shown(void **state)
{
	uint32_t ioas = mock_ioas(&rig);
	uint64_t value = 0, off = 0, on = 1;

	(void)state;
	assert_int_equal(option(1, 0, 77, &off), ENOENT);
	assert_int_equal(option(1, 3, ioas, &off), EOPNOTSUPP);
	assert_int_equal(option(1, 1, ioas, &value), 0);
	assert_int_equal(value, 1);
	value = 2;
	assert_int_equal(option(1, 0, ioas, &value), EINVAL);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), 10, 0), 0);
	assert_int_equal(option(1, 0, ioas, &off), EADDRINUSE);
	assert_int_equal(mock_unmap(&rig, ioas, 0, 10, NULL), 0);
	assert_int_equal(option(1, 0, ioas, &off), 0);
	assert_int_equal(alignment_of(ioas), 4096);
	assert_int_equal(option(1, 1, ioas, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(option(1, 0, ioas, &on), 0);
	assert_int_equal(alignment_of(ioas), 1);
	mock_bind(&rig, 2);
	assert_int_equal(mock_attach(&rig, 2, IOMMUFD_NO_PASID, ioas), 0);
	assert_int_equal(mock_map_fixed(&rig, ioas, mock_address(&rig, 0), MOCK_PAGE, 0), 0);
	assert_int_equal(option(1, 0, ioas, &off), EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	const struct CMUnitTest tests[] = {
		TEST(u1_numbers_are_the_lowest_free_from_1),
		TEST(u1_what_is_held_cannot_be_destroyed),
		TEST(u1_closing_ends_leaves_first),
		TEST(u2_ranges_are_what_is_not_reserved),
		TEST(u2_allowed_ranges_are_replaced_whole_or_not_at_all),
		TEST(u3_mapping_checks_in_order),
		TEST(u3_the_alignment_is_that_of_tables_and_accesses),
		TEST(u3_pages_are_judged_where_tables_show_them),
		TEST(u3_an_iova_is_chosen_lowest_and_aligned),
		TEST(u3_no_more_than_2_mib_of_alignment_is_chosen),
		TEST(u3_apertures_and_devices_reserve_ranges),
		TEST(u3_a_failure_of_a_table_leaves_nothing_mapped),
		TEST(u4_only_whole_mappings_are_unmapped),
		TEST(u5_a_copy_shares_pages_and_pins),
		TEST(u5_copying_checks_in_order),
		TEST(u5_every_piece_of_a_copy_has_to_be_aligned),
		TEST(u5_files_can_be_mapped_and_given_to_another_process),
		TEST(u6_rlimit_mode_is_set_once_by_one_with_privilege),
		TEST(u6_huge_pages_are_off_only_while_nothing_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
