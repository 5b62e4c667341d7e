/* SPDX-License-Identifier: Apache-2.0 */
/* Queues and mediated devices (docs/uapi.md, B4, D1 to D6). */
#include "uapi_flow.h"

static int mapped_space(struct flow *flow, uint64_t offset)
{
	int space = flow_kernel(flow);

	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY + offset, 0x1000), 0);
	return space;
}

static int queue_write(struct flow *flow, unsigned device, uint32_t vpasid)
{
	return ioasim_queue_write(flow->system, flow->device[device], 0, vpasid);
}

static void d1_d4_d6_an_mdev_translates_vpasids_of_its_own_list_only(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x48, 0, 16);
	unsigned m1 = flow_mdev(flow, parent, 0, 16), m2 = flow_mdev(flow, parent, 0, 16);
	int space = mapped_space(flow, 0x1000);

	assert_int_equal(flow_bind(flow, m1, 1), 0);
	assert_int_equal(flow_bind(flow, m2, 2), 0);
	assert_int_equal(queue_write(flow, m1, 5), -EPERM);
	assert_int_equal(flow_attach(flow, m1, space, 5), 0);
	assert_int_equal(queue_write(flow, m1, 5), 0);
	FLOW_REACHES(flow, m1, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	assert_int_equal(queue_write(flow, m2, 5), -EPERM); /* its sibling's does not help */
	FLOW_FAULTS(flow, m2, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_attach(flow, m2, space, 5), 0);
	FLOW_FAULTS(flow, m2, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(queue_write(flow, m2, 5), 0);
	FLOW_REACHES(flow, m2, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	assert_int_equal(flow_detach(flow, m1, space, 5), 0);
	/* D4: disabled, also if the same vPASID comes back. */
	assert_int_equal(flow_attach(flow, m1, space, 5), 0);
	FLOW_FAULTS(flow, m1, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	FLOW_REACHES(flow, m2, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
}

static void d3_b4_a_queue_without_vpasid_uses_the_hidden_pasid(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x48, 0, 16);
	unsigned m1 = flow_mdev(flow, parent, 0, 0), m2 = flow_mdev(flow, parent, 0, 0);
	int a = mapped_space(flow, 0x1000), b = mapped_space(flow, 0x2000);

	assert_int_equal(flow_bind(flow, m1, 1), 0);
	assert_int_equal(flow_bind(flow, m2, 2), 0);
	FLOW_FAULTS(flow, m1, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_attach(flow, m1, a, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, m2, b, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, m1, a, 5), -EOPNOTSUPP); /* type 3 */
	FLOW_REACHES(flow, m1, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	FLOW_REACHES(flow, m2, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x2000);
	FLOW_FAULTS(flow, m1, FLOW_NONE, IOASIM_READ, 0x2000, IOASIM_CLASS_STAGE1);
	/* D1: a write that is refused disables the queue. */
	assert_int_equal(queue_write(flow, m1, 7), -EPERM);
	FLOW_FAULTS(flow, m1, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(queue_write(flow, m1, FLOW_NONE), 0);
	FLOW_REACHES(flow, m1, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	assert_int_equal(flow_detach(flow, m1, a, FLOW_NONE), 0);
	FLOW_FAULTS(flow, m1, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_free(flow, b), 0);
	FLOW_FAULTS(flow, m2, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
}

static void b2_d3_queues_are_the_users_and_the_next_one_finds_them_new(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x48, 0, 16), mdev = flow_mdev(flow, parent, 0, 16);
	struct ioasim_device_unbind unbind = {.size = sizeof(unbind)};
	int space = mapped_space(flow, 0x1000);

	assert_int_equal(queue_write(flow, mdev, 5), -EINVAL);
	assert_int_equal(queue_write(flow, parent, 5), -EINVAL);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(queue_write(flow, mdev, 5), -EPERM);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->device_fd[mdev],
				      IOASIM_DEVICE_UNBIND, &unbind),
			 0);
	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	assert_int_equal(flow_attach(flow, mdev, space, FLOW_NONE), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
}

static void d2_a_pdevs_queue_takes_any_value_and_meets_the_unit(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, 0, 16);
	int a = mapped_space(flow, 0x1000), b = mapped_space(flow, 0x2000);

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_attach(flow, device, a, FLOW_NONE), 0);
	assert_int_equal(queue_write(flow, device, 5), 0);
	FLOW_NO_ROUTE(flow, device, FLOW_NONE, 0x1000);
	assert_int_equal(flow_attach(flow, device, b, 5), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x2000);
	assert_int_equal(queue_write(flow, device, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	assert_int_equal(ioasim_queue_write(flow->system, flow->device[device], 0, 1u << 20),
			 -EINVAL);
	assert_int_equal(ioasim_queue_write(flow->system, flow->device[device], IOASIM_QUEUES, 1),
			 -EINVAL);
	assert_int_equal(ioasim_queue_write(flow->system, 99, 0, 1), -ENODEV);
}

static void d5_a_software_mdev_goes_through_the_map(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x48, 0, 0);
	const struct ioasim_device_config config = {.parent = flow->device[parent],
						    .pf = IOASIM_NO_DEVICE,
						    .software = true,
						    .group = IOASIM_GROUP_OWN,
						    .pasid_bits = 8};
	unsigned mdev = flow_add(flow, &config);
	int space = mapped_space(flow, 0x1000), child;
	struct ioasim_map_dma read_only = {.size = sizeof(read_only),
					   .ioasid = (uint32_t)space,
					   .prot = IOASIM_READ,
					   .iova = 0x2000,
					   .vaddr = FLOW_MEMORY,
					   .length = 0x1000};

	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, space, 0, 0);
	assert_int_equal(
		ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &read_only), 0);
	assert_int_equal(flow_attach(flow, mdev, space, 5), -EOPNOTSUPP);
	flow_forget(flow);
	assert_int_equal(flow_attach(flow, mdev, space, FLOW_NONE), 0);
	assert_int_equal(flow->seen.count, 0); /* nothing is installed for it */
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x1008, FLOW_MEMORY + 0x1008);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_WRITE, 0x2000, IOASIM_CLASS_PERMISSION);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x3000, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_attach(flow, mdev, child, FLOW_NONE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_map(flow, child, 0x7000, 0x1000, 0x1000), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x7008, FLOW_MEMORY + 0x1008);
	assert_int_equal(flow_unmap(flow, space, 0x1000, 0x1000), 0x1000);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x7008, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_detach(flow, mdev, child, FLOW_NONE), 0);
	assert_int_equal(flow_free(flow, child), 0);
	assert_int_equal(flow_free(flow, space), 0); /* A9 */
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x2000, IOASIM_CLASS_BLOCKED);
	assert_int_equal(flow_detach(flow, mdev, space, FLOW_NONE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x2000, IOASIM_CLASS_BLOCKED);
}

