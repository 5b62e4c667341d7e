/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching and detaching, rule by rule (docs/uapi.md, T1 to T17, R2 to R4, A9, O3, O4). */
#include "uapi_flow.h"

#define RID(device) ((uint32_t)(device) << 3)

static void t13_an_attachment_opens_its_route_and_detach_closes_it(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), 0, 0);
	int space = flow_kernel(flow);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY, 0x2000), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1008, FLOW_MEMORY + 8);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x3000, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_detach(flow, device, space, FLOW_NONE), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_state(flow, space), IOASIM_STATE_IDLE);
}

static void t1_t2_checks_stand_in_their_order(void **state)
{
	struct flow *flow = *state;
	unsigned wide = flow_pdev(flow, RID(5), 0, 8), none = flow_pdev(flow, RID(6), 0, 0);
	int space = flow_kernel(flow), other = flow_kernel(flow);
	int fd = flow->fd, second = ioasim_open(flow->system, flow->process, IOASIM_FD_IOASID);
	int kvm = ioasim_open(flow->system, flow->process, IOASIM_FD_KVM);

	/* The number of the vPASID is judged before all else, the FD before the device. */
	flow->fd = 77;
	assert_int_equal(flow_attach(flow, wide, space, 0), -EINVAL);
	assert_int_equal(flow_attach(flow, wide, space, 1u << 20), -EINVAL);
	assert_int_equal(flow_attach(flow, wide, space, FLOW_NONE), -EBADF);
	flow->fd = kvm;
	assert_int_equal(flow_attach(flow, wide, space, FLOW_NONE), -EBADFD);
	flow->fd = fd;
	assert_int_equal(flow_attach(flow, wide, 99, FLOW_NONE), -EINVAL); /* not bound */
	assert_int_equal(flow_bind(flow, wide, 1), 0);
	assert_int_equal(flow_bind(flow, none, 2), 0);
	flow->fd = second;
	assert_int_equal(flow_attach(flow, wide, 99, FLOW_NONE), -EPERM);
	flow->fd = fd;
	assert_int_equal(flow_attach(flow, wide, 99, FLOW_NONE), -ENOENT);
	assert_int_equal(flow_attach(flow, none, space, 0x100), -EOPNOTSUPP);
	assert_int_equal(flow_attach(flow, wide, space, 0x100), -EINVAL);
	/* Free-pending, which needs somebody that holds it. */
	assert_int_equal(flow_attach(flow, none, other, FLOW_NONE), 0);
	assert_int_equal(flow_free(flow, other), 0);
	assert_int_equal(flow_attach(flow, wide, other, 0x100), -EBUSY);
}

static void t5_t7_a_child_goes_on_top_of_its_parent_and_the_parent_comes_back(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 0);
	int parent = flow_kernel(flow), other = flow_kernel(flow), child;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, parent, 0, 0);
	assert_true(child > 0);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0x10000), 0);
	assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), -EINVAL); /* T5 */
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x3000, FLOW_MEMORY + 0x3000);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), -EBUSY); /* T7 */
	assert_int_equal(flow_attach(flow, device, other, FLOW_NONE), -EBUSY);
	assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x3000, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_map(flow, child, 0x100000, 0x3000, 0x1000), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x100010, FLOW_MEMORY + 0x3010);
	assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), -EBUSY);
	assert_int_equal(flow_detach(flow, device, parent, FLOW_NONE), -EBUSY); /* T14 */
	assert_int_equal(flow_detach(flow, device, child, FLOW_NONE), 0);
	/* T16: also the device's TLB has forgotten the child. */
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x100010, IOASIM_CLASS_STAGE1);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x3000, FLOW_MEMORY + 0x3000);
	assert_int_equal(flow_detach(flow, device, child, FLOW_NONE), -ENOENT);
	assert_int_equal(flow_detach(flow, device, parent, FLOW_NONE), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x3000, IOASIM_CLASS_BLOCKED);
}

