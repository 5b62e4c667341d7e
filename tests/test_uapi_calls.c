/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatcher and its table (docs/uapi.md, G1 to G5), descriptors (O1 to O6). */
#include "uapi_rig.h"

#include <ioasim/iommufd.h>

#include "model/uapi/calls.h"

#define RID  0x28
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

/* Room for any argument and a tail. */
union argument {
	uint32_t size;
	unsigned char bytes[5000];
};

static int descriptor(struct uapi_rig *rig, enum ioasim_fd_kind kind)
{
	struct ioasim_device_config config = rig_pdev(RID);

	if (kind == IOASIM_FD_IOASID)
		return rig->fd;
	if (kind == IOASIM_FD_KVM)
		return ioasim_open(rig->system, rig->vm, kind);
	if (kind == IOASIM_FD_IOMMUFD)
		return ioasim_iommufd_open(rig->system, rig->vm);
	if (kind == IOASIM_FD_FILE)
		return ioasim_open_file(rig->system, rig->vm, 1);
	if (kind == IOASIM_FD_QUEUE) {
		struct ioasim_iommufd_fault_alloc queue = {.size = sizeof(queue)};
		int fd = ioasim_iommufd_open(rig->system, rig->vm);

		assert_int_equal(ioasim_iommufd_ioctl(rig->system, rig->vm, fd,
						      IOASIM_IOMMUFD_FAULT_QUEUE_ALLOC, &queue),
				 0);
		return (int)queue.out_fault_fd;
	}
	return ioasim_open_device(rig->system, rig->vm, rig_device(rig, &config));
}

static bool offered(const struct uapi_rig *rig, const struct call_entry *entry)
{
	return !entry->offered || entry->offered(rig->system);
}

/* ---- G -------------------------------------------------------------------------------------- */

static void g1_unknown_calls_and_those_of_other_descriptors_are_enotty(void **state)
{
	struct uapi_rig *rig = *state;
	int fd[IOASIM_FD_KINDS];
	union argument argument = {.size = 64};

	for (unsigned kind = 0; kind < IOASIM_FD_KINDS; kind++)
		fd[kind] = descriptor(rig, kind);
	for (unsigned kind = 0; kind < IOASIM_FD_KINDS; kind++) {
		assert_int_equal(ioasim_ioctl(rig->system, rig->vm, fd[kind], 0x3b80, &argument),
				 -ENOTTY);
		for (unsigned n = 0; call_table(n); n++)
			if (call_fd_kind(call_table(n)) != kind)
				assert_int_equal(ioasim_ioctl(rig->system, rig->vm, fd[kind],
							      call_table(n)->number, &argument),
						 -ENOTTY);
	}
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, 77, IOASIM_MAP_DMA, &argument), -EBADF);
	assert_int_equal(ioasim_ioctl(rig->system, 9, rig->fd, IOASIM_MAP_DMA, &argument), -ESRCH);
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_MAP_DMA, NULL),
			 -EFAULT);
}

static void g2_sizes_of_every_call(void **state)
{
	struct uapi_rig *rig = *state;
	int fd[IOASIM_FD_KINDS];

	for (unsigned kind = 0; kind < IOASIM_FD_KINDS; kind++)
		fd[kind] = descriptor(rig, kind);
	for (unsigned n = 0; call_table(n); n++) {
		const struct call_entry *entry = call_table(n);
		int on = fd[call_fd_kind(entry)], exact;
		union argument argument = {.size = entry->minimum - 1u};

		if (!offered(rig, entry))
			continue;
		assert_int_equal(ioasim_ioctl(rig->system, rig->vm, on, entry->number, &argument),
				 -EINVAL);
		argument.size = 0;
		assert_int_equal(ioasim_ioctl(rig->system, rig->vm, on, entry->number, &argument),
				 -EINVAL);
		argument.size = entry->size + 8u;
		argument.bytes[entry->size + 7] = 1;
		assert_int_equal(ioasim_ioctl(rig->system, rig->vm, on, entry->number, &argument),
				 -E2BIG);
		argument.size = 5000;
		argument.bytes[entry->size + 7] = 0;
		assert_int_equal(ioasim_ioctl(rig->system, rig->vm, on, entry->number, &argument),
				 -E2BIG);
		/* A tail of zeros is as if it were not there. */
		argument = (union argument){.size = entry->size};
		exact = ioasim_ioctl(rig->system, rig->vm, on, entry->number, &argument);
		argument = (union argument){.size = entry->size + 8u};
		if (exact < 0)
			assert_int_equal(ioasim_ioctl(rig->system, rig->vm, on, entry->number,
						      &argument),
					 exact);
	}
}

