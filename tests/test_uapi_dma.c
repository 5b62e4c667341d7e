/* SPDX-License-Identifier: Apache-2.0 */
/* What devices do: device TLBs, raw requests, classes of faults (docs/uapi.md, S, H4, H5). */
#include "uapi_flow.h"

static void a_dma_says_what_is_wrong_with_it(void **state)
{
	struct flow *flow = *state;
	unsigned pdev = flow_pdev(flow, 0x28, 0, 16), mdev = flow_mdev(flow, pdev, 0, 16);
	struct ioasim_dma dma = {.device = flow->device[mdev],
				 .length = 1,
				 .access = IOASIM_READ,
				 .has_pasid = true,
				 .pasid = 5};
	struct ioasim_dma_result result;

	assert_int_equal(ioasim_dma(flow->system, &dma, &result), -EINVAL);
	dma.has_pasid = false;
	dma.queue = IOASIM_QUEUES;
	assert_int_equal(ioasim_dma(flow->system, &dma, &result), -EINVAL);
	dma.queue = 0;
	dma.access = 0;
	assert_int_equal(ioasim_dma(flow->system, &dma, &result), -EINVAL);
	dma.access = IOASIM_READ;
	dma.device = 99;
	assert_int_equal(ioasim_dma(flow->system, &dma, &result), -ENODEV);
	/* A RID that nobody has. */
	dma.device = IOASIM_NO_DEVICE;
	dma.requester_id = 0x1234;
	assert_int_equal(ioasim_dma(flow->system, &dma, &result), 0);
	assert_int_equal(result.outcome, IOASIM_DMA_FAULTS);
	assert_int_equal(result.class, IOASIM_CLASS_BLOCKED);
}

static void f_class_perm_is_what_is_mapped_with_fewer_rights(void **state)
{
	struct flow *flow = *state;
	unsigned plain = flow_pdev(flow, 0x28, 0, 0),
		 ats = flow_pdev(flow, 0x30, IOASIM_DEVICE_ATS, 0);
	int space = flow_kernel(flow);
	struct ioasim_map_dma map = {.size = sizeof(map),
				     .ioasid = (uint32_t)space,
				     .prot = IOASIM_READ,
				     .iova = 0x2000,
				     .vaddr = FLOW_MEMORY,
				     .length = 0x1000};

	assert_int_equal(flow_bind(flow, plain, 1), 0);
	assert_int_equal(flow_bind(flow, ats, 2), 0);
	assert_int_equal(ioasim_ioctl(flow->system, flow->process, flow->fd, IOASIM_MAP_DMA, &map),
			 0);
	assert_int_equal(flow_attach(flow, plain, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, ats, space, FLOW_NONE), 0);
	for (unsigned device = plain; device <= ats; device++) {
		FLOW_REACHES(flow, device, FLOW_NONE, 0x2010, FLOW_MEMORY + 0x10);
		FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_WRITE, 0x2010, IOASIM_CLASS_PERMISSION);
		FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ | IOASIM_WRITE, 0x2010,
			    IOASIM_CLASS_PERMISSION);
		FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x3000, IOASIM_CLASS_STAGE1);
		FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, UINT64_C(1) << 60,
			    IOASIM_CLASS_STAGE1);
	}
}

static void a_device_tlb_answers_without_the_unit_until_it_is_emptied(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS, 0);
	const struct ioasim_counters *count =
		ioasim_unit_counters(ioasim_system_unit(flow->system));
	int space = flow_kernel(flow);
	uint64_t asked;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1008, FLOW_MEMORY + 8);
	asked = count->requests[IOASIM_TRANSLATION_REQUEST];
	FLOW_REACHES(flow, device, FLOW_NONE, 0x1010, FLOW_MEMORY + 0x10);
	assert_int_equal(count->requests[IOASIM_TRANSLATION_REQUEST], asked);
	assert_int_equal(count->requests[IOASIM_TRANSLATED], 2);
	assert_int_equal(count->requests[IOASIM_UNTRANSLATED], 0);
	/* H5: the unmap reaches it before it returns. */
	flow_forget(flow);
	assert_int_equal(flow_unmap(flow, space, 0x1000, 0x1000), 0x1000);
	assert_true(FLOW_SAW(flow, IOASIM_COMMAND_TLB, IOASIM_COMMAND_ATC, IOASIM_COMMAND_SYNC));
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x1010, IOASIM_CLASS_STAGE1);
}

