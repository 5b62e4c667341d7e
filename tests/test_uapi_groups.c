/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of devices, and who may come to them (docs/uapi.md, R1 to R4, B4, M8, S16). */
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

static void r1_a_group_is_taken_only_whole_and_kernel_drivers_stay_out(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config nic = member(A), disk = member(B), bridge = member(0x310);
	int fd = opened(rig, &nic), number;

	disk.driver = IOASIM_DRIVER_KERNEL;
	bridge.driver = IOASIM_DRIVER_KERNEL_SAFE;
	number = rig_device(rig, &disk);
	(void)rig_device(rig, &bridge);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), -EPERM);
	assert_int_equal(ioasim_device_driver(rig->system, number, IOASIM_DRIVER_NONE), 0);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	assert_int_equal(ioasim_device_driver(rig->system, number, IOASIM_DRIVER_KERNEL), -EBUSY);
	assert_int_equal(rig_unbind(rig, fd), 0);
	assert_int_equal(ioasim_device_driver(rig->system, number, IOASIM_DRIVER_KERNEL), 0);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), -EPERM);
	assert_int_equal(ioasim_device_driver(rig->system, 99, IOASIM_DRIVER_NONE), -ENODEV);
}

static void r1_members_belong_to_one_fd(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), b = member(B);
	int first = opened(rig, &a), second = opened(rig, &b);
	int other = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);

	assert_int_equal(rig_bind(rig, first, rig->fd, 1), 0);
	assert_int_equal(rig_bind(rig, second, other, 1), -EPERM);
	assert_int_equal(rig_bind(rig, second, rig->fd, 2), 0);
}

static void r3_the_group_walks_with_its_first_member_until_the_last(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), b = member(B);
	int first = rig_bound(rig, &a, 1), second = rig_bound(rig, &b, 2);
	int space = rig_alloc(rig, 0, 0);

	assert_int_equal(rig_map(rig, space, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, first, space, NONE), 0);
	assert_int_equal(rig->system->device[0]->group->state, GROUP_ATTACHED);
	assert_int_equal(rig_reach(rig, B, 0, RW), rig_page(rig, RIG_MEMORY));
	assert_int_equal(rig_attach(rig, second, space, NONE), 0);
	rig_commands_clear(rig);
	assert_int_equal(rig_detach(rig, first, space, NONE), 0);
	assert_string_equal(rig->classes, "");
	assert_int_equal(rig_reach(rig, A, 0, RW), rig_page(rig, RIG_MEMORY));
	assert_int_equal(rig_detach(rig, second, space, NONE), 0);
	assert_int_equal(rig_reach(rig, A, 0, RW), 0);
	assert_int_equal(rig_reach(rig, B, 0, RW), 0);
	assert_int_equal(rig->system->device[0]->group->state, GROUP_BLOCKED);
}

static void s16_a_rid_belongs_to_one_group(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), own = rig_pdev(A);
	int space = rig_alloc(rig, 0, 0), fd;

	assert_int_equal(rig_device(rig, &a), 0);
	assert_int_equal(ioasim_device_add(rig->system, &own), -EEXIST);
	own.group = 8;
	assert_int_equal(ioasim_device_add(rig->system, &own), -EEXIST);
	/* Behind a bridge two devices have one RID. */
	fd = rig_bound(rig, &a, 1);
	assert_int_equal(rig_map(rig, space, 0, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, fd, space, NONE), 0);
	assert_int_equal(rig_reach(rig, A, 0, RW), rig_page(rig, RIG_MEMORY));
}

/* A driver whose next change of a RID's route fails, `failing` times. */
struct failing_driver {
	struct driver_ops ops;
	const struct driver_ops *real;
	uint32_t rid;
	unsigned failing;
};

static struct failing_driver failing; /* what the contract passes has no room for it */

static int failing_attach(struct driver *driver, uint32_t rid, uint32_t pasid,
			  struct domain *domain)
{
	if (rid == failing.rid && failing.failing) {
		failing.failing--;
		return -EIO;
	}
	return failing.real->attach(driver, rid, pasid, domain);
}

static int failing_detach(struct driver *driver, uint32_t rid, uint32_t pasid)
{
	if (rid == failing.rid && failing.failing) {
		failing.failing--;
		return -EIO;
	}
	return failing.real->detach(driver, rid, pasid);
}