static void g3_reserved_members_flags_and_enumerations_of_every_call(void **state)
{
	struct uapi_rig *rig = *state;
	int fd[IOASIM_FD_KINDS];

	for (unsigned kind = 0; kind < IOASIM_FD_KINDS; kind++)
		fd[kind] = descriptor(rig, kind);
	for (unsigned n = 0; call_table(n); n++) {
		const struct call_entry *entry = call_table(n);

		for (const struct call_member *member = entry->members; member->name; member++) {
			union argument argument = {.size = entry->size};
			uint32_t wrong = 1;

			if (member->kind == MEMBER_FLAGS)
				wrong = 0x80000000;
			else if (member->kind == MEMBER_ENUM)
				wrong = (uint32_t)member->known + 1;
			else if (member->kind != MEMBER_RESERVED)
				continue;
			memcpy(argument.bytes + member->offset, &wrong, sizeof(wrong));
			if (offered(rig, entry))
				assert_int_equal(ioasim_ioctl(rig->system, rig->vm,
							      fd[call_fd_kind(entry)],
							      entry->number, &argument),
						 -EOPNOTSUPP);
		}
	}
}

/* What the document says of a structure is all of it. */
static void g3_the_members_of_the_table_cover_each_structure(void **state)
{
	(void)state;
	for (unsigned n = 0; call_table(n); n++) {
		const struct call_entry *entry = call_table(n);
		unsigned end = sizeof(uint32_t);

		for (const struct call_member *member = entry->members; member->name; member++) {
			assert_true(member->offset >= end && member->offset - end < 8);
			end = member->offset + member->bytes;
			assert_non_null(member->text);
		}
		assert_true(entry->size - end < 8);
		assert_true(entry->minimum <= entry->size && entry->minimum >= 4);
		assert_non_null(entry->text);
		assert_non_null(entry->work);
		for (const struct call_check *check = entry->checks; check->rule; check++) {
			assert_true(check->error > 0);
			assert_non_null(check->text);
		}
		for (unsigned other = 0; other < n; other++)
			assert_int_not_equal(call_table(other)->number, entry->number);
	}
}

static void g2_what_a_caller_does_not_know_is_not_written(void **state)
{
	struct uapi_rig *rig = *state;
	int a = rig_alloc(rig, 0, 0);
	struct ioasim_unmap_dma unmap = {.size = offsetof(struct ioasim_unmap_dma, unmapped),
					 .ioasid = (uint32_t)a,
					 .length = RIG_PAGE,
					 .unmapped = 77};

	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_UNMAP_DMA, &unmap), 0);
	assert_int_equal(unmap.unmapped, 77);
}

/* ---- O -------------------------------------------------------------------------------------- */

static void o1_each_open_is_a_new_empty_fd(void **state)
{
	struct uapi_rig *rig = *state;
	int other = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);
	struct ioasim_ioasid_info info = {.size = sizeof(info), .ioasid = 1};

	assert_int_equal(rig_alloc(rig, 0, 0), 1);
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, other, IOASIM_IOASID_GET_INFO, &info),
			 -ENOENT);
	assert_int_equal(ioasim_open(rig->system, 99, IOASIM_FD_IOASID), -ESRCH);
	assert_int_equal(ioasim_open(rig->system, rig->vm, IOASIM_FD_DEVICE), -ENODEV);
	assert_int_equal(ioasim_open_device(rig->system, rig->vm, 5), -ENODEV);
}

static void o2_a_duplicate_in_another_process_is_the_same_fd(void **state)
{
	struct uapi_rig *rig = *state;
	int process = ioasim_process_create(rig->system);
	int there = ioasim_dup(rig->system, rig->vm, rig->fd, process);
	struct ioasim_ioasid_info info = {.size = sizeof(info)};

	assert_int_equal(there, 0);
	assert_int_equal(ioasim_dup(rig->system, rig->vm, 99, process), -EBADF);
	info.ioasid = (uint32_t)rig_alloc(rig, 0, 0);
	assert_int_equal(ioasim_close(rig->system, rig->vm, rig->fd), 0);
	assert_int_equal(ioasim_close(rig->system, rig->vm, rig->fd), -EBADF);
	assert_int_equal(ioasim_ioctl(rig->system, process, there, IOASIM_IOASID_GET_INFO, &info),
			 0);
	assert_int_equal(ioasim_close(rig->system, process, there), 0);
	assert_true(LIST_EMPTY(&rig->system->containers));
}

