/* SPDX-License-Identifier: Apache-2.0 */
/* Address spaces of processes as a mode of the map (docs/uapi.md, V1 to V7). */
#include "uapi_rig.h"

#include "model/uapi/frames.h"
#include "model/uapi/sva.h"

#define RID    0x28
#define RW     (IOASIM_READ | IOASIM_WRITE)
#define NONE   IOASIM_NO_VPASID
#define VPASID 9

static int device(struct uapi_rig *rig, uint32_t requester_id)
{
	struct ioasim_device_config config = rig_pdev(requester_id);

	config.pasid_bits = 16;
	config.capabilities = IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI;
	return rig_bound(rig, &config, requester_id);
}

static ioasim_pa_t reach(struct uapi_rig *rig, uint32_t requester_id, uint64_t address,
			 uint8_t access)
{
	struct ioasim_request request = {.requester_id = requester_id,
					 .pasid = VPASID,
					 .has_pasid = true,
					 .address = address,
					 .length = 4,
					 .access = access};
	struct ioasim_response response;

	ioasim_translate(rig->system->unit, &request, &response);
	return response.outcome == IOASIM_OK ? response.pa : 0;
}

static int fault(struct uapi_rig *rig, uint64_t address, unsigned access)
{
	return sva_fault(rig->system->process[rig->vm], address, access);
}

static int attached(struct uapi_rig *rig)
{
	int fd = device(rig, RID), s = rig_alloc_kind(rig, IOASIM_IOASID_SVA, 0, 0);

	assert_true(s > 0);
	assert_int_equal(rig_attach(rig, fd, s, VPASID), 0);
	return fd;
}

static void v2_maps_and_children_of_a_process_are_einval(void **state)
{
	struct uapi_rig *rig = *state;
	int fd = device(rig, RID), s = rig_alloc_kind(rig, IOASIM_IOASID_SVA, 0, 0);
	struct ioasim_invalidate invalidate = {
		.size = sizeof(invalidate), .ioasid = (uint32_t)s, .vpasid = NONE};

	assert_int_equal(rig_map(rig, s, 0, RIG_MEMORY, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_unmap(rig, s, 0, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_alloc(rig, (uint32_t)s, 0), -EINVAL);
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_INVALIDATE_CACHE,
				      &invalidate),
			 -EINVAL);
	assert_int_equal(rig_attach(rig, fd, s, NONE), -EINVAL); /* V3 */
}

static void v5_a_fault_shows_the_page_with_the_processs_rights(void **state)
{
	struct uapi_rig *rig = *state;

	(void)attached(rig);
	assert_int_equal(reach(rig, RID, RIG_MEMORY + 8, IOASIM_READ), 0);
	assert_int_equal(fault(rig, RIG_MEMORY + 8, RW), 0);
	assert_int_equal(reach(rig, RID, RIG_MEMORY + 8, RW), rig_page(rig, RIG_MEMORY + 8));
	assert_int_equal(reach(rig, RID, RIG_MEMORY + RIG_PAGE, RW), 0);
	assert_int_equal(fault(rig, RIG_MEMORY + 8, RW), 0);
	assert_int_equal(fault(rig, RIG_READ_ONLY, IOASIM_READ), 0);
	assert_int_equal(reach(rig, RID, RIG_READ_ONLY, IOASIM_READ), rig_page(rig, RIG_READ_ONLY));
	assert_int_equal(reach(rig, RID, RIG_READ_ONLY, IOASIM_WRITE), 0);
	assert_int_equal(fault(rig, RIG_READ_ONLY, IOASIM_WRITE), -EFAULT);
	assert_int_equal(fault(rig, 0x1000, IOASIM_READ), -EFAULT);
	/* On the route of the PASID alone. */
	assert_int_equal(rig_reach(rig, RID, RIG_MEMORY, IOASIM_READ), 0);
}

