/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware IDs of routes (docs/uapi.md, P1 to P10, R4, K18). */
#include "uapi_flow.h"

/* What goes on the wire is seen by raw requests: a PASID that translates is a route. */
static bool on_the_wire(struct flow *flow, uint32_t rid, uint32_t pasid, uint64_t address)
{
	const struct ioasim_dma dma = {.device = IOASIM_NO_DEVICE,
				       .requester_id = rid,
				       .has_pasid = true,
				       .pasid = pasid,
				       .address = address,
				       .length = 1,
				       .access = IOASIM_READ};
	struct ioasim_dma_result result;

	assert_int_equal(ioasim_dma(flow->system, &dma, &result), 0);
	return result.outcome == IOASIM_DMA_REACHES;
}

static int mapped_space(struct flow *flow)
{
	int space = flow_kernel(flow);

	assert_int_equal(flow_map(flow, space, 0, FLOW_MEMORY, 0x1000), 0);
	return space;
}

static void p1_a_pdevs_pasid_is_the_users_own_number(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, 0, 16);
	int space = mapped_space(flow);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, space, 0x1234), 0);
	assert_true(on_the_wire(flow, 0x28, 0x1234, 0));
	assert_false(on_the_wire(flow, 0x28, 1, 0));
	assert_int_equal(flow_detach(flow, device, space, 0x1234), 0);
	assert_false(on_the_wire(flow, 0x28, 0x1234, 0));
}

static void p2_p3_p10_mdevs_get_the_lowest_numbers_of_their_own_parent(void **state)
{
	struct flow *flow = *state;
	unsigned one = flow_pdev(flow, 0x28, 0, 16), two = flow_pdev(flow, 0x30, 0, 16);
	unsigned m1 = flow_mdev(flow, one, 0, 16), m2 = flow_mdev(flow, one, 0, 16);
	unsigned m3 = flow_mdev(flow, two, 0, 16);
	int space = mapped_space(flow);

	assert_int_equal(flow_bind(flow, m1, 1), 0);
	assert_int_equal(flow_bind(flow, m2, 2), 0);
	assert_int_equal(flow_bind(flow, m3, 3), 0);
	assert_int_equal(flow_attach(flow, m1, space, FLOW_NONE), 0); /* P10 */
	assert_int_equal(flow_attach(flow, m1, space, 77), 0);
	assert_int_equal(flow_attach(flow, m2, space, 77), 0);
	assert_int_equal(flow_attach(flow, m3, space, 77), 0); /* another pool: 1 again */
	for (uint32_t pasid = 1; pasid <= 3; pasid++)
		assert_true(on_the_wire(flow, 0x28, pasid, 0));
	assert_false(on_the_wire(flow, 0x28, 4, 0));
	assert_false(on_the_wire(flow, 0x28, 77, 0));
	assert_true(on_the_wire(flow, 0x30, 1, 0));
	assert_false(on_the_wire(flow, 0x30, 2, 0));
	/* P8: what ends is free again, the lowest first. */
	assert_int_equal(flow_detach(flow, m1, space, FLOW_NONE), 0);
	assert_false(on_the_wire(flow, 0x28, 1, 0));
	assert_int_equal(flow_attach(flow, m2, space, FLOW_NONE), 0);
	assert_true(on_the_wire(flow, 0x28, 1, 0));
}

static void p9_an_empty_pool_is_enospc_and_changes_nothing(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	unsigned parent, mdev;
	int space;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.rid_pool = 2;
	flow_restart(flow, &config);
	parent = flow_pdev(flow, 0x28, 0, 16);
	mdev = flow_mdev(flow, parent, 0, 16);
	space = mapped_space(flow);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 5), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 6), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 7), -ENOSPC);
	assert_int_equal(flow_attach(flow, mdev, space, FLOW_NONE), -ENOSPC);
	assert_int_equal(flow_detach(flow, mdev, space, 5), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 7), 0);
	assert_true(on_the_wire(flow, 0x28, 1, 0));
	assert_int_equal(flow_detach(flow, mdev, space, 5), -ENOENT);
}