static void o3_closing_the_fd_lets_nothing_through_and_devices_stay_bound(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	int device = rig_bound(rig, &config, 1), a = rig_alloc(rig, 0, 0);
	int child = rig_alloc(rig, (uint32_t)a, 0), other;

	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, child, 0, 0, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, device, a, NONE), 0);
	assert_int_equal(rig_attach(rig, device, child, NONE), 0);
	assert_int_not_equal(rig_reach(rig, RID, 0, RW), 0);
	assert_int_equal(ioasim_close(rig->system, rig->vm, rig->fd), 0);
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
	other = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);
	assert_int_equal(rig_bind(rig, device, other, 1), -EINVAL);
	assert_int_not_equal(rig->system->device[0]->group->state, GROUP_HOST);
	assert_int_equal(ioasim_close(rig->system, rig->vm, device), 0);
	assert_int_equal(rig->system->device[0]->group->state, GROUP_HOST);
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
}

static void o4_closing_a_device_detaches_and_unbinds(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	int device, a = rig_alloc(rig, 0, 0), b = rig_alloc(rig, 0, 0);

	config.pasid_bits = 8;
	device = rig_bound(rig, &config, 1);
	assert_int_equal(rig_map(rig, a, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, device, a, NONE), 0);
	assert_int_equal(rig_attach(rig, device, b, 9), 0);
	assert_int_equal(rig_attach(rig, device, b, 4), 0);
	assert_int_equal(ioasim_open_device(rig->system, rig->vm, 0), -EBUSY);
	assert_int_equal(ioasim_close(rig->system, rig->vm, device), 0);
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
	assert_int_equal(rig_info(rig, a).state, IOASIM_STATE_IDLE);
	assert_int_equal(rig_info(rig, b).attachments, 0);
	assert_int_equal(ioasim_open_device(rig->system, rig->vm, 0), device);
}

static void o6_exit_in_any_order_of_descriptors_leaves_nothing(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(RID);
	int process = ioasim_process_create(rig->system);
	int early = ioasim_open_device(rig->system, process, rig_device(rig, &config));
	int fd = ioasim_dup(rig->system, rig->vm, rig->fd, process);
	struct ioasim_device_bind bind = {.size = sizeof(bind), .ioasid_fd = fd};
	struct ioasim_device_attach attach = {
		.size = sizeof(attach), .ioasid_fd = fd, .vpasid = NONE};

	attach.ioasid = (uint32_t)rig_alloc(rig, 0, 0);
	assert_int_equal(rig_map(rig, (int)attach.ioasid, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(ioasim_ioctl(rig->system, process, early, IOASIM_DEVICE_BIND, &bind), 0);
	assert_int_equal(ioasim_ioctl(rig->system, process, early, IOASIM_DEVICE_ATTACH, &attach),
			 0);
	assert_int_not_equal(rig_reach(rig, RID, 0, RW), 0);
	assert_int_equal(ioasim_process_exit(rig->system, process), 0);
	assert_int_equal(rig_reach(rig, RID, 0, RW), 0);
	assert_int_equal(rig->system->device[0]->group->state, GROUP_HOST);
	assert_int_equal(rig_info(rig, (int)attach.ioasid).state, IOASIM_STATE_IDLE);
	assert_int_equal(ioasim_open(rig->system, process, IOASIM_FD_KVM), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(g1_unknown_calls_and_those_of_other_descriptors_are_enotty),
		UAPI_TEST(g2_sizes_of_every_call),
		UAPI_TEST(g3_reserved_members_flags_and_enumerations_of_every_call),
		UAPI_TEST_ON(g3_the_members_of_the_table_cover_each_structure, "vtd"),
		UAPI_TEST_ON(g2_what_a_caller_does_not_know_is_not_written, "vtd"),
		UAPI_TEST(o1_each_open_is_a_new_empty_fd),
		UAPI_TEST(o2_a_duplicate_in_another_process_is_the_same_fd),
		UAPI_TEST(o3_closing_the_fd_lets_nothing_through_and_devices_stay_bound),
		UAPI_TEST(o4_closing_a_device_detaches_and_unbinds),
		UAPI_TEST(o6_exit_in_any_order_of_descriptors_leaves_nothing),
	};

	return cmocka_run_group_tests_name("uapi calls", tests, NULL, NULL);
}