static void t8_t17_pasid_routes_stand_beside_the_default_route(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 16);
	int a = flow_kernel(flow), x = flow_kernel(flow), y = flow_kernel(flow);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_map(flow, a, 0x1000, FLOW_MEMORY + 0x1000, 0x1000), 0);
	assert_int_equal(flow_map(flow, x, 0x1000, FLOW_MEMORY + 0x2000, 0x1000), 0);
	assert_int_equal(flow_map(flow, y, 0x1000, FLOW_MEMORY + 0x3000, 0x1000), 0);
	assert_int_equal(flow_attach(flow, device, x, 3), 0);
	assert_int_equal(flow_attach(flow, device, y, 3), -EBUSY);
	assert_int_equal(flow_attach(flow, device, y, 4), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_attach(flow, device, a, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	FLOW_REACHES(flow, device, 3, 0x1000, FLOW_MEMORY + 0x2000);
	FLOW_REACHES(flow, device, 4, 0x1000, FLOW_MEMORY + 0x3000);
	FLOW_NO_ROUTE(flow, device, 5, 0x1000);
	assert_int_equal(flow_detach(flow, device, a, FLOW_NONE), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	FLOW_REACHES(flow, device, 3, 0x1000, FLOW_MEMORY + 0x2000);
	assert_int_equal(flow_detach(flow, device, x, 3), 0);
	FLOW_NO_ROUTE(flow, device, 3, 0x1000);
	FLOW_REACHES(flow, device, 4, 0x1000, FLOW_MEMORY + 0x3000);
	assert_int_equal(flow_detach(flow, device, x, 4), -ENOENT);
}

static void r3_t9_a_group_takes_one_space_and_all_its_members_take_it(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_config config = {.requester_id = 0x300,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = 7,
					      .pasid_bits = 8};
	unsigned a = flow_add(flow, &config), b;
	int x = flow_kernel(flow), y = flow_kernel(flow);

	config.requester_id = 0x308;
	b = flow_add(flow, &config);
	assert_int_equal(flow_bind(flow, a, 1), 0);
	assert_int_equal(flow_map(flow, x, 0, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, a, x, 5), -EINVAL); /* R4 */
	assert_int_equal(flow_attach(flow, a, x, FLOW_NONE), 0);
	FLOW_REACHES(flow, b, FLOW_NONE, 0, FLOW_MEMORY); /* nobody has bound it */
	assert_int_equal(flow_bind(flow, b, 2), 0);
	assert_int_equal(flow_attach(flow, b, y, FLOW_NONE), -EINVAL);
	assert_int_equal(flow_attach(flow, b, x, FLOW_NONE), 0);
	assert_int_equal(flow_detach(flow, a, x, FLOW_NONE), 0);
	FLOW_REACHES(flow, a, FLOW_NONE, 0, FLOW_MEMORY);
	FLOW_REACHES(flow, b, FLOW_NONE, 0, FLOW_MEMORY);
	assert_int_equal(flow_detach(flow, b, x, FLOW_NONE), 0);
	FLOW_FAULTS(flow, a, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	FLOW_FAULTS(flow, b, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_attach(flow, b, y, FLOW_NONE), 0);
}

static void t9_t7_only_a_lone_member_goes_on_to_a_child(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_config config = {.requester_id = 0x300,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = 7,
					      .pasid_bits = 8};
	unsigned a = flow_add(flow, &config), b;
	int parent = flow_kernel(flow), child;

	config.requester_id = 0x308;
	b = flow_add(flow, &config);
	assert_int_equal(flow_bind(flow, a, 1), 0);
	assert_int_equal(flow_bind(flow, b, 2), 0);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, parent, 0, 0);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0x10000), 0);
	assert_int_equal(flow_map(flow, child, 0x8000, 0x2000, 0x1000), 0);
	assert_int_equal(flow_attach(flow, a, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, b, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, a, child, FLOW_NONE), -EINVAL);
	FLOW_REACHES(flow, a, FLOW_NONE, 0, FLOW_MEMORY);
	assert_int_equal(flow_detach(flow, b, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, a, child, FLOW_NONE), 0);
	FLOW_REACHES(flow, b, FLOW_NONE, 0x8000, FLOW_MEMORY + 0x2000);
	assert_int_equal(flow_attach(flow, b, parent, FLOW_NONE), -EINVAL);
	assert_int_equal(flow_detach(flow, a, child, FLOW_NONE), 0);
	FLOW_REACHES(flow, b, FLOW_NONE, 0, FLOW_MEMORY);
	FLOW_FAULTS(flow, b, FLOW_NONE, IOASIM_READ, 0x18000, IOASIM_CLASS_STAGE1);
}