/* The next change of the RID's route fails. */
static void route_fails(struct uapi_rig *rig, uint32_t rid)
{
	if (!failing.real) {
		failing.real = rig->system->ops;
		failing.ops = *rig->system->ops;
		failing.ops.attach = failing_attach;
		failing.ops.detach = failing_detach;
		rig->system->ops = &failing.ops;
	}
	failing.rid = rid;
	failing.failing = 1;
}

static void group_reaches(struct uapi_rig *rig, ioasim_pa_t pa)
{
	for (uint32_t rid = A; rid <= A + 16; rid += 8)
		assert_int_equal(rig_reach(rig, rid, 0, RW), pa);
}

static void r3_g5_when_a_later_member_fails_all_walk_what_they_walked(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config config = member(A);
	int space = rig_alloc(rig, 0, 0), child = rig_alloc(rig, (uint32_t)space, 0), fd;
	ioasim_pa_t first = rig_page(rig, RIG_MEMORY),
		    second = rig_page(rig, RIG_MEMORY + RIG_PAGE);

	fd = opened(rig, &config);
	for (config.requester_id = B; config.requester_id <= A + 16; config.requester_id += 8)
		opened(rig, &config);
	assert_int_equal(rig_map(rig, space, 0, RIG_MEMORY, 2 * RIG_PAGE), 0);
	assert_int_equal(rig_map(rig, child, 0, RIG_PAGE, RIG_PAGE), 0);
	for (uint32_t rid = A; rid <= A + 16; rid += 8) {
		failing.real = NULL;
		route_fails(rig, rid);
		assert_int_equal(rig_bind(rig, fd, rig->fd, 1), -EIO);
		assert_int_equal(rig_unbind(rig, fd), -EINVAL);
		/* In host hands: the host's space, where nothing is. */
		assert_int_equal(cause(rig, A), cause(rig, A + 16));
		assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
		route_fails(rig, rid);
		assert_int_equal(rig_attach(rig, fd, space, NONE), -EIO);
		group_reaches(rig, 0);
		assert_int_equal(rig_info(rig, space).attachments, 0);
		assert_int_equal(rig_attach(rig, fd, space, NONE), 0);
		group_reaches(rig, first);
		route_fails(rig, rid);
		assert_int_equal(rig_attach(rig, fd, child, NONE), -EIO);
		group_reaches(rig, first);
		assert_int_equal(rig_attach(rig, fd, child, NONE), 0);
		group_reaches(rig, second);
		assert_int_equal(rig_detach(rig, fd, child, NONE), 0);
		assert_int_equal(rig_detach(rig, fd, space, NONE), 0);
		assert_int_equal(rig_unbind(rig, fd), 0);
		rig->system->ops = failing.real;
	}
}

/* R3: the range counts from the first attach on, whoever is attached. */
static void r3_m8_reserved_ranges_are_those_of_the_whole_group(void **state)
{
	struct uapi_rig *rig = *state;
	const struct ioasim_iova_range range = {0x10000, 0x10fff};
	struct ioasim_device_config a = member(A), b = member(B);
	int space = rig_alloc(rig, 0, 0), fd;

	b.reserved = &range;
	b.reserved_count = 1;
	fd = opened(rig, &a);
	opened(rig, &b);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	assert_int_equal(rig_map(rig, space, 0x10000, RIG_MEMORY, RIG_PAGE), 0);
	assert_int_equal(rig_attach(rig, fd, space, NONE), -EADDRINUSE);
	assert_int_equal(rig_unmap(rig, space, 0x10000, RIG_PAGE), RIG_PAGE);
	assert_int_equal(rig_attach(rig, fd, space, NONE), 0);
	assert_int_equal(rig_map(rig, space, 0x10000, RIG_MEMORY, RIG_PAGE), -EINVAL);
	assert_int_equal(rig_detach(rig, fd, space, NONE), 0);
	assert_int_equal(rig_map(rig, space, 0x10000, RIG_MEMORY, RIG_PAGE), 0);
}

