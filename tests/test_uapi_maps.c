/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of kernel-managed address spaces (docs/uapi.md, M1 to M9, A2, A3, N6, S6). */
#include "uapi_rig.h"

#include "model/uapi/frames.h"

#define RID  0x28
#define SIZE (UINT64_C(1) << 21)
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

/* An attached device and its address space. */
static int attached_space(struct uapi_rig *rig, int *device)
{
	struct ioasim_device_config config = rig_pdev(RID);
	int ioasid = rig_alloc(rig, 0, 0);

	*device = rig_bound(rig, &config, 1);
	assert_true(ioasid > 0);
	assert_int_equal(rig_attach(rig, *device, ioasid, NONE), 0);
	return ioasid;
}

/* ---- M1, M2 ------------------------------------------------------------------------------ */

static void m1_a_misshapen_map_is_einval_and_one_that_wraps_eoverflow(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map_prot(rig, a, 0, RIG_MEMORY, 0), -EINVAL);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, 0), -EINVAL);
	assert_int_equal(rig_map(rig, a, 0x10, RIG_MEMORY, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY + 0x800, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE + 1), -EINVAL);
	assert_int_equal(rig_map(rig, a, UINT64_C(0xfffffffffffff000), RIG_MEMORY, 2 * RIG_PAGE),
			 -EOVERFLOW);
	assert_int_equal(rig_map(rig, a, 0, UINT64_C(0xfffffffffffff000), 2 * RIG_PAGE),
			 -EOVERFLOW);
	assert_int_equal(rig_map(rig, 42, 0, RIG_MEMORY, RIG_PAGE), -ENOENT);
}

static void m1_the_iova_space_has_48_bits(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map(rig, a, UINT64_C(1) << 48, RIG_MEMORY, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_map(rig, a, (UINT64_C(1) << 48) - RIG_PAGE, RIG_MEMORY, 2 * RIG_PAGE),
			 -EINVAL);
	assert_int_equal(rig_map(rig, a, (UINT64_C(1) << 48) - RIG_PAGE, RIG_MEMORY, RIG_PAGE), 0);
}

static void m1_the_top_of_the_iova_space_reaches_hardware(void **state)
{
	struct uapi_rig *rig = *state;
	const uint64_t top = (UINT64_C(1) << 48) - RIG_PAGE;
	int device, a = attached_space(rig, &device);

	assert_int_equal(rig_map(rig, a, top, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_reach(rig, RID, top + 8, RW), rig_page(rig, RIG_MEMORY + 8));
}

static void m1_memory_that_is_not_there_or_read_only_is_efault(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY + RIG_SIZE - RIG_PAGE, 2 * RIG_PAGE),
			 -EFAULT);
	assert_int_equal(rig_map_prot(rig, a, 0, RIG_READ_ONLY, RW), -EFAULT);
	assert_int_equal(rig_map_prot(rig, a, 0, RIG_READ_ONLY, IOASIM_WRITE), -EFAULT);
	assert_int_equal(rig_map_prot(rig, a, 0, RIG_READ_ONLY, IOASIM_READ), 0);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), -EEXIST);
}

static void m1_unknown_rights_and_reserved_members_are_eopnotsupp(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)a,
				     .prot = RW | 4,
				     .vaddr = RIG_MEMORY,
				     .length = RIG_PAGE};

	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_MAP_DMA, &map),
			 -EOPNOTSUPP);
	map.prot = RW;
	map.reserved = 1;
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_MAP_DMA, &map),
			 -EOPNOTSUPP);
}

static void m2_a_map_is_visible_to_attached_routes_at_return(void **state)
{
	struct uapi_rig *rig = *state;
	int device, a = attached_space(rig, &device);

	assert_int_equal(rig_reach(rig, RID, 0x1000, IOASIM_READ), 0);
	assert_int_equal(rig_map(rig, a, 0x1000, RIG_MEMORY + 0x3000, 2 * RIG_PAGE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x1008, RW), rig_page(rig, RIG_MEMORY + 0x3008));
	assert_int_equal(rig_reach(rig, RID, 0x2ff8, RW), rig_page(rig, RIG_MEMORY + 0x4ff8));
	assert_int_equal(rig_reach(rig, RID, 0x3000, RW), 0);
}