static void p3_p4_p5_a_global_number_is_the_spaces_and_has_one_slot_per_rid(void **state)
{
	struct flow *flow = *state;
	unsigned one = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	unsigned two = flow_pdev(flow, 0x30, IOASIM_DEVICE_ENQCMD, 16);
	unsigned m1 = flow_mdev(flow, one, IOASIM_DEVICE_ENQCMD, 16);
	unsigned m2 = flow_mdev(flow, one, IOASIM_DEVICE_ENQCMD, 16);
	unsigned m3 = flow_mdev(flow, two, IOASIM_DEVICE_ENQCMD, 16);
	int a = mapped_space(flow), b = mapped_space(flow);

	assert_int_equal(flow_bind(flow, m1, 1), 0);
	assert_int_equal(flow_bind(flow, m2, 2), 0);
	assert_int_equal(flow_bind(flow, m3, 3), 0);
	assert_int_equal(flow_attach(flow, m3, b, 9), 0); /* global: takes 1 from all */
	assert_int_equal(flow_attach(flow, m1, a, 5), 0);
	assert_int_equal(flow_attach(flow, m2, a, 5), -EBUSY); /* P5 */
	assert_int_equal(flow_attach(flow, m3, a, 6), 0); /* P4: the same number */
	assert_true(on_the_wire(flow, 0x30, 1, 0));
	assert_true(on_the_wire(flow, 0x28, 2, 0));
	assert_true(on_the_wire(flow, 0x30, 2, 0));
	assert_false(on_the_wire(flow, 0x28, 1, 0));
	/* The number goes with the last of its attachments. */
	assert_int_equal(flow_detach(flow, m1, a, 5), 0);
	assert_int_equal(flow_attach(flow, m2, b, 5), 0); /* b's own, 1 */
	assert_int_equal(flow_attach(flow, m1, a, 8), 0); /* a's again */
	assert_true(on_the_wire(flow, 0x28, 2, 0));
	assert_true(on_the_wire(flow, 0x28, 1, 0));
}

static void p4_a_shared_number_that_is_too_wide_for_a_parent_is_enospc(void **state)
{
	struct flow *flow = *state;
	unsigned wide = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	unsigned narrow = flow_pdev(flow, 0x30, IOASIM_DEVICE_ENQCMD, 1);
	unsigned m1 = flow_mdev(flow, wide, IOASIM_DEVICE_ENQCMD, 16);
	unsigned m2 = flow_mdev(flow, narrow, IOASIM_DEVICE_ENQCMD, 16);
	int a = mapped_space(flow), b = mapped_space(flow);

	assert_int_equal(flow_bind(flow, m1, 1), 0);
	assert_int_equal(flow_bind(flow, m2, 2), 0);
	assert_int_equal(flow_attach(flow, m1, a, 3), 0);
	assert_int_equal(flow_attach(flow, m1, b, 4), 0); /* 2, which has two bits */
	assert_int_equal(flow_attach(flow, m2, b, 4), -ENOSPC);
	assert_int_equal(flow_attach(flow, m2, a, 4), 0);
	assert_true(on_the_wire(flow, 0x30, 1, 0));
}

static void p8_a_number_that_ended_is_anybodys(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	unsigned mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 16);
	int a = mapped_space(flow), b = flow_kernel(flow);

	assert_int_equal(flow_map(flow, b, 0x5000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_attach(flow, mdev, a, 3), 0);
	assert_true(on_the_wire(flow, 0x28, 1, 0));
	assert_int_equal(flow_detach(flow, mdev, a, 3), 0);
	assert_int_equal(flow_attach(flow, mdev, b, 4), 0);
	assert_true(on_the_wire(flow, 0x28, 1, 0x5000));
	assert_false(on_the_wire(flow, 0x28, 1, 0));
	assert_int_equal(flow_attach(flow, mdev, a, 3), 0);
	assert_true(on_the_wire(flow, 0x28, 2, 0));
}