static void r4_a_users_pasid_table_is_not_for_a_group_of_several(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), b = member(B);
	int space = rig_alloc(rig, 0, IOASIM_IOASID_NEST_PARENT), table, fd;

	fd = opened(rig, &a);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	assert_int_equal(rig_map(rig, space, 0, RIG_MEMORY, 0x100000), 0);
	table = rig_alloc_kind(rig, IOASIM_IOASID_PASID_TABLE, (uint32_t)space, 0x10000);
	assert_true(table > 0);
	/* One that is alone so far. */
	assert_int_equal(rig_attach(rig, fd, space, NONE), 0);
	assert_int_equal(rig_attach(rig, fd, table, NONE), 0);
	assert_int_equal(ioasim_device_add(rig->system, &b), -EBUSY);
	assert_int_equal(rig_detach(rig, fd, table, NONE), 0);
	assert_int_equal(rig_detach(rig, fd, space, NONE), 0);
	assert_true(ioasim_device_add(rig->system, &b) >= 0);
	assert_int_equal(rig_attach(rig, fd, space, NONE), 0);
	assert_int_equal(rig_attach(rig, fd, table, NONE), -EINVAL);
}

static void r1_r4_who_comes_to_a_users_group(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config a = member(A), b = member(B), mdev = rig_pdev(0);
	int space = rig_alloc(rig, 0, 0), fd, number;

	a.pasid_bits = 8;
	number = rig_device(rig, &a);
	fd = ioasim_open_device(rig->system, rig->vm, number);
	assert_int_equal(rig_bind(rig, fd, rig->fd, 1), 0);
	b.driver = IOASIM_DRIVER_KERNEL_SAFE;
	assert_int_equal(ioasim_device_add(rig->system, &b), -EBUSY);
	b.driver = IOASIM_DRIVER_NONE;
	assert_int_equal(rig_attach(rig, fd, space, 5), 0);
	assert_int_equal(ioasim_device_add(rig->system, &b), -EBUSY);
	assert_int_equal(rig_detach(rig, fd, space, 5), 0);
	assert_int_equal(rig_attach(rig, fd, space, NONE), 0);
	assert_int_equal(ioasim_device_add(rig->system, &b), -EBUSY);
	mdev.parent = number;
	assert_int_equal(ioasim_device_add(rig->system, &mdev), -EBUSY);
	assert_int_equal(rig_detach(rig, fd, space, NONE), 0);
	assert_true(ioasim_device_add(rig->system, &b) >= 0);
	assert_int_equal(rig_reach(rig, B, 0, RW), 0);
}

/* B4: a driver isolates them, and who has the parent could program their PASIDs. */
static void b4_r1_a_parent_of_bound_mdevs_is_not_anothers(void **state)
{
	struct uapi_rig *rig = *state;
	struct ioasim_device_config parent = rig_pdev(0x28), mdev = rig_pdev(0);
	int number, mdev_fd, fd, other = ioasim_open(rig->system, rig->vm, IOASIM_FD_IOASID);

	parent.driver = IOASIM_DRIVER_KERNEL_SAFE;
	parent.pasid_bits = 8;
	number = rig_device(rig, &parent);
	fd = ioasim_open_device(rig->system, rig->vm, number);
	mdev.parent = number;
	mdev_fd = opened(rig, &mdev);
	assert_int_equal(rig_bind(rig, mdev_fd, rig->fd, 1), 0);
	assert_int_equal(ioasim_device_driver(rig->system, number, IOASIM_DRIVER_NONE), -EBUSY);
	assert_int_equal(rig_bind(rig, fd, other, 2), -EPERM);
	assert_int_equal(rig_unbind(rig, mdev_fd), 0);
	assert_int_equal(rig_bind(rig, fd, other, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UAPI_TEST(r1_a_group_is_taken_only_whole_and_kernel_drivers_stay_out),
		UAPI_TEST(r1_members_belong_to_one_fd),
		UAPI_TEST(r3_the_group_walks_with_its_first_member_until_the_last),
		UAPI_TEST(s16_a_rid_belongs_to_one_group),
		UAPI_TEST(r3_g5_when_a_later_member_fails_all_walk_what_they_walked),
		UAPI_TEST(r3_m8_reserved_ranges_are_those_of_the_whole_group),
		UAPI_TEST_ON(r4_a_users_pasid_table_is_not_for_a_group_of_several, "amdvi"),
		UAPI_TEST_ON(r4_a_users_pasid_table_is_not_for_a_group_of_several, "smmuv3"),
		UAPI_TEST(r1_r4_who_comes_to_a_users_group),
		UAPI_TEST(b4_r1_a_parent_of_bound_mdevs_is_not_anothers),
	};

	return cmocka_run_group_tests_name("uapi groups", tests, NULL, NULL);
}
