/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, binding and their information (docs/uapi.md, B1 to B8, S15). */
#include "uapi_rig.h"

#define A    0x300
#define B    0x308
#define RW   (IOASIM_READ | IOASIM_WRITE)
#define NONE IOASIM_NO_VPASID

/* Two pdevs of group 7. */
static struct ioasim_device_config member(uint32_t requester_id)
{
	struct ioasim_device_config config = rig_pdev(requester_id);

	config.group = 7;
	return config;
}

static int opened(struct uapi_rig *rig, const struct ioasim_device_config *config)
{
	int fd = ioasim_open_device(rig->system, rig->vm, rig_device(rig, config));

	assert_true(fd >= 0);
	return fd;
}

static uint8_t cause(struct uapi_rig *rig, uint32_t requester_id)
{
	struct ioasim_request request = {
		.requester_id = requester_id, .length = 4, .access = IOASIM_READ};
	struct ioasim_response response;

	ioasim_translate(rig->system->unit, &request, &response);
	assert_int_equal(response.outcome, IOASIM_FAULT);
	return response.fault.cause;
}

static void b1_failures_of_bind_in_their_order(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(0x28), kernel = rig_pdev(0x30);
	struct ioasim_device_config incoherent = rig_pdev(0x38);
	int kvm = ioasim_open(rig->system, rig->vm, IOASIM_FD_KVM);
	int other = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);
	int one, two;

	kernel.driver = IOASIM_DRIVER_KERNEL;
	incoherent.capabilities = IOASIM_DEVICE_NOT_COHERENT;
	one = opened(rig, &config);
	config.requester_id = 0x29;
	two = opened(rig, &config);
	assert_int_equal(rig_bind(rig, one, 77, 1), -EBADF);
	assert_int_equal(rig_bind(rig, one, -1, 1), -EBADF);
	assert_int_equal(rig_bind(rig, one, kvm, 1), -EBADFD);
	assert_int_equal(rig_bind(rig, one, two, 1), -EBADFD);
	assert_int_equal(rig_bind(rig, one, rig->fd, 1), 0);
	assert_int_equal(rig_bind(rig, one, rig->fd, 2), -EINVAL);
	assert_int_equal(rig_bind(rig, one, other, 2), -EINVAL);
	assert_int_equal(rig_bind(rig, two, rig->fd, 1), -EEXIST);
	assert_int_equal(rig_bind(rig, opened(rig, &kernel), rig->fd, 3), -EPERM);
	assert_int_equal(rig_bind(rig, opened(rig, &incoherent), rig->fd, 4), -EINVAL);
	assert_int_equal(rig_bind(rig, two, other, 1), 0);
}

static void b2_before_bind_a_device_cannot_be_used(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = rig_pdev(0x28);
	struct ioasim_pasid_info info = {.size = sizeof(info)};
	int fd = opened(rig, &config), a = rig_alloc(rig, 0, 0);

	assert_int_equal(ioasim_device_mmio(rig->system, rig->vm, fd), -EINVAL);
	assert_int_equal(rig_attach(rig, fd, a, NONE), -EINVAL);
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, fd, IOASIM_DEVICE_PASID_INFO, &info),
			 -EINVAL);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	assert_int_equal(ioasim_device_mmio(rig->system, rig->vm, fd), 0);
	assert_int_equal(ioasim_device_mmio(rig->system, rig->vm, 99), -EBADF);
	assert_int_equal(ioasim_device_mmio(rig->system, rig->vm, rig->fd), -EBADFD);
}

static void b3_the_first_bind_blocks_every_member_and_has_invalidated(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), b = member(B);
	int fd = opened(rig, &a), second = opened(rig, &b);

	/* In host hands a route walks the host's empty space. */
	assert_int_not_equal(cause(rig, A), IOASIM_CAUSE_BLOCKED);
	rig_commands_clear(rig);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	assert_true(rig_commands_in_order(rig, strcmp(rig->arch, "vtd") ? "cs" : "ts"));
	assert_int_equal(rig->system->device[0]->group->state, GROUP_BLOCKED);
	assert_int_equal(cause(rig, A),
			 strcmp(rig->arch, "vtd") ? IOASIM_CAUSE_BLOCKED : IOASIM_CAUSE_PASID);
	assert_int_equal(cause(rig, B), cause(rig, A));
	rig_commands_clear(rig);
	assert_int_equal(rig_bind(rig, second, rig->fd, 2), 0);
	assert_string_equal(rig->classes, "");
}

static void b4_an_mdev_leaves_its_parent_in_host_hands(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config parent = rig_pdev(0x28), mdev;
	int pf = rig_device(rig, &parent), fd, parent_fd;

	mdev = rig_pdev(0);
	mdev.parent = pf;
	fd = opened(rig, &mdev);
	parent_fd = ioasim_open_device(rig->system, rig->vm, pf);
	rig_commands_clear(rig);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	assert_string_equal(rig->classes, "");
	assert_int_equal(rig->system->device[pf]->group->state, GROUP_HOST);
	assert_int_equal(rig_bind(rig, parent_fd, rig->fd, 2), -EPERM);
	assert_int_equal(rig_unbind(rig, fd), 0);
}