static void m2_the_rights_of_a_map_are_those_of_its_prot(void **state)
{
	struct uapi_rig *rig = *state;
	int device, a = attached_space(rig, &device);

	assert_int_equal(rig_map_prot(rig, a, 0x1000, RIG_MEMORY, IOASIM_READ), 0);
	assert_int_equal(rig_reach(rig, RID, 0x1000, IOASIM_READ), rig_page(rig, RIG_MEMORY));
	assert_int_equal(rig_reach(rig, RID, 0x1000, IOASIM_WRITE), 0);
	assert_int_equal(rig_map_prot(rig, a, 0x2000, RIG_MEMORY, IOASIM_WRITE), 0);
	assert_int_equal(rig_reach(rig, RID, 0x2000, IOASIM_WRITE), rig_page(rig, RIG_MEMORY));
	/* Stage 1 of SMMUv3 has no write-only pages (docs/limits.md). */
	if (strcmp(rig->arch, "smmuv3"))
		assert_int_equal(rig_reach(rig, RID, 0x2000, IOASIM_READ), 0);
}

static void a3_a_map_may_be_filled_before_any_attachment(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	int device = rig_bound(rig, &config, 1), a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_SIZE), 0);
	assert_int_equal(rig_reach(rig, RID, 0, IOASIM_READ), 0);
	assert_int_equal(rig_attach(rig, device, a, NONE), 0);
	assert_int_equal(rig_reach(rig, RID, RIG_SIZE - 4, RW),
			 rig_page(rig, RIG_MEMORY + RIG_SIZE - 4));
}

static void m1_memory_in_pieces_is_one_mapping(void **state)
{
	struct uapi_rig *rig = *state;
	const uint64_t at = UINT64_C(0x60000000);
	int device, a = attached_space(rig, &device);

	/* Three areas; the middle one lies elsewhere on the bus. */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ioasim_process_mmap(rig->system, rig->vm, at + i * RIG_PAGE,
						     RIG_PAGE, RW),
				 0);
	assert_int_equal(ioasim_process_munmap(rig->system, rig->vm, at + RIG_PAGE, RIG_PAGE), 0);
	assert_int_equal(ioasim_process_mmap(rig->system, rig->vm, at + 8 * RIG_PAGE, RIG_PAGE, RW),
			 0);
	assert_int_equal(ioasim_process_mmap(rig->system, rig->vm, at + RIG_PAGE, RIG_PAGE, RW), 0);
	assert_int_equal(rig_map(rig, a, 0x7000, at, 3 * RIG_PAGE), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rig_reach(rig, RID, 0x7000 + i * RIG_PAGE, RW),
				 rig_page(rig, at + i * RIG_PAGE));
	assert_int_equal(rig_unmap(rig, a, 0x7000, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 0x8000, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 0x8000, 2 * RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 0x7000, 3 * RIG_PAGE), 3 * RIG_PAGE);
}

/* ---- M3, M4 ------------------------------------------------------------------------------ */

static void m3_misshapen_unmaps(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map(rig, a, SIZE, RIG_MEMORY, SIZE), 0);
	assert_int_equal(rig_unmap(rig, a, SIZE, 0), -EINVAL);
	assert_int_equal(rig_unmap(rig, a, SIZE + 1, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_unmap(rig, a, SIZE, RIG_PAGE - 1), -EINVAL);
	assert_int_equal(rig_unmap(rig, a, UINT64_C(0xfffffffffffff000), 2 * RIG_PAGE), -EOVERFLOW);
	assert_int_equal(rig_unmap(rig, 42, 0, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 0, RIG_PAGE), -ENOENT);
}