static void r4_a_group_has_no_routes_of_mediated_devices_either(void **state)
{
	struct flow *flow = *state;
	struct ioasim_device_config config = {.requester_id = 0x300,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = 7,
					      .pasid_bits = 8,
					      .driver = IOASIM_DRIVER_KERNEL};
	unsigned parent = flow_add(flow, &config), mdev, bare, none;
	int space = flow_kernel(flow);

	config.requester_id = 0x308;
	(void)flow_add(flow, &config);
	mdev = flow_mdev(flow, parent, 0, 8);
	bare = flow_pdev(flow, 0x400, 0, 0);
	none = flow_mdev(flow, bare, 0, 0);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_bind(flow, none, 2), 0);
	assert_int_equal(flow_attach(flow, mdev, space, FLOW_NONE), -EINVAL);
	assert_int_equal(flow_attach(flow, mdev, space, 5), -EINVAL);
	/* T2: its parent has no PASIDs to tell it apart by. */
	assert_int_equal(flow_attach(flow, none, space, FLOW_NONE), -EOPNOTSUPP);
}

static void a7_a_child_without_a_table_blocks_and_a_table_opens(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 8);
	struct ioasim_create_nesting create = {.size = sizeof(create)};
	struct ioasim_bind_pgtable bind = {.size = sizeof(bind)};
	struct ioasim_ioasid_id unbind = {.size = sizeof(unbind)};
	int parent, child;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	flow_guest_page(flow, 0x7000, 0x2000, true);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	create.parent = (uint32_t)parent;
	child = ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_CREATE_NESTING, &create);
	assert_true(child > 0);
	bind.ioasid = unbind.ioasid = (uint32_t)child;
	bind.root = flow_delegates(flow) ? FLOW_PASID_TABLE : FLOW_TABLE;
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x7000);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(flow_attach(flow, device, child, FLOW_NONE), 0);
		FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_BLOCKED);
		assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd,
					      IOASIM_BIND_PGTABLE, &bind),
				 0);
		FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x2000);
		assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd,
					      IOASIM_UNBIND_PGTABLE, &unbind),
				 0);
		FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_BLOCKED);
		assert_int_equal(flow_detach(flow, device, child, FLOW_NONE), 0);
		FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x7000);
	}
}

static void t6_t10_a_guests_pasid_table_claims_the_rid(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), 0, 16);
	int parent, kernel, table;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	parent = flow_nest_parent(flow);
	kernel = flow_kernel(flow);
	table = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	if (!flow_delegates(flow)) {
		assert_int_equal(flow_attach(flow, device, kernel, 5), 0);
		return;
	}
	assert_int_equal(flow_attach(flow, device, kernel, 5), -EINVAL); /* T10 */
	assert_int_equal(flow_attach(flow, device, table, 5), -EINVAL); /* T4 */
	assert_int_equal(flow_attach(flow, device, table, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, kernel, 5), -EBUSY); /* T6 */
	assert_int_equal(flow_detach(flow, device, table, FLOW_NONE), 0);
	assert_int_equal(flow_detach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, kernel, 5), 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), -EINVAL); /* T10 */
	assert_int_equal(flow_attach(flow, device, parent, 6), -EINVAL);
}

static void t7_n1_a_users_table_walks_over_its_parent(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 0);
	int parent, user;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, FLOW_MEMORY_SIZE), 0);
	flow_guest_table(flow);
	flow_guest_page(flow, 0x7000, 0x2000, true);
	flow_guest_page(flow, 0x8000, 0x8000000, true); /* beyond the parent's map */
	flow_guest_page(flow, 0x9000, 0x3000, false);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	user = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x7000);
	assert_int_equal(flow_attach(flow, device, user, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x7008, FLOW_MEMORY + 0x2008);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x2000, IOASIM_CLASS_STAGE1);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x8000, IOASIM_CLASS_STAGE2);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_WRITE, 0x9000, IOASIM_CLASS_PERMISSION);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x9000, FLOW_MEMORY + 0x3000);
	assert_int_equal(flow_detach(flow, device, user, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x7000);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x9000, FLOW_MEMORY + 0x9000);
}

static void a9_a_space_in_use_is_freed_and_blocks_at_once(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 8);
	int space = flow_kernel(flow);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_map(flow, space, 0, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, space, 3), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0, FLOW_MEMORY);
	FLOW_REACHES(flow, device, 3, 0, FLOW_MEMORY);
	assert_int_equal(flow_free(flow, space), 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	FLOW_NO_ROUTE(flow, device, 3, 0);
	assert_int_equal(flow_free(flow, space), 0);
	assert_int_equal(flow_state(flow, space), IOASIM_STATE_FREE_PENDING);
	assert_int_equal(flow_detach(flow, device, space, FLOW_NONE), 0);
	assert_int_equal(flow_detach(flow, device, space, 3), 0);
	assert_int_equal(flow_free(flow, space), -ENOENT);
	assert_int_equal(flow_kernel(flow), space); /* the number is back */
}