static void v4_munmap_and_mprotect_reach_devices_before_they_return(void **state)
{
	struct uapi_rig *rig = *state;
	ioasim_pa_t pa = rig_page(rig, RIG_MEMORY);

	(void)attached(rig);
	assert_int_equal(fault(rig, RIG_MEMORY, RW), 0);
	assert_int_equal(fault(rig, RIG_MEMORY + RIG_PAGE, RW), 0);
	assert_int_not_equal(reach(rig, RID, RIG_MEMORY, RW), 0);
	assert_int_not_equal(reach(rig, RID, RIG_MEMORY + RIG_PAGE, RW), 0);
	rig_commands_clear(rig);
	assert_int_equal(ioasim_process_munmap(rig->system, rig->vm, RIG_MEMORY, RIG_PAGE), 0);
	assert_true(rig_commands_in_order(rig, "tas"));
	assert_int_equal(reach(rig, RID, RIG_MEMORY, RW), 0);
	assert_int_equal(fault(rig, RIG_MEMORY, IOASIM_READ), -EFAULT);
	assert_int_not_equal(frame_at(&rig->system->frames, pa)->released_at, 0);
	rig_commands_clear(rig);
	assert_int_equal(ioasim_process_mprotect(rig->system, rig->vm, RIG_MEMORY + RIG_PAGE,
						 RIG_PAGE, IOASIM_READ),
			 0);
	assert_true(rig_commands_in_order(rig, "tas"));
	assert_int_equal(reach(rig, RID, RIG_MEMORY + RIG_PAGE, IOASIM_WRITE), 0);
	assert_int_equal(fault(rig, RIG_MEMORY + RIG_PAGE, IOASIM_WRITE), -EFAULT);
	assert_int_equal(fault(rig, RIG_MEMORY + RIG_PAGE, IOASIM_READ), 0);
	assert_int_not_equal(reach(rig, RID, RIG_MEMORY + RIG_PAGE, IOASIM_READ), 0);
	/* Rights that grow show with the next fault. */
	assert_int_equal(ioasim_process_mprotect(rig->system, rig->vm, RIG_MEMORY + RIG_PAGE,
						 RIG_PAGE, RW),
			 0);
	assert_int_equal(fault(rig, RIG_MEMORY + RIG_PAGE, RW), 0);
	assert_int_not_equal(reach(rig, RID, RIG_MEMORY + RIG_PAGE, RW), 0);
}

static void v6_when_the_process_dies_nothing_gets_through_and_attachments_stay(void **state)
{
	struct uapi_rig *rig = *state;
	int process = ioasim_process_create(rig->system), s;
	struct ioasim_ioasid_alloc alloc = {.size = sizeof(alloc), .kind = IOASIM_IOASID_SVA};
	int fd = device(rig, RID), there = ioasim_dup(rig->system, rig->vm, rig->fd, process);
	ioasim_pa_t pa;

	assert_int_equal(ioasim_process_mmap(rig->system, process, 0x10000, RIG_PAGE, RW), 0);
	assert_int_equal(ioasim_process_page(rig->system, process, 0x10000, &pa), 0);
	s = ioasim_ioctl(rig->system, process, there, IOASIM_IOASID_ALLOC, &alloc);
	assert_true(s > 0);
	assert_int_equal(rig_attach(rig, fd, s, VPASID), 0);
	assert_int_equal(sva_fault(rig->system->process[process], 0x10000, RW), 0);
	assert_int_equal(reach(rig, RID, 0x10000, RW), pa);
	rig_commands_clear(rig);
	assert_int_equal(ioasim_process_exit(rig->system, process), 0);
	assert_true(rig_commands_in_order(rig, "as"));
	assert_int_equal(reach(rig, RID, 0x10000, RW), 0);
	assert_int_equal(sva_fault(rig->system->process[process], 0x10000, RW), -EFAULT);
	assert_int_not_equal(frame_at(&rig->system->frames, pa)->released_at, 0);
	assert_int_equal(rig_info(rig, s).attachments, 1);
	assert_int_equal(rig_detach(rig, fd, s, VPASID), 0);
	assert_int_equal(rig_attach(rig, fd, s, VPASID), 0);
	assert_int_equal(reach(rig, RID, 0x10000, RW), 0);
	assert_int_equal(rig_ioasid_free(rig, s), 0);
}

static void v7_each_device_has_an_attachment_of_its_own(void **state)
{
	struct uapi_rig *rig = *state;
	int one = attached(rig), two = device(rig, 0x30);

	(void)one;
	assert_int_equal(fault(rig, RIG_MEMORY, RW), 0);
	assert_int_not_equal(reach(rig, RID, RIG_MEMORY, RW), 0);
	assert_int_equal(reach(rig, 0x30, RIG_MEMORY, RW), 0);
	assert_int_equal(rig_attach(rig, two, 1, VPASID), 0);
	assert_int_not_equal(reach(rig, 0x30, RIG_MEMORY, RW), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(v2_maps_and_children_of_a_process_are_einval),
		UAPI_TEST(v5_a_fault_shows_the_page_with_the_processs_rights),
		UAPI_TEST(v4_munmap_and_mprotect_reach_devices_before_they_return),
		UAPI_TEST(v6_when_the_process_dies_nothing_gets_through_and_attachments_stay),
		UAPI_TEST(v7_each_device_has_an_attachment_of_its_own),
	};

	return cmocka_run_group_tests_name("uapi sva", tests, NULL, NULL);
}