static void h5_a_parents_unmap_reaches_device_tlbs_of_what_lies_above(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS, 0);
	int parent, user;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	parent = flow_nest_parent(flow);
	assert_int_equal(flow_map(flow, parent, 0, FLOW_MEMORY, 0x800000), 0);
	assert_int_equal(flow_map(flow, parent, 0x800000, FLOW_MEMORY + 0x800000, 0x1000), 0);
	flow_guest_table(flow);
	flow_guest_page(flow, 0x7000, 0x800000, true);
	if (flow_delegates(flow))
		flow_guest_pasid(flow, 0, true);
	user = flow_user(flow, parent, 0);
	assert_int_equal(flow_attach(flow, device, parent, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, user, FLOW_NONE), 0);
	FLOW_REACHES(flow, device, FLOW_NONE, 0x7000, FLOW_MEMORY + 0x800000);
	assert_int_equal(flow_unmap(flow, parent, 0x800000, 0x1000), 0x1000);
	FLOW_FAULTS(flow, device, FLOW_NONE, IOASIM_READ, 0x7000, IOASIM_CLASS_STAGE2);
}

/* S8: a device that keeps its TLB gets nothing through after any end of its route. */
static void s8_no_end_of_a_route_leaves_a_device_tlb_behind(void **state)
{
	struct flow *flow = *state;

	for (unsigned end = 0; end < 4; end++) {
		unsigned device = flow_pdev(flow, 0x100 + end * 8, IOASIM_DEVICE_ATS, 8);
		int space = flow_kernel(flow);

		assert_int_equal(flow_bind(flow, device, end), 0);
		assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY, 0x1000), 0);
		assert_int_equal(flow_attach(flow, device, space, 3), 0);
		assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
		FLOW_REACHES(flow, device, FLOW_NONE, 0x1000, FLOW_MEMORY);
		FLOW_REACHES(flow, device, 3, 0x1000, FLOW_MEMORY);
		switch (end) {
		case 0:
			assert_int_equal(flow_detach(flow, device, space, FLOW_NONE), 0);
			FLOW_REACHES(flow, device, 3, 0x1000, FLOW_MEMORY);
			assert_int_equal(flow_detach(flow, device, space, 3), 0);
			break;
		case 1:
			assert_int_equal(flow_free(flow, space), 0);
			break;
		case 2:
			assert_int_equal(ioasim_close(flow->system, flow->process,
						      flow->device_fd[device]),
					 0);
			break;
		default:
			assert_int_equal(ioasim_close(flow->system, flow->process, flow->fd), 0);
			break;
		}
		assert_int_equal(flow_dma(flow, device, FLOW_NONE, IOASIM_READ, 0x1000).outcome,
				 IOASIM_DMA_FAULTS);
		FLOW_NO_ROUTE(flow, device, 3, 0x1000);
	}
}

/* O6: whatever the order, everything ends and the system with it. */
static void o6_a_process_dies_with_everything_open(void **state)
{
	struct flow *flow = *state;
	unsigned device = flow_pdev(flow, 0x28, IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI, 16);
	unsigned parent = flow_pdev(flow, 0x30, IOASIM_DEVICE_ATS | IOASIM_DEVICE_PRI, 16);
	unsigned mdev = flow_mdev(flow, parent, 0, 16);
	int space = flow_kernel(flow), sva;

	assert_int_equal(flow_bind(flow, device, 1), 0);
	assert_int_equal(flow_bind(flow, mdev, 2), 0);
	sva = flow_alloc(flow, IOASIM_IOASID_SVA, 0, 0, 0);
	assert_int_equal(flow_map(flow, space, 0x1000, FLOW_MEMORY, 0x1000), 0);
	assert_int_equal(flow_attach(flow, device, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, device, sva, 7), 0);
	assert_int_equal(flow_attach(flow, mdev, space, FLOW_NONE), 0);
	assert_int_equal(flow_attach(flow, mdev, sva, 9), 0);
	assert_int_equal(ioasim_queue_write(flow->system, flow->device[mdev], 1, 9), 0);
	FLOW_REACHES(flow, device, 7, FLOW_MEMORY, FLOW_MEMORY);
	FLOW_REACHES(flow, mdev, FLOW_NONE, 0x1000, FLOW_MEMORY);
	assert_int_equal(ioasim_process_exit(flow->system, flow->process), 0);
	FLOW_NO_ROUTE(flow, device, 7, FLOW_MEMORY);
	assert_int_equal(flow_dma(flow, device, FLOW_NONE, IOASIM_READ, 0x1000).outcome,
			 IOASIM_DMA_FAULTS);
	FLOW_FAULTS(flow, mdev, FLOW_NONE, IOASIM_READ, 0x1000, IOASIM_CLASS_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TESTS(a_dma_says_what_is_wrong_with_it),
		FLOW_TESTS(f_class_perm_is_what_is_mapped_with_fewer_rights),
		FLOW_TESTS(a_device_tlb_answers_without_the_unit_until_it_is_emptied),
		FLOW_TESTS(h5_a_parents_unmap_reaches_device_tlbs_of_what_lies_above),
		FLOW_TESTS(s8_no_end_of_a_route_leaves_a_device_tlb_behind),
		FLOW_TESTS(o6_a_process_dies_with_everything_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