static void o3_o4_closing_in_either_order_leaves_no_route(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 8);
	int parent = flow_kernel(flow), child;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, parent, 0, 0);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0x10000), 0);
	assert_int_equal(flow_map(flow, child, 0, 0x1000, 0x1000), 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, child, 2), 0);
	FLOW_REACHES(flow, device, 2, 0, FLOW_MEMORY + 0x1000);
	FLOW_REACHES(flow, device, FLOW_NONE, 0, FLOW_MEMORY);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->fd), 0);
	FLOW_NO_ROUTE(flow, device, 2, 0);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0, IOASIM_CLASS_BLOCKED);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[device]), 0);
	/* The device is the host's again and can be taken anew. */
	flow->fd = ioasim_open(flow->system, flow->process, IOASIM_FD_IOASID);
	flow->device_fd[device] =
		ioasim_open_device(flow->system, flow->process, flow->device[device]);
	assert_int_equal(flow_bind(flow, device, 1), 0);
	parent = flow_kernel(flow);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, device, parent, 2), 0);
	FLOW_REACHES(flow, device, 2, 0, FLOW_MEMORY);
	assert_int_equal(ioasim_close(flow->system, flow->process, flow->device_fd[device]), 0);
	assert_int_equal(flow_state(flow, parent), IOASIM_STATE_IDLE);
}

static void t11_snooping_and_reserved_ranges_keep_a_device_out(void **state)
{
	struct flow *flow = *state;
	static const struct ioasim_iova_range reserved = {0x8000, 0x8fff};
	const struct ioasim_device_config config = {.requester_id = RID(2),
						    .parent = IOASIM_NO_DEVICE,
						    .pf = IOASIM_NO_DEVICE,
						    .group = IOASIM_GROUP_OWN,
						    .capabilities = IOASIM_DEVICE_NO_ENFORCE,
						    .reserved = &reserved,
						    .reserved_count = 1};
	unsigned good = flow_pdev(flow, RID(5), 0, 0), odd = flow_add(flow, &config);
	int space = flow_kernel(flow), mapped = flow_kernel(flow);

	assert_int_equal(flow_bind(flow, good, 1), 0);
	assert_int_equal(flow_bind(flow, odd, 2), 0);
	assert_int_equal(flow_attach(flow, good, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, odd, space, FLOW_NONE), -EINVAL); /* C1, C2 */
	assert_int_equal(flow_map(flow, mapped, 0x8000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, odd, mapped, FLOW_NONE), -EADDRINUSE);
	assert_int_equal(flow_unmap(flow, mapped, 0x8000, 0x1000), 0x1000);
	assert_int_equal(flow_attach(flow, odd, mapped, FLOW_NONE), 0);
	assert_int_equal(flow_map(flow, mapped, 0x8000, FLOW_MEMORY, 0x1000), -EINVAL); /* M8 */
	assert_int_equal(flow_detach(flow, odd, mapped, FLOW_NONE), 0);
	assert_int_equal(flow_map(flow, mapped, 0x8000, FLOW_MEMORY, 0x1000), 0);
	/* C1: of a space that nobody is attached to, the next one decides. */
	assert_int_equal(flow_detach(flow, good, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, odd, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, good, space, FLOW_NONE), 0);
}

static void t11_m8_a_group_brings_the_ranges_of_all_its_members(void **state)
{
	struct flow *flow = *state;
	static const struct ioasim_iova_range reserved = {0x8000, 0x8fff};
	struct ioasim_device_config config = {.requester_id = 0x300,
					      .parent = IOASIM_NO_DEVICE,
					      .pf = IOASIM_NO_DEVICE,
					      .group = 7};
	unsigned a = flow_add(flow, &config);
	int space = flow_kernel(flow);

	config.requester_id = 0x308;
	config.reserved = &reserved;
	config.reserved_count = 1;
	(void)flow_add(flow, &config);
	assert_int_equal(flow_bind(flow, a, 1), 0);
	assert_int_equal(flow_map(flow, space, 0x8000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, a, space, FLOW_NONE), -EADDRINUSE);
	assert_int_equal(flow_unmap(flow, space, 0x8000, 0x1000), 0x1000);
	assert_int_equal(flow_attach(flow, a, space, FLOW_NONE), 0);
}