static void m3_partly_covered_mapping_is_enoent_and_nothing_changes(void **state)
{
	struct uapi_rig *rig = *state;
	int device, a = attached_space(rig, &device);

	assert_int_equal(rig_map(rig, a, SIZE, RIG_MEMORY, SIZE), 0);
	assert_int_equal(rig_map(rig, a, 3 * SIZE, RIG_MEMORY, SIZE), 0);
	assert_int_equal(rig_unmap(rig, a, SIZE, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 0, SIZE + RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 2 * SIZE - RIG_PAGE, RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, SIZE, 2 * SIZE + RIG_PAGE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, SIZE + RIG_PAGE, 4 * SIZE), -ENOENT);
	for (uint64_t iova = SIZE; iova < 2 * SIZE; iova += 64 * RIG_PAGE)
		assert_int_equal(rig_reach(rig, RID, iova, RW),
				 rig_page(rig, RIG_MEMORY + iova - SIZE));
	assert_int_equal(rig_reach(rig, RID, 4 * SIZE - 4, RW),
			 rig_page(rig, RIG_MEMORY + SIZE - 4));
}

static void m3_unmap_counts_bytes_and_everything_is_not_an_error_when_empty(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map(rig, a, SIZE, RIG_MEMORY, SIZE), 0);
	assert_int_equal(rig_map(rig, a, 4 * SIZE, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_unmap(rig, a, 0, 5 * SIZE), SIZE + RIG_PAGE);
	assert_int_equal(rig_unmap(rig, a, 0, 5 * SIZE), -ENOENT);
	assert_int_equal(rig_unmap(rig, a, 0, UINT64_MAX), 0);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_unmap(rig, a, 0, UINT64_MAX), RIG_PAGE);
}