/* S16: the parent itself is a user's too, and has numbers of its own choice. */
static void p1_p3_numbers_that_a_user_has_on_the_rid_are_passed_over(void **state)
{
	struct flow *flow = *state;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t rid = 0x28 + i * 8, capability = i ? IOASIM_DEVICE_ENQCMD : 0;
		const struct ioasim_device_config config = {.requester_id = rid,
							    .parent = IOASIM_NO_DEVICE,
							    .pf = IOASIM_NO_DEVICE,
							    .group = IOASIM_GROUP_OWN,
							    .pasid_bits = 2,
							    .driver = IOASIM_DRIVER_KERNEL_SAFE};
		unsigned parent = flow_add(flow, &config);
		unsigned mdev = flow_mdev(flow, parent, capability, 16);
		int a = mapped_space(flow), b = flow_kernel(flow), c = mapped_space(flow);

		assert_int_equal(flow_bind(flow, mdev, 10 * i + 2), 0);
		assert_int_equal(flow_bind(flow, parent, 10 * i + 1), 0);
		assert_int_equal(flow_attach(flow, parent, b, 1), 0);
		assert_int_equal(flow_attach(flow, mdev, a, 5), 0);
		assert_false(on_the_wire(flow, rid, 1, 0));
		assert_true(on_the_wire(flow, rid, 2, 0));
		assert_int_equal(flow_attach(flow, parent, b, 2), -EBUSY); /* T8 */
		assert_int_equal(flow_attach(flow, parent, b, 3), 0);
		/* The RID has two bits of PASID. */
		assert_int_equal(flow_attach(flow, mdev, c, 6), -ENOSPC);
	}
}

static void p9_the_descriptors_quota_of_global_numbers(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	unsigned parent, mdev;
	int a, b;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.fd_quota = 1;
	flow_restart(flow, &config);
	parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 16);
	a = mapped_space(flow);
	b = mapped_space(flow);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_attach(flow, mdev, a, 3), 0);
	assert_int_equal(flow_attach(flow, mdev, b, 4), -ENOSPC);
	assert_int_equal(flow_attach(flow, mdev, b, FLOW_NONE), -ENOSPC);
	assert_int_equal(flow_detach(flow, mdev, a, 3), 0);
	assert_int_equal(flow_attach(flow, mdev, b, FLOW_NONE), 0);
}

static void k18_a_control_groups_limit_is_enospc(void **state)
{
	struct flow *flow = *state;
	struct ioasim_system_config config;
	unsigned parent, mdev;
	int a;

	assert_int_equal(ioasim_system_config_init(&config, flow->arch), 0);
	config.cgroup_limit = 1;
	flow_restart(flow, &config);
	parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 16);
	a = mapped_space(flow);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_attach(flow, mdev, a, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, mdev, a, 4), -ENOSPC);
	assert_int_equal(flow_detach(flow, mdev, a, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, mdev, a, 4), 0);
}

static void p6_vpasids_of_both_enqcmd_types_exclude_each_other(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x28, IOASIM_DEVICE_ENQCMD, 16);
	unsigned mdev = flow_mdev(flow, parent, IOASIM_DEVICE_ENQCMD, 16);
	unsigned pdev = flow_pdev(flow, 0x30, IOASIM_DEVICE_ENQCMD, 16);
	int space = mapped_space(flow);

	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_bind(flow, pdev, 2), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 5), 0);
	assert_int_equal(flow_attach(flow, pdev, space, 5), -EOPNOTSUPP);
	assert_int_equal(flow_attach(flow, pdev, space, FLOW_NONE), 0);
	assert_int_equal(flow_detach(flow, mdev, space, 5), 0);
	assert_int_equal(flow_attach(flow, pdev, space, 5), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 5), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(p1_a_pdevs_pasid_is_the_users_own_number),
		FLOW_TESTS(p2_p3_p10_mdevs_get_the_lowest_numbers_of_their_own_parent),
		FLOW_TESTS(p9_an_empty_pool_is_enospc_and_changes_nothing),
		FLOW_TESTS(p3_p4_p5_a_global_number_is_the_spaces_and_has_one_slot_per_rid),
		FLOW_TESTS(p4_a_shared_number_that_is_too_wide_for_a_parent_is_enospc),
		FLOW_TESTS(p8_a_number_that_ended_is_anybodys),
		FLOW_TESTS(p1_p3_numbers_that_a_user_has_on_the_rid_are_passed_over),
		FLOW_TESTS(p9_the_descriptors_quota_of_global_numbers),
		FLOW_TESTS(k18_a_control_groups_limit_is_enospc),
		FLOW_TESTS(p6_vpasids_of_both_enqcmd_types_exclude_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