/* VT-d CAP.ND 0: 16 domain ids. */
static void g5_without_a_domain_tag_nothing_changes(void **state)
{
	struct flow *flow = *state;
	static const struct ioasim_iova_range reserved = {0x8000, 0x8fff};
	const struct ioasim_device_config ranged = {.requester_id = RID(5),
						    .parent = IOASIM_NO_DEVICE,
						    .pf = IOASIM_NO_DEVICE,
						    .group = IOASIM_GROUP_OWN,
						    .capabilities = IOASIM_DEVICE_ATS,
						    .pasid_bits = 8,
						    .reserved = &reserved,
						    .reserved_count = 1};
	struct ioasim_system_config config;
	unsigned device;
	int space[32], error = 0;
	uint32_t count = 0;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.unit.capability[0] &= ~UINT64_C(7);
	flow_restart(flow, &config);
	device = flow_add(flow, &ranged);
	assert_int_equal(flow_bind(flow, device, 1), 0);
	for (; count < 32; count++) {
		space[count] = flow_kernel(flow);
		assert_int_equal(
			flow_map(flow, space[count], 0, FLOW_MEMORY + count * 0x1000, 0x1000), 0);
		error = flow_attach(flow, device, space[count], count + 1);
		if (error)
			break;
	}
	assert_int_equal(error, -ENOSPC);
	FLOW_NO_ROUTE(flow, device, count + 1, 0);
	assert_int_equal(flow_detach(flow, device, space[count], count + 1), -ENOENT);
	assert_int_equal(flow_state(flow, space[count]), IOASIM_STATE_IDLE);
	/* M8: nothing of it is reserved. */
	assert_int_equal(flow_map(flow, space[count], 0x8000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_unmap(flow, space[count], 0x8000, 0x1000), 0x1000);
	assert_int_equal(flow_map(flow, space[0], 0x8000, FLOW_MEMORY, 0x1000), -EINVAL);
	for (uint32_t i = 0; i < count; i++)
		FLOW_REACHES(flow, device, i + 1, 0, FLOW_MEMORY + i * 0x1000);
	assert_int_equal(flow_detach(flow, device, space[0], 1), 0);
	assert_int_equal(flow_free(flow, space[0]), 0);
	assert_int_equal(flow_attach(flow, device, space[count], count + 1), 0);
	FLOW_REACHES(flow, device, count + 1, 0, FLOW_MEMORY + count * 0x1000);
	FLOW_NO_ROUTE(flow, device, 1, 0);
}

static void h4_detach_empties_the_device_after_the_unit(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, RID(5), IOASIM_DEVICE_ATS, 0);
	int space = flow_kernel(flow);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	flow_forget(flow);
	assert_int_equal(flow_detach(flow, device, space, FLOW_NONE), 0);
	if (flow_is(flow, "vtd"))
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_ATC,
				     IOASIM_COMMAND_SYNC));
	else
		assert_true(FLOW_SAW(flow, IOASIM_COMMAND_CFG, IOASIM_COMMAND_SYNC,
				     IOASIM_COMMAND_ATC, IOASIM_COMMAND_SYNC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(t13_an_attachment_opens_its_route_and_detach_closes_it),
		FLOW_TESTS(t1_t2_checks_stand_in_their_order),
		FLOW_TESTS(t5_t7_a_child_goes_on_top_of_its_parent_and_the_parent_comes_back),
		FLOW_TESTS(t8_t17_pasid_routes_stand_beside_the_default_route),
		FLOW_TESTS(r3_t9_a_group_takes_one_space_and_all_its_members_take_it),
		FLOW_TESTS(t9_t7_only_a_lone_member_goes_on_to_a_child),
		FLOW_TESTS(r4_a_group_has_no_routes_of_mediated_devices_either),
		FLOW_TESTS(a7_a_child_without_a_table_blocks_and_a_table_opens),
		FLOW_TESTS(t6_t10_a_guests_pasid_table_claims_the_rid),
		FLOW_TESTS(t7_n1_a_users_table_walks_over_its_parent),
		FLOW_TESTS(a9_a_space_in_use_is_freed_and_blocks_at_once),
		FLOW_TESTS(o3_o4_closing_in_either_order_leaves_no_route),
		FLOW_TESTS(t11_snooping_and_reserved_ranges_keep_a_device_out),
		FLOW_TESTS(t11_m8_a_group_brings_the_ranges_of_all_its_members),
		FLOW_TEST_VTD(g5_without_a_domain_tag_nothing_changes),
		FLOW_TESTS(h4_detach_empties_the_device_after_the_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