static void b6_unbind_with_attachments_is_ebusy_and_the_last_gives_the_group_back(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), b = member(B);
	int first = opened(rig, &a), second = opened(rig, &b), space = rig_alloc(rig, 0, 0);
	struct group *group = rig->system->device[0]->group;

	assert_int_equal(rig_unbind(rig, first), -EINVAL);
	assert_int_equal(rig_bind(rig, first, rig->fd, 1), 0);
	assert_int_equal(rig_bind(rig, second, rig->fd, 2), 0);
	assert_int_equal(rig_attach(rig, first, space, NONE), 0);
	assert_int_equal(rig_unbind(rig, first), -EBUSY);
	assert_int_equal(rig_detach(rig, first, space, NONE), 0);
	assert_int_equal(rig_unbind(rig, first), 0);
	assert_int_equal(group->state, GROUP_BLOCKED);
	assert_int_equal(rig_unbind(rig, second), 0);
	assert_int_equal(group->state, GROUP_HOST);
	assert_int_equal(rig_bind(rig, first, rig->fd, 1), 0);
}

static void b7_information_of_a_device_by_its_cookie(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_iova_range reserved[] = {{0x1000, 0x1fff}, {0x3000, 0x4fff}, {0, 0x7ff}};
	struct ioasim_iova_range ranges[8];
	struct ioasim_device_config config = rig_pdev(0x28);
	struct ioasim_device_info info = {
		.size = sizeof(info), .cookie = 1, .range_count = 8, .ranges = ranges};

	config.reserved = reserved;
	config.reserved_count = 3;
	config.pasid_bits = 12;
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_DEVICE_GET_INFO, &info),
			 -ENOENT);
	(void)rig_bound(rig, &config, 1);
	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, rig->fd, IOASIM_DEVICE_GET_INFO, &info),
			 0);
	assert_int_equal(info.arch, rig->system->arch->uapi.number);
	assert_int_equal(info.nesting_hardware, 1);
	assert_int_equal(info.pasid_width, 12);
	assert_int_equal(info.page_sizes, 0x40201000);
	assert_int_equal(info.snoop_enforced, 1);
	assert_int_equal(ranges[0].first, 0x800);
	assert_int_equal(ranges[0].last, 0xfff);
	assert_int_equal(ranges[1].first, 0x2000);
	assert_int_equal(ranges[1].last, 0x2fff);
	assert_int_equal(ranges[2].first, 0x5000);
	assert_true(info.range_count >= 3);
	assert_int_equal(ranges[info.range_count - 1].last, UINT64_C(0xffffffffffff));
	/* Formats: 4 and 5 levels; GCR3; CD. */
	assert_int_equal(info.formats, strcmp(rig->arch, "vtd") == 0     ? 0x6
				       : strcmp(rig->arch, "amdvi") == 0 ? 0x8
									 : 0x10);
}

static uint32_t pasid_flags(struct uapi_rig *rig, int fd)
{
	struct ioasim_pasid_info info = {.size = sizeof(info)};

	assert_int_equal(ioasim_ioctl(rig->system, rig->vm, fd, IOASIM_DEVICE_PASID_INFO, &info),
			 0);
	return info.pasid_flags;
}

static void b8_pasid_capability_by_type_of_device(void **state)
{
	struct uapi_rig *rig = *state;
	bool vtd = strcmp(rig->arch, "vtd") == 0;
	struct ioasim_device_config config = rig_pdev(0x28), mdev;

	/* Types 1; 4 or 5; 7; 6, 8, 2 and 3 as mdevs. */
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &config, 1)), 0);
	config.requester_id = 0x30;
	config.pasid_bits = 16;
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &config, 2)), vtd ? 1 : 3);
	config.requester_id = 0x38;
	config.capabilities = IOASIM_DEVICE_ENQCMD;
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &config, 3)), vtd ? 5 : 3);
	config.requester_id = 0x40;
	mdev = rig_pdev(0);
	mdev.parent = rig_device(rig, &config);
	mdev.pasid_bits = 16;
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &mdev, 4)), 1);
	mdev.capabilities = IOASIM_DEVICE_ENQCMD;
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &mdev, 5)), vtd ? 13 : 1);
	mdev.software = true;
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &mdev, 6)), 0);
	mdev.software = false;
	mdev.pasid_bits = 0;
	assert_int_equal(pasid_flags(rig, rig_bound(rig, &mdev, 7)), 0);
}

static void devices_that_contradict_themselves_are_refused(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_iova_range range = {2, 1};
	struct ioasim_device_config config = rig_pdev(0x28);

	config.pasid_bits = 21;
	assert_int_equal(ioasim_device_add(rig->system, &config), -EINVAL);
	config = rig_pdev(0x28);
	config.parent = 3;
	assert_int_equal(ioasim_device_add(rig->system, &config), -EINVAL);
	config = rig_pdev(0x28);
	config.software = true;
	assert_int_equal(ioasim_device_add(rig->system, &config), -EINVAL);
	config = rig_pdev(0x28);
	config.reserved = &range;
	config.reserved_count = 1;
	assert_int_equal(ioasim_device_add(rig->system, &config), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(b1_failures_of_bind_in_their_order),
		UAPI_TEST(b2_before_bind_a_device_cannot_be_used),
		UAPI_TEST(b3_the_first_bind_blocks_every_member_and_has_invalidated),
		UAPI_TEST(b4_an_mdev_leaves_its_parent_in_host_hands),
		UAPI_TEST(b6_unbind_with_attachments_is_ebusy_and_the_last_gives_the_group_back),
		UAPI_TEST(b7_information_of_a_device_by_its_cookie),
		UAPI_TEST(b8_pasid_capability_by_type_of_device),
		UAPI_TEST(devices_that_contradict_themselves_are_refused),
	};

	return cmocka_run_group_tests_name("uapi devices", tests, NULL, NULL);
}