static void m4_unmap_has_invalidated_when_it_returns(void **state)
{
	struct uapi_rig *rig = *state;
	int device, a = attached_space(rig, &device);

	assert_int_equal(rig_map(rig, a, 0x1000, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_not_equal(rig_reach(rig, RID, 0x1000, RW), 0);
	rig_commands_clear(rig);
	assert_int_equal(rig_unmap(rig, a, 0x1000, RIG_PAGE), RIG_PAGE);
	assert_true(rig_commands_in_order(rig, "ts"));
	assert_int_equal(rig_reach(rig, RID, 0x1000, RW), 0);
}

static void m7_a_page_is_pinned_once_a_mapping_and_released_after_the_last(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0), b = rig_alloc(rig, 0, 0);
	int child = rig_alloc(rig, (uint32_t)a, 0);
	ioasim_pa_t pa = rig_page(rig, RIG_MEMORY);
	const struct frame *frame = frame_at(&rig->system->frames, pa);

	assert_int_equal(frame->pins, 0);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, a, SIZE, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, b, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(frame->pins, 3);
	assert_int_equal(rig_map(rig, child, 0x5000, 0, RIG_PAGE), 0);
	assert_int_equal(frame->pins, 3);
	assert_int_equal(rig_unmap(rig, child, 0x5000, RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_unmap(rig, a, 0, UINT64_MAX), 2 * RIG_PAGE);
	assert_int_equal(frame->pins, 1);
	/* The process lets go of the page; the mapping keeps it. */
	assert_int_equal(ioasim_process_munmap(rig->system, rig->vm, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(frame->mapped, 0);
	assert_int_equal(frame->released_at, 0);
	assert_int_equal(rig_ioasid_free(rig, b), 0);
	assert_int_equal(frame->pins, 0);
	assert_int_not_equal(frame->released_at, 0);
}

static void s6_a_pinned_page_is_not_given_to_anybody_else(void **state)
{
	struct uapi_rig *rig = *state;
	int device, a = attached_space(rig, &device);
	ioasim_pa_t pa = rig_page(rig, RIG_MEMORY), other;
	int process = ioasim_process_create(rig->system);

	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(ioasim_process_munmap(rig->system, rig->vm, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(ioasim_process_mmap(rig->system, process, 0x1000, RIG_PAGE, RW), 0);
	assert_int_equal(ioasim_process_page(rig->system, process, 0x1000, &other), 0);
	assert_int_not_equal(other, pa);
	assert_int_equal(rig_reach(rig, RID, 0, RW), pa);
	/* After the unmap it is the next one to be given out. */
	assert_int_equal(rig_unmap(rig, a, 0, RIG_PAGE), RIG_PAGE);
	assert_int_equal(ioasim_process_mmap(rig->system, process, 0x2000, RIG_PAGE, RW), 0);
	assert_int_equal(ioasim_process_page(rig->system, process, 0x2000, &other), 0);
	assert_int_equal(other, pa);
}

/* ---- M8 ------------------------------------------------------------------------------------- */

static void m8_reserved_ranges_of_attached_devices_cannot_be_mapped(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_iova_range range = {0x100000, 0x1fffff};
	struct ioasim_device_config config = rig_pdev(RID);
	int device, a = rig_alloc(rig, 0, 0);

	config.reserved = &range;
	config.reserved_count = 1;
	device = rig_bound(rig, &config, 1);
	assert_int_equal(rig_map(rig, a, 0x1ff000, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, device, a, NONE), -EADDRINUSE);
	assert_int_equal(rig_unmap(rig, a, 0x1ff000, RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_attach(rig, device, a, NONE), 0);
	assert_int_equal(rig_map(rig, a, 0xff000, RIG_MEMORY, 2 * RIG_PAGE), -EINVAL);
	assert_int_equal(rig_map(rig, a, 0x1ff000, RIG_MEMORY, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_map(rig, a, 0xff000, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, a, 0x200000, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_detach(rig, device, a, NONE), 0);
	assert_int_equal(rig_map(rig, a, 0x1ff000, RIG_MEMORY, RIG_PAGE), 0);
}

/* ---- M9 ------------------------------------------------------------------------------------- */

static void m9_large_mappings_use_large_pages(void **state)
{
	struct uapi_rig *rig = *state;
	int device, a = attached_space(rig, &device);
	struct ioasim_request request = {.requester_id = RID, .length = 1, .access = IOASIM_READ};
	struct ioasim_response response;

	assert_int_equal(rig_map(rig, a, RIG_MEMORY, RIG_MEMORY, RIG_SIZE), 0);
	request.address = RIG_MEMORY + SIZE + 0x1234;
	ioasim_translate(rig->system->unit, &request, &response);
	assert_int_equal(response.outcome, IOASIM_OK);
	assert_true(response.size_lg2 >= 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(m1_a_misshapen_map_is_einval_and_one_that_wraps_eoverflow),
		UAPI_TEST(m1_the_iova_space_has_48_bits),
		UAPI_TEST(m1_the_top_of_the_iova_space_reaches_hardware),
		UAPI_TEST(m1_memory_that_is_not_there_or_read_only_is_efault),
		UAPI_TEST(m1_unknown_rights_and_reserved_members_are_eopnotsupp),
		UAPI_TEST(m2_a_map_is_visible_to_attached_routes_at_return),
		UAPI_TEST(m2_the_rights_of_a_map_are_those_of_its_prot),
		UAPI_TEST(a3_a_map_may_be_filled_before_any_attachment),
		UAPI_TEST(m1_memory_in_pieces_is_one_mapping),
		UAPI_TEST(m3_misshapen_unmaps),
		UAPI_TEST(m3_partly_covered_mapping_is_enoent_and_nothing_changes),
		UAPI_TEST(m3_unmap_counts_bytes_and_everything_is_not_an_error_when_empty),
		UAPI_TEST(m4_unmap_has_invalidated_when_it_returns),
		UAPI_TEST(m7_a_page_is_pinned_once_a_mapping_and_released_after_the_last),
		UAPI_TEST(s6_a_pinned_page_is_not_given_to_anybody_else),
		UAPI_TEST(m8_reserved_ranges_of_attached_devices_cannot_be_mapped),
		UAPI_TEST(m9_large_mappings_use_large_pages),
	};

	return cmocka_run_group_tests_name("uapi maps", tests, NULL, NULL);
}