static void t7_an_mdevs_child_keeps_its_parents_hidden_pasid(void **state)
{
	struct flow *flow = *state;
	unsigned parent = flow_pdev(flow, 0x48, 0, 16), mdev = flow_mdev(flow, parent, 0, 0);
	int below = mapped_space(flow, 0x1000), child;

	assert_int_equal(flow_bind(flow, mdev, 1), 0);
	child = flow_alloc(flow, IOASIM_IOASID_KERNEL, below, 0, 0);
	assert_int_equal(flow_map(flow, child, 0x9000, 0x1000, 0x1000), 0);
	assert_int_equal(flow_attach(flow, mdev, below, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, mdev, child, FLOW_NONE), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x9000, FLOW_MEMORY + 0x1000);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_STAGE1);
	assert_int_equal(flow_detach(flow, mdev, child, FLOW_NONE), 0);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x1000, FLOW_MEMORY + 0x1000);
	assert_int_equal(flow_detach(flow, mdev, below, FLOW_NONE), 0);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(d1_d4_d6_an_mdev_translates_vpasids_of_its_own_list_only),
		FLOW_TESTS(d3_b4_a_queue_without_vpasid_uses_the_hidden_pasid),
		FLOW_TESTS(b2_d3_queues_are_the_users_and_the_next_one_finds_them_new),
		FLOW_TESTS(d2_a_pdevs_queue_takes_any_value_and_meets_the_unit),
		FLOW_TESTS(d5_a_software_mdev_goes_through_the_map),
		FLOW_TESTS(t7_an_mdevs_child_keeps_its_parents_hidden_pasid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
